/* with_schema.c: do the formats fit the columns: map keys, wrapping, types, TIMESTAMP
 * (statements.md 4.1, 4.3, 4.5, 16.3). */
#include "plan/plan_int.h"

bool type_has_map(const Type *t)
{
    if (t->kind == TYPE_MAP)
        return true;
    if (t->kind == TYPE_ARRAY)
        return type_has_map(t->elem);
    for (int i = 0; i < t->field_count; i++)
        if (type_has_map(t->fields[i].type))
            return true;
    return false;
}

Rc keys_refuse_map(Str name, const Type *t, Arena *a, Err *err)
{
    return err_at(
        err, ERR_STATEMENT, SPAN_NONE,
        "Map keys, including types that contain maps, are not supported as they may lead to "
        "unexpected behavior due to inconsistent serialization. Key column name: `%.*s`. "
        "Column type: %s. See https://github.com/confluentinc/ksql/issues/6621 for more.",
        STR_ARG(name), type_cstr(a, t));
}

Rc keys_check_maps(const Schema *s, Arena *a, Err *err)
{
    for (int i = 0; i < s->key_count; i++)
        if (type_has_map(s->columns[i].type))
            return keys_refuse_map(s->columns[i].name, s->columns[i].type, a, err);
    return 0;
}

/* ---- formats against columns ----------------------------------------------------------------- */

static const char *features(const FormatSpec *f, bool is_key, bool wrap_given)
{
    bool both = f->format->wraps && f->format->unwraps;
    if (both && f->unwrapped)
        return "UNWRAP_SINGLES";
    return !is_key && wrap_given ? "WRAP_SINGLES" : "";
}

/* The reason is the format's; what stands around it is the same for all. */
static Rc check_side(const Schema *s, const FormatSpec *f, bool is_key, bool wrap_given, Err *err)
{
    int first = is_key ? 0 : s->key_count, count = is_key ? s->key_count : 0;
    for (int i = s->key_count; i < s->count && !is_key; i++)
        count += s->columns[i].role == ROLE_VALUE;
    if (count == 0 || !f->format->check)
        return 0;
    Err reason = ERR_INIT;
    Rc rc = f->format->check(f, s->columns + first, count, is_key, &reason);
    if (!rc)
        return 0;
    if (rc == ERR_NOT_BUILT) {
        *err = reason;
        return rc;
    }
    Buf columns;
    buf_init(&columns);
    Schema part = {.columns = s->columns + first, .count = count};
    schema_print(&columns, &part);
    rc = err_at(err, ERR_STATEMENT, SPAN_NONE,
                "%s format does not support schema.\nformat: %s\nschema: "
                "Persistence{columns=[%s], features=[%s]}\nreason: %s",
                is_key ? "Key" : "Value", f->format->name, buf_cstr(&columns),
                features(f, is_key, wrap_given), reason.text);
    buf_fini(&columns);
    return rc;
}

static int value_count(const Schema *s)
{
    int n = 0;
    for (int i = s->key_count; i < s->count; i++)
        n += s->columns[i].role == ROLE_VALUE;
    return n;
}

/* Written, else the setting, else what the format does by itself. */
static Rc wrapping(const With *w, const Catalog *c, const Schema *s, FormatSpec *value,
                   bool *wrap_given, Err *err)
{
    const Format *f = value->format;
    Str standby = catalog_get(c, "ksql.persistence.wrap.single.values");
    *wrap_given = with_has(w, WITH_WRAP_SINGLE_VALUE);
    value->unwrapped = !f->wraps && f->unwraps;
    if (!*wrap_given) {
        if (standby.ptr && value_count(s) == 1 && f->wraps && f->unwraps)
            value->unwrapped = !str_eq_nocase(standby, STR_LIT("true"));
        return 0;
    }
    bool wrap = w->number[WITH_WRAP_SINGLE_VALUE] != 0;
    if (wrap ? !f->wraps : !f->unwraps)
        return err_at(err, ERR_STATEMENT, w->span,
                      "Format '%s' does not support 'WRAP_SINGLE_VALUE' set to '%s'.", f->name,
                      wrap ? "true" : "false");
    bool inferred = value_count(s) == 0 && with_infers(f);
    if (value_count(s) != 1 && !inferred)
        return err_at(err, ERR_STATEMENT, w->span,
                      "'WRAP_SINGLE_VALUE' is only valid for single-field value schemas");
    value->unwrapped = !wrap;
    return 0;
}

Rc with_check_schema(const With *w, const Catalog *c, const Schema *s, FormatSpec *key,
                     FormatSpec *value, bool *wrap_given, Arena *a, Err *err)
{
    Rc rc = keys_check_maps(s, a, err);
    key->unwrapped = s->key_count == 1 && key->format->unwraps;
    if (!rc)
        rc = wrapping(w, c, s, value, wrap_given, err);
    if (!rc)
        rc = check_side(s, key, true, false, err);
    if (!rc)
        rc = check_side(s, value, false, *wrap_given, err);
    return rc;
}

/* ---- TIMESTAMP ------------------------------------------------------------------------------- */

/* The text follows the rules of identifiers: folded unless it is quoted inside the string. */
static Str identifier(Str text, Arena *a)
{
    char *name = arena_strndup(a, text.ptr, text.len);
    uint32_t n = text.len;
    bool quoted = n >= 2 && (name[0] == '`' || name[0] == '"') && name[n - 1] == name[0];
    if (quoted)
        return str_make(name + 1, n - 2);
    for (uint32_t i = 0; i < n; i++)
        if (name[i] >= 'a' && name[i] <= 'z')
            name[i] = (char)(name[i] - 'a' + 'A');
    return str_make(name, n);
}

/* Times in texts are read by PARSE_TIMESTAMP (op/stamp.c). */
Rc with_time_not_built(const With *w, Err *err)
{
    if (!with_has(w, WITH_TIMESTAMP_FORMAT) || func_find(STR_LIT("PARSE_TIMESTAMP")))
        return 0;
    return err_not_built(err, "TIMESTAMP_FORMAT");
}

Rc with_timestamp(const With *w, const Schema *s, Arena *a, int *column, Str *format, Err *err)
{
    *column = -1;
    *format = STR_NULL;
    if (!with_has(w, WITH_TIMESTAMP)) {
        if (!with_has(w, WITH_TIMESTAMP_FORMAT))
            return 0;
        return err_at(err, ERR_STATEMENT, w->span,
                      "'TIMESTAMP_FORMAT' says how to read a column: name it with 'TIMESTAMP'.");
    }
    Str name = identifier(w->text[WITH_TIMESTAMP], a);
    int at = schema_find(s, name);
    if (at < 0)
        return err_at(err, ERR_STATEMENT, w->span,
                      "The TIMESTAMP column set in the WITH clause does not exist in the schema: "
                      "'%.*s'",
                      STR_ARG(name));
    TypeKind kind = s->columns[at].type->kind;
    bool has_format = with_has(w, WITH_TIMESTAMP_FORMAT);
    bool fits = kind == TYPE_STRING
                    ? has_format
                    : (kind == TYPE_BIGINT || kind == TYPE_TIMESTAMP) && !has_format;
    if (!fits && has_format && (kind == TYPE_BIGINT || kind == TYPE_TIMESTAMP))
        return err_at(err, ERR_STATEMENT, w->span,
                      "'TIMESTAMP_FORMAT' set, but column `%.*s` is no STRING.", STR_ARG(name));
    if (!fits)
        return err_at(
            err, ERR_STATEMENT, w->span,
            "Timestamp column, `%.*s`, should be LONG(INT64), TIMESTAMP, or a String with a "
            "timestamp_format specified",
            STR_ARG(name));
    *column = at;
    if (has_format)
        *format = w->text[WITH_TIMESTAMP_FORMAT];
    return 0;
}
