/* kernel_logic.c: instructions that choose: AND, OR, NOT, IS NULL, CASE, and masks.
 *
 * Error bits: what was not reached raises nothing. Every branch may have been computed for every
 * row, since kernels have no effects; so each of these merges only the bits of the branch that the
 * row takes. Masks only spare costly work. NULL counts as false (statements.md 2.5). */
#include "expr/expr_int.h"

void err_merge(uint8_t *dst, const uint8_t *x, const uint8_t *y, int n)
{
    if (!x && !y) {
        memset(dst, 0, (size_t)n);
    } else if (!x || !y) {
        memcpy(dst, x ? x : y, (size_t)n);
    } else {
        for (int i = 0; i < n; i++)
            dst[i] = x[i] | y[i];
    }
}

static void valid_unless_failed(const Instr *in, Frame *f)
{
    uint8_t *valid = f->v[in->dst].valid;
    const uint8_t *err = f->err[in->dst];
    if (!err) {
        memset(valid, 1, (size_t)f->rows);
        return;
    }
    for (int i = 0; i < f->rows; i++)
        valid[i] = !(err[i] & EXPR_FAILED);
}

/* Error bits of AND and OR: the right side's count where the left side leaves it to it. */
static void logic_errors(const Instr *in, Frame *f, bool go_on_if)
{
    uint8_t *err = f->err[in->dst];
    const Column *x = &f->v[in->a];
    const uint8_t *left = f->err[in->a], *right = f->err[in->b];
    if (!err)
        return;
    err_merge(err, left, NULL, f->rows);
    for (int i = 0; right && i < f->rows; i++) {
        bool truth = x->valid[i] & x->b[i];
        if (truth == go_on_if && !(err[i] & EXPR_FAILED))
            err[i] |= right[i];
    }
}

void kernel_AND(const Instr *in, Frame *f)
{
    const Column *x = &f->v[in->a], *y = &f->v[in->b];
    uint8_t *z = f->v[in->dst].b;
    logic_errors(in, f, true);
    for (int i = 0; i < f->rows; i++)
        z[i] = x->valid[i] & x->b[i] & y->valid[i] & y->b[i];
    valid_unless_failed(in, f);
}

void kernel_OR(const Instr *in, Frame *f)
{
    const Column *x = &f->v[in->a], *y = &f->v[in->b];
    uint8_t *z = f->v[in->dst].b;
    logic_errors(in, f, false);
    for (int i = 0; i < f->rows; i++)
        z[i] = (uint8_t)((x->valid[i] & x->b[i]) | (y->valid[i] & y->b[i]));
    valid_unless_failed(in, f);
}

void kernel_NOT(const Instr *in, Frame *f)
{
    const Column *x = &f->v[in->a];
    uint8_t *z = f->v[in->dst].b;
    for (int i = 0; i < f->rows; i++)
        z[i] = (uint8_t)((x->valid[i] & x->b[i]) ^ 1);
    if (f->err[in->dst])
        err_merge(f->err[in->dst], f->err[in->a], NULL, f->rows);
    valid_unless_failed(in, f);
}

static void null_rows(const Instr *in, Frame *f, uint8_t flip)
{
    const uint8_t *x = f->v[in->a].valid;
    uint8_t *z = f->v[in->dst].b;
    for (int i = 0; i < f->rows; i++)
        z[i] = x[i] ^ flip;
    if (f->err[in->dst])
        err_merge(f->err[in->dst], f->err[in->a], NULL, f->rows);
    valid_unless_failed(in, f);
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

/* Validity and error bits of "a ? b : c". */
static void choose_rows(const Instr *in, Frame *f)
{
    const Column *when = &f->v[in->a], *then = &f->v[in->b], *other = &f->v[in->c];
    uint8_t *valid = f->v[in->dst].valid, *err = f->err[in->dst];
    for (int i = 0; i < f->rows; i++)
        valid[i] = when->valid[i] & when->b[i] ? then->valid[i] : other->valid[i];
    if (!err)
        return;
    const uint8_t *ew = f->err[in->a], *et = f->err[in->b], *eo = f->err[in->c];
    for (int i = 0; i < f->rows; i++) {
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
        const Column *when = &f->v[in->a];                                                         \
        const T *then = f->v[in->b].any, *other = f->v[in->c].any;                                 \
        T *z = f->v[in->dst].any;                                                                  \
        choose_rows(in, f);                                                                        \
        for (int i = 0; i < f->rows; i++)                                                          \
            z[i] = when->valid[i] & when->b[i] ? then[i] : other[i];                               \
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
    for (int i = 0; i < f->rows; i++) {
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
