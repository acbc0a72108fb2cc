/* sort.c: the groups of a table in key order.
 *
 * Eight bytes behind what all keys begin with are sorted as numbers; then, among keys that share them, the next eight.
 * No key is the beginning of another one.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/group/entry.h"

#define FETCH_AHEAD 8u
#define INSERT_MAX  32u  /* items that are sorted by insertion */
#define DEPTH_MAX   512u /* bytes of key behind which keys are compared in full */

struct item {
    uint64_t prefix;
    uint32_t ref;
};

struct sorting {
    const struct fl_table *t;
    struct item *items;
    uint32_t count;
    size_t shared; /* bytes that every key begins with */
};

static uint32_t entry_size(const struct fl_table *t, const struct fl_entry *e)
{
    return (t->entry_bytes + e->key_len + FL_REF_UNIT - 1) / FL_REF_UNIT * FL_REF_UNIT;
}

static size_t shared_bytes(const uint8_t *a, const uint8_t *b, size_t most)
{
    size_t n = 0;
    while (n < most && a[n] == b[n])
        n++;
    return n;
}

/* Lists all entries as they lie in memory, and finds how their keys begin. */
static void list_entries(struct sorting *s)
{
    const struct fl_table *t = s->t;
    const uint8_t *first = NULL;
    for (uint32_t c = 0; c < t->chunk_count; c++) {
        for (uint32_t at = FL_REF_UNIT; at < t->chunks[c].used;) {
            uint32_t ref = c << FL_REF_SHIFT | at / FL_REF_UNIT;
            const struct fl_entry *e = fl_table_at(t, ref);
            const uint8_t *key = fl_entry_key(t, e);
            s->shared =
                first == NULL ? e->key_len : shared_bytes(first, key, e->key_len < s->shared ? e->key_len : s->shared);
            first = first == NULL ? key : first;
            s->items[s->count++].ref = ref;
            at += entry_size(t, e);
        }
    }
}

static void read_prefixes(const struct fl_table *t, struct item *items, uint32_t count, size_t at)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i + FETCH_AHEAD < count)
            __builtin_prefetch(fl_entry_key(t, fl_table_at(t, items[i + FETCH_AHEAD].ref)));
        const struct fl_entry *e = fl_table_at(t, items[i].ref);
        size_t left = e->key_len > at ? e->key_len - at : 0;
        uint64_t bytes = 0;
        memcpy(&bytes, fl_entry_key(t, e) + at, left < sizeof bytes ? left : sizeof bytes);
        items[i].prefix = __builtin_bswap64(bytes);
    }
}

static int compare_full(const void *left, const void *right, void *context)
{
    const struct item *a = left, *b = right;
    const struct fl_table *t = context;
    const struct fl_entry *x = fl_table_at(t, a->ref), *y = fl_table_at(t, b->ref);
    return fl_key_compare(fl_entry_key(t, x), x->key_len, fl_entry_key(t, y), y->key_len);
}

static void insert_all(struct item *items, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        struct item moving = items[i];
        uint32_t at = i;
        for (; at > 0 && items[at - 1].prefix > moving.prefix; at--)
            items[at] = items[at - 1];
        items[at] = moving;
    }
}

/* One byte of the prefixes after the other, the last first, to and fro between the items and as much room beside. */
static void count_all(struct item *items, struct item *beside, uint32_t count)
{
    struct item *from = items, *to = beside;
    for (unsigned shift = 0; shift < 64; shift += 8) {
        uint32_t counts[256] = {0}, sum = 0;
        for (uint32_t i = 0; i < count; i++)
            counts[from[i].prefix >> shift & 255]++;
        if (counts[from[0].prefix >> shift & 255] == count)
            continue;
        for (unsigned b = 0; b < 256; b++) {
            uint32_t here = counts[b];
            counts[b] = sum;
            sum += here;
        }
        for (uint32_t i = 0; i < count; i++)
            to[counts[from[i].prefix >> shift & 255]++] = from[i];
        struct item *swap = from;
        from = to;
        to = swap;
    }
    if (from != items)
        memcpy(items, from, count * sizeof *items);
}

/* Keys that are equal up to `at`. */
static void sort_items(const struct fl_table *t, struct item *items, struct item *beside, uint32_t count, size_t at)
{
    if (at > DEPTH_MAX) {
        qsort_r(items, count, sizeof *items, compare_full, (void *)t);
        return;
    }
    read_prefixes(t, items, count, at);
    if (count <= INSERT_MAX)
        insert_all(items, count);
    else
        count_all(items, beside, count);
    for (uint32_t from = 0, to; from < count; from = to) {
        to = from + 1;
        while (to < count && items[to].prefix == items[from].prefix)
            to++;
        if (to - from > 1)
            sort_items(t, items + from, beside + from, to - from, at + sizeof(uint64_t));
    }
}

enum fl_status fl_table_sort(struct fl_table *t)
{
    if (t->sorted != NULL || t->count == 0)
        return FL_OK;
    struct sorting s = {.t = t, .items = fl_alloc((size_t)t->count * sizeof *s.items)};
    struct item *beside = fl_alloc((size_t)t->count * sizeof *beside);
    t->sorted = fl_alloc((size_t)t->count * sizeof *t->sorted);
    bool ok = s.items != NULL && beside != NULL && t->sorted != NULL;
    if (ok) {
        list_entries(&s);
        sort_items(t, s.items, beside, s.count, s.shared);
        for (uint32_t i = 0; i < s.count; i++)
            t->sorted[i] = s.items[i].ref;
    } else {
        fl_free(t->sorted);
        t->sorted = NULL;
    }
    fl_free(s.items);
    fl_free(beside);
    return ok ? FL_OK : FL_E_NOMEM;
}
