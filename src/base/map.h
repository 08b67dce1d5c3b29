/* map.h: an unordered map from byte strings to pointers, for catalogs and name tables.
 *
 * Keys are copied in; values are the caller's. Not for the hot path (stores have their own table).
 * Iteration order is insertion order, so that everything printed from it is deterministic. */
#ifndef OXBOW_BASE_MAP_H
#define OXBOW_BASE_MAP_H

#include "base/str.h"

typedef struct Map Map;

Map *map_new(void);
void map_free(Map *m);

void *map_find(const Map *m, Str key); /* NULL when absent */
/* Returns the value that was there before, or NULL. value must not be NULL. */
void *map_put(Map *m, Str key, void *value);
void *map_take(Map *m, Str key); /* removes; returns the value or NULL */
int map_count(const Map *m);

/* for (int i = 0; i < map_count(m); i++) map_at(m, i, &key) */
void *map_at(const Map *m, int i, Str *key);

#endif
