/* batch.c: batches made, cut, gathered and derived.
 *
 * Owns nothing: everything lies in the batch arena. The invariants are batch.h's; what the columns
 * mean is the operators' business. Per batch there is a handful of allocations, per row none. */
#include "type/batch.h"

#include <assert.h>

/* Columns without storage: their type, and a `valid` that says NULL for every row. They all share
 * one such array, which nobody writes: storage comes with a `valid` of its own. */
static Column *bare_columns(Arena *a, const Schema *schema, int rows)
{
    Column *cols = ARENA_ARRAY(a, Column, schema->count);
    uint8_t *never = ARENA_ARRAY(a, uint8_t, rows);
    for (int c = 0; c < schema->count; c++)
        cols[c] = (Column){.type = schema->columns[c].type, .valid = never};
    return cols;
}

Batch *batch_new(Arena *a, const Schema *schema, int rows)
{
    assert(rows >= 0);
    Batch *b = ARENA_NEW(a, Batch);
    b->arena = a;
    b->schema = schema;
    b->rows = rows;
    b->cols = bare_columns(a, schema, rows);
    b->new_state = ARENA_ARRAY(a, uint8_t, rows);
    memset(b->new_state, SIDE_ROW, (size_t)rows);
    b->old_state = ARENA_ARRAY(a, uint8_t, rows);
    b->key = ARENA_ARRAY(a, Str, rows);
    b->time = ARENA_ARRAY(a, int64_t, rows);
    b->seq = ARENA_ARRAY(a, uint64_t, rows);
    b->partition = ARENA_ARRAY(a, int32_t, rows);
    b->offset = ARENA_ARRAY(a, int64_t, rows);
    return b;
}

static void init_old_column(Batch *b, int col)
{
    if (b->schema->columns[col].role == ROLE_KEY)
        b->old[col] = b->cols[col];
    else if (b->cols[col].any)
        column_init(&b->old[col], b->arena, b->schema->columns[col].type, b->rows);
}

void batch_init_column(Batch *b, int col)
{
    column_init(&b->cols[col], b->arena, b->schema->columns[col].type, b->rows);
    if (b->old)
        init_old_column(b, col);
}

void batch_init_old(Batch *b)
{
    b->old = bare_columns(b->arena, b->schema, b->rows);
    for (int c = 0; c < b->schema->count; c++)
        init_old_column(b, c);
}

/* ---- slices
 * -------------------------------------------------------------------------------------- */

static Column *slice_columns(Arena *a, const Column *cols, int count, int from)
{
    Column *out = ARENA_ARRAY(a, Column, count);
    for (int c = 0; c < count; c++) {
        out[c] = cols[c];
        out[c].valid += from;
        if (out[c].any)
            out[c].b += repr_bytes(type_repr(out[c].type)) * (size_t)from;
    }
    return out;
}

Batch *batch_slice(Arena *a, const Batch *b, int from, int n)
{
    assert(from >= 0 && n >= 0 && from + n <= b->rows);
    Batch *s = ARENA_NEW(a, Batch);
    *s = *b;
    s->arena = a;
    s->rows = n;
    s->cols = slice_columns(a, b->cols, b->schema->count, from);
    if (b->old)
        s->old = slice_columns(a, b->old, b->schema->count, from);
#define ADVANCE(field)                                                                             \
    if (s->field)                                                                                  \
    s->field += from
    ADVANCE(new_state);
    ADVANCE(old_state);
    ADVANCE(key);
    ADVANCE(time);
    ADVANCE(seq);
    ADVANCE(partition);
    ADVANCE(offset);
    ADVANCE(headers);
    ADVANCE(win_start);
    ADVANCE(win_end);
    ADVANCE(upstream);
    ADVANCE(carried);
#undef ADVANCE
    return s;
}

/* ---- gathering
 * ----------------------------------------------------------------------------------- */

/* n values of `bytes` each, picked by number. One loop per width, so that each copies registers. */
static void *gather_array(Arena *a, const void *from, size_t bytes, const uint16_t *rows, int n)
{
    if (!from)
        return NULL;
    void *to = arena_alloc(a, bytes * (size_t)n);
    switch (bytes) {
    case 1:
        for (int i = 0; i < n; i++)
            ((uint8_t *)to)[i] = ((const uint8_t *)from)[rows[i]];
        break;
    case 4:
        for (int i = 0; i < n; i++)
            ((uint32_t *)to)[i] = ((const uint32_t *)from)[rows[i]];
        break;
    case 8:
        for (int i = 0; i < n; i++)
            ((uint64_t *)to)[i] = ((const uint64_t *)from)[rows[i]];
        break;
    default:
        assert(bytes == 16);
        for (int i = 0; i < n; i++)
            memcpy((char *)to + 16 * (size_t)i, (const char *)from + 16 * (size_t)rows[i], 16);
    }
    return to;
}

static void gather_column(Arena *a, Column *to, const Column *from, const uint16_t *rows, int n)
{
    to->type = from->type;
    to->valid = gather_array(a, from->valid, 1, rows, n);
    to->any = gather_array(a, from->any, repr_bytes(type_repr(from->type)), rows, n);
}

_Static_assert(sizeof(Str) == 16 && sizeof(Headers) == 16, "gather_array copies 16 bytes");

Batch *batch_gather(Arena *a, const Batch *b, const uint16_t *rows, int n)
{
    Batch *g = ARENA_NEW(a, Batch);
    g->arena = a;
    g->schema = b->schema;
    g->rows = n;
    g->cols = bare_columns(a, b->schema, n);
    for (int c = 0; c < b->schema->count; c++) {
        if (b->cols[c].any)
            gather_column(a, &g->cols[c], &b->cols[c], rows, n);
    }
    if (b->old) {
        g->old = bare_columns(a, b->schema, n);
        for (int c = 0; c < b->schema->count; c++) {
            if (b->schema->columns[c].role == ROLE_KEY)
                g->old[c] = g->cols[c];
            else if (b->old[c].any)
                gather_column(a, &g->old[c], &b->old[c], rows, n);
        }
    }
#define GATHER(field) g->field = gather_array(a, b->field, sizeof *b->field, rows, n)
    GATHER(new_state);
    GATHER(old_state);
    GATHER(key);
    GATHER(time);
    GATHER(seq);
    GATHER(partition);
    GATHER(offset);
    GATHER(headers);
    GATHER(win_start);
    GATHER(win_end);
    GATHER(upstream);
    GATHER(carried);
#undef GATHER
    return g;
}

Batch *batch_derive(Arena *a, const Batch *b, const Schema *schema)
{
    Batch *d = ARENA_NEW(a, Batch);
    *d = *b;
    d->arena = a;
    d->schema = schema;
    d->cols = bare_columns(a, schema, b->rows);
    d->old = NULL;
    if (schema->window == WINDOW_NONE) {
        d->win_start = NULL;
        d->win_end = NULL;
    }
    return d;
}
