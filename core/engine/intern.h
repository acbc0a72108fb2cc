/* intern.h: short texts of a column -> ids of the worker's strings, most of them without hashing.
 *
 * Records of one interface come again and again: a table of the texts seen lately stands in front of the map. One per
 * worker, for the one map that it was made for.
 */
#ifndef FL_ENGINE_INTERN_H
#define FL_ENGINE_INTERN_H

#include "core/base/map.h"

#define FL_INTERN_SLOTS     16384u
#define FL_INTERN_BYTES_MAX 24u /* of a text that the table can hold */

struct fl_intern_slot {
    uint64_t words[3];
    uint32_t len; /* 0: free */
    uint32_t id;
};

struct fl_intern {
    struct fl_map *strings;
    struct fl_intern_slot *slots; /* FL_INTERN_SLOTS; a page of them costs nothing before it is used */
};

/* A text on its way into the table: what it is compared by, and where. */
struct fl_intern_key {
    uint64_t words[3];
    uint32_t slot;
};

bool fl_intern_init(struct fl_intern *table, struct fl_map *strings); /* false when memory is out */
void fl_intern_dispose(struct fl_intern *table);
/* Two steps, so that the memory that one text waits for is fetched while others are looked up. The text has at least
 * 64 readable bytes behind it. */
void fl_intern_prepare(const struct fl_intern *table, struct fl_str text, struct fl_intern_key *key);
/* The id of the text. FL_MAP_NONE when memory is out. */
uint32_t fl_intern_find(struct fl_intern *table, struct fl_str text, const struct fl_intern_key *key);

#endif
