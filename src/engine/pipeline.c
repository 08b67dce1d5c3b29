/* pipeline.c: epochs: cut the input, run the stages, hand over the exchanges. See pipeline.h.
 *
 * Freezing, settling and aborting are in freeze.c; the private struct in pipeline_int.h. */
#include "engine/pipeline.h"

#include <assert.h>
#include <stdlib.h>

#include "engine/pipeline_int.h"

/* Rows one epoch may take before it must end: bounds memory in exchanges and the time to a freeze.
 */
enum { EPOCH_ROWS = 16 * LIMIT_BATCH_ROWS };

/* ---- opening ------------------------------------------------------------------------------- */

static Rc start_offset(Pipeline *p, Str group, const PlanNode *source, int partition,
                       int64_t *offset, bool *fresh, Err *err)
{
    LogPosition pos = {.topic = source->topic, .partition = partition, .offset = -1};
    Log *log = p->cfg.log;
    int64_t low, high;
    Rc rc = 0;
    if (group.ptr)
        rc = log->cls->committed(log, group, &pos, 1, err);
    *fresh = pos.offset < 0;
    if (!rc && *fresh) {
        rc = log->cls->watermarks(log, source->topic, partition, &low, &high, err);
        pos.offset = rc ? 0 : p->cfg.earliest ? low : high;
    }
    *offset = pos.offset;
    return rc;
}

static const PipelineInput *find_input(const Pipeline *p, Str topic, int partition)
{
    for (int i = 0; i < p->cfg.input_count; i++)
        if (p->cfg.inputs[i].partition == partition && str_eq(p->cfg.inputs[i].topic, topic))
            return &p->cfg.inputs[i];
    return NULL;
}

/* Is this task among what the process was assigned? */
static bool is_mine(const Pipeline *p, const PlanStage *stage, int partition)
{
    Arena a;
    bool mine = !p->over_topics;
    arena_init(&a, 0);
    for (int i = 0; i < stage->node_count && !mine; i++) {
        const PlanNode *n = stage->nodes[i];
        mine = n->kind == NODE_SOURCE && find_input(p, n->topic, partition);
        for (int k = 0; k < n->input_count && !mine; k++)
            mine = n->inputs[k]->kind == NODE_EXCHANGE &&
                   find_input(p, task_exchange_topic(p->cfg.topic_prefix, n->inputs[k], &a),
                              partition);
    }
    arena_fini(&a);
    return mine;
}

/* Readers of the consumer group in place of our own. */
static Rc adopt_inputs(Pipeline *p, Task *t, Err *err)
{
    for (int i = 0; i < t->port_count; i++) {
        BlockFeed *f = t->ports[i].blocks;
        const PipelineInput *in = find_input(p, f->topic, f->partition);
        if (!in)
            return err_set(err, ERR_KIND_RETRY, ERR_NOT_FOUND,
                           "partition %d of %.*s is not assigned beside its task's other inputs",
                           f->partition, STR_ARG(f->topic));
        f->reader = in->reader;
        f->position = in->offset;
        p->blocks[p->block_count] = f;
        p->block_committed[p->block_count++] = in->offset;
    }
    return 0;
}

static Rc open_feeds(Pipeline *p, Task *t, Str group, Err *err)
{
    Rc rc = p->over_topics ? adopt_inputs(p, t, err) : 0;
    for (int i = 0; i < t->stage->node_count && !rc; i++) {
        const PlanNode *n = t->stage->nodes[i];
        if (n->kind != NODE_SOURCE || t->partition >= n->partitions)
            continue;
        int64_t offset = 0;
        bool fresh = false;
        Feed *f = &t->feeds[t->feed_count];
        const PipelineInput *in = find_input(p, n->topic, t->partition);
        if (in) {
            offset = in->offset;
            fresh = in->fresh;
        } else {
            rc = start_offset(p, group, n, t->partition, &offset, &fresh, err);
        }
        if (!rc)
            rc = feed_open(f, in ? NULL : p->cfg.log, n, t->partition, offset, err);
        if (!rc && in)
            f->reader = in->reader;
        if (rc)
            break;
        t->feed_count++;
        f->op = t->ops[i];
        f->fresh = fresh;
        f->ledger = &t->ledger;
        p->feeds[p->feed_count] = f;
        p->committed[p->feed_count++] = offset;
    }
    return rc;
}

static Rc open_task(Pipeline *p, const PlanStage *stage, int partition, Str group, Err *err)
{
    int worker = partition % workers_count(p->cfg.workers);
    TaskConfig cfg = {.log = p->cfg.log,
                      .disk = p->cfg.disks[worker],
                      .caps = p->cfg.caps,
                      .batch_rows = p->cfg.batch_rows,
                      .coalesce = p->cfg.coalesce,
                      .over_topics = p->over_topics,
                      .topic_prefix = p->cfg.topic_prefix};
    Task *t = NULL;
    Rc rc = task_open(p->plan, stage, partition, &cfg, &t, err);
    if (rc)
        return rc;
    p->tasks[p->task_count++] = t;
    return open_feeds(p, t, group, err);
}

/* One stage, one input per task: no order between partitions is needed. */
static bool is_independent(const Pipeline *p)
{
    if (p->plan->stage_count > 1 || p->cfg.order != ORDER_TIME || !p->plan->root->sink.len)
        return false;
    for (int i = 0; i < p->task_count; i++)
        if (p->tasks[i]->feed_count != 1 || p->tasks[i]->port_count)
            return false;
    return true;
}

Rc pipeline_open(const Plan *plan, Str group, const PipelineConfig *cfg, Pipeline **out, Err *err)
{
    Pipeline *p = calloc(1, sizeof *p);
    assert(p);
    p->plan = plan;
    p->cfg = *cfg;
    p->over_topics = cfg->inputs != NULL;
    arena_init(&p->arena, 0);
    int tasks = 0, feeds = 0;
    for (int s = 0; s < plan->stage_count; s++) {
        tasks += plan->stages[s].partitions;
        feeds += plan->stages[s].partitions * plan->stages[s].node_count;
    }
    p->tasks = ARENA_ARRAY(&p->arena, Task *, tasks);
    p->first_task = ARENA_ARRAY(&p->arena, int, plan->stage_count + 1);
    p->feeds = ARENA_ARRAY(&p->arena, Feed *, feeds);
    p->committed = ARENA_ARRAY(&p->arena, int64_t, feeds);
    p->blocks = ARENA_ARRAY(&p->arena, BlockFeed *, feeds);
    p->block_committed = ARENA_ARRAY(&p->arena, int64_t, feeds);
    Rc rc = 0;
    for (int s = 0; s < plan->stage_count && !rc; s++) {
        p->first_task[s] = p->task_count;
        for (int i = 0; i < plan->stages[s].partitions && !rc; i++)
            if (is_mine(p, &plan->stages[s], i))
                rc = open_task(p, &plan->stages[s], i, group, err);
        p->first_task[s + 1] = p->task_count;
    }
    p->limit = -1;
    for (int i = 0; i < plan->node_count; i++)
        if (plan->nodes[i]->kind == NODE_LIMIT)
            p->limit = plan->nodes[i]->limit;
    p->independent = is_independent(p);
    if (!rc && cfg->bounded)
        rc = pipeline_bound(p, err);
    if (rc) {
        pipeline_close(p);
        p = NULL;
    }
    *out = p;
    return rc;
}

void pipeline_close(Pipeline *p)
{
    if (!p)
        return;
    frozen_free(p);
    for (int i = 0; i < p->task_count; i++)
        task_close(p->tasks[i]);
    arena_fini(&p->arena);
    free(p);
}

int pipeline_exchange_topics(const Plan *plan, Str prefix, Arena *a, LogTopic **out)
{
    int n = 0;
    *out = ARENA_ARRAY(a, LogTopic, plan->node_count);
    for (int i = 0; i < plan->node_count; i++)
        if (plan->nodes[i]->kind == NODE_EXCHANGE)
            (*out)[n++] = (LogTopic){.name = task_exchange_topic(prefix, plan->nodes[i], a),
                                     .partitions = plan->nodes[i]->partitions,
                                     .replicas = 1,
                                     .internal = true};
    return n;
}

Rc pipeline_bound(Pipeline *p, Err *err)
{
    p->cfg.bounded = true;
    for (int i = 0; i < p->feed_count; i++) {
        Rc rc = log_end(p->cfg.log, p->feeds[i]->source->topic, p->feeds[i]->partition,
                        &p->feeds[i]->end, err);
        if (rc)
            return rc;
    }
    return 0;
}

bool pipeline_at_end(const Pipeline *p)
{
    for (int i = 0; i < p->feed_count; i++)
        if (!p->feeds[i]->held && !feed_at_end(p->feeds[i]))
            return false;
    return true;
}

void pipeline_hold(Pipeline *p, const Str *topics, int count)
{
    for (int i = 0; i < p->feed_count; i++) {
        p->feeds[i]->held = count >= 0;
        for (int k = 0; k < count; k++)
            if (str_eq(p->feeds[i]->source->topic, topics[k]))
                p->feeds[i]->held = false;
    }
}

const Plan *pipeline_plan(const Pipeline *p)
{
    return p->plan;
}

/* ---- cutting an epoch ---------------------------------------------------------------------- */

/* Does the head of feed a (behind its ready rows) come before that of b? Index breaks ties: feeds
 * are listed by stage, partition, input. */
static bool comes_first(const Pipeline *p, const Feed *a, const Feed *b)
{
    if (p->cfg.order == ORDER_ARRIVAL)
        return a->arrival[a->ready] < b->arrival[b->ready];
    return a->batch->time[a->ready] < b->batch->time[b->ready];
}

/* Merge the decoded rows of all feeds: each row that is taken gets the next seq. Ends when a feed
 * that may have more is used up, since its next row is not known. */
static int cut_merged(Pipeline *p)
{
    int taken = 0;
    for (; taken < EPOCH_ROWS; taken++) {
        Feed *best = NULL;
        for (int i = 0; i < p->feed_count; i++) {
            Feed *f = p->feeds[i];
            if (f->held)
                continue;
            bool empty = !f->batch || f->ready == f->batch->rows;
            bool more = f->end >= 0 ? f->next_offset < f->end : taken && f->batch;
            if (empty && more)
                return taken;
            if (!empty && (!best || comes_first(p, f, best)))
                best = f;
        }
        if (!best)
            return taken;
        best->batch->seq[best->ready++] = ++p->seq;
    }
    return taken;
}

static int cut_independent(Pipeline *p)
{
    int taken = 0;
    for (int i = 0; i < p->feed_count; i++) {
        Feed *f = p->feeds[i];
        if (f->held || !f->batch)
            continue;
        taken += f->batch->rows - f->ready;
        while (f->ready < f->batch->rows)
            f->batch->seq[f->ready++] = ++p->seq;
    }
    return taken;
}

static Rc fill_task(void *ctx, int i, Err *err)
{
    Pipeline *p = ctx;
    Task *t = p->tasks[i];
    Rc rc = 0;
    for (int k = 0; k < t->feed_count && !rc; k++)
        rc = feed_fill(&t->feeds[k], LIMIT_BATCH_ROWS, err);
    return rc ? rc : task_fill_blocks(t, err);
}

/* ---- running ------------------------------------------------------------------------------- */

/* Give the blocks of all upstream tasks to the task's exchange ports. */
static Rc open_ports(Pipeline *p, Task *t, Err *err)
{
    Rc rc = 0;
    for (int k = 0; k < t->port_count; k++) {
        ExchangePort *port = &t->ports[k];
        int up = stage_of_exchange(p->plan, port->exchange);
        for (int u = 0; u < port->reader_count && !rc; u++) {
            Buf *block = &p->tasks[p->first_task[up] + u]->blocks[t->partition];
            port->readers[u].has_row = false;
            if (block->len)
                rc = exchange_open(&port->readers[u], port->code, buf_str(block), err);
        }
    }
    return rc;
}

/* What the upstream tasks have come to, to the clocks downstream: with every epoch, so that the
 * operator records of a commit hold it, rows or none. */
static Rc send_marks(Pipeline *p, Task *t, Err *err)
{
    Rc rc = 0;
    for (int k = 0; k < t->port_count; k++) {
        int up = stage_of_exchange(p->plan, t->ports[k].exchange);
        for (int u = 0; u < t->ports[k].reader_count && !rc; u++) {
            const Task *from = p->tasks[p->first_task[up] + u];
            OpMark mark = {.upstream = u, .carried = from->carried, .idle = task_is_empty(from)};
            if (mark.idle || mark.carried != INT64_MIN)
                rc = task_mark(t, &mark, err);
        }
    }
    return rc;
}

static void clear_blocks(Pipeline *p)
{
    for (int i = 0; i < p->task_count; i++)
        for (int k = 0; k < p->tasks[i]->out_partitions; k++)
            buf_reset(&p->tasks[i]->blocks[k]);
}

typedef struct StageRun {
    Pipeline *p;
    int stage;
} StageRun;

static Rc run_task(void *ctx, int i, Err *err)
{
    StageRun *r = ctx;
    Task *t = r->p->tasks[r->p->first_task[r->stage] + i];
    Rc rc = task_run(t, err);
    return rc || r->p->over_topics ? rc : send_marks(r->p, t, err);
}

static Rc run_stages(Pipeline *p, Err *err)
{
    Rc rc = 0;
    for (int s = 0; s < p->plan->stage_count && !rc; s++) {
        int n = p->first_task[s + 1] - p->first_task[s];
        for (int i = 0; i < n && !rc && !p->over_topics; i++)
            rc = open_ports(p, p->tasks[p->first_task[s] + i], err);
        StageRun run = {p, s};
        if (!rc)
            rc = workers_run(p->cfg.workers, n, run_task, &run, err);
    }
    if (!p->over_topics)
        clear_blocks(p);
    return rc;
}

static uint64_t passed(const Pipeline *p)
{
    uint64_t sum = 0;
    for (int i = 0; i < p->feed_count; i++)
        sum += (uint64_t)p->feeds[i]->position;
    for (int i = 0; i < p->block_count; i++)
        sum += (uint64_t)p->blocks[i]->position;
    return sum;
}

Rc pipeline_epoch(Pipeline *p, bool *progress, Err *err)
{
    uint64_t before = passed(p);
    Rc rc = workers_run(p->cfg.workers, p->task_count, fill_task, p, err);
    if (!rc) {
        int rows = p->independent || p->over_topics ? cut_independent(p) : cut_merged(p);
        if (rows || p->block_count)
            rc = run_stages(p, err);
    }
    *progress = passed(p) != before;
    return rc;
}

/* ---- what came out ------------------------------------------------------------------------- */

/* Push rows: all tasks of the last stage, merged by seq. */
Rc pipeline_rows(Pipeline *p, Arena *a, Rc (*each)(void *ctx, const Batch *b, Err *err), void *ctx,
                 Err *err)
{
    Rc rc = 0;
    int last = p->plan->stage_count - 1;
    int first = p->first_task[last], n = p->first_task[last + 1] - first;
    int *at = ARENA_ARRAY(a, int, n);
    while (!rc) {
        int best = -1, rows = 0;
        uint64_t next = UINT64_MAX; /* head of the task that comes after the best one */
        for (int i = 0; i < n; i++) {
            Staging *s = p->tasks[first + i]->staging;
            if (at[i] >= staging_count(s))
                continue;
            uint64_t seq = staging_at(s, at[i])->seq;
            if (best < 0 || seq < staging_at(p->tasks[first + best]->staging, at[best])->seq) {
                next = best < 0 ? next : staging_at(p->tasks[first + best]->staging, at[best])->seq;
                best = i;
            } else if (seq < next) {
                next = seq;
            }
        }
        if (best < 0)
            break;
        Staging *s = p->tasks[first + best]->staging;
        while (at[best] + rows < staging_count(s) && rows < LIMIT_BATCH_ROWS &&
               staging_at(s, at[best] + rows)->seq <= next)
            rows++;
        if (p->limit >= 0 && rows > p->limit - p->delivered)
            rows = (int)(p->limit - p->delivered);
        if (rows == 0)
            break;
        p->delivered += rows;
        Batch *b = NULL;
        rc = staging_batch(s, at[best], rows, a, &b, err);
        if (!rc)
            rc = each(ctx, b, err);
        at[best] += rows;
    }
    for (int i = 0; i < n; i++)
        staging_reset(p->tasks[first + i]->staging);
    return rc;
}

/* Each task's Limit counts its own rows; the query's limit is over all of them. */
bool pipeline_done(const Pipeline *p)
{
    return p->limit >= 0 && p->delivered >= p->limit;
}

void pipeline_stats(const Pipeline *p, PipelineStats *out)
{
    *out = (PipelineStats){0};
    for (int i = 0; i < p->task_count; i++) {
        const Task *t = p->tasks[i];
        for (int r = 0; r < REASON_COUNT; r++)
            out->refused[r] += t->ledger.total[r];
        if (t->feed_count)
            out->rows_in += t->rows_in;
        if (t->staging)
            out->rows_out += t->ops[t->stage->node_count - 1]->count.rows_in;
    }
}
