/* run_int.h: the world of one case, shared by run.c, run_rows.c and post.c. */
#ifndef OXBOW_TEST_RUN_INT_H
#define OXBOW_TEST_RUN_INT_H

#include "engine/session.h"
#include "test/run.h"

typedef struct CaseWorld {
    const TestCase *test;
    const CaseRun *how;
    Arena arena;
    Engine *engine;
    Session *session;
    bool exact;                   /* numbers compare by their text */
    uint64_t rng;                 /* 0: no kills */
    const CatalogQuery *released; /* which query runs now, and on which topics (-1: all) */
    const Str *topics;
    int topic_count;
} CaseWorld;

extern ResultSink null_sink;

void verdict_pass(CaseResult *out);
void verdict_set(CaseResult *out, Verdict v, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void verdict_error(CaseResult *out, const char *where, const Err *err);
/* Is it an error that says nothing about right or wrong: what is not built, what only tests have?
 * Then the case is skipped. */
bool verdict_skips(CaseResult *out, const Err *err);
void check_expected_error(const TestCase *c, const Err *err, Str statement, CaseResult *out);
const CatalogSource *world_source_of(CaseWorld *w, Str topic);
Rc world_feed(CaseWorld *w, Err *err);
Rc world_pump(CaseWorld *w, Err *err);
Rc world_run_queries(CaseWorld *w, Err *err);
Rc world_read_topic(CaseWorld *w, Str topic, LogBatch *out, Err *err);
Rc world_check_outputs(CaseWorld *w, Err *err);

/* test_only.c: the function of tests alone that an error calls unknown; NULL */
const char *test_only_function(const Err *err);
/* post.c */
Rc check_post(CaseWorld *w, Err *err);
/* run_rows.c: pull and push cases */
void run_rows_case(CaseWorld *w, CaseResult *out);

#endif
