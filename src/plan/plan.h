/* plan.h: from a statement to stages of operators. Pure: no log, no disk, no clock.
 *
 * The engine asks the world first (which topics exist, how many partitions), puts the answers into
 * a World, and calls plan_*. So a plan can be tested without a broker, and the same inputs give the
 * same plan everywhere. The serialised plan is part of the catalog: restart decodes, never plans.
 *
 * A plan is a tree of nodes, the sink its root, each node feeding exactly one other. It is cut into
 * stages at EXCHANGE nodes: a stage has one task per partition of its co-partitioned inputs.
 * Everything lives in the arena given to the planner. */
#ifndef OXBOW_PLAN_PLAN_H
#define OXBOW_PLAN_PLAN_H

#include "catalog/catalog.h"
#include "expr/expr.h"

/* One list: enum, names (EXPLAIN, op_<name>.c). What each kind is: its row in traits.c. */
#define PLAN_NODES(X)                                                                              \
    X(SOURCE, "Source")                                                                            \
    X(FILTER, "Filter")                                                                            \
    X(PROJECT, "Project")                                                                          \
    X(GROUPBY, "GroupBy")                                                                          \
    X(REKEY, "Rekey")                                                                              \
    X(EXCHANGE, "Exchange")                                                                        \
    X(AGGREGATE, "Aggregate")                                                                      \
    X(STREAM_TABLE_JOIN, "StreamTableJoin")                                                        \
    X(TABLE_TABLE_JOIN, "TableTableJoin")                                                          \
    X(MATERIALIZE, "Materialize")                                                                  \
    X(LIMIT, "Limit")                                                                              \
    X(SINK, "Sink")

typedef enum PlanKind {
#define X(name, text) NODE_##name,
    PLAN_NODES(X)
#undef X
        NODE_KIND_COUNT
} PlanKind;

extern const char *const plan_node_names[NODE_KIND_COUNT];

typedef struct PlanAgg { /* one aggregate call */
    const FuncRow *func;
    const FuncOverload *overload;
    int *args; /* columns of the input */
    int arg_count;
    const Type *result;
} PlanAgg;

typedef struct PlanNode PlanNode;
struct PlanNode {
    PlanKind kind;
    int id;                /* place in the plan, stable over restarts: names state and changelogs */
    Schema *schema;        /* of the output */
    FormatSpec key_format; /* of the output's key bytes */
    bool is_table;         /* rows are changes of a table */
    bool old_known;        /* changes carry their old side (statements.md 11.3) */
    PlanNode **inputs;
    int input_count;
    int64_t store_id[2]; /* physical stores, -1: none; given by plan_number_stores */

    /* SOURCE */
    Str source, topic;
    int partitions;
    FormatSpec value_format; /* SINK too */
    bool *used;              /* [schema->count] columns to materialise */
    int timestamp_column;    /* SINK too; -1 */
    Str timestamp_format;
    bool keyless; /* ignore key bytes, output key NULL */

    /* FILTER: exprs[0]; PROJECT: one per value and key column of the output, keys must be plain
     * columns (key bytes are kept); GROUPBY, REKEY: first the key expressions, then the values.
     * REKEY stands where PARTITION BY or a join needs another key, and in PROJECT's place where
     * only the key format changes (over tables too: keys map one to one, sides stay together) */
    Expr **exprs;
    int expr_count;
    bool same_key; /* GROUPBY: the key bytes already are the group's */

    /* EXCHANGE: partitions of the next stage */

    /* AGGREGATE: schema = keys, then one column per aggregate */
    PlanAgg *aggs;
    int agg_count;
    WindowKind window;
    int64_t size_ms, advance_ms, grace_ms, retention_ms;

    /* joins: inputs[0] left, inputs[1] right; schema = key, then left values, then right values
     * (planner puts Project nodes below to prefix names) */
    SqlJoinKind join;

    /* LIMIT */
    int64_t limit;

    /* SINK */
    Str sink;   /* "" for a push query */
    int *shown; /* push query: the columns it shows, in the order of the select list */
    int shown_count;
};

typedef enum PlanQueryKind {
    PLAN_CSAS,
    PLAN_CTAS,
    PLAN_INSERT,
    PLAN_PUSH,
    PLAN_PULL
} PlanQueryKind;

typedef struct PlanStage {
    int id;
    PlanNode **nodes; /* inputs before users; the last one is SINK or EXCHANGE */
    int node_count;
    int partitions; /* tasks */
} PlanStage;

typedef struct Plan {
    PlanQueryKind kind;
    Str query_id; /* given by the engine for persistent queries */
    Str statement;
    PlanNode *root;
    PlanNode **nodes; /* all, by id */
    int node_count;
    PlanStage *stages; /* upstream before downstream */
    int stage_count;
    CatalogSource *sink; /* what CSAS/CTAS creates; NULL otherwise. Owned by the caller (refs 1). */
    bool coalesce;       /* filled by the engine from settings: latest change per key and commit */
} Plan;

typedef struct WorldTopic {
    Str name;
    int partitions;
} WorldTopic;

typedef struct World { /* what planning knows of the outside */
    const WorldTopic *topics;
    int topic_count;
    bool test_mode; /* oxbow test: the dialect's rule for WITH, 4 partitions, ... */
    int default_partitions;
} World;

/* CREATE STREAM/TABLE with columns: the source to register. *topic_partitions: what the topic is to
 * be created with, or 0 when it exists. Errors in the order of statements.md 19. IF NOT EXISTS of a
 * name that exists succeeds with *out NULL. */
Rc plan_create_source(const Catalog *c, const World *w, const SqlStatement *s, CatalogSource **out,
                      int *topic_partitions, Err *err);
/* CSAS, CTAS, INSERT INTO ... SELECT, and SELECT ... EMIT. IF NOT EXISTS as above. */
Rc plan_query(const Catalog *c, const World *w, const SqlStatement *s, Arena *a, Plan **out,
              Err *err);

/* A pull query (statements.md 8.2). `source` is borrowed: take a reference to keep it. */
typedef struct PullPlan {
    const CatalogSource *source;
    /* TABLE: key lookups and window bounds cut the scan down; `filter` is applied in any case. */
    Value *keys;   /* one per lookup, in order; single-column keys */
    int key_count; /* -1: scan */
    int64_t win_from, win_to;
    Expr *filter; /* NULL: all rows */
    Expr **items;
    Schema *schema; /* of the result, in the order of the select list; the roles are the key
                     * marks of 8.2, anywhere; key_count counts the leading ones */
    int64_t limit;  /* -1: none */
} PullPlan;
Rc plan_pull(const Catalog *c, const World *w, const SqlStatement *s, Arena *a, PullPlan **out,
             Err *err);

/* INSERT VALUES: one row of the source's columns; the source is borrowed too. */
typedef struct InsertPlan {
    const CatalogSource *source;
    Value *values; /* [schema->count] */
    bool has_time;
    int64_t time_ms; /* ROWTIME as given */
} InsertPlan;
Rc plan_insert(const Catalog *c, const SqlStatement *s, Arena *a, InsertPlan **out, Err *err);

/* Give every stateful node its physical stores. */
void plan_number_stores(Plan *p, Catalog *c);
/* What the dialect calls the topic of an EXCHANGE, behind the query's prefix
 * (statements.md 11.12c): "Aggregate-GroupBy-repartition". */
const char *plan_exchange_name(const Plan *p, const PlanNode *exchange, Arena *a);
/* Which node holds the queryable state of a table query, and what lies between it and the sink. */
PlanNode *plan_queryable_node(const Plan *p); /* NULL: none */

/* A plan whose stores are numbered, as text and back. Decoding believes nothing (ERR_CORRUPT). */
void plan_encode(Buf *out, const Plan *p);
Rc plan_decode(Arena *a, Str text, Plan **out, Err *err);
/* EXPLAIN: stages, nodes by the names the code uses, schemas, formats, state. */
void plan_print(Buf *out, const Plan *p);

#endif
