/* test_json.c: the JSON format: leniency and strictness of every type, names, nesting, checked-only
 * columns, and the text that is written. */
#include "harness.h"

#include <math.h>

static void open_one_as(Harness *h, const Type *type, bool unwrapped)
{
    harness_column(h, "V", type);
    if (harness_open(h, "JSON", unwrapped, false))
        fail_msg("%s", h->err.text);
}

/* One bare value of a type without arguments. */
static void open_bare(Harness *h, const Type *type)
{
    harness_init(h);
    open_one_as(h, type, true);
}

static void test_boolean(void **state)
{
    (void)state;
    Harness h;
    open_bare(&h, &type_boolean);
    expect_row(&h, "true", "true");
    expect_row(&h, "false", "false");
    expect_bad(&h, "\"true\"", "column `V`: BOOLEAN cannot be read from a string");
    expect_bad(&h, "1", "column `V`: BOOLEAN cannot be read from a number");
    expect_bad(&h, "[]", "column `V`: BOOLEAN cannot be read from an array");
    harness_fini(&h);
}

static void test_integer(void **state)
{
    (void)state;
    Harness h;
    open_bare(&h, &type_integer);
    expect_row(&h, "7", "7");
    expect_row(&h, "-2147483648", "-2147483648");
    expect_row(&h, "\"12\"", "12");
    expect_row(&h, "\"-12\"", "-12");
    expect_row(&h, "2.99", "2");
    expect_row(&h, "-2.99", "-2");
    expect_row(&h, "0.99999999999999999999999", "0");
    expect_row(&h, "1.25e2", "125");
    expect_row(&h, "5e-999999999999", "0");
    expect_row(&h, "0e999999999999", "0");
    static const char range[] = "column `V`: INTEGER: the number is out of range";
    expect_bad(&h, "2147483648", range);
    expect_bad(&h, "-2147483648.5e1", range);
    expect_bad(&h, "1e10", range);
    expect_bad(&h, "1e999999999999", range);
    expect_bad(&h, "99999999999999999999", range);
    expect_bad(&h, "\"2147483648\"", range);
    static const char text[] = "column `V`: INTEGER: the string is not an integer";
    expect_bad(&h, "\"\"", text);
    expect_bad(&h, "\"x\"", text);
    expect_bad(&h, "\" 1\"", text);
    expect_bad(&h, "\"1.0\"", text);
    expect_bad(&h, "\"1e2\"", text);
    expect_bad(&h, "\"-\"", text);
    expect_bad(&h, "true", "column `V`: INTEGER cannot be read from a boolean");
    expect_bad(&h, "{}", "column `V`: INTEGER cannot be read from an object");
    harness_fini(&h);
}

static void test_bigint(void **state)
{
    (void)state;
    Harness h;
    open_bare(&h, &type_bigint);
    expect_row(&h, "9223372036854775807", "9223372036854775807");
    expect_row(&h, "9223372036854775807.9", "9223372036854775807");
    expect_row(&h, "-9223372036854775808.9", "-9223372036854775808");
    expect_row(&h, "9007199254740993.5", "9007199254740993");
    expect_row(&h, "\"-9223372036854775808\"", "-9223372036854775808");
    expect_row(&h, "1.5e18", "1500000000000000000");
    expect_bad(&h, "9223372036854775808", "column `V`: BIGINT: the number is out of range");
    expect_bad(&h, "1e19", "column `V`: BIGINT: the number is out of range");
    harness_fini(&h);
}

static void test_double(void **state)
{
    (void)state;
    Harness h;
    open_bare(&h, &type_double);
    expect_row(&h, "1", "1.0");
    expect_row(&h, "0.1", "0.1");
    expect_row(&h, "1e7", "1.0E7");
    expect_row(&h, "\"2.50\"", "2.5");
    expect_row(&h, "\"NaN\"", "NaN");
    expect_row(&h, "\"-Infinity\"", "-Infinity");
    expect_bad(&h, "1e400", "column `V`: DOUBLE: the number is out of range");
    static const char text[] = "column `V`: DOUBLE: the string is not a number in its range";
    expect_bad(&h, "\"1e400\"", text);
    expect_bad(&h, "\"nan\"", text);
    expect_bad(&h, "\"0x10\"", text);
    expect_bad(&h, "\" 1\"", text);
    expect_bad(&h, "\"\"", text);
    expect_bad(&h, "false", "column `V`: DOUBLE cannot be read from a boolean");
    harness_fini(&h);
}

static void test_decimal(void **state)
{
    (void)state;
    Harness h;
    harness_init(&h);
    open_one_as(&h, type_decimal(&h.arena, 6, 2), true);
    expect_row(&h, "10.1", "10.10");
    expect_row(&h, "\"10.10\"", "10.10");
    expect_row(&h, "10.100", "10.10");
    expect_row(&h, "-9999.99", "-9999.99");
    expect_row(&h, "1e3", "1000.00");
    expect_row(&h, "123e-2", "1.23");
    expect_row(&h, "0.00e999", "0.00");
    static const char fit[] = "column `V`: DECIMAL(6, 2): the number does not fit without rounding";
    expect_bad(&h, "0.001", fit);
    expect_bad(&h, "10000", fit);
    expect_bad(&h, "1e99999", fit);
    expect_bad(&h, "1e-99999", fit);
    expect_bad(&h, "\"ten\"", "column `V`: DECIMAL: the string is not a number");
    expect_bad(&h, "\"NaN\"", "column `V`: DECIMAL: the string is not a number");
    expect_bad(&h, "true", "column `V`: DECIMAL cannot be read from a boolean");
    harness_fini(&h);

    harness_init(&h);
    open_one_as(&h, type_decimal(&h.arena, 38, 0), true);
    expect_row(&h, "99999999999999999999999999999999999999",
               "99999999999999999999999999999999999999");
    harness_fini(&h);
}

static void test_string(void **state)
{
    (void)state;
    Harness h;
    open_bare(&h, &type_string);
    expect_row(&h, "\"plain\"", "plain");
    expect_row(&h, "\"\"", "");
    expect_row(&h, "\"a\\tb\\u00e9\"", "a\tb\xc3\xa9");
    expect_row(&h, "1.50", "1.50");
    expect_row(&h, "1E+3", "1E+3");
    expect_row(&h, "true", "true");
    expect_row(&h, "{ \"b\" : [1, 2.0 ,\"x\\n\\u0041\"], \"a\": {\"n\": null} }",
               "{\"b\":[1,2.0,\"x\\nA\"],\"a\":{\"n\":null}}");
    expect_row(&h, "[1,\"two\", null,{\"k\" : [true,false]},[3 ,4]]",
               "[1, two, null, {\"k\":[true,false]}, [3, 4]]");
    expect_row(&h, "[]", "[]");
    expect_row(&h, "{}", "{}");
    harness_fini(&h);
}

/* Strings with escapes lie in the parser's buffer: rows that are kept must not change when the next
 * record is parsed. */
static void test_strings_survive_the_next_record(void **state)
{
    (void)state;
    Harness h;
    open_bare(&h, &type_string);
    assert_int_equal(harness_decode(&h, STR_LIT("\"one\\n\"")), 0);
    Str kept = h.cols[0].str[1];
    assert_int_equal(harness_decode(&h, STR_LIT("\"two\\t\"")), 0);
    assert_true(str_eq(kept, STR_LIT("one\n")));
    harness_fini(&h);
}

static void test_bytes(void **state)
{
    (void)state;
    Harness h;
    open_bare(&h, &type_bytes);
    static const struct {
        const char *json;
        Str bytes;
    } rows[] = {{"\"\"", STR_LIT("")},
                {"\"YQ==\"", STR_LIT("a")},
                {"\"YWI=\"", STR_LIT("ab")},
                {"\"YWJj\"", STR_LIT("abc")},
                {"\"+/8A\"", STR_LIT("\xfb\xff\0")},
                {"\"YQ\"", STR_LIT("a")}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(harness_decode(&h, str_of(rows[i].json)), 0);
        assert_true(str_eq(h.cols[0].str[1], rows[i].bytes));
        assert_non_null(h.cols[0].str[1].ptr);
    }
    static const char bad[] = "column `V`: BYTES: the string is not base64";
    expect_bad(&h, "\"a\"", bad);
    expect_bad(&h, "\"YQ=\"", bad);
    expect_bad(&h, "\"Y===\"", bad);
    expect_bad(&h, "\"YW J\"", bad);
    expect_bad(&h, "\"=YWJ\"", bad);
    expect_bad(&h, "12", "column `V`: BYTES cannot be read from a number");
    harness_fini(&h);
}

static void test_times(void **state)
{
    (void)state;
    Harness h;
    harness_init(&h);
    harness_column(&h, "D", &type_date);
    harness_column(&h, "T", &type_time);
    harness_column(&h, "TS", &type_timestamp);
    assert_int_equal(harness_open(&h, "JSON", false, false), 0);
    expect_row(&h, "{\"D\":10,\"T\":\"1000\",\"TS\":10}",
               "1970-01-11|00:00:01|1970-01-01T00:00:00.010");
    expect_bytes(&h, STR_LIT("{\"D\":10,\"T\":1000,\"TS\":10}"));
    expect_bad(&h, "{\"T\":86400000}", "column `T`: TIME: the number is out of range");
    expect_bad(&h, "{\"T\":-1}", "column `T`: TIME: the number is out of range");
    expect_bad(&h, "{\"D\":3000000000}", "column `D`: DATE: the number is out of range");
    expect_bad(&h, "{\"TS\":\"2020-01-01\"}",
               "column `TS`: TIMESTAMP: the string is not an integer");
    harness_fini(&h);
}

static void open_row(Harness *h)
{
    harness_init(h);
    harness_column(h, "ID", &type_integer);
    harness_column(h, "NAME", &type_string);
    harness_column(h, "a b", &type_string);
    harness_column(h, "Mixed", &type_integer);
    assert_int_equal(harness_open(h, "JSON", false, false), 0);
}

static void test_rows(void **state)
{
    (void)state;
    Harness h;
    open_row(&h);
    expect_row(&h, "{\"ID\":1,\"NAME\":\"x\",\"a b\":\"y\",\"Mixed\":2}", "1|x|y|2");
    expect_row(&h, "{\"Mixed\":2,\"a b\":\"y\",\"NAME\":\"x\",\"ID\":1}", "1|x|y|2");
    expect_row(&h, "{\"NAME\":\"x\"}", "null|x|null|null");
    expect_row(&h, "{}", "null|null|null|null");
    expect_row(&h, "{\"ID\":null,\"extra\":{\"ID\":[3]},\"NAME\":\"z\"}", "null|z|null|null");
    static const char object[] = "a JSON object with the columns is expected, not ";
    char reason[100];
    snprintf(reason, sizeof reason, "%sa number", object);
    expect_bad(&h, "5", reason);
    snprintf(reason, sizeof reason, "%san array", object);
    expect_bad(&h, "[]", reason);
    expect_bad(&h, "{\"ID\":1", "invalid JSON at byte 7: the text ends too early");
    assert_int_equal(harness_decode(&h, STR_LIT("null")), 0);
    assert_true(h.is_null);
    assert_string_equal(harness_row(&h), "null|null|null|null");
    harness_fini(&h);
}

static void test_names(void **state)
{
    (void)state;
    Harness h;
    open_row(&h);
    expect_row(&h, "{\"id\":1,\"Name\":\"x\",\"A B\":\"y\",\"MIXED\":2}", "1|x|y|2");
    /* the exact name wins, wherever it stands; of two others, the first */
    expect_row(&h, "{\"id\":1,\"ID\":2,\"Id\":3}", "2|null|null|null");
    expect_row(&h, "{\"ID\":2,\"id\":1}", "2|null|null|null");
    expect_row(&h, "{\"id\":1,\"Id\":3}", "1|null|null|null");
    /* of two exact ones, the last */
    expect_row(&h, "{\"ID\":1,\"ID\":2}", "2|null|null|null");
    /* names that were passed over are not looked at */
    expect_row(&h, "{\"id\":\"bad\",\"ID\":2}", "2|null|null|null");
    expect_row(&h, "{\"ID\":\"bad\",\"ID\":2}", "2|null|null|null");
    expect_row(&h, "{\"\\u0049D\":4}", "4|null|null|null");
    harness_fini(&h);

    harness_init(&h);
    harness_column(&h, "Foo", &type_integer);
    harness_column(&h, "FOO", &type_integer);
    harness_column(&h, "foo", &type_integer);
    assert_int_equal(harness_open(&h, "JSON", false, false), 0);
    expect_row(&h, "{\"foo\":1,\"FOO\":2,\"Foo\":3}", "3|2|1");
    expect_row(&h, "{\"fOO\":5}", "null|5|null");
    harness_fini(&h);
}

/* Names longer than a guess remembers, more members than there are guesses, records whose members
 * change places: the same answers as the first time. */
static void test_guesses(void **state)
{
    (void)state;
    Harness h;
    harness_init(&h);
    static const char longest[] =
        "A_NAME_THAT_GOES_ON_FOR_MUCH_LONGER_THAN_ANYBODY_WOULD_EVER_TYPE";
    harness_column(&h, longest, &type_integer);
    harness_column(&h, "B", &type_integer);
    assert_int_equal(harness_open(&h, "JSON", false, false), 0);
    char record[2048];
    for (int i = 0; i < 40; i++) {
        int n = snprintf(record, sizeof record, "{");
        for (int m = 0; m < i; m++)
            n += snprintf(record + n, sizeof record - (size_t)n, "\"extra%d\":%d,", m, m);
        snprintf(record + n, sizeof record - (size_t)n, "\"%s\":%d,\"b\":2}", longest, i);
        char row[32];
        snprintf(row, sizeof row, "%d|2", i);
        expect_row(&h, record, row);
    }
    harness_fini(&h);
}

static void test_names_of_all_lengths(void **state)
{
    (void)state;
    char name[64] = "", other[64] = "";
    for (int len = 1; len < 60; len++) {
        Harness h;
        harness_init(&h);
        memset(name, 'N', (size_t)len);
        harness_column(&h, name, &type_integer);
        assert_int_equal(harness_open(&h, "JSON", false, false), 0);
        char record[128];
        snprintf(record, sizeof record, "{\"%s\":1}", name);
        expect_row(&h, record, "1");
        expect_row(&h, record, "1");
        for (int at = 0; at < len; at++) { /* one letter differs */
            memcpy(other, name, sizeof other);
            other[at] = 'M';
            snprintf(record, sizeof record, "{\"%s\":2}", other);
            expect_row(&h, record, "null");
            snprintf(record, sizeof record, "{\"%s\":1}", name);
            expect_row(&h, record, "1");
        }
        harness_fini(&h);
    }
}

static const Type *address_type(Arena *a)
{
    TypeField fields[] = {{STR_LIT("CITY"), &type_string}, {STR_LIT("NO"), &type_integer}};
    return type_struct(a, fields, 2);
}

static void test_struct(void **state)
{
    (void)state;
    Harness h;
    harness_init(&h);
    open_one_as(&h, address_type(&h.arena), false);
    expect_row(&h, "{\"V\":{\"city\":\"Ptuj\",\"NO\":\"7\"}}", "Struct{CITY=Ptuj,NO=7}");
    expect_bytes(&h, STR_LIT("{\"V\":{\"CITY\":\"Ptuj\",\"NO\":7}}"));
    expect_row(&h, "{\"V\":{}}", "Struct{}");
    expect_bytes(&h, STR_LIT("{\"V\":{\"CITY\":null,\"NO\":null}}"));
    expect_bad(&h, "{\"V\":{\"NO\":{}}}",
               "column `V`: field `NO`: INTEGER cannot be read from an object");
    expect_bad(&h, "{\"V\":\"Ptuj\"}", "column `V`: STRUCT cannot be read from a string");
    harness_unused(&h, 0);
    expect_bad(&h, "{\"V\":{\"no\":\"x\"}}",
               "column `V`: field `NO`: INTEGER: the string is not an integer");
    harness_fini(&h);
}

static void test_array(void **state)
{
    (void)state;
    Harness h;
    harness_init(&h);
    open_one_as(&h, type_array(&h.arena, address_type(&h.arena)), true);
    expect_row(&h, "[{\"NO\":1},null,{\"NO\":2}]", "[Struct{NO=1}, null, Struct{NO=2}]");
    expect_bytes(&h, STR_LIT("[{\"CITY\":null,\"NO\":1},null,{\"CITY\":null,\"NO\":2}]"));
    expect_row(&h, "[]", "[]");
    expect_bytes(&h, STR_LIT("[]"));
    expect_bad(&h, "[{\"NO\":1},{\"NO\":true}]",
               "column `V`: element 2: field `NO`: INTEGER cannot be read from a boolean");
    expect_bad(&h, "7", "column `V`: ARRAY cannot be read from a number");
    harness_fini(&h);

    harness_init(&h);
    open_one_as(&h, type_array(&h.arena, &type_string), true);
    expect_row(&h, "[1,2.0,true,\"x\",[3,4]]", "[1, 2.0, true, x, [3, 4]]");
    harness_fini(&h);
}

static void test_map(void **state)
{
    (void)state;
    Harness h;
    harness_init(&h);
    open_one_as(&h, type_map(&h.arena, &type_string, &type_integer), false);
    expect_row(&h, "{\"V\":{\"b\":1,\"a\\n\":2,\"c\":null}}", "{b=1, a\n=2, c=null}");
    expect_bytes(&h, STR_LIT("{\"V\":{\"b\":1,\"a\\n\":2,\"c\":null}}"));
    expect_row(&h, "{\"V\":{\"a\":1,\"b\":2,\"a\":3}}", "{a=3, b=2}");
    expect_bad(&h, "{\"V\":{\"secret\":[]}}",
               "column `V`: a value of the map: INTEGER cannot be read from an array");
    expect_bad(&h, "{\"V\":[]}", "column `V`: MAP cannot be read from an array");
    /* enough keys for the index: every key twice */
    Buf b;
    buf_init(&b);
    buf_puts(&b, "{\"V\":{");
    for (int i = 0; i < 200; i++)
        buf_printf(&b, "%s\"k%d\":%d", i ? "," : "", i % 100, i);
    buf_puts(&b, "}}");
    assert_int_equal(harness_decode(&h, buf_str(&b)), 0);
    const Value *map = h.cols[0].box[1];
    assert_int_equal(map->list.count, 100);
    for (int i = 0; i < 100; i++)
        assert_int_equal(map->list.items[2 * i + 1].i32, 100 + i);
    buf_fini(&b);
    harness_fini(&h);
}

/* A bad value in a column that nobody uses is as bad as in any other (statements.md 11.13). */
static void test_unused_columns(void **state)
{
    (void)state;
    Harness h;
    harness_init(&h);
    harness_column(&h, "A", &type_integer);
    harness_column(&h, "B", type_array(&h.arena, &type_bytes));
    harness_column(&h, "C", type_map(&h.arena, &type_string, &type_string));
    harness_column(&h, "D", &type_string);
    assert_int_equal(harness_open(&h, "JSON", false, false), 0);
    for (int i = 0; i < 4; i++)
        harness_unused(&h, i);
    size_t used = h.arena.used_bytes;
    assert_int_equal(
        harness_decode(&h, STR_LIT("{\"A\":1,\"B\":[\"YQ==\"],\"C\":{\"k\":{\"\\n\":1}},"
                                   "\"D\":[\"\\n\",2]}")),
        0);
    assert_int_equal(h.arena.used_bytes, used); /* nothing was made */
    expect_bad(&h, "{\"A\":[]}", "column `A`: INTEGER cannot be read from an array");
    expect_bad(&h, "{\"B\":[\"*\"]}", "column `B`: element 1: BYTES: the string is not base64");
    expect_bad(&h, "{\"C\":1}", "column `C`: MAP cannot be read from a number");
    harness_fini(&h);
}

static void test_unwrapped_null(void **state)
{
    (void)state;
    Harness h;
    open_bare(&h, &type_integer);
    assert_int_equal(harness_decode(&h, STR_LIT(" null ")), 0);
    assert_true(h.is_null);
    bool is_null = false;
    assert_int_equal(h.codec->format->encode(h.codec, h.cols, 0, &h.text, &is_null, &h.err), 0);
    assert_true(is_null);
    assert_int_equal(h.text.len, 0);
    harness_fini(&h);
}

static void test_keys(void **state)
{
    (void)state;
    Harness h;
    harness_init(&h);
    harness_column(&h, "K", &type_string);
    assert_int_equal(harness_open(&h, "JSON", false, true), 0); /* one key column stands alone */
    expect_row(&h, "\"a\"", "a");
    expect_bytes(&h, STR_LIT("\"a\""));
    harness_fini(&h);

    harness_init(&h);
    harness_column(&h, "K1", &type_string);
    harness_column(&h, "K2", &type_bigint);
    assert_int_equal(harness_open(&h, "JSON", false, true), 0);
    expect_row(&h, "{\"K2\":5,\"K1\":\"a\"}", "a|5");
    expect_bytes(&h, STR_LIT("{\"K1\":\"a\",\"K2\":5}"));
    expect_row(&h, "{\"K1\":\"a\"}", "a|null");
    expect_bytes(&h, STR_LIT("{\"K1\":\"a\",\"K2\":null}"));
    harness_fini(&h);
}

static void test_write_scalars(void **state)
{
    (void)state;
    Harness h;
    harness_init(&h);
    harness_column(&h, "B", &type_boolean);
    harness_column(&h, "I", &type_integer);
    harness_column(&h, "L", &type_bigint);
    harness_column(&h, "D", &type_double);
    harness_column(&h, "P", type_decimal(&h.arena, 6, 3));
    harness_column(&h, "S", &type_string);
    harness_column(&h, "Y", &type_bytes);
    harness_column(&h, "odd \"name\"", &type_integer);
    assert_int_equal(harness_open(&h, "JSON", false, false), 0);
    static const char nulls[] =
        "{\"B\":null,\"I\":null,\"L\":null,\"D\":null,\"P\":null,\"S\":null,"
        "\"Y\":null,\"odd \\\"name\\\"\":null}";
    expect_row(&h, "{}", "null|null|null|null|null|null|null|null");
    expect_bytes(&h, STR_LIT(nulls));
    assert_int_equal(
        harness_decode(&h, STR_LIT("{\"B\":true,\"I\":-1,\"L\":9223372036854775807,\"D\":"
                                   "12345678,\"P\":-1.5,\"S\":\"\",\"Y\":\"+/8=\"}")),
        0);
    expect_bytes(&h, STR_LIT("{\"B\":true,\"I\":-1,\"L\":9223372036854775807,\"D\":1.2345678E7,"
                             "\"P\":-1.500,\"S\":\"\",\"Y\":\"+/8=\",\"odd \\\"name\\\"\":null}"));
    harness_fini(&h);
}

static void test_write_doubles(void **state)
{
    (void)state;
    Harness h;
    open_bare(&h, &type_double);
    static const struct {
        double value;
        Str text;
    } rows[] = {{NAN, STR_LIT("\"NaN\"")},
                {INFINITY, STR_LIT("\"Infinity\"")},
                {-INFINITY, STR_LIT("\"-Infinity\"")},
                {1, STR_LIT("1.0")},
                {0.0001, STR_LIT("1.0E-4")}};
    h.cols[0].valid[1] = 1;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        h.cols[0].f64[1] = rows[i].value;
        expect_bytes(&h, rows[i].text);
    }
    harness_fini(&h);
}

static void test_write_strings(void **state)
{
    (void)state;
    Harness h;
    open_bare(&h, &type_string);
    h.cols[0].valid[1] = 1;
    h.cols[0].str[1] = STR_LIT("\"\\/\b\f\n\r\t\x01\x1f\x7f \xc3\xa9\xf0\x9f\x98\x80\0!");
    expect_bytes(&h, STR_LIT("\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f \xc3\xa9\xf0\x9f\x98\x80"
                             "\\u0000!\""));
    /* an escape at every place of strings of every length */
    for (int len = 1; len < 40; len++) {
        for (int at = 0; at < len; at++) {
            char text[64], expected[64];
            memset(text, ' ', sizeof text); /* beside a blank, a careless scan blames the blank */
            text[at] = '\x1b';
            h.cols[0].str[1] = str_make(text, (size_t)len);
            int n =
                snprintf(expected, sizeof expected, "\"%*s\\u001b%*s\"", at, "", len - at - 1, "");
            expect_bytes(&h, str_make(expected, (size_t)n));
        }
    }
    harness_fini(&h);
}

static void expect_unwritable(Harness *h, const char *reason)
{
    bool is_null;
    buf_reset(&h->text);
    buf_puts(&h->text, "before");
    assert_int_equal(h->codec->format->encode(h->codec, h->cols, 1, &h->text, &is_null, &h->err),
                     ERR_EVAL);
    assert_string_equal(h->err.text, reason);
    assert_int_equal(h->err.kind, ERR_KIND_DATA);
    assert_string_equal(buf_cstr(&h->text), "before");
}

static void test_write_failures(void **state)
{
    (void)state;
    Harness h;
    open_bare(&h, &type_string);
    h.cols[0].valid[1] = 1;
    h.cols[0].str[1] = STR_LIT("a\xff");
    expect_unwritable(&h, "column `V`: STRING: the text is not UTF-8");
    harness_fini(&h);

    harness_init(&h);
    open_one_as(&h, type_decimal(&h.arena, 4, 2), false);
    h.cols[0].valid[1] = 1;
    h.cols[0].i128[1] = -9999;
    expect_bytes(&h, STR_LIT("{\"V\":-99.99}"));
    h.cols[0].i128[1] = 10000;
    expect_unwritable(&h, "column `V`: DECIMAL: the number does not fit the declared precision");
    harness_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boolean),
        cmocka_unit_test(test_integer),
        cmocka_unit_test(test_bigint),
        cmocka_unit_test(test_double),
        cmocka_unit_test(test_decimal),
        cmocka_unit_test(test_string),
        cmocka_unit_test(test_strings_survive_the_next_record),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_guesses),
        cmocka_unit_test(test_names_of_all_lengths),
        cmocka_unit_test(test_struct),
        cmocka_unit_test(test_array),
        cmocka_unit_test(test_map),
        cmocka_unit_test(test_unused_columns),
        cmocka_unit_test(test_unwrapped_null),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_write_scalars),
        cmocka_unit_test(test_write_doubles),
        cmocka_unit_test(test_write_strings),
        cmocka_unit_test(test_write_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
