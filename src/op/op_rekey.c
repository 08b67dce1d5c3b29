/* op_rekey.c: give rows another key (PARTITION BY; the stream side of a join; another key format).
 *
 *   in     one port, any schema          state  none
 *   out    new key, then values          time   untouched
 *   change values of both sides; a table's new key is made of its old one, so no row moves
 *   refuse UNENCODABLE: the key format cannot write the key
 *   note   EVAL_FAILED: an expression failed; the column is NULL and the row flows on
 *   invariant: rows_out + refused == rows_in; order is preserved
 *
 * A key that is NULL, or failed, leaves the row with a NULL key. A stream's row with a NULL value
 * passes; its key is made of key columns and constants alone: an expression that asks for a value
 * fails, as a call's argument it is NULL, and a system column is NULL (11.2, 9). */
#include "op/op_int.h"

#include <assert.h>

typedef struct RekeyOp {
    Op op;
    ExprRun *run;       /* keys, then values */
    ExprRun *valueless; /* the keys of a row with a NULL value */
    OpKeys keys;
    int key_count;
} RekeyOp;

/* ---- the keys of a row without a value ------------------------------------------------------- */

static Expr *rekey_null(Arena *a, const Expr *e)
{
    Expr *null = ARENA_NEW(a, Expr);
    null->kind = EXPR_CONST;
    null->type = e->type;
    null->constant = value_null(e->type);
    null->span = e->span;
    return null;
}

/* Errors stop here and become NULL (functions.md 1.4). */
static bool rekey_is_boundary(const Expr *e)
{
    return e->kind == EXPR_CALL || (e->kind == EXPR_CAST && !e->implicit);
}

/* The expression as it is for a row without a value; NULL: it fails. A boundary takes NULL for an
 * argument that fails. */
static Expr *rekey_valueless(Arena *a, Expr *e, int key_columns)
{
    if (e->kind == EXPR_COLUMN)
        return e->index < key_columns ? e : NULL;
    if (e->kind == EXPR_PSEUDO)
        return rekey_null(a, e);
    Expr *copy = ARENA_NEW(a, Expr);
    *copy = *e;
    copy->args = ARENA_ARRAY(a, Expr *, e->arg_count);
    for (int i = 0; i < e->arg_count; i++) {
        copy->args[i] = e->args[i] ? rekey_valueless(a, e->args[i], key_columns) : NULL;
        if (copy->args[i] || !e->args[i])
            continue;
        if (!rekey_is_boundary(e))
            return NULL;
        copy->args[i] = rekey_null(a, e->args[i]);
    }
    return copy;
}

static Rc rekey_open_valueless(RekeyOp *r, Err *err)
{
    Op *op = &r->op;
    Arena *a = op->env->query_arena;
    Expr **exprs = ARENA_ARRAY(a, Expr *, r->key_count);
    for (int i = 0; i < r->key_count; i++) {
        Expr *e = op->node->exprs[i];
        exprs[i] = rekey_valueless(a, e, op->node->inputs[0]->schema->key_count);
        if (!exprs[i])
            exprs[i] = rekey_null(a, e);
    }
    return op_compile(op, exprs, r->key_count, &r->valueless, err);
}

static Rc rekey_open(Op *op, Err *err)
{
    RekeyOp *r = (RekeyOp *)op;
    const PlanNode *n = op->node;
    assert(n->expr_count == n->schema->count);
    r->key_count = n->schema->key_count;
    Rc rc = op_compile(op, n->exprs, n->expr_count, &r->run, err);
    if (!rc && r->key_count)
        rc = rekey_open_valueless(r, err);
    return rc ? rc : op_keys_open(&r->keys, n, err);
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Key columns of the rows without a value, put into copies: what expr_run gave may be shared. */
static Rc rekey_valueless_rows(RekeyOp *r, const Batch *b, const uint8_t *none, Column *cols,
                               Err *err)
{
    Column *out;
    uint8_t **failed;
    Arena *a = r->op.env->batch_arena;
    Rc rc = op_eval(&r->op, r->valueless, r->key_count, b, SIDE_NEW, none, &out, &failed, err);
    for (int c = 0; c < r->key_count && !rc; c++) {
        Column whole;
        column_init(&whole, a, cols[c].type, b->rows);
        for (int row = 0; row < b->rows; row++)
            column_copy_row(&whole, row, none[row] ? &out[c] : &cols[c], row);
        cols[c] = whole;
    }
    return rc;
}

/* The columns of the new side, keys complete for every row. */
static Rc rekey_new(RekeyOp *r, const Batch *b, Column *cols, Err *err)
{
    Op *op = &r->op;
    Column *out;
    uint8_t **failed;
    int count = op->node->expr_count;
    bool table = op->node->inputs[0]->is_table, some = false;
    uint8_t *none = arena_alloc(op->env->batch_arena, (size_t)b->rows);
    for (int row = 0; row < b->rows; row++) {
        none[row] = !table && b->new_state[row] != SIDE_ROW;
        some |= none[row];
    }
    /* A table's delete has its key columns, and its key is made of nothing else. */
    Rc rc =
        op_eval(op, r->run, count, b, SIDE_NEW, table ? NULL : b->new_state, &out, &failed, err);
    if (rc)
        return rc;
    memcpy(cols, out, sizeof(Column) * (size_t)count);
    op_note(op, b, b->new_state, failed, 0, count);
    return some && r->key_count ? rekey_valueless_rows(r, b, none, cols, err) : 0;
}

static Rc rekey_old(RekeyOp *r, const Batch *b, Batch *to, Err *err)
{
    Op *op = &r->op;
    uint8_t **failed;
    uint8_t *live = arena_alloc(op->env->batch_arena, (size_t)b->rows);
    for (int row = 0; row < b->rows; row++)
        live[row] = b->old_state[row] == SIDE_ROW;
    Rc rc = op_eval(op, r->run, op->node->expr_count, b, SIDE_OLD, live, &to->old, &failed, err);
    if (!rc)
        memcpy(to->old, to->cols, sizeof(Column) * (size_t)r->key_count);
    return rc;
}

static Rc rekey_push(Op *op, int port, Batch *b, Err *err)
{
    (void)port;
    RekeyOp *r = (RekeyOp *)op;
    Arena *a = op->env->batch_arena;
    Batch *out = batch_derive(a, b, op->node->schema);
    Rc rc = rekey_new(r, b, out->cols, err);
    if (!rc && b->old)
        rc = rekey_old(r, b, out, err);
    if (rc)
        return rc;
    uint8_t *bad = ARENA_ARRAY(a, uint8_t, b->rows);
    uint16_t *rows = arena_alloc(a, sizeof(uint16_t) * (size_t)b->rows);
    int n = 0;
    out->key = arena_alloc(a, sizeof(Str) * (size_t)b->rows);
    rc = op_keys_encode(&r->keys, out->cols, b->rows, NULL, a, out->key, bad, err);
    for (int row = 0; row < b->rows && !rc; row++) {
        if (bad[row])
            op_refuse(op, REASON_UNENCODABLE, b, row, "key");
        else
            rows[n++] = (uint16_t)row;
    }
    return rc ? rc : op_emit(op, op_pick(op, out, rows, n), err);
}

static void rekey_close(Op *op)
{
    RekeyOp *r = (RekeyOp *)op;
    expr_run_free(r->run);
    expr_run_free(r->valueless);
    op_keys_close(&r->keys);
}

const OpClass op_class_REKEY = {
    .kind = NODE_REKEY,
    .bytes = sizeof(RekeyOp),
    .open = rekey_open,
    .push = rekey_push,
    .close = rekey_close,
};
