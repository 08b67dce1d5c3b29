/* op_limit.c: pass on the first n rows, then say that it is done.
 *
 *   in     one port, any schema          state  none: only push queries have a limit
 *   out    same schema, same key         time   untouched
 *   change each counts as one row, a delete too
 *   invariant: rows_out <= n; done from the n-th row on, and from the start when n is 0
 *
 * Leaves it to the task to look at `done` and to end the query. */
#include "op/op_int.h"

typedef struct LimitOp {
    Op op;
    int64_t left;
} LimitOp;

static Rc limit_open(Op *op, Err *err)
{
    (void)err;
    ((LimitOp *)op)->left = op->node->limit;
    op->done = op->node->limit <= 0;
    return 0;
}

static Rc limit_push(Op *op, int port, Batch *b, Err *err)
{
    (void)port;
    LimitOp *l = (LimitOp *)op;
    if (op->done)
        return 0;
    if (l->left < b->rows)
        b = batch_slice(op->env->batch_arena, b, 0, (int)l->left);
    l->left -= b->rows;
    op->done = l->left == 0;
    return op_emit(op, b, err);
}

const OpClass op_class_LIMIT = {
    .kind = NODE_LIMIT,
    .bytes = sizeof(LimitOp),
    .open = limit_open,
    .push = limit_push,
};
