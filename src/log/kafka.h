/* kafka.h: topics in an Apache Kafka cluster, through librdkafka.
 *
 * A Log over a cluster (log.h), and what only a cluster has: consumer groups, by which several
 * processes share the partitions of a query, and end offsets behind open transactions.
 *
 * Threads: the Log as log.h says. A KafkaGroup belongs to one thread, which polls it, reads its
 * readers, rewinds and closes it, all in sequence: librdkafka's batch calls must not run beside a
 * rebalance or a seek. Only kafka_txn_group takes it from another thread. */
#ifndef OXBOW_LOG_KAFKA_H
#define OXBOW_LOG_KAFKA_H

#include "log/log.h"

/* `conf`: librdkafka settings as key, value, key, value, ..., NULL (may be NULL itself). They may
 * come from the user's own configuration file only, never from SQL: some of them run code. Settings
 * on which exactly-once rests are refused. ERR_IO within 5 s when the cluster cannot be reached. */
Rc log_kafka_open(const char *bootstrap, const char *const *conf, Log **out, Err *err);

/* The offset behind the last record, committed or not: where a restore, or a wait for what was just
 * committed, has to arrive (by position, reading committed records only). `watermarks` of the Log
 * gives the end of what readers may see, which follows a commit with a delay of milliseconds. */
Rc kafka_end_offset(Log *log, Str topic, int partition, int64_t *end, Err *err);

/* ---- consumer groups ---------------------------------------------------------------------------
 *
 *     kafka_group_poll says      the owner
 *     ASSIGN   partitions        finds where to begin and calls kafka_group_assign; restores state;
 *                                reads kafka_group_reader(g, i)
 *     REVOKE   all of them       stops, commits once more, calls kafka_group_release
 *     LOST     all of them       throws away what is not committed, calls kafka_group_release
 *
 * The assignor is "range": partition p of all topics of one query is given to one member. Until the
 * owner has answered, the group's rebalance waits for it; heartbeats go on by themselves. The owner
 * polls at least every max.poll.interval.ms, also while it reads nothing. */
typedef struct KafkaGroup KafkaGroup;

typedef enum KafkaEventKind {
    KAFKA_EVENT_NONE,
    KAFKA_EVENT_ASSIGN,
    KAFKA_EVENT_REVOKE,
    KAFKA_EVENT_LOST
} KafkaEventKind;

typedef struct KafkaEvent {
    KafkaEventKind kind;
    const LogPosition *parts; /* offset -1; valid until the next poll */
    int count;
} KafkaEvent;

/* Join the group. `settings` as `conf` above, for this consumer alone (client.id,
 * session.timeout.ms); may be NULL. */
Rc kafka_group_open(Log *log, Str group, const Str *topics, int topic_count,
                    const char *const *settings, KafkaGroup **out, Err *err);
/* Leave it at once, so that another member takes over; what is not committed is lost. */
void kafka_group_close(KafkaGroup *g);

/* Wait up to timeout_ms for an event. Events of the group's members arrive here and nowhere else.
 */
Rc kafka_group_poll(KafkaGroup *g, int timeout_ms, KafkaEvent *out, Err *err);
/* The answer to ASSIGN: begin reading at these offsets, one per partition of the event. */
Rc kafka_group_assign(KafkaGroup *g, const LogPosition *from, int count, Err *err);
/* The answer to REVOKE and LOST: the readers are gone afterwards. */
Rc kafka_group_release(KafkaGroup *g, Err *err);
/* After an abort: all readers go on from these offsets, one per assigned partition. */
Rc kafka_group_rewind(KafkaGroup *g, const LogPosition *to, int count, Err *err);

/* The readers of the assigned partitions, in the order given to kafka_group_assign. Owned by the
 * group; read with log.h's `read`, never closed by the caller. NULL past the last one. */
LogReader *kafka_group_reader(KafkaGroup *g, int i);

/* Take the group's metadata as it is now into the transaction, for its next txn_positions: a member
 * that has lost its place meanwhile then fails there. Called at the freeze, from any thread. */
Rc kafka_txn_group(LogTxn *t, KafkaGroup *g, Err *err);

/* Where the last transaction's records in a changelog (a topic named *-changelog) ended, by
 * delivery reports; offset -1 where it wrote none. Good after txn_commit until the next txn_begin.
 */
Rc kafka_txn_ends(LogTxn *txn, LogPosition *ends, int count, Err *err);

#endif
