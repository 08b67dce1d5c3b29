/* sink.c: where a query's rows go: formats inherited or given, the checks of the sink's schema, the
 * source that CREATE ... AS registers (statements.md 5.2, 5.6). */
#include "plan/plan_int.h"

/* How many key columns the plan will have, before any node exists. */
static int key_count(const Planner *p)
{
    if (p->q->has_group_by || p->rekeyed)
        return p->no_key ? 0 : p->group_count;
    if (p->join_count && !p->joins[p->join_count - 1].foreign_key)
        return 1;
    return p->from[0].source->schema->key_count;
}

static bool is_none(const FormatSpec *f)
{
    return strcmp(f->format->name, "NONE") == 0;
}

/* A sink without keys has the key format NONE; a keyed one never has. */
static Rc settle_key_format(Planner *p)
{
    int keys = key_count(p);
    bool given = with_has(&p->with, WITH_KEY_FORMAT);
    if (keys == 0) {
        if (given && !is_none(&p->key_format))
            return err_at(p->err, ERR_STATEMENT, p->with.span,
                          "Key format specified for stream without key columns.");
        p->key_format = (FormatSpec){.format = format_find(STR_LIT("NONE"))};
        return 0;
    }
    if (is_none(&p->key_format) && !given && !with_has(&p->with, WITH_FORMAT)) {
        const Format *standby = format_find(with_default_key(p->catalog));
        p->key_format = (FormatSpec){.format = standby ? standby : format_find(STR_LIT("KAFKA"))};
    }
    p->key_format.unwrapped = keys == 1 && p->key_format.format->unwraps;
    return 0;
}

static FormatSpec keep_format(const FormatSpec *f, Arena *a)
{
    FormatSpec copy = *f;
    copy.delimiter = arena_str(a, f->delimiter);
    return copy;
}

/* A plan may outlive the sources it was made from: nothing in it points into them. */
Rc sink_formats(Planner *p)
{
    const CatalogSource *base = p->target ? p->target : p->from[0].source;
    p->key_format = keep_format(&base->key_format, p->arena);
    p->value_format = keep_format(&base->value_format, p->arena);
    if (p->target)
        return 0;
    if (p->persistent) {
        Rc rc = with_formats(&p->with, p->catalog, p->world, base, &p->key_format, &p->value_format,
                             p->err);
        if (rc)
            return rc;
        p->key_format = keep_format(&p->key_format, p->arena);
        p->value_format = keep_format(&p->value_format, p->arena);
    }
    return settle_key_format(p);
}

/* ---- checks of the finished schema ----------------------------------------------------------- */

/* INSERT INTO ... SELECT: column by column the target's (5.6). */
static Rc check_target(Planner *p)
{
    const Schema *result = p->node->schema, *sink = p->target->schema;
    bool same = result->count == sink->count && result->key_count == sink->key_count &&
                result->window == sink->window;
    for (int i = 0; i < result->count && same; i++)
        same = str_eq(result->columns[i].name, sink->columns[i].name) &&
               type_eq(result->columns[i].type, sink->columns[i].type);
    if (same)
        return 0;
    Buf text;
    buf_init(&text);
    buf_puts(&text, "\nResult schema is ");
    schema_print(&text, result);
    buf_puts(&text, "\nSink schema is ");
    schema_print(&text, sink);
    Rc rc = err_at(p->err, ERR_STATEMENT, p->stmt->span,
                   "Incompatible schema between results and sink.%s", buf_cstr(&text));
    buf_fini(&text);
    return rc;
}

/* A map in the key of a join is reported under the column's own name, as the join knows it. */
static Rc check_join_maps(Planner *p)
{
    if (!p->join_count || p->q->has_group_by || p->rekeyed)
        return 0;
    const SchemaColumn *key = &p->joins[p->join_count - 1].left_node->schema->columns[0];
    if (!type_has_map(key->type))
        return 0;
    return keys_refuse_map(p->key_ref.from >= 0 ? names_of(p, p->key_ref) : key->name, key->type,
                           p->arena, p->err);
}

Rc sink_check_result(Planner *p)
{
    bool table = p->node->is_table;
    if (p->kind == PLAN_CTAS && !table)
        return err_at(p->err, ERR_STATEMENT, p->stmt->span,
                      "Invalid result type. Your SELECT query produces a STREAM. Please use CREATE "
                      "STREAM AS SELECT statement instead.");
    if ((p->kind == PLAN_CSAS || p->kind == PLAN_INSERT) && table)
        return err_at(p->err, ERR_STATEMENT, p->stmt->span,
                      "Invalid result type. Your SELECT query produces a TABLE. Please use CREATE "
                      "TABLE AS SELECT statement instead.");
    return 0;
}

/* TIMESTAMP names an item, whatever the keys turn out to be; so it is looked for before them. */
Rc sink_check_timestamp(Planner *p)
{
    Schema *items = node_schema(p->arena, p->item_count);
    int column;
    Str format;
    for (int i = 0; i < p->item_count; i++)
        node_column(items, p->items[i].name, p->items[i].bound->type, ROLE_VALUE);
    return with_timestamp(&p->with, items, p->arena, &column, &format, p->err);
}

Rc sink_check(Planner *p)
{
    bool wrap_given;
    if (!p->persistent)
        return 0;
    if (p->target)
        return check_target(p);
    Rc rc = check_join_maps(p);
    if (!rc)
        rc = with_check_schema(&p->with, p->catalog, p->node->schema, &p->key_format,
                               &p->value_format, &wrap_given, p->arena, p->err);
    return restate_error(p, rc);
}

/* ---- the source that comes into being -------------------------------------------------------- */

static Str sink_topic(Planner *p, Arena *a)
{
    if (with_has(&p->with, WITH_KAFKA_TOPIC))
        return arena_str(a, p->with.text[WITH_KAFKA_TOPIC]);
    Str prefix = catalog_get(p->catalog, "ksql.output.topic.name.prefix");
    return str_of(arena_printf(a, "%.*s%.*s", STR_ARG(prefix), STR_ARG(p->stmt->name.text)));
}

static Rc sink_partitions(Planner *p, Str topic, int *out)
{
    bool given = with_has(&p->with, WITH_PARTITIONS);
    int64_t legacy = catalog_get_int(p->catalog, "ksql.sink.partitions");
    int there = plan_topic_partitions(p->world, topic);
    *out = given        ? (int)p->with.number[WITH_PARTITIONS]
           : legacy > 0 ? (int)legacy
                        : p->from[0].source->partitions;
    if (given && there && there != *out && !p->world->test_mode)
        return err_at(
            p->err, ERR_STATEMENT, p->with.span,
            "A topic with the name '%.*s' already exists, with %d partitions instead of %d. "
            "Leave PARTITIONS out or name another topic.",
            STR_ARG(topic), there, *out);
    if (there && !given)
        *out = there;
    return 0;
}

static Rc new_source(Planner *p, Str statement, CatalogSource **out)
{
    CatalogSource *s = source_new();
    Arena *a = &s->arena;
    s->name = arena_str(a, p->stmt->name.text);
    s->is_table = p->kind == PLAN_CTAS;
    s->schema = schema_copy(a, p->node->schema);
    s->topic = sink_topic(p, a);
    s->key_format = keep_format(&p->key_format, a);
    s->value_format = keep_format(&p->value_format, a);
    s->wrap_given = with_has(&p->with, WITH_WRAP_SINGLE_VALUE);
    s->statement = arena_str(a, statement);
    Rc rc =
        with_timestamp(&p->with, s->schema, a, &s->timestamp_column, &s->timestamp_format, p->err);
    s->timestamp_format = arena_str(a, s->timestamp_format);
    if (!rc)
        rc = sink_partitions(p, s->topic, &s->partitions);
    if (rc) {
        source_unref(s);
        return rc;
    }
    *out = s;
    return 0;
}

Rc sink_plan(Planner *p, Plan *plan)
{
    const CatalogSource *to = p->target;
    if (p->kind == PLAN_CSAS || p->kind == PLAN_CTAS) {
        Rc rc = new_source(p, plan->statement, &plan->sink);
        if (rc)
            return rc;
        to = plan->sink;
    }
    PlanNode *n = node_new(p->arena, NODE_SINK, p->node, NULL);
    n->sink = n->topic = STR_LIT("");
    n->value_format = keep_format(&p->value_format, p->arena);
    if (to) {
        n->sink = arena_str(p->arena, to->name);
        n->topic = arena_str(p->arena, to->topic);
        n->partitions = to->partitions;
        n->value_format = keep_format(&to->value_format, p->arena);
        n->timestamp_column = to->timestamp_column;
        n->timestamp_format = arena_str(p->arena, to->timestamp_format);
    } else {
        project_show(p, n);
    }
    plan->root = n;
    return 0;
}
