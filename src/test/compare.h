/* compare.h: records between test JSON and bytes, and their comparison (case format 5 to 7). */
#ifndef OXBOW_TEST_COMPARE_H
#define OXBOW_TEST_COMPARE_H

#include "catalog/catalog.h"
#include "log/log.h"
#include "test/case.h"

/* The bytes of one part of an input record, in `a` (with slack). out->ptr NULL: a null part. */
Rc record_encode(const CatalogSource *s, bool is_key, const JsonToken *t, const JsonToken *root,
                 Arena *a, Str *out, Err *err);

/* Does the part of a record match what is expected? On a mismatch err says both. `exact`: doubles
 * compare by their text, else within 1e-6. */
Rc record_compare(const CatalogSource *s, bool is_key, Str actual, const JsonToken *expected,
                  const JsonToken *root, bool exact, Err *err);

/* Two JSON values by the rules of 6.3 and 6.4. `actual_root`, `expected_root`: their texts' roots.
 */
bool json_matches(const JsonToken *actual, const JsonToken *actual_root, const JsonToken *expected,
                  const JsonToken *expected_root, bool exact);

#endif
