/* order.c: how functions order values (functions.md 1.6), and decimals of different scales.
 *
 * Text is ordered by base/utf8.h. */
#include "func/order.h"

#include <assert.h>
#include <math.h>

Int128 int128_pow10(int n)
{
    assert(n >= 0 && n <= 38);
    Int128 p = 1;
    while (n-- > 0)
        p *= 10;
    return p;
}

int decimal_cmp(Int128 x, int x_scale, Int128 y, int y_scale)
{
    if (x_scale > y_scale)
        return -decimal_cmp(y, y_scale, x, x_scale);
    Int128 wide;
    if (x_scale < y_scale) {
        /* What no longer fits is further from zero than any y. */
        if (__builtin_mul_overflow(x, int128_pow10(y_scale - x_scale), &wide))
            return x < 0 ? -1 : 1;
        x = wide;
    }
    return (x > y) - (x < y);
}

int order_f64(double x, double y)
{
    if (isnan(x) || isnan(y))
        return !!isnan(x) - !!isnan(y);
    if (x == y) /* the zeros differ by sign */
        return !!signbit(y) - !!signbit(x);
    return x < y ? -1 : 1;
}

int order_bytes(Str x, Str y)
{
    uint32_t n = x.len < y.len ? x.len : y.len;
    for (uint32_t i = 0; i < n; i++) {
        if (x.ptr[i] != y.ptr[i])
            return (signed char)x.ptr[i] < (signed char)y.ptr[i] ? -1 : 1;
    }
    return (x.len > y.len) - (x.len < y.len);
}
