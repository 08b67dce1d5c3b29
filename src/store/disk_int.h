/* disk_int.h: what disk.c and disk_row.c share: one physical table, as one connection sees it. */
#ifndef OXBOW_STORE_DISK_INT_H
#define OXBOW_STORE_DISK_INT_H

#include "base/arena.h"
#include "store/store.h"

/* One row between its coding and SQLite's columns. Belongs to the connection's thread. */
typedef struct DiskRow {
    const RowCode *code; /* what cols is laid out for */
    Column *cols;        /* one row each; cols and cells are one piece of memory */
    Buf text;            /* decimals and nested values as text, while they are bound */
    Buf again;           /* the row coded once more, to see whether the columns hold it exactly */
    Arena arena;         /* nested values; emptied for every row */
} DiskRow;

void disk_row_init(DiskRow *r);
void disk_row_fini(DiskRow *r);
/* Bind parameters at, at + 1, ... one per column, and the exact row behind them where the columns
 * cannot hold it (NaN, -0.0, nested values). All must live until the statement has run. */
Rc disk_row_bind(DiskRow *r, const StoreDef *def, DbStmt *s, int at, Str row, Err *err);
/* The row in result columns at, at + 1, ...; appended to out. */
Rc disk_row_read(DiskRow *r, const StoreDef *def, DbStmt *s, int at, Buf *out, Err *err);
/* SQLite's type of a column, and whether it always holds a value exactly. */
const char *disk_column_type(const Type *t);

#endif
