#include "core/engine/coverage.h"

#include <string.h>

#include "core/base/memory.h"
#include "core/base/when.h"
#include "core/derive/column.h"
#include "core/engine/coverage_hours.h"

#define FETCH_ROWS       16u /* the memory of rows so far ahead is fetched */
#define SPAN_MINUTES_MAX (24 * 60)
#define MINUTE_MS        UINT32_C(60000)

enum fl_status fl_coverage_init(struct fl_coverage_map *map, uint64_t most_bytes)
{
    memset(map, 0, sizeof *map);
    map->most_bytes = most_bytes;
    fl_map_init(&map->interfaces);
    fl_map_init(&map->vpcs);
    map->mask = 63;
    map->slots = fl_alloc_zero((size_t)map->mask + 1, sizeof *map->slots);
    return map->slots == NULL ? FL_E_NOMEM : FL_OK;
}

void fl_coverage_dispose(struct fl_coverage_map *map)
{
    for (uint32_t i = 0; i < map->item_capacity; i++)
        fl_free(map->items[i].addresses);
    fl_free(map->items);
    fl_free(map->slots);
    fl_free(map->recent);
    fl_sorter_free(map->spilled);
    fl_map_dispose(&map->interfaces);
    fl_map_dispose(&map->vpcs);
    memset(map, 0, sizeof *map);
}

static uint32_t slot_of(const struct fl_coverage_map *map, uint32_t interface, uint32_t hour)
{
    uint64_t h = ((uint64_t)interface << 32 | hour) * UINT64_C(0x9e3779b97f4a7c15);
    uint32_t i = (uint32_t)(h >> 32) & map->mask;
    while ((fl_coverage_hour_used(&map->slots[i])) &&
           (map->slots[i].interface != interface || map->slots[i].hour != hour))
        i = (i + 1) & map->mask;
    return i;
}

static bool grow(struct fl_coverage_map *map)
{
    struct fl_coverage_hour *old = map->slots;
    uint32_t old_mask = map->mask;
    struct fl_coverage_hour *slots = fl_alloc_zero(((size_t)old_mask + 1) * 2, sizeof *slots);
    if (slots == NULL)
        return false;
    map->slots = slots;
    map->mask = old_mask * 2 + 1;
    for (uint32_t i = 0; i <= old_mask; i++)
        if (fl_coverage_hour_used(&old[i]))
            slots[slot_of(map, old[i].interface, old[i].hour)] = old[i];
    fl_free(old);
    return true;
}

static bool has_no_room(const struct fl_coverage_map *map)
{
    return map->most_bytes != 0 && (map->mask + 1ull) * 2 * sizeof *map->slots > map->most_bytes;
}

/* UINT32_MAX when it failed. */
static uint32_t touch(struct fl_coverage_map *map, uint32_t interface, uint32_t hour)
{
    uint32_t i = slot_of(map, interface, hour);
    if (fl_coverage_hour_used(&map->slots[i]))
        return i;
    if ((map->used + 1) * 10ull > (map->mask + 1ull) * 7) {
        map->failed = has_no_room(map) ? fl_coverage_spill(map) : grow(map) ? FL_OK : FL_E_NOMEM;
        if (map->failed != FL_OK)
            return UINT32_MAX;
        i = slot_of(map, interface, hour);
    }
    map->slots[i] = (struct fl_coverage_hour){interface, hour, FL_COVERAGE_IN_USE, 0};
    map->used++;
    return i;
}

/* Bits first..last of an hour. */
static uint64_t minutes(uint32_t first, uint32_t last)
{
    return ((UINT64_C(2) << last) - 1) & ~((UINT64_C(1) << first) - 1);
}

static bool mark_span(struct fl_coverage_map *map, uint32_t interface, int64_t first, int64_t last, bool lost)
{
    for (int64_t minute = first; minute <= last;) {
        uint32_t hour = (uint32_t)(minute / 60);
        int64_t end = (int64_t)hour * 60 + 59;
        uint32_t slot = touch(map, interface, hour);
        if (slot == UINT32_MAX)
            return false;
        uint64_t bits = minutes((uint32_t)(minute % 60), (uint32_t)((end < last ? end : last) % 60));
        map->slots[slot].seen |= bits;
        if (lost)
            map->slots[slot].lost |= bits;
        minute = end + 1;
    }
    return true;
}

static enum fl_status failure(const struct fl_coverage_map *map)
{
    return map->failed != FL_OK ? map->failed : FL_E_NOMEM;
}

static struct fl_interface *item_of(struct fl_coverage_map *map, uint32_t interface)
{
    if (interface >= map->item_capacity) {
        uint32_t before = map->item_capacity;
        if (!fl_grow((void **)&map->items, &map->item_capacity, interface + 1, sizeof *map->items))
            return NULL;
        memset(map->items + before, 0, (map->item_capacity - before) * sizeof *map->items);
    }
    return &map->items[interface];
}

bool fl_coverage_add_address(struct fl_coverage_map *map, uint32_t interface, struct fl_addr addr)
{
    struct fl_interface *item = item_of(map, interface);
    if (item == NULL)
        return false;
    uint32_t at = 0;
    while (at < item->address_count && fl_addr_compare(item->addresses[at], addr) < 0)
        at++;
    if (at < item->address_count && fl_addr_equal(item->addresses[at], addr))
        return true;
    if (item->address_count >= FL_ADDRESSES_PER_INTERFACE_MAX) {
        /* The least ones stay, whatever the order of arrival. */
        if (at >= item->address_count)
            return true;
        item->address_count--;
    }
    if (!fl_grow((void **)&item->addresses, &item->address_capacity, item->address_count + 1, sizeof *item->addresses))
        return false;
    memmove(item->addresses + at + 1, item->addresses + at, (item->address_count - at) * sizeof *item->addresses);
    item->addresses[at] = addr;
    item->address_count++;
    return true;
}

bool fl_coverage_add_vpc(struct fl_coverage_map *map, uint32_t interface, struct fl_str vpc)
{
    struct fl_interface *item = item_of(map, interface);
    if (item == NULL)
        return false;
    if (item->vpc != 0 && fl_str_compare(map->vpcs.keys[item->vpc - 1], vpc) <= 0)
        return true;
    uint32_t id = fl_map_intern(&map->vpcs, vpc);
    item->vpc = id + 1;
    return id != FL_MAP_NONE;
}

static bool make_room(struct fl_coverage_map *map, uint32_t strings)
{
    uint32_t before = map->recent_capacity;
    if (strings <= before)
        return true;
    if (!fl_grow((void **)&map->recent, &map->recent_capacity, strings, sizeof *map->recent))
        return false;
    for (uint32_t i = before; i < map->recent_capacity; i++)
        map->recent[i] = (struct fl_coverage_recent){.interface = UINT32_MAX};
    return true;
}

struct row_in {
    const struct fl_column *interface, *start, *end, *status, *vantage, *src, *dst, *vpc;
};

static bool note_address(struct fl_coverage_map *map, uint32_t interface, const struct row_in *in, uint32_t r)
{
    if (fl_column_null(in->vantage, r))
        return true;
    const struct fl_column *own = in->vantage->u8[r] == FL_VANTAGE_SRC   ? in->src
                                  : in->vantage->u8[r] == FL_VANTAGE_DST ? in->dst
                                                                         : NULL;
    return own == NULL || fl_column_null(own, r) || fl_coverage_add_address(map, interface, own->addr[r]);
}

enum fl_status fl_coverage_note_own(struct fl_coverage_map *map, const struct fl_batch *batch, const uint64_t *rows)
{
    const struct fl_column *c = batch->columns;
    if (!c[FL_F_INTERFACE_ID].present)
        return FL_OK;
    struct row_in in = {.interface = &c[FL_F_INTERFACE_ID],
                        .vantage = &c[FL_F_VANTAGE],
                        .src = &c[FL_F_SRC_PEER],
                        .dst = &c[FL_F_DST_PEER],
                        .vpc = &c[FL_F_VPC_ID]};
    FL_EACH_ROW(batch, rows, r)
    {
        if (fl_column_null(in.interface, r))
            continue;
        uint32_t interface = map->recent[in.interface->u32[r]].interface;
        if (!note_address(map, interface, &in, r))
            return FL_E_NOMEM;
        if (!fl_column_null(in.vpc, r) && !fl_coverage_add_vpc(map, interface, batch->strings.keys[in.vpc->u32[r]]))
            return FL_E_NOMEM;
    }
    return FL_OK;
}

static bool settle(struct fl_coverage_map *map, struct fl_coverage_recent *recent)
{
    struct fl_interface *item = item_of(map, recent->interface);
    if (item == NULL)
        return false;
    item->records += recent->records;
    item->skipped += recent->skipped;
    recent->records = recent->skipped = 0;
    if (recent->seen == 0)
        return true;
    uint32_t slot = touch(map, recent->interface, (uint32_t)(recent->hour_ms / FL_MS_PER_HOUR));
    if (slot == UINT32_MAX)
        return false;
    map->slots[slot].seen |= recent->seen;
    map->slots[slot].lost |= recent->lost;
    recent->seen = recent->lost = 0;
    return true;
}

enum fl_status fl_coverage_settle(struct fl_coverage_map *map)
{
    for (uint32_t i = 0; i < map->recent_capacity; i++)
        if (map->recent[i].interface != UINT32_MAX && !settle(map, &map->recent[i]))
            return failure(map);
    return FL_OK;
}

/* A record that is not in the hour at hand, which its hour then becomes. */
static bool change_hour(struct fl_coverage_map *map, struct fl_coverage_recent *recent, int64_t start_ms,
                        int64_t end_ms, bool lost)
{
    if (end_ms < start_ms)
        end_ms = start_ms;
    if (!fl_when_known(start_ms))
        return true;
    int64_t first = start_ms / FL_MS_PER_MINUTE, last = end_ms / FL_MS_PER_MINUTE;
    if (last - first >= SPAN_MINUTES_MAX) /* no log has such intervals: what it says of the time between is nothing */
        last = first;
    if (!settle(map, recent) || !mark_span(map, recent->interface, first, last, lost))
        return false;
    recent->hour_ms = first / 60 * FL_MS_PER_HOUR;
    return true;
}

static bool add_row(struct fl_coverage_map *map, const struct fl_batch *batch, const struct row_in *in, uint32_t r,
                    bool with_addresses)
{
    if (fl_column_null(in->interface, r))
        return true;
    struct fl_coverage_recent *recent = &map->recent[in->interface->u32[r]];
    if (recent->interface == UINT32_MAX) {
        recent->interface = fl_map_intern(&map->interfaces, batch->strings.keys[in->interface->u32[r]]);
        if (recent->interface == FL_MAP_NONE)
            return false;
    }
    bool lost = !fl_column_null(in->status, r) && in->status->u8[r] == FL_STATUS_SKIPDATA;
    recent->skipped += lost;
    recent->records += !lost;
    if (with_addresses && !note_address(map, recent->interface, in, r))
        return false;
    if (fl_column_null(in->start, r))
        return true;
    int64_t start_ms = in->start->i64[r], end_ms = fl_column_null(in->end, r) ? start_ms : in->end->i64[r];
    uint64_t from = (uint64_t)(start_ms - recent->hour_ms), to = (uint64_t)(end_ms - recent->hour_ms);
    if (from > to || to >= (uint64_t)FL_MS_PER_HOUR)
        return change_hour(map, recent, start_ms, end_ms, lost);
    uint64_t bits = minutes((uint32_t)from / MINUTE_MS, (uint32_t)to / MINUTE_MS);
    recent->seen |= bits;
    recent->lost |= lost ? bits : 0;
    return true;
}

enum fl_status fl_coverage_add(struct fl_coverage_map *map, const struct fl_batch *batch, bool with_addresses)
{
    const struct fl_column *c = batch->columns;
    if (!c[FL_F_INTERFACE_ID].present)
        return FL_OK;
    if (!make_room(map, batch->strings.count))
        return FL_E_NOMEM;
    struct row_in in = {&c[FL_F_INTERFACE_ID], &c[FL_F_START_TIME], &c[FL_F_END_TIME], &c[FL_F_LOG_STATUS],
                        &c[FL_F_VANTAGE],      &c[FL_F_SRC_PEER],   &c[FL_F_DST_PEER], NULL};
    for (uint32_t r = 0; r < batch->rows; r++) {
        if (r + FETCH_ROWS < batch->rows)
            __builtin_prefetch(&map->recent[in.interface->u32[r + FETCH_ROWS]], 1);
        if (!add_row(map, batch, &in, r, with_addresses))
            return failure(map);
    }
    return FL_OK;
}

enum fl_status fl_coverage_add_hour(struct fl_coverage_map *map, uint32_t interface, uint32_t hour, uint64_t seen,
                                    uint64_t lost)
{
    uint32_t slot = touch(map, interface, hour);
    if (slot == UINT32_MAX)
        return failure(map);
    map->slots[slot].seen |= seen;
    map->slots[slot].lost |= lost;
    return FL_OK;
}

enum fl_status fl_coverage_add_records(struct fl_coverage_map *map, uint32_t interface, uint64_t records,
                                       uint64_t skipped)
{
    struct fl_interface *item = item_of(map, interface);
    if (item == NULL)
        return FL_E_NOMEM;
    item->records += records;
    item->skipped += skipped;
    return FL_OK;
}

enum fl_status fl_coverage_merge(struct fl_coverage_map *map, struct fl_coverage_map *from)
{
    enum fl_status status = fl_coverage_absorb_spilled(map, from);
    if (status != FL_OK)
        return status;
    for (uint32_t i = 0; i <= from->mask; i++) {
        const struct fl_coverage_hour *h = &from->slots[i];
        if (!fl_coverage_hour_used(h))
            continue;
        uint32_t interface = fl_map_intern(&map->interfaces, from->interfaces.keys[h->interface]);
        uint32_t slot = interface == FL_MAP_NONE ? UINT32_MAX : touch(map, interface, h->hour);
        if (slot == UINT32_MAX)
            return failure(map);
        map->slots[slot].seen |= h->seen;
        map->slots[slot].lost |= h->lost;
    }
    for (uint32_t i = 0; i < from->interfaces.count && i < from->item_capacity; i++) {
        uint32_t interface = fl_map_intern(&map->interfaces, from->interfaces.keys[i]);
        struct fl_interface *item = interface == FL_MAP_NONE ? NULL : item_of(map, interface);
        if (item == NULL)
            return FL_E_NOMEM;
        item->records += from->items[i].records;
        item->skipped += from->items[i].skipped;
        uint32_t vpc = from->items[i].vpc;
        if (vpc != 0 && !fl_coverage_add_vpc(map, interface, from->vpcs.keys[vpc - 1]))
            return FL_E_NOMEM;
        for (uint32_t a = 0; a < from->items[i].address_count; a++)
            if (!fl_coverage_add_address(map, interface, from->items[i].addresses[a]))
                return FL_E_NOMEM;
    }
    return FL_OK;
}
