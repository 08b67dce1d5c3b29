/* bind_list.c: lists of expressions that share a type: IN, and the branches of CASE.
 *
 * IN widens left to right from its first typed element (statements.md 2.6, functions.md 3.1); the
 * branches of CASE must have one type (functions.md 3). */
#include <stdlib.h>

#include "expr/expr_int.h"

typedef struct List {
    Operand *items;
    int count;
} List;

/* ---- the common type ------------------------------------------------------------------------- */

static Rc no_operator(Binder *b, const Type *t, const Operand *item, Err *err)
{
    return err_at(err, ERR_STATEMENT, item->sql->span,
                  "operator does not exist: %s = %s (%s)\n"
                  "Hint: You might need to add explicit type casts.",
                  bind_show_type(b, t), bind_show_type(b, item->e->type), bind_show(b, item->sql));
}

static Rc bad_text(Binder *b, const Type *t, const Operand *item, Err *err)
{
    return err_at(err, ERR_STATEMENT, item->sql->span,
                  "invalid input syntax for type %s: \"%.*s\".", bind_show_type(b, t),
                  STR_ARG(item->sql->text));
}

/* The type of the number a text holds; NULL when it holds none. */
static const Type *number_in_text(Arena *a, Str text)
{
    int64_t whole;
    double any;
    if (text_take_i64(text, &whole))
        return whole >= INT32_MIN && whole <= INT32_MAX ? &type_integer : &type_bigint;
    if (!text_take_double(text, &any))
        return NULL;
    int digits = 0, scale = 0, exponent = 0;
    bool dot = false;
    for (uint32_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        dot = dot || c == '.';
        if (c == 'e' || c == 'E') {
            exponent = atoi(arena_strndup(a, text.ptr + i + 1, text.len - i - 1));
            break;
        }
        if (c < '0' || c > '9')
            continue;
        scale += dot;
        digits += dot || c != '0' || digits > 0;
    }
    if (exponent > LIMIT_NUMBER_DIGITS || exponent < -LIMIT_NUMBER_DIGITS)
        return NULL;
    scale -= exponent;
    if (scale < 0) { /* 2e1 is 20 */
        digits -= scale;
        scale = 0;
    }
    return type_decimal(a, digits > scale ? digits : scale + 1, scale);
}

/* true/yes and false/no, or a beginning of them. */
static bool is_boolean_text(Str s)
{
    static const char *const words[] = {"true", "yes", "false", "no"};
    for (int i = 0; i < 4; i++) {
        if (s.len && s.len <= strlen(words[i]) && str_eq_nocase(s, str_make(words[i], s.len)))
            return true;
    }
    return false;
}

static bool text_parses(Binder *b, Str text, const Type *to)
{
    Value v = {.type = &type_string, .str = text}, out;
    return value_cast(b->a, &v, to, &out, NULL) == 0;
}

/* Element-wise for ARRAY and MAP; NULL when the two do not go together. */
static const Type *widen_types(Arena *a, const Type *x, const Type *y)
{
    if (type_eq(x, y))
        return x;
    if (type_is_numeric(x) && type_is_numeric(y))
        return widen_numbers(a, x, y);
    if (x->kind != y->kind || (x->kind != TYPE_ARRAY && x->kind != TYPE_MAP))
        return NULL;
    const Type *elem = widen_types(a, x->elem, y->elem);
    const Type *key = x->kind == TYPE_MAP ? widen_types(a, x->key, y->key) : NULL;
    if (!elem || (x->kind == TYPE_MAP && !key))
        return NULL;
    return key ? type_map(a, key, elem) : type_array(a, elem);
}

/* *type, widened by one more element. */
static Rc widen_by(Binder *b, const Operand *item, const Type **type, Err *err)
{
    const Type *t = *type, *it = item->e->type;
    bool text = item->sql->kind == SQL_STRING;
    if (t->kind == TYPE_STRING)
        return it->kind == TYPE_STRING || bind_is_literal(item->sql) ? 0
                                                                     : no_operator(b, t, item, err);
    if (!text) {
        const Type *wide = widen_types(b->a, t, it);
        *type = wide ? wide : t;
        return wide ? 0 : no_operator(b, t, item, err);
    }
    if (type_is_numeric(t)) {
        const Type *number = number_in_text(b->a, item->sql->text);
        *type = number ? widen_numbers(b->a, t, number) : t;
        return number ? 0 : bad_text(b, t, item, err);
    }
    bool ok = t->kind == TYPE_BOOLEAN ? is_boolean_text(item->sql->text)
                                      : text_parses(b, item->sql->text, t);
    if (ok)
        return 0;
    return cast_allowed(it, t) ? bad_text(b, t, item, err) : no_operator(b, t, item, err);
}

static Rc common_type(Binder *b, const List *list, const Type **out, Err *err)
{
    const Type *type = NULL;
    for (int i = 0; i < list->count; i++) {
        const Operand *item = &list->items[i];
        if (item->e->type->kind == TYPE_NULL)
            continue;
        if (!type) {
            type = item->e->type;
            continue;
        }
        Rc rc = widen_by(b, item, &type, err);
        if (rc)
            return rc;
    }
    *out = type ? type : &type_boolean; /* nothing but NULLs: any type will do */
    return 0;
}

/* ---- IN -------------------------------------------------------------------------------------- */

Rc bind_in(Binder *b, const SqlExpr *e, Expr **out, Err *err)
{
    List list = {ARENA_ARRAY(b->a, Operand, e->arg_count), e->arg_count};
    Expr **args = ARENA_ARRAY(b->a, Expr *, e->arg_count);
    const Type *type;
    for (int i = 0; i < list.count; i++) {
        Rc rc = bind_operand(b, e->args[i], &list.items[i], err);
        if (rc)
            return rc;
    }
    Rc rc = common_type(b, &list, &type, err);
    if (rc) {
        err_prefix(err, "Invalid Predicate: ");
        return rc;
    }
    if (!expr_comparable(SQL_OP_EQ, type, type))
        return err_not_built(err, "IN with values of type %s", bind_show_type(b, type));
    for (int i = 0; i < list.count; i++)
        args[i] = bind_coerce(b, list.items[i].e, type);
    Expr *made = expr_make(b->a, EXPR_IN, &type_boolean, args, list.count);
    made->negated = e->negated;
    *out = bind_fold(b, made);
    return 0;
}

/* ---- CASE ------------------------------------------------------------------------------------ */

/* The parts of a CASE: conditions, results, the last result being ELSE. */
typedef struct Case {
    Expr **when;
    List then;
    int pairs;
} Case;

static Rc bind_condition(Binder *b, const SqlExpr *when, const Operand *operand, Expr **out,
                         Err *err)
{
    Operand x;
    Rc rc = bind_operand(b, when, &x, err);
    if (rc)
        return rc;
    if (operand)
        return bind_compare_operands(b, SQL_OP_EQ, *operand, x, when->span, out, err);
    *out = expr_is_null_literal(x.e) ? expr_null(b->a, &type_boolean) : x.e;
    if ((*out)->type->kind == TYPE_BOOLEAN)
        return 0;
    return err_at(err, ERR_STATEMENT, when->span,
                  "Invalid Case expression. WHEN needs a BOOLEAN condition, but %s is %s.",
                  bind_show(b, when), bind_show_type(b, x.e->type));
}

/* All results that are not NULL must have one type. */
static Rc result_type(Binder *b, const SqlExpr *e, const List *then, const Type **out, Err *err)
{
    const Operand *first = NULL;
    for (int i = 0; i < then->count; i++) {
        const Operand *item = &then->items[i];
        if (item->e->type->kind == TYPE_NULL)
            continue;
        if (first && !type_eq(first->e->type, item->e->type))
            return err_at(err, ERR_STATEMENT, item->sql->span,
                          "Invalid Case expression. All branches must have one type, but %s is %s "
                          "and %s is %s. Cast one of them.",
                          bind_show(b, first->sql), bind_show_type(b, first->e->type),
                          bind_show(b, item->sql), bind_show_type(b, item->e->type));
        first = first ? first : item;
    }
    if (!first)
        return err_at(err, ERR_STATEMENT, e->span,
                      "Invalid Case expression. All case branches have NULL type");
    *out = first->e->type;
    return 0;
}

static Rc bind_branches(Binder *b, const SqlExpr *e, Case *c, Err *err)
{
    Operand operand;
    Rc rc = 0;
    if (e->args[0])
        rc = bind_operand(b, e->args[0], &operand, err);
    for (int i = 0; i < c->pairs && !rc; i++) {
        const SqlExpr *when = e->args[1 + 2 * i], *then = e->args[2 + 2 * i];
        rc = bind_condition(b, when, e->args[0] ? &operand : NULL, &c->when[i], err);
        rc = rc ? rc : bind_operand(b, then, &c->then.items[i], err);
    }
    const SqlExpr *other = e->args[e->arg_count - 1];
    if (!rc && other)
        rc = bind_operand(b, other, &c->then.items[c->pairs], err);
    else
        c->then.items[c->pairs] = (Operand){expr_null(b->a, &type_null), e};
    return rc;
}

/* args of e: operand or NULL, then when and then in turn, then else or NULL. */
Rc bind_case(Binder *b, const SqlExpr *e, Expr **out, Err *err)
{
    Case c = {.pairs = (e->arg_count - 2) / 2};
    c.when = ARENA_ARRAY(b->a, Expr *, c.pairs);
    c.then = (List){ARENA_ARRAY(b->a, Operand, c.pairs + 1), c.pairs + 1};
    const Type *type;
    Rc rc = bind_branches(b, e, &c, err);
    rc = rc ? rc : result_type(b, e, &c.then, &type, err);
    if (rc)
        return rc;
    int count = 2 * c.pairs + 1;
    Expr **args = ARENA_ARRAY(b->a, Expr *, count);
    for (int i = 0; i <= c.pairs; i++) {
        if (i < c.pairs)
            args[2 * i] = c.when[i];
        args[i < c.pairs ? 2 * i + 1 : 2 * i] = bind_coerce(b, c.then.items[i].e, type);
    }
    *out = bind_fold(b, expr_make(b->a, EXPR_CASE, type, args, count));
    return 0;
}
