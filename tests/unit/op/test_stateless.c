/* Operators without state: Source, Filter, Project, GroupBy, Rekey, Exchange, Limit, Sink. */
#include "harness.h"

#include "plan/plan_int.h"

/* ---- Source ---------------------------------------------------------------------------------- */

static void build_stream_source(Rig *r)
{
    rig_port(r, rig_add(r, NODE_SOURCE, "K STRING KEY, V INTEGER"));
}

static void test_source_stream_passes_nulls(void **state)
{
    rig_check(build_stream_source, "L a 1 - 5\nL - 2 - 6\nL b - - 4\n",
              "a 1 <- - @5\n- 2 <- - @6\nb - <- - @4\n");
}

static void test_source_refuses_times_below_zero(void **state)
{
    rig_check(build_stream_source, "L a 1 - -1\nL a 2 - 0\n",
              "a 2 <- - @0\n! bad timestamp a @-1\n");
}

static void build_table_source(Rig *r)
{
    build_stream_source(r);
    r->nodes[0]->is_table = true;
}

static void test_source_table_needs_keys(void **state)
{
    rig_check(build_table_source, "L a 1 - 5\nL - 2 - 6\nL a 1 - 7\nL a - - 8\nL b - - 9\n",
              "a 1 <- ? @5\na 1 <- ? @7\na - <- ? @8\nb - <- ? @9\n! null key - @6\n");
}

static void build_keyless_source(Rig *r)
{
    rig_port(r, rig_add(r, NODE_SOURCE, "V INTEGER"));
    r->nodes[0]->keyless = true;
}

static void test_source_without_key_columns_ignores_keys(void **state)
{
    rig_check(build_keyless_source, "L a 1 - 5\nL b 2 - 6\n", "- 1 <- - @5\n- 2 <- - @6\n");
}

static void build_timed_source(Rig *r)
{
    rig_port(r, rig_add(r, NODE_SOURCE, "K STRING KEY, T BIGINT"));
    r->nodes[0]->timestamp_column = 1;
}

static void test_source_takes_time_from_a_column(void **state)
{
    rig_check(build_timed_source, "L a 70 - 5\nL b _ - 6\nL c -3 - 7\nL d - - 8\nL e 0 - 9\n",
              "a 70 <- - @70\nd - <- - @8\ne 0 <- - @0\n"
              "! bad timestamp b @6\n! bad timestamp c @7\n");
}

static void build_key_timed_table(Rig *r)
{
    rig_port(r, rig_add(r, NODE_SOURCE, "K BIGINT KEY, V INTEGER"));
    r->nodes[0]->timestamp_column = 0;
    r->nodes[0]->is_table = true;
}

static void test_source_takes_time_from_the_key_of_a_delete(void **state)
{
    rig_check(build_key_timed_table, "L 70 1 - 5\nL 70 - - 6\n", "70 1 <- ? @70\n70 - <- ? @70\n");
}

static void build_text_timed_source(Rig *r)
{
    rig_port(r, rig_add(r, NODE_SOURCE, "K STRING KEY, T STRING"));
    r->nodes[0]->timestamp_column = 1;
    r->nodes[0]->timestamp_format = STR_LIT("yyyy-MM-dd'T'HH:mm:ss");
}

static void test_source_reads_time_from_text(void **state)
{
    if (!func_find(STR_LIT("PARSE_TIMESTAMP"))) {
        rig_check(build_text_timed_source, "", "user: not built yet: TIMESTAMP_FORMAT\n");
        return;
    }
    rig_check(build_text_timed_source,
              "L a 1970-01-01T00:00:07 - 5\nL b soon - 6\nL c - - 7\nL d 1960-01-01T00:00:00 - 8\n",
              "a 1970-01-01T00:00:07 <- - @7000\nc - <- - @7\n"
              "! bad timestamp b @6\n! bad timestamp d @8\n");
}

/* ---- Filter ---------------------------------------------------------------------------------- */

static void build_stream_filter(Rig *r)
{
    PlanNode *in = rig_input(r, "K STRING KEY, V INTEGER", false, false);
    rig_put_expr(r, rig_over(r, NODE_FILTER, in, NULL), rig_test(r, in, "V", SQL_OP_GT, 30));
}

static void test_filter_stream(void **state)
{
    rig_check(build_stream_filter, "L a 10 - 1\nL a 40 - 2\nL a _ - 3\nL a - - 4\nL - 50 - 5\n",
              "a 40 <- - @2\n- 50 <- - @5\n");
}

static void build_failing_filter(Rig *r) /* 100 / V > 30 */
{
    PlanNode *in = rig_input(r, "K STRING KEY, V INTEGER", false, false);
    PlanNode *f = rig_over(r, NODE_FILTER, in, NULL);
    Expr *quotient = rig_binary(r, EXPR_ARITH, SQL_OP_DIV, rig_int(r, 100), rig_col(r, in, "V"));
    rig_put_expr(r, f, rig_binary(r, EXPR_COMPARE, SQL_OP_GT, quotient, rig_int(r, 30)));
}

static void test_filter_failing_rows_are_refused(void **state)
{
    rig_check(build_failing_filter, "L a 2 - 1\nL a 0 - 2\nL a 50 - 3\nL a 3 - 4\n",
              "a 2 <- - @1\na 3 <- - @4\n! expression failed a @2\n");
}

/* statements 18.2, first example: a declared table */
static void build_filter_unknown(Rig *r)
{
    PlanNode *in = rig_input(r, "K STRING KEY, V INTEGER", true, false);
    rig_put_expr(r, rig_over(r, NODE_FILTER, in, NULL), rig_test(r, in, "V", SQL_OP_GT, 30));
}

static void test_filter_of_unknown_old_sides(void **state)
{
    rig_check(build_filter_unknown, "L a 10 ? 1\nL a 40 ? 2\nL a 20 ? 3\nL a 15 ? 4\nL a - ? 5\n",
              "a - <- ? @1\na 40 <- ? @2\na - <- ? @3\na - <- ? @4\na - <- ? @5\n");
}

static void build_filter_known(Rig *r)
{
    PlanNode *in = rig_input(r, "K STRING KEY, V INTEGER", true, true);
    rig_put_expr(r, rig_over(r, NODE_FILTER, in, NULL), rig_test(r, in, "V", SQL_OP_GT, 30));
}

static void test_filter_tests_each_side_alone(void **state)
{
    rig_check(build_filter_known,
              "L a 40 - 1\n"  /* enters */
              "L a 50 40 2\n" /* stays */
              "L a 10 50 3\n" /* leaves */
              "L a 20 10 4\n" /* stays out */
              "L a - 20 5\n"  /* is deleted where it was not */
              "L a - - 6\n"   /* a delete of nothing */
              "L a 60 - 7\n"
              "L a 60 60 8\n" /* equal updates are emitted */
              "L a - 60 9\n"  /* is deleted */
              "L b 5 - 10\nL c 31 - 11\n",
              "a 40 <- - @1\na 50 <- 40 @2\na - <- 50 @3\na 60 <- - @7\na 60 <- 60 @8\n"
              "a - <- 60 @9\nc 31 <- - @11\n");
}

/* ---- Project --------------------------------------------------------------------------------- */

static void build_project(Rig *r) /* K, V, 100 / V AS Q */
{
    PlanNode *in = rig_input(r, "K STRING KEY, V INTEGER", false, false);
    PlanNode *p = rig_over(r, NODE_PROJECT, in, "ID STRING KEY, V INTEGER, Q INTEGER");
    rig_put_cols(r, p, "K, V");
    rig_put_expr(r, p, rig_binary(r, EXPR_ARITH, SQL_OP_DIV, rig_int(r, 100), rig_col(r, in, "V")));
}

static void test_project_stream(void **state)
{
    rig_check(build_project, "L a 20 - 1\nL b - - 2\nL - 0 - 3\nL c _ - 4\n",
              "a 20,5 <- - @1\nb - <- - @2\n- 0,_ <- - @3\nc _,_ <- - @4\n"
              "! value became NULL - @3 column Q is NULL\n"
              "! value became NULL c @4 column Q is NULL\n");
}

static Expr *is_null(Rig *r, Expr *of)
{
    Expr *e = rig_expr(r, EXPR_IS_NULL, &type_boolean);
    e->args = ARENA_ARRAY(&r->query, Expr *, 1);
    e->args[0] = of;
    e->arg_count = 1;
    return e;
}

static Expr *cast(Rig *r, Expr *e, const Type *to)
{
    Expr *c = rig_expr(r, EXPR_CAST, to);
    c->args = ARENA_ARRAY(&r->query, Expr *, 1);
    c->args[0] = e;
    c->arg_count = 1;
    return c;
}

/* CAST(S AS INTEGER) IS NULL, CAST(S AS INTEGER) */
static void build_project_cast(Rig *r)
{
    PlanNode *in = rig_input(r, "K STRING KEY, S STRING", false, false);
    PlanNode *p = rig_over(r, NODE_PROJECT, in, "K STRING KEY, N BOOLEAN, V INTEGER");
    rig_put_cols(r, p, "K");
    rig_put_expr(r, p, is_null(r, cast(r, rig_col(r, in, "S"), &type_integer)));
    rig_put_expr(r, p, cast(r, rig_col(r, in, "S"), &type_integer));
}

static void test_project_tells_of_errors_that_were_caught(void **state)
{
    rig_check(build_project_cast, "L a 7 - 1\nL b x - 2\nL c _ - 3\n",
              "a false,7 <- - @1\nb true,_ <- - @2\nc true,_ <- - @3\n"
              "! value became NULL b @2 column N: an error inside became NULL\n");
}

/* WHERE CAST(S AS INTEGER) IS NULL */
static void build_filter_cast(Rig *r)
{
    PlanNode *in = rig_input(r, "K STRING KEY, S STRING", false, false);
    PlanNode *f = rig_over(r, NODE_FILTER, in, NULL);
    rig_put_expr(r, f, is_null(r, cast(r, rig_col(r, in, "S"), &type_integer)));
}

static void test_filter_refuses_errors_that_were_caught(void **state)
{
    rig_check(build_filter_cast, "L a 7 - 1\nL b x - 2\nL c _ - 3\n",
              "c _ <- - @3\n! expression failed b @2\n");
}

static void build_project_table(Rig *r)
{
    build_project(r);
    r->nodes[0]->is_table = r->nodes[1]->is_table = true;
    r->nodes[0]->old_known = r->nodes[1]->old_known = true;
}

static void test_project_both_sides(void **state)
{
    rig_check(build_project_table, "L a 20 - 1\nL a 50 20 2\nL a - 50 3\nL a - - 4\n",
              "a 20,5 <- - @1\na 50,2 <- 20,5 @2\na - <- 50,2 @3\na - <- - @4\n");
}

/* ---- GroupBy --------------------------------------------------------------------------------- */

static void build_group(Rig *r)
{
    PlanNode *in = rig_input(r, "K STRING KEY, G STRING, V INTEGER", false, false);
    rig_put_cols(r, rig_over(r, NODE_GROUPBY, in, "G STRING KEY, V INTEGER"), "G, V");
}

static void test_group_stream(void **state)
{
    rig_check(build_group, "L a x,1 - 1\nL b _,2 - 2\nL c - - 3\nL - y,4 - 4\n",
              "x 1 <- - @1\ny 4 <- - @4\n! null key b @2 grouping expression\n");
}

static void build_group_same_key(Rig *r)
{
    PlanNode *in = rig_input(r, "K STRING KEY, V INTEGER", false, false);
    PlanNode *g = rig_over(r, NODE_GROUPBY, in, "K STRING KEY, V INTEGER");
    rig_put_cols(r, g, "K, V");
    g->same_key = true;
}

static void test_group_by_the_key_itself(void **state)
{
    rig_check(build_group_same_key, "L a 1 - 1\nL - 2 - 2\nL b - - 3\nL c _ - 4\n",
              "a 1 <- - @1\nc _ <- - @4\n! null key - @2 grouping expression\n");
}

static void build_failing_group(Rig *r)
{
    PlanNode *in = rig_input(r, "K STRING KEY, V INTEGER", false, false);
    PlanNode *g = rig_over(r, NODE_GROUPBY, in, "G INTEGER KEY, V INTEGER");
    rig_put_expr(r, g, rig_binary(r, EXPR_ARITH, SQL_OP_DIV, rig_int(r, 100), rig_col(r, in, "V")));
    rig_put_cols(r, g, "V");
}

static void test_group_failing_key_drops_the_row(void **state)
{
    rig_check(build_failing_group, "L a 2 - 1\nL b 0 - 2\nL c 4 - 3\n",
              "50 2 <- - @1\n25 4 <- - @3\n! expression failed b @2 grouping expression\n");
}

static void build_group_table(Rig *r)
{
    PlanNode *in = rig_input(r, "ID STRING KEY, G STRING, V INTEGER", true, true);
    PlanNode *g = rig_over(r, NODE_GROUPBY, in, "G STRING KEY, V INTEGER");
    rig_put_cols(r, g, "G, V");
    g->old_known = false; /* what leaves is no history of its key: no check of it */
}

static void test_group_table_splits_only_what_moves(void **state)
{
    rig_check(build_group_table,
              "L 1 x,5 - 1\n"   /* insert */
              "L 1 x,6 x,5 2\n" /* stays in its group: one row */
              "L 1 y,6 x,6 3\n" /* moves: two rows, the old side first */
              "L 1 _,7 y,6 4\n" /* leaves all groups */
              "L 1 z,8 _,7 5\n" /* comes back */
              "L 1 - z,8 6\n"   /* delete */
              "L 2 - - 7\n",    /* a delete of nothing */
              "x 5 <- - @1\nx 6 <- 5 @2\nx - <- 6 @3\ny 6 <- - @3\ny - <- 6 @4\nz 8 <- - @5\n"
              "z - <- 8 @6\n! null key 1 @4 grouping expression\n");
}

static void test_group_table_may_double_a_batch(void **state)
{
    Buf in, out;
    buf_init(&in), buf_init(&out);
    for (int i = 0; i < LIMIT_BATCH_ROWS; i++) {
        buf_printf(&in, "L k%d b%d,2 a%d,1 %d\n", i, i, i, i);
        buf_printf(&out, "a%d - <- 1 @%d\nb%d 2 <- - @%d\n", i, i, i, i);
    }
    char *text = rig_run(build_group_table, buf_cstr(&in), LIMIT_BATCH_ROWS, false);
    assert_string_equal(text, buf_cstr(&out));
    free(text);
    buf_fini(&in), buf_fini(&out);
}

/* ---- Rekey ----------------------------------------------------------------------------------- */

static void build_rekey(Rig *r)
{
    PlanNode *in = rig_input(r, "K STRING KEY, V INTEGER, S STRING", false, false);
    rig_put_cols(r, rig_over(r, NODE_REKEY, in, "S STRING KEY, V INTEGER, K STRING"), "S, V, K");
}

static void test_rekey_keeps_rows_with_null_keys(void **state)
{
    rig_check(build_rekey, "L a 1,x - 1\nL b 2,_ - 2\nL c - - 3\nL - 4,y - 4\n",
              "x 1,a <- - @1\n- 2,b <- - @2\n- - <- - @3\ny 4,_ <- - @4\n");
}

static void build_rekey_expr(Rig *r) /* 100 / V */
{
    PlanNode *in = rig_input(r, "K STRING KEY, V INTEGER", false, false);
    PlanNode *k = rig_over(r, NODE_REKEY, in, "N INTEGER KEY, V INTEGER");
    rig_put_expr(r, k, rig_binary(r, EXPR_ARITH, SQL_OP_DIV, rig_int(r, 100), rig_col(r, in, "V")));
    rig_put_cols(r, k, "V");
}

static void test_rekey_failing_key_is_null(void **state)
{
    rig_check(build_rekey_expr, "L a 20 - 1\nL b 0 - 2\n",
              "5 20 <- - @1\n- 0 <- - @2\n! value became NULL b @2 column N is NULL\n");
}

static void build_rekey_is_null(Rig *r) /* CASE WHEN V IS NULL THEN 1 ELSE 2 END */
{
    PlanNode *in = rig_input(r, "K STRING KEY, V INTEGER", false, false);
    PlanNode *k = rig_over(r, NODE_REKEY, in, "N INTEGER KEY, V INTEGER");
    Expr *e = rig_expr(r, EXPR_CASE, &type_integer);
    e->args = ARENA_ARRAY(&r->query, Expr *, 3);
    e->args[0] = is_null(r, rig_col(r, in, "V"));
    e->args[1] = rig_int(r, 1);
    e->args[2] = rig_int(r, 2);
    e->arg_count = 3;
    rig_put_expr(r, k, e);
    rig_put_cols(r, k, "V");
}

static void test_rekey_null_value_has_no_columns_to_ask(void **state)
{
    rig_check(build_rekey_is_null, "L a 7 - 1\nL b _ - 2\nL c - - 3\n",
              "2 7 <- - @1\n1 _ <- - @2\n- - <- - @3\n");
}

/* CASE WHEN CAST(V AS STRING) IS NULL THEN 1 ELSE 2 END: the error ends at the CAST */
static void build_rekey_cast(Rig *r)
{
    build_rekey_is_null(r);
    Expr *test = r->nodes[1]->exprs[0]->args[0];
    test->args[0] = cast(r, test->args[0], &type_string);
}

static void test_rekey_null_value_up_to_a_boundary(void **state)
{
    rig_check(build_rekey_cast, "L a 7 - 1\nL c - - 3\n", "2 7 <- - @1\n1 - <- - @3\n");
}

static void build_rekey_key_expr(Rig *r) /* K + 2: of the key alone */
{
    PlanNode *in = rig_input(r, "K INTEGER KEY, V INTEGER", false, false);
    PlanNode *k = rig_over(r, NODE_REKEY, in, "N INTEGER KEY, V INTEGER");
    rig_put_expr(r, k, rig_binary(r, EXPR_ARITH, SQL_OP_ADD, rig_col(r, in, "K"), rig_int(r, 2)));
    rig_put_cols(r, k, "V");
}

static void test_rekey_null_value_by_key_columns(void **state)
{
    rig_check(build_rekey_key_expr, "L 5 - - 1\nL - - - 2\nL 6 1 - 3\n",
              "7 - <- - @1\n- - <- - @2\n8 1 <- - @3\n");
}

static void build_rekey_system_column(Rig *r)
{
    PlanNode *in = rig_input(r, "K STRING KEY, V INTEGER", false, false);
    PlanNode *k = rig_over(r, NODE_REKEY, in, "T BIGINT KEY, V INTEGER");
    rig_put_expr(r, k, rig_pseudo(r, PSEUDO_ROWTIME));
    rig_put_cols(r, k, "V");
}

static void test_rekey_null_value_has_no_system_columns(void **state)
{
    rig_check(build_rekey_system_column, "L a 5 - 12\nL a - - 13\n",
              "12 5 <- - @12\n- - <- - @13\n");
}

static void build_rekey_away(Rig *r) /* PARTITION BY NULL */
{
    PlanNode *in = rig_input(r, "K STRING KEY, V INTEGER", false, false);
    rig_put_cols(r, rig_over(r, NODE_REKEY, in, "V INTEGER, K STRING"), "V, K");
}

static void test_rekey_without_key(void **state)
{
    rig_check(build_rekey_away, "L a 1 - 1\nL b - - 2\n", "- 1,a <- - @1\n- - <- - @2\n");
}

static void build_rekey_table(Rig *r)
{
    PlanNode *in = rig_input(r, "K STRING KEY, V INTEGER", true, true);
    rig_put_cols(r, rig_over(r, NODE_REKEY, in, "ID STRING KEY, V INTEGER"), "K, V");
}

static void test_rekey_table_keeps_its_keys(void **state)
{
    rig_check(build_rekey_table, "L a 1 - 1\nL a 2 1 2\nL a - 2 3\n",
              "a 1 <- - @1\na 2 <- 1 @2\na - <- 2 @3\n");
}

/* ---- Exchange, Limit, Sink ------------------------------------------------------------------- */

static void build_exchange(Rig *r)
{
    rig_over(r, NODE_EXCHANGE, rig_input(r, "K STRING KEY, V INTEGER", false, false), NULL);
    r->env.partition = 3;
}

static void test_exchange_stamps_carried_time(void **state)
{
    rig_check_with(build_exchange, "L a 1 - 5\nL b 2 - 9\nL c 3 - 7\nL d 4 - 11\n",
                   "a 1 <- - @5 3:5\nb 2 <- - @9 3:9\nc 3 <- - @7 3:9\nd 4 <- - @11 3:11\n", false);
}

static void build_limit(Rig *r)
{
    rig_over(r, NODE_LIMIT, rig_input(r, "K STRING KEY, V INTEGER", false, false), NULL)->limit = 3;
}

static void build_limit_none(Rig *r)
{
    build_limit(r);
    r->nodes[1]->limit = 0;
}

static void test_limit(void **state)
{
    rig_check_with(build_limit, "L a 1 - 1\nL b - - 2\nL c 3 - 3\nL d 4 - 4\nL e 5 - 5\n",
                   "a 1 <- - @1\nb - <- - @2\nc 3 <- - @3\n", false);
    rig_check_with(build_limit_none, "L a 1 - 1\n", "", false);
}

static void test_limit_says_when_it_is_done(void **state)
{
    Rig r;
    rig_init(&r, build_limit);
    assert_false(r.ops[1]->done);
    rig_feed(&r, "L a 1 - 1\nL b 2 - 2\n", 2, false);
    assert_false(r.ops[1]->done);
    rig_feed(&r, "L c 3 - 3\nL d 4 - 4\n", 2, false);
    assert_true(r.ops[1]->done);
    assert_int_equal(r.ops[1]->count.rows_in, 4);
    assert_int_equal(r.ops[1]->count.rows_out, 3);
    rig_fini(&r);
    rig_init(&r, build_limit_none);
    assert_true(r.ops[1]->done);
    rig_fini(&r);
}

static void build_sink(Rig *r)
{
    PlanNode *in = rig_input(r, "K STRING KEY, T BIGINT", false, false);
    rig_over(r, NODE_SINK, in, NULL)->timestamp_column = 1;
}

static void test_sink_takes_time_from_a_column(void **state)
{
    rig_check(build_sink, "L a 50 - 5\nL b _ - 6\nL c - - 7\n",
              "a 50 <- - @50\nc - <- - @7\n! bad timestamp b @6\n");
}

/* ---- chains ---------------------------------------------------------------------------------- */

static void build_chain(Rig *r) /* Filter, Project, Sink */
{
    PlanNode *in = rig_input(r, "K STRING KEY, V INTEGER", true, true);
    PlanNode *f = rig_over(r, NODE_FILTER, in, NULL);
    rig_put_expr(r, f, rig_test(r, in, "V", SQL_OP_GT, 30));
    PlanNode *p = rig_over(r, NODE_PROJECT, f, "K STRING KEY, W INTEGER");
    rig_put_cols(r, p, "K");
    rig_put_expr(r, p, rig_binary(r, EXPR_ARITH, SQL_OP_ADD, rig_col(r, in, "V"), rig_int(r, 1)));
    rig_over(r, NODE_SINK, p, NULL);
}

/* A table's changes, each old side what the key had before. */
static void put_changes(Buf *out, uint64_t *seed, int rows)
{
    char last[4][16] = {"-", "-", "-", "-"};
    for (int i = 0; i < rows; i++) {
        uint32_t key = rig_random(seed, 4);
        char now[16] = "-";
        if (rig_random(seed, 5))
            snprintf(now, sizeof now, "%u", rig_random(seed, 60));
        buf_printf(out, "L k%u %s %s %d\n", key, now, last[key], i);
        memcpy(last[key], now, sizeof now);
    }
}

static void test_chain_of_random_changes(void **state)
{
    uint64_t seed = 7;
    for (int i = 0; i < 10; i++) {
        Buf in;
        buf_init(&in);
        put_changes(&in, &seed, 100);
        rig_check(build_chain, buf_cstr(&in), NULL); /* the harness checks the history */
        buf_fini(&in);
    }
}

static void test_counters(void **state)
{
    Rig r;
    rig_init(&r, build_chain);
    rig_feed(&r, "L a 40 - 1\nL b 1 - 2\nL c 50 - 3\n", 2, false);
    assert_int_equal(r.ops[1]->count.rows_in, 3);
    assert_int_equal(r.ops[1]->count.rows_out, 2);
    assert_int_equal(r.ops[2]->count.rows_in, 2);
    assert_int_equal(r.ops[3]->count.rows_out, 2);
    assert_int_equal(r.refused[1].len, 0); /* turned away is not refused */
    rig_fini(&r);
}

static void test_names_of_classes(void **state)
{
    for (int k = 0; k < NODE_KIND_COUNT; k++) {
        assert_non_null(op_table[k]);
        assert_int_equal(op_table[k]->kind, k);
    }
    assert_string_equal(op_reason_names[REASON_LATE], "late");
    assert_string_equal(op_reason_names[REASON_UNENCODABLE], "cannot be written");
}

/* What the plan says of a kind's state, and what its operator declares. */
static void test_classes_fit_the_traits(void **state)
{
    for (int k = 0; k < NODE_KIND_COUNT; k++) {
        const OpClass *cls = op_table[k];
        const PlanTraits *t = &plan_traits[k];
        assert_non_null(cls);
        if (cls->state_count != plan_store_count((PlanKind)k))
            fail_msg("%s: the operator has %d states, plan/traits.c says %d", plan_node_names[k],
                     cls->state_count, plan_store_count((PlanKind)k));
        for (int i = 0; i < cls->state_count; i++)
            assert_string_equal(cls->states[i].name, t->states[i]);
        bool readable = cls->state_count && cls->states[0].read;
        if (readable != t->queryable)
            fail_msg("%s: can its state be asked, or not?", plan_node_names[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_source_stream_passes_nulls),
        cmocka_unit_test(test_source_refuses_times_below_zero),
        cmocka_unit_test(test_source_table_needs_keys),
        cmocka_unit_test(test_source_without_key_columns_ignores_keys),
        cmocka_unit_test(test_source_takes_time_from_a_column),
        cmocka_unit_test(test_source_takes_time_from_the_key_of_a_delete),
        cmocka_unit_test(test_source_reads_time_from_text),
        cmocka_unit_test(test_filter_stream),
        cmocka_unit_test(test_filter_failing_rows_are_refused),
        cmocka_unit_test(test_filter_of_unknown_old_sides),
        cmocka_unit_test(test_filter_tests_each_side_alone),
        cmocka_unit_test(test_project_stream),
        cmocka_unit_test(test_project_tells_of_errors_that_were_caught),
        cmocka_unit_test(test_filter_refuses_errors_that_were_caught),
        cmocka_unit_test(test_project_both_sides),
        cmocka_unit_test(test_group_stream),
        cmocka_unit_test(test_group_by_the_key_itself),
        cmocka_unit_test(test_group_failing_key_drops_the_row),
        cmocka_unit_test(test_group_table_splits_only_what_moves),
        cmocka_unit_test(test_group_table_may_double_a_batch),
        cmocka_unit_test(test_rekey_keeps_rows_with_null_keys),
        cmocka_unit_test(test_rekey_failing_key_is_null),
        cmocka_unit_test(test_rekey_null_value_has_no_columns_to_ask),
        cmocka_unit_test(test_rekey_null_value_up_to_a_boundary),
        cmocka_unit_test(test_rekey_null_value_by_key_columns),
        cmocka_unit_test(test_rekey_null_value_has_no_system_columns),
        cmocka_unit_test(test_rekey_without_key),
        cmocka_unit_test(test_rekey_table_keeps_its_keys),
        cmocka_unit_test(test_exchange_stamps_carried_time),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_limit_says_when_it_is_done),
        cmocka_unit_test(test_sink_takes_time_from_a_column),
        cmocka_unit_test(test_chain_of_random_changes),
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_names_of_classes),
        cmocka_unit_test(test_classes_fit_the_traits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
