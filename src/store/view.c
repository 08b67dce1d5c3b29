/* view.c: reading the committed state of a store from another thread.
 *
 * A view is what the disk's snapshot holds, overlaid by the committed generations above it: for
 * each key the newest one speaks, a deletion included, and what lies below the highest expiry bound
 * of any of them is gone. The active generation and the one in flight are not in it, so nobody ever
 * sees what an abort would take back.
 *
 * Owns nothing beyond a call: snapshot and references are the caller's. Any thread, each with its
 * own reading side of the disk. */
#include <stdlib.h>

#include "base/mem.h"
#include "store/store_int.h"

static int64_t bound_of(StoreGen *const *gens, int gen_count)
{
    int64_t bound = INT64_MIN;
    for (int i = 0; i < gen_count; i++)
        bound = gens[i]->expired_below > bound ? gens[i]->expired_below : bound;
    return bound;
}

Rc store_view_get(StoreDisk *d, const StoreDef *def, int partition, StoreGen *const *gens,
                  int gen_count, int64_t win, Str key, Buf *row, bool *found, Err *err)
{
    *found = false;
    if (win < bound_of(gens, gen_count))
        return 0;
    uint64_t hash = table_hash(win, key), best = 0;
    const Entry *newest = NULL;
    for (int i = 0; i < gen_count; i++) {
        const Entry *e = gen_find(gens[i], hash, win, key);
        if (e && (!newest || gens[i]->number > best)) {
            newest = e;
            best = gens[i]->number;
        }
    }
    if (!newest)
        return d->cls->get(d, def, partition, win, key, row, found, err);
    *found = newest->row != NULL;
    if (*found)
        buf_put_str(row, entry_row(newest));
    return 0;
}

/* ---- scan ---------------------------------------------------------------------------------- */

typedef struct Layer { /* a changed row, and how new it is */
    const Entry *entry;
    uint64_t number;
} Layer;

typedef struct Merge {
    const StoreScan *scan;
    int64_t bound;
    Layer *layers; /* in key order, one per key */
    size_t count, at;
    bool (*each)(void *ctx, int64_t win, Str key, Str row);
    void *ctx;
    bool stopped;
} Merge;

static bool in_scan(const StoreScan *s, int64_t bound, const Entry *e)
{
    if (e->win < bound || e->win < s->win_from || e->win > s->win_to)
        return false;
    return (!s->key_from.ptr || str_cmp(entry_key(e), s->key_from) >= 0) &&
           (!s->key_to.ptr || str_cmp(entry_key(e), s->key_to) <= 0);
}

static int layer_cmp(const void *pa, const void *pb)
{
    const Layer *a = pa, *b = pb;
    int c = entry_cmp(a->entry, b->entry);
    if (c)
        return c;
    return a->number > b->number ? -1 : a->number < b->number; /* the newest first */
}

static void collect(Merge *m, StoreGen *const *gens, int gen_count)
{
    size_t most = 0;
    for (int i = 0; i < gen_count; i++)
        most += gens[i]->table.count;
    if (!most)
        return;
    m->layers = mem_alloc(most * sizeof *m->layers);
    for (int i = 0; i < gen_count; i++) {
        const Table *t = &gens[i]->table;
        for (size_t k = 0; t->count && k <= t->mask; k++) {
            const Entry *e = t->slots[k].entry;
            if (e && in_scan(m->scan, m->bound, e))
                m->layers[m->count++] = (Layer){e, gens[i]->number};
        }
    }
    qsort(m->layers, m->count, sizeof *m->layers, layer_cmp);
    size_t kept = 0;
    for (size_t i = 0; i < m->count; i++) {
        if (!kept || entry_cmp(m->layers[kept - 1].entry, m->layers[i].entry))
            m->layers[kept++] = m->layers[i];
    }
    m->count = kept;
}

static bool give(Merge *m, int64_t win, Str key, Str row)
{
    m->stopped = m->stopped || !m->each(m->ctx, win, key, row);
    return !m->stopped;
}

static int order(const Entry *e, int64_t win, Str key)
{
    return e->win != win ? (e->win < win ? -1 : 1) : str_cmp(entry_key(e), key);
}

static bool disk_row(void *ctx, int64_t win, Str key, Str row)
{
    Merge *m = ctx;
    int c = 1;
    while (m->at < m->count && (c = order(m->layers[m->at].entry, win, key)) <= 0) {
        const Entry *e = m->layers[m->at++].entry;
        if (e->row && !give(m, e->win, entry_key(e), entry_row(e)))
            return false;
        if (c == 0)
            return true;
    }
    return win < m->bound || give(m, win, key, row);
}

Rc store_view_scan(StoreDisk *d, const StoreDef *def, int partition, StoreGen *const *gens,
                   int gen_count, const StoreScan *scan,
                   bool (*each)(void *ctx, int64_t win, Str key, Str row), void *ctx, Err *err)
{
    Merge m = {.scan = scan, .bound = bound_of(gens, gen_count), .each = each, .ctx = ctx};
    collect(&m, gens, gen_count);
    Rc rc = d->cls->scan(d, def, partition, scan, disk_row, &m, err);
    for (; !rc && !m.stopped && m.at < m.count; m.at++) {
        const Entry *e = m.layers[m.at].entry;
        if (e->row)
            give(&m, e->win, entry_key(e), entry_row(e));
    }
    mem_free(m.layers);
    return rc;
}
