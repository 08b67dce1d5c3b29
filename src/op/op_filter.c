/* op_filter.c: pass on the rows that satisfy a predicate.
 *
 *   in     one port, any schema          state  none
 *   out    same schema, same key         time   untouched
 *   change each side of an update is tested alone, so a row can enter or leave (11.3): where the
 *          old side is known, a row that leaves becomes a delete and one that was never there is
 *          nothing; where it is UNKNOWN, what fails is a delete every time
 *   refuse EVAL_FAILED: something in the predicate failed, be it behind a CAST: that is false (2.8)
 *   invariant: rows_out <= rows_in; order is preserved
 *
 * A stream's row with a NULL value is dropped (11.2). */
#include "op/op_int.h"

typedef struct FilterOp {
    Op op;
    ExprRun *run;
} FilterOp;

static Rc filter_open(Op *op, Err *err)
{
    return op_compile(op, op->node->exprs, 1, &((FilterOp *)op)->run, err);
}

/* *pass gets [rows] bytes: 1 where the side is a row and satisfies the predicate. What failed is
 * reported for the new side only: an old side was a new one once, and reported then. */
static Rc filter_test(Op *op, const Batch *b, Side side, uint8_t **pass, Err *err)
{
    Column *out;
    uint8_t **failed;
    const uint8_t *state = side == SIDE_NEW ? b->new_state : b->old_state;
    uint8_t *live = ARENA_ARRAY(op->env->batch_arena, uint8_t, b->rows);
    for (int row = 0; row < b->rows; row++)
        live[row] = state[row] == SIDE_ROW;
    Rc rc = op_eval(op, ((FilterOp *)op)->run, 1, b, side, live, &out, &failed, err);
    if (rc)
        return rc;
    for (int row = 0; row < b->rows; row++) {
        if (side == SIDE_NEW && failed[0][row])
            op_refuse(op, REASON_EVAL_FAILED, b, row, NULL);
        live[row] = live[row] && !failed[0][row] && !column_is_null(&out[0], row) && out[0].b[row];
    }
    *pass = live;
    return 0;
}

static Rc filter_stream(Op *op, Batch *b, Err *err)
{
    uint8_t *pass;
    Rc rc = filter_test(op, b, SIDE_NEW, &pass, err);
    if (rc)
        return rc;
    uint16_t *rows = ARENA_ARRAY(op->env->batch_arena, uint16_t, b->rows);
    int n = 0;
    for (int row = 0; row < b->rows; row++) {
        if (pass[row])
            rows[n++] = (uint16_t)row;
    }
    return op_emit(op, op_pick(op, b, rows, n), err);
}

static Rc filter_changes(Op *op, Batch *b, Err *err)
{
    Arena *a = op->env->batch_arena;
    uint8_t *now, *before = ARENA_ARRAY(a, uint8_t, b->rows);
    Rc rc = filter_test(op, b, SIDE_NEW, &now, err);
    if (!rc && b->old)
        rc = filter_test(op, b, SIDE_OLD, &before, err);
    if (rc)
        return rc;
    uint16_t *rows = ARENA_ARRAY(a, uint16_t, b->rows);
    uint8_t *new_state = ARENA_ARRAY(a, uint8_t, b->rows);
    uint8_t *old_state = ARENA_ARRAY(a, uint8_t, b->rows);
    int n = 0;
    for (int row = 0; row < b->rows; row++) {
        bool unknown = b->old_state[row] == SIDE_UNKNOWN;
        if (!unknown && !now[row] && !before[row])
            continue;
        new_state[n] = now[row] ? SIDE_ROW : SIDE_NONE;
        old_state[n] = unknown ? SIDE_UNKNOWN : before[row] ? SIDE_ROW : SIDE_NONE;
        rows[n++] = (uint16_t)row;
    }
    Batch *out = op_pick(op, b, rows, n);
    return op_emit(op, op_with_states(op, out, new_state, old_state), err);
}

static Rc filter_push(Op *op, int port, Batch *b, Err *err)
{
    (void)port;
    return op->node->is_table ? filter_changes(op, b, err) : filter_stream(op, b, err);
}

static void filter_close(Op *op)
{
    expr_run_free(((FilterOp *)op)->run);
}

const OpClass op_class_FILTER = {
    .kind = NODE_FILTER,
    .bytes = sizeof(FilterOp),
    .open = filter_open,
    .push = filter_push,
    .close = filter_close,
};
