/* log_suite.h: the tests that every implementation of log.h must pass.
 *
 * A test program includes this file once (after cmocka.h), fills in a LogSuite and adds
 * LOG_SUITE_TESTS to its list, with log_suite_setup and log_suite_teardown around each test:
 *
 *     static LogSuite mine = {.make = make_log, ...};
 *     suite = mine;
 *     const struct CMUnitTest tests[] = {LOG_SUITE_TESTS, cmocka_unit_test(my_own)};
 *     return cmocka_run_group_tests_name("log: mine", tests, NULL, NULL);
 *
 * `make` gives a log of its own to each test; several tests may share one world behind it (a Kafka
 * cluster), so every topic's name begins with `prefix` and is used by one test only. A test never
 * sleeps: it waits for what must come, up to `patience_ms`, through log.h's own wait. */
#ifndef OXBOW_TESTS_LOG_SUITE_H
#define OXBOW_TESTS_LOG_SUITE_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "log/log.h"

typedef struct LogSuite {
    Log *(*make)(void); /* a log to test; closed by the suite */
    /* Joint logs: begin the state's transaction (NULL result is passed on to txn_begin), and end
     * it. NULL for logs with transactions of their own. */
    Db *(*state_begin)(void);
    void (*state_end)(bool commit);
    void (*unmake)(void); /* after each test, when the log is closed; may be NULL */
    const char *prefix;
    int patience_ms;
    size_t big_bytes;    /* a value that must go through */
    bool dense;          /* offsets have no gaps */
    bool arrival;        /* records carry their order over all topics */
    bool all_or_nothing; /* `append` is atomic */
    bool any_time;       /* times of zero and before 1970 are kept */
    bool threads;        /* may be used from several threads */
} LogSuite;

static LogSuite suite;

typedef struct SuiteState {
    Log *log;
    Arena arena;
} SuiteState;

static Err suite_err;

/* ---- helpers --------------------------------------------------------------------------------- */

#define OK(expr) suite_ok((expr), #expr, __LINE__)

static void suite_ok(Rc rc, const char *expr, int line)
{
    if (rc)
        fail_msg("line %d: %s: %s: %s", line, expr, err_code_name(rc), suite_err.text);
}

static int log_suite_setup(void **state)
{
    SuiteState *s = calloc(1, sizeof *s);
    arena_init(&s->arena, 0);
    s->log = suite.make();
    *state = s;
    return s->log ? 0 : -1;
}

static int log_suite_teardown(void **state)
{
    SuiteState *s = *state;
    s->log->cls->close(s->log);
    if (suite.unmake)
        suite.unmake();
    arena_fini(&s->arena);
    free(s);
    return 0;
}

/* A new topic of one test. */
static Str suite_topic(SuiteState *s, const char *name, int partitions)
{
    Str topic = str_of(arena_printf(&s->arena, "%s%s", suite.prefix, name));
    OK(s->log->cls->topic_create(s->log, topic, partitions, 1, false, &suite_err));
    return topic;
}

static LogAppend suite_record(Str topic, int partition, const char *key, const char *value,
                              int64_t time)
{
    return (LogAppend){.topic = topic,
                       .partition = partition,
                       .key = str_of(key),
                       .value = str_of(value),
                       .time = time};
}

/* `count` records whose values are their numbers from `first` on. */
static LogAppend *suite_numbers(SuiteState *s, Str topic, int partition, int first, int count)
{
    LogAppend *r = arena_zalloc(&s->arena, sizeof *r * (size_t)count);
    for (int i = 0; i < count; i++)
        r[i] = suite_record(topic, partition, "k", arena_printf(&s->arena, "%d", first + i),
                            1000 + first + i);
    return r;
}

static void suite_append(SuiteState *s, const LogAppend *records, int count)
{
    OK(s->log->cls->append(s->log, records, count, &suite_err));
}

static LogReader *suite_reader(SuiteState *s, Str topic, int partition, int64_t offset)
{
    LogReader *r;
    OK(s->log->cls->reader_open(s->log, topic, partition, offset, &r, &suite_err));
    return r;
}

static bool suite_late(int64_t start_ns)
{
    return (clock_monotonic_ns() - start_ns) / 1000000 > suite.patience_ms;
}

/* Read until `count` records have come, into one array. */
static LogRecord *suite_read(SuiteState *s, LogReader *r, int count, int max_rows)
{
    LogRecord *all = arena_zalloc(&s->arena, sizeof *all * ((size_t)count + 1));
    int64_t start = clock_monotonic_ns();
    for (int have = 0; have < count;) {
        LogBatch b;
        int want = max_rows < count - have ? max_rows : count - have;
        OK(r->cls->read(r, want, LIMIT_BATCH_BYTES, &s->arena, &b, &suite_err));
        assert_in_range(b.count, 0, want);
        if (b.count) {
            memcpy(all + have, b.records, sizeof *all * (size_t)b.count);
            assert_true(b.next_offset > b.records[b.count - 1].offset);
        }
        have += b.count;
        if (suite_late(start))
            fail_msg("only %d of %d records came", have, count);
        if (b.count == 0) /* a wake-up that is missed makes this too late */
            OK(s->log->cls->wait(s->log, suite.patience_ms + 1000, &suite_err));
    }
    return all;
}

/* Nothing more comes: what there is has been read up to the high watermark. */
static void suite_at_end(SuiteState *s, LogReader *r)
{
    int64_t low, high, at = -1, start = clock_monotonic_ns();
    OK(s->log->cls->watermarks(s->log, r->topic, r->partition, &low, &high, &suite_err));
    while (at < high && !suite_late(start)) {
        LogBatch b;
        OK(r->cls->read(r, 10, LIMIT_BATCH_BYTES, &s->arena, &b, &suite_err));
        assert_int_equal(b.count, 0);
        at = b.next_offset;
        if (at < high)
            OK(s->log->cls->wait(s->log, 20, &suite_err));
    }
    assert_int_equal(at, high);
}

/* The error that reading must run into. */
static Rc suite_read_error(SuiteState *s, LogReader *r)
{
    int64_t start = clock_monotonic_ns();
    while (!suite_late(start)) {
        LogBatch b;
        Rc rc = r->cls->read(r, 10, LIMIT_BATCH_BYTES, &s->arena, &b, &suite_err);
        if (rc)
            return rc;
        assert_int_equal(b.count, 0);
        OK(s->log->cls->wait(s->log, 20, &suite_err));
    }
    return 0;
}

static void suite_same(Str a, Str b)
{
    assert_int_equal(a.ptr == NULL, b.ptr == NULL);
    assert_int_equal(a.len, b.len);
    if (a.len)
        assert_memory_equal(a.ptr, b.ptr, a.len);
}

static void suite_begin(LogTxn *t)
{
    Db *db = suite.state_begin ? suite.state_begin() : NULL;
    OK(t->cls->txn_begin(t, db, &suite_err));
}

static void suite_commit(LogTxn *t)
{
    LogOutcome outcome = t->cls->txn_commit(t, &suite_err);
    if (outcome != LOG_COMMITTED)
        fail_msg("commit: outcome %d: %s", outcome, suite_err.text);
    if (suite.state_end)
        suite.state_end(true);
    t->cls->wake(t->log);
}

static void suite_abort(LogTxn *t)
{
    t->cls->txn_abort(t);
    if (suite.state_end)
        suite.state_end(false);
}

static LogTxn *suite_txn(SuiteState *s, const char *id)
{
    LogTxn *t;
    Str name = str_of(arena_printf(&s->arena, "%s%s", suite.prefix, id));
    OK(s->log->cls->txn_open(s->log, name, &t, &suite_err));
    return t;
}

/* ---- topics ---------------------------------------------------------------------------------- */

static void suite_topics(void **state)
{
    SuiteState *s = *state;
    Log *log = s->log;
    LogTopic t;
    Str name = str_of(arena_printf(&s->arena, "%s%s", suite.prefix, "topics.b"));

    assert_int_equal(log->cls->topic_find(log, name, &t, &suite_err), ERR_NOT_FOUND);
    assert_string_equal(suite_err.text,
                        arena_printf(&s->arena, "topic '%s' does not exist", name.ptr));
    assert_int_equal(log->cls->topic_delete(log, name, &suite_err), ERR_NOT_FOUND);

    suite_topic(s, "topics.b", 3);
    suite_topic(s, "topics.a", 1);
    assert_int_equal(log->cls->topic_create(log, name, 3, 1, false, &suite_err), ERR_EXISTS);
    assert_string_equal(suite_err.text,
                        arena_printf(&s->arena, "topic '%s' already exists", name.ptr));
    OK(log->cls->topic_find(log, name, &t, &suite_err));
    suite_same(t.name, name);
    assert_int_equal(t.partitions, 3);
    assert_int_equal(t.replicas, 1);

    OK(log->cls->topic_delete(log, name, &suite_err));
    assert_int_equal(log->cls->topic_find(log, name, &t, &suite_err), ERR_NOT_FOUND);
}

static void suite_topic_list(void **state)
{
    SuiteState *s = *state;
    LogTopic *list;
    int count, at_a = -1, at_b = -1;
    Str b = suite_topic(s, "list.b", 2);
    Str a = suite_topic(s, "list.a", 1);

    OK(s->log->cls->topic_list(s->log, &s->arena, &list, &count, &suite_err));
    for (int i = 0; i < count; i++) {
        if (str_eq(list[i].name, a))
            at_a = i;
        if (str_eq(list[i].name, b))
            at_b = i;
    }
    assert_true(at_a >= 0 && at_a < at_b);
    assert_int_equal(list[at_a].partitions, 1);
    assert_int_equal(list[at_b].partitions, 2);
}

static void suite_topics_refused(void **state)
{
    SuiteState *s = *state;
    Log *log = s->log;
    LogReader *r;
    int64_t low, high;

    assert_int_equal(log->cls->topic_create(log, STR_LIT("a b"), 1, 1, false, &suite_err),
                     ERR_STATEMENT);
    assert_int_equal(log->cls->topic_create(log, STR_LIT("a"), 0, 1, false, &suite_err), ERR_LIMIT);
    assert_string_equal(suite_err.text,
                        "topic 'a' cannot have 0 partitions; 1 to 1024 are possible");

    Str nowhere = str_of(arena_printf(&s->arena, "%snowhere", suite.prefix));
    Str two = suite_topic(s, "refused.two", 2);
    LogAppend lost[] = {suite_record(nowhere, 0, "k", "v", 1), suite_record(two, 2, "k", "v", 1),
                        suite_record(two, -1, "k", "v", 1)};
    assert_int_equal(log->cls->append(log, &lost[0], 1, &suite_err), ERR_NOT_FOUND);
    assert_int_equal(log->cls->append(log, &lost[1], 1, &suite_err), ERR_NOT_FOUND);
    assert_string_equal(suite_err.text,
                        arena_printf(&s->arena,
                                     "topic '%s' has no partition 2; it has 2, counted from 0",
                                     two.ptr));
    assert_int_equal(log->cls->append(log, &lost[2], 1, &suite_err), ERR_NOT_FOUND);
    assert_int_equal(log->cls->reader_open(log, two, 2, 0, &r, &suite_err), ERR_NOT_FOUND);
    assert_int_equal(log->cls->reader_open(log, nowhere, 0, 0, &r, &suite_err), ERR_NOT_FOUND);
    assert_int_equal(log->cls->watermarks(log, two, 5, &low, &high, &suite_err), ERR_NOT_FOUND);
    assert_int_equal(log->cls->watermarks(log, nowhere, 0, &low, &high, &suite_err), ERR_NOT_FOUND);
}

/* ---- records --------------------------------------------------------------------------------- */

/* Every way in which a part can be absent, empty or odd comes back as it went in. */
static void suite_round_trip(void **state)
{
    SuiteState *s = *state;
    Str topic = suite_topic(s, "roundtrip", 1);
    const Header headers[] = {{STR_LIT("a"), STR_LIT("1")},
                              {STR_LIT("a"), STR_LIT("again")},
                              {STR_LIT("null"), STR_NULL},
                              {STR_LIT("empty"), STR_LIT("")},
                              {STR_LIT("bytes"), {"\0\xff\n", 3}}};
    const LogAppend in[] = {
        {topic, 0, STR_LIT("key"), STR_LIT("value"), 1, {0}},
        {topic, 0, STR_NULL, STR_LIT("no key"), 1700000000000, {0}},
        {topic, 0, STR_LIT(""), STR_LIT(""), 5, {0}},
        {topic, 0, STR_LIT("tombstone"), STR_NULL, 951782400000, {0}},
        {topic, 0, STR_NULL, STR_NULL, 4, {0}},
        {topic, 0, {"\0\1\xff", 3}, {"\xc3\x28\0", 3}, 3, {headers, 5}},
        {topic, 0, STR_LIT("one header"), STR_LIT("x"), 2, {headers + 2, 1}},
    };
    enum { COUNT = sizeof in / sizeof *in };

    suite_append(s, in, COUNT);
    LogReader *r = suite_reader(s, topic, 0, 0);
    LogRecord *out = suite_read(s, r, COUNT, 1024);
    for (int i = 0; i < COUNT; i++) {
        suite_same(out[i].key, in[i].key);
        suite_same(out[i].value, in[i].value);
        assert_int_equal(out[i].time, in[i].time);
        assert_int_equal(out[i].headers.count, in[i].headers.count);
        for (int h = 0; h < in[i].headers.count; h++) {
            suite_same(out[i].headers.items[h].key, in[i].headers.items[h].key);
            suite_same(out[i].headers.items[h].value, in[i].headers.items[h].value);
        }
        if (i > 0)
            assert_true(out[i].offset > out[i - 1].offset);
    }
    suite_at_end(s, r);
    r->cls->reader_close(r);
}

static void suite_old_times(void **state)
{
    SuiteState *s = *state;
    const int64_t times[] = {0, -1, INT64_MIN, INT64_MAX, 0, -62135596800000};
    enum { COUNT = sizeof times / sizeof *times };
    LogAppend in[COUNT];
    if (!suite.any_time)
        skip();

    Str topic = suite_topic(s, "oldtimes", 1);
    for (int i = 0; i < COUNT; i++)
        in[i] = suite_record(topic, 0, "k", "v", times[i]);
    suite_append(s, in, COUNT);
    LogReader *r = suite_reader(s, topic, 0, 0);
    LogRecord *out = suite_read(s, r, COUNT, 2);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(out[i].time, times[i]);
    r->cls->reader_close(r);
}

static int suite_number(const LogRecord *r)
{
    char text[16] = {0};
    assert_in_range(r->value.len, 1, 15);
    memcpy(text, r->value.ptr, r->value.len);
    return atoi(text);
}

/* From the start, the middle and the end; in batches of 1, 7 and many: always the same records. */
static void suite_from_anywhere(void **state)
{
    enum { COUNT = 3000 };
    static const int rows[] = {1, 7, 1024, COUNT};
    SuiteState *s = *state;
    Str topic = suite_topic(s, "anywhere", 1);

    suite_append(s, suite_numbers(s, topic, 0, 0, 1), 1);
    suite_append(s, suite_numbers(s, topic, 0, 1, COUNT - 1), COUNT - 1);
    LogReader *r = suite_reader(s, topic, 0, 0);
    LogRecord *all = suite_read(s, r, COUNT, 1024);
    r->cls->reader_close(r);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(suite_number(&all[i]), i);
        if (suite.dense)
            assert_int_equal(all[i].offset, i);
    }
    for (int from = 0; from < COUNT; from += 611)
        for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
            int n = COUNT - from < 1500 ? COUNT - from : 1500;
            r = suite_reader(s, topic, 0, all[from].offset);
            LogRecord *some = suite_read(s, r, rows[k] == 1 ? 20 : n, rows[k]);
            for (int i = 0; i < (rows[k] == 1 ? 20 : n); i++) {
                assert_int_equal(suite_number(&some[i]), from + i);
                assert_int_equal(some[i].offset, all[from + i].offset);
                assert_int_equal(some[i].time, all[from + i].time);
            }
            r->cls->reader_close(r);
        }
}

/* About max_bytes a batch, but always one record; and slack behind every value. */
static void suite_bytes_of_a_batch(void **state)
{
    enum { COUNT = 40, SIZE = 10000 };
    SuiteState *s = *state;
    Str topic = suite_topic(s, "bytes", 1);
    LogAppend in[COUNT];
    char *value = arena_alloc(&s->arena, SIZE);
    int64_t start = clock_monotonic_ns();

    memset(value, 'v', SIZE);
    for (int i = 0; i < COUNT; i++) {
        in[i] = suite_record(topic, 0, NULL, NULL, i + 1);
        in[i].value = str_make(value, SIZE);
    }
    suite_append(s, in, COUNT);
    static const size_t limits[] = {0, 1, SIZE, 35000};
    for (size_t k = 0; k < 4; k++) {
        LogReader *r = suite_reader(s, topic, 0, 0);
        for (int have = 0; have < COUNT;) {
            LogBatch b;
            OK(r->cls->read(r, 1024, limits[k], &s->arena, &b, &suite_err));
            assert_in_range(b.count, 0, limits[k] / SIZE + 1);
            for (int i = 0; i < b.count; i++) {
                unsigned sum = 0;
                assert_int_equal(b.records[i].time, ++have);
                for (uint32_t j = 0; j < JSON_SLACK_BYTES; j++)
                    sum += (unsigned char)b.records[i].value.ptr[SIZE + j];
                assert_in_range(sum, 0, 255 * JSON_SLACK_BYTES);
            }
            assert_false(suite_late(start));
            if (b.count == 0)
                OK(s->log->cls->wait(s->log, 20, &suite_err));
        }
        r->cls->reader_close(r);
    }
}

static void suite_big_records(void **state)
{
    SuiteState *s = *state;
    Str topic = suite_topic(s, "big", 1);
    char *value = arena_alloc(&s->arena, suite.big_bytes);
    for (size_t i = 0; i < suite.big_bytes; i++)
        value[i] = (char)(i * 31 + i / 251);
    LogAppend in[] = {suite_record(topic, 0, "small", "before", 1),
                      suite_record(topic, 0, "big", NULL, 2),
                      suite_record(topic, 0, "small", "after", 3)};
    in[1].value = str_make(value, suite.big_bytes);

    suite_append(s, in, 3);
    LogReader *r = suite_reader(s, topic, 0, 0);
    LogRecord *out = suite_read(s, r, 3, 1024);
    suite_same(out[0].value, in[0].value);
    suite_same(out[1].value, in[1].value);
    suite_same(out[2].value, in[2].value);
    r->cls->reader_close(r);

    /* What is over the limit is refused before it is looked at. */
    in[1].value.len = LIMIT_RECORD_BYTES;
    assert_int_equal(s->log->cls->append(s->log, &in[1], 1, &suite_err), ERR_LIMIT);
    assert_string_equal(suite_err.text,
                        arena_printf(&s->arena,
                                     "a record for topic '%s' has 67108867 bytes; the limit is "
                                     "67108864",
                                     topic.ptr));
    in[0].headers.count = LIMIT_HEADERS + 1;
    assert_int_equal(s->log->cls->append(s->log, &in[0], 1, &suite_err), ERR_LIMIT);
}

static void suite_all_or_nothing(void **state)
{
    SuiteState *s = *state;
    if (!suite.all_or_nothing)
        skip();
    Str topic = suite_topic(s, "atomic", 1);
    LogAppend in[] = {suite_record(topic, 0, "k", "one", 1), suite_record(topic, 1, "k", "two", 1),
                      suite_record(topic, 0, "k", "three", 1)};
    int64_t low, high;
    assert_int_equal(s->log->cls->append(s->log, in, 3, &suite_err), ERR_NOT_FOUND);
    OK(s->log->cls->watermarks(s->log, topic, 0, &low, &high, &suite_err));
    assert_int_equal(high, 0);
    suite_append(s, in, 1);
    OK(s->log->cls->watermarks(s->log, topic, 0, &low, &high, &suite_err));
    assert_int_equal(high, 1);
}

/* ---- places ---------------------------------------------------------------------------------- */

static void suite_watermarks(void **state)
{
    SuiteState *s = *state;
    const LogClass *c = s->log->cls;
    Str topic = suite_topic(s, "marks", 2);
    int64_t low, high;

    OK(c->watermarks(s->log, topic, 0, &low, &high, &suite_err));
    assert_int_equal(low, 0);
    assert_int_equal(high, 0);
    suite_append(s, suite_numbers(s, topic, 0, 0, 100), 100);
    OK(c->watermarks(s->log, topic, 0, &low, &high, &suite_err));
    assert_int_equal(low, 0);
    if (suite.dense)
        assert_int_equal(high, 100);
    assert_true(high >= 100);
    OK(c->watermarks(s->log, topic, 1, &low, &high, &suite_err));
    assert_int_equal(high, 0);
}

static void suite_trim(void **state)
{
    SuiteState *s = *state;
    const LogClass *c = s->log->cls;
    Str topic = suite_topic(s, "trim", 1);
    int64_t low, high;

    suite_append(s, suite_numbers(s, topic, 0, 0, 50), 50);
    suite_append(s, suite_numbers(s, topic, 0, 50, 50), 50);
    LogReader *r = suite_reader(s, topic, 0, 0);
    LogRecord *all = suite_read(s, r, 100, 1024);
    r->cls->reader_close(r);

    OK(c->trim(s->log, topic, 0, all[70].offset, &suite_err));
    OK(c->watermarks(s->log, topic, 0, &low, &high, &suite_err));
    assert_int_equal(low, all[70].offset);
    r = suite_reader(s, topic, 0, low);
    assert_int_equal(suite_number(suite_read(s, r, 30, 7)), 70);
    r->cls->reader_close(r);

    /* Never silently from another place: below the start and behind the end are errors. */
    r = suite_reader(s, topic, 0, all[69].offset);
    assert_int_equal(suite_read_error(s, r), ERR_NOT_FOUND);
    r->cls->reader_close(r);
    r = suite_reader(s, topic, 0, high + 1);
    assert_int_equal(suite_read_error(s, r), ERR_NOT_FOUND);
    assert_string_equal(suite_err.text,
                        arena_printf(&s->arena,
                                     "offset %lld of topic '%s', partition 0, is not there: it "
                                     "holds %lld to %lld",
                                     (long long)high + 1, topic.ptr, (long long)low,
                                     (long long)high));
    r->cls->reader_close(r);

    /* To the very end; then what is appended goes on from there. */
    OK(c->trim(s->log, topic, 0, high, &suite_err));
    suite_append(s, suite_numbers(s, topic, 0, 100, 1), 1);
    r = suite_reader(s, topic, 0, high);
    assert_int_equal(suite_number(suite_read(s, r, 1, 7)), 100);
    r->cls->reader_close(r);
}

static void suite_partitions(void **state)
{
    enum { COUNT = 600 };
    SuiteState *s = *state;
    Str topic = suite_topic(s, "parts", 3);
    LogAppend *in = suite_numbers(s, topic, 0, 0, COUNT);
    for (int i = 0; i < COUNT; i++)
        in[i].partition = i % 3;
    suite_append(s, in, COUNT);
    for (int p = 0; p < 3; p++) {
        LogReader *r = suite_reader(s, topic, p, 0);
        LogRecord *out = suite_read(s, r, COUNT / 3, 64);
        for (int i = 0; i < COUNT / 3; i++)
            assert_int_equal(suite_number(&out[i]), i * 3 + p);
        suite_at_end(s, r);
        r->cls->reader_close(r);
    }
}

/* The order of one append call, over partitions and topics, is the order of arrival. */
static void suite_arrival(void **state)
{
    enum { COUNT = 90 };
    SuiteState *s = *state;
    uint64_t arrival[2 * COUNT];
    if (!suite.arrival)
        skip();
    Str a = suite_topic(s, "arrival.a", 2), b = suite_topic(s, "arrival.b", 1);
    for (int call = 0; call < 2; call++) {
        LogAppend *in = suite_numbers(s, a, 0, call * COUNT, COUNT);
        for (int i = 0; i < COUNT; i++) {
            in[i].topic = i % 3 == 2 ? b : a;
            in[i].partition = i % 3 == 1;
        }
        suite_append(s, in, COUNT);
    }
    for (int k = 0; k < 3; k++) {
        LogReader *r = suite_reader(s, k == 2 ? b : a, k == 1, 0);
        LogRecord *out = suite_read(s, r, 2 * COUNT / 3, 16);
        for (int i = 0; i < 2 * COUNT / 3; i++)
            arrival[suite_number(&out[i])] = out[i].arrival;
        r->cls->reader_close(r);
    }
    assert_true(arrival[0] > 0);
    for (int i = 1; i < 2 * COUNT; i++)
        assert_true(arrival[i] > arrival[i - 1]);
}

/* A topic that is deleted, or deleted and made anew, is not mistaken for the old one. */
static void suite_deleted_while_read(void **state)
{
    SuiteState *s = *state;
    Str topic = suite_topic(s, "deleted", 1);
    suite_append(s, suite_numbers(s, topic, 0, 0, 10), 10);
    LogReader *r = suite_reader(s, topic, 0, 0);
    suite_read(s, r, 10, 1024);
    OK(s->log->cls->topic_delete(s->log, topic, &suite_err));
    assert_int_equal(suite_read_error(s, r), ERR_NOT_FOUND);
    r->cls->reader_close(r);
}

/* ---- transactions ---------------------------------------------------------------------------- */

static void suite_only_committed(void **state)
{
    SuiteState *s = *state;
    Str topic = suite_topic(s, "committed", 1);
    LogTxn *t = suite_txn(s, "writer");

    suite_begin(t);
    OK(t->cls->txn_append(t, suite_numbers(s, topic, 0, 0, 5), 5, &suite_err));
    suite_commit(t);
    suite_begin(t);
    OK(t->cls->txn_append(t, suite_numbers(s, topic, 0, 5, 5), 5, &suite_err));
    suite_abort(t);
    suite_begin(t);
    OK(t->cls->txn_append(t, suite_numbers(s, topic, 0, 10, 2), 2, &suite_err));
    OK(t->cls->txn_append(t, suite_numbers(s, topic, 0, 12, 3), 3, &suite_err));
    suite_commit(t);

    LogReader *r = suite_reader(s, topic, 0, 0);
    LogRecord *out = suite_read(s, r, 10, 1024);
    for (int i = 0; i < 10; i++)
        assert_int_equal(suite_number(&out[i]), i < 5 ? i : i + 5);
    suite_at_end(s, r);
    r->cls->reader_close(r);
    t->cls->txn_close(t);
}

static void suite_positions(void **state)
{
    SuiteState *s = *state;
    const LogClass *c = s->log->cls;
    Str topic = suite_topic(s, "positions", 2);
    Str group = str_of(arena_printf(&s->arena, "%sgroup", suite.prefix));
    Str other = str_of(arena_printf(&s->arena, "%sother", suite.prefix));
    LogPosition pos[] = {{topic, 0, 7}, {topic, 1, 0}};
    suite_append(s, suite_numbers(s, topic, 0, 0, 20), 20);

    OK(c->committed(s->log, group, pos, 2, &suite_err));
    assert_int_equal(pos[0].offset, -1);
    assert_int_equal(pos[1].offset, -1);

    LogTxn *t = suite_txn(s, "positions");
    pos[0].offset = 7;
    pos[1].offset = 0;
    suite_begin(t);
    OK(t->cls->txn_append(t, suite_numbers(s, topic, 0, 0, 1), 1, &suite_err));
    OK(t->cls->txn_positions(t, group, pos, 2, &suite_err));
    suite_commit(t);

    pos[0].offset = 12;
    suite_begin(t);
    OK(t->cls->txn_append(t, suite_numbers(s, topic, 0, 0, 1), 1, &suite_err));
    OK(t->cls->txn_positions(t, group, pos, 1, &suite_err));
    suite_abort(t);
    pos[0].offset = pos[1].offset = 99;
    OK(c->committed(s->log, group, pos, 2, &suite_err));
    assert_int_equal(pos[0].offset, 7);
    assert_int_equal(pos[1].offset, 0);

    pos[0].offset = 15;
    suite_begin(t);
    OK(t->cls->txn_append(t, suite_numbers(s, topic, 0, 0, 1), 1, &suite_err));
    OK(t->cls->txn_positions(t, group, pos, 1, &suite_err));
    suite_commit(t);
    OK(c->committed(s->log, group, pos, 2, &suite_err));
    assert_int_equal(pos[0].offset, 15);
    assert_int_equal(pos[1].offset, 0);
    OK(c->committed(s->log, other, pos, 2, &suite_err));
    assert_int_equal(pos[0].offset, -1);
    t->cls->txn_close(t);
}

static void suite_reset(void **state)
{
    SuiteState *s = *state;
    Str topic = suite_topic(s, "reset", 1);
    LogTxn *t = suite_txn(s, "reset");
    suite_begin(t);
    OK(t->cls->txn_append(t, suite_numbers(s, topic, 0, 0, 5), 5, &suite_err));
    if (suite.state_end)
        suite.state_end(false);
    OK(t->cls->txn_reset(t, &suite_err));
    suite_begin(t);
    OK(t->cls->txn_append(t, suite_numbers(s, topic, 0, 5, 5), 5, &suite_err));
    suite_commit(t);
    LogReader *r = suite_reader(s, topic, 0, 0);
    LogRecord *out = suite_read(s, r, 5, 1024);
    for (int i = 0; i < 5; i++)
        assert_int_equal(suite_number(&out[i]), i + 5);
    suite_at_end(s, r);
    r->cls->reader_close(r);
    t->cls->txn_close(t);
}

/* ---- threads --------------------------------------------------------------------------------- */

typedef struct SuiteThread {
    SuiteState state; /* the log is shared, the arena is its own */
    Str topic;
    int count, bad;
    pthread_t thread;
} SuiteThread;

static void *suite_reading(void *arg)
{
    SuiteThread *t = arg;
    LogReader *r;
    Err err = ERR_INIT;
    int64_t start = clock_monotonic_ns();
    Log *log = t->state.log;
    if (log->cls->reader_open(log, t->topic, 0, 0, &r, &err))
        return "reader_open failed";
    int have = 0;
    while (have < t->count && !suite_late(start)) {
        LogBatch b;
        arena_reset(&t->state.arena);
        if (r->cls->read(r, 100, LIMIT_BATCH_BYTES, &t->state.arena, &b, &err)) {
            if (err.kind == ERR_KIND_RETRY)
                continue;
            break;
        }
        for (int i = 0; i < b.count; i++, have++)
            t->bad += b.records[i].time != 1000 + have;
        if (b.count == 0)
            log->cls->wait(log, 100, &err);
    }
    r->cls->reader_close(r);
    return have == t->count ? NULL : "records are missing";
}

static void suite_several_readers(void **state)
{
    enum { READERS = 3, COUNT = 2000, STEP = 50 };
    SuiteState *s = *state;
    SuiteThread t[READERS];
    if (!suite.threads)
        skip();
    Str topic = suite_topic(s, "several", 1);
    for (int i = 0; i < READERS; i++) {
        t[i] = (SuiteThread){.state = {.log = s->log}, .topic = topic, .count = COUNT};
        arena_init(&t[i].state.arena, 0);
        assert_int_equal(pthread_create(&t[i].thread, NULL, suite_reading, &t[i]), 0);
    }
    for (int at = 0; at < COUNT; at += STEP)
        suite_append(s, suite_numbers(s, topic, 0, at, STEP), STEP);
    for (int i = 0; i < READERS; i++) {
        void *problem;
        pthread_join(t[i].thread, &problem);
        arena_fini(&t[i].state.arena);
        if (problem)
            fail_msg("reader %d: %s", i, (char *)problem);
        assert_int_equal(t[i].bad, 0);
    }
}

typedef struct SuiteNudge {
    Log *log;
    const LogAppend *record; /* NULL: log_wake */
} SuiteNudge;

static void *suite_nudge(void *arg)
{
    SuiteNudge *n = arg;
    Err err = ERR_INIT;
    if (!n->record)
        n->log->cls->wake(n->log);
    else if (n->log->cls->append(n->log, n->record, 1, &err))
        return "append failed";
    return NULL;
}

/* After the waits that may return at once, one that would last for ever is ended from outside. */
static void suite_woken(SuiteState *s, SuiteNudge *nudge, LogReader *r)
{
    pthread_t thread;
    void *problem;
    int64_t start = clock_monotonic_ns();
    if (r)
        suite_at_end(s, r);
    for (int64_t begin = 0; (clock_monotonic_ns() - begin) / 1000000 < 20;) {
        begin = clock_monotonic_ns();
        OK(s->log->cls->wait(s->log, 20, &suite_err));
        assert_false(suite_late(start));
    }
    assert_int_equal(pthread_create(&thread, NULL, suite_nudge, nudge), 0);
    start = clock_monotonic_ns();
    if (r)
        suite_read(s, r, 1, 1);
    else
        OK(s->log->cls->wait(s->log, suite.patience_ms, &suite_err));
    assert_false(suite_late(start));
    pthread_join(thread, &problem);
    assert_null(problem);
}

static void suite_wake(void **state)
{
    SuiteState *s = *state;
    if (!suite.threads)
        skip();
    Str topic = suite_topic(s, "wake", 1);
    LogAppend record = suite_record(topic, 0, "k", "v", 1);
    LogReader *r = suite_reader(s, topic, 0, 0);
    suite_woken(s, &(SuiteNudge){s->log, NULL}, NULL);
    suite_woken(s, &(SuiteNudge){s->log, &record}, r);
    suite_woken(s, &(SuiteNudge){s->log, NULL}, NULL);
    r->cls->reader_close(r);
}

#define LOG_SUITE_TEST(f) cmocka_unit_test_setup_teardown(f, log_suite_setup, log_suite_teardown)

#define LOG_SUITE_TESTS                                                                            \
    LOG_SUITE_TEST(suite_topics), LOG_SUITE_TEST(suite_topic_list),                                \
        LOG_SUITE_TEST(suite_topics_refused), LOG_SUITE_TEST(suite_round_trip),                    \
        LOG_SUITE_TEST(suite_old_times), LOG_SUITE_TEST(suite_from_anywhere),                      \
        LOG_SUITE_TEST(suite_bytes_of_a_batch), LOG_SUITE_TEST(suite_big_records),                 \
        LOG_SUITE_TEST(suite_all_or_nothing), LOG_SUITE_TEST(suite_watermarks),                    \
        LOG_SUITE_TEST(suite_trim), LOG_SUITE_TEST(suite_partitions),                              \
        LOG_SUITE_TEST(suite_arrival), LOG_SUITE_TEST(suite_deleted_while_read),                   \
        LOG_SUITE_TEST(suite_only_committed), LOG_SUITE_TEST(suite_positions),                     \
        LOG_SUITE_TEST(suite_reset), LOG_SUITE_TEST(suite_several_readers),                        \
        LOG_SUITE_TEST(suite_wake)

#endif
