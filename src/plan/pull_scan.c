/* pull_scan.c: where whole tables may not be read, why a WHERE clause does not name its keys
 * (statements.md 16.7).
 *
 * Only the setting ksql.query.pull.table.scan.enabled = false leads here. The condition is taken
 * apart into disjuncts of conjuncts; the first disjunct that is no key lookup says why. */
#include "plan/plan_int.h"

enum { DISJUNCTS_MAX = 64 };

typedef struct Conjuncts {
    const SqlExpr **items;
    int count;
} Conjuncts;

typedef struct Disjuncts {
    Conjuncts items[DISJUNCTS_MAX];
    int count;
} Disjuncts;

static bool is_binary(const SqlExpr *e, SqlOp op)
{
    return e->kind == SQL_BINARY && e->op == op;
}

static Conjuncts append(Arena *a, Conjuncts x, Conjuncts y)
{
    Conjuncts both = {ARENA_ARRAY(a, const SqlExpr *, x.count + y.count), x.count + y.count};
    for (int i = 0; i < x.count; i++)
        both.items[i] = x.items[i];
    for (int i = 0; i < y.count; i++)
        both.items[x.count + i] = y.items[i];
    return both;
}

/* False when there are too many of them to be worth the words. */
static bool take_apart(Arena *a, const SqlExpr *e, Disjuncts *out)
{
    if (is_binary(e, SQL_OP_OR) || is_binary(e, SQL_OP_AND)) {
        Disjuncts *l = ARENA_NEW(a, Disjuncts), *r = ARENA_NEW(a, Disjuncts);
        if (!take_apart(a, e->args[0], l) || !take_apart(a, e->args[1], r))
            return false;
        if (is_binary(e, SQL_OP_OR)) {
            for (int i = 0; i < l->count + r->count && out->count < DISJUNCTS_MAX; i++)
                out->items[out->count++] = i < l->count ? l->items[i] : r->items[i - l->count];
            return l->count + r->count <= DISJUNCTS_MAX;
        }
        for (int i = 0; i < l->count; i++)
            for (int k = 0; k < r->count && out->count < DISJUNCTS_MAX; k++)
                out->items[out->count++] = append(a, l->items[i], r->items[k]);
        return l->count * r->count <= DISJUNCTS_MAX;
    }
    Conjuncts one = {ARENA_ARRAY(a, const SqlExpr *, 1), 1};
    one.items[0] = e;
    out->items[out->count++] = one;
    return true;
}

/* ---- one comparison -------------------------------------------------------------------------- */

static int key_of(const Planner *p, const SqlExpr *e)
{
    const Schema *s = p->from[0].source->schema;
    int at = e->kind == SQL_COLUMN ? schema_find(s, e->name.text) : -1;
    return at < s->key_count ? at : -1;
}

static bool see_column(void *ctx, const SqlExpr *e)
{
    bool *found = ctx;
    *found = *found || e->kind == SQL_COLUMN;
    return true;
}

static bool is_constant(const SqlExpr *e)
{
    bool found = false;
    names_walk(e, see_column, &found);
    return !found;
}

typedef struct Found { /* what one disjunct says of the keys */
    bool *bound;       /* [key_count] by = or IN */
    int lookups, ranges;
} Found;

static Rc refuse(Planner *p, const SqlExpr *e, const char *text)
{
    return err_at(p->err, ERR_STATEMENT, e->span, "%s %s", text,
                  "Query requires table scan to be enabled. SET "
                  "'ksql.query.pull.table.scan.enabled'='true' to allow it.");
}

static Rc look_at(Planner *p, const SqlExpr *e, Found *f)
{
    int key = -1;
    const SqlExpr *other = NULL;
    bool in = e->kind == SQL_IN && !e->negated;
    bool compares = e->kind == SQL_BINARY && e->op >= SQL_OP_EQ && e->op <= SQL_OP_GE;
    if (in)
        key = key_of(p, e->args[0]);
    for (int i = 0; compares && key < 0 && i < 2; i++) {
        key = key_of(p, e->args[i]);
        other = e->args[1 - i];
    }
    if (key < 0 && e->kind == SQL_LIKE && is_constant(e))
        return refuse(p, e, "Like condition must be between strings, one of them a column.");
    if (key < 0)
        return 0;
    for (int i = in ? 1 : 0; i < e->arg_count; i++)
        if ((in || e->args[i] == other) && !is_constant(e->args[i]))
            return refuse(p, e,
                          "A comparison must be between a key column and a resolvable expression.");
    bool lookup = in || e->op == SQL_OP_EQ;
    f->lookups += lookup;
    f->ranges += !lookup;
    if (lookup)
        f->bound[key] = true;
    return 0;
}

/* One bound on one text key can be read as a range of the table. */
static bool is_range_scan(const Planner *p, const Found *f)
{
    const Schema *s = p->from[0].source->schema;
    return s->key_count == 1 && s->columns[0].type->kind == TYPE_STRING && f->ranges == 1 &&
           s->window == WINDOW_NONE &&
           catalog_get_bool(p->catalog, "ksql.query.pull.range.scan.enabled");
}

static Rc check_disjunct(Planner *p, const Conjuncts *c, bool alone)
{
    const Schema *s = p->from[0].source->schema;
    Found f = {.bound = ARENA_ARRAY(p->arena, bool, s->key_count)};
    Rc rc = 0;
    int keys = 0;
    for (int i = 0; i < c->count && !rc; i++)
        rc = look_at(p, c->items[i], &f);
    if (rc)
        return rc;
    for (int i = 0; i < s->key_count; i++)
        keys += f.bound[i];
    if (s->key_count == 1 && f.lookups + f.ranges > 1)
        return refuse(p, c->items[0],
                      "A comparison condition on the key column cannot be combined with other "
                      "comparisons such as an IN predicate.");
    if (f.lookups + f.ranges == 0)
        return refuse(p, c->items[0],
                      arena_printf(p->arena, "WHERE clause missing key column for disjunct: %s.",
                                   names_print(p, c->items[0])));
    if (keys == s->key_count || (alone && is_range_scan(p, &f)))
        return 0;
    if (s->key_count > 1 && (keys > 0 || f.ranges < s->key_count))
        return refuse(p, c->items[0],
                      "Multi-column sources must specify every key in the WHERE clause.");
    Buf key;
    buf_init(&key);
    schema_print(&key, &(Schema){.columns = s->columns, .count = s->key_count});
    rc = refuse(p, c->items[0],
                arena_printf(p->arena, "Bound on key columns '[%s]' must currently be '='.",
                             buf_cstr(&key)));
    buf_fini(&key);
    return rc;
}

Rc pull_check_scan(Planner *p, const PullPlan *plan)
{
    bool allowed = catalog_get_bool(p->catalog, "ksql.query.pull.table.scan.enabled");
    if (allowed || !plan->source->is_table)
        return 0;
    if (!p->where)
        return err_at(p->err, ERR_STATEMENT, p->q->span,
                      "The query reads the whole table. Query requires table scan to be enabled.");
    Disjuncts *d = ARENA_NEW(p->arena, Disjuncts);
    Rc rc = 0;
    if (!take_apart(p->arena, p->where, d))
        return refuse(p, p->where, "The WHERE clause has too many alternatives.");
    for (int i = 0; i < d->count && !rc; i++)
        rc = check_disjunct(p, &d->items[i], d->count == 1);
    return rc;
}
