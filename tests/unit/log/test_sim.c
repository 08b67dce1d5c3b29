/* test_sim.c: the simulated log: the suite of all logs in both dresses, and what only it can show:
 * open records that hold readers back, fencing, outcomes that nobody knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "log/sim.h"
#include "log_suite.h"

static SimPlan plan;
static Log *current;
static bool joint;

static Log *make_log(void)
{
    plan = (SimPlan){.rng = 1};
    return current = log_sim_new(&plan, joint);
}

static Db *state_begin(void)
{
    return NULL;
}
static void state_end(bool commit)
{
    log_sim_joint_end(current, commit);
}

/* ---- two-step ------------------------------------------------------------------------------ */

static int count_readable(SuiteState *s, Str topic)
{
    LogBatch b;
    LogReader *r = suite_reader(s, topic, 0, 0);
    OK(r->cls->read(r, 1000, LIMIT_BATCH_BYTES, &s->arena, &b, &suite_err));
    r->cls->reader_close(r);
    return b.count;
}

static void open_records_hold_readers_back(void **state)
{
    SuiteState *s = *state;
    int64_t low, high;
    Str topic = suite_topic(s, "open", 1);
    LogTxn *slow = suite_txn(s, "slow"), *quick = suite_txn(s, "quick");
    suite_append(s, suite_numbers(s, topic, 0, 0, 2), 2);
    suite_begin(slow);
    OK(slow->cls->txn_append(slow, suite_numbers(s, topic, 0, 2, 1), 1, &suite_err));
    suite_begin(quick);
    OK(quick->cls->txn_append(quick, suite_numbers(s, topic, 0, 3, 1), 1, &suite_err));
    suite_commit(quick);

    assert_int_equal(count_readable(s, topic), 2);
    assert_int_equal(log_sim_stable_end(s->log, topic, 0), 2);
    OK(s->log->cls->watermarks(s->log, topic, 0, &low, &high, &suite_err));
    assert_int_equal(high, 5); /* the end of the quick one takes an offset */
    suite_abort(slow);
    assert_int_equal(count_readable(s, topic), 3);
    assert_int_equal(log_sim_stable_end(s->log, topic, 0), 6);
    slow->cls->txn_close(slow);
    quick->cls->txn_close(quick);
}

static void a_second_producer_fences_the_first(void **state)
{
    SuiteState *s = *state;
    Str topic = suite_topic(s, "fence", 1);
    LogTxn *old = suite_txn(s, "id");
    suite_begin(old);
    OK(old->cls->txn_append(old, suite_numbers(s, topic, 0, 0, 1), 1, &suite_err));
    LogTxn *fresh = suite_txn(s, "id");
    assert_int_equal(old->cls->txn_append(old, suite_numbers(s, topic, 0, 1, 1), 1, &suite_err),
                     ERR_FENCED);
    assert_int_equal(old->cls->txn_commit(old, &suite_err), LOG_FENCED);
    assert_int_equal(old->cls->txn_begin(old, NULL, &suite_err), ERR_FENCED);
    assert_int_equal(count_readable(s, topic), 0);
    suite_begin(fresh);
    OK(fresh->cls->txn_append(fresh, suite_numbers(s, topic, 0, 2, 1), 1, &suite_err));
    suite_commit(fresh);
    assert_int_equal(count_readable(s, topic), 1);
    old->cls->txn_close(old);
    fresh->cls->txn_close(fresh);
}

static void positions_of_an_older_generation_are_refused(void **state)
{
    SuiteState *s = *state;
    Str topic = suite_topic(s, "member", 1), group = STR_LIT("g");
    LogPosition pos = {topic, 0, 5};
    LogTxn *t = suite_txn(s, "id");
    log_sim_member(t, log_sim_rebalance(s->log, group));
    suite_begin(t);
    OK(t->cls->txn_positions(t, group, &pos, 1, &suite_err));
    /* While they are held, nobody can read them. */
    assert_int_equal(s->log->cls->committed(s->log, group, &pos, 1, &suite_err), ERR_IO);
    assert_int_equal(suite_err.kind, ERR_KIND_RETRY);
    suite_commit(t);
    log_sim_rebalance(s->log, group);
    suite_begin(t);
    assert_int_equal(t->cls->txn_positions(t, group, &pos, 1, &suite_err), ERR_FENCED);
    suite_abort(t);
    t->cls->txn_close(t);
}

static void unknown_is_decided_by_the_seed(void **state)
{
    SuiteState *s = *state;
    Str topic = suite_topic(s, "unknown", 1);
    for (int done = 0; done < 2; done++) {
        LogTxn *t = suite_txn(s, "id");
        SimFault f = done ? SIM_COMMIT_UNKNOWN_DONE : SIM_COMMIT_UNKNOWN_LOST;
        suite_begin(t);
        OK(t->cls->txn_append(t, suite_numbers(s, topic, 0, done, 1), 1, &suite_err));
        plan.rate[f] = 65536;
        assert_int_equal(t->cls->txn_commit(t, &suite_err), LOG_UNKNOWN);
        plan.rate[f] = 0;
        assert_int_equal(plan.fired[f], 1);
        assert_int_equal(count_readable(s, topic), 0);
        OK(t->cls->txn_reset(t, &suite_err));
        assert_int_equal(count_readable(s, topic), done);
        LogPosition end = {topic, 0, 0};
        OK(log_sim_ends(t, &end, 1, &suite_err));
        assert_int_equal(end.offset, done ? 3 : 1);
        t->cls->txn_close(t);
    }
}

static void an_open_transaction_times_out(void **state)
{
    SuiteState *s = *state;
    Str topic = suite_topic(s, "timeout", 1);
    LogTxn *t = suite_txn(s, "id");
    suite_begin(t);
    OK(t->cls->txn_append(t, suite_numbers(s, topic, 0, 0, 1), 1, &suite_err));
    for (int i = 0; i <= SIM_TXN_TICKS + 1; i++)
        log_sim_tick(s->log);
    assert_int_equal(t->cls->txn_commit(t, &suite_err), LOG_FENCED);
    assert_int_equal(count_readable(s, topic), 0);
    t->cls->txn_close(t);
}

static void compaction_keeps_the_last_of_each_key(void **state)
{
    SuiteState *s = *state;
    Str topic = suite_topic(s, "compact", 1);
    LogAppend in[] = {suite_record(topic, 0, "a", "1", 1), suite_record(topic, 0, "b", "2", 1),
                      suite_record(topic, 0, "a", "3", 1)};
    suite_append(s, in, 3);
    LogTxn *t = suite_txn(s, "id");
    suite_begin(t);
    in[0].value = STR_LIT("aborted");
    OK(t->cls->txn_append(t, in, 1, &suite_err));
    suite_abort(t);
    log_sim_compact(s->log, topic, 0);
    LogReader *r = suite_reader(s, topic, 0, 0);
    LogRecord *out = suite_read(s, r, 2, 10);
    assert_int_equal(suite_number(&out[0]), 2);
    assert_int_equal(suite_number(&out[1]), 3);
    suite_at_end(s, r);
    r->cls->reader_close(r);
    t->cls->txn_close(t);
}

static void the_dead_do_nothing(void **state)
{
    SuiteState *s = *state;
    bool dead = false;
    Str topic = suite_topic(s, "dead", 1);
    LogTxn *t = suite_txn(s, "id");
    suite_begin(t);
    plan.dead = &dead;
    plan.rate[SIM_CRASH_IN_LOG_TXN] = 65536;
    assert_int_equal(t->cls->txn_append(t, suite_numbers(s, topic, 0, 0, 1), 1, &suite_err),
                     ERR_IO);
    assert_string_equal(suite_err.text, "the process is dead");
    assert_true(dead);
    assert_int_equal(t->cls->txn_commit(t, &suite_err), LOG_UNKNOWN);
    plan.dead = NULL;
    t->cls->txn_close(t);
}

/* The same seed fires at the same calls. */
static void a_plan_is_deterministic(void **state)
{
    SimPlan a = {.rng = 7, .rate = {[SIM_BEGIN_FAIL] = 20000}}, b = a;
    int fired = 0;
    for (int i = 0; i < 1000; i++) {
        bool fires = sim_fires(&a, SIM_BEGIN_FAIL);
        assert_int_equal(fires, sim_fires(&b, SIM_BEGIN_FAIL));
        fired += fires;
    }
    assert_in_range(fired, 200, 400);
    assert_int_equal(a.fired[SIM_BEGIN_FAIL], fired);
    assert_string_equal(sim_fault_names[SIM_BEGIN_FAIL], "BEGIN_FAIL");
    a.off = true;
    assert_false(sim_fires(&a, SIM_BEGIN_FAIL));
}

#define OWN(f) cmocka_unit_test_setup_teardown(f, log_suite_setup, log_suite_teardown)

int main(void)
{
    const struct CMUnitTest both[] = {LOG_SUITE_TESTS};
    const struct CMUnitTest two_step[] = {
        OWN(open_records_hold_readers_back),
        OWN(a_second_producer_fences_the_first),
        OWN(positions_of_an_older_generation_are_refused),
        OWN(unknown_is_decided_by_the_seed),
        OWN(an_open_transaction_times_out),
        OWN(compaction_keeps_the_last_of_each_key),
        OWN(the_dead_do_nothing),
        OWN(a_plan_is_deterministic),
    };
    suite = (LogSuite){.make = make_log,
                       .prefix = "sim.",
                       .patience_ms = 5000,
                       .big_bytes = 4 << 20,
                       .arrival = true,
                       .all_or_nothing = true,
                       .any_time = true};
    int failed = cmocka_run_group_tests_name("log: simulated, two-step", both, NULL, NULL);
    failed += cmocka_run_group_tests_name("log: simulated, its own", two_step, NULL, NULL);
    suite.state_begin = state_begin;
    suite.state_end = state_end;
    suite.dense = joint = true;
    return failed + cmocka_run_group_tests_name("log: simulated, joint", both, NULL, NULL);
}
