/* op_materialize.c: keep a table's rows by key, so that they can be queried and every change knows
 * what it replaces.
 *
 *   in     one port: changes of a table  state  "table": key -> ROWTIME and the other columns
 *   out    same schema, same key         time   untouched
 *   change the old side becomes known; nothing is suppressed: equal updates and deletes of what was
 *          never there pass, as they did before (11.3)
 *   invariant: rows_out == rows_in; order is preserved
 *
 * An old side that the input already knows is left as it is, and not looked up. */
#include "op/op_int.h"

#include <assert.h>

typedef struct MaterializeOp {
    Op op;
    OpRows rows;
} MaterializeOp;

static Rc materialize_open(Op *op, Err *err)
{
    return op_rows_open(&((MaterializeOp *)op)->rows, op->stores[0], op->node->schema, err);
}

static Rc materialize_keep(MaterializeOp *m, const Batch *b, Err *err)
{
    Rc rc = 0;
    const Column *stored = op_rows_columns(&m->rows, b, b->cols + b->schema->key_count, b->time);
    for (int row = 0; row < b->rows && !rc; row++)
        rc = op_rows_put(&m->rows, b, stored, row, NULL, err);
    return rc;
}

/* Row by row, because a key may come twice in one batch. */
static Rc materialize_change(MaterializeOp *m, Batch *out, Err *err)
{
    Arena *a = out->arena;
    int keys = out->schema->key_count;
    int64_t *old_time = ARENA_ARRAY(a, int64_t, out->rows);
    const Column *now = op_rows_columns(&m->rows, out, out->cols + keys, out->time);
    Column *before = op_rows_columns(&m->rows, out, out->old + keys, old_time);
    Rc rc = 0;
    for (int row = 0; row < out->rows && !rc; row++) {
        Str bytes;
        rc = op_rows_get(&m->rows, out, row, &bytes, err);
        out->old_state[row] = bytes.ptr ? SIDE_ROW : SIDE_NONE;
        if (!rc)
            rc = op_rows_decode(&m->rows, bytes, before, row, a, err);
        if (!rc)
            rc = op_rows_put(&m->rows, out, now, row, NULL, err);
    }
    return rc;
}

static Rc materialize_push(Op *op, int port, Batch *b, Err *err)
{
    (void)port;
    MaterializeOp *m = (MaterializeOp *)op;
    Arena *a = op->env->batch_arena;
    if (op->node->inputs[0]->old_known) {
        Rc rc = materialize_keep(m, b, err);
        return rc ? rc : op_emit(op, b, err);
    }
    Batch *out = op_with_states(op, b, b->new_state, ARENA_ARRAY(a, uint8_t, b->rows));
    out->old = ARENA_ARRAY(a, Column, b->schema->count);
    for (int c = 0; c < b->schema->count; c++) {
        if (c < b->schema->key_count)
            out->old[c] = b->cols[c];
        else if (b->cols[c].any) /* what nobody uses is not read back either */
            column_init(&out->old[c], a, b->schema->columns[c].type, b->rows);
        else
            out->old[c] = b->cols[c];
    }
    Rc rc = materialize_change(m, out, err);
    return rc ? rc : op_emit(op, out, err);
}

static void materialize_close(Op *op)
{
    op_rows_close(&((MaterializeOp *)op)->rows);
}

static StoreKind materialize_kind(const PlanNode *n)
{
    return op_rows_kind(n->schema);
}

static const RowCode *materialize_row(const PlanNode *n, Arena *a, Str **column_names)
{
    return op_rows_code(n->schema, a, column_names);
}

static Rc materialize_read(const PlanNode *n, const RowCode *rc, Str bytes, Column *values, int to,
                           int64_t *time, Arena *a, Err *err)
{
    (void)n;
    Column *stored = ARENA_ARRAY(a, Column, rc->count);
    stored[0].type = &type_bigint; /* without storage: skipped, and read below */
    memcpy(stored + 1, values, sizeof(Column) * (size_t)(rc->count - 1));
    Rc got = rowcode_decode(rc, bytes, stored, to, a, err);
    *time = got ? 0 : rowcode_get_i64(rc, (const uint8_t *)bytes.ptr, 0);
    return got;
}

static const OpState materialize_states[] = {
    {.name = "table",
     .kind = materialize_kind,
     .row = materialize_row,
     .read = materialize_read},
};

const OpClass op_class_MATERIALIZE = {
    .kind = NODE_MATERIALIZE,
    .bytes = sizeof(MaterializeOp),
    .states = materialize_states,
    .state_count = 1,
    .open = materialize_open,
    .push = materialize_push,
    .close = materialize_close,
};
