/* log_bell.h: how a log wakes those who wait for it, without losing a ring.
 *
 * A bell counts its rings. A thread that waits sleeps while the count is the one it saw when it
 * last came back from a wait; so a ring between its last look at the log and its wait is not
 * missed, and the very first wait of a thread returns at once. Any thread may ring and any number
 * may wait. init/fini; nobody may wait when it goes. */
#ifndef OXBOW_LOG_LOG_BELL_H
#define OXBOW_LOG_LOG_BELL_H

#include <pthread.h>
#include <stdint.h>

typedef struct LogBell {
    pthread_mutex_t lock;
    pthread_cond_t rung;
    pthread_key_t seen; /* per thread: the count at its last return, as a pointer */
    uint64_t count;     /* guarded by lock */
} LogBell;

void log_bell_init(LogBell *b);
void log_bell_fini(LogBell *b);
void log_bell_ring(LogBell *b);
void log_bell_wait(LogBell *b, int timeout_ms);

#endif
