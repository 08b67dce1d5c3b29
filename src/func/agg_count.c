/* agg_count.c: COUNT (functions.md 5.3): how many rows have a value. COUNT(*) counts ROWTIME.
 *
 *   state  one BIGINT       undo  yes       merge  added */
#include "func/func_int.h"

static int64_t get(const AggState *s)
{
    return rowcode_get_i64(s->rc, s->row, s->first);
}

static void put(AggState *s, int64_t count)
{
    rowcode_put_i64(s->rc, s->row, s->first, count);
    rowcode_set_valid(s->row, s->first, true);
}

static void init(AggState *s)
{
    put(s, 0);
}

static Rc add(AggState *s, const Column *args, int row, Err *err)
{
    (void)err;
    if (args[0].valid[row])
        put(s, get(s) + 1);
    return 0;
}

static Rc undo(AggState *s, const Column *args, int row, Err *err)
{
    (void)err;
    if (args[0].valid[row])
        put(s, get(s) - 1);
    return 0;
}

static Rc merge(AggState *into, const AggState *from, Err *err)
{
    (void)err;
    put(into, get(into) + get(from));
    return 0;
}

static void result(const AggState *s, Column *out, int row, Arena *a)
{
    (void)a;
    out->valid[row] = 1;
    out->i64[row] = get(s);
}

static const Type *const states[] = {&type_bigint};
static const AggClass count_class = {1, states, init, add, undo, merge, result};

static const FuncOverload count_list[] = {{"(T value) BIGINT", NULL, &count_class, NULL}};

static const FuncRow rows[] = {
    {.name = "COUNT",
     .kind = FUNC_AGGREGATE,
     .category = "AGGREGATE",
     OVERLOADS(count_list),
     .help = "How many rows have a value that is not NULL; COUNT(*) counts all rows.",
     .example = "COUNT(*)"},
};

const FuncFamily family_count = FAMILY_OF(rows);
