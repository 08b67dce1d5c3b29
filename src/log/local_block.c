/* local_block.c: the coding of a block of records in the embedded log.
 *
 * A block is a row of records; a record is
 *
 *     varint    bytes that follow
 *     varint    key length + 1, 0 for a null key
 *     varint    value length + 1, 0 for a null value
 *     zigzag    time, less the time of the record before (of the first: less 0)
 *     varint    arrival, less the arrival of the record before (of the first: less the block's)
 *     varint    number of headers
 *     bytes     key, value
 *     headers   each: varint-counted key; varint value length + 1; value
 *
 * The length in front lets a reader find where its batch ends before it copies anything: a block is
 * copied once into the reader's arena, only as far as the batch needs it.
 *
 * Owns the bytes of a Block and of a BlockCursor. Bytes from a file are hostile: every length is
 * checked against what is there. Leaves SQL to local_read.c and local_write.c. */

#include "base/json.h"
#include "base/limits.h"
#include "log/local_int.h"

enum { RECORD_HEAD_BYTES = 60 }; /* six varints of at most 10 bytes */

void block_init(Block *b)
{
    *b = (Block){0};
    buf_init(&b->bytes);
}

void block_fini(Block *b)
{
    buf_fini(&b->bytes);
}

void block_reset(Block *b)
{
    buf_reset(&b->bytes);
    b->count = 0;
    b->time_last = 0;
}

static size_t payload_bytes(const LogAppend *r)
{
    return (size_t)r->key.len + r->value.len;
}

static uint64_t part_length(Str s)
{
    return s.ptr ? (uint64_t)s.len + 1 : 0;
}

bool block_has_room(const Block *b, const LogAppend *r)
{
    return b->count == 0 ||
           b->bytes.len + payload_bytes(r) + RECORD_HEAD_BYTES <= LIMIT_BLOCK_BYTES;
}

static size_t put_varint(uint8_t *to, uint64_t v)
{
    size_t n = 0;
    for (; v >= 0x80; v >>= 7)
        to[n++] = (uint8_t)(v | 0x80);
    to[n++] = (uint8_t)v;
    return n;
}

static size_t varint_bytes(uint64_t v)
{
    size_t n = 1;
    for (; v >= 0x80; v >>= 7)
        n++;
    return n;
}

static size_t header_bytes(Headers h)
{
    size_t n = 0;
    for (int i = 0; i < h.count; i++)
        n += varint_bytes(h.items[i].key.len) + h.items[i].key.len +
             varint_bytes(part_length(h.items[i].value)) + h.items[i].value.len;
    return n;
}

/* Differences wrap around: any two times, or arrivals, are as far apart as uint64_t can say. */
static int64_t minus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}
static int64_t plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}
static uint64_t zigzag(int64_t v)
{
    return (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0);
}

static void put_headers(Buf *b, Headers h)
{
    for (int i = 0; i < h.count; i++) {
        buf_put_bytes(b, h.items[i].key);
        buf_put_varint(b, part_length(h.items[i].value));
        buf_put_str(b, h.items[i].value);
    }
}

void block_put(Block *b, const LogAppend *r, int64_t arrival)
{
    uint8_t head[RECORD_HEAD_BYTES];
    size_t n = 0;

    if (b->count == 0) {
        b->arrival_first = b->arrival_last = arrival;
        b->time_min = b->time_max = r->time;
    }
    n += put_varint(head + n, part_length(r->key));
    n += put_varint(head + n, part_length(r->value));
    n += put_varint(head + n, zigzag(minus(r->time, b->time_last)));
    n += put_varint(head + n, (uint64_t)minus(arrival, b->arrival_last));
    n += put_varint(head + n, (uint64_t)r->headers.count);

    size_t total = n + payload_bytes(r) + (r->headers.count ? header_bytes(r->headers) : 0);
    char *to = buf_reserve(&b->bytes, total + 10);
    size_t at = put_varint((uint8_t *)to, total);
    memcpy(to + at, head, n);
    at += n;
    if (r->key.len)
        memcpy(to + at, r->key.ptr, r->key.len);
    at += r->key.len;
    if (r->value.len)
        memcpy(to + at, r->value.ptr, r->value.len);
    b->bytes.len += at + r->value.len;
    put_headers(&b->bytes, r->headers);

    b->time_last = r->time;
    b->arrival_last = arrival;
    b->time_min = r->time < b->time_min ? r->time : b->time_min;
    b->time_max = r->time > b->time_max ? r->time : b->time_max;
    b->count++;
}

/* ---- reading --------------------------------------------------------------------------------- */

void cursor_init(BlockCursor *c)
{
    *c = (BlockCursor){0};
    buf_init(&c->bytes);
}

void cursor_fini(BlockCursor *c)
{
    buf_fini(&c->bytes);
}

bool cursor_load(BlockCursor *c, Str bytes, int64_t base, int64_t count, int64_t arrival)
{
    buf_reset(&c->bytes);
    c->at = 0;
    c->left = 0;
    /* A record takes six bytes at least, so the count bounds nothing that the bytes do not. */
    if (count < 1 || base < 0 || base > INT64_MAX - count || arrival < 0 ||
        (uint64_t)count > bytes.len / 6)
        return false;
    buf_put_str(&c->bytes, bytes);
    c->left = (int)count;
    c->offset = base;
    c->arrival = arrival;
    c->time = 0;
    return true;
}

static BufReader reader_at(const BlockCursor *c)
{
    return buf_reader(str_make(c->bytes.ptr + c->at, c->bytes.len - c->at));
}

static Str take_part(BufReader *r, uint64_t length)
{
    return length ? buf_take(r, (size_t)(length - 1)) : STR_NULL;
}

static Headers take_headers(BufReader *r, uint64_t count, Arena *a)
{
    if (count == 0)
        return (Headers){0};
    if (count > LIMIT_HEADERS || count > (size_t)(r->end - r->at) / 2) {
        r->bad = 1;
        return (Headers){0};
    }
    Header *items = ARENA_ARRAY(a, Header, count);
    for (uint64_t i = 0; i < count; i++) {
        items[i].key = buf_take_bytes(r);
        items[i].value = take_part(r, buf_take_varint(r));
    }
    return (Headers){items, (int)count};
}

/* One record, its length already taken: `r` holds exactly its bytes. */
static bool take_record(BlockCursor *c, BufReader *r, Arena *a, LogRecord *out)
{
    uint64_t key = buf_take_varint(r);
    uint64_t value = buf_take_varint(r);
    c->time = plus(c->time, buf_take_zigzag(r));
    c->arrival = plus(c->arrival, (int64_t)buf_take_varint(r));
    uint64_t headers = buf_take_varint(r);

    if (r->bad || key > LIMIT_RECORD_BYTES + 1u || value > LIMIT_RECORD_BYTES + 1u)
        return false;
    out->key = take_part(r, key);
    out->value = take_part(r, value);
    out->headers = take_headers(r, headers, a);
    out->time = c->time;
    out->arrival = (uint64_t)c->arrival;
    out->offset = c->offset++;
    c->left--;
    return !r->bad && r->at == r->end;
}

/* How far `rows` records, or as many as fit into `max_bytes`, reach. False: not a block. */
static bool measure(const BlockCursor *c, int max_rows, size_t max_bytes, int *rows, size_t *bytes)
{
    BufReader r = reader_at(c);
    const uint8_t *start = r.at;

    for (*rows = 0; *rows < max_rows && *rows < c->left; (*rows)++) {
        BufReader next = r;
        buf_take(&next, (size_t)buf_take_varint(&next));
        if (next.bad)
            return false;
        if (*rows > 0 && (size_t)(next.at - start) > max_bytes)
            break;
        r = next;
    }
    *bytes = (size_t)(r.at - start);
    /* The last record of a block ends where the block ends. */
    return *rows < c->left || r.at == r.end;
}

int cursor_take(BlockCursor *c, int max_rows, size_t max_bytes, Arena *a, LogRecord *out,
                size_t *bytes)
{
    int rows;
    if (!measure(c, max_rows, max_bytes, &rows, bytes))
        return -1;
    char *copy = arena_alloc(a, *bytes + JSON_SLACK_BYTES);
    memcpy(copy, c->bytes.ptr + c->at, *bytes);
    memset(copy + *bytes, 0, JSON_SLACK_BYTES);

    BufReader r = buf_reader(str_make(copy, *bytes));
    for (int i = 0; i < rows; i++) {
        uint64_t n = buf_take_varint(&r);
        BufReader record = {r.at, r.at + n, 0};
        if (!take_record(c, &record, a, &out[i]))
            return -1;
        r.at += n;
    }
    c->at += *bytes;
    return rows;
}

bool cursor_skip_to(BlockCursor *c, int64_t offset)
{
    BufReader r = reader_at(c);
    while (c->left > 0 && c->offset < offset) {
        uint64_t n = buf_take_varint(&r);
        BufReader record = {r.at, r.end, 0};
        buf_take(&r, (size_t)n);
        if (r.bad)
            return false;
        record.end = r.at;
        buf_take_varint(&record);
        buf_take_varint(&record);
        c->time = plus(c->time, buf_take_zigzag(&record));
        c->arrival = plus(c->arrival, (int64_t)buf_take_varint(&record));
        if (record.bad)
            return false;
        c->offset++;
        c->left--;
    }
    c->at = c->bytes.len - (size_t)(r.end - r.at);
    return true;
}
