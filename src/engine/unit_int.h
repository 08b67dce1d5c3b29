/* unit_int.h: the private struct of a query on Kafka: unit.c (threads and loop), unit_assign.c
 * (partitions come and go), unit_commit.c (the log's half and the state's half of a commit). */
#ifndef OXBOW_ENGINE_UNIT_INT_H
#define OXBOW_ENGINE_UNIT_INT_H

#include "engine/unit.h"
#include "log/kafka.h"

/* A committed set whose state is not on the disk yet. Owns references to its generations. */
typedef struct Pending {
    CommitSet set;
    Str query;     /* its id, borrowed from the catalog */
    Arena arena; /* arrays and ledger rows */
    Ledger ledger;
    struct Pending *next;
} Pending;

struct Unit {
    Engine *e;
    Running *r;
    const Plan *plan;
    Arena arena;
    Str prefix, group, changelog; /* names on the cluster */
    int changelog_partitions;
    Str *topics; /* to subscribe: sources and repartitions */
    int topic_count;
    KafkaGroup *members;
    LogTxn *txn;
    Db *read_db; /* the pipeline's reading side: the unit's thread only */
    StoreDisk *disk;
    Workers *workers;      /* one: the unit's thread */
    Pipeline *pipeline;    /* NULL: nothing is assigned */
    LogPosition *assigned; /* in `assignment` */
    int assigned_count;
    Arena assignment;
    uint64_t number; /* of the last freeze */
    int64_t last_freeze_ns;
    JobQueue calls;     /* the unit's own thread */
    JobQueue committer; /* the transaction's thread */
    Job commit_job;
    bool committing;
    CommitResult result;   /* of commit_job */
    Pending *flight;       /* what commit_job works on */
    Pending *first, *last; /* committed, waiting for the disk */
    Job state_job;
    bool storing;
    Pending *being_stored; /* handed to the writer, oldest first */
    Err why;               /* why it does not run */
    bool failed;
    PipelineStats stats; /* of pipelines that were closed */
    QueryReport report;  /* under calls.lock */
};

/* unit_commit.c */
bool unit_commit_due(Unit *u, bool progress);
void unit_commit_start(Unit *u);
/* Take the result if it is there; `wait` for it. An error means that the pipeline was dropped. */
Rc unit_commit_poll(Unit *u, bool wait, Err *err);
/* Write what waits for the disk; `wait`: until everything is there. */
Rc unit_store(Unit *u, bool wait, Err *err);
void unit_forget_pending(Unit *u);

/* unit_assign.c */
Rc unit_event(Unit *u, const KafkaEvent *ev, Err *err);
void unit_close_pipeline(Unit *u);
/* Build the pipeline anew from the last commit, the assignment being the same. */
Rc unit_reopen(Unit *u, Err *err);

#endif
