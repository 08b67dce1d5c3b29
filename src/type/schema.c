/* schema.c: the columns of a row, and names as SQL text.
 *
 * Owns the list of reserved words (statements.md 1.3, list A), because whether a name needs
 * back-ticks is asked wherever something is printed. The grammar has its own keywords, which are
 * more. */
#include <stdlib.h>

#include "type/value.h"

int schema_find(const Schema *s, Str name)
{
    for (int i = 0; i < s->count; i++) {
        if (str_eq(s->columns[i].name, name))
            return i;
    }
    return -1;
}

Schema *schema_copy(Arena *a, const Schema *s)
{
    Schema *copy = ARENA_NEW(a, Schema);
    *copy = *s;
    copy->columns = ARENA_ARRAY(a, SchemaColumn, s->count);
    for (int i = 0; i < s->count; i++) {
        const SchemaColumn *c = &s->columns[i];
        copy->columns[i] = (SchemaColumn){arena_str(a, c->name), type_copy(a, c->type), c->role,
                                          arena_str(a, c->header)};
    }
    return copy;
}

static bool column_eq(const SchemaColumn *a, const SchemaColumn *b)
{
    return str_eq(a->name, b->name) && type_eq(a->type, b->type) && a->role == b->role &&
           (a->header.ptr != NULL) == (b->header.ptr != NULL) && str_eq(a->header, b->header);
}

bool schema_eq(const Schema *a, const Schema *b)
{
    if (a->count != b->count || a->key_count != b->key_count || a->window != b->window ||
        a->window_size_ms != b->window_size_ms)
        return false;
    for (int i = 0; i < a->count; i++) {
        if (!column_eq(&a->columns[i], &b->columns[i]))
            return false;
    }
    return true;
}

void schema_print(Buf *out, const Schema *s)
{
    for (int i = 0; i < s->count; i++) {
        const SchemaColumn *c = &s->columns[i];
        buf_puts(out, i ? ", " : "");
        name_print(out, c->name, true);
        buf_putc(out, ' ');
        type_print(out, c->type);
        if (c->role == ROLE_KEY)
            buf_puts(out, " KEY");
        if (c->role == ROLE_HEADER && !c->header.ptr)
            buf_puts(out, " HEADERS");
        if (c->role == ROLE_HEADER && c->header.ptr) {
            buf_puts(out, " HEADER(");
            text_put_quoted(out, c->header);
            buf_putc(out, ')');
        }
    }
}

const char *window_kind_name(WindowKind k)
{
    static const char *const names[] = {"NONE", "TUMBLING", "HOPPING", "SESSION"};
    return (unsigned)k <= WINDOW_SESSION ? names[k] : "?";
}

/* ---- names
 * --------------------------------------------------------------------------------------- */

/* Sorted, for bsearch. */
static const char *const reserved_words[] = {
    "ADVANCE",    "ALL",          "AND",         "AS",           "AT",      "BEGINNING",
    "BETWEEN",    "BY",           "CASE",        "CAST",         "CATALOG", "CONNECTOR",
    "CONNECTORS", "CREATE",       "DAYS",        "DECIMAL",      "DELETE",  "DESCRIBE",
    "DISTINCT",   "DROP",         "ELSE",        "END",          "EXISTS",  "EXPORT",
    "EXTENDED",   "FALSE",        "FROM",        "FULL",         "GROUP",   "HAVING",
    "HOPPING",    "HOURS",        "IN",          "INNER",        "INSERT",  "INTO",
    "IS",         "JOIN",         "LEFT",        "LIKE",         "LIMIT",   "LIST",
    "LOAD",       "MATERIALIZED", "MILLISECOND", "MILLISECONDS", "MINUTES", "MONTHS",
    "NAMESPACE",  "NOT",          "NULL",        "ON",           "OR",      "OUTER",
    "PAUSE",      "PRINT",        "PROPERTIES",  "QUERIES",      "QUERY",   "RENAME",
    "RESUME",     "RETENTION",    "RIGHT",       "RUN",          "SAMPLE",  "SCRIPT",
    "SECONDS",    "SELECT",       "SIZE",        "STREAM",       "STREAMS", "TABLE",
    "TERMINATE",  "THEN",         "TO",          "TOPIC",        "TOPICS",  "TRUE",
    "TUMBLING",   "UNSET",        "VALUES",      "VIEW",         "WHEN",    "WHERE",
    "WINDOW",     "WITH",         "WITHIN",      "YEARS",
};

enum { RESERVED_BYTES_MAX = 15 };

static int compare_words(const void *key, const void *word)
{
    return strcmp(key, *(const char *const *)word);
}

bool name_is_reserved(Str name)
{
    char upper[RESERVED_BYTES_MAX + 1];
    if (!name.len || name.len > RESERVED_BYTES_MAX)
        return false;
    for (uint32_t i = 0; i < name.len; i++)
        upper[i] =
            (char)(name.ptr[i] >= 'a' && name.ptr[i] <= 'z' ? name.ptr[i] - 32 : name.ptr[i]);
    upper[name.len] = '\0';
    return bsearch(upper, reserved_words, sizeof reserved_words / sizeof *reserved_words,
                   sizeof *reserved_words, compare_words) != NULL;
}

static bool reads_back_bare(Str name)
{
    if (!name.len || (name.ptr[0] >= '0' && name.ptr[0] <= '9') || name.ptr[0] == '@')
        return false;
    for (uint32_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool fits = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '@';
        if (!fits)
            return false;
    }
    return !name_is_reserved(name);
}

void name_print(Buf *out, Str name, bool always)
{
    if (!always && reads_back_bare(name)) {
        buf_put_str(out, name);
        return;
    }
    buf_putc(out, '`');
    for (uint32_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '`')
            buf_putc(out, '`');
        buf_putc(out, name.ptr[i]);
    }
    buf_putc(out, '`');
}
