/* complete.c: questions about a text that come before parsing: is it whole, where does its first
 * statement end, what do its variables stand for (statements.md 1.5, 13.1).
 *
 * Owns nothing. A ';' inside a quote or comment is none, so all of this goes by tokens. */
#include "sql/make.h"
#include "sql/sql.h"

#include "oxbow.h"

SqlComplete sql_complete(Str text)
{
    int last = 0;
    Token t = scan_next(text, 0);
    for (; t.code; t = scan_next(text, t.end))
        last = scan_is_open(text, t) ? TK_ILLEGAL : t.code;
    return last == 0 ? SQL_EMPTY : last == TK_SEMI ? SQL_COMPLETE : SQL_INCOMPLETE;
}

size_t sql_first_statement(Str text)
{
    for (Token t = scan_next(text, 0); t.code; t = scan_next(text, t.end))
        if (t.code == TK_SEMI)
            return (size_t)t.end;
    return 0;
}

static bool is_name_char(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (!first && c >= '0' && c <= '9');
}

/* The length of "${name}" at the begin of p, or 0. */
static uint32_t variable_length(Str p)
{
    if (p.len < 4 || p.ptr[0] != '$' || p.ptr[1] != '{')
        return 0;
    uint32_t i = 2;
    while (i < p.len && is_name_char(p.ptr[i], i == 2))
        i++;
    return i > 2 && i < p.len && p.ptr[i] == '}' ? i + 1 : 0;
}

/* What comes out may be longer than a request may be; the parser says so then, and there is no use
 * in building all of it first. */
void sql_substitute(Buf *out, Str text, Str (*find)(void *ctx, Str name), void *ctx)
{
    for (uint32_t i = 0; i < text.len && out->len <= LIMIT_SQL_BYTES;) {
        Str rest = str_make(text.ptr + i, text.len - i);
        uint32_t escaped =
            rest.ptr[0] == '$' ? variable_length(str_make(rest.ptr + 1, rest.len - 1)) : 0;
        uint32_t length = escaped ? 0 : variable_length(rest);
        Str value = length ? find(ctx, str_make(rest.ptr + 2, length - 3)) : STR_NULL;
        if (escaped) {
            buf_put(out, rest.ptr + 1, escaped);
            i += 1 + escaped;
        } else if (value.ptr) {
            buf_put_str(out, value);
            i += length;
        } else {
            buf_putc(out, rest.ptr[0]);
            i++;
        }
    }
}
