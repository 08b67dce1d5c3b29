/* buf.c: a growable row of bytes, and a checked reader over bytes from outside.
 *
 * Owns the bytes of a Buf until buf_fini. Limits on content are the callers' business; a Buf past
 * 4 GiB is a bug, because a Str could not name it, and ends the process. */
#include "base/buf.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

void buf_init(Buf *b)
{
    *b = (Buf){0};
}

void buf_fini(Buf *b)
{
    mem_free(b->ptr);
    *b = (Buf){0};
}

char *buf_reserve(Buf *b, size_t n)
{
    if (n > b->cap - b->len) {
        if (n > UINT32_MAX || b->len + n > UINT32_MAX)
            mem_die("a buffer grew past 4 GiB", n);
        size_t cap = b->cap ? b->cap + b->cap / 2 : 64;
        if (cap < b->len + n)
            cap = b->len + n;
        b->ptr = mem_realloc(b->ptr, cap);
        b->cap = cap;
    }
    return b->ptr ? b->ptr + b->len : NULL;
}

void buf_put(Buf *b, const void *p, size_t n)
{
    if (n == 0)
        return;
    memcpy(buf_reserve(b, n), p, n);
    b->len += n;
}

void buf_puts(Buf *b, const char *z)
{
    buf_put(b, z, strlen(z));
}

void buf_putc(Buf *b, char c)
{
    *buf_reserve(b, 1) = c;
    b->len++;
}

void buf_printf(Buf *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    size_t room = b->cap - b->len;
    int n = vsnprintf(room ? b->ptr + b->len : NULL, room, fmt, args);
    if (n > 0 && (size_t)n >= room) {
        buf_reserve(b, (size_t)n + 1);
        vsnprintf(b->ptr + b->len, (size_t)n + 1, fmt, again);
    }
    if (n > 0)
        b->len += (size_t)n;
    va_end(again);
    va_end(args);
}

const char *buf_cstr(Buf *b)
{
    *buf_reserve(b, 1) = '\0';
    return b->ptr;
}

void buf_put_varint(Buf *b, uint64_t v)
{
    char *at = buf_reserve(b, 10);
    size_t n = 0;
    for (; v >= 0x80; v >>= 7)
        at[n++] = (char)(v | 0x80);
    at[n++] = (char)v;
    b->len += n;
}

void buf_put_zigzag(Buf *b, int64_t v)
{
    buf_put_varint(b, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

void buf_put_u64(Buf *b, uint64_t v)
{
    v = htole64(v);
    buf_put(b, &v, 8);
}

void buf_put_bytes(Buf *b, Str s)
{
    buf_put_varint(b, s.len);
    buf_put(b, s.ptr, s.len);
}

/* ---- reading ------------------------------------------------------------------------------------
 */

static uint64_t fail(BufReader *r)
{
    r->bad = 1;
    r->at = r->end;
    return 0;
}

uint64_t buf_take_varint(BufReader *r)
{
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (r->bad || r->at == r->end)
            return fail(r);
        uint8_t byte = *r->at++;
        if (shift == 63 && byte > 1)
            return fail(r); /* past 64 bits */
        v |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return v;
    }
    return fail(r);
}

int64_t buf_take_zigzag(BufReader *r)
{
    uint64_t v = buf_take_varint(r);
    return (int64_t)((v >> 1) ^ (0 - (v & 1)));
}

uint64_t buf_take_u64(BufReader *r)
{
    uint64_t v;
    if (r->bad || (size_t)(r->end - r->at) < 8)
        return fail(r);
    memcpy(&v, r->at, 8);
    r->at += 8;
    return le64toh(v);
}

Str buf_take(BufReader *r, size_t n)
{
    if (r->bad || n > (size_t)(r->end - r->at) || n > UINT32_MAX) {
        fail(r);
        return STR_NULL;
    }
    Str s = str_make(n ? (const void *)r->at : "", n);
    r->at += n;
    return s;
}

Str buf_take_bytes(BufReader *r)
{
    uint64_t n = buf_take_varint(r);
    if (r->bad)
        return STR_NULL;
    return buf_take(r, n);
}
