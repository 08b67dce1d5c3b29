/* traits.c: what each kind of node is: the one table that verify.c, explain.c and stages.c ask, so
 * that none of them has a list of kinds of its own.
 *
 * Owns the table and the word on whether a row of it is complete. Leaves the functions in it to the
 * file whose work they do: verify_ to verify.c, explain_ to explain.c, mark_ to stages.c. What a
 * node does with rows is its operator's (op/), whose states must agree with the ones named here. */
#include "plan/plan_int.h"

#include <assert.h>
#include <stdio.h>

const PlanTraits plan_traits[NODE_KIND_COUNT] = {
    [NODE_SOURCE] = {.inputs = 0,
                     .table = TABLE_ANY,
                     .check = verify_source,
                     .put = explain_source,
                     .mark = mark_source},
    [NODE_FILTER] = {.inputs = 1,
                     .keeps = KEEPS_SCHEMA,
                     .check = verify_filter,
                     .put = explain_filter,
                     .mark = mark_handed_on},
    [NODE_PROJECT] = {.inputs = 1,
                      .keeps = KEEPS_KEY_FORMAT,
                      .check = verify_project,
                      .put = explain_project,
                      .mark = mark_computed},
    [NODE_GROUPBY] = {.inputs = 1,
                      .check = verify_groupby,
                      .put = explain_keyed,
                      .mark = mark_computed},
    [NODE_REKEY] = {.inputs = 1,
                    .check = verify_computed,
                    .put = explain_keyed,
                    .mark = mark_computed},
    [NODE_EXCHANGE] = {.inputs = 1,
                       .keeps = KEEPS_SCHEMA,
                       .check = verify_exchange,
                       .put = explain_exchange,
                       .mark = mark_handed_on},
    [NODE_AGGREGATE] = {.inputs = 1,
                        .keeps = KEEPS_KEY_FORMAT,
                        .table = TABLE_YES,
                        .states = {"aggregate"},
                        .queryable = true,
                        .check = verify_aggregate,
                        .put = explain_aggregate,
                        .mark = mark_aggregate},
    [NODE_STREAM_TABLE_JOIN] = {.inputs = 2,
                                .table = TABLE_NO,
                                .states = {"right"},
                                .check = verify_join,
                                .put = explain_join,
                                .mark = mark_join},
    [NODE_TABLE_TABLE_JOIN] = {.inputs = 2,
                               .table = TABLE_YES,
                               .states = {"left", "right"},
                               .check = verify_join,
                               .put = explain_join,
                               .mark = mark_join},
    [NODE_MATERIALIZE] = {.inputs = 1,
                          .keeps = KEEPS_SCHEMA,
                          .table = TABLE_YES,
                          .states = {"table"},
                          .queryable = true,
                          .check = verify_materialize,
                          .put = explain_nothing,
                          .mark = mark_handed_on},
    [NODE_LIMIT] = {.inputs = 1,
                    .keeps = KEEPS_SCHEMA,
                    .check = verify_limit,
                    .put = explain_limit,
                    .mark = mark_handed_on},
    [NODE_SINK] = {.inputs = 1,
                   .keeps = KEEPS_SCHEMA,
                   .check = verify_sink,
                   .put = explain_sink,
                   .mark = mark_handed_on},
};

const char *plan_traits_gap(const PlanTraits *t)
{
    if (!t->check)
        return "no check for verify.c";
    if (!t->put)
        return "no put for explain.c";
    if (!t->mark)
        return "no mark for stages.c";
    if (t->inputs < 0 || t->inputs > 2)
        return "a node has two inputs at most";
    if (t->inputs == 0 && (t->keeps != KEEPS_NOTHING || t->table == TABLE_AS_INPUT))
        return "without an input there is nothing to keep";
    if (!t->states[0] && (t->states[1] || t->queryable))
        return "no first state";
    return NULL;
}

/* A row that was forgotten is all zero: better a sentence than a crash somewhere behind it. */
const PlanTraits *plan_traits_of(const PlanNode *n)
{
    const PlanTraits *t = &plan_traits[n->kind];
    const char *gap = plan_traits_gap(t);
    if (gap)
        fprintf(stderr, "plan_traits, row %s: %s\n", plan_node_names[n->kind], gap);
    assert(!gap && "every kind of node has a complete row in plan/traits.c");
    return t;
}

int plan_store_count(PlanKind kind)
{
    const PlanTraits *t = &plan_traits[kind];
    return (t->states[0] != NULL) + (t->states[1] != NULL);
}
