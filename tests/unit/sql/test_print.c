/* The printer: what it prints parses back to an equal tree, for statements written by hand and for
 * trees grown at random; and the canonical text of messages. */
#include "sql_case.h"

/* ---- by hand --------------------------------------------------------------------------------- */

/* Statement, and how it prints. */
static const char *const statements[][2] = {
    {"select a, b + 1 as c from s x where a = 1 or b = 2 emit changes limit 5",
     "SELECT\n  A,\n  (B + 1) C\nFROM S X\nWHERE ((A = 1) OR (B = 2))\nEMIT CHANGES\nLIMIT 5"},
    {"create table t with (kafka_topic='T', partitions=2) as select k, count(*) from s window "
     "tumbling (size 1 minute, grace period 5 second) group by k",
     "CREATE TABLE T WITH (KAFKA_TOPIC='T', PARTITIONS=2) AS SELECT\n  K,\n  COUNT(*)\nFROM S\n"
     "WINDOW TUMBLING (SIZE 1 MINUTES, GRACE PERIOD 5 SECONDS)\nGROUP BY K"},
    {"create stream o as select l.*, r->* from l left outer join r within 10 seconds on l.a = r.a "
     "inner join t on (l.b = t.b and true) partition by (l.a, 'x') emit final",
     "CREATE STREAM O AS SELECT\n  L.*,\n  R->*\nFROM L\nLEFT JOIN R WITHIN 10 SECONDS ON "
     "(L.A = R.A)\nJOIN T ON ((L.B = T.B) AND true)\nPARTITION BY L.A, 'x'\nEMIT FINAL"},
    {"select * from a join b within (1 hour, 2 day) grace period 3 milliseconds on a.x = b.x",
     "SELECT\n  *\nFROM A\nJOIN B WITHIN (1 HOURS, 2 DAYS) GRACE PERIOD 3 MILLISECONDS ON "
     "(A.X = B.X)"},
    {"select * from s window hopping (size 4 hours, advance by 1 hour, retention 7 days) group by "
     "()",
     "SELECT\n  *\nFROM S\nWINDOW HOPPING (SIZE 4 HOURS, ADVANCE BY 1 HOURS, RETENTION 7 DAYS)\n"
     "GROUP BY ()"},
    {"select * from s as emit partition by emit having emit > 1",
     "SELECT\n  *\nFROM S `EMIT`\nPARTITION BY EMIT\nHAVING (EMIT > 1)"},
    {"select * from s as `partition`", "SELECT\n  *\nFROM S `partition`"},
    {"create or replace source stream if not exists `s 1` (`k` int key, v varchar(10), "
     "d decimal(4,2), m map<string, my_type>, h bytes header('x'), hs array<bytes> headers) "
     "with (format='json', wrap=true, n=-1.5)",
     "CREATE OR REPLACE SOURCE STREAM IF NOT EXISTS `s 1` (`k` INTEGER KEY, V STRING, "
     "D DECIMAL(4, 2), M MAP<STRING, MY_TYPE>, H BYTES HEADER('x'), HS ARRAY<BYTES> HEADERS) "
     "WITH (FORMAT='json', WRAP=true, N=-1.5)"},
    {"create table t (k int primary key, select_ struct<`a b` int, c struct<>>)",
     "CREATE TABLE T (K INTEGER PRIMARY KEY, SELECT_ STRUCT<`a b` INTEGER, `C` STRUCT<>>)"},
    {"insert into t with (query_id='q') select * from s",
     "INSERT INTO T WITH (QUERY_ID='q') SELECT\n  *\nFROM S"},
    {"insert into t values ()", "INSERT INTO T VALUES ()"},
    {"insert into t (a, `b`, \"Select\") values (1, 'it''s', array[1], -x)",
     "INSERT INTO T (A, `b`, `Select`) VALUES (1, 'it''s', ARRAY[1], -X)"},
    {"drop stream if exists s delete topic", "DROP STREAM IF EXISTS S DELETE TOPIC"},
    {"drop table `table`", "DROP TABLE `table`"},
    {"alter table t add column a int, add b array<int>",
     "ALTER TABLE T ADD COLUMN A INTEGER, ADD COLUMN B ARRAY<INTEGER>"},
    {"alter system 'a' = 'b''c'", "ALTER SYSTEM 'a'='b''c'"},
    {"create type if not exists t as struct<a int>",
     "CREATE TYPE IF NOT EXISTS T AS STRUCT<`A` INTEGER>"},
    {"drop type if exists t", "DROP TYPE IF EXISTS T"},
    {"create sink connector c with ('a.b' = 'c', d = null)",
     "CREATE SINK CONNECTOR C WITH (`a.b`='c', D=null)"},
    {"create source connector if not exists c with (a = 1e3)",
     "CREATE SOURCE CONNECTOR IF NOT EXISTS C WITH (A=1e3)"},
    {"drop connector if exists c", "DROP CONNECTOR IF EXISTS C"},
    {"terminate q", "TERMINATE Q"},
    {"pause all", "PAUSE ALL"},
    {"resume `q-1`", "RESUME `q-1`"},
    {"list properties", "SHOW PROPERTIES"},
    {"show all topics extended", "SHOW ALL TOPICS EXTENDED"},
    {"list sink connectors", "SHOW SINK CONNECTORS"},
    {"list connectors", "SHOW CONNECTORS"},
    {"show connector plugins", "SHOW CONNECTOR PLUGINS"},
    {"show queries extended", "SHOW QUERIES EXTENDED"},
    {"describe s extended", "DESCRIBE S EXTENDED"},
    {"describe streams", "DESCRIBE STREAMS"},
    {"describe tables extended", "DESCRIBE TABLES EXTENDED"},
    {"describe `TABLES`", "DESCRIBE `TABLES`"},
    {"describe `FUNCTION` extended", "DESCRIBE `FUNCTION` EXTENDED"},
    {"describe function abs", "DESCRIBE FUNCTION ABS"},
    {"describe connector c", "DESCRIBE CONNECTOR C"},
    {"print myTopic from beginning sample 3 limit 9",
     "PRINT `myTopic` FROM BEGINNING INTERVAL 3 LIMIT 9"},
    {"print 'a-b'", "PRINT `a-b`"},
    {"explain select a from s", "EXPLAIN SELECT\n  A\nFROM S"},
    {"explain csas_1", "EXPLAIN CSAS_1"},
    {"explain `SHOW`", "EXPLAIN `SHOW`"},
    {"set 'a'='b'", "SET 'a'='b'"},
    {"unset 'a'", "UNSET 'a'"},
    {"define x = 'it''s'", "DEFINE X='it''s'"},
    {"undefine x", "UNDEFINE X"},
    {"assert not exists topic t with (partitions=1) timeout 10 seconds",
     "ASSERT NOT EXISTS TOPIC `t` WITH (PARTITIONS=1) TIMEOUT 10 SECONDS"},
    {"assert schema subject 's' id 7 timeout 1 day",
     "ASSERT SCHEMA SUBJECT `s` ID 7 TIMEOUT 1 DAYS"},
    {"assert not exists schema", "ASSERT NOT EXISTS SCHEMA"},
    {"assert values s (a, rowtime) values (1, 2)", "ASSERT VALUES S (A, ROWTIME) VALUES (1, 2)"},
    {"assert null values s key (1)", "ASSERT NULL VALUES S KEY (1)"},
    {"assert stream s (a int key) with (kafka_topic='s')",
     "ASSERT STREAM S (A INTEGER KEY) WITH (KAFKA_TOPIC='s')"},
    {"assert table t", "ASSERT TABLE T"},
    {"run script 'a/b.sql'", "RUN SCRIPT 'a/b.sql'"},
};

static void assert_round_trip(SqlCase *c, const SqlStatement *s)
{
    const char *text = arena_str(&c->arena, str_of(print_text(c, s))).ptr;
    const SqlStatement *again = parse_one(c, text);
    if (!sql_equal(s, again))
        fail_msg("parses back to another tree:\n%s\n%s", text, print_text(c, again));
    assert_string_equal(print_text(c, again), text);
}

static void test_statements(void **state)
{
    SqlCase *c = *state;
    bool seen[STMT_KIND_COUNT] = {false};
    for (size_t i = 0; i < COUNT_OF(statements); i++) {
        const SqlStatement *s = parse_one(c, statements[i][0]);
        assert_string_equal(print_text(c, s), statements[i][1]);
        assert_round_trip(c, s);
        seen[s->kind] = true;
    }
    for (int k = 0; k < STMT_KIND_COUNT; k++)
        assert_true(seen[k]);
}

/* Inside statements a quoted keyword stays quoted; in messages only what needs it is quoted. */
static void test_quotes(void **state)
{
    SqlCase *c = *state;
    const SqlStatement *s = parse_one(c, "SELECT `ARRAY`[1], `DAY`, day, `A`, `a`, `1a` FROM `S`;");
    assert_string_equal(print_text(c, s),
                        "SELECT\n  `ARRAY`[1],\n  `DAY`,\n  DAY,\n  A,\n  `a`,\n  `1a`\nFROM S");
    assert_round_trip(c, s);
    assert_string_equal(print_expr_text(c, s->query->items[1].expr), "DAY");
    assert_string_equal(print_expr_text(c, parse_expr(c, "`Select`.`SELECT` + `key`")),
                        "(`Select`.`SELECT` + `key`)");
}

static void test_types(void **state)
{
    SqlCase *c = *state;
    static const char *const rows[][2] = {
        {"INT", "INTEGER"},
        {"varchar(string)", "STRING"},
        {"VARCHAR(10)", "STRING"},
        {"`int`", "`int`"},
        {"foo(1, 2)", "FOO(1, 2)"},
        {"DECIMAL(1, 0) ARRAY", "ARRAY<DECIMAL(1, 0)>"},
        {"`DECIMAL`(1)", "`DECIMAL`(1)"},
        {"MAP<INT, STRUCT<a INT, `b` DATE>>", "MAP<INTEGER, STRUCT<`A` INTEGER, `b` DATE>>"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        SqlColumn *column;
        int count;
        const char *text = arena_printf(&c->arena, "x %s", rows[i][0]);
        if (sql_parse_columns(&c->arena, str_of(text), &column, &count, &c->err))
            fail_msg("%s\n%s", text, c->err.text);
        buf_reset(&c->out);
        sql_print_type(&c->out, column->type);
        assert_string_equal(buf_cstr(&c->out), rows[i][1]);
    }
}

static void test_equal(void **state)
{
    SqlCase *c = *state;
    static const char *const same[][2] = {
        {"SELECT a FROM s", "select  (A) from `S` -- other"},
        {"CREATE STREAM s (a INT, b VARCHAR)", "CREATE STREAM s (a INTEGER, b STRING)"},
        {"SELECT a != 1 FROM s", "SELECT a <> 1 FROM s"},
        {"SELECT * FROM a JOIN b WITHIN 1 DAY ON x",
         "SELECT * FROM a JOIN b WITHIN (1 DAYS, 1 DAY) ON x"},
        {"LIST TOPICS", "SHOW TOPICS"},
    };
    static const char *const different[][2] = {
        {"SELECT a FROM s", "SELECT `a` FROM s"},
        {"SELECT a FROM s", "SELECT a a FROM s"},
        {"SELECT a FROM s", "SELECT a FROM s EMIT CHANGES"},
        {"SELECT a FROM s", "SELECT a FROM s s"},
        {"SELECT a FROM s GROUP BY ()", "SELECT a FROM s"},
        {"SELECT a LIKE b FROM s", "SELECT a NOT LIKE b FROM s"},
        {"SELECT a LIKE b FROM s", "SELECT a LIKE b ESCAPE '' FROM s"},
        {"SELECT 1 FROM s", "SELECT '1' FROM s"},
        {"SELECT 1 FROM s", "SELECT 1.0 FROM s"},
        {"SELECT TRUE FROM s", "SELECT FALSE FROM s"},
        {"SELECT -(1) FROM s", "SELECT -1 FROM s"},
        {"SELECT a + b FROM s", "SELECT a - b FROM s"},
        {"SELECT f(a) FROM s", "SELECT f(a, a) FROM s"},
        {"SELECT STRUCT(a := 1) FROM s", "SELECT STRUCT(b := 1) FROM s"},
        {"SELECT f(a, x => 1) FROM s", "SELECT f(a, y => 1) FROM s"},
        {"SELECT CAST(a AS INT) FROM s", "SELECT CAST(a AS BIGINT) FROM s"},
        {"SELECT CASE WHEN a THEN b END FROM s", "SELECT CASE WHEN a THEN b ELSE c END FROM s"},
        {"SELECT CASE WHEN a THEN b END FROM s", "SELECT CASE a WHEN a THEN b END FROM s"},
        {"SELECT * FROM a JOIN b ON x", "SELECT * FROM a LEFT JOIN b ON x"},
        {"SELECT * FROM a JOIN b ON x", "SELECT * FROM a JOIN b WITHIN 0 DAYS ON x"},
        {"SELECT * FROM a JOIN b WITHIN 24 HOURS ON x", "SELECT * FROM a JOIN b WITHIN 1 DAY ON x"},
        {"SELECT * FROM a WINDOW SESSION (1 DAY)", "SELECT * FROM a WINDOW TUMBLING (SIZE 1 DAY)"},
        {"CREATE STREAM s (a INT)", "CREATE TABLE s (a INT)"},
        {"CREATE STREAM s (a INT)", "CREATE STREAM s (a INT KEY)"},
        {"CREATE STREAM s (a INT)", "CREATE STREAM s (a INT, b INT)"},
        {"CREATE STREAM s (a INT)", "CREATE STREAM s (a INT) WITH (a=1)"},
        {"CREATE STREAM s (a INT)", "CREATE STREAM s (a STRUCT<b INT>)"},
        {"CREATE STREAM s (a BYTES HEADERS)", "CREATE STREAM s (a BYTES HEADER('x'))"},
        {"CREATE STREAM s (a DECIMAL(3, 1))", "CREATE STREAM s (a DECIMAL(3, 2))"},
        {"CREATE STREAM s WITH (a='1')", "CREATE STREAM s WITH (a=1)"},
        {"CREATE STREAM s (a INT)", "CREATE OR REPLACE STREAM s (a INT)"},
        {"SHOW TOPICS", "SHOW TYPES"},
        {"SHOW CONNECTORS", "SHOW SINK CONNECTORS"},
        {"DESCRIBE s", "DESCRIBE FUNCTION s"},
        {"EXPLAIN q", "EXPLAIN SELECT * FROM q"},
        {"SET 'a'='b'", "SET 'a'='c'"},
        {"ASSERT TOPIC t", "ASSERT TOPIC t TIMEOUT 1 DAY"},
        {"ASSERT SCHEMA ID 1", "ASSERT SCHEMA ID 2"},
        {"PRINT t LIMIT 1", "PRINT t LIMIT 2"},
        {"PRINT t", "PRINT T"},
        {"INSERT INTO s VALUES (1)", "INSERT INTO s (a) VALUES (1)"},
    };
    for (size_t i = 0; i < COUNT_OF(same); i++)
        if (!sql_equal(parse_one(c, same[i][0]), parse_one(c, same[i][1])))
            fail_msg("not equal: %s, %s", same[i][0], same[i][1]);
    for (size_t i = 0; i < COUNT_OF(different); i++)
        if (sql_equal(parse_one(c, different[i][0]), parse_one(c, different[i][1])))
            fail_msg("equal: %s, %s", different[i][0], different[i][1]);
    assert_true(sql_equal(NULL, NULL));
    assert_false(sql_equal(NULL, parse_one(c, "SHOW TYPES")));
}

/* ---- at random ------------------------------------------------------------------------------- */

typedef struct Grower {
    SqlCase *c;
    uint64_t state;
} Grower;

static int below(Grower *g, int n)
{
    g->state = g->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int)((g->state >> 33) % (uint64_t)n);
}

static bool chance(Grower *g, int percent)
{
    return below(g, 100) < percent;
}

static SqlName no_name(void)
{
    return (SqlName){STR_NULL, SPAN_NONE, false};
}

/* Names of every sort; `quoted` is what the scanner would have seen. */
static SqlName grow_name(Grower *g)
{
    static const char *const names[] = {
        "A",   "B1",      "_X",   "a",      "it's",   "SELECT",  "from",   "KEY",    "ARRAY",
        "MAP", "DAY",     "EMIT", "a`b",    "1ST",    "x\"y",    "ROWKEY", "WINDOW", "ÜBER",
        "IF",  "DECIMAL", "@",    "HEADER", "ESCAPE", "SESSION", "STRING", "ADD",    "COLUMN"};
    SqlName n = no_name();
    n.text = str_of(names[below(g, COUNT_OF(names))]);
    n.quoted = true;
    return n;
}

static SqlName grow_bare(Grower *g)
{
    static const char *const names[] = {"A", "B", "FOO_1", "LONG_NAME@X"};
    SqlName n = no_name();
    n.text = str_of(names[below(g, COUNT_OF(names))]);
    return n;
}

static Str grow_text(Grower *g)
{
    static const char *const texts[] = {"",   "x", "it's", "''", "-- no",
                                        "/*", ";", "\n",   "%_", "ü漢"};
    return str_of(texts[below(g, COUNT_OF(texts))]);
}

static SqlType *grow_type(Grower *g, int depth)
{
    static const char *const names[] = {"INTEGER", "STRING", "BYTES", "TIMESTAMP", "MY_TYPE"};
    Arena *a = &g->c->arena;
    SqlType *t = ARENA_NEW(a, SqlType);
    t->kind = depth > 0 ? (SqlTypeKind)below(g, 4) : SQLTYPE_NAME;
    t->name = no_name();
    if (t->kind == SQLTYPE_NAME && chance(g, 20)) {
        t->name.text = STR_LIT("DECIMAL");
        t->arg_count = 2;
        t->args[0] = below(g, 40);
    } else if (t->kind == SQLTYPE_NAME) {
        t->name.text = str_of(names[below(g, COUNT_OF(names))]);
    }
    if (t->kind == SQLTYPE_MAP)
        t->key = grow_type(g, depth - 1);
    if (t->kind == SQLTYPE_ARRAY || t->kind == SQLTYPE_MAP)
        t->elem = grow_type(g, depth - 1);
    if (t->kind == SQLTYPE_STRUCT) {
        t->field_count = below(g, 4);
        t->field_names = ARENA_ARRAY(a, SqlName, 4);
        t->field_types = ARENA_ARRAY(a, SqlType *, 4);
        for (int i = 0; i < t->field_count; i++) {
            t->field_names[i] = grow_name(g);
            t->field_types[i] = grow_type(g, depth - 1);
        }
    }
    return t;
}

static SqlExpr *grow_expr(Grower *g, int depth);

static void grow_args(Grower *g, SqlExpr *e, int count, int depth)
{
    e->args = ARENA_ARRAY(&g->c->arena, SqlExpr *, count + 1);
    e->arg_count = count;
    for (int i = 0; i < count; i++)
        e->args[i] = grow_expr(g, depth - 1);
}

static void grow_names(Grower *g, SqlExpr *e, int count)
{
    e->names = ARENA_ARRAY(&g->c->arena, SqlName, count + 1);
    e->name_count = count;
    for (int i = 0; i < count; i++)
        e->names[i] = grow_name(g);
}

static void grow_leaf(Grower *g, SqlExpr *e)
{
    static const char *const integers[] = {"0", "007", "-12", "9223372036854775807"};
    static const char *const decimals[] = {"1.5", "-.5", "12."};
    static const char *const floats[] = {"1e3", "-2.5E-7"};
    e->kind = (SqlExprKind)below(g, SQL_COLUMN + 1);
    e->boolean = e->kind == SQL_BOOLEAN && chance(g, 50);
    switch (e->kind) {
    case SQL_INTEGER:
        e->text = str_of(integers[below(g, COUNT_OF(integers))]);
        break;
    case SQL_DECIMAL:
        e->text = str_of(decimals[below(g, COUNT_OF(decimals))]);
        break;
    case SQL_FLOAT:
        e->text = str_of(floats[below(g, COUNT_OF(floats))]);
        break;
    case SQL_STRING:
    case SQL_TYPED:
        e->text = grow_text(g);
        break;
    default:
        break;
    }
    if (e->kind == SQL_TYPED || e->kind == SQL_COLUMN)
        e->name = grow_name(g);
    if (e->kind == SQL_COLUMN && chance(g, 40))
        e->qualifier = grow_name(g);
}

static void grow_call(Grower *g, SqlExpr *e, int depth)
{
    e->name = grow_bare(g);
    grow_args(g, e, below(g, 4), depth);
    if (e->arg_count == 1 && chance(g, 30)) {
        *e->args[0] = (SqlExpr){.kind = SQL_STAR, .text = STR_NULL};
        return;
    }
    if (e->arg_count > 0 && chance(g, 20))
        *e->args[0] = (SqlExpr){.kind = SQL_UNIT, .name = {STR_LIT("HOURS"), SPAN_NONE, false}};
    if (e->arg_count < 2 || chance(g, 50))
        return;
    SqlExpr *lambda = e->args[e->arg_count - 1];
    *lambda = (SqlExpr){.kind = SQL_LAMBDA};
    grow_names(g, lambda, 1 + below(g, 3));
    grow_args(g, lambda, 1, depth - 1);
}

static void grow_case(Grower *g, SqlExpr *e, int depth)
{
    int pairs = 1 + below(g, 3);
    grow_args(g, e, 2 * pairs + 2, depth);
    if (chance(g, 50))
        e->args[0] = NULL;
    if (chance(g, 50))
        e->args[e->arg_count - 1] = NULL;
}

static void grow_operator(Grower *g, SqlExpr *e, int depth)
{
    static const SqlOp unary[] = {SQL_OP_NEG, SQL_OP_PLUS, SQL_OP_NOT};
    if (e->kind == SQL_UNARY) {
        e->op = unary[below(g, 3)];
        grow_args(g, e, 1, depth);
    } else {
        e->op = (SqlOp)below(g, SQL_OP_NOT);
        grow_args(g, e, 2, depth);
    }
}

static void grow_branch(Grower *g, SqlExpr *e, int depth)
{
    static const SqlExprKind kinds[] = {SQL_UNARY, SQL_BINARY,  SQL_BINARY, SQL_BINARY, SQL_BETWEEN,
                                        SQL_IN,    SQL_LIKE,    SQL_CASE,   SQL_CAST,   SQL_CALL,
                                        SQL_CALL,  SQL_ARRAY,   SQL_MAP,    SQL_STRUCT, SQL_INDEX,
                                        SQL_FIELD, SQL_IS_NULL, SQL_AT_ZONE};
    e->kind = kinds[below(g, COUNT_OF(kinds))];
    switch (e->kind) {
    case SQL_UNARY:
    case SQL_BINARY:
        grow_operator(g, e, depth);
        break;
    case SQL_CASE:
        grow_case(g, e, depth);
        break;
    case SQL_CALL:
        grow_call(g, e, depth);
        break;
    case SQL_ARRAY:
        grow_args(g, e, below(g, 4), depth);
        break;
    case SQL_MAP:
        grow_args(g, e, 2 * below(g, 3), depth);
        break;
    case SQL_STRUCT:
        grow_names(g, e, below(g, 4));
        grow_args(g, e, e->name_count, depth);
        break;
    case SQL_BETWEEN:
        grow_args(g, e, 3, depth);
        break;
    case SQL_IN:
        grow_args(g, e, 2 + below(g, 3), depth);
        break;
    case SQL_LIKE:
    case SQL_INDEX:
        grow_args(g, e, 2, depth);
        break;
    default:
        grow_args(g, e, 1, depth);
        break;
    }
    if (e->kind == SQL_CAST)
        e->type = grow_type(g, 3);
    if (e->kind == SQL_FIELD)
        e->name = grow_name(g);
    if (e->kind == SQL_AT_ZONE || (e->kind == SQL_LIKE && chance(g, 30)))
        e->text = grow_text(g);
    bool can_negate = e->kind == SQL_BETWEEN || e->kind == SQL_IN || e->kind == SQL_LIKE ||
                      e->kind == SQL_IS_NULL;
    e->negated = can_negate && chance(g, 40);
}

static SqlExpr *grow_expr(Grower *g, int depth)
{
    SqlExpr *e = ARENA_NEW(&g->c->arena, SqlExpr);
    if (depth <= 0 || chance(g, 15))
        grow_leaf(g, e);
    else
        grow_branch(g, e, depth);
    return e;
}

static SqlDuration grow_duration(Grower *g)
{
    static const char *const units[] = {"DAYS", "HOURS", "MINUTES", "SECONDS", "MILLISECONDS"};
    return (SqlDuration){.count = below(g, 99), .unit = str_of(units[below(g, 5)]), .given = true};
}

static SqlSource grow_source(Grower *g)
{
    return (SqlSource){grow_name(g), chance(g, 50) ? grow_name(g) : no_name()};
}

static void grow_joins(Grower *g, SqlQuery *q)
{
    q->join_count = below(g, 3);
    q->joins = ARENA_ARRAY(&g->c->arena, SqlJoin, 3);
    for (int i = 0; i < q->join_count; i++) {
        SqlJoin *j = &q->joins[i];
        j->kind = (SqlJoinKind)below(g, 4);
        j->right = grow_source(g);
        j->on = grow_expr(g, 2);
        if (chance(g, 60)) {
            j->before = grow_duration(g);
            j->after = chance(g, 50) ? j->before : grow_duration(g);
            if (chance(g, 50))
                j->grace = grow_duration(g);
        }
    }
}

static void grow_items(Grower *g, SqlQuery *q)
{
    q->item_count = 1 + below(g, 4);
    q->items = ARENA_ARRAY(&g->c->arena, SqlItem, 4);
    for (int i = 0; i < q->item_count; i++) {
        SqlExpr *e = grow_expr(g, 4);
        if (chance(g, 10)) {
            *e = (SqlExpr){.kind = SQL_STAR, .qualifier = chance(g, 50) ? grow_name(g) : no_name()};
        } else if (chance(g, 10)) {
            *e = (SqlExpr){.kind = SQL_STRUCT_ALL};
            grow_args(g, e, 1, 2);
        } else if (chance(g, 50)) {
            q->items[i].alias = grow_name(g);
        }
        q->items[i].expr = e;
    }
}

static void grow_window(Grower *g, SqlWindow *w)
{
    w->kind = (WindowKind)below(g, 4);
    if (w->kind == WINDOW_NONE)
        return;
    w->size = grow_duration(g);
    if (w->kind == WINDOW_HOPPING)
        w->advance = grow_duration(g);
    if (chance(g, 50))
        w->retention = grow_duration(g);
    if (chance(g, 50))
        w->grace = grow_duration(g);
}

static SqlQuery *grow_query(Grower *g)
{
    SqlQuery *q = ARENA_NEW(&g->c->arena, SqlQuery);
    SqlExpr lists = {.kind = SQL_NULL};
    grow_items(g, q);
    q->from = grow_source(g);
    grow_joins(g, q);
    grow_window(g, &q->window);
    q->where = chance(g, 50) ? grow_expr(g, 4) : NULL;
    q->having = chance(g, 30) ? grow_expr(g, 4) : NULL;
    q->has_group_by = chance(g, 50);
    if (q->has_group_by) {
        grow_args(g, &lists, below(g, 3), 3);
        q->group_by = lists.args;
        q->group_count = lists.arg_count;
    }
    q->has_partition_by = chance(g, 50);
    if (q->has_partition_by) {
        grow_args(g, &lists, below(g, 3), 3);
        q->partition_by = lists.args;
        q->partition_count = lists.arg_count;
    }
    q->emit = (SqlEmit)below(g, 3);
    return q;
}

static void grow_columns(Grower *g, SqlStatement *s)
{
    s->has_columns = chance(g, 80);
    if (!s->has_columns)
        return;
    s->column_count = 1 + below(g, 4);
    s->columns = ARENA_ARRAY(&g->c->arena, SqlColumn, 4);
    for (int i = 0; i < s->column_count; i++) {
        SqlColumn *col = &s->columns[i];
        col->name = grow_name(g);
        col->type = grow_type(g, 3);
        int role = below(g, 5);
        col->key = role == 1;
        col->primary_key = role == 2;
        col->headers = role > 2;
        col->header = role == 3 ? grow_text(g) : STR_NULL;
    }
}

static void grow_with(Grower *g, SqlWith *w)
{
    w->count = below(g, 4);
    w->items = ARENA_ARRAY(&g->c->arena, SqlWithItem, 4);
    for (int i = 0; i < w->count; i++) {
        SqlExpr *value = ARENA_NEW(&g->c->arena, SqlExpr);
        do {
            *value = (SqlExpr){.kind = SQL_NULL};
            grow_leaf(g, value);
        } while (value->kind == SQL_TYPED || value->kind == SQL_COLUMN);
        w->items[i] = (SqlWithItem){grow_name(g), value};
    }
}

static SqlStatement *grow_statement(Grower *g)
{
    static const SqlStatementKind kinds[] = {STMT_QUERY, STMT_CREATE_SOURCE, STMT_CREATE_AS,
                                             STMT_INSERT_QUERY, STMT_INSERT_VALUES};
    SqlStatement *s = ARENA_NEW(&g->c->arena, SqlStatement);
    s->kind = kinds[below(g, COUNT_OF(kinds))];
    s->id = -1;
    if (s->kind != STMT_QUERY)
        s->name = grow_name(g);
    bool create = s->kind == STMT_CREATE_SOURCE || s->kind == STMT_CREATE_AS;
    s->or_replace = create && chance(g, 30);
    s->if_not_exists = create && chance(g, 30);
    s->is_table = create && chance(g, 50);
    if (s->kind == STMT_CREATE_SOURCE) {
        s->is_source = chance(g, 30);
        grow_columns(g, s);
    } else if (s->kind == STMT_INSERT_VALUES) {
        SqlExpr parts = {.kind = SQL_NULL};
        grow_args(g, &parts, below(g, 4), 4);
        grow_names(g, &parts, below(g, 4));
        s->values = parts.args;
        s->value_count = parts.arg_count;
        s->names = parts.names;
        s->name_count = parts.name_count;
        return s;
    } else {
        s->query = grow_query(g);
    }
    if (s->kind != STMT_QUERY)
        grow_with(g, &s->with);
    return s;
}

static void test_random_statements(void **state)
{
    SqlCase *c = *state;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        arena_reset(&c->arena);
        Grower g = {c, seed};
        assert_round_trip(c, grow_statement(&g));
    }
}

/* The text of messages parses back too, unless a keyword had to be quoted to be a name. */
static void test_random_exprs(void **state)
{
    SqlCase *c = *state;
    int same = 0;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        arena_reset(&c->arena);
        Grower g = {c, seed};
        const SqlExpr *e = grow_expr(&g, 5);
        const char *text = arena_str(&c->arena, str_of(print_expr_text(c, e))).ptr;
        SqlExpr *again;
        if (sql_parse_expr(&c->arena, str_of(text), &again, &c->err) == 0)
            same += sql_equal_expr(e, again);
    }
    assert_true(same > 2400);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, case_set_up, case_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_statements),        TEST(test_quotes),       TEST(test_types), TEST(test_equal),
        TEST(test_random_statements), TEST(test_random_exprs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
