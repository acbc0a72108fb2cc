#include "core/engine/periods.h"

#include <string.h>

#include "core/base/memory.h"

#define MONDAY 4 /* 1970-01-05, in days since 1970-01-01 */

static int64_t floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

static int64_t local_day(const struct fl_zone *zone, int64_t ms)
{
    return floor_div(ms + fl_zone_offset_ms(zone, ms), FL_MS_PER_DAY);
}

static bool push(struct fl_periods *periods, int64_t start)
{
    if (!fl_grow((void **)&periods->starts, &periods->capacity, periods->count + 1, sizeof *periods->starts))
        return false;
    periods->starts[periods->count++] = start;
    return true;
}

/* Up to and with the first one that begins after last_ms. */
static bool push_days(struct fl_periods *periods, const struct fl_zone *zone, int64_t days, int64_t first_ms,
                      int64_t last_ms)
{
    int64_t day = MONDAY + floor_div(local_day(zone, first_ms) - MONDAY, days) * days;
    int64_t start;
    do {
        start = fl_zone_day_start(zone, day);
        day += days;
        if (!push(periods, start))
            return false;
    } while (start <= last_ms);
    return true;
}

/* An hour that the clock shows twice begins one period only, where periods are longer than what is repeated. */
static bool push_steps(struct fl_periods *periods, const struct fl_zone *zone, int64_t every_ms, int64_t first_ms,
                       int64_t last_ms)
{
    int64_t previous = INT64_MIN, previous_clock = -1;
    for (int64_t day = local_day(zone, first_ms);; day++) {
        int64_t start = fl_zone_day_start(zone, day), end = fl_zone_day_start(zone, day + 1);
        for (int64_t at = start; at < end; at += FL_QUARTER_MS) {
            int64_t clock = at + fl_zone_offset_ms(zone, at) - day * FL_MS_PER_DAY;
            bool again = clock == previous_clock && at - previous < every_ms;
            if (at != start && (clock % every_ms != 0 || again))
                continue;
            if (!push(periods, at))
                return false;
            if (at > last_ms)
                return true;
            previous = at;
            previous_clock = clock;
        }
    }
}

enum fl_status fl_periods_init(struct fl_periods *periods, const struct fl_zone *zone, int64_t every_ms,
                               int64_t first_ms, int64_t last_ms)
{
    memset(periods, 0, sizeof *periods);
    bool ok = every_ms % FL_MS_PER_DAY == 0 ? push_days(periods, zone, every_ms / FL_MS_PER_DAY, first_ms, last_ms)
                                            : push_steps(periods, zone, every_ms, first_ms, last_ms);
    if (!ok)
        return FL_E_NOMEM;
    uint32_t before = 0; /* those of the first day that end before the first instant */
    while (before + 1 < periods->count && periods->starts[before + 1] <= first_ms)
        before++;
    periods->count -= before;
    memmove(periods->starts, periods->starts + before, periods->count * sizeof *periods->starts);
    periods->count--;
    return FL_OK;
}

void fl_periods_dispose(struct fl_periods *periods)
{
    fl_free(periods->starts);
    memset(periods, 0, sizeof *periods);
}

uint32_t fl_periods_find(const struct fl_periods *periods, int64_t ms)
{
    uint32_t low = 0, high = periods->count;
    if (periods->count == 0 || ms < periods->starts[0] || ms >= periods->starts[periods->count])
        return UINT32_MAX;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (periods->starts[middle] <= ms)
            low = middle;
        else
            high = middle;
    }
    return low;
}
