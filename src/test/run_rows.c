/* run_rows.c: pull and push cases (case format 14): admin statements, inputs, queries, their rows.
 *
 * Each SELECT's answer is kept as JSON rows: a header, the rows, a final message; `columns` are
 * compared as a multiset over the whole response. */
#include <stdlib.h>

#include "test/compare.h"
#include "test/run_int.h"

/* ---- collecting a response ----------------------------------------------------------------- */

typedef struct Collector {
    ResultSink sink; /* first */
    Arena *arena;
    ResultHead head;
    Str header; /* schema text */
    Str *rows;  /* JSON arrays */
    bool *tombstone;
    int count, cap;
    const char *final;
    CaseWorld *feeds; /* the inputs come now that the query is there; NULL: they came before */
} Collector;

static void put_quoted(Buf *out, Str s)
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

static void put_json(Buf *out, const Value *v)
{
    if (v->is_null) {
        buf_puts(out, "null");
        return;
    }
    switch (v->type->kind) {
    case TYPE_BOOLEAN:
    case TYPE_INTEGER:
    case TYPE_BIGINT:
    case TYPE_DOUBLE:
    case TYPE_DECIMAL:
        value_print(out, v);
        return;
    case TYPE_STRING:
        put_quoted(out, v->str);
        return;
    case TYPE_BYTES:
        buf_putc(out, '"');
        text_put_base64(out, v->str);
        buf_putc(out, '"');
        return;
    case TYPE_ARRAY:
        buf_putc(out, '[');
        for (uint32_t i = 0; i < v->list.count; i++) {
            if (i)
                buf_putc(out, ',');
            put_json(out, &v->list.items[i]);
        }
        buf_putc(out, ']');
        return;
    case TYPE_MAP:
    case TYPE_STRUCT: {
        bool map = v->type->kind == TYPE_MAP;
        buf_putc(out, '{');
        for (uint32_t i = 0; i < v->list.count; i++) {
            if (i)
                buf_putc(out, ',');
            put_quoted(out, map ? v->list.items[2 * i].str : v->type->fields[i].name);
            buf_putc(out, ':');
            put_json(out, &v->list.items[map ? 2 * i + 1 : i]);
        }
        buf_putc(out, '}');
        return;
    }
    default: {
        Buf text;
        buf_init(&text);
        value_print(&text, v);
        put_quoted(out, buf_str(&text));
        buf_fini(&text);
    }
    }
}

static Rc collect_begin(ResultSink *s, const ResultHead *head, Err *err)
{
    Collector *c = (Collector *)s;
    Buf b;
    buf_init(&b);
    const Schema *schema = head->schema;
    for (int i = 0; i < schema->count; i++) {
        if (i)
            buf_puts(&b, ", ");
        name_print(&b, schema->columns[i].name, true);
        buf_putc(&b, ' ');
        type_print(&b, schema->columns[i].type);
        if (schema->columns[i].role == ROLE_KEY && head->kind == RESULT_ROWS)
            buf_puts(&b, " KEY");
    }
    c->head = *head;
    c->header = arena_str(c->arena, buf_str(&b));
    buf_fini(&b);
    return c->feeds ? world_feed(c->feeds, err) : 0;
}

static void add_row(Collector *c, Str row, bool tombstone)
{
    if (c->count == c->cap) {
        int cap = c->cap ? 2 * c->cap : 64;
        Str *rows = ARENA_ARRAY(c->arena, Str, cap);
        bool *dead = ARENA_ARRAY(c->arena, bool, cap);
        if (c->count) {
            memcpy(rows, c->rows, (size_t)c->count * sizeof *rows);
            memcpy(dead, c->tombstone, (size_t)c->count * sizeof *dead);
        }
        c->rows = rows;
        c->tombstone = dead;
        c->cap = cap;
    }
    c->tombstone[c->count] = tombstone;
    c->rows[c->count++] = arena_str(c->arena, row);
}

static Rc collect_rows(ResultSink *s, const Batch *b, Err *err)
{
    Collector *c = (Collector *)s;
    (void)err;
    Buf out;
    buf_init(&out);
    for (int row = 0; row < b->rows; row++) {
        bool gone = b->new_state[row] != SIDE_ROW;
        buf_reset(&out);
        buf_putc(&out, '[');
        for (int i = 0; i < b->schema->count; i++) {
            Value v = value_null(b->schema->columns[i].type);
            if (!gone || b->schema->columns[i].role == ROLE_KEY)
                v = column_value(&b->cols[i], row, c->arena);
            if (i)
                buf_putc(&out, ',');
            put_json(&out, &v);
        }
        buf_putc(&out, ']');
        add_row(c, buf_str(&out), gone && c->head.is_table);
    }
    buf_fini(&out);
    return 0;
}

static Rc collect_end(ResultSink *s, const char *final, Err *err)
{
    (void)err;
    ((Collector *)s)->final = final;
    return 0;
}

static void collect_note(ResultSink *s, const char *text)
{
    (void)s, (void)text;
}

/* ---- comparing ----------------------------------------------------------------------------- */

typedef struct WantedRows {
    const JsonToken *columns[10000];
    bool tombstone[10000];
    int count;
    const JsonToken *schema, *final;
} WantedRows;

static void read_wanted(const TestCase *c, const JsonToken *list, WantedRows *w)
{
    *w = (WantedRows){0};
    const JsonToken *t = list + 1;
    for (uint32_t i = 0; i < list->count; i++, t = json_next(c->file->root, t)) {
        const JsonToken *header = json_member(t, "header"), *row = json_member(t, "row");
        if (header)
            w->schema = json_member(header, "schema");
        if (json_member(t, "finalMessage"))
            w->final = json_member(t, "finalMessage");
        if (row && w->count < 10000) {
            w->tombstone[w->count] = json_is(json_member(row, "tombstone"), JSON_TRUE);
            w->columns[w->count++] = json_member(row, "columns");
        }
    }
}

static bool row_matches(const TestCase *c, Str actual, const JsonToken *expected, Arena *a)
{
    JsonParser *p = json_new();
    const JsonToken *t;
    uint32_t n;
    Err ignored = ERR_INIT;
    char *bytes = arena_alloc(a, actual.len + JSON_SLACK_BYTES);
    memcpy(bytes, actual.ptr, actual.len);
    bool same = json_parse(p, str_make(bytes, actual.len), &t, &n, &ignored) == 0 &&
                json_matches(t, t, expected, c->file->root, true);
    json_free(p);
    return same;
}

/* Every expected row is found once among the actual ones. */
static Rc compare_rows(CaseWorld *w, const Collector *got, const WantedRows *want, Err *err)
{
    if (got->count != want->count)
        return err_set(err, ERR_KIND_USER, ERR_GENERIC, "%d rows, expected %d", got->count,
                       want->count);
    bool *used = ARENA_ARRAY(&w->arena, bool, got->count);
    for (int i = 0; i < want->count; i++) {
        int k = 0;
        while (k < got->count && (used[k] || got->tombstone[k] != want->tombstone[i] ||
                                  !row_matches(w->test, got->rows[k], want->columns[i], &w->arena)))
            k++;
        if (k == got->count)
            return err_set(err, ERR_KIND_USER, ERR_GENERIC, "no row is %.*s; first is %.*s",
                           STR_ARG(want->columns[i]->text),
                           STR_ARG(got->count ? got->rows[0] : STR_LIT("-")));
        used[k] = true;
    }
    return 0;
}

static Rc compare_response(CaseWorld *w, const Collector *got, const JsonToken *list, Err *err)
{
    WantedRows *want = malloc(sizeof *want);
    read_wanted(w->test, list, want);
    Rc rc = 0;
    if (json_is(want->schema, JSON_STRING) && !str_eq(want->schema->text, got->header))
        rc = err_set(err, ERR_KIND_USER, ERR_GENERIC, "schema is %.*s, expected %.*s",
                     STR_ARG(got->header), STR_ARG(want->schema->text));
    if (!rc)
        rc = compare_rows(w, got, want, err);
    if (!rc && json_is(want->final, JSON_STRING) &&
        (!got->final || !str_eq(want->final->text, str_of(got->final))))
        rc = err_set(err, ERR_KIND_USER, ERR_GENERIC, "final message is %s, expected %.*s",
                     got->final ? got->final : "missing", STR_ARG(want->final->text));
    free(want);
    return rc;
}

/* ---- running ------------------------------------------------------------------------------- */

/* The response a statement is to give, by kind; admin entities come first. */
static const JsonToken *response_at(const TestCase *c, int at)
{
    const JsonToken *list = c->responses;
    if (!json_is(list, JSON_ARRAY) || at >= (int)list->count)
        return NULL;
    const JsonToken *t = list + 1;
    for (int i = 0; i < at; i++)
        t = json_next(c->file->root, t);
    return t;
}

static bool gives_entity(const SqlStatement *s)
{
    return s->kind != STMT_INSERT_VALUES && s->kind != STMT_SET && s->kind != STMT_UNSET;
}

static Rc run_select(CaseWorld *w, const SqlStatement *s, const JsonToken *response, Err *err)
{
    Collector c = {.sink = {collect_begin, collect_rows, collect_end, collect_note},
                   .arena = &w->arena,
                   .feeds = w->test->wait_for_push ? w : NULL};
    Rc rc = session_run(w->session, s, &c.sink, err);
    const JsonToken *list = json_member(response, "query");
    if (!rc && json_is(list, JSON_ARRAY))
        rc = compare_response(w, &c, list, err);
    return rc;
}

static bool is_select(const SqlStatement *s)
{
    return s->kind == STMT_QUERY;
}

static Rc run_admin(CaseWorld *w, const SqlScript *script, int *at, int *response, Err *err)
{
    Rc rc = 0;
    for (; *at < script->count && !is_select(script->statements[*at]) && !rc; ++*at) {
        rc = session_run(w->session, script->statements[*at], &null_sink, err);
        *response += !rc && gives_entity(script->statements[*at]);
    }
    if (!rc && !w->test->wait_for_push)
        rc = world_feed(w, err);
    if (!rc)
        rc = world_pump(w, err);
    return rc;
}

static Rc check_topic_rows(CaseWorld *w, Err *err)
{
    return w->test->outputs ? world_check_outputs(w, err) : 0;
}

static void check_rows_error(CaseWorld *w, const Err *err, CaseResult *out)
{
    const JsonToken *message = json_member(w->test->expected_error, "message");
    if (verdict_skips(out, err))
        return;
    if (json_is(message, JSON_STRING) &&
        !memmem(err->text, strlen(err->text), message->text.ptr, message->text.len))
        verdict_set(out, VERDICT_FAIL, "error raised, message differs: %s", err->text);
    else
        verdict_pass(out);
}

void run_rows_case(CaseWorld *w, CaseResult *out)
{
    const TestCase *c = w->test;
    SqlScript script = {0};
    Err err = ERR_INIT;
    int at = 0, response = 0;
    Rc rc = sql_parse(&w->arena, c->text, false, &script, &err);
    if (!rc)
        rc = run_admin(w, &script, &at, &response, &err);
    for (; at < script.count && !rc; at++)
        rc = run_select(w, script.statements[at], response_at(c, response++), &err);
    if (c->expected_error) {
        if (rc)
            check_rows_error(w, &err, out);
        else
            verdict_set(out, VERDICT_FAIL, "an error was expected, none came");
        return;
    }
    if (!rc)
        rc = check_topic_rows(w, &err);
    if (rc)
        verdict_error(out, "query", &err);
    else
        verdict_pass(out);
}
