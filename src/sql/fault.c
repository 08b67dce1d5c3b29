/* fault.c: why a text does not parse, in the fixed phrases of statements.md 16.1 and in words.
 *
 * Owns the choice of the hint and the wording. What the automaton would accept is asked of the
 * automaton itself (sql_lemon_accepts), so no list of expectations has to be kept beside the
 * grammar. Printing line and caret is left to error.c. */
#include <stdio.h>

#include "base/utf8.h"
#include "sql/fault.h"

/* ---- facts --------------------------------------------------------------------------------- */

static bool is_reserved_name(const void *lemon, TokenList tokens, int at)
{
    Token t = tokens.items[at];
    int renamed[] = {TK_NAME, tokens.items[t.code ? at + 1 : at].code};
    bool keyword = t.code == TK_RESERVED || (t.code > TK_CONCAT && t.code < TK_INTEGER_VALUE);
    if (words_is_free(renamed[1]))
        renamed[1] = TK_NAME;
    return keyword && !words_is_free(t.code) && sql_lemon_accepts(lemon, renamed, 2);
}

/* One closing bracket, or the only token that could stand here. */
static int find_missing(const void *lemon, const FaultExpected *x, int count, int only)
{
    int candidate = x->accepted[TK_RP] && !x->accepted[TK_COMMA] ? TK_RP : count == 1 ? only : 0;
    int codes[] = {candidate, x->found.code};
    return candidate && sql_lemon_accepts(lemon, codes, 2) ? candidate : 0;
}

void fault_expected(const void *lemon, TokenList tokens, int at, FaultExpected *out)
{
    *out = (FaultExpected){.found = tokens.items[at]};
    Token t = out->found;
    out->at_end = t.begin == t.end;
    out->first = !out->at_end && (at == 0 || tokens.items[at - 1].code == TK_SEMI);
    int count = 0, only = 0;
    for (int code = TK_COMMA; code <= TK_NAME; code++) {
        out->accepted[code] = sql_lemon_accepts(lemon, &code, 1);
        if (out->accepted[code]) {
            count++;
            only = code;
        }
    }
    out->reserved_name = is_reserved_name(lemon, tokens, at);
    out->missing = find_missing(lemon, out, count, only);
}

/* ---- the fixed phrases --------------------------------------------------------------------- */

static void put_token(Buf *out, int code)
{
    bool value = code == TK_INTEGER_VALUE || code == TK_DECIMAL_VALUE || code == TK_FLOAT_VALUE ||
                 code == TK_STRING_VALUE || code == TK_NAME;
    buf_printf(out, value ? "%s" : "'%s'", words_text(code));
}

static void put_set(Buf *out, const int *codes, int count)
{
    buf_puts(out, count > 1 ? "Expecting {" : "Expecting ");
    for (int i = 0; i < count; i++) {
        buf_puts(out, i > 0 ? ", " : "");
        put_token(out, codes[i]);
    }
    buf_puts(out, count > 1 ? "}" : "");
}

static Str found_text(Str text, const FaultExpected *x)
{
    enum { SHOWN_MAX = 80 };
    Str found = x->at_end ? STR_LIT("<EOF>") : token_text(text, x->found);
    if (found.len > SHOWN_MAX) /* an open quote runs to the end of the text */
        found.len = SHOWN_MAX;
    while (found.len > 0 && !utf8_valid(found))
        found.len--;
    return found;
}

/* In this order: an unknown statement; a list that should go on or end; a token left out; a choice
 * of one or two tokens; otherwise just the place. Where a name fits there is no small choice. */
static void put_hint(Buf *out, Str text, const FaultExpected *x, int line, int column)
{
    static const int list_goes_on[] = {TK_COMMA, TK_RP};
    enum { SMALL = 2 };
    int codes[SMALL], count = 0;
    for (int code = TK_COMMA; code <= TK_NAME && count <= SMALL; code++) {
        if (x->accepted[code] && count < SMALL)
            codes[count] = code;
        count += x->accepted[code];
    }
    Str found = found_text(text, x);
    if (x->first)
        buf_printf(out, "Unknown statement '%.*s'", STR_ARG(found));
    else if (x->accepted[TK_COMMA] && x->accepted[TK_RP])
        put_set(out, list_goes_on, 2);
    else if (x->missing)
        buf_printf(out, "missing '%s' at '%.*s'", words_text(x->missing), STR_ARG(found));
    else if (count <= SMALL && !x->accepted[TK_NAME])
        put_set(out, codes, count);
    else
        buf_printf(out, "Syntax error at or near '%.*s' at line %d:%d", STR_ARG(found), line,
                   column);
}

/* The whole text, as far as an Err has room for it. */
static Str shown_statement(Str text)
{
    enum { SHOWN_MAX = ERR_TEXT_BYTES - 600 };
    while (text.len > 0 && strchr(" \t\r\n", text.ptr[text.len - 1]))
        text.len--;
    if (text.len > SHOWN_MAX)
        text.len = SHOWN_MAX;
    while (text.len > 0 && !utf8_valid(text))
        text.len--;
    return text;
}

Rc fault_syntax(Str text, const void *lemon, TokenList tokens, int at, Err *err)
{
    FaultExpected x;
    fault_expected(lemon, tokens, at, &x);
    int line, column;
    sql_line_column(text, x.found.begin, &line, &column);
    Buf hint, note;
    buf_init(&hint);
    buf_init(&note);
    put_hint(&hint, text, &x, line, column);
    fault_put_note(&note, text, &x);
    Rc rc =
        err_at(err, ERR_SYNTAX, (Span){x.found.begin, x.found.end},
               "line %d:%d: Syntax Error\n%s\nStatement: %.*s%s%s", line, column, buf_cstr(&hint),
               STR_ARG(shown_statement(text)), note.len > 0 ? "\n" : "", buf_cstr(&note));
    buf_fini(&hint);
    buf_fini(&note);
    return rc;
}

Rc fault_raise(Str text, const Fault *fault, Err *err)
{
    if (!fault->literal)
        return err_at(err, fault->code, fault->span, "%s", fault->text);
    int line, column;
    sql_line_column(text, fault->span.begin, &line, &column);
    return err_at(err, fault->code, fault->span,
                  "Failed to prepare statement: line %d:%d: %s\nStatement: %.*s", line, column + 1,
                  fault->text, STR_ARG(shown_statement(text)));
}

/* ---- words for people ---------------------------------------------------------------------- */

/* Tokens that have one name together. A class is named when all of `marks` would be accepted, and
 * then stands for all of `covers`. */
static const struct {
    const char *name;
    short marks[4], covers[40];
} classes[] = {
    {"a statement",
     {TK_SELECT, TK_CREATE, TK_DROP},
     {TK_SELECT, TK_CREATE,   TK_DROP,   TK_INSERT,      TK_ALTER, TK_TERMINATE, TK_PAUSE,
      TK_RESUME, TK_LIST,     TK_SHOW,   TK_DESCRIBE,    TK_PRINT, TK_SET,       TK_UNSET,
      TK_DEFINE, TK_UNDEFINE, TK_ASSERT, TK_ASSERT_TEST, TK_RUN,   TK_EXPLAIN,   TK_SEMI}},
    {"an expression",
     {TK_CASE, TK_CAST, TK_LP, TK_NAME},
     {TK_CASE,          TK_CAST,        TK_LP,           TK_NAME,     TK_INTEGER_VALUE,
      TK_DECIMAL_VALUE, TK_FLOAT_VALUE, TK_STRING_VALUE, TK_TRUE,     TK_FALSE,
      TK_NULL,          TK_PLUS,        TK_MINUS,        TK_NOT,      TK_ARRAY_LIST,
      TK_MAP_LIST,      TK_STRUCT_LIST, TK_DAYS,         TK_HOURS,    TK_MINUTES,
      TK_SECONDS,       TK_MILLISECOND, TK_MILLISECONDS, TK_LAMBDA_LP}},
    {"a type",
     {TK_ARRAY_OF, TK_DECIMAL, TK_NAME},
     {TK_ARRAY_OF, TK_MAP_OF, TK_STRUCT_OF, TK_DECIMAL, TK_NAME}},
    {"a number",
     {TK_INTEGER_VALUE, TK_DECIMAL_VALUE, TK_FLOAT_VALUE},
     {TK_INTEGER_VALUE, TK_DECIMAL_VALUE, TK_FLOAT_VALUE, TK_MINUS}},
    {"DAYS, HOURS, MINUTES, SECONDS, MILLISECONDS",
     {TK_DAY, TK_DAYS},
     {TK_DAY, TK_DAYS, TK_HOUR, TK_HOURS, TK_MINUTE, TK_MINUTES, TK_SECOND, TK_SECONDS,
      TK_MILLISECOND, TK_MILLISECONDS}},
    {"an operator",
     {TK_STAR, TK_CONCAT},
     {TK_STAR, TK_CONCAT, TK_PLUS, TK_MINUS,        TK_SLASH,  TK_PERCENT, TK_EQ,
      TK_NE,   TK_LT,     TK_LE,   TK_GT,           TK_GE,     TK_IS,      TK_BETWEEN,
      TK_IN,   TK_LIKE,   TK_NOT,  TK_AND,          TK_OR,     TK_AT,      TK_LB,
      TK_DOT,  TK_ARROW,  TK_LP,   TK_STRING_VALUE, TK_LAMBDA, TK_ESCAPE}},
    {"AND or OR", {TK_AND, TK_OR}, {TK_AND, TK_OR}},
    {"a JOIN", {TK_JOIN, TK_INNER}, {TK_JOIN, TK_INNER, TK_LEFT, TK_RIGHT, TK_FULL}},
    {"a name", {TK_NAME}, {TK_NAME}},
    {"a whole number", {TK_INTEGER_VALUE}, {TK_INTEGER_VALUE}},
    {"a text in single quotes", {TK_STRING_VALUE}, {TK_STRING_VALUE}},
};

enum { CLASS_COUNT = sizeof classes / sizeof classes[0] };

static bool has_marks(const bool *accepted, int class)
{
    for (int i = 0; i < 4 && classes[class].marks[i]; i++)
        if (!accepted[classes[class].marks[i]])
            return false;
    return true;
}

/* Words for all that is accepted, at most `max`; the count of all. */
static int collect(const FaultExpected *x, const char **words, char (*room)[24], int max)
{
    bool accepted[TK_NAME + 1];
    memcpy(accepted, x->accepted, sizeof accepted);
    int count = 0;
    for (int c = 0; c < CLASS_COUNT; c++) {
        if (!has_marks(accepted, c))
            continue;
        for (int i = 0; i < 40 && classes[c].covers[i]; i++)
            accepted[classes[c].covers[i]] = false;
        if (count < max)
            words[count] = classes[c].name;
        count++;
    }
    for (int code = TK_COMMA; code <= TK_NAME; code++) {
        if (!accepted[code])
            continue;
        if (count < max) {
            const char *text = words_text(code);
            bool word = text[0] >= 'A' && text[0] <= 'Z';
            snprintf(room[count], sizeof room[count], word ? "%s" : "'%s'", text);
            words[count] = room[count];
        }
        count++;
    }
    return count;
}

void fault_put_expected(Buf *out, const FaultExpected *x)
{
    enum { WORDS_MAX = 12 };
    const char *words[WORDS_MAX];
    char room[WORDS_MAX][24];
    int count = collect(x, words, room, WORDS_MAX);
    int shown = count < WORDS_MAX ? count : WORDS_MAX;
    if (shown == 0)
        return;
    buf_puts(out, "expected ");
    for (int i = 0; i < shown; i++) {
        bool last = i == shown - 1 && shown == count;
        buf_puts(out, i == 0 ? "" : last ? " or " : ", ");
        buf_puts(out, words[i]);
    }
    buf_puts(out, shown < count ? ", ..." : "");
}

static void put_upper(Buf *out, Str s)
{
    for (uint32_t i = 0; i < s.len; i++)
        buf_putc(out, (char)(s.ptr[i] >= 'a' && s.ptr[i] <= 'z' ? s.ptr[i] - 'a' + 'A' : s.ptr[i]));
}

/* How many letters have to be changed, added or dropped; more than DISTANCE_MAX when the words are
 * too long to be keywords. */
enum { DISTANCE_MAX = 2, WORD_MAX = 16 };

static int distance(Str a, const char *b)
{
    int n = (int)strlen(b);
    if (a.len >= WORD_MAX || n >= WORD_MAX)
        return DISTANCE_MAX + 1;
    int row[WORD_MAX];
    for (int j = 0; j <= n; j++)
        row[j] = j;
    for (uint32_t i = 0; i < a.len; i++) {
        char c = a.ptr[i];
        c = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
        int corner = row[0]++;
        for (int j = 1; j <= n; j++) {
            int change = corner + (b[j - 1] != c);
            corner = row[j];
            int add = row[j - 1] + 1, drop = row[j] + 1;
            row[j] = change < add ? change : add;
            row[j] = row[j] < drop ? row[j] : drop;
        }
    }
    return row[n];
}

/* The keyword that was meant, if one that fits here is close enough. */
static void put_suggestion(Buf *out, Str found, const FaultExpected *x)
{
    const char *best = NULL;
    int best_distance = found.len >= 5 ? DISTANCE_MAX : 1;
    for (int code = TK_SELECT; code < TK_INTEGER_VALUE; code++) {
        if (!x->accepted[code] || found.len < 3)
            continue;
        int d = distance(found, words_text(code));
        if (d < best_distance || (d == best_distance && !best)) {
            best = words_text(code);
            best_distance = d;
        }
    }
    if (best)
        buf_printf(out, "Did you mean %s?", best);
}

static void put_illegal(Buf *out, Str text, Token t)
{
    Str found = token_text(text, t);
    char c = found.ptr[0];
    if (scan_is_open(text, t))
        buf_puts(out, c == '/' ? "The comment is never closed." : "The quote is never closed.");
    else if (c == '$' && found.len > 1)
        buf_printf(out, "The variable %.*s is not defined.", STR_ARG(found));
    else if (c == '`' || c == '"')
        buf_puts(out, "A name must not be empty.");
}

void fault_put_note(Buf *out, Str text, const FaultExpected *x)
{
    Token t = x->found;
    if (t.code == TK_ILLEGAL) {
        put_illegal(out, text, t);
    } else if (x->reserved_name) {
        put_upper(out, token_text(text, t));
        buf_puts(out, " is a reserved word: to be a name it must be quoted: `");
        put_upper(out, token_text(text, t));
        buf_puts(out, "`.");
    } else if (t.code == TK_NAME) {
        put_suggestion(out, token_text(text, t), x);
    }
}
