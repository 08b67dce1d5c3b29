/* feed.h: one source partition on its way into a task: log records, decoded into batches.
 *
 * A feed holds at most one decoded batch and a cursor into it. Rows are handed out as slices; the
 * position that a commit may store follows the rows handed out, not those decoded. Records that do
 * not decode are reported to the ledger when the position passes them, so a restart in between
 * neither loses nor doubles them.
 *
 * A feed belongs to its task's thread. */
#ifndef OXBOW_ENGINE_FEED_H
#define OXBOW_ENGINE_FEED_H

#include "engine/ledger.h"
#include "log/log.h"

typedef struct FeedSkip { /* a record that did not decode */
    int64_t offset, time;
    OpReason reason;
    Str detail, key, value;
} FeedSkip;

typedef struct Feed {
    const PlanNode *source;
    Op *op; /* the task's Source operator */
    int partition;
    LogReader *reader;
    bool own_reader; /* else it is the consumer group's */
    Codec *key_codec, *value_codec;
    bool rewrite_keys; /* keys as they come may not be canonical */
    Buf key_text;
    Arena arena;       /* records, batch, skips: emptied before the next fill */
    Batch *batch;      /* NULL: nothing decoded */
    uint64_t *arrival; /* [batch->rows] order over all topics where the log has one */
    int at;            /* first row not yet handed out */
    int ready;         /* rows [at, ready) have their seq and may be handed out */
    FeedSkip *skips;
    int skip_count, skip_at;
    int64_t next_offset; /* behind what is decoded */
    int64_t position;    /* behind what was handed out: what a freeze stores */
    int64_t start;       /* where it was opened */
    bool fresh;          /* no position was committed before */
    int64_t end;         /* bounded: read up to here; -1: for ever */
    Ledger *ledger;      /* borrowed */
    bool held;           /* hands out nothing until released (test runner) */
} Feed;

/* Opens a reader at `offset`; log NULL: the caller puts a borrowed one into `reader`. */
Rc feed_open(Feed *f, Log *log, const PlanNode *source, int partition, int64_t offset, Err *err);
void feed_close(Feed *f);
/* Read and decode up to max_rows when nothing is left of the last batch. */
Rc feed_fill(Feed *f, int max_rows, Err *err);
static inline int feed_rows(const Feed *f)
{
    return f->batch ? f->batch->rows - f->at : 0;
}
/* Nothing is left, and nothing more will come. */
bool feed_at_end(const Feed *f);
/* The next n rows as a batch (header in `a`); advances. */
Batch *feed_take(Feed *f, int n, Arena *a);

#endif
