/* kafka_txn.c: transactions of a Kafka cluster, through one transactional producer each.
 *
 * librdkafka sorts its errors into retriable (the same call again, with the same arguments),
 * abortable and fatal. Here they become outcomes: certainly committed, certainly not, somebody else
 * has taken over, or unknown. A commit whose answer did not come is unknown even if a later answer
 * says otherwise: the protocol version that librdkafka speaks lets a late EndTxn hit the next
 * transaction of the same producer, so the only way on is txn_reset, a new producer whose
 * initialisation waits for, or aborts, whatever the old one left.
 *
 * Owns the producer and, between kafka_txn_group and the next positions, the group's metadata.
 * Threads: a transaction belongs to the thread that commits. */
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "log/kafka_int.h"

enum { CALL_MS = 5000 }; /* one attempt of a call that may be repeated */

typedef struct KafkaTxn {
    LogTxn base;
    char *id;
    KafkaProducer producer;
    rd_kafka_consumer_group_metadata_t *metadata;
    bool broken;                    /* only a reset helps */
    bool open;                      /* between begin and commit or abort */
    rd_kafka_resp_err_t lost;       /* first record that could not be delivered */
    KafkaTopic *end_topic;          /* changelog of this transaction */
    int64_t ends[LIMIT_PARTITIONS]; /* behind its last record, per partition; 0: none */
} KafkaTxn;

static KafkaTxn *txn_of(LogTxn *t)
{
    return (KafkaTxn *)t;
}
static KafkaLog *log_of(KafkaTxn *t)
{
    return (KafkaLog *)t->base.log;
}

/* ---- errors ---------------------------------------------------------------------------------- */

static bool is_fenced(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
           code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

/* Takes the error. What can be tried again was: it now means that this interval cannot stand. */
static Rc txn_fail(KafkaTxn *t, rd_kafka_error_t *e, const char *doing, Err *err)
{
    rd_kafka_resp_err_t code = rd_kafka_error_code(e);
    Rc rc = kafka_fail(log_of(t), code, doing, err);
    if (rd_kafka_error_is_fatal(e) || is_fenced(code))
        t->broken = true;
    if (rc != ERR_FENCED && err)
        err->kind = ERR_KIND_ABORT;
    rd_kafka_error_destroy(e);
    return rc;
}

/* One call, again and again while librdkafka says that it may be repeated. */
typedef struct Call {
    rd_kafka_error_t *(*run)(KafkaTxn *t, const struct Call *c);
    const rd_kafka_topic_partition_list_t *offsets;
    const rd_kafka_consumer_group_metadata_t *metadata;
} Call;

/* *doubt (if not NULL): an attempt went unanswered. */
static rd_kafka_error_t *repeat(KafkaTxn *t, const Call *c, bool *doubt)
{
    int64_t until = clock_monotonic_ns() + KAFKA_SETTLE_MS * INT64_C(1000000);
    for (;;) {
        rd_kafka_error_t *e = c->run(t, c);
        if (!e || !rd_kafka_error_is_retriable(e))
            return e;
        if (doubt)
            *doubt = true;
        if (clock_monotonic_ns() > until)
            return e;
        rd_kafka_error_destroy(e);
    }
}

static rd_kafka_error_t *run_init(KafkaTxn *t, const Call *c)
{
    (void)c;
    return rd_kafka_init_transactions(t->producer.handle.rk, CALL_MS);
}

static rd_kafka_error_t *run_offsets(KafkaTxn *t, const Call *c)
{
    return rd_kafka_send_offsets_to_transaction(t->producer.handle.rk, c->offsets, c->metadata,
                                                CALL_MS);
}

static rd_kafka_error_t *run_commit(KafkaTxn *t, const Call *c)
{
    (void)c;
    return rd_kafka_commit_transaction(t->producer.handle.rk, CALL_MS);
}

static rd_kafka_error_t *run_abort(KafkaTxn *t, const Call *c)
{
    (void)c;
    return rd_kafka_abort_transaction(t->producer.handle.rk, CALL_MS);
}

/* ---- life ------------------------------------------------------------------------------------ */

/* Failures count once; librdkafka makes the transaction abortable by itself. Records of a changelog
 * carry a mark: where the last of each partition landed is the checkpoint of the state. */
static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    KafkaTxn *t = ((KafkaHandle *)opaque)->owner;
    (void)rk;
    if (m->err && !t->lost)
        t->lost = m->err;
    if (m->err || !m->_private || m->partition >= LIMIT_PARTITIONS)
        return;
    KafkaTopic *topic = m->_private;
    if (topic != t->end_topic) { /* one changelog per transaction */
        t->end_topic = topic;
        memset(t->ends, 0, sizeof t->ends);
    }
    if (m->offset + 1 > t->ends[m->partition])
        t->ends[m->partition] = m->offset + 1;
}

Rc kafka_txn_ends(LogTxn *txn, LogPosition *ends, int count, Err *err)
{
    KafkaTxn *t = txn_of(txn);
    (void)err;
    rd_kafka_poll(t->producer.handle.rk, 0);
    for (int i = 0; i < count; i++) {
        bool known = ends[i].partition >= 0 && ends[i].partition < LIMIT_PARTITIONS;
        ends[i].offset = known && t->ends[ends[i].partition] ? t->ends[ends[i].partition] : -1;
    }
    return 0;
}

static bool is_changelog(Str topic)
{
    static const Str tail = STR_LIT("-changelog");
    return topic.len > tail.len &&
           memcmp(topic.ptr + topic.len - tail.len, tail.ptr, tail.len) == 0;
}

static Rc open_producer(KafkaTxn *t, Err *err)
{
    KafkaLog *l = log_of(t);
    const char *const settings[] = {"enable.idempotence", "true", "transactional.id", t->id, NULL};
    static const char *const defaults[] = {"linger.ms",
                                           "5",
                                           "transaction.timeout.ms",
                                           "10000",
                                           "queue.buffering.max.kbytes",
                                           "65536",
                                           "queue.buffering.max.messages",
                                           "1000000",
                                           NULL};
    const KafkaSetup setup = {.type = RD_KAFKA_PRODUCER,
                              .settings = settings,
                              .defaults = defaults,
                              .delivery = on_delivery};
    t->producer.handle.owner = t;
    t->broken = true; /* until it is initialised */
    t->open = false;
    t->lost = 0;
    Rc rc = kafka_probe(l, KAFKA_REACH_MS, err);
    if (rc || (rc = kafka_producer_open(&t->producer, l, &setup, err)))
        return rc;
    rd_kafka_error_t *e = repeat(t, &(Call){.run = run_init}, NULL);
    if (e)
        return txn_fail(t, e, "initialising transactions", err);
    t->broken = false;
    return 0;
}

Rc kafka_txn_open(Log *log, Str id, LogTxn **out, Err *err)
{
    KafkaTxn *t = MEM_NEW(KafkaTxn);
    t->base = (LogTxn){log->cls, log};
    t->id = kafka_zstr(id);
    Rc rc = open_producer(t, err);
    if (rc)
        kafka_txn_close(&t->base);
    else
        *out = &t->base;
    return rc;
}

static void drop_metadata(KafkaTxn *t)
{
    if (t->metadata)
        rd_kafka_consumer_group_metadata_destroy(t->metadata);
    t->metadata = NULL;
}

static void close_producer(KafkaTxn *t)
{
    if (t->producer.handle.rk)
        rd_kafka_purge(t->producer.handle.rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    kafka_producer_close(&t->producer);
}

void kafka_txn_close(LogTxn *txn)
{
    KafkaTxn *t = txn_of(txn);
    if (!t)
        return;
    if (t->open)
        kafka_txn_abort(txn); /* or readers would wait for the transaction's timeout */
    drop_metadata(t);
    close_producer(t);
    mem_free(t->id);
    mem_free(t);
}

Rc kafka_txn_reset(LogTxn *txn, Err *err)
{
    KafkaTxn *t = txn_of(txn);
    drop_metadata(t);
    close_producer(t);
    return open_producer(t, err);
}

/* ---- a transaction --------------------------------------------------------------------------- */

static Rc needs_reset(Err *err)
{
    return err_set(err, ERR_KIND_ABORT, ERR_IO, "the transactional producer must be reset first");
}

Rc kafka_txn_begin(LogTxn *txn, Db *db, Err *err)
{
    KafkaTxn *t = txn_of(txn);
    (void)db;
    if (t->broken)
        return needs_reset(err);
    t->lost = 0;
    t->end_topic = NULL;
    memset(t->ends, 0, sizeof t->ends);
    rd_kafka_error_t *e = rd_kafka_begin_transaction(t->producer.handle.rk);
    if (e)
        return txn_fail(t, e, "beginning a transaction", err);
    t->open = true;
    return 0;
}

Rc kafka_txn_append(LogTxn *txn, const LogAppend *records, int count, Err *err)
{
    KafkaTxn *t = txn_of(txn);
    KafkaTopic *topic;
    Rc rc = 0;
    if (t->broken)
        return needs_reset(err);
    for (int i = 0; i < count && !rc && !t->lost; i++) {
        if (!(rc = kafka_producer_check(&t->producer, &records[i], &topic, err)))
            rc = kafka_produce(&t->producer, topic, &records[i],
                               is_changelog(records[i].topic) ? topic : NULL, err);
        if (i % 1024 == 1023)
            rd_kafka_poll(t->producer.handle.rk, 0);
    }
    rd_kafka_poll(t->producer.handle.rk, 0);
    if (!rc && t->lost)
        rc = kafka_fail(log_of(t), t->lost, "writing in a transaction", err);
    if (rc && err && err->code != ERR_FENCED)
        err->kind = ERR_KIND_ABORT;
    return rc;
}

void kafka_txn_take_metadata(LogTxn *txn, rd_kafka_consumer_group_metadata_t *m)
{
    KafkaTxn *t = txn_of(txn);
    drop_metadata(t);
    t->metadata = m;
}

Rc kafka_txn_positions(LogTxn *txn, Str group, const LogPosition *pos, int count, Err *err)
{
    KafkaTxn *t = txn_of(txn);
    if (t->broken)
        return needs_reset(err);
    if (!t->metadata) { /* no member of the group: its positions alone are wanted */
        char *z = kafka_zstr(group);
        t->metadata = rd_kafka_consumer_group_metadata_new(z);
        mem_free(z);
    }
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
    for (int i = 0; i < count; i++) {
        char *z = kafka_zstr(pos[i].topic);
        rd_kafka_topic_partition_list_add(list, z, pos[i].partition)->offset = pos[i].offset;
        mem_free(z);
    }
    rd_kafka_error_t *e =
        repeat(t, &(Call){.run = run_offsets, .offsets = list, .metadata = t->metadata}, NULL);
    rd_kafka_topic_partition_list_destroy(list);
    drop_metadata(t);
    return e ? txn_fail(t, e, "sending positions to a transaction", err) : 0;
}

LogOutcome kafka_txn_commit(LogTxn *txn, Err *err)
{
    KafkaTxn *t = txn_of(txn);
    bool doubt = false;
    if (t->broken || !t->open) {
        needs_reset(err);
        return t->broken ? LOG_UNKNOWN : LOG_ABORTED;
    }
    t->open = false;
    rd_kafka_error_t *e = repeat(t, &(Call){.run = run_commit}, &doubt);
    if (!e) {
        log_bell_ring(&log_of(t)->bell);
        return LOG_COMMITTED;
    }
    rd_kafka_resp_err_t code = rd_kafka_error_code(e);
    bool fatal = rd_kafka_error_is_fatal(e), abortable = rd_kafka_error_txn_requires_abort(e);
    txn_fail(t, e, "committing a transaction", err);
    if (!doubt && abortable && !fatal) {
        t->open = true;
        kafka_txn_abort(txn);
        return LOG_ABORTED;
    }
    t->broken = true;
    if (!doubt && is_fenced(code))
        return LOG_FENCED;
    if (err)
        err->code = ERR_UNKNOWN;
    return LOG_UNKNOWN;
}

void kafka_txn_abort(LogTxn *txn)
{
    KafkaTxn *t = txn_of(txn);
    drop_metadata(t);
    if (t->broken || !t->open)
        return;
    t->open = false;
    /* librdkafka drops what waits to be sent. Purging it here instead would leave a gap in the
     * producer's sequence numbers, and the next transaction would fail for it. */
    rd_kafka_error_t *e = repeat(t, &(Call){.run = run_abort}, NULL);
    if (e) {
        t->broken = true; /* the next begin asks for a reset, which aborts it for certain */
        rd_kafka_error_destroy(e);
    }
}
