/* How the test runner compares numbers and texts of test JSON, and what it takes for a function of
 * tests alone. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/mem.h"
#include "test/compare.h"
#include "test/run_int.h"

static const JsonToken *parse(JsonParser *p, Arena *a, const char *text)
{
    const JsonToken *root;
    uint32_t count;
    Err err = ERR_INIT;
    size_t n = strlen(text);
    char *bytes = arena_alloc(a, n + JSON_SLACK_BYTES);
    memset(bytes, 0, n + JSON_SLACK_BYTES);
    memcpy(bytes, text, n);
    if (json_parse(p, str_make(bytes, n), &root, &count, &err))
        fail_msg("%s: %s", text, err.text);
    return root;
}

static bool matches(const char *actual, const char *expected, bool exact)
{
    Arena a;
    arena_init(&a, 0);
    JsonParser *p = json_new(), *q = json_new();
    const JsonToken *x = parse(p, &a, actual), *y = parse(q, &a, expected);
    bool same = json_matches(x, x, y, y, exact);
    json_free(p);
    json_free(q);
    arena_fini(&a);
    return same;
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        const char *actual, *expected;
        bool exact, same;
    } rows[] = {
        {"7", "7", true, true},
        {"7", "7.0", true, true},  /* an integer equals what truncates to it */
        {"7.0", "7", true, false}, /* a scale above zero is no whole number */
        {"1.0E7", "10000000", true, true},
        {"1.0E7", "10000001", true, false},
        {"1.5E1", "15", true, true},
        {"1.55E1", "15", true, false},
        {"1.0", "1.00", true, false},
        {"1.50", "1.50", true, true},
        {"-0.5", "0.5", true, false},
        {"0.1", "0.1000001", true, false},
        {"0.1", "0.1000001", false, true},
        {"1.25", "\"1.25\"", true, true},
        {"1.25", "\"1.250\"", true, false},
        {"\"1.25\"", "1.25", true, false},
        {"12345678901234567890", "12345678901234567890", true, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (matches(rows[i].actual, rows[i].expected, rows[i].exact) != rows[i].same)
            fail_msg("%s against %s: not %d", rows[i].actual, rows[i].expected, rows[i].same);
}

static void objects(void **state)
{
    (void)state;
    assert_true(matches("{\"A\":1,\"b\":null}", "{\"a\":1,\"b\":null}", true));
    assert_false(matches("{\"A\":1,\"B\":null}", "{\"A\":1}", true));
    assert_false(matches("{\"a\":1}", "{\"A\":1}", true)); /* names are raised, not lowered */
    assert_true(matches("{\"A\":1,\"B\":2}", "{\"A\":1,\"C\":null}", true));
    assert_false(matches("{\"A\":1,\"B\":2}", "{\"A\":1,\"C\":2}", true));
    assert_true(matches("[1,[2,{\"X\":true}]]", "[1,[2,{\"x\":true}]]", true));
    assert_false(matches("[1,2]", "[2,1]", true));
}

static void functions_of_tests(void **state)
{
    (void)state;
    Err err = ERR_INIT;
    err_set(&err, ERR_KIND_USER, ERR_STATEMENT,
            "Error in WHERE expression: Can't find any functions with the name 'bad_udf'");
    assert_string_equal(test_only_function(&err), "BAD_UDF");
    err_set(&err, ERR_KIND_USER, ERR_STATEMENT, "Can't find any functions with the name 'MEANDER'");
    assert_null(test_only_function(&err));
    err_set(&err, ERR_KIND_USER, ERR_STATEMENT, "BAD_UDF is not what it was");
    assert_null(test_only_function(&err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(objects),
        cmocka_unit_test(functions_of_tests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
