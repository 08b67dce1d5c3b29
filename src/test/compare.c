/* compare.c: test JSON to record bytes, and record bytes against test JSON. See compare.h.
 *
 * JSON parts are compared as JSON, with literal number texts; KAFKA parts are decoded into their
 * one column, printed as JSON, and then compared the same way. */
#include "test/compare.h"

#include <math.h>
#include <stdlib.h>

static int side_columns(const CatalogSource *s, bool is_key, const SchemaColumn **cols)
{
    int keys = s->schema->key_count;
    *cols = is_key ? s->schema->columns : s->schema->columns + keys;
    return is_key ? keys : s->schema->count - keys;
}

static const FormatSpec *side_format(const CatalogSource *s, bool is_key)
{
    return is_key ? &s->key_format : &s->value_format;
}

static bool format_is(const FormatSpec *f, const char *name)
{
    return strcmp(f->format->name, name) == 0;
}

static void put_quoted(Buf *out, Str s)
{
    buf_putc(out, '"');
    for (uint32_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c < 0x20)
            buf_printf(out, "\\u%04x", c);
        else
            buf_putc(out, (char)c);
    }
    buf_putc(out, '"');
}

static Str with_slack(Arena *a, Str s)
{
    char *p = arena_alloc(a, s.len + JSON_SLACK_BYTES);
    memcpy(p, s.ptr, s.len);
    memset(p + s.len, 0, JSON_SLACK_BYTES);
    return str_make(p, s.len);
}

/* ---- in ------------------------------------------------------------------------------------ */

/* A scalar of test JSON as a value of the column; false when it does not fit the type. */
static bool token_value(const Type *type, const JsonToken *t, Value *out)
{
    *out = value_null(type);
    out->is_null = false;
    switch (type->kind) {
    case TYPE_INTEGER:
        out->i32 = (int32_t)t->i64;
        return t->kind == JSON_INT && t->i64 >= INT32_MIN && t->i64 <= INT32_MAX;
    case TYPE_BIGINT:
        out->i64 = t->kind == JSON_INT ? t->i64 : (int64_t)t->f64;
        return t->kind == JSON_INT || t->kind == JSON_NUMBER;
    case TYPE_DOUBLE:
        out->f64 = t->kind == JSON_INT ? (double)t->i64 : t->f64;
        return t->kind == JSON_INT || t->kind == JSON_NUMBER;
    case TYPE_STRING:
    case TYPE_BYTES:
        out->str = t->text;
        return t->kind == JSON_STRING;
    default:
        return false;
    }
}

static Rc encode_kafka(const CatalogSource *s, bool is_key, const JsonToken *t, Arena *a, Str *out,
                       Err *err)
{
    const SchemaColumn *cols;
    int n = side_columns(s, is_key, &cols);
    if (n == 0) { /* nothing reads it */
        *out = with_slack(a, t->text);
        return 0;
    }
    Value v;
    if (n != 1 || !token_value(cols[0].type, t, &v))
        return err_set(err, ERR_KIND_USER, ERR_GENERIC,
                       "a record's part does not fit the column %.*s", STR_ARG(cols[0].name));
    Column c;
    column_init(&c, a, cols[0].type, 1);
    c.valid[0] = 1;
    column_set_value(&c, 0, &v);
    Codec *codec = NULL;
    bool is_null = false;
    Buf b;
    buf_init(&b);
    Rc rc = codec_open(side_format(s, is_key), cols, 1, is_key, &codec, err);
    if (!rc)
        rc = codec->format->encode(codec, &c, 0, &b, &is_null, err);
    if (!rc)
        *out = with_slack(a, buf_str(&b));
    codec_close(codec);
    buf_fini(&b);
    return rc;
}

Rc record_encode(const CatalogSource *s, bool is_key, const JsonToken *t, const JsonToken *root,
                 Arena *a, Str *out, Err *err)
{
    (void)root;
    const FormatSpec *f = side_format(s, is_key);
    *out = STR_NULL;
    if (!t || t->kind == JSON_NULL || format_is(f, "NONE"))
        return 0;
    if (format_is(f, "JSON")) {
        Buf b;
        buf_init(&b);
        if (t->kind == JSON_STRING)
            put_quoted(&b, t->text);
        else
            buf_put_str(&b, t->text);
        *out = with_slack(a, buf_str(&b));
        buf_fini(&b);
        return 0;
    }
    if (format_is(f, "DELIMITED")) {
        *out = with_slack(a, t->text);
        return 0;
    }
    if (format_is(f, "KAFKA"))
        return encode_kafka(s, is_key, t, a, out, err);
    return err_not_built(err, "%s records in test cases", f->format->name);
}

/* ---- comparison ---------------------------------------------------------------------------- */

/* An exact decimal: digits without sign and leading zeros, and how many are behind the point. */
typedef struct Exact {
    bool negative;
    char digits[1100];
    int count, scale;
} Exact;

static bool take_exact(Str s, Exact *e)
{
    uint32_t i = 0;
    *e = (Exact){0};
    e->negative = s.len && s.ptr[0] == '-';
    i += e->negative;
    bool point = false;
    for (; i < s.len && s.ptr[i] != 'e' && s.ptr[i] != 'E'; i++) {
        if (s.ptr[i] == '.') {
            point = true;
            continue;
        }
        if (e->count == (int)sizeof e->digits || s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        if (e->count || s.ptr[i] != '0')
            e->digits[e->count++] = s.ptr[i];
        e->scale += point;
    }
    if (i < s.len)
        e->scale -= atoi(s.ptr + i + 1);
    if (e->count == 0)
        e->negative = false;
    return true;
}

static bool exact_equal(const Exact *a, const Exact *b)
{
    return a->negative == b->negative && a->count == b->count && a->scale == b->scale &&
           memcmp(a->digits, b->digits, (size_t)a->count) == 0;
}

static bool is_integer_text(Str s)
{
    for (uint32_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '.' || s.ptr[i] == 'e' || s.ptr[i] == 'E')
            return false;
    return true;
}

/* The same value, and whole by its text: 1.0E12 is 1000000000000, but 1.0 is not 1. */
static bool exact_is_whole(Exact *a, Exact *e)
{
    while (a->count > e->count && a->digits[a->count - 1] == '0') {
        a->count--;
        a->scale--;
    }
    while (e->count > a->count && e->digits[e->count - 1] == '0') {
        e->count--;
        e->scale--;
    }
    return exact_equal(a, e);
}

static double number_of(const JsonToken *t)
{
    return t->kind == JSON_INT ? (double)t->i64 : t->f64;
}

static bool numbers_match(const JsonToken *a, const JsonToken *e, bool exact)
{
    bool a_int = is_integer_text(a->text), e_int = is_integer_text(e->text);
    if (!exact)
        return fabs(number_of(a) - number_of(e)) < 1e-6;
    if (a_int && a->kind == JSON_INT) {
        if (e->kind == JSON_INT)
            return a->i64 == e->i64 ||
                   (a->i64 >= INT32_MIN && a->i64 <= INT32_MAX && (int32_t)e->i64 == a->i64);
        return (int64_t)number_of(e) == a->i64;
    }
    Exact x, y;
    if (!take_exact(a->text, &x) || !take_exact(e->text, &y))
        return false;
    if (e_int)
        return x.scale <= 0 && exact_is_whole(&x, &y);
    /* A double's text may differ in the last digits with the same value behind it. */
    return exact_equal(&x, &y) || (number_of(a) == number_of(e) && x.count > 15 && y.count > 15);
}

static const JsonToken *actual_field(const JsonToken *object, Str name)
{
    const JsonToken *t = json_member_str(object, name);
    if (t && t->kind != JSON_NULL)
        return t;
    char upper[1024];
    if (name.len > sizeof upper)
        return t;
    for (uint32_t i = 0; i < name.len; i++)
        upper[i] =
            (char)(name.ptr[i] >= 'a' && name.ptr[i] <= 'z' ? name.ptr[i] - 32 : name.ptr[i]);
    const JsonToken *u = json_member_str(object, str_make(upper, name.len));
    return u ? u : t;
}

static bool objects_match(const JsonToken *a, const JsonToken *ar, const JsonToken *e,
                          const JsonToken *er, bool exact)
{
    if (a->kind != JSON_OBJECT || a->count != e->count)
        return false;
    const JsonToken *k = e + 1;
    for (uint32_t i = 0; i < e->count; i++, k = json_next(er, k + 1)) {
        const JsonToken *field = actual_field(a, k->text);
        bool same = field ? json_matches(field, ar, k + 1, er, exact)
                          : k[1].kind == JSON_NULL; /* what is not there is NULL */
        if (!same)
            return false;
    }
    return true;
}

static bool arrays_match(const JsonToken *a, const JsonToken *ar, const JsonToken *e,
                         const JsonToken *er, bool exact)
{
    if (a->kind != JSON_ARRAY || a->count != e->count)
        return false;
    const JsonToken *x = a + 1, *y = e + 1;
    for (uint32_t i = 0; i < e->count; i++, x = json_next(ar, x), y = json_next(er, y))
        if (!json_matches(x, ar, y, er, exact))
            return false;
    return true;
}

static bool string_matches(const JsonToken *a, const JsonToken *e)
{
    if (a->kind == JSON_STRING)
        return str_eq(a->text, e->text);
    Exact x, y;
    return a->kind == JSON_NUMBER && take_exact(a->text, &x) && e->text.len &&
           take_exact(e->text, &y) && exact_equal(&x, &y);
}

bool json_matches(const JsonToken *a, const JsonToken *ar, const JsonToken *e, const JsonToken *er,
                  bool exact)
{
    switch (e->kind) {
    case JSON_OBJECT:
        return objects_match(a, ar, e, er, exact);
    case JSON_ARRAY:
        return arrays_match(a, ar, e, er, exact);
    case JSON_STRING:
        return string_matches(a, e);
    case JSON_INT:
    case JSON_NUMBER:
        return (a->kind == JSON_INT || a->kind == JSON_NUMBER) && numbers_match(a, e, exact);
    default:
        return a->kind == e->kind;
    }
}

/* ---- out ----------------------------------------------------------------------------------- */

/* The one column of a KAFKA part, as JSON text. */
static Rc kafka_text(const CatalogSource *s, bool is_key, Str bytes, Arena *a, Buf *out, Err *err)
{
    const SchemaColumn *cols;
    int n = side_columns(s, is_key, &cols);
    if (n == 0) {
        put_quoted(out, bytes);
        return 0;
    }
    Column c;
    column_init(&c, a, cols[0].type, 1);
    Codec *codec = NULL;
    bool is_null = false;
    Rc rc = codec_open(side_format(s, is_key), cols, n, is_key, &codec, err);
    if (!rc)
        rc = codec->format->decode(codec, with_slack(a, bytes), &c, 0, a, &is_null, err);
    codec_close(codec);
    if (rc)
        return rc;
    Value v = column_value(&c, 0, a);
    if (cols[0].type->kind == TYPE_STRING || cols[0].type->kind == TYPE_BYTES)
        put_quoted(out, v.str);
    else
        value_print(out, &v);
    return 0;
}

static Rc mismatch(Err *err, bool is_key, Str actual, const JsonToken *expected)
{
    return err_set(
        err, ERR_KIND_USER, ERR_GENERIC, "%s is %.*s, expected %.*s", is_key ? "key" : "value",
        STR_ARG(actual.ptr ? actual : STR_LIT("null")),
        STR_ARG(expected && expected->kind != JSON_NULL ? expected->text : STR_LIT("null")));
}

static Rc compare_json(Str text, bool is_key, const JsonToken *expected, const JsonToken *root,
                       bool exact, Arena *a, Err *err)
{
    JsonParser *p = json_new();
    const JsonToken *t;
    uint32_t n;
    Rc rc = json_parse(p, with_slack(a, text), &t, &n, err);
    if (!rc && !json_matches(t, t, expected, root, exact))
        rc = mismatch(err, is_key, text, expected);
    json_free(p);
    return rc;
}

Rc record_compare(const CatalogSource *s, bool is_key, Str actual, const JsonToken *expected,
                  const JsonToken *root, bool exact, Err *err)
{
    const FormatSpec *f = side_format(s, is_key);
    bool want_null = !expected || expected->kind == JSON_NULL;
    if (want_null || !actual.ptr)
        return want_null && !actual.ptr ? 0 : mismatch(err, is_key, actual, expected);
    if (format_is(f, "DELIMITED"))
        return expected->kind == JSON_STRING && str_eq(actual, expected->text)
                   ? 0
                   : mismatch(err, is_key, actual, expected);
    Arena a;
    Buf text;
    arena_init(&a, 0);
    buf_init(&text);
    Rc rc = 0;
    if (format_is(f, "KAFKA"))
        rc = kafka_text(s, is_key, actual, &a, &text, err);
    else
        buf_put_str(&text, actual);
    if (!rc)
        rc = compare_json(buf_str(&text), is_key, expected, root, exact, &a, err);
    buf_fini(&text);
    arena_fini(&a);
    return rc;
}
