/* rowcode_box.c: nested values and wide decimals in the tail of a row.
 *
 * A value is one byte, 0 for NULL and 1 otherwise, and then: booleans one byte; integers and times
 * zigzag; doubles 8 bytes; narrow decimals 16; text, bytes and wide decimals a length and the
 * bytes; arrays and maps a count and their values; structs the values of their fields. The type is
 * not written: the reader has it, and it also bounds the depth of the recursion. */
#include <string.h>

#include "type/rowcode_int.h"

static void put_list(Buf *out, const Value *v, bool counted)
{
    uint32_t items = v->type->kind == TYPE_MAP ? 2 * v->list.count : v->list.count;
    if (counted)
        buf_put_varint(out, v->list.count);
    for (uint32_t i = 0; i < items; i++)
        rowcode_put_box(out, &v->list.items[i]);
}

void rowcode_put_box(Buf *out, const Value *v)
{
    buf_putc(out, !v->is_null);
    if (v->is_null)
        return;
    switch (type_repr(v->type)) {
    case REPR_BOOL:
        buf_putc(out, v->b);
        break;
    case REPR_I32:
        buf_put_zigzag(out, v->i32);
        break;
    case REPR_I64:
        buf_put_zigzag(out, v->i64);
        break;
    case REPR_F64:
        buf_put(out, &v->f64, sizeof v->f64);
        break;
    case REPR_I128:
        buf_put(out, &v->i128, sizeof v->i128);
        break;
    case REPR_STR:
        buf_put_bytes(out, v->str);
        break;
    default:
        if (v->type->kind == TYPE_DECIMAL)
            buf_put_bytes(out, v->str);
        else
            put_list(out, v, v->type->kind != TYPE_STRUCT);
    }
}

/* ---- reading
 * ------------------------------------------------------------------------------------- */

static void take_value(Arena *a, const Type *type, BufReader *r, Value *v);

static void take_list(Arena *a, const Type *type, BufReader *r, Value *v)
{
    bool map = type->kind == TYPE_MAP, fields = type->kind == TYPE_STRUCT;
    uint64_t count = fields ? (uint64_t)type->field_count : buf_take_varint(r);
    uint64_t items = map ? count * 2 : count;
    /* Every value takes at least a byte: a count that promises more is a lie, found before memory
     * is spent on it. */
    if (count > UINT32_MAX / 2 || items > (uint64_t)(r->end - r->at)) {
        r->bad = 1;
        return;
    }
    v->list.count = (uint32_t)count;
    v->list.items = ARENA_ARRAY(a, Value, items);
    for (uint64_t i = 0; i < items && !r->bad; i++) {
        const Type *t = fields ? type->fields[i].type : map && i % 2 == 0 ? type->key : type->elem;
        take_value(a, t, r, &v->list.items[i]);
    }
}

/* A wide decimal is printed as it stands, so its text must be one: -?digits[.digits]. */
static bool is_decimal_text(Str s, int precision, int scale)
{
    uint32_t i = s.len && s.ptr[0] == '-', digits = 0, point = 0;
    for (; i < s.len; i++) {
        if (s.ptr[i] == '.' && !point && digits)
            point = i;
        else if (s.ptr[i] >= '0' && s.ptr[i] <= '9')
            digits++;
        else
            return false;
    }
    uint32_t fraction = point ? s.len - point - 1 : 0;
    /* One digit more than the precision: a zero before the point, or what a rounding carried. */
    return digits && fraction == (uint32_t)scale && digits <= (uint32_t)precision + 1;
}

static void take_scalar(const Type *type, Repr repr, BufReader *r, Value *v)
{
    int64_t i;
    Str s;
    switch (repr) {
    case REPR_BOOL:
        s = buf_take(r, 1);
        v->b = s.len && s.ptr[0];
        break;
    case REPR_I32:
        i = buf_take_zigzag(r);
        r->bad |= i < INT32_MIN || i > INT32_MAX;
        v->i32 = (int32_t)i;
        break;
    case REPR_I64:
        v->i64 = buf_take_zigzag(r);
        break;
    case REPR_F64:
        s = buf_take(r, sizeof v->f64);
        if (s.ptr)
            memcpy(&v->f64, s.ptr, sizeof v->f64);
        break;
    case REPR_I128:
        s = buf_take(r, sizeof v->i128);
        r->bad |= !s.ptr || !rowcode_take_i128(s, &v->i128);
        break;
    default:
        v->str = buf_take_bytes(r);
        if (repr == REPR_BOX && !r->bad)
            r->bad |= !is_decimal_text(v->str, type->precision, type->scale);
    }
}

static void take_value(Arena *a, const Type *type, BufReader *r, Value *v)
{
    *v = (Value){.type = type};
    Str flag = buf_take(r, 1);
    v->is_null = !flag.len || !flag.ptr[0];
    if (r->bad || v->is_null)
        return;
    Repr repr = type_repr(type);
    if (repr == REPR_BOX && type->kind != TYPE_DECIMAL)
        take_list(a, type, r, v);
    else
        take_scalar(type, repr, r, v);
}

const Value *rowcode_take_box(Arena *a, const Type *type, Str bytes)
{
    BufReader r = buf_reader(bytes);
    Value *v = ARENA_NEW(a, Value);
    take_value(a, type, &r, v);
    return r.bad || r.at != r.end || v->is_null ? NULL : v;
}
