/* Aggregate: groups, groups of tables, time windows, the two clocks, expiry. */
#include "harness.h"

/* GROUP BY K: COUNT(V), SUM(V) */
static PlanNode *build_groups(Rig *r, PlanNode *in)
{
    PlanNode *g = rig_over(r, NODE_GROUPBY, in, "K STRING KEY, V INTEGER");
    rig_put_cols(r, g, "K, V");
    g->same_key = true;
    PlanNode *a = rig_over(r, NODE_AGGREGATE, g, "K STRING KEY, N BIGINT, S INTEGER");
    rig_put_agg(r, a, "COUNT", "V");
    rig_put_agg(r, a, "SUM", "V");
    return a;
}

static void build_stream_groups(Rig *r)
{
    build_groups(r, rig_input(r, "K STRING KEY, V INTEGER", false, false));
}

static void test_groups_of_a_stream(void **state)
{
    rig_check(build_stream_groups,
              "L a 5 - 3\nL b 1 - 1\nL a 7 - 2\nL a _ - 9\nL b - - 10\nL - 1 - 11\nL a 1 - 4\n",
              "a 1,5 <- - @3\nb 1,1 <- - @1\na 2,12 <- 1,5 @3\na 2,12 <- 2,12 @9\n"
              "a 3,13 <- 2,12 @9\n! null key - @11 grouping expression\n");
}

/* statements 18.3 */
static void build_moving_groups(Rig *r)
{
    PlanNode *in = rig_input(r, "ID STRING KEY, DEPT STRING, PAY INTEGER", true, false);
    PlanNode *m = rig_over(r, NODE_MATERIALIZE, in, NULL);
    m->old_known = true;
    PlanNode *g = rig_over(r, NODE_GROUPBY, m, "DEPT STRING KEY, PAY INTEGER");
    rig_put_cols(r, g, "DEPT, PAY");
    PlanNode *a = rig_over(r, NODE_AGGREGATE, g, "DEPT STRING KEY, S INTEGER, N BIGINT");
    rig_put_agg(r, a, "SUM", "PAY");
    rig_put_agg(r, a, "COUNT", "PAY");
}

static void test_groups_of_a_table(void **state)
{
    rig_check(build_moving_groups,
              "L 1 red,5 ? 1\nL 2 red,7 ? 2\nL 1 blue,5 ? 3\nL 2 red,9 ? 4\nL 2 - ? 5\n",
              "red 5,1 <- - @1\nred 12,2 <- 5,1 @2\nred 7,1 <- 12,2 @3\nblue 5,1 <- - @3\n"
              "red 9,1 <- 7,1 @4\nred 0,0 <- 9,1 @5\n");
}

static void test_groups_deletes_of_nothing(void **state)
{
    rig_check(build_moving_groups, "L 1 - ? 1\nL 1 red,5 ? 2\nL 1 - ? 3\nL 1 - ? 4\nL 1 _,1 ? 5\n",
              "red 5,1 <- - @2\nred 0,0 <- 5,1 @3\n! null key 1 @5 grouping expression\n");
}

/* Random tables: sums per group must be those of the rows that are left. */
static void test_groups_of_random_tables(void **state)
{
    uint64_t seed = 3;
    for (int round = 0; round < 6; round++) {
        char in[16384] = "", tail[64];
        int group[5] = {-1, -1, -1, -1, -1}, pay[5] = {0}, sum[3] = {0}, count[3] = {0};
        for (int i = 0; i < 200; i++) {
            uint32_t id = rig_random(&seed, 5);
            if (group[id] >= 0) {
                sum[group[id]] -= pay[id];
                count[group[id]]--;
            }
            group[id] = (int)rig_random(&seed, 4) - 1;
            pay[id] = (int)rig_random(&seed, 100);
            size_t at = strlen(in);
            if (group[id] < 0) {
                snprintf(in + at, sizeof in - at, "L %u - ? %d\n", id, i);
                continue;
            }
            snprintf(in + at, sizeof in - at, "L %u g%d,%d ? %d\n", id, group[id], pay[id], i);
            sum[group[id]] += pay[id];
            count[group[id]]++;
        }
        rig_check(build_moving_groups, in, NULL);
        Rig r;
        rig_init(&r, build_moving_groups);
        rig_feed(&r, in, 64, false);
        for (int g = 0; g < 3; g++) {
            char key[4] = {'g', (char)('0' + g), 0};
            const char *last = map_find(r.last, str_of(key));
            snprintf(tail, sizeof tail, "%d,%d", sum[g], count[g]);
            assert_string_equal(last ? last : "0,0", tail);
        }
        rig_fini(&r);
    }
}

/* statements 18.2, second example: HAVING */
static void build_having(Rig *r, SqlOp op, int n)
{
    PlanNode *a = build_groups(r, rig_input(r, "K STRING KEY, V INTEGER", false, false));
    PlanNode *f = rig_over(r, NODE_FILTER, a, NULL);
    Expr *bound = rig_expr(r, EXPR_CONST, &type_bigint);
    bound->constant = (Value){.type = &type_bigint, .i64 = n};
    rig_put_expr(r, f, rig_binary(r, EXPR_COMPARE, op, rig_col(r, a, "N"), bound));
}

static void build_having_more(Rig *r)
{
    build_having(r, SQL_OP_GT, 1);
}

static void build_having_two(Rig *r)
{
    build_having(r, SQL_OP_EQ, 2);
}

static void test_having(void **state)
{
    const char *in = "L x 0 - 1\nL x 0 - 2\nL x 0 - 3\n";
    rig_check(build_having_more, in, "x 2,0 <- - @2\nx 3,0 <- 2,0 @3\n");
    rig_check(build_having_two, in, "x 2,0 <- - @2\nx - <- 2,0 @3\n");
}

/* ---- windows --------------------------------------------------------------------------------- */

static PlanNode *build_windows(Rig *r, WindowKind kind, int64_t size, int64_t advance,
                               int64_t grace)
{
    PlanNode *a = build_groups(r, rig_input(r, "K STRING KEY, V INTEGER", false, false));
    a->window = a->schema->window = kind;
    a->size_ms = a->schema->window_size_ms = size;
    a->advance_ms = advance;
    a->grace_ms = grace;
    return a;
}

static void build_tumbling(Rig *r)
{
    build_windows(r, WINDOW_TUMBLING, 10, 10, 5);
}

/* statements 18.4 */
static void test_tumbling(void **state)
{
    rig_check(build_tumbling, "L k 1 - 3\nL k 1 - 12\nL k 1 - 8\nL k 1 - 16\nL k 1 - 9\n",
              "k[0..10) 1,1 <- - @3\nk[10..20) 1,1 <- - @12\nk[0..10) 2,2 <- 1,1 @8\n"
              "k[10..20) 2,2 <- 1,1 @16\n"
              "! late k @9 window 0..10, time 16, grace 5 ms\n");
}

static void test_tumbling_grace_ends_with_the_row_itself(void **state)
{
    rig_check(build_tumbling, "L k 1 - 9\nL k 1 - 14\nL k 1 - 0\nL k 1 - 15\nL k 1 - 9\n",
              "k[0..10) 1,1 <- - @9\nk[10..20) 1,1 <- - @14\nk[0..10) 2,2 <- 1,1 @9\n"
              "k[10..20) 2,2 <- 1,1 @15\n! late k @9 window 0..10, time 15, grace 5 ms\n");
}

static void test_tumbling_other_keys_move_time(void **state)
{
    rig_check(
        build_tumbling, "L a 1 - 3\nL b 1 - 40\nL a 1 - 4\nL - 1 - 90\nL a - - 95\nL b 1 - 36\n",
        "a[0..10) 1,1 <- - @3\nb[40..50) 1,1 <- - @40\nb[30..40) 1,1 <- - @36\n"
        "! null key - @90 grouping expression\n! late a @4 window 0..10, time 40, grace 5 ms\n");
}

static void build_hopping(Rig *r)
{
    build_windows(r, WINDOW_HOPPING, 10, 5, 5);
}

/* statements 18.4 */
static void test_hopping(void **state)
{
    rig_check(build_hopping, "L k 1 - 12\nL k 2 - 3\n",
              "k[5..15) 1,1 <- - @12\nk[10..20) 1,1 <- - @12\nk[0..10) 1,2 <- - @3\n");
    rig_check(build_hopping, "L k 1 - 4\nL k 1 - 16\nL k 2 - 6\n",
              "k[0..10) 1,1 <- - @4\nk[10..20) 1,1 <- - @16\nk[15..25) 1,1 <- - @16\n"
              "k[5..15) 1,2 <- - @6\n! late k @6 window 0..10, time 16, grace 5 ms\n");
}

static void build_many_hops(Rig *r)
{
    build_windows(r, WINDOW_HOPPING, 3000, 1, 0);
}

static void test_hopping_may_fill_many_batches(void **state)
{
    Rig r;
    rig_init(&r, build_many_hops);
    rig_feed(&r, "L k 1 - 9000\nL k 1 - 9000\n", 2, false);
    assert_int_equal(r.ops[2]->count.rows_out, 6000);
    assert_non_null(strstr(buf_cstr(&r.out), "k[6001..9001) 1,1 <- - @9000\n"));
    assert_non_null(strstr(buf_cstr(&r.out), "k[9000..12000) 2,2 <- 1,1 @9000\n"));
    rig_fini(&r);
}

static void test_windows_at_the_end_of_time(void **state)
{
    rig_check(build_hopping, "L k 1 - 9223372036854775807\n",
              "k[9223372036854775800..9223372036854775807) 1,1 <- - @9223372036854775807\n"
              "k[9223372036854775805..9223372036854775807) 1,1 <- - @9223372036854775807\n");
}

static void build_session(Rig *r)
{
    build_windows(r, WINDOW_SESSION, 5, 0, 0);
}

static void test_session_windows_are_not_built(void **state)
{
    Rig r;
    rig_init(&r, build_session);
    assert_int_equal(r.rc, ERR_NOT_BUILT);
    assert_string_equal(r.err.text, "not built yet: session windows");
    rig_fini(&r);
}

/* ---- several upstreams ----------------------------------------------------------------------- */

static void build_two_upstreams(Rig *r)
{
    build_tumbling(r);
    r->env.upstreams = 2;
}

/* Replay: upstream 0 is read to its end before upstream 1 begins, and nothing is late. */
static void test_lateness_is_by_the_own_upstream(void **state)
{
    rig_check(build_two_upstreams,
              "L a 1 - 3 0:3\nL a 1 - 500 0:500\nL a 1 - 4 1:4\nL a 1 - 40 1:40\nL a 1 - 5 1:40\n",
              "a[0..10) 1,1 <- - @3\na[500..510) 1,1 <- - @500\na[0..10) 2,2 <- 1,1 @4\n"
              "a[40..50) 1,1 <- - @40\n! late a @5 window 0..10, time 40, grace 5 ms\n");
}

/* The carried time is the upstream's, which sent its later rows elsewhere. */
static void test_lateness_is_by_carried_time(void **state)
{
    rig_check(build_two_upstreams, "L a 1 - 3 0:20\nL a 1 - 12 0:20\n",
              "a[10..20) 1,1 <- - @12\n! late a @3 window 0..10, time 20, grace 5 ms\n");
}

static void test_closed_by_the_slowest_of_those_that_are_active(void **state)
{
    rig_check(build_two_upstreams,
              "L a 1 - 30 0:30\n"
              "idle 1 -\n" /* it says that it is empty: window 0..10 is closed now */
              "L a 1 - 31 0:31\n"
              "L a 1 - 4 1:4\n", /* not late by its own clock, but closed */
              "a[30..40) 1,1 <- - @30\na[30..40) 2,2 <- 1,1 @31\n"
              "! window closed a @4 window 0..10, time 31, grace 5 ms\n");
}

static void test_a_mark_moves_the_close(void **state)
{
    rig_check(build_two_upstreams,
              "L a 1 - 3 0:3\nL a 1 - 4 1:4\nmark 0 50\n"
              "L a 1 - 5 1:5\n" /* the slowest is still at 5 */
              "mark 1 60\n"     /* now the slowest is at 50 */
              "L a 1 - 6 1:60\nL a 1 - 44 0:50\nL a 1 - 45 1:60\n"
              "idle 0 90\n" /* the close is 60, the last of those active */
              "L a 1 - 46 0:54\nL a 1 - 58 1:60\n",
              "a[0..10) 1,1 <- - @3\na[0..10) 2,2 <- 1,1 @4\na[0..10) 3,3 <- 2,2 @5\n"
              "a[40..50) 1,1 <- - @44\na[50..60) 1,1 <- - @58\n"
              "! late a @6 window 0..10, time 60, grace 5 ms\n"
              "! late a @45 window 40..50, time 60, grace 5 ms\n"
              "! late a @46 window 40..50, time 90, grace 5 ms\n");
}

/* ---- expiry ---------------------------------------------------------------------------------- */

static bool count_row(void *ctx, int64_t win, Str key, Str row)
{
    (void)win, (void)key, (void)row;
    ++*(int *)ctx;
    return true;
}

static int stored_rows(Rig *r, int node)
{
    int count = 0;
    StoreScan all = {.win_from = INT64_MIN, .win_to = INT64_MAX};
    rig_commit(r);
    RIG_OK(r, r->disk->cls->scan(r->disk, r->defs[node][0], 0, &all, count_row, &count, &r->err));
    return count;
}

static void build_retention(Rig *r)
{
    build_windows(r, WINDOW_TUMBLING, 10, 10, 5)->retention_ms = 40;
}

static void test_expiry_goes_by_the_close_minus_retention(void **state)
{
    Rig r;
    rig_init(&r, build_retention);
    assert_int_equal(r.defs[2][0]->retention_ms, 40);
    rig_feed(&r, "L a 1 - 1\nL b 1 - 2\nL a 1 - 11\n", 2, false);
    assert_int_equal(stored_rows(&r, 2), 3);
    rig_feed(&r, "L a 1 - 40\n", 2, false); /* 0 + 40 is not yet below 40 */
    assert_int_equal(stored_rows(&r, 2), 4);
    rig_feed(&r, "L a 1 - 41\n", 2, false);
    assert_int_equal(stored_rows(&r, 2), 2);
    rig_fini(&r);
}

static void test_retention_is_never_below_what_can_change(void **state)
{
    Rig r;
    rig_init(&r, build_tumbling);
    assert_int_equal(r.defs[2][0]->retention_ms, 15);
    rig_fini(&r);
}

/* ---- random ---------------------------------------------------------------------------------- */

static void put_windowed_rows(Buf *out, uint64_t *seed, int rows, int upstreams)
{
    int64_t carried[4] = {0};
    for (int i = 0; i < rows; i++) {
        uint32_t u = rig_random(seed, (uint32_t)upstreams), pick = rig_random(seed, 20);
        int64_t t = i / 2 + rig_random(seed, 30);
        carried[u] = t > carried[u] ? t : carried[u];
        if (pick == 0)
            buf_printf(out, "mark %u %lld\n", u, (long long)carried[u]);
        if (pick == 1)
            buf_printf(out, "idle %u %lld\n", u, (long long)carried[u]);
        buf_printf(out, "L k%u %u - %lld %u:%lld\n", rig_random(seed, 5), rig_random(seed, 9),
                   (long long)t, u, (long long)carried[u]);
    }
}

static void test_random_rows_in_windows(void **state)
{
    static RigBuild *const builds[] = {build_two_upstreams, build_hopping};
    uint64_t seed = 11;
    for (int i = 0; i < 8; i++) {
        Buf in;
        buf_init(&in);
        put_windowed_rows(&in, &seed, 150, i % 2 ? 1 : 2);
        rig_check(builds[i % 2], buf_cstr(&in), NULL);
        buf_fini(&in);
    }
}

/* ---- failures -------------------------------------------------------------------------------- */

static void failing_init(AggState *s)
{
    (void)s;
}

static Rc failing_add(AggState *s, const Column *args, int row, Err *err)
{
    (void)s, (void)args, (void)row;
    return err_set(err, ERR_KIND_DATA, ERR_EVAL, "Numeric field overflow");
}

static void failing_result(const AggState *s, Column *out, int row, Arena *a)
{
    (void)s, (void)out, (void)row, (void)a;
}

static void build_failing(Rig *r)
{
    static const Type *const types[] = {&type_bigint};
    static const AggClass cls = {.state_count = 1,
                                 .state_types = types,
                                 .init = failing_init,
                                 .add = failing_add,
                                 .result = failing_result};
    static const FuncOverload overload = {.agg = &cls};
    build_stream_groups(r);
    r->nodes[2]->aggs[1].overload = &overload;
}

static void test_a_failing_aggregate_ends_the_query(void **state)
{
    rig_check_with(build_failing, "L a 1 - 1\n",
                   "fatal: Exception caught in process. Numeric field overflow\n", false);
}

static void build_long_state(Rig *r)
{
    static const Type *const types[] = {&type_string};
    static const AggClass cls = {.state_count = 1, .state_types = types};
    static const FuncOverload overload = {.agg = &cls};
    build_stream_groups(r);
    r->nodes[2]->aggs[1].overload = &overload;
}

static void test_states_without_fixed_width_are_not_built(void **state)
{
    Rig r;
    rig_init(&r, build_long_state);
    assert_int_equal(r.rc, ERR_NOT_BUILT);
    assert_string_equal(r.err.text, "not built yet: aggregates whose state has no fixed width");
    rig_fini(&r);
}

static void test_the_stored_row(void **state)
{
    Rig r;
    rig_init(&r, build_tumbling);
    const StoreDef *def = r.defs[2][0];
    assert_int_equal(def->kind, STORE_WINDOW);
    assert_string_equal(def->name, "aggregate");
    assert_int_equal(def->record_count, 3);
    assert_int_equal(def->row->types[0]->kind, TYPE_BIGINT);
    assert_true(str_eq(def->column_names[0], STR_LIT("ROWTIME")));
    assert_true(str_eq(def->column_names[1], STR_LIT("N")));
    assert_true(def->row->fixed);
    rig_feed(&r, "L a 5 - 12\nL a 6 - 11\n", 1, false);
    Str row = rig_stored(&r, 2, 10, STR_LIT("a"));
    rig_check_read(&r, 2, row, "2,11 @12");
    rig_check_read(&r, 2, (Str){row.ptr, row.len - 1}, "fatal: a stored aggregate is damaged");
    assert_null(rig_stored(&r, 2, 0, STR_LIT("a")).ptr);
    rig_fini(&r);
    rig_init(&r, build_stream_groups);
    assert_int_equal(r.defs[2][0]->kind, STORE_TABLE);
    assert_int_equal(r.defs[2][0]->record_count, 0);
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups_of_a_stream),
        cmocka_unit_test(test_groups_of_a_table),
        cmocka_unit_test(test_groups_deletes_of_nothing),
        cmocka_unit_test(test_groups_of_random_tables),
        cmocka_unit_test(test_having),
        cmocka_unit_test(test_tumbling),
        cmocka_unit_test(test_tumbling_grace_ends_with_the_row_itself),
        cmocka_unit_test(test_tumbling_other_keys_move_time),
        cmocka_unit_test(test_hopping),
        cmocka_unit_test(test_hopping_may_fill_many_batches),
        cmocka_unit_test(test_windows_at_the_end_of_time),
        cmocka_unit_test(test_session_windows_are_not_built),
        cmocka_unit_test(test_lateness_is_by_the_own_upstream),
        cmocka_unit_test(test_lateness_is_by_carried_time),
        cmocka_unit_test(test_closed_by_the_slowest_of_those_that_are_active),
        cmocka_unit_test(test_a_mark_moves_the_close),
        cmocka_unit_test(test_expiry_goes_by_the_close_minus_retention),
        cmocka_unit_test(test_retention_is_never_below_what_can_change),
        cmocka_unit_test(test_random_rows_in_windows),
        cmocka_unit_test(test_a_failing_aggregate_ends_the_query),
        cmocka_unit_test(test_states_without_fixed_width_are_not_built),
        cmocka_unit_test(test_the_stored_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
