/* kafka_nudge.c: keeps librdkafka's fetchers awake while readers are hungry.
 *
 * Before 2.2.0, a fetcher whose local queue was full sleeps until something wakes its broker
 * thread, up to a second, although the reader has long emptied the queue: seven eighths of the time
 * are lost. Any request to that broker wakes it, so while a reader's queue is low and its partition
 * is not at its end, this thread asks one partition of each leader for its watermarks every few
 * milliseconds. From 2.2.0 on fetch.queue.backoff.ms does it (kafka_read.c) and no thread is
 * started. With nobody hungry the thread sleeps.
 *
 * Owns the thread and the list of readers; a reader is taken off the list before it goes. */
#include "base/clock.h"
#include "base/mem.h"
#include "log/kafka_int.h"

enum {
    NUDGE_MS = 5,
    HUNGRY_MS = 50,   /* a reader that has not read for so long does not mind */
    QUEUE_LOW = 8192, /* records: what the fastest reader takes in NUDGE_MS */
    QUERY_MS = 100
};

struct KafkaNudge {
    pthread_mutex_t lock; /* held while asking, so that no reader goes meanwhile */
    pthread_cond_t hungry;
    KafkaReader *readers;
    atomic_bool asleep;
    bool started, stop; /* guarded by lock */
    pthread_t thread;
};

KafkaNudge *kafka_nudge_new(void)
{
    KafkaNudge *n = MEM_NEW(KafkaNudge);
    pthread_mutex_init(&n->lock, NULL);
    pthread_cond_init(&n->hungry, NULL);
    return n;
}

void kafka_nudge_free(KafkaNudge *n)
{
    if (!n)
        return;
    pthread_mutex_lock(&n->lock);
    n->stop = true;
    pthread_cond_signal(&n->hungry);
    pthread_mutex_unlock(&n->lock);
    if (n->started)
        pthread_join(n->thread, NULL);
    pthread_cond_destroy(&n->hungry);
    pthread_mutex_destroy(&n->lock);
    mem_free(n);
}

static bool is_hungry(const KafkaReader *r, int64_t now)
{
    return now - atomic_load(&r->hungry_ns) < HUNGRY_MS * INT64_C(1000000);
}

static bool same_leader(const KafkaReader *a, const KafkaReader *b)
{
    return a->rk == b->rk && a->leader == b->leader;
}

/* Readers move to the end of the list when they have been asked for, so that every one has its turn
 * even where our idea of its leader is out of date. */
static void move_to_end(KafkaNudge *n, KafkaReader *r)
{
    KafkaReader **at = &n->readers;
    while (*at != r)
        at = &(*at)->nudge_next;
    *at = r->nudge_next;
    while (*at)
        at = &(*at)->nudge_next;
    r->nudge_next = NULL;
    *at = r;
}

static void ask(const KafkaReader *r)
{
    int64_t low, high;
    rd_kafka_query_watermark_offsets(r->rk, r->topic, r->base.partition, &low, &high, QUERY_MS);
}

/* One question per handle and leader with a hungry reader. Returns whether there was any. */
static bool nudge_all(KafkaNudge *n, int64_t now)
{
    KafkaReader *asked[16];
    int count = 0;
    for (KafkaReader *r = n->readers; r && count < 16; r = r->nudge_next) {
        bool done = !is_hungry(r, now);
        for (int i = 0; i < count && !done; i++)
            done = same_leader(asked[i], r);
        if (!done)
            asked[count++] = r;
    }
    for (int i = 0; i < count; i++) {
        ask(asked[i]);
        move_to_end(n, asked[i]);
    }
    return count > 0;
}

static void *nudge_main(void *arg)
{
    KafkaNudge *n = arg;
    pthread_mutex_lock(&n->lock);
    while (!n->stop) {
        if (nudge_all(n, clock_monotonic_ns())) {
            pthread_mutex_unlock(&n->lock);
            clock_sleep_ms(NUDGE_MS);
            pthread_mutex_lock(&n->lock);
            continue;
        }
        atomic_store(&n->asleep, true);
        /* Whoever became hungry before `asleep` was set has not signalled. */
        bool any = false;
        for (KafkaReader *r = n->readers; r; r = r->nudge_next)
            any |= is_hungry(r, clock_monotonic_ns());
        while (!any && !n->stop && atomic_load(&n->asleep))
            pthread_cond_wait(&n->hungry, &n->lock);
        atomic_store(&n->asleep, false);
    }
    pthread_mutex_unlock(&n->lock);
    return NULL;
}

void kafka_nudge_add(KafkaNudge *n, KafkaReader *r)
{
    atomic_store(&r->hungry_ns, INT64_MIN / 2);
    if (rd_kafka_version() >= 0x020200ff)
        return;
    pthread_mutex_lock(&n->lock);
    r->nudge_next = n->readers;
    n->readers = r;
    if (!n->started)
        n->started = pthread_create(&n->thread, NULL, nudge_main, n) == 0;
    pthread_mutex_unlock(&n->lock);
}

void kafka_nudge_remove(KafkaNudge *n, KafkaReader *r)
{
    pthread_mutex_lock(&n->lock);
    for (KafkaReader **at = &n->readers; *at; at = &(*at)->nudge_next)
        if (*at == r) {
            *at = r->nudge_next;
            break;
        }
    pthread_mutex_unlock(&n->lock);
}

void kafka_nudge_note(KafkaNudge *n, KafkaReader *r)
{
    if (r->at_end || rd_kafka_queue_length(r->queue) >= QUEUE_LOW)
        return;
    atomic_store(&r->hungry_ns, clock_monotonic_ns());
    if (atomic_load(&n->asleep)) {
        pthread_mutex_lock(&n->lock);
        atomic_store(&n->asleep, false);
        pthread_cond_signal(&n->hungry);
        pthread_mutex_unlock(&n->lock);
    }
}
