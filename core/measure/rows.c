/* rows: the fields that code reads, of every record of a group; what on_flow(flow, state) is called with. No rule names
 * this measure: it is there when a rule with group_by has an on_flow. */
#include "core/base/memory.h"
#include "core/measure/kind.h"
#include "core/measure/record_list.h"

static enum fl_status prepare(struct fl_measure *m, struct fl_error *err)
{
    (void)err;
    m->type = FL_T_NULL;
    m->state_bytes = sizeof(struct fl_record_list);
    return FL_OK;
}

static enum fl_status update(const struct fl_measure *m, void *state, const struct fl_update *u)
{
    struct fl_record_list *list = state;
    size_t begun = fl_record_list_begin(list, u->place);
    for (uint32_t i = 0; i < m->row_field_count; i++) {
        struct fl_value value;
        fl_update_value(u, m->row_fields[i], &value);
        fl_value_encode(&list->bytes, &value);
    }
    return fl_record_list_end(list, begun);
}

static enum fl_status merge(const struct fl_measure *m, void *into, const void *from)
{
    (void)m;
    return fl_record_list_merge(into, from);
}

static void dispose(const struct fl_measure *m, void *state)
{
    (void)m;
    fl_record_list_dispose(state);
}

static void save(const struct fl_measure *m, const void *state, struct fl_buf *out)
{
    (void)m;
    fl_record_list_save(state, out);
}

static bool is_row(const void *context, const uint8_t *data, size_t len)
{
    const struct fl_measure *m = context;
    for (uint32_t f = 0; f < m->row_field_count; f++) {
        struct fl_value value;
        size_t n = fl_value_decode(data, len, &value);
        if (n == 0 || (value.type != FL_T_NULL && value.type != fl_fields[m->row_fields[f]].type))
            return false;
        data += n;
        len -= n;
    }
    return len == 0;
}

static enum fl_status load(const struct fl_measure *m, void *state, const uint8_t *bytes, size_t len, size_t *used)
{
    struct fl_taking in = {bytes, len, false};
    enum fl_status status = fl_record_list_load(state, m->sources, &in, is_row, m);
    *used = len - in.left;
    return status;
}

const struct fl_measure_ops fl_measure_rows = {prepare, update, merge, NULL, dispose, save, load, NULL};

enum fl_status fl_measure_visit_rows(const struct fl_measure *m, const void *state,
                                     enum fl_status (*visit)(void *context, const struct fl_value *values),
                                     void *context)
{
    const struct fl_record_list *list = state;
    struct fl_record_row *rows = fl_record_list_sorted(list);
    struct fl_value *values = fl_alloc_zero((size_t)m->row_field_count + 1, sizeof *values);
    enum fl_status status = rows == NULL || values == NULL ? FL_E_NOMEM : FL_OK;
    for (uint64_t i = 0; i < list->count && status == FL_OK; i++) {
        size_t at = 0;
        for (uint32_t f = 0; f < m->row_field_count && status == FL_OK; f++) {
            size_t n = fl_value_decode(rows[i].data + at, rows[i].len - at, &values[f]);
            status = n > 0 ? FL_OK : FL_E_INTERNAL;
            at += n;
        }
        if (status == FL_OK)
            status = visit(context, values);
    }
    fl_free(rows);
    fl_free(values);
    return status;
}
