/* kind.h: what a measure file provides. Inside core/measure. */
#ifndef FL_MEASURE_KIND_H
#define FL_MEASURE_KIND_H

#include "core/measure/measure.h"

/* What a measure reads of one record; or, with slots, of a group of another rule: field i is slots[i] then, and there
 * is no batch. */
struct fl_update {
    const struct fl_batch *batch;
    uint32_t row;
    bool pass, pass2;
    uint32_t steps; /* sequence: bit s: does the record meet step s? */
    const struct fl_place *place;
    const struct fl_value *slots;
    bool is_part; /* of the record, what lies in [from_ms, to_ms) */
    int64_t from_ms, to_ms;
};

/* dispose, save and load may be NULL: nothing lies on the heap then, and the state is its own saved form. */
struct fl_measure_ops {
    /* Checks field and k, sets type and state_bytes. */
    enum fl_status (*prepare)(struct fl_measure *m, struct fl_error *err);
    enum fl_status (*update)(const struct fl_measure *m, void *state, const struct fl_update *u);
    enum fl_status (*merge)(const struct fl_measure *m, void *into, const void *from);
    /* NULL: it has none that a rule could name. */
    enum fl_status (*value)(const struct fl_measure *m, const void *state, struct fl_arena *arena,
                            struct fl_value *out);
    void (*dispose)(const struct fl_measure *m, void *state);
    /* Equal states give equal bytes. load reads into a zeroed state: *used bytes, FL_E_DATA when they are no state.
     */
    void (*save)(const struct fl_measure *m, const void *state, struct fl_buf *out);
    enum fl_status (*load)(const struct fl_measure *m, void *state, const uint8_t *bytes, size_t len, size_t *used);
    /* NULL: update is called for each row. Memory that rows will touch is fetched before the first is added. */
    enum fl_status (*update_rows)(const struct fl_measure *m, const struct fl_rows_update *u);
};

extern const struct fl_measure_ops fl_measure_count, fl_measure_sum, fl_measure_min, fl_measure_max, fl_measure_mean,
    fl_measure_distinct, fl_measure_longest_run, fl_measure_top, fl_measure_set, fl_measure_first, fl_measure_last,
    fl_measure_ratio, fl_measure_connections, fl_measure_quantile, fl_measure_hours, fl_measure_intervals,
    fl_measure_outcome, fl_measure_via_endpoint, fl_measure_sequence, fl_measure_rows, fl_measure_verdict;

/* The slot as an integer; false when null, not one, or too large. */
bool fl_slot_int(const struct fl_value *slot, int64_t *out);

/* The field's value in this row as an integer; false when null or not one. */
static inline bool fl_update_int(const struct fl_update *u, uint32_t field, int64_t *out)
{
    if (u->slots != NULL)
        return fl_slot_int(&u->slots[field], out);
    const struct fl_column *c = &u->batch->columns[field];
    if (fl_column_null(c, u->row))
        return false;
    switch (fl_fields[field].storage) {
    case FL_S_U8:
        *out = c->u8[u->row];
        return true;
    case FL_S_U16:
        *out = c->u16[u->row];
        return true;
    case FL_S_I64:
        *out = c->i64[u->row];
        return true;
    default:
        return false;
    }
}

/* The field's value in this row; STR views into the batch or the slot. */
static inline void fl_update_value(const struct fl_update *u, uint32_t field, struct fl_value *out)
{
    if (u->slots != NULL)
        *out = u->slots[field];
    else
        fl_batch_value(u->batch, field, u->row, out);
}

/* Does it keep totals by the side that bytes were seen from, to count them once? */
bool fl_measure_counts_once(const struct fl_measure *m);
/* What of a sum over the record belongs to the part at hand: parts of one record add up to the value. */
int64_t fl_update_share(const struct fl_update *u, int64_t value);

enum fl_status fl_measure_wrong_type(const struct fl_measure *m, const char *needs, struct fl_error *err);
bool fl_measure_is_number(enum fl_type type);   /* U8, INT or DURATION: may be added up */
bool fl_measure_tells_apart(enum fl_type type); /* equal values of it are equal bytes */

#endif
