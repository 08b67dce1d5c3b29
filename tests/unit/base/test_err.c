/* Errors: kinds, spans, cutting to size, prefixes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/err.h"

static Err err;

static void test_set(void **state)
{
    assert_int_equal(err_set(&err, ERR_KIND_DATA, ERR_DECODE, "row %d", 7), ERR_DECODE);
    assert_int_equal(err.kind, ERR_KIND_DATA);
    assert_int_equal(err.code, ERR_DECODE);
    assert_int_equal(err.span.begin, -1);
    assert_string_equal(err.text, "row 7");
    assert_false(err.cut);
    assert_int_equal(err_set(NULL, ERR_KIND_DATA, ERR_LIMIT, "x"), ERR_LIMIT);

    assert_int_equal(err_at(&err, ERR_SYNTAX, (Span){3, 5}, "no %s", "way"), ERR_SYNTAX);
    assert_int_equal(err.kind, ERR_KIND_USER);
    assert_true(err.span.begin == 3 && err.span.end == 5);
    assert_string_equal(err.text, "no way");

    assert_int_equal(err_not_built(&err, "%s joins", "sideways"), ERR_NOT_BUILT);
    assert_string_equal(err.text, "not built yet: sideways joins");

    err_clear(&err);
    assert_int_equal(err.kind, ERR_KIND_NONE);
    assert_int_equal(err.code, ERR_NONE);
    assert_string_equal(err.text, "");
}

static void test_own_text_as_argument(void **state)
{
    err_set(&err, ERR_KIND_USER, ERR_STATEMENT, "inner");
    err_set(&err, ERR_KIND_USER, ERR_STATEMENT, "outer: %s", err.text);
    assert_string_equal(err.text, "outer: inner");
    err_prefix(&err, "Line: %d, Col: %d: ", 2, 9);
    assert_string_equal(err.text, "Line: 2, Col: 9: outer: inner");
    assert_int_equal(err.code, ERR_STATEMENT);
    err_prefix(NULL, "x");
}

/* A text that does not fit loses its end, never half a character. */
static void test_cut(void **state)
{
    char text[ERR_TEXT_BYTES + 2];
    memset(text, 'a', sizeof text);
    text[ERR_TEXT_BYTES - 1] = '\0';
    err_set(&err, ERR_KIND_USER, ERR_GENERIC, "%s", text);
    assert_false(err.cut);
    assert_int_equal(strlen(err.text), ERR_TEXT_BYTES - 1);

    text[ERR_TEXT_BYTES - 1] = 'a';
    text[ERR_TEXT_BYTES] = '\0';
    err_set(&err, ERR_KIND_USER, ERR_GENERIC, "%s", text);
    assert_true(err.cut);
    assert_int_equal(strlen(err.text), ERR_TEXT_BYTES - 1);

    memcpy(text + ERR_TEXT_BYTES - 3, "\xe2\x82\xac", 3); /* its last byte has no room */
    err_set(&err, ERR_KIND_USER, ERR_GENERIC, "%s", text);
    assert_true(err.cut);
    assert_int_equal(strlen(err.text), ERR_TEXT_BYTES - 3);

    err_set(&err, ERR_KIND_USER, ERR_GENERIC, "short");
    assert_false(err.cut);
    text[ERR_TEXT_BYTES - 3] = '\0';
    err_prefix(&err, "%s", text);
    assert_true(err.cut);
    assert_int_equal(strlen(err.text), ERR_TEXT_BYTES - 1);
    assert_string_equal(err.text + ERR_TEXT_BYTES - 3, "sh");
}

static void test_names(void **state)
{
    for (int k = 0; k < ERR_KIND_COUNT; k++)
        assert_non_null(err_kind_name(k));
    for (int c = 0; c < ERR_CODE_COUNT; c++)
        assert_non_null(err_code_name(c));
    assert_string_equal(err_kind_name(ERR_KIND_RETRY), "retry");
    assert_string_equal(err_code_name(ERR_NOT_BUILT), "not built");
    assert_string_equal(err_code_name(ERR_CODE_COUNT), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_set),
                                       cmocka_unit_test(test_own_text_as_argument),
                                       cmocka_unit_test(test_cut), cmocka_unit_test(test_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
