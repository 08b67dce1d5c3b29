/* op_groupby.c: give rows the key of their group, and the columns that the aggregates take.
 *
 *   in     one port, any schema          state  none
 *   out    group key, then arguments     time   untouched
 *   change each side has its own group: where both are the same the change stays one row, else it
 *          becomes two, the old side first, sharing seq (11.4)
 *   refuse NULL_KEY: a grouping expression is NULL; EVAL_FAILED: it failed; UNENCODABLE: the key
 *          format cannot write it. The side ends here, the other side lives
 *   note   EVAL_FAILED: an argument failed; it is NULL and the row flows on (2.8)
 *   invariant: rows_out <= rows_in for streams, <= 2 rows_in for tables; every side that leaves has
 *          a key; seq never falls
 *
 * A stream's row with a NULL value is no row to a group. A table's input knows its old sides: the
 * planner materialises it where it must. */
#include "op/op_int.h"

#include <assert.h>

typedef struct GroupByOp {
    Op op;
    ExprRun *run; /* keys, then arguments */
    OpKeys keys;
} GroupByOp;

/* One side of a batch after its expressions have run. */
typedef struct GroupSide {
    Column *cols;  /* [schema->count] */
    Str *key;      /* [rows] */
    uint8_t *live; /* [rows] 1: the side is a row and has a group */
} GroupSide;

static Rc groupby_open(Op *op, Err *err)
{
    GroupByOp *g = (GroupByOp *)op;
    const PlanNode *n = op->node;
    assert(n->expr_count == n->schema->count && n->schema->key_count > 0);
    assert(!n->inputs[0]->is_table || n->inputs[0]->old_known);
    Rc rc = op_compile(op, n->exprs, n->expr_count, &g->run, err);
    return rc || n->same_key ? rc : op_keys_open(&g->keys, n, err);
}

/* Why a row has no group, or REASON_COUNT. */
static OpReason groupby_fault(const PlanNode *n, const GroupSide *s, uint8_t *const *failed,
                              int row)
{
    for (int i = 0; i < n->schema->key_count; i++) {
        if (failed[i][row] & EXPR_FAILED)
            return REASON_EVAL_FAILED;
        if (column_is_null(&s->cols[i], row))
            return REASON_NULL_KEY;
    }
    return REASON_COUNT;
}

/* Take the rows without a group out of `live`. Only the new side is reported: an old side was a new
 * one once, and reported then. */
static void groupby_check(Op *op, const Batch *b, GroupSide *s, uint8_t *const *failed, bool report)
{
    const PlanNode *n = op->node;
    for (int row = 0; row < b->rows; row++) {
        OpReason why = s->live[row] ? groupby_fault(n, s, failed, row) : REASON_COUNT;
        if (why == REASON_COUNT)
            continue;
        s->live[row] = 0;
        if (report)
            op_refuse(op, why, b, row, "grouping expression");
    }
}

static Rc groupby_keys(Op *op, const Batch *b, GroupSide *s, bool report, Err *err)
{
    GroupByOp *g = (GroupByOp *)op;
    Arena *a = op->env->batch_arena;
    Rc rc = 0;
    uint8_t *bad = ARENA_ARRAY(a, uint8_t, b->rows);
    s->key = b->key;
    if (!op->node->same_key) {
        s->key = arena_alloc(a, sizeof(Str) * (size_t)b->rows);
        rc = op_keys_encode(&g->keys, s->cols, b->rows, s->live, a, s->key, bad, err);
    }
    for (int row = 0; row < b->rows && !rc; row++) {
        if (!s->live[row] || s->key[row].ptr)
            continue;
        s->live[row] = 0;
        if (report)
            op_refuse(op, bad[row] ? REASON_UNENCODABLE : REASON_NULL_KEY, b, row, NULL);
    }
    return rc;
}

static Rc groupby_side(Op *op, const Batch *b, Side side, GroupSide *s, Err *err)
{
    GroupByOp *g = (GroupByOp *)op;
    const uint8_t *state = side == SIDE_NEW ? b->new_state : b->old_state;
    uint8_t **failed;
    s->live = arena_alloc(op->env->batch_arena, (size_t)b->rows);
    for (int row = 0; row < b->rows; row++)
        s->live[row] = state[row] == SIDE_ROW;
    Rc rc = op_eval(op, g->run, op->node->expr_count, b, side, s->live, &s->cols, &failed, err);
    if (rc)
        return rc;
    groupby_check(op, b, s, failed, side == SIDE_NEW);
    rc = groupby_keys(op, b, s, side == SIDE_NEW, err);
    if (!rc && side == SIDE_NEW)
        op_note(op, b, s->live, failed, 0, op->node->expr_count);
    return rc;
}

/* The batch with the group's columns and no window: a group is not of its input's windows. */
static Batch *groupby_derive(Op *op, const Batch *b, const GroupSide *s)
{
    Batch *out = batch_derive(op->env->batch_arena, b, op->node->schema);
    memcpy(out->cols, s->cols, sizeof(Column) * (size_t)out->schema->count);
    out->key = s->key;
    out->win_start = out->win_end = NULL;
    return out;
}

static Rc groupby_stream(Op *op, Batch *b, Err *err)
{
    GroupSide now;
    Rc rc = groupby_side(op, b, SIDE_NEW, &now, err);
    if (rc)
        return rc;
    uint16_t *rows = arena_alloc(op->env->batch_arena, sizeof(uint16_t) * (size_t)b->rows);
    int n = 0;
    for (int row = 0; row < b->rows; row++) {
        if (now.live[row])
            rows[n++] = (uint16_t)row;
    }
    return op_emit(op, op_pick(op, groupby_derive(op, b, &now), rows, n), err);
}

/* What leaves for the rows of a table: row numbers and the sides they keep. */
typedef struct GroupSplit {
    uint16_t *rows;
    uint8_t *new_state, *old_state;
    int count;
} GroupSplit;

static void split_put(GroupSplit *s, int row, bool now, bool before)
{
    if (!now && !before)
        return;
    s->rows[s->count] = (uint16_t)row;
    s->new_state[s->count] = now ? SIDE_ROW : SIDE_NONE;
    s->old_state[s->count++] = before ? SIDE_ROW : SIDE_NONE;
}

static void groupby_split(const Batch *b, const GroupSide *now, const GroupSide *before,
                          GroupSplit *s)
{
    for (int row = 0; row < b->rows; row++) {
        bool n = now->live[row], o = before->live[row];
        bool moved = n && o && !str_eq(now->key[row], before->key[row]);
        if (moved)
            split_put(s, row, false, true);
        split_put(s, row, n, o && !moved);
    }
}

/* A row's key is its new side's where it has one, else its old side's. */
static void groupby_choose_keys(Batch *out, const GroupSplit *s, const GroupSide *now,
                                const GroupSide *before)
{
    int keys = out->schema->key_count;
    for (int c = 0; c < keys; c++) {
        Column *to = &out->cols[c];
        column_init(to, out->arena, out->schema->columns[c].type, s->count);
        for (int i = 0; i < s->count; i++) {
            const GroupSide *from = s->new_state[i] == SIDE_ROW ? now : before;
            column_copy_row(to, i, &from->cols[c], s->rows[i]);
        }
        out->old[c] = *to;
    }
    out->key = arena_alloc(out->arena, sizeof(Str) * (size_t)s->count);
    for (int i = 0; i < s->count; i++)
        out->key[i] = (s->new_state[i] == SIDE_ROW ? now : before)->key[s->rows[i]];
}

static Rc groupby_changes(Op *op, Batch *b, Err *err)
{
    Arena *a = op->env->batch_arena;
    GroupSide now, before = {.live = ARENA_ARRAY(a, uint8_t, b->rows)};
    Rc rc = groupby_side(op, b, SIDE_NEW, &now, err);
    if (!rc && b->old)
        rc = groupby_side(op, b, SIDE_OLD, &before, err);
    if (rc)
        return rc;
    size_t room = 2 * (size_t)b->rows;
    GroupSplit split = {arena_alloc(a, sizeof(uint16_t) * room), arena_alloc(a, room),
                        arena_alloc(a, room), 0};
    groupby_split(b, &now, &before, &split);
    if (split.count == 0)
        return 0;
    Batch *all = groupby_derive(op, b, &now);
    all->old = before.cols ? before.cols : now.cols;
    Batch *out = batch_gather(a, all, split.rows, split.count);
    groupby_choose_keys(out, &split, &now, &before);
    return op_emit(op, op_with_states(op, out, split.new_state, split.old_state), err);
}

static Rc groupby_push(Op *op, int port, Batch *b, Err *err)
{
    (void)port;
    bool table = op->node->inputs[0]->is_table;
    return table ? groupby_changes(op, b, err) : groupby_stream(op, b, err);
}

static void groupby_close(Op *op)
{
    GroupByOp *g = (GroupByOp *)op;
    expr_run_free(g->run);
    op_keys_close(&g->keys);
}

const OpClass op_class_GROUPBY = {
    .kind = NODE_GROUPBY,
    .bytes = sizeof(GroupByOp),
    .open = groupby_open,
    .push = groupby_push,
    .close = groupby_close,
};
