/* func_encode.c: texts and bytes in other codings: ENCODE, TO_BYTES, FROM_BYTES, numbers out of
 * bytes, UUID (functions.md 4.2, 4.5).
 *
 * A coding is a row of a table: how text in it becomes bytes, and bytes text. ENCODE and the
 * functions on BYTES differ in what they forgive. */
#include "base/utf8.h"
#include "func/func_int.h"

/* ---- text from bytes ------------------------------------------------------------------------- */

enum { REPLACEMENT = 0xFFFD };

/* How many bytes at s[at], which begin no valid character, stand for one replacement: as much of a
 * character as there is. */
static uint32_t bad_bytes(Str s, uint32_t at)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    unsigned char lead = p[at];
    uint32_t want = lead >= 0xF0 && lead <= 0xF4   ? 4
                    : lead >= 0xE0 && lead <= 0xEF ? 3
                    : lead >= 0xC2 && lead <= 0xDF ? 2
                                                   : 1;
    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    uint32_t n = 1;
    while (n < want && at + n < s.len && p[at + n] >= low && p[at + n] <= high) {
        n++;
        low = 0x80;
        high = 0xBF;
    }
    return n;
}

void text_put_repaired(Buf *out, Str s)
{
    for (uint32_t at = 0; at < s.len;) {
        uint32_t from = at;
        if (utf8_next(s, &at) >= 0) {
            buf_put(out, s.ptr + from, at - from);
            continue;
        }
        at = from + bad_bytes(s, from);
        utf8_put(out, REPLACEMENT);
    }
}

static void put_ascii(Buf *out, Str s, bool upper)
{
    (void)upper;
    for (uint32_t i = 0; i < s.len; i++) {
        if (s.ptr[i] & 0x80)
            utf8_put(out, REPLACEMENT);
        else
            buf_putc(out, s.ptr[i]);
    }
}

static void put_hex(Buf *out, Str s, bool upper)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    for (uint32_t i = 0; i < s.len; i++) {
        buf_putc(out, digits[(unsigned char)s.ptr[i] >> 4]);
        buf_putc(out, digits[s.ptr[i] & 15]);
    }
}

static void put_utf8(Buf *out, Str s, bool upper)
{
    (void)upper;
    text_put_repaired(out, s);
}

static void put_base64(Buf *out, Str s, bool upper)
{
    (void)upper;
    text_put_base64(out, s);
}

/* ---- bytes from text ------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_digits(Buf *out, Str s)
{
    for (uint32_t i = 0; i + 1 < s.len; i += 2) {
        int high = hex_digit(s.ptr[i]), low = hex_digit(s.ptr[i + 1]);
        if (high < 0 || low < 0)
            return false;
        buf_putc(out, (char)(high << 4 | low));
    }
    return s.len % 2 == 0;
}

/* Digits alone, 0x before them, or X'...' around them; behind 0x an odd number gets a zero. */
static bool take_hex_lenient(Buf *out, Str s)
{
    bool marked = s.len >= 2 && (s.ptr[0] == 'x' || s.ptr[0] == 'X') && s.ptr[1] == '\'';
    if (marked)
        return s.len >= 3 && s.ptr[s.len - 1] == '\'' &&
               take_digits(out, str_make(s.ptr + 2, s.len - 3));
    if (s.len < 2 || s.ptr[0] != '0' || s.ptr[1] != 'x')
        return take_digits(out, s);
    s = str_make(s.ptr + 2, s.len - 2);
    if (s.len % 2 == 0)
        return take_digits(out, s);
    if (hex_digit(s.ptr[0]) < 0)
        return false;
    buf_putc(out, (char)hex_digit(s.ptr[0]));
    return take_digits(out, str_make(s.ptr + 1, s.len - 1));
}

static bool take_ascii(Buf *out, Str s)
{
    for (uint32_t at = 0; at < s.len;) {
        int32_t c = utf8_next(s, &at);
        buf_putc(out, c >= 0 && c < 0x80 ? (char)c : '?');
    }
    return true;
}

static bool take_utf8(Buf *out, Str s)
{
    buf_put_str(out, s);
    return true;
}

static bool is_base64(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

/* What is no digit is passed over; the padding ends it, and a lone digit behind the last group is
 * nothing. */
static bool take_base64_lenient(Buf *out, Str s)
{
    Buf clean;
    buf_init(&clean);
    for (uint32_t i = 0; i < s.len && s.ptr[i] != '='; i++) {
        char c = s.ptr[i] == '-' ? '+' : s.ptr[i] == '_' ? '/' : s.ptr[i];
        if (is_base64(c))
            buf_putc(&clean, c);
    }
    if (clean.len % 4 == 1)
        clean.len--;
    bool ok = text_take_base64(buf_str(&clean), out);
    buf_fini(&clean);
    return ok;
}

/* ---- codings --------------------------------------------------------------------------------- */

typedef struct Coding {
    const char *name;
    bool (*take)(Buf *out, Str s);         /* strict: of TO_BYTES */
    bool (*take_lenient)(Buf *out, Str s); /* of ENCODE */
    void (*put)(Buf *out, Str s, bool upper);
} Coding;

static bool take_base64(Buf *out, Str s)
{
    return text_take_base64(s, out);
}

static const Coding codings[] = {
    {"hex", take_digits, take_hex_lenient, put_hex},
    {"utf8", take_utf8, take_utf8, put_utf8},
    {"ascii", take_ascii, take_ascii, put_ascii},
    {"base64", take_base64, take_base64_lenient, put_base64},
};

static const Coding *find_coding(Str name)
{
    for (size_t i = 0; i < sizeof codings / sizeof codings[0]; i++)
        if (str_eq_nocase(name, str_of(codings[i].name)))
            return &codings[i];
    return NULL;
}

static void finish(FuncCall *c, FuncText *t, int row, bool ok, const Buf *b)
{
    if (ok && b->len <= LIMIT_STRING_BYTES)
        c->out->str[row] = func_text_put(t, buf_str(b));
    else
        func_fail(c, row);
}

static void encode(FuncCall *c)
{
    FuncText t = func_text(c);
    Buf bytes, text;
    buf_init(&bytes);
    buf_init(&text);
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        const Coding *from = find_coding(c->args[1].str[i]), *to = find_coding(c->args[2].str[i]);
        buf_reset(&bytes);
        buf_reset(&text);
        bool ok = from && to && from != to && from->take_lenient(&bytes, c->args[0].str[i]);
        if (ok)
            to->put(&text, buf_str(&bytes), false);
        finish(c, &t, i, ok, &text);
    }
    buf_fini(&bytes);
    buf_fini(&text);
}

static void to_bytes(FuncCall *c)
{
    FuncText t = func_text(c);
    Buf bytes;
    buf_init(&bytes);
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        const Coding *from = find_coding(c->args[1].str[i]);
        buf_reset(&bytes);
        finish(c, &t, i, from && from->take(&bytes, c->args[0].str[i]), &bytes);
    }
    buf_fini(&bytes);
}

static void from_bytes(FuncCall *c)
{
    FuncText t = func_text(c);
    Buf text;
    buf_init(&text);
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        const Coding *to = find_coding(c->args[1].str[i]);
        buf_reset(&text);
        if (to)
            to->put(&text, c->args[0].str[i], true);
        finish(c, &t, i, to != NULL, &text);
    }
    buf_fini(&text);
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* The order of the bytes, big-endian unless it says otherwise; a bad order is an error even where
 * the value is NULL. */
static bool take_number(FuncCall *c, int row, uint32_t bytes, uint64_t *out)
{
    bool little = false;
    if (c->arg_count > 1) {
        Str order = c->args[1].valid[row] ? c->args[1].str[row] : STR_LIT("");
        little = str_eq_nocase(order, STR_LIT("LITTLE_ENDIAN"));
        if (!little && !str_eq_nocase(order, STR_LIT("BIG_ENDIAN"))) {
            func_fail(c, row);
            return false;
        }
    }
    if (!c->args[0].valid[row]) {
        c->out->valid[row] = 0;
        return false;
    }
    Str s = c->args[0].str[row];
    if (s.len != bytes) {
        func_fail(c, row);
        return false;
    }
    *out = 0;
    for (uint32_t i = 0; i < bytes; i++)
        *out = *out << 8 | (uint8_t)s.ptr[little ? bytes - 1 - i : i];
    return true;
}

static void int_from_bytes(FuncCall *c)
{
    uint64_t v;
    for (int i = 0; i < c->rows; i++)
        if (c->out->valid[i] && take_number(c, i, 4, &v))
            c->out->i32[i] = (int32_t)(uint32_t)v;
}

static void bigint_from_bytes(FuncCall *c)
{
    uint64_t v;
    for (int i = 0; i < c->rows; i++)
        if (c->out->valid[i] && take_number(c, i, 8, &v))
            c->out->i64[i] = (int64_t)v;
}

static void double_from_bytes(FuncCall *c)
{
    uint64_t v;
    for (int i = 0; i < c->rows; i++)
        if (c->out->valid[i] && take_number(c, i, 8, &v))
            memcpy(&c->out->f64[i], &v, sizeof v);
}

/* ---- table ----------------------------------------------------------------------------------- */

static const FuncOverload encode_list[] = {
    {"(STRING text, STRING from, STRING to) STRING", encode, NULL, NULL},
};
static const FuncOverload to_bytes_list[] = {
    {"(STRING text, STRING coding) BYTES", to_bytes, NULL, NULL},
};
static const FuncOverload from_bytes_list[] = {
    {"(BYTES bytes, STRING coding) STRING", from_bytes, NULL, NULL},
};
static const FuncOverload int_from_bytes_list[] = {
    {"(BYTES bytes) INTEGER", int_from_bytes, NULL, NULL},
    {"(BYTES bytes, STRING order) INTEGER", int_from_bytes, NULL, NULL},
};
static const FuncOverload bigint_from_bytes_list[] = {
    {"(BYTES bytes) BIGINT", bigint_from_bytes, NULL, NULL},
    {"(BYTES bytes, STRING order) BIGINT", bigint_from_bytes, NULL, NULL},
};
static const FuncOverload double_from_bytes_list[] = {
    {"(BYTES bytes) DOUBLE", double_from_bytes, NULL, NULL},
    {"(BYTES bytes, STRING order) DOUBLE", double_from_bytes, NULL, NULL},
};

static const FuncRow rows[] = {
    {.name = "encode",
     .category = "STRING",
     OVERLOADS(encode_list),
     .help = "The text in another coding: hex, utf8, ascii, base64.",
     .example = "ENCODE('0x6F78', 'hex', 'ascii')",
     .result = "ox"},
    {.name = "to_bytes",
     .category = "STRING",
     OVERLOADS(to_bytes_list),
     .help = "The bytes that a text in hex, utf8, ascii or base64 stands for.",
     .example = "TO_BYTES('6f78', 'hex')",
     .result = "b3g="},
    {.name = "from_bytes",
     .category = "STRING",
     OVERLOADS(from_bytes_list),
     .help = "Bytes as a text in hex, utf8, ascii or base64.",
     .example = "FROM_BYTES(TO_BYTES('ox', 'utf8'), 'hex')",
     .result = "6F78"},
    {.name = "int_from_bytes",
     .category = "CONVERSIONS",
     .null_args = true,
     OVERLOADS(int_from_bytes_list),
     .help = "The INTEGER in 4 bytes, 'BIG_ENDIAN' or 'LITTLE_ENDIAN'.",
     .example = "INT_FROM_BYTES(TO_BYTES('FFFFFFFE', 'hex'))",
     .result = "-2"},
    {.name = "bigint_from_bytes",
     .category = "CONVERSIONS",
     .null_args = true,
     OVERLOADS(bigint_from_bytes_list),
     .help = "The BIGINT in 8 bytes, 'BIG_ENDIAN' or 'LITTLE_ENDIAN'.",
     .example = "BIGINT_FROM_BYTES(TO_BYTES('0200000000000000', 'hex'), 'LITTLE_ENDIAN')",
     .result = "2"},
    {.name = "double_from_bytes",
     .category = "CONVERSIONS",
     .null_args = true,
     OVERLOADS(double_from_bytes_list),
     .help = "The DOUBLE in 8 bytes, 'BIG_ENDIAN' or 'LITTLE_ENDIAN'.",
     .example = "DOUBLE_FROM_BYTES(TO_BYTES('3FF8000000000000', 'hex'))",
     .result = "1.5"},
};

const FuncFamily family_encode = FAMILY_OF(rows);
