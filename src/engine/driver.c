/* driver.c: the loop that runs the queries of a file: an epoch of each, a commit when it is due. */
#include "base/clock.h"
#include "engine/engine_int.h"

enum { IDLE_WAIT_MS = 1000 };

static void run_jobs(Engine *e)
{
    Job *job;
    while ((job = jobs_take(&e->driver, false))) {
        job->rc = job->fn(job->ctx, &job->err);
        jobs_finish(&e->driver, job);
    }
}

/* An epoch of one query; opens it again when a retry is due. */
static bool run_epoch(Engine *e, Running *r)
{
    Err why = ERR_INIT;
    bool progress = false;
    if (r->status != QUERY_RUNNING)
        return false;
    if (!r->pipeline) {
        if (!r->retry_at_ns || clock_monotonic_ns() < r->retry_at_ns)
            return false;
        if (running_open(e, r, &why)) {
            running_fail(e, r, &why);
            return false;
        }
    }
    if (pipeline_epoch(r->pipeline, &progress, &why))
        running_fail(e, r, &why);
    return progress;
}

static bool commit_is_due(Engine *e, bool progress)
{
    bool dirty = false;
    size_t bytes = 0;
    for (int i = 0; i < e->running_count; i++)
        if (e->running[i]->pipeline) {
            dirty = dirty || pipeline_dirty(e->running[i]->pipeline);
            bytes += pipeline_dirty_bytes(e->running[i]->pipeline);
        }
    if (!dirty)
        return false;
    return !progress || e->cfg.commit_every_epoch || bytes > e->dirty_cap ||
           clock_monotonic_ns() - e->last_freeze_ns >= e->cfg.commit_ms * 1000000;
}

Rc driver_turn(Engine *e, bool *progress, Err *err)
{
    bool any = false;
    run_jobs(e);
    for (int i = 0; i < e->running_count; i++)
        any = run_epoch(e, e->running[i]) || any;
    Rc rc = commit_poll(e, false, err);
    if (!rc && commit_is_due(e, any)) {
        rc = commit_poll(e, true, err);
        if (!rc && commit_is_due(e, any)) {
            commit_start(e);
            any = true;
        }
    }
    if (!rc && !any && e->committing) { /* nothing else to do: wait for the writer */
        rc = commit_poll(e, true, err);
        any = true;
    }
    *progress = any;
    return rc;
}

void *driver_main(void *arg)
{
    Engine *e = arg;
    for (;;) {
        pthread_mutex_lock(&e->driver.lock);
        bool stop = e->driver.stop;
        pthread_mutex_unlock(&e->driver.lock);
        bool progress = false;
        Err err = ERR_INIT;
        if (driver_turn(e, &progress, &err))
            clock_sleep_ms(10); /* failures are kept with their queries and tried again */
        if (stop && !progress)
            break;
        if (!progress)
            e->log->cls->wait(e->log, IDLE_WAIT_MS, &err);
    }
    return NULL;
}

Rc driver_call(Engine *e, Rc (*fn)(void *ctx, Err *err), void *ctx, Err *err)
{
    Job job = {.fn = fn, .ctx = ctx};
    jobs_post(&e->driver, &job);
    if (e->driver.threaded)
        e->log->cls->wake(e->log);
    return jobs_wait(&e->driver, &job, err);
}

Rc engine_pump(Engine *e, bool *progress, Err *err)
{
    *progress = false;
    return e->driver.threaded || e->kafka ? 0 : driver_turn(e, progress, err);
}
