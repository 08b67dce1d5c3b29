/* pipeline.h: all tasks of one query in this process, and its epochs.
 *
 * An epoch reads what the sources have, gives every row its seq, runs the stages one after another
 * (the tasks of a stage side by side on the workers), and ends dry: no row is left in an exchange.
 * So a freeze is possible at the end of every epoch, and results do not depend on where epochs end
 * or how many workers there are:
 *
 *   order    rows of different source partitions are merged by (time of the heads, input,
 * partition), each partition in its own order; their place in that order is their seq, which goes
 * with them through operators and exchanges. `ORDER_ARRIVAL` merges by the log's own order over all
 * topics (test cases). A query of one stage whose tasks have one input each needs no order between
 * partitions: `independent`. bounded  a partition that is not at its end is waited for, so the
 * order is the same in each run.
 *
 * A pipeline belongs to the thread that calls it; its workers are lent by that thread for the
 * length of a call. */
#ifndef OXBOW_ENGINE_PIPELINE_H
#define OXBOW_ENGINE_PIPELINE_H

#include "engine/task.h"
#include "engine/workers.h"
#include "store/commit.h"

typedef struct Pipeline Pipeline;

typedef enum PipelineOrder { ORDER_TIME, ORDER_ARRIVAL } PipelineOrder;

/* Over topics (Kafka): a partition that this process was assigned, where to begin, what to read. */
typedef struct PipelineInput {
    Str topic;
    int partition;
    int64_t offset;
    bool fresh;        /* no position was committed before */
    LogReader *reader; /* borrowed */
} PipelineInput;

typedef struct PipelineConfig {
    Log *log;
    StoreDisk **disks; /* reading sides, one per worker; borrowed */
    Workers *workers;  /* borrowed */
    PipelineOrder order;
    int batch_rows; /* at most LIMIT_BATCH_ROWS */
    bool bounded;   /* stop at `ends`, wait for partitions that are behind */
    bool coalesce;
    bool earliest;  /* where there is no position yet: the beginning, else the end */
    StoreCaps caps; /* per task */
    /* Over topics: only tasks of these partitions, stages linked by repartition topics whose names
     * begin with topic_prefix. inputs NULL: all tasks, stages linked in memory. */
    const PipelineInput *inputs;
    int input_count;
    Str topic_prefix;
} PipelineConfig;

/* `plan` is borrowed. `group`: whose committed positions to start from; ptr NULL: none (push). */
Rc pipeline_open(const Plan *plan, Str group, const PipelineConfig *cfg, Pipeline **out, Err *err);
void pipeline_close(Pipeline *p);

/* One epoch. *progress: some row or record was passed. After an error the pipeline must be closed;
 * opening it again goes on from the last commit. */
Rc pipeline_epoch(Pipeline *p, bool *progress, Err *err);
/* Bounded: everything up to the ends has been read. */
bool pipeline_at_end(const Pipeline *p);
/* Bounded from now on: up to what the topics hold at this moment. */
Rc pipeline_bound(Pipeline *p, Err *err);
/* Only sources of these topics hand out rows (test runner); count < 0: all. */
void pipeline_hold(Pipeline *p, const Str *topics, int count);
size_t pipeline_dirty_bytes(const Pipeline *p);
bool pipeline_dirty(const Pipeline *p); /* something to commit: positions, rows, ledger */
const Plan *pipeline_plan(const Pipeline *p);
/* The LIMIT has been reached. */
bool pipeline_done(const Pipeline *p);

/* Rows of a push query since the last call, in order, as batches given to `each`. */
Rc pipeline_rows(Pipeline *p, Arena *a, Rc (*each)(void *ctx, const Batch *b, Err *err), void *ctx,
                 Err *err);

/* What a freeze takes out of a pipeline. Read by the committer's thread, given back by settle. */
typedef struct Frozen {
    StoreGen **gens;
    Store **stores; /* of which each generation is */
    int gen_count;
    Staging **stagings; /* one per task of a last stage */
    int staging_count;
    LogPosition *positions, *previous;
    int position_count;
    LogAppend *blocks; /* for repartition topics */
    int block_count;
    Ledger **ledgers; /* one per task */
    int ledger_count;
    Arena arena;
} Frozen;

/* Topics that link the stages of a plan over topics. */
int pipeline_exchange_topics(const Plan *plan, Str prefix, Arena *a, LogTopic **out);

/* Between epochs. At most one Frozen is out at a time. */
void pipeline_freeze(Pipeline *p, uint64_t number);
Frozen *pipeline_frozen(Pipeline *p); /* NULL: none is out */
/* The commit of the frozen part happened. On a joint log the disk has it too; else the log alone:
 * the caller keeps references to the generations and says when the disk has them. */
void pipeline_settle(Pipeline *p);
void pipeline_promote(Pipeline *p);
void pipeline_stored(Pipeline *p, uint64_t number); /* generations up to this number */

typedef struct PipelineStats {
    uint64_t rows_in, rows_out;
    uint64_t refused[REASON_COUNT];
} PipelineStats;
void pipeline_stats(const Pipeline *p, PipelineStats *out);
/* Is every source partition committed up to `ends`? Topics the pipeline does not read are ignored.
 */
bool pipeline_committed(const Pipeline *p, const LogPosition *ends, int count);

#endif
