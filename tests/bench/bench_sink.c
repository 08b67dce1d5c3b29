/* links: log */
/* bench_sink.c: a topic as a table, so that SQL can compare it with what it should hold.
 *
 *     bench_sink LOG TOPIC OUT.db TABLE all|last
 *
 * LOG as in bench_make. `all`: every record is a row (part, off, time, key, value). `last`: the key
 * ends with the eight bytes of a window's start; the last record of each (window, key) is a row
 * (win, key, part, value), and a record without value takes it away. A row (key, win) in two
 * partitions is an error: nobody could tell which is the last. Prints the number of records read.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/db.h"
#include "log/kafka.h"

enum {
    READ_ROWS = 1024,
    READ_BYTES = 4 << 20,
    WINDOW_BYTES = 8,
    PATIENCE_MS = 30000,
    WAIT_MS = 100
};

typedef struct Sink {
    Log *log;
    Db *db;
    bool last;
    DbStmt *put, *take;
    Arena arena;
    long long records;
} Sink;

_Noreturn static void die(const char *text)
{
    fprintf(stderr, "bench_sink: %s\n", text);
    exit(1);
}

static void check(Rc rc, const Err *err)
{
    if (rc)
        die(err->text);
}

static void open_table(Sink *s, const char *path, const char *table)
{
    static const char *const columns[2] = {
        "part INTEGER, off INTEGER, time INTEGER, key TEXT, value TEXT, PRIMARY KEY(part, off)",
        "win INTEGER, key TEXT, part INTEGER, value TEXT, PRIMARY KEY(win, key)"};
    char sql[512];
    Err err = ERR_INIT;
    check(db_open(path, DB_WRITE_LAX, &s->db, &err), &err);
    snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS %s; CREATE TABLE %s(%s) WITHOUT ROWID", table,
             table, columns[s->last]);
    check(db_exec(s->db, sql, &err), &err);
    if (s->last)
        /* The partition is compared in the same statement: another one leaves no row changed. */
        snprintf(sql, sizeof sql,
                 "INSERT INTO %s VALUES(?1, ?2, ?3, ?4) ON CONFLICT(win, key) DO UPDATE SET value ="
                 " excluded.value WHERE part = excluded.part",
                 table);
    else
        snprintf(sql, sizeof sql, "INSERT INTO %s VALUES(?1, ?2, ?3, ?4, ?5)", table);
    check(db_prepare(s->db, sql, &s->put, &err), &err);
    if (s->last) {
        snprintf(sql, sizeof sql, "DELETE FROM %s WHERE win = ?1 AND key = ?2", table);
        check(db_prepare(s->db, sql, &s->take, &err), &err);
    }
}

static int64_t window_start(Str key)
{
    uint64_t win = 0;
    if (key.len < WINDOW_BYTES)
        die("a key is too short for a window");
    for (uint32_t i = key.len - WINDOW_BYTES; i < key.len; i++)
        win = win << 8 | (unsigned char)key.ptr[i];
    return (int64_t)win;
}

static void put_last(Sink *s, int partition, const LogRecord *r)
{
    Err err = ERR_INIT;
    DbStmt *st = r->value.ptr ? s->put : s->take;
    int64_t win = window_start(r->key);
    db_bind_i64(st, 1, win);
    db_bind_text(st, 2, str_make(r->key.ptr, r->key.len - WINDOW_BYTES));
    if (r->value.ptr) {
        db_bind_i64(st, 3, partition);
        db_bind_text(st, 4, r->value);
    }
    check(db_run(st, &err), &err);
    if (db_changes(s->db) != 1)
        die("one key and window in two partitions, or deleted before it was written");
}

static void put_all(Sink *s, int partition, const LogRecord *r)
{
    Err err = ERR_INIT;
    db_bind_i64(s->put, 1, partition);
    db_bind_i64(s->put, 2, r->offset);
    db_bind_i64(s->put, 3, r->time);
    db_bind_text(s->put, 4, r->key);
    db_bind_text(s->put, 5, r->value);
    check(db_run(s->put, &err), &err);
}

static void read_partition(Sink *s, Str topic, int partition)
{
    Err err = ERR_INIT;
    LogReader *r;
    int64_t low, high, at;
    int patience = PATIENCE_MS / WAIT_MS;
    check(s->log->cls->watermarks(s->log, topic, partition, &low, &high, &err), &err);
    check(s->log->cls->reader_open(s->log, topic, partition, low, &r, &err), &err);
    for (at = low; at < high;) {
        LogBatch b = {0};
        arena_reset(&s->arena);
        check(r->cls->read(r, READ_ROWS, READ_BYTES, &s->arena, &b, &err), &err);
        for (int i = 0; i < b.count; i++)
            (s->last ? put_last : put_all)(s, partition, &b.records[i]);
        s->records += b.count;
        if (b.next_offset == at && patience-- == 0)
            die("the topic gives no more records, but has not come to its end");
        if (b.next_offset == at)
            check(s->log->cls->wait(s->log, WAIT_MS, &err), &err);
        at = b.next_offset;
    }
    r->cls->reader_close(r);
}

int main(int argc, char **argv)
{
    static Sink s;
    LogTopic topic;
    Err err = ERR_INIT;
    if (argc != 6) {
        fprintf(stderr, "usage: bench_sink FILE|kafka:HOST:PORT TOPIC OUT.db TABLE all|last\n");
        return 2;
    }
    s.last = strcmp(argv[5], "last") == 0;
    arena_init(&s.arena, 1 << 20);
    bool kafka = strncmp(argv[1], "kafka:", 6) == 0;
    check(kafka ? log_kafka_open(argv[1] + 6, NULL, &s.log, &err)
                : log_local_open(argv[1], &s.log, &err),
          &err);
    check(s.log->cls->topic_find(s.log, str_of(argv[2]), &topic, &err), &err);
    open_table(&s, argv[3], argv[4]);
    check(db_begin_write(s.db, &err), &err);
    for (int p = 0; p < topic.partitions; p++)
        read_partition(&s, str_of(argv[2]), p);
    check(db_commit(s.db, &err), &err);
    printf("%lld\n", s.records);
    db_close(s.db);
    s.log->cls->close(s.log);
    arena_fini(&s.arena);
    return 0;
}
