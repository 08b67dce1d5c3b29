/* links: sql */
/* fuzz_sql.c: any bytes as a request, an expression, a column list.
 *
 * Besides not crashing: what parses must print to text that parses to an equal tree and prints the
 * same again; an error must lie inside the text and must be printable; and the questions asked
 * before parsing (is it whole, where does the first statement end) must agree with the parser. */
#include <string.h>

#include "fuzz.h"
#include "sql/sql.h"

const char *const fuzz_seeds[] = {
    "CREATE STREAM s (id INT KEY, v STRUCT<a DECIMAL(4, 2), `b` MAP<STRING, INT>>, h BYTES "
    "HEADER('x')) WITH (kafka_topic='s', partitions=-1);",
    "CREATE OR REPLACE TABLE t AS SELECT a->b, COUNT(*) AS n, -5, - -a FROM s l LEFT JOIN r WITHIN "
    "(1 HOUR, 2 DAYS) GRACE PERIOD 3 MINUTES ON l.a = r.a WINDOW HOPPING (SIZE 9 SECONDS, ADVANCE "
    "BY 3 SECONDS, RETENTION 1 DAY) WHERE x NOT LIKE '%' ESCAPE '!' GROUP BY (a, b) EMIT FINAL;",
    "SELECT f(DAYS, x, (k, v) => k || v, y => y[1]) z, CASE WHEN NOT a IN (1, .5e3) THEN ARRAY[] "
    "ELSE MAP('a' := 1) END, CAST(`q` AS INT ARRAY), s.*, s->* FROM s LIMIT -2; SHOW TOPICS",
    "INSERT INTO s (a, \"b\") VALUES (DATE '2020-01-01', STRUCT(a := 1, b := NULL), TRUE AND 1 "
    "BETWEEN 2 AND 3 OR a IS NOT DISTINCT FROM b); -- done\n/* and */ ;",
    "ASSERT NULL VALUES s (k) KEY (1); ASSERT NOT EXISTS TOPIC 't' TIMEOUT 5 SECONDS; RUN SCRIPT "
    "'x'; EXPLAIN SELECT * FROM s; DEFINE x = '${y}'; PRINT myTopic FROM BEGINNING LIMIT 3;",
    "DROP STREAM IF EXISTS s DELETE TOPIC; ALTER TABLE t ADD COLUMN a INT, ADD b ARRAY<INT>; "
    "DESCRIBE s EXTENDED; SET 'a' = 'b'; TERMINATE ALL; CREATE TYPE t AS STRUCT<>; 99999999999",
    NULL,
};

static void check_error(Str text, const Err *err, Buf *out)
{
    FUZZ_CHECK(err->kind == ERR_KIND_USER && err->text[0]);
    FUZZ_CHECK(err->span.begin <= (int)text.len && err->span.end >= err->span.begin);
    buf_reset(out);
    sql_print_error(out, "fuzz.sql", text, err);
    FUZZ_CHECK(out->len > 0 && out->ptr[out->len - 1] == '\n');
}

static void check_statement(Arena *a, const SqlStatement *s, bool tests, Buf *out)
{
    Err err = ERR_INIT;
    SqlScript again;
    buf_reset(out);
    sql_print(out, s);
    Str printed = arena_str(a, buf_str(out));
    /* Brackets make a text longer; only then may it not parse again. */
    if (sql_parse(a, printed, tests, &again, &err)) {
        FUZZ_CHECK(err.code == ERR_LIMIT);
        return;
    }
    FUZZ_CHECK(again.count == 1 && sql_equal(s, again.statements[0]));
    buf_reset(out);
    sql_print(out, again.statements[0]);
    FUZZ_CHECK(str_eq(printed, buf_str(out)));
    FUZZ_CHECK(sql_complete(printed) == SQL_INCOMPLETE);
}

static void check_request(Arena *a, Str text, bool tests, Buf *out)
{
    Err err = ERR_INIT;
    SqlScript script;
    if (sql_parse(a, text, tests, &script, &err)) {
        check_error(text, &err, out);
        return;
    }
    if (script.count == 1 && sql_complete(text) == SQL_INCOMPLETE)
        FUZZ_CHECK(sql_first_statement(text) <= (size_t)script.statements[0]->span.begin);
    for (int i = 0; i < script.count; i++) {
        const SqlStatement *s = script.statements[i];
        FUZZ_CHECK(s->span.begin >= 0 && s->span.begin < s->span.end);
        FUZZ_CHECK(s->span.end <= (int)text.len && s->text.ptr == text.ptr + s->span.begin);
        check_statement(a, s, tests, out);
    }
}

static Str find_nothing(void *ctx, Str name)
{
    (void)ctx;
    (void)name;
    return STR_NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena a;
    Buf out;
    arena_init(&a, 0);
    buf_init(&out);
    Str text = str_make(arena_strndup(&a, (const char *)data, size), size);
    check_request(&a, text, false, &out);
    check_request(&a, text, true, &out);
    Err err = ERR_INIT;
    SqlExpr *e;
    SqlColumn *columns;
    int count;
    if (sql_parse_expr(&a, text, &e, &err) == 0)
        FUZZ_CHECK(sql_equal_expr(e, e));
    sql_parse_columns(&a, text, &columns, &count, &err);
    FUZZ_CHECK(sql_first_statement(text) <= size);
    buf_reset(&out);
    sql_substitute(&out, text, find_nothing, NULL);
    FUZZ_CHECK(out.len <= size);
    buf_fini(&out);
    arena_fini(&a);
    return 0;
}
