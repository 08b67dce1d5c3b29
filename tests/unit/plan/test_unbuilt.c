/* What parses and is sound but does not run yet is refused when it is planned, behind the dialect's
 * own errors. And how a refused sink quotes its statement. */
#include "harness.h"

typedef struct Row {
    const char *statement;
    ErrCode code;
    const char *words;
} Row;

static void check_rows(const Row *rows, size_t count)
{
    Bench *b = malloc(sizeof *b);
    bench_open(b, true);
    must(b, bench_sources);
    for (size_t i = 0; i < count; i++)
        refuses(b, rows[i].statement, rows[i].code, rows[i].words);
    bench_close(b);
    free(b);
}

#define CHECK(rows) check_rows(rows, sizeof rows / sizeof rows[0])

static void functions(void **state)
{
    static const Row rows[] = {
        {"CREATE STREAM o AS SELECT k, JSON_KEYS('{}') FROM s;", ERR_NOT_BUILT,
         "not built yet: function JSON_KEYS"},
        {"CREATE STREAM o AS SELECT k, JSON_KIES('{}') FROM s;", ERR_STATEMENT,
         "Can't find any functions with the name 'JSON_KIES'"},
        {"CREATE TABLE o AS SELECT k, TOPK(a, 2) FROM s GROUP BY k;", ERR_NOT_BUILT,
         "not built yet: function TOPK"},
        {"CREATE TABLE o AS SELECT k, TOPK(a, a) FROM s GROUP BY k;", ERR_STATEMENT,
         "Parameter 2 passed to function TOPK must be a literal constant, but was expression: 'A'"},
        {"CREATE TABLE o AS SELECT k, a, TOPK(a, 2) FROM s GROUP BY k;", ERR_STATEMENT,
         "Non-aggregate SELECT expression(s) not part of GROUP BY: A"},
        {"CREATE TABLE o AS SELECT k, SUM(TOPK(a, 2)) FROM s GROUP BY k;", ERR_STATEMENT,
         "Aggregate functions can not be nested: SUM(TOPK(A, 2))"},
        {"CREATE STREAM o AS SELECT k, a FROM s WHERE COLLECT_SET(a) = a;", ERR_STATEMENT,
         "WHERE does not support aggregate functions: COLLECT_SET is an aggregate function."},
        {"CREATE STREAM o AS SELECT k, EXPLODE(a) FROM s;", ERR_NOT_BUILT,
         "not built yet: table functions"},
        {"CREATE TABLE o AS SELECT k, EXPLODE(v) FROM t;", ERR_STATEMENT,
         "Table source is not supported with table functions"},
        {"CREATE TABLE o AS SELECT k, EXPLODE(k), COUNT(*) FROM s GROUP BY k;", ERR_STATEMENT,
         "Table functions cannot be used with aggregations."},
    };
    CHECK(rows);
}

static void times_in_text(void **state)
{
    static const Row rows[] = {
        {"CREATE STREAM x (k INT KEY, stamp STRING) WITH (kafka_topic='x', format='JSON',"
         " timestamp='stamp', timestamp_format='yyyy-MM-dd');",
         ERR_NOT_BUILT, "not built yet: TIMESTAMP_FORMAT"},
        {"CREATE STREAM x (k INT KEY, stamp STRING) WITH (kafka_topic='x', format='JSON',"
         " timestamp='then', timestamp_format='yyyy-MM-dd');",
         ERR_STATEMENT, "does not exist in the schema: 'THEN'"},
        {"CREATE TABLE o WITH (timestamp='w', timestamp_format='yyyy') AS SELECT * FROM r;",
         ERR_NOT_BUILT, "not built yet: TIMESTAMP_FORMAT"},
        {"CREATE TABLE o WITH (timestamp='x', timestamp_format='yyyy') AS SELECT * FROM r;",
         ERR_STATEMENT,
         "Timestamp column, `X`, should be LONG(INT64), TIMESTAMP, or a String with"},
    };
    CHECK(rows);
}

static void statements_are_quoted(void **state)
{
    static const Row rows[] = {
        {"create stream o with (value_format='KAFKA') as select * from s q where a > 3;",
         ERR_STATEMENT,
         "\nStatement: CREATE STREAM O WITH (VALUE_FORMAT='KAFKA') AS SELECT\n  Q.K K,\n  Q.A A,\n"
         "  Q.P P\nFROM S Q\nWHERE (Q.A > 3)\nEMIT CHANGES"},
        {"CREATE TABLE o WITH (key_format='KAFKA') AS SELECT a, k, COUNT(*), SUM(a + 1) AS n FROM s"
         " WINDOW TUMBLING (SIZE 5 SECONDS) GROUP BY a, k HAVING COUNT(*) > 1;",
         ERR_STATEMENT,
         "\nStatement: CREATE TABLE O WITH (KEY_FORMAT='KAFKA') AS SELECT\n  S.A A,\n  S.K K,\n"
         "  COUNT(*) KSQL_COL_0,\n  SUM((S.A + 1)) N\nFROM S S\nWINDOW TUMBLING (SIZE 5 SECONDS)\n"
         "GROUP BY S.A, S.K\nHAVING (COUNT(*) > 1)\nEMIT CHANGES"},
        {"CREATE STREAM o WITH (value_format='KAFKA') AS SELECT s.k, a, v FROM s LEFT JOIN t"
         " ON s.k = t.k;",
         ERR_STATEMENT,
         "\nStatement: CREATE STREAM O WITH (VALUE_FORMAT='KAFKA') AS SELECT\n  S.K S_K,\n"
         "  S.A A,\n  T.V V\nFROM S S\nLEFT JOIN T T ON (S.K = T.K)\nEMIT CHANGES"},
    };
    CHECK(rows);
}

/* A filter over a declared table that shows its rows has to know which it showed before. */
static void shown_tables_are_kept(void **state)
{
    Bench *b = malloc(sizeof *b);
    bench_open(b, true);
    must(b, bench_sources);
    must(b, "SELECT * FROM t WHERE v > 1 EMIT CHANGES;");
    assert_string_equal(shape(b), "Source Materialize Filter Project Sink");
    must(b, "SELECT * FROM t EMIT CHANGES;");
    assert_string_equal(shape(b), "Source Project Sink");
    must(b, "CREATE TABLE o AS SELECT * FROM t WHERE v > 1;");
    assert_string_equal(shape(b), "Source Filter Project Materialize Sink");
    must(b, "SELECT * FROM s EMIT CHANGES;"); /* turns records without a value away */
    assert_string_equal(shape(b), "Source Filter Project Sink");
    bench_close(b);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions),
        cmocka_unit_test(times_in_text),
        cmocka_unit_test(statements_are_quoted),
        cmocka_unit_test(shown_tables_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
