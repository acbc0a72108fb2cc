#include "core/engine/coverage_hours.h"

#include <string.h>

enum fl_status fl_coverage_spill(struct fl_coverage_map *map)
{
    enum fl_status status = FL_OK;
    if (map->spilled == NULL)
        status = fl_sorter_new(map->most_bytes, 0, &map->spilled);
    for (uint32_t i = 0; i <= map->mask && status == FL_OK; i++) {
        const struct fl_coverage_hour *h = &map->slots[i];
        uint64_t masks[2] = {h->seen & ~FL_COVERAGE_IN_USE, h->lost};
        struct fl_sorted item = {map->interfaces.keys[h->interface], h->hour, {(const char *)masks, sizeof masks}};
        if (fl_coverage_hour_used(h))
            status = fl_sorter_add(map->spilled, &item);
    }
    memset(map->slots, 0, ((size_t)map->mask + 1) * sizeof *map->slots);
    map->used = 0;
    return status;
}

enum fl_status fl_coverage_absorb_spilled(struct fl_coverage_map *map, struct fl_coverage_map *from)
{
    if (from->spilled == NULL)
        return FL_OK;
    if (map->spilled != NULL)
        return fl_sorter_absorb(map->spilled, from->spilled);
    map->spilled = from->spilled;
    from->spilled = NULL;
    return FL_OK;
}

enum fl_status fl_coverage_finish(struct fl_coverage_map *map, bool sorted)
{
    if (map->spilled == NULL && !sorted)
        return FL_OK;
    enum fl_status status = fl_coverage_spill(map);
    return status == FL_OK ? fl_sorter_settle(map->spilled) : status;
}

static enum fl_status visit_slots(const struct fl_coverage_map *map,
                                  enum fl_status (*visit)(void *context, const struct fl_coverage_hour *hour),
                                  void *context)
{
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i <= map->mask && status == FL_OK; i++)
        if (fl_coverage_hour_used(&map->slots[i]))
            status = visit(context, &map->slots[i]);
    return status;
}

/* The hour may have been written more than once. */
static enum fl_status visit_sorted(const struct fl_coverage_map *map, struct fl_sorter_walk *walk,
                                   enum fl_status (*visit)(void *context, const struct fl_coverage_hour *hour),
                                   void *context)
{
    struct fl_coverage_hour hour = {0};
    struct fl_sorted item;
    enum fl_status status;
    while ((status = fl_sorter_next(walk, &item)) == FL_OK) {
        uint64_t masks[2];
        bool is_same = fl_coverage_hour_used(&hour) && hour.hour == item.number &&
                       fl_str_equal(map->interfaces.keys[hour.interface], item.key);
        if (!is_same) {
            status = fl_coverage_hour_used(&hour) ? visit(context, &hour) : FL_OK;
            hour = (struct fl_coverage_hour){fl_map_find(&map->interfaces, item.key), (uint32_t)item.number,
                                             FL_COVERAGE_IN_USE, 0};
        }
        if (status != FL_OK || item.bytes.len != sizeof masks || hour.interface == FL_MAP_NONE)
            return status != FL_OK ? status : FL_E_DATA;
        memcpy(masks, item.bytes.ptr, sizeof masks);
        hour.seen |= masks[0];
        hour.lost |= masks[1];
    }
    if (status == FL_END && fl_coverage_hour_used(&hour))
        return visit(context, &hour);
    return status == FL_END ? FL_OK : status;
}

enum fl_status fl_coverage_hours(const struct fl_coverage_map *map,
                                 enum fl_status (*visit)(void *context, const struct fl_coverage_hour *hour),
                                 void *context)
{
    struct fl_sorter_walk *walk = NULL;
    if (map->spilled == NULL)
        return visit_slots(map, visit, context);
    enum fl_status status = fl_sorter_walk(map->spilled, &walk);
    if (status == FL_OK)
        status = visit_sorted(map, walk, visit, context);
    fl_sorter_walk_end(walk);
    return status;
}

const char *fl_coverage_trouble(const struct fl_coverage_map *map)
{
    return fl_sorter_trouble(map->spilled);
}
