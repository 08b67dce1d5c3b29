/* run_type.c: CREATE TYPE and DROP TYPE (statements.md 4.8): a name for a type, expanded where
 * used. */
#include "engine/session_int.h"

typedef struct TypeWrite {
    Str name;
    const Type *type; /* NULL: drop it */
} TypeWrite;

static Rc write_type(void *ctx, Db *db, Err *err)
{
    TypeWrite *w = ctx;
    return w->type ? catalog_save_type(db, w->name, w->type, err)
                   : catalog_delete_type(db, w->name, err);
}

Rc run_create_type(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    Catalog *c = engine_catalog(s->engine);
    TypeWrite w = {.name = st->name.text};
    if (catalog_find_type(c, w.name)) {
        if (!st->if_not_exists)
            return err_at(err, ERR_STATEMENT, st->name.span,
                          "Cannot register custom type '%.*s' since it is already registered with "
                          "another type",
                          STR_ARG(w.name));
        session_note(out, "%.*s is already registered", STR_ARG(w.name));
        return 0;
    }
    Rc rc = catalog_resolve_type(c, a, st->type, &w.type, err);
    if (!rc)
        rc = engine_write(s->engine, write_type, &w, err);
    if (rc)
        return rc;
    catalog_put_type(c, w.name, w.type);
    session_note(out, "Registered custom type with name '%.*s'", STR_ARG(w.name));
    return 0;
}

Rc run_drop_type(Session *s, const SqlStatement *st, Arena *a, ResultSink *out, Err *err)
{
    (void)a;
    Catalog *c = engine_catalog(s->engine);
    TypeWrite w = {.name = st->name.text};
    if (!catalog_find_type(c, w.name)) {
        if (!st->if_exists)
            return err_at(err, ERR_STATEMENT, st->name.span, "Type %.*s is not registered.",
                          STR_ARG(w.name));
        session_note(out, "Type '%.*s' does not exist", STR_ARG(w.name));
        return 0;
    }
    Rc rc = engine_write(s->engine, write_type, &w, err);
    if (rc)
        return rc;
    catalog_drop_type(c, w.name);
    session_note(out, "Dropped type '%.*s'", STR_ARG(w.name));
    return 0;
}
