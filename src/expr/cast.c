/* cast.c: which casts exist (statements.md 2.7, functions.md 2.1), and casts of single values.
 *
 * One table row per pair of types, its kernel a loop over a column; nested types are cast element
 * by element through single values. Kernels: cast_number.c and cast_text.c. */
#include "expr/expr_int.h"

typedef struct CastRow {
    TypeKind from, to;
    FuncKernel *kernel;
} CastRow;

static const CastRow cast_table[] = {
    {TYPE_BOOLEAN, TYPE_STRING, cast_any_text},
    {TYPE_INTEGER, TYPE_BIGINT, cast_i32_i64},
    {TYPE_INTEGER, TYPE_DOUBLE, cast_i32_f64},
    {TYPE_INTEGER, TYPE_DECIMAL, cast_i32_dec},
    {TYPE_INTEGER, TYPE_STRING, cast_any_text},
    {TYPE_BIGINT, TYPE_INTEGER, cast_i64_i32},
    {TYPE_BIGINT, TYPE_DOUBLE, cast_i64_f64},
    {TYPE_BIGINT, TYPE_DECIMAL, cast_i64_dec},
    {TYPE_BIGINT, TYPE_STRING, cast_any_text},
    {TYPE_DOUBLE, TYPE_INTEGER, cast_f64_i32},
    {TYPE_DOUBLE, TYPE_BIGINT, cast_f64_i64},
    {TYPE_DOUBLE, TYPE_DECIMAL, cast_f64_dec},
    {TYPE_DOUBLE, TYPE_STRING, cast_any_text},
    {TYPE_DECIMAL, TYPE_INTEGER, cast_dec_i32},
    {TYPE_DECIMAL, TYPE_BIGINT, cast_dec_i64},
    {TYPE_DECIMAL, TYPE_DOUBLE, cast_dec_f64},
    {TYPE_DECIMAL, TYPE_DECIMAL, cast_dec_dec},
    {TYPE_DECIMAL, TYPE_STRING, cast_any_text},
    {TYPE_STRING, TYPE_BOOLEAN, cast_text_bool},
    {TYPE_STRING, TYPE_INTEGER, cast_text_i32},
    {TYPE_STRING, TYPE_BIGINT, cast_text_i64},
    {TYPE_STRING, TYPE_DOUBLE, cast_text_f64},
    {TYPE_STRING, TYPE_DECIMAL, cast_text_dec},
    {TYPE_STRING, TYPE_BYTES, cast_text_bytes},
    {TYPE_STRING, TYPE_DATE, cast_text_date},
    {TYPE_STRING, TYPE_TIME, cast_text_time},
    {TYPE_STRING, TYPE_TIMESTAMP, cast_text_timestamp},
    {TYPE_DATE, TYPE_STRING, cast_any_text},
    {TYPE_DATE, TYPE_TIMESTAMP, cast_date_timestamp},
    {TYPE_TIME, TYPE_STRING, cast_any_text},
    {TYPE_TIMESTAMP, TYPE_STRING, cast_any_text},
    {TYPE_TIMESTAMP, TYPE_DATE, cast_timestamp_date},
    {TYPE_TIMESTAMP, TYPE_TIME, cast_timestamp_time},
    {TYPE_ARRAY, TYPE_STRING, cast_any_text},
    {TYPE_MAP, TYPE_STRING, cast_any_text},
    {TYPE_STRUCT, TYPE_STRING, cast_any_text},
};

static FuncKernel *find_row(TypeKind from, TypeKind to)
{
    for (size_t i = 0; i < sizeof cast_table / sizeof cast_table[0]; i++) {
        if (cast_table[i].from == from && cast_table[i].to == to)
            return cast_table[i].kernel;
    }
    return NULL;
}

static const TypeField *find_field(const Type *t, Str name)
{
    for (int i = 0; i < t->field_count; i++) {
        if (str_eq(t->fields[i].name, name))
            return &t->fields[i];
    }
    return NULL;
}

/* Fields of both sides are cast; the others are dropped, or NULL. */
static bool fields_allowed(const Type *from, const Type *to)
{
    for (int i = 0; i < to->field_count; i++) {
        const TypeField *f = find_field(from, to->fields[i].name);
        if (f && !cast_allowed(f->type, to->fields[i].type))
            return false;
    }
    return true;
}

bool cast_allowed(const Type *from, const Type *to)
{
    if (from->kind == TYPE_NULL || type_eq(from, to))
        return true;
    if (from->kind == to->kind) {
        switch (to->kind) {
        case TYPE_ARRAY:
            return cast_allowed(from->elem, to->elem);
        case TYPE_MAP:
            return cast_allowed(from->key, to->key) && cast_allowed(from->elem, to->elem);
        case TYPE_STRUCT:
            return fields_allowed(from, to);
        default:
            break;
        }
    }
    return find_row(from->kind, to->kind) != NULL;
}

/* Does a decimal of more than 38 digits stand anywhere inside? */
static bool has_wide_decimal(const Type *t)
{
    bool wide = !expr_decimal_is_narrow(t);
    if (t->key)
        wide = wide || has_wide_decimal(t->key);
    if (t->elem)
        wide = wide || has_wide_decimal(t->elem);
    for (int i = 0; i < t->field_count; i++)
        wide = wide || has_wide_decimal(t->fields[i].type);
    return wide;
}

FuncKernel *cast_kernel(const Type *from, const Type *to)
{
    if (from->kind == TYPE_NULL || to->kind == TYPE_NULL || !cast_allowed(from, to))
        return NULL;
    if (type_eq(from, to))
        return cast_same;
    if (to->kind == TYPE_STRING && from->kind != TYPE_STRING)
        return cast_any_text; /* prints decimals of any size */
    if (has_wide_decimal(from) || has_wide_decimal(to))
        return NULL;
    FuncKernel *kernel = find_row(from->kind, to->kind);
    return kernel ? kernel : cast_nested;
}

bool cast_is_widening(const Type *from, const Type *to)
{
    static const int8_t rank[TYPE_KIND_COUNT] = {
        [TYPE_INTEGER] = 1, [TYPE_BIGINT] = 2, [TYPE_DOUBLE] = 3};
    return rank[from->kind] && rank[from->kind] < rank[to->kind];
}

void cast_same(FuncCall *c)
{
    for (int i = 0; i < c->rows; i++) {
        if (c->out->valid[i])
            column_copy_row(c->out, i, &c->args[0], i);
    }
}

void cast_nested(FuncCall *c)
{
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        Value v = column_value(&c->args[0], i, c->arena);
        Value *to = ARENA_NEW(c->arena, Value); /* a boxed column keeps the value where it is */
        if (value_cast(c->arena, &v, c->out->type, to, NULL))
            func_fail(c, i);
        else
            column_set_value(c->out, i, to);
    }
}

/* ---- single values --------------------------------------------------------------------------- */

static Rc cast_items(Arena *a, const Value *v, const Type *to, Value *out, Err *err)
{
    uint32_t step = to->kind == TYPE_MAP ? 2 : 1, n = v->list.count * step;
    *out = (Value){.type = to};
    out->list.count = v->list.count;
    out->list.items = ARENA_ARRAY(a, Value, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        const Type *want = step == 2 && i % 2 == 0 ? to->key : to->elem;
        Rc rc = value_cast(a, &v->list.items[i], want, &out->list.items[i], err);
        if (rc)
            return rc;
    }
    return 0;
}

static Rc cast_fields(Arena *a, const Value *v, const Type *to, Value *out, Err *err)
{
    *out = (Value){.type = to};
    out->list.count = (uint32_t)to->field_count;
    out->list.items = ARENA_ARRAY(a, Value, to->field_count + 1);
    for (int i = 0; i < to->field_count; i++) {
        const TypeField *f = find_field(v->type, to->fields[i].name);
        out->list.items[i] = value_null(to->fields[i].type);
        if (!f)
            continue;
        Rc rc = value_cast(a, &v->list.items[f - v->type->fields], to->fields[i].type,
                           &out->list.items[i], err);
        if (rc)
            return rc;
    }
    return 0;
}

static Rc refuse(const Value *v, const Type *to, Err *err)
{
    Buf text;
    buf_init(&text);
    buf_puts(&text, "Cannot cast ");
    value_print_sql(&text, v);
    buf_puts(&text, " to ");
    type_print(&text, to);
    Rc rc = err_set(err, ERR_KIND_DATA, ERR_EVAL, "%s", buf_cstr(&text));
    buf_fini(&text);
    return rc;
}

/* Through the column kernel, with a column of one row. */
static Rc cast_one(Arena *a, const Value *v, const Type *to, FuncKernel *kernel, Value *out,
                   Err *err)
{
    Column from, result;
    column_init(&from, a, v->type, 1);
    column_init(&result, a, to, 1);
    column_set_value(&from, 0, v);
    result.valid[0] = 1;
    uint8_t failed = 0;
    FuncCall call = {&from, 1, &result, &failed, 1, a, NULL};
    kernel(&call);
    if (failed)
        return refuse(v, to, err);
    *out = column_value(&result, 0, a);
    return 0;
}

Rc value_cast(Arena *a, const Value *v, const Type *to, Value *out, Err *err)
{
    if (v->is_null || v->type->kind == TYPE_NULL) {
        *out = value_null(to);
        return 0;
    }
    if (type_eq(v->type, to)) {
        *out = *v;
        return 0;
    }
    FuncKernel *kernel = cast_kernel(v->type, to);
    if (!kernel)
        return refuse(v, to, err);
    if (kernel != cast_nested)
        return cast_one(a, v, to, kernel, out, err);
    return to->kind == TYPE_STRUCT ? cast_fields(a, v, to, out, err)
                                   : cast_items(a, v, to, out, err);
}
