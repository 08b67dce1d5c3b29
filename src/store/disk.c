/* disk.c: the state tables in SQLite.
 *
 *   s<id>              p, [w,] k, c0, c1, ..., x    rows of a store, WITHOUT ROWID
 *   state_records      s, p, v                      operator records, 8 bytes little-endian each
 *   state_generations  unit, n                      the last generation of a unit that is here
 *   state_positions    topic, p, next               how far of a changelog this file has applied
 *
 * Rows are keyed (p, k), windowed ones (p, w, k), so that expiry is a range at the front. One
 * StoreDisk stands on one connection: a reading side on a reader's, the writing side on the
 * writer's. Tables are made by the writing side when they are first needed; a reading side that
 * finds none reads nothing. Owns its statements' texts and a scratch row; leaves columns to
 * disk_row.c and everything about order and meaning to store.c and commit.c. */
#include <assert.h>
#include <endian.h>
#include <stdio.h>

#include "base/mem.h"
#include "store/disk_int.h"

/* A physical table as this connection knows it. */
typedef struct DiskTable {
    int64_t id;
    bool there;                 /* it was seen, or made in a transaction that still stands */
    bool defined;               /* define() has nothing left to do */
    DbStmt *get, *put, *remove; /* kept by the connection */
    DiskRow row;
} DiskTable;

typedef struct Disk {
    StoreDisk base;
    Db *db;
    DiskTable **tables;
    int table_count, table_room;
    DiskTable *last;
    bool side_there;
    bool writing; /* between begin and commit or rollback */
    int snapshots;
} Disk;

static Disk *disk_of(StoreDisk *d)
{
    return (Disk *)d;
}

static void disk_close(StoreDisk *base)
{
    Disk *d = disk_of(base);
    for (int i = 0; i < d->table_count; i++) {
        disk_row_fini(&d->tables[i]->row);
        mem_free(d->tables[i]);
    }
    mem_free(d->tables);
    mem_free(d);
}

static DiskTable *table_of(Disk *d, const StoreDef *def)
{
    if (d->last && d->last->id == def->id)
        return d->last;
    for (int i = 0; i < d->table_count; i++) {
        if (d->tables[i]->id == def->id)
            return d->last = d->tables[i];
    }
    if (d->table_count == d->table_room) {
        d->table_room = d->table_room ? 2 * d->table_room : 8;
        d->tables = mem_realloc(d->tables, (size_t)d->table_room * sizeof *d->tables);
    }
    DiskTable *t = MEM_NEW(DiskTable);
    t->id = def->id;
    disk_row_init(&t->row);
    return d->last = d->tables[d->table_count++] = t;
}

/* ---- what is there ------------------------------------------------------------------------- */

static Rc has_table(Disk *d, const char *name, bool *there, Err *err)
{
    DbStmt *s;
    Rc rc = db_prepare(d->db, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1", &s,
                       err);
    if (rc)
        return rc;
    db_bind_text(s, 1, str_of(name));
    rc = db_step(s, there, err);
    db_reset(s);
    return rc;
}

static Rc is_there(Disk *d, DiskTable *t, bool *there, Err *err)
{
    if (!t->there) {
        char name[32];
        snprintf(name, sizeof name, "s%lld", (long long)t->id);
        Rc rc = has_table(d, name, &t->there, err);
        if (rc)
            return rc;
    }
    *there = t->there;
    return 0;
}

static Rc side_is_there(Disk *d, bool *there, Err *err)
{
    Rc rc = d->side_there ? 0 : has_table(d, "state_records", &d->side_there, err);
    *there = d->side_there;
    return rc;
}

/* ---- texts of statements ------------------------------------------------------------------- */

static bool windowed(const StoreDef *def)
{
    return def->kind == STORE_WINDOW;
}

static void put_columns(Buf *sql, const StoreDef *def)
{
    for (int i = 0; i < def->row->count; i++)
        buf_printf(sql, "c%d, ", i);
    buf_puts(sql, "x");
}

static void put_insert(Buf *sql, const StoreDef *def)
{
    int columns = def->row->count + (windowed(def) ? 4 : 3);
    buf_printf(sql, "REPLACE INTO s%lld(p, %sk, ", (long long)def->id, windowed(def) ? "w, " : "");
    put_columns(sql, def);
    buf_puts(sql, ") VALUES(");
    for (int i = 1; i <= columns; i++)
        buf_printf(sql, "%s?%d", i > 1 ? ", " : "", i);
    buf_puts(sql, ")");
}

static void put_key(Buf *sql, const StoreDef *def)
{
    buf_printf(sql, " FROM s%lld WHERE p = ?1 AND %s", (long long)def->id,
               windowed(def) ? "w = ?2 AND k = ?3" : "k = ?2");
}

static void put_select(Buf *sql, const StoreDef *def)
{
    buf_puts(sql, "SELECT ");
    put_columns(sql, def);
    put_key(sql, def);
}

static void put_delete(Buf *sql, const StoreDef *def)
{
    buf_puts(sql, "DELETE");
    put_key(sql, def);
}

static void put_create(Buf *sql, const StoreDef *def)
{
    buf_printf(sql, "CREATE TABLE IF NOT EXISTS s%lld(p INTEGER NOT NULL, %sk BLOB NOT NULL, ",
               (long long)def->id, windowed(def) ? "w INTEGER NOT NULL, " : "");
    for (int i = 0; i < def->row->count; i++)
        buf_printf(sql, "c%d %s, ", i, disk_column_type(def->row->types[i]));
    buf_printf(sql, "x BLOB, PRIMARY KEY(p, %sk)) WITHOUT ROWID", windowed(def) ? "w, " : "");
}

/* Window, key, and the row unless only keys are wanted. */
static void put_scan(Buf *sql, const StoreDef *def, const StoreScan *scan)
{
    buf_printf(sql, "SELECT %s, k", windowed(def) ? "w" : "0");
    if (!scan->keys_only) {
        buf_puts(sql, ", ");
        put_columns(sql, def);
    }
    buf_printf(sql, " FROM s%lld WHERE p = ?1", (long long)def->id);
    if (windowed(def))
        buf_puts(sql, " AND w >= ?2 AND w <= ?3");
    if (scan->key_from.ptr)
        buf_puts(sql, " AND k >= ?4");
    if (scan->key_to.ptr)
        buf_puts(sql, " AND k <= ?5");
    buf_puts(sql, windowed(def) ? " ORDER BY w, k" : " ORDER BY k");
}

static Rc prepare(Disk *d, const StoreDef *def, void (*text)(Buf *, const StoreDef *), DbStmt **out,
                  Err *err)
{
    Buf sql;
    buf_init(&sql);
    text(&sql, def);
    Rc rc = db_prepare(d->db, buf_cstr(&sql), out, err);
    buf_fini(&sql);
    return rc;
}

/* A statement with a store and a partition, or what else is numbers. */
static Rc run_ints(Disk *d, const char *sql, const int64_t *values, int count, Err *err)
{
    DbStmt *s;
    Rc rc = db_prepare(d->db, sql, &s, err);
    if (rc)
        return rc;
    for (int i = 0; i < count; i++)
        db_bind_i64(s, i + 1, values[i]);
    return db_run(s, err);
}

static int bind_key(DbStmt *s, const StoreDef *def, int partition, int64_t win, Str key)
{
    int at = 1;
    db_bind_i64(s, at++, partition);
    if (windowed(def))
        db_bind_i64(s, at++, win);
    db_bind_blob(s, at++, key);
    return at;
}

/* ---- reading ------------------------------------------------------------------------------- */

static Rc disk_get(StoreDisk *base, const StoreDef *def, int partition, int64_t win, Str key,
                   Buf *row, bool *found, Err *err)
{
    Disk *d = disk_of(base);
    DiskTable *t = table_of(d, def);
    bool there = false;
    *found = false;
    Rc rc = is_there(d, t, &there, err);
    if (rc || !there)
        return rc;
    if (!t->get && (rc = prepare(d, def, put_select, &t->get, err)))
        return rc;
    bind_key(t->get, def, partition, win, key);
    rc = db_step(t->get, found, err);
    if (!rc && *found)
        rc = disk_row_read(&t->row, def, t->get, 0, row, err);
    db_reset(t->get);
    return rc;
}

typedef bool ScanEach(void *ctx, int64_t win, Str key, Str row);

static Rc scan_range(Disk *d, const StoreDef *def, int partition, const StoreScan *scan,
                     ScanEach *each, void *ctx, Err *err)
{
    DiskTable *t = table_of(d, def);
    DbStmt *s;
    Buf buf;
    buf_init(&buf);
    put_scan(&buf, def, scan);
    Rc rc = db_prepare(d->db, buf_cstr(&buf), &s, err);
    if (rc)
        goto done;
    db_bind_i64(s, 1, partition);
    if (windowed(def)) {
        db_bind_i64(s, 2, scan->win_from);
        db_bind_i64(s, 3, scan->win_to);
    }
    if (scan->key_from.ptr)
        db_bind_blob(s, 4, scan->key_from);
    if (scan->key_to.ptr)
        db_bind_blob(s, 5, scan->key_to);
    bool row = false;
    while (!(rc = db_step(s, &row, err)) && row) {
        buf_reset(&buf);
        if (!scan->keys_only && (rc = disk_row_read(&t->row, def, s, 2, &buf, err)))
            break;
        if (!each(ctx, db_i64(s, 0), db_blob(s, 1), scan->keys_only ? STR_NULL : buf_str(&buf)))
            break;
    }
    db_reset(s);
done:
    buf_fini(&buf);
    return rc;
}

static Rc next_window(Disk *d, const StoreDef *def, int partition, int64_t from, int64_t *win,
                      bool *found, Err *err)
{
    char sql[96];
    snprintf(sql, sizeof sql, "SELECT w FROM s%lld WHERE p = ?1 AND w >= ?2 ORDER BY w LIMIT 1",
             (long long)def->id);
    DbStmt *s;
    Rc rc = db_prepare(d->db, sql, &s, err);
    if (rc)
        return rc;
    db_bind_i64(s, 1, partition);
    db_bind_i64(s, 2, from);
    rc = db_step(s, found, err);
    if (!rc && *found)
        *win = db_i64(s, 0);
    db_reset(s);
    return rc;
}

/* One key in many windows: the table is ordered by window first, so step from window to window
 * instead of reading every key of each. */
static Rc scan_key(Disk *d, const StoreDef *def, int partition, const StoreScan *scan,
                   ScanEach *each, void *ctx, Err *err)
{
    Buf row;
    buf_init(&row);
    int64_t from = scan->win_from, win = 0;
    bool more = true, found;
    Rc rc = 0;
    while (more) {
        if ((rc = next_window(d, def, partition, from, &win, &more, err)) || !more ||
            win > scan->win_to)
            break;
        buf_reset(&row);
        rc = disk_get(&d->base, def, partition, win, scan->key_from, &row, &found, err);
        if (rc ||
            (found && !each(ctx, win, scan->key_from, scan->keys_only ? STR_NULL : buf_str(&row))))
            break;
        more = win < INT64_MAX;
        from = more ? win + 1 : win;
    }
    buf_fini(&row);
    return rc;
}

static Rc disk_scan(StoreDisk *base, const StoreDef *def, int partition, const StoreScan *scan,
                    ScanEach *each, void *ctx, Err *err)
{
    Disk *d = disk_of(base);
    bool there = false;
    Rc rc = is_there(d, table_of(d, def), &there, err);
    if (rc || !there)
        return rc;
    bool one_key = windowed(def) && scan->key_from.ptr && scan->key_to.ptr &&
                   str_eq(scan->key_from, scan->key_to);
    return (one_key ? scan_key : scan_range)(d, def, partition, scan, each, ctx, err);
}

static Rc disk_highest(StoreDisk *base, const StoreDef *def, int partition, int64_t *win, bool *any,
                       Err *err)
{
    Disk *d = disk_of(base);
    char sql[96];
    DbStmt *s;
    *any = false;
    *win = 0;
    bool there = false;
    Rc rc = is_there(d, table_of(d, def), &there, err);
    if (rc || !there)
        return rc;
    snprintf(sql, sizeof sql, "SELECT %s FROM s%lld WHERE p = ?1%s LIMIT 1",
             windowed(def) ? "w" : "0", (long long)def->id,
             windowed(def) ? " ORDER BY w DESC" : "");
    if ((rc = db_prepare(d->db, sql, &s, err)))
        return rc;
    db_bind_i64(s, 1, partition);
    rc = db_step(s, any, err);
    if (!rc && *any)
        *win = db_i64(s, 0);
    db_reset(s);
    return rc;
}

static Rc take_record(const StoreDef *def, Str bytes, int64_t *values, Err *err)
{
    if (bytes.len != (uint64_t)def->record_count * 8)
        return err_set(err, ERR_KIND_FATAL, ERR_CORRUPT,
                       "state s%lld: the operator record has %u bytes where %d are expected",
                       (long long)def->id, bytes.len, def->record_count * 8);
    BufReader r = buf_reader(bytes);
    for (int i = 0; i < def->record_count; i++)
        values[i] = (int64_t)buf_take_u64(&r);
    return 0;
}

static Rc disk_record(StoreDisk *base, const StoreDef *def, int partition, int64_t *values,
                      bool *found, Err *err)
{
    Disk *d = disk_of(base);
    DbStmt *s;
    bool there = false;
    *found = false;
    Rc rc = side_is_there(d, &there, err);
    if (rc || !there ||
        (rc = db_prepare(d->db, "SELECT v FROM state_records WHERE s = ?1 AND p = ?2", &s, err)))
        return rc;
    db_bind_i64(s, 1, def->id);
    db_bind_i64(s, 2, partition);
    rc = db_step(s, found, err);
    if (!rc && *found)
        rc = take_record(def, db_blob(s, 0), values, err);
    db_reset(s);
    return rc;
}

/* One number by a name, and perhaps a partition. */
static Rc get_number(Disk *d, const char *sql, Str name, int partition, int64_t *number, Err *err)
{
    DbStmt *s;
    bool there = false, row = false;
    Rc rc = side_is_there(d, &there, err);
    if (rc || !there || (rc = db_prepare(d->db, sql, &s, err)))
        return rc;
    db_bind_text(s, 1, name);
    if (partition >= 0)
        db_bind_i64(s, 2, partition);
    rc = db_step(s, &row, err);
    if (!rc && row)
        *number = db_i64(s, 0);
    db_reset(s);
    return rc;
}

static Rc disk_generation(StoreDisk *base, Str unit, uint64_t *number, Err *err)
{
    int64_t n = 0;
    Rc rc = get_number(disk_of(base), "SELECT n FROM state_generations WHERE unit = ?1", unit, -1,
                       &n, err);
    *number = (uint64_t)n;
    return rc;
}

static Rc disk_position(StoreDisk *base, Str topic, int partition, int64_t *offset, Err *err)
{
    *offset = -1;
    return get_number(disk_of(base), "SELECT next FROM state_positions WHERE topic = ?1 AND p = ?2",
                      topic, partition, offset, err);
}

static Rc disk_snapshot(StoreDisk *base, bool begin, Err *err)
{
    Disk *d = disk_of(base);
    if (begin) {
        Rc rc = d->snapshots ? 0 : db_begin_read(d->db, err);
        d->snapshots += !rc;
        return rc;
    }
    assert(d->snapshots > 0);
    return --d->snapshots ? 0 : db_commit(d->db, err);
}

/* ---- writing ------------------------------------------------------------------------------- */

static const char side_tables[] =
    "CREATE TABLE IF NOT EXISTS state_records(s INTEGER NOT NULL, p INTEGER NOT NULL,"
    " v BLOB NOT NULL, PRIMARY KEY(s, p)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS state_generations(unit TEXT NOT NULL PRIMARY KEY,"
    " n INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS state_positions(topic TEXT NOT NULL, p INTEGER NOT NULL,"
    " next INTEGER NOT NULL, PRIMARY KEY(topic, p)) WITHOUT ROWID;";

static void disk_rollback(StoreDisk *base)
{
    Disk *d = disk_of(base);
    db_rollback(d->db);
    d->writing = false;
    d->side_there = false; /* what this transaction had made is gone again */
    for (int i = 0; i < d->table_count; i++)
        d->tables[i]->there = d->tables[i]->defined = false;
}

static Rc disk_begin(StoreDisk *base, Err *err)
{
    Disk *d = disk_of(base);
    assert(!d->writing);
    Rc rc = db_begin_write(d->db, err);
    if (rc)
        return rc;
    d->writing = true;
    bool there = false;
    rc = side_is_there(d, &there, err);
    if (!rc && !there)
        rc = db_exec(d->db, side_tables, err);
    if (rc)
        disk_rollback(base);
    else
        d->side_there = true;
    return rc;
}

static Rc disk_commit(StoreDisk *base, Err *err)
{
    Disk *d = disk_of(base);
    Rc rc = db_commit(d->db, err);
    if (!rc)
        d->writing = false;
    return rc;
}

static Rc disk_define(StoreDisk *base, const StoreDef *def, Err *err)
{
    Disk *d = disk_of(base);
    DiskTable *t = table_of(d, def);
    if (t->defined)
        return 0;
    Buf sql;
    buf_init(&sql);
    put_create(&sql, def);
    Rc rc = db_exec(d->db, buf_cstr(&sql), err);
    buf_fini(&sql);
    t->there = t->defined = !rc;
    return rc;
}

static Rc disk_put(StoreDisk *base, const StoreDef *def, int partition, int64_t win, Str key,
                   Str row, Err *err)
{
    Disk *d = disk_of(base);
    DiskTable *t = table_of(d, def);
    DbStmt **s = row.ptr ? &t->put : &t->remove;
    Rc rc = *s ? 0 : prepare(d, def, row.ptr ? put_insert : put_delete, s, err);
    if (rc)
        return rc;
    int at = bind_key(*s, def, partition, win, key);
    if (row.ptr && (rc = disk_row_bind(&t->row, def, *s, at, row, err)))
        return rc;
    return db_run(*s, err);
}

static Rc disk_expire(StoreDisk *base, const StoreDef *def, int partition, int64_t win_below,
                      Err *err)
{
    Disk *d = disk_of(base);
    char sql[80];
    Rc rc = disk_define(base, def, err);
    if (rc)
        return rc;
    snprintf(sql, sizeof sql, "DELETE FROM s%lld WHERE p = ?1 AND w < ?2", (long long)def->id);
    return run_ints(d, sql, (int64_t[]){partition, win_below}, 2, err);
}

static Rc disk_put_record(StoreDisk *base, const StoreDef *def, int partition,
                          const int64_t *values, Err *err)
{
    Disk *d = disk_of(base);
    DbStmt *s;
    Rc rc = db_prepare(d->db, "REPLACE INTO state_records(s, p, v) VALUES(?1, ?2, ?3)", &s, err);
    if (rc)
        return rc;
    Buf v;
    buf_init(&v);
    for (int i = 0; i < def->record_count; i++)
        buf_put_u64(&v, (uint64_t)values[i]);
    db_bind_i64(s, 1, def->id);
    db_bind_i64(s, 2, partition);
    db_bind_blob(s, 3, buf_str(&v));
    rc = db_run(s, err);
    buf_fini(&v);
    return rc;
}

static Rc disk_put_generation(StoreDisk *base, Str unit, uint64_t number, Err *err)
{
    DbStmt *s;
    Rc rc = db_prepare(disk_of(base)->db, "REPLACE INTO state_generations(unit, n) VALUES(?1, ?2)",
                       &s, err);
    if (rc)
        return rc;
    db_bind_text(s, 1, unit);
    db_bind_i64(s, 2, (int64_t)number);
    return db_run(s, err);
}

static Rc disk_put_position(StoreDisk *base, Str topic, int partition, int64_t offset, Err *err)
{
    DbStmt *s;
    Rc rc = db_prepare(disk_of(base)->db,
                       "REPLACE INTO state_positions(topic, p, next) VALUES(?1, ?2, ?3)", &s, err);
    if (rc)
        return rc;
    db_bind_text(s, 1, topic);
    db_bind_i64(s, 2, partition);
    db_bind_i64(s, 3, offset);
    return db_run(s, err);
}

static Rc disk_clear(StoreDisk *base, const StoreDef *def, int partition, Err *err)
{
    Disk *d = disk_of(base);
    char sql[64];
    Rc rc = disk_define(base, def, err);
    if (rc)
        return rc;
    snprintf(sql, sizeof sql, "DELETE FROM s%lld WHERE p = ?1", (long long)def->id);
    int64_t partition64 = partition;
    rc = run_ints(d, sql, &partition64, 1, err);
    if (!rc)
        rc = run_ints(d, "DELETE FROM state_records WHERE s = ?1 AND p = ?2",
                      (int64_t[]){def->id, partition}, 2, err);
    return rc;
}

static Rc disk_drop(StoreDisk *base, const StoreDef *def, Err *err)
{
    Disk *d = disk_of(base);
    char sql[64];
    snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS s%lld", (long long)def->id);
    Rc rc = db_exec(d->db, sql, err);
    if (!rc)
        rc = run_ints(d, "DELETE FROM state_records WHERE s = ?1", &def->id, 1, err);
    DiskTable *t = table_of(d, def);
    t->there = t->defined = false;
    return rc;
}

static Db *disk_db(StoreDisk *base)
{
    Disk *d = disk_of(base);
    return d->writing ? d->db : NULL;
}

static const StoreDiskClass disk_class = {
    .close = disk_close,
    .get = disk_get,
    .scan = disk_scan,
    .record = disk_record,
    .generation = disk_generation,
    .snapshot = disk_snapshot,
    .begin = disk_begin,
    .define = disk_define,
    .put = disk_put,
    .expire = disk_expire,
    .put_record = disk_put_record,
    .put_generation = disk_put_generation,
    .drop = disk_drop,
    .commit = disk_commit,
    .rollback = disk_rollback,
    .db = disk_db,
    .highest = disk_highest,
    .position = disk_position,
    .put_position = disk_put_position,
    .clear = disk_clear,
};

Rc store_disk_open(Db *db, StoreDisk **out, Err *err)
{
    (void)err; /* nothing is touched before it is needed */
    Disk *d = MEM_NEW(Disk);
    d->base.cls = &disk_class;
    d->db = db;
    *out = &d->base;
    return 0;
}
