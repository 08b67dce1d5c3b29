/* case.h: a file of test cases in memory (the case format), and one expansion of one case.
 *
 * The JSON stays as tokens (base/json.h): numbers keep their literal text, which comparison needs.
 * Everything lives as long as the CaseFile. */
#ifndef OXBOW_TEST_CASE_H
#define OXBOW_TEST_CASE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"

typedef struct CaseFile {
    const char *path;
    Str name; /* without folder and .json */
    Arena arena;
    JsonParser *parser;
    const JsonToken *root;
} CaseFile;

Rc case_load(CaseFile *f, const char *path, Err *err);
void case_unload(CaseFile *f);

typedef struct TestCase { /* one expansion; member tokens may be NULL */
    const CaseFile *file;
    Str id;
    Str text; /* statements, joined with newlines */
    Str *statements;
    int statement_count;
    const JsonToken *inputs, *outputs, *topics, *properties, *expected, *post;
    const JsonToken *responses, *expected_error;
    Str config;         /* value of the property that says {CONFIG}; STR_NULL */
    bool query_suite;   /* responses: pull and push case */
    bool wait_for_push; /* inputs come while the push query runs */
} TestCase;

/* Calls `each` with every enabled expansion, in order. */
void case_each(CaseFile *f, void (*each)(void *ctx, const TestCase *c), void *ctx);

/* Walking tokens. */
const JsonToken *json_member(const JsonToken *object, const char *name); /* last one wins; NULL */
const JsonToken *json_member_str(const JsonToken *object, Str name);
static inline const JsonToken *json_first(const JsonToken *t)
{
    return t + 1;
}
/* The token behind this value; `root` is the token with index 0 of the same text. */
static inline const JsonToken *json_next(const JsonToken *root, const JsonToken *t)
{
    return root + t->next;
}
static inline bool json_is(const JsonToken *t, JsonKind kind)
{
    return t && t->kind == kind;
}
Str json_text_or(const JsonToken *t, const char *otherwise); /* a string's text */

#endif
