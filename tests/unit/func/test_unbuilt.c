/* Functions that the dialect has and that are not built: known by name and kind, and never twice.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "func/func.h"

static const FuncKind kinds[] = {FUNC_SCALAR, FUNC_AGGREGATE, FUNC_TABLE};

static void a_built_function_is_not_unbuilt(void **state)
{
    (void)state;
    for (int i = 0; i < func_count(); i++)
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
            assert_null(func_unbuilt(str_of(func_at(i)->name), kinds[k]));
}

static void names_are_found_in_any_case_by_kind(void **state)
{
    (void)state;
    assert_string_equal(func_unbuilt(STR_LIT("topk"), FUNC_AGGREGATE), "TOPK");
    assert_string_equal(func_unbuilt(STR_LIT("Explode"), FUNC_TABLE), "EXPLODE");
    assert_string_equal(func_unbuilt(STR_LIT("PARSE_TIMESTAMP"), FUNC_SCALAR), "PARSE_TIMESTAMP");
    assert_null(func_unbuilt(STR_LIT("topk"), FUNC_SCALAR));
    assert_null(func_unbuilt(STR_LIT("MEANDER"), FUNC_SCALAR));
    assert_null(func_unbuilt(STR_NULL, FUNC_SCALAR));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_built_function_is_not_unbuilt),
        cmocka_unit_test(names_are_found_in_any_case_by_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
