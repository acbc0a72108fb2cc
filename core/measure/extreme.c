/* min(field) and max(field) of numbers, times, durations and ports. */
#include "core/measure/kind.h"

struct extreme_state {
    int64_t value;
    uint64_t any;
};

static enum fl_status prepare(struct fl_measure *m, struct fl_error *err)
{
    enum fl_type type = m->field == FL_FIELD_NONE ? FL_T_NULL : m->field_type;
    if (!fl_measure_is_number(type) && type != FL_T_TIME && type != FL_T_PORT)
        return fl_measure_wrong_type(m, "a number, port, time or duration", err);
    m->type = type;
    m->state_bytes = sizeof(struct extreme_state);
    return FL_OK;
}

static void take(struct extreme_state *s, int64_t value, bool least)
{
    if (!s->any || (least ? value < s->value : value > s->value))
        s->value = value;
    s->any = 1;
}

static enum fl_status update(const struct fl_measure *m, void *state, const struct fl_update *u)
{
    int64_t value;
    if (fl_update_int(u, m->field, &value))
        take(state, value, m->kind == FL_M_MIN);
    return FL_OK;
}

static enum fl_status merge(const struct fl_measure *m, void *into, const void *from)
{
    const struct extreme_state *b = from;
    if (b->any)
        take(into, b->value, m->kind == FL_M_MIN);
    return FL_OK;
}

static enum fl_status value(const struct fl_measure *m, const void *state, struct fl_arena *arena, struct fl_value *out)
{
    (void)arena;
    const struct extreme_state *s = state;
    if (s->any)
        *out = fl_value_int(m->type, s->value);
    return FL_OK;
}

const struct fl_measure_ops fl_measure_min = {prepare, update, merge, value, NULL, NULL, NULL, NULL};
const struct fl_measure_ops fl_measure_max = {prepare, update, merge, value, NULL, NULL, NULL, NULL};
