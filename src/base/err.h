/* err.h: the one shape in which anything goes wrong.
 *
 * A function that can fail returns Rc (0 is success, otherwise an ErrCode) and takes `Err *err`
 * as its last parameter. The Err is the caller's memory, lives on a stack, never allocates, and is
 * written only on failure. The kind says what happens next, and each kind is handled in exactly one
 * place (see src/README.md, "Errors"); the code says what it was, the span where in the SQL text.
 *
 * Threads: an Err belongs to one thread; copy it (plain assignment) to hand it over. */
#ifndef OXBOW_BASE_ERR_H
#define OXBOW_BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>

typedef int Rc;

enum { ERR_TEXT_BYTES = 4096 };

typedef enum ErrKind {
    ERR_KIND_NONE,
    ERR_KIND_USER,  /* the statement is wrong: the shell prints line, caret, hint */
    ERR_KIND_DATA,  /* one record is bad: counted, kept in the ledger, the task goes on */
    ERR_KIND_RETRY, /* the world hiccuped: back off, same position */
    ERR_KIND_ABORT, /* this commit interval cannot stand: rewind to the last commit */
    ERR_KIND_FATAL, /* this query (or the process's log) is finished, its reason visible */
    ERR_KIND_COUNT
} ErrKind;

typedef enum ErrCode {
    ERR_NONE,
    ERR_SYNTAX,      /* the text does not parse                  (ParseFailedException) */
    ERR_STATEMENT,   /* a statement is refused                   (KsqlStatementException) */
    ERR_GENERIC,     /* refused, without the statement's text    (KsqlException) */
    ERR_RUNTIME,     /* a running query died                     (StreamsException) */
    ERR_NOT_BUILT,   /* "not built yet: X": parses, does not run */
    ERR_EVAL,        /* one value cannot be computed (division by zero, bad cast) */
    ERR_DECODE,      /* bytes do not decode into the declared columns */
    ERR_LIMIT,       /* a limit of base/limits.h */
    ERR_IO,          /* log, file or output cannot be reached or written */
    ERR_BUSY,        /* somebody else holds it */
    ERR_CORRUPT,     /* a file or record is not what it should be */
    ERR_NOT_FOUND,   /* a topic, partition or object that should be there is not */
    ERR_EXISTS,
    ERR_INTERRUPTED, /* cancelled by the user */
    ERR_USAGE,       /* wrong command line */
    ERR_FENCED,      /* another process has taken over */
    ERR_UNKNOWN,     /* outcome of a commit unknown */
    ERR_CODE_COUNT
} ErrCode;

/* Bytes [begin, end) of the statement text; begin < 0 means "nowhere in particular". */
typedef struct Span {
    int begin, end;
} Span;

#define SPAN_NONE ((Span){-1, -1})

typedef struct Err {
    ErrKind kind;
    ErrCode code;
    Span span;
    bool cut;                  /* text did not fit and was shortened */
    char text[ERR_TEXT_BYTES]; /* one message, UTF-8, NUL-terminated, may hold newlines */
} Err;

#define ERR_INIT ((Err){.span = {-1, -1}})

/* Fill *err (may be NULL) and return `code`, so that `return err_set(...)` reads well. */
Rc err_set(Err *err, ErrKind kind, ErrCode code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* A user error at a place in the statement. */
Rc err_at(Err *err, ErrCode code, Span span, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* "not built yet: <what>", the one error that `oxbow test` counts as a skip. */
Rc err_not_built(Err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Put text before the message that is already there. */
void err_prefix(Err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void err_clear(Err *err);

const char *err_kind_name(ErrKind kind);
const char *err_code_name(ErrCode code);

#endif
