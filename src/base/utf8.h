/* utf8.h: text as Unicode, and text made safe for a terminal. No allocation, any thread. */
#ifndef OXBOW_BASE_UTF8_H
#define OXBOW_BASE_UTF8_H

#include "base/buf.h"
#include "base/str.h"

/* Strict: no overlong forms, no surrogates, no code points past U+10FFFF. */
bool utf8_valid(Str s);
/* Code point at s[*at], advancing *at; -1 (and one byte forward) where the bytes are not UTF-8. */
int32_t utf8_next(Str s, uint32_t *at);
void utf8_put(Buf *b, uint32_t code_point);
/* Length in UTF-16 code units, as LEN counts it. */
int64_t utf8_utf16_units(Str s);
/* Order by UTF-16 code unit, as the dialect compares strings (statements 2.1). */
int utf8_cmp_utf16(Str a, Str b);
/* Terminal columns that a code point takes: 0 combining, 1, or 2 wide. */
int utf8_columns(int32_t code_point);

/* Text for a terminal: C0, DEL, C1, invalid bytes and bidirectional controls are escaped as \xNN or
 * \u{NNNN}; newline and tab pass only when `keep_lines`. */
void utf8_put_safe(Buf *b, Str s, bool keep_lines);

#endif
