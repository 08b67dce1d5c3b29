/* post.c: what must exist after a case (case format 11). Lists are subsets: each item must match.
 *
 * Names of internal topics carry the numbering of another engine; of those only whether a query
 * repartitions is checked. */
#include <regex.h>

#include "test/run_int.h"

static Rc differs(Err *err, const char *what, Str name, Str actual)
{
    return err_set(err, ERR_KIND_USER, ERR_GENERIC, "source %.*s: %s is %.*s", STR_ARG(name), what,
                   STR_ARG(actual));
}

/* ---- sources ------------------------------------------------------------------------------- */

static Rc check_schema(CaseWorld *w, const CatalogSource *s, Str text, Err *err)
{
    SqlColumn *cols = NULL;
    int count = 0;
    Rc rc = sql_parse_columns(&w->arena, text, &cols, &count, err);
    bool same = !rc && count == s->schema->count;
    for (int i = 0; i < count && same; i++) {
        const SchemaColumn *have = &s->schema->columns[i];
        const Type *type = NULL;
        rc = catalog_resolve_type(engine_catalog(w->engine), &w->arena, cols[i].type, &type, err);
        if (rc)
            return rc;
        ColumnRole role = cols[i].key || cols[i].primary_key      ? ROLE_KEY
                          : cols[i].headers || cols[i].header.ptr ? ROLE_HEADER
                                                                  : ROLE_VALUE;
        same = str_eq(have->name, cols[i].name.text) && type_eq(have->type, type) &&
               have->role == role;
    }
    if (rc || same)
        return rc;
    Buf b;
    buf_init(&b);
    schema_print(&b, s->schema);
    rc = differs(err, "schema", s->name, buf_str(&b));
    buf_fini(&b);
    return rc;
}

static Rc check_key_format(const CatalogSource *s, const JsonToken *want, Err *err)
{
    const JsonToken *format = json_member(want, "format"),
                    *window = json_member(want, "windowType"),
                    *size = json_member(want, "windowSize");
    Str name = str_of(s->key_format.format->name);
    WindowKind kind = s->schema->window;
    if (json_is(format, JSON_STRING) && !str_eq_nocase(format->text, name))
        return differs(err, "key format", s->name, name);
    Str actual = kind == WINDOW_NONE ? STR_LIT("") : str_of(window_kind_name(kind));
    if (!str_eq_nocase(json_text_or(window, ""), actual))
        return differs(err, "window type", s->name, actual);
    if (json_is(size, JSON_INT) && size->i64 != s->schema->window_size_ms)
        return differs(err, "window size", s->name, STR_LIT("another"));
    return 0;
}

static Rc check_source(CaseWorld *w, const JsonToken *item, Err *err)
{
    Str name = json_text_or(json_member(item, "name"), "");
    const CatalogSource *s = catalog_find_source(engine_catalog(w->engine), name);
    if (!s)
        return err_set(err, ERR_KIND_USER, ERR_GENERIC, "source %.*s does not exist",
                       STR_ARG(name));
    Str type = json_text_or(json_member(item, "type"), "");
    Str kind = s->is_table ? STR_LIT("table") : STR_LIT("stream");
    if (type.len && !str_eq_nocase(type, kind))
        return differs(err, "type", name, kind);
    const JsonToken *is_source = json_member(item, "isSource");
    if (is_source && s->read_only != (is_source->kind == JSON_TRUE))
        return differs(err, "isSource", name, STR_LIT("another"));
    const JsonToken *schema = json_member(item, "schema"), *key = json_member(item, "keyFormat");
    Rc rc = 0;
    if (json_is(schema, JSON_STRING))
        rc = check_schema(w, s, schema->text, err);
    if (!rc && json_is(key, JSON_OBJECT))
        rc = check_key_format(s, key, err);
    const JsonToken *value = json_member(item, "valueFormat");
    Str format =
        json_is(value, JSON_STRING) ? value->text : json_text_or(json_member(value, "format"), "");
    Str have = str_of(s->value_format.format->name);
    if (!rc && format.len && !str_eq_nocase(format, have))
        rc = differs(err, "value format", name, have);
    return rc;
}

/* ---- topics -------------------------------------------------------------------------------- */

/* How many topics would carry rows between stages. */
static int count_exchanges(CaseWorld *w)
{
    Catalog *c = engine_catalog(w->engine);
    int n = 0;
    for (int i = 0; i < catalog_query_count(c); i++) {
        Plan *plan = NULL;
        Err ignored = ERR_INIT;
        if (plan_decode(&w->arena, catalog_query_at(c, i)->plan, &plan, &ignored))
            continue;
        for (int k = 0; k < plan->node_count; k++)
            n += plan->nodes[k]->kind == NODE_EXCHANGE;
    }
    return n;
}

static Rc check_blacklist(CaseWorld *w, const JsonToken *pattern, Err *err)
{
    regex_t re;
    Rc rc = 0;
    char *z = arena_strndup(&w->arena, pattern->text.ptr, pattern->text.len);
    if (regcomp(&re, z, REG_EXTENDED | REG_NOSUB))
        return err_set(err, ERR_KIND_USER, ERR_GENERIC, "the blacklist '%s' is no regex", z);
    LogTopic *topics;
    int count;
    Log *log = engine_log(w->engine);
    rc = log->cls->topic_list(log, &w->arena, &topics, &count, err);
    for (int i = 0; i < count && !rc; i++)
        if (regexec(&re, arena_strndup(&w->arena, topics[i].name.ptr, topics[i].name.len), 0, NULL,
                    0) == 0)
            rc = err_set(err, ERR_KIND_USER, ERR_GENERIC, "topic %.*s is blacklisted",
                         STR_ARG(topics[i].name));
    if (!rc && count_exchanges(w) && regexec(&re, "x-repartition", 0, NULL, 0) == 0)
        rc = err_set(err, ERR_KIND_USER, ERR_GENERIC, "a query repartitions, and must not");
    regfree(&re);
    return rc;
}

static bool is_internal(Str name)
{
    return name.len > 10 && memcmp(name.ptr, "_confluent", 10) == 0;
}

static bool ends_with(Str s, const char *z)
{
    size_t n = strlen(z);
    return s.len >= n && memcmp(s.ptr + s.len - n, z, n) == 0;
}

static Rc check_topics(CaseWorld *w, const JsonToken *list, Err *err)
{
    Log *log = engine_log(w->engine);
    int repartitions = 0;
    const JsonToken *t = list + 1;
    for (uint32_t i = 0; i < list->count; i++, t = json_next(w->test->file->root, t)) {
        Str name = json_text_or(json_member(t, "name"), "");
        LogTopic found;
        if (is_internal(name)) {
            repartitions += ends_with(name, "-repartition");
            continue;
        }
        Rc rc = log->cls->topic_find(log, name, &found, err);
        if (rc)
            return rc;
    }
    if (repartitions > count_exchanges(w))
        return err_set(err, ERR_KIND_USER, ERR_GENERIC, "%d repartitions expected, there are %d",
                       repartitions, count_exchanges(w));
    return 0;
}

Rc check_post(CaseWorld *w, Err *err)
{
    const JsonToken *sources = json_member(w->test->post, "sources");
    const JsonToken *topics = json_member(w->test->post, "topics");
    const JsonToken *blacklist = json_member(topics, "blacklist");
    const JsonToken *listed = json_member(topics, "topics");
    Rc rc = 0;
    const JsonToken *t = sources ? sources + 1 : NULL;
    for (uint32_t i = 0; json_is(sources, JSON_ARRAY) && i < sources->count && !rc; i++) {
        rc = check_source(w, t, err);
        t = json_next(w->test->file->root, t);
    }
    if (!rc && json_is(blacklist, JSON_STRING))
        rc = check_blacklist(w, blacklist, err);
    if (!rc && json_is(listed, JSON_ARRAY))
        rc = check_topics(w, listed, err);
    return rc;
}
