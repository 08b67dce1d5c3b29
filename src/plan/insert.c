/* insert.c: INSERT INTO ... VALUES: one row of constants for a source (statements.md 6).
 *
 * Values are bound, coerced by the rules of literals and computed here, so that a bad one is a user
 * error before anything is written. Encoding the row is the engine's. */
#include "plan/plan_int.h"

typedef struct Insert {
    const Catalog *catalog;
    const SqlStatement *stmt;
    const CatalogSource *source;
    Arena *arena;
    Err *err;
    InsertPlan *plan;
    bool *given; /* [schema->count] */
} Insert;

static const char *kind_word(const CatalogSource *s)
{
    return s->is_table ? "table" : "stream";
}

static Rc unknown_target(Insert *in)
{
    Str name = in->stmt->name.text;
    const CatalogSource *similar = catalog_find_similar(in->catalog, name);
    const char *hint = "";
    if (similar && in->stmt->name.quoted)
        hint = arena_printf(in->arena,
                            "\nDid you mean %.*s? Hint: try removing double quotes from the source "
                            "name.",
                            STR_ARG(similar->name));
    else if (similar)
        hint =
            arena_printf(in->arena,
                         "\nDid you mean \"%.*s\"? Hint: wrap the source name in double quotes to "
                         "make it case-sensitive.",
                         STR_ARG(similar->name));
    return err_at(in->err, ERR_STATEMENT, in->stmt->name.span,
                  "Cannot insert values into an unknown stream/table: `%.*s`%s", STR_ARG(name),
                  hint);
}

static Rc open_target(Insert *in)
{
    const SqlStatement *s = in->stmt;
    if (!catalog_get_bool(in->catalog, "ksql.insert.into.values.enabled"))
        return err_at(in->err, ERR_STATEMENT, s->span,
                      "INSERT INTO ... VALUES is disabled. SET "
                      "'ksql.insert.into.values.enabled'='true' to allow it.");
    in->source = catalog_find_source(in->catalog, s->name.text);
    if (!in->source)
        return unknown_target(in);
    if (in->source->read_only)
        return err_at(in->err, ERR_STATEMENT, s->name.span,
                      "Cannot insert values into read-only %s: %.*s", kind_word(in->source),
                      STR_ARG(s->name.text));
    if (in->source->schema->window != WINDOW_NONE)
        return err_at(in->err, ERR_STATEMENT, s->name.span,
                      "Cannot insert values into windowed stream/table");
    return 0;
}

/* ---- where each value goes ------------------------------------------------------------------- */

enum { TO_ROWTIME = -1 };

static Rc find_target_column(Insert *in, const SqlName *name, int *column)
{
    const Schema *s = in->source->schema;
    *column = schema_find(s, name->text);
    if (*column >= 0 && s->columns[*column].role == ROLE_HEADER)
        return err_at(in->err, ERR_STATEMENT, name->span, "Cannot insert into HEADER columns: %.*s",
                      STR_ARG(name->text));
    if (*column >= 0)
        return 0;
    int pseudo = pseudo_find(name->text);
    *column = TO_ROWTIME;
    if (pseudo == PSEUDO_ROWTIME)
        return 0;
    if (pseudo >= 0)
        return err_at(in->err, ERR_STATEMENT, name->span,
                      "Inserting into column `%.*s` is not allowed.", STR_ARG(name->text));
    return err_at(in->err, ERR_STATEMENT, name->span,
                  "Column name `%.*s` does not exist in `%.*s`.", STR_ARG(name->text),
                  STR_ARG(in->source->name));
}

static int insertable_count(const Schema *s)
{
    int n = 0;
    for (int i = 0; i < s->count; i++)
        n += s->columns[i].role != ROLE_HEADER;
    return n;
}

static Rc check_count(Insert *in)
{
    const SqlStatement *s = in->stmt;
    int wanted = s->name_count ? s->name_count : insertable_count(in->source->schema);
    if (wanted == s->value_count)
        return 0;
    return err_at(in->err, ERR_STATEMENT, s->span,
                  "Expected number columns and values to match: %d, %d", wanted, s->value_count);
}

/* ---- values ---------------------------------------------------------------------------------- */

static Rc refuse_column(void *ctx, const SqlName *qualifier, const SqlName *name, Arena *a,
                        Expr **out, Err *err)
{
    (void)ctx, (void)a, (void)out;
    if (qualifier->text.ptr)
        return err_at(err, ERR_STATEMENT, qualifier->span,
                      "'%.*s' is not a valid stream/table name or alias.",
                      STR_ARG(qualifier->text));
    return err_at(err, ERR_STATEMENT, name->span,
                  "VALUES column '%.*s' cannot be resolved. Values are constants.",
                  STR_ARG(name->text));
}

static Rc find_type(void *ctx, const SqlType *t, Arena *a, const Type **out, Err *err)
{
    const Insert *in = ctx;
    return catalog_resolve_type(in->catalog, a, t, out, err);
}

static Rc wrong_type(Insert *in, const SqlExpr *e, const Expr *bound, const Type *to, Str name)
{
    Buf shown;
    Value v;
    Err ignored = ERR_INIT;
    buf_init(&shown);
    buf_puts(&shown, type_cstr(in->arena, bound->type));
    if (!expr_eval_const(in->arena, bound, &v, &ignored)) {
        buf_putc(&shown, '(');
        value_print(&shown, &v);
        buf_putc(&shown, ')');
    }
    Rc rc = err_at(in->err, ERR_STATEMENT, e->span, "Expected type %s for field `%.*s` but got %s",
                   type_cstr(in->arena, to), STR_ARG(name), buf_cstr(&shown));
    buf_fini(&shown);
    return rc;
}

static Rc bind_value(Insert *in, const SqlExpr *e, Expr **out)
{
    ExprScope scope = {.column = refuse_column, .type = find_type, .ctx = in, .clause = "VALUES"};
    return expr_bind(in->arena, e, &scope, out, in->err);
}

static Rc compute(Insert *in, const SqlExpr *e, const Type *to, Str name, Value *out)
{
    Expr *bound, *fitted;
    Rc rc = bind_value(in, e, &bound);
    if (rc)
        return rc;
    if (bound->type->kind == TYPE_NULL) {
        *out = value_null(to);
        return 0;
    }
    Err why = ERR_INIT;
    if (expr_coerce(in->arena, bound, to, &fitted, &why))
        return wrong_type(in, e, bound, to, name);
    rc = expr_eval_const(in->arena, fitted, out, &why);
    if (rc)
        return err_at(in->err, ERR_STATEMENT, e->span,
                      "The value for `%.*s` cannot be computed: %s", STR_ARG(name), why.text);
    return 0;
}

/* ROWTIME as milliseconds or, as a person would type it, as text. */
static Rc set_time(Insert *in, const SqlExpr *e)
{
    Value v, time;
    Err why = ERR_INIT;
    if (e->kind == SQL_STRING) {
        v = value_null(&type_string);
        v.is_null = false;
        v.str = e->text;
        if (value_cast(in->arena, &v, &type_timestamp, &time, &why) || time.is_null)
            return err_at(in->err, ERR_STATEMENT, e->span, "Failed to parse timestamp '%.*s'",
                          STR_ARG(e->text));
        v = time;
    } else {
        Rc rc = compute(in, e, &type_bigint, STR_LIT("ROWTIME"), &v);
        if (rc)
            return rc;
    }
    if (v.is_null || v.i64 < 0)
        return err_at(in->err, ERR_STATEMENT, e->span,
                      "ROWTIME must be a time at or after 1970-01-01T00:00:00.");
    in->plan->has_time = true;
    in->plan->time_ms = v.i64;
    return 0;
}

static Rc place_value(Insert *in, int column, const SqlExpr *e)
{
    const Schema *s = in->source->schema;
    if (column == TO_ROWTIME)
        return in->plan->has_time
                   ? err_at(in->err, ERR_STATEMENT, e->span, "ROWTIME is given twice.")
                   : set_time(in, e);
    const SchemaColumn *c = &s->columns[column];
    if (in->given[column])
        return err_at(in->err, ERR_STATEMENT, e->span, "Column `%.*s` is given twice.",
                      STR_ARG(c->name));
    in->given[column] = true;
    return compute(in, e, c->type, c->name, &in->plan->values[column]);
}

static Rc place_values(Insert *in)
{
    const SqlStatement *s = in->stmt;
    Rc rc = 0;
    for (int i = 0; i < s->value_count && !rc; i++) {
        int column = i;
        if (s->name_count)
            rc = find_target_column(in, &s->names[i], &column);
        if (!rc)
            rc = place_value(in, column, s->values[i]);
    }
    return rc;
}

static Rc check_keys(Insert *in)
{
    const Schema *s = in->source->schema;
    Buf names;
    if (!in->source->is_table)
        return 0;
    buf_init(&names);
    bool missing = false;
    for (int i = 0; i < s->key_count; i++) {
        missing = missing || in->plan->values[i].is_null;
        buf_printf(&names, "%s%.*s", i ? ", " : "", STR_ARG(s->columns[i].name));
    }
    Rc rc = 0;
    if (missing)
        rc = err_at(in->err, ERR_STATEMENT, in->stmt->span,
                    "Failed to insert values into '%.*s'. Value for primary key column(s) %s is "
                    "required for tables",
                    STR_ARG(in->source->name), buf_cstr(&names));
    buf_fini(&names);
    return rc;
}

Rc plan_insert(const Catalog *c, const SqlStatement *s, Arena *a, InsertPlan **out, Err *err)
{
    Insert in = {.catalog = c, .stmt = s, .arena = a, .err = err};
    *out = NULL;
    Rc rc = open_target(&in);
    if (!rc)
        rc = check_count(&in);
    if (rc)
        return rc;
    const Schema *schema = in.source->schema;
    in.plan = ARENA_NEW(a, InsertPlan);
    in.plan->source = in.source;
    in.plan->values = ARENA_ARRAY(a, Value, schema->count);
    in.given = ARENA_ARRAY(a, bool, schema->count);
    for (int i = 0; i < schema->count; i++)
        in.plan->values[i] = value_null(schema->columns[i].type);
    rc = place_values(&in);
    if (!rc)
        rc = check_keys(&in);
    if (rc)
        return rc;
    *out = in.plan;
    return 0;
}
