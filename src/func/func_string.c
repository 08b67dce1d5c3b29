/* func_string.c: functions on text and bytes (functions.md 4.2).
 *
 * Positions and lengths count UTF-16 code units, as the dialect does, although text is UTF-8 here:
 * for ASCII the two are the same, and other text is walked. A piece of an argument is returned as a
 * pointer into it. */
#include <stdlib.h>

#include "base/utf8.h"
#include "func/func_int.h"

/* ---- positions ------------------------------------------------------------------------------- */

TextUnits text_units(Str s, bool bytes)
{
    TextUnits u = {s, bytes || text_is_ascii(s), s.len};
    if (!u.plain)
        u.count = utf8_utf16_units(s);
    return u;
}

/* The byte at which unit `at` (from 0) begins; *half: it is the second half of a pair, and the byte
 * given is the one behind the character. */
static uint32_t byte_of_unit(const TextUnits *u, int64_t at, bool *half)
{
    *half = false;
    if (u->plain)
        return (uint32_t)at;
    uint32_t i = 0;
    for (int64_t unit = 0; unit < at && i < u->s.len;) {
        int32_t c = utf8_next(u->s, &i);
        unit += c > 0xFFFF ? 2 : 1;
        *half = unit > at;
    }
    return i;
}

/* Units before byte `at`. */
static int64_t unit_of_byte(const TextUnits *u, uint32_t at)
{
    return u->plain ? at : utf8_utf16_units(str_make(u->s.ptr, at));
}

Str text_slice(const TextUnits *u, int64_t from, int64_t to, FuncText *t)
{
    bool half_first, half_last;
    uint32_t begin = byte_of_unit(u, from, &half_first);
    uint32_t end = byte_of_unit(u, to, &half_last);
    if (from >= to)
        return str_make(u->s.ptr, 0);
    if (half_last) /* the character that begins before `to` is not whole */
        do
            end--;
        while (end > 0 && ((unsigned char)u->s.ptr[end] & 0xC0) == 0x80);
    if (!half_first && !half_last)
        return str_make(u->s.ptr + begin, end - begin);
    uint32_t whole = end > begin ? end - begin : 0;
    char *p = func_text_room(t, (size_t)whole + 2), *at = p;
    if (half_first)
        *at++ = '?';
    memcpy(at, u->s.ptr + begin, whole);
    at += whole;
    if (half_last)
        *at++ = '?';
    t->at = at;
    return str_make(p, (size_t)(at - p));
}

/* ---- case, trim, length ---------------------------------------------------------------------- */

static void map_case(FuncCall *c, bool (*map)(FuncText *, Str, Str *))
{
    FuncText t = func_text(c);
    for (int i = 0; i < c->rows; i++) {
        if (c->out->valid[i] && !map(&t, c->args[0].str[i], &c->out->str[i]))
            func_fail(c, i);
    }
}

static void ucase(FuncCall *c)
{
    map_case(c, text_upper);
}
static void lcase(FuncCall *c)
{
    map_case(c, text_lower);
}

static void trim(FuncCall *c)
{
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        Str s = c->args[0].str[i];
        while (s.len && (unsigned char)s.ptr[s.len - 1] <= ' ')
            s.len--;
        while (s.len && (unsigned char)s.ptr[0] <= ' ')
            s = str_make(s.ptr + 1, s.len - 1);
        c->out->str[i] = s;
    }
}

static void len_string(FuncCall *c)
{
    for (int i = 0; i < c->rows; i++) {
        if (c->out->valid[i])
            c->out->i32[i] = (int32_t)text_units(c->args[0].str[i], false).count;
    }
}

static void len_bytes(FuncCall *c)
{
    for (int i = 0; i < c->rows; i++) {
        if (c->out->valid[i])
            c->out->i32[i] = (int32_t)c->args[0].str[i].len;
    }
}

/* ---- SUBSTRING ------------------------------------------------------------------------------- */

static int64_t clamp(int64_t v, int64_t lo, int64_t hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

static void substring(FuncCall *c, bool bytes)
{
    FuncText t = func_text(c);
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        TextUnits u = text_units(c->args[0].str[i], bytes);
        int64_t pos = c->args[1].i32[i];
        int64_t from = clamp(pos > 0 ? pos - 1 : pos < 0 ? u.count + pos : 0, 0, u.count);
        int64_t to = u.count;
        if (c->arg_count > 2) {
            int64_t end = from + c->args[2].i32[i];
            to = end > INT32_MAX ? from : clamp(end, from, u.count);
        }
        c->out->str[i] = text_slice(&u, from, to, &t);
    }
}

static void substring_string(FuncCall *c)
{
    substring(c, false);
}
static void substring_bytes(FuncCall *c)
{
    substring(c, true);
}

/* ---- CONCAT ---------------------------------------------------------------------------------- */

static void concat(FuncCall *c)
{
    FuncText t = func_text(c);
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        size_t n = 0;
        for (int k = 0; k < c->arg_count; k++)
            n += c->args[k].valid[i] ? c->args[k].str[i].len : 0;
        if (n > LIMIT_STRING_BYTES) {
            func_fail(c, i);
            continue;
        }
        char *p = func_text_room(&t, n + 1), *at = p;
        for (int k = 0; k < c->arg_count; k++) {
            if (c->args[k].valid[i] && c->args[k].str[i].len) {
                memcpy(at, c->args[k].str[i].ptr, c->args[k].str[i].len);
                at += c->args[k].str[i].len;
            }
        }
        t.at = at;
        c->out->str[i] = str_make(p, n);
    }
}

/* ---- REPLACE --------------------------------------------------------------------------------- */

static const char *find_bytes(const char *at, const char *end, Str needle)
{
    return memmem(at, (size_t)(end - at), needle.ptr, needle.len);
}

/* An empty search text stands before and behind every character. */
static bool replace_empty(FuncText *t, Str s, Str with, Str *out)
{
    size_t n = (size_t)s.len + ((size_t)s.len + 1) * with.len;
    if (n > LIMIT_STRING_BYTES)
        return false;
    char *p = func_text_room(t, n + 1), *at = p;
    for (uint32_t i = 0;;) {
        memcpy(at, with.ptr, with.len);
        at += with.len;
        if (i >= s.len)
            break;
        uint32_t from = i;
        utf8_next(s, &i);
        memcpy(at, s.ptr + from, i - from);
        at += i - from;
    }
    t->at = at;
    *out = str_make(p, (size_t)(at - p));
    return true;
}

static bool replace_text(FuncText *t, Str s, Str find, Str with, Str *out)
{
    if (!find.len)
        return replace_empty(t, s, with, out);
    const char *end = s.ptr + s.len, *hit = find_bytes(s.ptr, end, find);
    *out = s;
    if (!hit)
        return true;
    size_t hits = 0;
    for (const char *h = hit; h; h = find_bytes(h + find.len, end, find))
        hits++;
    size_t n = s.len - hits * find.len + hits * with.len;
    if (n > LIMIT_STRING_BYTES)
        return false;
    char *p = func_text_room(t, n + 1), *at = p;
    const char *from = s.ptr;
    for (; hit; hit = find_bytes(from, end, find)) {
        memcpy(at, from, (size_t)(hit - from));
        at += hit - from;
        memcpy(at, with.ptr, with.len);
        at += with.len;
        from = hit + find.len;
    }
    memcpy(at, from, (size_t)(end - from));
    t->at = p + n;
    *out = str_make(p, n);
    return true;
}

static void replace(FuncCall *c)
{
    FuncText t = func_text(c);
    for (int i = 0; i < c->rows; i++) {
        if (c->out->valid[i] && !replace_text(&t, c->args[0].str[i], c->args[1].str[i],
                                              c->args[2].str[i], &c->out->str[i]))
            func_fail(c, i);
    }
}

/* ---- INSTR ----------------------------------------------------------------------------------- */

static uint32_t next_char(Str s, uint32_t at)
{
    do
        at++;
    while (at < s.len && ((unsigned char)s.ptr[at] & 0xC0) == 0x80);
    return at;
}

static bool match_at(Str s, uint32_t at, Str find)
{
    return find.len <= s.len - at && memcmp(s.ptr + at, find.ptr, find.len) == 0;
}

/* Byte of the n-th match at or behind `from`; -1. Matches may overlap. */
static int64_t find_forward(Str s, Str find, uint32_t from, int32_t n)
{
    for (uint32_t at = from; at <= s.len; at = next_char(s, at)) {
        if (find.len) { /* jump to the next hit */
            const char *hit = find_bytes(s.ptr + at, s.ptr + s.len, find);
            if (!hit)
                return -1;
            at = (uint32_t)(hit - s.ptr);
        }
        if (--n == 0)
            return at;
    }
    return -1;
}

/* The n-th match counted from the right among those that end at or before byte `to`; -1. */
static int64_t find_backward(Str s, Str find, uint32_t to, int32_t n)
{
    if (find.len > to)
        return -1;
    for (uint32_t at = to - find.len;; at--) {
        bool starts = at >= s.len || ((unsigned char)s.ptr[at] & 0xC0) != 0x80;
        if (starts && match_at(s, at, find) && --n == 0)
            return at;
        if (at == 0)
            return -1;
    }
}

static int32_t instr_one(Str s, Str find, int64_t pos, int32_t n)
{
    TextUnits u = text_units(s, false);
    if (pos == 0 || n <= 0 || llabs(pos) > (u.count > 0 ? u.count : 1))
        return 0;
    bool half;
    int64_t hit;
    if (pos > 0) {
        hit = find_forward(s, find, byte_of_unit(&u, pos - 1, &half), n);
    } else {
        int64_t last = u.count + pos + 1; /* this many leading units may hold the match */
        uint32_t to = byte_of_unit(&u, clamp(last, 0, u.count), &half);
        while (half && to > 0 && ((unsigned char)s.ptr[--to] & 0xC0) == 0x80)
            continue;
        hit = find_backward(s, find, to, n);
    }
    return hit < 0 ? 0 : (int32_t)unit_of_byte(&u, (uint32_t)hit) + 1;
}

/* INSTR(text, find[, position[, occurrence]]): NULL text is "not found", a NULL number an error. */
static void instr(FuncCall *c)
{
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        bool numbers = true;
        for (int k = 2; k < c->arg_count; k++)
            numbers = numbers && c->args[k].valid[i];
        if (!numbers) {
            func_fail(c, i);
            continue;
        }
        c->out->i32[i] = 0;
        if (c->args[0].valid[i] && c->args[1].valid[i])
            c->out->i32[i] = instr_one(c->args[0].str[i], c->args[1].str[i],
                                       c->arg_count > 2 ? c->args[2].i32[i] : 1,
                                       c->arg_count > 3 ? c->args[3].i32[i] : 1);
    }
}

/* ---- table ----------------------------------------------------------------------------------- */

static const FuncOverload ucase_list[] = {{"(STRING text) STRING", ucase, NULL, NULL}};
static const FuncOverload lcase_list[] = {{"(STRING text) STRING", lcase, NULL, NULL}};
static const FuncOverload trim_list[] = {{"(STRING text) STRING", trim, NULL, NULL}};
static const FuncOverload len_list[] = {
    {"(STRING text) INTEGER", len_string, NULL, NULL},
    {"(BYTES bytes) INTEGER", len_bytes, NULL, NULL},
};
static const FuncOverload substring_list[] = {
    {"(STRING text, INTEGER start) STRING", substring_string, NULL, NULL},
    {"(STRING text, INTEGER start, INTEGER length) STRING", substring_string, NULL, NULL},
    {"(BYTES bytes, INTEGER start) BYTES", substring_bytes, NULL, NULL},
    {"(BYTES bytes, INTEGER start, INTEGER length) BYTES", substring_bytes, NULL, NULL},
};
static const FuncOverload concat_list[] = {
    {"(STRING... texts) STRING", concat, NULL, NULL},
    {"(BYTES... pieces) BYTES", concat, NULL, NULL},
};
static const FuncOverload replace_list[] = {
    {"(STRING text, STRING find, STRING with) STRING", replace, NULL, NULL},
};
static const FuncOverload instr_list[] = {
    {"(STRING text, STRING find) INTEGER", instr, NULL, NULL},
    {"(STRING text, STRING find, INTEGER start) INTEGER", instr, NULL, NULL},
    {"(STRING text, STRING find, INTEGER start, INTEGER occurrence) INTEGER", instr, NULL, NULL},
};

static const FuncRow rows[] = {
    {.name = "ucase",
     .category = "STRING",
     OVERLOADS(ucase_list),
     .help = "The text in upper case.",
     .example = "UCASE('straße')",
     .result = "STRASSE"},
    {.name = "lcase",
     .category = "STRING",
     OVERLOADS(lcase_list),
     .help = "The text in lower case.",
     .example = "LCASE('OxBow')",
     .result = "oxbow"},
    {.name = "trim",
     .category = "STRING",
     OVERLOADS(trim_list),
     .help = "The text without blanks, tabs and line ends at both ends.",
     .example = "TRIM('  bow ')",
     .result = "bow"},
    {.name = "len",
     .category = "STRING",
     OVERLOADS(len_list),
     .help = "Length of a text in UTF-16 code units, or of bytes.",
     .example = "LEN('river')",
     .result = "5"},
    {.name = "substring",
     .category = "STRING",
     OVERLOADS(substring_list),
     .help = "The part from a position (1 is the first, -1 the last), to the end or `length` long.",
     .example = "SUBSTRING('oxbow', 3, 2)",
     .result = "bo"},
    {.name = "concat",
     .category = "STRING",
     .null_args = true,
     OVERLOADS(concat_list),
     .help = "The arguments joined; NULLs are left out.",
     .example = "CONCAT('ox', NULL, 'bow')",
     .result = "oxbow"},
    {.name = "replace",
     .category = "STRING",
     OVERLOADS(replace_list),
     .help = "The text with every occurrence of `find` replaced.",
     .example = "REPLACE('a-b-c', '-', '+')",
     .result = "a+b+c"},
    {.name = "instr",
     .category = "STRING",
     .null_args = true,
     OVERLOADS(instr_list),
     .help = "Position of `find` in the text, 0 if it is not there; a negative start counts from "
             "the right and searches to the left.",
     .example = "INSTR('meander', 'e', -1)",
     .result = "6"},
};

const FuncFamily family_string = FAMILY_OF(rows);
