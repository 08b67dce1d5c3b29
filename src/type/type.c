/* type.c: SQL types: how they lie in memory, how they compare, how they print.
 *
 * Owns the primitive types; every other type lives in an arena of its maker. Types of whole rows
 * are schema.c's; reading a type from SQL text is the parser's, which gets the built-in names here.
 */
#include "type/type.h"

#include "type/value.h"

#define PRIMITIVE(name, kind_of) const Type type_##name = {.kind = kind_of}
PRIMITIVE(null, TYPE_NULL);
PRIMITIVE(boolean, TYPE_BOOLEAN);
PRIMITIVE(integer, TYPE_INTEGER);
PRIMITIVE(bigint, TYPE_BIGINT);
PRIMITIVE(double, TYPE_DOUBLE);
PRIMITIVE(string, TYPE_STRING);
PRIMITIVE(bytes, TYPE_BYTES);
PRIMITIVE(date, TYPE_DATE);
PRIMITIVE(time, TYPE_TIME);
PRIMITIVE(timestamp, TYPE_TIMESTAMP);

/* One row per kind: its name, its place in a column, the static type where there is just one. */
static const struct {
    const char *name;
    Repr repr;
    const Type *primitive;
} kinds[TYPE_KIND_COUNT] = {
    [TYPE_NULL] = {"NULL", REPR_BOOL, &type_null},
    [TYPE_BOOLEAN] = {"BOOLEAN", REPR_BOOL, &type_boolean},
    [TYPE_INTEGER] = {"INTEGER", REPR_I32, &type_integer},
    [TYPE_BIGINT] = {"BIGINT", REPR_I64, &type_bigint},
    [TYPE_DECIMAL] = {"DECIMAL", REPR_I128, NULL}, /* REPR_BOX past 38 digits */
    [TYPE_DOUBLE] = {"DOUBLE", REPR_F64, &type_double},
    [TYPE_STRING] = {"STRING", REPR_STR, &type_string},
    [TYPE_BYTES] = {"BYTES", REPR_STR, &type_bytes},
    [TYPE_DATE] = {"DATE", REPR_I32, &type_date},
    [TYPE_TIME] = {"TIME", REPR_I32, &type_time},
    [TYPE_TIMESTAMP] = {"TIMESTAMP", REPR_I64, &type_timestamp},
    [TYPE_ARRAY] = {"ARRAY", REPR_BOX, NULL},
    [TYPE_MAP] = {"MAP", REPR_BOX, NULL},
    [TYPE_STRUCT] = {"STRUCT", REPR_BOX, NULL},
};

static const size_t repr_sizes[REPR_COUNT] = {
    [REPR_BOOL] = sizeof(uint8_t), [REPR_I32] = sizeof(int32_t), [REPR_I64] = sizeof(int64_t),
    [REPR_F64] = sizeof(double),   [REPR_I128] = sizeof(Int128), [REPR_STR] = sizeof(Str),
    [REPR_BOX] = sizeof(Value *),
};

Repr type_repr(const Type *t)
{
    if (t->kind == TYPE_DECIMAL && t->precision > DECIMAL_NARROW_DIGITS)
        return REPR_BOX;
    return kinds[t->kind].repr;
}

size_t repr_bytes(Repr r)
{
    return repr_sizes[r];
}

const char *type_kind_name(TypeKind k)
{
    return (unsigned)k < TYPE_KIND_COUNT ? kinds[k].name : "?";
}

bool type_is_numeric(const Type *t)
{
    return t->kind == TYPE_INTEGER || t->kind == TYPE_BIGINT || t->kind == TYPE_DECIMAL ||
           t->kind == TYPE_DOUBLE;
}

static bool fields_eq(const Type *a, const Type *b)
{
    if (a->field_count != b->field_count)
        return false;
    for (int i = 0; i < a->field_count; i++) {
        if (!str_eq(a->fields[i].name, b->fields[i].name) ||
            !type_eq(a->fields[i].type, b->fields[i].type))
            return false;
    }
    return true;
}

bool type_eq(const Type *a, const Type *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case TYPE_DECIMAL:
        return a->precision == b->precision && a->scale == b->scale;
    case TYPE_ARRAY:
        return type_eq(a->elem, b->elem);
    case TYPE_MAP:
        return type_eq(a->key, b->key) && type_eq(a->elem, b->elem);
    case TYPE_STRUCT:
        return fields_eq(a, b);
    default:
        return true;
    }
}

void type_print(Buf *out, const Type *t)
{
    buf_puts(out, kinds[t->kind].name);
    switch (t->kind) {
    case TYPE_DECIMAL:
        buf_printf(out, "(%d, %d)", t->precision, t->scale);
        break;
    case TYPE_ARRAY:
        buf_putc(out, '<');
        type_print(out, t->elem);
        buf_putc(out, '>');
        break;
    case TYPE_MAP:
        buf_putc(out, '<');
        type_print(out, t->key);
        buf_puts(out, ", ");
        type_print(out, t->elem);
        buf_putc(out, '>');
        break;
    case TYPE_STRUCT:
        buf_putc(out, '<');
        for (int i = 0; i < t->field_count; i++) {
            buf_puts(out, i ? ", " : "");
            name_print(out, t->fields[i].name, true);
            buf_putc(out, ' ');
            type_print(out, t->fields[i].type);
        }
        buf_putc(out, '>');
        break;
    default:
        break;
    }
}

const char *type_cstr(Arena *a, const Type *t)
{
    Buf b;
    buf_init(&b);
    type_print(&b, t);
    const char *text = arena_strndup(a, b.ptr, b.len);
    buf_fini(&b);
    return text;
}

/* ---- making types
 * -------------------------------------------------------------------------------- */

const Type *type_find(Str name)
{
    static const struct {
        Str name;
        const Type *type;
    } names[] = {
        {STR_LIT("BOOLEAN"), &type_boolean},     {STR_LIT("INT"), &type_integer},
        {STR_LIT("INTEGER"), &type_integer},     {STR_LIT("BIGINT"), &type_bigint},
        {STR_LIT("DOUBLE"), &type_double},       {STR_LIT("STRING"), &type_string},
        {STR_LIT("VARCHAR"), &type_string},      {STR_LIT("BYTES"), &type_bytes},
        {STR_LIT("DATE"), &type_date},           {STR_LIT("TIME"), &type_time},
        {STR_LIT("TIMESTAMP"), &type_timestamp},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (str_eq_nocase(names[i].name, name))
            return names[i].type;
    }
    return NULL;
}

const Type *type_decimal(Arena *a, int precision, int scale)
{
    Type *t = ARENA_NEW(a, Type);
    *t = (Type){.kind = TYPE_DECIMAL, .precision = precision, .scale = scale};
    return t;
}

const Type *type_array(Arena *a, const Type *elem)
{
    Type *t = ARENA_NEW(a, Type);
    *t = (Type){.kind = TYPE_ARRAY, .elem = elem};
    return t;
}

const Type *type_map(Arena *a, const Type *key, const Type *value)
{
    Type *t = ARENA_NEW(a, Type);
    *t = (Type){.kind = TYPE_MAP, .key = key, .elem = value};
    return t;
}

const Type *type_struct(Arena *a, const TypeField *fields, int count)
{
    TypeField *copy = ARENA_ARRAY(a, TypeField, count);
    if (count)
        memcpy(copy, fields, sizeof *fields * (size_t)count);
    Type *t = ARENA_NEW(a, Type);
    *t = (Type){.kind = TYPE_STRUCT, .fields = copy, .field_count = count};
    return t;
}

const Type *type_copy(Arena *a, const Type *t)
{
    if (kinds[t->kind].primitive)
        return kinds[t->kind].primitive;
    Type *copy = ARENA_NEW(a, Type);
    *copy = *t;
    copy->key = t->key ? type_copy(a, t->key) : NULL;
    copy->elem = t->elem ? type_copy(a, t->elem) : NULL;
    if (t->kind == TYPE_STRUCT) {
        TypeField *fields = ARENA_ARRAY(a, TypeField, t->field_count);
        for (int i = 0; i < t->field_count; i++)
            fields[i] =
                (TypeField){arena_str(a, t->fields[i].name), type_copy(a, t->fields[i].type)};
        copy->fields = fields;
    }
    return copy;
}
