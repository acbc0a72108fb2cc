/* prefix_set.h: which of many address sets is an address in, by one lookup.
 *
 * Build: add (set number, prefix) pairs, with except=true to cut a prefix out of that set; then
 * fl_prefix_sets_build(). Every address then has a *class*: addresses of one class are in exactly the
 * same sets. Lookup of IPv4 is a 16-8-8 bit table, of IPv6 a binary search over ranges.
 * After the build the object is read-only and may be shared between threads.
 */
#ifndef FL_BASE_PREFIX_SET_H
#define FL_BASE_PREFIX_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/addr.h"
#include "core/base/status.h"

struct fl_prefix_entry {
    struct fl_prefix prefix;
    uint32_t set;
    bool except;
};

struct fl_prefix_sets {
    struct fl_prefix_entry *entries;
    uint32_t entry_count, entry_capacity;
    uint32_t set_count;       /* highest set number + 1 */
    uint32_t words_per_class; /* uint64_t words of a class's membership bits */
    uint32_t class_count;
    uint64_t *class_bits; /* [class_count][words_per_class] */
    uint32_t *v4_top;     /* 65,536 entries: class, or FL_PREFIX_BLOCK | block number */
    uint32_t *v4_blocks;  /* blocks of 256 entries */
    uint32_t v4_block_count;
    struct fl_addr *v6_starts; /* ascending; range i ends before start i + 1 */
    uint32_t *v6_classes;
    uint32_t v6_count;
};

#define FL_PREFIX_BLOCK UINT32_C(0x80000000)

void fl_prefix_sets_init(struct fl_prefix_sets *sets);
void fl_prefix_sets_dispose(struct fl_prefix_sets *sets);
enum fl_status fl_prefix_sets_add(struct fl_prefix_sets *sets, uint32_t set, struct fl_prefix prefix, bool except);
enum fl_status fl_prefix_sets_build(struct fl_prefix_sets *sets);

uint32_t fl_prefix_sets_class_v6(const struct fl_prefix_sets *sets, struct fl_addr a);

static inline uint32_t fl_prefix_sets_class(const struct fl_prefix_sets *sets, struct fl_addr a)
{
    if (!fl_addr_is_v4(a))
        return fl_prefix_sets_class_v6(sets, a);
    uint32_t v4 = (uint32_t)a.lo;
    uint32_t v = sets->v4_top[v4 >> 16];
    if (v & FL_PREFIX_BLOCK) {
        v = sets->v4_blocks[(uint64_t)(v & ~FL_PREFIX_BLOCK) * 256 + ((v4 >> 8) & 255)];
        if (v & FL_PREFIX_BLOCK)
            v = sets->v4_blocks[(uint64_t)(v & ~FL_PREFIX_BLOCK) * 256 + (v4 & 255)];
    }
    return v;
}

static inline bool fl_prefix_sets_has(const struct fl_prefix_sets *sets, uint32_t class_id, uint32_t set)
{
    return sets->class_bits[(uint64_t)class_id * sets->words_per_class + (set >> 6)] >> (set & 63) & 1;
}

#endif
