/* op_int.h: what the operators of this folder share, and nobody else sees.
 *
 *   classes   one per operator; op.c puts them into op_table
 *   keys.c    key columns to key bytes                       (GroupBy, Rekey)
 *   stamp.c   a column as the event time                     (Source, Sink)
 *   rows.c    a table's rows by key in a store               (joins, Materialize)
 *   ports.c   the round of an operator with several ports    (joins)
 *   windows.c the windows of a row, and their clocks         (Aggregate)
 *
 * Everything here belongs to the task's thread. */
#ifndef OXBOW_OP_OP_INT_H
#define OXBOW_OP_OP_INT_H

#include "op/op.h"

#define X(name, text) extern const OpClass op_class_##name;
PLAN_NODES(X)
#undef X
extern const OpClass op_class_TEMPLATE; /* op_template.c: an example, not in op_table */

/* An instance of any class: op_new for those in the table, the tests for the template. */
Op *op_make(const OpClass *cls, const PlanNode *n, OpEnv *env);

/* ---- columns and rows (op.c) --------------------------------------------------------------- */

/* Compile into the query arena and make the registers; free them with expr_run_free. */
Rc op_compile(Op *op, Expr *const *exprs, int count, ExprRun **out, Err *err);
/* expr_run into arrays from the batch arena, one entry per expression. live NULL: all rows. */
Rc op_eval(Op *op, ExprRun *run, int count, const Batch *b, Side side, const uint8_t *live,
           Column **out, uint8_t ***failed, Err *err);
/* Report the live rows in which something failed (EXPR_FAILED, EXPR_CAUGHT) and which flow on, once
 * each, naming the first column: failed[i] is of schema column first + i. */
void op_note(Op *op, const Batch *b, const uint8_t *live, uint8_t *const *failed, int first,
             int count);
/* The listed rows; the batch itself when they are all of them, in order. */
Batch *op_pick(Op *op, Batch *b, const uint16_t *rows, int n);
/* The same rows with other sides; arrays are not copied. */
Batch *op_with_states(Op *op, const Batch *b, uint8_t *new_state, uint8_t *old_state);
/* The window start by which a row's key is stored; 0 when the key has no window. */
static inline int64_t op_row_window(const Batch *b, int row)
{
    return b->win_start ? b->win_start[row] : 0;
}

/* ---- keys.c -------------------------------------------------------------------------------- */

typedef struct OpKeys {
    Codec *codec; /* NULL: no key columns, every key is NULL */
    Buf buf;
} OpKeys;

Rc op_keys_open(OpKeys *k, const PlanNode *n, Err *err);
void op_keys_close(OpKeys *k); /* harmless on zeroes */
/* Key bytes of the rows with live[row] (NULL: all) into keys[rows], in the batch arena. A row whose
 * key has no bytes gets STR_NULL; one whose key cannot be written gets it too, and bad[row] = 1. */
Rc op_keys_encode(OpKeys *k, const Column *cols, int rows, const uint8_t *live, Arena *a, Str *keys,
                  uint8_t *bad, Err *err);

/* ---- stamp.c ------------------------------------------------------------------------------- */

typedef struct OpStamp {
    int column; /* -1: the record's own time */
    bool is_key;
    ExprRun *run; /* text to milliseconds; NULL: the column is a number */
} OpStamp;

Rc op_stamp_open(OpStamp *s, Op *op, Err *err);
void op_stamp_close(OpStamp *s);
/* The rows with their event time set; rows without a usable one are refused and left out. */
Rc op_stamp_apply(OpStamp *s, Op *op, Batch *b, Batch **out, Err *err);

/* ---- rows.c -------------------------------------------------------------------------------- */

/* One side of a join, or a materialised table. A stored row is [ROWTIME, every column that is not a
 * key], so a row's bytes give back all of it but the key, which the store has as its key. */
typedef struct OpRows {
    Store *store;
    const RowCode *rc;
    const Schema *schema;
    Buf buf;
} OpRows;

StoreKind op_rows_kind(const Schema *s);
const RowCode *op_rows_code(const Schema *s, Arena *a, Str **column_names);
Rc op_rows_open(OpRows *r, Store *store, const Schema *s, Err *err);
void op_rows_close(OpRows *r); /* harmless on zeroes */
/* The columns of a batch as the store lays them out: made once per batch. */
Column *op_rows_columns(const OpRows *r, const Batch *b, const Column *cols, int64_t *time);
/* The bytes stored under the key of a row, copied into the batch arena; ptr NULL: none. */
Rc op_rows_get(OpRows *r, const Batch *b, int row, Str *bytes, Err *err);
/* Keep the new side of a row, or forget its key when it has none. *bytes (may be NULL) gets the
 * stored bytes, in the batch arena. */
Rc op_rows_put(OpRows *r, const Batch *b, const Column *stored, int row, Str *bytes, Err *err);
/* Into row `to` of columns laid out by op_rows_columns. bytes.ptr NULL: they stay as they are. */
Rc op_rows_decode(const OpRows *r, Str bytes, Column *stored, int to, Arena *a, Err *err);
static inline int64_t op_rows_time(const OpRows *r, Str bytes)
{
    return rowcode_get_i64(r->rc, (const uint8_t *)bytes.ptr, 0);
}

/* ---- ports.c ------------------------------------------------------------------------------- */

typedef struct OpKept OpKept;

typedef struct OpPorts { /* the round so far: batches in order, per port */
    OpKept *first[2], *last[2];
} OpPorts;

void op_ports_keep(OpPorts *p, Arena *a, int port, Batch *b);
/* The next row by (seq, port); false when the round is used up. */
bool op_ports_next(OpPorts *p, int *port, Batch **b, int *row);

/* ---- windows.c ----------------------------------------------------------------------------- */

/* What a batch touches: rows and their windows, in the order in which they are worked on. Grows in
 * the batch arena. */
typedef struct OpHits {
    Arena *arena;
    uint16_t *rows;
    int64_t *wins;
    int count, room;
} OpHits;

typedef struct OpWindows { /* of an operator whose stores[0] keeps the clocks' record */
    OpClock clock;
    int64_t expired_below; /* as last told to the store */
} OpWindows;

void op_hits_init(OpHits *h, Arena *a, int room);
void op_hits_put(OpHits *h, int row, int64_t win);

void op_windows_open(OpWindows *w, Op *op);
/* Exclusive end of a time window; saturates. */
int64_t op_window_end(int64_t start, int64_t size);
/* Put the windows of a row that accept it into hits, by start, and refuse the others. The row's
 * time moves the clocks first (statements.md 11.4). */
void op_windows_of_row(OpWindows *w, Op *op, const Batch *b, int row, OpHits *hits);
void op_windows_mark(OpWindows *w, const OpMark *mark);
/* After a batch or a mark: forget what nobody may change or ask for any more. */
void op_windows_expire(OpWindows *w, Store *store);

#endif
