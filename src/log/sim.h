/* sim.h: the log of the simulation: in memory, seeded, with a failure at any step.
 *
 * Two dresses. Joint, as the embedded log: a transaction is collected and becomes durable when the
 * state's does; whoever simulates the state says so with log_sim_joint_end. Two-step, as Kafka:
 *   - records stand in their partition at once, as open ones; readers stop at the first open record
 *     (the last stable offset) and skip aborted ones; a transaction's end takes an offset itself;
 *   - a producer's id has an epoch; a new handle, or a reset, fences the old one and ends what it
 *     had open; an open transaction that nobody ends is aborted after SIM_TXN_TICKS;
 *   - positions are checked against the generation of their group when they are sent, and are not
 *     readable (RETRY) while a transaction that holds them is open;
 *   - an unknown outcome is decided by the seed and shows when the id is reset or time passes.
 *
 * A process that has crashed is one whose every call fails: `dead` of the plan points to the flag
 * of the process that runs now. Single-threaded, but calls nest: SIM_PAUSE lets other processes run
 * in the middle of a call. */
#ifndef OXBOW_LOG_SIM_H
#define OXBOW_LOG_SIM_H

#include "log/log.h"

/* Every fault point of the commit protocol, in log and state alike. */
#define SIM_FAULTS(X)                                                                              \
    X(READ_RETRY)          /* a read of log or state fails and may be tried again */               \
    X(BEGIN_FAIL)          /* txn_begin fails */                                                   \
    X(APPEND_FAIL)         /* an append inside the transaction fails half-way: abort */            \
    X(POSITIONS_FAIL)      /* sending positions fails: abort */                                    \
    X(COMMIT_ABORTED)      /* commit says aborted */                                               \
    X(COMMIT_UNKNOWN_DONE) /* commit says unknown, and it was done */                              \
    X(COMMIT_UNKNOWN_LOST) /* commit says unknown, and it was not done */                          \
    X(COMMIT_FENCED)       /* somebody else took the id */                                         \
    X(TXN_TIMEOUT)         /* the log gave the open transaction up before its commit came */       \
    X(RESET_FAIL)          /* a new producer cannot be had just now */                             \
    X(COMMITTED_FAIL)      /* the committed positions cannot be read just now */                   \
    X(STATE_BEGIN_FAIL)    /* the state's transaction cannot begin */                              \
    X(STATE_WRITE_FAIL)    /* a write of the state fails (disk full) */                            \
    X(STATE_COMMIT_FAIL)   /* the state's commit fails */                                          \
    X(CRASH_BEFORE_FREEZE)                                                                         \
    X(CRASH_AFTER_FREEZE)                                                                          \
    X(CRASH_IN_LOG_TXN)                                                                            \
    X(CRASH_AFTER_LOG_COMMIT) /* between the log's commit and the state's */                       \
    X(CRASH_IN_STATE_TXN)                                                                          \
    X(CRASH_AFTER_STATE_COMMIT)                                                                    \
    X(CRASH_IN_RESTORE)                                                                            \
    X(REVOKE)          /* orderly: commit once more, give the partition up, another goes on */     \
    X(ASSIGNMENT_LOST) /* not orderly: discard active and in-flight */                             \
    X(PAUSE)           /* the process stands still in the middle of a call, others take over */    \
    X(COMPACT)         /* a changelog is compacted */                                              \
    X(STATE_GONE)      /* a process comes back without its state */

typedef enum SimFault {
#define X(name) SIM_##name,
    SIM_FAULTS(X)
#undef X
        SIM_FAULT_COUNT
} SimFault;

extern const char *const sim_fault_names[SIM_FAULT_COUNT];

/* Decides at each point whether the fault happens. Deterministic by seed. */
typedef struct SimPlan {
    uint64_t rng;
    uint32_t rate[SIM_FAULT_COUNT]; /* of 65536 */
    uint64_t fired[SIM_FAULT_COUNT];
    bool off;                  /* while a history is driven to its end */
    bool *dead;                /* of the process that runs now; NULL: it cannot crash */
    void (*paused)(void *ctx); /* SIM_PAUSE: run the others; NULL: there are none */
    void *paused_ctx;
} SimPlan;

uint64_t sim_random(SimPlan *p);
/* A number below n. */
uint32_t sim_below(SimPlan *p, uint32_t n);
bool sim_fires(SimPlan *p, SimFault f); /* counts */
/* The start of every simulated call: may pause here; fails when the process is dead. */
Rc sim_enter(SimPlan *p, Err *err);
/* The process dies here, if the plan says so: its flag is set, and the call fails. */
Rc sim_crash(SimPlan *p, SimFault f, Err *err);

Log *log_sim_new(SimPlan *plan, bool joint);

/* ---- joint dress --------------------------------------------------------------------------- */

/* The state's transaction has ended: what txn_commit had left to it is durable now, or gone. A
 * crash is an end without commit. */
void log_sim_joint_end(Log *log, bool commit);

/* ---- two-step dress ------------------------------------------------------------------------ */

enum { SIM_TXN_TICKS = 120 };

/* Time passes: open transactions grow old. */
void log_sim_tick(Log *log);
/* A rebalance: a new generation of the group. Positions of members of older ones are refused. */
int64_t log_sim_rebalance(Log *log, Str group);
/* The generation in whose name this producer sends positions from now on; -1: it is not checked. */
void log_sim_member(LogTxn *t, int64_t generation);
/* Where the records of this handle's last transaction ended, per topic and partition: the offset
 * behind the last; -1 where it put none. As delivery reports say it, so it survives a reset. */
Rc log_sim_ends(LogTxn *t, LogPosition *ends, int count, Err *err);
/* What readers can reach now: the first open record, or the end. `watermarks` gives the end. */
int64_t log_sim_stable_end(Log *log, Str topic, int partition);
/* Keep only the last record of each key among those below the last stable offset. */
void log_sim_compact(Log *log, Str topic, int partition);

#endif
