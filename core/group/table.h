/* table.h: the groups of one rule: key -> counters, evidence places and measure states.
 *
 * A table belongs to one worker. Tables of workers are merged in any order; the result is the same.
 * The key is the canonical encoding (fl_value_encode) of the key fields' values, plus the pane number.
 */
#ifndef FL_GROUP_TABLE_H
#define FL_GROUP_TABLE_H

#include "core/measure/measure.h"

struct fl_table_spec {
    const uint32_t *keys; /* fields */
    uint32_t key_count;
    int64_t pane_ms;                   /* 0: no windows */
    const struct fl_measure *measures; /* prepared */
    uint32_t measure_count;
    uint32_t evidence;   /* places kept per group */
    uint64_t max_groups; /* a worker's table above it gives up: see over_limit */
    uint64_t hash_seed;
};

/* Counters that every group has. */
struct fl_counters {
    uint64_t flows;
    __int128 packets, bytes;
    int64_t first_ms, last_ms; /* least start_time, greatest end_time (else start); INT64_MAX / INT64_MIN when none */
};

/* What a rule says about one group: a view for the judgement, valid during the callback. */
struct fl_group_view {
    const struct fl_value *keys;            /* key_count values */
    int64_t window_start_ms, window_end_ms; /* INT64_MIN both without windows */
    struct fl_counters counters;
    const struct fl_place *evidence; /* in record order */
    uint32_t evidence_count;
    const struct fl_value *measures; /* measure_count values */
    const void *const *states;       /* measure_count states, for merging further */
};

struct fl_table;

enum fl_status fl_table_new(const struct fl_table_spec *spec, struct fl_table **out);
/* An empty one that is made like another. */
enum fl_status fl_table_new_like(const struct fl_table *table, struct fl_table **out);
void fl_table_free(struct fl_table *table);

/* Adds the rows of `selection`. filters[2 * m] and [2 * m + 1] are bitmaps of measure m's filters, or NULL (always
 * true). Rows with a null start_time, or one outside 1970..2100, count as bad times when there are panes and are
 * left out (*bad_times grows). */
enum fl_status fl_table_add(struct fl_table *table, const struct fl_batch *batch, const uint64_t *selection,
                            const uint64_t *const *filters, uint64_t *bad_times);
/* Adds the groups of `from`, and empties it. */
enum fl_status fl_table_merge(struct fl_table *table, struct fl_table *from);

/* A row that no batch holds: what one group of another table adds to one of this. */
struct fl_table_row {
    const struct fl_value *keys; /* key_count values */
    int64_t start_ms;            /* decides the pane */
    struct fl_counters counters;
    const struct fl_place *evidence; /* in record order */
    uint32_t evidence_count;
    const void *const *states; /* measure_count states of equal measures */
};
enum fl_status fl_table_add_row(struct fl_table *table, const struct fl_table_row *row, uint64_t *bad_times);

uint64_t fl_table_groups(const struct fl_table *table); /* keys x panes */
bool fl_table_over_limit(const struct fl_table *table);

/* Calls visit for every group in key order (by fl_value_compare key by key, then window). With panes, windows of
 * window_ms start at every multiple of every_ms (both multiples of pane_ms); windows without a record are not
 * visited; every pane's states are merged into each window that holds it. visit returning not FL_OK ends the walk. */
enum fl_status fl_table_visit(const struct fl_table *table, int64_t window_ms, int64_t every_ms,
                              enum fl_status (*visit)(void *context, const struct fl_group_view *view), void *context);

#endif
