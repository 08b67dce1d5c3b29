/* Plans as text and back: exact round trips, and a wall against text that somebody else has
 * written. */
#include "harness.h"

static const char *const statements[] = {
    "CREATE STREAM o AS SELECT k, a + 1 AS n, 'it''s \"here\"\n' AS c FROM s WHERE a > 1;",
    "CREATE STREAM o WITH (key_format='KAFKA') AS SELECT * FROM s;",
    "CREATE STREAM o AS SELECT * FROM s PARTITION BY a;",
    "CREATE TABLE o AS SELECT * FROM t WHERE v > 1;",
    "CREATE TABLE o AS SELECT a AS `odd \"name\"`, COUNT(*) AS n, AVG(k) AS m, WINDOWSTART AS ws "
    "FROM s"
    " WINDOW TUMBLING (SIZE 1 HOUR, GRACE PERIOD 2 MINUTES) GROUP BY a HAVING COUNT(*) > 1;",
    "CREATE TABLE o AS SELECT v, COUNT(*), SUM(k) FROM t GROUP BY v;",
    "CREATE STREAM o AS SELECT a, v FROM s LEFT JOIN t ON s.a = t.k;",
    "CREATE TABLE o AS SELECT ROWKEY, v, w FROM t FULL JOIN r ON t.k = r.k;",
    "INSERT INTO u SELECT k, a AS w FROM s;",
    "SELECT a, k, ROWTIME FROM s EMIT CHANGES LIMIT 3;",
};

enum { STATEMENTS = sizeof statements / sizeof statements[0] };

static Bench *bench_plan(const char *statement, Buf *text)
{
    Bench *b = malloc(sizeof *b);
    bench_open(b, true);
    must(b, bench_sources);
    must(b, statement);
    plan_number_stores(b->plan, b->catalog);
    b->plan->query_id = STR_LIT("Q_1");
    buf_init(text);
    plan_encode(text, b->plan);
    return b;
}

static void bench_end(Bench *b, Buf *text)
{
    buf_fini(text);
    bench_close(b);
    free(b);
}

static void plans_come_back_as_they_were(void **state)
{
    for (int i = 0; i < STATEMENTS; i++) {
        Buf text, again, shown, shown_again;
        Bench *b = bench_plan(statements[i], &text);
        Plan *back;
        buf_init(&again);
        buf_init(&shown);
        buf_init(&shown_again);
        if (plan_decode(&b->arena, buf_str(&text), &back, &b->err))
            fail_msg("%s\n%s\n%s", statements[i], b->err.text, buf_cstr(&text));
        plan_encode(&again, back);
        assert_string_equal(buf_cstr(&again), buf_cstr(&text));
        plan_print(&shown, b->plan);
        plan_print(&shown_again, back);
        assert_string_equal(buf_cstr(&shown_again), buf_cstr(&shown));
        assert_int_equal(back->kind, b->plan->kind);
        assert_true(str_eq(back->query_id, STR_LIT("Q_1")));
        assert_true(str_eq(back->statement, b->plan->statement));
        assert_int_equal(back->stage_count, b->plan->stage_count);
        buf_fini(&again);
        buf_fini(&shown);
        buf_fini(&shown_again);
        bench_end(b, &text);
    }
}

static Rc decode(Arena *a, const char *text, Err *err)
{
    Plan *p;
    return plan_decode(a, str_of(text), &p, err);
}

static void what_is_no_plan_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "null",
        "[]",
        "{}",
        "{\"version\":1}",
        "{\"version\":2,\"kind\":\"PUSH\",\"nodes\":[]}",
        "{\"version\":1,\"kind\":\"PUSH\",\"nodes\":[]}",
        "{\"version\":1,\"kind\":\"PULL\",\"nodes\":[{}]}",
        "{\"version\":1,\"kind\":\"PUSH\",\"nodes\":[{\"node\":\"Sink\"}]}",
        "{\"version\":1,\"kind\":\"PUSH\",\"nodes\":[{\"node\":\"Nothing\",\"inputs\":[]}]}",
        "{\"version\":1,\"kind\":\"PUSH\",\"nodes\":[{\"node\":\"Sink\",\"inputs\":[0]}]}",
        "{\"version\":1,\"kind\":\"PUSH\",\"nodes\":[{\"node\":\"Sink\",\"inputs\":[-1]}]}",
    };
    Arena a;
    arena_init(&a, 0);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        Err err = ERR_INIT;
        if (decode(&a, texts[i], &err) != ERR_CORRUPT)
            fail_msg("accepted, or for another reason (%s): %s", err.text, texts[i]);
        assert_int_equal(err.kind, ERR_KIND_FATAL);
        assert_non_null(strstr(err.text, "the stored plan is damaged"));
    }
    arena_fini(&a);
}

/* One word of a good plan replaced by another: the wall says what is wrong with it. */
static void lies_are_found_out(void **state)
{
    static const struct {
        int statement;
        const char *from, *to, *words;
    } rows[] = {
        {0, "(column 1 INTEGER)", "(column 7 INTEGER)", "reads a column that is not there"},
        {0, "(column 1 INTEGER)", "(column 2 INTEGER)", "reads a column that is not there"},
        {0, "\"K\",\"INTEGER\"", "\"K\",\"STRING\"", "damaged"},
        {0, "\"inputs\":[1]", "\"inputs\":[0]", "inputs"},
        {0, "\"inputs\":[1]", "\"inputs\":[9]", "inputs"},
        {0, "\"node\":\"Filter\"", "\"node\":\"Limit\"", "a limit is negative"},
        {0, "\"node\":\"Filter\"", "\"node\":\"Materialize\"", "a table is taken for a stream"},
        {0, "\"format\":\"JSON\"", "\"format\":\"AVRO\"", "a key format does not fit"},
        {0, "\"format\":\"JSON\"", "\"format\":\"WHAT\"", "key_format"},
        {0, "\"keys\":1", "\"keys\":2", "damaged"},
        {0, "\"keys\":1", "\"keys\":9", "keys"},
        {0, "\"partitions\":1", "\"partitions\":0", "partitions"},
        {0, "\"used\":[1,1,0]", "\"used\":[1,1]", "used"},
        {1, "\"node\":\"Rekey\"", "\"node\":\"Project\"", "a key format that it should hand on"},
        {3, "\"is_table\":true", "\"is_table\":false", "damaged"},
        {4, "\"func\":\"COUNT\"", "\"func\":\"ABS\"", "aggs"},
        {4, "\"func\":\"COUNT\"", "\"func\":\"GONE\"", "aggs"},
        {4, "\"size_ms\":3600000", "\"size_ms\":0", "a window makes no sense"},
        {4, "\"size_ms\":3600000", "\"size_ms\":-5", "size_ms"},
        {4, "\"window\":\"TUMBLING\"", "\"window\":\"ROUND\"", "window"},
        {5, "\"old_known\":true", "\"old_known\":false", "damaged"},
        {6, "\"join\":\"LEFT\"", "\"join\":\"FULL\"", "a join of this kind does not exist"},
        {7, "\"node\":\"TableTableJoin\"", "\"node\":\"StreamTableJoin\"",
         "a table is taken for a stream"},
        {4, "\"store0\":0", "\"store0\":null", "store0"},
        {4, ",\"store0\":0", "", "its states and its stores do not match"},
        {7, "\"store1\":1", "\"store1\":0", "its states and its stores do not match"},
        {0, "\"partitions\":1", "\"partitions\":1,\"store0\":3", "its states and its stores"},
        {9, "\"shown\":[1,0,2]", "\"shown\":[1,0,77]", "a shown column does not exist"},
        {9, "\"limit\":3", "\"limit\":-3", "limit"},
        {9, "\"kind\":\"PUSH\"", "\"kind\":\"CSAS\"", "a sink lacks its name or topic"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        Buf text;
        Bench *b = bench_plan(statements[rows[i].statement], &text);
        const char *whole = buf_cstr(&text), *at = strstr(whole, rows[i].from);
        if (!at)
            fail_msg("row %zu: nothing to replace (%s) in %s", i, rows[i].from, whole);
        char *lie = arena_printf(&b->arena, "%.*s%s%s", (int)(at - whole), whole, rows[i].to,
                                 at + strlen(rows[i].from));
        Err err = ERR_INIT;
        if (decode(&b->arena, lie, &err) != ERR_CORRUPT || !strstr(err.text, rows[i].words))
            fail_msg("row %zu: wants %s\n  got %s\n  %s", i, rows[i].words, err.text, lie);
        bench_end(b, &text);
    }
}

static uint32_t rng = 12345;

static uint32_t dice(uint32_t n)
{
    rng = rng * 1664525u + 1013904223u;
    return (rng >> 8) % n;
}

/* Cut, flipped and mixed texts: no crash, and whatever is accepted can be written again. */
static void mangled_plans_do_no_harm(void **state)
{
    static const char *const words[] = {"9",          "-1",         "null",
                                        "\"\"",       "[]",         "{}",
                                        "\"STRING\"", "true",       "99999999999999999999",
                                        "\"Sink\"",   "\"Source\"", "[[],[]]"};
    int accepted = 0;
    for (int round = 0; round < 2000; round++) {
        Buf text;
        if (round % 100 == 0)
            rng = (uint32_t)(round * 7 + 1);
        static Bench *b;
        static int which = -1;
        static char *whole;
        if (which != round / 200) {
            if (b)
                free(whole), bench_close(b), free(b);
            which = round / 200;
            b = bench_plan(statements[which % STATEMENTS], &text);
            whole = strdup(buf_cstr(&text));
            buf_fini(&text);
        }
        Arena a;
        arena_init(&a, 0);
        size_t n = strlen(whole);
        char *copy = arena_strndup(&a, whole, n);
        Plan *p = NULL;
        Err err = ERR_INIT;
        if (round % 4 == 0)
            copy[dice((uint32_t)n)] = (char)(32 + dice(95));
        else if (round % 4 == 1)
            n = dice((uint32_t)n);
        else {
            size_t from = dice((uint32_t)n);
            while (from < n && !strchr(",:[", copy[from]))
                from++;
            from += from < n;
            size_t to = from;
            while (to < n && !strchr(",]}", copy[to]))
                to++;
            copy = arena_printf(&a, "%.*s%s%s", (int)from, copy,
                                words[dice(sizeof words / sizeof words[0])], copy + to);
            n = strlen(copy);
        }
        if (plan_decode(&a, str_make(copy, n), &p, &err) == 0) {
            Buf again;
            buf_init(&again);
            plan_encode(&again, p);
            plan_print(&again, p);
            buf_fini(&again);
            accepted++;
        } else {
            assert_int_equal(err.code, ERR_CORRUPT);
        }
        arena_fini(&a);
        if (round == 1999)
            free(whole), bench_close(b), free(b);
    }
    assert_true(accepted > 0 && accepted < 1900);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_come_back_as_they_were),
        cmocka_unit_test(what_is_no_plan_is_refused),
        cmocka_unit_test(lies_are_found_out),
        cmocka_unit_test(mangled_plans_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
