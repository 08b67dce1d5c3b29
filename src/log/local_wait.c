/* local_wait.c: waiting until something was committed to the embedded log, without polling.
 *
 * The log's bell (log_bell.h) is rung
 *
 *   - by this process's appends and by log_wake, directly;
 *   - after anybody's commit to the file, by a thread that follows the WAL with inotify and takes
 *     SQLite's data_version as the proof.
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
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "log/local_int.h"
#include "log/log_bell.h"

enum {
    SETTLE_MS = 1,           /* lets the reports of one transaction come together */
    LOOK_AGAIN_MS_MAX = 128, /* longest interval of looking again after a report */
    LOOK_AGAIN_MS = 5000     /* and for how long: far more than an fsync takes */
};

struct LocalWatch {
    LogBell bell;
    pthread_mutex_t lock;
    bool started; /* the thread; guarded by lock */
    pthread_t thread;
    Db *db;          /* the thread's */
    int64_t version; /* of the data, read before the first wait returned */
    int stop;        /* eventfd that ends the thread */
    int notify;
    char *wal;
};

LocalWatch *local_watch_new(void)
{
    LocalWatch *w = MEM_NEW(LocalWatch);
    w->stop = w->notify = -1;
    pthread_mutex_init(&w->lock, NULL);
    log_bell_init(&w->bell);
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
    log_bell_fini(&w->bell);
    pthread_mutex_destroy(&w->lock);
    mem_free(w);
}

void local_wake(Log *log)
{
    log_bell_ring(&((LocalLog *)log)->watch->bell);
}

/* ---- the watcher ----------------------------------------------------------------------------- */

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
            log_bell_ring(&w->bell);
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

Rc local_wait(Log *log, int timeout_ms, Err *err)
{
    LocalLog *l = (LocalLog *)log;
    LocalWatch *w = l->watch;
    Rc rc = 0;

    pthread_mutex_lock(&w->lock);
    if (!l->memory && !w->started)
        rc = start_watcher(l, err);
    pthread_mutex_unlock(&w->lock);
    if (!rc)
        log_bell_wait(&w->bell, timeout_ms);
    return rc;
}
