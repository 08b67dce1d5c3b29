/* format_json.c: JSON, an object with a member per column, or one bare value (statements.md 12.4).
 *
 * Owns the codec's state: the parser, the shapes of the columns, the object's ready-made pieces of
 * text. The texts of values are json_read.c's and json_write.c's. */
#include "base/mem.h"
#include "format/json_int.h"

typedef struct JsonState {
    Arena arena; /* everything below but the parser and the scratch */
    JsonParser *parser;
    JsonFields *fields; /* the columns */
    Str *leads;         /* [count] what stands before column i: {"A": or ,"B": */
    bool unwrapped;     /* the value of the only column stands alone */
    Buf scratch;
} JsonState;

/* ---- the schema ---- */

/* The first part of a type that JSON cannot carry, or NULL. */
static const Type *find_type(const Type *t, bool (*bad)(const Type *))
{
    if (bad(t))
        return t;
    const Type *found = t->elem ? find_type(t->elem, bad) : NULL;
    for (int i = 0; i < t->field_count && !found; i++)
        found = find_type(t->fields[i].type, bad);
    return found;
}

static bool is_bad_map(const Type *t)
{
    return t->kind == TYPE_MAP && t->key->kind != TYPE_STRING;
}

static bool is_wide_decimal(const Type *t)
{
    return t->kind == TYPE_DECIMAL && t->precision > 38;
}

static Rc json_check(const FormatSpec *spec, const SchemaColumn *cols, int count, bool is_key,
                     Err *err)
{
    (void)spec, (void)is_key;
    for (int i = 0; i < count; i++) {
        if (find_type(cols[i].type, is_bad_map))
            return err_set(err, ERR_KIND_USER, ERR_STATEMENT,
                           "JSON only supports MAP types with STRING keys");
        if (find_type(cols[i].type, is_wide_decimal))
            return err_not_built(err, "DECIMAL of more than 38 digits in JSON");
    }
    return 0;
}

/* ---- life ---- */

static Str make_lead(JsonState *s, Str name, bool first)
{
    buf_reset(&s->scratch);
    buf_putc(&s->scratch, first ? '{' : ',');
    json_write_string(&s->scratch, name); /* names come from SQL text, which is UTF-8 */
    buf_putc(&s->scratch, ':');
    return arena_str(&s->arena, buf_str(&s->scratch));
}

static Rc json_open(Codec *c, Err *err)
{
    (void)err;
    JsonState *s = MEM_NEW(JsonState);
    arena_init(&s->arena, 0);
    buf_init(&s->scratch);
    s->parser = json_new();
    s->unwrapped = c->count == 1 && (c->spec.unwrapped || c->is_key);
    s->leads = ARENA_ARRAY(&s->arena, Str, c->count);
    s->fields = json_fields_new(&s->arena, c->count);
    for (int i = 0; i < c->count; i++) {
        s->leads[i] = make_lead(s, c->columns[i].name, i == 0);
        s->fields->names[i] = c->columns[i].name;
        json_shape_init(&s->fields->shapes[i], &s->arena, c->columns[i].type);
    }
    json_fields_ready(s->fields, &s->arena);
    c->state = s;
    return 0;
}

static void json_close(Codec *c)
{
    JsonState *s = c->state;
    json_fields_close(s->fields);
    json_free(s->parser);
    buf_fini(&s->scratch);
    arena_fini(&s->arena);
    mem_free(s);
}

/* ---- bytes to columns ---- */

static Rc read_column(const JsonShape *shape, JsonSource *src, const JsonToken *t, Column *col,
                      int row, Arena *a, Err *err)
{
    bool keep = col->any != NULL;
    if (!t || t->kind == JSON_NULL) {
        if (keep)
            col->valid[row] = 0;
        return 0;
    }
    src->arena = keep ? a : NULL;
    Value v;
    v.type = shape->type;
    v.is_null = false;
    Rc rc = shape->read(shape, src, t, &v, err);
    if (!rc && keep)
        column_put(col, shape->repr, row, &v, a);
    return rc;
}

static Rc json_decode(Codec *c, Str bytes, Column *cols, int row, Arena *a, bool *is_null, Err *err)
{
    JsonState *s = c->state;
    JsonFields *f = s->fields;
    *is_null = false;
    if (c->count == 0)
        return 0;
    JsonSource src = {.input = bytes, .scratch = &s->scratch};
    uint32_t count;
    Rc rc = json_parse(s->parser, bytes, &src.tokens, &count, err);
    if (rc)
        return rc;
    const JsonToken *root = src.tokens;
    *is_null = root->kind == JSON_NULL;
    if (s->unwrapped || *is_null)
        for (int i = 0; i < f->count; i++)
            f->chosen[i] = root;
    else if (root->kind == JSON_OBJECT)
        json_fields_choose(f, src.tokens, root);
    else
        return err_set(err, ERR_KIND_DATA, ERR_DECODE,
                       "a JSON object with the columns is expected, not %s", json_kind_name(root));
    for (int i = 0; i < f->count; i++) {
        rc = read_column(&f->shapes[i], &src, f->chosen[i], &cols[i], row, a, err);
        if (rc) {
            err_prefix(err, "column `%.*s`: ", STR_ARG(f->names[i]));
            return rc;
        }
    }
    return 0;
}

/* ---- columns to bytes ---- */

static Rc write_column(const JsonShape *shape, const Column *col, int row, Buf *out, Err *err)
{
    if (!col->any || column_is_null(col, row)) {
        buf_put(out, "null", 4);
        return 0;
    }
    Value v = column_get(col, shape->repr, row);
    v.type = shape->type;
    return json_write_value(out, &v, err);
}

static Rc write_row(const Codec *c, const Column *cols, int row, Buf *out, Err *err)
{
    const JsonState *s = c->state;
    if (c->count == 0)
        buf_putc(out, '{');
    for (int i = 0; i < c->count; i++) {
        if (!s->unwrapped)
            buf_put_str(out, s->leads[i]);
        Rc rc = write_column(&s->fields->shapes[i], &cols[i], row, out, err);
        if (rc) {
            err_prefix(err, "column `%.*s`: ", STR_ARG(c->columns[i].name));
            return rc;
        }
    }
    if (!s->unwrapped)
        buf_putc(out, '}');
    return 0;
}

/* A key without columns is no key; a value without columns is an empty object, because no value
 * would delete the row. */
static Rc json_encode(Codec *c, const Column *cols, int row, Buf *out, bool *is_null, Err *err)
{
    const JsonState *s = c->state;
    size_t start = out->len;
    *is_null = s->unwrapped ? column_is_null(&cols[0], row) : c->is_key && c->count == 0;
    if (*is_null)
        return 0;
    Rc rc = write_row(c, cols, row, out, err);
    if (rc)
        out->len = start; /* half an object is worth nothing */
    return rc;
}

const Format format_json = {
    .name = "JSON",
    .help = "an object with a member per column",
    .key = true,
    .value = true,
    .multi_key = true,
    .wraps = true,
    .unwraps = true,
    .check = json_check,
    .open = json_open,
    .close = json_close,
    .decode = json_decode,
    .encode = json_encode,
};
