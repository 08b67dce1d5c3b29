/* local_read.c: reading the embedded log.
 *
 * A reader asks SQLite for the next block of its partition on a leased connection, takes a copy,
 * and hands records out of it until it is used up. No statement stays open between two calls, so a
 * reader never holds a snapshot that would keep the WAL from being checkpointed.
 *
 * Owns the reader and the bytes of its current block. Leaves their coding to local_block.c.
 *
 * Threads: a reader belongs to the thread that uses it; connections come from the log's pool. */

#include "base/mem.h"
#include "log/local_int.h"

enum { ROWS_FIRST = 1024 };

typedef struct LocalReader {
    LogReader base;
    char *topic;
    int64_t id;     /* of the topic when the reader was opened: a topic made anew is another */
    int64_t offset; /* of the next record */
    bool placed;    /* the offset is inside the current block, or a block begins there */
    BlockCursor cursor;
} LocalReader;

Rc local_reader_open(Log *log, Str topic, int partition, int64_t offset, LogReader **out, Err *err)
{
    LocalLog *l = (LocalLog *)log;
    LocalConn *c;
    int64_t id, low, next;
    Rc rc = local_lease(l, &c, err);
    if (rc)
        return rc;
    rc = local_bounds(c->db, topic, partition, &id, &low, &next, err);
    local_release(l, c);
    if (rc)
        return rc;

    LocalReader *r = MEM_NEW(LocalReader);
    r->topic = memcpy(mem_zalloc(topic.len + 1u), topic.ptr, topic.len);
    r->base = (LogReader){log->cls, log, str_make(r->topic, topic.len), partition};
    r->id = id;
    r->offset = offset;
    cursor_init(&r->cursor);
    *out = &r->base;
    return 0;
}

void local_reader_close(LogReader *reader)
{
    LocalReader *r = (LocalReader *)reader;
    if (!r)
        return;
    cursor_fini(&r->cursor);
    mem_free(r->topic);
    mem_free(r);
}

static Rc corrupt(const LocalReader *r, int64_t offset, Err *err)
{
    const LocalLog *l = (const LocalLog *)r->base.log;
    return err_set(err, ERR_KIND_FATAL, ERR_CORRUPT,
                   "%s: the block of topic '%s', partition %d, offset %lld is damaged; restore the "
                   "file from a backup",
                   l->path, r->topic, r->base.partition, (long long)offset);
}

/* Nothing stands at the reader's offset. Is that the end, or is it gone? All questions of one call
 * are asked of one snapshot, so what does not fit together is damage and not a race. */
static Rc check_place(LocalReader *r, Db *db, Err *err)
{
    int64_t id, low, next;
    Rc rc = local_bounds(db, r->base.topic, r->base.partition, &id, &low, &next, err);
    if (rc)
        return rc;
    if (id != r->id)
        return err_set(err, ERR_KIND_FATAL, ERR_NOT_FOUND,
                       "topic '%s' was deleted and made anew while it was read", r->topic);
    if (r->offset < low || r->offset > next)
        return log_err_out_of_range(r->base.topic, r->base.partition, r->offset, low, next, err);
    return r->offset == next ? 0 : corrupt(r, r->offset, err);
}

/* Take the block in the statement's row into the cursor. */
static Rc load_block(LocalReader *r, DbStmt *s, Err *err)
{
    int64_t base = db_i64(s, 1);
    Str bytes = db_blob(s, 4);
    if (!bytes.ptr || (int64_t)log_murmur2(bytes) != db_i64(s, 3) ||
        !cursor_load(&r->cursor, bytes, base, db_i64(s, 2), db_i64(s, 0)) ||
        !cursor_skip_to(&r->cursor, r->offset))
        return corrupt(r, base, err);
    return 0;
}

/* The first read may begin in the middle of a block. */
static Rc place(LocalReader *r, Db *db, Err *err)
{
    DbStmt *s;
    int64_t id, low, next;
    bool row;
    Rc rc = local_bounds(db, r->base.topic, r->base.partition, &id, &low, &next, err);
    if (rc)
        return rc;
    if (id != r->id || r->offset < low || r->offset >= next)
        return r->offset == next ? 0 : check_place(r, db, err);
    rc = db_prepare(db,
                    "SELECT arrival, base, count, checksum, bytes FROM log_blocks WHERE topic = ?1"
                    " AND partition = ?2 AND base <= ?3 ORDER BY base DESC LIMIT 1",
                    &s, err);
    if (rc)
        return rc;
    db_bind_i64(s, 1, r->id);
    db_bind_i64(s, 2, r->base.partition);
    db_bind_i64(s, 3, r->offset);
    if (!(rc = db_step(s, &row, err)) && row)
        rc = load_block(r, s, err);
    db_reset(s);
    r->placed = rc == 0;
    return rc;
}

/* What one call has gathered. */
typedef struct Gather {
    Arena *arena;
    LogRecord *records;
    int count, cap, max_rows;
    size_t bytes, max_bytes;
} Gather;

static bool full(const Gather *g)
{
    return g->count >= g->max_rows || (g->count > 0 && g->bytes >= g->max_bytes);
}

static void make_room(Gather *g, int more)
{
    if (g->count + more <= g->cap)
        return;
    int cap = g->cap ? g->cap : (g->max_rows < ROWS_FIRST ? g->max_rows : ROWS_FIRST);
    while (cap < g->count + more)
        cap *= 2;
    LogRecord *records = arena_alloc(g->arena, sizeof *records * (size_t)cap);
    if (g->count)
        memcpy(records, g->records, sizeof *records * (size_t)g->count);
    g->records = records;
    g->cap = cap;
}

/* Records out of the current block. */
static Rc take(LocalReader *r, Gather *g, Err *err)
{
    BlockCursor *c = &r->cursor;
    size_t bytes;
    int rows = g->max_rows - g->count;
    rows = rows < c->left ? rows : c->left;
    if (rows == 0)
        return 0;
    make_room(g, rows);
    /* Only the first record of a batch may overshoot its bytes; the estimate for later blocks is
     * at most one record off. */
    size_t room = g->bytes < g->max_bytes ? g->max_bytes - g->bytes : 0;
    int taken = cursor_take(c, rows, room, g->arena, g->records + g->count, &bytes);
    if (taken < 0)
        return corrupt(r, c->offset, err);
    g->count += taken;
    g->bytes += bytes;
    r->offset = c->offset;
    return 0;
}

/* Blocks from the reader's offset on, until the batch is full. */
static Rc scan(LocalReader *r, Db *db, Gather *g, Err *err)
{
    DbStmt *s;
    bool row = false;
    Rc rc = db_prepare(db,
                       "SELECT arrival, base, count, checksum, bytes FROM log_blocks WHERE"
                       " topic = ?1 AND partition = ?2 AND base >= ?3 ORDER BY base",
                       &s, err);
    if (rc)
        return rc;
    db_bind_i64(s, 1, r->id);
    db_bind_i64(s, 2, r->base.partition);
    db_bind_i64(s, 3, r->offset);
    while (!full(g) && !(rc = db_step(s, &row, err)) && row) {
        row = db_i64(s, 1) == r->offset; /* else a trim has overtaken this reader */
        if (!row || (rc = load_block(r, s, err)) || (rc = take(r, g, err)))
            break;
    }
    db_reset(s);
    return rc || row || g->count ? rc : check_place(r, db, err);
}

static Rc read_blocks(LocalReader *r, Db *db, Gather *g, Err *err)
{
    Rc rc = db_begin_read(db, err);
    if (rc)
        return rc;
    if (r->placed || (!(rc = place(r, db, err)) && !(rc = take(r, g, err))))
        rc = full(g) ? 0 : scan(r, db, g, err);
    db_rollback(db);
    return rc;
}

Rc local_read(LogReader *reader, int max_rows, size_t max_bytes, Arena *a, LogBatch *out, Err *err)
{
    LocalReader *r = (LocalReader *)reader;
    LocalLog *l = (LocalLog *)r->base.log;
    Gather g = {.arena = a, .max_rows = max_rows, .max_bytes = max_bytes};
    LocalConn *c;

    Rc rc = take(r, &g, err);
    if (!rc && !full(&g) && !(rc = local_lease(l, &c, err))) {
        rc = read_blocks(r, c->db, &g, err);
        local_release(l, c);
    }
    *out = (LogBatch){g.records, g.count, r->offset};
    return rc;
}
