/* print_int.h: what the two halves of the printer share. Private to src/sql. */
#ifndef OXBOW_SQL_PRINT_INT_H
#define OXBOW_SQL_PRINT_INT_H

#include "sql/sql.h"

/* Inside a statement that has to parse again, a name that was quoted and is also a keyword keeps
 * its quotes; in messages names are quoted only when no bare name reads like them. */
typedef struct Printer {
    Buf *out;
    bool parses_again;
} Printer;

void print_name(const Printer *p, const SqlName *n);
void print_expr(const Printer *p, const SqlExpr *e);
void print_exprs(const Printer *p, SqlExpr *const *list, int count);
void print_type(const Printer *p, const SqlType *t);
void print_quoted(const Printer *p, Str text); /* 'it''s' */

/* A built-in type's own name for all its spellings (INT is INTEGER); other names as they are.
 * Lengths of built-in types mean nothing and are dropped, so *arg_count becomes 0. */
Str type_own_name(const SqlType *t, int *arg_count);

#endif
