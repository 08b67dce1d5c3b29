/* catalog.h: what exists: streams, tables, types, queries, settings, variables.
 *
 * The Catalog is the shell thread's; it changes only there. Sources and queries are immutable
 * objects with a reference count: whoever keeps one over a statement takes a reference. Persistence
 * (catalog_load, catalog_save_*) is rows of the one file, written inside the caller's transaction.
 */
#ifndef OXBOW_CATALOG_CATALOG_H
#define OXBOW_CATALOG_CATALOG_H

#include "base/db.h"
#include "format/format.h"
#include "sql/ast.h"
#include "type/type.h"

typedef struct Catalog Catalog;

typedef struct CatalogSource {
    Str name;
    bool is_table;
    bool read_only; /* CREATE SOURCE */
    Schema *schema;
    Str topic;
    int partitions;
    FormatSpec key_format, value_format;
    bool wrap_given;      /* WRAP_SINGLE_VALUE was written */
    int timestamp_column; /* index into schema, -1: the record's time */
    Str timestamp_format;
    Str query_id;  /* of the CSAS/CTAS that writes it; STR_NULL for plain CREATE */
    Str statement; /* SQL that made it */
    int refs;
    Arena arena; /* holds all of the above */
} CatalogSource;

typedef enum QueryStatus { QUERY_RUNNING, QUERY_PAUSED, QUERY_FAILED } QueryStatus;

typedef struct CatalogQuery {
    Str id;        /* CSAS_X_1, CTAS_X_2, INSERTQUERY_3 */
    Str statement; /* SQL, as printed */
    Str plan;      /* the serialised plan: restart never plans again */
    Str sink;      /* name of the sink source */
    Str *sources;
    int source_count;
    QueryStatus status;
    int refs;
    Arena arena;
} CatalogQuery;

Catalog *catalog_new(void);
void catalog_free(Catalog *c);

CatalogSource *source_new(void); /* empty, with its arena */
CatalogSource *source_ref(CatalogSource *s);
void source_unref(CatalogSource *s);
CatalogQuery *query_new(void);
CatalogQuery *query_ref(CatalogQuery *q);
void query_unref(CatalogQuery *q);

CatalogSource *catalog_find_source(const Catalog *c, Str name); /* borrowed; NULL */
/* A source whose name differs only by case, for hints; NULL. */
CatalogSource *catalog_find_similar(const Catalog *c, Str name);
void catalog_put_source(Catalog *c, CatalogSource *s); /* takes the reference; replaces */
void catalog_drop_source(Catalog *c, Str name);
int catalog_source_count(const Catalog *c);
CatalogSource *catalog_source_at(const Catalog *c, int i); /* sorted by name */

CatalogQuery *catalog_find_query(const Catalog *c, Str id);
void catalog_put_query(Catalog *c, CatalogQuery *q);
void catalog_drop_query(Catalog *c, Str id);
int catalog_query_count(const Catalog *c);
CatalogQuery *catalog_query_at(const Catalog *c, int i); /* in creation order */

/* Types by name (types.c): CREATE TYPE, and what a column list or CAST means by its words. */
bool catalog_put_type(Catalog *c, Str name, const Type *t); /* copies; false: the name is taken */
bool catalog_drop_type(Catalog *c, Str name);
const Type *catalog_find_type(const Catalog *c, Str name); /* borrowed until dropped; NULL */
int catalog_type_count(const Catalog *c);
const Type *catalog_type_at(const Catalog *c, int i, Str *name);
/* A type as written, built-in and user names resolved; lives in `a`. `c` may be NULL. */
Rc catalog_resolve_type(const Catalog *c, Arena *a, const SqlType *t, const Type **out, Err *err);

/* Numbers that never come twice: statements (query ids), stores (physical tables). */
int64_t catalog_next_statement(Catalog *c);
int64_t catalog_next_store(Catalog *c);

/* Settings (settings.c): one row each. Session overrides over defaults; any `ksql.streams.` prefix
 * is dropped. */
typedef struct Setting {
    const char *name;
    enum { SETTING_STRING, SETTING_INT, SETTING_BOOL } type;
    const char *value; /* default; NULL: unset */
    int64_t min, max;
    const char *choices; /* STRING: what it may be, "a|b|c"; NULL: anything */
    bool ignored;        /* accepted from scripts, without effect; `help` says so */
    const char *help;
} Setting;
extern const Setting setting_table[];
extern const int setting_count;
const Setting *setting_find(Str name);
/* *before: the value in force until now (STR_NULL: none), valid until the next set or unset. A
 * setting that would protect something and is `ignored` fails with ERR_NOT_BUILT. */
Rc catalog_set(Catalog *c, Str name, Str value, Str *before, Err *err);
Rc catalog_unset(Catalog *c, Str name, Str *before, Err *err);
Str catalog_get(const Catalog *c, const char *name); /* override or default; STR_NULL if unset */
bool catalog_is_override(const Catalog *c, const char *name);
int64_t catalog_get_int(const Catalog *c, const char *name);
bool catalog_get_bool(const Catalog *c, const char *name);

void catalog_define(Catalog *c, Str name, Str value); /* variables, any case */
bool catalog_undefine(Catalog *c, Str name);
Str catalog_variable(const Catalog *c, Str name);
int catalog_variable_count(const Catalog *c);
Str catalog_variable_at(const Catalog *c, int i, Str *name);

/* Persistence. `load` makes the tables if they are missing and fills the catalog anew (sources,
 * queries, types, numbers; settings and variables stay). A damaged row is FATAL/ERR_CORRUPT. */
Rc catalog_load(Catalog *c, Db *db, Err *err);
Rc catalog_save_source(Db *db, const CatalogSource *s, Err *err);
Rc catalog_delete_source(Db *db, Str name, Err *err);
Rc catalog_save_query(Db *db, const CatalogQuery *q, Err *err);
Rc catalog_delete_query(Db *db, Str id, Err *err);
Rc catalog_save_type(Db *db, Str name, const Type *t, Err *err);
Rc catalog_delete_type(Db *db, Str name, Err *err);
Rc catalog_save_numbers(Db *db, const Catalog *c, Err *err);

#endif
