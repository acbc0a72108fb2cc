/* hosts.c: what an inventory tells of the two ends of a record: by interface, then by VPC and address. */
#include "core/base/memory.h"
#include "core/derive/parts.h"

void fl_join_init(struct fl_join *join, const struct fl_inventory *inventory)
{
    *join = (struct fl_join){.inventory = inventory};
}

void fl_join_dispose(struct fl_join *join)
{
    fl_free(join->text_of);
    fl_free(join->string_of);
    *join = (struct fl_join){0};
}

/* The inventory's number of a string of the batch; FL_MAP_NONE when it has none, or memory is out. */
static uint32_t text_of(struct fl_join *join, const struct fl_batch *batch, uint32_t string)
{
    if (string >= join->text_capacity) {
        uint32_t room = batch->strings.count < 256 ? 256 : batch->strings.count * 2;
        uint32_t *grown = fl_realloc(join->text_of, room, sizeof *grown);
        if (grown == NULL)
            return FL_MAP_NONE;
        memset(grown + join->text_capacity, 0, (room - join->text_capacity) * sizeof *grown);
        join->text_of = grown;
        join->text_capacity = room;
    }
    if (join->text_of[string] == 0) {
        uint32_t text = fl_inventory_text(join->inventory, batch->strings.keys[string]);
        join->text_of[string] = text == FL_MAP_NONE ? 1 : text + 2;
    }
    return join->text_of[string] == 1 ? FL_MAP_NONE : join->text_of[string] - 2;
}

static uint32_t cell_text(struct fl_join *join, const struct fl_batch *batch, uint32_t field, uint32_t r)
{
    const struct fl_column *c = &batch->columns[field];
    return c->values == NULL || fl_column_null(c, r) ? FL_MAP_NONE : text_of(join, batch, c->u32[r]);
}

static uint32_t string_of(struct fl_join *join, struct fl_batch *batch, uint32_t text)
{
    if (join->string_of == NULL) {
        join->string_of = fl_alloc_zero((size_t)join->inventory->texts.count + 1, sizeof *join->string_of);
        if (join->string_of == NULL)
            return FL_MAP_NONE;
    }
    if (join->string_of[text] == 0)
        join->string_of[text] = fl_map_intern(&batch->strings, join->inventory->texts.keys[text]) + 1;
    return join->string_of[text] - 1;
}

static bool same(const struct fl_column *c, uint32_t r, struct fl_addr addr)
{
    return c->values != NULL && !fl_column_null(c, r) && fl_addr_equal(c->addr[r], addr);
}

enum fl_vantage fl_join_vantage(const struct fl_learned *learned, const struct fl_batch *batch, uint32_t r)
{
    struct fl_join *join = learned != NULL ? learned->join : NULL;
    if (join == NULL || join->inventory == NULL)
        return FL_VANTAGE_UNKNOWN;
    const struct fl_inventory *inv = join->inventory;
    uint32_t count, first, addresses = 0;
    first = fl_inventory_interface(inv, cell_text(join, batch, FL_F_INTERFACE_ID, r), &count);
    bool src = false, dst = false;
    for (uint32_t i = 0; i < count; i++) {
        const struct fl_host_entry *e = &inv->entries[inv->by_interface[first + i]];
        addresses += e->has_addr;
        src |= e->has_addr && same(&batch->columns[FL_F_SRC_PEER], r, e->addr);
        dst |= e->has_addr && same(&batch->columns[FL_F_DST_PEER], r, e->addr);
    }
    if (addresses == 0)
        return FL_VANTAGE_UNKNOWN;
    return src ? FL_VANTAGE_SRC : dst ? FL_VANTAGE_DST : FL_VANTAGE_MIDDLE;
}

/* Which of the two addresses is the end? -1: not known. */
static int is_source(const struct fl_batch *batch, enum fl_end end, uint32_t r)
{
    if (end == FL_END_COUNT)
        return -1;
    if (end == FL_END_SRC || end == FL_END_DST)
        return end == FL_END_SRC;
    const struct fl_column *forward = &batch->columns[FL_F_FORWARD], *orientation = &batch->columns[FL_F_ORIENTATION];
    if (fl_column_null(forward, r) || orientation->u8[r] >= FL_ORIENT_GUESS)
        return -1;
    return forward->u8[r] == (end == FL_END_CLIENT);
}

static uint32_t find_host(struct fl_join *join, const struct fl_batch *batch, enum fl_end end, uint32_t r)
{
    const struct fl_inventory *inv = join->inventory;
    int source = is_source(batch, end, r);
    const struct fl_column *peer = &batch->columns[source == 1 ? FL_F_SRC_PEER : FL_F_DST_PEER];
    const struct fl_column *vantage = &batch->columns[FL_F_VANTAGE];
    if (source < 0 || fl_column_null(peer, r))
        return UINT32_MAX;
    uint32_t interface = cell_text(join, batch, FL_F_INTERFACE_ID, r), vpc = cell_text(join, batch, FL_F_VPC_ID, r);
    uint32_t recorder = UINT32_MAX;
    if (interface != FL_MAP_NONE)
        recorder = fl_inventory_of_interface(inv, interface, peer->addr[r]);
    bool wrote = !fl_column_null(vantage, r) && vantage->u8[r] == (source ? FL_VANTAGE_SRC : FL_VANTAGE_DST);
    if (recorder != UINT32_MAX &&
        (wrote || (inv->entries[recorder].has_addr && fl_addr_equal(inv->entries[recorder].addr, peer->addr[r]))))
        return recorder;
    if (vpc == FL_MAP_NONE && recorder != UINT32_MAX)
        vpc = inv->entries[recorder].texts[FL_HOST_VPC];
    return fl_inventory_find(inv, peer->addr[r], vpc);
}

/* The text that the field shows of a host. */
static uint32_t shown_text(const struct fl_inventory *inv, const struct fl_host_entry *host, uint32_t field,
                           struct fl_str tag)
{
    if (field >= FL_F_TAG_FIRST)
        return fl_inventory_tag(inv, host, tag);
    return host->texts[(field - FL_F_SRC_NAME) % FL_TEXTS_PER_END];
}

void fl_derive_host(const struct fl_learned *learned, struct fl_batch *batch, uint32_t field, const uint64_t *rows)
{
    struct fl_join *join = learned != NULL ? learned->join : NULL;
    struct fl_column *out = &batch->columns[field];
    struct fl_str tag = FL_STR("");
    enum fl_end end = (enum fl_end)((field - FL_F_SRC_NAME) / FL_TEXTS_PER_END);
    if (field >= FL_F_TAG_FIRST)
        tag = fl_field_tag(field, &end);
    FL_EACH_ROW(batch, rows, r)
    {
        uint32_t text = FL_MAP_NONE, string = FL_MAP_NONE, host = UINT32_MAX;
        if (join != NULL && join->inventory != NULL)
            host = find_host(join, batch, end, r);
        if (host != UINT32_MAX)
            text = shown_text(join->inventory, &join->inventory->entries[host], field, tag);
        if (text != FL_MAP_NONE)
            string = string_of(join, batch, text);
        out->u32[r] = string == FL_MAP_NONE ? 0 : string;
        if (string == FL_MAP_NONE)
            fl_column_set_null(out, r);
    }
}
