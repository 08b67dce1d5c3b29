/* opcodes.h: the one list of instructions: it feeds the enum, the disassembler and the dispatch
 * table (program.c). Each NAME is a kernel kernel_NAME that works on whole columns.
 *
 * Arithmetic and comparison come in one block per representation, in the order of SqlOp, so that
 * the compiler finds an opcode by adding (compile.c asserts the order). */
#ifndef OXBOW_EXPR_OPCODES_H
#define OXBOW_EXPR_OPCODES_H

#define OPCODES_ARITH(X, R) X(ADD_##R) X(SUB_##R) X(MUL_##R) X(DIV_##R) X(MOD_##R) X(NEG_##R)

#define OPCODES_COMPARE(X, R) \
    X(EQ_##R) X(NE_##R) X(LT_##R) X(LE_##R) X(GT_##R) X(GE_##R) X(DISTINCT_##R) X(SAME_##R)

#define OPCODES(X) \
    OPCODES_ARITH(X, I32) \
    OPCODES_ARITH(X, I64) \
    OPCODES_ARITH(X, F64) \
    OPCODES_ARITH(X, DEC) \
    X(ADD_STR) \
    OPCODES_COMPARE(X, BOOL) \
    OPCODES_COMPARE(X, I32) \
    OPCODES_COMPARE(X, I64) \
    OPCODES_COMPARE(X, F64) \
    OPCODES_COMPARE(X, DEC) \
    OPCODES_COMPARE(X, F64_DEC) /* a DOUBLE against a DECIMAL */ \
    OPCODES_COMPARE(X, STR) \
    OPCODES_COMPARE(X, BYTES) \
    OPCODES_COMPARE(X, BOX) /* nested values: the first two and the last two only */ \
    X(AND) X(OR) X(NOT) \
    X(IS_NULL) X(IS_NOT_NULL) \
    X(CHOOSE_1) X(CHOOSE_4) X(CHOOSE_8) X(CHOOSE_16) /* condition, then, else; by bytes */ \
    X(MASK_IF) X(MASK_ELSE) /* rows of a mask where a condition holds, or does not */ \
    X(LIKE) \
    X(CAST) \
    X(CALL)

typedef enum Opcode {
#define X(name) OP_##name,
    OPCODES(X)
#undef X
    OP_COUNT
} Opcode;

#endif
