#include "core/base/prefix_set.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/map.h"
#include "core/base/memory.h"

/* Membership changes at one address: entering or leaving a prefix of a set. */
struct edge {
    struct fl_addr at;
    uint32_t set;
    int8_t step; /* +1 or -1 */
    bool except;
};

struct sweep {
    struct fl_prefix_sets *sets;
    struct edge *edges;
    uint32_t edge_count;
    uint32_t *inside, *excluded; /* open prefixes and exceptions, by set */
    uint64_t *bits;
    struct fl_map classes;
    uint32_t largest; /* class of most IPv4 addresses, as `classes` numbers it */
    uint32_t v4_block_capacity;
};

void fl_prefix_sets_init(struct fl_prefix_sets *sets)
{
    *sets = (struct fl_prefix_sets){0};
}

void fl_prefix_sets_dispose(struct fl_prefix_sets *sets)
{
    fl_free(sets->entries);
    fl_free(sets->class_bits);
    fl_free(sets->v4_top);
    fl_free(sets->v4_blocks);
    fl_free(sets->v6_starts);
    fl_free(sets->v6_classes);
    *sets = (struct fl_prefix_sets){0};
}

enum fl_status fl_prefix_sets_add(struct fl_prefix_sets *sets, uint32_t set, struct fl_prefix prefix, bool except)
{
    if (!fl_grow((void **)&sets->entries, &sets->entry_capacity, sets->entry_count + 1, sizeof *sets->entries))
        return FL_E_NOMEM;
    sets->entries[sets->entry_count++] = (struct fl_prefix_entry){prefix, set, except};
    if (set >= sets->set_count)
        sets->set_count = set + 1;
    return FL_OK;
}

static int compare_edges(const void *a, const void *b)
{
    return fl_addr_compare(((const struct edge *)a)->at, ((const struct edge *)b)->at);
}

static void add_edges(struct sweep *s, const struct fl_prefix_entry *e, struct fl_addr first, struct fl_addr last,
                      int step)
{
    s->edges[s->edge_count++] = (struct edge){first, e->set, step, e->except};
    struct fl_addr next = {last.hi + (last.lo == UINT64_MAX), last.lo + 1};
    if (next.hi != 0 || next.lo != 0)
        s->edges[s->edge_count++] = (struct edge){next, e->set, -step, e->except};
}

static void make_edges(struct sweep *s)
{
    for (uint32_t i = 0; i < s->sets->entry_count; i++) {
        const struct fl_prefix_entry *e = &s->sets->entries[i];
        add_edges(s, e, e->prefix.addr, fl_prefix_last(e->prefix), 1);
        if (fl_prefix_spans_v4(e->prefix))
            add_edges(s, e, fl_addr_v4(0), fl_addr_v4(UINT32_MAX), -1);
    }
    qsort(s->edges, s->edge_count, sizeof *s->edges, compare_edges);
}

static void apply(struct sweep *s, const struct edge *e)
{
    uint32_t *count = e->except ? s->excluded : s->inside;
    count[e->set] += (uint32_t)e->step;
    uint64_t bit = UINT64_C(1) << (e->set & 63);
    if (s->inside[e->set] > 0 && s->excluded[e->set] == 0)
        s->bits[e->set >> 6] |= bit;
    else
        s->bits[e->set >> 6] &= ~bit;
}

static uint32_t class_of(struct sweep *s)
{
    return fl_map_intern(&s->classes,
                         (struct fl_str){(const char *)s->bits, s->sets->words_per_class * sizeof *s->bits});
}

static bool add_range(struct sweep *s, struct fl_addr start, uint32_t class_id)
{
    struct fl_prefix_sets *sets = s->sets;
    if (sets->v6_count > 0 && sets->v6_classes[sets->v6_count - 1] == class_id)
        return true;
    sets->v6_starts[sets->v6_count] = start;
    sets->v6_classes[sets->v6_count++] = class_id;
    return true;
}

static bool sweep_ranges(struct sweep *s)
{
    uint32_t class_id = class_of(s); /* no set: class 0 */
    add_range(s, (struct fl_addr){0, 0}, class_id);
    for (uint32_t i = 0; i < s->edge_count;) {
        struct fl_addr at = s->edges[i].at;
        while (i < s->edge_count && fl_addr_equal(s->edges[i].at, at))
            apply(s, &s->edges[i++]);
        class_id = class_of(s);
        if (class_id == FL_MAP_NONE)
            return false;
        if (at.hi == 0 && at.lo == 0)
            s->sets->v6_count = 0;
        add_range(s, at, class_id);
    }
    return class_id != FL_MAP_NONE;
}

/* The block behind an entry, made on first use with the entry's value everywhere. UINT32_MAX: out of memory. */
static uint32_t block_of(struct sweep *s, uint32_t entry)
{
    if (entry & FL_PREFIX_BLOCK)
        return entry & ~FL_PREFIX_BLOCK;
    struct fl_prefix_sets *sets = s->sets;
    if (!fl_grow((void **)&sets->v4_blocks, &s->v4_block_capacity, sets->v4_block_count + 1,
                 256 * sizeof *sets->v4_blocks))
        return UINT32_MAX;
    uint32_t *block = sets->v4_blocks + (size_t)sets->v4_block_count * 256;
    for (unsigned i = 0; i < 256; i++)
        block[i] = entry;
    return sets->v4_block_count++;
}

static bool fill_last(struct sweep *s, uint32_t block, uint32_t low, uint32_t high, uint32_t class_id)
{
    for (uint32_t i = low & 255; i <= (high & 255); i++)
        s->sets->v4_blocks[(size_t)block * 256 + i] = class_id;
    return true;
}

/* Addresses low..high, all within one /16, below the block of that /16. */
static bool fill_middle(struct sweep *s, uint32_t block, uint32_t low, uint32_t high, uint32_t class_id)
{
    for (uint32_t part = low >> 8; part <= high >> 8; part++) {
        uint32_t first = part << 8, last = first | 255;
        size_t at = (size_t)block * 256 + (part & 255);
        if (low <= first && last <= high) {
            s->sets->v4_blocks[at] = class_id;
            continue;
        }
        uint32_t inner = block_of(s, s->sets->v4_blocks[at]);
        if (inner == UINT32_MAX)
            return false;
        s->sets->v4_blocks[at] = FL_PREFIX_BLOCK | inner;
        fill_last(s, inner, low > first ? low : first, high < last ? high : last, class_id);
    }
    return true;
}

static bool fill_part(struct sweep *s, uint32_t low, uint32_t high, uint32_t class_id)
{
    uint32_t block = block_of(s, s->sets->v4_top[low >> 16]);
    if (block == UINT32_MAX)
        return false;
    s->sets->v4_top[low >> 16] = FL_PREFIX_BLOCK | block;
    return fill_middle(s, block, low, high, class_id);
}

static bool fill_v4(struct sweep *s, uint32_t low, uint32_t high, uint32_t class_id)
{
    uint32_t first = low >> 16, last = high >> 16;
    bool from_middle = (low & 0xffff) != 0, to_middle = (high & 0xffff) != 0xffff;
    if (first == last && (from_middle || to_middle))
        return fill_part(s, low, high, class_id);
    if (from_middle && !fill_part(s, low, low | 0xffff, class_id))
        return false;
    if (to_middle && !fill_part(s, high & 0xffff0000, high, class_id))
        return false;
    /* Nothing is written for class 0, the most common one: memory that is never touched costs nothing. */
    for (uint32_t top = first + from_middle; class_id != 0 && top < last + !to_middle; top++)
        s->sets->v4_top[top] = class_id;
    return true;
}

/* The IPv4 addresses of range i. */
static bool v4_part(const struct fl_prefix_sets *sets, uint32_t i, uint32_t *low, uint32_t *high)
{
    struct fl_addr v4_first = fl_addr_v4(0), v4_last = fl_addr_v4(UINT32_MAX), start = sets->v6_starts[i];
    bool open_end = i + 1 == sets->v6_count;
    struct fl_addr next = open_end ? v4_last : sets->v6_starts[i + 1];
    if (fl_addr_compare(start, v4_last) > 0 || (!open_end && fl_addr_compare(next, v4_first) <= 0))
        return false;
    *low = fl_addr_compare(start, v4_first) < 0 ? 0 : (uint32_t)start.lo;
    *high = open_end || fl_addr_compare(next, v4_last) > 0 ? UINT32_MAX : (uint32_t)next.lo - 1;
    return true;
}

/* Gives number 0 to the class of most IPv4 addresses, and its number to the class that had it. */
static bool number_classes(struct sweep *s)
{
    struct fl_prefix_sets *sets = s->sets;
    uint64_t *sizes = fl_alloc_zero(s->classes.count, sizeof *sizes);
    uint32_t low, high;
    if (sizes == NULL)
        return false;
    for (uint32_t i = 0; i < sets->v6_count; i++)
        if (v4_part(sets, i, &low, &high))
            sizes[sets->v6_classes[i]] += (uint64_t)high - low + 1;
    for (uint32_t c = 1; c < s->classes.count; c++)
        if (sizes[c] > sizes[s->largest])
            s->largest = c;
    fl_free(sizes);
    for (uint32_t i = 0; i < sets->v6_count; i++) {
        if (sets->v6_classes[i] == s->largest)
            sets->v6_classes[i] = 0;
        else if (sets->v6_classes[i] == 0)
            sets->v6_classes[i] = s->largest;
    }
    return true;
}

static bool fill_v4_table(struct sweep *s)
{
    uint32_t low, high;
    for (uint32_t i = 0; i < s->sets->v6_count; i++)
        if (v4_part(s->sets, i, &low, &high) && !fill_v4(s, low, high, s->sets->v6_classes[i]))
            return false;
    return true;
}

static bool keep_classes(struct sweep *s)
{
    struct fl_prefix_sets *sets = s->sets;
    size_t words = sets->words_per_class;
    sets->class_count = s->classes.count;
    sets->class_bits = fl_alloc_zero(sets->class_count * words, sizeof *sets->class_bits);
    if (sets->class_bits == NULL)
        return false;
    for (uint32_t c = 0; c < sets->class_count; c++) {
        uint32_t swept = c == 0 ? s->largest : c == s->largest ? 0 : c;
        memcpy(sets->class_bits + c * words, s->classes.keys[swept].ptr, words * sizeof *sets->class_bits);
    }
    return true;
}

enum fl_status fl_prefix_sets_build(struct fl_prefix_sets *sets)
{
    struct sweep s = {.sets = sets};
    uint32_t ranges = 4 * sets->entry_count + 2;
    sets->words_per_class = (sets->set_count + 63) / 64;
    if (sets->words_per_class == 0)
        sets->words_per_class = 1;
    fl_map_init(&s.classes);
    s.edges = fl_alloc_zero(ranges, sizeof *s.edges);
    s.inside = fl_alloc_zero((size_t)sets->set_count + 1, sizeof *s.inside);
    s.excluded = fl_alloc_zero((size_t)sets->set_count + 1, sizeof *s.excluded);
    s.bits = fl_alloc_zero(sets->words_per_class, sizeof *s.bits);
    sets->v6_starts = fl_alloc_zero(ranges, sizeof *sets->v6_starts);
    sets->v6_classes = fl_alloc_zero(ranges, sizeof *sets->v6_classes);
    sets->v4_top = fl_alloc_zero(65536, sizeof *sets->v4_top);
    bool ok = s.edges != NULL && s.inside != NULL && s.excluded != NULL && s.bits != NULL && sets->v6_starts != NULL &&
              sets->v6_classes != NULL && sets->v4_top != NULL;
    if (ok) {
        make_edges(&s);
        ok = sweep_ranges(&s) && number_classes(&s) && fill_v4_table(&s) && keep_classes(&s);
    }
    fl_map_dispose(&s.classes);
    fl_free(s.edges);
    fl_free(s.inside);
    fl_free(s.excluded);
    fl_free(s.bits);
    return ok ? FL_OK : FL_E_NOMEM;
}

uint32_t fl_prefix_sets_class_v6(const struct fl_prefix_sets *sets, struct fl_addr a)
{
    uint32_t low = 0, high = sets->v6_count;
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        if (fl_addr_compare(sets->v6_starts[middle], a) <= 0)
            low = middle;
        else
            high = middle;
    }
    return sets->v6_classes[low];
}
