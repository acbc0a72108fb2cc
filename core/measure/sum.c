/* sum(field, filter?) and mean(field).
 *
 * A sum of a record's bytes or packets counts each once, though two interfaces may have written them: it keeps a total
 * of each side that they were seen from. All other values are simply added up. Totals are 96 bits wide, which 2^32
 * values do not fill. */
#include <string.h>

#include "core/base/memory.h"
#include "core/measure/kind.h"

/* Both halves of a conversation, and what either end opened, are told apart: where only one interface writes, one half
 * is seen leaving and the other arriving. */
#define WAYS 4u
enum side {
    SIDE_ENTERED, /* at the destination, from a source that is not ours: no other interface of ours saw it leave */
    SIDE_BETWEEN,
    SIDE_UNKNOWN,
    SIDE_LEFT,                       /* at the source, by way */
    SIDE_ARRIVED = SIDE_LEFT + WAYS, /* at the destination, from a source of ours, by way */
    SIDE_COUNT = SIDE_ARRIVED + WAYS
};

struct total {
    uint64_t low;
    uint32_t high; /* two's complement */
};

struct totals {
    uint32_t sides;    /* that have one: bits */
    struct total of[]; /* in their order */
};

/* Most groups are seen from one side only: its total lies in the state itself. */
struct sum_state {
    union {
        uint64_t low;
        struct totals *several; /* with SEVERAL */
    };
    uint32_t high;
    uint32_t held; /* 0: nothing; side + 1; SEVERAL */
};
#define SEVERAL UINT32_MAX

static __int128 number_of(struct total t)
{
    return (__int128)(int32_t)t.high * ((__int128)1 << 64) + t.low;
}

static struct total sum_of(struct total t, __int128 value)
{
    unsigned __int128 sum = (unsigned __int128)number_of(t) + (unsigned __int128)value;
    return (struct total){(uint64_t)sum, (uint32_t)(sum >> 64)};
}

static struct total *find(struct totals *t, unsigned side)
{
    return &t->of[__builtin_popcount(t->sides & ((1u << side) - 1))];
}

static struct total total_of(const struct sum_state *s, unsigned side)
{
    const struct total none = {0, 0};
    if (s->held == SEVERAL)
        return s->several->sides >> side & 1 ? *find(s->several, side) : none;
    return s->held == side + 1 ? (struct total){s->low, s->high} : none;
}

static __int128 number_at(const struct sum_state *s, unsigned side)
{
    return number_of(total_of(s, side));
}

static bool to_several(struct sum_state *s)
{
    struct totals *several = fl_alloc_zero(1, sizeof *several + sizeof several->of[0]);
    if (several == NULL)
        return false;
    several->sides = 1u << (s->held - 1);
    several->of[0] = (struct total){s->low, s->high};
    *s = (struct sum_state){.several = several, .held = SEVERAL};
    return true;
}

/* A total of that side among several; NULL when memory is out. */
static struct total *need(struct sum_state *s, unsigned side)
{
    uint32_t count = (uint32_t)__builtin_popcount(s->several->sides);
    if (s->several->sides >> side & 1)
        return find(s->several, side);
    struct totals *grown = fl_realloc(s->several, 1, sizeof *grown + (count + 1) * sizeof grown->of[0]);
    if (grown == NULL)
        return NULL;
    s->several = grown;
    struct total *t = find(grown, side);
    memmove(t + 1, t, (size_t)(&grown->of[count] - t) * sizeof *t);
    *t = (struct total){0, 0};
    grown->sides |= 1u << side;
    return t;
}

static enum fl_status add(struct sum_state *s, unsigned side, __int128 value)
{
    if (value == 0)
        return FL_OK;
    if (s->held != 0 && s->held != side + 1 && s->held != SEVERAL && !to_several(s))
        return FL_E_NOMEM;
    if (s->held == SEVERAL) {
        struct total *t = need(s, side);
        if (t == NULL)
            return FL_E_NOMEM;
        *t = sum_of(*t, value);
    } else {
        struct total t = sum_of(total_of(s, side), value);
        *s = (struct sum_state){.low = t.low, .high = t.high, .held = side + 1};
    }
    return FL_OK;
}

static enum fl_status sum_prepare(struct fl_measure *m, struct fl_error *err)
{
    if (m->field == FL_FIELD_NONE || !fl_measure_is_number(m->field_type))
        return fl_measure_wrong_type(m, "a field that can be added up", err);
    m->type = m->field_type == FL_T_DURATION ? FL_T_DURATION : FL_T_INT;
    m->state_bytes = sizeof(struct sum_state);
    return FL_OK;
}

bool fl_measure_counts_once(const struct fl_measure *m)
{
    return m->kind == FL_M_SUM && (m->field == FL_F_BYTES || m->field == FL_F_PACKETS);
}

static unsigned way_of(const struct fl_update *u)
{
    const struct fl_column *src = &u->batch->columns[FL_F_SRC_PEER], *dst = &u->batch->columns[FL_F_DST_PEER];
    int64_t forward = 0;
    fl_update_int(u, FL_F_FORWARD, &forward);
    bool known = !fl_column_null(src, u->row) && !fl_column_null(dst, u->row);
    bool rising = known && fl_addr_compare(src->addr[u->row], dst->addr[u->row]) < 0;
    return (forward != 0) * 2u + rising;
}

static unsigned side_of(const struct fl_update *u)
{
    int64_t vantage = FL_VANTAGE_UNKNOWN, from_ours = 0;
    fl_update_int(u, FL_F_VANTAGE, &vantage);
    switch (vantage) {
    case FL_VANTAGE_SRC:
        return SIDE_LEFT + way_of(u);
    case FL_VANTAGE_DST:
        fl_update_int(u, FL_F_FROM_OURS, &from_ours);
        return from_ours ? SIDE_ARRIVED + way_of(u) : SIDE_ENTERED;
    case FL_VANTAGE_MIDDLE:
        return SIDE_BETWEEN;
    default:
        return SIDE_UNKNOWN;
    }
}

static enum fl_status sum_update(const struct fl_measure *m, void *state, const struct fl_update *u)
{
    int64_t value;
    if (!u->pass || !fl_update_int(u, m->field, &value))
        return FL_OK;
    unsigned side = SIDE_ENTERED;
    if (u->slots == NULL && fl_measure_counts_once(m))
        side = side_of(u);
    return add(state, side, fl_update_share(u, value));
}

static enum fl_status sum_merge(const struct fl_measure *m, void *into, const void *from)
{
    (void)m;
    enum fl_status status = FL_OK;
    for (unsigned side = 0; side < SIDE_COUNT && status == FL_OK; side++)
        status = add(into, side, number_at(from, side));
    return status;
}

static enum fl_status sum_value(const struct fl_measure *m, const void *state, struct fl_arena *arena,
                                struct fl_value *out)
{
    (void)arena;
    __int128 unknown = number_at(state, SIDE_UNKNOWN), sum = number_at(state, SIDE_ENTERED) + unknown;
    for (unsigned way = 0; way < WAYS; way++) {
        __int128 left = number_at(state, SIDE_LEFT + way), arrived = number_at(state, SIDE_ARRIVED + way);
        sum += left > arrived ? left : arrived;
    }
    *out = fl_value_int(m->type, sum != 0 ? sum : number_at(state, SIDE_BETWEEN));
    out->may_count_twice = unknown != 0;
    return FL_OK;
}

static void sum_dispose(const struct fl_measure *m, void *state)
{
    (void)m;
    struct sum_state *s = state;
    if (s->held == SEVERAL)
        fl_free(s->several);
}

#define TOTAL_BYTES (sizeof(uint64_t) + sizeof(uint32_t))

/* Which sides have a total, and these. */
static void sum_save(const struct fl_measure *m, const void *state, struct fl_buf *out)
{
    (void)m;
    uint16_t sides = 0;
    for (unsigned side = 0; side < SIDE_COUNT; side++)
        sides |= (uint16_t)((number_at(state, side) != 0) << side);
    fl_buf_add(out, &sides, sizeof sides);
    for (unsigned side = 0; side < SIDE_COUNT; side++) {
        struct total t = total_of(state, side);
        if (!(sides >> side & 1))
            continue;
        fl_buf_add(out, &t.low, sizeof t.low);
        fl_buf_add(out, &t.high, sizeof t.high);
    }
}

static enum fl_status sum_load(const struct fl_measure *m, void *state, const uint8_t *bytes, size_t len, size_t *used)
{
    (void)m;
    uint16_t sides;
    if (len < sizeof sides)
        return FL_E_DATA;
    memcpy(&sides, bytes, sizeof sides);
    *used = sizeof sides + (size_t)__builtin_popcount(sides) * TOTAL_BYTES;
    if (sides >> SIDE_COUNT != 0 || len < *used)
        return FL_E_DATA;
    const uint8_t *at = bytes + sizeof sides;
    enum fl_status status = FL_OK;
    for (unsigned side = 0; side < SIDE_COUNT && status == FL_OK; side++) {
        struct total t;
        if (!(sides >> side & 1))
            continue;
        memcpy(&t.low, at, sizeof t.low);
        memcpy(&t.high, at + sizeof t.low, sizeof t.high);
        at += TOTAL_BYTES;
        status = number_of(t) == 0 ? FL_E_DATA : add(state, side, number_of(t));
    }
    return status;
}

const struct fl_measure_ops fl_measure_sum = {sum_prepare, sum_update, sum_merge, sum_value,
                                              sum_dispose, sum_save,   sum_load,  NULL};

struct mean_state {
    uint64_t low, count;
    uint32_t high, unused;
};

static void add_mean(struct mean_state *s, __int128 value, uint64_t count)
{
    struct total t = sum_of((struct total){s->low, s->high}, value);
    s->low = t.low;
    s->high = t.high;
    s->count += count;
}

static enum fl_status mean_prepare(struct fl_measure *m, struct fl_error *err)
{
    enum fl_status status = sum_prepare(m, err);
    m->type = FL_T_RATIO;
    m->state_bytes = sizeof(struct mean_state);
    return status;
}

static enum fl_status mean_update(const struct fl_measure *m, void *state, const struct fl_update *u)
{
    int64_t value;
    if (u->pass && fl_update_int(u, m->field, &value))
        add_mean(state, value, 1);
    return FL_OK;
}

static enum fl_status mean_merge(const struct fl_measure *m, void *into, const void *from)
{
    (void)m;
    const struct mean_state *b = from;
    add_mean(into, number_of((struct total){b->low, b->high}), b->count);
    return FL_OK;
}

static enum fl_status mean_value(const struct fl_measure *m, const void *state, struct fl_arena *arena,
                                 struct fl_value *out)
{
    (void)m;
    (void)arena;
    const struct mean_state *s = state;
    if (s->count > 0)
        *out = (struct fl_value){.type = FL_T_RATIO, .ratio = {number_of((struct total){s->low, s->high}), s->count}};
    return FL_OK;
}

const struct fl_measure_ops fl_measure_mean = {mean_prepare, mean_update, mean_merge, mean_value,
                                               NULL,         NULL,        NULL,       NULL};
