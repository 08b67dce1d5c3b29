/* test.h: `oxbow test`: the case format, run natively. */
#ifndef OXBOW_TEST_TEST_H
#define OXBOW_TEST_TEST_H

#include <stdbool.h>

typedef struct TestConfig {
    const char *const *paths; /* files, or folders searched for *.json and *.sql */
    int path_count;
    const char *filter; /* regular expression on ids; NULL: all */
    int batch;          /* rows a batch may hold; 0: one record at a time */
    bool json;          /* one object a line instead of text */
    int jobs;           /* cases side by side; 0: 1 */
} TestConfig;

/* Prints results; 0 when no case failed, else 1; 2 for wrong usage. */
int test_main(const TestConfig *cfg);

#endif
