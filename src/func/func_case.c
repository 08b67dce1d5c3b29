/* func_case.c: upper and lower case of text, full Unicode, root locale (functions.md 1.5).
 *
 * Owns the mapping of a string; the tables are func_case_table.c. ASCII text, which is nearly all
 * text, takes a loop that the compiler turns into vector instructions. */
#include "base/utf8.h"
#include "func/func_int.h"

bool text_is_ascii(Str s)
{
    unsigned char any = 0;
    for (uint32_t i = 0; i < s.len; i++)
        any |= (unsigned char)s.ptr[i];
    return any < 0x80;
}

typedef struct CaseMap {
    const CaseRange *ranges;
    const int *range_count;
    const CaseSpecial *specials;
    const int *special_count;
    bool lower;
} CaseMap;

static const CaseMap upper_map = {case_upper, &case_upper_count, case_upper_special,
                                  &case_upper_special_count, false};
static const CaseMap lower_map = {case_lower, &case_lower_count, case_lower_special,
                                  &case_lower_special_count, true};

static const CaseRange *find_range(const CaseMap *m, uint32_t c)
{
    int lo = 0, hi = *m->range_count - 1;
    while (lo <= hi) {
        int mid = (lo + hi) / 2;
        const CaseRange *r = &m->ranges[mid];
        if (c < r->lo)
            hi = mid - 1;
        else if (c > r->hi)
            lo = mid + 1;
        else
            return (c - r->lo) % (uint32_t)r->stride == 0 ? r : NULL;
    }
    return NULL;
}

static const CaseSpecial *find_special(const CaseMap *m, uint32_t c)
{
    int lo = 0, hi = *m->special_count - 1;
    while (lo <= hi) {
        int mid = (lo + hi) / 2;
        if (m->specials[mid].from == c)
            return &m->specials[mid];
        if (c < m->specials[mid].from)
            hi = mid - 1;
        else
            lo = mid + 1;
    }
    return NULL;
}

static uint32_t ascii_case(uint32_t c, bool lower)
{
    if (lower)
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    return c >= 'a' && c <= 'z' ? c - 32 : c;
}

static uint32_t map_one(const CaseMap *m, uint32_t c)
{
    if (c < 0x80)
        return ascii_case(c, m->lower);
    const CaseRange *r = find_range(m, c);
    return r ? (uint32_t)((int32_t)c + r->delta) : c;
}

static char *put_point(char *at, uint32_t c)
{
    if (c < 0x80) {
        *at++ = (char)c;
    } else if (c < 0x800) {
        *at++ = (char)(0xC0 | c >> 6);
        *at++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *at++ = (char)(0xE0 | c >> 12);
        *at++ = (char)(0x80 | (c >> 6 & 0x3F));
        *at++ = (char)(0x80 | (c & 0x3F));
    } else {
        *at++ = (char)(0xF0 | c >> 18);
        *at++ = (char)(0x80 | (c >> 12 & 0x3F));
        *at++ = (char)(0x80 | (c >> 6 & 0x3F));
        *at++ = (char)(0x80 | (c & 0x3F));
    }
    return at;
}

enum { SIGMA = 0x3A3, SIGMA_SMALL = 0x3C3, SIGMA_FINAL = 0x3C2 };

static bool is_cased(uint32_t c)
{
    return map_one(&upper_map, c) != c || map_one(&lower_map, c) != c ||
           find_special(&upper_map, c) != NULL;
}

/* Characters that stand inside a word without being letters of it. */
static bool is_ignorable(uint32_t c)
{
    return c == '\'' || c == '.' || c == ':' || c == 0xAD || c == 0xB7 || c == 0x2019 ||
           (c >= 0x300 && c <= 0x36F);
}

/* A capital sigma is written as final sigma behind a letter when no letter follows it. */
static bool sigma_is_final(bool letter_before, Str s, uint32_t at)
{
    if (!letter_before)
        return false;
    while (at < s.len) {
        int32_t c = utf8_next(s, &at);
        if (c >= 0 && is_ignorable((uint32_t)c))
            continue;
        return c < 0 || !is_cased((uint32_t)c);
    }
    return true;
}

static bool map_text(const CaseMap *m, FuncText *t, Str s, Str *out)
{
    /* No mapping makes a character more than three times as long in bytes. */
    if (s.len > LIMIT_STRING_BYTES)
        return false;
    char *start = func_text_room(t, (size_t)s.len * 3 + 4), *at = start;
    bool letter_before = false;
    for (uint32_t i = 0; i < s.len;) {
        uint32_t from = i;
        int32_t c = utf8_next(s, &i);
        const CaseSpecial *many = c >= 0x80 ? find_special(m, (uint32_t)c) : NULL;
        if (c < 0) { /* not text: left as it is */
            *at++ = s.ptr[from];
        } else if (many) {
            for (int k = 0; k < 3 && many->to[k]; k++)
                at = put_point(at, many->to[k]);
        } else if (m->lower && c == SIGMA) {
            at = put_point(at, sigma_is_final(letter_before, s, i) ? SIGMA_FINAL : SIGMA_SMALL);
        } else {
            at = put_point(at, map_one(m, (uint32_t)c));
        }
        if (m->lower && c >= 0 && !is_ignorable((uint32_t)c))
            letter_before = is_cased((uint32_t)c);
    }
    *out = str_make(start, (size_t)(at - start));
    t->at = at;
    return out->len <= LIMIT_STRING_BYTES;
}

static Str map_ascii(FuncText *t, Str s, bool lower)
{
    char *to = func_text_room(t, s.len);
    unsigned char first = lower ? 'A' : 'a';
    for (uint32_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        to[i] = (char)(c ^ ((unsigned char)(c - first) < 26 ? 0x20 : 0));
    }
    t->at += s.len;
    return str_make(to, s.len);
}

bool text_upper(FuncText *t, Str s, Str *out)
{
    if (!text_is_ascii(s))
        return map_text(&upper_map, t, s, out);
    *out = map_ascii(t, s, false);
    return true;
}

bool text_lower(FuncText *t, Str s, Str *out)
{
    if (!text_is_ascii(s))
        return map_text(&lower_map, t, s, out);
    *out = map_ascii(t, s, true);
    return true;
}
