/* token.h: the pieces the text falls into. Private to src/sql and the grammar.
 *
 * A token is a code (TK_... of the grammar) and a place; its text is the text at that place.
 * Nothing is owned. Any thread. */
#ifndef OXBOW_SQL_TOKEN_H
#define OXBOW_SQL_TOKEN_H

#include "base/arena.h"
#include "base/err.h"

typedef struct Token {
    int code;
    int begin, end;
} Token;

typedef struct TokenList {
    Token *items;
    int count;
} TokenList;

static inline Str token_text(Str text, Token t)
{
    return str_make(text.ptr + t.begin, (size_t)(t.end - t.begin));
}

/* The token at or behind `at`, blanks and comments skipped; code 0 at the end of the text. A quote
 * or comment that is never closed is TK_ILLEGAL and reaches to the end. */
Token scan_next(Str text, int at);
/* All of them, with the codes the grammar wants (words_relabel). */
TokenList scan_all(Arena *a, Str text, bool tests);
/* Does an illegal token want more text: an open quote or comment? */
bool scan_is_open(Str text, Token t);
/* The content of a quoted token: quotes dropped, doubled quotes made one. In the arena. */
Str scan_unquote(Arena *a, Str quoted);

/* TK_NAME when the word is no keyword. */
int words_find(Str word);
/* Keywords that are names where the grammar does not want them (statements.md 1.3, list B). */
bool words_is_free(int code);
/* How error messages write a token: 'STRING', ',', INTEGER_VALUE. */
const char *words_text(int code);
/* Change the codes of tokens whose meaning hangs on what follows. */
void words_relabel(TokenList tokens, bool tests);

#endif
