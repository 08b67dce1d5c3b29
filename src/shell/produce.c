/* produce.c: `oxbow produce` and `oxbow print`: records of a topic in and out, without SQL. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"
#include "shell/shell_int.h"

enum { FLUSH_RECORDS = 10000, FLUSH_BYTES = 4 << 20, FLUSH_MS = 100, PRINT_ROWS = 512 };

/* ---- produce ------------------------------------------------------------------------------- */

typedef struct Produce {
    Shell sh;
    Str topic;
    int partitions;
    const char *separator;
    bool json;
    JsonParser *parser;
    Arena arena; /* of the records that wait */
    LogAppend *items;
    int count, cap;
    size_t bytes;
    int64_t first_ns; /* when the oldest waiting record came */
    uint64_t line, written, bad;
} Produce;

static Rc flush_records(Produce *p, Err *err)
{
    if (p->count == 0)
        return 0;
    Rc rc = engine_append(p->sh.engine, p->items, p->count, err);
    if (rc)
        return rc;
    p->written += (uint64_t)p->count;
    p->count = 0;
    p->bytes = 0;
    arena_reset(&p->arena);
    return 0;
}

static void put_record(Produce *p, LogAppend rec)
{
    if (p->count == p->cap) {
        p->cap = p->cap ? 2 * p->cap : 1024;
        p->items = realloc(p->items, (size_t)p->cap * sizeof *p->items);
    }
    if (p->count == 0)
        p->first_ns = clock_monotonic_ns();
    rec.topic = p->topic;
    p->bytes += rec.key.len + rec.value.len;
    p->items[p->count++] = rec;
}

/* key SEP value, or value alone. */
static bool take_text(Produce *p, Str line)
{
    LogAppend rec = {.key = STR_NULL, .value = line, .time = clock_wall_ms()};
    if (p->separator) {
        const char *at = memmem(line.ptr, line.len, p->separator, strlen(p->separator));
        if (!at)
            return false;
        rec.key = str_make(line.ptr, (size_t)(at - line.ptr));
        at += strlen(p->separator);
        rec.value = str_make(at, line.len - (size_t)(at - line.ptr));
    }
    rec.key = arena_str(&p->arena, rec.key);
    rec.value = arena_str(&p->arena, rec.value);
    rec.partition = log_partition_of(rec.key, p->partitions, p->line);
    put_record(p, rec);
    return true;
}

/* A member of the object, or NULL. */
static const JsonToken *member(const JsonToken *t, const char *name)
{
    uint32_t at = 1;
    for (uint32_t i = 0; i < t->count; i++, at = t[at + 1].next)
        if (str_eq(t[at].text, str_of(name)))
            return &t[at + 1];
    return NULL;
}

static bool take_bytes(Produce *p, const JsonToken *t, const char *plain, const char *coded,
                       Str *out)
{
    const JsonToken *v = member(t, plain);
    *out = STR_NULL;
    if (v && v->kind != JSON_NULL) {
        *out = arena_str(&p->arena, v->text);
        return v->kind == JSON_STRING;
    }
    v = member(t, coded);
    if (!v)
        return true;
    Buf b;
    buf_init(&b);
    bool ok = v->kind == JSON_STRING && text_take_base64(v->text, &b);
    *out = arena_str(&p->arena, buf_str(&b));
    buf_fini(&b);
    return ok;
}

/* What `oxbow print -o json` writes. */
static bool take_json(Produce *p, Str line)
{
    const JsonToken *t, *v;
    uint32_t n;
    Err ignored = ERR_INIT;
    LogAppend rec = {.time = clock_wall_ms()};
    if (json_parse(p->parser, line, &t, &n, &ignored) || t->kind != JSON_OBJECT)
        return false;
    if (!take_bytes(p, t, "key", "key_base64", &rec.key) ||
        !take_bytes(p, t, "value", "value_base64", &rec.value))
        return false;
    if ((v = member(t, "timestamp")) && v->kind == JSON_INT)
        rec.time = v->i64;
    rec.partition = log_partition_of(rec.key, p->partitions, p->line);
    if ((v = member(t, "partition")) && v->kind == JSON_INT && v->i64 >= 0 &&
        v->i64 < p->partitions)
        rec.partition = (int)v->i64;
    put_record(p, rec);
    return true;
}

static void take_line(Produce *p, Buf *b, size_t n)
{
    p->line++;
    buf_reserve(b, JSON_SLACK_BYTES);
    Str line = str_make(b->ptr, n);
    if (p->json ? take_json(p, line) : take_text(p, line))
        return;
    p->bad++;
    fprintf(stderr, "line %llu: %s\n", (unsigned long long)p->line,
            p->json ? "not a record in JSON" : "the separator is not there");
}

/* Lines in `b` become records; what follows the last newline stays. */
static void take_lines(Produce *p, Buf *b, bool end)
{
    size_t at = 0;
    Buf line;
    buf_init(&line);
    while (at < b->len) {
        const char *nl = memchr(b->ptr + at, '\n', b->len - at);
        if (!nl && !end)
            break;
        size_t n = nl ? (size_t)(nl - b->ptr) - at : b->len - at;
        buf_reset(&line);
        buf_put(&line, b->ptr + at, n);
        take_line(p, &line, n);
        at += n + 1;
    }
    buf_fini(&line);
    at = at < b->len ? at : b->len;
    if (at)
        memmove(b->ptr, b->ptr + at, b->len - at);
    b->len -= at;
}

static bool must_flush(const Produce *p)
{
    return p->count >= FLUSH_RECORDS || p->bytes >= FLUSH_BYTES ||
           (p->count && clock_monotonic_ns() - p->first_ns >= FLUSH_MS * 1000000ll);
}

static Rc produce_loop(Produce *p, int fd, Err *err)
{
    Buf b;
    buf_init(&b);
    Rc rc = 0;
    bool end = false;
    while (!end && !rc) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int ready = poll(&wait, 1, p->count ? FLUSH_MS : 1000);
        if (ready > 0) {
            ssize_t n = read(fd, buf_reserve(&b, 65536), 65536);
            end = n == 0;
            b.len += n > 0 ? (size_t)n : 0;
            take_lines(p, &b, end);
        }
        end = end || shell_cancel;
        if (b.len > LIMIT_RECORD_BYTES)
            rc = err_set(err, ERR_KIND_USER, ERR_LIMIT, "line %llu is longer than %d bytes",
                         (unsigned long long)p->line + 1, LIMIT_RECORD_BYTES);
        if (!rc && (end || must_flush(p)))
            rc = flush_records(p, err);
    }
    buf_fini(&b);
    return rc;
}

static Rc find_topic(Shell *sh, const Options *o, LogTopic *t, Err *err)
{
    Log *log = engine_log(sh->engine);
    Str name = str_of(o->args[0]);
    Rc rc = log->cls->topic_find(log, name, t, err);
    if (rc == ERR_NOT_FOUND && o->create && o->command[1] == 'r' &&
        strcmp(o->command, "produce") == 0) {
        err_clear(err);
        rc = log->cls->topic_create(log, name, 1, 1, false, err);
        if (!rc)
            rc = log->cls->topic_find(log, name, t, err);
    } else if (rc == ERR_NOT_FOUND && strcmp(o->command, "produce") == 0) {
        err_set(err, ERR_KIND_USER, ERR_NOT_FOUND, "topic '%s' does not exist; --create makes it",
                o->args[0]);
    }
    return rc;
}

int shell_produce(const Options *o)
{
    Produce p = {.separator = o->separator, .json = o->json};
    LogTopic topic;
    Err err = ERR_INIT;
    FILE *in = stdin;
    shell_signals();
    if (o->arg_count < 1 || o->arg_count > 2) {
        fprintf(stderr, "oxbow: produce wants a topic and at most one file\n");
        return EXIT_WRONG_USAGE;
    }
    arena_init(&p.arena, 1 << 20);
    p.parser = json_new();
    Rc rc = shell_open(&p.sh, o, false, false, &err);
    if (!rc)
        rc = find_topic(&p.sh, o, &topic, &err);
    if (!rc && o->arg_count == 2 && !(in = fopen(o->args[1], "rb")))
        rc = err_set(&err, ERR_KIND_USER, ERR_USAGE, "cannot read %s", o->args[1]);
    if (!rc) {
        p.topic = str_of(o->args[0]);
        p.partitions = topic.partitions;
        rc = produce_loop(&p, fileno(in), &err);
    }
    int status = rc ? shell_report(&p.sh, NULL, STR_LIT(""), &err) : EXIT_DONE;
    if (!rc && !o->quiet)
        fprintf(stderr, "%llu record%s written\n", (unsigned long long)p.written,
                p.written == 1 ? "" : "s");
    if (in && in != stdin)
        fclose(in);
    shell_close(&p.sh);
    json_free(p.parser);
    arena_fini(&p.arena);
    free(p.items);
    return status == EXIT_DONE && p.bad ? EXIT_FAILED : status;
}

/* ---- print --------------------------------------------------------------------------------- */

static void put_json_string(Buf *out, Str s)
{
    buf_putc(out, '"');
    for (uint32_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            buf_printf(out, "\\u%04x", c);
        else
            buf_putc(out, (char)c);
    }
    buf_putc(out, '"');
}

/* A message part: text as text, what is not UTF-8 as base64. */
static void put_part(Buf *out, const char *name, Str s)
{
    bool text = !s.ptr || utf8_valid(s);
    buf_printf(out, ",\"%s%s\":", name, text ? "" : "_base64");
    if (!s.ptr) {
        buf_puts(out, "null");
        return;
    }
    if (text) {
        put_json_string(out, s);
        return;
    }
    buf_putc(out, '"');
    text_put_base64(out, s);
    buf_putc(out, '"');
}

static void put_headers(Buf *out, const Headers *h)
{
    buf_puts(out, ",\"headers\":[");
    for (int i = 0; i < h->count; i++) {
        buf_puts(out, i ? ",{\"key\":" : "{\"key\":");
        put_json_string(out, h->items[i].key);
        put_part(out, "value", h->items[i].value);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void put_plain(Buf *out, Str s, bool safe)
{
    if (!s.ptr)
        buf_puts(out, "<null>");
    else if (safe)
        utf8_put_safe(out, s, false);
    else
        buf_put_str(out, s);
}

static void print_record(Renderer *r, const char *topic, int partition, const LogRecord *rec)
{
    Buf *out = &r->out;
    if (strcmp(r->format->name, "json") == 0) {
        buf_puts(out, "{\"topic\":");
        put_json_string(out, str_of(topic));
        buf_printf(out, ",\"partition\":%d,\"offset\":%lld,\"timestamp\":%lld", partition,
                   (long long)rec->offset, (long long)rec->time);
        put_part(out, "key", rec->key);
        put_part(out, "value", rec->value);
        put_headers(out, &rec->headers);
        buf_puts(out, "}\n");
        return;
    }
    buf_printf(out, "%d:%lld  %lld  ", partition, (long long)rec->offset, (long long)rec->time);
    put_plain(out, rec->key, r->terminal);
    buf_puts(out, "  ");
    put_plain(out, rec->value, r->terminal);
    buf_putc(out, '\n');
}

typedef struct PrintRun {
    Shell sh;
    const Options *o;
    LogReader *readers[LIMIT_PARTITIONS];
    int64_t ends[LIMIT_PARTITIONS];
    int partitions;
} PrintRun;

static Rc open_print(PrintRun *p, Err *err)
{
    Log *log = engine_log(p->sh.engine);
    Str topic = str_of(p->o->args[0]);
    int64_t low, from, until = INT64_MAX;
    Rc rc = 0;
    if ((p->o->from && !text_take_i64(str_of(p->o->from), &from)) ||
        (p->o->until && !text_take_i64(str_of(p->o->until), &until)))
        return err_set(err, ERR_KIND_USER, ERR_USAGE, "--from and --until want an offset");
    for (int i = 0; i < p->partitions && !rc; i++) {
        int64_t high;
        rc = log->cls->watermarks(log, topic, i, &low, &high, err);
        if (!rc)
            rc = log_end(log, topic, i, &p->ends[i], err);
        if (until < p->ends[i] || p->o->tail)
            p->ends[i] = p->o->tail && !p->o->until ? INT64_MAX : until;
        if (!rc)
            rc = log->cls->reader_open(log, topic, i, p->o->from ? from : low, &p->readers[i], err);
    }
    return rc;
}

static Rc print_all(PrintRun *p, Err *err)
{
    Log *log = engine_log(p->sh.engine);
    Arena a;
    arena_init(&a, 0);
    Rc rc = 0;
    bool done = false;
    while (!rc && !done && !shell_cancel) {
        bool any = false;
        done = true;
        for (int i = 0; i < p->partitions && !rc; i++) {
            LogBatch in = {0};
            LogReader *r = p->readers[i];
            rc = r->cls->read(r, PRINT_ROWS, LIMIT_BATCH_BYTES, &a, &in, err);
            for (int k = 0; k < in.count && in.records[k].offset < p->ends[i]; k++)
                print_record(&p->sh.renderer, p->o->args[0], i, &in.records[k]);
            if (!rc)
                rc = render_flush(&p->sh.renderer, err);
            any = any || in.count;
            done = done && !p->o->tail && in.next_offset >= p->ends[i];
            arena_reset(&a);
        }
        if (!rc && !any && !done)
            rc = log->cls->wait(log, 100, err);
    }
    arena_fini(&a);
    return rc;
}

int shell_print(const Options *o)
{
    PrintRun *p = calloc(1, sizeof *p);
    LogTopic topic;
    Err err = ERR_INIT;
    shell_signals();
    p->o = o;
    if (o->arg_count != 1) {
        fprintf(stderr, "oxbow: print wants one topic\n");
        free(p);
        return EXIT_WRONG_USAGE;
    }
    Rc rc = shell_open(&p->sh, o, false, false, &err);
    if (!rc)
        rc = find_topic(&p->sh, o, &topic, &err);
    if (!rc) {
        p->partitions = topic.partitions;
        rc = open_print(p, &err);
    }
    if (!rc)
        rc = print_all(p, &err);
    int status = rc ? shell_report(&p->sh, NULL, STR_LIT(""), &err) : EXIT_DONE;
    for (int i = 0; i < p->partitions; i++)
        if (p->readers[i])
            p->readers[i]->cls->reader_close(p->readers[i]);
    shell_close(&p->sh);
    free(p);
    return status;
}
