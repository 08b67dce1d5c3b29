/* sim.h: the log of the simulation: in memory, seeded, with a failure at any step.
 *
 * Two dresses: joint (as the embedded log: its transaction is the state's) and two-step (as Kafka:
 * fencing, unknown outcomes, positions in the transaction). Single-threaded. A crash drops what is
 * not committed; an unknown outcome is decided by the seed and revealed by txn_reset. */
#ifndef OXBOW_LOG_SIM_H
#define OXBOW_LOG_SIM_H

#include "log/log.h"

/* Every fault point of the commit protocol, in log and state alike. */
#define SIM_FAULTS(X) \
    X(READ_RETRY)       /* a read fails and may be tried again */ \
    X(BEGIN_FAIL)       /* txn_begin fails */ \
    X(APPEND_FAIL)      /* an append inside the transaction fails: abort */ \
    X(POSITIONS_FAIL)   /* sending positions fails: abort */ \
    X(COMMIT_ABORTED)   /* commit says aborted */ \
    X(COMMIT_UNKNOWN_DONE)   /* commit says unknown, and it was done */ \
    X(COMMIT_UNKNOWN_LOST)   /* commit says unknown, and it was not done */ \
    X(COMMIT_FENCED)    /* somebody else took the id */ \
    X(STATE_BEGIN_FAIL) /* the state's transaction cannot begin */ \
    X(STATE_WRITE_FAIL) /* a write of the state fails (disk full) */ \
    X(STATE_COMMIT_FAIL) /* the state's commit fails */ \
    X(CRASH_BEFORE_FREEZE) \
    X(CRASH_AFTER_FREEZE) \
    X(CRASH_IN_LOG_TXN) \
    X(CRASH_AFTER_LOG_COMMIT) /* between the log's commit and the state's */ \
    X(CRASH_IN_STATE_TXN) \
    X(CRASH_AFTER_STATE_COMMIT) \
    X(CRASH_IN_RESTORE) \
    X(REVOKE)           /* orderly: commit once more, give the partition up, another goes on */ \
    X(ASSIGNMENT_LOST)  /* not orderly: discard active and in-flight */

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
    uint32_t rate[SIM_FAULT_COUNT];  /* of 65536 */
    uint64_t fired[SIM_FAULT_COUNT];
    bool off; /* while a history is driven to its end */
} SimPlan;

uint64_t sim_random(SimPlan *p);
bool sim_fires(SimPlan *p, SimFault f); /* counts */

Log *log_sim_new(SimPlan *plan, bool joint);
/* The process died: open transactions are gone, committed records stay. */
void log_sim_crash(Log *log);

#endif
