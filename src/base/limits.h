/* limits.h: every limit on what comes from outside, in one place. */
#ifndef OXBOW_BASE_LIMITS_H
#define OXBOW_BASE_LIMITS_H

enum {
    LIMIT_SQL_BYTES = 1 << 20,        /* one request */
    LIMIT_EXPR_DEPTH = 200,           /* nesting of an expression */
    LIMIT_TYPE_DEPTH = 64,            /* nesting of a type */
    LIMIT_COLUMNS = 2000,             /* columns of one source */
    LIMIT_NAME_BYTES = 1024,          /* one identifier */
    LIMIT_TOPIC_NAME_BYTES = 249,     /* Kafka's own limit */
    LIMIT_PARTITIONS = 1024,          /* partitions of one topic, embedded */
    LIMIT_JSON_DEPTH = 512,           /* nesting of a JSON value */
    LIMIT_NUMBER_DIGITS = 1000,       /* digits of one JSON number */
    LIMIT_STRING_BYTES = 16 << 20,    /* one string value, read or computed */
    LIMIT_RECORD_BYTES = 64 << 20,    /* one record, key and value and headers */
    LIMIT_HEADERS = 10000,            /* headers of one record */
    LIMIT_WINDOWS_PER_RECORD = 10000, /* hopping windows one record may fall into */
    LIMIT_BATCH_ROWS = 1024,          /* rows of one batch */
    LIMIT_BATCH_BYTES = 4 << 20,      /* payload of one batch; one record may overshoot */
    LIMIT_BLOCK_BYTES = 64 << 10      /* one block of records in the embedded log or an exchange */
};

#endif
