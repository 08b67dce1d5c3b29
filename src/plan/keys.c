/* keys.c: does the projection of a persistent query hold every key column once, and values besides
 * (statements.md 5.4, 16.3)? Wording only; what the keys are has been settled before. */
#include "plan/plan_int.h"

/* "A", "A and B", "A, B and C". */
static const char *join_words(Planner *p, const char *const *words, int count, const char *last)
{
    Buf b;
    buf_init(&b);
    for (int i = 0; i < count; i++)
        buf_printf(&b, "%s%s", i == 0 ? "" : i == count - 1 ? last : ", ", words[i]);
    const char *text = arena_strndup(p->arena, buf_cstr(&b), b.len);
    buf_fini(&b);
    return text;
}

static int shown(const Planner *p, int key)
{
    int n = 0;
    for (int i = 0; i < p->item_count; i++)
        n += p->items[i].key == key;
    return n;
}

static Str query_name(const Planner *p)
{
    return p->target ? p->target->name : p->stmt->name.text;
}

static const char *bare(Planner *p, Str name)
{
    Buf b;
    buf_init(&b);
    name_print(&b, name, false);
    const char *text = arena_strndup(p->arena, buf_cstr(&b), b.len);
    buf_fini(&b);
    return text;
}

static Rc missing(Planner *p, const char *what, const char *const *names, int count,
                  const char *last, bool plural, const char *more)
{
    int eg = strcmp(last, " or ") == 0 ? 1 : count;
    return err_at(p->err, ERR_STATEMENT, p->q->span,
                  "Key missing from projection (ie, SELECT). See https://cnfl.io/2LV7ouS.\n"
                  "The query used to build `%.*s` must include the %s%s %s in its projection (eg, "
                  "SELECT %s...).%s",
                  STR_ARG(query_name(p)), what, plural ? "s" : "",
                  join_words(p, names, count, last), join_words(p, names, eg, ", "), more);
}

/* ---- one way of being keyed each ------------------------------------------------------------- */

static Rc missing_foreign(Planner *p)
{
    const From *f = &p->from[0];
    const Schema *s = f->source->schema;
    const char **names = ARENA_ARRAY(p->arena, const char *, s->key_count);
    int count = 0;
    for (int k = 0; k < s->key_count; k++)
        if (!shown(p, k))
            names[count++] = arena_printf(p->arena, "`%.*s`", STR_ARG(s->columns[k].name));
    return err_at(
        p->err, ERR_STATEMENT, p->q->span,
        "Primary key column%s missing in projection. For foreign-key table-table joins, the "
        "projection must include all primary key columns from the left input table "
        "(`%.*s`). Missing column%s: %s.",
        count > 1 ? "s" : "", STR_ARG(f->name), count > 1 ? "s" : "",
        join_words(p, names, count, ", "));
}

static Rc missing_join(Planner *p)
{
    if (p->joins[p->join_count - 1].foreign_key)
        return missing_foreign(p);
    if (p->rowkey.ptr) {
        const char *name = bare(p, p->rowkey);
        return missing(
            p, "join expression", &name, 1, " or ", false,
            arena_printf(p->arena,
                         "\n%s was added as a synthetic key column because the join "
                         "criteria did not match any source column. This expression must "
                         "be included in the projection and may be aliased.",
                         name));
    }
    const char **names = ARENA_ARRAY(p->arena, const char *, p->viable_count);
    for (int i = 0; i < p->viable_count; i++)
        names[i] = names_print(p, names_column(p, p->viable[i], SPAN_NONE));
    return missing(p, "join expression", names, p->viable_count, " or ", p->viable_count > 1, "");
}

static Rc missing_group(Planner *p)
{
    const char **names = ARENA_ARRAY(p->arena, const char *, p->group_count);
    int count = 0;
    for (int i = 0; i < p->group_count; i++)
        if (!shown(p, i))
            names[count++] = names_print(p, p->groups[i]);
    return missing(p, "grouping expression", names, count, " and ", count > 1, "");
}

static Rc missing_partition(Planner *p)
{
    const char **names = ARENA_ARRAY(p->arena, const char *, p->group_count);
    for (int i = 0; i < p->group_count; i++)
        names[i] = names_print(p, p->groups_full[i]);
    return missing(p, "partitioning expression", names, p->group_count, " and ", p->group_count > 1,
                   "");
}

static Rc missing_column(Planner *p)
{
    const Schema *s = p->from[0].source->schema;
    const char **names = ARENA_ARRAY(p->arena, const char *, s->key_count);
    for (int k = 0; k < s->key_count; k++)
        names[k] = bare(p, s->columns[k].name);
    return missing(p, "key column", names, s->key_count, " and ", s->key_count > 1, "");
}

static Rc check_present(Planner *p)
{
    for (int k = 0; k < p->node->schema->key_count; k++) {
        if (shown(p, k))
            continue;
        if (p->q->has_group_by)
            return missing_group(p);
        if (p->rekeyed)
            return missing_partition(p);
        return p->join_count ? missing_join(p) : missing_column(p);
    }
    return 0;
}

/* ---- once, and not alone --------------------------------------------------------------------- */

static void sort_words(const char **words, int count)
{
    for (int i = 1; i < count; i++)
        for (int k = i; k > 0 && strcmp(words[k - 1], words[k]) > 0; k--) {
            const char *swap = words[k];
            words[k] = words[k - 1];
            words[k - 1] = swap;
        }
}

static Str key_name(Planner *p, int key)
{
    const Schema *s = p->node->schema;
    if (p->join_count && !p->rekeyed && p->key_ref.from >= 0)
        return names_of(p, p->key_ref);
    if (p->join_count && !p->rekeyed && p->joins[p->join_count - 1].foreign_key)
        return names_of(p, (Ref){0, key});
    return s->columns[key].name;
}

static Rc repeated(Planner *p, int key)
{
    const char **names = ARENA_ARRAY(p->arena, const char *, p->item_count);
    int count = 0;
    bool grouped = p->q->has_group_by;
    for (int i = 0; i < p->item_count; i++)
        if (p->items[i].key == key)
            names[count++] = grouped ? arena_printf(p->arena, "`%.*s`", STR_ARG(p->items[i].name))
                                     : bare(p, p->items[i].name);
    sort_words(names, count);
    const char *list = join_words(p, names, count, " and ");
    if (grouped)
        return err_at(p->err, ERR_STATEMENT, p->q->span,
                      "The projection contains a key column more than once: %s.", list);
    return err_at(p->err, ERR_STATEMENT, p->q->span,
                  "The projection contains a key column (`%.*s`) more than once, aliased as: %s.",
                  STR_ARG(key_name(p, key)), list);
}

static Rc check_values(Planner *p)
{
    int values = 0;
    for (int i = 0; i < p->item_count; i++) {
        const Item *a = &p->items[i];
        values += a->key < 0;
        for (int k = 0; k < i; k++) {
            if (!str_eq(a->name, p->items[k].name))
                continue;
            Buf name;
            buf_init(&name);
            name_print(&name, a->name, true);
            Rc rc = err_at(p->err, ERR_STATEMENT, a->span,
                           "Duplicate value columns found in schema: %s %s", buf_cstr(&name),
                           type_cstr(p->arena, a->bound->type));
            buf_fini(&name);
            return rc;
        }
    }
    return values ? 0
                  : err_at(p->err, ERR_STATEMENT, p->q->span,
                           "The projection contains no value columns.");
}

Rc keys_check(Planner *p)
{
    if (!p->persistent)
        return 0;
    Rc rc = check_present(p);
    for (int k = 0; k < p->node->schema->key_count && !rc; k++)
        if (shown(p, k) > 1)
            rc = repeated(p, k);
    return rc ? rc : check_values(p);
}
