/* ledger.c: the ledger of refused records. See ledger.h. */
#include "engine/ledger.h"

#include <assert.h>
#include <stdlib.h>

void ledger_init(Ledger *l)
{
    *l = (Ledger){0};
    arena_init(&l->arena, 0);
}

void ledger_fini(Ledger *l)
{
    free(l->rows);
    arena_fini(&l->arena);
}

void ledger_reset(Ledger *l)
{
    l->count = 0;
    arena_reset(&l->arena);
}

void ledger_put(Ledger *l, const LedgerRow *row)
{
    if (l->count == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 16;
        l->rows = realloc(l->rows, (size_t)l->cap * sizeof *l->rows);
        assert(l->rows);
    }
    LedgerRow *r = &l->rows[l->count++];
    *r = *row;
    r->topic = arena_str(&l->arena, row->topic);
    r->detail = arena_str(&l->arena, row->detail);
    r->key = arena_str(&l->arena, row->key);
    r->value = arena_str(&l->arena, row->value);
    l->total[row->reason]++;
}

Rc ledger_define(Db *db, Err *err)
{
    return db_exec(db,
                   "CREATE TABLE IF NOT EXISTS ledger(query TEXT NOT NULL, topic TEXT NOT NULL, "
                   "partition INTEGER NOT NULL, \"offset\" INTEGER NOT NULL, time INTEGER, "
                   "reason TEXT NOT NULL, operator TEXT, detail TEXT, key BLOB, value BLOB)",
                   err);
}

Rc ledger_write(Db *db, Str query_id, const Ledger *l, Err *err)
{
    DbStmt *s;
    if (l->count == 0)
        return 0;
    Rc rc = db_prepare(db, "INSERT INTO ledger VALUES(?,?,?,?,?,?,?,?,?,?)", &s, err);
    for (int i = 0; i < l->count && !rc; i++) {
        const LedgerRow *r = &l->rows[i];
        db_bind_text(s, 1, query_id);
        db_bind_text(s, 2, r->topic);
        db_bind_i64(s, 3, r->partition);
        db_bind_i64(s, 4, r->offset);
        db_bind_i64(s, 5, r->time);
        db_bind_text(s, 6, str_of(op_reason_names[r->reason]));
        db_bind_text(s, 7, str_of(r->op));
        db_bind_text(s, 8, r->detail);
        db_bind_blob(s, 9, r->key);
        db_bind_blob(s, 10, r->value);
        rc = db_run(s, err);
    }
    return rc;
}
