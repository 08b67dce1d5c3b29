/* unit_commit.c: commits of a query on Kafka: the log first, the state behind it.
 *
 * The unit's thread freezes and goes on; the transaction's thread makes up the records, produces
 * and commits them (store/commit.c); the unit's thread then promotes the generations and gives the
 * set to the process's writer, which puts several at once into the file. At most one set is in
 * flight. */
#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "engine/records.h"
#include "engine/unit_int.h"
#include "store/changelog.h"

/* ---- pending sets -------------------------------------------------------------------------- */

static Rc write_ledger(void *ctx, Db *db, Err *err)
{
    Pending *p = ctx;
    return ledger_write(db, p->query, &p->ledger, err);
}

static void pending_free(Pending *p)
{
    for (int i = 0; i < p->set.gen_count; i++)
        gen_unref(p->set.gens[i]);
    ledger_fini(&p->ledger);
    arena_fini(&p->arena);
    free(p);
}

static void copy_positions(Arena *a, const LogPosition *from, int count, LogPosition **to)
{
    *to = ARENA_ARRAY(a, LogPosition, count + 1);
    for (int i = 0; i < count; i++) {
        (*to)[i] = from[i];
        (*to)[i].topic = arena_str(a, from[i].topic);
    }
}

/* What outlives the flight: generations, positions, ledger rows, room for the checkpoints. */
static Pending *pending_new(Unit *u, const Frozen *f)
{
    Pending *p = calloc(1, sizeof *p);
    assert(p);
    arena_init(&p->arena, 0);
    ledger_init(&p->ledger);
    CommitSet *s = &p->set;
    p->query = u->r->query->id; /* outlives the unit */
    s->number = u->number;
    s->gens = ARENA_ARRAY(&p->arena, StoreGen *, f->gen_count);
    s->checkpoints = ARENA_ARRAY(&p->arena, LogPosition, f->gen_count);
    for (int i = 0; i < f->gen_count; i++) {
        s->gens[s->gen_count++] = gen_ref(f->gens[i]);
        int partition = gen_partition(f->gens[i]), k = 0;
        while (k < s->checkpoint_count && s->checkpoints[k].partition != partition)
            k++;
        if (k == s->checkpoint_count)
            s->checkpoints[s->checkpoint_count++] = (LogPosition){u->changelog, partition, -1};
    }
    copy_positions(&p->arena, f->positions, f->position_count, &s->positions);
    copy_positions(&p->arena, f->previous, f->position_count, &s->previous);
    s->position_count = f->position_count;
    for (int i = 0; i < f->ledger_count; i++)
        for (int k = 0; k < f->ledgers[i]->count; k++)
            ledger_put(&p->ledger, &f->ledgers[i]->rows[k]);
    s->extra = write_ledger;
    s->extra_ctx = p;
    return p;
}

/* ---- the transaction's thread -------------------------------------------------------------- */

static Rc add_changelog(Unit *u, CommitSet *set, Arena *a, Err *err)
{
    int total = 0, count;
    LogAppend **parts = ARENA_ARRAY(a, LogAppend *, set->gen_count);
    int *counts = ARENA_ARRAY(a, int, set->gen_count);
    for (int i = 0; i < set->gen_count; i++) {
        Rc rc = changelog_encode(set->gens[i], u->changelog, clock_wall_ms(), a, &parts[i], &count,
                                 err);
        if (rc)
            return rc;
        counts[i] = count;
        total += count;
    }
    set->changelog = ARENA_ARRAY(a, LogAppend, total);
    for (int i = 0; i < set->gen_count; i++) {
        memcpy(set->changelog + set->changelog_count, parts[i],
               (size_t)counts[i] * sizeof(LogAppend));
        set->changelog_count += counts[i];
    }
    return 0;
}

static Rc commit_fn(void *ctx, Err *err)
{
    Unit *u = ctx;
    Pending *p = u->flight;
    CommitSet set = p->set;
    Arena a;
    arena_init(&a, 1 << 20);
    Rc rc = records_collect(pipeline_frozen(u->pipeline), u->plan, &set, &p->ledger, &a, err);
    if (!rc)
        rc = add_changelog(u, &set, &a, err);
    engine_fault(u->e, "before-commit");
    if (rc) {
        u->result = COMMIT_DROPPED;
        err->kind = ERR_KIND_FATAL;
    } else {
        CommitUnit unit = {.name = u->r->query->id,
                           .group = u->group,
                           .log = u->e->log,
                           .txn = u->txn,
                           .disk = u->e->write_disk,
                           .ends = kafka_txn_ends};
        u->result = commit_log(&unit, &set, err);
    }
    engine_fault(u->e, "after-commit");
    arena_fini(&a);
    return u->result == COMMIT_LOGGED ? 0 : err->code ? err->code : ERR_IO;
}

/* ---- the unit's thread --------------------------------------------------------------------- */

bool unit_commit_due(Unit *u, bool progress)
{
    if (!u->pipeline || !pipeline_dirty(u->pipeline))
        return false;
    return !progress || u->e->cfg.commit_every_epoch ||
           pipeline_dirty_bytes(u->pipeline) > u->e->dirty_cap ||
           clock_monotonic_ns() - u->last_freeze_ns >= u->e->cfg.commit_ms * 1000000;
}

void unit_commit_start(Unit *u)
{
    Err err = ERR_INIT;
    assert(!u->committing);
    engine_fault(u->e, "before-freeze");
    u->number++;
    pipeline_freeze(u->pipeline, u->number);
    engine_fault(u->e, "after-freeze");
    u->last_freeze_ns = clock_monotonic_ns();
    u->flight = pending_new(u, pipeline_frozen(u->pipeline));
    u->committing = true;
    u->commit_job = (Job){.fn = commit_fn, .ctx = u};
    if (kafka_txn_group(u->txn, u->members, &err)) /* the commit then fails, and says why */
        u->why = err;
    jobs_post(&u->committer, &u->commit_job);
}

static void add_pending(Unit *u, Pending *p)
{
    p->next = NULL;
    if (u->last)
        u->last->next = p;
    else
        u->first = p;
    u->last = p;
}

Rc unit_commit_poll(Unit *u, bool wait, Err *err)
{
    if (!u->committing || (!wait && !jobs_is_done(&u->committer, &u->commit_job)))
        return 0;
    Err why = ERR_INIT;
    Rc rc = jobs_wait(&u->committer, &u->commit_job, &why);
    u->committing = false;
    if (!rc) {
        add_pending(u, u->flight);
        pipeline_promote(u->pipeline);
        u->r->last_commit_ms = clock_wall_ms();
        u->r->retries = 0;
    } else {
        pending_free(u->flight);
        if (u->result == COMMIT_LOST)
            why.code = ERR_FENCED;
        else if (why.kind != ERR_KIND_FATAL)
            why.kind = ERR_KIND_ABORT;
    }
    u->flight = NULL;
    if (rc && err)
        *err = why;
    return rc ? why.code : 0;
}

/* ---- the state's half: on the process's writer --------------------------------------------- */

static Rc store_fn(void *ctx, Err *err)
{
    Unit *u = ctx;
    const CommitSet *sets[64];
    int count = 0;
    for (Pending *p = u->being_stored; p; p = p->next)
        sets[count++] = &p->set;
    CommitUnit unit = {.name = u->r->query->id,
                       .group = u->group,
                       .log = u->e->log,
                       .txn = u->txn,
                       .disk = u->e->write_disk};
    engine_fault(u->e, "before-state");
    Rc rc = commit_state(&unit, sets, count, err);
    engine_fault(u->e, "after-state");
    if (!rc && db_wal_bytes(u->e->write_db) > (64 << 20)) {
        Err ignored = ERR_INIT; /* a reader in the way: next time */
        db_checkpoint(u->e->write_db, true, &ignored);
    }
    return rc;
}

static void start_storing(Unit *u)
{
    int n = 0;
    Pending *end = u->first;
    for (Pending *p = u->first; p && n < 64; p = p->next, n++)
        end = p;
    u->being_stored = u->first;
    u->first = end->next;
    if (!u->first)
        u->last = NULL;
    end->next = NULL;
    u->storing = true;
    u->state_job = (Job){.fn = store_fn, .ctx = u};
    jobs_post(&u->e->writer, &u->state_job);
}

static Rc finish_storing(Unit *u, Err *err)
{
    Rc rc = jobs_wait(&u->e->writer, &u->state_job, err);
    u->storing = false;
    if (rc) { /* nothing is lost: the changelog has it; tried again with the next */
        Pending *last = u->being_stored;
        while (last->next)
            last = last->next;
        last->next = u->first;
        u->first = u->being_stored;
        u->last = u->last ? u->last : last;
        u->being_stored = NULL;
        return rc;
    }
    uint64_t number = 0;
    while (u->being_stored) {
        Pending *p = u->being_stored;
        u->being_stored = p->next;
        number = p->set.number;
        pending_free(p);
    }
    if (u->pipeline)
        pipeline_stored(u->pipeline, number);
    return 0;
}

Rc unit_store(Unit *u, bool wait, Err *err)
{
    Rc rc = 0;
    do {
        if (u->storing && (wait || jobs_is_done(&u->e->writer, &u->state_job)))
            rc = finish_storing(u, err);
        if (!rc && !u->storing && u->first)
            start_storing(u);
    } while (!rc && wait && (u->storing || u->first));
    return rc;
}

void unit_forget_pending(Unit *u)
{
    while (u->first) {
        Pending *p = u->first;
        u->first = p->next;
        pending_free(p);
    }
    u->last = NULL;
}
