/* shell.h: what the program does for a person or a script: the prompt, batch runs, produce, print.
 *
 * Everything here runs on the main thread. Functions return the exit status of the program
 * (man/oxbow.1): they have printed their errors already. */
#ifndef OXBOW_SHELL_SHELL_H
#define OXBOW_SHELL_SHELL_H

#include "shell/options.h"

typedef enum ExitStatus {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_WRONG_USAGE = 2,
    EXIT_UNREACHABLE = 3,
    EXIT_NOT_CLEAN = 4,
    EXIT_INTERRUPTED = 130,
    EXIT_READER_GONE = 141
} ExitStatus;

/* Scripts, -e, --headless, or the prompt, as the options say. */
int shell_main(const Options *o);
int shell_produce(const Options *o);
int shell_print(const Options *o);

#endif
