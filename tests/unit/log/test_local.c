/* test_local.c: the embedded log: the suite of all logs on a file and in memory, and what is its
 * own: several openers of one file, transactions joined with the state's, damaged files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "log/local_int.h"
#include "log_suite.h"

static char dir[] = "/tmp/oxbow-test-XXXXXX";
static char path[64]; /* of the database of the running test */
static Db *db;        /* the state's connection */
static bool in_memory;
static int files;

static Log *make_log(void)
{
    Log *log = NULL;
    if (in_memory)
        db_memory_uri(path);
    else
        snprintf(path, sizeof path, "%s/%d.db", dir, files++);
    if (log_local_open(path, &log, &suite_err) || db_open(path, DB_WRITE, &db, &suite_err))
        fail_msg("%s", suite_err.text);
    return log;
}

static void unmake_log(void)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    db_close(db);
    db = NULL;
    for (int i = 0; i < 3 && !in_memory; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

static Db *state_begin(void)
{
    if (db_begin_write(db, &suite_err))
        fail_msg("%s", suite_err.text);
    return db;
}

static void state_end(bool commit)
{
    if (!commit)
        db_rollback(db);
    else if (db_commit(db, &suite_err))
        fail_msg("%s", suite_err.text);
}

static void on_file(void **state)
{
    in_memory = false;
}

static void on_memory(void **state)
{
    in_memory = true;
}

/* ---- one file, several openers --------------------------------------------------------------- */

static void what_was_written_is_there_after_reopening(void **state)
{
    SuiteState *s = *state;
    Str topic = suite_topic(s, "reopen", 1);
    suite_append(s, suite_numbers(s, topic, 0, 0, 10), 10);
    s->log->cls->close(s->log);
    OK(log_local_open(path, &s->log, &suite_err));
    suite_append(s, suite_numbers(s, topic, 0, 10, 10), 10);
    LogReader *r = suite_reader(s, topic, 0, 0);
    LogRecord *out = suite_read(s, r, 20, 1024);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(suite_number(&out[i]), i);
        assert_int_equal(out[i].arrival, i + 1);
    }
    r->cls->reader_close(r);
}

/* Another opener appends; this one is woken by the file alone and reads on. */
static void two_openers_of_one_file(void **state)
{
    SuiteState *s = *state;
    Log *other;
    OK(log_local_open(path, &other, &suite_err));
    Str topic = suite_topic(s, "shared", 1);
    LogAppend record = suite_record(topic, 0, "k", "v", 1);
    LogReader *r = suite_reader(s, topic, 0, 0);
    for (int i = 0; i < 5; i++)
        suite_woken(s, &(SuiteNudge){other, &record}, r);
    suite_append(s, &record, 1);
    assert_int_equal(suite_read(s, r, 1, 1)->offset, 5);
    r->cls->reader_close(r);
    other->cls->close(other);
}

/* The state's commit, made by its own connection, is heard of as well. */
static void state_commit_wakes_readers_of_the_file(void **state)
{
    SuiteState *s = *state;
    Str topic = suite_topic(s, "joint", 1);
    LogReader *r = suite_reader(s, topic, 0, 0);
    LogTxn *t = suite_txn(s, "");
    int64_t start = clock_monotonic_ns();
    for (int i = 0; i < 3; i++) {
        while (!s->log->cls->wait(s->log, 5, &suite_err) && suite_late(start))
            ;
        suite_begin(t);
        OK(t->cls->txn_append(t, suite_numbers(s, topic, 0, i, 1), 1, &suite_err));
        assert_int_equal(t->cls->txn_commit(t, &suite_err), LOG_COMMITTED);
        LogBatch b;
        OK(r->cls->read(r, 10, 1000, &s->arena, &b, &suite_err));
        assert_int_equal(b.count, 0); /* the state has not committed yet */
        state_end(true);
        assert_int_equal(suite_number(suite_read(s, r, 1, 1)), i);
    }
    assert_false(suite_late(start));
    r->cls->reader_close(r);
    t->cls->txn_close(t);
}

static void busy_file_is_to_be_tried_again(void **state)
{
    SuiteState *s = *state;
    Str topic = suite_topic(s, "busy", 1);
    LogAppend record = suite_record(topic, 0, "k", "v", 1);
    state_begin();
    assert_int_equal(s->log->cls->append(s->log, &record, 1, &suite_err), ERR_BUSY);
    assert_int_equal(suite_err.kind, ERR_KIND_RETRY);
    state_end(false);
    suite_append(s, &record, 1);
}

static void append_needs_a_begin(void **state)
{
    SuiteState *s = *state;
    Str topic = suite_topic(s, "begin", 1);
    LogTxn *t = suite_txn(s, "");
    assert_int_equal(t->cls->txn_append(t, suite_numbers(s, topic, 0, 0, 1), 1, &suite_err),
                     ERR_IO);
    assert_string_equal(suite_err.text, "the log's transaction has not begun");
    t->cls->txn_close(t);
}

static void opening_writes_nothing_twice(void **state)
{
    SuiteState *s = *state;
    Log *other;
    int64_t before = db_wal_bytes(db);
    state_begin(); /* whoever wants to write now would have to wait */
    OK(log_local_open(path, &other, &suite_err));
    state_end(false);
    assert_int_equal(db_wal_bytes(db), before);
    other->cls->close(other);
    assert_non_null(s->log);
}

static void a_directory_that_is_not_there(void **state)
{
    Log *log;
    char bad[100];
    snprintf(bad, sizeof bad, "%s/none/x.db", dir);
    assert_int_equal(log_local_open(bad, &log, &suite_err), ERR_IO);
}

/* ---- damage ---------------------------------------------------------------------------------- */

static void damage(const char *sql)
{
    if (db_exec(db, sql, &suite_err))
        fail_msg("%s", suite_err.text);
}

static void damaged_block_is_named(void **state)
{
    SuiteState *s = *state;
    Str topic = suite_topic(s, "damaged", 2);
    suite_append(s, suite_numbers(s, topic, 1, 0, 10), 10);
    suite_append(s, suite_numbers(s, topic, 1, 10, 10), 10);
    damage("UPDATE log_blocks SET bytes = zeroblob(length(bytes)) WHERE base = 10");
    LogReader *r = suite_reader(s, topic, 1, 0);
    LogBatch b;
    Rc rc = r->cls->read(r, 10, LIMIT_BATCH_BYTES, &s->arena, &b, &suite_err);
    assert_int_equal(rc, 0);
    assert_int_equal(b.count, 10);
    assert_int_equal(r->cls->read(r, 10, LIMIT_BATCH_BYTES, &s->arena, &b, &suite_err),
                     ERR_CORRUPT);
    assert_string_equal(suite_err.text,
                        arena_printf(&s->arena,
                                     "%s: the block of topic 'l-damaged', partition 1, offset 10 "
                                     "is damaged; restore the file from a backup",
                                     path));
    r->cls->reader_close(r);
}

static void missing_block_is_damage(void **state)
{
    SuiteState *s = *state;
    Str topic = suite_topic(s, "missing", 1);
    for (int i = 0; i < 3; i++)
        suite_append(s, suite_numbers(s, topic, 0, i, 1), 1);
    damage("DELETE FROM log_blocks WHERE base = 1");
    LogReader *r = suite_reader(s, topic, 0, 0);
    suite_read(s, r, 1, 1);
    assert_int_equal(suite_read_error(s, r), ERR_CORRUPT);
    r->cls->reader_close(r);
    r = suite_reader(s, topic, 0, 1);
    assert_int_equal(suite_read_error(s, r), ERR_CORRUPT);
    r->cls->reader_close(r);
}

/* Bytes at random, whole and cut blocks with a flipped byte: refused or read, never a crash. */
static void hostile_blocks(void **state)
{
    SuiteState *s = *state;
    Block block;
    BlockCursor cursor;
    uint32_t rng = 12345;
    const Header headers[] = {{STR_LIT("h"), STR_LIT("v")}, {STR_LIT("n"), STR_NULL}};

    block_init(&block);
    cursor_init(&cursor);
    for (int i = 0; i < 20; i++) {
        LogAppend r = suite_record(STR_LIT("t"), 0, "key", i % 3 ? "value" : NULL, i * 1000);
        r.headers = (Headers){headers, i % 3};
        block_put(&block, &r, 100 + i);
    }
    for (int round = 0; round < 20000; round++) {
        char bytes[600];
        size_t n = block.bytes.len < sizeof bytes ? block.bytes.len : sizeof bytes;
        LogRecord out[64];
        size_t took;
        memcpy(bytes, block.bytes.ptr, n);
        rng = rng * 1664525 + 1013904223;
        bytes[(rng >> 8) % n] = (char)(rng >> 24);
        if (round % 3 == 1)
            n = (rng >> 4) % (n + 1);
        for (size_t i = 0; round % 3 == 2 && i < n; i++)
            bytes[i] = (char)((rng = rng * 1664525 + 1013904223) >> 24);
        char *exact = malloc(n ? n : 1); /* so that a read past the end is seen */
        memcpy(exact, bytes, n);
        arena_reset(&s->arena);
        if (cursor_load(&cursor, str_make(exact, n), 0, 20, 1) &&
            cursor_skip_to(&cursor, round % 5))
            cursor_take(&cursor, 64, 1000, &s->arena, out, &took);
        free(exact);
    }
    cursor_fini(&cursor);
    block_fini(&block);
}

static int remove_dir(void **state)
{
    return rmdir(dir);
}

int main(void)
{
    if (!mkdtemp(dir))
        return 1;
    suite = (LogSuite){
        .make = make_log,
        .unmake = unmake_log,
        .state_begin = state_begin,
        .state_end = state_end,
        .prefix = "l-",
        .patience_ms = 10000,
        .big_bytes = 5 << 20,
        .dense = true,
        .arrival = true,
        .all_or_nothing = true,
        .any_time = true,
        .threads = true,
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_file),
        LOG_SUITE_TESTS,
        LOG_SUITE_TEST(what_was_written_is_there_after_reopening),
        LOG_SUITE_TEST(two_openers_of_one_file),
        LOG_SUITE_TEST(state_commit_wakes_readers_of_the_file),
        LOG_SUITE_TEST(busy_file_is_to_be_tried_again),
        LOG_SUITE_TEST(append_needs_a_begin),
        LOG_SUITE_TEST(opening_writes_nothing_twice),
        LOG_SUITE_TEST(damaged_block_is_named),
        LOG_SUITE_TEST(missing_block_is_damage),
        LOG_SUITE_TEST(hostile_blocks),
        cmocka_unit_test(a_directory_that_is_not_there),
        cmocka_unit_test(on_memory),
        LOG_SUITE_TESTS,
    };
    return cmocka_run_group_tests_name("log: embedded", tests, NULL, remove_dir);
}
