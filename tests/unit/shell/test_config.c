/* test_config.c: the configuration file: what is taken, what is refused and with which words. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shell/config.h"

static char path[] = "/tmp/oxbow-config-XXXXXX";

static Rc read_text(Config *c, const char *text, mode_t mode, Err *err)
{
    FILE *f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
    chmod(path, mode);
    *err = ERR_INIT;
    return config_read(c, path, err);
}

static void refused(const char *text, mode_t mode, const char *why)
{
    Config c;
    Err err;
    assert_int_not_equal(read_text(&c, text, mode, &err), 0);
    assert_int_equal(err.code, ERR_USAGE);
    assert_non_null(strstr(err.text, why));
    assert_null(strstr(err.text, "hunter2"));
    config_fini(&c);
}

static void test_lines(void **state)
{
    Config c;
    Err err;
    const char *text = "# a comment\n\n  session.timeout.ms =  6000 \r\nsasl.password=hunter2=\n"
                       "oxbow.read.wait.ms=7\nempty=";
    assert_int_equal(read_text(&c, text, 0600, &err), 0);
    const char *const *k = config_kafka(&c);
    const char *const expected[] = {"session.timeout.ms", "6000", "sasl.password", "hunter2=",
                                    "empty", "", NULL};
    for (int i = 0; expected[i]; i++)
        assert_string_equal(k[i], expected[i]);
    assert_null(k[6]);
    Catalog *cat = catalog_new();
    assert_int_equal(config_set(&c, cat, &err), 0);
    assert_int_equal(catalog_get_int(cat, "oxbow.read.wait.ms"), 7);
    assert_false(catalog_is_override(cat, "session.timeout.ms"));
    catalog_free(cat);
    config_fini(&c);
}

static void test_nothing(void **state)
{
    Config none = {0};
    assert_null(config_kafka(&none)[0]);
    config_fini(&none);
}

static void test_refused(void **state)
{
    refused("a=1\nnonsense\n", 0600, ":2: a line is 'name = value', or begins with #");
    refused(" = 3\n", 0600, ":1: there is no name before '='");
    refused("sasl.password=hunter2\n", 0644, ":1: 'sasl.password' is a secret, and others may read");
    refused("SSL.KEY.PEM=hunter2\n", 0640, "'SSL.KEY.PEM' is a secret");
    refused("a=1\n", 0620, "others may write");
}

static void test_not_a_file(void **state)
{
    Config c;
    Err err = ERR_INIT;
    assert_int_not_equal(config_read(&c, "/tmp", &err), 0);
    assert_string_equal(err.text, "/tmp is not a regular file");
    config_fini(&c);
    err_clear(&err);
    assert_int_not_equal(config_read(&c, "/nowhere/at/all", &err), 0);
    assert_string_equal(err.text, "cannot read /nowhere/at/all: No such file or directory");
    config_fini(&c);
}

static void test_too_long(void **state)
{
    Config c;
    Err err;
    char *text = malloc(70000);
    memset(text, '#', 70000);
    text[69999] = 0;
    assert_int_not_equal(read_text(&c, text, 0600, &err), 0);
    assert_non_null(strstr(err.text, "longer than 64 KiB"));
    config_fini(&c);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),      cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_refused),    cmocka_unit_test(test_not_a_file),
        cmocka_unit_test(test_too_long),
    };
    close(mkstemp(path));
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
