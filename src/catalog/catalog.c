/* catalog.c: sources, queries, variables and the counters: the shell thread's view of what exists.
 *
 * Owns one reference to every source and query it lists. Settings are settings.c, user types are
 * types.c, rows of the one file are persist.c. Lists are small (thousands) and change rarely, so
 * they are plain sorted arrays: looking up is a binary search, printing needs no sorting. */
#include "catalog/catalog_int.h"

#include "base/mem.h"

/* ---- shared objects -------------------------------------------------------------------------- */

CatalogSource *source_new(void)
{
    CatalogSource *s = mem_zalloc(sizeof *s);
    arena_init(&s->arena, 1024);
    s->refs = 1;
    s->timestamp_column = -1;
    return s;
}

/* References are taken and dropped by the threads that run queries too, hence atomic. */
CatalogSource *source_ref(CatalogSource *s)
{
    __atomic_fetch_add(&s->refs, 1, __ATOMIC_RELAXED);
    return s;
}

void source_unref(CatalogSource *s)
{
    if (!s || __atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    arena_fini(&s->arena);
    mem_free(s);
}

CatalogQuery *query_new(void)
{
    CatalogQuery *q = mem_zalloc(sizeof *q);
    arena_init(&q->arena, 1024);
    q->refs = 1;
    return q;
}

CatalogQuery *query_ref(CatalogQuery *q)
{
    __atomic_fetch_add(&q->refs, 1, __ATOMIC_RELAXED);
    return q;
}

void query_unref(CatalogQuery *q)
{
    if (!q || __atomic_sub_fetch(&q->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    arena_fini(&q->arena);
    mem_free(q);
}

/* ---- life cycle ------------------------------------------------------------------------------ */

Catalog *catalog_new(void)
{
    Catalog *c = mem_zalloc(sizeof *c);
    c->overrides = map_new();
    c->variables = map_new();
    c->types = map_new();
    buf_init(&c->before);
    return c;
}

static void free_texts(Map *m)
{
    for (int i = 0; i < map_count(m); i++)
        mem_free(map_at(m, i, NULL));
    map_free(m);
}

void catalog_clear(Catalog *c)
{
    for (int i = 0; i < c->source_count; i++)
        source_unref(c->sources[i]);
    for (int i = 0; i < c->query_count; i++)
        query_unref(c->queries[i]);
    c->source_count = c->query_count = 0;
    catalog_clear_types(c);
}

void catalog_free(Catalog *c)
{
    if (!c)
        return;
    catalog_clear(c);
    mem_free(c->sources);
    mem_free(c->queries);
    free_texts(c->overrides);
    free_texts(c->variables);
    map_free(c->types);
    buf_fini(&c->before);
    mem_free(c);
}

/* ---- sources, sorted by name ----------------------------------------------------------------- */

/* Where the name is, or where it would go. */
static int source_place(const Catalog *c, Str name, bool *found)
{
    int low = 0, high = c->source_count;
    while (low < high) {
        int mid = (low + high) / 2;
        int order = str_cmp(c->sources[mid]->name, name);
        if (order == 0) {
            *found = true;
            return mid;
        }
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    *found = false;
    return low;
}

CatalogSource *catalog_find_source(const Catalog *c, Str name)
{
    bool found;
    int at = source_place(c, name, &found);
    return found ? c->sources[at] : NULL;
}

CatalogSource *catalog_find_similar(const Catalog *c, Str name)
{
    for (int i = 0; i < c->source_count; i++)
        if (str_eq_nocase(c->sources[i]->name, name) && !str_eq(c->sources[i]->name, name))
            return c->sources[i];
    return NULL;
}

void catalog_put_source(Catalog *c, CatalogSource *s)
{
    bool found;
    int at = source_place(c, s->name, &found);
    if (found) {
        source_unref(c->sources[at]);
        c->sources[at] = s;
        return;
    }
    if (c->source_count == c->source_cap) {
        c->source_cap = c->source_cap ? 2 * c->source_cap : 16;
        c->sources = mem_realloc(c->sources, (size_t)c->source_cap * sizeof *c->sources);
    }
    memmove(c->sources + at + 1, c->sources + at,
            (size_t)(c->source_count - at) * sizeof *c->sources);
    c->sources[at] = s;
    c->source_count++;
}

void catalog_drop_source(Catalog *c, Str name)
{
    bool found;
    int at = source_place(c, name, &found);
    if (!found)
        return;
    CatalogSource *gone = c->sources[at];
    c->source_count--;
    memmove(c->sources + at, c->sources + at + 1,
            (size_t)(c->source_count - at) * sizeof *c->sources);
    source_unref(gone); /* last: `name` may be its own */
}

int catalog_source_count(const Catalog *c)
{
    return c->source_count;
}

CatalogSource *catalog_source_at(const Catalog *c, int i)
{
    return c->sources[i];
}

/* ---- queries, in creation order -------------------------------------------------------------- */

static int query_place(const Catalog *c, Str id)
{
    for (int i = 0; i < c->query_count; i++)
        if (str_eq(c->queries[i]->id, id))
            return i;
    return -1;
}

CatalogQuery *catalog_find_query(const Catalog *c, Str id)
{
    int at = query_place(c, id);
    return at < 0 ? NULL : c->queries[at];
}

void catalog_put_query(Catalog *c, CatalogQuery *q)
{
    int at = query_place(c, q->id);
    if (at >= 0) { /* replaced in place: CREATE OR REPLACE keeps the query's position */
        query_unref(c->queries[at]);
        c->queries[at] = q;
        return;
    }
    if (c->query_count == c->query_cap) {
        c->query_cap = c->query_cap ? 2 * c->query_cap : 16;
        c->queries = mem_realloc(c->queries, (size_t)c->query_cap * sizeof *c->queries);
    }
    c->queries[c->query_count++] = q;
}

void catalog_drop_query(Catalog *c, Str id)
{
    int at = query_place(c, id);
    if (at < 0)
        return;
    CatalogQuery *gone = c->queries[at];
    c->query_count--;
    memmove(c->queries + at, c->queries + at + 1,
            (size_t)(c->query_count - at) * sizeof *c->queries);
    query_unref(gone);
}

int catalog_query_count(const Catalog *c)
{
    return c->query_count;
}

CatalogQuery *catalog_query_at(const Catalog *c, int i)
{
    return c->queries[i];
}

/* ---- numbers --------------------------------------------------------------------------------- */

int64_t catalog_next_statement(Catalog *c)
{
    return c->next_statement++;
}

int64_t catalog_next_store(Catalog *c)
{
    return c->next_store++;
}

/* ---- variables: names in any case ------------------------------------------------------------ */

char *catalog_fold(char *out, size_t cap, Str name)
{
    size_t n = name.len < cap - 1 ? name.len : cap - 1;
    for (size_t i = 0; i < n; i++) {
        char ch = name.ptr[i];
        out[i] = ch >= 'A' && ch <= 'Z' ? (char)(ch - 'A' + 'a') : ch;
    }
    out[n] = 0;
    return out;
}

char *catalog_copy_text(Str s)
{
    char *z = mem_alloc((size_t)s.len + 1);
    if (s.len)
        memcpy(z, s.ptr, s.len);
    z[s.len] = 0;
    return z;
}

void catalog_define(Catalog *c, Str name, Str value)
{
    char key[LIMIT_NAME_BYTES];
    mem_free(map_put(c->variables, str_of(catalog_fold(key, sizeof key, name)),
                     catalog_copy_text(value)));
}

bool catalog_undefine(Catalog *c, Str name)
{
    char key[LIMIT_NAME_BYTES];
    char *gone = map_take(c->variables, str_of(catalog_fold(key, sizeof key, name)));
    bool was = gone != NULL;
    mem_free(gone);
    return was;
}

Str catalog_variable(const Catalog *c, Str name)
{
    char key[LIMIT_NAME_BYTES];
    const char *value = map_find(c->variables, str_of(catalog_fold(key, sizeof key, name)));
    return value ? str_of(value) : STR_NULL;
}

int catalog_variable_count(const Catalog *c)
{
    return map_count(c->variables);
}

Str catalog_variable_at(const Catalog *c, int i, Str *name)
{
    return str_of(map_at(c->variables, i, name));
}
