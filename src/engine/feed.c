/* feed.c: records of a source partition decoded into batches. See feed.h.
 *
 * A key leaves here in its canonical form, without its window. */
#include "engine/feed.h"

#include <assert.h>
#include <string.h>

/* Is there only one way to write a key of this source? Where there are more (blanks, 1.0 and 1.00,
 * the names' case, the many NaNs) keys are written anew, since they are compared as bytes. */
static bool has_one_coding(const PlanNode *source)
{
    const Schema *s = source->schema;
    return s->key_count == 0 || source->keyless ||
           (strcmp(source->key_format.format->name, "KAFKA") == 0 &&
            s->columns[0].type->kind != TYPE_DOUBLE);
}

static Rc place(Feed *f, Log *log, int64_t offset, Err *err)
{
    f->batch = NULL;
    f->at = f->ready = f->skip_count = f->skip_at = 0;
    f->next_offset = f->position = f->start = offset;
    f->own_reader = log != NULL;
    if (!log)
        return 0;
    return log->cls->reader_open(log, f->source->topic, f->partition, offset, &f->reader, err);
}

Rc feed_open(Feed *f, Log *log, const PlanNode *source, int partition, int64_t offset, Err *err)
{
    *f = (Feed){.source = source, .partition = partition, .end = -1};
    arena_init(&f->arena, 0);
    buf_init(&f->key_text);
    f->rewrite_keys = !has_one_coding(source);
    const Schema *s = source->schema;
    Rc rc = codec_open(&source->key_format, s->columns, s->key_count, true, &f->key_codec, err);
    if (!rc)
        rc = codec_open(&source->value_format, s->columns + s->key_count, s->count - s->key_count,
                        false, &f->value_codec, err);
    if (!rc)
        rc = place(f, log, offset, err);
    if (rc)
        feed_close(f);
    return rc;
}

void feed_close(Feed *f)
{
    if (f->reader && f->own_reader)
        f->reader->cls->reader_close(f->reader);
    f->reader = NULL;
    codec_close(f->key_codec);
    codec_close(f->value_codec);
    f->key_codec = f->value_codec = NULL;
    buf_fini(&f->key_text);
    arena_fini(&f->arena);
}

bool feed_at_end(const Feed *f)
{
    return feed_rows(f) == 0 && f->end >= 0 && f->next_offset >= f->end;
}

static void skip(Feed *f, const LogRecord *r, OpReason reason, const Err *why)
{
    FeedSkip *s = &f->skips[f->skip_count++];
    *s = (FeedSkip){r->offset, r->time,
                    reason,    str_of(arena_strndup(&f->arena, why->text, strlen(why->text))),
                    r->key,    r->value};
}

static int64_t take_be64(const char *at)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | (uint8_t)at[i];
    return (int64_t)v;
}

/* The window stands behind the key (statements.md 12.8): of time its start, of a session its end
 * and its start. */
static Rc take_window(Feed *f, Str *key, int row, Err *err)
{
    const Schema *s = f->source->schema;
    if (!s->window)
        return 0;
    uint32_t bytes = s->window == WINDOW_SESSION ? 16 : 8;
    if (key->len < bytes)
        return err_set(err, ERR_KIND_DATA, ERR_DECODE,
                       "the key has no window: %u bytes are too few", key->len);
    key->len -= bytes;
    int64_t start = take_be64(key->ptr + key->len + bytes - 8);
    int64_t end = s->window == WINDOW_SESSION ? take_be64(key->ptr + key->len) : 0;
    if (s->window != WINDOW_SESSION && __builtin_add_overflow(start, s->window_size_ms, &end))
        end = INT64_MAX;
    f->batch->win_start[row] = start;
    f->batch->win_end[row] = end;
    return 0;
}

static Rc take_key(Feed *f, Str bytes, int row, Str *key, Err *err)
{
    Batch *b = f->batch;
    bool is_null = false;
    *key = bytes;
    Rc rc = take_window(f, key, row, err);
    if (!rc)
        rc =
            f->key_codec->format->decode(f->key_codec, *key, b->cols, row, b->arena, &is_null, err);
    if (!rc && f->rewrite_keys && !is_null) {
        buf_reset(&f->key_text);
        rc = f->key_codec->format->encode(f->key_codec, b->cols, row, &f->key_text, &is_null, err);
        if (!rc && !is_null && !str_eq(*key, buf_str(&f->key_text)))
            *key = arena_str(&f->arena, buf_str(&f->key_text));
    }
    if (is_null)
        *key = STR_NULL;
    return rc;
}

/* One record into row `row`; false when it had to be skipped. */
static bool decode(Feed *f, const LogRecord *r, int row)
{
    Batch *b = f->batch;
    const Schema *schema = f->source->schema;
    Err err = ERR_INIT;
    bool no_value = true, has_key = r->key.ptr && !f->source->keyless && schema->key_count;
    b->key[row] = STR_NULL;
    if (b->win_start)
        b->win_start[row] = b->win_end[row] = 0;
    if (has_key && take_key(f, r->key, row, &b->key[row], &err)) {
        skip(f, r, REASON_UNDECODABLE_KEY, &err);
        return false;
    }
    if (r->value.ptr &&
        f->value_codec->format->decode(f->value_codec, r->value, b->cols + schema->key_count, row,
                                       b->arena, &no_value, &err)) {
        skip(f, r, REASON_UNDECODABLE_VALUE, &err);
        return false;
    }
    for (int c = 0; c < schema->count; c++) {
        bool absent = c < schema->key_count ? !has_key : !r->value.ptr || no_value;
        if (absent && b->cols[c].any)
            b->cols[c].valid[row] = 0;
    }
    b->new_state[row] = r->value.ptr && !no_value ? SIDE_ROW : SIDE_NONE;
    b->old_state[row] = f->source->is_table ? SIDE_UNKNOWN : SIDE_NONE;
    b->time[row] = r->time;
    b->partition[row] = f->partition;
    b->offset[row] = r->offset;
    f->arrival[row] = r->arrival;
    if (r->headers.count) {
        if (!b->headers)
            b->headers = ARENA_ARRAY(&f->arena, Headers, b->rows);
        b->headers[row] = r->headers;
    }
    return true;
}

static void make_batch(Feed *f, int rows)
{
    const Schema *s = f->source->schema;
    f->batch = batch_new(&f->arena, s, rows);
    f->arrival = ARENA_ARRAY(&f->arena, uint64_t, rows);
    f->skips = ARENA_ARRAY(&f->arena, FeedSkip, rows);
    for (int c = 0; c < s->count; c++)
        if (f->source->used[c] || (f->rewrite_keys && c < s->key_count))
            batch_init_column(f->batch, c);
    if (s->window) {
        f->batch->win_start = ARENA_ARRAY(&f->arena, int64_t, rows);
        f->batch->win_end = ARENA_ARRAY(&f->arena, int64_t, rows);
    }
}

Rc feed_fill(Feed *f, int max_rows, Err *err)
{
    if (f->held || feed_rows(f) > 0 || feed_at_end(f))
        return 0;
    f->batch = NULL;
    arena_reset(&f->arena);
    f->at = f->ready = f->skip_count = f->skip_at = 0;
    LogBatch in;
    Rc rc = f->reader->cls->read(f->reader, max_rows, LIMIT_BATCH_BYTES, &f->arena, &in, err);
    if (rc)
        return rc;
    while (f->end >= 0 && in.count && in.records[in.count - 1].offset >= f->end) {
        in.next_offset = f->end;
        in.count--;
    }
    f->next_offset = in.next_offset;
    if (in.count == 0) {
        f->position = in.next_offset;
        return 0;
    }
    make_batch(f, in.count);
    int rows = 0;
    for (int i = 0; i < in.count; i++)
        rows += decode(f, &in.records[i], rows);
    f->batch->rows = rows;
    if (rows == 0) /* only skips: pass them now, or they would be read again for ever */
        feed_take(f, 0, &f->arena);
    return 0;
}

/* Skipped records in front of `position` go to the ledger. */
static void pass_skips(Feed *f)
{
    for (; f->skip_at < f->skip_count && f->skips[f->skip_at].offset < f->position; f->skip_at++) {
        const FeedSkip *s = &f->skips[f->skip_at];
        LedgerRow row = {.topic = f->source->topic,
                         .partition = f->partition,
                         .offset = s->offset,
                         .time = s->time,
                         .reason = s->reason,
                         .op = "",
                         .detail = s->detail,
                         .key = s->key,
                         .value = s->value};
        ledger_put(f->ledger, &row);
    }
}

Batch *feed_take(Feed *f, int n, Arena *a)
{
    assert(n <= feed_rows(f));
    Batch *b = batch_slice(a, f->batch, f->at, n);
    f->at += n;
    if (f->at == f->batch->rows)
        f->position = f->next_offset;
    else if (n > 0)
        f->position = f->batch->offset[f->at - 1] + 1;
    pass_skips(f);
    return b;
}
