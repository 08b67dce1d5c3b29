/* plan_int.h: one planning, shared by the files of this folder.
 *
 * A statement is planned in the order of statements.md 19, so that the error a user meets is the
 * one the dialect promises: WITH (with.c), sources and names (names.c), join shapes (join_check.c),
 * items and their names (items.c), aggregation rules (group.c), then the nodes from the source to
 * the sink (join.c, group.c, project.c), then keys and formats (keys.c, sink.c). What parses and is
 * sound but does not run yet is noted in `not_built` and refused at the very end.
 *
 * Column references exist in two spellings: `full` trees have every column qualified (what messages
 * show), `expr` trees have internal names: the column's own over one source, SOURCE_COLUMN over a
 * join. Internal trees are bound against the schema of the node below, by name. */
#ifndef OXBOW_PLAN_PLAN_INT_H
#define OXBOW_PLAN_PLAN_INT_H

#include "base/limits.h"
#include "plan/plan.h"
#include "sql/sql.h"

/* ---- WITH ---------------------------------------------------------------------------------- */

/* name, type, statements that take it */
#define WITH_PROPERTIES(X) \
    X(KAFKA_TOPIC, STRING, IN_CREATE | IN_AS) \
    X(PARTITIONS, COUNT, IN_CREATE | IN_AS) \
    X(REPLICAS, COUNT, IN_CREATE | IN_AS) \
    X(RETENTION_MS, COUNT, IN_CREATE | IN_AS) \
    X(CLEANUP_POLICY, STRING, IN_CREATE | IN_AS) \
    X(FORMAT, STRING, IN_CREATE | IN_AS) \
    X(KEY_FORMAT, STRING, IN_CREATE | IN_AS) \
    X(VALUE_FORMAT, STRING, IN_CREATE | IN_AS) \
    X(KEY_DELIMITER, STRING, IN_CREATE | IN_AS) \
    X(VALUE_DELIMITER, STRING, IN_CREATE | IN_AS) \
    X(WRAP_SINGLE_VALUE, BOOLEAN, IN_CREATE | IN_AS) \
    X(KEY_SCHEMA_FULL_NAME, STRING, IN_CREATE | IN_AS) \
    X(VALUE_SCHEMA_FULL_NAME, STRING, IN_CREATE | IN_AS) \
    X(VALUE_AVRO_SCHEMA_FULL_NAME, STRING, IN_CREATE | IN_AS) \
    X(KEY_SCHEMA_ID, COUNT, IN_CREATE | IN_AS) \
    X(VALUE_SCHEMA_ID, COUNT, IN_CREATE | IN_AS) \
    X(KEY_PROTOBUF_NULLABLE_REPRESENTATION, STRING, IN_CREATE | IN_AS) \
    X(VALUE_PROTOBUF_NULLABLE_REPRESENTATION, STRING, IN_CREATE | IN_AS) \
    X(TIMESTAMP, STRING, IN_CREATE | IN_AS) \
    X(TIMESTAMP_FORMAT, STRING, IN_CREATE | IN_AS) \
    X(WINDOW_TYPE, STRING, IN_CREATE) \
    X(WINDOW_SIZE, STRING, IN_CREATE) \
    X(SOURCED_BY_CONNECTOR, STRING, IN_CREATE) \
    X(SOURCE_CONNECTOR, STRING, IN_CREATE) \
    X(QUERY_ID, STRING, IN_INSERT)

enum { IN_CREATE = 1, IN_AS = 2, IN_INSERT = 4 };

typedef enum WithId {
#define X(name, type, where) WITH_##name,
    WITH_PROPERTIES(X)
#undef X
    WITH_COUNT
} WithId;

typedef struct With { /* what was written, checked one by one */
    Str text[WITH_COUNT];       /* ptr NULL: not given */
    int64_t number[WITH_COUNT]; /* COUNT, and BOOLEAN as 0 or 1 */
    Span span;
} With;

static inline bool with_has(const With *w, WithId id) { return w->text[id].ptr != NULL; }

/* ---- one planning -------------------------------------------------------------------------- */

typedef struct From { /* a source of the FROM clause */
    const CatalogSource *source;
    Str name;  /* what qualifies its columns: the alias, else the source's name */
    int *uses; /* [schema->count + PSEUDO_COUNT]: references from clauses and items */
} From;

/* A column of a source; column >= schema->count is the pseudo column behind it. */
typedef struct Ref {
    int from, column; /* from -1: none */
} Ref;

#define REF_NONE ((Ref){-1, -1})

typedef struct Item { /* of the select list, stars expanded */
    SqlExpr *full, *expr;
    Str name;
    Ref ref;      /* when it is a bare column */
    bool aliased, from_star, is_rowkey;
    Span span;
    Expr *bound;
    int key;      /* index of the key column it shows, -1: a value */
} Item;

typedef struct Join { /* the i-th JOIN: sources 0..i on the left, source i + 1 on the right */
    const SqlJoin *sql;
    SqlExpr *on;           /* full, as written */
    SqlExpr *left, *right; /* its sides, in the order of the sources */
    int left_from;         /* the source that `left` mentions */
    bool foreign_key, streams, right_is_table, left_is_table;
    PlanNode *left_node, *right_node; /* as planned: for the check of partitions */
} Join;

typedef struct AggCall { /* one distinct aggregate call */
    SqlExpr *full, *expr;
    PlanAgg agg;
} AggCall;

typedef struct Planner {
    const Catalog *catalog;
    const World *world;
    const SqlStatement *stmt;
    const SqlQuery *q;
    Arena *arena;
    Err *err;
    PlanQueryKind kind;
    bool persistent;
    With with;
    const CatalogSource *target; /* INSERT INTO */
    const char *not_built;       /* first thing met that does not run yet */

    From *from;
    int from_count;
    Join *joins;
    int join_count;
    Str rowkey;        /* name of the synthetic join key; ptr NULL: there is none */
    Ref *viable;       /* columns that may name the join key (10.1) */
    int viable_count;
    Ref key_ref;       /* the one that does */
    Str join_key;      /* what the key column of the join is called in its schema */

    Item *items;
    int item_count, item_cap;
    SqlExpr *where, *having;           /* internal */
    SqlExpr *having_full;
    SqlExpr **groups, **groups_full;   /* GROUP BY or PARTITION BY */
    int group_count;
    bool rekeyed;      /* PARTITION BY that changes the key */
    bool no_key;       /* PARTITION BY NULL */
    AggCall *calls;
    int call_count, call_cap;
    bool above;        /* binding happens above the AGGREGATE or REKEY: groups are columns */

    FormatSpec key_format, value_format; /* of the sink */
    PlanNode *node;    /* top of the chain so far */
    int generated;     /* KSQL_COL_n: next n */
} Planner;

/* ---- with.c, with_schema.c ----------------------------------------------------------------- */

Rc with_read(With *w, const SqlWith *sql, int where, Arena *a, Err *err);
/* Formats by WITH over `base` (CREATE AS: the leftmost source's; CREATE: NULL, settings apply). */
Rc with_formats(const With *w, const Catalog *c, const World *world, const CatalogSource *base,
                FormatSpec *key, FormatSpec *value, Err *err);
/* Wrapping and the check of format against columns, both sides (statements.md 4.3). */
Rc with_check_schema(const With *w, const Catalog *c, const Schema *s, FormatSpec *key,
                     FormatSpec *value, bool *wrap_given, Arena *a, Err *err);
Rc with_timestamp(const With *w, const Schema *s, Arena *a, int *column, Str *format, Err *err);
Rc with_time_not_built(const With *w, Err *err);
/* Formats that take their columns from a registry. */
bool with_infers(const Format *f);
Rc with_not_built(const FormatSpec *key, const FormatSpec *value, Err *err);
bool type_has_map(const Type *t);
Rc keys_check_maps(const Schema *s, Arena *a, Err *err);
Rc keys_refuse_map(Str name, const Type *t, Arena *a, Err *err);
Str with_default_key(const Catalog *c);

/* ---- names.c ------------------------------------------------------------------------------- */

/* "Line: 2, Col: 13: ", or "" where the place is unknown. */
const char *names_place(const Planner *p, Span span);
Rc names_open_sources(Planner *p);
/* Qualifiers exist, nothing is ambiguous: in every clause, before anything else is looked at. */
Rc names_check(Planner *p);
/* Names resolved, every column qualified; counts the uses. `clause` for messages. */
Rc names_full(Planner *p, const SqlExpr *e, const char *clause, SqlExpr **out);
SqlExpr *names_internal(Planner *p, const SqlExpr *full);
SqlExpr *names_plain(Planner *p, const SqlExpr *full); /* over the one source it mentions */
Str names_of(Planner *p, Ref r); /* internal name of a column */
Ref names_ref(const Planner *p, const SqlExpr *full); /* of a bare column, else none */
SqlExpr *names_column(Planner *p, Ref r, Span span); /* a full tree of one column */
int names_sources(const Planner *p, const SqlExpr *full); /* bit per source that it mentions */
bool names_has_column(const CatalogSource *s, Str name, int *column);
const char *names_print(Planner *p, const SqlExpr *e);
void names_use(Planner *p, const SqlExpr *full, int by);
/* Every node of an expression, outermost first; stops when visit gives false. */
bool names_walk(const SqlExpr *e, bool (*visit)(void *ctx, const SqlExpr *e), void *ctx);
/* The function of a call by kind; NULL if it is none of that kind, or not built. */
const FuncRow *names_function(const SqlExpr *e, FuncKind kind);
/* Is it a call of such a function, built or not? */
bool names_calls(const SqlExpr *e, FuncKind kind);

/* ---- items.c ------------------------------------------------------------------------------- */

Rc items_check_reserved(Planner *p);
Rc items_expand(Planner *p);
Rc items_resolve_clauses(Planner *p); /* WHERE, HAVING, GROUP BY, PARTITION BY */
Str items_generate(Planner *p);       /* the next KSQL_COL_n */
/* A name nobody has among the first n columns. */
Str items_unique(Planner *p, const SchemaColumn *cols, int n, Str wish);

/* ---- scope.c ------------------------------------------------------------------------------- */

/* Bind an internal tree over a schema. */
Rc scope_bind(Planner *p, const SqlExpr *e, const Schema *s, const char *clause, Expr **out);
Rc scope_predicate(Planner *p, const SqlExpr *e, const Schema *s, const char *clause, Expr **out);
Expr *scope_column(Arena *a, const Schema *s, int index);
/* All columns of all sources under internal names: what may be mentioned anywhere. */
Schema *scope_wide(Planner *p);

/* ---- nodes.c ------------------------------------------------------------------------------- */

/* A node over its inputs: key format and table-ness are the left input's. */
PlanNode *node_new(Arena *a, PlanKind kind, PlanNode *left, PlanNode *right);
PlanNode *node_source(Planner *p, const CatalogSource *s);
void node_exprs(Arena *a, PlanNode *n, int count);
Schema *node_schema(Arena *a, int cap); /* empty, with room for `cap` columns */
void node_column(Schema *s, Str name, const Type *t, ColumnRole role);
PlanNode *node_exchange(Planner *p, PlanNode *below, int partitions);
int node_partitions(const PlanNode *n);
bool format_same(const FormatSpec *a, const FormatSpec *b);
/* A key format that can hold these columns: `wish`, or JSON inside a query where it cannot. */
FormatSpec format_for_keys(Planner *p, FormatSpec wish, const Schema *s);

/* ---- join.c, group.c, project.c, sink.c ---------------------------------------------------- */

Rc join_check(Planner *p); /* shape of the criteria, viable keys, synthetic key */
Rc join_check_value_formats(Planner *p, const char *what);
bool join_is_key(const Planner *p, int from, const SqlExpr *e); /* the single key column of it */
bool join_left_is_keyed(const Planner *p, int join); /* no new key needed on the left side */
void join_choose_key(Planner *p); /* after the items are known */
Rc join_plan(Planner *p);
Rc join_check_partitions(Planner *p);

Rc group_check(Planner *p);
Rc group_plan(Planner *p);
Rc group_collect(Planner *p, const SqlExpr *full); /* note its aggregate calls */
Rc group_bind_calls(Planner *p, PlanNode *group);
int group_argument_count(const Planner *p);
Rc group_check_state(Planner *p);

Rc project_rekey(Planner *p);
Rc project_bind(Planner *p);
Rc project_plan(Planner *p);
void project_show(const Planner *p, PlanNode *sink);
Rc keys_check(Planner *p);

Rc sink_formats(Planner *p);
Rc sink_check_result(Planner *p);
Rc sink_check_timestamp(Planner *p);
Rc sink_check(Planner *p);
int plan_topic_partitions(const World *w, Str topic); /* 0: there is none */
Rc sink_plan(Planner *p, Plan *plan);

/* restate.c: add the statement to an error, as the dialect quotes it. Gives rc. */
Rc restate_error(Planner *p, Rc rc);

Rc plan_read_limit(const SqlQuery *q, int64_t *limit, Err *err); /* -1: none */

/* ---- pull_keys.c, pull_scan.c -------------------------------------------------------------- */

void pull_find_keys(Arena *a, PullPlan *p);
void pull_find_windows(PullPlan *p);
Rc pull_check_scan(Planner *p, const PullPlan *plan);

/* ---- traits.c ------------------------------------------------------------------------------ */

/* What the files that walk over any node ask of its kind: one row each, so that a kind is complete
 * when its row is. */

typedef struct Wall { /* a plan being verified */
    const Plan *plan;
    Arena *arena;
} Wall;

typedef struct Printer { /* a plan being printed */
    Buf *out;
    const Plan *plan;
    Arena *arena;
} Printer;

/* Is the node sound by itself? NULL, or a few words on what is wrong. Inputs, schema and key format
 * have been looked at before. */
typedef const char *PlanCheck(const Wall *w, const PlanNode *n);
/* What EXPLAIN says behind the node's name; may be nothing. */
typedef void PlanPut(const Printer *p, const PlanNode *n);
/* wanted: the columns of n's schema that its user reads. Set below[i][column] for those that n
 * needs of its i-th input; keys are set already. */
typedef void PlanMark(PlanNode *n, const bool *wanted, bool *const *below);

typedef enum PlanKeeps { KEEPS_NOTHING, KEEPS_KEY_FORMAT, KEEPS_SCHEMA } PlanKeeps;
typedef enum PlanTable { TABLE_AS_INPUT, TABLE_YES, TABLE_NO, TABLE_ANY } PlanTable;

typedef struct PlanTraits {
    int inputs;
    PlanKeeps keeps;       /* of its first input; with the schema the key format too */
    PlanTable table;       /* are the rows behind it a table's? */
    const char *states[2]; /* one store each; the names that the operator gives them */
    bool queryable;        /* states[0] holds the rows that the node emits */
    PlanCheck *check;
    PlanPut *put;
    PlanMark *mark;
} PlanTraits;

extern const PlanTraits plan_traits[NODE_KIND_COUNT];

const PlanTraits *plan_traits_of(const PlanNode *n); /* asserts that the row is complete */
const char *plan_traits_gap(const PlanTraits *t);    /* what a row lacks; NULL: nothing */
int plan_store_count(PlanKind kind);                 /* how many of store_id are in use */

/* The functions of the table: verify.c, explain.c, stages.c. */
PlanCheck verify_source, verify_filter, verify_project, verify_computed, verify_groupby,
    verify_exchange, verify_aggregate, verify_join, verify_materialize, verify_limit, verify_sink;
PlanPut explain_source, explain_filter, explain_project, explain_keyed, explain_exchange,
    explain_aggregate, explain_join, explain_nothing, explain_limit, explain_sink;
PlanMark mark_source, mark_handed_on, mark_computed, mark_aggregate, mark_join;

/* ---- stages.c, verify.c -------------------------------------------------------------------- */

enum { PLAN_VERSION = 1 };

const char *plan_kind_word(PlanQueryKind k);
const char *plan_join_word(SqlJoinKind k);
/* Number the nodes, mark what sources materialise, cut at exchanges. */
void plan_finish(Plan *plan, Arena *a);
void plan_cut(Plan *plan, Arena *a);
/* Does the plan hold together: bounds, types, shape of the tree? For plans from outside. */
Rc plan_verify(const Plan *plan, Arena *a, Err *err);

#endif
