/* engine.h: the persistent queries of one file: running them, committing, waiting for them.
 *
 * Embedded: the unit of commit is the process. One SQLite transaction writes output records, dirty
 * state, operator records and source positions of every healthy query. The file has one owner, the
 * process that runs its queries (owner.c).
 *
 * Threads: the engine's functions are called by the shell's thread. Pipelines run on the driver:
 * its own thread (prompt, headless), or the shell's thread inside engine_pump and engine_drain
 * (scripts and tests, which must be deterministic). The writer thread holds the one write
 * connection; everything that is written goes through engine_write or the commit. */
#ifndef OXBOW_ENGINE_ENGINE_H
#define OXBOW_ENGINE_ENGINE_H

#include "engine/pipeline.h"

typedef struct Engine Engine;

typedef struct EngineConfig {
    const char *path; /* NULL: in memory */
    const char
        *bootstrap; /* topics in this Kafka cluster, and `path` holds state only; NULL: embedded */
    const char *app_id; /* instances of this name share the work (Kafka); NULL: no queries */
    const char *const
        *kafka_conf;   /* key, value, ..., NULL: from the user's own file; may be NULL */
    bool driver;       /* a thread of its own runs the queries */
    bool long_running; /* does not end by itself: emission may be coalesced on Kafka */
    bool test_mode;    /* oxbow test: one physical partition, order of arrival, dialect's rules */
    int workers;       /* 0: as the settings say when the queries start */
    int batch_rows;    /* 0: the limit */
    int64_t commit_ms; /* 0: as the settings say when the queries start */
    bool commit_every_epoch;
    /* Points where a crash test may kill the process; NULL: none. */
    void (*fault)(const char *point);
} EngineConfig;

Rc engine_open(const EngineConfig *cfg, Engine **out, Err *err);
/* Stops the queries after a last commit. */
void engine_close(Engine *e);

Catalog *engine_catalog(Engine *e);
Log *engine_log(Engine *e);
const EngineConfig *engine_config(const Engine *e);

/* Become the process that runs the file's queries, and start them. ERR_BUSY names the pid that
 * does. Nothing happens when this process is the owner already. */
Rc engine_own(Engine *e, Err *err);
bool engine_is_owner(const Engine *e);
/* Does no living process own this file? */
bool engine_path_is_free(const char *path);

/* Run fn inside one write transaction; its error rolls everything back. */
Rc engine_write(Engine *e, Rc (*fn)(void *ctx, Db *db, Err *err), void *ctx, Err *err);
/* Records that no query writes: INSERT VALUES, produce. Durable when it returns. */
Rc engine_append(Engine *e, const LogAppend *records, int count, Err *err);

/* A query that the catalog holds: decode its plan and run it. */
Rc engine_start_query(Engine *e, CatalogQuery *q, Err *err);
/* Stop it; `forget` drops its state tables and positions too. */
Rc engine_stop_query(Engine *e, Str id, bool forget, Err *err);
Rc engine_pause_query(Engine *e, Str id, bool pause, Err *err);

typedef struct QueryReport {
    QueryStatus status;
    char why[512]; /* of a failed query */
    PipelineStats stats;
    int64_t last_commit_ms; /* wall clock; 0: none yet */
} QueryReport;
bool engine_query_report(Engine *e, Str id, QueryReport *out);

/* Wait until what the topics hold now has gone through the named queries and all upstream of them,
 * and is committed (you read what you wrote). ids NULL: all queries. *note: why a query was not
 * waited for (paused, failed), or empty. `cancel`: looked at every 100 ms; may be NULL. */
Rc engine_drain(Engine *e, const Str *ids, int count, int64_t timeout_ms,
                const volatile int *cancel, Buf *note, Err *err);
/* Queries that write the topic, for engine_drain. */
int engine_writers_of(Engine *e, Str topic, Arena *a, Str **ids);
/* Do queries emit the latest change per key and commit, or every change? */
bool engine_coalesces(const Engine *e);

/* Committed state of a table's store, for pull queries. `each` returns false to stop. */
Rc engine_scan_store(Engine *e, const StoreDef *def, int partitions, const StoreScan *scan,
                     bool (*each)(void *ctx, int64_t win, Str key, Str row), void *ctx, Err *err);

/* Test mode: topics have one physical partition, whatever the catalog says of them. */
void engine_flatten(const Engine *e, Plan *plan);
int engine_partitions(const Engine *e, int declared);

/* A private pipeline over topics (push query): its state spills to a temporary file. It begins
 * where auto.offset.reset says, or at the beginning (`whole`); pipeline_bound gives it an end. */
Rc engine_open_private(Engine *e, const Plan *plan, bool whole, Pipeline **out, Err *err);
void engine_close_private(Engine *e, Pipeline *p);

/* One turn of the driver on the calling thread. *progress false: nothing to do now. */
Rc engine_pump(Engine *e, bool *progress, Err *err);
/* Test runner: only these topics are read by the query. */
void engine_hold(Engine *e, Str id, const Str *topics, int count);
/* Throw away everything since the last commit and go on from it, as after a crash. */
Rc engine_restart(Engine *e, Err *err);

#endif
