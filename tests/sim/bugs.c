/* bugs.c: ten mistakes that this kind of program is known for, planted one at a time.
 *
 * Most are made where the process drives the protocol (process.c, commit.c ask for their name);
 * those here lie in what the protocol stands on, and are made by a class that answers wrongly. The
 * product's code has no switch for any of them. */
#include "history.h"

const BugInfo bug_infos[BUG_COUNT] = {
#define X(name, text, joint, two_step) {text, joint, two_step},
    BUGS(X)
#undef X
};

/* The copies are shared by all histories: a class does not change. */
static const StoreDiskClass *true_disk;
static StoreDiskClass false_disk;
static const LogClass *true_log;
static LogClass false_log;

static Rc put_no_tombstone(StoreDisk *d, const StoreDef *def, int partition, int64_t win, Str key,
                           Str row, Err *err)
{
    return row.ptr ? true_disk->put(d, def, partition, win, key, row, err) : 0;
}

void bug_wrap_disk(Bug bug, StoreDisk *d)
{
    if (bug != BUG_NO_TOMBSTONE)
        return;
    true_disk = d->cls;
    false_disk = *d->cls;
    false_disk.put = put_no_tombstone;
    d->cls = &false_disk;
}

/* "No answer" is read as "did not happen": the same records are sent again. */
static LogOutcome commit_sure(LogTxn *t, Err *err)
{
    LogOutcome outcome = true_log->txn_commit(t, err);
    if (outcome != LOG_UNKNOWN)
        return outcome;
    true_log->txn_abort(t);
    err->kind = ERR_KIND_RETRY;
    return LOG_ABORTED;
}

void bug_wrap_txn(Bug bug, LogTxn *t)
{
    if (bug != BUG_DUP_ON_RETRY)
        return;
    true_log = t->cls;
    false_log = *t->cls;
    false_log.txn_commit = commit_sure;
    t->cls = &false_log;
}

int bug_filter_changelog(Bug bug, LogAppend *records, int count)
{
    if (bug != BUG_NO_TOMBSTONE)
        return count;
    int kept = 0;
    for (int i = 0; i < count; i++) {
        if (records[i].value.ptr)
            records[kept++] = records[i];
    }
    return kept;
}
