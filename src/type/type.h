/* type.h: SQL types and schemas (statements.md 2.1, 4.1).
 *
 * Types and schemas are immutable values living in some arena (statement or query), or static (the
 * primitives). Compare types with type_eq, never by pointer. Any thread may read them. */
#ifndef OXBOW_TYPE_TYPE_H
#define OXBOW_TYPE_TYPE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

typedef enum TypeKind {
    TYPE_NULL, /* of the literal NULL only; never of a column */
    TYPE_BOOLEAN,
    TYPE_INTEGER,
    TYPE_BIGINT,
    TYPE_DECIMAL,
    TYPE_DOUBLE,
    TYPE_STRING,
    TYPE_BYTES,
    TYPE_DATE,      /* days since 1970-01-01 */
    TYPE_TIME,      /* ms since midnight */
    TYPE_TIMESTAMP, /* ms since 1970 UTC */
    TYPE_ARRAY,
    TYPE_MAP,
    TYPE_STRUCT,
    TYPE_KIND_COUNT
} TypeKind;

typedef struct Type Type;

typedef struct TypeField {
    Str name;
    const Type *type;
} TypeField;

struct Type {
    TypeKind kind;
    int precision, scale;    /* DECIMAL */
    const Type *key;         /* MAP */
    const Type *elem;        /* ARRAY element, MAP value */
    const TypeField *fields; /* STRUCT */
    int field_count;
};

enum { DECIMAL_NARROW_DIGITS = 38 }; /* what an Int128 holds; more digits are REPR_BOX */

/* How a value of a type lies in a Column (batch.h). One native array per column. */
typedef enum Repr {
    REPR_BOOL, /* uint8_t */
    REPR_I32,  /* INTEGER, DATE, TIME */
    REPR_I64,  /* BIGINT, TIMESTAMP */
    REPR_F64,  /* DOUBLE */
    REPR_I128, /* DECIMAL up to 38 digits, unscaled */
    REPR_STR,  /* STRING, BYTES: Str */
    REPR_BOX,  /* nested values and wider decimals: const Value* */
    REPR_COUNT
} Repr;

extern const Type type_null, type_boolean, type_integer, type_bigint, type_double, type_string,
    type_bytes, type_date, type_time, type_timestamp;

Repr type_repr(const Type *t);
size_t repr_bytes(Repr r); /* size of one value in the native array */
bool type_eq(const Type *a, const Type *b);
bool type_is_numeric(const Type *t);
/* `INTEGER`, `DECIMAL(4, 2)`, STRUCT<`A` INTEGER>: canonical spelling. */
void type_print(Buf *out, const Type *t);
const char *type_cstr(Arena *a, const Type *t);
/* A built-in name (INT, VARCHAR, ...), any case, without arguments; NULL if it is none. DECIMAL,
 * ARRAY, MAP and STRUCT are built by the parser driver with the makers below. */
const Type *type_find(Str name);
const Type *type_decimal(Arena *a, int precision, int scale);
const Type *type_array(Arena *a, const Type *elem);
const Type *type_map(Arena *a, const Type *key, const Type *value);
const Type *type_struct(Arena *a, const TypeField *fields, int count);
const Type *type_copy(Arena *a, const Type *t);

/* Role of a column. In a Schema keys come first, then values, then headers (statements.md 4.1). */
typedef enum ColumnRole { ROLE_KEY, ROLE_VALUE, ROLE_HEADER } ColumnRole;

typedef enum WindowKind { WINDOW_NONE, WINDOW_TUMBLING, WINDOW_HOPPING, WINDOW_SESSION } WindowKind;

typedef struct SchemaColumn {
    Str name; /* case as stored: folded unless it was quoted */
    const Type *type;
    ColumnRole role;
    Str header; /* of HEADER('k'); STR_NULL for HEADERS and the rest */
} SchemaColumn;

typedef struct Schema {
    SchemaColumn *columns;
    int count;         /* all columns */
    int key_count;     /* the first key_count are keys */
    WindowKind window; /* a windowed key carries window bounds besides its columns */
    int64_t window_size_ms;
} Schema;

int schema_find(const Schema *s, Str name); /* exact name; -1 when absent */
Schema *schema_copy(Arena *a, const Schema *s);
bool schema_eq(const Schema *a, const Schema *b);
/* `K` STRING KEY, `V` INTEGER */
void schema_print(Buf *out, const Schema *s);
/* A name as SQL text: bare when it reads back as itself, else in back-ticks. `always`: back-ticks.
 */
void name_print(Buf *out, Str name, bool always);
/* Words that need quoting as names (statements.md 1.3, list A), in any case. */
bool name_is_reserved(Str name);

const char *type_kind_name(TypeKind k);
const char *window_kind_name(WindowKind k);

#endif
