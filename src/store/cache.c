/* cache.c: rows as the disk has them, bounded in bytes.
 *
 * Entries are appended to chunks; a full cache gives up its oldest chunk. What was found since the
 * eviction last came by gets a second round: it is copied to the newest chunk, up to half of one,
 * so every eviction gains room. No allocation per row, no list per row, and the bytes are exact:
 * chunks and table together stay under bytes_max (but for the one chunk being filled).
 *
 * Owns chunks and table. Which rows are right is the store's business: it overwrites or removes
 * what a settled generation has changed. */
#include <assert.h>

#include "base/mem.h"
#include "store/store_int.h"

enum {
    CHUNKS = 16, /* a full cache has about so many */
    CHUNK_BYTES_MIN = 256,
    CHUNK_BYTES_MAX = 256 << 10,
};

struct CacheChunk {
    CacheChunk *newer;
    size_t used;
    _Alignas(16) char data[];
};

void cache_init(Cache *c, size_t bytes_max)
{
    *c = (Cache){.bytes_max = bytes_max};
    size_t bytes = bytes_max / CHUNKS & ~(size_t)15;
    bytes = bytes < CHUNK_BYTES_MIN ? CHUNK_BYTES_MIN : bytes;
    c->chunk_bytes = bytes > CHUNK_BYTES_MAX ? CHUNK_BYTES_MAX : bytes;
    table_init(&c->table, 0);
}

void cache_fini(Cache *c)
{
    for (CacheChunk *k = c->oldest, *newer; k; k = newer) {
        newer = k->newer;
        mem_free(k);
    }
    table_fini(&c->table);
}

Entry *cache_find(Cache *c, uint64_t hash, int64_t win, Str key)
{
    Entry *e = table_find(&c->table, hash, win, key);
    if (e)
        e->used = 1;
    return e;
}

bool cache_holds(const Cache *c, uint64_t hash, int64_t win, Str key)
{
    return table_find(&c->table, hash, win, key) != NULL;
}

static size_t room_of(const Entry *e)
{
    return entry_bytes(e->key_bytes, e->row_room);
}

static CacheChunk *add_chunk(Cache *c)
{
    CacheChunk *k = mem_alloc(sizeof *k + c->chunk_bytes);
    k->newer = NULL;
    k->used = 0;
    if (c->newest)
        c->newest->newer = k;
    else
        c->oldest = k;
    c->newest = k;
    c->held_bytes += sizeof *k + c->chunk_bytes;
    return k;
}

/* Give up the oldest chunk; what was used lately moves to `to`, while there is room for it. */
static void evict(Cache *c, CacheChunk *to)
{
    CacheChunk *k = c->oldest;
    assert(k != to);
    for (size_t at = 0; at < k->used;) {
        Entry *e = (Entry *)(k->data + at);
        size_t bytes = room_of(e);
        at += bytes;
        if (!e->row)
            continue;
        uint64_t hash = table_hash(e->win, entry_key(e));
        if (!e->used || to->used + bytes > c->chunk_bytes / 2) {
            table_remove(&c->table, hash, e);
            continue;
        }
        Entry *moved = entry_place(to->data + to->used, e->win, entry_key(e), e->row_room);
        memcpy(moved->row, e->row, e->row_bytes);
        moved->row_bytes = e->row_bytes;
        to->used += bytes;
        table_move(&c->table, hash, e, moved);
    }
    c->oldest = k->newer;
    c->held_bytes -= sizeof *k + c->chunk_bytes;
    mem_free(k);
}

static Entry *append(Cache *c, int64_t win, Str key, uint32_t row_bytes)
{
    size_t bytes = entry_bytes(key.len, row_bytes);
    CacheChunk *k = c->newest;
    if (!k || k->used + bytes > c->chunk_bytes) {
        k = add_chunk(c);
        while (c->oldest != k && c->held_bytes + table_bytes(&c->table) > c->bytes_max)
            evict(c, k);
    }
    Entry *e = entry_place(k->data + k->used, win, key, row_bytes);
    k->used += bytes;
    return e;
}

static void drop(Cache *c, uint64_t hash, Entry *e)
{
    table_remove(&c->table, hash, e);
    e->row = NULL;
}

/* A row that would fill half a chunk is not worth the others it would push out. */
static bool fits(const Cache *c, Str key, Str row)
{
    return c->bytes_max && entry_bytes(key.len, row.len) <= c->chunk_bytes / 2;
}

void cache_put(Cache *c, uint64_t hash, int64_t win, Str key, Str row)
{
    Entry *e = table_find(&c->table, hash, win, key);
    if (e && row.len <= e->row_room) {
        memcpy(e->row, row.ptr, row.len);
        e->row_bytes = row.len;
        e->used = 1;
        return;
    }
    if (e)
        drop(c, hash, e);
    if (!fits(c, key, row))
        return;
    e = append(c, win, key, row.len);
    if (row.len)
        memcpy(e->row, row.ptr, row.len);
    table_add(&c->table, hash, e);
}

void cache_remove(Cache *c, uint64_t hash, int64_t win, Str key)
{
    Entry *e = table_find(&c->table, hash, win, key);
    if (e)
        drop(c, hash, e);
}
