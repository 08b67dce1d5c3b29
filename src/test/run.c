/* run.c: query cases (case format 3 to 11): statements, inputs, queries one after another, outputs.
 *
 * Every case has a fresh world: an engine in memory, one physical partition, no threads, order of
 * arrival. Pull and push cases are in run_query.c, post conditions in post.c. */
#include "test/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "test/compare.h"
#include "test/run_int.h"

enum { DEFAULT_PARTITIONS = 4, PUMP_TURNS_MAX = 100000 };

/* ---- verdicts ------------------------------------------------------------------------------ */

void verdict_set(CaseResult *out, Verdict v, const char *fmt, ...)
{
    va_list ap;
    out->verdict = v;
    va_start(ap, fmt);
    vsnprintf(out->why, sizeof out->why, fmt, ap);
    va_end(ap);
    for (char *p = out->why; *p; p++)
        if ((unsigned char)*p < 0x20)
            *p = ' ';
}

void verdict_pass(CaseResult *out)
{
    *out = (CaseResult){.verdict = VERDICT_PASS};
}

bool verdict_skips(CaseResult *out, const Err *err)
{
    const char *only = test_only_function(err);
    if (err->code == ERR_NOT_BUILT)
        verdict_set(out, VERDICT_SKIP, "%s", err->text);
    else if (only)
        verdict_set(out, VERDICT_SKIP, "test-only function %s", only);
    return only || err->code == ERR_NOT_BUILT;
}

/* An error where none was expected. */
void verdict_error(CaseResult *out, const char *where, const Err *err)
{
    if (!verdict_skips(out, err))
        verdict_set(out, VERDICT_FAIL, "%s: %s", where, err->text);
}

/* ---- the world ----------------------------------------------------------------------------- */

static Rc null_begin(ResultSink *s, const ResultHead *h, Err *err)
{
    return (void)s, (void)h, (void)err, 0;
}
static Rc null_rows(ResultSink *s, const Batch *b, Err *err)
{
    return (void)s, (void)b, (void)err, 0;
}
static Rc null_end(ResultSink *s, const char *f, Err *err)
{
    return (void)s, (void)f, (void)err, 0;
}
static void null_note(ResultSink *s, const char *text)
{
    (void)s, (void)text;
}
ResultSink null_sink = {null_begin, null_rows, null_end, null_note};

static Rc set_properties(CaseWorld *w, Err *err)
{
    const JsonToken *p = w->test->properties;
    if (!json_is(p, JSON_OBJECT))
        return 0;
    const JsonToken *t = p + 1;
    for (uint32_t i = 0; i < p->count; i++, t = json_next(w->test->file->root, t + 1)) {
        Str value = t[1].text, before;
        if (w->test->config.ptr && str_eq_nocase(value, STR_LIT("{CONFIG}")))
            value = w->test->config;
        Err ignored = ERR_INIT; /* what is unknown here has no effect on results */
        catalog_set(engine_catalog(w->engine), t->text, value, &before, &ignored);
        if (str_eq(t->text, STR_LIT("use.exact.numeric.comparison")))
            w->exact = !str_eq_nocase(value, STR_LIT("false"));
    }
    (void)err;
    return 0;
}

static Str with_text(const SqlStatement *st, const char *name)
{
    for (int i = 0; i < st->with.count; i++)
        if (str_eq_nocase(st->with.items[i].name.text, str_of(name)))
            return st->with.items[i].value->text;
    return STR_NULL;
}

static int with_int(const SqlStatement *st, const char *name, int otherwise)
{
    int64_t v;
    Str text = with_text(st, name);
    return text.ptr && text_take_i64(text, &v) && v > 0 && v < 1000 ? (int)v : otherwise;
}

static void declare_listed(CaseWorld *w, const JsonToken *list)
{
    Err ignored = ERR_INIT;
    if (!json_is(list, JSON_ARRAY))
        return;
    const JsonToken *t = list + 1;
    for (uint32_t i = 0; i < list->count; i++, t = json_next(w->test->file->root, t)) {
        const JsonToken *name =
            json_member(t, "topic") ? json_member(t, "topic") : json_member(t, "name");
        const JsonToken *n = json_member(t, "partitions");
        if (json_is(name, JSON_STRING))
            session_declare_topic(w->session, name->text,
                                  json_is(n, JSON_INT)              ? (int)n->i64
                                  : json_member(t, "topic") != NULL ? DEFAULT_PARTITIONS
                                                                    : 1,
                                  &ignored);
    }
}

/* Step 1: topics of the case, of its CREATE statements, of its records. */
static void declare_topics(CaseWorld *w)
{
    Err ignored = ERR_INIT;
    declare_listed(w, w->test->topics);
    for (int i = 0; i < w->test->statement_count; i++) {
        SqlScript s = {0};
        if (sql_parse(&w->arena, w->test->statements[i], false, &s, &ignored))
            continue;
        for (int k = 0; k < s.count; k++) {
            const SqlStatement *st = s.statements[k];
            Str topic = with_text(st, "KAFKA_TOPIC");
            if (st->kind == STMT_CREATE_SOURCE && st->has_columns && topic.ptr)
                session_declare_topic(w->session, topic,
                                      with_int(st, "PARTITIONS", DEFAULT_PARTITIONS), &ignored);
        }
    }
    declare_listed(w, w->test->inputs);
    declare_listed(w, w->test->outputs);
}

static Rc open_world(CaseWorld *w, Err *err)
{
    EngineConfig ec = {
        .test_mode = true, .batch_rows = w->how->batch, .commit_every_epoch = w->how->commit_every};
    SessionConfig sc = {.scripted = true};
    arena_init(&w->arena, 0);
    w->exact = true;
    Rc rc = engine_open(&ec, &w->engine, err);
    if (rc)
        return rc;
    w->session = session_new(w->engine, &sc);
    rc = set_properties(w, err);
    if (!rc)
        declare_topics(w);
    return rc;
}

static void close_world(CaseWorld *w)
{
    session_free(w->session);
    engine_close(w->engine);
    arena_fini(&w->arena);
}

/* ---- running the queries ------------------------------------------------------------------- */

static uint64_t next_random(CaseWorld *w)
{
    w->rng ^= w->rng << 13;
    w->rng ^= w->rng >> 7;
    w->rng ^= w->rng << 17;
    return w->rng;
}

/* Until nothing is left to do; with a seed, thrown away and resumed on the way. */
Rc world_pump(CaseWorld *w, Err *err)
{
    bool progress = true;
    Rc rc = 0;
    for (int turn = 0; progress && !rc; turn++) {
        if (turn == PUMP_TURNS_MAX)
            return err_set(err, ERR_KIND_FATAL, ERR_LIMIT, "the queries do not come to rest");
        rc = engine_pump(w->engine, &progress, err);
        if (!rc && w->rng && next_random(w) % 3 == 0) {
            rc = engine_restart(w->engine, err);
            progress = true;
        }
        if (!rc && w->released)
            engine_hold(w->engine, w->released->id, w->topics, w->topic_count);
    }
    return rc;
}

static bool is_input_topic(const CaseWorld *w, Str topic)
{
    const JsonToken *list = w->test->inputs;
    const JsonToken *t = list ? list + 1 : NULL;
    for (uint32_t i = 0; list && i < list->count; i++, t = json_next(w->test->file->root, t))
        if (str_eq(json_text_or(json_member(t, "topic"), ""), topic))
            return true;
    return false;
}

/* Step 5: one query; first the topics of the case's inputs, then what earlier queries wrote. */
static Rc run_one_query(CaseWorld *w, const CatalogQuery *q, Err *err)
{
    Catalog *c = engine_catalog(w->engine);
    Str *topics = ARENA_ARRAY(&w->arena, Str, q->source_count);
    int n = 0;
    for (int i = 0; i < q->source_count; i++) {
        const CatalogSource *s = catalog_find_source(c, q->sources[i]);
        if (s && is_input_topic(w, s->topic))
            topics[n++] = s->topic;
    }
    Rc rc = 0;
    w->released = q;
    w->topics = topics;
    w->topic_count = n;
    engine_hold(w->engine, q->id, topics, n);
    if (n)
        rc = world_pump(w, err);
    w->topic_count = -1;
    engine_hold(w->engine, q->id, NULL, -1);
    if (!rc)
        rc = world_pump(w, err);
    w->released = NULL;
    QueryReport report;
    if (!rc && engine_query_report(w->engine, q->id, &report) && report.status == QUERY_FAILED)
        rc = err_set(err, ERR_KIND_FATAL, ERR_RUNTIME, "%s", report.why);
    return rc;
}

Rc world_run_queries(CaseWorld *w, Err *err)
{
    Catalog *c = engine_catalog(w->engine);
    Rc rc = 0;
    for (int i = 0; i < catalog_query_count(c); i++)
        engine_hold(w->engine, catalog_query_at(c, i)->id, NULL, 0);
    for (int i = 0; i < catalog_query_count(c) && !rc; i++)
        rc = run_one_query(w, catalog_query_at(c, i), err);
    return rc;
}

/* ---- inputs -------------------------------------------------------------------------------- */

const CatalogSource *world_source_of(CaseWorld *w, Str topic)
{
    Catalog *c = engine_catalog(w->engine);
    for (int i = 0; i < catalog_source_count(c); i++)
        if (str_eq(catalog_source_at(c, i)->topic, topic))
            return catalog_source_at(c, i);
    return NULL;
}

static Rc take_headers(CaseWorld *w, const JsonToken *list, Headers *out, Err *err)
{
    *out = (Headers){0};
    if (!json_is(list, JSON_ARRAY) || list->count == 0)
        return 0;
    Header *items = ARENA_ARRAY(&w->arena, Header, list->count);
    const JsonToken *t = list + 1;
    for (uint32_t i = 0; i < list->count; i++, t = json_next(w->test->file->root, t)) {
        const JsonToken *v = json_member(t, "VALUE");
        items[i].key = json_text_or(json_member(t, "KEY"), "");
        Buf b;
        buf_init(&b);
        bool ok = !json_is(v, JSON_STRING) || text_take_base64(v->text, &b);
        items[i].value = json_is(v, JSON_STRING) ? arena_str(&w->arena, buf_str(&b)) : STR_NULL;
        buf_fini(&b);
        if (!ok)
            return err_set(err, ERR_KIND_USER, ERR_GENERIC, "a header's VALUE is not base64");
    }
    *out = (Headers){items, (int)list->count};
    return 0;
}

static Rc append_window(const CatalogSource *s, const JsonToken *window, Arena *a, Str *key,
                        Err *err)
{
    if (s->schema->window == WINDOW_NONE && !window)
        return 0;
    if (s->schema->window == WINDOW_NONE || !window)
        return err_set(err, ERR_KIND_USER, ERR_GENERIC,
                       "the record's window does not fit its source");
    const JsonToken *start = json_member(window, "start"), *end = json_member(window, "end");
    Buf b;
    buf_init(&b);
    buf_put_str(&b, *key);
    uint64_t words[2] = {(uint64_t)(start ? start->i64 : 0), (uint64_t)(start ? start->i64 : 0)};
    bool session = s->schema->window == WINDOW_SESSION;
    if (session)
        words[0] = (uint64_t)(end ? end->i64 : 0);
    for (int k = 0; k < (session ? 2 : 1); k++)
        for (int i = 56; i >= 0; i -= 8)
            buf_putc(&b, (char)(words[k] >> i));
    *key = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return 0;
}

Rc world_feed(CaseWorld *w, Err *err)
{
    const JsonToken *list = w->test->inputs, *root = w->test->file->root;
    Rc rc = 0;
    if (!json_is(list, JSON_ARRAY))
        return 0;
    const JsonToken *t = list + 1;
    for (uint32_t i = 0; i < list->count && !rc; i++, t = json_next(root, t)) {
        Str topic = json_text_or(json_member(t, "topic"), "");
        const CatalogSource *s = world_source_of(w, topic);
        const JsonToken *time = json_member(t, "timestamp"), *window = json_member(t, "window");
        LogAppend rec = {.topic = topic, .time = json_is(time, JSON_INT) ? time->i64 : 0};
        if (!s)
            return err_set(err, ERR_KIND_USER, ERR_GENERIC, "no source reads topic %.*s",
                           STR_ARG(topic));
        rc = record_encode(s, true, json_member(t, "key"), root, &w->arena, &rec.key, err);
        if (!rc && rec.key.ptr)
            rc = append_window(s, json_is(window, JSON_OBJECT) ? window : NULL, &w->arena, &rec.key,
                               err);
        if (!rc)
            rc = record_encode(s, false, json_member(t, "value"), root, &w->arena, &rec.value, err);
        if (!rc)
            rc = take_headers(w, json_member(t, "headers"), &rec.headers, err);
        if (!rc)
            rc = engine_append(w->engine, &rec, 1, err);
    }
    return rc;
}

/* ---- outputs ------------------------------------------------------------------------------- */

typedef struct TopicRead {
    Str topic;
    LogBatch records;
    int at;
} TopicRead;

Rc world_read_topic(CaseWorld *w, Str topic, LogBatch *out, Err *err)
{
    Log *log = engine_log(w->engine);
    LogReader *r = NULL;
    int cap = 0;
    *out = (LogBatch){0};
    Rc rc = log->cls->reader_open(log, topic, 0, 0, &r, err);
    while (!rc) {
        LogBatch part;
        rc = r->cls->read(r, 1000, LIMIT_BATCH_BYTES, &w->arena, &part, err);
        if (rc || part.count == 0)
            break;
        if (out->count + part.count > cap) {
            cap = 2 * (out->count + part.count);
            LogRecord *more = ARENA_ARRAY(&w->arena, LogRecord, cap);
            if (out->count)
                memcpy(more, out->records, (size_t)out->count * sizeof *more);
            out->records = more;
        }
        memcpy(out->records + out->count, part.records, (size_t)part.count * sizeof *part.records);
        out->count += part.count;
    }
    if (r)
        r->cls->reader_close(r);
    return rc;
}

static int64_t take_be64(Str s, uint32_t at)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | (uint8_t)s.ptr[at + (uint32_t)i];
    return (int64_t)v;
}

/* Cut the window off a windowed key and compare it. */
static Rc compare_window(const CatalogSource *s, const JsonToken *window, Str *key, Err *err)
{
    WindowKind kind = s->schema->window;
    bool wanted = json_is(window, JSON_OBJECT);
    if (kind == WINDOW_NONE)
        return wanted ? err_set(err, ERR_KIND_USER, ERR_GENERIC, "the key has no window") : 0;
    uint32_t n = kind == WINDOW_SESSION ? 16 : 8;
    if (!wanted || !key->ptr || key->len < n)
        return err_set(err, ERR_KIND_USER, ERR_GENERIC, "the key has a window, none is expected");
    int64_t start = take_be64(*key, key->len - 8);
    int64_t end =
        kind == WINDOW_SESSION ? take_be64(*key, key->len - 16) : start + s->schema->window_size_ms;
    const JsonToken *ws = json_member(window, "start"), *we = json_member(window, "end");
    key->len -= n;
    if (json_is(ws, JSON_INT) && json_is(we, JSON_INT) && ws->i64 == start && we->i64 == end)
        return 0;
    return err_set(err, ERR_KIND_USER, ERR_GENERIC, "window is %lld..%lld", (long long)start,
                   (long long)end);
}

static Rc compare_headers(CaseWorld *w, const Headers *actual, const JsonToken *list, Err *err)
{
    Headers want;
    Rc rc = take_headers(w, list, &want, err);
    if (rc)
        return rc;
    bool same = want.count == actual->count;
    for (int i = 0; same && i < want.count; i++)
        same = str_eq(want.items[i].key, actual->items[i].key) &&
               !want.items[i].value.ptr == !actual->items[i].value.ptr &&
               str_eq(want.items[i].value, actual->items[i].value);
    return same ? 0 : err_set(err, ERR_KIND_USER, ERR_GENERIC, "headers differ");
}

static Rc compare_record(CaseWorld *w, const CatalogSource *s, const LogRecord *r,
                         const JsonToken *t, Err *err)
{
    const JsonToken *root = w->test->file->root, *time = json_member(t, "timestamp");
    Str key = r->key;
    Rc rc = compare_window(s, json_member(t, "window"), &key, err);
    if (!rc)
        rc = record_compare(s, true, key, json_member(t, "key"), root, w->exact, err);
    if (!rc)
        rc = record_compare(s, false, r->value, json_member(t, "value"), root, w->exact, err);
    if (!rc)
        rc = compare_headers(w, &r->headers, json_member(t, "headers"), err);
    bool no_inputs = !w->test->inputs || w->test->inputs->count == 0;
    if (!rc && json_is(time, JSON_INT) && time->i64 != r->time && !(no_inputs && time->i64 == 0))
        rc = err_set(err, ERR_KIND_USER, ERR_GENERIC, "timestamp is %lld, expected %lld",
                     (long long)r->time, (long long)time->i64);
    return rc;
}

static Rc find_read(CaseWorld *w, TopicRead *reads, int *count, Str topic, TopicRead **out,
                    Err *err)
{
    for (int i = 0; i < *count; i++)
        if (str_eq(reads[i].topic, topic)) {
            *out = &reads[i];
            return 0;
        }
    *out = &reads[(*count)++];
    (*out)->topic = topic;
    return world_read_topic(w, topic, &(*out)->records, err);
}

Rc world_check_outputs(CaseWorld *w, Err *err)
{
    const JsonToken *list = w->test->outputs, *root = w->test->file->root;
    if (!json_is(list, JSON_ARRAY) || list->count == 0)
        return 0;
    TopicRead *reads = ARENA_ARRAY(&w->arena, TopicRead, list->count);
    int count = 0;
    const JsonToken *t = list + 1;
    for (uint32_t i = 0; i < list->count; i++, t = json_next(root, t)) {
        TopicRead *r;
        Str topic = json_text_or(json_member(t, "topic"), "");
        const CatalogSource *s = world_source_of(w, topic);
        if (!s)
            return err_set(err, ERR_KIND_USER, ERR_GENERIC, "no source on topic %.*s",
                           STR_ARG(topic));
        Rc rc = find_read(w, reads, &count, topic, &r, err);
        if (rc)
            return rc;
        if (r->at == r->records.count)
            return err_set(err, ERR_KIND_USER, ERR_GENERIC, "only %d records in %.*s",
                           r->records.count, STR_ARG(topic));
        if (compare_record(w, s, &r->records.records[r->at++], t, err)) {
            err_prefix(err, "record %u of outputs (%.*s): ", i, STR_ARG(topic));
            return ERR_GENERIC;
        }
    }
    for (int i = 0; i < count; i++)
        if (reads[i].at < reads[i].records.count)
            return err_set(err, ERR_KIND_USER, ERR_GENERIC, "%d more records in %.*s than expected",
                           reads[i].records.count - reads[i].at, STR_ARG(reads[i].topic));
    return 0;
}

/* ---- errors that are expected -------------------------------------------------------------- */

static bool class_matches(Str want, const Err *err)
{
    static const struct {
        const char *name;
        ErrCode codes[4];
    } classes[] = {
        {"ParseFailedException", {ERR_SYNTAX}},
        {"KsqlStatementException", {ERR_SYNTAX, ERR_STATEMENT}},
        {"KsqlException", {ERR_SYNTAX, ERR_STATEMENT, ERR_GENERIC}},
        {"StreamsException", {ERR_RUNTIME}},
    };
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        size_t n = strlen(classes[i].name);
        if (want.len < n || memcmp(want.ptr + want.len - n, classes[i].name, n) != 0)
            continue;
        if (want.len > n && want.ptr[want.len - n - 1] != '.')
            continue;
        for (int k = 0; k < 4; k++)
            if (classes[i].codes[k] != ERR_NONE && classes[i].codes[k] == err->code)
                return true;
    }
    return false;
}

void check_expected_error(const TestCase *c, const Err *err, Str statement, CaseResult *out)
{
    Str type = json_text_or(json_member(c->expected, "type"), "");
    const JsonToken *message = json_member(c->expected, "message");
    Buf full;
    if (verdict_skips(out, err))
        return;
    buf_init(&full);
    buf_puts(&full, err->text);
    buf_printf(&full, "\nStatement: %.*s", STR_ARG(statement));
    bool text_ok = !json_is(message, JSON_STRING) ||
                   memmem(full.ptr, full.len, message->text.ptr, message->text.len);
    bool type_ok = type.len == 0 || class_matches(type, err);
    if (text_ok && type_ok)
        verdict_pass(out);
    else if (!text_ok)
        verdict_set(out, VERDICT_FAIL, "error raised, message differs: %s", err->text);
    else
        verdict_set(out, VERDICT_FAIL, "error raised, class differs (%s): %s",
                    err_code_name(err->code), err->text);
    buf_fini(&full);
}

/* ---- one case ------------------------------------------------------------------------------ */

static Str statement_text(const TestCase *c, const SqlScript *s, int at)
{
    return at >= 0 && at < s->count ? s->statements[at]->text : c->text;
}

static void run_statements(CaseWorld *w, CaseResult *out, bool *ended)
{
    const TestCase *c = w->test;
    SqlScript script = {0};
    Err err = ERR_INIT;
    int at = 0;
    *ended = true;
    Rc rc = sql_parse(&w->arena, c->text, false, &script, &err);
    for (; at < script.count && !rc; at++)
        rc = session_run(w->session, script.statements[at], &null_sink, &err);
    if (!rc) {
        *ended = false;
        return;
    }
    if (!c->expected)
        verdict_error(out, "statement failed", &err);
    else if (err.code != ERR_SYNTAX && at != script.count && !verdict_skips(out, &err))
        verdict_set(out, VERDICT_FAIL, "a statement before the last one failed: %s", err.text);
    else
        check_expected_error(c, &err, statement_text(c, &script, at - 1), out);
}

static void run_query_case(CaseWorld *w, CaseResult *out)
{
    const TestCase *c = w->test;
    Err err = ERR_INIT;
    bool ended;
    run_statements(w, out, &ended);
    if (ended)
        return;
    Rc rc = world_feed(w, &err);
    if (rc) {
        verdict_error(out, "inputs", &err);
        return;
    }
    rc = world_run_queries(w, &err);
    if (c->expected) {
        if (rc)
            check_expected_error(c, &err, STR_LIT(""), out);
        else
            verdict_set(out, VERDICT_FAIL, "an error was expected, none came");
        return;
    }
    if (rc)
        verdict_error(out, "running", &err);
    else if (world_check_outputs(w, &err))
        verdict_error(out, "outputs", &err);
    else if (c->post && check_post(w, &err))
        verdict_error(out, "post", &err);
    else
        verdict_pass(out);
}

void case_run(const TestCase *c, const CaseRun *how, CaseResult *out)
{
    CaseWorld w = {.test = c, .how = how, .rng = how->kill_seed};
    Err err = ERR_INIT;
    *out = (CaseResult){.verdict = VERDICT_FAIL};
    clock_set_wall(c->query_suite ? -1 : 0);
    if (open_world(&w, &err))
        verdict_error(out, "set-up", &err);
    else if (c->query_suite)
        run_rows_case(&w, out);
    else
        run_query_case(&w, out);
    close_world(&w);
}
