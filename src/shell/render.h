/* render.h: results as text: one struct per output format, one short array of them.
 *
 * A Renderer is a ResultSink that writes rows to a stream and notes to another. On a terminal
 * everything that comes from data is made safe (utf8_put_safe); not on a terminal rows are written
 * as they are, uncut. */
#ifndef OXBOW_SHELL_RENDER_H
#define OXBOW_SHELL_RENDER_H

#include <stdio.h>

#include "engine/session.h"

typedef struct Renderer Renderer;

typedef struct RenderFormat {
    const char *name; /* -o NAME */
    Rc (*begin)(Renderer *r, Err *err);
    Rc (*row)(Renderer *r, const Batch *b, int row, Err *err);
    Rc (*end)(Renderer *r, Err *err);
} RenderFormat;

extern const RenderFormat *const render_formats[]; /* NULL-terminated */
const RenderFormat *render_find(const char *name);

struct Renderer {
    ResultSink sink; /* first: a Renderer is a ResultSink */
    const RenderFormat *format;
    FILE *rows, *notes;
    bool terminal; /* rows go to a terminal */
    bool quiet;    /* no notes */
    int columns;   /* of the terminal; 0: do not cut */
    ResultHead head;
    int *widths;  /* table format */
    Buf out;      /* one row */
    Batch **kept; /* table format: entity rows wait for all widths */
    Arena arena;  /* of the result at hand */
    int kept_count;
    uint64_t row_count;
};

void renderer_init(Renderer *r, const RenderFormat *format, FILE *rows, FILE *notes);
void renderer_fini(Renderer *r);

/* Shared by the formats: the text of a cell (NULL apart). */
void render_cell(Buf *out, const Column *col, int row, bool safe);
/* insert, update, delete; for changes. */
const char *render_op(const Batch *b, int row);
/* Write r->out to the rows' stream; an error when nobody reads any more. */
Rc render_flush(Renderer *r, Err *err);

#endif
