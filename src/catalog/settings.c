/* settings.c: every property that SET may change, one row each.
 *
 * The table is the only list: SHOW PROPERTIES, completion and the manual page read it too. Owns the
 * session's overrides. Names of librdkafka are here only if they tune; whatever can name a file, a
 * library, a secret or another host is left to the configuration file (cli.md), so that a script
 * cannot reach for it. */
#include "catalog/catalog_int.h"

#include <stdio.h>

#include "base/mem.h"
#include "type/value.h"

enum { MS_MAX = 1000000000 };

/* How the help of a row that is `ignored` begins. The test suite's rules see to it that every other
 * row is read by somebody. */
#define NO_EFFECT "no effect: "
#define FILE_ONLY "librdkafka, no effect but in the configuration file: "
#define KSQL NO_EFFECT "a ksqlDB name"

const Setting setting_table[] = {
    /* What queries do */
    {"auto.offset.reset", SETTING_STRING, "earliest", 0, 0, "earliest|latest", false,
     "where a new query starts to read: earliest or latest"},
    {"commit.interval.ms", SETTING_INT, "100", 1, MS_MAX, NULL, false,
     "how often results and positions become permanent"},
    {"cache.max.bytes.buffering", SETTING_INT, NULL, 0, INT64_MAX, NULL, false,
     "above 0: only the latest change per key and commit is emitted"},
    {"num.stream.threads", SETTING_INT, NULL, 1, 1024, NULL, false,
     "workers that run queries; unset: one per processor"},
    {"num.standby.replicas", SETTING_INT, "0", 0, 16, NULL, true,
     NO_EFFECT "warm copies of state on other instances (Kafka)"},
    {"oxbow.read.wait.ms", SETTING_INT, "30000", 0, MS_MAX, NULL, false,
     "how long a read waits for what was written before it"},
    {"oxbow.upstream.idle.ms", SETTING_INT, "10000", 0, MS_MAX, NULL, true,
     NO_EFFECT "a partition without records for so long no longer holds windows open"},
    {"oxbow.default.partitions", SETTING_INT, "1", 1, LIMIT_PARTITIONS, NULL, true,
     NO_EFFECT "partitions of a topic that CREATE makes without PARTITIONS"},
    {"oxbow.store.cap.bytes", SETTING_INT, NULL, 1 << 20, INT64_MAX, NULL, false,
     "memory for the state of one query; unset: 64 MiB"},
    {"oxbow.windows.per.record.max", SETTING_INT, "10000", 1, 1000000, NULL, false,
     "refuse hopping windows that put one record into more windows"},
    /* What statements mean (statements.md 15) */
    {"ksql.persistence.default.format.key", SETTING_STRING, "KAFKA", 0, 0, NULL, false,
     "key format where WITH gives none"},
    {"ksql.persistence.default.format.value", SETTING_STRING, NULL, 0, 0, NULL, false,
     "value format where WITH gives none; unset: JSON, in tests an error"},
    {"ksql.persistence.wrap.single.values", SETTING_BOOL, NULL, 0, 0, NULL, false,
     "is a single value column wrapped in an object; unset: as the format likes"},
    {"ksql.output.topic.name.prefix", SETTING_STRING, "", 0, 0, NULL, false,
     "put before the topic names of CREATE ... AS SELECT"},
    {"ksql.service.id", SETTING_STRING, "default_", 0, 0, NULL, true,
     NO_EFFECT "part of the names of internal topics"},
    {"ksql.persistent.prefix", SETTING_STRING, "query_", 0, 0, NULL, true,
     NO_EFFECT "part of the names of internal topics"},
    {"ksql.sink.partitions", SETTING_INT, NULL, 1, LIMIT_PARTITIONS, NULL, false,
     "partitions of a sink topic where WITH gives none"},
    {"ksql.sink.replicas", SETTING_INT, NULL, 1, 32767, NULL, true,
     NO_EFFECT "replicas of a sink topic where WITH gives none"},
    {"ksql.variable.substitution.enable", SETTING_BOOL, "true", 0, 0, NULL, false,
     "replace ${name} in statements"},
    {"ksql.create.or.replace.enabled", SETTING_BOOL, "true", 0, 0, NULL, false,
     "allow CREATE OR REPLACE"},
    {"ksql.insert.into.values.enabled", SETTING_BOOL, "true", 0, 0, NULL, false,
     "allow INSERT INTO ... VALUES"},
    {"ksql.query.pull.enable", SETTING_BOOL, "true", 0, 0, NULL, false, "allow pull queries"},
    {"ksql.query.pull.table.scan.enabled", SETTING_BOOL, "true", 0, 0, NULL, false,
     "allow pull queries that read a whole table"},
    {"ksql.query.pull.range.scan.enabled", SETTING_BOOL, "true", 0, 0, NULL, false,
     "allow pull queries over a range of keys"},
    {"ksql.query.pull.stream.enabled", SETTING_BOOL, "true", 0, 0, NULL, false,
     "allow pull queries over streams"},
    {"ksql.query.pull.limit.clause.enabled", SETTING_BOOL, "true", 0, 0, NULL, false,
     "allow LIMIT in pull queries"},
    {"ksql.nested.error.set.null", SETTING_BOOL, "true", 0, 0, NULL, true,
     NO_EFFECT "a failing argument becomes NULL instead of failing the expression"},
    {"ksql.cast.strings.preserve.nulls", SETTING_BOOL, "true", 0, 0, NULL, true,
     NO_EFFECT "CAST(NULL AS STRING) stays NULL"},
    {"ksql.timestamp.throw.on.invalid", SETTING_BOOL, "false", 0, 0, NULL, true,
     NO_EFFECT "a bad TIMESTAMP column ends the query instead of dropping the row"},
    {"ksql.assert.topic.default.timeout.ms", SETTING_INT, "1000", 0, MS_MAX, NULL, true,
     NO_EFFECT "how long ASSERT TOPIC waits"},
    {"ksql.assert.schema.default.timeout.ms", SETTING_INT, "1000", 0, MS_MAX, NULL, true,
     NO_EFFECT "how long ASSERT SCHEMA waits"},
    {"ksql.hidden.topics", SETTING_STRING, "", 0, 0, NULL, true,
     NO_EFFECT "more topics that SHOW TOPICS leaves out, as a list of patterns"},
    {"ksql.readonly.topics", SETTING_STRING, "", 0, 0, NULL, true,
     NO_EFFECT "topics that no statement writes to, as a list of patterns"},
    {"ksql.functions.collect_list.limit", SETTING_INT, NULL, -1, INT32_MAX, NULL, true,
     NO_EFFECT "elements that COLLECT_LIST keeps"},
    {"ksql.functions.collect_set.limit", SETTING_INT, NULL, -1, INT32_MAX, NULL, true,
     NO_EFFECT "elements that COLLECT_SET keeps"},
    {"ksql.headers.columns.enabled", SETTING_BOOL, "true", 0, 0, NULL, true, KSQL},
    {"ksql.functions.substring.legacy.args", SETTING_BOOL, "false", 0, 0, NULL, true, KSQL},
    {"ksql.new.query.planner.enabled", SETTING_BOOL, "false", 0, 0, NULL, true, KSQL},
    {"ksql.query.push.v2.enabled", SETTING_BOOL, "false", 0, 0, NULL, true, KSQL},
    {"ksql.windowed.session.key.legacy", SETTING_BOOL, "false", 0, 0, NULL, true, KSQL},
    {"__emit.interval.ms.kstreams.windowed.aggregation__", SETTING_INT, "0", 0, MS_MAX, NULL, true,
     KSQL},
    {"default.timestamp.extractor", SETTING_STRING, NULL, 0, 0, NULL, true, KSQL},
    {"default.deserialization.exception.handler", SETTING_STRING, NULL, 0, 0, NULL, true, KSQL},
    {"max.task.idle.ms", SETTING_INT, NULL, -1, INT64_MAX, NULL, true, KSQL},
    {"processing.guarantee", SETTING_STRING, "exactly_once_v2", 0, 0,
     "exactly_once_v2|exactly_once|at_least_once", true, NO_EFFECT "it is exactly once"},
    {"state.dir", SETTING_STRING, NULL, 0, 0, NULL, true, KSQL},
    {"topology.optimization", SETTING_STRING, NULL, 0, 0, NULL, true, KSQL},
    {"use.exact.numeric.comparison", SETTING_BOOL, NULL, 0, 0, NULL, true,
     NO_EFFECT "but on how test cases compare numbers"},
    /* librdkafka, tuning only. Logs are opened before the first statement runs, so a SET would come
     * too late; config.c knows these rows by the first word of their help. */
    {"batch.size", SETTING_INT, NULL, 1, INT32_MAX, NULL, true, FILE_ONLY "bytes of a batch"},
    {"linger.ms", SETTING_INT, NULL, 0, 900000, NULL, true, FILE_ONLY "wait to fill a batch"},
    {"compression.type", SETTING_STRING, NULL, 0, 0, "none|gzip|snappy|lz4|zstd", true,
     FILE_ONLY "compression of what is written"},
    {"fetch.min.bytes", SETTING_INT, NULL, 1, 100000000, NULL, true,
     FILE_ONLY "least bytes of a fetch"},
    {"fetch.wait.max.ms", SETTING_INT, NULL, 0, 300000, NULL, true,
     FILE_ONLY "longest wait for them"},
    {"fetch.max.bytes", SETTING_INT, NULL, 0, 2147483135, NULL, true,
     FILE_ONLY "most bytes of a fetch"},
    {"max.partition.fetch.bytes", SETTING_INT, NULL, 1, 1000000000, NULL, true,
     FILE_ONLY "most bytes of a fetch from one partition"},
    {"queued.max.messages.kbytes", SETTING_INT, NULL, 1, 2097151, NULL, true,
     FILE_ONLY "memory for records read ahead"},
    {"session.timeout.ms", SETTING_INT, NULL, 1, 3600000, NULL, true,
     FILE_ONLY "silence after which the group moves on"},
    {"max.poll.interval.ms", SETTING_INT, NULL, 1, 86400000, NULL, true,
     FILE_ONLY "longest time between polls"},
    {"request.timeout.ms", SETTING_INT, NULL, 1, 900000, NULL, true,
     FILE_ONLY "how long the broker may take to acknowledge"},
    {"transaction.timeout.ms", SETTING_INT, NULL, 1000, INT32_MAX, NULL, true,
     FILE_ONLY "longest transaction"},
};

const int setting_count = sizeof setting_table / sizeof setting_table[0];

/* Scripts written for ksqlDB spell the names of Kafka Streams with this prefix. */
static Str drop_prefix(Str name)
{
    static const Str prefix = {"ksql.streams.", 13};
    if (name.len > prefix.len && memcmp(name.ptr, prefix.ptr, prefix.len) == 0)
        return str_make(name.ptr + prefix.len, name.len - prefix.len);
    return name;
}

const Setting *setting_find(Str name)
{
    name = drop_prefix(name);
    for (int i = 0; i < setting_count; i++)
        if (str_eq_nocase(name, str_of(setting_table[i].name)))
            return &setting_table[i];
    return NULL;
}

static bool is_choice(const char *choices, Str value)
{
    for (const char *at = choices; *at;) {
        size_t n = strcspn(at, "|");
        if (str_eq_nocase(value, str_make(at, n)))
            return true;
        at += n + (at[n] == '|');
    }
    return false;
}

static Rc refuse(const Setting *s, Str value, Err *err, const char *expected)
{
    return err_set(err, ERR_KIND_USER, ERR_STATEMENT,
                   "Invalid value for property '%s': '%.*s'. It must be %s.", s->name,
                   STR_ARG(value), expected);
}

static Rc check_value(const Setting *s, Str value, Err *err)
{
    char expected[160];
    int64_t number;
    switch (s->type) {
    case SETTING_BOOL:
        if (str_eq_nocase(value, STR_LIT("true")) || str_eq_nocase(value, STR_LIT("false")))
            return 0;
        return refuse(s, value, err, "true or false");
    case SETTING_INT:
        if (text_take_i64(value, &number) && number >= s->min && number <= s->max)
            return 0;
        snprintf(expected, sizeof expected, "a whole number between %lld and %lld",
                 (long long)s->min, (long long)s->max);
        return refuse(s, value, err, expected);
    case SETTING_STRING:
        if (!s->choices || is_choice(s->choices, value))
            return 0;
        snprintf(expected, sizeof expected, "one of %s", s->choices);
        return refuse(s, value, err, expected);
    }
    return 0;
}

static Rc find_or_refuse(Str name, const Setting **out, Err *err)
{
    *out = setting_find(name);
    if (*out)
        return 0;
    return err_set(err, ERR_KIND_USER, ERR_STATEMENT,
                   "Unknown property '%.*s'. SHOW PROPERTIES lists what can be set.",
                   STR_ARG(name));
}

static void keep_before(Catalog *c, Str value, Str *before)
{
    buf_reset(&c->before);
    buf_put_str(&c->before, value);
    if (before)
        *before = value.ptr ? buf_str(&c->before) : STR_NULL;
}

/* Names that a user sets to be protected. While such a row is `ignored`, SET refuses it: to accept
 * it in silence would leave him without the protection that he asked for. */
static const char *const guards[] = {"ksql.hidden.topics", "ksql.readonly.topics"};

/* Its default may be set: that asks for nothing. */
static Rc check_effect(const Setting *s, Str value, Err *err)
{
    if (!s->ignored || str_eq(value, str_of(s->value ? s->value : "")))
        return 0;
    for (size_t i = 0; i < sizeof guards / sizeof guards[0]; i++)
        if (strcmp(guards[i], s->name) == 0)
            return err_not_built(err, "setting %s", s->name);
    return 0;
}

Rc catalog_set(Catalog *c, Str name, Str value, Str *before, Err *err)
{
    const Setting *s;
    Rc rc = find_or_refuse(name, &s, err);
    if (!rc)
        rc = check_value(s, value, err);
    if (!rc)
        rc = check_effect(s, value, err);
    if (rc)
        return rc;
    keep_before(c, catalog_get(c, s->name), before);
    mem_free(map_put(c->overrides, str_of(s->name), catalog_copy_text(value)));
    return 0;
}

Rc catalog_unset(Catalog *c, Str name, Str *before, Err *err)
{
    const Setting *s;
    Rc rc = find_or_refuse(name, &s, err);
    if (rc)
        return rc;
    char *was = map_take(c->overrides, str_of(s->name));
    if (!was)
        return err_set(err, ERR_KIND_USER, ERR_STATEMENT,
                       "Cannot unset local property '%.*s' which was never set in the first place",
                       STR_ARG(name));
    keep_before(c, str_of(was), before);
    mem_free(was);
    return 0;
}

Str catalog_get(const Catalog *c, const char *name)
{
    const Setting *s = setting_find(str_of(name));
    const char *value = s ? map_find(c->overrides, str_of(s->name)) : NULL;
    if (!value && s)
        value = s->value;
    return value ? str_of(value) : STR_NULL;
}

bool catalog_is_override(const Catalog *c, const char *name)
{
    const Setting *s = setting_find(str_of(name));
    return s && map_find(c->overrides, str_of(s->name));
}

int64_t catalog_get_int(const Catalog *c, const char *name)
{
    int64_t n = 0;
    Str value = catalog_get(c, name);
    return value.ptr && text_take_i64(value, &n) ? n : 0;
}

bool catalog_get_bool(const Catalog *c, const char *name)
{
    Str value = catalog_get(c, name);
    return value.ptr && str_eq_nocase(value, STR_LIT("true"));
}
