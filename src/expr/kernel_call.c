/* kernel_call.c: the instructions that call kernels of other kinds: functions and casts.
 *
 * They decide which rows such a kernel sees (its `valid`), and where its errors end: a CAST that
 * was written, and an argument that is itself a call, turn an error into NULL (functions.md 1.4).
 */
#include "expr/vector.h"

#include "expr/expr_int.h"

/* Errors that end here are remembered as caught. */
static void catch_errors(uint8_t *err, int n)
{
    for (int i = 0; i < n; i++)
        err[i] = err[i] & EXPR_FAILED ? EXPR_CAUGHT : err[i];
}

/* The bits of one more operand. */
static void add_errors(uint8_t *err, const uint8_t *from, bool catches, int n)
{
    for (int i = 0; from && i < n; i++)
        err[i] |= catches && (from[i] & EXPR_FAILED) ? EXPR_CAUGHT : from[i];
}

/* Rows the kernel should compute. */
static void wanted_rows(uint8_t *valid, const uint8_t *mask, const uint8_t *err, int n)
{
    for (int i = 0; i < n; i++)
        valid[i] = (!mask || mask[i]) && !(err[i] & EXPR_FAILED);
}

static void and_rows(uint8_t *valid, const uint8_t *with, int n)
{
    for (int i = 0; i < n; i++)
        valid[i] &= with[i];
}

void kernel_CALL(const Instr *in, Frame *f)
{
    const FuncMatch *m = &in->expr->match;
    Column *out = &f->v[in->dst];
    uint8_t *err = f->err[in->dst];
    memset(err, 0, (size_t)f->rows);
    for (int k = 0; k < in->arg_count; k++) {
        f->args[k] = f->v[in->args[k]];
        add_errors(err, f->err[in->args[k]], in->catches[k], f->rows);
    }
    wanted_rows(out->valid, instr_mask(in, f), err, f->rows);
    for (int k = 0; k < in->arg_count && !m->row->null_args; k++)
        and_rows(out->valid, f->args[k].valid, f->rows);
    FuncCall call = {f->args, in->arg_count, out, err, f->rows, f->arena, NULL};
    m->overload->kernel(&call);
}

void kernel_CAST(const Instr *in, Frame *f)
{
    Column *out = &f->v[in->dst];
    uint8_t *err = f->err[in->dst], none[1] = {0};
    if (err) {
        err_merge(err, f->err[in->a], NULL, f->rows);
        wanted_rows(out->valid, instr_mask(in, f), err, f->rows);
        and_rows(out->valid, f->v[in->a].valid, f->rows);
    } else { /* a widening, which sees every row and cannot fail */
        memcpy(out->valid, f->v[in->a].valid, (size_t)f->rows);
        err = none;
    }
    FuncCall call = {&f->v[in->a], 1, out, err, f->rows, f->arena, NULL};
    in->kernel(&call);
    if (err != none && !in->expr->implicit)
        catch_errors(err, f->rows);
}
