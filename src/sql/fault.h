/* fault.h: what to say about a text that does not parse. Private to src/sql.
 *
 * Two voices: fault_syntax fills an Err with the fixed phrases of statements.md 16.1, which tests
 * and programs look for; fault_expected collects the same facts for sql_print_error, which talks to
 * people. Everything borrowed from the caller's arena or static. */
#ifndef OXBOW_SQL_FAULT_H
#define OXBOW_SQL_FAULT_H

#include "sql/make.h"
#include "sql/sql.h"

#include "oxbow.h"

typedef struct FaultExpected {
    Token found;
    bool at_end;        /* found nothing: the text ends too early */
    bool first;         /* found is the first word of a statement */
    bool reserved_name; /* found is a reserved word where a name could stand */
    int missing;        /* the one token that, put before found, would help; or 0 */
    bool accepted[TK_NAME + 1];
} FaultExpected;

/* `lemon` stands before tokens.items[at], which it does not accept. */
void fault_expected(const void *lemon, TokenList tokens, int at, FaultExpected *out);
Rc fault_syntax(Str text, const void *lemon, TokenList tokens, int at, Err *err);
Rc fault_raise(Str text, const Fault *fault, Err *err);

/* Parse again and collect what would have fitted at the token that begins at `at`; false when that
 * is not where this text fails (parse.c). */
bool parse_explain(Arena *a, Str text, bool tests, int at, FaultExpected *out);

/* "expected ',', AS or FROM": words for people. Nothing when too much could stand there. */
void fault_put_expected(Buf *out, const FaultExpected *x);
/* One sentence more where one helps: reserved words, misspelt keywords, quotes, variables. For a
 * token of no known shape it says all there is to say. */
void fault_put_note(Buf *out, Str text, const FaultExpected *x);

#endif
