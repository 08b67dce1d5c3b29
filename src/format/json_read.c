/* json_read.c: JSON tokens as values of SQL types (statements.md 12.4, case-format.md 7).
 *
 * One reader per type, found in a table when the codec opens. Lenient where the dialect is: numbers
 * from numeric strings, STRING from anything by its text; strict in the rest: nothing is rounded
 * into a DECIMAL, nothing wraps around, nothing is made up. Every reader can run without making
 * anything, for columns that are checked only. Owns nothing; names are json_fields.c's. */
#include "format/json_int.h"

#include <math.h>
#include <stdlib.h>

#include "format/number_text.h"

const char *json_kind_name(const JsonToken *t)
{
    static const char *const names[JSON_KIND_COUNT] = {
        [JSON_NULL] = "null",      [JSON_FALSE] = "a boolean",  [JSON_TRUE] = "a boolean",
        [JSON_INT] = "a number",   [JSON_NUMBER] = "a number",  [JSON_STRING] = "a string",
        [JSON_ARRAY] = "an array", [JSON_OBJECT] = "an object",
    };
    return names[t->kind];
}

static Rc wrong_kind(const JsonShape *shape, const JsonToken *t, Err *err)
{
    return err_set(err, ERR_KIND_DATA, ERR_DECODE, "%s cannot be read from %s",
                   type_kind_name(shape->type->kind), json_kind_name(t));
}

static Rc bad_text(const JsonShape *shape, const char *what, Err *err)
{
    return err_set(err, ERR_KIND_DATA, ERR_DECODE, "%s: %s", type_kind_name(shape->type->kind),
                   what);
}

/* ---- scalars ---- */

static Rc read_boolean(const JsonShape *shape, const JsonSource *src, const JsonToken *t,
                       Value *out, Err *err)
{
    (void)src;
    if (t->kind != JSON_TRUE && t->kind != JSON_FALSE)
        return wrong_kind(shape, t, err);
    out->b = t->kind == JSON_TRUE;
    return 0;
}

/* An integer out of a literal with a fraction or an exponent, or out of a string. The fraction of a
 * number is dropped; a string must be an integer. */
static Rc take_integer_text(const JsonShape *shape, const JsonToken *t, int64_t *out, Err *err)
{
    NumberText n;
    if (!number_text_take(t->text, &n) || (t->kind == JSON_STRING && !n.integral))
        return bad_text(shape, "the string is not an integer", err);
    if (!number_text_i64(&n, out))
        return bad_text(shape, "the number is out of range", err);
    return 0;
}

static inline Rc take_integer(const JsonShape *shape, const JsonToken *t, int64_t low, int64_t high,
                              int64_t *out, Err *err)
{
    *out = t->i64;
    if (t->kind != JSON_INT) {
        if (t->kind != JSON_NUMBER && t->kind != JSON_STRING)
            return wrong_kind(shape, t, err);
        Rc rc = take_integer_text(shape, t, out, err);
        if (rc)
            return rc;
    }
    if (*out < low || *out > high)
        return bad_text(shape, "the number is out of range", err);
    return 0;
}

static Rc read_i32(const JsonShape *shape, const JsonSource *src, const JsonToken *t, Value *out,
                   Err *err)
{
    (void)src;
    int64_t v;
    Rc rc = take_integer(shape, t, INT32_MIN, INT32_MAX, &v, err);
    out->i32 = (int32_t)v;
    return rc;
}

static Rc read_time(const JsonShape *shape, const JsonSource *src, const JsonToken *t, Value *out,
                    Err *err)
{
    (void)src;
    int64_t v;
    Rc rc = take_integer(shape, t, 0, 24 * 60 * 60 * 1000 - 1, &v, err);
    out->i32 = (int32_t)v;
    return rc;
}

static Rc read_i64(const JsonShape *shape, const JsonSource *src, const JsonToken *t, Value *out,
                   Err *err)
{
    (void)src;
    int64_t v;
    Rc rc = take_integer(shape, t, INT64_MIN, INT64_MAX, &v, err);
    out->i64 = v;
    return rc;
}

/* NaN and the infinities are strings in JSON, because it has no literals for them. */
static bool take_double_text(Str s, double *out)
{
    static const struct {
        Str text;
        double value;
    } names[] = {
        {STR_LIT("NaN"), NAN}, {STR_LIT("Infinity"), INFINITY}, {STR_LIT("-Infinity"), -INFINITY}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (str_eq(s, names[i].text)) {
            *out = names[i].value;
            return true;
        }
    }
    NumberText n;
    return number_text_take(s, &n) && text_take_double(s, out) && isfinite(*out);
}

static Rc read_double(const JsonShape *shape, const JsonSource *src, const JsonToken *t, Value *out,
                      Err *err)
{
    (void)src;
    switch (t->kind) {
    case JSON_INT:
        out->f64 = (double)t->i64;
        return 0;
    case JSON_NUMBER:
        out->f64 = t->f64;
        return isfinite(t->f64) ? 0 : bad_text(shape, "the number is out of range", err);
    case JSON_STRING:
        return take_double_text(t->text, &out->f64)
                   ? 0
                   : bad_text(shape, "the string is not a number in its range", err);
    default:
        return wrong_kind(shape, t, err);
    }
}

/* Digits may be added behind the point, never taken away: what does not fit is a bad record. */
static Rc read_decimal(const JsonShape *shape, const JsonSource *src, const JsonToken *t,
                       Value *out, Err *err)
{
    (void)src;
    if (t->kind != JSON_INT && t->kind != JSON_NUMBER && t->kind != JSON_STRING)
        return wrong_kind(shape, t, err);
    NumberText n;
    if (!number_text_take(t->text, &n))
        return bad_text(shape, "the string is not a number", err);
    if (!number_text_decimal(&n, shape->type->precision, shape->type->scale, &out->i128))
        return err_set(err, ERR_KIND_DATA, ERR_DECODE,
                       "DECIMAL(%d, %d): the number does not fit without rounding",
                       shape->type->precision, shape->type->scale);
    return 0;
}

/* ---- text ---- */

/* Strings with escapes lie in the parser's buffer, which the next record overwrites. */
static inline Str keep_text(const JsonSource *src, Str s)
{
    uintptr_t at = (uintptr_t)s.ptr, start = (uintptr_t)src->input.ptr;
    return at >= start && at - start <= src->input.len ? s : arena_str(src->arena, s);
}

/* A value as compact JSON: members in their order, literals as they stood, strings escaped anew. */
static void put_compact(const JsonSource *src, const JsonToken *t)
{
    Buf *out = src->scratch;
    if (t->kind == JSON_STRING) {
        json_write_string(out, t->text); /* the parser has checked its UTF-8 */
        return;
    }
    if (t->kind != JSON_OBJECT && t->kind != JSON_ARRAY) {
        buf_put_str(out, t->text);
        return;
    }
    bool object = t->kind == JSON_OBJECT;
    buf_putc(out, object ? '{' : '[');
    const JsonToken *item = t + 1;
    for (uint32_t i = 0; i < t->count; i++) {
        if (i)
            buf_putc(out, ',');
        if (object) {
            json_write_string(out, item->text);
            buf_putc(out, ':');
            item++;
        }
        put_compact(src, item);
        item = src->tokens + item->next;
    }
    buf_putc(out, object ? '}' : ']');
}

/* The text of a value in a STRING: an array is [a, b] of its elements' texts. */
static void put_text(const JsonSource *src, const JsonToken *t)
{
    Buf *out = src->scratch;
    if (t->kind == JSON_OBJECT) {
        put_compact(src, t);
        return;
    }
    if (t->kind != JSON_ARRAY) {
        buf_put_str(out, t->text);
        return;
    }
    buf_putc(out, '[');
    const JsonToken *item = t + 1;
    for (uint32_t i = 0; i < t->count; i++, item = src->tokens + item->next) {
        if (i)
            buf_puts(out, ", ");
        put_text(src, item);
    }
    buf_putc(out, ']');
}

static Rc read_string(const JsonShape *shape, const JsonSource *src, const JsonToken *t, Value *out,
                      Err *err)
{
    bool nested = t->kind == JSON_OBJECT || t->kind == JSON_ARRAY;
    if (t->text.len > LIMIT_STRING_BYTES)
        return bad_text(shape, "the text is too long", err);
    if (!src->arena)
        return 0;
    if (!nested) {
        out->str = keep_text(src, t->text);
        return 0;
    }
    buf_reset(src->scratch);
    put_text(src, t);
    out->str = arena_str(src->arena, buf_str(src->scratch));
    return 0;
}

static Rc read_bytes(const JsonShape *shape, const JsonSource *src, const JsonToken *t, Value *out,
                     Err *err)
{
    if (t->kind != JSON_STRING)
        return wrong_kind(shape, t, err);
    char *bytes = src->arena ? arena_alloc(src->arena, base64_room(t->text)) : NULL;
    uint32_t len;
    if (!base64_take(t->text, bytes, &len))
        return bad_text(shape, "the string is not base64", err);
    out->str = str_make(bytes, len);
    return 0;
}

/* ---- containers ---- */

/* Any token, null included. */
static inline Rc read_value(const JsonShape *shape, const JsonSource *src, const JsonToken *t,
                            Value *out, Err *err)
{
    *out = (Value){.type = shape->type, .is_null = !t || t->kind == JSON_NULL};
    return out->is_null ? 0 : shape->read(shape, src, t, out, err);
}

static Value *new_items(const JsonSource *src, size_t count)
{
    return src->arena ? ARENA_ARRAY(src->arena, Value, count) : NULL;
}

static Rc read_array(const JsonShape *shape, const JsonSource *src, const JsonToken *t, Value *out,
                     Err *err)
{
    if (t->kind != JSON_ARRAY)
        return wrong_kind(shape, t, err);
    Value checked, *items = new_items(src, t->count);
    const JsonToken *item = t + 1;
    for (uint32_t i = 0; i < t->count; i++, item = src->tokens + item->next) {
        Rc rc = read_value(shape->elem, src, item, items ? &items[i] : &checked, err);
        if (rc) {
            err_prefix(err, "element %u: ", i + 1);
            return rc;
        }
    }
    out->list.items = items;
    out->list.count = t->count;
    return 0;
}

/* Pairs by key, equal keys in the order of the text. */
static int compare_pairs(const void *left, const void *right)
{
    const Value *a = *(const Value *const *)left, *b = *(const Value *const *)right;
    int order = str_cmp(a->str, b->str);
    return order ? order : (a > b) - (a < b);
}

/* Few keys are compared with each other; of many nothing is known, and sorting will tell. (Not
 * hashing: keys come from outside, and could be chosen to collide.) */
static bool may_have_equal_keys(const Value *items, uint32_t count)
{
    enum { COMPARE_MAX = 16 };
    if (count > COMPARE_MAX)
        return true;
    for (uint32_t i = 1; i < count; i++)
        for (uint32_t j = 0; j < i; j++)
            if (str_eq(items[2 * i].str, items[2 * j].str))
                return true;
    return false;
}

/* Of equal keys the first keeps its place and gets the last one's value. Returns what is left. */
static uint32_t merge_equal_keys(Arena *a, Value *items, uint32_t count)
{
    Value **sorted = arena_alloc(a, sizeof *sorted * count);
    for (uint32_t i = 0; i < count; i++)
        sorted[i] = &items[2 * i];
    qsort(sorted, count, sizeof *sorted, compare_pairs);
    Value *first = sorted[0];
    for (uint32_t i = 1; i < count; i++) {
        if (!str_eq(first->str, sorted[i]->str)) {
            first = sorted[i];
            continue;
        }
        first[1] = sorted[i][1];
        sorted[i]->is_null = true; /* no key is NULL: this pair goes */
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (items[2 * i].is_null)
            continue;
        items[2 * kept] = items[2 * i];
        items[2 * kept + 1] = items[2 * i + 1];
        kept++;
    }
    return kept;
}

/* Pairs in their order; of equal keys the last value stays. */
static Rc read_map(const JsonShape *shape, const JsonSource *src, const JsonToken *t, Value *out,
                   Err *err)
{
    if (t->kind != JSON_OBJECT)
        return wrong_kind(shape, t, err);
    Value checked, *items = new_items(src, 2 * (size_t)t->count);
    const JsonToken *key = t + 1;
    for (uint32_t i = 0; i < t->count; i++) {
        const JsonToken *value = key + 1;
        if (items)
            items[2 * i] = (Value){.type = shape->type->key, .str = keep_text(src, key->text)};
        Rc rc = read_value(shape->elem, src, value, items ? &items[2 * i + 1] : &checked, err);
        if (rc) {
            err_prefix(err, "a value of the map: ");
            return rc;
        }
        key = src->tokens + value->next;
    }
    out->list.items = items;
    out->list.count = t->count;
    if (items && may_have_equal_keys(items, t->count))
        out->list.count = merge_equal_keys(src->arena, items, t->count);
    return 0;
}

static Rc read_struct(const JsonShape *shape, const JsonSource *src, const JsonToken *t, Value *out,
                      Err *err)
{
    if (t->kind != JSON_OBJECT)
        return wrong_kind(shape, t, err);
    JsonFields *f = shape->fields;
    json_fields_choose(f, src->tokens, t);
    Value checked, *items = new_items(src, (size_t)f->count);
    for (int i = 0; i < f->count; i++) {
        Rc rc = read_value(&f->shapes[i], src, f->chosen[i], items ? &items[i] : &checked, err);
        if (rc) {
            err_prefix(err, "field `%.*s`: ", STR_ARG(f->names[i]));
            return rc;
        }
    }
    out->list.items = items;
    out->list.count = (uint32_t)f->count;
    return 0;
}

/* ---- shapes ---- */

static JsonReadFn *const readers[TYPE_KIND_COUNT] = {
    [TYPE_BOOLEAN] = read_boolean, [TYPE_INTEGER] = read_i32,   [TYPE_BIGINT] = read_i64,
    [TYPE_DECIMAL] = read_decimal, [TYPE_DOUBLE] = read_double, [TYPE_STRING] = read_string,
    [TYPE_BYTES] = read_bytes,     [TYPE_DATE] = read_i32,      [TYPE_TIME] = read_time,
    [TYPE_TIMESTAMP] = read_i64,   [TYPE_ARRAY] = read_array,   [TYPE_MAP] = read_map,
    [TYPE_STRUCT] = read_struct,
};

void json_shape_init(JsonShape *shape, Arena *a, const Type *type)
{
    *shape = (JsonShape){.type = type, .repr = type_repr(type), .read = readers[type->kind]};
    if (type->elem) {
        shape->elem = ARENA_NEW(a, JsonShape);
        json_shape_init(shape->elem, a, type->elem);
    }
    if (type->kind != TYPE_STRUCT)
        return;
    shape->fields = json_fields_new(a, type->field_count);
    for (int i = 0; i < type->field_count; i++) {
        shape->fields->names[i] = type->fields[i].name;
        json_shape_init(&shape->fields->shapes[i], a, type->fields[i].type);
    }
    json_fields_ready(shape->fields, a);
}

void json_shape_close(JsonShape *shape)
{
    if (shape->elem)
        json_shape_close(shape->elem);
    if (shape->fields)
        json_fields_close(shape->fields);
}
