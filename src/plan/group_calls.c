/* group_calls.c: the aggregate calls of a query: found, checked, bound (statements.md 2.9).
 *
 * Equal calls are one. Arguments become columns of the GROUPBY node, cast to what the function
 * takes; each distinct argument is computed once. */
#include "plan/plan_int.h"

/* Arguments that have to be literals: from the second on, or the last one. */
typedef struct LiteralArgs {
    const char *name;
    bool last;
} LiteralArgs;

static const LiteralArgs literal_args[] = {
    {"EARLIEST_BY_OFFSET", false},
    {"LATEST_BY_OFFSET", false},
    {"TOPK", true},
    {"TOPKDISTINCT", true},
};

/* Aggregates whose state is a list, map or struct in the dialect: a value format without such types
 * refuses them, whatever our own state looks like. */
static const char *const nested_state[] = {
    "ATTR",
    "AVG",
    "COLLECT_LIST",
    "COLLECT_SET",
    "CORRELATION",
    "COUNT_DISTINCT",
    "EARLIEST_BY_OFFSET",
    "HISTOGRAM",
    "LATEST_BY_OFFSET",
    "STDDEV_SAMP",
    "STDDEV_SAMPLE",
    "STDDEV_POP",
    "TOPK",
    "TOPKDISTINCT",
    NULL,
};

typedef struct Finder {
    Planner *p;
    const SqlExpr *inside; /* the aggregate call around, or NULL */
    const SqlExpr *nested, *bound;
} Finder;

static bool see_inside(void *ctx, const SqlExpr *e)
{
    Finder *f = ctx;
    if (e != f->inside && names_calls(e, FUNC_AGGREGATE))
        f->nested = f->inside;
    Ref r = names_ref(f->p, e);
    const Schema *s = r.from >= 0 ? f->p->from[r.from].source->schema : NULL;
    if (s && r.column >= s->count + PSEUDO_WINDOWSTART && s->window == WINDOW_NONE)
        f->bound = e;
    return true;
}

static Rc check_call(Planner *p, const SqlExpr *e)
{
    Finder f = {.p = p, .inside = e};
    names_walk(e, see_inside, &f);
    if (f.nested)
        return err_at(p->err, ERR_STATEMENT, e->span, "Aggregate functions can not be nested: %s",
                      names_print(p, names_plain(p, e)));
    if (f.bound)
        return err_at(p->err, ERR_STATEMENT, f.bound->span,
                      "Window bounds column %.*s can only be used in the SELECT clause of windowed "
                      "aggregations",
                      STR_ARG(f.bound->name.text));
    return 0;
}

static Rc add_call(Planner *p, const SqlExpr *full)
{
    SqlExpr *expr = names_internal(p, full);
    for (int i = 0; i < p->call_count; i++)
        if (sql_equal_expr(p->calls[i].expr, expr))
            return 0;
    Rc rc = check_call(p, full);
    if (rc)
        return rc;
    if (p->call_count == p->call_cap) {
        int cap = p->call_cap ? 2 * p->call_cap : 8;
        AggCall *calls = ARENA_ARRAY(p->arena, AggCall, cap);
        if (p->call_count)
            memcpy(calls, p->calls, sizeof *calls * (size_t)p->call_count);
        p->calls = calls;
        p->call_cap = cap;
    }
    p->calls[p->call_count++] = (AggCall){.full = (SqlExpr *)full, .expr = expr};
    return 0;
}

/* Every aggregate call of a full tree, outermost ones only. */
Rc group_collect(Planner *p, const SqlExpr *e)
{
    if (!e)
        return 0;
    if (names_calls(e, FUNC_AGGREGATE))
        return add_call(p, e);
    Rc rc = 0;
    for (int i = 0; i < e->arg_count && !rc; i++)
        rc = group_collect(p, e->args[i]);
    return rc;
}

/* ---- binding --------------------------------------------------------------------------------- */

static bool is_literal(const SqlExpr *e)
{
    return e->kind <= SQL_TYPED ||
           (e->kind == SQL_UNARY && e->op == SQL_OP_NEG && is_literal(e->args[0]));
}

static Rc check_literals(Planner *p, const SqlExpr *call)
{
    for (size_t k = 0; k < sizeof literal_args / sizeof literal_args[0]; k++) {
        const LiteralArgs *row = &literal_args[k];
        if (!str_eq_nocase(call->name.text, str_of(row->name)))
            continue;
        for (int i = row->last && call->arg_count > 1 ? call->arg_count - 1 : 1;
             i < call->arg_count; i++)
            if (!is_literal(call->args[i]))
                return err_at(
                    p->err, ERR_STATEMENT, call->args[i]->span,
                    "Parameter %d passed to function %.*s must be a literal constant, but "
                    "was expression: '%s'",
                    i + 1, STR_ARG(call->name.text), names_print(p, call->args[i]));
    }
    return 0;
}

/* An argument as a column of the GROUPBY node, computed once however often it is used. */
static int argument_column(Planner *p, PlanNode *group, Expr *e)
{
    for (int i = group->schema->key_count; i < group->expr_count; i++)
        if (expr_equal(group->exprs[i], e))
            return i;
    Str name =
        items_unique(p, group->schema->columns, group->schema->count,
                     e->kind == EXPR_COLUMN ? group->inputs[0]->schema->columns[e->index].name
                                            : STR_LIT("ARGUMENT"));
    group->exprs[group->expr_count] = e;
    node_column(group->schema, name, e->type, ROLE_VALUE);
    return group->expr_count++;
}

/* COUNT() and COUNT(*), which arrives as COUNT(ROWTIME): rows are counted, never NULL. */
static bool counts_rows(const SqlExpr *call, Expr *const *args, int count)
{
    return str_eq_nocase(call->name.text, STR_LIT("COUNT")) &&
           (count == 0 ||
            (count == 1 && args[0]->kind == EXPR_PSEUDO && args[0]->index == PSEUDO_ROWTIME));
}

static Rc resolve_call(Planner *p, const SqlExpr *call, Expr **args, int count, FuncMatch *match)
{
    const FuncRow *row = names_function(call, FUNC_AGGREGATE);
    const Type **types = ARENA_ARRAY(p->arena, const Type *, count);
    for (int i = 0; i < count; i++)
        types[i] = args[i]->type;
    Rc rc = func_resolve(p->arena, row, call->name.text, types, count, match, p->err);
    for (int i = 0; i < count && !rc; i++)
        if (!type_eq(types[i], match->param_types[i]))
            rc = expr_coerce(p->arena, args[i], match->param_types[i], &args[i], p->err);
    return rc;
}

/* Rows whose group is NULL never arrive, so counting the rows is counting the first key column. */
static Rc bind_row_count(Planner *p, const PlanNode *group, AggCall *c)
{
    FuncMatch match;
    const Type *type = group->schema->columns[0].type;
    Rc rc = func_resolve(p->arena, names_function(c->expr, FUNC_AGGREGATE), c->expr->name.text,
                         &type, 1, &match, p->err);
    if (rc)
        return rc;
    c->agg = (PlanAgg){.func = match.row,
                       .overload = match.overload,
                       .args = ARENA_ARRAY(p->arena, int, 1),
                       .arg_count = 1,
                       .result = match.result};
    return 0;
}

/* Bind one call over the rows below `group`, whose schema grows by the arguments. */
static Rc bind_call(Planner *p, PlanNode *group, AggCall *c)
{
    int count = c->expr->arg_count;
    Expr **args = ARENA_ARRAY(p->arena, Expr *, count);
    FuncMatch match;
    Rc rc = check_literals(p, c->expr);
    for (int i = 0; i < count && !rc; i++)
        rc = scope_bind(p, c->expr->args[i], group->inputs[0]->schema, "SELECT", &args[i]);
    if (!rc && !names_function(c->expr, FUNC_AGGREGATE))
        rc = err_not_built(p->err, "function %s", func_unbuilt(c->expr->name.text, FUNC_AGGREGATE));
    if (!rc && counts_rows(c->expr, args, count))
        return bind_row_count(p, group, c);
    if (!rc)
        rc = resolve_call(p, c->expr, args, count, &match);
    if (rc)
        return rc;
    c->agg = (PlanAgg){.func = match.row,
                       .overload = match.overload,
                       .args = ARENA_ARRAY(p->arena, int, count),
                       .arg_count = count,
                       .result = match.result};
    for (int i = 0; i < count; i++)
        c->agg.args[i] = argument_column(p, group, args[i]);
    return 0;
}

static Rc check_undo(Planner *p, const PlanNode *group)
{
    Buf names;
    int count = 0;
    buf_init(&names);
    for (int i = 0; i < p->call_count && group->is_table; i++)
        if (!p->calls[i].agg.overload->agg->undo)
            buf_printf(&names, "%s%.*s", count++ ? ", " : "", STR_ARG(p->calls[i].expr->name.text));
    Rc rc = 0;
    if (count)
        rc = err_at(
            p->err, ERR_STATEMENT, p->q->span,
            "The aggregation function(s) (%s) cannot be applied to a table source, only to a "
            "stream source.",
            buf_cstr(&names));
    buf_fini(&names);
    return rc;
}

Rc group_bind_calls(Planner *p, PlanNode *group)
{
    Rc rc = 0;
    for (int i = 0; i < p->call_count && !rc; i++)
        rc = bind_call(p, group, &p->calls[i]);
    return rc ? rc : check_undo(p, group);
}

/* The most columns the arguments can take. */
int group_argument_count(const Planner *p)
{
    int n = 0;
    for (int i = 0; i < p->call_count; i++)
        n += p->calls[i].expr->arg_count;
    return n;
}

Rc group_check_state(Planner *p)
{
    const char *format = p->value_format.format->name;
    if (strcmp(format, "DELIMITED") != 0 && strcmp(format, "KAFKA") != 0)
        return 0;
    for (int i = 0; i < p->call_count; i++)
        for (const char *const *name = nested_state; *name; name++)
            if (str_eq_nocase(str_of(*name), str_of(p->calls[i].agg.func->name)))
                return err_at(p->err, ERR_STATEMENT, p->q->span,
                              "One of the functions used in the statement has an intermediate type "
                              "that the value format can not handle. Please remove the function or "
                              "change the format.");
    return 0;
}
