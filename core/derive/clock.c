/* duration, hour and weekday. */
#include "core/derive/column.h"
#include "core/derive/derive.h"

static void duration(struct fl_batch *batch, struct fl_column *out)
{
    if (out == NULL)
        return;
    const struct fl_column *start = &batch->columns[FL_F_START_TIME];
    const struct fl_column *end = &batch->columns[FL_F_END_TIME];
    for (uint32_t r = 0; r < batch->rows; r++) {
        out->i64[r] = 0;
        if (fl_column_null(start, r) || fl_column_null(end, r) || end->i64[r] < start->i64[r])
            fl_column_set_null(out, r);
        else
            out->i64[r] = end->i64[r] - start->i64[r];
    }
}

/* Zone offsets change on whole quarters of an hour at most: one lookup serves a run of equal quarters. */
void fl_derive_clock(const struct fl_derive *derive, struct fl_batch *batch)
{
    duration(batch, fl_column_start(batch, &derive->wanted, FL_F_DURATION));
    struct fl_column *hour = fl_column_start(batch, &derive->wanted, FL_F_HOUR);
    struct fl_column *weekday = fl_column_start(batch, &derive->wanted, FL_F_WEEKDAY);
    if (hour == NULL && weekday == NULL)
        return;
    const struct fl_column *start = &batch->columns[FL_F_START_TIME];
    int64_t cached_quarter = INT64_MIN, offset_ms = 0;
    for (uint32_t r = 0; r < batch->rows; r++) {
        bool null = fl_column_null(start, r) || start->i64[r] < FL_WHEN_MIN_MS ||
                    start->i64[r] >= FL_WHEN_MAX_MS;
        int64_t local_hour = 0;
        if (!null) {
            int64_t quarter = start->i64[r] / (15 * FL_MS_PER_MINUTE);
            if (quarter != cached_quarter) {
                cached_quarter = quarter;
                offset_ms = fl_zone_offset_ms(derive->zone, start->i64[r]);
            }
            /* One day is added so that western offsets near 1970 stay positive. */
            local_hour = (start->i64[r] + offset_ms + FL_MS_PER_DAY) / FL_MS_PER_HOUR;
        }
        if (hour != NULL) {
            hour->u8[r] = null ? 0 : (uint8_t)(local_hour % 24);
            if (null)
                fl_column_set_null(hour, r);
        }
        if (weekday != NULL) {
            /* 1970-01-01 was a Thursday (4); day 0 here is the day before it. */
            weekday->u8[r] = null ? 0 : (uint8_t)((local_hour / 24 + 2) % 7 + 1);
            if (null)
                fl_column_set_null(weekday, r);
        }
    }
}
