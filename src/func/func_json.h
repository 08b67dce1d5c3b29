/* func_json.h: what the files with functions on JSON text share. */
#ifndef OXBOW_FUNC_FUNC_JSON_H
#define OXBOW_FUNC_FUNC_JSON_H

#include "base/json.h"
#include "func/func_int.h"

/* A parser and room for the text that it reads; its tokens live until the next parse. */
typedef struct JsonText {
    JsonParser *parser;
    Buf copy;
    const JsonToken *root;
} JsonText;

void json_text_open(JsonText *j);
void json_text_close(JsonText *j);
/* The first value of the text; false when it has none. */
bool json_text_parse(JsonText *j, Str s);

void json_put_string(Buf *out, Str s);
void json_put_compact(Buf *out, const JsonToken *root, const JsonToken *t);

/* EXTRACTJSONFIELD (func_json_path.c). */
FuncKernel json_extract;

#endif
