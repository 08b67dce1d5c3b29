/* kernel_arith.c: instructions of arithmetic (statements.md 2.4, functions.md 3 and 8).
 *
 * Integers wrap, so their loops run over every row, present or not, and become vector instructions;
 * division and decimals look at each row. A NULL operand is an evaluation error (functions.md 1.4):
 * the error bit is simply "not valid". */
#include "expr/vector.h"

#include <math.h>

#include "expr/expr_int.h"
#include "func/order.h"

/* Validity and error bits of a binary operation on operands that must both be there. Locals, here
 * and below: bytes alias everything, so what a loop reads through a struct it reads each time. */
static void strict_rows(const Instr *in, Frame *f)
{
    const uint8_t *restrict x = f->v[in->a].valid, *restrict y = f->v[in->b].valid;
    uint8_t *restrict valid = f->v[in->dst].valid, *restrict err = f->err[in->dst];
    const int n = f->rows;
    err_merge(err, f->err[in->a], f->err[in->b], n);
    for (int i = 0; i < n; i++) {
        uint8_t both = x[i] & y[i];
        valid[i] = both;
        err[i] = (uint8_t)((err[i] & EXPR_CAUGHT) | (both ^ 1));
    }
}

static void fail(Column *out, uint8_t *err, int row)
{
    out->valid[row] = 0;
    err[row] |= EXPR_FAILED;
}

#define WRAPPING(NAME, field, T, U, sign)                                                          \
    void kernel_##NAME(const Instr *in, Frame *f)                                                  \
    {                                                                                              \
        const T *restrict x = f->v[in->a].field, *restrict y = f->v[in->b].field;                  \
        T *restrict z = f->v[in->dst].field;                                                       \
        const int n = f->rows;                                                                     \
        strict_rows(in, f);                                                                        \
        for (int i = 0; i < n; i++)                                                                \
            z[i] = (T)((U)x[i] sign(U) y[i]);                                                      \
    }
WRAPPING(ADD_I32, i32, int32_t, uint32_t, +)
WRAPPING(SUB_I32, i32, int32_t, uint32_t, -)
WRAPPING(MUL_I32, i32, int32_t, uint32_t, *)
WRAPPING(ADD_I64, i64, int64_t, uint64_t, +)
WRAPPING(SUB_I64, i64, int64_t, uint64_t, -)
WRAPPING(MUL_I64, i64, int64_t, uint64_t, *)
WRAPPING(ADD_F64, f64, double, double, +)
WRAPPING(SUB_F64, f64, double, double, -)
WRAPPING(MUL_F64, f64, double, double, *)
WRAPPING(DIV_F64, f64, double, double, /)

/* Division by -1 is negation, or the smallest integer would trap. */
#define DIVIDING(NAME, field, T, U, by_minus_one, sign)                                            \
    void kernel_##NAME(const Instr *in, Frame *f)                                                  \
    {                                                                                              \
        const T *x = f->v[in->a].field, *y = f->v[in->b].field;                                    \
        Column *out = &f->v[in->dst];                                                              \
        strict_rows(in, f);                                                                        \
        for (int i = 0; i < f->rows; i++) {                                                        \
            if (!out->valid[i])                                                                    \
                continue;                                                                          \
            if (y[i] == 0)                                                                         \
                fail(out, f->err[in->dst], i);                                                     \
            else                                                                                   \
                out->field[i] = y[i] == -1 ? (T)(by_minus_one(U) x[i]) : (T)(x[i] sign y[i]);      \
        }                                                                                          \
    }
DIVIDING(DIV_I32, i32, int32_t, uint32_t, 0u -, /)
DIVIDING(MOD_I32, i32, int32_t, uint32_t, 0u *, %)
DIVIDING(DIV_I64, i64, int64_t, uint64_t, 0u -, /)
DIVIDING(MOD_I64, i64, int64_t, uint64_t, 0u *, %)

void kernel_MOD_F64(const Instr *in, Frame *f)
{
    const double *x = f->v[in->a].f64, *y = f->v[in->b].f64;
    double *z = f->v[in->dst].f64;
    strict_rows(in, f);
    for (int i = 0; i < f->rows; i++)
        z[i] = fmod(x[i], y[i]);
}

/* ---- negation -------------------------------------------------------------------------------- */

static void strict_row(const Instr *in, Frame *f)
{
    const uint8_t *restrict x = f->v[in->a].valid;
    uint8_t *restrict valid = f->v[in->dst].valid, *restrict err = f->err[in->dst];
    const int n = f->rows;
    err_merge(err, f->err[in->a], NULL, n);
    for (int i = 0; i < n; i++) {
        valid[i] = x[i];
        err[i] = (uint8_t)((err[i] & EXPR_CAUGHT) | (x[i] ^ 1));
    }
}

#define NEGATING(NAME, field, T, expression)                                                       \
    void kernel_##NAME(const Instr *in, Frame *f)                                                  \
    {                                                                                              \
        const T *restrict x = f->v[in->a].field;                                                   \
        T *restrict z = f->v[in->dst].field;                                                       \
        const int n = f->rows;                                                                     \
        strict_row(in, f);                                                                         \
        for (int i = 0; i < n; i++)                                                                \
            z[i] = expression;                                                                     \
    }
NEGATING(NEG_I32, i32, int32_t, (int32_t)(0u - (uint32_t)x[i]))
NEGATING(NEG_I64, i64, int64_t, (int64_t)(0u - (uint64_t)x[i]))
NEGATING(NEG_F64, f64, double, -x[i])
NEGATING(NEG_DEC, i128, Int128, (Int128)(0u - (unsigned __int128)x[i]))

/* ---- decimals -------------------------------------------------------------------------------- */

/* One operation: false when the result has no exact form in the result type. */
typedef bool DecOp(Int128 x, Int128 y, const Type *xt, const Type *yt, const Type *zt, Int128 *z);

static bool rescale(Int128 x, int by, Int128 *out)
{
    return by <= DECIMAL_NARROW_DIGITS && !__builtin_mul_overflow(x, int128_pow10(by), out);
}

static bool fits(Int128 z, const Type *t)
{
    Int128 limit = int128_pow10(t->precision);
    return z < limit && z > -limit;
}

static bool dec_add(Int128 x, Int128 y, const Type *xt, const Type *yt, const Type *zt, Int128 *z)
{
    return rescale(x, zt->scale - xt->scale, &x) && rescale(y, zt->scale - yt->scale, &y) &&
           !__builtin_add_overflow(x, y, z) && fits(*z, zt);
}

static bool dec_sub(Int128 x, Int128 y, const Type *xt, const Type *yt, const Type *zt, Int128 *z)
{
    return rescale(x, zt->scale - xt->scale, &x) && rescale(y, zt->scale - yt->scale, &y) &&
           !__builtin_sub_overflow(x, y, z) && fits(*z, zt);
}

static bool dec_mul(Int128 x, Int128 y, const Type *xt, const Type *yt, const Type *zt, Int128 *z)
{
    (void)xt;
    (void)yt;
    return !__builtin_mul_overflow(x, y, z) && fits(*z, zt);
}

/* Inexact quotients are errors (functions.md 8). */
static bool dec_div(Int128 x, Int128 y, const Type *xt, const Type *yt, const Type *zt, Int128 *z)
{
    if (y == 0 || !rescale(x, zt->scale + yt->scale - xt->scale, &x) || x % y != 0)
        return false;
    *z = x / y;
    return fits(*z, zt);
}

static bool dec_mod(Int128 x, Int128 y, const Type *xt, const Type *yt, const Type *zt, Int128 *z)
{
    if (y == 0 || !rescale(x, zt->scale - xt->scale, &x) || !rescale(y, zt->scale - yt->scale, &y))
        return false;
    *z = x % y;
    return fits(*z, zt);
}

static void dec_rows(const Instr *in, Frame *f, DecOp *op)
{
    const Column *x = &f->v[in->a], *y = &f->v[in->b];
    Column *out = &f->v[in->dst];
    strict_rows(in, f);
    for (int i = 0; i < f->rows; i++) {
        if (out->valid[i] &&
            !op(x->i128[i], y->i128[i], x->type, y->type, out->type, &out->i128[i]))
            fail(out, f->err[in->dst], i);
    }
}

void kernel_ADD_DEC(const Instr *in, Frame *f)
{
    dec_rows(in, f, dec_add);
}
void kernel_SUB_DEC(const Instr *in, Frame *f)
{
    dec_rows(in, f, dec_sub);
}
void kernel_MUL_DEC(const Instr *in, Frame *f)
{
    dec_rows(in, f, dec_mul);
}
void kernel_DIV_DEC(const Instr *in, Frame *f)
{
    dec_rows(in, f, dec_div);
}
void kernel_MOD_DEC(const Instr *in, Frame *f)
{
    dec_rows(in, f, dec_mod);
}

/* ---- text ------------------------------------------------------------------------------------ */

/* STRING + STRING: a NULL is the word `null` (functions.md 1.4). */
void kernel_ADD_STR(const Instr *in, Frame *f)
{
    const Column *x = &f->v[in->a], *y = &f->v[in->b];
    Column *out = &f->v[in->dst];
    uint8_t *err = f->err[in->dst];
    const uint8_t *mask = instr_mask(in, f);
    FuncText room = {.arena = f->arena};
    err_merge(err, f->err[in->a], f->err[in->b], f->rows);
    for (int i = 0; i < f->rows; i++) {
        out->valid[i] = (uint8_t)((!mask || mask[i]) && !(err[i] & EXPR_FAILED));
        if (!out->valid[i])
            continue;
        Str l = x->valid[i] ? x->str[i] : STR_LIT("null");
        Str r = y->valid[i] ? y->str[i] : STR_LIT("null");
        if ((size_t)l.len + r.len > LIMIT_STRING_BYTES) {
            fail(out, err, i);
            continue;
        }
        char *to = func_text_room(&room, (size_t)l.len + r.len);
        func_text_put(&room, l);
        func_text_put(&room, r);
        out->str[i] = str_make(to, (size_t)l.len + r.len);
    }
}
