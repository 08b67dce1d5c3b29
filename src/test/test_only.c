/* test_only.c: functions that cases of this format may call and no product has.
 *
 * The runner whose format this is puts them on its class path. Here a case that calls one is
 * skipped, by the program's own error about a function it does not know. */
#include "test/run_int.h"

static const char *const names[] = {
    "BAD_UDF",     "FIVE_ARG",      "FOUR_ARG",      "GENERIC_VAR_ARG",
    "MID_VAR_ARG", "MULTI_ARG",     "OBJ_COL_ARG",   "TEST_UDAF",
    "TEST_UDF",    "TEST_UDTF",     "THROWING_UDTF", "TOSTRUCT",
    "VAR_ARG",     "WHENCONDITION", "WHENRESULT",    NULL,
};

const char *test_only_function(const Err *err)
{
    static const char phrase[] = "any functions with the name '";
    const char *at = strstr(err->text, phrase);
    const char *end = at ? strchr(at + sizeof phrase - 1, '\'') : NULL;
    if (!end)
        return NULL;
    at += sizeof phrase - 1;
    for (const char *const *n = names; *n; n++)
        if (str_eq_nocase(str_make(at, (size_t)(end - at)), str_of(*n)))
            return *n;
    return NULL;
}
