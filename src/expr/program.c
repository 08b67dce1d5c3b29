/* program.c: programs as text: the names of the instructions, and the disassembly.
 *
 *     r4 = ADD_I32 r1, r2          : INTEGER
 *     r6 = CALL substring(r3, r5)  : STRING  rows of r2 */
#include "expr/expr_int.h"

const char *const opcode_names[OP_COUNT] = {
#define X(name) [OP_##name] = #name,
    OPCODES(X)
#undef X
};

static void print_leaf(Buf *out, const ProgramValue *v)
{
    switch (v->kind) {
    case VALUE_COLUMN:
        buf_printf(out, "column %d", v->index);
        break;
    case VALUE_PSEUDO:
        buf_puts(out, pseudo_names[v->index]);
        break;
    case VALUE_CONST:
        value_print_sql(out, v->constant);
        break;
    default:
        break;
    }
}

static void print_type(Buf *out, const Type *t)
{
    buf_puts(out, " : ");
    if (t)
        type_print(out, t);
    else
        buf_puts(out, "mask");
}

static void print_operands(Buf *out, const Instr *in)
{
    const int operands[] = {in->a, in->b, in->c};
    if (in->op == OP_CALL) {
        buf_printf(out, " %s(", in->expr->match.row->name);
        for (int i = 0; i < in->arg_count; i++)
            buf_printf(out, "%sr%d%s", i ? ", " : "", in->args[i], in->catches[i] ? "?" : "");
        buf_putc(out, ')');
        return;
    }
    const char *before = " ";
    for (int i = 0; i < 3; i++) {
        if (operands[i] < 0)
            continue;
        buf_printf(out, "%sr%d", before, operands[i]);
        before = ", ";
    }
    if (in->op == OP_CAST && !in->expr->implicit)
        buf_putc(out, '?'); /* catches its errors */
}

void program_print(Buf *out, const Program *p)
{
    for (int v = 0; v < p->value_count; v++) {
        if (p->values[v].kind == VALUE_TEMP || p->values[v].kind == VALUE_MASK)
            continue;
        buf_printf(out, "r%d = ", v);
        print_leaf(out, &p->values[v]);
        print_type(out, p->values[v].type);
        buf_putc(out, '\n');
    }
    for (int i = 0; i < p->code_count; i++) {
        const Instr *in = &p->code[i];
        buf_printf(out, "r%d = %s", in->dst, opcode_names[in->op]);
        print_operands(out, in);
        print_type(out, p->values[in->dst].type);
        if (in->mask >= 0)
            buf_printf(out, " rows of r%d", in->mask);
        buf_putc(out, '\n');
    }
    buf_puts(out, "return");
    for (int i = 0; i < p->output_count; i++)
        buf_printf(out, "%s r%d", i ? "," : "", p->outputs[i]);
    buf_putc(out, '\n');
}
