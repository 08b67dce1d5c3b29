/* Types, schemas, names, and single values: equality, hash, copies and both spellings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

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

static const Type *struct_ab(void)
{
    TypeField fields[] = {{STR_LIT("A"), &type_integer}, {STR_LIT("b`c"), &type_string}};
    return type_struct(&arena, fields, 2);
}

static void test_print_types(void **state)
{
    const Type *deep = type_map(&arena, &type_string, type_array(&arena, struct_ab()));
    assert_string_equal(type_cstr(&arena, deep),
                        "MAP<STRING, ARRAY<STRUCT<`A` INTEGER, `b``c` STRING>>>");
    assert_string_equal(type_cstr(&arena, type_decimal(&arena, 4, 2)), "DECIMAL(4, 2)");
    assert_string_equal(type_cstr(&arena, type_struct(&arena, NULL, 0)), "STRUCT<>");
    assert_string_equal(type_cstr(&arena, &type_timestamp), "TIMESTAMP");
    assert_string_equal(type_kind_name(TYPE_MAP), "MAP");
    assert_string_equal(window_kind_name(WINDOW_SESSION), "SESSION");
}

static void test_find_types(void **state)
{
    assert_ptr_equal(type_find(STR_LIT("int")), &type_integer);
    assert_ptr_equal(type_find(STR_LIT("VarChar")), &type_string);
    assert_ptr_equal(type_find(STR_LIT("TIMESTAMP")), &type_timestamp);
    assert_null(type_find(STR_LIT("DECIMAL")));
    assert_null(type_find(STR_LIT("NULL")));
    assert_null(type_find(STR_LIT("INTE")));
}

static void test_compare_types(void **state)
{
    const Type *deep = type_map(&arena, &type_string, type_array(&arena, struct_ab()));
    const Type *copy = type_copy(&arena, deep);
    assert_ptr_not_equal(deep, copy);
    assert_true(type_eq(deep, copy));
    assert_ptr_equal(type_copy(&arena, &type_date), &type_date);
    assert_false(type_eq(type_decimal(&arena, 4, 2), type_decimal(&arena, 4, 1)));
    assert_false(type_eq(type_array(&arena, &type_integer), type_array(&arena, &type_bigint)));
    TypeField other[] = {{STR_LIT("a"), &type_integer}, {STR_LIT("b`c"), &type_string}};
    assert_false(type_eq(struct_ab(), type_struct(&arena, other, 2)));
    assert_false(type_eq(struct_ab(), type_struct(&arena, other, 1)));
    assert_int_equal(type_repr(type_decimal(&arena, 38, 2)), REPR_I128);
    assert_int_equal(type_repr(type_decimal(&arena, 39, 2)), REPR_BOX);
    assert_int_equal(repr_bytes(type_repr(&type_string)), sizeof(Str));
    assert_true(type_is_numeric(type_decimal(&arena, 39, 2)));
    assert_false(type_is_numeric(&type_date));
}

static void test_schemas(void **state)
{
    const Type *header = type_array(&arena, &type_bytes);
    SchemaColumn columns[] = {{STR_LIT("K"), &type_string, ROLE_KEY, STR_NULL},
                              {STR_LIT("v"), type_decimal(&arena, 3, 1), ROLE_VALUE, STR_NULL},
                              {STR_LIT("H"), header, ROLE_HEADER, STR_NULL},
                              {STR_LIT("I"), &type_bytes, ROLE_HEADER, STR_LIT("it's")}};
    Schema s = {columns, 4, 1, WINDOW_NONE, 0};
    assert_int_equal(schema_find(&s, STR_LIT("v")), 1);
    assert_int_equal(schema_find(&s, STR_LIT("V")), -1);
    schema_print(&out, &s);
    assert_string_equal(taken(), "`K` STRING KEY, `v` DECIMAL(3, 1), `H` ARRAY<BYTES> HEADERS, "
                                 "`I` BYTES HEADER('it''s')");
    Schema *copy = schema_copy(&arena, &s);
    assert_true(schema_eq(&s, copy));
    assert_null(copy->columns[0].header.ptr);
    copy->columns[2].header = STR_LIT("");
    assert_false(schema_eq(&s, copy));
    copy = schema_copy(&arena, &s);
    copy->window = WINDOW_TUMBLING;
    assert_false(schema_eq(&s, copy));
    copy = schema_copy(&arena, &s);
    copy->columns[1].name = STR_LIT("V");
    assert_false(schema_eq(&s, copy));
}

static void test_names(void **state)
{
    static const char *const rows[][2] = {{"ORDERS", "ORDERS"},
                                          {"_A1@B", "_A1@B"},
                                          {"orders", "`orders`"},
                                          {"SELECT", "`SELECT`"},
                                          {"ID", "ID"},
                                          {"TIMESTAMP", "TIMESTAMP"},
                                          {"1A", "`1A`"},
                                          {"@A", "`@A`"},
                                          {"", "``"},
                                          {"A`B", "`A``B`"},
                                          {"A B", "`A B`"},
                                          {"\xc3\x84", "`\xc3\x84`"},
                                          {"MATERIALIZED", "`MATERIALIZED`"},
                                          {"MATERIALIZEDX", "MATERIALIZEDX"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        name_print(&out, str_of(rows[i][0]), false);
        assert_string_equal(taken(), rows[i][1]);
    }
    name_print(&out, STR_LIT("ORDERS"), true);
    assert_string_equal(taken(), "`ORDERS`");
    /* Every word of list A is found: the table is sorted. */
    static const char list_a[] =
        "SELECT FROM AS ALL DISTINCT WHERE WITHIN WINDOW GROUP BY HAVING LIMIT AT OR AND IN NOT "
        "EXISTS BETWEEN LIKE IS NULL TRUE FALSE MILLISECOND YEARS MONTHS DAYS HOURS MINUTES "
        "SECONDS MILLISECONDS TUMBLING HOPPING SIZE ADVANCE RETENTION CASE WHEN THEN ELSE END JOIN "
        "FULL OUTER INNER LEFT RIGHT ON WITH VALUES CREATE TABLE TOPIC STREAM STREAMS INSERT "
        "DELETE INTO DESCRIBE EXTENDED PRINT CAST LIST TOPICS QUERY QUERIES TERMINATE PAUSE RESUME "
        "LOAD DROP TO RENAME SAMPLE EXPORT CATALOG PROPERTIES BEGINNING UNSET RUN SCRIPT DECIMAL "
        "CONNECTOR CONNECTORS NAMESPACE MATERIALIZED VIEW ";
    int words = 0;
    for (const char *p = list_a; *p; words++) {
        size_t n = strcspn(p, " ");
        if (!name_is_reserved(str_make(p, n)))
            fail_msg("%.*s is not reserved", (int)n, p);
        p += n + 1;
    }
    assert_int_equal(words, 88);
    assert_true(name_is_reserved(STR_LIT("select")));
    static const char *const free_words[] = {"KEY",  "DATE", "STRUCT", "YEAR",
                                             "EMIT", "INT",  "A",      "Z"};
    for (size_t i = 0; i < sizeof free_words / sizeof *free_words; i++)
        assert_false(name_is_reserved(str_of(free_words[i])));
}

/* ---- values
 * -------------------------------------------------------------------------------------- */

static Value int_value(int32_t v)
{
    return (Value){.type = &type_integer, .i32 = v};
}
static Value str_value(const char *z)
{
    return (Value){.type = &type_string, .str = str_of(z)};
}

static Value list_value(const Type *t, const Value *items, uint32_t n)
{
    Value *copy = ARENA_ARRAY(&arena, Value, n);
    if (n)
        memcpy(copy, items, n * sizeof *items);
    Value v = {.type = t};
    v.list.items = copy;
    v.list.count = t->kind == TYPE_MAP ? n / 2 : n;
    return v;
}

static void check(Value v, const char *text, const char *sql)
{
    value_print(&out, &v);
    assert_string_equal(taken(), text);
    value_print_sql(&out, &v);
    assert_string_equal(taken(), sql);
    Value copy = value_copy(&arena, &v);
    assert_true(value_eq(&v, &copy));
    assert_true(value_hash(&v) == value_hash(&copy));
}

static void test_print_scalars(void **state)
{
    check(value_null(&type_null), "null", "NULL");
    check(value_null(&type_date), "null", "CAST(NULL AS DATE)");
    check((Value){.type = &type_boolean, .b = true}, "true", "TRUE");
    check(int_value(INT32_MIN), "-2147483648", "-2147483648");
    check((Value){.type = &type_bigint, .i64 = 5}, "5", "CAST(5 AS BIGINT)");
    check((Value){.type = &type_bigint, .i64 = INT64_MIN}, "-9223372036854775808",
          "-9223372036854775808");
    check((Value){.type = &type_double, .f64 = 10}, "10.0", "10.0E0");
    check((Value){.type = &type_double, .f64 = 1e7}, "1.0E7", "1.0E7");
    check((Value){.type = &type_double, .f64 = NAN}, "NaN", "CAST('NaN' AS DOUBLE)");
    check(str_value("it's"), "it's", "'it''s'");
    check((Value){.type = &type_bytes, .str = STR_LIT("foo")}, "Zm9v",
          "TO_BYTES('Zm9v', 'base64')");
    check((Value){.type = &type_date, .i32 = 10}, "1970-01-11", "DATE '1970-01-11'");
    check((Value){.type = &type_time, .i32 = 36672010}, "10:11:12", "TIME '10:11:12.010'");
    check((Value){.type = &type_timestamp, .i64 = 10}, "1970-01-01T00:00:00.010",
          "TIMESTAMP '1970-01-01T00:00:00.010'");
}

static void test_print_decimals(void **state)
{
    check((Value){.type = type_decimal(&arena, 4, 2), .i128 = 1250}, "12.50", "12.50");
    check((Value){.type = type_decimal(&arena, 3, 2), .i128 = -5}, "-0.05", "-0.05");
    check((Value){.type = type_decimal(&arena, 9, 2), .i128 = 5}, "0.05",
          "CAST(0.05 AS DECIMAL(9, 2))");
    check((Value){.type = type_decimal(&arena, 1, 0), .i128 = 7}, "7", "7.");
    check((Value){.type = type_decimal(&arena, 2, 0), .i128 = 7}, "7", "CAST(7. AS DECIMAL(2, 0))");
    check((Value){.type = type_decimal(&arena, 41, 1), .str = STR_LIT("-12.5")}, "-12.5",
          "CAST(-12.5 AS DECIMAL(41, 1))");
}

static void test_print_nested(void **state)
{
    Value ints[] = {int_value(1), value_null(&type_integer), int_value(3)};
    const Type *array = type_array(&arena, &type_integer);
    check(list_value(array, ints, 3), "[1, null, 3]", "ARRAY[1, CAST(NULL AS INTEGER), 3]");
    check(list_value(array, ints, 0), "[]", "CAST(ARRAY[] AS ARRAY<INTEGER>)");
    const Type *map = type_map(&arena, &type_string, &type_integer);
    Value pairs[] = {str_value("a"), int_value(1), str_value("b"), int_value(2)};
    check(list_value(map, pairs, 4), "{a=1, b=2}", "MAP('a' := 1, 'b' := 2)");
    check(list_value(map, pairs, 0), "{}", "CAST(MAP() AS MAP<STRING, INTEGER>)");
    Value fields[] = {int_value(1), value_null(&type_string)};
    check(list_value(struct_ab(), fields, 2), "Struct{A=1}",
          "STRUCT(`A` := 1, `b``c` := CAST(NULL AS STRING))");
    fields[1] = str_value("x");
    check(list_value(struct_ab(), fields, 2), "Struct{A=1,b`c=x}",
          "STRUCT(`A` := 1, `b``c` := 'x')");
    Value times[] = {{.type = &type_timestamp, .i64 = 1500}};
    check(list_value(type_array(&arena, &type_timestamp), times, 1), "[1970-01-01 00:00:01.5]",
          "ARRAY[TIMESTAMP '1970-01-01T00:00:01.500']");
    Value clocks[] = {{.type = &type_time, .i32 = 0}};
    check(list_value(type_array(&arena, &type_time), clocks, 1), "[00:00:00]",
          "ARRAY[TIME '00:00:00.000']");
    const Type *tiny = type_decimal(&arena, 8, 7);
    Value decimals[] = {{.type = tiny, .i128 = 1}};
    check(list_value(type_array(&arena, tiny), decimals, 1), "[1E-7]", "ARRAY[0.0000001]");
}

static void test_equality(void **state)
{
    Value zero = {.type = &type_double, .f64 = 0.0}, minus = {.type = &type_double, .f64 = -0.0};
    Value nan = {.type = &type_double, .f64 = NAN}, other_nan = {.type = &type_double, .f64 = -NAN};
    assert_false(value_eq(&zero, &minus));
    assert_true(value_eq(&nan, &other_nan));
    assert_true(value_hash(&nan) == value_hash(&other_nan));
    Value null = value_null(&type_integer), one = int_value(1);
    assert_true(value_eq(&null, &null));
    assert_false(value_eq(&null, &one) || value_eq(&one, &null));
    const Type *array = type_array(&arena, &type_integer);
    Value ab[] = {int_value(1), int_value(2)}, ba[] = {int_value(2), int_value(1)};
    Value x = list_value(array, ab, 2), y = list_value(array, ba, 2), z = list_value(array, ab, 1);
    assert_false(value_eq(&x, &y) || value_eq(&x, &z));
}

/* Maps are equal whatever the order of their pairs, and a large one is compared in no time. */
static void test_map_equality(void **state)
{
    enum { N = 20000 };
    const Type *t = type_map(&arena, &type_integer, &type_integer);
    Value *up = ARENA_ARRAY(&arena, Value, 2 * N), *down = ARENA_ARRAY(&arena, Value, 2 * N);
    for (int i = 0; i < N; i++) {
        up[2 * i] = int_value(i);
        up[2 * i + 1] = int_value(i * 3);
        down[2 * i] = int_value(N - 1 - i);
        down[2 * i + 1] = int_value((N - 1 - i) * 3);
    }
    Value a = list_value(t, up, 2 * N), b = list_value(t, down, 2 * N);
    assert_true(value_eq(&a, &b));
    assert_true(value_hash(&a) == value_hash(&b));
    b.list.items[1] = int_value(-1);
    assert_false(value_eq(&a, &b));
    b.list.count--;
    assert_false(value_eq(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_print_types),    cmocka_unit_test(test_find_types),
        cmocka_unit_test(test_compare_types),  cmocka_unit_test(test_schemas),
        cmocka_unit_test(test_names),          cmocka_unit_test(test_print_scalars),
        cmocka_unit_test(test_print_decimals), cmocka_unit_test(test_print_nested),
        cmocka_unit_test(test_equality),       cmocka_unit_test(test_map_equality),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
