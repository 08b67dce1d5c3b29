/* The examples of the function table are true, and every row is complete. */
#include "expr_case.h"

#include <ctype.h>

static void examples_give_their_results(void **state)
{
    (void)state;
    for (int i = 0; i < func_count(); i++) {
        const FuncRow *f = func_at(i);
        if (f->kind == FUNC_SCALAR)
            case_value(f->example, f->result);
    }
}

/* '_' stands behind the letters: as upper case they are compared. */
static int upper_cmp(const char *x, const char *y)
{
    while (*x && toupper((unsigned char)*x) == toupper((unsigned char)*y))
        x++, y++;
    return toupper((unsigned char)*x) - toupper((unsigned char)*y);
}

static void rows_are_complete(void **state)
{
    (void)state;
    for (int i = 0; i < func_count(); i++) {
        const FuncRow *f = func_at(i);
        assert_true(f->name && f->category && f->help && f->example && f->overload_count > 0);
        assert_true((f->kind == FUNC_SCALAR) == (f->result != NULL));
        assert_true(strlen(f->help) < 160 && f->help[strlen(f->help) - 1] == '.');
        if (i)
            assert_true(upper_cmp(func_at(i - 1)->name, f->name) < 0);
    }
}

typedef struct FunctionCase {
    const char *sql, *want;
} FunctionCase;

static const FunctionCase function_cases[] = {
    /* text */
    {"UCASE('stra\xC3\x9F"
     "e \xC3\xA9')",
     "STRASSE \xC3\x89"},
    {"LCASE('\xCE\x9F\xCE\x94\xCE\x9F\xCE\xA3')",
     "\xCE\xBF\xCE\xB4\xCE\xBF\xCF\x82"}, /* final sigma */
    {"LCASE('\xCE\xA3\xCE\x9F')", "\xCF\x83\xCE\xBF"},
    {"TRIM('\t a b\n ')", "a b"},
    {"LEN('\xF0\x9F\x90\x82x')", "3"},
    {"LEN('')", "0"},
    {"SUBSTRING('oxbow', 0)", "oxbow"},
    {"SUBSTRING('oxbow', -2)", "ow"},
    {"SUBSTRING('oxbow', -9, 2)", "ox"},
    {"SUBSTRING('oxbow', 6)", ""},
    {"SUBSTRING('oxbow', 9)", ""},
    {"SUBSTRING('oxbow', 2, -1)", ""},
    {"SUBSTRING('oxbow', 2, 99)", "xbow"},
    {"SUBSTRING('oxbow', 2, 2147483647)", ""},
    {"SUBSTRING('\xC3\xA9t\xC3\xA9s', 2, 2)", "t\xC3\xA9"},
    {"SUBSTRING('\xF0\x9F\x90\x82x', 3)", "x"},
    {"SUBSTRING('\xF0\x9F\x90\x82x', 2)", "?x"},
    {"SUBSTRING('a\xF0\x9F\x90\x82', 1, 2)", "a?"},
    {"SUBSTRING('\xF0\x9F\x90\x82', 2, 1)", "?"},
    {"SUBSTRING('oxbow', NULL, 1)", "null"},
    {"CONCAT('a', CAST(NULL AS STRING))", "a"},
    {"CONCAT(CAST(NULL AS STRING))", ""},
    {"REPLACE('aaa', 'aa', 'b')", "ba"},
    {"REPLACE('ab', '', '-')", "-a-b-"},
    {"REPLACE('ab', 'x', '-')", "ab"},
    {"REPLACE('ab', 'a', NULL)", "null"},
    {"INSTR('meander', 'de')", "5"},
    {"INSTR('meander', 'x')", "0"},
    {"INSTR('meander', 'e', 3)", "6"},
    {"INSTR('meander', 'e', 8)", "0"},
    {"INSTR('meander', 'e', 0)", "0"},
    {"INSTR('aaaa', 'aa', 1, 3)", "3"},
    {"INSTR('aaaa', 'aa', -1, 2)", "2"},
    {"INSTR('aaaa', 'aa', 1, 0)", "0"},
    {"INSTR('corporate floor', 'or', -4)", "5"},
    {"INSTR('corporate floor', 'or', -4, 2)", "2"},
    {"INSTR(CAST(NULL AS STRING), 'a')", "0"},
    {"INSTR('\xF0\x9F\x90\x82xy', 'y')", "4"},
    {"INSTR('a', 'a', CAST(NULL AS INT))", "null !"},
    {"LPAD('river', 3, 'x')", "riv"},
    {"LPAD('ox', 7, 'abc')", "abcabox"},
    {"RPAD('ox', 7, 'abc')", "oxabcab"},
    {"RPAD('', 0, 'x')", ""},
    {"LPAD('ox', 9, '')", "null"},
    {"LPAD('ox', 1, '')", "null"},
    {"RPAD('ox', -1, 'x')", "null"},
    {"RPAD('ox', CAST(NULL AS INT), 'x')", "null"},
    {"RPAD('ox', 2147483647, 'x')", "null !"},
    {"RPAD('\xF0\x9F\x90\x82', 3, 'x')", "\xF0\x9F\x90\x82x"},
    {"LPAD('x', 4, '\xF0\x9F\x90\x82')", "\xF0\x9F\x90\x82?x"},
    {"LPAD(TO_BYTES('ox', 'ascii'), 5, TO_BYTES('\xC3\xA9', 'utf8'))", "w6nDb3g="},
    {"INITCAP('  some_thing \t ELSE 2nd')", "Some_thing \t Else 2nd"},
    {"INITCAP('\xC3\xA9t\xC3\x89')", "\xC3\x89t\xC3\xA9"},
    {"INITCAP('')", ""},
    {"CHR(75)", "K"},
    {"CHR(128002)", "\xF0\x9F\x90\x82"},
    {"CHR(-1)", "null"},
    {"CHR(1114112)", "null"},
    {"CHR(55296)", "?"},
    {"CHR('\\u004b')", "K"},
    {"CHR('\\ud83d\\udc02')", "\xF0\x9F\x90\x82"},
    {"CHR('\\ud83dx')", "?x"},
    {"CHR('\\u0041\\t\\101b\\q\\\\')", "A\tAbq\\"},
    {"CHR('\\u00')", "null"},
    {"CHR('75')", "null"},
    {"CHR('\\u00zz')", "null !"},
    {"CONCAT_WS('-', 'a', '', NULL, 'b')", "a--b"},
    {"CONCAT_WS('-', CAST(NULL AS STRING))", ""},
    {"CONCAT_WS(CAST(NULL AS STRING), 'a', 'b')", "null"},
    {"CONCAT_WS('-')", "null !"},
    {"ELT(1, 'a')", "a"},
    {"ELT(0, 'a')", "null"},
    {"ELT(2, 'a')", "null"},
    {"ELT(CAST(NULL AS INT), 'a')", "null !"},
    {"FIELD('a', NULL, 'a')", "2"},
    {"FIELD('a', 'b')", "0"},
    {"FIELD(CAST(NULL AS STRING), 'a')", "0"},
    {"ENCODE('X''4A6b''', 'HEX', 'ascii')", "Jk"},
    {"ENCODE('0x123', 'hex', 'base64')", "ASM="},
    {"ENCODE('123', 'hex', 'ascii')", "null !"},
    {"ENCODE('x''12', 'hex', 'ascii')", "null !"},
    {"ENCODE('\xC3\xA9', 'utf8', 'hex')", "c3a9"},
    {"ENCODE('\xC3\xA9', 'ascii', 'hex')", "3f"},
    {"ENCODE('c3a9', 'hex', 'ascii')", "\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"ENCODE('b3 g', 'base64', 'ascii')", "ox"},
    {"ENCODE('ox', 'ascii', 'ascii')", "null !"},
    {"ENCODE('ox', 'ascii', 'rot13')", "null !"},
    {"FROM_BYTES(TO_BYTES('FFe4bd41', 'hex'), 'utf8')", "\xEF\xBF\xBD\xEF\xBF\xBD"
                                                        "A"},
    {"FROM_BYTES(TO_BYTES('abc', 'hex'), 'hex')", "null ?"},
    {"TO_BYTES('abc', 'hex')", "null !"},
    {"FROM_BYTES(TO_BYTES('+/8', 'base64'), 'hex')", "FBFF"},
    {"INT_FROM_BYTES(TO_BYTES('01000000', 'hex'), 'little_endian')", "1"},
    {"INT_FROM_BYTES(TO_BYTES('01', 'hex'))", "null !"},
    {"INT_FROM_BYTES(CAST(NULL AS BYTES))", "null"},
    {"INT_FROM_BYTES(CAST(NULL AS BYTES), 'MIDDLE')", "null !"},
    {"BIGINT_FROM_BYTES(TO_BYTES('FFFFFFFFFFFFFFFF', 'hex'))", "-1"},
    /* JSON text */
    {"EXTRACTJSONFIELD('{\"a\": {\"b c\": [true, 8.100]}}}', '$.a[\"b c\"][1]')", "8.100"},
    {"EXTRACTJSONFIELD('{\"a\": {\"b\": [true, null]}}', '$.a')", "{\"b\":[true,null]}"},
    {"EXTRACTJSONFIELD('{\"a\": \"x\\ny\", \"@t:1\": 2}', '$.@t:1')", "2"},
    {"EXTRACTJSONFIELD('{\"a\": \"x\\ty\"}', '$[a]')", "x\ty"},
    {"EXTRACTJSONFIELD('[1, null]', '$.1')", "null"},
    {"EXTRACTJSONFIELD('[1, 2]', '$[2]')", "null"},
    {"EXTRACTJSONFIELD('[1, 2]', '$[-1]')", "null !"},
    {"EXTRACTJSONFIELD('[1, 2]', '$.a')", "null"},
    {"EXTRACTJSONFIELD('7', '$.a')", "null"},
    {"EXTRACTJSONFIELD(' [ 1 ] tail', '$')", "[1]"},
    {"EXTRACTJSONFIELD('', '$.a')", "null"},
    {"EXTRACTJSONFIELD('{\"a\": ', '$.a')", "null !"},
    {"EXTRACTJSONFIELD('{}', 'a')", "null !"},
    {"EXTRACTJSONFIELD('{}', '$.')", "null !"},
    {"EXTRACTJSONFIELD('{}', '$.a-b')", "null !"},
    {"EXTRACTJSONFIELD('{}', '$[\"a')", "null !"},
    {"EXTRACTJSONFIELD('{\"A\": 1}', '$.a')", "null"},
    {"IS_JSON_STRING('\"x\"')", "true"},
    {"IS_JSON_STRING('')", "false"},
    {"IS_JSON_STRING('{\"a\" 1}')", "false"},
    {"IS_JSON_STRING(CAST(NULL AS STRING))", "false"},
    {"JSON_ARRAY_LENGTH('{}')", "null"},
    {"JSON_ARRAY_LENGTH('[]')", "0"},
    {"JSON_ARRAY_LENGTH('')", "null"},
    {"JSON_ARRAY_LENGTH('[')", "null !"},
    {"JSON_ARRAY_CONTAINS('[1.0, 2]', 1)", "false"},
    {"JSON_ARRAY_CONTAINS('[1]', 1e0)", "false"},
    {"JSON_ARRAY_CONTAINS('[1.50]', 1.5e0)", "true"},
    {"JSON_ARRAY_CONTAINS('[1.5]', 1.5)", "false"},
    {"JSON_ARRAY_CONTAINS('[3000000000, 1]', 1)", "false"},
    {"JSON_ARRAY_CONTAINS('[[\"a\"], true]', 'a')", "false"},
    {"JSON_ARRAY_CONTAINS('[[\"a\"], true]', true)", "true"},
    {"JSON_ARRAY_CONTAINS('[null]', CAST(NULL AS INT))", "true"},
    {"JSON_ARRAY_CONTAINS('{', 1)", "false"},
    {"JSON_ARRAY_CONTAINS(CAST(NULL AS STRING), 1)", "null !"},
    {"JSON_CONCAT('{\"a\":1,\"b\":2}', '{\"a\":[3]}')", "{\"a\":[3],\"b\":2}"},
    {"JSON_CONCAT('[1, 2]', '3', '{\"a\": \"\\u0041\"}')", "[1,2,3,{\"a\":\"A\"}]"},
    {"JSON_CONCAT('[1]', CAST(NULL AS STRING))", "null"},
    {"JSON_CONCAT('[1]', '')", "null"},
    {"JSON_CONCAT('[1]', 'x')", "null !"},
    {"TO_JSON_STRING(1.50)", "1.50"},
    {"TO_JSON_STRING(1e0 / 0e0)", "\"Infinity\""},
    {"TO_JSON_STRING(CAST(NULL AS INT))", "null"},
    {"TO_JSON_STRING(DATE '2020-01-31')", "\"2020-01-31\""},
    {"TO_JSON_STRING(TO_BYTES('ox', 'ascii'))", "\"b3g=\""},
    {"TO_JSON_STRING(CHR(1))", "\"\\u0001\""},
    /* URLs */
    {"URL_EXTRACT_HOST('http://weir.example?x')", "weir.example"},
    {"URL_EXTRACT_HOST('http://[2001:db8::1]:80/')", "[2001:db8::1]"},
    {"URL_EXTRACT_HOST('http://10.0.0.7/')", "10.0.0.7"},
    {"URL_EXTRACT_HOST('http://some_weir.example/')", "null"},
    {"URL_EXTRACT_HOST('mailto:al@weir.example')", "null"},
    {"URL_EXTRACT_HOST('http://we ir/')", "null !"},
    {"URL_EXTRACT_HOST('http://[weir/')", "null !"},
    {"URL_EXTRACT_HOST('://weir')", "null !"},
    {"URL_EXTRACT_HOST('http://weir/%zz')", "null !"},
    {"URL_EXTRACT_HOST('http://weir/^')", "null !"},
    {"URL_EXTRACT_HOST(CAST(NULL AS STRING))", "null"},
    {"URL_EXTRACT_PROTOCOL('weir/a')", "null"},
    {"URL_EXTRACT_PROTOCOL('a1+b:c')", "a1+b"},
    {"URL_EXTRACT_PORT('http://weir')", "null"},
    {"URL_EXTRACT_PORT('http://weir:/')", "null"},
    {"URL_EXTRACT_PORT('http://a@weir:80')", "80"},
    {"URL_EXTRACT_PATH('http://weir')", ""},
    {"URL_EXTRACT_PATH('mailto:al')", "null"},
    {"URL_EXTRACT_PATH('a/b%C3%A9+c')", "a/b\xC3\xA9+c"},
    {"URL_EXTRACT_QUERY('http://weir?')", ""},
    {"URL_EXTRACT_QUERY('http://weir')", "null"},
    {"URL_EXTRACT_FRAGMENT('#top%20of')", "top of"},
    {"URL_EXTRACT_PARAMETER('http://w/?a=x%26b=y&c', 'b')", "y"},
    {"URL_EXTRACT_PARAMETER('http://w/?a=x=y', 'a')", "x=y"},
    {"URL_EXTRACT_PARAMETER('http://w/?a=1&a=2', 'a')", "1"},
    {"URL_EXTRACT_PARAMETER('http://w/?a&b=', 'a')", ""},
    {"URL_EXTRACT_PARAMETER('http://w/?a', 'A')", "null"},
    {"URL_EXTRACT_PARAMETER('http://w/', 'a')", "null"},
    {"URL_ENCODE_PARAM('~a-_.*\xC3\xA9')", "%7Ea-_.*%C3%A9"},
    {"URL_DECODE_PARAM('a%2')", "null !"},
    {"URL_DECODE_PARAM('%E4%B8+x')", "\xEF\xBF\xBD x"},
    /* numbers */
    {"ACOS(-1.1e0)", "NaN"},
    {"ROUND(ATAN2(-1, -1), 10)", "-2.3561944902"},
    {"ATAN2(0, 0)", "0.0"},
    {"CBRT(-3)", "-1.4422495703074083"},
    {"CBRT(3000000000)", "1442.2495703074085"},
    {"COT(-0e0)", "-Infinity"},
    {"EXP(10)", "22026.465794806718"},
    {"LN(0)", "-Infinity"},
    {"LOG(-1)", "NaN"},
    {"LOG(13)", "2.5649493574615367"},
    {"LOG(1, 5)", "NaN"},
    {"LOG(0, 5)", "NaN"},
    {"LOG(2, 0)", "-Infinity"},
    {"LOG(5e-1, 0e0)", "Infinity"},
    {"LOG(2, -4)", "NaN"},
    {"LOG(CAST(NULL AS INT), 2)", "null"},
    {"POWER(0, 0)", "1.0"},
    {"POWER(10e0, 400e0)", "Infinity"},
    {"POWER(1e0, 0e0 / 0e0)", "NaN"},
    {"POWER(-1e0, 1e0 / 0e0)", "NaN"},
    {"SIN(CAST(NULL AS DOUBLE))", "null"},
    {"TRUNC(7)", "7"},
    {"TRUNC(-1.7e0)", "-1"},
    {"TRUNC(1e300)", "9223372036854775807"},
    {"TRUNC(-12345.678e0, 2)", "-12345.67"},
    {"TRUNC(-12345.678e0, -2)", "-12300.0"},
    {"TRUNC(12.5e0, -3)", "0.0"},
    {"TRUNC(1e0 / 0e0, 1)", "null !"},
    {"TRUNC(-12.987)", "-12"},
    {"TRUNC(-12.987, 1)", "-12.900"},
    {"TRUNC(12.987, -1)", "10.000"},
    {"TRUNC(12.987, 7)", "12.987"},
    {"TRUNC(12.987, CAST(NULL AS INT))", "null"},
    {"GEO_DISTANCE(10, 20, 10, 20)", "0.0"},
    {"ROUND(GEO_DISTANCE(48.2, 16.37, 47.81, 13.04, ' Miles '), 6)", "156.276266"},
    {"GEO_DISTANCE(48.2, 16.37, 47.81, 13.04, 'leagues')", "null !"},
    {"GEO_DISTANCE(91, 0, 0, 0)", "null !"},
    {"GEO_DISTANCE(0, -181, 0, 0)", "null !"},
    {"GEO_DISTANCE(0, 0, CAST(NULL AS DOUBLE), 0)", "null !"},
    {"GEO_DISTANCE(0, 0, 0, 0, CAST(NULL AS STRING))", "0.0"},
    {"ABS(-2.50)", "2.50"},
    {"ABS(-1e3)", "1000.0"},
    {"FLOOR(-1.1)", "-2.0"},
    {"CEIL(-0.5e0)", "-0.0"},
    {"CEIL(9.9)", "10.0"},
    {"ROUND(2.5e0)", "3"},
    {"ROUND(-2.5e0)", "-2"},
    {"ROUND(0.49999999999999994e0)", "0"},
    {"ROUND(1e300)", "9223372036854775807"},
    {"ROUND(7)", "7"},
    {"ROUND(CAST(NULL AS INT)) > 1", "null !"},
    {"ROUND(CAST(NULL AS DOUBLE)) > 1", "false"},
    {"ROUND(-1.005e0, 2)", "-1.0"},
    {"ROUND(12345.6e0, -2)", "12300.0"},
    {"ROUND(99.96e0, 1)", "100.0"},
    {"ROUND(0.4e0, 0)", "0.0"},
    {"ROUND(0.5e0, 0)", "1.0"},
    {"ROUND(-0.4e0, 0)", "0.0"},
    {"ROUND(5e0, -1)", "10.0"},
    {"ROUND(4e0, -1)", "0.0"},
    {"ROUND(1.5e-10, 10)", "2.0E-10"},
    {"ROUND(1.25e0, 99)", "1.25"},
    {"ROUND(1.5)", "2"},
    {"ROUND(-1.5)", "-1"},
    {"ROUND(1.245, 2)", "1.250"},
    {"ROUND(149.5, -2)", "100.0"},
    {"SIGN(-0.1)", "-1"},
    {"SQRT(-1)", "NaN"},
    {"GREATEST(1, NULL, 3)", "3"},
    {"LEAST(CAST('NaN' AS STRING), 'b')", "NaN"},
    {"GREATEST(1.50, 2.25)", "2.25"},
    {"LEAST(0e0, -0e0)", "-0.0"},
    {"GREATEST(DATE '2020-01-01', '2021-01-01')", "2021-01-01"},
    {"GREATEST(1, 3000000000, 0.5, 2e0)", "3.0E9"},
    /* NULLs */
    {"COALESCE(CAST(NULL AS INT), 3, 4)", "3"},
    {"NULLIF(3, 4)", "3"},
    {"NULLIF(3, 3)", "null"},
    {"NULLIF(3, NULL)", "3"},
    {"COALESCE(NULL, NULL) IS NULL", "true"},
};

static void functions_give_exact_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof function_cases / sizeof function_cases[0]; i++)
        case_value(function_cases[i].sql, function_cases[i].want);
}

static void functions_refuse(void **state)
{
    (void)state;
    Err err = ERR_INIT;
    Expr *e;
    assert_int_equal(case_try("ROUND(CAST(0.5 AS DECIMAL(2, 2)))", &e, &err), ERR_STATEMENT);
    assert_string_equal(err.text, "ROUND of a DECIMAL(2, 2) leaves no digits: DECIMAL precision "
                                  "must be >= 1.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_give_their_results),
        cmocka_unit_test(rows_are_complete),
        cmocka_unit_test(functions_give_exact_values),
        cmocka_unit_test(functions_refuse),
    };
    return cmocka_run_group_tests(tests, case_setup, case_teardown);
}
