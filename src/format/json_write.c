/* json_write.c: SQL values as compact JSON text (statements.md 12.4, case-format.md 7).
 *
 * One writer per type in a table. What JSON cannot carry (text that is not UTF-8, a DECIMAL outside
 * its type, a map key that is NULL) is an error of that record. Owns nothing; the object around the
 * columns is format_json.c's. */
#include "format/json_int.h"

#include <math.h>

#include "base/utf8.h"

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* ---- strings ---- */

static bool needs_escape(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

/* Nonzero when one of eight bytes may need an escape (a blank beside one may be blamed with it). */
static inline uint64_t may_need_escape(uint64_t w)
{
    uint64_t control = w - EACH_BYTE(0x20);
    uint64_t quote = (w ^ EACH_BYTE('"')) - EACH_BYTE(1);
    uint64_t slash = (w ^ EACH_BYTE('\\')) - EACH_BYTE(1);
    return (control | quote | slash) & ~w & EACH_BYTE(0x80);
}

/* How many bytes from `at` on need no escape; *high gets the top bits of what was seen. */
static inline uint32_t plain_run(Str s, uint32_t at, uint64_t *high)
{
    uint32_t start = at;
    for (uint64_t w; s.len - at >= 8; at += 8) {
        memcpy(&w, s.ptr + at, 8);
        if (may_need_escape(w))
            break;
        *high |= w;
    }
    for (; at < s.len && !needs_escape((unsigned char)s.ptr[at]); at++)
        *high |= (unsigned char)s.ptr[at];
    return at - start;
}

static void put_escape(Buf *out, unsigned char c)
{
    static const char letters[] = "btn\0fr", hex[] = "0123456789abcdef";
    char *at = buf_reserve(out, 6);
    at[0] = '\\';
    if (c >= 0x20) {
        at[1] = (char)c;
        out->len += 2;
    } else if (c >= '\b' && c <= '\r' && letters[c - '\b']) {
        at[1] = letters[c - '\b'];
        out->len += 2;
    } else {
        memcpy(at, "\\u00", 4);
        at[4] = hex[c >> 4];
        at[5] = hex[c & 15];
        out->len += 6;
    }
}

bool json_write_string(Buf *out, Str s)
{
    uint64_t high = 0;
    char *at = buf_reserve(out, (size_t)s.len + 2);
    *at = '"';
    out->len++;
    for (uint32_t i = 0; i < s.len; i++) {
        uint32_t run = plain_run(s, i, &high);
        buf_put(out, s.ptr + i, run);
        i += run;
        if (i < s.len)
            put_escape(out, (unsigned char)s.ptr[i]);
    }
    buf_putc(out, '"');
    return !(high & EACH_BYTE(0x80)) || utf8_valid(s);
}

/* ---- one writer per type ---- */

typedef Rc WriteFn(Buf *out, const Value *v, Err *err);

static Rc cannot_write(Err *err, const Value *v, const char *what)
{
    return err_set(err, ERR_KIND_DATA, ERR_EVAL, "%s: %s", type_kind_name(v->type->kind), what);
}

static Rc write_boolean(Buf *out, const Value *v, Err *err)
{
    (void)err;
    buf_put_str(out, v->b ? STR_LIT("true") : STR_LIT("false"));
    return 0;
}

static Rc write_i32(Buf *out, const Value *v, Err *err)
{
    (void)err;
    text_put_i64(out, v->i32);
    return 0;
}

static Rc write_i64(Buf *out, const Value *v, Err *err)
{
    (void)err;
    text_put_i64(out, v->i64);
    return 0;
}

/* JSON has no literal for NaN and the infinities, so they are strings; the reader knows them. */
static Rc write_double(Buf *out, const Value *v, Err *err)
{
    (void)err;
    bool finite = isfinite(v->f64);
    if (!finite)
        buf_putc(out, '"');
    text_put_double(out, v->f64);
    if (!finite)
        buf_putc(out, '"');
    return 0;
}

static Int128 power_of_ten(int n)
{
    Int128 p = 1;
    for (; n > 0; n--)
        p *= 10;
    return p;
}

static Rc write_decimal(Buf *out, const Value *v, Err *err)
{
    int precision = v->type->precision;
    Int128 size = v->i128 < 0 ? -v->i128 : v->i128;
    if ((size >> 63 != 0 || precision < 19) && size >= power_of_ten(precision))
        return cannot_write(err, v, "the number does not fit the declared precision");
    text_put_decimal(out, v->i128, v->type->scale);
    return 0;
}

static Rc write_string(Buf *out, const Value *v, Err *err)
{
    return json_write_string(out, v->str) ? 0 : cannot_write(err, v, "the text is not UTF-8");
}

static Rc write_bytes(Buf *out, const Value *v, Err *err)
{
    (void)err;
    buf_putc(out, '"');
    base64_put(out, v->str);
    buf_putc(out, '"');
    return 0;
}

static Rc write_array(Buf *out, const Value *v, Err *err)
{
    buf_putc(out, '[');
    for (uint32_t i = 0; i < v->list.count; i++) {
        if (i)
            buf_putc(out, ',');
        Rc rc = json_write_value(out, &v->list.items[i], err);
        if (rc)
            return rc;
    }
    buf_putc(out, ']');
    return 0;
}

static Rc write_pair(Buf *out, bool first, Str name, const Value *v, Err *err)
{
    if (!first)
        buf_putc(out, ',');
    if (!json_write_string(out, name))
        return cannot_write(err, v, "the name of a field is not UTF-8");
    buf_putc(out, ':');
    return json_write_value(out, v, err);
}

static Rc write_map(Buf *out, const Value *v, Err *err)
{
    buf_putc(out, '{');
    for (uint32_t i = 0; i < v->list.count; i++) {
        const Value *key = &v->list.items[2 * i];
        if (key->is_null)
            return cannot_write(err, v, "a key is NULL");
        Rc rc = write_pair(out, i == 0, key->str, key + 1, err);
        if (rc)
            return rc;
    }
    buf_putc(out, '}');
    return 0;
}

static Rc write_struct(Buf *out, const Value *v, Err *err)
{
    buf_putc(out, '{');
    for (uint32_t i = 0; i < v->list.count; i++) {
        Rc rc = write_pair(out, i == 0, v->type->fields[i].name, &v->list.items[i], err);
        if (rc)
            return rc;
    }
    buf_putc(out, '}');
    return 0;
}

static WriteFn *const writers[TYPE_KIND_COUNT] = {
    [TYPE_BOOLEAN] = write_boolean, [TYPE_INTEGER] = write_i32,   [TYPE_BIGINT] = write_i64,
    [TYPE_DECIMAL] = write_decimal, [TYPE_DOUBLE] = write_double, [TYPE_STRING] = write_string,
    [TYPE_BYTES] = write_bytes,     [TYPE_DATE] = write_i32,      [TYPE_TIME] = write_i32,
    [TYPE_TIMESTAMP] = write_i64,   [TYPE_ARRAY] = write_array,   [TYPE_MAP] = write_map,
    [TYPE_STRUCT] = write_struct,
};

Rc json_write_value(Buf *out, const Value *v, Err *err)
{
    if (v->is_null) {
        buf_put_str(out, STR_LIT("null"));
        return 0;
    }
    return writers[v->type->kind](out, v, err);
}
