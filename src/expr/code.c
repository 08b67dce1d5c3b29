/* code.c: bound expressions as text inside stored plans, and back.
 *
 *     (compare GE (column 2 INTEGER) (const INTEGER 5))
 *     (call "substring" "(STRING, INTEGER) STRING" (column 0 STRING) (const INTEGER 3))
 *     (case STRING (column 1 BOOLEAN) (const STRING "yes") (const STRING NULL))
 *
 * A node is its kind, what the kind needs besides, and its arguments. Types are written where they
 * do not follow. Decoding makes the tree and then asks expr_check whether it means anything. */
#include "expr/code.h"

#include <math.h>

#include "base/utf8.h"

/* ---- writing: values ------------------------------------------------------------------------- */

static void write_value(Buf *out, const Value *v);

/* [1, null, 2]: elements, fields, or keys and values in turn. */
static void write_items(Buf *out, const Value *v)
{
    uint32_t n = v->list.count * (v->type->kind == TYPE_MAP ? 2 : 1);
    buf_putc(out, '[');
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            buf_putc(out, ' ');
        write_value(out, &v->list.items[i]);
    }
    buf_putc(out, ']');
}

static void write_value(Buf *out, const Value *v)
{
    if (v->is_null || v->type->kind == TYPE_NULL) {
        buf_puts(out, "NULL");
        return;
    }
    switch (type_repr(v->type)) {
    case REPR_BOOL:
        buf_puts(out, v->b ? "true" : "false");
        break;
    case REPR_I32:
        text_put_i64(out, v->i32);
        break;
    case REPR_I64:
        text_put_i64(out, v->i64);
        break;
    case REPR_F64:
        text_put_double(out, v->f64);
        break;
    case REPR_I128:
        text_put_decimal(out, v->i128, v->type->scale);
        break;
    case REPR_STR:
        write_quoted(out, v->str);
        break;
    default:
        if (v->type->kind == TYPE_DECIMAL)
            write_quoted(out, v->str);
        else
            write_items(out, v);
    }
}

/* ---- writing: nodes -------------------------------------------------------------------------- */

static void write_call(Buf *out, const Expr *e)
{
    Buf signature;
    buf_init(&signature);
    func_print_signature(&signature, e->match.row, e->match.overload);
    buf_putc(out, ' ');
    write_quoted(out, str_of(e->match.row->name));
    buf_putc(out, ' ');
    write_quoted(out, buf_str(&signature));
    buf_fini(&signature);
}

/* What stands between the kind and the arguments. */
static void write_details(Buf *out, const Expr *e)
{
    switch (e->kind) {
    case EXPR_COLUMN:
        buf_printf(out, " %d ", e->index);
        type_print(out, e->type);
        break;
    case EXPR_PSEUDO:
        buf_printf(out, " %s", pseudo_names[e->index]);
        break;
    case EXPR_CONST:
        buf_putc(out, ' ');
        type_print(out, e->type);
        buf_putc(out, ' ');
        write_value(out, &e->constant);
        break;
    case EXPR_CALL:
        write_call(out, e);
        break;
    case EXPR_ARITH:
    case EXPR_COMPARE:
        buf_printf(out, " %s", sql_op_word[e->op]);
        break;
    case EXPR_LIKE:
        buf_printf(out, " %d", (int)e->escape);
        break;
    case EXPR_CASE:
    case EXPR_CAST:
        buf_putc(out, ' ');
        type_print(out, e->type);
        break;
    default:
        break;
    }
}

void expr_encode(Buf *out, const Expr *e)
{
    buf_printf(out, "(%s%s",
               e->implicit  ? "implicit_"
               : e->negated ? "not_"
                            : "",
               expr_kind_names[e->kind]);
    write_details(out, e);
    for (int i = 0; i < e->arg_count; i++) {
        buf_putc(out, ' ');
        expr_encode(out, e->args[i]);
    }
    buf_putc(out, ')');
}

/* ---- reading: values ------------------------------------------------------------------------- */

static bool read_value(Reader *r, const Type *t, Value *out);

static bool read_items(Reader *r, const Type *t, Value *out)
{
    Value *items = NULL;
    uint32_t count = 0, cap = 0;
    if (!read_expect(r, '['))
        return false;
    while (!read_char(r, ']')) {
        if (count == cap) {
            cap = cap ? cap * 2 : 8;
            Value *more = ARENA_ARRAY(r->a, Value, cap);
            if (count)
                memcpy(more, items, sizeof *items * count);
            items = more;
        }
        const Type *want = t->kind == TYPE_STRUCT
                               ? (int)count < t->field_count ? t->fields[count].type : NULL
                           : t->kind == TYPE_MAP && count % 2 == 0 ? t->key
                                                                   : t->elem;
        if (!want || !read_value(r, want, &items[count]))
            return read_fail(r, "a nested value has too many parts");
        count++;
    }
    out->list.items = items;
    out->list.count = t->kind == TYPE_MAP ? count / 2 : count;
    bool whole = t->kind == TYPE_MAP ? count % 2 == 0
                                     : t->kind == TYPE_ARRAY || (int)count == t->field_count;
    return whole || read_fail(r, "a nested value has too few parts");
}

static bool read_double(Str word, double *out)
{
    static const struct {
        const char *word;
        double value;
    } special[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};
    for (int i = 0; i < 3; i++) {
        if (str_eq(word, str_of(special[i].word))) {
            *out = special[i].value;
            return true;
        }
    }
    return text_take_double(word, out);
}

static bool read_word_value(Reader *r, Str word, Value *out)
{
    const Type *t = out->type;
    int64_t n = 0;
    switch (type_repr(t)) {
    case REPR_BOOL:
        out->b = str_eq(word, STR_LIT("true"));
        return out->b || str_eq(word, STR_LIT("false")) || read_fail(r, "a BOOLEAN is neither");
    case REPR_I32:
    case REPR_I64: {
        bool narrow = type_repr(t) == REPR_I32;
        if (!text_take_i64(word, &n) || (narrow && (n < INT32_MIN || n > INT32_MAX)))
            return read_fail(r, "a number is out of range");
        if (narrow)
            out->i32 = (int32_t)n;
        else
            out->i64 = n;
        return true;
    }
    case REPR_F64:
        return read_double(word, &out->f64) || read_fail(r, "a DOUBLE cannot be read");
    case REPR_I128:
        /* A carry may have given it one digit more than its type has (functions.md 8). */
        return text_take_decimal(word, DECIMAL_NARROW_DIGITS, t->scale, &out->i128) ||
               read_fail(r, "a DECIMAL cannot be read");
    default:
        return read_fail(r, "a value has the wrong form");
    }
}

/* A quoted value: text must be UTF-8, since everything behind relies on it. */
static bool read_text_value(Reader *r, Value *out)
{
    if (!read_quoted(r, &out->str))
        return false;
    if (out->type->kind == TYPE_BYTES)
        return true;
    if (out->type->kind == TYPE_STRING)
        return utf8_valid(out->str) || read_fail(r, "a text is not UTF-8");
    Str digits = out->str;
    return text_take_decimal_text(r->a, digits, out->type->precision, out->type->scale,
                                  &out->str) ||
           read_fail(r, "a DECIMAL cannot be read");
}

static bool read_value(Reader *r, const Type *t, Value *out)
{
    *out = (Value){.type = t};
    uint32_t from = r->at;
    Str word = read_word(r);
    if (str_eq(word, STR_LIT("NULL"))) {
        *out = value_null(t);
        return true;
    }
    if (word.len && t->kind != TYPE_NULL)
        return read_word_value(r, word, out);
    r->at = from;
    bool quoted = type_repr(t) == REPR_STR || t->kind == TYPE_DECIMAL;
    if (quoted)
        return read_text_value(r, out);
    bool nested = type_repr(t) == REPR_BOX;
    return nested ? read_items(r, t, out) : read_fail(r, "a value is missing");
}

/* ---- reading: nodes -------------------------------------------------------------------------- */

static bool read_op(Reader *r, Expr *e)
{
    Str word = read_word(r);
    for (int op = 0; op < SQL_OP_COUNT; op++) {
        if (str_eq(word, str_of(sql_op_word[op]))) {
            e->op = (SqlOp)op;
            return true;
        }
    }
    return read_fail(r, "an operator is unknown");
}

static bool read_call(Reader *r, Expr *e)
{
    Str name, signature;
    if (!read_quoted(r, &name) || !read_quoted(r, &signature))
        return false;
    e->match.row = func_find(name);
    if (!e->match.row || e->match.row->kind != FUNC_SCALAR)
        return read_fail(r, "it calls a function that this version does not have");
    e->match.overload = func_overload(e->match.row, signature);
    return e->match.overload ||
           read_fail(r, "it calls a form of a function that this version does not have");
}

static bool read_details(Reader *r, Expr *e)
{
    int64_t n;
    switch (e->kind) {
    case EXPR_COLUMN:
        if (!read_int(r, &n) || n < 0 || n >= LIMIT_COLUMNS)
            return read_fail(r, "a column number is out of range");
        e->index = (int)n;
        return read_type(r, &e->type);
    case EXPR_PSEUDO:
        e->index = pseudo_find(read_word(r));
        if (e->index < 0)
            return read_fail(r, "a system column is unknown");
        e->type = pseudo_type((Pseudo)e->index);
        return true;
    case EXPR_CONST:
        return read_type(r, &e->type) && read_value(r, e->type, &e->constant);
    case EXPR_CALL:
        return read_call(r, e);
    case EXPR_ARITH:
    case EXPR_COMPARE:
        return read_op(r, e);
    case EXPR_LIKE:
        if (!read_int(r, &n) || n < -1 || n > 0x10FFFF)
            return read_fail(r, "an escape is no character");
        e->escape = (int32_t)n;
        return true;
    case EXPR_CASE:
    case EXPR_CAST:
        return read_type(r, &e->type);
    default:
        return true;
    }
}

static Expr *read_expr(Reader *r);

static bool read_args(Reader *r, Expr *e)
{
    int cap = 0;
    while (!read_char(r, ')')) {
        if (e->arg_count == cap) {
            cap = cap ? cap * 2 : 4;
            Expr **more = ARENA_ARRAY(r->a, Expr *, cap);
            if (e->arg_count)
                memcpy(more, e->args, sizeof *more * (size_t)e->arg_count);
            e->args = more;
        }
        Expr *arg = read_expr(r);
        if (!arg)
            return false;
        e->args[e->arg_count++] = arg;
    }
    return true;
}

/* The type of a node whose text does not have it. */
static bool infer_type(Reader *r, Expr *e)
{
    if (e->type)
        return true;
    e->type = &type_boolean;
    if (e->kind == EXPR_ARITH) {
        const Type *x = e->arg_count ? e->args[0]->type : NULL;
        e->type = x ? x : e->type;
        if (e->arg_count == 2 && x->kind == TYPE_DECIMAL && e->args[1]->type->kind == TYPE_DECIMAL)
            return !arith_result(r->a, e->op, x, e->args[1]->type, &e->type, NULL);
    }
    if (e->kind == EXPR_CALL) {
        const Type **types = ARENA_ARRAY(r->a, const Type *, e->arg_count + 1);
        for (int i = 0; i < e->arg_count; i++)
            types[i] = e->args[i]->type;
        if (!func_match(r->a, e->match.row, e->match.overload, types, e->arg_count, &e->match))
            return false;
        e->type = e->match.result;
    }
    return true;
}

static bool skip_prefix(Str *word, const char *prefix)
{
    size_t n = strlen(prefix);
    if (word->len <= n || memcmp(word->ptr, prefix, n) != 0)
        return false;
    *word = str_make(word->ptr + n, word->len - n);
    return true;
}

/* The kind by its word; prefixes only where they have a meaning. */
static bool read_kind(Reader *r, Expr *e)
{
    Str word = read_word(r);
    e->implicit = skip_prefix(&word, "implicit_");
    e->negated = !e->implicit && skip_prefix(&word, "not_");
    for (int k = 0; k < EXPR_KIND_COUNT; k++) {
        if (!str_eq(word, str_of(expr_kind_names[k])))
            continue;
        e->kind = (ExprKind)k;
        bool may_not = k == EXPR_IS_NULL || k == EXPR_IN || k == EXPR_LIKE;
        return (!e->implicit || k == EXPR_CAST) && (!e->negated || may_not);
    }
    return false;
}

/* NULL after a failure. */
static Expr *read_expr(Reader *r)
{
    Expr *e = ARENA_NEW(r->a, Expr);
    e->span = SPAN_NONE;
    e->escape = -1;
    if (++r->depth > LIMIT_EXPR_DEPTH * 5)
        return read_fail(r, "it is nested too deeply") ? e : NULL;
    if (!read_expect(r, '('))
        return NULL;
    if (!read_kind(r, e))
        return read_fail(r, "a kind of node is unknown") ? e : NULL;
    if (!read_details(r, e) || !read_args(r, e))
        return NULL;
    if (!infer_type(r, e))
        return read_fail(r, "arguments do not fit") ? e : NULL;
    r->depth--;
    return e;
}

Rc expr_decode(Arena *a, Str text, Expr **out, Err *err)
{
    Reader r = {a, text, 0, 0, NULL};
    Expr *e = read_expr(&r);
    read_blanks(&r);
    if (e && !expr_check(e))
        read_fail(&r, "the parts do not fit together");
    Rc rc = read_result(&r, "expression", err);
    *out = rc ? NULL : e;
    return rc;
}
