/* task.h: the operators of one stage for one partition, and the rounds that run through them.
 *
 * A task's inputs are feeds (source partitions) and exchange ports (blocks of the stage upstream).
 * Every row carries the seq it was given when the epoch was cut; a round takes the next rows of all
 * inputs in seq order, at most `batch_rows` of them, pushes each input's part into its operator,
 * and then lets the operators advance, inputs before users.
 *
 * A task belongs to one worker thread. */
#ifndef OXBOW_ENGINE_TASK_H
#define OXBOW_ENGINE_TASK_H

#include "engine/exchange.h"
#include "engine/feed.h"
#include "engine/staging.h"

typedef struct BlockFeed { /* a partition of a repartition topic on its way in (Kafka) */
    Str topic;
    int partition;
    LogReader *reader; /* borrowed from the consumer group */
    Arena arena;       /* of `in` */
    LogBatch in;
    int at;           /* next record of `in` */
    int64_t position; /* behind what was handed out */
} BlockFeed;

typedef struct ExchangePort { /* an input that is fed by an exchange */
    const PlanNode *exchange;
    Op *op;
    int port;
    ExchangeCode *code;
    ExchangeReader *readers; /* one per upstream task; one alone over a topic */
    int reader_count;
    BlockFeed *blocks; /* over a topic; else NULL */
} ExchangePort;

typedef struct Sealed { /* records for a repartition topic, waiting for the commit */
    Arena arena;
    LogAppend *items;
    int count, cap;
} Sealed;

typedef struct Task {
    const Plan *plan;
    const PlanStage *stage;
    int partition;
    int batch_rows;
    Arena query_arena, batch_arena;
    OpEnv env;
    Op **ops; /* as stage->nodes */
    Feed *feeds;
    int feed_count;
    ExchangePort *ports;
    int port_count;
    Store **stores;
    int store_count;
    /* What leaves the stage: one of the two. */
    Staging *staging; /* SINK */
    Buf *blocks;      /* EXCHANGE: [out_partitions] */
    Sealed sealed;    /* EXCHANGE over a topic: blocks that are full */
    Str out_topic;    /* of the exchange, over a topic; else ptr NULL */
    uint64_t seq;     /* over topics a task gives its rows their seq itself, by time */
    bool own_order;
    int out_partitions;
    ExchangeCode *out_code;
    int64_t carried; /* highest time sent into the exchange; INT64_MIN: none yet */
    int64_t marked;  /* over a topic: what the last mark said */
    Ledger ledger;
    uint64_t rows_in;
} Task;

typedef struct TaskConfig {
    Log *log;
    StoreDisk *disk; /* the worker's reading side */
    StoreCaps caps;
    int batch_rows;
    bool coalesce;
    bool over_topics; /* exchanges are topics (Kafka) */
    Str topic_prefix; /* of their names */
} TaskConfig;

/* Feeds are opened by the caller (task_open_feed), who knows the positions. */
Rc task_open(const Plan *plan, const PlanStage *stage, int partition, const TaskConfig *cfg,
             Task **out, Err *err);
void task_close(Task *t);
/* Run rounds until nothing that is ready is left. */
Rc task_run(Task *t, Err *err);
/* Topic by which an exchange of the plan travels on Kafka, in arena a. */
Str task_exchange_topic(Str prefix, const PlanNode *exchange, Arena *a);
/* Over topics: read more blocks where none are left. */
Rc task_fill_blocks(Task *t, Err *err);
/* Over topics: seal what is in the blocks, and say how far this task is where that is news. */
void task_seal(Task *t);
/* What an upstream partition says of itself: to the operators that keep clocks. */
Rc task_mark(Task *t, const OpMark *mark, Err *err);
/* It has started at the beginning of its partitions and found no record yet. */
bool task_is_empty(const Task *t);
size_t task_dirty_bytes(const Task *t);
/* Partitions of the stages that feed this stage's exchange ports; 1 without one. */
int stage_upstreams(const Plan *plan, const PlanStage *stage);
/* What a node keeps in its state `slot`, in arena a. */
const StoreDef *task_store_def(const PlanNode *node, int slot, int upstreams, Arena *a);
/* Which topic a row at this node came from: the left-most source below it. */
Str task_origin_topic(const PlanNode *n);

#endif
