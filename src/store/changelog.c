/* changelog.c: coding of a generation as log records, and the restore from them. See changelog.h.
 *
 *     01 store partition window key...   row        ; NULL: deleted
 *     02 store partition                 operator record, 8 bytes little-endian each
 *     03 store partition                 windows that start below this are gone, 8 bytes
 *
 * Numbers in keys are varints (zigzag for the window); the key's own bytes are the rest. Owns the
 * restore and its reader; log, disk and definitions are the caller's. */
#include "store/changelog.h"

#include <assert.h>

#include "base/mem.h"

enum { KIND_ROW = 1, KIND_RECORD = 2, KIND_BOUND = 3 };

/* ---- encoding ------------------------------------------------------------------------------ */

typedef struct Encoder {
    LogAppend *out;
    int count;
    Str topic;
    int64_t time_ms;
    Arena *arena;
    Buf scratch;
} Encoder;

static void put_head(Encoder *e, char kind, const StoreDef *def, int partition)
{
    buf_reset(&e->scratch);
    buf_putc(&e->scratch, kind);
    buf_put_varint(&e->scratch, (uint64_t)def->id);
    buf_put_varint(&e->scratch, (uint64_t)partition);
}

static void add(Encoder *e, int partition, Str key, Str value)
{
    e->out[e->count++] = (LogAppend){
        .topic = e->topic, .partition = partition, .key = key, .value = value, .time = e->time_ms};
}

/* Keys are copied; rows stay where they are, in the frozen generation. */
static Rc encode_row(void *ctx, const StoreDef *def, int partition, int64_t win, Str key, Str row,
                     Err *err)
{
    Encoder *e = ctx;
    (void)err;
    put_head(e, KIND_ROW, def, partition);
    buf_put_zigzag(&e->scratch, win);
    buf_put_str(&e->scratch, key);
    add(e, partition, arena_str(e->arena, buf_str(&e->scratch)), row);
    return 0;
}

static void encode_numbers(Encoder *e, char kind, const StoreGen *g, const int64_t *values,
                           int count)
{
    put_head(e, kind, gen_def(g), gen_partition(g));
    Str key = arena_str(e->arena, buf_str(&e->scratch));
    buf_reset(&e->scratch);
    for (int i = 0; i < count; i++)
        buf_put_u64(&e->scratch, (uint64_t)values[i]);
    add(e, gen_partition(g), key, arena_str(e->arena, buf_str(&e->scratch)));
}

Rc changelog_encode(const StoreGen *g, Str topic, int64_t time_ms, Arena *a, LogAppend **out,
                    int *count, Err *err)
{
    Encoder e = {.topic = topic, .time_ms = time_ms, .arena = a};
    e.out = ARENA_ARRAY(a, LogAppend, gen_rows(g) + 2);
    buf_init(&e.scratch);
    Rc rc = gen_visit(g, encode_row, &e, err);
    int64_t bound = gen_expired_below(g);
    if (!rc && bound != INT64_MIN)
        encode_numbers(&e, KIND_BOUND, g, &bound, 1);
    if (!rc && gen_record(g))
        encode_numbers(&e, KIND_RECORD, g, gen_record(g), gen_def(g)->record_count);
    buf_fini(&e.scratch);
    *out = e.out;
    *count = e.count;
    return rc;
}

/* ---- applying ------------------------------------------------------------------------------ */

static Rc damaged(const LogRecord *r, const char *what, Err *err)
{
    return err_set(err, ERR_KIND_FATAL, ERR_CORRUPT, "changelog record at offset %lld: %s",
                   (long long)r->offset, what);
}

static Rc apply_row(StoreDisk *d, const StoreDef *def, int partition, BufReader *at,
                    const LogRecord *r, Err *err)
{
    int64_t win = buf_take_zigzag(at);
    Str key = buf_take(at, (size_t)(at->end - at->at));
    if (at->bad || (def->kind == STORE_TABLE && win != 0))
        return damaged(r, "its key does not decode", err);
    if (r->value.ptr && !rowcode_valid(def->row, r->value))
        return damaged(r, "its row does not decode", err);
    return d->cls->put(d, def, partition, win, key, r->value, err);
}

static Rc apply_record(StoreDisk *d, const StoreDef *def, int partition, const LogRecord *r,
                       Err *err)
{
    if (!r->value.ptr || r->value.len != (uint64_t)def->record_count * 8)
        return damaged(r, "its operator record has another size", err);
    int64_t *values = mem_alloc((size_t)def->record_count * sizeof *values + 1);
    BufReader at = buf_reader(r->value);
    for (int i = 0; i < def->record_count; i++)
        values[i] = (int64_t)buf_take_u64(&at);
    Rc rc = d->cls->put_record(d, def, partition, values, err);
    mem_free(values);
    return rc;
}

static Rc apply_bound(StoreDisk *d, const StoreDef *def, int partition, const LogRecord *r,
                      Err *err)
{
    if (!r->value.ptr || r->value.len != 8 || def->kind != STORE_WINDOW)
        return damaged(r, "its expiry bound does not decode", err);
    BufReader at = buf_reader(r->value);
    return d->cls->expire(d, def, partition, (int64_t)buf_take_u64(&at), err);
}

static const StoreDef *find_def(const StoreDef *const *defs, int count, uint64_t id)
{
    for (int i = 0; i < count; i++) {
        if ((uint64_t)defs[i]->id == id)
            return defs[i];
    }
    return NULL;
}

Rc changelog_apply(StoreDisk *d, const StoreDef *const *defs, int def_count, int partition,
                   const LogRecord *r, Err *err)
{
    if (!r->key.ptr)
        return damaged(r, "it has no key", err);
    BufReader at = buf_reader(r->key);
    Str kind = buf_take(&at, 1);
    const StoreDef *def = find_def(defs, def_count, buf_take_varint(&at));
    uint64_t of = buf_take_varint(&at);
    if (at.bad)
        return damaged(r, "its key does not decode", err);
    if (!def)
        return damaged(r, "it is of a store that does not belong here", err);
    if (of != (uint64_t)partition)
        return damaged(r, "it is of another partition", err);
    Rc rc = d->cls->define(d, def, err);
    if (rc)
        return rc;
    if (kind.ptr[0] == KIND_ROW)
        return apply_row(d, def, partition, &at, r, err);
    if (at.at != at.end)
        return damaged(r, "its key does not decode", err);
    if (kind.ptr[0] == KIND_RECORD)
        return apply_record(d, def, partition, r, err);
    if (kind.ptr[0] == KIND_BOUND)
        return apply_bound(d, def, partition, r, err);
    return damaged(r, "it is of a kind that this version does not know", err);
}

/* ---- restoring ----------------------------------------------------------------------------- */

struct ChangelogRestore {
    const ChangelogSource *src;
    StoreDisk *disk;
    LogReader *reader; /* at `at`; NULL: to be opened there */
    int64_t at;        /* what the disk has, once `cleared` */
    bool clear;        /* first throw away what is there */
    Arena arena;
};

Rc changelog_restore_open(const ChangelogSource *src, StoreDisk *disk, ChangelogRestore **out,
                          Err *err)
{
    int64_t low, high, at;
    *out = NULL;
    Rc rc = disk->cls->position(disk, src->topic, src->partition, &at, err);
    if (!rc)
        rc = src->log->cls->watermarks(src->log, src->topic, src->partition, &low, &high, err);
    if (rc)
        return rc;
    ChangelogRestore *r = MEM_NEW(ChangelogRestore);
    *r = (ChangelogRestore){.src = src, .disk = disk, .at = at};
    if (at < low || at > high) {
        r->clear = true;
        r->at = low;
    }
    arena_init(&r->arena, 64 << 10);
    *out = r;
    return 0;
}

void changelog_restore_close(ChangelogRestore *r)
{
    if (!r)
        return;
    if (r->reader)
        r->reader->cls->reader_close(r->reader);
    arena_fini(&r->arena);
    mem_free(r);
}

int64_t changelog_restore_at(const ChangelogRestore *r)
{
    return r->at;
}

static Rc read_piece(ChangelogRestore *r, int max_rows, LogBatch *batch, Err *err)
{
    const ChangelogSource *s = r->src;
    Rc rc = 0;
    arena_reset(&r->arena);
    if (!r->reader)
        rc = s->log->cls->reader_open(s->log, s->topic, s->partition, r->at, &r->reader, err);
    if (!rc)
        rc = r->reader->cls->read(r->reader, max_rows, LIMIT_BATCH_BYTES, &r->arena, batch, err);
    return rc;
}

static Rc apply_piece(ChangelogRestore *r, const LogBatch *batch, Err *err)
{
    const ChangelogSource *s = r->src;
    StoreDisk *d = r->disk;
    Rc rc = 0;
    for (int i = 0; r->clear && i < s->def_count && !rc; i++)
        rc = d->cls->clear(d, s->defs[i], s->partition, err);
    for (int i = 0; i < batch->count && !rc; i++)
        rc = changelog_apply(d, s->defs, s->def_count, s->partition, &batch->records[i], err);
    return rc ? rc : d->cls->put_position(d, s->topic, s->partition, batch->next_offset, err);
}

static Rc write_piece(ChangelogRestore *r, const LogBatch *batch, Err *err)
{
    StoreDisk *d = r->disk;
    Rc rc = d->cls->begin(d, err);
    if (rc)
        return rc;
    rc = apply_piece(r, batch, err);
    if (!rc)
        rc = d->cls->commit(d, err);
    if (rc) {
        d->cls->rollback(d);
        return rc;
    }
    r->at = batch->next_offset;
    r->clear = false;
    return 0;
}

Rc changelog_restore_step(ChangelogRestore *r, int max_rows, bool *done, Err *err)
{
    *done = !r->clear && r->at >= r->src->end;
    if (*done)
        return 0;
    LogBatch batch;
    Rc rc = read_piece(r, max_rows, &batch, err);
    if (!rc && (r->clear || batch.next_offset > r->at))
        rc = write_piece(r, &batch, err);
    if (rc && r->reader) { /* it may be ahead of what the disk has */
        r->reader->cls->reader_close(r->reader);
        r->reader = NULL;
    }
    *done = !rc && r->at >= r->src->end;
    return rc;
}
