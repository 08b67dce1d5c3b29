/* expr.h: expressions: bound (typed, names resolved), then compiled to a flat program that runs
 * over a whole batch.
 *
 *   SqlExpr --expr_bind--> Expr (typed tree, stored in plans) --expr_compile--> Program
 *
 * Bound expressions are immutable and live in an arena. A Program is immutable after compilation
 * and lives in the query arena; an ExprRun holds its registers and belongs to one task.
 * Opcodes are one list (opcodes.h) that feeds enum, disassembler and dispatch. */
#ifndef OXBOW_EXPR_EXPR_H
#define OXBOW_EXPR_EXPR_H

#include "func/func.h"
#include "sql/ast.h"

/* Pseudo columns (statements.md 9): read from the batch's per-row arrays. */
typedef enum Pseudo {
    PSEUDO_ROWTIME,
    PSEUDO_ROWPARTITION,
    PSEUDO_ROWOFFSET,
    PSEUDO_WINDOWSTART,
    PSEUDO_WINDOWEND,
    PSEUDO_COUNT
} Pseudo;

extern const char *const pseudo_names[PSEUDO_COUNT];
const Type *pseudo_type(Pseudo p);
int pseudo_find(Str name); /* -1: none */

typedef enum ExprKind {
    EXPR_COLUMN, /* index into the batch's columns */
    EXPR_PSEUDO,
    EXPR_CONST,
    EXPR_CALL,    /* scalar function: match */
    EXPR_ARITH,   /* op ADD..MOD, NEG */
    EXPR_COMPARE, /* op EQ..NOT_DISTINCT, both arguments of one type; DECIMALs may differ in
                   * precision and scale, and a DECIMAL may stand against a DOUBLE */
    EXPR_AND,     /* two arguments, as OR */
    EXPR_OR,
    EXPR_NOT,
    EXPR_IS_NULL,
    EXPR_IN,   /* args: value, list */
    EXPR_LIKE, /* args: value, pattern; escape */
    EXPR_CASE, /* args: when, then, ..., else (searched form only; else is always there) */
    EXPR_CAST,
    EXPR_KIND_COUNT
} ExprKind;

typedef struct Expr Expr;
struct Expr {
    ExprKind kind;
    const Type *type;
    SqlOp op;
    bool negated;    /* IS_NULL, IN, LIKE */
    bool implicit;   /* CAST: a coercion nobody wrote, which catches no error (functions.md 1.4) */
    int index;       /* COLUMN, PSEUDO */
    Value constant;  /* CONST */
    int32_t escape;  /* LIKE: code point or -1 */
    FuncMatch match; /* CALL */
    Expr **args;
    int arg_count;
    Span span;
};

Expr *expr_column(Arena *a, int index, const Type *type);
Expr *expr_pseudo(Arena *a, Pseudo p);
Expr *expr_const(Arena *a, const Value *v); /* copies the value */

/* Where names are looked up while binding. */
typedef struct ExprScope {
    /* Resolve a column: fill *out (a COLUMN or PSEUDO expression) or fail with the phrase that fits
     * the clause. `qualifier.text.ptr` may be NULL. */
    Rc (*column)(void *ctx, const SqlName *qualifier, const SqlName *name, Arena *a, Expr **out,
                 Err *err);
    /* Called first for every node: may give a ready expression for it (grouping expressions and
     * aggregate calls after GROUP BY become columns). *out NULL: not mine. May be NULL. */
    Rc (*intercept)(void *ctx, const SqlExpr *e, Arena *a, Expr **out, Err *err);
    /* A type as written (catalog_resolve_type, which knows the user's types). NULL: built-in names.
     */
    Rc (*type)(void *ctx, const SqlType *t, Arena *a, const Type **out, Err *err);
    /* How messages show an expression (after a join, columns have prefixed names). NULL: as
     * written. */
    void (*print)(void *ctx, Buf *out, const SqlExpr *e);
    void *ctx;
    const char *clause; /* SELECT, WHERE, ...: for messages */
    bool time_text;     /* ROWTIME and window bounds compare with time texts (statements.md 8.3) */
} ExprScope;

/* Errors carry the phrases of statements.md 2.4 to 2.7 and 16.6; what a clause puts before them
 * ("Error in WHERE expression: ") is the caller's. Constant parts come back as constants. An
 * untyped NULL keeps TYPE_NULL: whether that may stand is the caller's question. */
Rc expr_bind(Arena *a, const SqlExpr *e, const ExprScope *scope, Expr **out, Err *err);
/* Implicit coercion of a bound expression to a type (statements.md 2.6): the general rules, and for
 * constants those of literals. Fails with ERR_STATEMENT, without touching e. */
Rc expr_coerce(Arena *a, Expr *e, const Type *to, Expr **out, Err *err);
bool expr_equal(const Expr *a, const Expr *b);
/* Which columns an expression reads: used[index] = true. */
void expr_mark_columns(const Expr *e, bool *used);
/* Text of a bound expression inside a stored plan, and back: prefix form, as
 * (compare GE (column 2 INTEGER) (const INTEGER 5)). Functions are stored by name and signature.
 * Decoding checks every type, since the text comes from a file: fails with ERR_CORRUPT. */
void expr_encode(Buf *out, const Expr *e);
Rc expr_decode(Arena *a, Str text, Expr **out, Err *err);
/* For EXPLAIN: readable, with the column names of `schema`. */
void expr_print(Buf *out, const Expr *e, const Schema *schema);
/* A type's text inside a stored plan and back (canonical spelling). */
Rc type_parse(Arena *a, Str text, const Type **out, Err *err);

typedef struct Program Program;
typedef struct ExprRun ExprRun;

/* Several expressions as one program, so that common subexpressions are computed once. */
Rc expr_compile(Arena *a, Expr *const *exprs, int count, Program **out, Err *err);
void program_print(Buf *out, const Program *p); /* disassembly */
ExprRun *expr_run_new(const Program *p);        /* registers; one task's */
void expr_run_free(ExprRun *r);

typedef enum Side { SIDE_NEW, SIDE_OLD } Side;

/* What went wrong in a row, as bits (functions.md 1.4). */
enum {
    EXPR_FAILED = 1, /* the expression raised an error: its value is NULL */
    EXPR_CAUGHT = 2  /* an error inside became NULL at a boundary (CAST, nested call): the value
                      * stands, but a predicate refuses the row, and the ledger has it */
};

/* Evaluate all expressions over the rows of one side. out[i] gets storage from the batch arena
 * (or shares a column that is returned unchanged). failed, if not NULL, gets [count] pointers to
 * [rows] bytes of the bits above, never NULL. Rows whose `live[row]` is 0 are not evaluated: their
 * values are undefined, their failed bytes 0; live NULL: all rows. System columns of a row evaluate
 * from the batch's per-row arrays; rows whose side is NONE see NULL in value columns. Fails (FATAL,
 * ERR_CORRUPT) when the batch's columns are not those the program was made for. */
Rc expr_run(ExprRun *r, const Batch *b, Side side, const uint8_t *live, Column *out,
            uint8_t **failed, Err *err);

/* An expression without columns (INSERT VALUES, LIMIT, tests of examples): kind DATA, ERR_EVAL,
 * when it raises an error. */
Rc expr_eval_const(Arena *a, const Expr *e, Value *out, Err *err);
/* CAST of one value (statements.md 2.7): ERR_EVAL when it cannot be done. */
Rc value_cast(Arena *a, const Value *v, const Type *to, Value *out, Err *err);
/* Is CAST between these types in the matrix? */
bool cast_allowed(const Type *from, const Type *to);

#endif
