/* stamp.c: a column as the event time of a row (the TIMESTAMP property; statements.md 4.5, 11.12).
 *
 * A text column is read by the PARSE_TIMESTAMP function, so that a pattern means in WITH what it
 * means in a query, and this folder needs no parser of times. Leaves to Source and Sink which side
 * of the query it applies to. */
#include "op/op_int.h"

#include <assert.h>

static Expr *stamp_expr(Arena *a, ExprKind kind, const Type *type)
{
    Expr *e = ARENA_NEW(a, Expr);
    e->kind = kind;
    e->type = type;
    e->span = SPAN_NONE;
    return e;
}

/* PARSE_TIMESTAMP(column, 'format') */
static Rc stamp_open_text(OpStamp *s, Op *op, Err *err)
{
    Arena *a = op->env->query_arena;
    Str name = STR_LIT("PARSE_TIMESTAMP");
    const FuncRow *parse = func_find(name);
    const Type *types[2] = {&type_string, &type_string};
    if (!parse)
        return err_not_built(err, "TIMESTAMP_FORMAT");
    Expr *call = stamp_expr(a, EXPR_CALL, &type_timestamp);
    call->args = ARENA_ARRAY(a, Expr *, 2);
    call->arg_count = 2;
    call->args[0] = stamp_expr(a, EXPR_COLUMN, &type_string);
    call->args[0]->index = s->column;
    call->args[1] = stamp_expr(a, EXPR_CONST, &type_string);
    call->args[1]->constant = (Value){.type = &type_string, .str = op->node->timestamp_format};
    Rc rc = func_resolve(a, parse, name, types, 2, &call->match, err);
    return rc ? rc : op_compile(op, &call, 1, &s->run, err);
}

Rc op_stamp_open(OpStamp *s, Op *op, Err *err)
{
    const PlanNode *n = op->node;
    *s = (OpStamp){.column = n->timestamp_column};
    if (s->column < 0)
        return 0;
    assert(s->column < n->schema->count);
    s->is_key = s->column < n->schema->key_count;
    bool text = n->schema->columns[s->column].type->kind == TYPE_STRING;
    return text ? stamp_open_text(s, op, err) : 0;
}

void op_stamp_close(OpStamp *s)
{
    expr_run_free(s->run);
    s->run = NULL;
}

/* The time of each row; -1 where the column gives none. A row without a value has no such column to
 * be judged by, so a delete keeps the time of its record. */
static Rc stamp_times(OpStamp *s, Op *op, const Batch *b, int64_t *times, Err *err)
{
    Column *from = &b->cols[s->column];
    if (s->run) {
        uint8_t **failed;
        const uint8_t *live = s->is_key ? NULL : b->new_state;
        Rc rc = op_eval(op, s->run, 1, b, SIDE_NEW, live, &from, &failed, err);
        if (rc)
            return rc;
    }
    assert(from->any && type_repr(from->type) == REPR_I64);
    for (int row = 0; row < b->rows; row++) {
        if (b->new_state[row] == SIDE_ROW || s->is_key)
            times[row] = column_is_null(from, row) ? -1 : from->i64[row];
        else
            times[row] = b->time[row];
    }
    return 0;
}

Rc op_stamp_apply(OpStamp *s, Op *op, Batch *b, Batch **out, Err *err)
{
    Arena *a = op->env->batch_arena;
    uint16_t *rows = ARENA_ARRAY(a, uint16_t, b->rows);
    int64_t *times = b->time;
    int n = 0;
    if (s->column >= 0) {
        times = ARENA_ARRAY(a, int64_t, b->rows);
        Rc rc = stamp_times(s, op, b, times, err);
        if (rc)
            return rc;
    }
    for (int row = 0; row < b->rows; row++) {
        if (times[row] >= 0)
            rows[n++] = (uint16_t)row;
        else
            op_refuse(op, REASON_BAD_TIMESTAMP, b, row, NULL);
    }
    if (times != b->time) {
        b = op_with_states(op, b, b->new_state, b->old_state);
        b->time = times;
    }
    *out = op_pick(op, b, rows, n);
    return 0;
}
