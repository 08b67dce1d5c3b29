/* test_formats.c: the table of formats, and what a schema is refused for. */
#include "harness.h"

static void expect_refused(const char *format, bool is_key, const SchemaColumn *cols, int count,
                           const char *reason)
{
    FormatSpec spec = {.format = format_find(str_of(format))};
    assert_non_null(spec.format);
    Codec *codec = NULL;
    Err err = ERR_INIT;
    assert_int_not_equal(codec_open(&spec, cols, count, is_key, &codec, &err), 0);
    assert_null(codec);
    assert_string_equal(err.text, reason);
    assert_int_equal(err.kind, ERR_KIND_USER);
}

static SchemaColumn column(const char *name, const Type *type)
{
    return (SchemaColumn){.name = str_of(name), .type = type, .role = ROLE_VALUE};
}

static void test_find(void **state)
{
    (void)state;
    assert_string_equal(format_find(STR_LIT("json"))->name, "JSON");
    assert_string_equal(format_find(STR_LIT("Kafka"))->name, "KAFKA");
    assert_string_equal(format_find(STR_LIT("JSON_SR"))->name, "JSON_SR");
    assert_null(format_find(STR_LIT("JSO")));
    assert_null(format_find(STR_LIT("")));
    for (const Format *const *f = format_table; *f; f++) {
        assert_ptr_equal(format_find(str_of((*f)->name)), *f);
        assert_non_null((*f)->help);
        assert_true((*f)->not_built || ((*f)->decode && (*f)->encode));
    }
}

static void test_not_built(void **state)
{
    (void)state;
    for (const Format *const *f = format_table; *f; f++) {
        if (!(*f)->not_built)
            continue;
        char reason[80];
        snprintf(reason, sizeof reason, "not built yet: format %s", (*f)->name);
        expect_refused((*f)->name, false, NULL, 0, reason);
    }
}

static void test_kafka_schemas(void **state)
{
    (void)state;
    SchemaColumn two[] = {column("V0", &type_integer), column("V1", &type_string)};
    expect_refused("KAFKA", false, two, 2,
                   "The 'KAFKA' format only supports a single field. "
                   "Got: [`V0` INTEGER, `V1` STRING]");
    expect_refused("KAFKA", true, two, 2,
                   "The 'KAFKA' format only supports a single field. "
                   "Got: [`V0` INTEGER KEY, `V1` STRING KEY]");
    SchemaColumn flag = column("B", &type_boolean);
    expect_refused("KAFKA", true, &flag, 1, "The 'KAFKA' format does not support type 'BOOLEAN'");
    Arena a;
    arena_init(&a, 0);
    SchemaColumn list = column("L", type_array(&a, &type_integer));
    expect_refused("KAFKA", false, &list, 1, "The 'KAFKA' format does not support type 'ARRAY'");
    SchemaColumn price = column("P", type_decimal(&a, 4, 2));
    expect_refused("KAFKA", false, &price, 1, "The 'KAFKA' format does not support type 'DECIMAL'");
    arena_fini(&a);
}

static void test_none_schemas(void **state)
{
    (void)state;
    SchemaColumn one = column("ID", &type_bigint);
    expect_refused("NONE", true, &one, 1,
                   "The 'NONE' format can only be used when no columns are defined. "
                   "Got: [`ID` BIGINT KEY]");
    expect_refused("NONE", false, &one, 1,
                   "The 'NONE' format can only be used when no columns are defined. "
                   "Got: [`ID` BIGINT]");
}

static void test_json_schemas(void **state)
{
    (void)state;
    Arena a;
    arena_init(&a, 0);
    const Type *map = type_map(&a, &type_integer, &type_double);
    SchemaColumn flat = column("M", map);
    SchemaColumn deep = column("M", type_array(&a, type_map(&a, &type_string, map)));
    TypeField field = {STR_LIT("F"), map};
    SchemaColumn in_struct = column("M", type_struct(&a, &field, 1));
    static const char reason[] = "JSON only supports MAP types with STRING keys";
    expect_refused("JSON", false, &flat, 1, reason);
    expect_refused("JSON", false, &deep, 1, reason);
    expect_refused("JSON", true, &in_struct, 1, reason);
    arena_fini(&a);
}

/* Sides without columns: whatever the bytes are, they are not looked at. */
static void test_no_columns(void **state)
{
    (void)state;
    static const char *const formats[] = {"KAFKA", "JSON", "NONE"};
    for (int f = 0; f < 3; f++) {
        Harness h;
        harness_init(&h);
        assert_int_equal(harness_open(&h, formats[f], true, true), 0);
        assert_int_equal(harness_decode(&h, STR_LIT("\xff anything")), 0);
        bool is_null = false;
        assert_int_equal(h.codec->format->encode(h.codec, h.cols, 0, &h.text, &is_null, &h.err), 0);
        assert_true(is_null);
        harness_fini(&h);
    }
}

/* A row whose columns are all in the key still is a row. */
static void test_json_value_without_columns(void **state)
{
    (void)state;
    Harness h;
    harness_init(&h);
    assert_int_equal(harness_open(&h, "JSON", false, false), 0);
    expect_bytes(&h, STR_LIT("{}"));
    expect_row(&h, "{}", "");
    harness_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_not_built),
        cmocka_unit_test(test_kafka_schemas),
        cmocka_unit_test(test_none_schemas),
        cmocka_unit_test(test_json_schemas),
        cmocka_unit_test(test_no_columns),
        cmocka_unit_test(test_json_value_without_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
