/* func_int.h: what the files of func/ share: parsed signatures, the families, case tables. */
#ifndef OXBOW_FUNC_FUNC_INT_H
#define OXBOW_FUNC_FUNC_INT_H

#include "func/func.h"
#include "func/order.h"

/* ---- signatures (func_sig.c) --------------------------------------------------------------- */

enum { SIG_PARAMS_MAX = 8 };

typedef enum SigKind {
    SIG_EXACT,   /* a primitive type; DECIMAL of any precision and scale */
    SIG_GENERIC, /* a letter */
    SIG_ANY,
    SIG_ARRAY, /* of inner[0] */
    SIG_MAP    /* inner[0] to inner[1] */
} SigKind;

typedef struct SigType SigType;
struct SigType {
    SigKind kind;
    TypeKind type; /* EXACT */
    char letter;   /* GENERIC */
    const SigType *inner[2];
};

typedef struct SigParam {
    const SigType *type;
    Str name;
} SigParam;

typedef struct Signature {
    SigParam params[SIG_PARAMS_MAX];
    int count;
    int variadic; /* which parameter repeats, zero times or more; -1: none */
    int generics; /* parameters that mention a letter */
    bool any_variadic;
    const SigType *result;
} Signature;

/* A signature that does not parse is a mistake in a table: it ends in an assert. */
Signature *sig_parse(Arena *a, const char *text);
void sig_print(Buf *out, const Signature *s);                         /* (STRING) STRING */
void sig_print_named(Buf *out, const char *name, const Signature *s); /* trim(STRING text) */
/* Do the arguments fit? `casts`: with the implicit casts of functions.md 1.3. */
bool sig_fits(const Signature *s, const Type *const *args, int count, bool casts);
/* Which of two fitting signatures is preferred: < 0 the first, > 0 the second, 0 a tie. */
int sig_prefer(const Signature *x, const Signature *y);
/* The types that arguments which fit are cast to, and the result. */
void sig_bind(Arena *a, const Signature *s, const Type *const *args, int count, const Type **params,
              const Type **result);

/* Bytes as text: what is no UTF-8 becomes U+FFFD (func_encode.c). */
void text_put_repaired(Buf *out, Str bytes);

/* ---- families ------------------------------------------------------------------------------ */

typedef struct FuncFamily {
    const FuncRow *rows;
    int count;
} FuncFamily;

extern const FuncFamily family_string, family_pad, family_url, family_encode, family_json;
extern const FuncFamily family_math, family_double, family_greatest, family_cond, family_other;
extern const FuncFamily family_count, family_sum, family_avg, family_minmax;

#define FAMILY_OF(rows)                                                                            \
    {                                                                                              \
        (rows), (int)(sizeof(rows) / sizeof(rows)[0])                                              \
    }
#define OVERLOADS(list) .overloads = (list), .overload_count = (int)(sizeof(list) / sizeof(list)[0])

/* ---- text (func_string.c, func_case.c) ------------------------------------------------------- */

/* A text and how its positions count: in UTF-16 code units, of BYTES in bytes. */
typedef struct TextUnits {
    Str s;
    bool plain; /* one byte is one unit: ASCII, or BYTES */
    int64_t count;
} TextUnits;

TextUnits text_units(Str s, bool bytes);
/* Units [from, to), 0 <= from, to <= count. Half a pair at an end has no form in UTF-8 and becomes
 * '?'. Points into the text where it can. */
Str text_slice(const TextUnits *u, int64_t from, int64_t to, FuncText *t);

bool text_is_ascii(Str s);
/* Full Unicode case mapping, root locale; false when the result is longer than a string may be. */
bool text_upper(FuncText *t, Str s, Str *out);
bool text_lower(FuncText *t, Str s, Str *out);

typedef struct CaseRange { /* code points lo, lo + stride, ... hi map to themselves + delta */
    uint32_t lo, hi;
    int32_t stride, delta;
} CaseRange;

typedef struct CaseSpecial { /* one code point that becomes several */
    uint32_t from;
    uint32_t to[3]; /* 0 ends */
} CaseSpecial;

extern const CaseRange case_upper[], case_lower[]; /* func_case_table.c */
extern const int case_upper_count, case_lower_count;
extern const CaseSpecial case_upper_special[], case_lower_special[];
extern const int case_upper_special_count, case_lower_special_count;

#endif
