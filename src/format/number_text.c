/* number_text.c: the text of a number taken apart, digit by digit.
 *
 * Owns nothing. Text that becomes a DOUBLE does not come here. */
#include "format/number_text.h"

enum { EXPONENT_MAX = 1000000 }; /* far past what any type holds: larger ones are cut to it */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take_exponent(const char *s, const char *end, int64_t *out)
{
    bool negative = s < end && *s == '-';
    if (s < end && (*s == '-' || *s == '+'))
        s++;
    if (s == end)
        return false;
    int64_t e = 0;
    for (; s < end; s++) {
        if (!is_digit(*s))
            return false;
        e = e < EXPONENT_MAX ? e * 10 + (*s - '0') : e;
    }
    *out = negative ? -e : e;
    return true;
}

bool number_text_take(Str s, NumberText *n)
{
    const char *at = s.ptr, *end = at + s.len;
    bool negative = at < end && *at == '-', behind = false;
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    int64_t digits = 0, significant = 0, exponent = 0;
    *n = (NumberText){.negative = negative};
    for (; at < end && (is_digit(*at) || (*at == '.' && !behind)); at++) {
        if (*at == '.') {
            behind = true;
            continue;
        }
        digits++;
        if (!n->first && *at == '0') { /* a leading zero: counts only behind the point */
            n->point -= behind;
            continue;
        }
        if (!n->first)
            n->first = at;
        significant++;
        n->point += !behind;
        if (*at != '0')
            n->count = significant;
    }
    n->integral = !behind && at == end;
    if (digits == 0 || digits > LIMIT_NUMBER_DIGITS)
        return false;
    if (at < end && ((*at | 0x20) != 'e' || !take_exponent(at + 1, end, &exponent)))
        return false;
    n->point += exponent;
    return true;
}

/* The first `take` digits as an integer, zeros where there are none left. */
static Int128 digits_value(const NumberText *n, int64_t take)
{
    Int128 v = 0;
    const char *at = n->first;
    for (int64_t i = 0; i < take; i++) {
        int digit = 0;
        if (i < n->count) {
            at += *at == '.';
            digit = *at++ - '0';
        }
        v = v * 10 + digit;
    }
    return n->negative ? -v : v;
}

bool number_text_i64(const NumberText *n, int64_t *out)
{
    *out = 0;
    if (n->count == 0 || n->point <= 0)
        return true;
    if (n->point > 19)
        return false;
    Int128 v = digits_value(n, n->point);
    *out = (int64_t)v;
    return v >= INT64_MIN && v <= INT64_MAX;
}

bool number_text_decimal(const NumberText *n, int precision, int scale, Int128 *out)
{
    *out = 0;
    if (n->count == 0)
        return true;
    if (n->point > precision - scale || n->count - n->point > scale)
        return false;
    *out = digits_value(n, n->point + scale);
    return true;
}
