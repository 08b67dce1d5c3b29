/* rows.c: a table's rows by key in a store, for the joins and Materialize.
 *
 * Owns the layout of such a row: ROWTIME, then every column that is not a key. Leaves to the
 * operators when a row is looked up, kept or forgotten. */
#include "op/op_int.h"

#include <assert.h>

StoreKind op_rows_kind(const Schema *s)
{
    return s->window == WINDOW_NONE ? STORE_TABLE : STORE_WINDOW;
}

const RowCode *op_rows_code(const Schema *s, Arena *a, Str **column_names)
{
    int count = 1 + s->count - s->key_count;
    const Type **types = ARENA_ARRAY(a, const Type *, count);
    *column_names = ARENA_ARRAY(a, Str, count);
    types[0] = &type_bigint;
    (*column_names)[0] = STR_LIT("ROWTIME");
    for (int i = 1; i < count; i++) {
        types[i] = s->columns[s->key_count + i - 1].type;
        (*column_names)[i] = s->columns[s->key_count + i - 1].name;
    }
    return rowcode_new(a, types, count);
}

Rc op_rows_open(OpRows *r, Store *store, const Schema *s, Err *err)
{
    assert(store);
    *r = (OpRows){.store = store, .rc = store_def(store)->row, .schema = s};
    buf_init(&r->buf);
    assert(r->rc->count == 1 + s->count - s->key_count);
    if (s->window == WINDOW_SESSION) /* their keys need both bounds */
        return err_not_built(err, "state by session windows");
    return 0;
}

void op_rows_close(OpRows *r)
{
    buf_fini(&r->buf);
}

Column *op_rows_columns(const OpRows *r, const Batch *b, const Column *cols, int64_t *time)
{
    Column *stored = ARENA_ARRAY(b->arena, Column, r->rc->count);
    stored[0] = (Column){.type = &type_bigint, .i64 = time};
    stored[0].valid = arena_alloc(b->arena, (size_t)b->rows + 1);
    memset(stored[0].valid, 1, (size_t)b->rows + 1);
    memcpy(stored + 1, cols, sizeof(Column) * (size_t)(r->rc->count - 1));
    return stored;
}

Rc op_rows_get(OpRows *r, const Batch *b, int row, Str *bytes, Err *err)
{
    Str found = STR_NULL;
    Rc rc = store_get(r->store, op_row_window(b, row), b->key[row], &found, err);
    *bytes = rc ? STR_NULL : arena_str(b->arena, found);
    return rc;
}

Rc op_rows_put(OpRows *r, const Batch *b, const Column *stored, int row, Str *bytes, Err *err)
{
    int64_t win = op_row_window(b, row);
    if (bytes)
        *bytes = STR_NULL;
    if (b->new_state[row] != SIDE_ROW)
        return store_delete(r->store, win, b->key[row], err);
    buf_reset(&r->buf);
    rowcode_encode(r->rc, &r->buf, stored, row);
    if (bytes)
        *bytes = arena_str(b->arena, buf_str(&r->buf));
    return store_put(r->store, win, b->key[row], buf_str(&r->buf), err);
}

Rc op_rows_decode(const OpRows *r, Str bytes, Column *stored, int to, Arena *a, Err *err)
{
    return bytes.ptr ? rowcode_decode(r->rc, bytes, stored, to, a, err) : 0;
}
