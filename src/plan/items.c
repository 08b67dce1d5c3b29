/* items.c: the select list: stars expanded, every item named (statements.md 7.2, 10).
 *
 * Leaves to join.c which column is the key of a join, and to keys.c whether the keys are all there.
 * Names are given once all items are known, because generated names avoid the written ones. */
#include "plan/plan_int.h"

/* ---- names the system keeps for itself (statements.md 9) ------------------------------------- */

static Rc reserved_item(Planner *p, const SqlItem *item)
{
    bool column = item->expr->kind == SQL_COLUMN;
    bool pseudo = column && pseudo_find(item->expr->name.text) >= 0;
    bool aliased = item->alias.text.ptr != NULL;
    Str shown = aliased ? item->alias.text : column ? item->expr->name.text : STR_NULL;
    if (!shown.ptr || pseudo_find(shown) < 0)
        return 0;
    if (aliased && !pseudo)
        return err_at(
            p->err, ERR_STATEMENT, item->alias.span,
            "`%.*s` is a reserved column name. You cannot use it as an alias for a column.",
            STR_ARG(shown));
    if (!p->persistent || (!aliased && p->from_count > 1))
        return 0; /* over a join it is called S_ROWTIME */
    return err_at(p->err, ERR_STATEMENT, item->span,
                  "Reserved column name in select: `%.*s`. Please remove or alias the column.",
                  STR_ARG(shown));
}

Rc items_check_reserved(Planner *p)
{
    Rc rc = 0;
    for (int i = 0; i < p->q->item_count && !rc; i++)
        rc = reserved_item(p, &p->q->items[i]);
    return rc;
}

/* ---- expansion ------------------------------------------------------------------------------- */

static Item *add(Planner *p, SqlExpr *full, Span span)
{
    if (p->item_count == p->item_cap) {
        int cap = p->item_cap ? 2 * p->item_cap : 16;
        Item *items = ARENA_ARRAY(p->arena, Item, cap);
        if (p->item_count)
            memcpy(items, p->items, sizeof *items * (size_t)p->item_count);
        p->items = items;
        p->item_cap = cap;
    }
    Item *item = &p->items[p->item_count++];
    *item = (Item){.full = full, .ref = names_ref(p, full), .span = span, .key = -1};
    return item;
}

static void add_columns(Planner *p, int from, int first, int count, Span span)
{
    for (int i = first; i < first + count; i++)
        add(p, names_column(p, (Ref){from, i}, span), span)->from_star = true;
}

static void add_bounds(Planner *p, int from, Span span)
{
    const Schema *s = p->from[from].source->schema;
    if (s->window != WINDOW_NONE && (!p->persistent || p->from_count > 1))
        add_columns(p, from, s->count + PSEUDO_WINDOWSTART, 2, span);
}

/* After PARTITION BY the old key columns stand at the end; over a join each source also shows its
 * system columns (statements.md 7.5, a kept quirk). Promoted columns are put first by their role.
 */
static void add_source_rekeyed(Planner *p, int from, Span span)
{
    const Schema *s = p->from[from].source->schema;
    add_columns(p, from, s->key_count, s->count - s->key_count, span);
    if (p->from_count > 1)
        add_columns(p, from, s->count + PSEUDO_ROWTIME, 3, span);
    add_columns(p, from, 0, s->key_count, span);
}

static void add_source(Planner *p, int from, Span span)
{
    const Schema *s = p->from[from].source->schema;
    if (p->rekeyed) {
        add_source_rekeyed(p, from, span);
        return;
    }
    add_columns(p, from, 0, s->key_count, span);
    add_bounds(p, from, span);
    add_columns(p, from, s->key_count, s->count - s->key_count, span);
}

/* Keys that no source's star shows: expressions and system columns of PARTITION BY. */
static void add_new_keys(Planner *p, Span span)
{
    for (int i = 0; i < p->group_count && p->rekeyed; i++) {
        Ref r = names_ref(p, p->groups_full[i]);
        bool shown =
            r.from >= 0 && (p->from_count > 1 ? r.column < p->from[r.from].source->schema->count + 3
                                              : r.column < p->from[r.from].source->schema->count);
        if (!shown)
            add(p, p->groups_full[i], span)->from_star = true;
    }
}

static SqlExpr *rowkey_column(Planner *p, Span span)
{
    SqlExpr *e = ARENA_NEW(p->arena, SqlExpr);
    e->kind = SQL_COLUMN;
    e->name = (SqlName){p->rowkey, span, true};
    e->span = span;
    return e;
}

static void expand_star(Planner *p, const SqlExpr *star)
{
    bool one = star->qualifier.text.ptr != NULL;
    if (!one && p->rowkey.ptr && !p->rekeyed)
        add(p, rowkey_column(p, star->span), star->span)->from_star = true;
    if (!one)
        add_new_keys(p, star->span);
    for (int i = 0; i < p->from_count; i++)
        if (!one || str_eq(star->qualifier.text, p->from[i].name))
            add_source(p, i, star->span);
}

/* a->*: one item per field; so the type of `a` has to be known before the items are. */
static Rc expand_struct(Planner *p, const SqlItem *item)
{
    SqlExpr *base;
    Expr *bound;
    Rc rc = names_full(p, item->expr->args[0], "SELECT", &base);
    if (!rc)
        rc = scope_bind(p, names_internal(p, base), scope_wide(p), "SELECT", &bound);
    if (rc)
        return rc;
    if (bound->type->kind != TYPE_STRUCT)
        return err_at(p->err, ERR_STATEMENT, item->span,
                      "%s->* needs a STRUCT, but %s is of type %s.", names_print(p, base),
                      names_print(p, base), type_cstr(p->arena, bound->type));
    for (int i = 0; i < bound->type->field_count; i++) {
        SqlExpr *field = ARENA_NEW(p->arena, SqlExpr);
        field->kind = SQL_FIELD;
        field->args = ARENA_ARRAY(p->arena, SqlExpr *, 1);
        field->args[0] = base;
        field->arg_count = 1;
        field->name = (SqlName){bound->type->fields[i].name, item->span, true};
        field->span = item->span;
        add(p, field, item->span);
    }
    return 0;
}

static Rc expand_item(Planner *p, const SqlItem *item)
{
    if (item->expr->kind == SQL_STAR) {
        expand_star(p, item->expr);
        return 0;
    }
    if (item->expr->kind == SQL_STRUCT_ALL)
        return expand_struct(p, item);
    SqlExpr *tree;
    Rc rc = names_full(p, item->expr, "SELECT", &tree);
    if (rc)
        return rc;
    Item *i = add(p, tree, item->span);
    i->aliased = item->alias.text.ptr != NULL;
    i->name = item->alias.text;
    return 0;
}

/* ---- names ----------------------------------------------------------------------------------- */

static bool is_source_name(Planner *p, Str name)
{
    for (int f = 0; f < p->from_count; f++)
        for (int c = 0; c < p->from[f].source->schema->count; c++)
            if (str_eq(names_of(p, (Ref){f, c}), name))
                return true;
    return false;
}

static bool is_item_name(const Planner *p, const Item *self, Str name)
{
    for (int i = 0; i < p->item_count; i++)
        if (&p->items[i] != self && p->items[i].name.ptr && str_eq(p->items[i].name, name))
            return true;
    return false;
}

Str items_generate(Planner *p)
{
    for (;;) {
        Str name = str_of(arena_printf(p->arena, "KSQL_COL_%d", p->generated++));
        if (!is_source_name(p, name))
            return name;
    }
}

static Str field_name(Planner *p, const Item *item)
{
    Str wish = item->full->name.text, name = wish;
    for (int n = 1; is_source_name(p, name) || is_item_name(p, item, name); n++)
        name = str_of(arena_printf(p->arena, "%.*s_%d", STR_ARG(wish), n));
    return name;
}

/* `c` while only one joined source has it, else S_C; a star always says S_C. */
static Str column_name(Planner *p, const Item *item)
{
    int hits = 0, column;
    Str name = item->full->name.text;
    for (int i = 0; i < p->from_count; i++)
        hits += names_has_column(p->from[i].source, name, &column);
    return item->from_star || hits > 1 ? names_of(p, item->ref) : name;
}

static Str name_item(Planner *p, const Item *item)
{
    if (item->is_rowkey)
        return p->rowkey;
    if (item->ref.from >= 0)
        return column_name(p, item);
    if (item->full->kind == SQL_FIELD)
        return field_name(p, item);
    return items_generate(p);
}

Str items_unique(Planner *p, const SchemaColumn *cols, int n, Str wish)
{
    Str name = wish;
    const Schema s = {.columns = (SchemaColumn *)cols, .count = n};
    for (int i = 1; schema_find(&s, name) >= 0; i++)
        name = str_of(arena_printf(p->arena, "%.*s_%d", STR_ARG(wish), i));
    return name;
}

Rc items_expand(Planner *p)
{
    Rc rc = 0;
    for (int i = 0; i < p->q->item_count && !rc; i++)
        rc = expand_item(p, &p->q->items[i]);
    if (!rc && p->item_count > LIMIT_COLUMNS)
        rc = err_at(p->err, ERR_LIMIT, p->q->span, "The projection has more than %d columns.",
                    LIMIT_COLUMNS);
    for (int i = 0; i < p->item_count && !rc; i++) {
        Item *item = &p->items[i];
        item->is_rowkey = item->full->kind == SQL_COLUMN && p->rowkey.ptr && item->ref.from < 0 &&
                          str_eq(item->full->name.text, p->rowkey);
        item->expr = names_internal(p, item->full);
        names_use(p, item->full, 1);
        if (!item->aliased)
            item->name = name_item(p, item);
    }
    return rc;
}

/* ---- the other clauses ----------------------------------------------------------------------- */

static Rc resolve_one(Planner *p, const SqlExpr *e, const char *clause, SqlExpr **tree,
                      SqlExpr **internal)
{
    SqlExpr *full;
    Rc rc = names_full(p, e, clause, &full);
    if (rc)
        return rc;
    names_use(p, full, 1);
    *internal = names_internal(p, full);
    if (tree)
        *tree = full;
    return 0;
}

static Rc resolve_groups(Planner *p, SqlExpr *const *list, int count, const char *clause)
{
    Rc rc = 0;
    p->groups = ARENA_ARRAY(p->arena, SqlExpr *, count);
    p->groups_full = ARENA_ARRAY(p->arena, SqlExpr *, count);
    for (int i = 0; i < count && !rc; i++)
        rc = resolve_one(p, list[i], clause, &p->groups_full[i], &p->groups[i]);
    p->group_count = rc ? 0 : count;
    return rc;
}

/* PARTITION BY exactly the present key of a single source changes nothing. */
static bool is_present_key(Planner *p)
{
    const Schema *s = p->from[0].source->schema;
    if (p->from_count != 1 || p->group_count != s->key_count)
        return false;
    for (int i = 0; i < p->group_count; i++) {
        Ref r = names_ref(p, p->groups_full[i]);
        if (r.from != 0 || r.column != i)
            return false;
    }
    return true;
}

static Rc check_partition_by(Planner *p)
{
    const SqlQuery *q = p->q;
    bool tables = true;
    for (int i = 0; i < p->from_count; i++)
        tables = tables && p->from[i].source->is_table;
    if (tables)
        return err_at(p->err, ERR_STATEMENT, q->span,
                      "PARTITION BY is not supported on tables: a table's key is what it is.");
    if (q->has_group_by)
        return err_at(p->err, ERR_STATEMENT, q->span,
                      "Only one of PARTITION BY and GROUP BY can be used in a query.");
    if (q->partition_count == 0)
        return err_at(p->err, ERR_STATEMENT, q->span,
                      "PARTITION BY requires at least one expression");
    for (int i = 0; i < q->partition_count; i++) {
        if (q->partition_by[i]->kind != SQL_NULL)
            continue;
        if (q->partition_count > 1)
            return err_at(p->err, ERR_STATEMENT, q->partition_by[i]->span,
                          "Cannot PARTITION BY multiple columns including NULL");
        p->no_key = p->rekeyed = true;
    }
    return 0;
}

static Rc resolve_partition_by(Planner *p)
{
    Rc rc = check_partition_by(p);
    if (rc || p->no_key)
        return rc;
    rc = resolve_groups(p, p->q->partition_by, p->q->partition_count, "PARTITION BY");
    p->rekeyed = !rc && !is_present_key(p);
    return rc;
}

Rc items_resolve_clauses(Planner *p)
{
    const SqlQuery *q = p->q;
    Rc rc = 0;
    if (q->where)
        rc = resolve_one(p, q->where, "WHERE", NULL, &p->where);
    if (!rc && q->has_group_by)
        rc = resolve_groups(p, q->group_by, q->group_count, "GROUP BY");
    if (!rc && q->has_partition_by)
        rc = resolve_partition_by(p);
    if (!rc && q->having)
        rc = resolve_one(p, q->having, "HAVING", &p->having_full, &p->having);
    return rc;
}
