/* func_double.c: functions of doubles: powers, logarithms, angles, distances (functions.md 4.1,
 * 4.13).
 *
 * They take INTEGER and BIGINT as well, each by an overload of its own, and what the C library
 * gives is the answer, but where Java's rules for NaN and infinities differ. Owns nothing. */
#include <math.h>

#include "base/utf8.h"
#include "func/func_int.h"

/* ---- one argument ---------------------------------------------------------------------------- */

/* The C library's own is off by one unit in the last place for 27. */
static double cube_root(double x)
{
    return (double)cbrtl(x);
}

static double cot(double x)
{
    return 1.0 / tan(x);
}

static double degrees(double x)
{
    return x * 57.29577951308232;
}

static double radians(double x)
{
    return x * 0.017453292519943295;
}

#define EACH(c, field, compute)                                                                    \
    do {                                                                                           \
        for (int i = 0; i < (c)->rows; i++) {                                                      \
            if ((c)->out->valid[i])                                                                \
                (c)->out->f64[i] = compute((double)(c)->args[0].field[i]);                         \
        }                                                                                          \
    } while (0)

#define ONE(name, compute)                                                                         \
    static void name##_i32(FuncCall *c)                                                            \
    {                                                                                              \
        EACH(c, i32, compute);                                                                     \
    }                                                                                              \
    static void name##_i64(FuncCall *c)                                                            \
    {                                                                                              \
        EACH(c, i64, compute);                                                                     \
    }                                                                                              \
    static void name##_f64(FuncCall *c)                                                            \
    {                                                                                              \
        EACH(c, f64, compute);                                                                     \
    }                                                                                              \
    static const FuncOverload name##_list[] = {                                                    \
        {"(INTEGER value) DOUBLE", name##_i32, NULL, NULL},                                        \
        {"(BIGINT value) DOUBLE", name##_i64, NULL, NULL},                                         \
        {"(DOUBLE value) DOUBLE", name##_f64, NULL, NULL},                                         \
    }

ONE(acos, acos);
ONE(asin, asin);
ONE(atan, atan);
ONE(cbrt, cube_root);
ONE(cos, cos);
ONE(cosh, cosh);
ONE(cot, cot);
ONE(degrees, degrees);
ONE(exp, exp);
ONE(ln, log);
ONE(radians, radians);
ONE(sin, sin);
ONE(sinh, sinh);
ONE(tan, tan);
ONE(tanh, tanh);

/* ---- two arguments --------------------------------------------------------------------------- */

/* C says that 1 to any power is 1, be it NaN; Java, that it is NaN. */
static double power(double x, double y)
{
    if (isnan(y) || (fabs(x) == 1 && isinf(y)))
        return NAN;
    return pow(x, y);
}

static double log_base(double base, double x)
{
    if (!(base > 0) || base == 1)
        return NAN;
    return log(x) / log(base);
}

#define EACH_TWO(c, field, compute)                                                                \
    do {                                                                                           \
        const Column *x = &(c)->args[0], *y = &(c)->args[1];                                       \
        for (int i = 0; i < (c)->rows; i++) {                                                      \
            if ((c)->out->valid[i])                                                                \
                (c)->out->f64[i] = compute((double)x->field[i], (double)y->field[i]);              \
        }                                                                                          \
    } while (0)

#define TWO(name, compute)                                                                         \
    static void name##_i32(FuncCall *c)                                                            \
    {                                                                                              \
        EACH_TWO(c, i32, compute);                                                                 \
    }                                                                                              \
    static void name##_i64(FuncCall *c)                                                            \
    {                                                                                              \
        EACH_TWO(c, i64, compute);                                                                 \
    }                                                                                              \
    static void name##_f64(FuncCall *c)                                                            \
    {                                                                                              \
        EACH_TWO(c, f64, compute);                                                                 \
    }

TWO(atan2, atan2)
TWO(power, power)
TWO(log_base, log_base)

static const FuncOverload atan2_list[] = {
    {"(INTEGER y, INTEGER x) DOUBLE", atan2_i32, NULL, NULL},
    {"(BIGINT y, BIGINT x) DOUBLE", atan2_i64, NULL, NULL},
    {"(DOUBLE y, DOUBLE x) DOUBLE", atan2_f64, NULL, NULL},
};
static const FuncOverload power_list[] = {
    {"(INTEGER base, INTEGER exponent) DOUBLE", power_i32, NULL, NULL},
    {"(BIGINT base, BIGINT exponent) DOUBLE", power_i64, NULL, NULL},
    {"(DOUBLE base, DOUBLE exponent) DOUBLE", power_f64, NULL, NULL},
};
/* Of one argument: the natural logarithm, whatever its name promises (functions.md 10.1). */
static const FuncOverload log_list[] = {
    {"(INTEGER value) DOUBLE", ln_i32, NULL, NULL},
    {"(BIGINT value) DOUBLE", ln_i64, NULL, NULL},
    {"(DOUBLE value) DOUBLE", ln_f64, NULL, NULL},
    {"(INTEGER base, INTEGER value) DOUBLE", log_base_i32, NULL, NULL},
    {"(BIGINT base, BIGINT value) DOUBLE", log_base_i64, NULL, NULL},
    {"(DOUBLE base, DOUBLE value) DOUBLE", log_base_f64, NULL, NULL},
};

/* ---- GEO_DISTANCE ---------------------------------------------------------------------------- */

/* The earth's radius in the unit, 0 for an unknown one. */
static double radius_of(Str unit)
{
    static const char *const km[] = {"km", "kilometer", "kilometers", "kilometre", "kilometres"};
    static const char *const mi[] = {"mi", "mile", "miles"};
    while (unit.len && (unsigned char)unit.ptr[0] <= ' ')
        unit = str_make(unit.ptr + 1, unit.len - 1);
    while (unit.len && (unsigned char)unit.ptr[unit.len - 1] <= ' ')
        unit.len--;
    if (!unit.len)
        return 6371;
    for (size_t i = 0; i < sizeof km / sizeof km[0]; i++)
        if (str_eq_nocase(unit, str_of(km[i])))
            return 6371;
    for (size_t i = 0; i < sizeof mi / sizeof mi[0]; i++)
        if (str_eq_nocase(unit, str_of(mi[i])))
            return 3959;
    return 0;
}

/* Haversine. Its last digits depend on how an angle is turned into radians and on the order of the
 * factors: this one is the dialect's. */
static double to_radians(double x)
{
    return x / 180 * M_PI;
}

static double distance(double lat1, double lon1, double lat2, double lon2, double radius)
{
    double dlat = sin(to_radians(lat2 - lat1) / 2), dlon = sin(to_radians(lon2 - lon1) / 2);
    double a = dlat * dlat + dlon * dlon * cos(to_radians(lat1)) * cos(to_radians(lat2));
    return 2 * radius * asin(sqrt(a));
}

/* A NULL unit is kilometres; any other NULL is an error. */
static void geo_distance(FuncCall *c)
{
    const Column *a = c->args;
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        bool fits = true;
        for (int k = 0; k < 4 && fits; k++)
            fits = a[k].valid[i] && fabs(a[k].f64[i]) <= (k % 2 ? 180 : 90);
        double radius = c->arg_count > 4 && a[4].valid[i] ? radius_of(a[4].str[i]) : 6371;
        if (fits && radius > 0)
            c->out->f64[i] = distance(a[0].f64[i], a[1].f64[i], a[2].f64[i], a[3].f64[i], radius);
        else
            func_fail(c, i);
    }
}

static const FuncOverload geo_distance_list[] = {
    {"(DOUBLE lat1, DOUBLE lon1, DOUBLE lat2, DOUBLE lon2) DOUBLE", geo_distance, NULL, NULL},
    {"(DOUBLE lat1, DOUBLE lon1, DOUBLE lat2, DOUBLE lon2, STRING unit) DOUBLE", geo_distance, NULL,
     NULL},
};

/* ---- table ----------------------------------------------------------------------------------- */

#define ROW(word, text, sql, value)                                                                \
    {                                                                                              \
        .name = #word, .category = "MATHEMATICAL", OVERLOADS(word##_list), .help = (text),         \
        .example = (sql), .result = (value)                                                        \
    }

static const FuncRow rows[] = {
    ROW(acos, "The angle whose cosine is the value, in radians.", "ACOS(1)", "0.0"),
    ROW(asin, "The angle whose sine is the value, in radians.", "ASIN(0)", "0.0"),
    ROW(atan, "The angle whose tangent is the value, in radians.", "ATAN(0)", "0.0"),
    ROW(atan2, "The angle of the point (x, y), in radians.", "ATAN2(0, 1)", "0.0"),
    ROW(cbrt, "The cube root.", "CBRT(27)", "3.0"),
    ROW(cos, "The cosine of an angle in radians.", "COS(0)", "1.0"),
    ROW(cosh, "The hyperbolic cosine.", "COSH(0)", "1.0"),
    ROW(cot, "The cotangent of an angle in radians.", "COT(0)", "Infinity"),
    ROW(degrees, "An angle in radians, in degrees.", "DEGREES(PI())", "180.0"),
    ROW(exp, "e to the power of the value.", "EXP(0)", "1.0"),
    ROW(ln, "The natural logarithm.", "LN(1)", "0.0"),
    ROW(log, "The natural logarithm, or the logarithm of the second argument to the first as base.",
        "LOG(2, 8)", "3.0"),
    ROW(power, "The base to the power of the exponent.", "POWER(2, 10)", "1024.0"),
    ROW(radians, "An angle in degrees, in radians.", "RADIANS(180)", "3.141592653589793"),
    ROW(sin, "The sine of an angle in radians.", "SIN(0)", "0.0"),
    ROW(sinh, "The hyperbolic sine.", "SINH(0)", "0.0"),
    ROW(tan, "The tangent of an angle in radians.", "TAN(0)", "0.0"),
    ROW(tanh, "The hyperbolic tangent.", "TANH(0)", "0.0"),
    {.name = "geo_distance",
     .category = "OTHER",
     .null_args = true,
     OVERLOADS(geo_distance_list),
     .help = "The distance of two places on earth in kilometres, or in the unit ('km', 'miles').",
     .example = "ROUND(GEO_DISTANCE(0e0, 0e0, 0e0, 180e0), 3)",
     .result = "20015.087"},
};

const FuncFamily family_double = FAMILY_OF(rows);
