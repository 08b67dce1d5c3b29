/* file.c: is this file ours, of a version we know, and of the kind that is wanted?
 *
 * A file says what it holds: topics and state (embedded), or the state of one application's queries
 * on Kafka. Opening it as the other kind is refused: its positions would mean something else. Its
 * id is part of transactional ids, so that a restart fences at once what the process before it left
 * open. */
#include <stdio.h>

#include "engine/engine_int.h"

enum {
    APPLICATION_ID = 0x0B0BB0E1, /* "oxbow" as well as 31 bits allow */
    FILE_VERSION = 1
};

static Rc pragma_int(Db *db, const char *sql, int64_t *out, Err *err)
{
    DbStmt *s;
    bool row = false;
    Rc rc = db_prepare(db, sql, &s, err);
    if (!rc)
        rc = db_step(s, &row, err);
    *out = row ? db_i64(s, 0) : 0;
    if (!rc)
        db_reset(s);
    return rc;
}

/* A new file gets our mark. */
static Rc check_mark(Engine *e, Err *err)
{
    int64_t app, version, tables;
    Db *db = e->write_db;
    Rc rc = pragma_int(db, "PRAGMA application_id", &app, err);
    if (!rc)
        rc = pragma_int(db, "PRAGMA user_version", &version, err);
    if (!rc)
        rc = pragma_int(db, "SELECT count(*) FROM sqlite_schema", &tables, err);
    if (rc)
        return rc;
    if (app == 0 && tables == 0) {
        char sql[96];
        snprintf(sql, sizeof sql, "PRAGMA application_id=%d; PRAGMA user_version=%d",
                 APPLICATION_ID, FILE_VERSION);
        return db_exec(db, sql, err);
    }
    if (app != APPLICATION_ID)
        return err_set(err, ERR_KIND_FATAL, ERR_CORRUPT,
                       "%s is an SQLite file of another program; name another file with -d",
                       e->path);
    if (version > FILE_VERSION)
        return err_set(err, ERR_KIND_FATAL, ERR_CORRUPT,
                       "%s was written by a newer oxbow (file version %d, this one knows %d)",
                       e->path, (int)version, FILE_VERSION);
    return 0;
}

static Rc write_identity(Engine *e, const char *kind, Err *err)
{
    DbStmt *s;
    Rc rc =
        db_exec(e->write_db,
                "CREATE TABLE IF NOT EXISTS identity(id TEXT NOT NULL, kind TEXT NOT NULL)", err);
    if (!rc)
        rc = db_prepare(e->write_db,
                        "INSERT INTO identity SELECT lower(hex(randomblob(16))), ? "
                        "WHERE NOT EXISTS (SELECT 1 FROM identity)",
                        &s, err);
    if (rc)
        return rc;
    db_bind_text(s, 1, str_of(kind));
    return db_run(s, err);
}

static Rc check_identity(Engine *e, const char *kind, Err *err)
{
    DbStmt *s;
    bool row = false;
    Rc rc = db_prepare(e->write_db, "SELECT id, kind FROM identity", &s, err);
    if (!rc)
        rc = db_step(s, &row, err);
    if (rc || !row)
        return rc ? rc : err_set(err, ERR_KIND_FATAL, ERR_CORRUPT, "%s has no identity", e->path);
    snprintf(e->instance, sizeof e->instance, "%.*s", STR_ARG(db_text(s, 0)));
    if (!str_eq(db_text(s, 1), str_of(kind)))
        rc = err_set(err, ERR_KIND_FATAL, ERR_CORRUPT,
                     "%s holds %.*s, and cannot serve for %s; name another file with -d", e->path,
                     STR_ARG(db_text(s, 1)), kind);
    db_reset(s);
    return rc;
}

Rc file_check(Engine *e, Err *err)
{
    char kind[320];
    if (e->kafka && e->cfg.app_id)
        snprintf(kind, sizeof kind, "the state of application %s on Kafka", e->cfg.app_id);
    else
        snprintf(kind, sizeof kind, "%s",
                 e->kafka ? "a session on Kafka" : "topics and their state");
    Rc rc = check_mark(e, err);
    if (!rc)
        rc = write_identity(e, kind, err);
    return rc ? rc : check_identity(e, kind, err);
}
