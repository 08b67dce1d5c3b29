/* Stored text: every expression comes back equal, and hostile text does no harm. */
#include "random_expr.h"

static void round_trip(Expr *e)
{
    Buf text;
    buf_init(&text);
    Err err = ERR_INIT;
    Expr *back;
    expr_encode(&text, e);
    if (expr_decode(&case_arena, buf_str(&text), &back, &err))
        fail_msg("%s: %s", buf_cstr(&text), err.text);
    if (!expr_equal(e, back))
        fail_msg("%s came back different", buf_cstr(&text));
    buf_fini(&text);
}

static void the_text_is_readable(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *text;
    } rows[] = {
        {"I >= 5", "(compare GREATER_THAN_OR_EQUAL (column 1 INTEGER) (const INTEGER 5))"},
        {"S NOT LIKE 'a\"\n%'", "(not_like -1 (column 6 STRING) (const STRING \"a\\22\\0a%\"))"},
        {"SUBSTRING(S, 2)", "(call \"substring\" \"(STRING, INTEGER) STRING\" (column 6 STRING) "
                            "(const INTEGER 2))"},
        {"CASE WHEN F THEN M END",
         "(case DECIMAL(4, 2) (column 8 BOOLEAN) (column 5 DECIMAL(4, 2)) "
         "(const DECIMAL(4, 2) NULL))"},
        {"I + L", "(arith ADD (implicit_cast BIGINT (column 1 INTEGER)) (column 3 BIGINT))"},
        {"CAST(S AS INT) IS NOT NULL", "(not_is_null (cast INTEGER (column 6 STRING)))"},
        {"ROWTIME", "(pseudo ROWTIME)"},
    };
    Buf out;
    buf_init(&out);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buf_reset(&out);
        expr_encode(&out, case_bind(rows[i].sql));
        assert_string_equal(buf_cstr(&out), rows[i].text);
    }
    buf_fini(&out);
}

static void every_kind_comes_back(void **state)
{
    (void)state;
    static const char *const sql[] = {"I",
                                      "ROWPARTITION",
                                      "NULL",
                                      "true",
                                      "-2147483648",
                                      "9223372036854775807",
                                      "-0.05",
                                      "12345678901234567890123456789012345678901234567890.5",
                                      "0e0",
                                      "-1.5e-300",
                                      "''",
                                      "'\xC3\xA9 \\ \" ( ) '",
                                      "CAST(NULL AS ARRAY<INT>)",
                                      "DATE '2020-01-01'",
                                      "TIME '23:59:59.999'",
                                      "TIMESTAMP '1900-01-01T00:00:00.001'",
                                      "-M",
                                      "I + J * 2",
                                      "M / 2",
                                      "M % I",
                                      "S + T",
                                      "I = L",
                                      "M = D",
                                      "S IS NOT DISTINCT FROM T",
                                      "F AND NOT F",
                                      "F OR I > 1",
                                      "S IS NULL",
                                      "I IN (1, 2, NULL)",
                                      "I NOT IN (1)",
                                      "S LIKE 'a' ESCAPE '!'",
                                      "CASE WHEN F THEN 1 WHEN I > 2 THEN 2 END",
                                      "CAST(S AS DECIMAL(10, 3))",
                                      "BS = BS",
                                      "XS = XS",
                                      "CEIL(9.9)",
                                      "GREATEST(M, M)",
                                      "CAST(XS AS ARRAY<BIGINT>)",
                                      "RANDOM()"};
    for (size_t i = 0; i < sizeof sql / sizeof sql[0]; i++)
        round_trip(case_bind(sql[i]));
}

static void nested_constants_come_back(void **state)
{
    (void)state;
    Value ints[] = {{.type = &type_integer, .i32 = 7}, value_null(&type_integer)};
    Value list = {.type = type_array(&case_arena, &type_integer)};
    list.list.items = ints;
    list.list.count = 2;
    TypeField fields[] = {{STR_LIT("a b`c"), list.type}, {STR_LIT("B"), &type_bytes}};
    Value parts[] = {list, {.type = &type_bytes, .str = str_make("\0\xFF\"", 3)}};
    Value whole = {.type = type_struct(&case_arena, fields, 2)};
    whole.list.items = parts;
    whole.list.count = 2;
    Value pairs[] = {{.type = &type_string, .str = STR_LIT("k")}, list};
    Value map = {.type = type_map(&case_arena, &type_string, list.type)};
    map.list.items = pairs;
    map.list.count = 1;
    round_trip(expr_const(&case_arena, &list));
    round_trip(expr_const(&case_arena, &whole));
    round_trip(expr_const(&case_arena, &map));
}

static void random_expressions_come_back(void **state)
{
    (void)state;
    Dice d = {99};
    for (int i = 0; i < 300; i++)
        round_trip(random_bound(&d, 5));
}

static void refused(const char *text, const char *why)
{
    Err err = ERR_INIT;
    Expr *e;
    if (expr_decode(&case_arena, str_of(text), &e, &err) == 0)
        fail_msg("%s was accepted", text);
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_null(e);
    if (!strstr(err.text, why))
        fail_msg("%s: %s", text, err.text);
}

static void trees_without_meaning_are_refused(void **state)
{
    (void)state;
    refused("", "a bracket, quote or comma is missing");
    refused("(column 1 INTEGER) x", "something follows it");
    refused("(column 2000 INTEGER)", "out of range");
    refused("(column 1 NULL)", "do not fit together");
    refused("(shift (column 1 INTEGER))", "a kind of node is unknown");
    refused("(not_and (column 8 BOOLEAN) (column 8 BOOLEAN))", "a kind of node is unknown");
    refused("(arith ADD (column 1 INTEGER) (column 6 STRING))", "do not fit together");
    refused("(arith ADD (column 1 INTEGER))", "do not fit together");
    refused("(compare EQUAL (column 1 INTEGER) (column 3 BIGINT))", "do not fit together");
    refused("(compare LESS_THAN (column 8 BOOLEAN) (column 8 BOOLEAN))", "do not fit together");
    refused("(compare ADD (column 1 INTEGER) (column 1 INTEGER))", "do not fit together");
    refused(
        "(call \"substring\" \"(STRING, INTEGER) STRING\" (column 1 INTEGER) (column 1 INTEGER))",
        "arguments do not fit");
    refused("(call \"SUM\" \"(INTEGER) INTEGER\" (column 1 INTEGER))", "this version");
    refused("(call \"nope\" \"\")", "this version");
    refused("(case INTEGER (column 8 BOOLEAN) (column 6 STRING) (column 1 INTEGER))",
            "do not fit together");
    refused("(cast DATE (column 1 INTEGER))", "do not fit together");
    refused("(const INTEGER 3000000000)", "out of range");
    refused("(const STRING \"\\ff\")", "not UTF-8");
    refused("(const ARRAY<INTEGER> [1 x])", "out of range");
    refused("(in (column 1 INTEGER))", "do not fit together");
    Buf deep;
    buf_init(&deep);
    for (int i = 0; i < 100000; i++)
        buf_puts(&deep, "(not ");
    refused(buf_cstr(&deep), "nested too deeply");
    buf_reset(&deep);
    buf_puts(&deep, "(column 1 ");
    for (int i = 0; i < 100000; i++)
        buf_puts(&deep, "ARRAY<");
    refused(buf_cstr(&deep), "nested too deeply");
    buf_fini(&deep);
}

/* Mostly another digit for a digit, so that much of it still decodes; else anything. */
static void damage(Dice *d, Buf *text)
{
    for (int k = 0; k < 2; k++) {
        uint32_t at = roll(d, (uint32_t)text->len), tries = 60;
        while (tries-- && !(text->ptr[at] >= '0' && text->ptr[at] <= '9'))
            at = roll(d, (uint32_t)text->len);
        if (roll(d, 4))
            text->ptr[at] = (char)('0' + roll(d, 10));
        else
            text->ptr[roll(d, (uint32_t)text->len)] =
                roll(d, 2) ? text->ptr[at] : (char)roll(d, 256);
    }
}

/* What decodes after some bytes were changed may be another expression; running it must be safe. */
static void damaged_text_does_no_harm(void **state)
{
    (void)state;
    Dice d = {4711};
    Buf text;
    buf_init(&text);
    int accepted = 0;
    for (int i = 0; i < 3000; i++) {
        if (i % 100 == 0) {
            case_teardown(NULL);
            case_setup(NULL);
        }
        buf_reset(&text);
        expr_encode(&text, random_bound(&d, 3));
        damage(&d, &text);
        Err err = ERR_INIT;
        Expr *e, *none[1];
        Program *p;
        if (expr_decode(&case_arena, buf_str(&text), &e, &err))
            continue;
        none[0] = e;
        if (expr_compile(&case_arena, none, 1, &p, &err))
            continue;
        accepted++;
        ExprRun *run = expr_run_new(p);
        Column out;
        Batch *b = random_batch(&d, &case_arena, 3);
        if (expr_run(run, b, SIDE_NEW, NULL, &out, NULL, &err) == 0)
            (void)column_value(&out, 2, &case_arena);
        expr_run_free(run);
    }
    buf_fini(&text);
    if (accepted < 100)
        fail_msg("only %d of the damaged texts were accepted", accepted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_is_readable),
        cmocka_unit_test(every_kind_comes_back),
        cmocka_unit_test(nested_constants_come_back),
        cmocka_unit_test(random_expressions_come_back),
        cmocka_unit_test(trees_without_meaning_are_refused),
        cmocka_unit_test(damaged_text_does_no_harm),
    };
    return cmocka_run_group_tests(tests, case_setup, case_teardown);
}
