/* pull_keys.c: how far a WHERE clause cuts down what a pull query has to read (statements.md 8.2).
 *
 * Works on the bound condition: which keys can satisfy it at all, and which window starts. Both are
 * generous (the condition itself is applied to every row that is fetched), so whatever is not
 * understood simply means "everything". */
#include "plan/plan_int.h"

enum { KEYS_MAX = 10000 };

typedef struct Keys { /* a set of key values; all: any key may do */
    bool all;
    const Value **items;
    int count;
} Keys;

static bool is_key(const Expr *e)
{
    return e->kind == EXPR_COLUMN && e->index == 0;
}

static bool is_constant(const Expr *e, const Type *t)
{
    return e->kind == EXPR_CONST && type_eq(e->type, t) && !e->constant.is_null;
}

static Keys one_key(Arena *a, const Expr *e)
{
    Keys k = {.items = ARENA_ARRAY(a, const Value *, 1), .count = 1};
    k.items[0] = &e->constant;
    return k;
}

static bool has_key(const Keys *k, const Value *v)
{
    for (int i = 0; i < k->count; i++)
        if (value_eq(k->items[i], v))
            return true;
    return false;
}

static Keys unite(Arena *a, Keys x, Keys y)
{
    if (x.all || y.all || x.count + y.count > KEYS_MAX)
        return (Keys){.all = true};
    Keys both = {.items = ARENA_ARRAY(a, const Value *, x.count + y.count)};
    for (int i = 0; i < x.count; i++)
        both.items[both.count++] = x.items[i];
    for (int i = 0; i < y.count; i++)
        if (!has_key(&both, y.items[i]))
            both.items[both.count++] = y.items[i];
    return both;
}

static Keys keys_of(Arena *a, const Expr *e)
{
    Keys k = {.all = true};
    if (e->kind == EXPR_COMPARE && e->op == SQL_OP_EQ) {
        for (int i = 0; i < 2; i++)
            if (is_key(e->args[i]) && is_constant(e->args[1 - i], e->args[i]->type))
                k = one_key(a, e->args[1 - i]);
    } else if (e->kind == EXPR_IN && !e->negated && is_key(e->args[0])) {
        k.all = false;
        for (int i = 1; i < e->arg_count; i++) {
            if (e->args[i]->kind == EXPR_CONST && e->args[i]->constant.is_null)
                continue; /* NULL matches nothing */
            bool fits = is_constant(e->args[i], e->args[0]->type);
            k = unite(a, k, fits ? one_key(a, e->args[i]) : (Keys){.all = true});
        }
    } else if (e->kind == EXPR_AND || e->kind == EXPR_OR) {
        k = keys_of(a, e->args[0]);
        for (int i = 1; i < e->arg_count; i++) {
            Keys other = keys_of(a, e->args[i]);
            if (e->kind == EXPR_OR)
                k = unite(a, k, other);
            else if (k.all)
                k = other; /* either side alone is generous enough */
        }
    }
    return k;
}

void pull_find_keys(Arena *a, PullPlan *p)
{
    p->key_count = -1;
    if (!p->filter || !p->source->is_table || p->source->schema->key_count != 1)
        return;
    Keys k = keys_of(a, p->filter);
    if (k.all)
        return;
    p->keys = ARENA_ARRAY(a, Value, k.count);
    p->key_count = k.count;
    for (int i = 0; i < k.count; i++)
        p->keys[i] = *k.items[i];
}

/* ---- window starts --------------------------------------------------------------------------- */

typedef struct Range {
    int64_t from, to;
} Range;

static const Range everything = {INT64_MIN, INT64_MAX};

static int64_t add_saturating(int64_t a, int64_t b)
{
    int64_t sum;
    if (!__builtin_add_overflow(a, b, &sum))
        return sum;
    return b < 0 ? INT64_MIN : INT64_MAX;
}

static Range range_of_comparison(SqlOp op, int64_t v)
{
    switch (op) {
    case SQL_OP_EQ:
    case SQL_OP_NOT_DISTINCT:
        return (Range){v, v};
    case SQL_OP_LT:
        return (Range){INT64_MIN, add_saturating(v, -1)};
    case SQL_OP_LE:
        return (Range){INT64_MIN, v};
    case SQL_OP_GT:
        return (Range){add_saturating(v, 1), INT64_MAX};
    case SQL_OP_GE:
        return (Range){v, INT64_MAX};
    default:
        return everything;
    }
}

static SqlOp mirror(SqlOp op)
{
    switch (op) {
    case SQL_OP_LT:
        return SQL_OP_GT;
    case SQL_OP_LE:
        return SQL_OP_GE;
    case SQL_OP_GT:
        return SQL_OP_LT;
    case SQL_OP_GE:
        return SQL_OP_LE;
    default:
        return op;
    }
}

/* WINDOWSTART op constant, either way round; WINDOWEND where the size is fixed. */
static Range comparison_range(const Expr *e, const Schema *s)
{
    for (int i = 0; i < 2; i++) {
        const Expr *bound = e->args[i], *c = e->args[1 - i];
        if (bound->kind != EXPR_PSEUDO || !is_constant(c, &type_bigint))
            continue;
        int64_t v = c->constant.i64;
        if (bound->index == PSEUDO_WINDOWEND && s->window != WINDOW_SESSION)
            v = add_saturating(v, -s->window_size_ms);
        else if (bound->index != PSEUDO_WINDOWSTART)
            continue;
        return range_of_comparison(i == 0 ? e->op : mirror(e->op), v);
    }
    return everything;
}

static Range range_of(const Expr *e, const Schema *s)
{
    if (e->kind == EXPR_COMPARE)
        return comparison_range(e, s);
    if (e->kind != EXPR_AND && e->kind != EXPR_OR)
        return everything;
    Range r = range_of(e->args[0], s);
    for (int i = 1; i < e->arg_count; i++) {
        Range other = range_of(e->args[i], s);
        bool wider = e->kind == EXPR_OR;
        if (wider ? other.from < r.from : other.from > r.from)
            r.from = other.from;
        if (wider ? other.to > r.to : other.to < r.to)
            r.to = other.to;
    }
    return r;
}

void pull_find_windows(PullPlan *p)
{
    const Schema *s = p->source->schema;
    Range r = p->filter && s->window != WINDOW_NONE ? range_of(p->filter, s) : everything;
    p->win_from = r.from;
    p->win_to = r.to;
}
