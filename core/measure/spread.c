/* spread.c: a sum apportioned by time: a record's value goes to the panes between its start and its end. */
#include "core/base/limits.h"
#include "core/base/when.h"
#include "core/measure/kind.h"

int64_t fl_spread_last_pane(const struct fl_place *place, int64_t pane_ms)
{
    int64_t first = place->start_ms / pane_ms;
    if (place->end_ms <= place->start_ms || place->end_ms >= FL_WHEN_MAX_MS)
        return first;
    int64_t last = (place->end_ms - 1) / pane_ms;
    return last - first < FL_SPREAD_PANES_MAX ? last : first;
}

/* What had flowed by that time, were the flow even. Rounded down, so that the differences add up to the whole. */
static int64_t flowed(const struct fl_place *place, int64_t value, int64_t at_ms)
{
    if (at_ms <= place->start_ms)
        return 0;
    if (at_ms >= place->end_ms)
        return value;
    return (int64_t)((__int128)value * (at_ms - place->start_ms) / (place->end_ms - place->start_ms));
}

int64_t fl_update_share(const struct fl_update *u, int64_t value)
{
    return u->is_part ? flowed(u->place, value, u->to_ms) - flowed(u->place, value, u->from_ms) : value;
}
