/* rowcode.c: a row of columns to bytes and back, and a check of bytes from outside.
 *
 * Owns the layout that rowcode.h describes; nested values are rowcode_box.c's. On the path of every
 * row that enters or leaves a store, so: plain loops, no allocation, the representation of each
 * column looked up once when the RowCode is made. */
#include "type/rowcode.h"

#include <assert.h>
#include <endian.h>

#include "type/rowcode_int.h"

_Static_assert(__BYTE_ORDER == __LITTLE_ENDIAN, "slots are read in place as little-endian");

static bool has_tail(uint8_t repr)
{
    return repr == REPR_STR || repr == REPR_I128 || repr == REPR_BOX;
}

RowCode *rowcode_new(Arena *a, const Type *const *types, int count)
{
    RowCode *rc = ARENA_NEW(a, RowCode);
    uint8_t *reprs = ARENA_ARRAY(a, uint8_t, count);
    rc->count = count;
    rc->types = ARENA_ARRAY(a, const Type *, count);
    rc->reprs = reprs;
    rc->slots_at = (((uint32_t)count + 7) / 8 + 7) & ~7u;
    rc->fixed_bytes = rc->slots_at + 8 * (uint32_t)count;
    rc->fixed = true;
    for (int c = 0; c < count; c++) {
        rc->types[c] = types[c];
        reprs[c] = (uint8_t)type_repr(types[c]);
        rc->fixed = rc->fixed && !has_tail(reprs[c]);
    }
    return rc;
}

/* Append what does not fit a slot; returns where it went. */
static uint64_t put_tail(uint8_t repr, Buf *out, size_t tail_at, const Column *col, int row)
{
    size_t at = out->len;
    if (repr == REPR_STR)
        buf_put_str(out, col->str[row]);
    else if (repr == REPR_I128)
        buf_put(out, &col->i128[row], sizeof(Int128));
    else
        rowcode_put_box(out, col->box[row]);
    return (uint64_t)(at - tail_at) << 32 | (uint64_t)(out->len - at);
}

void rowcode_encode(const RowCode *rc, Buf *out, const Column *cols, int row)
{
    size_t row_at = out->len, tail_at = row_at + rc->fixed_bytes;
    memset(buf_reserve(out, rc->fixed_bytes + 64), 0, rc->slots_at);
    out->len = tail_at;
    for (int c = 0; c < rc->count; c++) {
        const Column *col = &cols[c];
        uint64_t slot = 0;
        bool present = col->any && col->valid[row];
        if (present) {
            switch (rc->reprs[c]) {
            case REPR_BOOL:
                slot = col->b[row];
                break;
            case REPR_I32:
                slot = (uint64_t)(int64_t)col->i32[row];
                break;
            case REPR_I64:
            case REPR_F64: /* bits are bits */
                slot = (uint64_t)col->i64[row];
                break;
            default:
                slot = put_tail(rc->reprs[c], out, tail_at, col, row);
            }
        }
        uint8_t *start = (uint8_t *)out->ptr + row_at; /* the tail may have moved it */
        memcpy(start + rc->slots_at + 8 * (size_t)c, &slot, 8);
        start[c >> 3] = (uint8_t)(start[c >> 3] | (unsigned)present << (c & 7));
    }
}

/* ---- reading
 * ------------------------------------------------------------------------------------- */

static Rc lying_row(Err *err, int column)
{
    return err_set(err, ERR_KIND_FATAL, ERR_CORRUPT,
                   "a stored row is damaged: column %d lies outside the row or does not decode",
                   column);
}

static Rc short_row(const RowCode *rc, Str bytes, Err *err)
{
    return err_set(err, ERR_KIND_FATAL, ERR_CORRUPT,
                   "a stored row is damaged: %u bytes where %d columns need at least %u", bytes.len,
                   rc->count, rc->fixed_bytes);
}

/* The piece of the tail that a slot names; false when it is not inside. */
static inline bool tail_piece(Str tail, uint64_t slot, Str *piece)
{
    uint64_t at = slot >> 32, len = slot & UINT32_MAX;
    if (at + len > tail.len)
        return false;
    *piece = (Str){tail.ptr + at, (uint32_t)len};
    return true;
}

/* A narrow decimal: 16 bytes, and no more than 38 digits (or the next power of ten, which a
 * rounding may carry to), so that arithmetic on it cannot overflow. */
bool rowcode_take_i128(Str piece, Int128 *out)
{
    const Int128 bound = (Int128)10000000000000000000u * 10000000000000000000u;
    Int128 v;
    if (piece.len != sizeof v)
        return false;
    memcpy(&v, piece.ptr, sizeof v);
    if (v > bound || v < -bound)
        return false;
    *out = v;
    return true;
}

static bool decode_tail(const Type *type, uint8_t repr, Str tail, uint64_t slot, Column *col,
                        int row, Arena *a)
{
    Str piece;
    if (!tail_piece(tail, slot, &piece))
        return false;
    switch (repr) {
    case REPR_STR:
        col->str[row] = piece;
        return true;
    case REPR_I128:
        return rowcode_take_i128(piece, &col->i128[row]);
    default:
        return (col->box[row] = rowcode_take_box(a, type, piece)) != NULL;
    }
}

Rc rowcode_decode(const RowCode *rc, Str bytes, Column *cols, int row, Arena *a, Err *err)
{
    if (bytes.len < rc->fixed_bytes)
        return short_row(rc, bytes, err);
    if (!rc->count)
        return 0; /* and `bytes` may be nothing at all */
    const uint8_t *start = (const uint8_t *)bytes.ptr;
    Str tail = {bytes.ptr + rc->fixed_bytes, bytes.len - rc->fixed_bytes};
    for (int c = 0; c < rc->count; c++) {
        Column *col = &cols[c];
        if (!col->any)
            continue;
        col->valid[row] = !rowcode_is_null(start, c);
        if (!col->valid[row])
            continue;
        int64_t slot = rowcode_get_i64(rc, start, c);
        switch (rc->reprs[c]) {
        case REPR_BOOL:
            col->b[row] = slot != 0;
            break;
        case REPR_I32:
            col->i32[row] = (int32_t)slot;
            break;
        case REPR_I64:
        case REPR_F64:
            col->i64[row] = slot;
            break;
        default:
            if (!decode_tail(rc->types[c], rc->reprs[c], tail, (uint64_t)slot, col, row, a)) {
                col->valid[row] = 0;
                return lying_row(err, c);
            }
        }
    }
    return 0;
}

bool rowcode_valid(const RowCode *rc, Str bytes)
{
    if (bytes.len < rc->fixed_bytes)
        return false;
    if (rc->fixed)
        return bytes.len == rc->fixed_bytes;
    const uint8_t *start = (const uint8_t *)bytes.ptr;
    Str tail = {bytes.ptr + rc->fixed_bytes, bytes.len - rc->fixed_bytes}, piece;
    for (int c = 0; c < rc->count; c++) {
        if (!has_tail(rc->reprs[c]) || rowcode_is_null(start, c))
            continue;
        if (!tail_piece(tail, (uint64_t)rowcode_get_i64(rc, start, c), &piece))
            return false;
        Int128 ignored;
        if (rc->reprs[c] == REPR_I128 && !rowcode_take_i128(piece, &ignored))
            return false;
    }
    return true;
}
