/* exchange.h: rows on their way from one stage to the next, as blocks of bytes.
 *
 * A block holds rows of one upstream partition for one target partition, in seq order, with the
 * upstream's carried time beside each row (engine rules: two clocks). The same bytes travel through
 * memory on the embedded log and through a topic on Kafka.
 *
 * A writer belongs to the upstream task, a reader to the downstream task; blocks are plain bytes
 * and may cross threads. */
#ifndef OXBOW_ENGINE_EXCHANGE_H
#define OXBOW_ENGINE_EXCHANGE_H

#include "op/op.h"
#include "type/rowcode.h"

/* How rows of one schema are coded in blocks. Immutable. */
typedef struct ExchangeCode {
    const Schema *schema;
    RowCode *row; /* all columns of the schema */
} ExchangeCode;

ExchangeCode *exchange_code_new(Arena *a, const Schema *schema);

/* Appends one row; the block's first row writes the header. */
void exchange_put(const ExchangeCode *code, Buf *block, const Batch *b, int row, int upstream);

typedef struct ExchangeReader {
    const ExchangeCode *code;
    BufReader in;
    Str block;
    int upstream;
    bool has_row; /* a row is at hand: the fields below are its head */
    uint64_t seq;
    int64_t time;
    int64_t carried;
} ExchangeReader;

/* Fails with ERR_CORRUPT when the bytes are not a block. The block must outlive what is read. */
Rc exchange_open(ExchangeReader *r, const ExchangeCode *code, Str block, Err *err);
/* Decode the row at hand into row `row` of b (whose columns, old sides, clocks and headers are
 * allocated) and step to the next. */
Rc exchange_take(ExchangeReader *r, Batch *b, int row, Err *err);
/* A block without rows: what an upstream partition says of itself when it sends no row. Topics
 * only; in memory marks are handed over as they are. */
void exchange_put_mark(Buf *block, const OpMark *mark);
/* Is it one? *mark is filled then. */
bool exchange_take_mark(Str block, OpMark *mark);

/* A batch with everything an exchange may carry allocated. */
Batch *exchange_batch(Arena *a, const ExchangeCode *code, int rows);

#endif
