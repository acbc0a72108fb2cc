/* concerned.c: which interfaces a finding is about, and what was not logged of them; own addresses that the policy does
 * not tell apart. */
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/engine/verdicts.h"

/* An own address and the interface that was seen with it. */
struct own_address {
    struct fl_addr addr;
    uint32_t interface;
};

struct fl_concerned {
    struct fl_coverage *interfaces; /* by id: minutes of each */
    uint32_t *marks;                /* by id: the finding that last counted it */
    uint32_t count;
    struct own_address *own; /* ascending */
    uint32_t own_count;
    struct fl_coverage all;
    uint32_t finding;      /* number of the finding at hand */
    uint64_t *vpc_minutes; /* by VPC: minutes of all its interfaces */
};

static int compare_own(const void *left, const void *right)
{
    const struct own_address *a = left, *b = right;
    int c = fl_addr_compare(a->addr, b->addr);
    return c != 0 ? c : (a->interface > b->interface) - (a->interface < b->interface);
}

static enum fl_status list_own(struct fl_judging *j, struct fl_concerned *out)
{
    const struct fl_coverage_map *map = &j->part->coverage;
    uint32_t items = map->interfaces.count < map->item_capacity ? map->interfaces.count : map->item_capacity;
    uint32_t total = 0;
    for (uint32_t i = 0; i < items; i++)
        total += map->items[i].address_count;
    out->own = fl_arena_alloc(j->arena, ((size_t)total + 1) * sizeof *out->own);
    if (out->own == NULL)
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < items; i++)
        for (uint32_t a = 0; a < map->items[i].address_count; a++)
            out->own[out->own_count++] = (struct own_address){map->items[i].addresses[a], i};
    qsort(out->own, out->own_count, sizeof *out->own, compare_own);
    return FL_OK;
}

static enum fl_status add_vpcs(struct fl_judging *j, struct fl_concerned *c)
{
    const struct fl_coverage_map *map = &j->part->coverage;
    c->vpc_minutes = fl_arena_alloc(j->arena, ((size_t)map->vpcs.count + 1) * sizeof *c->vpc_minutes);
    if (c->vpc_minutes == NULL)
        return FL_E_NOMEM;
    memset(c->vpc_minutes, 0, ((size_t)map->vpcs.count + 1) * sizeof *c->vpc_minutes);
    for (uint32_t i = 0; i < c->count && i < map->item_capacity; i++)
        if (map->items[i].vpc != 0)
            c->vpc_minutes[map->items[i].vpc - 1] += c->interfaces[i].minutes;
    return FL_OK;
}

static enum fl_status add_hour(void *context, const struct fl_coverage_hour *h)
{
    struct fl_judging *j = context;
    struct fl_concerned *c = j->concerned;
    fl_judge_silence_add(j, h);
    uint64_t seen = fl_coverage_hour_seen(h), lost = fl_coverage_hour_lost(h);
    c->interfaces[h->interface].minutes += seen;
    c->interfaces[h->interface].lost_minutes += lost;
    c->all.minutes += seen;
    c->all.lost_minutes += lost;
    return FL_OK;
}

struct fl_coverage fl_judge_coverage(const struct fl_judging *j, const uint32_t *interfaces, uint32_t count)
{
    const struct fl_concerned *c = j->concerned;
    struct fl_coverage sum = {.damaged = c->all.damaged};
    for (uint32_t i = 0; i < count; i++) {
        sum.minutes += c->interfaces[interfaces[i]].minutes;
        sum.lost_minutes += c->interfaces[interfaces[i]].lost_minutes;
    }
    return interfaces != NULL ? sum : c->all;
}

enum fl_status fl_judge_concerned_open(struct fl_judging *j)
{
    const struct fl_coverage_map *map = &j->part->coverage;
    struct fl_concerned *c = fl_arena_alloc(j->arena, sizeof *c);
    if (c == NULL)
        return FL_E_NOMEM;
    memset(c, 0, sizeof *c);
    c->count = map->interfaces.count;
    c->interfaces = fl_arena_alloc(j->arena, ((size_t)c->count + 1) * sizeof *c->interfaces);
    c->marks = fl_arena_alloc(j->arena, ((size_t)c->count + 1) * sizeof *c->marks);
    if (c->interfaces == NULL || c->marks == NULL)
        return FL_E_NOMEM;
    memset(c->interfaces, 0, ((size_t)c->count + 1) * sizeof *c->interfaces);
    memset(c->marks, 0, ((size_t)c->count + 1) * sizeof *c->marks);
    j->concerned = c;
    enum fl_status status = fl_coverage_hours(map, add_hour, j);
    for (uint32_t o = 0; o < j->part->object_count; o++)
        c->all.damaged |= j->part->objects[o].read.damage != FL_DAMAGE_NONE;
    if (status == FL_OK)
        status = add_vpcs(j, c);
    return status == FL_OK ? list_own(j, c) : status;
}

/* Each interface counts once a finding. */
static void count_interface(struct fl_concerned *c, uint32_t interface, struct fl_coverage *sum, uint32_t *found)
{
    if (interface >= c->count || c->marks[interface] == c->finding)
        return;
    c->marks[interface] = c->finding;
    (*found)++;
    sum->minutes += c->interfaces[interface].minutes;
    sum->lost_minutes += c->interfaces[interface].lost_minutes;
}

/* The first of c->own that is not less than the address. */
static uint32_t find_own(const struct fl_concerned *c, struct fl_addr addr)
{
    uint32_t low = 0, high = c->own_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (fl_addr_compare(c->own[middle].addr, addr) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void count_owners(struct fl_concerned *c, struct fl_addr addr, struct fl_coverage *sum, uint32_t *found)
{
    for (uint32_t low = find_own(c, addr); low < c->own_count && fl_addr_equal(c->own[low].addr, addr); low++)
        count_interface(c, c->own[low].interface, sum, found);
}

bool fl_judge_other_vpc(const struct fl_judging *j, struct fl_addr addr, struct fl_str seen, struct fl_str *out)
{
    const struct fl_coverage_map *map = &j->part->coverage;
    const struct fl_concerned *c = j->concerned;
    uint32_t found = 0;
    for (uint32_t i = find_own(c, addr); i < c->own_count && fl_addr_equal(c->own[i].addr, addr); i++) {
        uint32_t vpc = map->items[c->own[i].interface].vpc;
        if (vpc == 0 || vpc == found)
            continue;
        if (found != 0 || fl_str_equal(map->vpcs.keys[vpc - 1], seen))
            return false;
        found = vpc;
    }
    if (found != 0)
        *out = map->vpcs.keys[found - 1];
    return found != 0;
}

static bool note_interface(struct fl_concern *concern, uint32_t interface)
{
    uint32_t low = 0, high = concern->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (concern->ids[middle] < interface)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < concern->count && concern->ids[low] == interface)
        return true;
    if (concern->count == concern->capacity) { /* few as a rule, and there are many findings */
        uint32_t room = concern->capacity == 0 ? 1 : concern->capacity * 2;
        uint32_t *grown = fl_realloc(concern->ids, room, sizeof *grown);
        if (grown == NULL)
            return false;
        concern->ids = grown;
        concern->capacity = room;
    }
    memmove(concern->ids + low + 1, concern->ids + low, (concern->count - low) * sizeof *concern->ids);
    concern->ids[low] = interface;
    concern->count++;
    return true;
}

static bool note_owners(const struct fl_concerned *c, struct fl_addr addr, struct fl_concern *concern)
{
    bool ok = true;
    for (uint32_t i = find_own(c, addr); i < c->own_count && fl_addr_equal(c->own[i].addr, addr) && ok; i++)
        ok = note_interface(concern, c->own[i].interface);
    return ok;
}

enum fl_status fl_judge_note_concerned(const struct fl_judging *j, const struct fl_hit *hit, struct fl_concern *concern)
{
    const struct fl_concerned *c = j->concerned;
    const struct fl_plan_rule *rule = &j->plan->rules[hit->rule];
    bool ok = true;
    for (uint32_t k = 0; k < rule->key_count && ok; k++) {
        if (rule->keys[k] != FL_F_INTERFACE_ID || hit->slots[k].type != FL_T_STR)
            continue;
        uint32_t interface = fl_map_find(&j->part->coverage.interfaces, hit->slots[k].str);
        if (interface >= c->count)
            continue;
        if (!concern->named)
            concern->count = 0;
        concern->named = true;
        ok = note_interface(concern, interface);
    }
    for (uint32_t k = 0; k < rule->key_count && ok && !concern->named; k++)
        if (hit->slots[k].type == FL_T_ADDR)
            ok = note_owners(c, hit->slots[k].addr, concern);
    return ok ? FL_OK : FL_E_NOMEM;
}

enum fl_status fl_concern_merge(struct fl_concern *into, const struct fl_concern *from)
{
    if (into->named && !from->named)
        return FL_OK;
    if (from->named && !into->named)
        into->count = 0;
    into->named = from->named;
    for (uint32_t i = 0; i < from->count; i++)
        if (!note_interface(into, from->ids[i]))
            return FL_E_NOMEM;
    return FL_OK;
}

struct fl_coverage fl_judge_concerned(const struct fl_judging *j, const struct fl_concern *concern)
{
    const struct fl_concerned *c = j->concerned;
    struct fl_coverage sum = {.damaged = c->all.damaged, .sampled = c->all.sampled};
    for (uint32_t i = 0; i < concern->count; i++) {
        sum.minutes += c->interfaces[concern->ids[i]].minutes;
        sum.lost_minutes += c->interfaces[concern->ids[i]].lost_minutes;
    }
    return concern->count > 0 ? sum : c->all;
}

static uint64_t minutes_of_vpc(const struct fl_judging *j, uint32_t vpc)
{
    const struct fl_inventory *inv = j->plan->policy->inventory;
    if (vpc == FL_MAP_NONE)
        return j->concerned->all.minutes;
    uint32_t id = fl_map_find(&j->part->coverage.vpcs, inv->texts.keys[vpc]);
    return id == FL_MAP_NONE ? 0 : j->concerned->vpc_minutes[id];
}

/* The VPC that the inventory tells of an interface or address; FL_MAP_NONE. */
static uint32_t vpc_of_key(const struct fl_judging *j, const struct fl_plan_rule *rule, uint32_t k,
                           const struct fl_value *key)
{
    const struct fl_inventory *inv = j->plan->policy->inventory;
    uint32_t entry = UINT32_MAX, count = 0;
    if (inv == NULL)
        return FL_MAP_NONE;
    if (key->type == FL_T_ADDR) {
        entry = fl_inventory_find(inv, key->addr, FL_MAP_NONE);
    } else if (rule->keys[k] == FL_F_INTERFACE_ID && key->type == FL_T_STR) {
        uint32_t first = fl_inventory_interface(inv, fl_inventory_text(inv, key->str), &count);
        entry = count > 0 ? inv->by_interface[first] : UINT32_MAX;
    }
    return entry == UINT32_MAX ? FL_MAP_NONE : inv->entries[entry].texts[FL_HOST_VPC];
}

static struct fl_value minutes_value(uint64_t minutes)
{
    return fl_value_int(FL_T_DURATION, (__int128)minutes * FL_MS_PER_MINUTE);
}

void fl_judge_coverage_counters(struct fl_judging *j, const struct fl_plan_rule *rule, const struct fl_value *keys,
                                struct fl_value *counters)
{
    struct fl_concerned *c = j->concerned;
    struct fl_coverage sum = {0};
    uint32_t found = 0, vpc = FL_MAP_NONE;
    bool named = false;
    c->finding++;
    for (uint32_t k = 0; k < rule->key_count; k++) {
        named |= rule->keys[k] == FL_F_INTERFACE_ID || rule->key_types[k] == FL_T_ADDR;
        if (rule->keys[k] == FL_F_INTERFACE_ID && keys[k].type == FL_T_STR)
            count_interface(c, fl_map_find(&j->part->coverage.interfaces, keys[k].str), &sum, &found);
        else if (keys[k].type == FL_T_ADDR)
            count_owners(c, keys[k].addr, &sum, &found);
        if (vpc == FL_MAP_NONE)
            vpc = vpc_of_key(j, rule, k, &keys[k]);
    }
    if (!named)
        sum = c->all;
    counters[FL_C_LOGGED] = minutes_value(sum.minutes);
    counters[FL_C_SKIPPED] = minutes_value(sum.lost_minutes);
    counters[FL_C_VPC_LOGGED] = minutes_value(minutes_of_vpc(j, vpc));
}

/* The interface of c->own[from..to) whose name comes first. */
static struct fl_str first_name(const struct fl_judging *j, uint32_t from, uint32_t to)
{
    const struct fl_map *names = &j->part->coverage.interfaces;
    struct fl_str least = names->keys[j->concerned->own[from].interface];
    for (uint32_t i = from + 1; i < to; i++)
        if (fl_str_compare(names->keys[j->concerned->own[i].interface], least) < 0)
            least = names->keys[j->concerned->own[i].interface];
    return least;
}

/* Were c->own[from..to), which are one address, recorded from more than one VPC? */
static bool several_vpcs(const struct fl_judging *j, uint32_t from, uint32_t to)
{
    uint32_t first = 0;
    for (uint32_t i = from; i < to; i++) {
        uint32_t vpc = j->part->coverage.items[j->concerned->own[i].interface].vpc;
        if (vpc == 0)
            continue;
        if (first != 0 && vpc != first)
            return true;
        first = vpc;
    }
    return false;
}

static const char *addr_text(struct fl_judging *j, struct fl_addr addr)
{
    struct fl_buf text;
    struct fl_value value = {.type = FL_T_ADDR, .addr = addr};
    fl_buf_init(&text);
    fl_value_text(&text, &value);
    const char *copy = text.failed ? NULL : fl_arena_strndup(j->arena, text.data, text.len);
    fl_buf_dispose(&text);
    return copy;
}

/* Own addresses of one sort: how many, and the first. */
struct own_sort {
    uint64_t count;
    const char *first;
    struct fl_str interface;
};

static enum fl_status count_sort(struct fl_judging *j, struct own_sort *sort, uint32_t from, uint32_t to)
{
    if (sort->count++ > 0)
        return FL_OK;
    sort->first = addr_text(j, j->concerned->own[from].addr);
    sort->interface = first_name(j, from, to);
    return sort->first != NULL ? FL_OK : FL_E_NOMEM;
}

enum fl_status fl_judge_own(struct fl_judging *j)
{
    const struct fl_concerned *c = j->concerned;
    const struct fl_program *program = j->plan->program;
    struct own_sort foreign = {0}, unnamed = {0}, shared = {0};
    enum fl_status status = FL_OK;
    for (uint32_t from = 0, to; from < c->own_count && status == FL_OK; from = to) {
        struct fl_addr addr = c->own[from].addr;
        bool is_private = fl_program_in_network(program, FL_NET_PRIVATE, addr);
        for (to = from + 1; to < c->own_count && fl_addr_equal(c->own[to].addr, addr);)
            to++;
        if (fl_program_in_network(program, FL_NET_INTERNET, addr))
            status = count_sort(j, &foreign, from, to);
        else if (is_private && !fl_program_in_network(program, FL_NET_OURS, addr))
            status = count_sort(j, &unnamed, from, to);
        if (status == FL_OK && is_private && !j->plan->policy->split_by_vpc && several_vpcs(j, from, to))
            status = count_sort(j, &shared, from, to);
    }
    if (foreign.count > 0 && status == FL_OK)
        status = fl_judge_blind(j, FL_BLIND_OTHER, false, foreign.count, "own",
                                "global addresses of recording interfaces are in no `own` network of the policy and "
                                "count as internet; first %s of %.*s",
                                foreign.first, (int)foreign.interface.len, foreign.interface.ptr);
    if (unnamed.count > 0 && status == FL_OK)
        status = fl_judge_blind(j, FL_BLIND_OTHER, false, unnamed.count, "own",
                                "private addresses of recording interfaces are not in `ours`, and what speaks of "
                                "`ours` passes over them; first %s of %.*s; `ours` is what %s: add your private "
                                "ranges to `own`",
                                unnamed.first, (int)unnamed.interface.len, unnamed.interface.ptr,
                                fl_policy_ours_text(j->plan->policy));
    if (shared.count > 0 && status == FL_OK)
        status = fl_judge_blind(j, FL_BLIND_OTHER, false, shared.count, "vpc_id",
                                "private addresses are recorded from more than one VPC and count as one host; "
                                "first %s; `split_by_vpc: true` tells them apart",
                                shared.first);
    return status;
}
