/* silence.c: time inside the log in which no interface wrote a line, not even that there was nothing to write. */
#include <string.h>

#include "core/base/memory.h"
#include "core/engine/verdicts.h"

#define MINUTES_LEAST 30 /* shorter ones are usual in the logs of few interfaces */
#define HOURS_MAX     (400 * 24)

struct fl_silence {
    uint32_t first_hour, count;
    uint64_t *seen; /* by hour: minutes that some interface wrote of */
};

enum fl_status fl_judge_silence_open(struct fl_judging *j)
{
    if (j->newest_ms == INT64_MIN)
        return FL_OK;
    int64_t first = j->oldest_ms / FL_MS_PER_HOUR, count = j->newest_ms / FL_MS_PER_HOUR - first + 1;
    if (count > HOURS_MAX)
        return FL_OK;
    struct fl_silence *s = fl_arena_alloc(j->arena, sizeof *s);
    uint64_t *seen = fl_arena_alloc(j->arena, (size_t)count * sizeof *seen);
    if (s == NULL || seen == NULL)
        return FL_E_NOMEM;
    memset(seen, 0, (size_t)count * sizeof *seen);
    *s = (struct fl_silence){(uint32_t)first, (uint32_t)count, seen};
    j->silence = s;
    return FL_OK;
}

void fl_judge_silence_add(struct fl_judging *j, const struct fl_coverage_hour *hour)
{
    struct fl_silence *s = j->silence;
    if (s != NULL && hour->hour >= s->first_hour && hour->hour - s->first_hour < s->count)
        s->seen[hour->hour - s->first_hour] |= hour->seen & ~FL_COVERAGE_IN_USE;
}

enum fl_status fl_judge_silence(struct fl_judging *j)
{
    const struct fl_silence *s = j->silence;
    int64_t least = 3 * (j->plan->policy->aggregation_ms / FL_MS_PER_MINUTE);
    least = least > MINUTES_LEAST ? least : MINUTES_LEAST;
    int64_t last = -1, longest = 0, begin = 0, sum = 0;
    uint64_t stretches = 0;
    for (int64_t minute = 0; s != NULL && minute < (int64_t)s->count * 60; minute++) {
        if ((s->seen[minute / 60] >> minute % 60 & 1) == 0)
            continue;
        int64_t silent = last < 0 ? 0 : minute - last - 1;
        if (silent >= least) {
            stretches++;
            sum += silent;
        }
        if (silent > longest) {
            longest = silent;
            begin = last + 1;
        }
        last = minute;
    }
    if (stretches == 0)
        return FL_OK;
    char from[FL_WHEN_TEXT_BYTES], to[FL_WHEN_TEXT_BYTES];
    int64_t begin_ms = (int64_t)s->first_hour * FL_MS_PER_HOUR + begin * FL_MS_PER_MINUTE;
    fl_when_format(begin_ms, from);
    fl_when_format(begin_ms + longest * FL_MS_PER_MINUTE, to);
    if (stretches == 1)
        return fl_judge_blind(j, FL_BLIND_SILENT, false, 1, "input",
                              "no interface wrote a line for %lld minutes, from %s to %s: is an object missing?",
                              (long long)longest, from, to);
    return fl_judge_blind(j, FL_BLIND_SILENT, false, stretches, "input",
                          "stretches of time, %lld minutes together, in which no interface wrote a line, the longest "
                          "from %s to %s: are objects missing?",
                          (long long)sum, from, to);
}
