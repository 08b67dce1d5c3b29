/* clock.c: the two clocks of a stateful operator behind an exchange.
 *
 * A row is late by the time of its own upstream partition, so whether it is accepted depends on
 * that partition's records alone, and a replay cannot change it. A window closes by the slowest
 * upstream partition that is still expected to send something.
 *
 * Owns the meaning of the operator record; the store owns its bytes. */
#include "op/op.h"

#include <assert.h>

enum { UPSTREAM_UNSEEN, UPSTREAM_ACTIVE, UPSTREAM_IDLE };

static int64_t *carried_of(const OpClock *c, int upstream)
{
    assert(upstream >= 0 && upstream < c->upstreams);
    return &c->record[1 + 2 * upstream];
}

static int64_t *state_of(const OpClock *c, int upstream)
{
    return carried_of(c, upstream) + 1;
}

int op_clock_record_count(int upstreams)
{
    return 1 + 2 * upstreams;
}

void op_clock_open(OpClock *c, int64_t *record, bool fresh, int upstreams)
{
    *c = (OpClock){.record = record, .upstreams = upstreams, .low = INT64_MIN, .stale = true};
    if (!fresh)
        return;
    record[0] = INT64_MIN;
    for (int u = 0; u < upstreams; u++) {
        *carried_of(c, u) = INT64_MIN;
        *state_of(c, u) = UPSTREAM_UNSEEN;
    }
}

int64_t op_clock_see(OpClock *c, int upstream, int64_t carried)
{
    int64_t *mine = carried_of(c, upstream), *state = state_of(c, upstream);
    /* An upstream ahead of the minimum does not move it, and that is nearly every row. */
    if (*state != UPSTREAM_ACTIVE || *mine <= c->low)
        c->stale = true;
    *state = UPSTREAM_ACTIVE;
    if (carried > *mine)
        *mine = carried;
    return *mine;
}

void op_clock_idle(OpClock *c, int upstream)
{
    *state_of(c, upstream) = UPSTREAM_IDLE;
    c->stale = true;
}

/* The slowest active upstream; with none active, the highest time any of them carried. */
static int64_t clock_low(const OpClock *c)
{
    int64_t lowest = INT64_MAX, highest = INT64_MIN;
    bool active = false;
    for (int u = 0; u < c->upstreams; u++) {
        int64_t carried = *carried_of(c, u), state = *state_of(c, u);
        if (state == UPSTREAM_UNSEEN)
            return INT64_MIN;
        if (state == UPSTREAM_ACTIVE) {
            active = true;
            lowest = carried < lowest ? carried : lowest;
        }
        highest = carried > highest ? carried : highest;
    }
    return active ? lowest : highest;
}

int64_t op_clock_close(OpClock *c)
{
    if (c->stale) {
        c->low = clock_low(c);
        c->stale = false;
        if (c->low > c->record[0])
            c->record[0] = c->low;
    }
    return c->record[0];
}
