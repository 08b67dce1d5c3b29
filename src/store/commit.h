/* commit.h: the one function that makes work permanent, for both kinds of log.
 *
 *   joint log (embedded)                 two-step log (Kafka)
 *   --------------------------------     ------------------------------------------------
 *   state begin                          log begin; append outputs, changelog
 *   log append outputs, positions        positions with the group metadata of the freeze
 *   generations, records, ledger         log commit  -> promote
 *   state commit  -> promote, settle     state: generations, records; commit -> settle
 *
 * Nothing is on the disk that the log does not have; what the log has and the disk has not is
 * replayed from the changelog on restart. Outcome unknown: reset the producer first, then compare
 * the committed positions: at the generation's, promote; at the previous ones, drop; otherwise
 * treat as assignment lost.
 *
 * This is the code that tests/sim runs under seeds against the simulated log and disk. It runs on
 * one thread at a time (the committer's). */
#ifndef OXBOW_STORE_COMMIT_H
#define OXBOW_STORE_COMMIT_H

#include "log/log.h"
#include "store/store.h"

/* Everything that one freeze hands over. Owned by the committer until it is given back. */
typedef struct CommitSet {
    uint64_t number; /* generation number of the unit, grows by one */
    StoreGen **gens; /* one per store with changes */
    int gen_count;
    LogAppend *outputs; /* in append order */
    int output_count;
    LogAppend *changelog; /* two-step only */
    int changelog_count;
    LogPosition *positions; /* of the sources, next offset */
    LogPosition *previous;  /* the same sources as of the last commit */
    int position_count;
    /* two-step only: the changelog partitions that this set writes to. commit_log fills in where
     * the records ended (-1: it wrote none there), commit_state writes that into the state: it is
     * what has been applied, never the end of the log, which others may have moved. */
    LogPosition *checkpoints;
    int checkpoint_count;
    /* Rows for the side tables (ledger, metrics, epochs): called inside the state transaction. */
    Rc (*extra)(void *ctx, Db *db, Err *err);
    void *extra_ctx;
} CommitSet;

typedef struct CommitUnit {
    Str name;  /* generation counter's name: "process", or the query's id */
    Str group; /* whose positions */
    Log *log;
    LogTxn *txn;
    StoreDisk *disk; /* writing side */
    /* two-step only: where the last transaction's records ended, from delivery reports; good after
     * txn_commit, whatever its outcome, until the next txn_begin. */
    Rc (*ends)(LogTxn *txn, LogPosition *ends, int count, Err *err);
} CommitUnit;

typedef enum CommitResult {
    COMMIT_DONE,    /* promoted and on disk */
    COMMIT_LOGGED,  /* two-step: the log has it, the disk write failed or was put off: keep it */
    COMMIT_DROPPED, /* not committed: abort and rewind to the last commit. When err is of kind
                       RETRY, the same set may be tried again instead */
    COMMIT_LOST /* fenced, positions elsewhere, or the outcome cannot be known: as assignment lost.
                   The producer is to be opened anew before anything is restored */
} CommitResult;

/* Run the protocol once. On anything but DONE, err says why. Promote, settle, abort are the
 * caller's: the stores belong to their task's thread. */
CommitResult commit_run(CommitUnit *u, const CommitSet *set, Err *err);
/* The first half of the two-step commit alone (COMMIT_LOGGED is its success), and the second
 * (several logged sets at once, oldest first): the state may be written only every few seconds. A
 * set whose number the disk has already is refused. Sets that are still waiting must be written, or
 * forgotten, before a store of theirs is restored from the changelog: written later they would
 * bring back what the restore has passed. */
CommitResult commit_log(CommitUnit *u, const CommitSet *set, Err *err);
Rc commit_state(CommitUnit *u, const CommitSet *const *sets, int count, Err *err);

#endif
