/* db.h: the one door to SQLite.
 *
 * A Db is one connection and belongs to one thread at a time (handing it over is fine, sharing is
 * not). Every connection is opened hardened: defensive, untrusted schema, no extension loading, no
 * ATTACH, limits set, cell_size_check; busy timeout 2 s. Values are always bound, never pasted into
 * SQL. Errors: SQLITE_BUSY and LOCKED become kind RETRY/ERR_BUSY, full disk and I/O errors ERR_IO,
 * NOTADB and CORRUPT ERR_CORRUPT, each naming the file. */
#ifndef OXBOW_BASE_DB_H
#define OXBOW_BASE_DB_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

typedef struct Db Db;
typedef struct DbStmt DbStmt;

typedef enum DbMode {
    DB_READ,      /* an existing file, read only */
    DB_WRITE,     /* an existing or new file; WAL, synchronous=FULL */
    DB_WRITE_LAX, /* the same with synchronous=NORMAL (a changelog can replay the tail) */
    DB_SCRATCH    /* path NULL: a private temporary database, deleted when closed */
} DbMode;

/* `path` may be ":memory:" only through a shared-cache URI made by db_memory_uri, so that several
 * connections of one process see one database. */
Rc db_open(const char *path, DbMode mode, Db **out, Err *err);
void db_close(Db *db); /* NULL is fine; finalizes what db_prepare made */
/* A fresh name of an in-memory database; it lives while a connection to it is open. It has no WAL:
 * a writer and a reader wait for each other (2 s, then ERR_BUSY), so never hold a read transaction
 * over a commit in the same thread. */
void db_memory_uri(char out[64]);

Rc db_exec(Db *db, const char *sql, Err *err); /* one or more statements without parameters */
/* Prepared statements are kept by the connection and found again by their text. */
Rc db_prepare(Db *db, const char *sql, DbStmt **out, Err *err);

/* Parameters count from 1. Text and blobs are bound without a copy: they must live until db_reset.
 */
void db_bind_i64(DbStmt *s, int i, int64_t v);
void db_bind_f64(DbStmt *s, int i, double v);
void db_bind_text(DbStmt *s, int i, Str v);
void db_bind_blob(DbStmt *s, int i, Str v); /* ptr NULL binds NULL */
void db_bind_null(DbStmt *s, int i);

/* *row: true when there is a row to read. */
Rc db_step(DbStmt *s, bool *row, Err *err);
/* Step to the end and reset; for statements without rows. */
Rc db_run(DbStmt *s, Err *err);
void db_reset(DbStmt *s);

/* Columns count from 0; pointers live until the next step or reset. */
int64_t db_i64(DbStmt *s, int c);
double db_f64(DbStmt *s, int c);
Str db_text(DbStmt *s, int c); /* STR_NULL for NULL */
Str db_blob(DbStmt *s, int c);
bool db_is_null(DbStmt *s, int c);

Rc db_begin_write(Db *db, Err *err); /* BEGIN IMMEDIATE */
Rc db_begin_read(Db *db, Err *err);  /* BEGIN, and the snapshot is taken at once */
Rc db_commit(Db *db, Err *err);
void db_rollback(Db *db); /* harmless outside a transaction */

int64_t db_data_version(Db *db); /* changes when another connection has committed */
int64_t db_changes(Db *db);
int64_t db_wal_bytes(Db *db);
/* Passive: never waits. Truncating: ERR_BUSY after 100 ms of readers, having moved what it could.
 */
Rc db_checkpoint(Db *db, bool truncate, Err *err);
void db_interrupt(Db *db); /* any thread */
const char *db_path(const Db *db);

#endif
