/* like.c: LIKE (statements.md 2.5, functions.md 3): `%` any run of characters within a line, `_`
 * one character that does not end a line, everything else itself; the whole text must match.
 *
 * No pattern takes more than length of text times length of pattern: a run that had to grow past a
 * line end cannot be helped by an earlier run, so only the last `%` is ever tried again. */
#include "base/utf8.h"
#include "expr/expr_int.h"

typedef enum Token { TOKEN_END, TOKEN_BAD, TOKEN_RUN, TOKEN_ONE, TOKEN_CHAR } Token;

/* The next part of the pattern at *at; *c is its character. */
static Token next_token(Str pattern, uint32_t *at, int32_t escape, int32_t *c)
{
    if (*at >= pattern.len)
        return TOKEN_END;
    *c = utf8_next(pattern, at);
    if (escape >= 0 && *c == escape) {
        if (*at >= pattern.len)
            return TOKEN_BAD;
        uint32_t after = *at;
        int32_t next = utf8_next(pattern, &after);
        if (next == '%' || next == '_' || next == escape) {
            *at = after;
            *c = next;
        }
        return TOKEN_CHAR;
    }
    return *c == '%' ? TOKEN_RUN : *c == '_' ? TOKEN_ONE : TOKEN_CHAR;
}

static bool ends_line(int32_t c)
{
    return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

/* A pattern that ends in its escape is an error whatever the text. */
static bool ends_in_escape(Str pattern, int32_t escape)
{
    uint32_t at = 0;
    int32_t c;
    Token t = TOKEN_CHAR;
    while (escape >= 0 && t > TOKEN_BAD)
        t = next_token(pattern, &at, escape, &c);
    return t == TOKEN_BAD;
}

int like_match(Str text, Str pattern, int32_t escape)
{
    uint32_t t = 0, p = 0;
    uint32_t run_pattern = 0, run_text = 0; /* behind the last %, and how far it reaches */
    bool run = false;
    if (ends_in_escape(pattern, escape))
        return -1;
    for (;;) {
        uint32_t after = p, next = t;
        int32_t want = -1;
        Token token = next_token(pattern, &after, escape, &want);
        if (token == TOKEN_RUN) {
            run = true;
            p = run_pattern = after;
            run_text = t;
            continue;
        }
        if (token == TOKEN_END && t == text.len)
            return 1;
        int32_t c = t < text.len ? utf8_next(text, &next) : -1;
        bool fits = token == TOKEN_CHAR ? next > t && c == want
                                        : token == TOKEN_ONE && next > t && !ends_line(c);
        if (fits) {
            p = after;
            t = next;
            continue;
        }
        if (!run || run_text >= text.len || ends_line(utf8_next(text, &run_text)))
            return 0;
        p = run_pattern;
        t = run_text;
    }
}

void kernel_LIKE(const Instr *in, Frame *f)
{
    const Column *text = &f->v[in->a], *pattern = &f->v[in->b];
    Column *out = &f->v[in->dst];
    uint8_t *err = f->err[in->dst];
    const uint8_t *mask = instr_mask(in, f);
    bool negated = in->expr->negated;
    err_merge(err, f->err[in->a], f->err[in->b], f->rows);
    for (int i = 0; i < f->rows; i++) {
        out->valid[i] = 0;
        if ((mask && !mask[i]) || (err[i] & EXPR_FAILED))
            continue;
        int match = text->valid[i] && pattern->valid[i]
                        ? like_match(text->str[i], pattern->str[i], in->expr->escape)
                        : -1; /* NULL is an error too */
        if (match < 0) {
            err[i] |= EXPR_FAILED;
            continue;
        }
        out->valid[i] = 1;
        out->b[i] = (uint8_t)((match == 1) != negated);
    }
}
