/* engine.c: opening and closing a file, becoming its owner, writing, private pipelines.
 *
 * Leaves to driver.c: the loop; to queries.c: the life of a query; to engine_commit.c: commits; to
 * drain.c: waiting. */
#include "engine/engine.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine/engine_int.h"
#include "engine/unit.h"
#include "log/kafka.h"

enum { DIRTY_CAP_BYTES = 64 << 20, WORKERS_MAX = 64 };

/* ---- opening ------------------------------------------------------------------------------- */

/* The workers and their reading sides: when the queries start, since only now is it known how many
 * the settings want. */
static Rc open_workers(Engine *e, Err *err)
{
    int64_t wanted = catalog_get_int(e->catalog, "num.stream.threads");
    if (wanted <= 0)
        wanted = sysconf(_SC_NPROCESSORS_ONLN);
    if (e->cfg.workers <= 0)
        e->cfg.workers = e->cfg.test_mode ? 1 : wanted < WORKERS_MAX ? (int)wanted : WORKERS_MAX;
    int n = e->cfg.workers;
    e->read_dbs = calloc((size_t)n, sizeof *e->read_dbs);
    e->disks = calloc((size_t)n, sizeof *e->disks);
    assert(e->read_dbs && e->disks);
    Rc rc = 0;
    for (int i = 0; i < n && !rc; i++) {
        rc = db_open(e->path, DB_READ, &e->read_dbs[i], err);
        if (!rc)
            rc = store_disk_open(e->read_dbs[i], &e->disks[i], err);
    }
    e->workers = workers_new(n);
    return rc;
}

static Rc open_shell_reader(Engine *e, Err *err)
{
    Rc rc = db_open(e->path, DB_READ, &e->shell_db, err);
    return rc ? rc : store_disk_open(e->shell_db, &e->shell_disk, err);
}

static void *writer_main(void *arg)
{
    Engine *e = arg;
    Job *job;
    while ((job = jobs_take(&e->writer, true))) {
        job->rc = job->fn(job->ctx, &job->err);
        jobs_finish(&e->writer, job);
    }
    return NULL;
}

static Rc open_local(Engine *e, Err *err)
{
    Rc rc = log_local_open(e->path, &e->log, err);
    return rc ? rc : e->log->cls->txn_open(e->log, STR_LIT(""), &e->txn, err);
}

static Rc open_kafka(Engine *e, Err *err)
{
    return log_kafka_open(e->cfg.bootstrap, e->cfg.kafka_conf, &e->log, err);
}

static Rc open_file(Engine *e, Err *err)
{
    Rc rc = db_open(e->path, e->kafka ? DB_WRITE_LAX : DB_WRITE, &e->write_db, err);
    if (!rc)
        rc = file_check(e, err);
    if (!rc)
        rc = ledger_define(e->write_db, err);
    if (!rc)
        rc = store_disk_open(e->write_db, &e->write_disk, err);
    if (!rc)
        rc = catalog_load(e->catalog, e->write_db, err);
    if (!rc && e->kafka)
        rc = open_kafka(e, err);
    else if (!rc)
        rc = open_local(e, err);
    if (!rc)
        rc = open_shell_reader(e, err);
    return rc;
}

Rc engine_open(const EngineConfig *cfg, Engine **out, Err *err)
{
    Engine *e = calloc(1, sizeof *e);
    assert(e);
    e->cfg = *cfg;
    e->cfg.batch_rows = cfg->batch_rows > 0 ? cfg->batch_rows : LIMIT_BATCH_ROWS;
    e->dirty_cap = DIRTY_CAP_BYTES;
    e->owner_fd = -1;
    e->path = cfg->path;
    e->kafka = cfg->bootstrap != NULL;
    if (!e->path) {
        db_memory_uri(e->uri);
        e->path = e->uri;
    }
    jobs_init(&e->writer);
    jobs_init(&e->driver);
    pthread_cond_init(&e->committed, NULL);
    e->catalog = catalog_new();
    Rc rc = open_file(e, err);
    if (!rc && !cfg->test_mode)
        rc = jobs_start(&e->writer, writer_main, e, err);
    if (rc) {
        engine_close(e);
        e = NULL;
    }
    *out = e;
    return rc;
}

static void close_files(Engine *e)
{
    for (int i = 0; e->disks && i < e->cfg.workers; i++) {
        if (e->disks[i])
            e->disks[i]->cls->close(e->disks[i]);
        db_close(e->read_dbs[i]);
    }
    free(e->disks);
    free(e->read_dbs);
    if (e->shell_disk)
        e->shell_disk->cls->close(e->shell_disk);
    db_close(e->shell_db);
    if (e->txn)
        e->txn->cls->txn_close(e->txn);
    if (e->log)
        e->log->cls->close(e->log);
    if (e->write_disk)
        e->write_disk->cls->close(e->write_disk);
    db_close(e->write_db);
}

static Rc stop_all(void *ctx, Err *err)
{
    Engine *e = ctx;
    (void)err;
    while (e->running_count) {
        Str id = e->running[e->running_count - 1]->query->id;
        Err ignored = ERR_INIT;
        engine_stop_query(e, id, false, &ignored);
    }
    return 0;
}

void engine_close(Engine *e)
{
    if (!e)
        return;
    Err ignored = ERR_INIT;
    if (e->driver.threaded) { /* the driver ends when nothing is left to do */
        jobs_ask_to_stop(&e->driver);
        e->log->cls->wake(e->log);
        jobs_stop(&e->driver);
    }
    commit_poll(e, true, &ignored);
    stop_all(e, &ignored);
    jobs_stop(&e->writer);
    while (e->privates)
        engine_close_private(e, e->privates->pipeline);
    workers_free(e->workers);
    close_files(e);
    owner_unlock(e->owner_fd);
    catalog_free(e->catalog);
    free(e->running);
    pthread_cond_destroy(&e->committed);
    jobs_fini(&e->writer);
    jobs_fini(&e->driver);
    free(e);
}

Catalog *engine_catalog(Engine *e)
{
    return e->catalog;
}
Log *engine_log(Engine *e)
{
    return e->log;
}
const EngineConfig *engine_config(const Engine *e)
{
    return &e->cfg;
}
bool engine_is_owner(const Engine *e)
{
    return e->owner;
}

/* ---- ownership ----------------------------------------------------------------------------- */

Rc engine_own(Engine *e, Err *err)
{
    if (e->owner)
        return 0;
    if (e->kafka && !e->cfg.app_id)
        return err_set(
            err, ERR_KIND_USER, ERR_USAGE,
            "persistent queries on Kafka need --app-id NAME: instances of that name share "
            "the work");
    Rc rc = 0;
    if (e->cfg.path)
        rc = owner_lock(e->path, &e->owner_fd, err);
    if (!rc)
        rc = e->write_disk->cls->generation(e->write_disk, STR_LIT("process"), &e->generation, err);
    if (!rc && !e->kafka) /* there each query has its own */
        rc = open_workers(e, err);
    if (rc)
        return rc;
    int64_t commit_ms = catalog_get_int(e->catalog, "commit.interval.ms");
    if (e->cfg.commit_ms <= 0)
        e->cfg.commit_ms = commit_ms > 0 ? commit_ms : 100;
    e->owner = true;
    for (int i = 0; i < catalog_query_count(e->catalog) && !rc; i++)
        rc = engine_start_query(e, catalog_query_at(e->catalog, i), err);
    if (!rc && e->cfg.driver && !e->kafka)
        rc = jobs_start(&e->driver, driver_main, e, err);
    return rc;
}

/* ---- writing ------------------------------------------------------------------------------- */

typedef struct Write {
    Engine *e;
    Rc (*fn)(void *ctx, Db *db, Err *err);
    void *ctx;
} Write;

static Rc write_fn(void *ctx, Err *err)
{
    Write *w = ctx;
    Db *db = w->e->write_db;
    Rc rc = db_begin_write(db, err);
    if (rc)
        return rc;
    rc = w->fn(w->ctx, db, err);
    if (!rc)
        rc = db_commit(db, err);
    if (rc)
        db_rollback(db);
    return rc;
}

Rc engine_write(Engine *e, Rc (*fn)(void *ctx, Db *db, Err *err), void *ctx, Err *err)
{
    Write w = {e, fn, ctx};
    Job job = {.fn = write_fn, .ctx = &w};
    jobs_post(&e->writer, &job);
    return jobs_wait(&e->writer, &job, err);
}

typedef struct Append {
    Engine *e;
    const LogAppend *records;
    int count;
} Append;

static Rc append_fn(void *ctx, Db *db, Err *err)
{
    Append *a = ctx;
    LogTxn *t = a->e->txn;
    Rc rc = t->cls->txn_begin(t, db, err);
    if (!rc)
        rc = t->cls->txn_append(t, a->records, a->count, err);
    if (rc) {
        t->cls->txn_abort(t);
        return rc;
    }
    return t->cls->txn_commit(t, err) == LOG_COMMITTED ? 0 : ERR_IO;
}

Rc engine_append(Engine *e, const LogAppend *records, int count, Err *err)
{
    if (e->kafka)
        return e->log->cls->append(e->log, records, count, err);
    Append a = {e, records, count};
    Rc rc = engine_write(e, append_fn, &a, err);
    if (!rc)
        e->log->cls->wake(e->log);
    return rc;
}

/* ---- private pipelines --------------------------------------------------------------------- */

Rc engine_open_private(Engine *e, const Plan *plan, bool whole, Pipeline **out, Err *err)
{
    Private *p = calloc(1, sizeof *p);
    assert(p);
    p->workers = workers_new(1);
    Rc rc = db_open(NULL, DB_SCRATCH, &p->db, err);
    if (!rc)
        rc = store_disk_open(p->db, &p->disk, err);
    bool earliest =
        whole || !str_eq(catalog_get(e->catalog, "auto.offset.reset"), STR_LIT("latest"));
    PipelineConfig cfg = {.log = e->log,
                          .disks = &p->disk,
                          .workers = p->workers,
                          .order = e->cfg.test_mode ? ORDER_ARRIVAL : ORDER_TIME,
                          .batch_rows = e->cfg.batch_rows,
                          .earliest = earliest,
                          .caps = {.cache_bytes = 4 << 20, .dirty_bytes = 16 << 20}};
    if (!rc)
        rc = pipeline_open(plan, STR_NULL, &cfg, &p->pipeline, err);
    p->next = e->privates;
    e->privates = p;
    *out = p->pipeline;
    if (rc)
        engine_close_private(e, p->pipeline);
    return rc;
}

void engine_close_private(Engine *e, Pipeline *pipeline)
{
    for (Private **at = &e->privates; *at; at = &(*at)->next) {
        Private *p = *at;
        if (p->pipeline != pipeline)
            continue;
        *at = p->next;
        pipeline_close(p->pipeline);
        if (p->disk)
            p->disk->cls->close(p->disk);
        db_close(p->db);
        workers_free(p->workers);
        free(p);
        return;
    }
}

/* ---- committed state ----------------------------------------------------------------------- */

/* On a joint log what is committed is on the disk; on Kafka it is brought there first. So the
 * disk's snapshot is the whole view. */
Rc engine_scan_store(Engine *e, const StoreDef *def, int partitions, const StoreScan *scan,
                     bool (*each)(void *ctx, int64_t win, Str key, Str row), void *ctx, Err *err)
{
    Rc rc = 0;
    for (int i = 0; i < e->running_count && !rc; i++)
        if (e->running[i]->unit)
            rc = unit_flush(e->running[i]->unit, err);
    if (!rc)
        rc = e->shell_disk->cls->snapshot(e->shell_disk, true, err);
    if (rc)
        return rc;
    for (int p = 0; p < partitions && !rc; p++)
        rc = store_view_scan(e->shell_disk, def, p, NULL, 0, scan, each, ctx, err);
    Err ignored = ERR_INIT;
    e->shell_disk->cls->snapshot(e->shell_disk, false, &ignored);
    return rc;
}

/* ---- as after a crash ---------------------------------------------------------------------- */

Rc engine_restart(Engine *e, Err *err)
{
    Rc rc = 0;
    commit_poll(e, true, NULL);
    for (int i = 0; i < e->running_count && !rc; i++) {
        Running *r = e->running[i];
        if (!r->pipeline)
            continue;
        running_close(e, r);
        rc = running_open(e, r, err);
    }
    return rc;
}
