/* decode.c: a stored plan from its JSON text.
 *
 * The text comes from a file that anybody may have written. So nothing in it is believed: every
 * field is looked up by name, checked for its kind and range, and the finished plan has to pass
 * plan_verify before anybody sees it. Fields that are not known are ignored. */
#include "plan/plan_int.h"

#include "base/json.h"

enum { NODES_MAX = 500 };

typedef struct Doc {
    const JsonToken *tokens;
    Arena *arena;
    Err *err;
    bool bad; /* a field had the wrong kind or range; `what` says which */
    const char *what;
} Doc;

static void spoil(Doc *d, const char *what)
{
    if (!d->bad)
        d->what = what;
    d->bad = true;
}

/* ---- fields ---------------------------------------------------------------------------------- */

static const JsonToken *next(const Doc *d, const JsonToken *t)
{
    return d->tokens + t->next;
}

static const JsonToken *field(const Doc *d, const JsonToken *object, const char *name)
{
    const JsonToken *at = object + 1;
    for (uint32_t i = 0; object->kind == JSON_OBJECT && i < object->count; i++) {
        const JsonToken *value = next(d, at);
        if (str_eq(at->text, str_of(name)))
            return value;
        at = next(d, value);
    }
    return NULL;
}

static Str take_text(Doc *d, const JsonToken *object, const char *name)
{
    const JsonToken *t = field(d, object, name);
    if (!t)
        return STR_NULL;
    if (t->kind != JSON_STRING)
        spoil(d, name);
    return t->kind == JSON_STRING ? arena_str(d->arena, t->text) : STR_NULL;
}

static int64_t take_number(Doc *d, const JsonToken *object, const char *name, int64_t usual,
                           int64_t min, int64_t max)
{
    const JsonToken *t = field(d, object, name);
    if (!t)
        return usual;
    if (t->kind == JSON_INT && t->i64 >= min && t->i64 <= max)
        return t->i64;
    spoil(d, name);
    return usual;
}

static bool take_flag(Doc *d, const JsonToken *object, const char *name)
{
    const JsonToken *t = field(d, object, name);
    if (t && t->kind != JSON_TRUE && t->kind != JSON_FALSE)
        spoil(d, name);
    return t && t->kind == JSON_TRUE;
}

/* A list, NULL when absent or no list. */
static const JsonToken *take_list(Doc *d, const JsonToken *object, const char *name, int *count)
{
    const JsonToken *t = field(d, object, name);
    *count = 0;
    if (!t)
        return NULL;
    if (t->kind != JSON_ARRAY || t->count > LIMIT_COLUMNS * 2) {
        spoil(d, name);
        return NULL;
    }
    *count = (int)t->count;
    return t;
}

/* Whole numbers from min to max; NULL when absent. */
static int *take_numbers(Doc *d, const JsonToken *object, const char *name, int min, int max,
                         int *count)
{
    const JsonToken *list = take_list(d, object, name, count);
    if (!list)
        return NULL;
    int *numbers = ARENA_ARRAY(d->arena, int, *count);
    const JsonToken *t = list + 1;
    for (int i = 0; i < *count; i++, t = next(d, t)) {
        if (t->kind == JSON_INT && t->i64 >= min && t->i64 <= max)
            numbers[i] = (int)t->i64;
        else
            spoil(d, name);
    }
    return numbers;
}

static int find_word(Str word, const char *const *words, int count)
{
    for (int i = 0; i < count; i++)
        if (str_eq(word, str_of(words[i])))
            return i;
    return -1;
}

static const Type *take_type(Doc *d, Str text)
{
    const Type *t = &type_string;
    Err ignored = ERR_INIT;
    if (!text.ptr || type_parse(d->arena, text, &t, &ignored))
        spoil(d, "type");
    return t;
}

static WindowKind take_window(Doc *d, const JsonToken *object)
{
    Str word = take_text(d, object, "window");
    for (int k = WINDOW_TUMBLING; k <= WINDOW_SESSION; k++)
        if (word.ptr && str_eq(word, str_of(window_kind_name((WindowKind)k))))
            return (WindowKind)k;
    if (word.ptr)
        spoil(d, "window");
    return WINDOW_NONE;
}

/* ---- parts of a node ------------------------------------------------------------------------- */

static void take_column(Doc *d, const JsonToken *pair, int i, Schema *s)
{
    bool fits = pair->kind == JSON_ARRAY && pair->count == 2 && pair[1].kind == JSON_STRING;
    const JsonToken *type = fits ? next(d, pair + 1) : NULL;
    if (!fits || type->kind != JSON_STRING) {
        spoil(d, "column");
        return;
    }
    s->columns[i] = (SchemaColumn){arena_str(d->arena, pair[1].text), take_type(d, type->text),
                                   i < s->key_count ? ROLE_KEY : ROLE_VALUE, STR_NULL};
}

static Schema *take_schema(Doc *d, const JsonToken *object)
{
    Schema *s = ARENA_NEW(d->arena, Schema);
    const JsonToken *t = field(d, object, "schema");
    const JsonToken *list = t ? take_list(d, t, "columns", &s->count) : NULL;
    if (!list) {
        spoil(d, "schema");
        return s;
    }
    s->columns = ARENA_ARRAY(d->arena, SchemaColumn, s->count);
    s->key_count = (int)take_number(d, t, "keys", 0, 0, s->count);
    s->window = take_window(d, t);
    s->window_size_ms = take_number(d, t, "size", 0, 0, INT64_MAX);
    const JsonToken *pair = list + 1;
    for (int i = 0; i < s->count; i++, pair = next(d, pair))
        take_column(d, pair, i, s);
    return s;
}

static FormatSpec take_format(Doc *d, const JsonToken *object, const char *name)
{
    FormatSpec f = {0};
    const JsonToken *t = field(d, object, name);
    if (!t)
        return f;
    Str word = take_text(d, t, "format");
    f.format = word.ptr ? format_find(word) : NULL;
    f.delimiter = take_text(d, t, "delimiter");
    f.unwrapped = take_flag(d, t, "unwrapped");
    if (!f.format || (f.delimiter.ptr && f.delimiter.len != 1))
        spoil(d, name);
    return f;
}

static void take_exprs(Doc *d, const JsonToken *object, PlanNode *n)
{
    const JsonToken *list = take_list(d, object, "exprs", &n->expr_count);
    if (!list)
        return;
    n->exprs = ARENA_ARRAY(d->arena, Expr *, n->expr_count);
    const JsonToken *t = list + 1;
    for (int i = 0; i < n->expr_count && !d->bad; i++, t = next(d, t)) {
        Err ignored = ERR_INIT;
        if (t->kind != JSON_STRING ||
            expr_decode(d->arena, arena_str(d->arena, t->text), &n->exprs[i], &ignored))
            spoil(d, "exprs");
    }
}

static void take_agg(Doc *d, const JsonToken *t, PlanAgg *g)
{
    Str name = take_text(d, t, "func"), signature = take_text(d, t, "signature");
    g->func = name.ptr ? func_find(name) : NULL;
    if (g->func && g->func->kind == FUNC_AGGREGATE && signature.ptr)
        g->overload = func_overload(g->func, signature);
    g->args = take_numbers(d, t, "args", 0, LIMIT_COLUMNS * 2, &g->arg_count);
    g->result = take_type(d, take_text(d, t, "result"));
    if (!g->overload || !g->overload->agg || !g->args)
        spoil(d, "aggs");
}

static void take_aggs(Doc *d, const JsonToken *object, PlanNode *n)
{
    const JsonToken *list = take_list(d, object, "aggs", &n->agg_count);
    if (!list)
        return;
    n->aggs = ARENA_ARRAY(d->arena, PlanAgg, n->agg_count);
    const JsonToken *t = list + 1;
    for (int i = 0; i < n->agg_count; i++, t = next(d, t))
        take_agg(d, t, &n->aggs[i]);
}

static void take_used(Doc *d, const JsonToken *object, PlanNode *n)
{
    int count;
    int *bits = take_numbers(d, object, "used", 0, 1, &count);
    if (!bits)
        return;
    n->used = ARENA_ARRAY(d->arena, bool, n->schema->count);
    if (count != n->schema->count)
        spoil(d, "used");
    for (int i = 0; i < count && !d->bad; i++)
        n->used[i] = bits[i] != 0;
}

/* Inputs are nodes that came before and that nobody else has taken: so the plan is a tree. */
static void take_inputs(Doc *d, const JsonToken *object, PlanNode *n, PlanNode **nodes, bool *taken)
{
    int *ids = take_numbers(d, object, "inputs", 0, n->id - 1, &n->input_count);
    n->inputs = ARENA_ARRAY(d->arena, PlanNode *, 2);
    if (!ids || n->input_count > 2) {
        spoil(d, "inputs");
        n->input_count = 0;
        return;
    }
    for (int i = 0; i < n->input_count && !d->bad; i++) {
        if (taken[ids[i]])
            spoil(d, "inputs");
        taken[ids[i]] = true;
        n->inputs[i] = nodes[ids[i]];
    }
}

static void take_rest(Doc *d, const JsonToken *t, PlanNode *n)
{
    Str join = take_text(d, t, "join");
    n->key_format = take_format(d, t, "key_format");
    n->value_format = take_format(d, t, "value_format");
    n->is_table = take_flag(d, t, "is_table");
    n->old_known = take_flag(d, t, "old_known");
    n->store_id[0] = take_number(d, t, "store0", -1, 0, INT64_MAX);
    n->store_id[1] = take_number(d, t, "store1", -1, 0, INT64_MAX);
    n->source = take_text(d, t, "source");
    n->topic = take_text(d, t, "topic");
    n->partitions = (int)take_number(d, t, "partitions", 0, 1, INT32_MAX);
    n->timestamp_column = (int)take_number(d, t, "timestamp_column", -1, 0, LIMIT_COLUMNS);
    n->timestamp_format = take_text(d, t, "timestamp_format");
    n->keyless = take_flag(d, t, "keyless");
    n->same_key = take_flag(d, t, "same_key");
    n->window = take_window(d, t);
    n->size_ms = take_number(d, t, "size_ms", 0, 0, INT64_MAX / 2);
    n->advance_ms = take_number(d, t, "advance_ms", 0, 0, INT64_MAX / 2);
    n->grace_ms = take_number(d, t, "grace_ms", 0, 0, INT64_MAX / 2);
    n->retention_ms = take_number(d, t, "retention_ms", 0, 0, INT64_MAX / 2);
    n->limit = take_number(d, t, "limit", -1, 0, INT64_MAX);
    n->sink = take_text(d, t, "sink");
    n->shown = take_numbers(d, t, "shown", 0, LIMIT_COLUMNS * 2, &n->shown_count);
    for (int k = JOIN_INNER; k <= JOIN_FULL && join.ptr; k++)
        if (str_eq(join, str_of(plan_join_word((SqlJoinKind)k))))
            n->join = (SqlJoinKind)k;
}

static PlanNode *take_node(Doc *d, const JsonToken *t, int id, PlanNode **nodes, bool *taken)
{
    PlanNode *n = ARENA_NEW(d->arena, PlanNode);
    Str word = take_text(d, t, "node");
    int kind = word.ptr ? find_word(word, plan_node_names, NODE_KIND_COUNT) : -1;
    n->id = id;
    n->kind = kind < 0 ? NODE_SOURCE : (PlanKind)kind;
    if (kind < 0)
        spoil(d, "node");
    n->schema = take_schema(d, t);
    take_inputs(d, t, n, nodes, taken);
    take_rest(d, t, n);
    take_exprs(d, t, n);
    take_aggs(d, t, n);
    take_used(d, t, n);
    return n;
}

/* ---- the plan -------------------------------------------------------------------------------- */

static void take_nodes(Doc *d, const JsonToken *root, Plan *p)
{
    const JsonToken *list = take_list(d, root, "nodes", &p->node_count);
    if (!list || p->node_count < 1 || p->node_count > NODES_MAX) {
        spoil(d, "nodes");
        p->node_count = 0;
        return;
    }
    p->nodes = ARENA_ARRAY(d->arena, PlanNode *, p->node_count);
    bool *taken = ARENA_ARRAY(d->arena, bool, p->node_count);
    const JsonToken *t = list + 1;
    for (int i = 0; i < p->node_count && !d->bad; i++, t = next(d, t))
        p->nodes[i] = take_node(d, t, i, p->nodes, taken);
    for (int i = 0; i < p->node_count - 1 && !d->bad; i++)
        if (!taken[i])
            spoil(d, "inputs"); /* a node that feeds nobody */
    p->root = d->bad ? NULL : p->nodes[p->node_count - 1];
}

static void take_plan(Doc *d, Plan *p)
{
    const JsonToken *root = d->tokens;
    Str kind = take_text(d, root, "kind");
    take_number(d, root, "version", -1, PLAN_VERSION, PLAN_VERSION);
    if (!field(d, root, "version"))
        spoil(d, "version");
    int found = -1;
    for (int k = PLAN_CSAS; k <= PLAN_PUSH && kind.ptr; k++)
        if (str_eq(kind, str_of(plan_kind_word((PlanQueryKind)k))))
            found = k;
    if (found < 0)
        spoil(d, "kind");
    p->kind = found < 0 ? PLAN_CSAS : (PlanQueryKind)found;
    p->query_id = take_text(d, root, "query_id");
    p->statement = take_text(d, root, "statement");
    p->coalesce = take_flag(d, root, "coalesce");
    take_nodes(d, root, p);
}

/* Every state has a physical store, and no two the same: they would overwrite each other. */
static bool stores_fit(const Plan *p)
{
    for (int i = 0; i < p->node_count; i++) {
        const PlanNode *n = p->nodes[i];
        for (int k = 0; k < 2; k++) {
            if ((n->store_id[k] >= 0) != (k < plan_store_count(n->kind)))
                return false;
            for (int j = 0; j < i && n->store_id[k] >= 0; j++)
                if (p->nodes[j]->store_id[0] == n->store_id[k] ||
                    p->nodes[j]->store_id[1] == n->store_id[k])
                    return false;
        }
        if (n->store_id[0] >= 0 && n->store_id[0] == n->store_id[1])
            return false;
    }
    return true;
}

static Rc corrupt(Err *err, const char *what)
{
    return err_set(err, ERR_KIND_FATAL, ERR_CORRUPT, "the stored plan is damaged: %s", what);
}

Rc plan_decode(Arena *a, Str text, Plan **out, Err *err)
{
    Doc d = {.arena = a, .err = err};
    Plan *p = ARENA_NEW(a, Plan);
    uint32_t count;
    *out = NULL;
    char *copy = arena_zalloc(a, (size_t)text.len + JSON_SLACK_BYTES);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    JsonParser *parser = json_new();
    Err why = ERR_INIT;
    Rc rc = json_parse(parser, str_make(copy, text.len), &d.tokens, &count, &why);
    if (rc)
        rc = corrupt(err, why.text);
    else
        take_plan(&d, p);
    if (!rc && d.bad)
        rc = corrupt(err, d.what);
    json_free(parser);
    if (!rc)
        rc = plan_verify(p, a, err);
    if (!rc && !stores_fit(p))
        rc = corrupt(err, "its states and its stores do not match");
    if (rc)
        return rc;
    plan_cut(p, a);
    *out = p;
    return 0;
}
