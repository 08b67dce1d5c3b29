/* value.h: one SQL value by itself: constants, INSERT VALUES, nested values, rendering, tests.
 *
 * Values are immutable and live in an arena together with what they point to. The hot path uses
 * columns (batch.h), not values. */
#ifndef OXBOW_TYPE_VALUE_H
#define OXBOW_TYPE_VALUE_H

#include "type/type.h"

typedef __int128 Int128;

typedef struct Value Value;

struct Value {
    const Type *type; /* TYPE_NULL for the untyped NULL */
    bool is_null;
    union {
        bool b;
        int32_t i32;
        int64_t i64;
        double f64;
        Int128 i128; /* unscaled */
        Str str;
        struct {
            Value *items; /* ARRAY elements; STRUCT fields in order; MAP key, value, key, value */
            uint32_t count; /* elements, fields, or pairs */
        } list;
    };
};

Value value_null(const Type *t);
bool value_eq(const Value *a, const Value *b); /* same type; NULL equals NULL */
Value value_copy(Arena *a, const Value *v);

/* Text of CAST(v AS STRING): `10.0`, `[1, 2]`, `2020-01-01T00:00:00.000` (functions.md 2). NULL
 * prints as `null`. */
void value_print(Buf *out, const Value *v);
/* The value as a SQL literal or constructor that parses back to it. */
void value_print_sql(Buf *out, const Value *v);

/* Exact text forms shared by casts, formats and renderers. */
void text_put_i64(Buf *out, int64_t v);
/* Java's Double.toString form with the shortest digits that read back: 1.0, 0.1, 1.0E7, NaN. */
void text_put_double(Buf *out, double v);
void text_put_decimal(Buf *out, Int128 unscaled, int scale);
/* Whole text, blanks around it trimmed; false when it does not parse or does not fit. */
bool text_take_i64(Str s, int64_t *out);
bool text_take_double(Str s, double *out);
bool text_take_decimal(Str s, int precision, int scale, Int128 *out); /* rounds HALF_UP */

#endif
