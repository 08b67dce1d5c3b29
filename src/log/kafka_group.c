/* kafka_group.c: a member of a consumer group: partitions come and go, its owner decides when.
 *
 * librdkafka calls back from inside the owner's own poll; the callback only notes what happened,
 * and kafka_group_poll gives it to the owner as an event. The owner answers with kafka_group_assign
 * or kafka_group_release whenever it is ready; librdkafka waits for that. Everything about the
 * consumer thus happens in one thread, in sequence: the batch calls of 2.0.2 are only correct that
 * way.
 *
 * Each partition has its own queue, not forwarded to the consumer's: the owner reads where it has
 * room, and two inputs cannot lock each other. Forwarding is switched off before the partition is
 * assigned, so that no record slips into the common queue.
 *
 * Going back after an abort is a new assignment of the same partitions at other offsets: seeking is
 * faulty in 2.0.2.
 *
 * Owns the consumer handle and the readers of the assigned partitions. */
#include "base/mem.h"
#include "log/kafka_int.h"

struct KafkaGroup {
    KafkaHandle handle;
    KafkaLog *log;
    KafkaReader **readers;
    int reader_count;
    LogPosition *parts; /* of the event; topics are copies */
    int part_count;
    KafkaEventKind pending; /* noted by the callback, not yet given to the owner */
    bool closing;
};

/* ---- events ---------------------------------------------------------------------------------- */

static void free_parts(KafkaGroup *g)
{
    for (int i = 0; i < g->part_count; i++)
        mem_free((char *)g->parts[i].topic.ptr);
    mem_free(g->parts);
    g->parts = NULL;
    g->part_count = 0;
}

static void note_parts(KafkaGroup *g, const rd_kafka_topic_partition_list_t *list)
{
    free_parts(g);
    g->parts = mem_zalloc(sizeof *g->parts * (size_t)(list->cnt + 1));
    g->part_count = list->cnt;
    for (int i = 0; i < list->cnt; i++) {
        char *topic = kafka_zstr(str_of(list->elems[i].topic));
        g->parts[i] = (LogPosition){str_of(topic), list->elems[i].partition, -1};
    }
}

/* Runs in the owner's thread, inside its poll or close. */
static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *parts, void *opaque)
{
    KafkaGroup *g = ((KafkaHandle *)opaque)->owner;
    if (g->closing) {
        rd_kafka_assign(rk, NULL);
        return;
    }
    note_parts(g, parts);
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
        g->pending = KAFKA_EVENT_ASSIGN;
    else
        g->pending = rd_kafka_assignment_lost(rk) ? KAFKA_EVENT_LOST : KAFKA_EVENT_REVOKE;
}

Rc kafka_group_poll(KafkaGroup *g, int timeout_ms, KafkaEvent *out, Err *err)
{
    Rc rc = 0;
    *out = (KafkaEvent){0};
    rd_kafka_message_t *m = rd_kafka_consumer_poll(g->handle.rk, timeout_ms);
    if (m) {
        /* With forwarding off only errors come here. One that a rebalance follows is no news. */
        if (m->err && m->err != RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED &&
            m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
            rc = kafka_fail(g->log, m->err, "working in a consumer group", err);
        rd_kafka_message_destroy(m);
    }
    if (g->pending != KAFKA_EVENT_NONE) {
        *out = (KafkaEvent){g->pending, g->parts, g->part_count};
        g->pending = KAFKA_EVENT_NONE;
    }
    return rc;
}

/* ---- assignment ------------------------------------------------------------------------------ */

static void drop_readers(KafkaGroup *g)
{
    for (int i = 0; i < g->reader_count; i++)
        kafka_reader_free(g->readers[i]);
    mem_free(g->readers);
    g->readers = NULL;
    g->reader_count = 0;
}

/* Begin at these offsets, replacing what was assigned. */
static Rc assign(KafkaGroup *g, const LogPosition *from, int count, Err *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
    for (int i = 0; i < count; i++) {
        char *z = kafka_zstr(from[i].topic);
        rd_kafka_topic_partition_list_add(list, z, from[i].partition)->offset = from[i].offset;
        mem_free(z);
    }
    rd_kafka_resp_err_t code = rd_kafka_assign(g->handle.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code ? kafka_fail(g->log, code, "taking over partitions", err) : 0;
}

static Rc add_reader(KafkaGroup *g, const LogPosition *from, Err *err)
{
    int partitions, leader;
    Rc rc = kafka_topic_look(g->log, from->topic, &partitions, NULL, from->partition, &leader, err);
    if (rc)
        return rc;
    char *z = kafka_zstr(from->topic);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_partition(g->handle.rk, z, from->partition);
    mem_free(z);
    if (!queue)
        return kafka_fail(g->log, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, "taking over partitions",
                          err);
    rd_kafka_queue_forward(queue, NULL);
    KafkaReader *r =
        kafka_reader_new(g->log, g->handle.rk, from->topic, from->partition, leader, queue);
    kafka_reader_place(r, from->offset);
    g->readers[g->reader_count++] = r;
    return 0;
}

Rc kafka_group_assign(KafkaGroup *g, const LogPosition *from, int count, Err *err)
{
    Rc rc = 0;
    drop_readers(g);
    g->readers = mem_zalloc(sizeof *g->readers * (size_t)(count + 1));
    for (int i = 0; i < count && !rc; i++)
        rc = add_reader(g, &from[i], err);
    if (!rc)
        rc = assign(g, from, count, err);
    if (rc)
        drop_readers(g);
    return rc;
}

Rc kafka_group_release(KafkaGroup *g, Err *err)
{
    drop_readers(g);
    rd_kafka_resp_err_t code = rd_kafka_assign(g->handle.rk, NULL);
    return code ? kafka_fail(g->log, code, "giving up partitions", err) : 0;
}

static KafkaReader *find_reader(KafkaGroup *g, const LogPosition *p)
{
    for (int i = 0; i < g->reader_count; i++)
        if (g->readers[i]->base.partition == p->partition &&
            str_eq(g->readers[i]->base.topic, p->topic))
            return g->readers[i];
    return NULL;
}

Rc kafka_group_rewind(KafkaGroup *g, const LogPosition *to, int count, Err *err)
{
    if (count != g->reader_count)
        return err_set(err, ERR_KIND_ABORT, ERR_NOT_FOUND,
                       "%d positions were given for %d assigned partitions", count,
                       g->reader_count);
    for (int i = 0; i < count; i++) {
        KafkaReader *r = find_reader(g, &to[i]);
        if (!r)
            return err_set(err, ERR_KIND_ABORT, ERR_NOT_FOUND,
                           "topic '%.*s', partition %d, is not assigned here", STR_ARG(to[i].topic),
                           to[i].partition);
        kafka_reader_place(r, to[i].offset);
    }
    return assign(g, to, count, err);
}

LogReader *kafka_group_reader(KafkaGroup *g, int i)
{
    return i >= 0 && i < g->reader_count ? &g->readers[i]->base : NULL;
}

Rc kafka_txn_group(LogTxn *t, KafkaGroup *g, Err *err)
{
    rd_kafka_consumer_group_metadata_t *m = rd_kafka_consumer_group_metadata(g->handle.rk);
    if (!m)
        return kafka_fail(g->log, RD_KAFKA_RESP_ERR__STATE, "asking for the group's state", err);
    kafka_txn_take_metadata(t, m);
    return 0;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void on_event(rd_kafka_t *rk, void *opaque)
{
    (void)rk;
    log_bell_ring(&((KafkaLog *)opaque)->bell);
}

/* The owner may sleep in the log's wait; a rebalance wakes it. */
static void ring_for_events(KafkaGroup *g, bool on)
{
    rd_kafka_queue_t *q = rd_kafka_queue_get_consumer(g->handle.rk);
    rd_kafka_queue_cb_event_enable(q, on ? on_event : NULL, on ? g->log : NULL);
    rd_kafka_queue_destroy(q);
}

static Rc subscribe(KafkaGroup *g, const Str *topics, int count, Err *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
    for (int i = 0; i < count; i++) {
        char *z = kafka_zstr(topics[i]);
        rd_kafka_topic_partition_list_add(list, z, RD_KAFKA_PARTITION_UA);
        mem_free(z);
    }
    rd_kafka_resp_err_t code = rd_kafka_subscribe(g->handle.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code ? kafka_fail(g->log, code, "joining a consumer group", err) : 0;
}

/* The group's own settings, then the caller's. */
static const char **group_settings(const char *id, const char *const *more)
{
    const char *const own[] = {"group.id", id, "partition.assignment.strategy", "range", NULL};
    const char *const *const lists[] = {own, more};
    size_t n = 0, total = 1;
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; lists[k] && lists[k][i]; i++)
            total++;
    const char **all = mem_zalloc(sizeof *all * total);
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; lists[k] && lists[k][i]; i++)
            all[n++] = lists[k][i];
    return all;
}

Rc kafka_group_open(Log *log, Str group, const Str *topics, int topic_count,
                    const char *const *settings, KafkaGroup **out, Err *err)
{
    KafkaGroup *g = MEM_NEW(KafkaGroup);
    char *id = kafka_zstr(group);
    const char **all = group_settings(id, settings);
    /* A member that dies is missed after the session timeout, which is shorter here than
     * librdkafka's; the user may change it. */
    static const char *const defaults[] = {"session.timeout.ms", "10000", NULL};
    const KafkaSetup setup = {.type = RD_KAFKA_CONSUMER,
                              .settings = all,
                              .defaults = defaults,
                              .rebalance = on_rebalance};
    g->log = (KafkaLog *)log;
    g->handle.owner = g;
    Rc rc = kafka_handle_open(&g->handle, g->log, &setup, err);
    mem_free(all);
    mem_free(id);
    if (!rc) {
        rd_kafka_poll_set_consumer(g->handle.rk);
        ring_for_events(g, true);
        rc = subscribe(g, topics, topic_count, err);
    }
    if (rc)
        kafka_group_close(g);
    else
        *out = g;
    return rc;
}

void kafka_group_close(KafkaGroup *g)
{
    if (!g)
        return;
    g->closing = true;
    drop_readers(g);
    if (g->handle.rk) {
        ring_for_events(g, false);
        rd_kafka_assign(g->handle.rk, NULL);
        rd_kafka_consumer_close(g->handle.rk);
        kafka_handle_close(&g->handle);
    }
    free_parts(g);
    mem_free(g);
}
