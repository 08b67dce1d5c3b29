/* func_pad.c: functions that put texts together or pick one of them: LPAD, RPAD, INITCAP, CHR,
 * CONCAT_WS, ELT, FIELD (functions.md 4.2).
 *
 * Lengths count UTF-16 code units (func_string.c). A result is built in a scratch buffer and copied
 * into the batch. */
#include "base/utf8.h"
#include "func/func_int.h"

static void put_result(FuncCall *c, FuncText *t, int row, const Buf *b)
{
    if (b->len > LIMIT_STRING_BYTES)
        func_fail(c, row);
    else
        c->out->str[row] = func_text_put(t, buf_str(b));
}

/* ---- LPAD, RPAD ------------------------------------------------------------------------------ */

/* `count` units of the pad, from its start again and again. False when that is too long. */
static bool put_pad(Buf *b, const TextUnits *pad, int64_t count, FuncText *t)
{
    int64_t whole = count / pad->count;
    if (whole > (LIMIT_STRING_BYTES / (int64_t)pad->s.len))
        return false;
    for (int64_t i = 0; i < whole; i++)
        buf_put_str(b, pad->s);
    buf_put_str(b, text_slice(pad, 0, count % pad->count, t));
    return true;
}

static void pad(FuncCall *c, bool bytes, bool left)
{
    FuncText t = func_text(c);
    Buf b;
    buf_init(&b);
    for (int i = 0; i < c->rows; i++) {
        int64_t n = c->args[1].i32[i];
        if (!c->out->valid[i])
            continue;
        if (n < 0 || c->args[2].str[i].len == 0) {
            c->out->valid[i] = 0;
            continue;
        }
        TextUnits text = text_units(c->args[0].str[i], bytes);
        TextUnits with = text_units(c->args[2].str[i], bytes);
        int64_t missing = n - text.count;
        if (missing <= 0) {
            c->out->str[i] = text_slice(&text, 0, n, &t);
            continue;
        }
        buf_reset(&b);
        if (!left)
            buf_put_str(&b, text.s);
        bool fits = put_pad(&b, &with, missing, &t);
        if (left)
            buf_put_str(&b, text.s);
        if (fits)
            put_result(c, &t, i, &b);
        else
            func_fail(c, i);
    }
    buf_fini(&b);
}

static void lpad_string(FuncCall *c)
{
    pad(c, false, true);
}
static void lpad_bytes(FuncCall *c)
{
    pad(c, true, true);
}
static void rpad_string(FuncCall *c)
{
    pad(c, false, false);
}
static void rpad_bytes(FuncCall *c)
{
    pad(c, true, false);
}

/* ---- INITCAP --------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Blanks at the start are lost, the others stay: the dialect's own way. */
static bool put_capitals(Buf *b, Str s, FuncText *t)
{
    bool begins = true;
    uint32_t at = 0;
    while (at < s.len && is_blank(s.ptr[at]))
        at++;
    while (at < s.len) {
        uint32_t from = at;
        utf8_next(s, &at);
        Str one = str_make(s.ptr + from, at - from);
        bool blank = is_blank(one.ptr[0]);
        if (begins && !blank && !text_upper(t, one, &one))
            return false;
        buf_put_str(b, one);
        begins = blank;
    }
    return true;
}

static void initcap(FuncCall *c)
{
    FuncText t = func_text(c);
    Buf b;
    buf_init(&b);
    for (int i = 0; i < c->rows; i++) {
        Str low;
        if (!c->out->valid[i])
            continue;
        buf_reset(&b);
        if (text_lower(&t, c->args[0].str[i], &low) && put_capitals(&b, low, &t))
            put_result(c, &t, i, &b);
        else
            func_fail(c, i);
    }
    buf_fini(&b);
}

/* ---- CHR ------------------------------------------------------------------------------------- */

static bool is_surrogate(uint32_t u)
{
    return u >= 0xD800 && u <= 0xDFFF;
}

/* One UTF-16 unit behind another: two halves become one character, a lone half a '?'. */
typedef struct UnitText {
    Buf *out;
    uint32_t high; /* a first half that waits for its second; 0: none */
} UnitText;

static void put_unit(UnitText *u, uint32_t unit)
{
    bool low = unit >= 0xDC00 && unit <= 0xDFFF;
    if (u->high && low) {
        utf8_put(u->out, 0x10000 + ((u->high - 0xD800) << 10) + (unit - 0xDC00));
        u->high = 0;
        return;
    }
    if (u->high)
        buf_putc(u->out, '?');
    u->high = unit >= 0xD800 && unit < 0xDC00 ? unit : 0;
    if (!u->high && low)
        buf_putc(u->out, '?');
    else if (!u->high)
        utf8_put(u->out, unit);
}

static void end_units(UnitText *u)
{
    if (u->high)
        buf_putc(u->out, '?');
    u->high = 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits of \u0041, at s[*at]; more than one u and a plus sign may stand before them. */
static bool take_unicode(Str s, uint32_t *at, UnitText *u)
{
    uint32_t unit = 0;
    while (*at < s.len && s.ptr[*at] == 'u')
        ++*at;
    if (*at < s.len && s.ptr[*at] == '+')
        ++*at;
    for (int i = 0; i < 4; i++, ++*at) {
        int digit = *at < s.len ? hex_digit(s.ptr[*at]) : -1;
        if (digit < 0)
            return false;
        unit = unit * 16 + (uint32_t)digit;
    }
    put_unit(u, unit);
    return true;
}

/* \12 is octal, as many as three digits up to \377. */
static void take_octal(Str s, uint32_t *at, UnitText *u)
{
    uint32_t value = 0;
    int most = s.ptr[*at] <= '3' ? 3 : 2;
    for (int i = 0; i < most && *at < s.len && s.ptr[*at] >= '0' && s.ptr[*at] <= '7'; i++, ++*at)
        value = value * 8 + (uint32_t)(s.ptr[*at] - '0');
    put_unit(u, value);
}

/* What stands behind a backslash at s[*at]. */
static bool take_escape(Str s, uint32_t *at, UnitText *u)
{
    static const char letters[] = "btnfr", controls[] = "\b\t\n\f\r";
    if (*at == s.len)
        return true; /* a backslash at the end is nothing */
    char c = s.ptr[*at];
    const char *known = c ? strchr(letters, c) : NULL;
    if (c == 'u')
        return take_unicode(s, at, u);
    if (c >= '0' && c <= '7') {
        take_octal(s, at, u);
        return true;
    }
    ++*at;
    put_unit(u, known ? (uint32_t)controls[known - letters] : (uint32_t)(unsigned char)c);
    return true;
}

static bool put_unescaped(Buf *b, Str s)
{
    UnitText u = {b, 0};
    for (uint32_t at = 0; at < s.len;) {
        if (s.ptr[at] == '\\') {
            at++;
            if (at < s.len && (s.ptr[at] & 0x80)) /* no escape: the character itself */
                continue;
            if (!take_escape(s, &at, &u))
                return false;
            continue;
        }
        uint32_t from = at;
        utf8_next(s, &at);
        end_units(&u);
        buf_put(b, s.ptr + from, at - from);
    }
    end_units(&u);
    return true;
}

static void chr_text(FuncCall *c)
{
    FuncText t = func_text(c);
    Buf b;
    buf_init(&b);
    for (int i = 0; i < c->rows; i++) {
        Str s = c->args[0].str[i];
        if (!c->out->valid[i])
            continue;
        buf_reset(&b);
        if (s.len < 6 || memcmp(s.ptr, "\\u", 2) != 0)
            c->out->valid[i] = 0;
        else if (put_unescaped(&b, s))
            put_result(c, &t, i, &b);
        else
            func_fail(c, i);
    }
    buf_fini(&b);
}

static void chr_code(FuncCall *c)
{
    FuncText t = func_text(c);
    Buf b;
    buf_init(&b);
    for (int i = 0; i < c->rows; i++) {
        int32_t code = c->args[0].i32[i];
        if (!c->out->valid[i])
            continue;
        if (code < 0 || code > 0x10FFFF) {
            c->out->valid[i] = 0;
            continue;
        }
        buf_reset(&b);
        utf8_put(&b, is_surrogate((uint32_t)code) ? '?' : (uint32_t)code);
        put_result(c, &t, i, &b);
    }
    buf_fini(&b);
}

/* ---- CONCAT_WS, ELT, FIELD ------------------------------------------------------------------- */

static void concat_ws(FuncCall *c)
{
    FuncText t = func_text(c);
    Buf b;
    buf_init(&b);
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        if (c->arg_count < 2) {
            func_fail(c, i);
            continue;
        }
        buf_reset(&b);
        c->out->valid[i] = c->args[0].valid[i];
        bool first = true;
        for (int k = 1; k < c->arg_count && c->args[0].valid[i]; k++) {
            if (!c->args[k].valid[i] || b.len > LIMIT_STRING_BYTES)
                continue;
            if (!first)
                buf_put_str(&b, c->args[0].str[i]);
            buf_put_str(&b, c->args[k].str[i]);
            first = false;
        }
        if (c->args[0].valid[i])
            put_result(c, &t, i, &b);
    }
    buf_fini(&b);
}

static void elt(FuncCall *c)
{
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        if (!c->args[0].valid[i]) {
            func_fail(c, i);
            continue;
        }
        int32_t n = c->args[0].i32[i];
        c->out->valid[i] = n >= 1 && n < c->arg_count && c->args[n].valid[i];
        if (c->out->valid[i])
            c->out->str[i] = c->args[n].str[i];
    }
}

static void field(FuncCall *c)
{
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        int at = c->args[0].valid[i] ? 1 : c->arg_count;
        while (at < c->arg_count &&
               !(c->args[at].valid[i] && str_eq(c->args[at].str[i], c->args[0].str[i])))
            at++;
        c->out->i32[i] = at < c->arg_count ? at : 0;
    }
}

/* ---- table ----------------------------------------------------------------------------------- */

static const FuncOverload lpad_list[] = {
    {"(STRING text, INTEGER length, STRING pad) STRING", lpad_string, NULL, NULL},
    {"(BYTES bytes, INTEGER length, BYTES pad) BYTES", lpad_bytes, NULL, NULL},
};
static const FuncOverload rpad_list[] = {
    {"(STRING text, INTEGER length, STRING pad) STRING", rpad_string, NULL, NULL},
    {"(BYTES bytes, INTEGER length, BYTES pad) BYTES", rpad_bytes, NULL, NULL},
};
static const FuncOverload initcap_list[] = {{"(STRING text) STRING", initcap, NULL, NULL}};
static const FuncOverload chr_list[] = {
    {"(INTEGER code) STRING", chr_code, NULL, NULL},
    {"(STRING escapes) STRING", chr_text, NULL, NULL},
};
static const FuncOverload concat_ws_list[] = {
    {"(STRING separator, STRING... texts) STRING", concat_ws, NULL, NULL},
    {"(BYTES separator, BYTES... pieces) BYTES", concat_ws, NULL, NULL},
};
static const FuncOverload elt_list[] = {{"(INTEGER n, STRING... texts) STRING", elt, NULL, NULL}};
static const FuncOverload field_list[] = {
    {"(STRING text, STRING... candidates) INTEGER", field, NULL, NULL},
};

static const FuncRow rows[] = {
    {.name = "LPad",
     .category = "STRING",
     OVERLOADS(lpad_list),
     .help = "The text cut to a length, or filled up to it on the left.",
     .example = "LPAD('7', 3, '0')",
     .result = "007"},
    {.name = "RPad",
     .category = "STRING",
     OVERLOADS(rpad_list),
     .help = "The text cut to a length, or filled up to it on the right.",
     .example = "RPAD('ox', 5, 'bow')",
     .result = "oxbow"},
    {.name = "initcap",
     .category = "STRING",
     OVERLOADS(initcap_list),
     .help = "Each word with a capital, everything else in lower case.",
     .example = "INITCAP('the OLD river')",
     .result = "The Old River"},
    {.name = "Chr",
     .category = "STRING",
     OVERLOADS(chr_list),
     .help = "The character of a code point, or the text of escapes like '\\u0041'.",
     .example = "CHR(8776)",
     .result = "\xE2\x89\x88"},
    {.name = "concat_ws",
     .category = "STRING",
     .null_args = true,
     OVERLOADS(concat_ws_list),
     .help = "The arguments joined by the first one; NULLs are left out.",
     .example = "CONCAT_WS(', ', 'reed', NULL, 'rush')",
     .result = "reed, rush"},
    {.name = "elt",
     .category = "STRING",
     .null_args = true,
     OVERLOADS(elt_list),
     .help = "The n-th of the texts; 1 is the first.",
     .example = "ELT(2, 'bank', 'bed')",
     .result = "bed"},
    {.name = "field",
     .category = "STRING",
     .null_args = true,
     OVERLOADS(field_list),
     .help = "Which of the candidates equals the text: 1 for the first, 0 for none.",
     .example = "FIELD('bed', 'bank', 'bed')",
     .result = "2"},
};

const FuncFamily family_pad = FAMILY_OF(rows);
