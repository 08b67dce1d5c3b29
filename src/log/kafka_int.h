/* kafka_int.h: what the files of the Kafka log share.
 *
 *   kafka.c          life, handles and their settings, errors, the class
 *   kafka_admin.c    topics, watermarks, trim, committed positions
 *   kafka_read.c     readers
 *   kafka_nudge.c    the remedy against librdkafka's prefetch stall
 *   kafka_produce.c  one record into a producer; append
 *   kafka_txn.c      transactions
 *   kafka_group.c    consumer groups
 *
 * librdkafka asserts when it is out of memory, and its threads are its own. */
#ifndef OXBOW_LOG_KAFKA_INT_H
#define OXBOW_LOG_KAFKA_INT_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "log/kafka.h"
#include "log/log_bell.h"
#include "log/log_int.h"

enum {
    KAFKA_REACH_MS = 5000,  /* an unreachable cluster is reported within this time */
    KAFKA_SETTLE_MS = 30000 /* what the cluster has to sort out first: coordinators, old
                               transactions, a commit under way */
};

typedef struct KafkaLog KafkaLog;
typedef struct KafkaNudge KafkaNudge;

/* ---- kafka.c: handles ---------------------------------------------------------------------- */

typedef struct KafkaHandle {
    rd_kafka_t *rk;
    KafkaLog *log;
    void *owner; /* for the callbacks of its kind */
} KafkaHandle;

typedef void KafkaRebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                            rd_kafka_topic_partition_list_t *parts, void *opaque);
typedef void KafkaDelivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque);

/* What a handle is opened with, beyond what all of its type have (kafka.c). Opaque of the
 * callbacks: the KafkaHandle. */
typedef struct KafkaSetup {
    rd_kafka_type_t type;
    const char *const *settings; /* key, value, ..., NULL; fixed, over the user's */
    const char *const *defaults; /* under the user's */
    KafkaRebalance *rebalance;
    KafkaDelivery *delivery;
} KafkaSetup;

Rc kafka_handle_open(KafkaHandle *h, KafkaLog *l, const KafkaSetup *setup, Err *err);
void kafka_handle_close(KafkaHandle *h); /* may be closed already */

/* The error for a librdkafka code while doing something ("listing topics"). */
Rc kafka_fail(KafkaLog *l, rd_kafka_resp_err_t code, const char *doing, Err *err);
/* Is anybody there? */
Rc kafka_probe(KafkaLog *l, int timeout_ms, Err *err);

/* ---- kafka_produce.c ----------------------------------------------------------------------- */

typedef struct KafkaTopic KafkaTopic;

typedef struct KafkaProducer {
    KafkaHandle handle;
    Map *topics; /* name -> KafkaTopic, as this handle knows them */
} KafkaProducer;

Rc kafka_producer_open(KafkaProducer *p, KafkaLog *l, const KafkaSetup *setup, Err *err);
void kafka_producer_close(KafkaProducer *p);
/* Look at a record, and at its topic if it is a new one, before anything is sent. */
Rc kafka_producer_check(KafkaProducer *p, const LogAppend *r, KafkaTopic **topic, Err *err);
/* Hand a checked record to librdkafka, waiting while its queue is full. `opaque` goes to the
 * delivery callback. */
Rc kafka_produce(KafkaProducer *p, KafkaTopic *topic, const LogAppend *r, void *opaque, Err *err);
Rc kafka_append(Log *log, const LogAppend *records, int count, Err *err);

/* ---- kafka_read.c -------------------------------------------------------------------------- */

enum { KAFKA_HELD = 1024 };

typedef struct KafkaConsumer KafkaConsumer; /* a handle shared by readers of different partitions */

typedef struct KafkaReader {
    LogReader base;
    char *topic;
    KafkaConsumer *home; /* NULL: a partition of a group */
    rd_kafka_t *rk;
    rd_kafka_topic_t *rkt; /* NULL likewise */
    rd_kafka_queue_t *queue;
    int64_t offset;                       /* of the next record */
    bool at_end;                          /* by the broker's last answer */
    unsigned missing;                     /* the log's count when its topic was last looked for */
    int leader;                           /* broker id when it was opened */
    rd_kafka_message_t *held[KAFKA_HELD]; /* taken from librdkafka, not yet given out */
    int held_at, held_count;
    _Atomic int64_t hungry_ns; /* when it last found its queue low before the end */
    struct KafkaReader *nudge_next;
    struct KafkaReader *home_next;
} KafkaReader;

Rc kafka_reader_open(Log *log, Str topic, int partition, int64_t offset, LogReader **out, Err *err);
void kafka_reader_close(LogReader *r);
Rc kafka_read(LogReader *r, int max_rows, size_t max_bytes, Arena *a, LogBatch *out, Err *err);
void kafka_consumers_close(KafkaLog *l);

/* For groups: a reader over a partition's own queue (taken). */
KafkaReader *kafka_reader_new(KafkaLog *l, rd_kafka_t *rk, Str topic, int partition, int leader,
                              rd_kafka_queue_t *queue);
void kafka_reader_place(KafkaReader *r, int64_t offset); /* forgets what it holds */
void kafka_reader_free(KafkaReader *r);

/* ---- kafka_nudge.c ------------------------------------------------------------------------- */

KafkaNudge *kafka_nudge_new(void);
void kafka_nudge_free(KafkaNudge *n);
void kafka_nudge_add(KafkaNudge *n, KafkaReader *r);
void kafka_nudge_remove(KafkaNudge *n, KafkaReader *r);
/* After each read: whether the reader's queue is low although there is more. */
void kafka_nudge_note(KafkaNudge *n, KafkaReader *r);

/* ---- kafka_admin.c ------------------------------------------------------------------------- */

/* Number of partitions; ERR_NOT_FOUND. `leader` of `partition` (which must exist) if not NULL. */
Rc kafka_topic_look(KafkaLog *l, Str name, int *partitions, int *replicas, int partition,
                    int *leader, Err *err);
Rc kafka_topic_create(Log *log, Str name, int partitions, int replicas, bool internal, Err *err);
Rc kafka_topic_delete(Log *log, Str name, Err *err);
Rc kafka_topic_find(Log *log, Str name, LogTopic *out, Err *err);
Rc kafka_topic_list(Log *log, Arena *a, LogTopic **out, int *count, Err *err);
Rc kafka_watermarks(Log *log, Str topic, int partition, int64_t *low, int64_t *high, Err *err);
Rc kafka_trim(Log *log, Str topic, int partition, int64_t offset, Err *err);
Rc kafka_committed(Log *log, Str group, LogPosition *pos, int count, Err *err);

/* ---- kafka_txn.c --------------------------------------------------------------------------- */

Rc kafka_txn_open(Log *log, Str id, LogTxn **out, Err *err);
void kafka_txn_close(LogTxn *t);
Rc kafka_txn_begin(LogTxn *t, Db *db, Err *err);
Rc kafka_txn_append(LogTxn *t, const LogAppend *records, int count, Err *err);
Rc kafka_txn_positions(LogTxn *t, Str group, const LogPosition *pos, int count, Err *err);
LogOutcome kafka_txn_commit(LogTxn *t, Err *err);
void kafka_txn_abort(LogTxn *t);
Rc kafka_txn_reset(LogTxn *t, Err *err);
/* Of the group, now; owned by the transaction until its next positions. */
void kafka_txn_take_metadata(LogTxn *t, rd_kafka_consumer_group_metadata_t *m);

/* A NUL-terminated copy for librdkafka; given to mem_free. */
char *kafka_zstr(Str s);

struct KafkaLog {
    Log base;
    char *bootstrap;
    char **conf; /* key, value, ..., NULL */
    LogBell bell;

    pthread_mutex_t lock; /* guards what follows */
    char reason[256];     /* librdkafka's last words on a connection */
    KafkaHandle ends;     /* read_uncommitted; opened when asked for */
    KafkaConsumer *consumers;

    _Atomic int64_t down_since_ns; /* all brokers are gone since then; 0: not known to be */
    _Atomic int64_t probed_ns;
    atomic_uint missing; /* how often librdkafka has missed some topic */
    KafkaHandle admin;
    pthread_mutex_t append_lock;
    KafkaProducer appender; /* opened by the first append; guarded by append_lock */
    KafkaNudge *nudge;
};

#endif
