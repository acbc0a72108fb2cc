#include "core/group/table.h"

#include <string.h>

#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/base/when.h"
#include "core/group/entry.h"

#define SLOTS_MIN  64u
#define BLOCK_ROWS FL_UPDATE_ROWS_MAX /* rows whose memory is fetched before the first of them is added */

static bool init_shape(struct fl_table *t, const struct fl_table_spec *spec)
{
    t->measures = fl_alloc_zero((size_t)spec->measure_count + 1, sizeof *t->measures);
    t->key_types = fl_alloc_zero((size_t)spec->key_count + 1, sizeof *t->key_types);
    if (t->measures == NULL || t->key_types == NULL)
        return false;
    for (uint32_t k = 0; k < spec->key_count; k++)
        t->key_types[k] = spec->key_types != NULL ? spec->key_types[k] : fl_fields[spec->keys[k]].type;
    t->spec.evidence = spec->keys_only ? 0 : spec->evidence > 0 ? spec->evidence : 1;
    size_t offset = sizeof(struct fl_entry) + t->spec.evidence * sizeof(struct fl_place);
    for (uint32_t m = 0; m < spec->measure_count; m++) {
        t->measures[m] = spec->measures[m];
        t->measures[m].state_offset = (uint32_t)offset;
        offset += t->measures[m].state_bytes;
    }
    t->entry_bytes = (uint32_t)offset;
    t->state_bytes = t->entry_bytes - (uint32_t)(sizeof(struct fl_entry) + t->spec.evidence * sizeof(struct fl_place));
    return true;
}

enum fl_status fl_table_new(const struct fl_table_spec *spec, struct fl_table **out)
{
    struct fl_table *t = fl_alloc_zero(1, sizeof *t);
    *out = t;
    if (t == NULL)
        return FL_E_NOMEM;
    t->spec = *spec;
    fl_buf_init(&t->keys);
    if (!init_shape(t, spec)) {
        fl_table_free(t);
        *out = NULL;
        return FL_E_NOMEM;
    }
    return FL_OK;
}

void fl_entry_dispose_states(const struct fl_table *t, struct fl_entry *e)
{
    for (uint32_t m = 0; m < t->spec.measure_count; m++)
        fl_measure_dispose(&t->measures[m], fl_entry_state(t, e, m));
}

static void forget_texts(struct fl_table *t)
{
    fl_free(t->by_text);
    t->by_text = NULL;
    t->text_capacity = 0;
}

void fl_table_clear(struct fl_table *t)
{
    forget_texts(t);
    for (uint32_t i = 0; t->slots != NULL && i <= t->slot_mask; i++)
        if (t->slots[i].ref != 0)
            fl_entry_dispose_states(t, fl_table_at(t, t->slots[i].ref));
    for (uint32_t c = 0; c < t->chunk_count; c++)
        fl_free(t->chunks[c].bytes);
    fl_free(t->slots);
    fl_free(t->sorted);
    t->slots = NULL;
    t->sorted = NULL;
    t->count = t->chunk_count = t->slot_mask = 0;
    t->held_bytes = 0;
}

void fl_table_free(struct fl_table *t)
{
    fl_table_clear(t);
    fl_free(t->chunks);
    fl_buf_dispose(&t->keys);
    fl_free(t->measures);
    fl_free(t->key_types);
    fl_free(t);
}

static bool rehash(struct fl_table *t)
{
    uint32_t slots = t->slots == NULL ? SLOTS_MIN : (t->slot_mask + 1) * 2;
    struct fl_slot *fresh = slots == 0 ? NULL : fl_alloc_zero(slots, sizeof *fresh);
    if (fresh == NULL)
        return false;
    for (uint32_t i = 0; t->slots != NULL && i <= t->slot_mask; i++) {
        if (t->slots[i].ref == 0)
            continue;
        uint32_t at = t->slots[i].tag & (slots - 1);
        while (fresh[at].ref != 0)
            at = (at + 1) & (slots - 1);
        fresh[at] = t->slots[i];
    }
    fl_free(t->slots);
    t->slots = fresh;
    t->slot_mask = slots - 1;
    return true;
}

/* Room for an entry; its reference, or 0 when memory is out. The first unit of a chunk stays free, so that no reference
 * is 0. Chunks grow to what a reference reaches; a key that is longer has a chunk of its own. */
static uint32_t allot(struct fl_table *t, uint32_t bytes)
{
    const uint32_t most = FL_REF_UNIT << FL_REF_SHIFT;
    struct fl_table_chunk *last = t->chunk_count > 0 ? &t->chunks[t->chunk_count - 1] : NULL;
    if (last == NULL || last->size - last->used < bytes || last->used >= most) {
        uint32_t size = last == NULL ? FL_CHUNK_MIN : last->size < most ? last->size * 2 : most;
        size = size < most ? size : most;
        size = size < bytes + FL_REF_UNIT ? bytes + FL_REF_UNIT : size;
        if (t->chunk_count == FL_CHUNKS_MAX ||
            !fl_grow((void **)&t->chunks, &t->chunk_capacity, t->chunk_count + 1, sizeof *t->chunks))
            return 0;
        char *memory = fl_alloc(size);
        if (memory == NULL)
            return 0;
        last = &t->chunks[t->chunk_count++];
        *last = (struct fl_table_chunk){memory, size, FL_REF_UNIT};
    }
    uint32_t ref = (t->chunk_count - 1) << FL_REF_SHIFT | last->used / FL_REF_UNIT;
    last->used += bytes;
    return ref;
}

static struct fl_entry *add_entry(struct fl_table *t, uint32_t slot, uint32_t tag, const uint8_t *key, uint32_t len)
{
    uint32_t bytes = (t->entry_bytes + len + FL_REF_UNIT - 1) / FL_REF_UNIT * FL_REF_UNIT;
    uint32_t ref = allot(t, bytes);
    if (ref == 0)
        return NULL;
    struct fl_entry *e = fl_table_at(t, ref);
    memset(e, 0, t->entry_bytes);
    e->key_len = len;
    e->last_ms = INT64_MIN;
    memcpy((char *)e + t->entry_bytes, key, len);
    t->slots[slot] = (struct fl_slot){tag, ref};
    t->count++;
    return e;
}

static struct fl_entry *find_or_add(struct fl_table *t, uint32_t tag, const uint8_t *key, uint32_t len)
{
    if ((t->slots == NULL || (t->count + 1) * 10ull > (t->slot_mask + 1ull) * 7) && !rehash(t))
        return NULL;
    uint32_t at = tag & t->slot_mask;
    for (; t->slots[at].ref != 0; at = (at + 1) & t->slot_mask) {
        if (t->slots[at].tag != tag)
            continue;
        struct fl_entry *e = fl_table_at(t, t->slots[at].ref);
        if (e->key_len == len && memcmp(fl_entry_key(t, e), key, len) == 0)
            return e;
    }
    return add_entry(t, at, tag, key, len);
}

static uint32_t tag_of(const struct fl_table *t, const uint8_t *key, uint32_t len)
{
    return (uint32_t)(fl_hash64(key, len, t->spec.hash_seed) >> 16);
}

struct fl_entry *fl_table_find_or_add(struct fl_table *t, const uint8_t *key, uint32_t len)
{
    return find_or_add(t, tag_of(t, key, len), key, len);
}

/* ---- rows ---- */

struct pending {
    uint32_t row, tag, key_at, key_len;
    struct fl_place place;
    struct fl_entry *entry;
};

struct adding {
    struct fl_table *t;
    const struct fl_batch *batch;
    const uint64_t *const *filters;
    uint64_t *bad_times;
    struct pending rows[BLOCK_ROWS];
    uint32_t row_ids[BLOCK_ROWS]; /* of these rows: for measures */
    const struct fl_place *places[BLOCK_ROWS];
    uint32_t count;
    bool by_text; /* the key is one text, and t->by_text is of this batch's texts */
};

static int64_t cell_or_zero(const struct fl_batch *batch, uint32_t field, uint32_t row)
{
    const struct fl_column *c = &batch->columns[field];
    return c->values == NULL || fl_column_null(c, row) ? 0 : c->i64[row];
}

static void add_counters(struct fl_entry *e, const struct fl_batch *batch, const struct pending *p)
{
    e->flows++;
    fl_total_add(&e->packets, &e->packets_high, cell_or_zero(batch, FL_F_PACKETS, p->row));
    fl_total_add(&e->bytes, &e->bytes_high, cell_or_zero(batch, FL_F_BYTES, p->row));
    int64_t start = p->place.start_ms, end = p->place.end_ms;
    bool ends = fl_when_known(end) && (start == INT64_MAX || end > start);
    int64_t last = ends ? end : start;
    if (last != INT64_MAX && last > e->last_ms)
        e->last_ms = last;
}

static bool bit_at(const uint64_t *bits, uint32_t row)
{
    return bits == NULL || (bits[row >> 6] >> (row & 63) & 1);
}

static int64_t pane_of(const struct fl_table *t, const struct fl_place *place)
{
    return t->spec.pane_ms != 0 ? place->start_ms / t->spec.pane_ms : 0;
}

/* Groups of one text are found by its number among the worker's texts: their keys need not be made. */
static struct fl_entry *known_text(const struct adding *a, uint32_t row, int64_t pane)
{
    const struct fl_table *t = a->t;
    const struct fl_column *c = &a->batch->columns[t->spec.keys[0]];
    if (!a->by_text || fl_column_null(c, row) || c->u32[row] >= t->text_capacity)
        return NULL;
    const struct fl_text_group *known = &t->by_text[c->u32[row]];
    return known->pane == pane ? known->entry : NULL;
}

static enum fl_status note_text(const struct adding *a, const struct pending *p)
{
    struct fl_table *t = a->t;
    const struct fl_column *c = &a->batch->columns[t->spec.keys[0]];
    if (fl_column_null(c, p->row))
        return FL_OK;
    uint32_t id = c->u32[p->row], held = t->text_capacity;
    if (!fl_grow((void **)&t->by_text, &t->text_capacity, id + 1, sizeof *t->by_text))
        return FL_E_NOMEM;
    memset(t->by_text + held, 0, (t->text_capacity - held) * sizeof *t->by_text);
    t->by_text[id] = (struct fl_text_group){.pane = pane_of(t, &p->place), .entry = p->entry};
    return FL_OK;
}

static void fetch_entry(const struct fl_table *t, const struct fl_entry *e)
{
    for (uint32_t at = 0; at < t->entry_bytes; at += 64)
        __builtin_prefetch((const char *)e + at, 1);
    __builtin_prefetch((const char *)e + t->entry_bytes);
}

/* Key bytes of a row: every key field, then the pane when there are panes. */
static bool take_row(struct adding *a, uint32_t row)
{
    struct fl_table *t = a->t;
    struct pending *p = &a->rows[a->count];
    p->row = row;
    p->place = fl_batch_place(a->batch, row);
    p->key_at = (uint32_t)t->keys.len;
    p->key_len = 0;
    if (t->spec.pane_ms != 0 && !fl_when_known(p->place.start_ms)) {
        (*a->bad_times)++;
        return true;
    }
    a->row_ids[a->count] = row;
    a->places[a->count] = &p->place;
    p->entry = a->by_text ? known_text(a, row, pane_of(t, &p->place)) : NULL;
    if (p->entry != NULL) {
        fetch_entry(t, p->entry);
        a->count++;
        return true;
    }
    for (uint32_t k = 0; k < t->spec.key_count; k++)
        fl_key_add_cell(&t->keys, a->batch, t->spec.keys[k], row);
    if (t->spec.pane_ms != 0)
        fl_key_add_pane(&t->keys, pane_of(t, &p->place));
    p->key_len = (uint32_t)t->keys.len - p->key_at;
    if (t->keys.failed)
        return false;
    p->tag = tag_of(t, p->key_len > 0 ? (const uint8_t *)t->keys.data + p->key_at : (const uint8_t *)"", p->key_len);
    if (t->slots != NULL) /* which the rows that follow give time to come */
        __builtin_prefetch(&t->slots[p->tag & t->slot_mask]);
    a->count++;
    return true;
}

static void fetch_entries(struct adding *a)
{
    struct fl_table *t = a->t;
    for (uint32_t i = 0; i < a->count && t->slots != NULL; i++) {
        if (a->rows[i].entry != NULL)
            continue;
        const struct fl_slot *slot = &t->slots[a->rows[i].tag & t->slot_mask];
        if (slot->ref == 0)
            continue;
        fetch_entry(t, fl_table_at(t, slot->ref));
    }
}

static uint64_t passing(const struct adding *a, const uint64_t *filter)
{
    uint64_t bits = 0;
    if (filter == NULL || a->count == 0)
        return a->count == 0 ? 0 : ~UINT64_C(0) >> (64 - a->count);
    for (uint32_t i = 0; i < a->count; i++)
        bits |= (filter[a->row_ids[i] >> 6] >> (a->row_ids[i] & 63) & 1) << i;
    return bits;
}

static enum fl_status add_measure(struct adding *a, const struct fl_measure *m, const uint64_t *const *filters)
{
    void *states[BLOCK_ROWS];
    for (uint32_t i = 0; i < a->count; i++)
        states[i] = (char *)a->rows[i].entry + m->state_offset;
    struct fl_rows_update u = {.batch = a->batch,
                               .count = a->count,
                               .rows = a->row_ids,
                               .states = states,
                               .places = a->places,
                               .pass = passing(a, filters[0]),
                               .pass2 = passing(a, filters[1])};
    return fl_measure_update_rows(m, &u);
}

/* The entry of the same key in another pane: the pane's number stands behind the values. */
static struct fl_entry *entry_in(struct fl_table *t, const struct pending *p, int64_t pane)
{
    struct fl_buf number;
    fl_buf_init(&number);
    fl_key_add_pane(&number, pane);
    uint8_t *key = (uint8_t *)t->keys.data + p->key_at;
    struct fl_entry *e = NULL;
    if (!number.failed) {
        memcpy(key + p->key_len - FL_KEY_PANE_BYTES, number.data, FL_KEY_PANE_BYTES);
        e = fl_table_find_or_add(t, key, p->key_len);
    }
    fl_buf_dispose(&number);
    return e;
}

/* A measure that is spread: each pane that the record reaches into gets its part, and the place as evidence. */
static enum fl_status add_spread(struct adding *a, const struct fl_measure *m, const uint64_t *filter)
{
    struct fl_table *t = a->t;
    int64_t pane_ms = t->spec.pane_ms;
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < a->count && status == FL_OK; i++) {
        const struct pending *p = &a->rows[i];
        int64_t first = p->place.start_ms / pane_ms, last = fl_spread_last_pane(&p->place, pane_ms);
        bool pass = bit_at(filter, p->row);
        if (first == last) {
            status = fl_measure_update(m, (char *)p->entry + m->state_offset, a->batch, p->row, pass, true, &p->place);
            continue;
        }
        for (int64_t pane = first; pane <= last && status == FL_OK; pane++) {
            struct fl_entry *e = pane == first ? p->entry : entry_in(t, p, pane);
            if (e == NULL)
                return FL_E_NOMEM;
            if (pane > first)
                fl_entry_add_place(t, e, &p->place);
            status = fl_measure_update_part(m, (char *)e + m->state_offset, a->batch, p->row, pass, &p->place,
                                            pane * pane_ms, (pane + 1) * pane_ms);
        }
    }
    return status;
}

static enum fl_status add_sequence(struct adding *a, const struct fl_measure *m)
{
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < a->count && status == FL_OK; i++) {
        const struct pending *p = &a->rows[i];
        uint32_t steps = 0;
        for (uint32_t s = 0; s < m->sequence->step_count; s++)
            steps |= (uint32_t)bit_at(a->filters[m->first_step + s], p->row) << s;
        status = fl_measure_update_steps(m, (char *)p->entry + m->state_offset, a->batch, p->row, steps, &p->place);
    }
    return status;
}

/* Adds the rows at hand: their memory is asked for first, so that many wait for it at once. */
static enum fl_status add_block(struct adding *a)
{
    struct fl_table *t = a->t;
    fetch_entries(a);
    const uint8_t *keys = t->keys.data != NULL ? (const uint8_t *)t->keys.data : (const uint8_t *)"";
    for (uint32_t i = 0; i < a->count; i++) {
        struct pending *p = &a->rows[i];
        bool known = p->entry != NULL;
        if (!known)
            p->entry = find_or_add(t, p->tag, keys + p->key_at, p->key_len);
        if (p->entry == NULL || (a->by_text && !known && note_text(a, p) != FL_OK))
            return FL_E_NOMEM;
        add_counters(p->entry, a->batch, p);
        fl_entry_add_place(t, p->entry, &p->place);
    }
    enum fl_status status = FL_OK;
    for (uint32_t m = 0; m < t->spec.measure_count && status == FL_OK; m++)
        if (t->measures[m].sequence != NULL)
            status = add_sequence(a, &t->measures[m]);
        else if (t->measures[m].spread)
            status = add_spread(a, &t->measures[m], a->filters[2 * m]);
        else
            status = add_measure(a, &t->measures[m], &a->filters[2 * m]);
    a->count = 0;
    fl_buf_clear(&t->keys);
    return status;
}

static enum fl_status add_rows(struct adding *a, const uint64_t *selection, uint32_t from, uint32_t end)
{
    for (uint32_t w = from; w < end; w++) {
        for (uint64_t bits = selection[w]; bits != 0; bits &= bits - 1) {
            if (!take_row(a, w * 64 + (uint32_t)__builtin_ctzll(bits)))
                return FL_E_NOMEM;
            if (a->count < BLOCK_ROWS)
                continue;
            enum fl_status status = add_block(a);
            if (status != FL_OK)
                return status;
        }
    }
    return a->count > 0 ? add_block(a) : FL_OK;
}

/* Parts of a record that is spread need the key. */
static bool knows_texts(const struct fl_table *t)
{
    if (t->spec.key_count != 1 || fl_fields[t->spec.keys[0]].storage != FL_S_U32)
        return false;
    for (uint32_t m = 0; m < t->spec.measure_count; m++)
        if (t->measures[m].spread)
            return false;
    return true;
}

enum fl_status fl_table_add(struct fl_table *t, const struct fl_batch *batch, const uint64_t *selection, uint32_t from,
                            uint32_t end, const uint64_t *const *filters, uint64_t *bad_times)
{
    struct adding a;
    a.t = t;
    a.batch = batch;
    a.filters = filters;
    a.bad_times = bad_times;
    a.count = 0;
    a.by_text = knows_texts(t);
    int64_t before = fl_memory_held_by_thread();
    if (t->text_batch != batch)
        forget_texts(t);
    t->text_batch = batch;
    fl_free(t->sorted);
    t->sorted = NULL;
    fl_buf_clear(&t->keys);
    enum fl_status status = add_rows(&a, selection, from, end);
    t->held_bytes += fl_memory_held_by_thread() - before;
    return status;
}

uint64_t fl_table_groups(const struct fl_table *t)
{
    return t->count;
}

bool fl_table_over_limit(const struct fl_table *t)
{
    return t->count > t->spec.max_groups;
}

size_t fl_table_held_bytes(const struct fl_table *t)
{
    return t->held_bytes > 0 ? (size_t)t->held_bytes : 0;
}
