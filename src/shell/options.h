/* options.h: the command line (man/oxbow.1), read once into one struct. */
#ifndef OXBOW_SHELL_OPTIONS_H
#define OXBOW_SHELL_OPTIONS_H

#include "base/err.h"

typedef enum InputKind { INPUT_TEXT, INPUT_FILE } InputKind;

typedef struct Input { /* -e TEXT or -f FILE, in the order given */
    InputKind kind;
    const char *text;
} Input;

typedef struct Define { /* -D NAME=VALUE */
    const char *name, *value;
} Define;

enum { OPTION_ITEMS_MAX = 64 };

typedef struct Options {
    const char *db;        /* -d; NULL: not given */
    const char *bootstrap; /* -b */
    const char *app_id;
    const char *config;    /* -c */
    const char *output; /* -o; NULL: table on a terminal, json else */
    Input inputs[OPTION_ITEMS_MAX];
    int input_count;
    Define defines[OPTION_ITEMS_MAX];
    int define_count;
    bool headless, follow, strict, check, plain, quiet, verbose, safe, help, version;
    const char *command;      /* test, produce, print, check, backup, reset; NULL: none */
    const char *clock;        /* --clock */
    int jobs, batch;          /* oxbow test: -j, --batch */
    bool json;                /* oxbow test, produce: --json */
    bool create;              /* produce */
    const char *separator;    /* produce -K */
    const char *filter;       /* oxbow test --filter */
    bool tail;                /* print -F */
    const char *from, *until; /* print */
    const char *args[1024];   /* positional, behind a command or files */
    int arg_count;
} Options;

/* Fails with ERR_USAGE and a text that names the word. Strings point into argv. */
Rc options_parse(int argc, char **argv, Options *out, Err *err);
void options_help(void); /* to stdout */

#endif
