/* place.h: where a record stands: the total order of all records, whatever the arrival order.
 *
 * Record order = (start_time, end_time, source rank in name order, offset); null times last.
 */
#ifndef FL_RECORD_PLACE_H
#define FL_RECORD_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FL_PLACE_SOURCE_MAX ((1u << 24) - 1)
#define FL_PLACE_OFFSET_MAX ((UINT64_C(1) << 40) - 1)

struct fl_place {
    int64_t start_ms, end_ms; /* INT64_MAX when null */
    uint64_t where;           /* source << 40 | offset */
};

static inline uint64_t fl_place_where(uint32_t source, uint64_t offset)
{
    return (uint64_t)source << 40 | offset;
}
static inline uint32_t fl_where_source(uint64_t where)
{
    return (uint32_t)(where >> 40);
}
static inline uint64_t fl_where_offset(uint64_t where)
{
    return where & FL_PLACE_OFFSET_MAX;
}
static inline uint32_t fl_place_source(struct fl_place p)
{
    return fl_where_source(p.where);
}
static inline uint64_t fl_place_offset(struct fl_place p)
{
    return fl_where_offset(p.where);
}
static inline bool fl_place_before(struct fl_place a, struct fl_place b)
{
    if (a.start_ms != b.start_ms)
        return a.start_ms < b.start_ms;
    if (a.end_ms != b.end_ms)
        return a.end_ms < b.end_ms;
    return a.where < b.where;
}

/* Sources of a saved state have numbers of their own there: the rank that each has here. */
struct fl_renumbering {
    const uint32_t *ranks;
    uint32_t count;
};
/* false when there is no such source. NULL: the numbers are those of this process. */
static inline bool fl_place_renumber(const struct fl_renumbering *sources, uint64_t *where)
{
    if (sources == NULL)
        return true;
    uint64_t source = *where >> 40;
    if (source >= sources->count)
        return false;
    *where = fl_place_where(sources->ranks[source], *where & FL_PLACE_OFFSET_MAX);
    return true;
}

#endif
