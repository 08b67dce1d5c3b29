/* Names and schemas of results: statements.md 5.4, 7.5, 10, and the worked examples of 18.1. */
#include "harness.h"

static void with_sources(Bench *b)
{
    bench_open(b, true);
    must(b, bench_sources);
}

typedef struct Row {
    const char *query, *schema;
} Row;

static void check_rows(const char *create, const Row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        Bench *b = malloc(sizeof *b);
        char text[2048];
        with_sources(b);
        snprintf(text, sizeof text, "%s %s;", create, rows[i].query);
        Rc rc = run(b, text);
        bool waits = rc == ERR_NOT_BUILT && strstr(rows[i].query, "->"); /* fields of structs */
        if (!waits && (rc || strcmp(b->text, rows[i].schema) != 0))
            fail_msg("%s\n  wants %s\n  got   %s", rows[i].query, rows[i].schema, b->text);
        bench_close(b);
        free(b);
    }
}

#define CHECK(create, rows) check_rows(create, rows, sizeof rows / sizeof rows[0])

static void streams_name_their_columns(void **state)
{
    static const Row rows[] = {
        {"SELECT k, a+1, a, ABS(a) FROM s",
         "K INTEGER KEY, KSQL_COL_0 INTEGER, A INTEGER, KSQL_COL_1 INTEGER"},
        {"SELECT k, p->a, p->b FROM s", "K INTEGER KEY, A_1 INTEGER, B STRING"},
        {"SELECT k, a, p->a FROM s", "K INTEGER KEY, A INTEGER, A_1 INTEGER"},
        {"SELECT k, p->* FROM s", "K INTEGER KEY, A_1 INTEGER, B STRING"},
        {"SELECT a, k AS id FROM s", "ID INTEGER KEY, A INTEGER"},
        {"SELECT k, AS_VALUE(k) AS k2 FROM s", "K INTEGER KEY, K2 INTEGER"},
        {"SELECT * FROM s", "K INTEGER KEY, A INTEGER, P STRUCT<`A` INTEGER, `B` STRING>"},
        {"SELECT s.*, a AS `again` FROM s",
         "K INTEGER KEY, A INTEGER, P STRUCT<`A` INTEGER, `B` STRING>, `again` INTEGER"},
        {"SELECT z.k, z.a FROM s z", "K INTEGER KEY, A INTEGER"},
        {"SELECT k, ROWTIME AS rt, ROWPARTITION + 0 FROM s",
         "K INTEGER KEY, RT BIGINT, KSQL_COL_0 INTEGER"},
        {"SELECT k, a AS b, p->b FROM s", "K INTEGER KEY, B INTEGER, B_1 STRING"},
    };
    CHECK("CREATE STREAM o AS", rows);
}

static void partition_by_makes_keys(void **state)
{
    static const Row rows[] = {
        {"SELECT * FROM s PARTITION BY a",
         "A INTEGER KEY, P STRUCT<`A` INTEGER, `B` STRING>, K INTEGER"},
        {"SELECT * FROM s PARTITION BY a + 1",
         "KSQL_COL_0 INTEGER KEY, A INTEGER, P STRUCT<`A` INTEGER, `B` STRING>, K INTEGER"},
        {"SELECT a + 1 AS n, k FROM s PARTITION BY a + 1", "N INTEGER KEY, K INTEGER"},
        {"SELECT k, a FROM s PARTITION BY NULL", "K INTEGER, A INTEGER"},
        {"SELECT * FROM s PARTITION BY k",
         "K INTEGER KEY, A INTEGER, P STRUCT<`A` INTEGER, `B` STRING>"},
        {"SELECT k, a, p FROM s PARTITION BY a, k",
         "A INTEGER KEY, K INTEGER KEY, P STRUCT<`A` INTEGER, `B` STRING>"},
        {"SELECT a AS k, k AS a FROM s PARTITION BY a", "K INTEGER KEY, A INTEGER"},
        {"SELECT * FROM s PARTITION BY ROWTIME",
         "ROWTIME BIGINT KEY, A INTEGER, P STRUCT<`A` INTEGER, `B` STRING>, K INTEGER"},
        {"SELECT a, a + k AS n FROM s PARTITION BY a", "A INTEGER KEY, N INTEGER"},
    };
    CHECK("CREATE STREAM o AS", rows);
}

static void joins_name_their_columns(void **state)
{
    static const Row rows[] = {
        {"SELECT * FROM s JOIN t ON s.k = t.k",
         "S_K INTEGER KEY, S_A INTEGER, S_P STRUCT<`A` INTEGER, `B` STRING>, T_K INTEGER, T_V "
         "INTEGER"},
        {"SELECT s.k, a, v FROM s JOIN t ON s.k = t.k", "S_K INTEGER KEY, A INTEGER, V INTEGER"},
        {"SELECT t.k, a FROM s JOIN t ON s.k = t.k", "T_K INTEGER KEY, A INTEGER"},
        {"SELECT t.k AS id, a FROM s LEFT JOIN t ON ABS(s.a) = t.k", "ID INTEGER KEY, A INTEGER"},
        {"SELECT v, t.*, s.k FROM s JOIN t ON t.k = s.k",
         "S_K INTEGER KEY, V INTEGER, T_K INTEGER, T_V INTEGER"},
        {"SELECT s.ROWTIME, s.k, v FROM s JOIN t ON s.k = t.k",
         "S_K INTEGER KEY, S_ROWTIME BIGINT, V INTEGER"},
        {"SELECT l.k, l.a + x.v AS n FROM s l JOIN t AS x ON l.k = x.k",
         "L_K INTEGER KEY, N INTEGER"},
        {"SELECT a, v FROM s JOIN t ON s.a = t.k", "A INTEGER KEY, V INTEGER"},
        {"SELECT * FROM s JOIN t ON s.k = t.k PARTITION BY v",
         "T_V INTEGER KEY, S_A INTEGER, S_P STRUCT<`A` INTEGER, `B` STRING>, S_ROWTIME BIGINT, "
         "S_ROWPARTITION INTEGER, S_ROWOFFSET BIGINT, S_K INTEGER, T_ROWTIME BIGINT, "
         "T_ROWPARTITION INTEGER, T_ROWOFFSET BIGINT, T_K INTEGER"},
        {"SELECT s.k, v, x FROM s JOIN t ON s.k = t.k LEFT JOIN r ON s.k = r.k",
         "S_K INTEGER KEY, V INTEGER, X INTEGER"},
        {"SELECT t.k, a, x FROM s JOIN t ON s.a = t.k JOIN r ON t.k = r.k",
         "A INTEGER KEY, T_K INTEGER, X INTEGER"},
        {"SELECT r.k, a, x FROM s JOIN t ON s.a + 1 = t.k JOIN r ON s.k = r.k",
         "R_K INTEGER KEY, A INTEGER, X INTEGER"},
    };
    CHECK("CREATE STREAM o AS", rows);
}

static void table_joins_name_their_columns(void **state)
{
    static const Row rows[] = {
        {"SELECT * FROM t FULL JOIN r ON t.k = r.k",
         "ROWKEY INTEGER KEY, T_K INTEGER, T_V INTEGER, R_K INTEGER, R_W STRING, R_X INTEGER"},
        {"SELECT ROWKEY AS id, v FROM t FULL JOIN r ON t.k = r.k", "ID INTEGER KEY, V INTEGER"},
        {"SELECT r.k, v, w FROM t RIGHT JOIN r ON t.k = r.k",
         "R_K INTEGER KEY, V INTEGER, W STRING"},
        {"SELECT t.k, v, w FROM t LEFT JOIN r ON r.k = t.k",
         "T_K INTEGER KEY, V INTEGER, W STRING"},
        {"SELECT t.k, AS_VALUE(t.k) AS c, r.k FROM t RIGHT JOIN r ON t.k = r.k",
         "T_K INTEGER KEY, C INTEGER, R_K INTEGER"},
    };
    CHECK("CREATE TABLE o AS", rows);
}

static void aggregations_name_their_columns(void **state)
{
    static const Row rows[] = {
        {"SELECT a, COUNT(*) FROM s GROUP BY a", "A INTEGER KEY, KSQL_COL_0 BIGINT"},
        {"SELECT a AS g, COUNT(*) AS n FROM s GROUP BY a", "G INTEGER KEY, N BIGINT"},
        {"SELECT p->b, MAX(a) AS m FROM s GROUP BY p->b", "B STRING KEY, M INTEGER"},
        {"SELECT k, a, COUNT(*) AS n FROM s GROUP BY a, k",
         "A INTEGER KEY, K INTEGER KEY, N BIGINT"},
        {"SELECT k, COUNT(*) AS n, WINDOWSTART AS ws FROM s WINDOW TUMBLING(SIZE 1 MINUTE) GROUP "
         "BY k",
         "K INTEGER KEY, N BIGINT, WS BIGINT TUMBLING 60000"},
        {"SELECT a + 1 AS b, (a + 1) * 2 + SUM(k) AS c FROM s GROUP BY a + 1",
         "B INTEGER KEY, C INTEGER"},
        {"SELECT v, COUNT(*) AS n FROM t GROUP BY v", "V INTEGER KEY, N BIGINT"},
        {"SELECT k, AS_VALUE(k) AS c, SUM(a) * 2 AS d FROM s GROUP BY k HAVING MAX(a) > 1",
         "K INTEGER KEY, C INTEGER, D INTEGER"},
        {"SELECT t.k, COUNT(*) AS n, MAX(s.a) FROM s JOIN t ON s.k = t.k GROUP BY t.k",
         "T_K INTEGER KEY, N BIGINT, KSQL_COL_0 INTEGER"},
        {"SELECT 1, COUNT(*) FROM s GROUP BY 1", "KSQL_COL_0 INTEGER KEY, KSQL_COL_1 BIGINT"},
    };
    CHECK("CREATE TABLE o AS", rows);
}

static void shown(Bench *b, char *out, size_t cap)
{
    const PlanNode *n = b->plan->root;
    out[0] = 0;
    for (int i = 0; i < n->shown_count; i++)
        snprintf(out + strlen(out), cap - strlen(out), "%s%.*s", i ? " " : "",
                 STR_ARG(n->schema->columns[n->shown[i]].name));
}

static void push_queries_show_the_select_list(void **state)
{
    static const struct {
        const char *query, *columns;
    } rows[] = {
        {"SELECT a, k FROM s EMIT CHANGES", "A K"},
        {"SELECT a FROM s EMIT CHANGES", "A"},
        {"SELECT a AS k FROM s EMIT CHANGES", "K"},
        {"SELECT k, k AS again FROM s EMIT CHANGES LIMIT 3", "K AGAIN"},
        {"SELECT ROWTIME, k FROM s EMIT CHANGES", "ROWTIME K"},
        {"SELECT COUNT(*) FROM s GROUP BY a EMIT CHANGES", "KSQL_COL_0"},
        {"SELECT v FROM s JOIN t ON s.k = t.k EMIT CHANGES", "V"},
        {"SELECT k, WINDOWSTART, WINDOWEND, COUNT(*) FROM s WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY "
         "k "
         "EMIT CHANGES",
         "K WINDOWSTART WINDOWEND KSQL_COL_0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        Bench *b = malloc(sizeof *b);
        char columns[256], text[512];
        with_sources(b);
        snprintf(text, sizeof text, "%s;", rows[i].query);
        must(b, text);
        shown(b, columns, sizeof columns);
        assert_string_equal(columns, rows[i].columns);
        assert_string_equal(b->plan->sink ? "" : "none", "none");
        bench_close(b);
        free(b);
    }
}

static void a_windowed_star_shows_the_bounds(void **state)
{
    Bench *b = malloc(sizeof *b);
    char columns[256];
    with_sources(b);
    must(b, "CREATE STREAM ws (k INT KEY, v INT) WITH (kafka_topic='w', format='JSON',"
            " window_type='tumbling', window_size='10 seconds');");
    assert_string_equal(b->text, "K INTEGER KEY, V INTEGER TUMBLING 10000");
    must(b, "SELECT * FROM ws EMIT CHANGES;");
    shown(b, columns, sizeof columns);
    assert_string_equal(columns, "K WINDOWSTART WINDOWEND V");
    must(b, "CREATE STREAM o AS SELECT *, WINDOWSTART AS f FROM ws;");
    assert_string_equal(b->text, "K INTEGER KEY, V INTEGER, F BIGINT TUMBLING 10000");
    bench_close(b);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_name_their_columns),
        cmocka_unit_test(partition_by_makes_keys),
        cmocka_unit_test(joins_name_their_columns),
        cmocka_unit_test(table_joins_name_their_columns),
        cmocka_unit_test(aggregations_name_their_columns),
        cmocka_unit_test(push_queries_show_the_select_list),
        cmocka_unit_test(a_windowed_star_shows_the_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
