/* json_int.h: the parts of the JSON format: names, reading, writing.
 *
 * A JsonShape mirrors a type and is built once, when the codec opens; what is scratch in it (the
 * choice of a row, the guesses) makes it belong to the codec's thread. All of it lives in the
 * codec's arena. */
#ifndef OXBOW_FORMAT_JSON_INT_H
#define OXBOW_FORMAT_JSON_INT_H

#include "base/json.h"
#include "base/map.h"
#include "format/format_int.h"

typedef struct JsonShape JsonShape;
typedef struct JsonFields JsonFields;
typedef struct JsonSource JsonSource;

struct JsonSource { /* one parsed text */
    const JsonToken *tokens;
    Str input;
    Arena *arena; /* of the values made; NULL: check only, make nothing */
    Buf *scratch;
};

/* A token that is not null as a value of shape->type. Kind DATA on failure; the error names the
 * place below this value and the types, never the content. *out is undefined after check only. */
typedef Rc JsonReadFn(const JsonShape *shape, const JsonSource *src, const JsonToken *t, Value *out,
                      Err *err);

struct JsonShape {
    const Type *type;
    Repr repr;
    JsonReadFn *read;
    JsonShape *elem;    /* of ARRAY, and the value of MAP */
    JsonFields *fields; /* of STRUCT */
};

/* ---- json_fields.c ------------------------------------------------------------------------- */

typedef struct JsonGuess JsonGuess;

struct JsonFields { /* the fields of a STRUCT, or the columns of a row */
    int count;
    Str *names;
    JsonShape *shapes;
    const JsonToken **chosen; /* [count] after json_fields_choose: the value, or NULL */
    Map *by_name, *by_upper;  /* name -> &names[i] */
    JsonGuess *guesses;       /* [guess_count] what stood at this position of the last object */
    uint32_t guess_count;
};

/* The caller fills in names, then calls ready. */
JsonFields *json_fields_new(Arena *a, int count);
void json_fields_ready(JsonFields *f, Arena *a);
void json_fields_close(JsonFields *f); /* the maps; the rest is the arena's */

/* Find the value of each field in an object: by its exact name (of two, the last), else by a name
 * that differs in ASCII case only (of two, the first). */
void json_fields_choose(JsonFields *f, const JsonToken *tokens, const JsonToken *object);

/* ---- json_read.c --------------------------------------------------------------------------- */

void json_shape_init(JsonShape *shape, Arena *a, const Type *type);
void json_shape_close(JsonShape *shape);
const char *json_kind_name(const JsonToken *t); /* "a number": for errors */

/* ---- json_write.c -------------------------------------------------------------------------- */

/* Append a value as compact JSON; kind DATA when it cannot be written. */
Rc json_write_value(Buf *out, const Value *v, Err *err);
/* A quoted and escaped string; false when it is not UTF-8. */
bool json_write_string(Buf *out, Str s);

#endif
