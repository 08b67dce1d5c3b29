/* The two clocks: what judges a row, when a window closes, what survives. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "op/op.h"

static int64_t record[1 + 2 * 8];

static OpClock open_clock(int upstreams)
{
    OpClock c;
    assert_int_equal(op_clock_record_count(upstreams), 1 + 2 * upstreams);
    op_clock_open(&c, record, true, upstreams);
    return c;
}

static void test_one_upstream_is_stream_time(void **state)
{
    OpClock c = open_clock(1);
    assert_true(op_clock_close(&c) == INT64_MIN);
    assert_int_equal(op_clock_see(&c, 0, 7), 7);
    assert_int_equal(op_clock_close(&c), 7);
    assert_int_equal(op_clock_see(&c, 0, 3), 7); /* a row behind is judged by what was ahead */
    assert_int_equal(op_clock_close(&c), 7);
    assert_int_equal(op_clock_see(&c, 0, 9), 9);
    assert_int_equal(op_clock_close(&c), 9);
}

static void test_close_waits_for_the_unseen(void **state)
{
    OpClock c = open_clock(3);
    op_clock_see(&c, 0, 100);
    op_clock_see(&c, 2, 50);
    assert_true(op_clock_close(&c) == INT64_MIN);
    op_clock_idle(&c, 1); /* it says that it is empty */
    assert_int_equal(op_clock_close(&c), 50);
    assert_int_equal(op_clock_see(&c, 2, 120), 120);
    assert_int_equal(op_clock_close(&c), 100);
}

static void test_close_never_goes_back(void **state)
{
    OpClock c = open_clock(2);
    op_clock_see(&c, 0, 100);
    op_clock_idle(&c, 1);
    assert_int_equal(op_clock_close(&c), 100);
    assert_int_equal(op_clock_see(&c, 1, 10), 10); /* judged by its own time ... */
    assert_int_equal(op_clock_close(&c), 100);     /* ... but what is closed stays closed */
    op_clock_see(&c, 1, 90);
    assert_int_equal(op_clock_close(&c), 100);
    op_clock_see(&c, 1, 130);
    op_clock_see(&c, 0, 125);
    assert_int_equal(op_clock_close(&c), 125);
}

static void test_with_none_active_the_highest(void **state)
{
    OpClock c = open_clock(2);
    op_clock_idle(&c, 0);
    op_clock_idle(&c, 1);
    assert_true(op_clock_close(&c) == INT64_MIN);
    op_clock_see(&c, 0, 40);
    assert_int_equal(op_clock_close(&c), 40);
    op_clock_see(&c, 1, 60);
    op_clock_idle(&c, 1);
    assert_int_equal(op_clock_close(&c), 40);
    op_clock_idle(&c, 0);
    assert_int_equal(op_clock_close(&c), 60);
}

static void test_clocks_survive(void **state)
{
    OpClock c = open_clock(2), again;
    op_clock_see(&c, 0, 100);
    op_clock_see(&c, 1, 80);
    assert_int_equal(op_clock_close(&c), 80);
    op_clock_open(&again, record, false, 2);
    assert_int_equal(op_clock_see(&again, 0, 5), 100);
    assert_int_equal(op_clock_close(&again), 80);
}

/* The close by definition, looked for anew each time. */
static int64_t plain_close(const int64_t *carried, const int *how, int n, int64_t before)
{
    int64_t low = INT64_MAX, high = INT64_MIN;
    for (int i = 0; i < n; i++) {
        if (how[i] == 0)
            return before;
        if (how[i] == 1 && carried[i] < low)
            low = carried[i];
        if (carried[i] > high)
            high = carried[i];
    }
    int64_t now = low == INT64_MAX ? high : low;
    return now > before ? now : before;
}

static void test_random_histories(void **state)
{
    uint32_t seed = 20;
    for (int history = 0; history < 200; history++) {
        int n = 1 + history % 6, how[8] = {0};
        int64_t carried[8], close = INT64_MIN;
        OpClock c = open_clock(n);
        for (int i = 0; i < n; i++)
            carried[i] = INT64_MIN;
        for (int step = 0; step < 100; step++) {
            seed = seed * 1664525u + 1013904223u;
            int u = (int)(seed >> 16) % n;
            int64_t t = (int64_t)((seed >> 8) % 50) + step;
            if (seed % 7 == 0) {
                op_clock_idle(&c, u);
                how[u] = 2;
            } else {
                carried[u] = t > carried[u] ? t : carried[u];
                how[u] = 1;
                assert_true(op_clock_see(&c, u, t) == carried[u]);
            }
            if (seed % 3 == 0) /* the close of a moment nobody asked about is not owed */
                continue;
            close = plain_close(carried, how, n, close);
            assert_true(op_clock_close(&c) == close);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_upstream_is_stream_time),
        cmocka_unit_test(test_close_waits_for_the_unseen),
        cmocka_unit_test(test_close_never_goes_back),
        cmocka_unit_test(test_with_none_active_the_highest),
        cmocka_unit_test(test_clocks_survive),
        cmocka_unit_test(test_random_histories),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
