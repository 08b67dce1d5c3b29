/* records.h: the frozen output of a pipeline as records of its sink's topic. The committer's
 * thread. */
#ifndef OXBOW_ENGINE_RECORDS_H
#define OXBOW_ENGINE_RECORDS_H

#include "engine/pipeline.h"

/* Append to set->outputs what the tasks staged, merged in seq order, and the blocks for repartition
 * topics. Rows that cannot be written go to the ledger. Memory is `a` and the frozen part. */
Rc records_collect(Frozen *f, const Plan *plan, CommitSet *set, Ledger *ledger, Arena *a, Err *err);

#endif
