/* func_cond.c: functions about NULL (functions.md 4.6).
 *
 * All arguments are evaluated before these see them; what an argument that fails becomes is the
 * evaluator's affair (functions.md 1.4). */
#include "func/func_int.h"

/* COALESCE, and IFNULL, which is the same with two arguments. */
static void coalesce(FuncCall *c)
{
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        int k = 0;
        while (k < c->arg_count && !c->args[k].valid[i])
            k++;
        c->out->valid[i] = k < c->arg_count;
        if (k < c->arg_count)
            column_copy_row(c->out, i, &c->args[k], i);
    }
}

/* Equality of functions.md 1.6: by value for decimals of one type, NaN equals NaN, -0.0 is not 0.0.
 */
static bool same_value(const Column *x, const Column *y, int i)
{
    switch (type_repr(x->type)) {
    case REPR_BOOL:
        return x->b[i] == y->b[i];
    case REPR_I32:
        return x->i32[i] == y->i32[i];
    case REPR_I64:
        return x->i64[i] == y->i64[i];
    case REPR_F64:
        return order_f64(x->f64[i], y->f64[i]) == 0;
    case REPR_I128:
        return x->i128[i] == y->i128[i];
    case REPR_STR:
        return str_eq(x->str[i], y->str[i]);
    default:
        return value_eq(x->box[i], y->box[i]);
    }
}

static void nullif(FuncCall *c)
{
    const Column *x = &c->args[0], *y = &c->args[1];
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        c->out->valid[i] = x->valid[i] && !(y->valid[i] && same_value(x, y, i));
        if (c->out->valid[i])
            column_copy_row(c->out, i, x, i);
    }
}

static const FuncOverload coalesce_list[] = {{"(T first, T... more) T", coalesce, NULL, NULL}};
static const FuncOverload ifnull_list[] = {{"(T value, T instead) T", coalesce, NULL, NULL}};
static const FuncOverload nullif_list[] = {{"(T value, T unwanted) T", nullif, NULL, NULL}};

static const FuncRow rows[] = {
    {.name = "COALESCE",
     .category = "CONDITIONAL",
     .null_args = true,
     OVERLOADS(coalesce_list),
     .help = "The first argument that is not NULL.",
     .example = "COALESCE(NULL, 'bank', 'bed')",
     .result = "bank"},
    {.name = "IFNULL",
     .category = "CONDITIONAL",
     .null_args = true,
     OVERLOADS(ifnull_list),
     .help = "The value, or the second argument where the value is NULL.",
     .example = "IFNULL(CAST(NULL AS INTEGER), 7)",
     .result = "7"},
    {.name = "NULLIF",
     .category = "CONDITIONAL",
     .null_args = true,
     OVERLOADS(nullif_list),
     .help = "NULL where the value equals the second argument, else the value.",
     .example = "NULLIF('n/a', 'n/a')",
     .result = "null"},
};

const FuncFamily family_cond = FAMILY_OF(rows);
