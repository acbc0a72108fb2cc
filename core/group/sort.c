/* sort.c: the groups of a table in key order.
 *
 * Eight bytes behind what all keys begin with decide nearly every order: they are sorted by counting, byte by byte,
 * and keys that share them are then compared in full.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/group/entry.h"

struct item {
    uint64_t prefix;
    uint32_t ref;
};

struct sorting {
    const struct fl_table *t;
    struct item *items, *other;
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

static void read_prefixes(struct sorting *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        const struct fl_entry *e = fl_table_at(s->t, s->items[i].ref);
        size_t left = e->key_len - s->shared;
        uint64_t bytes = 0;
        memcpy(&bytes, fl_entry_key(s->t, e) + s->shared, left < sizeof bytes ? left : sizeof bytes);
        s->items[i].prefix = __builtin_bswap64(bytes);
    }
}

static int compare_full(const void *left, const void *right, void *context)
{
    const struct item *a = left, *b = right;
    const struct fl_table *t = context;
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    const struct fl_entry *x = fl_table_at(t, a->ref), *y = fl_table_at(t, b->ref);
    return fl_key_compare(fl_entry_key(t, x), x->key_len, fl_entry_key(t, y), y->key_len);
}

static void sort_by_byte(struct sorting *s, unsigned shift, const uint32_t counts[256])
{
    uint32_t starts[256], sum = 0;
    for (unsigned b = 0; b < 256; b++) {
        starts[b] = sum;
        sum += counts[b];
    }
    for (uint32_t i = 0; i < s->count; i++)
        s->other[starts[s->items[i].prefix >> shift & 255]++] = s->items[i];
    struct item *swap = s->items;
    s->items = s->other;
    s->other = swap;
}

static void sort_prefixes(struct sorting *s)
{
    for (unsigned shift = 0; shift < 64; shift += 8) {
        uint32_t counts[256] = {0};
        for (uint32_t i = 0; i < s->count; i++)
            counts[s->items[i].prefix >> shift & 255]++;
        if (counts[s->items[0].prefix >> shift & 255] < s->count)
            sort_by_byte(s, shift, counts);
    }
}

static void sort_equal_prefixes(struct sorting *s)
{
    for (uint32_t from = 0, to; from < s->count; from = to) {
        to = from + 1;
        while (to < s->count && s->items[to].prefix == s->items[from].prefix)
            to++;
        if (to - from > 1)
            qsort_r(s->items + from, to - from, sizeof *s->items, compare_full, (void *)s->t);
    }
}

enum fl_status fl_table_sort(struct fl_table *t)
{
    if (t->sorted != NULL || t->count == 0)
        return FL_OK;
    struct sorting s = {.t = t,
                        .items = fl_alloc((size_t)t->count * sizeof *s.items),
                        .other = fl_alloc((size_t)t->count * sizeof *s.other)};
    t->sorted = fl_alloc((size_t)t->count * sizeof *t->sorted);
    bool ok = s.items != NULL && s.other != NULL && t->sorted != NULL;
    if (ok) {
        list_entries(&s);
        read_prefixes(&s);
        sort_prefixes(&s);
        sort_equal_prefixes(&s);
        for (uint32_t i = 0; i < s.count; i++)
            t->sorted[i] = s.items[i].ref;
    } else {
        fl_free(t->sorted);
        t->sorted = NULL;
    }
    fl_free(s.items);
    fl_free(s.other);
    return ok ? FL_OK : FL_E_NOMEM;
}
