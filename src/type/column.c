/* column.c: one typed column: its storage, and single values in and out of it.
 *
 * Owns nothing: columns point into a batch arena. Whole batches are batch.c's; loops over columns
 * belong to the expression kernels, which read the native arrays themselves. */
#include <assert.h>

#include "type/batch.h"

void column_init(Column *c, Arena *a, const Type *type, int n)
{
    c->type = type;
    c->valid = ARENA_ARRAY(a, uint8_t, n);
    /* Zeroed, so that a kernel may compute on the slots of NULLs and get the same every time. */
    c->any = arena_zalloc(a, repr_bytes(type_repr(type)) * (size_t)n);
}

Value column_value(const Column *c, int row, Arena *a)
{
    (void)a; /* boxed values are borrowed like strings; kept for values that would need building */
    Value v = {.type = c->type};
    if (!c->any || !c->valid[row]) {
        v.is_null = true;
        return v;
    }
    switch (type_repr(c->type)) {
    case REPR_BOOL:
        v.b = c->b[row] != 0;
        break;
    case REPR_I32:
        v.i32 = c->i32[row];
        break;
    case REPR_I64:
        v.i64 = c->i64[row];
        break;
    case REPR_F64:
        v.f64 = c->f64[row];
        break;
    case REPR_I128:
        v.i128 = c->i128[row];
        break;
    case REPR_STR:
        v.str = c->str[row];
        break;
    case REPR_BOX:
        v = *c->box[row];
        v.type = c->type;
        break;
    case REPR_COUNT:
        assert(false);
    }
    return v;
}

void column_set_value(Column *c, int row, const Value *v)
{
    c->valid[row] = !v->is_null;
    if (v->is_null)
        return;
    assert(c->any && v->type->kind == c->type->kind);
    switch (type_repr(c->type)) {
    case REPR_BOOL:
        c->b[row] = v->b;
        break;
    case REPR_I32:
        c->i32[row] = v->i32;
        break;
    case REPR_I64:
        c->i64[row] = v->i64;
        break;
    case REPR_F64:
        c->f64[row] = v->f64;
        break;
    case REPR_I128:
        c->i128[row] = v->i128;
        break;
    case REPR_STR:
        c->str[row] = v->str;
        break;
    case REPR_BOX:
        c->box[row] = v;
        break;
    case REPR_COUNT:
        assert(false);
    }
}

void column_copy_row(Column *dst, int to, const Column *src, int from)
{
    if (!dst->any)
        return;
    if (!src->any) {
        dst->valid[to] = 0;
        return;
    }
    dst->valid[to] = src->valid[from];
    switch (type_repr(dst->type)) {
    case REPR_BOOL:
        dst->b[to] = src->b[from];
        break;
    case REPR_I32:
        dst->i32[to] = src->i32[from];
        break;
    case REPR_I64:
    case REPR_F64: /* bits are bits */
        dst->i64[to] = src->i64[from];
        break;
    case REPR_I128:
        dst->i128[to] = src->i128[from];
        break;
    case REPR_STR:
        dst->str[to] = src->str[from];
        break;
    case REPR_BOX:
        dst->box[to] = src->box[from];
        break;
    case REPR_COUNT:
        assert(false);
    }
}
