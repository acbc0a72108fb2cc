/* fold.c: groups in key order, their panes folded into windows. */
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/group/entry.h"

struct sorted {
    const struct fl_entry *entry;
    int64_t pane;
    struct fl_value *keys;
    uint64_t prefix[2]; /* of the first two keys: never fall as these grow, and decide most comparisons */
    bool is_exact;      /* keys of equal first prefixes are equal */
};

struct folding {
    const struct fl_table *table;
    int64_t window_ms, every_ms;
    struct fl_arena arena; /* values of the group at hand */
    struct sorted *sorted;
    struct fl_value *values;
    const void **states;
    struct fl_place *places;
    char *scratch; /* states of a window */
    enum fl_status (*visit)(void *context, const struct fl_group_view *view);
    void *context;
};

/* *is_exact: only equal keys have this prefix. */
static uint64_t prefix_of(const struct fl_value *key, bool *is_exact)
{
    uint64_t prefix = 0;
    *is_exact = true;
    switch (key->type) {
    case FL_T_NULL:
        return UINT64_MAX;
    case FL_T_ADDR:
        if (fl_addr_is_v4(key->addr))
            return key->addr.lo;
        *is_exact = false;
        return key->addr.hi != 0 ? UINT64_C(1) << 63 | key->addr.hi >> 1
                                 : (key->addr.lo >> 63 ? INT64_MAX : key->addr.lo);
    case FL_T_STR:
        *is_exact = false;
        for (size_t i = 0; i < 8; i++)
            prefix = prefix << 8 | (i < key->str.len ? (uint8_t)key->str.ptr[i] : 0);
        return prefix;
    default:
        *is_exact = key->i >= 0 && key->i <= INT64_MAX;
        return key->i < 0 ? 0 : key->i > INT64_MAX ? INT64_MAX : (uint64_t)key->i;
    }
}

/* By the prefixes; 0 when they do not tell. */
static int compare_prefixes(const struct sorted *a, const struct sorted *b)
{
    if (a->prefix[0] != b->prefix[0])
        return a->prefix[0] < b->prefix[0] ? -1 : 1;
    if (!a->is_exact || !b->is_exact || a->prefix[1] == b->prefix[1])
        return 0;
    return a->prefix[1] < b->prefix[1] ? -1 : 1;
}

static int compare_keys(const struct sorted *a, const struct sorted *b, uint32_t key_count)
{
    int by_prefix = compare_prefixes(a, b);
    if (by_prefix != 0)
        return by_prefix;
    for (uint32_t k = 0; k < key_count; k++) {
        int c = fl_value_compare(&a->keys[k], &b->keys[k]);
        if (c != 0)
            return c;
    }
    return 0;
}

static int compare_sorted(const void *left, const void *right, void *context)
{
    const struct sorted *a = left, *b = right;
    int c = compare_keys(a, b, *(const uint32_t *)context);
    return c != 0 ? c : a->pane < b->pane ? -1 : a->pane > b->pane;
}

static bool decode_keys(const struct fl_table *t, const struct fl_entry *e, struct sorted *out)
{
    const uint8_t *p = (const uint8_t *)e->key;
    size_t left = e->key_len;
    out->entry = e;
    out->pane = 0;
    if (t->spec.pane_ms != 0) {
        memcpy(&out->pane, p, sizeof out->pane);
        p += sizeof out->pane;
        left -= sizeof out->pane;
    }
    for (uint32_t k = 0; k < t->spec.key_count; k++) {
        size_t n = fl_value_decode(p, left, &out->keys[k]);
        if (n == 0)
            return false;
        p += n;
        left -= n;
    }
    bool ignored;
    if (t->spec.key_count > 0)
        out->prefix[0] = prefix_of(&out->keys[0], &out->is_exact);
    if (t->spec.key_count > 1)
        out->prefix[1] = prefix_of(&out->keys[1], &ignored);
    return true;
}

static enum fl_status emit(struct folding *f, const struct sorted *first, int64_t window_start,
                           const struct fl_counters *counters, const struct fl_place *places, uint32_t place_count,
                           const void *const *states)
{
    const struct fl_table *t = f->table;
    struct fl_group_view view = {.keys = first->keys,
                                 .window_start_ms = INT64_MIN,
                                 .window_end_ms = INT64_MIN,
                                 .counters = *counters,
                                 .evidence = places,
                                 .evidence_count = place_count,
                                 .measures = f->values,
                                 .states = states};
    if (t->spec.pane_ms != 0) {
        view.window_start_ms = window_start;
        view.window_end_ms = window_start + f->window_ms;
    }
    enum fl_status status = FL_OK;
    for (uint32_t m = 0; m < t->spec.measure_count && status == FL_OK; m++)
        status = fl_measure_value(&t->measures[m], states[m], &f->arena, &f->values[m]);
    if (status == FL_OK)
        status = f->visit(f->context, &view);
    if (f->arena.held_bytes > 1024 * 1024) {
        fl_arena_dispose(&f->arena);
        fl_arena_init(&f->arena);
    }
    return status;
}

static enum fl_status emit_entry(struct folding *f, const struct sorted *s, int64_t window_start)
{
    const struct fl_table *t = f->table;
    for (uint32_t m = 0; m < t->spec.measure_count; m++)
        f->states[m] = fl_entry_state(t, s->entry, m);
    return emit(f, s, window_start, &s->entry->counters, fl_entry_places(s->entry), s->entry->place_count, f->states);
}

/* One window out of several panes of a key: states are merged into scratch ones. */
static enum fl_status emit_panes(struct folding *f, const struct sorted *panes, uint32_t count, int64_t window_start)
{
    const struct fl_table *t = f->table;
    if (count == 1)
        return emit_entry(f, panes, window_start);
    struct fl_counters counters = panes[0].entry->counters;
    uint32_t place_count = 0;
    size_t base = t->spec.measure_count > 0 ? t->measures[0].state_offset : 0;
    memset(f->scratch, 0, t->entry_bytes);
    enum fl_status status = FL_OK;
    for (uint32_t m = 0; m < t->spec.measure_count; m++)
        f->states[m] = f->scratch + t->measures[m].state_offset - base;
    for (uint32_t i = 0; i < count; i++) {
        const struct fl_entry *e = panes[i].entry;
        if (i > 0)
            fl_counters_merge(&counters, &e->counters);
        for (uint32_t p = 0; p < e->place_count; p++)
            fl_places_add(f->places, &place_count, t->spec.evidence, &fl_entry_places(e)[p]);
        for (uint32_t m = 0; m < t->spec.measure_count && status == FL_OK; m++)
            status = fl_measure_merge(&t->measures[m], (void *)f->states[m], fl_entry_state(t, e, m));
    }
    if (status == FL_OK)
        status = emit(f, panes, window_start, &counters, f->places, place_count, f->states);
    for (uint32_t m = 0; m < t->spec.measure_count; m++)
        fl_measure_dispose(&t->measures[m], f->scratch + t->measures[m].state_offset - base);
    return status;
}

static int64_t floor_to(int64_t value, int64_t step)
{
    return value / step * step;
}

/* Every window that holds a pane of this key. Panes are never negative. */
static enum fl_status emit_windows(struct folding *f, const struct sorted *panes, uint32_t count)
{
    int64_t pane_ms = f->table->spec.pane_ms;
    int64_t next = INT64_MIN;
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < count && status == FL_OK; i++) {
        int64_t pane_start = panes[i].pane * pane_ms;
        int64_t last = floor_to(pane_start, f->every_ms);
        int64_t window = last;
        while (window - f->every_ms + f->window_ms > pane_start)
            window -= f->every_ms;
        if (window < next)
            window = next;
        for (; window <= last && status == FL_OK; window += f->every_ms) {
            uint32_t from = i, to = i;
            while (from > 0 && panes[from - 1].pane * pane_ms >= window)
                from--;
            while (to < count && panes[to].pane * pane_ms < window + f->window_ms)
                to++;
            status = emit_panes(f, panes + from, to - from, window);
        }
        next = last + f->every_ms;
    }
    return status;
}

static enum fl_status walk(struct folding *f)
{
    uint32_t count = f->table->count;
    enum fl_status status = FL_OK;
    for (uint32_t from = 0; from < count && status == FL_OK;) {
        uint32_t to = from + 1;
        while (to < count && compare_keys(&f->sorted[from], &f->sorted[to], f->table->spec.key_count) == 0)
            to++;
        status = f->table->spec.pane_ms == 0 ? emit_entry(f, &f->sorted[from], 0)
                                             : emit_windows(f, &f->sorted[from], to - from);
        from = to;
    }
    return status;
}

enum fl_status fl_table_visit(const struct fl_table *t, int64_t window_ms, int64_t every_ms,
                              enum fl_status (*visit)(void *context, const struct fl_group_view *view), void *context)
{
    struct folding f = {.table = t, .window_ms = window_ms, .every_ms = every_ms, .visit = visit, .context = context};
    size_t keys = t->spec.key_count;
    struct fl_value *all_keys = fl_alloc_zero((size_t)t->count * keys + 1, sizeof *all_keys);
    fl_arena_init(&f.arena);
    f.sorted = fl_alloc_zero((size_t)t->count + 1, sizeof *f.sorted);
    f.values = fl_alloc_zero((size_t)t->spec.measure_count + 1, sizeof *f.values);
    f.states = fl_alloc_zero((size_t)t->spec.measure_count + 1, sizeof *f.states);
    f.places = fl_alloc_zero((size_t)t->spec.evidence + 1, sizeof *f.places);
    f.scratch = fl_alloc_zero(1, t->entry_bytes + 1);
    enum fl_status status = FL_OK;
    if (all_keys == NULL || f.sorted == NULL || f.values == NULL || f.states == NULL || f.places == NULL ||
        f.scratch == NULL)
        status = FL_E_NOMEM;
    for (uint32_t i = 0; i < t->count && status == FL_OK; i++) {
        f.sorted[i].keys = all_keys + i * keys;
        if (!decode_keys(t, t->entries[i], &f.sorted[i]))
            status = FL_E_INTERNAL;
    }
    if (status == FL_OK) {
        uint32_t key_count = t->spec.key_count;
        qsort_r(f.sorted, t->count, sizeof *f.sorted, compare_sorted, &key_count);
        status = walk(&f);
    }
    fl_arena_dispose(&f.arena);
    fl_free(all_keys);
    fl_free(f.sorted);
    fl_free(f.values);
    fl_free(f.states);
    fl_free(f.places);
    fl_free(f.scratch);
    return status;
}
