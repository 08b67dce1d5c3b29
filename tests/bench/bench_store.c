/* links: store */
/* bench_store.c: nanoseconds per update of a store, and updates a second over a real SQLite file.
 *
 *     bench_store [keys] [file]
 *
 * First the hot path by itself: a key that is in the active generation, one that is nowhere, one
 * that a settled generation left in the cache. Then `keys` random keys (1,000,000) under a cache of
 * 32 MiB, frozen and committed every 100,000 updates on the same thread, prefetched by batches of
 * 1024: first round all are new, then most must come from the disk. Nanoseconds are CPU time of the
 * one thread, updates a second are given by the clock on the wall and, behind it, by CPU time. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/db.h"
#include "base/mem.h"
#include "store/store.h"

enum { COLUMNS = 3, FREEZE_EVERY = 100000, BATCH = 1024, KEY_BYTES = 16 };

typedef struct Bench {
    Arena arena;
    Db *write_db, *read_db;
    StoreDisk *write, *read;
    StoreDef def;
    Store *store;
    uint64_t number, rng;
    int64_t commit_ns;
    Err err;
} Bench;

#define OK(b, expr) ok((b), (expr))

static int64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void ok(Bench *b, Rc rc)
{
    if (rc) {
        fprintf(stderr, "%s\n", b->err.text);
        exit(1);
    }
}

static uint64_t next_random(Bench *b)
{
    uint64_t z = b->rng += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static Str make_key(char *at, uint64_t n)
{
    snprintf(at, KEY_BYTES, "customer-%06llx", (unsigned long long)n & 0xffffff);
    return str_make(at, KEY_BYTES - 1);
}

static void open_store(Bench *b, size_t cache_bytes)
{
    StoreCaps caps = {.cache_bytes = cache_bytes};
    store_close(b->store);
    OK(b, store_open(&b->def, 0, b->read, &caps, &b->store, &b->err));
}

static void open_all(Bench *b, const char *path)
{
    static const Type *const types[COLUMNS] = {&type_bigint, &type_bigint, &type_double};
    arena_init(&b->arena, 0);
    b->def = (StoreDef){.id = 1, .name = "bench", .row = rowcode_new(&b->arena, types, COLUMNS)};
    OK(b, db_open(path, DB_WRITE_LAX, &b->write_db, &b->err));
    OK(b, db_open(path, DB_READ, &b->read_db, &b->err));
    OK(b, store_disk_open(b->write_db, &b->write, &b->err));
    OK(b, store_disk_open(b->read_db, &b->read, &b->err));
}

static void update(Bench *b, Str key)
{
    const RowCode *rc = b->def.row;
    uint8_t *row;
    bool existed;
    OK(b, store_update(b->store, 0, key, rc->fixed_bytes, &row, &existed, &b->err));
    for (int c = 0; c < COLUMNS; c++)
        rowcode_set_valid(row, c, true);
    rowcode_put_i64(rc, row, 0, rowcode_get_i64(rc, row, 0) + 1);
    rowcode_put_i64(rc, row, 1, rowcode_get_i64(rc, row, 1) + 7);
    rowcode_put_f64(rc, row, 2, rowcode_get_f64(rc, row, 2) + 0.5);
}

static void commit(Bench *b)
{
    int64_t start = clock_monotonic_ns();
    StoreGen *g = store_freeze(b->store, ++b->number);
    if (!g)
        return;
    OK(b, b->write->cls->begin(b->write, &b->err));
    OK(b, gen_write(g, b->write, &b->err));
    OK(b, b->write->cls->commit(b->write, &b->err));
    store_promote(b->store, g);
    store_settle(b->store, g);
    gen_unref(g);
    if (db_wal_bytes(b->write_db) > 64 << 20)
        OK(b, db_checkpoint(b->write_db, true, &b->err));
    b->commit_ns += clock_monotonic_ns() - start;
}

static void report(const char *what, int64_t ns, int64_t count)
{
    printf("%-44s %8.0f ns\n", what, (double)ns / (double)count);
}

/* ---- the hot path -------------------------------------------------------------------------- */

static void hot_path(Bench *b, int keys)
{
    Str *k = ARENA_ARRAY(&b->arena, Str, keys);
    for (int i = 0; i < keys; i++)
        k[i] = make_key(arena_alloc(&b->arena, KEY_BYTES), (uint64_t)i * 2654435761u);
    printf("%d keys\n", keys);
    open_store(b, 256 << 20);
    int64_t t0 = cpu_ns();
    for (int i = 0; i < keys; i++)
        update(b, k[i]);
    int64_t t1 = cpu_ns();
    report("  new, first generation (the table grows)", t1 - t0, keys);
    int rounds = 2000000 / keys + 1;
    t0 = cpu_ns();
    for (int r = 0; r < rounds; r++) {
        for (int i = 0; i < keys; i++)
            update(b, k[i]);
    }
    t1 = cpu_ns();
    report("  hit in the active generation", t1 - t0, (int64_t)rounds * keys);
    commit(b);
    t0 = cpu_ns();
    for (int i = 0; i < keys; i++)
        update(b, k[i]);
    t1 = cpu_ns();
    report("  settled: from the cache", t1 - t0, keys);
    char other[KEY_BYTES + 8];
    t0 = cpu_ns();
    for (int i = 0; i < keys; i++) {
        uint64_t n = (uint64_t)i;
        memcpy(other, "an other", 8);
        memcpy(other + 8, &n, 8);
        update(b, str_make(other, 16));
    }
    t1 = cpu_ns();
    report("  new, the disk holds others", t1 - t0, keys);
    commit(b);
}

/* ---- over the disk ------------------------------------------------------------------------- */

static void round_of(Bench *b, int keys, const char *what)
{
    char text[BATCH][KEY_BYTES];
    Str batch[BATCH];
    int64_t start = clock_monotonic_ns(), cpu = cpu_ns();
    b->commit_ns = 0;
    for (int done = 0, frozen = 0; done < keys; done += BATCH) {
        for (int i = 0; i < BATCH; i++)
            batch[i] = make_key(text[i], next_random(b) % (uint64_t)keys * 16);
        OK(b, store_prefetch(b->store, NULL, batch, BATCH, &b->err));
        for (int i = 0; i < BATCH; i++)
            update(b, batch[i]);
        if (done - frozen >= FREEZE_EVERY) {
            commit(b);
            frozen = done;
        }
    }
    commit(b);
    double seconds = (double)(clock_monotonic_ns() - start) / 1e9;
    double cpu_seconds = (double)(cpu_ns() - cpu) / 1e9;
    printf("  %-42s %8.3f M/s, %.3f by CPU  (%.0f%% of it in commits)\n", what,
           keys / seconds / 1e6, keys / cpu_seconds / 1e6, (double)b->commit_ns / seconds / 1e7);
}

static void over_the_disk(Bench *b, int keys)
{
    printf("%d random keys, cache 32 MiB, a commit every %d updates\n", keys, FREEZE_EVERY);
    b->def.id = 2;
    open_store(b, 32 << 20);
    round_of(b, keys, "first round: nearly all are new");
    round_of(b, keys, "second round");
    round_of(b, keys, "third round");
    int64_t t0 = clock_monotonic_ns();
    open_store(b, 32 << 20);
    printf("  %-42s %8.3f ms\n", "opening it again", (double)(clock_monotonic_ns() - t0) / 1e6);
    round_of(b, keys, "first round after opening");
}

int main(int argc, char **argv)
{
    static Bench b;
    char path[] = "/tmp/oxbow-bench-XXXXXX";
    int keys = argc > 1 ? atoi(argv[1]) : 1000000;
    const char *file = argc > 2 ? argv[2] : path;
    if (argc <= 2) {
        int fd = mkstemp(path);
        if (fd < 0 || keys <= 0)
            return 2;
        close(fd);
    }
    open_all(&b, file);
    hot_path(&b, 10000);
    b.def.id = 3;
    hot_path(&b, 300000);
    over_the_disk(&b, keys);
    store_close(b.store);
    b.write->cls->close(b.write);
    b.read->cls->close(b.read);
    db_close(b.write_db);
    db_close(b.read_db);
    arena_fini(&b.arena);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3 && argc <= 2; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    return 0;
}
