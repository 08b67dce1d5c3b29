/* code_type.c: types in stored text, in the canonical spelling of type_print; and the reader that
 * expressions use too. The text comes from a file: everything is checked, nothing is believed. */
#include "expr/code.h"

enum {
    READ_DEPTH_MAX = LIMIT_EXPR_DEPTH * 5
}; /* coercions and BETWEEN nest deeper than text does */

/* ---- the reader ------------------------------------------------------------------------------ */

bool read_fail(Reader *r, const char *why)
{
    if (!r->bad)
        r->bad = why;
    return false;
}

void read_blanks(Reader *r)
{
    while (r->at < r->text.len && r->text.ptr[r->at] == ' ')
        r->at++;
}

bool read_char(Reader *r, char c)
{
    read_blanks(r);
    if (r->bad || r->at >= r->text.len || r->text.ptr[r->at] != c)
        return false;
    r->at++;
    return true;
}

bool read_expect(Reader *r, char c)
{
    return read_char(r, c) || read_fail(r, "a bracket, quote or comma is missing");
}

static bool is_word_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '+' || c == '-' || c == '.';
}

Str read_word(Reader *r)
{
    read_blanks(r);
    uint32_t from = r->at;
    while (!r->bad && r->at < r->text.len && is_word_char(r->text.ptr[r->at]))
        r->at++;
    return str_make(r->text.ptr + from, r->at - from);
}

bool read_int(Reader *r, int64_t *out)
{
    return text_take_i64(read_word(r), out) || read_fail(r, "a number is missing");
}

static const char hex_digits[] = "0123456789abcdef";

void write_quoted(Buf *out, Str s)
{
    buf_putc(out, '"');
    for (uint32_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool plain = c >= ' ' && c < 0x7F && c != '"' && c != '\\';
        if (plain)
            buf_putc(out, (char)c);
        else
            buf_printf(out, "\\%c%c", hex_digits[c >> 4], hex_digits[c & 15]);
    }
    buf_putc(out, '"');
}

static int hex_value(char c)
{
    const char *at = c ? strchr(hex_digits, c) : NULL;
    return at ? (int)(at - hex_digits) : -1;
}

bool read_quoted(Reader *r, Str *out)
{
    if (!read_expect(r, '"'))
        return false;
    const char *p = r->text.ptr, *end = p + r->text.len, *at = p + r->at;
    char *to = arena_alloc(r->a, r->text.len - r->at + 1), *start = to;
    while (at < end && *at != '"') {
        if (*at != '\\') {
            *to++ = *at++;
            continue;
        }
        int high = end - at > 2 ? hex_value(at[1]) : -1, low = high < 0 ? -1 : hex_value(at[2]);
        if (low < 0)
            return read_fail(r, "a quoted text has a bad escape");
        *to++ = (char)(high << 4 | low);
        at += 3;
    }
    r->at = (uint32_t)(at - p);
    *out = str_make(start, (size_t)(to - start));
    *to = '\0';
    return read_expect(r, '"');
}

Rc read_result(const Reader *r, const char *what, Err *err)
{
    if (!r->bad && r->at == r->text.len)
        return 0;
    return err_set(err, ERR_KIND_FATAL, ERR_CORRUPT, "A stored %s cannot be read at byte %u: %s.",
                   what, (unsigned)r->at, r->bad ? r->bad : "something follows it");
}

/* ---- types ----------------------------------------------------------------------------------- */

static bool read_decimal(Reader *r, const Type **out)
{
    int64_t p, s;
    if (!read_expect(r, '(') || !read_int(r, &p) || !read_expect(r, ',') || !read_int(r, &s) ||
        !read_expect(r, ')'))
        return false;
    if (p < 1 || p > LIMIT_NUMBER_DIGITS || s < 0 || s > p)
        return read_fail(r, "a DECIMAL has impossible digits");
    *out = type_decimal(r->a, (int)p, (int)s);
    return true;
}

/* A name in back-ticks, doubled inside, or bare. */
static bool read_name(Reader *r, Str *out)
{
    if (!read_char(r, '`')) {
        *out = arena_str(r->a, read_word(r));
        return out->len > 0 || read_fail(r, "a name is missing");
    }
    char *to = arena_alloc(r->a, r->text.len - r->at + 1), *start = to;
    for (; r->at < r->text.len; r->at++) {
        char c = r->text.ptr[r->at];
        if (c == '`') {
            if (r->at + 1 >= r->text.len || r->text.ptr[r->at + 1] != '`')
                break;
            r->at++;
        }
        *to++ = c;
    }
    *to = '\0';
    *out = str_make(start, (size_t)(to - start));
    return read_expect(r, '`');
}

static bool read_struct(Reader *r, const Type **out)
{
    TypeField *fields = NULL;
    int count = 0, cap = 0;
    while (!read_char(r, '>')) {
        if (count == LIMIT_COLUMNS || (count && !read_expect(r, ',')))
            return read_fail(r, "a STRUCT has too many fields");
        if (count == cap) {
            cap = cap ? cap * 2 : 8;
            TypeField *more = ARENA_ARRAY(r->a, TypeField, cap);
            if (count)
                memcpy(more, fields, sizeof *fields * (size_t)count);
            fields = more;
        }
        if (!read_name(r, &fields[count].name) || !read_type(r, &fields[count].type))
            return false;
        count++;
    }
    *out = type_struct(r->a, fields, count);
    return true;
}

static bool read_nested(Reader *r, bool map, const Type **out)
{
    const Type *key = NULL, *elem;
    if (map && (!read_type(r, &key) || !read_expect(r, ',')))
        return false;
    if (!read_type(r, &elem) || !read_expect(r, '>'))
        return false;
    *out = map ? type_map(r->a, key, elem) : type_array(r->a, elem);
    return true;
}

bool read_type(Reader *r, const Type **out)
{
    Str word = read_word(r);
    bool ok;
    if (++r->depth > READ_DEPTH_MAX)
        return read_fail(r, "it is nested too deeply");
    if (str_eq(word, STR_LIT("DECIMAL"))) {
        ok = read_decimal(r, out);
    } else if (str_eq(word, STR_LIT("NULL"))) {
        *out = &type_null;
        ok = true;
    } else if (str_eq(word, STR_LIT("ARRAY")) || str_eq(word, STR_LIT("MAP"))) {
        ok = read_expect(r, '<') && read_nested(r, word.len == 3, out);
    } else if (str_eq(word, STR_LIT("STRUCT"))) {
        ok = read_expect(r, '<') && read_struct(r, out);
    } else {
        *out = type_find(word);
        ok = *out || read_fail(r, "a type is unknown");
    }
    r->depth--;
    return ok;
}

Rc type_parse(Arena *a, Str text, const Type **out, Err *err)
{
    Reader r = {a, text, 0, 0, NULL};
    read_type(&r, out);
    read_blanks(&r);
    return read_result(&r, "type", err);
}
