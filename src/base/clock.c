/* clock.c: the only place that asks what time it is.
 *
 * Owns the frozen wall clock of tests and --clock. Event time never comes from here. */
#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t frozen_ms = -1;

static int64_t now_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t clock_wall_ms(void)
{
    int64_t ms = atomic_load_explicit(&frozen_ms, memory_order_relaxed);
    return ms >= 0 ? ms : now_ns(CLOCK_REALTIME) / 1000000;
}

int64_t clock_monotonic_ns(void)
{
    return now_ns(CLOCK_MONOTONIC);
}

void clock_set_wall(int64_t ms)
{
    atomic_store_explicit(&frozen_ms, ms >= 0 ? ms : -1, memory_order_relaxed);
}

/* A signal ends the sleep early, so that whoever waits can look at its cancel flag. */
void clock_sleep_ms(int ms)
{
    if (ms <= 0)
        return;
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}
