/* merge.c: the groups of one table into another's. */
#include "core/base/memory.h"
#include "core/group/entry.h"

void fl_counters_merge(struct fl_counters *into, const struct fl_counters *from)
{
    into->flows += from->flows;
    into->packets += from->packets;
    into->bytes += from->bytes;
    if (from->first_ms < into->first_ms)
        into->first_ms = from->first_ms;
    if (from->last_ms > into->last_ms)
        into->last_ms = from->last_ms;
}

enum fl_status fl_table_merge(struct fl_table *t, struct fl_table *from)
{
    for (uint32_t i = 0; i < from->count; i++) {
        const struct fl_entry *b = from->entries[i];
        struct fl_entry *a = fl_table_find_or_add(t, b->key, b->key_len);
        if (a == NULL)
            return FL_E_NOMEM;
        fl_counters_merge(&a->counters, &b->counters);
        for (uint32_t p = 0; p < b->place_count; p++)
            fl_entry_add_place(t, a, &fl_entry_places(b)[p]);
        for (uint32_t m = 0; m < t->spec.measure_count; m++) {
            enum fl_status status =
                fl_measure_merge(&t->measures[m], fl_entry_state(t, a, m), fl_entry_state(from, b, m));
            if (status != FL_OK)
                return status;
        }
    }
    fl_table_clear(from);
    return FL_OK;
}
