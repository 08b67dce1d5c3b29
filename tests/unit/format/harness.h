/* harness.h: a codec with its columns, one record at a time, for the tests of the formats.
 *
 * A record is copied into a block of its own with the promised slack and no byte more, so that the
 * sanitizer sees whoever reads further. Rows are compared as text: values as CAST AS STRING prints
 * them, separated by '|', NULL as null. */
#ifndef OXBOW_TESTS_FORMAT_HARNESS_H
#define OXBOW_TESTS_FORMAT_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "format/format.h"

enum { HARNESS_COLUMNS = 24, HARNESS_ROWS = 4 };

typedef struct Harness {
    Arena arena; /* schema, and all rows of the test */
    SchemaColumn columns[HARNESS_COLUMNS];
    Column cols[HARNESS_COLUMNS];
    int count;
    Codec *codec;
    char *input;
    bool is_null;
    Err err;
    Buf text;
} Harness;

static void harness_init(Harness *h)
{
    memset(h, 0, sizeof *h);
    arena_init(&h->arena, 0);
    buf_init(&h->text);
}

static void harness_fini(Harness *h)
{
    codec_close(h->codec);
    buf_fini(&h->text);
    free(h->input);
    arena_fini(&h->arena);
}

static inline void harness_column(Harness *h, const char *name, const Type *type)
{
    assert_true(h->count < HARNESS_COLUMNS);
    column_init(&h->cols[h->count], &h->arena, type, HARNESS_ROWS);
    h->columns[h->count++] = (SchemaColumn){.name = str_of(name), .type = type, .role = ROLE_VALUE};
}

/* Take a column's storage away: from now on it is checked only. */
static inline void harness_unused(Harness *h, int column)
{
    h->cols[column].any = NULL;
}

static Rc harness_open(Harness *h, const char *format, bool unwrapped, bool is_key)
{
    FormatSpec spec = {.format = format_find(str_of(format)), .unwrapped = unwrapped};
    assert_non_null(spec.format);
    h->err = ERR_INIT;
    return codec_open(&spec, h->columns, h->count, is_key, &h->codec, &h->err);
}

static Rc harness_decode(Harness *h, Str bytes)
{
    free(h->input);
    h->input = malloc((size_t)bytes.len + JSON_SLACK_BYTES);
    memcpy(h->input, bytes.ptr, bytes.len);
    memset(h->input + bytes.len, '8', JSON_SLACK_BYTES);
    h->err = ERR_INIT;
    h->is_null = false;
    return h->codec->format->decode(h->codec, (Str){h->input, bytes.len}, h->cols, 1, &h->arena,
                                    &h->is_null, &h->err);
}

static const char *harness_row(Harness *h)
{
    buf_reset(&h->text);
    for (int i = 0; i < h->count; i++) {
        Value v = column_value(&h->cols[i], 1, &h->arena);
        if (i)
            buf_putc(&h->text, '|');
        value_print(&h->text, &v);
    }
    return buf_cstr(&h->text);
}

static inline void expect_row(Harness *h, const char *record, const char *row)
{
    if (harness_decode(h, str_of(record)))
        fail_msg("%s: %s", record, h->err.text);
    assert_false(h->is_null);
    assert_string_equal(harness_row(h), row);
}

static inline void expect_bad(Harness *h, const char *record, const char *reason)
{
    if (!harness_decode(h, str_of(record)))
        fail_msg("%s: decoded to %s", record, harness_row(h));
    assert_string_equal(h->err.text, reason);
    assert_int_equal(h->err.kind, ERR_KIND_DATA);
}

/* The bytes of the row as it stands. */
static inline void expect_bytes(Harness *h, Str expected)
{
    buf_reset(&h->text);
    bool is_null = true;
    Rc rc = h->codec->format->encode(h->codec, h->cols, 1, &h->text, &is_null, &h->err);
    if (rc)
        fail_msg("%s", h->err.text);
    assert_false(is_null);
    assert_string_equal(buf_cstr(&h->text), expected.ptr);
    assert_int_equal(h->text.len, expected.len);
}

#endif
