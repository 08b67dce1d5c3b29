/* What is said about a text that does not parse: the fixed phrases, and the words for people. */
#include "sql_case.h"

/* ---- the fixed phrases (statements.md 16.1) -------------------------------------------------- */

static void test_whole_text(void **state)
{
    SqlCase *c = *state;
    Span span;
    assert_string_equal(parse_error(c, "SHOW TYPES;\nCREATE STREAM S (A INT, B NULL);  \n", &span),
                        "line 2:27: Syntax Error\n"
                        "Syntax error at or near 'NULL' at line 2:27\n"
                        "Statement: SHOW TYPES;\nCREATE STREAM S (A INT, B NULL);\n"
                        "NULL is a reserved word: to be a name it must be quoted: `NULL`.");
    assert_int_equal(span.begin, 38);
    assert_int_equal(span.end, 42);
    assert_int_equal(c->err.code, ERR_SYNTAX);
    assert_int_equal(c->err.kind, ERR_KIND_USER);
    assert_string_equal(parse_error(c, "CREATE STREAM S (A DOUBLE (KEY));", NULL),
                        "line 1:28: Syntax Error\n"
                        "Expecting {'STRING', INTEGER_VALUE}\n"
                        "Statement: CREATE STREAM S (A DOUBLE (KEY));");
}

static void test_hints(void **state)
{
    SqlCase *c = *state;
    static const char *const rows[][2] = {
        {"RUN SCRIPT 'a';", "Unknown statement 'RUN'"},
        {"SHOW TYPES; foo bar;", "Unknown statement 'foo'"},
        {"( SHOW TYPES;", "Unknown statement '('"},
        {"'x';", "Unknown statement ''x''"},
        {"ASSERT VALUES a VALUES (1);", "Syntax error at or near 'VALUES' at line 1:8"},
        {"ASSERT STREAM a (b INT);", "Syntax error at or near 'STREAM' at line 1:8"},
        {"CREATE STREAM s (a INT(STRING) (KEY));", "Expecting {',', ')'}"},
        {"CREATE STREAM s (a INT b INT);", "Expecting {',', ')'}"},
        {"SELECT f(a b) FROM s;", "Expecting {',', ')'}"},
        {"SELECT a FROM s GROUP BY a, (b, c);", "missing ')' at ','"},
        {"SELECT (a, b) FROM s;", "missing ')' at ','"},
        {"SELECT CAST(a AS INT FROM s;", "missing ')' at 'FROM'"},
        {"INSERT INTO s VALUES 1;", "missing '(' at '1'"},
        {"SET 'a' 'b';", "missing '=' at ''b''"},
        {"SELECT a FROM s EMIT x;", "Expecting {'CHANGES', 'FINAL'}"},
        {"SELECT a b c FROM s;", "Expecting {',', 'FROM'}"},
        {"SET a = 'b';", "Expecting STRING"},
        {"PRINT s LIMIT 2.5;", "Expecting INTEGER_VALUE"},
        {"SELECT a FROM s WHERE a IN ();", "Syntax error at or near ')' at line 1:29"},
        {"SELECT a FROM s PARTITION BY a IS NULL;", "Syntax error at or near 'IS' at line 1:32"},
        {"SELECT a FROM s GROUP BY a = b;", "Syntax error at or near '=' at line 1:28"},
        {"SELECT a FROM s ORDER BY a;", "Syntax error at or near 'BY' at line 1:23"},
        {"SELECT DISTINCT a FROM s;", "Syntax error at or near 'DISTINCT' at line 1:8"},
        {"SELECT * FROM f(a);", "Syntax error at or near '(' at line 1:16"},
        {"SELECT a = b = c FROM s;", "Syntax error at or near '=' at line 1:14"},
        {"SELECT f(a, b => b, c) FROM s;", "Expecting '=>'"},
        {"SELECT f(b => b) FROM s;", "Expecting {',', ')'}"},
        {"SELECT a FROM s WHERE x LIMIT 1 WINDOW SESSION (1 DAY);", "Expecting ';'"},
        {"SELECT", "Syntax error at or near '<EOF>' at line 1:7"},
        {"SELECT a FROM s WHERE\n\n-- no more", "Syntax error at or near '<EOF>' at line 1:22"},
        {"SELECT ? FROM s;", "Syntax error at or near '?' at line 1:8"},
        {"SELECT \xc3\xbc FROM s;", "Syntax error at or near '\xc3\xbc' at line 1:8"},
        {"SELECT a : b FROM s;", "Syntax error at or near ':' at line 1:10"},
        {"TERMINATE QUERY q;", "Syntax error at or near 'QUERY' at line 1:11"},
        {"EXPLAIN EXPLAIN q;", "Expecting ';'"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *text = parse_error(c, rows[i][0], NULL);
        const char *hint = strchr(text, '\n') + 1;
        if (strncmp(hint, rows[i][1], strlen(rows[i][1])) || hint[strlen(rows[i][1])] != '\n')
            fail_msg("%s\nwanted: %s\n%s", rows[i][0], rows[i][1], text);
    }
}

static void test_notes(void **state)
{
    SqlCase *c = *state;
    static const char *const rows[][2] = {
        {"SELECT size FROM s;", "SIZE is a reserved word: to be a name it must be quoted: `SIZE`."},
        {"SELECT a AS Limit FROM s;",
         "LIMIT is a reserved word: to be a name it must be quoted: `LIMIT`."},
        {"CREATE STREAM view (a INT);",
         "VIEW is a reserved word: to be a name it must be quoted: `VIEW`."},
        {"SELECT 'it''s FROM s;", "The quote is never closed."},
        {"SELECT `a FROM s;", "The quote is never closed."},
        {"SELECT a /* b FROM s;", "The comment is never closed."},
        {"SELECT ${where} FROM s;", "The variable ${where} is not defined."},
        {"SELECT `` FROM s;", "A name must not be empty."},
        {"SELEC a FROM s;", "Did you mean SELECT?"},
        {"CREATE STREM s (a INT);", "Did you mean STREAM?"},
        {"SELECT a FROM s GRUOP BY a;", NULL}, /* an alias: only BY is wrong */
        {"SELECT f(a b) FROM s;", NULL},
        {"SHOW x;", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *text = parse_error(c, rows[i][0], NULL);
        const char *last = strrchr(text, '\n') + 1;
        if (rows[i][1] && strcmp(last, rows[i][1]))
            fail_msg("%s\nwanted: %s\n%s", rows[i][0], rows[i][1], text);
        if (!rows[i][1] && strncmp(last, "Statement: ", 11))
            fail_msg("%s: no note wanted\n%s", rows[i][0], text);
    }
}

/* A huge statement is shown in part; the message keeps its head and stays valid text. */
static void test_long_statement(void **state)
{
    SqlCase *c = *state;
    Buf text;
    buf_init(&text);
    buf_puts(&text, "SELECT '");
    for (int i = 0; i < 5000; i++)
        buf_puts(&text, "\xc3\xbc");
    buf_puts(&text, "' a b c FROM s;");
    const char *message = parse_error(c, buf_cstr(&text), NULL);
    const char *head = "line 1:10013: Syntax Error\nExpecting {',', 'FROM'}\nStatement: SELECT '";
    assert_int_equal(strncmp(message, head, strlen(head)), 0);
    assert_true(strlen(message) < ERR_TEXT_BYTES);
    assert_false(c->err.cut);
    buf_fini(&text);
}

/* ---- words for people ------------------------------------------------------------------------ */

static const char *shown(SqlCase *c, const char *name, const char *text)
{
    buf_reset(&c->out);
    sql_print_error(&c->out, name, str_of(text), &c->err);
    return buf_cstr(&c->out);
}

static void assert_shown(SqlCase *c, const char *text, const char *wanted)
{
    parse_error(c, text, NULL);
    assert_string_equal(shown(c, "x.sql", text), wanted);
}

static void test_shown(void **state)
{
    SqlCase *c = *state;
    assert_shown(c, "SHOW TYPES;\nSELECT a b c FROM s;",
                 "x.sql:2:12: Syntax error at 'c': expected ',' or FROM.\n"
                 "  SELECT a b c FROM s;\n"
                 "             ^\n");
    assert_shown(c, "SELECT size FROM s;",
                 "x.sql:1:8: Syntax error at 'size': expected an expression or '*'.\n"
                 "  SELECT size FROM s;\n"
                 "         ^\n"
                 "SIZE is a reserved word: to be a name it must be quoted: `SIZE`.\n");
    assert_shown(c, "SELEC a FROM s;",
                 "x.sql:1:1: Unknown statement 'SELEC'.\n"
                 "  SELEC a FROM s;\n"
                 "  ^\n"
                 "Did you mean SELECT?\n");
    assert_shown(c, "SELECT a FROM s WHERE",
                 "x.sql:1:22: The statement ends too early: expected an expression.\n"
                 "  SELECT a FROM s WHERE\n"
                 "                       ^\n");
    assert_shown(c, "SELECT 'a FROM s;\nSHOW TYPES;",
                 "x.sql:1:8: The quote is never closed.\n"
                 "  SELECT 'a FROM s;\n"
                 "         ^\n");
    assert_shown(c, "CREATE STREAM s (a DECIMAL);",
                 "x.sql:1:27: Syntax error at ')': expected '('.\n"
                 "  CREATE STREAM s (a DECIMAL);\n"
                 "                            ^\n");
    assert_shown(c, "SELECT 1e999 FROM s;",
                 "x.sql:1:8: Number overflows DOUBLE: 1e999\n"
                 "  SELECT 1e999 FROM s;\n"
                 "         ^\n");
    assert_shown(c, "SELECT a FROM s WINDOW TUMBLING (SIZE 1 YEARS);",
                 "x.sql:1:41: Syntax error at 'YEARS': expected DAYS, HOURS, MINUTES, SECONDS, "
                 "MILLISECONDS.\n"
                 "  SELECT a FROM s WINDOW TUMBLING (SIZE 1 YEARS);\n"
                 "                                          ^\n");
}

/* Every other word of the grammar has a name of its own, so no expectation prints as nothing. */
static void test_expected_words(void **state)
{
    SqlCase *c = *state;
    static const char *const rows[][2] = {
        {"SHOW x;", "expected SOURCE, SINK, CONNECTOR, ALL, PROPERTIES, TOPICS, STREAMS, TABLES, "
                    "FUNCTIONS, CONNECTORS, TYPES, VARIABLES, ...."},
        {"DROP x;", "expected STREAM, TABLE, TYPE or CONNECTOR."},
        {"CREATE STREAM s (a);", "expected a type."},
        {"CREATE STREAM s (a INT;",
         "expected ',', '(', ')', ARRAY, PRIMARY, KEY, HEADERS or HEADER."},
        {"SELECT a FROM s LIMIT x;", "expected a number."},
        {"SELECT a FROM s WHERE a IS x;", "expected NOT, NULL or DISTINCT."},
        {"SELECT a FROM s WHERE a = 1 x;",
         "expected an operator, ';', GROUP, PARTITION, HAVING, EMIT or LIMIT."},
        {"PRINT t LIMIT 'x';", "expected a whole number."},
        {"SET x = 1;", "expected a text in single quotes."},
        {"SELECT a FROM s JOIN t x y;", "expected WITHIN or ON."},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        parse_error(c, rows[i][0], NULL);
        if (!strstr(shown(c, NULL, rows[i][0]), rows[i][1]))
            fail_msg("wanted: %s\n%s", rows[i][1], shown(c, NULL, rows[i][0]));
    }
}

/* Tabs, wide characters and escapes move the caret as they move the text above it. */
static void test_caret(void **state)
{
    SqlCase *c = *state;
    assert_shown(c, "\tSELECT '\xe6\xbc\xa2\xc3\xbc' x y FROM s;",
                 "x.sql:1:19: Syntax error at 'y': expected ',' or FROM.\n"
                 "   SELECT '\xe6\xbc\xa2\xc3\xbc' x y FROM s;\n"
                 "                  ^\n");
    assert_shown(c, "SELECT '\x1b[31m' x y FROM s;\r\nSHOW TYPES;",
                 "x.sql:1:18: Syntax error at 'y': expected ',' or FROM.\n"
                 "  SELECT '\\x1B[31m' x y FROM s;\n"
                 "                      ^\n");
}

static void test_long_line(void **state)
{
    SqlCase *c = *state;
    Buf text;
    buf_init(&text);
    buf_puts(&text, "SELECT ");
    for (int i = 0; i < 100; i++)
        buf_printf(&text, "a%03d, ", i);
    buf_puts(&text, "x y z, ");
    for (int i = 0; i < 100; i++)
        buf_printf(&text, "b%03d, ", i);
    buf_puts(&text, "c FROM s;");
    parse_error(c, buf_cstr(&text), NULL);
    const char *line = strchr(shown(c, NULL, buf_cstr(&text)), '\n') + 1;
    const char *caret = strchr(line, '\n') + 1;
    assert_int_equal(strncmp(line, "  ...", 5), 0);
    assert_true(caret - line < 160);
    assert_int_equal(line[strcspn(caret, "^")], 'z');
    assert_int_equal(strncmp(caret - 4, "...\n", 4), 0);
    buf_fini(&text);
}

/* Errors of later phases: places and statements in the fixed phrases are not said twice. */
static void test_other_errors(void **state)
{
    SqlCase *c = *state;
    const char *text = "SHOW TYPES;\nSELECT foo FROM s;";
    err_at(
        &c->err, ERR_STATEMENT, (Span){19, 22},
        "Line: 2, Col: 8: SELECT column 'FOO' cannot be resolved.\nStatement: SELECT foo FROM s;");
    assert_string_equal(shown(c, "x.sql", text),
                        "x.sql:2:8: SELECT column 'FOO' cannot be resolved.\n"
                        "  SELECT foo FROM s;\n"
                        "         ^\n");
    err_at(&c->err, ERR_STATEMENT, (Span){19, 22},
           "Exception while preparing statement: Line: 2, Col: 8: Column 'A' is ambiguous.");
    assert_string_equal(shown(c, NULL, text), "2:8: Column 'A' is ambiguous.\n"
                                              "  SELECT foo FROM s;\n"
                                              "         ^\n");
    err_at(&c->err, ERR_STATEMENT, SPAN_NONE, "No such thing.\nValid alternatives are:\nf(INT)");
    assert_string_equal(shown(c, "x.sql", text),
                        "x.sql: No such thing.\nValid alternatives are:\nf(INT)\n");
    err_at(&c->err, ERR_STATEMENT, (Span){12, 18}, "First.\nSecond.");
    assert_string_equal(shown(c, NULL, text), "2:1: First.\n"
                                              "  SELECT foo FROM s;\n"
                                              "  ^\n"
                                              "Second.\n");
    err_at(&c->err, ERR_GENERIC, (Span){100, 105}, "Bad \x1b[0m name");
    assert_string_equal(shown(c, NULL, text), "Bad \\x1B[0m name\n");
    /* an error of another text: nothing is invented */
    parse_error(c, "SELECT a b c FROM s;", NULL);
    assert_string_equal(shown(c, NULL, "SELECT aa bb FROM t;"), "1:12: Syntax Error\n"
                                                                "  SELECT aa bb FROM t;\n"
                                                                "             ^\n"
                                                                "Expecting {',', 'FROM'}\n");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, case_set_up, case_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_whole_text),     TEST(test_hints),     TEST(test_notes),
        TEST(test_long_statement), TEST(test_shown),     TEST(test_expected_words),
        TEST(test_caret),          TEST(test_long_line), TEST(test_other_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
