/* The joins: StreamTableJoin and TableTableJoin. */
#include "harness.h"

/* ---- stream-table ---------------------------------------------------------------------------- */

static void build_lookup(Rig *r, SqlJoinKind kind)
{
    PlanNode *left = rig_input(r, "K STRING KEY, V INTEGER", false, false);
    PlanNode *right = rig_input(r, "K STRING KEY, W STRING, X INTEGER", true, false);
    rig_join(r, NODE_STREAM_TABLE_JOIN, kind, left, right,
             "K STRING KEY, V INTEGER, W STRING, X INTEGER");
}

static void build_lookup_inner(Rig *r)
{
    build_lookup(r, JOIN_INNER);
}

static void build_lookup_left(Rig *r)
{
    build_lookup(r, JOIN_LEFT);
}

/* statements 18.5 */
static void test_lookup_sees_the_table_as_it_is(void **state)
{
    rig_check(build_lookup_left, "L 1 10 - 5\nR 1 t,7 ? 9\nL 1 11 - 3\n",
              "1 10,_,_ <- - @5\n1 11,t,7 <- - @3\n");
}

static void test_lookup_inner(void **state)
{
    rig_check(build_lookup_inner,
              "L a 1 - 1\nR a x,1 ? 2\nL a 2 - 3\nL b 3 - 4\nR a y,_ ? 5\nL a 4 - 6\nR a - ? 7\n"
              "L a 5 - 8\nR b - ? 9\nL b 6 - 10\n",
              "a 2,x,1 <- - @3\na 4,y,_ <- - @6\n");
}

static void test_lookup_drops_nulls(void **state)
{
    rig_check(build_lookup_left, "R a x,1 ? 1\nR - y,2 ? 2\nL - 1 - 3\nL a - - 4\nL a _ - 5\n",
              "a _,x,1 <- - @5\n! null key - @2\n! null key - @3\n");
}

/* S join T1 join T2 in one stage: over a batch what it is row by row. */
static void build_two_lookups(Rig *r)
{
    PlanNode *s = rig_input(r, "K STRING KEY, V INTEGER", false, false);
    PlanNode *t = rig_input(r, "K STRING KEY, W STRING", true, false);
    PlanNode *j =
        rig_join(r, NODE_STREAM_TABLE_JOIN, JOIN_LEFT, s, t, "K STRING KEY, V INTEGER, W STRING");
    PlanNode *f = rig_over(r, NODE_FILTER, j, NULL);
    rig_put_expr(r, f, rig_test(r, j, "V", SQL_OP_GT, 2));
    PlanNode *g = rig_over(r, NODE_GROUPBY, f, "W STRING KEY, V INTEGER");
    rig_put_cols(r, g, "W, V");
    PlanNode *a = rig_over(r, NODE_AGGREGATE, g, "W STRING KEY, S INTEGER");
    rig_put_agg(r, a, "SUM", "V");
}

static void test_lookup_feeds_what_follows_in_order(void **state)
{
    rig_check(build_two_lookups,
              "R a x ? 1\nL a 3 - 2\nR a y ? 3\nL a 4 - 4\nR a x ? 5\nL a 5 - 6\nL a 1 - 7\n",
              "x 3 <- - @2\ny 4 <- - @4\nx 8 <- 3 @6\n");
}

static void put_mixed(Buf *out, uint64_t *seed, int rows, bool left_is_stream)
{
    for (int i = 0; i < rows; i++) {
        bool left = rig_random(seed, 2);
        uint32_t key = rig_random(seed, 4), v = rig_random(seed, 10);
        const char *old = left && left_is_stream ? "-" : "?";
        if (v == 0)
            buf_printf(out, "%c k%u - %s %u\n", "RL"[left], key, old, rig_random(seed, 100));
        else if (left || !left_is_stream)
            buf_printf(out, "%c k%u %u %s %u\n", "RL"[left], key, v, old, rig_random(seed, 100));
        else
            buf_printf(out, "R k%u w%u,%u ? %u\n", key, v, v, rig_random(seed, 100));
    }
}

static void test_lookup_random(void **state)
{
    uint64_t seed = 5;
    for (int i = 0; i < 6; i++) {
        Buf in;
        buf_init(&in);
        put_mixed(&in, &seed, 150, true);
        rig_check(i % 2 ? build_lookup_left : build_lookup_inner, buf_cstr(&in), NULL);
        buf_fini(&in);
    }
}

/* ---- table-table ----------------------------------------------------------------------------- */

static void build_merge(Rig *r, SqlJoinKind kind)
{
    PlanNode *left = rig_input(r, "K STRING KEY, V INTEGER", true, false);
    PlanNode *right = rig_input(r, "K STRING KEY, W INTEGER", true, false);
    rig_join(r, NODE_TABLE_TABLE_JOIN, kind, left, right, "K STRING KEY, V INTEGER, W INTEGER");
}

static void build_inner(Rig *r)
{
    build_merge(r, JOIN_INNER);
}

static void build_left(Rig *r)
{
    build_merge(r, JOIN_LEFT);
}

static void build_right(Rig *r)
{
    build_merge(r, JOIN_RIGHT);
}

static void build_full(Rig *r)
{
    build_merge(r, JOIN_FULL);
}

/* statements 18.5 */
static void test_merge_inner(void **state)
{
    rig_check(build_inner, "L a 1 ? 0\nR a 1 ? 7\nR a - ? 9\nL a 2 ? 10\nL a - ? 11\n",
              "a 1,1 <- - @7\na - <- 1,1 @9\n");
}

static void test_merge_emits_equal_updates(void **state)
{
    rig_check(build_inner, "L a 1 ? 5\nR a 2 ? 3\nR a 2 ? 4\nL a 1 ? 1\nL a 3 ? 2\nR b 1 ? 9\n",
              "a 1,2 <- - @5\na 1,2 <- 1,2 @5\na 1,2 <- 1,2 @4\na 3,2 <- 1,2 @4\n");
}

static void test_merge_left(void **state)
{
    rig_check(build_left,
              "R a 9 ? 1\n" /* right only: nothing */
              "L a 1 ? 2\nR a 8 ? 3\nR a - ? 4\nR a - ? 5\nL a - ? 6\n"
              "L b 1 ? 7\nR b 2 ? 3\nL b - ? 8\nR b - ? 9\n",
              "a 1,9 <- - @2\na 1,8 <- 1,9 @3\na 1,_ <- 1,8 @4\na 1,_ <- 1,_ @5\na - <- 1,_ @6\n"
              "b 1,_ <- - @7\nb 1,2 <- 1,_ @7\nb - <- 1,2 @8\n");
}

static void test_merge_right_mirrors_left(void **state)
{
    rig_check(build_right, "L a 9 ? 1\nR a 1 ? 2\nL a 8 ? 3\nL a - ? 4\nL a - ? 5\nR a - ? 6\n",
              "a 9,1 <- - @2\na 8,1 <- 9,1 @3\na _,1 <- 8,1 @4\na _,1 <- _,1 @5\na - <- _,1 @6\n");
}

static void test_merge_full(void **state)
{
    rig_check(build_full, "L a 1 ? 5\nR a 2 ? 3\nL a - ? 4\nL a - ? 6\nR a - ? 7\nR a - ? 8\n",
              "a 1,_ <- - @5\na 1,2 <- 1,_ @5\na _,2 <- 1,2 @4\na _,2 <- _,2 @6\na - <- _,2 @7\n");
}

/* A delete for a row that was never there leaves where the other side is there (11.8). */
static void test_merge_deletes_of_nothing(void **state)
{
    rig_check(build_inner, "L a 1 ? 5\nR a - ? 3\nR b - ? 1\nL b - ? 2\n", "a - <- - @5\n");
    rig_check(build_left, "R a 1 ? 5\nL a - ? 7\nR a - ? 8\nL a - ? 9\n", "a - <- - @7\n");
    rig_check(build_right, "L a 1 ? 5\nR a - ? 3\n", "a - <- - @5\n");
    rig_check(build_full, "L a - ? 5\nR a - ? 3\n", "");
}

static void test_merge_needs_keys(void **state)
{
    rig_check(build_full, "L - 1 ? 5\nR - 1 ? 6\n", "! null key - @5\n! null key - @6\n");
}

/* A filter above knows what went before. */
static void build_merge_filter(Rig *r)
{
    build_full(r);
    PlanNode *j = r->nodes[r->count - 1];
    rig_put_expr(r, rig_over(r, NODE_FILTER, j, NULL), rig_test(r, j, "W", SQL_OP_GT, 4));
}

static void test_merge_random(void **state)
{
    static RigBuild *const builds[] = {build_inner, build_left, build_right, build_full,
                                       build_merge_filter};
    uint64_t seed = 9;
    for (int i = 0; i < 10; i++) {
        Buf in;
        buf_init(&in);
        put_mixed(&in, &seed, 150, false);
        rig_check(builds[i % 5], buf_cstr(&in), NULL); /* the harness checks the history */
        buf_fini(&in);
    }
}

/* More changes than one batch holds leave in several. */
static void test_merge_of_a_full_round(void **state)
{
    Buf in;
    Rig r;
    buf_init(&in);
    for (int i = 0; i < LIMIT_BATCH_ROWS; i++)
        buf_printf(&in, "%c k%d 1 ? %d\n", "LR"[i % 2], i / 2, i);
    rig_init(&r, build_full);
    rig_feed(&r, buf_cstr(&in), LIMIT_BATCH_ROWS, false);
    assert_int_equal(r.rc, 0);
    assert_int_equal(r.ops[2]->count.rows_out, LIMIT_BATCH_ROWS);
    assert_string_equal(map_find(r.last, STR_LIT("k511")), "1,1");
    rig_fini(&r);
    buf_fini(&in);
}

/* ---- windowed keys --------------------------------------------------------------------------- */

static void build_windowed(Rig *r)
{
    build_full(r);
    for (int i = 0; i < 3; i++)
        r->nodes[i]->schema->window = WINDOW_SESSION;
}

static void test_session_keys_are_not_built(void **state)
{
    Rig r;
    rig_init(&r, build_windowed);
    assert_int_equal(r.rc, ERR_NOT_BUILT);
    assert_string_equal(r.err.text, "not built yet: state by session windows");
    rig_fini(&r);
}

/* Two windowed aggregates joined: the window is part of the key. */
static PlanNode *windowed_counts(Rig *r, PlanNode *in, const char *schema)
{
    PlanNode *g = rig_over(r, NODE_GROUPBY, in, "K STRING KEY, V INTEGER");
    rig_put_cols(r, g, "K, V");
    g->same_key = true;
    PlanNode *a = rig_over(r, NODE_AGGREGATE, g, schema);
    rig_put_agg(r, a, "SUM", "V");
    a->window = a->schema->window = WINDOW_TUMBLING;
    a->size_ms = a->advance_ms = a->schema->window_size_ms = 10;
    a->grace_ms = 100;
    return a;
}

static void build_windowed_join(Rig *r)
{
    PlanNode *left = rig_input(r, "K STRING KEY, V INTEGER", false, false);
    PlanNode *right = rig_input(r, "K STRING KEY, V INTEGER", false, false);
    PlanNode *a = windowed_counts(r, left, "K STRING KEY, A INTEGER");
    PlanNode *b = windowed_counts(r, right, "K STRING KEY, B INTEGER");
    PlanNode *j =
        rig_join(r, NODE_TABLE_TABLE_JOIN, JOIN_INNER, a, b, "K STRING KEY, A INTEGER, B INTEGER");
    j->schema->window = WINDOW_TUMBLING;
    j->schema->window_size_ms = 10;
}

static void test_windowed_tables_join_by_window(void **state)
{
    rig_check(build_windowed_join, "L k 1 - 3\nR k 2 - 14\nR k 3 - 5\nL k 4 - 12\nL k 5 - 4\n",
              "k[0..10) 1,3 <- - @5\nk[10..20) 4,2 <- - @14\nk[0..10) 6,3 <- 1,3 @5\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookup_sees_the_table_as_it_is),
        cmocka_unit_test(test_lookup_inner),
        cmocka_unit_test(test_lookup_drops_nulls),
        cmocka_unit_test(test_lookup_feeds_what_follows_in_order),
        cmocka_unit_test(test_lookup_random),
        cmocka_unit_test(test_merge_inner),
        cmocka_unit_test(test_merge_emits_equal_updates),
        cmocka_unit_test(test_merge_left),
        cmocka_unit_test(test_merge_right_mirrors_left),
        cmocka_unit_test(test_merge_full),
        cmocka_unit_test(test_merge_deletes_of_nothing),
        cmocka_unit_test(test_merge_needs_keys),
        cmocka_unit_test(test_merge_random),
        cmocka_unit_test(test_merge_of_a_full_round),
        cmocka_unit_test(test_session_keys_are_not_built),
        cmocka_unit_test(test_windowed_tables_join_by_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
