/* shell_int.h: what the files of the shell share. */
#ifndef OXBOW_SHELL_SHELL_INT_H
#define OXBOW_SHELL_SHELL_INT_H

#include "engine/session.h"
#include "shell/config.h"
#include "shell/render.h"
#include "shell/shell.h"

typedef struct Shell {
    const Options *options;
    Engine *engine;
    Session *session;
    Renderer renderer;
    Config config;   /* of -c */
    char path[4096]; /* of the file; "" in memory */
    bool scripted;
} Shell;

/* Ctrl-C, SIGTERM: looked at by everything that may take long. */
extern volatile int shell_cancel;
extern volatile int shell_stop; /* SIGTERM, SIGHUP */
void shell_signals(void);

Rc shell_open(Shell *sh, const Options *o, bool scripted, bool driver, Err *err);
void shell_close(Shell *sh);
/* Print an error with its place, and give the status it ends the program with. `name`: of the
 * script, or NULL; `text`: what err->span refers to. */
int shell_report(Shell *sh, const char *name, Str text, const Err *err);
int shell_status(const Err *err);
Rc shell_read_file(const char *path, Buf *out, Err *err);

/* What the engine calls at its fault points: NULL unless a crash test asks for one (crash_at.c). */
typedef void CrashPoint(const char *point);
CrashPoint *shell_crash_at(void);

int shell_batch(Shell *sh);
int shell_headless(Shell *sh);
int shell_repl(Shell *sh);

#endif
