#include "core/measure/measure.h"

#include <string.h>

#include "core/measure/kind.h"

const struct fl_measure_info fl_measures[FL_MEASURE_COUNT] = {
#define FL_MEASURE(ID, name, args, what) {#name, args, what},
#include "core/measure/measures.def"
#undef FL_MEASURE
};

static const struct fl_measure_ops *const kinds[FL_MEASURE_COUNT] = {
#define FL_MEASURE(ID, name, args, what) &fl_measure_##name,
#include "core/measure/measures.def"
#undef FL_MEASURE
};

enum fl_measure_kind fl_measure_find(struct fl_str name)
{
    uint32_t kind = 0;
    while (kind < FL_MEASURE_COUNT && (fl_measures[kind].args == NULL || !fl_str_is(name, fl_measures[kind].name)))
        kind++;
    return (enum fl_measure_kind)kind;
}

enum fl_status fl_measure_wrong_type(const struct fl_measure *m, const char *needs, struct fl_error *err)
{
    if (m->field == FL_FIELD_NONE)
        return fl_fail(err, FL_E_TYPE, "%s needs %s", fl_measures[m->kind].name, needs);
    return fl_fail(err, FL_E_TYPE, "%s needs %s; %s is %s", fl_measures[m->kind].name, needs, m->field_name,
                   fl_type_phrase(m->field_type));
}

bool fl_measure_tells_apart(enum fl_type type)
{
    return type != FL_T_RATIO && type != FL_T_LIST;
}

bool fl_measure_is_number(enum fl_type type)
{
    return type == FL_T_U8 || type == FL_T_INT || type == FL_T_DURATION;
}

bool fl_measure_same(const struct fl_measure *a, const struct fl_measure *b)
{
    return a->kind == b->kind && a->field == b->field && a->by == b->by && a->k == b->k && a->slot_ms == b->slot_ms &&
           a->q.num == b->q.num && a->q.den == b->q.den && a->type == b->type && a->spread == b->spread &&
           a->sequence == b->sequence && a->row_fields == b->row_fields && a->state_bytes == b->state_bytes;
}

static void name_field(uint32_t field, const char **name, enum fl_type *type)
{
    if (field == FL_FIELD_NONE || *name != NULL)
        return;
    *name = fl_fields[field].name;
    *type = fl_fields[field].type;
}

bool fl_slot_int(const struct fl_value *slot, int64_t *out)
{
    bool is_int = slot->type != FL_T_NULL && slot->type < FL_T_ADDR;
    if (!is_int || slot->i > INT64_MAX || slot->i < INT64_MIN)
        return false;
    *out = (int64_t)slot->i;
    return true;
}

/* Sums, and what is computed of them. */
static bool may_be_marked(uint32_t field, enum fl_type type)
{
    return field != FL_FIELD_NONE && (fl_measure_is_number(type) || type == FL_T_RATIO || type == FL_T_BOOL);
}

enum fl_status fl_measure_prepare(struct fl_measure *m, struct fl_error *err)
{
    bool reads_groups = m->field != FL_FIELD_NONE && m->field_name != NULL;
    bool marks = reads_groups && (may_be_marked(m->field, m->field_type) || may_be_marked(m->by, m->by_type));
    name_field(m->field, &m->field_name, &m->field_type);
    name_field(m->by, &m->by_name, &m->by_type);
    enum fl_status status = kinds[m->kind]->prepare(m, err);
    m->state_bytes = (m->state_bytes + 7u) & ~7u;
    m->mark_offset = marks ? m->state_bytes : 0;
    m->state_bytes += marks ? sizeof(uint64_t) : 0;
    return status;
}

/* What is measured of values that may count twice may be too much as well. */
static uint64_t *mark_of(const struct fl_measure *m, const void *state)
{
    return (uint64_t *)((char *)state + m->mark_offset);
}

static void take_mark(const struct fl_measure *m, void *state, const struct fl_value *slots, bool pass)
{
    bool counts = m->kind != FL_M_SUM || pass;
    if (m->mark_offset > 0 && counts &&
        (slots[m->field].may_count_twice || (m->by != FL_FIELD_NONE && slots[m->by].may_count_twice)))
        *mark_of(m, state) = 1;
}

void fl_measure_fields(const struct fl_measure *m, struct fl_field_set *fields)
{
    if (m->field != FL_FIELD_NONE)
        fl_field_set_add(fields, m->field);
    if (m->by != FL_FIELD_NONE)
        fl_field_set_add(fields, m->by);
    if (m->kind == FL_M_OUTCOME) {
        static const uint32_t read[] = {FL_F_ACTION,         FL_F_VANTAGE,    FL_F_PROTOCOL,    FL_F_TCP_FLAGS,
                                        FL_F_PACKETS,        FL_F_BYTES,      FL_F_PAIR_SERVER, FL_F_SRC_PEER,
                                        FL_F_INTERFACE_TYPE, FL_F_ORIENTATION};
        for (size_t i = 0; i < sizeof read / sizeof read[0]; i++)
            fl_field_set_add(fields, read[i]);
    }
    for (uint32_t i = 0; i < m->row_field_count; i++)
        fl_field_set_add(fields, m->row_fields[i]);
    if (m->kind == FL_M_CONNECTIONS) {
        static const uint32_t read[] = {FL_F_SRC_PEER, FL_F_DST_PEER, FL_F_SRCPORT, FL_F_DSTPORT, FL_F_PROTOCOL};
        for (size_t i = 0; i < sizeof read / sizeof read[0]; i++)
            fl_field_set_add(fields, read[i]);
    }
    if (fl_measure_counts_once(m)) {
        static const uint32_t read[] = {FL_F_VANTAGE, FL_F_FROM_OURS, FL_F_FORWARD, FL_F_SRC_PEER, FL_F_DST_PEER};
        for (size_t i = 0; i < sizeof read / sizeof read[0]; i++)
            fl_field_set_add(fields, read[i]);
    }
    if (m->kind == FL_M_HOURS || m->kind == FL_M_INTERVALS)
        fl_field_set_add(fields, FL_F_START_TIME);
    if (m->kind == FL_M_VIA_ENDPOINT)
        fl_field_set_add(fields, FL_F_TRAFFIC_PATH);
}

enum fl_status fl_measure_update(const struct fl_measure *m, void *state, const struct fl_batch *batch, uint32_t row,
                                 bool pass, bool pass2, const struct fl_place *place)
{
    struct fl_update u = {.batch = batch, .row = row, .pass = pass, .pass2 = pass2, .place = place};
    return kinds[m->kind]->update(m, state, &u);
}

enum fl_status fl_measure_update_rows(const struct fl_measure *m, const struct fl_rows_update *u)
{
    if (kinds[m->kind]->update_rows != NULL)
        return kinds[m->kind]->update_rows(m, u);
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < u->count && status == FL_OK; i++)
        status =
            fl_measure_update(m, u->states[i], u->batch, u->rows[i], u->pass >> i & 1, u->pass2 >> i & 1, u->places[i]);
    return status;
}

enum fl_status fl_measure_update_part(const struct fl_measure *m, void *state, const struct fl_batch *batch,
                                      uint32_t row, bool pass, const struct fl_place *place, int64_t from_ms,
                                      int64_t to_ms)
{
    struct fl_update u = {.batch = batch,
                          .row = row,
                          .pass = pass,
                          .pass2 = true,
                          .place = place,
                          .is_part = true,
                          .from_ms = from_ms,
                          .to_ms = to_ms};
    return kinds[m->kind]->update(m, state, &u);
}

enum fl_status fl_measure_update_steps(const struct fl_measure *m, void *state, const struct fl_batch *batch,
                                       uint32_t row, uint32_t steps, const struct fl_place *place)
{
    struct fl_update u = {.batch = batch, .row = row, .steps = steps, .place = place};
    return kinds[m->kind]->update(m, state, &u);
}

enum fl_status fl_measure_update_slots(const struct fl_measure *m, void *state, const struct fl_value *slots, bool pass,
                                       bool pass2, uint32_t steps, const struct fl_place *place)
{
    struct fl_update u = {.pass = pass, .pass2 = pass2, .steps = steps, .place = place, .slots = slots};
    take_mark(m, state, slots, pass);
    return kinds[m->kind]->update(m, state, &u);
}

bool fl_measure_reads_records(enum fl_measure_kind kind)
{
    return kind == FL_M_OUTCOME || kind == FL_M_VIA_ENDPOINT || kind == FL_M_CONNECTIONS;
}

enum fl_status fl_measure_merge(const struct fl_measure *m, void *into, const void *from)
{
    if (m->mark_offset > 0)
        *mark_of(m, into) |= *mark_of(m, from);
    return kinds[m->kind]->merge(m, into, from);
}

void fl_measure_dispose(const struct fl_measure *m, void *state)
{
    if (kinds[m->kind]->dispose != NULL)
        kinds[m->kind]->dispose(m, state);
}

void fl_measure_save(const struct fl_measure *m, const void *state, struct fl_buf *out)
{
    if (kinds[m->kind]->save == NULL) {
        fl_buf_add(out, state, m->state_bytes);
        return;
    }
    kinds[m->kind]->save(m, state, out);
    if (m->mark_offset > 0)
        fl_buf_add(out, mark_of(m, state), sizeof(uint64_t));
}

enum fl_status fl_measure_load(const struct fl_measure *m, void *state, const uint8_t *bytes, size_t len, size_t *used)
{
    if (kinds[m->kind]->load != NULL) {
        enum fl_status status = kinds[m->kind]->load(m, state, bytes, len, used);
        if (status != FL_OK || m->mark_offset == 0)
            return status;
        if (len - *used < sizeof(uint64_t))
            return FL_E_DATA;
        memcpy(mark_of(m, state), bytes + *used, sizeof(uint64_t));
        *used += sizeof(uint64_t);
        return FL_OK;
    }
    if (len < m->state_bytes)
        return FL_E_DATA;
    memcpy(state, bytes, m->state_bytes);
    *used = m->state_bytes;
    return FL_OK;
}

enum fl_status fl_measure_value(const struct fl_measure *m, const void *state, struct fl_arena *arena,
                                struct fl_value *out)
{
    *out = FL_VALUE_NULL;
    enum fl_status status = kinds[m->kind]->value != NULL ? kinds[m->kind]->value(m, state, arena, out) : FL_OK;
    if (m->mark_offset > 0 && *mark_of(m, state) != 0 && out->type != FL_T_NULL)
        out->may_count_twice = true;
    return status;
}
