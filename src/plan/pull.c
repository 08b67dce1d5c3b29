/* pull.c: pull queries: SELECT without EMIT over the state of one table or the content of one
 * stream (statements.md 8.2, 16.7). */
#include "plan/plan_int.h"

static const char more[] = "See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if you "
                           "intended to issue a push query.";

/* ---- what a pull query cannot have ----------------------------------------------------------- */

static Rc check_clauses(Planner *p)
{
    const SqlQuery *q = p->q;
    const struct {
        bool there;
        const char *name;
    } clauses[] = {{q->join_count > 0, "JOIN"},
                   {q->window.kind != WINDOW_NONE, "WINDOW"},
                   {q->has_group_by, "GROUP BY"},
                   {q->has_partition_by, "PARTITION BY"},
                   {q->having != NULL, "HAVING"}};
    for (size_t i = 0; i < sizeof clauses / sizeof clauses[0]; i++)
        if (clauses[i].there)
            return err_at(p->err, ERR_STATEMENT, q->span,
                          "Pull queries don't support %s clauses. %s", clauses[i].name, more);
    return 0;
}

static Rc check_limit(Planner *p, int64_t *limit)
{
    Rc rc = plan_read_limit(p->q, limit, p->err);
    if (rc || !p->q->limit)
        return rc;
    if (!catalog_get_bool(p->catalog, "ksql.query.pull.limit.clause.enabled"))
        return err_at(p->err, ERR_STATEMENT, p->q->limit->span,
                      "LIMIT clause in pull queries is currently disabled. You can enable them by "
                      "setting ksql.query.pull.limit.clause.enabled=true. %s",
                      more);
    if (*limit < 0)
        return err_at(p->err, ERR_STATEMENT, p->q->limit->span,
                      "Pull queries don't support negative integers in the LIMIT clause.");
    return 0;
}

static Rc check_source(Planner *p)
{
    const CatalogSource *s = p->from[0].source;
    if (!catalog_get_bool(p->catalog, "ksql.query.pull.enable"))
        return err_at(p->err, ERR_STATEMENT, p->q->span,
                      "Pull queries are disabled by 'ksql.query.pull.enable'. %s", more);
    if (!s->is_table && !catalog_get_bool(p->catalog, "ksql.query.pull.stream.enabled"))
        return err_at(
            p->err, ERR_STATEMENT, p->q->span,
            "Pull queries on streams are disabled by 'ksql.query.pull.stream.enabled'. %s", more);
    if (s->is_table && !s->query_id.ptr && s->read_only)
        return err_not_built(p->err, "pull queries on source tables");
    if (s->is_table && !s->query_id.ptr)
        return err_at(p->err, ERR_STATEMENT, p->q->from.name.span,
                      "The `%.*s` table isn't queryable. To derive a queryable table, you can do "
                      "'CREATE TABLE QUERYABLE_%.*s AS SELECT * FROM %.*s'. See "
                      "https://cnfl.io/queries for more info.",
                      STR_ARG(s->name), STR_ARG(s->name), STR_ARG(s->name));
    return 0;
}

typedef struct PlaceOfRow { /* ROWPARTITION and ROWOFFSET: a row of a table has none */
    bool seen[PSEUDO_COUNT];
} PlaceOfRow;

static bool see_place(void *ctx, const SqlExpr *e)
{
    PlaceOfRow *place = ctx;
    int pseudo = e->kind == SQL_COLUMN ? pseudo_find(e->name.text) : -1;
    if (pseudo == PSEUDO_ROWPARTITION || pseudo == PSEUDO_ROWOFFSET)
        place->seen[pseudo] = true;
    return true;
}

static Rc refuse_place(Planner *p, const PlaceOfRow *place, const char *clause)
{
    bool both = place->seen[PSEUDO_ROWPARTITION] && place->seen[PSEUDO_ROWOFFSET];
    if (!place->seen[PSEUDO_ROWPARTITION] && !place->seen[PSEUDO_ROWOFFSET])
        return 0;
    return err_at(p->err, ERR_STATEMENT, p->q->span,
                  "Pull queries don't support the following columns in %s clauses: %s%s%s", clause,
                  place->seen[PSEUDO_ROWPARTITION] ? "`ROWPARTITION`" : "", both ? ", " : "",
                  place->seen[PSEUDO_ROWOFFSET] ? "`ROWOFFSET`" : "");
}

static Rc check_places(Planner *p)
{
    PlaceOfRow select = {0}, where = {0};
    for (int i = 0; i < p->q->item_count; i++)
        names_walk(p->q->items[i].expr, see_place, &select);
    names_walk(p->q->where, see_place, &where);
    Rc rc = refuse_place(p, &select, "SELECT");
    return rc ? rc : refuse_place(p, &where, "WHERE");
}

static bool see_function(void *ctx, const SqlExpr *e)
{
    const SqlExpr **found = ctx;
    if (names_calls(e, FUNC_AGGREGATE) || names_calls(e, FUNC_TABLE))
        *found = e;
    return true;
}

static Rc check_functions(Planner *p)
{
    const SqlExpr *found = NULL;
    for (int i = 0; i < p->item_count; i++)
        names_walk(p->items[i].full, see_function, &found);
    if (p->where)
        names_walk(p->where, see_function, &found);
    if (!found)
        return 0;
    return err_at(
        p->err, ERR_STATEMENT, found->span, "Pull queries don't support %s functions: %.*s. %s",
        names_calls(found, FUNC_TABLE) ? "table" : "aggregate", STR_ARG(found->name.text), more);
}

/* ---- the plan -------------------------------------------------------------------------------- */

static ColumnRole role_of(const Item *item, const CatalogSource *s)
{
    const Expr *e = item->bound;
    bool key = e->kind == EXPR_COLUMN && e->index < s->schema->key_count;
    bool bound =
        e->kind == EXPR_PSEUDO && (e->index == PSEUDO_WINDOWSTART || e->index == PSEUDO_WINDOWEND);
    return s->is_table && (key || bound) ? ROLE_KEY : ROLE_VALUE;
}

/* Columns in the order of the select list; the role alone marks keys, wherever they stand. */
static Rc make_schema(Planner *p, PullPlan *plan)
{
    plan->schema = node_schema(p->arena, p->item_count);
    plan->items = ARENA_ARRAY(p->arena, Expr *, p->item_count);
    for (int i = 0; i < p->item_count; i++) {
        const Item *item = &p->items[i];
        if (schema_find(plan->schema, item->name) >= 0)
            return err_at(p->err, ERR_STATEMENT, item->span,
                          "Duplicate value columns found in schema: `%.*s` %s", STR_ARG(item->name),
                          type_cstr(p->arena, item->bound->type));
        plan->items[i] = item->bound;
        plan->schema->columns[i] =
            (SchemaColumn){item->name, item->bound->type, role_of(item, plan->source), STR_NULL};
        plan->schema->count = i + 1;
    }
    while (plan->schema->key_count < plan->schema->count &&
           plan->schema->columns[plan->schema->key_count].role == ROLE_KEY)
        plan->schema->key_count++;
    return 0;
}

/* The dialect adds the condition to whatever is wrong with it. */
static Rc bind_where(Planner *p, PullPlan *plan)
{
    if (!p->where)
        return 0;
    Rc rc = scope_predicate(p, p->where, plan->source->schema, "WHERE", &plan->filter);
    if (!rc || rc == ERR_NOT_BUILT)
        return rc;
    const char *text = arena_strndup(p->arena, p->err->text, strlen(p->err->text));
    return err_at(p->err, rc, p->err->span, "%s\nStatement: %s", text, names_print(p, p->where));
}

static Rc make_plan(Planner *p, PullPlan *plan)
{
    plan->source = p->from[0].source;
    PlanNode *source = node_source(p, plan->source);
    p->node = source;
    Rc rc = bind_where(p, plan);
    if (!rc)
        rc = project_bind(p);
    if (!rc)
        rc = make_schema(p, plan);
    if (rc)
        return rc;
    pull_find_keys(p->arena, plan);
    pull_find_windows(plan);
    return pull_check_scan(p, plan);
}

Rc plan_pull(const Catalog *c, const World *w, const SqlStatement *s, Arena *a, PullPlan **out,
             Err *err)
{
    Planner p = {.catalog = c,
                 .world = w,
                 .stmt = s,
                 .q = s->query,
                 .arena = a,
                 .err = err,
                 .kind = PLAN_PULL,
                 .key_ref = REF_NONE};
    PullPlan *plan = ARENA_NEW(a, PullPlan);
    *out = NULL;
    Rc rc = check_clauses(&p);
    if (!rc)
        rc = check_limit(&p, &plan->limit);
    if (!rc)
        rc = names_open_sources(&p);
    if (!rc)
        rc = check_source(&p);
    if (!rc)
        rc = names_check(&p);
    if (!rc)
        rc = check_places(&p);
    if (!rc)
        rc = items_check_reserved(&p);
    if (!rc)
        rc = items_resolve_clauses(&p);
    if (!rc)
        rc = items_expand(&p);
    if (!rc)
        rc = check_functions(&p);
    if (!rc)
        rc = make_plan(&p, plan);
    if (!rc)
        *out = plan;
    return rc;
}
