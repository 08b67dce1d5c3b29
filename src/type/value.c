/* value.c: single values: equality, hash, copies.
 *
 * Owns nothing: values live in the arena of whoever makes them. Their text is value_print.c's. */
#include "type/value.h"

#include <math.h>

#include "base/mem.h"

Value value_null(const Type *t)
{
    return (Value){.type = t, .is_null = true};
}

static uint32_t item_count(const Value *v)
{
    return v->type->kind == TYPE_MAP ? 2 * v->list.count : v->list.count;
}

static bool is_wide(const Type *t)
{
    return t->kind == TYPE_DECIMAL && type_repr(t) == REPR_BOX;
}

/* Bits, so that 0.0 and -0.0 differ (functions.md 1.6), with one NaN. */
static uint64_t double_bits(double v)
{
    uint64_t bits;
    if (isnan(v))
        return 0x7FF8000000000000u;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

/* ---- hash
 * ---------------------------------------------------------------------------------------- */

static uint64_t hash_bytes(const void *p, size_t n)
{
    return str_hash(str_make(p, n));
}

/* Order counts in arrays and structs; in maps the pairs are summed, for their order is none. */
static uint64_t hash_list(const Value *v)
{
    uint64_t h = v->list.count;
    for (uint32_t i = 0; i < item_count(v); i++) {
        uint64_t item[2] = {value_hash(&v->list.items[i]), 0};
        if (v->type->kind == TYPE_MAP) {
            item[1] = value_hash(&v->list.items[++i]);
            h += hash_bytes(item, sizeof item);
        } else {
            item[1] = h;
            h = hash_bytes(item, sizeof item);
        }
    }
    return h;
}

uint64_t value_hash(const Value *v)
{
    if (v->is_null)
        return 0x6e756c6cu;
    uint64_t bits;
    switch (type_repr(v->type)) {
    case REPR_BOOL:
        return hash_bytes(&v->b, sizeof v->b);
    case REPR_I32:
        return hash_bytes(&v->i32, sizeof v->i32);
    case REPR_I64:
        return hash_bytes(&v->i64, sizeof v->i64);
    case REPR_F64:
        bits = double_bits(v->f64);
        return hash_bytes(&bits, sizeof bits);
    case REPR_I128:
        return hash_bytes(&v->i128, sizeof v->i128);
    case REPR_STR:
        return str_hash(v->str);
    default:
        return is_wide(v->type) ? str_hash(v->str) : hash_list(v);
    }
}

/* ---- equality
 * ------------------------------------------------------------------------------------ */

static bool pair_eq(const Value *a, const Value *b)
{
    return value_eq(&a[0], &b[0]) && value_eq(&a[1], &b[1]);
}

/* Maps whose pairs stand in different orders: b's keys go into a table of twice their number, and
 * a's are looked up. (Trying every pair would let one record of many keys cost seconds.) */
static bool map_eq_unordered(const Value *a, const Value *b)
{
    uint32_t slots = 4;
    while (slots < 2 * b->list.count)
        slots *= 2;
    uint32_t *table = mem_zalloc(sizeof *table * slots);
    for (uint32_t i = 0; i < b->list.count; i++) {
        uint32_t at = (uint32_t)value_hash(&b->list.items[2 * i]) & (slots - 1);
        while (table[at])
            at = (at + 1) & (slots - 1);
        table[at] = i + 1;
    }
    bool equal = true;
    for (uint32_t i = 0; equal && i < a->list.count; i++) {
        uint32_t at = (uint32_t)value_hash(&a->list.items[2 * i]) & (slots - 1);
        while (table[at] && !pair_eq(&a->list.items[2 * i], &b->list.items[2 * (table[at] - 1)]))
            at = (at + 1) & (slots - 1);
        equal = table[at] != 0;
    }
    mem_free(table);
    return equal;
}

static bool list_eq(const Value *a, const Value *b)
{
    if (a->list.count != b->list.count)
        return false;
    for (uint32_t i = 0; i < item_count(a); i++) {
        if (!value_eq(&a->list.items[i], &b->list.items[i]))
            return a->type->kind == TYPE_MAP && map_eq_unordered(a, b);
    }
    return true;
}

bool value_eq(const Value *a, const Value *b)
{
    if (a->is_null || b->is_null)
        return a->is_null && b->is_null;
    switch (type_repr(a->type)) {
    case REPR_BOOL:
        return a->b == b->b;
    case REPR_I32:
        return a->i32 == b->i32;
    case REPR_I64:
        return a->i64 == b->i64;
    case REPR_F64:
        return double_bits(a->f64) == double_bits(b->f64);
    case REPR_I128:
        return a->i128 == b->i128;
    case REPR_STR:
        return str_eq(a->str, b->str);
    default:
        return is_wide(a->type) ? str_eq(a->str, b->str) : list_eq(a, b);
    }
}

/* ---- copies
 * -------------------------------------------------------------------------------------- */

static void copy_into(Arena *a, Value *to, const Value *v)
{
    *to = *v;
    if (v->is_null)
        return;
    Repr repr = type_repr(v->type);
    if (repr == REPR_STR || is_wide(v->type)) {
        to->str = arena_str(a, v->str);
    } else if (repr == REPR_BOX) {
        to->list.items = ARENA_ARRAY(a, Value, item_count(v));
        for (uint32_t i = 0; i < item_count(v); i++)
            copy_into(a, &to->list.items[i], &v->list.items[i]);
    }
}

Value value_copy(Arena *a, const Value *v)
{
    Value copy;
    copy_into(a, &copy, v);
    return copy;
}
