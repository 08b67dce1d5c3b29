/* func_math.c: functions on numbers (functions.md 4.1).
 *
 * Integers wrap like two's complement. Decimals are unscaled 128-bit integers; ties round towards
 * plus infinity, and a carry may need one digit more than the type says, which is not checked (the
 * dialect's own rule). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "func/func_int.h"

/* A loop over the rows whose result is wanted; `x` is the first argument. */
#define EACH(call, field, expression)                                                              \
    do {                                                                                           \
        const Column *in = &(call)->args[0];                                                       \
        for (int i = 0; i < (call)->rows; i++) {                                                   \
            if (!(call)->out->valid[i])                                                            \
                continue;                                                                          \
            __typeof__(in->field[0]) x = in->field[i];                                             \
            expression;                                                                            \
        }                                                                                          \
    } while (0)

/* ---- identity, sign -------------------------------------------------------------------------- */

static void same(FuncCall *c)
{
    for (int i = 0; i < c->rows; i++) {
        if (c->out->valid[i])
            column_copy_row(c->out, i, &c->args[0], i);
    }
}

static void abs_i32(FuncCall *c)
{
    EACH(c, i32, c->out->i32[i] = x < 0 ? (int32_t)(0u - (uint32_t)x) : x);
}

static void abs_i64(FuncCall *c)
{
    EACH(c, i64, c->out->i64[i] = x < 0 ? (int64_t)(0u - (uint64_t)x) : x);
}

static void abs_f64(FuncCall *c)
{
    EACH(c, f64, c->out->f64[i] = fabs(x));
}
static void abs_dec(FuncCall *c)
{
    EACH(c, i128, c->out->i128[i] = x < 0 ? -x : x);
}

static void sign_i32(FuncCall *c)
{
    EACH(c, i32, c->out->i32[i] = (x > 0) - (x < 0));
}
static void sign_i64(FuncCall *c)
{
    EACH(c, i64, c->out->i32[i] = (x > 0) - (x < 0));
}
static void sign_f64(FuncCall *c)
{
    EACH(c, f64, c->out->i32[i] = (x > 0) - (x < 0));
}

static void sqrt_i32(FuncCall *c)
{
    EACH(c, i32, c->out->f64[i] = sqrt((double)x));
}
static void sqrt_i64(FuncCall *c)
{
    EACH(c, i64, c->out->f64[i] = sqrt((double)x));
}
static void sqrt_f64(FuncCall *c)
{
    EACH(c, f64, c->out->f64[i] = sqrt(x));
}

/* ---- FLOOR, CEIL ----------------------------------------------------------------------------- */

/* Largest multiple of `step` (a power of ten) not above x. */
static Int128 floor_to(Int128 x, Int128 step)
{
    Int128 rest = x % step;
    return x - rest - (rest < 0 ? step : 0);
}

static Int128 ceil_to(Int128 x, Int128 step)
{
    return -floor_to(-x, step);
}

static void floor_f64(FuncCall *c)
{
    EACH(c, f64, c->out->f64[i] = floor(x));
}
static void ceil_f64(FuncCall *c)
{
    EACH(c, f64, c->out->f64[i] = ceil(x));
}

static void floor_dec(FuncCall *c)
{
    Int128 step = int128_pow10(c->args[0].type->scale);
    EACH(c, i128, c->out->i128[i] = floor_to(x, step));
}

static void ceil_dec(FuncCall *c)
{
    Int128 step = int128_pow10(c->args[0].type->scale);
    EACH(c, i128, c->out->i128[i] = ceil_to(x, step));
}

/* ---- ROUND ----------------------------------------------------------------------------------- */

static int64_t saturate(double d)
{
    if (isnan(d))
        return 0;
    return d >= 0x1p63 ? INT64_MAX : d < -0x1p63 ? INT64_MIN : (int64_t)d;
}

static double round_half_up(double x)
{
    double down = floor(x);
    return x - down >= 0.5 ? down + 1 : down;
}

/* ROUND of a whole number is the number, as BIGINT; its NULL is an error. */
static void round_i32(FuncCall *c)
{
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        if (c->args[0].valid[i])
            c->out->i64[i] = c->args[0].i32[i];
        else
            func_fail(c, i);
    }
}

static void round_i64(FuncCall *c)
{
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        if (c->args[0].valid[i])
            c->out->i64[i] = c->args[0].i64[i];
        else
            func_fail(c, i);
    }
}

/* The other forms give NULL for NULL: the row lets NULLs in for the sake of the two above. */
static void strict(FuncCall *c)
{
    for (int k = 0; k < c->arg_count; k++) {
        for (int i = 0; i < c->rows; i++)
            c->out->valid[i] &= c->args[k].valid[i];
    }
}

static void round_f64(FuncCall *c)
{
    strict(c);
    EACH(c, f64, c->out->i64[i] = saturate(round_half_up(x)));
}

/* A number in decimal digits: 0.d1d2d3... * 10^point. */
typedef struct Digits {
    char at[40];
    int count, point;
    bool negative;
} Digits;

/* From the form of text_put_double, which is `12.5` or `1.25E-7`. */
static Digits digits_of(Str text)
{
    Digits d = {.count = 0};
    bool dot = false;
    for (uint32_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '-') {
            d.negative = true;
        } else if (c == '.') {
            dot = true;
        } else if (c == 'E') {
            d.point += atoi(text.ptr + i + 1);
            break;
        } else if (d.count < (int)sizeof d.at) {
            if (c == '0' && d.count == 0) { /* leading zeros are no digits */
                d.point -= dot;
                continue;
            }
            d.at[d.count++] = c;
            d.point += !dot;
        }
    }
    return d;
}

/* Keep `keep` digits, the rest rounded: ties away from zero if positive, else towards it. */
static void round_digits(Digits *d, int64_t keep)
{
    if (keep >= d->count)
        return;
    bool up = false;
    if (keep >= 0) {
        bool tie = d->at[keep] == '5' && keep + 1 == d->count;
        up = tie ? !d->negative : d->at[keep] >= '5';
    }
    d->count = keep > 0 ? (int)keep : 0;
    int i = d->count;
    while (up && i > 0 && d->at[i - 1] == '9')
        d->at[--i] = '0';
    if (up && i > 0) {
        d->at[i - 1]++;
    } else if (up) { /* a carry out of the first digit */
        memmove(d->at + 1, d->at, (size_t)(d->count < 39 ? d->count : 39));
        d->at[0] = '1';
        d->count += d->count < 40;
        d->point++;
    }
}

static double digits_value(const Digits *d)
{
    char text[64];
    if (d->count == 0)
        return 0.0;
    snprintf(text, sizeof text, "%s0.%.*sE%d", d->negative ? "-" : "", d->count, d->at, d->point);
    return strtod(text, NULL);
}

/* ROUND(DOUBLE, n) rounds the shortest decimal text of the double, so that 1.005 gives 1.01. */
static void round_f64_places(FuncCall *c)
{
    strict(c);
    Buf text;
    buf_init(&text);
    for (int i = 0; i < c->rows; i++) {
        double x = c->args[0].f64[i];
        if (!c->out->valid[i])
            continue;
        if (!isfinite(x)) {
            func_fail(c, i);
            continue;
        }
        buf_reset(&text);
        text_put_double(&text, x);
        buf_cstr(&text); /* ends it with a NUL for atoi */
        Digits d = digits_of(buf_str(&text));
        round_digits(&d, (int64_t)d.point + c->args[1].i32[i]);
        c->out->f64[i] = digits_value(&d);
    }
    buf_fini(&text);
}

static Int128 round_to(Int128 x, Int128 step)
{
    return floor_to(x + step / 2, step);
}

/* (p, s) becomes (p - s, 0). */
static Rc round_dec_type(Arena *a, const Type *const *params, int count, const Type **out, Err *err)
{
    (void)count;
    int digits = params[0]->precision - params[0]->scale;
    if (digits < 1)
        return err_at(
            err, ERR_STATEMENT, SPAN_NONE,
            "ROUND of a DECIMAL(%d, %d) leaves no digits: DECIMAL precision must be >= 1.",
            params[0]->precision, params[0]->scale);
    *out = type_decimal(a, digits, 0);
    return 0;
}

static void round_dec(FuncCall *c)
{
    strict(c);
    Int128 step = int128_pow10(c->args[0].type->scale);
    EACH(c, i128, c->out->i128[i] = round_to(x, step) / step);
}

static void round_dec_places(FuncCall *c)
{
    strict(c);
    int scale = c->args[0].type->scale;
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        int64_t drop = (int64_t)scale - c->args[1].i32[i]; /* digits that become zero */
        Int128 x = c->args[0].i128[i];
        c->out->i128[i] = drop <= 0 ? x : drop > 38 ? 0 : round_to(x, int128_pow10((int)drop));
    }
}

/* ---- TRUNC ----------------------------------------------------------------------------------- */

static void trunc_i32(FuncCall *c)
{
    EACH(c, i32, c->out->i64[i] = x);
}
static void trunc_f64(FuncCall *c)
{
    EACH(c, f64, c->out->i64[i] = saturate(trunc(x)));
}

/* As ROUND(DOUBLE, n), of the shortest decimal text; digits behind are left out. */
static void trunc_f64_places(FuncCall *c)
{
    Buf text;
    buf_init(&text);
    for (int i = 0; i < c->rows; i++) {
        double x = c->args[0].f64[i];
        if (!c->out->valid[i])
            continue;
        if (!isfinite(x)) {
            func_fail(c, i);
            continue;
        }
        buf_reset(&text);
        text_put_double(&text, x);
        buf_cstr(&text);
        Digits d = digits_of(buf_str(&text));
        int64_t keep = (int64_t)d.point + c->args[1].i32[i];
        if (keep < d.count)
            d.count = keep > 0 ? (int)keep : 0;
        c->out->f64[i] = digits_value(&d);
    }
    buf_fini(&text);
}

static void trunc_dec(FuncCall *c)
{
    Int128 step = int128_pow10(c->args[0].type->scale);
    EACH(c, i128, c->out->i128[i] = x / step);
}

static void trunc_dec_places(FuncCall *c)
{
    int scale = c->args[0].type->scale;
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        int64_t drop = (int64_t)scale - c->args[1].i32[i];
        Int128 x = c->args[0].i128[i];
        c->out->i128[i] = drop <= 0 ? x : drop > 38 ? 0 : x - x % int128_pow10((int)drop);
    }
}

/* ---- RANDOM ---------------------------------------------------------------------------------- */

/* xorshift64*, one state per thread: cheap, and no thread waits for another. */
static double random_next(void)
{
    static _Thread_local uint64_t state;
    if (!state)
        state = ((uint64_t)clock_monotonic_ns() ^ (uint64_t)(uintptr_t)&state) | 1;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (double)((state * 0x2545F4914F6CDD1Du) >> 11) * 0x1p-53;
}

static void random_f64(FuncCall *c)
{
    for (int i = 0; i < c->rows; i++)
        c->out->f64[i] = random_next();
}

static void pi(FuncCall *c)
{
    for (int i = 0; i < c->rows; i++)
        c->out->f64[i] = M_PI;
}

/* ---- table ----------------------------------------------------------------------------------- */

static const FuncOverload abs_list[] = {
    {"(INTEGER value) INTEGER", abs_i32, NULL, NULL},
    {"(BIGINT value) BIGINT", abs_i64, NULL, NULL},
    {"(DOUBLE value) DOUBLE", abs_f64, NULL, NULL},
    {"(DECIMAL value) DECIMAL", abs_dec, NULL, NULL},
};
static const FuncOverload floor_list[] = {
    {"(INTEGER value) INTEGER", same, NULL, NULL},
    {"(BIGINT value) BIGINT", same, NULL, NULL},
    {"(DOUBLE value) DOUBLE", floor_f64, NULL, NULL},
    {"(DECIMAL value) DECIMAL", floor_dec, NULL, NULL},
};
static const FuncOverload ceil_list[] = {
    {"(INTEGER value) INTEGER", same, NULL, NULL},
    {"(BIGINT value) BIGINT", same, NULL, NULL},
    {"(DOUBLE value) DOUBLE", ceil_f64, NULL, NULL},
    {"(DECIMAL value) DECIMAL", ceil_dec, NULL, NULL},
};
static const FuncOverload round_list[] = {
    {"(INTEGER value) BIGINT", round_i32, NULL, NULL},
    {"(BIGINT value) BIGINT", round_i64, NULL, NULL},
    {"(DOUBLE value) BIGINT", round_f64, NULL, NULL},
    {"(DOUBLE value, INTEGER places) DOUBLE", round_f64_places, NULL, NULL},
    {"(DECIMAL value) DECIMAL", round_dec, NULL, round_dec_type},
    {"(DECIMAL value, INTEGER places) DECIMAL", round_dec_places, NULL, NULL},
};
static const FuncOverload trunc_list[] = {
    {"(INTEGER value) BIGINT", trunc_i32, NULL, NULL},
    {"(BIGINT value) BIGINT", same, NULL, NULL},
    {"(DOUBLE value) BIGINT", trunc_f64, NULL, NULL},
    {"(DOUBLE value, INTEGER places) DOUBLE", trunc_f64_places, NULL, NULL},
    {"(DECIMAL value) DECIMAL", trunc_dec, NULL, round_dec_type},
    {"(DECIMAL value, INTEGER places) DECIMAL", trunc_dec_places, NULL, NULL},
};
static const FuncOverload sign_list[] = {
    {"(INTEGER value) INTEGER", sign_i32, NULL, NULL},
    {"(BIGINT value) INTEGER", sign_i64, NULL, NULL},
    {"(DOUBLE value) INTEGER", sign_f64, NULL, NULL},
};
static const FuncOverload sqrt_list[] = {
    {"(INTEGER value) DOUBLE", sqrt_i32, NULL, NULL},
    {"(BIGINT value) DOUBLE", sqrt_i64, NULL, NULL},
    {"(DOUBLE value) DOUBLE", sqrt_f64, NULL, NULL},
};
static const FuncOverload random_list[] = {{"() DOUBLE", random_f64, NULL, NULL}};
static const FuncOverload pi_list[] = {{"() DOUBLE", pi, NULL, NULL}};

static const FuncRow rows[] = {
    {.name = "Abs",
     .category = "MATHEMATICAL",
     OVERLOADS(abs_list),
     .help = "The absolute value.",
     .example = "ABS(-3)",
     .result = "3"},
    {.name = "Floor",
     .category = "MATHEMATICAL",
     OVERLOADS(floor_list),
     .help = "The largest whole number not above the value.",
     .example = "FLOOR(-1.5e0)",
     .result = "-2.0"},
    {.name = "Ceil",
     .category = "MATHEMATICAL",
     OVERLOADS(ceil_list),
     .help = "The smallest whole number not below the value.",
     .example = "CEIL(1.1)",
     .result = "2.0"},
    {.name = "Round",
     .category = "MATHEMATICAL",
     .null_args = true,
     OVERLOADS(round_list),
     .help = "The value rounded to a whole number, or to `places` decimal places.",
     .example = "ROUND(1.005e0, 2)",
     .result = "1.01"},
    {.name = "trunc",
     .category = "MATHEMATICAL",
     OVERLOADS(trunc_list),
     .help = "The value without its fraction, or with `places` decimal places of it.",
     .example = "TRUNC(-2.789e0, 1)",
     .result = "-2.7"},
    {.name = "sign",
     .category = "MATHEMATICAL",
     OVERLOADS(sign_list),
     .help = "-1, 0 or 1.",
     .example = "SIGN(-12)",
     .result = "-1"},
    {.name = "sqrt",
     .category = "MATHEMATICAL",
     OVERLOADS(sqrt_list),
     .help = "The square root; NaN for negative numbers.",
     .example = "SQRT(2.25e0)",
     .result = "1.5"},
    {.name = "pi",
     .category = "MATHEMATICAL",
     OVERLOADS(pi_list),
     .help = "The ratio of a circle's circumference to its diameter.",
     .example = "PI()",
     .result = "3.141592653589793"},
    {.name = "random",
     .category = "MATHEMATICAL",
     .impure = true,
     OVERLOADS(random_list),
     .help = "A fresh random number from 0 up to, but not including, 1.",
     .example = "FLOOR(RANDOM())",
     .result = "0.0"},
};

const FuncFamily family_math = FAMILY_OF(rows);
