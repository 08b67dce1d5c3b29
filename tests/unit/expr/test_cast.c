/* Casts: the matrix, exact texts, rounding, saturation, what fails. */
#include "expr_case.h"

typedef struct CastCase {
    const char *sql, *want;
} CastCase;

static void check(const CastCase *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        case_value(rows[i].sql, rows[i].want);
}
#define CHECK(rows) check((rows), sizeof(rows) / sizeof(rows)[0])

static void among_numbers(void **state)
{
    (void)state;
    static const CastCase rows[] = {
        {"CAST(2147483648 AS INT)", "-2147483648"},
        {"CAST(-7.9e0 AS INT)", "-7"},
        {"CAST(1e30 AS BIGINT)", "9223372036854775807"},
        {"CAST(-1e30 AS INT)", "-2147483648"},
        {"CAST(7.99 AS INT)", "7"},
        {"CAST(-7.99 AS BIGINT)", "-7"},
        {"CAST(3 AS DOUBLE)", "3.0"},
        {"CAST(0.1 AS DOUBLE)", "0.1"},
        {"CAST(123456789012345678901234.5 AS DOUBLE)", "1.2345678901234569E23"},
        {"CAST(10 AS DECIMAL(2, 1))", "null ?"},
        {"CAST(9 AS DECIMAL(2, 1))", "9.0"},
        {"CAST(0.99 AS DECIMAL(2, 1))", "1.0"},
        {"CAST(-0.95 AS DECIMAL(2, 1))", "-1.0"},
        {"CAST(9.95 AS DECIMAL(2, 1))", "10.0"}, /* the carry is not checked again */
        {"CAST(1.5 AS DECIMAL(6, 3))", "1.500"},
        {"CAST(2.5e0 AS DECIMAL(1, 0))", "3"},
        {"CAST(0.1e0 AS DECIMAL(4, 2))", "0.10"},
        {"CAST(1e3 AS DECIMAL(3, 0))", "null ?"},
        {"CAST(999.4e0 AS DECIMAL(3, 0))", "999"},
        {"CAST(999.6e0 AS DECIMAL(3, 0))", "null ?"}, /* to three digits first: 1000 */
        {"CAST(1e-9 AS DECIMAL(4, 2))", "0.00"},
        {"CAST(0e0 AS DECIMAL(2, 2))", "0.00"},
    };
    CHECK(rows);
}

static void to_text(void **state)
{
    (void)state;
    static const CastCase rows[] = {
        {"CAST(true AS STRING)", "true"},
        {"CAST(-12 AS STRING)", "-12"},
        {"CAST(10e0 AS STRING)", "10.0"},
        {"CAST(1e7 AS STRING)", "1.0E7"},
        {"CAST(0.00 AS STRING)", "0.00"},
        {"CAST(DATE '1970-01-11' AS STRING)", "1970-01-11"},
        {"CAST(TIME '10:11:00' AS STRING)", "10:11"},
        {"CAST(TIMESTAMP '1970-01-01T00:00:00.010' AS STRING)", "1970-01-01T00:00:00.010"},
        {"CAST(CAST(NULL AS INT) AS STRING) IS NULL", "true"},
    };
    CHECK(rows);
}

static void nested_values(void **state)
{
    (void)state;
    Batch *b = case_batch(&case_arena, 2);
    Value items[] = {{.type = &type_integer, .i32 = 1}, value_null(&type_integer)};
    Value lists[] = {{.type = case_columns[13].type}, {.type = case_columns[13].type}};
    for (uint32_t i = 0; i < 2; i++) {
        lists[i].list.items = items;
        lists[i].list.count = i + 1;
        column_set_value(&b->cols[13], (int)i, &lists[i]);
    }
    case_rows(b, "CAST(XS AS STRING)", "[1]; [1, null]");
    case_rows(b, "CAST(XS AS ARRAY<STRING>)", "[1]; [1, null]");
    case_rows(b, "CAST(XS AS ARRAY<BIGINT>)", "[1]; [1, null]");
    case_rows(b, "CAST(XS AS ARRAY<BIGINT>) IN (XS)", "true; true");
    case_refused("CAST(XS AS ARRAY<BIGINT>) = XS",
                 "Cannot compare CAST(XS AS ARRAY<BIGINT>) (ARRAY<BIGINT>) to XS (ARRAY<INTEGER>) "
                 "with EQUAL.");
}

static void from_text(void **state)
{
    (void)state;
    static const CastCase rows[] = {
        {"CAST(' 12 ' AS INT)", "12"},
        {"CAST('12.0' AS INT)", "null ?"},
        {"CAST('3000000000' AS INT)", "null ?"},
        {"CAST('-3000000000' AS BIGINT)", "-3000000000"},
        {"CAST('1e3' AS DOUBLE)", "1000.0"},
        {"CAST('NaN' AS DOUBLE)", "null ?"},
        {"CAST('1.005' AS DECIMAL(4, 2))", "1.01"},
        {"CAST('123.4' AS DECIMAL(4, 2))", "null ?"},
        {"CAST('YE' AS BOOLEAN)", "true"},
        {"CAST('truely' AS BOOLEAN)", "false"},
        {"CAST('' AS BOOLEAN)", "false"},
        {"CAST('2020-02' AS DATE)", "2020-02-01"},
        {"CAST('2020-02-30' AS DATE)", "null ?"},
        {"CAST('10:11:12.5' AS TIME)", "10:11:12"},
        {"CAST('2020-01-02T03+0100' AS TIMESTAMP)", "2020-01-02T02:00:00.000"},
        {"LEN(CAST('AAEC' AS BYTES))", "3"},
        {"CAST('!' AS BYTES) IS NULL", "true ?"},
    };
    CHECK(rows);
}

static void among_times(void **state)
{
    (void)state;
    static const CastCase rows[] = {
        {"CAST(DATE '2021-03-04' AS TIMESTAMP)", "2021-03-04T00:00:00.000"},
        {"CAST(TIMESTAMP '2021-03-04T05:06:07' AS DATE)", "2021-03-04"},
        {"CAST(TIMESTAMP '1969-12-31T23:59:59' AS DATE)", "1969-12-31"},
        {"CAST(TIMESTAMP '1969-12-31T23:59:59' AS TIME)", "23:59:59"},
    };
    CHECK(rows);
}

static void the_matrix(void **state)
{
    (void)state;
    const Type *d = type_decimal(&case_arena, 4, 2);
    const Type *types[] = {&type_boolean,   &type_integer, &type_bigint, d,
                           &type_double,    &type_string,  &type_date,   &type_time,
                           &type_timestamp, &type_bytes};
    static const char *const allowed[] = {/* from \ to BIIDDSDTTB */
                                          "x....x....", ".xxxxx....", ".xxxxx....", ".xxxxx....",
                                          ".xxxxx....", "xxxxxxxxxx", ".....xx.x.", ".....x.x..",
                                          ".....xxxx.", ".........x"};
    for (int from = 0; from < 10; from++) {
        for (int to = 0; to < 10; to++) {
            if (cast_allowed(types[from], types[to]) != (allowed[from][to] == 'x'))
                fail_msg("%s to %s", type_kind_name(types[from]->kind),
                         type_kind_name(types[to]->kind));
        }
    }
    assert_true(cast_allowed(&type_null, &type_date));
    assert_false(cast_allowed(&type_string, type_array(&case_arena, &type_integer)));
    assert_true(cast_allowed(type_array(&case_arena, &type_integer),
                             type_array(&case_arena, &type_string)));
    assert_false(
        cast_allowed(type_array(&case_arena, &type_date), type_array(&case_arena, &type_integer)));
}

static void single_values_say_what_failed(void **state)
{
    (void)state;
    Err err = ERR_INIT;
    Value v = {.type = &type_string, .str = STR_LIT("it's")}, out;
    assert_int_equal(value_cast(&case_arena, &v, &type_integer, &out, &err), ERR_EVAL);
    assert_string_equal(err.text, "Cannot cast 'it''s' to INTEGER");
    TypeField from[] = {{STR_LIT("A"), &type_integer}, {STR_LIT("B"), &type_integer}};
    TypeField to[] = {{STR_LIT("B"), &type_string}, {STR_LIT("C"), &type_date}};
    Value fields[] = {{.type = &type_integer, .i32 = 1}, {.type = &type_integer, .i32 = 2}};
    Value s = {.type = type_struct(&case_arena, from, 2)};
    s.list.items = fields;
    s.list.count = 2;
    assert_int_equal(value_cast(&case_arena, &s, type_struct(&case_arena, to, 2), &out, &err), 0);
    assert_int_equal(out.list.count, 2);
    assert_true(str_eq(out.list.items[0].str, STR_LIT("2")));
    assert_true(out.list.items[1].is_null);
}

static void types_are_read_back(void **state)
{
    (void)state;
    static const char *const texts[] = {"INTEGER",
                                        "DECIMAL(4, 2)",
                                        "DECIMAL(50, 30)",
                                        "ARRAY<MAP<STRING, BIGINT>>",
                                        "STRUCT<`A` INTEGER, `b``c` ARRAY<DATE>>",
                                        "STRUCT< >",
                                        "NULL"};
    static const char *const bad[] = {"",       "INT EGER",         "DECIMAL(4)", "DECIMAL(4, 5)",
                                      "ARRAY<", "ARRAY<INTEGER> x", "STRUCT<`A>", "MAP<STRING>",
                                      "NOPE"};
    Err err = ERR_INIT;
    const Type *t;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (type_parse(&case_arena, str_of(texts[i]), &t, &err))
            fail_msg("%s: %s", texts[i], err.text);
        const Type *again;
        const char *printed = t->kind == TYPE_NULL ? "NULL" : type_cstr(&case_arena, t);
        assert_int_equal(type_parse(&case_arena, str_of(printed), &again, &err), 0);
        assert_true(type_eq(t, again));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(type_parse(&case_arena, str_of(bad[i]), &t, &err), ERR_CORRUPT);
    assert_string_equal(err.text, "A stored type cannot be read at byte 4: a type is unknown.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(among_numbers),       cmocka_unit_test(to_text), cmocka_unit_test(nested_values),
        cmocka_unit_test(from_text),           cmocka_unit_test(among_times),
        cmocka_unit_test(the_matrix),          cmocka_unit_test(single_values_say_what_failed),
        cmocka_unit_test(types_are_read_back),
    };
    return cmocka_run_group_tests(tests, case_setup, case_teardown);
}
