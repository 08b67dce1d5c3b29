/* model.c: what must come out, computed straight from the input. Shares no code with the store. */
#include <string.h>

#include "history.h"

void model_reset(Model *m)
{
    int wins = (int)(m->stream_time / HOP_MS) + 2;
    memset(m->wins, 0, sizeof m->wins[0] * (size_t)(wins < WINS ? wins : WINS));
    m->count = 0;
    m->total[0] = 0;
    m->stream_time = m->late = 0;
    for (int k = 0; k < KEYS; k++) {
        m->counted[k] = false;
        m->last[k][0] = 0;
    }
}

bool model_keeps(const Model *m, int64_t start)
{
    return start >= m->stream_time - RETENTION_MS;
}

static int take_window(Model *m, int64_t start, int key)
{
    if (start < 0)
        return 0;
    if (start + WIN_MS + GRACE_MS <= m->stream_time) {
        m->late++;
        return 0;
    }
    return ++m->wins[start / HOP_MS][key];
}

void model_take(Model *m, int partition, const Input *in)
{
    int k = in->key;
    if (in->time > m->stream_time)
        m->stream_time = in->time;
    if (!m->counted[k]) {
        m->counted[k] = true;
        m->counts[k] = m->sums[k] = 0;
    }
    m->counts[k]++;
    m->sums[k] += in->null ? 0 : in->value;
    int64_t count = m->counts[k], sum = m->sums[k];
    if (!in->null && in->value % 11 == 0)
        m->counted[k] = false;
    if (in->null)
        m->last[k][0] = 0;
    else
        snprintf(m->last[k], sizeof m->last[k], "last %0*d", in->value % 9 + 1, in->value);
    int64_t start = in->time / HOP_MS * HOP_MS;
    int early = take_window(m, start - HOP_MS, k), late = take_window(m, start, k);
    snprintf(m->text[m->count], TEXT_BYTES, "%d:%d count %lld sum %lld %s windows %d %d late %lld",
             partition, m->count, (long long)count, (long long)sum,
             in->null ? "deleted" : m->last[k], early, late, (long long)m->late);
    int64_t total = 0;
    for (int i = 0; i < KEYS; i++)
        total += m->counted[i] ? m->counts[i] : 0;
    m->total[++m->count] = total;
}
