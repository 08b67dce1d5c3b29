/* log.c: what all logs share: Kafka's hash and partitioner, the rules for topic names, and the
 * sentences in which a log says what is wrong.
 *
 * Owns nothing. The logs themselves are local*.c, kafka*.c and sim.c. Any thread. */
#include "log/log_int.h"

#include "base/limits.h"

/* Little-endian, four bytes, from anywhere. */
static uint32_t load32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* MurmurHash2 with the seed of Kafka's Java client, so that a key lands in the partition where a
 * Java producer puts it. */
uint32_t log_murmur2(Str key)
{
    const uint32_t m = 0x5bd1e995;
    const uint8_t *p = (const uint8_t *)key.ptr;
    uint32_t h = 0x9747b28cu ^ key.len;
    uint32_t left = key.len;

    for (; left >= 4; left -= 4, p += 4) {
        uint32_t k = load32(p) * m;
        k ^= k >> 24;
        h = h * m ^ k * m;
    }
    if (left >= 3)
        h ^= (uint32_t)p[2] << 16;
    if (left >= 2)
        h ^= (uint32_t)p[1] << 8;
    if (left >= 1)
        h = (h ^ p[0]) * m;
    h = (h ^ h >> 13) * m;
    return h ^ h >> 15;
}

int log_partition_of(Str key, int partitions, uint64_t fallback)
{
    if (partitions <= 1)
        return 0;
    if (!key.ptr)
        return (int)(fallback % (uint64_t)partitions);
    return (int)((log_murmur2(key) & 0x7fffffffu) % (uint32_t)partitions);
}

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

/* Kafka's rules (org.apache.kafka.common.internals.Topic): 1 to 249 of [a-zA-Z0-9._-], not "." and
 * not "..". */
Rc log_topic_name_check(Str name, Err *err)
{
    if (!name.ptr || name.len == 0)
        return err_set(err, ERR_KIND_USER, ERR_STATEMENT, "a topic name must not be empty");
    if (name.len > LIMIT_TOPIC_NAME_BYTES)
        return err_set(err, ERR_KIND_USER, ERR_LIMIT,
                       "topic name '%.40s...' has %u characters; the limit is %d", name.ptr,
                       name.len, LIMIT_TOPIC_NAME_BYTES);
    for (uint32_t i = 0; i < name.len; i++)
        if (!name_char(name.ptr[i]))
            return err_set(err, ERR_KIND_USER, ERR_STATEMENT,
                           "topic name '%.*s' has a character that is not allowed at position %u; "
                           "use letters, digits, '.', '_' and '-'",
                           STR_ARG(name), i + 1);
    if (str_eq(name, STR_LIT(".")) || str_eq(name, STR_LIT("..")))
        return err_set(err, ERR_KIND_USER, ERR_STATEMENT, "a topic cannot be named '%.*s'",
                       STR_ARG(name));
    return 0;
}

Rc log_topic_shape_check(Str name, int partitions, Err *err)
{
    Rc rc = log_topic_name_check(name, err);
    if (rc)
        return rc;
    if (partitions < 1 || partitions > LIMIT_PARTITIONS)
        return err_set(err, ERR_KIND_USER, ERR_LIMIT,
                       "topic '%.*s' cannot have %d partitions; 1 to %d are possible",
                       STR_ARG(name), partitions, LIMIT_PARTITIONS);
    return 0;
}

Rc log_record_check(const LogAppend *r, Err *err)
{
    uint64_t bytes = (uint64_t)r->key.len + r->value.len;
    if (r->headers.count > LIMIT_HEADERS)
        return err_set(err, ERR_KIND_USER, ERR_LIMIT,
                       "a record for topic '%.*s' has %d headers; the limit is %d",
                       STR_ARG(r->topic), r->headers.count, LIMIT_HEADERS);
    for (int i = 0; i < r->headers.count; i++)
        bytes += (uint64_t)r->headers.items[i].key.len + r->headers.items[i].value.len;
    if (bytes > LIMIT_RECORD_BYTES)
        return err_set(err, ERR_KIND_USER, ERR_LIMIT,
                       "a record for topic '%.*s' has %llu bytes; the limit is %d",
                       STR_ARG(r->topic), (unsigned long long)bytes, LIMIT_RECORD_BYTES);
    return 0;
}

Rc log_err_exists(Str topic, Err *err)
{
    return err_set(err, ERR_KIND_USER, ERR_EXISTS, "topic '%.*s' already exists", STR_ARG(topic));
}

Rc log_err_no_topic(Str topic, Err *err)
{
    return err_set(err, ERR_KIND_USER, ERR_NOT_FOUND, "topic '%.*s' does not exist",
                   STR_ARG(topic));
}

Rc log_err_no_partition(Str topic, int partition, int partitions, Err *err)
{
    return err_set(err, ERR_KIND_USER, ERR_NOT_FOUND,
                   "topic '%.*s' has no partition %d; it has %d, counted from 0", STR_ARG(topic),
                   partition, partitions);
}

Rc log_err_out_of_range(Str topic, int partition, int64_t offset, int64_t low, int64_t high,
                        Err *err)
{
    return err_set(err, ERR_KIND_FATAL, ERR_NOT_FOUND,
                   "offset %lld of topic '%.*s', partition %d, is not there: it holds %lld to %lld",
                   (long long)offset, STR_ARG(topic), partition, (long long)low, (long long)high);
}

Rc log_end(Log *log, Str topic, int partition, int64_t *end, Err *err)
{
    int64_t low;
    return log->cls->end ? log->cls->end(log, topic, partition, end, err)
                         : log->cls->watermarks(log, topic, partition, &low, end, err);
}
