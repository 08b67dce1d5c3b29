/* ledger.h: what was late, refused or unreadable, so that nothing is dropped in silence.
 *
 * Rows collect in memory while a commit interval runs and are written by the same commit as the
 * positions behind them; so each refused record stands in the ledger exactly once. A Ledger belongs
 * to its task's thread until it is taken at a freeze. */
#ifndef OXBOW_ENGINE_LEDGER_H
#define OXBOW_ENGINE_LEDGER_H

#include "base/arena.h"
#include "base/db.h"
#include "op/op.h"

typedef struct LedgerRow {
    Str topic;
    int partition;
    int64_t offset, time;
    OpReason reason;
    const char *op; /* which operator refused it; "" when the record could not be read */
    Str detail;
    Str key, value; /* raw bytes of an unreadable record; else ptr NULL */
} LedgerRow;

typedef struct Ledger {
    Arena arena;
    LedgerRow *rows;
    int count, cap;
    uint64_t total[REASON_COUNT];
} Ledger;

void ledger_init(Ledger *l);
void ledger_fini(Ledger *l);
void ledger_reset(Ledger *l);                     /* totals stay */
void ledger_put(Ledger *l, const LedgerRow *row); /* copies */

/* The table in the one file, and its rows inside the caller's transaction. */
Rc ledger_define(Db *db, Err *err);
Rc ledger_write(Db *db, Str query_id, const Ledger *l, Err *err);

#endif
