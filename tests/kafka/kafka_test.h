/* kafka_test.h: what the tests against a broker have in common: where it is, and names of topics
 * that no other run uses. */
#ifndef OXBOW_TESTS_KAFKA_TEST_H
#define OXBOW_TESTS_KAFKA_TEST_H

#include <unistd.h>

#include "log/kafka.h"
#include "log_suite.h"

static const char *broker; /* OXBOW_TEST_BROKER */
static char run_prefix[64];

/* False, and a word to the reader, when there is no broker: the program then ends with 77. */
static bool kafka_test_init(void)
{
    broker = getenv("OXBOW_TEST_BROKER");
    if (!broker || !*broker) {
        printf("skipped: OXBOW_TEST_BROKER is not set (tests/kafka/broker.sh start)\n");
        return false;
    }
    snprintf(run_prefix, sizeof run_prefix, "t%d-%llx-", (int)getpid(),
             (unsigned long long)clock_monotonic_ns());
    return true;
}

static Log *kafka_make(void)
{
    Log *log = NULL;
    if (log_kafka_open(broker, NULL, &log, &suite_err))
        fail_msg("%s", suite_err.text);
    return log;
}

static const LogSuite kafka_suite = {
    .make = kafka_make,
    .prefix = run_prefix,
    .patience_ms = 20000,
    .big_bytes = 900000,
    .dense = true,
    .threads = true,
};

#endif
