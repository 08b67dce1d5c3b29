/* mem.c: heap memory that does not fail.
 *
 * Owns the one place where the process dies for want of memory. Arenas (arena.c) and buffers
 * (buf.c) stand on it; limits on what comes from outside are their callers' business. */
#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* abort, not exit: nothing that runs at exit can be trusted without memory, and a core file names
 * the culprit. */
_Noreturn void mem_die(const char *what, size_t bytes)
{
    fprintf(stderr, "oxbow: %s (%zu bytes)\n", what, bytes);
    abort();
}

void *mem_alloc(size_t bytes)
{
    void *p = malloc(bytes ? bytes : 1);
    if (!p)
        mem_die("out of memory", bytes);
    return p;
}

void *mem_zalloc(size_t bytes)
{
    void *p = calloc(1, bytes ? bytes : 1);
    if (!p)
        mem_die("out of memory", bytes);
    return p;
}

void *mem_realloc(void *p, size_t bytes)
{
    void *q = realloc(p, bytes ? bytes : 1);
    if (!q)
        mem_die("out of memory", bytes);
    return q;
}

void mem_free(void *p)
{
    free(p);
}
