/* run_push.c: queries that run through a private pipeline over topics: push queries, which follow
 * their topics or read them up to now, and pull queries on streams, which always read all of it.
 *
 * Owns the pipeline of the query while it runs, and what is shown of its rows: the select list in
 * its order, keys wherever they stand in it. Leaves tables' pull queries to run_query.c. */
#include "engine/session_int.h"

enum { WAIT_MS = 100 };

/* ---- what is shown ------------------------------------------------------------------------- */

typedef struct Show {
    ResultSink *out;
    const PlanNode *sink;
    Schema *schema; /* of what is shown */
    Pseudo *bounds; /* [schema->count] WINDOWSTART, WINDOWEND, or PSEUDO_COUNT for other columns */
} Show;

/* WINDOWSTART and WINDOWEND belong to the key: a deleted row has them as well. */
static Pseudo bound_of(const PlanNode *sink, int column)
{
    const PlanNode *n = sink->inputs[0];
    while (n->kind == NODE_LIMIT)
        n = n->inputs[0];
    const Expr *e = n->kind == NODE_PROJECT || n->kind == NODE_REKEY ? n->exprs[column] : NULL;
    bool bound = e && e->kind == EXPR_PSEUDO &&
                 (e->index == PSEUDO_WINDOWSTART || e->index == PSEUDO_WINDOWEND);
    return bound ? (Pseudo)e->index : PSEUDO_COUNT;
}

static void show_init(Show *s, const PlanNode *sink, ResultSink *out, Arena *a)
{
    int n = sink->shown_count;
    *s = (Show){.out = out, .sink = sink, .schema = ARENA_NEW(a, Schema)};
    s->bounds = ARENA_ARRAY(a, Pseudo, n);
    s->schema->columns = ARENA_ARRAY(a, SchemaColumn, n);
    s->schema->count = n;
    for (int i = 0; i < n; i++) {
        s->schema->columns[i] = sink->schema->columns[sink->shown[i]];
        s->bounds[i] = bound_of(sink, sink->shown[i]);
        if (s->bounds[i] != PSEUDO_COUNT)
            s->schema->columns[i].role = ROLE_KEY;
    }
    while (s->schema->key_count < n && s->schema->columns[s->schema->key_count].role == ROLE_KEY)
        s->schema->key_count++;
}

static void put_bounds(Column *c, Pseudo which, const Batch *b)
{
    const int64_t *from = which == PSEUDO_WINDOWSTART ? b->win_start : b->win_end;
    for (int row = 0; row < b->rows; row++) {
        c->valid[row] = 1;
        c->i64[row] = from[row];
    }
}

static Rc show_rows(void *ctx, const Batch *b, Err *err)
{
    const Show *s = ctx;
    Batch *shown = batch_derive(b->arena, b, s->schema);
    for (int i = 0; i < s->schema->count; i++) {
        shown->cols[i] = b->cols[s->sink->shown[i]];
        if (s->bounds[i] != PSEUDO_COUNT && b->win_start)
            put_bounds(&shown->cols[i], s->bounds[i], b);
    }
    return s->out->rows(s->out, shown, err);
}

/* ---- running ------------------------------------------------------------------------------- */

static Rc run_loop(Session *s, Pipeline *p, bool bounded, Show *show, Err *err)
{
    Log *log = engine_log(s->engine);
    Arena a;
    arena_init(&a, 0);
    Rc rc = 0;
    while (!rc && !session_cancelled(s)) {
        bool progress = false, pumped = false;
        rc = engine_pump(s->engine, &pumped, err); /* a script follows its own queries */
        if (!rc)
            rc = pipeline_epoch(p, &progress, err);
        if (!rc)
            rc = pipeline_rows(p, &a, show_rows, show, err);
        arena_reset(&a);
        if (rc || pipeline_done(p) || (bounded && pipeline_at_end(p)))
            break;
        if (!progress && !pumped)
            rc = log->cls->wait(log, WAIT_MS, err);
    }
    arena_fini(&a);
    return rc;
}

/* What the query reads must be there before its end is taken. */
static Rc drain_sources(Session *s, const Plan *plan, ResultSink *out, Err *err)
{
    Rc rc = 0;
    for (int i = 0; !rc && i < plan->node_count; i++)
        if (plan->nodes[i]->kind == NODE_SOURCE)
            rc = session_drain_topic(s, plan->nodes[i]->topic, out, err);
    return rc;
}

/* `begin` says that the query is there: what its receiver writes then is part of it. */
static Rc begin(Session *s, const Plan *plan, Pipeline *p, bool bounded, const ResultHead *head,
                ResultSink *out, Err *err)
{
    Rc rc = out->begin(out, head, err);
    if (!rc && bounded)
        rc = drain_sources(s, plan, out, err);
    return rc || !bounded ? rc : pipeline_bound(p, err);
}

static Rc run_private(Session *s, Plan *plan, const ResultHead *head, Show *show, bool bounded,
                      bool whole, bool *done, Err *err)
{
    Pipeline *p = NULL;
    Rc rc = bounded ? drain_sources(s, plan, show->out, err) : 0;
    if (rc)
        return rc;
    engine_flatten(s->engine, plan);
    plan_number_stores(plan, engine_catalog(s->engine)); /* of its private, temporary file */
    rc = engine_open_private(s->engine, plan, whole, &p, err);
    if (!rc)
        rc = begin(s, plan, p, bounded, head, show->out, err);
    if (!rc)
        rc = run_loop(s, p, bounded, show, err);
    *done = !rc && pipeline_done(p);
    if (p)
        engine_close_private(s->engine, p);
    return rc;
}

Rc run_push(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    World w;
    Plan *plan = NULL;
    Show show;
    bool bounded = !s->cfg.follow, done = false;
    Rc rc = session_world(s, a, &w, err);
    if (!rc)
        rc = plan_query(engine_catalog(s->engine), &w, st, a, &plan, err);
    if (rc)
        return rc;
    show_init(&show, plan->root, out, a);
    ResultHead head = {
        .kind = RESULT_CHANGES, .schema = show.schema, .is_table = plan->root->is_table};
    rc = run_private(s, plan, &head, &show, bounded, false, &done, err);
    if (rc)
        return rc;
    return out->end(out, done ? "Limit Reached" : bounded ? NULL : "Query terminated", err);
}

/* The same pipeline as a push query's, from the beginning to what is the end now. */
Rc run_stream_pull(Session *s, const SqlStatement *st, const PullPlan *pull, Arena *a,
                   ResultSink *out, Err *err)
{
    World w;
    Plan *plan = NULL;
    Show show;
    bool done = false;
    Rc rc = session_world(s, a, &w, err);
    if (!rc)
        rc = plan_query(engine_catalog(s->engine), &w, st, a, &plan, err);
    if (rc)
        return rc;
    show_init(&show, plan->root, out, a);
    ResultHead head = {.kind = RESULT_ROWS, .schema = pull->schema};
    rc = run_private(s, plan, &head, &show, true, true, &done, err);
    return rc ? rc : out->end(out, done ? "Limit Reached" : "Query Completed", err);
}
