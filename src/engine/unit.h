/* unit.h: a query on Kafka: the unit of commit is a query in a process.
 *
 * Two threads: one owns the consumer group and the pipeline (reading, rounds, freezes, rebalances),
 * the other owns the transaction (encoding, producing, committing). State goes to the file through
 * the process's writer, behind the log's commit; what it lacks after a crash is replayed from the
 * changelog. The functions here are called by the shell's thread. */
#ifndef OXBOW_ENGINE_UNIT_H
#define OXBOW_ENGINE_UNIT_H

#include "engine/engine_int.h"

typedef struct Unit Unit;

/* `r` is borrowed; its plan is decoded. Makes the topics that the query needs inside. */
Rc unit_start(Engine *e, Running *r, Unit **out, Err *err);
/* Commit once more, leave the group, end the threads. */
void unit_stop(Unit *u);
/* Between epochs, on the unit's thread. */
Rc unit_call(Unit *u, Rc (*fn)(void *ctx, Err *err), void *ctx, Err *err);
/* Everything that the log has committed is on the disk when this returns: for pull queries. */
Rc unit_flush(Unit *u, Err *err);
void unit_report(Unit *u, QueryReport *out);
/* Has the group, whichever process does it, committed up to these ends, and to the ends of the
 * repartition topics as they are then? */
Rc unit_reached(Unit *u, const LogPosition *ends, int count, bool *reached, Err *err);

#endif
