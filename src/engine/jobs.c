/* jobs.c: handing work from one thread to another and waiting for it.
 *
 * A queue without a thread does each job at once on the caller's thread, so scripts and tests run
 * the same code without threads. */
#include <assert.h>

#include "engine/engine_int.h"

void jobs_init(JobQueue *q)
{
    *q = (JobQueue){0};
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->changed, NULL);
}

void jobs_fini(JobQueue *q)
{
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->changed);
}

Rc jobs_start(JobQueue *q, void *(*main)(void *), void *arg, Err *err)
{
    q->stop = false;
    q->threaded = true;
    if (pthread_create(&q->thread, NULL, main, arg) == 0)
        return 0;
    q->threaded = false;
    return err_set(err, ERR_KIND_FATAL, ERR_LIMIT, "cannot start a thread");
}

void jobs_ask_to_stop(JobQueue *q)
{
    pthread_mutex_lock(&q->lock);
    q->stop = true;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

void jobs_stop(JobQueue *q)
{
    if (!q->threaded)
        return;
    jobs_ask_to_stop(q);
    pthread_join(q->thread, NULL);
    q->threaded = false;
}

void jobs_post(JobQueue *q, Job *job)
{
    job->done = false;
    job->next = NULL;
    job->rc = 0;
    job->err = ERR_INIT;
    if (!q->threaded) {
        job->rc = job->fn(job->ctx, &job->err);
        job->done = true;
        return;
    }
    pthread_mutex_lock(&q->lock);
    if (q->last)
        q->last->next = job;
    else
        q->first = job;
    q->last = job;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

Rc jobs_wait(JobQueue *q, Job *job, Err *err)
{
    pthread_mutex_lock(&q->lock);
    while (!job->done)
        pthread_cond_wait(&q->changed, &q->lock);
    pthread_mutex_unlock(&q->lock);
    if (job->rc && err)
        *err = job->err;
    return job->rc;
}

bool jobs_is_done(JobQueue *q, Job *job)
{
    pthread_mutex_lock(&q->lock);
    bool done = job->done;
    pthread_mutex_unlock(&q->lock);
    return done;
}

Job *jobs_take(JobQueue *q, bool wait)
{
    pthread_mutex_lock(&q->lock);
    while (wait && !q->first && !q->stop)
        pthread_cond_wait(&q->changed, &q->lock);
    Job *job = q->first;
    if (job) {
        q->first = job->next;
        if (!q->first)
            q->last = NULL;
    }
    pthread_mutex_unlock(&q->lock);
    return job;
}

void jobs_finish(JobQueue *q, Job *job)
{
    pthread_mutex_lock(&q->lock);
    job->done = true;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}
