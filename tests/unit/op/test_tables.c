/* Materialize, and the operator to copy from. */
#include "harness.h"

static PlanNode *materialize(Rig *r, bool old_known)
{
    PlanNode *in = rig_input(r, "K STRING KEY, V INTEGER, S STRING", true, old_known);
    PlanNode *m = rig_over(r, NODE_MATERIALIZE, in, NULL);
    m->old_known = true;
    return m;
}

static void build_materialize(Rig *r)
{
    materialize(r, false);
}

static void test_materialize_knows_what_was_there(void **state)
{
    rig_check(
        build_materialize,
        "L a 1,x ? 5\nL a 2,y ? 3\nL b _,_ ? 4\nL a 2,y ? 6\nL b 3,z ? 7\nL a - ? 8\nL a 1,w ? 9\n",
        "a 1,x <- - @5\na 2,y <- 1,x @3\nb _,_ <- - @4\na 2,y <- 2,y @6\nb 3,z <- _,_ @7\n"
        "a - <- 2,y @8\na 1,w <- - @9\n");
}

static void test_materialize_suppresses_nothing(void **state)
{
    rig_check(build_materialize, "L a - ? 1\nL a - ? 2\nL a 1,x ? 3\nL a - ? 4\nL a - ? 5\n",
              "a - <- - @1\na - <- - @2\na 1,x <- - @3\na - <- 1,x @4\na - <- - @5\n");
}

static void build_materialize_known(Rig *r)
{
    materialize(r, true);
}

static void test_materialize_keeps_known_old_sides(void **state)
{
    rig_check(build_materialize_known, "L a 1,x - 1\nL a 2,y 1,x 2\nL a - 2,y 3\n",
              "a 1,x <- - @1\na 2,y <- 1,x @2\na - <- 2,y @3\n");
}

static void build_materialize_filter(Rig *r)
{
    PlanNode *m = materialize(r, false);
    rig_put_expr(r, rig_over(r, NODE_FILTER, m, NULL), rig_test(r, m, "V", SQL_OP_GT, 30));
}

static void test_filter_over_a_materialized_table(void **state)
{
    rig_check(build_materialize_filter,
              "L a 10,x ? 1\nL a 40,x ? 2\nL a 20,x ? 3\nL a 15,x ? 4\nL a - ? 5\n",
              "a 40,x <- - @2\na - <- 40,x @3\n");
}

static void test_materialize_random(void **state)
{
    static RigBuild *const builds[] = {build_materialize, build_materialize_filter};
    uint64_t seed = 17;
    for (int i = 0; i < 6; i++) {
        Buf in;
        buf_init(&in);
        for (int row = 0; row < 150; row++) {
            uint32_t key = rig_random(&seed, 6), v = rig_random(&seed, 60);
            if (v < 10)
                buf_printf(&in, "L k%u - ? %d\n", key, row);
            else
                buf_printf(&in, "L k%u %u,s%u ? %d\n", key, v, v % 7, row);
        }
        rig_check(builds[i % 2], buf_cstr(&in), NULL); /* the harness checks the history */
        buf_fini(&in);
    }
}

static void test_the_stored_row(void **state)
{
    Rig r;
    rig_init(&r, build_materialize);
    const StoreDef *def = r.defs[1][0];
    assert_int_equal(def->kind, STORE_TABLE);
    assert_string_equal(def->name, "table");
    assert_int_equal(def->row->count, 3);
    assert_true(str_eq(def->column_names[0], STR_LIT("ROWTIME")));
    assert_true(str_eq(def->column_names[1], STR_LIT("V")));
    assert_true(str_eq(def->column_names[2], STR_LIT("S")));
    rig_feed(&r, "L a 7,x ? 12\n", 1, false);
    Str row = rig_stored(&r, 1, 0, STR_LIT("a"));
    assert_non_null(row.ptr);
    assert_int_equal(rowcode_get_i64(def->row, (const uint8_t *)row.ptr, 0), 12);
    assert_int_equal(rowcode_get_i64(def->row, (const uint8_t *)row.ptr, 1), 7);
    rig_check_read(&r, 1, row, "7,x @12");
    rig_fini(&r);
}

/* ---- the template ---------------------------------------------------------------------------- */

static void build_template(Rig *r)
{
    PlanNode *in = rig_input(r, "K STRING KEY, V INTEGER", false, false);
    PlanNode *n = rig_over(r, NODE_KIND_COUNT, in, NULL);
    r->classes[n->id] = &op_class_TEMPLATE;
}

static void test_template(void **state)
{
    rig_check(build_template, "L a 1 - 1\nL b 2 - 2\nL a 3 - 3\nL - 4 - 4\nL b - - 5\nL c - - 6\n",
              "a 1 <- - @1\nb 2 <- - @2\nc - <- - @6\n! null key - @4\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_materialize_knows_what_was_there),
        cmocka_unit_test(test_materialize_suppresses_nothing),
        cmocka_unit_test(test_materialize_keeps_known_old_sides),
        cmocka_unit_test(test_filter_over_a_materialized_table),
        cmocka_unit_test(test_materialize_random),
        cmocka_unit_test(test_the_stored_row),
        cmocka_unit_test(test_template),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
