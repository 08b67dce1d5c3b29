/* run_insert.c: INSERT INTO ... VALUES: one row, encoded as the source's records are. */
#include "base/clock.h"
#include "engine/session_int.h"

/* The row as a batch of one. */
static Batch *row_batch(const InsertPlan *p, Arena *a)
{
    const Schema *schema = p->source->schema;
    Batch *b = batch_new(a, schema, 1);
    for (int c = 0; c < schema->count; c++) {
        batch_init_column(b, c);
        if (p->values[c].is_null)
            b->cols[c].valid[0] = 0;
        else
            column_set_value(&b->cols[c], 0, &p->values[c]);
    }
    return b;
}

static Rc encode_part(const FormatSpec *spec, const Batch *b, int from, int count, bool is_key,
                      Buf *buf, Str *out, Err *err)
{
    Codec *codec = NULL;
    bool is_null = false;
    Rc rc = codec_open(spec, b->schema->columns + from, count, is_key, &codec, err);
    if (!rc)
        rc = codec->format->encode(codec, b->cols + from, 0, buf, &is_null, err);
    codec_close(codec);
    if (rc && err)
        err->kind = ERR_KIND_USER; /* here it is the statement that is wrong */
    *out = is_null ? STR_NULL : buf_str(buf);
    return rc;
}

Rc run_insert_values(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    (void)out;
    InsertPlan *p = NULL;
    Buf key, value;
    Rc rc = plan_insert(engine_catalog(s->engine), st, a, &p, err);
    if (rc)
        return rc;
    const CatalogSource *src = p->source;
    int keys = src->schema->key_count;
    Batch *b = row_batch(p, a);
    LogAppend rec = {
        .topic = src->topic, .key = STR_NULL, .time = p->has_time ? p->time_ms : clock_wall_ms()};
    buf_init(&key);
    buf_init(&value);
    if (keys)
        rc = encode_part(&src->key_format, b, 0, keys, true, &key, &rec.key, err);
    if (!rc)
        rc = encode_part(&src->value_format, b, keys, src->schema->count - keys, false, &value,
                         &rec.value, err);
    rec.partition = log_partition_of(rec.key, engine_partitions(s->engine, src->partitions), 0);
    if (!rc)
        rc = engine_append(s->engine, &rec, 1, err);
    buf_fini(&key);
    buf_fini(&value);
    if (!rc)
        session_touch(s, src->topic);
    return rc;
}
