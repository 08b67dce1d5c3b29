/* order.h: how functions and expressions order and equate numbers and bytes. No allocation, any
 * thread. */
#ifndef OXBOW_FUNC_ORDER_H
#define OXBOW_FUNC_ORDER_H

#include "type/value.h"

/* Power of ten, n in 0..38. */
Int128 int128_pow10(int n);
/* Unscaled decimals by value, whatever their scales: < 0, 0, > 0. */
int decimal_cmp(Int128 x, int x_scale, Int128 y, int y_scale);
/* The order of MIN, MAX, GREATEST and LEAST (functions.md 1.6): -0.0 < 0.0, NaN above all; bytes as
 * signed numbers. */
int order_f64(double x, double y);
int order_bytes(Str x, Str y);

#endif
