/* count(filter?) and ratio(filter, filter). */
#include "core/measure/kind.h"

static enum fl_status count_prepare(struct fl_measure *m, struct fl_error *err)
{
    if (m->field != FL_FIELD_NONE)
        return fl_fail(err, FL_E_TYPE, "count takes a filter, not a field");
    m->type = FL_T_INT;
    m->state_bytes = sizeof(uint64_t);
    return FL_OK;
}

static enum fl_status count_update(const struct fl_measure *m, void *state, const struct fl_update *u)
{
    (void)m;
    *(uint64_t *)state += u->pass;
    return FL_OK;
}

static enum fl_status count_merge(const struct fl_measure *m, void *into, const void *from)
{
    (void)m;
    *(uint64_t *)into += *(const uint64_t *)from;
    return FL_OK;
}

static enum fl_status count_value(const struct fl_measure *m, const void *state, struct fl_arena *arena,
                                  struct fl_value *out)
{
    (void)m;
    (void)arena;
    *out = fl_value_int(FL_T_INT, *(const uint64_t *)state);
    return FL_OK;
}

static enum fl_status count_update_rows(const struct fl_measure *m, const struct fl_rows_update *u)
{
    (void)m;
    for (uint64_t bits = u->pass; bits != 0; bits &= bits - 1)
        ++*(uint64_t *)u->states[__builtin_ctzll(bits)];
    return FL_OK;
}

const struct fl_measure_ops fl_measure_count = {count_prepare, count_update, count_merge, count_value,
                                                NULL,          NULL,         NULL,        count_update_rows};

struct ratio_state {
    uint64_t first, second;
};

static enum fl_status ratio_prepare(struct fl_measure *m, struct fl_error *err)
{
    if (m->filter == NULL || m->filter2 == NULL)
        return fl_fail(err, FL_E_TYPE, "ratio needs two filters");
    m->type = FL_T_RATIO;
    m->state_bytes = sizeof(struct ratio_state);
    return FL_OK;
}

static enum fl_status ratio_update(const struct fl_measure *m, void *state, const struct fl_update *u)
{
    (void)m;
    struct ratio_state *s = state;
    s->first += u->pass;
    s->second += u->pass2;
    return FL_OK;
}

static enum fl_status ratio_merge(const struct fl_measure *m, void *into, const void *from)
{
    (void)m;
    struct ratio_state *a = into;
    const struct ratio_state *b = from;
    a->first += b->first;
    a->second += b->second;
    return FL_OK;
}

static enum fl_status ratio_value(const struct fl_measure *m, const void *state, struct fl_arena *arena,
                                  struct fl_value *out)
{
    (void)m;
    (void)arena;
    const struct ratio_state *s = state;
    if (s->second > 0)
        *out = (struct fl_value){.type = FL_T_RATIO, .ratio = {s->first, s->second}};
    return FL_OK;
}

static enum fl_status ratio_update_rows(const struct fl_measure *m, const struct fl_rows_update *u)
{
    (void)m;
    for (uint64_t bits = u->pass; bits != 0; bits &= bits - 1)
        ((struct ratio_state *)u->states[__builtin_ctzll(bits)])->first++;
    for (uint64_t bits = u->pass2; bits != 0; bits &= bits - 1)
        ((struct ratio_state *)u->states[__builtin_ctzll(bits)])->second++;
    return FL_OK;
}

const struct fl_measure_ops fl_measure_ratio = {ratio_prepare, ratio_update, ratio_merge, ratio_value,
                                                NULL,          NULL,         NULL,        ratio_update_rows};
