/* crash_at.c: the process kills itself at a named point of a commit, for tests/crash.
 *
 * OXBOW_CRASH_AT=POINT:N in the environment means SIGKILL when the point is reached for the Nth
 * time. Unset, or not of that form, it does nothing: the engine is given no fault function at all.
 * The points are the engine_fault calls of engine/engine_commit.c and engine/unit_commit.c.
 *
 * Threads: points are reached on several; the count is atomic, the rest is set once before. */
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shell/shell_int.h"

static const char *wanted;
static size_t wanted_len;
static atomic_long left;

static void on_point(const char *point)
{
    if (strlen(point) == wanted_len && memcmp(point, wanted, wanted_len) == 0 &&
        atomic_fetch_sub(&left, 1) == 1)
        kill(getpid(), SIGKILL);
}

CrashPoint *shell_crash_at(void)
{
    const char *at = getenv("OXBOW_CRASH_AT"), *colon = at ? strchr(at, ':') : NULL;
    char *end;
    long n = colon ? strtol(colon + 1, &end, 10) : 0;
    if (n < 1 || *end)
        return NULL;
    wanted = at;
    wanted_len = (size_t)(colon - at);
    atomic_store(&left, n);
    return on_point;
}
