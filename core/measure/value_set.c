#include "core/measure/value_set.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/memory.h"

#define REGISTERS       1024u
#define FRACTION_BITS   32
#define SAVED_REGISTERS UINT32_MAX

uint64_t fl_value_set_hash(uint64_t seed, const struct fl_batch *batch, uint32_t field, uint32_t row)
{
    const struct fl_column *c = &batch->columns[field];
    uint64_t h;
    if (fl_column_null(c, row))
        return 0;
    switch (fl_fields[field].storage) {
    case FL_S_ADDR:
        h = fl_hash64(&c->addr[row], sizeof c->addr[row], seed);
        break;
    case FL_S_U32:
        h = fl_hash64(batch->strings.keys[c->u32[row]].ptr, batch->strings.keys[c->u32[row]].len, seed);
        break;
    case FL_S_I64:
        h = fl_hash64(&c->i64[row], sizeof c->i64[row], seed);
        break;
    default: {
        uint64_t v = fl_fields[field].storage == FL_S_U8 ? c->u8[row] : c->u16[row];
        h = fl_hash64(&v, sizeof v, seed);
        break;
    }
    }
    return h == 0 ? 1 : h;
}

static void add_register(uint8_t *registers, uint64_t hash)
{
    uint64_t rest = hash << 10 | UINT64_C(1) << 9;
    uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
    uint8_t *r = &registers[hash >> 54];
    if (rank > *r)
        *r = rank;
}

static bool has_registers(const struct fl_value_set *set)
{
    return set->capacity == FL_VALUES_REGISTERS;
}

/* The hashes of a set without registers, and places of it that hold none. */
static const uint64_t *places_of(const struct fl_value_set *set, uint32_t *count)
{
    *count = set->capacity == 0 ? FL_VALUES_INLINE : set->capacity;
    return set->capacity == 0 ? set->few : set->hashes;
}

static bool to_registers(struct fl_value_set *set)
{
    uint8_t *registers = fl_alloc_zero(REGISTERS, 1);
    if (registers == NULL)
        return false;
    uint32_t places;
    const uint64_t *hashes = places_of(set, &places);
    for (uint32_t i = 0; i < places; i++)
        if (hashes[i] != 0)
            add_register(registers, hashes[i]);
    if (set->capacity != 0)
        fl_free(set->hashes);
    set->registers = registers;
    set->capacity = FL_VALUES_REGISTERS;
    return true;
}

static bool grow(struct fl_value_set *set)
{
    uint32_t capacity = set->capacity == 0 ? 8 : set->capacity * 2, places;
    uint64_t *hashes = fl_alloc_zero(capacity, sizeof *hashes);
    if (hashes == NULL)
        return false;
    const uint64_t *held = places_of(set, &places);
    for (uint32_t i = 0; i < places; i++) {
        if (held[i] == 0)
            continue;
        uint32_t at = (uint32_t)held[i] & (capacity - 1);
        while (hashes[at] != 0)
            at = (at + 1) & (capacity - 1);
        hashes[at] = held[i];
    }
    if (set->capacity != 0)
        fl_free(set->hashes);
    set->hashes = hashes;
    set->capacity = capacity;
    return true;
}

/* Where the hash is or belongs; NULL when it is not there and there is no room. */
static uint64_t *find_place(struct fl_value_set *set, uint64_t hash)
{
    if (set->capacity == 0) {
        for (uint32_t i = 0; i < FL_VALUES_INLINE; i++)
            if (set->few[i] == hash || set->few[i] == 0)
                return &set->few[i];
        return NULL;
    }
    uint32_t at = (uint32_t)hash & (set->capacity - 1);
    while (set->hashes[at] != 0 && set->hashes[at] != hash)
        at = (at + 1) & (set->capacity - 1);
    bool full = (set->count + 1) * 4ull > set->capacity * 3ull;
    return set->hashes[at] == 0 && full ? NULL : &set->hashes[at];
}

enum fl_status fl_value_set_add_hash(struct fl_value_set *set, uint32_t exact, uint64_t hash)
{
    if (has_registers(set)) {
        add_register(set->registers, hash);
        return FL_OK;
    }
    uint64_t *place = find_place(set, hash);
    if (place == NULL && !grow(set))
        return FL_E_NOMEM;
    if (place == NULL)
        place = find_place(set, hash);
    if (*place == hash)
        return FL_OK;
    *place = hash;
    if (++set->count > exact && !to_registers(set))
        return FL_E_NOMEM;
    return FL_OK;
}

enum fl_status fl_value_set_add(struct fl_value_set *set, uint32_t exact, uint64_t seed, const struct fl_batch *batch,
                                uint32_t field, uint32_t row)
{
    uint64_t hash = fl_value_set_hash(seed, batch, field, row);
    return hash == 0 ? FL_OK : fl_value_set_add_hash(set, exact, hash);
}

enum fl_status fl_value_set_add_value(struct fl_value_set *set, uint32_t exact, uint64_t seed,
                                      const struct fl_value *value)
{
    if (value->type == FL_T_NULL)
        return FL_OK;
    struct fl_buf bytes;
    fl_buf_init(&bytes);
    fl_value_encode(&bytes, value);
    uint64_t hash = bytes.failed ? 0 : fl_hash64(bytes.data, bytes.len, seed);
    enum fl_status status = bytes.failed ? FL_E_NOMEM : fl_value_set_add_hash(set, exact, hash == 0 ? 1 : hash);
    fl_buf_dispose(&bytes);
    return status;
}

enum fl_status fl_value_set_add_bytes(struct fl_value_set *set, uint32_t exact, uint64_t seed, const void *bytes,
                                      size_t len)
{
    uint64_t hash = fl_hash64(bytes, len, seed);
    return fl_value_set_add_hash(set, exact, hash == 0 ? 1 : hash);
}

enum fl_status fl_value_set_merge(struct fl_value_set *set, uint32_t exact, const struct fl_value_set *from)
{
    enum fl_status status = FL_OK;
    if (has_registers(from)) {
        if (!has_registers(set) && !to_registers(set))
            return FL_E_NOMEM;
        for (uint32_t i = 0; i < REGISTERS; i++)
            if (from->registers[i] > set->registers[i])
                set->registers[i] = from->registers[i];
        return FL_OK;
    }
    uint32_t places;
    const uint64_t *hashes = places_of(from, &places);
    for (uint32_t i = 0; i < places && status == FL_OK; i++)
        if (hashes[i] != 0)
            status = fl_value_set_add_hash(set, exact, hashes[i]);
    return status;
}

static int compare_hashes(const void *left, const void *right)
{
    uint64_t a, b; /* bytes of a buffer, which stand anywhere */
    memcpy(&a, left, sizeof a);
    memcpy(&b, right, sizeof b);
    return a < b ? -1 : a > b;
}

/* The number of hashes, and these in rising order; or SAVED_REGISTERS and the registers. */
void fl_value_set_save(const struct fl_value_set *set, struct fl_buf *out)
{
    uint32_t count = has_registers(set) ? SAVED_REGISTERS : set->count, places;
    fl_buf_add(out, &count, sizeof count);
    if (has_registers(set)) {
        fl_buf_add(out, set->registers, REGISTERS);
        return;
    }
    size_t first = out->len;
    const uint64_t *hashes = places_of(set, &places);
    for (uint32_t i = 0; i < places; i++)
        if (hashes[i] != 0)
            fl_buf_add(out, &hashes[i], sizeof hashes[i]);
    if (!out->failed && count > 1)
        qsort(out->data + first, count, sizeof(uint64_t), compare_hashes);
}

static enum fl_status load_registers(struct fl_value_set *set, const uint8_t *bytes, size_t len)
{
    if (len < REGISTERS)
        return FL_E_DATA;
    if (!to_registers(set))
        return FL_E_NOMEM;
    memcpy(set->registers, bytes, REGISTERS);
    return FL_OK;
}

enum fl_status fl_value_set_load(struct fl_value_set *set, uint32_t exact, const uint8_t *bytes, size_t len,
                                 size_t *used)
{
    uint32_t count;
    if (len < sizeof count)
        return FL_E_DATA;
    memcpy(&count, bytes, sizeof count);
    bytes += sizeof count;
    len -= sizeof count;
    *used = sizeof count + (count == SAVED_REGISTERS ? REGISTERS : count * sizeof(uint64_t));
    if (count == SAVED_REGISTERS)
        return load_registers(set, bytes, len);
    if (count > exact || len / sizeof(uint64_t) < count)
        return FL_E_DATA;
    enum fl_status status = FL_OK;
    uint64_t last = 0;
    for (uint32_t i = 0; i < count && status == FL_OK; i++) {
        uint64_t hash;
        memcpy(&hash, bytes + i * sizeof hash, sizeof hash);
        status = hash <= last ? FL_E_DATA : fl_value_set_add_hash(set, exact, hash);
        last = hash;
    }
    return status;
}

/* -ln(zeros / m) * m for linear counting, by a table-free integer logarithm. */
static uint64_t linear_count(uint32_t zeros)
{
    /* ln(m / z) = sum of ln((i + 1) / i) for i = z .. m - 1, each term by its series to 1 / i^3. */
    uint64_t sum = 0;
    const uint64_t one = UINT64_C(1) << 40;
    for (uint64_t i = zeros; i < REGISTERS; i++)
        sum += one / i - one / (2 * i * i) + one / (3 * i * i * i);
    return (sum * REGISTERS) >> 40;
}

uint64_t fl_value_set_count(const struct fl_value_set *set)
{
    if (!has_registers(set))
        return set->count;
    /* Harmonic mean of 2^rank in fixed point; alpha of 1,024 registers is 0.72134 / (1 + 1.079 / 1024). */
    unsigned __int128 sum = 0;
    uint32_t zeros = 0;
    for (uint32_t i = 0; i < REGISTERS; i++) {
        sum += UINT64_C(1) << (FRACTION_BITS + 24 - (set->registers[i] < 56 ? set->registers[i] : 56));
        zeros += set->registers[i] == 0;
    }
    unsigned __int128 alpha_m2 = (unsigned __int128)UINT64_C(755594); /* 0.720581 * 1024 * 1024, rounded */
    uint64_t estimate = (uint64_t)((alpha_m2 << (FRACTION_BITS + 24)) / sum);
    if (estimate * 2 <= REGISTERS * 5 && zeros > 0)
        return linear_count(zeros);
    return estimate;
}

void fl_value_set_dispose(struct fl_value_set *set)
{
    if (set->capacity != 0)
        fl_free(set->hashes);
    *set = (struct fl_value_set){0};
}
