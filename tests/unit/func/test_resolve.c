/* The function table: finding, overloads, and the words of refusal. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>

#include "func/func.h"

static Arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

/* "INTEGER, DECIMAL(4, 2), null" as a list of types; only what the tests use. */
static int types_of(const char *list, const Type **out)
{
    int n = 0;
    char *copy = arena_strndup(&arena, list, strlen(list));
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
        int p, s;
        if (sscanf(word, "DECIMAL(%d,%d)", &p, &s) == 2)
            out[n++] = type_decimal(&arena, p, s);
        else if (strcmp(word, "ARRAY<INTEGER>") == 0)
            out[n++] = type_array(&arena, &type_integer);
        else
            out[n++] = strcmp(word, "null") == 0 ? &type_null : type_find(str_of(word));
        assert_non_null(out[n - 1]);
    }
    return n;
}

static Rc resolve(const char *name, const char *args, FuncMatch *m, Err *err)
{
    const Type *types[8];
    int n = types_of(args, types);
    const FuncRow *f = func_find(str_of(name));
    if (!f)
        fail_msg("there is no %s", name);
    return func_resolve(&arena, f, str_of(name), types, n, m, err);
}

/* The signature chosen, what the arguments become, the result. */
static void gives(const char *name, const char *args, const char *want)
{
    FuncMatch m;
    Err err = ERR_INIT;
    const Type *types[8];
    int n = types_of(args, types);
    if (resolve(name, args, &m, &err))
        fail_msg("%s(%s): %s", name, args, err.text);
    Buf out;
    buf_init(&out);
    func_print_signature(&out, m.row, m.overload);
    buf_puts(&out, " |");
    for (int i = 0; i < n; i++) {
        buf_putc(&out, ' ');
        type_print(&out, m.param_types[i]);
    }
    buf_puts(&out, " | ");
    type_print(&out, m.result);
    assert_string_equal(buf_cstr(&out), want);
    assert_ptr_equal(func_overload(m.row, str_of(m.overload->signature)), m.overload);
    assert_int_equal(m.overload - m.row->overloads, m.overload_index);
    buf_fini(&out);
}

static void refuses(const char *name, const char *args, ErrCode code, const char *text)
{
    FuncMatch m;
    Err err = ERR_INIT;
    assert_int_equal(resolve(name, args, &m, &err), code);
    assert_string_equal(err.text, text);
}

static void exact_matches(void **state)
{
    (void)state;
    gives("abs", "INTEGER", "(INTEGER) INTEGER | INTEGER | INTEGER");
    gives("ABS", "DECIMAL(4,2)", "(DECIMAL) DECIMAL | DECIMAL(4, 2) | DECIMAL(4, 2)");
    gives("Substring", "STRING INTEGER", "(STRING, INTEGER) STRING | STRING INTEGER | STRING");
    gives("COALESCE", "DATE null DATE", "(T, T...) T | DATE DATE DATE | DATE");
    gives("COALESCE", "null STRING", "(T, T...) T | STRING STRING | STRING");
    gives("AS_VALUE", "ARRAY<INTEGER>", "(T) T | ARRAY<INTEGER> | ARRAY<INTEGER>");
    gives("CONCAT", "STRING null STRING", "(STRING...) STRING | STRING STRING STRING | STRING");
    gives("PI", "", "() DOUBLE | | DOUBLE");
    gives("COUNT", "BOOLEAN", "(T) BIGINT | BOOLEAN | BIGINT");
    gives("ROUND", "DECIMAL(5,2)", "(DECIMAL) DECIMAL | DECIMAL(5, 2) | DECIMAL(3, 0)");
    gives("SUBSTRING", "STRING null", "(STRING, INTEGER) STRING | STRING INTEGER | STRING");
}

static void implicit_casts(void **state)
{
    (void)state;
    gives("SQRT", "DECIMAL(4,2)", "(DOUBLE) DOUBLE | DOUBLE | DOUBLE");
    gives("ROUND", "DOUBLE null", "(DOUBLE, INTEGER) DOUBLE | DOUBLE INTEGER | DOUBLE");
    gives("GREATEST", "INTEGER BIGINT DECIMAL(4,2) DOUBLE",
          "(DOUBLE, DOUBLE...) DOUBLE | DOUBLE DOUBLE DOUBLE DOUBLE | DOUBLE");
    gives("GREATEST", "DECIMAL(8,3) DECIMAL(5,3) null",
          "(DECIMAL, DECIMAL...) DECIMAL | DECIMAL(8, 3) DECIMAL(5, 3) DECIMAL(8, 3) | "
          "DECIMAL(8, 3)");
    gives("GREATEST", "DATE STRING", "(DATE, DATE...) DATE | DATE DATE | DATE");
}

static void ambiguous_calls(void **state)
{
    (void)state;
    FuncMatch m;
    Err err = ERR_INIT;
    static const char *const calls[][2] = {
        {"GREATEST", "INTEGER BIGINT"},
        {"LEAST", "INTEGER DECIMAL(4,2)"},
        {"ROUND", "INTEGER INTEGER"},
        {"ABS", "null"},
        {"LEN", "null"},
        {"CONCAT", "null null"},
        {"GREATEST", "null null"},
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        assert_int_equal(resolve(calls[i][0], calls[i][1], &m, &err), ERR_STATEMENT);
        if (!strstr(err.text, "cannot be resolved due to ambiguous method parameters ("))
            fail_msg("%s", err.text);
    }
    refuses("len", "null", ERR_STATEMENT,
            "Function 'len' cannot be resolved due to ambiguous method parameters (null).\n"
            "Cast the arguments to the types of one of these:\n"
            "len(STRING text)\n"
            "len(BYTES bytes)");
}

static void calls_that_fit_nothing(void **state)
{
    (void)state;
    refuses("TRIM", "INTEGER", ERR_STATEMENT,
            "Function 'trim' does not accept parameters (INTEGER).\n"
            "Valid alternatives are:\n"
            "trim(STRING text)");
    refuses("coalesce", "", ERR_STATEMENT,
            "Function 'COALESCE' does not accept parameters ().\n"
            "Valid alternatives are:\n"
            "COALESCE(T first, T... more)");
    refuses("IFNULL", "BIGINT INTEGER", ERR_STATEMENT,
            "Function 'IFNULL' does not accept parameters (BIGINT, INTEGER).\n"
            "Valid alternatives are:\n"
            "IFNULL(T value, T instead)");
    FuncMatch m;
    Err err = ERR_INIT;
    assert_int_equal(resolve("GREATEST", "STRING INTEGER", &m, &err), ERR_STATEMENT);
    assert_non_null(strstr(err.text, "Function 'greatest' does not accept parameters (STRING, "
                                     "INTEGER)."));
    assert_int_equal(resolve("GREATEST", "", &m, &err), ERR_STATEMENT);
    /* aggregates never cast */
    assert_int_equal(resolve("AVG", "DECIMAL(4,2)", &m, &err), ERR_STATEMENT);
    assert_non_null(strstr(err.text, "Function 'avg' does not accept parameters (DECIMAL(4, 2))."));
}

static void what_is_not_built(void **state)
{
    (void)state;
    refuses("MAX", "STRING", ERR_NOT_BUILT, "not built yet: MAX(STRING)");
    refuses("LEAST", "DECIMAL(8,3) DECIMAL(5,4)", ERR_NOT_BUILT,
            "not built yet: GREATEST and LEAST of DECIMALs with different scales");
    refuses("ABS", "DECIMAL(40,2)", ERR_NOT_BUILT,
            "not built yet: Abs of a DECIMAL of more than 38 digits");
}

static void names_are_found_in_any_case(void **state)
{
    (void)state;
    assert_non_null(func_find(STR_LIT("uCaSe")));
    assert_ptr_equal(func_find(STR_LIT("COUNT")), func_find(STR_LIT("count")));
    assert_null(func_find(STR_LIT("UCASE2")));
    assert_null(func_find(STR_LIT("")));
    assert_null(func_find(STR_NULL));
    for (int i = 0; i < func_count(); i++)
        assert_ptr_equal(func_find(str_of(func_at(i)->name)), func_at(i));
}

static void signatures_are_found_without_names(void **state)
{
    (void)state;
    const FuncRow *f = func_find(STR_LIT("substring"));
    assert_ptr_equal(func_overload(f, STR_LIT("(BYTES, INTEGER) BYTES")), &f->overloads[2]);
    assert_null(func_overload(f, STR_LIT("(BYTES) BYTES")));
    const Type *fits[] = {&type_bytes, &type_integer}, *not [] = {&type_string, &type_integer};
    FuncMatch m;
    assert_true(func_match(&arena, f, &f->overloads[2], fits, 2, &m));
    assert_true(type_eq(m.result, &type_bytes));
    assert_false(func_match(&arena, f, &f->overloads[2], not, 2, &m));
    assert_false(func_match(&arena, f, &f->overloads[2], fits, 1, &m));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_matches),
        cmocka_unit_test(implicit_casts),
        cmocka_unit_test(ambiguous_calls),
        cmocka_unit_test(calls_that_fit_nothing),
        cmocka_unit_test(what_is_not_built),
        cmocka_unit_test(names_are_found_in_any_case),
        cmocka_unit_test(signatures_are_found_without_names),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
