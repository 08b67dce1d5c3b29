/* table.c: the hash table under a generation and under the clean cache.
 *
 * Keys are (window start, key bytes). The table owns its slots only; entries belong to the arena or
 * chunk they were placed in. A slot carries the whole hash, so a probe that fails seldom touches an
 * entry, and growing touches none. */
#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "store/store_int.h"

enum { SLOTS_MIN = 16 };

/* ---- entries ------------------------------------------------------------------------------- */

static size_t row_at(uint32_t key_bytes)
{
    return (sizeof(Entry) + key_bytes + 7) & ~(size_t)7;
}

size_t entry_bytes(uint32_t key_bytes, uint32_t row_bytes)
{
    return row_at(key_bytes) + (((size_t)row_bytes + 7) & ~(size_t)7);
}

Entry *entry_place(void *at, int64_t win, Str key, uint32_t row_bytes)
{
    Entry *e = at;
    *e = (Entry){.win = win,
                 .row = (uint8_t *)at + row_at(key.len),
                 .row_bytes = row_bytes,
                 .row_room = row_bytes,
                 .key_bytes = key.len};
    if (key.len)
        memcpy(e->key, key.ptr, key.len);
    return e;
}

/* ---- slots --------------------------------------------------------------------------------- */

static size_t slots_for(size_t count)
{
    size_t n = SLOTS_MIN;
    while (n / 8 * 5 < count)
        n *= 2;
    return n;
}

void table_init(Table *t, size_t expected)
{
    *t = (Table){0};
    if (expected) {
        size_t n = slots_for(expected);
        t->slots = mem_zalloc(n * sizeof *t->slots);
        t->mask = n - 1;
    }
}

void table_fini(Table *t)
{
    mem_free(t->slots);
    *t = (Table){0};
}

size_t table_bytes(const Table *t)
{
    return t->slots ? (t->mask + 1) * sizeof *t->slots : 0;
}

Entry *table_find(const Table *t, uint64_t hash, int64_t win, Str key)
{
    if (!t->slots)
        return NULL;
    for (size_t i = hash & t->mask;; i = (i + 1) & t->mask) {
        Entry *e = t->slots[i].entry;
        if (!e)
            return NULL;
        if (t->slots[i].hash == hash && e->win == win && e->key_bytes == key.len &&
            memcmp(e->key, key.ptr ? key.ptr : "", key.len) == 0)
            return e;
    }
}

static void place_slot(Table *t, Slot slot)
{
    size_t i = slot.hash & t->mask;
    while (t->slots[i].entry)
        i = (i + 1) & t->mask;
    t->slots[i] = slot;
}

static void grow(Table *t)
{
    Table old = *t;
    table_init(t, old.count + 1);
    t->count = old.count;
    for (size_t i = 0; old.slots && i <= old.mask; i++) {
        if (old.slots[i].entry)
            place_slot(t, old.slots[i]);
    }
    mem_free(old.slots);
}

void table_add(Table *t, uint64_t hash, Entry *e)
{
    if (!t->slots || t->count >= (t->mask + 1) / 8 * 5)
        grow(t);
    place_slot(t, (Slot){hash, e});
    t->count++;
}

static size_t slot_of(const Table *t, uint64_t hash, const Entry *e)
{
    size_t i = hash & t->mask;
    while (t->slots[i].entry != e) {
        assert(t->slots[i].entry);
        i = (i + 1) & t->mask;
    }
    return i;
}

void table_move(Table *t, uint64_t hash, const Entry *from, Entry *to)
{
    t->slots[slot_of(t, hash, from)].entry = to;
}

/* Close the gap: a later slot of the same run moves back unless it is at or after its own home. */
void table_remove(Table *t, uint64_t hash, const Entry *e)
{
    size_t gap = slot_of(t, hash, e);
    for (size_t i = (gap + 1) & t->mask; t->slots[i].entry; i = (i + 1) & t->mask) {
        size_t home = t->slots[i].hash & t->mask;
        if (((i - home) & t->mask) >= ((i - gap) & t->mask)) {
            t->slots[gap] = t->slots[i];
            gap = i;
        }
    }
    t->slots[gap].entry = NULL;
    t->count--;
}

/* ---- order --------------------------------------------------------------------------------- */

/* The first eight bytes of the key, big-endian, decide most comparisons without touching the entry.
 */
typedef struct SortItem {
    int64_t win;
    uint64_t prefix;
    Entry *entry;
} SortItem;

static uint64_t key_prefix(const Entry *e)
{
    uint64_t v = 0;
    for (uint32_t i = 0; i < 8; i++)
        v = v << 8 | (i < e->key_bytes ? (uint8_t)e->key[i] : 0);
    return v;
}

static int sort_cmp(const void *pa, const void *pb)
{
    const SortItem *a = pa, *b = pb;
    if (a->win != b->win)
        return a->win < b->win ? -1 : 1;
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    return str_cmp(entry_key(a->entry), entry_key(b->entry));
}

Entry **table_sorted(const Table *t)
{
    if (!t->count)
        return NULL;
    SortItem *items = mem_alloc(t->count * sizeof *items);
    size_t n = 0;
    for (size_t i = 0; i <= t->mask; i++) {
        Entry *e = t->slots[i].entry;
        if (e)
            items[n++] = (SortItem){e->win, key_prefix(e), e};
    }
    assert(n == t->count);
    qsort(items, n, sizeof *items, sort_cmp);
    Entry **sorted = mem_alloc(n * sizeof *sorted);
    for (size_t i = 0; i < n; i++)
        sorted[i] = items[i].entry;
    mem_free(items);
    return sorted;
}
