/* buf.h: a growable row of bytes, the one way text and records are built.
 *
 * The caller owns the Buf (init/fini) and may take its bytes. Growth cannot fail for small sizes;
 * what comes from outside is checked against base/limits.h before it gets here. */
#ifndef OXBOW_BASE_BUF_H
#define OXBOW_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

typedef struct Buf {
    char *ptr;
    size_t len, cap;
} Buf;

void buf_init(Buf *b);
void buf_fini(Buf *b);
static inline void buf_reset(Buf *b) { b->len = 0; }
/* Room for n more bytes; returns where they go (len is not advanced). */
char *buf_reserve(Buf *b, size_t n);

void buf_put(Buf *b, const void *p, size_t n);
static inline void buf_put_str(Buf *b, Str s) { buf_put(b, s.ptr, s.len); }
void buf_puts(Buf *b, const char *z);
void buf_putc(Buf *b, char c);
void buf_printf(Buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline Str buf_str(const Buf *b) { return (Str){b->ptr ? b->ptr : "", (uint32_t)b->len}; }
/* NUL-terminated view; valid until the next call. */
const char *buf_cstr(Buf *b);

/* Integers in our own records: LEB128 for lengths, zigzag for signed, 8 bytes little-endian. */
void buf_put_varint(Buf *b, uint64_t v);
void buf_put_zigzag(Buf *b, int64_t v);
void buf_put_u64(Buf *b, uint64_t v);
void buf_put_bytes(Buf *b, Str s); /* varint length, then the bytes */

/* A reader over bytes from outside: every take checks the bound; after a failure `bad` is set, all
 * later takes give zero, and the caller looks at `bad` once at the end. */
typedef struct BufReader {
    const uint8_t *at, *end;
    int bad;
} BufReader;

static inline BufReader buf_reader(Str s)
{
    return (BufReader){(const uint8_t *)s.ptr, (const uint8_t *)s.ptr + s.len, 0};
}
uint64_t buf_take_varint(BufReader *r);
int64_t buf_take_zigzag(BufReader *r);
uint64_t buf_take_u64(BufReader *r);
Str buf_take_bytes(BufReader *r); /* points into the input */
Str buf_take(BufReader *r, size_t n);

#endif
