/* run.h: one test case, from nothing to its verdict. */
#ifndef OXBOW_TEST_RUN_H
#define OXBOW_TEST_RUN_H

#include "test/case.h"

typedef enum Verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_SKIP } Verdict;

typedef struct CaseResult {
    Verdict verdict;
    char why[1024]; /* one line, safe to print */
} CaseResult;

typedef struct CaseRun {
    int batch;          /* rows a batch may hold */
    bool commit_every;  /* a commit after every epoch */
    uint64_t kill_seed; /* not 0: throw away and resume at random */
} CaseRun;

void case_run(const TestCase *c, const CaseRun *how, CaseResult *out);

#endif
