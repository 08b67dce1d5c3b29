/* case.c: reading files of test cases and expanding them. See case.h. */
#include "test/case.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILE_BYTES_MAX = 64 << 20 };

/* Comments, outside strings, become blanks. */
static void blank_comments(char *p, size_t n)
{
    bool in_string = false;
    for (size_t i = 0; i < n; i++) {
        if (in_string) {
            if (p[i] == '\\')
                i++;
            else if (p[i] == '"')
                in_string = false;
        } else if (p[i] == '"') {
            in_string = true;
        } else if (p[i] == '/' && i + 1 < n && p[i + 1] == '/') {
            while (i < n && p[i] != '\n')
                p[i++] = ' ';
        } else if (p[i] == '/' && i + 1 < n && p[i + 1] == '*') {
            while (i + 1 < n && !(p[i] == '*' && p[i + 1] == '/'))
                p[i++] = ' ';
            p[i] = ' ';
            if (i + 1 < n)
                p[i + 1] = ' ';
        }
    }
}

static Rc read_file(CaseFile *f, char **bytes, size_t *count, Err *err)
{
    FILE *in = fopen(f->path, "rb");
    if (!in)
        return err_set(err, ERR_KIND_USER, ERR_USAGE, "cannot read %s: %s", f->path,
                       strerror(errno));
    fseek(in, 0, SEEK_END);
    long n = ftell(in);
    rewind(in);
    Rc rc = 0;
    if (n < 0 || n > FILE_BYTES_MAX) {
        rc = err_set(err, ERR_KIND_USER, ERR_LIMIT, "%s is too large for a test file", f->path);
    } else {
        *bytes = arena_alloc(&f->arena, (size_t)n + JSON_SLACK_BYTES);
        *count = fread(*bytes, 1, (size_t)n, in);
    }
    fclose(in);
    return rc;
}

Rc case_load(CaseFile *f, const char *path, Err *err)
{
    char *bytes = NULL;
    size_t n = 0;
    uint32_t count;
    const char *slash = strrchr(path, '/');
    *f = (CaseFile){.path = path};
    f->name = str_of(slash ? slash + 1 : path);
    if (f->name.len > 5)
        f->name.len -= 5;
    arena_init(&f->arena, 0);
    f->parser = json_new();
    Rc rc = read_file(f, &bytes, &n, err);
    if (!rc) {
        blank_comments(bytes, n);
        rc = json_parse(f->parser, str_make(bytes, n), &f->root, &count, err);
    }
    if (!rc && (!json_is(json_member(f->root, "tests"), JSON_ARRAY) ||
                json_member(f->root, "tests")->count == 0))
        rc = err_set(err, ERR_KIND_USER, ERR_DECODE, "it has no \"tests\"");
    if (rc)
        err_prefix(err, "%s: ", path);
    return rc;
}

void case_unload(CaseFile *f)
{
    json_free(f->parser);
    arena_fini(&f->arena);
}

/* ---- tokens -------------------------------------------------------------------------------- */

/* `next` counts from the root of the text; a member's value tells how far to go. */
const JsonToken *json_member_str(const JsonToken *object, Str name)
{
    const JsonToken *found = NULL;
    if (!json_is(object, JSON_OBJECT))
        return NULL;
    const JsonToken *at = object + 1;
    for (uint32_t i = 0; i < object->count; i++) {
        if (str_eq(at->text, name))
            found = at + 1;
        at += (at + 1)->next - at->next + 1;
    }
    return found;
}

const JsonToken *json_member(const JsonToken *object, const char *name)
{
    return json_member_str(object, str_of(name));
}

Str json_text_or(const JsonToken *t, const char *otherwise)
{
    return json_is(t, JSON_STRING) ? t->text : str_of(otherwise);
}

/* ---- expansion ----------------------------------------------------------------------------- */

static Str replace_all(Arena *a, Str s, Str from, Str to)
{
    Buf b;
    buf_init(&b);
    for (uint32_t i = 0; i < s.len;) {
        if (i + from.len <= s.len && memcmp(s.ptr + i, from.ptr, from.len) == 0) {
            buf_put_str(&b, to);
            i += from.len;
        } else {
            buf_putc(&b, s.ptr[i++]);
        }
    }
    Str out = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return out;
}

static void take_statements(CaseFile *f, const JsonToken *list, Str format, TestCase *c)
{
    Buf all;
    buf_init(&all);
    c->statements = ARENA_ARRAY(&f->arena, Str, list->count);
    const JsonToken *t = list + 1;
    for (uint32_t i = 0; i < list->count; i++, t = json_next(f->root, t)) {
        Str s = t->text;
        if (format.ptr)
            s = replace_all(&f->arena, s, STR_LIT("{FORMAT}"), format);
        c->statements[c->statement_count++] = s;
        if (i)
            buf_putc(&all, '\n');
        buf_put_str(&all, s);
    }
    c->text = arena_str(&f->arena, buf_str(&all));
    buf_fini(&all);
}

/* Which property says {CONFIG}. */
static Str config_property(const CaseFile *f, const JsonToken *properties)
{
    if (!json_is(properties, JSON_OBJECT))
        return STR_LIT("");
    const JsonToken *t = properties + 1;
    for (uint32_t i = 0; i < properties->count; i++, t = json_next(f->root, t + 1))
        if (t[1].kind == JSON_STRING && str_eq_nocase(t[1].text, STR_LIT("{CONFIG}")))
            return t->text;
    return STR_LIT("");
}

static void make_case(CaseFile *f, const JsonToken *t, Str format, const JsonToken *config,
                      TestCase *c)
{
    *c = (TestCase){.file = f};
    c->inputs = json_member(t, "inputs");
    c->outputs = json_member(t, "outputs");
    c->topics = json_member(t, "topics");
    c->properties = json_member(t, "properties");
    c->expected = json_member(t, "expectedException");
    c->post = json_member(t, "post");
    c->responses = json_member(t, "responses");
    c->expected_error = json_member(t, "expectedError");
    const JsonToken *conditions = json_member(t, "inputConditions");
    c->query_suite = c->responses || c->expected_error || conditions;
    c->wait_for_push = json_is(json_member(conditions, "waitForActivePushQuery"), JSON_TRUE);
    Buf id;
    buf_init(&id);
    Str name = json_text_or(json_member(t, "name"), "?");
    buf_printf(&id, "%.*s - %.*s", STR_ARG(f->name), STR_ARG(name));
    if (format.ptr)
        buf_printf(&id, " - %.*s", STR_ARG(format));
    if (config) {
        Str property = config_property(f, c->properties);
        c->config = config->text;
        buf_printf(&id, " - %.*s=%.*s", STR_ARG(property), STR_ARG(config->text));
    }
    c->id = arena_str(&f->arena, buf_str(&id));
    buf_fini(&id);
    const JsonToken *statements = json_member(t, "statements");
    if (json_is(statements, JSON_ARRAY))
        take_statements(f, statements, format, c);
}

static void expand(CaseFile *f, const JsonToken *t, void (*each)(void *ctx, const TestCase *c),
                   void *ctx)
{
    const JsonToken *formats = json_member(t, "format"), *configs = json_member(t, "config");
    uint32_t format_count = json_is(formats, JSON_ARRAY) ? formats->count : 0;
    uint32_t config_count = json_is(configs, JSON_ARRAY) ? configs->count : 0;
    const JsonToken *format = format_count ? formats + 1 : NULL;
    for (uint32_t i = 0; i < (format_count ? format_count : 1); i++) {
        const JsonToken *config = config_count ? configs + 1 : NULL;
        for (uint32_t k = 0; k < (config_count ? config_count : 1); k++) {
            TestCase c;
            make_case(f, t, format ? format->text : STR_NULL, config, &c);
            each(ctx, &c);
            if (config)
                config = json_next(f->root, config);
        }
        if (format)
            format = json_next(f->root, format);
    }
}

void case_each(CaseFile *f, void (*each)(void *ctx, const TestCase *c), void *ctx)
{
    const JsonToken *tests = json_member(f->root, "tests");
    const JsonToken *t = tests + 1;
    for (uint32_t i = 0; i < tests->count; i++, t = json_next(f->root, t))
        if (!json_is(json_member(t, "enabled"), JSON_FALSE))
            expand(f, t, each, ctx);
}
