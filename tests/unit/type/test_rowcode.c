/* The coding of rows: every type there and back, the layout, and bytes that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "type/rowcode.h"

static Arena arena;

enum { COLUMNS = 15, ROWS = 40 };

static const Type *types[COLUMNS];
static Column source[COLUMNS], target[COLUMNS];

static uint64_t seed = 88172645463325252u;
static uint64_t rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

static Str random_text(void)
{
    uint32_t n = (uint32_t)(rnd() % 30);
    char *text = arena_zalloc(&arena, n + 1);
    for (uint32_t i = 0; i < n; i++)
        text[i] = (char)('a' + rnd() % 26);
    return (Str){text, n};
}

static Value random_value(const Type *t);

static void random_list(Value *v)
{
    const Type *t = v->type;
    bool fields = t->kind == TYPE_STRUCT, map = t->kind == TYPE_MAP;
    v->list.count = fields ? (uint32_t)t->field_count : (uint32_t)(rnd() % 4);
    uint32_t items = v->list.count * (map ? 2 : 1);
    v->list.items = ARENA_ARRAY(&arena, Value, items);
    for (uint32_t i = 0; i < items; i++)
        v->list.items[i] = random_value(fields              ? t->fields[i].type
                                        : map && i % 2 == 0 ? t->key
                                                            : t->elem);
}

static Value random_value(const Type *t)
{
    Value v = {.type = t, .is_null = rnd() % 5 == 0};
    if (v.is_null)
        return v;
    switch (type_repr(t)) {
    case REPR_BOOL:
        v.b = rnd() % 2;
        break;
    case REPR_I32:
        v.i32 = (int32_t)rnd();
        break;
    case REPR_I64:
        v.i64 = (int64_t)rnd();
        break;
    case REPR_F64:
        v.f64 = rnd() % 9 == 0 ? NAN : rnd() % 9 == 0 ? -0.0 : (double)rnd() / 3;
        break;
    case REPR_I128:
        v.i128 = (Int128)(int64_t)rnd() * (int64_t)(rnd() % 1000000007);
        break;
    case REPR_STR:
        v.str = random_text();
        break;
    default:
        if (t->kind == TYPE_DECIMAL)
            v.str = str_of(
                arena_printf(&arena, "-1%040d.%02d", (int)(rnd() % 1000000), (int)(rnd() % 100)));
        else
            random_list(&v);
    }
    return v;
}

static int set_up(void **state)
{
    arena_init(&arena, 0);
    TypeField fields[] = {{STR_LIT("A"), type_decimal(&arena, 30, 2)},
                          {STR_LIT("B"), type_map(&arena, &type_string, &type_double)},
                          {STR_LIT("C"), type_array(&arena, type_decimal(&arena, 50, 2))}};
    const Type *all[COLUMNS] = {&type_boolean,
                                &type_integer,
                                &type_bigint,
                                &type_double,
                                &type_date,
                                &type_time,
                                &type_timestamp,
                                type_decimal(&arena, 38, 5),
                                &type_string,
                                &type_bytes,
                                type_decimal(&arena, 50, 2),
                                type_array(&arena, &type_boolean),
                                type_map(&arena, &type_string, type_array(&arena, &type_bigint)),
                                type_struct(&arena, fields, 3),
                                type_array(&arena, &type_timestamp)};
    memcpy(types, all, sizeof types);
    for (int c = 0; c < COLUMNS; c++) {
        column_init(&source[c], &arena, types[c], ROWS);
        column_init(&target[c], &arena, types[c], ROWS);
        for (int r = 0; r < ROWS; r++) {
            Value *v = ARENA_NEW(&arena, Value);
            *v = random_value(types[c]);
            column_set_value(&source[c], r, v);
        }
    }
    return 0;
}

static int tear_down(void **state)
{
    arena_fini(&arena);
    return 0;
}

static void test_round_trip(void **state)
{
    RowCode *rc = rowcode_new(&arena, types, COLUMNS);
    assert_false(rc->fixed);
    Buf out;
    buf_init(&out);
    buf_puts(&out, "before"); /* rows are appended to what is there */
    for (int r = 0; r < ROWS; r++) {
        size_t from = out.len;
        rowcode_encode(rc, &out, source, r);
        Str row = arena_str(&arena, str_make(out.ptr + from, out.len - from));
        assert_true(rowcode_valid(rc, row));
        Err err = ERR_INIT;
        assert_int_equal(rowcode_decode(rc, row, target, r, &arena, &err), 0);
        for (int c = 0; c < COLUMNS; c++) {
            Value want = column_value(&source[c], r, &arena);
            Value got = column_value(&target[c], r, &arena);
            assert_true(value_eq(&want, &got));
            assert_int_equal(rowcode_is_null((const uint8_t *)row.ptr, c), want.is_null);
        }
        if (target[8].valid[r]) /* text points into the row */
            assert_in_range((uintptr_t)target[8].str[r].ptr, (uintptr_t)row.ptr,
                            (uintptr_t)row.ptr + row.len);
    }
    buf_fini(&out);
}

/* A row of fixed columns: one size, little-endian slots, updated in place. */
static void test_fixed(void **state)
{
    const Type *fixed_types[] = {&type_integer, &type_bigint, &type_double};
    RowCode *rc = rowcode_new(&arena, fixed_types, 3);
    assert_true(rc->fixed);
    assert_int_equal(rc->slots_at, 8);
    assert_int_equal(rc->fixed_bytes, 32);
    Column cols[3];
    for (int c = 0; c < 3; c++)
        column_init(&cols[c], &arena, fixed_types[c], 1);
    cols[0].i32[0] = -2;
    cols[0].valid[0] = 1;
    cols[2].f64[0] = 1.5;
    cols[2].valid[0] = 1;
    Buf out;
    buf_init(&out);
    rowcode_encode(rc, &out, cols, 0);
    assert_int_equal(out.len, 32);
    assert_memory_equal(out.ptr,
                        "\5\0\0\0\0\0\0\0"
                        "\xfe\xff\xff\xff\xff\xff\xff\xff"
                        "\0\0\0\0\0\0\0\0"
                        "\0\0\0\0\0\0\xf8\x3f",
                        32);
    uint8_t *row = (uint8_t *)out.ptr;
    assert_int_equal(rowcode_get_i64(rc, row, 0), -2);
    assert_true(rowcode_get_f64(rc, row, 2) == 1.5);
    rowcode_put_i64(rc, row, 1, 99);
    rowcode_set_valid(row, 1, true);
    rowcode_set_valid(row, 0, false);
    Err err = ERR_INIT;
    assert_int_equal(rowcode_decode(rc, buf_str(&out), cols, 0, &arena, &err), 0);
    assert_true(column_is_null(&cols[0], 0) && cols[1].i64[0] == 99 && cols[1].valid[0]);
    assert_true(rowcode_valid(rc, buf_str(&out)));
    buf_putc(&out, 'x');
    assert_false(rowcode_valid(rc, buf_str(&out)));
    buf_fini(&out);
}

static void test_missing_storage(void **state)
{
    const Type *two[] = {&type_string, &type_integer};
    RowCode *rc = rowcode_new(&arena, two, 2);
    uint8_t never[1] = {0};
    Column cols[2] = {{.type = &type_string, .valid = never}, {0}};
    column_init(&cols[1], &arena, &type_integer, 1);
    cols[1].i32[0] = 5;
    cols[1].valid[0] = 1;
    Buf out;
    buf_init(&out);
    rowcode_encode(rc, &out, cols, 0); /* written as NULL */
    assert_true(rowcode_is_null((uint8_t *)out.ptr, 0));
    cols[1].i32[0] = 0;
    Err err = ERR_INIT;
    assert_int_equal(rowcode_decode(rc, buf_str(&out), cols, 0, &arena, &err), 0); /* skipped */
    assert_int_equal(cols[1].i32[0], 5);
    assert_int_equal(never[0], 0);
    RowCode *none = rowcode_new(&arena, two, 0);
    buf_reset(&out);
    rowcode_encode(none, &out, cols, 0);
    assert_int_equal(out.len, 0);
    assert_true(rowcode_valid(none, STR_NULL));
    assert_int_equal(rowcode_decode(none, STR_NULL, cols, 0, &arena, &err), 0);
    buf_fini(&out);
}

static void test_errors(void **state)
{
    const Type *one[] = {&type_string};
    RowCode *rc = rowcode_new(&arena, one, 1);
    Column col;
    column_init(&col, &arena, &type_string, 1);
    Err err = ERR_INIT;
    assert_int_equal(rowcode_decode(rc, STR_LIT("\1short"), &col, 0, &arena, &err), ERR_CORRUPT);
    assert_int_equal(err.kind, ERR_KIND_FATAL);
    assert_string_equal(err.text,
                        "a stored row is damaged: 6 bytes where 1 columns need at least 16");
    Str lying = STR_LIT("\1\0\0\0\0\0\0\0\4\0\0\0\1\0\0\0abcd"); /* 4 bytes from 1: one too many */
    assert_false(rowcode_valid(rc, lying));
    assert_int_equal(rowcode_decode(rc, lying, &col, 0, &arena, &err), ERR_CORRUPT);
    assert_string_equal(
        err.text, "a stored row is damaged: column 0 lies outside the row or does not decode");
    assert_true(column_is_null(&col, 0));
    Str wrapping = STR_LIT("\1\0\0\0\0\0\0\0\2\0\0\0\xff\xff\xff\xff"
                           "abcd");
    assert_false(rowcode_valid(rc, wrapping));
}

/* A count that promises more than there are bytes costs no memory. */
static void test_lying_count(void **state)
{
    const Type *one[] = {type_array(&arena, &type_boolean)};
    RowCode *rc = rowcode_new(&arena, one, 1);
    Column col;
    column_init(&col, &arena, one[0], 1);
    Err err = ERR_INIT;
    Str row = STR_LIT("\1\0\0\0\0\0\0\0\6\0\0\0\0\0\0\0\1\xff\xff\xff\xff\7");
    size_t before = arena.used_bytes;
    assert_true(rowcode_valid(rc, row)); /* structure only */
    assert_int_equal(rowcode_decode(rc, row, &col, 0, &arena, &err), ERR_CORRUPT);
    assert_true(arena.used_bytes - before < 1000);
}

/* What decodes after a mutation is a proper value: it prints, hashes and encodes again. */
static void use_row(const RowCode *rc, Arena *a)
{
    Buf out;
    buf_init(&out);
    for (int c = 0; c < COLUMNS; c++) {
        Value v = column_value(&target[c], 0, a);
        value_print(&out, &v);
        value_print_sql(&out, &v);
        value_hash(&v);
    }
    buf_reset(&out);
    rowcode_encode(rc, &out, target, 0);
    assert_true(rowcode_valid(rc, buf_str(&out)));
    buf_fini(&out);
}

static void test_mutations(void **state)
{
    RowCode *rc = rowcode_new(&arena, types, COLUMNS);
    Buf out;
    buf_init(&out);
    Arena scratch;
    arena_init(&scratch, 0);
    int decoded = 0, refused = 0;
    for (int round = 0; round < 20000; round++) {
        arena_reset(&scratch);
        buf_reset(&out);
        rowcode_encode(rc, &out, source, round % ROWS);
        uint32_t n = (uint32_t)(rnd() % 8 ? out.len : rnd() % (out.len + 1));
        char *bytes = mem_alloc(n); /* exactly as long as it says, for the sanitizer */
        memcpy(bytes, out.ptr, n);
        for (uint64_t i = rnd() % 6; n && i > 0; i--)
            bytes[rnd() % n] = (char)(rnd() % 3 ? rnd() : 0xFF);
        Err err = ERR_INIT;
        bool valid = rowcode_valid(rc, (Str){bytes, n});
        Rc failed = rowcode_decode(rc, (Str){bytes, n}, target, 0, &scratch, &err);
        assert_true(valid || failed); /* what the check refuses does not decode */
        if (failed)
            assert_int_equal(err.code, ERR_CORRUPT);
        else
            use_row(rc, &scratch);
        refused += failed != 0;
        decoded += failed == 0;
        mem_free(bytes);
    }
    assert_true(decoded > 1000 && refused > 1000);
    arena_fini(&scratch);
    buf_fini(&out);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {T(test_round_trip),      T(test_fixed),
                                       T(test_missing_storage), T(test_errors),
                                       T(test_lying_count),     T(test_mutations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
