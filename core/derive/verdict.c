/* accepted, rejected, and what kind of packet was rejected. */
#include "core/derive/parts.h"

void fl_derive_action_is(struct fl_batch *batch, uint32_t field, const uint64_t *rows)
{
    enum fl_action action = field == FL_F_ACCEPTED ? FL_ACTION_ACCEPT : FL_ACTION_REJECT;
    struct fl_column *out = &batch->columns[field];
    const struct fl_column *in = &batch->columns[FL_F_ACTION];
    FL_EACH_ROW(batch, rows, r)
    {
        bool null = fl_column_null(in, r);
        out->u8[r] = !null && in->u8[r] == action;
        if (null)
            fl_column_set_null(out, r);
    }
}

void fl_derive_reject_kind(struct fl_batch *batch, const uint64_t *rows)
{
    struct fl_column *out = &batch->columns[FL_F_REJECT_KIND];
    const struct fl_column *action = &batch->columns[FL_F_ACTION];
    const struct fl_column *initiated = &batch->columns[FL_F_INITIATED];
    const struct fl_column *flags = &batch->columns[FL_F_TCP_FLAGS];
    const struct fl_column *protocol = &batch->columns[FL_F_PROTOCOL];
    FL_EACH_ROW(batch, rows, r)
    {
        out->u8[r] = 0;
        if (fl_column_null(action, r) || action->u8[r] != FL_ACTION_REJECT) {
            fl_column_set_null(out, r);
            continue;
        }
        bool tcp = !fl_column_null(protocol, r) && protocol->u8[r] == 6;
        bool flags_known = tcp && !fl_column_null(flags, r);
        bool oriented = !fl_column_null(initiated, r);
        if (oriented && !initiated->u8[r])
            out->u8[r] = FL_REJECT_REPLY;
        else if (flags_known)
            out->u8[r] = (flags->i64[r] & 18) == 2 ? FL_REJECT_ATTEMPT : FL_REJECT_LATE;
        else if (oriented)
            out->u8[r] = FL_REJECT_ATTEMPT;
        else
            fl_column_set_null(out, r);
    }
}
