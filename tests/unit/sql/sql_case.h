/* sql_case.h: what the tests of src/sql share: parse or fail with the whole message. */
#ifndef OXBOW_TEST_SQL_CASE_H
#define OXBOW_TEST_SQL_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "sql/sql.h"

typedef struct SqlCase {
    Arena arena;
    Buf out;
    Err err;
    SqlScript script;
} SqlCase;

static inline int case_set_up(void **state)
{
    static SqlCase c;
    c = (SqlCase){.err = ERR_INIT};
    arena_init(&c.arena, 0);
    buf_init(&c.out);
    *state = &c;
    return 0;
}

static inline int case_tear_down(void **state)
{
    SqlCase *c = *state;
    buf_fini(&c->out);
    arena_fini(&c->arena);
    return 0;
}

static inline const SqlScript *parse_any(SqlCase *c, const char *text, bool tests)
{
    c->err = ERR_INIT;
    c->script = (SqlScript){.count = 0};
    if (sql_parse(&c->arena, str_of(text), tests, &c->script, &c->err))
        fail_msg("%s\n%s", text, c->err.text);
    return &c->script;
}

static inline const SqlScript *parse(SqlCase *c, const char *text)
{
    return parse_any(c, text, false);
}

static inline const SqlStatement *parse_one(SqlCase *c, const char *text)
{
    const SqlScript *s = parse_any(c, text, true);
    assert_int_equal(s->count, 1);
    return s->statements[0];
}

static inline const SqlExpr *parse_expr(SqlCase *c, const char *text)
{
    SqlExpr *e = NULL;
    if (sql_parse_expr(&c->arena, str_of(text), &e, &c->err))
        fail_msg("%s\n%s", text, c->err.text);
    return e;
}

/* The error of a text that must not parse; its span is in *span where that is wanted. */
static inline const char *parse_error(SqlCase *c, const char *text, Span *span)
{
    c->err = ERR_INIT;
    if (sql_parse(&c->arena, str_of(text), false, &c->script, &c->err) == 0)
        fail_msg("parses: %s", text);
    if (span)
        *span = c->err.span;
    return c->err.text;
}

static inline const char *print_expr_text(SqlCase *c, const SqlExpr *e)
{
    buf_reset(&c->out);
    sql_print_expr(&c->out, e);
    return buf_cstr(&c->out);
}

static inline const char *print_text(SqlCase *c, const SqlStatement *s)
{
    buf_reset(&c->out);
    sql_print(&c->out, s);
    return buf_cstr(&c->out);
}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
