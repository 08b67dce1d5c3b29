/* test_json.c: the JSON parser: tokens, what is refused and with which words, limits, hostile bytes
 * behind the text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"

static JsonParser *parser;
static char *input; /* the last text, which tokens may point into */

static int setup(void **state)
{
    (void)state;
    parser = json_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    json_free(parser);
    free(input);
    input = NULL;
    return 0;
}

/* The text in a block of its own, followed by `tail` again and again: what stands in the slack must
 * not matter, and reading past the slack is seen by the sanitizer. */
static Rc parse_before(Str text, char tail, const JsonToken **tokens, uint32_t *count, Err *err)
{
    free(input);
    input = malloc((size_t)text.len + JSON_SLACK_BYTES);
    memcpy(input, text.ptr, text.len);
    memset(input + text.len, tail, JSON_SLACK_BYTES);
    *err = ERR_INIT;
    return json_parse(parser, (Str){input, text.len}, tokens, count, err);
}

static Rc parse(Str text, const JsonToken **tokens, uint32_t *count, Err *err)
{
    return parse_before(text, '7', tokens, count, err);
}

/* Tokens in a notation of their own: i1 n1.5 s"x" [2 ...] {1 ...} null true false. */
static void put_token(Buf *out, const JsonToken *all, const JsonToken *t)
{
    switch (t->kind) {
    case JSON_INT:
        buf_printf(out, "i%lld", (long long)t->i64);
        break;
    case JSON_NUMBER:
        buf_printf(out, "n%.17g:%.*s", t->f64, STR_ARG(t->text));
        break;
    case JSON_STRING:
        buf_puts(out, "s");
        buf_put_str(out, t->text);
        break;
    case JSON_ARRAY:
    case JSON_OBJECT: {
        bool object = t->kind == JSON_OBJECT;
        buf_printf(out, "%c%u", object ? '{' : '[', t->count);
        const JsonToken *item = t + 1;
        for (uint32_t i = 0; i < t->count; i++, item = all + item->next) {
            buf_putc(out, ' ');
            if (object) {
                put_token(out, all, item++);
                buf_putc(out, '=');
            }
            put_token(out, all, item);
        }
        assert_ptr_equal(item, all + t->next);
        buf_putc(out, object ? '}' : ']');
        break;
    }
    default:
        buf_put_str(out, t->text);
    }
}

static void expect_tokens(const char *text, const char *expected)
{
    const JsonToken *tokens;
    uint32_t count;
    Err err;
    if (parse(str_of(text), &tokens, &count, &err))
        fail_msg("%s: %s", text, err.text);
    assert_int_equal(tokens[0].next, count);
    Buf got;
    buf_init(&got);
    put_token(&got, tokens, tokens);
    assert_string_equal(buf_cstr(&got), expected);
    buf_fini(&got);
}

static void expect_error_in(Str text, ErrCode code, const char *expected)
{
    static const char tails[] = "7\" }]\\,:\xff";
    for (size_t i = 0; i < sizeof tails; i++) { /* its NUL as well */
        const JsonToken *tokens;
        uint32_t count;
        Err err;
        assert_int_equal(parse_before(text, tails[i], &tokens, &count, &err), code);
        assert_string_equal(err.text, expected);
        assert_int_equal(err.kind, ERR_KIND_DATA);
    }
}

static void expect_error(const char *text, const char *expected)
{
    expect_error_in(str_of(text), ERR_DECODE, expected);
}

static void test_scalars(void **state)
{
    (void)state;
    expect_tokens("null", "null");
    expect_tokens(" true\n", "true");
    expect_tokens("\tfalse \r", "false");
    expect_tokens("0", "i0");
    expect_tokens("-0", "i0");
    expect_tokens("42", "i42");
    expect_tokens("-7 ", "i-7");
    expect_tokens("\"\"", "s");
    expect_tokens("\"a b\"  ", "sa b");
}

static void test_integers_at_the_edge(void **state)
{
    (void)state;
    expect_tokens("9223372036854775807", "i9223372036854775807");
    expect_tokens("-9223372036854775808", "i-9223372036854775808");
    expect_tokens("9223372036854775808", "n9.2233720368547758e+18:9223372036854775808");
    expect_tokens("-9223372036854775809", "n-9.2233720368547758e+18:-9223372036854775809");
    expect_tokens("18446744073709551616", "n1.8446744073709552e+19:18446744073709551616");
    expect_tokens("1000000000000000000000", "n1e+21:1000000000000000000000");
}

static void test_numbers(void **state)
{
    (void)state;
    expect_tokens("1.50", "n1.5:1.50");
    expect_tokens("-0.0", "n-0:-0.0");
    expect_tokens("1e2", "n100:1e2");
    expect_tokens("12E-1", "n1.2:12E-1");
    expect_tokens("1e+0", "n1:1e+0");
    expect_tokens("0.1", "n0.10000000000000001:0.1");
    expect_tokens("123456789012345678.25", "n1.2345678901234568e+17:123456789012345678.25");
    expect_tokens("9007199254740993.5", "n9007199254740994:9007199254740993.5");
    expect_tokens("4.9e-324", "n4.9406564584124654e-324:4.9e-324");
    expect_tokens("1e23", "n9.9999999999999992e+22:1e23");
}

static void test_numbers_out_of_reach(void **state)
{
    (void)state;
    expect_tokens("1e400", "ninf:1e400");
    expect_tokens("-1e400", "n-inf:-1e400");
    expect_tokens("1e-400", "n0:1e-400");
    expect_tokens("-0.00001e-400", "n-0:-0.00001e-400");
    expect_tokens("0.0000001e310", "n1e+303:0.0000001e310");
    expect_tokens("0.000001e99999999999999", "ninf:0.000001e99999999999999");
    expect_tokens("0e99999999999999", "n0:0e99999999999999");
}

static void test_containers(void **state)
{
    (void)state;
    expect_tokens("[]", "[0]");
    expect_tokens("{}", "{0}");
    expect_tokens("[ [ ] , { } ]", "[2 [0] {0}]");
    expect_tokens("{\"a\":1,\"b\":[true,null,\"x\"],\"c\":{\"d\":{}}}",
                  "{3 sa=i1 sb=[3 true null sx] sc={1 sd={0}}}");
    expect_tokens("{\"a\":1,\"a\":2}", "{2 sa=i1 sa=i2}");
    expect_tokens("[1,[2,[3],4],5]", "[3 i1 [3 i2 [1 i3] i4] i5]");
}

static void test_raw_text_of_containers(void **state)
{
    (void)state;
    const JsonToken *tokens;
    uint32_t count;
    Err err;
    assert_int_equal(parse(STR_LIT(" {\"a\" : [ 1, 2 ] } "), &tokens, &count, &err), 0);
    assert_true(str_eq(tokens[0].text, STR_LIT("{\"a\" : [ 1, 2 ] }")));
    assert_true(str_eq(tokens[2].text, STR_LIT("[ 1, 2 ]")));
}

static void test_escapes(void **state)
{
    (void)state;
    expect_tokens("\"a\\\"b\\\\c\\/d\"", "sa\"b\\c/d");
    expect_tokens("\"\\b\\f\\n\\r\\t\"", "s\b\f\n\r\t");
    expect_tokens("\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"",
                  "sA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    expect_tokens("[\"plain\",\"\\n\",\"plain\",\"x\\ty\"]", "[4 splain s\n splain sx\ty]");
    expect_tokens("{\"k\\n\":\"\\\\\"}", "{1 sk\n=s\\}");
}

static void test_nul_in_text(void **state)
{
    (void)state;
    const JsonToken *tokens;
    uint32_t count;
    Err err;
    assert_int_equal(parse(STR_LIT("\"a\\u0000b\""), &tokens, &count, &err), 0);
    assert_true(str_eq(tokens[0].text, str_make("a\0b", 3)));
    expect_error_in(STR_LIT("\"a\0b\""), ERR_DECODE,
                    "invalid JSON at byte 0: a control character in a string");
    expect_error_in(STR_LIT("1\0"), ERR_DECODE, "invalid JSON at byte 0: not a number");
    expect_error_in(STR_LIT("\0"), ERR_DECODE, "invalid JSON at byte 0: a value is expected");
}

static void test_strings_point_into_the_input(void **state)
{
    (void)state;
    const JsonToken *tokens;
    uint32_t count;
    Err err;
    assert_int_equal(parse(STR_LIT("[\"abc\",\"a\\nb\"]"), &tokens, &count, &err), 0);
    assert_ptr_equal(tokens[1].text.ptr, input + 2);
    assert_true(tokens[2].text.ptr < input || tokens[2].text.ptr > input + 100);
}

static void test_errors_of_grammar(void **state)
{
    (void)state;
    expect_error("", "invalid JSON at byte 0: no value");
    expect_error("  \n", "invalid JSON at byte 0: no value");
    expect_error("1 2", "invalid JSON at byte 2: text behind the value");
    expect_error("{} x", "invalid JSON at byte 3: text behind the value");
    expect_error("\"a\"b", "invalid JSON at byte 3: text behind the value");
    expect_error("\"a\"\"b\"", "invalid JSON at byte 3: text behind the value");
    expect_error("[1,]", "invalid JSON at byte 3: a value is expected");
    expect_error("[,1]", "invalid JSON at byte 1: a value is expected");
    expect_error("[1 2]", "invalid JSON at byte 3: ',' or ']' is expected");
    expect_error("[1}", "invalid JSON at byte 2: ',' or ']' is expected");
    expect_error("{\"a\":1]", "invalid JSON at byte 6: ',' or '}' is expected");
    expect_error("{\"a\" 1}", "invalid JSON at byte 5: ':' is expected");
    expect_error("{\"a\":}", "invalid JSON at byte 5: a value is expected");
    expect_error("{a:1}", "invalid JSON at byte 1: an object needs a string as key");
    expect_error("{\"a\":1,}", "invalid JSON at byte 7: an object needs a string as key");
    expect_error("{1:1}", "invalid JSON at byte 1: an object needs a string as key");
    expect_error("[", "invalid JSON at byte 1: the text ends too early");
    expect_error("[1", "invalid JSON at byte 2: the text ends too early");
    expect_error("[1,", "invalid JSON at byte 3: the text ends too early");
    expect_error("{", "invalid JSON at byte 1: an object needs a string as key");
    expect_error("{\"a\"", "invalid JSON at byte 1: an object needs a string as key");
    expect_error("{\"a\":", "invalid JSON at byte 5: the text ends too early");
    expect_error("{\"a\":1", "invalid JSON at byte 6: the text ends too early");
    expect_error("]", "invalid JSON at byte 0: a value is expected");
    expect_error(":", "invalid JSON at byte 0: a value is expected");
    expect_error("\\", "invalid JSON at byte 0: a value is expected");
    expect_error("'a'", "invalid JSON at byte 0: a value is expected");
    expect_error("[1]/*x*/", "invalid JSON at byte 3: text behind the value");
}

static void test_errors_of_words_and_numbers(void **state)
{
    (void)state;
    static const char *const words[] = {"nul", "nulll", "True", "truefalse", "NaN", "Infinity"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        expect_error(words[i], "invalid JSON at byte 0: a value is expected");
    static const char *const numbers[] = {"-",   "01", "-01", "1x",  "0x10",  "1e",
                                          "1e+", "1a", "--",  "1-2", "1e5.5", "1.2.3"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        expect_error(numbers[i], "invalid JSON at byte 0: not a number");
    expect_error("1.", "invalid JSON at byte 0: a number needs a digit behind its point");
    expect_error("1.e5", "invalid JSON at byte 0: a number needs a digit behind its point");
    expect_error(".5", "invalid JSON at byte 0: a value is expected");
    expect_error("+1", "invalid JSON at byte 0: a value is expected");
    expect_error("1\"a\"", "invalid JSON at byte 0: not a number");
}

static void test_errors_of_strings(void **state)
{
    (void)state;
    expect_error("\"", "invalid JSON at byte 0: a string is not closed");
    expect_error("\"abc", "invalid JSON at byte 0: a string is not closed");
    expect_error("\"abc\\\"", "invalid JSON at byte 0: a string is not closed");
    expect_error("\"a\nb\"", "invalid JSON at byte 0: a control character in a string");
    expect_error("\"ab\\x\"", "invalid JSON at byte 3: unknown escape in a string");
    expect_error("\"\\U0041\"", "invalid JSON at byte 1: unknown escape in a string");
    expect_error("\"\\u12\"", "invalid JSON at byte 1: \\u needs four hexadecimal digits");
    expect_error("\"\\u12g4\"", "invalid JSON at byte 1: \\u needs four hexadecimal digits");
    expect_error("\"\\ud800\"", "invalid JSON at byte 1: a surrogate stands alone");
    expect_error("\"\\ud800x\"", "invalid JSON at byte 1: a surrogate stands alone");
    expect_error("\"\\ud800\\u0041\"", "invalid JSON at byte 1: a surrogate stands alone");
    expect_error("\"\\udc00\\ud800\"", "invalid JSON at byte 1: a surrogate stands alone");
}

static void test_errors_of_utf8(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\"",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_error(bad[i], "invalid JSON at byte 0: the text is not UTF-8");
    expect_tokens("\"\xed\x9f\xbf\xf4\x8f\xbf\xbf\"", "s\xed\x9f\xbf\xf4\x8f\xbf\xbf");
}

static void repeat(Buf *b, const char *piece, int times)
{
    for (int i = 0; i < times; i++)
        buf_puts(b, piece);
}

static void test_limits(void **state)
{
    (void)state;
    const JsonToken *tokens;
    uint32_t count;
    Err err;
    Buf b;
    buf_init(&b);
    repeat(&b, "[", LIMIT_JSON_DEPTH);
    repeat(&b, "]", LIMIT_JSON_DEPTH);
    assert_int_equal(parse(buf_str(&b), &tokens, &count, &err), 0);
    assert_int_equal(count, LIMIT_JSON_DEPTH);

    buf_reset(&b);
    repeat(&b, "{\"a\":", LIMIT_JSON_DEPTH + 1);
    expect_error_in(buf_str(&b), ERR_LIMIT, "invalid JSON at byte 2560: nested too deeply");

    buf_reset(&b);
    repeat(&b, "9", LIMIT_NUMBER_DIGITS);
    assert_int_equal(parse(buf_str(&b), &tokens, &count, &err), 0);
    assert_int_equal(tokens[0].kind, JSON_NUMBER);
    assert_true(isinf(tokens[0].f64));
    buf_putc(&b, '1');
    expect_error_in(buf_str(&b), ERR_LIMIT, "invalid JSON at byte 0: a number has too many digits");

    buf_reset(&b);
    buf_putc(&b, '"');
    repeat(&b, "0123456789abcdef", LIMIT_STRING_BYTES / 16);
    buf_putc(&b, '"');
    assert_int_equal(parse(buf_str(&b), &tokens, &count, &err), 0);
    assert_int_equal(tokens[0].text.len, LIMIT_STRING_BYTES);
    b.len--;
    buf_puts(&b, "x\"");
    assert_int_equal(parse(buf_str(&b), &tokens, &count, &err), ERR_LIMIT);
    assert_string_equal(err.text, "invalid JSON at byte 0: a string is too long");

    buf_reset(&b);
    buf_putc(&b, '[');
    repeat(&b, "1,", JSON_PLACES_MAX / 2);
    buf_puts(&b, "1]");
    assert_int_equal(parse(buf_str(&b), &tokens, &count, &err), ERR_LIMIT);
    assert_string_equal(err.text, "invalid JSON at byte 0: too many values");
    buf_fini(&b);
    expect_tokens("[1]", "[1 i1]"); /* and small again */
}

/* Strings of every length, plain and escaped, at every offset within a block of 64 bytes. */
static void test_every_alignment(void **state)
{
    (void)state;
    for (int blanks = 0; blanks < 66; blanks++) {
        for (int len = 0; len < 70; len++) {
            char text[256], expected[256];
            int n = snprintf(text, sizeof text, "%*s[\"", blanks, "");
            memset(text + n, 'x', (size_t)len);
            snprintf(text + n + len, sizeof text - (size_t)(n + len), "\",\"\\\\\\\"\" , -1]");
            snprintf(expected, sizeof expected, "[3 s%.*s s\\\" i-1]", len, text + n);
            expect_tokens(text, expected);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),
        cmocka_unit_test(test_integers_at_the_edge),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_numbers_out_of_reach),
        cmocka_unit_test(test_containers),
        cmocka_unit_test(test_raw_text_of_containers),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_nul_in_text),
        cmocka_unit_test(test_strings_point_into_the_input),
        cmocka_unit_test(test_errors_of_grammar),
        cmocka_unit_test(test_errors_of_words_and_numbers),
        cmocka_unit_test(test_errors_of_strings),
        cmocka_unit_test(test_errors_of_utf8),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_every_alignment),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
