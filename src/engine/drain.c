/* drain.c: you read what you wrote. See engine_drain in engine.h.
 *
 * Queries are waited for in the order of the data: what a query reads must be complete before its
 * own end is taken. Positions are compared, never counts. A loop of queries is taken once around.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "engine/engine_int.h"
#include "engine/unit.h"

enum { TURN_MS = 100, KAFKA_TURN_MS = 20 };

typedef struct Drain {
    Engine *e;
    int64_t deadline_ns;
    const volatile int *cancel;
    Buf *note;
    Arena arena;
    Str *seen;
    int seen_count;
    /* one check */
    Str id;
    const LogPosition *ends;
    int end_count;
    bool reached, gone;
    uint64_t commits;
} Drain;

/* Why the query is not waited for. */
static void note_gone(Drain *d, QueryStatus status, const char *why)
{
    if (!d->note)
        return;
    buf_printf(d->note, "%s%.*s %s", d->note->len ? "; " : "", STR_ARG(d->id),
               status == QUERY_PAUSED ? "is paused" : "has failed: ");
    buf_puts(d->note, status == QUERY_FAILED ? why : "");
}

static Rc check_call(void *ctx, Err *err)
{
    Drain *d = ctx;
    QueryReport report;
    Running *r = running_find(d->e, d->id);
    d->commits = d->e->commit_count;
    d->gone = !r;
    if (!r)
        return 0;
    running_report(r, &report);
    d->gone = report.status != QUERY_RUNNING;
    if (d->gone)
        note_gone(d, report.status, report.why);
    else if (r->unit)
        return unit_reached(r->unit, d->ends, d->end_count, &d->reached, err);
    else
        d->reached = r->pipeline && pipeline_committed(r->pipeline, d->ends, d->end_count);
    return 0;
}

/* Where the query's source topics end now. */
static Rc take_ends(Drain *d, const CatalogQuery *q, LogPosition **out, int *count, Err *err)
{
    int cap = 0, n = 0;
    LogPosition *ends = NULL;
    for (int i = 0; i < q->source_count; i++) {
        const CatalogSource *s = catalog_find_source(d->e->catalog, q->sources[i]);
        cap += s ? s->partitions : 0;
    }
    ends = ARENA_ARRAY(&d->arena, LogPosition, cap);
    for (int i = 0; i < q->source_count; i++) {
        const CatalogSource *s = catalog_find_source(d->e->catalog, q->sources[i]);
        for (int p = 0; s && p < engine_partitions(d->e, s->partitions) && n < cap; p++) {
            ends[n] = (LogPosition){s->topic, p, 0};
            Rc rc = log_end(d->e->log, s->topic, p, &ends[n++].offset, err);
            if (rc)
                return rc;
        }
    }
    *out = ends;
    *count = n;
    return 0;
}

/* Let the driver work: a turn on this thread, or a wait for its next commit. */
static Rc let_it_work(Drain *d, bool *progress, Err *err)
{
    Engine *e = d->e;
    *progress = true;
    if (e->kafka) {
        clock_sleep_ms(KAFKA_TURN_MS);
        return 0;
    }
    if (!e->driver.threaded)
        return driver_turn(e, progress, err);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += TURN_MS * 1000000l;
    until.tv_sec += until.tv_nsec / 1000000000l;
    until.tv_nsec %= 1000000000l;
    pthread_mutex_lock(&e->driver.lock);
    if (e->commit_count == d->commits)
        pthread_cond_timedwait(&e->committed, &e->driver.lock, &until);
    pthread_mutex_unlock(&e->driver.lock);
    return 0;
}

static Rc wait_for(Drain *d, const CatalogQuery *q, Err *err)
{
    LogPosition *ends;
    int count;
    Rc rc = take_ends(d, q, &ends, &count, err);
    bool progress = true;
    while (!rc) {
        d->id = q->id;
        d->ends = ends;
        d->end_count = count;
        rc = driver_call(d->e, check_call, d, err);
        if (rc || d->reached || d->gone)
            break;
        if (d->cancel && *d->cancel)
            return err_set(err, ERR_KIND_USER, ERR_INTERRUPTED, "interrupted");
        if (clock_monotonic_ns() > d->deadline_ns)
            return err_set(err, ERR_KIND_USER, ERR_BUSY,
                           "%.*s has not caught up in time; the answer is what it has so far "
                           "(oxbow.read.wait.ms)",
                           STR_ARG(q->id));
        rc = let_it_work(d, &progress, err);
    }
    return rc;
}

static bool mark_seen(Drain *d, Str id)
{
    for (int i = 0; i < d->seen_count; i++)
        if (str_eq(d->seen[i], id))
            return false;
    d->seen[d->seen_count++] = id;
    return true;
}

static Rc drain_query(Drain *d, const CatalogQuery *q, Err *err)
{
    Rc rc = 0;
    if (!mark_seen(d, q->id))
        return 0;
    for (int i = 0; i < q->source_count && !rc; i++) {
        const CatalogSource *s = catalog_find_source(d->e->catalog, q->sources[i]);
        for (int k = 0; s && k < catalog_query_count(d->e->catalog) && !rc; k++) {
            const CatalogQuery *up = catalog_query_at(d->e->catalog, k);
            const CatalogSource *sink = catalog_find_source(d->e->catalog, up->sink);
            if (sink && str_eq(sink->topic, s->topic))
                rc = drain_query(d, up, err);
        }
    }
    return rc ? rc : wait_for(d, q, err);
}

Rc engine_drain(Engine *e, const Str *ids, int count, int64_t timeout_ms,
                const volatile int *cancel, Buf *note, Err *err)
{
    Drain d = {.e = e,
               .cancel = cancel,
               .note = note,
               .deadline_ns = clock_monotonic_ns() + timeout_ms * 1000000};
    Rc rc = 0;
    if (!e->owner)
        return 0;
    arena_init(&d.arena, 0);
    int all = catalog_query_count(e->catalog);
    d.seen = ARENA_ARRAY(&d.arena, Str, all);
    int n = ids ? count : all;
    for (int i = 0; i < n && !rc; i++) {
        const CatalogQuery *q =
            ids ? catalog_find_query(e->catalog, ids[i]) : catalog_query_at(e->catalog, i);
        if (q)
            rc = drain_query(&d, q, err);
    }
    arena_fini(&d.arena);
    return rc;
}
