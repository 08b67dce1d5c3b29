/* What statements are refused for, word by word: statements.md 16, in the order of 19. */
#include "harness.h"

typedef struct Row {
    const char *statement, *words;
} Row;

static const char more_sources[] =
    "CREATE STREAM win (k INT KEY, v INT) WITH (kafka_topic='win', format='JSON', partitions=1,"
    " window_type='tumbling', window_size='10 seconds');"
    "CREATE STREAM ses (k INT KEY, v INT) WITH (kafka_topic='ses', format='JSON', partitions=1,"
    " window_type='session');"
    "CREATE TABLE wt (k INT PRIMARY KEY, v INT) WITH (kafka_topic='wt', format='JSON', "
    "partitions=1,"
    " window_type='tumbling', window_size='10 seconds');"
    "CREATE STREAM kv (k INT KEY, v INT) WITH (kafka_topic='kv', value_format='KAFKA', "
    "partitions=1);"
    "CREATE STREAM kj (k INT KEY, v INT, b BOOLEAN) WITH (kafka_topic='kj', value_format='JSON',"
    " partitions=1);"
    "CREATE STREAM two (k INT KEY, l INT KEY, v INT) WITH (kafka_topic='two', format='JSON',"
    " partitions=1);"
    "CREATE TABLE many (k INT PRIMARY KEY, v INT) WITH (kafka_topic='many', format='JSON',"
    " partitions=3);"
    "CREATE TABLE tt (k INT PRIMARY KEY, l INT PRIMARY KEY, v INT) WITH (kafka_topic='tt',"
    " format='JSON', partitions=1);"
    "CREATE TABLE big (k BIGINT PRIMARY KEY, v INT) WITH (kafka_topic='big', format='JSON',"
    " partitions=1);"
    "CREATE STREAM maps (k INT KEY, m MAP<STRING, INT>, v INT) WITH (kafka_topic='maps',"
    " format='JSON', partitions=1);"
    "CREATE STREAM none (v INT, w INT) WITH (kafka_topic='none', value_format='JSON', "
    "partitions=1);"
    "CREATE STREAM `low` (k INT KEY, v INT) WITH (kafka_topic='low', format='JSON', partitions=1);"
    "CREATE SOURCE STREAM fixed (k INT KEY, v INT) WITH (kafka_topic='fixed', format='JSON',"
    " partitions=1);";

static void check_rows(const Row *rows, size_t count)
{
    Bench *b = malloc(sizeof *b);
    bench_open(b, true);
    must(b, bench_sources);
    must(b, more_sources);
    for (size_t i = 0; i < count; i++)
        refuses(b, rows[i].statement, ERR_STATEMENT, rows[i].words);
    bench_close(b);
    free(b);
}

#define CHECK(rows) check_rows(rows, sizeof rows / sizeof rows[0])

static void names(void **state)
{
    static const Row rows[] = {
        {"CREATE STREAM o AS SELECT * FROM nobody;",
         "Exception while preparing statement: NOBODY does not exist."},
        {"CREATE STREAM o AS SELECT * FROM low;",
         "LOW does not exist.\nDid you mean `low`? Hint: wrap the source name in quotes."},
        {"INSERT INTO nobody SELECT * FROM s;",
         "Line: 1, Col: 13: Source `NOBODY` does not exist."},
        {"CREATE STREAM o AS SELECT k, x.* FROM s;",
         "'X' is not a valid stream/table name or alias."},
        {"CREATE STREAM o AS SELECT s.k, a FROM s z;",
         "'S' is not a valid stream/table name or alias."},
        {"CREATE STREAM o AS SELECT k, bob FROM s;", "SELECT column 'BOB' cannot be resolved."},
        {"CREATE STREAM o AS SELECT k, i.bob, a FROM s i;",
         "SELECT column 'I.BOB' cannot be resolved."},
        {"CREATE STREAM o AS SELECT * FROM s\n WHERE ABS(bob) < 3;",
         "Line: 2, Col: 12: WHERE column 'BOB' cannot be resolved."},
        {"CREATE TABLE o AS SELECT a, COUNT(*) FROM s GROUP BY bob;",
         "GROUP BY column 'BOB' cannot be resolved."},
        {"CREATE TABLE o AS SELECT a, COUNT(*) FROM s GROUP BY a HAVING bob > 1;",
         "HAVING column 'BOB' cannot be resolved."},
        {"CREATE STREAM o AS SELECT a + 1 AS n, k FROM s PARTITION BY n;",
         "PARTITION BY column 'N' cannot be resolved. 'N' must be a column in the source schema "
         "since "
         "PARTITION BY is applied on the input."},
        {"CREATE STREAM o AS SELECT s.k, v FROM s JOIN t ON s.k = t.zz;",
         "JOIN ON column 'T.ZZ' cannot be resolved."},
        {"CREATE STREAM o AS SELECT k, v FROM s JOIN t ON s.k = t.k;",
         "Column 'K' is ambiguous. Could be S.K or T.K."},
        {"CREATE STREAM o AS SELECT k, v FROM s JOIN t ON s.k = t.k JOIN r ON s.k = r.k;",
         "Column 'K' is ambiguous. Could be S.K, T.K or R.K."},
        {"CREATE STREAM o AS SELECT s.k, ROWTIME FROM s JOIN t ON s.k = t.k;",
         "Column 'ROWTIME' is ambiguous."},
        {"CREATE STREAM o AS SELECT k, ROWTIME FROM s;",
         "Reserved column name in select: `ROWTIME`. Please remove or alias the column."},
        {"CREATE STREAM o AS SELECT k, WINDOWSTART FROM win;",
         "Reserved column name in select: `WINDOWSTART`."},
        {"CREATE STREAM o AS SELECT k, WINDOWSTART FROM s;",
         "Reserved column name in select: `WINDOWSTART`."},
        {"CREATE STREAM o AS SELECT k, a AS windowend FROM s;",
         "`WINDOWEND` is a reserved column name. You cannot use it as an alias for a column."},
        {"CREATE STREAM o AS SELECT s.k, s.ROWTIME AS ROWTIME, v FROM s JOIN t ON s.k = t.k;",
         "Reserved column name in select: `ROWTIME`."},
        {"CREATE STREAM s AS SELECT * FROM u;",
         "Cannot add stream 'S': A stream with the same name already exists"},
        {"CREATE STREAM o WITH (nonsense=1) AS SELECT * FROM u;",
         "Invalid config variable(s) in the WITH clause: NONSENSE"},
        {"CREATE STREAM o WITH (window_type='session') AS SELECT * FROM u;",
         "Invalid config variable(s) in the WITH clause: WINDOW_TYPE"},
    };
    CHECK(rows);
}

static void keys(void **state)
{
    static const Row rows[] = {
        {"CREATE STREAM o AS SELECT a FROM s;",
         "Key missing from projection (ie, SELECT). See https://cnfl.io/2LV7ouS.\nThe query used "
         "to "
         "build `O` must include the key column K in its projection (eg, SELECT K...)."},
        {"CREATE STREAM o AS SELECT k, v FROM two;",
         "must include the key columns K and L in its projection (eg, SELECT K, L...)."},
        {"CREATE STREAM o AS SELECT a AS k, a FROM s;", "must include the key column K in"},
        {"CREATE TABLE o AS SELECT COUNT(*) FROM two GROUP BY k, l, v;",
         "must include the grouping expressions K, L and V in its projection (eg, SELECT K, L, "
         "V...)."},
        {"CREATE TABLE o AS SELECT k, COUNT(*) FROM two GROUP BY k, l;",
         "must include the grouping expression L in its projection (eg, SELECT L...)."},
        {"CREATE STREAM o AS SELECT k, a FROM s PARTITION BY ABS(a);",
         "must include the partitioning expression ABS(S.A) in its projection (eg, SELECT "
         "ABS(S.A)...)."},
        {"CREATE STREAM o AS SELECT k, v FROM two PARTITION BY k, v + 1;",
         "must include the partitioning expressions TWO.K and (TWO.V + 1) in its projection"},
        {"CREATE STREAM o AS SELECT a, v FROM s JOIN t ON s.k = t.k;",
         "must include the join expressions S.K or T.K in its projection (eg, SELECT S.K...)."},
        {"CREATE STREAM o AS SELECT s.*, v FROM s JOIN t ON ABS(s.k) = t.k;",
         "must include the join expression T.K in its projection (eg, SELECT T.K...)."},
        {"CREATE STREAM o AS SELECT a, v, x FROM s JOIN t ON s.k = t.k JOIN r ON s.k = r.k;",
         "must include the join expressions S.K, T.K or R.K in its projection (eg, SELECT "
         "S.K...)."},
        {"CREATE STREAM o AS SELECT a, v, x FROM s JOIN t ON s.k + 1 = t.k JOIN r ON s.k = r.k;",
         "must include the join expressions S.K or R.K in its projection"},
        {"CREATE TABLE o AS SELECT t.*, r.* FROM t FULL JOIN r ON t.k = r.k;",
         "must include the join expression ROWKEY in its projection (eg, SELECT "
         "ROWKEY...).\nROWKEY "
         "was added as a synthetic key column because the join criteria did not match any source "
         "column. This expression must be included in the projection and may be aliased."},
        {"CREATE TABLE o AS SELECT v, w FROM t JOIN r ON t.v = r.k;",
         "Primary key column missing in projection. For foreign-key table-table joins, the "
         "projection "
         "must include all primary key columns from the left input table (`T`). Missing column: "
         "`K`."},
        {"CREATE TABLE o AS SELECT r.k, w FROM tt JOIN r ON tt.v = r.k;",
         "Primary key columns missing in projection. For foreign-key table-table joins, the "
         "projection "
         "must include all primary key columns from the left input table (`TT`). Missing columns: "
         "`K`, "
         "`L`."},
        {"CREATE STREAM o AS SELECT k, k AS b, a FROM s;",
         "The projection contains a key column (`K`) more than once, aliased as: B and K."},
        {"CREATE STREAM o AS SELECT s.k, s.k AS b, a FROM s JOIN t ON s.k = t.k;",
         "The projection contains a key column (`S_K`) more than once, aliased as: B and S_K."},
        {"CREATE TABLE o AS SELECT k, k AS b, COUNT(*) FROM s GROUP BY k;",
         "The projection contains a key column more than once: `B` and `K`."},
        {"CREATE STREAM o AS SELECT k FROM s;", "The projection contains no value columns."},
        {"CREATE STREAM o AS SELECT k, a AS b, a + 1 AS b FROM s;",
         "Duplicate value columns found in schema: `B` INTEGER"},
        {"CREATE STREAM o AS SELECT k, v FROM maps PARTITION BY m;",
         "must include the partitioning expression MAPS.M in its projection"},
        {"CREATE STREAM o AS SELECT * FROM maps PARTITION BY m;",
         "Map keys, including types that contain maps, are not supported as they may lead to "
         "unexpected behavior due to inconsistent serialization. Key column name: `M`. Column "
         "type: "
         "MAP<STRING, INTEGER>. See https://github.com/confluentinc/ksql/issues/6621 for more."},
    };
    CHECK(rows);
}

static void partitions(void **state)
{
    static const Row rows[] = {
        {"CREATE STREAM o AS SELECT k, a FROM s PARTITION BY NULL, a;",
         "Cannot PARTITION BY multiple columns including NULL"},
        {"CREATE STREAM o AS SELECT k, a FROM s PARTITION BY ();",
         "PARTITION BY requires at least one expression"},
        {"CREATE STREAM o WITH (key_format='JSON') AS SELECT k, a FROM s PARTITION BY NULL;",
         "Key format specified for stream without key columns."},
        {"CREATE STREAM o AS SELECT k, l, v FROM kj PARTITION BY k, v;",
         "SELECT column 'L' cannot be resolved."},
        {"CREATE STREAM o AS SELECT k, v, b FROM kj PARTITION BY k, v;",
         "Key format does not support schema.\nformat: KAFKA\nschema: Persistence{columns=[`K` "
         "INTEGER "
         "KEY, `V` INTEGER KEY], features=[]}\nreason: The 'KAFKA' format only supports a single "
         "field. "
         "Got: [`K` INTEGER KEY, `V` INTEGER KEY]"},
        {"CREATE STREAM o AS SELECT * FROM kj PARTITION BY b;",
         "Key format does not support schema.\nformat: KAFKA\nschema: Persistence{columns=[`B` "
         "BOOLEAN "
         "KEY], features=[]}\nreason: The 'KAFKA' format does not support type 'BOOLEAN'"},
        {"CREATE STREAM o AS SELECT * FROM win PARTITION BY v;",
         "Implicit repartitioning of windowed sources is not supported."},
        {"CREATE TABLE o AS SELECT * FROM t PARTITION BY v;",
         "PARTITION BY is not supported on tables"},
    };
    CHECK(rows);
}

static void joins(void **state)
{
    static const Row rows[] = {
        {"CREATE STREAM o AS SELECT s.k, v FROM s FULL JOIN t ON s.k = t.k;",
         "Invalid join type: full-outer join not supported for stream-table join. Got S [FULL] "
         "OUTER "
         "JOIN T."},
        {"CREATE STREAM o AS SELECT s.k, v FROM s RIGHT JOIN t ON s.k = t.k;",
         "Invalid join type: right-outer join not supported for stream-table join."},
        {"CREATE TABLE o AS SELECT s.k, v FROM t JOIN s ON s.k = t.k;",
         "Invalid join order: table-stream joins are not supported; only stream-table joins. Got T "
         "[INNER] JOIN S."},
        {"CREATE TABLE o AS SELECT s.k, v FROM t LEFT JOIN s ON s.k = t.k;",
         "Got T LEFT [OUTER] JOIN S."},
        {"CREATE STREAM o AS SELECT s.k, v FROM s JOIN t ON a = v;",
         "Invalid join condition: stream-table joins require to join on the table's primary key. "
         "Got "
         "S.A = T.V."},
        {"CREATE TABLE o AS SELECT t.k, v FROM t JOIN r ON x = v;",
         "Invalid join condition: table-table joins require to join on the primary key of the "
         "right "
         "input table. Got R.X = T.V."},
        {"CREATE TABLE o AS SELECT t.k, v FROM t AS lt JOIN tt AS rt ON lt.k = rt.k;",
         "'T' is not a valid stream/table name or alias."},
        {"CREATE TABLE o AS SELECT lt.k FROM t AS lt JOIN tt AS rt ON lt.k = rt.k;",
         "primary key of the right input table. Got LT.K = RT.K."},
        {"CREATE TABLE o AS SELECT t.k, v FROM t RIGHT JOIN r ON t.v = r.k;",
         "Invalid join condition: RIGHT OUTER JOIN on a foreign key is not supported"},
        {"CREATE TABLE o AS SELECT t.k, w FROM t JOIN r ON t.k = r.k JOIN many ON t.v = many.k;",
         "Invalid join condition: foreign-key table-table joins are not supported as part of n-way "
         "joins. Got T.V = MANY.K."},
        {"CREATE TABLE o AS SELECT t.k, big.v FROM t JOIN big ON t.k = big.k;",
         "Invalid join condition: types don't match. Got T.K{INTEGER} = BIG.K{BIGINT}."},
        {"CREATE STREAM o AS SELECT s.k, v FROM s JOIN big ON CAST(s.a AS STRING) = big.k;",
         "types don't match. Got CAST(S.A AS STRING){STRING} = BIG.K{BIGINT}."},
        {"CREATE STREAM o AS SELECT s.k, v FROM s JOIN t ON s.k = t.k AND s.a = t.k;",
         "Invalid join condition: joins on multiple conditions are not yet supported. Got ((S.K = "
         "T.K) "
         "AND (S.A = T.K))."},
        {"CREATE STREAM o AS SELECT s.k, v FROM s JOIN t ON s.k < t.k;",
         "joins need the equality of two expressions. Got (S.K < T.K)."},
        {"CREATE STREAM o AS SELECT s.k, v FROM s JOIN t ON 0 = t.k;",
         "Invalid comparison expression '0' in join '(0 = T.K)'. Each side of the join comparision "
         "must "
         "contain references from exactly one source."},
        {"CREATE STREAM o AS SELECT s.k, v FROM s JOIN t ON t.k = NULL;",
         "Invalid comparison expression 'null' in join '(T.K = null)'."},
        {"CREATE STREAM o AS SELECT s.k, v FROM s JOIN t ON s.k = s.a;",
         "Each side of the join must reference exactly one source and not the same source. Left "
         "side "
         "references `S` and right references `S`"},
        {"CREATE STREAM o AS SELECT s.k, v FROM s JOIN t ON s.k = t.k JOIN r ON s.k = t.k;",
         "A join criteria is expected to reference the source (`R`) in the FROM clause, instead "
         "the "
         "right source references `T` and the left source references `S`"},
        {"CREATE STREAM o AS SELECT * FROM s a1 JOIN s a2 WITHIN 1 HOUR ON a1.k = a2.k;",
         "Can not join 'S' to 'S': self joins are not yet supported."},
        {"CREATE STREAM o AS SELECT * FROM s JOIN t ON s.k = t.k JOIN t z ON s.k = z.k;",
         "N-way joins do not support multiple occurrences of the same source. Source: 'T'"},
        {"CREATE STREAM o AS SELECT * FROM s JOIN u ON s.k = u.k;",
         "stream-stream joins must have a WITHIN clause specified."},
        {"CREATE STREAM o AS SELECT * FROM s JOIN t WITHIN 1 DAY ON s.k = t.k;",
         "A window definition was provided for a Stream-Table join. These joins are not windowed."},
        {"CREATE STREAM o AS SELECT s.k, many.v FROM s JOIN many ON s.k = many.k;",
         "Can't join `S` with `MANY` since the number of partitions don't match. `S` partitions = "
         "1; "
         "`MANY` partitions = 3. Please repartition either one so that the number of partitions "
         "match."},
        {"CREATE STREAM o AS SELECT * FROM ses JOIN win WITHIN 1 MINUTE ON ses.k = win.k;",
         "Incompatible windowed sources.\nLeft source: SESSION\nRight source: TUMBLING\nSession "
         "windowed "
         "sources can only be joined to other session windowed sources"},
        {"CREATE STREAM o AS SELECT * FROM ses JOIN u WITHIN 1 MINUTE ON ses.k = u.k;",
         "Can not join windowed source to non-windowed source.\n`SES` is SESSION windowed\n`U` is "
         "not "
         "windowed"},
        {"CREATE STREAM o AS SELECT * FROM kv JOIN t ON kv.k = t.k;",
         "Source(s) KV are using the 'KAFKA' value format. This format does not yet support JOIN."},
        {"CREATE STREAM o AS SELECT l.k, maps.v FROM maps JOIN s l WITHIN 1 DAY ON maps.m = l.k;",
         "types don't match"},
        {"CREATE STREAM o AS SELECT s.k, s.a, t.v FROM s JOIN t ON s.k = t.k WHERE s.a > 'x';",
         "Error in WHERE expression: Cannot compare S_A (INTEGER) to 'x' (STRING) with "
         "GREATER_THAN."},
    };
    CHECK(rows);
}

static void aggregations(void **state)
{
    static const Row rows[] = {
        {"CREATE TABLE o AS SELECT *, COUNT(*) FROM u GROUP BY k;",
         "Non-aggregate SELECT expression(s) not part of GROUP BY: W\nEither add the column(s) to "
         "the "
         "GROUP BY or remove them from the SELECT."},
        {"CREATE TABLE o AS SELECT k, w, k * SUM(w), COUNT(*) FROM u GROUP BY k + w;",
         "not part of GROUP BY: K, W, (K * SUM(W))"},
        {"CREATE TABLE o AS SELECT k - w, COUNT(*) FROM u GROUP BY w - k;",
         "not part of GROUP BY: (K - W)"},
        {"CREATE TABLE o AS SELECT k, COUNT(*) FROM u GROUP BY k HAVING ABS(w) < 2;",
         "Non-aggregate HAVING expression not part of GROUP BY: W"},
        {"CREATE TABLE o AS SELECT w, k FROM u GROUP BY k;",
         "GROUP BY requires aggregate functions in either the SELECT or HAVING clause."},
        {"CREATE TABLE o AS SELECT COUNT(*) FROM u;",
         "CREATE TABLE AS SELECT statement does not support aggregate function [COUNT(ROWTIME)] "
         "without "
         "a GROUP BY clause."},
        {"CREATE TABLE o AS SELECT w, COUNT(*) FROM u;",
         "Non-aggregate SELECT expression(s) not part of GROUP BY: W"},
        {"CREATE TABLE o AS SELECT COUNT(*) FROM u GROUP BY 1 + SUM(w);",
         "GROUP BY does not support aggregate functions: SUM is an aggregate function."},
        {"CREATE TABLE o AS SELECT SUM(COUNT()) FROM u GROUP BY k;",
         "Aggregate functions can not be nested: SUM(COUNT())"},
        {"CREATE TABLE o AS SELECT k, COUNT(*) FROM u GROUP BY k, w, k;",
         "Duplicate GROUP BY expression: U.K"},
        {"CREATE TABLE o AS SELECT k, SUM(v) FROM wt GROUP BY k;",
         "KSQL does not support persistent queries on windowed tables."},
        {"CREATE TABLE o AS SELECT k, MAX(v) FROM t GROUP BY k;",
         "The aggregation function(s) (MAX) cannot be applied to a table source, only to a stream "
         "source."},
        {"CREATE TABLE o AS SELECT k, MAX(v), MIN(v), SUM(v) FROM t GROUP BY k;",
         "The aggregation function(s) (MAX, MIN) cannot"},
        {"CREATE TABLE o AS SELECT k, COUNT(*), MIN(windowstart) FROM u WINDOW TUMBLING (SIZE 1 "
         "SECOND)"
         " GROUP BY k;",
         "Window bounds column WINDOWSTART can only be used in the SELECT clause of windowed "
         "aggregations"},
        {"CREATE TABLE o AS SELECT k, COUNT(*) FROM u WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY k, "
         "WINDOWSTART;",
         "Window bounds column WINDOWSTART can only be used"},
        {"CREATE TABLE o AS SELECT k, COUNT(*) FROM u WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY k "
         "HAVING "
         "WINDOWEND > 3;",
         "Window bounds column WINDOWEND can only be used"},
        {"CREATE TABLE o AS SELECT k, COUNT(*) FROM u WINDOW TUMBLING (SIZE 1 SECOND) WHERE "
         "WINDOWEND > "
         "3 GROUP BY k;",
         "Error in WHERE expression: Unknown column WINDOWEND."},
        {"CREATE TABLE o AS SELECT k, COUNT(*) FROM u GROUP BY k EMIT FINAL;",
         "EMIT FINAL is only supported for windowed aggregations."},
        {"CREATE TABLE o AS SELECT k, COUNT(*) FROM u WINDOW TUMBLING (SIZE 10 SECONDS, RETENTION "
         "5 "
         "SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY k;",
         "RETENTION must be at least SIZE and GRACE PERIOD together: 10000 ms."},
        {"CREATE TABLE o AS SELECT k, COUNT(*) FROM u WINDOW TUMBLING (SIZE 0 SECONDS) GROUP BY k;",
         "The size of a window must be greater than zero."},
        {"CREATE STREAM o AS SELECT k, w FROM u WINDOW TUMBLING (SIZE 1 SECOND);",
         "WINDOW clause requires a GROUP BY clause."},
        {"CREATE STREAM o AS SELECT k, COUNT(*) FROM u GROUP BY k;",
         "Invalid result type. Your SELECT query produces a TABLE. Please use CREATE TABLE AS "
         "SELECT "
         "statement instead."},
        {"CREATE TABLE o AS SELECT k, w FROM u;", "Invalid result type. Your SELECT query produces "
                                                  "a STREAM. Please use CREATE STREAM AS SELECT "
                                                  "statement instead."},
        {"CREATE TABLE o AS SELECT k, COUNT(*) FROM kv GROUP BY k;",
         "Source(s) KV are using the 'KAFKA' value format. This format does not yet support GROUP "
         "BY."},
        {"CREATE TABLE o AS SELECT k, v, COUNT(*) FROM kj GROUP BY k, v;",
         "Key format does not support schema.\nformat: KAFKA"},
        {"CREATE TABLE o AS SELECT k, NOSUCH(w), COUNT(*) FROM u GROUP BY k, w;",
         "Can't find any functions with the name 'NOSUCH'"},
        {"CREATE TABLE o AS SELECT k, SUM(w) FROM u GROUP BY k HAVING COUNT(*) > 1 AND SUM(w) > "
         "'x';",
         "Error in HAVING expression: Cannot compare SUM(W) (INTEGER) to 'x' (STRING) with "
         "GREATER_THAN."},
        {"CREATE TABLE o WITH (value_format='DELIMITED') AS SELECT k, AVG(w) FROM u GROUP BY k;",
         "One of the functions used in the statement has an intermediate type that the value "
         "format can "
         "not handle. Please remove the function or change the format."},
    };
    CHECK(rows);
}

static void expressions(void **state)
{
    static const Row rows[] = {
        {"CREATE STREAM o AS SELECT k, NULL AS n FROM s;",
         "Can't infer a type of null. Please explicitly cast it to a required type, e.g. CAST(null "
         "AS "
         "VARCHAR)."},
        {"CREATE STREAM o AS SELECT k, CAST(a AS ARRAY<INT>) FROM s;",
         "Invalid Select: Cast of INTEGER to ARRAY<INTEGER> is not supported"},
        {"CREATE STREAM o AS SELECT * FROM s WHERE a >= 'no';",
         "Error in WHERE expression: Cannot compare A (INTEGER) to 'no' (STRING) with "
         "GREATER_THAN_OR_EQUAL."},
        {"CREATE STREAM o AS SELECT * FROM s WHERE a + 1.5;",
         "Type error in WHERE expression: Should evaluate to boolean but is (A + 1.5) (DECIMAL(12, "
         "1)) "
         "instead."},
        {"CREATE STREAM o AS SELECT k, a FROM s LIMIT 3;",
         "CREATE STREAM AS SELECT statements don't support LIMIT clause."},
        {"CREATE TABLE o AS SELECT * FROM t LIMIT 3;",
         "CREATE TABLE AS SELECT statements don't support LIMIT clause."},
        {"CREATE STREAM o WITH (timestamp='gone') AS SELECT a FROM s;",
         "The TIMESTAMP column set in the WITH clause does not exist in the schema: 'GONE'"},
        {"CREATE STREAM o WITH (timestamp='a') AS SELECT k, a FROM s;",
         "Timestamp column, `A`, should be LONG(INT64), TIMESTAMP, or a String with a "
         "timestamp_format "
         "specified"},
        {"CREATE STREAM o WITH (key_format='FOO') AS SELECT * FROM s;", "Unknown format: FOO"},
        {"CREATE STREAM o WITH (value_format='KAFKA') AS SELECT k, p FROM s;",
         "The 'KAFKA' format does not support type 'STRUCT'"},
        {"CREATE STREAM o WITH (wrap_single_value=false) AS SELECT * FROM s;",
         "'WRAP_SINGLE_VALUE' is only valid for single-field value schemas"},
        {"CREATE STREAM o WITH (wrap_single_value=true, value_format='KAFKA') AS SELECT k, a FROM "
         "s;",
         "Format 'KAFKA' does not support 'WRAP_SINGLE_VALUE' set to 'true'."},
    };
    CHECK(rows);
}

static void inserts_from_queries(void **state)
{
    static const Row rows[] = {
        {"INSERT INTO t SELECT k, COUNT(*) AS v FROM s GROUP BY k;",
         "INSERT INTO can only be used to insert into a stream. T is a table."},
        {"INSERT INTO fixed SELECT k, a AS v FROM s;",
         "Cannot insert into read-only stream: FIXED"},
        {"INSERT INTO u SELECT k, a FROM s;",
         "Incompatible schema between results and sink.\nResult schema is `K` INTEGER KEY, `A` "
         "INTEGER\nSink schema is `K` INTEGER KEY, `W` INTEGER"},
        {"INSERT INTO u SELECT k, a AS w, a AS x FROM s;",
         "Result schema is `K` INTEGER KEY, `W` INTEGER, `X` INTEGER\nSink schema is `K` INTEGER "
         "KEY, "
         "`W` INTEGER"},
        {"INSERT INTO u SELECT k, ROWPARTITION FROM s;",
         "Reserved column name in select: `ROWPARTITION`."},
        {"INSERT INTO u SELECT k, CAST(a AS BIGINT) AS w FROM s;", "Incompatible schema"},
        {"INSERT INTO u SELECT k, COUNT(*) AS w FROM s GROUP BY k;",
         "Invalid result type. Your SELECT query produces a TABLE."},
    };
    CHECK(rows);
}

static void what_is_not_built_says_so(void **state)
{
    static const Row rows[] = {
        {"CREATE STREAM o AS SELECT * FROM s JOIN u WITHIN 1 HOUR ON s.k = u.k;",
         "stream-stream joins"},
        {"CREATE TABLE o AS SELECT t.k, v, w FROM t JOIN r ON t.v = r.k;", "foreign-key joins"},
        {"CREATE TABLE o AS SELECT k, COUNT(*) FROM s WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY "
         "5 "
         "SECONDS) GROUP BY k;",
         "HOPPING windows"},
        {"CREATE TABLE o AS SELECT k, COUNT(*) FROM s WINDOW SESSION (10 SECONDS) GROUP BY k;",
         "SESSION windows"},
        {"CREATE TABLE o AS SELECT k, COUNT(*) FROM s WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY k "
         "EMIT "
         "FINAL;",
         "EMIT FINAL"},
        {"CREATE OR REPLACE STREAM s AS SELECT * FROM u;", "CREATE OR REPLACE of a query"},
        {"CREATE STREAM o (k INT KEY, v INT) WITH (kafka_topic='o', format='AVRO');", "AVRO"},
        {"CREATE STREAM o (k INT KEY, h BYTES HEADER('h')) WITH (kafka_topic='o', format='JSON');",
         "header columns"},
    };
    Bench *b = malloc(sizeof *b);
    bench_open(b, true);
    must(b, bench_sources);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refuses(b, rows[i].statement, ERR_NOT_BUILT, rows[i].words);
    bench_close(b);
    free(b);
}

/* An error of the dialect is told even where the query would not run yet. */
static void the_dialect_speaks_first(void **state)
{
    static const Row rows[] = {
        {"CREATE STREAM o AS SELECT s.k FROM s JOIN u WITHIN 1 HOUR ON s.k = u.k;",
         "The projection contains no value columns."},
        {"CREATE STREAM o AS SELECT a, w FROM s JOIN u WITHIN 1 HOUR ON s.k = u.k WHERE a > 'x';",
         "Error in WHERE expression"},
        {"CREATE STREAM o AS SELECT l.v, maps.m, l.k FROM maps JOIN maps2 l WITHIN 1 DAY ON maps.m "
         "= "
         "l.m;",
         "Key column name: `MAPS_M`. Column type: MAP<STRING, INTEGER>."},
        {"CREATE TABLE o AS SELECT COUNT(*) FROM s WINDOW SESSION (10 SECONDS) GROUP BY k;",
         "must include the grouping expression K"},
    };
    Bench *b = malloc(sizeof *b);
    bench_open(b, true);
    must(b, bench_sources);
    must(b, more_sources);
    must(b, "CREATE STREAM maps2 (k INT KEY, m MAP<STRING, INT>, v INT) WITH (kafka_topic='maps2',"
            " format='JSON', partitions=1);");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refuses(b, rows[i].statement, ERR_STATEMENT, rows[i].words);
    bench_close(b);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(keys),
        cmocka_unit_test(partitions),
        cmocka_unit_test(joins),
        cmocka_unit_test(aggregations),
        cmocka_unit_test(expressions),
        cmocka_unit_test(inserts_from_queries),
        cmocka_unit_test(what_is_not_built_says_so),
        cmocka_unit_test(the_dialect_speaks_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
