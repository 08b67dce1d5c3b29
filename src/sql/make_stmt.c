/* make_stmt.c: one maker for each shape of a query and a statement.
 *
 * Owns nothing beyond the arena; what a combination of clauses means, or whether it means anything,
 * is left to the planner. */
#include "sql/make.h"

/* ---- queries ------------------------------------------------------------------------------- */

SqlItem make_item(SqlExpr *e, SqlName alias)
{
    Span span = e->span;
    if (alias.text.ptr)
        span.end = alias.span.end;
    return (SqlItem){e, alias, span};
}

SqlSource make_source(SqlName n, SqlName alias)
{
    return (SqlSource){n, alias};
}

Within *make_within(Make *m, SqlDuration before, SqlDuration after, SqlDuration grace)
{
    Within *w = ARENA_NEW(m->arena, Within);
    *w = (Within){before, after, grace};
    return w;
}

WindowOpts *make_window_opts(Make *m, SqlDuration retention, SqlDuration grace)
{
    WindowOpts *o = ARENA_NEW(m->arena, WindowOpts);
    *o = (WindowOpts){retention, grace};
    return o;
}

SqlWindow *make_window(Make *m, WindowKind kind, Token begin, SqlDuration size, SqlDuration advance,
                       WindowOpts *opts, Token end)
{
    SqlWindow *w = ARENA_NEW(m->arena, SqlWindow);
    *w = (SqlWindow){kind, size, advance, opts->retention, opts->grace, make_span_of(begin, end)};
    return w;
}

static SqlWindow no_window(void)
{
    return (SqlWindow){WINDOW_NONE,     SQL_NO_DURATION, SQL_NO_DURATION,
                       SQL_NO_DURATION, SQL_NO_DURATION, SPAN_NONE};
}

SqlQuery *make_query(Make *m, Token begin, List *items, SqlSource from, List *joins,
                     SqlWindow *window, SqlExpr *where, List *group_by, List *partition_by,
                     SqlExpr *having, int emit, SqlExpr *limit, Span end)
{
    SqlQuery *q = ARENA_NEW(m->arena, SqlQuery);
    q->items = (SqlItem *)items->items;
    q->item_count = items->count;
    q->from = from;
    q->joins = joins ? (SqlJoin *)joins->items : NULL;
    q->join_count = joins ? joins->count : 0;
    q->window = window ? *window : no_window();
    q->where = where;
    q->has_group_by = group_by != NULL;
    q->group_by = group_by ? (SqlExpr **)group_by->items : NULL;
    q->group_count = group_by ? group_by->count : 0;
    q->has_partition_by = partition_by != NULL;
    q->partition_by = partition_by ? (SqlExpr **)partition_by->items : NULL;
    q->partition_count = partition_by ? partition_by->count : 0;
    q->having = having;
    q->emit = (SqlEmit)emit;
    q->limit = limit;
    q->span = (Span){begin.begin, end.begin};
    return q;
}

int64_t sql_duration_ms(const SqlDuration *d)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"DAYS", 86400000},
                 {"HOURS", 3600000},
                 {"MINUTES", 60000},
                 {"SECONDS", 1000},
                 {"MILLISECONDS", 1}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (!str_eq(d->unit, str_of(units[i].unit)))
            continue;
        int64_t ms;
        if (!__builtin_mul_overflow(d->count, units[i].ms, &ms))
            return ms;
        return d->count < 0 ? INT64_MIN : INT64_MAX;
    }
    return 0;
}

/* ---- statements ---------------------------------------------------------------------------- */

static SqlStatement *new_statement(Make *m, SqlStatementKind kind, int flags)
{
    SqlStatement *s = ARENA_NEW(m->arena, SqlStatement);
    s->kind = kind;
    s->span = SPAN_NONE;
    s->name = SQL_NO_NAME;
    s->with = SQL_NO_WITH;
    s->key = s->value = STR_NULL;
    s->timeout = SQL_NO_DURATION;
    s->id = -1;
    s->or_replace = flags & MAKE_OR_REPLACE;
    s->is_source = flags & MAKE_SOURCE;
    s->is_table = flags & MAKE_TABLE;
    s->if_not_exists = flags & MAKE_IF_NOT_EXISTS;
    s->if_exists = flags & MAKE_IF_EXISTS;
    s->delete_topic = flags & MAKE_DELETE_TOPIC;
    s->extended = flags & MAKE_EXTENDED;
    s->all = flags & MAKE_ALL;
    return s;
}

static void set_columns(SqlStatement *s, List *columns)
{
    s->has_columns = columns != NULL;
    s->columns = columns ? (SqlColumn *)columns->items : NULL;
    s->column_count = columns ? columns->count : 0;
}

static void set_values(SqlStatement *s, List *names, List *values)
{
    s->names = names ? (SqlName *)names->items : NULL;
    s->name_count = names ? names->count : 0;
    s->values = (SqlExpr **)values->items;
    s->value_count = values->count;
}

SqlStatement *make_named(Make *m, SqlStatementKind kind, SqlName n, int flags)
{
    SqlStatement *s = new_statement(m, kind, flags);
    s->name = n;
    return s;
}

SqlStatement *make_query_statement(Make *m, SqlQuery *q)
{
    SqlStatement *s = new_statement(m, STMT_QUERY, 0);
    s->query = q;
    return s;
}

SqlStatement *make_create(Make *m, int flags, SqlName n, List *columns, SqlWith with)
{
    SqlStatement *s = make_named(m, STMT_CREATE_SOURCE, n, flags);
    set_columns(s, columns);
    s->with = with;
    return s;
}

SqlStatement *make_create_as(Make *m, int flags, SqlName n, SqlWith with, SqlQuery *q)
{
    SqlStatement *s = make_named(m, STMT_CREATE_AS, n, flags);
    s->with = with;
    s->query = q;
    return s;
}

SqlStatement *make_insert_query(Make *m, SqlName n, SqlWith with, SqlQuery *q)
{
    SqlStatement *s = make_named(m, STMT_INSERT_QUERY, n, 0);
    s->with = with;
    s->query = q;
    return s;
}

SqlStatement *make_insert_values(Make *m, SqlName n, List *names, List *values)
{
    SqlStatement *s = make_named(m, STMT_INSERT_VALUES, n, 0);
    set_values(s, names, values);
    return s;
}

SqlStatement *make_alter(Make *m, int flags, SqlName n, List *columns)
{
    SqlStatement *s = make_named(m, STMT_ALTER_SOURCE, n, flags);
    set_columns(s, columns);
    return s;
}

SqlStatement *make_create_type(Make *m, int flags, SqlName n, SqlType *t)
{
    SqlStatement *s = make_named(m, STMT_CREATE_TYPE, n, flags);
    s->type = t;
    return s;
}

SqlStatement *make_connector(Make *m, int flags, SqlName n, SqlWith with)
{
    SqlStatement *s = make_named(m, STMT_CREATE_CONNECTOR, n, flags);
    s->with = with;
    return s;
}

/* ---- settings, variables, scripts ---------------------------------------------------------- */

SqlStatement *make_setting(Make *m, SqlStatementKind kind, Token key, Token value)
{
    SqlStatement *s = new_statement(m, kind, 0);
    s->key = make_string(m, key);
    if (kind != STMT_UNSET)
        s->value = make_string(m, value);
    return s;
}

SqlStatement *make_define(Make *m, SqlName n, Token value)
{
    SqlStatement *s = new_statement(m, STMT_DEFINE, 0);
    s->key = make_upper(m, n.text); /* variables know no case */
    s->value = make_string(m, value);
    return s;
}

SqlStatement *make_undefine(Make *m, SqlName n)
{
    SqlStatement *s = new_statement(m, STMT_UNDEFINE, 0);
    s->key = make_upper(m, n.text); /* variables know no case */
    return s;
}

SqlStatement *make_run_script(Make *m, Token path)
{
    SqlStatement *s = new_statement(m, STMT_RUN_SCRIPT, 0);
    s->value = make_string(m, path);
    return s;
}

/* ---- looking at things --------------------------------------------------------------------- */

SqlStatement *make_show(Make *m, SqlShow what, int flags)
{
    SqlStatement *s = new_statement(m, STMT_SHOW, flags);
    s->show = what;
    return s;
}

SqlStatement *make_show_connectors(Make *m, Token which)
{
    SqlStatement *s = make_show(m, SHOW_CONNECTORS, 0);
    s->key = str_of(words_text(which.code));
    return s;
}

SqlStatement *make_describe(Make *m, SqlShow what, SqlName n, int flags)
{
    SqlStatement *s = make_named(m, STMT_DESCRIBE, n, flags);
    s->show = what;
    return s;
}

SqlStatement *make_print(Make *m, SqlName topic, int from_beginning, SqlExpr *interval,
                         SqlExpr *limit)
{
    SqlStatement *s = make_named(m, STMT_PRINT, topic, 0);
    s->from_beginning = from_beginning;
    s->interval = interval;
    s->limit = limit;
    return s;
}

/* The part of the text that a statement takes: from where the parser stood before it to where it
 * stood behind it (Make.here). */
static void set_span(Make *m, SqlStatement *s, Span begin, Span end)
{
    s->span = (Span){begin.end, end.begin};
    s->text = str_make(m->text.ptr + s->span.begin, (size_t)(s->span.end - s->span.begin));
}

SqlStatement *make_explain(Make *m, SqlStatement *explained, Span begin, Span end)
{
    set_span(m, explained, begin, end);
    SqlStatement *s = new_statement(m, STMT_EXPLAIN, 0);
    s->explained = explained;
    return s;
}

SqlStatement *make_explain_query(Make *m, SqlName id)
{
    return make_named(m, STMT_EXPLAIN, id, 0);
}

/* ---- assertions ---------------------------------------------------------------------------- */

SqlStatement *make_assert_topic(Make *m, int negated, SqlName topic, SqlWith with,
                                SqlDuration timeout)
{
    SqlStatement *s = make_named(m, STMT_ASSERT_TOPIC, topic, 0);
    s->negated = negated;
    s->with = with;
    s->timeout = timeout;
    return s;
}

SqlStatement *make_assert_schema(Make *m, int negated, SqlName subject, int64_t id,
                                 SqlDuration timeout)
{
    SqlStatement *s = make_named(m, STMT_ASSERT_SCHEMA, subject, 0);
    s->negated = negated;
    s->id = id;
    s->timeout = timeout;
    return s;
}

SqlStatement *make_assert_values(Make *m, int null, SqlName n, List *names, List *values)
{
    SqlStatement *s = make_named(m, STMT_ASSERT_VALUES, n, 0);
    s->negated = null;
    set_values(s, names, values);
    return s;
}

SqlStatement *make_assert_source(Make *m, int flags, SqlName n, List *columns, SqlWith with)
{
    SqlStatement *s = make_create(m, flags, n, columns, with);
    s->kind = STMT_ASSERT_SOURCE;
    return s;
}

/* ---- what the parse was for ---------------------------------------------------------------- */

void make_input_statement(Make *m, SqlStatement *s, Span begin, Span end)
{
    set_span(m, s, begin, end);
    m->statements = list_put_statement(m, m->statements, s);
}

void make_input_expr(Make *m, SqlExpr *e)
{
    m->expr = e;
}

void make_input_columns(Make *m, List *columns)
{
    m->columns = columns;
}
