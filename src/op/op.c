/* op.c: what all operators have in common: life, the way from one to the next, refused rows, and
 * the table of classes.
 *
 * Owns the contract of op_emit. Leaves to the operators what they do, to the task when they do it
 * (engine), and to env->output what happens at the end of the stage. */
#include "op/op_int.h"

#include <assert.h>

const OpClass *const op_table[NODE_KIND_COUNT] = {
#define X(name, text) [NODE_##name] = &op_class_##name,
    PLAN_NODES(X)
#undef X
};

const char *const op_reason_names[REASON_COUNT] = {
#define X(name, text) text,
    OP_REASONS(X)
#undef X
};

/* ---- life ------------------------------------------------------------------------------------ */

Op *op_make(const OpClass *cls, const PlanNode *n, OpEnv *env)
{
    Op *op = arena_zalloc(env->query_arena, cls->bytes);
    op->cls = cls;
    op->node = n;
    op->env = env;
    return op;
}

Op *op_new(const PlanNode *n, OpEnv *env)
{
    assert(n->kind < NODE_KIND_COUNT);
    return op_make(op_table[n->kind], n, env);
}

void op_free(Op *op)
{
    if (op && op->cls->close)
        op->cls->close(op);
}

/* ---- from one to the next -------------------------------------------------------------------- */

Rc op_push(Op *op, int port, Batch *b, Err *err)
{
    if (b->rows == 0)
        return 0;
    op->count.rows_in += (uint64_t)b->rows;
    return op->cls->push(op, port, b, err);
}

/* Order is what every stateful operator relies on, so it is asserted where rows leave, not where
 * they would be misunderstood. */
static void emit_check(Op *op, const Batch *b)
{
    for (int i = 0; i < b->rows; i++) {
        assert(b->seq[i] >= op->last_seq);
        op->last_seq = b->seq[i];
    }
}

static Rc emit_one(Op *op, Batch *b, Err *err)
{
    OpEnv *env = op->env;
    emit_check(op, b);
    op->count.rows_out += (uint64_t)b->rows;
    if (env->trace)
        env->trace(env->ctx, op, b);
    return op->next ? op_push(op->next, op->next_port, b, err) : env->output(env->ctx, op, b, err);
}

/* Operators that make several rows of one may emit more than a batch may hold; it is cut here, once
 * for all of them. A change is one row, so no cut can part its sides. */
Rc op_emit(Op *op, Batch *b, Err *err)
{
    Rc rc = 0;
    if (b->rows <= LIMIT_BATCH_ROWS)
        return b->rows ? emit_one(op, b, err) : 0;
    for (int from = 0; from < b->rows && !rc; from += LIMIT_BATCH_ROWS) {
        int left = b->rows - from, n = left < LIMIT_BATCH_ROWS ? left : LIMIT_BATCH_ROWS;
        rc = emit_one(op, batch_slice(op->env->batch_arena, b, from, n), err);
    }
    return rc;
}

void op_refuse(Op *op, OpReason why, const Batch *b, int row, const char *detail)
{
    OpEnv *env = op->env;
    if (env->refuse)
        env->refuse(env->ctx, op, why, b, row, detail);
}

/* ---- columns and rows ------------------------------------------------------------------------ */

Rc op_compile(Op *op, Expr *const *exprs, int count, ExprRun **out, Err *err)
{
    Program *program = NULL;
    Rc rc = expr_compile(op->env->query_arena, exprs, count, &program, err);
    if (!rc)
        *out = expr_run_new(program);
    return rc;
}

Rc op_eval(Op *op, ExprRun *run, int count, const Batch *b, Side side, const uint8_t *live,
           Column **out, uint8_t ***failed, Err *err)
{
    Arena *a = op->env->batch_arena;
    *out = ARENA_ARRAY(a, Column, count);
    *failed = ARENA_ARRAY(a, uint8_t *, count);
    return count ? expr_run(run, b, side, live, *out, *failed, err) : 0;
}

static bool note_any(uint8_t *const *failed, int count, int rows)
{
    uint8_t any = 0;
    for (int i = 0; i < count; i++)
        for (int row = 0; row < rows; row++)
            any |= failed[i][row];
    return any;
}

void op_note(Op *op, const Batch *b, const uint8_t *live, uint8_t *const *failed, int first,
             int count)
{
    if (!note_any(failed, count, b->rows)) /* nearly always */
        return;
    for (int row = 0; row < b->rows; row++) {
        int i = 0;
        while (i < count && !failed[i][row])
            i++;
        if (i == count || !live[row])
            continue;
        Str name = op->node->schema->columns[first + i].name;
        bool lost = failed[i][row] & EXPR_FAILED;
        op_refuse(op, REASON_VALUE_FAILED, b, row,
                  arena_printf(op->env->batch_arena, "column %.*s%s", STR_ARG(name),
                               lost ? " is NULL" : ": an error inside became NULL"));
    }
}

Batch *op_pick(Op *op, Batch *b, const uint16_t *rows, int n)
{
    bool all = n == b->rows;
    for (int i = 0; i < n && all; i++)
        all = rows[i] == i;
    return all ? b : batch_gather(op->env->batch_arena, b, rows, n);
}

Batch *op_with_states(Op *op, const Batch *b, uint8_t *new_state, uint8_t *old_state)
{
    Batch *copy = ARENA_NEW(op->env->batch_arena, Batch);
    *copy = *b;
    copy->new_state = new_state;
    copy->old_state = old_state;
    return copy;
}
