/* err.c: filling an Err, cutting it to size, and the names of kinds and codes.
 *
 * Owns nothing: the Err is the caller's. Printing an error with line and caret is the shell's. */
#include "base/err.h"

#include <stdio.h>
#include <string.h>

static const char *const kind_names[ERR_KIND_COUNT] = {
    [ERR_KIND_NONE] = "none",   [ERR_KIND_USER] = "user",   [ERR_KIND_DATA] = "data",
    [ERR_KIND_RETRY] = "retry", [ERR_KIND_ABORT] = "abort", [ERR_KIND_FATAL] = "fatal",
};

static const char *const code_names[ERR_CODE_COUNT] = {
    [ERR_NONE] = "none",
    [ERR_SYNTAX] = "syntax",
    [ERR_STATEMENT] = "statement",
    [ERR_GENERIC] = "generic",
    [ERR_RUNTIME] = "runtime",
    [ERR_NOT_BUILT] = "not built",
    [ERR_EVAL] = "eval",
    [ERR_DECODE] = "decode",
    [ERR_LIMIT] = "limit",
    [ERR_IO] = "io",
    [ERR_BUSY] = "busy",
    [ERR_CORRUPT] = "corrupt",
    [ERR_NOT_FOUND] = "not found",
    [ERR_EXISTS] = "exists",
    [ERR_INTERRUPTED] = "interrupted",
    [ERR_USAGE] = "usage",
    [ERR_FENCED] = "fenced",
    [ERR_UNKNOWN] = "unknown",
};

/* Where a text of `len` bytes may be cut so that no UTF-8 sequence is split. */
static size_t cut_at(const char *text, size_t len)
{
    size_t n = len;
    while (n > 0 && len - n < 4 && ((unsigned char)text[n] & 0xC0) == 0x80)
        n--;
    return n;
}

/* Write `head` and then `tail` into err->text, marking a cut. Both may lie anywhere but in err. */
static void fill(Err *err, const char *head, size_t head_len, const char *tail, size_t tail_len)
{
    const size_t room = ERR_TEXT_BYTES - 1;
    if (head_len > room) {
        head_len = cut_at(head, room);
        tail_len = 0;
        err->cut = true;
    }
    if (tail_len > room - head_len) {
        tail_len = cut_at(tail, room - head_len);
        err->cut = true;
    }
    memcpy(err->text, head, head_len);
    memcpy(err->text + head_len, tail, tail_len);
    err->text[head_len + tail_len] = '\0';
}

__attribute__((format(printf, 6, 0))) static Rc set_v(Err *err, ErrKind kind, ErrCode code,
                                                      Span span, const char *prefix,
                                                      const char *fmt, va_list args)
{
    if (!err)
        return code;
    /* A buffer besides, so that the old text may be among the arguments; one byte longer, so that
     * a text which just does not fit is seen as such. */
    char text[ERR_TEXT_BYTES + 1];
    int n = vsnprintf(text, sizeof text, fmt, args);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    err->kind = kind;
    err->code = code;
    err->span = span;
    err->cut = false;
    fill(err, prefix, strlen(prefix), text, len);
    return code;
}

Rc err_set(Err *err, ErrKind kind, ErrCode code, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    Rc rc = set_v(err, kind, code, SPAN_NONE, "", fmt, args);
    va_end(args);
    return rc;
}

Rc err_at(Err *err, ErrCode code, Span span, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    Rc rc = set_v(err, ERR_KIND_USER, code, span, "", fmt, args);
    va_end(args);
    return rc;
}

Rc err_not_built(Err *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    Rc rc = set_v(err, ERR_KIND_USER, ERR_NOT_BUILT, SPAN_NONE, "not built yet: ", fmt, args);
    va_end(args);
    return rc;
}

void err_prefix(Err *err, const char *fmt, ...)
{
    if (!err)
        return;
    char head[ERR_TEXT_BYTES + 1], tail[ERR_TEXT_BYTES];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(head, sizeof head, fmt, args);
    va_end(args);
    size_t head_len = n < 0 ? 0 : (size_t)n < sizeof head ? (size_t)n : sizeof head - 1;
    size_t tail_len = strnlen(err->text, ERR_TEXT_BYTES - 1);
    memcpy(tail, err->text, tail_len);
    tail[tail_len] = '\0';
    fill(err, head, head_len, tail, tail_len);
}

void err_clear(Err *err)
{
    if (!err)
        return;
    err->kind = ERR_KIND_NONE;
    err->code = ERR_NONE;
    err->span = SPAN_NONE;
    err->cut = false;
    err->text[0] = '\0';
}

const char *err_kind_name(ErrKind kind)
{
    return (unsigned)kind < ERR_KIND_COUNT ? kind_names[kind] : "?";
}

const char *err_code_name(ErrCode code)
{
    return (unsigned)code < ERR_CODE_COUNT ? code_names[code] : "?";
}
