/* The catalog in memory: lists, counters, variables, settings, types. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "catalog/catalog.h"
#include "sql/sql.h"

static CatalogSource *make_source(const char *name, const char *topic)
{
    CatalogSource *s = source_new();
    s->name = arena_str(&s->arena, str_of(name));
    s->topic = arena_str(&s->arena, str_of(topic));
    return s;
}

static void sources_are_sorted_and_replaced(void **state)
{
    static const char *const names[] = {"M", "a", "Z", "B", "m"};
    Catalog *c = catalog_new();
    for (int i = 0; i < 5; i++)
        catalog_put_source(c, make_source(names[i], "t"));
    static const char *const sorted[] = {"B", "M", "Z", "a", "m"};
    assert_int_equal(catalog_source_count(c), 5);
    for (int i = 0; i < 5; i++)
        assert_true(str_eq(catalog_source_at(c, i)->name, str_of(sorted[i])));

    CatalogSource *kept = source_ref(catalog_find_source(c, STR_LIT("M")));
    catalog_put_source(c, make_source("M", "other"));
    assert_int_equal(catalog_source_count(c), 5);
    assert_true(str_eq(catalog_find_source(c, STR_LIT("M"))->topic, STR_LIT("other")));
    assert_true(str_eq(kept->topic, STR_LIT("t"))); /* whoever holds one keeps what it was */
    assert_int_equal(kept->refs, 1);
    source_unref(kept);

    assert_true(str_eq(catalog_find_similar(c, STR_LIT("z"))->name, STR_LIT("Z")));
    assert_null(catalog_find_similar(c, STR_LIT("Z")));
    assert_null(catalog_find_source(c, STR_LIT("z")));
    catalog_drop_source(c, catalog_find_source(c, STR_LIT("Z"))->name); /* its own memory */
    catalog_drop_source(c, STR_LIT("nobody"));
    assert_int_equal(catalog_source_count(c), 4);
    assert_null(catalog_find_source(c, STR_LIT("Z")));
    catalog_free(c);
}

static void many_sources_are_found_again(void **state)
{
    Catalog *c = catalog_new();
    char name[16];
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "S%d", (i * 37) % 500);
        catalog_put_source(c, make_source(name, "t"));
    }
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "S%d", i);
        assert_non_null(catalog_find_source(c, str_of(name)));
        assert_true(i == 0 ||
                    str_cmp(catalog_source_at(c, i - 1)->name, catalog_source_at(c, i)->name) < 0);
    }
    catalog_free(c);
}

static CatalogQuery *make_query(const char *id)
{
    CatalogQuery *q = query_new();
    q->id = arena_str(&q->arena, str_of(id));
    return q;
}

static void queries_keep_their_place(void **state)
{
    Catalog *c = catalog_new();
    catalog_put_query(c, make_query("CSAS_B_1"));
    catalog_put_query(c, make_query("CSAS_A_2"));
    catalog_put_query(c, make_query("INSERTQUERY_3"));
    CatalogQuery *again = make_query("CSAS_A_2");
    again->status = QUERY_PAUSED;
    catalog_put_query(c, again);
    assert_int_equal(catalog_query_count(c), 3);
    assert_true(str_eq(catalog_query_at(c, 0)->id, STR_LIT("CSAS_B_1")));
    assert_int_equal(catalog_query_at(c, 1)->status, QUERY_PAUSED);
    catalog_drop_query(c, STR_LIT("CSAS_B_1"));
    assert_int_equal(catalog_query_count(c), 2);
    assert_null(catalog_find_query(c, STR_LIT("CSAS_B_1")));
    assert_true(str_eq(catalog_query_at(c, 1)->id, STR_LIT("INSERTQUERY_3")));
    catalog_free(c);
}

static void numbers_never_come_twice(void **state)
{
    Catalog *c = catalog_new();
    assert_int_equal(catalog_next_statement(c), 0);
    assert_int_equal(catalog_next_statement(c), 1);
    assert_int_equal(catalog_next_store(c), 0);
    assert_int_equal(catalog_next_store(c), 1);
    catalog_free(c);
}

static void variables_know_no_case(void **state)
{
    Catalog *c = catalog_new();
    catalog_define(c, STR_LIT("Region"), STR_LIT("emea"));
    catalog_define(c, STR_LIT("REGION"), STR_LIT("apac"));
    catalog_define(c, STR_LIT("n"), STR_LIT(""));
    assert_true(str_eq(catalog_variable(c, STR_LIT("region")), STR_LIT("apac")));
    assert_non_null(catalog_variable(c, STR_LIT("N")).ptr);
    assert_null(catalog_variable(c, STR_LIT("m")).ptr);
    assert_int_equal(catalog_variable_count(c), 2);
    Str name, value = catalog_variable_at(c, 0, &name);
    assert_true(str_eq(name, STR_LIT("region")) && str_eq(value, STR_LIT("apac")));
    assert_true(catalog_undefine(c, STR_LIT("rEGION")));
    assert_false(catalog_undefine(c, STR_LIT("region")));
    catalog_free(c);
}

/* ---- settings -------------------------------------------------------------------------------- */

static void settings_have_defaults_and_overrides(void **state)
{
    Catalog *c = catalog_new();
    Err err = ERR_INIT;
    Str before;
    assert_int_equal(catalog_get_int(c, "commit.interval.ms"), 100);
    assert_true(str_eq(catalog_get(c, "auto.offset.reset"), STR_LIT("earliest")));
    assert_null(catalog_get(c, "cache.max.bytes.buffering").ptr);
    assert_false(catalog_is_override(c, "commit.interval.ms"));

    assert_int_equal(
        catalog_set(c, STR_LIT("ksql.streams.commit.interval.ms"), STR_LIT("250"), &before, &err),
        0);
    assert_true(str_eq(before, STR_LIT("100")));
    assert_int_equal(catalog_get_int(c, "commit.interval.ms"), 250);
    assert_int_equal(catalog_get_int(c, "ksql.streams.commit.interval.ms"), 250);
    assert_true(catalog_is_override(c, "commit.interval.ms"));
    assert_int_equal(catalog_set(c, STR_LIT("COMMIT.interval.ms"), STR_LIT("9"), &before, &err), 0);
    assert_true(str_eq(before, STR_LIT("250")));

    assert_int_equal(catalog_unset(c, STR_LIT("commit.interval.ms"), &before, &err), 0);
    assert_true(str_eq(before, STR_LIT("9")));
    assert_int_equal(catalog_get_int(c, "commit.interval.ms"), 100);
    assert_int_equal(catalog_unset(c, STR_LIT("commit.interval.ms"), &before, &err), ERR_STATEMENT);
    assert_string_equal(err.text,
                        "Cannot unset local property 'commit.interval.ms' which was never set "
                        "in the first place");

    assert_int_equal(
        catalog_set(c, STR_LIT("cache.max.bytes.buffering"), STR_LIT("1"), &before, &err), 0);
    assert_null(before.ptr); /* it was unset */
    assert_true(catalog_get_bool(c, "ksql.query.pull.enable"));
    assert_int_equal(
        catalog_set(c, STR_LIT("ksql.query.pull.enable"), STR_LIT("FALSE"), NULL, &err), 0);
    assert_false(catalog_get_bool(c, "ksql.query.pull.enable"));
    catalog_free(c);
}

static void settings_refuse(void **state)
{
    static const struct {
        const char *name, *value, *words;
    } rows[] = {
        {"no.such.thing", "1",
         "Unknown property 'no.such.thing'. SHOW PROPERTIES lists what can be set."},
        {"commit.interval.ms", "soon",
         "Invalid value for property 'commit.interval.ms': 'soon'. It must be a whole number "
         "between 1 and "
         "1000000000."},
        {"commit.interval.ms", "0", "whole number between"},
        {"commit.interval.ms", "99999999999999999999", "whole number between"},
        {"auto.offset.reset", "middle", "It must be one of earliest|latest."},
        {"auto.offset.reset", "earliest|latest", "It must be one of"},
        {"ksql.query.pull.enable", "perhaps", "It must be true or false."},
        /* What could reach a file, a library, a secret or another host is never set from SQL. */
        {"plugin.library.paths", "/tmp/x.so", "Unknown property"},
        {"ssl.key.password", "x", "Unknown property"},
        {"ssl.ca.location", "/etc/passwd", "Unknown property"},
        {"sasl.password", "x", "Unknown property"},
        {"sasl.oauthbearer.token.endpoint.url", "http://x", "Unknown property"},
        {"sasl.kerberos.kinit.cmd", "rm", "Unknown property"},
        {"bootstrap.servers", "evil:9092", "Unknown property"},
        {"ksql.streams.producer.interceptor.classes", "x", "Unknown property"},
        {"", "", "Unknown property"},
    };
    Catalog *c = catalog_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        Err err = ERR_INIT;
        if (catalog_set(c, str_of(rows[i].name), str_of(rows[i].value), NULL, &err) !=
                ERR_STATEMENT ||
            !strstr(err.text, rows[i].words))
            fail_msg("%s: %s", rows[i].name, err.text);
        assert_int_equal(err.kind, ERR_KIND_USER);
    }
    catalog_free(c);
}

/* A setting without effect is accepted, so that scripts run, unless somebody relies on it. */
static void settings_without_effect(void **state)
{
    static const char *const guards[][2] = {
        {"ksql.hidden.topics", "not built yet: setting ksql.hidden.topics"},
        {"ksql.readonly.topics", "not built yet: setting ksql.readonly.topics"},
    };
    static const char *const accepted[][2] = {
        {"ksql.readonly.topics", ""}, /* the default */
        {"ksql.new.query.planner.enabled", "true"},
        {"ksql.streams.__emit.interval.ms.kstreams.windowed.aggregation__", "0"},
        {"ksql.persistence.default.format.key", "JSON"},
        {"ksql.persistence.default.format.value", "JSON"},
        {"ksql.persistence.wrap.single.values", "false"},
        {"ksql.output.topic.name.prefix", "some-"},
        {"ksql.functions.collect_list.limit", "3"},
        {"ksql.functions.collect_set.limit", "3"},
        {"ksql.functions.substring.legacy.args", "false"},
        {"ksql.sink.partitions", "2"},
        {"ksql.sink.replicas", "2"},
        {"ksql.streams.topology.optimization", "none"},
        {"ksql.timestamp.throw.on.invalid", "true"},
        {"ksql.streams.default.timestamp.extractor", "some.Extractor"},
        {"ksql.windowed.session.key.legacy", "false"},
        {"use.exact.numeric.comparison", "false"},
        {"linger.ms", "5"},
    };
    Catalog *c = catalog_new();
    for (size_t i = 0; i < sizeof guards / sizeof guards[0]; i++) {
        Err err = ERR_INIT;
        Rc rc = catalog_set(c, str_of(guards[i][0]), STR_LIT("a,b"), NULL, &err);
        if (!rc || !strstr(err.text, guards[i][1]))
            fail_msg("%s: %s", guards[i][0], err.text);
        assert_false(catalog_is_override(c, guards[i][0]));
    }
    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        Err err = ERR_INIT;
        if (catalog_set(c, str_of(accepted[i][0]), str_of(accepted[i][1]), NULL, &err))
            fail_msg("%s: %s", accepted[i][0], err.text);
        assert_true(catalog_is_override(c, accepted[i][0]));
    }
    catalog_free(c);
}

/* Every row says what it is for, and its default is a value that it would take. */
static void setting_rows_are_sound(void **state)
{
    Catalog *c = catalog_new();
    for (int i = 0; i < setting_count; i++) {
        const Setting *s = &setting_table[i];
        Err err = ERR_INIT;
        assert_ptr_equal(setting_find(str_of(s->name)), s); /* no name twice */
        assert_true(s->help && strlen(s->help) > 10);
        if (s->ignored != (strstr(s->help, "no effect") != NULL))
            fail_msg("%s: the help does not say whether it has an effect", s->name);
        if (s->value && catalog_set(c, str_of(s->name), str_of(s->value), NULL, &err))
            fail_msg("%s", err.text);
        if (s->type == SETTING_INT)
            assert_true(s->min < s->max);
    }
    catalog_free(c);
}

/* ---- types ----------------------------------------------------------------------------------- */

static Rc resolve(const Catalog *c, Arena *a, const char *text, const Type **out, Err *err)
{
    SqlColumn *columns;
    int count;
    char *list = arena_printf(a, "c %s", text);
    Rc rc = sql_parse_columns(a, str_of(list), &columns, &count, err);
    return rc ? rc : catalog_resolve_type(c, a, columns[0].type, out, err);
}

static void types_are_expanded_where_they_are_used(void **state)
{
    Catalog *c = catalog_new();
    Arena a;
    Err err = ERR_INIT;
    const Type *t;
    arena_init(&a, 0);
    assert_int_equal(resolve(c, &a, "STRUCT<a INT, b ARRAY<MAP<STRING, DECIMAL(4, 2)>>>", &t, &err),
                     0);
    assert_string_equal(type_cstr(&a, t),
                        "STRUCT<`A` INTEGER, `B` ARRAY<MAP<STRING, DECIMAL(4, 2)>>>");
    assert_true(catalog_put_type(c, STR_LIT("T"), t));
    assert_false(catalog_put_type(c, STR_LIT("T"), &type_string));
    assert_int_equal(resolve(c, &a, "ARRAY<t>", &t, &err), 0);
    assert_string_equal(type_cstr(&a, t),
                        "ARRAY<STRUCT<`A` INTEGER, `B` ARRAY<MAP<STRING, DECIMAL(4, 2)>>>>");
    assert_int_equal(catalog_type_count(c), 1);
    assert_true(catalog_drop_type(c, STR_LIT("T")));
    assert_false(catalog_drop_type(c, STR_LIT("T")));
    assert_string_equal(type_cstr(&a, t->elem->fields[0].type), "INTEGER"); /* what used it stays */
    assert_int_equal(resolve(c, &a, "t", &t, &err), ERR_STATEMENT);
    assert_string_equal(err.text, "Cannot resolve unknown type: T");
    arena_fini(&a);
    catalog_free(c);
}

static void types_have_limits(void **state)
{
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"DECIMAL(0, 0)", "precision must be >= 1"},
        {"DECIMAL(2, 3)", "scale must be between 0 and the precision"},
        {"DECIMAL(100000, 3)", "precision is limited"},
        {"STRUCT<a INT, A STRING>", "Duplicate field names found in STRUCT: 'A'"},
    };
    Arena a;
    arena_init(&a, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const Type *t;
        Err err = ERR_INIT;
        if (resolve(NULL, &a, rows[i].text, &t, &err) == 0 || !strstr(err.text, rows[i].words))
            fail_msg("%s: %s", rows[i].text, err.text);
    }
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_are_sorted_and_replaced),
        cmocka_unit_test(many_sources_are_found_again),
        cmocka_unit_test(queries_keep_their_place),
        cmocka_unit_test(numbers_never_come_twice),
        cmocka_unit_test(variables_know_no_case),
        cmocka_unit_test(settings_have_defaults_and_overrides),
        cmocka_unit_test(settings_refuse),
        cmocka_unit_test(settings_without_effect),
        cmocka_unit_test(setting_rows_are_sound),
        cmocka_unit_test(types_are_expanded_where_they_are_used),
        cmocka_unit_test(types_have_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
