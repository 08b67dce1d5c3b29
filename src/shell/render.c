/* render.c: the way of a result to a stream. The formats are in render_table.c and render_json.c.
 */
#include "shell/render.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "shell/render_int.h"

const RenderFormat *const render_formats[] = {&render_table, &render_json, NULL};

const RenderFormat *render_find(const char *name)
{
    for (int i = 0; render_formats[i]; i++)
        if (strcmp(render_formats[i]->name, name) == 0)
            return render_formats[i];
    return NULL;
}

static Rc sink_begin(ResultSink *s, const ResultHead *head, Err *err)
{
    Renderer *r = (Renderer *)s;
    r->head = *head;
    r->row_count = 0;
    r->kept_count = 0;
    arena_reset(&r->arena);
    Rc rc = r->format->begin(r, err);
    return rc ? rc : render_flush(r, err);
}

static Rc sink_rows(ResultSink *s, const Batch *b, Err *err)
{
    Renderer *r = (Renderer *)s;
    Rc rc = 0;
    for (int i = 0; i < b->rows && !rc; i++) {
        r->row_count++;
        rc = r->format->row(r, b, i, err);
        if (!rc && r->out.len > (32 << 10))
            rc = render_flush(r, err);
    }
    return rc ? rc : render_flush(r, err);
}

static Rc sink_end(ResultSink *s, const char *final, Err *err)
{
    Renderer *r = (Renderer *)s;
    Rc rc = r->format->end(r, err);
    if (!rc)
        rc = render_flush(r, err);
    if (!rc && final)
        s->note(s, final);
    return rc;
}

static void sink_note(ResultSink *s, const char *text)
{
    Renderer *r = (Renderer *)s;
    if (r->quiet)
        return;
    Buf safe;
    buf_init(&safe);
    utf8_put_safe(&safe, str_of(text), true);
    fflush(r->rows);
    fprintf(r->notes, "%s\n", buf_cstr(&safe));
    fflush(r->notes);
    buf_fini(&safe);
}

void renderer_init(Renderer *r, const RenderFormat *format, FILE *rows, FILE *notes)
{
    *r = (Renderer){.format = format, .rows = rows, .notes = notes};
    r->sink = (ResultSink){sink_begin, sink_rows, sink_end, sink_note};
    r->terminal = isatty(fileno(rows));
    buf_init(&r->out);
    arena_init(&r->arena, 0);
}

void renderer_fini(Renderer *r)
{
    buf_fini(&r->out);
    arena_fini(&r->arena);
}

Rc render_flush(Renderer *r, Err *err)
{
    size_t n = r->out.len;
    if (n == 0)
        return 0;
    size_t written = fwrite(r->out.ptr, 1, n, r->rows);
    buf_reset(&r->out);
    if (written == n && fflush(r->rows) == 0)
        return 0;
    return err_set(err, ERR_KIND_FATAL, errno == EPIPE ? ERR_INTERRUPTED : ERR_IO,
                   "cannot write the result: %s", strerror(errno));
}

void render_cell(Buf *out, const Column *col, int row, bool safe)
{
    Arena a;
    arena_init(&a, 256);
    Value v = column_value(col, row, &a);
    if (!safe) {
        value_print(out, &v);
    } else {
        Buf raw;
        buf_init(&raw);
        value_print(&raw, &v);
        utf8_put_safe(out, buf_str(&raw), false);
        buf_fini(&raw);
    }
    arena_fini(&a);
}

const char *render_op(const Batch *b, int row)
{
    if (b->new_state[row] != SIDE_ROW)
        return "delete";
    return b->old_state[row] == SIDE_NONE ? "insert" : "update";
}
