/* tree.c: bound expressions as trees: making, comparing, checking, and which columns they read.
 *
 * Nodes are immutable once made and may be shared between parents. Meaning is given by bind*.c
 * (typing) and by the kernels; expr_check says which trees have a meaning at all. */
#include "expr/expr_int.h"

#include <assert.h>

const char *const pseudo_names[PSEUDO_COUNT] = {
    [PSEUDO_ROWTIME] = "ROWTIME",     [PSEUDO_ROWPARTITION] = "ROWPARTITION",
    [PSEUDO_ROWOFFSET] = "ROWOFFSET", [PSEUDO_WINDOWSTART] = "WINDOWSTART",
    [PSEUDO_WINDOWEND] = "WINDOWEND",
};

const char *const expr_kind_names[EXPR_KIND_COUNT] = {
    [EXPR_COLUMN] = "column",   [EXPR_PSEUDO] = "pseudo", [EXPR_CONST] = "const",
    [EXPR_CALL] = "call",       [EXPR_ARITH] = "arith",   [EXPR_COMPARE] = "compare",
    [EXPR_AND] = "and",         [EXPR_OR] = "or",         [EXPR_NOT] = "not",
    [EXPR_IS_NULL] = "is_null", [EXPR_IN] = "in",         [EXPR_LIKE] = "like",
    [EXPR_CASE] = "case",       [EXPR_CAST] = "cast",
};

const Type *pseudo_type(Pseudo p)
{
    return p == PSEUDO_ROWPARTITION ? &type_integer : &type_bigint;
}

int pseudo_find(Str name)
{
    for (int p = 0; p < PSEUDO_COUNT; p++) {
        if (str_eq(name, str_of(pseudo_names[p])))
            return p;
    }
    return -1;
}

/* ---- makers ---------------------------------------------------------------------------------- */

Expr *expr_make(Arena *a, ExprKind kind, const Type *type, Expr *const *args, int count)
{
    Expr *e = ARENA_NEW(a, Expr);
    e->kind = kind;
    e->type = type;
    e->escape = -1;
    e->span = SPAN_NONE;
    e->arg_count = count;
    e->args = ARENA_ARRAY(a, Expr *, count + 1);
    if (count)
        memcpy(e->args, args, sizeof *args * (size_t)count);
    return e;
}

Expr *expr_column(Arena *a, int index, const Type *type)
{
    Expr *e = expr_make(a, EXPR_COLUMN, type, NULL, 0);
    e->index = index;
    return e;
}

Expr *expr_pseudo(Arena *a, Pseudo p)
{
    Expr *e = expr_make(a, EXPR_PSEUDO, pseudo_type(p), NULL, 0);
    e->index = (int)p;
    return e;
}

Expr *expr_const(Arena *a, const Value *v)
{
    Expr *e = expr_make(a, EXPR_CONST, v->type, NULL, 0);
    e->constant = value_copy(a, v);
    e->type = e->constant.type;
    return e;
}

Expr *expr_null(Arena *a, const Type *type)
{
    Value v = value_null(type);
    return expr_const(a, &v);
}

Expr *expr_cast(Arena *a, Expr *e, const Type *to, bool implicit)
{
    Expr *cast = expr_make(a, EXPR_CAST, to, &e, 1);
    cast->implicit = implicit;
    cast->span = e->span;
    return cast;
}

bool expr_is_null_literal(const Expr *e)
{
    return e->kind == EXPR_CONST && e->type->kind == TYPE_NULL;
}

/* ---- questions ------------------------------------------------------------------------------- */

static bool same_call(const FuncMatch *x, const FuncMatch *y)
{
    return x->row == y->row && x->overload == y->overload;
}

static bool same_node(const Expr *x, const Expr *y)
{
    if (x->kind != y->kind || x->arg_count != y->arg_count || !type_eq(x->type, y->type) ||
        x->op != y->op || x->negated != y->negated || x->implicit != y->implicit ||
        x->index != y->index || x->escape != y->escape)
        return false;
    if (x->kind == EXPR_CONST)
        return value_eq(&x->constant, &y->constant);
    return x->kind != EXPR_CALL || same_call(&x->match, &y->match);
}

bool expr_equal(const Expr *x, const Expr *y)
{
    if (x == y)
        return true;
    if (!same_node(x, y))
        return false;
    for (int i = 0; i < x->arg_count; i++) {
        if (!expr_equal(x->args[i], y->args[i]))
            return false;
    }
    return true;
}

void expr_mark_columns(const Expr *e, bool *used)
{
    if (e->kind == EXPR_COLUMN)
        used[e->index] = true;
    for (int i = 0; i < e->arg_count; i++)
        expr_mark_columns(e->args[i], used);
}

bool expr_decimal_is_narrow(const Type *t)
{
    return t->kind != TYPE_DECIMAL || type_repr(t) == REPR_I128;
}

/* ---- which trees have a meaning -------------------------------------------------------------- */

bool expr_comparable(SqlOp op, const Type *x, const Type *y)
{
    bool order = op >= SQL_OP_LT && op <= SQL_OP_GE;
    if (op < SQL_OP_EQ || op > SQL_OP_NOT_DISTINCT)
        return false;
    if (!expr_decimal_is_narrow(x) || !expr_decimal_is_narrow(y))
        return false;
    if (x->kind == TYPE_DECIMAL || y->kind == TYPE_DECIMAL) {
        TypeKind other = x->kind == TYPE_DECIMAL ? y->kind : x->kind;
        return other == TYPE_DECIMAL || other == TYPE_DOUBLE;
    }
    if (!type_eq(x, y) || x->kind == TYPE_NULL)
        return false;
    return !order || (type_repr(x) != REPR_BOX && x->kind != TYPE_BOOLEAN);
}

static bool check_arith(const Expr *e)
{
    const Type *t = e->type, *x = e->arg_count ? e->args[0]->type : NULL;
    if (e->op == SQL_OP_NEG)
        return e->arg_count == 1 && type_eq(t, x) && type_is_numeric(t) &&
               expr_decimal_is_narrow(t);
    if (e->arg_count != 2 || e->op > SQL_OP_MOD)
        return false;
    const Type *y = e->args[1]->type;
    if (t->kind == TYPE_STRING)
        return e->op == SQL_OP_ADD && type_eq(t, x) && type_eq(t, y);
    if (t->kind != TYPE_DECIMAL)
        return type_is_numeric(t) && type_eq(t, x) && type_eq(t, y);
    if (x->kind != TYPE_DECIMAL || y->kind != TYPE_DECIMAL)
        return false;
    Arena a;
    arena_init(&a, 512);
    const Type *want;
    bool ok = arith_result(&a, e->op, x, y, &want, NULL) == 0 && type_eq(want, t);
    arena_fini(&a);
    return ok;
}

static bool check_case(const Expr *e)
{
    if (e->arg_count < 3 || e->arg_count % 2 == 0)
        return false;
    for (int i = 0; i < e->arg_count; i++) {
        bool when = i % 2 == 0 && i + 1 < e->arg_count;
        if (!type_eq(e->args[i]->type, when ? &type_boolean : e->type))
            return false;
    }
    return true;
}

static bool check_call(const Expr *e)
{
    Arena a;
    arena_init(&a, 1024);
    const Type **types = ARENA_ARRAY(&a, const Type *, e->arg_count + 1);
    for (int i = 0; i < e->arg_count; i++)
        types[i] = e->args[i]->type;
    FuncMatch m;
    bool ok = e->match.overload && e->match.overload->kernel &&
              func_match(&a, e->match.row, e->match.overload, types, e->arg_count, &m) &&
              type_eq(m.result, e->type);
    arena_fini(&a);
    return ok;
}

/* All arguments BOOLEAN, or all of one type with the first. */
static bool check_args(const Expr *e, int count, const Type *want)
{
    if (count ? e->arg_count != count : e->arg_count < 2)
        return false;
    for (int i = 0; i < e->arg_count; i++) {
        if (!type_eq(e->args[i]->type, want))
            return false;
    }
    return true;
}

static bool check_node(const Expr *e)
{
    bool is_boolean = e->type->kind == TYPE_BOOLEAN;
    switch (e->kind) {
    case EXPR_COLUMN:
        return e->index >= 0 && e->type->kind != TYPE_NULL;
    case EXPR_PSEUDO:
        return e->index >= 0 && e->index < PSEUDO_COUNT && type_eq(e->type, pseudo_type(e->index));
    case EXPR_CONST:
        return type_eq(e->type, e->constant.type);
    case EXPR_CALL:
        return check_call(e);
    case EXPR_ARITH:
        return check_arith(e);
    case EXPR_COMPARE:
        return is_boolean && e->arg_count == 2 &&
               expr_comparable(e->op, e->args[0]->type, e->args[1]->type);
    case EXPR_AND:
    case EXPR_OR:
        return is_boolean && check_args(e, 2, &type_boolean);
    case EXPR_NOT:
        return is_boolean && check_args(e, 1, &type_boolean);
    case EXPR_IS_NULL:
        return is_boolean && e->arg_count == 1 && e->args[0]->type->kind != TYPE_NULL;
    case EXPR_IN:
        return is_boolean && e->arg_count >= 2 && check_args(e, 0, e->args[0]->type) &&
               expr_comparable(SQL_OP_EQ, e->args[0]->type, e->args[0]->type);
    case EXPR_LIKE:
        return is_boolean && check_args(e, 2, &type_string);
    case EXPR_CASE:
        return check_case(e);
    case EXPR_CAST:
        return e->arg_count == 1 && cast_kernel(e->args[0]->type, e->type);
    case EXPR_KIND_COUNT:
        break;
    }
    return false;
}

bool expr_check(const Expr *e)
{
    for (int i = 0; i < e->arg_count; i++) {
        /* An untyped NULL stands alone or not at all. */
        if (e->args[i]->type->kind == TYPE_NULL || !expr_check(e->args[i]))
            return false;
    }
    return check_node(e);
}
