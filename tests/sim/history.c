/* history.c: the world of one history: input that keeps coming until enough has happened, the
 * group's coordinator, time, and the comparison with the model when everything has been driven to
 * its end. */
#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "history.h"

/* How likely each fault is per call of its place, of 65536; a seed multiplies each by 0, 1 or 4. */
static const uint32_t usual_rates[SIM_FAULT_COUNT] = {
    [SIM_READ_RETRY] = 60,
    [SIM_BEGIN_FAIL] = 2000,
    [SIM_APPEND_FAIL] = 1500,
    [SIM_POSITIONS_FAIL] = 2000,
    [SIM_COMMIT_ABORTED] = 2000,
    [SIM_COMMIT_UNKNOWN_DONE] = 2500,
    [SIM_COMMIT_UNKNOWN_LOST] = 2500,
    [SIM_COMMIT_FENCED] = 800,
    [SIM_TXN_TIMEOUT] = 800,
    [SIM_RESET_FAIL] = 6000,
    [SIM_COMMITTED_FAIL] = 3000,
    [SIM_STATE_BEGIN_FAIL] = 3000,
    [SIM_STATE_WRITE_FAIL] = 100,
    [SIM_STATE_COMMIT_FAIL] = 3000,
    [SIM_CRASH_BEFORE_FREEZE] = 800,
    [SIM_CRASH_AFTER_FREEZE] = 800,
    [SIM_CRASH_IN_LOG_TXN] = 900,
    [SIM_CRASH_AFTER_LOG_COMMIT] = 1200,
    [SIM_CRASH_IN_STATE_TXN] = 40,
    [SIM_CRASH_AFTER_STATE_COMMIT] = 1200,
    [SIM_CRASH_IN_RESTORE] = 1000,
    [SIM_REVOKE] = 400,
    [SIM_ASSIGNMENT_LOST] = 600,
    [SIM_PAUSE] = 60,
    [SIM_COMPACT] = 300,
    [SIM_STATE_GONE] = 8000,
};

void history_fail(History *h, const char *fmt, ...)
{
    va_list args;
    if (h->failure[0])
        return; /* the first is the one to read */
    va_start(args, fmt);
    vsnprintf(h->failure, sizeof h->failure, fmt, args);
    va_end(args);
}

void history_say(const History *h, const char *fmt, ...)
{
    va_list args;
    if (!h->verbose)
        return;
    va_start(args, fmt);
    fputs("    ", stdout);
    vprintf(fmt, args);
    putchar('\n');
    va_end(args);
}

/* ---- the group ----------------------------------------------------------------------------- */

void history_rebalance(History *h, const Proc *without)
{
    h->generation = log_sim_rebalance(h->log, GROUP);
    for (int i = 0; i < h->parts; i++) {
        int owner = (int)sim_below(&h->plan, (uint32_t)h->proc_count);
        for (int k = 0; k < h->proc_count; k++) {
            const Proc *p = &h->procs[owner];
            if (p != without && !p->dead)
                break;
            owner = (owner + 1) % h->proc_count;
        }
        h->owner[i] = owner;
    }
    history_say(h, "generation %lld: partitions belong to %d %d %d", (long long)h->generation,
                h->owner[0], h->parts > 1 ? h->owner[1] : -1, h->parts > 2 ? h->owner[2] : -1);
}

/* Orderly: each commits once more, and gives its partitions up when that is through. */
static void revoke(History *h)
{
    for (int i = 0; i < h->proc_count; i++) {
        Proc *p = &h->procs[i];
        h->plan.dead = &p->dead;
        if (p->generation != h->generation || !proc_running(p))
            continue;
        proc_commit(p, false);
        if (!p->dead)
            proc_write_state(p, WAITING_MAX);
        if (!p->dead)
            proc_discard(p);
    }
    history_rebalance(h, NULL);
}

/* ---- input --------------------------------------------------------------------------------- */

static void feed_one(History *h, int partition)
{
    SimPlan *plan = &h->plan;
    Err err = ERR_INIT;
    Input in = {.key = (int)sim_below(plan, KEYS), .value = (int)sim_below(plan, 300)};
    if (h->fed[partition] == RECORDS_MAX)
        return;
    in.null = sim_below(plan, 6) == 0;
    h->clock[partition] += sim_below(plan, 6);
    in.time = h->clock[partition];
    if (sim_below(plan, 8) == 0)
        in.time -= sim_below(plan, 40);
    in.time = in.time < 0 ? 0 : in.time;
    char text[32];
    LogAppend r = {.topic = TOPIC_IN, .partition = partition};
    app_encode(&in, text, &r);
    if (h->log->cls->append(h->log, &r, 1, &err))
        history_fail(h, "%s", err.text);
    model_take(&h->models[partition], partition, &in);
    h->fed[partition]++;
}

static uint64_t faults_fired(const History *h)
{
    uint64_t n = 0;
    for (int f = 0; f < SIM_FAULT_COUNT; f++)
        n += h->plan.fired[f];
    return n;
}

/* Where faults come faster than a restore can end, nothing would ever happen: they grow rarer. */
static void grow_rarer(History *h)
{
    if (++h->steps % 2000 == 0) {
        for (int f = 0; f < SIM_FAULT_COUNT; f++)
            h->plan.rate[f] /= 2;
    }
}

/* Input comes while not enough has happened; then the faults end and the rest is driven home. */
static void feed(History *h)
{
    bool full = true;
    for (int i = 0; i < h->parts; i++)
        full = full && h->fed[i] == RECORDS_MAX;
    bool committed = h->commits >= COMMITS_WANTED, failed = faults_fired(h) >= FAULTS_WANTED;
    if (full || (committed && failed)) {
        h->plan.off = true;
        return;
    }
    for (int f = 0; committed && h->steps < 2000 && f < SIM_FAULT_COUNT; f++)
        h->plan.rate[f] = usual_rates[f] * 4; /* a lucky seed */
    if (sim_below(&h->plan, 2) == 0)
        return;
    int partition = (int)sim_below(&h->plan, (uint32_t)h->parts);
    if (h->fed[partition] - h->procs[h->owner[partition]].tasks[partition].position > BACKLOG)
        return; /* what is not worked off would only prolong the end */
    for (uint32_t n = 1 + sim_below(&h->plan, 5); n > 0; n--)
        feed_one(h, partition);
}

/* ---- time ---------------------------------------------------------------------------------- */

static void tick(History *h)
{
    if (h->joint)
        return;
    log_sim_tick(h->log);
    if (sim_fires(&h->plan, SIM_COMPACT))
        log_sim_compact(h->log, TOPIC_CHANGES, (int)sim_below(&h->plan, (uint32_t)h->parts));
}

/* SIM_PAUSE: the process that runs stands still here. Perhaps the group notices; the other one goes
 * on for a while, takes over, commits. Then the first wakes up where it was. */
static void others_go_on(void *ctx)
{
    History *h = ctx;
    bool *dead = h->plan.dead;
    Proc *asleep = &h->procs[dead == &h->procs[1].dead];
    Proc *other = &h->procs[1 - asleep->id];
    h->plan.paused = NULL;
    history_say(h, "process %d stands still", asleep->id);
    if (sim_below(&h->plan, 2))
        history_rebalance(h, asleep);
    for (uint32_t n = sim_below(&h->plan, 80); n > 0; n--) {
        tick(h);
        proc_step(other);
    }
    history_say(h, "process %d wakes up", asleep->id);
    h->plan.dead = dead;
    h->plan.paused = others_go_on;
}

static void step(History *h)
{
    grow_rarer(h);
    tick(h);
    if (!h->plan.off)
        feed(h);
    if (h->proc_count > 1 && sim_fires(&h->plan, SIM_REVOKE))
        revoke(h);
    if (h->proc_count > 1 && sim_fires(&h->plan, SIM_ASSIGNMENT_LOST))
        history_rebalance(h, NULL);
    proc_step(&h->procs[sim_below(&h->plan, (uint32_t)h->proc_count)]);
}

static bool at_end(const History *h)
{
    if (!h->plan.off)
        return false;
    for (int i = 0; i < h->proc_count; i++) {
        const Proc *p = &h->procs[i];
        if (!proc_running(p) || p->generation != h->generation || p->waiting_count)
            return false;
    }
    for (int i = 0; i < h->parts; i++) {
        const Task *t = &h->procs[h->owner[i]].tasks[i];
        int64_t committed = t->committed < 0 ? 0 : t->committed;
        if (t->state != TASK_RUNNING || committed < h->fed[i])
            return false;
    }
    return true;
}

/* ---- the comparison ------------------------------------------------------------------------ */

static void check_outputs(History *h, int partition)
{
    Err err = ERR_INIT;
    Arena a;
    LogReader *r;
    LogBatch b;
    const Model *m = &h->models[partition];
    int at = 0;
    arena_init(&a, 0);
    if (h->log->cls->reader_open(h->log, TOPIC_OUT, partition, 0, &r, &err) ||
        r->cls->read(r, 4 * RECORDS_MAX, 16 << 20, &a, &b, &err)) {
        history_fail(h, "%s", err.text);
        b.count = 0;
    }
    for (int i = 0; i < b.count; i++, at++) {
        Str got = b.records[i].value;
        int number = atoi(memchr(got.ptr, ':', got.len) ? strchr(got.ptr, ':') + 1 : "0");
        if (at < m->count && str_eq(got, str_of(m->text[at])))
            continue;
        const char *what = number < at ? "doubled" : number > at ? "lost" : "wrong";
        history_fail(h, "%s: output %d of partition %d is '%.*s' where '%s' should be", what, at,
                     partition, STR_ARG(got), at < m->count ? m->text[at] : "the end");
        break;
    }
    if (at < m->count)
        history_fail(h, "lost: partition %d has %d outputs of %d", partition, at, m->count);
    r->cls->reader_close(r);
    arena_fini(&a);
}

static void check_disk(History *h, const Proc *p, int partition, const char *which)
{
    char why[200];
    if (!app_check(p->write, partition, &h->models[partition], why, sizeof why))
        history_fail(h, "wrong: %s of process %d, partition %d: %s", which, p->id, partition, why);
}

/* A process that does not own the partition can make it whole from what its disk has and the rest
 * of the changelog. */
static void check_restore(History *h, Proc *p, int partition)
{
    const StoreDef *defs[STORES] = {&app_defs[0], &app_defs[1], &app_defs[2]};
    ChangelogSource src = {.log = h->log,
                           .topic = TOPIC_CHANGES,
                           .partition = partition,
                           .defs = defs,
                           .def_count = STORES};
    ChangelogRestore *r = NULL;
    Err err = ERR_INIT;
    int64_t low;
    bool done = false;
    Rc rc = h->log->cls->watermarks(h->log, TOPIC_CHANGES, partition, &low, &src.end, &err);
    if (!rc)
        rc = changelog_restore_open(&src, p->write, &r, &err);
    for (int i = 0; i < 1000 && !rc && !done; i++)
        rc = changelog_restore_step(r, 50, &done, &err);
    changelog_restore_close(r);
    if (rc || !done)
        history_fail(h, "a restore of partition %d does not end: %s", partition, err.text);
    check_disk(h, p, partition, "the restored state");
}

static void check(History *h)
{
    for (int i = 0; i < h->parts; i++) {
        Err err = ERR_INIT;
        LogPosition pos = {TOPIC_IN, i, -1};
        Proc *owner = &h->procs[h->owner[i]];
        check_outputs(h, i);
        check_disk(h, owner, i, "the state");
        if (h->log->cls->committed(h->log, GROUP, &pos, 1, &err))
            history_fail(h, "%s", err.text);
        if (pos.offset != (h->fed[i] ? h->fed[i] : -1))
            history_fail(h, "wrong: partition %d is committed at %lld of %d", i,
                         (long long)pos.offset, h->fed[i]);
        for (int k = 0; !h->joint && k < h->proc_count; k++) {
            if (k != h->owner[i])
                check_restore(h, &h->procs[k], i);
        }
    }
}

/* ---- a history ----------------------------------------------------------------------------- */

static void set_up(History *h)
{
    static const uint32_t factors[] = {0, 1, 1, 4};
    Err err = ERR_INIT;
    h->log = log_sim_new(&h->plan, h->joint);
    h->parts = 1 + (int)sim_below(&h->plan, PARTS);
    h->proc_count = h->joint ? 1 : PROCS;
    if (h->log->cls->topic_create(h->log, TOPIC_IN, h->parts, 1, false, &err) ||
        h->log->cls->topic_create(h->log, TOPIC_OUT, h->parts, 1, false, &err) ||
        h->log->cls->topic_create(h->log, TOPIC_CHANGES, h->parts, 1, true, &err))
        history_fail(h, "%s", err.text);
    for (int i = 0; i < h->parts; i++)
        model_reset(&h->models[i]);
    for (int i = 0; i < h->proc_count; i++)
        proc_init(&h->procs[i], h, i);
    for (int f = 0; f < SIM_FAULT_COUNT; f++)
        h->plan.rate[f] = usual_rates[f] * factors[sim_below(&h->plan, 4)];
    if (h->proc_count > 1) {
        h->plan.paused = others_go_on;
        h->plan.paused_ctx = h;
    }
    history_rebalance(h, NULL);
}

bool history_run(History *h, uint64_t seed, bool joint, Bug bug, bool verbose,
                 uint64_t fired[SIM_FAULT_COUNT])
{
    Model *models = h->models ? h->models : mem_zalloc(PARTS * sizeof *models);
    *h = (History){.seed = seed, .joint = joint, .bug = bug, .verbose = verbose, .models = models};
    h->plan.rng = seed * 2 + joint;
    set_up(h);
    while (!h->failure[0] && !at_end(h) && h->steps < STEPS_MAX)
        step(h);
    if (h->steps == STEPS_MAX)
        history_fail(h, "stuck: after %d steps and %d commits it is not at its end", h->steps,
                     h->commits);
    h->plan.off = true;
    h->plan.dead = NULL;
    if (!h->failure[0])
        check(h);
    history_say(h, "%d steps, %d commits, %llu faults", h->steps, h->commits,
                (unsigned long long)faults_fired(h));
    for (int f = 0; f < SIM_FAULT_COUNT; f++)
        fired[f] += h->plan.fired[f];
    for (int i = 0; i < h->proc_count; i++)
        proc_fini(&h->procs[i]);
    h->log->cls->close(h->log);
    return !h->failure[0];
}
