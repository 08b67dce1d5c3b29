/* str.h: a piece of text or bytes that somebody else owns.
 *
 * A Str never owns: its comment at the place of use says how long the bytes live. `ptr == NULL`
 * is "absent" (SQL NULL, no key), which differs from a present empty string (ptr != NULL, len 0).
 */
#ifndef OXBOW_BASE_STR_H
#define OXBOW_BASE_STR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef struct Str {
    const char *ptr;
    uint32_t len;
} Str;

#define STR_NULL ((Str){NULL, 0})
#define STR_LIT(s) ((Str){(s), (uint32_t)(sizeof(s) - 1)})
/* For printf("%.*s", STR_ARG(s)). */
#define STR_ARG(s) (int)(s).len, ((s).ptr ? (s).ptr : "")

static inline Str str_of(const char *z)
{
    return (Str){z, z ? (uint32_t)strlen(z) : 0};
}
static inline Str str_make(const void *p, size_t n)
{
    return (Str){(const char *)p, (uint32_t)n};
}
static inline bool str_eq(Str a, Str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
/* Unsigned byte order, shorter first on a tie: the order of keys. */
int str_cmp(Str a, Str b);
/* ASCII case-insensitive equality. */
bool str_eq_nocase(Str a, Str b);
/* 64-bit hash, the same on every machine and in every run unless the hostile build shuffles it. */
uint64_t str_hash(Str s);

#endif
