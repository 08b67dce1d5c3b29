/* op_exchange.c: the last operator of a stage that repartitions: rows leave for the next stage.
 *
 *   in     one port, any schema          state  none
 *   out    same schema, same key         time   untouched
 *   change untouched: a change is one row and travels as one
 *   invariant: rows_out == rows_in; order is preserved; carried time never falls
 *
 * Each row is stamped with the partition it comes from and with that partition's time so far, by
 * which the next stage's clocks judge it. That time needs no state here: every commit sends it to
 * all partitions of the next stage, whose clocks keep it. The partition that a row goes to, its
 * coding and its queue are the engine's. */
#include "op/op_int.h"

typedef struct ExchangeOp {
    Op op;
    int64_t carried; /* the highest time forwarded */
} ExchangeOp;

static Rc exchange_open(Op *op, Err *err)
{
    (void)err;
    ((ExchangeOp *)op)->carried = INT64_MIN;
    return 0;
}

static Rc exchange_push(Op *op, int port, Batch *b, Err *err)
{
    (void)port;
    ExchangeOp *x = (ExchangeOp *)op;
    Arena *a = op->env->batch_arena;
    Batch *out = op_with_states(op, b, b->new_state, b->old_state);
    out->upstream = arena_alloc(a, sizeof(int32_t) * (size_t)b->rows);
    out->carried = arena_alloc(a, sizeof(int64_t) * (size_t)b->rows);
    for (int row = 0; row < b->rows; row++) {
        if (b->time[row] > x->carried)
            x->carried = b->time[row];
        out->upstream[row] = op->env->partition;
        out->carried[row] = x->carried;
    }
    return op_emit(op, out, err);
}

const OpClass op_class_EXCHANGE = {
    .kind = NODE_EXCHANGE,
    .bytes = sizeof(ExchangeOp),
    .open = exchange_open,
    .push = exchange_push,
};
