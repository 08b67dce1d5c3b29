/* op.h: operators: one file each, five functions, no log, no disk, no thread.
 *
 * A task holds one instance of each node of its stage. A round carries at most LIMIT_BATCH_ROWS
 * input rows, from all inputs of the task, stamped with growing seq. The task pushes each input's
 * part into its Source operator, then calls advance on every operator, inputs before users.
 *
 *   push     rows arrive at a port. One-port operators work and emit at once; operators with
 *            several ports keep the batch (it lives until the round ends).
 *   advance  the round's rows are all here: operators with several ports merge them by (seq, port).
 *
 * op_emit is the only way out: it counts, traces, asserts that seq never falls, and pushes into the
 * next operator. State is declared in the class: the engine creates, names, restores, commits and
 * describes it. Rows an operator refuses go to op_refuse: counted and kept in the ledger. */
#ifndef OXBOW_OP_OP_H
#define OXBOW_OP_OP_H

#include "plan/plan.h"
#include "store/store.h"

typedef struct Op Op;
typedef struct OpClass OpClass;
typedef struct OpEnv OpEnv;

/* State of one operator, declared. */
typedef struct OpState {
    const char *name;  /* "aggregate", "left", "right", "table" */
    StoreKind (*kind)(const PlanNode *n);
    /* The columns of the stored row. */
    const RowCode *(*row)(const PlanNode *n, Arena *a, Str **column_names);
    int64_t (*retention_ms)(const PlanNode *n); /* NULL: none */
    int (*record_count)(const PlanNode *n, int upstreams); /* NULL: no operator record */
} OpState;

struct OpClass {
    PlanKind kind;
    size_t bytes; /* of the instance, Op first */
    const OpState *states;
    int state_count;
    Rc (*open)(Op *op, Err *err);
    Rc (*push)(Op *op, int port, Batch *b, Err *err);
    Rc (*advance)(Op *op, Err *err); /* NULL: nothing to do */
    void (*close)(Op *op);
    void (*describe)(const PlanNode *n, Buf *out); /* one line of EXPLAIN behind the name */
};

typedef struct OpCounters {
    uint64_t rows_in, rows_out, rows_late, rows_failed, rows_dropped;
} OpCounters;

struct Op {
    const OpClass *cls;
    const PlanNode *node;
    OpEnv *env;
    Op *next;       /* NULL for the last of the stage */
    int next_port;
    Store *stores[2];
    OpCounters count;
    uint64_t last_seq;
};

/* Why a row was refused or skipped: one list for code, ledger and messages. */
#define OP_REASONS(X) \
    X(LATE, "late") \
    X(CLOSED, "window closed") \
    X(UNDECODABLE_KEY, "undecodable key") \
    X(UNDECODABLE_VALUE, "undecodable value") \
    X(NULL_KEY, "null key") \
    X(BAD_TIMESTAMP, "bad timestamp") \
    X(EVAL_FAILED, "expression failed") \
    X(UNENCODABLE, "cannot be written")

typedef enum OpReason {
#define X(name, text) REASON_##name,
    OP_REASONS(X)
#undef X
    REASON_COUNT
} OpReason;

extern const char *const op_reason_names[REASON_COUNT];

/* What a task gives its operators. */
struct OpEnv {
    Arena *query_arena; /* lives as long as the operator */
    Arena *batch_arena; /* emptied after each round */
    int partition;      /* of the task */
    int upstreams;      /* partitions that feed this stage through its exchange; 1 without one */
    uint64_t round_rows; /* input rows of this round */
    /* The last operator's way out of the stage. */
    Rc (*output)(void *ctx, Op *op, Batch *b, Err *err);
    /* A refused row: ledger. detail may be NULL. */
    void (*refuse)(void *ctx, const Op *op, OpReason why, const Batch *b, int row,
                   const char *detail);
    void (*trace)(void *ctx, const Op *op, const Batch *b); /* NULL: off */
    void *ctx;
};

Rc op_emit(Op *op, Batch *b, Err *err);
void op_refuse(Op *op, OpReason why, const Batch *b, int row, const char *detail);

extern const OpClass *const op_table[NODE_KIND_COUNT];

/* Instance of a node; stores are set by the caller before cls->open. */
Op *op_new(const PlanNode *n, OpEnv *env);
void op_free(Op *op);

/* ---- the two clocks (op/clock.c) ---------------------------------------------------------------
 *
 * Carried time of each upstream partition and the close: kept in the operator record, so that they
 * survive with every commit. Layout of the record: [0] close, then per upstream partition:
 * carried time, state (UNSEEN, ACTIVE, IDLE). */
typedef struct OpClock {
    int64_t *record; /* the store's operator record */
    int upstreams;
} OpClock;

int op_clock_record_count(int upstreams);
void op_clock_open(OpClock *c, int64_t *record, bool fresh, int upstreams);
/* A row of this upstream was seen, whose carried time is `carried` (without an exchange: its own
 * time; the clock keeps the maximum). Returns the carried time that judges this row. */
int64_t op_clock_see(OpClock *c, int upstream, int64_t carried);
void op_clock_idle(OpClock *c, int upstream); /* marker: empty or idle */
/* Windows that end at or before close - grace are closed. INT64_MIN while some upstream is unseen.
 * Never goes back. */
int64_t op_clock_close(OpClock *c);

#endif
