/* func.c: the registry: every family in one sorted table, names, overload resolution.
 *
 * Owns the parsed signatures: made once, at first use, on whatever thread comes first, in an arena
 * that lives as long as the process. Rows belong to their families; rules of matching to
 * func_sig.c. */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "func/func_int.h"

static const FuncFamily *const families[] = {
    &family_string, &family_pad,    &family_encode,   &family_url,    &family_json,
    &family_math,   &family_double, &family_greatest, &family_cond,   &family_other,
    &family_count,  &family_sum,    &family_avg,      &family_minmax,
};

typedef struct Entry {
    const FuncRow *row;
    Signature **signatures; /* as the row's overloads */
} Entry;

static struct {
    Arena arena;
    Entry *entries; /* sorted by name, case folded */
    int count;
} registry;
static pthread_once_t registry_once = PTHREAD_ONCE_INIT;

/* Order of names without regard to case. */
static int name_cmp(Str x, Str y)
{
    uint32_t n = x.len < y.len ? x.len : y.len;
    for (uint32_t i = 0; i < n; i++) {
        int cx = (unsigned char)x.ptr[i], cy = (unsigned char)y.ptr[i];
        cx = cx >= 'a' && cx <= 'z' ? cx - 32 : cx;
        cy = cy >= 'a' && cy <= 'z' ? cy - 32 : cy;
        if (cx != cy)
            return cx - cy;
    }
    return (x.len > y.len) - (x.len < y.len);
}

static int entry_cmp(const void *x, const void *y)
{
    return name_cmp(str_of(((const Entry *)x)->row->name), str_of(((const Entry *)y)->row->name));
}

static void registry_make(void)
{
    enum { FAMILIES = sizeof families / sizeof families[0] };
    arena_init(&registry.arena, 0);
    int count = 0;
    for (int f = 0; f < FAMILIES; f++)
        count += families[f]->count;
    registry.entries = ARENA_ARRAY(&registry.arena, Entry, count);
    for (int f = 0; f < FAMILIES; f++) {
        for (int r = 0; r < families[f]->count; r++) {
            Entry *e = &registry.entries[registry.count++];
            e->row = &families[f]->rows[r];
            e->signatures = ARENA_ARRAY(&registry.arena, Signature *, e->row->overload_count);
            for (int i = 0; i < e->row->overload_count; i++)
                e->signatures[i] = sig_parse(&registry.arena, e->row->overloads[i].signature);
        }
    }
    qsort(registry.entries, (size_t)count, sizeof *registry.entries, entry_cmp);
}

static const Entry *find_entry(Str name)
{
    pthread_once(&registry_once, registry_make);
    int lo = 0, hi = registry.count - 1;
    while (lo <= hi) {
        int mid = (lo + hi) / 2;
        int order = name_cmp(name, str_of(registry.entries[mid].row->name));
        if (order == 0)
            return &registry.entries[mid];
        if (order < 0)
            hi = mid - 1;
        else
            lo = mid + 1;
    }
    return NULL;
}

const FuncRow *func_find(Str name)
{
    const Entry *e = name.ptr ? find_entry(name) : NULL;
    return e ? e->row : NULL;
}

int func_count(void)
{
    pthread_once(&registry_once, registry_make);
    return registry.count;
}

const FuncRow *func_at(int i)
{
    assert(i >= 0 && i < func_count());
    return registry.entries[i].row;
}

static const Entry *entry_of(const FuncRow *row)
{
    const Entry *e = find_entry(str_of(row->name));
    assert(e && e->row == row);
    return e;
}

/* ---- resolution ------------------------------------------------------------------------------ */

enum { BEST_NONE = -1, BEST_TIE = -2 };

/* The index of the best fitting overload. */
static int best_overload(const Entry *e, const Type *const *args, int count, bool casts)
{
    int best = BEST_NONE;
    bool tied = false;
    for (int i = 0; i < e->row->overload_count; i++) {
        if (!sig_fits(e->signatures[i], args, count, casts))
            continue;
        int order = best < 0 ? 1 : sig_prefer(e->signatures[best], e->signatures[i]);
        if (order > 0)
            best = i;
        tied = order == 0 || (order < 0 && tied);
    }
    return tied ? BEST_TIE : best;
}

static void print_types(Buf *out, const Type *const *args, int count)
{
    for (int i = 0; i < count; i++) {
        if (i)
            buf_puts(out, ", ");
        if (args[i]->kind == TYPE_NULL)
            buf_puts(out, "null");
        else
            type_print(out, args[i]);
    }
}

static Rc refuse(const Entry *e, const Type *const *args, int count, bool tie, Err *err)
{
    Buf types, variants;
    buf_init(&types);
    buf_init(&variants);
    print_types(&types, args, count);
    for (int i = 0; i < e->row->overload_count; i++) {
        buf_putc(&variants, '\n');
        sig_print_named(&variants, e->row->name, e->signatures[i]);
    }
    Rc rc;
    if (tie)
        rc = err_at(err, ERR_STATEMENT, SPAN_NONE,
                    "Function '%s' cannot be resolved due to ambiguous method parameters (%s).\n"
                    "Cast the arguments to the types of one of these:%s",
                    e->row->name, buf_cstr(&types), buf_cstr(&variants));
    else
        rc = err_at(err, ERR_STATEMENT, SPAN_NONE,
                    "Function '%s' does not accept parameters (%s).\n"
                    "Valid alternatives are:%s",
                    e->row->name, buf_cstr(&types), buf_cstr(&variants));
    buf_fini(&types);
    buf_fini(&variants);
    return rc;
}

static Rc bind_overload(Arena *a, const Entry *e, int index, const Type *const *args, int count,
                        FuncMatch *out, Err *err)
{
    const FuncOverload *o = &e->row->overloads[index];
    const Type **params = ARENA_ARRAY(a, const Type *, count + 1);
    *out =
        (FuncMatch){.row = e->row, .overload = o, .overload_index = index, .param_types = params};
    sig_bind(a, e->signatures[index], args, count, params, &out->result);
    Rc rc = o->result ? o->result(a, params, count, &out->result, err) : 0;
    for (int i = 0; !rc && i <= count; i++) {
        const Type *t = i < count ? params[i] : out->result;
        if (t->kind == TYPE_DECIMAL && type_repr(t) != REPR_I128)
            rc = err_not_built(err, "%s of a DECIMAL of more than 38 digits", e->row->name);
    }
    return rc;
}

Rc func_resolve(Arena *a, const FuncRow *row, Str spelling, const Type *const *args, int count,
                FuncMatch *out, Err *err)
{
    (void)spelling;
    const Entry *e = entry_of(row);
    int best = best_overload(e, args, count, false);
    if (best == BEST_NONE && row->kind != FUNC_AGGREGATE) /* aggregates never cast */
        best = best_overload(e, args, count, true);
    if (best < 0)
        return refuse(e, args, count, best == BEST_TIE, err);
    Rc rc = bind_overload(a, e, best, args, count, out, err);
    if (rc)
        return rc;
    if (!out->overload->kernel && !out->overload->agg) {
        Buf types;
        buf_init(&types);
        print_types(&types, args, count);
        rc = err_not_built(err, "%s(%s)", row->name, buf_cstr(&types));
        buf_fini(&types);
    }
    return rc;
}

bool func_match(Arena *a, const FuncRow *row, const FuncOverload *overload, const Type *const *args,
                int count, FuncMatch *out)
{
    const Entry *e = entry_of(row);
    int index = (int)(overload - row->overloads);
    assert(index >= 0 && index < row->overload_count);
    if (!sig_fits(e->signatures[index], args, count, false))
        return false;
    return bind_overload(a, e, index, args, count, out, NULL) == 0;
}

void func_print_signature(Buf *out, const FuncRow *row, const FuncOverload *overload)
{
    sig_print(out, entry_of(row)->signatures[overload - row->overloads]);
}

const FuncOverload *func_overload(const FuncRow *row, Str signature)
{
    const FuncOverload *found = NULL;
    Buf text;
    buf_init(&text);
    for (int i = 0; i < row->overload_count && !found; i++) {
        buf_reset(&text);
        func_print_signature(&text, row, &row->overloads[i]);
        if (str_eq(buf_str(&text), signature) ||
            str_eq(str_of(row->overloads[i].signature), signature))
            found = &row->overloads[i];
    }
    buf_fini(&text);
    return found;
}

/* ---- shared by the families ------------------------------------------------------------------ */

char *func_text_room(FuncText *t, size_t n)
{
    enum { PIECE_BYTES = 4096 };
    if (!t->at || (size_t)(t->end - t->at) < n) { /* never NULL: an empty text is one */
        size_t bytes = n > PIECE_BYTES ? n : PIECE_BYTES;
        t->at = arena_alloc(t->arena, bytes);
        t->end = t->at + bytes;
    }
    return t->at;
}

Str func_text_put(FuncText *t, Str s)
{
    char *to = func_text_room(t, s.len);
    memcpy(to, s.ptr, s.len);
    t->at += s.len;
    return str_make(to, s.len);
}
