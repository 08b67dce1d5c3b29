/* run.c: running a program over a batch.
 *
 * An ExprRun owns the registers: scratch memory for LIMIT_BATCH_ROWS rows, constants spread over as
 * many rows, both made once. Per batch nothing is allocated but the result columns, which come from
 * the batch arena; columns of the batch are read where they are. One task's. */
#include <assert.h>

#include "base/mem.h"
#include "expr/expr_int.h"

enum { VALUE_BYTES_MAX = 16, ALIGNMENT = 64 };

struct ExprRun {
    const Program *p;
    Frame f;
    int rows_max;
    char *slots; /* slot_count times: values, validity, error bits */
    size_t slot_bytes;
    uint8_t *ones; /* [rows_max] the validity of system columns */
    Arena arena;   /* registers and constants */
};

static OpKernel *const kernels[OP_COUNT] = {
#define X(name) [OP_##name] = kernel_##name,
    OPCODES(X)
#undef X
};

/* ---- life ------------------------------------------------------------------------------------ */

static void spread_constant(ExprRun *r, int v)
{
    const ProgramValue *value = &r->p->values[v];
    Column *c = &r->f.v[v];
    column_init(c, &r->arena, value->type, r->rows_max);
    for (int i = 0; i < r->rows_max && !value->constant->is_null; i++)
        column_set_value(c, i, value->constant);
}

ExprRun *expr_run_new_rows(const Program *p, int rows)
{
    ExprRun *r = MEM_NEW(ExprRun);
    arena_init(&r->arena, 0);
    r->p = p;
    r->rows_max = rows;
    r->f.v = ARENA_ARRAY(&r->arena, Column, p->value_count + 1);
    r->f.err = ARENA_ARRAY(&r->arena, uint8_t *, p->value_count + 1);
    r->f.args = ARENA_ARRAY(&r->arena, Column, p->args_max + 1);
    r->ones = ARENA_ARRAY(&r->arena, uint8_t, rows);
    memset(r->ones, 1, (size_t)rows);
    r->slot_bytes =
        ((size_t)rows * (VALUE_BYTES_MAX + 2) + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    r->slots = ARENA_ARRAY(&r->arena, char, r->slot_bytes *(size_t)p->slot_count + 1);
    for (int v = 0; v < p->value_count; v++) {
        r->f.v[v].type = p->values[v].type;
        if (p->values[v].kind == VALUE_CONST)
            spread_constant(r, v);
    }
    return r;
}

ExprRun *expr_run_new(const Program *p)
{
    return expr_run_new_rows(p, LIMIT_BATCH_ROWS);
}

void expr_run_free(ExprRun *r)
{
    if (!r)
        return;
    arena_fini(&r->arena);
    mem_free(r);
}

/* ---- what the program reads ------------------------------------------------------------------ */

static bool all_rows(const uint8_t *state, int n)
{
    uint8_t other = 0;
    for (int i = 0; i < n; i++)
        other |= state[i] ^ SIDE_ROW;
    return !other;
}

/* A column of nothing but NULLs. */
static void no_values(Column *c, const Type *type, const Batch *b)
{
    column_init(c, b->arena, type, b->rows);
}

/* The column of one side. Rows whose side is no row hold undefined values, so they are read as
 * NULL: validity is copied, values are shared. Key columns are there for every row. */
static Rc read_column(const ProgramValue *v, const Batch *b, Side side, bool whole, Column *out,
                      Err *err)
{
    if (v->index >= b->schema->count || !type_eq(b->schema->columns[v->index].type, v->type))
        return err_set(err, ERR_KIND_FATAL, ERR_CORRUPT,
                       "A stored expression reads column %d, which its input does not have in that "
                       "type.",
                       v->index);
    bool key = v->index < b->schema->key_count;
    if (side == SIDE_OLD && !b->old && !key) {
        no_values(out, v->type, b);
        return 0;
    }
    const Column *from = side == SIDE_OLD && b->old ? &b->old[v->index] : &b->cols[v->index];
    assert(from->any); /* the planner marks the columns that are used */
    *out = *from;
    if (whole || key)
        return 0;
    const uint8_t *state = side == SIDE_NEW ? b->new_state : b->old_state;
    out->valid = arena_alloc(b->arena, (size_t)b->rows);
    for (int i = 0; i < b->rows; i++)
        out->valid[i] = state[i] == SIDE_ROW ? from->valid[i] : 0;
    return 0;
}

static void read_pseudo(ExprRun *r, const ProgramValue *v, const Batch *b, Column *out)
{
    void *const arrays[PSEUDO_COUNT] = {
        [PSEUDO_ROWTIME] = b->time,      [PSEUDO_ROWPARTITION] = b->partition,
        [PSEUDO_ROWOFFSET] = b->offset,  [PSEUDO_WINDOWSTART] = b->win_start,
        [PSEUDO_WINDOWEND] = b->win_end,
    };
    if (!arrays[v->index]) {
        no_values(out, v->type, b);
        return;
    }
    *out = (Column){.type = v->type, .valid = r->ones, {.any = arrays[v->index]}};
}

static Rc read_inputs(ExprRun *r, const Batch *b, Side side, Err *err)
{
    bool whole = all_rows(side == SIDE_NEW ? b->new_state : b->old_state, b->rows);
    for (int v = 0; v < r->p->value_count; v++) {
        const ProgramValue *value = &r->p->values[v];
        Rc rc = 0;
        if (value->kind == VALUE_COLUMN)
            rc = read_column(value, b, side, whole, &r->f.v[v], err);
        else if (value->kind == VALUE_PSEUDO)
            read_pseudo(r, value, b, &r->f.v[v]);
        if (rc)
            return rc;
    }
    return 0;
}

/* ---- running --------------------------------------------------------------------------------- */

/* Where an instruction writes: scratch, or the batch arena for what is returned. */
static void place(ExprRun *r, int v, const Batch *b)
{
    const ProgramValue *value = &r->p->values[v];
    Column *c = &r->f.v[v];
    if (value->is_output) {
        c->any = arena_alloc(b->arena, repr_bytes(type_repr(value->type)) * (size_t)b->rows);
        c->valid = arena_alloc(b->arena, (size_t)b->rows);
        r->f.err[v] = value->can_fail ? arena_alloc(b->arena, (size_t)b->rows) : NULL;
        return;
    }
    char *slot = r->slots + r->slot_bytes * (size_t)value->slot;
    c->any = slot;
    c->valid = (uint8_t *)slot + (size_t)r->rows_max * VALUE_BYTES_MAX;
    r->f.err[v] = value->can_fail ? c->valid + r->rows_max : NULL;
}

/* Registers live longer than the caller's use of constants and of our row of ones: those are
 * copied; a column of the batch is shared. */
static void hand_out(ExprRun *r, int v, const Batch *b, Column *out)
{
    const ProgramValue *value = &r->p->values[v];
    *out = r->f.v[v];
    if (value->kind != VALUE_CONST && value->kind != VALUE_PSEUDO)
        return;
    out->valid = arena_alloc(b->arena, (size_t)b->rows);
    memcpy(out->valid, r->f.v[v].valid, (size_t)b->rows);
    if (value->kind == VALUE_PSEUDO)
        return;
    size_t bytes = repr_bytes(type_repr(value->type)) * (size_t)b->rows;
    out->any = arena_alloc(b->arena, bytes);
    memcpy(out->any, r->f.v[v].any, bytes);
}

static uint8_t *hand_out_errors(ExprRun *r, int v, const Batch *b, const uint8_t *live)
{
    uint8_t *err = r->f.err[v];
    if (!err)
        return arena_zalloc(b->arena, (size_t)b->rows);
    for (int i = 0; live && i < b->rows; i++)
        err[i] = live[i] ? err[i] : 0;
    return err;
}

Rc expr_run(ExprRun *r, const Batch *b, Side side, const uint8_t *live, Column *out,
            uint8_t **failed, Err *err)
{
    const Program *p = r->p;
    assert(b->rows <= r->rows_max);
    r->f.rows = b->rows;
    r->f.arena = b->arena;
    r->f.live = live;
    Rc rc = read_inputs(r, b, side, err);
    if (rc)
        return rc;
    for (int i = 0; i < p->code_count; i++) {
        place(r, p->code[i].dst, b);
        kernels[p->code[i].op](&p->code[i], &r->f);
    }
    for (int i = 0; i < p->output_count; i++) {
        hand_out(r, p->outputs[i], b, &out[i]);
        if (failed)
            failed[i] = hand_out_errors(r, p->outputs[i], b, live);
    }
    return 0;
}

/* ---- one value ------------------------------------------------------------------------------- */

Rc expr_eval_bits(Arena *a, const Expr *e, Value *out, uint8_t *bits, Err *err)
{
    static const Schema nothing;
    Expr *one = (Expr *)e;
    Program *p;
    Rc rc = expr_compile(a, &one, 1, &p, err);
    if (rc)
        return rc;
    ExprRun *r = expr_run_new_rows(p, 1);
    Column result;
    uint8_t *failed;
    rc = expr_run(r, batch_new(a, &nothing, 1), SIDE_NEW, NULL, &result, &failed, err);
    if (!rc) {
        Value v = column_value(&result, 0, a);
        *out = value_copy(a, &v);
        *bits = failed[0];
    }
    expr_run_free(r);
    return rc;
}

Rc expr_eval_const(Arena *a, const Expr *e, Value *out, Err *err)
{
    if (e->kind == EXPR_CONST) {
        *out = e->constant;
        return 0;
    }
    uint8_t bits = 0;
    Rc rc = expr_eval_bits(a, e, out, &bits, err);
    if (rc || !(bits & EXPR_FAILED))
        return rc;
    Buf text;
    buf_init(&text);
    expr_print(&text, e, NULL);
    rc = err_set(err, ERR_KIND_DATA, ERR_EVAL, "%s cannot be computed.", buf_cstr(&text));
    buf_fini(&text);
    return rc;
}
