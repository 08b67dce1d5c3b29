/* arena.c: chunks of memory that are given back together.
 *
 * Owns the chunks: one list in which everything up to and including `current` is in use and what
 * stands behind it is free. So a reset is one pointer, and a large piece, put in front of the list,
 * does not disturb the filling of the current chunk. What an arena is for, and how long it lives,
 * is its owner's business. Under AddressSanitizer every byte that was not handed out is poisoned.
 */
#include "base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

enum {
    CHUNK_BYTES_DEFAULT = 16 << 10,
    /* A reset keeps this much; the rest goes back, or one huge record would be paid for for ever.
     */
    KEEP_BYTES_MAX = 16 << 20,
    POISON_BYTE = 0xA5,
};

struct ArenaChunk {
    ArenaChunk *next;
    size_t bytes; /* of data */
    _Alignas(16) char data[];
};

static ArenaChunk *chunk_new(size_t bytes)
{
    if (bytes > SIZE_MAX / 2)
        mem_die("out of memory", bytes);
    ArenaChunk *c = mem_alloc(sizeof *c + bytes);
    c->next = NULL;
    c->bytes = bytes;
    POISON(c->data, c->bytes);
    return c;
}

static void chunk_free(ArenaChunk *c)
{
    UNPOISON(c->data, c->bytes);
    mem_free(c);
}

void arena_init(Arena *a, size_t chunk_bytes)
{
    *a = (Arena){.chunk_bytes =
                     chunk_bytes ? (chunk_bytes + 15) & ~(size_t)15 : CHUNK_BYTES_DEFAULT};
}

void arena_fini(Arena *a)
{
    for (ArenaChunk *c = a->first, *next; c; c = next) {
        next = c->next;
        chunk_free(c);
    }
    *a = (Arena){.chunk_bytes = a->chunk_bytes};
}

static void use_chunk(Arena *a, ArenaChunk *c)
{
    a->current = c;
    a->at = c->data;
    a->end = c->data + c->bytes;
}

void arena_reset(Arena *a)
{
    size_t kept = 0;
    for (ArenaChunk **link = &a->first; *link;) {
        ArenaChunk *c = *link;
        if (kept + c->bytes > KEEP_BYTES_MAX) {
            *link = c->next;
            chunk_free(c);
            continue;
        }
        kept += c->bytes;
        link = &c->next;
#ifdef OXBOW_HOSTILE
        UNPOISON(c->data, c->bytes);
        memset(c->data, POISON_BYTE, c->bytes);
#endif
        POISON(c->data, c->bytes);
    }
    a->used_bytes = 0;
    a->current = NULL;
    a->at = a->end = NULL;
    if (a->first)
        use_chunk(a, a->first);
}

/* Take a free chunk of at least `bytes` out of the list, or make one of `fresh` bytes. */
static ArenaChunk *take_chunk(Arena *a, size_t bytes, size_t fresh)
{
    ArenaChunk **link = a->current ? &a->current->next : &a->first;
    for (; *link; link = &(*link)->next) {
        ArenaChunk *c = *link;
        if (c->bytes >= bytes) {
            *link = c->next;
            return c;
        }
    }
    return chunk_new(fresh);
}

/* The slow half of arena_alloc; `bytes` is a multiple of 16. */
static void *alloc_in_new_chunk(Arena *a, size_t bytes)
{
    if (bytes > a->chunk_bytes / 4 && a->current) {
        ArenaChunk *own = take_chunk(a, bytes, bytes);
        own->next = a->first;
        a->first = own;
        return own->data;
    }
    ArenaChunk *c = take_chunk(a, bytes, bytes > a->chunk_bytes ? bytes : a->chunk_bytes);
    ArenaChunk **link = a->current ? &a->current->next : &a->first;
    c->next = *link;
    *link = c;
    use_chunk(a, c);
    void *p = a->at;
    a->at += bytes;
    return p;
}

void *arena_alloc(Arena *a, size_t bytes)
{
    assert(a->chunk_bytes); /* arena_init was called */
    if (bytes > SIZE_MAX / 2)
        mem_die("out of memory", bytes);
    size_t rounded = bytes ? (bytes + 15) & ~(size_t)15 : 16;
    void *p;
    if (rounded <= (size_t)(a->end - a->at)) {
        p = a->at;
        a->at += rounded;
    } else {
        p = alloc_in_new_chunk(a, rounded);
    }
    a->used_bytes += rounded;
    UNPOISON(p, bytes);
    return p;
}

void *arena_zalloc(Arena *a, size_t bytes)
{
    void *p = arena_alloc(a, bytes);
    memset(p, 0, bytes);
    return p;
}

char *arena_strndup(Arena *a, const char *p, size_t n)
{
    char *copy = arena_alloc(a, n + 1);
    if (n)
        memcpy(copy, p, n);
    copy[n] = '\0';
    return copy;
}

Str arena_str(Arena *a, Str s)
{
    if (!s.ptr)
        return STR_NULL;
    return (Str){arena_strndup(a, s.ptr, s.len), s.len};
}

char *arena_printf(Arena *a, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    size_t bytes = n > 0 ? (size_t)n + 1 : 1;
    char *text = arena_zalloc(a, bytes);
    if (n > 0)
        vsnprintf(text, bytes, fmt, again);
    va_end(again);
    va_end(args);
    return text;
}
