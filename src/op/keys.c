/* keys.c: from key columns to key bytes, for the operators that give rows a new key.
 *
 * A key is its canonical serialisation in the node's key format. Owns a codec and a buffer; leaves
 * to GroupBy and Rekey what a NULL or failing key means to them. */
#include "op/op_int.h"

Rc op_keys_open(OpKeys *k, const PlanNode *n, Err *err)
{
    buf_init(&k->buf);
    if (n->schema->key_count == 0)
        return 0;
    return codec_open(&n->key_format, n->schema->columns, n->schema->key_count, true, &k->codec,
                      err);
}

void op_keys_close(OpKeys *k)
{
    codec_close(k->codec);
    buf_fini(&k->buf);
    *k = (OpKeys){0};
}

/* One key behind the others in the buffer. A key that cannot be written is the row's fault, not the
 * query's; *length < 0 stands for "no bytes". */
static Rc keys_encode_row(OpKeys *k, const Column *cols, int row, int64_t *length, uint8_t *bad,
                          Err *err)
{
    size_t before = k->buf.len;
    bool is_null = false;
    Rc rc = k->codec->format->encode(k->codec, cols, row, &k->buf, &is_null, err);
    *length = rc || is_null ? -1 : (int64_t)(k->buf.len - before);
    if (*length < 0)
        k->buf.len = before;
    if (!rc)
        return 0;
    if (err && err->kind != ERR_KIND_DATA)
        return rc;
    err_clear(err);
    bad[row] = 1;
    return 0;
}

/* All keys go into one buffer, which is copied once, because it may move while it grows. */
Rc op_keys_encode(OpKeys *k, const Column *cols, int rows, const uint8_t *live, Arena *a, Str *keys,
                  uint8_t *bad, Err *err)
{
    memset(keys, 0, sizeof(Str) * (size_t)rows);
    if (!k->codec)
        return 0;
    int64_t *lengths = ARENA_ARRAY(a, int64_t, rows);
    buf_reset(&k->buf);
    for (int row = 0; row < rows; row++) {
        lengths[row] = -1;
        if (live && !live[row])
            continue;
        Rc rc = keys_encode_row(k, cols, row, &lengths[row], bad, err);
        if (rc)
            return rc;
    }
    const char *at = arena_strndup(a, k->buf.len ? k->buf.ptr : "", k->buf.len);
    for (int row = 0; row < rows; row++) {
        if (lengths[row] < 0)
            continue;
        keys[row] = str_make(at, (size_t)lengths[row]);
        at += lengths[row];
    }
    return 0;
}
