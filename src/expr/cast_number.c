/* cast_number.c: casts among numbers and among times (functions.md 2.2), a column at a time.
 *
 * Casts that cannot fail run over every row, present or not, so that the compiler vectorises them;
 * the others look at each row. */
#include "expr/vector.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "expr/expr_int.h"
#include "func/order.h"

enum { DAY_MS = 86400000 };

#define EVERY_ROW(c, from, to, expression)                                                         \
    do {                                                                                           \
        const __typeof__((c)->out->from[0]) *restrict in = (c)->args[0].from;                      \
        __typeof__((c)->out->to[0]) *restrict result = (c)->out->to;                               \
        const int n = (c)->rows;                                                                   \
        for (int i = 0; i < n; i++) {                                                              \
            __typeof__((c)->out->from[0]) x = in[i];                                               \
            result[i] = expression;                                                                \
        }                                                                                          \
    } while (0)

void cast_i32_i64(FuncCall *c)
{
    EVERY_ROW(c, i32, i64, (int64_t)x);
}
void cast_i32_f64(FuncCall *c)
{
    EVERY_ROW(c, i32, f64, (double)x);
}
void cast_i64_f64(FuncCall *c)
{
    EVERY_ROW(c, i64, f64, (double)x);
}
void cast_i64_i32(FuncCall *c)
{
    EVERY_ROW(c, i64, i32, (int32_t)(uint32_t)x);
}

/* Toward zero, saturating, NaN to 0. */
void cast_f64_i32(FuncCall *c)
{
    EVERY_ROW(c, f64, i32,
              x != x             ? 0
              : x >= 0x1p31      ? INT32_MAX
              : x <= -0x1p31 - 1 ? INT32_MIN
                                 : (int32_t)x);
}

void cast_f64_i64(FuncCall *c)
{
    EVERY_ROW(c, f64, i64,
              x != x        ? 0
              : x >= 0x1p63 ? INT64_MAX
              : x < -0x1p63 ? INT64_MIN
                            : (int64_t)x);
}

/* ---- times ----------------------------------------------------------------------------------- */

static int64_t floor_div(int64_t x, int64_t y)
{
    return x / y - (x % y < 0);
}

void cast_date_timestamp(FuncCall *c)
{
    EVERY_ROW(c, i32, i64, (int64_t)x * DAY_MS);
}
void cast_timestamp_time(FuncCall *c)
{
    EVERY_ROW(c, i64, i32, (int32_t)(x - floor_div(x, DAY_MS) * DAY_MS));
}

void cast_timestamp_date(FuncCall *c)
{
    for (int i = 0; i < c->rows; i++) {
        int64_t days = floor_div(c->args[0].i64[i], DAY_MS);
        if (!c->out->valid[i])
            continue;
        if (days < INT32_MIN || days > INT32_MAX)
            func_fail(c, i);
        else
            c->out->i32[i] = (int32_t)days;
    }
}

/* ---- decimals -------------------------------------------------------------------------------- */

static void put_whole(FuncCall *c, int i, int64_t x)
{
    const Type *t = c->out->type;
    Int128 limit = int128_pow10(t->precision - t->scale);
    if (x >= limit || x <= -limit)
        func_fail(c, i);
    else
        c->out->i128[i] = x * int128_pow10(t->scale);
}

void cast_i32_dec(FuncCall *c)
{
    for (int i = 0; i < c->rows; i++) {
        if (c->out->valid[i])
            put_whole(c, i, c->args[0].i32[i]);
    }
}

void cast_i64_dec(FuncCall *c)
{
    for (int i = 0; i < c->rows; i++) {
        if (c->out->valid[i])
            put_whole(c, i, c->args[0].i64[i]);
    }
}

/* Toward zero, then the low bits. */
void cast_dec_i64(FuncCall *c)
{
    Int128 one = int128_pow10(c->args[0].type->scale);
    EVERY_ROW(c, i128, i64, (int64_t)(uint64_t)(x / one));
}

void cast_dec_i32(FuncCall *c)
{
    Int128 one = int128_pow10(c->args[0].type->scale);
    EVERY_ROW(c, i128, i32, (int32_t)(uint32_t)(x / one));
}

double decimal_to_double(Int128 unscaled, int scale)
{
    static const double exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    Int128 whole = (Int128)1 << 53;
    /* Both are exact as doubles, so one division rounds once. */
    if (unscaled <= whole && unscaled >= -whole && scale < (int)(sizeof exact / sizeof exact[0]))
        return (double)unscaled / exact[scale];
    Buf text;
    buf_init(&text);
    text_put_decimal(&text, unscaled, scale);
    double d = strtod(buf_cstr(&text), NULL);
    buf_fini(&text);
    return d;
}

void cast_dec_f64(FuncCall *c)
{
    int scale = c->args[0].type->scale;
    for (int i = 0; i < c->rows; i++) {
        if (c->out->valid[i])
            c->out->f64[i] = decimal_to_double(c->args[0].i128[i], scale);
    }
}

/* Half away from zero. */
static Int128 round_half_up(Int128 x, Int128 step)
{
    Int128 rest = x % step, down = x / step;
    if (rest < 0)
        rest = -rest;
    return rest >= step - rest ? down + (x < 0 ? -1 : 1) : down;
}

/* The limit holds before rounding; a carry may then need one digit more (functions.md 2.2). */
void cast_dec_dec(FuncCall *c)
{
    const Type *from = c->args[0].type, *to = c->out->type;
    Int128 limit = int128_pow10(to->precision - to->scale);
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        Int128 x = c->args[0].i128[i];
        Int128 size = x < 0 ? -x : x;
        if (decimal_cmp(size, from->scale, limit, 0) >= 0)
            func_fail(c, i);
        else if (from->scale <= to->scale)
            c->out->i128[i] = x * int128_pow10(to->scale - from->scale);
        else
            c->out->i128[i] = round_half_up(x, int128_pow10(from->scale - to->scale));
    }
}

/* `count` significant digits of |x|, half up by its exact binary value, as 0.ddd * 10^*point. */
static void significant_digits(double x, int count, char *digits, int *point)
{
    /* The longest exact expansion of a double has 767 significant digits. */
    char text[800];
    snprintf(text, sizeof text, "%.766e", fabs(x));
    *point = atoi(strchr(text, 'e') + 1) + 1;
    text[1] = text[0]; /* over the dot: the digits now begin at 1 */
    const char *all = text + 1;
    memcpy(digits, all, (size_t)count);
    if (all[count] < '5')
        return;
    int i = count;
    while (i > 0 && digits[i - 1] == '9')
        digits[--i] = '0';
    if (i > 0) {
        digits[i - 1]++;
    } else { /* 9.99 became 10.0 */
        digits[0] = '1';
        ++*point;
    }
}

static bool f64_to_dec(double x, const Type *to, Int128 *out)
{
    if (!isfinite(x))
        return false;
    char digits[DECIMAL_NARROW_DIGITS];
    int point;
    significant_digits(x, to->precision, digits, &point);
    if (x != 0 && point > to->precision - to->scale)
        return false;
    Int128 all = 0; /* the digits that stay, then the rounding digit */
    int keep = point + to->scale;
    for (int i = 0; i < keep; i++)
        all = all * 10 + (i < to->precision ? digits[i] - '0' : 0);
    if (keep >= 0 && keep < to->precision && digits[keep] >= '5')
        all++;
    *out = x < 0 ? -all : all;
    return true;
}

void cast_f64_dec(FuncCall *c)
{
    for (int i = 0; i < c->rows; i++) {
        if (c->out->valid[i] && !f64_to_dec(c->args[0].f64[i], c->out->type, &c->out->i128[i]))
            func_fail(c, i);
    }
}
