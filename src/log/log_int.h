/* log_int.h: what the logs share among themselves: checks before a record or topic goes in, and the
 * errors whose text must be the same whichever log gives them. Any thread. */
#ifndef OXBOW_LOG_LOG_INT_H
#define OXBOW_LOG_LOG_INT_H

#include "log/log.h"

/* Name and number of partitions of a topic to be made. */
Rc log_topic_shape_check(Str name, int partitions, Err *err);
/* Sizes of a record to be appended. */
Rc log_record_check(const LogAppend *r, Err *err);

Rc log_err_exists(Str topic, Err *err);
Rc log_err_no_topic(Str topic, Err *err);
Rc log_err_no_partition(Str topic, int partition, int partitions, Err *err);
/* A reader stands where there is nothing and never will be: trimmed, or a topic made anew. */
Rc log_err_out_of_range(Str topic, int partition, int64_t offset, int64_t low, int64_t high,
                        Err *err);

#endif
