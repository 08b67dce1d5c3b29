/* print_stmt.c: queries and statements as SQL text that parses back to an equal tree.
 *
 * Owns the layout in which statements are stored and shown: a query has one select item and one
 * clause a line. Expressions are printed by print.c. */
#include "sql/print_int.h"
#include "sql/token.h"

#include "oxbow.h"

/* ---- queries ------------------------------------------------------------------------------- */

static void print_duration(const Printer *p, const SqlDuration *d)
{
    buf_printf(p->out, "%lld %.*s", (long long)d->count, STR_ARG(d->unit));
}

static void print_optional_duration(const Printer *p, const char *words, const SqlDuration *d)
{
    if (!d->given)
        return;
    buf_puts(p->out, words);
    print_duration(p, d);
}

/* Bare EMIT and PARTITION would be read as the clause that may follow here. */
static void print_source(const Printer *p, const SqlSource *s)
{
    print_name(p, &s->name);
    if (!s->alias.text.ptr)
        return;
    int code = words_find(s->alias.text);
    buf_putc(p->out, ' ');
    if (code == TK_EMIT || code == TK_PARTITION)
        name_print(p->out, s->alias.text, true);
    else
        print_name(p, &s->alias);
}

static bool same_duration(const SqlDuration *a, const SqlDuration *b)
{
    return a->count == b->count && str_eq(a->unit, b->unit);
}

static void print_join(const Printer *p, const SqlJoin *j)
{
    static const char *const words[] = {"\nJOIN ", "\nLEFT JOIN ", "\nRIGHT JOIN ", "\nFULL JOIN "};
    buf_puts(p->out, words[j->kind]);
    print_source(p, &j->right);
    if (j->before.given && same_duration(&j->before, &j->after)) {
        print_optional_duration(p, " WITHIN ", &j->before);
    } else if (j->before.given) {
        print_optional_duration(p, " WITHIN (", &j->before);
        print_optional_duration(p, ", ", &j->after);
        buf_putc(p->out, ')');
    }
    print_optional_duration(p, " GRACE PERIOD ", &j->grace);
    buf_puts(p->out, " ON ");
    print_expr(p, j->on);
}

static void print_window(const Printer *p, const SqlWindow *w)
{
    if (w->kind == WINDOW_NONE)
        return;
    buf_printf(p->out, "\nWINDOW %s (%s", window_kind_name(w->kind),
               w->kind == WINDOW_SESSION ? "" : "SIZE ");
    print_duration(p, &w->size);
    print_optional_duration(p, ", ADVANCE BY ", &w->advance);
    print_optional_duration(p, ", RETENTION ", &w->retention);
    print_optional_duration(p, ", GRACE PERIOD ", &w->grace);
    buf_putc(p->out, ')');
}

static void print_clause(const Printer *p, const char *words, const SqlExpr *e)
{
    if (!e)
        return;
    buf_puts(p->out, words);
    print_expr(p, e);
}

static void print_grouping(const Printer *p, const char *words, bool has, SqlExpr *const *list,
                           int count)
{
    if (!has)
        return;
    buf_puts(p->out, words);
    buf_puts(p->out, count == 0 ? "()" : "");
    print_exprs(p, list, count);
}

static void print_query(const Printer *p, const SqlQuery *q)
{
    static const char *const emits[] = {"", "\nEMIT CHANGES", "\nEMIT FINAL"};
    buf_puts(p->out, "SELECT");
    for (int i = 0; i < q->item_count; i++) {
        buf_puts(p->out, i > 0 ? ",\n  " : "\n  ");
        print_expr(p, q->items[i].expr);
        if (q->items[i].alias.text.ptr) {
            buf_putc(p->out, ' ');
            print_name(p, &q->items[i].alias);
        }
    }
    buf_puts(p->out, "\nFROM ");
    print_source(p, &q->from);
    for (int i = 0; i < q->join_count; i++)
        print_join(p, &q->joins[i]);
    print_window(p, &q->window);
    print_clause(p, "\nWHERE ", q->where);
    print_grouping(p, "\nGROUP BY ", q->has_group_by, q->group_by, q->group_count);
    print_grouping(p, "\nPARTITION BY ", q->has_partition_by, q->partition_by, q->partition_count);
    print_clause(p, "\nHAVING ", q->having);
    buf_puts(p->out, emits[q->emit]);
    print_clause(p, "\nLIMIT ", q->limit);
}

/* ---- pieces of statements ------------------------------------------------------------------ */

static void print_names(const Printer *p, const SqlName *names, int count)
{
    for (int i = 0; i < count; i++) {
        buf_puts(p->out, i > 0 ? ", " : " (");
        print_name(p, &names[i]);
    }
    buf_puts(p->out, count > 0 ? ")" : "");
}

static void print_with(const Printer *p, const SqlWith *w)
{
    for (int i = 0; i < w->count; i++) {
        buf_puts(p->out, i > 0 ? ", " : " WITH (");
        print_name(p, &w->items[i].name);
        buf_putc(p->out, '=');
        print_expr(p, w->items[i].value);
    }
    buf_puts(p->out, w->count > 0 ? ")" : "");
}

static void print_source_column(const Printer *p, const SqlColumn *c)
{
    print_name(p, &c->name);
    buf_putc(p->out, ' ');
    print_type(p, c->type);
    if (c->primary_key)
        buf_puts(p->out, " PRIMARY KEY");
    else if (c->key)
        buf_puts(p->out, " KEY");
    if (c->headers && c->header.ptr) {
        buf_puts(p->out, " HEADER(");
        print_quoted(p, c->header);
        buf_putc(p->out, ')');
    } else if (c->headers) {
        buf_puts(p->out, " HEADERS");
    }
}

static void print_columns(const Printer *p, const SqlStatement *s)
{
    for (int i = 0; i < s->column_count; i++) {
        buf_puts(p->out, i > 0 ? ", " : " (");
        print_source_column(p, &s->columns[i]);
    }
    buf_puts(p->out, s->column_count > 0 ? ")" : "");
}

static void put_if(const Printer *p, bool condition, const char *words)
{
    if (condition)
        buf_puts(p->out, words);
}

static const char *kind_word(const SqlStatement *s)
{
    return s->is_table ? "TABLE " : "STREAM ";
}

/* "CREATE OR REPLACE SOURCE STREAM IF NOT EXISTS name" */
static void print_create_head(const Printer *p, const SqlStatement *s)
{
    buf_puts(p->out, "CREATE ");
    put_if(p, s->or_replace, "OR REPLACE ");
    put_if(p, s->is_source, "SOURCE ");
    buf_puts(p->out, kind_word(s));
    put_if(p, s->if_not_exists, "IF NOT EXISTS ");
    print_name(p, &s->name);
}

static void print_setting(const Printer *p, const char *words, const SqlStatement *s)
{
    buf_puts(p->out, words);
    print_quoted(p, s->key);
    if (s->value.ptr) {
        buf_putc(p->out, '=');
        print_quoted(p, s->value);
    }
}

/* ---- one function per kind ----------------------------------------------------------------- */

static void print_statement(const Printer *p, const SqlStatement *s);

static void print_select(const Printer *p, const SqlStatement *s)
{
    print_query(p, s->query);
}

static void print_create(const Printer *p, const SqlStatement *s)
{
    print_create_head(p, s);
    print_columns(p, s);
    print_with(p, &s->with);
}

static void print_create_as(const Printer *p, const SqlStatement *s)
{
    print_create_head(p, s);
    print_with(p, &s->with);
    buf_puts(p->out, " AS ");
    print_query(p, s->query);
}

static void print_insert_query(const Printer *p, const SqlStatement *s)
{
    buf_puts(p->out, "INSERT INTO ");
    print_name(p, &s->name);
    print_with(p, &s->with);
    buf_putc(p->out, ' ');
    print_query(p, s->query);
}

static void print_insert_values(const Printer *p, const SqlStatement *s)
{
    buf_puts(p->out, "INSERT INTO ");
    print_name(p, &s->name);
    print_names(p, s->names, s->name_count);
    buf_puts(p->out, " VALUES (");
    print_exprs(p, s->values, s->value_count);
    buf_putc(p->out, ')');
}

static void print_drop(const Printer *p, const SqlStatement *s)
{
    buf_printf(p->out, "DROP %s", kind_word(s));
    put_if(p, s->if_exists, "IF EXISTS ");
    print_name(p, &s->name);
    put_if(p, s->delete_topic, " DELETE TOPIC");
}

static void print_alter(const Printer *p, const SqlStatement *s)
{
    buf_printf(p->out, "ALTER %s", kind_word(s));
    print_name(p, &s->name);
    for (int i = 0; i < s->column_count; i++) {
        buf_puts(p->out, i > 0 ? ", ADD COLUMN " : " ADD COLUMN ");
        print_source_column(p, &s->columns[i]);
    }
}

static void print_alter_system(const Printer *p, const SqlStatement *s)
{
    print_setting(p, "ALTER SYSTEM ", s);
}

static void print_create_type(const Printer *p, const SqlStatement *s)
{
    buf_puts(p->out, "CREATE TYPE ");
    put_if(p, s->if_not_exists, "IF NOT EXISTS ");
    print_name(p, &s->name);
    buf_puts(p->out, " AS ");
    print_type(p, s->type);
}

static void print_drop_named(const Printer *p, const SqlStatement *s)
{
    buf_puts(p->out, s->kind == STMT_DROP_TYPE ? "DROP TYPE " : "DROP CONNECTOR ");
    put_if(p, s->if_exists, "IF EXISTS ");
    print_name(p, &s->name);
}

static void print_create_connector(const Printer *p, const SqlStatement *s)
{
    buf_puts(p->out, s->is_source ? "CREATE SOURCE CONNECTOR " : "CREATE SINK CONNECTOR ");
    put_if(p, s->if_not_exists, "IF NOT EXISTS ");
    print_name(p, &s->name);
    print_with(p, &s->with);
}

static void print_query_verb(const Printer *p, const SqlStatement *s)
{
    buf_puts(p->out, s->kind == STMT_TERMINATE ? "TERMINATE "
                     : s->kind == STMT_PAUSE   ? "PAUSE "
                                               : "RESUME ");
    if (s->all)
        buf_puts(p->out, "ALL");
    else
        print_name(p, &s->name);
}

static const char *const show_words[SHOW_COUNT] = {
    [SHOW_STREAMS] = "STREAMS",
    [SHOW_TABLES] = "TABLES",
    [SHOW_TOPICS] = "TOPICS",
    [SHOW_QUERIES] = "QUERIES",
    [SHOW_FUNCTIONS] = "FUNCTIONS",
    [SHOW_PROPERTIES] = "PROPERTIES",
    [SHOW_TYPES] = "TYPES",
    [SHOW_VARIABLES] = "VARIABLES",
    [SHOW_CONNECTORS] = "CONNECTORS",
    [SHOW_CONNECTOR_PLUGINS] = "CONNECTOR PLUGINS",
    [SHOW_SOURCE] = "",
    [SHOW_FUNCTION] = "FUNCTION ",
    [SHOW_CONNECTOR] = "CONNECTOR ",
};

static void print_show(const Printer *p, const SqlStatement *s)
{
    buf_puts(p->out, "SHOW ");
    put_if(p, s->all, "ALL ");
    if (s->key.ptr)
        buf_printf(p->out, "%.*s ", STR_ARG(s->key));
    buf_puts(p->out, show_words[s->show]);
    put_if(p, s->extended, " EXTENDED");
}

static void print_describe(const Printer *p, const SqlStatement *s)
{
    buf_printf(p->out, "DESCRIBE %s", show_words[s->show]);
    if (s->name.text.ptr)
        print_name(p, &s->name);
    put_if(p, s->extended, " EXTENDED");
}

static void print_print(const Printer *p, const SqlStatement *s)
{
    buf_puts(p->out, "PRINT ");
    print_name(p, &s->name);
    put_if(p, s->from_beginning, " FROM BEGINNING");
    print_clause(p, " INTERVAL ", s->interval);
    print_clause(p, " LIMIT ", s->limit);
}

static void print_explain(const Printer *p, const SqlStatement *s)
{
    buf_puts(p->out, "EXPLAIN ");
    if (s->explained)
        print_statement(p, s->explained);
    else
        print_name(p, &s->name);
}

static void print_set(const Printer *p, const SqlStatement *s)
{
    print_setting(p, s->kind == STMT_SET ? "SET " : "UNSET ", s);
}

static void print_define(const Printer *p, const SqlStatement *s)
{
    buf_puts(p->out, s->kind == STMT_DEFINE ? "DEFINE " : "UNDEFINE ");
    name_print(p->out, s->key, false);
    if (s->value.ptr) {
        buf_putc(p->out, '=');
        print_quoted(p, s->value);
    }
}

static void print_assert_topic(const Printer *p, const SqlStatement *s)
{
    buf_printf(p->out, "ASSERT %sTOPIC ", s->negated ? "NOT EXISTS " : "");
    print_name(p, &s->name);
    print_with(p, &s->with);
    print_optional_duration(p, " TIMEOUT ", &s->timeout);
}

static void print_assert_schema(const Printer *p, const SqlStatement *s)
{
    buf_printf(p->out, "ASSERT %sSCHEMA", s->negated ? "NOT EXISTS " : "");
    if (s->name.text.ptr) {
        buf_puts(p->out, " SUBJECT ");
        print_name(p, &s->name);
    }
    if (s->id >= 0)
        buf_printf(p->out, " ID %lld", (long long)s->id);
    print_optional_duration(p, " TIMEOUT ", &s->timeout);
}

static void print_assert_values(const Printer *p, const SqlStatement *s)
{
    buf_puts(p->out, s->negated ? "ASSERT NULL VALUES " : "ASSERT VALUES ");
    print_name(p, &s->name);
    print_names(p, s->names, s->name_count);
    buf_puts(p->out, s->negated ? " KEY (" : " VALUES (");
    print_exprs(p, s->values, s->value_count);
    buf_putc(p->out, ')');
}

static void print_assert_source(const Printer *p, const SqlStatement *s)
{
    buf_printf(p->out, "ASSERT %s", kind_word(s));
    print_name(p, &s->name);
    print_columns(p, s);
    print_with(p, &s->with);
}

static void print_run_script(const Printer *p, const SqlStatement *s)
{
    buf_puts(p->out, "RUN SCRIPT ");
    print_quoted(p, s->value);
}

static void (*const kinds[STMT_KIND_COUNT])(const Printer *p, const SqlStatement *s) = {
    [STMT_QUERY] = print_select,
    [STMT_CREATE_SOURCE] = print_create,
    [STMT_CREATE_AS] = print_create_as,
    [STMT_INSERT_QUERY] = print_insert_query,
    [STMT_INSERT_VALUES] = print_insert_values,
    [STMT_DROP_SOURCE] = print_drop,
    [STMT_ALTER_SOURCE] = print_alter,
    [STMT_ALTER_SYSTEM] = print_alter_system,
    [STMT_CREATE_TYPE] = print_create_type,
    [STMT_DROP_TYPE] = print_drop_named,
    [STMT_CREATE_CONNECTOR] = print_create_connector,
    [STMT_DROP_CONNECTOR] = print_drop_named,
    [STMT_TERMINATE] = print_query_verb,
    [STMT_PAUSE] = print_query_verb,
    [STMT_RESUME] = print_query_verb,
    [STMT_SHOW] = print_show,
    [STMT_DESCRIBE] = print_describe,
    [STMT_PRINT] = print_print,
    [STMT_EXPLAIN] = print_explain,
    [STMT_SET] = print_set,
    [STMT_UNSET] = print_set,
    [STMT_DEFINE] = print_define,
    [STMT_UNDEFINE] = print_define,
    [STMT_ASSERT_TOPIC] = print_assert_topic,
    [STMT_ASSERT_SCHEMA] = print_assert_schema,
    [STMT_ASSERT_VALUES] = print_assert_values,
    [STMT_ASSERT_SOURCE] = print_assert_source,
    [STMT_RUN_SCRIPT] = print_run_script,
};

static void print_statement(const Printer *p, const SqlStatement *s)
{
    kinds[s->kind](p, s);
}

void sql_print(Buf *out, const SqlStatement *s)
{
    print_statement(&(Printer){out, true}, s);
}

void sql_print_query(Buf *out, const SqlQuery *q)
{
    print_query(&(Printer){out, true}, q);
}
