/* op_table_table_join.c: two tables with the same key become one.
 *
 *   in     port 0 (left), port 1 (right): changes of tables, old sides not needed
 *   state  "left", "right": key -> ROWTIME and the other columns of that table
 *   out    key, left columns, right columns: changes of a table, old side known
 *   time   the later of both rows', or of the delete and the other row (11.8)
 *   change a result is there when the join's kind says so (join_has); every update of one leaves,
 *          equal or not; where it goes, a delete leaves; where there was none and is none, nothing.
 *          A delete for a row that was never there leaves as a delete when the other side is there
 *   refuse NULL_KEY: a row without a key
 *   invariant: rows_out <= rows_in; order is (seq, port) */
#include "op/op_int.h"

#include <assert.h>

typedef struct MergeOp {
    Op op;
    OpPorts ports;
    OpRows sides[2];
} MergeOp;

/* What leaves, while it grows; the columns once more as the two stores lay them out. */
typedef struct MergeOut {
    Batch *batch;               /* NULL: none at hand */
    Column *now[2], *before[2]; /* [port] */
    int room;
} MergeOut;

/* The rows of one key around a change of one side: bytes as stored, ptr NULL: there is none. */
typedef struct MergeRows {
    Str now[2], before[2]; /* [port]; the other side has the same row in both */
} MergeRows;

static Rc merge_open(Op *op, Err *err)
{
    MergeOp *j = (MergeOp *)op;
    const PlanNode *n = op->node;
    const Schema *l = n->inputs[0]->schema, *r = n->inputs[1]->schema;
    assert(n->schema->count == l->count + r->count - r->key_count);
    assert(n->schema->key_count == l->key_count);
    Rc rc = op_rows_open(&j->sides[0], op->stores[0], l, err);
    return rc ? rc : op_rows_open(&j->sides[1], op->stores[1], r, err);
}

static Rc merge_push(Op *op, int port, Batch *b, Err *err)
{
    (void)err;
    op_ports_keep(&((MergeOp *)op)->ports, op->env->batch_arena, port, b);
    return 0;
}

/* ---- what a change leads to ------------------------------------------------------------------ */

/* Is there a result, given which sides are there? */
static bool join_has(SqlJoinKind kind, bool left, bool right)
{
    static const bool table[4][2][2] = {
        /* [left][right]     right absent/present with left absent; then with left present */
        [JOIN_INNER] = {{false, false}, {false, true}},
        [JOIN_LEFT] = {{false, false}, {true, true}},
        [JOIN_RIGHT] = {{false, true}, {false, true}},
        [JOIN_FULL] = {{false, true}, {true, true}},
    };
    return table[kind][left][right];
}

/* Replace one side's row of the key, and say what was and is there. */
static Rc merge_update(MergeOp *j, int port, const Batch *b, const Column *stored, int row,
                       MergeRows *r, Err *err)
{
    OpRows *own = &j->sides[port], *other = &j->sides[!port];
    Rc rc = op_rows_get(own, b, row, &r->before[port], err);
    if (!rc)
        rc = op_rows_put(own, b, stored, row, &r->now[port], err);
    if (!rc)
        rc = op_rows_get(other, b, row, &r->now[!port], err);
    r->before[!port] = r->now[!port];
    return rc;
}

/* ---- the batch that leaves ------------------------------------------------------------------- */

/* Where the columns of a port begin in the result. */
static int merge_first(const PlanNode *n, int port)
{
    return port == 0 ? n->schema->key_count : n->inputs[0]->schema->count;
}

static void merge_start(MergeOp *j, MergeOut *out, int room)
{
    const PlanNode *n = j->op.node;
    Arena *a = j->op.env->batch_arena;
    Batch *b = batch_new(a, n->schema, room);
    b->old = ARENA_ARRAY(a, Column, n->schema->count);
    for (int c = 0; c < n->schema->count; c++) {
        batch_init_column(b, c);
        if (c < n->schema->key_count)
            b->old[c] = b->cols[c];
        else
            column_init(&b->old[c], a, n->schema->columns[c].type, room);
    }
    if (n->schema->window != WINDOW_NONE) {
        b->win_start = ARENA_ARRAY(a, int64_t, room);
        b->win_end = ARENA_ARRAY(a, int64_t, room);
    }
    int64_t *unused = ARENA_ARRAY(a, int64_t, room); /* the result has one time, set by hand */
    for (int port = 0; port < 2; port++) {
        int at = merge_first(n, port);
        out->now[port] = op_rows_columns(&j->sides[port], b, b->cols + at, unused);
        out->before[port] = op_rows_columns(&j->sides[port], b, b->old + at, unused);
    }
    out->batch = b;
    out->room = room;
    b->rows = 0;
}

static Rc merge_emit(MergeOp *j, MergeOut *out, Err *err)
{
    Batch *b = out->batch;
    out->batch = NULL;
    return b ? op_emit(&j->op, b, err) : 0;
}

/* What a result has from the row that triggered it: key, seq, place, headers, window, clocks. */
static void merge_copy_row(Batch *to, int at, const Batch *from, int row, int room)
{
    for (int c = 0; c < to->schema->key_count; c++)
        column_copy_row(&to->cols[c], at, &from->cols[c], row);
    to->key[at] = from->key[row];
    to->seq[at] = from->seq[row];
    to->partition[at] = from->partition[row];
    to->offset[at] = from->offset[row];
    if (from->headers && !to->headers)
        to->headers = ARENA_ARRAY(to->arena, Headers, room);
    if (from->headers)
        to->headers[at] = from->headers[row];
    if (from->upstream && !to->upstream) {
        to->upstream = ARENA_ARRAY(to->arena, int32_t, room);
        to->carried = ARENA_ARRAY(to->arena, int64_t, room);
    }
    if (from->upstream) {
        to->upstream[at] = from->upstream[row];
        to->carried[at] = from->carried[row];
    }
    if (to->win_start && from->win_start) {
        to->win_start[at] = from->win_start[row];
        to->win_end[at] = from->win_end[row];
    }
}

static Rc merge_decode(MergeOp *j, MergeOut *out, const MergeRows *r, bool now, bool before,
                       Err *err)
{
    Rc rc = 0;
    Batch *b = out->batch;
    for (int p = 0; p < 2 && !rc; p++) {
        if (now)
            rc = op_rows_decode(&j->sides[p], r->now[p], out->now[p], b->rows, b->arena, err);
        if (!rc && before)
            rc = op_rows_decode(&j->sides[p], r->before[p], out->before[p], b->rows, b->arena, err);
    }
    return rc;
}

static Rc merge_row(MergeOp *j, MergeOut *out, int port, const Batch *b, const Column *stored,
                    int row, Err *err)
{
    SqlJoinKind kind = j->op.node->join;
    MergeRows r;
    Rc rc = merge_update(j, port, b, stored, row, &r, err);
    if (rc)
        return rc;
    bool now = join_has(kind, r.now[0].ptr != NULL, r.now[1].ptr != NULL);
    bool before = join_has(kind, r.before[0].ptr != NULL, r.before[1].ptr != NULL);
    bool other = r.now[!port].ptr != NULL;
    bool in_vain = b->new_state[row] != SIDE_ROW && !r.before[port].ptr;
    if (!now && !before && !(in_vain && other))
        return 0;
    Batch *to = out->batch;
    int at = to->rows;
    rc = merge_decode(j, out, &r, now, before, err);
    if (rc)
        return rc;
    merge_copy_row(to, at, b, row, out->room);
    to->new_state[at] = now ? SIDE_ROW : SIDE_NONE;
    to->old_state[at] = before ? SIDE_ROW : SIDE_NONE;
    int64_t theirs = other ? op_rows_time(&j->sides[!port], r.now[!port]) : INT64_MIN;
    to->time[at] = theirs > b->time[row] ? theirs : b->time[row];
    to->rows++;
    return 0;
}

/* ---- the round ------------------------------------------------------------------------------- */

static Rc merge_next(MergeOp *j, MergeOut *out, int port, const Batch *b, const Column *stored,
                     int row, Err *err)
{
    if (!b->key[row].ptr) {
        op_refuse(&j->op, REASON_NULL_KEY, b, row, NULL);
        return 0;
    }
    Rc rc = 0;
    if (out->batch && out->batch->rows == out->room)
        rc = merge_emit(j, out, err);
    if (!rc && !out->batch) {
        uint64_t round = 2 * j->op.env->round_rows;
        merge_start(j, out, round && round < LIMIT_BATCH_ROWS ? (int)round : LIMIT_BATCH_ROWS);
    }
    return rc ? rc : merge_row(j, out, port, b, stored, row, err);
}

static Rc merge_advance(Op *op, Err *err)
{
    MergeOp *j = (MergeOp *)op;
    MergeOut out = {0};
    const Batch *at[2] = {0}; /* whose columns stored[] are */
    const Column *stored[2] = {0};
    Rc rc = 0;
    Batch *b;
    int port, row;
    while (!rc && op_ports_next(&j->ports, &port, &b, &row)) {
        if (at[port] != b) {
            at[port] = b;
            stored[port] =
                op_rows_columns(&j->sides[port], b, b->cols + b->schema->key_count, b->time);
        }
        rc = merge_next(j, &out, port, b, stored[port], row, err);
    }
    return rc ? rc : merge_emit(j, &out, err);
}

static void merge_close(Op *op)
{
    MergeOp *j = (MergeOp *)op;
    op_rows_close(&j->sides[0]);
    op_rows_close(&j->sides[1]);
}

static StoreKind left_kind(const PlanNode *n)
{
    return op_rows_kind(n->inputs[0]->schema);
}

static StoreKind right_kind(const PlanNode *n)
{
    return op_rows_kind(n->inputs[1]->schema);
}

static const RowCode *left_row(const PlanNode *n, Arena *a, Str **column_names)
{
    return op_rows_code(n->inputs[0]->schema, a, column_names);
}

static const RowCode *right_row(const PlanNode *n, Arena *a, Str **column_names)
{
    return op_rows_code(n->inputs[1]->schema, a, column_names);
}

static const OpState merge_states[] = {
    {.name = "left", .kind = left_kind, .row = left_row},
    {.name = "right", .kind = right_kind, .row = right_row},
};

const OpClass op_class_TABLE_TABLE_JOIN = {
    .kind = NODE_TABLE_TABLE_JOIN,
    .bytes = sizeof(MergeOp),
    .states = merge_states,
    .state_count = 2,
    .open = merge_open,
    .push = merge_push,
    .advance = merge_advance,
    .close = merge_close,
};
