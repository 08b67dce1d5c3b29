/* freeze.c: taking out of a pipeline what a commit needs, and what becomes of it. See pipeline.h.
 *
 * There is no abort here: what cannot be committed is thrown away with its pipeline, which is
 * opened again from the last commit. A restart without exit needs no second path through the code.
 *
 * Staging areas and ledgers are swapped, not copied: the task goes on into an empty one while the
 * committer reads the full one. */
#include <assert.h>
#include <stdlib.h>

#include "engine/pipeline_int.h"

int stage_of_exchange(const Plan *plan, const PlanNode *exchange)
{
    for (int s = 0; s < plan->stage_count; s++)
        if (plan->stages[s].nodes[plan->stages[s].node_count - 1] == exchange)
            return s;
    assert(!"an exchange without a stage");
    return 0;
}

size_t pipeline_dirty_bytes(const Pipeline *p)
{
    size_t bytes = 0;
    for (int i = 0; i < p->task_count; i++)
        bytes += task_dirty_bytes(p->tasks[i]);
    return bytes;
}

bool pipeline_dirty(const Pipeline *p)
{
    for (int i = 0; i < p->feed_count; i++)
        if (p->feeds[i]->position != p->committed[i])
            return true;
    for (int i = 0; i < p->block_count; i++)
        if (p->blocks[i]->position != p->block_committed[i])
            return true;
    return false;
}

/* Blocks for repartition topics. Their bytes move into the frozen part's arena. */
static void take_blocks(Frozen *f, Task *t)
{
    task_seal(t);
    Sealed *s = &t->sealed;
    if (s->count == 0)
        return;
    LogAppend *all = ARENA_ARRAY(&f->arena, LogAppend, f->block_count + s->count);
    if (f->block_count)
        memcpy(all, f->blocks, (size_t)f->block_count * sizeof *all);
    for (int i = 0; i < s->count; i++) {
        all[f->block_count + i] = s->items[i];
        all[f->block_count + i].value = arena_str(&f->arena, s->items[i].value);
    }
    f->blocks = all;
    f->block_count += s->count;
    arena_reset(&s->arena);
    *s = (Sealed){.arena = s->arena};
}

static void take_staging(Pipeline *p, Frozen *f, int i)
{
    Task *t = p->tasks[i];
    if (!p->spare_ledger[i]) {
        p->spare_ledger[i] = malloc(sizeof(Ledger));
        assert(p->spare_ledger[i]);
        ledger_init(p->spare_ledger[i]);
    }
    Ledger empty = *p->spare_ledger[i];
    memcpy(empty.total, t->ledger.total, sizeof empty.total); /* totals go on counting */
    *p->spare_ledger[i] = t->ledger;
    t->ledger = empty;
    f->ledgers[f->ledger_count++] = p->spare_ledger[i];
    if (!t->staging)
        return;
    if (!p->spare_staging[i])
        p->spare_staging[i] = staging_new(staging_sink(t->staging), p->cfg.coalesce);
    Staging *full = t->staging;
    t->staging = p->spare_staging[i];
    p->spare_staging[i] = full;
    f->stagings[f->staging_count++] = full;
}

static void take_gens(Frozen *f, Task *t, uint64_t number)
{
    for (int k = 0; k < t->store_count; k++) {
        StoreGen *g = store_freeze(t->stores[k], number);
        if (!g)
            continue;
        f->stores[f->gen_count] = t->stores[k];
        f->gens[f->gen_count++] = g;
    }
}

static void take_position(Frozen *f, Str topic, int partition, int64_t now, int64_t before)
{
    if (now == before)
        return;
    f->positions[f->position_count] = (LogPosition){topic, partition, now};
    f->previous[f->position_count++] = (LogPosition){topic, partition, before};
}

void pipeline_freeze(Pipeline *p, uint64_t number)
{
    assert(!p->frozen);
    Frozen *f = calloc(1, sizeof *f);
    assert(f);
    arena_init(&f->arena, 0);
    if (!p->spare_staging) {
        p->spare_staging = ARENA_ARRAY(&p->arena, Staging *, p->task_count);
        p->spare_ledger = ARENA_ARRAY(&p->arena, Ledger *, p->task_count);
    }
    int stores = 0;
    for (int i = 0; i < p->task_count; i++)
        stores += p->tasks[i]->store_count;
    f->gens = ARENA_ARRAY(&f->arena, StoreGen *, stores);
    f->stores = ARENA_ARRAY(&f->arena, Store *, stores);
    f->stagings = ARENA_ARRAY(&f->arena, Staging *, p->task_count);
    f->ledgers = ARENA_ARRAY(&f->arena, Ledger *, p->task_count);
    f->positions = ARENA_ARRAY(&f->arena, LogPosition, p->feed_count + p->block_count);
    f->previous = ARENA_ARRAY(&f->arena, LogPosition, p->feed_count + p->block_count);
    for (int i = 0; i < p->task_count; i++) {
        take_staging(p, f, i);
        take_gens(f, p->tasks[i], number);
        if (p->over_topics)
            take_blocks(f, p->tasks[i]);
    }
    for (int i = 0; i < p->feed_count; i++)
        take_position(f, p->feeds[i]->source->topic, p->feeds[i]->partition, p->feeds[i]->position,
                      p->committed[i]);
    for (int i = 0; i < p->block_count; i++)
        take_position(f, p->blocks[i]->topic, p->blocks[i]->partition, p->blocks[i]->position,
                      p->block_committed[i]);
    p->frozen = f;
}

Frozen *pipeline_frozen(Pipeline *p)
{
    return p->frozen;
}

/* The swapped areas are emptied and wait for the next freeze. */
static void release(Pipeline *p)
{
    Frozen *f = p->frozen;
    for (int i = 0; i < f->gen_count; i++)
        gen_unref(f->gens[i]);
    for (int i = 0; i < f->staging_count; i++)
        staging_reset(f->stagings[i]);
    for (int i = 0; i < f->ledger_count; i++)
        ledger_reset(f->ledgers[i]);
    arena_fini(&f->arena);
    free(f);
    p->frozen = NULL;
}

static int64_t frozen_position(const Frozen *f, Str topic, int partition, int64_t otherwise)
{
    for (int i = 0; i < f->position_count; i++)
        if (f->positions[i].partition == partition && str_eq(f->positions[i].topic, topic))
            return f->positions[i].offset;
    return otherwise;
}

static void move_positions(Pipeline *p, const Frozen *f)
{
    for (int i = 0; i < p->feed_count; i++)
        p->committed[i] =
            frozen_position(f, p->feeds[i]->source->topic, p->feeds[i]->partition, p->committed[i]);
    for (int i = 0; i < p->block_count; i++)
        p->block_committed[i] =
            frozen_position(f, p->blocks[i]->topic, p->blocks[i]->partition, p->block_committed[i]);
}

void pipeline_settle(Pipeline *p)
{
    Frozen *f = p->frozen;
    for (int i = 0; i < f->gen_count; i++) {
        store_promote(f->stores[i], f->gens[i]);
        store_settle(f->stores[i], f->gens[i]);
    }
    move_positions(p, f);
    release(p);
}

void pipeline_promote(Pipeline *p)
{
    Frozen *f = p->frozen;
    if (p->logged_count + f->gen_count > p->logged_cap) {
        p->logged_cap = 2 * (p->logged_count + f->gen_count);
        p->logged = realloc(p->logged, (size_t)p->logged_cap * sizeof *p->logged);
        p->logged_stores = realloc(p->logged_stores, (size_t)p->logged_cap * sizeof(Store *));
        assert(p->logged && p->logged_stores);
    }
    for (int i = 0; i < f->gen_count; i++) {
        store_promote(f->stores[i], f->gens[i]);
        p->logged[p->logged_count] = gen_ref(f->gens[i]);
        p->logged_stores[p->logged_count++] = f->stores[i];
    }
    move_positions(p, f);
    release(p);
}

void pipeline_stored(Pipeline *p, uint64_t number)
{
    int kept = 0;
    for (int i = 0; i < p->logged_count; i++) {
        if (gen_number(p->logged[i]) <= number) {
            store_settle(p->logged_stores[i], p->logged[i]);
            gen_unref(p->logged[i]);
            continue;
        }
        p->logged[kept] = p->logged[i];
        p->logged_stores[kept++] = p->logged_stores[i];
    }
    p->logged_count = kept;
}

void frozen_free(Pipeline *p)
{
    if (p->frozen)
        release(p);
    for (int i = 0; i < p->logged_count; i++)
        gen_unref(p->logged[i]);
    free(p->logged);
    free(p->logged_stores);
    for (int i = 0; p->spare_staging && i < p->task_count; i++) {
        staging_free(p->spare_staging[i]);
        if (p->spare_ledger[i])
            ledger_fini(p->spare_ledger[i]);
        free(p->spare_ledger[i]);
    }
}

bool pipeline_committed(const Pipeline *p, const LogPosition *ends, int count)
{
    for (int i = 0; i < p->feed_count; i++)
        for (int k = 0; k < count; k++)
            if (ends[k].partition == p->feeds[i]->partition &&
                str_eq(ends[k].topic, p->feeds[i]->source->topic) &&
                p->committed[i] < ends[k].offset)
                return false;
    return true;
}
