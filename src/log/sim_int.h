/* sim_int.h: what the two files of the simulated log share.
 *
 *   sim.c      the plan, topics, plain appends, readers, the class
 *   sim_txn.c  producers, transactions, groups and their positions
 *
 * Everything is kept in the log's arena until the log is closed. */
#ifndef OXBOW_LOG_SIM_INT_H
#define OXBOW_LOG_SIM_INT_H

#include "log/log_int.h"
#include "log/sim.h"

typedef enum SimTxnState { SIM_TXN_OPEN, SIM_TXN_COMMITTED, SIM_TXN_ABORTED } SimTxnState;

typedef struct SimPart SimPart;

/* Where a transaction's records ended in one partition. */
typedef struct SimTouch {
    struct SimTouch *next;
    SimPart *part;
    int64_t end;
} SimTouch;

/* One position of a group, or one that a transaction holds for it. */
typedef struct SimPos {
    struct SimPos *next;
    Str group, topic;
    int partition;
    int64_t offset;
} SimPos;

typedef struct SimTxn {
    struct SimTxn *next_open; /* in the log's list of open ones */
    struct SimProducer *producer;
    SimTxnState state;
    bool undecided; /* its commit was asked for, and the answer was "unknown" */
    bool verdict;   /* what became of it then */
    int age;        /* ticks */
    SimTouch *touched;
    SimPos *positions;
} SimTxn;

typedef struct SimProducer {
    struct SimProducer *next;
    Str id;
    uint32_t epoch;
    SimTxn *open;
} SimProducer;

typedef struct SimGroup {
    struct SimGroup *next;
    Str name;
    int64_t generation;
} SimGroup;

typedef struct SimEntry {
    LogRecord record;
    SimTxn *txn; /* NULL: outside of any */
    bool silent; /* a transaction's end, or compacted away */
} SimEntry;

struct SimPart {
    Str topic;
    int partition;
    SimEntry *entries; /* the index is the offset */
    int64_t count, room, low;
};

typedef struct SimTopic {
    struct SimTopic *next;
    Str name;
    int partitions, replicas;
    bool internal, deleted;
    SimPart *parts;
} SimTopic;

typedef struct SimHandle SimHandle;

typedef struct SimLog {
    Log base;
    SimPlan *plan;
    Arena arena;
    SimTopic *topics;
    uint64_t arrival;
    SimProducer *producers;
    SimGroup *groups;
    SimTxn *open; /* every open transaction */
    SimPos *positions;
    SimHandle *joint; /* whose transaction the state's end will decide */
} SimLog;

/* ---- sim.c --------------------------------------------------------------------------------- */

Rc sim_part(SimLog *l, Str topic, int partition, SimPart **out, Err *err);
void sim_append(SimLog *l, SimPart *part, const LogAppend *r, SimTxn *txn);
/* All of them name a partition that is there, and are not too large. */
Rc sim_check(SimLog *l, const LogAppend *records, int count, Err *err);

/* ---- sim_txn.c ----------------------------------------------------------------------------- */

Rc sim_txn_open(Log *log, Str id, LogTxn **out, Err *err);
void sim_txn_close(LogTxn *t);
Rc sim_txn_begin(LogTxn *t, Db *db, Err *err);
Rc sim_txn_append(LogTxn *t, const LogAppend *records, int count, Err *err);
Rc sim_txn_positions(LogTxn *t, Str group, const LogPosition *pos, int count, Err *err);
LogOutcome sim_txn_commit(LogTxn *t, Err *err);
void sim_txn_abort(LogTxn *t);
Rc sim_txn_reset(LogTxn *t, Err *err);
Rc sim_committed(Log *log, Str group, LogPosition *pos, int count, Err *err);

#endif
