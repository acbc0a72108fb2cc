/* duration, hour and weekday. */
#include "core/derive/parts.h"

void fl_derive_duration(struct fl_batch *batch, const uint64_t *rows)
{
    struct fl_column *out = &batch->columns[FL_F_DURATION];
    const struct fl_column *start = &batch->columns[FL_F_START_TIME];
    const struct fl_column *end = &batch->columns[FL_F_END_TIME];
    FL_EACH_ROW(batch, rows, r)
    {
        out->i64[r] = 0;
        if (fl_column_null(start, r) || fl_column_null(end, r) || end->i64[r] < start->i64[r])
            fl_column_set_null(out, r);
        else
            out->i64[r] = end->i64[r] - start->i64[r];
    }
}

/* Zone offsets change on whole quarters of an hour at most: one lookup serves a run of equal quarters. */
void fl_derive_clock(const struct fl_derive *derive, struct fl_batch *batch, uint32_t field, const uint64_t *rows)
{
    struct fl_column *out = &batch->columns[field];
    const struct fl_column *start = &batch->columns[FL_F_START_TIME];
    int64_t cached_quarter = INT64_MIN, offset_ms = 0;
    FL_EACH_ROW(batch, rows, r)
    {
        out->u8[r] = 0;
        if (fl_column_null(start, r) || start->i64[r] < FL_WHEN_MIN_MS || start->i64[r] >= FL_WHEN_MAX_MS) {
            fl_column_set_null(out, r);
            continue;
        }
        int64_t quarter = start->i64[r] / (15 * FL_MS_PER_MINUTE);
        if (quarter != cached_quarter) {
            cached_quarter = quarter;
            offset_ms = fl_zone_offset_ms(derive->zone, start->i64[r]);
        }
        /* One day is added so that western offsets near 1970 stay positive. */
        int64_t local_hour = (start->i64[r] + offset_ms + FL_MS_PER_DAY) / FL_MS_PER_HOUR;
        /* 1970-01-01 was a Thursday (4); day 0 here is the day before it. */
        out->u8[r] = field == FL_F_HOUR ? (uint8_t)(local_hour % 24) : (uint8_t)((local_hour / 24 + 2) % 7 + 1);
    }
}
