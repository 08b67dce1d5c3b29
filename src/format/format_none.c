/* format_none.c: NONE, the format of a side without columns: nothing is stored.
 *
 * Owns nothing. Whatever the bytes are, they stand for no columns; what is written is no bytes. */
#include "format/format_int.h"

static Rc none_check(const FormatSpec *spec, const SchemaColumn *cols, int count, bool is_key,
                     Err *err)
{
    (void)spec;
    if (count == 0)
        return 0;
    Buf list;
    buf_init(&list);
    format_put_columns(&list, cols, count, is_key);
    Rc rc = err_set(err, ERR_KIND_USER, ERR_STATEMENT,
                    "The 'NONE' format can only be used when no columns are defined. Got: [%s]",
                    buf_cstr(&list));
    buf_fini(&list);
    return rc;
}

static Rc none_decode(Codec *c, Str bytes, Column *cols, int row, Arena *a, bool *is_null, Err *err)
{
    (void)c, (void)bytes, (void)cols, (void)row, (void)a, (void)err;
    *is_null = true;
    return 0;
}

static Rc none_encode(Codec *c, const Column *cols, int row, Buf *out, bool *is_null, Err *err)
{
    (void)c, (void)cols, (void)row, (void)out, (void)err;
    *is_null = true;
    return 0;
}

const Format format_none = {
    .name = "NONE",
    .help = "no columns, no bytes",
    .key = true,
    .value = true,
    .check = none_check,
    .decode = none_decode,
    .encode = none_encode,
};
