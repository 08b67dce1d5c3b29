/* options.c: the command line. One row per option: names, whether it takes a value, what it sets.
 */
#include "shell/options.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum OptionKind {
    OPT_FLAG,
    OPT_TEXT,
    OPT_INT,
    OPT_INPUT_TEXT,
    OPT_INPUT_FILE,
    OPT_DEFINE
} OptionKind;

typedef struct OptionRow {
    const char *shorter, *longer; /* either may be NULL */
    OptionKind kind;
    size_t at; /* offset in Options */
    const char *value, *help;
} OptionRow;

#define AT(field) offsetof(Options, field)

static const OptionRow option_table[] = {
    {"-d", "--db", OPT_TEXT, AT(db), "FILE", "the one file; ':memory:' for none (OXBOW_DB)"},
    {"-b", "--bootstrap", OPT_TEXT, AT(bootstrap), "LIST", "topics in Kafka instead of the file"},
    {NULL, "--app-id", OPT_TEXT, AT(app_id), "NAME",
     "instances of this name share the work (Kafka)"},
    {"-c", "--config", OPT_TEXT, AT(config), "FILE",
     "settings, librdkafka's among them; the place for secrets"},
    {"-e", "--execute", OPT_INPUT_TEXT, 0, "SQL", "run statements, then exit; may be repeated"},
    {"-f", "--file", OPT_INPUT_FILE, 0, "SCRIPT", "run a script, then exit ('-': standard input)"},
    {"-D", "--define", OPT_DEFINE, 0, "NAME=VALUE", "a variable for ${NAME}"},
    {NULL, "--headless", OPT_FLAG, AT(headless), NULL, "keep the queries running until SIGTERM"},
    {NULL, "--follow", OPT_FLAG, AT(follow), NULL, "push queries go on past the present"},
    {NULL, "--strict", OPT_FLAG, AT(strict), NULL, "status 4 if any record was skipped or late"},
    {"-o", "--output", OPT_TEXT, AT(output), "FORMAT", "table or json"},
    {NULL, "--plain", OPT_FLAG, AT(plain), NULL, "no cursor movement, boxes or colour"},
    {"-q", "--quiet", OPT_FLAG, AT(quiet), NULL, "rows and errors only"},
    {NULL, "--clock", OPT_TEXT, AT(clock), "MS", "fix the wall clock (tests)"},
    {NULL, "--filter", OPT_TEXT, AT(filter), "RE", "test: only ids that match"},
    {NULL, "--batch", OPT_INT, AT(batch), "N", "test: rows a batch may hold"},
    {"-j", NULL, OPT_INT, AT(jobs), "N", "test: cases side by side"},
    {NULL, "--json", OPT_FLAG, AT(json), NULL, "test: one object a line; produce: JSON records"},
    {NULL, "--create", OPT_FLAG, AT(create), NULL, "produce: make the topic if it is missing"},
    {"-K", NULL, OPT_TEXT, AT(separator), "SEP", "produce: what stands between key and value"},
    {"-F", NULL, OPT_FLAG, AT(tail), NULL, "print: go on with what comes"},
    {NULL, "--from", OPT_TEXT, AT(from), "OFFSET", "print: start there in every partition"},
    {NULL, "--until", OPT_TEXT, AT(until), "OFFSET", "print: stop before it"},
    {NULL, "--version", OPT_FLAG, AT(version), NULL, "print the version"},
    {"-h", "--help", OPT_FLAG, AT(help), NULL, "print this"},
};

static const char *const command_names[] = {"test", "produce", "print", "check", "backup", "reset"};

void options_help(void)
{
    puts("oxbow [OPTIONS] [FILE.sql | FILE.db ...]\n"
         "oxbow test [OPTIONS] PATH...       run test cases\n"
         "oxbow produce [OPTIONS] TOPIC [FILE]   write records, one a line\n"
         "oxbow print [OPTIONS] TOPIC        show the records of a topic\n");
    for (size_t i = 0; i < sizeof option_table / sizeof *option_table; i++) {
        const OptionRow *o = &option_table[i];
        char names[64];
        snprintf(names, sizeof names, "%s%s%s%s%s", o->shorter ? o->shorter : "    ",
                 o->shorter && o->longer ? ", " : "", o->longer ? o->longer : "",
                 o->value ? " " : "", o->value ? o->value : "");
        printf("  %-28s %s\n", names, o->help);
    }
}

/* The row a word names; *value: what stands behind '=' in a long option, or NULL. */
static const OptionRow *find_option(const char *word, const char **value)
{
    const char *eq = word[0] == '-' && word[1] == '-' ? strchr(word, '=') : NULL;
    size_t n = eq ? (size_t)(eq - word) : strlen(word);
    *value = eq ? eq + 1 : NULL;
    for (size_t i = 0; i < sizeof option_table / sizeof *option_table; i++) {
        const OptionRow *o = &option_table[i];
        if ((o->shorter && strcmp(o->shorter, word) == 0) ||
            (o->longer && strlen(o->longer) == n && memcmp(o->longer, word, n) == 0))
            return o;
    }
    return NULL;
}

static Rc add_input(Options *out, InputKind kind, const char *text, Err *err)
{
    if (out->input_count == OPTION_ITEMS_MAX)
        return err_set(err, ERR_KIND_USER, ERR_USAGE, "more than %d scripts", OPTION_ITEMS_MAX);
    out->inputs[out->input_count++] = (Input){kind, text};
    return 0;
}

static Rc add_define(Options *out, const char *text, Err *err)
{
    const char *eq = strchr(text, '=');
    if (!eq || eq == text || out->define_count == OPTION_ITEMS_MAX)
        return err_set(err, ERR_KIND_USER, ERR_USAGE, "-D wants NAME=VALUE, not '%s'", text);
    out->defines[out->define_count++] = (Define){text, eq + 1};
    return 0;
}

static Rc set_option(Options *out, const OptionRow *o, const char *value, Err *err)
{
    char *at = (char *)out + o->at;
    char *end;
    switch (o->kind) {
    case OPT_FLAG:
        *(bool *)at = true;
        return 0;
    case OPT_TEXT:
        memcpy(at, &value, sizeof value);
        return 0;
    case OPT_INT:
        *(int *)at = (int)strtol(value, &end, 10);
        if (*end || end == value || *(int *)at < 1)
            return err_set(err, ERR_KIND_USER, ERR_USAGE, "%s wants a positive number, not '%s'",
                           o->longer ? o->longer : o->shorter, value);
        return 0;
    case OPT_INPUT_TEXT:
        return add_input(out, INPUT_TEXT, value, err);
    case OPT_INPUT_FILE:
        return add_input(out, INPUT_FILE, value, err);
    case OPT_DEFINE:
        return add_define(out, value, err);
    }
    return 0;
}

static bool is_command(const char *word)
{
    for (size_t i = 0; i < sizeof command_names / sizeof *command_names; i++)
        if (strcmp(word, command_names[i]) == 0)
            return true;
    return false;
}

Rc options_parse(int argc, char **argv, Options *out, Err *err)
{
    bool only_words = false;
    *out = (Options){0};
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *value = NULL;
        if (only_words || word[0] != '-' || !word[1]) {
            if (!out->command && out->arg_count == 0 && !only_words && is_command(word))
                out->command = word;
            else if (out->arg_count < (int)(sizeof out->args / sizeof *out->args))
                out->args[out->arg_count++] = word;
            continue;
        }
        if (strcmp(word, "--") == 0) {
            only_words = true;
            continue;
        }
        const OptionRow *o = find_option(word, &value);
        if (!o)
            return err_set(err, ERR_KIND_USER, ERR_USAGE, "unknown option '%s'; see oxbow --help",
                           word);
        if (o->kind != OPT_FLAG && !value && i + 1 < argc)
            value = argv[++i];
        if (o->kind != OPT_FLAG && !value)
            return err_set(err, ERR_KIND_USER, ERR_USAGE, "%s wants a value (%s)", word, o->value);
        if (o->kind == OPT_FLAG && value)
            return err_set(err, ERR_KIND_USER, ERR_USAGE, "%s takes no value", o->longer);
        Rc rc = set_option(out, o, value, err);
        if (rc)
            return rc;
    }
    return 0;
}
