/* entry.h: the inside of a table, shared by its files. */
#ifndef FL_GROUP_ENTRY_H
#define FL_GROUP_ENTRY_H

#include "core/group/key.h"
#include "core/group/table.h"

/* One group in one pane. Places, then measure states, then in tables the key lie behind it. Totals are 96 bits wide,
 * which 2^32 records of the greatest value do not fill; the least start_time is that of the least place. */
struct fl_entry {
    uint32_t key_len;
    uint32_t place_count;
    uint64_t flows, packets, bytes;
    int32_t packets_high, bytes_high;
    int64_t last_ms;
};

struct fl_slot {
    uint32_t tag; /* of the hash */
    uint32_t ref; /* of the entry; 0 = free */
};

/* Entries lie in chunks and never move. A reference is a chunk's number and the entry's place in it. */
#define FL_REF_SHIFT  17u
#define FL_REF_UNIT   8u
#define FL_CHUNK_MIN  4096u
#define FL_CHUNKS_MAX (1u << (32 - FL_REF_SHIFT))

struct fl_table_chunk {
    char *bytes;
    uint32_t size, used;
};

/* Of a text that is the only key: its latest group. */
struct fl_text_group {
    int64_t pane;
    struct fl_entry *entry;
};

struct fl_table {
    struct fl_table_spec spec;
    enum fl_type *key_types;
    struct fl_measure *measures; /* with their offsets in an entry */
    uint32_t entry_bytes;        /* without the key */
    uint32_t state_bytes;        /* of that, the states at its end */
    struct fl_table_chunk *chunks;
    uint32_t chunk_count, chunk_capacity;
    uint32_t count;
    struct fl_slot *slots;
    uint32_t slot_mask;
    int64_t held_bytes;            /* chunks, slots and what measures hold */
    uint32_t *sorted;              /* references in key order, or NULL */
    struct fl_buf keys;            /* of the rows at hand */
    struct fl_text_group *by_text; /* by the text's number in text_batch */
    uint32_t text_capacity;
    const struct fl_batch *text_batch;
};

static inline struct fl_place *fl_entry_places(const struct fl_entry *e)
{
    return (struct fl_place *)(e + 1);
}
static inline void *fl_entry_state(const struct fl_table *t, const struct fl_entry *e, uint32_t m)
{
    return (char *)e + t->measures[m].state_offset;
}
static inline const uint8_t *fl_entry_key(const struct fl_table *t, const struct fl_entry *e)
{
    return (const uint8_t *)e + t->entry_bytes;
}
static inline struct fl_entry *fl_table_at(const struct fl_table *t, uint32_t ref)
{
    uint32_t low = ref & ((1u << FL_REF_SHIFT) - 1);
    return (struct fl_entry *)(t->chunks[ref >> FL_REF_SHIFT].bytes + (size_t)low * FL_REF_UNIT);
}

static inline void fl_entry_clear(struct fl_entry *e)
{
    *e = (struct fl_entry){.last_ms = INT64_MIN};
}
static inline void fl_total_add(uint64_t *low, int32_t *high, int64_t value)
{
    uint64_t sum = *low + (uint64_t)value;
    *high += (sum < *low) - (value < 0);
    *low = sum;
}
void fl_entry_counters(const struct fl_entry *e, struct fl_counters *out);
void fl_entry_add_counters(struct fl_entry *e, const struct fl_counters *counters); /* first_ms aside */

/* NULL when memory is out. */
struct fl_entry *fl_table_find_or_add(struct fl_table *t, const uint8_t *key, uint32_t len);
/* Drops every group and the memory behind it. */
void fl_table_clear(struct fl_table *t);
/* evidence.c: keeps the least places. */
void fl_entry_add_place(const struct fl_table *t, struct fl_entry *e, const struct fl_place *place);
/* Adds what `from` holds; both are of this table's shape. */
enum fl_status fl_entry_merge(const struct fl_table *t, struct fl_entry *into, const struct fl_entry *from);
void fl_entry_dispose_states(const struct fl_table *t, struct fl_entry *e);
/* sort.c: brings references into key order, once for any number of walks. */
enum fl_status fl_table_sort(struct fl_table *t);

#endif
