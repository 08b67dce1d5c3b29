/* error.c: how every error in a text of ours is shown to people, and where it is.
 *
 * Owns the shape "file:line:column: message", the line, a caret, the rest. The facts about a syntax
 * error come from a second parse (parse_explain), because an Err carries the fixed phrases only. */
#include <stdio.h>

#include "base/utf8.h"
#include "sql/fault.h"

void sql_line_column(Str text, int at, int *line, int *column)
{
    *line = *column = 1;
    for (int i = 0; i < at && (uint32_t)i < text.len; i++) {
        if (text.ptr[i] == '\n') {
            ++*line;
            *column = 1;
        } else {
            ++*column;
        }
    }
}

/* ---- the message --------------------------------------------------------------------------- */

/* Length of "line 2:47: " or "Line: 2, Col: 13: " at p, or 0. */
static int location_length(const char *p)
{
    int line, column, length = 0;
    if (sscanf(p, "line %9d:%9d: %n", &line, &column, &length) == 2 && length > 0)
        return length;
    length = 0;
    if (sscanf(p, "Line: %9d, Col: %9d: %n", &line, &column, &length) == 2 && length > 0)
        return length;
    return 0;
}

/* The fixed phrases name the phase and the place and repeat the statement; people see where it is
 * and do not care when it was found. */
static void put_plain(Buf *out, const char *text)
{
    static const char *const phases[] = {"Failed to prepare statement: ",
                                         "Exception while preparing statement: "};
    for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++)
        if (strncmp(text, phases[i], strlen(phases[i])) == 0)
            text += strlen(phases[i]);
    const char *end = strstr(text, "\nStatement: ");
    if (!end)
        end = text + strlen(text);
    for (const char *p = text; p < end; p++) {
        bool starts = p == text || (p - text >= 2 && p[-1] == ' ' && p[-2] == ':');
        int skip = starts ? location_length(p) : 0;
        if (skip > 0 && p + skip <= end)
            p += skip;
        if (p < end)
            buf_putc(out, *p);
    }
}

static void put_found(Buf *out, Str found)
{
    enum { SHOWN_MAX = 40 };
    found.len = found.len < SHOWN_MAX ? found.len : SHOWN_MAX;
    while (found.len > 0 && !utf8_valid(found))
        found.len--;
    const char *quote = strchr("'`\"", found.ptr[0]) ? "" : "'";
    buf_printf(out, "%s%.*s%s", quote, STR_ARG(found), quote);
}

static void put_expected(Buf *out, Str text, const FaultExpected *x)
{
    size_t begin = out->len;
    if (x->found.code == TK_ILLEGAL)
        fault_put_note(out, text, x);
    if (out->len > begin)
        return;
    buf_puts(out, x->at_end  ? "The statement ends too early"
                  : x->first ? "Unknown statement "
                             : "Syntax error at ");
    if (!x->at_end)
        put_found(out, token_text(text, x->found));
    if (!x->first) {
        buf_puts(out, ": ");
        fault_put_expected(out, x);
    }
    buf_puts(out, ".\n");
    fault_put_note(out, text, x);
}

/* False when the text does not fail the way the Err says. */
static bool put_syntax(Buf *out, Str text, const Err *err)
{
    if (err->code != ERR_SYNTAX || err->span.begin < 0 || !strstr(err->text, ": Syntax Error\n"))
        return false;
    Arena arena;
    arena_init(&arena, 0);
    FaultExpected x;
    bool known = parse_explain(&arena, text, false, err->span.begin, &x) ||
                 parse_explain(&arena, text, true, err->span.begin, &x);
    if (known)
        put_expected(out, text, &x);
    arena_fini(&arena);
    return known;
}

/* ---- the line and the caret ---------------------------------------------------------------- */

enum { SHOWN_BEFORE = 90, SHOWN_BYTES = 140 }; /* of a line too long for a terminal */

static bool is_middle(Str text, int at)
{
    return ((unsigned char)text.ptr[at] & 0xC0) == 0x80;
}

static void put_line(Buf *out, Str text, int begin, int end)
{
    for (int i = begin; i < end;) {
        int next = i;
        while (next < end && text.ptr[next] != '\t')
            next++;
        utf8_put_safe(out, str_make(text.ptr + i, (size_t)(next - i)), false);
        if (next < end)
            buf_putc(out, ' ');
        i = next + 1;
    }
}

static int count_columns(Str shown)
{
    int columns = 0;
    for (uint32_t at = 0; at < shown.len;)
        columns += utf8_columns(utf8_next(shown, &at));
    return columns;
}

static void put_place(Buf *out, Str text, int at)
{
    int begin = at, end = at;
    while (begin > 0 && text.ptr[begin - 1] != '\n')
        begin--;
    while ((uint32_t)end < text.len && text.ptr[end] != '\n' && text.ptr[end] != '\r')
        end++;
    int from = begin, to = end;
    if (to - from > SHOWN_BYTES) {
        if (at - begin > SHOWN_BEFORE)
            from = at - SHOWN_BEFORE;
        while (from < at && is_middle(text, from))
            from++;
        to = end - from > SHOWN_BYTES ? from + SHOWN_BYTES : end;
        while (to > at && to < end && is_middle(text, to))
            to--;
    }
    buf_puts(out, from > begin ? "  ..." : "  ");
    size_t start = out->len;
    put_line(out, text, from, at);
    int columns = count_columns(str_make(out->ptr + start, out->len - start));
    put_line(out, text, at, to);
    buf_puts(out, to < end ? "...\n" : "\n");
    buf_printf(out, "%*s^\n", columns + (from > begin ? 5 : 2), "");
}

void sql_print_error(Buf *out, const char *name, Str text, const Err *err)
{
    Buf message;
    buf_init(&message);
    if (!put_syntax(&message, text, err)) {
        buf_reset(&message);
        put_plain(&message, err->text);
    }
    while (message.len > 0 && message.ptr[message.len - 1] == '\n')
        message.len--;
    int at = err->span.begin;
    bool placed = at >= 0 && (uint32_t)at <= text.len;
    if (name) {
        utf8_put_safe(out, str_of(name), false);
        buf_puts(out, placed ? ":" : ": ");
    }
    if (placed) {
        int line, column;
        sql_line_column(text, at, &line, &column);
        buf_printf(out, "%d:%d: ", line, column);
    }
    Str all = buf_str(&message);
    const char *newline = memchr(all.ptr, '\n', all.len);
    size_t first = newline ? (size_t)(newline - all.ptr) : all.len;
    utf8_put_safe(out, str_make(all.ptr, first), false);
    buf_putc(out, '\n');
    if (placed)
        put_place(out, text, at);
    if (newline) {
        utf8_put_safe(out, str_make(newline + 1, all.len - first - 1), true);
        buf_putc(out, '\n');
    }
    buf_fini(&message);
}
