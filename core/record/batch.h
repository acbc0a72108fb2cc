/* batch.h: the records of one chunk as columns.
 *
 * A batch is owned by one worker and reused for every chunk. A decoder fills the columns that the
 * plan wants, core/derive fills the derived ones. Bit r of nulls is 1 when the value of row r is null;
 * the value itself is then 0. Bits and values behind `rows` are undefined up to the capacity, which
 * is a multiple of 64 rows. Columns are 64-byte aligned.
 */
#ifndef FL_RECORD_BATCH_H
#define FL_RECORD_BATCH_H

#include "core/base/addr.h"
#include "core/base/map.h"
#include "core/base/status.h"
#include "core/record/fields.h"

struct fl_column {
    union {
        void *values;
        uint8_t *u8;
        uint16_t *u16;
        int64_t *i64;
        uint32_t *u32; /* ids in batch->strings */
        struct fl_addr *addr;
    };
    uint64_t *nulls;
    bool present;  /* the object has this column, or it was derived */
    bool any_null; /* false: no bit of nulls is set below `rows` */
};

struct fl_batch {
    uint32_t rows, capacity;
    struct fl_column columns[FL_FIELD_COUNT];
    uint32_t *row_start;  /* byte of the row's first character in text */
    uint32_t *row_length; /* without the line end */
    uint64_t *no_data;    /* bit: a NODATA or SKIPDATA line whose data fields are all null */
    bool any_no_data;
    const char *text;     /* the chunk; valid while the batch holds it */
    uint64_t base_offset; /* of text[0] in the decompressed object */
    uint32_t source;      /* rank of the object in name order */
    struct fl_map strings; /* interned text of this worker */
    struct fl_field_set allocated;
};

enum fl_status fl_batch_init(struct fl_batch *batch, const struct fl_field_set *wanted);
void fl_batch_dispose(struct fl_batch *batch);
/* Makes room for at least `rows` rows in every wanted column; contents are lost. */
enum fl_status fl_batch_reserve(struct fl_batch *batch, uint32_t rows);

static inline uint32_t fl_batch_words(const struct fl_batch *batch)
{
    return (batch->rows + 63) / 64;
}
static inline bool fl_column_null(const struct fl_column *c, uint32_t row)
{
    return !c->present || (c->any_null && (c->nulls[row >> 6] >> (row & 63) & 1));
}

struct fl_value;
/* One cell as a value; STR views into batch->strings. */
void fl_batch_value(const struct fl_batch *batch, uint32_t field, uint32_t row, struct fl_value *out);

#endif
