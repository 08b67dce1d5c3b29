/* What texts become: kinds, places, precedence, literals, limits. */
#include "sql_case.h"

/* ---- statements ------------------------------------------------------------------------------ */

static void test_kinds(void **state)
{
    SqlCase *c = *state;
    static const struct {
        const char *text;
        SqlStatementKind kind;
    } rows[] = {
        {"SELECT * FROM s", STMT_QUERY},
        {"create or replace source table if not exists t (k int primary key) with (a='b')",
         STMT_CREATE_SOURCE},
        {"CREATE STREAM s WITH (kafka_topic='s')", STMT_CREATE_SOURCE},
        {"CREATE TABLE t AS SELECT a FROM s", STMT_CREATE_AS},
        {"INSERT INTO s WITH (query_id='q') SELECT * FROM t", STMT_INSERT_QUERY},
        {"INSERT INTO s VALUES ()", STMT_INSERT_VALUES},
        {"INSERT INTO s (a, b) VALUES (1, 'x' || 'y')", STMT_INSERT_VALUES},
        {"DROP TABLE IF EXISTS t DELETE TOPIC", STMT_DROP_SOURCE},
        {"ALTER STREAM s ADD COLUMN x INT, ADD y STRING", STMT_ALTER_SOURCE},
        {"ALTER SYSTEM 'a' = 'b'", STMT_ALTER_SYSTEM},
        {"CREATE TYPE IF NOT EXISTS t AS STRUCT<a INT>", STMT_CREATE_TYPE},
        {"DROP TYPE IF EXISTS t", STMT_DROP_TYPE},
        {"CREATE SINK CONNECTOR IF NOT EXISTS c WITH ('a.b'='c')", STMT_CREATE_CONNECTOR},
        {"DROP CONNECTOR c", STMT_DROP_CONNECTOR},
        {"TERMINATE CSAS_X_1", STMT_TERMINATE},
        {"PAUSE ALL", STMT_PAUSE},
        {"RESUME q", STMT_RESUME},
        {"LIST ALL TOPICS EXTENDED", STMT_SHOW},
        {"SHOW SOURCE CONNECTORS", STMT_SHOW},
        {"SHOW CONNECTOR PLUGINS", STMT_SHOW},
        {"DESCRIBE s EXTENDED", STMT_DESCRIBE},
        {"DESCRIBE TABLES", STMT_DESCRIBE},
        {"DESCRIBE FUNCTION abs", STMT_DESCRIBE},
        {"PRINT t FROM BEGINNING INTERVAL 2 LIMIT 3", STMT_PRINT},
        {"EXPLAIN SELECT * FROM s EMIT CHANGES", STMT_EXPLAIN},
        {"EXPLAIN CSAS_X_1", STMT_EXPLAIN},
        {"SET 'a'='b'", STMT_SET},
        {"UNSET 'a'", STMT_UNSET},
        {"DEFINE x = 'y'", STMT_DEFINE},
        {"UNDEFINE x", STMT_UNDEFINE},
        {"ASSERT NOT EXISTS TOPIC 't' WITH (partitions=2) TIMEOUT 5 SECONDS", STMT_ASSERT_TOPIC},
        {"ASSERT SCHEMA SUBJECT 's' ID 3 TIMEOUT 1 SECOND", STMT_ASSERT_SCHEMA},
        {"ASSERT VALUES s (a) VALUES (1)", STMT_ASSERT_VALUES},
        {"ASSERT NULL VALUES s (k) KEY (1)", STMT_ASSERT_VALUES},
        {"ASSERT TABLE t (k INT PRIMARY KEY) WITH (a=1)", STMT_ASSERT_SOURCE},
        {"RUN SCRIPT 'x.sql'", STMT_RUN_SCRIPT},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (parse_one(c, rows[i].text)->kind != rows[i].kind)
            fail_msg("another kind: %s", rows[i].text);
}

static void test_create(void **state)
{
    SqlCase *c = *state;
    const SqlStatement *s =
        parse_one(c, "CREATE OR REPLACE SOURCE STREAM IF NOT EXISTS `s` (a INT KEY, b VARCHAR(20), "
                     "h BYTES HEADER('x'), hs ARRAY<STRUCT<key STRING, value BYTES>> HEADERS) "
                     "WITH (kafka_topic='T', partitions=-4, wrap=TRUE);");
    assert_true(s->or_replace && s->is_source && s->if_not_exists && !s->is_table);
    assert_string_equal(s->name.text.ptr, "s");
    assert_int_equal(s->column_count, 4);
    assert_true(s->columns[0].key && !s->columns[0].primary_key);
    assert_int_equal(s->columns[1].type->args[0], 20);
    assert_string_equal(s->columns[2].header.ptr, "x");
    assert_true(s->columns[3].headers && !s->columns[3].header.ptr);
    assert_int_equal(s->columns[3].type->elem->field_count, 2);
    assert_int_equal(s->with.count, 3);
    assert_string_equal(s->with.items[0].name.text.ptr, "KAFKA_TOPIC");
    assert_string_equal(s->with.items[1].value->text.ptr, "-4");
    assert_true(s->with.items[2].value->boolean);
    assert_false(parse_one(c, "CREATE STREAM s;")->has_columns);
}

static void test_query(void **state)
{
    SqlCase *c = *state;
    const SqlQuery *q =
        parse_one(c, "SELECT a, l.*, s->*, *, b AS x, c y FROM t1 AS l "
                     "JOIN t2 r WITHIN (1 HOUR, 2 DAYS) GRACE PERIOD 3 MINUTES ON l.a = r.a "
                     "FULL OUTER JOIN t3 ON true "
                     "WINDOW w HOPPING (SIZE 10 SECONDS, ADVANCE BY 5 SECONDS, RETENTION 1 DAY, "
                     "GRACE PERIOD 9 MILLISECONDS) WHERE a > 1 GROUP BY (a, b) PARTITION BY (c) "
                     "HAVING COUNT(*) > 1 EMIT FINAL LIMIT -7;")
            ->query;
    assert_int_equal(q->item_count, 6);
    assert_int_equal(q->items[1].expr->kind, SQL_STAR);
    assert_string_equal(q->items[1].expr->qualifier.text.ptr, "L");
    assert_int_equal(q->items[2].expr->kind, SQL_STRUCT_ALL);
    assert_string_equal(q->items[4].alias.text.ptr, "X");
    assert_string_equal(q->items[5].alias.text.ptr, "Y");
    assert_string_equal(q->from.alias.text.ptr, "L");
    assert_int_equal(q->join_count, 2);
    assert_int_equal(sql_duration_ms(&q->joins[0].before), 3600000);
    assert_int_equal(sql_duration_ms(&q->joins[0].after), 172800000);
    assert_int_equal(sql_duration_ms(&q->joins[0].grace), 180000);
    assert_int_equal(q->joins[1].kind, JOIN_FULL);
    assert_false(q->joins[1].before.given);
    assert_int_equal(q->window.kind, WINDOW_HOPPING);
    assert_int_equal(sql_duration_ms(&q->window.advance), 5000);
    assert_int_equal(sql_duration_ms(&q->window.retention), 86400000);
    assert_int_equal(sql_duration_ms(&q->window.grace), 9);
    assert_true(q->has_group_by && q->group_count == 2);
    assert_true(q->has_partition_by && q->partition_count == 1);
    assert_int_equal(q->emit, EMIT_FINAL);
    assert_string_equal(q->limit->text.ptr, "-7");
    q = parse_one(c, "SELECT * FROM s GROUP BY ();")->query;
    assert_true(q->has_group_by && q->group_count == 0);
}

static void test_topics_keep_case(void **state)
{
    SqlCase *c = *state;
    assert_string_equal(parse_one(c, "PRINT myTopic;")->name.text.ptr, "myTopic");
    assert_string_equal(parse_one(c, "PRINT 'a.b-c';")->name.text.ptr, "a.b-c");
    assert_string_equal(parse_one(c, "ASSERT TOPIC Key;")->name.text.ptr, "Key");
    assert_string_equal(parse_one(c, "DESCRIBE myStream;")->name.text.ptr, "MYSTREAM");
}

static void test_units(void **state)
{
    SqlCase *c = *state;
    Str unit;
    const SqlExpr *e = parse_expr(c, "DATEADD(days, 1, d)");
    assert_int_equal(e->args[0]->kind, SQL_UNIT);
    assert_true(sql_is_unit(e->args[0], &unit) && str_eq(unit, STR_LIT("DAYS")));
    assert_false(sql_is_unit(e->args[2], &unit));
    e = parse_expr(c, "f(minute, `minute`, `MINUTE`, x.minute)");
    assert_int_equal(e->args[0]->kind, SQL_COLUMN);
    assert_true(sql_is_unit(e->args[0], &unit) && str_eq(unit, STR_LIT("MINUTES")));
    for (int i = 1; i < 4; i++)
        assert_false(sql_is_unit(e->args[i], &unit));
}

static void test_duration_saturates(void **state)
{
    SqlDuration d = {.count = INT64_MAX / 2, .unit = STR_LIT("DAYS"), .given = true};
    assert_int_equal(sql_duration_ms(&d), INT64_MAX);
    d = (SqlDuration){.count = 7, .unit = STR_LIT("MILLISECONDS"), .given = true};
    assert_int_equal(sql_duration_ms(&d), 7);
}

/* ---- places ---------------------------------------------------------------------------------- */

static void assert_place(const SqlCase *c, Span span, const char *text)
{
    Str s = str_make(c->script.text.ptr + span.begin, (size_t)(span.end - span.begin));
    if (!str_eq(s, str_of(text)))
        fail_msg("'%.*s' is not '%s'", STR_ARG(s), text);
}

static void test_spans(void **state)
{
    SqlCase *c = *state;
    const SqlScript *s =
        parse(c, "  SHOW TOPICS ; -- next\nEXPLAIN /* it */ SELECT s.aa + f( 1 ), bb AS cc FROM s "
                 "JOIN t WITHIN 1 DAY ON s.k = t.k WHERE x IN (1) LIMIT 3 ;\n"
                 "CREATE STREAM s (a INT KEY, b MAP<INT, foo>) WITH (a='b')");
    assert_int_equal(s->count, 3);
    assert_place(c, s->statements[0]->span, "SHOW TOPICS");
    assert_true(str_eq(s->statements[0]->text, STR_LIT("SHOW TOPICS")));
    const SqlStatement *explained = s->statements[1]->explained;
    assert_int_equal(explained->text.len, explained->span.end - explained->span.begin);
    const SqlQuery *q = explained->query;
    assert_int_equal(q->span.begin, explained->span.begin);
    assert_int_equal(q->span.end, explained->span.end);
    assert_place(c, q->items[0].span, "s.aa + f( 1 )");
    assert_place(c, q->items[0].expr->args[0]->span, "s.aa");
    assert_place(c, q->items[0].expr->args[0]->name.span, "aa");
    assert_place(c, q->items[0].expr->args[1]->span, "f( 1 )");
    assert_place(c, q->items[1].span, "bb AS cc");
    assert_place(c, q->items[1].alias.span, "cc");
    assert_place(c, q->joins[0].span, "JOIN t WITHIN 1 DAY ON s.k = t.k");
    assert_place(c, q->joins[0].before.span, "1 DAY");
    assert_place(c, q->where->span, "x IN (1)");
    const SqlStatement *create = s->statements[2];
    assert_place(c, create->span, "CREATE STREAM s (a INT KEY, b MAP<INT, foo>) WITH (a='b')");
    assert_place(c, create->columns[0].span, "a INT KEY");
    assert_place(c, create->columns[1].type->span, "MAP<INT, foo>");
    assert_place(c, create->with.span, "WITH (a='b')");
}

/* ---- expressions ----------------------------------------------------------------------------- */

static void test_precedence(void **state)
{
    SqlCase *c = *state;
    static const char *const rows[][2] = {
        {"6 % 4 / 2 * 6", "(((6 % 4) / 2) * 6)"},
        {"1 - 2 - 3 + 4", "(((1 - 2) - 3) + 4)"},
        {"1 + 2 * 3 - -4", "((1 + (2 * 3)) - -4)"},
        {"a || b + c || d", "((A || (B + C)) || D)"},
        {"-a * b", "(-A * B)"},
        {"- a->b[1]", "-A->B[1]"},
        {"-a AT TIME ZONE 'x'", "-(A AT TIME ZONE 'x')"},
        {"-5 * 2", "(-5 * 2)"},
        {"not a = b and c or d", "(((NOT (A = B)) AND C) OR D)"},
        {"a or b and not c", "(A OR (B AND (NOT C)))"},
        {"not not a", "(NOT (NOT A))"},
        {"a + 1 between b and c + 1 and d", "(((A + 1) BETWEEN B AND (C + 1)) AND D)"},
        {"a not in (1, b or c)", "(A NOT IN (1, (B OR C)))"},
        {"a not like b || '%' escape '!'", "(A NOT LIKE (B || '%') ESCAPE '!')"},
        {"a is not null and b is null", "((A IS NOT NULL) AND (B IS NULL))"},
        {"a is distinct from b or c is not distinct from d",
         "((A IS DISTINCT FROM B) OR (C IS NOT DISTINCT FROM D))"},
        {"a != b", "(A <> B)"},
        {"(a = b) = (c)", "((A = B) = C)"},
        {"case a + 1 when 1 then b else c end", "CASE (A + 1) WHEN 1 THEN B ELSE C END"},
        {"case when a = 1 then b when c then 2 end", "CASE WHEN (A = 1) THEN B WHEN C THEN 2 END"},
        {"f(x, a => a + 1, (b, c) => b)", "F(X, A => (A + 1), (B, C) => B)"},
        {"f(x, (a) => (b) => a)", NULL}, /* a lambda is no expression */
        {"f((a), (b) => b)", "F(A, B => B)"},
        {"f(x, y => g(y, z => z))", "F(X, Y => G(Y, Z => Z))"},
        {"reduce(m, 0, (s, k, v) => s + v) > 1", "(REDUCE(M, 0, (S, K, V) => (S + V)) > 1)"},
        {"count(*)", "COUNT(*)"},
        {"f()", "F()"},
        {"cast(a as map<int, array<varchar>>)", "CAST(A AS MAP<INTEGER, ARRAY<STRING>>)"},
        {"cast(a as int array array)", "CAST(A AS ARRAY<ARRAY<INTEGER>>)"},
        {"cast(a as struct<`b` int, c decimal(3,1)>)",
         "CAST(A AS STRUCT<`b` INTEGER, `C` DECIMAL(3, 1)>)"},
        {"cast(a as struct<>)", "CAST(A AS STRUCT<>)"},
        {"array[1, a][x + 1]->b", "ARRAY[1, A][(X + 1)]->B"},
        {"array[]", "ARRAY[]"},
        {"map('a' := 1, 'b' := x)['a']", "MAP('a':=1, 'b':=X)['a']"},
        {"struct(a := 1, `b` := 2)->a", "STRUCT(A:=1, `b`:=2)->A"},
        {"struct()", "STRUCT()"},
        {"date '2020-01-02' < timestamp 'x'", "(DATE '2020-01-02' < TIMESTAMP 'x')"},
        {"a < array", "(A < ARRAY)"},
        {"array < a", "(ARRAY < A)"},
        {"map > struct", "(MAP > STRUCT)"},
        {"TRUE and null = False", "(true AND (null = false))"},
        {"1.50 + 1e3 + .5", "((1.50 + 1e3) + .5)"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        SqlExpr *e;
        bool ok = sql_parse_expr(&c->arena, str_of(rows[i][0]), &e, &c->err) == 0;
        if (ok != (rows[i][1] != NULL))
            fail_msg("%s: %s", rows[i][0], ok ? "parses" : c->err.text);
        if (ok)
            assert_string_equal(print_expr_text(c, e), rows[i][1]);
    }
}

/* The place in the message is one column further than the literal (statements.md 16). */
static void test_literal_ranges(void **state)
{
    SqlCase *c = *state;
    parse_expr(c, "-9223372036854775808 + 9223372036854775807 + -0000000000000000000000001");
    parse_expr(c, "1.7976931348623157e308 + 1e-999 + 123456789012345678901234567890.5");
    Span span;
    assert_string_equal(parse_error(c, "SHOW TOPICS;\nSELECT 9223372036854775808 FROM s;", &span),
                        "Failed to prepare statement: line 2:9: Invalid numeric literal: "
                        "9223372036854775808\nStatement: SHOW TOPICS;\n"
                        "SELECT 9223372036854775808 FROM s;");
    assert_int_equal(span.begin, 20);
    assert_int_equal(c->err.code, ERR_SYNTAX);
    assert_int_equal(c->err.kind, ERR_KIND_USER);
    assert_non_null(strstr(parse_error(c, "SELECT 1 - -9223372036854775809 FROM s;", NULL),
                           "line 1:13: Invalid numeric literal: -9223372036854775809\n"));
    assert_non_null(strstr(parse_error(c, "SELECT -(9223372036854775808) FROM s;", NULL),
                           "line 1:11: Invalid numeric literal: 9223372036854775808\n"));
    assert_non_null(strstr(parse_error(c, "SELECT 1.8E308 FROM s;", NULL),
                           "line 1:9: Number overflows DOUBLE: 1.8E308\n"));
    assert_non_null(strstr(parse_error(c, "SELECT -1e400 FROM s;", NULL),
                           "line 1:9: Number overflows DOUBLE: -1e400\n"));
    assert_non_null(
        strstr(parse_error(c, "SELECT a FROM s WINDOW SESSION (99999999999999999999 DAYS);", NULL),
               "line 1:34: Invalid numeric literal: 99999999999999999999\n"));
    /* the first in the text; a syntax error anywhere comes first */
    assert_non_null(
        strstr(parse_error(c, "SELECT 1e999, 99999999999999999999 FROM s;", NULL), "1:9: Number"));
    assert_non_null(strstr(parse_error(c, "SELECT 99999999999999999999 FROM s; FOO;", NULL),
                           "Unknown statement 'FOO'"));
}

/* ---- fragments ------------------------------------------------------------------------------- */

static void test_columns(void **state)
{
    SqlCase *c = *state;
    SqlColumn *columns;
    int count;
    assert_int_equal(sql_parse_columns(&c->arena, STR_LIT("ID BIGINT KEY, `foo` ARRAY<STRING>"),
                                       &columns, &count, &c->err),
                     0);
    assert_int_equal(count, 2);
    assert_true(columns[0].key);
    assert_string_equal(columns[1].name.text.ptr, "foo");
    assert_int_equal(sql_parse_columns(&c->arena, STR_LIT(" "), &columns, &count, &c->err), 0);
    assert_int_equal(count, 0);
    assert_int_equal(sql_parse_columns(&c->arena, STR_LIT("ID BIGINT,"), &columns, &count, &c->err),
                     ERR_SYNTAX);
    SqlExpr *e;
    assert_int_equal(sql_parse_expr(&c->arena, STR_LIT("1 +"), &e, &c->err), ERR_SYNTAX);
    assert_int_equal(sql_parse_expr(&c->arena, STR_LIT("1; 2"), &e, &c->err), ERR_SYNTAX);
    assert_int_equal(sql_parse_expr(&c->arena, STR_LIT(""), &e, &c->err), ERR_SYNTAX);
}

static void test_requests(void **state)
{
    SqlCase *c = *state;
    assert_int_equal(parse(c, "")->count, 0);
    assert_int_equal(parse(c, ";;  ; -- nothing")->count, 0);
    assert_int_equal(parse(c, "SHOW TYPES")->count, 1);
    assert_int_equal(parse(c, ";SHOW TYPES;;SHOW TYPES;")->count, 2);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static const char *repeat(SqlCase *c, const char *before, const char *piece, int n,
                          const char *middle, const char *closing, const char *after)
{
    buf_reset(&c->out);
    buf_puts(&c->out, before);
    for (int i = 0; i < n; i++)
        buf_puts(&c->out, piece);
    buf_puts(&c->out, middle);
    for (int i = 0; i < n; i++)
        buf_puts(&c->out, closing);
    buf_puts(&c->out, after);
    return arena_str(&c->arena, buf_str(&c->out)).ptr;
}

static void test_depth(void **state)
{
    SqlCase *c = *state;
    static const char *const shapes[][3] = {
        {"f(", "a", ")"},
        {"NOT ", "a", ""},
        {"1 + ", "a", ""},
        {"a AND (", "b", ")"},
        {"ARRAY[", "a", "]"},
        {"(a || (", "b", "))"},
        {"CASE WHEN ", "a", " THEN 1 END"},
        {"", "a", "->b"},
        {"", "a", " OR b"},
        {"a[", "1", "]"},
        {"STRUCT(x := ", "1", ")"},
        {"- ", "a", ""},
    };
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        const char *const *s = shapes[i];
        const char *fits =
            repeat(c, "SELECT ", s[0], LIMIT_EXPR_DEPTH / 2 - 1, s[1], s[2], " FROM s;");
        const SqlStatement *parsed = parse_one(c, fits);
        assert_true(parsed->query->items[0].expr->depth <= LIMIT_EXPR_DEPTH);
        parse_error(c, repeat(c, "SELECT ", s[0], LIMIT_EXPR_DEPTH, s[1], s[2], " FROM s;"), NULL);
        assert_string_equal(c->err.text, "An expression is nested more than 200 levels deep.");
        assert_int_equal(c->err.code, ERR_LIMIT);
        parse_error(c, repeat(c, "SELECT ", s[0], 50000, s[1], s[2], " FROM s;"), NULL);
        assert_int_equal(c->err.code, ERR_LIMIT);
    }
    parse_one(c, repeat(c, "SELECT ", "(", 500, "a", ")", " FROM s;"));
    parse_error(c, repeat(c, "SELECT ", "(", 100000, "a", ")", " FROM s;"), NULL);
    assert_string_equal(c->err.text, "The statement is nested too deeply.");
    assert_int_equal(c->err.code, ERR_LIMIT);
    assert_true(c->err.span.begin > 1000);
}

static void test_type_depth(void **state)
{
    SqlCase *c = *state;
    parse_one(c, repeat(c, "CREATE TYPE t AS ", "ARRAY<", LIMIT_TYPE_DEPTH - 1, "INT", ">", ""));
    parse_error(c, repeat(c, "CREATE TYPE t AS ", "ARRAY<", LIMIT_TYPE_DEPTH, "INT", ">", ""),
                NULL);
    assert_string_equal(c->err.text, "A type is nested more than 64 levels deep.");
    parse_error(c, repeat(c, "CREATE TYPE t AS INT", " ARRAY", 5000, "", "", ""), NULL);
    assert_string_equal(c->err.text, "A type is nested more than 64 levels deep.");
    parse_error(c, repeat(c, "CREATE TYPE t AS ", "STRUCT<a ", 50000, "INT", ">", ""), NULL);
    assert_int_equal(c->err.code, ERR_LIMIT);
}

static void test_sizes(void **state)
{
    SqlCase *c = *state;
    parse_error(c, repeat(c, "SELECT ", "abcdefgh", 129, "", "", " FROM s;"), NULL);
    assert_string_equal(c->err.text, "A name is longer than 1024 bytes.");
    parse_one(c, repeat(c, "SELECT ", "abcdefgh", 128, "", "", " FROM s;"));
    parse_error(c, repeat(c, "CREATE STREAM s (a INT", ", a INT", LIMIT_COLUMNS, "", "", ");"),
                NULL);
    assert_string_equal(c->err.text, "There are more than 2000 columns.");
    parse_error(c, repeat(c, "", "SELECT 1", LIMIT_SQL_BYTES / 8, "", "", " "), NULL);
    assert_string_equal(c->err.text, "The request is longer than 1048576 bytes.");
    assert_int_equal(c->err.code, ERR_LIMIT);
    /* wide is fine */
    const char *wide = repeat(c, "SELECT f(1", ", 1", 100000, "", "", ") FROM s;");
    assert_int_equal(parse_one(c, wide)->query->items[0].expr->arg_count, 100001);
    parse_error(c, "CREATE STREAM s (a foo(1, 2, 3));", NULL);
    assert_string_equal(c->err.text, "A type takes at most two numbers.");
    parse_error(c, "PRINT '';", NULL);
    assert_string_equal(c->err.text, "A name must not be empty.");
}

static void test_bytes(void **state)
{
    SqlCase *c = *state;
    Span span;
    assert_string_equal(parse_error(c, "SELECT '\xff' FROM s;", &span),
                        "The text is not valid UTF-8.");
    assert_int_equal(span.begin, 8);
    Str nul = STR_LIT("SHOW \0 TOPICS;");
    assert_int_equal(sql_parse(&c->arena, nul, false, &c->script, &c->err), ERR_SYNTAX);
    assert_string_equal(c->err.text, "The text holds a NUL byte.");
    assert_int_equal(c->err.span.begin, 5);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, case_set_up, case_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_kinds),          TEST(test_create),
        TEST(test_query),          TEST(test_topics_keep_case),
        TEST(test_units),          TEST(test_duration_saturates),
        TEST(test_spans),          TEST(test_precedence),
        TEST(test_literal_ranges), TEST(test_columns),
        TEST(test_requests),       TEST(test_depth),
        TEST(test_type_depth),     TEST(test_sizes),
        TEST(test_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
