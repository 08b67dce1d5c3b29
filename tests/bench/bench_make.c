/* links: log */
/* bench_make.c: writes the records of the benchmark into a topic, and their fields into a table.
 *
 *     bench_make LOG TOPIC RECORDS KEYS SEED [RAW.db]
 *
 * LOG is the file of an embedded log, whose topic must be there, or kafka:HOST:PORT, where it is
 * made. The same numbers give the same records in both. RAW.db gets a table `raw` with the fields
 * as they were drawn: what SQLite computes from it is what a query's sink is compared with, so
 * nothing of the program under test stands between the two.
 *
 * A record is 150 bytes of JSON with seven fields. Records are a millisecond apart and up to half a
 * second out of order; keys are drawn evenly, so a window of KEYS * 4 ms holds four of each. */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/db.h"
#include "log/kafka.h"

enum { PARTITIONS = 4, RECORD_BYTES = 150, KEY_BYTES = 8, APPEND_ROWS = 100000, RIVERS = 12 };

static const int64_t first_ms = INT64_C(1700000000000);
static const char *const rivers[RIVERS] = {"Sava",    "Drava",   "Mura",        "Kolpa",
                                           "Krka",    "Vipava",  "Reka",        "Soca",
                                           "Pesnica", "Savinja", "Ljubljanica", "Unica"};

typedef struct Reading {
    int64_t id, time;
    char key[24];           /* S and seven digits */
    int river, flow, level; /* level in mm */
    int temperature;        /* in tenths of a degree */
} Reading;

typedef struct Make {
    Log *log;
    Str topic;
    int64_t records;
    uint64_t keys, random;
    Db *raw;
    DbStmt *insert;
    Arena arena;
    LogAppend *items; /* [APPEND_ROWS] */
} Make;

static void die(const Err *err)
{
    fprintf(stderr, "bench_make: %s\n", err->text);
    exit(1);
}

/* splitmix64 */
static uint64_t draw(Make *m, uint64_t below)
{
    uint64_t z = m->random += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (z ^ z >> 31) % below;
}

static Reading draw_reading(Make *m, int64_t id)
{
    Reading r = {.id = id};
    snprintf(r.key, sizeof r.key, "S%07llu", (unsigned long long)draw(m, m->keys));
    r.time = first_ms + id - (int64_t)draw(m, 500);
    r.river = (int)draw(m, RIVERS);
    r.flow = (int)draw(m, 1000);
    r.level = (int)draw(m, 9000);
    r.temperature = (int)draw(m, 250);
    return r;
}

/* The last field takes what is left of the 150 bytes. */
static Str print_reading(Make *m, const Reading *r)
{
    static const char remark[] =
        "no ice, no debris, gauge cleaned last week by the district office";
    char *text = arena_alloc(&m->arena, RECORD_BYTES + 1);
    int n = snprintf(text, RECORD_BYTES + 1,
                     "{\"ID\":%lld,\"SENT\":%lld,\"RIVER\":\"%s\",\"LEVEL\":%d.%03d,\"FLOW\":%d,"
                     "\"TEMPERATURE\":%d.%d,\"REMARK\":\"",
                     (long long)r->id, (long long)r->time, rivers[r->river], r->level / 1000,
                     r->level % 1000, r->flow, r->temperature / 10, r->temperature % 10);
    int left = RECORD_BYTES - n - 2;
    memcpy(text + n, remark, (size_t)left);
    memcpy(text + n + left, "\"}", 3);
    return str_make(text, RECORD_BYTES);
}

/* ---- the side table ----------------------------------------------------------------------------
 */

static void open_raw(Make *m, const char *path)
{
    Err err = ERR_INIT;
    remove(path);
    if (db_open(path, DB_WRITE_LAX, &m->raw, &err) ||
        db_exec(m->raw,
                "CREATE TABLE raw(id INTEGER PRIMARY KEY, part INTEGER, time INTEGER, key TEXT,"
                " river TEXT, flow INTEGER)",
                &err) ||
        db_prepare(m->raw, "INSERT INTO raw VALUES(?1, ?2, ?3, ?4, ?5, ?6)", &m->insert, &err))
        die(&err);
}

static void put_raw(Make *m, const Reading *r, int partition)
{
    Err err = ERR_INIT;
    db_bind_i64(m->insert, 1, r->id);
    db_bind_i64(m->insert, 2, partition);
    db_bind_i64(m->insert, 3, r->time);
    db_bind_text(m->insert, 4, str_of(r->key));
    db_bind_text(m->insert, 5, str_of(rivers[r->river]));
    db_bind_i64(m->insert, 6, r->flow);
    if (db_run(m->insert, &err))
        die(&err);
}

/* ---- the topic ---------------------------------------------------------------------------------
 */

static void open_log(Make *m, const char *where)
{
    Err err = ERR_INIT;
    bool kafka = strncmp(where, "kafka:", 6) == 0;
    Rc rc = kafka ? log_kafka_open(where + 6, NULL, &m->log, &err)
                  : log_local_open(where, &m->log, &err);
    if (!rc && kafka)
        rc = m->log->cls->topic_create(m->log, m->topic, PARTITIONS, 1, false, &err);
    if (rc)
        die(&err);
}

static void append_some(Make *m, int64_t from, int64_t to)
{
    Err err = ERR_INIT;
    arena_reset(&m->arena);
    if (m->raw && db_begin_write(m->raw, &err))
        die(&err);
    for (int64_t id = from; id < to; id++) {
        Reading r = draw_reading(m, id);
        Str key = arena_str(&m->arena, str_make(r.key, KEY_BYTES));
        int partition = log_partition_of(key, PARTITIONS, 0);
        m->items[id - from] = (LogAppend){.topic = m->topic,
                                          .partition = partition,
                                          .key = key,
                                          .value = print_reading(m, &r),
                                          .time = r.time};
        if (m->raw)
            put_raw(m, &r, partition);
    }
    if (m->log->cls->append(m->log, m->items, (int)(to - from), &err))
        die(&err);
    if (m->raw && db_commit(m->raw, &err))
        die(&err);
}

int main(int argc, char **argv)
{
    static Make m;
    if (argc < 6) {
        fprintf(stderr,
                "usage: bench_make FILE|kafka:HOST:PORT TOPIC RECORDS KEYS SEED [RAW.db]\n");
        return 2;
    }
    m.topic = str_of(argv[2]);
    m.records = atoll(argv[3]);
    m.keys = strtoull(argv[4], NULL, 10);
    m.random = strtoull(argv[5], NULL, 10);
    if (m.records < 1 || m.keys < 1 || m.keys > 9999999) {
        fprintf(stderr, "bench_make: RECORDS and KEYS are positive, KEYS has at most 7 digits\n");
        return 2;
    }
    arena_init(&m.arena, 1 << 20);
    open_log(&m, argv[1]);
    if (argc > 6)
        open_raw(&m, argv[6]);
    m.items = calloc(APPEND_ROWS, sizeof *m.items);
    for (int64_t id = 0; id < m.records; id += APPEND_ROWS)
        append_some(&m, id, id + APPEND_ROWS < m.records ? id + APPEND_ROWS : m.records);
    free(m.items);
    arena_fini(&m.arena);
    m.log->cls->close(m.log);
    db_close(m.raw);
    return 0;
}
