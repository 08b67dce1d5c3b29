/* kernel_logic.c: instructions that choose: AND, OR, NOT, IS NULL, CASE, and masks.
 *
 * Error bits: what was not reached raises nothing. Every branch may have been computed for every
 * row, since kernels have no effects; so each of these merges only the bits of the branch that the
 * row takes. Masks only spare costly work. NULL counts as false (statements.md 2.5). */
#include "expr/vector.h"

#include "expr/expr_int.h"

void err_merge(uint8_t *dst, const uint8_t *x, const uint8_t *y, int n)
{
    if (!x && !y) {
        memset(dst, 0, (size_t)n);
    } else if (!x || !y) {
        memcpy(dst, x ? x : y, (size_t)n);
    } else {
        uint8_t *restrict to = dst;
        for (int i = 0; i < n; i++)
            to[i] = x[i] | y[i];
    }
}

static void valid_unless_failed(const Instr *in, Frame *f)
{
    uint8_t *restrict valid = f->v[in->dst].valid;
    const uint8_t *restrict err = f->err[in->dst];
    const int n = f->rows;
    if (!err) {
        memset(valid, 1, (size_t)n);
        return;
    }
    for (int i = 0; i < n; i++)
        valid[i] = (err[i] & EXPR_FAILED) ^ EXPR_FAILED;
}

/* Error bits of AND and OR: the right side's count where the left side leaves it to it. */
static void logic_errors(const Instr *in, Frame *f, bool go_on_if)
{
    uint8_t *err = f->err[in->dst];
    const Column *x = &f->v[in->a];
    const uint8_t *right = f->err[in->b];
    const int n = f->rows;
    if (!err)
        return;
    err_merge(err, f->err[in->a], NULL, n);
    for (int i = 0; right && i < n; i++) {
        bool truth = x->valid[i] & x->b[i];
        if (truth == go_on_if && !(err[i] & EXPR_FAILED))
            err[i] |= right[i];
    }
}

/* The value of a row from the truth of both sides. */
#define LOGIC_ROWS(expression)                                                                     \
    {                                                                                              \
        const uint8_t *restrict xv = f->v[in->a].valid, *restrict yv = f->v[in->b].valid;          \
        const uint8_t *restrict x = f->v[in->a].b, *restrict y = f->v[in->b].b;                    \
        uint8_t *restrict z = f->v[in->dst].b;                                                     \
        const int n = f->rows;                                                                     \
        for (int i = 0; i < n; i++)                                                                \
            z[i] = (uint8_t)(expression);                                                          \
    }

void kernel_AND(const Instr *in, Frame *f)
{
    LOGIC_ROWS(xv[i] & x[i] & yv[i] & y[i])
    logic_errors(in, f, true);
    valid_unless_failed(in, f);
}

void kernel_OR(const Instr *in, Frame *f)
{
    LOGIC_ROWS((xv[i] & x[i]) | (yv[i] & y[i]))
    logic_errors(in, f, false);
    valid_unless_failed(in, f);
}

/* For one operand: its bits are the result's. */
static void pass_errors(const Instr *in, Frame *f)
{
    if (f->err[in->dst])
        err_merge(f->err[in->dst], f->err[in->a], NULL, f->rows);
    valid_unless_failed(in, f);
}

void kernel_NOT(const Instr *in, Frame *f)
{
    const uint8_t *restrict xv = f->v[in->a].valid, *restrict x = f->v[in->a].b;
    uint8_t *restrict z = f->v[in->dst].b;
    const int n = f->rows;
    for (int i = 0; i < n; i++)
        z[i] = (uint8_t)((xv[i] & x[i]) ^ 1);
    pass_errors(in, f);
}

static void null_rows(const Instr *in, Frame *f, uint8_t flip)
{
    const uint8_t *restrict x = f->v[in->a].valid;
    uint8_t *restrict z = f->v[in->dst].b;
    const int n = f->rows;
    for (int i = 0; i < n; i++)
        z[i] = x[i] ^ flip;
    pass_errors(in, f);
}

void kernel_IS_NULL(const Instr *in, Frame *f)
{
    null_rows(in, f, 1);
}
void kernel_IS_NOT_NULL(const Instr *in, Frame *f)
{
    null_rows(in, f, 0);
}

/* ---- CASE ------------------------------------------------------------------------------------ */

/* Error bits of "a ? b : c", where one of the three can fail. */
static void choose_errors(const Instr *in, Frame *f)
{
    const Column *when = &f->v[in->a];
    uint8_t *valid = f->v[in->dst].valid, *err = f->err[in->dst];
    const uint8_t *ew = f->err[in->a], *et = f->err[in->b], *eo = f->err[in->c];
    const int n = f->rows;
    for (int i = 0; i < n; i++) {
        const uint8_t *taken = when->valid[i] & when->b[i] ? et : eo;
        err[i] = (uint8_t)((ew ? ew[i] : 0) | (taken ? taken[i] : 0));
        if (ew && (ew[i] & EXPR_FAILED)) {
            err[i] = ew[i];
            valid[i] = 0;
        }
    }
}

#define CHOOSE(NAME, T)                                                                            \
    void kernel_##NAME(const Instr *in, Frame *f)                                                  \
    {                                                                                              \
        const Column *then = &f->v[in->b], *other = &f->v[in->c];                                  \
        const uint8_t *restrict wv = f->v[in->a].valid, *restrict w = f->v[in->a].b;               \
        const uint8_t *restrict tv = then->valid, *restrict ov = other->valid;                     \
        const T *restrict t = then->any, *restrict o = other->any;                                 \
        uint8_t *restrict valid = f->v[in->dst].valid;                                             \
        T *restrict z = f->v[in->dst].any;                                                         \
        const int n = f->rows;                                                                     \
        for (int i = 0; i < n; i++)                                                                \
            valid[i] = wv[i] & w[i] ? tv[i] : ov[i];                                               \
        for (int i = 0; i < n; i++)                                                                \
            z[i] = wv[i] & w[i] ? t[i] : o[i];                                                     \
        if (f->err[in->dst])                                                                       \
            choose_errors(in, f);                                                                  \
    }
/* Values of any type are moved as so many bytes. */
typedef uint8_t __attribute__((may_alias)) Any1;
typedef uint32_t __attribute__((may_alias)) Any4;
typedef uint64_t __attribute__((may_alias)) Any8;
typedef struct Any16 {
    uint64_t low, high;
} __attribute__((may_alias)) Any16;
_Static_assert(sizeof(Str) == 16 && sizeof(Int128) == 16, "CHOOSE_16 moves either");
_Static_assert(sizeof(const Value *) == 8, "CHOOSE_8 moves boxes");

CHOOSE(CHOOSE_1, Any1)
CHOOSE(CHOOSE_4, Any4)
CHOOSE(CHOOSE_8, Any8)
CHOOSE(CHOOSE_16, Any16)

/* ---- masks ----------------------------------------------------------------------------------- */

/* Rows of the outer mask (a; -1: the live rows) in which condition b is reached and holds, or not.
 */
static void mask_rows(const Instr *in, Frame *f, bool holds)
{
    const uint8_t *outer = in->a >= 0 ? f->v[in->a].b : f->live;
    const Column *c = &f->v[in->b];
    const uint8_t *err = f->err[in->b];
    uint8_t *z = f->v[in->dst].b;
    const int n = f->rows;
    for (int i = 0; i < n; i++) {
        bool truth = c->valid[i] & c->b[i];
        z[i] = (!outer || outer[i]) && truth == holds && !(err && (err[i] & EXPR_FAILED));
    }
}

void kernel_MASK_IF(const Instr *in, Frame *f)
{
    mask_rows(in, f, true);
}
void kernel_MASK_ELSE(const Instr *in, Frame *f)
{
    mask_rows(in, f, false);
}
