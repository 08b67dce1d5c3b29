/* test_group.c: consumer groups against a real broker: sharing, orderly hand-over, going back, and
 * a member that lost its place. Each test drives its members from this one thread, in turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kafka_test.h"

enum { PARTS = 4, PER_PART = 300, MEMBERS = 3 };

/* A member and what it holds. */
typedef struct Member {
    KafkaGroup *group;
    LogTxn *txn;
    int assigned;
    bool read_only; /* leaves reading to the test */
    LogPosition at[PARTS];
    int seen[PARTS]; /* records it committed, by partition */
} Member;

typedef struct World {
    SuiteState *s;
    Str topic, group;
    Member m[MEMBERS];
    int64_t start;
} World;

static World world_make(SuiteState *s, const char *name)
{
    World w = {.s = s, .start = clock_monotonic_ns()};
    w.topic = suite_topic(s, name, PARTS);
    w.group = str_of(arena_printf(&s->arena, "%s%s-group", suite.prefix, name));
    for (int p = 0; p < PARTS; p++)
        suite_append(s, suite_numbers(s, w.topic, p, 0, PER_PART), PER_PART);
    return w;
}

static void member_join(World *w, int i)
{
    static const char *const settings[] = {"client.id", "member", "session.timeout.ms", "6000",
                                           NULL};
    Member *m = &w->m[i];
    char id[16];
    snprintf(id, sizeof id, "member%d", i);
    OK(kafka_group_open(w->s->log, w->group, &w->topic, 1, settings, &m->group, &suite_err));
    m->txn = suite_txn(w->s, id);
}

static void member_leave(World *w, int i)
{
    Member *m = &w->m[i];
    kafka_group_close(m->group);
    m->txn->cls->txn_close(m->txn);
    m->group = NULL;
    m->txn = NULL;
    m->assigned = 0;
}

/* Begin where the group is committed, or at 0. */
static void take_over(World *w, Member *m, const KafkaEvent *e)
{
    assert_in_range(e->count, 0, PARTS);
    for (int i = 0; i < e->count; i++) {
        m->at[i] = e->parts[i];
        m->at[i].topic = w->topic;
    }
    OK(w->s->log->cls->committed(w->s->log, w->group, m->at, e->count, &suite_err));
    for (int i = 0; i < e->count; i++)
        m->at[i].offset = m->at[i].offset < 0 ? 0 : m->at[i].offset;
    OK(kafka_group_assign(m->group, m->at, e->count, &suite_err));
    m->assigned = e->count;
}

/* One event of a member, answered. */
static KafkaEventKind member_poll(World *w, Member *m)
{
    KafkaEvent e;
    OK(kafka_group_poll(m->group, 10, &e, &suite_err));
    if (e.kind == KAFKA_EVENT_ASSIGN) {
        take_over(w, m, &e);
    } else if (e.kind != KAFKA_EVENT_NONE) {
        OK(kafka_group_release(m->group, &suite_err));
        m->assigned = 0;
    }
    if (suite_late(w->start))
        fail_msg("the group does not settle");
    return e.kind;
}

/* Read what is there and commit the positions with the group's metadata. Values are in order. */
static void member_work(World *w, Member *m)
{
    bool any = false;
    int got[PARTS] = {0};
    for (int i = 0; i < m->assigned; i++) {
        LogReader *r = kafka_group_reader(m->group, i);
        LogBatch b;
        OK(r->cls->read(r, 50, LIMIT_BATCH_BYTES, &w->s->arena, &b, &suite_err));
        for (int k = 0; k < b.count; k++)
            assert_int_equal(suite_number(&b.records[k]), m->at[i].offset + k);
        got[i] = b.count;
        any |= b.count > 0;
        m->at[i].offset = b.count ? b.next_offset : m->at[i].offset;
    }
    if (!any)
        return;
    suite_begin(m->txn);
    OK(kafka_txn_group(m->txn, m->group, &suite_err));
    OK(m->txn->cls->txn_positions(m->txn, w->group, m->at, m->assigned, &suite_err));
    suite_commit(m->txn);
    for (int i = 0; i < m->assigned; i++)
        m->seen[m->at[i].partition] += got[i];
}

static int all_seen(const World *w)
{
    int n = 0;
    for (int i = 0; i < MEMBERS; i++)
        for (int p = 0; p < PARTS; p++)
            n += w->m[i].seen[p];
    return n;
}

static void one_member_has_everything(void **state)
{
    World w = world_make(*state, "one");
    member_join(&w, 0);
    while (w.m[0].assigned < PARTS)
        member_poll(&w, &w.m[0]);
    while (all_seen(&w) < PARTS * PER_PART) {
        member_poll(&w, &w.m[0]);
        member_work(&w, &w.m[0]);
    }
    for (int p = 0; p < PARTS; p++)
        assert_int_equal(w.m[0].seen[p], PER_PART);
    assert_null(kafka_group_reader(w.m[0].group, PARTS));
    LogPosition at[PARTS];
    for (int p = 0; p < PARTS; p++)
        at[p] = (LogPosition){w.topic, p, 0};
    OK(w.s->log->cls->committed(w.s->log, w.group, at, PARTS, &suite_err));
    for (int p = 0; p < PARTS; p++)
        assert_int_equal(at[p].offset, PER_PART);
    member_leave(&w, 0);
}

/* Members come and go while they work; each record is committed once. */
static void members_share_and_hand_over(void **state)
{
    World w = world_make(*state, "share");
    member_join(&w, 0);
    while (w.m[0].assigned < PARTS)
        member_poll(&w, &w.m[0]);
    member_work(&w, &w.m[0]);
    member_join(&w, 1);
    while (w.m[0].assigned != PARTS / 2 || w.m[1].assigned != PARTS / 2) {
        member_poll(&w, &w.m[0]);
        member_poll(&w, &w.m[1]);
    }
    for (int i = 0; i < 2; i++)
        member_work(&w, &w.m[i]);
    member_leave(&w, 0); /* orderly: all it did is committed */
    while (w.m[1].assigned < PARTS)
        member_poll(&w, &w.m[1]);
    while (all_seen(&w) < PARTS * PER_PART) {
        member_poll(&w, &w.m[1]);
        member_work(&w, &w.m[1]);
    }
    assert_int_equal(all_seen(&w), PARTS * PER_PART);
    member_leave(&w, 1);
}

/* After an abort the readers go back, again and again, and no record of before slips in. */
static void going_back(void **state)
{
    World w = world_make(*state, "back");
    Member *m = &w.m[0];
    uint32_t rng = 7;
    member_join(&w, 0);
    while (m->assigned < PARTS)
        member_poll(&w, m);
    for (int round = 0; round < 25; round++) {
        int have[PARTS] = {0}, done = 0;
        for (int i = 0; i < PARTS; i++) {
            rng = rng * 1664525 + 1013904223;
            m->at[i].offset = (rng >> 8) % (PER_PART - 30);
        }
        OK(kafka_group_rewind(m->group, m->at, PARTS, &suite_err));
        while (done < PARTS) { /* some records of each partition, then back again */
            done = 0;
            member_poll(&w, m);
            for (int i = 0; i < PARTS; i++) {
                LogBatch b;
                LogReader *r = kafka_group_reader(m->group, i);
                OK(r->cls->read(r, 20, LIMIT_BATCH_BYTES, &w.s->arena, &b, &suite_err));
                for (int k = 0; k < b.count; k++)
                    assert_int_equal(b.records[k].offset, m->at[i].offset + have[i]++);
                done += have[i] >= 20;
            }
        }
    }
    m->at[0].partition = 17;
    assert_int_equal(kafka_group_rewind(m->group, m->at, PARTS, &suite_err), ERR_NOT_FOUND);
    member_leave(&w, 0);
}

/* A member whose partitions went to another while it slept cannot commit what it had read. */
static void positions_of_the_past_are_refused(void **state)
{
    World w = world_make(*state, "past");
    Member *m = &w.m[0];
    member_join(&w, 0);
    while (m->assigned < PARTS)
        member_poll(&w, m);
    suite_begin(m->txn);
    OK(kafka_txn_group(m->txn, m->group, &suite_err)); /* as at the freeze */
    member_join(&w, 1);
    while (m->assigned != PARTS / 2 || w.m[1].assigned != PARTS / 2) {
        member_poll(&w, m);
        member_poll(&w, &w.m[1]);
    }
    for (int i = 0; i < PARTS; i++)
        m->at[i] = (LogPosition){w.topic, i, 100};
    assert_int_equal(m->txn->cls->txn_positions(m->txn, w.group, m->at, PARTS, &suite_err),
                     ERR_FENCED);
    assert_int_equal(suite_err.kind, ERR_KIND_ABORT);
    m->txn->cls->txn_abort(m->txn);
    LogPosition at = {w.topic, 0, 0};
    OK(w.s->log->cls->committed(w.s->log, w.group, &at, 1, &suite_err));
    assert_int_equal(at.offset, -1);
    /* The producer goes on, with what is true now. */
    while (all_seen(&w) == 0) {
        member_poll(&w, &w.m[1]);
        OK(kafka_group_rewind(w.m[1].group, w.m[1].at, w.m[1].assigned, &suite_err));
        for (int i = 0; i < 50 && all_seen(&w) == 0; i++) {
            member_poll(&w, m);
            member_poll(&w, &w.m[1]);
            member_work(&w, &w.m[1]);
        }
    }
    member_leave(&w, 0);
    member_leave(&w, 1);
}

int main(void)
{
    if (!kafka_test_init())
        return 77;
    suite = kafka_suite;
    const struct CMUnitTest tests[] = {
        LOG_SUITE_TEST(one_member_has_everything),
        LOG_SUITE_TEST(members_share_and_hand_over),
        LOG_SUITE_TEST(going_back),
        LOG_SUITE_TEST(positions_of_the_past_are_refused),
    };
    return cmocka_run_group_tests_name("log: Kafka groups", tests, NULL, NULL);
}
