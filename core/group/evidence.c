/* evidence.c: the least places of a group, in record order. */
#include <string.h>

#include "core/group/entry.h"

void fl_places_add(struct fl_place *places, uint32_t *count, uint32_t limit, const struct fl_place *place)
{
    uint32_t at = *count;
    if (at == limit && !fl_place_before(*place, places[at - 1]))
        return;
    while (at > 0 && fl_place_before(*place, places[at - 1]))
        at--;
    if (at > 0 && !fl_place_before(places[at - 1], *place))
        return; /* several rows, or panes of one window, have this record */
    if (*count < limit)
        (*count)++;
    memmove(places + at + 1, places + at, (*count - at - 1) * sizeof *places);
    places[at] = *place;
}

void fl_entry_add_place(const struct fl_table *t, struct fl_entry *e, const struct fl_place *place)
{
    fl_places_add(fl_entry_places(e), &e->place_count, t->spec.evidence, place);
}
