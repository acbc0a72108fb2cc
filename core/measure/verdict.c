/* verdict: what a pure on_flow said of the records that it let through: of the worst severity, then of the least
 * record. No rule names this measure: it is there when a rule without group_by has an on_flow. Bytes of a batch's notes
 * begin with the severity + 1; a record without a note, and 0 there, have that of the rule, which is k. */
#include <string.h>

#include "core/base/memory.h"
#include "core/measure/kind.h"

struct verdict_state {
    struct fl_place place;
    uint32_t severity; /* + 1; 0: no record yet */
    uint32_t len;
    char *bytes;
};

static enum fl_status prepare(struct fl_measure *m, struct fl_error *err)
{
    (void)err;
    m->type = FL_T_NULL;
    m->state_bytes = sizeof(struct verdict_state);
    return FL_OK;
}

static enum fl_status offer(struct verdict_state *s, uint32_t severity, const struct fl_place *place, const char *bytes,
                            uint32_t len)
{
    if (severity < s->severity || (severity == s->severity && !fl_place_before(*place, s->place)))
        return FL_OK;
    char *copy = len > 0 ? fl_alloc(len) : NULL;
    if (len > 0 && copy == NULL)
        return FL_E_NOMEM;
    if (len > 0)
        memcpy(copy, bytes, len);
    fl_free(s->bytes);
    *s = (struct verdict_state){*place, severity, len, copy};
    return FL_OK;
}

static uint32_t severity_of(const struct fl_measure *m, const char *bytes, uint32_t len)
{
    return len > 0 && bytes[0] != 0 ? (uint8_t)bytes[0] : m->k;
}

static enum fl_status update(const struct fl_measure *m, void *state, const struct fl_update *u)
{
    const struct fl_batch *batch = u->batch;
    uint32_t low = 0, high = batch->note_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (batch->notes[middle].row < u->row)
            low = middle + 1;
        else
            high = middle;
    }
    bool noted = low < batch->note_count && batch->notes[low].row == u->row;
    const char *bytes = noted ? batch->notes[low].bytes : NULL;
    uint32_t len = noted ? batch->notes[low].len : 0;
    return offer(state, severity_of(m, bytes, len), u->place, bytes, len);
}

static enum fl_status merge(const struct fl_measure *m, void *into, const void *from)
{
    (void)m;
    const struct verdict_state *b = from;
    return b->severity == 0 ? FL_OK : offer(into, b->severity, &b->place, b->bytes, b->len);
}

static void dispose(const struct fl_measure *m, void *state)
{
    (void)m;
    fl_free(((struct verdict_state *)state)->bytes);
}

struct saved_verdict {
    struct fl_place place;
    uint32_t severity, len;
};

static void save(const struct fl_measure *m, const void *state, struct fl_buf *out)
{
    (void)m;
    const struct verdict_state *s = state;
    struct saved_verdict head = {s->place, s->severity, s->len};
    fl_buf_add(out, &head, sizeof head);
    if (s->len > 0)
        fl_buf_add(out, s->bytes, s->len);
}

static enum fl_status load(const struct fl_measure *m, void *state, const uint8_t *bytes, size_t len, size_t *used)
{
    struct saved_verdict head;
    if (len < sizeof head)
        return FL_E_DATA;
    memcpy(&head, bytes, sizeof head);
    *used = sizeof head + head.len;
    if (head.severity == 0)
        return head.len == 0 ? FL_OK : FL_E_DATA;
    if (head.len > len - sizeof head || !fl_place_renumber(m->sources, &head.place.where))
        return FL_E_DATA;
    return offer(state, head.severity, &head.place, (const char *)bytes + sizeof head, head.len);
}

const struct fl_measure_ops fl_measure_verdict = {prepare, update, merge, NULL, dispose, save, load, NULL};

struct fl_str fl_measure_noted(const void *state)
{
    const struct verdict_state *s = state;
    return (struct fl_str){s->bytes, s->len};
}
