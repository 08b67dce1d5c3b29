/* make.c: the small pieces of a tree: lists, names, types, columns, WITH.
 *
 * Owns the growing lists and the fault of a parse (make.h). Expressions are made in make_expr.c,
 * queries and statements in make_stmt.c; whether anything makes sense is left to the planner. */
#include <stdio.h>

#include "sql/make.h"

#include "oxbow.h"

void make_init(Make *m, Arena *a, Str text)
{
    *m = (Make){.arena = a, .text = text};
    m->numbers_end = &m->numbers;
}

void make_fault(Make *m, ErrCode code, Span span, const char *fmt, ...)
{
    if (m->fault.found && m->fault.span.begin <= span.begin)
        return; /* the first one in the text is the one to report */
    char text[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    m->fault = (Fault){.found = true, .code = code, .span = span};
    m->fault.text = arena_strndup(m->arena, text, strlen(text));
}

void make_literal_fault(Make *m, Span span, const char *what, Str literal)
{
    enum { SHOWN_MAX = 100 };
    bool cut = literal.len > SHOWN_MAX;
    make_fault(m, ERR_SYNTAX, span, "%s: %.*s%s", what, cut ? SHOWN_MAX : (int)literal.len,
               literal.ptr, cut ? "..." : "");
    if (m->fault.span.begin == span.begin && m->fault.code == ERR_SYNTAX)
        m->fault.literal = true;
}

void make_too_deep(Make *m)
{
    m->too_deep = true;
}

/* ---- lists --------------------------------------------------------------------------------- */

List *list_new(Make *m)
{
    List *l = ARENA_NEW(m->arena, List);
    l->arena = m->arena;
    return l;
}

/* Growth doubles, so the arena holds at most twice what is needed. */
void *list_add(List *l, size_t bytes)
{
    if (l->count == l->cap) {
        int cap = l->cap ? l->cap * 2 : 4;
        char *items = arena_alloc(l->arena, bytes * (size_t)cap);
        if (l->count > 0)
            memcpy(items, l->items, bytes * (size_t)l->count);
        l->items = items;
        l->cap = cap;
    }
    char *slot = l->items + bytes * (size_t)l->count++;
    memset(slot, 0, bytes);
    return slot;
}

static List *put(Make *m, List *l, const void *element, size_t bytes)
{
    if (!l)
        l = list_new(m);
    memcpy(list_add(l, bytes), element, bytes);
    return l;
}

List *list_put_expr(Make *m, List *l, SqlExpr *e)
{
    return put(m, l, &e, sizeof e);
}

List *list_put_two(Make *m, List *l, SqlExpr *a, SqlExpr *b)
{
    return list_put_expr(m, list_put_expr(m, l, a), b);
}

List *list_put_first(Make *m, SqlExpr *e, List *l)
{
    list_put_expr(m, l, e); /* makes the room */
    SqlExpr **items = (SqlExpr **)l->items;
    memmove(items + 1, items, sizeof *items * (size_t)(l->count - 1));
    items[0] = e;
    return l;
}

List *list_put_name(Make *m, List *l, SqlName n)
{
    return put(m, l, &n, sizeof n);
}

List *list_put_int(Make *m, List *l, Token t)
{
    if (t.code != TK_INTEGER_VALUE)
        return l ? l : list_new(m);
    int64_t value = make_int(m, t);
    return put(m, l, &value, sizeof value);
}

List *list_put_column(Make *m, List *l, SqlColumn *c)
{
    l = put(m, l, c, sizeof *c);
    if (l->count > LIMIT_COLUMNS)
        make_fault(m, ERR_LIMIT, c->span, "There are more than %d columns.", LIMIT_COLUMNS);
    return l;
}

List *list_put_with(Make *m, List *l, SqlName n, SqlExpr *value)
{
    SqlWithItem item = {n, value};
    return put(m, l, &item, sizeof item);
}

List *list_put_item(Make *m, List *l, SqlItem i)
{
    return put(m, l, &i, sizeof i);
}

List *list_put_join(Make *m, List *l, int kind, Token begin, SqlSource right, Within *w,
                    SqlExpr *on)
{
    SqlJoin join = {.kind = (SqlJoinKind)kind, .right = right, .on = on};
    join.before = w ? w->before : SQL_NO_DURATION;
    join.after = w ? w->after : SQL_NO_DURATION;
    join.grace = w ? w->grace : SQL_NO_DURATION;
    join.span = (Span){begin.begin, on->span.end};
    return put(m, l, &join, sizeof join);
}

List *list_put_statement(Make *m, List *l, SqlStatement *s)
{
    return put(m, l, &s, sizeof s);
}

Pairs *pairs_put(Make *m, Pairs *p, SqlName n, void *value)
{
    if (!p) {
        p = ARENA_NEW(m->arena, Pairs);
        p->names.arena = p->values.arena = m->arena;
    }
    list_put_name(m, &p->names, n);
    put(m, &p->values, &value, sizeof value);
    return p;
}

/* ---- words --------------------------------------------------------------------------------- */

Span make_span(Span begin, Token end)
{
    return (Span){begin.begin, end.end};
}

Span make_span_of(Token begin, Token end)
{
    return (Span){begin.begin, end.end};
}

static void check_length(Make *m, Str name, Span span)
{
    if (name.len == 0)
        make_fault(m, ERR_SYNTAX, span, "A name must not be empty.");
    if (name.len > LIMIT_NAME_BYTES)
        make_fault(m, ERR_LIMIT, span, "A name is longer than %d bytes.", LIMIT_NAME_BYTES);
}

Str make_upper(Make *m, Str s)
{
    char *upper = arena_strndup(m->arena, s.ptr, s.len);
    for (uint32_t i = 0; i < s.len; i++)
        if (upper[i] >= 'a' && upper[i] <= 'z')
            upper[i] = (char)(upper[i] - 'a' + 'A');
    return str_make(upper, s.len);
}

static SqlName name_of(Make *m, Token t, bool keep_case)
{
    Str text = token_text(m->text, t);
    SqlName n = {.span = {t.begin, t.end}};
    n.quoted = text.ptr[0] == '`' || text.ptr[0] == '"' || text.ptr[0] == '\'';
    if (n.quoted)
        n.text = scan_unquote(m->arena, text);
    else
        n.text = keep_case ? arena_str(m->arena, text) : make_upper(m, text);
    check_length(m, n.text, n.span);
    return n;
}

SqlName make_name(Make *m, Token t)
{
    return name_of(m, t, false);
}

SqlName make_topic(Make *m, Token t)
{
    return name_of(m, t, true);
}

Str make_string(Make *m, Token t)
{
    return scan_unquote(m->arena, token_text(m->text, t));
}

int64_t make_int(Make *m, Token t)
{
    Str text = token_text(m->text, t);
    int64_t value = 0;
    if (text_take_i64(text, &value))
        return value;
    make_literal_fault(m, (Span){t.begin, t.end}, "Invalid numeric literal", text);
    return 0;
}

static Str plural_unit(int code)
{
    static const struct {
        int one, many;
        Str text;
    } units[] = {
        {TK_DAY, TK_DAYS, {"DAYS", 4}},
        {TK_HOUR, TK_HOURS, {"HOURS", 5}},
        {TK_MINUTE, TK_MINUTES, {"MINUTES", 7}},
        {TK_SECOND, TK_SECONDS, {"SECONDS", 7}},
        {TK_MILLISECOND, TK_MILLISECONDS, {"MILLISECONDS", 12}},
    };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (units[i].one == code || units[i].many == code)
            return units[i].text;
    return STR_NULL;
}

SqlDuration make_duration(Make *m, Token count, Token unit)
{
    SqlDuration d = {.given = true, .span = make_span_of(count, unit)};
    d.count = make_int(m, count);
    d.unit = plural_unit(unit.code);
    return d;
}

SqlExpr *make_unit(Make *m, Token t)
{
    SqlExpr *e = ARENA_NEW(m->arena, SqlExpr);
    e->kind = SQL_UNIT;
    e->span = (Span){t.begin, t.end};
    e->name = (SqlName){plural_unit(t.code), e->span, false};
    e->qualifier = SQL_NO_NAME;
    e->depth = 1;
    return e;
}

bool sql_is_unit(const SqlExpr *e, Str *unit)
{
    Str word = STR_NULL;
    if (e->kind == SQL_UNIT)
        word = e->name.text;
    else if (e->kind == SQL_COLUMN && !e->qualifier.text.ptr && !e->name.quoted)
        word = plural_unit(words_find(e->name.text));
    if (word.ptr && unit)
        *unit = word;
    return word.ptr != NULL;
}

/* ---- types --------------------------------------------------------------------------------- */

static SqlType *new_type(Make *m, SqlTypeKind kind, Span span, int depth)
{
    SqlType *t = ARENA_NEW(m->arena, SqlType);
    t->kind = kind;
    t->name = SQL_NO_NAME;
    t->span = span;
    t->depth = depth;
    if (depth > LIMIT_TYPE_DEPTH)
        make_fault(m, ERR_LIMIT, span, "A type is nested more than %d levels deep.",
                   LIMIT_TYPE_DEPTH);
    return t;
}

SqlType *make_type(Make *m, SqlName n, List *args, Span span)
{
    SqlType *t = new_type(m, SQLTYPE_NAME, span, 1);
    t->name = n;
    int count = args ? args->count : 0;
    if (count > 2)
        make_fault(m, ERR_SYNTAX, span, "A type takes at most two numbers.");
    for (int i = 0; i < count && i < 2; i++)
        t->args[t->arg_count++] = ((int64_t *)args->items)[i];
    return t;
}

SqlType *make_decimal_type(Make *m, Token name, Token precision, Token scale, Token end)
{
    List *args = list_put_int(m, list_put_int(m, NULL, precision), scale);
    return make_type(m, make_name(m, name), args, make_span_of(name, end));
}

SqlType *make_array_type(Make *m, Span span, SqlType *elem)
{
    SqlType *t = new_type(m, SQLTYPE_ARRAY, span, elem->depth + 1);
    t->elem = elem;
    return t;
}

SqlType *make_map_type(Make *m, Span span, SqlType *key, SqlType *value)
{
    int depth = key->depth > value->depth ? key->depth : value->depth;
    SqlType *t = new_type(m, SQLTYPE_MAP, span, depth + 1);
    t->key = key;
    t->elem = value;
    return t;
}

SqlType *make_struct_type(Make *m, Span span, Pairs *fields)
{
    int depth = 0;
    int count = fields ? fields->names.count : 0;
    SqlType **types = fields ? (SqlType **)fields->values.items : NULL;
    for (int i = 0; i < count; i++)
        depth = types[i]->depth > depth ? types[i]->depth : depth;
    SqlType *t = new_type(m, SQLTYPE_STRUCT, span, depth + 1);
    t->field_names = fields ? (SqlName *)fields->names.items : NULL;
    t->field_types = types;
    t->field_count = count;
    return t;
}

/* ---- columns and WITH ---------------------------------------------------------------------- */

SqlColumn *make_column(Make *m, SqlName n, SqlType *t)
{
    SqlColumn *c = ARENA_NEW(m->arena, SqlColumn);
    c->name = n;
    c->type = t;
    c->header = STR_NULL;
    c->span = (Span){n.span.begin, t->span.end};
    return c;
}

SqlColumn *make_key_column(Make *m, SqlName n, SqlType *t, int primary, Token end)
{
    SqlColumn *c = make_column(m, n, t);
    c->key = !primary;
    c->primary_key = primary;
    c->span.end = end.end;
    return c;
}

SqlColumn *make_headers_column(Make *m, SqlName n, SqlType *t, Token end)
{
    SqlColumn *c = make_column(m, n, t);
    c->headers = true;
    c->span.end = end.end;
    return c;
}

SqlColumn *make_header_column(Make *m, SqlName n, SqlType *t, Token header, Token end)
{
    SqlColumn *c = make_headers_column(m, n, t, end);
    c->header = make_string(m, header);
    return c;
}

SqlWith make_with(List *items, Token begin, Token end)
{
    return (SqlWith){(SqlWithItem *)items->items, items->count, make_span_of(begin, end)};
}
