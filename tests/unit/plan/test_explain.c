/* EXPLAIN: the tree, the sink first, then the stages; names of repartition topics. */
#include "harness.h"

static void check(const char *statement, const char *wanted)
{
    Bench *b = malloc(sizeof *b);
    Buf out;
    bench_open(b, true);
    buf_init(&out);
    must(b, bench_sources);
    must(b, "CREATE STREAM ev (id STRING KEY, x INT) WITH (kafka_topic='ev', key_format='JSON',"
            " value_format='JSON', partitions=3);");
    must(b, statement);
    plan_print(&out, b->plan);
    if (strcmp(buf_cstr(&out), wanted) != 0) { /* cmocka would cut it short */
        fprintf(stderr, "%s\n--- wants\n%s--- got\n%s", statement, wanted, buf_cstr(&out));
        fail();
    }
    buf_fini(&out);
    bench_close(b);
    free(b);
}

static void a_filter(void **state)
{
    check(
        "CREATE STREAM o AS SELECT k, a + 1 AS n FROM s WHERE a > 1;",
        " > [ Sink ] O to topic O as JSON | Schema: `K` INTEGER KEY, `N` INTEGER | Key: JSON\n"
        "   > [ Project ] K, (A + 1) AS N | Schema: `K` INTEGER KEY, `N` INTEGER | Key: JSON\n"
        "     > [ Filter ] (A > 1) | Schema: `K` INTEGER KEY, `A` INTEGER, `P` STRUCT<`A` INTEGER, "
        "`B` "
        "STRING> | Key: JSON\n"
        "       > [ Source ] S from topic s | Schema: `K` INTEGER KEY, `A` INTEGER, `P` STRUCT<`A` "
        "INTEGER, `B` STRING> | Key: JSON\n"
        "Stage 0, 1 task: Source S, Filter, Project, Sink\n");
}

static void an_aggregation(void **state)
{
    check("CREATE TABLE o AS SELECT x, COUNT(*) AS n, SUM(x) AS t FROM ev WINDOW TUMBLING (SIZE 10 "
          "SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY x;",
          " > [ Sink ] O to topic O as JSON | Schema: `X` INTEGER KEY, `N` BIGINT, `T` INTEGER | "
          "Key: JSON, "
          "TUMBLING\n"
          "   > [ Project ] X, N, T | Schema: `X` INTEGER KEY, `N` BIGINT, `T` INTEGER | Key: "
          "JSON, TUMBLING\n"
          "     > [ Aggregate ] COUNT(X), SUM(X_1) in TUMBLING windows of 10000 ms, grace 0 ms, "
          "kept 10000 "
          "ms | Schema: `X` INTEGER KEY, `N` BIGINT, `T` INTEGER | Key: JSON, TUMBLING | State: "
          "aggregate\n"
          "       > [ Exchange ] Aggregate-GroupBy-repartition, 3 partitions | Schema: `X` INTEGER "
          "KEY, "
          "`X_1` INTEGER | Key: JSON\n"
          "         > [ GroupBy ] by X | Schema: `X` INTEGER KEY, `X_1` INTEGER | Key: JSON\n"
          "           > [ Source ] EV from topic ev | Schema: `ID` STRING KEY, `X` INTEGER | Key: "
          "JSON\n"
          "Stage 0, 3 tasks: Source EV, GroupBy, Exchange\n"
          "Stage 1, 3 tasks: Aggregate, Project, Sink\n");
}

static void a_join(void **state)
{
    check(
        "SELECT a, v FROM s LEFT JOIN t ON s.a = t.k EMIT CHANGES LIMIT 5;",
        " > [ Sink ] to the client | Schema: `A` INTEGER KEY, `V` INTEGER | Key: JSON\n"
        "   > [ Limit ] 5 | Schema: `A` INTEGER KEY, `V` INTEGER | Key: JSON\n"
        "     > [ Project ] S_A AS A, T_V AS V | Schema: `A` INTEGER KEY, `V` INTEGER | Key: JSON\n"
        "       > [ StreamTableJoin ] LEFT | Schema: `S_A` INTEGER KEY, `T_V` INTEGER | Key: JSON "
        "| "
        "State: right\n"
        "         > [ Exchange ] Join-repartition, 1 partition | Schema: `S_A` INTEGER KEY | Key: "
        "JSON\n"
        "           > [ Rekey ] by A AS S_A | Schema: `S_A` INTEGER KEY | Key: JSON\n"
        "             > [ Source ] S from topic s | Schema: `K` INTEGER KEY, `A` INTEGER, `P` "
        "STRUCT<`A` "
        "INTEGER, `B` STRING> | Key: JSON\n"
        "         > [ Project ] K AS S_A, V AS T_V | Schema: `S_A` INTEGER KEY, `T_V` INTEGER | "
        "Key: JSON\n"
        "           > [ Source ] T from topic t | Schema: `K` INTEGER KEY, `V` INTEGER | Key: "
        "JSON\n"
        "Stage 0, 1 task: Source S, Rekey, Exchange\n"
        "Stage 1, 1 task: Source T, Project, StreamTableJoin, Project, Limit, Sink\n");
}

static void inner_joins_of_a_chain_are_told_apart(void **state)
{
    Bench *b = malloc(sizeof *b);
    bench_open(b, true);
    must(b, bench_sources);
    must(b,
         "CREATE STREAM o AS SELECT r.k, v, w FROM s JOIN t ON s.a = t.k JOIN r ON s.a + 1 = r.k;");
    const char *names[2];
    int n = 0;
    for (int i = 0; i < b->plan->node_count && n < 2; i++)
        if (b->plan->nodes[i]->kind == NODE_EXCHANGE)
            names[n++] = plan_exchange_name(b->plan, b->plan->nodes[i], &b->arena);
    assert_int_equal(n, 2);
    assert_string_equal(names[0], "L_Join-repartition");
    assert_string_equal(names[1], "Join-repartition");
    bench_close(b);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_filter),
        cmocka_unit_test(an_aggregation),
        cmocka_unit_test(a_join),
        cmocka_unit_test(inner_joins_of_a_chain_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
