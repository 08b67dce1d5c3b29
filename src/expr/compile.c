/* compile.c: bound expressions to a flat program.
 *
 * Every value is computed once: an instruction that is already there, with the same operands, is
 * found by its hash (so common parts of all the expressions are shared). Costly instructions
 * (calls, text casts, LIKE) carry a mask of the rows that reach them; the others run over every
 * row, which is cheaper than asking. Masks are made only when something costly stands behind them.
 *
 * At the end values get slots of scratch memory, reused as soon as the last reader is done. */
#include <assert.h>

#include "base/mem.h"
#include "expr/expr_int.h"

_Static_assert(SQL_OP_MOD - SQL_OP_ADD == OP_MOD_I32 - OP_ADD_I32, "order of opcodes.h");
_Static_assert(SQL_OP_NOT_DISTINCT - SQL_OP_EQ == OP_SAME_I32 - OP_EQ_I32, "order of opcodes.h");

/* A condition that must have held, or not, for evaluation to be here. */
typedef struct Reach {
    const struct Reach *outer; /* NULL: every live row */
    int condition;
    bool holds;
    int mask; /* value; made when first wanted, -1 until then */
} Reach;

typedef struct Compiler {
    Arena *a;
    ProgramValue *values;
    Instr *code; /* code[i] computes maker[dst] == i */
    int value_count, value_cap, code_count, code_cap;
    int *table; /* hash of what a value is -> value + 1 */
    int *maker; /* [value_cap] instruction that makes a value; -1: none */
    int table_cap;
    int args_max;
} Compiler;

/* ---- values, found again by what they are ---------------------------------------------------- */

static uint64_t mix(uint64_t h, uint64_t v)
{
    h ^= v + 0x9E3779B97F4A7C15u + (h << 6) + (h >> 2);
    return h * 0xFF51AFD7ED558CCDu;
}

static uint64_t hash_instr(const Instr *in)
{
    uint64_t h = mix(in->op, (uint64_t)(unsigned)in->a);
    h = mix(mix(h, (uint64_t)(unsigned)in->b), (uint64_t)(unsigned)in->c);
    h = mix(h, (uint64_t)(unsigned)in->mask);
    for (int i = 0; i < in->arg_count; i++)
        h = mix(h, (uint64_t)(unsigned)in->args[i]);
    return h;
}

static uint64_t hash_leaf(const ProgramValue *v)
{
    uint64_t h = mix(1000 + v->kind, (uint64_t)(unsigned)v->index);
    return v->kind == VALUE_CONST ? mix(h, value_hash(v->constant)) : h;
}

static bool same_types(const Type *x, const Type *y)
{
    return x && y ? type_eq(x, y) : x == y;
}

static bool same_leaf(const ProgramValue *x, const ProgramValue *y)
{
    if (x->kind != y->kind || x->index != y->index || !same_types(x->type, y->type))
        return false;
    return x->kind != VALUE_CONST || value_eq(x->constant, y->constant);
}

static bool is_impure(const Instr *in)
{
    return in->op == OP_CALL && in->expr->match.row->impure;
}

/* Operands are equal; is what is done with them? */
static bool same_work(const Instr *x, const Instr *y)
{
    if (is_impure(x))
        return false;
    const Expr *e = x->expr, *g = y->expr;
    if (x->op == OP_CALL)
        return e->match.overload == g->match.overload && e->match.row == g->match.row;
    if (x->op == OP_LIKE)
        return e->escape == g->escape && e->negated == g->negated;
    return x->op != OP_CAST || e->implicit == g->implicit;
}

static bool same_instr(const Instr *x, const Instr *y)
{
    if (x->op != y->op || x->a != y->a || x->b != y->b || x->c != y->c || x->mask != y->mask ||
        x->arg_count != y->arg_count)
        return false;
    for (int i = 0; i < x->arg_count; i++) {
        if (x->args[i] != y->args[i] || x->catches[i] != y->catches[i])
            return false;
    }
    return same_work(x, y);
}

static void *grow(Arena *a, const void *old, int count, int *cap, size_t bytes)
{
    *cap = *cap ? *cap * 2 : 32;
    void *fresh = arena_zalloc(a, bytes * (size_t)*cap);
    if (count)
        memcpy(fresh, old, bytes * (size_t)count);
    return fresh;
}

static uint64_t hash_value(const Compiler *c, int v)
{
    return c->maker[v] >= 0 ? hash_instr(&c->code[c->maker[v]]) : hash_leaf(&c->values[v]);
}

static void table_put(Compiler *c, int v)
{
    size_t mask = (size_t)c->table_cap - 1, at = hash_value(c, v) & mask;
    while (c->table[at])
        at = (at + 1) & mask;
    c->table[at] = v + 1;
}

/* The value that the leaf, or the instruction, already is; -1. */
static int table_find(const Compiler *c, const ProgramValue *leaf, const Instr *in)
{
    if (!c->table_cap)
        return -1;
    size_t mask = (size_t)c->table_cap - 1;
    for (size_t at = (in ? hash_instr(in) : hash_leaf(leaf)) & mask; c->table[at];
         at = (at + 1) & mask) {
        int v = c->table[at] - 1, maker = c->maker[v];
        if (in ? maker >= 0 && same_instr(in, &c->code[maker]) &&
                     same_types(leaf->type, c->values[v].type)
               : maker < 0 && same_leaf(leaf, &c->values[v]))
            return v;
    }
    return -1;
}

static int add_value(Compiler *c, const ProgramValue *value, int maker)
{
    if (c->value_count == c->value_cap) {
        int cap = c->value_cap;
        c->maker = grow(c->a, c->maker, c->value_count, &cap, sizeof *c->maker);
        c->values = grow(c->a, c->values, c->value_count, &c->value_cap, sizeof *c->values);
    }
    int v = c->value_count++;
    c->values[v] = *value;
    c->values[v].slot = -1;
    c->maker[v] = maker;
    if (c->value_count * 2 > c->table_cap) {
        c->table_cap = c->table_cap ? c->table_cap * 2 : 64;
        c->table = ARENA_ARRAY(c->a, int, c->table_cap);
        for (int i = 0; i < v; i++)
            table_put(c, i);
    }
    table_put(c, v);
    return v;
}

static int leaf(Compiler *c, ProgramValue value)
{
    int found = table_find(c, &value, NULL);
    return found >= 0 ? found : add_value(c, &value, -1);
}

static bool can_fail(const Compiler *c, int v)
{
    return v >= 0 && c->values[v].can_fail;
}

/* The value that `in` computes, shared with an equal instruction before it. */
static int emit(Compiler *c, Instr in, const Type *type, bool fails)
{
    ProgramValue value = {.kind = type ? VALUE_TEMP : VALUE_MASK, .type = type};
    value.can_fail =
        fails || (type && (can_fail(c, in.a) || can_fail(c, in.b) || can_fail(c, in.c)));
    int found = table_find(c, &value, &in);
    if (found >= 0)
        return found;
    if (c->code_count == c->code_cap)
        c->code = grow(c->a, c->code, c->code_count, &c->code_cap, sizeof *c->code);
    int at = c->code_count++;
    c->code[at] = in;
    c->code[at].dst = c->value_count;
    return add_value(c, &value, at);
}

static Instr instr(Opcode op, int a, int b)
{
    return (Instr){.op = op, .a = a, .b = b, .c = -1, .mask = -1};
}

/* The mask of the rows that get here; -1: every live row. */
static int mask_of(Compiler *c, Reach *reach)
{
    if (!reach)
        return -1;
    if (reach->mask < 0) {
        int outer = mask_of(c, (Reach *)reach->outer);
        reach->mask =
            emit(c, instr(reach->holds ? OP_MASK_IF : OP_MASK_ELSE, outer, reach->condition), NULL,
                 false);
    }
    return reach->mask;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static int node(Compiler *c, const Expr *e, Reach *reach);

static int arith(Compiler *c, const Expr *e, Reach *reach)
{
    static const Opcode first[REPR_COUNT] = {[REPR_I32] = OP_ADD_I32,
                                             [REPR_I64] = OP_ADD_I64,
                                             [REPR_F64] = OP_ADD_F64,
                                             [REPR_I128] = OP_ADD_DEC};
    int x = node(c, e->args[0], reach);
    if (e->type->kind == TYPE_STRING) {
        Instr in = instr(OP_ADD_STR, x, node(c, e->args[1], reach));
        in.mask = mask_of(c, reach);
        return emit(c, in, e->type, true);
    }
    int base = (int)first[type_repr(e->type)];
    if (e->op == SQL_OP_NEG)
        return emit(c, instr((Opcode)(base + (OP_NEG_I32 - OP_ADD_I32)), x, -1), e->type, true);
    int y = node(c, e->args[1], reach);
    return emit(c, instr((Opcode)(base + (int)(e->op - SQL_OP_ADD)), x, y), e->type, true);
}

/* x = y and so on, for operands that may be a DECIMAL and a DOUBLE. */
static int compare(Compiler *c, SqlOp op, int x, int y)
{
    static const SqlOp turned[SQL_OP_COUNT] = {[SQL_OP_EQ] = SQL_OP_EQ,
                                               [SQL_OP_NE] = SQL_OP_NE,
                                               [SQL_OP_LT] = SQL_OP_GT,
                                               [SQL_OP_LE] = SQL_OP_GE,
                                               [SQL_OP_GT] = SQL_OP_LT,
                                               [SQL_OP_GE] = SQL_OP_LE,
                                               [SQL_OP_DISTINCT] = SQL_OP_DISTINCT,
                                               [SQL_OP_NOT_DISTINCT] = SQL_OP_NOT_DISTINCT};
    static const Opcode first[REPR_COUNT] = {
        [REPR_BOOL] = OP_EQ_BOOL, [REPR_I32] = OP_EQ_I32,  [REPR_I64] = OP_EQ_I64,
        [REPR_F64] = OP_EQ_F64,   [REPR_I128] = OP_EQ_DEC, [REPR_STR] = OP_EQ_STR,
        [REPR_BOX] = OP_EQ_BOX};
    const Type *xt = c->values[x].type, *yt = c->values[y].type;
    int base = (int)first[type_repr(xt)];
    if (xt->kind != yt->kind) {
        base = OP_EQ_F64_DEC;
        if (xt->kind == TYPE_DECIMAL) {
            int swap = x;
            x = y;
            y = swap;
            op = turned[op];
        }
    } else if (xt->kind == TYPE_BYTES) {
        base = OP_EQ_BYTES;
    }
    return emit(c, instr((Opcode)(base + (int)(op - SQL_OP_EQ)), x, y), &type_boolean, false);
}

static int logic(Compiler *c, const Expr *e, Reach *reach)
{
    int x = node(c, e->args[0], reach);
    Reach right = {reach, x, e->kind == EXPR_AND, -1};
    int y = node(c, e->args[1], &right);
    return emit(c, instr(e->kind == EXPR_AND ? OP_AND : OP_OR, x, y), &type_boolean, false);
}

/* One comparison per element, joined by OR. */
static int in_list(Compiler *c, const Expr *e, Reach *reach)
{
    int x = node(c, e->args[0], reach), found = -1;
    for (int i = 1; i < e->arg_count; i++) {
        int equal = compare(c, SQL_OP_EQ, x, node(c, e->args[i], reach));
        found = found < 0 ? equal : emit(c, instr(OP_OR, found, equal), &type_boolean, false);
    }
    return e->negated ? emit(c, instr(OP_NOT, found, -1), &type_boolean, false) : found;
}

static int choose_case(Compiler *c, const Expr *e, Reach *reach)
{
    static const Opcode choose[REPR_COUNT] = {
        [REPR_BOOL] = OP_CHOOSE_1, [REPR_I32] = OP_CHOOSE_4,   [REPR_I64] = OP_CHOOSE_8,
        [REPR_F64] = OP_CHOOSE_8,  [REPR_I128] = OP_CHOOSE_16, [REPR_STR] = OP_CHOOSE_16,
        [REPR_BOX] = OP_CHOOSE_8};
    int pairs = e->arg_count / 2;
    int *when = ARENA_ARRAY(c->a, int, pairs), *then = ARENA_ARRAY(c->a, int, pairs);
    Reach *missed = ARENA_ARRAY(c->a, Reach, pairs); /* no condition so far has held */
    for (int i = 0; i < pairs; i++) {
        Reach *here = i ? &missed[i - 1] : reach;
        when[i] = node(c, e->args[2 * i], here);
        Reach taken = {here, when[i], true, -1};
        then[i] = node(c, e->args[2 * i + 1], &taken);
        missed[i] = (Reach){here, when[i], false, -1};
    }
    int rest = node(c, e->args[2 * pairs], &missed[pairs - 1]);
    for (int i = pairs - 1; i >= 0; i--) {
        Instr in = instr(choose[type_repr(e->type)], when[i], then[i]);
        in.c = rest;
        rest = emit(c, in, e->type, false);
    }
    return rest;
}

static int cast(Compiler *c, const Expr *e, Reach *reach)
{
    Instr in = instr(OP_CAST, node(c, e->args[0], reach), -1);
    const Type *from = c->values[in.a].type;
    in.expr = e;
    in.kernel = cast_kernel(from, e->type);
    assert(in.kernel);
    if (e->implicit && cast_is_widening(from, e->type))
        return emit(c, in, e->type, false);
    in.mask = mask_of(c, reach);
    return emit(c, in, e->type, true);
}

/* Functions.md 1.4: an argument that is itself a call catches its own errors. */
static bool catches(const Expr *arg)
{
    while (arg->kind == EXPR_CAST && arg->implicit)
        arg = arg->args[0];
    return arg->kind == EXPR_CALL;
}

static int call(Compiler *c, const Expr *e, Reach *reach)
{
    int *args = ARENA_ARRAY(c->a, int, e->arg_count + 1);
    bool *caught = ARENA_ARRAY(c->a, bool, e->arg_count + 1);
    for (int i = 0; i < e->arg_count; i++) {
        args[i] = node(c, e->args[i], reach);
        caught[i] = catches(e->args[i]);
    }
    Instr in = instr(OP_CALL, -1, -1);
    in.mask = mask_of(c, reach);
    in.args = args;
    in.catches = caught;
    in.arg_count = e->arg_count;
    in.expr = e;
    if (e->arg_count > c->args_max)
        c->args_max = e->arg_count;
    return emit(c, in, e->type, true);
}

static int like(Compiler *c, const Expr *e, Reach *reach)
{
    int x = node(c, e->args[0], reach);
    Instr in = instr(OP_LIKE, x, node(c, e->args[1], reach));
    in.mask = mask_of(c, reach);
    in.expr = e;
    return emit(c, in, e->type, true);
}

static int node(Compiler *c, const Expr *e, Reach *reach)
{
    switch (e->kind) {
    case EXPR_COLUMN:
        return leaf(c, (ProgramValue){VALUE_COLUMN, .type = e->type, .index = e->index});
    case EXPR_PSEUDO:
        return leaf(c, (ProgramValue){VALUE_PSEUDO, .type = e->type, .index = e->index});
    case EXPR_CONST:
        return leaf(c, (ProgramValue){VALUE_CONST, .type = e->type, .constant = &e->constant});
    case EXPR_CALL:
        return call(c, e, reach);
    case EXPR_ARITH:
        return arith(c, e, reach);
    case EXPR_COMPARE: {
        int x = node(c, e->args[0], reach);
        return compare(c, e->op, x, node(c, e->args[1], reach));
    }
    case EXPR_AND:
    case EXPR_OR:
        return logic(c, e, reach);
    case EXPR_NOT:
        return emit(c, instr(OP_NOT, node(c, e->args[0], reach), -1), e->type, false);
    case EXPR_IS_NULL: {
        Opcode op = e->negated ? OP_IS_NOT_NULL : OP_IS_NULL;
        return emit(c, instr(op, node(c, e->args[0], reach), -1), e->type, false);
    }
    case EXPR_IN:
        return in_list(c, e, reach);
    case EXPR_LIKE:
        return like(c, e, reach);
    case EXPR_CASE:
        return choose_case(c, e, reach);
    case EXPR_CAST:
        return cast(c, e, reach);
    case EXPR_KIND_COUNT:
        break;
    }
    assert(false); /* an expression has a kind */
    return -1;
}

/* ---- scratch memory -------------------------------------------------------------------------- */

typedef struct Slots {
    int *last_use; /* [value_count] the last instruction that reads a value */
    int *free;     /* slots to use again */
    int free_count, count;
} Slots;

/* Every value an instruction reads: slot i of its operands, -1 behind the last. */
static int operand(const Instr *in, int i)
{
    const int fixed[] = {in->a, in->b, in->c, in->mask};
    if (i < 4)
        return fixed[i];
    return in->args[i - 4];
}

static void assign_slots(Compiler *c, int *slot_count)
{
    Slots s = {.last_use = ARENA_ARRAY(c->a, int, c->value_count + 1),
               .free = ARENA_ARRAY(c->a, int, c->value_count + 1)};
    for (int i = 0; i < c->code_count; i++) {
        for (int k = 0; k < c->code[i].arg_count + 4; k++) {
            int v = operand(&c->code[i], k);
            if (v >= 0)
                s.last_use[v] = i;
        }
    }
    for (int i = 0; i < c->code_count; i++) {
        ProgramValue *dst = &c->values[c->code[i].dst];
        if (!dst->is_output)
            dst->slot = s.free_count ? s.free[--s.free_count] : s.count++;
        for (int k = 0; k < c->code[i].arg_count + 4; k++) {
            int v = operand(&c->code[i], k);
            if (v >= 0 && c->values[v].slot >= 0 && s.last_use[v] == i) {
                s.free[s.free_count++] = c->values[v].slot;
                s.last_use[v] = -1; /* an operand that is there twice goes back once */
            }
        }
    }
    *slot_count = s.count;
}

Rc expr_compile(Arena *a, Expr *const *exprs, int count, Program **out, Err *err)
{
    Compiler c = {.a = a};
    Program *p = ARENA_NEW(a, Program);
    p->outputs = ARENA_ARRAY(a, int, count + 1);
    p->output_count = count;
    for (int i = 0; i < count; i++) {
        if (!expr_check(exprs[i]))
            return err_not_built(err, "an expression of this kind, of type %s",
                                 type_cstr(a, exprs[i]->type));
        p->outputs[i] = node(&c, exprs[i], NULL);
    }
    for (int i = 0; i < count; i++)
        c.values[p->outputs[i]].is_output = true;
    assign_slots(&c, &p->slot_count);
    p->values = c.values;
    p->value_count = c.value_count;
    p->code = c.code;
    p->code_count = c.code_count;
    p->args_max = c.args_max;
    *out = p;
    return 0;
}
