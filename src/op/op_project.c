/* op_project.c: compute the columns of the result from the columns of the input.
 *
 *   in     one port, any schema          state  none
 *   out    the node's schema, same key   time   untouched
 *   change both sides are computed; their states are untouched: row to row, delete to delete
 *          (11.3), and a stream's NULL value stays one (11.2)
 *   note   EVAL_FAILED: an expression failed; the row flows on, NULL in its place (2.8)
 *   invariant: rows_out == rows_in; order is preserved
 *
 * Key columns are plain columns of the input, so that the key bytes hold. A column that is passed
 * on unchanged is shared, not copied. */
#include "op/op_int.h"

#include <assert.h>

typedef struct ProjectOp {
    Op op;
    ExprRun *run; /* of the columns behind the keys */
    int keys, values;
} ProjectOp;

static Rc project_open(Op *op, Err *err)
{
    ProjectOp *p = (ProjectOp *)op;
    const PlanNode *n = op->node;
    assert(n->expr_count == n->schema->count);
    p->keys = n->schema->key_count;
    p->values = n->expr_count - p->keys;
    for (int i = 0; i < p->keys; i++)
        assert(n->exprs[i]->kind == EXPR_COLUMN);
    return p->values ? op_compile(op, n->exprs + p->keys, p->values, &p->run, err) : 0;
}

/* The columns of one side: keys as they are, then what the program computes. */
static Rc project_side(Op *op, const Batch *b, Side side, Column *cols, Err *err)
{
    const ProjectOp *p = (const ProjectOp *)op;
    Column *out;
    uint8_t **failed;
    const uint8_t *state = side == SIDE_NEW ? b->new_state : b->old_state;
    for (int i = 0; i < p->keys; i++)
        cols[i] = b->cols[op->node->exprs[i]->index];
    uint8_t *live = ARENA_ARRAY(op->env->batch_arena, uint8_t, b->rows);
    for (int row = 0; row < b->rows; row++)
        live[row] = state[row] == SIDE_ROW;
    Rc rc = op_eval(op, p->run, p->values, b, side, live, &out, &failed, err);
    if (rc)
        return rc;
    memcpy(cols + p->keys, out, sizeof(Column) * (size_t)p->values);
    if (side == SIDE_NEW)
        op_note(op, b, live, failed, p->keys, p->values);
    return 0;
}

static Rc project_push(Op *op, int port, Batch *b, Err *err)
{
    (void)port;
    Arena *a = op->env->batch_arena;
    Batch *out = batch_derive(a, b, op->node->schema);
    Rc rc = project_side(op, b, SIDE_NEW, out->cols, err);
    if (!rc && b->old) {
        out->old = ARENA_ARRAY(a, Column, op->node->schema->count);
        rc = project_side(op, b, SIDE_OLD, out->old, err);
    }
    return rc ? rc : op_emit(op, out, err);
}

static void project_close(Op *op)
{
    expr_run_free(((ProjectOp *)op)->run);
}

const OpClass op_class_PROJECT = {
    .kind = NODE_PROJECT,
    .bytes = sizeof(ProjectOp),
    .open = project_open,
    .push = project_push,
    .close = project_close,
};
