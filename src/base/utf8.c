/* utf8.c: text as Unicode, and text made safe for a terminal.
 *
 * Owns nothing. Byte order and equality are str.c's; widths of code points utf8_columns.c's. */
#include "base/utf8.h"

#include <stdio.h>

static inline uint8_t byte_at(Str s, uint32_t i)
{
    return (uint8_t)s.ptr[i];
}

static inline bool is_tail(uint8_t b)
{
    return (b & 0xC0) == 0x80;
}

/* Length of the sequence at s[at], 0 where there is none. The bounds of the second byte are what
 * shuts out overlong forms (E0, F0), surrogates (ED) and code points past U+10FFFF (F4). */
static uint32_t sequence_bytes(Str s, uint32_t at)
{
    uint8_t lead = byte_at(s, at);
    uint32_t left = s.len - at;
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4 || left < 2)
        return 0;
    uint8_t second = byte_at(s, at + 1);
    if (lead < 0xE0)
        return is_tail(second) ? 2 : 0;
    uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (second < low || second > high || left < 3 || !is_tail(byte_at(s, at + 2)))
        return 0;
    if (lead < 0xF0)
        return 3;
    return left >= 4 && is_tail(byte_at(s, at + 3)) ? 4 : 0;
}

bool utf8_valid(Str s)
{
    for (uint32_t at = 0; at < s.len;) {
        uint64_t eight;
        if (s.len - at >= 8) { /* ASCII, eight bytes at a time */
            memcpy(&eight, s.ptr + at, 8);
            if (!(eight & 0x8080808080808080u)) {
                at += 8;
                continue;
            }
        }
        uint32_t n = sequence_bytes(s, at);
        if (!n)
            return false;
        at += n;
    }
    return true;
}

int32_t utf8_next(Str s, uint32_t *at)
{
    uint32_t n = sequence_bytes(s, *at);
    if (!n) {
        ++*at;
        return -1;
    }
    uint8_t lead = byte_at(s, *at);
    int32_t c = n == 1 ? lead : lead & (0x7F >> n);
    for (uint32_t i = 1; i < n; i++)
        c = c << 6 | (byte_at(s, *at + i) & 0x3F);
    *at += n;
    return c;
}

void utf8_put(Buf *b, uint32_t c)
{
    if (c < 0x80) {
        buf_putc(b, (char)c);
    } else if (c < 0x800) {
        buf_putc(b, (char)(0xC0 | c >> 6));
        buf_putc(b, (char)(0x80 | (c & 0x3F)));
    } else if ((c >= 0xD800 && c < 0xE000) || c > 0x10FFFF) {
        utf8_put(b, 0xFFFD); /* not a character: what is written stays valid */
    } else if (c < 0x10000) {
        buf_putc(b, (char)(0xE0 | c >> 12));
        buf_putc(b, (char)(0x80 | (c >> 6 & 0x3F)));
        buf_putc(b, (char)(0x80 | (c & 0x3F)));
    } else {
        buf_putc(b, (char)(0xF0 | c >> 18));
        buf_putc(b, (char)(0x80 | (c >> 12 & 0x3F)));
        buf_putc(b, (char)(0x80 | (c >> 6 & 0x3F)));
        buf_putc(b, (char)(0x80 | (c & 0x3F)));
    }
}

/* In valid text every byte that is not a continuation starts a unit, and four-byte sequences two.
 */
int64_t utf8_utf16_units(Str s)
{
    int64_t units = 0;
    for (uint32_t i = 0; i < s.len; i++) {
        uint8_t byte = byte_at(s, i);
        units += !is_tail(byte) + (byte >= 0xF0);
    }
    return units;
}

/* UTF-8 orders as code points do. UTF-16 differs in one point: supplementary characters (lead bytes
 * F0..F4) are written with surrogates, which are below U+E000..U+FFFF (leads EE and EF). Leads past
 * ED can differ only as lead bytes, so looking at the first differing byte is enough. */
int utf8_cmp_utf16(Str a, Str b)
{
    uint32_t n = a.len < b.len ? a.len : b.len, i = 0;
    for (uint64_t x, y; n - i >= 8; i += 8) {
        memcpy(&x, a.ptr + i, 8);
        memcpy(&y, b.ptr + i, 8);
        if (x != y)
            break;
    }
    while (i < n && a.ptr[i] == b.ptr[i])
        i++;
    if (i == n)
        return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
    uint8_t x = byte_at(a, i), y = byte_at(b, i);
    bool swapped = x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0);
    return (x < y) != swapped ? -1 : 1;
}

/* Characters that can make a terminal show text in an order that it does not have. */
static bool is_bidi_control(int32_t c)
{
    return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

void utf8_put_safe(Buf *b, Str s, bool keep_lines)
{
    static const char hex[] = "0123456789ABCDEF";
    for (uint32_t at = 0; at < s.len;) {
        uint32_t from = at;
        int32_t c = utf8_next(s, &at);
        if (keep_lines && (c == '\n' || c == '\t')) {
            buf_putc(b, (char)c);
        } else if (c < 0x20 || c == 0x7F) { /* -1 included: one byte that is no text */
            uint8_t byte = byte_at(s, from);
            buf_put(b, (char[]){'\\', 'x', hex[byte >> 4], hex[byte & 15]}, 4);
        } else if ((c >= 0x80 && c < 0xA0) || is_bidi_control(c)) {
            buf_printf(b, "\\u{%04X}", (unsigned)c);
        } else {
            buf_put(b, s.ptr + from, at - from);
        }
    }
}
