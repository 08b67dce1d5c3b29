/* json.h: JSON text into a flat row of tokens; the one door to simdjson (json.cc).
 *
 * The whole text is validated (RFC 8259, UTF-8, depth and digit limits of base/limits.h), whether
 * or not a value is used. Numbers keep their literal text and carry a parsed value besides. Strings
 * without escapes point into the input; others into the parser's own buffer.
 *
 * Ownership: tokens and strings live until the next call with the same parser, or its end; and the
 * input must live as long. The input must have JSON_SLACK_BYTES readable bytes behind it (their
 * content does not matter). A parser belongs to one thread. */
#ifndef OXBOW_BASE_JSON_H
#define OXBOW_BASE_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    JSON_SLACK_BYTES = 64,
    JSON_PLACES_MAX = 8 << 20 /* structural characters, strings and scalars of one text */
};

typedef enum JsonKind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_INT,    /* fits int64: `i64` is set */
    JSON_NUMBER, /* any other: `f64` is the nearest double (may be infinite), the text is exact */
    JSON_STRING, /* `text` is the unescaped string */
    JSON_ARRAY,  /* elements follow; `count` of them */
    JSON_OBJECT, /* pairs follow: a JSON_STRING token, then the value; `count` of pairs */
    JSON_KIND_COUNT
} JsonKind;

typedef struct JsonToken {
    uint8_t kind;
    uint32_t count; /* of an array or object */
    uint32_t next;  /* index of the first token behind this value */
    union {
        int64_t i64;
        double f64;
    };
    Str text; /* number, null, true, false: literal; string: content; array, object: raw text */
} JsonToken;

typedef struct JsonParser JsonParser;

JsonParser *json_new(void);
void json_free(JsonParser *p);

/* Parse one JSON value (blanks around it allowed, nothing else). On success *tokens has *count
 * entries, the root first. Fails with kind DATA, code ERR_DECODE or ERR_LIMIT. */
Rc json_parse(JsonParser *p, Str input, const JsonToken **tokens, uint32_t *count, Err *err);

#ifdef __cplusplus
}
#endif

#endif
