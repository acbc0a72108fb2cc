/* connections(): different 5-tuples. Both directions are one, so what both ends wrote is counted once. */
#include "core/base/limits.h"
#include "core/measure/kind.h"
#include "core/measure/value_set.h"

static enum fl_status prepare(struct fl_measure *m, struct fl_error *err)
{
    (void)err;
    if (m->k == 0)
        m->k = FL_DISTINCT_EXACT;
    m->type = FL_T_INT;
    m->state_bytes = sizeof(struct fl_value_set);
    return FL_OK;
}

/* An end: address and port, 65,536 for none. */
struct end {
    uint64_t hi, lo, port;
};

static bool take_end(const struct fl_update *u, uint32_t address, uint32_t port, struct end *out)
{
    const struct fl_column *c = &u->batch->columns[address];
    int64_t number;
    if (fl_column_null(c, u->row))
        return false;
    out->hi = c->addr[u->row].hi;
    out->lo = c->addr[u->row].lo;
    out->port = fl_update_int(u, port, &number) ? (uint64_t)number : 65536;
    return true;
}

static bool is_before(const struct end *a, const struct end *b)
{
    if (a->hi != b->hi)
        return a->hi < b->hi;
    return a->lo != b->lo ? a->lo < b->lo : a->port < b->port;
}

static enum fl_status update(const struct fl_measure *m, void *state, const struct fl_update *u)
{
    struct {
        struct end ends[2];
        int64_t protocol;
    } tuple;
    struct end src, dst;
    if (!take_end(u, FL_F_SRC_PEER, FL_F_SRCPORT, &src) || !take_end(u, FL_F_DST_PEER, FL_F_DSTPORT, &dst))
        return FL_OK;
    bool forward = is_before(&src, &dst);
    tuple.ends[0] = forward ? src : dst;
    tuple.ends[1] = forward ? dst : src;
    if (!fl_update_int(u, FL_F_PROTOCOL, &tuple.protocol))
        tuple.protocol = -1;
    return fl_value_set_add_bytes(state, m->k, m->hash_seed, &tuple, sizeof tuple);
}

static enum fl_status merge(const struct fl_measure *m, void *into, const void *from)
{
    return fl_value_set_merge(into, m->k, from);
}

static enum fl_status value(const struct fl_measure *m, const void *state, struct fl_arena *arena, struct fl_value *out)
{
    (void)m;
    (void)arena;
    *out = fl_value_int(FL_T_INT, fl_value_set_count(state));
    return FL_OK;
}

static void dispose(const struct fl_measure *m, void *state)
{
    (void)m;
    fl_value_set_dispose(state);
}

static void save(const struct fl_measure *m, const void *state, struct fl_buf *out)
{
    (void)m;
    fl_value_set_save(state, out);
}

static enum fl_status load(const struct fl_measure *m, void *state, const uint8_t *bytes, size_t len, size_t *used)
{
    return fl_value_set_load(state, m->k, bytes, len, used);
}

const struct fl_measure_ops fl_measure_connections = {prepare, update, merge, value, dispose, save, load, NULL};
