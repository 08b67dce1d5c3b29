/* commit.c: the one function that makes work permanent. The order is commit.h's; here are the ways
 * in which it can be left, each with its reason.
 *
 * Owns nothing: sets, unit, transaction and disk are the caller's, and so is what to do with the
 * stores afterwards. Leaves the log's and the disk's own recovery to them. */
#include "store/commit.h"

#include <assert.h>

enum { TRIES = 3 }; /* of a call that may be tried again; each waits by itself as long as it must */

/* ---- the state's half ---------------------------------------------------------------------- */

static Rc write_set(CommitUnit *u, const CommitSet *set, Err *err)
{
    StoreDisk *d = u->disk;
    Rc rc = 0;
    for (int i = 0; i < set->gen_count && !rc; i++)
        rc = gen_write(set->gens[i], d, err);
    for (int i = 0; i < set->checkpoint_count && !rc; i++) {
        const LogPosition *c = &set->checkpoints[i];
        if (c->offset >= 0)
            rc = d->cls->put_position(d, c->topic, c->partition, c->offset, err);
    }
    if (!rc && set->extra)
        rc = set->extra(set->extra_ctx, d->cls->db(d), err);
    return rc;
}

/* Inside the state's transaction. The number guards against a set that comes twice or late. */
static Rc write_sets(CommitUnit *u, const CommitSet *const *sets, int count, Err *err)
{
    uint64_t there = 0;
    Rc rc = u->disk->cls->generation(u->disk, u->name, &there, err);
    for (int i = 0; i < count && !rc; i++) {
        if (sets[i]->number <= there)
            return err_set(err, ERR_KIND_FATAL, ERR_CORRUPT,
                           "generation %llu of '%.*s' cannot be written: the state already holds "
                           "generation %llu",
                           (unsigned long long)sets[i]->number, STR_ARG(u->name),
                           (unsigned long long)there);
        there = sets[i]->number;
        rc = write_set(u, sets[i], err);
    }
    return rc ? rc : u->disk->cls->put_generation(u->disk, u->name, there, err);
}

Rc commit_state(CommitUnit *u, const CommitSet *const *sets, int count, Err *err)
{
    StoreDisk *d = u->disk;
    if (!count)
        return 0;
    Rc rc = d->cls->begin(d, err);
    if (rc)
        return rc;
    rc = write_sets(u, sets, count, err);
    if (!rc)
        rc = d->cls->commit(d, err);
    if (rc)
        d->cls->rollback(d);
    return rc;
}

/* ---- the log's half, two-step -------------------------------------------------------------- */

/* What goes into the transaction, in this order: positions last, since sending them is what fences
 * a process that has lost its partitions. */
static Rc fill_txn(CommitUnit *u, const CommitSet *set, Err *err)
{
    const LogClass *cls = u->txn->cls;
    Rc rc = 0;
    if (set->output_count)
        rc = cls->txn_append(u->txn, set->outputs, set->output_count, err);
    if (!rc && set->changelog_count)
        rc = cls->txn_append(u->txn, set->changelog, set->changelog_count, err);
    if (!rc && set->position_count)
        rc = cls->txn_positions(u->txn, u->group, set->positions, set->position_count, err);
    return rc;
}

/* A call before the commit failed: nothing is committed, and only a new producer is known to be
 * sound. If it cannot be had now, the next begin fails and comes here again. */
static CommitResult give_up(CommitUnit *u, Rc rc)
{
    Err ignored = ERR_INIT;
    u->txn->cls->txn_abort(u->txn);
    if (rc == ERR_FENCED)
        return COMMIT_LOST;
    return u->txn->cls->txn_reset(u->txn, &ignored) == ERR_FENCED ? COMMIT_LOST : COMMIT_DROPPED;
}

static Rc reset(CommitUnit *u, Err *err)
{
    Rc rc = ERR_IO;
    for (int i = 0; i < TRIES && rc; i++) {
        rc = u->txn->cls->txn_reset(u->txn, err);
        if (rc && err->kind != ERR_KIND_RETRY)
            break;
    }
    return rc;
}

static Rc committed(CommitUnit *u, LogPosition *pos, int count, Err *err)
{
    Rc rc = ERR_IO;
    for (int i = 0; i < TRIES && rc; i++) {
        rc = u->log->cls->committed(u->log, u->group, pos, count, err);
        if (rc && err->kind != ERR_KIND_RETRY)
            break;
    }
    return rc;
}

typedef enum Place { AT_GENERATION, AT_PREVIOUS, ELSEWHERE } Place;

static bool same_offsets(const LogPosition *a, const LogPosition *b, int count)
{
    for (int i = 0; i < count; i++) {
        if (a[i].offset != b[i].offset)
            return false;
    }
    return true;
}

static Rc find_place(CommitUnit *u, const CommitSet *set, Place *place, Err *err)
{
    Arena a;
    arena_init(&a, 0);
    int n = set->position_count;
    LogPosition *now = ARENA_ARRAY(&a, LogPosition, n);
    memcpy(now, set->positions, (size_t)n * sizeof *now);
    Rc rc = committed(u, now, n, err);
    *place = same_offsets(now, set->positions, n)  ? AT_GENERATION
             : same_offsets(now, set->previous, n) ? AT_PREVIOUS
                                                   : ELSEWHERE;
    arena_fini(&a);
    return rc;
}

/* The positions are where this set would have put them. Is it this set that did? Sending them again
 * is accepted only while the group's generation is still the one of the freeze, and so nobody else
 * can have committed for these sources in between. */
static bool confirm(CommitUnit *u, const CommitSet *set, Err *err)
{
    const LogClass *cls = u->txn->cls;
    if (cls->txn_begin(u->txn, NULL, err))
        return false;
    if (cls->txn_positions(u->txn, u->group, set->positions, set->position_count, err)) {
        cls->txn_abort(u->txn);
        return false;
    }
    return cls->txn_commit(u->txn, err) == LOG_COMMITTED;
}

/* Whatever cannot be settled here counts as lost: that costs a restore, and is never wrong. */
static CommitResult resolve(CommitUnit *u, const CommitSet *set, Err *err)
{
    int n = set->position_count;
    Place place;
    if (reset(u, err))
        return COMMIT_LOST;
    if (!n || same_offsets(set->positions, set->previous, n)) {
        err_set(err, ERR_KIND_ABORT, ERR_UNKNOWN,
                "the outcome of a commit is unknown, and it moved no position that could tell");
        return COMMIT_LOST;
    }
    if (find_place(u, set, &place, err))
        return COMMIT_LOST;
    if (place == AT_PREVIOUS) {
        err_set(err, ERR_KIND_RETRY, ERR_IO, "the commit did not reach the log");
        return COMMIT_DROPPED;
    }
    if (place == AT_GENERATION)
        return confirm(u, set, err) ? COMMIT_LOGGED : COMMIT_LOST;
    err_set(err, ERR_KIND_ABORT, ERR_FENCED,
            "the committed positions of '%.*s' are not where this process left them",
            STR_ARG(u->group));
    return COMMIT_LOST;
}

CommitResult commit_log(CommitUnit *u, const CommitSet *set, Err *err)
{
    const LogClass *cls = u->txn->cls;
    assert(!u->log->cls->joint);
    Rc rc = cls->txn_begin(u->txn, NULL, err);
    if (!rc)
        rc = fill_txn(u, set, err);
    if (rc)
        return give_up(u, rc);
    LogOutcome outcome = cls->txn_commit(u->txn, err);
    /* Now, not later: a reset or the next transaction forgets where this one's records ended. */
    if (set->checkpoint_count && (outcome == LOG_COMMITTED || outcome == LOG_UNKNOWN) &&
        u->ends(u->txn, set->checkpoints, set->checkpoint_count, err))
        return COMMIT_LOST;
    switch (outcome) {
    case LOG_COMMITTED:
        return COMMIT_LOGGED;
    case LOG_ABORTED:
        return COMMIT_DROPPED;
    case LOG_FENCED:
        return COMMIT_LOST;
    default:
        return resolve(u, set, err);
    }
}

/* ---- joint --------------------------------------------------------------------------------- */

static Rc fill_joint(CommitUnit *u, const CommitSet *set, Err *err)
{
    Rc rc = u->txn->cls->txn_begin(u->txn, u->disk->cls->db(u->disk), err);
    if (!rc)
        rc = fill_txn(u, set, err);
    return rc ? rc : write_sets(u, &set, 1, err);
}

static CommitResult commit_joint(CommitUnit *u, const CommitSet *set, Err *err)
{
    StoreDisk *d = u->disk;
    Rc rc = d->cls->begin(d, err);
    if (rc)
        return rc == ERR_FENCED ? COMMIT_LOST : COMMIT_DROPPED;
    rc = fill_joint(u, set, err);
    LogOutcome outcome = rc ? LOG_ABORTED : u->txn->cls->txn_commit(u->txn, err);
    if (!rc && outcome == LOG_COMMITTED) {
        rc = d->cls->commit(d, err);
        if (!rc)
            return COMMIT_DONE;
    }
    /* One transaction, so a failure anywhere leaves nothing behind. */
    u->txn->cls->txn_abort(u->txn);
    d->cls->rollback(d);
    return rc == ERR_FENCED || outcome == LOG_FENCED ? COMMIT_LOST : COMMIT_DROPPED;
}

CommitResult commit_run(CommitUnit *u, const CommitSet *set, Err *err)
{
    if (u->log->cls->joint)
        return commit_joint(u, set, err);
    assert(!set->changelog_count || set->checkpoint_count);
    CommitResult r = commit_log(u, set, err);
    if (r != COMMIT_LOGGED)
        return r;
    return commit_state(u, &set, 1, err) ? COMMIT_LOGGED : COMMIT_DONE;
}
