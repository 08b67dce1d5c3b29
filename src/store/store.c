/* store.c: the stack of generations of one store, over a clean cache and a disk.
 *
 *     active -> in flight -> committed, newest first -> clean cache -> disk
 *
 * A row is looked for in that order and, to be changed, copied up into the active generation; the
 * next change finds it there with one probe. The disk is asked last and only where it may have
 * something: above its highest window there is nothing, and a plain key must pass the filter.
 *
 * Expiry is a bound. It moves at once in memory and is one range delete at the next state commit;
 * what an abort takes back, it takes back too, because the input that moved it will be read again.
 *
 * Owns the generations it holds (one reference each), cache, filter and record. Leaves to the
 * caller when to freeze and what became of a commit. */
#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "store/store_int.h"

enum { FILTER_PIECE = 256 }; /* keys per piece while the filter is built from the disk */

struct Store {
    const StoreDef *def;
    int partition;
    StoreDisk *disk;
    StoreGen *active;
    StoreGen *in_flight;
    StoreGen **committed; /* oldest first */
    int committed_count, committed_room;
    Cache cache;
    Filter filter;

    /* What is known of the disk. */
    bool disk_any;
    int64_t disk_win_max; /* WINDOW: of what it held on opening and what was settled since */
    int64_t
        old_win_max;   /* WINDOW: windows up to this one were there before; the filter is silent */
    bool filter_whole; /* TABLE: every key on the disk has passed through the filter */
    Buf filter_at;     /* TABLE: the key up to which it has; cap 0: none yet */

    int64_t bound, bound_committed; /* windows below are gone */
    bool bound_moved;               /* since the last freeze */
    int64_t *record, *record_committed;
    bool record_fresh, record_fresh_committed, record_dirty;

    Buf row;          /* last row read from the disk */
    uint8_t *nowhere; /* what is written below the bound */
    uint32_t nowhere_bytes;
};

const StoreDef *store_def(const Store *s)
{
    return s->def;
}
int store_partition(const Store *s)
{
    return s->partition;
}

/* ---- opening ------------------------------------------------------------------------------- */

static Rc load(Store *s, Err *err)
{
    const StoreDiskClass *cls = s->disk->cls;
    bool found = false;
    Rc rc = 0;
    if (s->def->record_count)
        rc = cls->record(s->disk, s->def, s->partition, s->record_committed, &found, err);
    s->record_fresh = s->record_fresh_committed = !found;
    if (!rc)
        rc = cls->highest(s->disk, s->def, s->partition, &s->disk_win_max, &s->disk_any, err);
    if (!s->disk_any)
        s->disk_win_max = INT64_MIN;
    s->old_win_max = s->disk_win_max;
    s->filter_whole = !s->disk_any;
    return rc;
}

Rc store_open(const StoreDef *def, int partition, StoreDisk *disk, const StoreCaps *caps,
              Store **out, Err *err)
{
    Store *s = MEM_NEW(Store);
    s->def = def;
    s->partition = partition;
    s->disk = disk;
    s->bound = s->bound_committed = INT64_MIN;
    size_t count = def->record_count ? (size_t)def->record_count : 1;
    s->record = mem_zalloc(count * sizeof(int64_t));
    s->record_committed = mem_zalloc(count * sizeof(int64_t));
    buf_init(&s->row);
    buf_init(&s->filter_at);
    cache_init(&s->cache, caps->cache_bytes);
    filter_init(&s->filter, def->kind == STORE_WINDOW);
    s->active = gen_new(def, partition, NULL);
    Rc rc = load(s, err);
    if (rc) {
        store_close(s);
        *out = NULL;
        return rc;
    }
    memcpy(s->record, s->record_committed, count * sizeof(int64_t));
    *out = s;
    return 0;
}

void store_close(Store *s)
{
    if (!s)
        return;
    gen_unref(s->active);
    gen_unref(s->in_flight);
    for (int i = 0; i < s->committed_count; i++)
        gen_unref(s->committed[i]);
    mem_free(s->committed);
    cache_fini(&s->cache);
    filter_fini(&s->filter);
    buf_fini(&s->row);
    buf_fini(&s->filter_at);
    mem_free(s->record);
    mem_free(s->record_committed);
    mem_free(s->nowhere);
    mem_free(s);
}

/* ---- what the disk may hold ---------------------------------------------------------------- */

typedef struct FilterPiece {
    Store *store;
    int count;
    Str last; /* in filter_at */
} FilterPiece;

static bool filter_key(void *ctx, int64_t win, Str key, Str row)
{
    FilterPiece *p = ctx;
    (void)win, (void)row;
    filter_add(&p->store->filter, table_hash(0, key), 0);
    if (++p->count < FILTER_PIECE)
        return true;
    Buf *at = &p->store->filter_at;
    buf_reset(at);
    buf_put_str(at, key);
    buf_putc(at, 0); /* the key's immediate successor: where the next piece begins */
    return false;
}

/* Take the next piece of keys into the filter. Pieces may come from different snapshots: a key that
 * was added meanwhile went through store_settle, and one that was deleted does no harm. */
static Rc fill_filter(Store *s, Err *err)
{
    FilterPiece piece = {.store = s};
    StoreScan scan = STORE_SCAN_ALL;
    scan.keys_only = true;
    Buf from = s->filter_at; /* filter_key overwrites filter_at while the bound is in use */
    s->filter_at = (Buf){0};
    if (from.len)
        scan.key_from = buf_str(&from);
    Rc rc = s->disk->cls->scan(s->disk, s->def, s->partition, &scan, filter_key, &piece, err);
    if (rc) {
        buf_fini(&s->filter_at);
        s->filter_at = from;
        return rc;
    }
    s->filter_whole = piece.count < FILTER_PIECE;
    buf_fini(&from);
    return 0;
}

static bool on_disk_maybe(const Store *s, uint64_t hash, int64_t win, Str key)
{
    if (!s->disk_any)
        return false;
    if (s->def->kind == STORE_WINDOW) {
        if (win > s->disk_win_max)
            return false;
        return win <= s->old_win_max || filter_holds(&s->filter, hash, win);
    }
    if (filter_holds(&s->filter, hash, win))
        return true;
    /* filter_at ends in the zero byte of the successor. */
    return !s->filter_whole && (!s->filter_at.len || str_cmp(key, buf_str(&s->filter_at)) >= 0);
}

/* The row from cache or disk; ptr NULL when neither has it. Borrowed until the next call. */
static Rc find_clean(Store *s, uint64_t hash, int64_t win, Str key, Str *row, bool *cached,
                     Err *err)
{
    *row = STR_NULL;
    *cached = false;
    if (!on_disk_maybe(s, hash, win, key))
        return 0;
    Entry *e = cache_find(&s->cache, hash, win, key);
    if (e) {
        *row = entry_row(e);
        *cached = true;
        return 0;
    }
    bool found;
    buf_reset(&s->row);
    Rc rc = s->disk->cls->get(s->disk, s->def, s->partition, win, key, &s->row, &found, err);
    if (!rc && s->def->kind == STORE_TABLE && !s->filter_whole)
        rc = fill_filter(s, err);
    if (!rc && found)
        *row = buf_str(&s->row);
    return rc;
}

/* ---- looking for a row --------------------------------------------------------------------- */

static Entry *find_frozen(const Store *s, uint64_t hash, int64_t win, Str key)
{
    Entry *e = s->in_flight ? gen_find(s->in_flight, hash, win, key) : NULL;
    for (int i = s->committed_count; !e && i-- > 0;)
        e = gen_find(s->committed[i], hash, win, key);
    return e;
}

static uint64_t hash_of(const Store *s, int64_t win, Str key)
{
    assert(s->def->kind == STORE_WINDOW || win == 0);
    assert(key.ptr);
    return table_hash(win, key);
}

Rc store_get(Store *s, int64_t win, Str key, Str *row, Err *err)
{
    *row = STR_NULL;
    if (win < s->bound)
        return 0;
    uint64_t hash = hash_of(s, win, key);
    Entry *e = gen_find(s->active, hash, win, key);
    if (!e)
        e = find_frozen(s, hash, win, key);
    if (e) {
        *row = entry_row(e);
        return 0;
    }
    bool cached;
    Rc rc = find_clean(s, hash, win, key, row, &cached, err);
    if (!rc && row->ptr && !cached)
        cache_put(&s->cache, hash, win, key, *row);
    return rc;
}

static void write_nowhere(Store *s, uint32_t bytes, uint8_t **row)
{
    if (bytes > s->nowhere_bytes) {
        s->nowhere = mem_realloc(s->nowhere, bytes);
        s->nowhere_bytes = bytes;
    }
    if (bytes)
        memset(s->nowhere, 0, bytes);
    *row = s->nowhere;
}

static Rc wrong_size(const Store *s, uint32_t there, uint32_t wanted, Err *err)
{
    return err_set(err, ERR_KIND_FATAL, ERR_CORRUPT,
                   "state of %s (s%lld): a row has %u bytes where %u are expected",
                   s->def->name ? s->def->name : "a store", (long long)s->def->id, there, wanted);
}

/* The slow half of store_update: the row is not in the active generation. */
static Rc copy_up(Store *s, uint64_t hash, int64_t win, Str key, uint32_t bytes, uint8_t **row,
                  bool *existed, Err *err)
{
    Str old = STR_NULL;
    Entry *e = find_frozen(s, hash, win, key);
    if (e) {
        old = entry_row(e);
    } else {
        bool cached;
        Rc rc = find_clean(s, hash, win, key, &old, &cached, err);
        if (rc)
            return rc;
    }
    if (old.ptr && old.len != bytes)
        return wrong_size(s, old.len, bytes, err);
    e = gen_add(s->active, hash, win, key, bytes);
    if (old.ptr)
        memcpy(e->row, old.ptr, bytes);
    else
        memset(e->row, 0, bytes);
    *existed = old.ptr != NULL;
    *row = e->row;
    return 0;
}

Rc store_update(Store *s, int64_t win, Str key, uint32_t bytes, uint8_t **row, bool *existed,
                Err *err)
{
    *existed = false;
    if (win < s->bound) {
        write_nowhere(s, bytes, row);
        return 0;
    }
    uint64_t hash = hash_of(s, win, key);
    Entry *e = gen_find(s->active, hash, win, key);
    if (!e)
        return copy_up(s, hash, win, key, bytes, row, existed, err);
    if (!e->row) {
        gen_resize_row(s->active, e, bytes);
        memset(e->row, 0, bytes);
    } else if (e->row_bytes != bytes) {
        return wrong_size(s, e->row_bytes, bytes, err);
    } else {
        *existed = true;
    }
    *row = e->row;
    return 0;
}

/* ---- writing ------------------------------------------------------------------------------- */

Rc store_put(Store *s, int64_t win, Str key, Str row, Err *err)
{
    (void)err;
    assert(row.ptr);
    if (win < s->bound)
        return 0;
    uint64_t hash = hash_of(s, win, key);
    Entry *e = gen_find(s->active, hash, win, key);
    if (!e)
        e = gen_add(s->active, hash, win, key, row.len);
    else
        gen_resize_row(s->active, e, row.len);
    if (row.len)
        memcpy(e->row, row.ptr, row.len);
    return 0;
}

/* A deletion is an entry too, even of a key that no layer below seems to have: whether the disk has
 * it would have to be looked up, and a delete of nothing costs little. But what was never outside
 * this store leaves no trace. */
Rc store_delete(Store *s, int64_t win, Str key, Err *err)
{
    (void)err;
    if (win < s->bound)
        return 0;
    uint64_t hash = hash_of(s, win, key);
    Entry *e = gen_find(s->active, hash, win, key);
    bool below = find_frozen(s, hash, win, key) || on_disk_maybe(s, hash, win, key);
    if (e && !below)
        table_remove(&s->active->table, hash, e);
    else if (e)
        e->row = NULL;
    else if (below)
        gen_add(s->active, hash, win, key, 0)->row = NULL;
    return 0;
}

void store_expire(Store *s, int64_t win_below)
{
    assert(s->def->kind == STORE_WINDOW);
    if (win_below <= s->bound)
        return;
    s->bound = win_below;
    s->bound_moved = true;
}

int64_t *store_record(Store *s, bool *fresh)
{
    if (fresh)
        *fresh = s->record_fresh;
    return s->record;
}

void store_record_dirty(Store *s)
{
    s->record_dirty = true;
    s->record_fresh = false;
}

size_t store_dirty_bytes(const Store *s)
{
    size_t bytes = gen_bytes(s->active) + (s->in_flight ? gen_bytes(s->in_flight) : 0);
    for (int i = 0; i < s->committed_count; i++)
        bytes += gen_bytes(s->committed[i]);
    return bytes;
}

/* ---- prefetch ------------------------------------------------------------------------------ */

typedef struct Wanted {
    int64_t win;
    Str key;
    uint64_t hash;
} Wanted;

static int wanted_cmp(const void *pa, const void *pb)
{
    const Wanted *a = pa, *b = pb;
    return a->win != b->win ? (a->win < b->win ? -1 : 1) : str_cmp(a->key, b->key);
}

static bool only_disk_has(const Store *s, const Wanted *w)
{
    return w->key.ptr && w->win >= s->bound && on_disk_maybe(s, w->hash, w->win, w->key) &&
           !gen_find(s->active, w->hash, w->win, w->key) &&
           !find_frozen(s, w->hash, w->win, w->key) &&
           !cache_holds(&s->cache, w->hash, w->win, w->key);
}

/* Neighbouring keys share pages of the b-tree, and one snapshot saves taking a lock for each. */
static Rc fetch_in_order(Store *s, Wanted *w, int count, Err *err)
{
    qsort(w, (size_t)count, sizeof *w, wanted_cmp);
    Rc rc = s->disk->cls->snapshot(s->disk, true, err);
    if (rc)
        return rc;
    for (int i = 0; i < count && !rc; i++) {
        Str row;
        bool cached;
        rc = find_clean(s, w[i].hash, w[i].win, w[i].key, &row, &cached, err);
        if (!rc && row.ptr && !cached)
            cache_put(&s->cache, w[i].hash, w[i].win, w[i].key, row);
    }
    Err ignored = ERR_INIT; /* letting a read snapshot go cannot lose anything */
    s->disk->cls->snapshot(s->disk, false, rc ? &ignored : err);
    return rc;
}

Rc store_prefetch(Store *s, const int64_t *wins, const Str *keys, int count, Err *err)
{
    enum { ROUND = LIMIT_BATCH_ROWS };
    Wanted wanted[ROUND];
    for (int at = 0; at < count;) {
        int n = 0;
        for (; at < count && n < ROUND; at++) {
            Wanted w = {.win = wins ? wins[at] : 0, .key = keys[at]};
            if (!w.key.ptr)
                continue;
            w.hash = hash_of(s, w.win, w.key);
            if (only_disk_has(s, &w))
                wanted[n++] = w;
        }
        Rc rc = n ? fetch_in_order(s, wanted, n, err) : 0;
        if (rc)
            return rc;
    }
    return 0;
}

/* ---- the life of a generation -------------------------------------------------------------- */

StoreGen *store_freeze(Store *s, uint64_t number)
{
    assert(!s->in_flight);
    StoreGen *g = s->active;
    if (!g->table.count && !s->record_dirty && !s->bound_moved)
        return NULL;
    g->number = number;
    if (s->bound_moved)
        g->expired_below = s->bound;
    if (s->record_dirty && s->def->record_count) {
        size_t bytes = (size_t)s->def->record_count * sizeof(int64_t);
        g->record = memcpy(arena_alloc(&g->arena, bytes), s->record, bytes);
    }
    s->bound_moved = s->record_dirty = false;
    g->frozen = true;
    s->in_flight = g;
    s->active = gen_new(s->def, s->partition, g);
    return gen_ref(g);
}

void store_promote(Store *s, StoreGen *g)
{
    assert(g && g == s->in_flight);
    assert(!s->committed_count || s->committed[s->committed_count - 1]->number < g->number);
    if (s->committed_count == s->committed_room) {
        s->committed_room = s->committed_room ? 2 * s->committed_room : 4;
        s->committed = mem_realloc(s->committed, (size_t)s->committed_room * sizeof *s->committed);
    }
    s->committed[s->committed_count++] = g;
    s->in_flight = NULL;
    if (g->expired_below > s->bound_committed)
        s->bound_committed = g->expired_below;
    if (g->record) {
        memcpy(s->record_committed, g->record, (size_t)s->def->record_count * sizeof(int64_t));
        s->record_fresh_committed = false;
    }
}

static void settle_entry(Store *s, const Slot *slot)
{
    const Entry *e = slot->entry;
    if (!e->row || e->win < s->bound_committed) {
        cache_remove(&s->cache, slot->hash, e->win, entry_key(e));
        return;
    }
    filter_add(&s->filter, slot->hash, e->win);
    cache_put(&s->cache, slot->hash, e->win, entry_key(e), entry_row(e));
    s->disk_any = true;
    if (e->win > s->disk_win_max)
        s->disk_win_max = e->win;
}

void store_settle(Store *s, StoreGen *g)
{
    assert(s->committed_count && g == s->committed[0]);
    for (size_t i = 0; g->table.count && i <= g->table.mask; i++) {
        if (g->table.slots[i].entry)
            settle_entry(s, &g->table.slots[i]);
    }
    if (s->def->kind == STORE_WINDOW)
        filter_expire(&s->filter, s->bound_committed);
    s->committed_count--;
    memmove(s->committed, s->committed + 1, (size_t)s->committed_count * sizeof *s->committed);
    gen_unref(g);
}

void store_abort(Store *s, Err *err)
{
    (void)err;
    StoreGen *fresh = gen_new(s->def, s->partition, s->active);
    gen_unref(s->active);
    gen_unref(s->in_flight);
    s->active = fresh;
    s->in_flight = NULL;
    s->bound = s->bound_committed;
    s->bound_moved = s->record_dirty = false;
    s->record_fresh = s->record_fresh_committed;
    memcpy(s->record, s->record_committed, (size_t)s->def->record_count * sizeof(int64_t));
}
