/* The two ends of the conversation: packet addresses where the log has them. */
#include "core/derive/column.h"
#include "core/derive/derive.h"

static void peer(const struct fl_derive *derive, struct fl_batch *batch, uint32_t field,
                 uint32_t packet_field, uint32_t interface_field)
{
    struct fl_column *out = fl_column_start(batch, &derive->wanted, field);
    if (out == NULL)
        return;
    const struct fl_column *packet = &batch->columns[packet_field];
    const struct fl_column *plain = &batch->columns[interface_field];
    for (uint32_t r = 0; r < batch->rows; r++) {
        if (!fl_column_null(packet, r)) {
            out->addr[r] = packet->addr[r];
        } else if (!fl_column_null(plain, r)) {
            out->addr[r] = plain->addr[r];
        } else {
            out->addr[r] = (struct fl_addr){0, 0};
            fl_column_set_null(out, r);
        }
    }
}

static void end_service(const struct fl_derive *derive, struct fl_batch *batch, uint32_t field,
                        uint32_t port_field)
{
    struct fl_column *out = fl_column_start(batch, &derive->wanted, field);
    if (out == NULL)
        return;
    const struct fl_column *protocol = &batch->columns[FL_F_PROTOCOL];
    const struct fl_column *port = &batch->columns[port_field];
    for (uint32_t r = 0; r < batch->rows; r++) {
        out->i64[r] = 0;
        if (fl_column_null(protocol, r)) {
            fl_column_set_null(out, r);
            continue;
        }
        bool ports = fl_protocol_has_ports(protocol->u8[r]);
        if (ports && fl_column_null(port, r))
            fl_column_set_null(out, r);
        else
            out->i64[r] = FL_SERVICE(protocol->u8[r], ports ? port->u16[r] : 0);
    }
}

void fl_derive_peers(const struct fl_derive *derive, struct fl_batch *batch)
{
    peer(derive, batch, FL_F_SRC_PEER, FL_F_PKT_SRCADDR, FL_F_SRCADDR);
    peer(derive, batch, FL_F_DST_PEER, FL_F_PKT_DSTADDR, FL_F_DSTADDR);
    end_service(derive, batch, FL_F_SRC_SERVICE, FL_F_SRCPORT);
    end_service(derive, batch, FL_F_DST_SERVICE, FL_F_DSTPORT);
}
