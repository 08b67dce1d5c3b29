/* test_log.c: the Kafka log against a real broker: the suite of all logs, and what is its own:
 * settings, clusters that are not there, fencing, end offsets behind open transactions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kafka_test.h"

static void nobody_there(void **state)
{
    Log *log;
    int64_t start = clock_monotonic_ns();
    assert_int_equal(log_kafka_open("127.0.0.1:1", NULL, &log, &suite_err), ERR_IO);
    assert_true(clock_monotonic_ns() - start < 6 * INT64_C(1000000000));
    assert_string_equal(
        suite_err.text,
        "cannot reach Kafka at 127.0.0.1:1 while connecting: 127.0.0.1:1/bootstrap: "
        "Connect to ipv4#127.0.0.1:1 failed: Connection refused; check -b, and that "
        "a broker runs there");
}

static void settings_that_are_refused(void **state)
{
    static const char *const ours[] = {"isolation.level", "read_uncommitted", NULL};
    static const char *const unknown[] = {"no.such.thing", "hush", NULL};
    static const char *const wrong[] = {"security.protocol", "hush", NULL};
    Log *log;
    assert_int_equal(log_kafka_open(broker, ours, &log, &suite_err), ERR_USAGE);
    assert_string_equal(suite_err.text,
                        "the setting 'isolation.level' is not yours to change: oxbow's guarantees "
                        "rest on it; remove it from the configuration file");
    assert_int_equal(log_kafka_open(broker, unknown, &log, &suite_err), ERR_USAGE);
    assert_non_null(strstr(suite_err.text, "knows no setting 'no.such.thing'"));
    assert_null(strstr(suite_err.text, "hush"));
    assert_int_equal(log_kafka_open(broker, wrong, &log, &suite_err), ERR_USAGE);
    assert_string_equal(suite_err.text,
                        "librdkafka does not accept the value of the setting 'security.protocol'");
}

static void user_settings_are_used(void **state)
{
    static const char *const conf[] = {"client.id", "mine", "linger.ms", "1", NULL};
    SuiteState *s = *state;
    s->log->cls->close(s->log);
    OK(log_kafka_open(broker, conf, &s->log, &suite_err));
    Str topic = suite_topic(s, "settings", 1);
    suite_append(s, suite_numbers(s, topic, 0, 0, 10), 10);
}

static void time_zero_is_refused(void **state)
{
    SuiteState *s = *state;
    Str topic = suite_topic(s, "zero", 1);
    LogAppend r = suite_record(topic, 0, "k", "v", 0);
    assert_int_equal(s->log->cls->append(s->log, &r, 1, &suite_err), ERR_LIMIT);
    assert_string_equal(suite_err.text,
                        arena_printf(&s->arena,
                                     "a record for topic '%s' has the time 0; through librdkafka "
                                     "only times after 1970-01-01T00:00:00.000Z can be written to "
                                     "Kafka",
                                     topic.ptr));
}

static void too_big_for_the_broker(void **state)
{
    SuiteState *s = *state;
    Str topic = suite_topic(s, "toobig", 1);
    LogAppend r = suite_record(topic, 0, "k", NULL, 1);
    r.value = str_make(arena_zalloc(&s->arena, 3 << 20), 3 << 20);
    assert_int_equal(s->log->cls->append(s->log, &r, 1, &suite_err), ERR_LIMIT);
    assert_non_null(strstr(suite_err.text, "raise max.message.bytes of the topic"));
    r.value.len = 3;
    suite_append(s, &r, 1);
}

/* Somebody with the same id takes over: what the first has not committed is gone. */
static void second_producer_fences_the_first(void **state)
{
    SuiteState *s = *state;
    Str topic = suite_topic(s, "fence", 1);
    LogTxn *first = suite_txn(s, "fenced");
    suite_begin(first);
    OK(first->cls->txn_append(first, suite_numbers(s, topic, 0, 0, 5), 5, &suite_err));
    LogTxn *second = suite_txn(s, "fenced");
    LogOutcome outcome = first->cls->txn_commit(first, &suite_err);
    assert_int_equal(outcome, LOG_FENCED);
    assert_int_equal(suite_err.code, ERR_FENCED);
    assert_int_equal(first->cls->txn_begin(first, NULL, &suite_err), ERR_IO);
    assert_int_equal(suite_err.kind, ERR_KIND_ABORT);
    suite_begin(second);
    OK(second->cls->txn_append(second, suite_numbers(s, topic, 0, 5, 5), 5, &suite_err));
    suite_commit(second);
    LogReader *r = suite_reader(s, topic, 0, 0);
    LogRecord *out = suite_read(s, r, 5, 100);
    assert_int_equal(suite_number(&out[0]), 5);
    suite_at_end(s, r);
    r->cls->reader_close(r);
    first->cls->txn_close(first);
    second->cls->txn_close(second);
}

/* The committed end stands still before an open transaction; the end of a restore does not. */
static void ends_of_an_open_transaction(void **state)
{
    SuiteState *s = *state;
    Str topic = suite_topic(s, "ends", 1);
    int64_t low, high, end, start = clock_monotonic_ns();
    suite_append(s, suite_numbers(s, topic, 0, 0, 3), 3);
    LogTxn *t = suite_txn(s, "ends");
    suite_begin(t);
    OK(t->cls->txn_append(t, suite_numbers(s, topic, 0, 3, 4), 4, &suite_err));
    do { /* the records leave by themselves */
        OK(kafka_end_offset(s->log, topic, 0, &end, &suite_err));
        assert_false(suite_late(start));
    } while (end < 7);
    OK(s->log->cls->watermarks(s->log, topic, 0, &low, &high, &suite_err));
    assert_int_equal(high, 3);
    LogReader *r = suite_reader(s, topic, 0, 0);
    suite_read(s, r, 3, 100);
    suite_at_end(s, r);
    suite_commit(t);
    suite_read(s, r, 4, 100);
    suite_at_end(s, r);
    r->cls->reader_close(r);
    t->cls->txn_close(t);
}

static void many_readers_share_handles(void **state)
{
    enum { PARTS = 6 };
    SuiteState *s = *state;
    Str topic = suite_topic(s, "many", PARTS);
    LogReader *r[2 * PARTS];
    for (int p = 0; p < PARTS; p++)
        suite_append(s, suite_numbers(s, topic, p, 100 * p, 50), 50);
    for (int i = 0; i < 2 * PARTS; i++)
        r[i] = suite_reader(s, topic, i % PARTS, i < PARTS ? 0 : 20);
    for (int i = 0; i < 2 * PARTS; i++) {
        int skipped = i < PARTS ? 0 : 20;
        LogRecord *out = suite_read(s, r[i], 50 - skipped, 7);
        assert_int_equal(suite_number(&out[0]), 100 * (i % PARTS) + skipped);
        suite_at_end(s, r[i]);
    }
    for (int i = 0; i < 2 * PARTS; i++)
        r[i]->cls->reader_close(r[i]);
}

int main(void)
{
    if (!kafka_test_init())
        return 77;
    suite = kafka_suite;
    const struct CMUnitTest tests[] = {
        LOG_SUITE_TESTS,
        cmocka_unit_test(nobody_there),
        cmocka_unit_test(settings_that_are_refused),
        LOG_SUITE_TEST(user_settings_are_used),
        LOG_SUITE_TEST(time_zero_is_refused),
        LOG_SUITE_TEST(too_big_for_the_broker),
        LOG_SUITE_TEST(second_producer_fences_the_first),
        LOG_SUITE_TEST(ends_of_an_open_transaction),
        LOG_SUITE_TEST(many_readers_share_handles),
    };
    return cmocka_run_group_tests_name("log: Kafka", tests, NULL, NULL);
}
