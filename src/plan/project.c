/* project.c: the select list as a node, and PARTITION BY below it (statements.md 5.4, 7.5).
 *
 * The last node before the sink has the sink's schema: its keys in the plan's order under the names
 * that the items give them, then the value items in the order they were written. It is a PROJECT
 * while the key bytes hold, and a REKEY where the sink wants another key format. */
#include "plan/plan_int.h"

/* ---- PARTITION BY ---------------------------------------------------------------------------- */

static bool is_promoted(const PlanNode *n, int column)
{
    for (int i = 0; i < n->schema->key_count; i++)
        if (n->exprs[i]->kind == EXPR_COLUMN && n->exprs[i]->index == column)
            return true;
    return false;
}

/* Values first, the old key columns behind them; a promoted column is not repeated. */
static void add_rest(Planner *p, PlanNode *n, const Schema *below)
{
    for (int pass = 0; pass < 2; pass++) {
        int from = pass == 0 ? below->key_count : 0;
        int to = pass == 0 ? below->count : below->key_count;
        for (int c = from; c < to; c++) {
            if (is_promoted(n, c))
                continue;
            n->exprs[n->expr_count++] = scope_column(p->arena, below, c);
            node_column(n->schema, below->columns[c].name, below->columns[c].type, ROLE_VALUE);
        }
    }
}

static Str partition_name(Planner *p, const PlanNode *n, const Schema *below, int i)
{
    Str wish = STR_LIT("KEY");
    if (n->exprs[i]->kind == EXPR_COLUMN)
        return below->columns[n->exprs[i]->index].name; /* leaves the values, so nobody has it */
    for (int k = 0; k < p->item_count; k++)
        if (sql_equal_expr(p->items[k].expr, p->groups[i]))
            wish = p->items[k].name;
    wish = items_unique(p, below->columns, below->count, wish);
    return items_unique(p, n->schema->columns, n->schema->count, wish);
}

static Rc bind_partitions(Planner *p, PlanNode *n, const Schema *below)
{
    for (int i = 0; i < p->group_count; i++) {
        Rc rc = scope_bind(p, p->groups[i], below, "PARTITION BY", &n->exprs[i]);
        if (rc)
            return rc;
        if (n->exprs[i]->kind == EXPR_COLUMN && is_promoted(n, n->exprs[i]->index))
            return err_at(p->err, ERR_STATEMENT, p->groups[i]->span,
                          "Duplicate PARTITION BY expression: %s",
                          names_print(p, p->groups_full[i]));
        node_column(n->schema, partition_name(p, n, below, i), n->exprs[i]->type, ROLE_KEY);
        n->expr_count++;
    }
    return 0;
}

Rc project_rekey(Planner *p)
{
    if (!p->q->has_partition_by || !p->rekeyed)
        return 0;
    const Schema *below = p->node->schema;
    if (below->window != WINDOW_NONE)
        return err_at(p->err, ERR_STATEMENT, p->q->span,
                      "Implicit repartitioning of windowed sources is not supported. See "
                      "https://github.com/confluentinc/ksql/issues/4385.");
    PlanNode *n = node_new(p->arena, NODE_REKEY, p->node, NULL);
    int cap = p->group_count + below->count;
    n->schema = node_schema(p->arena, cap);
    node_exprs(p->arena, n, cap);
    n->expr_count = 0;
    Rc rc = bind_partitions(p, n, below);
    if (rc)
        return rc;
    add_rest(p, n, below);
    n->key_format = format_for_keys(p, p->key_format, n->schema);
    p->node = n;
    p->above = true;
    return 0;
}

/* ---- items ----------------------------------------------------------------------------------- */

static bool same_ref(Ref a, Ref b)
{
    return a.from == b.from && a.column == b.column && a.from >= 0;
}

/* What the dialect puts before a failure of one item. */
static Rc explain_item(Planner *p, Rc rc)
{
    if (strncmp(p->err->text, "Cast of ", 8) == 0)
        err_prefix(p->err, "Invalid Select: ");
    return rc;
}

static Rc bind_item(Planner *p, Item *item)
{
    const Schema *s = p->node->schema;
    int key = p->join_count && same_ref(item->ref, p->key_ref) ? schema_find(s, p->join_key) : -1;
    if (key >= 0) {
        item->bound = scope_column(p->arena, s, key);
    } else {
        Rc rc = scope_bind(p, item->expr, s, "SELECT", &item->bound);
        if (rc)
            return explain_item(p, rc);
    }
    if (item->bound->kind == EXPR_COLUMN && item->bound->index < s->key_count)
        item->key = item->bound->index;
    if (item->bound->type->kind != TYPE_NULL)
        return 0;
    if (p->persistent)
        return err_at(p->err, ERR_STATEMENT, item->span,
                      "Can't infer a type of null. Please explicitly cast it to a required type, "
                      "e.g. CAST(null AS VARCHAR).");
    return expr_coerce(p->arena, item->bound, &type_string, &item->bound, p->err);
}

Rc project_bind(Planner *p)
{
    Rc rc = 0;
    for (int i = 0; i < p->item_count && !rc; i++)
        rc = bind_item(p, &p->items[i]);
    return rc;
}

/* ---- the node -------------------------------------------------------------------------------- */

static const Item *key_item(const Planner *p, int key)
{
    for (int i = 0; i < p->item_count; i++)
        if (p->items[i].key == key)
            return &p->items[i];
    return NULL;
}

/* A key nobody asked to see still travels along, under a name that hides no item. */
static Str hidden_name(Planner *p, const Schema *s, int key)
{
    Str wish = s->columns[key].name, name = wish;
    for (int n = 1;; n++) {
        bool taken = false;
        for (int i = 0; i < p->item_count; i++)
            taken = taken || str_eq(p->items[i].name, name);
        if (!taken)
            return name;
        name = str_of(arena_printf(p->arena, "%.*s_%d", STR_ARG(wish), n));
    }
}

/* Coerced to the column of an INSERT's target where the planner was given one. */
static Rc value_expr(Planner *p, const Item *item, int at, Expr **out)
{
    *out = item->bound;
    if (!p->target || at >= p->target->schema->count)
        return 0;
    const Type *to = type_copy(p->arena, p->target->schema->columns[at].type);
    Err ignored = ERR_INIT;
    if (!type_eq(item->bound->type, to) && expr_coerce(p->arena, item->bound, to, out, &ignored))
        *out = item->bound; /* the comparison of schemas will say it better */
    return 0;
}

static Rc add_items(Planner *p, PlanNode *n)
{
    const Schema *s = p->node->schema;
    for (int k = 0; k < s->key_count; k++) {
        const Item *item = key_item(p, k);
        n->exprs[n->expr_count++] = scope_column(p->arena, s, k);
        node_column(n->schema, item ? item->name : hidden_name(p, s, k), s->columns[k].type,
                    ROLE_KEY);
    }
    for (int i = 0; i < p->item_count; i++) {
        Item *item = &p->items[i];
        if (item->key >= 0 && key_item(p, item->key) == item)
            continue;
        Rc rc = value_expr(p, item, n->schema->count, &n->exprs[n->expr_count]);
        if (rc)
            return rc;
        node_column(n->schema, item->name, n->exprs[n->expr_count]->type, ROLE_VALUE);
        n->expr_count++;
    }
    return 0;
}

Rc project_plan(Planner *p)
{
    const Schema *s = p->node->schema;
    PlanNode *n = node_new(p->arena, NODE_PROJECT, p->node, NULL);
    int cap = s->key_count + p->item_count;
    n->schema = node_schema(p->arena, cap);
    n->schema->window = s->window;
    n->schema->window_size_ms = s->window_size_ms;
    node_exprs(p->arena, n, cap);
    n->expr_count = 0;
    Rc rc = add_items(p, n);
    if (rc)
        return rc;
    if (p->persistent && s->key_count && !format_same(&p->key_format, &n->key_format)) {
        n->kind = NODE_REKEY;
        n->key_format = p->key_format;
    }
    p->node = n;
    return 0;
}

/* Which columns of a push query's rows are shown, in the order of the select list. */
void project_show(const Planner *p, PlanNode *sink)
{
    int values = sink->schema->key_count;
    sink->shown = ARENA_ARRAY(p->arena, int, p->item_count);
    sink->shown_count = p->item_count;
    for (int i = 0; i < p->item_count; i++) {
        const Item *item = &p->items[i];
        bool is_key = item->key >= 0 && key_item(p, item->key) == item;
        sink->shown[i] = is_key ? item->key : values++;
    }
}
