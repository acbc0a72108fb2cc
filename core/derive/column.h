/* column.h: small helpers for code that fills derived columns. */
#ifndef FL_DERIVE_COLUMN_H
#define FL_DERIVE_COLUMN_H

#include <string.h>

#include "core/record/batch.h"

/* Runs the statement that follows with r = every row whose bit is set in the bitmap `rows` of the batch. */
#define FL_EACH_ROW(batch, rows, r)                                                                                    \
    for (uint32_t w_ = 0, r; w_ < fl_batch_words(batch); w_++)                                                         \
        for (uint64_t bits_ = (rows)[w_]; bits_ != 0 && (r = w_ * 64 + (uint32_t)__builtin_ctzll(bits_), true);        \
             bits_ &= bits_ - 1)

static inline void fl_column_set_null(struct fl_column *c, uint32_t row)
{
    c->nulls[row >> 6] |= UINT64_C(1) << (row & 63);
    c->any_null = true;
}

static inline void fl_column_copy_addr(struct fl_column *out, uint32_t row, const struct fl_column *from)
{
    if (fl_column_null(from, row)) {
        out->addr[row] = (struct fl_addr){0, 0};
        fl_column_set_null(out, row);
    } else {
        out->addr[row] = from->addr[row];
    }
}

#endif
