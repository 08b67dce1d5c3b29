/* ddl.c: CREATE STREAM and CREATE TABLE with columns: from the statement to the source to register
 * (statements.md 4).
 *
 * Checks come in the order of section 19. What is made lives in the source's own arena and outlives
 * the statement. Inference from a registry and header columns parse and are refused at the end. */
#include "plan/plan_int.h"

typedef struct Ddl {
    const Catalog *catalog;
    const World *world;
    const SqlStatement *stmt;
    CatalogSource *source;
    Arena *arena; /* the source's */
    Err *err;
    With with;
    Schema *schema;
    const CatalogSource *existing;
} Ddl;

static const char *kind_word(bool is_table)
{
    return is_table ? "table" : "stream";
}

/* ---- columns --------------------------------------------------------------------------------- */

static Rc check_key_words(Ddl *d)
{
    const SqlStatement *s = d->stmt;
    Planner place = {.stmt = s, .arena = d->arena};
    for (int i = 0; i < s->column_count; i++) {
        const SqlColumn *c = &s->columns[i];
        if (s->is_table ? !c->key : !c->primary_key)
            continue;
        return err_at(d->err, ERR_SYNTAX, c->name.span,
                      "%sColumn `%.*s` is a '%s' column: please use '%s' for %ss.",
                      names_place(&place, c->name.span), STR_ARG(c->name.text),
                      s->is_table ? "KEY" : "PRIMARY KEY", s->is_table ? "PRIMARY KEY" : "KEY",
                      kind_word(s->is_table));
    }
    return 0;
}

static ColumnRole role_of(const SqlColumn *c)
{
    if (c->key || c->primary_key)
        return ROLE_KEY;
    return c->headers || c->header.ptr ? ROLE_HEADER : ROLE_VALUE;
}

static bool is_headers_type(const Type *t)
{
    const Type *row = t->kind == TYPE_ARRAY ? t->elem : NULL;
    return row && row->kind == TYPE_STRUCT && row->field_count == 2 &&
           str_eq(row->fields[0].name, STR_LIT("KEY")) &&
           row->fields[0].type->kind == TYPE_STRING &&
           str_eq(row->fields[1].name, STR_LIT("VALUE")) && row->fields[1].type->kind == TYPE_BYTES;
}

static Rc check_header(Ddl *d, const SqlColumn *c, const Type *t)
{
    if (c->header.ptr && t->kind != TYPE_BYTES)
        return err_at(d->err, ERR_STATEMENT, c->span,
                      "Invalid type for HEADER('%.*s') column: expected BYTES, got %s",
                      STR_ARG(c->header), type_cstr(d->arena, t));
    if (!c->header.ptr && !is_headers_type(t))
        return err_at(
            d->err, ERR_STATEMENT, c->span,
            "Invalid type for HEADERS column: expected ARRAY<STRUCT<`KEY` STRING, `VALUE` "
            "BYTES>>, got %s",
            type_cstr(d->arena, t));
    for (int i = 0; i < d->schema->count; i++) {
        const SchemaColumn *other = &d->schema->columns[i];
        if (other->role != ROLE_HEADER)
            continue;
        if (!c->header.ptr || !other->header.ptr)
            return err_at(d->err, ERR_STATEMENT, c->span,
                          "Schema already contains a HEADERS column.");
        if (str_eq(c->header, other->header))
            return err_at(d->err, ERR_STATEMENT, c->span,
                          "Schema already contains a HEADER('%.*s') column.", STR_ARG(c->header));
    }
    return 0;
}

static Rc add_column(Ddl *d, const SqlColumn *c, ColumnRole role)
{
    const Type *type;
    Rc rc = catalog_resolve_type(d->catalog, d->arena, c->type, &type, d->err);
    if (rc)
        return rc;
    if (pseudo_find(c->name.text) >= 0)
        return err_at(d->err, ERR_STATEMENT, c->name.span,
                      "'%.*s' is a reserved column name. You cannot use it as a name for a column.",
                      STR_ARG(c->name.text));
    if (schema_find(d->schema, c->name.text) >= 0)
        return err_at(
            d->err, ERR_STATEMENT, c->name.span, "Duplicate %s columns found in schema: `%.*s` %s",
            role == ROLE_KEY ? "key" : "value", STR_ARG(c->name.text), type_cstr(d->arena, type));
    rc = role == ROLE_HEADER ? check_header(d, c, type) : 0;
    if (rc)
        return rc;
    node_column(d->schema, arena_str(d->arena, c->name.text), type, role);
    d->schema->columns[d->schema->count - 1].header = arena_str(d->arena, c->header);
    return 0;
}

/* Keys first, then values, then headers, each in the order of declaration. */
static Rc read_columns(Ddl *d)
{
    const SqlStatement *s = d->stmt;
    Rc rc = 0;
    if (s->column_count > LIMIT_COLUMNS)
        return err_at(d->err, ERR_LIMIT, s->span, "A source may have %d columns at most.",
                      LIMIT_COLUMNS);
    d->schema = node_schema(d->arena, s->column_count);
    for (int role = ROLE_KEY; role <= ROLE_HEADER; role++)
        for (int i = 0; i < s->column_count && !rc; i++)
            if (role_of(&s->columns[i]) == (ColumnRole)role)
                rc = add_column(d, &s->columns[i], (ColumnRole)role);
    return rc;
}

static int value_count(const Schema *s)
{
    int n = 0;
    for (int i = s->key_count; i < s->count; i++)
        n += s->columns[i].role == ROLE_VALUE;
    return n;
}

/* A schema id names the columns of its side; then none may be declared, and the format must know
 * registries. */
static Rc check_schema_id(Ddl *d, WithId id, const char *name, const char *format_name,
                          const Format *f, int declared)
{
    if (!with_has(&d->with, id))
        return 0;
    if (!with_infers(f))
        return err_at(
            d->err, ERR_STATEMENT, d->with.span,
            "%s should support schema inference when %s is provided. Current format is %s.",
            format_name, name, f->name);
    if (declared)
        return err_at(d->err, ERR_STATEMENT, d->with.span,
                      "Table elements and %s cannot both exist for create statement.", name);
    return 0;
}

static Rc check_presence(Ddl *d)
{
    const Schema *s = d->schema;
    const Format *kf = d->source->key_format.format, *vf = d->source->value_format.format;
    Rc rc = check_schema_id(d, WITH_KEY_SCHEMA_ID, "KEY_SCHEMA_ID", "KEY_FORMAT", kf, s->key_count);
    if (!rc)
        rc = check_schema_id(d, WITH_VALUE_SCHEMA_ID, "VALUE_SCHEMA_ID", "VALUE_FORMAT", vf,
                             value_count(s));
    if (rc)
        return rc;
    bool infers_key = s->key_count == 0 && with_infers(kf);
    if (d->stmt->is_table && s->key_count == 0 && !infers_key)
        return err_at(d->err, ERR_STATEMENT, d->stmt->span,
                      "Tables require a PRIMARY KEY. Please define the PRIMARY KEY.");
    if (infers_key || (value_count(s) == 0 && with_infers(vf)))
        return 0; /* refused as not built, behind the other checks */
    if (!d->stmt->has_columns)
        return err_at(d->err, ERR_STATEMENT, d->stmt->span, "No columns supplied.");
    return 0;
}

/* ---- windows --------------------------------------------------------------------------------- */

typedef struct UnitRow {
    const char *name;
    int64_t ms;
} UnitRow;

static const UnitRow unit_rows[] = {
    {"MILLISECOND", 1}, {"SECOND", 1000}, {"MINUTE", 60000}, {"HOUR", 3600000}, {"DAY", 86400000}};

static Rc bad_size(Ddl *d, const char *why)
{
    return err_at(d->err, ERR_STATEMENT, d->with.span,
                  "Configuration WINDOW_SIZE is invalid: Invalid duration: '%.*s'. %s",
                  STR_ARG(d->with.text[WITH_WINDOW_SIZE]), why);
}

/* '<int> <UNIT>' */
static Rc read_size(Ddl *d, int64_t *ms)
{
    Str text = d->with.text[WITH_WINDOW_SIZE];
    char unit[32] = "";
    int64_t count;
    uint32_t blank = 0;
    while (blank < text.len && text.ptr[blank] != ' ')
        blank++;
    if (!text_take_i64(str_make(text.ptr, blank), &count) || count < 1)
        return bad_size(d, "Duration must be a number and a unit, for example '10 SECONDS'.");
    while (blank < text.len && text.ptr[blank] == ' ')
        blank++;
    size_t n = text.len - blank < sizeof unit - 1 ? text.len - blank : sizeof unit - 1;
    for (size_t i = 0; i < n; i++) {
        char ch = text.ptr[blank + i];
        unit[i] = ch >= 'a' && ch <= 'z' ? (char)(ch - 'a' + 'A') : ch;
    }
    size_t bare = n && unit[n - 1] == 'S' ? n - 1 : n;
    for (size_t i = 0; i < sizeof unit_rows / sizeof unit_rows[0]; i++) {
        if (!str_eq(str_make(unit, bare), str_of(unit_rows[i].name)))
            continue;
        if (__builtin_mul_overflow(count, unit_rows[i].ms, ms))
            return bad_size(d, "It is too long.");
        return 0;
    }
    return bad_size(d, arena_printf(d->arena, "Unknown time unit: '%s'", unit));
}

static Rc read_window(Ddl *d)
{
    const With *w = &d->with;
    static const struct {
        const char *name;
        WindowKind kind;
    } kinds[] = {
        {"TUMBLING", WINDOW_TUMBLING}, {"HOPPING", WINDOW_HOPPING}, {"SESSION", WINDOW_SESSION}};
    if (!with_has(w, WITH_WINDOW_TYPE)) {
        if (!with_has(w, WITH_WINDOW_SIZE))
            return 0;
        return err_at(d->err, ERR_STATEMENT, w->span,
                      "'WINDOW_SIZE' needs 'WINDOW_TYPE' beside it.");
    }
    for (int i = 0; i < 3; i++)
        if (str_eq_nocase(w->text[WITH_WINDOW_TYPE], str_of(kinds[i].name)))
            d->schema->window = kinds[i].kind;
    if (d->schema->window == WINDOW_NONE)
        return err_at(
            d->err, ERR_STATEMENT, w->span,
            "Configuration WINDOW_TYPE is invalid: Unknown window type: '%.*s'. It is one "
            "of TUMBLING, HOPPING, SESSION.",
            STR_ARG(w->text[WITH_WINDOW_TYPE]));
    if (d->schema->window == WINDOW_SESSION) {
        if (with_has(w, WITH_WINDOW_SIZE))
            return err_at(d->err, ERR_STATEMENT, w->span,
                          "'WINDOW_SIZE' should not be set for SESSION windows.");
        return 0;
    }
    if (!with_has(w, WITH_WINDOW_SIZE))
        return err_at(d->err, ERR_STATEMENT, w->span,
                      "%s windows require 'WINDOW_SIZE' to be provided in the WITH clause. For "
                      "example: WINDOW_SIZE='10 SECONDS'",
                      window_kind_name(d->schema->window));
    return read_size(d, &d->schema->window_size_ms);
}

/* ---- an existing source of that name --------------------------------------------------------- */

static Rc cannot_add(Ddl *d, const char *why)
{
    return err_at(d->err, ERR_STATEMENT, d->stmt->name.span, "Cannot add %s '%.*s': %s",
                  kind_word(d->stmt->is_table), STR_ARG(d->stmt->name.text), why);
}

static Rc check_existing(Ddl *d)
{
    const CatalogSource *old = d->existing;
    const SqlStatement *s = d->stmt;
    if (!old)
        return 0;
    if (!s->or_replace)
        return cannot_add(d, arena_printf(d->arena, "A %s with the same name already exists",
                                          kind_word(old->is_table)));
    if (!catalog_get_bool(d->catalog, "ksql.create.or.replace.enabled"))
        return cannot_add(d, "CREATE OR REPLACE is disabled by 'ksql.create.or.replace.enabled'.");
    if (s->is_source || old->read_only)
        return cannot_add(d, arena_printf(d->arena,
                                          "CREATE OR REPLACE is not supported on source %ss.",
                                          kind_word(s->is_table)));
    if (old->is_table != s->is_table)
        return cannot_add(d, arena_printf(d->arena, "It exists as a %s and stays one.",
                                          kind_word(old->is_table)));
    if (old->query_id.ptr)
        return cannot_add(
            d, "It is written by a query; replace it by CREATE OR REPLACE ... AS SELECT.");
    return 0;
}

/* The columns of `old` in [from, to) that the new schema does not have at the same place. */
static const char *changed_columns(Ddl *d, const Schema *old, int from, int to)
{
    Buf b;
    buf_init(&b);
    for (int i = from; i < to; i++) {
        const SchemaColumn *o = &old->columns[i],
                           *n = i < d->schema->count ? &d->schema->columns[i] : NULL;
        if (n && str_eq(o->name, n->name) && type_eq(o->type, n->type) && o->role == n->role)
            continue;
        buf_puts(&b, b.len ? ", " : "");
        schema_print(&b, &(Schema){.columns = (SchemaColumn *)o, .count = 1});
    }
    const char *text = b.len ? arena_strndup(d->arena, b.ptr, b.len) : NULL;
    buf_fini(&b);
    return text;
}

/* A replaced source keeps its data: only value columns at the end may be new. */
static Rc check_replaced(Ddl *d)
{
    const CatalogSource *old = d->existing, *new = d->source;
    if (!old)
        return 0;
    const char *keys = changed_columns(d, old->schema, 0, old->schema->key_count);
    if (!keys && d->schema->key_count > old->schema->key_count)
        keys = "a key column was added";
    if (keys)
        return cannot_add(d,
                          arena_printf(d->arena,
                                       "(Key columns must be identical. The following key columns "
                                       "are changed, missing or reordered: [%s])",
                                       keys));
    const char *values =
        changed_columns(d, old->schema, old->schema->key_count, old->schema->count);
    if (values)
        return cannot_add(d,
                          arena_printf(d->arena,
                                       "(The following columns are changed, missing or reordered: "
                                       "[%s])",
                                       values));
    if (!str_eq(old->topic, new->topic))
        return cannot_add(d, "Its topic cannot change.");
    if (!format_same(&old->key_format, &new->key_format) ||
        !format_same(&old->value_format, &new->value_format))
        return cannot_add(d, "Its formats cannot change.");
    if (old->schema->window != d->schema->window ||
        old->schema->window_size_ms != d->schema->window_size_ms)
        return cannot_add(d, "Its window cannot change.");
    return 0;
}

/* ---- the topic ------------------------------------------------------------------------------- */

static Rc choose_topic(Ddl *d)
{
    Str given = d->with.text[WITH_KAFKA_TOPIC];
    if (given.ptr) {
        d->source->topic = given;
        return 0;
    }
    if (d->world->test_mode)
        return err_at(
            d->err, ERR_STATEMENT, d->with.span,
            "Failed to prepare statement: Missing required property \"KAFKA_TOPIC\" which "
            "has no default value.");
    char *lower = arena_strndup(d->arena, d->stmt->name.text.ptr, d->stmt->name.text.len);
    for (char *at = lower; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    d->source->topic = str_of(lower);
    return 0;
}

int plan_topic_partitions(const World *w, Str topic)
{
    for (int i = 0; i < w->topic_count; i++)
        if (str_eq(w->topics[i].name, topic))
            return w->topics[i].partitions;
    return 0;
}

/* A topic that was named but does not exist is made only when PARTITIONS asks for it: a typing
 * error must not become an empty topic. One that nobody named is made as the settings say. */
static Rc choose_partitions(Ddl *d, int *create)
{
    int there = plan_topic_partitions(d->world, d->source->topic);
    bool given = with_has(&d->with, WITH_PARTITIONS);
    int wanted = (int)d->with.number[WITH_PARTITIONS];
    *create = 0;
    if (there) {
        d->source->partitions = there;
        if (given && wanted != there)
            return err_at(
                d->err, ERR_STATEMENT, d->with.span,
                "A topic with the name '%.*s' already exists, with %d partitions instead of "
                "%d. Leave PARTITIONS out or name another topic.",
                STR_ARG(d->source->topic), there, wanted);
        return 0;
    }
    if (!given && with_has(&d->with, WITH_KAFKA_TOPIC) && !d->world->test_mode)
        return err_at(d->err, ERR_STATEMENT, d->with.span,
                      "Topic '%.*s' does not exist. To create it, say how many partitions it is to "
                      "have: PARTITIONS=1.",
                      STR_ARG(d->source->topic));
    *create = given ? wanted : d->world->default_partitions;
    d->source->partitions = *create;
    return 0;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static Rc refuse_unbuilt(Ddl *d)
{
    const Schema *s = d->schema;
    Rc rc = with_not_built(&d->source->key_format, &d->source->value_format, d->err);
    if (rc)
        return rc;
    if (s->count > s->key_count && s->columns[s->count - 1].role == ROLE_HEADER)
        return err_not_built(d->err, "header columns");
    if ((s->key_count == 0 && with_infers(d->source->key_format.format)) ||
        (value_count(s) == 0 && with_infers(d->source->value_format.format)))
        return err_not_built(d->err, "schema inference");
    return with_time_not_built(&d->with, d->err);
}

static Rc build(Ddl *d, int *create)
{
    CatalogSource *src = d->source;
    Rc rc = check_key_words(d);
    if (!rc)
        rc = with_read(&d->with, &d->stmt->with, IN_CREATE, d->arena, d->err);
    if (!rc)
        rc = choose_topic(d);
    if (!rc)
        rc = with_formats(&d->with, d->catalog, d->world, NULL, &src->key_format,
                          &src->value_format, d->err);
    if (!rc)
        rc = check_existing(d);
    if (!rc)
        rc = read_columns(d);
    if (!rc)
        rc = check_presence(d);
    if (!rc)
        rc = read_window(d);
    if (!rc && d->schema->window != WINDOW_NONE && d->schema->key_count == 0)
        rc = err_at(d->err, ERR_STATEMENT, d->with.span, "Windowed sources require a key column.");
    if (!rc)
        rc = with_check_schema(&d->with, d->catalog, d->schema, &src->key_format,
                               &src->value_format, &src->wrap_given, d->arena, d->err);
    if (!rc)
        rc = with_timestamp(&d->with, d->schema, d->arena, &src->timestamp_column,
                            &src->timestamp_format, d->err);
    if (!rc)
        rc = check_replaced(d);
    if (!rc)
        rc = refuse_unbuilt(d);
    return rc ? rc : choose_partitions(d, create);
}

Rc plan_create_source(const Catalog *c, const World *w, const SqlStatement *s, CatalogSource **out,
                      int *topic_partitions, Err *err)
{
    *out = NULL;
    *topic_partitions = 0;
    Ddl d = {.catalog = c, .world = w, .stmt = s, .err = err};
    d.existing = catalog_find_source(c, s->name.text);
    if (d.existing && s->if_not_exists && !s->or_replace)
        return 0;
    d.source = source_new();
    d.arena = &d.source->arena;
    Rc rc = build(&d, topic_partitions);
    if (rc) {
        source_unref(d.source);
        return rc;
    }
    Buf text;
    buf_init(&text);
    sql_print(&text, s);
    d.source->statement = arena_str(d.arena, buf_str(&text));
    buf_fini(&text);
    d.source->name = arena_str(d.arena, s->name.text);
    d.source->is_table = s->is_table;
    d.source->read_only = s->is_source;
    d.source->schema = d.schema;
    *out = d.source;
    return 0;
}
