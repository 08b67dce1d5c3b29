/* str.c: order, equality and hash of byte strings.
 *
 * Owns nothing. Text as Unicode is utf8.c's. */
#include "base/str.h"

#include <endian.h>
#include <stddef.h>

#ifdef OXBOW_HOSTILE
#include <pthread.h>
#include <sys/random.h>
#endif

int str_cmp(Str a, Str b)
{
    uint32_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.ptr, b.ptr, n) : 0;
    if (c)
        return c < 0 ? -1 : 1;
    return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

static inline unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

bool str_eq_nocase(Str a, Str b)
{
    if (a.len != b.len)
        return false;
    for (uint32_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    }
    return true;
}

/* ---- hash
 * ---------------------------------------------------------------------------------------- Two
 * 64-bit lanes a step, each folded in by a 64x64 -> 128-bit multiplication whose halves are xored.
 * Not meant to withstand somebody who chooses keys to collide. Constants: odd words of the binary
 * expansion of pi. */
static const uint64_t word_a = 0x243f6a8885a308d3u, word_b = 0x13198a2e03707345u,
                      word_c = 0xa4093822299f31d1u;

#ifdef OXBOW_HOSTILE
static uint64_t salt_value;
static void salt_make(void)
{
    if (getrandom(&salt_value, sizeof salt_value, 0) != sizeof salt_value)
        salt_value = word_c;
}
static uint64_t salt(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, salt_make);
    return salt_value;
}
#else
static inline uint64_t salt(void)
{
    return 0;
}
#endif

static inline uint64_t fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t read8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return le64toh(v);
}

static inline uint64_t read4(const char *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return le32toh(v);
}

uint64_t str_hash(Str s)
{
    const char *p = s.ptr;
    size_t n = s.len;
    uint64_t h = word_c ^ salt(), a = 0, b = 0;
    while (n > 16) {
        h = fold(read8(p) ^ word_a ^ h, read8(p + 8) ^ word_b) + h;
        p += 16;
        n -= 16;
    }
    /* The rest, 0 to 16 bytes: two reads that may overlap, so no byte is read alone past 3. */
    if (n >= 8) {
        a = read8(p);
        b = read8(p + n - 8);
    } else if (n >= 4) {
        a = read4(p);
        b = read4(p + n - 4);
    } else if (n > 0) {
        a = (uint64_t)(uint8_t)p[0] << 16 | (uint64_t)(uint8_t)p[n >> 1] << 8 | (uint8_t)p[n - 1];
    }
    h = fold(a ^ word_a ^ h, b ^ word_b) + h;
    return fold(h ^ s.len, word_c);
}
