/* format.c: the table of formats, and the life of a codec.
 *
 * A format is one file and one row; a format that is only known by name has its row here, with the
 * text of its "not built yet". Owns the Codec; its `state` belongs to the format. */
#include "format/format.h"

#include "base/mem.h"
#include "format/format_int.h"

static const Format format_delimited = {
    .name = "DELIMITED",
    .help = "one line of text per record, fields separated by a character",
    .key = true,
    .value = true,
    .multi_key = true,
    .unwraps = true,
    .not_built = "format DELIMITED",
};
static const Format format_avro = {
    .name = "AVRO",
    .help = "Avro records, their schema in a registry",
    .key = true,
    .value = true,
    .multi_key = true,
    .wraps = true,
    .unwraps = true,
    .not_built = "format AVRO",
};
static const Format format_json_sr = {
    .name = "JSON_SR",
    .help = "JSON, its schema in a registry",
    .key = true,
    .value = true,
    .multi_key = true,
    .wraps = true,
    .unwraps = true,
    .not_built = "format JSON_SR",
};
static const Format format_protobuf = {
    .name = "PROTOBUF",
    .help = "Protobuf messages, their schema in a registry",
    .key = true,
    .value = true,
    .multi_key = true,
    .wraps = true,
    .not_built = "format PROTOBUF",
};
static const Format format_protobuf_nosr = {
    .name = "PROTOBUF_NOSR",
    .help = "Protobuf messages by the declared columns, without a registry",
    .key = true,
    .value = true,
    .multi_key = true,
    .wraps = true,
    .unwraps = true,
    .not_built = "format PROTOBUF_NOSR",
};

const Format *const format_table[] = {
    &format_json,     &format_delimited, &format_kafka,         &format_avro, &format_json_sr,
    &format_protobuf, &format_none,      &format_protobuf_nosr, NULL,
};

const Format *format_find(Str name)
{
    for (const Format *const *f = format_table; *f; f++)
        if (str_eq_nocase(str_of((*f)->name), name))
            return *f;
    return NULL;
}

void format_put_columns(Buf *out, const SchemaColumn *cols, int count, bool is_key)
{
    for (int i = 0; i < count; i++) {
        if (i)
            buf_puts(out, ", ");
        name_print(out, cols[i].name, true);
        buf_putc(out, ' ');
        type_print(out, cols[i].type);
        if (is_key)
            buf_puts(out, " KEY");
    }
}

Rc codec_open(const FormatSpec *spec, const SchemaColumn *cols, int count, bool is_key, Codec **out,
              Err *err)
{
    const Format *format = spec->format;
    if (format->not_built)
        return err_not_built(err, "%s", format->not_built);
    Rc rc = format->check ? format->check(spec, cols, count, is_key, err) : 0;
    if (rc)
        return rc;
    Codec *c = MEM_NEW(Codec);
    *c =
        (Codec){.format = format, .spec = *spec, .columns = cols, .count = count, .is_key = is_key};
    if (format->open)
        rc = format->open(c, err);
    if (rc) {
        mem_free(c);
        return rc;
    }
    *out = c;
    return 0;
}

void codec_close(Codec *c)
{
    if (!c)
        return;
    if (c->format->close)
        c->format->close(c);
    mem_free(c);
}
