/* Batches: columns, slices, gathering, deriving; and both sides of a change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "type/batch.h"

static Arena arena;
static Schema schema;
static SchemaColumn columns[8];

enum { K, B, I, L, D, N, S, X, COLUMNS };

static int set_up(void **state)
{
    arena_init(&arena, 0);
    const Type *types[] = {&type_string,  &type_boolean,
                           &type_integer, &type_bigint,
                           &type_double,  type_decimal(&arena, 10, 2),
                           &type_string,  type_array(&arena, &type_integer)};
    static const char *const names[] = {"K", "B", "I", "L", "D", "N", "S", "X"};
    for (int c = 0; c < COLUMNS; c++)
        columns[c] =
            (SchemaColumn){str_of(names[c]), types[c], c == K ? ROLE_KEY : ROLE_VALUE, STR_NULL};
    schema = (Schema){columns, COLUMNS, 1, WINDOW_NONE, 0};
    return 0;
}

static int tear_down(void **state)
{
    arena_fini(&arena);
    return 0;
}

/* Row r of column c, different everywhere; every seventh is NULL. */
static Value sample(int c, int r)
{
    Value v = {.type = columns[c].type, .is_null = (r + c) % 7 == 6};
    if (v.is_null)
        return v;
    Value *item;
    switch (c) {
    case B:
        v.b = r % 3 == 0;
        break;
    case I:
        v.i32 = r - 5;
        break;
    case L:
        v.i64 = INT64_MAX - r;
        break;
    case D:
        v.f64 = r / 8.0;
        break;
    case N:
        v.i128 = (Int128)r * INT64_MAX;
        break;
    case X:
        item = ARENA_NEW(&arena, Value);
        *item = (Value){.type = &type_integer, .i32 = r};
        v.list.items = item;
        v.list.count = 1;
        break;
    default:
        v.str = str_of(arena_printf(&arena, "%d-%d", c, r));
    }
    return v;
}

static void put(Column *col, int c, int r)
{
    Value *v = ARENA_NEW(&arena, Value);
    *v = sample(c, r);
    column_set_value(col, r, v);
}

static Batch *make(int rows, bool old, bool extras)
{
    Batch *b = batch_new(&arena, &schema, rows);
    for (int c = 0; c < COLUMNS; c++)
        batch_init_column(b, c);
    if (old)
        batch_init_old(b);
    if (extras) {
        b->headers = ARENA_ARRAY(&arena, Headers, rows);
        b->win_start = ARENA_ARRAY(&arena, int64_t, rows);
        b->win_end = ARENA_ARRAY(&arena, int64_t, rows);
        b->upstream = ARENA_ARRAY(&arena, int32_t, rows);
        b->carried = ARENA_ARRAY(&arena, int64_t, rows);
    }
    for (int r = 0; r < rows; r++) {
        for (int c = 0; c < COLUMNS; c++)
            put(&b->cols[c], c, r);
        for (int c = 1; old && c < COLUMNS; c++)
            put(&b->old[c], c, r);
        b->old_state[r] = (uint8_t)(r % 3);
        b->key[r] = str_of(arena_printf(&arena, "key%d", r));
        b->time[r] = r * 10;
        b->seq[r] = (uint64_t)r + 100;
        b->partition[r] = r % 4;
        b->offset[r] = r * 2;
        if (extras) {
            b->headers[r].count = r;
            b->win_start[r] = r * 1000;
            b->win_end[r] = r * 1000 + 1;
            b->upstream[r] = r % 2;
            b->carried[r] = r + 7;
        }
    }
    return b;
}

/* Row `at` of b is row r of what `make` made. */
static void check_row(const Batch *b, int at, int r)
{
    for (int c = 0; c < COLUMNS; c++) {
        Value want = sample(c, r), got = column_value(&b->cols[c], at, &arena);
        assert_true(value_eq(&want, &got));
        assert_int_equal(column_is_null(&b->cols[c], at), want.is_null);
        if (b->old) {
            got = column_value(&b->old[c], at, &arena);
            assert_true(value_eq(&want, &got));
        }
    }
    assert_int_equal(b->new_state[at], SIDE_ROW);
    assert_int_equal(b->old_state[at], r % 3);
    assert_true(str_eq(b->key[at], str_of(arena_printf(&arena, "key%d", r))));
    assert_int_equal(b->time[at], r * 10);
    assert_int_equal(b->seq[at], r + 100);
    assert_int_equal(b->partition[at], r % 4);
    assert_int_equal(b->offset[at], r * 2);
    if (b->headers) {
        assert_int_equal(b->headers[at].count, r);
        assert_int_equal(b->win_start[at], r * 1000);
        assert_int_equal(b->win_end[at], r * 1000 + 1);
        assert_int_equal(b->upstream[at], r % 2);
        assert_int_equal(b->carried[at], r + 7);
    }
}

static void test_new(void **state)
{
    Batch *b = batch_new(&arena, &schema, 3);
    for (int r = 0; r < 3; r++) {
        assert_int_equal(b->new_state[r], SIDE_ROW);
        assert_int_equal(b->old_state[r], SIDE_NONE);
        for (int c = 0; c < COLUMNS; c++)
            assert_true(column_is_null(&b->cols[c], r) && !b->cols[c].any);
    }
    assert_null(b->old);
    assert_null(b->headers);
    batch_init_column(b, I);
    assert_non_null(b->cols[I].i32);
    assert_true(column_is_null(&b->cols[I], 2));
    assert_true(column_value(&b->cols[S], 0, &arena).is_null); /* no storage reads as NULL */
    batch_new(&arena, &schema, 0);
    b = make(40, true, true);
    for (int r = 0; r < 40; r++)
        check_row(b, r, r);
}

static void test_old_side(void **state)
{
    Batch *b = batch_new(&arena, &schema, 4);
    batch_init_column(b, K);
    batch_init_column(b, I);
    batch_init_old(b);
    assert_ptr_equal(b->old[K].str, b->cols[K].str);
    assert_ptr_equal(b->old[K].valid, b->cols[K].valid);
    assert_true(b->old[I].i32 && b->old[I].i32 != b->cols[I].i32);
    assert_true(!b->old[S].any && b->old[S].valid);
    batch_init_column(b, S); /* storage that comes later comes on both sides */
    assert_true(b->old[S].str && b->old[S].str != b->cols[S].str);
}

static void test_slice(void **state)
{
    for (int extras = 0; extras < 2; extras++) {
        Batch *b = make(30, extras, extras);
        Batch *s = batch_slice(&arena, b, 7, 12);
        assert_int_equal(s->rows, 12);
        for (int r = 0; r < 12; r++)
            check_row(s, r, r + 7);
        s = batch_slice(&arena, s, 2, 3); /* of a slice */
        check_row(s, 2, 11);
        assert_ptr_equal(s->cols[I].i32, b->cols[I].i32 + 9); /* memory is shared */
        assert_int_equal(batch_slice(&arena, b, 30, 0)->rows, 0);
    }
}

static void test_gather(void **state)
{
    for (int extras = 0; extras < 2; extras++) {
        Batch *b = make(50, extras, extras);
        static const uint16_t rows[] = {49, 0, 7, 7, 13, 1};
        Batch *g = batch_gather(&arena, b, rows, 6);
        assert_int_equal(g->rows, 6);
        for (int i = 0; i < 6; i++)
            check_row(g, i, rows[i]);
        if (extras)
            assert_ptr_equal(g->old[K].str, g->cols[K].str);
        g->cols[I].i32[0] = 77; /* memory is not shared */
        check_row(b, 49, 49);
        assert_int_equal(batch_gather(&arena, b, rows, 0)->rows, 0);
    }
    Batch *bare = batch_new(&arena, &schema, 5);
    batch_init_column(bare, I);
    Batch *g = batch_gather(&arena, bare, (uint16_t[]){4, 3}, 2);
    assert_true(g->cols[I].i32 && !g->cols[S].any && column_is_null(&g->cols[S], 1));
}

static void test_derive(void **state)
{
    Batch *b = make(10, true, true);
    SchemaColumn one[] = {{STR_LIT("Z"), &type_double, ROLE_VALUE, STR_NULL}};
    Schema narrow = {one, 1, 0, WINDOW_NONE, 0}, windowed = {one, 1, 0, WINDOW_TUMBLING, 1000};
    Batch *d = batch_derive(&arena, b, &narrow);
    assert_true(d->rows == 10 && d->seq == b->seq && d->key == b->key && !d->old);
    assert_true(!d->win_start && !d->win_end && d->carried == b->carried);
    assert_true(!d->cols[0].any && column_is_null(&d->cols[0], 9));
    batch_init_column(d, 0);
    assert_int_equal(b->schema->count, COLUMNS);
    assert_ptr_equal(batch_derive(&arena, b, &windowed)->win_start, b->win_start);
}

static void test_copy_row(void **state)
{
    Batch *from = make(20, false, false), *to = batch_new(&arena, &schema, 20);
    for (int c = 0; c < COLUMNS; c++) {
        column_copy_row(&to->cols[c], 0, &from->cols[c], 1); /* no storage: nothing happens */
        batch_init_column(to, c);
        for (int r = 0; r < 20; r++)
            column_copy_row(&to->cols[c], r, &from->cols[c], 19 - r);
        for (int r = 0; r < 20; r++) {
            Value want = sample(c, 19 - r), got = column_value(&to->cols[c], r, &arena);
            assert_true(value_eq(&want, &got));
        }
    }
    Batch *bare = batch_new(&arena, &schema, 20);
    to->cols[I].valid[3] = 1;
    column_copy_row(&to->cols[I], 3, &bare->cols[I], 3);
    assert_true(column_is_null(&to->cols[I], 3));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {T(test_new),    T(test_old_side), T(test_slice),
                                       T(test_gather), T(test_derive),   T(test_copy_row)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
