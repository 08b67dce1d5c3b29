/* filter.c: which keys the disk may hold.
 *
 * A blocked Bloom filter: one cache line and six bits a key, sixteen bits of room each, so about
 * one key in two hundred that is not there is looked up for nothing. It cannot be resized without
 * the keys, so it grows by layers, each four times the last; a key that some layer already claims
 * is not added again, which keeps the layers from filling with repetitions.
 *
 * Over windows a layer knows the lowest and highest start it has seen: one that lies outside is not
 * asked, and one whose windows have all expired is given back. Deleted plain keys stay claimed
 * until the store is opened again; that costs reads, never answers.
 *
 * Owns the layers. One thread. */
#include "base/mem.h"
#include "store/store_int.h"

enum {
    KEYS_FIRST = 512,
    KEYS_GROWTH = 4,
    KEYS_WINDOWED_MAX = 1 << 20, /* so that layers of old windows go one by one */
    BITS_PER_KEY = 16,
    BLOCK_WORDS = 8, /* 64 bytes */
    BLOCK_BITS = 64 * BLOCK_WORDS,
};

struct FilterLayer {
    FilterLayer *older;
    size_t keys, keys_max;
    int64_t win_min, win_max;
    size_t blocks;
    uint64_t *words; /* 64-byte aligned inside memory[] */
    uint64_t memory[];
};

void filter_init(Filter *f, bool windowed)
{
    *f = (Filter){.windowed = windowed};
}

void filter_fini(Filter *f)
{
    for (FilterLayer *l = f->layers, *older; l; l = older) {
        older = l->older;
        mem_free(l);
    }
    f->layers = NULL;
}

static FilterLayer *layer_new(size_t keys_max)
{
    size_t blocks = (keys_max * BITS_PER_KEY + BLOCK_BITS - 1) / BLOCK_BITS;
    FilterLayer *l = mem_zalloc(sizeof *l + (blocks + 1) * BLOCK_WORDS * sizeof(uint64_t));
    uintptr_t at = ((uintptr_t)l->memory + 63) & ~(uintptr_t)63;
    l->words = (uint64_t *)at;
    l->blocks = blocks;
    l->keys_max = keys_max;
    l->win_min = INT64_MAX;
    l->win_max = INT64_MIN;
    return l;
}

/* The table's slots use the low bits of the hash; the block is chosen by the high ones, and the
 * bits inside it by a second mixing. */
static uint64_t *block_of(const FilterLayer *l, uint64_t hash)
{
    size_t b = (size_t)((unsigned __int128)hash * l->blocks >> 64);
    return l->words + b * BLOCK_WORDS;
}

static uint64_t bits_of(uint64_t hash)
{
    return (hash ^ hash >> 29) * 0xbf58476d1ce4e5b9u;
}

static bool layer_holds(const FilterLayer *l, uint64_t hash)
{
    const uint64_t *block = block_of(l, hash);
    uint64_t bits = bits_of(hash);
    for (int i = 0; i < 6; i++, bits >>= 9) {
        if (!(block[bits >> 6 & 7] >> (bits & 63) & 1))
            return false;
    }
    return true;
}

bool filter_holds(const Filter *f, uint64_t hash, int64_t win)
{
    for (const FilterLayer *l = f->layers; l; l = l->older) {
        if (win >= l->win_min && win <= l->win_max && layer_holds(l, hash))
            return true;
    }
    return false;
}

static FilterLayer *layer_with_room(Filter *f)
{
    FilterLayer *l = f->layers;
    if (l && l->keys < l->keys_max)
        return l;
    size_t keys = l ? l->keys_max * KEYS_GROWTH : KEYS_FIRST;
    if (f->windowed && keys > KEYS_WINDOWED_MAX)
        keys = KEYS_WINDOWED_MAX;
    FilterLayer *fresh = layer_new(keys);
    fresh->older = l;
    f->layers = fresh;
    return fresh;
}

void filter_add(Filter *f, uint64_t hash, int64_t win)
{
    if (filter_holds(f, hash, win))
        return;
    FilterLayer *l = layer_with_room(f);
    uint64_t *block = block_of(l, hash);
    uint64_t bits = bits_of(hash);
    for (int i = 0; i < 6; i++, bits >>= 9)
        block[bits >> 6 & 7] |= (uint64_t)1 << (bits & 63);
    l->keys++;
    l->win_min = win < l->win_min ? win : l->win_min;
    l->win_max = win > l->win_max ? win : l->win_max;
}

void filter_expire(Filter *f, int64_t win_below)
{
    for (FilterLayer **link = &f->layers; *link;) {
        FilterLayer *l = *link;
        if (l->keys && l->win_max < win_below) {
            *link = l->older;
            mem_free(l);
        } else {
            link = &l->older;
        }
    }
}

size_t filter_bytes(const Filter *f)
{
    size_t bytes = 0;
    for (const FilterLayer *l = f->layers; l; l = l->older)
        bytes += sizeof *l + (l->blocks + 1) * BLOCK_WORDS * sizeof(uint64_t);
    return bytes;
}
