/* repl.c: the prompt; the one door to readline.
 *
 * Lines collect until the text ends in ';' (sql_complete); a first line may instead be a word of
 * the terminal (backslash commands, exit). Ctrl-C ends what runs and gives the prompt back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "base/clock.h"
#include "shell/shell_int.h"

enum { HISTORY_LINES = 5000 };

typedef struct Repl {
    Shell *sh;
    Buf text; /* the statement so far */
    bool leave;
    char history[4096];
} Repl;

/* ---- commands of the terminal -------------------------------------------------------------- */

typedef struct ReplCommand {
    const char *word, *back; /* as a whole line, and its backslash form */
    void (*run)(Repl *r, const char *rest);
    const char *help;
} ReplCommand;

static void run_exit(Repl *r, const char *rest)
{
    (void)rest;
    r->leave = true;
}

static void run_help(Repl *r, const char *rest);

static void run_output(Repl *r, const char *rest)
{
    char name[32] = {0};
    for (size_t i = 0; rest[i] && rest[i] != ';' && i < sizeof name - 1; i++)
        name[i] = (char)(rest[i] >= 'A' && rest[i] <= 'Z' ? rest[i] + 32 : rest[i]);
    const RenderFormat *f = render_find(strcmp(name, "tabular") == 0 ? "table" : name);
    if (!name[0])
        printf("Current output format: %s\n", r->sh->renderer.format->name);
    else if (!f)
        printf("Invalid output format: '%s' (valid formats: TABULAR, JSON)\n", name);
    else
        r->sh->renderer.format = f;
}

static void run_sql(Repl *r, const char *sql)
{
    Err err = ERR_INIT;
    int ran;
    if (session_run_text(r->sh->session, str_of(sql), &r->sh->renderer.sink, &ran, &err))
        shell_report(r->sh, NULL, session_text(r->sh->session), &err);
}

static void run_describe(Repl *r, const char *rest)
{
    if (!rest[0]) {
        run_sql(r, "SHOW STREAMS; SHOW TABLES;");
        return;
    }
    Buf b;
    buf_init(&b);
    buf_printf(&b, "DESCRIBE %s;", rest);
    run_sql(r, buf_cstr(&b));
    buf_fini(&b);
}

static void run_version(Repl *r, const char *rest)
{
    (void)r, (void)rest;
    printf("oxbow %s\n", OXBOW_VERSION);
}

static const ReplCommand command_table[] = {
    {"help", "\\?", run_help, "this"},
    {"exit", "\\q", run_exit, "leave"},
    {"quit", NULL, run_exit, "leave"},
    {"output", "\\o", run_output, "output [TABULAR|JSON]"},
    {"version", "\\v", run_version, "which oxbow this is"},
    {NULL, "\\d", run_describe, "\\d [NAME]: what there is, or what it is"},
};

static void run_help(Repl *r, const char *rest)
{
    (void)r, (void)rest;
    for (size_t i = 0; i < sizeof command_table / sizeof *command_table; i++) {
        const ReplCommand *c = &command_table[i];
        printf("  %-8s %-4s %s\n", c->word ? c->word : "", c->back ? c->back : "", c->help);
    }
    printf(
        "Statements end in ';'. SHOW FUNCTIONS, SHOW STREAMS, SHOW TABLES, SHOW QUERIES, DESCRIBE "
        "name, EXPLAIN query; man oxbow-sql.\n");
}

/* Does the line start with the word, whole? *rest: what follows. */
static bool starts_with(const char *line, const char *word, const char **rest)
{
    size_t n = word ? strlen(word) : 0;
    if (!n || strncasecmp(line, word, n) != 0)
        return false;
    char after = line[n];
    if (after && after != ' ' && after != ';' && after != '\t')
        return false;
    *rest = line + n + strspn(line + n, " \t;");
    return true;
}

static bool run_command(Repl *r, const char *line)
{
    const char *rest;
    line += strspn(line, " \t");
    for (size_t i = 0; i < sizeof command_table / sizeof *command_table; i++)
        if (starts_with(line, command_table[i].word, &rest) ||
            starts_with(line, command_table[i].back, &rest)) {
            command_table[i].run(r, rest);
            return true;
        }
    if (line[0] != '\\')
        return false;
    printf("no command '%s'; \\? lists them\n", line);
    return true;
}

/* ---- lines --------------------------------------------------------------------------------- */

static void open_history(Repl *r)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (state && state[0])
        snprintf(r->history, sizeof r->history, "%s/oxbow/history", state);
    else if (home && home[0])
        snprintf(r->history, sizeof r->history, "%s/.local/state/oxbow/history", home);
    else
        return;
    for (char *p = r->history + 1; *p; p++)
        if (*p == '/') {
            *p = 0;
            mkdir(r->history, 0700);
            *p = '/';
        }
    using_history();
    stifle_history(HISTORY_LINES);
    read_history(r->history);
}

static void remember(Repl *r, const char *text)
{
    if (!text[0] || text[0] == ' ')
        return;
    add_history(text);
    if (!r->history[0])
        return;
    mode_t mask = umask(0077);
    if (append_history(1, r->history) != 0)
        write_history(r->history);
    umask(mask);
}

static void run_statement(Repl *r)
{
    Err err = ERR_INIT;
    int ran;
    shell_cancel = 0;
    char *text = strdup(buf_cstr(&r->text));
    remember(r, text);
    if (session_run_text(r->sh->session, str_of(text), &r->sh->renderer.sink, &ran, &err))
        shell_report(r->sh, NULL, session_text(r->sh->session), &err);
    free(text);
    shell_cancel = 0;
    buf_reset(&r->text);
}

/* Ctrl-C while a line is typed: drop it. */
static int on_signal_event(void)
{
    if (shell_cancel) {
        rl_replace_line("", 0);
        rl_done = 1;
    }
    return 0;
}

static void take_line(Repl *r, const char *line)
{
    if (shell_cancel) {
        shell_cancel = 0;
        buf_reset(&r->text);
        printf("\n");
        return;
    }
    if (r->text.len == 0 && run_command(r, line))
        return;
    if (r->text.len)
        buf_putc(&r->text, '\n');
    buf_puts(&r->text, line);
    SqlComplete done = sql_complete(buf_str(&r->text));
    if (done == SQL_COMPLETE)
        run_statement(r);
    else if (done == SQL_EMPTY)
        buf_reset(&r->text);
}

static void greet(Shell *sh)
{
    Catalog *c = engine_catalog(sh->engine);
    int tables = 0;
    for (int i = 0; i < catalog_source_count(c); i++)
        tables += catalog_source_at(c, i)->is_table;
    printf("oxbow %s  %s: %d streams, %d tables, %d queries%s  (help, exit)\n", OXBOW_VERSION,
           sh->path[0] ? sh->path : "in memory", catalog_source_count(c) - tables, tables,
           catalog_query_count(c), engine_is_owner(sh->engine) ? ", run here" : "");
}

static void say_goodbye(Shell *sh)
{
    int n = catalog_query_count(engine_catalog(sh->engine));
    if (n == 0 || !engine_is_owner(sh->engine) || !sh->path[0])
        return;
    printf(
        "%d quer%s stop%s here and go%s on from the last commit when oxbow next opens %s; to keep "
        "%s running: oxbow --headless -d %s\n",
        n, n == 1 ? "y" : "ies", n == 1 ? "s" : "", n == 1 ? "es" : "", sh->path,
        n == 1 ? "it" : "them", sh->path);
}

int shell_repl(Shell *sh)
{
    Repl r = {.sh = sh};
    Err err = ERR_INIT;
    buf_init(&r.text);
    if (catalog_query_count(engine_catalog(sh->engine)) && engine_own(sh->engine, &err))
        fprintf(stderr, "%s\n", err.text);
    greet(sh);
    open_history(&r);
    rl_catch_signals = 0;
    rl_signal_event_hook = on_signal_event;
    while (!r.leave && !shell_stop) {
        char *line = readline(r.text.len ? "   ...> " : "oxbow> ");
        if (!line)
            break;
        take_line(&r, line);
        free(line);
    }
    if (!r.leave)
        printf("\n");
    say_goodbye(sh);
    buf_fini(&r.text);
    return EXIT_DONE;
}
