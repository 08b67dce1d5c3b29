/* run_query.c: SELECT: which of its ways it goes, and pull queries over the committed state of a
 * table. Queries over topics are in run_push.c. */
#include "base/json.h"
#include "engine/session_int.h"

/* ---- pull: tables -------------------------------------------------------------------------- */

/* Rows of the stored state, run through what stands between the state and the sink. */
typedef struct Pull {
    Session *s;
    const PullPlan *plan;
    ResultSink *out;
    const Schema *state; /* columns of the stored node */
    const StoreDef *def;
    const PlanNode *stored; /* the node whose state it is */
    Rc (*read)(const PlanNode *n, const RowCode *rc, Str bytes, Column *values, int to,
               int64_t *time, Arena *a, Err *err);
    Codec *key_codec;
    Op **tail; /* operators behind the stored node; the last is a collector */
    int tail_count;
    OpEnv env;
    Arena query, batch;
    Batch *b; /* being filled */
    ExprRun *filter, *items;
    int64_t left; /* of LIMIT; -1: no limit */
    uint64_t seq;
    Rc rc;
    Err *err;
} Pull;

static Rc deliver(Pull *p, Batch *b, Err *err)
{
    const PullPlan *plan = p->plan;
    if (p->filter) {
        Column keep;
        Rc rc = expr_run(p->filter, b, SIDE_NEW, NULL, &keep, NULL, err);
        if (rc)
            return rc;
        uint16_t *rows = ARENA_ARRAY(&p->batch, uint16_t, b->rows);
        int n = 0;
        for (int i = 0; i < b->rows; i++)
            if (b->new_state[i] == SIDE_ROW && keep.valid[i] && keep.b[i])
                rows[n++] = (uint16_t)i;
        b = batch_gather(&p->batch, b, rows, n);
    }
    if (p->left >= 0 && b->rows > p->left)
        b = batch_slice(&p->batch, b, 0, (int)p->left);
    if (p->left >= 0)
        p->left -= b->rows;
    if (b->rows == 0)
        return 0;
    Batch *r = batch_derive(&p->batch, b, plan->schema);
    Rc rc = expr_run(p->items, b, SIDE_NEW, NULL, r->cols, NULL, err);
    return rc ? rc : p->out->rows(p->out, r, err);
}

/* The end of the tail: rows that are there go to the filter and the select list. */
static Rc pull_output(void *ctx, Op *op, Batch *b, Err *err)
{
    (void)op;
    Pull *p = ctx;
    uint16_t *rows = ARENA_ARRAY(&p->batch, uint16_t, b->rows);
    int n = 0;
    for (int i = 0; i < b->rows; i++)
        if (b->new_state[i] == SIDE_ROW)
            rows[n++] = (uint16_t)i;
    return n ? deliver(p, n == b->rows ? b : batch_gather(&p->batch, b, rows, n), err) : 0;
}

static void pull_refuse(void *ctx, const Op *op, OpReason why, const Batch *b, int row,
                        const char *detail)
{
    (void)ctx, (void)op, (void)why, (void)b, (void)row, (void)detail;
}

static Rc flush(Pull *p)
{
    Batch *b = p->b;
    p->b = NULL;
    if (!b || b->rows == 0 || p->rc)
        return p->rc;
    Err *err = p->err;
    p->rc = op_push(p->tail[0], 0, b, err);
    for (int i = 0; i < p->tail_count && !p->rc; i++)
        if (p->tail[i]->cls->advance)
            p->rc = p->tail[i]->cls->advance(p->tail[i], err);
    arena_reset(&p->batch);
    return p->rc;
}

static void new_batch(Pull *p)
{
    p->b = batch_new(&p->batch, p->state, LIMIT_BATCH_ROWS);
    for (int c = 0; c < p->state->count; c++)
        batch_init_column(p->b, c);
    if (p->state->window) {
        p->b->win_start = ARENA_ARRAY(&p->batch, int64_t, LIMIT_BATCH_ROWS);
        p->b->win_end = ARENA_ARRAY(&p->batch, int64_t, LIMIT_BATCH_ROWS);
    }
    p->b->rows = 0;
}

static bool take_row(void *ctx, int64_t win, Str key, Str row)
{
    Pull *p = ctx;
    if (!p->b)
        new_batch(p);
    Batch *b = p->b;
    int i = b->rows;
    bool is_null;
    char *k = arena_alloc(&p->batch, key.len + JSON_SLACK_BYTES);
    memcpy(k, key.ptr, key.len);
    b->key[i] = str_make(k, key.len);
    int keys = p->state->key_count;
    p->rc = p->key_codec->format->decode(p->key_codec, b->key[i], b->cols, i, &p->batch, &is_null,
                                         p->err);
    if (!p->rc)
        p->rc = p->read(p->stored, p->def->row, arena_str(&p->batch, row), b->cols + keys, i,
                        &b->time[i], &p->batch, p->err);
    if (p->state->window) {
        b->win_start[i] = win;
        b->win_end[i] = win + p->state->window_size_ms;
    }
    b->seq[i] = ++p->seq;
    b->rows++;
    if (b->rows == LIMIT_BATCH_ROWS)
        flush(p);
    return !p->rc && p->left != 0 && !session_cancelled(p->s);
}

/* Operators between the stored node and the sink, the sink included: it ends in pull_output. */
static Rc open_tail(Pull *p, const Plan *plan, const PlanNode *stored, Err *err)
{
    const PlanStage *stage = &plan->stages[plan->stage_count - 1];
    int at = 0;
    while (stage->nodes[at] != stored)
        at++;
    p->env = (OpEnv){.query_arena = &p->query,
                     .batch_arena = &p->batch,
                     .upstreams = 1,
                     .output = pull_output,
                     .refuse = pull_refuse,
                     .ctx = p};
    p->tail = ARENA_ARRAY(&p->query, Op *, stage->node_count);
    Rc rc = 0;
    for (int i = at + 1; i < stage->node_count && !rc; i++) {
        Op *op = op_new(stage->nodes[i], &p->env);
        if (p->tail_count)
            p->tail[p->tail_count - 1]->next = op;
        p->tail[p->tail_count++] = op;
        rc = op->cls->open(op, err);
    }
    return rc;
}

static Rc scan_keys(Pull *p, const StoreDef *def, int partitions, Err *err)
{
    const PullPlan *plan = p->plan;
    StoreScan scan = {.win_from = plan->win_from, .win_to = plan->win_to};
    if (plan->key_count < 0)
        return engine_scan_store(p->s->engine, def, partitions, &scan, take_row, p, err);
    Rc rc = 0;
    Buf key;
    buf_init(&key);
    for (int i = 0; i < plan->key_count && !rc && p->left != 0; i++) {
        Batch *b = batch_new(&p->query, p->state, 1);
        batch_init_column(b, 0);
        column_set_value(&b->cols[0], 0, &plan->keys[i]);
        bool is_null = false;
        buf_reset(&key);
        rc = p->key_codec->format->encode(p->key_codec, b->cols, 0, &key, &is_null, err);
        scan.key_from = scan.key_to = buf_str(&key);
        if (!rc && !is_null)
            rc = engine_scan_store(p->s->engine, def, partitions, &scan, take_row, p, err);
    }
    buf_fini(&key);
    return rc;
}

static Rc open_pull(Pull *p, const Plan *plan, const PlanNode *stored, Err *err)
{
    Program *program;
    p->state = stored->schema;
    p->stored = stored;
    p->read = op_table[stored->kind]->states[0].read;
    p->def = task_store_def(stored, 0, 1, &p->query);
    Rc rc = codec_open(&stored->key_format, p->state->columns, p->state->key_count, true,
                       &p->key_codec, err);
    if (!rc)
        rc = open_tail(p, plan, stored, err);
    if (!rc && p->plan->filter) {
        rc = expr_compile(&p->query, &p->plan->filter, 1, &program, err);
        if (!rc)
            p->filter = expr_run_new(program);
    }
    if (!rc)
        rc = expr_compile(&p->query, p->plan->items, p->plan->schema->count, &program, err);
    if (!rc)
        p->items = expr_run_new(program);
    return rc;
}

static void close_pull(Pull *p)
{
    for (int i = 0; i < p->tail_count; i++)
        op_free(p->tail[i]);
    codec_close(p->key_codec);
    if (p->filter)
        expr_run_free(p->filter);
    if (p->items)
        expr_run_free(p->items);
    arena_fini(&p->query);
    arena_fini(&p->batch);
}

static Rc pull_table(Session *s, const PullPlan *pp, ResultSink *out, Err *err)
{
    Plan *plan = NULL;
    Pull p = {.s = s, .plan = pp, .out = out, .left = pp->limit, .err = err};
    arena_init(&p.query, 0);
    arena_init(&p.batch, 0);
    CatalogQuery *q = catalog_find_query(engine_catalog(s->engine), pp->source->query_id);
    Rc rc = plan_decode(&p.query, q->plan, &plan, err);
    if (!rc)
        rc = open_pull(&p, plan, plan_queryable_node(plan), err);
    if (!rc && p.left != 0)
        rc = scan_keys(&p, p.def,
                       engine_partitions(s->engine, plan->stages[plan->stage_count - 1].partitions),
                       err);
    if (!rc)
        rc = flush(&p);
    if (!rc)
        rc = p.rc;
    close_pull(&p);
    return rc;
}

static Rc run_pull(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    World w;
    PullPlan *pp = NULL;
    Rc rc = session_world(s, a, &w, err);
    if (!rc)
        rc = plan_pull(engine_catalog(s->engine), &w, st, a, &pp, err);
    if (rc)
        return rc;
    if (!pp->source->is_table)
        return run_stream_pull(s, st, pp, a, out, err);
    rc = session_drain_topic(s, pp->source->topic, out, err);
    ResultHead head = {.kind = RESULT_ROWS, .schema = pp->schema};
    if (!rc)
        rc = out->begin(out, &head, err);
    if (!rc)
        rc = pull_table(s, pp, out, err);
    return rc ? rc : out->end(out, NULL, err);
}

Rc run_query(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    return st->query->emit == EMIT_NONE ? run_pull(s, st, a, out, err)
                                        : run_push(s, st, a, out, err);
}
