/* func_unbuilt.c: the functions of the dialect that have no row yet.
 *
 * A name in these lists is a function, only not one that runs: the planner treats it as one of its
 * kind, so that the dialect's own rules about calls come first, and then says "not built yet". Who
 * builds a function adds its row to a family and takes its name out of here; a test holds the two
 * apart. Owns the lists, nothing else. */
#include "func/func.h"

static const char *const scalars[] = {
    /* text */
    "MASK",
    "MASK_KEEP_LEFT",
    "MASK_KEEP_RIGHT",
    "MASK_LEFT",
    "MASK_RIGHT",
    "MD5",
    "REGEXP_EXTRACT",
    "REGEXP_EXTRACT_ALL",
    "REGEXP_REPLACE",
    "REGEXP_SPLIT_TO_ARRAY",
    "SPLIT",
    "SPLIT_TO_MAP",
    "UUID",
    /* arrays and maps */
    "ARRAY_CONCAT",
    "ARRAY_CONTAINS",
    "ARRAY_DISTINCT",
    "ARRAY_EXCEPT",
    "ARRAY_INTERSECT",
    "ARRAY_JOIN",
    "ARRAY_LENGTH",
    "ARRAY_MAX",
    "ARRAY_MIN",
    "ARRAY_REMOVE",
    "ARRAY_SORT",
    "ARRAY_UNION",
    "AS_MAP",
    "ENTRIES",
    "FILTER",
    "GENERATE_SERIES",
    "MAP_KEYS",
    "MAP_UNION",
    "MAP_VALUES",
    "REDUCE",
    "SLICE",
    "TRANSFORM",
    /* JSON */
    "JSON_ITEMS",
    "JSON_KEYS",
    "JSON_RECORDS",
    /* dates and times */
    "CONVERT_TZ",
    "DATEADD",
    "DATESUB",
    "DATETOSTRING",
    "FORMAT_DATE",
    "FORMAT_TIME",
    "FORMAT_TIMESTAMP",
    "FROM_DAYS",
    "FROM_UNIXTIME",
    "PARSE_DATE",
    "PARSE_TIME",
    "PARSE_TIMESTAMP",
    "STRINGTODATE",
    "STRINGTOTIMESTAMP",
    "TIMEADD",
    "TIMESTAMPADD",
    "TIMESTAMPSUB",
    "TIMESTAMPTOSTRING",
    "TIMESUB",
    "UNIX_DATE",
    "UNIX_TIMESTAMP",
    NULL,
};

static const char *const aggregates[] = {
    "ATTR",           "COLLECT_LIST",
    "COLLECT_SET",    "CORRELATION",
    "COUNT_DISTINCT", "EARLIEST_BY_OFFSET",
    "HISTOGRAM",      "LATEST_BY_OFFSET",
    "STDDEV_SAMP",    "STDDEV_SAMPLE",
    "SUM_LIST",       "TOPK",
    "TOPKDISTINCT",   NULL,
};

static const char *const tables[] = {
    "CUBE_EXPLODE",
    "EXPLODE",
    NULL,
};

static const char *const *const by_kind[] = {
    [FUNC_SCALAR] = scalars, [FUNC_AGGREGATE] = aggregates, [FUNC_TABLE] = tables};

const char *func_unbuilt(Str name, FuncKind kind)
{
    for (const char *const *n = by_kind[kind]; name.ptr && *n; n++)
        if (str_eq_nocase(name, str_of(*n)))
            return *n;
    return NULL;
}
