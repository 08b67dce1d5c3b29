/* join_check.c: is the FROM clause a join that the dialect knows, and what names its key
 * (statements.md 7.6, 10.1, 16.4).
 *
 * Reads the criteria only; join.c makes the nodes. Joins are left-deep: join i has the sources 0..i
 * on its left and source i + 1 on its right. */
#include "plan/plan_int.h"

enum { JOIN_SOURCES_MAX = 30 };

typedef struct JoinWords {
    const char *words, *name;
} JoinWords;

static const JoinWords join_words[] = {
    [JOIN_INNER] = {"[INNER] JOIN", "inner"},
    [JOIN_LEFT] = {"LEFT [OUTER] JOIN", "left-outer"},
    [JOIN_RIGHT] = {"RIGHT [OUTER] JOIN", "right-outer"},
    [JOIN_FULL] = {"[FULL] OUTER JOIN", "full-outer"},
};

static const char *const window_words[] = {"not windowed", "TUMBLING", "HOPPING", "SESSION"};

static Rc refuse(Planner *p, const Join *j, const char *text)
{
    return err_at(p->err, ERR_STATEMENT, j->sql->span, "%s", text);
}

/* "A.X = B.Y" as it was written. */
static const char *criterion(Planner *p, const Join *j)
{
    return arena_printf(p->arena, "%s = %s", names_print(p, j->on->args[0]),
                        names_print(p, j->on->args[1]));
}

static Rc check_occurrences(Planner *p)
{
    if (p->from_count > JOIN_SOURCES_MAX)
        return err_at(p->err, ERR_LIMIT, p->q->span, "A query may join %d sources at most.",
                      JOIN_SOURCES_MAX);
    for (int i = 0; i < p->from_count; i++) {
        for (int k = 0; k < i; k++) {
            Str name = p->from[i].source->name;
            if (p->from[i].source != p->from[k].source)
                continue;
            if (p->from_count > 2)
                return err_at(p->err, ERR_STATEMENT, p->q->span,
                              "N-way joins do not support multiple occurrences of the same source. "
                              "Source: '%.*s'",
                              STR_ARG(name));
            return err_at(p->err, ERR_STATEMENT, p->q->span,
                          "Can not join '%.*s' to '%.*s': self joins are not yet supported.",
                          STR_ARG(name), STR_ARG(name));
        }
    }
    return 0;
}

/* The one source that a side mentions; -1 for none or several. */
static int one_source(const Planner *p, const SqlExpr *e)
{
    int mask = names_sources(p, e);
    for (int i = 0; i < p->from_count; i++)
        if (mask == 1 << i)
            return i;
    return -1;
}

static Rc check_sides(Planner *p, Join *j, int right)
{
    int at[2];
    for (int i = 0; i < 2; i++) {
        at[i] = one_source(p, j->on->args[i]);
        if (at[i] < 0)
            return refuse(
                p, j,
                arena_printf(p->arena,
                             "Invalid comparison expression '%s' in join '%s'. Each side "
                             "of the join comparision must contain references from exactly "
                             "one source.",
                             names_print(p, j->on->args[i]), names_print(p, j->on)));
    }
    if (at[0] == at[1])
        return refuse(
            p, j,
            arena_printf(p->arena,
                         "Each side of the join must reference exactly one source and not "
                         "the same source. Left side references `%.*s` and right "
                         "references `%.*s`",
                         STR_ARG(p->from[at[0]].name), STR_ARG(p->from[at[1]].name)));
    if (at[0] != right && at[1] != right)
        return refuse(
            p, j,
            arena_printf(p->arena,
                         "A join criteria is expected to reference the source (`%.*s`) in "
                         "the FROM clause, instead the right source references `%.*s` and "
                         "the left source references `%.*s`",
                         STR_ARG(p->from[right].name), STR_ARG(p->from[at[1]].name),
                         STR_ARG(p->from[at[0]].name)));
    int left = at[0] == right;
    if (at[left] > right)
        return refuse(p, j,
                      arena_printf(p->arena,
                                   "The join condition mentions `%.*s` before it is joined.",
                                   STR_ARG(p->from[at[left]].name)));
    j->left = j->on->args[left];
    j->right = j->on->args[!left];
    j->left_from = at[left];
    return 0;
}

static Rc check_criterion(Planner *p, Join *j, int right)
{
    Rc rc = names_full(p, j->sql->on, "JOIN ON", &j->on);
    if (rc)
        return rc;
    bool binary = j->on->kind == SQL_BINARY;
    if (binary && (j->on->op == SQL_OP_AND || j->on->op == SQL_OP_OR))
        return refuse(
            p, j,
            arena_printf(p->arena,
                         "Invalid join condition: joins on multiple conditions are not yet "
                         "supported. Got %s.",
                         names_print(p, j->on)));
    if (!binary || j->on->op != SQL_OP_EQ)
        return refuse(p, j,
                      arena_printf(p->arena,
                                   "Invalid join condition: joins need the equality of two "
                                   "expressions. Got %s.",
                                   names_print(p, j->on)));
    return check_sides(p, j, right);
}

/* ---- kinds ----------------------------------------------------------------------------------- */

bool join_is_key(const Planner *p, int from, const SqlExpr *e)
{
    Ref r = names_ref(p, e);
    return r.from == from && r.column == 0 && p->from[from].source->schema->key_count == 1;
}

/* `e`, or what earlier criteria made equal to it, is what the left side is keyed by. */
static bool is_left_key(const Planner *p, int join, const SqlExpr *e)
{
    if (join == 0)
        return join_is_key(p, 0, e);
    const Join *before = &p->joins[join - 1];
    if (before->foreign_key)
        return join_is_key(p, 0, e);
    if (before->sql->kind == JOIN_FULL)
        return false;
    return sql_equal_expr(e, before->left) || sql_equal_expr(e, before->right) ||
           (is_left_key(p, join - 1, before->left) && is_left_key(p, join - 1, e));
}

bool join_left_is_keyed(const Planner *p, int join)
{
    return is_left_key(p, join, p->joins[join].left);
}

static Rc check_stream_table(Planner *p, Join *j, int right)
{
    if (j->sql->kind == JOIN_RIGHT || j->sql->kind == JOIN_FULL)
        return refuse(
            p, j,
            arena_printf(p->arena,
                         "Invalid join type: %s join not supported for stream-table join. "
                         "Got %.*s %s %.*s.",
                         join_words[j->sql->kind].name, STR_ARG(p->from[right - 1].name),
                         join_words[j->sql->kind].words, STR_ARG(p->from[right].name)));
    if (!join_is_key(p, right, j->right))
        return refuse(p, j,
                      arena_printf(p->arena,
                                   "Invalid join condition: stream-table joins require to join on "
                                   "the table's primary key. Got %s.",
                                   criterion(p, j)));
    return 0;
}

static Rc check_table_table(Planner *p, Join *j, int right)
{
    if (!join_is_key(p, right, j->right))
        return refuse(
            p, j,
            arena_printf(p->arena,
                         "Invalid join condition: table-table joins require to join on the "
                         "primary key of the right input table. Got %s.",
                         criterion(p, j)));
    j->foreign_key = !join_left_is_keyed(p, right - 1);
    if (!j->foreign_key)
        return 0;
    if (right > 1)
        return refuse(p, j,
                      arena_printf(p->arena,
                                   "Invalid join condition: foreign-key table-table joins are not "
                                   "supported as part of n-way joins. Got %s.",
                                   criterion(p, j)));
    if (j->sql->kind == JOIN_RIGHT || j->sql->kind == JOIN_FULL)
        return refuse(p, j,
                      arena_printf(p->arena,
                                   "Invalid join condition: %s OUTER JOIN on a foreign key is not "
                                   "supported",
                                   j->sql->kind == JOIN_RIGHT ? "RIGHT" : "FULL"));
    return 0;
}

static Rc check_kind(Planner *p, Join *j, int right)
{
    j->left_is_table = true;
    for (int i = 0; i < right; i++)
        j->left_is_table = j->left_is_table && p->from[i].source->is_table;
    j->right_is_table = p->from[right].source->is_table;
    j->streams = !j->left_is_table && !j->right_is_table;
    if (j->left_is_table && !j->right_is_table)
        return refuse(p, j,
                      arena_printf(p->arena,
                                   "Invalid join order: table-stream joins are not supported; only "
                                   "stream-table joins. Got %.*s %s %.*s.",
                                   STR_ARG(p->from[right - 1].name), join_words[j->sql->kind].words,
                                   STR_ARG(p->from[right].name)));
    if (j->streams)
        return 0;
    return j->left_is_table ? check_table_table(p, j, right) : check_stream_table(p, j, right);
}

/* ---- windows and formats --------------------------------------------------------------------- */

static Rc check_windows(Planner *p, const Join *j, int right)
{
    const From *l = &p->from[j->left_from], *r = &p->from[right];
    WindowKind lw = l->source->schema->window, rw = r->source->schema->window;
    if (lw == WINDOW_NONE && rw == WINDOW_NONE)
        return 0;
    if (lw == WINDOW_NONE || rw == WINDOW_NONE)
        return refuse(
            p, j,
            arena_printf(p->arena,
                         "Can not join windowed source to non-windowed source.\n`%.*s` is "
                         "%s%s\n`%.*s` is %s%s",
                         STR_ARG(l->name), window_words[lw], lw == WINDOW_NONE ? "" : " windowed",
                         STR_ARG(r->name), window_words[rw], rw == WINDOW_NONE ? "" : " windowed"));
    if ((lw == WINDOW_SESSION) != (rw == WINDOW_SESSION))
        return refuse(
            p, j,
            arena_printf(p->arena,
                         "Incompatible windowed sources.\nLeft source: %s\nRight source: "
                         "%s\nSession windowed sources can only be joined to other session "
                         "windowed sources, and may still not result in expected behaviour "
                         "as session bounds must be an exact match for the join to work\n"
                         "Hopping and tumbling windowed sources can only be joined to other "
                         "hopping and tumbling windowed sources",
                         window_words[lw], window_words[rw]));
    if (j->foreign_key)
        return refuse(p, j, "Foreign-key table-table joins are not supported on windowed tables.");
    if (!join_left_is_keyed(p, right - 1) || !join_is_key(p, right, j->right))
        return refuse(p, j,
                      "Implicit repartitioning of windowed sources is not supported. See "
                      "https://github.com/confluentinc/ksql/issues/4385.");
    p->not_built = p->not_built ? p->not_built : "joins of windowed sources";
    return 0;
}

static Rc check_within(Planner *p, const Join *j)
{
    if (j->streams && !j->sql->before.given)
        return refuse(p, j, "stream-stream joins must have a WITHIN clause specified.");
    if (j->streams || !j->sql->before.given)
        return 0;
    return refuse(
        p, j,
        arena_printf(p->arena,
                     "A window definition was provided for a %s join. These joins are not "
                     "windowed. Please drop the window definition (ie. the WITHIN clause) "
                     "and try to execute your join again.",
                     j->left_is_table ? "Table-Table" : "Stream-Table"));
}

Rc join_check_value_formats(Planner *p, const char *what)
{
    Buf names;
    int count = 0;
    buf_init(&names);
    for (int i = 0; i < p->from_count; i++)
        if (strcmp(p->from[i].source->value_format.format->name, "KAFKA") == 0)
            buf_printf(&names, "%s%.*s", count++ ? ", " : "", STR_ARG(p->from[i].source->name));
    Rc rc = 0;
    if (count)
        rc = err_at(p->err, ERR_STATEMENT, p->q->span,
                    "Source(s) %s are using the 'KAFKA' value format. This format does not yet "
                    "support %s.",
                    buf_cstr(&names), what);
    buf_fini(&names);
    return rc;
}

/* ---- the key of the result ------------------------------------------------------------------- */

static bool in_list(SqlExpr *const *list, int count, const SqlExpr *e)
{
    for (int i = 0; i < count; i++)
        if (sql_equal_expr(list[i], e))
            return true;
    return false;
}

/* The expressions of the last criterion and what earlier ones made equal to them. */
static int close_criteria(const Planner *p, SqlExpr **list)
{
    const Join *last = &p->joins[p->join_count - 1];
    int count = 0, before = -1;
    if (last->sql->kind == JOIN_FULL)
        return 0;
    list[count++] = last->left;
    list[count++] = last->right;
    while (before != count) {
        before = count;
        for (int i = 0; i < p->join_count - 1; i++) {
            const Join *j = &p->joins[i];
            if (j->sql->kind == JOIN_FULL || j->foreign_key)
                continue;
            bool has_left = in_list(list, count, j->left),
                 has_right = in_list(list, count, j->right);
            if (has_left && !has_right)
                list[count++] = j->right;
            if (has_right && !has_left)
                list[count++] = j->left;
        }
    }
    return count;
}

static void add_viable(Planner *p, SqlExpr *const *list, int count)
{
    for (int f = 0; f < p->from_count; f++) {
        for (int i = 0; i < count; i++) {
            Ref r = names_ref(p, list[i]);
            if (r.from == f)
                p->viable[p->viable_count++] = r;
        }
    }
}

static Str synthetic_name(const Planner *p)
{
    for (int n = 0;; n++) {
        int column;
        bool taken = false;
        Str name = str_of(n ? arena_printf(p->arena, "ROWKEY_%d", n) : "ROWKEY");
        for (int i = 0; i < p->from_count; i++)
            taken = taken || names_has_column(p->from[i].source, name, &column);
        if (!taken)
            return name;
    }
}

static void find_viable(Planner *p)
{
    const Join *last = &p->joins[p->join_count - 1];
    p->viable = ARENA_ARRAY(p->arena, Ref, 2 * p->join_count + 1);
    if (last->foreign_key)
        return;
    SqlExpr **list = ARENA_ARRAY(p->arena, SqlExpr *, 2 * p->join_count + 2);
    add_viable(p, list, close_criteria(p, list));
    if (p->viable_count == 0)
        p->rowkey = synthetic_name(p);
}

Rc join_check(Planner *p)
{
    p->key_ref = REF_NONE;
    p->join_count = p->q->join_count;
    if (p->join_count == 0)
        return 0;
    Rc rc = check_occurrences(p);
    p->joins = ARENA_ARRAY(p->arena, Join, p->join_count);
    for (int i = 0; i < p->join_count && !rc; i++) {
        Join *j = &p->joins[i];
        j->sql = &p->q->joins[i];
        rc = check_criterion(p, j, i + 1);
        if (!rc)
            rc = check_kind(p, j, i + 1);
        if (!rc)
            rc = check_windows(p, j, i + 1);
        if (!rc)
            rc = check_within(p, j);
    }
    if (!rc)
        rc = join_check_value_formats(p, "JOIN");
    if (!rc)
        find_viable(p);
    return rc;
}

/* The left-most viable column that is projected. A query without that duty takes the first. */
void join_choose_key(Planner *p)
{
    bool duty = p->join_count && !p->q->has_group_by && !p->rekeyed;
    if (duty && p->joins[p->join_count - 1].foreign_key &&
        p->from[0].source->schema->key_count == 1)
        p->key_ref = (Ref){0, 0};
    for (int v = 0; v < p->viable_count && duty && p->key_ref.from < 0; v++)
        for (int i = 0; i < p->item_count && p->key_ref.from < 0; i++)
            if (p->items[i].ref.from == p->viable[v].from &&
                p->items[i].ref.column == p->viable[v].column)
                p->key_ref = p->viable[v];
    if (duty && p->key_ref.from < 0 && p->viable_count)
        p->key_ref = p->viable[0];
}
