/* run_print.c: PRINT: the raw records of a topic as they are (statements.md 13.4). */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/utf8.h"
#include "engine/session_int.h"

enum { WAIT_MS = 100, READ_ROWS = 512 };

typedef struct Print {
    Session *s;
    ResultSink *out;
    Schema schema;
    SchemaColumn columns[4];
    LogReader **readers;
    int64_t *ends;
    int partitions;
    int64_t interval, seen, left; /* every n-th record; LIMIT, -1: none */
    bool follow;
} Print;

static Str text_of(Arena *a, Str bytes)
{
    if (!bytes.ptr)
        return STR_LIT("<null>");
    if (utf8_valid(bytes))
        return bytes;
    Buf b;
    buf_init(&b);
    text_put_base64(&b, bytes);
    Str s = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return s;
}

static Str time_text(Arena *a, int64_t ms)
{
    struct tm tm;
    time_t sec = (time_t)(ms >= 0 ? ms / 1000 : -((-ms + 999) / 1000));
    gmtime_r(&sec, &tm);
    return str_of(arena_printf(a, "%04d/%02d/%02d %02d:%02d:%02d.%03d Z", tm.tm_year + 1900,
                               tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                               (int)(ms - (int64_t)sec * 1000)));
}

static Rc send_records(Print *p, const LogBatch *in, int partition, Arena *a, Err *err)
{
    Batch *b = batch_new(a, &p->schema, in->count ? in->count : 1);
    for (int c = 0; c < 4; c++)
        batch_init_column(b, c);
    b->rows = 0;
    for (int i = 0; i < in->count && p->left != 0; i++) {
        const LogRecord *r = &in->records[i];
        if (p->seen++ % p->interval)
            continue;
        Str cells[] = {time_text(a, r->time), text_of(a, r->key), text_of(a, r->value),
                       str_of(arena_printf(a, "%d", partition))};
        for (int c = 0; c < 4; c++) {
            b->cols[c].str[b->rows] = cells[c];
            b->cols[c].valid[b->rows] = 1;
        }
        b->rows++;
        p->left -= p->left > 0;
    }
    return b->rows ? p->out->rows(p->out, b, err) : 0;
}

/* One pass over the partitions. */
static Rc print_pass(Print *p, Arena *a, bool *any, bool *all_done, Err *err)
{
    Rc rc = 0;
    *any = false;
    *all_done = true;
    for (int i = 0; i < p->partitions && !rc && p->left != 0; i++) {
        LogBatch in;
        rc = p->readers[i]->cls->read(p->readers[i], READ_ROWS, LIMIT_BATCH_BYTES, a, &in, err);
        while (!rc && !p->follow && in.count && in.records[in.count - 1].offset >= p->ends[i])
            in.count--;
        if (!rc)
            rc = send_records(p, &in, i, a, err);
        *any = *any || in.count;
        *all_done = *all_done && (rc || in.next_offset >= p->ends[i]);
        arena_reset(a);
    }
    return rc;
}

static Rc print_loop(Print *p, Err *err)
{
    Log *log = engine_log(p->s->engine);
    Arena a;
    Rc rc = 0;
    bool any, done = false;
    arena_init(&a, 0);
    while (!rc && p->left != 0 && !(p->s->cfg.cancel && *p->s->cfg.cancel)) {
        rc = print_pass(p, &a, &any, &done, err);
        if (!p->follow && done)
            break;
        if (!rc && !any)
            rc = log->cls->wait(log, WAIT_MS, err);
    }
    arena_fini(&a);
    return rc;
}

static Rc open_readers(Print *p, Str topic, bool beginning, Arena *a, Err *err)
{
    Log *log = engine_log(p->s->engine);
    LogTopic t;
    Rc rc = log->cls->topic_find(log, topic, &t, err);
    if (rc)
        return rc;
    p->partitions = t.partitions;
    p->readers = ARENA_ARRAY(a, LogReader *, t.partitions);
    p->ends = ARENA_ARRAY(a, int64_t, t.partitions);
    for (int i = 0; i < t.partitions && !rc; i++) {
        int64_t low;
        int64_t high;
        rc = log->cls->watermarks(log, topic, i, &low, &high, err);
        if (!rc)
            rc = log_end(log, topic, i, &p->ends[i], err);
        if (!rc)
            rc = log->cls->reader_open(log, topic, i, beginning ? low : p->ends[i], &p->readers[i],
                                       err);
    }
    return rc;
}

static int64_t literal(const SqlExpr *e, int64_t otherwise)
{
    int64_t v;
    return e && text_take_i64(e->text, &v) ? v : otherwise;
}

Rc run_print(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    static const char *const names[4] = {"rowtime", "key", "value", "partition"};
    Print p = {.s = s, .out = out, .follow = s->cfg.follow};
    p.schema = (Schema){.columns = p.columns, .count = 4};
    p.interval = literal(st->interval, 1) > 0 ? literal(st->interval, 1) : 1;
    p.left = literal(st->limit, -1);
    for (int c = 0; c < 4; c++)
        p.columns[c] =
            (SchemaColumn){.name = str_of(names[c]), .type = &type_string, .role = ROLE_VALUE};
    bool latest =
        str_eq(catalog_get(engine_catalog(s->engine), "auto.offset.reset"), STR_LIT("latest"));
    Rc rc = session_drain(s, NULL, 0, out, err);
    if (!rc)
        rc = open_readers(&p, st->name.text, st->from_beginning || !latest, a, err);
    ResultHead head = {.kind = RESULT_ROWS, .schema = &p.schema};
    if (!rc)
        rc = out->begin(out, &head, err);
    if (!rc)
        rc = print_loop(&p, err);
    if (!rc)
        rc = out->end(out, p.follow ? "Topic printing ceased" : NULL, err);
    for (int i = 0; i < p.partitions; i++)
        if (p.readers[i])
            p.readers[i]->cls->reader_close(p.readers[i]);
    return rc;
}
