/* INSERT INTO ... VALUES: where values go, what they become, what is refused (statements.md 6). */
#include "harness.h"

static Bench *bench_new(void)
{
    Bench *b = malloc(sizeof *b);
    bench_open(b, true);
    must(b, bench_sources);
    must(b,
         "CREATE STREAM gate (door STRING, id INT KEY, opened BOOLEAN) WITH (kafka_topic='gate',"
         " format='JSON', partitions=1);"
         "CREATE STREAM wide (k INT KEY, b BIGINT, d DOUBLE, m DECIMAL(5,2), t TIMESTAMP, e DATE,"
         " s STRING) WITH (kafka_topic='wide', format='JSON', partitions=1);"
         "CREATE SOURCE STREAM fixed (k INT KEY, v INT) WITH (kafka_topic='fixed', format='JSON');"
         "CREATE SOURCE TABLE fixedt (k INT PRIMARY KEY, v INT) WITH (kafka_topic='fx',"
         " format='JSON');"
         "CREATE STREAM win (k INT KEY, v INT) WITH (kafka_topic='win', format='JSON',"
         " window_type='session');"
         "CREATE STREAM `low` (k INT KEY, v INT) WITH (kafka_topic='low', format='JSON');");
    return b;
}

static void values_find_their_columns(void **state)
{
    static const struct {
        const char *statement, *row;
    } rows[] = {
        {"INSERT INTO gate VALUES (7, 'north', true);", "7,north,true"},
        {"INSERT INTO gate (opened, id) VALUES (false, 1 + 2);", "3,null,false"},
        {"INSERT INTO gate (door) VALUES ('x');", "null,x,null"},
        {"INSERT INTO gate (rowtime, id, door) VALUES (1234, 1, UCASE('ab'));", "1,AB,null @1234"},
        {"INSERT INTO gate (ROWTIME, id) VALUES ('2020-01-02T03:04:05Z', 1);",
         "1,null,null @1577934245000"},
        {"INSERT INTO wide VALUES (1, 2, 3, 4, '2020-01-01T00:00:00', '2021-02-03', 'z');",
         "1,2,3.0,4.00,2020-01-01T00:00:00.000,2021-02-03,z"},
        {"INSERT INTO wide (k, d, m) VALUES (-1, 1.5, '2.5');", "-1,null,1.5,2.50,null,null,null"},
        {"INSERT INTO wide (k, b, s) VALUES (1, NULL, CAST(12 AS STRING));",
         "1,null,null,null,null,null,12"},
        {"INSERT INTO t VALUES (1, NULL);", "1,null"},
    };
    Bench *b = bench_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        must(b, rows[i].statement);
        if (strcmp(b->text, rows[i].row) != 0)
            fail_msg("%s\n  wants %s\n  got   %s", rows[i].statement, rows[i].row, b->text);
    }
    bench_close(b);
    free(b);
}

static void refusals(void **state)
{
    static const struct {
        const char *statement, *words;
    } rows[] = {
        {"INSERT INTO nobody VALUES (1);",
         "Cannot insert values into an unknown stream/table: `NOBODY`"},
        {"INSERT INTO low VALUES (1, 2);",
         "Cannot insert values into an unknown stream/table: `LOW`\nDid you mean \"low\"? Hint: "
         "wrap the "
         "source name in double quotes to make it case-sensitive."},
        {"INSERT INTO `gate` VALUES (1, 'x', true);",
         "`gate`\nDid you mean GATE? Hint: try removing double quotes from the source name."},
        {"INSERT INTO fixed VALUES (1, 2);", "Cannot insert values into read-only stream: FIXED"},
        {"INSERT INTO fixedt VALUES (1, 2);", "Cannot insert values into read-only table: FIXEDT"},
        {"INSERT INTO win VALUES (1, 2);", "Cannot insert values into windowed stream/table"},
        {"INSERT INTO gate VALUES (1, 'x');", "Expected number columns and values to match: 3, 2"},
        {"INSERT INTO gate (id, door) VALUES (1);",
         "Expected number columns and values to match: 2, 1"},
        {"INSERT INTO gate (id, rowoffset) VALUES (1, 2);",
         "Inserting into column `ROWOFFSET` is not allowed."},
        {"INSERT INTO gate (id, colour) VALUES (1, 2);",
         "Column name `COLOUR` does not exist in `GATE`."},
        {"INSERT INTO gate (id, id) VALUES (1, 2);", "Column `ID` is given twice."},
        {"INSERT INTO gate (rowtime, rowtime) VALUES (1, 2);", "ROWTIME is given twice."},
        {"INSERT INTO gate (id, door) VALUES (1, foo.x);",
         "'FOO' is not a valid stream/table name or alias."},
        {"INSERT INTO gate (id, door) VALUES (1, door);",
         "VALUES column 'DOOR' cannot be resolved."},
        {"INSERT INTO gate (id) VALUES ('x');",
         "Expected type INTEGER for field `ID` but got STRING(x)"},
        {"INSERT INTO gate (id) VALUES (5000000000);",
         "Expected type INTEGER for field `ID` but got BIGINT(5000000000)"},
        {"INSERT INTO gate (id) VALUES (1.5);",
         "Expected type INTEGER for field `ID` but got DECIMAL"},
        {"INSERT INTO gate (id) VALUES (1 / 0);", "The value for `ID` cannot be computed"},
        {"INSERT INTO gate (rowtime) VALUES (-1);", "ROWTIME must be a time at or after"},
        {"INSERT INTO gate (rowtime) VALUES ('soon');", "Failed to parse timestamp 'soon'"},
        {"INSERT INTO t VALUES (NULL, 1);", "Failed to insert values into 'T'. Value for primary "
                                            "key column(s) K is required for tables"},
        {"INSERT INTO t (v) VALUES (1);",
         "Value for primary key column(s) K is required for tables"},
        {"INSERT INTO gate (id) VALUES (NOSUCH(1));",
         "Can't find any functions with the name 'NOSUCH'"},
        {"SET 'ksql.insert.into.values.enabled'='false'; INSERT INTO gate (id) VALUES (1);",
         "INSERT INTO ... VALUES is disabled."},
    };
    Bench *b = bench_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refuses(b, rows[i].statement, ERR_STATEMENT, rows[i].words);
    bench_close(b);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_find_their_columns),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
