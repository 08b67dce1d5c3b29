/* bind_literal.c: literals and their types (statements.md 1.4). The parser has checked the ranges;
 * they are checked again, since a tree need not come from it. */
#include <math.h>

#include "expr/expr_int.h"

bool bind_is_literal(const SqlExpr *e)
{
    return e->kind >= SQL_BOOLEAN && e->kind <= SQL_STRING;
}

static Rc give(Binder *b, const Value *v, Expr **out)
{
    *out = expr_const(b->a, v);
    return 0;
}

static Rc integer_literal(Binder *b, const SqlExpr *e, Expr **out, Err *err)
{
    int64_t n;
    if (!text_take_i64(e->text, &n))
        return err_at(err, ERR_SYNTAX, e->span, "Invalid numeric literal: %.*s", STR_ARG(e->text));
    Value v = {.type = &type_bigint, .i64 = n};
    if (n >= INT32_MIN && n <= INT32_MAX) {
        v = (Value){.type = &type_integer, .i32 = (int32_t)n};
    }
    return give(b, &v, out);
}

/* Digits as written, less the zeros in front; below 1 the zero before the point counts. */
static const Type *decimal_literal_type(Arena *a, Str text)
{
    int whole = 0, scale = 0;
    bool dot = false;
    for (uint32_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        dot = dot || c == '.';
        if (c < '0' || c > '9')
            continue;
        scale += dot;
        whole += !dot && (c != '0' || whole > 0);
    }
    return type_decimal(a, (whole ? whole : 1) + scale, scale);
}

static Rc decimal_literal(Binder *b, const SqlExpr *e, Expr **out, Err *err)
{
    if (e->text.len > LIMIT_NUMBER_DIGITS)
        return err_at(err, ERR_LIMIT, e->span, "Invalid numeric literal: more than %d digits",
                      LIMIT_NUMBER_DIGITS);
    Value v = {.type = decimal_literal_type(b->a, e->text)};
    const Type *t = v.type;
    bool ok = expr_decimal_is_narrow(t)
                  ? text_take_decimal(e->text, t->precision, t->scale, &v.i128)
                  : text_take_decimal_text(b->a, e->text, t->precision, t->scale, &v.str);
    if (!ok)
        return err_at(err, ERR_SYNTAX, e->span, "Invalid numeric literal: %.*s", STR_ARG(e->text));
    return give(b, &v, out);
}

static Rc float_literal(Binder *b, const SqlExpr *e, Expr **out, Err *err)
{
    Value v = {.type = &type_double};
    if (!text_take_double(e->text, &v.f64) || !isfinite(v.f64))
        return err_at(err, ERR_SYNTAX, e->span, "Number overflows DOUBLE: %.*s", STR_ARG(e->text));
    return give(b, &v, out);
}

/* DATE '2020-01-31' and its like. */
static Rc typed_literal(Binder *b, const SqlExpr *e, Expr **out, Err *err)
{
    const Type *t = type_find(e->name.text);
    bool is_time = t && (t->kind == TYPE_DATE || t->kind == TYPE_TIME || t->kind == TYPE_TIMESTAMP);
    if (!is_time)
        return err_at(err, ERR_STATEMENT, e->span,
                      "Unknown type of literal: %.*s. There are DATE, TIME and TIMESTAMP.",
                      STR_ARG(e->name.text));
    Value text = {.type = &type_string, .str = e->text}, v;
    if (value_cast(b->a, &text, t, &v, NULL))
        return err_at(err, ERR_STATEMENT, e->span, "Failed to parse %s '%.*s'",
                      t->kind == TYPE_DATE   ? "date"
                      : t->kind == TYPE_TIME ? "time"
                                             : "timestamp",
                      STR_ARG(e->text));
    return give(b, &v, out);
}

Rc bind_literal(Binder *b, const SqlExpr *e, Expr **out, Err *err)
{
    Value v = {.type = &type_boolean, .b = e->boolean};
    switch (e->kind) {
    case SQL_INTEGER:
        return integer_literal(b, e, out, err);
    case SQL_DECIMAL:
        return decimal_literal(b, e, out, err);
    case SQL_FLOAT:
        return float_literal(b, e, out, err);
    case SQL_TYPED:
        return typed_literal(b, e, out, err);
    case SQL_STRING:
        v = (Value){.type = &type_string, .str = e->text};
        break;
    case SQL_NULL:
        v = value_null(&type_null);
        break;
    default:
        break;
    }
    return give(b, &v, out);
}
