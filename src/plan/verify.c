/* verify.c: does a plan hold together? Every plan passes here: those that planning has just made
 * (an assertion) and those that come back from a file (where it is the wall).
 *
 * After it, operators may rely on: inputs of the right number and kind, expressions whose columns
 * exist with the type they claim, schemas that fit from node to node, formats that are there. */
#include "plan/plan_int.h"

/* ---- expressions ----------------------------------------------------------------------------- */

static bool expr_fits(const Expr *e, const Schema *in)
{
    bool bound =
        e->kind == EXPR_PSEUDO && (e->index == PSEUDO_WINDOWSTART || e->index == PSEUDO_WINDOWEND);
    if (e->kind == EXPR_COLUMN &&
        (e->index < 0 || e->index >= in->count || !type_eq(e->type, in->columns[e->index].type)))
        return false;
    if (e->kind == EXPR_PSEUDO && (e->index < 0 || e->index >= PSEUDO_COUNT))
        return false;
    if (bound && in->window == WINDOW_NONE)
        return false;
    for (int i = 0; i < e->arg_count; i++)
        if (!expr_fits(e->args[i], in))
            return false;
    return true;
}

/* One expression per column of the node's schema, each of its type. */
static const char *check_columns(const PlanNode *n)
{
    const Schema *in = n->inputs[0]->schema;
    if (n->expr_count != n->schema->count)
        return "expressions and columns differ in number";
    for (int i = 0; i < n->expr_count; i++) {
        if (!expr_fits(n->exprs[i], in))
            return "an expression reads a column that is not there";
        if (!type_eq(n->exprs[i]->type, n->schema->columns[i].type))
            return "an expression is not of its column's type";
    }
    return NULL;
}

/* ---- schemas --------------------------------------------------------------------------------- */

static const char *check_schema(const Schema *s)
{
    if (s->count > LIMIT_COLUMNS * 2 || s->key_count < 0 || s->key_count > s->count)
        return "a schema has the wrong number of columns";
    if (s->window != WINDOW_NONE && s->key_count == 0)
        return "a window without a key";
    bool sized = s->window == WINDOW_TUMBLING || s->window == WINDOW_HOPPING;
    if (sized != (s->window_size_ms > 0))
        return "a window has the wrong size";
    for (int i = 0; i < s->count; i++) {
        const SchemaColumn *c = &s->columns[i];
        if (!c->name.ptr || c->name.len == 0 || c->type->kind == TYPE_NULL)
            return "a column has no name or no type";
        if ((c->role == ROLE_KEY) != (i < s->key_count))
            return "a column has the wrong role";
    }
    return NULL;
}

static bool same_types(const Schema *a, int a_from, const Schema *b, int b_from, int count)
{
    for (int i = 0; i < count; i++)
        if (!type_eq(a->columns[a_from + i].type, b->columns[b_from + i].type))
            return false;
    return true;
}

static bool format_fits(const FormatSpec *f, const Schema *s, bool is_key)
{
    if (!f->format || f->format->not_built)
        return false;
    int first = is_key ? 0 : s->key_count, count = is_key ? s->key_count : s->count - s->key_count;
    Err ignored = ERR_INIT;
    if (count == 0 || !f->format->check)
        return true;
    return f->format->check(f, s->columns + first, count, is_key, &ignored) == 0;
}

/* ---- node by node ---------------------------------------------------------------------------- */

const char *verify_source(const Wall *w, const PlanNode *n)
{
    (void)w;
    if (!n->source.len || !n->topic.len || n->partitions < 1 || !n->used)
        return "a source lacks its name, topic or columns";
    if (n->timestamp_column >= n->schema->count)
        return "a source's TIMESTAMP column does not exist";
    if (n->keyless != (n->schema->key_count == 0) || n->old_known)
        return "a source contradicts itself";
    if (!format_fits(&n->value_format, n->schema, false))
        return "a source's value format does not fit";
    return NULL;
}

const char *verify_filter(const Wall *w, const PlanNode *n)
{
    (void)w;
    if (n->expr_count != 1 || n->exprs[0]->type->kind != TYPE_BOOLEAN)
        return "a filter needs one condition";
    if (!expr_fits(n->exprs[0], n->schema))
        return "a condition reads a column that is not there";
    return NULL;
}

const char *verify_project(const Wall *w, const PlanNode *n)
{
    (void)w;
    const PlanNode *in = n->inputs[0];
    if (n->schema->key_count != in->schema->key_count || n->schema->window != in->schema->window)
        return "a projection changes the key";
    for (int i = 0; i < n->schema->key_count; i++)
        if (n->expr_count <= i || n->exprs[i]->kind != EXPR_COLUMN || n->exprs[i]->index != i)
            return "a projection computes a key";
    return check_columns(n);
}

const char *verify_computed(const Wall *w, const PlanNode *n)
{
    (void)w;
    return check_columns(n);
}

const char *verify_groupby(const Wall *w, const PlanNode *n)
{
    if (n->schema->key_count == 0)
        return "a grouping has no key";
    if (n->is_table && !n->old_known)
        return "a table is grouped whose old rows nobody knows";
    if (n->same_key && n->schema->key_count != n->inputs[0]->schema->key_count)
        return "a grouping keeps a key that is not its own";
    return verify_computed(w, n);
}

const char *verify_exchange(const Wall *w, const PlanNode *n)
{
    (void)w;
    return n->partitions < 1 ? "an exchange has no partitions" : NULL;
}

static const char *check_agg(const Wall *w, const PlanAgg *g, const Schema *in, const Type *column,
                             bool undo)
{
    const Type **types = ARENA_ARRAY(w->arena, const Type *, g->arg_count);
    FuncMatch match;
    Err ignored = ERR_INIT;
    for (int i = 0; i < g->arg_count; i++) {
        if (g->args[i] < 0 || g->args[i] >= in->count)
            return "an aggregate reads a column that is not there";
        types[i] = in->columns[g->args[i]].type;
    }
    if (func_resolve(w->arena, g->func, str_of(g->func->name), types, g->arg_count, &match,
                     &ignored) ||
        match.overload != g->overload || !type_eq(match.result, g->result) ||
        !type_eq(g->result, column))
        return "an aggregate does not fit its arguments";
    for (int i = 0; i < g->arg_count; i++)
        if (!type_eq(types[i], match.param_types[i]))
            return "an aggregate's argument is not of its type";
    return undo && !g->overload->agg->undo ? "an aggregate over a table cannot undo" : NULL;
}

const char *verify_aggregate(const Wall *w, const PlanNode *n)
{
    const PlanNode *in = n->inputs[0];
    int keys = n->schema->key_count;
    if (in->kind != NODE_GROUPBY && in->kind != NODE_EXCHANGE)
        return "an aggregation does not follow a grouping";
    if (keys == 0 || keys != in->schema->key_count || n->agg_count != n->schema->count - keys ||
        !same_types(n->schema, 0, in->schema, 0, keys))
        return "an aggregation has the wrong columns";
    if (n->schema->window != n->window)
        return "an aggregation contradicts its window";
    if (n->window != WINDOW_NONE && (in->is_table || n->size_ms < 1 || n->advance_ms < 1 ||
                                     n->advance_ms > n->size_ms || n->retention_ms < n->size_ms))
        return "a window makes no sense";
    for (int i = 0; i < n->agg_count; i++) {
        const char *why =
            check_agg(w, &n->aggs[i], in->schema, n->schema->columns[keys + i].type, in->is_table);
        if (why)
            return why;
    }
    return NULL;
}

const char *verify_join(const Wall *w, const PlanNode *n)
{
    (void)w;
    const PlanNode *left = n->inputs[0], *right = n->inputs[1];
    const Schema *l = left->schema, *r = right->schema;
    if (l->key_count != 1 || r->key_count != 1 || n->schema->key_count != 1 ||
        !same_types(l, 0, r, 0, 1))
        return "the sides of a join have different keys";
    if (!format_same(&left->key_format, &right->key_format))
        return "the sides of a join write their keys differently";
    if (n->schema->count != l->count + r->count - 1 || !same_types(n->schema, 0, l, 0, l->count) ||
        !same_types(n->schema, l->count, r, 1, r->count - 1))
        return "a join has the wrong columns";
    if (!right->is_table || left->is_table != (n->kind == NODE_TABLE_TABLE_JOIN))
        return "a join has the wrong sides";
    if (n->kind == NODE_STREAM_TABLE_JOIN && n->join != JOIN_INNER && n->join != JOIN_LEFT)
        return "a join of this kind does not exist";
    if (node_partitions(left) != node_partitions(right))
        return "the sides of a join have different partitions";
    return NULL;
}

const char *verify_materialize(const Wall *w, const PlanNode *n)
{
    (void)w;
    return n->inputs[0]->is_table && n->schema->key_count ? NULL : "a stream is kept as a table";
}

const char *verify_limit(const Wall *w, const PlanNode *n)
{
    (void)w;
    return n->limit < 0 ? "a limit is negative" : NULL;
}

const char *verify_sink(const Wall *w, const PlanNode *n)
{
    bool push = w->plan->kind == PLAN_PUSH;
    if (!n->sink.ptr || (n->sink.len == 0) != push || (n->topic.len == 0) != push)
        return "a sink lacks its name or topic";
    if (n->timestamp_column >= n->schema->count)
        return "a sink's TIMESTAMP column does not exist";
    for (int i = 0; i < n->shown_count; i++)
        if (n->shown[i] >= n->schema->count)
            return "a shown column does not exist";
    if (push)
        return n->shown ? NULL : "a push query shows nothing";
    if (n->partitions < 1)
        return "a sink has no partitions";
    return format_fits(&n->value_format, n->schema, false) ? NULL
                                                           : "a sink's value format does not fit";
}

/* ---- every node ------------------------------------------------------------------------------ */

static const char *check_table(const PlanNode *n, const PlanTraits *t)
{
    bool table = t->table == TABLE_YES, known = table;
    if (t->table == TABLE_ANY)
        return NULL;
    if (t->table == TABLE_AS_INPUT) {
        table = n->inputs[0]->is_table;
        known = n->inputs[0]->old_known;
    }
    return n->is_table == table && n->old_known == known ? NULL : "a table is taken for a stream";
}

static const char *check_node(const Wall *w, const PlanNode *n)
{
    const PlanTraits *t = plan_traits_of(n);
    if (n->input_count != t->inputs)
        return "a node has the wrong number of inputs";
    const char *why = check_schema(n->schema);
    if (!why && !format_fits(&n->key_format, n->schema, true))
        why = "a key format does not fit";
    if (!why && t->keeps == KEEPS_SCHEMA && !schema_eq(n->schema, n->inputs[0]->schema))
        why = "a node changes columns that it should hand on";
    if (!why && t->keeps != KEEPS_NOTHING &&
        !format_same(&n->key_format, &n->inputs[0]->key_format))
        why = "a node changes a key format that it should hand on";
    if (!why)
        why = check_table(n, t);
    if (!why && (n->kind == NODE_SINK) != (n == w->plan->root))
        why = "a plan ends in its one sink";
    return why ? why : t->check(w, n);
}

Rc plan_verify(const Plan *plan, Arena *a, Err *err)
{
    Wall w = {plan, a};
    for (int i = 0; i < plan->node_count; i++) {
        const char *why = check_node(&w, plan->nodes[i]);
        if (why)
            return err_set(err, ERR_KIND_FATAL, ERR_CORRUPT,
                           "the stored plan is damaged: node %d, %s: %s", i,
                           plan_node_names[plan->nodes[i]->kind], why);
    }
    return 0;
}
