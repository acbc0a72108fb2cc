/* fold.c: rows in key order -> groups: the panes of a key folded into windows. */
#include <string.h>

#include "core/base/memory.h"
#include "core/group/fold.h"

/* A pane of the key at hand that some window may still hold. */
struct kept_pane {
    int64_t start_ms;
    const struct fl_entry *entry;
    struct fl_entry *own; /* room for an entry that does not last, or NULL until there was one */
};

struct folding {
    const struct fl_table *shape;
    const struct fl_walk *walk;
    uint32_t measure_count;
    struct fl_arena arena, key_arena; /* values of the group at hand; texts of its keys */
    struct fl_buf key;                /* without the pane */
    bool any;
    struct fl_value *keys, *values;
    const void **states;
    struct kept_pane *panes; /* in the order of time */
    uint32_t pane_count, pane_capacity;
    int64_t next_window_ms;
    struct fl_entry *sum; /* of a window of several panes, or of the session at hand */
    bool in_session;
};

static uint32_t measure_at(const struct folding *f, uint32_t i)
{
    return f->walk->measures != NULL ? f->walk->measures[i] : i;
}

static enum fl_status emit(struct folding *f, const struct fl_entry *e, int64_t window_start_ms)
{
    const struct fl_table *t = f->shape;
    bool windows = t->spec.pane_ms != 0;
    struct fl_group_view view = {.keys = f->keys,
                                 .window_start_ms = windows ? window_start_ms : INT64_MIN,
                                 .window_end_ms = windows ? window_start_ms + f->walk->window_ms : INT64_MIN,
                                 .evidence = fl_entry_places(e),
                                 .evidence_count = e->place_count,
                                 .measures = f->values,
                                 .states = f->states};
    fl_entry_counters(e, &view.counters);
    if (t->spec.session) {
        view.window_start_ms = view.counters.first_ms;
        view.window_end_ms = view.counters.last_ms;
    }
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < f->measure_count && status == FL_OK; i++) {
        uint32_t m = measure_at(f, i);
        f->states[i] = fl_entry_state(t, e, m);
        status = fl_measure_value(&t->measures[m], f->states[i], &f->arena, &f->values[i]);
    }
    if (status == FL_OK)
        status = f->walk->visit(f->walk->context, &view);
    if (f->arena.held_bytes > 1024 * 1024) {
        fl_arena_dispose(&f->arena);
        fl_arena_init(&f->arena);
    }
    return status;
}

/* Is it too small to be visited? */
static bool pass_over(struct folding *f, uint64_t flows)
{
    if (flows >= f->walk->least_flows)
        return false;
    (*f->walk->passed_over)++;
    return true;
}

/* One window out of the first `count` panes that are kept. */
static enum fl_status emit_panes(struct folding *f, uint32_t count, int64_t window_start_ms)
{
    const struct fl_table *t = f->shape;
    uint64_t flows = 0;
    for (uint32_t i = 0; i < count; i++)
        flows += f->panes[i].entry->flows;
    if (pass_over(f, flows))
        return FL_OK;
    if (count == 1)
        return emit(f, f->panes[0].entry, window_start_ms);
    enum fl_status status = FL_OK;
    fl_entry_clear(f->sum);
    for (uint32_t i = 0; i < count && status == FL_OK; i++)
        status = fl_entry_merge(t, f->sum, f->panes[i].entry);
    if (status == FL_OK)
        status = emit(f, f->sum, window_start_ms);
    fl_entry_dispose_states(t, f->sum);
    memset(f->sum, 0, t->entry_bytes);
    return status;
}

static enum fl_status end_session(struct folding *f)
{
    if (!f->in_session)
        return FL_OK;
    enum fl_status status = pass_over(f, f->sum->flows) ? FL_OK : emit(f, f->sum, 0);
    fl_entry_dispose_states(f->shape, f->sum);
    memset(f->sum, 0, f->shape->entry_bytes);
    f->in_session = false;
    return status;
}

/* A pane is one gap wide, so what starts in it belongs together. Its first record joins what stands before when it
 * starts at most a gap behind the latest end there, which may be that of a record of much earlier panes. */
static enum fl_status fold_session(struct folding *f, const struct fl_entry *e)
{
    struct fl_counters counters;
    enum fl_status status = FL_OK;
    fl_entry_counters(e, &counters);
    if (f->in_session && counters.first_ms - f->sum->last_ms > f->shape->spec.pane_ms)
        status = end_session(f);
    if (!f->in_session)
        fl_entry_clear(f->sum);
    f->in_session = true;
    return status == FL_OK ? fl_entry_merge(f->shape, f->sum, e) : status;
}

static int64_t floor_to(int64_t value, int64_t step)
{
    return value / step * step;
}

static void drop_first_pane(struct folding *f)
{
    struct kept_pane first = f->panes[0];
    if (first.entry == first.own && first.own != NULL) {
        fl_entry_dispose_states(f->shape, first.own);
        memset(first.own, 0, f->shape->entry_bytes);
    }
    f->pane_count--;
    memmove(f->panes, f->panes + 1, f->pane_count * sizeof *f->panes);
    first.entry = NULL;
    f->panes[f->pane_count] = first; /* keeps its room */
}

/* Every window that holds a kept pane and ends by until_ms. Panes are never negative. */
static enum fl_status emit_windows(struct folding *f, int64_t until_ms)
{
    const struct fl_walk *walk = f->walk;
    enum fl_status status = FL_OK;
    while (f->pane_count > 0 && status == FL_OK) {
        int64_t pane_ms = f->panes[0].start_ms, window_ms = floor_to(pane_ms, walk->every_ms);
        while (window_ms - walk->every_ms + walk->window_ms > pane_ms)
            window_ms -= walk->every_ms;
        if (window_ms < f->next_window_ms)
            window_ms = f->next_window_ms;
        if (window_ms > pane_ms) {
            drop_first_pane(f);
            continue;
        }
        if (until_ms - walk->window_ms < window_ms)
            break;
        uint32_t count = 1;
        while (count < f->pane_count && f->panes[count].start_ms < window_ms + walk->window_ms)
            count++;
        status = emit_panes(f, count, window_ms);
        f->next_window_ms = window_ms + walk->every_ms;
    }
    return status;
}

static enum fl_status keep_pane(struct folding *f, const struct fl_row *row, int64_t start_ms)
{
    uint32_t before = f->pane_capacity;
    if (!fl_grow((void **)&f->panes, &f->pane_capacity, f->pane_count + 1, sizeof *f->panes))
        return FL_E_NOMEM;
    memset(f->panes + before, 0, (f->pane_capacity - before) * sizeof *f->panes);
    struct kept_pane *pane = &f->panes[f->pane_count];
    pane->start_ms = start_ms;
    pane->entry = row->entry;
    if (!row->lasting) {
        size_t bytes = f->shape->entry_bytes, fixed = bytes - f->shape->state_bytes;
        if (pane->own == NULL && (pane->own = fl_alloc_zero(1, bytes)) == NULL)
            return FL_E_NOMEM;
        memcpy(pane->own, row->entry, bytes);
        memset((char *)row->entry + fixed, 0, f->shape->state_bytes);
        pane->entry = pane->own;
    }
    f->pane_count++;
    return FL_OK;
}

static enum fl_status begin_key(struct folding *f, const uint8_t *key, size_t len)
{
    const struct fl_table *t = f->shape;
    fl_buf_clear(&f->key);
    fl_buf_add(&f->key, key, len);
    if (f->key.failed)
        return FL_E_NOMEM;
    if (f->key_arena.held_bytes > 0) {
        fl_arena_dispose(&f->key_arena);
        fl_arena_init(&f->key_arena);
    }
    const uint8_t *p = (const uint8_t *)f->key.data, *end = p + len;
    for (uint32_t k = 0; k < t->spec.key_count; k++) {
        size_t n = fl_key_decode(p, (size_t)(end - p), t->key_types[k], &f->key_arena, &f->keys[k]);
        if (n == 0)
            return fl_memory_ran_out() ? FL_E_NOMEM : FL_E_DATA;
        p += n;
    }
    f->next_window_ms = INT64_MIN;
    f->any = true;
    return p == end ? FL_OK : FL_E_DATA;
}

static enum fl_status end_key(struct folding *f)
{
    enum fl_status status = f->shape->spec.session ? end_session(f) : emit_windows(f, INT64_MAX);
    while (f->pane_count > 0)
        drop_first_pane(f);
    return status;
}

static enum fl_status fold_row(struct folding *f, const struct fl_row *row)
{
    const struct fl_table *t = f->shape;
    const struct fl_walk *walk = f->walk;
    bool windows = t->spec.pane_ms != 0;
    size_t len = row->entry->key_len - (windows ? FL_KEY_PANE_BYTES : 0);
    enum fl_status status = FL_OK;
    if (!f->any || f->key.len != len || memcmp(f->key.data, row->key, len) != 0) {
        status = end_key(f);
        if (status == FL_OK)
            status = begin_key(f, row->key, len);
    }
    if (status != FL_OK)
        return status;
    if (t->spec.session)
        return fold_session(f, row->entry);
    int64_t start_ms = windows ? fl_key_pane(row->key + len) * t->spec.pane_ms : 0;
    if (!windows || walk->window_ms == t->spec.pane_ms)
        return pass_over(f, row->entry->flows) ? FL_OK : emit(f, row->entry, start_ms);
    status = emit_windows(f, start_ms);
    return status == FL_OK ? keep_pane(f, row, start_ms) : status;
}

enum fl_status fl_fold_rows(struct fl_rows *rows, const struct fl_walk *walk)
{
    const struct fl_table *t = rows->shape;
    struct folding f = {.shape = t, .walk = walk};
    f.measure_count = walk->measures != NULL ? walk->measure_count : t->spec.measure_count;
    fl_arena_init(&f.arena);
    fl_arena_init(&f.key_arena);
    fl_buf_init(&f.key);
    f.keys = fl_alloc_zero((size_t)t->spec.key_count + 1, sizeof *f.keys);
    f.values = fl_alloc_zero((size_t)f.measure_count + 1, sizeof *f.values);
    f.states = fl_alloc_zero((size_t)f.measure_count + 1, sizeof *f.states);
    f.sum = fl_alloc_zero(1, t->entry_bytes);
    enum fl_status status =
        f.keys == NULL || f.values == NULL || f.states == NULL || f.sum == NULL ? FL_E_NOMEM : FL_OK;
    struct fl_row row;
    while (status == FL_OK && (status = fl_rows_next(rows, &row)) == FL_OK)
        status = fold_row(&f, &row);
    if (status == FL_END)
        status = end_key(&f);
    while (f.pane_count > 0)
        drop_first_pane(&f);
    if (f.in_session)
        fl_entry_dispose_states(t, f.sum);
    for (uint32_t i = 0; i < f.pane_capacity; i++)
        fl_free(f.panes[i].own);
    fl_free(f.panes);
    fl_free(f.keys);
    fl_free(f.values);
    fl_free(f.states);
    fl_free(f.sum);
    fl_buf_dispose(&f.key);
    fl_arena_dispose(&f.arena);
    fl_arena_dispose(&f.key_arena);
    return status;
}
