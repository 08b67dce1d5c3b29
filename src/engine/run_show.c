/* run_show.c: SHOW, DESCRIBE, EXPLAIN: tables of text about what exists (statements.md 13.3).
 *
 * One function per kind of thing, one row of show_table each. */
#include <stdio.h>

#include "engine/session_int.h"

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

static Str print_to(Arena *a, void (*print)(Buf *out, const void *what), const void *what)
{
    Buf b;
    buf_init(&b);
    print(&b, what);
    Str s = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return s;
}

/* ---- sources ------------------------------------------------------------------------------- */

static Rc show_sources(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    bool tables = st->show == SHOW_TABLES;
    const char *const columns[] = {tables ? "Table Name" : "Stream Name", "Kafka Topic",
                                   "Key Format", "Value Format", "Windowed"};

    TextTable t;
    Catalog *c = engine_catalog(s->engine);
    text_table_init(&t, a, columns, COUNT(columns));
    for (int i = 0; i < catalog_source_count(c); i++) {
        const CatalogSource *src = catalog_source_at(c, i);
        if (src->is_table != tables)
            continue;
        Str cells[] = {src->name, src->topic, str_of(src->key_format.format->name),
                       str_of(src->value_format.format->name),
                       src->schema->window ? STR_LIT("true") : STR_LIT("false")};
        text_table_add(&t, cells);
    }
    return text_table_send(&t, NULL, out, err);
}

static Rc show_topics(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    static const char *const columns[] = {"Kafka Topic", "Partitions", "Partition Replicas"};
    TextTable t;
    LogTopic *topics;
    int count;
    Log *log = engine_log(s->engine);
    Rc rc = log->cls->topic_list(log, a, &topics, &count, err);
    if (rc)
        return rc;
    text_table_init(&t, a, columns, COUNT(columns));
    for (int i = 0; i < count; i++) {
        if (topics[i].internal && !st->all)
            continue;
        Str cells[] = {topics[i].name, str_of(arena_printf(a, "%d", topics[i].partitions)),
                       str_of(arena_printf(a, "%d", topics[i].replicas))};
        text_table_add(&t, cells);
    }
    return text_table_send(&t, NULL, out, err);
}

/* ---- queries ------------------------------------------------------------------------------- */

static Str status_text(Session *s, const CatalogQuery *q, Arena *a)
{
    QueryReport r;
    if (!engine_query_report(s->engine, q->id, &r))
        return q->status == QUERY_PAUSED ? STR_LIT("PAUSED") : STR_LIT("NOT RUNNING HERE");
    if (r.status == QUERY_PAUSED)
        return STR_LIT("PAUSED");
    if (r.status == QUERY_FAILED)
        return str_of(arena_printf(a, "ERROR: %s", r.why));
    return r.why[0] ? str_of(arena_printf(a, "RETRYING: %s", r.why)) : STR_LIT("RUNNING:1");
}

static Rc show_queries(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    (void)st;
    static const char *const columns[] = {"Query ID",  "Query Type",       "Status",
                                          "Sink Name", "Sink Kafka Topic", "Query String"};
    TextTable t;
    Catalog *c = engine_catalog(s->engine);
    text_table_init(&t, a, columns, COUNT(columns));
    for (int i = 0; i < catalog_query_count(c); i++) {
        const CatalogQuery *q = catalog_query_at(c, i);
        const CatalogSource *sink = catalog_find_source(c, q->sink);
        Str cells[] = {q->id,
                       STR_LIT("PERSISTENT"),
                       status_text(s, q, a),
                       q->sink,
                       sink ? sink->topic : STR_LIT(""),
                       q->statement};
        text_table_add(&t, cells);
    }
    return text_table_send(&t, NULL, out, err);
}

/* ---- functions, settings, variables, types ------------------------------------------------- */

static Rc show_functions(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    (void)s, (void)st;
    static const char *const columns[] = {"Function Name", "Category"};
    TextTable t;
    text_table_init(&t, a, columns, COUNT(columns));
    for (int i = 0; i < func_count(); i++) {
        Str cells[] = {str_of(func_at(i)->name), str_of(func_at(i)->category)};
        char *upper = arena_strndup(a, cells[0].ptr, cells[0].len);
        for (char *p = upper; *p; p++)
            *p = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
        cells[0] = str_of(upper);
        text_table_add(&t, cells);
    }
    return text_table_send(&t, NULL, out, err);
}

static const char *kind_word(FuncKind k)
{
    return k == FUNC_SCALAR ? "SCALAR" : k == FUNC_AGGREGATE ? "AGGREGATE" : "TABLE";
}

static Rc describe_function(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    (void)s;
    static const char *const columns[] = {"Name", "Type", "Category", "Variation", "Overview"};
    const FuncRow *f = func_find(st->name.text);
    if (!f)
        return err_at(err, ERR_STATEMENT, st->name.span,
                      "Can't find any functions with the name '%.*s'", STR_ARG(st->name.text));
    TextTable t;
    text_table_init(&t, a, columns, COUNT(columns));
    for (int i = 0; i < f->overload_count; i++) {
        Str cells[] = {str_of(f->name), str_of(kind_word(f->kind)), str_of(f->category),
                       str_of(arena_printf(a, "%s%s", f->name, f->overloads[i].signature)),
                       str_of(f->help)};
        text_table_add(&t, cells);
    }
    return text_table_send(&t, NULL, out, err);
}

static Rc show_properties(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    (void)st;
    static const char *const columns[] = {"Property", "Default override", "Effective Value",
                                          "Meaning"};
    TextTable t;
    Catalog *c = engine_catalog(s->engine);
    text_table_init(&t, a, columns, COUNT(columns));
    for (int i = 0; i < setting_count; i++) {
        const char *name = setting_table[i].name;
        Str cells[] = {str_of(name),
                       catalog_is_override(c, name) ? STR_LIT("SESSION") : STR_LIT(""),
                       catalog_get(c, name), str_of(setting_table[i].help)};
        text_table_add(&t, cells);
    }
    return text_table_send(&t, NULL, out, err);
}

static Rc show_types(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    (void)st;
    static const char *const columns[] = {"Type Name", "Schema"};
    TextTable t;
    Catalog *c = engine_catalog(s->engine);
    text_table_init(&t, a, columns, COUNT(columns));
    for (int i = 0; i < catalog_type_count(c); i++) {
        Str cells[2];
        const Type *type = catalog_type_at(c, i, &cells[0]);
        cells[1] = str_of(type_cstr(a, type));
        text_table_add(&t, cells);
    }
    return text_table_send(&t, NULL, out, err);
}

static Rc show_variables(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    (void)st;
    static const char *const columns[] = {"Variable Name", "Value"};
    TextTable t;
    Catalog *c = engine_catalog(s->engine);
    text_table_init(&t, a, columns, COUNT(columns));
    for (int i = 0; i < catalog_variable_count(c); i++) {
        Str cells[2];
        cells[1] = catalog_variable_at(c, i, &cells[0]);
        text_table_add(&t, cells);
    }
    return text_table_send(&t, NULL, out, err);
}

/* ---- DESCRIBE ------------------------------------------------------------------------------ */

static Str role_words(const CatalogSource *src, const SchemaColumn *col, Arena *a)
{
    const Schema *schema = src->schema;
    if (col->role != ROLE_KEY)
        return STR_LIT("");
    if (!src->is_table)
        return STR_LIT("(key)");
    if (!schema->window)
        return STR_LIT("(primary key)");
    return str_of(
        arena_printf(a, "(primary key) (Window type: %s)", window_kind_name(schema->window)));
}

static void print_type(Buf *out, const void *t)
{
    const Type *type = t;
    if (type->kind == TYPE_STRING)
        buf_puts(out, "VARCHAR(STRING)");
    else
        type_print(out, type);
}

/* What was read, written and refused, so that nothing is silent. */
static void note_counts(Session *s, const CatalogSource *src, ResultSink *out)
{
    QueryReport r;
    if (!src->query_id.ptr || !engine_query_report(s->engine, src->query_id, &r))
        return;
    session_note(out, "Query %.*s: %llu rows in, %llu out", STR_ARG(src->query_id),
                 (unsigned long long)r.stats.rows_in, (unsigned long long)r.stats.rows_out);
    for (int i = 0; i < REASON_COUNT; i++)
        if (r.stats.refused[i])
            session_note(out, "  %llu refused: %s (kept in the ledger)",
                         (unsigned long long)r.stats.refused[i], op_reason_names[i]);
}

static Rc describe_source(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    static const char *const columns[] = {"Field", "Type", "Role"};
    Catalog *c = engine_catalog(s->engine);
    const CatalogSource *src = catalog_find_source(c, st->name.text);
    if (!src)
        return err_at(err, ERR_STATEMENT, st->name.span,
                      "Could not find STREAM/TABLE '%.*s' in the Metastore",
                      STR_ARG(st->name.text));
    TextTable t;
    text_table_init(&t, a, columns, COUNT(columns));
    for (int i = 0; i < src->schema->count; i++) {
        const SchemaColumn *col = &src->schema->columns[i];
        Str cells[] = {col->name, print_to(a, print_type, col->type), role_words(src, col, a)};
        text_table_add(&t, cells);
    }
    Rc rc = text_table_send(&t, arena_printf(a, "Name: %.*s", STR_ARG(src->name)), out, err);
    if (rc || !st->extended)
        return rc;
    session_note(out, "Type: %s  Key format: %s  Value format: %s",
                 src->is_table ? "TABLE" : "STREAM", src->key_format.format->name,
                 src->value_format.format->name);
    session_note(out, "Kafka topic: %.*s (partitions: %d)", STR_ARG(src->topic), src->partitions);
    session_note(out, "Statement: %.*s", STR_ARG(src->statement));
    note_counts(s, src, out);
    return 0;
}

/* ---- EXPLAIN ------------------------------------------------------------------------------- */

static void print_plan(Buf *out, const void *p)
{
    plan_print(out, p);
}

static Rc send_text(Str text, const char *column, Arena *a, ResultSink *out, Err *err)
{
    TextTable t;
    text_table_init(&t, a, &column, 1);
    for (uint32_t at = 0; at < text.len;) {
        const char *nl = memchr(text.ptr + at, '\n', text.len - at);
        uint32_t n = nl ? (uint32_t)(nl - text.ptr) - at : text.len - at;
        Str line = str_make(text.ptr + at, n);
        text_table_add(&t, &line);
        at += n + 1;
    }
    return text_table_send(&t, NULL, out, err);
}

Rc run_explain(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    Catalog *c = engine_catalog(s->engine);
    Plan *plan = NULL;
    Rc rc;
    if (st->explained) {
        World w;
        rc = session_world(s, a, &w, err);
        if (!rc)
            rc = plan_query(c, &w, st->explained, a, &plan, err);
        if (!rc)
            rc = send_text(print_to(a, print_plan, plan), "Execution plan", a, out, err);
        if (plan)
            source_unref(plan->sink);
        return rc;
    }
    const CatalogQuery *q = catalog_find_query(c, st->name.text);
    if (!q)
        return err_at(err, ERR_STATEMENT, st->name.span,
                      "Query with id:%.*s does not exist, use SHOW QUERIES to view the full set of "
                      "queries.",
                      STR_ARG(st->name.text));
    rc = plan_decode(a, q->plan, &plan, err);
    if (rc)
        return rc;
    session_note(out, "ID: %.*s  Status: %.*s\nSQL: %.*s", STR_ARG(q->id),
                 STR_ARG(status_text(s, q, a)), STR_ARG(q->statement));
    const CatalogSource *sink = catalog_find_source(c, q->sink);
    if (sink)
        note_counts(s, sink, out);
    plan->coalesce = engine_coalesces(s->engine);
    session_note(out, "Emits: %s",
                 plan->coalesce ? "the latest change per key and commit" : "every change");
    return send_text(print_to(a, print_plan, plan), "Execution plan", a, out, err);
}

/* ---- the table ----------------------------------------------------------------------------- */

static RunStatement *const show_table[SHOW_COUNT] = {
    [SHOW_STREAMS] = show_sources,       [SHOW_TABLES] = show_sources,
    [SHOW_TOPICS] = show_topics,         [SHOW_QUERIES] = show_queries,
    [SHOW_FUNCTIONS] = show_functions,   [SHOW_FUNCTION] = describe_function,
    [SHOW_PROPERTIES] = show_properties, [SHOW_VARIABLES] = show_variables,
    [SHOW_SOURCE] = describe_source,     [SHOW_TYPES] = show_types,
};

Rc run_show(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    if (!show_table[st->show])
        return err_not_built(err, "this kind of SHOW");
    return show_table[st->show](s, st, a, out, err);
}
