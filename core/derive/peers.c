/* The two ends of the record: packet addresses where the log has them. */
#include "core/derive/parts.h"

void fl_derive_peer(struct fl_batch *batch, uint32_t field, const uint64_t *rows)
{
    struct fl_column *c = batch->columns, *out = &c[field];
    const struct fl_column *packet = &c[field == FL_F_SRC_PEER ? FL_F_PKT_SRCADDR : FL_F_PKT_DSTADDR];
    const struct fl_column *plain = &c[field == FL_F_SRC_PEER ? FL_F_SRCADDR : FL_F_DSTADDR];
    FL_EACH_ROW(batch, rows, r)
    fl_column_copy_addr(out, r, fl_column_null(packet, r) ? plain : packet);
}

void fl_derive_from_ours(const struct fl_derive *derive, struct fl_batch *batch, const uint64_t *rows)
{
    const struct fl_column *src = &batch->columns[FL_F_SRC_PEER];
    struct fl_column *out = &batch->columns[FL_F_FROM_OURS];
    FL_EACH_ROW(batch, rows, r)
    {
        bool null = derive->networks == NULL || fl_column_null(src, r);
        out->u8[r] = !null && fl_program_in_network(derive->networks, FL_NET_OURS, src->addr[r]);
        if (null)
            fl_column_set_null(out, r);
    }
}

void fl_derive_end_service(struct fl_batch *batch, uint32_t field, const uint64_t *rows)
{
    struct fl_column *c = batch->columns, *out = &c[field];
    const struct fl_column *port = &c[field == FL_F_SRC_SERVICE ? FL_F_SRCPORT : FL_F_DSTPORT];
    FL_EACH_ROW(batch, rows, r)
    fl_derive_put_service(out, r, &c[FL_F_PROTOCOL], port);
}
