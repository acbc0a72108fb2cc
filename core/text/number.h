/* number.h: exact numbers from text. No floating point. */
#ifndef FL_TEXT_NUMBER_H
#define FL_TEXT_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"

/* Decimal digits with an optional leading '-'. false when empty, malformed or outside int64. */
bool fl_int_parse(struct fl_str text, int64_t *out);

/* An exact quotient, den > 0: "12", "0.8", "95%", "10k", "1.5Gi" (k M G = 10^3n, Ki Mi Gi = 2^10n).
 * At most 19 digits. Reduced to lowest terms. */
struct fl_ratio {
    __int128 num, den;
};
bool fl_ratio_parse(struct fl_str text, struct fl_ratio *out);

#define FL_INT128_TEXT_BYTES 48
unsigned fl_int128_format(__int128 value, char out[FL_INT128_TEXT_BYTES]);
/* At most 3 decimals, half away from zero, no trailing zeros. */
unsigned fl_ratio_format(struct fl_ratio value, char out[FL_INT128_TEXT_BYTES + 8]);

#endif
