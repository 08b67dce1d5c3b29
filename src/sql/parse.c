/* parse.c: the driver between the scanner and lemon's automaton.
 *
 * Owns one run: scan everything, hand token after token over, stop at the first that does not fit.
 * A keyword that is not reserved is handed over as a name where the automaton has no use for the
 * keyword. The wording of errors is left to error.c, which gets the automaton as it stood before
 * the token. */
#include "base/utf8.h"
#include "sql/fault.h"

/* What is parsed: decides the first token handed over (0: none). */
typedef enum Entry {
    ENTRY_REQUEST = 0,
    ENTRY_EXPR = TK_START_EXPR,
    ENTRY_COLUMNS = TK_START_COLUMNS
} Entry;

static bool accepts(const void *lemon, int code)
{
    return sql_lemon_accepts(lemon, &code, 1);
}

/* The code under which the automaton takes the token, or -1. */
static int accepted_code(const void *lemon, int code)
{
    if (accepts(lemon, code))
        return code;
    return words_is_free(code) && accepts(lemon, TK_NAME) ? TK_NAME : -1;
}

/* Hands over all tokens; *stop is the first that does not fit, or -1. The automaton stays as it
 * stood before that token. */
static void *run(Make *m, TokenList tokens, Entry entry, int *stop)
{
    void *lemon = sql_lemon_new(m);
    *stop = -1;
    if (entry != ENTRY_REQUEST)
        sql_lemon(lemon, entry, (Token){entry, 0, 0});
    for (int i = 0; i <= tokens.count && !m->too_deep; i++) {
        Token t = tokens.items[i];
        m->here = (Span){i > 0 ? tokens.items[i - 1].end : 0, t.begin};
        t.code = accepted_code(lemon, t.code);
        if (t.code < 0) {
            *stop = i;
            return lemon;
        }
        sql_lemon(lemon, t.code, t);
    }
    return lemon;
}

/* The last ';' of a request may be missing: scripts and -e leave it out. */
static void close_request(TokenList *tokens, Arena *a)
{
    if (tokens->count == 0 || tokens->items[tokens->count - 1].code == TK_SEMI)
        return;
    Token *items = ARENA_ARRAY(a, Token, tokens->count + 2);
    memcpy(items, tokens->items, sizeof *items * (size_t)tokens->count);
    int end = items[tokens->count - 1].end;
    items[tokens->count++] = (Token){TK_SEMI, end, end};
    items[tokens->count] = (Token){0, end, end};
    tokens->items = items;
}

/* Before anything is scanned: what no text of ours may be. */
static Rc check_text(Str text, Err *err)
{
    if (text.len > LIMIT_SQL_BYTES)
        return err_set(err, ERR_KIND_USER, ERR_LIMIT, "The request is longer than %d bytes.",
                       LIMIT_SQL_BYTES);
    for (uint32_t at = 0; at < text.len;) {
        int begin = (int)at;
        if (text.ptr[at] == '\0')
            return err_at(err, ERR_SYNTAX, (Span){begin, begin + 1}, "The text holds a NUL byte.");
        if ((unsigned char)text.ptr[at] < 0x80)
            at++;
        else if (utf8_next(text, &at) < 0)
            return err_at(err, ERR_SYNTAX, (Span){begin, begin + 1},
                          "The text is not valid UTF-8.");
    }
    return 0;
}

static Rc parse(Make *m, bool tests, Entry entry, Err *err)
{
    Rc rc = check_text(m->text, err);
    if (rc)
        return rc;
    TokenList tokens = scan_all(m->arena, m->text, tests);
    if (entry == ENTRY_REQUEST)
        close_request(&tokens, m->arena);
    int stop;
    void *lemon = run(m, tokens, entry, &stop);
    if (stop >= 0)
        return fault_syntax(m->text, lemon, tokens, stop, err);
    if (m->too_deep)
        return err_at(err, ERR_LIMIT, (Span){m->here.end, m->here.end + 1},
                      "The statement is nested too deeply.");
    make_check_numbers(m);
    return m->fault.found ? fault_raise(m->text, &m->fault, err) : 0;
}

Rc sql_parse(Arena *a, Str text, bool tests, SqlScript *out, Err *err)
{
    Make m;
    make_init(&m, a, text);
    Rc rc = parse(&m, tests, ENTRY_REQUEST, err);
    if (rc)
        return rc;
    out->text = text;
    out->statements = m.statements ? (SqlStatement **)m.statements->items : NULL;
    out->count = m.statements ? m.statements->count : 0;
    return 0;
}

Rc sql_parse_expr(Arena *a, Str text, SqlExpr **out, Err *err)
{
    Make m;
    make_init(&m, a, text);
    Rc rc = parse(&m, false, ENTRY_EXPR, err);
    if (rc == 0)
        *out = m.expr;
    return rc;
}

Rc sql_parse_columns(Arena *a, Str text, SqlColumn **out, int *count, Err *err)
{
    Make m;
    make_init(&m, a, text);
    *out = NULL;
    *count = 0;
    if (sql_complete(text) == SQL_EMPTY)
        return 0;
    Rc rc = parse(&m, false, ENTRY_COLUMNS, err);
    if (rc)
        return rc;
    *out = (SqlColumn *)m.columns->items;
    *count = m.columns->count;
    return 0;
}

/* For messages to people: the same run again, asked what would have fitted. False when the text
 * parses or fails elsewhere. */
bool parse_explain(Arena *a, Str text, bool tests, int at, FaultExpected *out)
{
    Make m;
    make_init(&m, a, text);
    if (check_text(text, NULL))
        return false;
    TokenList tokens = scan_all(a, text, tests);
    close_request(&tokens, a);
    int stop;
    const void *lemon = run(&m, tokens, ENTRY_REQUEST, &stop);
    if (stop < 0 || tokens.items[stop].begin != at)
        return false;
    fault_expected(lemon, tokens, stop, out);
    return true;
}
