/* func.h: functions: one row of one table each.
 *
 * From a row come SHOW FUNCTIONS, DESCRIBE FUNCTION, the man page, completion and a test that runs
 * its example. A family of functions is one file with one array (func_string, func_math, ...);
 * func.c lists the arrays. To add a function: write its kernel, add its row.
 *
 * Signatures are text, parsed once at first use: "(STRING text, INTEGER start) STRING",
 * "(T first, T... more) T", "(ARRAY<T> list) T", "(ANY... values) BIGINT". The word behind a type
 * names the parameter in messages and may be left out. One capital letter is a generic type; all
 * its uses are the identical type. DECIMAL stands for any precision and scale; as a result it is
 * the type of the first DECIMAL parameter, unless `result` computes it. Overloads are rows of
 * `overloads`. Resolution: functions.md 1.2.
 *
 * Kernels are pure, know nothing of batches' sides, and may run on any thread. */
#ifndef OXBOW_FUNC_FUNC_H
#define OXBOW_FUNC_FUNC_H

#include "type/rowcode.h"

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

/* The row's value could not be computed: NULL, and an evaluation error. */
static inline void func_fail(FuncCall *call, int row)
{
    call->out->valid[row] = 0;
    call->failed[row] = 1;
}

/* Room for the texts of one call: one allocation for many rows. */
typedef struct FuncText {
    Arena *arena;
    char *at, *end;
} FuncText;

static inline FuncText func_text(const FuncCall *call) { return (FuncText){.arena = call->arena}; }
/* Room for n bytes; not taken yet: add what was used to t->at. */
char *func_text_room(FuncText *t, size_t n);
/* A copy of s. */
Str func_text_put(FuncText *t, Str s);

/* An aggregate's state is a few columns of a store row, so that it needs no memory of its own:
 * fixed-width states are updated in place. */
typedef struct AggState {
    const struct RowCode *rc; /* the coding of the whole store row */
    uint8_t *row;
    int first; /* column of the row at which this aggregate's state begins */
} AggState;

typedef struct AggClass {
    int state_count;
    const Type *const
        *state_types; /* all fixed width: updated in place. NULL entry: argument type */
    void (*init)(AggState *s);
    /* One row's arguments, taken from `row` of the columns. A failure kills the query
     * (statements.md 2.8), so kernels report only what the reference reports. */
    Rc (*add)(AggState *s, const Column *args, int row, Err *err);
    Rc (*undo)(AggState *s, const Column *args, int row, Err *err); /* NULL: refused over tables */
    Rc (*merge)(AggState *into, const AggState *from, Err *err);    /* sessions; NULL: not yet */
    void (*result)(const AggState *s, Column *out, int row, Arena *a);
} AggClass;

/* The result type where a signature's text cannot say it. params: what the arguments are cast to.
 */
typedef Rc FuncResult(Arena *a, const Type *const *params, int count, const Type **out, Err *err);

typedef struct FuncOverload {
    const char *signature;
    FuncKernel *kernel;  /* scalar */
    const AggClass *agg; /* aggregate; neither: resolves, then "not built yet" */
    FuncResult *result;  /* NULL: as the signature says */
} FuncOverload;

typedef struct FuncRow {
    const char *name; /* declared spelling, used in messages; matched in any case */
    FuncKind kind;
    const char *category; /* functions.md 1.1 */
    bool null_args; /* NULL arguments are passed in; else a NULL argument makes the result NULL */
    bool impure;    /* a fresh value each time: never folded, never shared */
    const FuncOverload *overloads;
    int overload_count;
    const char *help;    /* one line */
    const char *example; /* an expression of literals: "SUBSTRING('oxbow', 1, 2)" */
    const char *result;  /* its text: "ox"; NULL for aggregates */
} FuncRow;

typedef struct FuncMatch {
    const FuncRow *row;
    const FuncOverload *overload;
    int overload_index;       /* what a stored plan remembers, with the signature's text */
    const Type **param_types; /* per argument: what to cast the argument to */
    const Type *result;
} FuncMatch;

const FuncRow *func_find(Str name); /* any case; NULL */
/* The name of a function of that kind which the dialect has and which is not built; NULL for any
 * other. Such a function has no row. */
const char *func_unbuilt(Str name, FuncKind kind);
int func_count(void);
const FuncRow *func_at(int i); /* in name order */
/* Overload resolution; errors with the phrases of statements.md 16.2, which show the declared name
 * whatever the `spelling` as typed. An argument of TYPE_NULL fits every parameter; where nothing
 * else says what a generic is, its type stays TYPE_NULL. */
Rc func_resolve(Arena *a, const FuncRow *row, Str spelling, const Type *const *args, int count,
                FuncMatch *out, Err *err);
/* For a stored plan: the overload by its signature text (parameter names do not count); NULL. */
const FuncOverload *func_overload(const FuncRow *row, Str signature);
/* The signature without parameter names: what stored plans hold. */
void func_print_signature(Buf *out, const FuncRow *row, const FuncOverload *overload);
/* That overload for arguments which already have its parameters' types, and no casts: what decoding
 * a stored plan checks. False when they do not fit. */
bool func_match(Arena *a, const FuncRow *row, const FuncOverload *overload, const Type *const *args,
                int count, FuncMatch *out);

#endif
