/* workers.c: a fixed set of threads and a barrier. See workers.h. */
#include "engine/workers.h"

#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

typedef struct Worker {
    Workers *all;
    int index;
    pthread_t thread;
} Worker;

struct Workers {
    int count;
    Worker *threads; /* [count - 1]: worker 0 is the caller */
    pthread_mutex_t lock;
    pthread_cond_t start, done;
    uint64_t turn; /* grows with every call */
    int running;
    bool stop;
    /* the call */
    int n;
    Rc (*fn)(void *ctx, int i, Err *err);
    void *ctx;
    int failed_at; /* lowest i that failed, or -1 */
    Rc rc;
    Err err;
};

static void do_share(Workers *w, int index)
{
    for (int i = index; i < w->n; i += w->count) {
        Err err = ERR_INIT;
        Rc rc = w->fn(w->ctx, i, &err);
        if (!rc)
            continue;
        pthread_mutex_lock(&w->lock);
        if (w->failed_at < 0 || i < w->failed_at) {
            w->failed_at = i;
            w->rc = rc;
            w->err = err;
        }
        pthread_mutex_unlock(&w->lock);
        return;
    }
}

static void *worker_main(void *arg)
{
    Worker *me = arg;
    Workers *w = me->all;
    uint64_t seen = 0;
    for (;;) {
        pthread_mutex_lock(&w->lock);
        while (w->turn == seen && !w->stop)
            pthread_cond_wait(&w->start, &w->lock);
        seen = w->turn;
        bool stop = w->stop;
        pthread_mutex_unlock(&w->lock);
        if (stop)
            return NULL;
        do_share(w, me->index);
        pthread_mutex_lock(&w->lock);
        if (--w->running == 0)
            pthread_cond_signal(&w->done);
        pthread_mutex_unlock(&w->lock);
    }
}

Workers *workers_new(int count)
{
    Workers *w = calloc(1, sizeof *w);
    assert(w && count >= 1);
    w->count = count;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->start, NULL);
    pthread_cond_init(&w->done, NULL);
    w->threads = calloc((size_t)count, sizeof *w->threads);
    assert(w->threads);
    for (int i = 1; i < count; i++) {
        w->threads[i - 1] = (Worker){.all = w, .index = i};
        int rc = pthread_create(&w->threads[i - 1].thread, NULL, worker_main, &w->threads[i - 1]);
        assert(rc == 0);
        (void)rc;
    }
    return w;
}

void workers_free(Workers *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_broadcast(&w->start);
    pthread_mutex_unlock(&w->lock);
    for (int i = 1; i < w->count; i++)
        pthread_join(w->threads[i - 1].thread, NULL);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->start);
    pthread_cond_destroy(&w->done);
    free(w->threads);
    free(w);
}

int workers_count(const Workers *w)
{
    return w->count;
}

Rc workers_run(Workers *w, int n, Rc (*fn)(void *ctx, int i, Err *err), void *ctx, Err *err)
{
    pthread_mutex_lock(&w->lock);
    w->n = n;
    w->fn = fn;
    w->ctx = ctx;
    w->failed_at = -1;
    w->rc = 0;
    bool others = w->count > 1 && n > 1;
    if (others) {
        w->running = w->count - 1;
        w->turn++;
        pthread_cond_broadcast(&w->start);
    }
    pthread_mutex_unlock(&w->lock);
    if (others) {
        do_share(w, 0);
    } else { /* nobody else is awake: all shares are the caller's */
        for (int i = 0; i < w->count; i++)
            do_share(w, i);
    }
    pthread_mutex_lock(&w->lock);
    while (w->running > 0)
        pthread_cond_wait(&w->done, &w->lock);
    Rc rc = w->rc;
    if (rc && err)
        *err = w->err;
    pthread_mutex_unlock(&w->lock);
    return rc;
}
