/* kafka_read.c: reading partitions of a Kafka cluster.
 *
 * A reader takes messages in batches from the queue of its partition, copies their payload once
 * into the caller's arena and gives them back to librdkafka at once. What does not fit into a batch
 * is held for the next. Readers of different partitions share one consumer handle (librdkafka
 * starts several threads for each); a second reader of the same partition gets another handle. The
 * handles are "simple" consumers without a group; readers of a group come from kafka_group.c.
 *
 * The position is ours: librdkafka's stored offsets are never used. A partition's end is told by an
 * EOF event, whose offset lies behind commit markers, so positions reach the high watermark.
 *
 * Owns the shared handles and the readers. Threads: a reader belongs to the thread that uses it. */
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "log/kafka_int.h"

struct KafkaConsumer {
    KafkaHandle handle;
    KafkaReader *readers; /* guarded by the log's lock */
    KafkaConsumer *next;
};

/* ---- shared handles -------------------------------------------------------------------------- */

static Rc consumer_new(KafkaLog *l, KafkaConsumer **out, Err *err)
{
    const KafkaSetup setup = {.type = RD_KAFKA_CONSUMER};
    KafkaConsumer *c = MEM_NEW(KafkaConsumer);
    Rc rc = kafka_handle_open(&c->handle, l, &setup, err);
    if (rc) {
        mem_free(c);
        return rc;
    }
    c->next = l->consumers;
    l->consumers = *out = c;
    return 0;
}

void kafka_consumers_close(KafkaLog *l)
{
    while (l->consumers) {
        KafkaConsumer *c = l->consumers;
        l->consumers = c->next;
        kafka_handle_close(&c->handle);
        mem_free(c);
    }
}

static bool reads(const KafkaConsumer *c, Str topic, int partition)
{
    for (const KafkaReader *r = c->readers; r; r = r->home_next)
        if (r->base.partition == partition && str_eq(r->base.topic, topic))
            return true;
    return false;
}

/* With the log's lock held: a handle that does not read this partition yet. */
static Rc find_consumer(KafkaLog *l, Str topic, int partition, KafkaConsumer **out, Err *err)
{
    for (KafkaConsumer *c = l->consumers; c; c = c->next)
        if (!reads(c, topic, partition)) {
            *out = c;
            return 0;
        }
    return consumer_new(l, out, err);
}

/* ---- life of a reader ------------------------------------------------------------------------ */

static void on_records(rd_kafka_t *rk, void *opaque)
{
    (void)rk;
    log_bell_ring(&((KafkaLog *)opaque)->bell);
}

KafkaReader *kafka_reader_new(KafkaLog *l, rd_kafka_t *rk, Str topic, int partition, int leader,
                              rd_kafka_queue_t *queue)
{
    KafkaReader *r = MEM_NEW(KafkaReader);
    r->topic = kafka_zstr(topic);
    r->base = (LogReader){l->base.cls, &l->base, str_make(r->topic, topic.len), partition};
    r->rk = rk;
    r->queue = queue;
    r->leader = leader;
    r->missing = atomic_load(&l->missing);
    rd_kafka_queue_cb_event_enable(queue, on_records, l);
    kafka_nudge_add(l->nudge, r);
    return r;
}

void kafka_reader_place(KafkaReader *r, int64_t offset)
{
    while (r->held_at < r->held_count)
        rd_kafka_message_destroy(r->held[r->held_at++]);
    r->held_at = r->held_count = 0;
    r->offset = offset;
    r->at_end = false;
}

void kafka_reader_free(KafkaReader *r)
{
    kafka_nudge_remove(((KafkaLog *)r->base.log)->nudge, r);
    kafka_reader_place(r, 0);
    rd_kafka_queue_cb_event_enable(r->queue, NULL, NULL);
    rd_kafka_queue_destroy(r->queue);
    if (r->rkt)
        rd_kafka_topic_destroy(r->rkt);
    mem_free(r->topic);
    mem_free(r);
}

static Rc start(KafkaLog *l, KafkaReader *r, int64_t offset, Err *err)
{
    r->rkt = rd_kafka_topic_new(r->rk, r->topic, NULL);
    kafka_reader_place(r, offset);
    if (!r->rkt || rd_kafka_consume_start_queue(r->rkt, r->base.partition, offset, r->queue))
        return kafka_fail(l, rd_kafka_last_error(), "opening a topic for reading", err);
    return 0;
}

Rc kafka_reader_open(Log *log, Str topic, int partition, int64_t offset, LogReader **out, Err *err)
{
    KafkaLog *l = (KafkaLog *)log;
    KafkaConsumer *home = NULL;
    int partitions, leader;
    Rc rc = kafka_topic_look(l, topic, &partitions, NULL, partition, &leader, err);
    if (rc)
        return rc;
    pthread_mutex_lock(&l->lock);
    rc = find_consumer(l, topic, partition, &home, err);
    if (!rc) {
        rd_kafka_t *rk = home->handle.rk;
        KafkaReader *r = kafka_reader_new(l, rk, topic, partition, leader, rd_kafka_queue_new(rk));
        r->home = home;
        r->home_next = home->readers;
        home->readers = r;
        *out = &r->base;
    }
    pthread_mutex_unlock(&l->lock);
    if (!rc && (rc = start(l, (KafkaReader *)*out, offset, err)))
        kafka_reader_close(*out);
    return rc;
}

void kafka_reader_close(LogReader *reader)
{
    KafkaReader *r = (KafkaReader *)reader;
    if (!r)
        return;
    KafkaLog *l = (KafkaLog *)r->base.log;
    if (r->rkt)
        rd_kafka_consume_stop(r->rkt, r->base.partition);
    pthread_mutex_lock(&l->lock);
    for (KafkaReader **at = &r->home->readers; *at; at = &(*at)->home_next)
        if (*at == r) {
            *at = r->home_next;
            break;
        }
    pthread_mutex_unlock(&l->lock);
    kafka_reader_free(r);
}

/* ---- records --------------------------------------------------------------------------------- */

static Headers copy_headers(const rd_kafka_message_t *m, Arena *a)
{
    rd_kafka_headers_t *h;
    if (rd_kafka_message_headers(m, &h))
        return (Headers){0};
    size_t count = rd_kafka_header_cnt(h);
    Header *items = ARENA_ARRAY(a, Header, count);
    for (size_t i = 0; i < count; i++) {
        const char *name;
        const void *value;
        size_t bytes;
        if (rd_kafka_header_get_all(h, i, &name, &value, &bytes))
            break;
        items[i].key = arena_str(a, str_of(name));
        /* A value that is there and empty has a pointer too. */
        items[i].value = arena_str(a, value ? str_make(value, bytes) : STR_NULL);
    }
    return (Headers){items, (int)count};
}

static char *copy_part(char *at, const void *from, size_t bytes, Str *out)
{
    *out = STR_NULL;
    if (from) {
        memcpy(at, from, bytes);
        *out = str_make(at, bytes);
    }
    return at + bytes;
}

static void copy_record(const rd_kafka_message_t *m, char **at, Arena *a, LogRecord *out)
{
    rd_kafka_timestamp_type_t type;
    *at = copy_part(*at, m->key, m->key_len, &out->key);
    *at = copy_part(*at, m->payload, m->len, &out->value);
    out->time = rd_kafka_message_timestamp(m, &type);
    out->offset = m->offset;
    out->arrival = 0;
    out->headers = copy_headers(m, a);
}

/* Errors that come in a partition's queue. Trouble with connections does not: librdkafka goes on by
 * itself, and check_connection says so when it lasts. */
static Rc queue_error(KafkaReader *r, rd_kafka_resp_err_t code, Err *err)
{
    KafkaLog *l = (KafkaLog *)r->base.log;
    int64_t low, high;
    char doing[300];
    switch (code) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE: {
        Rc rc = kafka_watermarks(&l->base, r->base.topic, r->base.partition, &low, &high, err);
        return rc ? rc
                  : log_err_out_of_range(r->base.topic, r->base.partition, r->offset, low, high,
                                         err);
    }
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        return log_err_no_topic(r->base.topic, err);
    default:
        snprintf(doing, sizeof doing, "reading topic '%s', partition %d", r->topic,
                 r->base.partition);
        return kafka_fail(l, code, doing, err);
    }
}

/* What one call has gathered. */
typedef struct Gather {
    Arena *arena;
    LogRecord *records;
    int count, max_rows;
    size_t bytes, max_bytes;
} Gather;

static size_t message_bytes(const rd_kafka_message_t *m)
{
    return m->key_len + m->len;
}

static bool fits(const Gather *g, size_t more)
{
    return g->count == 0 || (g->count < g->max_rows && g->bytes + more <= g->max_bytes);
}

/* Count the held messages, up to the first event, that go into the batch, and copy them at once:
 * one piece of the arena for all, with the slack that JSON decoding wants at its end. */
static void take_records(KafkaReader *r, Gather *g)
{
    size_t bytes = 0;
    int end = r->held_at;
    for (int rows = g->count; end < r->held_count && !r->held[end]->err && rows < g->max_rows;
         end++, rows++) {
        size_t more = message_bytes(r->held[end]);
        if (rows > 0 && g->bytes + bytes + more > g->max_bytes)
            break;
        bytes += more;
    }
    char *at = arena_alloc(g->arena, bytes + JSON_SLACK_BYTES);
    memset(at + bytes, 0, JSON_SLACK_BYTES);
    for (; r->held_at < end; r->held_at++) {
        rd_kafka_message_t *m = r->held[r->held_at];
        if (m->offset >= r->offset) {
            copy_record(m, &at, g->arena, &g->records[g->count++]);
            r->offset = m->offset + 1;
        }
        rd_kafka_message_destroy(m);
    }
    g->bytes += bytes;
    r->at_end = false;
}

/* Empty what is held into the batch. *full: the batch can take no more. */
static Rc take_held(KafkaReader *r, Gather *g, bool *full, Err *err)
{
    *full = false;
    while (r->held_at < r->held_count) {
        rd_kafka_message_t *m = r->held[r->held_at];
        if (!m->err) {
            if (!fits(g, message_bytes(m)) || g->count == g->max_rows) {
                *full = true;
                return 0;
            }
            take_records(r, g);
            continue;
        }
        rd_kafka_resp_err_t code = m->err;
        if (code == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            r->offset = m->offset > r->offset ? m->offset : r->offset;
            r->at_end = true;
        } else if (g->count > 0) {
            *full = true; /* first what was read before the error */
            return 0;
        }
        rd_kafka_message_destroy(m);
        r->held_at++;
        if (code != RD_KAFKA_RESP_ERR__PARTITION_EOF)
            return queue_error(r, code, err);
    }
    return 0;
}

/* librdkafka misses some topic: is it this one? */
static Rc check_topic(KafkaReader *r, Err *err)
{
    KafkaLog *l = (KafkaLog *)r->base.log;
    unsigned missing = atomic_load(&l->missing);
    int partitions, leader;
    if (missing == r->missing)
        return 0;
    r->missing = missing;
    return kafka_topic_look(l, r->base.topic, &partitions, NULL, r->base.partition, &leader, err);
}

/* Nothing came: say so when the topic is gone, or no broker has been reachable for a while. */
static Rc check_connection(KafkaReader *r, Err *err)
{
    const int64_t second = 1000000000;
    KafkaLog *l = (KafkaLog *)r->base.log;
    if (r->home)
        rd_kafka_poll(r->rk, 0); /* error callbacks; a group's owner polls it */
    Rc rc = check_topic(r, err);
    if (rc)
        return rc;
    int64_t since = atomic_load(&l->down_since_ns), now = clock_monotonic_ns();
    if (since == 0 || now - since < KAFKA_REACH_MS / 1000 * second ||
        now - atomic_load(&l->probed_ns) < second)
        return 0;
    atomic_store(&l->probed_ns, now);
    return kafka_probe(l, 100, err);
}

Rc kafka_read(LogReader *reader, int max_rows, size_t max_bytes, Arena *a, LogBatch *out, Err *err)
{
    KafkaReader *r = (KafkaReader *)reader;
    KafkaLog *l = (KafkaLog *)r->base.log;
    int cap = max_rows < KAFKA_HELD ? max_rows : KAFKA_HELD;
    Gather g = {.arena = a, .max_rows = cap, .max_bytes = max_bytes};
    bool full;
    g.records = arena_alloc(a, sizeof *g.records * (size_t)cap);

    Rc rc = take_held(r, &g, &full, err);
    while (!rc && !full && g.count < cap) {
        ssize_t n = rd_kafka_consume_batch_queue(r->queue, 0, r->held, (size_t)(cap - g.count));
        r->held_at = 0;
        r->held_count = n > 0 ? (int)n : 0;
        if (n <= 0)
            break;
        rc = take_held(r, &g, &full, err);
    }
    kafka_nudge_note(l->nudge, r);
    if (g.count > 0)
        atomic_store(&l->down_since_ns, 0);
    else if (!rc)
        rc = check_connection(r, err);
    *out = (LogBatch){g.records, g.count, r->offset};
    return rc;
}
