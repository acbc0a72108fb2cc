/* key.h: keys of groups as bytes whose order is the order of their values, null last.
 *
 * So that sorting, merging and searching compare bytes and never decode. Bytes that are not such a key are found out
 * when they are decoded. A quotient or list is no key. Pure.
 */
#ifndef FL_GROUP_KEY_H
#define FL_GROUP_KEY_H

#include "core/record/batch.h"
#include "core/record/value.h"

#define FL_KEY_PANE_BYTES 6u  /* the pane's number stands behind the values of the keys */
#define FL_KEY_PART_BYTES 17u /* of a value that is no text, at most */

static inline int fl_key_compare(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    int c = memcmp(a, b, a_len < b_len ? a_len : b_len);
    return c != 0 ? c : (a_len > b_len) - (a_len < b_len);
}

/* Appends the bytes of one value; out->failed tells of memory. */
void fl_key_add(struct fl_buf *out, const struct fl_value *value);
/* The same of a cell of a batch. */
void fl_key_add_cell(struct fl_buf *out, const struct fl_batch *batch, uint32_t field, uint32_t row);
/* Reads one value of this type, or null; text goes to the arena where it is not in the bytes as it is. Returns the
 * bytes consumed, 0 when they are no such value or memory is out. */
size_t fl_key_decode(const uint8_t *p, size_t len, enum fl_type type, struct fl_arena *arena, struct fl_value *out);

void fl_key_add_pane(struct fl_buf *out, int64_t pane);
int64_t fl_key_pane(const uint8_t *pane);

#endif
