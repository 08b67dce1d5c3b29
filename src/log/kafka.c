/* kafka.c: the Kafka log: its life, its librdkafka handles, its errors.
 *
 * Owns the Log and the handle used for questions (topics, offsets). Every other handle is opened
 * here too, so that there is one place where settings come together: ours that the user may change,
 * the user's, and ours on which exactly-once rests, in that order. librdkafka's own log lines never
 * reach the terminal; the last thing it said about a connection goes into our error instead.
 *
 * Leaves reading to kafka_read.c, writing to kafka_produce.c and kafka_txn.c, groups to
 * kafka_group.c. Threads: the callbacks here run in whatever thread polls a handle. */
#include "log/kafka_int.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

enum { PROBE_MS = 250, REFUSED_MS = 1000 };

/* ---- settings -------------------------------------------------------------------------------- */

/* Pairs of a setting and its value, one a line. clang-format would not keep them so. */
/* clang-format off */

/* Under the user's settings. */
static const char *const common_defaults[] = {
    "client.id", "oxbow",
    "reconnect.backoff.max.ms", "1000", /* come back soon after the broker does */
    "socket.timeout.ms", "10000",
    NULL};

static const char *const producer_defaults[] = {
    "linger.ms", "5",
    "queue.buffering.max.kbytes", "65536", /* librdkafka's own: 1 GiB */
    "queue.buffering.max.messages", "1000000",
    NULL};

static const char *const consumer_defaults[] = {
    "queued.min.messages", "100000",
    "queued.max.messages.kbytes", "16384", /* per partition */
    /* A handle has one fetch request under way per broker; a partition that joins waits for it. */
    "fetch.wait.max.ms", "100",
    /* A reader's topic was there when it was opened; after this it is gone for good. */
    "topic.metadata.propagation.max.ms", "3000",
    NULL};

/* Over the user's settings, which may not name them. */
static const char *const common_settings[] = {
    "allow.auto.create.topics", "false",
    NULL};

static const char *const consumer_settings[] = {
    "enable.auto.commit", "false",
    "enable.auto.offset.store", "false",
    "auto.offset.reset", "error", /* never silently from somewhere else */
    "isolation.level", "read_committed",
    "check.crcs", "true",
    "enable.partition.eof", "true",
    NULL};

static const char *const producer_settings[] = {
    "enable.idempotence", "true",
    NULL};

/* clang-format on */

/* What a configuration file may not set, because a guarantee rests on it or the program sets it. */
static const char *const ours[] = {"allow.auto.create.topics",
                                   "auto.commit.enable",
                                   "auto.offset.reset",
                                   "bootstrap.servers",
                                   "check.crcs",
                                   "enable.auto.commit",
                                   "enable.auto.offset.store",
                                   "enable.idempotence",
                                   "enable.partition.eof",
                                   "group.id",
                                   "isolation.level",
                                   "log.queue",
                                   "metadata.broker.list",
                                   "partition.assignment.strategy",
                                   "transactional.id",
                                   NULL};

/* Never the value: it may be a password. */
static Rc set_one(rd_kafka_conf_t *conf, const char *key, const char *value, Err *err)
{
    char text[512];
    switch (rd_kafka_conf_set(conf, key, value, text, sizeof text)) {
    case RD_KAFKA_CONF_OK:
        return 0;
    case RD_KAFKA_CONF_UNKNOWN:
        return err_set(err, ERR_KIND_USER, ERR_USAGE, "librdkafka %s knows no setting '%s'",
                       rd_kafka_version_str(), key);
    default:
        return err_set(err, ERR_KIND_USER, ERR_USAGE,
                       "librdkafka does not accept the value of the setting '%s'", key);
    }
}

static Rc set_all(rd_kafka_conf_t *conf, const char *const *pairs, Err *err)
{
    Rc rc = 0;
    for (int i = 0; pairs && pairs[i] && !rc; i += 2)
        rc = set_one(conf, pairs[i], pairs[i + 1], err);
    return rc;
}

static Rc check_user_conf(const char *const *conf, Err *err)
{
    for (int i = 0; conf && conf[i]; i += 2)
        for (int k = 0; ours[k]; k++)
            if (strcmp(conf[i], ours[k]) == 0)
                return err_set(err, ERR_KIND_USER, ERR_USAGE,
                               "the setting '%s' is not yours to change: oxbow's guarantees rest "
                               "on it; remove it from the configuration file",
                               conf[i]);
    return 0;
}

/* ---- callbacks ------------------------------------------------------------------------------- */

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk, (void)level, (void)facility, (void)text;
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    KafkaLog *l = ((KafkaHandle *)opaque)->log;
    int64_t none = 0;
    (void)rk;
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        atomic_compare_exchange_strong(&l->down_since_ns, &none, clock_monotonic_ns());
        return;
    }
    /* A simple consumer learns of a deleted topic here, not in the partition's queue. */
    if (code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
        code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) {
        atomic_fetch_add(&l->missing, 1);
        log_bell_ring(&l->bell);
        return;
    }
    pthread_mutex_lock(&l->lock);
    snprintf(l->reason, sizeof l->reason, "%s", reason);
    /* "(after 0ms in state CONNECT)" helps nobody. */
    char *tail = strstr(l->reason, " (after ");
    if (tail)
        *tail = '\0';
    pthread_mutex_unlock(&l->lock);
}

/* ---- handles --------------------------------------------------------------------------------- */

Rc kafka_handle_open(KafkaHandle *h, KafkaLog *l, const KafkaSetup *setup, Err *err)
{
    char text[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bool reads = setup->type == RD_KAFKA_CONSUMER;
    const char *const *const lists[] = {
        common_defaults, reads ? consumer_defaults : producer_defaults,
        setup->defaults, (const char *const *)l->conf,
        common_settings, reads ? consumer_settings : producer_settings,
        setup->settings, (const char *const[]){"bootstrap.servers", l->bootstrap, NULL},
    };
    Rc rc = 0;

    h->log = l;
    if (reads && rd_kafka_version() >= 0x020200ff)
        rd_kafka_conf_set(conf, "fetch.queue.backoff.ms", "10", NULL, 0); /* kafka_nudge.c */
    for (size_t i = 0; i < sizeof lists / sizeof *lists && !rc; i++)
        rc = set_all(conf, lists[i], err);
    if (rc)
        goto failed;
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_opaque(conf, h);
    if (setup->rebalance)
        rd_kafka_conf_set_rebalance_cb(conf, setup->rebalance);
    if (setup->delivery)
        rd_kafka_conf_set_dr_msg_cb(conf, setup->delivery);
    h->rk = rd_kafka_new(setup->type, conf, text, sizeof text);
    if (h->rk)
        return 0;
    rc = err_set(err, ERR_KIND_USER, ERR_USAGE, "librdkafka refuses its settings: %s", text);
failed:
    rd_kafka_conf_destroy(conf);
    return rc;
}

void kafka_handle_close(KafkaHandle *h)
{
    if (h->rk)
        rd_kafka_destroy_flags(h->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    h->rk = NULL;
}

char *kafka_zstr(Str s)
{
    char *z = mem_alloc(s.len + 1u);
    memcpy(z, s.ptr ? s.ptr : "", s.len);
    z[s.len] = '\0';
    return z;
}

/* ---- errors ---------------------------------------------------------------------------------- */

typedef struct CodeRow {
    rd_kafka_resp_err_t code;
    ErrKind kind;
    ErrCode rc;
    bool unreachable; /* say where, and librdkafka's reason */
    const char *hint;
} CodeRow;

#define CODE(name) RD_KAFKA_RESP_ERR_##name
static const CodeRow codes[] = {
    {CODE(_TRANSPORT), ERR_KIND_RETRY, ERR_IO, true, "check -b, and that a broker runs there"},
    {CODE(_ALL_BROKERS_DOWN), ERR_KIND_RETRY, ERR_IO, true,
     "check -b, and that a broker runs there"},
    {CODE(_RESOLVE), ERR_KIND_RETRY, ERR_IO, true, "check the host's name in -b"},
    {CODE(_TIMED_OUT), ERR_KIND_RETRY, ERR_IO, true, "check -b, and that a broker runs there"},
    {CODE(_MSG_TIMED_OUT), ERR_KIND_RETRY, ERR_IO, true, "the record may or may not be there"},
    {CODE(_WAIT_COORD), ERR_KIND_RETRY, ERR_IO, true, "try again"},
    {CODE(REQUEST_TIMED_OUT), ERR_KIND_RETRY, ERR_IO, false, "try again"},
    {CODE(LEADER_NOT_AVAILABLE), ERR_KIND_RETRY, ERR_IO, false, "try again"},
    {CODE(NOT_LEADER_FOR_PARTITION), ERR_KIND_RETRY, ERR_IO, false, "try again"},
    {CODE(COORDINATOR_LOAD_IN_PROGRESS), ERR_KIND_RETRY, ERR_IO, false, "try again"},
    {CODE(COORDINATOR_NOT_AVAILABLE), ERR_KIND_RETRY, ERR_IO, false, "try again"},
    {CODE(NOT_COORDINATOR), ERR_KIND_RETRY, ERR_IO, false, "try again"},
    {CODE(NOT_ENOUGH_REPLICAS), ERR_KIND_RETRY, ERR_IO, false,
     "too few brokers of the topic are up"},
    {CODE(_QUEUE_FULL), ERR_KIND_RETRY, ERR_BUSY, false, "the broker is slower than the writer"},
    {CODE(UNKNOWN_TOPIC_OR_PART), ERR_KIND_USER, ERR_NOT_FOUND, false, "the topic is gone"},
    {CODE(_UNKNOWN_TOPIC), ERR_KIND_USER, ERR_NOT_FOUND, false, "the topic is gone"},
    {CODE(_UNKNOWN_PARTITION), ERR_KIND_USER, ERR_NOT_FOUND, false, "the partition is gone"},
    {CODE(MSG_SIZE_TOO_LARGE), ERR_KIND_USER, ERR_LIMIT, false,
     "raise max.message.bytes of the topic, and message.max.bytes in the configuration file"},
    {CODE(INVALID_TIMESTAMP), ERR_KIND_USER, ERR_LIMIT, false,
     "the topic's message.timestamp.after.max.ms (one hour, if not set) refuses later times"},
    {CODE(INVALID_REPLICATION_FACTOR), ERR_KIND_USER, ERR_STATEMENT, false,
     "the cluster has fewer brokers than replicas were asked for"},
    {CODE(_SSL), ERR_KIND_FATAL, ERR_IO, true, "check the ssl.* settings"},
    {CODE(_AUTHENTICATION), ERR_KIND_FATAL, ERR_IO, true, "check the sasl.* settings"},
    {CODE(SASL_AUTHENTICATION_FAILED), ERR_KIND_FATAL, ERR_IO, true, "check the sasl.* settings"},
    {CODE(TOPIC_AUTHORIZATION_FAILED), ERR_KIND_FATAL, ERR_IO, false,
     "ask for access to the topic"},
    {CODE(GROUP_AUTHORIZATION_FAILED), ERR_KIND_FATAL, ERR_IO, false,
     "ask for access to the group"},
    {CODE(CLUSTER_AUTHORIZATION_FAILED), ERR_KIND_FATAL, ERR_IO, false,
     "ask for access to the cluster"},
    {CODE(TRANSACTIONAL_ID_AUTHORIZATION_FAILED), ERR_KIND_FATAL, ERR_IO, false,
     "ask for access to transactional ids"},
    {CODE(_FENCED), ERR_KIND_FATAL, ERR_FENCED, false, "another process has taken over"},
    {CODE(PRODUCER_FENCED), ERR_KIND_FATAL, ERR_FENCED, false, "another process has taken over"},
    {CODE(INVALID_PRODUCER_EPOCH), ERR_KIND_FATAL, ERR_FENCED, false,
     "another process has taken over"},
    {CODE(FENCED_INSTANCE_ID), ERR_KIND_FATAL, ERR_FENCED, false, "another process has taken over"},
    {CODE(ILLEGAL_GENERATION), ERR_KIND_ABORT, ERR_FENCED, false, "the group has moved on"},
    {CODE(UNKNOWN_MEMBER_ID), ERR_KIND_ABORT, ERR_FENCED, false, "the group has moved on"},
};
#undef CODE

Rc kafka_fail(KafkaLog *l, rd_kafka_resp_err_t code, const char *doing, Err *err)
{
    static const CodeRow other = {0, ERR_KIND_FATAL, ERR_IO, false, NULL};
    const CodeRow *row = &other;
    char reason[sizeof l->reason] = "";

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].code == code)
            row = &codes[i];
    if (row->unreachable) {
        if (l->admin.rk)
            rd_kafka_poll(l->admin.rk, 0); /* lets on_error hear of it */
        pthread_mutex_lock(&l->lock);
        memcpy(reason, l->reason, sizeof reason);
        pthread_mutex_unlock(&l->lock);
        return err_set(err, row->kind, row->rc, "cannot reach Kafka at %s while %s: %s; %s",
                       l->bootstrap, doing, reason[0] ? reason : rd_kafka_err2str(code), row->hint);
    }
    if (!row->hint)
        return err_set(err, row->kind, row->rc, "Kafka at %s failed while %s: %s (%s)",
                       l->bootstrap, doing, rd_kafka_err2str(code), rd_kafka_err2name(code));
    return err_set(err, row->kind, row->rc, "Kafka at %s failed while %s: %s; %s", l->bootstrap,
                   doing, rd_kafka_err2str(code), row->hint);
}

/* librdkafka goes on connecting until the time is over; when every broker has refused and a second
 * has passed, that is answer enough. */
Rc kafka_probe(KafkaLog *l, int timeout_ms, Err *err)
{
    const struct rd_kafka_metadata *m;
    rd_kafka_topic_t *none = NULL;
    rd_kafka_resp_err_t code;
    int64_t start = clock_monotonic_ns(), spent_ms = 0;
    do {
        int64_t slice_ms = timeout_ms - spent_ms < PROBE_MS ? timeout_ms - spent_ms : PROBE_MS;
        code = rd_kafka_metadata(l->admin.rk, 0, none, &m, (int)slice_ms);
        while (rd_kafka_poll(l->admin.rk, 0) > 0)
            ; /* on_error hears of what went wrong */
        spent_ms = (clock_monotonic_ns() - start) / 1000000;
    } while (code && spent_ms < timeout_ms &&
             !(spent_ms > REFUSED_MS && atomic_load(&l->down_since_ns)));
    if (code)
        return kafka_fail(l, code, "connecting", err);
    rd_kafka_metadata_destroy(m);
    atomic_store(&l->down_since_ns, 0);
    return 0;
}

/* ---- life ------------------------------------------------------------------------------------ */

static char **copy_conf(const char *const *conf)
{
    size_t n = 0;
    while (conf && conf[n])
        n++;
    char **all = mem_zalloc(sizeof *all * (n + 1));
    for (size_t i = 0; i < n; i++)
        all[i] = kafka_zstr(str_of(conf[i]));
    return all;
}

static void kafka_close(Log *log)
{
    KafkaLog *l = (KafkaLog *)log;
    if (!l)
        return;
    kafka_nudge_free(l->nudge);
    kafka_consumers_close(l);
    kafka_producer_close(&l->appender);
    kafka_handle_close(&l->ends);
    kafka_handle_close(&l->admin);
    log_bell_fini(&l->bell);
    pthread_mutex_destroy(&l->lock);
    pthread_mutex_destroy(&l->append_lock);
    for (int i = 0; l->conf[i]; i++)
        mem_free(l->conf[i]);
    mem_free(l->conf);
    mem_free(l->bootstrap);
    mem_free(l);
}

static Rc kafka_wait(Log *log, int timeout_ms, Err *err)
{
    (void)err;
    log_bell_wait(&((KafkaLog *)log)->bell, timeout_ms);
    return 0;
}

static void kafka_wake(Log *log)
{
    log_bell_ring(&((KafkaLog *)log)->bell);
}

static const LogClass kafka_class = {
    .name = "Kafka",
    .joint = false,
    .close = kafka_close,
    .topic_create = kafka_topic_create,
    .topic_delete = kafka_topic_delete,
    .topic_find = kafka_topic_find,
    .topic_list = kafka_topic_list,
    .watermarks = kafka_watermarks,
    .end = kafka_end_offset,
    .trim = kafka_trim,
    .append = kafka_append,
    .reader_open = kafka_reader_open,
    .reader_close = kafka_reader_close,
    .read = kafka_read,
    .wait = kafka_wait,
    .wake = kafka_wake,
    .txn_open = kafka_txn_open,
    .txn_close = kafka_txn_close,
    .txn_begin = kafka_txn_begin,
    .txn_append = kafka_txn_append,
    .txn_positions = kafka_txn_positions,
    .txn_commit = kafka_txn_commit,
    .txn_abort = kafka_txn_abort,
    .txn_reset = kafka_txn_reset,
    .committed = kafka_committed,
};

Rc log_kafka_open(const char *bootstrap, const char *const *conf, Log **out, Err *err)
{
    /* A shorter socket timeout bounds what has none of its own in 2.0.2 (watermark queries). */
    static const char *const settings[] = {"socket.timeout.ms", "5000", NULL};
    const KafkaSetup setup = {.type = RD_KAFKA_PRODUCER, .settings = settings};
    Rc rc = check_user_conf(conf, err);
    if (rc)
        return rc;
    KafkaLog *l = MEM_NEW(KafkaLog);
    l->base.cls = &kafka_class;
    l->bootstrap = kafka_zstr(str_of(bootstrap));
    l->conf = copy_conf(conf);
    pthread_mutex_init(&l->lock, NULL);
    pthread_mutex_init(&l->append_lock, NULL);
    log_bell_init(&l->bell);
    l->nudge = kafka_nudge_new();
    if ((rc = kafka_handle_open(&l->admin, l, &setup, err)) ||
        (rc = kafka_probe(l, KAFKA_REACH_MS, err))) {
        kafka_close(&l->base);
        return rc;
    }
    *out = &l->base;
    return 0;
}
