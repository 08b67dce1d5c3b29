/* group.c: GROUP BY, WINDOW and HAVING: what may be asked, and the nodes (statements.md 7.2
 * to 7.4).
 *
 *   [MATERIALIZE] -> GROUPBY -> [EXCHANGE] -> AGGREGATE -> [FILTER]
 *
 * A table is materialised first, because its groups need to forget the old row. Rows whose key is
 * already the group stay where they are. */
#include "plan/plan_int.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static Rc refuse(Planner *p, Span span, const char *text)
{
    return err_at(p->err, ERR_STATEMENT, span, "%s", text);
}

/* ---- may it be asked? ------------------------------------------------------------------------ */

static bool find_function(void *ctx, const SqlExpr *e)
{
    const SqlExpr **found = ctx;
    if (!*found && names_calls(e, FUNC_AGGREGATE))
        *found = e;
    return true;
}

static const SqlExpr *find_aggregate(const SqlExpr *e)
{
    const SqlExpr *found = NULL;
    names_walk(e, find_function, &found);
    return found;
}

static Rc no_aggregate(Planner *p, const SqlExpr *e, const char *clause)
{
    const SqlExpr *call = find_aggregate(e);
    if (!call)
        return 0;
    return err_at(p->err, ERR_STATEMENT, call->span,
                  "%s does not support aggregate functions: %.*s is an aggregate function.", clause,
                  STR_ARG(call->name.text));
}

static bool find_table_function(void *ctx, const SqlExpr *e)
{
    const SqlExpr **found = ctx;
    if (!*found && names_calls(e, FUNC_TABLE))
        *found = e;
    return true;
}

static bool find_unknown_function(void *ctx, const SqlExpr *e)
{
    const SqlExpr **found = ctx;
    bool known = e->kind != SQL_CALL || names_calls(e, FUNC_SCALAR) ||
                 names_calls(e, FUNC_AGGREGATE) || names_calls(e, FUNC_TABLE);
    if (!*found && !known)
        *found = e;
    return true;
}

/* Before the rules of aggregation: what is no function at all is no aggregate either. */
static Rc check_functions_exist(Planner *p)
{
    const SqlExpr *found = NULL;
    for (int i = 0; i < p->item_count; i++)
        names_walk(p->items[i].full, find_unknown_function, &found);
    if (p->having)
        names_walk(p->having, find_unknown_function, &found);
    if (!found)
        return 0;
    return err_at(p->err, ERR_STATEMENT, found->span,
                  "Can't find any functions with the name '%.*s'", STR_ARG(found->name.text));
}

static Rc check_table_functions(Planner *p)
{
    const SqlExpr *found = NULL;
    bool tables = true;
    for (int i = 0; i < p->item_count; i++)
        names_walk(p->items[i].full, find_table_function, &found);
    if (!found)
        return 0;
    for (int i = 0; i < p->from_count; i++)
        tables = tables && p->from[i].source->is_table;
    if (p->call_count)
        return refuse(p, found->span, "Table functions cannot be used with aggregations.");
    if (tables)
        return refuse(p, found->span, "Table source is not supported with table functions");
    p->not_built = p->not_built ? p->not_built : "table functions";
    return 0;
}

/* Built from grouping expressions, aggregates and literals alone? *bad: the column that is not. */
static bool is_covered(const Planner *p, const SqlExpr *e, const SqlExpr **bad)
{
    if (!e)
        return true;
    for (int i = 0; i < p->group_count; i++)
        if (sql_equal_expr(e, p->groups[i]))
            return true;
    if (names_calls(e, FUNC_AGGREGATE))
        return true;
    if (e->kind == SQL_COLUMN) {
        int pseudo = pseudo_find(e->name.text);
        bool bound = pseudo == PSEUDO_WINDOWSTART || pseudo == PSEUDO_WINDOWEND;
        if (bound && p->q->window.kind != WINDOW_NONE)
            return true;
        *bad = e;
        return false;
    }
    if (e->kind == SQL_LAMBDA)
        return true; /* parameters look like columns; binding finds the rest */
    for (int i = 0; i < e->arg_count; i++)
        if (!is_covered(p, e->args[i], bad))
            return false;
    return true;
}

static Rc check_covered_items(Planner *p)
{
    Buf list;
    int count = 0;
    const SqlExpr *bad;
    buf_init(&list);
    for (int i = 0; i < p->item_count; i++)
        if (!is_covered(p, p->items[i].expr, &bad))
            buf_printf(&list, "%s%s", count++ ? ", " : "", names_print(p, p->items[i].expr));
    Rc rc = 0;
    if (count)
        rc = err_at(p->err, ERR_STATEMENT, p->q->span,
                    "Non-aggregate SELECT expression(s) not part of GROUP BY: %s\nEither add the "
                    "column(s) to the GROUP BY or remove them from the SELECT.",
                    buf_cstr(&list));
    buf_fini(&list);
    return rc;
}

static Rc check_covered_having(Planner *p)
{
    const SqlExpr *bad;
    if (!p->having || is_covered(p, p->having, &bad))
        return 0;
    return err_at(p->err, ERR_STATEMENT, bad->span,
                  "Non-aggregate HAVING expression not part of GROUP BY: %s", names_print(p, bad));
}

static Rc check_groups(Planner *p)
{
    for (int i = 0; i < p->group_count; i++) {
        Rc rc = no_aggregate(p, p->groups[i], "GROUP BY");
        if (rc)
            return rc;
        for (int k = 0; k < i; k++)
            if (sql_equal_expr(p->groups[i], p->groups[k]))
                return err_at(p->err, ERR_STATEMENT, p->groups[i]->span,
                              "Duplicate GROUP BY expression: %s",
                              names_print(p, p->groups_full[i]));
    }
    return 0;
}

static Rc check_ungrouped(Planner *p)
{
    const SqlQuery *q = p->q;
    Rc rc = 0;
    if (q->has_partition_by)
        for (int i = 0; i < p->group_count && !rc; i++)
            rc = no_aggregate(p, p->groups[i], "PARTITION BY");
    if (rc)
        return rc;
    if (p->call_count) {
        rc = check_covered_items(p);
        Buf names;
        buf_init(&names);
        for (int i = 0; i < p->call_count; i++)
            buf_printf(&names, "%s%s", i ? ", " : "", names_print(p, p->calls[i].expr));
        if (!rc)
            rc = err_at(p->err, ERR_STATEMENT, q->span,
                        "%s statement does not support aggregate function [%s] without a GROUP BY "
                        "clause.",
                        p->kind == PLAN_CTAS   ? "CREATE TABLE AS SELECT"
                        : p->kind == PLAN_CSAS ? "CREATE STREAM AS SELECT"
                                               : "SELECT",
                        buf_cstr(&names));
        buf_fini(&names);
        return rc;
    }
    if (q->window.kind != WINDOW_NONE)
        return refuse(p, q->window.span, "WINDOW clause requires a GROUP BY clause.");
    if (p->having)
        return refuse(p, p->having->span, "HAVING clause requires a GROUP BY clause.");
    return 0;
}

static Rc collect_calls(Planner *p)
{
    Rc rc = 0;
    for (int i = 0; i < p->item_count && !rc; i++)
        rc = group_collect(p, p->items[i].full);
    if (!rc && p->having_full)
        rc = group_collect(p, p->having_full);
    return rc;
}

static Rc check_emit_final(Planner *p)
{
    if (p->q->emit != EMIT_FINAL)
        return 0;
    if (p->q->window.kind == WINDOW_NONE)
        return refuse(p, p->q->span, "EMIT FINAL is only supported for windowed aggregations.");
    p->not_built = p->not_built ? p->not_built : "EMIT FINAL";
    return 0;
}

Rc group_check(Planner *p)
{
    const SqlQuery *q = p->q;
    Rc rc = check_functions_exist(p);
    if (!rc)
        rc = collect_calls(p);
    if (!rc && p->where)
        rc = no_aggregate(p, p->where, "WHERE");
    for (int i = 0; i < p->join_count && !rc; i++)
        rc = no_aggregate(p, p->joins[i].on, "JOIN ON");
    if (!rc)
        rc = check_table_functions(p);
    if (rc)
        return rc;
    if (!q->has_group_by)
        rc = check_ungrouped(p);
    else if ((rc = check_groups(p)) == 0 && p->call_count == 0)
        rc = refuse(p, q->span,
                    "GROUP BY requires aggregate functions in either the SELECT or HAVING clause.");
    if (!rc && q->has_group_by)
        rc = check_covered_items(p);
    if (!rc && q->has_group_by)
        rc = check_covered_having(p);
    if (!rc)
        rc = check_emit_final(p);
    if (!rc && q->has_group_by)
        rc = join_check_value_formats(p, "GROUP BY");
    return rc;
}

/* ---- the window ------------------------------------------------------------------------------ */

static void note_unbuilt_window(Planner *p, WindowKind kind)
{
    const char *what = kind == WINDOW_HOPPING   ? "HOPPING windows"
                       : kind == WINDOW_SESSION ? "SESSION windows"
                                                : NULL;
    p->not_built = p->not_built ? p->not_built : what;
}

static Rc check_window(Planner *p, const PlanNode *n)
{
    const SqlWindow *w = &p->q->window;
    int64_t most = catalog_get_int(p->catalog, "oxbow.windows.per.record.max");
    if (n->inputs[0]->is_table)
        return refuse(p, w->span,
                      "WINDOW clause is not supported on tables: only streams have events "
                      "that fall into windows.");
    if (n->size_ms <= 0)
        return refuse(p, w->span, "The size of a window must be greater than zero.");
    if (w->kind == WINDOW_HOPPING && (n->advance_ms <= 0 || n->advance_ms > n->size_ms))
        return refuse(p, w->span,
                      "ADVANCE BY must be greater than zero and at most the SIZE of the window.");
    if (w->kind == WINDOW_HOPPING && n->size_ms / n->advance_ms > most)
        return err_at(p->err, ERR_LIMIT, w->span,
                      "One record would fall into %lld windows; the limit is %lld. SET "
                      "'oxbow.windows.per.record.max' to allow it.",
                      (long long)(n->size_ms / n->advance_ms), (long long)most);
    if (n->retention_ms < n->size_ms + n->grace_ms)
        return err_at(p->err, ERR_STATEMENT, w->span,
                      "RETENTION must be at least SIZE and GRACE PERIOD together: %lld ms.",
                      (long long)(n->size_ms + n->grace_ms));
    return 0;
}

/* Lengths of time saturate, so that a sum of absurd ones cannot overflow. */
static int64_t clamp_ms(int64_t ms)
{
    return ms > INT64_MAX / 4 ? INT64_MAX / 4 : ms;
}

static Rc set_window(Planner *p, PlanNode *n)
{
    const SqlWindow *w = &p->q->window;
    if (w->kind == WINDOW_NONE)
        return 0;
    n->window = w->kind;
    n->size_ms = clamp_ms(sql_duration_ms(&w->size));
    n->advance_ms = w->kind == WINDOW_HOPPING ? clamp_ms(sql_duration_ms(&w->advance)) : n->size_ms;
    if (w->grace.given)
        n->grace_ms = clamp_ms(sql_duration_ms(&w->grace));
    else if (p->q->emit != EMIT_FINAL && n->size_ms < DAY_MS)
        n->grace_ms = DAY_MS - n->size_ms;
    n->retention_ms =
        w->retention.given ? clamp_ms(sql_duration_ms(&w->retention)) : n->size_ms + n->grace_ms;
    n->schema->window = w->kind;
    n->schema->window_size_ms = w->kind == WINDOW_SESSION ? 0 : n->size_ms;
    note_unbuilt_window(p, w->kind);
    return check_window(p, n);
}

/* ---- nodes ----------------------------------------------------------------------------------- */

/* Alias in the projection, else the column's or the field's name, else a generated one (7.3). */
static Str group_name(Planner *p, int group)
{
    const SqlExpr *e = p->groups[group];
    for (int i = 0; i < p->item_count; i++)
        if (sql_equal_expr(p->items[i].expr, e))
            return p->items[i].name;
    return e->kind == SQL_COLUMN || e->kind == SQL_FIELD ? e->name.text : items_generate(p);
}

static Str call_name(Planner *p, const AggCall *c)
{
    for (int i = 0; i < p->item_count; i++)
        if (sql_equal_expr(p->items[i].expr, c->expr))
            return p->items[i].name;
    return c->expr->name.text;
}

/* Are the rows where they belong already? Only a stream's: a table's old and new group both travel.
 */
static bool is_grouped_by_key(const PlanNode *group)
{
    const PlanNode *below = group->inputs[0];
    if (below->is_table || group->schema->key_count != below->schema->key_count)
        return false;
    for (int i = 0; i < group->schema->key_count; i++)
        if (group->exprs[i]->kind != EXPR_COLUMN || group->exprs[i]->index != i)
            return false;
    return true;
}

static Rc plan_groupby(Planner *p, PlanNode **out)
{
    int cap = p->group_count + group_argument_count(p);
    PlanNode *n = node_new(p->arena, NODE_GROUPBY, p->node, NULL);
    n->schema = node_schema(p->arena, cap);
    node_exprs(p->arena, n, cap);
    n->expr_count = 0;
    Rc rc = 0;
    for (int i = 0; i < p->group_count && !rc; i++) {
        Expr *e;
        rc = scope_bind(p, p->groups[i], p->node->schema, "GROUP BY", &e);
        if (rc)
            break;
        if (e->type->kind == TYPE_NULL)
            rc = refuse(p, p->groups[i]->span, "GROUP BY NULL has no groups. Name an expression.");
        Str name = items_unique(p, n->schema->columns, i, group_name(p, i));
        n->exprs[n->expr_count++] = e;
        node_column(n->schema, name, e->type, ROLE_KEY);
    }
    if (!rc)
        rc = group_bind_calls(p, n);
    n->key_format = format_for_keys(p, p->key_format, n->schema);
    *out = n;
    return rc;
}

static void plan_aggregate(Planner *p, PlanNode *below)
{
    PlanNode *n = node_new(p->arena, NODE_AGGREGATE, below, NULL);
    const Schema *in = below->schema;
    n->schema = node_schema(p->arena, in->key_count + p->call_count);
    for (int i = 0; i < in->key_count; i++)
        node_column(n->schema, in->columns[i].name, in->columns[i].type, ROLE_KEY);
    n->aggs = ARENA_ARRAY(p->arena, PlanAgg, p->call_count);
    n->agg_count = p->call_count;
    for (int i = 0; i < p->call_count; i++) {
        n->aggs[i] = p->calls[i].agg;
        Str name =
            items_unique(p, n->schema->columns, n->schema->count, call_name(p, &p->calls[i]));
        node_column(n->schema, name, p->calls[i].agg.result, ROLE_VALUE);
    }
    n->is_table = n->old_known = true;
    p->node = n;
}

Rc group_plan(Planner *p)
{
    PlanNode *group;
    Expr *having;
    if (!p->q->has_group_by)
        return 0;
    Rc rc = plan_groupby(p, &group);
    if (rc)
        return rc;
    bool stays = is_grouped_by_key(group);
    group->same_key = stays && format_same(&group->key_format, &group->inputs[0]->key_format);
    p->node = stays ? group : node_exchange(p, group, node_partitions(group));
    plan_aggregate(p, p->node);
    p->above = true;
    rc = set_window(p, p->node);
    if (rc || !p->having)
        return rc;
    rc = scope_predicate(p, p->having, p->node->schema, "HAVING", &having);
    if (rc)
        return rc;
    PlanNode *filter = node_new(p->arena, NODE_FILTER, p->node, NULL);
    node_exprs(p->arena, filter, 1);
    filter->exprs[0] = having;
    p->node = filter;
    return 0;
}
