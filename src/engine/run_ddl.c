/* run_ddl.c: statements that change what exists: CREATE, INSERT INTO SELECT, DROP, TERMINATE,
 * PAUSE.
 *
 * Each plans first (pure), then makes the topic, then writes the catalog in one transaction, then
 * changes the catalog in memory and starts or stops queries. */
#include <stdio.h>

#include "engine/session_int.h"

/* ---- writing the catalog ------------------------------------------------------------------- */

typedef struct CatalogWrite {
    Catalog *catalog;
    CatalogSource *source; /* to save, or NULL */
    CatalogQuery *query;
    Str drop_source, drop_query;
} CatalogWrite;

static Rc write_catalog(void *ctx, Db *db, Err *err)
{
    CatalogWrite *w = ctx;
    Rc rc = catalog_save_numbers(db, w->catalog, err);
    if (!rc && w->source)
        rc = catalog_save_source(db, w->source, err);
    if (!rc && w->query)
        rc = catalog_save_query(db, w->query, err);
    if (!rc && w->drop_source.ptr)
        rc = catalog_delete_source(db, w->drop_source, err);
    if (!rc && w->drop_query.ptr)
        rc = catalog_delete_query(db, w->drop_query, err);
    return rc;
}

/* ---- CREATE STREAM / TABLE ----------------------------------------------------------------- */

/* In a script a CREATE that is already in effect, equal tree for tree, is "unchanged". */
static bool already_in_effect(Session *s, const SqlStatement *st, Str made_by)
{
    if (!s->cfg.scripted || engine_config(s->engine)->test_mode)
        return false;
    SqlScript old;
    Arena a;
    Err ignored = ERR_INIT;
    arena_init(&a, 0);
    bool same = sql_parse(&a, made_by, false, &old, &ignored) == 0 && old.count == 1 &&
                sql_equal(old.statements[0], st);
    arena_fini(&a);
    return same;
}

/* *done: nothing is left to do. */
static Rc check_existing(Session *s, const SqlStatement *st, ResultSink *out, bool *done, Err *err)
{
    Catalog *c = engine_catalog(s->engine);
    CatalogSource *old = catalog_find_source(c, st->name.text);
    *done = false;
    if (!old)
        return 0;
    const char *kind = old->is_table ? "Table" : "Stream";
    if (already_in_effect(s, st, old->statement)) {
        session_note(out, "%s %.*s is unchanged", kind, STR_ARG(old->name));
        *done = true;
        if (!old->query_id.ptr)
            return 0;
        session_touch(s, old->query_id); /* the script's query as much as if it had made it */
        return engine_own(s->engine, err);
    }
    if (st->if_not_exists) {
        session_note(out, "Cannot add %s `%.*s`: A %s with the same name already exists.",
                     st->is_table ? "table" : "stream", STR_ARG(old->name),
                     old->is_table ? "table" : "stream");
        *done = true;
        return 0;
    }
    if (st->or_replace) /* what may change is the planner's to say */
        return 0;
    return err_at(err, ERR_STATEMENT, st->name.span,
                  "Cannot add %s '%.*s': A %s with the same name already exists%s",
                  st->is_table ? "table" : "stream", STR_ARG(old->name),
                  old->is_table ? "table" : "stream",
                  s->cfg.scripted ? ", made by another statement; use CREATE OR REPLACE or DROP it "
                                    "first"
                                  : "");
}

Rc run_create_source(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    Catalog *c = engine_catalog(s->engine);
    World w;
    CatalogSource *src = NULL;
    int partitions = 0;
    bool done;
    Rc rc = check_existing(s, st, out, &done, err);
    if (rc || done)
        return rc;
    rc = session_world(s, a, &w, err);
    if (!rc)
        rc = plan_create_source(c, &w, st, &src, &partitions, err);
    if (!rc && partitions > 0)
        rc = session_make_topic(s, src->topic, partitions, err);
    catalog_next_statement(c);
    CatalogWrite cw = {.catalog = c, .source = src};
    if (!rc)
        rc = engine_write(s->engine, write_catalog, &cw, err);
    if (rc) {
        source_unref(src);
        return rc;
    }
    session_note(out, "%s %.*s created", src->is_table ? "Table" : "Stream", STR_ARG(src->name));
    catalog_put_source(c, src);
    return 0;
}

/* ---- queries ------------------------------------------------------------------------------- */

static void collect_sources(const Plan *p, CatalogQuery *q)
{
    q->sources = ARENA_ARRAY(&q->arena, Str, p->node_count);
    for (int i = 0; i < p->node_count; i++)
        if (p->nodes[i]->kind == NODE_SOURCE)
            q->sources[q->source_count++] = arena_str(&q->arena, p->nodes[i]->source);
}

/* The catalog's entry for a planned query. */
static CatalogQuery *make_query(Session *s, const SqlStatement *st, Plan *plan, Str sink)
{
    static const char *const prefix[] = {
        [PLAN_CSAS] = "CSAS_", [PLAN_CTAS] = "CTAS_", [PLAN_INSERT] = "INSERTQUERY"};
    Catalog *c = engine_catalog(s->engine);
    CatalogQuery *q = query_new();
    long long n = (long long)catalog_next_statement(c);
    Str name = plan->kind == PLAN_INSERT ? STR_LIT("") : sink;
    q->id = str_of(arena_printf(&q->arena, "%s%.*s_%lld", prefix[plan->kind], STR_ARG(name), n));
    q->sink = arena_str(&q->arena, sink);
    q->statement = arena_str(&q->arena, st->text);
    plan->query_id = q->id;
    plan_number_stores(plan, c);
    Buf text;
    buf_init(&text);
    plan_encode(&text, plan);
    q->plan = arena_str(&q->arena, buf_str(&text));
    buf_fini(&text);
    collect_sources(plan, q);
    return q;
}

static Rc start_query(Session *s, const SqlStatement *st, Plan *plan, ResultSink *out, Err *err)
{
    Catalog *c = engine_catalog(s->engine);
    Rc rc = engine_own(s->engine, err);
    if (!rc && plan->sink)
        rc = session_make_topic(s, plan->sink->topic, plan->sink->partitions, err);
    if (rc)
        return rc;
    CatalogQuery *q = make_query(s, st, plan, plan->sink ? plan->sink->name : st->name.text);
    if (plan->sink)
        plan->sink->query_id = arena_str(&plan->sink->arena, q->id);
    CatalogWrite cw = {.catalog = c, .source = plan->sink, .query = q};
    rc = engine_write(s->engine, write_catalog, &cw, err);
    if (rc) {
        query_unref(q);
        return rc;
    }
    if (plan->sink)
        catalog_put_source(c, source_ref(plan->sink));
    catalog_put_query(c, q);
    session_touch(s, q->id);
    rc = engine_start_query(s->engine, q, err);
    if (!rc)
        session_note(out, "Created query with ID %.*s", STR_ARG(q->id));
    return rc;
}

static Rc plan_and_start(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    World w;
    Plan *plan = NULL;
    Rc rc = session_world(s, a, &w, err);
    if (!rc)
        rc = plan_query(engine_catalog(s->engine), &w, st, a, &plan, err);
    if (!rc)
        rc = start_query(s, st, plan, out, err);
    if (plan)
        source_unref(plan->sink);
    return rc;
}

Rc run_create_as(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    bool done;
    Rc rc = check_existing(s, st, out, &done, err);
    return rc || done ? rc : plan_and_start(s, st, a, out, err);
}

Rc run_insert_query(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    Catalog *c = engine_catalog(s->engine);
    for (int i = 0; s->cfg.scripted && i < catalog_query_count(c); i++)
        if (already_in_effect(s, st, catalog_query_at(c, i)->statement)) {
            session_note(out, "Query %.*s is unchanged", STR_ARG(catalog_query_at(c, i)->id));
            session_touch(s, catalog_query_at(c, i)->id);
            return engine_own(s->engine, err);
        }
    return plan_and_start(s, st, a, out, err);
}

/* ---- DROP, TERMINATE, PAUSE, RESUME -------------------------------------------------------- */

static bool reads(const CatalogQuery *q, Str source)
{
    for (int i = 0; i < q->source_count; i++)
        if (str_eq(q->sources[i], source))
            return true;
    return false;
}

static void put_name(Buf *list, Str name)
{
    buf_printf(list, "%s%.*s", list->len ? ", " : "", STR_ARG(name));
}

/* A source goes after all that was made from it, and after the queries that write into it. */
static Rc check_unused(Catalog *c, const CatalogSource *src, Span span, Err *err)
{
    Buf sinks, readers, writers;
    buf_init(&sinks);
    buf_init(&readers);
    buf_init(&writers);
    for (int i = 0; i < catalog_query_count(c); i++) {
        const CatalogQuery *q = catalog_query_at(c, i);
        const CatalogSource *sink = catalog_find_source(c, q->sink);
        bool made = sink && str_eq(sink->query_id, q->id);
        if (reads(q, src->name))
            put_name(made ? &sinks : &readers, made ? q->sink : q->id);
        if (str_eq(q->sink, src->name) && !str_eq(q->id, src->query_id))
            put_name(&writers, q->id);
    }
    Rc rc = 0;
    if (sinks.len)
        rc = err_at(err, ERR_STATEMENT, span,
                    "Cannot drop %.*s.\nThe following streams and/or tables read from this source: "
                    "[%s].\nYou need to drop them before dropping %.*s.",
                    STR_ARG(src->name), buf_cstr(&sinks), STR_ARG(src->name));
    else if (readers.len || writers.len)
        rc = err_at(err, ERR_STATEMENT, span,
                    "Cannot drop %.*s.\nThe following queries read from this source: [%s].\n"
                    "The following queries write into this source: [%s].\n"
                    "You need to terminate them before dropping %.*s.",
                    STR_ARG(src->name), buf_cstr(&readers), buf_cstr(&writers), STR_ARG(src->name));
    buf_fini(&sinks);
    buf_fini(&readers);
    buf_fini(&writers);
    return rc;
}

static Rc drop_it(Session *s, CatalogSource *src, bool delete_topic, Err *err)
{
    Catalog *c = engine_catalog(s->engine);
    Rc rc = 0;
    CatalogWrite w = {.catalog = c, .drop_source = src->name, .drop_query = src->query_id};
    if (src->query_id.ptr && catalog_find_query(c, src->query_id))
        rc = engine_stop_query(s->engine, src->query_id, true, err);
    catalog_next_statement(c);
    if (!rc)
        rc = engine_write(s->engine, write_catalog, &w, err);
    if (!rc && delete_topic) {
        Log *log = engine_log(s->engine);
        rc = log->cls->topic_delete(log, src->topic, err);
    }
    if (rc)
        return rc;
    if (src->query_id.ptr)
        catalog_drop_query(c, src->query_id);
    catalog_drop_source(c, src->name);
    return 0;
}

Rc run_drop_source(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    (void)a;
    const char *kind = st->is_table ? "Table" : "Stream";
    CatalogSource *src = catalog_find_source(engine_catalog(s->engine), st->name.text);
    if (!src) {
        if (!st->if_exists)
            return err_at(err, ERR_STATEMENT, st->name.span, "%s %.*s does not exist.", kind,
                          STR_ARG(st->name.text));
        session_note(out, "%s %.*s does not exist.", kind, STR_ARG(st->name.text));
        return 0;
    }
    if (src->is_table != st->is_table)
        return err_at(err, ERR_STATEMENT, st->name.span,
                      "Incompatible data source type is %s, but statement was DROP %s",
                      src->is_table ? "TABLE" : "STREAM", st->is_table ? "TABLE" : "STREAM");
    if (st->delete_topic && src->read_only)
        return err_at(err, ERR_STATEMENT, st->name.span,
                      "Cannot delete topic for read-only source: %.*s", STR_ARG(src->name));
    source_ref(src);
    Rc rc = check_unused(engine_catalog(s->engine), src, st->name.span, err);
    if (!rc)
        rc = drop_it(s, src, st->delete_topic, err);
    if (!rc)
        session_note(out, "Source %.*s (topic: %.*s) was dropped.", STR_ARG(src->name),
                     STR_ARG(src->topic));
    source_unref(src);
    return rc;
}

/* Run `fn` on the named query, or on all, last first. */
static Rc for_queries(Session *s, const SqlStatement *st, ResultSink *out,
                      Rc (*fn)(Session *s, Str id, ResultSink *out, Err *err), Err *err)
{
    Catalog *c = engine_catalog(s->engine);
    if (!st->all) {
        if (!catalog_find_query(c, st->name.text))
            return err_at(err, ERR_STATEMENT, st->name.span,
                          "Unknown queryId: %.*s. SHOW QUERIES lists those that there are.",
                          STR_ARG(st->name.text));
        return fn(s, st->name.text, out, err);
    }
    Rc rc = 0;
    for (int i = catalog_query_count(c) - 1; i >= 0 && !rc; i--)
        rc = fn(s, catalog_query_at(c, i)->id, out, err);
    return rc;
}

static Rc terminate_one(Session *s, Str id, ResultSink *out, Err *err)
{
    Catalog *c = engine_catalog(s->engine);
    CatalogQuery *q = query_ref(catalog_find_query(c, id));
    CatalogWrite w = {.catalog = c, .drop_query = q->id};
    Rc rc = engine_own(s->engine, err);
    if (!rc)
        rc = engine_stop_query(s->engine, q->id, true, err);
    if (!rc)
        rc = engine_write(s->engine, write_catalog, &w, err);
    if (!rc) {
        session_note(out, "Terminated query \"%.*s\"", STR_ARG(q->id));
        catalog_drop_query(c, q->id);
    }
    query_unref(q);
    return rc;
}

Rc run_terminate(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    (void)a;
    return for_queries(s, st, out, terminate_one, err);
}

static Rc set_paused(Session *s, Str id, bool pause, ResultSink *out, Err *err)
{
    Catalog *c = engine_catalog(s->engine);
    CatalogQuery *q = catalog_find_query(c, id);
    QueryStatus before = q->status;
    CatalogWrite w = {.catalog = c, .query = q};
    Rc rc = engine_own(s->engine, err);
    q->status = pause ? QUERY_PAUSED : QUERY_RUNNING;
    if (!rc)
        rc = engine_write(s->engine, write_catalog, &w, err);
    if (!rc)
        rc = engine_pause_query(s->engine, id, pause, err);
    if (rc)
        q->status = before;
    else
        session_note(out, "%s query \"%.*s\"", pause ? "Paused" : "Resumed", STR_ARG(id));
    return rc;
}

static Rc pause_one(Session *s, Str id, ResultSink *out, Err *err)
{
    return set_paused(s, id, true, out, err);
}

static Rc resume_one(Session *s, Str id, ResultSink *out, Err *err)
{
    return set_paused(s, id, false, out, err);
}

Rc run_pause(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    (void)a;
    return for_queries(s, st, out, pause_one, err);
}

Rc run_resume(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    (void)a;
    return for_queries(s, st, out, resume_one, err);
}
