/* print.c: expressions and types as SQL text (statements.md 2.1, 2.2).
 *
 * Owns the canonical rendering: every operator and predicate in round brackets, so the text says
 * what the tree says whatever the precedences are. Statements are printed by print_stmt.c.
 * Recursion is bounded by LIMIT_EXPR_DEPTH and LIMIT_TYPE_DEPTH, which the makers enforce. */
#include "sql/print_int.h"
#include "sql/token.h"

#include "oxbow.h"

void print_name(const Printer *p, const SqlName *n)
{
    bool always = p->parses_again && n->quoted && words_find(n->text) != TK_NAME;
    name_print(p->out, n->text, always);
}

void print_quoted(const Printer *p, Str text)
{
    text_put_quoted(p->out, text);
}

/* ---- types --------------------------------------------------------------------------------- */

static bool has_lower_case(Str s)
{
    for (uint32_t i = 0; i < s.len; i++)
        if (s.ptr[i] >= 'a' && s.ptr[i] <= 'z')
            return true;
    return false;
}

Str type_own_name(const SqlType *t, int *arg_count)
{
    const Type *known = has_lower_case(t->name.text) ? NULL : type_find(t->name.text);
    *arg_count = known ? 0 : t->arg_count;
    return known ? str_of(type_kind_name(known->kind)) : t->name.text;
}

static void print_named_type(const Printer *p, const SqlType *t)
{
    int arg_count;
    Str name = type_own_name(t, &arg_count);
    if (arg_count == 2 && str_eq(name, STR_LIT("DECIMAL")))
        buf_put_str(p->out, name); /* a reserved word, and no name here */
    else
        print_name(p, &(SqlName){.text = name, .quoted = t->name.quoted});
    for (int i = 0; i < arg_count; i++)
        buf_printf(p->out, "%s%lld", i == 0 ? "(" : ", ", (long long)t->args[i]);
    buf_puts(p->out, arg_count > 0 ? ")" : "");
}

void print_type(const Printer *p, const SqlType *t)
{
    switch (t->kind) {
    case SQLTYPE_NAME:
        print_named_type(p, t);
        return;
    case SQLTYPE_ARRAY:
        buf_puts(p->out, "ARRAY<");
        break;
    case SQLTYPE_MAP:
        buf_puts(p->out, "MAP<");
        print_type(p, t->key);
        buf_puts(p->out, ", ");
        break;
    case SQLTYPE_STRUCT:
        buf_puts(p->out, "STRUCT<");
        for (int i = 0; i < t->field_count; i++) {
            buf_puts(p->out, i > 0 ? ", " : "");
            name_print(p->out, t->field_names[i].text, true);
            buf_putc(p->out, ' ');
            print_type(p, t->field_types[i]);
        }
        break;
    }
    if (t->elem)
        print_type(p, t->elem);
    buf_putc(p->out, '>');
}

/* ---- operands ------------------------------------------------------------------------------ */

static bool is_number(const SqlExpr *e)
{
    return e->kind == SQL_INTEGER || e->kind == SQL_DECIMAL || e->kind == SQL_FLOAT;
}

static bool is_signed(const SqlExpr *e)
{
    return (e->kind == SQL_UNARY && e->op != SQL_OP_NOT) || (is_number(e) && e->text.ptr[0] == '-');
}

static void print_bracketed(const Printer *p, const SqlExpr *e, bool brackets)
{
    buf_puts(p->out, brackets ? "(" : "");
    print_expr(p, e);
    buf_puts(p->out, brackets ? ")" : "");
}

/* What stands before [ ], -> or AT TIME ZONE binds tighter than a sign. */
static void print_base(const Printer *p, const SqlExpr *e)
{
    print_bracketed(p, e, is_signed(e));
}

void print_exprs(const Printer *p, SqlExpr *const *list, int count)
{
    for (int i = 0; i < count; i++) {
        buf_puts(p->out, i > 0 ? ", " : "");
        print_expr(p, list[i]);
    }
}

/* ---- one function per shape ---------------------------------------------------------------- */

static void print_null(const Printer *p, const SqlExpr *e)
{
    (void)e;
    buf_puts(p->out, "null");
}

static void print_boolean(const Printer *p, const SqlExpr *e)
{
    buf_puts(p->out, e->boolean ? "true" : "false");
}

static void print_number(const Printer *p, const SqlExpr *e)
{
    buf_put_str(p->out, e->text);
}

static void print_string(const Printer *p, const SqlExpr *e)
{
    print_quoted(p, e->text);
}

static void print_typed(const Printer *p, const SqlExpr *e)
{
    print_name(p, &e->name);
    buf_putc(p->out, ' ');
    print_quoted(p, e->text);
}

static void print_column(const Printer *p, const SqlExpr *e)
{
    if (e->qualifier.text.ptr) {
        print_name(p, &e->qualifier);
        buf_putc(p->out, '.');
    }
    if (e->kind == SQL_STAR)
        buf_putc(p->out, '*');
    else
        print_name(p, &e->name);
}

static void print_struct_all(const Printer *p, const SqlExpr *e)
{
    print_base(p, e->args[0]);
    buf_puts(p->out, "->*");
}

/* -(5) is no literal, and two minus signs would open a comment. */
static void print_unary(const Printer *p, const SqlExpr *e)
{
    const SqlExpr *operand = e->args[0];
    if (e->op == SQL_OP_NOT) {
        buf_puts(p->out, "(NOT ");
        print_expr(p, operand);
        buf_putc(p->out, ')');
        return;
    }
    buf_puts(p->out, sql_op_sign[e->op]);
    print_bracketed(p, operand, e->op == SQL_OP_NEG && (is_number(operand) || is_signed(operand)));
}

static void print_binary(const Printer *p, const SqlExpr *e)
{
    buf_putc(p->out, '(');
    print_expr(p, e->args[0]);
    buf_printf(p->out, " %s ", sql_op_sign[e->op]);
    print_expr(p, e->args[1]);
    buf_putc(p->out, ')');
}

/* BETWEEN, IN, LIKE, IS NULL: "(value [NOT] word rest)". */
static void print_predicate(const Printer *p, const SqlExpr *e, const char *word)
{
    buf_putc(p->out, '(');
    print_expr(p, e->args[0]);
    buf_printf(p->out, "%s%s", e->negated ? " NOT" : "", word);
}

static void print_between(const Printer *p, const SqlExpr *e)
{
    print_predicate(p, e, " BETWEEN ");
    print_expr(p, e->args[1]);
    buf_puts(p->out, " AND ");
    print_expr(p, e->args[2]);
    buf_putc(p->out, ')');
}

static void print_in(const Printer *p, const SqlExpr *e)
{
    print_predicate(p, e, " IN (");
    print_exprs(p, e->args + 1, e->arg_count - 1);
    buf_puts(p->out, "))");
}

static void print_like(const Printer *p, const SqlExpr *e)
{
    print_predicate(p, e, " LIKE ");
    print_expr(p, e->args[1]);
    if (e->text.ptr) {
        buf_puts(p->out, " ESCAPE ");
        print_quoted(p, e->text);
    }
    buf_putc(p->out, ')');
}

static void print_is_null(const Printer *p, const SqlExpr *e)
{
    buf_putc(p->out, '(');
    print_expr(p, e->args[0]);
    buf_puts(p->out, e->negated ? " IS NOT NULL)" : " IS NULL)");
}

static void print_case(const Printer *p, const SqlExpr *e)
{
    buf_puts(p->out, "CASE");
    if (e->args[0]) {
        buf_putc(p->out, ' ');
        print_expr(p, e->args[0]);
    }
    for (int i = 1; i + 1 < e->arg_count; i += 2) {
        buf_puts(p->out, " WHEN ");
        print_expr(p, e->args[i]);
        buf_puts(p->out, " THEN ");
        print_expr(p, e->args[i + 1]);
    }
    if (e->args[e->arg_count - 1]) {
        buf_puts(p->out, " ELSE ");
        print_expr(p, e->args[e->arg_count - 1]);
    }
    buf_puts(p->out, " END");
}

static void print_cast(const Printer *p, const SqlExpr *e)
{
    buf_puts(p->out, "CAST(");
    print_expr(p, e->args[0]);
    buf_puts(p->out, " AS ");
    print_type(p, e->type);
    buf_putc(p->out, ')');
}

static void print_call(const Printer *p, const SqlExpr *e)
{
    print_name(p, &e->name);
    buf_putc(p->out, '(');
    print_exprs(p, e->args, e->arg_count);
    buf_putc(p->out, ')');
}

static void print_lambda(const Printer *p, const SqlExpr *e)
{
    buf_puts(p->out, e->name_count == 1 ? "" : "(");
    for (int i = 0; i < e->name_count; i++) {
        buf_puts(p->out, i > 0 ? ", " : "");
        print_name(p, &e->names[i]);
    }
    buf_puts(p->out, e->name_count == 1 ? " => " : ") => ");
    print_expr(p, e->args[0]);
}

static void print_array(const Printer *p, const SqlExpr *e)
{
    buf_puts(p->out, "ARRAY[");
    print_exprs(p, e->args, e->arg_count);
    buf_putc(p->out, ']');
}

static void print_map(const Printer *p, const SqlExpr *e)
{
    buf_puts(p->out, "MAP(");
    for (int i = 0; i + 1 < e->arg_count; i += 2) {
        buf_puts(p->out, i > 0 ? ", " : "");
        print_expr(p, e->args[i]);
        buf_puts(p->out, ":=");
        print_expr(p, e->args[i + 1]);
    }
    buf_putc(p->out, ')');
}

static void print_struct(const Printer *p, const SqlExpr *e)
{
    buf_puts(p->out, "STRUCT(");
    for (int i = 0; i < e->arg_count; i++) {
        buf_puts(p->out, i > 0 ? ", " : "");
        print_name(p, &e->names[i]);
        buf_puts(p->out, ":=");
        print_expr(p, e->args[i]);
    }
    buf_putc(p->out, ')');
}

static void print_index(const Printer *p, const SqlExpr *e)
{
    print_base(p, e->args[0]);
    buf_putc(p->out, '[');
    print_expr(p, e->args[1]);
    buf_putc(p->out, ']');
}

static void print_field(const Printer *p, const SqlExpr *e)
{
    print_base(p, e->args[0]);
    buf_puts(p->out, "->");
    print_name(p, &e->name);
}

static void print_unit(const Printer *p, const SqlExpr *e)
{
    buf_put_str(p->out, e->name.text); /* a reserved word, and no name */
}

static void print_at_zone(const Printer *p, const SqlExpr *e)
{
    buf_putc(p->out, '(');
    print_base(p, e->args[0]);
    buf_puts(p->out, " AT TIME ZONE ");
    print_quoted(p, e->text);
    buf_putc(p->out, ')');
}

static void (*const shapes[SQL_EXPR_KIND_COUNT])(const Printer *p, const SqlExpr *e) = {
    [SQL_NULL] = print_null,       [SQL_BOOLEAN] = print_boolean,
    [SQL_INTEGER] = print_number,  [SQL_DECIMAL] = print_number,
    [SQL_FLOAT] = print_number,    [SQL_STRING] = print_string,
    [SQL_TYPED] = print_typed,     [SQL_COLUMN] = print_column,
    [SQL_STAR] = print_column,     [SQL_STRUCT_ALL] = print_struct_all,
    [SQL_UNARY] = print_unary,     [SQL_BINARY] = print_binary,
    [SQL_BETWEEN] = print_between, [SQL_IN] = print_in,
    [SQL_LIKE] = print_like,       [SQL_IS_NULL] = print_is_null,
    [SQL_CASE] = print_case,       [SQL_CAST] = print_cast,
    [SQL_CALL] = print_call,       [SQL_LAMBDA] = print_lambda,
    [SQL_ARRAY] = print_array,     [SQL_MAP] = print_map,
    [SQL_STRUCT] = print_struct,   [SQL_INDEX] = print_index,
    [SQL_FIELD] = print_field,     [SQL_UNIT] = print_unit,
    [SQL_AT_ZONE] = print_at_zone,
};

void print_expr(const Printer *p, const SqlExpr *e)
{
    shapes[e->kind](p, e);
}

void sql_print_expr(Buf *out, const SqlExpr *e)
{
    print_expr(&(Printer){out, false}, e);
}

void sql_print_type(Buf *out, const SqlType *t)
{
    print_type(&(Printer){out, false}, t);
}
