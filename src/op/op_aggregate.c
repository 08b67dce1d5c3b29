/* op_aggregate.c: one result per group, or per group and time window.
 *
 *   in     one port: rows of groups (op_groupby.c), key not NULL
 *   state  "aggregate": group key, or (window start, group key) -> ROWTIME and the aggregates'
 *          states, all of fixed width and changed in place; windows are kept for retention_ms
 *   out    group key, then one column per aggregate; windowed: the window's bounds too
 *   time   the later of the stored result's and the row's (11.4)
 *   change one row out for each row in (and window), old side known. A table's update takes the old
 *          row out and puts the new one in; a result never disappears; a delete for a group that
 *          was never seen is nothing
 *   refuse LATE: the window had ended, grace included, by the row's own upstream; CLOSED: it is
 *          closed by the slowest one (clock.c)
 *   invariant: windowed rows come from streams; seq never falls; windows of a row go up
 *
 * Expiry goes by the close and cannot touch a window that still accepts rows, so it may wait for
 * the end of the batch: a batch of one gives what a batch of 1024 gives. */
#include "op/op_int.h"

#include <assert.h>

typedef struct AggregateOp {
    Op op;
    const RowCode *rc;
    const AggClass **cls; /* [agg_count] */
    int *first;           /* [agg_count] column of the state at which each begins */
    Column **args[2];     /* [side][agg_count] argument columns of the batch at hand */
    OpWindows windows;    /* windowed only */
} AggregateOp;

/* The columns of one batch that leaves, while it grows. */
typedef struct AggOut {
    uint16_t *rows; /* of the input, one for each that leaves */
    int64_t *wins, *time;
    uint8_t *old_state;
    Column *now, *before; /* [agg_count] */
    int count;
} AggOut;

/* An aggregate without arguments (COUNT(*)) gets a column of which every row is present. */
static void aggregate_open_args(AggregateOp *g, int agg, uint8_t *present)
{
    int count = g->op.node->aggs[agg].arg_count;
    for (int side = SIDE_NEW; side <= SIDE_OLD; side++) {
        g->args[side][agg] = ARENA_ARRAY(g->op.env->query_arena, Column, count + 1);
        g->args[side][agg][0].valid = present;
    }
}

static Rc aggregate_open(Op *op, Err *err)
{
    AggregateOp *g = (AggregateOp *)op;
    const PlanNode *n = op->node;
    Arena *a = op->env->query_arena;
    int at = 1;
    uint8_t *present = arena_alloc(a, LIMIT_BATCH_ROWS);
    memset(present, 1, LIMIT_BATCH_ROWS);
    assert(n->schema->count == n->schema->key_count + n->agg_count);
    assert(n->window == WINDOW_NONE || !n->inputs[0]->is_table);
    g->rc = store_def(op->stores[0])->row;
    g->cls = ARENA_ARRAY(a, const AggClass *, n->agg_count);
    g->first = ARENA_ARRAY(a, int, n->agg_count);
    for (int side = SIDE_NEW; side <= SIDE_OLD; side++)
        g->args[side] = ARENA_ARRAY(a, Column *, n->agg_count);
    for (int i = 0; i < n->agg_count; i++) {
        g->cls[i] = n->aggs[i].overload->agg;
        g->first[i] = at;
        at += g->cls[i]->state_count;
        aggregate_open_args(g, i, present);
    }
    assert(at == g->rc->count);
    if (!g->rc->fixed)
        return err_not_built(err, "aggregates whose state has no fixed width");
    if (n->window == WINDOW_SESSION)
        return err_not_built(err, "session windows");
    if (n->window != WINDOW_NONE)
        op_windows_open(&g->windows, op);
    return 0;
}

/* ---- rows in --------------------------------------------------------------------------------- */

/* Which rows and windows a batch touches; 0 stands for "no window". */
static OpHits aggregate_hits(AggregateOp *g, const Batch *b)
{
    OpHits hits;
    bool windowed = g->op.node->window != WINDOW_NONE;
    op_hits_init(&hits, g->op.env->batch_arena, b->rows);
    for (int row = 0; row < b->rows; row++) {
        if (b->new_state[row] != SIDE_ROW && b->old_state[row] != SIDE_ROW)
            continue; /* a stream's NULL value; a delete of nothing */
        assert(b->key[row].ptr && b->old_state[row] != SIDE_UNKNOWN);
        if (windowed)
            op_windows_of_row(&g->windows, &g->op, b, row, &hits);
        else
            op_hits_put(&hits, row, 0);
    }
    return hits;
}

/* ---- one row into one state ------------------------------------------------------------------ */

static AggState aggregate_state(const AggregateOp *g, uint8_t *row, int i)
{
    return (AggState){.rc = g->rc, .row = row, .first = g->first[i]};
}

static void aggregate_init(const AggregateOp *g, uint8_t *state, int64_t time)
{
    rowcode_set_valid(state, 0, true);
    rowcode_put_i64(g->rc, state, 0, time);
    for (int i = 0; i < g->op.node->agg_count; i++) {
        AggState s = aggregate_state(g, state, i);
        g->cls[i]->init(&s);
    }
}

static void aggregate_result(const AggregateOp *g, uint8_t *state, Column *out, int to)
{
    for (int i = 0; i < g->op.node->agg_count; i++) {
        AggState s = aggregate_state(g, state, i);
        g->cls[i]->result(&s, &out[i], to, g->op.env->batch_arena);
    }
}

static Rc aggregate_add(const AggregateOp *g, uint8_t *state, int row, Err *err)
{
    Rc rc = 0;
    for (int i = 0; i < g->op.node->agg_count && !rc; i++) {
        AggState s = aggregate_state(g, state, i);
        rc = g->cls[i]->add(&s, g->args[SIDE_NEW][i], row, err);
    }
    return rc;
}

static Rc aggregate_undo(const AggregateOp *g, uint8_t *state, int row, Err *err)
{
    Rc rc = 0;
    for (int i = 0; i < g->op.node->agg_count && !rc; i++) {
        AggState s = aggregate_state(g, state, i);
        assert(g->cls[i]->undo); /* the planner refuses the others over tables */
        rc = g->cls[i]->undo(&s, g->args[SIDE_OLD][i], row, err);
    }
    return rc;
}

/* An aggregate that cannot go on ends the query, not the row (2.8). */
static Rc aggregate_failed(Rc rc, Err *err)
{
    if (err && (err->kind == ERR_KIND_DATA || err->code == ERR_RUNTIME)) {
        err->kind = ERR_KIND_FATAL;
        err->code = ERR_RUNTIME;
        err_prefix(err, "Exception caught in process. ");
        return ERR_RUNTIME;
    }
    return rc;
}

/* A delete must not make the group that it finds missing. */
static Rc aggregate_find(AggregateOp *g, const Batch *b, int row, int64_t win, uint8_t **state,
                         bool *existed, Err *err)
{
    Store *store = g->op.stores[0];
    Str key = b->key[row];
    *state = NULL;
    if (b->new_state[row] != SIDE_ROW) {
        Str found = STR_NULL;
        Rc rc = store_get(store, win, key, &found, err);
        if (rc || !found.ptr)
            return rc;
    }
    return store_update(store, win, key, g->rc->fixed_bytes, state, existed, err);
}

static Rc aggregate_row(AggregateOp *g, const Batch *b, int row, int64_t win, AggOut *out, Err *err)
{
    uint8_t *state;
    bool existed;
    int to = out->count;
    int64_t time = b->time[row];
    Rc rc = aggregate_find(g, b, row, win, &state, &existed, err);
    if (rc || !state)
        return rc;
    out->old_state[to] = existed ? SIDE_ROW : SIDE_NONE;
    if (existed)
        aggregate_result(g, state, out->before, to);
    else
        aggregate_init(g, state, time);
    if (existed && b->old_state[row] == SIDE_ROW)
        rc = aggregate_undo(g, state, row, err);
    if (!rc && b->new_state[row] == SIDE_ROW)
        rc = aggregate_add(g, state, row, err);
    if (rc)
        return aggregate_failed(rc, err);
    aggregate_result(g, state, out->now, to);
    int64_t stored = rowcode_get_i64(g->rc, state, 0);
    if (time > stored)
        rowcode_put_i64(g->rc, state, 0, time);
    out->time[to] = time > stored ? time : stored;
    out->rows[to] = (uint16_t)row;
    out->wins[to] = win;
    out->count++;
    return 0;
}

/* ---- a batch leaves -------------------------------------------------------------------------- */

static Column *out_columns(const PlanNode *n, Arena *a, int rows)
{
    Column *cols = ARENA_ARRAY(a, Column, n->agg_count);
    for (int i = 0; i < n->agg_count; i++)
        column_init(&cols[i], a, n->schema->columns[n->schema->key_count + i].type, rows);
    return cols;
}

static AggOut out_new(const PlanNode *n, Arena *a, int rows)
{
    return (AggOut){
        .rows = arena_alloc(a, sizeof(uint16_t) * (size_t)rows),
        .wins = arena_alloc(a, sizeof(int64_t) * (size_t)rows),
        .time = arena_alloc(a, sizeof(int64_t) * (size_t)rows),
        .old_state = arena_alloc(a, (size_t)rows),
        .now = out_columns(n, a, rows),
        .before = out_columns(n, a, rows),
    };
}

static void out_windows(Batch *b, const AggOut *out, int64_t size)
{
    b->win_start = out->wins;
    b->win_end = arena_alloc(b->arena, sizeof(int64_t) * (size_t)b->rows);
    for (int i = 0; i < b->rows; i++)
        b->win_end[i] = op_window_end(out->wins[i], size);
}

/* Keys and per-row arrays of the input's rows, and what was computed as the columns. */
static Batch *out_batch(AggregateOp *g, const Batch *b, const AggOut *out)
{
    const PlanNode *n = g->op.node;
    Arena *a = g->op.env->batch_arena;
    int keys = n->schema->key_count;
    Batch *in = batch_derive(a, b, n->schema);
    memcpy(in->cols, b->cols, sizeof(Column) * (size_t)keys);
    in->old = NULL;
    in->win_start = in->win_end = NULL;
    Batch *made = op_pick(&g->op, in, out->rows, out->count);
    memcpy(made->cols + keys, out->now, sizeof(Column) * (size_t)n->agg_count);
    made->old = ARENA_ARRAY(a, Column, n->schema->count);
    memcpy(made->old, made->cols, sizeof(Column) * (size_t)keys);
    memcpy(made->old + keys, out->before, sizeof(Column) * (size_t)n->agg_count);
    made->new_state = arena_alloc(a, (size_t)out->count);
    memset(made->new_state, SIDE_ROW, (size_t)out->count);
    made->old_state = out->old_state;
    made->time = out->time;
    if (n->window != WINDOW_NONE)
        out_windows(made, out, n->size_ms);
    return made;
}

static Rc aggregate_emit(AggregateOp *g, const Batch *b, const OpHits *hits, int from, Err *err)
{
    int left = hits->count - from, n = left < LIMIT_BATCH_ROWS ? left : LIMIT_BATCH_ROWS;
    AggOut out = out_new(g->op.node, g->op.env->batch_arena, n);
    Rc rc = 0;
    for (int i = from; i < from + n && !rc; i++)
        rc = aggregate_row(g, b, hits->rows[i], hits->wins[i], &out, err);
    return rc || out.count == 0 ? rc : op_emit(&g->op, out_batch(g, b, &out), err);
}

static Rc aggregate_push(Op *op, int port, Batch *b, Err *err)
{
    (void)port;
    AggregateOp *g = (AggregateOp *)op;
    const PlanNode *n = op->node;
    for (int i = 0; i < n->agg_count; i++) {
        for (int k = 0; k < n->aggs[i].arg_count; k++) {
            int c = n->aggs[i].args[k];
            g->args[SIDE_NEW][i][k] = b->cols[c];
            g->args[SIDE_OLD][i][k] = b->old ? b->old[c] : (Column){0};
        }
    }
    Rc rc = 0;
    OpHits hits = aggregate_hits(g, b);
    for (int from = 0; from < hits.count && !rc; from += LIMIT_BATCH_ROWS)
        rc = aggregate_emit(g, b, &hits, from, err);
    if (!rc && n->window != WINDOW_NONE)
        op_windows_expire(&g->windows, op->stores[0]);
    return rc;
}

static Rc aggregate_mark(Op *op, const OpMark *mark, Err *err)
{
    (void)err;
    AggregateOp *g = (AggregateOp *)op;
    if (op->node->window == WINDOW_NONE)
        return 0;
    op_windows_mark(&g->windows, mark);
    op_windows_expire(&g->windows, op->stores[0]);
    return 0;
}

/* ---- the stored row -------------------------------------------------------------------------- */

static const Type *aggregate_state_type(const PlanNode *n, const PlanAgg *agg, int i)
{
    const Type *t = agg->overload->agg->state_types[i];
    return t ? t : n->inputs[0]->schema->columns[agg->args[0]].type;
}

static int aggregate_state_count(const PlanNode *n)
{
    int count = 1;
    for (int i = 0; i < n->agg_count; i++)
        count += n->aggs[i].overload->agg->state_count;
    return count;
}

/* A state's column has the name of its result; where there are several they are numbered. */
static Str aggregate_state_name(const PlanNode *n, Arena *a, int agg, int i)
{
    Str name = n->schema->columns[n->schema->key_count + agg].name;
    if (n->aggs[agg].overload->agg->state_count == 1)
        return name;
    return str_of(arena_printf(a, "%.*s#%d", STR_ARG(name), i + 1));
}

static const RowCode *aggregate_row_code(const PlanNode *n, Arena *a, Str **column_names)
{
    int count = aggregate_state_count(n), at = 1;
    const Type **types = ARENA_ARRAY(a, const Type *, count);
    *column_names = ARENA_ARRAY(a, Str, count);
    types[0] = &type_bigint;
    (*column_names)[0] = STR_LIT("ROWTIME");
    for (int i = 0; i < n->agg_count; i++) {
        for (int k = 0; k < n->aggs[i].overload->agg->state_count; k++, at++) {
            types[at] = aggregate_state_type(n, &n->aggs[i], k);
            (*column_names)[at] = aggregate_state_name(n, a, i, k);
        }
    }
    return rowcode_new(a, types, count);
}

static Rc aggregate_read(const PlanNode *n, const RowCode *rc, Str bytes, Column *values, int to,
                         int64_t *time, Arena *a, Err *err)
{
    if (!rowcode_valid(rc, bytes))
        return err_set(err, ERR_KIND_FATAL, ERR_CORRUPT, "a stored aggregate is damaged");
    AggState s = {.rc = rc, .row = (uint8_t *)bytes.ptr, .first = 1};
    *time = rowcode_get_i64(rc, s.row, 0);
    for (int i = 0; i < n->agg_count; i++) {
        n->aggs[i].overload->agg->result(&s, &values[i], to, a);
        s.first += n->aggs[i].overload->agg->state_count;
    }
    return 0;
}

static StoreKind aggregate_kind(const PlanNode *n)
{
    return n->window == WINDOW_NONE ? STORE_TABLE : STORE_WINDOW;
}

/* Never shorter than the window can still change. */
static int64_t aggregate_retention(const PlanNode *n)
{
    int64_t least = n->size_ms + n->grace_ms;
    return n->retention_ms > least ? n->retention_ms : least;
}

static int aggregate_records(const PlanNode *n, int upstreams)
{
    return n->window == WINDOW_NONE ? 0 : op_clock_record_count(upstreams);
}

static const OpState aggregate_states[] = {
    {.name = "aggregate",
     .kind = aggregate_kind,
     .row = aggregate_row_code,
     .retention_ms = aggregate_retention,
     .record_count = aggregate_records,
     .read = aggregate_read},
};

const OpClass op_class_AGGREGATE = {
    .kind = NODE_AGGREGATE,
    .bytes = sizeof(AggregateOp),
    .states = aggregate_states,
    .state_count = 1,
    .open = aggregate_open,
    .push = aggregate_push,
    .mark = aggregate_mark,
};
