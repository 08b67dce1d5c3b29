/* task.c: one stage, one partition: building its operators and running rounds. See task.h.
 *
 * Leaves to pipeline.c: where rows come from, when an epoch ends, commits. */
#include "engine/task.h"

#include <assert.h>
#include <stdlib.h>

/* ---- building ----------------------------------------------------------------------------------- */

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

static void connect(Task *t)
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
            ExchangePort *port = &t->ports[t->port_count++];
            port->exchange = n->inputs[k];
            port->op = t->ops[i];
            port->port = k;
            port->code = exchange_code_new(&t->query_arena, n->inputs[k]->schema);
            port->reader_count = stage_of(t->plan, n->inputs[k])->partitions;
            port->readers = ARENA_ARRAY(&t->query_arena, ExchangeReader, port->reader_count);
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
    t->carried = INT64_MIN;
    arena_init(&t->query_arena, 0);
    arena_init(&t->batch_arena, 256 << 10);
    ledger_init(&t->ledger);
    int n = stage->node_count;
    t->ops = ARENA_ARRAY(&t->query_arena, Op *, n);
    t->feeds = ARENA_ARRAY(&t->query_arena, Feed, n);
    t->ports = ARENA_ARRAY(&t->query_arena, ExchangePort, 2 * n);
    t->stores = ARENA_ARRAY(&t->query_arena, Store *, 2 * n);
    t->env = (OpEnv){.query_arena = &t->query_arena, .batch_arena = &t->batch_arena,
                     .partition = partition, .upstreams = stage_upstreams(plan, stage),
                     .coalesce = cfg->coalesce, .output = task_output, .refuse = task_refuse, .ctx = t};
    for (int i = 0; i < n; i++)
        t->ops[i] = op_new(stage->nodes[i], &t->env);
    connect(t);
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

/* ---- the way out -------------------------------------------------------------------------------- */

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
    LedgerRow r = {.topic = task_origin_topic(op->node), .partition = b->partition[row],
                   .offset = b->offset[row], .time = b->time[row], .reason = why,
                   .op = plan_node_names[op->node->kind],
                   .detail = detail ? str_of(detail) : STR_NULL};
    ledger_put(&t->ledger, &r);
}

/* ---- rounds ------------------------------------------------------------------------------------- */

static bool feed_head(const Feed *f, int taken, uint64_t *seq)
{
    if (f->at + taken >= f->ready)
        return false;
    *seq = f->batch->seq[f->at + taken];
    return true;
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
    const Feed *f = &t->feeds[0];
    int n = f->ready - f->at;
    r->feed_rows[0] = r->rows = n < t->batch_rows ? n : t->batch_rows;
    return true;
}

/* Take rows of all inputs in seq order until the round is full. */
static Rc gather(Task *t, Round *r, Err *err)
{
    if (gather_single(t, r))
        return 0;
    while (r->rows < t->batch_rows) {
        uint64_t best = UINT64_MAX, seq;
        int feed = -1, port = -1;
        ExchangeReader *reader = NULL;
        for (int i = 0; i < t->feed_count; i++)
            if (feed_head(&t->feeds[i], r->feed_rows[i], &seq) && seq < best) {
                best = seq;
                feed = i;
            }
        for (int i = 0; i < t->port_count; i++) {
            ExchangeReader *head = port_head(&t->ports[i]);
            if (head && head->seq < best) {
                best = head->seq;
                reader = head;
                port = i;
            }
        }
        if (port >= 0) {
            Batch **b = &r->port_rows[port];
            if (!*b) {
                *b = exchange_batch(&t->batch_arena, t->ports[port].code, t->batch_rows);
                (*b)->rows = 0;
            }
            Rc rc = exchange_take(reader, *b, (*b)->rows, err);
            if (rc)
                return rc;
            (*b)->rows++;
        } else if (feed >= 0) {
            r->feed_rows[feed]++;
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
        if (!t->feeds[i].fresh || t->feeds[i].position != t->feeds[i].start || feed_rows(&t->feeds[i]))
            return false;
    return t->carried == INT64_MIN && t->port_count == 0;
}

bool task_is_done(const Task *t)
{
    for (int i = 0; i < t->stage->node_count; i++)
        if (t->ops[i]->done)
            return true;
    return false;
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
