/* quantile(field, q): counts in log-linear buckets. Numbers below 64 have a bucket each; above, every doubling is cut
 * into 32 equal ones, whose middle is at most 1/64 away from any number in it. */
#include <string.h>

#include "core/base/memory.h"
#include "core/measure/kind.h"

#define EXACT_BELOW 64
#define CUTS_BITS   5

struct bucket {
    int64_t number; /* negative numbers mirror positive ones */
    uint64_t records;
};
struct quantile_state {
    struct bucket *buckets; /* sorted */
    uint32_t count, capacity;
};

static int64_t bucket_of(int64_t value)
{
    uint64_t v = value < 0 ? -(uint64_t)value : (uint64_t)value;
    int64_t number = (int64_t)v;
    if (v >= EXACT_BELOW) {
        int power = 63 - __builtin_clzll(v);
        number = ((int64_t)power << CUTS_BITS) + (int64_t)(v >> (power - CUTS_BITS) & ((1 << CUTS_BITS) - 1));
        number += EXACT_BELOW - (6 << CUTS_BITS);
    }
    return value < 0 ? -number : number;
}

static __int128 middle_of(int64_t number)
{
    int64_t n = number < 0 ? -number : number;
    __int128 value = n;
    if (n >= EXACT_BELOW) {
        int64_t at = n - EXACT_BELOW + (6 << CUTS_BITS);
        int shift = (int)(at >> CUTS_BITS) - CUTS_BITS;
        value = (__int128)((1 << CUTS_BITS) + (at & ((1 << CUTS_BITS) - 1))) << shift;
        value += ((__int128)1 << shift) / 2;
    }
    return number < 0 ? -value : value;
}

static enum fl_status prepare(struct fl_measure *m, struct fl_error *err)
{
    if (m->field == FL_FIELD_NONE || !(fl_measure_is_number(m->field_type) || m->field_type == FL_T_PORT))
        return fl_measure_wrong_type(m, "a number, port or duration", err);
    if (m->q.den <= 0 || m->q.num < 0 || m->q.num > m->q.den)
        return fl_fail(err, FL_E_VALUE, "quantile needs a share of 0..1, such as 0.95 or \"95%%\"");
    m->type = m->field_type == FL_T_DURATION ? FL_T_DURATION : FL_T_INT;
    m->state_bytes = sizeof(struct quantile_state);
    return FL_OK;
}

static enum fl_status add(struct quantile_state *s, int64_t number, uint64_t records)
{
    uint32_t low = 0, high = s->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (s->buckets[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < s->count && s->buckets[low].number == number) {
        s->buckets[low].records += records;
        return FL_OK;
    }
    if (!fl_grow((void **)&s->buckets, &s->capacity, s->count + 1, sizeof *s->buckets))
        return FL_E_NOMEM;
    memmove(s->buckets + low + 1, s->buckets + low, (s->count - low) * sizeof *s->buckets);
    s->buckets[low] = (struct bucket){number, records};
    s->count++;
    return FL_OK;
}

static enum fl_status update(const struct fl_measure *m, void *state, const struct fl_update *u)
{
    int64_t value;
    return fl_update_int(u, m->field, &value) ? add(state, bucket_of(value), 1) : FL_OK;
}

static enum fl_status merge(const struct fl_measure *m, void *into, const void *from)
{
    (void)m;
    const struct quantile_state *b = from;
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < b->count && status == FL_OK; i++)
        status = add(into, b->buckets[i].number, b->buckets[i].records);
    return status;
}

/* The least value that at least the share q of all values does not exceed. */
static enum fl_status value(const struct fl_measure *m, const void *state, struct fl_arena *arena, struct fl_value *out)
{
    (void)arena;
    const struct quantile_state *s = state;
    __int128 total = 0, seen = 0;
    for (uint32_t i = 0; i < s->count; i++)
        total += s->buckets[i].records;
    __int128 wanted;
    if (total == 0 || __builtin_mul_overflow(total, m->q.num, &wanted))
        return FL_OK;
    wanted = wanted / m->q.den + (wanted % m->q.den != 0);
    for (uint32_t i = 0; i < s->count; i++) {
        seen += s->buckets[i].records;
        if (seen >= wanted) {
            *out = fl_value_int(m->type, middle_of(s->buckets[i].number));
            return FL_OK;
        }
    }
    return FL_OK;
}

static void dispose(const struct fl_measure *m, void *state)
{
    (void)m;
    fl_free(((struct quantile_state *)state)->buckets);
}

static void save(const struct fl_measure *m, const void *state, struct fl_buf *out)
{
    (void)m;
    const struct quantile_state *s = state;
    fl_buf_add(out, &s->count, sizeof s->count);
    fl_buf_add(out, s->buckets, s->count * sizeof *s->buckets);
}

static enum fl_status load(const struct fl_measure *m, void *state, const uint8_t *bytes, size_t len, size_t *used)
{
    (void)m;
    struct quantile_state *s = state;
    const int64_t last = bucket_of(INT64_MIN);
    uint32_t count;
    struct bucket b;
    if (len < sizeof count)
        return FL_E_DATA;
    memcpy(&count, bytes, sizeof count);
    if ((len - sizeof count) / sizeof b < count)
        return FL_E_DATA;
    for (uint32_t i = 0; i < count; i++) {
        memcpy(&b, bytes + sizeof count + i * sizeof b, sizeof b);
        if (b.records == 0 || b.number < last || b.number > -last || (i > 0 && b.number <= s->buckets[i - 1].number))
            return FL_E_DATA;
        enum fl_status status = add(s, b.number, b.records);
        if (status != FL_OK)
            return status;
    }
    *used = sizeof count + count * sizeof b;
    return FL_OK;
}

const struct fl_measure_ops fl_measure_quantile = {prepare, update, merge, value, dispose, save, load, NULL};
