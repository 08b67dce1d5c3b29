/* format_int.h: what the files of this folder share: the rows of the table, the phrases with which
 * several formats refuse a schema, base64, and a value on its way into a column.
 *
 * Nothing here owns memory; any thread. */
#ifndef OXBOW_FORMAT_FORMAT_INT_H
#define OXBOW_FORMAT_FORMAT_INT_H

#include "format/format.h"

extern const Format format_json, format_kafka, format_none;

/* `V0` INTEGER, `V1` STRING: columns as the reasons of statements.md 16.5 list them; KEY follows
 * each key. */
void format_put_columns(Buf *out, const SchemaColumn *cols, int count, bool is_key);

/* RFC 4648, standard alphabet, padded. */
void base64_put(Buf *out, Str bytes);
/* Bytes that the text stands for at most; 3 for every 4 characters. */
static inline size_t base64_room(Str text)
{
    return (size_t)text.len / 4 * 3 + 3;
}
/* Decodes into `out` (base64_room bytes); false when the text is not base64. Padding may be
 * missing. `out` NULL: only the check. */
bool base64_take(Str text, char *out, uint32_t *len);

/* Row `row` of a column with storage becomes a value of its type that is not NULL. As
 * column_set_value, but the caller knows the representation: once per codec instead of per cell. */
static inline void column_put(Column *c, Repr repr, int row, const Value *v, Arena *a)
{
    c->valid[row] = 1;
    switch (repr) {
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
    default: {
        Value *box = arena_alloc(a, sizeof *box);
        *box = *v;
        c->box[row] = box;
    }
    }
}

/* The same way back; the row must not be NULL. */
static inline Value column_get(const Column *c, Repr repr, int row)
{
    Value v = {.type = c->type};
    switch (repr) {
    case REPR_BOOL:
        v.b = c->b[row];
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
    default:
        v = *c->box[row];
    }
    return v;
}

#endif
