/* func_greatest.c: GREATEST and LEAST (functions.md 4.1): NULLs are skipped. */
#include "base/utf8.h"
#include "func/func_int.h"

/* Row by row: is the value of `arg` better than what the result holds so far? `sign` is 1 for
 * GREATEST and -1 for LEAST. */
typedef bool Better(const Column *out, const Column *arg, int row, int sign);

static bool better_i32(const Column *out, const Column *arg, int row, int sign)
{
    return sign > 0 ? arg->i32[row] > out->i32[row] : arg->i32[row] < out->i32[row];
}

static bool better_i64(const Column *out, const Column *arg, int row, int sign)
{
    return sign > 0 ? arg->i64[row] > out->i64[row] : arg->i64[row] < out->i64[row];
}

static bool better_f64(const Column *out, const Column *arg, int row, int sign)
{
    return order_f64(arg->f64[row], out->f64[row]) * sign > 0;
}

static bool better_string(const Column *out, const Column *arg, int row, int sign)
{
    return utf8_cmp_utf16(arg->str[row], out->str[row]) * sign > 0;
}

static bool better_bytes(const Column *out, const Column *arg, int row, int sign)
{
    return order_bytes(arg->str[row], out->str[row]) * sign > 0;
}

static void pick(FuncCall *c, Better *better, int sign)
{
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        bool found = false;
        for (int k = 0; k < c->arg_count; k++) {
            const Column *arg = &c->args[k];
            if (arg->valid[i] && (!found || better(c->out, arg, i, sign))) {
                column_copy_row(c->out, i, arg, i);
                found = true;
            }
        }
        c->out->valid[i] = found;
    }
}

/* Arguments may differ in scale; the result has the largest. */
static void pick_decimal(FuncCall *c, int sign)
{
    int scale = c->out->type->scale;
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        bool found = false;
        for (int k = 0; k < c->arg_count; k++) {
            const Column *arg = &c->args[k];
            if (!arg->valid[i])
                continue;
            Int128 v = arg->i128[i] * int128_pow10(scale - arg->type->scale);
            if (!found || (sign > 0 ? v > c->out->i128[i] : v < c->out->i128[i]))
                c->out->i128[i] = v;
            found = true;
        }
        c->out->valid[i] = found;
    }
}

/* Digits before the point and behind it: the largest of each. The dialect then writes the value
 * with the digits it came with, not with the result's; a column of ours has one scale, so where
 * that would show the call is refused. */
static Rc decimal_type(Arena *a, const Type *const *params, int count, const Type **out, Err *err)
{
    int whole = 0, scale = 0;
    for (int i = 0; i < count; i++) {
        int w = params[i]->precision - params[i]->scale;
        whole = w > whole ? w : whole;
        scale = params[i]->scale > scale ? params[i]->scale : scale;
    }
    *out = type_decimal(a, whole + scale, scale);
    for (int i = 0; i < count; i++)
        if (params[i]->scale != scale)
            return err_not_built(err, "GREATEST and LEAST of DECIMALs with different scales");
    return 0;
}

#define KERNELS(name)                                                                              \
    static void greatest_##name(FuncCall *c)                                                       \
    {                                                                                              \
        pick(c, better_##name, 1);                                                                 \
    }                                                                                              \
    static void least_##name(FuncCall *c)                                                          \
    {                                                                                              \
        pick(c, better_##name, -1);                                                                \
    }
KERNELS(i32)
KERNELS(i64)
KERNELS(f64)
KERNELS(string)
KERNELS(bytes)
static void greatest_decimal(FuncCall *c)
{
    pick_decimal(c, 1);
}
static void least_decimal(FuncCall *c)
{
    pick_decimal(c, -1);
}

#define OF(word, type, kernel)                                                                     \
    {                                                                                              \
        "(" type " first, " type "... more) " type, word##_##kernel, NULL, NULL                    \
    }
#define LIST(word)                                                                                 \
    static const FuncOverload word##_list[] = {                                                    \
        OF(word, "INTEGER", i32),                                                                  \
        OF(word, "BIGINT", i64),                                                                   \
        OF(word, "DOUBLE", f64),                                                                   \
        OF(word, "STRING", string),                                                                \
        OF(word, "BYTES", bytes),                                                                  \
        OF(word, "DATE", i32),                                                                     \
        OF(word, "TIME", i32),                                                                     \
        OF(word, "TIMESTAMP", i64),                                                                \
        {"(DECIMAL first, DECIMAL... more) DECIMAL", word##_decimal, NULL, decimal_type},          \
    }
LIST(greatest);
LIST(least);

static const FuncRow rows[] = {
    {.name = "greatest",
     .category = "MATHEMATICAL",
     .null_args = true,
     OVERLOADS(greatest_list),
     .help = "The largest of the arguments that are not NULL.",
     .example = "GREATEST(3, 7, 5)",
     .result = "7"},
    {.name = "least",
     .category = "MATHEMATICAL",
     .null_args = true,
     OVERLOADS(least_list),
     .help = "The smallest of the arguments that are not NULL.",
     .example = "LEAST('reed', 'oxbow', 'weir')",
     .result = "oxbow"},
};

const FuncFamily family_greatest = FAMILY_OF(rows);
