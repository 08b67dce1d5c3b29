/* op_sink.c: the last operator of a query: results leave for a topic or a terminal.
 *
 *   in     one port, any schema          state  none
 *   out    same schema, same key         time   untouched, or the sink's TIMESTAMP column's (11.12)
 *   change untouched
 *   refuse BAD_TIMESTAMP: the TIMESTAMP column is NULL, negative or unreadable
 *   invariant: rows_out + refused == rows_in; order is preserved
 *
 * Encoding, coalescing and the topic are the engine's. */
#include "op/op_int.h"

typedef struct SinkOp {
    Op op;
    OpStamp stamp;
} SinkOp;

static Rc sink_open(Op *op, Err *err)
{
    return op_stamp_open(&((SinkOp *)op)->stamp, op, err);
}

static Rc sink_push(Op *op, int port, Batch *b, Err *err)
{
    (void)port;
    OpStamp *stamp = &((SinkOp *)op)->stamp;
    Rc rc = stamp->column >= 0 ? op_stamp_apply(stamp, op, b, &b, err) : 0;
    return rc ? rc : op_emit(op, b, err);
}

static void sink_close(Op *op)
{
    op_stamp_close(&((SinkOp *)op)->stamp);
}

const OpClass op_class_SINK = {
    .kind = NODE_SINK,
    .bytes = sizeof(SinkOp),
    .open = sink_open,
    .push = sink_push,
    .close = sink_close,
};
