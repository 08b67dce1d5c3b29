/* func_json.c: functions on JSON text, and any value as JSON text (functions.md 2.5, 4.10).
 *
 * One value is read from the beginning of a text, what stands behind it is not looked at. Output is
 * compact, members in document order, numbers as they were written. Paths of EXTRACTJSONFIELD are
 * in func_json_path.c. */
#include "func/func_json.h"
#include "base/json.h"
#include "base/utf8.h"

/* ---- writing --------------------------------------------------------------------------------- */

void json_put_string(Buf *out, Str s)
{
    static const char letters[] = "btnfr", controls[] = "\b\t\n\f\r";
    buf_putc(out, '"');
    for (uint32_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        const char *known = c ? strchr(controls, c) : NULL;
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (known)
            buf_printf(out, "\\%c", letters[known - controls]);
        else if ((unsigned char)c < 0x20)
            buf_printf(out, "\\u%04X", (unsigned char)c);
        else
            buf_putc(out, c);
    }
    buf_putc(out, '"');
}

void json_put_compact(Buf *out, const JsonToken *root, const JsonToken *t)
{
    if (t->kind == JSON_STRING) {
        json_put_string(out, t->text);
        return;
    }
    if (t->kind != JSON_ARRAY && t->kind != JSON_OBJECT) {
        buf_put_str(out, t->text);
        return;
    }
    bool object = t->kind == JSON_OBJECT;
    buf_putc(out, object ? '{' : '[');
    const JsonToken *item = t + 1;
    for (uint32_t i = 0; i < t->count; i++) {
        if (i)
            buf_putc(out, ',');
        if (object) {
            json_put_string(out, item->text);
            buf_putc(out, ':');
            item++;
        }
        json_put_compact(out, root, item);
        item = root + item->next;
    }
    buf_putc(out, object ? '}' : ']');
}

/* ---- reading --------------------------------------------------------------------------------- */

void json_text_open(JsonText *j)
{
    j->parser = json_new();
    buf_init(&j->copy);
}

void json_text_close(JsonText *j)
{
    json_free(j->parser);
    buf_fini(&j->copy);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Behind the string that begins at s[at]. */
static uint32_t string_end(Str s, uint32_t at)
{
    for (at++; at < s.len && s.ptr[at] != '"'; at++)
        at += s.ptr[at] == '\\';
    return at < s.len ? at + 1 : s.len;
}

/* How much of the text is its first value; the parser says whether it is one. */
static uint32_t first_value(Str s)
{
    uint32_t at = 0, depth = 0;
    while (at < s.len && is_blank(s.ptr[at]))
        at++;
    while (at < s.len) {
        char c = s.ptr[at];
        if (c == '"') {
            at = string_end(s, at);
        } else if (c == '{' || c == '[') {
            depth++;
            at++;
        } else if (c == '}' || c == ']') {
            if (depth)
                at++;
            depth -= depth > 0;
        } else if (depth == 0) { /* a number or a word */
            while (at < s.len && !is_blank(s.ptr[at]) && !strchr(",:]}[{\"", s.ptr[at]))
                at++;
        } else {
            at++;
            continue;
        }
        if (depth == 0)
            return at;
    }
    return at;
}

bool json_text_parse(JsonText *j, Str s)
{
    Err ignored = ERR_INIT;
    uint32_t n = first_value(s), count;
    buf_reset(&j->copy);
    char *at = buf_reserve(&j->copy, n + JSON_SLACK_BYTES);
    memcpy(at, s.ptr, n);
    memset(at + n, 0, JSON_SLACK_BYTES);
    return n > 0 && json_parse(j->parser, str_make(at, n), &j->root, &count, &ignored) == 0;
}

/* ---- IS_JSON_STRING, JSON_ARRAY_LENGTH, JSON_ARRAY_CONTAINS ---------------------------------- */

static void is_json(FuncCall *c)
{
    JsonText j;
    json_text_open(&j);
    for (int i = 0; i < c->rows; i++)
        if (c->out->valid[i])
            c->out->b[i] = c->args[0].valid[i] && json_text_parse(&j, c->args[0].str[i]);
    json_text_close(&j);
}

static void array_length(FuncCall *c)
{
    JsonText j;
    json_text_open(&j);
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        Str s = c->args[0].str[i];
        if (s.len && !json_text_parse(&j, s)) {
            func_fail(c, i);
            continue;
        }
        c->out->valid[i] = s.len && j.root->kind == JSON_ARRAY;
        if (c->out->valid[i])
            c->out->i32[i] = (int32_t)j.root->count;
    }
    json_text_close(&j);
}

enum { NOT_THIS, THIS_ONE, GIVE_UP };

/* Whole numbers equal whole numbers alone, doubles what has a point or an exponent. A whole number
 * that the needle's type cannot hold ends the search. */
static int is_needle(const JsonToken *t, const Column *needle, int row)
{
    bool whole = t->kind == JSON_INT ||
                 (t->kind == JSON_NUMBER && !memchr(t->text.ptr, '.', t->text.len) &&
                  !memchr(t->text.ptr, 'e', t->text.len) && !memchr(t->text.ptr, 'E', t->text.len));
    if (!needle->valid[row])
        return t->kind == JSON_NULL;
    switch (needle->type->kind) {
    case TYPE_INTEGER:
        if (whole && (t->kind != JSON_INT || t->i64 < INT32_MIN || t->i64 > INT32_MAX))
            return GIVE_UP;
        return whole && t->i64 == needle->i32[row];
    case TYPE_BIGINT:
        if (whole && t->kind != JSON_INT)
            return GIVE_UP;
        return whole && t->i64 == needle->i64[row];
    case TYPE_DOUBLE:
        return t->kind == JSON_NUMBER && !whole && t->f64 == needle->f64[row];
    case TYPE_STRING:
        return t->kind == JSON_STRING && str_eq(t->text, needle->str[row]);
    case TYPE_BOOLEAN:
        return t->kind == (needle->b[row] ? JSON_TRUE : JSON_FALSE);
    default:
        return NOT_THIS;
    }
}

static bool array_has(const JsonToken *root, const Column *needle, int row)
{
    const JsonToken *item = root + 1;
    if (root->kind != JSON_ARRAY)
        return false;
    for (uint32_t i = 0; i < root->count; i++, item = root + item->next) {
        int found = is_needle(item, needle, row);
        if (found != NOT_THIS)
            return found == THIS_ONE;
    }
    return false;
}

static void array_contains(FuncCall *c)
{
    JsonText j;
    json_text_open(&j);
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        if (c->args[0].valid[i])
            c->out->b[i] =
                json_text_parse(&j, c->args[0].str[i]) && array_has(j.root, &c->args[1], i);
        else
            func_fail(c, i);
    }
    json_text_close(&j);
}

/* ---- JSON_CONCAT ----------------------------------------------------------------------------- */

typedef struct Member {
    Str name, value; /* value: compact text */
} Member;

typedef struct Concat {
    Arena a;
    Member *members; /* where all are objects */
    int count, cap;
    Buf array; /* and where not */
    bool objects;
} Concat;

static Str keep_compact(Concat *k, const JsonToken *root, const JsonToken *t)
{
    Buf b;
    buf_init(&b);
    json_put_compact(&b, root, t);
    Str copy = arena_str(&k->a, buf_str(&b));
    buf_fini(&b);
    return copy;
}

/* A later value takes the place of an earlier one of that name. */
static void put_member(Concat *k, Str name, Str value)
{
    for (int i = 0; i < k->count; i++) {
        if (str_eq(k->members[i].name, name)) {
            k->members[i].value = value;
            return;
        }
    }
    if (k->count == k->cap) {
        int cap = k->cap ? 2 * k->cap : 16;
        Member *more = ARENA_ARRAY(&k->a, Member, cap);
        if (k->count)
            memcpy(more, k->members, sizeof *more * (size_t)k->count);
        k->members = more;
        k->cap = cap;
    }
    k->members[k->count++] = (Member){arena_str(&k->a, name), value};
}

/* Elements of an array, or the value as the only one. */
static void put_elements(Concat *k, const JsonToken *root)
{
    const JsonToken *item = root + 1;
    uint32_t n = root->kind == JSON_ARRAY ? root->count : 1;
    if (root->kind != JSON_ARRAY)
        item = root;
    for (uint32_t i = 0; i < n; i++, item = root + item->next) {
        if (k->array.len)
            buf_putc(&k->array, ',');
        json_put_compact(&k->array, root, item);
    }
}

static void concat_add(Concat *k, const JsonToken *root)
{
    const JsonToken *item = root + 1;
    put_elements(k, root);
    k->objects = k->objects && root->kind == JSON_OBJECT;
    for (uint32_t i = 0; k->objects && i < root->count; i++, item = root + (item + 1)->next)
        put_member(k, item->text, keep_compact(k, root, item + 1));
}

static void concat_text(const Concat *k, Buf *out)
{
    buf_putc(out, k->objects ? '{' : '[');
    for (int i = 0; k->objects && i < k->count; i++) {
        if (i)
            buf_putc(out, ',');
        json_put_string(out, k->members[i].name);
        buf_putc(out, ':');
        buf_put_str(out, k->members[i].value);
    }
    if (!k->objects)
        buf_put_str(out, buf_str(&k->array));
    buf_putc(out, k->objects ? '}' : ']');
}

static void concat_row(FuncCall *c, Concat *k, JsonText *j, int row, FuncText *t, Buf *out)
{
    k->count = k->cap = 0;
    k->objects = true;
    buf_reset(&k->array);
    buf_reset(out);
    for (int i = 0; i < c->arg_count; i++) {
        if (!c->args[i].valid[row] || c->args[i].str[row].len == 0) {
            c->out->valid[row] = 0;
            return;
        }
    }
    for (int i = 0; i < c->arg_count; i++) {
        if (!json_text_parse(j, c->args[i].str[row])) {
            func_fail(c, row);
            return;
        }
        concat_add(k, j->root);
    }
    concat_text(k, out);
    if (out->len > LIMIT_STRING_BYTES)
        func_fail(c, row);
    else
        c->out->str[row] = func_text_put(t, buf_str(out));
}

static void concat(FuncCall *c)
{
    FuncText t = func_text(c);
    JsonText j;
    Concat k = {.members = NULL};
    Buf out;
    arena_init(&k.a, 0);
    buf_init(&k.array);
    buf_init(&out);
    json_text_open(&j);
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        concat_row(c, &k, &j, i, &t, &out);
        arena_reset(&k.a);
    }
    json_text_close(&j);
    buf_fini(&out);
    buf_fini(&k.array);
    arena_fini(&k.a);
}

/* ---- TO_JSON_STRING -------------------------------------------------------------------------- */

static void put_value(Buf *out, const Value *v);

/* Which of the names not yet written comes next, in the order of texts. */
static int next_name(const Value *v, const bool *done)
{
    bool map = v->type->kind == TYPE_MAP;
    int best = -1;
    Str best_name = STR_NULL;
    for (int i = 0; i < (int)v->list.count; i++) {
        Str name = map ? v->list.items[2 * i].str : v->type->fields[i].name;
        if (done[i] || (best >= 0 && utf8_cmp_utf16(name, best_name) >= 0))
            continue;
        best = i;
        best_name = name;
    }
    return best;
}

static void put_object(Buf *out, const Value *v)
{
    bool map = v->type->kind == TYPE_MAP;
    Arena a;
    arena_init(&a, 0);
    bool *done = ARENA_ARRAY(&a, bool, v->list.count + 1);
    buf_putc(out, '{');
    for (uint32_t n = 0; n < v->list.count; n++) {
        int i = next_name(v, done);
        done[i] = true;
        if (n)
            buf_putc(out, ',');
        json_put_string(out, map ? v->list.items[2 * i].str : v->type->fields[i].name);
        buf_putc(out, ':');
        put_value(out, &v->list.items[map ? 2 * i + 1 : i]);
    }
    buf_putc(out, '}');
    arena_fini(&a);
}

static void put_array(Buf *out, const Value *v)
{
    buf_putc(out, '[');
    for (uint32_t i = 0; i < v->list.count; i++) {
        if (i)
            buf_putc(out, ',');
        put_value(out, &v->list.items[i]);
    }
    buf_putc(out, ']');
}

static void put_as_text(Buf *out, const Value *v)
{
    Buf text;
    buf_init(&text);
    if (v->type->kind == TYPE_BYTES)
        text_put_base64(&text, v->str);
    else
        value_print(&text, v);
    json_put_string(out, buf_str(&text));
    buf_fini(&text);
}

static void put_value(Buf *out, const Value *v)
{
    if (v->is_null) {
        buf_puts(out, "null");
        return;
    }
    if (v->type->kind == TYPE_MAP && v->type->key->kind != TYPE_STRING) {
        put_as_text(out, v); /* JSON has no such maps */
        return;
    }
    switch (v->type->kind) {
    case TYPE_ARRAY:
        put_array(out, v);
        break;
    case TYPE_MAP:
    case TYPE_STRUCT:
        put_object(out, v);
        break;
    case TYPE_STRING:
        json_put_string(out, v->str);
        break;
    case TYPE_BOOLEAN:
    case TYPE_INTEGER:
    case TYPE_BIGINT:
    case TYPE_DECIMAL:
        value_print(out, v);
        break;
    case TYPE_DOUBLE:
        if (__builtin_isfinite(v->f64))
            value_print(out, v);
        else
            put_as_text(out, v);
        break;
    default:
        put_as_text(out, v);
    }
}

static void to_json(FuncCall *c)
{
    FuncText t = func_text(c);
    Buf out;
    buf_init(&out);
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        Value v = value_null(c->args[0].type);
        if (c->args[0].valid[i])
            v = column_value(&c->args[0], i, c->arena);
        buf_reset(&out);
        put_value(&out, &v);
        if (out.len > LIMIT_STRING_BYTES)
            func_fail(c, i);
        else
            c->out->str[i] = func_text_put(&t, buf_str(&out));
    }
    buf_fini(&out);
}

/* ---- table ----------------------------------------------------------------------------------- */

static const FuncOverload extract_list[] = {
    {"(STRING json, STRING path) STRING", json_extract, NULL, NULL},
};
static const FuncOverload is_json_list[] = {{"(STRING text) BOOLEAN", is_json, NULL, NULL}};
static const FuncOverload length_list[] = {{"(STRING json) INTEGER", array_length, NULL, NULL}};
static const FuncOverload contains_list[] = {
    {"(STRING json, T value) BOOLEAN", array_contains, NULL, NULL},
};
static const FuncOverload concat_list[] = {{"(STRING... jsons) STRING", concat, NULL, NULL}};
static const FuncOverload to_json_list[] = {{"(T value) STRING", to_json, NULL, NULL}};

static const FuncRow rows[] = {
    {.name = "extractjsonfield",
     .category = "JSON",
     OVERLOADS(extract_list),
     .help = "The text of the value at a path in JSON: '$.name', '$.list[0]', '$[\"odd name\"]'.",
     .example = "EXTRACTJSONFIELD('{\"a\": [1, 2]}', '$.a[1]')",
     .result = "2"},
    {.name = "IS_JSON_STRING",
     .category = "JSON",
     .null_args = true,
     OVERLOADS(is_json_list),
     .help = "Whether the text is JSON; never NULL.",
     .example = "IS_JSON_STRING('[1, 2')",
     .result = "false"},
    {.name = "JSON_ARRAY_LENGTH",
     .category = "JSON",
     OVERLOADS(length_list),
     .help = "How many elements the JSON array has.",
     .example = "JSON_ARRAY_LENGTH('[1, [2, 3]]')",
     .result = "2"},
    {.name = "JSON_ARRAY_CONTAINS",
     .category = "JSON",
     .null_args = true,
     OVERLOADS(contains_list),
     .help = "Whether the JSON array has the value among its elements.",
     .example = "JSON_ARRAY_CONTAINS('[\"reed\", 7]', 7)",
     .result = "true"},
    {.name = "JSON_CONCAT",
     .category = "JSON",
     .null_args = true,
     OVERLOADS(concat_list),
     .help = "Objects merged into one, or all values as one array.",
     .example = "JSON_CONCAT('{\"a\": 1}', '{\"b\": 2}')",
     .result = "{\"a\":1,\"b\":2}"},
    {.name = "TO_JSON_STRING",
     .category = "JSON",
     .null_args = true,
     OVERLOADS(to_json_list),
     .help = "Any value as JSON text.",
     .example = "TO_JSON_STRING('say \"ox\"')",
     .result = "\"say \\\"ox\\\"\""},
};

const FuncFamily family_json = FAMILY_OF(rows);
