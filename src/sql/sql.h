/* sql.h: text to syntax trees and back (statements.md 1 to 3).
 *
 * Grammar: grammar/oxbow.y (lemon); scanner: scan.c, words.c; driver: parse.c; printer: print.c,
 * print_stmt.c. Nothing here knows the catalog. Thread-safe: all state is in the arena and on the
 * stack. */
#ifndef OXBOW_SQL_SQL_H
#define OXBOW_SQL_SQL_H

#include "sql/ast.h"

typedef struct SqlScript {
    Str text;
    SqlStatement **statements;
    int count;
} SqlScript;

/* Parse a whole request; its last ';' may be missing. On a syntax error nothing is returned;
 * err->span points at the offending token and the text has the phrases of statements.md 16.1, so it
 * names the place and repeats the statement: show it to people with sql_print_error. `tests`: the
 * test-script statements (ASSERT VALUES ..., RUN SCRIPT) exist too. */
Rc sql_parse(Arena *a, Str text, bool tests, SqlScript *out, Err *err);
/* One expression by itself (unit tests, settings). */
Rc sql_parse_expr(Arena *a, Str text, SqlExpr **out, Err *err);
/* A column list by itself: `ID BIGINT KEY, FOO STRING` (post conditions of test cases). */
Rc sql_parse_columns(Arena *a, Str text, SqlColumn **out, int *count, Err *err);

/* SQL text without ';' that parses to an equal tree. Queries take a line for each select item and
 * clause: the layout in which statements are stored and messages quote them. */
void sql_print(Buf *out, const SqlStatement *s);
void sql_print_query(Buf *out, const SqlQuery *q);
/* Canonical rendering of messages (statements.md 2.2): (A + B), back-ticks only when needed. */
void sql_print_expr(Buf *out, const SqlExpr *e);
void sql_print_type(Buf *out, const SqlType *t);
/* Ignoring spans, texts and quotes around names; INT and INTEGER are one type. */
bool sql_equal(const SqlStatement *a, const SqlStatement *b);
bool sql_equal_expr(const SqlExpr *a, const SqlExpr *b);

typedef enum SqlComplete {
    SQL_EMPTY,      /* nothing but blanks and comments */
    SQL_INCOMPLETE, /* an open quote, comment or statement */
    SQL_COMPLETE    /* ends in ';' */
} SqlComplete;
/* Is what was typed a whole request? For the prompt. */
SqlComplete sql_complete(Str text);
/* How many bytes the first statement takes, its ';' included; 0 when it does not end. */
size_t sql_first_statement(Str text);

/* ${name} substitution (statements.md 1.5), once, before parsing. `find` returns STR_NULL for an
 * undefined name, which is then left as it stands. Stops when the output is longer than a request
 * may be (sql_parse then says so). */
void sql_substitute(Buf *out, Str text, Str (*find)(void *ctx, Str name), void *ctx);

/* "file:line:column: message", the line, a caret, more lines of the message: how every user error
 * is shown. `text` is what the span points into. A syntax error is told in words (what could stand
 * there), the fixed phrases of other errors without their place and statement. `name` may be NULL.
 * Safe for a terminal; ends in a newline. */
void sql_print_error(Buf *out, const char *name, Str text, const Err *err);
void sql_line_column(Str text, int at, int *line, int *column); /* both from 1, columns in bytes */

#endif
