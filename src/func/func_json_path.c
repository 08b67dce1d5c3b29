/* func_json_path.c: EXTRACTJSONFIELD: paths into JSON text (functions.md 4.10).
 *
 *   $  .name  [name]  [0]  ["any text"]
 *
 * Names are letters, digits and _, behind a dot also : and @. A path that is none is an error for
 * every row; a path that leads nowhere gives NULL. */
#include "base/utf8.h"
#include "func/func_json.h"

typedef struct Path {
    Str text;
    uint32_t at;
    Buf name; /* of a quoted step, unescaped */
} Path;

/* ---- one step -------------------------------------------------------------------------------- */

static bool is_name_byte(char c, const char *more)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (c & 0x80) || (c && strchr(more, c));
}

static bool take_bare(Path *p, const char *more, Str *step)
{
    uint32_t from = p->at;
    while (p->at < p->text.len && is_name_byte(p->text.ptr[p->at], more))
        p->at++;
    *step = str_make(p->text.ptr + from, p->at - from);
    return step->len > 0;
}

/* Behind the quote; only the quote and the backslash can be escaped. */
static bool take_quoted(Path *p, Str *step)
{
    buf_reset(&p->name);
    for (; p->at < p->text.len; p->at++) {
        char c = p->text.ptr[p->at];
        if (c == '"') {
            p->at++;
            *step = buf_str(&p->name);
            return true;
        }
        if (c == '\\') {
            if (++p->at == p->text.len || (p->text.ptr[p->at] != '"' && p->text.ptr[p->at] != '\\'))
                return false;
            c = p->text.ptr[p->at];
        }
        buf_putc(&p->name, c);
    }
    return false;
}

static bool take_bracket(Path *p, Str *step)
{
    bool quoted = p->at < p->text.len && p->text.ptr[p->at] == '"', ok;
    p->at += quoted;
    ok = quoted ? take_quoted(p, step) : take_bare(p, "", step);
    if (!ok || p->at == p->text.len || p->text.ptr[p->at] != ']')
        return false;
    p->at++;
    return true;
}

static bool take_step(Path *p, Str *step)
{
    char c = p->text.ptr[p->at++];
    if (c == '.')
        return take_bare(p, ":@", step);
    return c == '[' && take_bracket(p, step);
}

static bool path_begin(Path *p, Str text)
{
    p->text = text;
    p->at = 1;
    return text.len && text.ptr[0] == '$';
}

static bool path_is_good(Path *p, Str text)
{
    Str step;
    if (!path_begin(p, text))
        return false;
    while (p->at < text.len)
        if (!take_step(p, &step))
            return false;
    return true;
}

/* ---- following ------------------------------------------------------------------------------- */

static const JsonToken *member(const JsonToken *root, const JsonToken *t, Str name)
{
    const JsonToken *found = NULL, *at = t + 1;
    for (uint32_t i = 0; i < t->count; i++, at = root + (at + 1)->next)
        if (str_eq(at->text, name))
            found = at + 1; /* the last one of a name counts */
    return found;
}

static const JsonToken *element(const JsonToken *root, const JsonToken *t, Str step)
{
    int64_t index;
    const JsonToken *at = t + 1;
    if (!text_take_i64(step, &index) || index < 0 || index >= (int64_t)t->count)
        return NULL;
    for (int64_t i = 0; i < index; i++)
        at = root + at->next;
    return at;
}

static const JsonToken *follow(Path *p, const JsonToken *root)
{
    const JsonToken *t = root;
    Str step;
    while (t && p->at < p->text.len) {
        if (!take_step(p, &step))
            return NULL;
        t = t->kind == JSON_OBJECT  ? member(root, t, step)
            : t->kind == JSON_ARRAY ? element(root, t, step)
                                    : NULL;
    }
    return t;
}

static void extract_row(FuncCall *c, JsonText *j, Path *p, int row, FuncText *t, Buf *out)
{
    Str json = c->args[0].str[row], path = c->args[1].str[row];
    if (!path_is_good(p, path)) {
        func_fail(c, row);
        return;
    }
    if (json.len == 0) {
        c->out->valid[row] = 0;
        return;
    }
    if (!json_text_parse(j, json)) {
        func_fail(c, row);
        return;
    }
    path_begin(p, path);
    const JsonToken *found = follow(p, j->root);
    c->out->valid[row] = found != NULL;
    if (!found)
        return;
    buf_reset(out);
    if (found->kind != JSON_STRING)
        json_put_compact(out, j->root, found);
    c->out->str[row] = func_text_put(t, found->kind == JSON_STRING ? found->text : buf_str(out));
}

void json_extract(FuncCall *c)
{
    FuncText t = func_text(c);
    JsonText j;
    Path p = {.at = 0};
    Buf out;
    json_text_open(&j);
    buf_init(&p.name);
    buf_init(&out);
    for (int i = 0; i < c->rows; i++)
        if (c->out->valid[i])
            extract_row(c, &j, &p, i, &t, &out);
    buf_fini(&out);
    buf_fini(&p.name);
    json_text_close(&j);
}
