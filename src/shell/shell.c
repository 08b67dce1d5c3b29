/* shell.c: which file, which mode, and how errors end the program. */
#include "shell/shell.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "shell/shell_int.h"

volatile int shell_cancel, shell_stop;

static void on_signal(int sig)
{
    shell_cancel = 1;
    if (sig != SIGINT)
        shell_stop = 1;
}

void shell_signals(void)
{
    struct sigaction sa = {.sa_handler = on_signal};
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGHUP, &sa, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* ---- where things live --------------------------------------------------------------------- */

/* mkdir -p of the folder a file is in. */
static void make_folders(const char *path)
{
    char dir[4096];
    snprintf(dir, sizeof dir, "%s", path);
    for (char *p = dir + 1; *p; p++)
        if (*p == '/') {
            *p = 0;
            mkdir(dir, 0700);
            *p = '/';
        }
}

/* The file of this run; "" is memory (cli.md, "Where things live"). */
/* With -b: state of this process, oxbow/APPID-N.db under the state folder, N the first free number.
 */
static void choose_state_path(char *out, size_t room, const Options *o)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    out[0] = 0;
    if (!o->app_id || (!(state && state[0]) && !(home && home[0])))
        return;
    for (int slot = 0; slot < 100; slot++) {
        if (state && state[0])
            snprintf(out, room, "%s/oxbow/%s-%d.db", state, o->app_id, slot);
        else
            snprintf(out, room, "%s/.local/state/oxbow/%s-%d.db", home, o->app_id, slot);
        make_folders(out);
        if (engine_path_is_free(out))
            return;
    }
}

static void choose_path(char *out, size_t room, const Options *o, bool scripted)
{
    if (o->bootstrap && !o->db) {
        choose_state_path(out, room, o);
        return;
    }
    const char *env = getenv("OXBOW_DB"), *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    out[0] = 0;
    for (int i = 0; i < o->arg_count && !o->command; i++) {
        size_t n = strlen(o->args[i]);
        if (n > 3 && strcmp(o->args[i] + n - 3, ".db") == 0)
            snprintf(out, room, "%s", o->args[i]);
    }
    if (o->db)
        snprintf(out, room, "%s", o->db);
    else if (!out[0] && env && env[0])
        snprintf(out, room, "%s", env);
    else if (!out[0] && !scripted && data && data[0])
        snprintf(out, room, "%s/oxbow/oxbow.db", data);
    else if (!out[0] && !scripted && home && home[0])
        snprintf(out, room, "%s/.local/share/oxbow/oxbow.db", home);
    if (strcmp(out, ":memory:") == 0)
        out[0] = 0;
}

static int terminal_columns(void)
{
    struct winsize w;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 20)
        return w.ws_col;
    return 0;
}

Rc shell_open(Shell *sh, const Options *o, bool scripted, bool driver, Err *err)
{
    *sh = (Shell){.options = o, .scripted = scripted};
    const char *name = o->output ? o->output : isatty(STDOUT_FILENO) ? "table" : "json";
    const RenderFormat *format = render_find(name);
    if (!format)
        return err_set(err, ERR_KIND_USER, ERR_USAGE, "unknown output format '%s' (table, json)",
                       name);
    Rc rc = o->config ? config_read(&sh->config, o->config, err) : 0;
    if (rc)
        return rc;
    choose_path(sh->path, sizeof sh->path, o, scripted);
    if (sh->path[0])
        make_folders(sh->path);
    EngineConfig cfg = {.path = sh->path[0] ? sh->path : NULL,
                        .driver = driver,
                        .bootstrap = o->bootstrap,
                        .app_id = o->app_id,
                        .kafka_conf = config_kafka(&sh->config),
                        .long_running = o->headless || (driver && !o->command),
                        .fault = shell_crash_at()};
    rc = engine_open(&cfg, &sh->engine, err);
    if (!rc)
        rc = config_set(&sh->config, engine_catalog(sh->engine), err);
    if (rc)
        return rc;
    bool prompt = driver && !o->headless;
    SessionConfig sc = {
        .scripted = scripted, .follow = o->follow || prompt, .cancel = &shell_cancel};
    sh->session = session_new(sh->engine, &sc);
    renderer_init(&sh->renderer, format, stdout, stderr);
    sh->renderer.quiet = o->quiet;
    sh->renderer.columns = terminal_columns();
    for (int i = 0; i < o->define_count; i++) {
        const Define *d = &o->defines[i];
        catalog_define(engine_catalog(sh->engine),
                       str_make(d->name, (size_t)(d->value - d->name - 1)), str_of(d->value));
    }
    return 0;
}

void shell_close(Shell *sh)
{
    session_free(sh->session);
    engine_close(sh->engine);
    config_fini(&sh->config);
    if (sh->renderer.rows)
        renderer_fini(&sh->renderer);
}

/* ---- errors -------------------------------------------------------------------------------- */

int shell_status(const Err *err)
{
    switch (err->code) {
    case ERR_NONE:
        return EXIT_DONE;
    case ERR_USAGE:
        return EXIT_WRONG_USAGE;
    case ERR_IO:
    case ERR_CORRUPT:
    case ERR_BUSY:
        return EXIT_UNREACHABLE;
    case ERR_INTERRUPTED:
        return shell_cancel ? EXIT_INTERRUPTED : EXIT_READER_GONE;
    default:
        return EXIT_FAILED;
    }
}

int shell_report(Shell *sh, const char *name, Str text, const Err *err)
{
    int status = shell_status(err);
    (void)sh;
    if (status == EXIT_READER_GONE)
        return status;
    Buf out;
    buf_init(&out);
    sql_print_error(&out, name, text, err);
    fflush(stdout);
    fwrite(out.ptr ? out.ptr : "", 1, out.len, stderr);
    if (out.len == 0 || out.ptr[out.len - 1] != '\n')
        fputc('\n', stderr);
    buf_fini(&out);
    return status;
}

Rc shell_read_file(const char *path, Buf *out, Err *err)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (!f)
        return err_set(err, ERR_KIND_USER, ERR_USAGE, "cannot read %s: %s", path, strerror(errno));
    size_t n;
    do {
        n = fread(buf_reserve(out, 65536), 1, 65536, f);
        out->len += n;
    } while (n > 0 && out->len <= LIMIT_SQL_BYTES);
    bool bad = ferror(f);
    if (f != stdin)
        fclose(f);
    if (bad)
        return err_set(err, ERR_KIND_USER, ERR_USAGE, "cannot read %s: %s", path, strerror(errno));
    return 0;
}

/* ---- modes --------------------------------------------------------------------------------- */

static bool is_scripted(const Options *o)
{
    for (int i = 0; i < o->input_count; i++)
        if (o->inputs[i].kind == INPUT_FILE)
            return true;
    for (int i = 0; i < o->arg_count; i++) {
        size_t n = strlen(o->args[i]);
        if (n <= 3 || strcmp(o->args[i] + n - 3, ".db") != 0)
            return true;
    }
    return o->input_count == 0 && !o->headless && !isatty(STDIN_FILENO);
}

int shell_main(const Options *o)
{
    Shell sh;
    Err err = ERR_INIT;
    shell_signals();
    bool scripted = is_scripted(o);
    bool batch = scripted || o->input_count > 0;
    bool prompt = !batch && !o->headless;
    if (shell_open(&sh, o, scripted, prompt || o->headless, &err)) {
        int status = shell_report(&sh, NULL, STR_LIT(""), &err);
        shell_close(&sh);
        return status;
    }
    int status = batch ? shell_batch(&sh) : EXIT_DONE;
    if (o->headless && status == EXIT_DONE)
        status = shell_headless(&sh);
    else if (o->headless && status == EXIT_INTERRUPTED && shell_stop)
        status = EXIT_DONE; /* SIGTERM while the script ran: as orderly an end as later */
    else if (prompt)
        status = shell_repl(&sh);
    shell_close(&sh);
    return status;
}
