/* least.c: how many records a value takes, told without looking at them. */
#include <string.h>

#include "core/base/limits.h"
#include "core/measure/measure.h"

static bool member_is(const struct fl_measure *m, uint32_t member, const char *name)
{
    return member > 0 && strcmp(fl_measure_member_names(m->kind)[member - 1], name) == 0;
}

/* Every one of them is there because of a record of its own. */
static bool counts_records(const struct fl_measure *m, uint32_t member)
{
    switch (m->kind) {
    case FL_M_COUNT:
    case FL_M_CONNECTIONS:
    case FL_M_DISTINCT:
    case FL_M_LONGEST_RUN:
    case FL_M_SEQUENCE:
        return true;
    case FL_M_HOURS:
        return member_is(m, member, "active") || member_is(m, member, "days");
    case FL_M_INTERVALS:
        return member_is(m, member, "count");
    default:
        return false;
    }
}

uint64_t fl_measure_least_records(const struct fl_measure *m, uint32_t member, uint64_t value)
{
    if (!counts_records(m, member))
        return 0;
    if (m->kind == FL_M_DISTINCT || m->kind == FL_M_CONNECTIONS) { /* what is more may be an estimate */
        uint64_t exact = m->k > 0 ? m->k : FL_DISTINCT_EXACT;
        return value < exact ? value : exact;
    }
    uint64_t units = m->kind == FL_M_SEQUENCE ? 0 : 1;
    for (uint32_t s = 0; m->kind == FL_M_SEQUENCE && s < m->sequence->step_count; s++)
        units += m->sequence->steps[s].times;
    return value > UINT64_MAX / units ? UINT64_MAX : value * units;
}
