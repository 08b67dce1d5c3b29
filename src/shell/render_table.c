/* render_table.c: tables for people.
 *
 * Finite results (SHOW, pull queries) wait for all their rows, so that columns are as wide as their
 * longest cell; after KEEP_ROWS rows the widths so far stand. Endless results have columns of equal
 * width that fit the terminal. A change of a table shows what happened in a first column. */
#include "shell/render_int.h"

#include "base/utf8.h"

enum { KEEP_ROWS = 1000, MIN_WIDTH = 5, MAX_WIDTH = 60, DEFAULT_COLUMNS = 80 };

/* Columns of the terminal that a text takes. */
static int text_width(Str s)
{
    int n = 0;
    for (uint32_t at = 0; at < s.len;) {
        int32_t c = utf8_next(s, &at);
        n += c < 0 ? 1 : utf8_columns(c);
    }
    return n;
}

/* The text in `width` columns: cut with "..." on a terminal, padded with blanks. */
static void put_padded(Buf *out, Str s, int width, bool cut)
{
    int n = text_width(s);
    if (n <= width || !cut) {
        buf_put_str(out, s);
    } else {
        int used = 0;
        uint32_t at = 0, from = 0;
        while (at < s.len) {
            from = at;
            int32_t c = utf8_next(s, &at);
            int w = c < 0 ? 1 : utf8_columns(c);
            if (used + w > width - 3)
                break;
            buf_put(out, s.ptr + from, at - from);
            used += w;
        }
        buf_puts(out, "...");
        n = used + 3;
    }
    for (; n < width; n++)
        buf_putc(out, ' ');
}

static bool is_live(const Renderer *r)
{
    return r->head.kind == RESULT_CHANGES;
}
static bool shows_op(const Renderer *r)
{
    return is_live(r) && r->head.is_table;
}

static void put_rule(Renderer *r)
{
    int total = 0;
    for (int c = 0; c < r->head.schema->count; c++)
        total += r->widths[c] + 3;
    total += shows_op(r) ? 9 : 0;
    if (r->columns && total > r->columns)
        total = r->columns;
    for (int i = 0; i < total - 1; i++)
        buf_putc(&r->out, '-');
    buf_putc(&r->out, '\n');
}

static void put_header(Renderer *r)
{
    Buf name;
    buf_init(&name);
    if (r->head.title) {
        utf8_put_safe(&r->out, str_of(r->head.title), false);
        buf_putc(&r->out, '\n');
    }
    if (shows_op(r))
        buf_puts(&r->out, " op     |");
    for (int c = 0; c < r->head.schema->count; c++) {
        buf_reset(&name);
        utf8_put_safe(&name, r->head.schema->columns[c].name, false);
        buf_puts(&r->out, c ? "| " : " ");
        put_padded(&r->out, buf_str(&name), r->widths[c], r->terminal);
        buf_putc(&r->out, ' ');
    }
    buf_putc(&r->out, '\n');
    put_rule(r);
    buf_fini(&name);
}

static void cell_text(Renderer *r, const Batch *b, int row, int c, Buf *out)
{
    const Schema *schema = r->head.schema;
    buf_reset(out);
    if (b->new_state[row] != SIDE_ROW && schema->columns[c].role != ROLE_KEY && is_live(r))
        buf_puts(out, r->head.is_table ? "<TOMBSTONE>" : "null");
    else if (!b->cols[c].valid[row])
        buf_puts(out, r->head.kind == RESULT_ENTITIES ? "" : "null");
    else
        render_cell(out, &b->cols[c], row, true);
}

static void put_row(Renderer *r, const Batch *b, int row)
{
    Buf cell;
    buf_init(&cell);
    if (shows_op(r))
        buf_printf(&r->out, " %-6s |", render_op(b, row));
    for (int c = 0; c < r->head.schema->count; c++) {
        cell_text(r, b, row, c, &cell);
        buf_puts(&r->out, c ? "| " : " ");
        put_padded(&r->out, buf_str(&cell), r->widths[c], r->terminal);
        buf_putc(&r->out, ' ');
    }
    buf_putc(&r->out, '\n');
    buf_fini(&cell);
}

static void live_widths(Renderer *r)
{
    int n = r->head.schema->count;
    int total = r->columns ? r->columns : DEFAULT_COLUMNS;
    int each = (total - (shows_op(r) ? 9 : 0)) / (n ? n : 1) - 3;
    for (int c = 0; c < n; c++) {
        int w = text_width(r->head.schema->columns[c].name);
        r->widths[c] = each > w ? each : w;
        if (r->widths[c] < MIN_WIDTH)
            r->widths[c] = MIN_WIDTH;
        if (r->widths[c] > MAX_WIDTH / 2)
            r->widths[c] = MAX_WIDTH / 2;
    }
}

/* The kept rows, now that their widths are known. */
static void release_kept(Renderer *r)
{
    put_header(r);
    for (int i = 0; i < r->kept_count; i++)
        put_row(r, r->kept[i], 0);
    r->kept = NULL;
    r->kept_count = 0;
}

static Rc table_begin(Renderer *r, Err *err)
{
    (void)err;
    int n = r->head.schema->count;
    r->widths = ARENA_ARRAY(&r->arena, int, n);
    if (is_live(r)) {
        live_widths(r);
        put_header(r);
        return 0;
    }
    r->kept = ARENA_ARRAY(&r->arena, Batch *, KEEP_ROWS);
    for (int c = 0; c < n; c++)
        r->widths[c] = text_width(r->head.schema->columns[c].name);
    return 0;
}

/* A copy of one row that outlives its batch. */
static Batch *copy_row(Renderer *r, const Batch *b, int row)
{
    const Schema *schema = r->head.schema;
    Batch *one = batch_new(&r->arena, schema, 1);
    one->new_state[0] = b->new_state[row];
    one->old_state[0] = b->old_state[row];
    for (int c = 0; c < schema->count; c++) {
        batch_init_column(one, c);
        one->cols[c].valid[0] = b->cols[c].valid[row];
        if (!b->cols[c].valid[row])
            continue;
        Value v = column_value(&b->cols[c], row, &r->arena);
        Value *kept = ARENA_NEW(&r->arena, Value); /* a boxed column keeps the value where it is */
        *kept = value_copy(&r->arena, &v);
        column_set_value(&one->cols[c], 0, kept);
    }
    return one;
}

static Rc table_row(Renderer *r, const Batch *b, int row, Err *err)
{
    (void)err;
    if (!r->kept) {
        put_row(r, b, row);
        return 0;
    }
    Buf cell;
    buf_init(&cell);
    for (int c = 0; c < r->head.schema->count; c++) {
        cell_text(r, b, row, c, &cell);
        int w = text_width(buf_str(&cell));
        if (r->terminal && w > MAX_WIDTH && r->head.kind != RESULT_ENTITIES)
            w = MAX_WIDTH;
        r->widths[c] = w > r->widths[c] ? w : r->widths[c];
    }
    buf_fini(&cell);
    r->kept[r->kept_count++] = copy_row(r, b, row);
    if (r->kept_count == KEEP_ROWS)
        release_kept(r);
    return 0;
}

static Rc table_end(Renderer *r, Err *err)
{
    (void)err;
    if (r->kept)
        release_kept(r);
    if (r->head.kind == RESULT_ROWS && r->terminal)
        buf_printf(&r->out, "(%llu row%s)\n", (unsigned long long)r->row_count,
                   r->row_count == 1 ? "" : "s");
    return 0;
}

const RenderFormat render_table = {"table", table_begin, table_row, table_end};
