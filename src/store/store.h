/* store.h: keyed state as a stack of generations over a disk.
 *
 *     active       changed since the last freeze; private to the task's thread; mutable
 *     in flight    frozen, being committed (at most one)          \  immutable, refcounted,
 *     committed    frozen, committed to the log, not yet on disk  /  read by any thread
 *     clean cache  rows as the disk has them, bounded, thrown away at will
 *     disk         SQLite (disk.c) or the simulation's (sim_disk.c)
 *
 * One Store is the state of (query, operator, partition): an ordered map from key bytes (and, for
 * windows, a window start) to an encoded row (rowcode.h). The hot path never touches the disk for
 * what is new: a store knows the highest window start on disk, and keeps a filter of plain keys.
 *
 * Life of a generation:  freeze -> (log commit) promote -> (state commit) settle
 *                               -> drop, when the commit did not happen
 * On a joint log promote and settle come together. Abort is a restart without exit: store_abort
 * drops active and in-flight generations and keeps the committed ones.
 *
 * Threads: a Store belongs to its task's thread, except where said. A StoreGen is immutable after
 * freeze. The disk's writing side belongs to the writer thread, each reading side to one thread. */
#ifndef OXBOW_STORE_STORE_H
#define OXBOW_STORE_STORE_H

#include "base/db.h"
#include "type/rowcode.h"

typedef enum StoreKind {
    STORE_TABLE, /* key -> row */
    STORE_WINDOW /* (window start, key) -> row; expiry is a range at the front */
} StoreKind;

/* What is stored. Immutable; lives in the query arena. */
typedef struct StoreDef {
    int64_t id; /* physical table s<id>; given by the catalog, never reused */
    StoreKind kind;
    const char *name; /* of the operator, for EXPLAIN and changelog topics */
    const RowCode *row;
    const Str *column_names; /* [row->count] for the typed columns of the physical table */
    int64_t retention_ms;    /* WINDOW: a window is dropped when start + retention < close */
    int record_count;        /* int64 values of the operator record (clocks) */
} StoreDef;

/* ---- the disk below a store ---------------------------------------------------------------- */

typedef struct StoreDisk StoreDisk;
typedef struct StoreDiskClass StoreDiskClass;

typedef struct StoreScan {
    Str key_from, key_to;     /* inclusive; ptr NULL: open */
    int64_t win_from, win_to; /* inclusive; INT64_MIN / INT64_MAX: open */
    bool keys_only;           /* of a disk's scan: `each` gets row.ptr NULL */
} StoreScan;

#define STORE_SCAN_ALL ((StoreScan){.win_from = INT64_MIN, .win_to = INT64_MAX})

/* win is 0 for STORE_TABLE. Reads see the last state commit. */
struct StoreDiskClass {
    void (*close)(StoreDisk *d);
    /* reading side */
    Rc (*get)(StoreDisk *d, const StoreDef *def, int partition, int64_t win, Str key, Buf *row,
              bool *found, Err *err);
    /* Rows in key order; `each` returns false to stop. from/to bounds: see StoreScan. */
    Rc (*scan)(StoreDisk *d, const StoreDef *def, int partition, const StoreScan *scan,
               bool (*each)(void *ctx, int64_t win, Str key, Str row), void *ctx, Err *err);
    Rc (*record)(StoreDisk *d, const StoreDef *def, int partition, int64_t *values, bool *found,
                 Err *err);
    /* Generation number of a unit (process or query) as of this reading snapshot; 0 at first. */
    Rc (*generation)(StoreDisk *d, Str unit, uint64_t *number, Err *err);
    Rc (*snapshot)(StoreDisk *d, bool begin, Err *err); /* hold / release one read snapshot */
    /* writing side: all between begin and commit is one transaction */
    Rc (*begin)(StoreDisk *d, Err *err);
    Rc (*define)(StoreDisk *d, const StoreDef *def, Err *err); /* make the table if missing */
    Rc (*put)(StoreDisk *d, const StoreDef *def, int partition, int64_t win, Str key, Str row,
              Err *err); /* row.ptr NULL deletes */
    Rc (*expire)(StoreDisk *d, const StoreDef *def, int partition, int64_t win_below, Err *err);
    Rc (*put_record)(StoreDisk *d, const StoreDef *def, int partition, const int64_t *values,
                     Err *err);
    Rc (*put_generation)(StoreDisk *d, Str unit, uint64_t number, Err *err);
    Rc (*drop)(StoreDisk *d, const StoreDef *def, Err *err);
    Rc (*commit)(StoreDisk *d, Err *err);
    void (*rollback)(StoreDisk *d);
    Db *(*db)(StoreDisk *d); /* the connection inside the transaction, for a joint log; or NULL */
    /* reading side: the highest window start; *any: the partition holds rows at all */
    Rc (*highest)(StoreDisk *d, const StoreDef *def, int partition, int64_t *win, bool *any,
                  Err *err);
    /* reading side: how far of a changelog partition the disk has applied; -1: not known */
    Rc (*position)(StoreDisk *d, Str topic, int partition, int64_t *offset, Err *err);
    /* writing side */
    Rc (*put_position)(StoreDisk *d, Str topic, int partition, int64_t offset, Err *err);
    Rc (*clear)(StoreDisk *d, const StoreDef *def, int partition, Err *err); /* rows and record */
};

struct StoreDisk {
    const StoreDiskClass *cls;
};

/* The state tables in the database behind `db` (borrowed, must outlive the disk). A reading side
 * whose tables nobody has made yet is empty. */
Rc store_disk_open(Db *db, StoreDisk **out, Err *err);

/* ---- one store ----------------------------------------------------------------------------- */

typedef struct Store Store;
typedef struct StoreGen StoreGen;

typedef struct StoreCaps {
    size_t cache_bytes; /* of the clean cache; 0: none */
    size_t dirty_bytes; /* active and frozen together; callers cut rounds and freeze by it */
} StoreCaps;

/* `disk` is the task's own reading side (borrowed). Loads the operator record and the highest
 * window; the filter of the keys that were there before is built behind the reads that go to the
 * disk, a piece each time, and until it is whole a key it has not come to "may be there". */
Rc store_open(const StoreDef *def, int partition, StoreDisk *disk, const StoreCaps *caps,
              Store **out, Err *err);
void store_close(Store *s);
const StoreDef *store_def(const Store *s);
int store_partition(const Store *s);

/* The row, or ptr NULL. Borrowed until the next call on this store. */
Rc store_get(Store *s, int64_t win, Str key, Str *row, Err *err);
/* A row to change in place: `bytes` long, in the active generation, with the stored content if
 * *existed, else zeroed. For fixed RowCodes. Borrowed until the next call on this store. */
Rc store_update(Store *s, int64_t win, Str key, uint32_t bytes, uint8_t **row, bool *existed,
                Err *err);
Rc store_put(Store *s, int64_t win, Str key, Str row, Err *err); /* copies key and row */
Rc store_delete(Store *s, int64_t win, Str key, Err *err);
/* Bring rows that only the disk has into the cache, in key order: cheaper than one by one. */
Rc store_prefetch(Store *s, const int64_t *wins, const Str *keys, int count, Err *err);
/* WINDOW: forget windows with start < win_below. Never goes back (but for an abort). Below the
 * bound reads find nothing and writes go nowhere. */
void store_expire(Store *s, int64_t win_below);
/* The operator record: written with every commit, restored on open. *fresh: there was none. */
int64_t *store_record(Store *s, bool *fresh);
void store_record_dirty(Store *s);
size_t store_dirty_bytes(const Store *s); /* active plus frozen */

/* Freeze the active generation. NULL when nothing changed. The caller gets one reference. */
StoreGen *store_freeze(Store *s, uint64_t number);
void store_promote(Store *s, StoreGen *g); /* the log has committed it */
/* The disk has it (the oldest committed one): its rows move to the clean cache. */
void store_settle(Store *s, StoreGen *g);
/* Drop active and in-flight; record and expiry bound are again those of the last promoted
 * generation. Does not fail: err is left alone. */
void store_abort(Store *s, Err *err);

/* ---- a frozen generation (any thread) ------------------------------------------------------ */

StoreGen *gen_ref(StoreGen *g);
void gen_unref(StoreGen *g);
uint64_t gen_number(const StoreGen *g);
size_t gen_rows(const StoreGen *g);
const StoreDef *gen_def(const StoreGen *g);
int gen_partition(const StoreGen *g);
/* Write it through the writing side, in key order, inside its transaction. */
Rc gen_write(const StoreGen *g, StoreDisk *d, Err *err);
/* Every dirty row, in key order, for the changelog (record and bound: below). row.ptr NULL:
 * deleted. */
typedef Rc GenVisit(void *ctx, const StoreDef *def, int partition, int64_t win, Str key, Str row,
                    Err *err);
Rc gen_visit(const StoreGen *g, GenVisit *visit, void *ctx, Err *err);
/* Expiry bound and record of this generation; INT64_MIN / NULL when it has none. */
int64_t gen_expired_below(const StoreGen *g);
const int64_t *gen_record(const StoreGen *g);

/* ---- reading committed state from another thread ------------------------------------------- */

/* One consistent view of a store: disk snapshot plus the committed generations above it, never the
 * active one. `gens`: references taken after the snapshot began (engine/registry), in any order,
 * all with numbers above the snapshot's: an older one would bring back what the disk has passed. */
Rc store_view_get(StoreDisk *d, const StoreDef *def, int partition, StoreGen *const *gens,
                  int gen_count, int64_t win, Str key, Buf *row, bool *found, Err *err);
Rc store_view_scan(StoreDisk *d, const StoreDef *def, int partition, StoreGen *const *gens,
                   int gen_count, const StoreScan *scan,
                   bool (*each)(void *ctx, int64_t win, Str key, Str row), void *ctx, Err *err);

#endif
