/* links: log */
/* bench_kafka.c: what librdkafka itself does on this machine, to compare with.
 *
 *     bench_kafka consume BROKER TOPIC RECORDS
 *         reads so many records and throws them away. Prints records per second, and per second of
 *         user and system time of this process, librdkafka's threads included.
 *     bench_kafka latency BROKER IN OUT RATE SECONDS KEYS
 *         writes RATE records a second into IN, each with the time at which it was sent, and reads
 *         OUT, committed records only, where a query puts that time into a field SENT. Prints
 *         records written and seen, and the 50th and 99th percentile and the largest time between
 *         sending and seeing, in ms, of the records sent after the first WARM_S seconds.
 *
 * The consumer is opened with the settings of the Kafka log (kafka_read.c) and kept from stalling
 * as there (kafka_nudge.c), but reads past it: the yardstick shares no code with what it measures.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "log/kafka_int.h"

enum {
    TAKE = 1024,
    NUDGE_EACH_MS = 5,
    LOW_MARK = 8192, /* records */
    PATIENCE_S = 30, /* without a record, while more must come */
    WARM_S = 5,
    QUIET_S = 3, /* nothing seen for so long after the last was sent: the end */
    BUCKETS = 600000,
    BUCKET_US = 100
};

static const char *broker;

_Noreturn static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_kafka: %s: %s\n", what, why);
    exit(1);
}

static rd_kafka_t *open_producer(void)
{
    static const char *const settings[] = {"linger.ms", "1", "queue.buffering.max.messages",
                                           "1000000"};
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", broker, why, sizeof why);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i += 2)
        if (rd_kafka_conf_set(conf, settings[i], settings[i + 1], why, sizeof why))
            die(settings[i], why);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!rk)
        die(broker, why);
    return rk;
}

/* ---- reading ------------------------------------------------------------------------------------
 */

typedef struct Consumer {
    Log *log;
    KafkaHandle handle;
    rd_kafka_t *rk; /* the handle's */
    rd_kafka_topic_t *rkt;
    rd_kafka_queue_t *queue;
    const char *topic;
    int partitions;
    pthread_t nudge;
    atomic_bool stop;
} Consumer;

static int count_partitions(rd_kafka_t *rk, rd_kafka_topic_t *rkt)
{
    const struct rd_kafka_metadata *meta;
    rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 0, rkt, &meta, 10000);
    if (code || meta->topic_cnt != 1 || meta->topics[0].partition_cnt < 1)
        die("no such topic", rd_kafka_topic_name(rkt));
    int n = meta->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(meta);
    return n;
}

/* Any request to the broker wakes a fetcher that went to sleep with its queue full. All partitions
 * are asked in turn, so that each leader is. */
static void *nudge_main(void *arg)
{
    Consumer *c = arg;
    int64_t low, high;
    for (int p = 0; !atomic_load(&c->stop); p = (p + 1) % c->partitions) {
        if (rd_kafka_queue_length(c->queue) < LOW_MARK)
            rd_kafka_query_watermark_offsets(c->rk, c->topic, p, &low, &high, 100);
        clock_sleep_ms(NUDGE_EACH_MS);
    }
    return NULL;
}

static void consumer_open(Consumer *c, const char *topic, int64_t from)
{
    const KafkaSetup setup = {.type = RD_KAFKA_CONSUMER};
    Err err = ERR_INIT;
    *c = (Consumer){.topic = topic};
    if (log_kafka_open(broker, NULL, &c->log, &err) ||
        kafka_handle_open(&c->handle, (KafkaLog *)c->log, &setup, &err))
        die(broker, err.text);
    c->rk = c->handle.rk;
    c->rkt = rd_kafka_topic_new(c->rk, topic, NULL);
    c->partitions = count_partitions(c->rk, c->rkt);
    c->queue = rd_kafka_queue_new(c->rk);
    for (int p = 0; p < c->partitions; p++)
        if (rd_kafka_consume_start_queue(c->rkt, p, from, c->queue))
            die(topic, rd_kafka_err2str(rd_kafka_last_error()));
    if (pthread_create(&c->nudge, NULL, nudge_main, c))
        die(topic, "no thread");
}

static void consumer_close(Consumer *c)
{
    atomic_store(&c->stop, true);
    pthread_join(c->nudge, NULL);
    for (int p = 0; p < c->partitions; p++)
        rd_kafka_consume_stop(c->rkt, p);
    rd_kafka_queue_destroy(c->queue);
    rd_kafka_topic_destroy(c->rkt);
    kafka_handle_close(&c->handle);
    c->log->cls->close(c->log);
}

static double cpu_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void is_record(const rd_kafka_message_t *m, int64_t *records)
{
    if (!m->err)
        ++*records;
    else if (m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
        die("reading", rd_kafka_message_errstr(m));
}

static int consume(const char *topic, int64_t wanted)
{
    static rd_kafka_message_t *taken[TAKE];
    Consumer c;
    int64_t records = 0, start = clock_monotonic_ns(), last = start;
    double cpu = cpu_seconds();
    consumer_open(&c, topic, RD_KAFKA_OFFSET_BEGINNING);
    while (records < wanted) {
        ssize_t n = rd_kafka_consume_batch_queue(c.queue, 100, taken, TAKE);
        int64_t now = clock_monotonic_ns(), before = records;
        for (ssize_t i = 0; i < n; i++) {
            is_record(taken[i], &records);
            rd_kafka_message_destroy(taken[i]);
        }
        if (records > before)
            last = now;
        else if (now - last > PATIENCE_S * INT64_C(1000000000))
            die(topic, "no more records come");
    }
    double wall = (double)(clock_monotonic_ns() - start) / 1e9;
    cpu = cpu_seconds() - cpu;
    consumer_close(&c);
    printf("%.0f %.0f\n", (double)records / wall, (double)records / cpu);
    return 0;
}

/* ---- latency
 * ------------------------------------------------------------------------------------- */

typedef struct Pace {
    const char *topic;
    int64_t rate, seconds, keys;
    int64_t start_ns, measured_from_us; /* records sent from here on count */
    int64_t wanted, sent;               /* of records that the queries' WHERE keeps; of all */
    atomic_bool done;
} Pace;

static int64_t now_us(void)
{
    return clock_monotonic_ns() / 1000;
}

static void send_one(rd_kafka_t *rk, rd_kafka_topic_t *rkt, Pace *p, int partitions)
{
    char key[24], value[256];
    uint64_t x = (uint64_t)p->sent * 0x9e3779b97f4a7c15u;
    int flow = (int)((x >> 40) % 1000);
    int key_bytes =
        snprintf(key, sizeof key, "S%07llu", (unsigned long long)((x >> 20) % (uint64_t)p->keys));
    int n = snprintf(value, sizeof value,
                     "{\"ID\":%lld,\"SENT\":%lld,\"RIVER\":\"Sava\",\"LEVEL\":1.250,\"FLOW\":%d,"
                     "\"TEMPERATURE\":11.5,\"REMARK\":\"no ice, no debris, gauge cleaned last "
                     "week\"}",
                     (long long)p->sent, (long long)now_us(), flow);
    int partition = log_partition_of(str_make(key, (size_t)key_bytes), partitions, 0);
    while (rd_kafka_produce(rkt, partition, RD_KAFKA_MSG_F_COPY, value, (size_t)n, key,
                            (size_t)key_bytes, NULL)) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            die("writing", rd_kafka_err2str(rd_kafka_last_error()));
        rd_kafka_poll(rk, 10);
    }
    p->sent++;
    p->wanted += flow >= 500;
}

/* Every millisecond, what is due by then. */
static void *pace_main(void *arg)
{
    Pace *p = arg;
    rd_kafka_t *rk = open_producer();
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(rk, p->topic, NULL);
    int partitions = count_partitions(rk, rkt);
    p->start_ns = clock_monotonic_ns();
    p->measured_from_us = p->start_ns / 1000 + WARM_S * INT64_C(1000000);
    while (p->sent < p->rate * p->seconds) {
        int64_t passed_us = (clock_monotonic_ns() - p->start_ns) / 1000;
        int64_t due = passed_us * p->rate / 1000000;
        while (p->sent < due && p->sent < p->rate * p->seconds)
            send_one(rk, rkt, p, partitions);
        rd_kafka_poll(rk, 0);
        clock_sleep_ms(1);
    }
    rd_kafka_flush(rk, PATIENCE_S * 1000);
    atomic_store(&p->done, true);
    rd_kafka_topic_destroy(rkt);
    rd_kafka_destroy(rk);
    return NULL;
}

static int64_t buckets[BUCKETS + 1], measured, largest_us;

static void see(const rd_kafka_message_t *m, const Pace *p)
{
    static const char name[] = "\"SENT\":";
    const char *at = m->len ? memmem(m->payload, m->len, name, sizeof name - 1) : NULL;
    if (!at)
        return;
    int64_t sent = 0;
    for (at += sizeof name - 1; at < (char *)m->payload + m->len && *at >= '0' && *at <= '9'; at++)
        sent = 10 * sent + *at - '0';
    int64_t us = now_us() - sent;
    if (sent < p->measured_from_us)
        return;
    int64_t bucket = us / BUCKET_US;
    buckets[bucket < 0 ? 0 : bucket < BUCKETS ? bucket : BUCKETS]++;
    measured++;
    largest_us = us > largest_us ? us : largest_us;
}

static double percentile_ms(double part)
{
    int64_t below = 0;
    for (int i = 0; i <= BUCKETS; i++) {
        below += buckets[i];
        if ((double)below >= part * (double)measured)
            return (double)(i + 1) * BUCKET_US / 1000;
    }
    return 0;
}

static int latency(Pace *p, const char *out)
{
    static rd_kafka_message_t *taken[TAKE];
    Consumer c;
    pthread_t thread;
    int64_t records = 0;
    consumer_open(&c, out, RD_KAFKA_OFFSET_BEGINNING);
    if (pthread_create(&thread, NULL, pace_main, p))
        die("latency", "no thread");
    int64_t last = clock_monotonic_ns();
    while (!atomic_load(&p->done) || clock_monotonic_ns() - last < QUIET_S * INT64_C(1000000000)) {
        int64_t before = records;
        ssize_t n = rd_kafka_consume_batch_queue(c.queue, 2, taken, TAKE);
        for (ssize_t i = 0; i < n; i++) {
            is_record(taken[i], &records);
            if (!taken[i]->err)
                see(taken[i], p);
            rd_kafka_message_destroy(taken[i]);
        }
        if (records > before || !atomic_load(&p->done))
            last = clock_monotonic_ns();
    }
    pthread_join(thread, NULL);
    consumer_close(&c);
    printf("%lld %lld %lld %.1f %.1f %.1f\n", (long long)p->sent, (long long)p->wanted,
           (long long)records, percentile_ms(0.5), percentile_ms(0.99), (double)largest_us / 1000);
    return 0;
}

/* ---- leaving ------------------------------------------------------------------------------- */

static int clean(const char *tag)
{
    Err err = ERR_INIT;
    Arena a;
    Log *log;
    LogTopic *topics;
    int count = 0, failed = 0;
    if (strlen(tag) < 8) /* a slip must not empty a cluster */
        die(tag, "too short a tag");
    arena_init(&a, 0);
    if (log_kafka_open(broker, NULL, &log, &err) ||
        log->cls->topic_list(log, &a, &topics, &count, &err))
        die(broker, err.text);
    for (int i = 0; i < count; i++) {
        Str name = topics[i].name;
        if (!memmem(name.ptr, name.len, tag, strlen(tag)))
            continue;
        if (log->cls->topic_delete(log, name, &err)) {
            fprintf(stderr, "bench_kafka: %s\n", err.text);
            failed = 1;
        }
    }
    log->cls->close(log);
    arena_fini(&a);
    return failed;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "consume") == 0) {
        broker = argv[2];
        return consume(argv[3], atoll(argv[4]));
    }
    if (argc == 8 && strcmp(argv[1], "latency") == 0) {
        broker = argv[2];
        Pace p = {.topic = argv[3],
                  .rate = atoll(argv[5]),
                  .seconds = atoll(argv[6]),
                  .keys = atoll(argv[7]),
                  .measured_from_us = INT64_MAX};
        return latency(&p, argv[4]);
    }
    if (argc == 4 && strcmp(argv[1], "clean") == 0) {
        broker = argv[2];
        return clean(argv[3]);
    }
    fprintf(stderr, "usage: bench_kafka consume BROKER TOPIC RECORDS\n"
                    "       bench_kafka clean BROKER TAG\n"
                    "       bench_kafka latency BROKER IN OUT RATE SECONDS KEYS\n");
    return 2;
}
