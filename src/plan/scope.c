/* scope.c: internal trees to typed expressions, by the names of a node's schema.
 *
 * Above an aggregation or a PARTITION BY, whole expressions stand for columns: grouping
 * expressions, aggregate calls, partitioning expressions. Those are intercepted before their parts
 * are looked at. Owns the wording that says in which clause a type does not fit. */
#include "plan/plan_int.h"

typedef struct Binding {
    Planner *p;
    const Schema *schema;
    const char *clause;
} Binding;

Expr *scope_column(Arena *a, const Schema *s, int index)
{
    return expr_column(a, index, s->columns[index].type);
}

static Rc find_column(void *ctx, const SqlName *qualifier, const SqlName *name, Arena *a,
                      Expr **out, Err *err)
{
    const Binding *b = ctx;
    int at = schema_find(b->schema, name->text);
    int pseudo = at < 0 ? pseudo_find(name->text) : -1;
    if (at >= 0)
        *out = scope_column(a, b->schema, at);
    else if (pseudo >= 0)
        *out = expr_pseudo(a, (Pseudo)pseudo);
    else
        return err_at(err, ERR_STATEMENT, name->span,
                      "%s%s column '%.*s%s%.*s' cannot be resolved.", names_place(b->p, name->span),
                      b->clause, STR_ARG(qualifier->text), qualifier->text.ptr ? "." : "",
                      STR_ARG(name->text));
    (*out)->span = name->span;
    return 0;
}

/* Table functions do not run yet, but their arguments are checked as any function's are. */
static Rc bind_table_function(const Binding *b, const SqlExpr *e, Arena *a, Expr **out, Err *err)
{
    const FuncRow *row = names_function(e, FUNC_TABLE);
    const Type **types = ARENA_ARRAY(a, const Type *, e->arg_count);
    FuncMatch match;
    Rc rc = 0;
    for (int i = 0; i < e->arg_count && !rc; i++) {
        Expr *arg;
        rc = scope_bind(b->p, e->args[i], b->schema, b->clause, &arg);
        if (!rc)
            types[i] = arg->type;
    }
    if (!rc && !row)
        return err_not_built(err, "table functions");
    if (!rc)
        rc = func_resolve(a, row, e->name.text, types, e->arg_count, &match, err);
    if (rc)
        return rc;
    Value none = value_null(match.result);
    *out = expr_const(a, &none);
    return 0;
}

static Rc intercept(void *ctx, const SqlExpr *e, Arena *a, Expr **out, Err *err)
{
    const Binding *b = ctx;
    const Planner *p = b->p;
    *out = NULL;
    if (names_calls(e, FUNC_TABLE))
        return bind_table_function(b, e, a, out, err);
    if (!p->above)
        return 0;
    for (int i = 0; i < p->call_count; i++)
        if (sql_equal_expr(e, p->calls[i].expr))
            *out = scope_column(a, b->schema, b->schema->key_count + i);
    for (int i = 0; i < p->group_count && !*out; i++)
        if (sql_equal_expr(e, p->groups[i]))
            *out = scope_column(a, b->schema, i);
    return 0;
}

static Rc find_type(void *ctx, const SqlType *t, Arena *a, const Type **out, Err *err)
{
    const Binding *b = ctx;
    return catalog_resolve_type(b->p->catalog, a, t, out, err);
}

Rc scope_bind(Planner *p, const SqlExpr *e, const Schema *s, const char *clause, Expr **out)
{
    Binding b = {p, s, clause};
    ExprScope scope = {.column = find_column,
                       .intercept = intercept,
                       .type = find_type,
                       .ctx = &b,
                       .clause = clause,
                       .time_text = true};
    return expr_bind(p->arena, e, &scope, out, p->err);
}

/* WHERE and HAVING (statements.md 2.5). */
Rc scope_predicate(Planner *p, const SqlExpr *e, const Schema *s, const char *clause, Expr **out)
{
    Rc rc = scope_bind(p, e, s, clause, out);
    if (rc) {
        if (rc == ERR_STATEMENT || rc == ERR_GENERIC)
            err_prefix(p->err, "Error in %s expression: ", clause);
        return rc;
    }
    if ((*out)->type->kind == TYPE_BOOLEAN)
        return 0;
    return err_at(p->err, ERR_STATEMENT, e->span,
                  "Type error in %s expression: Should evaluate to boolean but is %s (%s) instead.",
                  clause, names_print(p, e), type_cstr(p->arena, (*out)->type));
}

Schema *scope_wide(Planner *p)
{
    int count = 0, at = 0;
    for (int i = 0; i < p->from_count; i++)
        count += p->from[i].source->schema->count + PSEUDO_COUNT;
    Schema *wide = ARENA_NEW(p->arena, Schema);
    wide->columns = ARENA_ARRAY(p->arena, SchemaColumn, count);
    for (int i = 0; i < p->from_count; i++) {
        const Schema *s = p->from[i].source->schema;
        for (int c = 0; c < s->count + PSEUDO_COUNT; c++)
            wide->columns[at++] = (SchemaColumn){names_of(p, (Ref){i, c}),
                                                 c < s->count ? s->columns[c].type
                                                              : pseudo_type((Pseudo)(c - s->count)),
                                                 ROLE_VALUE, STR_NULL};
    }
    wide->count = at;
    return wide;
}
