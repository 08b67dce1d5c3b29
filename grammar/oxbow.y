/* oxbow.y: the language, readable as its reference.
 *
 * Every statement, clause and expression that parses is written here; what a statement means is
 * decided later. An action calls a maker of src/sql/make.h and nothing else. There are no
 * conflicts: lemon fails on one and so does the build.
 *
 * Four things happen to a token before it gets here (src/sql/words.c and parse.c), because one
 * token of lookahead is too little for them or because the language says so:
 *
 *   - ARRAY, MAP and STRUCT arrive under different codes by what follows: ARRAY_OF, MAP_OF and
 *     STRUCT_OF before '<' (types), ARRAY_LIST before '[', MAP_LIST and STRUCT_LIST before '('
 *     (constructors);
 *   - IF, SESSION, HEADER and ESCAPE are keywords only before what makes them such;
 *   - '(' is LAMBDA_LP where a list of names, ')' and '=>' follow;
 *   - a keyword that is not reserved becomes a NAME wherever the grammar, in its present state, has
 *     no use for the keyword. (lemon's %fallback would ask the compressed table, in which a default
 *     reduction hides that a keyword is wanted; so parse.c asks the automaton.)
 *
 * ASSERT_TEST and RUN stand for ASSERT and RUN in test scripts; elsewhere they are never handed in.
 * The order of the tokens below is the order in which error messages list them. */

%name sql_lemon
%token_prefix TK_
%token_type {Token}
%extra_context {Make *m}
%start_symbol input
%stack_size 3000

%include {
#include <assert.h>
#include "sql/make.h"
#define YYNOERRORRECOVERY 1
}

%stack_overflow { make_too_deep(m); }

%token START_EXPR START_COLUMNS ILLEGAL RESERVED.
%token COMMA LP RP LAMBDA_LP LB RB SEMI DOT ARROW LAMBDA ASSIGN COLON.
%token EQ NE LT LE GT GE PLUS MINUS STAR SLASH PERCENT CONCAT.
%token SELECT FROM WHERE WINDOW GROUP PARTITION BY HAVING EMIT CHANGES FINAL LIMIT AS.
%token JOIN INNER LEFT RIGHT FULL OUTER WITHIN ON GRACE PERIOD.
%token TUMBLING HOPPING SESSION SIZE ADVANCE RETENTION.
%token DAY DAYS HOUR HOURS MINUTE MINUTES SECOND SECONDS MILLISECOND MILLISECONDS.
%token OR AND NOT BETWEEN IN LIKE ESCAPE IS NULL DISTINCT TRUE FALSE AT TIME ZONE.
%token CASE WHEN THEN ELSE END CAST.
%token ARRAY ARRAY_OF ARRAY_LIST MAP_OF MAP_LIST STRUCT_OF STRUCT_LIST DECIMAL STRING.
%token CREATE REPLACE SOURCE SINK STREAM TABLE TYPE CONNECTOR IF EXISTS WITH.
%token PRIMARY KEY HEADERS HEADER INSERT INTO VALUES DROP DELETE TOPIC ALTER ADD COLUMN SYSTEM.
%token TERMINATE PAUSE RESUME ALL LIST SHOW PROPERTIES TOPICS STREAMS TABLES FUNCTIONS FUNCTION.
%token CONNECTORS PLUGINS TYPES VARIABLES QUERIES EXTENDED DESCRIBE EXPLAIN.
%token PRINT BEGINNING INTERVAL SAMPLE SET UNSET DEFINE UNDEFINE.
%token ASSERT ASSERT_TEST SCHEMA SUBJECT ID TIMEOUT RUN SCRIPT.
%token INTEGER_VALUE DECIMAL_VALUE FLOAT_VALUE STRING_VALUE NAME.

%left OR.
%left AND.
%right NOT.
%left CONCAT.
%left PLUS MINUS.
%left STAR SLASH PERCENT.
%right SIGN.
%left AT.

/* ---- requests ------------------------------------------------------------------------------ */

/* One automaton for three entries: a request, and the two fragments that sql.h offers. */
input ::= request.
input ::= START_EXPR expr(E).                      { make_input_expr(m, E); }
input ::= START_COLUMNS columns(L).                { make_input_columns(m, L); }

request ::= .
request ::= request SEMI.
request ::= request here(B) statement(S) here(E) SEMI.  { make_input_statement(m, S, B, E); }
request ::= request here(B) explain(S) here(E) SEMI.    { make_input_statement(m, S, B, E); }

/* Where the parser stands: behind the last token and before the next. */
%type here {Span}
here(A) ::= .                                      { A = m->here; }

/* ---- statements ---------------------------------------------------------------------------- */

%type statement {SqlStatement *}
%type explain {SqlStatement *}

explain(A) ::= EXPLAIN name(N).                    { A = make_explain_query(m, N); }
explain(A) ::= EXPLAIN here(B) statement(S) here(E). { A = make_explain(m, S, B, E); }

statement(A) ::= query(Q).                         { A = make_query_statement(m, Q); }

statement(A) ::= created(F) name(N) with(W).       { A = make_create(m, F, N, NULL, W); }
statement(A) ::= created(F) name(N) LP columns(L) RP with(W).
                                                   { A = make_create(m, F, N, L, W); }
statement(A) ::= created(F) name(N) with(W) AS query(Q).
                                                   { A = make_create_as(m, F, N, W, Q); }
statement(A) ::= created_source(F) name(N) with(W).
                                                   { A = make_create(m, F, N, NULL, W); }
statement(A) ::= created_source(F) name(N) LP columns(L) RP with(W).
                                                   { A = make_create(m, F, N, L, W); }

%type created {int}
%type created_source {int}
created(A) ::= CREATE kind(K) if_not_exists(I).             { A = K | I; }
created(A) ::= CREATE OR REPLACE kind(K) if_not_exists(I).  { A = K | I | MAKE_OR_REPLACE; }
created_source(A) ::= CREATE SOURCE kind(K) if_not_exists(I).
                                                            { A = K | I | MAKE_SOURCE; }
created_source(A) ::= CREATE OR REPLACE SOURCE kind(K) if_not_exists(I).
                                           { A = K | I | MAKE_SOURCE | MAKE_OR_REPLACE; }

%type kind {int}
kind(A) ::= STREAM.                                { A = 0; }
kind(A) ::= TABLE.                                 { A = MAKE_TABLE; }

%type if_not_exists {int}
if_not_exists(A) ::= .                             { A = 0; }
if_not_exists(A) ::= IF NOT EXISTS.                { A = MAKE_IF_NOT_EXISTS; }

%type if_exists {int}
if_exists(A) ::= .                                 { A = 0; }
if_exists(A) ::= IF EXISTS.                        { A = MAKE_IF_EXISTS; }

statement(A) ::= INSERT INTO name(N) with(W) query(Q).
                                                   { A = make_insert_query(m, N, W, Q); }
statement(A) ::= INSERT INTO name(N) VALUES LP values_or_none(V) RP.
                                                   { A = make_insert_values(m, N, NULL, V); }
statement(A) ::= INSERT INTO name(N) LP names(C) RP VALUES LP values_or_none(V) RP.
                                                   { A = make_insert_values(m, N, C, V); }

statement(A) ::= DROP kind(K) if_exists(I) name(N) delete_topic(D).
                                     { A = make_named(m, STMT_DROP_SOURCE, N, K | I | D); }
%type delete_topic {int}
delete_topic(A) ::= .                              { A = 0; }
delete_topic(A) ::= DELETE TOPIC.                  { A = MAKE_DELETE_TOPIC; }

statement(A) ::= ALTER kind(K) name(N) additions(L).   { A = make_alter(m, K, N, L); }
statement(A) ::= ALTER SYSTEM STRING_VALUE(K) EQ STRING_VALUE(V).
                                     { A = make_setting(m, STMT_ALTER_SYSTEM, K, V); }
%type additions {List *}
additions(A) ::= addition(C).                      { A = list_put_column(m, NULL, C); }
additions(A) ::= additions(L) COMMA addition(C).   { A = list_put_column(m, L, C); }
%type addition {SqlColumn *}
addition(A) ::= ADD name(N) type(T).               { A = make_column(m, N, T); }
addition(A) ::= ADD COLUMN name(N) type(T).        { A = make_column(m, N, T); }

statement(A) ::= CREATE TYPE if_not_exists(I) name(N) AS type(T).
                                     { A = make_create_type(m, I, N, T); }
statement(A) ::= DROP TYPE if_exists(I) name(N).   { A = make_named(m, STMT_DROP_TYPE, N, I); }

statement(A) ::= CREATE SINK CONNECTOR if_not_exists(I) name(N) with_clause(W).
                                     { A = make_connector(m, I, N, W); }
statement(A) ::= CREATE SOURCE CONNECTOR if_not_exists(I) name(N) with_clause(W).
                                     { A = make_connector(m, I | MAKE_SOURCE, N, W); }
statement(A) ::= DROP CONNECTOR if_exists(I) name(N).
                                     { A = make_named(m, STMT_DROP_CONNECTOR, N, I); }

statement(A) ::= query_verb(K) name(N).            { A = make_named(m, K, N, 0); }
statement(A) ::= query_verb(K) ALL.                { A = make_named(m, K, SQL_NO_NAME, MAKE_ALL); }
%type query_verb {int}
query_verb(A) ::= TERMINATE.                       { A = STMT_TERMINATE; }
query_verb(A) ::= PAUSE.                           { A = STMT_PAUSE; }
query_verb(A) ::= RESUME.                          { A = STMT_RESUME; }

statement(A) ::= show PROPERTIES.                  { A = make_show(m, SHOW_PROPERTIES, 0); }
statement(A) ::= show TOPICS extended(X).          { A = make_show(m, SHOW_TOPICS, X); }
statement(A) ::= show ALL TOPICS extended(X).      { A = make_show(m, SHOW_TOPICS, X | MAKE_ALL); }
statement(A) ::= show STREAMS extended(X).         { A = make_show(m, SHOW_STREAMS, X); }
statement(A) ::= show TABLES extended(X).          { A = make_show(m, SHOW_TABLES, X); }
statement(A) ::= show FUNCTIONS.                   { A = make_show(m, SHOW_FUNCTIONS, 0); }
statement(A) ::= show CONNECTORS.                  { A = make_show(m, SHOW_CONNECTORS, 0); }
statement(A) ::= show SOURCE(W) CONNECTORS.        { A = make_show_connectors(m, W); }
statement(A) ::= show SINK(W) CONNECTORS.          { A = make_show_connectors(m, W); }
statement(A) ::= show CONNECTOR PLUGINS.           { A = make_show(m, SHOW_CONNECTOR_PLUGINS, 0); }
statement(A) ::= show TYPES.                       { A = make_show(m, SHOW_TYPES, 0); }
statement(A) ::= show VARIABLES.                   { A = make_show(m, SHOW_VARIABLES, 0); }
statement(A) ::= show QUERIES extended(X).         { A = make_show(m, SHOW_QUERIES, X); }
show ::= LIST.
show ::= SHOW.

%type extended {int}
extended(A) ::= .                                  { A = 0; }
extended(A) ::= EXTENDED.                          { A = MAKE_EXTENDED; }

statement(A) ::= DESCRIBE name(N) extended(X).     { A = make_describe(m, SHOW_SOURCE, N, X); }
statement(A) ::= DESCRIBE STREAMS extended(X).
                                             { A = make_describe(m, SHOW_STREAMS, SQL_NO_NAME, X); }
statement(A) ::= DESCRIBE TABLES extended(X).
                                              { A = make_describe(m, SHOW_TABLES, SQL_NO_NAME, X); }
statement(A) ::= DESCRIBE FUNCTION name(N).        { A = make_describe(m, SHOW_FUNCTION, N, 0); }
statement(A) ::= DESCRIBE CONNECTOR name(N).       { A = make_describe(m, SHOW_CONNECTOR, N, 0); }

statement(A) ::= PRINT topic(N) from_beginning(B) sample(I) print_limit(L).
                                                   { A = make_print(m, N, B, I, L); }
%type from_beginning {int}
from_beginning(A) ::= .                            { A = 0; }
from_beginning(A) ::= FROM BEGINNING.              { A = 1; }
%type sample {SqlExpr *}
sample(A) ::= .                                    { A = NULL; }
sample(A) ::= INTERVAL INTEGER_VALUE(T).           { A = make_number(m, SQL_INTEGER, T); }
sample(A) ::= SAMPLE INTEGER_VALUE(T).             { A = make_number(m, SQL_INTEGER, T); }
%type print_limit {SqlExpr *}
print_limit(A) ::= .                               { A = NULL; }
print_limit(A) ::= LIMIT INTEGER_VALUE(T).         { A = make_number(m, SQL_INTEGER, T); }

statement(A) ::= SET STRING_VALUE(K) EQ STRING_VALUE(V).
                                                   { A = make_setting(m, STMT_SET, K, V); }
statement(A) ::= UNSET STRING_VALUE(K).            { A = make_setting(m, STMT_UNSET, K, K); }
statement(A) ::= DEFINE name(N) EQ STRING_VALUE(V).{ A = make_define(m, N, V); }
statement(A) ::= UNDEFINE name(N).                 { A = make_undefine(m, N); }

statement(A) ::= ASSERT not_exists(F) TOPIC topic(N) with(W) timeout(D).
                                                   { A = make_assert_topic(m, F, N, W, D); }
statement(A) ::= ASSERT not_exists(F) SCHEMA subject(N) schema_id(I) timeout(D).
                                                   { A = make_assert_schema(m, F, N, I, D); }
%type not_exists {int}
not_exists(A) ::= .                                { A = 0; }
not_exists(A) ::= NOT EXISTS.                      { A = 1; }
%type subject {SqlName}
subject(A) ::= .                                   { A = SQL_NO_NAME; }
subject(A) ::= SUBJECT topic(N).                   { A = N; }
%type schema_id {int64_t}
schema_id(A) ::= .                                 { A = -1; }
schema_id(A) ::= ID INTEGER_VALUE(T).              { A = make_int(m, T); }
%type timeout {SqlDuration}
timeout(A) ::= .                                   { A = SQL_NO_DURATION; }
timeout(A) ::= TIMEOUT duration(D).                { A = D; }

/* Test scripts only. */
statement(A) ::= ASSERT_TEST VALUES name(N) names_or_none(C) VALUES LP values(V) RP.
                                                   { A = make_assert_values(m, 0, N, C, V); }
statement(A) ::= ASSERT_TEST NULL VALUES name(N) names_or_none(C) KEY LP values(V) RP.
                                                   { A = make_assert_values(m, 1, N, C, V); }
statement(A) ::= ASSERT_TEST kind(K) name(N) with(W).
                                                   { A = make_assert_source(m, K, N, NULL, W); }
statement(A) ::= ASSERT_TEST kind(K) name(N) LP columns(L) RP with(W).
                                                   { A = make_assert_source(m, K, N, L, W); }
statement(A) ::= RUN SCRIPT STRING_VALUE(V).       { A = make_run_script(m, V); }

/* ---- names, columns, WITH ------------------------------------------------------------------ */

%type name {SqlName}
name(A) ::= NAME(T).                               { A = make_name(m, T); }

/* Topics are no identifiers: they keep their case even when written bare. */
%type topic {SqlName}
topic(A) ::= NAME(T).                              { A = make_topic(m, T); }
topic(A) ::= STRING_VALUE(T).                      { A = make_topic(m, T); }

%type names {List *}
names(A) ::= name(N).                              { A = list_put_name(m, NULL, N); }
names(A) ::= names(L) COMMA name(N).               { A = list_put_name(m, L, N); }
%type names_or_none {List *}
names_or_none(A) ::= .                             { A = NULL; }
names_or_none(A) ::= LP names(L) RP.               { A = L; }

%type columns {List *}
columns(A) ::= column(C).                          { A = list_put_column(m, NULL, C); }
columns(A) ::= columns(L) COMMA column(C).         { A = list_put_column(m, L, C); }
%type column {SqlColumn *}
column(A) ::= name(N) type(T).                     { A = make_column(m, N, T); }
column(A) ::= name(N) type(T) KEY(E).              { A = make_key_column(m, N, T, 0, E); }
column(A) ::= name(N) type(T) PRIMARY KEY(E).      { A = make_key_column(m, N, T, 1, E); }
column(A) ::= name(N) type(T) HEADERS(E).          { A = make_headers_column(m, N, T, E); }
column(A) ::= name(N) type(T) HEADER LP STRING_VALUE(H) RP(E).
                                                   { A = make_header_column(m, N, T, H, E); }

%type with {SqlWith}
%type with_clause {SqlWith}
with(A) ::= .                                      { A = SQL_NO_WITH; }
with(A) ::= with_clause(W).                        { A = W; }
with_clause(A) ::= WITH(B) LP with_items(L) RP(E). { A = make_with(L, B, E); }
%type with_items {List *}
with_items(A) ::= with_name(N) EQ literal(V).      { A = list_put_with(m, NULL, N, V); }
with_items(A) ::= with_items(L) COMMA with_name(N) EQ literal(V).
                                                   { A = list_put_with(m, L, N, V); }
%type with_name {SqlName}
with_name(A) ::= NAME(T).                          { A = make_name(m, T); }
with_name(A) ::= STRING_VALUE(T).                  { A = make_topic(m, T); }

/* ---- types --------------------------------------------------------------------------------- */

%type type {SqlType *}
type(A) ::= name(N).                               { A = make_type(m, N, NULL, N.span); }
type(A) ::= name(N) LP type_args(L) RP(E).         { A = make_type(m, N, L, make_span(N.span, E)); }
type(A) ::= DECIMAL(N) LP INTEGER_VALUE(P) COMMA INTEGER_VALUE(S) RP(E).
                                                   { A = make_decimal_type(m, N, P, S, E); }
type(A) ::= type(T) ARRAY(E).
                                               { A = make_array_type(m, make_span(T->span, E), T); }
type(A) ::= ARRAY_OF(B) LT type(T) GT(E).
                                                  { A = make_array_type(m, make_span_of(B, E), T); }
type(A) ::= MAP_OF(B) LT type(K) COMMA type(V) GT(E).
                                                 { A = make_map_type(m, make_span_of(B, E), K, V); }
type(A) ::= STRUCT_OF(B) LT fields(L) GT(E).
                                                 { A = make_struct_type(m, make_span_of(B, E), L); }
type(A) ::= STRUCT_OF(B) LT GT(E).
                                              { A = make_struct_type(m, make_span_of(B, E), NULL); }
type(A) ::= STRUCT_OF(B) NE(E).
                                              { A = make_struct_type(m, make_span_of(B, E), NULL); }

%type fields {Pairs *}
fields(A) ::= name(N) type(T).                     { A = pairs_put(m, NULL, N, T); }
fields(A) ::= fields(L) COMMA name(N) type(T).     { A = pairs_put(m, L, N, T); }

/* VARCHAR(20), VARCHAR(STRING): lengths are read and mean nothing. */
%type type_args {List *}
type_args(A) ::= type_arg(T).                      { A = list_put_int(m, NULL, T); }
type_args(A) ::= type_args(L) COMMA type_arg(T).   { A = list_put_int(m, L, T); }
%type type_arg {Token}
type_arg(A) ::= STRING(T).                         { A = T; }
type_arg(A) ::= INTEGER_VALUE(T).                  { A = T; }

/* ---- queries ------------------------------------------------------------------------------- */

%type query {SqlQuery *}
query(A) ::= SELECT(B) items(I) FROM aliased(S) joins(J) window(W) where(X) group_by(G)
             partition_by(P) having(H) emit(M) limit(L) here(E).
        { A = make_query(m, B, I, S, J, W, X, G, P, H, M, L, E); }

%type items {List *}
items(A) ::= item(I).                              { A = list_put_item(m, NULL, I); }
items(A) ::= items(L) COMMA item(I).               { A = list_put_item(m, L, I); }
%type item {SqlItem}
item(A) ::= expr(E).                               { A = make_item(E, SQL_NO_NAME); }
item(A) ::= expr(E) name(N).                       { A = make_item(E, N); }
item(A) ::= expr(E) AS name(N).                    { A = make_item(E, N); }
item(A) ::= STAR(T).
                                       { A = make_item(make_star(m, SQL_NO_NAME, T), SQL_NO_NAME); }
item(A) ::= name(N) DOT STAR(T).
                                                 { A = make_item(make_star(m, N, T), SQL_NO_NAME); }
item(A) ::= primary(E) ARROW STAR(T).
                                           { A = make_item(make_struct_all(m, E, T), SQL_NO_NAME); }

%type aliased {SqlSource}
aliased(A) ::= name(N).                            { A = make_source(N, SQL_NO_NAME); }
aliased(A) ::= name(N) name(X).                    { A = make_source(N, X); }
aliased(A) ::= name(N) AS name(X).                 { A = make_source(N, X); }

%type joins {List *}
joins(A) ::= .                                     { A = NULL; }
joins(A) ::= joins(L) join_kind(K) JOIN(B) aliased(S) within(W) ON expr(E).
                                                   { A = list_put_join(m, L, K, B, S, W, E); }
%type join_kind {int}
join_kind(A) ::= .                                 { A = JOIN_INNER; }
join_kind(A) ::= INNER.                            { A = JOIN_INNER; }
join_kind(A) ::= LEFT outer.                       { A = JOIN_LEFT; }
join_kind(A) ::= RIGHT outer.                      { A = JOIN_RIGHT; }
join_kind(A) ::= FULL outer.                       { A = JOIN_FULL; }
outer ::= .
outer ::= OUTER.

%type within {Within *}
within(A) ::= .                                    { A = NULL; }
within(A) ::= WITHIN duration(D) join_grace(G).    { A = make_within(m, D, D, G); }
within(A) ::= WITHIN LP duration(B) COMMA duration(F) RP join_grace(G).
                                                   { A = make_within(m, B, F, G); }
%type join_grace {SqlDuration}
join_grace(A) ::= .                                { A = SQL_NO_DURATION; }
join_grace(A) ::= GRACE PERIOD duration(D).        { A = D; }

/* A window may be named; nothing refers to the name. */
%type window {SqlWindow *}
window(A) ::= .                                    { A = NULL; }
window(A) ::= WINDOW window_name window_body(W).   { A = W; }
window_name ::= .
window_name ::= NAME.
%type window_body {SqlWindow *}
window_body(A) ::= TUMBLING(B) LP SIZE duration(S) window_opts(O) RP(E).
                               { A = make_window(m, WINDOW_TUMBLING, B, S, SQL_NO_DURATION, O, E); }
window_body(A) ::= HOPPING(B) LP SIZE duration(S) COMMA ADVANCE BY duration(D) window_opts(O) RP(E).
                                { A = make_window(m, WINDOW_HOPPING, B, S, D, O, E); }
window_body(A) ::= SESSION(B) LP duration(S) window_opts(O) RP(E).
                                { A = make_window(m, WINDOW_SESSION, B, S, SQL_NO_DURATION, O, E); }
%type window_opts {WindowOpts *}
window_opts(A) ::= .
                                      { A = make_window_opts(m, SQL_NO_DURATION, SQL_NO_DURATION); }
window_opts(A) ::= COMMA RETENTION duration(R).    { A = make_window_opts(m, R, SQL_NO_DURATION); }
window_opts(A) ::= COMMA GRACE PERIOD duration(G). { A = make_window_opts(m, SQL_NO_DURATION, G); }
window_opts(A) ::= COMMA RETENTION duration(R) COMMA GRACE PERIOD duration(G).
                                                   { A = make_window_opts(m, R, G); }

%type duration {SqlDuration}
duration(A) ::= INTEGER_VALUE(N) unit(U).          { A = make_duration(m, N, U); }
%type unit {Token}
unit(A) ::= DAY(T).                                { A = T; }
unit(A) ::= HOUR(T).                               { A = T; }
unit(A) ::= MINUTE(T).                             { A = T; }
unit(A) ::= SECOND(T).                             { A = T; }
unit(A) ::= reserved_unit(T).                      { A = T; }
%type reserved_unit {Token}
reserved_unit(A) ::= DAYS(T).                      { A = T; }
reserved_unit(A) ::= HOURS(T).                     { A = T; }
reserved_unit(A) ::= MINUTES(T).                   { A = T; }
reserved_unit(A) ::= SECONDS(T).                   { A = T; }
reserved_unit(A) ::= MILLISECOND(T).               { A = T; }
reserved_unit(A) ::= MILLISECONDS(T).              { A = T; }

%type where {SqlExpr *}
where(A) ::= .                                     { A = NULL; }
where(A) ::= WHERE expr(E).                        { A = E; }
%type group_by {List *}
group_by(A) ::= .                                  { A = NULL; }
group_by(A) ::= GROUP BY grouping(L).              { A = L; }
%type partition_by {List *}
partition_by(A) ::= .                              { A = NULL; }
partition_by(A) ::= PARTITION BY grouping(L).      { A = L; }
%type having {SqlExpr *}
having(A) ::= .                                    { A = NULL; }
having(A) ::= HAVING expr(E).                      { A = E; }

/* One value in brackets is a value; several in brackets are the list. */
%type grouping {List *}
grouping(A) ::= values(L).                         { A = L; }
grouping(A) ::= LP RP.                             { A = list_new(m); }
grouping(A) ::= LP value(V) COMMA values(L) RP.    { A = list_put_first(m, V, L); }

%type emit {int}
emit(A) ::= .                                      { A = EMIT_NONE; }
emit(A) ::= EMIT CHANGES.                          { A = EMIT_CHANGES; }
emit(A) ::= EMIT FINAL.                            { A = EMIT_FINAL; }
/* Any number parses; that it has to be a whole one is said later, by name. */
%type limit {SqlExpr *}
limit(A) ::= .                                     { A = NULL; }
limit(A) ::= LIMIT number(N).                      { A = N; }
limit(A) ::= LIMIT MINUS(B) number(N).             { A = make_unary(m, B, SQL_OP_NEG, N); }

/* ---- expressions --------------------------------------------------------------------------- */

%type expr {SqlExpr *}
expr(A) ::= expr(L) OR expr(R).                    { A = make_binary(m, SQL_OP_OR, L, R); }
expr(A) ::= expr(L) AND expr(R).                   { A = make_binary(m, SQL_OP_AND, L, R); }
expr(A) ::= NOT(B) expr(E).                        { A = make_unary(m, B, SQL_OP_NOT, E); }
expr(A) ::= value(V).                              { A = V; }

/* At most one predicate: a = b = c is an error. */
expr(A) ::= value(L) EQ value(R).                  { A = make_binary(m, SQL_OP_EQ, L, R); }
expr(A) ::= value(L) NE value(R).                  { A = make_binary(m, SQL_OP_NE, L, R); }
expr(A) ::= value(L) LT value(R).                  { A = make_binary(m, SQL_OP_LT, L, R); }
expr(A) ::= value(L) LE value(R).                  { A = make_binary(m, SQL_OP_LE, L, R); }
expr(A) ::= value(L) GT value(R).                  { A = make_binary(m, SQL_OP_GT, L, R); }
expr(A) ::= value(L) GE value(R).                  { A = make_binary(m, SQL_OP_GE, L, R); }
expr(A) ::= value(L) IS DISTINCT FROM value(R).    { A = make_binary(m, SQL_OP_DISTINCT, L, R); }
expr(A) ::= value(L) IS NOT DISTINCT FROM value(R).
                                                  { A = make_binary(m, SQL_OP_NOT_DISTINCT, L, R); }
expr(A) ::= value(V) IS NULL(E).                   { A = make_is_null(m, V, 0, E); }
expr(A) ::= value(V) IS NOT NULL(E).               { A = make_is_null(m, V, 1, E); }
expr(A) ::= value(V) BETWEEN value(L) AND value(H).     { A = make_between(m, V, 0, L, H); }
expr(A) ::= value(V) NOT BETWEEN value(L) AND value(H). { A = make_between(m, V, 1, L, H); }
expr(A) ::= value(V) IN LP exprs(L) RP(E).         { A = make_in(m, V, 0, L, E); }
expr(A) ::= value(V) NOT IN LP exprs(L) RP(E).     { A = make_in(m, V, 1, L, E); }
expr(A) ::= value(V) LIKE value(P).                { A = make_like(m, V, 0, P); }
expr(A) ::= value(V) NOT LIKE value(P).            { A = make_like(m, V, 1, P); }
expr(A) ::= value(V) LIKE value(P) ESCAPE STRING_VALUE(X).
                                                   { A = make_like_escape(m, V, 0, P, X); }
expr(A) ::= value(V) NOT LIKE value(P) ESCAPE STRING_VALUE(X).
                                                   { A = make_like_escape(m, V, 1, P, X); }

%type exprs {List *}
exprs(A) ::= expr(E).                              { A = list_put_expr(m, NULL, E); }
exprs(A) ::= exprs(L) COMMA expr(E).               { A = list_put_expr(m, L, E); }

%type value {SqlExpr *}
value(A) ::= primary(P).                           { A = P; }
value(A) ::= value(V) AT TIME ZONE STRING_VALUE(Z).{ A = make_at_zone(m, V, Z); }
value(A) ::= MINUS(B) value(V). [SIGN]             { A = make_unary(m, B, SQL_OP_NEG, V); }
value(A) ::= PLUS(B) value(V). [SIGN]              { A = make_unary(m, B, SQL_OP_PLUS, V); }
value(A) ::= value(L) STAR value(R).               { A = make_binary(m, SQL_OP_MUL, L, R); }
value(A) ::= value(L) SLASH value(R).              { A = make_binary(m, SQL_OP_DIV, L, R); }
value(A) ::= value(L) PERCENT value(R).            { A = make_binary(m, SQL_OP_MOD, L, R); }
value(A) ::= value(L) PLUS value(R).               { A = make_binary(m, SQL_OP_ADD, L, R); }
value(A) ::= value(L) MINUS value(R).              { A = make_binary(m, SQL_OP_SUB, L, R); }
value(A) ::= value(L) CONCAT value(R).             { A = make_binary(m, SQL_OP_CONCAT, L, R); }

%type values {List *}
values(A) ::= value(V).                            { A = list_put_expr(m, NULL, V); }
values(A) ::= values(L) COMMA value(V).            { A = list_put_expr(m, L, V); }
%type values_or_none {List *}
values_or_none(A) ::= .                            { A = list_new(m); }
values_or_none(A) ::= values(L).                   { A = L; }

%type primary {SqlExpr *}
primary(A) ::= constant(E).                        { A = E; }
primary(A) ::= name(N) STRING_VALUE(T).            { A = make_typed(m, N, T); }
primary(A) ::= name(N).                            { A = make_column_ref(m, SQL_NO_NAME, N); }
primary(A) ::= name(Q) DOT name(N).                { A = make_column_ref(m, Q, N); }
primary(A) ::= LP expr(E) RP.                      { A = E; }
primary(A) ::= primary(P) LB value(I) RB(E).       { A = make_index(m, P, I, E); }
primary(A) ::= primary(P) ARROW name(N).           { A = make_field(m, P, N); }

primary(A) ::= CASE(B) whens(L) else(X) END(E).    { A = make_case(m, B, NULL, L, X, E); }
primary(A) ::= CASE(B) value(V) whens(L) else(X) END(E).
                                                   { A = make_case(m, B, V, L, X, E); }
%type whens {List *}
whens(A) ::= WHEN expr(C) THEN expr(R).            { A = list_put_two(m, NULL, C, R); }
whens(A) ::= whens(L) WHEN expr(C) THEN expr(R).   { A = list_put_two(m, L, C, R); }
%type else {SqlExpr *}
else(A) ::= .                                      { A = NULL; }
else(A) ::= ELSE expr(E).                          { A = E; }

primary(A) ::= CAST(B) LP expr(V) AS type(T) RP(E).{ A = make_cast(m, B, V, T, E); }

primary(A) ::= ARRAY_LIST(B) LB RB(E).             { A = make_list(m, SQL_ARRAY, B, NULL, E); }
primary(A) ::= ARRAY_LIST(B) LB exprs(L) RB(E).    { A = make_list(m, SQL_ARRAY, B, L, E); }
primary(A) ::= MAP_LIST(B) LP RP(E).               { A = make_list(m, SQL_MAP, B, NULL, E); }
primary(A) ::= MAP_LIST(B) LP entries(L) RP(E).    { A = make_list(m, SQL_MAP, B, L, E); }
%type entries {List *}
entries(A) ::= expr(K) ASSIGN expr(V).             { A = list_put_two(m, NULL, K, V); }
entries(A) ::= entries(L) COMMA expr(K) ASSIGN expr(V).
                                                   { A = list_put_two(m, L, K, V); }
primary(A) ::= STRUCT_LIST(B) LP RP(E).            { A = make_struct(m, B, NULL, E); }
primary(A) ::= STRUCT_LIST(B) LP assigns(L) RP(E). { A = make_struct(m, B, L, E); }
%type assigns {Pairs *}
assigns(A) ::= name(N) ASSIGN expr(E).             { A = pairs_put(m, NULL, N, E); }
assigns(A) ::= assigns(L) COMMA name(N) ASSIGN expr(E).
                                                   { A = pairs_put(m, L, N, E); }

/* Lambdas come last among the arguments. */
primary(A) ::= name(N) LP RP(E).                   { A = make_call(m, N, NULL, NULL, E); }
primary(A) ::= name(N) LP STAR(S) RP(E).           { A = make_call_star(m, N, S, E); }
primary(A) ::= name(N) LP call_args(L) RP(E).      { A = make_call(m, N, L, NULL, E); }
primary(A) ::= name(N) LP call_args(L) COMMA lambdas(X) RP(E).
                                                   { A = make_call(m, N, L, X, E); }
%type call_args {List *}
call_args(A) ::= call_arg(E).                      { A = list_put_expr(m, NULL, E); }
call_args(A) ::= call_args(L) COMMA call_arg(E).   { A = list_put_expr(m, L, E); }
%type call_arg {SqlExpr *}
call_arg(A) ::= expr(E).                           { A = E; }
call_arg(A) ::= reserved_unit(T).                  { A = make_unit(m, T); }
%type lambdas {List *}
lambdas(A) ::= lambda(E).                          { A = list_put_expr(m, NULL, E); }
lambdas(A) ::= lambdas(L) COMMA lambda(E).         { A = list_put_expr(m, L, E); }
%type lambda {SqlExpr *}
lambda(A) ::= name(N) LAMBDA expr(E).
                                       { A = make_lambda(m, N.span, list_put_name(m, NULL, N), E); }
lambda(A) ::= LAMBDA_LP(B) names(L) RP LAMBDA expr(E).
                                                   { A = make_lambda(m, make_span_of(B, B), L, E); }

%type constant {SqlExpr *}
constant(A) ::= number(N).                         { A = N; }
constant(A) ::= STRING_VALUE(T).                   { A = make_literal(m, SQL_STRING, T); }
constant(A) ::= TRUE(T).                           { A = make_literal(m, SQL_BOOLEAN, T); }
constant(A) ::= FALSE(T).                          { A = make_literal(m, SQL_BOOLEAN, T); }
constant(A) ::= NULL(T).                           { A = make_literal(m, SQL_NULL, T); }
%type number {SqlExpr *}
number(A) ::= INTEGER_VALUE(T).                    { A = make_number(m, SQL_INTEGER, T); }
number(A) ::= DECIMAL_VALUE(T).                    { A = make_number(m, SQL_DECIMAL, T); }
number(A) ::= FLOAT_VALUE(T).                      { A = make_number(m, SQL_FLOAT, T); }
/* What WITH takes: no expressions. */
%type literal {SqlExpr *}
literal(A) ::= constant(E).                        { A = E; }
literal(A) ::= MINUS(B) number(N).                 { A = make_unary(m, B, SQL_OP_NEG, N); }

/* ---- questions to the automaton ------------------------------------------------------------ */

/* The driver and the error messages need to know what the parser would accept next. These two
 * functions live here because they read lemon's tables, which are private to the generated file. */
%code {
/* A parser inside the arena of its Make: nothing to free. */
void *sql_lemon_new(Make *m)
{
    yyParser *parser = arena_alloc(m->arena, sizeof *parser);
    sql_lemonInit(parser, m);
    return parser;
}

/* Would these tokens, one after the other, be accepted? Runs the automaton on a copy of the states
 * at the top of its stack, without actions; the parser itself does not change. */
bool sql_lemon_accepts(const void *parser, const int *codes, int count)
{
    enum { PUSHED_MAX = 64 }; /* reductions pop more than they push; this is never reached */
    const yyStackEntry *below = ((const yyParser *)parser)->yytos;
    YYACTIONTYPE pushed[PUSHED_MAX];
    int top = 0;
    for (int i = 0; i < count; i++) {
        for (;;) {
            YYACTIONTYPE state = top > 0 ? pushed[top - 1] : below->stateno;
            YYACTIONTYPE action = yy_find_shift_action((YYCODETYPE)codes[i], state);
            if (action >= YY_MIN_REDUCE) {
                int rule = action - YY_MIN_REDUCE;
                for (int pop = -yyRuleInfoNRhs[rule]; pop > 0; pop--) {
                    if (top > 0)
                        top--;
                    else
                        below--;
                }
                state = top > 0 ? pushed[top - 1] : below->stateno;
                action = yy_find_reduce_action(state, yyRuleInfoLhs[rule]);
            } else if (action > YY_MAX_SHIFTREDUCE) {
                return action == YY_ACCEPT_ACTION;
            } else if (action > YY_MAX_SHIFT) {
                action += YY_MIN_REDUCE - YY_MIN_SHIFTREDUCE;
                assert(top < PUSHED_MAX);
                pushed[top++] = action;
                break;
            } else {
                assert(top < PUSHED_MAX);
                pushed[top++] = action;
                break;
            }
            assert(top < PUSHED_MAX);
            pushed[top++] = action;
        }
    }
    return true;
}
}
