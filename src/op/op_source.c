/* op_source.c: rows of a topic enter the stage.
 *
 *   in     one port: a batch as the task decoded it       state  none
 *   out    the source's schema                            time   the record's, or the TIMESTAMP
 *                                                                column's (4.5)
 *   change a stream's rows have no old side; a table's have an UNKNOWN one (11.3)
 *   refuse BAD_TIMESTAMP: NULL, negative, unreadable; NULL_KEY: a table's record without a key
 *   invariant: rows_out + refused == rows_in; order is preserved
 *
 * A stream's row may have a NULL key or a NULL value and passes with it. The key bytes of a source
 * without key columns are not looked at (11.2). */
#include "op/op_int.h"

typedef struct SourceOp {
    Op op;
    OpStamp stamp;
} SourceOp;

static Rc source_open(Op *op, Err *err)
{
    return op_stamp_open(&((SourceOp *)op)->stamp, op, err);
}

/* A table is its keys: a record without one says nothing about any row. */
static Batch *source_keyed_rows(Op *op, Batch *b)
{
    uint16_t *rows = ARENA_ARRAY(op->env->batch_arena, uint16_t, b->rows);
    int n = 0;
    for (int row = 0; row < b->rows; row++) {
        if (b->key[row].ptr)
            rows[n++] = (uint16_t)row;
        else
            op_refuse(op, REASON_NULL_KEY, b, row, NULL);
    }
    return op_pick(op, b, rows, n);
}

static Rc source_push(Op *op, int port, Batch *b, Err *err)
{
    (void)port;
    const PlanNode *n = op->node;
    Arena *a = op->env->batch_arena;
    if (n->is_table)
        b = source_keyed_rows(op, b);
    Rc rc = op_stamp_apply(&((SourceOp *)op)->stamp, op, b, &b, err);
    if (rc || b->rows == 0)
        return rc;
    uint8_t *old_state = arena_alloc(a, (size_t)b->rows);
    memset(old_state, n->is_table ? SIDE_UNKNOWN : SIDE_NONE, (size_t)b->rows);
    b = op_with_states(op, b, b->new_state, old_state);
    if (n->keyless)
        b->key = ARENA_ARRAY(a, Str, b->rows);
    return op_emit(op, b, err);
}

static void source_close(Op *op)
{
    op_stamp_close(&((SourceOp *)op)->stamp);
}

const OpClass op_class_SOURCE = {
    .kind = NODE_SOURCE,
    .bytes = sizeof(SourceOp),
    .open = source_open,
    .push = source_push,
    .close = source_close,
};
