/* run_set.c: SET, UNSET, DEFINE, UNDEFINE: session properties and variables
 * (statements.md 1.5, 13.3). */
#include "engine/session_int.h"

Rc run_set(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    (void)a;
    Str before;
    Rc rc = catalog_set(engine_catalog(s->engine), st->key, st->value, &before, err);
    if (rc)
        return rc;
    if (before.ptr)
        session_note(out, "Successfully changed local property '%.*s' from '%.*s' to '%.*s'.",
                     STR_ARG(st->key), STR_ARG(before), STR_ARG(st->value));
    else
        session_note(out,
                     "Successfully changed local property '%.*s' to '%.*s'. Use the UNSET command "
                     "to revert your change.",
                     STR_ARG(st->key), STR_ARG(st->value));
    return 0;
}

Rc run_unset(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    (void)a;
    Str before;
    Rc rc = catalog_unset(engine_catalog(s->engine), st->key, &before, err);
    if (!rc)
        session_note(out, "Successfully unset local property '%.*s' (value was '%.*s').",
                     STR_ARG(st->key), STR_ARG(before));
    return rc;
}

Rc run_define(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    (void)a, (void)out, (void)err;
    catalog_define(engine_catalog(s->engine), st->key, st->value);
    return 0;
}

Rc run_undefine(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    (void)a, (void)err;
    if (!catalog_undefine(engine_catalog(s->engine), st->key))
        session_note(out, "Cannot undefine variable '%.*s' which was never defined.",
                     STR_ARG(st->key));
    return 0;
}
