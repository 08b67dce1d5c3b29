/* Pull queries: how much of a table has to be read, what the result looks like, what is refused. */
#include "harness.h"

static Bench *bench_new(void)
{
    Bench *b = malloc(sizeof *b);
    bench_open(b, true);
    must(b, bench_sources);
    must(b, "CREATE TABLE agg AS SELECT k, COUNT(*) AS n, SUM(a) AS `Sum` FROM s GROUP BY k;"
            "CREATE TABLE win AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS) "
            "GROUP BY "
            "k;"
            "CREATE STREAM text (id STRING KEY, v INT) WITH (kafka_topic='text', format='JSON',"
            " partitions=1);"
            "CREATE TABLE names AS SELECT id, COUNT(*) AS n FROM text GROUP BY id;"
            "CREATE TABLE two AS SELECT k, a, COUNT(*) AS n FROM s GROUP BY k, a;");
    return b;
}

static void bench_end(Bench *b)
{
    bench_close(b);
    free(b);
}

static Rc pull(Bench *b, const char *text, PullPlan **out)
{
    SqlScript script;
    err_clear(&b->err);
    Rc rc = sql_parse(&b->arena, arena_str(&b->arena, str_of(text)), false, &script, &b->err);
    if (!rc)
        rc = plan_pull(b->catalog, &b->world, script.statements[0], &b->arena, out, &b->err);
    if (rc)
        say(b, b->err.text);
    return rc;
}

static PullPlan *must_pull(Bench *b, const char *text)
{
    PullPlan *p = NULL;
    if (pull(b, text, &p))
        fail_msg("%s\n  fails: %s", text, b->text);
    return p;
}

static void say_keys(Bench *b, const PullPlan *p)
{
    Buf out;
    buf_init(&out);
    if (p->key_count < 0)
        buf_puts(&out, "scan");
    for (int i = 0; i < p->key_count; i++) {
        buf_puts(&out, i ? " " : "");
        value_print(&out, &p->keys[i]);
    }
    say(b, buf_cstr(&out));
    buf_fini(&out);
}

static void keys_cut_the_reading_down(void **state)
{
    static const struct {
        const char *query, *keys;
    } rows[] = {
        {"SELECT * FROM agg;", "scan"},
        {"SELECT * FROM agg WHERE k = 3;", "3"},
        {"SELECT * FROM agg WHERE 3 = k AND n > 1;", "3"},
        {"SELECT * FROM agg WHERE k IN (5, 1, 5, 2);", "5 1 2"},
        {"SELECT * FROM agg WHERE k = 4 OR k = 1 OR k = 4;", "4 1"},
        {"SELECT * FROM agg WHERE (k = 1 AND n > 3) OR (k = 2 AND n > 5);", "1 2"},
        {"SELECT * FROM agg WHERE k = 1 OR n = 2;", "scan"},
        {"SELECT * FROM agg WHERE k > 1;", "scan"},
        {"SELECT * FROM agg WHERE NOT (k = 1);", "scan"},
        {"SELECT * FROM agg WHERE k NOT IN (1, 2);", "scan"},
        {"SELECT * FROM agg WHERE k = 1 + 2;", "3"},
        {"SELECT * FROM agg WHERE k = n;", "scan"},
        {"SELECT * FROM names WHERE id = 'it';", "it"},
        {"SELECT * FROM two WHERE k = 1 AND a = 2;", "scan"},
        {"SELECT * FROM s WHERE k = 1;", "scan"},
    };
    Bench *b = bench_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        say_keys(b, must_pull(b, rows[i].query));
        if (strcmp(b->text, rows[i].keys) != 0)
            fail_msg("%s\n  wants %s\n  got   %s", rows[i].query, rows[i].keys, b->text);
    }
    bench_end(b);
}

static void windows_cut_it_too(void **state)
{
    static const struct {
        const char *where;
        int64_t from, to;
    } rows[] = {
        {"k = 1", INT64_MIN, INT64_MAX},
        {"WINDOWSTART = 20000", 20000, 20000},
        {"WINDOWSTART >= 10000 AND WINDOWSTART < 30000", 10000, 29999},
        {"20000 < WINDOWSTART", 20001, INT64_MAX},
        {"WINDOWEND <= 30000", INT64_MIN, 20000},
        {"WINDOWSTART = 10000 OR WINDOWSTART = 50000", 10000, 50000},
        {"WINDOWSTART = 10000 OR n = 1", INT64_MIN, INT64_MAX},
        {"WINDOWSTART >= '1970-01-01T00:00:10Z' AND k = 1", 10000, INT64_MAX},
        {"WINDOWSTART < -9223372036854775807", INT64_MIN, INT64_MIN},
    };
    Bench *b = bench_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "SELECT * FROM win WHERE %s;", rows[i].where);
        PullPlan *p = must_pull(b, text);
        if (p->win_from != rows[i].from || p->win_to != rows[i].to)
            fail_msg("%s: %lld .. %lld", rows[i].where, (long long)p->win_from,
                     (long long)p->win_to);
    }
    bench_end(b);
}

static void results_have_schemas(void **state)
{
    static const struct {
        const char *query, *schema;
    } rows[] = {
        {"SELECT * FROM agg;", "K INTEGER KEY, N BIGINT, `Sum` INTEGER"},
        {"SELECT n, k FROM agg;", "N BIGINT, K INTEGER KEY"},
        {"SELECT * FROM win;",
         "K INTEGER KEY, WINDOWSTART BIGINT KEY, WINDOWEND BIGINT KEY, N BIGINT"},
        {"SELECT ROWTIME, n + 1 AS m, k + 1 FROM agg;",
         "ROWTIME BIGINT, M BIGINT, KSQL_COL_0 INTEGER"},
        {"SELECT * FROM text;", "ID STRING, V INTEGER"},
    };
    Bench *b = bench_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        PullPlan *p = must_pull(b, rows[i].query);
        say_schema(b, p->schema);
        assert_string_equal(b->text, rows[i].schema);
        assert_int_equal(p->limit, -1);
    }
    assert_int_equal(must_pull(b, "SELECT * FROM agg LIMIT 3;")->limit, 3);
    assert_int_equal(must_pull(b, "SELECT * FROM agg LIMIT 0;")->limit, 0);
    bench_end(b);
}

static void refusals(void **state)
{
    static const struct {
        const char *query, *words;
    } rows[] = {
        {"SELECT * FROM agg a JOIN t ON a.k = t.k;",
         "Pull queries don't support JOIN clauses. See https://cnfl.io/queries for more info.\nAdd "
         "EMIT "
         "CHANGES if you intended to issue a push query."},
        {"SELECT * FROM agg WINDOW TUMBLING (SIZE 1 SECOND);",
         "Pull queries don't support WINDOW clauses."},
        {"SELECT k FROM agg GROUP BY k;", "Pull queries don't support GROUP BY clauses."},
        {"SELECT k FROM s PARTITION BY a;", "Pull queries don't support PARTITION BY clauses."},
        {"SELECT k FROM agg HAVING n > 1;", "Pull queries don't support HAVING clauses."},
        {"SELECT COUNT(*) FROM agg;", "Pull queries don't support aggregate functions: COUNT."},
        {"SELECT * FROM t;", "The `T` table isn't queryable. To derive a queryable table, you can "
                             "do 'CREATE TABLE QUERYABLE_T "
                             "AS SELECT * FROM T'. See https://cnfl.io/queries for more info."},
        {"SELECT *, ROWPARTITION FROM agg;",
         "Pull queries don't support the following columns in SELECT clauses: `ROWPARTITION`"},
        {"SELECT * FROM s WHERE ROWOFFSET > 1;",
         "Pull queries don't support the following columns in WHERE clauses: `ROWOFFSET`"},
        {"SELECT k, n AS x, k + 1 AS x FROM agg;",
         "Duplicate value columns found in schema: `X` INTEGER"},
        {"SELECT * FROM agg WHERE k = 'x';", "Error in WHERE expression: Cannot compare K "
                                             "(INTEGER) to 'x' (STRING) with EQUAL.\nStatement: (K "
                                             "= 'x')"},
        {"SELECT * FROM agg WHERE k;", "Type error in WHERE expression"},
        {"SELECT * FROM agg LIMIT -1;",
         "Pull queries don't support negative integers in the LIMIT clause."},
        {"SELECT * FROM agg LIMIT 2.5;",
         "Failed to prepare statement: Value must be integer for command: LIMIT"},
        {"SELECT * FROM gone;", "GONE does not exist."},
        {"SELECT bob FROM agg;", "SELECT column 'BOB' cannot be resolved."},
    };
    Bench *b = bench_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        PullPlan *p;
        if (pull(b, rows[i].query, &p) != ERR_STATEMENT || !strstr(b->text, rows[i].words))
            fail_msg("%s\n  wants %s\n  got   %s", rows[i].query, rows[i].words, b->text);
    }
    bench_end(b);
}

static void without_scans_every_key_is_named(void **state)
{
    static const struct {
        const char *query, *words; /* NULL: allowed */
    } rows[] = {
        {"SELECT * FROM agg WHERE k = 1;", NULL},
        {"SELECT * FROM agg WHERE k = 1 AND n > 2;", NULL},
        {"SELECT * FROM agg WHERE k = 1 OR k IN (2, 3);", NULL},
        {"SELECT * FROM two WHERE k = 1 AND a = 2;", NULL},
        {"SELECT * FROM names WHERE id < 'x' AND n > 1;", NULL},
        {"SELECT * FROM win WHERE k = 1 AND WINDOWSTART > 5;", NULL},
        {"SELECT * FROM s WHERE a > 1;", NULL},
        {"SELECT * FROM agg;", "Query requires table scan to be enabled"},
        {"SELECT * FROM agg WHERE n > 1;", "WHERE clause missing key column for disjunct: (N > 1)"},
        {"SELECT * FROM agg WHERE k = 1 OR n > 1;",
         "WHERE clause missing key column for disjunct: (N > 1)"},
        {"SELECT * FROM win WHERE WINDOWSTART > 1;",
         "WHERE clause missing key column for disjunct"},
        {"SELECT * FROM agg WHERE k > 1;",
         "Bound on key columns '[`K` INTEGER KEY]' must currently be '='."},
        {"SELECT * FROM agg WHERE 0 < k AND k < 9;",
         "A comparison condition on the key column cannot be combined with other comparisons such "
         "as an IN "
         "predicate"},
        {"SELECT * FROM agg WHERE k = 1 AND k IN (1, 2);",
         "A comparison condition on the key column cannot be combined"},
        {"SELECT * FROM agg WHERE k IN (1, n + 1);",
         "A comparison must be between a key column and a resolvable expression."},
        {"SELECT * FROM two WHERE k = 1;",
         "Multi-column sources must specify every key in the WHERE clause."},
        {"SELECT * FROM names WHERE id < 'a' OR id > 'b';",
         "Query requires table scan to be enabled"},
    };
    Bench *b = bench_new();
    must(b, "SET 'ksql.query.pull.table.scan.enabled'='false';");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        PullPlan *p;
        Rc rc = pull(b, rows[i].query, &p);
        bool fits = rows[i].words ? rc == ERR_STATEMENT && strstr(b->text, rows[i].words) : rc == 0;
        if (!fits)
            fail_msg("%s\n  wants %s\n  got   %s", rows[i].query,
                     rows[i].words ? rows[i].words : "a plan", rc ? b->text : "a plan");
    }
    must(b, "SET 'ksql.query.pull.limit.clause.enabled'='false';");
    PullPlan *p;
    assert_int_equal(pull(b, "SELECT * FROM agg WHERE k = 1 LIMIT 3;", &p), ERR_STATEMENT);
    assert_non_null(
        strstr(b->text, "LIMIT clause in pull queries is currently disabled. You can enable them "
                        "by setting ksql.query.pull.limit.clause.enabled=true."));
    bench_end(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_cut_the_reading_down),
        cmocka_unit_test(windows_cut_it_too),
        cmocka_unit_test(results_have_schemas),
        cmocka_unit_test(refusals),
        cmocka_unit_test(without_scans_every_key_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
