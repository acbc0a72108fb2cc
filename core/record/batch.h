/* batch.h: the records of one chunk as columns.
 *
 * A batch is owned by one worker and reused for every chunk. A decoder fills the columns that the
 * plan wants, core/derive fills the derived ones. Bit r of nulls is 1 when the value of row r is null;
 * the value itself is then 0. Bits and values behind `rows` are undefined up to the capacity, which
 * is a multiple of 64 rows. Columns are 64-byte aligned.
 *
 * A lazy column holds the values of those rows only that somebody asked for with fl_batch_need(), which
 * therefore comes before every read of one; for other columns it costs nothing.
 */
#ifndef FL_RECORD_BATCH_H
#define FL_RECORD_BATCH_H

#include <string.h>

#include "core/base/addr.h"
#include "core/base/map.h"
#include "core/base/status.h"
#include "core/record/fields.h"
#include "core/record/place.h"

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
    uint64_t *filled;  /* lazy column: rows whose value is there; NULL: it is no lazy column */
    uint64_t *missing; /* lazy column: scratch */
    bool present;      /* the object has this column, or it was derived */
    bool any_null;     /* false: no bit of nulls is set below `rows` */
};

struct fl_batch;
/* Computes the values of these rows of a lazy column. */
typedef enum fl_status fl_batch_fill_fn(void *context, struct fl_batch *batch, uint32_t field, const uint64_t *rows);

/* What code of a rule said of a row. */
struct fl_row_note {
    uint32_t row, len;
    const char *bytes;
};

struct fl_batch {
    uint32_t rows, capacity;
    struct fl_column columns[FL_FIELD_COUNT];
    uint32_t *row_start;  /* byte of the row's first character in text */
    uint32_t *row_length; /* without the line end */
    uint64_t *no_data;    /* bit: a NODATA or SKIPDATA line whose data fields are all null */
    bool any_no_data;
    const char *text;                /* the chunk; valid while the batch holds it */
    uint64_t base_offset;            /* of text[0] in the decompressed object */
    uint32_t source;                 /* rank of the object in name order */
    struct fl_map strings;           /* interned text of this worker */
    const struct fl_row_note *notes; /* by row; of the rule at hand */
    uint32_t note_count;
    struct fl_field_set allocated, lazy;
    fl_batch_fill_fn *fill;
    void *fill_context;
};

enum fl_status fl_batch_init(struct fl_batch *batch, const struct fl_field_set *wanted);
/* Makes these columns lazy from the next batch on. */
enum fl_status fl_batch_make_lazy(struct fl_batch *batch, const struct fl_field_set *lazy, fl_batch_fill_fn *fill,
                                  void *context);
void fl_batch_dispose(struct fl_batch *batch);
/* Makes room for at least `rows` rows in every wanted column; contents are lost. */
enum fl_status fl_batch_reserve(struct fl_batch *batch, uint32_t rows);

static inline uint32_t fl_batch_words(const struct fl_batch *batch)
{
    return (batch->rows + 63) / 64;
}
/* Bits of all rows; those behind them are 0. */
static inline void fl_batch_all_rows(const struct fl_batch *batch, uint64_t *rows)
{
    memset(rows, 0xff, fl_batch_words(batch) * sizeof *rows);
    if (batch->rows % 64 != 0)
        rows[fl_batch_words(batch) - 1] = (UINT64_C(1) << (batch->rows % 64)) - 1;
}
static inline bool fl_column_null(const struct fl_column *c, uint32_t row)
{
    return !c->present || (c->any_null && (c->nulls[row >> 6] >> (row & 63) & 1));
}

/* A new batch: a lazy column has no values yet. */
static inline void fl_batch_forget(struct fl_batch *batch, uint32_t field)
{
    struct fl_column *c = &batch->columns[field];
    if (c->filled != NULL)
        memset(c->filled, 0, (size_t)fl_batch_words(batch) * sizeof c->filled[0]);
}

enum fl_status fl_batch_fill(struct fl_batch *batch, uint32_t field, const uint64_t *rows);
/* Sees to it that the column has its values in these rows. */
static inline enum fl_status fl_batch_need(struct fl_batch *batch, uint32_t field, const uint64_t *rows)
{
    const struct fl_column *c = &batch->columns[field];
    return c->filled == NULL || !c->present ? FL_OK : fl_batch_fill(batch, field, rows);
}

/* Where the row stands in record order. */
static inline struct fl_place fl_batch_place(const struct fl_batch *batch, uint32_t row)
{
    const struct fl_column *start = &batch->columns[FL_F_START_TIME];
    const struct fl_column *end = &batch->columns[FL_F_END_TIME];
    return (struct fl_place){.start_ms =
                                 start->values == NULL || fl_column_null(start, row) ? INT64_MAX : start->i64[row],
                             .end_ms = end->values == NULL || fl_column_null(end, row) ? INT64_MAX : end->i64[row],
                             .where = fl_place_where(batch->source, batch->base_offset + batch->row_start[row])};
}

struct fl_value;
/* One cell as a value; STR views into batch->strings. */
void fl_batch_value(const struct fl_batch *batch, uint32_t field, uint32_t row, struct fl_value *out);

#endif
