#include "core/group/store.h"

#include <string.h>

#include "core/base/memory.h"
#include "core/group/fold.h"

struct fl_store {
    struct fl_store_spec spec;
    uint32_t table_count;
    struct fl_table **tables; /* sets of table_count, one set for each store that was absorbed; the first one grows */
    uint32_t set_count, set_capacity;
};

static void free_set(struct fl_table **set, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (set[i] != NULL)
            fl_table_free(set[i]);
}

enum fl_status fl_store_new(const struct fl_store_spec *spec, struct fl_store **out)
{
    struct fl_store *s = fl_alloc_zero(1, sizeof *s);
    *out = s;
    if (s == NULL)
        return FL_E_NOMEM;
    s->spec = *spec;
    s->table_count = spec->table_count;
    s->set_count = s->set_capacity = 1;
    s->tables = fl_alloc_zero((size_t)spec->table_count + 1, sizeof *s->tables);
    enum fl_status status = s->tables == NULL ? FL_E_NOMEM : FL_OK;
    for (uint32_t i = 0; i < spec->table_count && status == FL_OK; i++)
        status = fl_table_new(&spec->tables[i], &s->tables[i]);
    if (status != FL_OK) {
        fl_store_free(s);
        *out = NULL;
    }
    return status;
}

void fl_store_free(struct fl_store *s)
{
    for (uint32_t i = 0; s->tables != NULL && i < s->set_count; i++)
        free_set(s->tables + (size_t)i * s->table_count, s->table_count);
    fl_free(s->tables);
    fl_free(s);
}

enum fl_status fl_store_new_like(const struct fl_store *s, struct fl_store **out)
{
    return fl_store_new(&s->spec, out);
}

struct fl_table *fl_store_table(const struct fl_store *s, uint32_t table)
{
    return s->tables[table];
}

enum fl_status fl_store_absorb(struct fl_store *s, struct fl_store *from)
{
    if (s->table_count == 0)
        return FL_OK;
    size_t set_bytes = s->table_count * sizeof *s->tables;
    if (!fl_grow((void **)&s->tables, &s->set_capacity, s->set_count + from->set_count, set_bytes))
        return FL_E_NOMEM;
    memcpy(s->tables + (size_t)s->set_count * s->table_count, from->tables, from->set_count * set_bytes);
    memset(from->tables, 0, from->set_count * set_bytes);
    s->set_count += from->set_count;
    return FL_OK;
}

static struct fl_table *table_of_set(const struct fl_store *s, uint32_t set, uint32_t table)
{
    return s->tables[(size_t)set * s->table_count + table];
}

enum fl_status fl_store_replace(struct fl_store *s, uint32_t table, struct fl_store *from)
{
    for (uint32_t i = 0; i < s->set_count; i++)
        if (table_of_set(s, i, table) != NULL)
            fl_table_clear(table_of_set(s, i, table));
    return fl_store_absorb(s, from);
}

static enum fl_status open_rows(struct fl_store *s, uint32_t table, struct fl_rows *rows)
{
    struct fl_cursor *cursors = fl_alloc_zero(s->set_count, sizeof *cursors);
    uint32_t count = 0;
    if (cursors == NULL)
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < s->set_count; i++) {
        struct fl_table *t = table_of_set(s, i, table);
        if (t == NULL || t->count == 0)
            continue;
        if (fl_table_sort(t) != FL_OK) {
            fl_free(cursors);
            return FL_E_NOMEM;
        }
        cursors[count++].table = t;
    }
    return fl_rows_open(rows, s->tables[table], cursors, count);
}

/* More groups than are allowed? Sources that share keys are merged to know. */
static enum fl_status check_limit(struct fl_store *s, uint32_t table)
{
    uint64_t limit = s->tables[table]->spec.max_groups, most = 0, count = 0;
    for (uint32_t i = 0; i < s->set_count; i++)
        most += table_of_set(s, i, table) != NULL ? fl_table_groups(table_of_set(s, i, table)) : 0;
    if (most <= limit)
        return FL_OK;
    struct fl_rows rows = {0};
    struct fl_row row;
    enum fl_status status = open_rows(s, table, &rows);
    while (status == FL_OK && (status = fl_rows_next(&rows, &row)) == FL_OK)
        if (++count > limit)
            status = FL_E_LIMIT;
    fl_rows_close(&rows);
    return status == FL_END ? FL_OK : status;
}

enum fl_status fl_store_walk(struct fl_store *s, uint32_t table, const struct fl_walk *walk)
{
    enum fl_status status = check_limit(s, table);
    if (status != FL_OK)
        return status;
    struct fl_rows rows = {0};
    status = open_rows(s, table, &rows);
    if (status == FL_OK)
        status = fl_fold_rows(&rows, walk);
    fl_rows_close(&rows);
    return status;
}
