/* config.c: the configuration file of -c: `name = value` lines, # comments.
 *
 * What SET knows becomes a setting of the session, before the first statement; any other name goes
 * to librdkafka, which refuses what it does not know. Secrets may stand here and nowhere else, and
 * then nobody but the owner may read the file. Some of librdkafka's settings run code, so a file
 * that belongs to somebody else is not read at all.
 *
 * Owns the text and the list of pairs that point into it, until config_fini. */
#include "shell/config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { CONFIG_BYTES_MAX = 1 << 16 };

/* Parts of names whose values are secret. */
static const char *const secret_words[] = {"password", "secret", "token", "pem", "jaas"};

static bool is_secret(const char *name)
{
    for (size_t i = 0; i < sizeof secret_words / sizeof *secret_words; i++)
        if (strcasestr(name, secret_words[i]))
            return true;
    return false;
}

static Rc usage(Err *err, const char *path, int line, const char *what)
{
    return err_set(err, ERR_KIND_USER, ERR_USAGE, "%s:%d: %s", path, line, what);
}

static Rc check_file(FILE *f, const char *path, bool *others_read, Err *err)
{
    struct stat st;
    if (fstat(fileno(f), &st) || !S_ISREG(st.st_mode))
        return err_set(err, ERR_KIND_USER, ERR_USAGE, "%s is not a regular file", path);
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return err_set(err, ERR_KIND_USER, ERR_USAGE,
                       "%s belongs to another user, and its settings may run programs", path);
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return err_set(err, ERR_KIND_USER, ERR_USAGE,
                       "others may write %s, and its settings may run programs; chmod 600 %s", path,
                       path);
    *others_read = (st.st_mode & (S_IRGRP | S_IROTH)) != 0;
    return 0;
}

/* In place: no blanks at either end. */
static char *trim(char *s)
{
    s += strspn(s, " \t");
    size_t n = strlen(s);
    while (n && strchr(" \t\r", s[n - 1]))
        s[--n] = 0;
    return s;
}

static Rc take_line(Config *c, const char *path, int number, char *line, bool others_read, Err *err)
{
    line = trim(line);
    if (!*line || *line == '#')
        return 0;
    char *eq = strchr(line, '=');
    if (!eq)
        return usage(err, path, number, "a line is 'name = value', or begins with #");
    *eq = 0;
    char *name = trim(line), *value = trim(eq + 1);
    if (!*name)
        return usage(err, path, number, "there is no name before '='");
    if (others_read && is_secret(name))
        return err_set(err, ERR_KIND_USER, ERR_USAGE,
                       "%s:%d: '%s' is a secret, and others may read the file; chmod 600 %s", path,
                       number, name, path);
    const char **pairs = mem_realloc(c->pairs, sizeof *pairs * (size_t)(c->count + 3));
    c->pairs = pairs;
    pairs[c->count++] = name;
    pairs[c->count++] = value;
    pairs[c->count] = NULL;
    return 0;
}

Rc config_read(Config *c, const char *path, Err *err)
{
    *c = (Config){0};
    FILE *f = fopen(path, "rb");
    bool others_read = false;
    if (!f)
        return err_set(err, ERR_KIND_USER, ERR_USAGE, "cannot read %s: %s", path, strerror(errno));
    c->text = mem_zalloc(CONFIG_BYTES_MAX + 1);
    Rc rc = check_file(f, path, &others_read, err);
    size_t n = rc ? 0 : fread(c->text, 1, CONFIG_BYTES_MAX + 1, f);
    fclose(f);
    if (n > CONFIG_BYTES_MAX || memchr(c->text, 0, n))
        return err_set(err, ERR_KIND_USER, ERR_USAGE, "%s is no configuration file: %s", path,
                       n > CONFIG_BYTES_MAX ? "it is longer than 64 KiB" : "it holds a NUL byte");
    int number = 0;
    for (char *at = c->text; at && *at && !rc;) {
        char *line = strsep(&at, "\n");
        rc = take_line(c, path, ++number, line, others_read, err);
    }
    return rc;
}

void config_fini(Config *c)
{
    mem_free(c->pairs);
    mem_free(c->text);
    mem_free(c->kafka);
    *c = (Config){0};
}

/* SET lists some of librdkafka's names too, so that statements can tune; from here they go where
 * they are used. */
static bool is_session_setting(const char *name)
{
    const Setting *s = setting_find(str_of(name));
    return s && strncmp(s->help, "librdkafka", strlen("librdkafka")) != 0;
}

const char *const *config_kafka(Config *c)
{
    mem_free(c->kafka);
    c->kafka = mem_zalloc(sizeof *c->kafka * (size_t)(c->count + 1));
    int n = 0;
    for (int i = 0; i < c->count; i += 2) {
        if (is_session_setting(c->pairs[i]))
            continue;
        c->kafka[n++] = c->pairs[i];
        c->kafka[n++] = c->pairs[i + 1];
    }
    return c->kafka;
}

Rc config_set(const Config *c, Catalog *catalog, Err *err)
{
    Rc rc = 0;
    for (int i = 0; i < c->count && !rc; i += 2) {
        Str before;
        if (is_session_setting(c->pairs[i]))
            rc = catalog_set(catalog, str_of(c->pairs[i]), str_of(c->pairs[i + 1]), &before, err);
    }
    return rc;
}
