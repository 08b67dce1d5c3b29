/* pipeline_int.h: the private struct that pipeline.c and freeze.c share. */
#ifndef OXBOW_ENGINE_PIPELINE_INT_H
#define OXBOW_ENGINE_PIPELINE_INT_H

#include "engine/pipeline.h"

struct Pipeline {
    const Plan *plan;
    PipelineConfig cfg;
    Arena arena;
    Task **tasks; /* by stage, then partition */
    int task_count;
    int *first_task;    /* [stage_count + 1] */
    Feed **feeds;       /* of all tasks */
    int64_t *committed; /* [feed_count] position of the last commit */
    int feed_count;
    BlockFeed **blocks;       /* over topics: of all tasks */
    int64_t *block_committed; /* [block_count] */
    int block_count;
    int64_t limit, delivered; /* of a push query's rows over all tasks; limit -1: none */
    uint64_t seq;
    bool independent;
    bool over_topics;
    Frozen *frozen; /* NULL: none is out */
    /* Over topics: generations that the log has and the disk has not, oldest first. */
    StoreGen **logged;
    Store **logged_stores;
    int logged_count, logged_cap;
    /* Staging and ledgers swapped out at a freeze, to be used again. [task_count] */
    Staging **spare_staging;
    Ledger **spare_ledger;
};

/* Index of the stage whose last node is this exchange. */
int stage_of_exchange(const Plan *plan, const PlanNode *exchange);
void frozen_free(Pipeline *p);

#endif
