/* ast.h: the syntax tree: what the text says, nothing resolved, nothing checked.
 *
 * Open structs, because a tree is data. Everything lives in one statement arena, so nothing is
 * freed by itself; strings point into that arena. The grammar's actions only call the makers of
 * make.h; all rules live in later phases. sql_print turns any tree back into SQL, and parsing that
 * gives an equal tree (sql_equal ignores spans). */
#ifndef OXBOW_SQL_AST_H
#define OXBOW_SQL_AST_H

#include "base/err.h"
#include "type/value.h"

/* ---- names, types, WITH -------------------------------------------------------------------- */

typedef struct SqlName {
    Str text; /* folded to upper case unless it was quoted */
    Span span;
    bool quoted;
} SqlName;

typedef enum SqlTypeKind { SQLTYPE_NAME, SQLTYPE_ARRAY, SQLTYPE_MAP, SQLTYPE_STRUCT } SqlTypeKind;

typedef struct SqlType SqlType;
struct SqlType {
    SqlTypeKind kind;
    SqlName name;       /* NAME: INT, DECIMAL, a user's type, ... */
    int64_t args[2];    /* DECIMAL(p, s), VARCHAR(n) */
    int arg_count;
    SqlType *key, *elem; /* MAP key; ARRAY element or MAP value */
    SqlName *field_names;
    SqlType **field_types;
    int field_count;
    int depth; /* 1 for a name; at most LIMIT_TYPE_DEPTH */
    Span span;
};

typedef struct SqlExpr SqlExpr;

typedef struct SqlWithItem {
    SqlName name;
    SqlExpr *value; /* a literal */
} SqlWithItem;

typedef struct SqlWith {
    SqlWithItem *items;
    int count;
    Span span;
} SqlWith;

/* ---- expressions --------------------------------------------------------------------------- */

typedef enum SqlExprKind {
    SQL_NULL,
    SQL_BOOLEAN,
    SQL_INTEGER, /* text of digits, sign included when it belongs to the literal */
    SQL_DECIMAL, /* 12.5 */
    SQL_FLOAT,   /* 1e3 */
    SQL_STRING,
    SQL_TYPED,     /* DATE '...': name and text */
    SQL_COLUMN,    /* name, or qualifier.name */
    SQL_STAR,      /* *, or qualifier.* ; only in a select list and in f(*) */
    SQL_STRUCT_ALL, /* a->* ; only in a select list */
    SQL_UNARY,     /* op: SQL_OP_NEG, SQL_OP_PLUS, SQL_OP_NOT */
    SQL_BINARY,    /* arithmetic, ||, comparison, AND, OR */
    SQL_BETWEEN,   /* args: value, low, high */
    SQL_IN,        /* args: value, list... */
    SQL_LIKE,      /* args: value, pattern; text: the escape or STR_NULL */
    SQL_IS_NULL,   /* args: value */
    SQL_CASE,      /* args: operand or NULL, then when, then pairs, then else or NULL */
    SQL_CAST,      /* args: value; type */
    SQL_CALL,      /* name; args */
    SQL_LAMBDA,    /* names: parameters; args: body */
    SQL_ARRAY,     /* args: elements */
    SQL_MAP,       /* args: key, value, key, value... */
    SQL_STRUCT,    /* names; args */
    SQL_INDEX,     /* args: value, index */
    SQL_FIELD,     /* args: value; name */
    SQL_UNIT,      /* a time unit as an argument: TIMESTAMPADD(DAYS, ...) ; name, in the plural */
    SQL_AT_ZONE,   /* args: value; text */
    SQL_EXPR_KIND_COUNT
} SqlExprKind;

/* Binary and unary operators. The word is the one error texts use (statements.md 2.5). */
#define SQL_OPS(X) \
    X(ADD, "+", "ADD") \
    X(SUB, "-", "SUBTRACT") \
    X(MUL, "*", "MULTIPLY") \
    X(DIV, "/", "DIVIDE") \
    X(MOD, "%", "MODULUS") \
    X(CONCAT, "||", "CONCAT") \
    X(EQ, "=", "EQUAL") \
    X(NE, "<>", "NOT_EQUAL") \
    X(LT, "<", "LESS_THAN") \
    X(LE, "<=", "LESS_THAN_OR_EQUAL") \
    X(GT, ">", "GREATER_THAN") \
    X(GE, ">=", "GREATER_THAN_OR_EQUAL") \
    X(DISTINCT, "IS DISTINCT FROM", "IS_DISTINCT_FROM") \
    X(NOT_DISTINCT, "IS NOT DISTINCT FROM", "IS_NOT_DISTINCT_FROM") \
    X(AND, "AND", "AND") \
    X(OR, "OR", "OR") \
    X(NOT, "NOT", "NOT") \
    X(NEG, "-", "NEGATE") \
    X(PLUS, "+", "PLUS")

typedef enum SqlOp {
#define X(name, sign, word) SQL_OP_##name,
    SQL_OPS(X)
#undef X
    SQL_OP_COUNT
} SqlOp;

extern const char *const sql_op_sign[SQL_OP_COUNT];
extern const char *const sql_op_word[SQL_OP_COUNT];

struct SqlExpr {
    SqlExprKind kind;
    SqlOp op;          /* UNARY, BINARY */
    bool negated;      /* NOT BETWEEN, NOT IN, NOT LIKE, IS NOT NULL */
    bool boolean;      /* BOOLEAN */
    Str text;          /* literal text; LIKE escape; AT_ZONE zone */
    SqlName name;      /* COLUMN, CALL, FIELD, TYPED, UNIT */
    SqlName qualifier; /* COLUMN, STAR; text.ptr NULL when there is none */
    SqlExpr **args;
    int arg_count;
    SqlName *names;    /* LAMBDA parameters, STRUCT fields */
    int name_count;
    SqlType *type;     /* CAST */
    int depth;         /* 1 for a leaf; at most LIMIT_EXPR_DEPTH, so that recursion is safe */
    Span span;
};

/* Is this argument a time unit? Yes for SQL_UNIT, and for a bare column named DAY, HOUR, MINUTE or
 * SECOND, which are no reserved words: the text cannot tell f(day) from f(DAY), its reader can.
 * *unit becomes the plural word. */
bool sql_is_unit(const SqlExpr *e, Str *unit);

/* ---- queries ------------------------------------------------------------------------------- */

typedef struct SqlDuration { /* a length of time as written */
    int64_t count;
    Str unit; /* DAYS, HOURS, MINUTES, SECONDS, MILLISECONDS (plural) */
    bool given;
    Span span;
} SqlDuration;

int64_t sql_duration_ms(const SqlDuration *d); /* saturates */

typedef struct SqlItem { /* of a select list */
    SqlExpr *expr;
    SqlName alias; /* text.ptr NULL when there is none */
    Span span;
} SqlItem;

typedef struct SqlSource {
    SqlName name, alias; /* alias.text.ptr NULL when there is none */
} SqlSource;

typedef enum SqlJoinKind { JOIN_INNER, JOIN_LEFT, JOIN_RIGHT, JOIN_FULL } SqlJoinKind;

typedef struct SqlJoin {
    SqlJoinKind kind;
    SqlSource right;
    SqlDuration before, after; /* WITHIN; both the same when written as one */
    SqlDuration grace;
    SqlExpr *on;
    Span span;
} SqlJoin;

typedef struct SqlWindow {
    WindowKind kind; /* WINDOW_NONE: no clause */
    SqlDuration size; /* SESSION: the gap */
    SqlDuration advance, retention, grace;
    Span span;
} SqlWindow;

typedef enum SqlEmit { EMIT_NONE, EMIT_CHANGES, EMIT_FINAL } SqlEmit;

typedef struct SqlQuery {
    SqlItem *items;
    int item_count;
    SqlSource from;
    SqlJoin *joins;
    int join_count;
    SqlWindow window;
    SqlExpr *where;
    SqlExpr **group_by;
    int group_count;
    bool has_group_by;
    SqlExpr **partition_by;
    int partition_count;
    bool has_partition_by;
    SqlExpr *having;
    SqlEmit emit;
    SqlExpr *limit; /* the literal as written, or NULL */
    Span span;
} SqlQuery;

/* ---- statements ---------------------------------------------------------------------------- */

/* kind, words that name the statement in messages */
#define SQL_STATEMENTS(X) \
    X(QUERY, "SELECT") \
    X(CREATE_SOURCE, "CREATE") \
    X(CREATE_AS, "CREATE AS SELECT") \
    X(INSERT_QUERY, "INSERT INTO SELECT") \
    X(INSERT_VALUES, "INSERT VALUES") \
    X(DROP_SOURCE, "DROP") \
    X(ALTER_SOURCE, "ALTER") \
    X(ALTER_SYSTEM, "ALTER SYSTEM") \
    X(CREATE_TYPE, "CREATE TYPE") \
    X(DROP_TYPE, "DROP TYPE") \
    X(CREATE_CONNECTOR, "CREATE CONNECTOR") \
    X(DROP_CONNECTOR, "DROP CONNECTOR") \
    X(TERMINATE, "TERMINATE") \
    X(PAUSE, "PAUSE") \
    X(RESUME, "RESUME") \
    X(SHOW, "SHOW") \
    X(DESCRIBE, "DESCRIBE") \
    X(PRINT, "PRINT") \
    X(EXPLAIN, "EXPLAIN") \
    X(SET, "SET") \
    X(UNSET, "UNSET") \
    X(DEFINE, "DEFINE") \
    X(UNDEFINE, "UNDEFINE") \
    X(ASSERT_TOPIC, "ASSERT TOPIC") \
    X(ASSERT_SCHEMA, "ASSERT SCHEMA") \
    X(ASSERT_VALUES, "ASSERT VALUES") \
    X(ASSERT_SOURCE, "ASSERT STREAM") \
    X(RUN_SCRIPT, "RUN SCRIPT")

typedef enum SqlStatementKind {
#define X(name, words) STMT_##name,
    SQL_STATEMENTS(X)
#undef X
    STMT_KIND_COUNT
} SqlStatementKind;

typedef enum SqlShow { /* SHOW and DESCRIBE: of what */
    SHOW_STREAMS,
    SHOW_TABLES,
    SHOW_TOPICS,
    SHOW_QUERIES,
    SHOW_FUNCTIONS,
    SHOW_PROPERTIES,
    SHOW_TYPES,
    SHOW_VARIABLES,
    SHOW_CONNECTORS,
    SHOW_CONNECTOR_PLUGINS,
    SHOW_SOURCE,    /* DESCRIBE name */
    SHOW_FUNCTION,  /* DESCRIBE FUNCTION name */
    SHOW_CONNECTOR, /* DESCRIBE CONNECTOR name */
    SHOW_COUNT
} SqlShow;

typedef struct SqlColumn {
    SqlName name;
    SqlType *type;
    bool key, primary_key, headers;
    Str header; /* HEADER('k') */
    Span span;
} SqlColumn;

typedef struct SqlStatement {
    SqlStatementKind kind;
    Span span;          /* in the request text, without the ';' */
    Str text;           /* that part of the text */
    bool or_replace, if_not_exists, if_exists, is_table, is_source, delete_topic;
    bool extended, all, negated; /* SHOW ALL, TERMINATE ALL; ASSERT NOT EXISTS, ASSERT NULL */
    SqlName name;       /* the object; PRINT and ASSERT TOPIC: the topic, case as typed */
    SqlColumn *columns; /* CREATE, ALTER, ASSERT STREAM */
    int column_count;
    bool has_columns;   /* a list was written, even an empty one */
    SqlWith with;
    SqlQuery *query;
    SqlName *names;     /* INSERT (names), ASSERT VALUES (names) */
    int name_count;
    SqlExpr **values;
    int value_count;
    SqlType *type;      /* CREATE TYPE */
    SqlShow show;
    Str key, value;     /* SET, DEFINE, ALTER SYSTEM, RUN SCRIPT (value); SHOW CONNECTORS: key is
                         * SOURCE, SINK or STR_NULL */
    bool from_beginning;
    SqlExpr *interval, *limit; /* PRINT */
    SqlDuration timeout;
    int64_t id;         /* ASSERT SCHEMA ID; -1 when absent */
    struct SqlStatement *explained; /* EXPLAIN statement */
} SqlStatement;

#endif
