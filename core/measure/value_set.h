/* value_set.h: how many different values: exact hashes up to a number, registers above it.
 *
 * Exact to `exact` values (64-bit XXH3 of the encoded value: a false merge has a chance below n^2 / 2^65); beyond that
 * 1,024 registers of HyperLogLog (Flajolet et al. 2007) with integer arithmetic, standard error 3.3 %.
 * Whether registers are used depends on the set of values alone, not on order. A zeroed set is empty.
 */
#ifndef FL_MEASURE_VALUE_SET_H
#define FL_MEASURE_VALUE_SET_H

#include "core/base/status.h"
#include "core/record/batch.h"
#include "core/record/value.h"

#define FL_VALUES_INLINE 2u
struct fl_value_set {
    union {
        uint64_t few[FL_VALUES_INLINE]; /* while capacity is 0; 0 = free */
        uint64_t *hashes;               /* open addressing, 0 = free */
        uint8_t *registers;             /* when capacity is FL_VALUES_REGISTERS */
    };
    uint32_t count, capacity;
};
#define FL_VALUES_REGISTERS UINT32_MAX

/* seed: of the hash, equal in all sets that are merged. */
enum fl_status fl_value_set_add(struct fl_value_set *set, uint32_t exact, uint64_t seed, const struct fl_batch *batch,
                                uint32_t field, uint32_t row);
/* The two halves of it: 0 for null, which is not added; memory that adding will touch may be fetched between them. */
uint64_t fl_value_set_hash(uint64_t seed, const struct fl_batch *batch, uint32_t field, uint32_t row);
enum fl_status fl_value_set_add_hash(struct fl_value_set *set, uint32_t exact, uint64_t hash);
static inline void fl_value_set_fetch(const struct fl_value_set *set, uint64_t hash)
{
    if (set->capacity == FL_VALUES_REGISTERS)
        __builtin_prefetch(&set->registers[hash >> 54], 1);
    else if (set->capacity != 0)
        __builtin_prefetch(&set->hashes[hash & (set->capacity - 1)], 1);
}
/* A value that is in no batch; its own kind of hash, so a set takes values in one of the two ways only. */
enum fl_status fl_value_set_add_value(struct fl_value_set *set, uint32_t exact, uint64_t seed,
                                      const struct fl_value *value);
enum fl_status fl_value_set_add_bytes(struct fl_value_set *set, uint32_t exact, uint64_t seed, const void *bytes,
                                      size_t len);
enum fl_status fl_value_set_merge(struct fl_value_set *set, uint32_t exact, const struct fl_value_set *from);
void fl_value_set_save(const struct fl_value_set *set, struct fl_buf *out);
enum fl_status fl_value_set_load(struct fl_value_set *set, uint32_t exact, const uint8_t *bytes, size_t len,
                                 size_t *used);
uint64_t fl_value_set_count(const struct fl_value_set *set);
void fl_value_set_dispose(struct fl_value_set *set);

#endif
