/* app.c: the application of the simulation: three stores, as operators would use them.
 *
 *   count   key -> (count, sum), updated in place; deleted now and then
 *   last    key -> text of changing length, put and deleted
 *   win     (window, key) -> count, over hopping windows with expiry; the record holds stream time
 * and the number of late windows
 *
 * Each record gives one output, whose text shows what all three have become. */
#include <stdlib.h>
#include <string.h>

#include "history.h"

StoreDef app_defs[STORES];

void app_init(void)
{
    static Arena arena;
    static const Type *const two[] = {&type_bigint, &type_bigint}, *const text[] = {&type_string};
    arena_init(&arena, 4096);
    app_defs[STORE_COUNT] =
        (StoreDef){.id = 1, .name = "count", .row = rowcode_new(&arena, two, 2)};
    app_defs[STORE_LAST] = (StoreDef){.id = 2, .name = "last", .row = rowcode_new(&arena, text, 1)};
    app_defs[STORE_WIN] = (StoreDef){.id = 300,
                                     .kind = STORE_WINDOW,
                                     .name = "win",
                                     .row = rowcode_new(&arena, two, 1),
                                     .retention_ms = RETENTION_MS,
                                     .record_count = 2};
}

/* ---- records ------------------------------------------------------------------------------- */

Str app_key(int k)
{
    static const Str keys[KEYS] = {{"a", 1},    {"bb", 2},  {"", 0}, {"a longer key", 12},
                                   {"b\0c", 3}, {"\xff", 1}};
    return keys[k];
}

void app_encode(const Input *in, char text[32], LogAppend *out)
{
    out->key = app_key(in->key);
    out->value = STR_NULL;
    if (!in->null)
        out->value = str_make(text, (size_t)snprintf(text, 32, "%d", in->value));
    out->time = in->time;
}

static Rc add(Store *s, int64_t win, Str key, int64_t amount, int64_t *count, int64_t *sum,
              Err *err)
{
    const RowCode *rc = store_def(s)->row;
    uint8_t *row;
    bool existed;
    Rc code = store_update(s, win, key, rc->fixed_bytes, &row, &existed, err);
    if (code)
        return code;
    *count = rowcode_get_i64(rc, row, 0) + 1;
    rowcode_set_valid(row, 0, true);
    rowcode_put_i64(rc, row, 0, *count);
    if (rc->count > 1) {
        *sum = rowcode_get_i64(rc, row, 1) + amount;
        rowcode_set_valid(row, 1, true);
        rowcode_put_i64(rc, row, 1, *sum);
    }
    return 0;
}

static Rc take_window(Store *s, const LogRecord *r, int64_t start, int64_t *count, Err *err)
{
    bool fresh;
    int64_t *record = store_record(s, &fresh), sum;
    *count = 0;
    if (start < 0)
        return 0;
    if (start + WIN_MS + GRACE_MS <= record[0]) {
        record[1]++;
        return 0;
    }
    return add(s, start, r->key, 0, count, &sum, err);
}

static Rc take_windows(Store *s, const LogRecord *r, int64_t counts[2], Err *err)
{
    bool fresh;
    int64_t *record = store_record(s, &fresh), start = r->time / HOP_MS * HOP_MS;
    if (r->time > record[0])
        record[0] = r->time;
    store_record_dirty(s);
    store_expire(s, record[0] - RETENTION_MS);
    Rc rc = take_window(s, r, start - HOP_MS, &counts[0], err);
    return rc ? rc : take_window(s, r, start, &counts[1], err);
}

static Rc put_text(Store *s, Str key, Str text, Err *err)
{
    Buf row;
    uint8_t valid = 1;
    Column c = {.type = &type_string, .valid = &valid, .str = &text};
    buf_init(&row);
    rowcode_encode(store_def(s)->row, &row, &c, 0);
    Rc rc = store_put(s, 0, key, buf_str(&row), err);
    buf_fini(&row);
    return rc;
}

static Rc get_text(const RowCode *code, Str row, Str *text, Err *err)
{
    uint8_t valid;
    Column c = {.type = &type_string, .valid = &valid, .str = text};
    *text = STR_NULL;
    return row.ptr ? rowcode_decode(code, row, &c, 0, NULL, err) : 0;
}

Rc app_take(Store *const *stores, int partition, const LogRecord *r, char text[TEXT_BYTES],
            Err *err)
{
    char last[24], number[16] = {0};
    int64_t count, sum = 0, wins[2];
    bool null = !r->value.ptr;
    if (!null)
        memcpy(number, r->value.ptr, r->value.len);
    int value = atoi(number);
    Rc rc = add(stores[STORE_COUNT], 0, r->key, null ? 0 : value, &count, &sum, err);
    if (!rc && !null && value % 11 == 0)
        rc = store_delete(stores[STORE_COUNT], 0, r->key, err);
    snprintf(last, sizeof last, "last %0*d", value % 9 + 1, value);
    if (!rc)
        rc = null ? store_delete(stores[STORE_LAST], 0, r->key, err)
                  : put_text(stores[STORE_LAST], r->key, str_of(last), err);
    Str row, back;
    if (!rc)
        rc = store_get(stores[STORE_LAST], 0, r->key, &row, err);
    if (!rc)
        rc = get_text(app_defs[STORE_LAST].row, row, &back, err);
    if (!rc && !back.ptr)
        back = STR_LIT("deleted");
    if (!rc)
        snprintf(last, sizeof last, "%.*s", STR_ARG(back));
    if (!rc)
        rc = take_windows(stores[STORE_WIN], r, wins, err);
    if (rc)
        return rc;
    snprintf(text, TEXT_BYTES, "%d:%lld count %lld sum %lld %s windows %d %d late %lld", partition,
             (long long)r->offset, (long long)count, (long long)sum, last, (int)wins[0],
             (int)wins[1], (long long)store_record(stores[STORE_WIN], NULL)[1]);
    return 0;
}

/* ---- what is on the disk ------------------------------------------------------------------- */

typedef struct Check {
    const Model *m;
    int store, rows;
    char *why;
    size_t why_bytes;
} Check;

static int key_number(Str key)
{
    for (int k = 0; k < KEYS; k++) {
        if (str_eq(key, app_key(k)))
            return k;
    }
    return -1;
}

static bool right_row(const Check *c, int64_t win, int k, Str row)
{
    const RowCode *code = app_defs[c->store].row;
    const Model *m = c->m;
    const uint8_t *bytes = (const uint8_t *)row.ptr;
    Str text;
    if (c->store == STORE_COUNT)
        return m->counted[k] && rowcode_get_i64(code, bytes, 0) == m->counts[k] &&
               rowcode_get_i64(code, bytes, 1) == m->sums[k];
    if (c->store == STORE_LAST)
        return !get_text(code, row, &text, NULL) && text.len && str_eq(text, str_of(m->last[k]));
    return model_keeps(m, win) && rowcode_get_i64(code, bytes, 0) == m->wins[win / HOP_MS][k];
}

static bool check_row(void *ctx, int64_t win, Str key, Str row)
{
    Check *c = ctx;
    int k = key_number(key);
    c->rows++;
    if (k >= 0 && right_row(c, win, k, row))
        return true;
    snprintf(c->why, c->why_bytes, "store %s holds a wrong row for window %lld, key %d",
             app_defs[c->store].name, (long long)win, k);
    return false;
}

static int rows_wanted(const Model *m, int store)
{
    int n = 0;
    for (int k = 0; k < KEYS; k++)
        n += store == STORE_COUNT ? m->counted[k] : store == STORE_LAST && m->last[k][0];
    if (store != STORE_WIN)
        return n;
    for (int64_t start = 0; start <= m->stream_time; start += HOP_MS) {
        for (int k = 0; model_keeps(m, start) && k < KEYS; k++)
            n += m->wins[start / HOP_MS][k] > 0;
    }
    return n;
}

bool app_check(StoreDisk *d, int partition, const Model *m, char *why, size_t why_bytes)
{
    Err err = ERR_INIT;
    StoreScan all = STORE_SCAN_ALL;
    *why = 0;
    for (int s = 0; s < STORES && !*why; s++) {
        Check c = {m, s, 0, why, why_bytes};
        if (d->cls->scan(d, &app_defs[s], partition, &all, check_row, &c, &err))
            snprintf(why, why_bytes, "%s", err.text);
        int wanted = rows_wanted(m, s);
        if (!*why && c.rows != wanted)
            snprintf(why, why_bytes, "store %s holds %d rows, not %d", app_defs[s].name, c.rows,
                     wanted);
    }
    int64_t record[2] = {0};
    bool found;
    if (!*why && d->cls->record(d, &app_defs[STORE_WIN], partition, record, &found, &err))
        snprintf(why, why_bytes, "%s", err.text);
    if (!*why && m->count && (record[0] != m->stream_time || record[1] != m->late))
        snprintf(why, why_bytes, "the operator record is %lld, %lld, not %lld, %lld",
                 (long long)record[0], (long long)record[1], (long long)m->stream_time,
                 (long long)m->late);
    return !*why;
}

static bool add_row(void *ctx, int64_t win, Str key, Str row)
{
    int64_t *total = ctx;
    (void)win, (void)key;
    *total += rowcode_get_i64(app_defs[STORE_COUNT].row, (const uint8_t *)row.ptr, 0);
    return true;
}

Rc app_total(StoreDisk *d, int partition, StoreGen *const *gens, int gen_count, int64_t *total,
             Err *err)
{
    StoreScan all = STORE_SCAN_ALL;
    *total = 0;
    return store_view_scan(d, &app_defs[STORE_COUNT], partition, gens, gen_count, &all, add_row,
                           total, err);
}
