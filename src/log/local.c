/* local.c: the embedded log: topics in the one SQLite file.
 *
 * Owns the Log, its write connection (topics and appends outside queries; several processes may
 * share the file, so every write is BEGIN IMMEDIATE and reads what it depends on inside) and a pool
 * of read connections, leased for the length of one call. Leaves records to local_write.c and
 * local_read.c, waiting to local_wait.c. local_int.h lists the tables.
 *
 * Threads: everything here may be called from any thread. */

#include "base/limits.h"
#include "base/mem.h"
#include "log/local_int.h"

static const char schema_sql[] =
    "CREATE TABLE IF NOT EXISTS log_topics(id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " name TEXT NOT NULL UNIQUE, partitions INTEGER NOT NULL, replicas INTEGER NOT NULL,"
    " internal INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS log_partitions(topic INTEGER NOT NULL, partition INTEGER NOT NULL,"
    " low INTEGER NOT NULL, next INTEGER NOT NULL, PRIMARY KEY(topic, partition)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS log_blocks(arrival INTEGER PRIMARY KEY, topic INTEGER NOT NULL,"
    " partition INTEGER NOT NULL, base INTEGER NOT NULL, count INTEGER NOT NULL,"
    " time_min INTEGER NOT NULL, time_max INTEGER NOT NULL, checksum INTEGER NOT NULL,"
    " bytes BLOB NOT NULL);"
    "CREATE UNIQUE INDEX IF NOT EXISTS log_blocks_place ON log_blocks(topic, partition, base);"
    "CREATE TABLE IF NOT EXISTS log_positions(owner TEXT NOT NULL, topic TEXT NOT NULL,"
    " partition INTEGER NOT NULL, next INTEGER NOT NULL, PRIMARY KEY(owner, topic, partition))"
    " WITHOUT ROWID;"
    "INSERT OR IGNORE INTO log_partitions VALUES(0, 0, 0, 1);";

static LocalLog *local_of(Log *log)
{
    return (LocalLog *)log;
}

/* ---- life ------------------------------------------------------------------------------------ */

/* Opening an existing file must not write: the tables are looked for first. */
static Rc make_tables(Db *db, Err *err)
{
    DbStmt *s;
    bool there;
    Rc rc = db_prepare(db, "SELECT 1 FROM sqlite_schema WHERE name = 'log_positions'", &s, err);
    if (rc || (rc = db_step(s, &there, err)))
        return rc;
    db_reset(s);
    if (there)
        return 0;
    if ((rc = db_begin_write(db, err)))
        return rc;
    if ((rc = db_exec(db, schema_sql, err)) || (rc = db_commit(db, err)))
        db_rollback(db);
    return rc;
}

static void local_close(Log *log)
{
    LocalLog *l = local_of(log);
    if (!l)
        return;
    local_watch_free(l->watch);
    local_writer_free(l->writer);
    while (l->pool) {
        LocalConn *c = l->pool;
        l->pool = c->next;
        db_close(c->db);
        mem_free(c);
    }
    db_close(l->write);
    pthread_mutex_destroy(&l->pool_lock);
    pthread_mutex_destroy(&l->write_lock);
    mem_free(l->path);
    mem_free(l);
}

Rc log_local_open(const char *path, Log **out, Err *err)
{
    LocalLog *l = MEM_NEW(LocalLog);
    size_t path_bytes = strlen(path) + 1;
    l->path = memcpy(mem_alloc(path_bytes), path, path_bytes);
    l->base.cls = &log_local_class;
    l->memory = strncmp(path, "file:", 5) == 0;
    pthread_mutex_init(&l->pool_lock, NULL);
    pthread_mutex_init(&l->write_lock, NULL);
    l->writer = local_writer_new();
    l->watch = local_watch_new();

    Rc rc = db_open(path, DB_WRITE, &l->write, err);
    if (!rc)
        rc = make_tables(l->write, err);
    if (rc) {
        local_close(&l->base);
        return rc;
    }
    *out = &l->base;
    return 0;
}

/* ---- read connections ------------------------------------------------------------------------ */

Rc local_lease(LocalLog *l, LocalConn **out, Err *err)
{
    pthread_mutex_lock(&l->pool_lock);
    LocalConn *c = l->pool;
    if (c)
        l->pool = c->next;
    pthread_mutex_unlock(&l->pool_lock);

    if (!c) {
        Db *db;
        Rc rc = db_open(l->path, DB_READ, &db, err);
        if (rc)
            return rc;
        c = MEM_NEW(LocalConn);
        c->db = db;
    }
    *out = c;
    return 0;
}

void local_release(LocalLog *l, LocalConn *c)
{
    pthread_mutex_lock(&l->pool_lock);
    c->next = l->pool;
    l->pool = c;
    pthread_mutex_unlock(&l->pool_lock);
}

/* ---- questions ------------------------------------------------------------------------------- */

static Rc find_topic(Db *db, Str name, int64_t *id, LogTopic *out, Err *err)
{
    DbStmt *s;
    bool row;
    Rc rc = db_prepare(
        db, "SELECT id, partitions, replicas, internal FROM log_topics WHERE name = ?1", &s, err);
    if (rc)
        return rc;
    db_bind_text(s, 1, name);
    rc = db_step(s, &row, err);
    if (!rc && !row)
        rc = log_err_no_topic(name, err);
    if (!rc) {
        *id = db_i64(s, 0);
        *out = (LogTopic){name, (int)db_i64(s, 1), (int)db_i64(s, 2), db_i64(s, 3) != 0};
    }
    db_reset(s);
    return rc;
}

static Rc local_topic_find(Log *log, Str name, LogTopic *out, Err *err)
{
    LocalLog *l = local_of(log);
    LocalConn *c;
    int64_t id;
    Rc rc = local_lease(l, &c, err);
    if (rc)
        return rc;
    rc = find_topic(c->db, name, &id, out, err);
    local_release(l, c);
    return rc;
}

static Rc list_topics(Db *db, Arena *a, LogTopic **out, int *count, Err *err)
{
    DbStmt *s;
    int cap = 16;
    bool row;
    Rc rc = db_prepare(
        db, "SELECT name, partitions, replicas, internal FROM log_topics ORDER BY name", &s, err);
    if (rc)
        return rc;
    *out = ARENA_ARRAY(a, LogTopic, cap);
    *count = 0;
    while (!(rc = db_step(s, &row, err)) && row) {
        if (*count == cap) {
            LogTopic *more = ARENA_ARRAY(a, LogTopic, 2 * cap);
            memcpy(more, *out, sizeof **out * (size_t)cap);
            *out = more;
            cap *= 2;
        }
        (*out)[(*count)++] = (LogTopic){arena_str(a, db_text(s, 0)), (int)db_i64(s, 1),
                                        (int)db_i64(s, 2), db_i64(s, 3) != 0};
    }
    db_reset(s);
    return rc;
}

static Rc local_topic_list(Log *log, Arena *a, LogTopic **out, int *count, Err *err)
{
    LocalLog *l = local_of(log);
    LocalConn *c;
    Rc rc = local_lease(l, &c, err);
    if (rc)
        return rc;
    rc = list_topics(c->db, a, out, count, err);
    local_release(l, c);
    return rc;
}

/* The second question is asked only to say which of the two is missing. */
static Rc say_what_is_missing(Db *db, Str topic, int partition, Err *err)
{
    int64_t id;
    LogTopic t;
    Rc rc = find_topic(db, topic, &id, &t, err);
    return rc ? rc : log_err_no_partition(topic, partition, t.partitions, err);
}

Rc local_bounds(Db *db, Str topic, int partition, int64_t *id, int64_t *low, int64_t *next,
                Err *err)
{
    DbStmt *s;
    bool row;
    Rc rc = db_prepare(db,
                       "SELECT p.topic, p.low, p.next FROM log_topics t JOIN log_partitions p"
                       " ON p.topic = t.id AND p.partition = ?2 WHERE t.name = ?1",
                       &s, err);
    if (rc)
        return rc;
    db_bind_text(s, 1, topic);
    db_bind_i64(s, 2, partition);
    rc = db_step(s, &row, err);
    if (!rc && row) {
        if (id)
            *id = db_i64(s, 0);
        *low = db_i64(s, 1);
        *next = db_i64(s, 2);
    }
    db_reset(s);
    return rc || row ? rc : say_what_is_missing(db, topic, partition, err);
}

static Rc local_watermarks(Log *log, Str topic, int partition, int64_t *low, int64_t *high,
                           Err *err)
{
    LocalLog *l = local_of(log);
    LocalConn *c;
    Rc rc = local_lease(l, &c, err);
    if (rc)
        return rc;
    rc = local_bounds(c->db, topic, partition, NULL, low, high, err);
    local_release(l, c);
    return rc;
}

static Rc read_positions(Db *db, Str group, LogPosition *pos, int count, Err *err)
{
    DbStmt *s;
    Rc rc = db_prepare(db,
                       "SELECT next FROM log_positions"
                       " WHERE owner = ?1 AND topic = ?2 AND partition = ?3",
                       &s, err);
    for (int i = 0; i < count && !rc; i++) {
        bool row;
        db_bind_text(s, 1, group);
        db_bind_text(s, 2, pos[i].topic);
        db_bind_i64(s, 3, pos[i].partition);
        if (!(rc = db_step(s, &row, err)))
            pos[i].offset = row ? db_i64(s, 0) : -1;
        db_reset(s);
    }
    return rc;
}

static Rc local_committed(Log *log, Str group, LogPosition *pos, int count, Err *err)
{
    LocalLog *l = local_of(log);
    LocalConn *c;
    Rc rc = local_lease(l, &c, err);
    if (rc)
        return rc;
    /* One snapshot: positions of one commit are never mixed with those of the next. */
    if (!(rc = db_begin_read(c->db, err))) {
        rc = read_positions(c->db, group, pos, count, err);
        db_rollback(c->db);
    }
    local_release(l, c);
    return rc;
}

Rc log_local_forget(Db *db, Str group, Err *err)
{
    DbStmt *s;
    Rc rc = db_prepare(db, "DELETE FROM log_positions WHERE owner = ?1", &s, err);
    if (rc)
        return rc;
    db_bind_text(s, 1, group);
    return db_run(s, err);
}

/* ---- commands -------------------------------------------------------------------------------- */

/* Run `body` in a write transaction of its own. */
typedef struct TopicChange {
    Str name;
    int partitions, replicas; /* of a topic to make */
    bool internal;
    int partition; /* to trim */
    int64_t offset;
} TopicChange;

typedef Rc ChangeFn(Db *db, const TopicChange *t, Err *err);

static Rc change(Log *log, ChangeFn *body, const TopicChange *t, Err *err)
{
    LocalLog *l = local_of(log);
    pthread_mutex_lock(&l->write_lock);
    Rc rc = db_begin_write(l->write, err);
    if (!rc && ((rc = body(l->write, t, err)) || (rc = db_commit(l->write, err))))
        db_rollback(l->write);
    pthread_mutex_unlock(&l->write_lock);
    if (!rc)
        local_wake(log);
    return rc;
}

/* A statement whose parameters are integers. */
static Rc run_ints(Db *db, const char *sql, const int64_t *values, int count, Err *err)
{
    DbStmt *s;
    Rc rc = db_prepare(db, sql, &s, err);
    if (rc)
        return rc;
    for (int i = 0; i < count; i++)
        db_bind_i64(s, i + 1, values[i]);
    return db_run(s, err);
}

static Rc insert_topic(Db *db, const TopicChange *t, int64_t *id, Err *err)
{
    DbStmt *s;
    LogTopic there;
    Rc rc = db_prepare(db,
                       "INSERT INTO log_topics(name, partitions, replicas, internal)"
                       " VALUES(?1, ?2, ?3, ?4)",
                       &s, err);
    if (rc)
        return rc;
    db_bind_text(s, 1, t->name);
    db_bind_i64(s, 2, t->partitions);
    db_bind_i64(s, 3, t->replicas > 0 ? t->replicas : 1);
    db_bind_i64(s, 4, t->internal);
    rc = db_run(s, err);
    return rc ? rc : find_topic(db, t->name, id, &there, err);
}

static Rc create_topic(Db *db, const TopicChange *t, Err *err)
{
    int64_t id;
    LogTopic there;
    Rc rc = find_topic(db, t->name, &id, &there, err);
    if (rc == 0)
        return log_err_exists(t->name, err);
    if (rc != ERR_NOT_FOUND || (rc = insert_topic(db, t, &id, err)))
        return rc;
    for (int p = 0; p < t->partitions && !rc; p++)
        rc = run_ints(db, "INSERT INTO log_partitions VALUES(?1, ?2, 0, 0)", (int64_t[]){id, p}, 2,
                      err);
    return rc;
}

static Rc local_topic_create(Log *log, Str name, int partitions, int replicas, bool internal,
                             Err *err)
{
    Rc rc = log_topic_shape_check(name, partitions, err);
    if (rc)
        return rc;
    TopicChange t = {
        .name = name, .partitions = partitions, .replicas = replicas, .internal = internal};
    return change(log, create_topic, &t, err);
}

static Rc delete_topic(Db *db, const TopicChange *t, Err *err)
{
    int64_t id;
    LogTopic there;
    DbStmt *s;
    Rc rc;
    if ((rc = find_topic(db, t->name, &id, &there, err)) ||
        (rc = run_ints(db, "DELETE FROM log_blocks WHERE topic = ?1", &id, 1, err)) ||
        (rc = run_ints(db, "DELETE FROM log_partitions WHERE topic = ?1", &id, 1, err)) ||
        (rc = run_ints(db, "DELETE FROM log_topics WHERE id = ?1", &id, 1, err)) ||
        (rc = db_prepare(db, "DELETE FROM log_positions WHERE topic = ?1", &s, err)))
        return rc;
    db_bind_text(s, 1, t->name);
    return db_run(s, err);
}

static Rc local_topic_delete(Log *log, Str name, Err *err)
{
    return change(log, delete_topic, &(TopicChange){.name = name}, err);
}

/* Whole blocks go; records of a block that straddles `offset` are hidden by the low watermark. */
static Rc trim_partition(Db *db, const TopicChange *t, Err *err)
{
    int64_t id, low, next;
    Rc rc = local_bounds(db, t->name, t->partition, &id, &low, &next, err);
    if (rc || t->offset <= low)
        return rc;
    int64_t to = t->offset < next ? t->offset : next;
    int64_t values[] = {id, t->partition, to};
    rc = run_ints(db,
                  "DELETE FROM log_blocks WHERE topic = ?1 AND partition = ?2 AND base < ?3"
                  " AND base + count <= ?3",
                  values, 3, err);
    if (!rc)
        rc = run_ints(db, "UPDATE log_partitions SET low = ?3 WHERE topic = ?1 AND partition = ?2",
                      values, 3, err);
    return rc;
}

static Rc local_trim(Log *log, Str topic, int partition, int64_t offset, Err *err)
{
    TopicChange t = {.name = topic, .partition = partition, .offset = offset};
    return change(log, trim_partition, &t, err);
}

const LogClass log_local_class = {
    .name = "embedded",
    .joint = true,
    .close = local_close,
    .topic_create = local_topic_create,
    .topic_delete = local_topic_delete,
    .topic_find = local_topic_find,
    .topic_list = local_topic_list,
    .watermarks = local_watermarks,
    .trim = local_trim,
    .append = local_append,
    .reader_open = local_reader_open,
    .reader_close = local_reader_close,
    .read = local_read,
    .wait = local_wait,
    .wake = local_wake,
    .txn_open = local_txn_open,
    .txn_close = local_txn_close,
    .txn_begin = local_txn_begin,
    .txn_append = local_txn_append,
    .txn_positions = local_txn_positions,
    .txn_commit = local_txn_commit,
    .txn_abort = local_txn_abort,
    .txn_reset = local_txn_reset,
    .committed = local_committed,
};
