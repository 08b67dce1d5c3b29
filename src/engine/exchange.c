/* exchange.c: the block coding of exchanges. See exchange.h.
 *
 * Block: 'X', version, upstream, then rows. Row: seq, time, carried - time, source partition,
 * offset, side states, key (length + 1, 0 = NULL), window bounds if the schema has any, new row,
 * old row, headers. All integers are varints; seq is relative to the row before, so that a block is
 * small and the reader can merge blocks by seq without decoding rows. */
#include "engine/exchange.h"

#include "base/limits.h"

enum { BLOCK_MAGIC = 'X', MARK_MAGIC = 'M', BLOCK_VERSION = 1 };

ExchangeCode *exchange_code_new(Arena *a, const Schema *schema)
{
    ExchangeCode *code = ARENA_NEW(a, ExchangeCode);
    const Type **types = ARENA_ARRAY(a, const Type *, schema->count);
    for (int c = 0; c < schema->count; c++)
        types[c] = schema->columns[c].type;
    code->schema = schema;
    code->row = rowcode_new(a, types, schema->count);
    return code;
}

static void put_row_bytes(const RowCode *rc, Buf *block, const Column *cols, int row)
{
    if (rc->fixed) { /* the size is known: no copy is needed to learn it */
        buf_put_varint(block, rc->fixed_bytes);
        rowcode_encode(rc, block, cols, row);
        return;
    }
    Buf tmp;
    buf_init(&tmp);
    rowcode_encode(rc, &tmp, cols, row);
    buf_put_bytes(block, buf_str(&tmp));
    buf_fini(&tmp);
}

static void put_headers(Buf *block, const Batch *b, int row)
{
    int count = b->headers ? b->headers[row].count : 0;
    buf_put_varint(block, (uint64_t)count);
    for (int i = 0; i < count; i++) {
        const Header *h = &b->headers[row].items[i];
        buf_put_bytes(block, h->key);
        buf_put_varint(block, h->value.ptr ? (uint64_t)h->value.len + 1 : 0);
        buf_put_str(block, h->value);
    }
}

void exchange_put(const ExchangeCode *code, Buf *block, const Batch *b, int row, int upstream)
{
    if (block->len == 0) {
        buf_putc(block, BLOCK_MAGIC);
        buf_putc(block, BLOCK_VERSION);
        buf_put_varint(block, (uint64_t)upstream);
    }
    buf_put_varint(block, b->seq[row]);
    buf_put_zigzag(block, b->time[row]);
    buf_put_zigzag(block, (b->carried ? b->carried[row] : b->time[row]) - b->time[row]);
    buf_put_zigzag(block, b->partition[row]);
    buf_put_zigzag(block, b->offset[row]);
    buf_putc(block, (char)(b->new_state[row] | (b->old_state[row] << 4)));
    buf_put_varint(block, b->key[row].ptr ? (uint64_t)b->key[row].len + 1 : 0);
    buf_put_str(block, b->key[row]);
    if (code->schema->window) {
        buf_put_zigzag(block, b->win_start[row]);
        buf_put_zigzag(block, b->win_end[row]);
    }
    /* Key columns are valid whatever the new side is, so that side always travels. */
    put_row_bytes(code->row, block, b->cols, row);
    if (b->old_state[row] == SIDE_ROW)
        put_row_bytes(code->row, block, b->old, row);
    put_headers(block, b, row);
}

static void take_head(ExchangeReader *r)
{
    r->has_row = r->in.at < r->in.end && !r->in.bad;
    if (!r->has_row)
        return;
    r->seq = buf_take_varint(&r->in);
    r->time = buf_take_zigzag(&r->in);
    r->carried = r->time + buf_take_zigzag(&r->in);
}

Rc exchange_open(ExchangeReader *r, const ExchangeCode *code, Str block, Err *err)
{
    *r = (ExchangeReader){.code = code, .block = block, .in = buf_reader(block)};
    Str head = buf_take(&r->in, 2);
    r->upstream = (int)buf_take_varint(&r->in);
    if (r->in.bad || head.ptr[0] != BLOCK_MAGIC || head.ptr[1] != BLOCK_VERSION ||
        r->upstream < 0 || r->upstream >= LIMIT_PARTITIONS)
        return err_set(err, ERR_KIND_FATAL, ERR_CORRUPT, "a repartition block is not readable");
    take_head(r);
    return 0;
}

void exchange_put_mark(Buf *block, const OpMark *mark)
{
    buf_putc(block, MARK_MAGIC);
    buf_putc(block, BLOCK_VERSION);
    buf_put_varint(block, (uint64_t)mark->upstream);
    buf_put_zigzag(block, mark->carried);
    buf_putc(block, mark->idle);
}

bool exchange_take_mark(Str block, OpMark *mark)
{
    BufReader in = buf_reader(block);
    Str head = buf_take(&in, 2);
    if (in.bad || head.ptr[0] != MARK_MAGIC || head.ptr[1] != BLOCK_VERSION)
        return false;
    uint64_t upstream = buf_take_varint(&in);
    mark->carried = buf_take_zigzag(&in);
    Str idle = buf_take(&in, 1);
    mark->upstream = (int)upstream;
    mark->idle = idle.len && idle.ptr[0];
    return !in.bad && upstream < LIMIT_PARTITIONS;
}

Batch *exchange_batch(Arena *a, const ExchangeCode *code, int rows)
{
    Batch *b = batch_new(a, code->schema, rows);
    for (int c = 0; c < code->schema->count; c++)
        batch_init_column(b, c);
    batch_init_old(b);
    b->upstream = ARENA_ARRAY(a, int32_t, rows);
    b->carried = ARENA_ARRAY(a, int64_t, rows);
    if (code->schema->window) {
        b->win_start = ARENA_ARRAY(a, int64_t, rows);
        b->win_end = ARENA_ARRAY(a, int64_t, rows);
    }
    return b;
}

static void take_headers(ExchangeReader *r, Batch *b, int row)
{
    uint64_t count = buf_take_varint(&r->in);
    if (count == 0 || count > LIMIT_HEADERS) {
        r->in.bad |= count != 0;
        return;
    }
    if (!b->headers) /* rows are still being added: b->rows is not the room there is */
        b->headers = ARENA_ARRAY(b->arena, Headers, LIMIT_BATCH_ROWS);
    Header *items = ARENA_ARRAY(b->arena, Header, count);
    for (uint64_t i = 0; i < count && !r->in.bad; i++) {
        items[i].key = buf_take_bytes(&r->in);
        uint64_t len = buf_take_varint(&r->in);
        items[i].value = len ? buf_take(&r->in, len - 1) : STR_NULL;
    }
    b->headers[row] = (Headers){items, (int)count};
}

Rc exchange_take(ExchangeReader *r, Batch *b, int row, Err *err)
{
    b->seq[row] = r->seq;
    b->time[row] = r->time;
    b->carried[row] = r->carried;
    b->upstream[row] = r->upstream;
    b->partition[row] = (int32_t)buf_take_zigzag(&r->in);
    b->offset[row] = buf_take_zigzag(&r->in);
    Str states = buf_take(&r->in, 1);
    uint8_t bits = states.len ? (uint8_t)states.ptr[0] : 0;
    b->new_state[row] = bits & 15;
    b->old_state[row] = bits >> 4;
    uint64_t key = buf_take_varint(&r->in);
    b->key[row] = key ? buf_take(&r->in, key - 1) : STR_NULL;
    if (r->code->schema->window) {
        b->win_start[row] = buf_take_zigzag(&r->in);
        b->win_end[row] = buf_take_zigzag(&r->in);
    }
    if (b->new_state[row] > SIDE_ROW || b->old_state[row] > SIDE_UNKNOWN)
        r->in.bad = 1;
    Str new_row = buf_take_bytes(&r->in);
    Str old_row = b->old_state[row] == SIDE_ROW ? buf_take_bytes(&r->in) : STR_NULL;
    take_headers(r, b, row);
    if (r->in.bad)
        return err_set(err, ERR_KIND_FATAL, ERR_CORRUPT, "a repartition block is cut short");
    Rc rc = rowcode_decode(r->code->row, new_row, b->cols, row, b->arena, err);
    if (!rc && old_row.ptr)
        rc = rowcode_decode(r->code->row, old_row, b->old, row, b->arena, err);
    if (!rc)
        take_head(r);
    return rc;
}
