/* fuzz.h: what a fuzz target and its driver know of each other.
 *
 * A target defines both; libFuzzer uses the first alone, driver.c both. */
#ifndef OXBOW_TESTS_FUZZ_FUZZ_H
#define OXBOW_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern const char *const fuzz_seeds[]; /* NULL-terminated texts to start from */

/* Like assert, in every build: a broken invariant must end the process. */
#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition))                                                                          \
            __builtin_trap();                                                                      \
    } while (0)

#endif
