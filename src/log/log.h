/* log.h: the record log: topics, partitions, records. Three implementations, one behaviour, one
 * test suite: local.c (topics in the one SQLite file), kafka.c (librdkafka), sim.c (seeded, for
 * tests).
 *
 * A record is key, value, headers, time; its offset is its place in its partition, growing, with
 * gaps allowed (Kafka's commit markers take offsets): compare positions, never counts. Readers see
 * committed records only.
 *
 * Threads: a Log may be used from any thread for the questions and for making readers; a LogReader
 * belongs to the thread that uses it; a LogTxn belongs to the thread that commits. */
#ifndef OXBOW_LOG_LOG_H
#define OXBOW_LOG_LOG_H

#include "base/arena.h"
#include "base/db.h"
#include "base/err.h"
#include "type/batch.h" /* Header, Headers */

typedef struct Log Log;
typedef struct LogReader LogReader;
typedef struct LogTxn LogTxn;
typedef struct LogClass LogClass;

typedef struct LogRecord {
    Str key, value; /* ptr NULL: null part. Followed by JSON_SLACK_BYTES readable bytes. */
    int64_t time, offset;
    uint64_t arrival; /* order over all topics of the log where it has one (local, sim), else 0 */
    Headers headers;
} LogRecord;

/* Records of one partition, in offset order. Memory is the arena given to log_read. */
typedef struct LogBatch {
    LogRecord *records;
    int count;
    int64_t next_offset; /* where to read on, behind markers too */
} LogBatch;

typedef struct LogTopic {
    Str name;
    int partitions;
    int replicas;
    bool internal;
} LogTopic;

/* A record to append. Memory is the caller's until the append returns. */
typedef struct LogAppend {
    Str topic;
    int partition;
    Str key, value;
    int64_t time;
    Headers headers;
} LogAppend;

typedef struct LogPosition { /* next offset to read, per source */
    Str topic;
    int partition;
    int64_t offset;
} LogPosition;

/* What became of a commit. */
typedef enum LogOutcome {
    LOG_COMMITTED,
    LOG_ABORTED, /* certainly not committed; the same producer may go on */
    LOG_FENCED,  /* certainly not committed; somebody else has taken over */
    LOG_UNKNOWN  /* log_txn_reset first, then compare log_txn_positions */
} LogOutcome;

struct Log {
    const LogClass *cls;
    /* The implementation's own fields follow. */
};

struct LogClass {
    const char *name;
    /* True: a transaction of the log is a transaction of the state database (embedded), so one
     * commit covers both. False: the log commits first, the state second (Kafka). */
    bool joint;

    void (*close)(Log *log);

    /* Topics. create: ERR_EXISTS if it is there; find: ERR_NOT_FOUND. */
    Rc (*topic_create)(Log *log, Str name, int partitions, int replicas, bool internal, Err *err);
    Rc (*topic_delete)(Log *log, Str name, Err *err);
    Rc (*topic_find)(Log *log, Str name, LogTopic *out, Err *err); /* name borrowed from caller */
    Rc (*topic_list)(Log *log, Arena *a, LogTopic **out, int *count, Err *err);
    /* First offset held, and the offset behind the last committed record. */
    Rc (*watermarks)(Log *log, Str topic, int partition, int64_t *low, int64_t *high, Err *err);
    /* The offset behind the last record, committed or not: what a reader has to pass to have seen
     * all that was committed by now. On Kafka `high` trails a commit by a little. NULL: it is
     * `high`. */
    Rc (*end)(Log *log, Str topic, int partition, int64_t *end, Err *err);
    /* Drop records below `offset` (repartition topics, journals). */
    Rc (*trim)(Log *log, Str topic, int partition, int64_t offset, Err *err);

    /* Append outside any query: INSERT VALUES, produce. Durable and visible when it returns. The
     * number of records may be large; all or nothing on the embedded log. */
    Rc (*append)(Log *log, const LogAppend *records, int count, Err *err);

    /* An offset that is trimmed away, or behind the end, is found by the first reads:
     * ERR_NOT_FOUND, never records from somewhere else. */
    Rc (*reader_open)(Log *log, Str topic, int partition, int64_t offset, LogReader **out,
                      Err *err);
    void (*reader_close)(LogReader *r);
    /* Up to max_rows records and about max_bytes of payload; count 0 when there is nothing now. */
    Rc (*read)(LogReader *r, int max_rows, size_t max_bytes, Arena *a, LogBatch *out, Err *err);

    /* Wait until something may have been committed to any topic (Kafka: to one that is being read),
     * or timeout_ms. No polling inside. What happened since this thread's last wait ends it at
     * once, so nothing is missed between a read and a wait. `wake` ends every wait; whoever
     * commits the state's transaction of a joint log calls it afterwards (in memory nothing else
     * would). */
    Rc (*wait)(Log *log, int timeout_ms, Err *err);
    void (*wake)(Log *log);

    /* Transactions. `id` names the writer for fencing ("" on the embedded log). */
    Rc (*txn_open)(Log *log, Str id, LogTxn **out, Err *err);
    void (*txn_close)(LogTxn *t);
    /* joint: `db` is the state's write connection, already inside its transaction, and
     * txn_commit leaves the commit to it. Otherwise db is NULL. */
    Rc (*txn_begin)(LogTxn *t, Db *db, Err *err);
    Rc (*txn_append)(LogTxn *t, const LogAppend *records, int count, Err *err);
    Rc (*txn_positions)(LogTxn *t, Str group, const LogPosition *pos, int count, Err *err);
    LogOutcome (*txn_commit)(LogTxn *t, Err *err);
    void (*txn_abort)(LogTxn *t);
    /* After LOG_UNKNOWN or a failed call: a new producer with the same id. Afterwards no earlier
     * transaction of this id is open. */
    Rc (*txn_reset)(LogTxn *t, Err *err);
    /* Committed positions of a group; offset -1 where there is none. */
    Rc (*committed)(Log *log, Str group, LogPosition *pos, int count, Err *err);
};

struct LogReader {
    const LogClass *cls;
    Log *log;
    Str topic;
    int partition;
};

struct LogTxn {
    const LogClass *cls;
    Log *log;
};

/* cls->end, or the high watermark where there is no other. */
Rc log_end(Log *log, Str topic, int partition, int64_t *end, Err *err);
/* Kafka's default partitioner: murmur2 of the key bytes; a NULL key goes to `fallback % n`. */
int log_partition_of(Str key, int partitions, uint64_t fallback);
uint32_t log_murmur2(Str key);
Rc log_topic_name_check(Str name, Err *err); /* Kafka's rules for names */

/* The topics of the SQLite file at `path` (or a db_memory_uri). Makes its tables if need be. */
Rc log_local_open(const char *path, Log **out, Err *err);
/* Forget the positions of a group, within the caller's transaction on the same database. */
Rc log_local_forget(Db *db, Str group, Err *err);

#endif
