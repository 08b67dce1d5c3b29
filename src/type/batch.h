/* batch.h: rows as typed columns, and the two-sided change that flows after a table.
 *
 * A batch holds up to LIMIT_BATCH_ROWS rows of one schema. A stream row is a change whose old side
 * is absent. A change is ONE row with two sides that share key, time, headers and seq, and is never
 * split over two rows or batches (only re-grouping a table splits it, op_groupby.c):
 *
 *     new    old        meaning
 *     ROW    ABSENT     insert                     (or any stream row)
 *     ROW    ROW        update
 *     NONE   ROW        delete
 *     NONE   ABSENT     a delete of nothing; a stream row with a NULL value
 *     *      UNKNOWN    the change of a declared table that nobody materialised
 *
 * Layout: `cols[c]` is the new side of schema column c, `old[c]` the old side. Key columns are the
 * same on both sides, so old[c] for a key column is cols[c] itself. `old` is NULL when no row has a
 * known old side. Values of a side that is not ROW are undefined and must not be read (key columns
 * are always valid).
 *
 * NULLs: one byte per row, 1 = present. Bytes, not bits, so that a slice of a batch is pointer
 * arithmetic and kernels need no shifts; a batch of 1024 rows pays 1 KiB a column for it.
 *
 * Ownership: everything a batch points to lives in its batch arena, or in something that outlives
 * the round; whoever keeps a row longer copies it (rowcode.h). A batch belongs to one thread. */
#ifndef OXBOW_TYPE_BATCH_H
#define OXBOW_TYPE_BATCH_H

#include "base/limits.h"
#include "type/value.h"

typedef struct Column {
    const Type *type;
    uint8_t *valid; /* [rows] 1 = not NULL; never NULL itself (all 0 and shared when the column is
                       not materialised: never write it then) */
    union {         /* [rows] by type_repr(type); NULL when the column is not materialised */
        void *any;
        uint8_t *b;
        int32_t *i32;
        int64_t *i64;
        double *f64;
        Int128 *i128;
        Str *str;
        const Value **box;
    };
} Column;

typedef enum SideState { SIDE_NONE, SIDE_ROW, SIDE_UNKNOWN } SideState; /* UNKNOWN: old only */

typedef struct Header {
    Str key, value; /* value.ptr NULL: null value */
} Header;

typedef struct Headers {
    const Header *items;
    int count;
} Headers;

typedef struct Batch {
    Arena *arena;
    const Schema *schema;
    int rows;
    Column *cols;       /* [schema->count] */
    Column *old;        /* [schema->count], or NULL */
    uint8_t *new_state; /* [rows] SideState */
    uint8_t *old_state; /* [rows] SideState */
    Str *key;           /* [rows] canonical key bytes in the key's format; ptr NULL = NULL key */
    int64_t *time;      /* [rows] event time, ms */
    uint64_t *seq;      /* [rows] arrival order within the task, strictly growing over its inputs;
                           rows derived from one row share its seq */
    int32_t *partition; /* [rows] source partition and offset: ROWPARTITION, ROWOFFSET, ledger */
    int64_t *offset;
    Headers *headers;   /* [rows], or NULL when no row has any */
    int64_t *win_start; /* [rows] when schema->window, else NULL */
    int64_t *win_end;
    int32_t *upstream; /* [rows] upstream partition and its carried time after an exchange, */
    int64_t *carried;  /*        else both NULL (engine rules: two clocks) */
} Batch;

/* A batch of `rows` rows with all per-row arrays but headers, windows and clocks allocated (zeroed
 * states: new ROW, old NONE) and columns without storage. */
Batch *batch_new(Arena *a, const Schema *schema, int rows);
/* Storage for one column of n rows, all NULL. */
void column_init(Column *c, Arena *a, const Type *type, int n);
void batch_init_column(Batch *b, int col);
/* Allocates old[]: key columns are shared, the others get storage (all NULL) where their new side
 * has storage. batch_init_column called later keeps both sides in step. */
void batch_init_old(Batch *b);

/* Rows [from, from + n) as a batch that shares all memory. Header is copied into `a`. */
Batch *batch_slice(Arena *a, const Batch *b, int from, int n);
/* The listed rows, in that order, as a new batch (columns that are not materialised stay so). */
Batch *batch_gather(Arena *a, const Batch *b, const uint16_t *rows, int n);
/* A batch of another schema with the per-row arrays of b (shared) and no columns yet: the start of
 * every projection. */
Batch *batch_derive(Arena *a, const Batch *b, const Schema *schema);

static inline bool column_is_null(const Column *c, int row)
{
    return !c->valid[row];
}
Value column_value(const Column *c, int row, Arena *a); /* strings and nested values are borrowed */
/* The type must match. Strings are borrowed, and a boxed column keeps `v` itself: it must live as
 * long as the batch. */
void column_set_value(Column *c, int row, const Value *v);
/* Same type. Nothing happens where dst has no storage; NULL comes of a src without. */
void column_copy_row(Column *dst, int to, const Column *src, int from);

#endif
