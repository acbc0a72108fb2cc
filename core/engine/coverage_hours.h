/* coverage_hours.h: hours of coverage that have no room in memory. For coverage.c. */
#ifndef FL_ENGINE_COVERAGE_HOURS_H
#define FL_ENGINE_COVERAGE_HOURS_H

#include "core/engine/coverage.h"

/* Moves all hours out of memory. */
enum fl_status fl_coverage_spill(struct fl_coverage_map *map);
enum fl_status fl_coverage_absorb_spilled(struct fl_coverage_map *map, struct fl_coverage_map *from);

#endif
