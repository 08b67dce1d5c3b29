/* map.c: byte strings to pointers, in the order of insertion.
 *
 * Owns copies of the keys; the values are the caller's. The entries lie densely in the order they
 * came; an open-addressed table beside them holds their numbers. Taking one out shifts those behind
 * it, which is fine for catalogs and wrong for hot paths: those have tables of their own. */
#include "base/map.h"

#include "base/mem.h"

typedef struct Entry {
    char *key;
    uint32_t key_bytes;
    uint32_t hash;
    void *value;
} Entry;

struct Map {
    Entry *entries;
    int count, cap;
    int32_t *slots; /* entry number + 1; 0 is empty */
    uint32_t slot_mask;
};

enum { SLOTS_MIN = 16 };

Map *map_new(void)
{
    Map *m = MEM_NEW(Map);
    m->slots = mem_zalloc(SLOTS_MIN * sizeof *m->slots);
    m->slot_mask = SLOTS_MIN - 1;
    return m;
}

void map_free(Map *m)
{
    if (!m)
        return;
    for (int i = 0; i < m->count; i++)
        mem_free(m->entries[i].key);
    mem_free(m->entries);
    mem_free(m->slots);
    mem_free(m);
}

/* The slot that holds `key`, or the empty one where it belongs. */
static uint32_t slot_of(const Map *m, Str key, uint32_t hash)
{
    uint32_t at = hash & m->slot_mask;
    for (; m->slots[at]; at = (at + 1) & m->slot_mask) {
        const Entry *e = &m->entries[m->slots[at] - 1];
        if (e->hash == hash && str_eq((Str){e->key, e->key_bytes}, key))
            break;
    }
    return at;
}

static void rebuild_slots(Map *m)
{
    memset(m->slots, 0, ((size_t)m->slot_mask + 1) * sizeof *m->slots);
    for (int i = 0; i < m->count; i++) {
        uint32_t at = m->entries[i].hash & m->slot_mask;
        while (m->slots[at])
            at = (at + 1) & m->slot_mask;
        m->slots[at] = i + 1;
    }
}

static void grow(Map *m)
{
    m->cap = m->cap ? m->cap * 2 : SLOTS_MIN / 2;
    m->entries = mem_realloc(m->entries, (size_t)m->cap * sizeof *m->entries);
    m->slot_mask = (uint32_t)m->cap * 2 - 1;
    m->slots = mem_realloc(m->slots, ((size_t)m->slot_mask + 1) * sizeof *m->slots);
    rebuild_slots(m);
}

void *map_find(const Map *m, Str key)
{
    int32_t n = m->slots[slot_of(m, key, (uint32_t)str_hash(key))];
    return n ? m->entries[n - 1].value : NULL;
}

void *map_put(Map *m, Str key, void *value)
{
    uint32_t hash = (uint32_t)str_hash(key);
    int32_t n = m->slots[slot_of(m, key, hash)];
    if (n) {
        void *before = m->entries[n - 1].value;
        m->entries[n - 1].value = value;
        return before;
    }
    if (m->count == m->cap)
        grow(m);
    char *copy = mem_alloc(key.len);
    if (key.len)
        memcpy(copy, key.ptr, key.len);
    m->entries[m->count] = (Entry){copy, key.len, hash, value};
    m->slots[slot_of(m, (Str){copy, key.len}, hash)] = ++m->count;
    return NULL;
}

void *map_take(Map *m, Str key)
{
    int32_t n = m->slots[slot_of(m, key, (uint32_t)str_hash(key))];
    if (!n)
        return NULL;
    Entry *e = &m->entries[n - 1];
    void *value = e->value;
    mem_free(e->key);
    memmove(e, e + 1, (size_t)(m->count - n) * sizeof *e);
    m->count--;
    rebuild_slots(m);
    return value;
}

int map_count(const Map *m)
{
    return m->count;
}

void *map_at(const Map *m, int i, Str *key)
{
    if (key)
        *key = (Str){m->entries[i].key, m->entries[i].key_bytes};
    return m->entries[i].value;
}
