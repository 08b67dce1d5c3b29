/* engine_commit.c: one commit of the process: freeze on the driver, make it up and write it on the
 * writer's thread, settle on the driver. The protocol itself is store/commit.c.
 *
 * While the writer works, the driver goes on with the next interval; at most one commit is under
 * way. A query whose output cannot be made up fails and is left out; a commit that does not happen
 * sends every query back to the one before it. */
#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "engine/engine_int.h"
#include "engine/records.h"

/* ---- on the writer's thread ---------------------------------------------------------------- */

/* Everything of one query behind what is in the set. */
static Rc add_query(Running *r, CommitSet *set, Arena *a, Err *err)
{
    Frozen *f = pipeline_frozen(r->pipeline);
    Rc rc = records_collect(f, r->plan, set, f->ledgers[0], a, err);
    if (rc)
        return rc;
    StoreGen **gens = ARENA_ARRAY(a, StoreGen *, set->gen_count + f->gen_count);
    if (set->gen_count)
        memcpy(gens, set->gens, (size_t)set->gen_count * sizeof *gens);
    if (f->gen_count)
        memcpy(gens + set->gen_count, f->gens, (size_t)f->gen_count * sizeof *gens);
    set->gens = gens;
    set->gen_count += f->gen_count;
    return 0;
}

/* Inside the state's transaction: positions of each query, and the ledger. */
static Rc write_extra(void *ctx, Db *db, Err *err)
{
    Engine *e = ctx;
    Rc rc = 0;
    for (int i = 0; i < e->running_count && !rc; i++) {
        Running *r = e->running[i];
        Frozen *f = r->pipeline ? pipeline_frozen(r->pipeline) : NULL;
        if (!f || r->leave_out)
            continue;
        rc = e->txn->cls->txn_positions(e->txn, r->query->id, f->positions, f->position_count, err);
        for (int k = 0; k < f->ledger_count && !rc; k++)
            rc = ledger_write(db, r->query->id, f->ledgers[k], err);
    }
    engine_fault(e, "in-commit");
    return rc;
}

static Rc commit_fn(void *ctx, Err *err)
{
    Engine *e = ctx;
    Arena a;
    arena_init(&a, 1 << 20);
    CommitSet set = {.number = e->generation, .extra = write_extra, .extra_ctx = e};
    for (int i = 0; i < e->running_count; i++) {
        Running *r = e->running[i];
        if (!r->pipeline || !pipeline_frozen(r->pipeline))
            continue;
        r->leave_out = add_query(r, &set, &a, &r->why) != 0;
    }
    engine_fault(e, "before-commit");
    CommitUnit unit = {.name = STR_LIT("process"),
                       .group = STR_LIT("process"),
                       .log = e->log,
                       .txn = e->txn,
                       .disk = e->write_disk};
    CommitResult result = commit_run(&unit, &set, err);
    engine_fault(e, "after-commit");
    arena_fini(&a);
    if (result == COMMIT_DONE && db_wal_bytes(e->write_db) > (64 << 20)) {
        Err ignored = ERR_INIT; /* a reader in the way: the next commit tries again */
        db_checkpoint(e->write_db, true, &ignored);
    }
    return result == COMMIT_DONE ? 0 : err && err->code ? err->code : ERR_IO;
}

/* ---- on the driver ------------------------------------------------------------------------- */

void commit_start(Engine *e)
{
    assert(!e->committing);
    engine_fault(e, "before-freeze");
    e->generation++;
    for (int i = 0; i < e->running_count; i++) {
        Running *r = e->running[i];
        r->leave_out = false;
        if (r->pipeline && pipeline_dirty(r->pipeline))
            pipeline_freeze(r->pipeline, e->generation);
    }
    engine_fault(e, "after-freeze");
    e->last_freeze_ns = clock_monotonic_ns();
    e->committing = true;
    e->commit_job = (Job){.fn = commit_fn, .ctx = e};
    jobs_post(&e->writer, &e->commit_job);
}

static void settle_all(Engine *e)
{
    int64_t now = clock_wall_ms();
    for (int i = 0; i < e->running_count; i++) {
        Running *r = e->running[i];
        if (!r->pipeline || !pipeline_frozen(r->pipeline))
            continue;
        if (r->leave_out) {
            Err why = r->why;
            running_fail(e, r, &why);
            continue;
        }
        pipeline_settle(r->pipeline);
        r->last_commit_ms = now;
        r->retries = 0;
    }
    e->log->cls->wake(e->log);
}

/* The commit did not happen: what was computed since the last one is thrown away. */
static void drop_all(Engine *e, const Err *why)
{
    Err again = *why;
    again.kind = ERR_KIND_ABORT;
    e->generation--;
    for (int i = 0; i < e->running_count; i++)
        if (e->running[i]->pipeline)
            running_fail(e, e->running[i], &again);
}

Rc commit_poll(Engine *e, bool wait, Err *err)
{
    if (!e->committing || (!wait && !jobs_is_done(&e->writer, &e->commit_job)))
        return 0;
    Err why = ERR_INIT;
    Rc rc = jobs_wait(&e->writer, &e->commit_job, &why);
    e->committing = false;
    if (rc)
        drop_all(e, &why);
    else
        settle_all(e);
    pthread_mutex_lock(&e->driver.lock);
    e->commit_count++;
    pthread_cond_broadcast(&e->committed);
    pthread_mutex_unlock(&e->driver.lock);
    if (rc && err)
        *err = why;
    return rc;
}
