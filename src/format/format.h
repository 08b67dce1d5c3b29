/* format.h: bytes <-> columns. One Format struct per format, one array of them (format.c).
 *
 * A Codec is a format bound to the columns of one side (key or value) of one schema. Every declared
 * column is checked and the text validated, whether it is used or not; only columns with storage in
 * the target batch are materialised (statements.md 11.13, 12).
 *
 * Codecs have scratch memory: each belongs to one thread; make one per task. */
#ifndef OXBOW_FORMAT_FORMAT_H
#define OXBOW_FORMAT_FORMAT_H

#include "type/batch.h"

typedef struct Format Format;
typedef struct Codec Codec;

typedef struct FormatSpec { /* what WITH says about one side */
    const Format *format;
    Str delimiter;  /* DELIMITED; STR_NULL: the default */
    bool unwrapped; /* WRAP_SINGLE_VALUE = false, or a single key column */
} FormatSpec;

struct Format {
    const char *name;   /* as SQL spells it: JSON, KAFKA, DELIMITED, NONE, ... */
    const char *help;
    bool key, value;    /* may serve as key / value format */
    bool multi_key;
    bool wraps, unwraps; /* WRAP_SINGLE_VALUE = true / false possible */
    /* NULL: built. Else the error "not built yet: <text>". */
    const char *not_built;
    /* Check the columns: a user error with the phrases of statements.md 16.5, the reason alone. */
    Rc (*check)(const FormatSpec *spec, const SchemaColumn *cols, int count, bool is_key, Err *err);
    Rc (*open)(Codec *c, Err *err);
    void (*close)(Codec *c);
    /* One message part that is not NULL, with JSON_SLACK_BYTES readable bytes behind it, into row
     * `row` of cols[0..count): kind DATA error when it does not decode. Strings may point into the
     * bytes or into `a`. Absent columns become NULL. Columns without storage are checked only.
     * *is_null is set when the bytes stand for "no row" (an unwrapped JSON null). */
    Rc (*decode)(Codec *c, Str bytes, Column *cols, int row, Arena *a, bool *is_null, Err *err);
    /* Append the bytes of row `row`. *is_null: the part is NULL (an unwrapped NULL, no key). Fails
     * with kind DATA when a value cannot be written. */
    Rc (*encode)(Codec *c, const Column *cols, int row, Buf *out, bool *is_null, Err *err);
};

struct Codec {
    const Format *format;
    FormatSpec spec;
    const SchemaColumn *columns; /* the columns of this side, borrowed from the schema */
    int count;
    bool is_key;
    void *state; /* the format's own */
};

extern const Format *const format_table[]; /* NULL-terminated; SHOW and WITH look here */
const Format *format_find(Str name);       /* any case; NULL if unknown */

/* `cols` must outlive the codec. */
Rc codec_open(const FormatSpec *spec, const SchemaColumn *cols, int count, bool is_key, Codec **out,
              Err *err);
void codec_close(Codec *c);

#endif
