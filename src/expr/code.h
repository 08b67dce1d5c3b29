/* code.h: reading stored text: the cursor that types and expressions share. Private to src/expr. */
#ifndef OXBOW_EXPR_CODE_H
#define OXBOW_EXPR_CODE_H

#include "expr/expr_int.h"

/* A place in a text from a file; strings are copied into the arena, so the text may go. After the
 * first failure `bad` says why, and everything else is void. */
typedef struct Reader {
    Arena *a;
    Str text;
    uint32_t at;
    int depth;
    const char *bad;
} Reader;

bool read_fail(Reader *r, const char *why); /* false */
void read_blanks(Reader *r);
bool read_char(Reader *r, char c);   /* takes c if it is next, after blanks */
bool read_expect(Reader *r, char c); /* fails if it is not */
Str read_word(Reader *r);            /* letters, digits, _ + - . ; borrowed, may be empty */
bool read_int(Reader *r, int64_t *out);
bool read_quoted(Reader *r, Str *out); /* "..." as write_quoted writes it */
void write_quoted(Buf *out, Str s);    /* any bytes */
Rc read_result(const Reader *r, const char *what, Err *err);

bool read_type(Reader *r, const Type **out); /* canonical spelling (code_type.c) */

#endif
