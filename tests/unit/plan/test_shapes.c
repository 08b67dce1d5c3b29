/* Which nodes a query becomes, what they keep, what sources have to materialise, where stages end.
 */
#include "harness.h"

static Bench *bench_new(void)
{
    Bench *b = malloc(sizeof *b);
    bench_open(b, true);
    must(b, bench_sources);
    must(b, "CREATE TABLE wide (k STRING PRIMARY KEY, v INT) WITH (kafka_topic='wide',"
            " key_format='KAFKA', value_format='JSON', partitions=3);"
            "CREATE STREAM ev (id STRING KEY, k STRING, x INT, y INT, ts BIGINT) WITH"
            " (kafka_topic='ev', key_format='KAFKA', value_format='JSON', partitions=5,"
            " timestamp='ts');"
            "CREATE STREAM none (v INT, w INT) WITH (kafka_topic='none', value_format='JSON',"
            " partitions=2);");
    return b;
}

static void bench_end(Bench *b)
{
    bench_close(b);
    free(b);
}

static void chains(void **state)
{
    static const struct {
        const char *statement, *nodes;
    } rows[] = {
        {"CREATE STREAM o AS SELECT * FROM s;", "Source Project Sink"},
        {"CREATE STREAM o AS SELECT k, a FROM s WHERE a > 1;", "Source Filter Project Sink"},
        {"CREATE STREAM o AS SELECT * FROM s WHERE a > 1 PARTITION BY a;",
         "Source Filter Rekey Project Sink"},
        {"CREATE STREAM o AS SELECT * FROM s PARTITION BY k;", "Source Project Sink"},
        {"CREATE STREAM o WITH (key_format='KAFKA') AS SELECT * FROM s;", "Source Rekey Sink"},
        {"CREATE TABLE o AS SELECT * FROM t;", "Source Project Materialize Sink"},
        {"CREATE TABLE o AS SELECT * FROM t WHERE v > 1;",
         "Source Filter Project Materialize Sink"},
        {"CREATE TABLE o AS SELECT k, COUNT(*) FROM s GROUP BY k;",
         "Source GroupBy Aggregate Project Sink"},
        {"CREATE TABLE o AS SELECT a, COUNT(*) FROM s WHERE a > 0 GROUP BY a HAVING COUNT(*) > 1;",
         "Source Filter GroupBy Exchange Aggregate Filter Project Sink"},
        {"CREATE TABLE o AS SELECT v, COUNT(*) FROM t WHERE v > 0 GROUP BY v;",
         "Source Materialize Filter GroupBy Exchange Aggregate Project Sink"},
        {"CREATE TABLE o AS SELECT k, SUM(v) FROM t GROUP BY k;",
         "Source Materialize GroupBy Exchange Aggregate Project Sink"},
        {"CREATE TABLE o WITH (key_format='KAFKA') AS SELECT k, COUNT(*) FROM s GROUP BY k;",
         "Source GroupBy Aggregate Project Sink"},
        {"CREATE STREAM o AS SELECT s.k, v FROM s JOIN t ON s.k = t.k;",
         "Source Project Source Project StreamTableJoin Project Sink"},
        {"CREATE STREAM o AS SELECT a, v FROM s LEFT JOIN t ON s.a = t.k WHERE v > 1;",
         "Source Rekey Exchange Source Project StreamTableJoin Filter Project Sink"},
        {"CREATE TABLE o AS SELECT t.k, v, w FROM t JOIN r ON t.k = r.k WHERE v > 1;",
         "Source Project Source Project TableTableJoin Filter Project Materialize Sink"},
        {"CREATE TABLE o AS SELECT w, COUNT(*) FROM t JOIN r ON t.k = r.k GROUP BY w;",
         "Source Project Source Project TableTableJoin GroupBy Exchange Aggregate Project Sink"},
        {"INSERT INTO u SELECT k, a AS w FROM s;", "Source Project Sink"},
        {"SELECT * FROM s EMIT CHANGES LIMIT 2;", "Source Filter Project Limit Sink"},
        {"SELECT * FROM t EMIT CHANGES;", "Source Project Sink"},
        {"SELECT COUNT(*) FROM none GROUP BY v EMIT CHANGES;",
         "Source GroupBy Exchange Aggregate Project Sink"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        Bench *b = bench_new();
        must(b, rows[i].statement);
        if (strcmp(shape(b), rows[i].nodes) != 0)
            fail_msg("%s\n  wants %s\n  got   %s", rows[i].statement, rows[i].nodes, b->text);
        bench_end(b);
    }
}

static const char *used(Bench *b, const char *source)
{
    static char out[256];
    out[0] = 0;
    for (int i = 0; i < b->plan->node_count; i++) {
        const PlanNode *n = b->plan->nodes[i];
        for (int c = 0; n->kind == NODE_SOURCE && c < n->schema->count; c++)
            if (str_eq(n->source, str_of(source)) && n->used[c])
                snprintf(out + strlen(out), sizeof out - strlen(out), "%s%.*s", *out ? " " : "",
                         STR_ARG(n->schema->columns[c].name));
    }
    return out;
}

static void sources_materialise_what_is_read(void **state)
{
    static const struct {
        const char *statement, *source, *columns;
    } rows[] = {
        {"CREATE STREAM o AS SELECT id, x FROM ev;", "EV", "ID X TS"},
        {"CREATE STREAM o AS SELECT id, x + 1 FROM ev WHERE y > 1;", "EV", "ID X Y TS"},
        {"CREATE TABLE o AS SELECT id, COUNT(*) FROM ev GROUP BY id;", "EV", "ID TS"},
        {"CREATE TABLE o AS SELECT x, SUM(y) FROM ev GROUP BY x;", "EV", "ID X Y TS"},
        {"CREATE STREAM o AS SELECT x, id FROM ev PARTITION BY x;", "EV", "ID X TS"},
        {"CREATE STREAM o AS SELECT wide.k, y FROM ev JOIN wide ON ev.k = wide.k;", "EV",
         "ID K Y TS"},
        {"CREATE STREAM o AS SELECT wide.k, y FROM ev JOIN wide ON ev.k = wide.k;", "WIDE", "K"},
        {"CREATE STREAM o AS SELECT ev.k, v FROM ev JOIN wide ON ev.k = wide.k;", "WIDE", "K V"},
        {"SELECT w FROM none EMIT CHANGES;", "NONE", "W"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        Bench *b = bench_new();
        must(b, rows[i].statement);
        if (strcmp(used(b, rows[i].source), rows[i].columns) != 0)
            fail_msg("%s\n  wants %s\n  got   %s", rows[i].statement, rows[i].columns,
                     used(b, rows[i].source));
        bench_end(b);
    }
}

static void joins_carry_only_what_is_asked_for(void **state)
{
    Bench *b = bench_new();
    must(b, "CREATE TABLE o AS SELECT t.k, x FROM t LEFT JOIN r ON t.k = r.k;");
    say_schema(b, find_node(b->plan, NODE_TABLE_TABLE_JOIN)->schema);
    assert_string_equal(b->text, "T_K INTEGER KEY, R_X INTEGER");
    bench_end(b);

    /* A key column that is wanted as a value too: it may be NULL where the key is not. */
    b = bench_new();
    must(b,
         "CREATE TABLE o AS SELECT t.k, AS_VALUE(t.k) AS c, x FROM t RIGHT JOIN r ON t.k = r.k;");
    say_schema(b, find_node(b->plan, NODE_TABLE_TABLE_JOIN)->schema);
    assert_string_equal(b->text, "ROWKEY INTEGER KEY, T_K INTEGER, R_X INTEGER");
    bench_end(b);
}

static void aggregates_know_their_arguments(void **state)
{
    Bench *b = bench_new();
    must(b,
         "CREATE TABLE o AS SELECT a, SUM(k) + 1 AS n, SUM(k) * 2 AS m, MAX(k) AS x, COUNT(*) AS c"
         " FROM s GROUP BY a;");
    const PlanNode *g = find_node(b->plan, NODE_GROUPBY), *n = find_node(b->plan, NODE_AGGREGATE);
    assert_int_equal(n->agg_count, 3); /* SUM(k) is one */
    assert_int_equal(n->aggs[0].args[0], n->aggs[1].args[0]);
    assert_int_equal(g->schema->key_count, 1);
    assert_false(g->same_key);
    assert_true(n->is_table && n->old_known);
    bench_end(b);
}

static void windows_have_their_defaults(void **state)
{
    static const struct {
        const char *window;
        int64_t size, grace, retention;
    } rows[] = {
        {"TUMBLING (SIZE 10 SECONDS)", 10000, 86390000, 86400000},
        {"TUMBLING (SIZE 2 DAYS)", 172800000, 0, 172800000},
        {"TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 5 SECONDS)", 10000, 5000, 15000},
        {"TUMBLING (SIZE 10 SECONDS, RETENTION 1 HOUR, GRACE PERIOD 0 SECONDS)", 10000, 0, 3600000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        Bench *b = bench_new();
        char text[256];
        snprintf(text, sizeof text,
                 "CREATE TABLE o AS SELECT k, COUNT(*) FROM s WINDOW %s GROUP BY k;",
                 rows[i].window);
        must(b, text);
        const PlanNode *n = find_node(b->plan, NODE_AGGREGATE);
        assert_int_equal(n->window, WINDOW_TUMBLING);
        assert_int_equal(n->schema->window, WINDOW_TUMBLING);
        assert_int_equal(n->size_ms, rows[i].size);
        assert_int_equal(n->advance_ms, rows[i].size);
        assert_int_equal(n->grace_ms, rows[i].grace);
        assert_int_equal(n->retention_ms, rows[i].retention);
        assert_int_equal(b->plan->sink->schema->window, WINDOW_TUMBLING);
        assert_int_equal(b->plan->sink->schema->window_size_ms, rows[i].size);
        bench_end(b);
    }
}

static void stages_end_at_exchanges(void **state)
{
    Bench *b = bench_new();
    must(b, "CREATE TABLE o AS SELECT x, COUNT(*) FROM ev GROUP BY x;");
    assert_int_equal(b->plan->stage_count, 2);
    const PlanStage *up = &b->plan->stages[0], *down = &b->plan->stages[1];
    assert_int_equal(up->nodes[up->node_count - 1]->kind, NODE_EXCHANGE);
    assert_int_equal(down->nodes[down->node_count - 1]->kind, NODE_SINK);
    assert_int_equal(up->partitions, 5);
    assert_int_equal(down->partitions, 5);
    bench_end(b);

    b = bench_new();
    must(b, "CREATE STREAM o AS SELECT ev.k, v FROM ev JOIN wide ON ev.k = wide.k;");
    assert_int_equal(b->plan->stage_count, 2);
    assert_int_equal(b->plan->stages[0].partitions, 5);
    assert_int_equal(b->plan->stages[1].partitions, 3); /* the table stays, the stream moves */
    assert_int_equal(b->plan->stages[1].node_count, 5);
    assert_int_equal(b->plan->sink->partitions, 5); /* the sink is like the leftmost source */
    bench_end(b);
}

static void keys_meet_in_one_format(void **state)
{
    Bench *b = bench_new();
    must(b, "CREATE TABLE jt (k STRING PRIMARY KEY, v INT) WITH (kafka_topic='jt', format='JSON',"
            " partitions=5);"
            "CREATE STREAM o AS SELECT ev.id, v FROM ev JOIN jt ON ev.id = jt.k;");
    const PlanNode *j = find_node(b->plan, NODE_STREAM_TABLE_JOIN);
    assert_string_equal(j->key_format.format->name, "KAFKA");
    assert_int_equal(j->inputs[0]->kind, NODE_PROJECT);
    assert_int_equal(j->inputs[1]->kind, NODE_EXCHANGE); /* the table is written anew */
    assert_string_equal(plan_exchange_name(b->plan, j->inputs[1], &b->arena),
                        "RightSourceKeyed-SelectKey-repartition");
    bench_end(b);

    b = bench_new();
    must(b, "CREATE TABLE jt (k STRING PRIMARY KEY, v INT) WITH (kafka_topic='jt', format='JSON',"
            " partitions=5);"
            "CREATE STREAM o AS SELECT ev.k, v FROM ev JOIN jt ON ev.k = jt.k;");
    j = find_node(b->plan, NODE_STREAM_TABLE_JOIN);
    assert_string_equal(j->key_format.format->name, "JSON"); /* the moving side adapts */
    assert_int_equal(j->inputs[1]->kind, NODE_PROJECT);
    assert_string_equal(plan_exchange_name(b->plan, j->inputs[0], &b->arena), "Join-repartition");
    assert_string_equal(b->plan->root->key_format.format->name,
                        "KAFKA"); /* the leftmost source's */
    bench_end(b);

    b = bench_new();
    must(b, "CREATE STREAM o AS SELECT * FROM none;");
    assert_string_equal(b->plan->sink->key_format.format->name, "NONE");
    assert_true(find_node(b->plan, NODE_SOURCE)->keyless);
    must(b, "CREATE TABLE o2 AS SELECT v, COUNT(*) FROM o GROUP BY v;");
    assert_string_equal(b->plan->sink->key_format.format->name, "KAFKA");
    bench_end(b);
}

static void a_push_query_may_use_any_key(void **state)
{
    Bench *b = bench_new(); /* KAFKA keys hold one column; nobody sees this one */
    must(b, "SELECT COUNT(*) FROM ev GROUP BY x, y EMIT CHANGES;");
    assert_string_equal(find_node(b->plan, NODE_AGGREGATE)->key_format.format->name, "JSON");
    assert_int_equal(b->plan->root->sink.len, 0);
    assert_null(b->plan->sink);
    bench_end(b);
}

static void state_is_numbered(void **state)
{
    Bench *b = bench_new();
    must(b, "CREATE TABLE o AS SELECT w, COUNT(*) FROM t JOIN r ON t.k = r.k GROUP BY w;");
    plan_number_stores(b->plan, b->catalog);
    const PlanNode *j = find_node(b->plan, NODE_TABLE_TABLE_JOIN);
    const PlanNode *g = find_node(b->plan, NODE_AGGREGATE);
    assert_int_equal(j->store_id[0], 0);
    assert_int_equal(j->store_id[1], 1);
    assert_int_equal(g->store_id[0], 2);
    assert_int_equal(g->store_id[1], -1);
    assert_ptr_equal(plan_queryable_node(b->plan), g);
    bench_end(b);

    b = bench_new();
    must(b, "CREATE STREAM o AS SELECT s.k, v FROM s JOIN t ON s.k = t.k;");
    plan_number_stores(b->plan, b->catalog);
    const PlanNode *st = find_node(b->plan, NODE_STREAM_TABLE_JOIN);
    assert_int_equal(st->store_id[0], 0); /* its right side alone */
    assert_int_equal(st->store_id[1], -1);
    assert_null(plan_queryable_node(b->plan));
    bench_end(b);

    b = bench_new();
    must(b, "CREATE TABLE o AS SELECT t.k, v, w FROM t JOIN r ON t.k = r.k;");
    assert_int_equal(plan_queryable_node(b->plan)->kind, NODE_MATERIALIZE);
    bench_end(b);
}

static void sinks_are_described(void **state)
{
    Bench *b = bench_new();
    must(b, "SET 'ksql.output.topic.name.prefix'='pre_';"
            "CREATE STREAM o WITH (partitions=7, timestamp='n', value_format='JSON',"
            " wrap_single_value=false) AS SELECT id, ts + 1 AS n FROM ev;");
    const CatalogSource *s = b->plan->sink;
    assert_true(str_eq(s->topic, STR_LIT("pre_O")));
    assert_int_equal(s->partitions, 7);
    assert_int_equal(s->timestamp_column, 1);
    assert_true(s->value_format.unwrapped && s->wrap_given);
    assert_int_equal(b->plan->root->timestamp_column, 1);
    assert_false(s->is_table);
    assert_int_equal(s->refs, 2); /* ours and the catalog's */
    must(b, "CREATE STREAM p WITH (kafka_topic='elsewhere') AS SELECT * FROM ev;");
    assert_true(str_eq(b->plan->sink->topic, STR_LIT("elsewhere")));
    assert_int_equal(b->plan->sink->partitions, 5);
    assert_int_equal(b->plan->sink->timestamp_column, -1); /* not inherited */
    must(b, "CREATE STREAM IF NOT EXISTS p AS SELECT * FROM ev;");
    assert_null(b->plan);
    bench_end(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chains),
        cmocka_unit_test(sources_materialise_what_is_read),
        cmocka_unit_test(joins_carry_only_what_is_asked_for),
        cmocka_unit_test(aggregates_know_their_arguments),
        cmocka_unit_test(windows_have_their_defaults),
        cmocka_unit_test(stages_end_at_exchanges),
        cmocka_unit_test(keys_meet_in_one_format),
        cmocka_unit_test(a_push_query_may_use_any_key),
        cmocka_unit_test(state_is_numbered),
        cmocka_unit_test(sinks_are_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
