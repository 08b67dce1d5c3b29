/* expr_case.h: what the tests of expressions share: a table of columns to name, expressions by
 * their SQL text, and answers as text.
 *
 * Columns: I, J INTEGER; L BIGINT; D DOUBLE; M DECIMAL(4, 2); S, T STRING; F BOOLEAN; TS TIMESTAMP;
 * DT DATE; TI TIME; BS BYTES; XS ARRAY<INTEGER>. Key column: K STRING. */
#ifndef OXBOW_TESTS_UNIT_EXPR_EXPR_CASE_H
#define OXBOW_TESTS_UNIT_EXPR_EXPR_CASE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "expr/expr.h"
#include "sql/sql.h"

#define MAYBE_UNUSED __attribute__((unused))

enum { CASE_COLUMNS = 14 };

static Arena case_arena;
static Schema case_schema;
static SchemaColumn case_columns[CASE_COLUMNS];

MAYBE_UNUSED static int case_setup(void **state)
{
    static const char *const names[CASE_COLUMNS] = {"K", "I", "J",  "L",  "D",  "M",  "S",
                                                    "T", "F", "TS", "DT", "TI", "BS", "XS"};
    (void)state;
    arena_init(&case_arena, 0);
    const Type *types[CASE_COLUMNS] = {&type_string,  &type_integer,
                                       &type_integer, &type_bigint,
                                       &type_double,  type_decimal(&case_arena, 4, 2),
                                       &type_string,  &type_string,
                                       &type_boolean, &type_timestamp,
                                       &type_date,    &type_time,
                                       &type_bytes,   type_array(&case_arena, &type_integer)};
    for (int i = 0; i < CASE_COLUMNS; i++)
        case_columns[i] = (SchemaColumn){
            .name = str_of(names[i]), .type = types[i], .role = i ? ROLE_VALUE : ROLE_KEY};
    case_schema = (Schema){.columns = case_columns, .count = CASE_COLUMNS, .key_count = 1};
    return 0;
}

MAYBE_UNUSED static int case_teardown(void **state)
{
    (void)state;
    arena_fini(&case_arena);
    return 0;
}

static Rc case_column(void *ctx, const SqlName *qualifier, const SqlName *name, Arena *a,
                      Expr **out, Err *err)
{
    (void)ctx;
    (void)qualifier;
    int c = schema_find(&case_schema, name->text), p = pseudo_find(name->text);
    if (c < 0 && p < 0)
        return err_at(err, ERR_STATEMENT, name->span, "SELECT column '%.*s' cannot be resolved.",
                      STR_ARG(name->text));
    *out = c >= 0 ? expr_column(a, c, case_schema.columns[c].type) : expr_pseudo(a, (Pseudo)p);
    return 0;
}

static const ExprScope case_scope = {.column = case_column, .clause = "SELECT", .time_text = true};

MAYBE_UNUSED static Rc case_try(const char *sql, Expr **out, Err *err)
{
    SqlExpr *tree;
    Rc rc = sql_parse_expr(&case_arena, str_of(sql), &tree, err);
    if (rc)
        fail_msg("%s: %s", sql, err->text);
    return expr_bind(&case_arena, tree, &case_scope, out, err);
}

MAYBE_UNUSED static Expr *case_bind(const char *sql)
{
    Err err = ERR_INIT;
    Expr *e;
    if (case_try(sql, &e, &err))
        fail_msg("%s: %s", sql, err.text);
    return e;
}

/* Binding fails, with exactly this text. */
MAYBE_UNUSED static void case_refused(const char *sql, const char *text)
{
    Err err = ERR_INIT;
    Expr *e;
    if (case_try(sql, &e, &err) == 0)
        fail_msg("%s was accepted", sql);
    assert_string_equal(err.text, text);
}

/* As EXPLAIN shows it, then its type. */
MAYBE_UNUSED static void case_is(const char *sql, const char *text)
{
    Buf out;
    buf_init(&out);
    Expr *e = case_bind(sql);
    expr_print(&out, e, &case_schema);
    buf_puts(&out, " : ");
    type_print(&out, e->type);
    assert_string_equal(buf_cstr(&out), text);
    buf_fini(&out);
}

/* ---- batches
 * -------------------------------------------------------------------------------------- */

MAYBE_UNUSED static Batch *case_batch(Arena *a, int rows)
{
    Batch *b = batch_new(a, &case_schema, rows);
    for (int c = 0; c < CASE_COLUMNS; c++)
        batch_init_column(b, c);
    for (int i = 0; i < rows; i++) {
        b->time[i] = 1000 + i;
        b->partition[i] = i % 3;
        b->offset[i] = i;
        b->seq[i] = (uint64_t)i;
    }
    return b;
}

/* Set a cell by SQL: a constant expression that may be coerced to the column. */
MAYBE_UNUSED static void case_set(Batch *b, const char *column, int row, const char *sql)
{
    Err err = ERR_INIT;
    int c = schema_find(&case_schema, str_of(column));
    Expr *e = case_bind(sql);
    if (expr_coerce(b->arena, e, case_schema.columns[c].type, &e, &err))
        fail_msg("%s: %s", sql, err.text);
    column_set_value(&b->cols[c], row, &e->constant);
}

typedef struct CaseResult {
    Column *cols;
    uint8_t **failed;
} CaseResult;

MAYBE_UNUSED static CaseResult case_run(Expr *const *exprs, int count, const Batch *b, Side side,
                                        const uint8_t *live)
{
    Err err = ERR_INIT;
    Program *p;
    CaseResult r = {ARENA_ARRAY(&case_arena, Column, count),
                    ARENA_ARRAY(&case_arena, uint8_t *, count)};
    if (expr_compile(&case_arena, exprs, count, &p, &err))
        fail_msg("%s", err.text);
    ExprRun *run = expr_run_new(p);
    if (expr_run(run, b, side, live, r.cols, r.failed, &err))
        fail_msg("%s", err.text);
    expr_run_free(run);
    return r;
}

/* The value of a row as text; ` !` behind it for an error, ` ?` for a caught one. */
MAYBE_UNUSED static const char *case_show(const CaseResult *r, int expr, int row)
{
    Buf out;
    buf_init(&out);
    Value v = column_value(&r->cols[expr], row, &case_arena);
    value_print(&out, &v);
    if (r->failed[expr][row] & EXPR_CAUGHT)
        buf_puts(&out, " ?");
    if (r->failed[expr][row] & EXPR_FAILED)
        buf_puts(&out, " !");
    const char *z = arena_strndup(&case_arena, out.ptr, out.len);
    buf_fini(&out);
    return z;
}

/* One expression over the rows of b, joined by `; `. */
MAYBE_UNUSED static void case_rows(const Batch *b, const char *sql, const char *want)
{
    Expr *e = case_bind(sql);
    CaseResult r = case_run(&e, 1, b, SIDE_NEW, NULL);
    Buf got;
    buf_init(&got);
    for (int i = 0; i < b->rows; i++)
        buf_printf(&got, "%s%s", i ? "; " : "", case_show(&r, 0, i));
    if (strcmp(buf_cstr(&got), want) != 0)
        fail_msg("%s: wanted [%s], got [%s]", sql, want, buf_cstr(&got));
    buf_fini(&got);
}

/* An expression of constants. Run, not folded: constants come in through columns' rules as well. */
MAYBE_UNUSED static void case_value(const char *sql, const char *want)
{
    Batch *b = case_batch(&case_arena, 1);
    case_rows(b, sql, want);
}

#endif
