/* periods.h: the periods of an expectation: whole days, or equal steps of the local clock.
 *
 * Periods of whole days begin at local midnight, those of several days so that weeks begin on Mondays; shorter ones
 * begin where the local clock shows a multiple of their length. A day or step in which the clocks change is shorter
 * or longer than its name. Owns its array; pure.
 */
#ifndef FL_ENGINE_PERIODS_H
#define FL_ENGINE_PERIODS_H

#include "core/base/status.h"
#include "core/base/when.h"

#define FL_QUARTER_MS (15 * FL_MS_PER_MINUTE)

struct fl_periods {
    int64_t *starts; /* count + 1: period i is starts[i] .. starts[i + 1], exclusive */
    uint32_t count, capacity;
};

/* From the period that holds first_ms to the one that holds last_ms. every_ms: whole days, or quarters of an hour
 * that divide a day. */
enum fl_status fl_periods_init(struct fl_periods *periods, const struct fl_zone *zone, int64_t every_ms,
                               int64_t first_ms, int64_t last_ms);
void fl_periods_dispose(struct fl_periods *periods);
/* The period that holds an instant; UINT32_MAX when none does. */
uint32_t fl_periods_find(const struct fl_periods *periods, int64_t ms);

#endif
