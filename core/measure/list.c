/* set(field, k): the k smallest values. top(field, k, by): exact weights of every value. */
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/measure/kind.h"

#define SET_DEFAULT 100u
#define TOP_DEFAULT 10u

#define FEW_BYTES   20u /* addresses, numbers and short text lie in the member itself */
#define FEW_MEMBERS 8u  /* so many are looked through one by one */

/* Encoded values with their weights; `set` keeps them sorted by value, `top` hashed when they are many. */
struct member {
    union {
        char *many;
        char few[FEW_BYTES];
    };
    uint32_t len;
    uint32_t hash;
    uint64_t weight_low;
    int64_t weight_high;
};

struct list_state {
    struct member *members;
    uint32_t count, capacity;
    uint32_t *slots; /* top: index + 1 */
    uint32_t slot_mask;
    uint32_t more; /* set: values beyond the k smallest were seen */
};

static enum fl_status prepare(struct fl_measure *m, struct fl_error *err)
{
    if (m->field == FL_FIELD_NONE)
        return fl_measure_wrong_type(m, "a field", err);
    if (m->k == 0)
        m->k = m->kind == FL_M_SET ? SET_DEFAULT : TOP_DEFAULT;
    if (m->k > FL_SET_ITEMS_MAX)
        return fl_fail(err, FL_E_LIMIT, "%s keeps at most %u values", fl_measures[m->kind].name, FL_SET_ITEMS_MAX);
    if (m->by != FL_FIELD_NONE && !fl_measure_is_number(m->by_type))
        return fl_fail(err, FL_E_TYPE, "top weighs by a number; %s is %s", m->by_name, fl_type_phrase(m->by_type));
    m->type = FL_T_LIST;
    m->state_bytes = sizeof(struct list_state);
    return FL_OK;
}

static const char *bytes_of(const struct member *m)
{
    return m->len <= FEW_BYTES ? m->few : m->many;
}

static void dispose_member(struct member *m)
{
    if (m->len > FEW_BYTES)
        fl_free(m->many);
}

static void dispose(const struct fl_measure *m, void *state)
{
    (void)m;
    struct list_state *s = state;
    for (uint32_t i = 0; i < s->count; i++)
        dispose_member(&s->members[i]);
    fl_free(s->members);
    fl_free(s->slots);
    *s = (struct list_state){0};
}

static __int128 weight_of(const struct member *m)
{
    return (__int128)((unsigned __int128)m->weight_high << 64 | m->weight_low);
}

static void add_weight(struct member *m, __int128 weight)
{
    __int128 sum = weight_of(m) + weight;
    m->weight_low = (uint64_t)sum;
    m->weight_high = (int64_t)(sum >> 64);
}

static struct fl_value decoded(const char *bytes, uint32_t len)
{
    struct fl_value value = FL_VALUE_NULL;
    fl_value_decode((const uint8_t *)bytes, len, &value);
    return value;
}

static bool make_member(struct member *m, const char *bytes, uint32_t len, uint32_t hash)
{
    *m = (struct member){.len = len, .hash = hash};
    char *copy = len <= FEW_BYTES ? m->few : fl_alloc(len);
    if (copy == NULL)
        return false;
    memcpy(copy, bytes, len);
    if (len > FEW_BYTES)
        m->many = copy;
    return true;
}

/* Most groups have a member or two: they grow from one. */
static bool have_room(struct list_state *s)
{
    if (s->count < s->capacity)
        return true;
    if (s->capacity > UINT32_MAX / 2)
        return false;
    uint32_t capacity = s->capacity == 0 ? 1 : s->capacity * 2;
    struct member *members = fl_realloc(s->members, capacity, sizeof *members);
    if (members == NULL)
        return false;
    s->members = members;
    s->capacity = capacity;
    return true;
}

static bool insert_at(struct list_state *s, uint32_t at, const char *bytes, uint32_t len, uint32_t hash)
{
    struct member added;
    if (!have_room(s) || !make_member(&added, bytes, len, hash))
        return false;
    memmove(s->members + at + 1, s->members + at, (s->count - at) * sizeof *s->members);
    s->members[at] = added;
    s->count++;
    return true;
}

static enum fl_status set_add(const struct fl_measure *m, struct list_state *s, const char *bytes, uint32_t len)
{
    struct fl_value value = decoded(bytes, len);
    uint32_t low = 0, high = s->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        struct fl_value other = decoded(bytes_of(&s->members[middle]), s->members[middle].len);
        int c = fl_value_compare(&other, &value);
        if (c == 0)
            return FL_OK;
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == m->k) {
        s->more = 1;
        return FL_OK;
    }
    if (!insert_at(s, low, bytes, len, 0))
        return FL_E_NOMEM;
    if (s->count > m->k) {
        dispose_member(&s->members[--s->count]);
        s->more = 1;
    }
    return FL_OK;
}

static bool rehash(struct list_state *s)
{
    uint32_t slots = s->slots == NULL ? 16 : (s->slot_mask + 1) * 2;
    uint32_t *fresh = fl_alloc_zero(slots, sizeof *fresh);
    if (fresh == NULL)
        return false;
    fl_free(s->slots);
    s->slots = fresh;
    s->slot_mask = slots - 1;
    for (uint32_t i = 0; i < s->count; i++) {
        uint32_t at = s->members[i].hash & s->slot_mask;
        while (fresh[at] != 0)
            at = (at + 1) & s->slot_mask;
        fresh[at] = i + 1;
    }
    return true;
}

static bool is_member(const struct member *m, const char *bytes, uint32_t len, uint32_t hash)
{
    return m->hash == hash && m->len == len && memcmp(bytes_of(m), bytes, len) == 0;
}

/* Its index, or UINT32_MAX; *slot: the free one where it belongs, when there are slots. */
static uint32_t find_member(const struct list_state *s, const char *bytes, uint32_t len, uint32_t hash, uint32_t *slot)
{
    if (s->slots == NULL) {
        for (uint32_t i = 0; i < s->count; i++)
            if (is_member(&s->members[i], bytes, len, hash))
                return i;
        return UINT32_MAX;
    }
    uint32_t at = hash & s->slot_mask;
    for (; s->slots[at] != 0; at = (at + 1) & s->slot_mask)
        if (is_member(&s->members[s->slots[at] - 1], bytes, len, hash))
            return s->slots[at] - 1;
    *slot = at;
    return UINT32_MAX;
}

static uint32_t hash_of(const struct fl_measure *m, const char *bytes, uint32_t len)
{
    return (uint32_t)fl_hash64(bytes, len, m->hash_seed);
}

static enum fl_status top_add_hashed(struct list_state *s, const char *bytes, uint32_t len, uint32_t hash,
                                     __int128 weight)
{
    uint32_t slot = 0;
    if (s->count >= FEW_MEMBERS && (s->slots == NULL || (s->count + 1) * 4ull > (s->slot_mask + 1ull) * 3) &&
        !rehash(s))
        return FL_E_NOMEM;
    uint32_t at = find_member(s, bytes, len, hash, &slot);
    if (at == UINT32_MAX) {
        at = s->count;
        if (!insert_at(s, at, bytes, len, hash))
            return FL_E_NOMEM;
        if (s->slots != NULL)
            s->slots[slot] = at + 1;
    }
    add_weight(&s->members[at], weight);
    return FL_OK;
}

static enum fl_status top_add(const struct fl_measure *m, struct list_state *s, const char *bytes, uint32_t len,
                              __int128 weight)
{
    return top_add_hashed(s, bytes, len, hash_of(m, bytes, len), weight);
}

/* Short values are encoded without asking for memory. */
static void begin_encoding(struct fl_buf *bytes, char *room, size_t room_bytes, const struct fl_value *value)
{
    fl_buf_init(bytes);
    if (value->type <= FL_T_ADDR || (value->type == FL_T_STR && value->str.len < room_bytes / 2))
        *bytes = (struct fl_buf){.data = room, .capacity = room_bytes};
}

static enum fl_status update(const struct fl_measure *m, void *state, const struct fl_update *u)
{
    struct fl_value value;
    fl_update_value(u, m->field, &value);
    if (value.type == FL_T_NULL)
        return FL_OK;
    int64_t weight = 1;
    if (m->kind == FL_M_TOP && m->by != FL_FIELD_NONE && !fl_update_int(u, m->by, &weight))
        return FL_OK;
    struct fl_buf bytes;
    char room[64];
    begin_encoding(&bytes, room, sizeof room, &value);
    fl_value_encode(&bytes, &value);
    enum fl_status status = FL_E_NOMEM;
    if (!bytes.failed)
        status = m->kind == FL_M_SET ? set_add(m, state, bytes.data, (uint32_t)bytes.len)
                                     : top_add(m, state, bytes.data, (uint32_t)bytes.len, weight);
    if (bytes.data != room)
        fl_buf_dispose(&bytes);
    return status;
}

/* Values that lie in the member itself, of many rows. */
struct few_values {
    char bytes[FL_UPDATE_ROWS_MAX][64];
    uint32_t lens[FL_UPDATE_ROWS_MAX], hashes[FL_UPDATE_ROWS_MAX]; /* len 0: null */
    int64_t weights[FL_UPDATE_ROWS_MAX];
};

static void take_value(const struct fl_measure *m, const struct fl_rows_update *u, uint32_t i, struct few_values *out)
{
    struct fl_update one = {.batch = u->batch, .row = u->rows[i]};
    struct fl_buf bytes = {.data = out->bytes[i], .capacity = sizeof out->bytes[i]};
    struct fl_value value;
    out->weights[i] = 1;
    out->lens[i] = 0;
    out->hashes[i] = 0;
    fl_update_value(&one, m->field, &value);
    if (value.type == FL_T_NULL || (m->by != FL_FIELD_NONE && !fl_update_int(&one, m->by, &out->weights[i])))
        return;
    fl_value_encode(&bytes, &value);
    out->lens[i] = (uint32_t)bytes.len;
    out->hashes[i] = hash_of(m, bytes.data, out->lens[i]);
}

static enum fl_status top_update_rows(const struct fl_measure *m, const struct fl_rows_update *u)
{
    struct few_values values;
    enum fl_status status = FL_OK;
    if (m->field_type == FL_T_STR) {
        for (uint32_t i = 0; i < u->count && status == FL_OK; i++) {
            struct fl_update one = {.batch = u->batch, .row = u->rows[i]};
            status = update(m, u->states[i], &one);
        }
        return status;
    }
    for (uint32_t i = 0; i < u->count; i++) {
        const struct list_state *s = u->states[i];
        take_value(m, u, i, &values);
        if (s->slots != NULL)
            __builtin_prefetch(&s->slots[values.hashes[i] & s->slot_mask]);
        else
            __builtin_prefetch(s->members, 1);
    }
    for (uint32_t i = 0; i < u->count; i++) {
        const struct list_state *s = u->states[i];
        uint32_t member = s->slots == NULL || values.lens[i] == 0 ? 0 : s->slots[values.hashes[i] & s->slot_mask];
        if (member != 0)
            __builtin_prefetch(&s->members[member - 1], 1);
    }
    for (uint32_t i = 0; i < u->count && status == FL_OK; i++)
        if (values.lens[i] != 0)
            status = top_add_hashed(u->states[i], values.bytes[i], values.lens[i], values.hashes[i], values.weights[i]);
    return status;
}

static enum fl_status merge(const struct fl_measure *m, void *into, const void *from)
{
    const struct list_state *b = from;
    struct list_state *a = into;
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < b->count && status == FL_OK; i++)
        status = m->kind == FL_M_SET
                     ? set_add(m, a, bytes_of(&b->members[i]), b->members[i].len)
                     : top_add(m, a, bytes_of(&b->members[i]), b->members[i].len, weight_of(&b->members[i]));
    a->more |= b->more;
    return status;
}

static int heavier_first(const void *left, const void *right)
{
    const struct member *a = left, *b = right;
    __int128 x = weight_of(a), y = weight_of(b);
    if (x != y)
        return x > y ? -1 : 1;
    struct fl_value u = decoded(bytes_of(a), a->len), v = decoded(bytes_of(b), b->len);
    return fl_value_compare(&u, &v);
}

static enum fl_status value(const struct fl_measure *m, const void *state, struct fl_arena *arena, struct fl_value *out)
{
    const struct list_state *s = state;
    bool top = m->kind == FL_M_TOP;
    if (s->count == 0)
        return FL_OK;
    struct member *sorted = fl_alloc(s->count * sizeof *sorted);
    uint32_t shown = s->count < m->k ? s->count : m->k;
    struct fl_value *items = fl_arena_alloc(arena, (size_t)shown * 2 * sizeof *items);
    if (sorted == NULL || items == NULL) {
        fl_free(sorted);
        return FL_E_NOMEM;
    }
    memcpy(sorted, s->members, s->count * sizeof *sorted);
    if (top)
        qsort(sorted, s->count, sizeof *sorted, heavier_first);
    for (uint32_t i = 0; i < shown; i++) {
        char *copy = fl_arena_strndup(arena, bytes_of(&sorted[i]), sorted[i].len);
        struct fl_value *item = &items[top ? 2 * i : i];
        if (copy == NULL || fl_value_decode((const uint8_t *)copy, sorted[i].len, item) == 0) {
            fl_free(sorted);
            return FL_E_NOMEM;
        }
        if (top)
            item[1] = fl_value_int(FL_T_INT, weight_of(&sorted[i]));
    }
    fl_free(sorted);
    out->type = FL_T_LIST;
    out->list.items = items;
    out->list.count = shown;
    out->list.weighted = top;
    out->list.names = NULL;
    out->list.more = top ? s->count > shown : s->more != 0;
    return FL_OK;
}

static int by_bytes(const void *left, const void *right)
{
    const struct member *a = left, *b = right;
    int c = memcmp(bytes_of(a), bytes_of(b), a->len < b->len ? a->len : b->len);
    return c != 0 ? c : a->len < b->len ? -1 : a->len > b->len;
}

struct saved_member {
    uint64_t weight_low;
    int64_t weight_high;
    uint32_t len;
};

/* Members in the order of their bytes, each behind its weight and length. */
static void save(const struct fl_measure *m, const void *state, struct fl_buf *out)
{
    (void)m;
    const struct list_state *s = state;
    struct member *sorted = fl_alloc(((size_t)s->count + 1) * sizeof *sorted);
    fl_buf_add(out, &s->count, sizeof s->count);
    fl_buf_add(out, &s->more, sizeof s->more);
    if (sorted == NULL) {
        out->failed = true;
        return;
    }
    if (s->count > 0)
        memcpy(sorted, s->members, s->count * sizeof *sorted);
    qsort(sorted, s->count, sizeof *sorted, by_bytes);
    for (uint32_t i = 0; i < s->count; i++) {
        struct saved_member head;
        memset(&head, 0, sizeof head);
        head.weight_low = sorted[i].weight_low;
        head.weight_high = sorted[i].weight_high;
        head.len = sorted[i].len;
        fl_buf_add(out, &head, sizeof head);
        fl_buf_add(out, bytes_of(&sorted[i]), sorted[i].len);
    }
    fl_free(sorted);
}

static enum fl_status load(const struct fl_measure *m, void *state, const uint8_t *bytes, size_t len, size_t *used)
{
    struct list_state *s = state;
    uint32_t count, more;
    size_t at = sizeof count + sizeof more;
    if (len < at)
        return FL_E_DATA;
    memcpy(&count, bytes, sizeof count);
    memcpy(&more, bytes + sizeof count, sizeof more);
    for (uint32_t i = 0; i < count; i++) {
        struct saved_member head;
        struct fl_value checked;
        if (len - at < sizeof head)
            return FL_E_DATA;
        memcpy(&head, bytes + at, sizeof head);
        at += sizeof head;
        if (head.len > len - at || fl_value_decode(bytes + at, head.len, &checked) != head.len)
            return FL_E_DATA;
        struct member weighed = {.weight_low = head.weight_low, .weight_high = head.weight_high};
        enum fl_status status = m->kind == FL_M_SET
                                    ? set_add(m, s, (const char *)bytes + at, head.len)
                                    : top_add(m, s, (const char *)bytes + at, head.len, weight_of(&weighed));
        if (status != FL_OK)
            return status;
        at += head.len;
    }
    s->more |= more;
    *used = at;
    return FL_OK;
}

const struct fl_measure_ops fl_measure_top = {prepare, update, merge, value, dispose, save, load, top_update_rows};
const struct fl_measure_ops fl_measure_set = {prepare, update, merge, value, dispose, save, load, NULL};
