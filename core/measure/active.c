/* hours() and intervals(slot): when something was active, from the slots of time in which a record starts. */
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/when.h"
#include "core/measure/kind.h"
#include "core/measure/slot_set.h"

#define HOURS_OF_WEEK 168u
#define SLOTS_JUDGED  3u
#define CV_PARTS      1000

static enum fl_status prepare(struct fl_measure *m, struct fl_error *err)
{
    int64_t least = m->aggregation_ms > FL_MS_PER_MINUTE ? m->aggregation_ms : FL_MS_PER_MINUTE;
    (void)err;
    if (m->slot_ms < least)
        m->slot_ms = least;
    m->type = FL_T_LIST;
    m->state_bytes = sizeof(struct fl_slot_set);
    return FL_OK;
}

static enum fl_status update(const struct fl_measure *m, void *state, const struct fl_update *u)
{
    int64_t start = u->place->start_ms;
    if (!fl_when_known(start))
        return FL_OK;
    return fl_slot_set_add(state, start / m->slot_ms);
}

static enum fl_status merge(const struct fl_measure *m, void *into, const void *from)
{
    (void)m;
    return fl_slot_set_merge(into, from);
}

static void dispose(const struct fl_measure *m, void *state)
{
    (void)m;
    fl_slot_set_dispose(state);
}

static void save(const struct fl_measure *m, const void *state, struct fl_buf *out)
{
    (void)m;
    fl_slot_set_save(state, out);
}

static enum fl_status load(const struct fl_measure *m, void *state, const uint8_t *bytes, size_t len, size_t *used)
{
    (void)m;
    return fl_slot_set_load(state, bytes, len, used);
}

static enum fl_status give(const struct fl_measure *m, const struct fl_value *items, struct fl_arena *arena,
                           struct fl_value *out)
{
    uint32_t count = fl_measure_member_count(m->kind);
    struct fl_value *copy = fl_arena_alloc(arena, count * sizeof *copy);
    if (copy == NULL)
        return FL_E_NOMEM;
    memcpy(copy, items, count * sizeof *copy);
    out->type = FL_T_LIST;
    out->list.items = copy;
    out->list.count = count;
    out->list.more = out->list.weighted = false;
    out->list.names = fl_measure_member_names(m->kind);
    return FL_OK;
}

/* ---- hours ---- */

struct week {
    const struct fl_measure *m;
    int64_t last_hour, last_day;
    int64_t hours, days, weekend;
    bool of_week[HOURS_OF_WEEK];
    bool of_day[24];
};

/* Clock hours and days are local ones, told apart by when they begin. */
static void add_slot(void *context, int64_t slot)
{
    struct week *w = context;
    int64_t at = slot * w->m->slot_ms, local = at + fl_zone_offset_ms(w->m->zone, at);
    unsigned hour = fl_zone_hour(w->m->zone, at), weekday = fl_zone_weekday(w->m->zone, at);
    int64_t start = at - (local % FL_MS_PER_HOUR + FL_MS_PER_HOUR) % FL_MS_PER_HOUR;
    int64_t day = (local - (int64_t)hour * FL_MS_PER_HOUR) / FL_MS_PER_DAY;
    if (start != w->last_hour) {
        w->hours++;
        w->weekend += weekday >= 6;
    }
    w->days += day != w->last_day;
    w->last_hour = start;
    w->last_day = day;
    w->of_week[(weekday - 1) * 24 + hour] = true;
    w->of_day[hour] = true;
}

/* The longest stretch of the clock in which there never was a record, round midnight; the earliest of equal ones. */
static unsigned quiet_stretch(const bool of_day[24], unsigned *from)
{
    unsigned best = 0;
    *from = 0;
    for (unsigned first = 0; first < 24; first++) {
        unsigned n = 0;
        while (n < 24 && !of_day[(first + n) % 24])
            n++;
        if (n > best) {
            best = n;
            *from = first;
        }
    }
    return best;
}

static int64_t how_many(const bool *set, unsigned count)
{
    int64_t n = 0;
    for (unsigned i = 0; i < count; i++)
        n += set[i];
    return n;
}

static enum fl_status hours_value(const struct fl_measure *m, const void *state, struct fl_arena *arena,
                                  struct fl_value *out)
{
    const struct fl_slot_set *set = state;
    if (set->count == 0)
        return FL_OK;
    struct week w = {.m = m, .last_hour = INT64_MIN, .last_day = INT64_MIN};
    fl_slot_set_each(set, add_slot, &w);
    unsigned from, quiet = quiet_stretch(w.of_day, &from);
    const struct fl_value items[] = {
        fl_value_int(FL_T_INT, w.hours),
        fl_value_int(FL_T_INT, w.days),
        fl_value_int(FL_T_INT, how_many(w.of_day, 24)),
        fl_value_int(FL_T_INT, how_many(w.of_week, HOURS_OF_WEEK)),
        fl_value_int(FL_T_INT, quiet),
        quiet > 0 ? fl_value_int(FL_T_INT, from) : FL_VALUE_NULL,
        quiet > 0 ? fl_value_int(FL_T_INT, (from + quiet) % 24) : FL_VALUE_NULL,
        fl_value_int(FL_T_INT, w.weekend),
    };
    return give(m, items, arena, out);
}

const struct fl_measure_ops fl_measure_hours = {prepare, update, merge, hours_value, dispose, save, load, NULL};

/* ---- intervals ---- */

struct steps {
    int64_t *slots; /* between one active slot and the next */
    uint32_t count;
    int64_t last;
    bool any;
};

static void add_step(void *context, int64_t slot)
{
    struct steps *s = context;
    if (s->any)
        s->slots[s->count++] = slot - s->last;
    s->last = slot;
    s->any = true;
}

static int compare_steps(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return a < b ? -1 : a > b;
}

static unsigned __int128 square_root(unsigned __int128 n)
{
    unsigned __int128 root = 0;
    for (unsigned __int128 bit = (unsigned __int128)1 << 126; bit != 0; bit >>= 2) {
        bool fits = n >= root + bit;
        if (fits)
            n -= root + bit;
        root = (root >> 1) + (fits ? bit : 0);
    }
    return root;
}

/* Standard deviation / mean in thousandths, rounded down: sqrt(n * sum of squares - sum^2) / sum. */
static struct fl_value variation(const struct steps *s, int64_t sum)
{
    unsigned __int128 squares = 0;
    for (uint32_t i = 0; i < s->count; i++)
        squares += (unsigned __int128)s->slots[i] * (unsigned __int128)s->slots[i];
    unsigned __int128 spread = squares * s->count - (unsigned __int128)sum * (unsigned __int128)sum;
    unsigned __int128 parts = square_root(spread * CV_PARTS * CV_PARTS) / (unsigned __int128)sum;
    return (struct fl_value){.type = FL_T_RATIO, .ratio = {(__int128)parts, CV_PARTS}};
}

static enum fl_status interval_members(const struct fl_measure *m, const struct steps *s, struct fl_arena *arena,
                                       struct fl_value *out)
{
    int64_t sum = 0, median = s->slots[(s->count - 1) / 2], near = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        sum += s->slots[i];
        near += llabs(s->slots[i] - median) <= 1;
    }
    int64_t mean_ms = (int64_t)(((__int128)sum * m->slot_ms * 2 + s->count) / (2 * (__int128)s->count));
    const struct fl_value items[] = {
        fl_value_int(FL_T_INT, s->count),
        variation(s, sum),
        fl_value_int(FL_T_DURATION, s->slots[s->count - 1] * m->slot_ms),
        fl_value_int(FL_T_DURATION, mean_ms),
        fl_value_int(FL_T_DURATION, median * m->slot_ms),
        {.type = FL_T_RATIO, .ratio = {near, s->count}},
        fl_value_int(FL_T_DURATION, s->slots[0] * m->slot_ms),
    };
    return give(m, items, arena, out);
}

static enum fl_status intervals_value(const struct fl_measure *m, const void *state, struct fl_arena *arena,
                                      struct fl_value *out)
{
    uint64_t active = fl_slot_set_count(state);
    if (active < SLOTS_JUDGED)
        return FL_OK;
    struct steps s = {.slots = fl_alloc(active * sizeof *s.slots)};
    if (s.slots == NULL)
        return FL_E_NOMEM;
    fl_slot_set_each(state, add_step, &s);
    qsort(s.slots, s.count, sizeof *s.slots, compare_steps);
    enum fl_status status = interval_members(m, &s, arena, out);
    fl_free(s.slots);
    return status;
}

const struct fl_measure_ops fl_measure_intervals = {prepare, update, merge, intervals_value, dispose, save, load, NULL};
