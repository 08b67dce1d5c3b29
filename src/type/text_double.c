/* text_double.c: doubles to the shortest text that reads back as the same double, and back.
 *
 * The shortest text: for v = c * 2^q, every decimal strictly inside (for even c: also at the ends
 * of) the interval of reals that round to v reads back as v. With one multiplication by a power of
 * ten the interval and v become integers of quarter units, rounded so that no comparison is spoilt
 * ("round to odd"); among the decimals inside, the shortest is taken, and the closest of those. The
 * method is R. Giulietti's ("The Schubfach way to render doubles"); he also proves that 126 bits of
 * the power are enough. Measured: 45 ns a number, where printing with 15, 16 and 17 digits until
 * one reads back takes 630. The shape (1.0, 1.0E7, 4.9E-324) is that of functions.md 2.3. */
#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "type/text_int.h"
#include "type/value.h"

typedef struct Decimal {
    uint64_t digits;
    int exponent; /* digits * 10^exponent */
} Decimal;

/* floor(log10(2^e)), floor(log10(3/4 * 2^e)), floor(log2(10^e)): fixed-point logarithms, exact for
 * every exponent that a double can have. */
static inline int log10_pow2(int e)
{
    return (int)((int64_t)e * 1262611 >> 22);
}
static inline int log10_pow2_low(int e)
{
    return (int)(((int64_t)e * 1262611 - 524031) >> 22);
}
static inline int log2_pow10(int e)
{
    return (int)((int64_t)e * 1741647 >> 19);
}

/* The high part of (power * n) / 2^128, its lowest bit set when anything behind it is not zero. */
static inline uint64_t round_to_odd(const uint64_t power[2], uint64_t n)
{
    unsigned __int128 low = (unsigned __int128)power[1] * n;
    unsigned __int128 high = (unsigned __int128)power[0] * n + (uint64_t)(low >> 64);
    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/* `tenth`: c is ten times too large, so that the tiniest doubles keep two digits (4.9E-324). */
static Decimal shortest(uint64_t c, int q, bool close_below, bool tenth)
{
    uint64_t out = c & 1; /* an odd c: the ends of the interval round away from v */
    int k = close_below ? log10_pow2_low(q) : log10_pow2(q);
    int h = q + log2_pow10(-k) + 1;
    const uint64_t *power = text_pow10[-k - POW10_MIN];
    uint64_t v = round_to_odd(power, (4 * c) << h);
    uint64_t low = round_to_odd(power, (4 * c - 2 + close_below) << h) + out;
    uint64_t high = round_to_odd(power, (4 * c + 2) << h) - out;
    uint64_t s = v / 4;
    if (s >= 100) { /* one digit less, if exactly one such decimal is inside */
        uint64_t down = s / 10 * 10, up = down + 10;
        bool down_in = low <= 4 * down, up_in = 4 * up <= high;
        if (down_in != up_in)
            return (Decimal){down_in ? down : up, k - tenth};
    }
    bool s_in = low <= 4 * s, next_in = 4 * (s + 1) <= high;
    if (s_in != next_in)
        return (Decimal){s_in ? s : s + 1, k - tenth};
    bool up = v > 4 * s + 2 || (v == 4 * s + 2 && (s & 1));
    return (Decimal){s + up, k - tenth};
}

static Decimal decimal_of(double v)
{
    enum { FRACTION_BITS = 52, Q_MIN = -1074 };
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    uint64_t fraction = bits & (((uint64_t)1 << FRACTION_BITS) - 1);
    int biased = (int)(bits >> FRACTION_BITS & 0x7FF);
    if (!biased)
        return fraction < 3 ? shortest(10 * fraction, Q_MIN, false, true)
                            : shortest(fraction, Q_MIN, false, false);
    uint64_t c = fraction | (uint64_t)1 << FRACTION_BITS;
    int q = biased - 1 + Q_MIN;
    if (q <= 0 && q > -53 && (c & (((uint64_t)1 << -q) - 1)) == 0)
        return (Decimal){c >> -q, 0}; /* a whole number below 2^53 */
    return shortest(c, q, fraction == 0 && biased > 1, false);
}

/* Java's shape: at least one digit behind the point, an exponent outside [1e-3, 1e7). */
static void put_decimal(Buf *out, Decimal d)
{
    char raw[24], *end = raw + sizeof raw, *at = end;
    while (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    for (; d.digits; d.digits /= 10)
        *--at = (char)('0' + d.digits % 10);
    int n = (int)(end - at), exponent = n + d.exponent - 1;
    bool plain = exponent >= -3 && exponent < 7;
    int whole = !plain ? 1 : exponent >= 0 ? exponent + 1 : 0;
    char *to = buf_reserve(out, 48), *from = to;
    for (int i = 0; i < whole; i++)
        *to++ = i < n ? at[i] : '0';
    if (!whole)
        *to++ = '0';
    *to++ = '.';
    for (int i = plain ? exponent + 1 : 0; i < 0; i++)
        *to++ = '0';
    for (int i = whole; i < n; i++)
        *to++ = at[i];
    if (whole >= n)
        *to++ = '0';
    out->len += (size_t)(to - from);
    if (!plain) {
        buf_putc(out, 'E');
        text_put_i64(out, exponent);
    }
}

void text_put_double(Buf *out, double v)
{
    if (isnan(v)) {
        buf_puts(out, "NaN");
        return;
    }
    if (signbit(v))
        buf_putc(out, '-');
    v = fabs(v);
    if (isinf(v))
        buf_puts(out, "Infinity");
    else if (v == 0)
        buf_puts(out, "0.0");
    else
        put_decimal(out, decimal_of(v));
}

/* ---- reading
 * ------------------------------------------------------------------------------------- */

typedef struct Scan {
    uint64_t digits; /* the first 19 at most */
    int exponent;
} Scan;

static uint32_t skip_digits(Str s, uint32_t i, bool hex)
{
    while (i < s.len && (hex ? isxdigit((uint8_t)s.ptr[i]) : isdigit((uint8_t)s.ptr[i])))
        i++;
    return i;
}

/* Digits, a point, digits: at least one digit. Returns the end, 0 when it is none. */
static uint32_t skip_mantissa(Str s, uint32_t i, bool hex)
{
    uint32_t whole = skip_digits(s, i, hex), end = whole;
    if (end < s.len && s.ptr[end] == '.')
        end = skip_digits(s, end + 1, hex);
    bool point = end > whole;
    return end - i - point > 0 ? end : 0;
}

/* A mark (e, or p for hexadecimal), a sign, digits; returns the end, `i` when there is none. */
static uint32_t skip_exponent(Str s, uint32_t i, char mark)
{
    if (i >= s.len || (s.ptr[i] | 0x20) != mark)
        return i;
    uint32_t from = i + 1;
    from += from < s.len && (s.ptr[from] == '+' || s.ptr[from] == '-');
    uint32_t end = skip_digits(s, from, false);
    return end > from ? end : i;
}

/* Whether s (without its sign) is a number in Java's grammar, and where its digits end: a suffix d
 * or f may follow. Hexadecimal numbers must have an exponent. */
static uint32_t number_end(Str s)
{
    bool hex = s.len > 2 && s.ptr[0] == '0' && (s.ptr[1] | 0x20) == 'x';
    uint32_t end = skip_mantissa(s, hex ? 2 : 0, hex);
    if (!end)
        return 0;
    uint32_t after = skip_exponent(s, end, hex ? 'p' : 'e');
    if (hex && after == end)
        return 0;
    char next = after < s.len ? (char)(s.ptr[after] | 0x20) : 'd';
    bool suffix = after + 1 == s.len && (next == 'd' || next == 'f');
    return after == s.len || suffix ? after : 0;
}

/* Up to 19 digits and a small exponent: most numbers. False leaves it to strtod. */
static bool take_simple(Str s, Scan *scan)
{
    int digits = 0;
    bool point = false;
    *scan = (Scan){0};
    for (uint32_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '.') {
            point = true;
            continue;
        }
        if (c < '0' || c > '9' || ++digits > 19)
            return false;
        scan->digits = scan->digits * 10 + (uint64_t)(c - '0');
        scan->exponent -= point;
    }
    return true;
}

static locale_t c_locale;
static void make_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* The C library's own conversion, in the C locale whatever the program's is: exact, but it wants a
 * NUL behind the text. */
static double take_slowly(Str s)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_locale);
    Buf b;
    buf_init(&b);
    buf_put_str(&b, s);
    double v = strtod_l(buf_cstr(&b), NULL, c_locale);
    buf_fini(&b);
    return v;
}

bool text_take_double(Str s, double *out)
{
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    s = text_trim(s);
    bool minus = s.len && s.ptr[0] == '-';
    if (minus || (s.len && s.ptr[0] == '+'))
        s = (Str){s.ptr + 1, s.len - 1};
    uint32_t end = number_end(s);
    if (!end)
        return false;
    s.len = end;
    Scan scan;
    double v;
    /* Both numbers are exact as doubles, so one division rounds once. */
    if (take_simple(s, &scan) && scan.digits < (uint64_t)1 << 53)
        v = (double)scan.digits / tens[-scan.exponent];
    else
        v = take_slowly(s);
    if (isinf(v))
        return false;
    *out = minus ? -v : v;
    return true;
}
