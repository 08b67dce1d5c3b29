/* random_expr.h: seeded random expressions and batches, as SQL text and columns: what the property
 * tests feed on. Every expression binds; the generator knows the types. */
#ifndef OXBOW_TESTS_UNIT_EXPR_RANDOM_EXPR_H
#define OXBOW_TESTS_UNIT_EXPR_RANDOM_EXPR_H

#include "expr_case.h"

typedef struct Dice {
    uint64_t state;
} Dice;

static uint32_t roll(Dice *d, uint32_t sides)
{
    d->state = d->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(d->state >> 33) % sides;
}

static void random_expr(Dice *d, Buf *out, TypeKind type, int depth);

/* Text with %i, %l, %d, %m, %s, %b for random parts of that type; %% is a percent sign. */
static void random_form(Dice *d, Buf *out, const char *form, int depth)
{
    for (; *form; form++) {
        if (*form != '%') {
            buf_putc(out, *form);
            continue;
        }
        switch (*++form) {
        case '%':
            buf_putc(out, '%');
            break;
        case 'i':
            random_expr(d, out, TYPE_INTEGER, depth);
            break;
        case 'l':
            random_expr(d, out, TYPE_BIGINT, depth);
            break;
        case 'd':
            random_expr(d, out, TYPE_DOUBLE, depth);
            break;
        case 'm':
            random_expr(d, out, TYPE_DECIMAL, depth);
            break;
        case 's':
            random_expr(d, out, TYPE_STRING, depth);
            break;
        default:
            random_expr(d, out, TYPE_BOOLEAN, depth);
        }
    }
}

static const char *const integer_forms[] = {"(%i + %i)",
                                            "(%i * %i)",
                                            "(%i / %i)",
                                            "(%i %% %i)",
                                            "(- %i)",
                                            "ABS(%i)",
                                            "LEN(%s)",
                                            "CAST(%s AS INT)",
                                            "CAST(%l AS INT)",
                                            "CAST(%d AS INT)",
                                            "CASE WHEN %b THEN %i ELSE %i END",
                                            "IFNULL(%i, %i)",
                                            "INSTR(%s, %s)",
                                            "CASE %i WHEN %i THEN %i WHEN %i THEN %i END",
                                            "GREATEST(%i, %i, %i)",
                                            "NULLIF(%i, %i)"};
static const char *const bigint_forms[] = {"(%l - %l)",
                                           "(%i + %l)",
                                           "(%l / %i)",
                                           "CAST(%i AS BIGINT)",
                                           "ROUND(%d)",
                                           "COALESCE(%l, %l)",
                                           "CASE WHEN %b THEN %l END",
                                           "(%l %% %l)",
                                           "ROUND(%i)"};
static const char *const double_forms[] = {
    "(%d + %d)",          "(%d / %i)",
    "(%d * %m)",          "CAST(%l AS DOUBLE)",
    "FLOOR(%d)",          "ROUND(%d, 2)",
    "CAST(%s AS DOUBLE)", "(%d %% %d)",
    "LEAST(%d, %d)",      "CASE WHEN %b THEN %d ELSE 0e0 END"};
static const char *const decimal_forms[] = {"CAST(%d AS DECIMAL(8, 3))",
                                            "CAST(%i AS DECIMAL(8, 3))",
                                            "CAST(%s AS DECIMAL(8, 3))",
                                            "CAST((%m + %m) AS DECIMAL(8, 3))",
                                            "CAST((%m * %m) AS DECIMAL(8, 3))",
                                            "CAST((%m / 4.0) AS DECIMAL(8, 3))",
                                            "ABS(%m)",
                                            "ROUND(%m, 1)",
                                            "CASE WHEN %b THEN %m ELSE %m END"};
static const char *const string_forms[] = {"(%s + %s)",
                                           "(%s || %s)",
                                           "UCASE(%s)",
                                           "LCASE(%s)",
                                           "TRIM(%s)",
                                           "SUBSTRING(%s, %i)",
                                           "SUBSTRING(%s, %i, 2)",
                                           "REPLACE(%s, %s, 'x')",
                                           "CAST(%i AS STRING)",
                                           "CAST(%m AS STRING)",
                                           "CAST(%b AS STRING)",
                                           "COALESCE(%s, %s)",
                                           "CASE WHEN %b THEN %s ELSE %s END"};
static const char *const boolean_forms[] = {"(%i < %i)",
                                            "(%i <> %l)",
                                            "(%d >= %m)",
                                            "(%m = %m)",
                                            "(%s > %s)",
                                            "(%s = %s)",
                                            "(%b AND %b)",
                                            "(%b OR %b)",
                                            "(NOT %b)",
                                            "(%i IS NULL)",
                                            "(%s IS NOT NULL)",
                                            "(%i BETWEEN %i AND %l)",
                                            "(%i IN (1, %i, NULL))",
                                            "(%s NOT IN ('a', %s))",
                                            "(%s LIKE %s)",
                                            "(%l IS DISTINCT FROM %i)",
                                            "(%b = %b)"};

#define FORMS(list)                                                                                \
    {                                                                                              \
        (list), sizeof(list) / sizeof(list)[0]                                                     \
    }
static const struct {
    const char *const *forms;
    size_t count;
} type_forms[TYPE_KIND_COUNT] = {
    [TYPE_BOOLEAN] = FORMS(boolean_forms), [TYPE_INTEGER] = FORMS(integer_forms),
    [TYPE_BIGINT] = FORMS(bigint_forms),   [TYPE_DECIMAL] = FORMS(decimal_forms),
    [TYPE_DOUBLE] = FORMS(double_forms),   [TYPE_STRING] = FORMS(string_forms)};

static void random_leaf(Dice *d, Buf *out, TypeKind type)
{
    static const char *const leaves[TYPE_KIND_COUNT][6] = {
        [TYPE_BOOLEAN] = {"F", "F", "true", "false", "F", "CAST(NULL AS BOOLEAN)"},
        [TYPE_INTEGER] = {"I", "J", "0", "-1", "2147483647", "I"},
        [TYPE_BIGINT] = {"L", "L", "ROWOFFSET", "-9223372036854775808", "L", "3000000000"},
        [TYPE_DECIMAL] = {"CAST(M AS DECIMAL(8, 3))", "CAST(M AS DECIMAL(8, 3))",
                          "CAST(0.125 AS DECIMAL(8, 3))", "CAST(M AS DECIMAL(8, 3))",
                          "CAST(-7 AS DECIMAL(8, 3))", "CAST(NULL AS DECIMAL(8, 3))"},
        [TYPE_DOUBLE] = {"D", "D", "0.5e0", "-1e300", "D", "0e0"},
        [TYPE_STRING] = {"S", "T", "'12'", "'%a_'", "'\xC3\x9F\xF0\x9F\x90\x82'", "K"}};
    buf_puts(out, leaves[type][roll(d, 6)]);
}

static void random_expr(Dice *d, Buf *out, TypeKind type, int depth)
{
    if (depth <= 0 || roll(d, 5) == 0)
        random_leaf(d, out, type);
    else
        random_form(d, out, type_forms[type].forms[roll(d, (uint32_t)type_forms[type].count)],
                    depth - 1);
}

/* A random expression of one of the six types. */
MAYBE_UNUSED static Expr *random_bound(Dice *d, int depth)
{
    static const TypeKind kinds[] = {TYPE_BOOLEAN, TYPE_INTEGER, TYPE_BIGINT,
                                     TYPE_DECIMAL, TYPE_DOUBLE,  TYPE_STRING};
    Buf sql;
    buf_init(&sql);
    random_expr(d, &sql, kinds[roll(d, 6)], depth);
    Expr *e = case_bind(buf_cstr(&sql));
    buf_fini(&sql);
    return e;
}

static void random_cell(Dice *d, Batch *b, int c, int row)
{
    static const char *const texts[] = {"", "a", "12", "reed", " 7 ", "x%y", "\xC3\x89t\xC3\xA9"};
    Column *col = &b->cols[c];
    uint32_t r = roll(d, 7);
    col->valid[row] = c == 0 || roll(d, 4) != 0;
    switch (type_repr(col->type)) {
    case REPR_BOOL:
        col->b[row] = r & 1;
        break;
    case REPR_I32:
        col->i32[row] = r == 0 ? INT32_MIN : (int32_t)r - 3;
        break;
    case REPR_I64:
        col->i64[row] = r == 0 ? INT64_MIN : (int64_t)r - 3;
        break;
    case REPR_F64:
        col->f64[row] = r == 0 ? 1e308 : (double)r / 4 - 0.5;
        break;
    case REPR_I128:
        col->i128[row] = (int)(roll(d, 19999)) - 9999;
        break;
    case REPR_STR:
        col->str[row] = str_of(texts[r]);
        break;
    default:
        col->valid[row] = 0;
    }
}

MAYBE_UNUSED static Batch *random_batch(Dice *d, Arena *a, int rows)
{
    Batch *b = case_batch(a, rows);
    for (int c = 0; c < CASE_COLUMNS; c++) {
        for (int i = 0; i < rows; i++)
            random_cell(d, b, c, i);
    }
    for (int i = 0; i < rows; i++)
        b->new_state[i] = roll(d, 10) ? SIDE_ROW : SIDE_NONE;
    return b;
}

#endif
