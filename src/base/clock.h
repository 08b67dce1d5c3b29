/* clock.h: the only place that asks what time it is.
 *
 * Event time never comes from here. Safe from any thread. */
#ifndef OXBOW_BASE_CLOCK_H
#define OXBOW_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_wall_ms(void);     /* ms since 1970 UTC; fixed by clock_set_wall */
int64_t clock_monotonic_ns(void);
/* Tests and --clock: freeze the wall clock. Negative: the real one again. */
void clock_set_wall(int64_t ms);
void clock_sleep_ms(int ms);

#endif
