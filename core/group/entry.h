/* entry.h: the inside of a table, shared by its files. */
#ifndef FL_GROUP_ENTRY_H
#define FL_GROUP_ENTRY_H

#include "core/group/table.h"

/* One group in one pane. Places, then measure states lie behind it. */
struct fl_entry {
    const char *key;
    uint32_t key_len;
    uint32_t place_count;
    struct fl_counters counters;
};

struct fl_slot {
    uint32_t tag;   /* of the hash */
    uint32_t index; /* entry + 1; 0 = free */
};

struct fl_table {
    struct fl_table_spec spec;
    struct fl_measure *measures; /* with their offsets in an entry */
    uint32_t entry_bytes;
    struct fl_arena arena;     /* entries and keys */
    struct fl_entry **entries; /* in order of arrival */
    uint32_t count, entry_capacity;
    struct fl_slot *slots;
    uint32_t slot_mask;
    struct fl_buf key; /* of the row at hand */
};

static inline struct fl_place *fl_entry_places(const struct fl_entry *e)
{
    return (struct fl_place *)(e + 1);
}
static inline void *fl_entry_state(const struct fl_table *t, const struct fl_entry *e, uint32_t m)
{
    return (char *)e + t->measures[m].state_offset;
}

/* NULL when memory is out. */
struct fl_entry *fl_table_find_or_add(struct fl_table *t, const char *key, uint32_t len);
/* Drops every group and the memory behind it. */
void fl_table_clear(struct fl_table *t);
/* evidence.c: keeps the least places. */
void fl_entry_add_place(const struct fl_table *t, struct fl_entry *e, const struct fl_place *place);
void fl_places_add(struct fl_place *places, uint32_t *count, uint32_t limit, const struct fl_place *place);
void fl_counters_merge(struct fl_counters *into, const struct fl_counters *from);

#endif
