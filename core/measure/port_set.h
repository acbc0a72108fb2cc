/* port_set.h: an exact set of 16-bit numbers that starts small: a sorted list, then a bitmap of 8 KiB.
 * A zeroed set is empty. */
#ifndef FL_MEASURE_PORT_SET_H
#define FL_MEASURE_PORT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"

#define FL_PORTS_INLINE   6u
#define FL_PORTS_BITMAP   65536u /* the capacity that says so */
#define FL_PORTS_LIST_MAX 2048u  /* a longer list becomes a bitmap */

struct fl_port_set {
    union {
        uint16_t few[FL_PORTS_INLINE]; /* sorted, while capacity is 0 */
        uint16_t *list;                /* sorted */
        uint64_t *bitmap;              /* capacity is 65,536 */
    };
    uint32_t count;
    uint32_t capacity;
};

bool fl_port_set_add(struct fl_port_set *set, uint16_t port); /* false: out of memory */
bool fl_port_set_merge(struct fl_port_set *set, const struct fl_port_set *from);
void fl_port_set_dispose(struct fl_port_set *set);
/* The ports as bytes, and back into an empty set: how many of the bytes are used, 0 when they are no set or memory is
 * out
 * (*no_memory). */
void fl_port_set_save(const struct fl_port_set *set, struct fl_buf *out);
size_t fl_port_set_load(struct fl_port_set *set, const uint8_t *bytes, size_t len, bool *no_memory);
uint32_t fl_port_set_longest_run(const struct fl_port_set *set);

#endif
