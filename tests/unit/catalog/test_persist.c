/* The catalog as rows of the file: exact round trips, and rows that somebody else has written. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "catalog/catalog.h"

static Db *open_db(void)
{
    Db *db;
    Err err = ERR_INIT;
    if (db_open(NULL, DB_SCRATCH, &db, &err))
        fail_msg("%s", err.text);
    return db;
}

static void ok(Rc rc, const Err *err)
{
    if (rc)
        fail_msg("%s", err->text);
}

static CatalogSource *make_source(void)
{
    CatalogSource *s = source_new();
    Arena *a = &s->arena;
    static const char odd[] = "ta`b\"le 'x'\n";
    const TypeField fields[] = {{STR_LIT("f`1"), &type_integer}, {STR_LIT("g"), &type_string}};
    Schema *schema = ARENA_NEW(a, Schema);
    schema->columns = ARENA_ARRAY(a, SchemaColumn, 3);
    schema->columns[0] = (SchemaColumn){STR_LIT("k"), &type_string, ROLE_KEY, STR_NULL};
    schema->columns[1] =
        (SchemaColumn){STR_LIT("DECIMAL"), type_decimal(a, 30, 4), ROLE_VALUE, STR_NULL};
    schema->columns[2] =
        (SchemaColumn){STR_LIT("s,t"), type_struct(a, fields, 2), ROLE_VALUE, STR_NULL};
    schema->count = 3;
    schema->key_count = 1;
    schema->window = WINDOW_TUMBLING;
    schema->window_size_ms = 60000;
    s->name = arena_str(a, str_of(odd));
    s->is_table = s->read_only = s->wrap_given = true;
    s->schema = schema;
    s->topic = STR_LIT("some-topic");
    s->partitions = 7;
    s->key_format = (FormatSpec){format_find(STR_LIT("JSON")), STR_NULL, true};
    s->value_format = (FormatSpec){format_find(STR_LIT("DELIMITED")), STR_LIT("\t"), false};
    s->timestamp_column = 1;
    s->timestamp_format = STR_LIT("yyyy");
    s->query_id = STR_LIT("CTAS_X_3");
    s->statement = STR_LIT("CREATE TABLE ...");
    return s;
}

static bool same_format(const FormatSpec *x, const FormatSpec *y)
{
    return x->format == y->format && str_eq(x->delimiter, y->delimiter) &&
           (x->delimiter.ptr != NULL) == (y->delimiter.ptr != NULL) && x->unwrapped == y->unwrapped;
}

static void sources_come_back(void **state)
{
    Db *db = open_db();
    Err err = ERR_INIT;
    Catalog *c = catalog_new();
    CatalogSource *s = make_source();
    ok(catalog_load(c, db, &err), &err); /* makes the tables */
    assert_int_equal(catalog_source_count(c), 0);
    ok(catalog_save_source(db, s, &err), &err);
    ok(catalog_save_source(db, s, &err), &err); /* again: replaces */
    ok(catalog_load(c, db, &err), &err);
    assert_int_equal(catalog_source_count(c), 1);
    const CatalogSource *r = catalog_find_source(c, s->name);
    assert_non_null(r);
    assert_true(schema_eq(r->schema, s->schema));
    assert_true(same_format(&r->key_format, &s->key_format));
    assert_true(same_format(&r->value_format, &s->value_format));
    assert_true(r->is_table && r->read_only && r->wrap_given);
    assert_true(str_eq(r->topic, s->topic) && r->partitions == 7 && r->timestamp_column == 1);
    assert_true(str_eq(r->timestamp_format, s->timestamp_format));
    assert_true(str_eq(r->query_id, s->query_id) && str_eq(r->statement, s->statement));
    ok(catalog_delete_source(db, s->name, &err), &err);
    ok(catalog_load(c, db, &err), &err);
    assert_int_equal(catalog_source_count(c), 0);
    source_unref(s);
    catalog_free(c);
    db_close(db);
}

static void absent_stays_absent(void **state)
{
    Db *db = open_db();
    Err err = ERR_INIT;
    Catalog *c = catalog_new();
    CatalogSource *s = make_source();
    s->query_id = s->timestamp_format = STR_NULL;
    s->timestamp_column = -1;
    s->schema->window = WINDOW_NONE;
    s->schema->window_size_ms = 0;
    ok(catalog_load(c, db, &err), &err);
    ok(catalog_save_source(db, s, &err), &err);
    ok(catalog_load(c, db, &err), &err);
    const CatalogSource *r = catalog_source_at(c, 0);
    assert_null(r->query_id.ptr);
    assert_null(r->timestamp_format.ptr);
    assert_int_equal(r->timestamp_column, -1);
    source_unref(s);
    catalog_free(c);
    db_close(db);
}

static CatalogQuery *make_query(const char *id, QueryStatus status)
{
    CatalogQuery *q = query_new();
    q->id = arena_str(&q->arena, str_of(id));
    q->statement = STR_LIT("CREATE ...");
    q->plan = STR_LIT("{\"plan\":1}");
    q->sink = STR_LIT("Sink");
    q->sources = ARENA_ARRAY(&q->arena, Str, 3);
    q->sources[0] = STR_LIT("A");
    q->sources[1] = STR_LIT("b`c, `d");
    q->sources[2] = STR_LIT("``");
    q->source_count = 3;
    q->status = status;
    return q;
}

static void queries_come_back_in_order(void **state)
{
    Db *db = open_db();
    Err err = ERR_INIT;
    Catalog *c = catalog_new();
    CatalogQuery *q[3] = {make_query("Z_1", QUERY_RUNNING), make_query("A_2", QUERY_RUNNING),
                          make_query("Z_1", QUERY_PAUSED)};
    ok(catalog_load(c, db, &err), &err);
    for (int i = 0; i < 3; i++)
        ok(catalog_save_query(db, q[i], &err), &err);
    ok(catalog_load(c, db, &err), &err);
    assert_int_equal(catalog_query_count(c), 2);
    const CatalogQuery *r = catalog_query_at(c, 0);
    assert_true(str_eq(r->id, STR_LIT("Z_1"))); /* saved again, it keeps its place */
    assert_int_equal(r->status, QUERY_PAUSED);
    assert_int_equal(r->source_count, 3);
    for (int i = 0; i < 3; i++)
        assert_true(str_eq(r->sources[i], q[0]->sources[i]));
    assert_true(str_eq(r->plan, q[0]->plan) && str_eq(r->sink, q[0]->sink));
    ok(catalog_delete_query(db, STR_LIT("Z_1"), &err), &err);
    ok(catalog_load(c, db, &err), &err);
    assert_int_equal(catalog_query_count(c), 1);
    for (int i = 0; i < 3; i++)
        query_unref(q[i]);
    catalog_free(c);
    db_close(db);
}

static void numbers_and_types_come_back(void **state)
{
    Db *db = open_db();
    Err err = ERR_INIT;
    Catalog *c = catalog_new(), *d = catalog_new();
    Arena a;
    arena_init(&a, 0);
    ok(catalog_load(c, db, &err), &err);
    for (int i = 0; i < 5; i++)
        catalog_next_statement(c);
    catalog_next_store(c);
    ok(catalog_save_numbers(db, c, &err), &err);
    const Type *t = type_map(&a, &type_string, type_array(&a, &type_double));
    ok(catalog_save_type(db, STR_LIT("odd name"), t, &err), &err);
    ok(catalog_save_type(db, STR_LIT("GONE"), t, &err), &err);
    ok(catalog_delete_type(db, STR_LIT("GONE"), &err), &err);
    catalog_set(d, STR_LIT("commit.interval.ms"), STR_LIT("7"), NULL, &err);
    ok(catalog_load(d, db, &err), &err);
    assert_int_equal(catalog_next_statement(d), 5);
    assert_int_equal(catalog_next_store(d), 1);
    assert_int_equal(catalog_type_count(d), 1);
    assert_true(type_eq(catalog_find_type(d, STR_LIT("odd name")), t));
    assert_int_equal(catalog_get_int(d, "commit.interval.ms"), 7); /* the session's own stays */
    arena_fini(&a);
    catalog_free(c);
    catalog_free(d);
    db_close(db);
}

/* One fact of a good row changed by hand: the load stops and says which object it was. */
static void damaged_rows_are_named(void **state)
{
    static const struct {
        const char *sql, *words;
    } rows[] = {
        {"UPDATE oxbow_source SET columns = 'not sql at all ('", "its columns do not parse"},
        {"UPDATE oxbow_source SET columns = 'K NOSUCHTYPE KEY'", "a column has no valid type"},
        {"UPDATE oxbow_source SET columns = 'V INT, K INT KEY'", "its columns are out of order"},
        {"UPDATE oxbow_source SET columns = 'K INT KEY, V INT, V INT'",
         "two columns have one name"},
        {"UPDATE oxbow_source SET columns = 'V INT', window = 0, window_size_ms = 0",
         "its timestamp column does not exist"},
        {"UPDATE oxbow_source SET columns = 'V INT, W INT', window = 0, window_size_ms = 0",
         "it is a table without a key"},
        {"UPDATE oxbow_source SET columns = ''", "it has a window and no key"},
        {"UPDATE oxbow_source SET window = 9", "its window is unknown"},
        {"UPDATE oxbow_source SET window = -1", "its window is unknown"},
        {"UPDATE oxbow_source SET window_size_ms = 0", "its window size makes no sense"},
        {"UPDATE oxbow_source SET window = 3", "its window size makes no sense"},
        {"UPDATE oxbow_source SET partitions = 0", "its number of partitions makes no sense"},
        {"UPDATE oxbow_source SET partitions = 1 << 40", "its number of partitions makes no sense"},
        {"UPDATE oxbow_source SET timestamp_column = 3", "its timestamp column does not exist"},
        {"UPDATE oxbow_source SET timestamp_column = -2", "its timestamp column does not exist"},
        {"UPDATE oxbow_source SET key_format = 'WHAT'", "it names an unknown format"},
        {"UPDATE oxbow_source SET value_delimiter = 'long'", "its delimiter is not one character"},
        {"UPDATE oxbow_source SET topic = ''", "it has no name or no topic"},
        {"UPDATE oxbow_query SET sources = '`A'", "its list of sources does not parse"},
        {"UPDATE oxbow_query SET sources = 'A'", "its list of sources does not parse"},
        {"UPDATE oxbow_query SET sources = '`A`,`B`'", "its list of sources does not parse"},
        {"UPDATE oxbow_query SET status = 7", "its status is unknown"},
        {"UPDATE oxbow_query SET id = ''", "it has no id"},
        {"UPDATE oxbow_number SET value = -1", "it is negative"},
        {"INSERT INTO oxbow_type VALUES('T', 'INT, x INT')", "it does not parse"},
        {"INSERT INTO oxbow_type VALUES('T', 'U')", "it does not parse"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        Db *db = open_db();
        Err err = ERR_INIT;
        Catalog *c = catalog_new();
        CatalogSource *s = make_source();
        CatalogQuery *q = make_query("Q_1", QUERY_RUNNING);
        ok(catalog_load(c, db, &err), &err);
        ok(catalog_save_source(db, s, &err), &err);
        ok(catalog_save_query(db, q, &err), &err);
        ok(catalog_save_numbers(db, c, &err), &err);
        ok(db_exec(db, rows[i].sql, &err), &err);
        Rc rc = catalog_load(c, db, &err);
        if (rc != ERR_CORRUPT || !strstr(err.text, rows[i].words) ||
            !strstr(err.text, "the catalog is damaged: "))
            fail_msg("%s\n  wants %s\n  got %d %s", rows[i].sql, rows[i].words, rc, err.text);
        assert_int_equal(err.kind, ERR_KIND_FATAL);
        source_unref(s);
        query_unref(q);
        catalog_free(c);
        db_close(db);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_come_back),          cmocka_unit_test(absent_stays_absent),
        cmocka_unit_test(queries_come_back_in_order), cmocka_unit_test(numbers_and_types_come_back),
        cmocka_unit_test(damaged_rows_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
