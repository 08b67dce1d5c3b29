/* test_model.c: the store against a model, through random operations in every legal order.
 *
 * The model is a few full pictures of the state: as the task sees it, as it was at the freeze, at
 * the last promotion, and at the last state commit. Every operation of the store has its
 * counterpart there, and every read is compared. Runs over SQLite and over the simulated disk, for
 * plain and windowed stores, for rows of one size and rows that grow and shrink. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store_test.h"

enum { KEYS = 24, WINS = 8, WIN_MS = 10, ABSENT = -1, WAITING_MAX = 3 };

typedef struct Picture {
    int value[WINS][KEYS];
    int64_t bound;
    int64_t record[2];
    bool fresh;
} Picture;

typedef struct World {
    TestDisk disk;
    Arena arena;
    StoreDef def;
    StoreCaps caps;
    Store *store;
    bool windowed, varying;
    uint64_t number, rng;
    Picture now, frozen, promoted, on_disk;
    Picture committed[WAITING_MAX]; /* of each generation waiting, oldest first */
    StoreGen *in_flight, *waiting[WAITING_MAX];
    int waiting_count, written; /* the first `written` are on the disk already */
    Buf row;
} World;

static uint32_t below(World *w, uint32_t n)
{
    return (uint32_t)(sim_random(&w->disk.plan) % n);
}

static Str key_of(int k)
{
    static char text[KEYS][32];
    snprintf(text[k], sizeof text[k], "%s%d", k % 3 ? "a key that is longer " : "", k * k);
    return k ? str_of(text[k]) : STR_LIT("");
}

static int64_t win_of(const World *w, int i)
{
    return w->windowed ? (int64_t)i * WIN_MS : 0;
}

/* The row that stands for a value: two numbers, or a text whose length depends on it. */
static Str row_of(World *w, int value)
{
    buf_reset(&w->row);
    Column col[2];
    column_init(&col[0], &w->arena, w->def.row->types[0], 1);
    col[0].valid[0] = 1;
    if (w->varying) {
        col[0].str[0] =
            str_make("the quick brown fox jumps over the lazy dog, 0123456789", (size_t)value % 50);
    } else {
        column_init(&col[1], &w->arena, w->def.row->types[1], 1);
        col[0].i64[0] = value;
        col[1].valid[0] = 1;
        col[1].i64[0] = -value;
    }
    rowcode_encode(w->def.row, &w->row, col, 0);
    return buf_str(&w->row);
}

static void assert_row(World *w, Str row, int value)
{
    if (value == ABSENT) {
        assert_null(row.ptr);
        return;
    }
    assert_non_null(row.ptr);
    Str want = row_of(w, value);
    assert_int_equal(row.len, want.len);
    assert_memory_equal(row.ptr, want.ptr, want.len);
}

static int *cell(World *w, Picture *p, int win, int key)
{
    return &p->value[w->windowed ? win : 0][key];
}

static bool gone(const World *w, const Picture *p, int win)
{
    return win_of(w, win) < p->bound;
}

static void picture_expire(World *w, Picture *p, int64_t bound)
{
    if (bound <= p->bound)
        return;
    p->bound = bound;
    for (int i = 0; i < WINS; i++) {
        for (int k = 0; gone(w, p, i) && k < KEYS; k++)
            p->value[i][k] = ABSENT;
    }
}

/* ---- operations ---------------------------------------------------------------------------- */

static void do_get(World *w, int win, int key)
{
    Str row;
    OK(store_get(w->store, win_of(w, win), key_of(key), &row, &test_err));
    assert_row(w, row, *cell(w, &w->now, win, key));
}

static void do_put(World *w, int win, int key)
{
    int value = (int)below(w, 1000);
    OK(store_put(w->store, win_of(w, win), key_of(key), row_of(w, value), &test_err));
    if (!gone(w, &w->now, win))
        *cell(w, &w->now, win, key) = value;
}

static void do_update(World *w, int win, int key)
{
    if (w->varying) {
        do_put(w, win, key);
        return;
    }
    uint8_t *row;
    bool existed;
    int *value = cell(w, &w->now, win, key);
    OK(store_update(w->store, win_of(w, win), key_of(key), w->def.row->fixed_bytes, &row, &existed,
                    &test_err));
    assert_int_equal(existed, *value != ABSENT);
    if (existed)
        assert_row(w, str_make(row, w->def.row->fixed_bytes), *value);
    else
        for (uint32_t i = 0; i < w->def.row->fixed_bytes; i++)
            assert_int_equal(row[i], 0);
    int next = existed ? *value + 1 : 1;
    Str fresh = row_of(w, next);
    memcpy(row, fresh.ptr, fresh.len);
    if (!gone(w, &w->now, win))
        *value = next;
}

static void do_delete(World *w, int win, int key)
{
    OK(store_delete(w->store, win_of(w, win), key_of(key), &test_err));
    *cell(w, &w->now, win, key) = ABSENT;
}

static void do_prefetch(World *w)
{
    Str keys[40];
    int64_t wins[40];
    for (int i = 0; i < 40; i++) {
        keys[i] = below(w, 10) ? key_of((int)below(w, KEYS)) : STR_NULL;
        wins[i] = win_of(w, (int)below(w, WINS));
    }
    OK(store_prefetch(w->store, w->windowed ? wins : NULL, keys, 40, &test_err));
}

static void do_expire(World *w)
{
    if (!w->windowed)
        return;
    int64_t bound = (int64_t)below(w, WINS * WIN_MS / 2) - 5;
    store_expire(w->store, bound);
    picture_expire(w, &w->now, bound);
}

static void do_record(World *w)
{
    bool fresh;
    int64_t *record = store_record(w->store, &fresh);
    assert_int_equal(fresh, w->now.fresh);
    assert_memory_equal(record, w->now.record, sizeof w->now.record);
    record[0] = w->now.record[0] = (int64_t)sim_random(&w->disk.plan);
    record[1] = w->now.record[1] = INT64_MIN + below(w, 5);
    w->now.fresh = false;
    store_record_dirty(w->store);
}

static void do_freeze(World *w)
{
    if (w->in_flight)
        return;
    w->in_flight = store_freeze(w->store, w->number + 1);
    if (!w->in_flight) {
        w->frozen = w->promoted;
        return;
    }
    assert_int_equal(gen_number(w->in_flight), ++w->number);
    w->frozen = w->now;
}

static void do_promote(World *w)
{
    if (!w->in_flight || w->waiting_count == WAITING_MAX)
        return;
    store_promote(w->store, w->in_flight);
    w->committed[w->waiting_count] = w->promoted = w->frozen;
    w->waiting[w->waiting_count++] = w->in_flight;
    w->in_flight = NULL;
}

/* One state transaction with one or several of the waiting generations; it may be rolled back. */
static void do_write(World *w)
{
    int upto = w->written + 1 + (int)below(w, 2);
    if (upto > w->waiting_count)
        return;
    StoreDisk *d = w->disk.write;
    OK(d->cls->begin(d, &test_err));
    for (int i = w->written; i < upto; i++)
        OK(gen_write(w->waiting[i], d, &test_err));
    OK(d->cls->put_generation(d, STR_LIT("unit"), gen_number(w->waiting[upto - 1]), &test_err));
    if (!below(w, 8)) {
        d->cls->rollback(d);
        return;
    }
    OK(d->cls->commit(d, &test_err));
    w->on_disk = w->committed[upto - 1];
    w->written = upto;
}

static void do_settle(World *w)
{
    if (!w->written)
        return;
    store_settle(w->store, w->waiting[0]);
    gen_unref(w->waiting[0]);
    w->written--;
    w->waiting_count--;
    memmove(w->waiting, w->waiting + 1, sizeof w->waiting - sizeof *w->waiting);
    memmove(w->committed, w->committed + 1, sizeof w->committed - sizeof *w->committed);
}

static void do_abort(World *w)
{
    store_abort(w->store, &test_err);
    gen_unref(w->in_flight);
    w->in_flight = NULL;
    w->number = w->waiting_count ? gen_number(w->waiting[w->waiting_count - 1]) : w->number;
    w->now = w->promoted;
}

/* What the disk does not have is gone, as after a crash. */
static void do_reopen(World *w)
{
    store_close(w->store);
    gen_unref(w->in_flight);
    w->in_flight = NULL;
    for (int i = 0; i < w->waiting_count; i++)
        gen_unref(w->waiting[i]);
    w->waiting_count = w->written = 0;
    OK(store_open(&w->def, 3, w->disk.read, &w->caps, &w->store, &test_err));
    w->now = w->on_disk;
    w->now.bound = INT64_MIN; /* the operator sets it again, from its record */
    w->promoted = w->now;
}

/* ---- what others see ----------------------------------------------------------------------- */

typedef struct Seen {
    World *w;
    const Picture *want;
    const StoreScan *scan;
    int next; /* the cell to come, in order of (window, key) */
} Seen;

static int key_order[KEYS]; /* keys by their bytes */

static int key_cmp(const void *a, const void *b)
{
    return str_cmp(key_of(*(const int *)a), key_of(*(const int *)b));
}

static bool in_scan(const Seen *s, int win, int key)
{
    Str k = key_of(key);
    int64_t at = win_of(s->w, win);
    return at >= s->scan->win_from && at <= s->scan->win_to &&
           (!s->scan->key_from.ptr || str_cmp(k, s->scan->key_from) >= 0) &&
           (!s->scan->key_to.ptr || str_cmp(k, s->scan->key_to) <= 0);
}

/* The next cell that is there and wanted. */
static void skip_absent(Seen *s)
{
    int cells = (s->w->windowed ? WINS : 1) * KEYS;
    for (; s->next < cells; s->next++) {
        int win = s->next / KEYS, key = key_order[s->next % KEYS];
        if (s->want->value[win][key] != ABSENT && in_scan(s, win, key))
            return;
    }
}

static bool see(void *ctx, int64_t win, Str key, Str row)
{
    Seen *s = ctx;
    skip_absent(s);
    int at_win = s->next / KEYS, at_key = key_order[s->next % KEYS];
    assert_true(at_win < WINS);
    assert_int_equal(win, win_of(s->w, at_win));
    assert_true(str_eq(key, key_of(at_key)));
    assert_row(s->w, row, s->want->value[at_win][at_key]);
    s->next++;
    return true;
}

static void check_view_get(World *w, StoreGen *const *gens, int count)
{
    Buf row;
    buf_init(&row);
    for (int i = 0; i < 10; i++) {
        int win = (int)below(w, WINS), key = (int)below(w, KEYS);
        bool found;
        buf_reset(&row);
        OK(store_view_get(w->disk.read, &w->def, 3, gens, count, win_of(w, win), key_of(key), &row,
                          &found, &test_err));
        assert_row(w, found ? buf_str(&row) : STR_NULL, *cell(w, &w->promoted, win, key));
    }
    buf_fini(&row);
}

/* A view is the last promoted state: nothing of the active generation, or of one in flight. */
static void do_view(World *w)
{
    StoreDisk *d = w->disk.read;
    uint64_t number;
    StoreScan scan = STORE_SCAN_ALL;
    if (below(w, 2) && w->windowed) {
        scan.win_from = win_of(w, (int)below(w, WINS));
        scan.win_to = scan.win_from + below(w, 40);
    }
    if (below(w, 2))
        scan.key_from = key_of((int)below(w, KEYS));
    if (below(w, 2))
        scan.key_to =
            below(w, 2) && scan.key_from.ptr ? scan.key_from : key_of((int)below(w, KEYS));
    OK(d->cls->snapshot(d, true, &test_err));
    OK(d->cls->generation(d, STR_LIT("unit"), &number, &test_err));
    StoreGen *gens[WAITING_MAX];
    int count = 0;
    for (int i = w->waiting_count; i-- > 0;) {
        if (gen_number(w->waiting[i]) > number)
            gens[count++] = gen_ref(w->waiting[i]);
    }
    Seen s = {.w = w, .want = &w->promoted, .scan = &scan};
    OK(store_view_scan(d, &w->def, 3, gens, count, &scan, see, &s, &test_err));
    skip_absent(&s);
    assert_int_equal(s.next, (w->windowed ? WINS : 1) * KEYS);
    check_view_get(w, gens, count);
    OK(d->cls->snapshot(d, false, &test_err));
    for (int i = 0; i < count; i++)
        gen_unref(gens[i]);
}

/* ---- histories ----------------------------------------------------------------------------- */

static void picture_empty(Picture *p)
{
    *p = (Picture){.bound = INT64_MIN, .fresh = true};
    for (int i = 0; i < WINS; i++) {
        for (int k = 0; k < KEYS; k++)
            p->value[i][k] = ABSENT;
    }
}

static void world_open(World *w, bool sqlite, bool windowed, bool varying, uint64_t seed)
{
    static const Type *const fixed[] = {&type_bigint, &type_bigint}, *const text[] = {&type_string};
    *w = (World){.windowed = windowed, .varying = varying};
    test_disk_open(&w->disk, sqlite);
    w->disk.plan.rng = seed;
    arena_init(&w->arena, 0);
    buf_init(&w->row);
    w->def = test_def(&w->arena, windowed ? STORE_WINDOW : STORE_TABLE, varying ? text : fixed,
                      varying ? 1 : 2);
    /* From no cache at all to one that holds everything. */
    w->caps.cache_bytes = (size_t[]){0, 700, 3000, 1 << 20}[seed % 4];
    picture_empty(&w->now);
    w->frozen = w->promoted = w->on_disk = w->now;
    OK(store_open(&w->def, 3, w->disk.read, &w->caps, &w->store, &test_err));
}

static void world_close(World *w)
{
    do_reopen(w);
    store_close(w->store);
    buf_fini(&w->row);
    arena_fini(&w->arena);
    test_disk_close(&w->disk);
}

static void step(World *w)
{
    int win = (int)below(w, WINS), key = (int)below(w, KEYS);
    switch (below(w, 40)) {
    case 0 ... 9:
        do_get(w, win, key);
        break;
    case 10 ... 18:
        do_update(w, win, key);
        break;
    case 19 ... 21:
        do_put(w, win, key);
        break;
    case 22 ... 25:
        do_delete(w, win, key);
        break;
    case 26:
        do_prefetch(w);
        break;
    case 27:
        if (!below(w, 4))
            do_expire(w);
        break;
    case 28:
        do_record(w);
        break;
    case 29 ... 30:
        do_freeze(w);
        break;
    case 31 ... 32:
        do_promote(w);
        break;
    case 33 ... 34:
        do_write(w);
        break;
    case 35 ... 36:
        do_settle(w);
        break;
    case 37:
        if (!below(w, 3))
            do_abort(w);
        break;
    case 38:
        if (!below(w, 8))
            do_reopen(w);
        break;
    default:
        do_view(w);
    }
    arena_reset(&w->arena);
}

static void run(bool sqlite, int histories, int steps)
{
    for (int i = 0; i < KEYS; i++)
        key_order[i] = i;
    for (int i = 0; i < KEYS; i++)
        key_of(i);
    qsort(key_order, KEYS, sizeof *key_order, key_cmp);
    for (int h = 0; h < histories; h++) {
        World w;
        world_open(&w, sqlite, h & 1, h & 2, (uint64_t)h / 4 + 1);
        Arena own = w.arena; /* the definition must outlive the steps' resets */
        arena_init(&w.arena, 0);
        for (int i = 0; i < steps; i++)
            step(&w);
        arena_fini(&w.arena);
        w.arena = own;
        world_close(&w);
    }
}

static void over_the_simulated_disk(void **state)
{
    run(false, 160, 1500);
}
static void over_sqlite(void **state)
{
    run(true, 24, 1500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(over_the_simulated_disk),
        cmocka_unit_test(over_sqlite),
    };
    return cmocka_run_group_tests_name("store: against a model", tests, NULL, NULL);
}
