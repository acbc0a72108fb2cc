/* store.h: the groups of a plan's tables, whoever gathered them: walked over in key order.
 *
 * A worker has a store of its own. Above its share of memory it writes all its groups to a temporary file, sorted: a
 * run. When the input has ended one store absorbs the others; nothing is merged before a walk does, which streams: it
 * holds the panes of one window and never a whole set of groups. What is walked over does not depend on how much memory
 * there was. A store has one user at a time.
 */
#ifndef FL_GROUP_STORE_H
#define FL_GROUP_STORE_H

#include "core/group/block.h"
#include "core/group/table.h"

struct fl_store;
struct fl_section;

struct fl_store_spec {
    const struct fl_table_spec *tables;
    uint32_t table_count;
    uint64_t budget_bytes; /* above it the store spills; 0 = never */
};

/* The specs' arrays must outlive the store. */
enum fl_status fl_store_new(const struct fl_store_spec *spec, struct fl_store **out);
void fl_store_free(struct fl_store *store);

/* The table that new rows go to. */
const struct fl_table *fl_store_table(const struct fl_store *store, uint32_t table);
/* fl_table_add() and fl_table_add_row(), and a run when there is too much. FL_E_IO: it could not be written, which
 * fl_store_error() tells. */
enum fl_status fl_store_add(struct fl_store *store, uint32_t table, const struct fl_batch *batch,
                            const uint64_t *selection, const uint64_t *const *filters, uint64_t *bad_times);
enum fl_status fl_store_add_row(struct fl_store *store, uint32_t table, const struct fl_table_row *row,
                                uint64_t *bad_times);
enum fl_status fl_store_spill(struct fl_store *store);
/* What became of a call that failed, in a sentence. */
const char *fl_store_error(const struct fl_store *store, enum fl_status status);
/* What went wrong with its files; NULL: nothing did. */
const char *fl_store_trouble(const struct fl_store *store);
uint64_t fl_store_held_bytes(const struct fl_store *store);
/* What it leaves of its budget, and some for a second store when that is nothing; 0 without a budget. */
uint64_t fl_store_left_bytes(const struct fl_store *store);

/* Moves all that `from` has gathered. Both are of one spec. */
enum fl_status fl_store_absorb(struct fl_store *store, struct fl_store *from);
/* Nothing is added any more. If there are runs, the rest is written too, and so many are merged that a walk can read
 * all that are left at once. */
enum fl_status fl_store_settle(struct fl_store *store);

/* Writes the rows of a table, added up, as the section at hand; *count says how many. `place` is told every place that
 * is kept. */
enum fl_status fl_store_write(struct fl_store *s, uint32_t table, struct fl_block_writer *out, uint64_t *count,
                              enum fl_status (*place)(void *context, const struct fl_place *place), void *context);
/* Adds rows that somebody wrote so, in a file that stays open: sections by table, NULL for none. name: of the file, for
 * messages; sources: how its places are numbered. Both outlive the store. */
enum fl_status fl_store_add_file(struct fl_store *store, int fd, const struct fl_section *const *sections,
                                 const char *name, const struct fl_renumbering *sources);

/* An empty one that is made like another, with the memory that this one leaves. */
enum fl_status fl_store_new_like(const struct fl_store *store, struct fl_store **out);
/* Puts what `from` has gathered in that table in the place of the store's own. */
enum fl_status fl_store_replace(struct fl_store *store, uint32_t table, struct fl_store *from);

/* What is said about one group: a view for the judgement, valid during the callback. */
struct fl_group_view {
    const struct fl_value *keys;            /* key_count values */
    int64_t window_start_ms, window_end_ms; /* INT64_MIN both without windows */
    struct fl_counters counters;
    const struct fl_place *evidence; /* in record order */
    uint32_t evidence_count;
    const struct fl_value *measures; /* measure_count values */
    const void *const *states;       /* measure_count states, for merging further */
};

struct fl_walk {
    /* Windows of window_ms start at every multiple of every_ms (both multiples of the table's pane_ms); windows without
     * a record are not visited; every pane's states are merged into each window that holds it. The window of a session
     * is [first_ms, last_ms] of its records. */
    int64_t window_ms, every_ms;
    const uint32_t *measures; /* those of the table that are asked for; NULL = all of them */
    uint32_t measure_count;
    uint64_t least_flows; /* groups with fewer are counted in *passed_over and not visited */
    uint64_t *passed_over;
    enum fl_status (*visit)(void *context, const struct fl_group_view *view);
    void *context;
};

/* Calls visit for every group in key order (by fl_value_compare key by key), the windows of one key in the order of
 * time. visit returning not FL_OK ends the walk. FL_E_LIMIT, before any visit: more groups (keys x panes) than the
 * table's max_groups. */
enum fl_status fl_store_walk(struct fl_store *store, uint32_t table, const struct fl_walk *walk);

#endif
