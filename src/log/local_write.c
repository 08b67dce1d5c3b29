/* local_write.c: appending to the embedded log, inside and outside the state's transaction.
 *
 * One call fills one block per partition it writes to and puts every block into log_blocks when it
 * is full, or at the end of the call; so a caller that hands over many records at once gets large
 * blocks. Next offsets are read inside the write transaction, since other processes append too.
 *
 * Owns the writer (blocks being filled; their memory is kept for the next call). Leaves the
 * transaction to its caller: local_append makes its own, a LogTxn works in the one it was given.
 *
 * Threads: a writer belongs to one thread at a time; that of local_append is guarded by the lock.
 */

#include "base/mem.h"
#include "log/local_int.h"

/* A partition being written to in this call. */
typedef struct Part {
    Str topic; /* the caller's memory */
    int partition;
    int64_t id, next;
    uint64_t hash;
    Block block;
} Part;

struct LocalWriter {
    Part **parts; /* [cap]; the first `count` are of this call, the others keep their memory */
    int count, cap;
    int *table; /* [table_size], a power of two: index into parts plus 1, 0 is free */
    uint32_t table_size;
    int64_t arrival; /* of the next record */
    Db *db;
    DbStmt *insert;
};

/* ---- the writer ------------------------------------------------------------------------------ */

LocalWriter *local_writer_new(void)
{
    LocalWriter *w = MEM_NEW(LocalWriter);
    w->table_size = 16;
    w->table = mem_zalloc(w->table_size * sizeof *w->table);
    return w;
}

void local_writer_free(LocalWriter *w)
{
    if (!w)
        return;
    for (int i = 0; i < w->cap && w->parts[i]; i++) {
        block_fini(&w->parts[i]->block);
        mem_free(w->parts[i]);
    }
    mem_free(w->parts);
    mem_free(w->table);
    mem_free(w);
}

static int *find_slot(LocalWriter *w, Str topic, int partition, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & (w->table_size - 1);
    for (; w->table[at]; at = (at + 1) & (w->table_size - 1)) {
        const Part *p = w->parts[w->table[at] - 1];
        if (p->hash == hash && p->partition == partition && str_eq(p->topic, topic))
            break;
    }
    return &w->table[at];
}

static void grow(LocalWriter *w)
{
    if (w->count == w->cap) {
        int cap = w->cap ? 2 * w->cap : 8;
        w->parts = mem_realloc(w->parts, sizeof *w->parts * (size_t)cap);
        memset(w->parts + w->cap, 0, sizeof *w->parts * (size_t)(cap - w->cap));
        w->cap = cap;
    }
    if ((uint32_t)w->count * 2 >= w->table_size) {
        w->table_size *= 2;
        mem_free(w->table);
        w->table = mem_zalloc(w->table_size * sizeof *w->table);
        for (int i = 0; i < w->count; i++) {
            const Part *p = w->parts[i];
            *find_slot(w, p->topic, p->partition, p->hash) = i + 1;
        }
    }
}

static Rc add_part(LocalWriter *w, Str topic, int partition, uint64_t hash, Part **out, Err *err)
{
    int64_t id, low, next;
    Rc rc = local_bounds(w->db, topic, partition, &id, &low, &next, err);
    if (rc)
        return rc;
    grow(w);
    Part *p = w->parts[w->count];
    if (!p) {
        p = w->parts[w->count] = MEM_NEW(Part);
        block_init(&p->block);
    }
    p->topic = topic;
    p->partition = partition;
    p->id = id;
    p->next = next;
    p->hash = hash;
    block_reset(&p->block);
    w->count++;
    *find_slot(w, topic, partition, hash) = w->count;
    *out = p;
    return 0;
}

static Rc find_part(LocalWriter *w, Str topic, int partition, Part **out, Err *err)
{
    /* Mixed, so that the partitions of one topic do not sit side by side in the table. */
    uint64_t hash = (str_hash(topic) + (uint64_t)partition) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 32;
    int *slot = find_slot(w, topic, partition, hash);
    if (!*slot)
        return add_part(w, topic, partition, hash, out, err);
    *out = w->parts[*slot - 1];
    return 0;
}

/* ---- one call -------------------------------------------------------------------------------- */

static Rc flush_part(LocalWriter *w, Part *p, Err *err)
{
    Block *b = &p->block;
    DbStmt *s = w->insert;
    Str bytes = buf_str(&b->bytes);

    db_bind_i64(s, 1, b->arrival_first);
    db_bind_i64(s, 2, p->id);
    db_bind_i64(s, 3, p->partition);
    db_bind_i64(s, 4, p->next);
    db_bind_i64(s, 5, b->count);
    db_bind_i64(s, 6, b->time_min);
    db_bind_i64(s, 7, b->time_max);
    db_bind_i64(s, 8, (int64_t)log_murmur2(bytes));
    db_bind_blob(s, 9, bytes);
    Rc rc = db_run(s, err);
    p->next += b->count;
    block_reset(b);
    return rc;
}

static Rc put_record(LocalWriter *w, const LogAppend *r, Part **last, Err *err)
{
    Part *p = *last;
    Rc rc = log_record_check(r, err);
    if (rc)
        return rc;
    /* Runs of one partition are the usual case; the name's pointer is enough to know them. */
    if (!p || p->partition != r->partition || p->topic.ptr != r->topic.ptr ||
        p->topic.len != r->topic.len) {
        if ((rc = find_part(w, r->topic, r->partition, &p, err)))
            return rc;
        *last = p;
    }
    if (!block_has_room(&p->block, r) && (rc = flush_part(w, p, err)))
        return rc;
    block_put(&p->block, r, w->arrival++);
    return 0;
}

static Rc set_next(Db *db, int64_t topic, int partition, int64_t next, Err *err)
{
    DbStmt *s;
    Rc rc = db_prepare(
        db, "UPDATE log_partitions SET next = ?3 WHERE topic = ?1 AND partition = ?2", &s, err);
    if (rc)
        return rc;
    db_bind_i64(s, 1, topic);
    db_bind_i64(s, 2, partition);
    db_bind_i64(s, 3, next);
    return db_run(s, err);
}

static Rc read_arrival(LocalWriter *w, Err *err)
{
    DbStmt *s;
    bool row;
    Rc rc = db_prepare(w->db, "SELECT next FROM log_partitions WHERE topic = 0 AND partition = 0",
                       &s, err);
    if (rc || (rc = db_step(s, &row, err)))
        return rc;
    if (row)
        w->arrival = db_i64(s, 0);
    db_reset(s);
    return row ? 0
               : err_set(err, ERR_KIND_FATAL, ERR_CORRUPT,
                         "%s: the counter of arrivals is missing from log_partitions",
                         db_path(w->db));
}

static Rc writer_begin(LocalWriter *w, Db *db, Err *err)
{
    w->db = db;
    w->count = 0;
    memset(w->table, 0, sizeof *w->table * w->table_size);
    Rc rc = db_prepare(db,
                       "INSERT INTO log_blocks(arrival, topic, partition, base, count, time_min,"
                       " time_max, checksum, bytes) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                       &w->insert, err);
    return rc ? rc : read_arrival(w, err);
}

/* Append inside the transaction that `db` is in. */
static Rc write_records(LocalWriter *w, Db *db, const LogAppend *records, int count, Err *err)
{
    Part *last = NULL;
    Rc rc = writer_begin(w, db, err);
    for (int i = 0; i < count && !rc; i++)
        rc = put_record(w, &records[i], &last, err);
    for (int i = 0; i < w->count && !rc; i++) {
        Part *p = w->parts[i];
        if (p->block.count)
            rc = flush_part(w, p, err);
        if (!rc)
            rc = set_next(db, p->id, p->partition, p->next, err);
    }
    return rc ? rc : set_next(db, 0, 0, w->arrival, err);
}

Rc local_append(Log *log, const LogAppend *records, int count, Err *err)
{
    LocalLog *l = (LocalLog *)log;
    if (count == 0)
        return 0;
    pthread_mutex_lock(&l->write_lock);
    Rc rc = db_begin_write(l->write, err);
    if (!rc && ((rc = write_records(l->writer, l->write, records, count, err)) ||
                (rc = db_commit(l->write, err))))
        db_rollback(l->write);
    pthread_mutex_unlock(&l->write_lock);
    if (!rc)
        local_wake(log);
    return rc;
}

/* ---- in the state's transaction -------------------------------------------------------------- */

typedef struct LocalTxn {
    LogTxn base;
    LocalWriter *writer;
    Db *db; /* the state's, between begin and commit or abort */
} LocalTxn;

Rc local_txn_open(Log *log, Str id, LogTxn **out, Err *err)
{
    (void)id; /* ownership of the file fences writers, not the log */
    (void)err;
    LocalTxn *t = MEM_NEW(LocalTxn);
    t->base = (LogTxn){log->cls, log};
    t->writer = local_writer_new();
    *out = &t->base;
    return 0;
}

void local_txn_close(LogTxn *txn)
{
    LocalTxn *t = (LocalTxn *)txn;
    if (!t)
        return;
    local_writer_free(t->writer);
    mem_free(t);
}

Rc local_txn_begin(LogTxn *txn, Db *db, Err *err)
{
    (void)err;
    ((LocalTxn *)txn)->db = db;
    return 0;
}

static Rc not_begun(Err *err)
{
    return err_set(err, ERR_KIND_ABORT, ERR_IO, "the log's transaction has not begun");
}

Rc local_txn_append(LogTxn *txn, const LogAppend *records, int count, Err *err)
{
    LocalTxn *t = (LocalTxn *)txn;
    if (!t->db)
        return not_begun(err);
    return count ? write_records(t->writer, t->db, records, count, err) : 0;
}

Rc local_txn_positions(LogTxn *txn, Str group, const LogPosition *pos, int count, Err *err)
{
    LocalTxn *t = (LocalTxn *)txn;
    DbStmt *s;
    if (!t->db)
        return not_begun(err);
    Rc rc =
        db_prepare(t->db, "INSERT OR REPLACE INTO log_positions VALUES(?1, ?2, ?3, ?4)", &s, err);
    for (int i = 0; i < count && !rc; i++) {
        db_bind_text(s, 1, group);
        db_bind_text(s, 2, pos[i].topic);
        db_bind_i64(s, 3, pos[i].partition);
        db_bind_i64(s, 4, pos[i].offset);
        rc = db_run(s, err);
    }
    return rc;
}

/* The state's commit, which follows, is the commit; only then are other threads to be woken. */
LogOutcome local_txn_commit(LogTxn *txn, Err *err)
{
    (void)err;
    ((LocalTxn *)txn)->db = NULL;
    return LOG_COMMITTED;
}

void local_txn_abort(LogTxn *txn)
{
    ((LocalTxn *)txn)->db = NULL;
}

Rc local_txn_reset(LogTxn *txn, Err *err)
{
    (void)err;
    local_txn_abort(txn);
    return 0;
}
