#include "core/measure/port_set.h"

#include <string.h>

#include "core/base/memory.h"

#define BITMAP       65536u
#define BITMAP_WORDS 1024u

static uint16_t *items(struct fl_port_set *set)
{
    return set->capacity == 0 ? set->few : set->list;
}

static bool to_bitmap(struct fl_port_set *set)
{
    uint64_t *bitmap = fl_alloc_zero(BITMAP_WORDS, sizeof *bitmap);
    if (bitmap == NULL)
        return false;
    uint16_t *list = items(set);
    for (uint32_t i = 0; i < set->count; i++)
        bitmap[list[i] >> 6] |= UINT64_C(1) << (list[i] & 63);
    if (set->capacity != 0)
        fl_free(set->list);
    set->bitmap = bitmap;
    set->capacity = BITMAP;
    return true;
}

static bool grow(struct fl_port_set *set)
{
    uint32_t held = set->capacity == 0 ? FL_PORTS_INLINE : set->capacity;
    if (held >= FL_PORTS_LIST_MAX)
        return to_bitmap(set);
    uint32_t capacity = held < 16 ? 16 : held * 2;
    uint16_t *list = fl_alloc(capacity * sizeof *list);
    if (list == NULL)
        return false;
    memcpy(list, items(set), set->count * sizeof *list);
    if (set->capacity != 0)
        fl_free(set->list);
    set->list = list;
    set->capacity = capacity;
    return true;
}

static uint32_t lower_bound(const uint16_t *list, uint32_t count, uint16_t port)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (list[middle] < port)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool fl_port_set_add(struct fl_port_set *set, uint16_t port)
{
    if (set->capacity == BITMAP) {
        uint64_t bit = UINT64_C(1) << (port & 63);
        set->count += (set->bitmap[port >> 6] & bit) == 0;
        set->bitmap[port >> 6] |= bit;
        return true;
    }
    uint32_t at = lower_bound(items(set), set->count, port);
    if (at < set->count && items(set)[at] == port)
        return true;
    if (set->count == (set->capacity == 0 ? FL_PORTS_INLINE : set->capacity)) {
        if (!grow(set))
            return false;
        return fl_port_set_add(set, port);
    }
    uint16_t *list = items(set);
    memmove(list + at + 1, list + at, (set->count - at) * sizeof *list);
    list[at] = port;
    set->count++;
    return true;
}

bool fl_port_set_merge(struct fl_port_set *set, const struct fl_port_set *from)
{
    if (from->capacity != BITMAP) {
        const uint16_t *list = from->capacity == 0 ? from->few : from->list;
        for (uint32_t i = 0; i < from->count; i++)
            if (!fl_port_set_add(set, list[i]))
                return false;
        return true;
    }
    if (set->capacity != BITMAP && !to_bitmap(set))
        return false;
    set->count = 0;
    for (uint32_t w = 0; w < BITMAP_WORDS; w++) {
        set->bitmap[w] |= from->bitmap[w];
        set->count += (uint32_t)__builtin_popcountll(set->bitmap[w]);
    }
    return true;
}

void fl_port_set_dispose(struct fl_port_set *set)
{
    if (set->capacity != 0)
        fl_free(set->list);
    *set = (struct fl_port_set){0};
}

static uint32_t bitmap_run(const uint64_t *bitmap)
{
    uint32_t best = 0, run = 0;
    for (uint32_t w = 0; w < BITMAP_WORDS; w++) {
        uint64_t bits = bitmap[w];
        if (bits == 0 || bits == ~UINT64_C(0)) {
            run = bits == 0 ? 0 : run + 64;
            best = run > best ? run : best;
            continue;
        }
        for (unsigned i = 0; i < 64; i++) {
            run = bits >> i & 1 ? run + 1 : 0;
            best = run > best ? run : best;
        }
    }
    return best;
}

uint32_t fl_port_set_longest_run(const struct fl_port_set *set)
{
    if (set->capacity == BITMAP)
        return bitmap_run(set->bitmap);
    const uint16_t *list = set->capacity == 0 ? set->few : set->list;
    uint32_t best = set->count > 0, run = best;
    for (uint32_t i = 1; i < set->count; i++) {
        run = list[i] == list[i - 1] + 1 ? run + 1 : 1;
        best = run > best ? run : best;
    }
    return best;
}
