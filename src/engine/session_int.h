/* session_int.h: what the files that run statements share. */
#ifndef OXBOW_ENGINE_SESSION_INT_H
#define OXBOW_ENGINE_SESSION_INT_H

#include "base/map.h"
#include "engine/session.h"

struct Session {
    Engine *engine;
    SessionConfig cfg;
    Buf text;      /* of the request, substituted */
    Map *declared; /* test mode: topic -> partitions, as a pointer-sized number */
    Map *touched;  /* topics that this session wrote, ids of queries it created: for the drain */
};

/* One statement kind: one row of the table in session.c. */
typedef Rc RunStatement(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err);

RunStatement run_query, run_push, run_create_source, run_create_as, run_insert_query,
    run_insert_values, run_drop_source, run_terminate, run_pause, run_resume, run_show, run_explain,
    run_set, run_unset, run_define, run_undefine, run_print, run_create_type, run_drop_type;

/* SELECT without EMIT over a stream, as planned by plan_pull. */
Rc run_stream_pull(Session *s, const SqlStatement *st, const PullPlan *pull, Arena *a,
                   ResultSink *out, Err *err);

static inline bool session_cancelled(const Session *s)
{
    return s->cfg.cancel && *s->cfg.cancel;
}
/* What planning may know of the outside. */
Rc session_world(Session *s, Arena *a, World *out, Err *err);
/* Make a topic unless it exists; in test mode also declare it. */
Rc session_make_topic(Session *s, Str name, int partitions, Err *err);
/* Wait for everything upstream of these queries (you read what you wrote), or of this topic. */
Rc session_drain_topic(Session *s, Str topic, ResultSink *out, Err *err);
Rc session_drain(Session *s, const Str *ids, int count, ResultSink *out, Err *err);
void session_touch(Session *s, Str what);
void session_note(ResultSink *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A table of text: add rows of strings, then send it. */
typedef struct TextTable {
    Arena *arena;
    Schema schema;
    Str *cells;
    int rows, cap;
} TextTable;
void text_table_init(TextTable *t, Arena *a, const char *const *columns, int count);
void text_table_add(TextTable *t, const Str *cells);
Rc text_table_send(TextTable *t, const char *title, ResultSink *out, Err *err);

#endif
