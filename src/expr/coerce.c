/* coerce.c: implicit coercion of a bound expression (statements.md 2.6): what INSERT and sinks with
 * declared columns do to their values. */
#include "expr/expr_int.h"

static int whole_digits(const Type *t)
{
    return t->kind == TYPE_INTEGER ? 10 : t->kind == TYPE_BIGINT ? 19 : t->precision - t->scale;
}

static int scale_of(const Type *t)
{
    return t->kind == TYPE_DECIMAL ? t->scale : 0;
}

/* The general rules: INTEGER to BIGINT to DECIMAL to DOUBLE; decimals that lose no digit; the same
 * inside ARRAY and MAP; shared fields of STRUCT. */
static bool widens(const Type *from, const Type *to)
{
    if (type_eq(from, to))
        return true;
    if (type_is_numeric(from) && to->kind == TYPE_DECIMAL)
        return from->kind != TYPE_DOUBLE && scale_of(from) <= to->scale &&
               whole_digits(from) <= whole_digits(to);
    if (from->kind == TYPE_DECIMAL || cast_is_widening(from, to))
        return to->kind == TYPE_DOUBLE || cast_is_widening(from, to);
    if (from->kind != to->kind)
        return false;
    if (from->kind == TYPE_ARRAY)
        return widens(from->elem, to->elem);
    if (from->kind == TYPE_MAP)
        return widens(from->key, to->key) && widens(from->elem, to->elem);
    if (from->kind != TYPE_STRUCT)
        return false;
    for (int i = 0; i < to->field_count; i++) {
        for (int k = 0; k < from->field_count; k++) {
            if (str_eq(to->fields[i].name, from->fields[k].name) &&
                !widens(from->fields[k].type, to->fields[i].type))
                return false;
        }
    }
    return true;
}

static bool is_prefix(Str s, const char *word)
{
    return s.len && s.len <= strlen(word) && str_eq_nocase(s, str_make(word, s.len));
}

/* A constant goes where its literal may go: anything to STRING, text to what it spells, a whole
 * number into any DECIMAL with room for its value. */
static bool literal_fits(const Expr *e, const Type *to)
{
    const Type *from = e->type;
    if (to->kind == TYPE_STRING)
        return from->kind <= TYPE_STRING;
    if (from->kind == TYPE_INTEGER || from->kind == TYPE_BIGINT)
        return to->kind == TYPE_DECIMAL;
    if (from->kind != TYPE_STRING)
        return false;
    Str s = e->constant.str;
    if (to->kind == TYPE_BOOLEAN)
        return is_prefix(s, "true") || is_prefix(s, "yes") || is_prefix(s, "false") ||
               is_prefix(s, "no");
    return cast_allowed(from, to);
}

/* The value itself, cast now: whether it fits is known only then. */
static bool coerce_literal(Arena *a, const Expr *e, const Type *to, Expr **out)
{
    Value v;
    if (!literal_fits(e, to) || value_cast(a, &e->constant, to, &v, NULL))
        return false;
    *out = expr_const(a, &v);
    (*out)->span = e->span;
    return true;
}

Rc expr_coerce(Arena *a, Expr *e, const Type *to, Expr **out, Err *err)
{
    *out = e;
    if (type_eq(e->type, to))
        return 0;
    if (e->kind == EXPR_CONST && (e->constant.is_null || e->type->kind == TYPE_NULL)) {
        if (e->type->kind != TYPE_NULL && !widens(e->type, to))
            goto refused;
        *out = expr_null(a, to);
        return 0;
    }
    if (e->kind == EXPR_CONST && coerce_literal(a, e, to, out))
        return 0;
    if (widens(e->type, to) && cast_kernel(e->type, to)) {
        static const ExprScope none;
        Binder b = {a, &none};
        *out = bind_fold(&b, expr_cast(a, e, to, true));
        return 0;
    }
refused:
    return err_at(err, ERR_STATEMENT, e->span, "%s is not implicitly converted to %s.",
                  type_cstr(a, e->type), type_cstr(a, to));
}
