/* task.c: one stage, one partition: building its operators and running rounds. See task.h.
 *
 * Leaves to pipeline.c: where rows come from, when an epoch ends, commits. */
#include "engine/task.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"

enum { VALUES_SHOWN = 16 };

/* ---- building ------------------------------------------------------------------------------ */

static const PlanStage *stage_of(const Plan *plan, const PlanNode *node)
{
    for (int s = 0; s < plan->stage_count; s++)
        for (int i = 0; i < plan->stages[s].node_count; i++)
            if (plan->stages[s].nodes[i] == node)
                return &plan->stages[s];
    return NULL;
}

int stage_upstreams(const Plan *plan, const PlanStage *stage)
{
    int most = 1;
    for (int i = 0; i < stage->node_count; i++)
        for (int k = 0; k < stage->nodes[i]->input_count; k++)
            if (stage->nodes[i]->inputs[k]->kind == NODE_EXCHANGE) {
                int n = stage_of(plan, stage->nodes[i]->inputs[k])->partitions;
                most = n > most ? n : most;
            }
    return most;
}

static int index_in_stage(const PlanStage *stage, const PlanNode *node)
{
    for (int i = 0; i < stage->node_count; i++)
        if (stage->nodes[i] == node)
            return i;
    return -1;
}

static Rc task_output(void *ctx, Op *op, Batch *b, Err *err);
static void task_refuse(void *ctx, const Op *op, OpReason why, const Batch *b, int row,
                        const char *detail);

const StoreDef *task_store_def(const PlanNode *node, int slot, int upstreams, Arena *a)
{
    const OpState *state = &op_table[node->kind]->states[slot];
    Str *names = NULL;
    StoreDef *def = ARENA_NEW(a, StoreDef);
    def->id = node->store_id[slot];
    def->kind = state->kind(node);
    def->name = state->name;
    def->row = state->row(node, a, &names);
    def->column_names = names;
    def->retention_ms = state->retention_ms ? state->retention_ms(node) : 0;
    def->record_count = state->record_count ? state->record_count(node, upstreams) : 0;
    return def;
}

static Rc open_stores(Task *t, Op *op, const TaskConfig *cfg, Err *err)
{
    for (int i = 0; i < op->cls->state_count; i++) {
        if (op->node->store_id[i] < 0)
            continue;
        const StoreDef *def = task_store_def(op->node, i, t->env.upstreams, &t->query_arena);
        Rc rc = store_open(def, t->partition, cfg->disk, &cfg->caps, &op->stores[i], err);
        if (rc)
            return rc;
        t->stores[t->store_count++] = op->stores[i];
    }
    return 0;
}

Str task_exchange_topic(Str prefix, const PlanNode *exchange, Arena *a)
{
    return str_of(arena_printf(a, "%.*s-%d-repartition", STR_ARG(prefix), exchange->id));
}

static void connect_port(Task *t, const TaskConfig *cfg, const PlanNode *exchange, Op *op, int k)
{
    ExchangePort *port = &t->ports[t->port_count++];
    port->exchange = exchange;
    port->op = op;
    port->port = k;
    port->code = exchange_code_new(&t->query_arena, exchange->schema);
    port->reader_count = cfg->over_topics ? 1 : stage_of(t->plan, exchange)->partitions;
    port->readers = ARENA_ARRAY(&t->query_arena, ExchangeReader, port->reader_count);
    if (!cfg->over_topics)
        return;
    port->blocks = ARENA_NEW(&t->query_arena, BlockFeed);
    port->blocks->topic = task_exchange_topic(cfg->topic_prefix, exchange, &t->query_arena);
    port->blocks->partition = t->partition;
    arena_init(&port->blocks->arena, 0);
}

static void connect(Task *t, const TaskConfig *cfg)
{
    for (int i = 0; i < t->stage->node_count; i++) {
        const PlanNode *n = t->stage->nodes[i];
        for (int k = 0; k < n->input_count; k++) {
            int from = index_in_stage(t->stage, n->inputs[k]);
            if (from >= 0) {
                t->ops[from]->next = t->ops[i];
                t->ops[from]->next_port = k;
                continue;
            }
            connect_port(t, cfg, n->inputs[k], t->ops[i], k);
        }
    }
}

static void open_way_out(Task *t, const TaskConfig *cfg)
{
    const PlanNode *last = t->stage->nodes[t->stage->node_count - 1];
    if (last->kind == NODE_SINK) {
        t->staging = staging_new(last, cfg->coalesce);
        return;
    }
    t->out_partitions = last->partitions;
    t->blocks = ARENA_ARRAY(&t->query_arena, Buf, t->out_partitions);
    t->out_code = exchange_code_new(&t->query_arena, last->schema);
    if (cfg->over_topics)
        t->out_topic = task_exchange_topic(cfg->topic_prefix, last, &t->query_arena);
}

Rc task_open(const Plan *plan, const PlanStage *stage, int partition, const TaskConfig *cfg,
             Task **out, Err *err)
{
    Task *t = calloc(1, sizeof *t);
    assert(t);
    t->plan = plan;
    t->stage = stage;
    t->partition = partition;
    t->batch_rows = cfg->batch_rows;
    t->carried = t->marked = INT64_MIN;
    arena_init(&t->query_arena, 0);
    arena_init(&t->batch_arena, 256 << 10);
    arena_init(&t->sealed.arena, 0);
    t->own_order = cfg->over_topics;
    ledger_init(&t->ledger);
    int n = stage->node_count;
    t->ops = ARENA_ARRAY(&t->query_arena, Op *, n);
    t->feeds = ARENA_ARRAY(&t->query_arena, Feed, n);
    t->ports = ARENA_ARRAY(&t->query_arena, ExchangePort, 2 * n);
    t->stores = ARENA_ARRAY(&t->query_arena, Store *, 2 * n);
    t->env = (OpEnv){.query_arena = &t->query_arena,
                     .batch_arena = &t->batch_arena,
                     .partition = partition,
                     .upstreams = stage_upstreams(plan, stage),
                     .coalesce = cfg->coalesce,
                     .output = task_output,
                     .refuse = task_refuse,
                     .ctx = t};
    for (int i = 0; i < n; i++)
        t->ops[i] = op_new(stage->nodes[i], &t->env);
    connect(t, cfg);
    open_way_out(t, cfg);
    Rc rc = 0;
    for (int i = 0; i < n && !rc; i++) {
        rc = open_stores(t, t->ops[i], cfg, err);
        if (!rc)
            rc = t->ops[i]->cls->open(t->ops[i], err);
    }
    if (rc) {
        task_close(t);
        t = NULL;
    }
    *out = t;
    return rc;
}

void task_close(Task *t)
{
    if (!t)
        return;
    for (int i = 0; i < t->feed_count; i++)
        feed_close(&t->feeds[i]);
    for (int i = 0; i < t->stage->node_count; i++)
        op_free(t->ops[i]);
    for (int i = 0; i < t->store_count; i++)
        store_close(t->stores[i]);
    for (int i = 0; t->blocks && i < t->out_partitions; i++)
        buf_fini(&t->blocks[i]);
    for (int i = 0; i < t->port_count; i++)
        if (t->ports[i].blocks)
            arena_fini(&t->ports[i].blocks->arena);
    arena_fini(&t->sealed.arena);
    staging_free(t->staging);
    ledger_fini(&t->ledger);
    arena_fini(&t->batch_arena);
    arena_fini(&t->query_arena);
    free(t);
}

size_t task_dirty_bytes(const Task *t)
{
    size_t bytes = t->staging ? staging_bytes(t->staging) : 0;
    for (int i = 0; i < t->store_count; i++)
        bytes += store_dirty_bytes(t->stores[i]);
    return bytes;
}

/* ---- the way out --------------------------------------------------------------------------- */

/* A block is full: it becomes a record that waits for the commit. Its own time means nothing (the
 * rows have theirs), but a broker refuses times far ahead, and librdkafka the time 0. */
static void seal_block(Task *t, int target)
{
    Buf *block = &t->blocks[target];
    Sealed *s = &t->sealed;
    if (block->len == 0)
        return;
    if (s->count == s->cap) {
        int cap = s->cap ? 2 * s->cap : 64;
        LogAppend *more = ARENA_ARRAY(&s->arena, LogAppend, cap);
        if (s->count)
            memcpy(more, s->items, (size_t)s->count * sizeof *more);
        s->items = more;
        s->cap = cap;
    }
    s->items[s->count++] = (LogAppend){.topic = t->out_topic,
                                       .partition = target,
                                       .key = STR_NULL,
                                       .value = arena_str(&s->arena, buf_str(block)),
                                       .time = clock_wall_ms()};
    buf_reset(block);
}

void task_seal(Task *t)
{
    OpMark mark = {t->partition, t->carried, task_is_empty(t)};
    bool news = t->out_topic.ptr && (mark.idle || t->carried != t->marked);
    for (int i = 0; t->out_topic.ptr && i < t->out_partitions; i++) {
        seal_block(t, i);
        if (!news)
            continue;
        exchange_put_mark(&t->blocks[i], &mark);
        seal_block(t, i);
    }
    t->marked = t->carried;
}

static Rc task_output(void *ctx, Op *op, Batch *b, Err *err)
{
    (void)err;
    (void)op;
    Task *t = ctx;
    if (t->staging) {
        staging_put(t->staging, b);
        return 0;
    }
    if (b->rows)
        t->carried = b->carried[b->rows - 1];
    for (int row = 0; row < b->rows; row++) {
        int target = log_partition_of(b->key[row], t->out_partitions, 0);
        exchange_put(t->out_code, &t->blocks[target], b, row, t->partition);
        if (t->out_topic.ptr && t->blocks[target].len >= LIMIT_BLOCK_BYTES)
            seal_block(t, target);
    }
    return 0;
}

Str task_origin_topic(const PlanNode *n)
{
    while (n->kind != NODE_SOURCE && n->input_count)
        n = n->inputs[0];
    return n->kind == NODE_SOURCE ? n->topic : STR_LIT("");
}

static void task_refuse(void *ctx, const Op *op, OpReason why, const Batch *b, int row,
                        const char *detail)
{
    Task *t = ctx;
    LedgerRow r = {.topic = task_origin_topic(op->node),
                   .partition = b->partition[row],
                   .offset = b->offset[row],
                   .time = b->time[row],
                   .reason = why,
                   .op = plan_node_names[op->node->kind],
                   .detail = detail ? str_of(detail) : STR_NULL};
    /* Every row may have a NULL to add to: all are counted, a few an interval are shown. */
    if (why == REASON_VALUE_FAILED && t->ledger.count >= VALUES_SHOWN)
        t->ledger.total[why]++;
    else
        ledger_put(&t->ledger, &r);
}

/* ---- rounds -------------------------------------------------------------------------------- */

/* Over a topic: step to the next block with rows. A mark counts only behind the rows before it, so
 * it waits (*blocked) while the round holds any. */
static Rc next_block(Task *t, ExchangePort *p, int rows, bool *blocked, Err *err)
{
    BlockFeed *f = p->blocks;
    OpMark mark;
    Rc rc = 0;
    while (!rc && f && !p->readers[0].has_row && f->at < f->in.count) {
        Str block = f->in.records[f->at].value;
        if (block.ptr && exchange_take_mark(block, &mark)) {
            *blocked = rows > 0;
            if (*blocked)
                return 0;
            rc = task_mark(t, &mark, err);
        } else {
            rc = exchange_open(&p->readers[0], p->code, block, err);
        }
        f->at++;
        f->position = f->at == f->in.count ? f->in.next_offset : f->in.records[f->at].offset;
    }
    return rc;
}

Rc task_fill_blocks(Task *t, Err *err)
{
    Rc rc = 0;
    for (int i = 0; i < t->port_count && !rc; i++) {
        BlockFeed *f = t->ports[i].blocks;
        if (!f || !f->reader || f->at < f->in.count)
            continue;
        arena_reset(&f->arena);
        f->at = 0;
        rc = f->reader->cls->read(f->reader, LIMIT_BATCH_ROWS, LIMIT_BATCH_BYTES, &f->arena, &f->in,
                                  err);
        if (!rc && f->in.count == 0)
            f->position = f->in.next_offset;
    }
    return rc;
}

/* The reader whose head comes first, or NULL. */
static ExchangeReader *port_head(const ExchangePort *p)
{
    ExchangeReader *best = NULL;
    for (int i = 0; i < p->reader_count; i++)
        if (p->readers[i].has_row && (!best || p->readers[i].seq < best->seq))
            best = &p->readers[i];
    return best;
}

typedef struct Round {
    int *feed_rows;    /* [feed_count] rows of each feed */
    Batch **port_rows; /* [port_count] rows of each port */
    int rows;
} Round;

/* Only one input: no merge. */
static bool gather_single(Task *t, Round *r)
{
    if (t->feed_count != 1 || t->port_count)
        return false;
    Feed *f = &t->feeds[0];
    int n = f->ready - f->at;
    r->feed_rows[0] = r->rows = n < t->batch_rows ? n : t->batch_rows;
    for (int i = 0; t->own_order && i < r->rows; i++)
        f->batch->seq[f->at + i] = ++t->seq;
    return true;
}

/* Which input comes next: by seq where the rows have one, else by the time of the heads. */
typedef struct Next {
    int feed, port; /* -1: not this */
    ExchangeReader *reader;
} Next;

static Next choose(const Task *t, const Round *r)
{
    Next next = {-1, -1, NULL};
    int64_t best = INT64_MAX;
    for (int i = 0; i < t->feed_count; i++) {
        const Feed *f = &t->feeds[i];
        int head = f->at + r->feed_rows[i];
        if (head >= f->ready)
            continue;
        int64_t at = t->own_order ? f->batch->time[head] : (int64_t)f->batch->seq[head];
        if (at < best || next.feed < 0) {
            best = at;
            next.feed = i;
        }
    }
    for (int i = 0; i < t->port_count; i++) {
        ExchangeReader *head = port_head(&t->ports[i]);
        int64_t at = !head ? INT64_MAX : t->own_order ? head->time : (int64_t)head->seq;
        if (head && (at < best || (next.feed < 0 && next.port < 0))) {
            best = at;
            next = (Next){-1, i, head};
        }
    }
    return next;
}

static Rc take_exchanged(Task *t, Round *r, const Next *next, Err *err)
{
    Batch **b = &r->port_rows[next->port];
    if (!*b) {
        *b = exchange_batch(&t->batch_arena, t->ports[next->port].code, t->batch_rows);
        (*b)->rows = 0;
    }
    Rc rc = exchange_take(next->reader, *b, (*b)->rows, err);
    if (!rc && t->own_order)
        (*b)->seq[(*b)->rows] = ++t->seq;
    (*b)->rows += !rc;
    return rc;
}

/* Take rows of all inputs in order until the round is full. */
static Rc gather(Task *t, Round *r, Err *err)
{
    bool blocked = false;
    if (gather_single(t, r))
        return 0;
    while (r->rows < t->batch_rows) {
        for (int i = 0; i < t->port_count && !blocked; i++) {
            Rc rc = next_block(t, &t->ports[i], r->rows, &blocked, err);
            if (rc)
                return rc;
        }
        if (blocked)
            return 0;
        Next next = choose(t, r);
        if (next.port >= 0) {
            Rc rc = take_exchanged(t, r, &next, err);
            if (rc)
                return rc;
        } else if (next.feed >= 0) {
            Feed *f = &t->feeds[next.feed];
            if (t->own_order)
                f->batch->seq[f->at + r->feed_rows[next.feed]] = ++t->seq;
            r->feed_rows[next.feed]++;
        } else {
            break;
        }
        r->rows++;
    }
    return 0;
}

static Rc push_round(Task *t, const Round *r, Err *err)
{
    Rc rc = 0;
    t->env.round_rows = (uint64_t)r->rows;
    for (int i = 0; i < t->feed_count && !rc; i++)
        if (r->feed_rows[i]) {
            Batch *b = feed_take(&t->feeds[i], r->feed_rows[i], &t->batch_arena);
            b->arena = &t->batch_arena;
            rc = op_push(t->feeds[i].op, 0, b, err);
        }
    for (int i = 0; i < t->port_count && !rc; i++)
        if (r->port_rows[i])
            rc = op_push(t->ports[i].op, t->ports[i].port, r->port_rows[i], err);
    for (int i = 0; i < t->stage->node_count && !rc; i++)
        if (t->ops[i]->cls->advance)
            rc = t->ops[i]->cls->advance(t->ops[i], err);
    return rc;
}

Rc task_mark(Task *t, const OpMark *mark, Err *err)
{
    Rc rc = 0;
    for (int i = 0; i < t->stage->node_count && !rc; i++)
        if (t->ops[i]->cls->mark)
            rc = t->ops[i]->cls->mark(t->ops[i], mark, err);
    return rc;
}

bool task_is_empty(const Task *t)
{
    for (int i = 0; i < t->feed_count; i++)
        if (!t->feeds[i].fresh || t->feeds[i].position != t->feeds[i].start ||
            feed_rows(&t->feeds[i]))
            return false;
    return t->carried == INT64_MIN && t->port_count == 0;
}

Rc task_run(Task *t, Err *err)
{
    for (;;) {
        Round r = {ARENA_ARRAY(&t->batch_arena, int, t->feed_count),
                   ARENA_ARRAY(&t->batch_arena, Batch *, t->port_count), 0};
        Rc rc = gather(t, &r, err);
        if (!rc && r.rows)
            rc = push_round(t, &r, err);
        arena_reset(&t->batch_arena);
        if (rc || r.rows == 0)
            return rc;
        t->rows_in += (uint64_t)r.rows;
    }
}
