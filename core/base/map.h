/* map.h: text -> 32-bit number, insertion only; also an interner.
 *
 * Ids are dense from 0 in order of insertion. The map owns copies of the keys; views stay valid
 * until the map is disposed of. Not thread safe.
 */
#ifndef FL_BASE_MAP_H
#define FL_BASE_MAP_H

#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/str.h"

#define FL_MAP_NONE UINT32_MAX

struct fl_map {
    struct fl_arena arena;
    struct fl_str *keys; /* by id */
    uint64_t *slots;     /* hash tag and id */
    uint32_t count, capacity, slot_mask;
};

void fl_map_init(struct fl_map *map);
void fl_map_dispose(struct fl_map *map);

/* FL_MAP_NONE when absent. */
uint32_t fl_map_find(const struct fl_map *map, struct fl_str key);

/* The id of key, added if it was absent. FL_MAP_NONE when memory is out. */
uint32_t fl_map_intern(struct fl_map *map, struct fl_str key);

#endif
