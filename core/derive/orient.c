/* Who opened the conversation (SEMANTICS: native, flags, reject, service, ephemeral, guess, none). */
#include "core/derive/parts.h"

#define EPHEMERAL_PORT 32768u
#define SYN_ACK_BITS   18

struct orient_in {
    const struct fl_column *protocol, *srcport, *dstport, *flags, *action;
    const struct fl_port_list *ports;
};

struct ends {
    enum fl_orientation orientation;
    bool src_is_client; /* meaningless for NONE */
};

static struct ends by_ports(const struct orient_in *in, uint32_t r, unsigned protocol)
{
    struct ends none = {FL_ORIENT_NONE, true};
    if (fl_column_null(in->srcport, r) || fl_column_null(in->dstport, r) || !fl_protocol_has_ports(protocol))
        return none;
    unsigned sport = in->srcport->u16[r], dport = in->dstport->u16[r];
    if (sport == dport)
        return none;
    bool src_listed = fl_port_listed(in->ports, protocol, sport);
    bool dst_listed = fl_port_listed(in->ports, protocol, dport);
    if (src_listed != dst_listed)
        return (struct ends){FL_ORIENT_SERVICE, dst_listed};
    bool src_ephemeral = sport >= EPHEMERAL_PORT, dst_ephemeral = dport >= EPHEMERAL_PORT;
    if (src_ephemeral != dst_ephemeral)
        return (struct ends){FL_ORIENT_EPHEMERAL, src_ephemeral};
    return (struct ends){FL_ORIENT_GUESS, dport < sport};
}

static struct ends orient_row(const struct orient_in *in, uint32_t r)
{
    bool known_protocol = !fl_column_null(in->protocol, r);
    unsigned protocol = known_protocol ? in->protocol->u8[r] : 0;
    if (protocol == 6 && !fl_column_null(in->flags, r)) {
        int64_t bits = in->flags->i64[r] & SYN_ACK_BITS;
        if (bits == 2)
            return (struct ends){FL_ORIENT_FLAGS, true};
        if (bits == SYN_ACK_BITS)
            return (struct ends){FL_ORIENT_FLAGS, false};
    }
    if (!fl_column_null(in->action, r) && in->action->u8[r] == FL_ACTION_REJECT) {
        bool reply = !fl_column_null(in->srcport, r) && !fl_column_null(in->dstport, r) &&
                     fl_port_listed(in->ports, protocol, in->srcport->u16[r]) && in->dstport->u16[r] >= EPHEMERAL_PORT;
        return (struct ends){FL_ORIENT_REJECT, !reply};
    }
    return by_ports(in, r, protocol);
}

void fl_derive_orientation(const struct fl_derive *derive, struct fl_batch *batch, const uint64_t *rows)
{
    struct fl_column *c = batch->columns, *orientation = &c[FL_F_ORIENTATION], *forward = &c[FL_F_FORWARD];
    struct orient_in in = {&c[FL_F_PROTOCOL],  &c[FL_F_SRCPORT], &c[FL_F_DSTPORT],
                           &c[FL_F_TCP_FLAGS], &c[FL_F_ACTION],  &derive->ports};
    FL_EACH_ROW(batch, rows, r)
    {
        struct ends e = orient_row(&in, r);
        orientation->u8[r] = (uint8_t)e.orientation;
        forward->u8[r] = e.orientation != FL_ORIENT_NONE && e.src_is_client;
        if (e.orientation == FL_ORIENT_NONE)
            fl_column_set_null(forward, r);
    }
}

/* ---- what follows from the orientation ---- */

void fl_derive_put_service(struct fl_column *out, uint32_t row, const struct fl_column *protocol,
                           const struct fl_column *port)
{
    out->i64[row] = 0;
    if (fl_column_null(protocol, row))
        fl_column_set_null(out, row);
    else if (!fl_protocol_has_ports(protocol->u8[row]))
        out->i64[row] = FL_SERVICE(protocol->u8[row], 0);
    else if (fl_column_null(port, row))
        fl_column_set_null(out, row);
    else
        out->i64[row] = FL_SERVICE(protocol->u8[row], port->u16[row]);
}

static void initiated(struct fl_batch *batch, const uint64_t *rows)
{
    const struct fl_column *forward = &batch->columns[FL_F_FORWARD];
    const struct fl_column *orientation = &batch->columns[FL_F_ORIENTATION];
    struct fl_column *out = &batch->columns[FL_F_INITIATED];
    FL_EACH_ROW(batch, rows, r)
    {
        bool known = !fl_column_null(forward, r) && orientation->u8[r] != FL_ORIENT_GUESS;
        out->u8[r] = known && forward->u8[r];
        if (!known)
            fl_column_set_null(out, r);
    }
}

static void end_addr(struct fl_batch *batch, uint32_t field, const uint64_t *rows)
{
    const struct fl_column *c = batch->columns, *forward = &c[FL_F_FORWARD];
    struct fl_column *out = &batch->columns[field];
    FL_EACH_ROW(batch, rows, r)
    {
        if (fl_column_null(forward, r)) {
            out->addr[r] = (struct fl_addr){0, 0};
            fl_column_set_null(out, r);
            continue;
        }
        bool is_src = forward->u8[r] == (field == FL_F_CLIENT);
        fl_column_copy_addr(out, r, &c[is_src ? FL_F_SRC_PEER : FL_F_DST_PEER]);
    }
}

static void end_port(struct fl_batch *batch, uint32_t field, const uint64_t *rows)
{
    const struct fl_column *c = batch->columns, *forward = &c[FL_F_FORWARD], *protocol = &c[FL_F_PROTOCOL];
    struct fl_column *out = &batch->columns[field];
    FL_EACH_ROW(batch, rows, r)
    {
        bool ports = fl_column_null(protocol, r) || fl_protocol_has_ports(protocol->u8[r]);
        out->u16[r] = 0;
        if (fl_column_null(forward, r) || !ports) {
            fl_column_set_null(out, r);
            continue;
        }
        const struct fl_column *port = &c[forward->u8[r] == (field == FL_F_CLIENT_PORT) ? FL_F_SRCPORT : FL_F_DSTPORT];
        if (fl_column_null(port, r))
            fl_column_set_null(out, r);
        else
            out->u16[r] = port->u16[r];
    }
}

static void service(struct fl_batch *batch, const uint64_t *rows)
{
    const struct fl_column *c = batch->columns, *forward = &c[FL_F_FORWARD];
    struct fl_column *out = &batch->columns[FL_F_SERVICE];
    FL_EACH_ROW(batch, rows, r)
    {
        out->i64[r] = 0;
        if (fl_column_null(forward, r))
            fl_column_set_null(out, r);
        else
            fl_derive_put_service(out, r, &c[FL_F_PROTOCOL], &c[forward->u8[r] ? FL_F_DSTPORT : FL_F_SRCPORT]);
    }
}

static bool source_is_lower(const struct fl_column *c, uint32_t r)
{
    const struct fl_column *src = &c[FL_F_SRC_PEER], *dst = &c[FL_F_DST_PEER];
    return fl_column_null(src, r) || fl_column_null(dst, r) || fl_addr_compare(src->addr[r], dst->addr[r]) <= 0;
}

static void pair_addr(struct fl_batch *batch, uint32_t field, const uint64_t *rows)
{
    const struct fl_column *c = batch->columns, *forward = &c[FL_F_FORWARD];
    struct fl_column *out = &batch->columns[field];
    FL_EACH_ROW(batch, rows, r)
    {
        bool src_first = fl_column_null(forward, r) ? source_is_lower(c, r) : forward->u8[r];
        fl_column_copy_addr(out, r, &c[src_first == (field == FL_F_PAIR_CLIENT) ? FL_F_SRC_PEER : FL_F_DST_PEER]);
    }
}

/* Equal ports name the service without saying who serves (NTP 123-123). */
static void pair_service(struct fl_batch *batch, const uint64_t *rows)
{
    const struct fl_column *c = batch->columns, *forward = &c[FL_F_FORWARD], *protocol = &c[FL_F_PROTOCOL];
    struct fl_column *out = &batch->columns[FL_F_PAIR_SERVICE];
    FL_EACH_ROW(batch, rows, r)
    {
        if (!fl_column_null(forward, r)) {
            fl_derive_put_service(out, r, protocol, &c[forward->u8[r] ? FL_F_DSTPORT : FL_F_SRCPORT]);
            continue;
        }
        out->i64[r] = 0;
        if (fl_column_null(protocol, r)) {
            fl_column_set_null(out, r);
            continue;
        }
        bool ports = fl_protocol_has_ports(protocol->u8[r]) && !fl_column_null(&c[FL_F_SRCPORT], r) &&
                     !fl_column_null(&c[FL_F_DSTPORT], r);
        out->i64[r] = FL_SERVICE(protocol->u8[r], ports ? c[FL_F_DSTPORT].u16[r] : 0);
    }
}

void fl_derive_oriented(struct fl_batch *batch, uint32_t field, const uint64_t *rows)
{
    switch (field) {
    case FL_F_INITIATED:
        initiated(batch, rows);
        return;
    case FL_F_CLIENT:
    case FL_F_SERVER:
        end_addr(batch, field, rows);
        return;
    case FL_F_CLIENT_PORT:
    case FL_F_SERVER_PORT:
        end_port(batch, field, rows);
        return;
    case FL_F_SERVICE:
        service(batch, rows);
        return;
    case FL_F_PAIR_CLIENT:
    case FL_F_PAIR_SERVER:
        pair_addr(batch, field, rows);
        return;
    default:
        pair_service(batch, rows);
    }
}
