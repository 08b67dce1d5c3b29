/* bind.c: syntax trees to bound expressions: names, types, coercions (statements.md 2.3 to 2.6).
 *
 * One function per kind of node, in a table; the families are in bind_*.c. This file has the table,
 * the small kinds, and what all of them share. Where names come from is the caller's (ExprScope).
 */
#include "expr/expr_int.h"

/* ---- shared by the binders ------------------------------------------------------------------- */

static const char *keep(Binder *b, Buf *text)
{
    const char *z = arena_strndup(b->a, text->ptr ? text->ptr : "", text->len);
    buf_fini(text);
    return z;
}

const char *bind_show(Binder *b, const SqlExpr *e)
{
    Buf text;
    buf_init(&text);
    if (b->scope->print)
        b->scope->print(b->scope->ctx, &text, e);
    else
        sql_print_expr(&text, e);
    return keep(b, &text);
}

const char *bind_show_type(Binder *b, const Type *t)
{
    return t->kind == TYPE_NULL ? "NULL" : type_cstr(b->a, t);
}

Expr *bind_fold(Binder *b, Expr *e)
{
    for (int i = 0; i < e->arg_count; i++) {
        if (e->args[i]->kind != EXPR_CONST)
            return e;
    }
    bool leaf = e->kind == EXPR_COLUMN || e->kind == EXPR_PSEUDO || e->kind == EXPR_CONST;
    if (leaf || (e->kind == EXPR_CALL && e->match.row->impure))
        return e;
    Value v;
    uint8_t bits = 0;
    /* What raises an error raises it for every row, in its place. */
    if (expr_eval_bits(b->a, e, &v, &bits, NULL) || bits)
        return e;
    Expr *folded = expr_const(b->a, &v);
    folded->span = e->span;
    return folded;
}

Expr *bind_coerce(Binder *b, Expr *e, const Type *to)
{
    if (type_eq(e->type, to))
        return e;
    if (expr_is_null_literal(e))
        return expr_null(b->a, to);
    return bind_fold(b, expr_cast(b->a, e, to, true));
}

Rc bind_operand(Binder *b, const SqlExpr *e, Operand *out, Err *err)
{
    out->sql = e;
    return bind_expr(b, e, &out->e, err);
}

/* ---- small kinds ----------------------------------------------------------------------------- */

static Rc bind_column(Binder *b, const SqlExpr *e, Expr **out, Err *err)
{
    return b->scope->column(b->scope->ctx, &e->qualifier, &e->name, b->a, out, err);
}

/* AND, OR and NOT take BOOLEAN; an untyped NULL is one. */
static Rc bind_truth(Binder *b, const SqlExpr *e, const char *word, Expr **out, Err *err)
{
    Rc rc = bind_expr(b, e, out, err);
    if (rc)
        return rc;
    *out = expr_is_null_literal(*out) ? expr_null(b->a, &type_boolean) : *out;
    if ((*out)->type->kind == TYPE_BOOLEAN)
        return 0;
    return err_at(err, ERR_STATEMENT, e->span, "%s needs BOOLEAN operands, but %s is %s.", word,
                  bind_show(b, e), bind_show_type(b, (*out)->type));
}

Rc bind_logic(Binder *b, const SqlExpr *e, Expr **out, Err *err)
{
    Expr *args[2];
    for (int i = 0; i < e->arg_count; i++) {
        Rc rc = bind_truth(b, e->args[i], sql_op_word[e->op], &args[i], err);
        if (rc)
            return rc;
    }
    ExprKind kind = e->op == SQL_OP_AND ? EXPR_AND : e->op == SQL_OP_OR ? EXPR_OR : EXPR_NOT;
    *out = bind_fold(b, expr_make(b->a, kind, &type_boolean, args, e->arg_count));
    return 0;
}

Rc bind_is_null(Binder *b, const SqlExpr *e, Expr **out, Err *err)
{
    Expr *x;
    Rc rc = bind_expr(b, e->args[0], &x, err);
    if (rc)
        return rc;
    if (expr_is_null_literal(x))
        x = expr_null(b->a, &type_boolean);
    Expr *test = expr_make(b->a, EXPR_IS_NULL, &type_boolean, &x, 1);
    test->negated = e->negated;
    *out = bind_fold(b, test);
    return 0;
}

static Rc bind_binary(Binder *b, const SqlExpr *e, Expr **out, Err *err)
{
    if (e->op <= SQL_OP_MOD)
        return bind_arith(b, e, out, err);
    if (e->op == SQL_OP_CONCAT)
        return bind_concat(b, e, out, err);
    if (e->op <= SQL_OP_NOT_DISTINCT)
        return bind_compare(b, e, out, err);
    return bind_logic(b, e, out, err);
}

/* ---- the table ------------------------------------------------------------------------------- */

static BindNode *const binders[SQL_EXPR_KIND_COUNT] = {
    [SQL_NULL] = bind_literal,    [SQL_BOOLEAN] = bind_literal, [SQL_INTEGER] = bind_literal,
    [SQL_DECIMAL] = bind_literal, [SQL_FLOAT] = bind_literal,   [SQL_STRING] = bind_literal,
    [SQL_TYPED] = bind_literal,   [SQL_COLUMN] = bind_column,   [SQL_UNARY] = bind_unary,
    [SQL_BINARY] = bind_binary,   [SQL_BETWEEN] = bind_between, [SQL_IN] = bind_in,
    [SQL_LIKE] = bind_like,       [SQL_IS_NULL] = bind_is_null, [SQL_CASE] = bind_case,
    [SQL_CAST] = bind_cast,       [SQL_CALL] = bind_call,
};

/* Kinds without a binder. */
static const char *const not_built[SQL_EXPR_KIND_COUNT] = {
    [SQL_LAMBDA] = "lambdas",
    [SQL_ARRAY] = "ARRAY constructors",
    [SQL_MAP] = "MAP constructors",
    [SQL_STRUCT] = "STRUCT constructors",
    [SQL_INDEX] = "elements of ARRAY and MAP values",
    [SQL_FIELD] = "fields of STRUCT values",
};

static Rc refuse_kind(const SqlExpr *e, Err *err)
{
    if (not_built[e->kind]) {
        Rc rc = err_not_built(err, "%s", not_built[e->kind]);
        if (err)
            err->span = e->span;
        return rc;
    }
    if (e->kind == SQL_AT_ZONE)
        return err_at(err, ERR_STATEMENT, e->span,
                      "AT TIME ZONE is not supported. Use CONVERT_TZ instead.");
    return err_at(err, ERR_STATEMENT, e->span, "This cannot stand here by itself.");
}

Rc bind_expr(Binder *b, const SqlExpr *e, Expr **out, Err *err)
{
    *out = NULL;
    if (b->scope->intercept) {
        Rc rc = b->scope->intercept(b->scope->ctx, e, b->a, out, err);
        if (rc || *out)
            return rc;
    }
    if (!binders[e->kind])
        return refuse_kind(e, err);
    Rc rc = binders[e->kind](b, e, out, err);
    if (rc) { /* the innermost place is the best one */
        if (err && err->kind == ERR_KIND_USER && err->span.begin < 0)
            err->span = e->span;
        return rc;
    }
    if ((*out)->span.begin < 0)
        (*out)->span = e->span;
    return 0;
}

Rc expr_bind(Arena *a, const SqlExpr *e, const ExprScope *scope, Expr **out, Err *err)
{
    Binder b = {a, scope};
    return bind_expr(&b, e, out, err);
}
