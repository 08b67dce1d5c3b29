/* test_kafka.c: the KAFKA format: each type's bytes both ways, and wrong lengths. */
#include "harness.h"

#include <math.h>

static void open_one(Harness *h, const Type *type)
{
    harness_init(h);
    harness_column(h, "V", type);
    assert_int_equal(harness_open(h, "KAFKA", true, true), 0);
}

static void expect_both_ways(Harness *h, Str bytes, const char *row)
{
    if (harness_decode(h, bytes))
        fail_msg("%s", h->err.text);
    assert_false(h->is_null);
    assert_string_equal(harness_row(h), row);
    buf_reset(&h->text);
    bool is_null = true;
    assert_int_equal(h->codec->format->encode(h->codec, h->cols, 1, &h->text, &is_null, &h->err),
                     0);
    assert_false(is_null);
    assert_true(str_eq(buf_str(&h->text), bytes));
}

static void expect_refused(Harness *h, Str bytes, const char *reason)
{
    assert_int_equal(harness_decode(h, bytes), ERR_DECODE);
    assert_string_equal(h->err.text, reason);
    assert_int_equal(h->err.kind, ERR_KIND_DATA);
}

static void test_integer(void **state)
{
    (void)state;
    Harness h;
    open_one(&h, &type_integer);
    expect_both_ways(&h, STR_LIT("\x00\x00\x01\x02"), "258");
    expect_both_ways(&h, STR_LIT("\xff\xff\xff\xfe"), "-2");
    expect_both_ways(&h, STR_LIT("\x80\x00\x00\x00"), "-2147483648");
    expect_refused(&h, STR_LIT("\x01\x02\x03"),
                   "column `V`: INTEGER takes 4 bytes, but there are 3");
    expect_refused(&h, STR_LIT("\0\0\0\0\0\0\0\1"),
                   "column `V`: INTEGER takes 4 bytes, but there are 8");
    expect_refused(&h, STR_LIT(""), "column `V`: INTEGER takes 4 bytes, but there are 0");
    harness_unused(&h, 0);
    expect_refused(&h, STR_LIT(""), "column `V`: INTEGER takes 4 bytes, but there are 0");
    assert_int_equal(harness_decode(&h, STR_LIT("\0\0\0\1")), 0);
    harness_fini(&h);
}

static void test_bigint(void **state)
{
    (void)state;
    Harness h;
    open_one(&h, &type_bigint);
    expect_both_ways(&h, STR_LIT("\x00\x00\x00\x01\x00\x00\x00\x00"), "4294967296");
    expect_both_ways(&h, STR_LIT("\x80\x00\x00\x00\x00\x00\x00\x00"), "-9223372036854775808");
    expect_refused(&h, STR_LIT("1234"), "column `V`: BIGINT takes 8 bytes, but there are 4");
    harness_fini(&h);
}

static void test_double(void **state)
{
    (void)state;
    Harness h;
    open_one(&h, &type_double);
    expect_both_ways(&h, STR_LIT("\x3f\xf8\x00\x00\x00\x00\x00\x00"), "1.5");
    expect_both_ways(&h, STR_LIT("\xff\xf0\x00\x00\x00\x00\x00\x00"), "-Infinity");
    expect_refused(&h, STR_LIT("1.5"), "column `V`: DOUBLE takes 8 bytes, but there are 3");
    /* any NaN in, one NaN out */
    assert_int_equal(harness_decode(&h, STR_LIT("\xff\xff\xff\xff\xff\xff\xff\xff")), 0);
    assert_true(isnan(h.cols[0].f64[1]));
    bool is_null;
    buf_reset(&h.text);
    assert_int_equal(h.codec->format->encode(h.codec, h.cols, 1, &h.text, &is_null, &h.err), 0);
    assert_true(str_eq(buf_str(&h.text), STR_LIT("\x7f\xf8\x00\x00\x00\x00\x00\x00")));
    harness_fini(&h);
}

static void test_string_and_bytes(void **state)
{
    (void)state;
    Harness h;
    open_one(&h, &type_string);
    expect_both_ways(&h, STR_LIT("za\xc5\xbeig"), "za\xc5\xbeig");
    expect_both_ways(&h, STR_LIT(""), "");
    expect_refused(&h, STR_LIT("a\xff"), "column `V`: the text is not UTF-8");
    harness_unused(&h, 0);
    expect_refused(&h, STR_LIT("\xed\xa0\x80"), "column `V`: the text is not UTF-8");
    harness_fini(&h);

    open_one(&h, &type_bytes);
    assert_int_equal(harness_decode(&h, STR_LIT("a\xff\x00z")), 0);
    assert_true(str_eq(h.cols[0].str[1], STR_LIT("a\xff\x00z")));
    bool is_null;
    assert_int_equal(h.codec->format->encode(h.codec, h.cols, 1, &h.text, &is_null, &h.err), 0);
    assert_true(str_eq(buf_str(&h.text), STR_LIT("a\xff\x00z")));
    harness_fini(&h);
}

static void test_null(void **state)
{
    (void)state;
    Harness h;
    open_one(&h, &type_integer);
    bool is_null = false;
    assert_int_equal(h.codec->format->encode(h.codec, h.cols, 0, &h.text, &is_null, &h.err), 0);
    assert_true(is_null);
    assert_int_equal(h.text.len, 0);
    harness_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integer), cmocka_unit_test(test_bigint),
        cmocka_unit_test(test_double),  cmocka_unit_test(test_string_and_bytes),
        cmocka_unit_test(test_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
