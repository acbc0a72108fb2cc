/* merge.c: what two entries of one key add up to. */
#include "core/group/entry.h"

static __int128 total(uint64_t low, int32_t high)
{
    return (__int128)high * ((__int128)1 << 64) + low;
}

void fl_entry_counters(const struct fl_entry *e, struct fl_counters *out)
{
    *out = (struct fl_counters){.flows = e->flows,
                                .packets = total(e->packets, e->packets_high),
                                .bytes = total(e->bytes, e->bytes_high),
                                .first_ms = e->place_count > 0 ? fl_entry_places(e)[0].start_ms : INT64_MAX,
                                .last_ms = e->last_ms};
}

static void add_total(uint64_t *low, int32_t *high, __int128 value)
{
    uint64_t sum = *low + (uint64_t)value;
    *high += (int32_t)(value >> 64) + (sum < *low);
    *low = sum;
}

void fl_entry_add_counters(struct fl_entry *e, const struct fl_counters *counters)
{
    e->flows += counters->flows;
    add_total(&e->packets, &e->packets_high, counters->packets);
    add_total(&e->bytes, &e->bytes_high, counters->bytes);
    if (counters->last_ms > e->last_ms)
        e->last_ms = counters->last_ms;
}

enum fl_status fl_entry_merge(const struct fl_table *t, struct fl_entry *into, const struct fl_entry *from)
{
    uint64_t packets = into->packets + from->packets, bytes = into->bytes + from->bytes;
    into->flows += from->flows;
    into->packets_high += from->packets_high + (packets < into->packets);
    into->bytes_high += from->bytes_high + (bytes < into->bytes);
    into->packets = packets;
    into->bytes = bytes;
    if (from->last_ms > into->last_ms)
        into->last_ms = from->last_ms;
    for (uint32_t p = 0; p < from->place_count; p++)
        fl_entry_add_place(t, into, &fl_entry_places(from)[p]);
    enum fl_status status = FL_OK;
    for (uint32_t m = 0; m < t->spec.measure_count && status == FL_OK; m++)
        status = fl_measure_merge(&t->measures[m], fl_entry_state(t, into, m), fl_entry_state(t, from, m));
    return status;
}
