/* vector.h: included first by files of loops over columns. gcc at -O2 turns a loop into vector
 * instructions only when it knows the count; these loops want it without. Private to src/expr. */
#ifndef OXBOW_EXPR_VECTOR_H
#define OXBOW_EXPR_VECTOR_H

#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#pragma GCC optimize("O3")
#endif

#endif
