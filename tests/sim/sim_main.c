/* sim_main.c: the program `simulate`: histories of the commit protocol by seed.
 *
 *     simulate --seeds 1..100000 [--dress joint|kafka|both] [--bug NAME] [-v]
 *     simulate --seeds 4711 -v          one history, told step by step
 *     simulate --check-bugs             plant each mistake; fail when one is not noticed
 *
 * Exit status 0: no history failed, or all bugs were caught. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "history.h"

enum { BUG_SEEDS_MAX = 5000, FAILURES_SHOWN = 10 };

typedef struct Options {
    uint64_t from, to;
    bool joint, two_step, verbose, check_bugs;
    Bug bug;
} Options;

static const char *const dress_names[] = {"kafka", "joint"};

static int usage(void)
{
    fputs("usage: simulate [--seeds A..B] [--dress joint|kafka|both] [--bug NAME] [-v]\n"
          "       simulate --check-bugs\n"
          "bugs:",
          stderr);
    for (int b = 1; b < BUG_COUNT; b++)
        fprintf(stderr, " %s", bug_infos[b].name);
    fputc('\n', stderr);
    return 2;
}

static bool take_seeds(Options *o, const char *text)
{
    char *end;
    o->from = o->to = strtoull(text, &end, 10);
    if (strncmp(end, "..", 2) == 0)
        o->to = strtoull(end + 2, &end, 10);
    return *end == 0 && end != text && o->from <= o->to;
}

static bool take_dress(Options *o, const char *text)
{
    o->joint = strcmp(text, "kafka") != 0;
    o->two_step = strcmp(text, "joint") != 0;
    return !(o->joint && o->two_step) || strcmp(text, "both") == 0;
}

static bool take_bug(Options *o, const char *text)
{
    for (int b = 0; b < BUG_COUNT; b++) {
        if (strcmp(bug_infos[b].name, text) == 0) {
            o->bug = (Bug)b;
            return true;
        }
    }
    return false;
}

static bool take_options(Options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "-v") == 0) {
            o->verbose = true;
        } else if (strcmp(argv[i], "--check-bugs") == 0) {
            o->check_bugs = true;
        } else {
            bool ok = strcmp(argv[i], "--seeds") == 0   ? take_seeds(o, value)
                      : strcmp(argv[i], "--dress") == 0 ? take_dress(o, value)
                      : strcmp(argv[i], "--bug") == 0   ? take_bug(o, value)
                                                        : false;
            if (!ok)
                return false;
            i++;
        }
    }
    return true;
}

/* ---- many histories ------------------------------------------------------------------------ */

typedef struct Tally {
    uint64_t histories, commits, lost, doubled, wrong, other;
    uint64_t fired[SIM_FAULT_COUNT];
} Tally;

static void count_failure(Tally *t, const History *h)
{
    uint64_t *kind = strncmp(h->failure, "lost", 4) == 0      ? &t->lost
                     : strncmp(h->failure, "doubled", 7) == 0 ? &t->doubled
                     : strncmp(h->failure, "wrong", 5) == 0   ? &t->wrong
                                                              : &t->other;
    if (t->lost + t->doubled + t->wrong + t->other < FAILURES_SHOWN)
        printf("seed %llu, %s: %s\n", (unsigned long long)h->seed, dress_names[h->joint],
               h->failure);
    ++*kind;
}

static void run_one(History *h, const Options *o, uint64_t seed, bool joint, Tally *t)
{
    if (o->verbose)
        printf("seed %llu, %s\n", (unsigned long long)seed, dress_names[joint]);
    bool ok = history_run(h, seed, joint, o->bug, o->verbose, t->fired);
    t->histories++;
    t->commits += (uint64_t)h->commits;
    if (!ok)
        count_failure(t, h);
}

static int run_seeds(History *h, const Options *o)
{
    Tally t = {0};
    int64_t start = clock_monotonic_ns();
    for (uint64_t seed = o->from; seed <= o->to; seed++) {
        if (o->joint)
            run_one(h, o, seed, true, &t);
        if (o->two_step)
            run_one(h, o, seed, false, &t);
    }
    double seconds = (double)(clock_monotonic_ns() - start) / 1e9;
    for (int f = 0; f < SIM_FAULT_COUNT; f++)
        printf("%12llu %s\n", (unsigned long long)t.fired[f], sim_fault_names[f]);
    printf("%llu histories, %llu commits in %.1f s (%.0f a second)\n",
           (unsigned long long)t.histories, (unsigned long long)t.commits, seconds,
           (double)t.histories / seconds);
    printf("%llu lost, %llu doubled, %llu wrong, %llu others\n", (unsigned long long)t.lost,
           (unsigned long long)t.doubled, (unsigned long long)t.wrong, (unsigned long long)t.other);
    return t.lost + t.doubled + t.wrong + t.other ? 1 : 0;
}

/* ---- planted bugs -------------------------------------------------------------------------- */

/* Seeds until the bug is noticed in this dress; 0: it was not. */
static uint64_t hunt(History *h, Bug bug, bool joint)
{
    uint64_t fired[SIM_FAULT_COUNT] = {0};
    for (uint64_t seed = 1; seed <= BUG_SEEDS_MAX; seed++) {
        if (!history_run(h, seed, joint, bug, false, fired))
            return seed;
    }
    return 0;
}

static int check_bugs(History *h)
{
    int missed = 0;
    for (int b = 1; b < BUG_COUNT; b++) {
        for (int joint = 0; joint < 2; joint++) {
            if (!(joint ? bug_infos[b].joint : bug_infos[b].two_step))
                continue;
            uint64_t seeds = hunt(h, (Bug)b, joint);
            missed += !seeds;
            if (seeds)
                printf("%-18s %s  caught by seed %llu: %s\n", bug_infos[b].name, dress_names[joint],
                       (unsigned long long)seeds, h->failure);
            else
                printf("%-18s %s  NOT CAUGHT in %d seeds\n", bug_infos[b].name, dress_names[joint],
                       BUG_SEEDS_MAX);
        }
    }
    return missed ? 1 : 0;
}

int main(int argc, char **argv)
{
    static History h;
    Options o = {.from = 1, .to = 1000, .joint = true, .two_step = true};
    if (!take_options(&o, argc, argv))
        return usage();
    app_init();
    int status = o.check_bugs ? check_bugs(&h) : run_seeds(&h, &o);
    mem_free(h.models);
    return status;
}
