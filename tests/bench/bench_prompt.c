/* links: base */
/* bench_prompt.c: milliseconds from the start of a program to its prompt, on a terminal.
 *
 *     bench_prompt RUNS PROMPT COMMAND...
 *
 * One line per run. The program is left with the end of its input. */
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

enum { SEEN_BYTES = 1 << 16 };

/* Read until the prompt has come; false when the program ends before. */
static int wait_for(int fd, const char *prompt)
{
    static char seen[SEEN_BYTES + 1];
    size_t at = 0;
    for (;;) {
        ssize_t n = read(fd, seen + at, SEEN_BYTES - at);
        if (n <= 0 || (at += (size_t)n) == SEEN_BYTES)
            return 0;
        seen[at] = 0;
        if (strstr(seen, prompt))
            return 1;
    }
}

static double run_once(const char *prompt, char **command)
{
    int fd, status;
    char rest[4096];
    int64_t start = clock_monotonic_ns();
    pid_t pid = forkpty(&fd, NULL, NULL, NULL);
    if (pid == 0) {
        execvp(command[0], command);
        perror(command[0]);
        _exit(127);
    }
    int there = pid > 0 && wait_for(fd, prompt);
    double ms = (double)(clock_monotonic_ns() - start) / 1e6;
    if (pid > 0) {
        if (write(fd, "\x04", 1) == 1) /* Ctrl-D */
            while (read(fd, rest, sizeof rest) > 0)
                continue;
        close(fd);
        waitpid(pid, &status, 0);
    }
    return there ? ms : -1;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: bench_prompt RUNS PROMPT COMMAND...\n");
        return 2;
    }
    for (int i = 0; i < atoi(argv[1]); i++) {
        double ms = run_once(argv[2], argv + 3);
        if (ms < 0) {
            fprintf(stderr, "bench_prompt: no prompt '%s'\n", argv[2]);
            return 1;
        }
        printf("%.2f\n", ms);
    }
    return 0;
}
