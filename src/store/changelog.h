/* changelog.h: a store's changes as log records, and a disk made whole from them.
 *
 * In the two-step dress every committed generation is in the log too: one record for each changed
 * row (key: store, partition, window, key; value: the row, NULL for a deletion), and, under
 * prefixes of their own, the operator record and the expiry bound. The last record of a key is all
 * that counts, so the topic may be compacted. The records of one partition of the unit's stores go
 * to the same partition of one topic.
 *
 * Restoring applies the tail [checkpoint, end) to the disk, a piece at a time, the new checkpoint
 * in the same state transaction: it may be killed anywhere and goes on from there. It belongs to
 * the thread that owns the disk's writing side. */
#ifndef OXBOW_STORE_CHANGELOG_H
#define OXBOW_STORE_CHANGELOG_H

#include "log/log.h"
#include "store/store.h"

/* The records of a frozen generation, rows in key order, then bound and record. Memory is `a`. They
 * go to partition gen_partition of `topic`; time_ms is theirs (for the topic's retention). */
Rc changelog_encode(const StoreGen *g, Str topic, int64_t time_ms, Arena *a, LogAppend **out,
                    int *count, Err *err);

/* Apply one record through the writing side, inside its transaction. A record that is none, or of a
 * store or partition that is not among these, is ERR_CORRUPT: state must not be guessed. */
Rc changelog_apply(StoreDisk *d, const StoreDef *const *defs, int def_count, int partition,
                   const LogRecord *r, Err *err);

typedef struct ChangelogRestore ChangelogRestore;

/* What is to be made whole: the partition of these stores, from the same partition of `topic`.
 *
 * `end` must be the high watermark (open transactions included), taken after the committed
 * positions of the unit were read: what was committed with them is then surely below it. The last
 * stable offset is not enough: records committed behind somebody's open transaction lie above it.
 */
typedef struct ChangelogSource {
    Log *log;
    Str topic;
    int partition;
    int64_t end;
    const StoreDef *const *defs;
    int def_count;
} ChangelogSource;

/* Where the disk has no checkpoint, or one outside the log, its rows are not trusted: they are
 * cleared and everything is read anew. `src` and what it points to must outlive the restore. */
Rc changelog_restore_open(const ChangelogSource *src, StoreDisk *disk, ChangelogRestore **out,
                          Err *err);
/* One piece of up to max_rows. *done when everything below `end` is applied; not done and no error
 * while an open transaction is in the way. After an error of kind RETRY it may be called again. */
Rc changelog_restore_step(ChangelogRestore *r, int max_rows, bool *done, Err *err);
void changelog_restore_close(ChangelogRestore *r);
/* Next offset to apply, for "loading n of m". */
int64_t changelog_restore_at(const ChangelogRestore *r);

#endif
