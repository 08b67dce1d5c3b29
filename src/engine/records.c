/* records.c: encoding and merging what the tasks of a query have put out. See records.h. */
#include "engine/records.h"

typedef struct Refuse {
    Ledger *ledger;
    Str topic;
} Refuse;

static void refuse_output(void *ctx, const StagedRow *row, const char *why)
{
    Refuse *r = ctx;
    LedgerRow l = {.topic = r->topic,
                   .partition = row->partition,
                   .offset = row->offset,
                   .time = row->time,
                   .reason = REASON_UNENCODABLE,
                   .op = plan_node_names[NODE_SINK],
                   .detail = str_of(why)};
    ledger_put(r->ledger, &l);
}

/* All tasks' records of one query, in seq order. */
static void merge_records(const StagedRecords *parts, int count, LogAppend *out, int *at)
{
    int total = 0, *next = at;
    for (int i = 0; i < count; i++)
        total += parts[i].count;
    for (int n = 0; n < total; n++) {
        int best = -1;
        for (int i = 0; i < count; i++)
            if (next[i] < parts[i].count &&
                (best < 0 || parts[i].seqs[next[i]] < parts[best].seqs[next[best]]))
                best = i;
        out[n] = parts[best].items[next[best]++];
    }
}

static void append(CommitSet *set, Arena *a, int more, LogAppend **at)
{
    LogAppend *all = ARENA_ARRAY(a, LogAppend, set->output_count + more);
    if (set->output_count)
        memcpy(all, set->outputs, (size_t)set->output_count * sizeof *all);
    *at = all + set->output_count;
    set->outputs = all;
    set->output_count += more;
}

Rc records_collect(Frozen *f, const Plan *plan, CommitSet *set, Ledger *ledger, Arena *a, Err *err)
{
    StagedRecords *parts = ARENA_ARRAY(a, StagedRecords, f->staging_count);
    Refuse refuse = {ledger, task_origin_topic(plan->root)};
    int total = 0;
    for (int i = 0; i < f->staging_count; i++) {
        Rc rc = staging_encode(f->stagings[i], a, &parts[i], refuse_output, &refuse, err);
        if (rc)
            return rc;
        total += parts[i].count;
    }
    LogAppend *at;
    append(set, a, total + f->block_count, &at);
    merge_records(parts, f->staging_count, at, ARENA_ARRAY(a, int, f->staging_count));
    if (f->block_count)
        memcpy(at + total, f->blocks, (size_t)f->block_count * sizeof *at);
    return 0;
}
