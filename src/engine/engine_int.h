/* engine_int.h: the private struct of the engine, shared by engine.c, driver.c and writer.c. */
#ifndef OXBOW_ENGINE_ENGINE_INT_H
#define OXBOW_ENGINE_ENGINE_INT_H

#include <pthread.h>

#include "engine/engine.h"

/* A query as it runs. The driver's, except `query`, which never changes. */
typedef struct Running {
    CatalogQuery *query;
    Arena arena;
    Plan *plan;
    Pipeline *pipeline; /* NULL while failed or not owner */
    QueryStatus status;
    Err why;             /* of a failed one */
    struct Unit *unit;   /* on Kafka: runs the pipeline in place of the driver */
    bool leave_out;      /* its part of the commit in flight could not be made */
    PipelineStats stats; /* of pipelines that were closed */
    int64_t last_commit_ms;
    int64_t retry_at_ns; /* failed with RETRY or ABORT: when to open it again; 0: never */
    int retries;
} Running;

/* Work for another thread, waited for. */
typedef struct Job {
    Rc (*fn)(void *ctx, Err *err);
    void *ctx;
    Rc rc;
    Err err;
    bool done;
    struct Job *next;
} Job;

/* A thread that does jobs in order. */
typedef struct JobQueue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    Job *first, *last;
    bool stop;
    bool threaded;
    pthread_t thread;
} JobQueue;

typedef struct Private { /* what a push query's pipeline stands on */
    Pipeline *pipeline;
    Db *db;
    StoreDisk *disk;
    Workers *workers;
    struct Private *next;
} Private;

struct Engine {
    EngineConfig cfg;
    char uri[64];     /* of an in-memory database */
    const char *path; /* what db_open takes */
    Catalog *catalog;
    Log *log;

    Db *write_db; /* the writer's */
    StoreDisk *write_disk;
    LogTxn *txn;
    JobQueue writer;
    Job commit_job;
    bool committing; /* commit_job is under way; the driver's */

    Db **read_dbs; /* the workers' */
    StoreDisk **disks;
    Workers *workers;
    Db *shell_db; /* the shell's reading side */
    StoreDisk *shell_disk;

    bool kafka;
    char instance[40]; /* of this state file: in transactional ids, so that a restart fences itself
                        */
    bool owner;
    int owner_fd;
    Running **running; /* in creation order */
    int running_count;
    uint64_t generation;
    int64_t last_freeze_ns;
    size_t dirty_cap;

    JobQueue driver;          /* calls into the driver between epochs */
    pthread_cond_t committed; /* with driver.lock: a commit or a failure happened */
    uint64_t commit_count;
    Private *privates; /* the shell's */
};

/* jobs.c */
void jobs_init(JobQueue *q);
void jobs_fini(JobQueue *q);
Rc jobs_start(JobQueue *q, void *(*main)(void *), void *arg, Err *err);
void jobs_ask_to_stop(JobQueue *q);
void jobs_stop(JobQueue *q); /* joins */
/* Put a job in line; it runs at once, on this thread, when the queue has no thread. */
void jobs_post(JobQueue *q, Job *job);
Rc jobs_wait(JobQueue *q, Job *job, Err *err);
bool jobs_is_done(JobQueue *q, Job *job);
/* For the thread: the next job, or NULL when there is none (wait: until there is, or stop). */
Job *jobs_take(JobQueue *q, bool wait);
void jobs_finish(JobQueue *q, Job *job);

/* engine_commit.c */
void commit_start(Engine *e);                   /* driver: freeze and hand over */
Rc commit_poll(Engine *e, bool wait, Err *err); /* driver: settle when it is done */

/* file.c: marks a new file; also reads `instance` */
Rc file_check(Engine *e, Err *err);

/* owner.c */
Rc owner_lock(const char *path, int *fd, Err *err);
void owner_unlock(int fd);

/* queries.c */
PipelineConfig queries_pipeline_config(Engine *e, const Plan *plan);
Rc running_open(Engine *e, Running *r, Err *err);
void running_close(Engine *e, Running *r);
void running_fail(Engine *e, Running *r, const Err *why);
Running *running_find(Engine *e, Str id);
void running_report(const Running *r, QueryReport *out);

/* driver.c */
void *driver_main(void *engine);
Rc driver_turn(Engine *e, bool *progress, Err *err);
/* Run fn between epochs, on the driver. */
Rc driver_call(Engine *e, Rc (*fn)(void *ctx, Err *err), void *ctx, Err *err);

static inline void engine_fault(Engine *e, const char *point)
{
    if (e->cfg.fault)
        e->cfg.fault(point);
}

#endif
