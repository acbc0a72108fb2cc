/* hosts.c: what the inventory adds to what the log tells of interfaces. */
#include "core/engine/verdicts.h"

enum fl_status fl_judge_add_inventory(struct fl_judging *j)
{
    const struct fl_inventory *inv = j->plan->policy->inventory;
    struct fl_coverage_map *map = &j->part->coverage;
    for (uint32_t i = 0; inv != NULL && i < map->interfaces.count; i++) {
        uint32_t count, first;
        first = fl_inventory_interface(inv, fl_inventory_text(inv, map->interfaces.keys[i]), &count);
        for (uint32_t k = 0; k < count; k++) {
            const struct fl_host_entry *e = &inv->entries[inv->by_interface[first + k]];
            uint32_t vpc = e->texts[FL_HOST_VPC];
            if (e->has_addr && !fl_coverage_add_address(map, i, e->addr))
                return FL_E_NOMEM;
            if (vpc != FL_MAP_NONE && !fl_coverage_add_vpc(map, i, inv->texts.keys[vpc]))
                return FL_E_NOMEM;
        }
    }
    return FL_OK;
}
