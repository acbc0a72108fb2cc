/* coverage.h: which interface was logged in which minutes, and which minutes SKIPDATA touched.
 *
 * Groups of the core itself: (interface, hour) -> two masks of 60 minutes. One per worker, merged at the end. Records
 * may tell of any hour of 1970..2100: hours above the budget lie in a temporary file, and nothing depends on it. Also
 * which own addresses, and in which VPC, each interface was seen.
 */
#ifndef FL_ENGINE_COVERAGE_H
#define FL_ENGINE_COVERAGE_H

#include "core/base/map.h"
#include "core/group/sorter.h"
#include "core/record/batch.h"

struct fl_coverage_hour {
    uint32_t interface;  /* id in `interfaces` */
    uint32_t hour;       /* since 1970 */
    uint64_t seen, lost; /* bits 0..59; bit 63 of seen: slot in use */
};

#define FL_ADDRESSES_PER_INTERFACE_MAX 64u

#define FL_COVERAGE_IN_USE (UINT64_C(1) << 63)
static inline bool fl_coverage_hour_used(const struct fl_coverage_hour *hour)
{
    return (hour->seen & FL_COVERAGE_IN_USE) != 0;
}
static inline uint64_t fl_coverage_hour_seen(const struct fl_coverage_hour *hour)
{
    return (uint64_t)__builtin_popcountll(hour->seen & ~FL_COVERAGE_IN_USE);
}
static inline uint64_t fl_coverage_hour_lost(const struct fl_coverage_hour *hour)
{
    return (uint64_t)__builtin_popcountll(hour->lost);
}

struct fl_interface {
    struct fl_addr *addresses; /* own ones, ascending; the least of them where there are more */
    uint32_t address_count, address_capacity;
    uint64_t records; /* OK or NODATA lines */
    uint64_t skipped; /* SKIPDATA lines */
    uint32_t vpc;     /* id in `vpcs` + 1; 0: not known. The least one, should records disagree */
};

/* The newest records of an interface, not yet in the map: those of one hour. */
struct fl_coverage_recent {
    uint32_t interface; /* UINT32_MAX: not seen yet */
    uint64_t records, skipped;
    int64_t hour_ms; /* start of the hour */
    uint64_t seen, lost;
};

struct fl_coverage_map {
    struct fl_coverage_hour *slots;
    uint32_t mask, used;
    uint64_t most_bytes;       /* of the slots; 0 = without end */
    struct fl_sorter *spilled; /* interface, hour, masks: hours that had no room; NULL: all had */
    enum fl_status failed;     /* why the last call did */
    struct fl_map interfaces, vpcs;
    struct fl_interface *items; /* by interface id */
    uint32_t item_capacity;
    struct fl_coverage_recent *recent; /* by string id of the worker */
    uint32_t recent_capacity;
};

#define FL_COVERAGE_SHARE                                                                                              \
    16u /* of the memory for groups, that hours may take in memory; as much again is for their file */

/* most_bytes: of hours in memory, twice; 0 = without end. */
enum fl_status fl_coverage_init(struct fl_coverage_map *map, uint64_t most_bytes);
void fl_coverage_dispose(struct fl_coverage_map *map);
/* Adds every row; with_addresses also notes own addresses by vantage. */
enum fl_status fl_coverage_add(struct fl_coverage_map *map, const struct fl_batch *batch, bool with_addresses);
/* Notes own addresses by vantage, and VPCs, in these rows, whose interface_id, vantage, peers and vpc_id are there; for
 * a batch that was added. */
enum fl_status fl_coverage_note_own(struct fl_coverage_map *map, const struct fl_batch *batch, const uint64_t *rows);
/* What else is known of an interface that was seen. false when memory is out. */
bool fl_coverage_add_address(struct fl_coverage_map *map, uint32_t interface, struct fl_addr addr);
bool fl_coverage_add_vpc(struct fl_coverage_map *map, uint32_t interface, struct fl_str vpc);
/* Brings into the map what is still kept beside it; to be called after the last record. */
enum fl_status fl_coverage_settle(struct fl_coverage_map *map);
/* What was logged of an interface in an hour; for maps that are read back. */
enum fl_status fl_coverage_add_hour(struct fl_coverage_map *map, uint32_t interface, uint32_t hour, uint64_t seen,
                                    uint64_t lost);
/* The record counts of an interface, which then exists. */
enum fl_status fl_coverage_add_records(struct fl_coverage_map *map, uint32_t interface, uint64_t records,
                                       uint64_t skipped);
/* Moves the hours of `from` that have no room, and adds the rest. */
enum fl_status fl_coverage_merge(struct fl_coverage_map *map, struct fl_coverage_map *from);
/* No hour is added any more. sorted: they are visited by name of the interface and hour. */
enum fl_status fl_coverage_finish(struct fl_coverage_map *map, bool sorted);
/* Each hour once. */
enum fl_status fl_coverage_hours(const struct fl_coverage_map *map,
                                 enum fl_status (*visit)(void *context, const struct fl_coverage_hour *hour),
                                 void *context);
/* What went wrong with the temporary file; NULL: nothing did. */
const char *fl_coverage_trouble(const struct fl_coverage_map *map);

#endif
