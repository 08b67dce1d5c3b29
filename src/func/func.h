/* func.h: functions: one row of one table each.
 *
 * From a row come SHOW FUNCTIONS, DESCRIBE FUNCTION, the man page, completion and a test that runs
 * its example. A family of functions is one file with one array (func_string, func_math, ...);
 * func.c lists the arrays. To add a function: write its kernel, add its row.
 *
 * Signatures are text, parsed once at start: "(STRING, INTEGER) STRING", "(T, T...) T",
 * "(ARRAY<T>) T", "(ANY...) BIGINT". Overloads are rows of `overloads`. Resolution: functions.md 1.2.
 *
 * Kernels are pure, know nothing of batches' sides, and may run on any thread. */
#ifndef OXBOW_FUNC_FUNC_H
#define OXBOW_FUNC_FUNC_H

#include "type/batch.h"

typedef enum FuncKind { FUNC_SCALAR, FUNC_AGGREGATE, FUNC_TABLE } FuncKind;

/* What a scalar kernel gets: `rows` rows of arguments and room for the result. It writes
 * out->valid (preset to 1 for rows whose strict arguments are all present, 0 otherwise: a kernel
 * skips rows with valid 0) and values. A row that raises an error: failed[row] = 1, valid 0. */
typedef struct FuncCall {
    const Column *args;
    int arg_count;
    Column *out;
    uint8_t *failed;
    int rows;
    Arena *arena;        /* strings and nested results */
    const void *literal; /* what `prepare` made of constant arguments, or NULL */
} FuncCall;

typedef void FuncKernel(FuncCall *call);

/* An aggregate's state is a few columns of a store row, so that it needs no memory of its own:
 * fixed-width states are updated in place. */
typedef struct AggState {
    const struct RowCode *rc; /* the coding of the whole store row */
    uint8_t *row;
    int first;                /* column of the row at which this aggregate's state begins */
} AggState;

typedef struct AggClass {
    int state_count;
    const Type *const *state_types; /* all fixed width: updated in place. NULL entry: argument type */
    void (*init)(AggState *s);
    /* One row's arguments, taken from `row` of the columns. A failure kills the query
     * (statements.md 2.8), so kernels report only what the reference reports. */
    Rc (*add)(AggState *s, const Column *args, int row, Err *err);
    Rc (*undo)(AggState *s, const Column *args, int row, Err *err); /* NULL: refused over tables */
    Rc (*merge)(AggState *into, const AggState *from, Err *err);    /* sessions; NULL: not yet */
    void (*result)(const AggState *s, Column *out, int row, Arena *a);
} AggClass;

typedef struct FuncOverload {
    const char *signature;
    FuncKernel *kernel;       /* scalar */
    const AggClass *agg;      /* aggregate */
} FuncOverload;

typedef struct FuncRow {
    const char *name;     /* declared spelling, used in messages; matched in any case */
    FuncKind kind;
    const char *category; /* functions.md 1.1 */
    bool null_args;       /* NULL arguments are passed in; else a NULL argument makes the result NULL */
    const FuncOverload *overloads;
    int overload_count;
    const char *help;     /* one line */
    const char *example;  /* an expression of literals: "SUBSTRING('oxbow', 1, 2)" */
    const char *result;   /* its text: "ox"; NULL for aggregates */
} FuncRow;

typedef struct FuncMatch {
    const FuncRow *row;
    const FuncOverload *overload;
    int overload_index;       /* what a stored plan remembers, with the signature's text */
    const Type **param_types; /* per argument: what to cast the argument to */
    const Type *result;
} FuncMatch;

const FuncRow *func_find(Str name); /* any case; NULL */
int func_count(void);
const FuncRow *func_at(int i); /* in name order */
/* Overload resolution; errors with the phrases of statements.md 16.2. `spelling`: as typed. */
Rc func_resolve(Arena *a, const FuncRow *row, Str spelling, const Type *const *args, int count,
                FuncMatch *out, Err *err);
/* For a stored plan: the overload by its signature text. */
const FuncOverload *func_overload(const FuncRow *row, Str signature);

#endif
