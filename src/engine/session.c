/* session.c: running requests: substitution, parsing, and one table of what each statement does. */
#include "engine/session.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/session_int.h"

enum { FOR_EVER_MS = 1 << 30 }; /* twelve days */

/* Statements without a row here parse, and say that they are not built yet. */
static RunStatement *const run_table[STMT_KIND_COUNT] = {
    [STMT_QUERY] = run_query,
    [STMT_CREATE_SOURCE] = run_create_source,
    [STMT_CREATE_AS] = run_create_as,
    [STMT_INSERT_QUERY] = run_insert_query,
    [STMT_INSERT_VALUES] = run_insert_values,
    [STMT_DROP_SOURCE] = run_drop_source,
    [STMT_CREATE_TYPE] = run_create_type,
    [STMT_DROP_TYPE] = run_drop_type,
    [STMT_TERMINATE] = run_terminate,
    [STMT_PAUSE] = run_pause,
    [STMT_RESUME] = run_resume,
    [STMT_SHOW] = run_show,
    [STMT_DESCRIBE] = run_show,
    [STMT_EXPLAIN] = run_explain,
    [STMT_SET] = run_set,
    [STMT_UNSET] = run_unset,
    [STMT_DEFINE] = run_define,
    [STMT_UNDEFINE] = run_undefine,
    [STMT_PRINT] = run_print,
};

static const char *const statement_words[STMT_KIND_COUNT] = {
#define X(name, words) words,
    SQL_STATEMENTS(X)
#undef X
};

Session *session_new(Engine *e, const SessionConfig *cfg)
{
    Session *s = calloc(1, sizeof *s);
    assert(s);
    s->engine = e;
    s->cfg = *cfg;
    buf_init(&s->text);
    s->touched = map_new();
    s->declared = map_new();
    return s;
}

void session_free(Session *s)
{
    if (!s)
        return;
    buf_fini(&s->text);
    map_free(s->touched);
    map_free(s->declared);
    free(s);
}

Engine *session_engine(Session *s)
{
    return s->engine;
}
Str session_text(const Session *s)
{
    return buf_str(&s->text);
}

void session_touch(Session *s, Str what)
{
    static char mark;
    map_put(s->touched, what, &mark);
}

void session_note(ResultSink *out, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    out->note(out, text);
}

/* ---- running ------------------------------------------------------------------------------- */

Rc session_run(Session *s, const SqlStatement *st, ResultSink *out, Err *err)
{
    RunStatement *run = run_table[st->kind];
    if (!run)
        return err_not_built(err, "%s", statement_words[st->kind]);
    Arena a;
    arena_init(&a, 0);
    Rc rc = run(s, st, &a, out, err);
    arena_fini(&a);
    return rc;
}

static Str find_variable(void *ctx, Str name)
{
    return catalog_variable(ctx, name);
}

Rc session_run_text(Session *s, Str text, ResultSink *out, int *ran, Err *err)
{
    SqlScript script;
    Arena a;
    *ran = 0;
    arena_init(&a, 0);
    buf_reset(&s->text);
    Catalog *c = engine_catalog(s->engine);
    if (catalog_get_bool(c, "ksql.variable.substitution.enable"))
        sql_substitute(&s->text, text, find_variable, c);
    else
        buf_put_str(&s->text, text);
    Rc rc = sql_parse(&a, buf_str(&s->text), false, &script, err);
    for (int i = 0; i < script.count && !rc; i++) {
        rc = session_run(s, script.statements[i], out, err);
        *ran += !rc;
    }
    arena_fini(&a);
    return rc;
}

Rc session_drain(Session *s, const Str *ids, int count, ResultSink *out, Err *err)
{
    Buf note;
    buf_init(&note);
    int64_t ms = catalog_get_int(engine_catalog(s->engine), "oxbow.read.wait.ms");
    if (s->cfg.scripted) /* a script's end is its results: it waits as long as work goes on */
        ms = FOR_EVER_MS;
    Rc rc = engine_drain(s->engine, ids, count, ms, s->cfg.cancel, &note, err);
    if (rc == ERR_BUSY) { /* the answer is what there is so far */
        out->note(out, err->text);
        err_clear(err);
        rc = 0;
    } else if (!rc && note.len) {
        session_note(out, "not waited for: %s", buf_cstr(&note));
    }
    buf_fini(&note);
    return rc;
}

/* What the queries that write this topic have read must be in it before it is read. */
Rc session_drain_topic(Session *s, Str topic, ResultSink *out, Err *err)
{
    Arena a;
    Str *ids;
    arena_init(&a, 0);
    int n = engine_writers_of(s->engine, topic, &a, &ids);
    Rc rc = n ? engine_own(s->engine, err) : 0;
    if (rc == ERR_BUSY) { /* another process runs them: what it has committed is the answer */
        err_clear(err);
        rc = 0;
    } else if (n && !rc) {
        rc = session_drain(s, ids, n, out, err);
    }
    arena_fini(&a);
    return rc;
}

/* A run drains what it created or wrote into, and what follows from that downstream: waiting for
 * every query that is fed by it waits for all between. */
Rc session_finish(Session *s, ResultSink *out, Err *err)
{
    if (map_count(s->touched) == 0)
        return 0;
    return session_drain(s, NULL, 0, out, err);
}

/* ---- the world ----------------------------------------------------------------------------- */

Rc session_make_topic(Session *s, Str name, int partitions, Err *err)
{
    Log *log = engine_log(s->engine);
    Rc rc =
        log->cls->topic_create(log, name, engine_partitions(s->engine, partitions), 1, false, err);
    if (rc == ERR_EXISTS) {
        err_clear(err);
        rc = 0;
    }
    if (!map_find(s->declared, name))
        map_put(s->declared, name, (void *)(intptr_t)partitions);
    return rc;
}

Rc session_declare_topic(Session *s, Str name, int partitions, Err *err)
{
    return session_make_topic(s, name, partitions, err);
}

Rc session_world(Session *s, Arena *a, World *out, Err *err)
{
    Log *log = engine_log(s->engine);
    LogTopic *topics;
    int count;
    Rc rc = log->cls->topic_list(log, a, &topics, &count, err);
    if (rc)
        return rc;
    WorldTopic *w = ARENA_ARRAY(a, WorldTopic, count);
    bool test = engine_config(s->engine)->test_mode;
    for (int i = 0; i < count; i++) {
        w[i] = (WorldTopic){topics[i].name, topics[i].partitions};
        void *declared = test ? map_find(s->declared, topics[i].name) : NULL;
        if (declared)
            w[i].partitions = (int)(intptr_t)declared;
    }
    *out = (World){
        .topics = w, .topic_count = count, .test_mode = test, .default_partitions = test ? 4 : 1};
    return 0;
}

/* ---- tables of text ------------------------------------------------------------------------ */

void text_table_init(TextTable *t, Arena *a, const char *const *columns, int count)
{
    *t = (TextTable){.arena = a};
    t->schema.columns = ARENA_ARRAY(a, SchemaColumn, count);
    t->schema.count = count;
    for (int i = 0; i < count; i++)
        t->schema.columns[i] =
            (SchemaColumn){.name = str_of(columns[i]), .type = &type_string, .role = ROLE_VALUE};
}

void text_table_add(TextTable *t, const Str *cells)
{
    int n = t->schema.count;
    if (t->rows == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 32;
        Str *more = ARENA_ARRAY(t->arena, Str, t->cap * n);
        if (t->rows)
            memcpy(more, t->cells, (size_t)(t->rows * n) * sizeof *more);
        t->cells = more;
    }
    for (int i = 0; i < n; i++)
        t->cells[t->rows * n + i] = arena_str(t->arena, cells[i]);
    t->rows++;
}

Rc text_table_send(TextTable *t, const char *title, ResultSink *out, Err *err)
{
    int n = t->schema.count;
    ResultHead head = {.kind = RESULT_ENTITIES, .schema = &t->schema, .title = title};
    Rc rc = out->begin(out, &head, err);
    for (int from = 0; from < t->rows && !rc; from += LIMIT_BATCH_ROWS) {
        int rows = t->rows - from < LIMIT_BATCH_ROWS ? t->rows - from : LIMIT_BATCH_ROWS;
        Batch *b = batch_new(t->arena, &t->schema, rows);
        for (int c = 0; c < n; c++) {
            batch_init_column(b, c);
            for (int i = 0; i < rows; i++) {
                b->cols[c].str[i] = t->cells[(from + i) * n + c];
                b->cols[c].valid[i] = b->cols[c].str[i].ptr != NULL;
            }
        }
        rc = out->rows(out, b, err);
    }
    return rc ? rc : out->end(out, NULL, err);
}
