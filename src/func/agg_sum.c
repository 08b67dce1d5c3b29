/* agg_sum.c: SUM (functions.md 5.3). INTEGER and BIGINT wrap; a DECIMAL that needs more digits than
 * its type has ends the query.
 *
 *   state  the sum; a DECIMAL as two BIGINTs, low half first, so that it too is updated in place
 *   undo   yes       merge  added (a DECIMAL is checked at the next row, which a merge always has)
 */
#include "func/func_int.h"

static void set_valid(AggState *s, int columns)
{
    for (int i = 0; i < columns; i++)
        rowcode_set_valid(s->row, s->first + i, true);
}

static int64_t get_i64(const AggState *s)
{
    return rowcode_get_i64(s->rc, s->row, s->first);
}
static void put_i64(AggState *s, int64_t v)
{
    rowcode_put_i64(s->rc, s->row, s->first, v);
}
static double get_f64(const AggState *s)
{
    return rowcode_get_f64(s->rc, s->row, s->first);
}
static void put_f64(AggState *s, double v)
{
    rowcode_put_f64(s->rc, s->row, s->first, v);
}

static int64_t wrap32(int64_t v)
{
    return (int32_t)(uint32_t)v;
}
static int64_t wrap_add(int64_t x, int64_t y)
{
    return (int64_t)((uint64_t)x + (uint64_t)y);
}
static int64_t wrap_sub(int64_t x, int64_t y)
{
    return (int64_t)((uint64_t)x - (uint64_t)y);
}

/* add, undo and merge of one kind of sum: `field` is the column's array. */
#define SUM_KERNELS(name, field, get, put, plus, minus)                                            \
    static Rc add_##name(AggState *s, const Column *args, int row, Err *err)                       \
    {                                                                                              \
        (void)err;                                                                                 \
        if (args[0].valid[row])                                                                    \
            put(s, plus(get(s), args[0].field[row]));                                              \
        return 0;                                                                                  \
    }                                                                                              \
    static Rc undo_##name(AggState *s, const Column *args, int row, Err *err)                      \
    {                                                                                              \
        (void)err;                                                                                 \
        if (args[0].valid[row])                                                                    \
            put(s, minus(get(s), args[0].field[row]));                                             \
        return 0;                                                                                  \
    }                                                                                              \
    static Rc merge_##name(AggState *into, const AggState *from, Err *err)                         \
    {                                                                                              \
        (void)err;                                                                                 \
        put(into, plus(get(into), get(from)));                                                     \
        return 0;                                                                                  \
    }

#define PLUS_I32(x, y) wrap32(wrap_add(x, y))
#define MINUS_I32(x, y) wrap32(wrap_sub(x, y))
#define PLUS_F64(x, y) ((x) + (y))
#define MINUS_F64(x, y) ((x) - (y))
SUM_KERNELS(i32, i32, get_i64, put_i64, PLUS_I32, MINUS_I32)
SUM_KERNELS(i64, i64, get_i64, put_i64, wrap_add, wrap_sub)
SUM_KERNELS(f64, f64, get_f64, put_f64, PLUS_F64, MINUS_F64)

static void init_number(AggState *s) /* integer 0 and double 0.0 are the same bits */
{
    put_i64(s, 0);
    set_valid(s, 1);
}

static void result_i32(const AggState *s, Column *out, int row, Arena *a)
{
    (void)a;
    out->valid[row] = 1;
    out->i32[row] = (int32_t)get_i64(s);
}

static void result_i64(const AggState *s, Column *out, int row, Arena *a)
{
    (void)a;
    out->valid[row] = 1;
    out->i64[row] = get_i64(s);
}

static void result_f64(const AggState *s, Column *out, int row, Arena *a)
{
    (void)a;
    out->valid[row] = 1;
    out->f64[row] = get_f64(s);
}

/* ---- DECIMAL --------------------------------------------------------------------------------- */

static Int128 get_i128(const AggState *s)
{
    uint64_t low = (uint64_t)rowcode_get_i64(s->rc, s->row, s->first);
    int64_t high = rowcode_get_i64(s->rc, s->row, s->first + 1);
    return (Int128)((unsigned __int128)(uint64_t)high << 64 | low);
}

static void put_i128(AggState *s, Int128 v)
{
    rowcode_put_i64(s->rc, s->row, s->first, (int64_t)(uint64_t)v);
    rowcode_put_i64(s->rc, s->row, s->first + 1, (int64_t)(v >> 64));
}

static void init_dec(AggState *s)
{
    put_i128(s, 0);
    set_valid(s, 2);
}

/* Sums stay below 10^38, so that adding one value cannot overflow 128 bits. */
static Rc put_checked(AggState *s, Int128 v, const Type *t, Err *err)
{
    Int128 limit = int128_pow10(t->precision);
    if (v >= limit || v <= -limit)
        return err_set(err, ERR_KIND_FATAL, ERR_RUNTIME,
                       "Numeric field overflow: SUM needs more than the %d digits of "
                       "DECIMAL(%d, %d). Cast the argument to a DECIMAL with more digits.",
                       t->precision, t->precision, t->scale);
    put_i128(s, v);
    return 0;
}

static Rc add_dec(AggState *s, const Column *args, int row, Err *err)
{
    if (!args[0].valid[row])
        return 0;
    return put_checked(s, get_i128(s) + args[0].i128[row], args[0].type, err);
}

static Rc undo_dec(AggState *s, const Column *args, int row, Err *err)
{
    if (!args[0].valid[row])
        return 0;
    return put_checked(s, get_i128(s) - args[0].i128[row], args[0].type, err);
}

static Rc merge_dec(AggState *into, const AggState *from, Err *err)
{
    Int128 sum;
    if (__builtin_add_overflow(get_i128(into), get_i128(from), &sum))
        return err_set(err, ERR_KIND_FATAL, ERR_RUNTIME, "Numeric field overflow");
    put_i128(into, sum);
    return 0;
}

static void result_dec(const AggState *s, Column *out, int row, Arena *a)
{
    (void)a;
    out->valid[row] = 1;
    out->i128[row] = get_i128(s);
}

/* ---- table ----------------------------------------------------------------------------------- */

static const Type *const one[] = {NULL}; /* the argument's type */
static const Type *const two[] = {&type_bigint, &type_bigint};

static const AggClass sum_i32 = {1, one, init_number, add_i32, undo_i32, merge_i32, result_i32};
static const AggClass sum_i64 = {1, one, init_number, add_i64, undo_i64, merge_i64, result_i64};
static const AggClass sum_f64 = {1, one, init_number, add_f64, undo_f64, merge_f64, result_f64};
static const AggClass sum_dec = {2, two, init_dec, add_dec, undo_dec, merge_dec, result_dec};

static const FuncOverload sum_list[] = {
    {"(INTEGER value) INTEGER", NULL, &sum_i32, NULL},
    {"(BIGINT value) BIGINT", NULL, &sum_i64, NULL},
    {"(DOUBLE value) DOUBLE", NULL, &sum_f64, NULL},
    {"(DECIMAL value) DECIMAL", NULL, &sum_dec, NULL},
};

static const FuncRow rows[] = {
    {.name = "SUM",
     .kind = FUNC_AGGREGATE,
     .category = "AGGREGATE",
     OVERLOADS(sum_list),
     .help = "The sum of the values that are not NULL; 0 where there are none.",
     .example = "SUM(AMOUNT)"},
};

const FuncFamily family_sum = FAMILY_OF(rows);
