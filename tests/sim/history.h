/* history.h: one history of the simulation: a world with a log, one or two processes that run a
 * small application on it, and faults. What the files are:
 *
 *   sim_main.c  the program: seeds, dresses, planted bugs, reports
 *   history.c   the world: input, group, time, and the comparison at the end
 *   process.c   one process: start, crash, assignment, restore, work, abort
 *   commit.c    its commits: freeze, run the protocol, do what the result says
 *   app.c       the application: stores and what a record does to them
 *   model.c     what must come out, computed from the input alone; shares no code with the store
 *   bugs.c      ten mistakes, planted by wrappers around the real code
 *
 * Everything is decided by the seed: the same seed, dress and bug give the same history. */
#ifndef OXBOW_TESTS_SIM_HISTORY_H
#define OXBOW_TESTS_SIM_HISTORY_H

#include <stdio.h>

#include "store/changelog.h"
#include "store/commit.h"
#include "store/sim_disk.h"

enum {
    PARTS = 3,
    PROCS = 2,
    KEYS = 6,
    RECORDS_MAX = 700, /* per partition */
    WIN_MS = 10,       /* hopping windows, so each record falls into two */
    HOP_MS = 5,
    GRACE_MS = 8,
    RETENTION_MS = 25,
    WINS = 1200,
    TEXT_BYTES = 96,
    COMMITS_WANTED = 20,
    FAULTS_WANTED = 3,
    BACKLOG = 10, /* records of a partition that wait to be processed */
    WAITING_MAX = 4,
    STEPS_MAX = 30000,
};

/* ---- model.c ------------------------------------------------------------------------------- */

typedef struct Input {
    int key;
    bool null;
    int value;
    int64_t time;
} Input;

/* What one partition's input must have led to. */
typedef struct Model {
    int count;                          /* records taken in */
    char text[RECORDS_MAX][TEXT_BYTES]; /* the output of each */
    int64_t total[RECORDS_MAX + 1];     /* sum of the counts after so many records */
    bool counted[KEYS];
    int64_t counts[KEYS], sums[KEYS];
    char last[KEYS][24];      /* empty: none */
    int32_t wins[WINS][KEYS]; /* by start / HOP_MS */
    int64_t stream_time, late;
} Model;

void model_reset(Model *m);
void model_take(Model *m, int partition, const Input *in);
/* A window that has not been dropped. */
bool model_keeps(const Model *m, int64_t start);

/* ---- app.c --------------------------------------------------------------------------------- */

enum { STORE_COUNT, STORE_LAST, STORE_WIN, STORES };

extern StoreDef app_defs[STORES];
void app_init(void); /* once */
/* One record: change the stores, append the output's text. */
Rc app_take(Store *const *stores, int partition, const LogRecord *r, char text[TEXT_BYTES],
            Err *err);
Str app_key(int k);
void app_encode(const Input *in, char text[32], LogAppend *out);
/* Compare what the disk holds of a partition; false: it differs, *why says where. */
bool app_check(StoreDisk *d, int partition, const Model *m, char *why, size_t why_bytes);
/* Sum of the counts in a view. */
Rc app_total(StoreDisk *d, int partition, StoreGen *const *gens, int gen_count, int64_t *total,
             Err *err);

/* ---- bugs.c -------------------------------------------------------------------------------- */

#define BUGS(X)                                                                                    \
    X(NONE, "none", true, true)                                                                    \
    X(STATE_FIRST, "state-first", true, true) /* state commit before log commit */                 \
    X(OFFSET_PLUS_ONE, "offset-plus-one", true, true)                                              \
    X(SKIP_FENCE, "skip-fence", false, true)                                                       \
    X(CHECKPOINT_AT_END, "checkpoint-at-end", false, true) /* not what was applied */              \
    X(RESTORE_TO_LSO, "restore-to-lso", false, true)       /* the stable offset as restore end */  \
    X(KEEP_STAGED, "keep-staged", true, true)              /* staged output survives an abort */   \
    X(LOST_ABORT, "lost-abort", true, true)          /* the active generation survives one */      \
    X(DUP_ON_RETRY, "dup-on-retry", false, true)     /* "unknown" taken for "aborted" */           \
    X(NO_TOMBSTONE, "no-tombstone", true, true)      /* deletions are not written */               \
    X(DROP_COMMITTED, "drop-committed", false, true) /* a logged generation is thrown away */

typedef enum Bug {
#define X(name, text, joint, two_step) BUG_##name,
    BUGS(X)
#undef X
        BUG_COUNT
} Bug;

typedef struct BugInfo {
    const char *name;
    bool joint, two_step; /* where it can be planted */
} BugInfo;

extern const BugInfo bug_infos[BUG_COUNT];
void bug_wrap_disk(Bug bug, StoreDisk *d);
void bug_wrap_txn(Bug bug, LogTxn *t);
/* Drop the tombstones from a changelog, where that is the bug; returns the new count. */
int bug_filter_changelog(Bug bug, LogAppend *records, int count);

/* ---- process.c ----------------------------------------------------------------------------- */

typedef struct History History;
typedef struct Proc Proc;

/* What a freeze has taken out of a process, until it is on its disk. */
typedef struct Flight {
    CommitSet set;
    Arena arena;
    StoreGen *gens[PARTS * STORES];
    Store *stores[PARTS * STORES]; /* each gen's */
    LogPosition positions[PARTS], previous[PARTS], checkpoints[PARTS];
} Flight;

typedef enum TaskState { TASK_CLOSED, TASK_LOCATING, TASK_RESTORING, TASK_RUNNING } TaskState;

typedef struct Task {
    TaskState state;
    int partition;
    Store *stores[STORES];
    LogReader *reader;
    int64_t position;  /* next record to process */
    int64_t committed; /* as of the last logged set; -1: none yet */
    ChangelogSource source;
    ChangelogRestore *restore;
} Task;

struct Proc {
    History *h;
    int id;
    bool dead;
    int down_steps; /* until it comes back */
    SimDisk *medium;
    StoreDisk *write, *read, *view;
    LogTxn *txn;
    bool txn_open;      /* false: it must be opened anew before anything else */
    int64_t generation; /* of the group, as this process knows; -1: not a member */
    Task tasks[PARTS];
    uint64_t number; /* of the last freeze that was not dropped */
    Arena staged_arena;
    LogAppend *staged; /* outputs since the last freeze */
    int staged_count, staged_room;
    Flight *waiting[WAITING_MAX]; /* logged, not on the disk; oldest first */
    int waiting_count;
};

void proc_init(Proc *p, History *h, int id);
void proc_fini(Proc *p);
void proc_step(Proc *p);
/* Everything in memory is gone; the process knows that it does not own its partitions any more. */
void proc_discard(Proc *p);
/* `flying`: a freeze has been made and its commit is not through (one of the bugs wants to know).
 */
void proc_abort(Proc *p, bool flying);
/* Process up to `rows` records of some task; false when that ended in an abort. */
bool proc_work(Proc *p, int rows, bool flying);
bool proc_running(const Proc *p); /* a member whose tasks are all restored */
void proc_check_view(Proc *p);

/* ---- commit.c ------------------------------------------------------------------------------ */

/* `overlap`: go on processing between the freeze and the commit. */
void proc_commit(Proc *p, bool overlap);
/* Write up to `count` of the waiting sets to the disk; false when that failed. */
bool proc_write_state(Proc *p, int count);
void flight_free(Flight *f);

/* ---- history.c ----------------------------------------------------------------------------- */

struct History {
    uint64_t seed;
    bool joint, verbose;
    Bug bug;
    SimPlan plan;
    Log *log;
    int parts, proc_count, nested;
    Proc procs[PROCS];
    int owner[PARTS];
    int64_t generation;
    int fed[PARTS];
    int64_t clock[PARTS]; /* time of the input */
    Model *models;        /* [PARTS] */
    int steps, commits;
    char failure[400]; /* empty: all is well */
};

/* Run one history; the counts of fired faults are added to `fired`. False: it failed. */
bool history_run(History *h, uint64_t seed, bool joint, Bug bug, bool verbose,
                 uint64_t fired[SIM_FAULT_COUNT]);
void history_fail(History *h, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void history_say(const History *h, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The group's members change: a new generation, and partitions for those that are alive. `without`:
 * a process that gets none, or NULL. */
void history_rebalance(History *h, const Proc *without);

#define TOPIC_IN STR_LIT("in")
#define TOPIC_OUT STR_LIT("out")
#define TOPIC_CHANGES STR_LIT("changelog")
#define GROUP STR_LIT("app")

#endif
