/* value_print.c: values as text, in the two spellings there are.
 *
 * value_print is the text of a CAST to STRING (functions.md 2.3): for people, not to be read back.
 * value_print_sql is SQL that evaluates to the value again, type included. Numbers, dates and
 * quotes come from text*.c. */
#include <math.h>

#include "type/value.h"

/* ---- CAST(v AS STRING)
 * --------------------------------------------------------------------------- */

static void put_text(Buf *out, const Value *v, bool nested);

static void put_list_text(Buf *out, const Value *v)
{
    bool map = v->type->kind == TYPE_MAP;
    buf_putc(out, map ? '{' : '[');
    for (uint32_t i = 0; i < v->list.count; i++) {
        buf_puts(out, i ? ", " : "");
        if (map) {
            put_text(out, &v->list.items[2 * i], true);
            buf_putc(out, '=');
        }
        put_text(out, &v->list.items[map ? 2 * i + 1 : i], true);
    }
    buf_putc(out, map ? '}' : ']');
}

/* NULL fields are left out. */
static void put_struct_text(Buf *out, const Value *v)
{
    bool first = true;
    buf_puts(out, "Struct{");
    for (uint32_t i = 0; i < v->list.count; i++) {
        if (v->list.items[i].is_null)
            continue;
        buf_puts(out, first ? "" : ",");
        first = false;
        buf_put_str(out, v->type->fields[i].name);
        buf_putc(out, '=');
        put_text(out, &v->list.items[i], true);
    }
    buf_putc(out, '}');
}

static void put_decimal_text(Buf *out, const Value *v, bool nested)
{
    if (type_repr(v->type) == REPR_BOX)
        buf_put_str(out, v->str);
    else if (nested)
        text_put_decimal_short(out, v->i128, v->type->scale);
    else
        text_put_decimal(out, v->i128, v->type->scale);
}

/* Inside a container, decimals and timestamps have another spelling than alone. */
static void put_text(Buf *out, const Value *v, bool nested)
{
    if (v->is_null) {
        buf_puts(out, "null");
        return;
    }
    switch (v->type->kind) {
    case TYPE_BOOLEAN:
        buf_puts(out, v->b ? "true" : "false");
        break;
    case TYPE_INTEGER:
        text_put_i64(out, v->i32);
        break;
    case TYPE_BIGINT:
        text_put_i64(out, v->i64);
        break;
    case TYPE_DECIMAL:
        put_decimal_text(out, v, nested);
        break;
    case TYPE_DOUBLE:
        text_put_double(out, v->f64);
        break;
    case TYPE_STRING:
        buf_put_str(out, v->str);
        break;
    case TYPE_BYTES:
        text_put_base64(out, v->str);
        break;
    case TYPE_DATE:
        text_put_date(out, v->i32);
        break;
    case TYPE_TIME:
        text_put_time(out, v->i32);
        if (nested && v->i32 / 1000 % 60 == 0)
            buf_puts(out, ":00");
        break;
    case TYPE_TIMESTAMP:
        if (nested)
            text_put_timestamp_sql(out, v->i64);
        else
            text_put_timestamp(out, v->i64);
        break;
    case TYPE_ARRAY:
    case TYPE_MAP:
        put_list_text(out, v);
        break;
    case TYPE_STRUCT:
        put_struct_text(out, v);
        break;
    case TYPE_NULL:
    case TYPE_KIND_COUNT:
        break;
    }
}

void value_print(Buf *out, const Value *v)
{
    put_text(out, v, false);
}

/* ---- SQL
 * ----------------------------------------------------------------------------------------- */

static void put_cast_end(Buf *out, const Type *t)
{
    buf_puts(out, " AS ");
    type_print(out, t);
    buf_putc(out, ')');
}

/* A decimal literal has the type that its digits give it (statements.md 1.4); where that is not the
 * type of the value, a CAST makes it so. */
static void put_decimal_sql(Buf *out, const Value *v)
{
    const Type *t = v->type;
    Buf text;
    buf_init(&text);
    put_decimal_text(&text, v, false);
    const char *digits = text.ptr + (text.ptr[0] == '-');
    int whole = (int)(text.ptr + text.len - digits) - t->scale - (t->scale > 0);
    bool below_one = whole == 1 && digits[0] == '0';
    bool same = (below_one ? t->scale + 1 : whole + t->scale) == t->precision;
    buf_puts(out, same ? "" : "CAST(");
    buf_put_str(out, buf_str(&text));
    buf_puts(out, t->scale ? "" : "."); /* without a point it would be an integer */
    if (!same)
        put_cast_end(out, t);
    buf_fini(&text);
}

static void put_double_sql(Buf *out, double v)
{
    if (!isfinite(v)) {
        buf_puts(out, "CAST('");
        text_put_double(out, v);
        buf_puts(out, "' AS DOUBLE)");
        return;
    }
    size_t from = out->len;
    text_put_double(out, v);
    if (!memchr(out->ptr + from, 'E', out->len - from))
        buf_puts(out, "E0"); /* the exponent is what makes it a DOUBLE */
}

static void put_time_sql(Buf *out, int32_t ms)
{
    size_t from = out->len;
    text_put_timestamp(out, ms); /* 1970-01-01T10:11:12.000: behind the T is all we want */
    Str clock = {out->ptr + from + 11, 12};
    memmove(out->ptr + from, clock.ptr, clock.len);
    out->len = from + clock.len;
}

static void put_list_sql(Buf *out, const Value *v)
{
    TypeKind kind = v->type->kind;
    bool cast = v->list.count == 0 && kind != TYPE_STRUCT; /* nothing to infer the type from */
    buf_puts(out, cast ? "CAST(" : "");
    buf_puts(out, kind == TYPE_ARRAY ? "ARRAY[" : kind == TYPE_MAP ? "MAP(" : "STRUCT(");
    for (uint32_t i = 0; i < v->list.count; i++) {
        buf_puts(out, i ? ", " : "");
        if (kind == TYPE_ARRAY) {
            value_print_sql(out, &v->list.items[i]);
            continue;
        }
        if (kind == TYPE_MAP)
            value_print_sql(out, &v->list.items[2 * i]);
        else
            name_print(out, v->type->fields[i].name, true);
        buf_puts(out, " := ");
        value_print_sql(out, &v->list.items[kind == TYPE_MAP ? 2 * i + 1 : i]);
    }
    buf_putc(out, kind == TYPE_ARRAY ? ']' : ')');
    if (cast)
        put_cast_end(out, v->type);
}

static void put_bigint_sql(Buf *out, int64_t v)
{
    bool small = v >= INT32_MIN && v <= INT32_MAX; /* by itself it would read back as INTEGER */
    buf_puts(out, small ? "CAST(" : "");
    text_put_i64(out, v);
    buf_puts(out, small ? " AS BIGINT)" : "");
}

static void put_literal(Buf *out, const Value *v)
{
    switch (v->type->kind) {
    case TYPE_BOOLEAN:
        buf_puts(out, v->b ? "TRUE" : "FALSE");
        break;
    case TYPE_INTEGER:
        text_put_i64(out, v->i32);
        break;
    case TYPE_BIGINT:
        put_bigint_sql(out, v->i64);
        break;
    case TYPE_DECIMAL:
        put_decimal_sql(out, v);
        break;
    case TYPE_DOUBLE:
        put_double_sql(out, v->f64);
        break;
    case TYPE_STRING:
        text_put_quoted(out, v->str);
        break;
    case TYPE_BYTES:
        buf_puts(out, "TO_BYTES('");
        text_put_base64(out, v->str);
        buf_puts(out, "', 'base64')");
        break;
    case TYPE_DATE:
        buf_puts(out, "DATE '");
        text_put_date(out, v->i32);
        buf_putc(out, '\'');
        break;
    case TYPE_TIME:
        buf_puts(out, "TIME '");
        put_time_sql(out, v->i32);
        buf_putc(out, '\'');
        break;
    case TYPE_TIMESTAMP:
        buf_puts(out, "TIMESTAMP '");
        text_put_timestamp(out, v->i64);
        buf_putc(out, '\'');
        break;
    default:
        put_list_sql(out, v);
    }
}

void value_print_sql(Buf *out, const Value *v)
{
    if (!v->is_null) {
        put_literal(out, v);
    } else if (v->type->kind == TYPE_NULL) {
        buf_puts(out, "NULL");
    } else {
        buf_puts(out, "CAST(NULL");
        put_cast_end(out, v->type);
    }
}
