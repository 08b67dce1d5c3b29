/* process.c: one simulated process: it starts and dies, joins the group, makes its partitions whole
 * from disk and changelog, works, and goes back to the last commit when something fails.
 *
 * The order on taking a partition over is the protocol's: the producer anew (nothing of an earlier
 * life stays open), the stable committed positions, then the end of the changelog, then the restore
 * up to it, and only then the stores and the reader. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "history.h"

/* ---- life ---------------------------------------------------------------------------------- */

static void open_disk(Proc *p)
{
    p->write = sim_disk_open(p->medium);
    p->read = sim_disk_open(p->medium);
    p->view = sim_disk_open(p->medium);
    bug_wrap_disk(p->h->bug, p->write);
}

static void close_disk(Proc *p)
{
    p->write->cls->close(p->write);
    p->read->cls->close(p->read);
    p->view->cls->close(p->view);
}

void proc_init(Proc *p, History *h, int id)
{
    *p = (Proc){.h = h, .id = id, .generation = -1};
    for (int i = 0; i < PARTS; i++)
        p->tasks[i].partition = i;
    p->medium = sim_disk_new(&h->plan);
    if (h->joint && h->bug != BUG_STATE_FIRST)
        sim_disk_join(p->medium, h->log);
    arena_init(&p->staged_arena, 0);
    open_disk(p);
}

static void close_task(Task *t)
{
    for (int s = 0; s < STORES; s++) {
        store_close(t->stores[s]);
        t->stores[s] = NULL;
    }
    if (t->reader)
        t->reader->cls->reader_close(t->reader);
    t->reader = NULL;
    changelog_restore_close(t->restore);
    t->restore = NULL;
    t->state = TASK_CLOSED;
}

static void drop_staged(Proc *p)
{
    p->staged_count = p->staged_room = 0;
    p->staged = NULL;
    arena_reset(&p->staged_arena);
}

void proc_discard(Proc *p)
{
    for (int i = 0; i < p->waiting_count; i++)
        flight_free(p->waiting[i]);
    p->waiting_count = 0;
    for (int i = 0; i < PARTS; i++)
        close_task(&p->tasks[i]);
    drop_staged(p);
    p->generation = -1;
}

static void close_txn(Proc *p)
{
    if (!p->txn)
        return;
    p->txn->cls->txn_close(p->txn);
    p->txn = NULL;
    p->txn_open = false;
}

void proc_fini(Proc *p)
{
    proc_discard(p);
    close_txn(p);
    close_disk(p);
    sim_disk_free(p->medium);
    arena_fini(&p->staged_arena);
}

/* The process comes back. Its disk is what was committed there, or nothing at all. */
static void restart(Proc *p)
{
    proc_discard(p);
    close_txn(p);
    close_disk(p);
    sim_disk_crash(p->medium);
    if (p->h->joint)
        log_sim_joint_end(p->h->log, false);
    else if (sim_fires(&p->h->plan, SIM_STATE_GONE))
        sim_disk_wipe(p->medium);
    open_disk(p);
    p->dead = false;
    history_say(p->h, "process %d is back", p->id);
}

/* ---- taking partitions over ---------------------------------------------------------------- */

static Rc open_txn(Proc *p, Err *err)
{
    static const Str ids[PROCS] = {{"app-0", 5}, {"app-1", 5}};
    close_txn(p);
    Rc rc = p->h->log->cls->txn_open(p->h->log, ids[p->id], &p->txn, err);
    p->txn_open = !rc;
    if (!rc)
        bug_wrap_txn(p->h->bug, p->txn);
    return rc;
}

static Rc join(Proc *p, Err *err)
{
    History *h = p->h;
    Rc rc = open_txn(p, err);
    if (!rc)
        rc = p->read->cls->generation(p->read, GROUP, &p->number, err);
    if (rc)
        return rc;
    p->generation = h->generation;
    if (!h->joint)
        log_sim_member(p->txn, h->bug == BUG_SKIP_FENCE ? -1 : p->generation);
    for (int i = 0; i < h->parts; i++) {
        if (h->owner[i] == p->id)
            p->tasks[i].state = TASK_LOCATING;
    }
    history_say(h, "process %d joins generation %lld at number %llu", p->id,
                (long long)h->generation, (unsigned long long)p->number);
    return 0;
}

/* Where to go on, and how far the changelog must be read for that. */
static Rc locate(Proc *p, Task *t, Err *err)
{
    static const StoreDef *const defs[STORES] = {&app_defs[0], &app_defs[1], &app_defs[2]};
    Log *log = p->h->log;
    LogPosition pos = {TOPIC_IN, t->partition, -1};
    int64_t low;
    Rc rc = log->cls->committed(log, GROUP, &pos, 1, err);
    if (rc)
        return rc;
    t->committed = pos.offset;
    t->position = pos.offset < 0 ? 0 : pos.offset;
    t->state = TASK_RESTORING;
    if (p->h->joint)
        return 0;
    t->source = (ChangelogSource){.log = log,
                                  .topic = TOPIC_CHANGES,
                                  .partition = t->partition,
                                  .defs = defs,
                                  .def_count = STORES};
    rc = log->cls->watermarks(log, TOPIC_CHANGES, t->partition, &low, &t->source.end, err);
    if (p->h->bug == BUG_RESTORE_TO_LSO)
        t->source.end = log_sim_stable_end(log, TOPIC_CHANGES, t->partition);
    if (!rc)
        rc = changelog_restore_open(&t->source, p->write, &t->restore, err);
    if (rc)
        t->state = TASK_LOCATING;
    return rc;
}

static Rc open_stores(Proc *p, Task *t, Err *err)
{
    static const size_t sizes[] = {0, 600, 4096, 64 << 10};
    StoreCaps caps = {.cache_bytes = sizes[p->h->seed % 4]};
    Rc rc = 0;
    for (int s = 0; s < STORES && !rc; s++)
        rc = store_open(&app_defs[s], t->partition, p->read, &caps, &t->stores[s], err);
    Log *log = p->h->log;
    if (!rc)
        rc = log->cls->reader_open(log, TOPIC_IN, t->partition, t->position, &t->reader, err);
    if (rc)
        close_task(t);
    t->state = rc ? TASK_LOCATING : TASK_RUNNING;
    return rc;
}

/* A piece of the way; an error means that the next step tries again. */
static Rc advance_task(Proc *p, Task *t, Err *err)
{
    bool done = false;
    Rc rc = t->state == TASK_LOCATING ? locate(p, t, err) : 0;
    if (!rc && t->restore)
        rc = changelog_restore_step(t->restore, 1 + (int)sim_below(&p->h->plan, 12), &done, err);
    if (!rc && t->restore && sim_crash(&p->h->plan, SIM_CRASH_IN_RESTORE, err))
        return ERR_IO;
    if (rc || (t->restore && !done))
        return rc;
    changelog_restore_close(t->restore);
    t->restore = NULL;
    return open_stores(p, t, err);
}

bool proc_running(const Proc *p)
{
    if (p->dead || p->generation < 0)
        return false;
    for (int i = 0; i < PARTS; i++) {
        if (p->tasks[i].state == TASK_LOCATING || p->tasks[i].state == TASK_RESTORING)
            return false;
    }
    return true;
}

/* ---- work ---------------------------------------------------------------------------------- */

static void stage(Proc *p, const LogRecord *r, int partition, const char *text)
{
    Arena *a = &p->staged_arena;
    if (p->staged_count == p->staged_room) {
        p->staged_room = p->staged_room ? 2 * p->staged_room : 16;
        LogAppend *grown = ARENA_ARRAY(a, LogAppend, p->staged_room);
        if (p->staged_count)
            memcpy(grown, p->staged, (size_t)p->staged_count * sizeof *grown);
        p->staged = grown;
    }
    p->staged[p->staged_count++] = (LogAppend){.topic = TOPIC_OUT,
                                               .partition = partition,
                                               .key = arena_str(a, r->key),
                                               .value = arena_str(a, str_of(text)),
                                               .time = r->time};
}

static Rc rewind_task(Proc *p, Task *t, Err *err)
{
    Log *log = p->h->log;
    t->position = t->committed < 0 ? 0 : t->committed;
    t->reader->cls->reader_close(t->reader);
    t->reader = NULL;
    return log->cls->reader_open(log, TOPIC_IN, t->partition, t->position, &t->reader, err);
}

/* Back to the last commit: a restart without exit. */
void proc_abort(Proc *p, bool flying)
{
    Err err = ERR_INIT;
    history_say(p->h, "process %d aborts", p->id);
    for (int i = 0; i < PARTS; i++) {
        Task *t = &p->tasks[i];
        if (t->state != TASK_RUNNING)
            continue;
        for (int s = 0; s < STORES; s++) {
            if (p->h->bug != BUG_LOST_ABORT || flying)
                store_abort(t->stores[s], &err);
        }
        if (rewind_task(p, t, &err))
            history_fail(p->h, "%s", err.text);
    }
    if (p->h->bug != BUG_KEEP_STAGED)
        drop_staged(p);
}

static Rc take_batch(Proc *p, Task *t, const LogBatch *b, Err *err)
{
    char text[TEXT_BYTES];
    if (sim_below(&p->h->plan, 4) == 0) {
        Str keys[8];
        int n = b->count < 8 ? b->count : 8;
        for (int i = 0; i < n; i++)
            keys[i] = b->records[i].key;
        Rc rc = store_prefetch(t->stores[STORE_COUNT], NULL, keys, n, err);
        if (rc)
            return rc;
    }
    for (int i = 0; i < b->count; i++) {
        Rc rc = app_take(t->stores, t->partition, &b->records[i], text, err);
        if (rc)
            return rc;
        stage(p, &b->records[i], t->partition, text);
        t->position = b->records[i].offset + 1;
    }
    return 0;
}

bool proc_work(Proc *p, int rows, bool flying)
{
    History *h = p->h;
    int at = (int)sim_below(&h->plan, (uint32_t)h->parts);
    Task *t = NULL;
    for (int i = 0; i < h->parts && !t; i++) {
        Task *candidate = &p->tasks[(at + i) % h->parts];
        if (candidate->state == TASK_RUNNING && candidate->position < h->fed[candidate->partition])
            t = candidate;
    }
    if (!t)
        return true;
    Arena a;
    LogBatch b;
    Err err = ERR_INIT;
    arena_init(&a, 0);
    Rc rc = t->reader->cls->read(t->reader, rows, 1 << 20, &a, &b, &err);
    bool broken = !rc && take_batch(p, t, &b, &err);
    arena_fini(&a);
    if (broken && !p->dead)
        proc_abort(p, flying);
    return !broken;
}

/* ---- what others would see ----------------------------------------------------------------- */

void proc_check_view(Proc *p)
{
    History *h = p->h;
    Task *t = &p->tasks[sim_below(&h->plan, (uint32_t)h->parts)];
    StoreDisk *d = p->view;
    Err err = ERR_INIT;
    uint64_t number;
    int64_t total;
    /* Somebody who was overtaken while he restored has a state that is newer than his positions. He
     * will be fenced; what he shows is committed, but not at the place he thinks. */
    if (t->state != TASK_RUNNING || p->generation != h->generation ||
        d->cls->snapshot(d, true, &err))
        return;
    StoreGen *gens[WAITING_MAX];
    int count = 0;
    Rc rc = d->cls->generation(d, GROUP, &number, &err);
    for (int i = 0; i < p->waiting_count && !rc; i++) {
        const Flight *f = p->waiting[i];
        for (int g = 0; g < f->set.gen_count; g++) {
            if (f->set.number > number && f->stores[g] == t->stores[STORE_COUNT])
                gens[count++] = f->gens[g];
        }
    }
    if (!rc)
        rc = app_total(d, t->partition, gens, count, &total, &err);
    d->cls->snapshot(d, false, &err);
    int64_t at = t->committed < 0 ? 0 : t->committed;
    if (!rc && (at > h->fed[t->partition] || total != h->models[t->partition].total[at]))
        history_fail(h, "wrong: a view of partition %d at position %lld counts %lld records",
                     t->partition, (long long)at, (long long)total);
}

/* ---- a step -------------------------------------------------------------------------------- */

/* Not a member, or not of the generation that is: go on as before for a while (nobody has told it
 * yet), or join. True: the step was used up. */
static bool follow_group(Proc *p)
{
    History *h = p->h;
    Err err = ERR_INIT;
    if (p->generation == h->generation)
        return false;
    if (p->generation >= 0 && !h->plan.off && sim_below(&h->plan, 4))
        return false;
    if (p->generation >= 0)
        history_say(h, "process %d learns that generation %lld is over", p->id,
                    (long long)p->generation);
    proc_discard(p);
    join(p, &err);
    return true;
}

static void act(Proc *p)
{
    History *h = p->h;
    uint32_t choice = sim_below(&h->plan, 16);
    if (choice < 8)
        proc_work(p, 1 + (int)sim_below(&h->plan, 4), false);
    else if (choice < 12)
        proc_commit(p, sim_below(&h->plan, 2));
    else if (choice < 14)
        proc_write_state(p, 1 + (int)sim_below(&h->plan, (uint32_t)WAITING_MAX));
    else if (!h->plan.off && choice == 14)
        proc_check_view(p);
    else
        proc_work(p, 8, false);
}

void proc_step(Proc *p)
{
    History *h = p->h;
    Err err = ERR_INIT;
    h->plan.dead = &p->dead;
    if (p->dead) {
        if (p->down_steps-- <= 0)
            restart(p);
        return;
    }
    if (follow_group(p) || p->dead)
        return;
    if (proc_running(p)) {
        act(p);
    } else {
        for (int i = 0; i < PARTS && !p->dead; i++) {
            Task *t = &p->tasks[i];
            if (t->state == TASK_LOCATING || t->state == TASK_RESTORING)
                advance_task(p, t, &err);
        }
    }
    if (p->dead) {
        history_say(h, "process %d dies", p->id);
        p->down_steps = (int)sim_below(&h->plan, 30);
        if (!h->joint && sim_below(&h->plan, 2))
            history_rebalance(h, p);
    }
}
