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
    uint32_t hash; /* while there are slots */
    uint64_t weight_low;
    int64_t weight_high;
};

struct list_state {
    union {
        struct member one; /* while capacity is 0: most groups have no more */
        struct member *members;
    };
    uint32_t count, capacity;
    uint32_t *slots; /* top: index + 1 */
    uint32_t slot_mask;
    uint32_t more; /* set: values beyond the k smallest were seen */
};

static enum fl_status prepare(struct fl_measure *m, struct fl_error *err)
{
    if (m->field == FL_FIELD_NONE || !fl_measure_tells_apart(m->field_type))
        return fl_measure_wrong_type(m, "a field that is no quotient or list", err);
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

static struct member *members_of(const struct list_state *s)
{
    return s->capacity == 0 ? (struct member *)&s->one : s->members;
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
        dispose_member(&members_of(s)[i]);
    if (s->capacity > 0)
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

#define ENCODED_ROOM 64u

/* The value as bytes, which short ones are without asking for memory. */
static void encode(const struct fl_value *value, struct fl_buf *bytes, char room[ENCODED_ROOM])
{
    fl_buf_init(bytes);
    if (value->type <= FL_T_ADDR || (value->type == FL_T_STR && value->str.len < ENCODED_ROOM / 2))
        *bytes = (struct fl_buf){.data = room, .capacity = ENCODED_ROOM};
    fl_value_encode(bytes, value);
}

static void end_encoding(struct fl_buf *bytes, const char *room)
{
    if (bytes->data != room)
        fl_buf_dispose(bytes);
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

static bool have_room(struct list_state *s)
{
    if (s->count < s->capacity || s->count == 0)
        return true;
    if (s->capacity > UINT32_MAX / 2)
        return false;
    uint32_t capacity = s->capacity == 0 ? 2 : s->capacity * 2;
    struct member *members = fl_realloc(s->capacity == 0 ? NULL : s->members, capacity, sizeof *members);
    if (members == NULL)
        return false;
    if (s->capacity == 0)
        members[0] = s->one;
    s->members = members;
    s->capacity = capacity;
    return true;
}

static bool insert_at(struct list_state *s, uint32_t at, const char *bytes, uint32_t len, uint32_t hash)
{
    struct member added;
    if (!have_room(s) || !make_member(&added, bytes, len, hash))
        return false;
    struct member *members = members_of(s);
    memmove(members + at + 1, members + at, (s->count - at) * sizeof *members);
    members[at] = added;
    s->count++;
    return true;
}

/* Where the value stands among the sorted members, or belongs. */
static uint32_t place_in_set(const struct list_state *s, const struct fl_value *value, bool *is_there)
{
    uint32_t low = 0, high = s->count;
    *is_there = false;
    while (low < high && !*is_there) {
        uint32_t middle = (low + high) / 2;
        const struct member *there = &members_of(s)[middle];
        struct fl_value other = decoded(bytes_of(there), there->len);
        int c = fl_value_compare(&other, value);
        *is_there = c == 0;
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum fl_status set_add(const struct fl_measure *m, struct list_state *s, const struct fl_value *value)
{
    bool is_there;
    uint32_t at = place_in_set(s, value, &is_there);
    if (is_there)
        return FL_OK;
    if (at == m->k) {
        s->more = 1;
        return FL_OK;
    }
    char room[ENCODED_ROOM];
    struct fl_buf bytes;
    encode(value, &bytes, room);
    bool ok = !bytes.failed && insert_at(s, at, bytes.data, (uint32_t)bytes.len, 0);
    end_encoding(&bytes, room);
    if (ok && s->count > m->k) {
        dispose_member(&members_of(s)[--s->count]);
        s->more = 1;
    }
    return ok ? FL_OK : FL_E_NOMEM;
}

static uint32_t hash_of(const struct fl_measure *m, const char *bytes, uint32_t len)
{
    return (uint32_t)fl_hash64(bytes, len, m->hash_seed);
}

static bool rehash(const struct fl_measure *m, struct list_state *s)
{
    uint32_t slots = s->slots == NULL ? 16 : (s->slot_mask + 1) * 2;
    uint32_t *fresh = fl_alloc_zero(slots, sizeof *fresh);
    if (fresh == NULL)
        return false;
    struct member *members = members_of(s);
    for (uint32_t i = 0; s->slots == NULL && i < s->count; i++)
        members[i].hash = hash_of(m, bytes_of(&members[i]), members[i].len);
    fl_free(s->slots);
    s->slots = fresh;
    s->slot_mask = slots - 1;
    for (uint32_t i = 0; i < s->count; i++) {
        uint32_t at = members[i].hash & s->slot_mask;
        while (fresh[at] != 0)
            at = (at + 1) & s->slot_mask;
        fresh[at] = i + 1;
    }
    return true;
}

static bool is_member(const struct member *m, const char *bytes, uint32_t len)
{
    return m->len == len && memcmp(bytes_of(m), bytes, len) == 0;
}

/* Its index, or UINT32_MAX; *slot: the free one where it belongs, when there are slots. */
static uint32_t find_member(const struct list_state *s, const char *bytes, uint32_t len, uint32_t hash, uint32_t *slot)
{
    if (s->slots == NULL) {
        for (uint32_t i = 0; i < s->count; i++)
            if (is_member(&members_of(s)[i], bytes, len))
                return i;
        return UINT32_MAX;
    }
    uint32_t at = hash & s->slot_mask;
    for (; s->slots[at] != 0; at = (at + 1) & s->slot_mask) {
        const struct member *there = &members_of(s)[s->slots[at] - 1];
        if (there->hash == hash && is_member(there, bytes, len))
            return s->slots[at] - 1;
    }
    *slot = at;
    return UINT32_MAX;
}

/* hash: of the bytes, or 0 where nobody made it. */
static enum fl_status top_add(const struct fl_measure *m, struct list_state *s, const char *bytes, uint32_t len,
                              uint32_t hash, __int128 weight)
{
    uint32_t slot = 0;
    if (s->count >= FEW_MEMBERS && (s->slots == NULL || (s->count + 1) * 4ull > (s->slot_mask + 1ull) * 3) &&
        !rehash(m, s))
        return FL_E_NOMEM;
    if (s->slots != NULL && hash == 0)
        hash = hash_of(m, bytes, len);
    uint32_t at = find_member(s, bytes, len, hash, &slot);
    if (at == UINT32_MAX) {
        at = s->count;
        if (!insert_at(s, at, bytes, len, hash))
            return FL_E_NOMEM;
        if (s->slots != NULL)
            s->slots[slot] = at + 1;
    }
    add_weight(&members_of(s)[at], weight);
    return FL_OK;
}

static enum fl_status update(const struct fl_measure *m, void *state, const struct fl_update *u)
{
    struct fl_value value;
    fl_update_value(u, m->field, &value);
    if (value.type == FL_T_NULL)
        return FL_OK;
    if (m->kind == FL_M_SET)
        return set_add(m, state, &value);
    int64_t weight = 1;
    if (m->by != FL_FIELD_NONE && !fl_update_int(u, m->by, &weight))
        return FL_OK;
    char room[ENCODED_ROOM];
    struct fl_buf bytes;
    encode(&value, &bytes, room);
    enum fl_status status = bytes.failed ? FL_E_NOMEM : top_add(m, state, bytes.data, (uint32_t)bytes.len, 0, weight);
    end_encoding(&bytes, room);
    return status;
}

/* Values that lie in the member itself, of many rows. */
struct few_values {
    char bytes[FL_UPDATE_ROWS_MAX][ENCODED_ROOM];
    uint32_t lens[FL_UPDATE_ROWS_MAX], hashes[FL_UPDATE_ROWS_MAX]; /* len 0: null; hash 0: not asked for */
    int64_t weights[FL_UPDATE_ROWS_MAX];
};

static void take_value(const struct fl_measure *m, const struct fl_rows_update *u, uint32_t i, struct few_values *out)
{
    const struct list_state *s = u->states[i];
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
    out->hashes[i] = s->slots == NULL ? 0 : hash_of(m, bytes.data, out->lens[i]);
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
            __builtin_prefetch(members_of(s), 1);
    }
    for (uint32_t i = 0; i < u->count; i++) {
        const struct list_state *s = u->states[i];
        uint32_t member = s->slots == NULL || values.lens[i] == 0 ? 0 : s->slots[values.hashes[i] & s->slot_mask];
        if (member != 0)
            __builtin_prefetch(&members_of(s)[member - 1], 1);
    }
    for (uint32_t i = 0; i < u->count && status == FL_OK; i++)
        if (values.lens[i] != 0)
            status = top_add(m, u->states[i], values.bytes[i], values.lens[i], values.hashes[i], values.weights[i]);
    return status;
}

/* What another state holds. */
static enum fl_status add_member(const struct fl_measure *m, struct list_state *s, const char *bytes, uint32_t len,
                                 __int128 weight)
{
    if (m->kind == FL_M_TOP)
        return top_add(m, s, bytes, len, 0, weight);
    struct fl_value value = decoded(bytes, len);
    return set_add(m, s, &value);
}

static enum fl_status merge(const struct fl_measure *m, void *into, const void *from)
{
    const struct list_state *b = from;
    struct list_state *a = into;
    enum fl_status status = FL_OK;
    const struct member *members = members_of(b);
    for (uint32_t i = 0; i < b->count && status == FL_OK; i++)
        status = add_member(m, a, bytes_of(&members[i]), members[i].len, weight_of(&members[i]));
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
    memcpy(sorted, members_of(s), s->count * sizeof *sorted);
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
        memcpy(sorted, members_of(s), s->count * sizeof *sorted);
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
        enum fl_status status = add_member(m, s, (const char *)bytes + at, head.len, weight_of(&weighed));
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
