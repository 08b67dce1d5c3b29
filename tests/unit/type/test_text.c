/* Exact text forms: integers, doubles, decimals, times, base64, and SQL spellings of values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "type/value.h"

static Buf out;
static Arena arena;

static int set_up(void **state)
{
    buf_init(&out);
    arena_init(&arena, 0);
    return 0;
}

static int tear_down(void **state)
{
    buf_fini(&out);
    arena_fini(&arena);
    return 0;
}

static const char *taken(void)
{
    const char *text = buf_cstr(&out);
    out.len = 0;
    return text;
}

static const char *double_text(double v)
{
    text_put_double(&out, v);
    return taken();
}

static void test_integers(void **state)
{
    text_put_i64(&out, INT64_MIN);
    assert_string_equal(taken(), "-9223372036854775808");
    text_put_i64(&out, 0);
    assert_string_equal(taken(), "0");
    int64_t v;
    assert_true(text_take_i64(STR_LIT(" \t-9223372036854775808\n"), &v) && v == INT64_MIN);
    assert_true(text_take_i64(STR_LIT("+0012"), &v) && v == 12);
    assert_true(text_take_i64(STR_LIT("9223372036854775807"), &v) && v == INT64_MAX);
    static const char *const bad[] = {"",
                                      " ",
                                      "-",
                                      "+",
                                      "1.0",
                                      "1e3",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "1 2",
                                      "--1",
                                      "0x1",
                                      "99999999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(text_take_i64(str_of(bad[i]), &v));
}

static void test_double_shapes(void **state)
{
    static const struct {
        double v;
        const char *text;
    } rows[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1, "1.0"},
        {-1.5, "-1.5"},
        {100, "100.0"},
        {0.1, "0.1"},
        {0.001, "0.001"},
        {0.000999, "9.99E-4"},
        {9999999, "9999999.0"},
        {1e7, "1.0E7"},
        {123456789.125, "1.23456789125E8"},
        {12345678, "1.2345678E7"},
        {0.3, "0.3"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {4.9E-324, "4.9E-324"},
        {9.9E-324, "9.9E-324"},
        {1.5E-323, "1.5E-323"},
        {2.2250738585072014E-308, "2.2250738585072014E-308"},
        {1.7976931348623157E308, "1.7976931348623157E308"},
        {2e23, "2.0E23"},
        {1e23, "1.0E23"},
        {9007199254740991.0, "9.007199254740991E15"},
        {9007199254740993.0, "9.007199254740992E15"},
        {1e22, "1.0E22"},
        {0.012, "0.012"},
        {1234.5, "1234.5"},
        {3.0517578125e-05, "3.0517578125E-5"},
        {NAN, "NaN"},
        {-NAN, "NaN"},
        {INFINITY, "Infinity"},
        {-INFINITY, "-Infinity"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(double_text(rows[i].v), rows[i].text);
}

static uint64_t seed = 88172645463325252u;
static uint64_t rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

/* Against the C library, digit count by digit count: ours reads back, is as short as the first that
 * reads back there, and has the same digits. */
static void check_shortest(double v)
{
    char want[40];
    int precision = 1;
    for (; precision < 17; precision++) {
        snprintf(want, sizeof want, "%.*e", precision, v);
        if (strtod(want, NULL) == v)
            break;
    }
    snprintf(want, sizeof want, "%.*e", precision, v);
    const char *text = double_text(v);
    double back;
    assert_true(strtod(text, NULL) == v);
    assert_true(text_take_double(str_of(text), &back) && back == v);
    char got[40];
    snprintf(got, sizeof got, "%.*e", precision, v);
    assert_string_equal(got, want);
    int digits = 0, zeros = 0;
    for (const char *p = text; *p && *p != 'E'; p++) {
        if (*p < '0' || *p > '9' || (!digits && *p == '0'))
            continue;
        digits++;
        zeros = *p == '0' ? zeros + 1 : 0;
    }
    assert_in_range(digits - zeros, 1, precision + 1);
}

static void test_double_round_trip(void **state)
{
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = rnd();
        double v;
        memcpy(&v, &bits, 8);
        if (isfinite(v) && v != 0)
            check_shortest(fabs(v));
        check_shortest((double)(rnd() % 100000 + 1) / (double)(rnd() % 1000 + 1));
        check_shortest((double)(rnd() % 1000000 + 1) / 100);
        check_shortest((double)(rnd() >> (rnd() % 60)) + 1);
    }
    for (int e = -1074; e < 1024; e++) { /* where the interval below is half as wide */
        double v = ldexp(1, e), back;
        assert_true(text_take_double(str_of(double_text(v)), &back) && back == v);
    }
}

static void test_take_double(void **state)
{
    static const struct {
        const char *text;
        double v;
    } good[] = {{" 1 ", 1},
                {".5", 0.5},
                {"5.", 5},
                {"-1e3", -1000},
                {"+2E-1", 0.2},
                {"1.5d", 1.5},
                {"2F", 2},
                {"0x1.8p1", 3},
                {"0X10P-4D", 1},
                {"123456789012345678901234567890", 123456789012345678901234567890.0},
                {"0.1e-400", 0},
                {"4.9E-324", 4.9E-324},
                {"0.30000000000000004", 0.1 + 0.2}};
    static const char *const bad[] = {"",         ".",     "e5",  "1e",    "1e+", "NaN",
                                      "Infinity", "1e999", "0x1", "1.2.3", "1 2", "1dd",
                                      "--1",      "nan",   "0x",  "0xp1",  "1_0"};
    double v;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(text_take_double(str_of(good[i].text), &v) && v == good[i].v);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(text_take_double(str_of(bad[i]), &v));
    assert_false(text_take_double(str_make("1\0d", 3), &v));
    assert_true(text_take_double(STR_LIT("-0"), &v) && signbit(v));
}

static const char *decimal_text(const char *text, int precision, int scale)
{
    Int128 narrow;
    Str wide;
    bool fits = text_take_decimal(str_of(text), precision, scale, &narrow);
    assert_int_equal(fits, text_take_decimal_text(&arena, str_of(text), precision, scale, &wide));
    if (!fits)
        return NULL;
    text_put_decimal(&out, narrow, scale);
    const char *plain = taken();
    assert_string_equal(arena_strndup(&arena, wide.ptr, wide.len), plain); /* two ways, one text */
    return plain;
}

static void test_decimals(void **state)
{
    static const struct {
        const char *text;
        int precision, scale;
        const char *want;
    } rows[] = {
        {"10", 4, 2, "10.00"},
        {" -0.005 ", 4, 2, "-0.01"},
        {"0.004", 4, 2, "0.00"},
        {"-0.004", 4, 2, "0.00"},
        {"0.0049999", 4, 2, "0.00"},
        {"9.99", 2, 1, "10.0"},
        {"10", 2, 1, NULL},
        {"0.99", 2, 1, "1.0"},
        {"1e3", 6, 0, "1000"},
        {"1.25e-1", 4, 3, "0.125"},
        {"125E-3", 3, 3, "0.125"},
        {"12345", 4, 0, NULL},
        {"+.5", 1, 0, "1"},
        {"5.", 3, 1, "5.0"},
        {"0", 5, 5, "0.00000"},
        {"0e999999999", 3, 0, "0"},
        {"1e-999999999", 3, 1, "0.0"},
        {"1e999999999", 3, 0, NULL},
        {"1e9999999999", 3, 0, NULL},
        {"000012.50", 4, 2, "12.50"},
        {"99999999999999999999999999999999999999", 38, 0, "99999999999999999999999999999999999999"},
        {"99999999999999999999999999999999999999.9", 38, 0,
         "100000000000000000000000000000000000000"},
        {"-12345678901234567890123456789.123456789", 38, 9,
         "-12345678901234567890123456789.123456789"},
        {"", 3, 0, NULL},
        {".", 3, 0, NULL},
        {"1.2.3", 3, 0, NULL},
        {"1e", 3, 0, NULL},
        {"abc", 3, 0, NULL},
        {"1 2", 3, 0, NULL},
        {"-", 3, 0, NULL},
        {"0.05", 1, 1, "0.1"},
        {"0.04", 1, 1, "0.0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *got = decimal_text(rows[i].text, rows[i].precision, rows[i].scale);
        if (rows[i].want)
            assert_string_equal(got, rows[i].want);
        else
            assert_null(got);
    }
    Str wide;
    assert_true(text_take_decimal_text(
        &arena, STR_LIT("123456789012345678901234567890123456789012.345"), 45, 2, &wide));
    assert_true(str_eq(wide, STR_LIT("123456789012345678901234567890123456789012.35")));
    assert_true(text_take_decimal_text(&arena, STR_LIT("9.99999"), 40, 2, &wide));
    assert_true(str_eq(wide, STR_LIT("10.00")));
}

static void test_decimal_short(void **state)
{
    static const struct {
        int v, scale;
        const char *want;
    } rows[] = {{1, 7, "1E-7"},       {0, 7, "0E-7"},   {-123, 9, "-1.23E-7"},
                {12, 7, "0.0000012"}, {150, 2, "1.50"}, {0, 2, "0.00"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        text_put_decimal_short(&out, rows[i].v, rows[i].scale);
        assert_string_equal(taken(), rows[i].want);
    }
}

static const char *date_text(int32_t days)
{
    text_put_date(&out, days);
    return taken();
}

static const char *timestamp_text(int64_t ms)
{
    text_put_timestamp(&out, ms);
    return taken();
}

static void test_put_times(void **state)
{
    assert_string_equal(date_text(0), "1970-01-01");
    assert_string_equal(date_text(-1), "1969-12-31");
    assert_string_equal(date_text(19782), "2024-02-29");
    assert_string_equal(date_text(-719528), "0000-01-01");
    assert_string_equal(date_text(-719529), "-0001-12-31");
    assert_string_equal(date_text(2932897), "+10000-01-01");
    text_put_time(&out, 0);
    assert_string_equal(taken(), "00:00");
    text_put_time(&out, 36672999);
    assert_string_equal(taken(), "10:11:12");
    text_put_time(&out, 36660999);
    assert_string_equal(taken(), "10:11");
    assert_string_equal(timestamp_text(0), "1970-01-01T00:00:00.000");
    assert_string_equal(timestamp_text(-1), "1969-12-31T23:59:59.999");
    assert_string_equal(timestamp_text(1709210096007), "2024-02-29T12:34:56.007");
    timestamp_text(INT64_MIN);
    timestamp_text(INT64_MAX);
    text_put_timestamp_sql(&out, 1709210096070);
    assert_string_equal(taken(), "2024-02-29 12:34:56.07");
    text_put_timestamp_sql(&out, 0);
    assert_string_equal(taken(), "1970-01-01 00:00:00.0");
    int32_t back; /* the calendar, both ways */
    for (int32_t d = -800000; d < 3000000; d += 17) {
        text_put_date(&out, d);
        assert_true(text_take_date(buf_str(&out), &back));
        assert_int_equal(back, d);
        out.len = 0;
    }
}

static void test_take_times(void **state)
{
    int32_t v;
    int64_t ms;
    assert_true(text_take_date(STR_LIT("2024-02-29"), &v) && v == 19782);
    assert_true(text_take_date(STR_LIT("2024"), &v) && v == 19723);
    assert_true(text_take_date(STR_LIT("2024-02"), &v) && v == 19754);
    static const char *const bad_dates[] = {
        "2023-02-29",  "2024-13-01", "2024-2-1", "24-01-01", "",
        "2024-01-01T", "2024-01-00", " 2024",    "2024-",    "x"};
    for (size_t i = 0; i < sizeof bad_dates / sizeof *bad_dates; i++)
        assert_false(text_take_date(str_of(bad_dates[i]), &v));
    assert_true(text_take_time(STR_LIT("23:59"), &v) && v == 86340000);
    assert_true(text_take_time(STR_LIT("00:00:01.5"), &v) && v == 1500);
    assert_true(text_take_time(STR_LIT("00:00:00.123456789"), &v) && v == 123);
    static const char *const bad_times[] = {
        "24:00", "12",     "1:00",  "12:60", "12:00:60", "12:00:00.", "12:00:00.1234567890",
        "",      "12:00 ", "12:00:"};
    for (size_t i = 0; i < sizeof bad_times / sizeof *bad_times; i++)
        assert_false(text_take_time(str_of(bad_times[i]), &v));
    static const struct {
        const char *text;
        int64_t ms;
    } stamps[] = {{"1970-01-01T00:00:00.000", 0},
                  {"1970", 0},
                  {"1970-01-02", 86400000},
                  {"1970-01-01T1", 36000000},
                  {"1970-01-01T00:00:01.5", 1500},
                  {"1970-01-01T00:00:01.5Z", 1500},
                  {"1970-01-01T02:00+0200", 0},
                  {"1970-01-01T02:00+02:00", 0},
                  {"1970-01-01T00-0130", 5400000},
                  {"1970-02-31", 5011200000},
                  {"1970-01-01T", 0}};
    for (size_t i = 0; i < sizeof stamps / sizeof *stamps; i++) {
        assert_true(text_take_timestamp(str_of(stamps[i].text), &ms));
        assert_true(ms == stamps[i].ms);
    }
    static const char *const bad_stamps[] = {"1970-01-01 00:00",
                                             "1970T00",
                                             "1970-13-01",
                                             "",
                                             "1970-01-01T25",
                                             "1970-01-01T00:00:00.0000",
                                             "1970-01-01T00:00+2",
                                             "1970-01-01T00+19",
                                             "T",
                                             "+999999999-01-01",
                                             "Z"};
    for (size_t i = 0; i < sizeof bad_stamps / sizeof *bad_stamps; i++)
        assert_false(text_take_timestamp(str_of(bad_stamps[i]), &ms));
}

static void test_base64(void **state)
{
    static const char *const pairs[][2] = {
        {"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
        {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe\xfd", "//79"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        text_put_base64(&out, str_of(pairs[i][0]));
        assert_string_equal(taken(), pairs[i][1]);
        assert_true(text_take_base64(str_of(pairs[i][1]), &out));
        assert_string_equal(taken(), pairs[i][0]);
    }
    assert_true(text_take_base64(STR_LIT("Zg"), &out)); /* padding may be missing */
    assert_string_equal(taken(), "f");
    buf_puts(&out, "kept");
    static const char *const bad[] = {"Z",     "Zg=", "Z===",     "Zm9v!",
                                      "Zm 9v", "=",   "Zg==Zg==", "Zm9vY"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(text_take_base64(str_of(bad[i]), &out));
    assert_string_equal(taken(), "kept");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_double_shapes),
        cmocka_unit_test(test_double_round_trip),
        cmocka_unit_test(test_take_double),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_decimal_short),
        cmocka_unit_test(test_put_times),
        cmocka_unit_test(test_take_times),
        cmocka_unit_test(test_base64),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
