/* Evaluation: NULLs, two-valued logic, errors and where they end, wrapping, short circuit. */
#include "expr_case.h"

/* Three rows: numbers, NULLs, zeros. */
static Batch *three_rows(void)
{
    Batch *b = case_batch(&case_arena, 3);
    const char *const cells[][4] = {
        {"K", "'a'", "'b'", "'c'"},
        {"I", "6", "NULL", "-7"},
        {"J", "4", "2", "0"},
        {"L", "3000000000", "NULL", "0"},
        {"D", "1.5e0", "NULL", "0e0"},
        {"M", "10.50", "NULL", "0.25"},
        {"S", "'reed'", "NULL", "'12'"},
        {"T", "'r%'", "'x'", "''"},
        {"F", "true", "NULL", "false"},
        {"TS", "'2021-03-04T05:06:07.089'", "NULL", "'1969-12-31'"},
        {"DT", "'2021-03-04'", "NULL", "'1970-01-01'"},
        {"TI", "'10:11:12'", "NULL", "'00:00'"},
    };
    for (size_t c = 0; c < sizeof cells / sizeof cells[0]; c++) {
        for (int i = 0; i < 3; i++)
            case_set(b, cells[c][0], i, cells[c][i + 1]);
    }
    return b;
}

static void arithmetic(void **state)
{
    (void)state;
    Batch *b = three_rows();
    case_rows(b, "I + J", "10; null !; -7");
    case_rows(b, "I / J", "1; null !; null !");
    case_rows(b, "I % 4", "2; null !; -3");
    case_rows(b, "-I", "-6; null !; 7");
    case_rows(b, "I * L", "18000000000; null !; 0");
    case_rows(b, "D / J", "0.375; null !; NaN");
    case_rows(b, "1e0 / J", "0.25; 0.5; Infinity");
    case_rows(b, "M + I", "16.50; null !; -6.75");
    case_rows(b, "M * M", "110.2500; null !; 0.0625");
    case_rows(b, "M - 0.001", "10.499; null !; 0.249");
    case_rows(b, "M / 2", "5.2500000000000; null !; 0.1250000000000");
    case_rows(b, "M % 0.4", "0.10; null !; 0.25");
    case_rows(b, "S + T", "reedr%; nullx; 12");
    case_rows(b, "S || T", "reedr%; x; 12");
}

static void integers_wrap(void **state)
{
    (void)state;
    Batch *b = case_batch(&case_arena, 1);
    case_set(b, "I", 0, "-2147483648");
    case_set(b, "J", 0, "-1");
    case_set(b, "L", 0, "-9223372036854775808");
    case_rows(b, "I + J", "2147483647");
    case_rows(b, "I / J", "-2147483648");
    case_rows(b, "I % J", "0");
    case_rows(b, "I * J", "-2147483648");
    case_rows(b, "-I", "-2147483648");
    case_rows(b, "L - 1", "9223372036854775807");
    case_rows(b, "L / J", "-9223372036854775808");
    case_rows(b, "L % J", "0");
    case_rows(b, "-L", "-9223372036854775808");
    case_rows(b, "ABS(I)", "-2147483648");
}

static void inexact_decimals_are_errors(void **state)
{
    (void)state;
    case_value("10.0 / 4.0", "2.500000");
    case_value("10 / 3.0", "null !");
    case_value("1.0 / 0.0", "null !");
    case_value("10.1 % -2.0", "0.1");
    case_value("0.0 - 1.25", "-1.25");
}

static void comparisons_are_two_valued(void **state)
{
    (void)state;
    Batch *b = three_rows();
    case_rows(b, "I > 0", "true; false; false");
    case_rows(b, "I <> 6", "false; false; true");
    case_rows(b, "NOT (I > 0)", "false; true; true");
    case_rows(b, "I = L", "false; false; false");
    case_rows(b, "I IS DISTINCT FROM L", "true; false; true");
    case_rows(b, "I IS NOT DISTINCT FROM J", "false; false; false");
    case_rows(b, "S < 'reeds'", "true; false; true");
    case_rows(b, "I BETWEEN 0 AND J", "false; false; false");
    case_rows(b, "I NOT BETWEEN 0 AND 6", "false; true; true");
    case_rows(b, "I IN (6, NULL, J)", "true; false; false");
    case_rows(b, "I NOT IN (6)", "false; true; true");
    case_rows(b, "M = 10.5", "true; false; false");
    case_rows(b, "M < D", "false; false; false");
    case_rows(b, "D >= M", "false; false; false");
    case_rows(b, "M > I", "true; false; true");
    case_rows(b, "S IS NULL", "false; true; false");
    case_rows(b, "S IS NOT NULL", "true; false; true");
    case_rows(b, "TS > '2021-03-04'", "true; false; false");
    case_rows(b, "DT < TS", "true; false; false");
    case_rows(b, "TI = '10:11:12'", "true; false; false");
    case_rows(b, "ROWTIME > '1970-01-01T00:00:01'", "false; true; true");
    case_rows(b, "K || CAST(ROWPARTITION AS STRING)", "a0; b1; c2");
}

static void strings_compare_by_utf16(void **state)
{
    (void)state;
    /* U+FFFF is one unit above the surrogates with which U+10000 begins. */
    case_value("'\xEF\xBF\xBF' > '\xF0\x90\x80\x80'", "true");
}

static void doubles_meet_decimals_by_their_text(void **state)
{
    (void)state;
    Batch *b = case_batch(&case_arena, 1);
    case_set(b, "D", 0, "0.1e0");
    case_rows(b, "D = 0.1", "true");
    case_rows(b, "D < 0.10000000000000000001", "true");
    case_rows(b, "D = 0.10000000000000000001", "false");
    case_rows(b, "0.10000000000000000001 > D", "true");
    case_rows(b, "D > 0.09999999999999999999", "true");
    case_rows(b, "D IN (0.1, 7)", "true");
    case_set(b, "D", 0, "1e20");
    case_rows(b, "D = 100000000000000000000.0", "true");
    case_rows(b, "D < 100000000000000000000.1", "true");
    case_set(b, "D", 0, "NULL");
    case_rows(b, "D = 0.10000000000000000001", "false");
}

static void logic_takes_null_for_false(void **state)
{
    (void)state;
    Batch *b = three_rows();
    case_rows(b, "F AND true", "true; false; false");
    case_rows(b, "F OR false", "true; false; false");
    case_rows(b, "NOT F", "false; true; true");
    case_rows(b, "F AND NULL", "false; false; false");
    case_rows(b, "F = false", "false; false; true");
}

static void what_is_not_reached_raises_nothing(void **state)
{
    (void)state;
    Batch *b = three_rows(); /* J is 4, 2, 0 */
    case_rows(b, "J <> 0 AND 8 / J > 1", "true; true; false");
    case_rows(b, "8 / J > 1 AND J <> 0", "true; true; null !");
    case_rows(b, "J = 0 OR 8 / J > 3", "false; true; true");
    case_rows(b, "CASE WHEN J = 0 THEN -1 ELSE 8 / J END", "2; 4; -1");
    case_rows(b, "CASE WHEN J = 0 THEN 8 / J ELSE 1 END", "1; 1; null !");
    case_rows(b, "CASE WHEN 8 / J > 3 THEN 'big' WHEN true THEN 'small' END", "small; big; null !");
    case_rows(b, "CASE WHEN S = '12' THEN CAST(S AS INT) ELSE 0 END", "0; 0; 12");
    case_rows(b, "CASE J WHEN 4 THEN 'four' WHEN 2 THEN 'two' END", "four; two; null");
    case_rows(b, "CASE WHEN F THEN I END", "6; null; null");
}

static void errors_end_at_boundaries(void **state)
{
    (void)state;
    Batch *b = three_rows(); /* S is 'reed', NULL, '12' */
    case_rows(b, "CAST(S AS INT)", "null ?; null; 12");
    case_rows(b, "CAST(S AS INT) IS NULL", "true ?; true; false");
    case_rows(b, "IFNULL(CAST(S AS INT), 5)", "5 ?; 5; 12");
    case_rows(b, "CAST(8 / J AS STRING)", "2; 4; null ?");
    /* arithmetic is no boundary: the error passes through the call */
    case_rows(b, "IFNULL(8 / J, 5)", "2; 4; null !");
    /* a call as an argument is one */
    case_rows(b, "IFNULL(ABS(8 / J), 5)", "2; 4; 5 ?");
    case_rows(b, "ABS(8 / J)", "2; 4; null !");
    case_rows(b, "8 / J > 3", "false; true; null !");
    case_rows(b, "(8 / J) IS NULL", "false; false; null !");
    /* a coercion nobody wrote is none either */
    case_rows(b, "8 / J + L > 0", "true; null !; null !");
    case_rows(b, "8 / J < L", "true; false; null !");
}

static void like(void **state)
{
    (void)state;
    Batch *b = three_rows();
    case_rows(b, "S LIKE T", "true; null !; false");
    case_rows(b, "S NOT LIKE '1_'", "true; null !; false");
    static const struct {
        const char *sql;
        const char *want;
    } rows[] = {
        {"'oxbow' LIKE 'ox%w'", "true"},
        {"'oxbow' LIKE '%'", "true"},
        {"'oxbow' LIKE '_____'", "true"},
        {"'oxbow' LIKE '____'", "false"},
        {"'' LIKE ''", "true"},
        {"'' LIKE '%'", "true"},
        {"'' LIKE '_'", "false"},
        {"'oxbow' LIKE 'OX%'", "false"},
        {"'aXbXc' LIKE '%X%X%'", "true"},
        {"'a.c' LIKE 'a_c'", "true"},
        {"'abc' LIKE 'a.c'", "false"},
        {"'5%' LIKE '5!%' ESCAPE '!'", "true"},
        {"'55' LIKE '5!%' ESCAPE '!'", "false"},
        {"'a!b' LIKE 'a!!b' ESCAPE '!'", "true"},
        {"'a' LIKE 'a!' ESCAPE '!'", "null !"},
        {"'a\nb' LIKE 'a%b'", "false"},
        {"'a\nb' LIKE 'a%\nb'", "true"},
        {"'\xC3\xA9t\xC3\xA9' LIKE '_t_'", "true"},
        {"'\xF0\x9F\x90\x82' LIKE '_'", "true"},
        {"'aab' LIKE '%ab'", "true"},
        {"'mississippi' LIKE '%iss%ippi'", "true"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        case_value(rows[i].sql, rows[i].want);
}

static void deleted_rows_see_nulls(void **state)
{
    (void)state;
    Batch *b = three_rows();
    b->new_state[1] = SIDE_NONE;
    memset(&b->cols[1].i32[1], 0x5A, 4); /* undefined, and never to be seen */
    b->cols[1].valid[1] = 1;
    case_rows(b, "I", "6; null; -7");
    case_rows(b, "K", "a; b; c");
    case_rows(b, "I IS NULL", "false; true; false");
    case_rows(b, "ROWTIME", "1000; 1001; 1002");
}

static void the_old_side(void **state)
{
    (void)state;
    Batch *b = three_rows();
    Expr *e[] = {case_bind("I"), case_bind("I + 1"), case_bind("K")};
    CaseResult none = case_run(e, 3, b, SIDE_OLD, NULL); /* nobody has an old side */
    assert_string_equal(case_show(&none, 0, 0), "null");
    assert_string_equal(case_show(&none, 2, 0), "a");
    batch_init_old(b);
    batch_init_column(b, 1);
    b->old_state[0] = SIDE_ROW;
    b->old_state[1] = SIDE_UNKNOWN;
    column_init(&b->old[1], &case_arena, &type_integer, 3);
    for (int i = 0; i < 3; i++) {
        b->old[1].valid[i] = 1;
        b->old[1].i32[i] = 40 + i;
    }
    CaseResult old = case_run(e, 2, b, SIDE_OLD, NULL);
    assert_string_equal(case_show(&old, 0, 0), "40");
    assert_string_equal(case_show(&old, 1, 0), "41");
    assert_string_equal(case_show(&old, 0, 1), "null");
    assert_string_equal(case_show(&old, 0, 2), "null");
}

static void dead_rows_fail_nothing(void **state)
{
    (void)state;
    Batch *b = three_rows();
    const uint8_t live[] = {1, 1, 0};
    Expr *e[] = {case_bind("8 / J"), case_bind("CAST(S AS INT)")};
    CaseResult r = case_run(e, 2, b, SIDE_NEW, live);
    assert_string_equal(case_show(&r, 0, 0), "2");
    assert_int_equal(r.failed[0][2], 0);
    assert_int_equal(r.failed[1][2], 0);
    assert_int_equal(r.failed[1][0], EXPR_CAUGHT);
}

static void constants_by_themselves(void **state)
{
    (void)state;
    Err err = ERR_INIT;
    Value v;
    assert_int_equal(
        expr_eval_const(&case_arena, case_bind("RANDOM() < 1 AND UCASE('a') = 'A'"), &v, &err), 0);
    assert_true(v.b);
    assert_int_equal(expr_eval_const(&case_arena, case_bind("1 / 0"), &v, &err), ERR_EVAL);
    assert_int_equal(err.kind, ERR_KIND_DATA);
    assert_string_equal(err.text, "(1 / 0) cannot be computed.");
}

static void a_batch_of_other_columns_is_refused(void **state)
{
    (void)state;
    Err err = ERR_INIT;
    Program *p;
    Expr *e = expr_column(&case_arena, 1, &type_string); /* I is INTEGER */
    assert_int_equal(expr_compile(&case_arena, &e, 1, &p, &err), 0);
    ExprRun *run = expr_run_new(p);
    Column out;
    Batch *b = case_batch(&case_arena, 1);
    assert_int_equal(expr_run(run, b, SIDE_NEW, NULL, &out, NULL, &err), ERR_CORRUPT);
    assert_int_equal(err.kind, ERR_KIND_FATAL);
    expr_run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic),
        cmocka_unit_test(integers_wrap),
        cmocka_unit_test(inexact_decimals_are_errors),
        cmocka_unit_test(comparisons_are_two_valued),
        cmocka_unit_test(strings_compare_by_utf16),
        cmocka_unit_test(doubles_meet_decimals_by_their_text),
        cmocka_unit_test(logic_takes_null_for_false),
        cmocka_unit_test(what_is_not_reached_raises_nothing),
        cmocka_unit_test(errors_end_at_boundaries),
        cmocka_unit_test(like),
        cmocka_unit_test(deleted_rows_see_nulls),
        cmocka_unit_test(the_old_side),
        cmocka_unit_test(dead_rows_fail_nothing),
        cmocka_unit_test(constants_by_themselves),
        cmocka_unit_test(a_batch_of_other_columns_is_refused),
    };
    return cmocka_run_group_tests(tests, case_setup, case_teardown);
}
