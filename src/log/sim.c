/* sim.c: the simulated log: the plan of faults, topics, plain appends, readers. See sim.h.
 *
 * Owns everything that was ever appended, in one arena, until it is closed; what a reader gives out
 * is a copy, as with the real logs, so that a caller who keeps it too long is found by the
 * sanitizers. Leaves transactions to sim_txn.c. Passes the suite of all logs (tests/unit/log). */
#include "log/sim_int.h"

#include <assert.h>

#include "base/json.h"
#include "base/mem.h"

/* ---- the plan ------------------------------------------------------------------------------ */

const char *const sim_fault_names[SIM_FAULT_COUNT] = {
#define X(name) #name,
    SIM_FAULTS(X)
#undef X
};

/* splitmix64: every seed, small ones too, gives a sequence of its own. */
uint64_t sim_random(SimPlan *p)
{
    uint64_t z = p->rng += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint32_t sim_below(SimPlan *p, uint32_t n)
{
    return (uint32_t)((sim_random(p) >> 32) * n >> 32);
}

bool sim_fires(SimPlan *p, SimFault f)
{
    if (p->off || !p->rate[f] || (sim_random(p) & 0xffff) >= p->rate[f])
        return false;
    p->fired[f]++;
    return true;
}

static Rc err_dead(Err *err)
{
    return err_set(err, ERR_KIND_FATAL, ERR_IO, "the process is dead");
}

Rc sim_enter(SimPlan *p, Err *err)
{
    if (p->dead && *p->dead)
        return err_dead(err);
    if (p->paused && sim_fires(p, SIM_PAUSE))
        p->paused(p->paused_ctx);
    return 0;
}

Rc sim_crash(SimPlan *p, SimFault f, Err *err)
{
    if (!p->dead || !sim_fires(p, f))
        return 0;
    *p->dead = true;
    return err_dead(err);
}

/* ---- topics -------------------------------------------------------------------------------- */

static SimTopic *find_topic(SimLog *l, Str name)
{
    SimTopic *t = l->topics;
    while (t && (t->deleted || !str_eq(t->name, name)))
        t = t->next;
    return t;
}

Rc sim_part(SimLog *l, Str topic, int partition, SimPart **out, Err *err)
{
    SimTopic *t = find_topic(l, topic);
    if (!t)
        return log_err_no_topic(topic, err);
    if (partition < 0 || partition >= t->partitions)
        return log_err_no_partition(topic, partition, t->partitions, err);
    *out = &t->parts[partition];
    return 0;
}

static Rc sim_topic_create(Log *log, Str name, int partitions, int replicas, bool internal,
                           Err *err)
{
    SimLog *l = (SimLog *)log;
    Rc rc = log_topic_shape_check(name, partitions, err);
    if (rc)
        return rc;
    if (find_topic(l, name))
        return log_err_exists(name, err);
    SimTopic *t = ARENA_NEW(&l->arena, SimTopic);
    t->name = arena_str(&l->arena, name);
    t->partitions = partitions;
    t->replicas = replicas > 0 ? replicas : 1;
    t->internal = internal;
    t->parts = ARENA_ARRAY(&l->arena, SimPart, partitions);
    for (int i = 0; i < partitions; i++)
        t->parts[i] = (SimPart){.topic = t->name, .partition = i};
    SimTopic **link = &l->topics; /* kept in order of name */
    while (*link && str_cmp((*link)->name, name) < 0)
        link = &(*link)->next;
    t->next = *link;
    *link = t;
    return 0;
}

static Rc sim_topic_delete(Log *log, Str name, Err *err)
{
    SimTopic *t = find_topic((SimLog *)log, name);
    if (!t)
        return log_err_no_topic(name, err);
    t->deleted = true;
    return 0;
}

static LogTopic topic_out(const SimTopic *t, Str name)
{
    return (LogTopic){name, t->partitions, t->replicas, t->internal};
}

static Rc sim_topic_find(Log *log, Str name, LogTopic *out, Err *err)
{
    SimTopic *t = find_topic((SimLog *)log, name);
    if (!t)
        return log_err_no_topic(name, err);
    *out = topic_out(t, name);
    return 0;
}

static Rc sim_topic_list(Log *log, Arena *a, LogTopic **out, int *count, Err *err)
{
    SimLog *l = (SimLog *)log;
    (void)err;
    int n = 0;
    for (SimTopic *t = l->topics; t; t = t->next)
        n += !t->deleted;
    *out = ARENA_ARRAY(a, LogTopic, n);
    *count = 0;
    for (SimTopic *t = l->topics; t; t = t->next) {
        if (!t->deleted)
            (*out)[(*count)++] = topic_out(t, arena_str(a, t->name));
    }
    return 0;
}

/* High is the end of the log, open records included: what a restore must reach to have seen every
 * record that is committed (compare log_sim_stable_end). */
static Rc sim_watermarks(Log *log, Str topic, int partition, int64_t *low, int64_t *high, Err *err)
{
    SimLog *l = (SimLog *)log;
    SimPart *part;
    Rc rc = sim_enter(l->plan, err);
    if (!rc)
        rc = sim_part(l, topic, partition, &part, err);
    if (rc)
        return rc;
    *low = part->low;
    *high = part->count;
    return 0;
}

static Rc sim_trim(Log *log, Str topic, int partition, int64_t offset, Err *err)
{
    SimPart *part;
    Rc rc = sim_part((SimLog *)log, topic, partition, &part, err);
    if (rc)
        return rc;
    offset = offset < part->count ? offset : part->count;
    part->low = offset > part->low ? offset : part->low;
    return 0;
}

/* ---- appending ----------------------------------------------------------------------------- */

static void copy_headers(Arena *a, LogRecord *to, Headers from)
{
    Header *items = ARENA_ARRAY(a, Header, from.count);
    for (int i = 0; i < from.count; i++)
        items[i] = (Header){arena_str(a, from.items[i].key), arena_str(a, from.items[i].value)};
    to->headers = (Headers){items, from.count};
}

static SimEntry *new_entry(SimLog *l, SimPart *part)
{
    if (part->count == part->room) {
        int64_t room = part->room ? 2 * part->room : 64;
        SimEntry *entries = ARENA_ARRAY(&l->arena, SimEntry, room);
        if (part->count)
            memcpy(entries, part->entries, (size_t)part->count * sizeof *entries);
        part->entries = entries;
        part->room = room;
    }
    SimEntry *e = &part->entries[part->count];
    e->record.offset = part->count++;
    return e;
}

/* r NULL: the end of a transaction, which only takes an offset. */
void sim_append(SimLog *l, SimPart *part, const LogAppend *r, SimTxn *txn)
{
    SimEntry *e = new_entry(l, part);
    e->txn = txn;
    e->silent = !r;
    if (!r)
        return;
    e->record.key = arena_str(&l->arena, r->key);
    e->record.value = arena_str(&l->arena, r->value);
    e->record.time = r->time;
    e->record.arrival = ++l->arrival;
    if (r->headers.count)
        copy_headers(&l->arena, &e->record, r->headers);
}

Rc sim_check(SimLog *l, const LogAppend *records, int count, Err *err)
{
    for (int i = 0; i < count; i++) {
        SimPart *part;
        Rc rc = log_record_check(&records[i], err);
        if (!rc)
            rc = sim_part(l, records[i].topic, records[i].partition, &part, err);
        if (rc)
            return rc;
    }
    return 0;
}

static Rc sim_append_all(Log *log, const LogAppend *records, int count, Err *err)
{
    SimLog *l = (SimLog *)log;
    Rc rc = sim_check(l, records, count, err);
    for (int i = 0; i < count && !rc; i++) {
        SimPart *part;
        rc = sim_part(l, records[i].topic, records[i].partition, &part, err);
        if (!rc)
            sim_append(l, part, &records[i], NULL);
    }
    return rc;
}

/* ---- readers ------------------------------------------------------------------------------- */

typedef struct SimReader {
    LogReader base;
    SimTopic *topic;
    int64_t offset;
} SimReader;

static Rc sim_reader_open(Log *log, Str topic, int partition, int64_t offset, LogReader **out,
                          Err *err)
{
    SimLog *l = (SimLog *)log;
    SimPart *part;
    Rc rc = sim_part(l, topic, partition, &part, err);
    if (rc)
        return rc;
    SimReader *r = MEM_NEW(SimReader);
    r->base = (LogReader){log->cls, log, part->topic, partition};
    r->topic = find_topic(l, topic);
    r->offset = offset;
    *out = &r->base;
    return 0;
}

static void sim_reader_close(LogReader *r)
{
    mem_free(r);
}

/* A copy with the slack that decoders need behind it. */
static Str copy_out(Arena *a, Str s)
{
    if (!s.ptr)
        return STR_NULL;
    char *p = arena_alloc(a, (size_t)s.len + JSON_SLACK_BYTES);
    memcpy(p, s.ptr, s.len);
    memset(p + s.len, 0, JSON_SLACK_BYTES);
    return (Str){p, s.len};
}

static LogRecord record_out(Arena *a, const LogRecord *r)
{
    LogRecord out = *r;
    out.key = copy_out(a, r->key);
    out.value = copy_out(a, r->value);
    if (r->headers.count)
        copy_headers(a, &out, r->headers);
    return out;
}

static Rc sim_read(LogReader *reader, int max_rows, size_t max_bytes, Arena *a, LogBatch *out,
                   Err *err)
{
    SimReader *r = (SimReader *)reader;
    SimLog *l = (SimLog *)reader->log;
    SimPart *part = &r->topic->parts[reader->partition];
    *out = (LogBatch){.next_offset = r->offset};
    Rc rc = sim_enter(l->plan, err);
    if (rc)
        return rc;
    if (sim_fires(l->plan, SIM_READ_RETRY))
        return err_set(err, ERR_KIND_RETRY, ERR_IO, "simulated: the log cannot be read just now");
    if (r->topic->deleted)
        return log_err_no_topic(reader->topic, err);
    if (r->offset < part->low || r->offset > part->count)
        return log_err_out_of_range(reader->topic, reader->partition, r->offset, part->low,
                                    part->count, err);
    int64_t left = part->count - r->offset;
    int most = left < max_rows ? (int)left : max_rows;
    out->records = ARENA_ARRAY(a, LogRecord, most);
    for (size_t bytes = 0; r->offset < part->count && out->count < most; r->offset++) {
        const SimEntry *e = &part->entries[r->offset];
        if (e->txn && e->txn->state == SIM_TXN_OPEN)
            break;
        if (e->silent || (e->txn && e->txn->state == SIM_TXN_ABORTED))
            continue;
        if (out->count && bytes + e->record.key.len + e->record.value.len > max_bytes)
            break;
        bytes += e->record.key.len + e->record.value.len;
        out->records[out->count++] = record_out(a, &e->record);
    }
    /* Ends of transactions behind the last record are passed at once, or nobody would reach the
     * end. */
    while (r->offset < part->count && part->entries[r->offset].silent &&
           part->entries[r->offset].txn && part->entries[r->offset].txn->state != SIM_TXN_OPEN)
        r->offset++;
    out->next_offset = r->offset;
    return 0;
}

int64_t log_sim_stable_end(Log *log, Str topic, int partition)
{
    SimPart *part;
    if (sim_part((SimLog *)log, topic, partition, &part, NULL))
        return 0;
    int64_t at = part->low;
    while (at < part->count &&
           !(part->entries[at].txn && part->entries[at].txn->state == SIM_TXN_OPEN))
        at++;
    return at;
}

void log_sim_compact(Log *log, Str topic, int partition)
{
    SimPart *part;
    if (sim_part((SimLog *)log, topic, partition, &part, NULL))
        return;
    int64_t end = log_sim_stable_end(log, topic, partition);
    for (int64_t i = end; i-- > part->low;) {
        const SimEntry *keep = &part->entries[i];
        if (keep->silent || !keep->record.key.ptr ||
            (keep->txn && keep->txn->state != SIM_TXN_COMMITTED))
            continue;
        for (int64_t k = part->low; k < i; k++) {
            SimEntry *e = &part->entries[k];
            e->silent = e->silent || (e->record.key.ptr && str_eq(e->record.key, keep->record.key));
        }
    }
}

/* ---- the rest ------------------------------------------------------------------------------ */

/* Nobody else runs, so there is nothing to wait for. */
static Rc sim_wait(Log *log, int timeout_ms, Err *err)
{
    (void)log, (void)timeout_ms, (void)err;
    return 0;
}

static void sim_wake(Log *log)
{
    (void)log;
}

static void sim_close(Log *log)
{
    SimLog *l = (SimLog *)log;
    arena_fini(&l->arena);
    mem_free(l);
}

#define SIM_CLASS(dress, is_joint)                                                                 \
    {                                                                                              \
        .name = dress, .joint = is_joint, .close = sim_close, .topic_create = sim_topic_create,    \
        .topic_delete = sim_topic_delete, .topic_find = sim_topic_find,                            \
        .topic_list = sim_topic_list, .watermarks = sim_watermarks, .trim = sim_trim,              \
        .append = sim_append_all, .reader_open = sim_reader_open,                                  \
        .reader_close = sim_reader_close, .read = sim_read, .wait = sim_wait, .wake = sim_wake,    \
        .txn_open = sim_txn_open, .txn_close = sim_txn_close, .txn_begin = sim_txn_begin,          \
        .txn_append = sim_txn_append, .txn_positions = sim_txn_positions,                          \
        .txn_commit = sim_txn_commit, .txn_abort = sim_txn_abort, .txn_reset = sim_txn_reset,      \
        .committed = sim_committed,                                                                \
    }

static const LogClass joint_class = SIM_CLASS("simulated, joint", true);
static const LogClass two_step_class = SIM_CLASS("simulated, two-step", false);

Log *log_sim_new(SimPlan *plan, bool joint)
{
    SimLog *l = MEM_NEW(SimLog);
    l->base.cls = joint ? &joint_class : &two_step_class;
    l->plan = plan;
    arena_init(&l->arena, 64 << 10);
    return &l->base;
}
