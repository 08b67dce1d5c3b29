/* encode.c: a plan as JSON text, the form in which it lies in the catalog for the life of its
 * query.
 *
 * Fields that have their usual value are left out, so the text stays short and older texts stay
 * readable when a field is added. decode.c reads it; the two lists of fields belong together. */
#include "plan/plan_int.h"

static const char *const kind_words[] = {"CSAS", "CTAS", "INSERT", "PUSH", "PULL"};
static const char *const join_words[] = {"INNER", "LEFT", "RIGHT", "FULL"};

const char *plan_kind_word(PlanQueryKind k)
{
    return kind_words[k];
}

const char *plan_join_word(SqlJoinKind k)
{
    return join_words[k];
}

static void put_text(Buf *out, Str s)
{
    buf_putc(out, '"');
    for (uint32_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c < 0x20)
            buf_printf(out, "\\u%04x", c);
        else
            buf_putc(out, (char)c);
    }
    buf_putc(out, '"');
}

static void put_name(Buf *out, const char *name)
{
    buf_printf(out, ",\"%s\":", name);
}

static void put_text_field(Buf *out, const char *name, Str s)
{
    if (!s.ptr)
        return;
    put_name(out, name);
    put_text(out, s);
}

static void put_number_field(Buf *out, const char *name, int64_t n, int64_t usual)
{
    if (n == usual)
        return;
    put_name(out, name);
    buf_printf(out, "%lld", (long long)n);
}

static void put_flag(Buf *out, const char *name, bool on)
{
    if (on)
        buf_printf(out, ",\"%s\":true", name);
}

static void put_type(Buf *out, const Type *t)
{
    Buf text;
    buf_init(&text);
    type_print(&text, t);
    put_text(out, buf_str(&text));
    buf_fini(&text);
}

static void put_schema(Buf *out, const Schema *s)
{
    put_name(out, "schema");
    buf_printf(out, "{\"keys\":%d", s->key_count);
    if (s->window != WINDOW_NONE)
        put_text_field(out, "window", str_of(window_kind_name(s->window)));
    put_number_field(out, "size", s->window_size_ms, 0);
    put_name(out, "columns");
    buf_putc(out, '[');
    for (int i = 0; i < s->count; i++) {
        buf_puts(out, i ? ",[" : "[");
        put_text(out, s->columns[i].name);
        buf_putc(out, ',');
        put_type(out, s->columns[i].type);
        buf_putc(out, ']');
    }
    buf_puts(out, "]}");
}

static void put_format(Buf *out, const char *name, const FormatSpec *f)
{
    if (!f->format)
        return;
    put_name(out, name);
    buf_printf(out, "{\"format\":\"%s\"", f->format->name);
    put_text_field(out, "delimiter", f->delimiter);
    put_flag(out, "unwrapped", f->unwrapped);
    buf_putc(out, '}');
}

static void put_exprs(Buf *out, const PlanNode *n)
{
    Buf text;
    if (!n->expr_count)
        return;
    buf_init(&text);
    put_name(out, "exprs");
    for (int i = 0; i < n->expr_count; i++) {
        buf_putc(out, i ? ',' : '[');
        buf_reset(&text);
        expr_encode(&text, n->exprs[i]);
        put_text(out, buf_str(&text));
    }
    buf_putc(out, ']');
    buf_fini(&text);
}

static void put_numbers(Buf *out, const char *name, const int *numbers, int count)
{
    put_name(out, name);
    buf_putc(out, '[');
    for (int i = 0; i < count; i++)
        buf_printf(out, "%s%d", i ? "," : "", numbers[i]);
    buf_putc(out, ']');
}

static void put_aggs(Buf *out, const PlanNode *n)
{
    if (n->kind != NODE_AGGREGATE)
        return;
    put_name(out, "aggs");
    buf_putc(out, '[');
    for (int i = 0; i < n->agg_count; i++) {
        const PlanAgg *g = &n->aggs[i];
        buf_puts(out, i ? ",{\"func\":" : "{\"func\":");
        put_text(out, str_of(g->func->name));
        put_text_field(out, "signature", str_of(g->overload->signature));
        put_numbers(out, "args", g->args, g->arg_count);
        put_name(out, "result");
        put_type(out, g->result);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void put_used(Buf *out, const PlanNode *n)
{
    if (!n->used)
        return;
    put_name(out, "used");
    buf_putc(out, '[');
    for (int i = 0; i < n->schema->count; i++)
        buf_printf(out, "%s%d", i ? "," : "", n->used[i]);
    buf_putc(out, ']');
}

static void put_node(Buf *out, const PlanNode *n)
{
    int inputs[2];
    buf_printf(out, "{\"node\":\"%s\"", plan_node_names[n->kind]);
    for (int i = 0; i < n->input_count; i++)
        inputs[i] = n->inputs[i]->id;
    put_numbers(out, "inputs", inputs, n->input_count);
    put_schema(out, n->schema);
    put_format(out, "key_format", &n->key_format);
    put_format(out, "value_format", &n->value_format);
    put_flag(out, "is_table", n->is_table);
    put_flag(out, "old_known", n->old_known);
    put_number_field(out, "store0", n->store_id[0], -1);
    put_number_field(out, "store1", n->store_id[1], -1);
    put_text_field(out, "source", n->source);
    put_text_field(out, "topic", n->topic);
    put_number_field(out, "partitions", n->partitions, 0);
    put_used(out, n);
    put_number_field(out, "timestamp_column", n->timestamp_column, -1);
    put_text_field(out, "timestamp_format", n->timestamp_format);
    put_flag(out, "keyless", n->keyless);
    put_exprs(out, n);
    put_flag(out, "same_key", n->same_key);
    put_aggs(out, n);
    if (n->window != WINDOW_NONE)
        put_text_field(out, "window", str_of(window_kind_name(n->window)));
    put_number_field(out, "size_ms", n->size_ms, 0);
    put_number_field(out, "advance_ms", n->advance_ms, 0);
    put_number_field(out, "grace_ms", n->grace_ms, 0);
    put_number_field(out, "retention_ms", n->retention_ms, 0);
    if (n->join != JOIN_INNER)
        put_text_field(out, "join", str_of(join_words[n->join]));
    put_number_field(out, "limit", n->limit, -1);
    put_text_field(out, "sink", n->sink);
    if (n->shown)
        put_numbers(out, "shown", n->shown, n->shown_count);
    buf_putc(out, '}');
}

void plan_encode(Buf *out, const Plan *p)
{
    buf_printf(out, "{\"version\":%d,\"kind\":\"%s\"", PLAN_VERSION, kind_words[p->kind]);
    put_text_field(out, "query_id", p->query_id);
    put_text_field(out, "statement", p->statement);
    put_flag(out, "coalesce", p->coalesce);
    put_name(out, "nodes");
    for (int i = 0; i < p->node_count; i++) {
        buf_putc(out, i ? ',' : '[');
        put_node(out, p->nodes[i]);
    }
    buf_puts(out, "]}");
}
