/* op_stream_table_join.c: a stream's rows look up the table's row of the same key.
 *
 *   in     port 0 (left): rows of a stream; port 1 (right): changes of a table
 *   state  "right": key -> ROWTIME and the other columns of the table
 *   out    key, left columns, right columns: a stream      time   the stream row's (11.7)
 *   change the table's are kept in silence; what leaves has no old side
 *   refuse NULL_KEY: a row without a key, on either side
 *   invariant: rows_out <= rows of port 0; order is preserved; a row sees the table as of its seq
 *
 * INNER drops a row that finds nothing, LEFT pads it. A stream's NULL value is dropped. */
#include "op/op_int.h"

#include <assert.h>

typedef struct LookupOp {
    Op op;
    OpPorts ports;
    OpRows right;
} LookupOp;

/* What leaves for one batch of the left, while it grows: its rows and what they found. */
typedef struct LookupOut {
    Batch *left; /* NULL: none at hand */
    uint16_t *rows;
    int count;
    Column *cols;   /* [right columns] */
    Column *stored; /* the same, as the store lays them out */
} LookupOut;

static const Schema *lookup_right(const PlanNode *n)
{
    return n->inputs[1]->schema;
}

static Rc lookup_open(Op *op, Err *err)
{
    const PlanNode *n = op->node;
    const Schema *l = n->inputs[0]->schema, *r = lookup_right(n);
    assert(n->join == JOIN_INNER || n->join == JOIN_LEFT);
    assert(n->schema->count == l->count + r->count - r->key_count);
    assert(n->schema->key_count == l->key_count);
    (void)l;
    return op_rows_open(&((LookupOp *)op)->right, op->stores[0], r, err);
}

static Rc lookup_push(Op *op, int port, Batch *b, Err *err)
{
    (void)err;
    op_ports_keep(&((LookupOp *)op)->ports, op->env->batch_arena, port, b);
    return 0;
}

/* ---- the round ------------------------------------------------------------------------------- */

static void lookup_start(LookupOp *j, LookupOut *out, Batch *left)
{
    Arena *a = j->op.env->batch_arena;
    const Schema *r = lookup_right(j->op.node);
    int values = r->count - r->key_count;
    *out = (LookupOut){.left = left};
    out->rows = arena_alloc(a, sizeof(uint16_t) * (size_t)left->rows);
    out->cols = ARENA_ARRAY(a, Column, values);
    for (int i = 0; i < values; i++)
        column_init(&out->cols[i], a, r->columns[r->key_count + i].type, left->rows);
    out->stored = op_rows_columns(&j->right, left, out->cols,
                                  arena_alloc(a, sizeof(int64_t) * (size_t)left->rows));
}

static Rc lookup_row(LookupOp *j, LookupOut *out, int row, Err *err)
{
    Op *op = &j->op;
    Batch *b = out->left;
    Str found;
    if (!b->key[row].ptr) {
        op_refuse(op, REASON_NULL_KEY, b, row, NULL);
        return 0;
    }
    if (b->new_state[row] != SIDE_ROW)
        return 0;
    Rc rc = op_rows_get(&j->right, b, row, &found, err);
    if (!rc)
        rc = op_rows_decode(&j->right, found, out->stored, out->count, b->arena, err);
    if (!rc && (found.ptr || op->node->join == JOIN_LEFT))
        out->rows[out->count++] = (uint16_t)row;
    return rc;
}

static Rc lookup_emit(LookupOp *j, LookupOut *out, Err *err)
{
    Op *op = &j->op;
    Batch *left = out->left;
    out->left = NULL;
    if (!left || out->count == 0)
        return 0;
    left = op_pick(op, left, out->rows, out->count);
    Batch *made = batch_derive(op->env->batch_arena, left, op->node->schema);
    memcpy(made->cols, left->cols, sizeof(Column) * (size_t)left->schema->count);
    memcpy(made->cols + left->schema->count, out->cols,
           sizeof(Column) * (size_t)(made->schema->count - left->schema->count));
    made->old = NULL;
    return op_emit(op, made, err);
}

/* The batch that op_rows_columns was made for, and the result. */
typedef struct LookupTable {
    const Batch *batch;
    const Column *stored;
} LookupTable;

static Rc lookup_keep(LookupOp *j, LookupTable *t, const Batch *b, int row, Err *err)
{
    if (!b->key[row].ptr) {
        op_refuse(&j->op, REASON_NULL_KEY, b, row, NULL);
        return 0;
    }
    if (t->batch != b) {
        t->batch = b;
        t->stored = op_rows_columns(&j->right, b, b->cols + b->schema->key_count, b->time);
    }
    return op_rows_put(&j->right, b, t->stored, row, NULL, err);
}

/* What was found leaves when the left's batch is through: the table's changes between its rows send
 * nothing, so the order is the left's. */
static Rc lookup_advance(Op *op, Err *err)
{
    LookupOp *j = (LookupOp *)op;
    LookupOut out = {0};
    LookupTable table = {0};
    Rc rc = 0;
    Batch *b;
    int port, row;
    while (!rc && op_ports_next(&j->ports, &port, &b, &row)) {
        if (port == 1) {
            rc = lookup_keep(j, &table, b, row, err);
            continue;
        }
        if (b != out.left) {
            rc = lookup_emit(j, &out, err);
            lookup_start(j, &out, b);
        }
        if (!rc)
            rc = lookup_row(j, &out, row, err);
    }
    return rc ? rc : lookup_emit(j, &out, err);
}

static void lookup_close(Op *op)
{
    op_rows_close(&((LookupOp *)op)->right);
}

static StoreKind lookup_kind(const PlanNode *n)
{
    return op_rows_kind(lookup_right(n));
}

static const RowCode *lookup_row_code(const PlanNode *n, Arena *a, Str **column_names)
{
    return op_rows_code(lookup_right(n), a, column_names);
}

static const OpState lookup_states[] = {
    {.name = "right", .kind = lookup_kind, .row = lookup_row_code},
};

const OpClass op_class_STREAM_TABLE_JOIN = {
    .kind = NODE_STREAM_TABLE_JOIN,
    .bytes = sizeof(LookupOp),
    .states = lookup_states,
    .state_count = 1,
    .open = lookup_open,
    .push = lookup_push,
    .advance = lookup_advance,
    .close = lookup_close,
};
