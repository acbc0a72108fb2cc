/* sorter.h: things in the order of a key and a number, however many: what is above the budget lies in a temporary file.
 *
 * Each is a row of a store that has nothing but keys; equal ones are one. A sorter is filled, settled, and then walked
 * over, by several walks at once if need be. One thread.
 */
#ifndef FL_GROUP_SORTER_H
#define FL_GROUP_SORTER_H

#include "core/base/status.h"
#include "core/base/str.h"

struct fl_sorter;
struct fl_sorter_walk;

/* Sorted by key, then number, then bytes. */
struct fl_sorted {
    struct fl_str key;
    uint64_t number;
    struct fl_str bytes;
};

/* budget_bytes: 0 = without end. hash_seed: of keys that others choose. */
enum fl_status fl_sorter_new(uint64_t budget_bytes, uint64_t hash_seed, struct fl_sorter **out);
void fl_sorter_free(struct fl_sorter *sorter); /* or NULL */
/* Copies what it is given. FL_E_IO: the temporary file cannot be written, which fl_sorter_trouble() tells, as
 * it does when the file cannot be read back. */
enum fl_status fl_sorter_add(struct fl_sorter *sorter, const struct fl_sorted *item);
/* Moves all that `from` was given. */
enum fl_status fl_sorter_absorb(struct fl_sorter *sorter, struct fl_sorter *from);
/* Nothing is added any more. */
enum fl_status fl_sorter_settle(struct fl_sorter *sorter);
const char *fl_sorter_trouble(const struct fl_sorter *sorter); /* with its file; or NULL */

/* Before the first. */
enum fl_status fl_sorter_walk(struct fl_sorter *sorter, struct fl_sorter_walk **out);
/* FL_END behind the last. Views: valid until the next call. */
enum fl_status fl_sorter_next(struct fl_sorter_walk *walk, struct fl_sorted *out);
void fl_sorter_walk_end(struct fl_sorter_walk *walk); /* or NULL */

#endif
