/* format_kafka.c: KAFKA, one value in the coding of Kafka's own serialisers (statements.md 12.2).
 *
 * INTEGER 4 bytes and BIGINT 8 bytes big-endian, DOUBLE 8 bytes IEEE 754 big-endian, STRING as
 * UTF-8, BYTES as they are. No bytes stand for NULL, so a part with bytes never is NULL. Owns
 * nothing: the one column's reader and writer are found by its type. */
#include "format/format_int.h"

#include <endian.h>
#include <math.h>

#include "base/utf8.h"

typedef struct KafkaType {
    bool built;
    uint32_t bytes; /* exactly; 0: any number */
    bool (*take)(Str bytes, Value *out);
    void (*put)(Buf *out, const Value *v);
} KafkaType;

static bool take_i32(Str bytes, Value *out)
{
    uint32_t raw;
    memcpy(&raw, bytes.ptr, sizeof raw);
    out->i32 = (int32_t)be32toh(raw);
    return true;
}

static bool take_i64(Str bytes, Value *out)
{
    uint64_t raw;
    memcpy(&raw, bytes.ptr, sizeof raw);
    out->i64 = (int64_t)be64toh(raw);
    return true;
}

static bool take_f64(Str bytes, Value *out)
{
    uint64_t raw;
    memcpy(&raw, bytes.ptr, sizeof raw);
    raw = be64toh(raw);
    memcpy(&out->f64, &raw, sizeof raw);
    return true;
}

static bool take_text(Str bytes, Value *out)
{
    out->str = bytes;
    return utf8_valid(bytes);
}

static bool take_bytes(Str bytes, Value *out)
{
    out->str = bytes;
    return true;
}

static void put_i32(Buf *out, const Value *v)
{
    uint32_t raw = htobe32((uint32_t)v->i32);
    buf_put(out, &raw, sizeof raw);
}

static void put_u64(Buf *out, uint64_t bits)
{
    bits = htobe64(bits);
    buf_put(out, &bits, sizeof bits);
}

static void put_i64(Buf *out, const Value *v)
{
    put_u64(out, (uint64_t)v->i64);
}

/* Keys are equal when their bytes are, so of all the NaNs only one is ever written. */
static void put_f64(Buf *out, const Value *v)
{
    uint64_t bits;
    memcpy(&bits, &v->f64, sizeof bits);
    put_u64(out, isnan(v->f64) ? UINT64_C(0x7FF8000000000000) : bits);
}

static void put_str(Buf *out, const Value *v)
{
    buf_put_str(out, v->str);
}

static const KafkaType kafka_types[TYPE_KIND_COUNT] = {
    [TYPE_INTEGER] = {true, 4, take_i32, put_i32}, [TYPE_BIGINT] = {true, 8, take_i64, put_i64},
    [TYPE_DOUBLE] = {true, 8, take_f64, put_f64},  [TYPE_STRING] = {true, 0, take_text, put_str},
    [TYPE_BYTES] = {true, 0, take_bytes, put_str},
};

/* The phrases of statements.md 16.5. */
static Rc kafka_check(const FormatSpec *spec, const SchemaColumn *cols, int count, bool is_key,
                      Err *err)
{
    (void)spec;
    if (count > 1) {
        Buf list;
        buf_init(&list);
        format_put_columns(&list, cols, count, is_key);
        Rc rc =
            err_set(err, ERR_KIND_USER, ERR_STATEMENT,
                    "The 'KAFKA' format only supports a single field. Got: [%s]", buf_cstr(&list));
        buf_fini(&list);
        return rc;
    }
    if (count == 1 && !kafka_types[cols[0].type->kind].built)
        return err_set(err, ERR_KIND_USER, ERR_STATEMENT,
                       "The 'KAFKA' format does not support type '%s'",
                       type_kind_name(cols[0].type->kind));
    return 0;
}

static Rc kafka_decode(Codec *c, Str bytes, Column *cols, int row, Arena *a, bool *is_null,
                       Err *err)
{
    *is_null = false;
    if (c->count == 0)
        return 0;
    const SchemaColumn *column = &c->columns[0];
    const KafkaType *type = &kafka_types[column->type->kind];
    if (type->bytes && bytes.len != type->bytes)
        return err_set(err, ERR_KIND_DATA, ERR_DECODE,
                       "column `%.*s`: %s takes %u bytes, but there are %u", STR_ARG(column->name),
                       type_kind_name(column->type->kind), type->bytes, bytes.len);
    if (!type->bytes && bytes.len > LIMIT_STRING_BYTES)
        return err_set(err, ERR_KIND_DATA, ERR_LIMIT, "column `%.*s`: %u bytes are too many",
                       STR_ARG(column->name), bytes.len);
    Value v = {.type = column->type};
    if (!type->take(bytes, &v))
        return err_set(err, ERR_KIND_DATA, ERR_DECODE, "column `%.*s`: the text is not UTF-8",
                       STR_ARG(column->name));
    if (cols[0].any)
        column_put(&cols[0], type_repr(column->type), row, &v, a);
    return 0;
}

static Rc kafka_encode(Codec *c, const Column *cols, int row, Buf *out, bool *is_null, Err *err)
{
    (void)err;
    *is_null = c->count == 0 || column_is_null(&cols[0], row);
    if (*is_null)
        return 0;
    const Type *type = c->columns[0].type;
    Value v = column_get(&cols[0], type_repr(type), row);
    kafka_types[type->kind].put(out, &v);
    return 0;
}

const Format format_kafka = {
    .name = "KAFKA",
    .help = "one INTEGER, BIGINT, DOUBLE, STRING or BYTES as Kafka's own serialisers write it",
    .key = true,
    .value = true,
    .unwraps = true,
    .check = kafka_check,
    .decode = kafka_decode,
    .encode = kafka_encode,
};
