/* kafka_produce.c: records into a producer; `append`, for what no query writes.
 *
 * A producer handle keeps the topics it has written to, with their number of partitions, so that a
 * record for a topic or partition that is not there is refused before it is sent: librdkafka would
 * say so half a minute later.
 *
 * Owns the log's appender: one idempotent producer, opened by the first append and replaced after a
 * fatal error. Threads: appends of one Log take turns; a KafkaProducer belongs to one thread. */
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "log/kafka_int.h"

struct KafkaTopic {
    rd_kafka_topic_t *rkt;
    int partitions;
    char name[];
};

/* ---- producers ------------------------------------------------------------------------------- */

Rc kafka_producer_open(KafkaProducer *p, KafkaLog *l, const KafkaSetup *setup, Err *err)
{
    p->topics = map_new();
    Rc rc = kafka_handle_open(&p->handle, l, setup, err);
    if (rc)
        kafka_producer_close(p);
    return rc;
}

static void forget_topics(KafkaProducer *p)
{
    Str name;
    for (int i = 0; p->topics && i < map_count(p->topics); i++) {
        KafkaTopic *t = map_at(p->topics, i, &name);
        rd_kafka_topic_destroy(t->rkt);
        mem_free(t);
    }
    map_free(p->topics);
    p->topics = NULL;
}

void kafka_producer_close(KafkaProducer *p)
{
    forget_topics(p);
    kafka_handle_close(&p->handle);
}

static Rc learn_topic(KafkaProducer *p, Str name, KafkaTopic **out, Err *err)
{
    int partitions;
    Rc rc = kafka_topic_look(p->handle.log, name, &partitions, NULL, 0, NULL, err);
    if (rc)
        return rc;
    KafkaTopic *t = map_find(p->topics, name);
    if (!t) {
        t = mem_zalloc(sizeof *t + name.len + 1u);
        memcpy(t->name, name.ptr, name.len);
        if (!(t->rkt = rd_kafka_topic_new(p->handle.rk, t->name, NULL))) {
            mem_free(t);
            return kafka_fail(p->handle.log, rd_kafka_last_error(), "writing to a topic", err);
        }
        map_put(p->topics, name, t);
    }
    t->partitions = partitions;
    *out = t;
    return 0;
}

Rc kafka_producer_check(KafkaProducer *p, const LogAppend *r, KafkaTopic **topic, Err *err)
{
    Rc rc = log_record_check(r, err);
    if (rc)
        return rc;
    /* librdkafka takes 0 for "now", and Kafka -1 for "none": neither may happen unseen. */
    if (r->time <= 0)
        return err_set(err, ERR_KIND_USER, ERR_LIMIT,
                       "a record for topic '%.*s' has the time %lld; through librdkafka only times "
                       "after 1970-01-01T00:00:00.000Z can be written to Kafka",
                       STR_ARG(r->topic), (long long)r->time);
    if (!p->topics)
        p->topics = map_new();
    *topic = map_find(p->topics, r->topic);
    /* Asked anew for a partition that is not known: it may have been added. */
    if ((!*topic || r->partition >= (*topic)->partitions) &&
        (rc = learn_topic(p, r->topic, topic, err)))
        return rc;
    if (r->partition < 0 || r->partition >= (*topic)->partitions)
        return log_err_no_partition(r->topic, r->partition, (*topic)->partitions, err);
    return 0;
}

static rd_kafka_headers_t *headers_of(Headers h)
{
    if (h.count == 0)
        return NULL;
    rd_kafka_headers_t *out = rd_kafka_headers_new((size_t)h.count);
    for (int i = 0; i < h.count; i++) {
        const Header *x = &h.items[i];
        rd_kafka_header_add(out, x->key.ptr ? x->key.ptr : "", (ssize_t)x->key.len, x->value.ptr,
                            (ssize_t)x->value.len);
    }
    return out;
}

Rc kafka_produce(KafkaProducer *p, KafkaTopic *topic, const LogAppend *r, void *opaque, Err *err)
{
    int64_t until = clock_monotonic_ns() + KAFKA_SETTLE_MS * INT64_C(1000000);
    for (;;) {
        rd_kafka_headers_t *headers = headers_of(r->headers);
        rd_kafka_resp_err_t code = rd_kafka_producev(
            p->handle.rk, RD_KAFKA_V_RKT(topic->rkt), RD_KAFKA_V_PARTITION(r->partition),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(r->key.ptr, r->key.len),
            RD_KAFKA_V_VALUE((void *)r->value.ptr, r->value.len), RD_KAFKA_V_TIMESTAMP(r->time),
            RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
        if (!code)
            return 0;
        if (headers)
            rd_kafka_headers_destroy(headers);
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL || clock_monotonic_ns() > until) {
            char doing[300];
            snprintf(doing, sizeof doing, "writing to topic '%s'", topic->name);
            return kafka_fail(p->handle.log, code, doing, err);
        }
        rd_kafka_poll(p->handle.rk, 100);
    }
}

/* ---- append ---------------------------------------------------------------------------------- */

/* What became of the records of one call. */
typedef struct Delivery {
    rd_kafka_resp_err_t failed; /* first failure */
    int64_t left;               /* not yet reported */
} Delivery;

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    Delivery *d = m->_private;
    (void)rk, (void)opaque;
    d->left--;
    if (m->err && !d->failed)
        d->failed = m->err;
}

static Rc open_appender(KafkaLog *l, Err *err)
{
    static const char *const defaults[] = {"message.timeout.ms", "5000", NULL};
    const KafkaSetup setup = {
        .type = RD_KAFKA_PRODUCER, .defaults = defaults, .delivery = on_delivery};
    return kafka_producer_open(&l->appender, l, &setup, err);
}

/* Every record has been reported when this returns: the Delivery is on the caller's stack. */
static void settle(KafkaProducer *p, Delivery *d)
{
    int64_t until = clock_monotonic_ns() + KAFKA_SETTLE_MS * INT64_C(1000000);
    while (d->left > 0) {
        rd_kafka_flush(p->handle.rk, 1000);
        if (d->left > 0 && clock_monotonic_ns() > until)
            rd_kafka_purge(p->handle.rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    }
}

static Rc append_all(KafkaProducer *p, const LogAppend *records, int count, Err *err)
{
    Delivery d = {0};
    KafkaTopic *topic = NULL;
    Rc rc = 0;
    /* First look at all of them: nothing is sent of a call that cannot be done. */
    for (int i = 0; i < count && !rc; i++)
        rc = kafka_producer_check(p, &records[i], &topic, err);
    if (rc)
        return rc;
    for (int i = 0; i < count && !rc && !d.failed; i++) {
        if (i == 0 || !str_eq(records[i].topic, records[i - 1].topic))
            topic = map_find(p->topics, records[i].topic);
        d.left++;
        if ((rc = kafka_produce(p, topic, &records[i], &d, err)))
            d.left--;
        if (i % 1024 == 1023)
            rd_kafka_poll(p->handle.rk, 0);
    }
    settle(p, &d);
    return rc || !d.failed ? rc : kafka_fail(p->handle.log, d.failed, "writing records", err);
}

Rc kafka_append(Log *log, const LogAppend *records, int count, Err *err)
{
    KafkaLog *l = (KafkaLog *)log;
    Rc rc = 0;
    if (count == 0)
        return 0;
    pthread_mutex_lock(&l->append_lock);
    if (!l->appender.handle.rk)
        rc = open_appender(l, err);
    if (!rc)
        rc = append_all(&l->appender, records, count, err);
    if (rc && l->appender.handle.rk) {
        char text[128];
        if (rd_kafka_fatal_error(l->appender.handle.rk, text, sizeof text))
            kafka_producer_close(&l->appender); /* the next append opens another */
        else
            forget_topics(&l->appender); /* one of them may be gone */
    }
    pthread_mutex_unlock(&l->append_lock);
    return rc;
}
