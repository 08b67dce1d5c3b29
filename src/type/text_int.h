/* text_int.h: what the files text_*.c share. */
#ifndef OXBOW_TYPE_TEXT_INT_H
#define OXBOW_TYPE_TEXT_INT_H

#include <stdint.h>

#include "base/str.h"

enum { POW10_MIN = -292, POW10_MAX = 324, POW10_COUNT = POW10_MAX - POW10_MIN + 1 };

extern const uint64_t text_pow10[POW10_COUNT][2];

/* Without the characters up to U+0020 at both ends, as the dialect trims before it reads numbers.
 */
Str text_trim(Str s);

#endif
