/* UTF-8: what is valid, order and length as UTF-16 has them, and text safe for a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"

static void test_valid(void **state)
{
    static const Str good[] = {STR_LIT(""),
                               STR_LIT("plain ASCII, long enough"),
                               STR_LIT("\xc2\x80\xdf\xbf"),
                               STR_LIT("\xe0\xa0\x80\xed\x9f\xbf"),
                               STR_LIT("\xee\x80\x80\xef\xbf\xbf"),
                               STR_LIT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
                               STR_LIT("a\0b")};
    static const Str bad[] = {
        STR_LIT("\x80"),
        STR_LIT("\xc0\x80"),
        STR_LIT("\xc1\xbf"),
        STR_LIT("\xe0\x9f\xbf"),
        STR_LIT("\xed\xa0\x80"),
        STR_LIT("\xf0\x8f\xbf\xbf"),
        STR_LIT("\xf4\x90\x80\x80"),
        STR_LIT("\xf5\x80\x80\x80"),
        STR_LIT("\xff"),
        STR_LIT("\xc3"),
        STR_LIT("\xe2\x82"),
        STR_LIT("\xf0\x9f\x98"),
        STR_LIT("abcdefgh\xc3("),
        STR_LIT("\xe2(\xa1"),
        STR_LIT("12345678\xf0\x9f\x98x"),
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(utf8_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(utf8_valid(bad[i]));
}

/* Every code point there and back; what is no code point becomes U+FFFD. */
static void test_every_code_point(void **state)
{
    Buf b;
    buf_init(&b);
    for (uint32_t c = 0; c <= 0x110000; c++) {
        uint32_t at = 0;
        bool real = c < 0xD800 || (c > 0xDFFF && c <= 0x10FFFF);
        buf_reset(&b);
        utf8_put(&b, c);
        if (!utf8_valid(buf_str(&b)) ||
            utf8_next(buf_str(&b), &at) != (int32_t)(real ? c : 0xFFFD) || at != b.len ||
            utf8_utf16_units(buf_str(&b)) != (real && c > 0xFFFF ? 2 : 1))
            fail_msg("U+%04X", c);
    }
    buf_fini(&b);
}

/* utf8_next and utf8_valid agree on any bytes, and neither reads past the end. */
static void test_any_bytes(void **state)
{
    srand(7);
    for (int round = 0; round < 20000; round++) {
        uint32_t n = (uint32_t)rand() % 12;
        char *text = mem_alloc(n);
        for (uint32_t i = 0; i < n; i++)
            text[i] = (char)(rand() % 3 ? 0x80 | rand() : rand());
        bool valid = true;
        for (uint32_t at = 0; at < n;)
            valid = utf8_next((Str){text, n}, &at) >= 0 && valid;
        assert_int_equal(valid, utf8_valid((Str){text, n}));
        utf8_utf16_units((Str){text, n});
        mem_free(text);
    }
}

static void test_order(void **state)
{
    static const Str ordered[] = {
        STR_LIT(""),
        STR_LIT("A"),
        STR_LIT("AB"),
        STR_LIT("a"),
        STR_LIT("abcdefghi"),
        STR_LIT("abcdefghj"),
        STR_LIT("z"),
        STR_LIT("\xc3\xa9"),
        STR_LIT("\xed\x9f\xbf"),
        STR_LIT("\xf0\x90\x80\x80"), /* U+10000: a surrogate pair, so before */
        STR_LIT("\xf4\x8f\xbf\xbf"), /* U+10FFFF */
        STR_LIT("\xee\x80\x80"),     /* U+E000 */
        STR_LIT("\xef\xbf\xbd"),
    };
    int n = sizeof ordered / sizeof *ordered;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++)
            assert_int_equal(utf8_cmp_utf16(ordered[i], ordered[j]), i < j ? -1 : i > j);
    }
    assert_int_equal(utf8_utf16_units(STR_LIT("a\xc3\xa9\xf0\x9f\x98\x80")), 4);
}

static void test_columns(void **state)
{
    static const struct {
        int32_t c;
        int columns;
    } rows[] = {{'a', 1},     {0xE9, 1},    {0xAD, 1},   {0x301, 0},  {0x200B, 0}, {0x200D, 0},
                {0xFE0F, 0},  {0x4E2D, 2},  {0xAC00, 2}, {0xFF21, 2}, {0xFF71, 1}, {0x1F600, 2},
                {0x1F1E6, 1}, {0x20000, 2}, {0x3042, 2}, {0x2500, 1}, {0x5D0, 1},  {0x10FFFF, 1},
                {0x231A, 2},  {0xE0100, 0}, {0x115F, 2}, {0x1161, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (utf8_columns(rows[i].c) != rows[i].columns)
            fail_msg("U+%04X: %d", (unsigned)rows[i].c, utf8_columns(rows[i].c));
    }
}

static void test_safe(void **state)
{
    Buf b;
    buf_init(&b);
    utf8_put_safe(&b, STR_LIT("a\x1b[31m\r\n\tb\x7f"), false);
    assert_string_equal(buf_cstr(&b), "a\\x1B[31m\\x0D\\x0A\\x09b\\x7F");
    buf_reset(&b);
    utf8_put_safe(&b, STR_LIT("a\n\tb\r\x1b"), true);
    assert_string_equal(buf_cstr(&b), "a\n\tb\\x0D\\x1B");
    buf_reset(&b);
    utf8_put_safe(&b,
                  STR_LIT("\xff\xc2\x9b\xe2\x80\xae"
                          "caf\xc3\xa9\xe2\x82"),
                  true);
    assert_string_equal(buf_cstr(&b), "\\xFF\\u{009B}\\u{202E}caf\xc3\xa9\\xE2\\x82");
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid),     cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_any_bytes), cmocka_unit_test(test_order),
        cmocka_unit_test(test_columns),   cmocka_unit_test(test_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
