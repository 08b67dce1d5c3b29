/* rowcode.h: our own coding of a row of columns to bytes, for stores, exchanges and changelogs.
 *
 * Layout: one bit per column (1 = not NULL) in ceil(n/8) bytes padded to 8; then one 8-byte
 * little-endian slot per column: fixed-width values in place (INTEGER sign-extended), DECIMAL and
 * var-length values as (offset << 32 | length) into the tail behind the slots. So a row whose
 * columns are all fixed width has one size and may be updated in place, which aggregates do.
 * Bytes from outside are checked: every decode fails cleanly on a truncated or lying row.
 *
 * A RowCode is made once per schema part and immutable afterwards; any thread may use it. */
#ifndef OXBOW_TYPE_ROWCODE_H
#define OXBOW_TYPE_ROWCODE_H

#include "type/batch.h"

typedef struct RowCode {
    int count;
    const Type **types;
    const uint8_t *reprs; /* [count] type_repr of each */
    uint32_t slots_at; /* offset of slot 0 */
    uint32_t fixed_bytes; /* size of bitmap and slots */
    bool fixed;        /* no column has a tail */
} RowCode;

RowCode *rowcode_new(Arena *a, const Type *const *types, int count);

/* Append row `row` of the columns to out. Columns not materialised are written as NULL. */
void rowcode_encode(const RowCode *rc, Buf *out, const Column *cols, int row);
/* Decode into row `row` of columns that have storage (a column without storage is skipped). Strings
 * point into `bytes`; nested values are built in `a`. */
Rc rowcode_decode(const RowCode *rc, Str bytes, Column *cols, int row, Arena *a, Err *err);
/* Cheap structural check of bytes from outside (sizes, offsets). */
bool rowcode_valid(const RowCode *rc, Str bytes);

/* Direct access to fixed-width columns of an encoded row. */
static inline bool rowcode_is_null(const uint8_t *row, int c)
{
    return !(row[c >> 3] & (1u << (c & 7)));
}
static inline void rowcode_set_valid(uint8_t *row, int c, bool valid)
{
    if (valid)
        row[c >> 3] = (uint8_t)(row[c >> 3] | (1u << (c & 7)));
    else
        row[c >> 3] = (uint8_t)(row[c >> 3] & ~(1u << (c & 7)));
}
static inline int64_t rowcode_get_i64(const RowCode *rc, const uint8_t *row, int c)
{
    int64_t v;
    memcpy(&v, row + rc->slots_at + 8 * (size_t)c, 8);
    return v;
}
static inline void rowcode_put_i64(const RowCode *rc, uint8_t *row, int c, int64_t v)
{
    memcpy(row + rc->slots_at + 8 * (size_t)c, &v, 8);
}
static inline double rowcode_get_f64(const RowCode *rc, const uint8_t *row, int c)
{
    double v;
    memcpy(&v, row + rc->slots_at + 8 * (size_t)c, 8);
    return v;
}
static inline void rowcode_put_f64(const RowCode *rc, uint8_t *row, int c, double v)
{
    memcpy(row + rc->slots_at + 8 * (size_t)c, &v, 8);
}

#endif
