/* number_text.h: a number's text taken apart, so that it can become an integer or a DECIMAL without
 * going through a double.
 *
 * The value is 0.d1d2...dn times ten to the `point`, without zeros at either end of the digits.
 * It points into the text it was taken from. Any thread. */
#ifndef OXBOW_FORMAT_NUMBER_TEXT_H
#define OXBOW_FORMAT_NUMBER_TEXT_H

#include "base/limits.h"
#include "type/value.h"

typedef struct NumberText {
    const char *first; /* the first digit that counts, in the text taken; a '.' may follow */
    int64_t count;     /* of digits from there; 0: the number is zero */
    int64_t point;
    bool negative;
    bool integral; /* written without point and exponent */
} NumberText;

/* [sign] digits [. digits] [e [sign] digits], with a digit on one side of the point at least; false
 * when the text is anything else, or has more than LIMIT_NUMBER_DIGITS digits. */
bool number_text_take(Str s, NumberText *out);
/* The integer towards zero; false when it does not fit. */
bool number_text_i64(const NumberText *n, int64_t *out);
/* Exactly this value, unscaled; false when it has more digits than the type on either side of the
 * point. precision <= 38. */
bool number_text_decimal(const NumberText *n, int precision, int scale, Int128 *out);

#endif
