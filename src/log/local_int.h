/* local_int.h: what the files of the embedded log share.
 *
 *   local.c        life, topics, watermarks, the pool of read connections, the class
 *   local_block.c  the coding of a block of records
 *   local_write.c  append and transactions
 *   local_read.c   readers
 *   local_wait.c   waiting for commits, of this process and of others
 *
 * Tables, in the file that also holds state and catalog (one file, one commit):
 *
 *   log_topics      id never reused, so that a reader notices a topic that was made anew
 *   log_partitions  first offset and next offset of each partition. Row (0, 0) is not a partition:
 *                   its `next` is the arrival number of the next record, over all topics
 *   log_blocks      up to 64 KiB of records; the row id is the arrival number of the first record,
 *                   so blocks of all topics are appended at the end of one b-tree
 *   log_positions   next offset to read, by group                                              */
#ifndef OXBOW_LOG_LOCAL_INT_H
#define OXBOW_LOG_LOCAL_INT_H

#include <pthread.h>

#include "base/buf.h"
#include "log/log_int.h"

/* ---- local_block.c ------------------------------------------------------------------------- */

/* A block being filled. The first record's time and arrival stand in the row, later ones are
 * differences, so a usual record costs 6 bytes besides its key and value. */
typedef struct Block {
    Buf bytes;
    int count;
    int64_t time_min, time_max, time_last;
    int64_t arrival_first, arrival_last;
} Block;

void block_init(Block *b);
void block_fini(Block *b);
void block_reset(Block *b);
void block_put(Block *b, const LogAppend *r, int64_t arrival);
/* False: what is there must be written first. */
bool block_has_room(const Block *b, const LogAppend *r);

/* A block being read. The bytes are the cursor's own copy, so a block that is larger than one batch
 * is taken piece by piece without going back to SQLite. */
typedef struct BlockCursor {
    Buf bytes;
    size_t at;             /* of the next record */
    int left;              /* records not yet taken */
    int64_t offset;        /* of the next record */
    int64_t time, arrival; /* of the record before, or of the block's start */
} BlockCursor;

void cursor_init(BlockCursor *c);
void cursor_fini(BlockCursor *c);
/* All return false when the bytes are not a block; nothing is read past their end. */
bool cursor_load(BlockCursor *c, Str bytes, int64_t base, int64_t count, int64_t arrival);
bool cursor_skip_to(BlockCursor *c, int64_t offset);
/* Up to max_rows records and about max_bytes (one at least); payload copied to `a`. Records are
 * written to out[0..]; *bytes is what they took. Returns their number, or -1. */
int cursor_take(BlockCursor *c, int max_rows, size_t max_bytes, Arena *a, LogRecord *out,
                size_t *bytes);

/* ---- local.c ------------------------------------------------------------------------------- */

/* A read connection of the pool; it belongs to whoever has leased it, for one call. */
typedef struct LocalConn {
    Db *db;
    struct LocalConn *next;
} LocalConn;

typedef struct LocalWatch LocalWatch; /* local_wait.c */

/* Blocks that one append call fills, one per partition written to. */
typedef struct LocalWriter LocalWriter;

typedef struct LocalLog {
    Log base;
    char *path;
    bool memory; /* no file, so nobody else's commits */
    pthread_mutex_t pool_lock;
    LocalConn *pool; /* free read connections */
    pthread_mutex_t write_lock;
    Db *write; /* for append and topics; queries bring their own */
    LocalWriter *writer;
    LocalWatch *watch;
} LocalLog;

extern const LogClass log_local_class;

Rc local_lease(LocalLog *l, LocalConn **out, Err *err);
void local_release(LocalLog *l, LocalConn *c);
/* Bounds of a partition; ERR_NOT_FOUND, naming what is missing. *id may be NULL. */
Rc local_bounds(Db *db, Str topic, int partition, int64_t *id, int64_t *low, int64_t *next,
                Err *err);

/* ---- local_write.c ------------------------------------------------------------------------- */

LocalWriter *local_writer_new(void);
void local_writer_free(LocalWriter *w);
Rc local_append(Log *log, const LogAppend *records, int count, Err *err);
Rc local_txn_open(Log *log, Str id, LogTxn **out, Err *err);
void local_txn_close(LogTxn *t);
Rc local_txn_begin(LogTxn *t, Db *db, Err *err);
Rc local_txn_append(LogTxn *t, const LogAppend *records, int count, Err *err);
Rc local_txn_positions(LogTxn *t, Str group, const LogPosition *pos, int count, Err *err);
LogOutcome local_txn_commit(LogTxn *t, Err *err);
void local_txn_abort(LogTxn *t);
Rc local_txn_reset(LogTxn *t, Err *err);

/* ---- local_read.c -------------------------------------------------------------------------- */

Rc local_reader_open(Log *log, Str topic, int partition, int64_t offset, LogReader **out, Err *err);
void local_reader_close(LogReader *r);
Rc local_read(LogReader *r, int max_rows, size_t max_bytes, Arena *a, LogBatch *out, Err *err);

/* ---- local_wait.c -------------------------------------------------------------------------- */

LocalWatch *local_watch_new(void);
void local_watch_free(LocalWatch *w);
Rc local_wait(Log *log, int timeout_ms, Err *err);
void local_wake(Log *log);

#endif
