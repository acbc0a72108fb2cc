/* column.h: small helpers for code that fills derived columns. */
#ifndef FL_DERIVE_COLUMN_H
#define FL_DERIVE_COLUMN_H

#include <string.h>

#include "core/record/batch.h"

/* The column to fill, marked present and without nulls; NULL when nobody wants it. */
static inline struct fl_column *fl_column_start(struct fl_batch *batch,
                                                const struct fl_field_set *wanted, uint32_t field)
{
    struct fl_column *c = &batch->columns[field];
    if (!fl_field_set_has(wanted, field) || c->values == NULL)
        return NULL;
    c->present = true;
    c->any_null = false;
    memset(c->nulls, 0, (size_t)fl_batch_words(batch) * sizeof c->nulls[0]);
    return c;
}

static inline void fl_column_set_null(struct fl_column *c, uint32_t row)
{
    c->nulls[row >> 6] |= UINT64_C(1) << (row & 63);
    c->any_null = true;
}

#endif
