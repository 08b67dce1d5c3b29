/* agg_avg.c: AVG (functions.md 5.3): sum by count, 0.0 where there are no values.
 *
 *   state  the sum in the type of the argument (an INTEGER sum wraps at 32 bits), a BIGINT count
 *   undo   yes       merge  sum and count added */
#include "func/func_int.h"

typedef struct Avg { /* the state, unpacked */
    double sum;
    int64_t whole; /* the sum of integers */
    int64_t count;
} Avg;

static Avg load(const AggState *s)
{
    return (Avg){rowcode_get_f64(s->rc, s->row, s->first), rowcode_get_i64(s->rc, s->row, s->first),
                 rowcode_get_i64(s->rc, s->row, s->first + 1)};
}

static void put_count(AggState *s, int64_t count)
{
    rowcode_put_i64(s->rc, s->row, s->first + 1, count);
}

static void init(AggState *s)
{
    rowcode_put_i64(s->rc, s->row, s->first, 0); /* also 0.0 */
    put_count(s, 0);
    rowcode_set_valid(s->row, s->first, true);
    rowcode_set_valid(s->row, s->first + 1, true);
}

static int64_t plus(int64_t x, int64_t y)
{
    return (int64_t)((uint64_t)x + (uint64_t)y);
}

static void step_whole(AggState *s, int64_t sum, bool narrow, int64_t count)
{
    int64_t wrapped = narrow ? (int32_t)(uint32_t)sum : sum;
    rowcode_put_i64(s->rc, s->row, s->first, wrapped);
    put_count(s, count);
}

static void step_f64(AggState *s, double sum, int64_t count)
{
    rowcode_put_f64(s->rc, s->row, s->first, sum);
    put_count(s, count);
}

#define AVG_KERNELS(name, field, narrow)                                                           \
    static Rc add_##name(AggState *s, const Column *args, int row, Err *err)                       \
    {                                                                                              \
        (void)err;                                                                                 \
        Avg v = load(s);                                                                           \
        if (args[0].valid[row])                                                                    \
            step_whole(s, plus(v.whole, args[0].field[row]), narrow, v.count + 1);                 \
        return 0;                                                                                  \
    }                                                                                              \
    static Rc undo_##name(AggState *s, const Column *args, int row, Err *err)                      \
    {                                                                                              \
        (void)err;                                                                                 \
        Avg v = load(s);                                                                           \
        if (args[0].valid[row])                                                                    \
            step_whole(s, plus(v.whole, (int64_t)(0u - (uint64_t)args[0].field[row])), narrow,     \
                       v.count - 1);                                                               \
        return 0;                                                                                  \
    }                                                                                              \
    static Rc merge_##name(AggState *into, const AggState *from, Err *err)                         \
    {                                                                                              \
        (void)err;                                                                                 \
        Avg x = load(into), y = load(from);                                                        \
        step_whole(into, plus(x.whole, y.whole), narrow, x.count + y.count);                       \
        return 0;                                                                                  \
    }
AVG_KERNELS(i32, i32, true)
AVG_KERNELS(i64, i64, false)

static Rc add_f64(AggState *s, const Column *args, int row, Err *err)
{
    (void)err;
    Avg v = load(s);
    if (args[0].valid[row])
        step_f64(s, v.sum + args[0].f64[row], v.count + 1);
    return 0;
}

static Rc undo_f64(AggState *s, const Column *args, int row, Err *err)
{
    (void)err;
    Avg v = load(s);
    if (args[0].valid[row])
        step_f64(s, v.sum - args[0].f64[row], v.count - 1);
    return 0;
}

static Rc merge_f64(AggState *into, const AggState *from, Err *err)
{
    (void)err;
    Avg x = load(into), y = load(from);
    step_f64(into, x.sum + y.sum, x.count + y.count);
    return 0;
}

static void result_whole(const AggState *s, Column *out, int row, Arena *a)
{
    (void)a;
    Avg v = load(s);
    out->valid[row] = 1;
    out->f64[row] = v.count ? (double)v.whole / (double)v.count : 0.0;
}

static void result_f64(const AggState *s, Column *out, int row, Arena *a)
{
    (void)a;
    Avg v = load(s);
    out->valid[row] = 1;
    out->f64[row] = v.count ? v.sum / (double)v.count : 0.0;
}

static const Type *const states[] = {NULL, &type_bigint};

static const AggClass avg_i32 = {2, states, init, add_i32, undo_i32, merge_i32, result_whole};
static const AggClass avg_i64 = {2, states, init, add_i64, undo_i64, merge_i64, result_whole};
static const AggClass avg_f64 = {2, states, init, add_f64, undo_f64, merge_f64, result_f64};

static const FuncOverload avg_list[] = {
    {"(INTEGER value) DOUBLE", NULL, &avg_i32, NULL},
    {"(BIGINT value) DOUBLE", NULL, &avg_i64, NULL},
    {"(DOUBLE value) DOUBLE", NULL, &avg_f64, NULL},
};

static const FuncRow rows[] = {
    {.name = "avg",
     .kind = FUNC_AGGREGATE,
     .category = "AGGREGATE",
     OVERLOADS(avg_list),
     .help = "The mean of the values that are not NULL; 0.0 where there are none.",
     .example = "AVG(AMOUNT)"},
};

const FuncFamily family_avg = FAMILY_OF(rows);
