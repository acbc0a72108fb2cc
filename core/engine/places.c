/* places.c: places of lines in the order in which their objects are read. */
#include "core/engine/lines.h"

#include <string.h>

enum fl_status fl_places_open(struct fl_places *places, uint64_t budget_bytes)
{
    return fl_sorter_new(budget_bytes, 0, &places->sorter);
}

void fl_places_close(struct fl_places *places)
{
    fl_sorter_free(places->sorter);
    places->sorter = NULL;
}

static uint64_t swapped(uint64_t where)
{
    return __builtin_bswap64(where);
}

enum fl_status fl_places_want(struct fl_places *places, uint64_t where, uint64_t tag)
{
    uint64_t key = swapped(where);
    struct fl_sorted item = {{(const char *)&key, sizeof key}, tag, FL_STR("")};
    return fl_sorter_add(places->sorter, &item);
}

static enum fl_status next_wanted(void *context, struct fl_wanted *out)
{
    struct fl_sorted item;
    uint64_t key;
    enum fl_status status = fl_sorter_next(context, &item);
    if (status != FL_OK)
        return status;
    memcpy(&key, item.key.ptr, sizeof key);
    *out = (struct fl_wanted){swapped(key), item.number};
    return FL_OK;
}

enum fl_status fl_places_read(struct fl_places *places, const struct fl_source_list *sources,
                              const struct fl_part *part, const char *told_format,
                              enum fl_status (*take)(void *context, const struct fl_evidence_line *line), void *context)
{
    struct fl_sorter_walk *walk = NULL;
    enum fl_status status = fl_sorter_settle(places->sorter);
    if (status == FL_OK)
        status = fl_sorter_walk(places->sorter, &walk);
    struct fl_wanted_feed feed = {walk, next_wanted};
    if (status == FL_OK)
        status = fl_evidence_read(sources, part, &feed, told_format, take, context);
    fl_sorter_walk_end(walk);
    return status;
}
