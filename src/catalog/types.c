/* types.c: what the words of a type mean: built-in names, constructors, and names made by CREATE
 * TYPE.
 *
 * Owns the user types, each in an arena of its own. A user type is expanded where it is used, so
 * dropping one never touches a schema that was made with it. */
#include "catalog/catalog_int.h"

#include "base/mem.h"

typedef struct UserType {
    Arena arena;
    const Type *type;
} UserType;

static void free_type(UserType *u)
{
    arena_fini(&u->arena);
    mem_free(u);
}

void catalog_clear_types(Catalog *c)
{
    for (int i = 0; i < map_count(c->types); i++)
        free_type(map_at(c->types, i, NULL));
    map_free(c->types);
    c->types = map_new();
}

bool catalog_put_type(Catalog *c, Str name, const Type *t)
{
    if (map_find(c->types, name))
        return false;
    UserType *u = MEM_NEW(UserType);
    arena_init(&u->arena, 256);
    u->type = type_copy(&u->arena, t);
    map_put(c->types, name, u);
    return true;
}

bool catalog_drop_type(Catalog *c, Str name)
{
    UserType *u = map_take(c->types, name);
    if (!u)
        return false;
    free_type(u);
    return true;
}

const Type *catalog_find_type(const Catalog *c, Str name)
{
    const UserType *u = map_find(c->types, name);
    return u ? u->type : NULL;
}

int catalog_type_count(const Catalog *c)
{
    return map_count(c->types);
}

const Type *catalog_type_at(const Catalog *c, int i, Str *name)
{
    return ((const UserType *)map_at(c->types, i, name))->type;
}

/* ---- from words to types --------------------------------------------------------------------- */

typedef struct Words {
    const Catalog *catalog;
    Arena *arena;
    Err *err;
} Words;

static Rc resolve(const Words *w, const SqlType *t, int depth, const Type **out);

static Rc resolve_decimal(const Words *w, const SqlType *t, const Type **out)
{
    if (t->arg_count != 2)
        return err_at(w->err, ERR_STATEMENT, t->span,
                      "DECIMAL takes a precision and a scale: DECIMAL(10, 2)");
    int64_t precision = t->args[0], scale = t->args[1];
    if (precision < 1)
        return err_at(w->err, ERR_STATEMENT, t->span,
                      "DECIMAL precision must be >= 1: DECIMAL(%lld,%lld)", (long long)precision,
                      (long long)scale);
    if (scale < 0 || scale > precision)
        return err_at(w->err, ERR_STATEMENT, t->span,
                      "DECIMAL scale must be between 0 and the precision: DECIMAL(%lld,%lld)",
                      (long long)precision, (long long)scale);
    if (precision > LIMIT_NUMBER_DIGITS)
        return err_at(w->err, ERR_LIMIT, t->span, "DECIMAL precision is limited to %d digits",
                      LIMIT_NUMBER_DIGITS);
    *out = type_decimal(w->arena, (int)precision, (int)scale);
    return 0;
}

static Rc resolve_name(const Words *w, const SqlType *t, const Type **out)
{
    if (str_eq_nocase(t->name.text, STR_LIT("DECIMAL")))
        return resolve_decimal(w, t, out);
    *out = type_find(t->name.text);
    if (*out)
        return 0;
    const Type *user = w->catalog ? catalog_find_type(w->catalog, t->name.text) : NULL;
    if (!user)
        return err_at(w->err, ERR_STATEMENT, t->span, "Cannot resolve unknown type: %.*s",
                      STR_ARG(t->name.text));
    *out = type_copy(w->arena, user);
    return 0;
}

static Rc resolve_struct(const Words *w, const SqlType *t, int depth, const Type **out)
{
    TypeField *fields = ARENA_ARRAY(w->arena, TypeField, t->field_count);
    for (int i = 0; i < t->field_count; i++) {
        fields[i].name = arena_str(w->arena, t->field_names[i].text);
        for (int j = 0; j < i; j++)
            if (str_eq(fields[i].name, fields[j].name))
                return err_at(w->err, ERR_STATEMENT, t->field_names[i].span,
                              "Duplicate field names found in STRUCT: '%.*s'",
                              STR_ARG(fields[i].name));
        Rc rc = resolve(w, t->field_types[i], depth + 1, &fields[i].type);
        if (rc)
            return rc;
    }
    *out = type_struct(w->arena, fields, t->field_count);
    return 0;
}

static Rc resolve(const Words *w, const SqlType *t, int depth, const Type **out)
{
    const Type *key = NULL, *elem = NULL;
    Rc rc = 0;
    if (depth > LIMIT_TYPE_DEPTH)
        return err_at(w->err, ERR_LIMIT, t->span, "the type is nested more than %d levels deep",
                      LIMIT_TYPE_DEPTH);
    switch (t->kind) {
    case SQLTYPE_NAME:
        return resolve_name(w, t, out);
    case SQLTYPE_STRUCT:
        return resolve_struct(w, t, depth, out);
    case SQLTYPE_ARRAY:
        rc = resolve(w, t->elem, depth + 1, &elem);
        if (!rc)
            *out = type_array(w->arena, elem);
        return rc;
    case SQLTYPE_MAP:
        rc = resolve(w, t->key, depth + 1, &key);
        if (!rc)
            rc = resolve(w, t->elem, depth + 1, &elem);
        if (!rc)
            *out = type_map(w->arena, key, elem);
        return rc;
    }
    return rc;
}

Rc catalog_resolve_type(const Catalog *c, Arena *a, const SqlType *t, const Type **out, Err *err)
{
    return resolve(&(Words){c, a, err}, t, 0, out);
}
