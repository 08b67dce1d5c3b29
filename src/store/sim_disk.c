/* sim_disk.c: the simulated disk. See sim_disk.h.
 *
 * One sorted array holds everything (rows, operator records, generations, positions), each kind
 * under a number of its own; bytes live in the medium's arena to the end. Small histories only:
 * every write transaction copies the array. */
#include "store/sim_disk.h"

#include <assert.h>

#include "base/mem.h"

typedef enum ItemKind { ITEM_ROW, ITEM_RECORD, ITEM_GENERATION, ITEM_POSITION } ItemKind;

typedef struct Item {
    ItemKind kind;
    int partition;
    int64_t id, win;
    Str key;   /* of a row; or a unit's name, or a topic */
    Str value; /* of a row and a record */
    int64_t number;
} Item;

typedef struct Image {
    Item *items;
    int count, room;
} Image;

struct SimDisk {
    SimPlan *plan;
    Log *log; /* joint; or NULL */
    Arena arena;
    Image now;  /* committed */
    Image next; /* of the write transaction */
    bool writing;
};

typedef struct SimConn {
    StoreDisk base;
    SimDisk *disk;
    Image past; /* of the snapshot */
    int snapshots;
} SimConn;

/* ---- images -------------------------------------------------------------------------------- */

static int item_cmp(const Item *a, const Item *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    if (a->partition != b->partition)
        return a->partition < b->partition ? -1 : 1;
    if (a->win != b->win)
        return a->win < b->win ? -1 : 1;
    return str_cmp(a->key, b->key);
}

/* First item not below `it`. */
static int lower_bound(const Image *m, const Item *it)
{
    int from = 0, to = m->count;
    while (from < to) {
        int mid = (from + to) / 2;
        if (item_cmp(&m->items[mid], it) < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

static const Item *find(const Image *m, const Item *it)
{
    int i = lower_bound(m, it);
    return i < m->count && !item_cmp(&m->items[i], it) ? &m->items[i] : NULL;
}

static void image_copy(Image *to, const Image *from)
{
    if (to->room < from->count + 16) {
        to->room = from->count + 64;
        to->items = mem_realloc(to->items, (size_t)to->room * sizeof *to->items);
    }
    if (from->count)
        memcpy(to->items, from->items, (size_t)from->count * sizeof *to->items);
    to->count = from->count;
}

static void image_free(Image *m)
{
    mem_free(m->items);
    *m = (Image){0};
}

static void image_remove(Image *m, int at, int count)
{
    memmove(m->items + at, m->items + at + count,
            (size_t)(m->count - at - count) * sizeof *m->items);
    m->count -= count;
}

static void image_put(SimDisk *d, Image *m, const Item *it)
{
    int i = lower_bound(m, it);
    if (i == m->count || item_cmp(&m->items[i], it)) {
        if (m->count == m->room) {
            m->room = m->room ? 2 * m->room : 64;
            m->items = mem_realloc(m->items, (size_t)m->room * sizeof *m->items);
        }
        memmove(m->items + i + 1, m->items + i, (size_t)(m->count - i) * sizeof *m->items);
        m->count++;
        m->items[i] = *it;
        m->items[i].key = arena_str(&d->arena, it->key);
    }
    m->items[i].value = arena_str(&d->arena, it->value);
    m->items[i].number = it->number;
}

/* ---- the medium ---------------------------------------------------------------------------- */

SimDisk *sim_disk_new(SimPlan *plan)
{
    SimDisk *d = MEM_NEW(SimDisk);
    d->plan = plan;
    arena_init(&d->arena, 32 << 10);
    return d;
}

void sim_disk_free(SimDisk *d)
{
    if (!d)
        return;
    image_free(&d->now);
    image_free(&d->next);
    arena_fini(&d->arena);
    mem_free(d);
}

void sim_disk_join(SimDisk *d, Log *log)
{
    d->log = log;
}

void sim_disk_crash(SimDisk *d)
{
    d->writing = false;
    if (d->log)
        log_sim_joint_end(d->log, false);
}

void sim_disk_wipe(SimDisk *d)
{
    sim_disk_crash(d);
    d->now.count = 0;
}

/* ---- reading ------------------------------------------------------------------------------- */

static SimConn *conn_of(StoreDisk *d)
{
    return (SimConn *)d;
}

static const Image *seen_by(const SimConn *c)
{
    return c->snapshots ? &c->past : &c->disk->now;
}

static Rc enter_read(SimConn *c, Err *err)
{
    SimPlan *p = c->disk->plan;
    Rc rc = sim_enter(p, err);
    if (!rc && sim_fires(p, SIM_READ_RETRY))
        rc = err_set(err, ERR_KIND_RETRY, ERR_BUSY, "simulated: the state cannot be read just now");
    return rc;
}

static Item row_item(const StoreDef *def, int partition, int64_t win, Str key)
{
    return (Item){.kind = ITEM_ROW, .id = def->id, .partition = partition, .win = win, .key = key};
}

static Rc sim_get(StoreDisk *base, const StoreDef *def, int partition, int64_t win, Str key,
                  Buf *row, bool *found, Err *err)
{
    SimConn *c = conn_of(base);
    *found = false;
    Rc rc = enter_read(c, err);
    if (rc)
        return rc;
    Item it = row_item(def, partition, win, key);
    const Item *there = find(seen_by(c), &it);
    *found = there != NULL;
    if (there)
        buf_put_str(row, there->value);
    return 0;
}

static bool of_store(const Item *it, const StoreDef *def, int partition)
{
    return it->kind == ITEM_ROW && it->id == def->id && it->partition == partition;
}

static bool wanted(const Item *it, const StoreScan *s)
{
    return it->win >= s->win_from && it->win <= s->win_to &&
           (!s->key_from.ptr || str_cmp(it->key, s->key_from) >= 0) &&
           (!s->key_to.ptr || str_cmp(it->key, s->key_to) <= 0);
}

static Rc sim_scan(StoreDisk *base, const StoreDef *def, int partition, const StoreScan *scan,
                   bool (*each)(void *ctx, int64_t win, Str key, Str row), void *ctx, Err *err)
{
    SimConn *c = conn_of(base);
    Rc rc = enter_read(c, err);
    if (rc)
        return rc;
    const Image *m = seen_by(c);
    Item from = row_item(def, partition, INT64_MIN, STR_LIT(""));
    for (int i = lower_bound(m, &from); i < m->count && of_store(&m->items[i], def, partition);
         i++) {
        const Item *it = &m->items[i];
        if (wanted(it, scan) &&
            !each(ctx, it->win, it->key, scan->keys_only ? STR_NULL : it->value))
            break;
    }
    return 0;
}

static Rc sim_highest(StoreDisk *base, const StoreDef *def, int partition, int64_t *win, bool *any,
                      Err *err)
{
    SimConn *c = conn_of(base);
    *any = false;
    *win = 0;
    Rc rc = enter_read(c, err);
    if (rc)
        return rc;
    const Image *m = seen_by(c);
    Item behind = row_item(def, partition + 1, INT64_MIN, STR_LIT(""));
    int i = lower_bound(m, &behind) - 1;
    *any = i >= 0 && of_store(&m->items[i], def, partition);
    if (*any)
        *win = m->items[i].win;
    return 0;
}

static Rc sim_record(StoreDisk *base, const StoreDef *def, int partition, int64_t *values,
                     bool *found, Err *err)
{
    SimConn *c = conn_of(base);
    *found = false;
    Rc rc = enter_read(c, err);
    if (rc)
        return rc;
    Item it = {.kind = ITEM_RECORD, .id = def->id, .partition = partition, .key = STR_LIT("")};
    const Item *there = find(seen_by(c), &it);
    *found = there != NULL;
    if (there)
        memcpy(values, there->value.ptr, there->value.len);
    return 0;
}

static Rc sim_generation(StoreDisk *base, Str unit, uint64_t *number, Err *err)
{
    SimConn *c = conn_of(base);
    Rc rc = sim_enter(c->disk->plan, err);
    if (rc)
        return rc;
    Item it = {.kind = ITEM_GENERATION, .key = unit};
    const Item *there = find(seen_by(c), &it);
    *number = there ? (uint64_t)there->number : 0;
    return 0;
}

static Rc sim_position(StoreDisk *base, Str topic, int partition, int64_t *offset, Err *err)
{
    SimConn *c = conn_of(base);
    Rc rc = sim_enter(c->disk->plan, err);
    if (rc)
        return rc;
    Item it = {.kind = ITEM_POSITION, .partition = partition, .key = topic};
    const Item *there = find(seen_by(c), &it);
    *offset = there ? there->number : -1;
    return 0;
}

static Rc sim_snapshot(StoreDisk *base, bool begin, Err *err)
{
    SimConn *c = conn_of(base);
    (void)err;
    if (begin && !c->snapshots++)
        image_copy(&c->past, &c->disk->now);
    if (!begin) {
        assert(c->snapshots > 0);
        c->snapshots--;
    }
    return 0;
}

/* ---- writing ------------------------------------------------------------------------------- */

static Rc sim_begin(StoreDisk *base, Err *err)
{
    SimDisk *d = conn_of(base)->disk;
    Rc rc = sim_enter(d->plan, err);
    if (rc)
        return rc;
    if (sim_fires(d->plan, SIM_STATE_BEGIN_FAIL))
        return err_set(err, ERR_KIND_RETRY, ERR_BUSY, "simulated: the state is locked");
    assert(!d->writing);
    image_copy(&d->next, &d->now);
    d->writing = true;
    return 0;
}

static void sim_rollback(StoreDisk *base)
{
    SimDisk *d = conn_of(base)->disk;
    if (d->plan->dead && *d->plan->dead)
        return;
    d->writing = false;
    if (d->log)
        log_sim_joint_end(d->log, false);
}

/* What every write begins with. */
static Rc enter_write(SimDisk *d, Err *err)
{
    Rc rc = sim_enter(d->plan, err);
    if (!rc)
        rc = sim_crash(d->plan, SIM_CRASH_IN_STATE_TXN, err);
    if (rc)
        return rc;
    assert(d->writing);
    if (sim_fires(d->plan, SIM_STATE_WRITE_FAIL))
        return err_set(err, ERR_KIND_FATAL, ERR_IO, "simulated: the disk is full");
    return 0;
}

static Rc sim_commit(StoreDisk *base, Err *err)
{
    SimDisk *d = conn_of(base)->disk;
    Rc rc = enter_write(d, err);
    if (rc)
        return rc;
    if (sim_fires(d->plan, SIM_STATE_COMMIT_FAIL))
        return err_set(err, ERR_KIND_FATAL, ERR_IO, "simulated: the state cannot be committed");
    Image old = d->now;
    d->now = d->next;
    d->next = old;
    d->writing = false;
    if (d->log)
        log_sim_joint_end(d->log, true);
    return sim_crash(d->plan, SIM_CRASH_AFTER_STATE_COMMIT, err);
}

static Rc sim_define(StoreDisk *base, const StoreDef *def, Err *err)
{
    (void)base, (void)def, (void)err;
    return 0;
}

static Rc sim_put(StoreDisk *base, const StoreDef *def, int partition, int64_t win, Str key,
                  Str row, Err *err)
{
    SimDisk *d = conn_of(base)->disk;
    Rc rc = enter_write(d, err);
    if (rc)
        return rc;
    Item it = row_item(def, partition, win, key);
    it.value = row;
    if (row.ptr) {
        image_put(d, &d->next, &it);
        return 0;
    }
    int i = lower_bound(&d->next, &it);
    if (i < d->next.count && !item_cmp(&d->next.items[i], &it))
        image_remove(&d->next, i, 1);
    return 0;
}

/* Items [from, to) in order of item_cmp. */
static Rc remove_range(SimDisk *d, const Item *from, const Item *to, Err *err)
{
    Rc rc = enter_write(d, err);
    if (rc)
        return rc;
    int i = lower_bound(&d->next, from);
    image_remove(&d->next, i, lower_bound(&d->next, to) - i);
    return 0;
}

static Rc sim_expire(StoreDisk *base, const StoreDef *def, int partition, int64_t win_below,
                     Err *err)
{
    Item from = row_item(def, partition, INT64_MIN, STR_LIT(""));
    Item to = row_item(def, partition, win_below, STR_LIT(""));
    return remove_range(conn_of(base)->disk, &from, &to, err);
}

static Rc sim_clear(StoreDisk *base, const StoreDef *def, int partition, Err *err)
{
    SimDisk *d = conn_of(base)->disk;
    Item from = row_item(def, partition, INT64_MIN, STR_LIT(""));
    Item to = row_item(def, partition + 1, INT64_MIN, STR_LIT(""));
    Rc rc = remove_range(d, &from, &to, err);
    from = (Item){.kind = ITEM_RECORD, .id = def->id, .partition = partition, .key = STR_LIT("")};
    to = from;
    to.partition++;
    return rc ? rc : remove_range(d, &from, &to, err);
}

static Rc sim_drop(StoreDisk *base, const StoreDef *def, Err *err)
{
    SimDisk *d = conn_of(base)->disk;
    Item from = {.kind = ITEM_ROW, .id = def->id, .win = INT64_MIN, .key = STR_LIT("")};
    Item to = from;
    to.id++;
    Rc rc = remove_range(d, &from, &to, err);
    from.kind = to.kind = ITEM_RECORD;
    return rc ? rc : remove_range(d, &from, &to, err);
}

static Rc put_item(StoreDisk *base, const Item *it, Err *err)
{
    SimDisk *d = conn_of(base)->disk;
    Rc rc = enter_write(d, err);
    if (!rc)
        image_put(d, &d->next, it);
    return rc;
}

static Rc sim_put_record(StoreDisk *base, const StoreDef *def, int partition, const int64_t *values,
                         Err *err)
{
    Item it = {.kind = ITEM_RECORD, .id = def->id, .partition = partition, .key = STR_LIT("")};
    it.value = str_make(values, (size_t)def->record_count * sizeof *values);
    return put_item(base, &it, err);
}

static Rc sim_put_generation(StoreDisk *base, Str unit, uint64_t number, Err *err)
{
    Item it = {.kind = ITEM_GENERATION, .key = unit, .number = (int64_t)number};
    return put_item(base, &it, err);
}

static Rc sim_put_position(StoreDisk *base, Str topic, int partition, int64_t offset, Err *err)
{
    Item it = {.kind = ITEM_POSITION, .partition = partition, .key = topic, .number = offset};
    return put_item(base, &it, err);
}

/* ---- handles ------------------------------------------------------------------------------- */

static Db *sim_db(StoreDisk *base)
{
    (void)base;
    return NULL;
}

static void sim_close(StoreDisk *base)
{
    image_free(&conn_of(base)->past);
    mem_free(base);
}

static const StoreDiskClass sim_disk_class = {
    .close = sim_close,
    .get = sim_get,
    .scan = sim_scan,
    .record = sim_record,
    .generation = sim_generation,
    .snapshot = sim_snapshot,
    .begin = sim_begin,
    .define = sim_define,
    .put = sim_put,
    .expire = sim_expire,
    .put_record = sim_put_record,
    .put_generation = sim_put_generation,
    .drop = sim_drop,
    .commit = sim_commit,
    .rollback = sim_rollback,
    .db = sim_db,
    .highest = sim_highest,
    .position = sim_position,
    .put_position = sim_put_position,
    .clear = sim_clear,
};

StoreDisk *sim_disk_open(SimDisk *d)
{
    SimConn *c = MEM_NEW(SimConn);
    c->base.cls = &sim_disk_class;
    c->disk = d;
    return &c->base;
}
