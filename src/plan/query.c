/* query.c: plan_query: one statement through all phases, in the order of statements.md 19.
 *
 * Each phase is a file of its own; what is here is their order, and the few nodes that are not
 * worth a file: WHERE, the table before an aggregation, the table at the end, LIMIT. */
#include "plan/plan_int.h"

/* ---- before the query itself ----------------------------------------------------------------- */

static const char *kind_word(bool is_table)
{
    return is_table ? "table" : "stream";
}

static Rc check_new_name(Planner *p)
{
    const SqlStatement *s = p->stmt;
    const CatalogSource *old = catalog_find_source(p->catalog, s->name.text);
    if (!old)
        return 0;
    if (s->or_replace && old->read_only)
        return err_at(p->err, ERR_STATEMENT, s->name.span,
                      "Cannot add %s '%.*s': CREATE OR REPLACE is not supported on source %ss.",
                      kind_word(s->is_table), STR_ARG(s->name.text), kind_word(s->is_table));
    if (s->or_replace)
        return err_not_built(p->err, "CREATE OR REPLACE of a query");
    return err_at(p->err, ERR_STATEMENT, s->name.span,
                  "Cannot add %s '%.*s': A %s with the same name already exists",
                  kind_word(s->is_table), STR_ARG(s->name.text), kind_word(old->is_table));
}

static Rc open_target(Planner *p)
{
    const SqlStatement *s = p->stmt;
    p->target = catalog_find_source(p->catalog, s->name.text);
    if (!p->target)
        return err_at(p->err, ERR_STATEMENT, s->name.span, "%sSource `%.*s` does not exist.",
                      names_place(p, s->name.span), STR_ARG(s->name.text));
    if (p->target->is_table)
        return err_at(p->err, ERR_STATEMENT, s->name.span,
                      "INSERT INTO can only be used to insert into a stream. %.*s is a table.",
                      STR_ARG(s->name.text));
    if (p->target->read_only)
        return err_at(p->err, ERR_STATEMENT, s->name.span,
                      "Cannot insert into read-only stream: %.*s", STR_ARG(s->name.text));
    const Schema *t = p->target->schema;
    if (t->count && t->columns[t->count - 1].role == ROLE_HEADER)
        return err_at(p->err, ERR_STATEMENT, s->name.span,
                      "Cannot insert into %.*s because it has header columns",
                      STR_ARG(s->name.text));
    return 0;
}

/* LIMIT is a bare whole number; only queries that end by themselves or by a user's hand have one.
 */
Rc plan_read_limit(const SqlQuery *q, int64_t *limit, Err *err)
{
    *limit = -1;
    if (!q->limit)
        return 0;
    const SqlExpr *e = q->limit;
    if (e->kind != SQL_INTEGER || !text_take_i64(e->text, limit))
        return err_at(err, ERR_STATEMENT, e->span,
                      "Failed to prepare statement: Value must be integer for command: LIMIT");
    return 0;
}

static Rc check_limit(Planner *p, int64_t *limit)
{
    Rc rc = plan_read_limit(p->q, limit, p->err);
    if (rc || !p->q->limit)
        return rc;
    if (p->persistent)
        return err_at(p->err, ERR_STATEMENT, p->q->limit->span,
                      "%s statements don't support LIMIT clause.",
                      p->kind == PLAN_CTAS     ? "CREATE TABLE AS SELECT"
                      : p->kind == PLAN_INSERT ? "INSERT INTO SELECT"
                                               : "CREATE STREAM AS SELECT");
    if (*limit < 0)
        return err_at(p->err, ERR_STATEMENT, p->q->limit->span, "LIMIT must not be negative.");
    return 0;
}

static Rc check_windowed_tables(Planner *p)
{
    for (int i = 0; i < p->from_count && p->persistent; i++)
        if (p->from[i].source->is_table && p->from[i].source->schema->window != WINDOW_NONE)
            return err_at(p->err, ERR_STATEMENT, p->q->span,
                          "KSQL does not support persistent queries on windowed tables.");
    return 0;
}

/* ---- the phases ------------------------------------------------------------------------------ */

typedef Rc Phase(Planner *p);

static Rc run(Planner *p, Phase *const *phases)
{
    Rc rc = 0;
    for (; *phases && !rc; phases++)
        rc = (*phases)(p);
    return rc;
}

static Rc choose_key(Planner *p)
{
    join_choose_key(p);
    return 0;
}

/* Names, shapes and rules: nothing is typed yet. */
static Phase *const analysis[] = {
    names_open_sources,
    names_check,
    join_check,
    items_check_reserved,
    items_resolve_clauses,
    items_expand,
    group_check,
    check_windowed_tables,
    choose_key,
    sink_formats,
    NULL,
};

/* An aggregation over a table has to know what each row was before. So has a query that shows rows
 * as they pass its condition: the delete of a row that it never showed is none of its business. */
static Rc materialize_input(Planner *p)
{
    bool filtered = !p->persistent && p->where;
    if ((!p->q->has_group_by && !filtered) || !p->node->is_table || p->node->old_known)
        return 0;
    if (p->node->schema->window == WINDOW_SESSION)
        p->not_built = p->not_built ? p->not_built : "state by session windows";
    p->node = node_new(p->arena, NODE_MATERIALIZE, p->node, NULL);
    p->node->old_known = true;
    return 0;
}

/* What a query shows are rows: a stream's record without a value is none (8.1). A condition that
 * every row satisfies turns those away. */
static bool shows_rows(const Planner *p)
{
    return !p->persistent && !p->node->is_table && !p->q->has_group_by && p->join_count == 0;
}

static Rc plan_where(Planner *p)
{
    Expr *condition;
    Rc rc = 0;
    if (!p->where && !shows_rows(p))
        return 0;
    if (p->where)
        rc = scope_predicate(p, p->where, p->node->schema, "WHERE", &condition);
    else
        condition = expr_const(p->arena, &(Value){.type = &type_boolean, .b = true});
    if (rc)
        return rc;
    p->node = node_new(p->arena, NODE_FILTER, p->node, NULL);
    node_exprs(p->arena, p->node, 1);
    p->node->exprs[0] = condition;
    return 0;
}

static Rc refuse_unbuilt(Planner *p)
{
    if (p->not_built)
        return err_not_built(p->err, "%s", p->not_built);
    if (with_has(&p->with, WITH_KEY_SCHEMA_ID) || with_has(&p->with, WITH_VALUE_SCHEMA_ID))
        return err_not_built(p->err, "schema ids");
    Rc rc = p->persistent ? with_not_built(&p->key_format, &p->value_format, p->err) : 0;
    return rc ? rc : with_time_not_built(&p->with, p->err);
}

/* The result of a table query can be asked for: it is kept by its aggregation, or at the end. */
static Rc materialize_output(Planner *p)
{
    const PlanNode *n = p->node;
    while (n->input_count == 1 && n->kind != NODE_AGGREGATE)
        n = n->inputs[0];
    if (p->kind != PLAN_CTAS || n->kind == NODE_AGGREGATE)
        return 0;
    p->node = node_new(p->arena, NODE_MATERIALIZE, p->node, NULL);
    p->node->old_known = true;
    return 0;
}

/* Nodes from the source up, typed as they are made; then what the result must be. */
static Phase *const planning[] = {
    join_plan,         materialize_input, plan_where,           group_plan,
    project_rekey,     project_bind,      sink_check_timestamp, keys_check,
    sink_check_result, project_plan,      sink_check,           join_check_partitions,
    group_check_state, refuse_unbuilt,    materialize_output,   NULL,
};

static Rc open_statement(Planner *p, const SqlStatement *s)
{
    Rc rc = 0;
    p->stmt = s;
    p->q = s->query;
    p->kind = s->kind == STMT_CREATE_AS      ? (s->is_table ? PLAN_CTAS : PLAN_CSAS)
              : s->kind == STMT_INSERT_QUERY ? PLAN_INSERT
                                             : PLAN_PUSH;
    p->persistent = p->kind != PLAN_PUSH;
    if (p->persistent)
        rc = with_read(&p->with, &s->with, p->kind == PLAN_INSERT ? IN_INSERT : IN_AS, p->arena,
                       p->err);
    if (!rc && p->kind == PLAN_INSERT)
        rc = open_target(p);
    if (!rc && (p->kind == PLAN_CSAS || p->kind == PLAN_CTAS))
        rc = check_new_name(p);
    return rc;
}

static void add_limit(Planner *p, int64_t limit)
{
    if (limit < 0)
        return;
    p->node = node_new(p->arena, NODE_LIMIT, p->node, NULL);
    p->node->limit = limit;
}

static Str statement_text(Arena *a, const SqlStatement *s)
{
    Buf text;
    buf_init(&text);
    sql_print(&text, s);
    Str copy = arena_str(a, buf_str(&text));
    buf_fini(&text);
    return copy;
}

Rc plan_query(const Catalog *c, const World *w, const SqlStatement *s, Arena *a, Plan **out,
              Err *err)
{
    *out = NULL;
    if (s->if_not_exists && !s->or_replace && catalog_find_source(c, s->name.text))
        return 0;
    Planner p = {.catalog = c, .world = w, .arena = a, .err = err, .key_ref = REF_NONE};
    int64_t limit = -1;
    Plan *plan = ARENA_NEW(a, Plan);
    Rc rc = open_statement(&p, s);
    if (!rc)
        rc = check_limit(&p, &limit);
    if (!rc)
        rc = run(&p, analysis);
    if (!rc)
        rc = run(&p, planning);
    if (rc)
        return rc;
    add_limit(&p, limit);
    plan->kind = p.kind;
    plan->query_id = STR_NULL;
    plan->statement = statement_text(a, s);
    rc = sink_plan(&p, plan);
    if (rc)
        return rc;
    plan_finish(plan, a);
    *out = plan;
    return 0;
}
