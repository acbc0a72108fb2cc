/* first(field) and last(field): the value of the first (last) record in record order, null if it is null there. */
#include <string.h>

#include "core/base/memory.h"
#include "core/measure/kind.h"

struct order_state {
    struct fl_place place;
    char *bytes; /* the value, encoded */
    uint32_t len;
    uint32_t any;
};

static enum fl_status prepare(struct fl_measure *m, struct fl_error *err)
{
    if (m->field == FL_FIELD_NONE || m->field_type == FL_T_LIST)
        return fl_measure_wrong_type(m, "a field that is no list", err);
    m->type = m->field_type;
    m->state_bytes = sizeof(struct order_state);
    return FL_OK;
}

/* Above 0: the record at this place is to be kept; 0: it stands where the one that is kept does. */
static int claim(const struct fl_measure *m, const struct order_state *s, struct fl_place place)
{
    if (!s->any)
        return 1;
    int before = fl_place_before(place, s->place) - fl_place_before(s->place, place);
    return m->kind == FL_M_FIRST ? before : -before;
}

/* Groups of two rules may have one place: their values decide then. */
static bool wins_tie(const struct fl_measure *m, const struct order_state *s, const char *bytes, size_t len)
{
    int c = memcmp(bytes, s->bytes, len < s->len ? len : s->len);
    if (c == 0)
        c = (len > s->len) - (len < s->len);
    return m->kind == FL_M_FIRST ? c < 0 : c > 0;
}

static enum fl_status keep(struct order_state *s, struct fl_place place, const char *bytes, size_t len)
{
    char *copy = s->len >= len && s->bytes != NULL ? s->bytes : fl_realloc(s->bytes, len, 1);
    if (copy == NULL)
        return FL_E_NOMEM;
    memcpy(copy, bytes, len);
    s->bytes = copy;
    s->len = (uint32_t)len;
    s->place = place;
    s->any = 1;
    return FL_OK;
}

static enum fl_status update(const struct fl_measure *m, void *state, const struct fl_update *u)
{
    int claims = claim(m, state, *u->place);
    if (claims < 0)
        return FL_OK;
    struct fl_value value;
    fl_update_value(u, m->field, &value);
    struct fl_buf bytes;
    fl_buf_init(&bytes);
    fl_value_encode(&bytes, &value);
    enum fl_status status = bytes.failed ? FL_E_NOMEM : FL_OK;
    if (status == FL_OK && (claims > 0 || wins_tie(m, state, bytes.data, bytes.len)))
        status = keep(state, *u->place, bytes.data, bytes.len);
    fl_buf_dispose(&bytes);
    return status;
}

static enum fl_status merge(const struct fl_measure *m, void *into, const void *from)
{
    const struct order_state *b = from;
    int claims = b->any ? claim(m, into, b->place) : -1;
    if (claims < 0 || (claims == 0 && !wins_tie(m, into, b->bytes, b->len)))
        return FL_OK;
    return keep(into, b->place, b->bytes, b->len);
}

static enum fl_status value(const struct fl_measure *m, const void *state, struct fl_arena *arena, struct fl_value *out)
{
    (void)m;
    const struct order_state *s = state;
    if (!s->any)
        return FL_OK;
    char *copy = fl_arena_strndup(arena, s->bytes, s->len);
    if (copy == NULL)
        return FL_E_NOMEM;
    return fl_value_decode((const uint8_t *)copy, s->len, out) > 0 ? FL_OK : FL_E_INTERNAL;
}

static void dispose(const struct fl_measure *m, void *state)
{
    (void)m;
    fl_free(((struct order_state *)state)->bytes);
}

struct saved_order {
    struct fl_place place;
    uint32_t any, len;
};

static void save(const struct fl_measure *m, const void *state, struct fl_buf *out)
{
    (void)m;
    const struct order_state *s = state;
    struct saved_order head = {s->place, s->any, s->len};
    fl_buf_add(out, &head, sizeof head);
    fl_buf_add(out, s->bytes, s->len);
}

static enum fl_status load(const struct fl_measure *m, void *state, const uint8_t *bytes, size_t len, size_t *used)
{
    struct saved_order head;
    struct fl_value checked;
    if (len < sizeof head)
        return FL_E_DATA;
    memcpy(&head, bytes, sizeof head);
    bytes += sizeof head;
    len -= sizeof head;
    *used = sizeof head + head.len;
    if (head.any == 0)
        return head.len == 0 ? FL_OK : FL_E_DATA;
    if (head.len > len || fl_value_decode(bytes, head.len, &checked) != head.len ||
        (checked.type != m->type && checked.type != FL_T_NULL) || !fl_place_renumber(m->sources, &head.place.where))
        return FL_E_DATA;
    return keep(state, head.place, (const char *)bytes, head.len);
}

const struct fl_measure_ops fl_measure_first = {prepare, update, merge, value, dispose, save, load, NULL};
const struct fl_measure_ops fl_measure_last = {prepare, update, merge, value, dispose, save, load, NULL};
