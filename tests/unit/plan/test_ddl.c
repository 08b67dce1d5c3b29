/* CREATE STREAM and CREATE TABLE with columns: what they register, what they refuse. */
#include "harness.h"

static Bench *bench_new(bool test_mode)
{
    Bench *b = malloc(sizeof *b);
    bench_open(b, test_mode);
    return b;
}

static void bench_end(Bench *b)
{
    bench_close(b);
    free(b);
}

static const CatalogSource *source(Bench *b, const char *name)
{
    return catalog_find_source(b->catalog, str_of(name));
}

static void columns_are_sorted_by_role(void **state)
{
    Bench *b = bench_new(true);
    must(b, "CREATE STREAM s (v DOUBLE, `Odd` BIGINT, k INT KEY, d DECIMAL(4,2)) WITH"
            " (kafka_topic='Topic', value_format='json', partitions=2, replicas=1,"
            " timestamp='`Odd`');");
    assert_string_equal(b->text, "K INTEGER KEY, V DOUBLE, `Odd` BIGINT, D DECIMAL(4, 2)");
    const CatalogSource *s = source(b, "S");
    assert_true(str_eq(s->topic, STR_LIT("Topic")));
    assert_int_equal(s->partitions, 2);
    assert_int_equal(s->timestamp_column, 2);
    assert_null(s->timestamp_format.ptr);
    assert_string_equal(s->key_format.format->name, "KAFKA");
    assert_string_equal(s->value_format.format->name, "JSON");
    assert_false(s->value_format.unwrapped || s->wrap_given || s->read_only || s->is_table);
    assert_null(s->query_id.ptr);
    assert_true(s->statement.len > 0);
    bench_end(b);
}

static void defaults_come_from_settings(void **state)
{
    Bench *b = bench_new(true);
    must(b, "SET 'ksql.persistence.default.format.key'='JSON';"
            "SET 'ksql.persistence.default.format.value'='KAFKA';"
            "CREATE STREAM s (k INT KEY, v INT) WITH (kafka_topic='s');");
    assert_string_equal(source(b, "S")->key_format.format->name, "JSON");
    assert_true(source(b, "S")->key_format.unwrapped);
    assert_string_equal(source(b, "S")->value_format.format->name, "KAFKA");
    assert_int_equal(source(b, "S")->partitions, 4); /* what the test world says */
    must(b, "SET 'ksql.persistence.wrap.single.values'='false';"
            "CREATE STREAM w (k INT KEY, v INT) WITH (kafka_topic='w', value_format='JSON');");
    assert_true(source(b, "W")->value_format.unwrapped);
    assert_false(source(b, "W")->wrap_given);
    bench_end(b);
}

static void outside_tests_with_is_not_needed(void **state)
{
    Bench *b = bench_new(false);
    must(b, "CREATE STREAM Orders (id BIGINT KEY, total DOUBLE);");
    const CatalogSource *s = source(b, "ORDERS");
    assert_true(str_eq(s->topic, STR_LIT("orders")));
    assert_int_equal(s->partitions, 1);
    assert_string_equal(s->value_format.format->name, "JSON");
    must(b, "CREATE TABLE `Mixed` (id BIGINT PRIMARY KEY, total DOUBLE) WITH (partitions=3);");
    assert_true(str_eq(source(b, "Mixed")->topic, STR_LIT("mixed")));
    assert_int_equal(source(b, "Mixed")->partitions, 3);
    /* A topic that is named and not there may be a typing error. */
    refuses(b, "CREATE STREAM o (id INT KEY, v INT) WITH (kafka_topic='ordesr');", ERR_STATEMENT,
            "Topic 'ordesr' does not exist. To create it, say how many partitions it is to have: "
            "PARTITIONS=1.");
    static const WorldTopic topics[] = {{{"there", 5}, 6}};
    b->world.topics = topics;
    b->world.topic_count = 1;
    must(b, "CREATE STREAM p (id INT KEY, v INT) WITH (kafka_topic='there');");
    assert_int_equal(source(b, "P")->partitions, 6);
    refuses(b, "CREATE STREAM q (id INT KEY, v INT) WITH (kafka_topic='there', partitions=2);",
            ERR_STATEMENT,
            "A topic with the name 'there' already exists, with 6 partitions instead of 2.");
    bench_end(b);
}

static void topics_are_made_with_partitions(void **state)
{
    Bench *b = bench_new(false);
    static const WorldTopic topics[] = {{{"there", 5}, 6}};
    static const struct {
        const char *with;
        int create;
    } rows[] = {{"(kafka_topic='there')", 0},
                {"(kafka_topic='fresh', partitions=9)", 9},
                {"(value_format='JSON')", 1}};
    b->world.topics = topics;
    b->world.topic_count = 1;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        SqlScript script;
        CatalogSource *made;
        int create = -1;
        Str text =
            str_of(arena_printf(&b->arena, "CREATE STREAM s (v INT) WITH %s;", rows[i].with));
        assert_int_equal(sql_parse(&b->arena, text, false, &script, &b->err), 0);
        assert_int_equal(plan_create_source(b->catalog, &b->world, script.statements[0], &made,
                                            &create, &b->err),
                         0);
        assert_int_equal(create, rows[i].create);
        source_unref(made);
    }
    bench_end(b);
}

static void windows_and_wrapping(void **state)
{
    Bench *b = bench_new(true);
    must(b, "CREATE STREAM a (k INT KEY, v INT) WITH (kafka_topic='a', value_format='JSON',"
            " window_type='Hopping', window_size='2 minutes', wrap_single_value=false);");
    assert_string_equal(b->text, "K INTEGER KEY, V INTEGER HOPPING 120000");
    assert_true(source(b, "A")->value_format.unwrapped && source(b, "A")->wrap_given);
    must(b, "CREATE STREAM b (k INT KEY, v INT) WITH (kafka_topic='b', value_format='JSON',"
            " window_type='SESSION');");
    assert_string_equal(b->text, "K INTEGER KEY, V INTEGER SESSION 0");
    must(b,
         "CREATE SOURCE TABLE c (k INT PRIMARY KEY) WITH (kafka_topic='c', value_format='JSON');");
    assert_true(source(b, "C")->read_only && source(b, "C")->is_table);
    must(b, "CREATE STREAM IF NOT EXISTS c (z INT) WITH (kafka_topic='z', value_format='JSON');");
    assert_true(source(b, "C")->is_table);
    bench_end(b);
}

static void types_may_be_named(void **state)
{
    Bench *b = bench_new(true);
    const TypeField fields[] = {{STR_LIT("X"), &type_integer}, {STR_LIT("Y"), &type_double}};
    assert_true(catalog_put_type(b->catalog, STR_LIT("POINT"), type_struct(&b->arena, fields, 2)));
    must(b,
         "CREATE STREAM s (p point, l ARRAY<POINT>) WITH (kafka_topic='s', value_format='JSON');");
    assert_string_equal(b->text,
                        "P STRUCT<`X` INTEGER, `Y` DOUBLE>, L ARRAY<STRUCT<`X` INTEGER, `Y` "
                        "DOUBLE>>");
    refuses(b, "CREATE STREAM t (p pint) WITH (kafka_topic='t', value_format='JSON');",
            ERR_STATEMENT, "Cannot resolve unknown type: PINT");
    bench_end(b);
}

static void replacing(void **state)
{
    Bench *b = bench_new(true);
    must(b, "CREATE STREAM s (k INT KEY, v INT, w INT) WITH (kafka_topic='s', value_format='JSON');"
            "CREATE OR REPLACE STREAM s (k INT KEY, v INT, w INT, x STRING) WITH (kafka_topic='s',"
            " value_format='JSON');");
    assert_int_equal(source(b, "S")->schema->count, 4);
    must(b,
         "CREATE SOURCE STREAM f (k INT KEY, v INT) WITH (kafka_topic='f', value_format='JSON');");
    static const struct {
        const char *statement, *words;
    } rows[] = {
        {"CREATE STREAM s (k INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');",
         "Cannot add stream 'S': A stream with the same name already exists"},
        {"CREATE OR REPLACE STREAM s (k STRING KEY, v INT, w INT, x STRING) WITH (kafka_topic='s',"
         " value_format='JSON');",
         "(Key columns must be identical. The following key columns are changed, missing or "
         "reordered: "
         "[`K` INTEGER KEY])"},
        {"CREATE OR REPLACE STREAM s (k INT KEY, w INT, v INT, x STRING) WITH (kafka_topic='s',"
         " value_format='JSON');",
         "(The following columns are changed, missing or reordered: [`V` INTEGER, `W` INTEGER])"},
        {"CREATE OR REPLACE STREAM s (k INT KEY, v INT, w INT, x STRING) WITH (kafka_topic='t',"
         " value_format='JSON');",
         "Its topic cannot change."},
        {"CREATE OR REPLACE STREAM f (k INT KEY, v INT) WITH (kafka_topic='f', "
         "value_format='JSON');",
         "Cannot add stream 'F': CREATE OR REPLACE is not supported on source streams."},
        {"CREATE OR REPLACE SOURCE STREAM s (k INT KEY, v INT) WITH (kafka_topic='s',"
         " value_format='JSON');",
         "Cannot add stream 'S': CREATE OR REPLACE is not supported on source streams."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refuses(b, rows[i].statement, ERR_STATEMENT, rows[i].words);
    bench_end(b);
}

#define WITH_JSON " WITH (kafka_topic='o', value_format='JSON')"

static void refusals(void **state)
{
    static const struct {
        const char *statement;
        ErrCode code;
        const char *words;
    } rows[] = {
        {"CREATE TABLE o (id INT KEY, v INT)" WITH_JSON ";", ERR_SYNTAX,
         "Line: 1, Col: 17: Column `ID` is a 'KEY' column: please use 'PRIMARY KEY' for tables."},
        {"CREATE STREAM o (v INT,\n id INT PRIMARY KEY)" WITH_JSON ";", ERR_SYNTAX,
         "Line: 2, Col: 2: Column `ID` is a 'PRIMARY KEY' column: please use 'KEY' for streams."},
        {"CREATE TABLE o (v INT)" WITH_JSON ";", ERR_STATEMENT,
         "Tables require a PRIMARY KEY. Please define the PRIMARY KEY."},
        {"CREATE TABLE o WITH (kafka_topic='o', value_format='Avro');", ERR_STATEMENT,
         "Tables require a PRIMARY KEY."},
        {"CREATE STREAM o" WITH_JSON ";", ERR_STATEMENT, "No columns supplied."},
        {"CREATE STREAM o (v INT, v STRING)" WITH_JSON ";", ERR_STATEMENT,
         "Duplicate value columns found in schema: `V` STRING"},
        {"CREATE STREAM o (rowtime INT)" WITH_JSON ";", ERR_STATEMENT,
         "'ROWTIME' is a reserved column name. You cannot use it as a name for a column."},
        {"CREATE STREAM o (v INT) WITH (kafka_topic='o');", ERR_STATEMENT,
         "Statement is missing the 'VALUE_FORMAT' property from the WITH clause. Either provide "
         "one or "
         "set a default via the 'ksql.persistence.default.format.value' config."},
        {"CREATE STREAM o (v INT) WITH (value_format='JSON');", ERR_STATEMENT,
         "Missing required property \"KAFKA_TOPIC\" which has no default value."},
        {"CREATE STREAM o (v INT) WITH (kafka_topic='o', key_format='JSON', format='JSON');",
         ERR_STATEMENT,
         "Cannot supply both 'KEY_FORMAT' and 'FORMAT' properties, as 'FORMAT' sets both key and "
         "value "
         "formats. Either use just 'FORMAT', or use 'KEY_FORMAT' and 'VALUE_FORMAT'."},
        {"CREATE STREAM o (v INT) WITH (kafka_topic='o', value_format='JSON', format='JSON');",
         ERR_STATEMENT, "Cannot supply both 'VALUE_FORMAT' and 'FORMAT' properties"},
        {"CREATE STREAM o (v INT) WITH (kafka_topic='o', value_format='FOO');", ERR_STATEMENT,
         "Unknown format: FOO"},
        {"CREATE STREAM o (v INT) WITH (kafka_topic='o', kafka_topic='p', value_format='JSON');",
         ERR_STATEMENT, "KAFKA_TOPIC is given twice in the WITH clause."},
        {"CREATE STREAM o (v INT) WITH (kafka_topic='', value_format='JSON');", ERR_STATEMENT,
         "Configuration KAFKA_TOPIC is invalid"},
        {"CREATE STREAM o (v INT) WITH (kafka_topic='o', value_format='JSON', partitions=0);",
         ERR_STATEMENT, "Configuration PARTITIONS is invalid"},
        {"CREATE STREAM o (v INT) WITH (kafka_topic='o', value_format='JSON', partitions='many');",
         ERR_STATEMENT, "Configuration PARTITIONS is invalid: it must be a whole number"},
        {"CREATE STREAM o (v INT) WITH (kafka_topic='o', value_format='JSON', "
         "value_delimiter='|');",
         ERR_STATEMENT, "JSON does not support the following configs: [delimiter]"},
        {"CREATE STREAM o (v INT) WITH (kafka_topic='o', value_format='DELIMITED', "
         "value_delimiter='');",
         ERR_STATEMENT,
         "Failed to prepare statement: Configuration VALUE_DELIMITER is invalid: Delimiter cannot "
         "be "
         "empty, if you meant to have a tab or space for delimiter, please use the special values "
         "'TAB' "
         "or 'SPACE'\nExample valid value: ';'"},
        {"CREATE STREAM o (v INT) WITH (kafka_topic='o', value_format='DELIMITED', "
         "value_delimiter='<~>');",
         ERR_STATEMENT,
         "Configuration VALUE_DELIMITER is invalid: Invalid delimiter value: '<~>'. Delimiter must "
         "be a "
         "single character or TAB,SPACE\nExample valid value: ';'"},
        {"CREATE STREAM o (v INT) WITH (kafka_topic='o', value_format='AVRO', "
         "value_schema_full_name=' ');",
         ERR_STATEMENT, "fullSchemaName cannot be empty. Format configuration: {fullSchemaName=}"},
        {"CREATE STREAM o (v INT) WITH (kafka_topic='o', value_format='JSON', "
         "value_schema_full_name='a.b');",
         ERR_STATEMENT, "JSON does not support the following configs: [fullSchemaName]"},
        {"CREATE STREAM o (k INT KEY) WITH (kafka_topic='o', format='AVRO', key_schema_id=1);",
         ERR_STATEMENT, "Table elements and KEY_SCHEMA_ID cannot both exist for create statement."},
        {"CREATE STREAM o (v INT) WITH (kafka_topic='o', value_format='JSON', key_schema_id=1);",
         ERR_STATEMENT,
         "KEY_FORMAT should support schema inference when KEY_SCHEMA_ID is provided. Current "
         "format is "
         "KAFKA."},
        {"CREATE STREAM o (v INT, w INT) WITH (kafka_topic='o', value_format='JSON', "
         "wrap_single_value=true);",
         ERR_STATEMENT, "'WRAP_SINGLE_VALUE' is only valid for single-field value schemas"},
        {"CREATE STREAM o (v INT) WITH (kafka_topic='o', value_format='KAFKA', "
         "wrap_single_value=true);",
         ERR_STATEMENT, "Format 'KAFKA' does not support 'WRAP_SINGLE_VALUE' set to 'true'."},
        {"CREATE STREAM o (v INT) WITH (kafka_topic='o', value_format='PROTOBUF', "
         "wrap_single_value=false);",
         ERR_STATEMENT, "Format 'PROTOBUF' does not support 'WRAP_SINGLE_VALUE' set to 'false'."},
        {"CREATE STREAM o (k MAP<STRING, INT> KEY, v INT) WITH (kafka_topic='o', format='AVRO');",
         ERR_STATEMENT, "Key column name: `K`. Column type: MAP<STRING, INTEGER>."},
        {"CREATE STREAM o (k STRUCT<f ARRAY<MAP<STRING, INT>>> KEY, v INT)" WITH_JSON ";",
         ERR_STATEMENT, "Map keys, including types that contain maps, are not supported"},
        {"CREATE STREAM o (k BOOLEAN KEY, v INT)" WITH_JSON ";", ERR_STATEMENT,
         "Key format does not support schema.\nformat: KAFKA\nschema: Persistence{columns=[`K` "
         "BOOLEAN "
         "KEY], features=[]}\nreason: The 'KAFKA' format does not support type 'BOOLEAN'"},
        {"CREATE STREAM o (k INT KEY, v INT, w INT) WITH (kafka_topic='o', value_format='KAFKA');",
         ERR_STATEMENT,
         "Value format does not support schema.\nformat: KAFKA\nschema: Persistence{columns=[`V` "
         "INTEGER, `W` INTEGER], features=[]}\nreason: The 'KAFKA' format only supports a single "
         "field. "
         "Got: [`V` INTEGER, `W` INTEGER]"},
        {"CREATE STREAM o (k INT KEY, v INT) WITH (kafka_topic='o', key_format='NONE', "
         "value_format='JSON');",
         ERR_STATEMENT,
         "The 'NONE' format can only be used when no columns are defined. Got: [`K` INTEGER KEY]"},
        {"CREATE STREAM o (v MAP<INT, INT>)" WITH_JSON ";", ERR_STATEMENT,
         "JSON only supports MAP types with STRING keys"},
        {"CREATE STREAM o (v INT) WITH (kafka_topic='o', value_format='JSON', "
         "window_type='session');",
         ERR_STATEMENT, "Windowed sources require a key column."},
        {"CREATE STREAM o (k INT KEY) WITH (kafka_topic='o', value_format='JSON', "
         "window_type='session', "
         "window_size='1 day');",
         ERR_STATEMENT, "'WINDOW_SIZE' should not be set for SESSION windows."},
        {"CREATE STREAM o (k INT KEY) WITH (kafka_topic='o', value_format='JSON', "
         "window_type='tumbling');",
         ERR_STATEMENT, "TUMBLING windows require 'WINDOW_SIZE'"},
        {"CREATE STREAM o (k INT KEY) WITH (kafka_topic='o', value_format='JSON', "
         "window_type='tumbling', window_size='30 bobs');",
         ERR_STATEMENT,
         "Configuration WINDOW_SIZE is invalid: Invalid duration: '30 bobs'. Unknown time unit: "
         "'BOBS'"},
        {"CREATE STREAM o (k INT KEY) WITH (kafka_topic='o', value_format='JSON', "
         "window_type='tumbling', window_size='9223372036854775807 DAYS');",
         ERR_STATEMENT, "It is too long."},
        {"CREATE STREAM o (k INT KEY) WITH (kafka_topic='o', value_format='JSON', "
         "window_type='round');",
         ERR_STATEMENT, "Unknown window type: 'round'"},
        {"CREATE STREAM o (v INT) WITH (kafka_topic='o', value_format='JSON', timestamp='x');",
         ERR_STATEMENT,
         "The TIMESTAMP column set in the WITH clause does not exist in the schema: 'X'"},
        {"CREATE STREAM o (v STRING) WITH (kafka_topic='o', value_format='JSON', timestamp='v');",
         ERR_STATEMENT,
         "Timestamp column, `V`, should be LONG(INT64), TIMESTAMP, or a String with a "},
        {"CREATE STREAM o (h INT HEADER('x'))" WITH_JSON ";", ERR_STATEMENT,
         "Invalid type for HEADER('x') column: expected BYTES, got INTEGER"},
        {"CREATE STREAM o (h INT HEADERS)" WITH_JSON ";", ERR_STATEMENT,
         "Invalid type for HEADERS column: expected ARRAY<STRUCT<`KEY` STRING, `VALUE` BYTES>>, "
         "got "
         "INTEGER"},
        {"CREATE STREAM o (h BYTES HEADER('x'), i BYTES HEADER('x'))" WITH_JSON ";", ERR_STATEMENT,
         "Schema already contains a HEADER('x') column."},
        {"CREATE STREAM o (h BYTES HEADER('x'), i ARRAY<STRUCT<key STRING, value BYTES>> "
         "HEADERS)" WITH_JSON ";",
         ERR_STATEMENT, "Schema already contains a HEADERS column."},
        {"CREATE STREAM o (d DECIMAL(2, 3))" WITH_JSON ";", ERR_STATEMENT,
         "DECIMAL scale must be between 0 and the precision"},
    };
    Bench *b = bench_new(true);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        refuses(b, rows[i].statement, rows[i].code, rows[i].words);
        assert_int_equal(catalog_source_count(b->catalog), 0);
    }
    bench_end(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_sorted_by_role),
        cmocka_unit_test(defaults_come_from_settings),
        cmocka_unit_test(outside_tests_with_is_not_needed),
        cmocka_unit_test(topics_are_made_with_partitions),
        cmocka_unit_test(windows_and_wrapping),
        cmocka_unit_test(types_may_be_named),
        cmocka_unit_test(replacing),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
