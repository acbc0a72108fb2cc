/* longest_run(port field), and distinct() of ports. */
#include "core/base/limits.h"
#include "core/measure/kind.h"
#include "core/measure/port_set.h"
#include "core/measure/value_set.h"

static enum fl_status run_prepare(struct fl_measure *m, struct fl_error *err)
{
    if (m->field == FL_FIELD_NONE || m->field_type != FL_T_PORT)
        return fl_measure_wrong_type(m, "a port field", err);
    m->type = FL_T_INT;
    m->state_bytes = sizeof(struct fl_port_set);
    return FL_OK;
}

static enum fl_status ports_update(const struct fl_measure *m, void *state, const struct fl_update *u)
{
    int64_t port;
    return !fl_update_int(u, m->field, &port) || fl_port_set_add(state, (uint16_t)port) ? FL_OK : FL_E_NOMEM;
}

static void fetch_ports(const struct fl_port_set *set, uint16_t port)
{
    if (set->capacity == FL_PORTS_BITMAP)
        __builtin_prefetch(&set->bitmap[port >> 6], 1);
    else if (set->capacity != 0)
        __builtin_prefetch(set->list, 1);
}

static enum fl_status ports_update_rows(const struct fl_measure *m, const struct fl_rows_update *u)
{
    const struct fl_column *c = &u->batch->columns[m->field];
    if (!c->present)
        return FL_OK;
    for (uint32_t i = 0; i < u->count; i++)
        fetch_ports(u->states[i], c->u16[u->rows[i]]);
    for (uint32_t i = 0; i < u->count; i++)
        if (!fl_column_null(c, u->rows[i]) && !fl_port_set_add(u->states[i], c->u16[u->rows[i]]))
            return FL_E_NOMEM;
    return FL_OK;
}

static enum fl_status ports_merge(const struct fl_measure *m, void *into, const void *from)
{
    (void)m;
    return fl_port_set_merge(into, from) ? FL_OK : FL_E_NOMEM;
}

static enum fl_status run_value(const struct fl_measure *m, const void *state, struct fl_arena *arena,
                                struct fl_value *out)
{
    (void)m;
    (void)arena;
    *out = fl_value_int(FL_T_INT, fl_port_set_longest_run(state));
    return FL_OK;
}

static void ports_dispose(const struct fl_measure *m, void *state)
{
    (void)m;
    fl_port_set_dispose(state);
}

static void ports_save(const struct fl_measure *m, const void *state, struct fl_buf *out)
{
    (void)m;
    fl_port_set_save(state, out);
}

static enum fl_status ports_load(const struct fl_measure *m, void *state, const uint8_t *bytes, size_t len,
                                 size_t *used)
{
    (void)m;
    bool no_memory;
    *used = fl_port_set_load(state, bytes, len, &no_memory);
    return *used > 0 ? FL_OK : no_memory ? FL_E_NOMEM : FL_E_DATA;
}

const struct fl_measure_ops fl_measure_longest_run = {run_prepare,   ports_update, ports_merge, run_value,
                                                      ports_dispose, ports_save,   ports_load,  ports_update_rows};

/* distinct: of ports, or of other values. */
union distinct_state {
    struct fl_port_set ports;
    struct fl_value_set values;
};

static enum fl_status distinct_prepare(struct fl_measure *m, struct fl_error *err)
{
    if (m->field == FL_FIELD_NONE || !fl_measure_tells_apart(m->field_type))
        return fl_measure_wrong_type(m, "a field that is no quotient or list", err);
    if (m->k == 0)
        m->k = FL_DISTINCT_EXACT;
    m->type = FL_T_INT;
    m->state_bytes = sizeof(union distinct_state);
    return FL_OK;
}

static enum fl_status distinct_update(const struct fl_measure *m, void *state, const struct fl_update *u)
{
    union distinct_state *s = state;
    if (m->field_type != FL_T_PORT)
        return u->slots != NULL ? fl_value_set_add_value(&s->values, m->k, m->hash_seed, &u->slots[m->field])
                                : fl_value_set_add(&s->values, m->k, m->hash_seed, u->batch, m->field, u->row);
    return ports_update(m, &s->ports, u);
}

static enum fl_status distinct_update_rows(const struct fl_measure *m, const struct fl_rows_update *u)
{
    uint64_t hashes[FL_UPDATE_ROWS_MAX];
    enum fl_status status = FL_OK;
    if (m->field_type == FL_T_PORT)
        return ports_update_rows(m, u);
    if (!u->batch->columns[m->field].present)
        return FL_OK;
    for (uint32_t i = 0; i < u->count; i++) {
        hashes[i] = fl_value_set_hash(m->hash_seed, u->batch, m->field, u->rows[i]);
        fl_value_set_fetch(&((const union distinct_state *)u->states[i])->values, hashes[i]);
    }
    for (uint32_t i = 0; i < u->count && status == FL_OK; i++)
        if (hashes[i] != 0)
            status = fl_value_set_add_hash(&((union distinct_state *)u->states[i])->values, m->k, hashes[i]);
    return status;
}

static enum fl_status distinct_merge(const struct fl_measure *m, void *into, const void *from)
{
    union distinct_state *a = into;
    const union distinct_state *b = from;
    if (m->field_type != FL_T_PORT)
        return fl_value_set_merge(&a->values, m->k, &b->values);
    return ports_merge(m, &a->ports, &b->ports);
}

static enum fl_status distinct_value(const struct fl_measure *m, const void *state, struct fl_arena *arena,
                                     struct fl_value *out)
{
    (void)arena;
    const union distinct_state *s = state;
    bool ports = m->field_type == FL_T_PORT;
    *out = fl_value_int(FL_T_INT, ports ? s->ports.count : fl_value_set_count(&s->values));
    return FL_OK;
}

static void distinct_dispose(const struct fl_measure *m, void *state)
{
    union distinct_state *s = state;
    if (m->field_type == FL_T_PORT)
        fl_port_set_dispose(&s->ports);
    else
        fl_value_set_dispose(&s->values);
}

static void distinct_save(const struct fl_measure *m, const void *state, struct fl_buf *out)
{
    const union distinct_state *s = state;
    if (m->field_type == FL_T_PORT)
        fl_port_set_save(&s->ports, out);
    else
        fl_value_set_save(&s->values, out);
}

static enum fl_status distinct_load(const struct fl_measure *m, void *state, const uint8_t *bytes, size_t len,
                                    size_t *used)
{
    union distinct_state *s = state;
    if (m->field_type != FL_T_PORT)
        return fl_value_set_load(&s->values, m->k, bytes, len, used);
    return ports_load(m, &s->ports, bytes, len, used);
}

const struct fl_measure_ops fl_measure_distinct = {distinct_prepare, distinct_update,     distinct_merge,
                                                   distinct_value,   distinct_dispose,    distinct_save,
                                                   distinct_load,    distinct_update_rows};
