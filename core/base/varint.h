/* varint.h: numbers of 7 bits a byte, the least first. Pure. */
#ifndef FL_BASE_VARINT_H
#define FL_BASE_VARINT_H

#include "core/base/buf.h"

#define FL_VARINT_BYTES 10u /* at most */

void fl_varint_add(struct fl_buf *out, uint64_t value);
/* Small for small numbers of either sign. */
void fl_varint_add_signed(struct fl_buf *out, int64_t value);
/* Bytes consumed; 0 when they are none. */
size_t fl_varint_take(const uint8_t *p, size_t len, uint64_t *out);

static inline int64_t fl_varint_sign(uint64_t v)
{
    return (int64_t)(v >> 1 ^ -(v & 1));
}

/* Reads one thing after the other; what comes behind the end, or is none, sets bad and is 0. */
struct fl_taking {
    const uint8_t *at;
    size_t left;
    bool bad;
};
uint64_t fl_take(struct fl_taking *in);
int64_t fl_take_signed(struct fl_taking *in);
/* len bytes; NULL when there are not so many. */
const uint8_t *fl_take_bytes(struct fl_taking *in, uint64_t len);

#endif
