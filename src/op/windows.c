/* windows.c: the time windows that a row falls into, and which of them still accept it.
 *
 * Owns the clocks of a windowed operator. Leaves to the operator what is kept per window, and to
 * the store the forgetting of windows (op_windows_expire says up to where). */
#include "op/op_int.h"

void op_hits_init(OpHits *h, Arena *a, int room)
{
    *h = (OpHits){.arena = a, .room = room};
    h->rows = arena_alloc(a, sizeof(uint16_t) * (size_t)room);
    h->wins = arena_alloc(a, sizeof(int64_t) * (size_t)room);
}

void op_hits_put(OpHits *h, int row, int64_t win)
{
    if (h->count == h->room) { /* only where windows overlap: room for one per row is the start */
        OpHits more;
        op_hits_init(&more, h->arena, 2 * h->room);
        memcpy(more.rows, h->rows, sizeof(uint16_t) * (size_t)h->count);
        memcpy(more.wins, h->wins, sizeof(int64_t) * (size_t)h->count);
        more.count = h->count;
        *h = more;
    }
    h->rows[h->count] = (uint16_t)row;
    h->wins[h->count++] = win;
}

void op_windows_open(OpWindows *w, Op *op)
{
    bool fresh;
    int64_t *record = store_record(op->stores[0], &fresh);
    op_clock_open(&w->clock, record, fresh, op->env->upstreams);
    w->expired_below = 0; /* no window starts earlier */
}

int64_t op_window_end(int64_t start, int64_t size)
{
    return start > INT64_MAX - size ? INT64_MAX : start + size;
}

/* Has a window with this end ended by the clock, grace included? INT64_MIN: no clock yet. */
static bool window_ended(int64_t end, int64_t clock, int64_t grace)
{
    return clock != INT64_MIN && end <= clock - grace;
}

static void window_refuse(Op *op, OpReason why, const Batch *b, int row, int64_t win, int64_t by)
{
    const PlanNode *n = op->node;
    op_refuse(op, why, b, row,
              arena_printf(op->env->batch_arena, "window %lld..%lld, time %lld, grace %lld ms",
                           (long long)win, (long long)op_window_end(win, n->size_ms), (long long)by,
                           (long long)n->grace_ms));
}

void op_windows_of_row(OpWindows *w, Op *op, const Batch *b, int row, OpHits *hits)
{
    const PlanNode *n = op->node;
    int64_t t = b->time[row], size = n->size_ms, grace = n->grace_ms;
    int64_t step = n->window == WINDOW_HOPPING ? n->advance_ms : size;
    int64_t carried = op_clock_see(&w->clock, b->upstream ? b->upstream[row] : 0,
                                   b->carried ? b->carried[row] : t);
    int64_t close = op_clock_close(&w->clock);
    int64_t win = t < size ? 0 : ((t - size) / step + 1) * step;
    for (;;) {
        int64_t end = op_window_end(win, size);
        if (win > t) /* between windows: hopping by more than a window's size is refused in SQL */
            return;
        if (window_ended(end, carried, grace))
            window_refuse(op, REASON_LATE, b, row, win, carried);
        else if (window_ended(end, close, grace))
            window_refuse(op, REASON_CLOSED, b, row, win, close);
        else
            op_hits_put(hits, row, win);
        if (win > INT64_MAX - step)
            return;
        win += step;
    }
}

void op_windows_mark(OpWindows *w, const OpMark *mark)
{
    if (mark->carried != INT64_MIN)
        op_clock_see(&w->clock, mark->upstream, mark->carried);
    if (mark->idle)
        op_clock_idle(&w->clock, mark->upstream);
}

void op_windows_expire(OpWindows *w, Store *store)
{
    int64_t close = op_clock_close(&w->clock);
    store_record_dirty(store);
    if (close == INT64_MIN || close - store_def(store)->retention_ms <= w->expired_below)
        return;
    w->expired_below = close - store_def(store)->retention_ms;
    store_expire(store, w->expired_below);
}
