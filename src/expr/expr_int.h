/* expr_int.h: what the files of expr/ share: makers of bound expressions, casts, the program. */
#ifndef OXBOW_EXPR_EXPR_INT_H
#define OXBOW_EXPR_EXPR_INT_H

#include "expr/expr.h"
#include "expr/opcodes.h"
#include "sql/sql.h"

/* ---- bound expressions (tree.c) ------------------------------------------------------------ */

extern const char *const expr_kind_names[EXPR_KIND_COUNT]; /* as stored plans spell them */

Expr *expr_make(Arena *a, ExprKind kind, const Type *type, Expr *const *args, int count);
Expr *expr_null(Arena *a, const Type *type);
Expr *expr_cast(Arena *a, Expr *e, const Type *to, bool implicit); /* not folded */
bool expr_is_null_literal(const Expr *e);
/* Does every node fit its arguments: counts, types, operators, casts? What makes hostile text safe.
 */
bool expr_check(const Expr *e);
/* Is there a kernel for comparing these types, and for this operator? */
bool expr_comparable(SqlOp op, const Type *x, const Type *y);
bool expr_decimal_is_narrow(const Type *t); /* true for all other types too */

/* ---- casts (cast.c, cast_*.c) -------------------------------------------------------------- */

/* One column to another type: args[0] is the source, out the target. NULL when there is no such
 * cast, or when it is not built (decimals of more than 38 digits). */
FuncKernel *cast_kernel(const Type *from, const Type *to);
bool cast_is_widening(const Type *from, const Type *to); /* among numbers; cannot fail */
/* Kernels of cast.c, cast_number.c and cast_text.c, named from_to. */
#define CAST_KERNELS(X)                                                                            \
    X(i32_i64)                                                                                     \
    X(i32_f64)                                                                                     \
    X(i32_dec) X(i64_i32) X(i64_f64) X(i64_dec) X(f64_i32) X(f64_i64) X(f64_dec) X(dec_i32)        \
        X(dec_i64) X(dec_f64) X(dec_dec) X(date_timestamp) X(timestamp_date) X(timestamp_time)     \
            X(any_text) X(text_bool) X(text_i32) X(text_i64) X(text_f64) X(text_dec) X(text_bytes) \
                X(text_date) X(text_time) X(text_timestamp) X(same) X(nested)
#define X(name) FuncKernel cast_##name;
CAST_KERNELS(X)
#undef X
double decimal_to_double(Int128 unscaled, int scale); /* correctly rounded */

/* ---- binding (bind*.c) --------------------------------------------------------------------- */

typedef struct Binder {
    Arena *a;
    const ExprScope *scope;
} Binder;

/* An operand with the text it came from. */
typedef struct Operand {
    Expr *e;
    const SqlExpr *sql;
} Operand;

Rc bind_expr(Binder *b, const SqlExpr *e, Expr **out, Err *err);
Rc bind_operand(Binder *b, const SqlExpr *e, Operand *out, Err *err);
/* For messages; in the binder's arena. */
const char *bind_show(Binder *b, const SqlExpr *e);
const char *bind_show_type(Binder *b, const Type *t);
/* A constant instead of a node whose arguments are constants and raise no error. */
Expr *bind_fold(Binder *b, Expr *e);
Expr *bind_coerce(Binder *b, Expr *e, const Type *to); /* folded implicit CAST, or e itself */

typedef Rc BindNode(Binder *b, const SqlExpr *e, Expr **out, Err *err);
BindNode bind_literal;                          /* bind_literal.c */
BindNode bind_arith, bind_unary;                /* bind_arith.c */
BindNode bind_compare, bind_between, bind_like; /* bind_compare.c */
BindNode bind_logic, bind_is_null;              /* bind.c */
BindNode bind_in, bind_case;                    /* bind_list.c */
BindNode bind_call, bind_concat, bind_cast;     /* bind_call.c */
Rc bind_compare_operands(Binder *b, SqlOp op, Operand x, Operand y, Span span, Expr **out,
                         Err *err);
bool bind_is_literal(const SqlExpr *e);
/* Arithmetic on two numbers, operands coerced (bind_arith.c). */
Rc arith_result(Arena *a, SqlOp op, const Type *x, const Type *y, const Type **out, Err *err);
/* DECIMAL that an INTEGER or BIGINT becomes; a DECIMAL itself. */
const Type *decimal_of(Arena *a, const Type *t);
/* Widest of two numeric types (2.6). */
const Type *widen_numbers(Arena *a, const Type *x, const Type *y);

/* ---- programs (compile.c, program.c, run.c) ------------------------------------------------ */

/* Every value of a program is one of these; instructions name them by number. */
typedef enum ValueKind {
    VALUE_COLUMN,
    VALUE_PSEUDO,
    VALUE_CONST,
    VALUE_TEMP,
    VALUE_MASK
} ValueKind;

typedef struct ProgramValue {
    ValueKind kind;
    const Type *type;      /* NULL for a mask, which uses the `b` array alone */
    int index;             /* COLUMN, PSEUDO */
    const Value *constant; /* CONST */
    bool can_fail;         /* has a row of error bits */
    bool is_output;        /* lives in the batch arena */
    int slot;              /* TEMP, MASK that is no output: scratch memory, shared over time */
} ProgramValue;

typedef struct Instr {
    Opcode op;
    int dst, a, b, c;    /* values; -1: none */
    int mask;            /* rows worth the effort; -1: every live row */
    const int *args;     /* CALL */
    const bool *catches; /* CALL: an error of this argument becomes NULL */
    int arg_count;
    const Expr *expr;   /* CALL, CAST, LIKE */
    FuncKernel *kernel; /* CAST */
} Instr;

struct Program {
    ProgramValue *values;
    int value_count;
    Instr *code;
    int code_count;
    int *outputs; /* values */
    int output_count;
    int slot_count;
    int args_max; /* of one CALL */
};

/* What kernels work on. */
typedef struct Frame {
    Column *v;     /* [value_count] */
    uint8_t **err; /* [value_count] error bits; NULL: cannot fail */
    int rows;
    Arena *arena;        /* of the batch */
    const uint8_t *live; /* NULL: all rows */
    Column *args;        /* [args_max] scratch of CALL */
} Frame;

typedef void OpKernel(const Instr *in, Frame *f);
#define X(name) OpKernel kernel_##name;
OPCODES(X)
#undef X

extern const char *const opcode_names[OP_COUNT];

/* A run whose registers hold `rows` rows. */
ExprRun *expr_run_new_rows(const Program *p, int rows);
/* Evaluate an expression without columns; *bits: what went wrong, as expr_run says it. */
Rc expr_eval_bits(Arena *a, const Expr *e, Value *out, uint8_t *bits, Err *err);

/* Error bits of what two operands raised, into dst (kernel_logic.c). */
void err_merge(uint8_t *dst, const uint8_t *x, const uint8_t *y, int n);
/* The rows an instruction should work on: NULL, or bytes that are 0 for the others. */
static inline const uint8_t *instr_mask(const Instr *in, const Frame *f)
{
    return in->mask >= 0 ? f->v[in->mask].b : f->live;
}

/* LIKE of one text (like.c): 1, 0, or -1 when the pattern ends in its escape. */
int like_match(Str text, Str pattern, int32_t escape);

#endif
