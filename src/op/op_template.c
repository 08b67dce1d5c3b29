/* op_template.c: an operator to copy from: pass on the first row of each key, count the others.
 *
 *   in     one port, any stream          state  "seen": key -> how many rows it has had
 *   out    same schema, same key         time   untouched
 *   change a stream's rows have no old side, and get none
 *   refuse NULL_KEY: a row without a key cannot be told from another
 *   invariant: rows_out <= rows_in; order is preserved; at most one row per key leaves, ever
 *
 * It compiles and is tested (tests/unit/op), but no plan contains it. How to make an operator of
 * it, step by step, is in README.md, "Adding an operator". The comment above is to be rewritten
 * first: its slots are the contract, and the tests check them.
 *
 * Rules that no compiler checks: a pushed batch is not written to; what leaves lives in the batch
 * arena; what outlives the round lives in a store; nothing depends on how a round was cut; there is
 * no allocation per row. */
#include "op/op_int.h"

#include <assert.h>

/* The instance: Op first, then what open makes. All zero before open, so close can tell what there
 * is to give back. Memory for columns comes from the batch arena, never from here. */
typedef struct TemplateOp {
    Op op;
    const RowCode *rc; /* of the stored row */
} TemplateOp;

/* open: check what the planner promised, compile expressions (op_compile), find the stores. What
 * allocates outside the query arena is freed in close, even if open failed half-way. */
static Rc template_open(Op *op, Err *err)
{
    (void)err;
    assert(!op->node->is_table);
    ((TemplateOp *)op)->rc = store_def(op->stores[0])->row;
    return 0;
}

/* Count a row of this key. A row of fixed width is changed in place: no coding, no copy. */
static Rc template_count(TemplateOp *t, Str key, bool *first, Err *err)
{
    uint8_t *row;
    bool existed;
    Rc rc = store_update(t->op.stores[0], 0, key, t->rc->fixed_bytes, &row, &existed, err);
    if (rc)
        return rc;
    int64_t rows = existed ? rowcode_get_i64(t->rc, row, 0) : 0;
    rowcode_set_valid(row, 0, true);
    rowcode_put_i64(t->rc, row, 0, rows + 1);
    *first = rows == 0;
    return 0;
}

/* push: rows arrive. Stateful operators go row by row, because a key may come twice in one batch;
 * what leaves is collected as row numbers and leaves as one batch. An operator with several ports
 * only keeps the batch here (op_ports_keep) and works in advance. */
static Rc template_push(Op *op, int port, Batch *b, Err *err)
{
    assert(port == 0);
    uint16_t *rows = arena_alloc(op->env->batch_arena, sizeof(uint16_t) * (size_t)b->rows);
    int n = 0;
    Rc rc = 0;
    for (int row = 0; row < b->rows && !rc; row++) {
        bool first = false;
        if (b->key[row].ptr)
            rc = template_count((TemplateOp *)op, b->key[row], &first, err);
        else
            op_refuse(op, REASON_NULL_KEY, b, row, NULL);
        if (first)
            rows[n++] = (uint16_t)row;
    }
    return rc ? rc : op_emit(op, op_pick(op, b, rows, n), err);
}

/* advance: the round is complete. With one port there is nothing left to do; the class could say
 * NULL as well. */
static Rc template_advance(Op *op, Err *err)
{
    (void)op;
    (void)err;
    return 0;
}

/* close: give back what open took outside the arenas. The stores are the task's. */
static void template_close(Op *op)
{
    ((TemplateOp *)op)->rc = NULL;
}

/* State is declared: the engine creates the store, names it, commits and restores it. */
static StoreKind template_kind(const PlanNode *n)
{
    (void)n;
    return STORE_TABLE;
}

static const RowCode *template_row(const PlanNode *n, Arena *a, Str **column_names)
{
    (void)n;
    static const Type *const types[] = {&type_bigint};
    *column_names = ARENA_ARRAY(a, Str, 1);
    (*column_names)[0] = STR_LIT("ROWS");
    return rowcode_new(a, types, 1);
}

static const OpState template_states[] = {
    {.name = "seen", .kind = template_kind, .row = template_row},
};

const OpClass op_class_TEMPLATE = {
    .kind = NODE_KIND_COUNT, /* a real operator: its NODE_ */
    .bytes = sizeof(TemplateOp),
    .states = template_states,
    .state_count = 1,
    .open = template_open,
    .push = template_push,
    .advance = template_advance,
    .close = template_close,
};
