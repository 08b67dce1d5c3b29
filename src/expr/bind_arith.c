/* bind_arith.c: arithmetic and its types (statements.md 2.4, functions.md 8). */
#include "expr/expr_int.h"

const Type *decimal_of(Arena *a, const Type *t)
{
    if (t->kind == TYPE_DECIMAL)
        return t;
    return type_decimal(a, t->kind == TYPE_INTEGER ? 10 : 19, 0);
}

static int max(int x, int y)
{
    return x > y ? x : y;
}
static int min(int x, int y)
{
    return x < y ? x : y;
}

const Type *widen_numbers(Arena *a, const Type *x, const Type *y)
{
    if (x->kind == TYPE_DOUBLE || y->kind == TYPE_DOUBLE)
        return &type_double;
    if (x->kind != TYPE_DECIMAL && y->kind != TYPE_DECIMAL)
        return x->kind == TYPE_BIGINT ? x : y;
    x = decimal_of(a, x);
    y = decimal_of(a, y);
    int scale = max(x->scale, y->scale);
    int whole = max(x->precision - x->scale, y->precision - y->scale);
    return type_decimal(a, whole + scale, scale);
}

static const Type *decimal_result(Arena *a, SqlOp op, const Type *x, const Type *y)
{
    int p1 = x->precision, s1 = x->scale, p2 = y->precision, s2 = y->scale, scale = max(s1, s2);
    switch (op) {
    case SQL_OP_MUL:
        return type_decimal(a, p1 + p2 + 1, s1 + s2);
    case SQL_OP_DIV:
        scale = max(6, s1 + p2 + 1);
        return type_decimal(a, p1 - s1 + s2 + scale, scale);
    case SQL_OP_MOD:
        return type_decimal(a, max(1, min(p1 - s1, p2 - s2) + scale), scale);
    default:
        return type_decimal(a, scale + max(p1 - s1, p2 - s2) + 1, scale);
    }
}

Rc arith_result(Arena *a, SqlOp op, const Type *x, const Type *y, const Type **out, Err *err)
{
    *out = widen_numbers(a, x, y);
    if ((*out)->kind == TYPE_DECIMAL)
        *out = decimal_result(a, op, decimal_of(a, x), decimal_of(a, y));
    if (expr_decimal_is_narrow(x) && expr_decimal_is_narrow(y) && expr_decimal_is_narrow(*out))
        return 0;
    return err_not_built(err, "arithmetic on a DECIMAL of more than %d digits (%s)",
                         DECIMAL_NARROW_DIGITS, type_cstr(a, *out));
}

static Rc refuse(Binder *b, const SqlExpr *e, const Type *x, const Type *y, Err *err)
{
    const char *shown = bind_show(b, e);
    if (x->kind == TYPE_NULL || y->kind == TYPE_NULL)
        return err_at(err, ERR_STATEMENT, e->span,
                      "Error processing expression: %s. Arithmetic on types %s and %s are not "
                      "supported.",
                      shown, x->kind == TYPE_NULL ? "null" : bind_show_type(b, x),
                      y->kind == TYPE_NULL ? "null" : bind_show_type(b, y));
    return err_at(err, ERR_STATEMENT, e->span,
                  "Error processing expression: %s. Unsupported arithmetic types. %s %s", shown,
                  type_kind_name(x->kind), type_kind_name(y->kind));
}

Rc bind_arith(Binder *b, const SqlExpr *e, Expr **out, Err *err)
{
    Operand x, y;
    Rc rc = bind_operand(b, e->args[0], &x, err);
    rc = rc ? rc : bind_operand(b, e->args[1], &y, err);
    if (rc)
        return rc;
    const Type *xt = x.e->type, *yt = y.e->type, *type = &type_string;
    if (xt->kind == TYPE_STRING && yt->kind == TYPE_STRING && e->op == SQL_OP_ADD) {
        /* joins the texts */
    } else if (!type_is_numeric(xt) || !type_is_numeric(yt)) {
        return refuse(b, e, xt, yt, err);
    } else {
        rc = arith_result(b->a, e->op, xt, yt, &type, err);
        if (rc)
            return rc;
        bool decimal = type->kind == TYPE_DECIMAL;
        x.e = bind_coerce(b, x.e, decimal ? decimal_of(b->a, xt) : type);
        y.e = bind_coerce(b, y.e, decimal ? decimal_of(b->a, yt) : type);
    }
    Expr *args[] = {x.e, y.e};
    Expr *made = expr_make(b->a, EXPR_ARITH, type, args, 2);
    made->op = e->op;
    *out = bind_fold(b, made);
    return 0;
}

/* -x, +x, NOT x. */
Rc bind_unary(Binder *b, const SqlExpr *e, Expr **out, Err *err)
{
    if (e->op == SQL_OP_NOT)
        return bind_logic(b, e, out, err);
    Expr *x;
    Rc rc = bind_expr(b, e->args[0], &x, err);
    if (rc)
        return rc;
    if (!type_is_numeric(x->type))
        return err_at(err, ERR_STATEMENT, e->span,
                      "Error processing expression: %s. Unsupported arithmetic types. %s",
                      bind_show(b, e), type_kind_name(x->type->kind));
    if (!expr_decimal_is_narrow(x->type))
        return err_not_built(err, "arithmetic on a DECIMAL of more than %d digits",
                             DECIMAL_NARROW_DIGITS);
    *out = x;
    if (e->op == SQL_OP_PLUS)
        return 0;
    Expr *made = expr_make(b->a, EXPR_ARITH, x->type, &x, 1);
    made->op = SQL_OP_NEG;
    *out = bind_fold(b, made);
    return 0;
}
