/* accepted, rejected, and what kind of packet was rejected. */
#include "core/derive/column.h"
#include "core/derive/derive.h"

static void action_is(struct fl_batch *batch, struct fl_column *out, enum fl_action action)
{
    if (out == NULL)
        return;
    const struct fl_column *in = &batch->columns[FL_F_ACTION];
    for (uint32_t r = 0; r < batch->rows; r++) {
        bool null = fl_column_null(in, r);
        out->u8[r] = !null && in->u8[r] == action;
        if (null)
            fl_column_set_null(out, r);
    }
}

static void reject_kind(struct fl_batch *batch, struct fl_column *out)
{
    if (out == NULL)
        return;
    const struct fl_column *action = &batch->columns[FL_F_ACTION];
    const struct fl_column *initiated = &batch->columns[FL_F_INITIATED];
    const struct fl_column *flags = &batch->columns[FL_F_TCP_FLAGS];
    const struct fl_column *protocol = &batch->columns[FL_F_PROTOCOL];
    for (uint32_t r = 0; r < batch->rows; r++) {
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

void fl_derive_verdict(const struct fl_derive *derive, struct fl_batch *batch)
{
    action_is(batch, fl_column_start(batch, &derive->wanted, FL_F_ACCEPTED), FL_ACTION_ACCEPT);
    action_is(batch, fl_column_start(batch, &derive->wanted, FL_F_REJECTED), FL_ACTION_REJECT);
    reject_kind(batch, fl_column_start(batch, &derive->wanted, FL_F_REJECT_KIND));
}
