/* links: format */
/* fuzz_json.c: any bytes as JSON text, and as a record of a fixed schema.
 *
 * Besides not crashing: tokens must be well linked and lie where they say; a record must get the
 * same verdict whether its columns are used or only checked; and what was decoded must survive
 * being written and read again. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "format/format.h"
#include "fuzz.h"

enum { COLUMNS = 12 };

const char *const fuzz_seeds[] = {
    "{\"ID\":17,\"L\":-9223372036854775808,\"D\":1.5e-3,\"P\":12.50,\"S\":\"caf\xc3\xa9\",\"B\":"
    "true}",
    "{\"id\":\"17\",\"s\":[1,\"two\",null,{\"k\":[]}],\"Y\":\"YWJj\",\"b\":false,\"extra\":{}}",
    "{\"DT\":18000,\"T\":\"86399999\",\"TS\":1700000000000,\"A\":[{\"X\":1},null,{\"x\":\"2\"}]}",
    "{\"M\":{\"a\":1.0,\"b\\n\":\"NaN\",\"a\":null},\"S\":\"\\u00e9\\ud83d\\ude00\\\\\\\"\\/\"}",
    "[1,2.5,-0,1e400,\"x\",[[],{}],{\"a\":{\"b\":[true,false,null]}}]",
    "  null  ",
    "{\"P\":\"-9999999999.999999\",\"D\":\"-Infinity\",\"L\":123456789012345678901234567890}",
    NULL,
};

typedef struct Bench {
    Arena types, batch;
    SchemaColumn columns[COLUMNS];
    Codec *codec;
    JsonParser *parser;
    Buf text;
    Err err;
} Bench;

static const Type *nested_array(Arena *a)
{
    TypeField field = {STR_LIT("X"), &type_integer};
    return type_array(a, type_struct(a, &field, 1));
}

static Bench *bench_new(void)
{
    static Bench bench;
    Bench *b = &bench;
    arena_init(&b->types, 0);
    arena_init(&b->batch, 0);
    buf_init(&b->text);
    b->parser = json_new();
    const struct {
        const char *name;
        const Type *type;
    } columns[COLUMNS] = {
        {"ID", &type_integer},
        {"L", &type_bigint},
        {"D", &type_double},
        {"P", type_decimal(&b->types, 16, 6)},
        {"S", &type_string},
        {"B", &type_boolean},
        {"Y", &type_bytes},
        {"DT", &type_date},
        {"T", &type_time},
        {"TS", &type_timestamp},
        {"A", nested_array(&b->types)},
        {"M", type_map(&b->types, &type_string, &type_double)},
    };
    for (int i = 0; i < COLUMNS; i++)
        b->columns[i] = (SchemaColumn){.name = str_of(columns[i].name), .type = columns[i].type};
    FormatSpec spec = {.format = format_find(STR_LIT("JSON"))};
    FUZZ_CHECK(codec_open(&spec, b->columns, COLUMNS, false, &b->codec, &b->err) == 0);
    return b;
}

/* Every value lies inside its container, in order, and strings are UTF-8. */
static uint32_t check_token(const JsonToken *all, uint32_t at, uint32_t count)
{
    const JsonToken *t = &all[at];
    FUZZ_CHECK(t->kind < JSON_KIND_COUNT && t->next > at && t->next <= count);
    FUZZ_CHECK(t->text.ptr && (t->text.len > 0 || t->kind == JSON_STRING));
    if (t->kind == JSON_STRING)
        FUZZ_CHECK(utf8_valid(t->text));
    uint32_t next = at + 1;
    if (t->kind == JSON_ARRAY || t->kind == JSON_OBJECT) {
        for (uint32_t i = 0; i < t->count; i++) {
            if (t->kind == JSON_OBJECT) {
                FUZZ_CHECK(all[next].kind == JSON_STRING);
                next = check_token(all, next, count);
            }
            next = check_token(all, next, count);
        }
    }
    FUZZ_CHECK(next == t->next);
    return next;
}

static void check_parse(Bench *b, Str input)
{
    const JsonToken *tokens;
    uint32_t count;
    if (json_parse(b->parser, input, &tokens, &count, &b->err) == 0)
        FUZZ_CHECK(check_token(tokens, 0, count) == count);
    else
        FUZZ_CHECK(b->err.kind == ERR_KIND_DATA && b->err.text[0]);
}

static Rc decode(Bench *b, Str input, Column *cols, bool used, bool *is_null)
{
    for (int i = 0; i < COLUMNS; i++) {
        column_init(&cols[i], &b->batch, b->columns[i].type, 1);
        if (!used)
            cols[i].any = NULL;
    }
    return b->codec->format->decode(b->codec, input, cols, 0, &b->batch, is_null, &b->err);
}

static Str with_slack(Bench *b, const void *data, size_t size, int filler)
{
    char *copy = arena_alloc(&b->batch, size + JSON_SLACK_BYTES);
    memcpy(copy, data, size);
    memset(copy + size, filler, JSON_SLACK_BYTES);
    return str_make(copy, size);
}

static void check_round_trip(Bench *b, const Column *cols)
{
    bool is_null;
    buf_reset(&b->text);
    FUZZ_CHECK(b->codec->format->encode(b->codec, cols, 0, &b->text, &is_null, &b->err) == 0);
    Column again[COLUMNS];
    Str written = with_slack(b, b->text.ptr, b->text.len, '"');
    FUZZ_CHECK(decode(b, written, again, true, &is_null) == 0);
    for (int i = 0; i < COLUMNS; i++) {
        Value before = column_value(&cols[i], 0, &b->batch);
        Value after = column_value(&again[i], 0, &b->batch);
        FUZZ_CHECK(value_eq(&before, &after));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static Bench *b;
    if (!b)
        b = bench_new();
    arena_reset(&b->batch);
    Str input = with_slack(b, data, size, size ? data[size / 2] : '7');
    check_parse(b, input);
    Column used[COLUMNS], unused[COLUMNS];
    bool is_null, is_null_unused;
    Rc rc = decode(b, input, used, true, &is_null);
    FUZZ_CHECK(decode(b, input, unused, false, &is_null_unused) == rc);
    FUZZ_CHECK(is_null == is_null_unused);
    if (rc == 0 && !is_null)
        check_round_trip(b, used);
    return 0;
}
