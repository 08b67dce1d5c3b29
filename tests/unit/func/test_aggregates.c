/* Aggregates: add, undo, merge and result over states that live in a store row. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <math.h>

#include "func/func.h"

enum { VALUES_MAX = 8 };

/* One aggregate over one column; its state lies behind another column of the row. */
typedef struct Rig {
    Arena arena;
    const AggClass *agg;
    RowCode *rc;
    Column in, out;
    uint8_t row[256], other[256];
    AggState s, t;
    Err err;
} Rig;

static void rig_open(Rig *r, const char *name, const Type *arg)
{
    *r = (Rig){.err = ERR_INIT};
    arena_init(&r->arena, 0);
    FuncMatch m;
    const FuncRow *f = func_find(str_of(name));
    if (func_resolve(&r->arena, f, str_of(name), &arg, 1, &m, &r->err))
        fail_msg("%s", r->err.text);
    r->agg = m.overload->agg;
    const Type *types[4] = {&type_boolean}; /* somebody else's column */
    for (int i = 0; i < r->agg->state_count; i++)
        types[i + 1] = r->agg->state_types[i] ? r->agg->state_types[i] : arg;
    r->rc = rowcode_new(&r->arena, types, r->agg->state_count + 1);
    assert_true(r->rc->fixed);
    assert_true(r->rc->fixed_bytes <= sizeof r->row);
    column_init(&r->in, &r->arena, arg, VALUES_MAX);
    column_init(&r->out, &r->arena, m.result, 1);
    r->s = (AggState){r->rc, r->row, 1};
    r->t = (AggState){r->rc, r->other, 1};
    r->agg->init(&r->s);
    r->agg->init(&r->t);
}

static void rig_close(Rig *r)
{
    arena_fini(&r->arena);
}

static void set_i(Rig *r, int i, int64_t v)
{
    r->in.valid[i] = 1;
    switch (type_repr(r->in.type)) {
    case REPR_I32:
        r->in.i32[i] = (int32_t)v;
        break;
    case REPR_I64:
        r->in.i64[i] = v;
        break;
    case REPR_F64:
        r->in.f64[i] = (double)v;
        break;
    default:
        r->in.i128[i] = v;
    }
}

static void add(Rig *r, AggState *s, int64_t v)
{
    set_i(r, 0, v);
    assert_int_equal(r->agg->add(s, &r->in, 0, &r->err), 0);
}

static void add_null(Rig *r, AggState *s)
{
    r->in.valid[1] = 0;
    assert_int_equal(r->agg->add(s, &r->in, 1, &r->err), 0);
}

static void undo(Rig *r, AggState *s, int64_t v)
{
    set_i(r, 0, v);
    assert_int_equal(r->agg->undo(s, &r->in, 0, &r->err), 0);
}

static void is(Rig *r, AggState *s, const char *want)
{
    r->agg->result(s, &r->out, 0, &r->arena);
    Value v = column_value(&r->out, 0, &r->arena);
    Buf text;
    buf_init(&text);
    value_print(&text, &v);
    assert_string_equal(buf_cstr(&text), want);
    buf_fini(&text);
}

static void count(void **state)
{
    (void)state;
    Rig r;
    rig_open(&r, "COUNT", &type_integer);
    is(&r, &r.s, "0");
    add(&r, &r.s, 5);
    add(&r, &r.s, 5);
    add_null(&r, &r.s);
    is(&r, &r.s, "2");
    undo(&r, &r.s, 5);
    is(&r, &r.s, "1");
    add(&r, &r.t, 1);
    assert_int_equal(r.agg->merge(&r.s, &r.t, &r.err), 0);
    is(&r, &r.s, "2");
    rig_close(&r);
}

static void sum_of_integers_wraps(void **state)
{
    (void)state;
    Rig r;
    rig_open(&r, "SUM", &type_integer);
    is(&r, &r.s, "0");
    add(&r, &r.s, INT32_MAX);
    add_null(&r, &r.s);
    add(&r, &r.s, 1);
    is(&r, &r.s, "-2147483648");
    undo(&r, &r.s, 1);
    is(&r, &r.s, "2147483647");
    add(&r, &r.t, 2);
    assert_int_equal(r.agg->merge(&r.s, &r.t, &r.err), 0);
    is(&r, &r.s, "-2147483647");
    rig_close(&r);
    rig_open(&r, "SUM", &type_bigint);
    add(&r, &r.s, INT64_MAX);
    add(&r, &r.s, 1);
    is(&r, &r.s, "-9223372036854775808");
    undo(&r, &r.s, INT64_MIN);
    is(&r, &r.s, "0");
    rig_close(&r);
}

static void sum_of_doubles(void **state)
{
    (void)state;
    Rig r;
    rig_open(&r, "SUM", &type_double);
    is(&r, &r.s, "0.0");
    add(&r, &r.s, 3);
    add(&r, &r.s, 4);
    undo(&r, &r.s, 3);
    is(&r, &r.s, "4.0");
    rig_close(&r);
}

static void sum_of_decimals_ends_the_query_when_it_overflows(void **state)
{
    (void)state;
    Rig r;
    Arena a;
    arena_init(&a, 0);
    rig_open(&r, "SUM", type_decimal(&a, 3, 1));
    is(&r, &r.s, "0.0");
    add(&r, &r.s, 508);
    add(&r, &r.s, -1);
    is(&r, &r.s, "50.7");
    set_i(&r, 0, 493);
    assert_int_equal(r.agg->add(&r.s, &r.in, 0, &r.err), ERR_RUNTIME);
    assert_int_equal(r.err.kind, ERR_KIND_FATAL);
    assert_string_equal(
        r.err.text, "Numeric field overflow: SUM needs more than the 3 digits of DECIMAL(3, 1). "
                    "Cast the argument to a DECIMAL with more digits.");
    is(&r, &r.s, "50.7");
    add(&r, &r.t, 1);
    assert_int_equal(r.agg->merge(&r.s, &r.t, &r.err), 0);
    is(&r, &r.s, "50.8");
    rig_close(&r);
    arena_fini(&a);
}

static void average(void **state)
{
    (void)state;
    Rig r;
    rig_open(&r, "AVG", &type_integer);
    is(&r, &r.s, "0.0");
    add(&r, &r.s, 1);
    add(&r, &r.s, 2);
    add_null(&r, &r.s);
    is(&r, &r.s, "1.5");
    add(&r, &r.t, 6);
    assert_int_equal(r.agg->merge(&r.s, &r.t, &r.err), 0);
    is(&r, &r.s, "3.0");
    undo(&r, &r.s, 1);
    undo(&r, &r.s, 2);
    undo(&r, &r.s, 6);
    is(&r, &r.s, "0.0");
    add(&r, &r.s, INT32_MAX); /* the sum wraps at 32 bits */
    add(&r, &r.s, 1);
    is(&r, &r.s, "-1.073741824E9");
    rig_close(&r);
    rig_open(&r, "AVG", &type_double);
    add(&r, &r.s, 1);
    add(&r, &r.s, 4);
    is(&r, &r.s, "2.5");
    rig_close(&r);
}

static void extremes(void **state)
{
    (void)state;
    const Type *types[] = {&type_integer, &type_bigint, &type_date, &type_time, &type_timestamp};
    for (int i = 0; i < 5; i++) {
        Rig r;
        rig_open(&r, "MAX", types[i]);
        assert_null(r.agg->undo);
        is(&r, &r.s, "null");
        add_null(&r, &r.s);
        is(&r, &r.s, "null");
        add(&r, &r.s, 1);
        add(&r, &r.s, 3);
        add(&r, &r.s, 2);
        assert_int_equal(rowcode_get_i64(r.rc, r.row, 1), 3);
        assert_int_equal(r.agg->merge(&r.t, &r.s, &r.err), 0);
        assert_int_equal(rowcode_get_i64(r.rc, r.other, 1), 3);
        rig_close(&r);
        rig_open(&r, "MIN", types[i]);
        add(&r, &r.s, 3);
        add(&r, &r.s, -2);
        assert_int_equal(rowcode_get_i64(r.rc, r.row, 1), -2);
        assert_int_equal(r.agg->merge(&r.s, &r.t, &r.err), 0); /* an empty side changes nothing */
        assert_int_equal(rowcode_get_i64(r.rc, r.row, 1), -2);
        rig_close(&r);
    }
}

static void extremes_of_doubles_and_decimals(void **state)
{
    (void)state;
    Rig r;
    rig_open(&r, "MAX", &type_double);
    r.in.valid[0] = 1;
    const double values[] = {-0.0, 0.0, -5, NAN, 7};
    for (int i = 0; i < 5; i++) {
        r.in.f64[0] = values[i];
        assert_int_equal(r.agg->add(&r.s, &r.in, 0, &r.err), 0);
        if (i == 1)
            is(&r, &r.s, "0.0");
    }
    is(&r, &r.s, "NaN"); /* above all others */
    rig_close(&r);
    Arena a;
    arena_init(&a, 0);
    rig_open(&r, "MIN", type_decimal(&a, 38, 2));
    r.in.valid[0] = 1;
    r.in.i128[0] = -((Int128)1 << 100);
    assert_int_equal(r.agg->add(&r.s, &r.in, 0, &r.err), 0);
    add(&r, &r.s, 5);
    is(&r, &r.s, "-12676506002282294014967032053.76");
    rig_close(&r);
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(count),
        cmocka_unit_test(sum_of_integers_wraps),
        cmocka_unit_test(sum_of_doubles),
        cmocka_unit_test(sum_of_decimals_ends_the_query_when_it_overflows),
        cmocka_unit_test(average),
        cmocka_unit_test(extremes),
        cmocka_unit_test(extremes_of_doubles_and_decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
