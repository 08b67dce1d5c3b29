/* agg_minmax.c: MIN and MAX (functions.md 5.3), NULL where there are no values.
 *
 *   state  the best value so far, NULL at first; a DECIMAL as two BIGINTs, low half first
 *   undo   no: the second best is not kept, so a table cannot be aggregated
 *   merge  the better of the two
 *
 * STRING and BYTES have no fixed width, so they cannot live in a row that is updated in place:
 * these overloads resolve and are then refused as not built. */
#include "func/func_int.h"

static bool is_empty(const AggState *s)
{
    return rowcode_is_null(s->row, s->first);
}
static int64_t get_i64(const AggState *s)
{
    return rowcode_get_i64(s->rc, s->row, s->first);
}
static double get_f64(const AggState *s)
{
    return rowcode_get_f64(s->rc, s->row, s->first);
}

static Int128 get_i128(const AggState *s)
{
    uint64_t low = (uint64_t)rowcode_get_i64(s->rc, s->row, s->first);
    int64_t high = rowcode_get_i64(s->rc, s->row, s->first + 1);
    return (Int128)((unsigned __int128)(uint64_t)high << 64 | low);
}

static void put_i64(AggState *s, int64_t v)
{
    rowcode_put_i64(s->rc, s->row, s->first, v);
    rowcode_set_valid(s->row, s->first, true);
}

static void put_f64(AggState *s, double v)
{
    rowcode_put_f64(s->rc, s->row, s->first, v);
    rowcode_set_valid(s->row, s->first, true);
}

static void put_i128(AggState *s, Int128 v)
{
    put_i64(s, (int64_t)(uint64_t)v);
    rowcode_put_i64(s->rc, s->row, s->first + 1, (int64_t)(v >> 64));
    rowcode_set_valid(s->row, s->first + 1, true);
}

/* A slot without a value holds zeros, so that equal states are equal bytes. */
static void init_one(AggState *s)
{
    rowcode_put_i64(s->rc, s->row, s->first, 0);
    rowcode_set_valid(s->row, s->first, false);
}

static void init_two(AggState *s)
{
    init_one(s);
    rowcode_put_i64(s->rc, s->row, s->first + 1, 0);
    rowcode_set_valid(s->row, s->first + 1, false);
}

#define CMP(x, y) (((x) > (y)) - ((x) < (y)))

/* add and merge of one representation in one direction. */
#define EXTREME(name, field, get, put, order, sign)                                                \
    static Rc add_##name(AggState *s, const Column *args, int row, Err *err)                       \
    {                                                                                              \
        (void)err;                                                                                 \
        if (args[0].valid[row] && (is_empty(s) || order(args[0].field[row], get(s)) * (sign) > 0)) \
            put(s, args[0].field[row]);                                                            \
        return 0;                                                                                  \
    }                                                                                              \
    static Rc merge_##name(AggState *into, const AggState *from, Err *err)                         \
    {                                                                                              \
        (void)err;                                                                                 \
        if (!is_empty(from) && (is_empty(into) || order(get(from), get(into)) * (sign) > 0))       \
            put(into, get(from));                                                                  \
        return 0;                                                                                  \
    }
EXTREME(max_i32, i32, get_i64, put_i64, CMP, 1)
EXTREME(max_i64, i64, get_i64, put_i64, CMP, 1)
EXTREME(max_f64, f64, get_f64, put_f64, order_f64, 1)
EXTREME(max_dec, i128, get_i128, put_i128, CMP, 1)
EXTREME(min_i32, i32, get_i64, put_i64, CMP, -1)
EXTREME(min_i64, i64, get_i64, put_i64, CMP, -1)
EXTREME(min_f64, f64, get_f64, put_f64, order_f64, -1)
EXTREME(min_dec, i128, get_i128, put_i128, CMP, -1)

static void result_i32(const AggState *s, Column *out, int row, Arena *a)
{
    (void)a;
    out->valid[row] = !is_empty(s);
    out->i32[row] = (int32_t)get_i64(s);
}

static void result_i64(const AggState *s, Column *out, int row, Arena *a)
{
    (void)a;
    out->valid[row] = !is_empty(s);
    out->i64[row] = get_i64(s);
}

static void result_f64(const AggState *s, Column *out, int row, Arena *a)
{
    (void)a;
    out->valid[row] = !is_empty(s);
    out->f64[row] = get_f64(s);
}

static void result_dec(const AggState *s, Column *out, int row, Arena *a)
{
    (void)a;
    out->valid[row] = !is_empty(s);
    out->i128[row] = get_i128(s);
}

static const Type *const one[] = {NULL}; /* the argument's type */
static const Type *const two[] = {&type_bigint, &type_bigint};

#define CLASSES(word)                                                                              \
    static const AggClass word##_i32 = {                                                           \
        1, one, init_one, add_##word##_i32, NULL, merge_##word##_i32, result_i32};                 \
    static const AggClass word##_i64 = {                                                           \
        1, one, init_one, add_##word##_i64, NULL, merge_##word##_i64, result_i64};                 \
    static const AggClass word##_f64 = {                                                           \
        1, one, init_one, add_##word##_f64, NULL, merge_##word##_f64, result_f64};                 \
    static const AggClass word##_dec = {                                                           \
        2, two, init_two, add_##word##_dec, NULL, merge_##word##_dec, result_dec};                 \
    static const FuncOverload word##_list[] = {                                                    \
        {"(INTEGER value) INTEGER", NULL, &word##_i32, NULL},                                      \
        {"(BIGINT value) BIGINT", NULL, &word##_i64, NULL},                                        \
        {"(DOUBLE value) DOUBLE", NULL, &word##_f64, NULL},                                        \
        {"(DECIMAL value) DECIMAL", NULL, &word##_dec, NULL},                                      \
        {"(DATE value) DATE", NULL, &word##_i32, NULL},                                            \
        {"(TIME value) TIME", NULL, &word##_i32, NULL},                                            \
        {"(TIMESTAMP value) TIMESTAMP", NULL, &word##_i64, NULL},                                  \
        {"(STRING value) STRING", NULL, NULL, NULL},                                               \
        {"(BYTES value) BYTES", NULL, NULL, NULL},                                                 \
    }
CLASSES(max);
CLASSES(min);

static const FuncRow rows[] = {
    {.name = "MAX",
     .kind = FUNC_AGGREGATE,
     .category = "AGGREGATE",
     OVERLOADS(max_list),
     .help = "The largest value that is not NULL.",
     .example = "MAX(AMOUNT)"},
    {.name = "MIN",
     .kind = FUNC_AGGREGATE,
     .category = "AGGREGATE",
     OVERLOADS(min_list),
     .help = "The smallest value that is not NULL.",
     .example = "MIN(AMOUNT)"},
};

const FuncFamily family_minmax = FAMILY_OF(rows);
