/* arena.h: memory with one lifetime.
 *
 * Four lifetimes exist (src/README.md, "Memory"): statement, query, batch, and shared immutable
 * objects. The first three are arenas. An arena belongs to one thread. Memory from an arena is
 * never freed by itself; arena_reset keeps the chunks for the next round. Small sizes cannot fail
 * (out of memory ends the process; state is crash-safe). Hostile builds poison on reset. */
#ifndef OXBOW_BASE_ARENA_H
#define OXBOW_BASE_ARENA_H

#include <stddef.h>

#include "base/str.h"

typedef struct ArenaChunk ArenaChunk;

typedef struct Arena {
    ArenaChunk *first, *current; /* private */
    char *at, *end;
    size_t chunk_bytes;
    size_t used_bytes; /* handed out since the last reset */
} Arena;

void arena_init(Arena *a, size_t chunk_bytes); /* 0: a default */
void arena_fini(Arena *a);
void arena_reset(Arena *a);

/* 16-byte aligned, not zeroed / zeroed. Never NULL. */
void *arena_alloc(Arena *a, size_t bytes);
void *arena_zalloc(Arena *a, size_t bytes);
#define ARENA_NEW(a, T) ((T *)arena_zalloc((a), sizeof(T)))
#define ARENA_ARRAY(a, T, n) ((T *)arena_zalloc((a), sizeof(T) * (size_t)(n)))

/* Copies with a NUL behind them. arena_str keeps STR_NULL as STR_NULL. */
char *arena_strndup(Arena *a, const char *p, size_t n);
Str arena_str(Arena *a, Str s);
char *arena_printf(Arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
