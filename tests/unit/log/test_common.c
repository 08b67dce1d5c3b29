/* test_common.c: what all logs share: the hash and partitioner of Kafka's Java client, and the
 * rules for topic names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "log/log.h"

/* Known values of org.apache.kafka.common.utils.Utils.murmur2. */
static const struct {
    const char *key;
    int32_t hash;
} vectors[] = {
    {"21", -973932308},
    {"foobar", -790332482},
    {"a-little-bit-long-string", -985981536},
    {"a-little-bit-longer-string", -1486304829},
    {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
    {"abc", 479470107},
};

static void murmur2_is_kafkas(void **state)
{
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        assert_int_equal((int32_t)log_murmur2(str_of(vectors[i].key)), vectors[i].hash);
}

static void partition_is_the_positive_hash(void **state)
{
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        for (int n = 1; n < 50; n++)
            assert_int_equal(log_partition_of(str_of(vectors[i].key), n, 7),
                             (vectors[i].hash & 0x7fffffff) % n);
}

static void null_key_goes_round(void **state)
{
    assert_int_equal(log_partition_of(STR_NULL, 4, 0), 0);
    assert_int_equal(log_partition_of(STR_NULL, 4, 7), 3);
    assert_int_equal(log_partition_of(STR_NULL, 1, 7), 0);
    assert_int_equal(log_partition_of(STR_NULL, 3, UINT64_MAX), (int)(UINT64_MAX % 3));
    /* An empty key is a key. */
    assert_int_equal(log_partition_of(STR_LIT(""), 4, 1), log_partition_of(STR_LIT(""), 4, 2));
}

static void name_is_refused(const char *name, ErrCode code, const char *text)
{
    Err err = ERR_INIT;
    assert_int_equal(log_topic_name_check(str_of(name), &err), code);
    assert_string_equal(err.text, text);
}

static void names(void **state)
{
    char longest[LIMIT_TOPIC_NAME_BYTES + 2];
    Err err = ERR_INIT;

    memset(longest, 'x', sizeof longest);
    longest[LIMIT_TOPIC_NAME_BYTES + 1] = '\0';
    name_is_refused(longest, ERR_LIMIT,
                    "topic name 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...' has 250 characters; "
                    "the limit is 249");
    longest[LIMIT_TOPIC_NAME_BYTES] = '\0';
    assert_int_equal(log_topic_name_check(str_of(longest), &err), 0);
    assert_int_equal(log_topic_name_check(STR_LIT("Az09._-"), &err), 0);
    assert_int_equal(log_topic_name_check(STR_LIT("..."), &err), 0);

    name_is_refused("", ERR_STATEMENT, "a topic name must not be empty");
    name_is_refused(".", ERR_STATEMENT, "a topic cannot be named '.'");
    name_is_refused("..", ERR_STATEMENT, "a topic cannot be named '..'");
    name_is_refused("two words", ERR_STATEMENT,
                    "topic name 'two words' has a character that is not allowed at position 4; use "
                    "letters, digits, '.', '_' and '-'");
    assert_int_equal(log_topic_name_check(str_make("a\0b", 3), &err), ERR_STATEMENT);
    assert_int_equal(log_topic_name_check(STR_NULL, &err), ERR_STATEMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(murmur2_is_kafkas),
        cmocka_unit_test(partition_is_the_positive_hash),
        cmocka_unit_test(null_key_goes_round),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests_name("log: shared", tests, NULL, NULL);
}
