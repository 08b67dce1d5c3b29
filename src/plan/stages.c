/* stages.c: a finished tree is numbered, its sources told which columns are read, and cut into
 * stages at its exchanges; which of its nodes keep state.
 *
 * Ids follow the tree from the sources to the sink, left input first, so the same statement over
 * the same catalog gives the same ids: they name state and changelogs for the life of the query. */
#include "plan/plan_int.h"

#include <assert.h>

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

static void mark(PlanNode *n, const bool *wanted, Arena *a);

static void mark_join(PlanNode *n, const bool *wanted, Arena *a)
{
    const Schema *l = n->inputs[0]->schema, *r = n->inputs[1]->schema;
    bool *right = ARENA_ARRAY(a, bool, r->count);
    for (int i = 0; i < r->key_count; i++)
        right[i] = true;
    for (int i = r->key_count; i < r->count; i++)
        right[i] = wanted[l->count + i - r->key_count];
    mark(n->inputs[0], wanted, a);
    mark(n->inputs[1], right, a);
}

/* What a node's own expressions read of its input. */
static void mark_read(const PlanNode *n, const bool *wanted, bool *below)
{
    const Schema *in = n->inputs[0]->schema;
    bool computes = n->kind == NODE_PROJECT || n->kind == NODE_REKEY || n->kind == NODE_GROUPBY;
    for (int i = 0; i < n->expr_count; i++)
        if (!computes || i < n->schema->key_count || wanted[i])
            expr_mark_columns(n->exprs[i], below);
    if (n->kind == NODE_AGGREGATE)
        for (int i = 0; i < n->agg_count; i++)
            for (int k = 0; k < n->aggs[i].arg_count; k++)
                below[n->aggs[i].args[k]] = true;
    for (int i = 0; i < in->count && !computes && n->kind != NODE_AGGREGATE; i++)
        below[i] = below[i] || wanted[i]; /* handed on as it is */
}

/* `wanted`: per column of n's schema; the first input of a join may have fewer. */
static void mark(PlanNode *n, const bool *wanted, Arena *a)
{
    if (n->kind == NODE_SOURCE) {
        for (int i = 0; i < n->schema->count; i++)
            n->used[i] = n->used[i] || wanted[i] || i < n->schema->key_count;
        if (n->timestamp_column >= 0)
            n->used[n->timestamp_column] = true;
        return;
    }
    if (n->input_count == 2) {
        mark_join(n, wanted, a);
        return;
    }
    const Schema *in = n->inputs[0]->schema;
    bool *below = ARENA_ARRAY(a, bool, in->count);
    mark_read(n, wanted, below);
    for (int i = 0; i < in->key_count; i++)
        below[i] = true;
    mark(n->inputs[0], below, a);
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
    assert(sound && "a plan of ours must pass the check that plans from outside have to pass");
    (void)sound;
}

/* ---- state ----------------------------------------------------------------------------------- */

/* As many as the operator declares states; a stream-table join keeps its right side only. */
int plan_store_count(PlanKind kind)
{
    switch (kind) {
    case NODE_AGGREGATE:
    case NODE_MATERIALIZE:
    case NODE_STREAM_TABLE_JOIN:
        return 1;
    case NODE_TABLE_TABLE_JOIN:
        return 2;
    default:
        return 0;
    }
}

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
    while (n->input_count == 1 && n->kind != NODE_AGGREGATE && n->kind != NODE_MATERIALIZE)
        n = n->inputs[0];
    return n->kind == NODE_AGGREGATE || n->kind == NODE_MATERIALIZE ? n : NULL;
}
