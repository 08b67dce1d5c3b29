/* equal.c: do two trees say the same? Spans, texts and the way a name was quoted do not count; INT
 * and INTEGER are one type.
 *
 * Owns nothing. Recursion is bounded by the depths the makers enforce. */
#include "sql/print_int.h"

/* Two lists of pointers or structs, compared one by one. */
#define ALL_EQUAL(count_a, count_b, equal_at)                                                      \
    do {                                                                                           \
        if ((count_a) != (count_b))                                                                \
            return false;                                                                          \
        for (int i = 0; i < (count_a); i++)                                                        \
            if (!(equal_at))                                                                       \
                return false;                                                                      \
    } while (0)

static bool same_str(Str a, Str b)
{
    return (a.ptr != NULL) == (b.ptr != NULL) && str_eq(a, b);
}

static bool same_name(const SqlName *a, const SqlName *b)
{
    return same_str(a->text, b->text);
}

static bool same_names(const SqlName *a, int count_a, const SqlName *b, int count_b)
{
    ALL_EQUAL(count_a, count_b, same_name(&a[i], &b[i]));
    return true;
}

static bool same_type(const SqlType *a, const SqlType *b)
{
    if (!a || !b)
        return a == b;
    if (a->kind != b->kind)
        return false;
    if (a->kind == SQLTYPE_NAME) {
        int count_a, count_b;
        if (!str_eq(type_own_name(a, &count_a), type_own_name(b, &count_b)))
            return false;
        ALL_EQUAL(count_a, count_b, a->args[i] == b->args[i]);
        return true;
    }
    if (!same_type(a->key, b->key) || !same_type(a->elem, b->elem) ||
        !same_names(a->field_names, a->field_count, b->field_names, b->field_count))
        return false;
    ALL_EQUAL(a->field_count, b->field_count, same_type(a->field_types[i], b->field_types[i]));
    return true;
}

static bool same_exprs(SqlExpr *const *a, int count_a, SqlExpr *const *b, int count_b)
{
    ALL_EQUAL(count_a, count_b, sql_equal_expr(a[i], b[i]));
    return true;
}

bool sql_equal_expr(const SqlExpr *a, const SqlExpr *b)
{
    if (!a || !b)
        return a == b;
    return a->kind == b->kind && a->negated == b->negated && a->boolean == b->boolean &&
           ((a->kind != SQL_UNARY && a->kind != SQL_BINARY) || a->op == b->op) &&
           same_str(a->text, b->text) && same_name(&a->name, &b->name) &&
           same_name(&a->qualifier, &b->qualifier) && same_type(a->type, b->type) &&
           same_names(a->names, a->name_count, b->names, b->name_count) &&
           same_exprs(a->args, a->arg_count, b->args, b->arg_count);
}

/* ---- queries ------------------------------------------------------------------------------- */

static bool same_duration(const SqlDuration *a, const SqlDuration *b)
{
    return a->given == b->given &&
           (!a->given || (a->count == b->count && str_eq(a->unit, b->unit)));
}

static bool same_source(const SqlSource *a, const SqlSource *b)
{
    return same_name(&a->name, &b->name) && same_name(&a->alias, &b->alias);
}

static bool same_join(const SqlJoin *a, const SqlJoin *b)
{
    return a->kind == b->kind && same_source(&a->right, &b->right) &&
           same_duration(&a->before, &b->before) && same_duration(&a->after, &b->after) &&
           same_duration(&a->grace, &b->grace) && sql_equal_expr(a->on, b->on);
}

static bool same_window(const SqlWindow *a, const SqlWindow *b)
{
    return a->kind == b->kind && same_duration(&a->size, &b->size) &&
           same_duration(&a->advance, &b->advance) && same_duration(&a->retention, &b->retention) &&
           same_duration(&a->grace, &b->grace);
}

static bool same_item(const SqlItem *a, const SqlItem *b)
{
    return sql_equal_expr(a->expr, b->expr) && same_name(&a->alias, &b->alias);
}

static bool same_query(const SqlQuery *a, const SqlQuery *b)
{
    if (!a || !b)
        return a == b;
    ALL_EQUAL(a->item_count, b->item_count, same_item(&a->items[i], &b->items[i]));
    ALL_EQUAL(a->join_count, b->join_count, same_join(&a->joins[i], &b->joins[i]));
    return same_source(&a->from, &b->from) && same_window(&a->window, &b->window) &&
           sql_equal_expr(a->where, b->where) && a->has_group_by == b->has_group_by &&
           same_exprs(a->group_by, a->group_count, b->group_by, b->group_count) &&
           a->has_partition_by == b->has_partition_by &&
           same_exprs(a->partition_by, a->partition_count, b->partition_by, b->partition_count) &&
           sql_equal_expr(a->having, b->having) && a->emit == b->emit &&
           sql_equal_expr(a->limit, b->limit);
}

/* ---- statements ---------------------------------------------------------------------------- */

static bool same_column(const SqlColumn *a, const SqlColumn *b)
{
    return same_name(&a->name, &b->name) && same_type(a->type, b->type) && a->key == b->key &&
           a->primary_key == b->primary_key && a->headers == b->headers &&
           same_str(a->header, b->header);
}

static bool same_with(const SqlWith *a, const SqlWith *b)
{
    ALL_EQUAL(a->count, b->count,
              same_name(&a->items[i].name, &b->items[i].name) &&
                  sql_equal_expr(a->items[i].value, b->items[i].value));
    return true;
}

static bool same_flags(const SqlStatement *a, const SqlStatement *b)
{
    return a->or_replace == b->or_replace && a->if_not_exists == b->if_not_exists &&
           a->if_exists == b->if_exists && a->is_table == b->is_table &&
           a->is_source == b->is_source && a->delete_topic == b->delete_topic &&
           a->extended == b->extended && a->all == b->all && a->negated == b->negated &&
           a->has_columns == b->has_columns && a->from_beginning == b->from_beginning;
}

bool sql_equal(const SqlStatement *a, const SqlStatement *b)
{
    if (!a || !b)
        return a == b;
    ALL_EQUAL(a->column_count, b->column_count, same_column(&a->columns[i], &b->columns[i]));
    return a->kind == b->kind && same_flags(a, b) && same_name(&a->name, &b->name) &&
           same_with(&a->with, &b->with) && same_query(a->query, b->query) &&
           same_names(a->names, a->name_count, b->names, b->name_count) &&
           same_exprs(a->values, a->value_count, b->values, b->value_count) &&
           same_type(a->type, b->type) && (a->kind != STMT_SHOW || a->show == b->show) &&
           (a->kind != STMT_DESCRIBE || a->show == b->show) && same_str(a->key, b->key) &&
           same_str(a->value, b->value) && sql_equal_expr(a->interval, b->interval) &&
           sql_equal_expr(a->limit, b->limit) && same_duration(&a->timeout, &b->timeout) &&
           a->id == b->id && sql_equal(a->explained, b->explained);
}
