/* Who opened the conversation (SEMANTICS: native, flags, reject, service, ephemeral, guess, none). */
#include "core/derive/column.h"
#include "core/derive/derive.h"

#define EPHEMERAL_PORT 32768u
#define SYN_ACK_BITS 18

struct orient_in {
    const struct fl_column *protocol, *srcport, *dstport, *flags, *action, *src, *dst;
    const struct fl_port_list *ports;
};
struct orient_out {
    struct fl_column *orientation, *initiated, *client, *server, *client_port, *server_port,
        *service, *pair_client, *pair_server, *pair_service;
};

struct ends {
    enum fl_orientation orientation;
    bool src_is_client; /* meaningless for NONE */
};

static struct ends by_ports(const struct orient_in *in, uint32_t r, unsigned protocol)
{
    struct ends none = {FL_ORIENT_NONE, true};
    if (fl_column_null(in->srcport, r) || fl_column_null(in->dstport, r) ||
        !fl_protocol_has_ports(protocol))
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
                     fl_port_listed(in->ports, protocol, in->srcport->u16[r]) &&
                     in->dstport->u16[r] >= EPHEMERAL_PORT;
        return (struct ends){FL_ORIENT_REJECT, !reply};
    }
    return by_ports(in, r, protocol);
}

static void put_addr(struct fl_column *out, uint32_t r, const struct fl_column *from)
{
    if (out == NULL)
        return;
    if (from == NULL || fl_column_null(from, r)) {
        out->addr[r] = (struct fl_addr){0, 0};
        fl_column_set_null(out, r);
    } else {
        out->addr[r] = from->addr[r];
    }
}

static void put_port(struct fl_column *out, uint32_t r, const struct fl_column *from, bool has_ports)
{
    if (out == NULL)
        return;
    if (!has_ports || from == NULL || fl_column_null(from, r)) {
        out->u16[r] = 0;
        fl_column_set_null(out, r);
    } else {
        out->u16[r] = from->u16[r];
    }
}

static void put_service(struct fl_column *out, uint32_t r, const struct orient_in *in,
                        const struct fl_column *port, bool decided)
{
    if (out == NULL)
        return;
    out->i64[r] = 0;
    if (!decided || fl_column_null(in->protocol, r)) {
        fl_column_set_null(out, r);
        return;
    }
    unsigned protocol = in->protocol->u8[r];
    if (!fl_protocol_has_ports(protocol))
        out->i64[r] = FL_SERVICE(protocol, 0);
    else if (fl_column_null(port, r))
        fl_column_set_null(out, r);
    else
        out->i64[r] = FL_SERVICE(protocol, port->u16[r]);
}

static void put_pair(const struct orient_in *in, struct orient_out *out, uint32_t r)
{
    bool null = fl_column_null(in->src, r) || fl_column_null(in->dst, r);
    bool src_low = null || fl_addr_compare(in->src->addr[r], in->dst->addr[r]) <= 0;
    put_addr(out->pair_client, r, src_low ? in->src : in->dst);
    put_addr(out->pair_server, r, src_low ? in->dst : in->src);
    if (out->pair_service == NULL)
        return;
    out->pair_service->i64[r] = 0;
    if (fl_column_null(in->protocol, r)) {
        fl_column_set_null(out->pair_service, r);
        return;
    }
    /* Equal ports name the service without saying who serves (NTP 123-123). */
    unsigned protocol = in->protocol->u8[r];
    bool equal = fl_protocol_has_ports(protocol) && !fl_column_null(in->srcport, r) &&
                 !fl_column_null(in->dstport, r);
    out->pair_service->i64[r] = FL_SERVICE(protocol, equal ? in->dstport->u16[r] : 0);
}

static void put_row(const struct orient_in *in, struct orient_out *out, uint32_t r, struct ends e)
{
    bool decided = e.orientation != FL_ORIENT_NONE;
    const struct fl_column *client = e.src_is_client ? in->src : in->dst;
    const struct fl_column *server = e.src_is_client ? in->dst : in->src;
    const struct fl_column *cport = e.src_is_client ? in->srcport : in->dstport;
    const struct fl_column *sport = e.src_is_client ? in->dstport : in->srcport;
    bool ports = decided && (fl_column_null(in->protocol, r) || fl_protocol_has_ports(in->protocol->u8[r]));
    if (out->orientation != NULL)
        out->orientation->u8[r] = (uint8_t)e.orientation;
    if (out->initiated != NULL) {
        bool known = decided && e.orientation != FL_ORIENT_GUESS;
        out->initiated->u8[r] = known && e.src_is_client;
        if (!known)
            fl_column_set_null(out->initiated, r);
    }
    put_addr(out->client, r, decided ? client : NULL);
    put_addr(out->server, r, decided ? server : NULL);
    put_port(out->client_port, r, cport, ports);
    put_port(out->server_port, r, sport, ports);
    put_service(out->service, r, in, sport, decided);
    if (decided) {
        put_addr(out->pair_client, r, client);
        put_addr(out->pair_server, r, server);
        put_service(out->pair_service, r, in, sport, true);
    } else {
        put_pair(in, out, r);
    }
}

void fl_derive_orient(const struct fl_derive *derive, struct fl_batch *batch)
{
    if (!fl_field_set_has(&derive->wanted, FL_F_ORIENTATION))
        return;
    const struct fl_column *c = batch->columns;
    struct orient_in in = {&c[FL_F_PROTOCOL], &c[FL_F_SRCPORT],  &c[FL_F_DSTPORT],  &c[FL_F_TCP_FLAGS],
                           &c[FL_F_ACTION],   &c[FL_F_SRC_PEER], &c[FL_F_DST_PEER], &derive->ports};
    const struct fl_field_set *w = &derive->wanted;
    struct orient_out out = {
        fl_column_start(batch, w, FL_F_ORIENTATION), fl_column_start(batch, w, FL_F_INITIATED),
        fl_column_start(batch, w, FL_F_CLIENT),      fl_column_start(batch, w, FL_F_SERVER),
        fl_column_start(batch, w, FL_F_CLIENT_PORT), fl_column_start(batch, w, FL_F_SERVER_PORT),
        fl_column_start(batch, w, FL_F_SERVICE),     fl_column_start(batch, w, FL_F_PAIR_CLIENT),
        fl_column_start(batch, w, FL_F_PAIR_SERVER), fl_column_start(batch, w, FL_F_PAIR_SERVICE)};
    for (uint32_t r = 0; r < batch->rows; r++)
        put_row(&in, &out, r, orient_row(&in, r));
}
