/* sim_txn.c: the simulated log's transactions. See sim.h for what they copy of Kafka's.
 *
 * A handle (LogTxn) is one process's view of its producer: it may be fenced, or its process may
 * die, and the transaction it had open stays in the log until the id is taken anew or time runs
 * out. Owns handles; transactions, producers, groups and positions live in the log's arena. */
#include <assert.h>

#include "base/mem.h"
#include "log/sim_int.h"

struct SimHandle {
    LogTxn base;
    SimProducer *producer;
    uint32_t epoch;
    int64_t member; /* generation of the group; -1: not checked */
    SimTxn *open;   /* as this handle believes */
    SimTxn *last;   /* the last one begun: where its records ended is known from delivery reports */
    /* joint: collected until the state's transaction ends */
    LogAppend *records;
    int count, room;
    SimPos *positions;
    bool begun, ready;
};

static SimLog *log_of(LogTxn *t)
{
    return (SimLog *)t->log;
}
static SimHandle *handle_of(LogTxn *t)
{
    return (SimHandle *)t;
}
static bool joint(const SimLog *l)
{
    return l->base.cls->joint;
}

/* ---- the log's side ------------------------------------------------------------------------ */

static SimPos *find_position(SimPos *p, Str group, Str topic, int partition)
{
    while (p && !(p->partition == partition && str_eq(p->group, group) && str_eq(p->topic, topic)))
        p = p->next;
    return p;
}

static void hold_position(SimLog *l, SimPos **list, Str group, const LogPosition *pos)
{
    SimPos *p = find_position(*list, group, pos->topic, pos->partition);
    if (!p) {
        p = ARENA_NEW(&l->arena, SimPos);
        p->group = arena_str(&l->arena, group);
        p->topic = arena_str(&l->arena, pos->topic);
        p->partition = pos->partition;
        p->next = *list;
        *list = p;
    }
    p->offset = pos->offset;
}

static void publish_positions(SimLog *l, const SimPos *held)
{
    for (; held; held = held->next)
        hold_position(l, &l->positions, held->group,
                      &(LogPosition){held->topic, held->partition, held->offset});
}

/* A transaction ends: a marker in every partition it wrote to. */
static void end_txn(SimLog *l, SimTxn *x, bool commit)
{
    if (x->state != SIM_TXN_OPEN)
        return;
    x->state = commit ? SIM_TXN_COMMITTED : SIM_TXN_ABORTED;
    if (x->producer->open == x)
        x->producer->open = NULL;
    for (SimTxn **link = &l->open; *link; link = &(*link)->next_open) {
        if (*link == x) {
            *link = x->next_open;
            break;
        }
    }
    for (SimTouch *t = x->touched; t; t = t->next)
        sim_append(l, t->part, NULL, x);
    if (commit)
        publish_positions(l, x->positions);
}

/* Somebody takes the id: what was open ends as it was decided, or is aborted. */
static uint32_t take_id(SimLog *l, SimProducer *p)
{
    if (p->open)
        end_txn(l, p->open, p->open->undecided && p->open->verdict);
    return ++p->epoch;
}

void log_sim_tick(Log *log)
{
    SimLog *l = (SimLog *)log;
    for (SimTxn *x = l->open, *next; x; x = next) {
        next = x->next_open;
        if (x->undecided && x->age++ > 3) {
            end_txn(l, x, x->verdict);
        } else if (x->age++ > SIM_TXN_TICKS) {
            /* As a coordinator does: the producer learns it when it commits. */
            x->producer->epoch++;
            end_txn(l, x, false);
        }
    }
}

static SimGroup *group_of(SimLog *l, Str name)
{
    for (SimGroup *g = l->groups; g; g = g->next) {
        if (str_eq(g->name, name))
            return g;
    }
    SimGroup *g = ARENA_NEW(&l->arena, SimGroup);
    g->name = arena_str(&l->arena, name);
    g->next = l->groups;
    return l->groups = g;
}

int64_t log_sim_rebalance(Log *log, Str group)
{
    return ++group_of((SimLog *)log, group)->generation;
}

/* ---- handles ------------------------------------------------------------------------------- */

static Rc err_fenced(Err *err)
{
    return err_set(err, ERR_KIND_ABORT, ERR_FENCED,
                   "simulated: another producer has taken over this id");
}

static Rc err_simulated(Err *err, ErrKind kind, const char *what)
{
    return err_set(err, kind, ERR_IO, "simulated: %s", what);
}

Rc sim_txn_open(Log *log, Str id, LogTxn **out, Err *err)
{
    SimLog *l = (SimLog *)log;
    Rc rc = sim_enter(l->plan, err);
    if (rc)
        return rc;
    SimProducer *p = l->producers;
    while (p && !str_eq(p->id, id))
        p = p->next;
    if (!p) {
        p = ARENA_NEW(&l->arena, SimProducer);
        p->id = arena_str(&l->arena, id);
        p->next = l->producers;
        l->producers = p;
    }
    SimHandle *h = MEM_NEW(SimHandle);
    h->base = (LogTxn){log->cls, log};
    h->producer = p;
    h->epoch = take_id(l, p);
    h->member = -1;
    *out = &h->base;
    return 0;
}

static void drop_collected(SimHandle *h)
{
    h->count = 0;
    h->positions = NULL;
    h->begun = h->ready = false;
}

/* The process may be dead: its open transaction stays where it is. */
void sim_txn_close(LogTxn *t)
{
    if (!t)
        return;
    SimHandle *h = handle_of(t);
    if (log_of(t)->joint == h)
        log_of(t)->joint = NULL;
    mem_free(h->records);
    mem_free(h);
}

void log_sim_member(LogTxn *t, int64_t generation)
{
    handle_of(t)->member = generation;
}

Rc log_sim_ends(LogTxn *t, LogPosition *ends, int count, Err *err)
{
    const SimTxn *x = handle_of(t)->last;
    (void)err;
    for (int i = 0; i < count; i++) {
        ends[i].offset = -1;
        for (const SimTouch *k = x ? x->touched : NULL; k; k = k->next) {
            if (k->part->partition == ends[i].partition && str_eq(k->part->topic, ends[i].topic))
                ends[i].offset = k->end;
        }
    }
    return 0;
}

Rc sim_txn_begin(LogTxn *t, Db *db, Err *err)
{
    SimHandle *h = handle_of(t);
    SimLog *l = log_of(t);
    (void)db;
    Rc rc = sim_enter(l->plan, err);
    if (rc)
        return rc;
    if (sim_fires(l->plan, SIM_BEGIN_FAIL))
        return err_simulated(err, ERR_KIND_RETRY, "a transaction cannot begin just now");
    if (joint(l)) {
        drop_collected(h);
        h->begun = true;
        l->joint = h;
        return 0;
    }
    if (h->epoch != h->producer->epoch)
        return err_fenced(err);
    if (h->producer->open)
        return err_simulated(err, ERR_KIND_RETRY, "the last transaction has not ended yet");
    SimTxn *x = ARENA_NEW(&l->arena, SimTxn);
    x->producer = h->producer;
    x->next_open = l->open;
    l->open = h->producer->open = h->open = h->last = x;
    return 0;
}

static Rc collect(SimHandle *h, const LogAppend *r, Arena *a)
{
    if (h->count == h->room) {
        h->room = h->room ? 2 * h->room : 16;
        h->records = mem_realloc(h->records, (size_t)h->room * sizeof *h->records);
    }
    LogAppend *copy = &h->records[h->count++];
    *copy = *r;
    copy->topic = arena_str(a, r->topic);
    copy->key = arena_str(a, r->key);
    copy->value = arena_str(a, r->value);
    Header *items = ARENA_ARRAY(a, Header, r->headers.count);
    for (int i = 0; i < r->headers.count; i++)
        items[i] = (Header){arena_str(a, r->headers.items[i].key),
                            arena_str(a, r->headers.items[i].value)};
    copy->headers.items = items;
    return 0;
}

static Rc append_open(SimLog *l, SimTxn *x, const LogAppend *r, Err *err)
{
    SimPart *part;
    Rc rc = sim_part(l, r->topic, r->partition, &part, err);
    if (rc)
        return rc;
    sim_append(l, part, r, x);
    SimTouch *t = x->touched;
    while (t && t->part != part)
        t = t->next;
    if (!t) {
        t = ARENA_NEW(&l->arena, SimTouch);
        t->part = part;
        t->next = x->touched;
        x->touched = t;
    }
    t->end = part->count;
    return 0;
}

/* What every call inside a transaction begins with. */
static Rc enter_txn(LogTxn *t, Err *err)
{
    SimHandle *h = handle_of(t);
    SimLog *l = log_of(t);
    Rc rc = sim_enter(l->plan, err);
    if (!rc && !joint(l))
        rc = sim_crash(l->plan, SIM_CRASH_IN_LOG_TXN, err);
    if (rc)
        return rc;
    if (joint(l)) {
        assert(h->begun);
        return 0;
    }
    if (h->epoch != h->producer->epoch || !h->open || h->open->state != SIM_TXN_OPEN)
        return err_fenced(err);
    return 0;
}

Rc sim_txn_append(LogTxn *t, const LogAppend *records, int count, Err *err)
{
    SimHandle *h = handle_of(t);
    SimLog *l = log_of(t);
    Rc rc = enter_txn(t, err);
    if (!rc)
        rc = sim_check(l, records, count, err);
    if (rc)
        return rc;
    bool fails = sim_fires(l->plan, SIM_APPEND_FAIL);
    if (fails)
        count /= 2;
    for (int i = 0; i < count && !rc; i++)
        rc = joint(l) ? collect(h, &records[i], &l->arena)
                      : append_open(l, h->open, &records[i], err);
    return fails && !rc ? err_simulated(err, ERR_KIND_ABORT, "an append failed") : rc;
}

Rc sim_txn_positions(LogTxn *t, Str group, const LogPosition *pos, int count, Err *err)
{
    SimHandle *h = handle_of(t);
    SimLog *l = log_of(t);
    Rc rc = enter_txn(t, err);
    if (rc)
        return rc;
    if (sim_fires(l->plan, SIM_POSITIONS_FAIL))
        return err_simulated(err, ERR_KIND_ABORT, "positions cannot be sent");
    if (!joint(l) && h->member >= 0 && h->member != group_of(l, group)->generation)
        return err_set(err, ERR_KIND_ABORT, ERR_FENCED,
                       "simulated: generation %lld of group '%.*s' is over", (long long)h->member,
                       STR_ARG(group));
    for (int i = 0; i < count; i++)
        hold_position(l, joint(l) ? &h->positions : &h->open->positions, group, &pos[i]);
    return 0;
}

/* ---- ends ---------------------------------------------------------------------------------- */

void log_sim_joint_end(Log *log, bool commit)
{
    SimLog *l = (SimLog *)log;
    SimHandle *h = l->joint;
    if (!h)
        return;
    for (int i = 0; commit && h->ready && i < h->count; i++) {
        SimPart *part;
        if (!sim_part(l, h->records[i].topic, h->records[i].partition, &part, NULL))
            sim_append(l, part, &h->records[i], NULL);
    }
    if (commit && h->ready)
        publish_positions(l, h->positions);
    drop_collected(h);
    l->joint = NULL;
}

static LogOutcome unknown(SimTxn *x, bool verdict, Err *err)
{
    x->undecided = true;
    x->verdict = verdict;
    x->age = 0;
    err_set(err, ERR_KIND_ABORT, ERR_UNKNOWN, "simulated: no answer to the commit");
    return LOG_UNKNOWN;
}

static LogOutcome commit_joint(SimHandle *h, SimLog *l, Err *err)
{
    if (sim_fires(l->plan, SIM_COMMIT_ABORTED)) {
        err_simulated(err, ERR_KIND_ABORT, "the transaction was aborted");
        return LOG_ABORTED;
    }
    h->ready = true;
    return LOG_COMMITTED;
}

LogOutcome sim_txn_commit(LogTxn *t, Err *err)
{
    SimHandle *h = handle_of(t);
    SimLog *l = log_of(t);
    Rc rc = enter_txn(t, err);
    if (rc)
        return rc == ERR_FENCED ? LOG_FENCED : LOG_UNKNOWN;
    if (joint(l))
        return commit_joint(h, l, err);
    SimTxn *x = h->open;
    if (sim_fires(l->plan, SIM_COMMIT_UNKNOWN_DONE))
        return unknown(x, true, err);
    if (sim_fires(l->plan, SIM_COMMIT_UNKNOWN_LOST))
        return unknown(x, false, err);
    h->open = NULL;
    if (sim_fires(l->plan, SIM_COMMIT_ABORTED)) {
        end_txn(l, x, false);
        err_simulated(err, ERR_KIND_ABORT, "the transaction was aborted");
        return LOG_ABORTED;
    }
    if (sim_fires(l->plan, SIM_COMMIT_FENCED) || sim_fires(l->plan, SIM_TXN_TIMEOUT)) {
        take_id(l, h->producer);
        err_fenced(err);
        return LOG_FENCED;
    }
    end_txn(l, x, true);
    return sim_crash(l->plan, SIM_CRASH_AFTER_LOG_COMMIT, err) ? LOG_UNKNOWN : LOG_COMMITTED;
}

/* An abort after "unknown" cannot take back what the log may have done: it is left undecided. */
void sim_txn_abort(LogTxn *t)
{
    SimHandle *h = handle_of(t);
    SimLog *l = log_of(t);
    if (l->plan->dead && *l->plan->dead)
        return;
    if (joint(l)) {
        drop_collected(h);
        if (l->joint == h)
            l->joint = NULL;
        return;
    }
    if (h->open && h->epoch == h->producer->epoch && !h->open->undecided)
        end_txn(l, h->open, false);
    h->open = NULL;
}

Rc sim_txn_reset(LogTxn *t, Err *err)
{
    SimHandle *h = handle_of(t);
    SimLog *l = log_of(t);
    Rc rc = sim_enter(l->plan, err);
    if (rc)
        return rc;
    if (sim_fires(l->plan, SIM_RESET_FAIL))
        return err_simulated(err, ERR_KIND_RETRY, "no new producer just now");
    if (joint(l)) {
        drop_collected(h);
        return 0;
    }
    h->epoch = take_id(l, h->producer);
    h->open = NULL;
    return 0;
}

/* A position that some open transaction holds is not known yet: as with Kafka's RequireStable. */
static bool held(const SimLog *l, Str group, const LogPosition *pos)
{
    for (const SimTxn *x = l->open; x; x = x->next_open) {
        if (find_position(x->positions, group, pos->topic, pos->partition))
            return true;
    }
    return false;
}

Rc sim_committed(Log *log, Str group, LogPosition *pos, int count, Err *err)
{
    SimLog *l = (SimLog *)log;
    Rc rc = sim_enter(l->plan, err);
    if (rc)
        return rc;
    if (sim_fires(l->plan, SIM_COMMITTED_FAIL))
        return err_simulated(err, ERR_KIND_RETRY, "committed positions cannot be read just now");
    for (int i = 0; i < count; i++) {
        if (held(l, group, &pos[i]))
            return err_simulated(err, ERR_KIND_RETRY, "a transaction holds a position");
        SimPos *p = find_position(l->positions, group, pos[i].topic, pos[i].partition);
        pos[i].offset = p ? p->offset : -1;
    }
    return 0;
}
