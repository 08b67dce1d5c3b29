/* workers.h: threads that do the tasks of a stage side by side.
 *
 * Task i of a call always runs on worker i % count, so that what belongs to a worker (its read
 * connection) meets one thread only. With one worker everything runs on the calling thread. */
#ifndef OXBOW_ENGINE_WORKERS_H
#define OXBOW_ENGINE_WORKERS_H

#include "base/err.h"

typedef struct Workers Workers;

Workers *workers_new(int count);
void workers_free(Workers *w);
int workers_count(const Workers *w);
/* Run fn(ctx, i) for i in [0, n); returns after all; the first error in order of i is reported. */
Rc workers_run(Workers *w, int n, Rc (*fn)(void *ctx, int i, Err *err), void *ctx, Err *err);

#endif
