/* slot_set.h: which slots of time are active: a bitmap in pieces of 64 slots, so that silence costs nothing. A
 * zeroed set is empty.
 *
 * Pieces mostly come in the order of time. Those that do not wait behind the sorted ones, and are sorted in when they
 * are many or when somebody reads, so that times at random cost n log n and not n^2. Reading changes where pieces lie,
 * never what the set holds. */
#ifndef FL_MEASURE_SLOT_SET_H
#define FL_MEASURE_SLOT_SET_H

#include "core/base/buf.h"
#include "core/base/status.h"

struct fl_slot_piece {
    int64_t number; /* slots 64 * number + 0..63 */
    uint64_t bits;  /* never 0 */
};

struct fl_slot_set {
    struct fl_slot_piece *pieces;
    uint32_t count, sorted, capacity; /* the first `sorted` of them rise; behind these a number may be there twice */
};

enum fl_status fl_slot_set_add(struct fl_slot_set *set, int64_t slot);
enum fl_status fl_slot_set_merge(struct fl_slot_set *set, const struct fl_slot_set *from);
uint64_t fl_slot_set_count(const struct fl_slot_set *set);
/* Every active slot in rising order. */
void fl_slot_set_each(const struct fl_slot_set *set, void (*visit)(void *context, int64_t slot), void *context);
void fl_slot_set_save(const struct fl_slot_set *set, struct fl_buf *out);
enum fl_status fl_slot_set_load(struct fl_slot_set *set, const uint8_t *bytes, size_t len, size_t *used);
void fl_slot_set_dispose(struct fl_slot_set *set);

#endif
