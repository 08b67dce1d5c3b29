/* kafka_admin.c: questions and commands about topics and offsets of a Kafka cluster.
 *
 * Everything goes through the log's admin handle (any thread may use it at once), except the end
 * offsets behind open transactions: librdkafka asks with the isolation of the handle, so they need
 * a second one. Owns nothing else.
 *
 * A topic is there when the metadata say so with all its leaders: CreateTopics answers earlier. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "log/kafka_int.h"

enum { ADMIN_MS = 10000, LOOK_MS = 20 };

static KafkaLog *kafka_of(Log *log)
{
    return (KafkaLog *)log;
}

/* ---- metadata -------------------------------------------------------------------------------- */

static Rc topic_metadata(KafkaLog *l, const char *name, const struct rd_kafka_metadata **out,
                         Err *err)
{
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(l->admin.rk, name, NULL);
    if (!rkt)
        return kafka_fail(l, rd_kafka_last_error(), "looking for a topic", err);
    rd_kafka_resp_err_t code = rd_kafka_metadata(l->admin.rk, 0, rkt, out, KAFKA_REACH_MS);
    rd_kafka_topic_destroy(rkt);
    return code ? kafka_fail(l, code, "looking for a topic", err) : 0;
}

/* A copy of the one topic that was asked for; complete: all partitions have a leader. */
typedef struct TopicLook {
    int partitions, replicas;
    int leader; /* of the partition asked for */
    bool complete;
} TopicLook;

static bool is_missing(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
           code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION; /* a name that cannot be a topic's */
}

static Rc look(KafkaLog *l, Str name, int partition, TopicLook *out, Err *err)
{
    const struct rd_kafka_metadata *m;
    char *z = kafka_zstr(name);
    Rc rc = topic_metadata(l, z, &m, err);
    mem_free(z);
    if (rc)
        return rc;
    const rd_kafka_metadata_topic_t *t = m->topic_cnt ? &m->topics[0] : NULL;
    *out = (TopicLook){.leader = -1, .complete = true};
    if (!t || is_missing(t->err)) {
        rc = log_err_no_topic(name, err);
    } else if (t->err && t->err != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) {
        rc = kafka_fail(l, t->err, "looking for a topic", err);
    } else {
        out->partitions = t->partition_cnt;
        out->replicas = t->partition_cnt ? t->partitions[0].replica_cnt : 0;
        for (int i = 0; i < t->partition_cnt; i++) {
            out->complete &= t->partitions[i].leader >= 0;
            if (t->partitions[i].id == partition)
                out->leader = t->partitions[i].leader;
        }
    }
    rd_kafka_metadata_destroy(m);
    return rc;
}

Rc kafka_topic_look(KafkaLog *l, Str name, int *partitions, int *replicas, int partition,
                    int *leader, Err *err)
{
    TopicLook t;
    Rc rc = look(l, name, partition, &t, err);
    if (rc)
        return rc;
    *partitions = t.partitions;
    if (replicas)
        *replicas = t.replicas;
    if (leader) {
        if (partition < 0 || partition >= t.partitions)
            return log_err_no_partition(name, partition, t.partitions, err);
        *leader = t.leader;
    }
    return 0;
}

/* Kafka has no such mark: it is told by the name, as every tool does. */
static bool is_internal(Str name)
{
    static const Str ends[] = {STR_LIT("-changelog"), STR_LIT("-repartition")};
    if (name.len >= 2 && name.ptr[0] == '_' && name.ptr[1] == '_')
        return true;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (name.len >= ends[i].len &&
            memcmp(name.ptr + name.len - ends[i].len, ends[i].ptr, ends[i].len) == 0)
            return true;
    return false;
}

Rc kafka_topic_find(Log *log, Str name, LogTopic *out, Err *err)
{
    TopicLook t;
    Rc rc = look(kafka_of(log), name, 0, &t, err);
    if (!rc)
        *out = (LogTopic){name, t.partitions, t.replicas, is_internal(name)};
    return rc;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const LogTopic *)a)->name, ((const LogTopic *)b)->name);
}

Rc kafka_topic_list(Log *log, Arena *a, LogTopic **out, int *count, Err *err)
{
    KafkaLog *l = kafka_of(log);
    const struct rd_kafka_metadata *m;
    rd_kafka_resp_err_t code = rd_kafka_metadata(l->admin.rk, 1, NULL, &m, KAFKA_REACH_MS);
    if (code)
        return kafka_fail(l, code, "listing topics", err);
    *out = ARENA_ARRAY(a, LogTopic, m->topic_cnt + 1);
    *count = 0;
    for (int i = 0; i < m->topic_cnt; i++) {
        const rd_kafka_metadata_topic_t *t = &m->topics[i];
        Str name = arena_str(a, str_of(t->topic));
        if (!t->err)
            (*out)[(*count)++] =
                (LogTopic){name, t->partition_cnt,
                           t->partition_cnt ? t->partitions[0].replica_cnt : 0, is_internal(name)};
    }
    rd_kafka_metadata_destroy(m);
    qsort(*out, (size_t)*count, sizeof **out, by_name);
    return 0;
}

/* ---- commands -------------------------------------------------------------------------------- */

/* Wait for the answer to an admin request; NULL and an error when there is none. */
typedef struct Request {
    KafkaLog *log;
    rd_kafka_queue_t *queue;
    rd_kafka_AdminOptions_t *options;
    const char *doing;
} Request;

static Request request_open(KafkaLog *l, rd_kafka_admin_op_t op, const char *doing)
{
    char text[256];
    Request r = {l, rd_kafka_queue_new(l->admin.rk), rd_kafka_AdminOptions_new(l->admin.rk, op),
                 doing};
    rd_kafka_AdminOptions_set_request_timeout(r.options, ADMIN_MS, text, sizeof text);
    return r;
}

static void request_close(Request *r)
{
    rd_kafka_AdminOptions_destroy(r->options);
    rd_kafka_queue_destroy(r->queue);
}

static Rc request_wait(Request *r, rd_kafka_event_t **out, Err *err)
{
    rd_kafka_event_t *e = rd_kafka_queue_poll(r->queue, ADMIN_MS + 1000);
    rd_kafka_resp_err_t code = e ? rd_kafka_event_error(e) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (code) {
        if (e)
            rd_kafka_event_destroy(e);
        return kafka_fail(r->log, code, r->doing, err);
    }
    *out = e;
    return 0;
}

/* Metadata follow the controller with a delay of some milliseconds. */
static Rc wait_for_topic(KafkaLog *l, Str name, int partitions, Err *err)
{
    int64_t until = clock_monotonic_ns() + ADMIN_MS * INT64_C(1000000);
    TopicLook t;
    for (;;) {
        Rc rc = look(l, name, 0, &t, err);
        if (partitions == 0 && rc == ERR_NOT_FOUND)
            return 0;
        if (rc && rc != ERR_NOT_FOUND)
            return rc;
        if (partitions > 0 && !rc && t.partitions >= partitions && t.complete)
            return 0;
        if (clock_monotonic_ns() > until)
            return kafka_fail(l, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, "waiting for a topic", err);
        clock_sleep_ms(LOOK_MS);
    }
}

static bool is_changelog(Str name)
{
    static const Str tail = STR_LIT("-changelog");
    return name.len > tail.len && memcmp(name.ptr + name.len - tail.len, tail.ptr, tail.len) == 0;
}

typedef struct TopicWish {
    const char *name;
    int partitions, replicas; /* replicas -1: as the broker is set up */
    bool internal;
} TopicWish;

/* What the program keeps for itself lives until the program trims it, and takes any event time:
 * brokers from 4.0 on refuse times more than an hour ahead unless told otherwise, and those before
 * 3.6 do not know that setting (`new_broker` false). Of a changelog the last record of each key is
 * all that counts. */
static void keep_for_ever(rd_kafka_NewTopic_t *topic, bool new_broker, bool compact)
{
    rd_kafka_NewTopic_set_config(topic, "cleanup.policy", compact ? "compact" : "delete");
    rd_kafka_NewTopic_set_config(topic, "retention.ms", "-1");
    rd_kafka_NewTopic_set_config(topic, "retention.bytes", "-1");
    rd_kafka_NewTopic_set_config(topic, "message.timestamp.type", "CreateTime");
    if (new_broker)
        rd_kafka_NewTopic_set_config(topic, "message.timestamp.after.max.ms",
                                     "9223372036854775807");
}

/* *unknown: the broker refuses the topic's settings. */
static Rc create_topic(KafkaLog *l, const TopicWish *wish, bool new_broker, bool *unknown, Err *err)
{
    const char *name = wish->name;
    char text[256];
    rd_kafka_event_t *e;
    size_t n;
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(name, wish->partitions, wish->replicas, text, sizeof text);
    if (!topic)
        return err_set(err, ERR_KIND_USER, ERR_STATEMENT, "topic '%s' cannot be made: %s", name,
                       text);
    if (wish->internal)
        keep_for_ever(topic, new_broker, is_changelog(str_of(name)));
    Request r = request_open(l, RD_KAFKA_ADMIN_OP_CREATETOPICS, "making a topic");
    rd_kafka_CreateTopics(l->admin.rk, &topic, 1, r.options, r.queue);
    Rc rc = request_wait(&r, &e, err);
    if (!rc) {
        const rd_kafka_topic_result_t *result =
            rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(e), &n)[0];
        rd_kafka_resp_err_t code = rd_kafka_topic_result_error(result);
        if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            rc = log_err_exists(str_of(name), err);
        else if (code)
            rc = kafka_fail(l, code, "making a topic", err);
        *unknown = code == RD_KAFKA_RESP_ERR_INVALID_CONFIG;
        rd_kafka_event_destroy(e);
    }
    request_close(&r);
    rd_kafka_NewTopic_destroy(topic);
    return rc;
}

Rc kafka_topic_create(Log *log, Str name, int partitions, int replicas, bool internal, Err *err)
{
    KafkaLog *l = kafka_of(log);
    Rc rc = log_topic_shape_check(name, partitions, err);
    if (rc)
        return rc;
    char *z = kafka_zstr(name);
    const TopicWish wish = {z, partitions, replicas > 0 ? replicas : -1, internal};
    bool unknown = false;
    rc = create_topic(l, &wish, true, &unknown, err);
    if (rc && unknown && internal)
        rc = create_topic(l, &wish, false, &unknown, err);
    mem_free(z);
    return rc ? rc : wait_for_topic(l, name, partitions, err);
}

Rc kafka_topic_delete(Log *log, Str name, Err *err)
{
    KafkaLog *l = kafka_of(log);
    char *z = kafka_zstr(name);
    rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(z);
    Request r = request_open(l, RD_KAFKA_ADMIN_OP_DELETETOPICS, "deleting a topic");
    rd_kafka_event_t *e;
    size_t n;

    rd_kafka_DeleteTopics(l->admin.rk, &topic, 1, r.options, r.queue);
    Rc rc = request_wait(&r, &e, err);
    if (!rc) {
        rd_kafka_resp_err_t code = rd_kafka_topic_result_error(
            rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(e), &n)[0]);
        if (is_missing(code))
            rc = log_err_no_topic(name, err);
        else if (code)
            rc = kafka_fail(l, code, "deleting a topic", err);
        rd_kafka_event_destroy(e);
    }
    request_close(&r);
    rd_kafka_DeleteTopic_destroy(topic);
    mem_free(z);
    return rc ? rc : wait_for_topic(l, name, 0, err);
}

/* ---- offsets --------------------------------------------------------------------------------- */

/* A partition that was just made, or whose leader moves, answers in a moment. */
static bool soon(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
           code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
           code == RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH ||
           code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

static Rc query(KafkaLog *l, rd_kafka_t *rk, Str topic, int partition, int64_t *low, int64_t *high,
                Err *err)
{
    int partitions, leader;
    rd_kafka_resp_err_t code;
    int64_t until = clock_monotonic_ns() + KAFKA_REACH_MS * INT64_C(1000000);
    Rc rc = kafka_topic_look(l, topic, &partitions, NULL, partition, &leader, err);
    if (rc)
        return rc;
    char *z = kafka_zstr(topic);
    while ((code = rd_kafka_query_watermark_offsets(rk, z, partition, low, high, KAFKA_REACH_MS)) &&
           soon(code) && clock_monotonic_ns() < until)
        clock_sleep_ms(LOOK_MS);
    mem_free(z);
    return code ? kafka_fail(l, code, "asking for the ends of a topic", err) : 0;
}

Rc kafka_watermarks(Log *log, Str topic, int partition, int64_t *low, int64_t *high, Err *err)
{
    KafkaLog *l = kafka_of(log);
    return query(l, l->admin.rk, topic, partition, low, high, err);
}

Rc kafka_end_offset(Log *log, Str topic, int partition, int64_t *end, Err *err)
{
    static const char *const settings[] = {"isolation.level", "read_uncommitted",
                                           "socket.timeout.ms", "5000", NULL};
    const KafkaSetup setup = {.type = RD_KAFKA_CONSUMER, .settings = settings};
    KafkaLog *l = kafka_of(log);
    int64_t low;
    Rc rc = 0;
    pthread_mutex_lock(&l->lock);
    if (!l->ends.rk)
        rc = kafka_handle_open(&l->ends, l, &setup, err);
    pthread_mutex_unlock(&l->lock);
    return rc ? rc : query(l, l->ends.rk, topic, partition, &low, end, err);
}

static Rc delete_records(KafkaLog *l, const char *topic, int partition, int64_t offset, Err *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_event_t *e;
    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = offset;
    rd_kafka_DeleteRecords_t *what = rd_kafka_DeleteRecords_new(list);
    Request r = request_open(l, RD_KAFKA_ADMIN_OP_DELETERECORDS, "trimming a topic");

    rd_kafka_DeleteRecords(l->admin.rk, &what, 1, r.options, r.queue);
    Rc rc = request_wait(&r, &e, err);
    if (!rc) {
        rd_kafka_resp_err_t code =
            rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(e))
                ->elems[0]
                .err;
        if (code)
            rc = kafka_fail(l, code, "trimming a topic", err);
        rd_kafka_event_destroy(e);
    }
    request_close(&r);
    rd_kafka_DeleteRecords_destroy(what);
    rd_kafka_topic_partition_list_destroy(list);
    return rc;
}

Rc kafka_trim(Log *log, Str topic, int partition, int64_t offset, Err *err)
{
    KafkaLog *l = kafka_of(log);
    int64_t low, high;
    Rc rc = kafka_watermarks(log, topic, partition, &low, &high, err);
    if (rc || offset <= low)
        return rc;
    char *z = kafka_zstr(topic);
    rc = delete_records(l, z, partition, offset < high ? offset : high, err);
    mem_free(z);
    return rc;
}

/* ---- positions of a group -------------------------------------------------------------------- */

static rd_kafka_topic_partition_list_t *list_of(const LogPosition *pos, int count)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
    for (int i = 0; i < count; i++) {
        char *z = kafka_zstr(pos[i].topic);
        rd_kafka_topic_partition_list_add(list, z, pos[i].partition);
        mem_free(z);
    }
    return list;
}

/* One attempt; *again: a transaction that moves these positions is not finished yet. */
static Rc ask_positions(KafkaLog *l, const char *group, LogPosition *pos, int count, bool *again,
                        Err *err)
{
    rd_kafka_topic_partition_list_t *list = list_of(pos, count);
    rd_kafka_ListConsumerGroupOffsets_t *what = rd_kafka_ListConsumerGroupOffsets_new(group, list);
    Request r = request_open(l, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS,
                             "asking for committed positions");
    rd_kafka_event_t *e;
    size_t n;

    *again = false;
    rd_kafka_error_t *bad = rd_kafka_AdminOptions_set_require_stable_offsets(r.options, 1);
    if (bad)
        rd_kafka_error_destroy(bad);
    rd_kafka_ListConsumerGroupOffsets(l->admin.rk, &what, 1, r.options, r.queue);
    Rc rc = request_wait(&r, &e, err);
    if (!rc) {
        const rd_kafka_group_result_t *g = rd_kafka_ListConsumerGroupOffsets_result_groups(
            rd_kafka_event_ListConsumerGroupOffsets_result(e), &n)[0];
        const rd_kafka_error_t *failed = rd_kafka_group_result_error(g);
        const rd_kafka_topic_partition_list_t *found = rd_kafka_group_result_partitions(g);
        if (failed)
            rc = kafka_fail(l, rd_kafka_error_code(failed), r.doing, err);
        for (int i = 0; i < count && !rc; i++) {
            char *z = kafka_zstr(pos[i].topic);
            const rd_kafka_topic_partition_t *p = rd_kafka_topic_partition_list_find(
                (rd_kafka_topic_partition_list_t *)found, z, pos[i].partition);
            mem_free(z);
            pos[i].offset = p && p->offset >= 0 ? p->offset : -1;
            if (p && p->err == RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT)
                *again = true;
            else if (p && p->err && !is_missing(p->err))
                rc = kafka_fail(l, p->err, r.doing, err);
        }
        rd_kafka_event_destroy(e);
    }
    request_close(&r);
    rd_kafka_ListConsumerGroupOffsets_destroy(what);
    rd_kafka_topic_partition_list_destroy(list);
    return rc;
}

Rc kafka_committed(Log *log, Str group, LogPosition *pos, int count, Err *err)
{
    KafkaLog *l = kafka_of(log);
    int64_t until = clock_monotonic_ns() + KAFKA_SETTLE_MS * INT64_C(1000000);
    char *z = kafka_zstr(group);
    bool again = true;
    Rc rc = 0;
    while (!rc && again && count > 0) {
        rc = ask_positions(l, z, pos, count, &again, err);
        if (!rc && again && clock_monotonic_ns() > until)
            rc = kafka_fail(l, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
                            "waiting for the end of a transaction", err);
        if (!rc && again)
            clock_sleep_ms(LOOK_MS);
    }
    mem_free(z);
    return rc;
}
