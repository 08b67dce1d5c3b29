/* nodes.c: making plan nodes and their schemas; the small change of all planning files. */
#include "plan/plan_int.h"

const char *const plan_node_names[NODE_KIND_COUNT] = {
#define X(name, text) text,
    PLAN_NODES(X)
#undef X
};

PlanNode *node_new(Arena *a, PlanKind kind, PlanNode *left, PlanNode *right)
{
    PlanNode *n = ARENA_NEW(a, PlanNode);
    n->kind = kind;
    n->timestamp_column = -1;
    n->store_id[0] = n->store_id[1] = -1;
    n->limit = -1;
    n->input_count = (left != NULL) + (right != NULL);
    n->inputs = ARENA_ARRAY(a, PlanNode *, 2);
    n->inputs[0] = left;
    n->inputs[1] = right;
    if (left) {
        n->schema = left->schema;
        n->key_format = left->key_format;
        n->is_table = left->is_table;
        n->old_known = left->old_known;
    }
    return n;
}

PlanNode *node_source(Planner *p, const CatalogSource *s)
{
    PlanNode *n = node_new(p->arena, NODE_SOURCE, NULL, NULL);
    n->schema = schema_copy(p->arena, s->schema);
    n->key_format = s->key_format;
    n->value_format = s->value_format;
    n->key_format.delimiter = arena_str(p->arena, s->key_format.delimiter);
    n->value_format.delimiter = arena_str(p->arena, s->value_format.delimiter);
    n->is_table = s->is_table;
    n->source = arena_str(p->arena, s->name);
    n->topic = arena_str(p->arena, s->topic);
    n->partitions = s->partitions;
    n->used = ARENA_ARRAY(p->arena, bool, s->schema->count);
    n->timestamp_column = s->timestamp_column;
    n->timestamp_format = arena_str(p->arena, s->timestamp_format);
    n->keyless = s->schema->key_count == 0;
    return n;
}

void node_exprs(Arena *a, PlanNode *n, int count)
{
    n->exprs = ARENA_ARRAY(a, Expr *, count);
    n->expr_count = count;
}

Schema *node_schema(Arena *a, int cap)
{
    Schema *s = ARENA_NEW(a, Schema);
    s->columns = ARENA_ARRAY(a, SchemaColumn, cap);
    return s;
}

/* The caller gave node_schema enough room. */
void node_column(Schema *s, Str name, const Type *t, ColumnRole role)
{
    s->columns[s->count++] = (SchemaColumn){name, t, role, STR_NULL};
    s->key_count += role == ROLE_KEY;
}

PlanNode *node_exchange(Planner *p, PlanNode *below, int partitions)
{
    PlanNode *n = node_new(p->arena, NODE_EXCHANGE, below, NULL);
    n->partitions = partitions;
    return n;
}

/* Tasks of the stage in which n runs. */
int node_partitions(const PlanNode *n)
{
    while (n->kind != NODE_SOURCE && n->kind != NODE_EXCHANGE)
        n = n->inputs[0];
    return n->partitions;
}

bool format_same(const FormatSpec *a, const FormatSpec *b)
{
    Str da = a->delimiter.ptr ? a->delimiter : STR_LIT(","); /* DELIMITED's default */
    Str db = b->delimiter.ptr ? b->delimiter : STR_LIT(",");
    return a->format == b->format && a->unwrapped == b->unwrapped && str_eq(da, db);
}

static bool is_none(const FormatSpec *f)
{
    return strcmp(f->format->name, "NONE") == 0;
}

FormatSpec format_for_keys(Planner *p, FormatSpec wish, const Schema *s)
{
    if (s->key_count == 0)
        return (FormatSpec){.format = format_find(STR_LIT("NONE"))};
    wish.delimiter = arena_str(p->arena, wish.delimiter);
    wish.unwrapped = s->key_count == 1 && wish.format->unwraps;
    Err ignored = ERR_INIT;
    bool fits = !is_none(&wish) && wish.format->key &&
                (!wish.format->check ||
                 !wish.format->check(&wish, s->columns, s->key_count, true, &ignored));
    if (fits)
        return wish;
    return (FormatSpec){.format = format_find(STR_LIT("JSON")), .unwrapped = s->key_count == 1};
}
