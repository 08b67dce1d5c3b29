/* join.c: the nodes of a FROM clause with joins (statements.md 7.6, 11.7, 11.8).
 *
 * Each source is renamed by a node of its own (Project, or Rekey and Exchange where the criterion
 * is not its key): one key column, then the columns that somebody mentions, as SOURCE_COLUMN. A
 * join's schema is the key, the left values, the right values. The key column is called like the
 * source column that shows it, unless that column is wanted besides as a value: it may be NULL
 * where the key is not. */
#include "plan/plan_int.h"

typedef struct JoinSide { /* one input of a join, before its nodes are made */
    PlanNode *node;       /* SOURCE, or the join before */
    int from;             /* of a SOURCE; -1: node is a join */
    const SqlExpr *key;   /* full */
    bool rekey;
} JoinSide;

static int column_count(const From *f)
{
    return f->source->schema->count + PSEUDO_COUNT;
}

static Expr *source_column(Planner *p, const Schema *s, int column)
{
    return column < s->count ? scope_column(p->arena, s, column)
                             : expr_pseudo(p->arena, (Pseudo)(column - s->count));
}

/* The values of a renamed source: what is used, behind the key expressions already there. */
static void add_values(Planner *p, PlanNode *n, Schema *out, int from)
{
    const From *f = &p->from[from];
    const Schema *s = f->source->schema;
    for (int c = 0; c < column_count(f); c++) {
        if (f->uses[c] <= 0)
            continue;
        Expr *e = source_column(p, s, c);
        n->exprs[n->expr_count++] = e;
        node_column(out, names_of(p, (Ref){from, c}), e->type, ROLE_VALUE);
    }
}

/* A source that keeps its key: a foreign-key join's left side may have several key columns. */
static PlanNode *rename_source(Planner *p, const JoinSide *side)
{
    const From *f = &p->from[side->from];
    const Schema *s = f->source->schema;
    int cap = s->key_count + column_count(f);
    PlanNode *n = node_new(p->arena, NODE_PROJECT, side->node, NULL);
    Schema *out = node_schema(p->arena, cap);
    node_exprs(p->arena, n, cap);
    n->expr_count = 0;
    out->window = s->window;
    out->window_size_ms = s->window_size_ms;
    for (int c = 0; c < s->key_count; c++) {
        Str name = s->key_count == 1 ? p->join_key : names_of(p, (Ref){side->from, c});
        n->exprs[n->expr_count++] = scope_column(p->arena, s, c);
        node_column(out, name, s->columns[c].type, ROLE_KEY);
        if (s->key_count > 1)
            f->uses[c] = 0; /* shown by the key */
    }
    add_values(p, n, out, side->from);
    n->schema = out;
    return n;
}

static PlanNode *rekey_join(Planner *p, PlanNode *n, Schema *out, const PlanNode *below)
{
    const Schema *s = below->schema;
    for (int c = s->key_count; c < s->count; c++) {
        n->exprs[n->expr_count++] = scope_column(p->arena, s, c);
        node_column(out, s->columns[c].name, s->columns[c].type, ROLE_VALUE);
    }
    return n;
}

static Rc rekey_side(Planner *p, const JoinSide *side, const FormatSpec *format, int partitions,
                     PlanNode **out)
{
    bool source = side->from >= 0;
    int cap = 1 + (source ? column_count(&p->from[side->from]) : side->node->schema->count);
    PlanNode *n = node_new(p->arena, NODE_REKEY, side->node, NULL);
    Schema *schema = node_schema(p->arena, cap);
    Expr *key;
    SqlExpr *tree = source ? names_plain(p, side->key) : names_internal(p, side->key);
    Rc rc = scope_bind(p, tree, side->node->schema, "JOIN ON", &key);
    if (rc)
        return rc;
    node_exprs(p->arena, n, cap);
    n->exprs[0] = key;
    n->expr_count = 1;
    node_column(schema, p->join_key, key->type, ROLE_KEY);
    if (source)
        add_values(p, n, schema, side->from);
    else
        rekey_join(p, n, schema, side->node);
    n->schema = schema;
    n->key_format = format_for_keys(p, *format, schema);
    *out = node_exchange(p, n, partitions);
    return 0;
}

static bool is_none(const FormatSpec *f)
{
    return strcmp(f->format->name, "NONE") == 0;
}

/* Whose key format the join works in (statements.md 11.12c): that of the side that stays; of the
 * left one if both stay or none does; never NONE. */
static FormatSpec choose_format(Planner *p, const JoinSide *left, const JoinSide *right)
{
    const FormatSpec *l = &left->node->key_format, *r = &right->node->key_format;
    const FormatSpec *first = left->rekey && !right->rekey ? r : l, *second = first == l ? r : l;
    if (!is_none(first))
        return *first;
    if (!is_none(second))
        return *second;
    const Format *standby = format_find(with_default_key(p->catalog));
    return (FormatSpec){.format = standby ? standby : format_find(STR_LIT("KAFKA"))};
}

static Rc place_side(Planner *p, const JoinSide *side, const FormatSpec *format, int partitions,
                     PlanNode **out)
{
    if (side->rekey)
        return rekey_side(p, side, format, partitions, out);
    *out = side->from >= 0 ? rename_source(p, side) : side->node;
    return 0;
}

static const Type *key_type(Planner *p, const SqlExpr *side, Rc *rc)
{
    Expr *e = NULL;
    *rc = scope_bind(p, names_internal(p, side), scope_wide(p), "JOIN ON", &e);
    return *rc ? NULL : e->type;
}

static Rc check_types(Planner *p, const Join *j)
{
    Rc rc;
    const Type *types[2];
    for (int i = 0; i < 2; i++) {
        types[i] = key_type(p, j->on->args[i], &rc);
        if (rc)
            return rc;
    }
    if (type_eq(types[0], types[1]))
        return 0;
    return err_at(p->err, ERR_STATEMENT, j->sql->span,
                  "Invalid join condition: types don't match. Got %s{%s} = %s{%s}.",
                  names_print(p, j->on->args[0]), type_cstr(p->arena, types[0]),
                  names_print(p, j->on->args[1]), type_cstr(p->arena, types[1]));
}

static void join_schema(Planner *p, PlanNode *n)
{
    const Schema *l = n->inputs[0]->schema, *r = n->inputs[1]->schema;
    Schema *out = node_schema(p->arena, l->count + r->count);
    for (int c = 0; c < l->count; c++)
        node_column(out, l->columns[c].name, l->columns[c].type, l->columns[c].role);
    for (int c = r->key_count; c < r->count; c++)
        node_column(out, r->columns[c].name, r->columns[c].type, ROLE_VALUE);
    out->window = l->window;
    out->window_size_ms = l->window_size_ms;
    n->schema = out;
}

static void note_unbuilt(Planner *p, const Join *j)
{
    const char *what = j->streams       ? "stream-stream joins"
                       : j->foreign_key ? "foreign-key joins"
                                        : NULL;
    p->not_built = p->not_built ? p->not_built : what;
}

static Rc plan_one(Planner *p, int i)
{
    Join *j = &p->joins[i];
    JoinSide left = {.node = i ? p->node : node_source(p, p->from[0].source),
                     .from = i ? -1 : 0,
                     .key = j->left,
                     .rekey = !j->foreign_key && !join_left_is_keyed(p, i)};
    JoinSide right = {.node = node_source(p, p->from[i + 1].source),
                      .from = i + 1,
                      .key = j->right,
                      .rekey = !join_is_key(p, i + 1, j->right)};
    Rc rc = check_types(p, j);
    if (rc)
        return rc;
    FormatSpec format = choose_format(p, &left, &right);
    /* A side that stays but speaks another key format is written anew in the join's. */
    right.rekey =
        right.rekey || (!j->foreign_key && !format_same(&right.node->key_format, &format));
    left.rekey = left.rekey || (!j->foreign_key && !format_same(&left.node->key_format, &format));
    int partitions = node_partitions(left.rekey && !right.rekey ? right.node : left.node);
    rc = place_side(p, &left, &format, partitions, &j->left_node);
    if (!rc)
        rc = place_side(p, &right, &format, partitions, &j->right_node);
    if (rc)
        return rc;
    bool tables = j->left_is_table && j->right_is_table;
    p->node = node_new(p->arena, tables ? NODE_TABLE_TABLE_JOIN : NODE_STREAM_TABLE_JOIN,
                       j->left_node, j->right_node);
    p->node->join = j->sql->kind;
    p->node->old_known = tables;
    join_schema(p, p->node);
    note_unbuilt(p, j);
    return 0;
}

/* ---- the key column's name ------------------------------------------------------------------- */

/* The key item needs no value beside it; every other mention does. Criteria of later joins mention
 * what earlier ones must hand on. */
static void count_uses(Planner *p)
{
    if (p->key_ref.from >= 0)
        for (int i = 0; i < p->item_count; i++)
            if (p->items[i].ref.from == p->key_ref.from &&
                p->items[i].ref.column == p->key_ref.column) {
                p->from[p->key_ref.from].uses[p->key_ref.column]--;
            }
    for (int i = 1; i < p->join_count; i++)
        if (!join_left_is_keyed(p, i))
            names_use(p, p->joins[i].left, 1);
}

static bool is_value_name(Planner *p, Str name)
{
    for (int f = 0; f < p->from_count; f++)
        for (int c = 0; c < column_count(&p->from[f]); c++)
            if (p->from[f].uses[c] > 0 && str_eq(names_of(p, (Ref){f, c}), name))
                return true;
    return false;
}

static Str key_name(Planner *p)
{
    if (p->rowkey.ptr)
        return p->rowkey;
    if (p->key_ref.from >= 0 && p->from[p->key_ref.from].uses[p->key_ref.column] == 0)
        return names_of(p, p->key_ref);
    Str name = STR_LIT("ROWKEY");
    for (int n = 1; is_value_name(p, name); n++)
        name = str_of(arena_printf(p->arena, "ROWKEY_%d", n));
    return name;
}

/* Aliases A with B_C and A_B with C would both be called A_B_C. */
static Rc check_clashes(Planner *p)
{
    const Schema *s = p->node->schema;
    for (int i = 0; i < s->count; i++)
        if (schema_find(s, s->columns[i].name) != i)
            return err_at(p->err, ERR_STATEMENT, p->q->span,
                          "Two columns of the joined sources would be called %.*s. Give one of the "
                          "sources another alias.",
                          STR_ARG(s->columns[i].name));
    return 0;
}

Rc join_plan(Planner *p)
{
    Rc rc = 0;
    if (p->join_count == 0) {
        p->node = node_source(p, p->from[0].source);
        return 0;
    }
    count_uses(p);
    p->join_key = key_name(p);
    for (int i = 0; i < p->join_count && !rc; i++)
        rc = plan_one(p, i);
    return rc ? rc : check_clashes(p);
}

/* Both sides in as many partitions, or equal keys would not meet (statements.md 7.6). */
Rc join_check_partitions(Planner *p)
{
    for (int i = 0; i < p->join_count; i++) {
        const Join *j = &p->joins[i];
        int l = node_partitions(j->left_node), r = node_partitions(j->right_node);
        if (l == r || j->foreign_key)
            continue;
        Str left = p->from[j->left_from].name, right = p->from[i + 1].name;
        return err_at(
            p->err, ERR_STATEMENT, j->sql->span,
            "Can't join `%.*s` with `%.*s` since the number of partitions don't match. "
            "`%.*s` partitions = %d; `%.*s` partitions = %d. Please repartition either one "
            "so that the number of partitions match.",
            STR_ARG(left), STR_ARG(right), STR_ARG(left), l, STR_ARG(right), r);
    }
    return 0;
}
