/* stages.c: a finished tree is numbered, its sources told which columns are read, and cut into
 * stages at its exchanges; its states get their stores. What differs from kind to kind it asks
 * traits.c, whose mark_ functions live here.
 *
 * Ids follow the tree from the sources to the sink, left input first, so the same statement over
 * the same catalog gives the same ids: they name state and changelogs for the life of the query. */
#include "plan/plan_int.h"

#include <assert.h>
#include <stdio.h>

/* ---- numbering ------------------------------------------------------------------------------- */

static int count_nodes(const PlanNode *n)
{
    int count = 1;
    for (int i = 0; i < n->input_count; i++)
        count += count_nodes(n->inputs[i]);
    return count;
}

static void number_nodes(Plan *plan, PlanNode *n)
{
    for (int i = 0; i < n->input_count; i++)
        number_nodes(plan, n->inputs[i]);
    n->id = plan->node_count;
    plan->nodes[plan->node_count++] = n;
}

/* ---- columns that are read ------------------------------------------------------------------- */

void mark_source(PlanNode *n, const bool *wanted, bool *const *below)
{
    (void)below;
    for (int i = 0; i < n->schema->count; i++)
        n->used[i] = n->used[i] || wanted[i] || i < n->schema->key_count;
    if (n->timestamp_column >= 0)
        n->used[n->timestamp_column] = true;
}

/* The same columns above and below, and what a condition reads of them. */
void mark_handed_on(PlanNode *n, const bool *wanted, bool *const *below)
{
    for (int i = 0; i < n->schema->count; i++)
        below[0][i] = below[0][i] || wanted[i];
    for (int i = 0; i < n->expr_count; i++)
        expr_mark_columns(n->exprs[i], below[0]);
}

/* One expression per column: nobody computes what nobody wants, but keys. */
void mark_computed(PlanNode *n, const bool *wanted, bool *const *below)
{
    for (int i = 0; i < n->expr_count; i++)
        if (i < n->schema->key_count || wanted[i])
            expr_mark_columns(n->exprs[i], below[0]);
}

void mark_aggregate(PlanNode *n, const bool *wanted, bool *const *below)
{
    (void)wanted; /* its state holds every aggregate */
    for (int i = 0; i < n->agg_count; i++)
        for (int k = 0; k < n->aggs[i].arg_count; k++)
            below[0][n->aggs[i].args[k]] = true;
}

void mark_join(PlanNode *n, const bool *wanted, bool *const *below)
{
    const Schema *l = n->inputs[0]->schema, *r = n->inputs[1]->schema;
    for (int i = l->key_count; i < l->count; i++)
        below[0][i] = wanted[i];
    for (int i = r->key_count; i < r->count; i++)
        below[1][i] = wanted[l->count + i - r->key_count];
}

/* `wanted`: per column of n's schema. */
static void mark(PlanNode *n, const bool *wanted, Arena *a)
{
    bool *below[2] = {NULL, NULL};
    for (int i = 0; i < n->input_count; i++) {
        const Schema *in = n->inputs[i]->schema;
        below[i] = ARENA_ARRAY(a, bool, in->count);
        for (int k = 0; k < in->key_count; k++)
            below[i][k] = true;
    }
    plan_traits_of(n)->mark(n, wanted, below);
    for (int i = 0; i < n->input_count; i++)
        mark(n->inputs[i], below[i], a);
}

/* ---- stages ---------------------------------------------------------------------------------- */

/* All nodes of one stage, inputs before users; exchanges below it end other stages, which come
 * first. */
static void collect_stage(Plan *plan, PlanStage *stage, PlanNode *n, Arena *a);

static void cut(Plan *plan, PlanNode *last, Arena *a)
{
    PlanStage stage = {.nodes = ARENA_ARRAY(a, PlanNode *, plan->node_count)};
    if (last->kind == NODE_EXCHANGE)
        collect_stage(plan, &stage, last->inputs[0], a);
    else
        for (int i = 0; i < last->input_count; i++)
            collect_stage(plan, &stage, last->inputs[i], a);
    stage.nodes[stage.node_count++] = last;
    stage.partitions = node_partitions(last->kind == NODE_EXCHANGE ? last->inputs[0] : last);
    stage.id = plan->stage_count;
    plan->stages[plan->stage_count++] = stage;
}

static void collect_stage(Plan *plan, PlanStage *stage, PlanNode *n, Arena *a)
{
    if (n->kind == NODE_EXCHANGE) {
        cut(plan, n, a);
        return;
    }
    for (int i = 0; i < n->input_count; i++)
        collect_stage(plan, stage, n->inputs[i], a);
    stage->nodes[stage->node_count++] = n;
}

void plan_cut(Plan *plan, Arena *a)
{
    plan->stages = ARENA_ARRAY(a, PlanStage, plan->node_count);
    plan->stage_count = 0;
    cut(plan, plan->root, a);
}

void plan_finish(Plan *plan, Arena *a)
{
    plan->nodes = ARENA_ARRAY(a, PlanNode *, count_nodes(plan->root));
    plan->node_count = 0;
    number_nodes(plan, plan->root);
    bool *all = ARENA_ARRAY(a, bool, plan->root->schema->count);
    memset(all, 1, (size_t)plan->root->schema->count);
    mark(plan->root, all, a);
    plan_cut(plan, a);
    Err err = ERR_INIT;
    bool sound = plan_verify(plan, a, &err) == 0;
    if (!sound)
        fprintf(stderr, "%s\n", err.text);
    assert(sound && "a plan of ours must pass the check that plans from outside have to pass");
    (void)sound;
}

/* ---- state ----------------------------------------------------------------------------------- */

void plan_number_stores(Plan *p, Catalog *c)
{
    for (int i = 0; i < p->node_count; i++) {
        for (int k = 0; k < plan_store_count(p->nodes[i]->kind); k++)
            p->nodes[i]->store_id[k] = catalog_next_store(c);
    }
}

/* The state nearest to the sink from which its rows can be computed: everything between is
 * stateless. A join keeps its inputs, not its result. */
PlanNode *plan_queryable_node(const Plan *p)
{
    if (p->kind != PLAN_CTAS)
        return NULL;
    PlanNode *n = p->root;
    while (n->input_count == 1 && !plan_traits_of(n)->queryable)
        n = n->inputs[0];
    return plan_traits_of(n)->queryable ? n : NULL;
}
