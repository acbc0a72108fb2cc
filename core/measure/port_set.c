#include "core/measure/port_set.h"

#include <string.h>

#include "core/base/memory.h"

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
    set->capacity = FL_PORTS_BITMAP;
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
    if (set->capacity == FL_PORTS_BITMAP) {
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
    if (from->capacity != FL_PORTS_BITMAP) {
        const uint16_t *list = from->capacity == 0 ? from->few : from->list;
        for (uint32_t i = 0; i < from->count; i++)
            if (!fl_port_set_add(set, list[i]))
                return false;
        return true;
    }
    if (set->capacity != FL_PORTS_BITMAP && !to_bitmap(set))
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

void fl_port_set_save(const struct fl_port_set *set, struct fl_buf *out)
{
    fl_buf_add(out, &set->count, sizeof set->count);
    if (set->capacity == FL_PORTS_BITMAP)
        fl_buf_add(out, set->bitmap, FL_PORTS_BITMAP / 8);
    else
        fl_buf_add(out, set->capacity == 0 ? set->few : set->list, set->count * sizeof(uint16_t));
}

static size_t load_bitmap(struct fl_port_set *set, uint32_t count, const uint8_t *bytes, size_t len, bool *no_memory)
{
    if (len < FL_PORTS_BITMAP / 8)
        return 0;
    if (!to_bitmap(set)) {
        *no_memory = true;
        return 0;
    }
    memcpy(set->bitmap, bytes, FL_PORTS_BITMAP / 8);
    for (uint32_t w = 0; w < BITMAP_WORDS; w++)
        set->count += (uint32_t)__builtin_popcountll(set->bitmap[w]);
    return set->count == count ? FL_PORTS_BITMAP / 8 : 0;
}

/* Ports must rise, as they do in what was saved. */
static size_t load_list(struct fl_port_set *set, uint32_t count, const uint8_t *bytes, size_t len, bool *no_memory)
{
    if (len / sizeof(uint16_t) < count)
        return 0;
    uint32_t last = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint16_t port;
        memcpy(&port, bytes + i * sizeof port, sizeof port);
        if (i > 0 && port <= last)
            return 0;
        last = port;
        if (!fl_port_set_add(set, port)) {
            *no_memory = true;
            return 0;
        }
    }
    return count * sizeof(uint16_t);
}

size_t fl_port_set_load(struct fl_port_set *set, const uint8_t *bytes, size_t len, bool *no_memory)
{
    uint32_t count;
    *no_memory = false;
    if (len < sizeof count)
        return 0;
    memcpy(&count, bytes, sizeof count);
    if (count == 0)
        return sizeof count;
    bytes += sizeof count;
    len -= sizeof count;
    size_t used = count > FL_PORTS_LIST_MAX ? load_bitmap(set, count, bytes, len, no_memory)
                                            : load_list(set, count, bytes, len, no_memory);
    return used == 0 ? 0 : sizeof count + used;
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
    if (set->capacity == FL_PORTS_BITMAP)
        return bitmap_run(set->bitmap);
    const uint16_t *list = set->capacity == 0 ? set->few : set->list;
    uint32_t best = set->count > 0, run = best;
    for (uint32_t i = 1; i < set->count; i++) {
        run = list[i] == list[i - 1] + 1 ? run + 1 : 1;
        best = run > best ? run : best;
    }
    return best;
}
