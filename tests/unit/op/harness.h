/* harness.h: feed operators with rows written as text and read what leaves as text.
 *
 * A test builds a small chain of plan nodes (its RigBuild), then says what goes in and what must
 * come out. rig_check runs the script several times: rounds of 1, 2, 3 and 1024 rows, and rounds of
 * one with a commit and a restart of everything after each; the answer must be the same every time.
 *
 * Script, one item per line:
 *     L a 1,x - 5            port, key, new side, old side, time; values by comma
 *     R a - ? 7  2:9         `-` no row (as a key: NULL), `?` old side unknown; upstream:carried
 *     mark 1 20              upstream 1 says its time is 20
 *     idle 1 -               upstream 1 is idle and never had a time
 *     restart                commit, close everything, open it again
 * A value `_` is NULL. Output, first what left, then what each operator refused:
 *     a 1,x <- - @5          key, new side, old side, time
 *     a[0..10) 1 <- - @5     with a window
 *     ! late a @5 detail
 *
 * What leaves an operator that knows old sides is also checked as a history: the old side of every
 * change must be the new side of the one before it for that key. */
#ifndef OXBOW_TESTS_UNIT_OP_HARNESS_H
#define OXBOW_TESTS_UNIT_OP_HARNESS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "op/op_int.h"

#define MAYBE_UNUSED __attribute__((unused))

enum { RIG_NODES = 16, RIG_PORTS = 2 };

typedef struct Rig Rig;
typedef void RigBuild(Rig *r);

struct Rig {
    Arena query, batch;
    OpEnv env;
    Db *db;
    StoreDisk *disk;
    PlanNode *nodes[RIG_NODES];
    const OpClass *classes[RIG_NODES]; /* NULL: the table's; of an input: no operator */
    bool is_input[RIG_NODES];
    Op *ops[RIG_NODES];
    const StoreDef *defs[RIG_NODES][2];
    int count;
    PlanNode *port_node[RIG_PORTS]; /* a Source, or an input without operator */
    int port_count;
    uint64_t seq, generation;
    Buf out, refused[RIG_NODES]; /* by operator: a round may interleave them as it likes */
    Map *last; /* key -> text of its row, as the history goes */
    Arena last_arena;
    Err err;
    Rc rc;
};

#define RIG_OK(r, call) \
    do { \
        if ((call) != 0) \
            fail_msg("%s", (r)->err.text); \
    } while (0)

/* ---- schemas and nodes ----------------------------------------------------------------------- */

/* "K STRING KEY, V INTEGER" */
MAYBE_UNUSED static Schema *rig_schema(Rig *r, const char *text)
{
    Arena *a = &r->query;
    Schema *s = ARENA_NEW(a, Schema);
    s->columns = ARENA_ARRAY(a, SchemaColumn, 16);
    for (char *part = strtok(arena_strndup(a, text, strlen(text)), ","); part;
         part = strtok(NULL, ",")) {
        char name[32], type[32], key[8] = "";
        assert_true(sscanf(part, " %31s %31s %7s", name, type, key) >= 2);
        SchemaColumn *c = &s->columns[s->count++];
        c->name = str_of(arena_strndup(a, name, strlen(name)));
        c->type = type_find(str_of(type));
        assert_non_null(c->type);
        c->role = key[0] ? ROLE_KEY : ROLE_VALUE;
        s->key_count += key[0] != 0;
    }
    return s;
}

MAYBE_UNUSED static PlanNode *rig_add(Rig *r, PlanKind kind, const char *schema)
{
    assert_true(r->count < RIG_NODES);
    PlanNode *n = ARENA_NEW(&r->query, PlanNode);
    n->kind = kind;
    n->id = r->count;
    n->timestamp_column = -1;
    n->partitions = 1;
    n->key_format.format = format_find(STR_LIT("KAFKA"));
    n->key_format.unwrapped = true;
    n->schema = schema ? rig_schema(r, schema) : NULL;
    n->inputs = ARENA_ARRAY(&r->query, PlanNode *, 2);
    r->nodes[r->count++] = n;
    return n;
}

MAYBE_UNUSED static PlanNode *rig_port(Rig *r, PlanNode *n)
{
    r->port_node[r->port_count++] = n;
    return n;
}

/* Rows enter here, as if an operator before had emitted them. */
MAYBE_UNUSED static PlanNode *rig_input(Rig *r, const char *schema, bool is_table, bool old_known)
{
    PlanNode *n = rig_add(r, NODE_KIND_COUNT, schema);
    n->is_table = is_table;
    n->old_known = old_known;
    r->is_input[n->id] = true;
    return rig_port(r, n);
}

/* An operator over one input; schema NULL: the input's. Table and old side as the input's. */
MAYBE_UNUSED static PlanNode *rig_over(Rig *r, PlanKind kind, PlanNode *in, const char *schema)
{
    PlanNode *n = rig_add(r, kind, schema);
    n->inputs[n->input_count++] = in;
    n->is_table = in->is_table;
    n->old_known = in->old_known;
    if (!schema)
        n->schema = in->schema;
    return n;
}

MAYBE_UNUSED static PlanNode *rig_join(Rig *r, PlanKind kind, SqlJoinKind join, PlanNode *left,
                                       PlanNode *right, const char *schema)
{
    PlanNode *n = rig_over(r, kind, left, schema);
    n->inputs[n->input_count++] = right;
    n->join = join;
    n->old_known = n->is_table;
    return n;
}

/* ---- expressions ----------------------------------------------------------------------------- */

MAYBE_UNUSED static Expr *rig_expr(Rig *r, ExprKind kind, const Type *type)
{
    Expr *e = ARENA_NEW(&r->query, Expr);
    e->kind = kind;
    e->type = type;
    e->span = SPAN_NONE;
    return e;
}

MAYBE_UNUSED static Expr *rig_col(Rig *r, const PlanNode *of, const char *name)
{
    int index = schema_find(of->schema, str_of(name));
    assert_true(index >= 0);
    Expr *e = rig_expr(r, EXPR_COLUMN, of->schema->columns[index].type);
    e->index = index;
    return e;
}

MAYBE_UNUSED static Expr *rig_int(Rig *r, int v)
{
    Expr *e = rig_expr(r, EXPR_CONST, &type_integer);
    e->constant = (Value){.type = &type_integer, .i32 = v};
    return e;
}

MAYBE_UNUSED static Expr *rig_pseudo(Rig *r, Pseudo p)
{
    Expr *e = rig_expr(r, EXPR_PSEUDO, pseudo_type(p));
    e->index = p;
    return e;
}

MAYBE_UNUSED static Expr *rig_binary(Rig *r, ExprKind kind, SqlOp op, Expr *left, Expr *right)
{
    Expr *e = rig_expr(r, kind, kind == EXPR_COMPARE ? &type_boolean : left->type);
    e->op = op;
    e->args = ARENA_ARRAY(&r->query, Expr *, 2);
    e->args[0] = left;
    e->args[1] = right;
    e->arg_count = 2;
    return e;
}

/* col > v, and so on */
MAYBE_UNUSED static Expr *rig_test(Rig *r, const PlanNode *of, const char *col, SqlOp op, int v)
{
    return rig_binary(r, EXPR_COMPARE, op, rig_col(r, of, col), rig_int(r, v));
}

MAYBE_UNUSED static void rig_put_expr(Rig *r, PlanNode *n, Expr *e)
{
    Expr **more = ARENA_ARRAY(&r->query, Expr *, n->expr_count + 1);
    if (n->expr_count)
        memcpy(more, n->exprs, sizeof *more * (size_t)n->expr_count);
    more[n->expr_count++] = e;
    n->exprs = more;
}

/* Plain columns of the input, by name, as expressions of a node. */
MAYBE_UNUSED static void rig_put_cols(Rig *r, PlanNode *n, const char *names)
{
    for (char *name = strtok(arena_strndup(&r->query, names, strlen(names)), ", "); name;
         name = strtok(NULL, ", "))
        rig_put_expr(r, n, rig_col(r, n->inputs[0], name));
}

/* An aggregate call over a column of the input; NULL: none. */
MAYBE_UNUSED static void rig_put_agg(Rig *r, PlanNode *n, const char *name, const char *col)
{
    PlanAgg *more = ARENA_ARRAY(&r->query, PlanAgg, n->agg_count + 1);
    if (n->agg_count)
        memcpy(more, n->aggs, sizeof *more * (size_t)n->agg_count);
    PlanAgg *agg = &more[n->agg_count++];
    const Type *arg = NULL;
    agg->func = func_find(str_of(name));
    assert_non_null(agg->func);
    if (col) {
        agg->args = ARENA_ARRAY(&r->query, int, 1);
        agg->args[0] = schema_find(n->inputs[0]->schema, str_of(col));
        agg->arg_count = 1;
        arg = n->inputs[0]->schema->columns[agg->args[0]].type;
    }
    FuncMatch match;
    RIG_OK(r, func_resolve(&r->query, agg->func, str_of(name), &arg, agg->arg_count, &match,
                           &r->err));
    agg->overload = match.overload;
    agg->result = match.result;
    n->aggs = more;
    n->is_table = n->old_known = true;
}

/* ---- life ------------------------------------------------------------------------------------ */

MAYBE_UNUSED static const OpClass *rig_class(const Rig *r, int i)
{
    return r->classes[i] ? r->classes[i] : op_table[r->nodes[i]->kind];
}

MAYBE_UNUSED static void rig_define(Rig *r, int i)
{
    const OpClass *cls = rig_class(r, i);
    const PlanNode *n = r->nodes[i];
    for (int k = 0; k < cls->state_count; k++) {
        const OpState *s = &cls->states[k];
        StoreDef *def = ARENA_NEW(&r->query, StoreDef);
        Str *names = NULL;
        def->id = 1 + 2 * i + k;
        def->kind = s->kind(n);
        def->name = s->name;
        def->row = s->row(n, &r->query, &names);
        def->column_names = names;
        def->retention_ms = s->retention_ms ? s->retention_ms(n) : 0;
        def->record_count = s->record_count ? s->record_count(n, r->env.upstreams) : 0;
        r->defs[i][k] = def;
        RIG_OK(r, r->disk->cls->begin(r->disk, &r->err));
        RIG_OK(r, r->disk->cls->define(r->disk, def, &r->err));
        RIG_OK(r, r->disk->cls->commit(r->disk, &r->err));
    }
}

MAYBE_UNUSED static void rig_link(Rig *r, int i)
{
    for (int k = 0; k < r->nodes[i]->input_count; k++) {
        const PlanNode *in = r->nodes[i]->inputs[k];
        if (r->is_input[in->id])
            continue;
        r->ops[in->id]->next = r->ops[i];
        r->ops[in->id]->next_port = k;
    }
}

/* Operators and stores, from what the disk holds. */
MAYBE_UNUSED static void rig_open(Rig *r)
{
    static const StoreCaps caps = {1 << 20, 1 << 20};
    for (int i = 0; i < r->count; i++)
        if (!r->is_input[i])
            r->ops[i] = op_make(rig_class(r, i), r->nodes[i], &r->env);
    for (int i = 0; i < r->count; i++) {
        if (r->is_input[i])
            continue;
        for (int k = 0; k < r->ops[i]->cls->state_count; k++)
            RIG_OK(r, store_open(r->defs[i][k], 0, r->disk, &caps, &r->ops[i]->stores[k], &r->err));
        rig_link(r, i);
        if (!r->rc)
            r->rc = r->ops[i]->cls->open(r->ops[i], &r->err);
    }
}

MAYBE_UNUSED static void rig_shut(Rig *r)
{
    for (int i = 0; i < r->count; i++) {
        if (r->is_input[i])
            continue;
        op_free(r->ops[i]);
        for (int k = 0; k < r->ops[i]->cls->state_count; k++)
            store_close(r->ops[i]->stores[k]);
    }
}

MAYBE_UNUSED static void rig_commit(Rig *r)
{
    r->generation++;
    RIG_OK(r, r->disk->cls->begin(r->disk, &r->err));
    for (int i = 0; i < r->count; i++) {
        for (int k = 0; !r->is_input[i] && k < r->ops[i]->cls->state_count; k++) {
            Store *s = r->ops[i]->stores[k];
            StoreGen *g = store_freeze(s, r->generation);
            if (!g)
                continue;
            RIG_OK(r, gen_write(g, r->disk, &r->err));
            store_promote(s, g);
            store_settle(s, g);
            gen_unref(g);
        }
    }
    RIG_OK(r, r->disk->cls->commit(r->disk, &r->err));
}

MAYBE_UNUSED static void rig_restart(Rig *r)
{
    rig_commit(r);
    rig_shut(r);
    rig_open(r);
}

/* ---- what leaves ----------------------------------------------------------------------------- */

MAYBE_UNUSED static void rig_print_side(Buf *out, const Batch *b, const Column *cols, int state,
                                        int row)
{
    if (state != SIDE_ROW) {
        buf_puts(out, state == SIDE_UNKNOWN ? "?" : "-");
        return;
    }
    for (int c = b->schema->key_count; c < b->schema->count; c++) {
        Value v = column_value(&cols[c], row, b->arena);
        buf_puts(out, c > b->schema->key_count ? "," : "");
        if (v.is_null)
            buf_puts(out, "_");
        else
            value_print(out, &v);
    }
}

MAYBE_UNUSED static void rig_print_key(Buf *out, const Batch *b, int row)
{
    if (!b->key[row].ptr)
        buf_puts(out, "-");
    for (int c = 0; b->key[row].ptr && c < b->schema->key_count; c++) {
        Value v = column_value(&b->cols[c], row, b->arena);
        buf_puts(out, c ? "+" : "");
        value_print(out, &v);
    }
    if (b->win_start && b->win_end)
        buf_printf(out, "[%lld..%lld)", (long long)b->win_start[row], (long long)b->win_end[row]);
}

/* The old side must be what the key's last change left behind. */
MAYBE_UNUSED static void rig_check_history(Rig *r, Str key, const char *before, const char *now)
{
    const char *last = map_find(r->last, key);
    assert_string_equal(before, last ? last : "-");
    map_put(r->last, key, arena_strndup(&r->last_arena, now, strlen(now)));
}

MAYBE_UNUSED static Rc rig_output(void *ctx, Op *op, Batch *b, Err *err)
{
    Rig *r = ctx;
    (void)err;
    assert_true(b->rows > 0 && b->rows <= LIMIT_BATCH_ROWS);
    for (int row = 0; row < b->rows; row++) {
        Buf key, now, before;
        buf_init(&key), buf_init(&now), buf_init(&before);
        rig_print_key(&key, b, row);
        rig_print_side(&now, b, b->cols, b->new_state[row], row);
        rig_print_side(&before, b, b->old, b->old_state[row], row);
        buf_printf(&r->out, "%s %s", buf_cstr(&key), buf_cstr(&now));
        buf_printf(&r->out, " <- %s @%lld", buf_cstr(&before), (long long)b->time[row]);
        if (b->upstream && op->node->kind == NODE_EXCHANGE)
            buf_printf(&r->out, " %d:%lld", b->upstream[row], (long long)b->carried[row]);
        buf_puts(&r->out, "\n");
        if (op->node->is_table && op->node->old_known)
            rig_check_history(r, buf_str(&key), buf_cstr(&before), buf_cstr(&now));
        buf_fini(&key), buf_fini(&now), buf_fini(&before);
    }
    return 0;
}

MAYBE_UNUSED static void rig_refuse(void *ctx, const Op *op, OpReason why, const Batch *b, int row,
                                    const char *detail)
{
    Rig *r = ctx;
    Buf *out = &r->refused[op->node->id];
    buf_printf(out, "! %s ", op_reason_names[why]);
    rig_print_key(out, b, row);
    buf_printf(out, " @%lld%s%s\n", (long long)b->time[row], detail ? " " : "",
               detail ? detail : "");
}

/* ---- what goes in ---------------------------------------------------------------------------- */

MAYBE_UNUSED static void rig_parse_value(Column *c, int row, const char *text, Arena *a)
{
    Value v = {.type = c->type, .is_null = strcmp(text, "_") == 0};
    int64_t whole = strtoll(text, NULL, 10);
    switch (type_repr(c->type)) {
    case REPR_I32:
        v.i32 = (int32_t)whole;
        break;
    case REPR_I64:
        v.i64 = whole;
        break;
    case REPR_F64:
        v.f64 = strtod(text, NULL);
        break;
    case REPR_STR:
        v.str = str_of(arena_strndup(a, text, strlen(text)));
        break;
    default:
        fail_msg("the harness has no %s", type_kind_name(c->type->kind));
    }
    column_set_value(c, row, &v);
}

MAYBE_UNUSED static SideState rig_parse_side(Column *cols, int count, int row, const char *text,
                                             Arena *a)
{
    if (strcmp(text, "-") == 0 || strcmp(text, "?") == 0)
        return *text == '?' ? SIDE_UNKNOWN : SIDE_NONE;
    char *rest = arena_strndup(a, text, strlen(text));
    for (int c = 0; c < count; c++) {
        char *comma = strchr(rest, ',');
        if (comma)
            *comma = 0;
        rig_parse_value(&cols[c], row, rest, a);
        rest = comma ? comma + 1 : rest + strlen(rest);
    }
    return SIDE_ROW;
}

typedef struct RigLine {
    int port;
    char key[64], now[512], before[512], clock[64];
    int64_t time;
} RigLine;

/* A batch of one port's rows, with the seq of their lines. */
MAYBE_UNUSED static Batch *rig_batch(Rig *r, int port, const RigLine *lines, int count)
{
    Arena *a = &r->batch;
    const PlanNode *n = r->port_node[port];
    int keys = n->schema->key_count, values = n->schema->count - keys, row = 0;
    Batch *b = batch_new(a, n->schema, count);
    b->old = ARENA_ARRAY(a, Column, n->schema->count);
    for (int c = 0; c < n->schema->count; c++) {
        batch_init_column(b, c);
        if (c < keys)
            b->old[c] = b->cols[c];
        else
            column_init(&b->old[c], a, n->schema->columns[c].type, count);
    }
    for (int i = 0; i < count; i++) {
        const RigLine *l = &lines[i];
        int upstream = 0;
        long long carried = 0;
        if (l->port != port)
            continue;
        b->key[row] = strcmp(l->key, "-") ? str_of(arena_strndup(a, l->key, strlen(l->key)))
                                          : STR_NULL;
        for (int c = 0; c < keys; c++)
            rig_parse_value(&b->cols[c], row, b->key[row].ptr ? l->key : "_", a);
        b->new_state[row] = rig_parse_side(b->cols + keys, values, row, l->now, a);
        b->old_state[row] = rig_parse_side(b->old + keys, values, row, l->before, a);
        b->time[row] = l->time;
        b->seq[row] = r->seq + (uint64_t)i + 1;
        if (sscanf(l->clock, "%d:%lld", &upstream, &carried) == 2) {
            if (!b->upstream) {
                b->upstream = ARENA_ARRAY(a, int32_t, count);
                b->carried = ARENA_ARRAY(a, int64_t, count);
            }
            b->upstream[row] = upstream;
            b->carried[row] = carried;
        }
        row++;
    }
    b->rows = row;
    return b;
}

MAYBE_UNUSED static Op *rig_entry(Rig *r, int port, int *at)
{
    PlanNode *n = r->port_node[port];
    *at = 0;
    if (!r->is_input[n->id])
        return r->ops[n->id];
    for (int i = 0; i < r->count; i++) {
        for (int k = 0; k < r->nodes[i]->input_count; k++) {
            if (r->nodes[i]->inputs[k] != n)
                continue;
            *at = k;
            return r->ops[i];
        }
    }
    fail_msg("an input that nobody reads");
    return NULL;
}

MAYBE_UNUSED static void rig_round(Rig *r, const RigLine *lines, int count)
{
    r->env.round_rows = (uint64_t)count;
    for (int port = 0; port < r->port_count && !r->rc; port++) {
        int at;
        Op *op = rig_entry(r, port, &at);
        r->rc = op_push(op, at, rig_batch(r, port, lines, count), &r->err);
    }
    for (int i = 0; i < r->count && !r->rc; i++)
        if (!r->is_input[i] && r->ops[i]->cls->advance)
            r->rc = r->ops[i]->cls->advance(r->ops[i], &r->err);
    r->seq += (uint64_t)count;
    arena_reset(&r->batch);
}

MAYBE_UNUSED static void rig_mark(Rig *r, bool idle, const char *text)
{
    OpMark m = {.carried = INT64_MIN, .idle = idle};
    char carried[32];
    assert_int_equal(sscanf(text, "%d %31s", &m.upstream, carried), 2);
    if (strcmp(carried, "-"))
        m.carried = strtoll(carried, NULL, 10);
    for (int i = 0; i < r->count; i++)
        if (!r->is_input[i] && r->ops[i]->cls->mark)
            RIG_OK(r, r->ops[i]->cls->mark(r->ops[i], &m, &r->err));
}

/* Run a script in rounds of at most `rows`. */
MAYBE_UNUSED static void rig_feed(Rig *r, const char *script, int rows, bool restart)
{
    RigLine *lines = calloc((size_t)rows + 1, sizeof *lines);
    char *text = strdup(script), *rest = text;
    int count = 0;
    for (char *line = strsep(&rest, "\n"); line && !r->rc; line = strsep(&rest, "\n")) {
        RigLine *l = &lines[count];
        char port;
        long long time;
        *l = (RigLine){0};
        bool row = (line[0] == 'L' || line[0] == 'R') && line[1] == ' ';
        if (row) {
            assert_true(sscanf(line, "%c %63s %511s %511s %lld %63s", &port, l->key, l->now,
                               l->before, &time, l->clock) >= 5);
            l->port = port == 'R';
            l->time = time;
            count++;
        }
        if (count && (!row || count == rows)) {
            rig_round(r, lines, count);
            count = 0;
            if (restart && !r->rc)
                rig_restart(r);
        }
        if (strncmp(line, "mark ", 5) == 0 || strncmp(line, "idle ", 5) == 0)
            rig_mark(r, line[0] == 'i', line + 5);
        else if (strcmp(line, "restart") == 0)
            rig_restart(r);
        else if (!row)
            assert_string_equal(line, "");
    }
    if (count && !r->rc)
        rig_round(r, lines, count);
    free(text);
    free(lines);
}

/* ---- rigs ------------------------------------------------------------------------------------ */

MAYBE_UNUSED static void rig_init(Rig *r, RigBuild *build)
{
    char uri[64];
    *r = (Rig){.err = ERR_INIT};
    arena_init(&r->query, 0);
    arena_init(&r->batch, 0);
    arena_init(&r->last_arena, 0);
    buf_init(&r->out);
    for (int i = 0; i < RIG_NODES; i++)
        buf_init(&r->refused[i]);
    r->last = map_new();
    r->env = (OpEnv){.query_arena = &r->query, .batch_arena = &r->batch, .upstreams = 1,
                     .output = rig_output, .refuse = rig_refuse, .ctx = r};
    db_memory_uri(uri);
    RIG_OK(r, db_open(uri, DB_WRITE, &r->db, &r->err));
    RIG_OK(r, store_disk_open(r->db, &r->disk, &r->err));
    build(r);
    for (int i = 0; i < r->count; i++)
        if (!r->is_input[i])
            rig_define(r, i);
    rig_open(r);
}

MAYBE_UNUSED static void rig_fini(Rig *r)
{
    rig_shut(r);
    r->disk->cls->close(r->disk);
    db_close(r->db);
    map_free(r->last);
    buf_fini(&r->out);
    for (int i = 0; i < RIG_NODES; i++)
        buf_fini(&r->refused[i]);
    arena_fini(&r->last_arena);
    arena_fini(&r->batch);
    arena_fini(&r->query);
}

/* Everything a script gave, as text to be freed. An error ends it with a last line. */
MAYBE_UNUSED static char *rig_run(RigBuild *build, const char *script, int rows, bool restart)
{
    Rig r;
    rig_init(&r, build);
    rig_feed(&r, script, rows, restart);
    for (int i = 0; i < RIG_NODES; i++)
        buf_put_str(&r.out, buf_str(&r.refused[i]));
    if (r.rc)
        buf_printf(&r.out, "%s: %s\n", err_kind_name(r.err.kind), r.err.text);
    char *text = strdup(buf_cstr(&r.out));
    rig_fini(&r);
    return text;
}

/* The same answer however the rows are cut. expected NULL: whatever rounds of one give. `restart`:
 * also with a commit and a restart after every row. */
MAYBE_UNUSED static void rig_check_with(RigBuild *build, const char *script, const char *expected,
                                        bool restart)
{
    static const int sizes[] = {1, 2, 3, LIMIT_BATCH_ROWS};
    char *first = rig_run(build, script, 1, false);
    assert_string_equal(first, expected ? expected : first);
    for (size_t i = 1; i < sizeof sizes / sizeof *sizes; i++) {
        char *text = rig_run(build, script, sizes[i], false);
        assert_string_equal(text, first);
        free(text);
    }
    if (restart) {
        char *text = rig_run(build, script, 1, true);
        assert_string_equal(text, first);
        free(text);
    }
    free(first);
}

MAYBE_UNUSED static void rig_check(RigBuild *build, const char *script, const char *expected)
{
    rig_check_with(build, script, expected, true);
}

/* ---- stored rows ----------------------------------------------------------------------------- */

/* A stored row as a pull query reads it: `values @time`, or the error. */
MAYBE_UNUSED static void rig_check_read(Rig *r, int node, Str bytes, const char *expected)
{
    const PlanNode *n = r->nodes[node];
    int64_t time = 0;
    Buf text;
    buf_init(&text);
    Batch *b = batch_new(&r->batch, n->schema, 3);
    for (int c = 0; c < n->schema->count; c++)
        batch_init_column(b, c);
    Rc rc = rig_class(r, node)->states[0].read(n, r->defs[node][0]->row, bytes,
                                               b->cols + n->schema->key_count, 2, &time, &r->batch,
                                               &r->err);
    if (rc)
        buf_printf(&text, "%s: %s", err_kind_name(r->err.kind), r->err.text);
    else
        rig_print_side(&text, b, b->cols, SIDE_ROW, 2);
    if (!rc)
        buf_printf(&text, " @%lld", (long long)time);
    assert_string_equal(buf_cstr(&text), expected);
    buf_fini(&text);
    arena_reset(&r->batch);
}

/* The bytes under a key of an operator's first store. */
MAYBE_UNUSED static Str rig_stored(Rig *r, int node, int64_t win, Str key)
{
    Str row = STR_NULL;
    RIG_OK(r, store_get(r->ops[node]->stores[0], win, key, &row, &r->err));
    return row;
}

/* ---- seeded rows ----------------------------------------------------------------------------- */

MAYBE_UNUSED static uint32_t rig_random(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % below;
}

#endif
