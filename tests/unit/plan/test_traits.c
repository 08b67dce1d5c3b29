/* Every kind of node has a complete row in plan/traits.c, and a row that is not is told. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "plan/plan_int.h"

static void every_kind_has_a_complete_row(void **state)
{
    for (int k = 0; k < NODE_KIND_COUNT; k++) {
        const char *gap = plan_traits_gap(&plan_traits[k]);
        if (gap)
            fail_msg("plan_traits, row %s: %s", plan_node_names[k], gap);
        assert_int_equal(plan_store_count((PlanKind)k), !plan_traits[k].states[0]  ? 0
                                                        : plan_traits[k].states[1] ? 2
                                                                                   : 1);
    }
}

static void check_gap(PlanTraits t, const char *wanted)
{
    const char *gap = plan_traits_gap(&t);
    assert_non_null(gap);
    assert_string_equal(gap, wanted);
}

static void a_row_that_is_not_complete_is_told(void **state)
{
    PlanTraits t = plan_traits[NODE_FILTER];
    check_gap((PlanTraits){0}, "no check for verify.c"); /* a row that was forgotten */
    t.put = NULL;
    check_gap(t, "no put for explain.c");
    t = plan_traits[NODE_FILTER];
    t.mark = NULL;
    check_gap(t, "no mark for stages.c");
    t = plan_traits[NODE_FILTER];
    t.inputs = 3;
    check_gap(t, "a node has two inputs at most");
    t.inputs = 0;
    check_gap(t, "without an input there is nothing to keep");
    t = plan_traits[NODE_FILTER];
    t.queryable = true;
    check_gap(t, "no first state");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_a_complete_row),
        cmocka_unit_test(a_row_that_is_not_complete_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
