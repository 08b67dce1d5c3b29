/* config.h: the configuration file of -c. See config.c. */
#ifndef OXBOW_SHELL_CONFIG_H
#define OXBOW_SHELL_CONFIG_H

#include "catalog/catalog.h"

typedef struct Config {
    char *text;
    const char **pairs; /* name, value, ..., NULL; into text. May be NULL */
    int count;          /* of both together */
    const char **kafka;
} Config;

/* Zeroed is empty. After a failure, which names file and line but never a value, config_fini it. */
Rc config_read(Config *c, const char *path, Err *err);
void config_fini(Config *c);

/* What is librdkafka's: name, value, ..., NULL. Good until config_fini. */
const char *const *config_kafka(Config *c);
/* The rest becomes settings of the session. */
Rc config_set(const Config *c, Catalog *catalog, Err *err);

#endif
