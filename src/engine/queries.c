/* queries.c: queries as they run: opening, failing, closing. The driver's thread, between epochs.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "engine/engine_int.h"
#include "engine/unit.h"

enum { CACHE_BYTES = 16 << 20, DIRTY_BYTES = 32 << 20, RETRY_MS_MAX = 5000 };

Running *running_find(Engine *e, Str id)
{
    for (int i = 0; i < e->running_count; i++)
        if (str_eq(e->running[i]->query->id, id))
            return e->running[i];
    return NULL;
}

static int task_count(const Plan *plan)
{
    int n = 0;
    for (int s = 0; s < plan->stage_count; s++)
        n += plan->stages[s].partitions;
    return n ? n : 1;
}

static size_t setting_bytes(const Engine *e, const char *name, size_t otherwise)
{
    int64_t v = catalog_get_int(e->catalog, name);
    return v > 0 ? (size_t)v : otherwise;
}

PipelineConfig queries_pipeline_config(Engine *e, const Plan *plan)
{
    size_t tasks = (size_t)task_count(plan);
    size_t cap = setting_bytes(e, "oxbow.store.cap.bytes", 2 * CACHE_BYTES + DIRTY_BYTES);
    return (PipelineConfig){
        .log = e->log,
        .disks = e->disks,
        .workers = e->workers,
        .order = e->cfg.test_mode ? ORDER_ARRIVAL : ORDER_TIME,
        .batch_rows = e->cfg.batch_rows,
        .coalesce = plan->coalesce,
        .earliest = true,
        .caps = {.cache_bytes = cap / 2 / tasks, .dirty_bytes = cap / 2 / tasks},
    };
}

/* Every change by default; the latest per key and commit where the setting says so, and on Kafka
 * for processes that run for long, unless it says otherwise. */
bool engine_coalesces(const Engine *e)
{
    if (e->kafka && !catalog_is_override(e->catalog, "cache.max.bytes.buffering"))
        return e->cfg.long_running;
    return setting_bytes(e, "cache.max.bytes.buffering", 0) > 0;
}

int engine_partitions(const Engine *e, int declared)
{
    return e->cfg.test_mode ? 1 : declared;
}

void engine_flatten(const Engine *e, Plan *plan)
{
    for (int i = 0; i < plan->node_count; i++)
        plan->nodes[i]->partitions = engine_partitions(e, plan->nodes[i]->partitions);
    for (int i = 0; i < plan->stage_count; i++)
        plan->stages[i].partitions = engine_partitions(e, plan->stages[i].partitions);
}

Rc running_open(Engine *e, Running *r, Err *err)
{
    Rc rc = 0;
    if (!r->plan)
        rc = plan_decode(&r->arena, r->query->plan, &r->plan, err);
    if (rc)
        return rc;
    engine_flatten(e, r->plan);
    r->plan->coalesce = engine_coalesces(e);
    if (e->kafka) {
        r->status = QUERY_RUNNING;
        return unit_start(e, r, &r->unit, err);
    }
    PipelineConfig cfg = queries_pipeline_config(e, r->plan);
    rc = pipeline_open(r->plan, r->query->id, &cfg, &r->pipeline, err);
    if (!rc) {
        r->status = QUERY_RUNNING;
        r->retry_at_ns = 0;
    }
    return rc;
}

static void keep_stats(Running *r)
{
    PipelineStats s;
    pipeline_stats(r->pipeline, &s);
    r->stats.rows_in += s.rows_in;
    r->stats.rows_out += s.rows_out;
    for (int i = 0; i < REASON_COUNT; i++)
        r->stats.refused[i] += s.refused[i];
}

void running_close(Engine *e, Running *r)
{
    if (r->unit) {
        QueryReport last;
        unit_report(r->unit, &last);
        r->stats = last.stats;
        unit_stop(r->unit);
        r->unit = NULL;
    }
    if (!r->pipeline)
        return;
    Err ignored = ERR_INIT;
    commit_poll(e, true, &ignored); /* the writer may be reading what is frozen */
    if (!r->pipeline)               /* a dropped commit closes its pipelines itself */
        return;
    keep_stats(r);
    pipeline_close(r->pipeline);
    r->pipeline = NULL;
}

/* Where each kind of error ends up: ABORT and RETRY open the query again from the last commit, a
 * little later each time; anything else stops it, its reason visible. */
void running_fail(Engine *e, Running *r, const Err *why)
{
    running_close(e, r);
    r->why = *why;
    if (why->kind == ERR_KIND_RETRY || why->kind == ERR_KIND_ABORT) {
        int ms = 50 << (r->retries < 7 ? r->retries : 7);
        r->retries++;
        r->retry_at_ns = clock_monotonic_ns() + (ms < RETRY_MS_MAX ? ms : RETRY_MS_MAX) * 1000000ll;
    } else {
        r->status = QUERY_FAILED;
        r->retry_at_ns = 0;
    }
    pthread_mutex_lock(&e->driver.lock);
    pthread_cond_broadcast(&e->committed);
    pthread_mutex_unlock(&e->driver.lock);
}

/* ---- calls of the shell -------------------------------------------------------------------- */

typedef struct QueryCall {
    Engine *e;
    Str id;
    CatalogQuery *query;
    bool pause, found;
    QueryReport *report;
    const Str *topics;
    int topic_count;
} QueryCall;

static Rc start_call(void *ctx, Err *err)
{
    QueryCall *c = ctx;
    Err ignored = ERR_INIT;
    commit_poll(c->e, true, &ignored); /* the writer goes through the list that grows here */
    Running *r = calloc(1, sizeof *r);
    assert(r);
    r->query = query_ref(c->query);
    arena_init(&r->arena, 0);
    c->e->running =
        realloc(c->e->running, (size_t)(c->e->running_count + 1) * sizeof *c->e->running);
    assert(c->e->running);
    c->e->running[c->e->running_count++] = r;
    if (c->query->status == QUERY_PAUSED) {
        r->status = QUERY_PAUSED;
        return 0;
    }
    Err why = ERR_INIT;
    if (running_open(c->e, r, &why))
        running_fail(c->e, r, &why);
    (void)err;
    return 0;
}

Rc engine_start_query(Engine *e, CatalogQuery *q, Err *err)
{
    QueryCall c = {.e = e, .query = q};
    return driver_call(e, start_call, &c, err);
}

static void running_free(Running *r)
{
    query_unref(r->query);
    arena_fini(&r->arena);
    free(r);
}

static Rc stop_call(void *ctx, Err *err)
{
    QueryCall *c = ctx;
    Engine *e = c->e;
    (void)err;
    for (int i = 0; i < e->running_count; i++) {
        Running *r = e->running[i];
        if (!str_eq(r->query->id, c->id))
            continue;
        c->found = true;
        Err ignored = ERR_INIT;
        commit_poll(e, true, &ignored); /* the writer goes through the list that shrinks here */
        running_close(e, r);
        running_free(r);
        memmove(&e->running[i], &e->running[i + 1],
                (size_t)(e->running_count - i - 1) * sizeof(Running *));
        e->running_count--;
        break;
    }
    return 0;
}

typedef struct Forget {
    Engine *e;
    CatalogQuery *query;
} Forget;

static Rc forget_state(void *ctx, Db *db, Err *err)
{
    Forget *f = ctx;
    Arena a;
    Plan *plan = NULL;
    arena_init(&a, 0);
    Rc rc = plan_decode(&a, f->query->plan, &plan, err);
    for (int i = 0; !rc && i < plan->node_count; i++) {
        const OpClass *cls = op_table[plan->nodes[i]->kind];
        for (int k = 0; k < cls->state_count && !rc; k++)
            if (plan->nodes[i]->store_id[k] >= 0)
                rc = f->e->write_disk->cls->drop(f->e->write_disk,
                                                 task_store_def(plan->nodes[i], k, 1, &a), err);
    }
    if (!rc && !f->e->kafka) /* there its positions are the consumer group's */
        rc = log_local_forget(db, f->query->id, err);
    arena_fini(&a);
    return rc;
}

Rc engine_stop_query(Engine *e, Str id, bool forget, Err *err)
{
    CatalogQuery *q = catalog_find_query(e->catalog, id);
    Forget f = {e, q};
    QueryCall c = {.e = e, .id = id};
    if (q)
        query_ref(q);
    Rc rc = driver_call(e, stop_call, &c, err);
    if (!rc && q && forget)
        rc = engine_write(e, forget_state, &f, err);
    if (q)
        query_unref(q);
    return rc;
}

static Rc pause_call(void *ctx, Err *err)
{
    QueryCall *c = ctx;
    Running *r = running_find(c->e, c->id);
    if (!r)
        return err_set(err, ERR_KIND_USER, ERR_NOT_FOUND, "Unknown queryId: %.*s", STR_ARG(c->id));
    if (c->pause) {
        running_close(c->e, r);
        r->status = QUERY_PAUSED;
        return 0;
    }
    if (r->pipeline || r->unit)
        return 0;
    Err why = ERR_INIT;
    r->retries = 0;
    if (running_open(c->e, r, &why))
        running_fail(c->e, r, &why);
    return 0;
}

Rc engine_pause_query(Engine *e, Str id, bool pause, Err *err)
{
    QueryCall c = {.e = e, .id = id, .pause = pause};
    return driver_call(e, pause_call, &c, err);
}

void running_report(const Running *r, QueryReport *out)
{
    if (r->unit) {
        unit_report(r->unit, out);
        return;
    }
    *out = (QueryReport){.status = r->status, .last_commit_ms = r->last_commit_ms};
    if (r->pipeline)
        pipeline_stats(r->pipeline, &out->stats);
    out->stats.rows_in += r->stats.rows_in;
    out->stats.rows_out += r->stats.rows_out;
    for (int i = 0; i < REASON_COUNT; i++)
        out->stats.refused[i] += r->stats.refused[i];
    if (r->why.kind != ERR_KIND_NONE && !r->pipeline)
        memcpy(out->why, r->why.text, sizeof out->why - 1);
}

static Rc report_call(void *ctx, Err *err)
{
    QueryCall *c = ctx;
    (void)err;
    Running *r = running_find(c->e, c->id);
    c->found = r != NULL;
    if (r)
        running_report(r, c->report);
    return 0;
}

bool engine_query_report(Engine *e, Str id, QueryReport *out)
{
    QueryCall c = {.e = e, .id = id, .report = out};
    Err err = ERR_INIT;
    driver_call(e, report_call, &c, &err);
    return c.found;
}

static Rc hold_call(void *ctx, Err *err)
{
    QueryCall *c = ctx;
    (void)err;
    Running *r = running_find(c->e, c->id);
    if (r && r->pipeline)
        pipeline_hold(r->pipeline, c->topics, c->topic_count);
    return 0;
}

void engine_hold(Engine *e, Str id, const Str *topics, int count)
{
    QueryCall c = {.e = e, .id = id, .topics = topics, .topic_count = count};
    Err err = ERR_INIT;
    driver_call(e, hold_call, &c, &err);
}

int engine_writers_of(Engine *e, Str topic, Arena *a, Str **ids)
{
    int n = 0;
    *ids = ARENA_ARRAY(a, Str, catalog_query_count(e->catalog));
    for (int i = 0; i < catalog_query_count(e->catalog); i++) {
        CatalogQuery *q = catalog_query_at(e->catalog, i);
        CatalogSource *sink = catalog_find_source(e->catalog, q->sink);
        if (sink && str_eq(sink->topic, topic))
            (*ids)[n++] = q->id;
    }
    return n;
}
