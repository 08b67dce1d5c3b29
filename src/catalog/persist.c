/* persist.c: the catalog as rows of the one file.
 *
 * Four tables, one row per source, query, type or counter, with a real column for each fact, so
 * that any SQLite tool can read them. Every write happens inside the caller's transaction. What is
 * read is not trusted: a row that does not add up is ERR_CORRUPT, naming the object, and never a
 * crash. */
#include "catalog/catalog_int.h"

#include "sql/sql.h"

static const char schema_sql[] =
    "CREATE TABLE IF NOT EXISTS oxbow_source("
    "  name TEXT PRIMARY KEY, is_table INTEGER NOT NULL, read_only INTEGER NOT NULL,"
    "  columns TEXT NOT NULL, window INTEGER NOT NULL, window_size_ms INTEGER NOT NULL,"
    "  topic TEXT NOT NULL, partitions INTEGER NOT NULL,"
    "  key_format TEXT NOT NULL, key_delimiter TEXT, key_unwrapped INTEGER NOT NULL,"
    "  value_format TEXT NOT NULL, value_delimiter TEXT, value_unwrapped INTEGER NOT NULL,"
    "  wrap_given INTEGER NOT NULL, timestamp_column INTEGER NOT NULL, timestamp_format TEXT,"
    "  query_id TEXT, statement TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS oxbow_query("
    "  place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
    "  statement TEXT NOT NULL, plan TEXT NOT NULL, sink TEXT NOT NULL, sources TEXT NOT NULL,"
    "  status INTEGER NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS oxbow_type("
    "  name TEXT PRIMARY KEY, type TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS oxbow_number("
    "  name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

static Rc corrupt(Err *err, const char *what, Str name, const char *why)
{
    return err_set(err, ERR_KIND_FATAL, ERR_CORRUPT, "the catalog is damaged: %s '%.*s': %s", what,
                   STR_ARG(name), why);
}

/* ---- writing --------------------------------------------------------------------------------- */

static void bind_format(DbStmt *s, int at, const FormatSpec *f)
{
    db_bind_text(s, at, str_of(f->format->name));
    if (f->delimiter.ptr)
        db_bind_text(s, at + 1, f->delimiter);
    else
        db_bind_null(s, at + 1);
    db_bind_i64(s, at + 2, f->unwrapped);
}

static void bind_text_or_null(DbStmt *s, int at, Str text)
{
    if (text.ptr)
        db_bind_text(s, at, text);
    else
        db_bind_null(s, at);
}

Rc catalog_save_source(Db *db, const CatalogSource *s, Err *err)
{
    DbStmt *st;
    Rc rc = db_prepare(db,
                       "INSERT OR REPLACE INTO oxbow_source VALUES"
                       "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                       &st, err);
    if (rc)
        return rc;
    Buf columns;
    buf_init(&columns);
    schema_print(&columns, s->schema);
    db_bind_text(st, 1, s->name);
    db_bind_i64(st, 2, s->is_table);
    db_bind_i64(st, 3, s->read_only);
    db_bind_text(st, 4, buf_str(&columns));
    db_bind_i64(st, 5, s->schema->window);
    db_bind_i64(st, 6, s->schema->window_size_ms);
    db_bind_text(st, 7, s->topic);
    db_bind_i64(st, 8, s->partitions);
    bind_format(st, 9, &s->key_format);
    bind_format(st, 12, &s->value_format);
    db_bind_i64(st, 15, s->wrap_given);
    db_bind_i64(st, 16, s->timestamp_column);
    bind_text_or_null(st, 17, s->timestamp_format);
    bind_text_or_null(st, 18, s->query_id);
    db_bind_text(st, 19, s->statement);
    rc = db_run(st, err);
    buf_fini(&columns);
    return rc;
}

static Rc run_with_text(Db *db, const char *sql, Str text, Err *err)
{
    DbStmt *st;
    Rc rc = db_prepare(db, sql, &st, err);
    if (rc)
        return rc;
    db_bind_text(st, 1, text);
    return db_run(st, err);
}

Rc catalog_delete_source(Db *db, Str name, Err *err)
{
    return run_with_text(db, "DELETE FROM oxbow_source WHERE name = ?", name, err);
}

Rc catalog_save_query(Db *db, const CatalogQuery *q, Err *err)
{
    DbStmt *st;
    Rc rc = db_prepare(db,
                       "INSERT INTO oxbow_query(id, statement, plan, sink, sources, status)"
                       " VALUES(?1,?2,?3,?4,?5,?6) ON CONFLICT(id) DO UPDATE SET statement = ?2,"
                       " plan = ?3, sink = ?4, sources = ?5, status = ?6",
                       &st, err);
    if (rc)
        return rc;
    Buf sources;
    buf_init(&sources);
    for (int i = 0; i < q->source_count; i++) {
        buf_puts(&sources, i ? ", " : "");
        name_print(&sources, q->sources[i], true);
    }
    db_bind_text(st, 1, q->id);
    db_bind_text(st, 2, q->statement);
    db_bind_text(st, 3, q->plan);
    db_bind_text(st, 4, q->sink);
    db_bind_text(st, 5, buf_str(&sources));
    db_bind_i64(st, 6, q->status);
    rc = db_run(st, err);
    buf_fini(&sources);
    return rc;
}

Rc catalog_delete_query(Db *db, Str id, Err *err)
{
    return run_with_text(db, "DELETE FROM oxbow_query WHERE id = ?", id, err);
}

Rc catalog_save_type(Db *db, Str name, const Type *t, Err *err)
{
    DbStmt *st;
    Rc rc = db_prepare(db, "INSERT OR REPLACE INTO oxbow_type VALUES(?, ?)", &st, err);
    if (rc)
        return rc;
    Buf text;
    buf_init(&text);
    type_print(&text, t);
    db_bind_text(st, 1, name);
    db_bind_text(st, 2, buf_str(&text));
    rc = db_run(st, err);
    buf_fini(&text);
    return rc;
}

Rc catalog_delete_type(Db *db, Str name, Err *err)
{
    return run_with_text(db, "DELETE FROM oxbow_type WHERE name = ?", name, err);
}

static Rc save_number(Db *db, const char *name, int64_t value, Err *err)
{
    DbStmt *st;
    Rc rc = db_prepare(db, "INSERT OR REPLACE INTO oxbow_number VALUES(?, ?)", &st, err);
    if (rc)
        return rc;
    db_bind_text(st, 1, str_of(name));
    db_bind_i64(st, 2, value);
    return db_run(st, err);
}

Rc catalog_save_numbers(Db *db, const Catalog *c, Err *err)
{
    Rc rc = save_number(db, "statement", c->next_statement, err);
    return rc ? rc : save_number(db, "store", c->next_store, err);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The next name of a list of names in back-ticks; false at the end or where the text is no list. */
static bool take_name(Str *list, Arena *a, Str *out)
{
    uint32_t i = 1, n = 0;
    if (list->len < 2 || list->ptr[0] != '`')
        return false;
    char *name = arena_alloc(a, list->len);
    for (; i < list->len; i++) {
        if (list->ptr[i] != '`')
            name[n++] = list->ptr[i];
        else if (i + 1 < list->len && list->ptr[i + 1] == '`')
            name[n++] = list->ptr[i++];
        else
            break;
    }
    if (i == list->len)
        return false;
    *out = str_make(name, n);
    i++;
    if (i < list->len && (list->len - i < 3 || memcmp(list->ptr + i, ", ", 2) != 0))
        return false;
    i = i < list->len ? i + 2 : i;
    *list = str_make(list->ptr + i, list->len - i);
    return true;
}

/* Columns are kept as SQL text; keys first, as in every schema. */
static const char *read_columns(CatalogSource *s, Str text, Err *err)
{
    SqlColumn *cols;
    int count;
    if (sql_parse_columns(&s->arena, text, &cols, &count, err))
        return "its columns do not parse";
    if (count > LIMIT_COLUMNS)
        return "it has too many columns";
    Schema *schema = ARENA_NEW(&s->arena, Schema);
    schema->columns = ARENA_ARRAY(&s->arena, SchemaColumn, count);
    schema->count = count;
    ColumnRole last = ROLE_KEY;
    for (int i = 0; i < count; i++) {
        ColumnRole role = cols[i].key || cols[i].primary_key      ? ROLE_KEY
                          : cols[i].headers || cols[i].header.ptr ? ROLE_HEADER
                                                                  : ROLE_VALUE;
        const Type *type;
        if (role < last)
            return "its columns are out of order";
        if (catalog_resolve_type(NULL, &s->arena, cols[i].type, &type, err))
            return "a column has no valid type";
        if (schema_find(&(Schema){.columns = schema->columns, .count = i}, cols[i].name.text) >= 0)
            return "two columns have one name";
        last = role;
        schema->key_count += role == ROLE_KEY;
        schema->columns[i] = (SchemaColumn){cols[i].name.text, type, role, cols[i].header};
    }
    s->schema = schema;
    return NULL;
}

static const char *read_format(DbStmt *st, int at, Arena *a, bool is_key, FormatSpec *out)
{
    out->format = format_find(db_text(st, at));
    if (!out->format || !(is_key ? out->format->key : out->format->value))
        return "it names an unknown format";
    out->delimiter = arena_str(a, db_text(st, at + 1));
    if (out->delimiter.ptr && out->delimiter.len != 1)
        return "its delimiter is not one character";
    out->unwrapped = db_i64(st, at + 2) != 0;
    return NULL;
}

/* Columns 4 to 6 and 14 to 18 of the row; NULL or what is wrong with them. */
static const char *read_numbers(DbStmt *st, CatalogSource *s)
{
    int64_t window = db_i64(st, 4), size = db_i64(st, 5), partitions = db_i64(st, 7);
    int64_t column = db_i64(st, 15);
    if (window < WINDOW_NONE || window > WINDOW_SESSION)
        return "its window is unknown";
    bool sized = window == WINDOW_TUMBLING || window == WINDOW_HOPPING;
    if (sized ? size < 1 : size != 0)
        return "its window size makes no sense";
    if (window != WINDOW_NONE && s->schema->key_count == 0)
        return "it has a window and no key";
    if (partitions < 1 || partitions > INT32_MAX)
        return "its number of partitions makes no sense";
    if (column < -1 || column >= s->schema->count)
        return "its timestamp column does not exist";
    if (s->is_table && s->schema->key_count == 0)
        return "it is a table without a key";
    s->schema->window = (WindowKind)window;
    s->schema->window_size_ms = size;
    s->partitions = (int)partitions;
    s->timestamp_column = (int)column;
    return NULL;
}

static const char *read_source(DbStmt *st, CatalogSource *s, Err *err)
{
    Arena *a = &s->arena;
    s->name = arena_str(a, db_text(st, 0));
    s->is_table = db_i64(st, 1) != 0;
    s->read_only = db_i64(st, 2) != 0;
    s->topic = arena_str(a, db_text(st, 6));
    s->wrap_given = db_i64(st, 14) != 0;
    s->timestamp_format = arena_str(a, db_text(st, 16));
    s->query_id = arena_str(a, db_text(st, 17));
    s->statement = arena_str(a, db_text(st, 18));
    if (!s->name.ptr || s->name.len == 0 || !s->topic.ptr || s->topic.len == 0)
        return "it has no name or no topic";
    const char *why = read_columns(s, arena_str(a, db_text(st, 3)), err);
    if (!why)
        why = read_numbers(st, s);
    if (!why)
        why = read_format(st, 8, a, true, &s->key_format);
    if (!why)
        why = read_format(st, 11, a, false, &s->value_format);
    return why;
}

static Rc load_sources(Catalog *c, Db *db, Err *err)
{
    DbStmt *st = NULL;
    bool row;
    Rc rc = db_prepare(db,
                       "SELECT name, is_table, read_only, columns, window, window_size_ms, topic,"
                       " partitions, key_format, key_delimiter, key_unwrapped, value_format,"
                       " value_delimiter, value_unwrapped, wrap_given, timestamp_column,"
                       " timestamp_format, query_id, statement FROM oxbow_source ORDER BY name",
                       &st, err);
    while (!rc && !(rc = db_step(st, &row, err)) && row) {
        CatalogSource *s = source_new();
        const char *why = read_source(st, s, err);
        if (why) {
            rc = corrupt(err, "source", s->name, why);
            source_unref(s);
        } else {
            catalog_put_source(c, s);
        }
    }
    if (st)
        db_reset(st);
    return rc;
}

static const char *read_query(DbStmt *st, CatalogQuery *q)
{
    Arena *a = &q->arena;
    q->id = arena_str(a, db_text(st, 0));
    q->statement = arena_str(a, db_text(st, 1));
    q->plan = arena_str(a, db_text(st, 2));
    q->sink = arena_str(a, db_text(st, 3));
    Str list = db_text(st, 4);
    int64_t status = db_i64(st, 5);
    if (!q->id.ptr || q->id.len == 0)
        return "it has no id";
    if (status < QUERY_RUNNING || status > QUERY_FAILED)
        return "its status is unknown";
    q->status = (QueryStatus)status;
    q->sources = ARENA_ARRAY(a, Str, list.len / 3 + 1);
    while (list.len) {
        if (!take_name(&list, a, &q->sources[q->source_count]))
            return "its list of sources does not parse";
        q->source_count++;
    }
    return NULL;
}

static Rc load_queries(Catalog *c, Db *db, Err *err)
{
    DbStmt *st = NULL;
    bool row;
    Rc rc = db_prepare(db,
                       "SELECT id, statement, plan, sink, sources, status FROM oxbow_query"
                       " ORDER BY place",
                       &st, err);
    while (!rc && !(rc = db_step(st, &row, err)) && row) {
        CatalogQuery *q = query_new();
        const char *why = read_query(st, q);
        if (why) {
            rc = corrupt(err, "query", q->id, why);
            query_unref(q);
        } else {
            catalog_put_query(c, q);
        }
    }
    if (st)
        db_reset(st);
    return rc;
}

static Rc load_numbers(Catalog *c, Db *db, Err *err)
{
    DbStmt *st = NULL;
    bool row;
    Rc rc = db_prepare(db, "SELECT name, value FROM oxbow_number", &st, err);
    while (!rc && !(rc = db_step(st, &row, err)) && row) {
        Str name = db_text(st, 0);
        int64_t value = db_i64(st, 1);
        if (value < 0)
            rc = corrupt(err, "number", name, "it is negative");
        else if (str_eq(name, STR_LIT("statement")))
            c->next_statement = value;
        else if (str_eq(name, STR_LIT("store")))
            c->next_store = value;
    }
    if (st)
        db_reset(st);
    return rc;
}

/* A type is kept as its canonical spelling, which holds no user names. */
static Rc load_types(Catalog *c, Db *db, Err *err)
{
    DbStmt *st = NULL;
    bool row;
    Arena scratch;
    arena_init(&scratch, 0);
    Rc rc = db_prepare(db, "SELECT name, type FROM oxbow_type ORDER BY name", &st, err);
    while (!rc && !(rc = db_step(st, &row, err)) && row) {
        Str name = db_text(st, 0);
        SqlColumn *cols = NULL;
        int count = 0;
        const Type *type;
        arena_reset(&scratch);
        Str column = str_of(arena_printf(&scratch, "T %.*s", STR_ARG(db_text(st, 1))));
        if (sql_parse_columns(&scratch, column, &cols, &count, err) || count != 1 ||
            catalog_resolve_type(NULL, &scratch, cols[0].type, &type, err))
            rc = corrupt(err, "type", name, "it does not parse");
        else
            catalog_put_type(c, name, type);
    }
    if (st)
        db_reset(st);
    arena_fini(&scratch);
    return rc;
}

Rc catalog_load(Catalog *c, Db *db, Err *err)
{
    catalog_clear(c);
    Rc rc = db_exec(db, schema_sql, err);
    if (!rc)
        rc = load_types(c, db, err);
    if (!rc)
        rc = load_sources(c, db, err);
    if (!rc)
        rc = load_queries(c, db, err);
    if (!rc)
        rc = load_numbers(c, db, err);
    return rc;
}
