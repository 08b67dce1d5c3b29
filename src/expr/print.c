/* print.c: a bound expression as readable SQL, for EXPLAIN and messages. Coercions that nobody
 * wrote are not shown. */
#include "base/utf8.h"
#include "expr/expr_int.h"

static void print(Buf *out, const Expr *e, const Schema *s)
{
    expr_print(out, e, s);
}

static void print_list(Buf *out, const Expr *e, int from, const Schema *s)
{
    for (int i = from; i < e->arg_count; i++) {
        if (i > from)
            buf_puts(out, ", ");
        print(out, e->args[i], s);
    }
}

static void print_column(Buf *out, const Expr *e, const Schema *s)
{
    if (s && e->index < s->count)
        name_print(out, s->columns[e->index].name, false);
    else
        buf_printf(out, "column %d", e->index);
}

/* For a reader: the casts that would give a literal its exact type are left out. */
static void print_const(Buf *out, const Value *v)
{
    bool quoted =
        v->type->kind == TYPE_STRING || v->type->kind == TYPE_BYTES || v->type->kind >= TYPE_DATE;
    if (quoted && !v->is_null)
        value_print_sql(out, v);
    else
        value_print(out, v);
}

/* (left SIGN right) */
static void print_infix(Buf *out, const Expr *e, const char *sign, const Schema *s)
{
    buf_putc(out, '(');
    print(out, e->args[0], s);
    buf_printf(out, " %s ", sign);
    print(out, e->args[1], s);
    buf_putc(out, ')');
}

static void print_call(Buf *out, const Expr *e, const Schema *s)
{
    for (const char *c = e->match.row->name; *c; c++)
        buf_putc(out, (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c));
    buf_putc(out, '(');
    print_list(out, e, 0, s);
    buf_putc(out, ')');
}

static void print_case(Buf *out, const Expr *e, const Schema *s)
{
    buf_puts(out, "(CASE");
    for (int i = 0; i + 1 < e->arg_count; i += 2) {
        buf_puts(out, " WHEN ");
        print(out, e->args[i], s);
        buf_puts(out, " THEN ");
        print(out, e->args[i + 1], s);
    }
    buf_puts(out, " ELSE ");
    print(out, e->args[e->arg_count - 1], s);
    buf_puts(out, " END)");
}

static void print_like(Buf *out, const Expr *e, const Schema *s)
{
    buf_putc(out, '(');
    print(out, e->args[0], s);
    buf_puts(out, e->negated ? " NOT LIKE " : " LIKE ");
    print(out, e->args[1], s);
    if (e->escape >= 0) {
        Buf c;
        buf_init(&c);
        utf8_put(&c, (uint32_t)e->escape);
        buf_puts(out, " ESCAPE ");
        text_put_quoted(out, buf_str(&c));
        buf_fini(&c);
    }
    buf_putc(out, ')');
}

static void print_cast(Buf *out, const Expr *e, const Schema *s)
{
    if (e->implicit) {
        print(out, e->args[0], s);
        return;
    }
    buf_puts(out, "CAST(");
    print(out, e->args[0], s);
    buf_puts(out, " AS ");
    type_print(out, e->type);
    buf_putc(out, ')');
}

static void print_tail(Buf *out, const Expr *e, const char *tail, const Schema *s)
{
    buf_putc(out, '(');
    print(out, e->args[0], s);
    buf_puts(out, tail);
}

void expr_print(Buf *out, const Expr *e, const Schema *s)
{
    switch (e->kind) {
    case EXPR_COLUMN:
        print_column(out, e, s);
        break;
    case EXPR_PSEUDO:
        buf_puts(out, pseudo_names[e->index]);
        break;
    case EXPR_CONST:
        print_const(out, &e->constant);
        break;
    case EXPR_CALL:
        print_call(out, e, s);
        break;
    case EXPR_ARITH:
        if (e->op != SQL_OP_NEG) {
            print_infix(out, e, sql_op_sign[e->op], s);
            break;
        }
        buf_putc(out, '-');
        print(out, e->args[0], s);
        break;
    case EXPR_COMPARE:
        print_infix(out, e, sql_op_sign[e->op], s);
        break;
    case EXPR_AND:
    case EXPR_OR:
        print_infix(out, e, e->kind == EXPR_AND ? "AND" : "OR", s);
        break;
    case EXPR_NOT:
        buf_puts(out, "(NOT ");
        print(out, e->args[0], s);
        buf_putc(out, ')');
        break;
    case EXPR_IS_NULL:
        print_tail(out, e, e->negated ? " IS NOT NULL)" : " IS NULL)", s);
        break;
    case EXPR_IN:
        print_tail(out, e, e->negated ? " NOT IN (" : " IN (", s);
        print_list(out, e, 1, s);
        buf_puts(out, "))");
        break;
    case EXPR_LIKE:
        print_like(out, e, s);
        break;
    case EXPR_CASE:
        print_case(out, e, s);
        break;
    case EXPR_CAST:
        print_cast(out, e, s);
        break;
    case EXPR_KIND_COUNT:
        break;
    }
}
