#include "core/group/sorter.h"

#include "core/base/memory.h"
#include "core/group/rows.h"
#include "core/group/store.h"

#define SCRATCH_BYTES_MAX (64u * 1024u)

enum { KEY, NUMBER, BYTES, PARTS };

static const uint32_t no_fields[PARTS] = {FL_FIELD_NONE, FL_FIELD_NONE, FL_FIELD_NONE};
static const enum fl_type part_types[PARTS] = {FL_T_STR, FL_T_INT, FL_T_STR};

struct fl_sorter {
    struct fl_table_spec table;
    struct fl_store *store;
};

struct fl_sorter_walk {
    struct fl_store *store;
    struct fl_rows rows;
    struct fl_arena scratch; /* of texts that are not in the row as they are */
};

enum fl_status fl_sorter_new(uint64_t budget_bytes, uint64_t hash_seed, struct fl_sorter **out)
{
    struct fl_sorter *s = fl_alloc_zero(1, sizeof *s);
    *out = s;
    if (s == NULL)
        return FL_E_NOMEM;
    s->table = (struct fl_table_spec){.keys = no_fields,
                                      .key_count = PARTS,
                                      .key_types = part_types,
                                      .keys_only = true,
                                      .max_groups = UINT64_MAX,
                                      .hash_seed = hash_seed};
    struct fl_store_spec spec = {.tables = &s->table, .table_count = 1, .budget_bytes = budget_bytes};
    return fl_store_new(&spec, &s->store);
}

void fl_sorter_free(struct fl_sorter *s)
{
    if (s != NULL && s->store != NULL)
        fl_store_free(s->store);
    fl_free(s);
}

enum fl_status fl_sorter_add(struct fl_sorter *s, const struct fl_sorted *item)
{
    struct fl_value parts[PARTS] = {[KEY] = {.type = FL_T_STR, .str = item->key},
                                    [NUMBER] = fl_value_int(FL_T_INT, item->number),
                                    [BYTES] = {.type = FL_T_STR, .str = item->bytes}};
    struct fl_table_row row = {.keys = parts, .counters.last_ms = INT64_MIN};
    uint64_t bad_times = 0;
    return fl_store_add_row(s->store, 0, &row, &bad_times);
}

enum fl_status fl_sorter_absorb(struct fl_sorter *s, struct fl_sorter *from)
{
    return fl_store_absorb(s->store, from->store);
}

enum fl_status fl_sorter_settle(struct fl_sorter *s)
{
    return fl_store_settle(s->store);
}

const char *fl_sorter_trouble(const struct fl_sorter *s)
{
    return s == NULL || s->store == NULL ? NULL : fl_store_trouble(s->store);
}

enum fl_status fl_sorter_walk(struct fl_sorter *s, struct fl_sorter_walk **out)
{
    struct fl_sorter_walk *walk = fl_alloc_zero(1, sizeof *walk);
    *out = walk;
    if (walk == NULL)
        return FL_E_NOMEM;
    fl_arena_init(&walk->scratch);
    walk->store = s->store;
    enum fl_status status = fl_store_rows(s->store, 0, &walk->rows);
    fl_store_note_trouble(s->store, &walk->rows, status);
    return status;
}

enum fl_status fl_sorter_next(struct fl_sorter_walk *walk, struct fl_sorted *out)
{
    struct fl_row row;
    struct fl_value parts[PARTS];
    enum fl_status status = fl_rows_next(&walk->rows, &row);
    if (status != FL_OK) {
        fl_store_note_trouble(walk->store, &walk->rows, status);
        return status;
    }
    if (walk->scratch.held_bytes > SCRATCH_BYTES_MAX) {
        fl_arena_dispose(&walk->scratch);
        fl_arena_init(&walk->scratch);
    }
    size_t at = 0;
    for (uint32_t i = 0; i < PARTS; i++) {
        size_t n = fl_key_decode(row.key + at, row.entry->key_len - at, part_types[i], &walk->scratch, &parts[i]);
        if (n == 0)
            return fl_memory_ran_out() ? FL_E_NOMEM : FL_E_DATA;
        at += n;
    }
    *out = (struct fl_sorted){parts[KEY].str, (uint64_t)parts[NUMBER].i, parts[BYTES].str};
    return FL_OK;
}

void fl_sorter_walk_end(struct fl_sorter_walk *walk)
{
    if (walk == NULL)
        return;
    fl_rows_close(&walk->rows);
    fl_arena_dispose(&walk->scratch);
    fl_free(walk);
}
