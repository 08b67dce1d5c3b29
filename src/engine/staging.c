/* staging.c: staged output rows, coalescing, and their encoding for the sink. See staging.h. */
#include "engine/staging.h"

#include <assert.h>
#include <stdlib.h>

enum { FIRST_SLOTS = 1024, ENCODE_ROWS = LIMIT_BATCH_ROWS };

/* What is sorted in place of rows: a row is a hundred bytes. */
typedef struct SeqIndex {
    uint64_t seq;
    uint32_t row;
} SeqIndex;

typedef struct StageSlot {
    uint32_t hash;
    uint32_t row; /* index + 1; 0: free */
} StageSlot;

struct Staging {
    const PlanNode *sink;
    bool coalesce;
    Arena query;   /* codings */
    Arena arena;   /* headers of staged rows */
    RowCode *code; /* all columns of the sink's schema */
    StagedRow *rows;
    int count, cap;
    SeqIndex *order; /* coalescing: rows by seq, when sorted */
    int order_cap;
    bool sorted;
    Buf bytes;        /* keys and coded rows */
    StageSlot *slots; /* coalescing: rows by key and window */
    uint32_t slot_mask;
    Codec *key_codec, *value_codec;
};

Staging *staging_new(const PlanNode *sink, bool coalesce)
{
    Staging *s = calloc(1, sizeof *s);
    assert(s);
    s->sink = sink;
    s->coalesce = coalesce && sink->is_table;
    arena_init(&s->query, 0);
    arena_init(&s->arena, 0);
    buf_init(&s->bytes);
    const Schema *schema = sink->schema;
    const Type **types = ARENA_ARRAY(&s->query, const Type *, schema->count);
    for (int c = 0; c < schema->count; c++)
        types[c] = schema->columns[c].type;
    s->code = rowcode_new(&s->query, types, schema->count);
    return s;
}

void staging_free(Staging *s)
{
    if (!s)
        return;
    codec_close(s->key_codec);
    codec_close(s->value_codec);
    free(s->rows);
    free(s->slots);
    free(s->order);
    buf_fini(&s->bytes);
    arena_fini(&s->arena);
    arena_fini(&s->query);
    free(s);
}

void staging_reset(Staging *s)
{
    s->count = 0;
    s->sorted = false;
    buf_reset(&s->bytes);
    arena_reset(&s->arena);
    if (s->slots)
        memset(s->slots, 0, ((size_t)s->slot_mask + 1) * sizeof *s->slots);
}

int staging_count(const Staging *s)
{
    return s->count;
}
size_t staging_bytes(const Staging *s)
{
    return s->bytes.len + (size_t)s->count * sizeof(StagedRow);
}
const PlanNode *staging_sink(const Staging *s)
{
    return s->sink;
}

static Str row_key(const Staging *s, const StagedRow *r)
{
    if (r->key_at == UINT32_MAX)
        return STR_NULL;
    return str_make(s->bytes.ptr + r->key_at, r->key_len);
}

static uint32_t hash_of(Str key, int64_t win)
{
    uint64_t h = str_hash(key) ^ ((uint64_t)win * 0x9E3779B97F4A7C15u);
    return (uint32_t)(h ^ h >> 32);
}

static void grow_slots(Staging *s)
{
    StageSlot *old = s->slots;
    uint32_t old_count = old ? s->slot_mask + 1 : 0, n = old ? 2 * old_count : FIRST_SLOTS;
    s->slots = calloc(n, sizeof *s->slots);
    assert(s->slots);
    s->slot_mask = n - 1;
    for (uint32_t i = 0; i < old_count; i++) {
        if (!old[i].row)
            continue;
        uint32_t at = old[i].hash & s->slot_mask;
        while (s->slots[at].row)
            at = (at + 1) & s->slot_mask;
        s->slots[at] = old[i];
    }
    free(old);
}

/* The slot that holds the key, or the free one where it belongs. */
static StageSlot *find_slot(Staging *s, uint32_t hash, Str key, int64_t win)
{
    uint32_t at = hash & s->slot_mask;
    for (; s->slots[at].row; at = (at + 1) & s->slot_mask) {
        if (s->slots[at].hash != hash)
            continue;
        const StagedRow *r = &s->rows[s->slots[at].row - 1];
        if (r->win_start == win && str_eq(row_key(s, r), key))
            break;
    }
    return &s->slots[at];
}

static StagedRow *add_row(Staging *s, Str key)
{
    if (s->count == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 256;
        s->rows = realloc(s->rows, (size_t)s->cap * sizeof *s->rows);
        assert(s->rows);
    }
    StagedRow *r = &s->rows[s->count++];
    *r = (StagedRow){.key_at = UINT32_MAX};
    if (key.ptr) {
        assert(s->bytes.len < UINT32_MAX);
        r->key_at = (uint32_t)s->bytes.len;
        r->key_len = key.len;
        buf_put_str(&s->bytes, key);
    }
    return r;
}

static void copy_headers(Staging *s, StagedRow *r, const Batch *b, int row)
{
    r->headers = (Headers){0};
    if (!b->headers || b->headers[row].count == 0)
        return;
    int n = b->headers[row].count;
    Header *items = ARENA_ARRAY(&s->arena, Header, n);
    for (int i = 0; i < n; i++) {
        items[i].key = arena_str(&s->arena, b->headers[row].items[i].key);
        items[i].value = arena_str(&s->arena, b->headers[row].items[i].value);
    }
    r->headers = (Headers){items, n};
}

static void put_row(Staging *s, const Batch *b, int row, uint32_t hash)
{
    int64_t win = b->win_start ? b->win_start[row] : 0;
    StagedRow *r = NULL;
    if (s->coalesce && b->key[row].ptr) {
        StageSlot *slot = find_slot(s, hash, b->key[row], win);
        if (slot->row)
            r = &s->rows[slot->row - 1];
        else
            *slot = (StageSlot){hash, (uint32_t)s->count + 1};
    }
    bool first = !r;
    if (first) {
        r = add_row(s, b->key[row]);
        r->old_state = b->old_state[row];
        r->win_start = win;
        r->win_end = b->win_end ? b->win_end[row] : 0;
    }
    r->seq = b->seq[row];
    r->time = b->time[row];
    r->partition = b->partition[row];
    r->offset = b->offset[row];
    r->new_state = b->new_state[row];
    r->dropped = s->coalesce && r->new_state == SIDE_NONE && r->old_state == SIDE_NONE;
    copy_headers(s, r, b, row);
    size_t at = s->bytes.len;
    rowcode_encode(s->code, &s->bytes, b->cols, row);
    if (!first && s->code->fixed) { /* the same size: over the row before */
        assert(s->bytes.len - at == r->row_len);
        memcpy(s->bytes.ptr + r->row_at, s->bytes.ptr + at, r->row_len);
        s->bytes.len = at;
        return;
    }
    r->row_at = at;
    r->row_len = (uint32_t)(s->bytes.len - at);
}

/* The table is larger than the caches: all slots of a batch are asked for before the first is used.
 */
static void hash_rows(Staging *s, const Batch *b, uint32_t *hashes)
{
    while (!s->slots || (uint32_t)(s->count + b->rows) * 2 > s->slot_mask)
        grow_slots(s);
    for (int row = 0; row < b->rows; row++) {
        hashes[row] = hash_of(b->key[row], b->win_start ? b->win_start[row] : 0);
        __builtin_prefetch(&s->slots[hashes[row] & s->slot_mask]);
    }
}

void staging_put(Staging *s, const Batch *b)
{
    uint32_t hashes[LIMIT_BATCH_ROWS];
    assert(b->rows <= LIMIT_BATCH_ROWS);
    s->sorted = false;
    if (s->coalesce)
        hash_rows(s, b, hashes);
    for (int row = 0; row < b->rows; row++)
        put_row(s, b, row, s->coalesce ? hashes[row] : 0);
}

static int by_seq(const void *a, const void *b)
{
    const SeqIndex *x = a, *y = b;
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* Without coalescing rows came in seq order, and rows of one seq must keep theirs. */
void staging_sort(Staging *s)
{
    if (!s->coalesce || s->sorted)
        return;
    if (s->order_cap < s->count) {
        s->order_cap = s->cap;
        s->order = realloc(s->order, (size_t)s->order_cap * sizeof *s->order);
        assert(s->order);
    }
    for (int i = 0; i < s->count; i++)
        s->order[i] = (SeqIndex){s->rows[i].seq, (uint32_t)i};
    if (s->count > 1)
        qsort(s->order, (size_t)s->count, sizeof *s->order, by_seq);
    s->sorted = true;
}

const StagedRow *staging_at(const Staging *s, int i)
{
    return s->sorted ? &s->rows[s->order[i].row] : &s->rows[i];
}

Rc staging_batch(const Staging *s, int from, int n, Arena *a, Batch **out, Err *err)
{
    const Schema *schema = s->sink->schema;
    Batch *b = batch_new(a, schema, n);
    for (int c = 0; c < schema->count; c++)
        batch_init_column(b, c);
    b->headers = ARENA_ARRAY(a, Headers, n);
    if (schema->window) {
        b->win_start = ARENA_ARRAY(a, int64_t, n);
        b->win_end = ARENA_ARRAY(a, int64_t, n);
    }
    for (int i = 0; i < n; i++) {
        const StagedRow *r = staging_at(s, from + i);
        b->seq[i] = r->seq;
        b->time[i] = r->time;
        b->partition[i] = r->partition;
        b->offset[i] = r->offset;
        b->new_state[i] = r->new_state;
        b->old_state[i] = r->old_state == SIDE_ROW ? SIDE_UNKNOWN : r->old_state;
        b->key[i] = row_key(s, r);
        b->headers[i] = r->headers;
        if (schema->window) {
            b->win_start[i] = r->win_start;
            b->win_end[i] = r->win_end;
        }
        Rc rc = rowcode_decode(s->code, str_make(s->bytes.ptr + r->row_at, r->row_len), b->cols, i,
                               a, err);
        if (rc)
            return rc;
    }
    *out = b;
    return 0;
}

/* ---- encoding for the log ------------------------------------------------------------------ */

static Rc open_codecs(Staging *s, Err *err)
{
    if (s->value_codec)
        return 0;
    const Schema *schema = s->sink->schema;
    int keys = schema->key_count;
    Rc rc = codec_open(&s->sink->key_format, schema->columns, keys, true, &s->key_codec, err);
    if (!rc)
        rc = codec_open(&s->sink->value_format, schema->columns + keys, schema->count - keys, false,
                        &s->value_codec, err);
    return rc;
}

/* The record's key: the canonical key bytes, and the window behind them (statements.md 12.8). */
static Str record_key(const Schema *schema, const Batch *b, int row, Arena *a)
{
    if (!schema->window || !b->key[row].ptr)
        return b->key[row];
    bool session = schema->window == WINDOW_SESSION;
    uint32_t len = b->key[row].len;
    char *p = arena_alloc(a, len + 16u);
    memcpy(p, b->key[row].ptr, len);
    uint64_t words[2] = {(uint64_t)(session ? b->win_end[row] : b->win_start[row]),
                         (uint64_t)b->win_start[row]};
    int count = session ? 2 : 1;
    for (int w = 0; w < count; w++)
        for (int i = 0; i < 8; i++)
            p[len + (uint32_t)(w * 8 + i)] = (char)(words[w] >> (56 - 8 * i));
    return str_make(p, len + 8u * (uint32_t)count);
}

static void push_record(StagedRecords *out, Arena *a, LogAppend rec, uint64_t seq)
{
    if (out->count == out->cap) {
        int cap = out->cap ? out->cap * 2 : 1024;
        LogAppend *items = arena_alloc(a, (size_t)cap * sizeof *items);
        uint64_t *seqs = arena_alloc(a, (size_t)cap * sizeof *seqs);
        if (out->count) {
            memcpy(items, out->items, (size_t)out->count * sizeof *items);
            memcpy(seqs, out->seqs, (size_t)out->count * sizeof *seqs);
        }
        out->items = items;
        out->seqs = seqs;
        out->cap = cap;
    }
    out->items[out->count] = rec;
    out->seqs[out->count++] = seq;
}

/* The value bytes of one row, copied into `a`; ptr NULL for a tombstone. */
static Rc encode_value(Staging *s, const Batch *b, int row, Buf *tmp, Arena *a, Str *out, Err *err)
{
    *out = STR_NULL;
    if (b->new_state[row] != SIDE_ROW)
        return 0;
    bool is_null = false;
    buf_reset(tmp);
    Rc rc = s->value_codec->format->encode(s->value_codec, b->cols + b->schema->key_count, row, tmp,
                                           &is_null, err);
    if (!rc && !is_null)
        *out = str_make(arena_strndup(a, tmp->ptr ? tmp->ptr : "", tmp->len), tmp->len);
    return rc;
}

static int64_t record_time(const PlanNode *sink, const Batch *b, int row)
{
    int c = sink->timestamp_column;
    if (c < 0 || b->new_state[row] != SIDE_ROW)
        return b->time[row];
    if (!b->cols[c].valid[row])
        return -1;
    return b->cols[c].i64[row];
}

Rc staging_encode(Staging *s, Arena *a, StagedRecords *out,
                  void (*refuse)(void *ctx, const StagedRow *row, const char *why), void *ctx,
                  Err *err)
{
    Rc rc = open_codecs(s, err);
    Arena round;
    arena_init(&round, 0);
    Buf tmp;
    buf_init(&tmp);
    staging_sort(s);
    const PlanNode *sink = s->sink;
    for (int from = 0; from < s->count && !rc; from += ENCODE_ROWS) {
        int n = s->count - from < ENCODE_ROWS ? s->count - from : ENCODE_ROWS;
        Batch *b = NULL;
        arena_reset(&round);
        rc = staging_batch(s, from, n, &round, &b, err);
        for (int i = 0; i < n && !rc; i++) {
            const StagedRow *r = staging_at(s, from + i);
            if (r->dropped)
                continue;
            LogAppend rec = {.topic = sink->topic, .headers = r->headers};
            rec.time = record_time(sink, b, i);
            Err why = ERR_INIT;
            if (rec.time < 0)
                err_set(&why, ERR_KIND_DATA, ERR_EVAL, "no timestamp");
            else
                encode_value(s, b, i, &tmp, a, &rec.value, &why);
            if (why.kind != ERR_KIND_NONE) {
                refuse(ctx, r, why.text);
                continue;
            }
            rec.key = record_key(sink->schema, b, i, a);
            /* The inner key decides, so that all windows of a key share a partition. */
            rec.partition = log_partition_of(b->key[i], sink->partitions, (uint64_t)r->partition);
            push_record(out, a, rec, r->seq);
        }
    }
    buf_fini(&tmp);
    arena_fini(&round);
    return rc;
}
