/* gen.c: one generation of a store: the rows changed between two freezes.
 *
 * A generation is a hash table over an arena. While it is active, store.c writes into it; a freeze
 * hands the very same memory over, without copying, to the committer and to readers, and from then
 * on it is immutable and counted. A deleted row is an entry without a row. What lies below the
 * expiry bound is left out of everything that leaves the generation.
 *
 * Owns entries, rows and its copy of the operator record. Leaves to store.c which generation is
 * asked when. Threads: frozen ones may be read and counted from anywhere. */
#include <assert.h>

#include "base/mem.h"
#include "store/store_int.h"

enum { CHUNK_BYTES_MIN = 4 << 10, CHUNK_BYTES_MAX = 1 << 20 };

/* ---- life ---------------------------------------------------------------------------------- */

StoreGen *gen_new(const StoreDef *def, int partition, const StoreGen *like)
{
    StoreGen *g = MEM_NEW(StoreGen);
    atomic_init(&g->refs, 1);
    g->def = def;
    g->partition = partition;
    g->expired_below = INT64_MIN;
    size_t chunk = like ? like->arena.used_bytes : 0;
    chunk = chunk < CHUNK_BYTES_MIN ? CHUNK_BYTES_MIN : chunk;
    arena_init(&g->arena, chunk > CHUNK_BYTES_MAX ? CHUNK_BYTES_MAX : chunk);
    table_init(&g->table, like ? like->table.count : 0);
    return g;
}

StoreGen *gen_ref(StoreGen *g)
{
    atomic_fetch_add_explicit(&g->refs, 1, memory_order_relaxed);
    return g;
}

void gen_unref(StoreGen *g)
{
    if (!g || atomic_fetch_sub_explicit(&g->refs, 1, memory_order_acq_rel) != 1)
        return;
    table_fini(&g->table);
    arena_fini(&g->arena);
    mem_free(g);
}

uint64_t gen_number(const StoreGen *g)
{
    return g->number;
}
size_t gen_rows(const StoreGen *g)
{
    return g->table.count;
}
int64_t gen_expired_below(const StoreGen *g)
{
    return g->expired_below;
}
const int64_t *gen_record(const StoreGen *g)
{
    return g->record;
}
const StoreDef *gen_def(const StoreGen *g)
{
    return g->def;
}
int gen_partition(const StoreGen *g)
{
    return g->partition;
}

size_t gen_bytes(const StoreGen *g)
{
    return g->arena.used_bytes + (g->table.count ? table_bytes(&g->table) : 0);
}

/* ---- writing, while active ----------------------------------------------------------------- */

Entry *gen_add(StoreGen *g, uint64_t hash, int64_t win, Str key, uint32_t row_bytes)
{
    assert(!g->frozen);
    void *at = arena_alloc(&g->arena, entry_bytes(key.len, row_bytes));
    Entry *e = entry_place(at, win, key, row_bytes);
    table_add(&g->table, hash, e);
    return e;
}

/* A row that grows leaves its old room behind; twice as much is taken so that this stays rare. */
void gen_resize_row(StoreGen *g, Entry *e, uint32_t row_bytes)
{
    assert(!g->frozen);
    if (row_bytes > e->row_room) {
        uint32_t room = row_bytes;
        if (e->row_room && row_bytes < UINT32_MAX / 2)
            room = row_bytes * 2;
        e->row = arena_alloc(&g->arena, room);
        e->row_room = room;
    } else if (!e->row) {
        e->row = arena_alloc(&g->arena, e->row_room ? e->row_room : 1);
    }
    e->row_bytes = row_bytes;
}

/* ---- what leaves it ------------------------------------------------------------------------ */

Rc gen_visit(const StoreGen *g, GenVisit *visit, void *ctx, Err *err)
{
    Entry **sorted = table_sorted(&g->table);
    Rc rc = 0;
    for (size_t i = 0; i < g->table.count && !rc; i++) {
        const Entry *e = sorted[i];
        if (e->win >= g->expired_below)
            rc = visit(ctx, g->def, g->partition, e->win, entry_key(e), entry_row(e), err);
    }
    mem_free(sorted);
    return rc;
}

static Rc write_row(void *ctx, const StoreDef *def, int partition, int64_t win, Str key, Str row,
                    Err *err)
{
    StoreDisk *d = ctx;
    return d->cls->put(d, def, partition, win, key, row, err);
}

Rc gen_write(const StoreGen *g, StoreDisk *d, Err *err)
{
    assert(g->frozen);
    Rc rc = d->cls->define(d, g->def, err);
    if (!rc && g->expired_below != INT64_MIN)
        rc = d->cls->expire(d, g->def, g->partition, g->expired_below, err);
    if (!rc)
        rc = gen_visit(g, write_row, d, err);
    if (!rc && g->record)
        rc = d->cls->put_record(d, g->def, g->partition, g->record, err);
    return rc;
}
