/* unit.c: the life of a query on Kafka: its topics, its threads, its loop. See unit.h. */
#include "engine/unit.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "engine/unit_int.h"

enum { IDLE_POLL_MS = 20, BACK_OFF_MS = 200, TRIES_MAX = 1000 };

/* ---- topics -------------------------------------------------------------------------------- */

static Rc ensure_topic(Unit *u, Str name, int partitions, Err *err)
{
    Log *log = u->e->log;
    Rc rc = log->cls->topic_create(log, name, partitions, 1, true, err);
    if (rc == ERR_EXISTS) {
        err_clear(err);
        rc = 0;
    }
    return rc;
}

static bool keeps_state(const Plan *plan)
{
    for (int i = 0; i < plan->node_count; i++)
        if (plan->nodes[i]->store_id[0] >= 0 || plan->nodes[i]->store_id[1] >= 0)
            return true;
    return false;
}

static Rc make_topics(Unit *u, Err *err)
{
    const Plan *plan = u->plan;
    LogTopic *exchanges;
    int n = pipeline_exchange_topics(plan, u->prefix, &u->arena, &exchanges);
    Rc rc = 0;
    u->topics = ARENA_ARRAY(&u->arena, Str, n + plan->node_count);
    for (int i = 0; i < plan->node_count; i++)
        if (plan->nodes[i]->kind == NODE_SOURCE)
            u->topics[u->topic_count++] = plan->nodes[i]->topic;
    for (int i = 0; i < n && !rc; i++) {
        u->topics[u->topic_count++] = exchanges[i].name;
        rc = ensure_topic(u, exchanges[i].name, exchanges[i].partitions, err);
    }
    for (int s = 0; s < plan->stage_count; s++)
        if (plan->stages[s].partitions > u->changelog_partitions)
            u->changelog_partitions = plan->stages[s].partitions;
    if (!keeps_state(plan))
        u->changelog_partitions = 0;
    if (!rc && u->changelog_partitions)
        rc = ensure_topic(u, u->changelog, u->changelog_partitions, err);
    return rc;
}

/* ---- the loop ------------------------------------------------------------------------------ */

static void publish(Unit *u)
{
    QueryReport r = {.status = u->failed ? QUERY_FAILED : QUERY_RUNNING,
                     .stats = u->stats,
                     .last_commit_ms = u->r->last_commit_ms};
    if (u->pipeline) {
        PipelineStats s;
        pipeline_stats(u->pipeline, &s);
        r.stats.rows_in += s.rows_in;
        r.stats.rows_out += s.rows_out;
        for (int i = 0; i < REASON_COUNT; i++)
            r.stats.refused[i] += s.refused[i];
    }
    if (u->failed || u->r->retries)
        memcpy(r.why, u->why.text, sizeof r.why - 1);
    pthread_mutex_lock(&u->calls.lock);
    u->report = r;
    pthread_mutex_unlock(&u->calls.lock);
}

static void run_calls(Unit *u)
{
    Job *job;
    while ((job = jobs_take(&u->calls, false))) {
        job->rc = job->fn(job->ctx, &job->err);
        jobs_finish(&u->calls, job);
    }
}

static Rc open_members(Unit *u, Err *err)
{
    Rc rc = 0;
    if (!u->txn)
        rc = u->e->log->cls->txn_open(
            u->e->log,
            str_of(arena_printf(&u->arena, "%.*s-%s", STR_ARG(u->group), u->e->instance)), &u->txn,
            err);
    if (!rc && !u->members)
        rc = kafka_group_open(u->e->log, u->group, u->topics, u->topic_count, NULL, &u->members,
                              err);
    return rc;
}

/* Where an error of the loop ends: FENCED leaves the group and joins again with a new producer;
 * ABORT and RETRY go back to the last commit; anything else ends the query, its reason visible. */
static void recover(Unit *u, const Err *why)
{
    Err err = ERR_INIT;
    u->why = *why;
    u->r->retries++;
    if (why->kind == ERR_KIND_FATAL || why->kind == ERR_KIND_USER || u->r->retries > TRIES_MAX) {
        u->failed = why->code != ERR_FENCED;
    }
    unit_close_pipeline(u);
    if (!u->failed && why->code != ERR_FENCED && u->members && !unit_reopen(u, &err))
        return;
    if (u->members)
        kafka_group_close(u->members);
    if (u->txn)
        u->txn->cls->txn_close(u->txn);
    u->members = NULL;
    u->txn = NULL;
    u->assigned_count = 0;
    if (!u->failed)
        clock_sleep_ms(BACK_OFF_MS);
}

static Rc work(Unit *u, bool *progress, Err *err)
{
    Rc rc = unit_commit_poll(u, false, err);
    if (!rc && u->pipeline)
        rc = pipeline_epoch(u->pipeline, progress, err);
    if (!rc && unit_commit_due(u, *progress)) {
        rc = unit_commit_poll(u, true, err);
        if (!rc && u->pipeline && pipeline_dirty(u->pipeline))
            unit_commit_start(u);
    }
    if (!rc)
        rc = unit_store(u, false, err);
    return rc;
}

static Rc turn(Unit *u, bool *progress, Err *err)
{
    KafkaEvent ev;
    Rc rc = open_members(u, err);
    if (!rc)
        rc = kafka_group_poll(u->members, *progress || u->committing ? 0 : IDLE_POLL_MS, &ev, err);
    *progress = false;
    if (!rc)
        rc = unit_event(u, &ev, err);
    return rc ? rc : work(u, progress, err);
}

static void leave(Unit *u)
{
    Err ignored = ERR_INIT;
    if (u->pipeline && !unit_commit_poll(u, true, &ignored) && pipeline_dirty(u->pipeline)) {
        unit_commit_start(u);
        unit_commit_poll(u, true, &ignored);
    }
    unit_close_pipeline(u);
    if (u->members)
        kafka_group_close(u->members);
    if (u->txn)
        u->txn->cls->txn_close(u->txn);
}

static void *unit_main(void *arg)
{
    Unit *u = arg;
    bool progress = false;
    for (;;) {
        pthread_mutex_lock(&u->calls.lock);
        bool stop = u->calls.stop;
        pthread_mutex_unlock(&u->calls.lock);
        run_calls(u);
        if (stop)
            break;
        Err err = ERR_INIT;
        if (u->failed)
            clock_sleep_ms(IDLE_POLL_MS);
        else if (turn(u, &progress, &err))
            recover(u, &err);
        publish(u);
    }
    leave(u);
    return NULL;
}

static void *committer_main(void *arg)
{
    Unit *u = arg;
    Job *job;
    while ((job = jobs_take(&u->committer, true))) {
        job->rc = job->fn(job->ctx, &job->err);
        jobs_finish(&u->committer, job);
    }
    return NULL;
}

/* ---- calls of the shell -------------------------------------------------------------------- */

static Rc read_number(void *ctx, Err *err)
{
    Unit *u = ctx;
    return u->e->write_disk->cls->generation(u->e->write_disk, u->r->query->id, &u->number, err);
}

Rc unit_start(Engine *e, Running *r, Unit **out, Err *err)
{
    Unit *u = calloc(1, sizeof *u);
    assert(u);
    u->e = e;
    u->r = r;
    u->plan = r->plan;
    arena_init(&u->arena, 0);
    arena_init(&u->assignment, 0);
    jobs_init(&u->calls);
    jobs_init(&u->committer);
    u->workers = workers_new(1);
    u->prefix =
        str_of(arena_printf(&u->arena, "_oxbow-%s-%.*s", e->cfg.app_id, STR_ARG(r->query->id)));
    u->group = str_of(arena_printf(&u->arena, "%.*s", STR_ARG(u->prefix)));
    u->changelog = str_of(arena_printf(&u->arena, "%.*s-changelog", STR_ARG(u->prefix)));
    Job job = {.fn = read_number, .ctx = u};
    jobs_post(&e->writer, &job);
    Rc rc = jobs_wait(&e->writer, &job, err);
    if (!rc)
        rc = db_open(e->path, DB_READ, &u->read_db, err);
    if (!rc)
        rc = store_disk_open(u->read_db, &u->disk, err);
    if (!rc)
        rc = make_topics(u, err);
    if (!rc)
        rc = jobs_start(&u->committer, committer_main, u, err);
    if (!rc)
        rc = jobs_start(&u->calls, unit_main, u, err);
    *out = u;
    if (rc) {
        unit_stop(u);
        *out = NULL;
    }
    return rc;
}

void unit_stop(Unit *u)
{
    if (!u)
        return;
    jobs_stop(&u->calls); /* the loop sees `stop`, commits and leaves */
    jobs_stop(&u->committer);
    if (u->disk)
        u->disk->cls->close(u->disk);
    db_close(u->read_db);
    workers_free(u->workers);
    jobs_fini(&u->calls);
    jobs_fini(&u->committer);
    arena_fini(&u->assignment);
    arena_fini(&u->arena);
    free(u);
}

Rc unit_call(Unit *u, Rc (*fn)(void *ctx, Err *err), void *ctx, Err *err)
{
    Job job = {.fn = fn, .ctx = ctx};
    jobs_post(&u->calls, &job);
    return jobs_wait(&u->calls, &job, err);
}

static Rc flush_fn(void *ctx, Err *err)
{
    return unit_store(ctx, true, err);
}

Rc unit_flush(Unit *u, Err *err)
{
    return unit_call(u, flush_fn, u, err);
}

void unit_report(Unit *u, QueryReport *out)
{
    pthread_mutex_lock(&u->calls.lock);
    *out = u->report;
    pthread_mutex_unlock(&u->calls.lock);
}

static Rc committed_past(Unit *u, LogPosition *ends, int count, bool *reached, Err *err)
{
    Arena a;
    Log *log = u->e->log;
    arena_init(&a, 0);
    LogPosition *now = ARENA_ARRAY(&a, LogPosition, count + 1);
    memcpy(now, ends, (size_t)count * sizeof *now);
    Rc rc = count ? log->cls->committed(log, u->group, now, count, err) : 0;
    for (int i = 0; i < count && *reached && !rc; i++)
        *reached = ends[i].offset == 0 || now[i].offset >= ends[i].offset;
    arena_fini(&a);
    return rc;
}

Rc unit_reached(Unit *u, const LogPosition *ends, int count, bool *reached, Err *err)
{
    Arena a;
    LogTopic *exchanges;
    Log *log = u->e->log;
    *reached = true;
    arena_init(&a, 0);
    LogPosition *mine = ARENA_ARRAY(&a, LogPosition, count + 1);
    memcpy(mine, ends, (size_t)count * sizeof *mine);
    Rc rc = committed_past(u, mine, count, reached, err);
    int n = pipeline_exchange_topics(u->plan, u->prefix, &a, &exchanges);
    for (int i = 0; i < n && *reached && !rc; i++) {
        LogPosition *more = ARENA_ARRAY(&a, LogPosition, exchanges[i].partitions);
        for (int p = 0; p < exchanges[i].partitions && !rc; p++) {
            more[p] = (LogPosition){exchanges[i].name, p, 0};
            rc = log_end(log, exchanges[i].name, p, &more[p].offset, err);
        }
        if (!rc)
            rc = committed_past(u, more, exchanges[i].partitions, reached, err);
    }
    arena_fini(&a);
    return rc;
}
