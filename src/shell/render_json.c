/* render_json.c: one JSON object a line. Rows of a changelog have a first field `op`. */
#include "shell/render_int.h"

#include <math.h>
#include <stdio.h>

static void put_string(Buf *out, Str s)
{
    buf_putc(out, '"');
    for (uint32_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c == '\n')
            buf_puts(out, "\\n");
        else if (c < 0x20 || c == 0x7f)
            buf_printf(out, "\\u%04x", c);
        else
            buf_putc(out, (char)c);
    }
    buf_putc(out, '"');
}

static void put_value(Buf *out, const Value *v);

static void put_list(Buf *out, const Value *v)
{
    bool map = v->type->kind == TYPE_MAP, object = v->type->kind != TYPE_ARRAY;
    buf_putc(out, object ? '{' : '[');
    for (uint32_t i = 0; i < v->list.count; i++) {
        if (i)
            buf_putc(out, ',');
        if (map)
            put_string(out, v->list.items[2 * i].str);
        else if (object)
            put_string(out, v->type->fields[i].name);
        if (object)
            buf_putc(out, ':');
        put_value(out, &v->list.items[map ? 2 * i + 1 : i]);
    }
    buf_putc(out, object ? '}' : ']');
}

/* Text that value_print gives, as a JSON string: times, bytes, numbers that JSON lacks. */
static void put_as_text(Buf *out, const Value *v)
{
    Buf text;
    buf_init(&text);
    value_print(&text, v);
    put_string(out, buf_str(&text));
    buf_fini(&text);
}

static void put_value(Buf *out, const Value *v)
{
    if (v->is_null) {
        buf_puts(out, "null");
        return;
    }
    switch (v->type->kind) {
    case TYPE_BOOLEAN:
    case TYPE_INTEGER:
    case TYPE_BIGINT:
    case TYPE_DECIMAL:
        value_print(out, v);
        break;
    case TYPE_DOUBLE:
        if (isfinite(v->f64))
            value_print(out, v);
        else
            put_as_text(out, v);
        break;
    case TYPE_STRING:
        put_string(out, v->str);
        break;
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_STRUCT:
        put_list(out, v);
        break;
    default:
        put_as_text(out, v);
    }
}

static Rc json_begin(Renderer *r, Err *err)
{
    (void)r, (void)err;
    return 0;
}

static Rc json_row(Renderer *r, const Batch *b, int row, Err *err)
{
    (void)err;
    const Schema *schema = r->head.schema;
    bool changes = r->head.kind == RESULT_CHANGES;
    bool gone = b->new_state[row] != SIDE_ROW;
    buf_putc(&r->out, '{');
    if (changes)
        buf_printf(&r->out, "\"op\":\"%s\"", render_op(b, row));
    for (int c = 0; c < schema->count; c++) {
        if (c || changes)
            buf_putc(&r->out, ',');
        put_string(&r->out, schema->columns[c].name);
        buf_putc(&r->out, ':');
        Value v = value_null(schema->columns[c].type);
        if (!gone || schema->columns[c].role == ROLE_KEY)
            v = column_value(&b->cols[c], row, &r->arena);
        put_value(&r->out, &v);
    }
    buf_puts(&r->out, "}\n");
    return 0;
}

static Rc json_end(Renderer *r, Err *err)
{
    (void)r, (void)err;
    return 0;
}

const RenderFormat render_json = {"json", json_begin, json_row, json_end};
