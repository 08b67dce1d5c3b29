/* bind_compare.c: comparisons, BETWEEN and LIKE (statements.md 2.5), and time texts against system
 * columns (8.3). */
#include "base/utf8.h"
#include "expr/expr_int.h"

static bool is_time(const Type *t)
{
    return t->kind == TYPE_DATE || t->kind == TYPE_TIME || t->kind == TYPE_TIMESTAMP;
}

/* What both operands become, or NULL when they cannot be compared. DECIMALs keep their own types.
 */
static const Type *common_type(Binder *b, const Type *x, const Type *y)
{
    if (type_is_numeric(x) && type_is_numeric(y))
        return widen_numbers(b->a, x, y);
    if (type_eq(x, y))
        return x;
    if (is_time(x) && y->kind == TYPE_STRING)
        return x;
    if (is_time(y) && x->kind == TYPE_STRING)
        return y;
    bool dates = (x->kind == TYPE_DATE && y->kind == TYPE_TIMESTAMP) ||
                 (x->kind == TYPE_TIMESTAMP && y->kind == TYPE_DATE);
    return dates ? &type_timestamp : NULL;
}

/* Numbers: integers widen to the other side's kind; a DECIMAL meets a DOUBLE as it is, unless it is
 * a constant short enough to be that very double. */
static Expr *compare_number(Binder *b, Expr *e, const Type *common, const Type *other)
{
    if (common->kind == TYPE_DECIMAL)
        return bind_coerce(b, e, decimal_of(b->a, e->type));
    if (e->type->kind != TYPE_DECIMAL || other->kind != TYPE_DOUBLE)
        return bind_coerce(b, e, common);
    const Int128 short_enough = 1000000000000000; /* 15 digits: no two share a double */
    if (e->kind != EXPR_CONST || !expr_decimal_is_narrow(e->type) || e->constant.is_null ||
        e->constant.i128 >= short_enough || e->constant.i128 <= -short_enough)
        return e;
    return bind_coerce(b, e, &type_double);
}

static Rc refuse(Binder *b, SqlOp op, Operand x, Operand y, Span span, Err *err)
{
    if (expr_is_null_literal(x.e) || expr_is_null_literal(y.e))
        return err_at(err, ERR_STATEMENT, span,
                      "Comparison with NULL not supported: %s %s %s\n"
                      "Use IS NULL or IS NOT NULL to ask for NULL.",
                      bind_show_type(b, x.e->type), sql_op_sign[op], bind_show_type(b, y.e->type));
    return err_at(err, ERR_STATEMENT, span, "Cannot compare %s (%s) to %s (%s) with %s.",
                  bind_show(b, x.sql), bind_show_type(b, x.e->type), bind_show(b, y.sql),
                  bind_show_type(b, y.e->type), sql_op_word[op]);
}

Rc bind_compare_operands(Binder *b, SqlOp op, Operand x, Operand y, Span span, Expr **out, Err *err)
{
    const Type *xt = x.e->type, *yt = y.e->type;
    const Type *common =
        xt->kind == TYPE_NULL || yt->kind == TYPE_NULL ? NULL : common_type(b, xt, yt);
    if (!common)
        return refuse(b, op, x, y, span, err);
    if (!expr_decimal_is_narrow(xt) || !expr_decimal_is_narrow(yt))
        return err_not_built(err, "comparison of a DECIMAL of more than %d digits",
                             DECIMAL_NARROW_DIGITS);
    Expr *args[2];
    if (type_is_numeric(common)) {
        args[0] = compare_number(b, x.e, common, yt);
        args[1] = compare_number(b, y.e, common, xt);
    } else {
        args[0] = bind_coerce(b, x.e, common);
        args[1] = bind_coerce(b, y.e, common);
    }
    if (!expr_comparable(op, args[0]->type, args[1]->type))
        return refuse(b, op, x, y, span, err);
    Expr *made = expr_make(b->a, EXPR_COMPARE, &type_boolean, args, 2);
    made->op = op;
    *out = bind_fold(b, made);
    return 0;
}

/* ---- time texts ------------------------------------------------------------------------------ */

/* Is this ROWTIME, WINDOWSTART or WINDOWEND, by name? After a join it may be any column. */
static bool is_time_column(const Binder *b, const SqlExpr *e)
{
    if (!b->scope->time_text || e->kind != SQL_COLUMN)
        return false;
    int p = pseudo_find(e->name.text);
    return p == PSEUDO_ROWTIME || p == PSEUDO_WINDOWSTART || p == PSEUDO_WINDOWEND;
}

/* An operand; a text that stands against a time column becomes its milliseconds. */
static Rc bind_side(Binder *b, const SqlExpr *e, const SqlExpr *against, Operand *out, Err *err)
{
    if (e->kind != SQL_STRING || !is_time_column(b, against))
        return bind_operand(b, e, out, err);
    Value ms = {.type = &type_bigint};
    if (!text_take_timestamp(e->text, &ms.i64))
        return err_at(err, ERR_STATEMENT, e->span, "Failed to parse timestamp '%.*s'",
                      STR_ARG(e->text));
    *out = (Operand){expr_const(b->a, &ms), e};
    return 0;
}

Rc bind_compare(Binder *b, const SqlExpr *e, Expr **out, Err *err)
{
    Operand x, y;
    Rc rc = bind_side(b, e->args[0], e->args[1], &x, err);
    rc = rc ? rc : bind_side(b, e->args[1], e->args[0], &y, err);
    return rc ? rc : bind_compare_operands(b, e->op, x, y, e->span, out, err);
}

/* x BETWEEN a AND b is x >= a AND x <= b. */
Rc bind_between(Binder *b, const SqlExpr *e, Expr **out, Err *err)
{
    Operand x, low, high;
    Rc rc = bind_operand(b, e->args[0], &x, err);
    rc = rc ? rc : bind_side(b, e->args[1], e->args[0], &low, err);
    rc = rc ? rc : bind_side(b, e->args[2], e->args[0], &high, err);
    if (rc)
        return rc;
    Expr *ends[2];
    rc = bind_compare_operands(b, SQL_OP_GE, x, low, e->span, &ends[0], err);
    rc = rc ? rc : bind_compare_operands(b, SQL_OP_LE, x, high, e->span, &ends[1], err);
    if (rc) {
        if (rc != ERR_NOT_BUILT)
            err_prefix(err, "Invalid expression: ");
        return rc;
    }
    *out = bind_fold(b, expr_make(b->a, EXPR_AND, &type_boolean, ends, 2));
    if (e->negated)
        *out = bind_fold(b, expr_make(b->a, EXPR_NOT, &type_boolean, out, 1));
    return 0;
}

/* ---- LIKE ------------------------------------------------------------------------------------ */

/* The one character of an ESCAPE clause; false when it is not one. */
static bool take_escape(Str text, int32_t *escape)
{
    uint32_t at = 0;
    *escape = -1;
    if (!text.ptr)
        return true;
    if (text.len)
        *escape = utf8_next(text, &at);
    return *escape >= 0 && at == text.len;
}

Rc bind_like(Binder *b, const SqlExpr *e, Expr **out, Err *err)
{
    Expr *args[2];
    for (int i = 0; i < 2; i++) {
        Rc rc = bind_expr(b, e->args[i], &args[i], err);
        if (rc)
            return rc;
        if (expr_is_null_literal(args[i]))
            args[i] = expr_null(b->a, &type_string);
        if (args[i]->type->kind != TYPE_STRING)
            return err_at(err, ERR_STATEMENT, e->args[i]->span,
                          "Like condition must be between strings, but %s is %s.",
                          bind_show(b, e->args[i]), bind_show_type(b, args[i]->type));
    }
    Expr *made = expr_make(b->a, EXPR_LIKE, &type_boolean, args, 2);
    made->negated = e->negated;
    if (!take_escape(e->text, &made->escape))
        return err_at(err, ERR_STATEMENT, e->span,
                      "ESCAPE needs exactly one character, but got '%.*s'.", STR_ARG(e->text));
    *out = bind_fold(b, made);
    return 0;
}
