/* row.c: groups that come one by one, not from a batch. */
#include "core/base/memory.h"
#include "core/base/when.h"
#include "core/group/entry.h"

static bool encode_keys(struct fl_table *t, const struct fl_value *keys, int64_t pane)
{
    fl_buf_clear(&t->keys);
    for (uint32_t k = 0; k < t->spec.key_count; k++)
        fl_key_add(&t->keys, &keys[k]);
    if (t->spec.pane_ms != 0)
        fl_key_add_pane(&t->keys, pane);
    return !t->keys.failed;
}

static enum fl_status add_row(struct fl_table *t, const struct fl_table_row *row, int64_t pane)
{
    if (!encode_keys(t, row->keys, pane))
        return FL_E_NOMEM;
    const uint8_t *key = t->keys.data != NULL ? (const uint8_t *)t->keys.data : (const uint8_t *)"";
    struct fl_entry *e = fl_table_find_or_add(t, key, (uint32_t)t->keys.len);
    if (e == NULL)
        return FL_E_NOMEM;
    fl_entry_add_counters(e, &row->counters);
    for (uint32_t i = 0; i < row->evidence_count; i++)
        fl_entry_add_place(t, e, &row->evidence[i]);
    enum fl_status status = FL_OK;
    for (uint32_t m = 0; m < t->spec.measure_count && status == FL_OK; m++) {
        void *state = fl_entry_state(t, e, m);
        if (row->states != NULL)
            status = fl_measure_merge(&t->measures[m], state, row->states[m]);
        else if (row->slots != NULL)
            status = fl_measure_update_slots(&t->measures[m], state, row->slots, row->passes[2 * m],
                                             row->passes[2 * m + 1], row->steps[m], &row->place);
    }
    return status;
}

enum fl_status fl_table_add_row(struct fl_table *t, const struct fl_table_row *row, uint64_t *bad_times)
{
    int64_t pane = 0, before = fl_memory_held_by_thread();
    if (t->spec.pane_ms != 0) {
        int64_t start_ms = t->spec.session ? row->counters.first_ms : row->place.start_ms;
        if (!fl_when_known(start_ms)) {
            (*bad_times)++;
            return FL_OK;
        }
        pane = start_ms / t->spec.pane_ms;
    }
    fl_free(t->sorted);
    t->sorted = NULL;
    enum fl_status status = add_row(t, row, pane);
    t->held_bytes += fl_memory_held_by_thread() - before;
    return status;
}
