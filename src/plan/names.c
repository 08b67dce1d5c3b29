/* names.c: what a name in a query means: which source, which column of it.
 *
 * Turns the tree as written into a `full` tree (every column qualified by its source), and that
 * into an `internal` one (names as the columns are called in the nodes' schemas). Counts how often
 * each column is used, so that joins carry no column nobody asks for. Where a column comes to lie
 * in a batch is scope.c's matter. */
#include "plan/plan_int.h"

typedef struct Lambda { /* the lambdas around a node: their parameters hide columns */
    const SqlExpr *e;
    const struct Lambda *up;
} Lambda;

static bool is_parameter(const Lambda *l, const SqlExpr *e)
{
    if (e->qualifier.text.ptr)
        return false;
    for (; l; l = l->up)
        for (int i = 0; i < l->e->name_count; i++)
            if (str_eq(l->e->names[i].text, e->name.text))
                return true;
    return false;
}

/* Spans count from the start of the request, of which the statement's text is a slice. */
const char *names_place(const Planner *p, Span span)
{
    const SqlStatement *s = p->stmt;
    int line, column;
    if (span.begin < 0 || s->span.begin < 0 || !s->text.ptr || span.begin > s->span.end)
        return "";
    Str request = {s->text.ptr - s->span.begin, (uint32_t)s->span.end};
    sql_line_column(request, span.begin, &line, &column);
    return arena_printf(p->arena, "Line: %d, Col: %d: ", line, column);
}

const char *names_print(Planner *p, const SqlExpr *e)
{
    Buf b;
    buf_init(&b);
    sql_print_expr(&b, e);
    const char *text = arena_strndup(p->arena, b.len ? b.ptr : "", b.len);
    buf_fini(&b);
    return text;
}

/* ---- sources --------------------------------------------------------------------------------- */

static Rc unknown_source(Planner *p, const SqlName *name)
{
    const CatalogSource *similar = catalog_find_similar(p->catalog, name->text);
    Buf hint;
    buf_init(&hint);
    if (similar) {
        buf_puts(&hint, "\nDid you mean ");
        name_print(&hint, similar->name, false);
        buf_puts(&hint, name->quoted ? "? Hint: try removing the quotes from the source name."
                                     : "? Hint: wrap the source name in quotes.");
    }
    Rc rc = err_at(p->err, ERR_STATEMENT, name->span,
                   "Exception while preparing statement: %.*s does not exist.%s",
                   STR_ARG(name->text), buf_cstr(&hint));
    buf_fini(&hint);
    return rc;
}

static Rc open_source(Planner *p, const SqlSource *s)
{
    const CatalogSource *source = catalog_find_source(p->catalog, s->name.text);
    if (!source)
        return unknown_source(p, &s->name);
    From *f = &p->from[p->from_count++];
    f->source = source;
    f->name = s->alias.text.ptr ? s->alias.text : s->name.text;
    f->uses = ARENA_ARRAY(p->arena, int, source->schema->count + PSEUDO_COUNT);
    return 0;
}

Rc names_open_sources(Planner *p)
{
    const SqlQuery *q = p->q;
    p->from = ARENA_ARRAY(p->arena, From, q->join_count + 1);
    Rc rc = open_source(p, &q->from);
    for (int i = 0; i < q->join_count && !rc; i++)
        rc = open_source(p, &q->joins[i].right);
    for (int i = 0; i < p->from_count && !rc; i++)
        for (int j = 0; j < i && !rc; j++)
            if (str_eq(p->from[i].name, p->from[j].name) && p->from[i].source != p->from[j].source)
                rc = err_at(p->err, ERR_STATEMENT, q->span,
                            "Two sources are called %.*s here. Give one of them another alias.",
                            STR_ARG(p->from[i].name));
    return rc;
}

/* ---- looking up ------------------------------------------------------------------------------ */

bool names_has_column(const CatalogSource *s, Str name, int *column)
{
    int i = schema_find(s->schema, name);
    if (i < 0) {
        int pseudo = pseudo_find(name);
        bool bound = pseudo == PSEUDO_WINDOWSTART || pseudo == PSEUDO_WINDOWEND;
        if (pseudo < 0 || (bound && s->schema->window == WINDOW_NONE))
            return false;
        i = s->schema->count + pseudo;
    }
    *column = i;
    return true;
}

static int find_from(const Planner *p, Str name)
{
    for (int i = 0; i < p->from_count; i++)
        if (str_eq(p->from[i].name, name))
            return i;
    return -1;
}

static Rc bad_qualifier(Planner *p, const SqlName *q)
{
    return err_at(p->err, ERR_STATEMENT, q->span,
                  "%s'%.*s' is not a valid stream/table name or alias.", names_place(p, q->span),
                  STR_ARG(q->text));
}

/* "Column 'F0' is ambiguous. Could be I1.F0 or I2.F0." */
static Rc ambiguous(Planner *p, const SqlExpr *e)
{
    Buf b;
    int column, hits = 0, seen = 0;
    buf_init(&b);
    for (int i = 0; i < p->from_count; i++)
        hits += names_has_column(p->from[i].source, e->name.text, &column);
    for (int i = 0; i < p->from_count; i++) {
        if (!names_has_column(p->from[i].source, e->name.text, &column))
            continue;
        buf_puts(&b, seen == 0 ? "" : seen == hits - 1 ? " or " : ", ");
        buf_printf(&b, "%.*s.%.*s", STR_ARG(p->from[i].name), STR_ARG(e->name.text));
        seen++;
    }
    Rc rc =
        err_at(p->err, ERR_STATEMENT, e->span,
               "Exception while preparing statement: %sColumn '%.*s' is ambiguous. Could be %s.",
               names_place(p, e->span), STR_ARG(e->name.text), buf_cstr(&b));
    buf_fini(&b);
    return rc;
}

/* Does the window clause of this very query give WINDOWSTART and WINDOWEND their meaning? */
static bool is_new_bound(const Planner *p, Str name)
{
    int pseudo = pseudo_find(name);
    return (pseudo == PSEUDO_WINDOWSTART || pseudo == PSEUDO_WINDOWEND) &&
           p->q->window.kind != WINDOW_NONE && p->from_count == 1;
}

static bool is_rowkey(const Planner *p, const SqlExpr *e)
{
    return p->rowkey.ptr && !e->qualifier.text.ptr && str_eq(p->rowkey, e->name.text);
}

static bool is_alias(const Planner *p, Str name)
{
    for (int i = 0; i < p->q->item_count; i++)
        if (p->q->items[i].alias.text.ptr && str_eq(p->q->items[i].alias.text, name))
            return true;
    return false;
}

static Rc unresolved(Planner *p, const SqlExpr *e, const char *clause)
{
    const char *dot = e->qualifier.text.ptr ? "." : "";
    const char *hint = "";
    if (strcmp(clause, "PARTITION BY") == 0 && !*dot && is_alias(p, e->name.text))
        hint = arena_printf(p->arena,
                            " '%.*s' must be a column in the source schema since PARTITION BY is"
                            " applied on the input.",
                            STR_ARG(e->name.text));
    return err_at(p->err, ERR_STATEMENT, e->span, "%s%s column '%.*s%s%.*s' cannot be resolved.%s",
                  names_place(p, e->span), clause, STR_ARG(e->qualifier.text), dot,
                  STR_ARG(e->name.text), hint);
}

static Rc refuse_bound(Planner *p, const SqlExpr *e, const char *clause)
{
    if (strcmp(clause, "WHERE") == 0)
        return err_at(p->err, ERR_STATEMENT, e->span,
                      "Error in WHERE expression: Unknown column %.*s.", STR_ARG(e->name.text));
    return err_at(p->err, ERR_STATEMENT, e->span,
                  "Window bounds column %.*s can only be used in the SELECT clause of windowed "
                  "aggregations",
                  STR_ARG(e->name.text));
}

/* The source of a column, -1 where nobody has it. `column` may turn out to be a bound of the window
 * being defined, which no source has: then it is the first source's pseudo column. */
static Rc find_column(Planner *p, const SqlExpr *e, const char *clause, Ref *out)
{
    *out = REF_NONE;
    bool bound = is_new_bound(p, e->name.text);
    if (bound && strcmp(clause, "SELECT") != 0 && p->from[0].source->schema->window == WINDOW_NONE)
        return refuse_bound(p, e, clause);
    for (int i = 0; i < p->from_count; i++) {
        int column;
        if (e->qualifier.text.ptr && !str_eq(e->qualifier.text, p->from[i].name))
            continue;
        if (names_has_column(p->from[i].source, e->name.text, &column))
            *out = (Ref){i, column};
        else if (bound)
            *out = (Ref){i, p->from[i].source->schema->count + pseudo_find(e->name.text)};
    }
    return 0;
}

/* ---- the first look: qualifiers and ambiguity ------------------------------------------------ */

static Rc check(Planner *p, const SqlExpr *e, const Lambda *l)
{
    if (!e)
        return 0;
    if ((e->kind == SQL_COLUMN || e->kind == SQL_STAR) && e->qualifier.text.ptr &&
        find_from(p, e->qualifier.text) < 0)
        return bad_qualifier(p, &e->qualifier);
    if (e->kind == SQL_COLUMN && !e->qualifier.text.ptr && !is_parameter(l, e)) {
        int hits = 0, column;
        for (int i = 0; i < p->from_count; i++)
            hits += names_has_column(p->from[i].source, e->name.text, &column);
        if (hits > 1)
            return ambiguous(p, e);
    }
    Lambda here = {e, l};
    for (int i = 0; i < e->arg_count; i++) {
        Rc rc = check(p, e->args[i], e->kind == SQL_LAMBDA ? &here : l);
        if (rc)
            return rc;
    }
    return 0;
}

static Rc check_list(Planner *p, SqlExpr *const *list, int count)
{
    Rc rc = 0;
    for (int i = 0; i < count && !rc; i++)
        rc = check(p, list[i], NULL);
    return rc;
}

Rc names_check(Planner *p)
{
    const SqlQuery *q = p->q;
    Rc rc = 0;
    for (int i = 0; i < q->item_count && !rc; i++)
        rc = check(p, q->items[i].expr, NULL);
    for (int i = 0; i < q->join_count && !rc; i++)
        rc = check(p, q->joins[i].on, NULL);
    if (!rc)
        rc = check(p, q->where, NULL);
    if (!rc)
        rc = check_list(p, q->group_by, q->group_count);
    if (!rc)
        rc = check_list(p, q->partition_by, q->partition_count);
    if (!rc)
        rc = check(p, q->having, NULL);
    return rc;
}

/* ---- full trees ------------------------------------------------------------------------------ */

static SqlExpr *copy_node(Arena *a, const SqlExpr *e)
{
    SqlExpr *copy = ARENA_NEW(a, SqlExpr);
    *copy = *e;
    if (e->arg_count) {
        copy->args = ARENA_ARRAY(a, SqlExpr *, e->arg_count);
        memcpy(copy->args, e->args, sizeof *e->args * (size_t)e->arg_count);
    }
    return copy;
}

SqlExpr *names_column(Planner *p, Ref r, Span span)
{
    const Schema *s = p->from[r.from].source->schema;
    SqlExpr *e = ARENA_NEW(p->arena, SqlExpr);
    e->kind = SQL_COLUMN;
    e->span = span;
    e->qualifier = (SqlName){p->from[r.from].name, span, true};
    e->name = (SqlName){r.column < s->count ? s->columns[r.column].name
                                            : str_of(pseudo_names[r.column - s->count]),
                        span, true};
    return e;
}

static Rc full_column(Planner *p, const SqlExpr *e, const char *clause, SqlExpr **out)
{
    Ref ref;
    Rc rc = find_column(p, e, clause, &ref);
    if (rc)
        return rc;
    if (ref.from >= 0)
        *out = names_column(p, ref, e->span);
    else if (is_rowkey(p, e))
        *out = copy_node(p->arena, e);
    else
        return unresolved(p, e, clause);
    return 0;
}

/* COUNT(*) counts rows: messages call it COUNT(ROWTIME). Any other function sees no argument. */
static void drop_star(Planner *p, SqlExpr *call)
{
    bool star = call->arg_count == 1 && call->args[0] && call->args[0]->kind == SQL_STAR;
    if (!star)
        return;
    if (!str_eq_nocase(call->name.text, STR_LIT("COUNT"))) {
        call->arg_count = 0;
        return;
    }
    SqlExpr *time = ARENA_NEW(p->arena, SqlExpr); /* of no source: the row's own */
    time->kind = SQL_COLUMN;
    time->name = (SqlName){str_of(pseudo_names[PSEUDO_ROWTIME]), call->span, true};
    time->span = call->span;
    call->args[0] = time;
}

static Rc full(Planner *p, const SqlExpr *e, const char *clause, const Lambda *l, SqlExpr **out)
{
    if (e->kind == SQL_COLUMN && !is_parameter(l, e))
        return full_column(p, e, clause, out);
    SqlExpr *copy = copy_node(p->arena, e);
    if (copy->kind == SQL_CALL)
        drop_star(p, copy);
    Lambda here = {e, l};
    for (int i = 0; i < copy->arg_count; i++) {
        if (!copy->args[i] || copy->args[i] != e->args[i])
            continue;
        Rc rc = full(p, e->args[i], clause, e->kind == SQL_LAMBDA ? &here : l, &copy->args[i]);
        if (rc)
            return rc;
    }
    *out = copy;
    return 0;
}

Rc names_full(Planner *p, const SqlExpr *e, const char *clause, SqlExpr **out)
{
    return full(p, e, clause, NULL, out);
}

/* ---- questions about full trees -------------------------------------------------------------- */

Ref names_ref(const Planner *p, const SqlExpr *e)
{
    int column = 0;
    if (e->kind != SQL_COLUMN || !e->qualifier.text.ptr)
        return REF_NONE;
    int from = find_from(p, e->qualifier.text);
    if (from < 0)
        return REF_NONE;
    if (!names_has_column(p->from[from].source, e->name.text, &column)) {
        if (!is_new_bound(p, e->name.text))
            return REF_NONE;
        column = p->from[from].source->schema->count + pseudo_find(e->name.text);
    }
    return (Ref){from, column};
}

bool names_walk(const SqlExpr *e, bool (*visit)(void *ctx, const SqlExpr *e), void *ctx)
{
    if (!e)
        return true;
    if (!visit(ctx, e))
        return false;
    for (int i = 0; i < e->arg_count; i++)
        if (!names_walk(e->args[i], visit, ctx))
            return false;
    return true;
}

typedef struct Count {
    const Planner *p;
    int by, mask;
} Count;

static bool count_use(void *ctx, const SqlExpr *e)
{
    Count *c = ctx;
    Ref r = names_ref(c->p, e);
    if (r.from >= 0) {
        c->mask |= 1 << (r.from < 30 ? r.from : 30);
        c->p->from[r.from].uses[r.column] += c->by;
    }
    return true;
}

void names_use(Planner *p, const SqlExpr *e, int by)
{
    Count c = {p, by, 0};
    names_walk(e, count_use, &c);
}

int names_sources(const Planner *p, const SqlExpr *e)
{
    Count c = {p, 0, 0};
    names_walk(e, count_use, &c);
    return c.mask;
}

const FuncRow *names_function(const SqlExpr *e, FuncKind kind)
{
    const FuncRow *row = e->kind == SQL_CALL ? func_find(e->name.text) : NULL;
    return row && row->kind == kind ? row : NULL;
}

bool names_calls(const SqlExpr *e, FuncKind kind)
{
    return names_function(e, kind) || (e->kind == SQL_CALL && func_unbuilt(e->name.text, kind));
}

/* ---- internal trees -------------------------------------------------------------------------- */

Str names_of(Planner *p, Ref r)
{
    const From *f = &p->from[r.from];
    const Schema *s = f->source->schema;
    Str name =
        r.column < s->count ? s->columns[r.column].name : str_of(pseudo_names[r.column - s->count]);
    if (p->from_count == 1)
        return name;
    return str_of(arena_printf(p->arena, "%.*s_%.*s", STR_ARG(f->name), STR_ARG(name)));
}

static SqlExpr *unqualify(Planner *p, const SqlExpr *e, bool prefixed)
{
    SqlExpr *copy = copy_node(p->arena, e);
    Ref r = names_ref(p, e);
    if (r.from >= 0) {
        copy->qualifier = (SqlName){.span = SPAN_NONE};
        copy->name = (SqlName){prefixed ? names_of(p, r) : e->name.text, e->span, true};
        return copy;
    }
    for (int i = 0; i < copy->arg_count; i++)
        if (copy->args[i])
            copy->args[i] = unqualify(p, copy->args[i], prefixed);
    return copy;
}

SqlExpr *names_internal(Planner *p, const SqlExpr *full)
{
    return unqualify(p, full, true);
}

SqlExpr *names_plain(Planner *p, const SqlExpr *full)
{
    return unqualify(p, full, false);
}
