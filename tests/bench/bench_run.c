/* links: base */
/* bench_run.c: runs a command and says what it took.
 *
 *     bench_run OUT COMMAND...
 *
 * OUT gets one line: seconds of wall time, seconds of user and system time, the largest resident
 * memory in KiB, the exit status. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
    int status;
    struct rusage used;
    if (argc < 3) {
        fprintf(stderr, "usage: bench_run OUT COMMAND...\n");
        return 2;
    }
    int64_t start = clock_monotonic_ns();
    pid_t pid = fork();
    if (pid == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &used) != pid) {
        perror("bench_run");
        return 1;
    }
    double wall = (double)(clock_monotonic_ns() - start) / 1e9;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    FILE *out = fopen(argv[1], "w");
    if (!out) {
        perror(argv[1]);
        return 1;
    }
    fprintf(out, "%.4f %.4f %ld %d\n", wall, seconds(used.ru_utime) + seconds(used.ru_stime),
            used.ru_maxrss, code);
    fclose(out);
    return code;
}
