/* text.c: exact text forms of integers, decimals, bytes and quoted strings (functions.md 2.2, 2.3).
 *
 * Owns nothing. Doubles are text_double.c's, dates and times text_time.c's. Casts, formats and
 * renderers share these, so that one value has one spelling. */
#include <stdlib.h>
#include <string.h>

#include "type/text_int.h"
#include "type/value.h"

typedef unsigned __int128 UInt128;

Str text_trim(Str s)
{
    while (s.len && (uint8_t)s.ptr[0] <= 0x20)
        s = (Str){s.ptr + 1, s.len - 1};
    while (s.len && (uint8_t)s.ptr[s.len - 1] <= 0x20)
        s.len--;
    return s;
}

/* Digits of v in front of `end`, at least one; returns where they start. */
static char *digits_before(char *end, uint64_t v)
{
    do {
        *--end = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    return end;
}

void text_put_i64(Buf *out, int64_t v)
{
    char digits[24], *end = digits + sizeof digits;
    char *at = digits_before(end, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
    if (v < 0)
        *--at = '-';
    buf_put(out, at, (size_t)(end - at));
}

bool text_take_i64(Str s, int64_t *out)
{
    s = text_trim(s);
    bool minus = s.len && s.ptr[0] == '-';
    uint32_t i = minus || (s.len && s.ptr[0] == '+');
    if (i == s.len)
        return false;
    uint64_t v = 0, most = (uint64_t)INT64_MAX + minus;
    for (; i < s.len; i++) {
        unsigned digit = (unsigned)(s.ptr[i] - '0');
        if (digit > 9 || v > (most - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *out = (int64_t)(minus ? 0 - v : v);
    return true;
}

/* ---- decimals
 * ------------------------------------------------------------------------------------ */

/* All digits of the magnitude, without leading zeros (but at least one); returns how many. */
static int magnitude_digits(char digits[40], Int128 unscaled)
{
    const uint64_t ten19 = 10000000000000000000u;
    char raw[64], *end = raw + sizeof raw, *at = end;
    UInt128 v = unscaled < 0 ? 0 - (UInt128)unscaled : (UInt128)unscaled;
    while (v >= ten19) { /* 19 digits at a time: 128-bit division is dear */
        char *low = digits_before(at, (uint64_t)(v % ten19));
        v /= ten19;
        for (at -= 19; low > at;)
            *--low = '0';
    }
    at = digits_before(at, (uint64_t)v);
    memcpy(digits, at, (size_t)(end - at));
    return (int)(end - at);
}

void text_put_decimal(Buf *out, Int128 unscaled, int scale)
{
    char digits[40];
    int n = magnitude_digits(digits, unscaled);
    if (unscaled < 0)
        buf_putc(out, '-');
    if (n <= scale)
        buf_putc(out, '0');
    else
        buf_put(out, digits, (size_t)(n - scale));
    if (scale == 0)
        return;
    buf_putc(out, '.');
    for (int i = n; i < scale; i++)
        buf_putc(out, '0');
    int fraction = n < scale ? n : scale;
    buf_put(out, digits + n - fraction, (size_t)fraction);
}

void text_put_decimal_short(Buf *out, Int128 unscaled, int scale)
{
    char digits[40];
    int n = magnitude_digits(digits, unscaled), exponent = n - 1 - scale;
    if (exponent >= -6) {
        text_put_decimal(out, unscaled, scale);
        return;
    }
    if (unscaled < 0)
        buf_putc(out, '-');
    buf_putc(out, digits[0]);
    if (n > 1) {
        buf_putc(out, '.');
        buf_put(out, digits + 1, (size_t)(n - 1));
    }
    buf_printf(out, "E%d", exponent);
}

/* A number as text, taken apart: sign, digits from the first that is not 0, and the power of ten of
 * 0.DIGITS. */
typedef struct Parts {
    bool minus;
    Str digits; /* may hold one '.', to be skipped; len 0: the number is zero */
    int64_t exponent;
} Parts;

/* E and what follows it; false unless it is a sign and up to nine digits. */
static bool take_exponent(Str s, uint32_t i, int64_t *exponent)
{
    bool minus = i < s.len && s.ptr[i] == '-';
    i += minus || (i < s.len && s.ptr[i] == '+');
    if (i == s.len || s.len - i > 9)
        return false;
    *exponent = 0;
    for (; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        *exponent = *exponent * 10 + (s.ptr[i] - '0');
    }
    if (minus)
        *exponent = -*exponent;
    return true;
}

static bool take_parts(Str s, Parts *p)
{
    s = text_trim(s);
    *p = (Parts){.minus = s.len && s.ptr[0] == '-'};
    uint32_t i = p->minus || (s.len && s.ptr[0] == '+'), first = 0;
    bool point = false, any = false, significant = false;
    int64_t whole = 0, zeros = 0; /* digits before the point; zeros behind it, before the first */
    for (; i < s.len && s.ptr[i] != 'e' && s.ptr[i] != 'E'; i++) {
        char c = s.ptr[i];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9')
            return false;
        any = true;
        if (!significant && c != '0') {
            significant = true;
            first = i;
        }
        whole += significant && !point;
        zeros += !significant && point;
    }
    if (!any)
        return false;
    if (significant)
        p->digits = (Str){s.ptr + first, i - first};
    if (i < s.len && !take_exponent(s, i + 1, &p->exponent))
        return false;
    p->exponent += whole - zeros;
    return true;
}

/* The first `count` digits of p (zeros where it has fewer) into out; returns whether what follows
 * rounds the last of them up. */
static bool take_digits(const Parts *p, int64_t count, char *out)
{
    uint32_t i = 0;
    for (int64_t n = 0; n < count; n++) {
        if (i < p->digits.len && p->digits.ptr[i] == '.')
            i++;
        out[n] = i < p->digits.len ? p->digits.ptr[i++] : '0';
    }
    if (i < p->digits.len && p->digits.ptr[i] == '.')
        i++;
    return i < p->digits.len && p->digits.ptr[i] >= '5';
}

/* How many digits the unscaled number has; -1 when the value does not fit (precision, scale). Below
 * zero places there is nothing left to round. */
static int64_t unscaled_digits(const Parts *p, int precision, int scale)
{
    if (!p->digits.len)
        return 0;
    if (p->exponent > precision - scale)
        return -1;
    return p->exponent + scale < 0 ? 0 : p->exponent + scale;
}

bool text_take_decimal(Str s, int precision, int scale, Int128 *out)
{
    Parts p;
    char digits[DECIMAL_NARROW_DIGITS];
    if (precision > DECIMAL_NARROW_DIGITS || !take_parts(s, &p))
        return false;
    int64_t n = unscaled_digits(&p, precision, scale);
    if (n < 0)
        return false;
    Int128 v = 0;
    bool up = p.exponent + scale >= 0 && take_digits(&p, n, digits);
    for (int64_t i = 0; i < n; i++)
        v = v * 10 + (digits[i] - '0');
    v += up;
    *out = p.minus ? -v : v;
    return true;
}

/* Add one to a row of digits; true when it overflowed to 1 followed by zeros (the 1 is not there).
 */
static bool carry_up(char *digits, int64_t n)
{
    while (n-- > 0) {
        if (digits[n] != '9') {
            digits[n]++;
            return false;
        }
        digits[n] = '0';
    }
    return true;
}

bool text_take_decimal_text(Arena *a, Str s, int precision, int scale, Str *out)
{
    Parts p;
    if (!take_parts(s, &p))
        return false;
    int64_t n = unscaled_digits(&p, precision, scale);
    if (n < 0)
        return false;
    /* In front of the n digits there is room for a sign, a carry and the zeros up to the point. */
    int64_t room = (n > scale ? n : scale + 1) + 1;
    char *digits = arena_alloc(a, (size_t)room);
    memset(digits, '0', (size_t)room);
    char *last = digits + room - n;
    if (p.exponent + scale >= 0 && take_digits(&p, n, last) && carry_up(last, n))
        last[-1] = '1';
    char *first = digits;
    while (first < digits + room - scale - 1 && *first == '0')
        first++;
    size_t whole = (size_t)(digits + room - scale - first);
    bool zero = true;
    for (char *at = first; at < digits + room; at++)
        zero = zero && *at == '0';
    char *text = arena_alloc(a, whole + (size_t)scale + 2), *at = text;
    if (p.minus && !zero)
        *at++ = '-';
    memcpy(at, first, whole);
    at += whole;
    if (scale) {
        *at++ = '.';
        memcpy(at, first + whole, (size_t)scale);
        at += scale;
    }
    *out = str_make(text, (size_t)(at - text));
    return true;
}

/* ---- bytes and quotes
 * ---------------------------------------------------------------------------- */

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void text_put_base64(Buf *out, Str bytes)
{
    char *at = buf_reserve(out, ((size_t)bytes.len + 2) / 3 * 4);
    const uint8_t *p = (const uint8_t *)bytes.ptr;
    for (uint32_t i = 0; i < bytes.len; i += 3) {
        uint32_t left = bytes.len - i;
        uint32_t group = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) |
                         (left > 2 ? p[i + 2] : 0);
        *at++ = base64[group >> 18];
        *at++ = base64[group >> 12 & 63];
        *at++ = left > 1 ? base64[group >> 6 & 63] : '=';
        *at++ = left > 2 ? base64[group & 63] : '=';
        out->len += 4;
    }
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool text_take_base64(Str s, Buf *out)
{
    size_t before = out->len;
    uint32_t n = s.len, group = 0;
    if (n % 4 == 0 && n && s.ptr[n - 1] == '=')
        n -= s.ptr[n - 2] == '=' ? 2 : 1;
    if (n % 4 == 1)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        int digit = base64_digit(s.ptr[i]);
        if (digit < 0) {
            out->len = before;
            return false;
        }
        group = group << 6 | (uint32_t)digit;
        if (i % 4 == 1)
            buf_putc(out, (char)(group >> 4));
        else if (i % 4 == 2)
            buf_putc(out, (char)(group >> 2));
        else if (i % 4 == 3)
            buf_putc(out, (char)group);
    }
    return true;
}

void text_put_quoted(Buf *out, Str s)
{
    buf_putc(out, '\'');
    for (uint32_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\'')
            buf_putc(out, '\'');
        buf_putc(out, s.ptr[i]);
    }
    buf_putc(out, '\'');
}
