/* bind_call.c: function calls, the || operator, and CAST. */
#include "expr/expr_int.h"

/* ---- calls ----------------------------------------------------------------------------------- */

static Rc refuse_aggregate(Binder *b, const SqlExpr *e, const char *name, Err *err)
{
    return err_at(err, ERR_STATEMENT, e->span,
                  "%s does not support aggregate functions: %s is an aggregate function.",
                  b->scope->clause ? b->scope->clause : "This", name);
}

static Rc refuse_kind(Binder *b, const SqlExpr *e, const FuncRow *f, Err *err)
{
    return f->kind == FUNC_TABLE ? err_not_built(err, "table functions")
                                 : refuse_aggregate(b, e, f->name, err);
}

static Rc call(Binder *b, const FuncRow *f, Str spelling, Expr **args, int count, Expr **out,
               Err *err)
{
    const Type **types = ARENA_ARRAY(b->a, const Type *, count + 1);
    for (int i = 0; i < count; i++)
        types[i] = args[i]->type;
    FuncMatch match;
    Rc rc = func_resolve(b->a, f, spelling, types, count, &match, err);
    if (rc)
        return rc;
    if (match.result->kind == TYPE_NULL) { /* nothing but NULLs came in: NULL comes out */
        *out = expr_null(b->a, &type_null);
        return 0;
    }
    for (int i = 0; i < count; i++)
        args[i] = bind_coerce(b, args[i], match.param_types[i]);
    Expr *made = expr_make(b->a, EXPR_CALL, match.result, args, count);
    made->match = match;
    *out = bind_fold(b, made);
    return 0;
}

/* f(*) has no arguments, as f() (functions.md 1.1). */
static int argument_count(const SqlExpr *e)
{
    return e->arg_count == 1 && e->args[0]->kind == SQL_STAR ? 0 : e->arg_count;
}

/* A name without a row: of the dialect, or of nothing. */
static Rc refuse_name(Binder *b, const SqlExpr *e, Err *err)
{
    static const FuncKind kinds[] = {FUNC_SCALAR, FUNC_AGGREGATE, FUNC_TABLE};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        const char *name = func_unbuilt(e->name.text, kinds[k]);
        if (name && kinds[k] == FUNC_AGGREGATE)
            return refuse_aggregate(b, e, name, err);
        if (name)
            return err_not_built(err, "function %s", name);
    }
    return err_at(err, ERR_STATEMENT, e->name.span, "Can't find any functions with the name '%.*s'",
                  STR_ARG(e->name.text));
}

Rc bind_call(Binder *b, const SqlExpr *e, Expr **out, Err *err)
{
    const FuncRow *f = func_find(e->name.text);
    if (!f)
        return refuse_name(b, e, err);
    if (f->kind != FUNC_SCALAR)
        return refuse_kind(b, e, f, err);
    int count = argument_count(e);
    Expr **args = ARENA_ARRAY(b->a, Expr *, count + 1);
    for (int i = 0; i < count; i++) {
        Rc rc = bind_expr(b, e->args[i], &args[i], err);
        if (rc)
            return rc;
    }
    return call(b, f, e->name.text, args, count, out, err);
}

/* x || y is CONCAT(x, y). */
Rc bind_concat(Binder *b, const SqlExpr *e, Expr **out, Err *err)
{
    Expr *args[2];
    for (int i = 0; i < 2; i++) {
        Rc rc = bind_expr(b, e->args[i], &args[i], err);
        if (rc)
            return rc;
    }
    Str name = STR_LIT("concat");
    return call(b, func_find(name), name, args, 2, out, err);
}

/* ---- types as written ------------------------------------------------------------------------ */

static Rc built_in_type(Binder *b, const SqlType *t, const Type **out, Err *err);

static Rc struct_type(Binder *b, const SqlType *t, const Type **out, Err *err)
{
    TypeField *fields = ARENA_ARRAY(b->a, TypeField, t->field_count + 1);
    for (int i = 0; i < t->field_count; i++) {
        fields[i].name = t->field_names[i].text;
        Rc rc = built_in_type(b, t->field_types[i], &fields[i].type, err);
        if (rc)
            return rc;
    }
    *out = type_struct(b->a, fields, t->field_count);
    return 0;
}

static Rc decimal_type(Binder *b, const SqlType *t, const Type **out, Err *err)
{
    int64_t p = t->arg_count > 0 ? t->args[0] : 0, s = t->arg_count > 1 ? t->args[1] : 0;
    if (t->arg_count < 2 || p < 1 || p > LIMIT_NUMBER_DIGITS || s < 0 || s > p)
        return err_at(err, ERR_STATEMENT, t->span,
                      "DECIMAL needs a precision from 1 to %d and a scale from 0 to the precision.",
                      LIMIT_NUMBER_DIGITS);
    *out = type_decimal(b->a, (int)p, (int)s);
    return 0;
}

/* A type without the user's own names. */
static Rc built_in_type(Binder *b, const SqlType *t, const Type **out, Err *err)
{
    const Type *key = NULL, *elem = NULL;
    Rc rc = 0;
    switch (t->kind) {
    case SQLTYPE_STRUCT:
        return struct_type(b, t, out, err);
    case SQLTYPE_NAME:
        if (str_eq(t->name.text, STR_LIT("DECIMAL")))
            return decimal_type(b, t, out, err);
        *out = type_find(t->name.text);
        if (*out)
            return 0;
        return err_at(err, ERR_STATEMENT, t->span, "Cannot resolve unknown type: %.*s",
                      STR_ARG(t->name.text));
    case SQLTYPE_MAP:
        rc = built_in_type(b, t->key, &key, err);
        /* fall through */
    case SQLTYPE_ARRAY:
        rc = rc ? rc : built_in_type(b, t->elem, &elem, err);
        break;
    }
    if (rc)
        return rc;
    *out = key ? type_map(b->a, key, elem) : type_array(b->a, elem);
    return 0;
}

/* ---- CAST ------------------------------------------------------------------------------------ */

static Rc refuse_cast(Binder *b, const SqlExpr *e, const Type *from, const Type *to, Err *err)
{
    const char *clause = b->scope->clause ? b->scope->clause : "";
    bool predicate = strcmp(clause, "WHERE") == 0 || strcmp(clause, "HAVING") == 0;
    if (cast_allowed(from, to))
        return err_not_built(err, "CAST of %s to %s", bind_show_type(b, from),
                             bind_show_type(b, to));
    return err_at(err, ERR_STATEMENT, e->span, "%sCast of %s to %s is not supported",
                  predicate                       ? "Invalid Predicate: "
                  : strcmp(clause, "SELECT") == 0 ? "Invalid Select: "
                                                  : "",
                  bind_show_type(b, from), bind_show_type(b, to));
}

Rc bind_cast(Binder *b, const SqlExpr *e, Expr **out, Err *err)
{
    Expr *x;
    const Type *to;
    Rc rc = bind_expr(b, e->args[0], &x, err);
    if (!rc)
        rc = b->scope->type ? b->scope->type(b->scope->ctx, e->type, b->a, &to, err)
                            : built_in_type(b, e->type, &to, err);
    if (rc)
        return rc;
    if (expr_is_null_literal(x)) {
        *out = expr_null(b->a, to);
        return 0;
    }
    if (!cast_kernel(x->type, to))
        return refuse_cast(b, e, x->type, to, err);
    *out = bind_fold(b, expr_cast(b->a, x, to, false));
    return 0;
}
