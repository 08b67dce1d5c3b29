/* test_store.c: what the model test is too small for: many keys (filter, cache, growth), reopening
 * over a full disk, long deletions, changelog records that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/changelog.h"
#include "store/store_int.h"
#include "store_test.h"

enum { MANY = 5000 };

typedef struct Fixture {
    TestDisk disk;
    Arena arena;
    StoreDef def;
    StoreCaps caps;
    Store *store;
    uint64_t number;
} Fixture;

static void fixture_open(Fixture *f, bool sqlite, StoreKind kind)
{
    static const Type *const types[] = {&type_bigint};
    *f = (Fixture){.caps = {.cache_bytes = 64 << 10}};
    test_disk_open(&f->disk, sqlite);
    arena_init(&f->arena, 0);
    f->def = test_def(&f->arena, kind, types, 1);
    OK(store_open(&f->def, 0, f->disk.read, &f->caps, &f->store, &test_err));
}

static void fixture_close(Fixture *f)
{
    store_close(f->store);
    arena_fini(&f->arena);
    test_disk_close(&f->disk);
}

static void reopen(Fixture *f)
{
    store_close(f->store);
    OK(store_open(&f->def, 0, f->disk.read, &f->caps, &f->store, &test_err));
}

static Str key_of(char text[16], int i)
{
    return str_make(text, (size_t)snprintf(text, 16, "%d", i * 7919));
}

static int64_t bump(Fixture *f, int64_t win, int key)
{
    char text[16];
    uint8_t *row;
    bool existed;
    OK(store_update(f->store, win, key_of(text, key), f->def.row->fixed_bytes, &row, &existed,
                    &test_err));
    int64_t count = rowcode_get_i64(f->def.row, row, 0) + 1;
    assert_int_equal(existed, count > 1);
    rowcode_set_valid(row, 0, true);
    rowcode_put_i64(f->def.row, row, 0, count);
    return count;
}

static void commit(Fixture *f)
{
    StoreGen *g = store_freeze(f->store, ++f->number);
    StoreDisk *d = f->disk.write;
    assert_non_null(g);
    store_promote(f->store, g);
    OK(d->cls->begin(d, &test_err));
    OK(gen_write(g, d, &test_err));
    OK(d->cls->commit(d, &test_err));
    store_settle(f->store, g);
    gen_unref(g);
}

/* The filter is built in pieces behind the reads; before, during and after, no key is overlooked.
 */
static void no_key_is_overlooked(void **state)
{
    for (int sqlite = 0; sqlite < 2; sqlite++) {
        Fixture f;
        fixture_open(&f, sqlite, STORE_TABLE);
        for (int i = 0; i < MANY; i += 2)
            assert_int_equal(bump(&f, 0, i), 1);
        commit(&f);
        reopen(&f);
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < MANY; i++) {
                int64_t want = round + (i % 2 ? 1 : 2);
                assert_int_equal(bump(&f, 0, (i * 17) % MANY), want + ((i * 17) % 2 - i % 2));
                if (i % 1111 == 0)
                    commit(&f);
            }
            commit(&f);
        }
        fixture_close(&f);
    }
}

/* Counts how often the disk is asked. */
static int gets;
static StoreDiskClass counting;
static const StoreDiskClass *counted;

static Rc count_get(StoreDisk *d, const StoreDef *def, int partition, int64_t win, Str key,
                    Buf *row, bool *found, Err *err)
{
    gets++;
    return counted->get(d, def, partition, win, key, row, found, err);
}

static void new_keys_are_not_looked_up(void **state)
{
    Fixture f;
    fixture_open(&f, false, STORE_TABLE);
    counted = f.disk.read->cls;
    counting = *counted;
    counting.get = count_get;
    f.disk.read->cls = &counting;
    gets = 0;
    for (int i = 0; i < MANY; i++) {
        bump(&f, 0, i);
        if (i % 500 == 499)
            commit(&f);
    }
    assert_in_range(gets, 0, MANY / 100); /* the filter's own mistakes */
    /* Reopened: asked at first, and not any more when the filter is whole. */
    reopen(&f);
    gets = 0;
    for (int i = MANY; i < 2 * MANY; i++)
        bump(&f, 0, i);
    assert_in_range(gets, 1, MANY / 50);
    fixture_close(&f);
}

static void new_windows_are_not_looked_up(void **state)
{
    Fixture f;
    fixture_open(&f, false, STORE_WINDOW);
    counted = f.disk.read->cls;
    counting = *counted;
    counting.get = count_get;
    f.disk.read->cls = &counting;
    gets = 0;
    for (int win = 0; win < 50; win++) {
        for (int i = 0; i < 50; i++)
            bump(&f, win * 10, i);
        if (win % 5 == 4)
            commit(&f);
        if (win == 30)
            store_expire(f.store, 200);
    }
    assert_in_range(gets, 0, 30);
    reopen(&f);
    gets = 0;
    for (int i = 0; i < 50; i++)
        bump(&f, 500, i);
    assert_int_equal(gets, 0);
    for (int i = 0; i < 50; i++)
        assert_int_equal(bump(&f, 490, i), 2);
    assert_int_equal(gets, 50);
    fixture_close(&f);
}

static void a_filter_holds_what_was_added(void **state)
{
    Filter f;
    filter_init(&f, false);
    int wrong = 0;
    for (uint64_t i = 0; i < 100000; i++)
        filter_add(&f, str_hash(str_make(&i, 8)), 0);
    for (uint64_t i = 0; i < 200000; i++) {
        bool holds = filter_holds(&f, str_hash(str_make(&i, 8)), 0);
        assert_true(holds || i >= 100000);
        wrong += holds && i >= 100000;
    }
    assert_in_range(wrong, 0, 3000);
    filter_fini(&f);

    filter_init(&f, true);
    for (int64_t win = 0; win < 3000; win++)
        filter_add(&f, table_hash(win, STR_LIT("k")), win);
    size_t before = filter_bytes(&f);
    assert_true(filter_holds(&f, table_hash(2999, STR_LIT("k")), 2999));
    filter_expire(&f, 2990);
    assert_true(filter_bytes(&f) < before);
    assert_true(filter_holds(&f, table_hash(2999, STR_LIT("k")), 2999));
    filter_fini(&f);
}

/* Whatever is put, the cache stays within its bytes and never gives back an old row. */
static void the_cache_is_bounded_and_never_stale(void **state)
{
    enum { KEYS = 3000, BYTES = 20000 };
    static uint32_t latest[KEYS]; /* length of the row; 0: not known */
    SimPlan rng = {.rng = 5};
    Cache c;
    char row[600], text[16];
    int hits = 0;
    cache_init(&c, BYTES);
    for (int i = 0; i < 60000; i++) {
        int k = (int)sim_below(&rng, sim_below(&rng, 3) ? 50 : KEYS);
        Str key = key_of(text, k);
        uint64_t hash = table_hash(0, key);
        Entry *e = cache_find(&c, hash, 0, key);
        hits += e != NULL;
        if (e) {
            assert_int_equal(e->row_bytes, latest[k]);
            assert_int_equal(e->row[0], (uint8_t)(k + latest[k]));
        }
        latest[k] = 1 + sim_below(&rng, sizeof row);
        memset(row, (char)(k + latest[k]), latest[k]);
        if (sim_below(&rng, 5))
            cache_put(&c, hash, 0, key, str_make(row, latest[k]));
        else
            cache_remove(&c, hash, 0, key);
        assert_true(c.held_bytes + table_bytes(&c.table) <= BYTES + c.chunk_bytes + 100);
    }
    assert_true(hits > 1000);
    cache_fini(&c);
}

static void a_table_survives_removals(void **state)
{
    enum { KEYS = 500 };
    Table t;
    Arena a;
    SimPlan rng = {.rng = 3};
    Entry *there[KEYS] = {0};
    char text[16];
    arena_init(&a, 0);
    table_init(&t, 0);
    for (int i = 0; i < 50000; i++) {
        int k = (int)sim_below(&rng, KEYS);
        Str key = key_of(text, k);
        uint64_t hash = table_hash(1, key) & 63; /* crowded on purpose */
        assert_ptr_equal(table_find(&t, hash, 1, key), there[k]);
        if (there[k]) {
            table_remove(&t, hash, there[k]);
            there[k] = NULL;
        } else if (t.count < 60) {
            there[k] = entry_place(arena_alloc(&a, entry_bytes(key.len, 0)), 1, key, 0);
            table_add(&t, hash, there[k]);
        }
    }
    table_fini(&t);
    arena_fini(&a);
}

static void a_row_of_another_size_is_refused(void **state)
{
    Fixture f;
    uint8_t *row;
    bool existed;
    fixture_open(&f, false, STORE_TABLE);
    bump(&f, 0, 1);
    char text[16];
    assert_int_equal(store_update(f.store, 0, key_of(text, 1), 8, &row, &existed, &test_err),
                     ERR_CORRUPT);
    assert_string_equal(test_err.text,
                        "state of Test (s7): a row has 16 bytes where 8 are expected");
    commit(&f);
    assert_int_equal(store_update(f.store, 0, key_of(text, 1), 8, &row, &existed, &test_err),
                     ERR_CORRUPT);
    fixture_close(&f);
}

static void nothing_changed_freezes_to_nothing(void **state)
{
    Fixture f;
    fixture_open(&f, false, STORE_TABLE);
    assert_null(store_freeze(f.store, 1));
    OK(store_delete(f.store, 0, STR_LIT("never there"), &test_err));
    assert_null(store_freeze(f.store, 1));
    bump(&f, 0, 1);
    OK(store_delete(f.store, 0, STR_LIT("7919"), &test_err));
    assert_null(store_freeze(f.store, 1)); /* it was never outside the active generation */
    fixture_close(&f);
}

/* A changelog is our own, but it comes from outside all the same. */
static void a_bad_changelog_record_is_refused(void **state)
{
    static const struct {
        Str key, value;
        const char *text;
    } bad[] = {
        {{NULL, 0}, {"x", 1}, "it has no key"},
        {{"", 0}, {"x", 1}, "its key does not decode"},
        {{"\1\xff", 2}, {"x", 1}, "its key does not decode"},
        {{"\1\7\5\0k", 5}, {"x", 1}, "it is of another partition"},
        {{"\1\x8\0\0k", 5}, {"x", 1}, "it is of a store that does not belong here"},
        {{"\1\7\0\0k", 5}, {"x", 1}, "its row does not decode"},
        {{"\1\7\0\2k", 5}, {NULL, 0}, "its key does not decode"},
        {{"\2\7\0", 3}, {"x", 1}, "its operator record has another size"},
        {{"\2\7\0z", 4}, {"1234567812345678", 16}, "its key does not decode"},
        {{"\3\7\0", 3}, {"12345678", 8}, "its expiry bound does not decode"},
        {{"\4\7\0", 3}, {"12345678", 8}, "it is of a kind that this version does not know"},
    };
    Fixture f;
    fixture_open(&f, true, STORE_TABLE);
    const StoreDef *defs[] = {&f.def};
    StoreDisk *d = f.disk.write;
    OK(d->cls->begin(d, &test_err));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        LogRecord r = {.key = bad[i].key, .value = bad[i].value, .offset = 12};
        assert_int_equal(changelog_apply(d, defs, 1, 0, &r, &test_err), ERR_CORRUPT);
        assert_string_equal(
            test_err.text,
            arena_printf(&f.arena, "changelog record at offset 12: %s", bad[i].text));
    }
    d->cls->rollback(d);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_key_is_overlooked),
        cmocka_unit_test(new_keys_are_not_looked_up),
        cmocka_unit_test(new_windows_are_not_looked_up),
        cmocka_unit_test(a_filter_holds_what_was_added),
        cmocka_unit_test(the_cache_is_bounded_and_never_stale),
        cmocka_unit_test(a_table_survives_removals),
        cmocka_unit_test(a_row_of_another_size_is_refused),
        cmocka_unit_test(nothing_changed_freezes_to_nothing),
        cmocka_unit_test(a_bad_changelog_record_is_refused),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
