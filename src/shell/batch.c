/* batch.c: scripts and one-shot statements: run in order, drain, report, end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "shell/shell_int.h"

static int run_text(Shell *sh, const char *name, Str text)
{
    Err err = ERR_INIT;
    int ran;
    if (!session_run_text(sh->session, text, &sh->renderer.sink, &ran, &err))
        return shell_cancel ? EXIT_INTERRUPTED : EXIT_DONE;
    int status = shell_report(sh, name, session_text(sh->session), &err);
    if (ran > 0 && !sh->options->quiet)
        fprintf(stderr, "%d statement%s before it took effect.\n", ran, ran == 1 ? "" : "s");
    return status;
}

static int run_file(Shell *sh, const char *path)
{
    Buf text;
    Err err = ERR_INIT;
    buf_init(&text);
    int status;
    if (shell_read_file(path, &text, &err))
        status = shell_report(sh, NULL, STR_LIT(""), &err);
    else
        status = run_text(sh, strcmp(path, "-") == 0 ? "stdin" : path, buf_str(&text));
    buf_fini(&text);
    return status;
}

/* -e TEXT: the last ';' is optional. */
static int run_execute(Shell *sh, const char *text)
{
    Buf b;
    buf_init(&b);
    buf_puts(&b, text);
    if (sql_complete(buf_str(&b)) == SQL_INCOMPLETE)
        buf_puts(&b, "\n;");
    int status = run_text(sh, "-e", buf_str(&b));
    buf_fini(&b);
    return status;
}

static bool is_database(const char *path)
{
    size_t n = strlen(path);
    return n > 3 && strcmp(path + n - 3, ".db") == 0;
}

/* Did a query of this run die, or (--strict) refuse records? */
static int final_status(Shell *sh, int status)
{
    Catalog *c = engine_catalog(sh->engine);
    uint64_t refused = 0;
    for (int i = 0; i < catalog_query_count(c); i++) {
        QueryReport r;
        Str id = catalog_query_at(c, i)->id;
        if (!engine_query_report(sh->engine, id, &r))
            continue;
        for (int k = 0; k < REASON_COUNT; k++)
            refused += k == REASON_VALUE_FAILED ? 0 : r.stats.refused[k];
        if (r.status == QUERY_FAILED) {
            fprintf(stderr, "query %.*s has failed: %s\n", STR_ARG(id), r.why);
            status = status ? status : EXIT_FAILED;
        }
    }
    if (refused && !sh->options->quiet)
        fprintf(stderr, "%llu record%s skipped or late; see the ledger\n",
                (unsigned long long)refused, refused == 1 ? " was" : "s were");
    return status == EXIT_DONE && refused && sh->options->strict ? EXIT_NOT_CLEAN : status;
}

int shell_batch(Shell *sh)
{
    const Options *o = sh->options;
    int status = EXIT_DONE;
    bool any = o->input_count > 0;
    for (int i = 0; i < o->input_count && status == EXIT_DONE; i++)
        status = o->inputs[i].kind == INPUT_TEXT ? run_execute(sh, o->inputs[i].text)
                                                 : run_file(sh, o->inputs[i].text);
    for (int i = 0; i < o->arg_count && status == EXIT_DONE; i++)
        if (!is_database(o->args[i])) {
            any = true;
            status = run_file(sh, o->args[i]);
        }
    if (!any && !o->headless && !isatty(STDIN_FILENO))
        status = run_file(sh, "-");
    if (status != EXIT_DONE || o->headless)
        return status;
    Err err = ERR_INIT;
    if (session_finish(sh->session, &sh->renderer.sink, &err))
        return shell_report(sh, NULL, STR_LIT(""), &err);
    return final_status(sh, status);
}

int shell_headless(Shell *sh)
{
    Err err = ERR_INIT;
    if (!sh->path[0]) {
        err_set(&err, ERR_KIND_USER, ERR_USAGE, "--headless needs a file: -d FILE");
        return shell_report(sh, NULL, STR_LIT(""), &err);
    }
    if (engine_own(sh->engine, &err))
        return shell_report(sh, NULL, STR_LIT(""), &err);
    if (!sh->options->quiet)
        fprintf(stderr, "running %d quer%s of %s; SIGTERM ends it\n",
                catalog_query_count(engine_catalog(sh->engine)),
                catalog_query_count(engine_catalog(sh->engine)) == 1 ? "y" : "ies", sh->path);
    while (!shell_cancel)
        clock_sleep_ms(50);
    return EXIT_DONE;
}
