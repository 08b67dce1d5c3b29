/* func_other.c: functions that fit nowhere else (functions.md 4.13). */
#include "func/func_int.h"

static void as_value(FuncCall *c)
{
    for (int i = 0; i < c->rows; i++) {
        if (c->out->valid[i])
            column_copy_row(c->out, i, &c->args[0], i);
    }
}

static const FuncOverload as_value_list[] = {{"(T column) T", as_value, NULL, NULL}};

static const FuncRow rows[] = {
    {.name = "AS_VALUE",
     .category = "OTHER",
     OVERLOADS(as_value_list),
     .help = "A copy of a key column for the value part of a row.",
     .example = "AS_VALUE('k')",
     .result = "k"},
};

const FuncFamily family_other = FAMILY_OF(rows);
