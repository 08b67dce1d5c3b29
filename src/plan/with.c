/* with.c: the WITH clause: read, checked word by word, and turned into formats (statements.md 4.2,
 * 4.3, 16.5).
 *
 * Knows nothing of sources; ddl.c and sink.c put what it finds where it belongs. */
#include "plan/plan_int.h"

typedef enum WithType { WITH_IS_STRING, WITH_IS_COUNT, WITH_IS_BOOLEAN } WithType;

typedef struct WithRow {
    const char *name;
    WithType type;
    int where;
} WithRow;

static const WithRow with_rows[WITH_COUNT] = {
#define X(name, type, where) {#name, WITH_IS_##type, where},
    WITH_PROPERTIES(X)
#undef X
};

static Rc invalid(Err *err, Span span, const char *name, const char *reason)
{
    return err_at(err, ERR_STATEMENT, span,
                  "Failed to prepare statement: Configuration %s is invalid: %s", name, reason);
}

/* ---- reading --------------------------------------------------------------------------------- */

static int find_row(Str name, int where)
{
    for (int i = 0; i < WITH_COUNT; i++)
        if (str_eq_nocase(name, str_of(with_rows[i].name)))
            return with_rows[i].where & where ? i : -1;
    return -1;
}

static bool read_number(const SqlExpr *e, int64_t *out)
{
    return (e->kind == SQL_INTEGER || e->kind == SQL_STRING) && text_take_i64(e->text, out) &&
           *out >= 0;
}

static bool read_boolean(const SqlExpr *e, int64_t *out)
{
    if (e->kind == SQL_BOOLEAN) {
        *out = e->boolean;
        return true;
    }
    *out = e->kind == SQL_STRING && str_eq_nocase(e->text, STR_LIT("true"));
    return *out || (e->kind == SQL_STRING && str_eq_nocase(e->text, STR_LIT("false")));
}

static Rc read_value(With *w, int id, const SqlExpr *e, Arena *a, Err *err)
{
    static const char *const wanted[] = {"a string", "a whole number", "true or false"};
    const WithRow *row = &with_rows[id];
    bool fits = row->type == WITH_IS_STRING    ? e->kind == SQL_STRING
                : row->type == WITH_IS_BOOLEAN ? read_boolean(e, &w->number[id])
                                               : read_number(e, &w->number[id]);
    if (!fits)
        return invalid(err, e->span, row->name,
                       arena_printf(a, "it must be %s", wanted[row->type]));
    w->text[id] = e->text.ptr ? arena_str(a, e->text) : STR_LIT("");
    return 0;
}

Rc with_read(With *w, const SqlWith *sql, int where, Arena *a, Err *err)
{
    *w = (With){.span = sql->span};
    for (int i = 0; i < sql->count; i++) {
        const SqlWithItem *item = &sql->items[i];
        int id = find_row(item->name.text, where);
        if (id < 0)
            return err_at(err, ERR_STATEMENT, item->name.span,
                          "Failed to prepare statement: Invalid config variable(s) in the WITH "
                          "clause: %.*s",
                          STR_ARG(item->name.text));
        if (with_has(w, (WithId)id))
            return err_at(err, ERR_STATEMENT, item->name.span,
                          "Failed to prepare statement: %s is given twice in the WITH clause.",
                          with_rows[id].name);
        Rc rc = read_value(w, id, item->value, a, err);
        if (rc)
            return rc;
    }
    if (with_has(w, WITH_PARTITIONS) &&
        (w->number[WITH_PARTITIONS] < 1 || w->number[WITH_PARTITIONS] > INT32_MAX))
        return invalid(err, w->span, "PARTITIONS", "it must be greater than zero");
    if (with_has(w, WITH_KAFKA_TOPIC) && w->text[WITH_KAFKA_TOPIC].len == 0)
        return invalid(err, w->span, "KAFKA_TOPIC", "it must not be empty");
    return 0;
}

/* ---- formats --------------------------------------------------------------------------------- */

typedef struct SideIds { /* what WITH can say about one side */
    WithId format, delimiter, full_name, nullable;
    const char *side;
} SideIds;

static const SideIds key_ids = {WITH_KEY_FORMAT, WITH_KEY_DELIMITER, WITH_KEY_SCHEMA_FULL_NAME,
                                WITH_KEY_PROTOBUF_NULLABLE_REPRESENTATION, "KEY"};
static const SideIds value_ids = {WITH_VALUE_FORMAT, WITH_VALUE_DELIMITER,
                                  WITH_VALUE_SCHEMA_FULL_NAME,
                                  WITH_VALUE_PROTOBUF_NULLABLE_REPRESENTATION, "VALUE"};

bool with_infers(const Format *f)
{
    static const char *const names[] = {"AVRO", "PROTOBUF", "JSON_SR", NULL};
    for (const char *const *n = names; *n; n++)
        if (strcmp(f->name, *n) == 0)
            return true;
    return false;
}

static Rc check_format_words(const With *w, Err *err)
{
    static const WithId sides[] = {WITH_KEY_FORMAT, WITH_VALUE_FORMAT};
    for (int i = 0; i < 2 && with_has(w, WITH_FORMAT); i++) {
        const char *name = with_rows[sides[i]].name;
        if (with_has(w, sides[i]))
            return err_at(
                err, ERR_STATEMENT, w->span,
                "Cannot supply both '%s' and 'FORMAT' properties, as 'FORMAT' sets both key "
                "and value formats. Either use just 'FORMAT', or use 'KEY_FORMAT' and "
                "'VALUE_FORMAT'.",
                name);
    }
    if (with_has(w, WITH_VALUE_SCHEMA_FULL_NAME) && with_has(w, WITH_VALUE_AVRO_SCHEMA_FULL_NAME))
        return err_at(
            err, ERR_STATEMENT, w->span,
            "Cannot supply both 'VALUE_AVRO_SCHEMA_FULL_NAME' and 'VALUE_SCHEMA_FULL_NAME'. "
            "Please only set 'VALUE_SCHEMA_FULL_NAME'.");
    return 0;
}

static Rc find_format(Str name, const Format **out, Err *err, Span span)
{
    *out = format_find(name);
    if (*out)
        return 0;
    return err_at(err, ERR_STATEMENT, span, "Unknown format: %.*s", STR_ARG(name));
}

static Rc read_delimiter(const With *w, WithId id, Str *out, Err *err)
{
    Str d = w->text[id];
    bool blank = true;
    if (str_eq_nocase(d, STR_LIT("TAB")) || str_eq_nocase(d, STR_LIT("SPACE"))) {
        *out = d.len == 3 ? STR_LIT("\t") : STR_LIT(" ");
        return 0;
    }
    for (uint32_t i = 0; i < d.len; i++)
        blank = blank && (d.ptr[i] == ' ' || d.ptr[i] == '\t');
    if (blank)
        return invalid(
            err, w->span, with_rows[id].name,
            "Delimiter cannot be empty, if you meant to have a tab or space for delimiter, "
            "please use the special values 'TAB' or 'SPACE'\nExample valid value: ';'");
    if (d.len != 1)
        return err_at(
            err, ERR_STATEMENT, w->span,
            "Failed to prepare statement: Configuration %s is invalid: Invalid delimiter "
            "value: '%.*s'. Delimiter must be a single character or TAB,SPACE\nExample valid "
            "value: ';'",
            with_rows[id].name, STR_ARG(d));
    *out = d;
    return 0;
}

static Rc not_supported(Err *err, Span span, const Format *f, const char *property)
{
    return err_at(err, ERR_STATEMENT, span, "%s does not support the following configs: [%s]",
                  f->name, property);
}

/* Properties that only some formats have. */
static Rc check_properties(const With *w, const SideIds *ids, FormatSpec *spec, Err *err)
{
    Str full_name = w->text[ids->full_name];
    if (ids->full_name == WITH_VALUE_SCHEMA_FULL_NAME && !full_name.ptr)
        full_name = w->text[WITH_VALUE_AVRO_SCHEMA_FULL_NAME];
    if (with_has(w, ids->delimiter)) {
        if (strcmp(spec->format->name, "DELIMITED") != 0)
            return not_supported(err, w->span, spec->format, "delimiter");
        Rc rc = read_delimiter(w, ids->delimiter, &spec->delimiter, err);
        if (rc)
            return rc;
    }
    if (full_name.ptr && !with_infers(spec->format))
        return not_supported(err, w->span, spec->format, "fullSchemaName");
    bool blank = full_name.ptr != NULL;
    for (uint32_t i = 0; i < full_name.len; i++)
        blank = blank && full_name.ptr[i] == ' ';
    if (blank)
        return err_at(err, ERR_STATEMENT, w->span,
                      "fullSchemaName cannot be empty. Format configuration: {fullSchemaName=}");
    if (with_has(w, ids->nullable) && strncmp(spec->format->name, "PROTOBUF", 8) != 0)
        return not_supported(err, w->span, spec->format, "nullableRepresentation");
    return 0;
}

/* Given here, else the base's, else the setting's; `standby` where that is unset too. */
static Rc side_format(const With *w, const SideIds *ids, const FormatSpec *base, Str standby,
                      FormatSpec *out, Err *err)
{
    Str given = with_has(w, WITH_FORMAT) ? w->text[WITH_FORMAT] : w->text[ids->format];
    const Format *format = NULL;
    Rc rc = 0;
    *out = base ? *base : (FormatSpec){0};
    out->unwrapped = false;
    if (given.ptr || !base)
        rc = find_format(given.ptr ? given : standby, &format, err, w->span);
    if (rc)
        return rc;
    if (format && (!base || format != base->format))
        *out = (FormatSpec){.format = format}; /* overriding the format drops its properties */
    if (ids == &key_ids ? !out->format->key : !out->format->value)
        return err_at(err, ERR_STATEMENT, w->span, "The '%s' format cannot serve as %s format.",
                      out->format->name, ids == &key_ids ? "key" : "value");
    return check_properties(w, ids, out, err);
}

Str with_default_key(const Catalog *c)
{
    Str name = catalog_get(c, "ksql.persistence.default.format.key");
    return name.ptr ? name : STR_LIT("KAFKA");
}

Rc with_formats(const With *w, const Catalog *c, const World *world, const CatalogSource *base,
                FormatSpec *key, FormatSpec *value, Err *err)
{
    Str standby = catalog_get(c, "ksql.persistence.default.format.value");
    if (!standby.ptr && !world->test_mode)
        standby = STR_LIT("JSON");
    Rc rc = check_format_words(w, err);
    if (!rc)
        rc = side_format(w, &key_ids, base ? &base->key_format : NULL, with_default_key(c), key,
                         err);
    if (rc)
        return rc;
    if (!base && !standby.ptr && !with_has(w, WITH_FORMAT) && !with_has(w, WITH_VALUE_FORMAT))
        return err_at(
            err, ERR_STATEMENT, w->span,
            "Statement is missing the 'VALUE_FORMAT' property from the WITH clause. Either "
            "provide one or set a default via the "
            "'ksql.persistence.default.format.value' config.");
    return side_format(w, &value_ids, base ? &base->value_format : NULL, standby, value, err);
}

Rc with_not_built(const FormatSpec *key, const FormatSpec *value, Err *err)
{
    const Format *formats[] = {key->format, value->format};
    for (int i = 0; i < 2; i++)
        if (formats[i]->not_built)
            return err_not_built(err, "%s", formats[i]->not_built);
    return 0;
}
