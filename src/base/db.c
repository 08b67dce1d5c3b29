/* db.c: the one door to SQLite.
 *
 * Owns connections and their prepared statements (kept by text, freed at db_close). What the tables
 * mean, when to commit and when to checkpoint is the callers' business: nothing here starts a
 * transaction, or moves the WAL into the file, by itself.
 *
 * In-memory databases use SQLite's memdb VFS, not its shared cache: with memdb, connections lock
 * the whole database against each other as they would a file, and waiting works; with the shared
 * cache they lock table by table and a reader fails at once. memdb has no WAL, though: a reader and
 * a writer wait for each other, so a read transaction must be short. */
#include "base/db.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"

enum {
    BUSY_MS = 2000,
    CHECKPOINT_BUSY_MS = 100, /* a truncating checkpoint holds writers up: it must not wait long */
    ROW_BYTES_MAX = 4 * LIMIT_RECORD_BYTES,
    SQL_BYTES_MAX = 4 * LIMIT_SQL_BYTES,
    CACHE_KIB_WRITER = 16 << 10,
    CACHE_KIB_READER = 8 << 10,
};

struct DbStmt {
    Db *db;
    sqlite3_stmt *stmt;
    DbStmt *same; /* more statements of the same text, made while the others were running */
    int bind_rc;  /* first failure of a bind, reported by the next step */
};

struct Db {
    sqlite3 *handle;
    DbMode mode;
    bool in_memory;
    Map *stmts; /* text -> DbStmt chain */
    char path[];
};

/* ---- errors
 * -------------------------------------------------------------------------------------- */

typedef struct DbFault {
    int sqlite_code; /* primary result code */
    ErrKind kind;
    ErrCode code;
    const char *tail; /* follows the name of the file; NULL: SQLite's own words do */
} DbFault;

static const DbFault faults[] = {
    {SQLITE_BUSY, ERR_KIND_RETRY, ERR_BUSY, " is locked by somebody else; try again"},
    {SQLITE_LOCKED, ERR_KIND_RETRY, ERR_BUSY, " is locked by another connection; try again"},
    {SQLITE_SCHEMA, ERR_KIND_RETRY, ERR_BUSY, " was changed by somebody else; try again"},
    {SQLITE_FULL, ERR_KIND_FATAL, ERR_IO, " cannot grow: the disk is full; free some space"},
    {SQLITE_IOERR, ERR_KIND_FATAL, ERR_IO,
     " cannot be read or written (disk I/O error); check the disk"},
    {SQLITE_CANTOPEN, ERR_KIND_FATAL, ERR_IO,
     " cannot be opened; check that its directory exists and that you may write there"},
    {SQLITE_PERM, ERR_KIND_FATAL, ERR_IO, " cannot be opened: permission denied"},
    {SQLITE_READONLY, ERR_KIND_FATAL, ERR_IO, " cannot be written: it is read-only here"},
    {SQLITE_NOTADB, ERR_KIND_FATAL, ERR_CORRUPT,
     " is not an oxbow database (not SQLite); name another file with -d"},
    {SQLITE_CORRUPT, ERR_KIND_FATAL, ERR_CORRUPT,
     " is damaged; see how far with oxbow check, or put a backup in its place"},
    {SQLITE_INTERRUPT, ERR_KIND_USER, ERR_INTERRUPTED, ": interrupted"},
    {SQLITE_TOOBIG, ERR_KIND_USER, ERR_LIMIT, ": a value or statement is too large for it"},
    {SQLITE_CONSTRAINT, ERR_KIND_USER, ERR_EXISTS, NULL},
    {SQLITE_ERROR, ERR_KIND_USER, ERR_STATEMENT, NULL},
};

static Rc fault(const Db *db, int sqlite_rc, Err *err)
{
    if (sqlite_rc == SQLITE_NOMEM)
        mem_die("out of memory in SQLite", 0);
    DbFault f = {sqlite_rc, ERR_KIND_FATAL, ERR_IO, NULL};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        if (faults[i].sqlite_code == (sqlite_rc & 0xFF))
            f = faults[i];
    }
    if (f.tail)
        return err_set(err, f.kind, f.code, "%s%s", db->path, f.tail);
    return err_set(err, f.kind, f.code, "%s: %s", db->path, sqlite3_errmsg(db->handle));
}

/* ---- opening
 * ------------------------------------------------------------------------------------- */

static const char memory_prefix[] = "file:/oxbow-memory-";

void db_memory_uri(char out[64])
{
    static atomic_uint next;
    snprintf(out, 64, "%s%u?vfs=memdb", memory_prefix, atomic_fetch_add(&next, 1));
}

/* Everything that a file from a stranger, or a slip of ours, could otherwise switch on. */
static void harden(Db *db)
{
    static const struct {
        int option, value;
    } configs[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        {SQLITE_DBCONFIG_ENABLE_FKEY, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},
        {SQLITE_DBCONFIG_DQS_DML, 0},
        {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
    };
    static const struct {
        int limit, value;
    } limits[] = {
        {SQLITE_LIMIT_ATTACHED, 0},
        {SQLITE_LIMIT_LENGTH, ROW_BYTES_MAX},
        {SQLITE_LIMIT_SQL_LENGTH, SQL_BYTES_MAX},
        {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
        {SQLITE_LIMIT_WORKER_THREADS, 0},
    };
    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++)
        sqlite3_db_config(db->handle, configs[i].option, configs[i].value, (int *)NULL);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        sqlite3_limit(db->handle, limits[i].limit, limits[i].value);
    sqlite3_busy_timeout(db->handle, BUSY_MS);
}

static Rc set_pragma(Db *db, const char *name, int value, Err *err)
{
    char sql[80];
    snprintf(sql, sizeof sql, "PRAGMA %s = %d", name, value);
    return db_exec(db, sql, err);
}

/* Switch a file to write-ahead logging; where that does not work, nothing of ours does. */
static Rc use_wal(Db *db, Err *err)
{
    DbStmt *s;
    bool row = false;
    Rc rc = db_prepare(db, "PRAGMA journal_mode = WAL", &s, err);
    if (!rc)
        rc = db_step(s, &row, err);
    if (!rc && !(row && str_eq_nocase(db_text(s, 0), STR_LIT("wal"))))
        rc = err_set(err, ERR_KIND_FATAL, ERR_IO,
                     "%s cannot be used: its file system does not support write-ahead logging "
                     "(a network share?); put the file on a local disk",
                     db->path);
    if (s)
        db_reset(s);
    return rc;
}

/* The first pragma that reads the file also finds out whether it is one of SQLite's. */
static Rc set_up(Db *db, Err *err)
{
    Rc rc = db_exec(db,
                    "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = FILE;"
                    "PRAGMA schema_version",
                    err);
    if (!rc)
        rc = set_pragma(db, "cache_size",
                        db->mode == DB_READ ? -CACHE_KIB_READER : -CACHE_KIB_WRITER, err);
    if (rc)
        return rc;
    if (db->in_memory) {
        int64_t bytes_max = (int64_t)1 << 40; /* memdb's own limit is 1 GiB; memory is the limit */
        sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_SIZE_LIMIT, &bytes_max);
        return db_exec(
            db, db->mode == DB_READ ? "PRAGMA query_only = ON" : "PRAGMA journal_mode = MEMORY",
            err);
    }
    if (db->mode == DB_SCRATCH)
        return db_exec(db, "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY", err);
    if (db->mode == DB_READ)
        return db_exec(db, "PRAGMA query_only = ON", err);
    rc = use_wal(db, err);
    if (!rc)
        rc = set_pragma(db, "wal_autocheckpoint", 0, err);
    if (!rc)
        rc = set_pragma(db, "synchronous", db->mode == DB_WRITE ? 2 : 1, err);
    return rc;
}

/* A path that would mean something else to SQLite than the file of that name. */
static bool is_special(const char *path)
{
    return path[0] == ':' || !strncmp(path, "file:", 5);
}

static Db *db_new(const char *path, DbMode mode)
{
    const char *shown = path ? path : "(a temporary file)";
    Db *db = mem_zalloc(sizeof *db + strlen(shown) + 1);
    memcpy(db->path, shown, strlen(shown) + 1);
    db->mode = mode;
    db->in_memory = path && !strncmp(path, memory_prefix, sizeof memory_prefix - 1);
    db->stmts = map_new();
    return db;
}

/* Without its count of memory in use SQLite takes no lock for each allocation. */
static void configure_once(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static int open_handle(Db *db)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure_once);
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (db->in_memory)
        flags |= SQLITE_OPEN_URI;
    if (db->mode == DB_READ && !db->in_memory)
        flags |= SQLITE_OPEN_READONLY;
    else
        flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (db->mode == DB_SCRATCH)
        return sqlite3_open_v2("", &db->handle, flags, NULL);
    if (db->in_memory || !is_special(db->path))
        return sqlite3_open_v2(db->path, &db->handle, flags, NULL);
    size_t bytes = strlen(db->path) + 3;
    char *plain = mem_alloc(bytes);
    snprintf(plain, bytes, "./%s", db->path);
    int rc = sqlite3_open_v2(plain, &db->handle, flags, NULL);
    mem_free(plain);
    return rc;
}

Rc db_open(const char *path, DbMode mode, Db **out, Err *err)
{
    *out = NULL;
    if (mode != DB_SCRATCH && (!path || !*path || !strcmp(path, ":memory:")))
        return err_set(err, ERR_KIND_USER, ERR_USAGE, "a database needs the name of a file");
    Db *db = db_new(mode == DB_SCRATCH ? NULL : path, mode);
    Rc rc = 0;
    struct stat st;
    if (mode == DB_READ && !db->in_memory && stat(path, &st) != 0 && errno == ENOENT) {
        rc = err_set(err, ERR_KIND_USER, ERR_NOT_FOUND, "%s does not exist", path);
    } else {
        int sqlite_rc = open_handle(db);
        if (sqlite_rc != SQLITE_OK)
            rc = fault(db, sqlite_rc, err);
    }
    if (!rc) {
        harden(db);
        rc = set_up(db, err);
    }
    if (rc)
        db_close(db);
    else
        *out = db;
    return rc;
}

void db_close(Db *db)
{
    if (!db)
        return;
    for (int i = 0; i < map_count(db->stmts); i++) {
        for (DbStmt *s = map_at(db->stmts, i, NULL), *next; s; s = next) {
            next = s->same;
            sqlite3_finalize(s->stmt);
            mem_free(s);
        }
    }
    map_free(db->stmts);
    sqlite3_close(db->handle);
    mem_free(db);
}

const char *db_path(const Db *db)
{
    return db->path;
}

/* ---- statements
 * ---------------------------------------------------------------------------------- */

Rc db_exec(Db *db, const char *sql, Err *err)
{
    int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : fault(db, rc, err);
}

/* A kept statement of this text that nobody is stepping through; NULL when there is none. */
static DbStmt *idle_stmt(DbStmt *chain)
{
    while (chain && sqlite3_stmt_busy(chain->stmt))
        chain = chain->same;
    return chain;
}

Rc db_prepare(Db *db, const char *sql, DbStmt **out, Err *err)
{
    Str text = str_of(sql);
    DbStmt *chain = map_find(db->stmts, text), *s = idle_stmt(chain);
    *out = s;
    if (s) {
        db_reset(s);
        sqlite3_clear_bindings(s->stmt);
        return 0;
    }
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v3(db->handle, sql, (int)text.len + 1, SQLITE_PREPARE_PERSISTENT,
                                &stmt, NULL);
    if (rc != SQLITE_OK)
        return fault(db, rc, err);
    if (!stmt)
        return err_set(err, ERR_KIND_USER, ERR_STATEMENT, "%s: an empty statement", db->path);
    s = MEM_NEW(DbStmt);
    *s = (DbStmt){.db = db, .stmt = stmt, .same = chain};
    map_put(db->stmts, text, s);
    *out = s;
    return 0;
}

static void note_bind(DbStmt *s, int rc)
{
    if (rc != SQLITE_OK && !s->bind_rc)
        s->bind_rc = rc;
}

void db_bind_i64(DbStmt *s, int i, int64_t v)
{
    note_bind(s, sqlite3_bind_int64(s->stmt, i, v));
}

void db_bind_f64(DbStmt *s, int i, double v)
{
    note_bind(s, sqlite3_bind_double(s->stmt, i, v));
}

void db_bind_text(DbStmt *s, int i, Str v)
{
    note_bind(s, sqlite3_bind_text64(s->stmt, i, v.ptr, v.len, SQLITE_STATIC, SQLITE_UTF8));
}

void db_bind_blob(DbStmt *s, int i, Str v)
{
    note_bind(s, sqlite3_bind_blob64(s->stmt, i, v.ptr, v.len, SQLITE_STATIC));
}

void db_bind_null(DbStmt *s, int i)
{
    note_bind(s, sqlite3_bind_null(s->stmt, i));
}

Rc db_step(DbStmt *s, bool *row, Err *err)
{
    *row = false;
    if (s->bind_rc) {
        int rc = s->bind_rc;
        db_reset(s);
        return fault(s->db, rc, err);
    }
    int rc = sqlite3_step(s->stmt);
    *row = rc == SQLITE_ROW;
    if (rc == SQLITE_ROW || rc == SQLITE_DONE)
        return 0;
    Rc result = fault(s->db, rc, err);
    db_reset(s); /* after the message was read: a statement that failed holds no lock */
    return result;
}

Rc db_run(DbStmt *s, Err *err)
{
    bool row = true;
    Rc rc = 0;
    while (!rc && row)
        rc = db_step(s, &row, err);
    if (!rc)
        db_reset(s);
    return rc;
}

void db_reset(DbStmt *s)
{
    sqlite3_reset(s->stmt);
    s->bind_rc = SQLITE_OK;
}

int64_t db_i64(DbStmt *s, int c)
{
    return sqlite3_column_int64(s->stmt, c);
}

double db_f64(DbStmt *s, int c)
{
    return sqlite3_column_double(s->stmt, c);
}

/* The pointer first, then the length: the first call may convert. */
Str db_text(DbStmt *s, int c)
{
    const unsigned char *p = sqlite3_column_text(s->stmt, c);
    if (!p)
        return STR_NULL;
    return str_make(p, (size_t)sqlite3_column_bytes(s->stmt, c));
}

Str db_blob(DbStmt *s, int c)
{
    if (db_is_null(s, c))
        return STR_NULL;
    const void *p = sqlite3_column_blob(s->stmt, c);
    return str_make(p ? p : "", p ? (size_t)sqlite3_column_bytes(s->stmt, c) : 0);
}

bool db_is_null(DbStmt *s, int c)
{
    return sqlite3_column_type(s->stmt, c) == SQLITE_NULL;
}

/* ---- transactions
 * -------------------------------------------------------------------------------- */

/* Step a statement of ours that gives at most one number; -1 when that fails. */
static int64_t ask(Db *db, const char *sql, Rc *rc, Err *err)
{
    DbStmt *s;
    bool row = false;
    *rc = db_prepare(db, sql, &s, err);
    if (!*rc)
        *rc = db_step(s, &row, err);
    if (*rc)
        return -1;
    int64_t value = row ? db_i64(s, 0) : 0;
    db_reset(s);
    return value;
}

Rc db_begin_write(Db *db, Err *err)
{
    Rc rc;
    ask(db, "BEGIN IMMEDIATE", &rc, err);
    return rc;
}

/* BEGIN alone takes no snapshot: the first read does. */
Rc db_begin_read(Db *db, Err *err)
{
    Rc rc;
    ask(db, "BEGIN", &rc, err);
    if (rc)
        return rc;
    ask(db, "SELECT count(*) FROM (SELECT 1 FROM sqlite_schema LIMIT 1)", &rc, err);
    if (rc)
        db_rollback(db);
    return rc;
}

Rc db_commit(Db *db, Err *err)
{
    Rc rc;
    ask(db, "COMMIT", &rc, err);
    return rc;
}

void db_rollback(Db *db)
{
    if (sqlite3_get_autocommit(db->handle))
        return;
    Rc rc;
    ask(db, "ROLLBACK", &rc, NULL);
}

int64_t db_data_version(Db *db)
{
    Rc rc;
    return ask(db, "PRAGMA data_version", &rc, NULL);
}

int64_t db_changes(Db *db)
{
    return sqlite3_changes64(db->handle);
}

int64_t db_wal_bytes(Db *db)
{
    if (db->in_memory || db->mode == DB_SCRATCH)
        return 0;
    struct stat st;
    const char *name = sqlite3_filename_wal(sqlite3_db_filename(db->handle, "main"));
    return name && stat(name, &st) == 0 ? st.st_size : 0;
}

Rc db_checkpoint(Db *db, bool truncate, Err *err)
{
    int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    sqlite3_busy_timeout(db->handle, CHECKPOINT_BUSY_MS);
    int rc = sqlite3_wal_checkpoint_v2(db->handle, "main", mode, NULL, NULL);
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    return rc == SQLITE_OK ? 0 : fault(db, rc, err);
}

void db_interrupt(Db *db)
{
    sqlite3_interrupt(db->handle);
}
