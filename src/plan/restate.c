/* restate.c: the statement of a query as the dialect quotes it where a sink is refused: stars
 * expanded, every column qualified, every item and source named, EMIT written out.
 *
 * Works on the trees that names.c and items.c made; owns nothing. */
#include "plan/plan_int.h"

/* COUNT(*) has been COUNT of the row's own time since names.c. */
static bool is_star(const SqlExpr *call)
{
    const SqlExpr *arg = call->kind == SQL_CALL && call->arg_count == 1 ? call->args[0] : NULL;
    return arg && arg->kind == SQL_COLUMN && !arg->qualifier.text.ptr &&
           pseudo_find(arg->name.text) == PSEUDO_ROWTIME;
}

/* A copy in which names have quotes only where they need them. */
static SqlExpr *restate(Planner *p, const SqlExpr *e)
{
    SqlExpr *copy = ARENA_NEW(p->arena, SqlExpr);
    *copy = *e;
    copy->name.quoted = copy->qualifier.quoted = false;
    copy->args = e->arg_count ? ARENA_ARRAY(p->arena, SqlExpr *, e->arg_count) : NULL;
    for (int i = 0; i < e->arg_count; i++)
        copy->args[i] = e->args[i] ? restate(p, e->args[i]) : NULL;
    if (is_star(e)) {
        copy->args[0]->kind = SQL_STAR;
        copy->args[0]->name = (SqlName){.span = SPAN_NONE};
    }
    return copy;
}

static SqlExpr **restate_list(Planner *p, SqlExpr *const *list, int count)
{
    SqlExpr **copy = ARENA_ARRAY(p->arena, SqlExpr *, count);
    for (int i = 0; i < count; i++)
        copy[i] = restate(p, list[i]);
    return copy;
}

static SqlName plain_name(Str text)
{
    return (SqlName){.text = text, .span = SPAN_NONE};
}

static void restate_sources(Planner *p, SqlQuery *q)
{
    q->from.alias = plain_name(p->from[0].name);
    q->joins = ARENA_ARRAY(p->arena, SqlJoin, q->join_count);
    for (int i = 0; i < q->join_count; i++) {
        q->joins[i] = *p->joins[i].sql;
        q->joins[i].right.alias = plain_name(p->from[i + 1].name);
        q->joins[i].on = restate(p, p->joins[i].on);
    }
}

static void restate_query(Planner *p, SqlQuery *q)
{
    SqlExpr *where;
    Err ignored = ERR_INIT, *err = p->err;
    restate_sources(p, q);
    q->items = ARENA_ARRAY(p->arena, SqlItem, p->item_count);
    q->item_count = p->item_count;
    for (int i = 0; i < p->item_count; i++)
        q->items[i] =
            (SqlItem){restate(p, p->items[i].full), plain_name(p->items[i].name), p->items[i].span};
    p->err = &ignored; /* it has been resolved before */
    if (q->where && !names_full(p, q->where, "WHERE", &where))
        q->where = restate(p, where);
    p->err = err;
    if (q->has_group_by)
        q->group_by = restate_list(p, p->groups_full, p->group_count);
    if (q->has_partition_by && !p->no_key)
        q->partition_by = restate_list(p, p->groups_full, p->group_count);
    if (p->having_full)
        q->having = restate(p, p->having_full);
    if (q->emit == EMIT_NONE)
        q->emit = EMIT_CHANGES;
}

Rc restate_error(Planner *p, Rc rc)
{
    if (rc != ERR_STATEMENT)
        return rc;
    SqlQuery q = *p->q;
    SqlStatement s = *p->stmt;
    Buf text;
    restate_query(p, &q);
    s.query = &q;
    buf_init(&text);
    sql_print(&text, &s);
    const char *why = arena_strndup(p->arena, p->err->text, strlen(p->err->text));
    rc = err_at(p->err, ERR_STATEMENT, p->err->span, "%s\nStatement: %s", why, buf_cstr(&text));
    buf_fini(&text);
    return rc;
}
