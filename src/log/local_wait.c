/* local_wait.c: waiting until something was committed to the embedded log, without polling.
 *
 * A Log counts the commits it hears of. A waiting thread sleeps while that count is the one it saw
 * when it last came back from a wait; so a commit between its last read and its wait is not missed,
 * and the very first wait of a thread returns at once. Commits are heard of
 *
 *   - from this process's appends and from log_wake, directly;
 *   - from anybody's commit to the file, through inotify on the WAL, confirmed by data_version.
 *
 * The kernel reports the write to the WAL before SQLite makes the commit visible (an fsync lies
 * between). So after a report without a new data_version the watcher looks again at growing
 * intervals, for a few seconds; with no write to the WAL it does nothing at all.
 *
 * Owns the watcher thread, started by the first wait on a file, and its connection. Databases in
 * memory have no WAL: there only appends and log_wake count, and whoever commits a transaction with
 * txn_append in it calls log_wake afterwards.
 *
 * Threads: any number may wait at once. */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <time.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "log/local_int.h"

enum {
    SETTLE_MS = 1,          /* lets the reports of one transaction come together */
    LOOK_AGAIN_MS_MAX = 128, /* longest interval of looking again after a report */
    LOOK_AGAIN_MS = 5000    /* and for how long: far more than an fsync takes */
};

struct LocalWatch {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_key_t seen; /* per thread: the count at its last return, as a pointer */
    uint64_t count;     /* of commits heard of; guarded by lock */
    bool started;       /* the thread; guarded by lock */
    pthread_t thread;
    Db *db;          /* the thread's */
    int64_t version; /* of the data, read before the first wait returned */
    int stop; /* eventfd that ends the thread */
    int notify;
    char *wal;
};

LocalWatch *local_watch_new(void)
{
    LocalWatch *w = MEM_NEW(LocalWatch);
    pthread_condattr_t attr;
    if (pthread_key_create(&w->seen, NULL))
        mem_die("too many logs are open to wait for", 0);
    w->count = 1; /* a thread that has never waited has seen 0 */
    w->stop = w->notify = -1;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->changed, &attr);
    pthread_condattr_destroy(&attr);
    return w;
}

static void close_handles(LocalWatch *w)
{
    if (w->stop >= 0)
        close(w->stop);
    if (w->notify >= 0)
        close(w->notify);
    w->stop = w->notify = -1;
    db_close(w->db);
    w->db = NULL;
    mem_free(w->wal);
    w->wal = NULL;
}

void local_watch_free(LocalWatch *w)
{
    if (!w)
        return;
    if (w->started) {
        uint64_t one = 1;
        while (write(w->stop, &one, sizeof one) < 0 && errno == EINTR)
            ;
        pthread_join(w->thread, NULL);
    }
    close_handles(w);
    pthread_key_delete(w->seen);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    mem_free(w);
}

static void hear(LocalWatch *w)
{
    pthread_mutex_lock(&w->lock);
    w->count++;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

void local_wake(Log *log) { hear(((LocalLog *)log)->watch); }

/* ---- the watcher ------------------------------------------------------------------------------ */

/* The WAL is there as long as a connection is open that has read; the watcher's own is one. */
static int watch_wal(LocalWatch *w)
{
    return inotify_add_watch(w->notify, w->wal, IN_MODIFY | IN_DELETE_SELF | IN_MOVE_SELF);
}

/* Swallow the reports; true when the WAL itself was replaced and must be watched anew. */
static bool drain_reports(int fd)
{
    char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    bool replaced = false;
    ssize_t n;
    while ((n = read(fd, buf, sizeof buf)) > 0)
        for (ssize_t at = 0; at < n;) {
            const struct inotify_event *e = (const struct inotify_event *)(buf + at);
            replaced |= (e->mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)) != 0;
            at += (ssize_t)(sizeof *e + e->len);
        }
    return replaced;
}

static void *watch_main(void *arg)
{
    LocalWatch *w = arg;
    struct pollfd fds[] = {{.fd = w->stop, .events = POLLIN}, {.fd = w->notify, .events = POLLIN}};
    int64_t version = w->version;
    int again_ms = 1; /* the first look may already be late */
    int64_t until_ns = 0;

    for (;;) {
        int n = poll(fds, 2, again_ms ? again_ms : -1);
        if (fds[0].revents)
            return NULL;
        if (n > 0 && fds[1].revents) {
            clock_sleep_ms(SETTLE_MS);
            if (drain_reports(w->notify))
                watch_wal(w);
            again_ms = 1;
            until_ns = clock_monotonic_ns() + LOOK_AGAIN_MS * INT64_C(1000000);
        } else if (again_ms && clock_monotonic_ns() > until_ns) {
            again_ms = 0;
        } else if (again_ms) {
            again_ms = again_ms < LOOK_AGAIN_MS_MAX ? 2 * again_ms : LOOK_AGAIN_MS_MAX;
        }
        int64_t now = db_data_version(w->db);
        if (now != version) {
            version = now;
            again_ms = 0;
            hear(w);
        }
    }
}

/* With w->lock held. */
static Rc start_watcher(LocalLog *l, Err *err)
{
    LocalWatch *w = l->watch;
    size_t n = strlen(l->path) + sizeof "-wal";
    Rc rc = db_open(l->path, DB_READ, &w->db, err);
    if (rc)
        return rc;
    db_data_version(w->db); /* a first read makes the WAL appear */
    w->wal = mem_alloc(n);
    snprintf(w->wal, n, "%s-wal", l->path);
    w->stop = eventfd(0, EFD_CLOEXEC);
    w->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    bool ready = w->stop >= 0 && w->notify >= 0 && watch_wal(w) >= 0;
    if (ready) {
        w->version = db_data_version(w->db);
        ready = pthread_create(&w->thread, NULL, watch_main, w) == 0;
    }
    if (!ready) {
        rc = err_set(err, ERR_KIND_FATAL, ERR_IO, "cannot watch %s for changes: %s", w->wal,
                     strerror(errno));
        close_handles(w);
        return rc;
    }
    w->started = true;
    return 0;
}

/* ---- waiting ---------------------------------------------------------------------------------- */

static struct timespec deadline_after(int timeout_ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += timeout_ms / 1000;
    t.tv_nsec += (timeout_ms % 1000) * 1000000L;
    if (t.tv_nsec >= 1000000000L) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000L;
    }
    return t;
}

Rc local_wait(Log *log, int timeout_ms, Err *err)
{
    LocalLog *l = (LocalLog *)log;
    LocalWatch *w = l->watch;
    uint64_t seen = (uint64_t)(uintptr_t)pthread_getspecific(w->seen);
    struct timespec until = deadline_after(timeout_ms > 0 ? timeout_ms : 0);
    Rc rc = 0;

    pthread_mutex_lock(&w->lock);
    if (!l->memory && !w->started)
        rc = start_watcher(l, err);
    while (!rc && w->count == seen)
        if (pthread_cond_timedwait(&w->changed, &w->lock, &until) == ETIMEDOUT)
            break;
    seen = w->count;
    pthread_mutex_unlock(&w->lock);
    pthread_setspecific(w->seen, (void *)(uintptr_t)seen);
    return rc;
}
