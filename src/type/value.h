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
        Int128 i128; /* unscaled; DECIMAL up to 38 digits */
        Str str;     /* STRING, BYTES; a wider DECIMAL as its plain text with `scale` digits */
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
/* The value as a SQL literal or constructor that parses back to it (NaN and infinities have none
 * and print as a CAST of their name). */
void value_print_sql(Buf *out, const Value *v);
/* Fits value_eq: equal values have equal hashes. */
uint64_t value_hash(const Value *v);

/* Exact text forms shared by casts, formats and renderers. */
void text_put_i64(Buf *out, int64_t v);
/* Java's Double.toString form with the shortest digits that read back: 1.0, 0.1, 1.0E7, NaN. */
void text_put_double(Buf *out, double v);
void text_put_decimal(Buf *out, Int128 unscaled, int scale);
/* The same as BigDecimal.toString: with an exponent where the value is tiny (0E-7, 1E-7). */
void text_put_decimal_short(Buf *out, Int128 unscaled, int scale);
void text_put_date(Buf *out, int32_t days);     /* 2020-01-31 */
void text_put_time(Buf *out, int32_t ms);       /* 10:11 or 10:11:12: milliseconds are not shown */
void text_put_timestamp(Buf *out, int64_t ms);  /* 2020-01-31T10:11:12.000, UTC */
void text_put_timestamp_sql(Buf *out, int64_t ms); /* 2020-01-31 10:11:12.0, as inside containers */
void text_put_base64(Buf *out, Str bytes);      /* standard alphabet, padded */
void text_put_quoted(Buf *out, Str s);          /* 'SQL string', quotes doubled */

/* Whole text, blanks around it trimmed; false when it does not parse or does not fit. */
bool text_take_i64(Str s, int64_t *out);
bool text_take_double(Str s, double *out); /* finite ones only */
bool text_take_decimal(Str s, int precision, int scale, Int128 *out); /* rounds HALF_UP */
/* Any precision: *out is the canonical plain text of a wide DECIMAL value, in `a`. */
bool text_take_decimal_text(Arena *a, Str s, int precision, int scale, Str *out);
/* Appends the bytes; padding may be missing, anything else is false (and *out as it was). */
bool text_take_base64(Str s, Buf *out);
/* CAST from text (functions.md 2.6); nothing is trimmed. */
bool text_take_date(Str s, int32_t *days);
bool text_take_time(Str s, int32_t *ms);
bool text_take_timestamp(Str s, int64_t *ms);

#endif
