/* explain.c: a plan as text for people: the tree, the sink first, then its stages (statements.md
 * 13.3). Node names are those of the code, so what EXPLAIN says can be looked up. */
#include "plan/plan_int.h"

/* ---- repartition names ----------------------------------------------------------------------- */

static const PlanNode *user_of(const Plan *p, const PlanNode *n, int *port)
{
    for (int i = 0; i < p->node_count; i++)
        for (int k = 0; k < p->nodes[i]->input_count; k++)
            if (p->nodes[i]->inputs[k] == n) {
                *port = k;
                return p->nodes[i];
            }
    return NULL;
}

static bool is_join(const PlanNode *n)
{
    return plan_traits_of(n)->inputs == 2;
}

/* Joins inside other joins are told apart by an L_ for each one around them. */
static int joins_above(const Plan *p, const PlanNode *n)
{
    int count = 0, port;
    for (n = user_of(p, n, &port); n; n = user_of(p, n, &port))
        count += is_join(n);
    return count;
}

const char *plan_exchange_name(const Plan *p, const PlanNode *exchange, Arena *a)
{
    int port = 0;
    const PlanNode *user = user_of(p, exchange, &port);
    if (!user || !is_join(user))
        return "Aggregate-GroupBy-repartition";
    if (user->kind == NODE_TABLE_TABLE_JOIN || port == 1)
        return port ? "RightSourceKeyed-SelectKey-repartition"
                    : "LeftSourceKeyed-SelectKey-repartition";
    Buf name;
    buf_init(&name);
    for (int i = joins_above(p, user); i > 0; i--)
        buf_puts(&name, "L_");
    buf_puts(&name, "Join-repartition");
    const char *text = arena_strndup(a, buf_cstr(&name), name.len);
    buf_fini(&name);
    return text;
}

/* ---- one node -------------------------------------------------------------------------------- */

static void put_exprs(Buf *out, const PlanNode *n, int from, int to)
{
    for (int i = from; i < to; i++) {
        buf_puts(out, i > from ? ", " : "");
        expr_print(out, n->exprs[i], n->inputs[0]->schema);
        if (n->exprs[i]->kind == EXPR_COLUMN &&
            str_eq(n->inputs[0]->schema->columns[n->exprs[i]->index].name,
                   n->schema->columns[i].name))
            continue;
        buf_puts(out, " AS ");
        name_print(out, n->schema->columns[i].name, false);
    }
}

void explain_source(const Printer *p, const PlanNode *n)
{
    name_print(p->out, n->source, false);
    buf_printf(p->out, " from topic %.*s", STR_ARG(n->topic));
    if (n->timestamp_column >= 0) {
        buf_puts(p->out, ", time from ");
        name_print(p->out, n->schema->columns[n->timestamp_column].name, false);
    }
}

void explain_filter(const Printer *p, const PlanNode *n)
{
    expr_print(p->out, n->exprs[0], n->schema);
}

void explain_project(const Printer *p, const PlanNode *n)
{
    put_exprs(p->out, n, 0, n->expr_count);
}

void explain_keyed(const Printer *p, const PlanNode *n)
{
    int keys = n->schema->key_count;
    buf_puts(p->out, keys ? "by " : "no key");
    put_exprs(p->out, n, 0, keys);
    if (n->same_key)
        buf_puts(p->out, " (the key it has)");
}

void explain_exchange(const Printer *p, const PlanNode *n)
{
    buf_printf(p->out, "%s, %d partition%s", plan_exchange_name(p->plan, n, p->arena),
               n->partitions, n->partitions == 1 ? "" : "s");
}

void explain_aggregate(const Printer *p, const PlanNode *n)
{
    const Schema *in = n->inputs[0]->schema;
    for (int i = 0; i < n->agg_count; i++) {
        const PlanAgg *g = &n->aggs[i];
        buf_printf(p->out, "%s%s(", i ? ", " : "", g->func->name);
        for (int k = 0; k < g->arg_count; k++) {
            buf_puts(p->out, k ? ", " : "");
            name_print(p->out, in->columns[g->args[k]].name, false);
        }
        buf_puts(p->out, ")");
    }
    if (n->window == WINDOW_NONE)
        return;
    buf_printf(p->out, " in %s windows of %lld ms, grace %lld ms, kept %lld ms",
               window_kind_name(n->window), (long long)n->size_ms, (long long)n->grace_ms,
               (long long)n->retention_ms);
}

void explain_join(const Printer *p, const PlanNode *n)
{
    buf_puts(p->out, plan_join_word(n->join));
}

void explain_limit(const Printer *p, const PlanNode *n)
{
    buf_printf(p->out, "%lld", (long long)n->limit);
}

void explain_sink(const Printer *p, const PlanNode *n)
{
    if (n->sink.len == 0) {
        buf_puts(p->out, "to the client");
        return;
    }
    name_print(p->out, n->sink, false);
    buf_printf(p->out, " to topic %.*s as %s", STR_ARG(n->topic), n->value_format.format->name);
}

void explain_nothing(const Printer *p, const PlanNode *n)
{
    (void)p, (void)n;
}

/* The names under which the node keeps its state. */
static void put_states(Buf *out, const PlanTraits *t)
{
    for (int i = 0; i < 2 && t->states[i]; i++)
        buf_printf(out, "%s%s", i ? ", " : " | State: ", t->states[i]);
}

static void put_node(const Printer *p, const PlanNode *n, int depth)
{
    const PlanTraits *t = plan_traits_of(n);
    size_t before;
    buf_printf(p->out, "%*s> [ %s ] ", 2 * depth + 1, "", plan_node_names[n->kind]);
    before = p->out->len;
    t->put(p, n);
    buf_puts(p->out, p->out->len > before ? " | Schema: " : "| Schema: ");
    schema_print(p->out, n->schema);
    buf_printf(p->out, " | Key: %s", n->key_format.format->name);
    if (n->schema->window != WINDOW_NONE)
        buf_printf(p->out, ", %s", window_kind_name(n->schema->window));
    put_states(p->out, t);
    buf_putc(p->out, '\n');
    for (int i = 0; i < n->input_count; i++)
        put_node(p, n->inputs[i], depth + 1);
}

/* ---- stages ---------------------------------------------------------------------------------- */

static void put_stage(Buf *out, const PlanStage *s)
{
    buf_printf(out, "Stage %d, %d task%s: ", s->id, s->partitions, s->partitions == 1 ? "" : "s");
    for (int i = 0; i < s->node_count; i++) {
        const PlanNode *n = s->nodes[i];
        buf_printf(out, "%s%s", i ? ", " : "", plan_node_names[n->kind]);
        if (n->kind == NODE_SOURCE) {
            buf_putc(out, ' ');
            name_print(out, n->source, false);
        }
    }
    buf_putc(out, '\n');
}

void plan_print(Buf *out, const Plan *plan)
{
    Arena arena;
    arena_init(&arena, 0);
    Printer p = {out, plan, &arena};
    put_node(&p, plan->root, 0);
    for (int i = 0; i < plan->stage_count; i++)
        put_stage(out, &plan->stages[i]);
    arena_fini(&arena);
}
