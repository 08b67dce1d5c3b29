/* Binding: types, coercions, and every refusal with its exact words. */
#include "expr_case.h"

static void literals_have_the_narrowest_type(void **state)
{
    (void)state;
    case_is("1", "1 : INTEGER");
    case_is("-2147483648", "-2147483648 : INTEGER");
    case_is("2147483648", "2147483648 : BIGINT");
    case_is("0.05", "0.05 : DECIMAL(3, 2)");
    case_is("2.50", "2.50 : DECIMAL(3, 2)");
    case_is("007.", "7 : DECIMAL(1, 0)");
    case_is("1e3", "1000.0 : DOUBLE");
    case_is("'it''s'", "'it''s' : STRING");
    case_is("DATE '2021-03-04'", "DATE '2021-03-04' : DATE");
    case_refused("DATE '2021-02-30'", "Failed to parse date '2021-02-30'");
    case_is("true", "true : BOOLEAN");
    case_is("NULL", "null : NULL");
}

static void arithmetic_widens(void **state)
{
    (void)state;
    case_is("I + J", "(I + J) : INTEGER");
    case_is("I * L", "(I * L) : BIGINT");
    case_is("L - D", "(L - D) : DOUBLE");
    case_is("M + D", "(M + D) : DOUBLE");
    case_is("M + I", "(M + I) : DECIMAL(13, 2)");
    case_is("M * M", "(M * M) : DECIMAL(9, 4)");
    case_is("M / M", "(M / M) : DECIMAL(11, 7)");
    case_is("M % I", "(M % I) : DECIMAL(4, 2)");
    case_is("-M", "-M : DECIMAL(4, 2)");
    case_is("S + T", "(S + T) : STRING");
    case_is("6 % 4 / 2 * 6", "6 : INTEGER");
}

static void arithmetic_refuses(void **state)
{
    (void)state;
    case_refused("true + 1.5", "Error processing expression: (true + 1.5). "
                               "Unsupported arithmetic types. BOOLEAN DECIMAL");
    case_refused("1 + '1'", "Error processing expression: (1 + '1'). "
                            "Unsupported arithmetic types. INTEGER STRING");
    case_refused("S - T", "Error processing expression: (S - T). "
                          "Unsupported arithmetic types. STRING STRING");
    case_refused("I + NULL", "Error processing expression: (I + null). "
                             "Arithmetic on types INTEGER and null are not supported.");
    case_refused("-S", "Error processing expression: -S. Unsupported arithmetic types. STRING");
}

static void comparison_finds_a_common_type(void **state)
{
    (void)state;
    case_is("I < L", "(I < L) : BOOLEAN");
    case_is("D = 1.5", "(D = 1.5) : BOOLEAN");
    case_is("M <> 1", "(M <> 1) : BOOLEAN");
    case_is("TS > '2020-01-01'", "(TS > TIMESTAMP '2020-01-01T00:00:00.000') : BOOLEAN");
    case_is("DT >= TS", "(DT >= TS) : BOOLEAN");
    case_is("XS = XS", "(XS = XS) : BOOLEAN");
    case_is("I BETWEEN 1 AND J", "((I >= 1) AND (I <= J)) : BOOLEAN");
    case_is("I NOT BETWEEN 1 AND 2", "(NOT ((I >= 1) AND (I <= 2))) : BOOLEAN");
}

static void comparison_refuses(void **state)
{
    (void)state;
    case_refused("I >= 'x'", "Cannot compare I (INTEGER) to 'x' (STRING) with "
                             "GREATER_THAN_OR_EQUAL.");
    case_refused("F < true", "Cannot compare F (BOOLEAN) to true (BOOLEAN) with LESS_THAN.");
    case_refused("XS > XS", "Cannot compare XS (ARRAY<INTEGER>) to XS (ARRAY<INTEGER>) with "
                            "GREATER_THAN.");
    case_refused("TI = TS", "Cannot compare TI (TIME) to TS (TIMESTAMP) with EQUAL.");
    case_refused("I IS DISTINCT FROM S",
                 "Cannot compare I (INTEGER) to S (STRING) with IS_DISTINCT_FROM.");
    case_refused("I = NULL", "Comparison with NULL not supported: INTEGER = NULL\n"
                             "Use IS NULL or IS NOT NULL to ask for NULL.");
    case_refused("NULL <> NULL", "Comparison with NULL not supported: NULL <> NULL\n"
                                 "Use IS NULL or IS NOT NULL to ask for NULL.");
    case_refused("S BETWEEN 10 AND 20", "Invalid expression: Cannot compare S (STRING) to 10 "
                                        "(INTEGER) with GREATER_THAN_OR_EQUAL.");
}

static void time_texts_stand_for_milliseconds(void **state)
{
    (void)state;
    case_is("ROWTIME >= '1970-01-01T00:00:01'", "(ROWTIME >= 1000) : BOOLEAN");
    case_is("'1970-01-01T01:00+0100' = windowstart", "(0 = WINDOWSTART) : BOOLEAN");
    case_is("WINDOWEND BETWEEN '1970' AND '1970-01-02'",
            "((WINDOWEND >= 0) AND (WINDOWEND <= 86400000)) : BOOLEAN");
    case_refused("ROWTIME > 'tomorrow'", "Failed to parse timestamp 'tomorrow'");
    case_refused("L > '2020'", "Cannot compare L (BIGINT) to '2020' (STRING) with GREATER_THAN.");
}

static void lists_widen_left_to_right(void **state)
{
    (void)state;
    case_is("I IN (1, 2)", "(I IN (1, 2)) : BOOLEAN");
    case_is("I IN (1, '2', 3.5)", "(I IN (1.0, 2.0, 3.5)) : BOOLEAN");
    case_is("S NOT IN ('a', 1, true, 10.30)", "(S NOT IN ('a', '1', 'true', '10.30')) : BOOLEAN");
    case_is("F IN ('yes', false)", "(F IN (true, false)) : BOOLEAN");
    case_is("DT IN ('2020-01-01')", "(DT IN (DATE '2020-01-01')) : BOOLEAN");
    case_refused("I IN (1, 'a')",
                 "Invalid Predicate: invalid input syntax for type INTEGER: \"a\".");
    case_refused("M IN (10, true)",
                 "Invalid Predicate: operator does not exist: DECIMAL(12, 2) = BOOLEAN (true)\n"
                 "Hint: You might need to add explicit type casts.");
    case_refused("L IN (1, S)", "Invalid Predicate: operator does not exist: BIGINT = STRING (S)\n"
                                "Hint: You might need to add explicit type casts.");
}

static void branches_have_one_type(void **state)
{
    (void)state;
    case_is("CASE WHEN F THEN 'a' ELSE S END", "(CASE WHEN F THEN 'a' ELSE S END) : STRING");
    case_is("CASE I WHEN 1 THEN 2 END", "(CASE WHEN (I = 1) THEN 2 ELSE null END) : INTEGER");
    case_refused("CASE WHEN F THEN NULL ELSE NULL END",
                 "Invalid Case expression. All case branches have NULL type");
    case_refused("CASE WHEN F THEN 1 ELSE 2.5 END",
                 "Invalid Case expression. All branches must have one type, but 1 is INTEGER and "
                 "2.5 is DECIMAL(2, 1). Cast one of them.");
    case_refused("CASE WHEN I THEN 1 END",
                 "Invalid Case expression. WHEN needs a BOOLEAN condition, but I is INTEGER.");
}

static void other_refusals(void **state)
{
    (void)state;
    case_refused("NOPE", "SELECT column 'NOPE' cannot be resolved.");
    case_refused("nope(1)", "Can't find any functions with the name 'NOPE'");
    case_refused("SUM(I)", "SELECT does not support aggregate functions: SUM is an aggregate "
                           "function.");
    case_refused("I LIKE 'a'", "Like condition must be between strings, but I is INTEGER.");
    case_refused("S LIKE 'a' ESCAPE 'ab'", "ESCAPE needs exactly one character, but got 'ab'.");
    case_refused("CAST(S AS ARRAY<INT>)",
                 "Invalid Select: Cast of STRING to ARRAY<INTEGER> is not supported");
    case_refused("I AND F", "AND needs BOOLEAN operands, but I is INTEGER.");
    case_refused("S || 1", "Function 'concat' does not accept parameters (STRING, INTEGER).\n"
                           "Valid alternatives are:\n"
                           "concat(STRING... texts)\n"
                           "concat(BYTES... pieces)");
}

static void what_is_not_built_says_so(void **state)
{
    (void)state;
    case_refused("XS[1]", "not built yet: elements of ARRAY and MAP values");
    case_refused("ARRAY[1]", "not built yet: ARRAY constructors");
    case_refused("STRUCT(a := 1)", "not built yet: STRUCT constructors");
    case_refused("S AT TIME ZONE 'UTC'", "AT TIME ZONE is not supported. Use CONVERT_TZ instead.");
    case_refused("GREATEST(1.5, 2.25)",
                 "not built yet: GREATEST and LEAST of DECIMALs with different scales");
    case_refused("CAST(1 AS DECIMAL(40, 0))", "not built yet: CAST of INTEGER to DECIMAL(40, 0)");
    case_refused("CAST(1 AS DECIMAL(38, 0)) * CAST(1 AS DECIMAL(38, 0))",
                 "not built yet: arithmetic on a DECIMAL of more than 38 digits (DECIMAL(77, 0))");
}

static void constants_fold_unless_they_fail(void **state)
{
    (void)state;
    case_is("1 + 2 * 3", "7 : INTEGER");
    case_is("UCASE('a') || 'b'", "'Ab' : STRING");
    case_is("NULL IS NULL", "true : BOOLEAN");
    case_is("1 / 0", "(1 / 0) : INTEGER");
    case_is("CAST('x' AS INT)", "CAST('x' AS INTEGER) : INTEGER");
    case_is("CAST(NULL AS DOUBLE)", "null : DOUBLE");
    case_is("RANDOM()", "RANDOM() : DOUBLE");
}

static void errors_point_at_the_innermost_place(void **state)
{
    (void)state;
    Err err = ERR_INIT;
    Expr *e;
    assert_int_equal(case_try("1 + (2 + ABS('x'))", &e, &err), ERR_STATEMENT);
    assert_int_equal(err.span.begin, 9);
    assert_int_equal(err.span.end, 17);
}

static void coercion_of_bound_expressions(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        const Type *to;
        const char *want; /* NULL: refused */
    } rows[] = {
        {"I", &type_bigint, "BIGINT"},    {"I", &type_double, "DOUBLE"},
        {"L", &type_integer, NULL},       {"'12'", &type_integer, "12"},
        {"'x'", &type_integer, NULL},     {"12", &type_string, "12"},
        {"NULL", &type_date, "null"},     {"'2020-01-01'", &type_date, "2020-01-01"},
        {"S", &type_integer, NULL},       {"'nO'", &type_boolean, "false"},
        {"'maybe'", &type_boolean, NULL}, {"3000000000", &type_integer, NULL},
        {"1.5", &type_double, "1.5"},     {"1.5", &type_integer, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        Err err = ERR_INIT;
        Expr *e = case_bind(rows[i].sql), *got;
        Rc rc = expr_coerce(&case_arena, e, rows[i].to, &got, &err);
        if ((rc == 0) != (rows[i].want != NULL))
            fail_msg("%s to %s: %s", rows[i].sql, type_kind_name(rows[i].to->kind), err.text);
        if (rc)
            continue;
        assert_true(type_eq(got->type, rows[i].to));
        if (got->kind == EXPR_CONST) {
            Buf text;
            buf_init(&text);
            value_print(&text, &got->constant);
            assert_string_equal(buf_cstr(&text), rows[i].want);
            buf_fini(&text);
        }
    }
    Err err = ERR_INIT;
    Expr *got;
    assert_int_equal(
        expr_coerce(&case_arena, case_bind("10"), type_decimal(&case_arena, 4, 2), &got, &err), 0);
    assert_int_not_equal(
        expr_coerce(&case_arena, case_bind("100"), type_decimal(&case_arena, 4, 2), &got, &err), 0);
    assert_string_equal(err.text, "INTEGER is not implicitly converted to DECIMAL(4, 2).");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_have_the_narrowest_type),
        cmocka_unit_test(arithmetic_widens),
        cmocka_unit_test(arithmetic_refuses),
        cmocka_unit_test(comparison_finds_a_common_type),
        cmocka_unit_test(comparison_refuses),
        cmocka_unit_test(time_texts_stand_for_milliseconds),
        cmocka_unit_test(lists_widen_left_to_right),
        cmocka_unit_test(branches_have_one_type),
        cmocka_unit_test(other_refusals),
        cmocka_unit_test(what_is_not_built_says_so),
        cmocka_unit_test(constants_fold_unless_they_fail),
        cmocka_unit_test(errors_point_at_the_innermost_place),
        cmocka_unit_test(coercion_of_bound_expressions),
    };
    return cmocka_run_group_tests(tests, case_setup, case_teardown);
}
