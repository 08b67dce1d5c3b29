/* session.h: statements against an engine: what the prompt, scripts and the test runner all run.
 *
 * A session belongs to the shell's thread. Results go to a ResultSink (a renderer, or the test
 * runner's collector) as batches; nothing here knows about terminals or files. */
#ifndef OXBOW_ENGINE_SESSION_H
#define OXBOW_ENGINE_SESSION_H

#include "engine/engine.h"
#include "sql/sql.h"

typedef struct Session Session;

typedef enum ResultKind {
    RESULT_ENTITIES, /* SHOW, DESCRIBE: a table of text */
    RESULT_ROWS,     /* a pull query */
    RESULT_CHANGES   /* a push query: rows of a stream, or changes of a table */
} ResultKind;

typedef struct ResultHead {
    ResultKind kind;
    const Schema *schema; /* of the batches, in the order of display */
    bool is_table;        /* CHANGES: rows with a NONE new side are deletes */
    const char *title;    /* ENTITIES with a title line, or NULL */
} ResultHead;

/* Where results go. `rows` may block (a slow terminal); an error ends the query. */
typedef struct ResultSink ResultSink;
struct ResultSink {
    Rc (*begin)(ResultSink *s, const ResultHead *head, Err *err);
    Rc (*rows)(ResultSink *s, const Batch *b, Err *err);
    /* `final`: Limit Reached, Query Completed, ...; NULL when there is none. */
    Rc (*end)(ResultSink *s, const char *final, Err *err);
    /* What a statement did, or something worth knowing; not a row. Text may hold newlines. */
    void (*note)(ResultSink *s, const char *text);
};

typedef struct SessionConfig {
    bool scripted; /* scripts end, run again unchanged, and are deterministic (cli.md) */
    bool follow;   /* push queries and PRINT go on past the present */
    const volatile int *cancel; /* Ctrl-C; may be NULL */
} SessionConfig;

Session *session_new(Engine *e, const SessionConfig *cfg);
void session_free(Session *s);
Engine *session_engine(Session *s);

/* Parse (after ${} substitution) and run statements one by one; stops at the first error. The
 * statements see the effects of those before them. *ran: how many were run whole. */
Rc session_run_text(Session *s, Str text, ResultSink *out, int *ran, Err *err);
/* One parsed statement. */
Rc session_run(Session *s, const SqlStatement *st, ResultSink *out, Err *err);
/* The text that err->span refers to (after substitution); valid until the next run. */
Str session_text(const Session *s);
/* Test mode: the topic exists and is said to have so many partitions (it has one). The first word
 * on a topic stands. */
Rc session_declare_topic(Session *s, Str name, int partitions, Err *err);
/* Drain what this session created or wrote into: the end of a script. */
Rc session_finish(Session *s, ResultSink *out, Err *err);

#endif
