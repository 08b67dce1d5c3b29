/* func_sig.c: signatures: parsing their text, matching arguments, choosing, binding types.
 *
 * Owns the rules of functions.md 1.2 and 1.3. Signatures are immutable once parsed and live in the
 * registry's arena (func.c); any thread may match against them. Messages belong to func.c. */
#include <assert.h>
#include <ctype.h>

#include "func/func_int.h"

/* ---- parsing --------------------------------------------------------------------------------- */

typedef struct SigText {
    Arena *a;
    const char *at;
} SigText;

static void skip_blanks(SigText *t)
{
    while (*t->at == ' ')
        t->at++;
}

static bool take(SigText *t, const char *z)
{
    skip_blanks(t);
    size_t n = strlen(z);
    if (strncmp(t->at, z, n) != 0)
        return false;
    t->at += n;
    return true;
}

static Str take_word(SigText *t)
{
    skip_blanks(t);
    const char *from = t->at;
    while (isalnum((unsigned char)*t->at) || *t->at == '_')
        t->at++;
    return str_make(from, (size_t)(t->at - from));
}

static const SigType *take_type(SigText *t)
{
    SigType *s = ARENA_NEW(t->a, SigType);
    Str word = take_word(t);
    assert(word.len > 0);
    if (str_eq(word, STR_LIT("ARRAY")) || str_eq(word, STR_LIT("MAP"))) {
        s->kind = word.len == 5 ? SIG_ARRAY : SIG_MAP;
        bool open = take(t, "<");
        s->inner[0] = take_type(t);
        if (s->kind == SIG_MAP) {
            open = take(t, ",") && open;
            s->inner[1] = take_type(t);
        }
        open = take(t, ">") && open;
        assert(open);
    } else if (str_eq(word, STR_LIT("ANY"))) {
        s->kind = SIG_ANY;
    } else if (word.len == 1) {
        s->kind = SIG_GENERIC;
        s->letter = word.ptr[0];
    } else {
        const Type *type = type_find(word);
        s->kind = SIG_EXACT;
        s->type = type ? type->kind : TYPE_DECIMAL; /* the one built-in without a plain type */
        assert(type || str_eq(word, STR_LIT("DECIMAL")));
    }
    return s;
}

static bool has_letter(const SigType *t)
{
    return t && (t->kind == SIG_GENERIC || has_letter(t->inner[0]) || has_letter(t->inner[1]));
}

Signature *sig_parse(Arena *a, const char *text)
{
    SigText t = {a, text};
    Signature *s = ARENA_NEW(a, Signature);
    s->variadic = -1;
    bool ok = take(&t, "(");
    while (ok && !take(&t, ")")) {
        assert(s->count < SIG_PARAMS_MAX);
        SigParam *p = &s->params[s->count];
        p->type = take_type(&t);
        if (take(&t, "...")) {
            s->variadic = s->count;
            s->any_variadic = p->type->kind == SIG_ANY;
        }
        p->name = take_word(&t);
        s->generics += has_letter(p->type);
        s->count++;
        take(&t, ",");
    }
    s->result = take_type(&t);
    skip_blanks(&t);
    assert(ok && *t.at == '\0');
    return s;
}

/* ---- printing -------------------------------------------------------------------------------- */

static void print_type(Buf *out, const SigType *t)
{
    switch (t->kind) {
    case SIG_EXACT:
        buf_puts(out, type_kind_name(t->type));
        break;
    case SIG_GENERIC:
        buf_putc(out, t->letter);
        break;
    case SIG_ANY:
        buf_puts(out, "ANY");
        break;
    case SIG_ARRAY:
    case SIG_MAP:
        buf_puts(out, t->kind == SIG_ARRAY ? "ARRAY<" : "MAP<");
        print_type(out, t->inner[0]);
        if (t->inner[1]) {
            buf_puts(out, ", ");
            print_type(out, t->inner[1]);
        }
        buf_putc(out, '>');
        break;
    }
}

static void print_params(Buf *out, const Signature *s, bool names)
{
    buf_putc(out, '(');
    for (int i = 0; i < s->count; i++) {
        if (i)
            buf_puts(out, ", ");
        print_type(out, s->params[i].type);
        if (s->variadic == i)
            buf_puts(out, "...");
        if (names && s->params[i].name.len) {
            buf_putc(out, ' ');
            buf_put_str(out, s->params[i].name);
        }
    }
    buf_putc(out, ')');
}

void sig_print(Buf *out, const Signature *s)
{
    print_params(out, s, false);
    buf_putc(out, ' ');
    print_type(out, s->result);
}

void sig_print_named(Buf *out, const char *name, const Signature *s)
{
    buf_puts(out, name);
    print_params(out, s, true);
}

/* ---- matching -------------------------------------------------------------------------------- */

typedef struct Bindings { /* what each letter stands for */
    const Type *of[26];
} Bindings;

/* Which parameter takes argument i of count. */
static int param_of(const Signature *s, int i, int count)
{
    int repeats = count - (s->count - 1);
    if (s->variadic < 0 || i < s->variadic)
        return i;
    return i < s->variadic + repeats ? s->variadic : i - repeats + 1;
}

static bool count_fits(const Signature *s, int count)
{
    return s->variadic < 0 ? count == s->count : count >= s->count - 1;
}

/* functions.md 1.3, first two lines. */
static bool casts_to(TypeKind from, TypeKind to)
{
    switch (from) {
    case TYPE_INTEGER:
        return to == TYPE_BIGINT || to == TYPE_DECIMAL || to == TYPE_DOUBLE;
    case TYPE_BIGINT:
        return to == TYPE_DECIMAL || to == TYPE_DOUBLE;
    case TYPE_DECIMAL:
        return to == TYPE_DOUBLE;
    case TYPE_STRING:
        return to == TYPE_DATE || to == TYPE_TIME || to == TYPE_TIMESTAMP || to == TYPE_BYTES;
    default:
        return false;
    }
}

static bool type_fits(const SigType *s, const Type *t, bool casts, Bindings *b)
{
    if (t->kind == TYPE_NULL)
        return true;
    switch (s->kind) {
    case SIG_ANY:
        return true;
    case SIG_EXACT:
        return t->kind == s->type || (casts && casts_to(t->kind, s->type));
    case SIG_GENERIC: {
        const Type **bound = &b->of[s->letter - 'A'];
        if (!*bound)
            *bound = t;
        return type_eq(*bound, t);
    }
    case SIG_ARRAY:
        return t->kind == TYPE_ARRAY && type_fits(s->inner[0], t->elem, casts, b);
    case SIG_MAP:
        return t->kind == TYPE_MAP && type_fits(s->inner[0], t->key, casts, b) &&
               type_fits(s->inner[1], t->elem, casts, b);
    }
    return false;
}

static bool all_fit(const Signature *s, const Type *const *args, int count, bool casts, Bindings *b)
{
    *b = (Bindings){0};
    if (!count_fits(s, count))
        return false;
    for (int i = 0; i < count; i++) {
        if (!type_fits(s->params[param_of(s, i, count)].type, args[i], casts, b))
            return false;
    }
    return true;
}

bool sig_fits(const Signature *s, const Type *const *args, int count, bool casts)
{
    Bindings b;
    return all_fit(s, args, count, casts, &b);
}

int sig_prefer(const Signature *x, const Signature *y)
{
    int order[] = {
        (x->variadic >= 0) - (y->variadic >= 0), /* not variadic */
        y->count - x->count,                     /* more parameters */
        x->generics - y->generics,               /* fewer generics */
        x->any_variadic - y->any_variadic,       /* no variadic of any type */
        y->variadic - x->variadic,               /* variadic further right */
    };
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (order[i])
            return order[i];
    }
    return 0;
}

/* ---- binding --------------------------------------------------------------------------------- */

static const Type *plain_type(TypeKind k)
{
    static const Type *const plain[TYPE_KIND_COUNT] = {
        [TYPE_NULL] = &type_null,       [TYPE_BOOLEAN] = &type_boolean,
        [TYPE_INTEGER] = &type_integer, [TYPE_BIGINT] = &type_bigint,
        [TYPE_DOUBLE] = &type_double,   [TYPE_STRING] = &type_string,
        [TYPE_BYTES] = &type_bytes,     [TYPE_DATE] = &type_date,
        [TYPE_TIME] = &type_time,       [TYPE_TIMESTAMP] = &type_timestamp,
    };
    assert(plain[k]);
    return plain[k];
}

/* What an argument becomes for a DECIMAL parameter; NULL when it does not say. */
static const Type *decimal_of(Arena *a, const Type *arg)
{
    switch (arg ? arg->kind : TYPE_NULL) {
    case TYPE_DECIMAL:
        return arg;
    case TYPE_INTEGER:
        return type_decimal(a, 10, 0);
    case TYPE_BIGINT:
        return type_decimal(a, 19, 0);
    default:
        return NULL;
    }
}

static const Type *bind_type(Arena *a, const SigType *s, const Type *arg, const Bindings *b)
{
    const Type *decimal;
    switch (s->kind) {
    case SIG_EXACT:
        if (s->type != TYPE_DECIMAL)
            return plain_type(s->type);
        decimal = decimal_of(a, arg);
        return decimal ? decimal : type_decimal(a, 38, 0);
    case SIG_GENERIC:
        return b->of[s->letter - 'A'] ? b->of[s->letter - 'A'] : &type_null;
    case SIG_ARRAY:
        return type_array(a, bind_type(a, s->inner[0], arg ? arg->elem : NULL, b));
    case SIG_MAP:
        return type_map(a, bind_type(a, s->inner[0], arg ? arg->key : NULL, b),
                        bind_type(a, s->inner[1], arg ? arg->elem : NULL, b));
    case SIG_ANY:
        break;
    }
    return arg ? arg : &type_null;
}

void sig_bind(Arena *a, const Signature *s, const Type *const *args, int count, const Type **params,
              const Type **result)
{
    Bindings b;
    bool fits = all_fit(s, args, count, true, &b);
    assert(fits);
    const Type *decimal = NULL; /* the first DECIMAL: what NULLs and the result become */
    for (int i = 0; i < count; i++) {
        const SigType *p = s->params[param_of(s, i, count)].type;
        params[i] = bind_type(a, p, args[i], &b);
        bool said = args[i]->kind != TYPE_NULL;
        if (!decimal && said && p->kind == SIG_EXACT && p->type == TYPE_DECIMAL)
            decimal = params[i];
    }
    for (int i = 0; i < count && decimal; i++) {
        if (args[i]->kind == TYPE_NULL && params[i]->kind == TYPE_DECIMAL)
            params[i] = decimal;
    }
    *result = bind_type(a, s->result, decimal, &b);
    (void)fits;
}
