/* rowcode_int.h: what rowcode.c and rowcode_box.c share. */
#ifndef OXBOW_TYPE_ROWCODE_INT_H
#define OXBOW_TYPE_ROWCODE_INT_H

#include "type/value.h"

/* 16 bytes; false when they are not, or are no decimal of at most 38 digits. */
bool rowcode_take_i128(Str piece, Int128 *out);
void rowcode_put_box(Buf *out, const Value *v);
/* The value that fills `bytes` exactly, built in `a` with strings pointing into `bytes`; NULL when
 * the bytes are not one of that type. */
const Value *rowcode_take_box(Arena *a, const Type *type, Str bytes);

#endif
