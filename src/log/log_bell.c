/* log_bell.c: how a log wakes those who wait for it; log_bell.h says what a ring means.
 *
 * Owns a lock, a condition and one thread-specific value per bell. What rings it is the business of
 * local_wait.c and kafka_read.c. */
#include "log/log_bell.h"

#include <errno.h>
#include <time.h>

#include "base/mem.h"

void log_bell_init(LogBell *b)
{
    pthread_condattr_t attr;
    if (pthread_key_create(&b->seen, NULL))
        mem_die("too many logs are open to wait for", 0);
    b->count = 1; /* a thread that has never waited has seen 0 */
    pthread_mutex_init(&b->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&b->rung, &attr);
    pthread_condattr_destroy(&attr);
}

void log_bell_fini(LogBell *b)
{
    pthread_key_delete(b->seen);
    pthread_cond_destroy(&b->rung);
    pthread_mutex_destroy(&b->lock);
}

void log_bell_ring(LogBell *b)
{
    pthread_mutex_lock(&b->lock);
    b->count++;
    pthread_cond_broadcast(&b->rung);
    pthread_mutex_unlock(&b->lock);
}

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

void log_bell_wait(LogBell *b, int timeout_ms)
{
    uint64_t seen = (uint64_t)(uintptr_t)pthread_getspecific(b->seen);
    struct timespec until = deadline_after(timeout_ms > 0 ? timeout_ms : 0);

    pthread_mutex_lock(&b->lock);
    while (b->count == seen)
        if (pthread_cond_timedwait(&b->rung, &b->lock, &until) == ETIMEDOUT)
            break;
    seen = b->count;
    pthread_mutex_unlock(&b->lock);
    pthread_setspecific(b->seen, (void *)(uintptr_t)seen);
}
