/* links: format */
/* bench_json.c: nanoseconds per record of the JSON format, on 150-byte objects of seven fields.
 *
 *     bench_json [rounds]
 *
 * Each figure is the best of five; a round is 1024 records, a batch. Every column is declared and
 * checked in every decode; `used` ones are materialised as well. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/json.h"
#include "format/format.h"

enum { ROWS = LIMIT_BATCH_ROWS, COLUMNS = 7, RECORD_BYTES_MAX = 256, REPEATS = 5 };

typedef struct Bench {
    Arena arena, batch;
    Str records[ROWS];
    SchemaColumn columns[COLUMNS];
    Column cols[COLUMNS];
    Codec *codec;
    JsonParser *parser;
    Buf out;
    int rounds;
    Err err;
} Bench;

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void die(const Err *err)
{
    fprintf(stderr, "%s\n", err->text);
    exit(1);
}

static void make_records(Bench *b)
{
    static const char *const cities[] = {"Ljubljana", "Maribor", "Koper", "Novo mesto"};
    size_t bytes = 0;
    for (int i = 0; i < ROWS; i++) {
        char *text = arena_zalloc(&b->arena, RECORD_BYTES_MAX + JSON_SLACK_BYTES);
        int n = snprintf(text, RECORD_BYTES_MAX,
                         "{\"ORDER_ID\":%d,\"CUSTOMER\":\"customer-%04d\",\"AMOUNT\":%d.%02d,"
                         "\"QUANTITY\":%d,\"STATUS\":\"OUT FOR DELIVERY\",\"CITY\":\"%s\","
                         "\"ORDERED_AT\":%lld}",
                         100000 + 7 * i, i, i % 500, i % 100, i % 9, cities[i % 4],
                         1700000000000LL + 1000LL * i);
        b->records[i] = str_make(text, (size_t)n);
        bytes += (size_t)n;
    }
    printf("%d records, %.1f bytes each\n", ROWS, (double)bytes / ROWS);
}

static void open_codec(Bench *b, int count)
{
    const struct {
        const char *name;
        const Type *type;
    } columns[COLUMNS] = {
        {"ORDER_ID", &type_integer},  {"CUSTOMER", &type_string}, {"AMOUNT", &type_double},
        {"QUANTITY", &type_integer},  {"STATUS", &type_string},   {"CITY", &type_string},
        {"ORDERED_AT", &type_bigint},
    };
    for (int i = 0; i < COLUMNS; i++)
        b->columns[i] = (SchemaColumn){.name = str_of(columns[i].name), .type = columns[i].type};
    FormatSpec spec = {.format = format_find(STR_LIT("JSON"))};
    codec_close(b->codec);
    if (codec_open(&spec, b->columns, count, false, &b->codec, &b->err))
        die(&b->err);
}

/* Storage for the first `used` columns. */
static void init_columns(Bench *b, int used)
{
    arena_reset(&b->batch);
    for (int i = 0; i < COLUMNS; i++) {
        column_init(&b->cols[i], &b->batch, b->columns[i].type, ROWS);
        if (i >= used)
            b->cols[i].any = NULL;
    }
}

static void run_tokenise(Bench *b)
{
    const JsonToken *tokens;
    uint32_t count;
    for (int i = 0; i < ROWS; i++)
        if (json_parse(b->parser, b->records[i], &tokens, &count, &b->err))
            die(&b->err);
}

static void run_decode(Bench *b)
{
    bool is_null;
    for (int i = 0; i < ROWS; i++)
        if (b->codec->format->decode(b->codec, b->records[i], b->cols, i, &b->batch, &is_null,
                                     &b->err))
            die(&b->err);
}

static void run_encode(Bench *b)
{
    bool is_null;
    buf_reset(&b->out);
    for (int i = 0; i < ROWS; i++)
        if (b->codec->format->encode(b->codec, b->cols, i, &b->out, &is_null, &b->err))
            die(&b->err);
}

static void measure(Bench *b, const char *what, void (*run)(Bench *b))
{
    double best = 1e300;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        double start = now_ns();
        for (int i = 0; i < b->rounds; i++)
            run(b);
        double each = (now_ns() - start) / b->rounds / ROWS;
        best = each < best ? each : best;
    }
    printf("%-24s %7.1f ns\n", what, best);
}

int main(int argc, char **argv)
{
    static Bench b;
    b.rounds = argc > 1 ? atoi(argv[1]) : 100;
    arena_init(&b.arena, 0);
    arena_init(&b.batch, 0);
    buf_init(&b.out);
    b.parser = json_new();
    make_records(&b);
    measure(&b, "tokenise", run_tokenise);
    open_codec(&b, COLUMNS);
    init_columns(&b, COLUMNS);
    measure(&b, "decode, 7 of 7 used", run_decode);
    init_columns(&b, 3);
    measure(&b, "decode, 3 of 7 used", run_decode);
    open_codec(&b, 3);
    measure(&b, "decode, 3 of 3 declared", run_decode);
    measure(&b, "encode, 3 columns", run_encode);
    printf("%.1f bytes written each\n", (double)b.out.len / ROWS);
    codec_close(b.codec);
    json_free(b.parser);
    buf_fini(&b.out);
    arena_fini(&b.batch);
    arena_fini(&b.arena);
    return 0;
}
