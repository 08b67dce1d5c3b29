/* Tokens, seen through what becomes of them: whole requests, variables, words, shapes of numbers.
 */
#include "sql_case.h"

/* ---- is it whole? ---------------------------------------------------------------------------- */

static void test_complete(void **state)
{
    static const struct {
        const char *text;
        SqlComplete complete;
        size_t first;
    } rows[] = {
        {"", SQL_EMPTY, 0},
        {" \t\r\n", SQL_EMPTY, 0},
        {"-- only a remark", SQL_EMPTY, 0},
        {"/* two\nlines */ -- and one", SQL_EMPTY, 0},
        {"/* not closed", SQL_INCOMPLETE, 0},
        {"/*/", SQL_INCOMPLETE, 0},
        {";", SQL_COMPLETE, 1},
        {"SHOW TOPICS", SQL_INCOMPLETE, 0},
        {"SHOW TOPICS;", SQL_COMPLETE, 12},
        {"SHOW TOPICS; -- done;", SQL_COMPLETE, 12},
        {"SHOW TOPICS; SHOW", SQL_INCOMPLETE, 12},
        {"SHOW TOPICS; /* open", SQL_INCOMPLETE, 12},
        {"SET 'a;' = 'b", SQL_INCOMPLETE, 0},
        {"SET 'a' = 'b;", SQL_INCOMPLETE, 0},
        {"SET 'it''s;' = '';x", SQL_INCOMPLETE, 18},
        {"PRINT `a;", SQL_INCOMPLETE, 0},
        {"PRINT `a;`;", SQL_COMPLETE, 11},
        {"PRINT \"a;\";", SQL_COMPLETE, 11},
        {"PRINT /* ; */ a -- ;\n;", SQL_COMPLETE, 22},
        {"PRINT a - -1;", SQL_COMPLETE, 13},
        {"''", SQL_INCOMPLETE, 0},
        {"``;", SQL_COMPLETE, 3},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (sql_complete(str_of(rows[i].text)) != rows[i].complete)
            fail_msg("completeness of: %s", rows[i].text);
        if (sql_first_statement(str_of(rows[i].text)) != rows[i].first)
            fail_msg("first statement of: %s", rows[i].text);
    }
    assert_int_equal(sql_complete(STR_NULL), SQL_EMPTY);
}

/* ---- variables ------------------------------------------------------------------------------- */

static Str find_variable(void *ctx, Str name)
{
    int *calls = ctx;
    ++*calls;
    if (str_eq_nocase(name, STR_LIT("region")))
        return STR_LIT("emea");
    if (str_eq_nocase(name, STR_LIT("nested")))
        return STR_LIT("${region}");
    if (str_eq_nocase(name, STR_LIT("_e9")))
        return STR_LIT("");
    return STR_NULL;
}

static void test_substitute(void **state)
{
    SqlCase *c = *state;
    static const struct {
        const char *text, *out;
        int calls;
    } rows[] = {
        {"", "", 0},
        {"no variable, $ 5 and {}", "no variable, $ 5 and {}", 0},
        {"${region}", "emea", 1},
        {"'${region}' `${REGION}` x${Region}y", "'emea' `emea` xemeay", 3},
        {"${nested}", "${region}", 1},
        {"[${_e9}]", "[]", 1},
        {"$${region} ${region}", "${region} emea", 1},
        {"$$${region}", "$${region}", 0},
        {"${unknown}", "${unknown}", 1},
        {"${9lives} ${} ${a b} ${region", "${9lives} ${} ${a b} ${region", 0},
        {"$$ $", "$$ $", 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int calls = 0;
        buf_reset(&c->out);
        sql_substitute(&c->out, str_of(rows[i].text), find_variable, &calls);
        assert_string_equal(buf_cstr(&c->out), rows[i].out);
        assert_int_equal(calls, rows[i].calls);
    }
}

static Str find_huge(void *ctx, Str name)
{
    return *(Str *)ctx;
}

/* What grows past any request is not built to its end. */
static void test_substitute_bounded(void **state)
{
    SqlCase *c = *state;
    Str huge = {arena_zalloc(&c->arena, 100000), 100000};
    for (int i = 0; i < 1000; i++)
        buf_puts(&c->out, "${a}");
    Str text = arena_str(&c->arena, buf_str(&c->out));
    buf_reset(&c->out);
    sql_substitute(&c->out, text, find_huge, &huge);
    assert_true(c->out.len > LIMIT_SQL_BYTES);
    assert_true(c->out.len <= LIMIT_SQL_BYTES + huge.len);
}

/* ---- words ----------------------------------------------------------------------------------- */

static const char *const reserved[] = {
    "SELECT",     "FROM",        "AS",           "ALL",          "DISTINCT",  "WHERE",
    "WITHIN",     "WINDOW",      "GROUP",        "BY",           "HAVING",    "LIMIT",
    "AT",         "OR",          "AND",          "IN",           "NOT",       "EXISTS",
    "BETWEEN",    "LIKE",        "IS",           "NULL",         "TRUE",      "FALSE",
    "YEARS",      "MONTHS",      "DAYS",         "HOURS",        "MINUTES",   "SECONDS",
    "TUMBLING",   "HOPPING",     "SIZE",         "ADVANCE",      "RETENTION", "CASE",
    "WHEN",       "THEN",        "ELSE",         "END",          "JOIN",      "FULL",
    "OUTER",      "INNER",       "LEFT",         "RIGHT",        "ON",        "WITH",
    "VALUES",     "CREATE",      "TABLE",        "TOPIC",        "STREAM",    "STREAMS",
    "INSERT",     "DELETE",      "INTO",         "DESCRIBE",     "EXTENDED",  "PRINT",
    "CAST",       "LIST",        "TOPICS",       "QUERY",        "QUERIES",   "TERMINATE",
    "PAUSE",      "RESUME",      "LOAD",         "DROP",         "TO",        "RENAME",
    "SAMPLE",     "EXPORT",      "CATALOG",      "BEGINNING",    "UNSET",     "RUN",
    "SCRIPT",     "DECIMAL",     "CONNECTOR",    "NAMESPACE",    "VIEW",      "PROPERTIES",
    "CONNECTORS", "MILLISECOND", "MILLISECONDS", "MATERIALIZED",
};

static const char *const usable[] = {
    "SHOW",     "TABLES",    "COLUMNS",  "COLUMN",  "PARTITIONS", "FUNCTIONS", "FUNCTION",
    "SESSION",  "STRUCT",    "MAP",      "ARRAY",   "PARTITION",  "INTEGER",   "DATE",
    "TIME",     "TIMESTAMP", "INTERVAL", "ZONE",    "STRING",     "YEAR",      "MONTH",
    "DAY",      "HOUR",      "MINUTE",   "SECOND",  "EXPLAIN",    "ANALYZE",   "TYPE",
    "TYPES",    "SET",       "RESET",    "IF",      "SOURCE",     "SINK",      "PRIMARY",
    "KEY",      "EMIT",      "CHANGES",  "FINAL",   "ESCAPE",     "REPLACE",   "ASSERT",
    "ALTER",    "ADD",       "HEADER",   "HEADERS", "GRACE",      "PERIOD",    "DEFINE",
    "UNDEFINE", "VARIABLES", "PLUGINS",  "SYSTEM",  "TIMEOUT",    "SCHEMA",    "SUBJECT",
    "ID",       "INT",       "BIGINT",   "ROWTIME",
};

static bool parses(SqlCase *c, const char *fmt, const char *word)
{
    const char *text = arena_printf(&c->arena, "%s", fmt);
    Buf b;
    buf_init(&b);
    for (const char *p = text; *p; p++)
        *p == '?' ? buf_puts(&b, word) : buf_putc(&b, *p);
    bool ok = sql_parse(&c->arena, buf_str(&b), false, &c->script, &c->err) == 0;
    buf_fini(&b);
    return ok;
}

/* The printer quotes what the scanner would not read as a name: both must know the same words. */
static void test_reserved(void **state)
{
    SqlCase *c = *state;
    for (size_t i = 0; i < COUNT_OF(reserved); i++) {
        buf_reset(&c->out);
        name_print(&c->out, str_of(reserved[i]), false);
        if (parses(c, "CREATE STREAM ? (a INT);", reserved[i]) || buf_cstr(&c->out)[0] != '`')
            fail_msg("%s should be reserved", reserved[i]);
        assert_true(parses(c, "CREATE STREAM `?` (a INT);", reserved[i]));
        assert_true(parses(c, "CREATE STREAM \"?\" (a INT);", reserved[i]));
    }
}

static void test_usable(void **state)
{
    SqlCase *c = *state;
    static const char *const places[] = {
        "CREATE STREAM ? (a INT);",
        "CREATE STREAM s (? INT KEY, b ?);",
        "CREATE STREAM s (? STRUCT<? INT>);",
        "SELECT ? FROM s;",
        "SELECT ? + ?, ? < ?, s.?, ?->?, ?[1], f(?, ?), ?(a), a AS ? FROM s;",
        "SELECT f(a, ? => ? + 1, (?, b) => ?) FROM s;",
        "SELECT a ?, STRUCT(? := ?) FROM ?;",
        "SELECT * FROM s AS ? WHERE ? = 1 GROUP BY ? PARTITION BY ? HAVING ? IS NULL EMIT CHANGES;",
        "SELECT * FROM ? WHERE ? LIKE ? AND ? BETWEEN ? AND ? OR ? IN (?);",
        "SELECT CASE ? WHEN ? THEN ? ELSE ? END, CAST(? AS INT) FROM s;",
        "INSERT INTO ? (?, b) VALUES (1, 2);",
        "DROP STREAM ?;",
        "DEFINE ? = 'x';",
        "CREATE STREAM s (a INT) WITH (? = 1);",
        "TERMINATE ?;",
        "PRINT ?;",
    };
    for (size_t i = 0; i < COUNT_OF(usable); i++) {
        const char *w = usable[i];
        for (size_t k = 0; k < COUNT_OF(places); k++) {
            /* ARRAY[1], MAP(a) and STRUCT(a) are constructors, right or wrong. */
            bool constructor = !strcmp(w, "ARRAY") || !strcmp(w, "MAP") || !strcmp(w, "STRUCT");
            if (constructor && strstr(places[k], "?[1]"))
                continue;
            if (!parses(c, places[k], w))
                fail_msg("%s should be usable in %s\n%s", w, places[k], c->err.text);
        }
        buf_reset(&c->out);
        name_print(&c->out, str_of(w), false);
        assert_string_equal(buf_cstr(&c->out), w);
    }
}

/* ---- shapes ---------------------------------------------------------------------------------- */

static void test_numbers(void **state)
{
    SqlCase *c = *state;
    static const struct {
        const char *text;
        SqlExprKind kind;
    } rows[] = {
        {"0", SQL_INTEGER},   {"-0007", SQL_INTEGER},  {"12.5", SQL_DECIMAL}, {"12.", SQL_DECIMAL},
        {".5", SQL_DECIMAL},  {"-.5", SQL_DECIMAL},    {"1e3", SQL_FLOAT},    {"1E+3", SQL_FLOAT},
        {"1.e-3", SQL_FLOAT}, {".5e0", SQL_FLOAT},     {"- 5", SQL_INTEGER},  {"1st", SQL_COLUMN},
        {"1e3x", SQL_COLUMN}, {"9_lives", SQL_COLUMN}, {"1e", SQL_COLUMN},    {"a@b", SQL_COLUMN},
        {"_x", SQL_COLUMN},   {"+5", SQL_UNARY},       {"-(5)", SQL_UNARY},   {"- -5", SQL_UNARY},
        {"-a", SQL_UNARY},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (parse_expr(c, rows[i].text)->kind != rows[i].kind)
            fail_msg("%s is another kind", rows[i].text);
    assert_string_equal(parse_expr(c, "- /* x */ 5")->text.ptr, "-5");
}

static void test_quotes(void **state)
{
    SqlCase *c = *state;
    assert_string_equal(parse_expr(c, "'it''s -- ; \n fine'")->text.ptr, "it's -- ; \n fine");
    assert_string_equal(parse_expr(c, "''")->text.ptr, "");
    assert_string_equal(parse_expr(c, "''''")->text.ptr, "'");
    assert_string_equal(parse_expr(c, "`a``b`")->name.text.ptr, "a`b");
    assert_string_equal(parse_expr(c, "\"a\"\"b'`\"")->name.text.ptr, "a\"b'`");
    assert_string_equal(parse_expr(c, "Foo_1")->name.text.ptr, "FOO_1");
    assert_string_equal(parse_expr(c, "`Foo_1`")->name.text.ptr, "Foo_1");
    assert_string_equal(parse_expr(c, "'\xc3\xbc\xe6\xbc\xa2'")->text.ptr, "\xc3\xbc\xe6\xbc\xa2");
}

static void test_comments(void **state)
{
    SqlCase *c = *state;
    const SqlScript *s =
        parse(c, "-- SHOW TYPES;\nSHOW/**/TOPICS;;/* ; */;\n--@test: x\nSHOW\tTYPES");
    assert_int_equal(s->count, 2);
    assert_int_equal(s->statements[0]->show, SHOW_TOPICS);
    assert_int_equal(s->statements[1]->show, SHOW_TYPES);
}

static void test_line_column(void **state)
{
    Str text = STR_LIT("ab\n\ncd");
    static const int rows[][3] = {{0, 1, 1}, {2, 1, 3}, {3, 2, 1},
                                  {4, 3, 1}, {5, 3, 2}, {99, 3, 3}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int line, column;
        sql_line_column(text, rows[i][0], &line, &column);
        assert_int_equal(line, rows[i][1]);
        assert_int_equal(column, rows[i][2]);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, case_set_up, case_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_complete), TEST(test_substitute), TEST(test_substitute_bounded),
        TEST(test_reserved), TEST(test_usable),     TEST(test_numbers),
        TEST(test_quotes),   TEST(test_comments),   TEST(test_line_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
