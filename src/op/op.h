/* op.h: operators: one file each, five functions, no log, no disk, no thread.
 *
 * A task holds one instance of each node of its stage. A round carries at most LIMIT_BATCH_ROWS
 * input rows, from all inputs of the task, stamped with growing seq. The task pushes each input's
 * part into its Source operator, then calls advance on every operator, inputs before users.
 *
 *   open     once, before all rows: compile, find the stores. close gives back what it took.
 *   push     rows arrive at a port. One-port operators work and emit at once; operators with
 *            several ports keep the batch (it lives until the round ends).
 *   advance  the round's rows are all here: operators with several ports merge them by (seq, port).
 *   mark     between rounds: an upstream partition's time went on without a row, or it fell idle.
 *
 * op_emit is the only way out: it counts, traces, asserts that seq never falls, and pushes into the
 * next operator; behind the last one stands env->output. State is declared in the class: the engine
 * creates, names, restores and commits it. Rows an operator refuses go to op_refuse:
 * counted and kept in the ledger.
 *
 * A batch that was pushed is the receiver's to read, not to write: its arrays may be shared with
 * other batches of the round. After an error in open, push, advance or mark the instance is of no
 * further use: free it, put the stores in order (store_abort), and make a new one. */
#ifndef OXBOW_OP_OP_H
#define OXBOW_OP_OP_H

#include "plan/plan.h"
#include "store/store.h"

typedef struct Op Op;
typedef struct OpClass OpClass;
typedef struct OpEnv OpEnv;

/* State of one operator, declared. */
typedef struct OpState {
    const char *name; /* "aggregate", "left", "right", "table" */
    StoreKind (*kind)(const PlanNode *n);
    /* The columns of the stored row. */
    const RowCode *(*row)(const PlanNode *n, Arena *a, Str **column_names);
    int64_t (*retention_ms)(const PlanNode *n);            /* NULL: none */
    int (*record_count)(const PlanNode *n, int upstreams); /* NULL: no operator record */
    /* A stored row as row `to` of the output's value columns, and its time: how a pull query sees
     * the state. NULL: this state is not a result. Any thread. */
    Rc (*read)(const PlanNode *n, const RowCode *rc, Str bytes, Column *values, int to,
               int64_t *time, Arena *a, Err *err);
} OpState;

/* What an upstream partition says of itself without a row (engine rules: two clocks). */
typedef struct OpMark {
    int upstream;
    int64_t carried; /* its time; INT64_MIN: it has never had one */
    bool idle;       /* it is empty or idle: do not wait for it */
} OpMark;

struct OpClass {
    PlanKind kind;
    size_t bytes; /* of the instance, Op first */
    const OpState *states;
    int state_count;
    Rc (*open)(Op *op, Err *err);
    Rc (*push)(Op *op, int port, Batch *b, Err *err);
    Rc (*advance)(Op *op, Err *err);                  /* NULL: nothing to do */
    Rc (*mark)(Op *op, const OpMark *mark, Err *err); /* NULL: keeps no clock */
    void (*close)(Op *op); /* NULL: nothing to do; also after a failed open */
};

/* What passed through. Refused rows are counted by reason, behind env->refuse. */
typedef struct OpCounters {
    uint64_t rows_in, rows_out;
} OpCounters;

struct Op {
    const OpClass *cls;
    const PlanNode *node;
    OpEnv *env;
    Op *next; /* NULL for the last of the stage */
    int next_port;
    Store *stores[2];
    OpCounters count;
    uint64_t last_seq;
    bool done; /* LIMIT is reached: no further row will leave; the task may stop */
};

/* Why a row was refused or skipped: one list for code, ledger and messages. */
#define OP_REASONS(X)                                                                              \
    X(LATE, "late")                                                                                \
    X(CLOSED, "window closed")                                                                     \
    X(UNDECODABLE_KEY, "undecodable key")                                                          \
    X(UNDECODABLE_VALUE, "undecodable value")                                                      \
    X(NULL_KEY, "null key")                                                                        \
    X(BAD_TIMESTAMP, "bad timestamp")                                                              \
    X(EVAL_FAILED, "expression failed")                                                            \
    X(UNENCODABLE, "cannot be written")                                                            \
    X(VALUE_FAILED, "value became NULL") /* the row itself flows on */

typedef enum OpReason {
#define X(name, text) REASON_##name,
    OP_REASONS(X)
#undef X
        REASON_COUNT
} OpReason;

extern const char *const op_reason_names[REASON_COUNT];

/* What a task gives its operators. */
struct OpEnv {
    Arena *query_arena;  /* lives as long as the operator */
    Arena *batch_arena;  /* emptied after each round */
    int partition;       /* of the task */
    int upstreams;       /* partitions that feed this stage through its exchange; 1 without one */
    uint64_t round_rows; /* input rows of this round */
    bool coalesce; /* outputs are coalesced at the stage's edge; operators emit every change */
    /* The last operator's way out of the stage. */
    Rc (*output)(void *ctx, Op *op, Batch *b, Err *err);
    /* A refused row: ledger. detail may be NULL; it lives as long as the batch. */
    void (*refuse)(void *ctx, const Op *op, OpReason why, const Batch *b, int row,
                   const char *detail);
    void (*trace)(void *ctx, const Op *op, const Batch *b); /* NULL: off */
    void *ctx;
};

/* Rows from outside the stage, or from the operator before: counts, then calls cls->push. Batches
 * without rows are not passed on. */
Rc op_push(Op *op, int port, Batch *b, Err *err);
Rc op_emit(Op *op, Batch *b, Err *err);
/* VALUE_FAILED (a projection, a grouping's arguments, a new key): the row flows on, the value
 * (detail says which) is NULL. In all other cases the row ends here. */
void op_refuse(Op *op, OpReason why, const Batch *b, int row, const char *detail);

extern const OpClass *const op_table[NODE_KIND_COUNT];

/* Instance of a node, in the query arena; stores are set by the caller before cls->open. */
Op *op_new(const PlanNode *n, OpEnv *env);
void op_free(Op *op); /* closes it; NULL is fine */

/* ---- the two clocks (op/clock.c) ---------------------------------------------------------------
 *
 * Carried time of each upstream partition and the close: kept in the operator record, so that they
 * survive with every commit. Layout of the record: [0] close, then per upstream partition:
 * carried time, state (UNSEEN, ACTIVE, IDLE). */
typedef struct OpClock {
    int64_t *record; /* the store's operator record */
    int upstreams;
    int64_t low; /* minimum over the active upstreams when it was last looked for */
    bool stale;  /* it may have changed since */
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
