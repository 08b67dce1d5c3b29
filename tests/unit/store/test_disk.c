/* test_disk.c: the state tables in SQLite: every type there and back, byte for byte; columns that
 * any tool can read; what two connections see; damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "store_test.h"

typedef struct Fixture {
    TestDisk disk;
    Arena arena;
    StoreDef def;
    Column cols[9];
    Buf row, back;
} Fixture;

static const TypeField fields[] = {{{"A", 1}, &type_integer}, {{"B", 1}, &type_string}};
static Type decimal, nested;

static int setup(void **state)
{
    Fixture *f = MEM_NEW(Fixture);
    test_disk_open(&f->disk, true);
    arena_init(&f->arena, 0);
    buf_init(&f->row);
    buf_init(&f->back);
    decimal = *type_decimal(&f->arena, 30, 4);
    nested = *type_struct(&f->arena, fields, 2);
    const Type *types[] = {&type_boolean, &type_integer,   &type_bigint, &type_double, &type_string,
                           &type_bytes,   &type_timestamp, &decimal,     &nested};
    f->def = test_def(&f->arena, STORE_TABLE, types, 9);
    for (int i = 0; i < 9; i++)
        column_init(&f->cols[i], &f->arena, f->def.row->types[i], 1);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    Fixture *f = *state;
    test_disk_close(&f->disk);
    buf_fini(&f->row);
    buf_fini(&f->back);
    arena_fini(&f->arena);
    mem_free(f);
    return 0;
}

static void set_usual(Fixture *f)
{
    for (int i = 0; i < 8; i++)
        f->cols[i].valid[0] = 1;
    f->cols[8].valid[0] = 0;
    f->cols[0].b[0] = 1;
    f->cols[1].i32[0] = INT32_MIN;
    f->cols[2].i64[0] = INT64_MAX;
    f->cols[3].f64[0] = 0.1;
    f->cols[4].str[0] = STR_LIT("gr\xc3\xbc\xc3\x9f");
    f->cols[5].str[0] = (Str){"\0\xff", 2};
    f->cols[6].i64[0] = -1;
    f->cols[7].i128[0] = -(Int128)1234567;
}

static void write_row(Fixture *f, const char *key)
{
    StoreDisk *d = f->disk.write;
    buf_reset(&f->row);
    rowcode_encode(f->def.row, &f->row, f->cols, 0);
    OK(d->cls->begin(d, &test_err));
    OK(d->cls->define(d, &f->def, &test_err));
    OK(d->cls->put(d, &f->def, 1, 0, str_of(key), buf_str(&f->row), &test_err));
    OK(d->cls->commit(d, &test_err));
}

static void assert_back(Fixture *f, const char *key)
{
    bool found;
    StoreDisk *d = f->disk.read;
    buf_reset(&f->back);
    OK(d->cls->get(d, &f->def, 1, 0, str_of(key), &f->back, &found, &test_err));
    assert_true(found);
    assert_int_equal(f->back.len, f->row.len);
    assert_memory_equal(f->back.ptr, f->row.ptr, f->row.len);
}

/* One value of the physical table, as any tool would print it. */
static const char *sql(Fixture *f, const char *text)
{
    DbStmt *s;
    bool row;
    OK(db_prepare(f->disk.read_db, text, &s, &test_err));
    OK(db_step(s, &row, &test_err));
    assert_true(row);
    const char *value = arena_printf(&f->arena, "%.*s", STR_ARG(db_text(s, 0)));
    db_reset(s);
    return value;
}

static void usual_values_are_columns(void **state)
{
    Fixture *f = *state;
    set_usual(f);
    write_row(f, "k");
    assert_back(f, "k");
    assert_string_equal(
        sql(f,
            "SELECT p||'|'||k||'|'||c0||'|'||c1||'|'||c2||'|'||c3||'|'||c4||'|'||hex(c5)||'|'||c6"
            "||'|'||c7||'|'||(c8 IS NULL)||'|'||(x IS NULL) FROM s7"),
        "1|k|1|-2147483648|9223372036854775807|0.1|gr\xc3\xbc\xc3\x9f|00FF|-1|-123.4567|1|1");
}

static void all_null(void **state)
{
    Fixture *f = *state;
    for (int i = 0; i < 9; i++)
        f->cols[i].valid[0] = 0;
    write_row(f, "");
    assert_back(f, "");
}

static void empty_is_not_null(void **state)
{
    Fixture *f = *state;
    set_usual(f);
    f->cols[4].str[0] = f->cols[5].str[0] = STR_LIT("");
    write_row(f, "k");
    assert_back(f, "k");
    f->cols[4].str[0] = (Str){"a\0b", 3};
    write_row(f, "k");
    assert_back(f, "k");
}

static void every_double_comes_back(void **state)
{
    static const double values[] = {NAN, -0.0, 0.0, INFINITY, -INFINITY, 5e-324, 1e308, 3.0};
    static const bool exact[] = {false, false, true, true, true, true, true, true};
    Fixture *f = *state;
    set_usual(f);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        f->cols[3].f64[0] = values[i];
        write_row(f, "d");
        assert_back(f, "d");
        assert_string_equal(sql(f, "SELECT x IS NULL FROM s7"), exact[i] ? "1" : "0");
        if (!isnan(values[i]))
            assert_string_equal(sql(f, "SELECT typeof(c3) FROM s7"), "real");
    }
}

static void nested_values_are_text_beside_the_exact_row(void **state)
{
    Fixture *f = *state;
    Value items[] = {{.type = &type_integer, .i32 = 3},
                     {.type = &type_string, .str = STR_LIT("x")}};
    Value v = {.type = &nested, .list = {items, 2}};
    set_usual(f);
    f->cols[8].valid[0] = 1;
    f->cols[8].box[0] = &v;
    write_row(f, "n");
    assert_back(f, "n");
    Buf text;
    buf_init(&text);
    value_print(&text, &v);
    assert_string_equal(sql(f, "SELECT c8 FROM s7"), buf_cstr(&text));
    buf_fini(&text);
}

/* A column that is NULL but whose slot is not empty: the row is kept as it is all the same. */
static void odd_rows_come_back_byte_for_byte(void **state)
{
    Fixture *f = *state;
    StoreDisk *d = f->disk.write;
    set_usual(f);
    write_row(f, "k");
    rowcode_set_valid((uint8_t *)f->row.ptr, 2, false);
    OK(d->cls->begin(d, &test_err));
    OK(d->cls->put(d, &f->def, 1, 0, STR_LIT("k"), buf_str(&f->row), &test_err));
    OK(d->cls->commit(d, &test_err));
    assert_back(f, "k");
    assert_string_equal(sql(f, "SELECT c2 IS NULL FROM s7"), "1");
}

static void a_rolled_back_table_is_made_again(void **state)
{
    Fixture *f = *state;
    StoreDisk *d = f->disk.write;
    bool found;
    Buf row;
    buf_init(&row);
    OK(d->cls->begin(d, &test_err));
    OK(d->cls->define(d, &f->def, &test_err));
    d->cls->rollback(d);
    OK(f->disk.read->cls->get(f->disk.read, &f->def, 1, 0, STR_LIT("k"), &row, &found, &test_err));
    assert_false(found);
    set_usual(f);
    write_row(f, "k");
    assert_back(f, "k");
    buf_fini(&row);
}

static void side_tables(void **state)
{
    Fixture *f = *state;
    StoreDisk *d = f->disk.write, *r = f->disk.read;
    int64_t values[2] = {-5, INT64_MAX}, back[2], offset;
    uint64_t number;
    bool found;
    OK(r->cls->generation(r, STR_LIT("process"), &number, &test_err));
    assert_int_equal(number, 0);
    OK(r->cls->position(r, STR_LIT("t"), 0, &offset, &test_err));
    assert_int_equal(offset, -1);
    OK(d->cls->begin(d, &test_err));
    OK(d->cls->put_generation(d, STR_LIT("process"), UINT64_MAX - 1, &test_err));
    OK(d->cls->put_position(d, STR_LIT("t"), 2, 99, &test_err));
    OK(d->cls->put_record(d, &f->def, 1, values, &test_err));
    OK(d->cls->commit(d, &test_err));
    OK(r->cls->record(r, &f->def, 1, back, &found, &test_err));
    assert_true(found);
    assert_memory_equal(values, back, sizeof back);
    OK(r->cls->generation(r, STR_LIT("process"), &number, &test_err));
    assert_true(number == UINT64_MAX - 1);
    OK(r->cls->position(r, STR_LIT("t"), 2, &offset, &test_err));
    assert_int_equal(offset, 99);
    OK(r->cls->position(r, STR_LIT("t"), 1, &offset, &test_err));
    assert_int_equal(offset, -1);
    f->def.record_count = 3;
    assert_int_equal(r->cls->record(r, &f->def, 1, back, &found, &test_err), ERR_CORRUPT);
    assert_string_equal(test_err.text,
                        "state s7: the operator record has 16 bytes where 24 are expected");
}

static void clear_takes_one_partition_and_drop_all(void **state)
{
    Fixture *f = *state;
    StoreDisk *d = f->disk.write, *r = f->disk.read;
    int64_t values[2] = {1, 2}, win;
    bool any;
    set_usual(f);
    write_row(f, "k");
    OK(d->cls->begin(d, &test_err));
    OK(d->cls->put(d, &f->def, 2, 0, STR_LIT("k"), buf_str(&f->row), &test_err));
    OK(d->cls->put_record(d, &f->def, 1, values, &test_err));
    OK(d->cls->put_record(d, &f->def, 2, values, &test_err));
    OK(d->cls->clear(d, &f->def, 1, &test_err));
    OK(d->cls->commit(d, &test_err));
    OK(r->cls->highest(r, &f->def, 1, &win, &any, &test_err));
    assert_false(any);
    OK(r->cls->record(r, &f->def, 1, values, &any, &test_err));
    assert_false(any);
    OK(r->cls->highest(r, &f->def, 2, &win, &any, &test_err));
    assert_true(any);
    OK(d->cls->begin(d, &test_err));
    OK(d->cls->drop(d, &f->def, &test_err));
    OK(d->cls->commit(d, &test_err));
    assert_string_equal(sql(f, "SELECT count(*) FROM sqlite_schema WHERE name = 's7'"), "0");
    write_row(f, "again");
    assert_back(f, "again");
}

static void damage_is_named(void **state)
{
    Fixture *f = *state;
    StoreDisk *r = f->disk.read;
    bool found;
    set_usual(f);
    write_row(f, "k");
    OK(db_exec(f->disk.write_db, "UPDATE s7 SET c7 = 'twelve'", &test_err));
    assert_int_equal(r->cls->get(r, &f->def, 1, 0, STR_LIT("k"), &f->back, &found, &test_err),
                     ERR_CORRUPT);
    assert_string_equal(test_err.text,
                        "state s7: a row's column c7 is damaged; restore the file from a backup");
    OK(db_exec(f->disk.write_db, "UPDATE s7 SET x = x'00'", &test_err));
    assert_int_equal(r->cls->get(r, &f->def, 1, 0, STR_LIT("k"), &f->back, &found, &test_err),
                     ERR_CORRUPT);
    assert_string_equal(test_err.text,
                        "state s7: a row's column x is damaged; restore the file from a backup");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(usual_values_are_columns),
        TEST(all_null),
        TEST(empty_is_not_null),
        TEST(every_double_comes_back),
        TEST(nested_values_are_text_beside_the_exact_row),
        TEST(odd_rows_come_back_byte_for_byte),
        TEST(a_rolled_back_table_is_made_again),
        TEST(side_tables),
        TEST(clear_takes_one_partition_and_drop_all),
        TEST(damage_is_named),
    };
    return cmocka_run_group_tests_name("store: disk", tests, NULL, NULL);
}
