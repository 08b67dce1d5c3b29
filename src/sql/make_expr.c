/* make_expr.c: one maker for each shape of an expression.
 *
 * Owns the depth of expressions (later phases recurse over the tree and rely on it) and the ranges
 * of number literals. Types, names and functions are left to the compiler of expressions. */
#include <math.h>

#include "sql/make.h"

#include "oxbow.h"

const char *const sql_op_sign[SQL_OP_COUNT] = {
#define X(name, sign, word) sign,
    SQL_OPS(X)
#undef X
};

const char *const sql_op_word[SQL_OP_COUNT] = {
#define X(name, sign, word) word,
    SQL_OPS(X)
#undef X
};

static SqlExpr *new_expr(Make *m, SqlExprKind kind, int begin, int end)
{
    SqlExpr *e = ARENA_NEW(m->arena, SqlExpr);
    e->kind = kind;
    e->span = (Span){begin, end};
    e->name = e->qualifier = SQL_NO_NAME;
    e->text = STR_NULL;
    e->depth = 1;
    return e;
}

/* The arguments of a node, once they are complete: counts its depth. */
static SqlExpr *set_args(Make *m, SqlExpr *e, SqlExpr **args, int count)
{
    e->args = args;
    e->arg_count = count;
    for (int i = 0; i < count; i++)
        if (args[i] && args[i]->depth >= e->depth)
            e->depth = args[i]->depth + 1;
    if (e->depth > LIMIT_EXPR_DEPTH)
        make_fault(m, ERR_LIMIT, e->span, "An expression is nested more than %d levels deep.",
                   LIMIT_EXPR_DEPTH);
    return e;
}

static SqlExpr *set_list(Make *m, SqlExpr *e, List *l)
{
    return l ? set_args(m, e, (SqlExpr **)l->items, l->count) : e;
}

/* Up to three arguments, the first NULL ends them. */
static SqlExpr *set_three(Make *m, SqlExpr *e, SqlExpr *a, SqlExpr *b, SqlExpr *c)
{
    int count = 1 + (b != NULL) + (c != NULL);
    SqlExpr **args = ARENA_ARRAY(m->arena, SqlExpr *, count);
    SqlExpr *all[] = {a, b, c};
    memcpy(args, all, sizeof *args * (size_t)count);
    return set_args(m, e, args, count);
}

/* ---- literals ------------------------------------------------------------------------------ */

SqlExpr *make_number(Make *m, SqlExprKind kind, Token t)
{
    SqlExpr *e = new_expr(m, kind, t.begin, t.end);
    e->text = arena_str(m->arena, token_text(m->text, t));
    Number *n = ARENA_NEW(m->arena, Number);
    n->expr = e;
    *m->numbers_end = n;
    m->numbers_end = &n->next;
    return e;
}

SqlExpr *make_literal(Make *m, SqlExprKind kind, Token t)
{
    SqlExpr *e = new_expr(m, kind, t.begin, t.end);
    e->boolean = t.code == TK_TRUE;
    if (kind == SQL_STRING)
        e->text = make_string(m, t);
    return e;
}

SqlExpr *make_typed(Make *m, SqlName type, Token text)
{
    SqlExpr *e = new_expr(m, SQL_TYPED, type.span.begin, text.end);
    e->name = type;
    e->text = make_string(m, text);
    return e;
}

static bool is_number(const SqlExpr *e)
{
    return e->kind == SQL_INTEGER || e->kind == SQL_DECIMAL || e->kind == SQL_FLOAT;
}

/* "Directly before" allows for blanks, not for a bracket: -(5) stays a negation. */
static bool takes_sign(Make *m, Token sign, SqlOp op, const SqlExpr *e)
{
    return op == SQL_OP_NEG && is_number(e) && e->text.ptr[0] != '-' &&
           scan_next(m->text, sign.end).begin == e->span.begin;
}

SqlExpr *make_unary(Make *m, Token sign, SqlOp op, SqlExpr *e)
{
    if (takes_sign(m, sign, op, e)) {
        e->text = str_of(arena_printf(m->arena, "-%.*s", STR_ARG(e->text)));
        e->span.begin = sign.begin;
        return e;
    }
    SqlExpr *unary = new_expr(m, SQL_UNARY, sign.begin, e->span.end);
    unary->op = op;
    return set_three(m, unary, e, NULL, NULL);
}

void make_check_numbers(Make *m)
{
    for (const Number *n = m->numbers; n; n = n->next) {
        int64_t i;
        double d;
        if (n->expr->kind == SQL_INTEGER && !text_take_i64(n->expr->text, &i))
            make_literal_fault(m, n->expr->span, "Invalid numeric literal", n->expr->text);
        if (n->expr->kind == SQL_FLOAT && (!text_take_double(n->expr->text, &d) || !isfinite(d)))
            make_literal_fault(m, n->expr->span, "Number overflows DOUBLE", n->expr->text);
    }
}

/* ---- references ---------------------------------------------------------------------------- */

SqlExpr *make_column_ref(Make *m, SqlName qualifier, SqlName n)
{
    int begin = qualifier.text.ptr ? qualifier.span.begin : n.span.begin;
    SqlExpr *e = new_expr(m, SQL_COLUMN, begin, n.span.end);
    e->qualifier = qualifier;
    e->name = n;
    return e;
}

SqlExpr *make_star(Make *m, SqlName qualifier, Token star)
{
    int begin = qualifier.text.ptr ? qualifier.span.begin : star.begin;
    SqlExpr *e = new_expr(m, SQL_STAR, begin, star.end);
    e->qualifier = qualifier;
    return e;
}

SqlExpr *make_struct_all(Make *m, SqlExpr *base, Token star)
{
    SqlExpr *e = new_expr(m, SQL_STRUCT_ALL, base->span.begin, star.end);
    return set_three(m, e, base, NULL, NULL);
}

SqlExpr *make_index(Make *m, SqlExpr *base, SqlExpr *index, Token end)
{
    SqlExpr *e = new_expr(m, SQL_INDEX, base->span.begin, end.end);
    return set_three(m, e, base, index, NULL);
}

SqlExpr *make_field(Make *m, SqlExpr *base, SqlName field)
{
    SqlExpr *e = new_expr(m, SQL_FIELD, base->span.begin, field.span.end);
    e->name = field;
    return set_three(m, e, base, NULL, NULL);
}

/* ---- operators and predicates -------------------------------------------------------------- */

SqlExpr *make_binary(Make *m, SqlOp op, SqlExpr *left, SqlExpr *right)
{
    SqlExpr *e = new_expr(m, SQL_BINARY, left->span.begin, right->span.end);
    e->op = op;
    return set_three(m, e, left, right, NULL);
}

SqlExpr *make_is_null(Make *m, SqlExpr *v, int negated, Token end)
{
    SqlExpr *e = new_expr(m, SQL_IS_NULL, v->span.begin, end.end);
    e->negated = negated;
    return set_three(m, e, v, NULL, NULL);
}

SqlExpr *make_between(Make *m, SqlExpr *v, int negated, SqlExpr *low, SqlExpr *high)
{
    SqlExpr *e = new_expr(m, SQL_BETWEEN, v->span.begin, high->span.end);
    e->negated = negated;
    return set_three(m, e, v, low, high);
}

SqlExpr *make_in(Make *m, SqlExpr *v, int negated, List *list, Token end)
{
    SqlExpr *e = new_expr(m, SQL_IN, v->span.begin, end.end);
    e->negated = negated;
    return set_list(m, e, list_put_first(m, v, list));
}

SqlExpr *make_like(Make *m, SqlExpr *v, int negated, SqlExpr *pattern)
{
    SqlExpr *e = new_expr(m, SQL_LIKE, v->span.begin, pattern->span.end);
    e->negated = negated;
    return set_three(m, e, v, pattern, NULL);
}

SqlExpr *make_like_escape(Make *m, SqlExpr *v, int negated, SqlExpr *pattern, Token escape)
{
    SqlExpr *e = make_like(m, v, negated, pattern);
    e->text = make_string(m, escape);
    e->span.end = escape.end;
    return e;
}

SqlExpr *make_at_zone(Make *m, SqlExpr *v, Token zone)
{
    SqlExpr *e = new_expr(m, SQL_AT_ZONE, v->span.begin, zone.end);
    e->text = make_string(m, zone);
    return set_three(m, e, v, NULL, NULL);
}

/* ---- words with brackets ------------------------------------------------------------------- */

SqlExpr *make_case(Make *m, Token begin, SqlExpr *operand, List *whens, SqlExpr *other, Token end)
{
    SqlExpr *e = new_expr(m, SQL_CASE, begin.begin, end.end);
    return set_list(m, e, list_put_expr(m, list_put_first(m, operand, whens), other));
}

SqlExpr *make_cast(Make *m, Token begin, SqlExpr *v, SqlType *t, Token end)
{
    SqlExpr *e = new_expr(m, SQL_CAST, begin.begin, end.end);
    e->type = t;
    return set_three(m, e, v, NULL, NULL);
}

SqlExpr *make_list(Make *m, SqlExprKind kind, Token begin, List *args, Token end)
{
    return set_list(m, new_expr(m, kind, begin.begin, end.end), args);
}

SqlExpr *make_struct(Make *m, Token begin, Pairs *fields, Token end)
{
    SqlExpr *e = new_expr(m, SQL_STRUCT, begin.begin, end.end);
    if (!fields)
        return e;
    e->names = (SqlName *)fields->names.items;
    e->name_count = fields->names.count;
    return set_list(m, e, &fields->values);
}

/* Functions know no case, quoted or not (statements.md 1.2). */
SqlExpr *make_call(Make *m, SqlName n, List *args, List *lambdas, Token end)
{
    SqlExpr *e = new_expr(m, SQL_CALL, n.span.begin, end.end);
    e->name = n;
    e->name.text = make_upper(m, n.text);
    for (int i = 0; lambdas && i < lambdas->count; i++)
        list_put_expr(m, args, ((SqlExpr **)lambdas->items)[i]);
    return set_list(m, e, args);
}

SqlExpr *make_call_star(Make *m, SqlName n, Token star, Token end)
{
    return make_call(m, n, list_put_expr(m, NULL, make_star(m, SQL_NO_NAME, star)), NULL, end);
}

SqlExpr *make_lambda(Make *m, Span begin, List *names, SqlExpr *body)
{
    SqlExpr *e = new_expr(m, SQL_LAMBDA, begin.begin, body->span.end);
    e->names = (SqlName *)names->items;
    e->name_count = names->count;
    return set_three(m, e, body, NULL, NULL);
}
