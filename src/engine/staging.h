/* staging.h: what a task has put out since the last freeze, waiting for the commit.
 *
 * Rows are kept in our own coding and become bytes of the sink's format only when the commit is
 * made up, on the committer's thread: so the latest-change-per-key mode encodes each key once, and
 * the task's thread does no formatting.
 *
 * Coalescing happens here, at the edge of a stage, and nowhere else: per key (and window) the first
 * old and the last new side stay, a pair absent at both ends is dropped, order is that of the last
 * change. It never applies to streams.
 *
 * A Staging belongs to its task's thread until it is taken at a freeze; then to the committer. */
#ifndef OXBOW_ENGINE_STAGING_H
#define OXBOW_ENGINE_STAGING_H

#include "log/log.h"
#include "op/op.h"

typedef struct StagedRow {
    uint64_t seq;
    int64_t time, win_start, win_end, offset;
    int32_t partition;        /* of the source record; ROWPARTITION */
    uint32_t key_at, key_len; /* into bytes; key_at UINT32_MAX: NULL key */
    uint64_t row_at;
    uint32_t row_len;
    uint8_t new_state, old_state;
    bool dropped;
    Headers headers; /* in arena */
} StagedRow;

typedef struct Staging Staging;

/* `coalesce`: latest change per key. */
Staging *staging_new(const PlanNode *sink, bool coalesce);
void staging_free(Staging *s);
void staging_reset(Staging *s);
void staging_put(Staging *s, const Batch *b);
int staging_count(const Staging *s); /* rows, dropped ones included */
size_t staging_bytes(const Staging *s);
const StagedRow *staging_at(const Staging *s, int i);
const PlanNode *staging_sink(const Staging *s);

/* Rows [from, from + n) as a batch of the sink's schema, in seq order (staging_sort first). */
Rc staging_batch(const Staging *s, int from, int n, Arena *a, Batch **out, Err *err);
/* By seq. Needed before reading when coalescing, harmless otherwise. */
void staging_sort(Staging *s);

/* Encode everything as records of the sink's topic, appended to *out (a growing array in `a`), in
 * seq order. Rows that cannot be written go to `refuse`. */
typedef struct StagedRecords {
    LogAppend *items;
    uint64_t *seqs;
    int count, cap;
} StagedRecords;
Rc staging_encode(Staging *s, Arena *a, StagedRecords *out,
                  void (*refuse)(void *ctx, const StagedRow *row, const char *why), void *ctx,
                  Err *err);

#endif
