/* commit.c: a simulated process's commits: freeze everything at one barrier, run the protocol, and
 * do with stores, positions and staged output what its result says. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "history.h"

void flight_free(Flight *f)
{
    for (int i = 0; i < f->set.gen_count; i++)
        gen_unref(f->gens[i]);
    arena_fini(&f->arena);
    mem_free(f);
}

/* ---- freeze -------------------------------------------------------------------------------- */

static void freeze_task(Flight *f, Task *t, uint64_t number)
{
    CommitSet *set = &f->set;
    int gens_before = set->gen_count;
    for (int s = 0; s < STORES; s++) {
        StoreGen *g = store_freeze(t->stores[s], number);
        if (!g)
            continue;
        f->stores[set->gen_count] = t->stores[s];
        f->gens[set->gen_count++] = g;
    }
    if (set->gen_count > gens_before)
        f->checkpoints[set->checkpoint_count++] = (LogPosition){TOPIC_CHANGES, t->partition, -1};
    int64_t before = t->committed < 0 ? 0 : t->committed;
    if (t->position == before)
        return;
    f->previous[set->position_count] = (LogPosition){TOPIC_IN, t->partition, t->committed};
    f->positions[set->position_count++] = (LogPosition){TOPIC_IN, t->partition, t->position};
}

/* Take everything out of the process; NULL when there is nothing. */
static Flight *freeze(Proc *p)
{
    Flight *f = MEM_NEW(Flight);
    f->set = (CommitSet){.number = p->number + 1,
                         .gens = f->gens,
                         .positions = f->positions,
                         .previous = f->previous,
                         .checkpoints = f->checkpoints,
                         .outputs = p->staged,
                         .output_count = p->staged_count};
    f->arena = p->staged_arena;
    for (int i = 0; i < PARTS; i++) {
        if (p->tasks[i].state == TASK_RUNNING)
            freeze_task(f, &p->tasks[i], p->number + 1);
    }
    if (!f->set.position_count && !f->set.gen_count) {
        assert(!p->staged_count || p->h->bug);
        mem_free(f);
        return NULL;
    }
    arena_init(&p->staged_arena, 0);
    p->staged = NULL;
    p->staged_count = p->staged_room = 0;
    p->number++;
    for (int i = 0; p->h->bug == BUG_OFFSET_PLUS_ONE && i < f->set.position_count; i++)
        f->positions[i].offset++;
    if (p->h->joint)
        f->set.checkpoint_count = 0;
    return f;
}

static Rc encode_changes(Proc *p, Flight *f, Err *err)
{
    CommitSet *set = &f->set;
    LogAppend *parts[PARTS * STORES];
    int counts[PARTS * STORES], total = 0;
    for (int i = 0; i < set->gen_count; i++) {
        Rc rc =
            changelog_encode(f->gens[i], TOPIC_CHANGES, 0, &f->arena, &parts[i], &counts[i], err);
        if (rc)
            return rc;
        total += counts[i];
    }
    set->changelog = ARENA_ARRAY(&f->arena, LogAppend, total);
    for (int i = 0; i < set->gen_count; i++) {
        memcpy(set->changelog + set->changelog_count, parts[i],
               (size_t)counts[i] * sizeof *parts[i]);
        set->changelog_count += counts[i];
    }
    set->changelog_count = bug_filter_changelog(p->h->bug, set->changelog, set->changelog_count);
    return 0;
}

/* ---- what the result says ------------------------------------------------------------------ */

static void take_positions(Proc *p, const Flight *f)
{
    for (int i = 0; i < f->set.position_count; i++)
        p->tasks[f->positions[i].partition].committed = f->positions[i].offset;
}

static void promote(Proc *p, Flight *f)
{
    for (int i = 0; i < f->set.gen_count; i++)
        store_promote(f->stores[i], f->gens[i]);
    take_positions(p, f);
    p->h->commits++;
}

static void settle(Flight *f)
{
    for (int i = 0; i < f->set.gen_count; i++)
        store_settle(f->stores[i], f->gens[i]);
}

/* It did not happen: this flight's number is free again. */
static void drop(Proc *p, Flight *f)
{
    p->number--;
    flight_free(f);
}

static void lose(Proc *p, Flight *f)
{
    flight_free(f);
    proc_discard(p);
    p->txn_open = false;
    if (!p->h->joint && sim_below(&p->h->plan, 2))
        history_rebalance(p->h, NULL);
}

static void finish(Proc *p, Flight *f, CommitResult result)
{
    switch (result) {
    case COMMIT_DONE:
        promote(p, f);
        settle(f);
        flight_free(f);
        break;
    case COMMIT_LOGGED:
        if (p->h->bug == BUG_DROP_COMMITTED) {
            take_positions(p, f);
            proc_abort(p, true);
            flight_free(f);
            break;
        }
        promote(p, f);
        p->waiting[p->waiting_count++] = f;
        break;
    case COMMIT_DROPPED:
        proc_abort(p, true);
        drop(p, f);
        break;
    case COMMIT_LOST:
        lose(p, f);
        break;
    }
}

/* ---- the protocol -------------------------------------------------------------------------- */

static CommitUnit unit_of(Proc *p)
{
    return (CommitUnit){.name = GROUP,
                        .group = GROUP,
                        .log = p->h->log,
                        .txn = p->txn,
                        .disk = p->write,
                        .ends = log_sim_ends};
}

static void spoil_checkpoints(Proc *p, Flight *f)
{
    for (int i = 0; p->h->bug == BUG_CHECKPOINT_AT_END && i < f->set.checkpoint_count; i++) {
        LogPosition *c = &f->set.checkpoints[i];
        int64_t low;
        Err err = ERR_INIT;
        p->h->log->cls->watermarks(p->h->log, c->topic, c->partition, &low, &c->offset, &err);
    }
}

/* The planted order: what the state has, the log may never get. */
static CommitResult state_first(Proc *p, CommitUnit *u, Flight *f, Err *err)
{
    const CommitSet *set = &f->set;
    if (p->h->joint) {
        CommitResult r = commit_run(u, set, err);
        if (!p->dead)
            log_sim_joint_end(p->h->log, r == COMMIT_DONE);
        return r;
    }
    if (commit_state(u, &set, 1, err))
        return COMMIT_DROPPED;
    CommitResult r = commit_log(u, set, err);
    return r == COMMIT_LOGGED ? COMMIT_DONE : r;
}

/* Once or, where nothing has happened and the error may pass, a few times. */
static CommitResult run(Proc *p, Flight *f, Err *err)
{
    History *h = p->h;
    CommitUnit u = unit_of(p);
    for (int tries = 0;; tries++) {
        bool at_once = !p->waiting_count && (p->h->joint || sim_below(&h->plan, 2));
        CommitResult r = h->bug == BUG_STATE_FIRST ? state_first(p, &u, f, err)
                         : at_once                 ? commit_run(&u, &f->set, err)
                                                   : commit_log(&u, &f->set, err);
        if (p->dead || r != COMMIT_DROPPED || err->kind != ERR_KIND_RETRY || tries == 5 ||
            sim_below(&h->plan, 4) == 0)
            return r;
        history_say(h, "process %d tries number %llu again: %s", p->id,
                    (unsigned long long)f->set.number, err->text);
        if (!h->joint)
            log_sim_tick(h->log);
    }
}

static const char *const result_names[] = {"done", "logged", "dropped", "lost"};

void proc_commit(Proc *p, bool overlap)
{
    History *h = p->h;
    Err err = ERR_INIT;
    if (sim_crash(&h->plan, SIM_CRASH_BEFORE_FREEZE, &err) ||
        (p->waiting_count == WAITING_MAX && !proc_write_state(p, WAITING_MAX)))
        return;
    Flight *f = freeze(p);
    if (!f)
        return;
    if (sim_crash(&h->plan, SIM_CRASH_AFTER_FREEZE, &err)) {
        flight_free(f);
        return;
    }
    if (overlap && !proc_work(p, 1 + (int)sim_below(&h->plan, 4), true)) {
        drop(p, f); /* the abort has taken the flight with it */
        return;
    }
    if (overlap && !h->plan.off)
        proc_check_view(p);
    CommitResult r = COMMIT_DROPPED;
    if (!p->dead && !(!h->joint && encode_changes(p, f, &err)))
        r = run(p, f, &err);
    history_say(h, "process %d, number %llu: %s %s", p->id, (unsigned long long)f->set.number,
                p->dead ? "died" : result_names[r], r == COMMIT_DONE || p->dead ? "" : err.text);
    if (p->dead)
        flight_free(f);
    else
        finish(p, f, r);
}

bool proc_write_state(Proc *p, int count)
{
    const CommitSet *sets[WAITING_MAX] = {0};
    Err err = ERR_INIT;
    count = count < p->waiting_count ? count : p->waiting_count;
    if (!count)
        return true;
    for (int i = 0; i < count; i++) {
        spoil_checkpoints(p, p->waiting[i]);
        sets[i] = &p->waiting[i]->set;
    }
    CommitUnit u = unit_of(p);
    if (commit_state(&u, sets, count, &err)) {
        history_say(p->h, "process %d cannot write its state: %s", p->id, err.text);
        return false;
    }
    for (int i = 0; i < count; i++) {
        settle(p->waiting[i]);
        flight_free(p->waiting[i]);
    }
    p->waiting_count -= count;
    memmove(p->waiting, p->waiting + count, (size_t)p->waiting_count * sizeof *p->waiting);
    return true;
}
