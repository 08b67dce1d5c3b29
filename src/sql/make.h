/* make.h: what the grammar's actions call: one maker for each shape of the tree. Private to
 * src/sql.
 *
 * A Make is one parse: the arena the tree goes to, the text, what has been parsed, and the first
 * thing found wrong that is not a matter of syntax. Makers never fail: they note a fault and go on,
 * because a syntax error further on comes first (statements.md 19). Lists grow in the arena and
 * become the arrays of ast.h. One thread. */
#ifndef OXBOW_SQL_MAKE_H
#define OXBOW_SQL_MAKE_H

#include "base/arena.h"
#include "base/limits.h"
#include "sql/ast.h"
#include "sql/token.h"

/* Why a text that is grammatical is refused all the same. */
typedef struct Fault {
    bool found, literal; /* literal: out of range (the message names its place in the text) */
    ErrCode code;
    Span span;
    const char *text; /* in the arena */
} Fault;

typedef struct List {
    Arena *arena;
    char *items;
    int count, cap;
} List;

/* Names with an expression or a type each: STRUCT constructors and types. */
typedef struct Pairs {
    List names, values;
} Pairs;

typedef struct Number Number; /* the number literals of the text, checked at the end */
struct Number {
    SqlExpr *expr;
    Number *next;
};

typedef struct Make {
    Arena *arena;
    Str text;
    Span here; /* end of the last token, begin of the next */
    Fault fault;
    bool too_deep; /* the parser's stack is full: nothing more can be parsed */
    Number *numbers, **numbers_end;
    List *statements; /* of SqlStatement * */
    SqlExpr *expr;
    List *columns; /* of SqlColumn */
} Make;

void make_init(Make *m, Arena *a, Str text);
void make_fault(Make *m, ErrCode code, Span span, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* A number out of range: the message names the place in the text besides. */
void make_literal_fault(Make *m, Span span, const char *what, Str literal);
void make_too_deep(Make *m);
/* Ranges of the number literals (statements.md 1.4); the first one in the text counts. */
void make_check_numbers(Make *m);

/* What the optional parts of the grammar are when they are absent. */
#define SQL_NO_NAME ((SqlName){STR_NULL, SPAN_NONE, false})
#define SQL_NO_DURATION ((SqlDuration){.unit = STR_NULL, .span = SPAN_NONE})
#define SQL_NO_WITH ((SqlWith){.span = SPAN_NONE})

/* Flags that statements collect on their way up. */
enum {
    MAKE_OR_REPLACE = 1,
    MAKE_SOURCE = 2,
    MAKE_TABLE = 4,
    MAKE_IF_NOT_EXISTS = 8,
    MAKE_IF_EXISTS = 16,
    MAKE_DELETE_TOPIC = 32,
    MAKE_EXTENDED = 64,
    MAKE_ALL = 128
};

typedef struct Within {
    SqlDuration before, after, grace;
} Within;

typedef struct WindowOpts {
    SqlDuration retention, grace;
} WindowOpts;

/* ---- lists: the list given or a new one, with one more element ----------------------------- */

List *list_new(Make *m);
void *list_add(List *l, size_t bytes); /* room for one element */
List *list_put_expr(Make *m, List *l, SqlExpr *e);
List *list_put_two(Make *m, List *l, SqlExpr *a, SqlExpr *b);
List *list_put_first(Make *m, SqlExpr *e, List *l); /* in front */
List *list_put_name(Make *m, List *l, SqlName n);
List *list_put_int(Make *m, List *l, Token t); /* of int64_t; a word counts for nothing */
List *list_put_column(Make *m, List *l, SqlColumn *c);
List *list_put_with(Make *m, List *l, SqlName n, SqlExpr *value);
List *list_put_item(Make *m, List *l, SqlItem i);
List *list_put_join(Make *m, List *l, int kind, Token begin, SqlSource right, Within *w,
                    SqlExpr *on);
List *list_put_statement(Make *m, List *l, SqlStatement *s);
Pairs *pairs_put(Make *m, Pairs *p, SqlName n, void *value);

/* ---- words (make.c) ------------------------------------------------------------------------ */

Span make_span(Span begin, Token end);
Span make_span_of(Token begin, Token end);
SqlName make_name(Make *m, Token t);  /* folded unless quoted */
SqlName make_topic(Make *m, Token t); /* case as typed; a name or a string */
Str make_string(Make *m, Token t);
Str make_upper(Make *m, Str s); /* ASCII letters only */
int64_t make_int(Make *m, Token t);
SqlDuration make_duration(Make *m, Token count, Token unit);

SqlType *make_type(Make *m, SqlName n, List *args, Span span);
SqlType *make_decimal_type(Make *m, Token name, Token precision, Token scale, Token end);
SqlType *make_array_type(Make *m, Span span, SqlType *elem);
SqlType *make_map_type(Make *m, Span span, SqlType *key, SqlType *value);
SqlType *make_struct_type(Make *m, Span span, Pairs *fields);

SqlColumn *make_column(Make *m, SqlName n, SqlType *t);
SqlColumn *make_key_column(Make *m, SqlName n, SqlType *t, int primary, Token end);
SqlColumn *make_headers_column(Make *m, SqlName n, SqlType *t, Token end);
SqlColumn *make_header_column(Make *m, SqlName n, SqlType *t, Token header, Token end);
SqlWith make_with(List *items, Token begin, Token end);

/* ---- expressions (make_expr.c) ------------------------------------------------------------- */

SqlExpr *make_number(Make *m, SqlExprKind kind, Token t);
SqlExpr *make_literal(Make *m, SqlExprKind kind, Token t);
SqlExpr *make_typed(Make *m, SqlName type, Token text);
SqlExpr *make_column_ref(Make *m, SqlName qualifier, SqlName n);
SqlExpr *make_star(Make *m, SqlName qualifier, Token star);
SqlExpr *make_struct_all(Make *m, SqlExpr *base, Token star);
/* A minus directly before an unsigned number becomes part of it. */
SqlExpr *make_unary(Make *m, Token sign, SqlOp op, SqlExpr *e);
SqlExpr *make_binary(Make *m, SqlOp op, SqlExpr *left, SqlExpr *right);
SqlExpr *make_is_null(Make *m, SqlExpr *v, int negated, Token end);
SqlExpr *make_between(Make *m, SqlExpr *v, int negated, SqlExpr *low, SqlExpr *high);
SqlExpr *make_in(Make *m, SqlExpr *v, int negated, List *list, Token end);
SqlExpr *make_like(Make *m, SqlExpr *v, int negated, SqlExpr *pattern);
SqlExpr *make_like_escape(Make *m, SqlExpr *v, int negated, SqlExpr *pattern, Token escape);
SqlExpr *make_at_zone(Make *m, SqlExpr *v, Token zone);
SqlExpr *make_index(Make *m, SqlExpr *base, SqlExpr *index, Token end);
SqlExpr *make_field(Make *m, SqlExpr *base, SqlName field);
SqlExpr *make_case(Make *m, Token begin, SqlExpr *operand, List *whens, SqlExpr *other, Token end);
SqlExpr *make_cast(Make *m, Token begin, SqlExpr *v, SqlType *t, Token end);
SqlExpr *make_list(Make *m, SqlExprKind kind, Token begin, List *args, Token end);
SqlExpr *make_struct(Make *m, Token begin, Pairs *fields, Token end);
SqlExpr *make_call(Make *m, SqlName n, List *args, List *lambdas, Token end);
SqlExpr *make_call_star(Make *m, SqlName n, Token star, Token end);
SqlExpr *make_lambda(Make *m, Span begin, List *names, SqlExpr *body);
SqlExpr *make_unit(Make *m, Token t);

/* ---- queries and statements (make_stmt.c) -------------------------------------------------- */

SqlItem make_item(SqlExpr *e, SqlName alias);
SqlSource make_source(SqlName n, SqlName alias);
Within *make_within(Make *m, SqlDuration before, SqlDuration after, SqlDuration grace);
WindowOpts *make_window_opts(Make *m, SqlDuration retention, SqlDuration grace);
SqlWindow *make_window(Make *m, WindowKind kind, Token begin, SqlDuration size, SqlDuration advance,
                       WindowOpts *opts, Token end);
SqlQuery *make_query(Make *m, Token begin, List *items, SqlSource from, List *joins,
                     SqlWindow *window, SqlExpr *where, List *group_by, List *partition_by,
                     SqlExpr *having, int emit, SqlExpr *limit, Span end);

SqlStatement *make_query_statement(Make *m, SqlQuery *q);
SqlStatement *make_create(Make *m, int flags, SqlName n, List *columns, SqlWith with);
SqlStatement *make_create_as(Make *m, int flags, SqlName n, SqlWith with, SqlQuery *q);
SqlStatement *make_insert_query(Make *m, SqlName n, SqlWith with, SqlQuery *q);
SqlStatement *make_insert_values(Make *m, SqlName n, List *names, List *values);
SqlStatement *make_named(Make *m, SqlStatementKind kind, SqlName n, int flags);
SqlStatement *make_alter(Make *m, int flags, SqlName n, List *columns);
SqlStatement *make_setting(Make *m, SqlStatementKind kind, Token key, Token value);
SqlStatement *make_create_type(Make *m, int flags, SqlName n, SqlType *t);
SqlStatement *make_connector(Make *m, int flags, SqlName n, SqlWith with);
SqlStatement *make_show(Make *m, SqlShow what, int flags);
SqlStatement *make_show_connectors(Make *m, Token which);
SqlStatement *make_describe(Make *m, SqlShow what, SqlName n, int flags);
SqlStatement *make_print(Make *m, SqlName topic, int from_beginning, SqlExpr *interval,
                         SqlExpr *limit);
SqlStatement *make_explain(Make *m, SqlStatement *s, Span begin, Span end);
SqlStatement *make_explain_query(Make *m, SqlName id);
SqlStatement *make_define(Make *m, SqlName n, Token value);
SqlStatement *make_undefine(Make *m, SqlName n);
SqlStatement *make_run_script(Make *m, Token path);
SqlStatement *make_assert_topic(Make *m, int negated, SqlName topic, SqlWith with,
                                SqlDuration timeout);
SqlStatement *make_assert_schema(Make *m, int negated, SqlName subject, int64_t id,
                                 SqlDuration timeout);
SqlStatement *make_assert_values(Make *m, int null, SqlName n, List *names, List *values);
SqlStatement *make_assert_source(Make *m, int flags, SqlName n, List *columns, SqlWith with);

void make_input_statement(Make *m, SqlStatement *s, Span begin, Span end);
void make_input_expr(Make *m, SqlExpr *e);
void make_input_columns(Make *m, List *columns);

/* ---- the automaton (grammar/oxbow.y) ------------------------------------------------------- */

void *sql_lemon_new(Make *m);
void sql_lemon(void *parser, int code, Token t);
bool sql_lemon_accepts(const void *parser, const int *codes, int count);

#endif
