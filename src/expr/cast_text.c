/* cast_text.c: casts to and from text (functions.md 2.2, 2.3, 2.6). The text forms themselves are
 * type/value.h's. */
#include "expr/expr_int.h"

/* Every type prints itself. */
void cast_any_text(FuncCall *c)
{
    FuncText room = func_text(c);
    Buf text;
    buf_init(&text);
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        Value v = column_value(&c->args[0], i, c->arena);
        buf_reset(&text);
        value_print(&text, &v);
        if (text.len > LIMIT_STRING_BYTES)
            func_fail(c, i);
        else
            c->out->str[i] = func_text_put(&room, buf_str(&text));
    }
    buf_fini(&text);
}

static Str trimmed(Str s)
{
    while (s.len && (unsigned char)s.ptr[s.len - 1] <= ' ')
        s.len--;
    while (s.len && (unsigned char)s.ptr[0] <= ' ')
        s = str_make(s.ptr + 1, s.len - 1);
    return s;
}

static bool is_prefix(Str s, const char *word)
{
    size_t n = strlen(word);
    return s.len > 0 && s.len <= n && str_eq_nocase(s, str_make(word, s.len));
}

/* True for a beginning of `true` or `yes`; nothing is an error. */
void cast_text_bool(FuncCall *c)
{
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        Str s = trimmed(c->args[0].str[i]);
        c->out->b[i] = is_prefix(s, "true") || is_prefix(s, "yes");
    }
}

/* A loop over the rows: `take` parses s into the result or fails. */
#define PARSE(c, take)                                                                             \
    do {                                                                                           \
        for (int i = 0; i < (c)->rows; i++) {                                                      \
            if (!(c)->out->valid[i])                                                               \
                continue;                                                                          \
            Str s = (c)->args[0].str[i];                                                           \
            if (!(take))                                                                           \
                func_fail(c, i);                                                                   \
        }                                                                                          \
    } while (0)

static bool take_i32(Str s, int32_t *out)
{
    int64_t v;
    if (!text_take_i64(s, &v) || v < INT32_MIN || v > INT32_MAX)
        return false;
    *out = (int32_t)v;
    return true;
}

void cast_text_i32(FuncCall *c)
{
    PARSE(c, take_i32(s, &c->out->i32[i]));
}
void cast_text_i64(FuncCall *c)
{
    PARSE(c, text_take_i64(s, &c->out->i64[i]));
}
void cast_text_f64(FuncCall *c)
{
    PARSE(c, text_take_double(s, &c->out->f64[i]));
}

void cast_text_dec(FuncCall *c)
{
    const Type *t = c->out->type;
    PARSE(c, text_take_decimal(s, t->precision, t->scale, &c->out->i128[i]));
}

void cast_text_date(FuncCall *c)
{
    PARSE(c, text_take_date(s, &c->out->i32[i]));
}
void cast_text_time(FuncCall *c)
{
    PARSE(c, text_take_time(s, &c->out->i32[i]));
}
void cast_text_timestamp(FuncCall *c)
{
    PARSE(c, text_take_timestamp(s, &c->out->i64[i]));
}

void cast_text_bytes(FuncCall *c)
{
    FuncText room = func_text(c);
    Buf bytes;
    buf_init(&bytes);
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        buf_reset(&bytes);
        if (text_take_base64(trimmed(c->args[0].str[i]), &bytes))
            c->out->str[i] = func_text_put(&room, buf_str(&bytes));
        else
            func_fail(c, i);
    }
    buf_fini(&bytes);
}
