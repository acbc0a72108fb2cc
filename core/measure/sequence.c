/* sequence{ "step", { "step", times = n }, within = "5m" }: how often records met the steps one after the other.
 *
 * A list: the place of each record that meets a step, and which it meets. The steps, each repeated `times`, are units
 * in a row. For every number of units met so far the latest possible beginning is kept, so that `within` is judged by
 * the shortest stretch that completes a sequence. A record meets at most one unit; a completed sequence begins anew, so
 * each record counts in one sequence at most.
 */
#include <string.h>

#include "core/base/memory.h"
#include "core/measure/kind.h"
#include "core/measure/record_list.h"

#define NOT_MET INT64_MIN

struct sequence_state {
    struct fl_record_list list;
    uint64_t any; /* record, whether it meets a step or not */
};

static enum fl_status prepare(struct fl_measure *m, struct fl_error *err)
{
    if (m->sequence == NULL)
        return fl_fail(err, FL_E_TYPE, "sequence needs steps: sequence{ \"rejected\", \"accepted\", within = \"5m\" }");
    m->type = FL_T_INT;
    m->state_bytes = sizeof(struct sequence_state);
    return FL_OK;
}

static enum fl_status update(const struct fl_measure *m, void *state, const struct fl_update *u)
{
    struct sequence_state *s = state;
    s->any = 1;
    if (u->steps == 0 || (m->sequence->within_ms > 0 && u->place->start_ms == INT64_MAX))
        return FL_OK;
    size_t begun = fl_record_list_begin(&s->list, u->place);
    fl_buf_add_char(&s->list.bytes, (char)u->steps);
    return fl_record_list_end(&s->list, begun);
}

static enum fl_status merge(const struct fl_measure *m, void *into, const void *from)
{
    (void)m;
    const struct sequence_state *b = from;
    struct sequence_state *a = into;
    a->any |= b->any;
    return fl_record_list_merge(&a->list, &b->list);
}

/* begun[n]: the latest beginning of n units that are met, which is never before that of n + 1. */
static bool completes(const struct fl_sequence *q, int64_t *begun, uint32_t units, int64_t at_ms, uint8_t met)
{
    uint32_t end = units;
    begun[0] = at_ms;
    for (uint32_t s = q->step_count; s-- > 0;) { /* from the last step on, so that a record meets one unit only */
        uint32_t times = q->steps[s].times;
        if (met >> s & 1)
            memmove(&begun[end - times + 1], &begun[end - times], times * sizeof *begun);
        end -= times;
    }
    return begun[units] != NOT_MET && (q->within_ms == 0 || at_ms - begun[units] <= q->within_ms);
}

static uint64_t count_completed(const struct fl_sequence *q, const struct fl_record_row *rows, uint64_t count,
                                int64_t *begun, uint32_t units)
{
    uint64_t completed = 0;
    bool anew = true;
    for (uint64_t i = 0; i < count; i++) {
        for (uint32_t n = 0; anew && n <= units; n++)
            begun[n] = NOT_MET;
        anew = completes(q, begun, units, rows[i].place.start_ms, rows[i].data[0]);
        completed += anew;
    }
    return completed;
}

static enum fl_status value(const struct fl_measure *m, const void *state, struct fl_arena *arena, struct fl_value *out)
{
    (void)arena;
    const struct sequence_state *s = state;
    if (!s->any)
        return FL_OK;
    uint32_t units = 0;
    for (uint32_t i = 0; i < m->sequence->step_count; i++)
        units += m->sequence->steps[i].times;
    struct fl_record_row *rows = fl_record_list_sorted(&s->list);
    int64_t *begun = fl_alloc(((size_t)units + 1) * sizeof *begun);
    bool ok = rows != NULL && begun != NULL;
    if (ok)
        *out = fl_value_int(FL_T_INT, count_completed(m->sequence, rows, s->list.count, begun, units));
    fl_free(rows);
    fl_free(begun);
    return ok ? FL_OK : FL_E_NOMEM;
}

static void dispose(const struct fl_measure *m, void *state)
{
    (void)m;
    fl_record_list_dispose(&((struct sequence_state *)state)->list);
}

static void save(const struct fl_measure *m, const void *state, struct fl_buf *out)
{
    (void)m;
    const struct sequence_state *s = state;
    fl_varint_add(out, s->any);
    fl_record_list_save(&s->list, out);
}

static bool is_row(const void *context, const uint8_t *data, size_t len)
{
    (void)context;
    (void)data;
    return len == 1;
}

static enum fl_status load(const struct fl_measure *m, void *state, const uint8_t *bytes, size_t len, size_t *used)
{
    struct sequence_state *s = state;
    struct fl_taking in = {bytes, len, false};
    s->any = fl_take(&in) != 0;
    enum fl_status status = fl_record_list_load(&s->list, m->sources, &in, is_row, NULL);
    *used = len - in.left;
    return status;
}

const struct fl_measure_ops fl_measure_sequence = {prepare, update, merge, value, dispose, save, load, NULL};
