/* The door to SQLite: modes, hardening, the statement cache, transactions and error kinds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/db.h"

static char dir[64];
static char path[128];

static int set_up(void **state)
{
    snprintf(dir, sizeof dir, "/tmp/oxbow_db_XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/a.db", dir);
    return 0;
}

static int tear_down(void **state)
{
    char cmd[128];
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    return system(cmd);
}

static Db *open_ok(const char *p, DbMode mode)
{
    Db *db;
    Err err = ERR_INIT;
    if (db_open(p, mode, &db, &err))
        fail_msg("%s", err.text);
    return db;
}

static void exec_ok(Db *db, const char *sql)
{
    Err err = ERR_INIT;
    if (db_exec(db, sql, &err))
        fail_msg("%s: %s", sql, err.text);
}

static int64_t ask(Db *db, const char *sql)
{
    DbStmt *s;
    bool row;
    Err err = ERR_INIT;
    if (db_prepare(db, sql, &s, &err) || db_step(s, &row, &err))
        fail_msg("%s: %s", sql, err.text);
    assert_true(row);
    int64_t v = db_i64(s, 0);
    db_reset(s);
    return v;
}

static void values_round_trip(Db *db)
{
    exec_ok(db, "CREATE TABLE t (a, b, c, d, e)");
    DbStmt *s;
    Err err = ERR_INIT;
    assert_int_equal(db_prepare(db, "INSERT INTO t VALUES (?1, ?2, ?3, ?4, ?5)", &s, &err), 0);
    db_bind_i64(s, 1, INT64_MIN);
    db_bind_f64(s, 2, 0.1);
    db_bind_text(s, 3, str_make("a\0b", 3));
    db_bind_blob(s, 4, STR_LIT(""));
    db_bind_blob(s, 5, STR_NULL);
    assert_int_equal(db_run(s, &err), 0);
    assert_int_equal(db_changes(db), 1);

    bool row;
    assert_int_equal(db_prepare(db, "SELECT * FROM t", &s, &err), 0);
    assert_int_equal(db_step(s, &row, &err), 0);
    assert_true(row);
    assert_true(db_i64(s, 0) == INT64_MIN);
    assert_true(db_f64(s, 1) == 0.1);
    assert_true(str_eq(db_text(s, 2), str_make("a\0b", 3)));
    assert_true(db_blob(s, 3).ptr && db_blob(s, 3).len == 0);
    assert_true(db_is_null(s, 4) && !db_blob(s, 4).ptr && !db_text(s, 4).ptr);
    assert_int_equal(db_step(s, &row, &err), 0);
    assert_false(row);
    db_reset(s);
}

static void test_values(void **state)
{
    Db *db = open_ok(path, DB_WRITE);
    values_round_trip(db);
    assert_string_equal(db_path(db), path);
    db_close(db);
    db_close(NULL);
}

static void test_scratch(void **state)
{
    Db *db = open_ok(NULL, DB_SCRATCH);
    values_round_trip(db);
    assert_int_equal(db_wal_bytes(db), 0);
    db_close(db);
}

static void test_pragmas(void **state)
{
    Db *db = open_ok(path, DB_WRITE);
    assert_int_equal(ask(db, "PRAGMA synchronous"), 2);
    assert_int_equal(ask(db, "PRAGMA wal_autocheckpoint"), 0);
    assert_int_equal(ask(db, "PRAGMA cell_size_check"), 1);
    assert_int_equal(ask(db, "PRAGMA mmap_size"), 0);
    assert_int_equal(ask(db, "PRAGMA trusted_schema"), 0);
    assert_int_equal(ask(db, "PRAGMA busy_timeout"), 2000);
    db_close(db);
    db = open_ok(path, DB_WRITE_LAX);
    assert_int_equal(ask(db, "PRAGMA synchronous"), 1);
    db_close(db);
}

static void test_hardened(void **state)
{
    Db *db = open_ok(path, DB_WRITE);
    Err err = ERR_INIT;
    assert_int_equal(db_exec(db, "ATTACH '/tmp/x.db' AS x", &err), ERR_STATEMENT);
    assert_non_null(strstr(err.text, "too many attached databases"));
    assert_int_not_equal(db_exec(db, "SELECT load_extension('x')", &err), 0);
    exec_ok(db, "CREATE TABLE t (a)");
    assert_int_not_equal(db_exec(db, "SELECT \"text\"", &err), 0);
    exec_ok(db, "PRAGMA writable_schema = ON");
    assert_int_not_equal(db_exec(db, "UPDATE sqlite_schema SET sql = 'x'", &err), 0);
    /* A trigger that somebody planted does not fire. */
    exec_ok(db, "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO t VALUES (2); END");
    exec_ok(db, "INSERT INTO t VALUES (1)");
    assert_int_equal(ask(db, "SELECT count(*) FROM t"), 1);
    db_close(db);
}

static void test_read_only(void **state)
{
    Db *db;
    Err err = ERR_INIT;
    assert_int_equal(db_open(path, DB_READ, &db, &err), ERR_NOT_FOUND);
    assert_null(db);
    assert_non_null(strstr(err.text, "a.db does not exist"));
    Db *w = open_ok(path, DB_WRITE);
    exec_ok(w, "CREATE TABLE t (a); INSERT INTO t VALUES (7)");
    db = open_ok(path, DB_READ);
    assert_int_equal(ask(db, "SELECT a FROM t"), 7);
    assert_int_equal(db_exec(db, "INSERT INTO t VALUES (8)", &err), ERR_IO);
    assert_non_null(strstr(err.text, "a.db cannot be written: it is read-only here"));
    db_close(db);
    db_close(w);
}

static void test_not_a_database(void **state)
{
    FILE *f = fopen(path, "w");
    for (int i = 0; i < 1000; i++)
        fputs("SELECT 1;\n", f);
    fclose(f);
    Db *db;
    Err err = ERR_INIT;
    assert_int_equal(db_open(path, DB_WRITE, &db, &err), ERR_CORRUPT);
    assert_int_equal(err.kind, ERR_KIND_FATAL);
    assert_non_null(strstr(err.text, "a.db is not an oxbow database (not SQLite)"));
    assert_int_equal(db_open(path, DB_READ, &db, &err), ERR_CORRUPT);
    assert_int_equal(db_open("/nowhere/at/all.db", DB_WRITE, &db, &err), ERR_IO);
    assert_string_equal(err.text, "/nowhere/at/all.db cannot be opened; check that its directory "
                                  "exists and that you may write there");
    assert_int_equal(db_open(":memory:", DB_WRITE, &db, &err), ERR_USAGE);
    assert_int_equal(db_open("", DB_WRITE, &db, &err), ERR_USAGE);
}

static void test_damaged(void **state)
{
    Db *db = open_ok(path, DB_WRITE);
    exec_ok(db,
            "CREATE TABLE t (a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
            "WHERE i < 5000) INSERT INTO t SELECT i FROM n");
    db_close(db);
    FILE *f = fopen(path, "r+");
    for (long at = 5000; at < 40000; at += 7) {
        fseek(f, at, SEEK_SET);
        fputc(0xEE, f);
    }
    fclose(f);
    Err err = ERR_INIT;
    db = open_ok(path, DB_READ);
    assert_int_equal(db_exec(db, "SELECT sum(a) FROM t", &err), ERR_CORRUPT);
    assert_non_null(strstr(err.text, "a.db is damaged; "));
    db_close(db);
}

static void test_file_named_like_a_uri(void **state)
{
    assert_int_equal(chdir(dir), 0);
    Db *db = open_ok("file:x?vfs=memdb", DB_WRITE);
    exec_ok(db, "CREATE TABLE t (a)");
    assert_int_equal(access("file:x?vfs=memdb", F_OK), 0);
    db_close(db);
    assert_int_equal(chdir("/"), 0);
}

static void test_statement_cache(void **state)
{
    Db *db = open_ok(path, DB_WRITE);
    exec_ok(db, "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)");
    DbStmt *one, *two, *three;
    Err err = ERR_INIT;
    bool row;
    assert_int_equal(db_prepare(db, "SELECT a FROM t", &one, &err), 0);
    assert_int_equal(db_prepare(db, "SELECT a FROM t", &two, &err), 0);
    assert_ptr_equal(one, two);
    /* A statement in the middle of its rows is not taken away from who steps it. */
    assert_int_equal(db_step(one, &row, &err), 0);
    assert_int_equal(db_prepare(db, "SELECT a FROM t", &two, &err), 0);
    assert_ptr_not_equal(one, two);
    assert_int_equal(db_step(two, &row, &err), 0);
    assert_int_equal(db_step(one, &row, &err), 0);
    assert_true(row && db_i64(one, 0) == 2 && db_i64(two, 0) == 1);
    db_reset(one);
    assert_int_equal(db_prepare(db, "SELECT a FROM t", &three, &err), 0);
    assert_ptr_equal(one, three);
    db_reset(two);
    /* Parameters of the last use are gone. */
    assert_int_equal(db_prepare(db, "SELECT ?1", &one, &err), 0);
    db_bind_i64(one, 1, 5);
    assert_int_equal(db_step(one, &row, &err), 0);
    assert_int_equal(db_i64(one, 0), 5);
    db_reset(one);
    assert_int_equal(db_prepare(db, "SELECT ?1", &one, &err), 0);
    assert_int_equal(db_step(one, &row, &err), 0);
    assert_true(db_is_null(one, 0));
    db_reset(one);
    /* A bind that is out of range is told by the next step. */
    db_bind_i64(one, 2, 5);
    assert_int_not_equal(db_step(one, &row, &err), 0);
    assert_int_equal(db_step(one, &row, &err), 0);
    db_close(db);
}

static void test_statement_errors(void **state)
{
    Db *db = open_ok(path, DB_WRITE);
    DbStmt *s;
    Err err = ERR_INIT;
    assert_int_equal(db_prepare(db, "SELEC", &s, &err), ERR_STATEMENT);
    assert_null(s);
    assert_non_null(strstr(err.text, "a.db: near \"SELEC\": syntax error"));
    assert_int_equal(db_prepare(db, "  ", &s, &err), ERR_STATEMENT);
    exec_ok(db, "CREATE TABLE u (a PRIMARY KEY) WITHOUT ROWID; INSERT INTO u VALUES (1)");
    assert_int_equal(db_exec(db, "INSERT INTO u VALUES (1)", &err), ERR_EXISTS);
    assert_non_null(strstr(err.text, "UNIQUE constraint failed: u.a"));
    db_close(db);
}

static void test_transactions(const char *p, bool wal)
{
    Db *w = open_ok(p, DB_WRITE), *r = open_ok(p, DB_READ);
    Err err = ERR_INIT;
    exec_ok(w, "CREATE TABLE t (a)");
    int64_t version = db_data_version(r);
    assert_int_equal(db_begin_write(w, &err), 0);
    exec_ok(w, "INSERT INTO t VALUES (1)");
    db_rollback(w);
    db_rollback(w); /* harmless */
    assert_int_equal(ask(r, "SELECT count(*) FROM t"), 0);
    assert_true(db_data_version(r) == version);
    assert_int_equal(db_begin_write(w, &err), 0);
    exec_ok(w, "INSERT INTO t VALUES (1)");
    assert_int_equal(db_commit(w, &err), 0);
    assert_true(db_data_version(r) != version);
    assert_int_equal(ask(r, "SELECT count(*) FROM t"), 1);
    if (wal) {
        assert_true(db_wal_bytes(w) > 0);
        /* The snapshot of a reader is taken by begin, not by its first own read. */
        assert_int_equal(db_begin_read(r, &err), 0);
        exec_ok(w, "INSERT INTO t VALUES (2)");
        assert_int_equal(ask(r, "SELECT count(*) FROM t"), 1);
        assert_int_equal(db_checkpoint(w, true, &err), ERR_BUSY);
        assert_int_equal(err.kind, ERR_KIND_RETRY);
        assert_int_equal(db_commit(r, &err), 0);
        assert_int_equal(ask(r, "SELECT count(*) FROM t"), 2);
        assert_int_equal(db_checkpoint(w, false, &err), 0);
    }
    assert_int_equal(db_checkpoint(w, true, &err), 0);
    assert_int_equal(db_wal_bytes(w), 0);
    db_close(r);
    db_close(w);
}

static void test_transactions_file(void **state)
{
    test_transactions(path, true);
}

static void test_transactions_memory(void **state)
{
    char uri[64], other[64];
    db_memory_uri(uri);
    db_memory_uri(other);
    assert_string_not_equal(uri, other);
    test_transactions(uri, false);
    /* It lived while a connection was open, and no longer. */
    Db *db = open_ok(uri, DB_WRITE);
    assert_int_equal(ask(db, "SELECT count(*) FROM sqlite_schema"), 0);
    db_close(db);
}

static void test_busy(void **state)
{
    Db *a = open_ok(path, DB_WRITE), *b = open_ok(path, DB_WRITE);
    Err err = ERR_INIT;
    assert_int_equal(db_begin_write(a, &err), 0);
    exec_ok(b, "PRAGMA busy_timeout = 1");
    assert_int_equal(db_begin_write(b, &err), ERR_BUSY);
    assert_int_equal(err.kind, ERR_KIND_RETRY);
    assert_non_null(strstr(err.text, "a.db is locked by somebody else; try again"));
    assert_int_equal(db_commit(a, &err), 0);
    assert_int_equal(db_begin_write(b, &err), 0);
    db_rollback(b);
    db_close(a);
    db_close(b);
}

/* One writer and three readers on one in-memory database: everybody waits its turn, nobody fails,
 * and every reader sees whole transactions only. */
typedef struct Side {
    const char *uri;
    int errors, torn;
} Side;

static void *read_pairs(void *arg)
{
    Side *side = arg;
    Db *db = NULL;
    Err err = ERR_INIT;
    side->errors += db_open(side->uri, DB_READ, &db, &err) != 0;
    for (int i = 0; db && i < 300; i++) {
        if (db_begin_read(db, &err)) {
            side->errors++;
            continue;
        }
        side->torn += (int)(ask(db, "SELECT count(*) FROM t") % 2);
        side->errors += db_commit(db, &err) != 0;
    }
    db_close(db);
    return NULL;
}

static void test_memory_threads(void **state)
{
    char uri[64];
    db_memory_uri(uri);
    Db *w = open_ok(uri, DB_WRITE);
    exec_ok(w, "CREATE TABLE t (a)");
    pthread_t threads[3];
    Side sides[3];
    for (int i = 0; i < 3; i++) {
        sides[i] = (Side){.uri = uri};
        pthread_create(&threads[i], NULL, read_pairs, &sides[i]);
    }
    Err err = ERR_INIT;
    int errors = 0;
    for (int i = 0; i < 200; i++) {
        if (db_begin_write(w, &err)) {
            errors++;
            continue;
        }
        exec_ok(w, "INSERT INTO t VALUES (1)");
        exec_ok(w, "INSERT INTO t VALUES (2)");
        if (db_commit(w, &err)) {
            errors++;
            db_rollback(w);
        }
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(sides[i].errors, 0);
        assert_int_equal(sides[i].torn, 0);
    }
    assert_int_equal(errors, 0);
    assert_int_equal(ask(w, "SELECT count(*) FROM t"), 400);
    db_close(w);
}

static void *interrupt_soon(void *arg)
{
    for (int i = 0; i < 50; i++) {
        clock_sleep_ms(5);
        db_interrupt(arg);
    }
    return NULL;
}

static void test_interrupt(void **state)
{
    Db *db = open_ok(NULL, DB_SCRATCH);
    pthread_t thread;
    pthread_create(&thread, NULL, interrupt_soon, db);
    Err err = ERR_INIT;
    Rc rc = db_exec(db,
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                    "SELECT count(*) FROM n",
                    &err);
    pthread_join(thread, NULL);
    assert_int_equal(rc, ERR_INTERRUPTED);
    assert_string_equal(err.text, "(a temporary file): interrupted");
    db_close(db);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_values),
        T(test_scratch),
        T(test_pragmas),
        T(test_hardened),
        T(test_read_only),
        T(test_not_a_database),
        T(test_damaged),
        T(test_file_named_like_a_uri),
        T(test_statement_cache),
        T(test_statement_errors),
        T(test_transactions_file),
        T(test_transactions_memory),
        T(test_busy),
        T(test_memory_threads),
        T(test_interrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
