/* mem.h: heap memory that does not fail.
 *
 * Sizes that come from outside are checked against base/limits.h before they get here; when even a
 * small allocation fails the process ends at once with one line on stderr, which is safe because
 * every state is crash-safe. The caller owns what it gets and gives it to mem_free. Any thread. */
#ifndef OXBOW_BASE_MEM_H
#define OXBOW_BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t bytes);  /* not zeroed; never NULL */
void *mem_zalloc(size_t bytes); /* zeroed */
void *mem_realloc(void *p, size_t bytes);
void mem_free(void *p); /* NULL is fine */
#define MEM_NEW(T) ((T *)mem_zalloc(sizeof(T)))

/* End the process: `what` says which size got out of hand. */
_Noreturn void mem_die(const char *what, size_t bytes);

#endif
