/* unit_assign.c: partitions come and go: restore, begin, give up. The unit's thread. */
#include <stdlib.h>

#include "engine/unit_int.h"
#include "store/changelog.h"

enum { RESTORE_ROWS = 4096 };

/* ---- restore ------------------------------------------------------------------------------- */

typedef struct Restore {
    Unit *u;
    int partition;
    int64_t end;
} Restore;

/* Definitions of what the tasks of this partition keep. */
static int partition_defs(Unit *u, int partition, Arena *a, const StoreDef ***out)
{
    int n = 0;
    *out = ARENA_ARRAY(a, const StoreDef *, 2 * u->plan->node_count);
    for (int s = 0; s < u->plan->stage_count; s++) {
        const PlanStage *stage = &u->plan->stages[s];
        int upstreams = stage_upstreams(u->plan, stage);
        for (int i = 0; partition < stage->partitions && i < stage->node_count; i++) {
            const PlanNode *node = stage->nodes[i];
            for (int k = 0; k < op_table[node->kind]->state_count; k++)
                if (node->store_id[k] >= 0)
                    (*out)[n++] = task_store_def(node, k, upstreams, a);
        }
    }
    return n;
}

/* On the writer's thread, which owns the writing side. */
static Rc restore_fn(void *ctx, Err *err)
{
    Restore *r = ctx;
    Unit *u = r->u;
    Arena a;
    const StoreDef **defs;
    arena_init(&a, 0);
    int count = partition_defs(u, r->partition, &a, &defs);
    ChangelogSource src = {.log = u->e->log,
                           .topic = u->changelog,
                           .partition = r->partition,
                           .end = r->end,
                           .defs = defs,
                           .def_count = count};
    ChangelogRestore *restore = NULL;
    Rc rc = count ? changelog_restore_open(&src, u->e->write_disk, &restore, err) : 0;
    for (bool done = !restore; !done && !rc;) {
        rc = changelog_restore_step(restore, RESTORE_ROWS, &done, err);
        if (rc && err->kind == ERR_KIND_RETRY) {
            err_clear(err);
            rc = 0;
        }
        pthread_mutex_lock(&u->calls.lock);
        bool stop = u->calls.stop;
        pthread_mutex_unlock(&u->calls.lock);
        if (stop && !done && !rc)
            rc = err_set(err, ERR_KIND_ABORT, ERR_INTERRUPTED, "stopped while state was restored");
    }
    changelog_restore_close(restore);
    arena_fini(&a);
    return rc;
}

/* The end is taken after the committed positions were read: what was committed with them is below.
 */
static Rc restore_partition(Unit *u, int partition, Err *err)
{
    Restore r = {u, partition, 0};
    if (partition >= u->changelog_partitions)
        return 0;
    Rc rc = kafka_end_offset(u->e->log, u->changelog, partition, &r.end, err);
    if (rc)
        return rc;
    Job job = {.fn = restore_fn, .ctx = &r};
    jobs_post(&u->e->writer, &job);
    return jobs_wait(&u->e->writer, &job, err);
}

static Rc restore_assigned(Unit *u, Err *err)
{
    bool seen[LIMIT_PARTITIONS] = {false};
    Rc rc = 0;
    for (int i = 0; i < u->assigned_count && !rc; i++) {
        int partition = u->assigned[i].partition;
        if (partition < 0 || partition >= LIMIT_PARTITIONS || seen[partition])
            continue;
        seen[partition] = true;
        rc = restore_partition(u, partition, err);
    }
    return rc;
}

/* ---- begin --------------------------------------------------------------------------------- */

/* Where the group left off; where it never was, the beginning. */
static Rc find_positions(Unit *u, bool *fresh, Err *err)
{
    Log *log = u->e->log;
    Rc rc = log->cls->committed(log, u->group, u->assigned, u->assigned_count, err);
    for (int i = 0; i < u->assigned_count && !rc; i++) {
        int64_t low, high;
        fresh[i] = u->assigned[i].offset < 0;
        if (!fresh[i])
            continue;
        rc = log->cls->watermarks(log, u->assigned[i].topic, u->assigned[i].partition, &low, &high,
                                  err);
        u->assigned[i].offset = low;
    }
    return rc;
}

static Rc build_pipeline(Unit *u, const bool *fresh, Err *err)
{
    PipelineInput *inputs = ARENA_ARRAY(&u->assignment, PipelineInput, u->assigned_count + 1);
    for (int i = 0; i < u->assigned_count; i++)
        inputs[i] =
            (PipelineInput){u->assigned[i].topic, u->assigned[i].partition, u->assigned[i].offset,
                            fresh[i], kafka_group_reader(u->members, i)};
    PipelineConfig cfg = queries_pipeline_config(u->e, u->plan);
    cfg.disks = &u->disk;
    cfg.workers = u->workers;
    cfg.inputs = inputs;
    cfg.input_count = u->assigned_count;
    cfg.topic_prefix = u->prefix;
    return pipeline_open(u->plan, STR_NULL, &cfg, &u->pipeline, err);
}

static Rc begin(Unit *u, bool rewind, Err *err)
{
    bool *fresh = ARENA_ARRAY(&u->assignment, bool, u->assigned_count + 1);
    Rc rc = find_positions(u, fresh, err);
    if (!rc)
        rc = restore_assigned(u, err);
    if (!rc)
        rc = rewind ? kafka_group_rewind(u->members, u->assigned, u->assigned_count, err)
                    : kafka_group_assign(u->members, u->assigned, u->assigned_count, err);
    if (!rc && u->assigned_count)
        rc = build_pipeline(u, fresh, err);
    return rc;
}

static Rc on_assign(Unit *u, const KafkaEvent *ev, Err *err)
{
    arena_reset(&u->assignment);
    u->assigned = ARENA_ARRAY(&u->assignment, LogPosition, ev->count + 1);
    u->assigned_count = ev->count;
    for (int i = 0; i < ev->count; i++) {
        u->assigned[i] = ev->parts[i];
        u->assigned[i].topic = arena_str(&u->assignment, ev->parts[i].topic);
        u->assigned[i].offset = -1;
    }
    return begin(u, false, err);
}

/* ---- give up ------------------------------------------------------------------------------- */

void unit_close_pipeline(Unit *u)
{
    Err ignored = ERR_INIT;
    unit_commit_poll(u, true, &ignored); /* its result counts even if nobody asks any more */
    if (!u->pipeline)
        return;
    PipelineStats s;
    pipeline_stats(u->pipeline, &s);
    u->stats.rows_in += s.rows_in;
    u->stats.rows_out += s.rows_out;
    for (int i = 0; i < REASON_COUNT; i++)
        u->stats.refused[i] += s.refused[i];
    unit_store(u, true, &ignored); /* what the disk cannot take, the changelog gives back */
    pipeline_close(u->pipeline);
    u->pipeline = NULL;
    unit_forget_pending(u);
}

/* Orderly: what has been worked on is committed before others go on with it. */
static Rc on_revoke(Unit *u, Err *err)
{
    Rc rc = unit_commit_poll(u, true, err);
    if (!rc && u->pipeline && pipeline_dirty(u->pipeline)) {
        unit_commit_start(u);
        rc = unit_commit_poll(u, true, err);
    }
    unit_close_pipeline(u);
    u->assigned_count = 0;
    Err why = ERR_INIT;
    Rc released = kafka_group_release(u->members, &why);
    if (!rc && released && err)
        *err = why;
    return rc ? rc : released;
}

Rc unit_event(Unit *u, const KafkaEvent *ev, Err *err)
{
    switch (ev->kind) {
    case KAFKA_EVENT_NONE:
        return 0;
    case KAFKA_EVENT_ASSIGN:
        return on_assign(u, ev, err);
    case KAFKA_EVENT_REVOKE:
        return on_revoke(u, err);
    case KAFKA_EVENT_LOST:
        unit_close_pipeline(u);
        u->assigned_count = 0;
        return kafka_group_release(u->members, err);
    }
    return 0;
}

Rc unit_reopen(Unit *u, Err *err)
{
    unit_close_pipeline(u);
    for (int i = 0; i < u->assigned_count; i++)
        u->assigned[i].offset = -1;
    return u->assigned_count ? begin(u, true, err) : 0;
}
