/* main.c: the program: read the command line, go where it says. */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "shell/options.h"
#include "shell/shell.h"
#include "test/test.h"

typedef struct Command {
    const char *name;
    int (*run)(const Options *o);
} Command;

static int run_test(const Options *o)
{
    TestConfig cfg = {.paths = o->args,
                      .path_count = o->arg_count,
                      .filter = o->filter,
                      .batch = o->batch,
                      .json = o->json,
                      .jobs = o->jobs};
    return test_main(&cfg);
}

static const Command commands[] = {
    {"test", run_test},
    {"produce", shell_produce},
    {"print", shell_print},
};

/* Generations and commits come and go several times a second: memory that was given back to the
 * system each time would be cleared by it each time. */
static void keep_memory(void)
{
    mallopt(M_MMAP_THRESHOLD, 64 << 20);
    mallopt(M_TRIM_THRESHOLD, 128 << 20);
}

int main(int argc, char **argv)
{
    keep_memory();
    Options o;
    Err err = ERR_INIT;
    if (options_parse(argc, argv, &o, &err)) {
        fprintf(stderr, "oxbow: %s\n", err.text);
        return EXIT_WRONG_USAGE;
    }
    if (o.help) {
        options_help();
        return EXIT_DONE;
    }
    if (o.version) {
        printf("oxbow %s\n", OXBOW_VERSION);
        return EXIT_DONE;
    }
    for (size_t i = 0; o.command && i < sizeof commands / sizeof *commands; i++)
        if (strcmp(o.command, commands[i].name) == 0)
            return commands[i].run(&o);
    if (o.command) {
        fprintf(stderr, "oxbow: not built yet: oxbow %s\n", o.command);
        return EXIT_FAILED;
    }
    return shell_main(&o);
}
