/* test_commit.c: each way out of the commit protocol by itself. The histories under seeds
 * (tests/sim) run through all of them in every order; here each has its name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/commit.h"
#include "store_test.h"

#define GROUP STR_LIT("g")

typedef struct Fixture {
    SimPlan plan;
    Arena arena;
    Log *log;
    LogTxn *txn;
    SimDisk *medium;
    StoreDisk *disk;
    StoreDef def;
    Store *store;
    StoreGen *gens[1];
    LogPosition positions[1], previous[1], checkpoints[1];
    LogAppend output;
    CommitUnit unit;
    CommitSet set;
} Fixture;

static Fixture *fixture_new(bool joint)
{
    static const Type *const types[] = {&type_bigint};
    static const StoreCaps caps = {.cache_bytes = 4096};
    Fixture *f = MEM_NEW(Fixture);
    f->plan.rng = 1;
    arena_init(&f->arena, 0);
    f->log = log_sim_new(&f->plan, joint);
    OK(f->log->cls->topic_create(f->log, STR_LIT("in"), 1, 1, false, &test_err));
    OK(f->log->cls->topic_create(f->log, STR_LIT("out"), 1, 1, false, &test_err));
    OK(f->log->cls->txn_open(f->log, STR_LIT("id"), &f->txn, &test_err));
    log_sim_member(f->txn, log_sim_rebalance(f->log, GROUP));
    f->medium = sim_disk_new(&f->plan);
    if (joint)
        sim_disk_join(f->medium, f->log);
    f->disk = sim_disk_open(f->medium);
    f->def = test_def(&f->arena, STORE_TABLE, types, 1);
    OK(store_open(&f->def, 0, f->disk, &caps, &f->store, &test_err));
    f->unit = (CommitUnit){STR_LIT("unit"), GROUP, f->log, f->txn, f->disk, log_sim_ends};
    f->output = (LogAppend){.topic = STR_LIT("out"), .key = STR_LIT("k"), .value = STR_LIT("v")};
    return f;
}

static void fixture_free(Fixture *f)
{
    gen_unref(f->gens[0]);
    store_close(f->store);
    f->disk->cls->close(f->disk);
    f->txn->cls->txn_close(f->txn);
    sim_disk_free(f->medium);
    f->log->cls->close(f->log);
    arena_fini(&f->arena);
    mem_free(f);
}

/* One row changed, one output, the position moved to `offset`. */
static CommitSet *make_set(Fixture *f, uint64_t number, int64_t offset)
{
    Buf row;
    Column c;
    column_init(&c, &f->arena, &type_bigint, 1);
    c.valid[0] = 1;
    c.i64[0] = offset;
    buf_init(&row);
    rowcode_encode(f->def.row, &row, &c, 0);
    OK(store_put(f->store, 0, STR_LIT("k"), buf_str(&row), &test_err));
    buf_fini(&row);
    gen_unref(f->gens[0]);
    f->gens[0] = store_freeze(f->store, number);
    f->previous[0] =
        (LogPosition){STR_LIT("in"), 0, f->positions[0].topic.ptr ? f->positions[0].offset : -1};
    f->positions[0] = (LogPosition){STR_LIT("in"), 0, offset};
    f->checkpoints[0] = (LogPosition){STR_LIT("out"), 0, -1};
    f->set = (CommitSet){.number = number,
                         .gens = f->gens,
                         .gen_count = 1,
                         .outputs = &f->output,
                         .output_count = 1,
                         .positions = f->positions,
                         .previous = f->previous,
                         .position_count = 1,
                         .checkpoints = f->checkpoints,
                         .checkpoint_count = f->log->cls->joint ? 0 : 1};
    return &f->set;
}

static int64_t committed(Fixture *f)
{
    LogPosition pos = {STR_LIT("in"), 0, -1};
    OK(f->log->cls->committed(f->log, GROUP, &pos, 1, &test_err));
    return pos.offset;
}

static int outputs(Fixture *f)
{
    LogReader *r;
    LogBatch b;
    OK(f->log->cls->reader_open(f->log, STR_LIT("out"), 0, 0, &r, &test_err));
    OK(r->cls->read(r, 100, 1 << 20, &f->arena, &b, &test_err));
    r->cls->reader_close(r);
    return b.count;
}

/* What is durable: outputs, committed position, generation on the disk, checkpoint. */
static void assert_durable(Fixture *f, int out, int64_t position, uint64_t number)
{
    uint64_t there;
    assert_int_equal(outputs(f), out);
    assert_int_equal(committed(f), position);
    OK(f->disk->cls->generation(f->disk, STR_LIT("unit"), &there, &test_err));
    assert_int_equal(there, number);
}

static void arm(Fixture *f, SimFault fault)
{
    memset(f->plan.rate, 0, sizeof f->plan.rate);
    if (fault != SIM_FAULT_COUNT)
        f->plan.rate[fault] = 65536;
}

/* ---- joint --------------------------------------------------------------------------------- */

static void joint_all_or_nothing(void **state)
{
    static const SimFault faults[] = {
        SIM_BEGIN_FAIL,       SIM_APPEND_FAIL,      SIM_POSITIONS_FAIL,   SIM_COMMIT_ABORTED,
        SIM_STATE_BEGIN_FAIL, SIM_STATE_WRITE_FAIL, SIM_STATE_COMMIT_FAIL};
    Fixture *f = fixture_new(true);
    CommitSet *set = make_set(f, 1, 5);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        arm(f, faults[i]);
        test_err = ERR_INIT;
        assert_int_equal(commit_run(&f->unit, set, &test_err), COMMIT_DROPPED);
        assert_true(test_err.code != ERR_NONE);
        arm(f, SIM_FAULT_COUNT);
        assert_durable(f, 0, -1, 0);
    }
    assert_int_equal(commit_run(&f->unit, set, &test_err), COMMIT_DONE);
    assert_durable(f, 1, 5, 1);
    fixture_free(f);
}

static Rc refuse(void *ctx, Db *db, Err *err)
{
    int *calls = ctx;
    assert_null(db); /* the simulated disk has none */
    return ++*calls == 1 ? err_set(err, ERR_KIND_FATAL, ERR_FENCED, "a later epoch is in the file")
                         : 0;
}

/* The side tables are written inside, and may fence: a process that woke up late cannot write. */
static void joint_extra_decides(void **state)
{
    Fixture *f = fixture_new(true);
    CommitSet *set = make_set(f, 1, 5);
    int calls = 0;
    set->extra = refuse;
    set->extra_ctx = &calls;
    assert_int_equal(commit_run(&f->unit, set, &test_err), COMMIT_LOST);
    assert_string_equal(test_err.text, "a later epoch is in the file");
    assert_durable(f, 0, -1, 0);
    assert_int_equal(commit_run(&f->unit, set, &test_err), COMMIT_DONE);
    assert_int_equal(calls, 2);
    assert_durable(f, 1, 5, 1);
    fixture_free(f);
}

static void a_generation_is_written_once(void **state)
{
    Fixture *f = fixture_new(true);
    CommitSet *set = make_set(f, 4, 5);
    assert_int_equal(commit_run(&f->unit, set, &test_err), COMMIT_DONE);
    assert_int_equal(commit_run(&f->unit, set, &test_err), COMMIT_DROPPED);
    assert_string_equal(test_err.text,
                        "generation 4 of 'unit' cannot be written: the state already "
                        "holds generation 4");
    assert_durable(f, 1, 5, 4);
    fixture_free(f);
}

/* ---- two-step ------------------------------------------------------------------------------ */

static void log_first_then_state(void **state)
{
    Fixture *f = fixture_new(false);
    int64_t offset;
    CommitSet *set = make_set(f, 1, 5);
    arm(f, SIM_STATE_COMMIT_FAIL);
    assert_int_equal(commit_run(&f->unit, set, &test_err), COMMIT_LOGGED);
    arm(f, SIM_FAULT_COUNT);
    assert_durable(f, 1, 5, 0);
    store_promote(f->store, f->gens[0]);
    OK(commit_state(&f->unit, (const CommitSet *const[]){set}, 1, &test_err));
    assert_durable(f, 1, 5, 1);
    /* The checkpoint is behind what was written, and not the end: the transaction's own end is
     * there. */
    OK(f->disk->cls->position(f->disk, STR_LIT("out"), 0, &offset, &test_err));
    assert_int_equal(offset, 1);
    fixture_free(f);
}

static void two_step_drops(void **state)
{
    static const SimFault faults[] = {SIM_BEGIN_FAIL, SIM_APPEND_FAIL, SIM_POSITIONS_FAIL,
                                      SIM_COMMIT_ABORTED, SIM_COMMIT_UNKNOWN_LOST};
    Fixture *f = fixture_new(false);
    CommitSet *set = make_set(f, 1, 5);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        arm(f, faults[i]);
        assert_int_equal(commit_run(&f->unit, set, &test_err), COMMIT_DROPPED);
        arm(f, SIM_FAULT_COUNT);
        assert_durable(f, 0, -1, 0);
    }
    assert_int_equal(test_err.kind, ERR_KIND_RETRY); /* it may be sent again as it is */
    assert_int_equal(commit_run(&f->unit, set, &test_err), COMMIT_DONE);
    assert_durable(f, 1, 5, 1);
    fixture_free(f);
}

/* The fault fires once: the confirmation that follows goes through. */
static LogOutcome (*true_commit)(LogTxn *t, Err *err);
static void (*then)(Fixture *f);
static Fixture *then_to;

static LogOutcome commit_once_unknown(LogTxn *t, Err *err)
{
    LogOutcome outcome = true_commit(t, err);
    arm(then_to, SIM_FAULT_COUNT);
    if (then)
        then(then_to);
    then = NULL;
    return outcome;
}

static CommitResult run_unknown(Fixture *f, CommitSet *set, SimFault fault,
                                void (*meanwhile)(Fixture *))
{
    static LogClass cls;
    cls = *f->txn->cls;
    true_commit = cls.txn_commit;
    cls.txn_commit = commit_once_unknown;
    f->txn->cls = &cls;
    then = meanwhile;
    then_to = f;
    arm(f, fault);
    CommitResult r = commit_log(&f->unit, set, &test_err);
    f->txn->cls = f->log->cls;
    return r;
}

static void unknown_and_done(void **state)
{
    Fixture *f = fixture_new(false);
    CommitSet *set = make_set(f, 1, 5);
    assert_int_equal(run_unknown(f, set, SIM_COMMIT_UNKNOWN_DONE, NULL), COMMIT_LOGGED);
    assert_durable(f, 1, 5, 0);
    assert_int_equal(f->checkpoints[0].offset, 1);
    fixture_free(f);
}

/* Somebody takes over while the outcome is unknown, and commits for the same source. */
static void overtake(Fixture *f, int64_t offset)
{
    LogTxn *other;
    LogPosition pos = {STR_LIT("in"), 0, offset};
    for (int i = 0; i < 10; i++)
        log_sim_tick(f->log); /* the transaction in doubt ends, or nobody could read positions */
    OK(f->log->cls->txn_open(f->log, STR_LIT("other"), &other, &test_err));
    log_sim_member(other, log_sim_rebalance(f->log, GROUP));
    OK(other->cls->txn_begin(other, NULL, &test_err));
    OK(other->cls->txn_append(other, &f->output, 1, &test_err));
    OK(other->cls->txn_positions(other, GROUP, &pos, 1, &test_err));
    assert_int_equal(other->cls->txn_commit(other, &test_err), LOG_COMMITTED);
    other->cls->txn_close(other);
}

static void overtake_further(Fixture *f)
{
    overtake(f, 9);
}
static void overtake_equally(Fixture *f)
{
    overtake(f, 5);
}

static void unknown_and_overtaken(void **state)
{
    Fixture *f = fixture_new(false);
    CommitSet *set = make_set(f, 1, 5);
    assert_int_equal(run_unknown(f, set, SIM_COMMIT_UNKNOWN_LOST, overtake_further), COMMIT_LOST);
    assert_string_equal(test_err.text,
                        "the committed positions of 'g' are not where this process left them");
    assert_durable(f, 1, 9, 0);
    fixture_free(f);
}

/* Lost, and the other one has got exactly as far: the positions are ours, the commit is not. */
static void unknown_and_overtaken_to_the_same_place(void **state)
{
    Fixture *f = fixture_new(false);
    CommitSet *set = make_set(f, 1, 5);
    assert_int_equal(run_unknown(f, set, SIM_COMMIT_UNKNOWN_LOST, overtake_equally), COMMIT_LOST);
    assert_int_equal(test_err.code, ERR_FENCED);
    assert_durable(f, 1, 5, 0);
    fixture_free(f);
}

static void unknown_without_positions(void **state)
{
    Fixture *f = fixture_new(false);
    CommitSet *set = make_set(f, 1, 5);
    set->position_count = 0;
    assert_int_equal(run_unknown(f, set, SIM_COMMIT_UNKNOWN_DONE, NULL), COMMIT_LOST);
    assert_string_equal(test_err.text,
                        "the outcome of a commit is unknown, and it moved no position "
                        "that could tell");
    fixture_free(f);
}

static void fenced(void **state)
{
    Fixture *f = fixture_new(false);
    CommitSet *set = make_set(f, 1, 5);
    log_sim_rebalance(f->log, GROUP);
    assert_int_equal(commit_run(&f->unit, set, &test_err), COMMIT_LOST);
    assert_string_equal(test_err.text, "simulated: generation 1 of group 'g' is over");
    arm(f, SIM_COMMIT_FENCED);
    log_sim_member(f->txn, -1);
    assert_int_equal(commit_run(&f->unit, set, &test_err), COMMIT_LOST);
    arm(f, SIM_FAULT_COUNT);
    assert_durable(f, 0, -1, 0);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joint_all_or_nothing),
        cmocka_unit_test(joint_extra_decides),
        cmocka_unit_test(a_generation_is_written_once),
        cmocka_unit_test(log_first_then_state),
        cmocka_unit_test(two_step_drops),
        cmocka_unit_test(unknown_and_done),
        cmocka_unit_test(unknown_and_overtaken),
        cmocka_unit_test(unknown_and_overtaken_to_the_same_place),
        cmocka_unit_test(unknown_without_positions),
        cmocka_unit_test(fenced),
    };
    return cmocka_run_group_tests_name("store: commit", tests, NULL, NULL);
}
