/* Which end's interface wrote the record. */
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/derive/parts.h"

void fl_learned_init(struct fl_learned *learned)
{
    *learned = (struct fl_learned){0};
}

void fl_learned_dispose(struct fl_learned *learned)
{
    fl_free(learned->candidates);
    fl_free(learned->state);
    *learned = (struct fl_learned){0};
}

void fl_learned_clear(struct fl_learned *learned)
{
    if (learned->capacity > 0)
        memset(learned->state, 0, learned->capacity);
}

static enum fl_status make_room(struct fl_learned *learned, uint32_t count)
{
    if (count <= learned->capacity)
        return FL_OK;
    uint32_t capacity = learned->capacity == 0 ? 64 : learned->capacity;
    while (capacity < count)
        capacity *= 2;
    void *candidates = fl_realloc(learned->candidates, capacity, sizeof learned->candidates[0]);
    if (candidates == NULL)
        return FL_E_NOMEM;
    learned->candidates = candidates;
    uint8_t *state = fl_realloc(learned->state, capacity, 1);
    if (state == NULL)
        return FL_E_NOMEM;
    memset(state + learned->capacity, 0, capacity - learned->capacity);
    learned->state = state;
    learned->capacity = capacity;
    return FL_OK;
}

/* Keeps the candidates that are an end of this record too. */
static void narrow(struct fl_learned *learned, uint32_t interface, struct fl_addr src, struct fl_addr dst)
{
    struct fl_addr *candidate = learned->candidates[interface];
    uint8_t *state = &learned->state[interface];
    if (*state == 0) {
        candidate[0] = src;
        candidate[1] = dst;
        *state = fl_addr_equal(src, dst) ? 2 : 3;
        return;
    }
    unsigned kept = 0;
    for (unsigned i = 0; i + 1 < *state; i++)
        if (fl_addr_equal(candidate[i], src) || fl_addr_equal(candidate[i], dst))
            candidate[kept++] = candidate[i];
    *state = (uint8_t)(kept + 1);
}

void fl_learned_rows(const struct fl_batch *batch, uint64_t *rows)
{
    memset(rows, 0, fl_batch_words(batch) * sizeof *rows);
    for (uint32_t r = 0; r < batch->rows; r++) {
        /* +1: the line end belongs to the line. */
        if (batch->base_offset + batch->row_start[r] + batch->row_length[r] + 1 > FL_LEARN_BYTES)
            break;
        rows[r >> 6] |= UINT64_C(1) << (r & 63);
    }
}

enum fl_status fl_learned_add(struct fl_learned *learned, struct fl_batch *batch)
{
    const struct fl_column *interface = &batch->columns[FL_F_INTERFACE_ID];
    const struct fl_column *src = &batch->columns[FL_F_SRCADDR];
    const struct fl_column *dst = &batch->columns[FL_F_DSTADDR];
    if (!interface->present || !src->present || !dst->present || interface->values == NULL || src->values == NULL ||
        dst->values == NULL)
        return FL_OK;
    uint64_t *rows = fl_alloc(((size_t)fl_batch_words(batch) + 1) * sizeof *rows);
    enum fl_status status = rows == NULL ? FL_E_NOMEM : make_room(learned, batch->strings.count);
    if (status == FL_OK) {
        fl_learned_rows(batch, rows);
        status = fl_batch_need(batch, FL_F_SRCADDR, rows);
    }
    if (status == FL_OK)
        status = fl_batch_need(batch, FL_F_DSTADDR, rows);
    if (status == FL_OK)
        FL_EACH_ROW(batch, rows, r)
    if (!fl_column_null(interface, r) && !fl_column_null(src, r) && !fl_column_null(dst, r))
        narrow(learned, interface->u32[r], src->addr[r], dst->addr[r]);
    fl_free(rows);
    return status;
}

enum fl_status fl_learned_copy(struct fl_learned *to, uint32_t to_interface, const struct fl_learned *from,
                               uint32_t from_interface)
{
    enum fl_status status = make_room(to, to_interface + 1);
    if (status != FL_OK)
        return status;
    memcpy(to->candidates[to_interface], from->candidates[from_interface], sizeof to->candidates[0]);
    to->state[to_interface] = from->state[from_interface];
    return FL_OK;
}

bool fl_learned_address(const struct fl_learned *learned, uint32_t interface, struct fl_addr *out)
{
    if (learned == NULL || interface >= learned->capacity || learned->state[interface] != 2)
        return false;
    *out = learned->candidates[interface][0];
    return true;
}

struct vantage_in {
    const struct fl_column *interface, *direction, *srcaddr, *dstaddr, *pkt_src, *pkt_dst, *src, *dst;
    uint32_t ingress, egress; /* interned texts */
    const struct fl_learned *learned;
    const struct fl_batch *batch;
};

static bool same_or_unknown(const struct fl_column *packet, const struct fl_column *plain, uint32_t r)
{
    return fl_column_null(packet, r) || fl_column_null(plain, r) || fl_addr_equal(packet->addr[r], plain->addr[r]);
}

static enum fl_vantage vantage_row(const struct vantage_in *in, uint32_t r)
{
    bool directed = !fl_column_null(in->direction, r);
    if (directed && in->direction->u32[r] == in->ingress && !fl_column_null(in->dst, r) &&
        same_or_unknown(in->pkt_dst, in->dstaddr, r))
        return FL_VANTAGE_DST;
    if (directed && in->direction->u32[r] == in->egress && !fl_column_null(in->src, r) &&
        same_or_unknown(in->pkt_src, in->srcaddr, r))
        return FL_VANTAGE_SRC;
    enum fl_vantage told = fl_join_vantage(in->learned, in->batch, r);
    if (told != FL_VANTAGE_UNKNOWN)
        return told;
    struct fl_addr own;
    if (!fl_column_null(in->interface, r) && fl_learned_address(in->learned, in->interface->u32[r], &own)) {
        if (!fl_column_null(in->src, r) && fl_addr_equal(in->src->addr[r], own))
            return FL_VANTAGE_SRC;
        if (!fl_column_null(in->dst, r) && fl_addr_equal(in->dst->addr[r], own))
            return FL_VANTAGE_DST;
        return FL_VANTAGE_MIDDLE;
    }
    return directed ? FL_VANTAGE_MIDDLE : FL_VANTAGE_UNKNOWN;
}

void fl_derive_vantage(const struct fl_learned *learned, struct fl_batch *batch, const uint64_t *rows)
{
    const struct fl_column *c = batch->columns;
    struct fl_column *out = &batch->columns[FL_F_VANTAGE];
    struct vantage_in in = {
        .interface = &c[FL_F_INTERFACE_ID],
        .direction = &c[FL_F_FLOW_DIRECTION],
        .srcaddr = &c[FL_F_SRCADDR],
        .dstaddr = &c[FL_F_DSTADDR],
        .pkt_src = &c[FL_F_PKT_SRCADDR],
        .pkt_dst = &c[FL_F_PKT_DSTADDR],
        .src = &c[FL_F_SRC_PEER],
        .dst = &c[FL_F_DST_PEER],
        .ingress = fl_map_find(&batch->strings, FL_STR("ingress")),
        .egress = fl_map_find(&batch->strings, FL_STR("egress")),
        .learned = learned,
        .batch = batch,
    };
    FL_EACH_ROW(batch, rows, r)
    out->u8[r] = (uint8_t)vantage_row(&in, r);
}

void fl_derive_own_vpc(struct fl_batch *batch, const uint64_t *rows)
{
    struct fl_column *out = &batch->columns[FL_F_OWN_VPC_ID];
    const struct fl_column *vpc = &batch->columns[FL_F_VPC_ID], *vantage = &batch->columns[FL_F_VANTAGE];
    FL_EACH_ROW(batch, rows, r)
    {
        bool is_end =
            !fl_column_null(vantage, r) && (vantage->u8[r] == FL_VANTAGE_SRC || vantage->u8[r] == FL_VANTAGE_DST);
        out->u32[r] = 0;
        if (is_end && !fl_column_null(vpc, r))
            out->u32[r] = vpc->u32[r];
        else
            fl_column_set_null(out, r);
    }
}
