/* store_int.h: what the files of the store share.
 *
 *   table.c   entries, and the hash table that finds them by (window start, key)
 *   cache.c   the clean cache: a table over a ring of chunks, bounded in bytes
 *   filter.c  which keys the disk may hold
 *   gen.c     a generation: a table over an arena, mutable while active, then frozen
 *   store.c   the stack of them; view.c reads it from elsewhere
 *
 * Nothing here locks. An Entry lives in the arena of its generation or in a chunk of the cache. */
#ifndef OXBOW_STORE_STORE_INT_H
#define OXBOW_STORE_STORE_INT_H

#include <stdatomic.h>

#include "base/arena.h"
#include "store/store.h"

/* ---- table.c ------------------------------------------------------------------------------- */

/* One row by its key. The row stands behind the key in the same piece of memory when it was made
 * with it, so that a hit touches the slot and one line more. */
typedef struct Entry {
    int64_t win;
    uint8_t *row; /* NULL: deleted (generation) or dead (cache) */
    uint32_t row_bytes, row_room;
    uint32_t key_bytes;
    uint32_t used; /* cache: found since the eviction last came by */
    char key[];
} Entry;

static inline Str entry_key(const Entry *e)
{
    return (Str){e->key, e->key_bytes};
}
static inline Str entry_row(const Entry *e)
{
    return e->row ? (Str){(const char *)e->row, e->row_bytes} : STR_NULL;
}
size_t entry_bytes(uint32_t key_bytes, uint32_t row_bytes);
/* Lay an entry out in `at`, of entry_bytes: key copied, row not yet. */
Entry *entry_place(void *at, int64_t win, Str key, uint32_t row_bytes);
static inline int entry_cmp(const Entry *a, const Entry *b)
{
    return a->win != b->win ? (a->win < b->win ? -1 : 1) : str_cmp(entry_key(a), entry_key(b));
}

typedef struct Slot {
    uint64_t hash;
    Entry *entry; /* NULL: free */
} Slot;

/* Open addressing, linear, at most 5/8 full; removal moves later slots back. */
typedef struct Table {
    Slot *slots;
    size_t mask; /* slots - 1, or 0 without any */
    size_t count;
} Table;

static inline uint64_t table_hash(int64_t win, Str key)
{
    return str_hash(key) ^ (uint64_t)win * 0x9e3779b97f4a7c15u;
}
void table_init(Table *t, size_t expected);
void table_fini(Table *t);
size_t table_bytes(const Table *t);
Entry *table_find(const Table *t, uint64_t hash, int64_t win, Str key);
void table_add(Table *t, uint64_t hash, Entry *e); /* must not be there */
void table_move(Table *t, uint64_t hash, const Entry *from, Entry *to);
void table_remove(Table *t, uint64_t hash, const Entry *e);
/* All entries in key order, in memory of the caller (mem_free); NULL when there are none. */
Entry **table_sorted(const Table *t);

/* ---- cache.c ------------------------------------------------------------------------------- */

typedef struct CacheChunk CacheChunk;

typedef struct Cache {
    Table table;
    CacheChunk *oldest, *newest;
    size_t chunk_bytes, held_bytes, bytes_max;
} Cache;

void cache_init(Cache *c, size_t bytes_max);
void cache_fini(Cache *c);
/* Borrowed until the next cache_put. */
Entry *cache_find(Cache *c, uint64_t hash, int64_t win, Str key);
bool cache_holds(const Cache *c, uint64_t hash, int64_t win, Str key);
/* A row as the disk has it. It may be thrown away at once; an older one never survives. */
void cache_put(Cache *c, uint64_t hash, int64_t win, Str key, Str row);
void cache_remove(Cache *c, uint64_t hash, int64_t win, Str key);

/* ---- filter.c ------------------------------------------------------------------------------ */

typedef struct FilterLayer FilterLayer;

typedef struct Filter {
    FilterLayer *layers; /* the newest first */
    bool windowed;
} Filter;

void filter_init(Filter *f, bool windowed);
void filter_fini(Filter *f);
bool filter_holds(const Filter *f, uint64_t hash, int64_t win); /* false: certainly not */
void filter_add(Filter *f, uint64_t hash, int64_t win);
void filter_expire(Filter *f, int64_t win_below);
size_t filter_bytes(const Filter *f);

/* ---- gen.c --------------------------------------------------------------------------------- */

struct StoreGen {
    atomic_int refs;
    bool frozen;
    int partition;
    const StoreDef *def;
    uint64_t number;
    Table table;
    Arena arena;
    int64_t expired_below; /* INT64_MIN: none */
    int64_t *record;       /* in the arena; NULL: none */
};

/* `like`: one whose size is a good guess; may be NULL. */
StoreGen *gen_new(const StoreDef *def, int partition, const StoreGen *like);
size_t gen_bytes(const StoreGen *g);
/* A new entry of an active generation; its row is not filled. */
Entry *gen_add(StoreGen *g, uint64_t hash, int64_t win, Str key, uint32_t row_bytes);
/* Room for a row of this size in an entry that exists. */
void gen_resize_row(StoreGen *g, Entry *e, uint32_t row_bytes);
static inline Entry *gen_find(const StoreGen *g, uint64_t hash, int64_t win, Str key)
{
    return g->table.count ? table_find(&g->table, hash, win, key) : NULL;
}

#endif
