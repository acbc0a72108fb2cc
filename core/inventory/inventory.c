#include "core/inventory/inventory.h"

#include <stdlib.h>

#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/memory.h"

void fl_inventory_init(struct fl_inventory *inv)
{
    *inv = (struct fl_inventory){.as_of_ms = INT64_MIN};
    fl_arena_init(&inv->arena);
    fl_map_init(&inv->texts);
}

void fl_inventory_dispose(struct fl_inventory *inv)
{
    fl_arena_dispose(&inv->arena);
    fl_map_dispose(&inv->texts);
    fl_free(inv->entries);
    fl_free(inv->by_interface);
    fl_free(inv->first_of_text);
    fl_free(inv->slots);
    *inv = (struct fl_inventory){0};
}

/* ---- sealing ---- */

static int compare_texts(const struct fl_inventory *inv, uint32_t a, uint32_t b)
{
    if (a == b || a == FL_MAP_NONE || b == FL_MAP_NONE)
        return (a == FL_MAP_NONE) - (b == FL_MAP_NONE);
    return fl_str_compare(inv->texts.keys[a], inv->texts.keys[b]);
}

static int compare_entries(const void *left, const void *right, void *context)
{
    const struct fl_host_entry *a = left, *b = right;
    const struct fl_inventory *inv = context;
    if (a->has_addr != b->has_addr)
        return a->has_addr ? -1 : 1;
    int c = a->has_addr ? fl_addr_compare(a->addr, b->addr) : 0;
    if (c == 0)
        c = compare_texts(inv, a->texts[FL_HOST_VPC], b->texts[FL_HOST_VPC]);
    if (c == 0)
        c = compare_texts(inv, a->texts[FL_HOST_INTERFACE], b->texts[FL_HOST_INTERFACE]);
    if (c == 0 && a->file != b->file)
        c = strcmp(a->file, b->file);
    return c != 0 ? c : (a->line > b->line) - (a->line < b->line);
}

static int compare_by_interface(const void *left, const void *right, void *context)
{
    const struct fl_inventory *inv = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    int c = compare_texts(inv, inv->entries[a].texts[FL_HOST_INTERFACE], inv->entries[b].texts[FL_HOST_INTERFACE]);
    return c != 0 ? c : (a > b) - (a < b);
}

static enum fl_status sort_interfaces(struct fl_inventory *inv)
{
    inv->by_interface = fl_alloc_zero((size_t)inv->count + 1, sizeof *inv->by_interface);
    inv->first_of_text = fl_alloc_zero((size_t)inv->texts.count + 1, sizeof *inv->first_of_text);
    if (inv->by_interface == NULL || inv->first_of_text == NULL)
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < inv->count; i++)
        if (inv->entries[i].texts[FL_HOST_INTERFACE] != FL_MAP_NONE)
            inv->by_interface[inv->interface_entries++] = i;
    qsort_r(inv->by_interface, inv->interface_entries, sizeof *inv->by_interface, compare_by_interface, inv);
    for (uint32_t i = inv->interface_entries; i-- > 0;)
        inv->first_of_text[inv->entries[inv->by_interface[i]].texts[FL_HOST_INTERFACE]] = i + 1;
    return FL_OK;
}

static uint32_t slot_of(const struct fl_inventory *inv, struct fl_addr addr)
{
    uint32_t at = (uint32_t)fl_hash64(&addr, sizeof addr, 0) & inv->slot_mask;
    while (inv->slots[at] != 0 && !fl_addr_equal(inv->entries[inv->slots[at] - 1].addr, addr))
        at = (at + 1) & inv->slot_mask;
    return at;
}

static enum fl_status hash_addresses(struct fl_inventory *inv)
{
    uint32_t slots = 16;
    while (slots < inv->count * 2ull)
        slots *= 2;
    inv->slots = fl_alloc_zero(slots, sizeof *inv->slots);
    if (inv->slots == NULL)
        return FL_E_NOMEM;
    inv->slot_mask = slots - 1;
    for (uint32_t i = 0; i < inv->count && inv->entries[i].has_addr; i++) {
        uint32_t at = slot_of(inv, inv->entries[i].addr);
        if (inv->slots[at] == 0)
            inv->slots[at] = i + 1;
    }
    return FL_OK;
}

static void refuse_twins(const struct fl_inventory *inv, struct fl_error_list *errors)
{
    uint32_t most = errors->count + FL_INVENTORY_ERRORS_MAX;
    for (uint32_t i = 1; i < inv->count && inv->entries[i].has_addr && errors->count < most; i++) {
        const struct fl_host_entry *a = &inv->entries[i - 1], *b = &inv->entries[i];
        if (!fl_addr_equal(a->addr, b->addr) || a->texts[FL_HOST_VPC] != b->texts[FL_HOST_VPC])
            continue;
        struct fl_error err;
        char text[FL_ADDR_TEXT_BYTES];
        fl_addr_format(b->addr, text);
        fl_fail(&err, FL_E_VALUE, "%s stands in this VPC already: %.200s:%u", text, a->file, a->line);
        fl_error_at(&err, b->file, b->line, b->column);
        fl_error_list_add(errors, &err);
    }
}

enum fl_status fl_inventory_seal(struct fl_inventory *inv, struct fl_error_list *errors)
{
    uint32_t before = errors->count;
    if (inv->count > 0)
        qsort_r(inv->entries, inv->count, sizeof *inv->entries, compare_entries, inv);
    if (sort_interfaces(inv) != FL_OK || hash_addresses(inv) != FL_OK)
        return FL_E_NOMEM;
    refuse_twins(inv, errors);
    return errors->count > before ? FL_E_VALUE : FL_OK;
}

/* ---- looking up ---- */

uint32_t fl_inventory_interface(const struct fl_inventory *inv, uint32_t interface, uint32_t *count)
{
    uint32_t first = interface < inv->texts.count ? inv->first_of_text[interface] : 0;
    *count = 0;
    if (first == 0)
        return 0;
    while (first - 1 + *count < inv->interface_entries &&
           inv->entries[inv->by_interface[first - 1 + *count]].texts[FL_HOST_INTERFACE] == interface)
        (*count)++;
    return first - 1;
}

uint32_t fl_inventory_find(const struct fl_inventory *inv, struct fl_addr addr, uint32_t vpc)
{
    uint32_t first = inv->slots[slot_of(inv, addr)], entries = 0;
    if (first == 0)
        return UINT32_MAX;
    for (uint32_t i = first - 1;
         i < inv->count && inv->entries[i].has_addr && fl_addr_equal(inv->entries[i].addr, addr); i++, entries++)
        if (vpc != FL_MAP_NONE && inv->entries[i].texts[FL_HOST_VPC] == vpc)
            return i;
    return entries == 1 ? first - 1 : UINT32_MAX;
}

uint32_t fl_inventory_of_interface(const struct fl_inventory *inv, uint32_t interface, struct fl_addr addr)
{
    uint32_t count, first = fl_inventory_interface(inv, interface, &count);
    for (uint32_t i = 0; i < count; i++) {
        const struct fl_host_entry *e = &inv->entries[inv->by_interface[first + i]];
        if (e->has_addr && fl_addr_equal(e->addr, addr))
            return inv->by_interface[first + i];
    }
    return count > 0 ? inv->by_interface[first] : UINT32_MAX;
}

static bool in_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
}

static bool same_key(struct fl_str tag, struct fl_str asked)
{
    if (tag.len != asked.len)
        return false;
    for (size_t i = 0; i < tag.len; i++)
        if (tag.ptr[i] != asked.ptr[i] && (in_name(tag.ptr[i]) || asked.ptr[i] != '_'))
            return false;
    return true;
}

uint32_t fl_inventory_tag(const struct fl_inventory *inv, const struct fl_host_entry *e, struct fl_str key)
{
    for (uint32_t i = 0; i < e->tag_count; i++)
        if (same_key(inv->texts.keys[e->tags[i].key], key))
            return e->tags[i].value;
    return FL_MAP_NONE;
}

bool fl_inventory_subnet(const struct fl_inventory *inv, const struct fl_host_entry *e, struct fl_prefix *out)
{
    uint32_t subnet = e->texts[FL_HOST_SUBNET];
    bool host_bits;
    return subnet != FL_MAP_NONE && fl_prefix_parse(inv->texts.keys[subnet], out, &host_bits) && !host_bits;
}
