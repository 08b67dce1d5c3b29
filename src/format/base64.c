/* base64.c: bytes as base64 text and back, for the text formats.
 *
 * Owns nothing; what may be decoded, and how long it may be, is the caller's business. */
#include "format/format_int.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_put(Buf *out, Str bytes)
{
    const uint8_t *in = (const uint8_t *)bytes.ptr, *end = in + bytes.len;
    char *at = buf_reserve(out, ((size_t)bytes.len + 2) / 3 * 4 + 1);
    char *start = at;
    for (; end - in >= 3; in += 3, at += 4) {
        uint32_t w = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        at[0] = digits[w >> 18];
        at[1] = digits[w >> 12 & 63];
        at[2] = digits[w >> 6 & 63];
        at[3] = digits[w & 63];
    }
    if (end - in > 0) {
        bool two = end - in == 2;
        uint32_t w = (uint32_t)in[0] << 16 | (two ? (uint32_t)in[1] << 8 : 0);
        at[0] = digits[w >> 18];
        at[1] = digits[w >> 12 & 63];
        at[2] = two ? digits[w >> 6 & 63] : '=';
        at[3] = '=';
        at += 4;
    }
    out->len += (size_t)(at - start);
}

static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_take(Str text, char *out, uint32_t *len)
{
    uint32_t n = text.len, have = 0, made = 0, pending = 0;
    if (n % 4 == 0) /* padding belongs to a whole group of four and nowhere else */
        for (int i = 0; i < 2 && n && text.ptr[n - 1] == '='; i++)
            n--;
    if (n % 4 == 1)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        int d = digit_value(text.ptr[i]);
        if (d < 0)
            return false;
        pending = pending << 6 | (uint32_t)d;
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        if (out)
            out[made] = (char)(pending >> have);
        made++;
        pending &= (1u << have) - 1;
    }
    *len = made;
    return true;
}
