/* store_test.h: what the tests of the store share: definitions of stores, rows, and the two disks.
 */
#ifndef OXBOW_TESTS_STORE_TEST_H
#define OXBOW_TESTS_STORE_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/mem.h"
#include "store/sim_disk.h"
#include "store/store.h"

static Err test_err;

#define OK(expr) test_ok((expr), #expr, __LINE__)

static inline void test_ok(Rc rc, const char *expr, int line)
{
    if (rc)
        fail_msg("line %d: %s: %s: %s", line, expr, err_code_name(rc), test_err.text);
}

/* One disk to test on: handles of a writing and a reading side. */
typedef struct TestDisk {
    StoreDisk *write, *read;
    SimPlan plan;
    SimDisk *sim; /* or: */
    Db *write_db, *read_db;
} TestDisk;

static inline void test_disk_open(TestDisk *d, bool sqlite)
{
    *d = (TestDisk){.plan = {.rng = 1}};
    if (!sqlite) {
        d->sim = sim_disk_new(&d->plan);
        d->write = sim_disk_open(d->sim);
        d->read = sim_disk_open(d->sim);
        return;
    }
    char uri[64];
    db_memory_uri(uri);
    OK(db_open(uri, DB_WRITE, &d->write_db, &test_err));
    OK(db_open(uri, DB_READ, &d->read_db, &test_err));
    OK(store_disk_open(d->write_db, &d->write, &test_err));
    OK(store_disk_open(d->read_db, &d->read, &test_err));
}

static inline void test_disk_close(TestDisk *d)
{
    d->write->cls->close(d->write);
    d->read->cls->close(d->read);
    db_close(d->write_db);
    db_close(d->read_db);
    sim_disk_free(d->sim);
}

static inline StoreDef test_def(Arena *a, StoreKind kind, const Type *const *types, int count)
{
    return (StoreDef){.id = 7,
                      .kind = kind,
                      .name = "Test",
                      .row = rowcode_new(a, types, count),
                      .record_count = 2};
}

#endif
