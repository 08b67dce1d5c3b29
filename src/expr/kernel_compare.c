/* kernel_compare.c: instructions of comparison (statements.md 2.5): two-valued, so a NULL operand
 * gives false and the result is never NULL, unless an operand raised an error. */
#include "expr/vector.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "expr/expr_int.h"
#include "func/order.h"

/* Validity and error bits of the result. */
static void result_rows(const Instr *in, Frame *f)
{
    uint8_t *restrict valid = f->v[in->dst].valid, *restrict err = f->err[in->dst];
    const int n = f->rows;
    if (!err) {
        memset(valid, 1, (size_t)n);
        return;
    }
    err_merge(err, f->err[in->a], f->err[in->b], n);
    for (int i = 0; i < n; i++)
        valid[i] = (err[i] & EXPR_FAILED) ^ EXPR_FAILED;
}

/* NAME: the value of a row from p (both present) and the two values. */
#define RULE_EQ(p, eq, lt, gt) ((p) & (eq))
#define RULE_NE(p, eq, lt, gt) ((p) & !(eq))
#define RULE_LT(p, eq, lt, gt) ((p) & (lt))
#define RULE_LE(p, eq, lt, gt) ((p) & ((lt) | (eq)))
#define RULE_GT(p, eq, lt, gt) ((p) & (gt))
#define RULE_GE(p, eq, lt, gt) ((p) & ((gt) | (eq)))

/* Plain values: the loop vectorises, its operands being locals (bytes alias everything). */
#define PLAIN_ROWS(T, field, expression)                                                           \
    {                                                                                              \
        const uint8_t *restrict xv = f->v[in->a].valid, *restrict yv = f->v[in->b].valid;          \
        const T *restrict x = f->v[in->a].field, *restrict y = f->v[in->b].field;                  \
        uint8_t *restrict z = f->v[in->dst].b;                                                     \
        const int n = f->rows;                                                                     \
        result_rows(in, f);                                                                        \
        for (int i = 0; i < n; i++)                                                                \
            z[i] = (uint8_t)(expression);                                                          \
    }
#define PLAIN(RULE, R, T, field)                                                                   \
    void kernel_##RULE##_##R(const Instr *in, Frame *f)                                            \
        PLAIN_ROWS(T, field, RULE_##RULE(xv[i] & yv[i], x[i] == y[i], x[i]<y[i], x[i]> y[i]))
#define PLAIN_DISTINCT(NAME, R, T, field, flip)                                                    \
    void kernel_##NAME##_##R(const Instr *in, Frame *f)                                            \
        PLAIN_ROWS(T, field, ((xv[i] ^ yv[i]) | (xv[i] & yv[i] & (x[i] != y[i]))) ^ (flip))
#define PLAIN_ALL(R, T, field)                                                                     \
    PLAIN(EQ, R, T, field)                                                                         \
    PLAIN(NE, R, T, field)                                                                         \
    PLAIN(LT, R, T, field)                                                                         \
    PLAIN(LE, R, T, field)                                                                         \
    PLAIN(GT, R, T, field)                                                                         \
    PLAIN(GE, R, T, field)                                                                         \
    PLAIN_DISTINCT(DISTINCT, R, T, field, 0)                                                       \
    PLAIN_DISTINCT(SAME, R, T, field, 1)

PLAIN_ALL(BOOL, uint8_t, b)
PLAIN_ALL(I32, int32_t, i32)
PLAIN_ALL(I64, int64_t, i64)
PLAIN_ALL(F64, double, f64)

/* ---- values compared by a function ----------------------------------------------------------- */

/* < 0, 0, > 0 for two values that are present; 2 for "neither less, equal nor greater". */
typedef int Order(const Column *x, const Column *y, int row);

enum { UNORDERED = 2 };

/* NAN and infinities have no decimal text: NaN is unordered, as it is among doubles. Where the
 * decimal rounds to another double the order is plain; where it rounds to x, x's shortest text
 * decides (functions.md 8), which is the decimal itself when that has at most 15 digits. */
static int f64_dec_cmp(double x, Int128 y, int scale)
{
    double near = decimal_to_double(y, scale);
    if (x != near)
        return x < near ? -1 : x > near ? 1 : UNORDERED;
    if (y < 1000000000000000 && y > -1000000000000000)
        return 0;
    Buf text;
    buf_init(&text);
    text_put_double(&text, x);
    Int128 exact;
    int whole = 1; /* digits before the point, and one for safety: the rest holds x's 17 digits */
    for (Int128 rest = y / int128_pow10(scale); rest && whole < DECIMAL_NARROW_DIGITS; rest /= 10)
        whole++;
    int places = DECIMAL_NARROW_DIGITS - whole;
    bool ok = text_take_decimal(buf_str(&text), DECIMAL_NARROW_DIGITS, places, &exact);
    buf_fini(&text);
    return ok ? decimal_cmp(exact, places, y, scale) : 0;
}

static int order_f64_dec(const Column *x, const Column *y, int row)
{
    return f64_dec_cmp(x->f64[row], y->i128[row], y->type->scale);
}

static int order_dec(const Column *x, const Column *y, int row)
{
    return decimal_cmp(x->i128[row], x->type->scale, y->i128[row], y->type->scale);
}

static int order_string(const Column *x, const Column *y, int row)
{
    int order = utf8_cmp_utf16(x->str[row], y->str[row]);
    return (order > 0) - (order < 0);
}

static int order_raw(const Column *x, const Column *y, int row)
{
    int order = str_cmp(x->str[row], y->str[row]);
    return (order > 0) - (order < 0);
}

/* Equality only, which is quicker: 1 stands for "not equal". */
static int equal_str(const Column *x, const Column *y, int row)
{
    return !str_eq(x->str[row], y->str[row]);
}

static int equal_box(const Column *x, const Column *y, int row)
{
    return !value_eq(x->box[row], y->box[row]);
}

static void ordered_rows(const Instr *in, Frame *f, Order *order, bool less, bool equal,
                         bool greater, bool unordered)
{
    const Column *x = &f->v[in->a], *y = &f->v[in->b];
    Column *out = &f->v[in->dst];
    const bool wanted[] = {less, equal, greater, unordered};
    result_rows(in, f);
    for (int i = 0; i < f->rows; i++)
        out->b[i] = x->valid[i] && y->valid[i] && wanted[order(x, y, i) + 1];
}

static void distinct_rows(const Instr *in, Frame *f, Order *order, bool same)
{
    const Column *x = &f->v[in->a], *y = &f->v[in->b];
    Column *out = &f->v[in->dst];
    result_rows(in, f);
    for (int i = 0; i < f->rows; i++) {
        bool equal = x->valid[i] && y->valid[i] ? order(x, y, i) == 0 : x->valid[i] == y->valid[i];
        out->b[i] = equal == same;
    }
}

#define BY(NAME, R, order, less, equal, greater, unordered)                                        \
    void kernel_##NAME##_##R(const Instr *in, Frame *f)                                            \
    {                                                                                              \
        ordered_rows(in, f, order, less, equal, greater, unordered);                               \
    }
#define BY_ALL(R, order, same)                                                                     \
    BY(EQ, R, same, 0, 1, 0, 0)                                                                    \
    BY(NE, R, same, 1, 0, 1, 1)                                                                    \
    BY(LT, R, order, 1, 0, 0, 0)                                                                   \
    BY(LE, R, order, 1, 1, 0, 0)                                                                   \
    BY(GT, R, order, 0, 0, 1, 0)                                                                   \
    BY(GE, R, order, 0, 1, 1, 0)                                                                   \
    void kernel_DISTINCT_##R(const Instr *in, Frame *f)                                            \
    {                                                                                              \
        distinct_rows(in, f, same, false);                                                         \
    }                                                                                              \
    void kernel_SAME_##R(const Instr *in, Frame *f)                                                \
    {                                                                                              \
        distinct_rows(in, f, same, true);                                                          \
    }

BY_ALL(DEC, order_dec, order_dec)
BY_ALL(F64_DEC, order_f64_dec, order_f64_dec)
BY_ALL(STR, order_string, equal_str)
BY_ALL(BYTES, order_raw, equal_str)
BY_ALL(BOX, equal_box, equal_box) /* only EQ, NE, DISTINCT and SAME are ever emitted */
