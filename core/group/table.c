#include "core/group/table.h"

#include <string.h>

#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/base/when.h"
#include "core/group/entry.h"

#define SLOTS_MIN 64u

enum fl_status fl_table_new(const struct fl_table_spec *spec, struct fl_table **out)
{
    struct fl_table *t = fl_alloc_zero(1, sizeof *t);
    *out = t;
    if (t == NULL)
        return FL_E_NOMEM;
    t->spec = *spec;
    fl_arena_init(&t->arena);
    fl_buf_init(&t->key);
    t->measures = fl_alloc_zero((size_t)spec->measure_count + 1, sizeof *t->measures);
    if (t->measures == NULL) {
        fl_table_free(t);
        *out = NULL;
        return FL_E_NOMEM;
    }
    size_t offset = sizeof(struct fl_entry) + spec->evidence * sizeof(struct fl_place);
    for (uint32_t m = 0; m < spec->measure_count; m++) {
        t->measures[m] = spec->measures[m];
        t->measures[m].state_offset = (uint32_t)offset;
        offset += t->measures[m].state_bytes;
    }
    t->entry_bytes = (uint32_t)offset;
    return FL_OK;
}

enum fl_status fl_table_new_like(const struct fl_table *table, struct fl_table **out)
{
    return fl_table_new(&table->spec, out);
}

void fl_table_clear(struct fl_table *t)
{
    for (uint32_t i = 0; i < t->count; i++)
        for (uint32_t m = 0; m < t->spec.measure_count; m++)
            fl_measure_dispose(&t->measures[m], fl_entry_state(t, t->entries[i], m));
    fl_arena_dispose(&t->arena);
    fl_arena_init(&t->arena);
    fl_free(t->entries);
    fl_free(t->slots);
    t->entries = NULL;
    t->slots = NULL;
    t->count = t->entry_capacity = t->slot_mask = 0;
}

void fl_table_free(struct fl_table *t)
{
    fl_table_clear(t);
    fl_arena_dispose(&t->arena);
    fl_buf_dispose(&t->key);
    fl_free(t->measures);
    fl_free(t);
}

static bool rehash(struct fl_table *t)
{
    uint32_t slots = t->slots == NULL ? SLOTS_MIN : (t->slot_mask + 1) * 2;
    struct fl_slot *fresh = slots == 0 ? NULL : fl_alloc_zero(slots, sizeof *fresh);
    if (fresh == NULL)
        return false;
    for (uint32_t i = 0; t->slots != NULL && i <= t->slot_mask; i++) {
        if (t->slots[i].index == 0)
            continue;
        uint32_t at = t->slots[i].tag & (slots - 1);
        while (fresh[at].index != 0)
            at = (at + 1) & (slots - 1);
        fresh[at] = t->slots[i];
    }
    fl_free(t->slots);
    t->slots = fresh;
    t->slot_mask = slots - 1;
    return true;
}

struct fl_entry *fl_table_find_or_add(struct fl_table *t, const char *key, uint32_t len)
{
    uint32_t tag = (uint32_t)(fl_hash64(key, len, t->spec.hash_seed) >> 16);
    if ((t->slots == NULL || (t->count + 1) * 10ull > (t->slot_mask + 1ull) * 7) && !rehash(t))
        return NULL;
    uint32_t at = tag & t->slot_mask;
    for (; t->slots[at].index != 0; at = (at + 1) & t->slot_mask) {
        struct fl_entry *e = t->entries[t->slots[at].index - 1];
        if (t->slots[at].tag == tag && e->key_len == len && memcmp(e->key, key, len) == 0)
            return e;
    }
    if (!fl_grow((void **)&t->entries, &t->entry_capacity, t->count + 1, sizeof *t->entries))
        return NULL;
    struct fl_entry *e = fl_arena_alloc(&t->arena, t->entry_bytes);
    char *copy = fl_arena_strndup(&t->arena, key, len);
    if (e == NULL || copy == NULL)
        return NULL;
    e->key = copy;
    e->key_len = len;
    e->counters.first_ms = INT64_MAX;
    e->counters.last_ms = INT64_MIN;
    t->entries[t->count++] = e;
    t->slots[at] = (struct fl_slot){tag, t->count};
    return e;
}

/* ---- rows ---- */

static void add_cell(struct fl_buf *key, const struct fl_batch *batch, uint32_t field, uint32_t row)
{
    struct fl_value value;
    fl_batch_value(batch, field, row, &value);
    fl_value_encode(key, &value);
}

/* Key bytes of a row: the pane first (when there are panes), then every key field. */
static bool encode_key(struct fl_table *t, const struct fl_batch *batch, uint32_t row, int64_t pane)
{
    fl_buf_clear(&t->key);
    if (t->spec.pane_ms != 0)
        fl_buf_add(&t->key, &pane, sizeof pane);
    for (uint32_t k = 0; k < t->spec.key_count; k++)
        add_cell(&t->key, batch, t->spec.keys[k], row);
    return !t->key.failed;
}

static struct fl_place place_of(const struct fl_batch *batch, uint32_t row)
{
    const struct fl_column *start = &batch->columns[FL_F_START_TIME];
    const struct fl_column *end = &batch->columns[FL_F_END_TIME];
    return (struct fl_place){.start_ms =
                                 start->values == NULL || fl_column_null(start, row) ? INT64_MAX : start->i64[row],
                             .end_ms = end->values == NULL || fl_column_null(end, row) ? INT64_MAX : end->i64[row],
                             .where = fl_place_where(batch->source, batch->base_offset + batch->row_start[row])};
}

static int64_t cell_or_zero(const struct fl_batch *batch, uint32_t field, uint32_t row)
{
    const struct fl_column *c = &batch->columns[field];
    return c->values == NULL || fl_column_null(c, row) ? 0 : c->i64[row];
}

static void add_counters(struct fl_counters *c, const struct fl_batch *batch, uint32_t row, const struct fl_place *p)
{
    c->flows++;
    c->packets += cell_or_zero(batch, FL_F_PACKETS, row);
    c->bytes += cell_or_zero(batch, FL_F_BYTES, row);
    int64_t last = p->end_ms != INT64_MAX ? p->end_ms : p->start_ms;
    if (p->start_ms < c->first_ms)
        c->first_ms = p->start_ms;
    if (last != INT64_MAX && last > c->last_ms)
        c->last_ms = last;
}

static bool bit_at(const uint64_t *bits, uint32_t row)
{
    return bits == NULL || (bits[row >> 6] >> (row & 63) & 1);
}

static enum fl_status add_row(struct fl_table *t, const struct fl_batch *batch, uint32_t row,
                              const uint64_t *const *filters, uint64_t *bad_times)
{
    struct fl_place place = place_of(batch, row);
    int64_t pane = 0;
    if (t->spec.pane_ms != 0) {
        if (place.start_ms < FL_WHEN_MIN_MS || place.start_ms >= FL_WHEN_MAX_MS) {
            (*bad_times)++;
            return FL_OK;
        }
        pane = place.start_ms / t->spec.pane_ms;
    }
    if (!encode_key(t, batch, row, pane))
        return FL_E_NOMEM;
    struct fl_entry *e = fl_table_find_or_add(t, t->key.data != NULL ? t->key.data : "", (uint32_t)t->key.len);
    if (e == NULL)
        return FL_E_NOMEM;
    add_counters(&e->counters, batch, row, &place);
    fl_entry_add_place(t, e, &place);
    enum fl_status status = FL_OK;
    for (uint32_t m = 0; m < t->spec.measure_count && status == FL_OK; m++)
        status = fl_measure_update(&t->measures[m], fl_entry_state(t, e, m), batch, row, bit_at(filters[2 * m], row),
                                   bit_at(filters[2 * m + 1], row), &place);
    return status;
}

enum fl_status fl_table_add(struct fl_table *t, const struct fl_batch *batch, const uint64_t *selection,
                            const uint64_t *const *filters, uint64_t *bad_times)
{
    for (uint32_t w = 0; w < fl_batch_words(batch); w++) {
        for (uint64_t bits = selection[w]; bits != 0; bits &= bits - 1) {
            uint32_t row = w * 64 + (uint32_t)__builtin_ctzll(bits);
            enum fl_status status = add_row(t, batch, row, filters, bad_times);
            if (status != FL_OK)
                return status;
        }
    }
    return FL_OK;
}

uint64_t fl_table_groups(const struct fl_table *t)
{
    return t->count;
}

bool fl_table_over_limit(const struct fl_table *t)
{
    return t->count > t->spec.max_groups;
}
