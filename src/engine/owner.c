/* owner.c: one process runs the queries of a file.
 *
 * The lock is an open-file-description lock on a side file; the kernel frees it when the process
 * dies, however it dies. The side file holds the owner's pid, for messages only. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/engine_int.h"

static long read_pid(int fd)
{
    char text[32] = {0};
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    return n > 0 ? atol(text) : 0;
}

Rc owner_lock(const char *path, int *out, Err *err)
{
    char side[4096];
    snprintf(side, sizeof side, "%s.lock", path);
    int fd = open(side, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set(err, ERR_KIND_FATAL, ERR_IO, "cannot open %s: %s", side, strerror(errno));
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
    if (fcntl(fd, F_OFD_SETLK, &lock) < 0) {
        long pid = read_pid(fd);
        close(fd);
        return err_set(
            err, ERR_KIND_USER, ERR_BUSY,
            "the queries of %s run in another oxbow (process %ld); stop that one, or use "
            "another file with -d",
            path, pid);
    }
    char text[32];
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) != n) {
        close(fd);
        return err_set(err, ERR_KIND_FATAL, ERR_IO, "cannot write %s: %s", side, strerror(errno));
    }
    *out = fd;
    return 0;
}

void owner_unlock(int fd)
{
    if (fd >= 0)
        close(fd);
}

bool engine_path_is_free(const char *path)
{
    Err ignored = ERR_INIT;
    int fd = -1;
    bool free = owner_lock(path, &fd, &ignored) == 0;
    owner_unlock(fd);
    return free;
}
