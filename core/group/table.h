/* table.h: groups in memory: key -> counters, evidence places and measure states.
 *
 * A table belongs to one worker and lies in its store (store.h), which spills it and walks over the groups of all
 * workers. Rules that select, group and cut time alike share a table, which then has the measures of all of them.
 */
#ifndef FL_GROUP_TABLE_H
#define FL_GROUP_TABLE_H

#include "core/measure/measure.h"

struct fl_table_spec {
    const uint32_t *keys; /* fields */
    uint32_t key_count;
    const enum fl_type *key_types;     /* NULL: those of the fields */
    int64_t pane_ms;                   /* 0: no windows */
    bool session;                      /* a window is a burst: what starts within pane_ms of what goes before */
    const struct fl_measure *measures; /* prepared */
    uint32_t measure_count;
    uint32_t evidence;   /* places kept per group, at least 1 */
    bool keys_only;      /* groups have no places: nothing but fl_table_add_row() adds them */
    uint64_t max_groups; /* a worker's table above it gives up: see over_limit */
    uint64_t hash_seed;
};

/* Counters that every group has. */
struct fl_counters {
    uint64_t flows;
    __int128 packets, bytes;
    /* Least start_time; greatest end_time, or start_time where the end is null, before the start or no time of
     * 1970..2100. INT64_MAX / INT64_MIN when there is none. */
    int64_t first_ms, last_ms;
};

struct fl_table;

enum fl_status fl_table_new(const struct fl_table_spec *spec, struct fl_table **out);
void fl_table_free(struct fl_table *table);

/* Adds the rows of words from..end of `selection`. filters[2 * m] and [2 * m + 1] are bitmaps of measure m's filters,
 * or NULL (always true); those of the steps of a sequence begin at its first_step. Rows with a null start_time, or one
 * outside 1970..2100, count as bad times when there are panes and are left out (*bad_times grows). */
enum fl_status fl_table_add(struct fl_table *table, const struct fl_batch *batch, const uint64_t *selection,
                            uint32_t from, uint32_t end, const uint64_t *const *filters, uint64_t *bad_times);

/* A row that no batch holds: a group of another table. Either its states are merged into those of one group of this
 * table, which has equal measures; or the measures read its slots as if it were a record; or it adds nothing (neither)
 * but that the group is there. */
struct fl_table_row {
    const struct fl_value *keys; /* key_count values */
    struct fl_place place;       /* its start decides the pane; start_ms INT64_MAX: none */
    struct fl_counters counters;
    const struct fl_place *evidence; /* in record order; with the least place, which tells counters.first_ms */
    uint32_t evidence_count;
    const void *const *states;    /* measure_count states */
    const struct fl_value *slots; /* by the numbers that stand for fields in the measures */
    const bool *passes;           /* 2 per measure, with slots: its filters */
    const uint32_t *steps;        /* 1 per measure, with slots: the steps of a sequence that it meets */
};
enum fl_status fl_table_add_row(struct fl_table *table, const struct fl_table_row *row, uint64_t *bad_times);

uint64_t fl_table_groups(const struct fl_table *table); /* keys x panes, in memory */
bool fl_table_over_limit(const struct fl_table *table);
/* What the table holds, measures included. */
size_t fl_table_held_bytes(const struct fl_table *table);

/* Keeps the least `limit` different places, in record order. */
void fl_places_add(struct fl_place *places, uint32_t *count, uint32_t limit, const struct fl_place *place);

#endif
