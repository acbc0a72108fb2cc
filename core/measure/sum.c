/* sum(field, filter?) and mean(field): exact to 128 bits; what overflows is null and stays so. */
#include "core/measure/kind.h"

struct sum_state {
    uint64_t low;
    int64_t high;
    uint64_t count; /* bit 63: overflow */
};
#define OVERFLOWED (UINT64_C(1) << 63)

static __int128 total(const struct sum_state *s)
{
    return (__int128)((unsigned __int128)s->high << 64 | s->low);
}

static void add(struct sum_state *s, __int128 value, uint64_t count)
{
    __int128 sum;
    uint64_t flag = (s->count | count) & OVERFLOWED;
    if (__builtin_add_overflow(total(s), value, &sum))
        flag = OVERFLOWED;
    s->low = (uint64_t)sum;
    s->high = (int64_t)(sum >> 64);
    s->count = ((s->count & ~OVERFLOWED) + (count & ~OVERFLOWED)) | flag;
}

static enum fl_status sum_prepare(struct fl_measure *m, struct fl_error *err)
{
    if (m->field == FL_FIELD_NONE || !fl_measure_is_number(m->field_type))
        return fl_measure_wrong_type(m, "a field that can be added up", err);
    m->type = m->field_type == FL_T_DURATION ? FL_T_DURATION : FL_T_INT;
    m->state_bytes = sizeof(struct sum_state);
    return FL_OK;
}

static enum fl_status mean_prepare(struct fl_measure *m, struct fl_error *err)
{
    enum fl_status status = sum_prepare(m, err);
    m->type = FL_T_RATIO;
    return status;
}

static enum fl_status sum_update(const struct fl_measure *m, void *state, const struct fl_update *u)
{
    int64_t value;
    if (u->pass && fl_update_int(u, m->field, &value))
        add(state, fl_update_share(u, value), 1);
    return FL_OK;
}

static enum fl_status sum_merge(const struct fl_measure *m, void *into, const void *from)
{
    (void)m;
    const struct sum_state *b = from;
    add(into, total(b), b->count);
    return FL_OK;
}

static enum fl_status sum_value(const struct fl_measure *m, const void *state, struct fl_arena *arena,
                                struct fl_value *out)
{
    (void)arena;
    const struct sum_state *s = state;
    if (!(s->count & OVERFLOWED))
        *out = fl_value_int(m->type, total(s));
    return FL_OK;
}

static enum fl_status mean_value(const struct fl_measure *m, const void *state, struct fl_arena *arena,
                                 struct fl_value *out)
{
    (void)m;
    (void)arena;
    const struct sum_state *s = state;
    if (!(s->count & OVERFLOWED) && s->count > 0)
        *out = (struct fl_value){.type = FL_T_RATIO, .ratio = {total(s), s->count}};
    return FL_OK;
}

const struct fl_measure_ops fl_measure_sum = {sum_prepare, sum_update, sum_merge, sum_value, NULL, NULL, NULL, NULL};
const struct fl_measure_ops fl_measure_mean = {mean_prepare, sum_update, sum_merge, mean_value, NULL, NULL, NULL, NULL};
