/* catalog_int.h: the catalog's own memory, shared by the files of this folder. */
#ifndef OXBOW_CATALOG_CATALOG_INT_H
#define OXBOW_CATALOG_CATALOG_INT_H

#include "base/limits.h"
#include "base/map.h"
#include "catalog/catalog.h"

struct Catalog {
    CatalogSource **sources; /* sorted by name */
    int source_count, source_cap;
    CatalogQuery **queries; /* in creation order */
    int query_count, query_cap;
    Map *overrides; /* setting name -> text, ours */
    Map *variables; /* name in lower case -> text, ours */
    Map *types;     /* name -> UserType, ours (types.c) */
    Buf before;     /* what catalog_set hands out as the value before */
    int64_t next_statement, next_store;
};

/* Forget sources, queries and types (what the file says); settings and variables stay. */
void catalog_clear(Catalog *c);
void catalog_clear_types(Catalog *c);
/* A name in lower case, cut to `cap`; and a copy on the heap. */
char *catalog_fold(char *out, size_t cap, Str name);
char *catalog_copy_text(Str s);

#endif
