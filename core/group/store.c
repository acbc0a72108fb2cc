#include "core/group/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/base/temp.h"
#include "core/group/fold.h"

#define SPILL_LEVEL  (-1)           /* of zstd: runs are read once or twice, and soon */
#define SORT_BYTES   36u            /* that sorting takes for each group */
#define READER_BYTES (256u * 1024u) /* that a walk holds for each run */
#define FAN_IN_MIN   8u
#define FAN_IN_MAX   256u

struct run {
    int fd;
    uint64_t from, end;          /* where it lies in a file of the store */
    struct fl_section *sections; /* by table */
    const char *name;            /* of a file that somebody else closes, or NULL */
    const struct fl_renumbering *sources;
};

struct fl_store {
    struct fl_store_spec spec;
    uint32_t table_count;
    struct fl_table **tables; /* sets of table_count, one set for each store that was absorbed; the first one grows */
    uint32_t set_count, set_capacity;
    int fd; /* of the file that runs are written to, one behind the other; -1: none yet */
    uint64_t file_bytes;
    int *files; /* that belong to the store: fd, and those of stores that were absorbed */
    uint32_t file_count, file_capacity;
    struct run *runs;
    uint32_t run_count, run_capacity;
    uint64_t held_bytes, groups_most; /* in the first set: bytes of all its tables, groups of the largest */
    char error[512];
};

enum fl_status fl_store_new(const struct fl_store_spec *spec, struct fl_store **out)
{
    struct fl_store *s = fl_alloc_zero(1, sizeof *s);
    *out = s;
    if (s == NULL)
        return FL_E_NOMEM;
    s->spec = *spec;
    s->fd = -1;
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

enum fl_status fl_store_new_like(const struct fl_store *s, struct fl_store **out)
{
    struct fl_store_spec spec = s->spec;
    spec.budget_bytes = fl_store_left_bytes(s);
    return fl_store_new(&spec, out);
}

uint64_t fl_store_left_bytes(const struct fl_store *s)
{
    uint64_t budget = s->spec.budget_bytes, held = fl_store_held_bytes(s), least = budget / 8;
    return budget - least > held ? budget - held : least;
}

void fl_store_free(struct fl_store *s)
{
    for (size_t i = 0; s->tables != NULL && i < (size_t)s->set_count * s->table_count; i++)
        if (s->tables[i] != NULL)
            fl_table_free(s->tables[i]);
    for (uint32_t i = 0; i < s->run_count; i++)
        fl_free(s->runs[i].sections);
    for (uint32_t i = 0; i < s->file_count; i++)
        close(s->files[i]);
    fl_free(s->files);
    fl_free(s->runs);
    fl_free(s->tables);
    fl_free(s);
}

const struct fl_table *fl_store_table(const struct fl_store *s, uint32_t table)
{
    return s->tables[table];
}

const char *fl_store_trouble(const struct fl_store *s)
{
    return s->error[0] != '\0' ? s->error : NULL;
}

const char *fl_store_error(const struct fl_store *s, enum fl_status status)
{
    if (status == FL_E_NOMEM)
        return "out of memory";
    return s->error[0] != '\0' ? s->error : "internal error: groups that were written cannot be read";
}

uint64_t fl_store_held_bytes(const struct fl_store *s)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < (size_t)s->set_count * s->table_count; i++)
        sum += s->tables[i] != NULL ? fl_table_held_bytes(s->tables[i]) : 0;
    return sum;
}

static struct fl_table *table_of_set(const struct fl_store *s, uint32_t set, uint32_t table)
{
    return s->tables[(size_t)set * s->table_count + table];
}

/* ---- rows of several sources ---- */

static enum fl_status add_run_cursor(const struct fl_store *s, const struct run *run, uint32_t table,
                                     struct fl_packer *packer, struct fl_cursor *out)
{
    out->run = fl_alloc_zero(1, sizeof *out->run);
    if (out->run == NULL)
        return FL_E_NOMEM;
    out->run->name = run->name;
    return fl_run_cursor_open(out->run, s->tables[table], run->fd, &run->sections[table], run->sources, packer);
}

/* Rows of a table in sets from..to, and in runs 0..run_count. */
static enum fl_status open_rows(const struct fl_store *s, uint32_t table, bool sets, uint32_t run_count,
                                struct fl_rows *rows)
{
    struct fl_cursor *cursors = fl_alloc_zero((size_t)s->set_count + run_count, sizeof *cursors);
    struct fl_packer *packer = fl_packer_new();
    uint32_t count = 0;
    enum fl_status status = cursors == NULL || packer == NULL ? FL_E_NOMEM : FL_OK;
    for (uint32_t i = 0; sets && i < s->set_count && status == FL_OK; i++) {
        struct fl_table *t = table_of_set(s, i, table);
        if (t == NULL || t->count == 0)
            continue;
        status = fl_table_sort(t);
        cursors[count++].table = t;
    }
    for (uint32_t i = 0; i < run_count && status == FL_OK; i++)
        if (s->runs[i].sections[table].rows > 0)
            status = add_run_cursor(s, &s->runs[i], table, packer, &cursors[count++]);
    if (status == FL_OK)
        return fl_rows_open(rows, s->tables[table], cursors, count, packer);
    *rows = (struct fl_rows){.shape = s->tables[table], .cursors = cursors, .cursor_count = count, .packer = packer};
    return status;
}

enum fl_status fl_store_rows(struct fl_store *s, uint32_t table, struct fl_rows *out)
{
    return open_rows(s, table, true, s->run_count, out);
}

/* Whose rows cannot be read, and why? */
void fl_store_note_trouble(struct fl_store *s, const struct fl_rows *rows, enum fl_status status)
{
    for (uint32_t i = 0; i < rows->cursor_count; i++) {
        const struct fl_run_cursor *run = rows->cursors[i].run;
        bool refused = run != NULL && status == FL_E_IO && run->in.error != 0;
        if (run == NULL || (!refused && !(status == FL_E_DATA && run->damaged)))
            continue;
        const char *cause = refused ? strerror(run->in.error) : "its groups are damaged";
        if (run->name != NULL)
            snprintf(s->error, sizeof s->error, "%.400s: %s", run->name, cause);
        else
            snprintf(s->error, sizeof s->error, "a temporary file in %s cannot be read back: %s", fl_temp_folder(),
                     cause);
    }
}

static enum fl_status walk_rows(struct fl_store *s, uint32_t table,
                                enum fl_status (*use)(struct fl_rows *rows, void *context), void *context)
{
    struct fl_rows rows = {0};
    enum fl_status status = open_rows(s, table, true, s->run_count, &rows);
    if (status == FL_OK)
        status = use(&rows, context);
    fl_store_note_trouble(s, &rows, status);
    fl_rows_close(&rows);
    return status;
}

/* ---- runs ---- */

/* FL_E_LIMIT would tell that a table has too many groups. */
static enum fl_status fail_spill(struct fl_store *s, enum fl_status status, int error)
{
    if (status == FL_E_LIMIT)
        snprintf(s->error, sizeof s->error, "a group measures so much that it cannot be written to a temporary file");
    else if (status == FL_E_IO)
        snprintf(s->error, sizeof s->error,
                 "the groups that do not fit into --memory cannot be written to a temporary file in %s: %s",
                 fl_temp_folder(), strerror(error));
    return status == FL_E_LIMIT ? FL_E_IO : status;
}

/* Writes rows as they come. */
static enum fl_status write_rows(struct fl_rows *rows, struct fl_row_writer *writer, struct fl_block_writer *out,
                                 uint64_t *count, enum fl_status (*place)(void *context, const struct fl_place *place),
                                 void *context)
{
    struct fl_row row;
    enum fl_status status;
    fl_row_writer_restart(writer);
    while ((status = fl_rows_next(rows, &row)) == FL_OK) {
        fl_row_write(writer, out, rows->shape, row.key, row.entry);
        (*count)++;
        if (out->status != FL_OK)
            return out->status;
        for (uint32_t i = 0; place != NULL && i < row.entry->place_count; i++) {
            status = place(context, &fl_entry_places(row.entry)[i]);
            if (status != FL_OK)
                return status;
        }
    }
    return status == FL_END ? FL_OK : status;
}

/* One file for all runs of a store: how many may be open at once is limited. */
static enum fl_status open_file(struct fl_store *s)
{
    if (s->fd >= 0)
        return FL_OK;
    if (!fl_grow((void **)&s->files, &s->file_capacity, s->file_count + 1, sizeof *s->files))
        return FL_E_NOMEM;
    s->fd = fl_temp_open();
    if (s->fd < 0)
        return fail_spill(s, FL_E_IO, errno);
    s->files[s->file_count++] = s->fd;
    return FL_OK;
}

/* The run is not read any more. Its room goes back to the disk, where the file system can do that. */
static void drop_run(struct run *run)
{
    if (run->name == NULL)
        (void)!fallocate(run->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)run->from,
                         (off_t)(run->end - run->from));
    fl_free(run->sections);
}

/* Writes the rows of sets, or those of the first runs, in key order as one run. */
static enum fl_status write_run(struct fl_store *s, bool sets, uint32_t run_count, struct run *out)
{
    struct fl_block_writer w;
    struct fl_row_writer writer;
    enum fl_status status = open_file(s);
    *out = (struct run){.fd = s->fd, .from = s->file_bytes};
    if (status != FL_OK)
        return status;
    out->sections = fl_alloc_zero((size_t)s->table_count, sizeof *out->sections);
    status = fl_block_writer_open(&w, out->fd, SPILL_LEVEL);
    w.at = out->from;
    w.item_most = SIZE_MAX;
    if (out->sections == NULL)
        status = FL_E_NOMEM;
    fl_row_writer_init(&writer);
    for (uint32_t t = 0; t < s->table_count && status == FL_OK; t++) {
        struct fl_rows rows = {0};
        struct fl_section *section = &out->sections[t];
        section->from = w.at;
        status = open_rows(s, t, sets, run_count, &rows);
        if (status == FL_OK)
            status = write_rows(&rows, &writer, &w, &section->rows, NULL, NULL);
        fl_store_note_trouble(s, &rows, status);
        fl_rows_close(&rows);
        fl_block_flush(&w);
        section->end = w.at;
        status = status == FL_OK ? w.status : status;
    }
    out->end = s->file_bytes = w.at;
    fl_row_writer_dispose(&writer);
    fl_block_writer_close(&w);
    return w.status != FL_OK ? fail_spill(s, status, w.error) : status;
}

/* Puts a run that was written behind the others. */
static enum fl_status keep_run(struct fl_store *s, enum fl_status status, struct run *run)
{
    if (status == FL_OK && !fl_grow((void **)&s->runs, &s->run_capacity, s->run_count + 1, sizeof *s->runs))
        status = FL_E_NOMEM;
    if (status == FL_OK)
        s->runs[s->run_count++] = *run;
    else
        fl_free(run->sections);
    return status;
}

static uint32_t fan_in(const struct fl_store *s)
{
    uint64_t n = s->spec.budget_bytes / READER_BYTES;
    return n < FAN_IN_MIN ? FAN_IN_MIN : n > FAN_IN_MAX ? FAN_IN_MAX : (uint32_t)n;
}

/* Merges the oldest runs until there are at most so many. What is merged goes behind the others, so that every run has
 * its turn before one is written again. */
static enum fl_status merge_runs(struct fl_store *s, uint32_t most, uint32_t at_once)
{
    enum fl_status status = FL_OK;
    while (status == FL_OK && s->run_count > most) {
        struct run run;
        status = write_run(s, false, at_once, &run);
        for (uint32_t i = 0; status == FL_OK && i < at_once; i++)
            drop_run(&s->runs[i]);
        if (status == FL_OK) {
            s->run_count -= at_once;
            memmove(s->runs, s->runs + at_once, s->run_count * sizeof *s->runs);
        }
        status = keep_run(s, status, &run);
    }
    return status;
}

enum fl_status fl_store_spill(struct fl_store *s)
{
    struct run run;
    enum fl_status status = keep_run(s, write_run(s, true, 0, &run), &run);
    for (size_t i = 0; i < (size_t)s->set_count * s->table_count; i++)
        if (s->tables[i] != NULL)
            fl_table_clear(s->tables[i]);
    s->held_bytes = s->groups_most = 0;
    return status;
}

static enum fl_status spill_if_full(struct fl_store *s)
{
    uint64_t budget = s->spec.budget_bytes;
    return budget == 0 || s->held_bytes + SORT_BYTES * s->groups_most <= budget ? FL_OK : fl_store_spill(s);
}

enum fl_status fl_store_settle(struct fl_store *s)
{
    uint64_t groups = 0;
    for (size_t i = 0; i < (size_t)s->set_count * s->table_count; i++)
        groups += s->tables[i] != NULL ? s->tables[i]->count : 0;
    if (s->run_count == 0)
        return FL_OK;
    enum fl_status status = groups > 0 ? fl_store_spill(s) : FL_OK;
    return status == FL_OK ? merge_runs(s, fan_in(s), fan_in(s)) : status;
}

/* ---- adding ---- */

static void note_growth(struct fl_store *s, const struct fl_table *t, uint64_t held_before)
{
    s->held_bytes += fl_table_held_bytes(t) - held_before;
    if (t->count > s->groups_most)
        s->groups_most = t->count;
}

static bool spreads(const struct fl_table *t)
{
    bool any = false;
    for (uint32_t m = 0; m < t->spec.measure_count; m++)
        any |= t->measures[m].spread;
    return any;
}

/* A record that is spread may make FL_SPREAD_PANES_MAX groups: then memory is looked at every 64 rows. */
enum fl_status fl_store_add(struct fl_store *s, uint32_t table, const struct fl_batch *batch, const uint64_t *selection,
                            const uint64_t *const *filters, uint64_t *bad_times)
{
    struct fl_table *t = s->tables[table];
    uint32_t words = fl_batch_words(batch), step = spreads(t) ? 1 : words;
    enum fl_status status = FL_OK;
    for (uint32_t w = 0; w < words && status == FL_OK; w += step) {
        uint64_t before = fl_table_held_bytes(t);
        status = fl_table_add(t, batch, selection, w, w + step, filters, bad_times);
        note_growth(s, t, before);
        if (status == FL_OK)
            status = spill_if_full(s);
    }
    return status;
}

enum fl_status fl_store_add_row(struct fl_store *s, uint32_t table, const struct fl_table_row *row, uint64_t *bad_times)
{
    struct fl_table *t = s->tables[table];
    uint64_t before = fl_table_held_bytes(t);
    enum fl_status status = fl_table_add_row(t, row, bad_times);
    note_growth(s, t, before);
    return status == FL_OK ? spill_if_full(s) : status;
}

enum fl_status fl_store_absorb(struct fl_store *s, struct fl_store *from)
{
    if (s->table_count == 0)
        return FL_OK;
    size_t set_bytes = s->table_count * sizeof *s->tables;
    if (!fl_grow((void **)&s->tables, &s->set_capacity, s->set_count + from->set_count, set_bytes) ||
        !fl_grow((void **)&s->runs, &s->run_capacity, s->run_count + from->run_count, sizeof *s->runs) ||
        !fl_grow((void **)&s->files, &s->file_capacity, s->file_count + from->file_count, sizeof *s->files))
        return FL_E_NOMEM;
    memcpy(s->tables + (size_t)s->set_count * s->table_count, from->tables, from->set_count * set_bytes);
    memset(from->tables, 0, from->set_count * set_bytes);
    s->set_count += from->set_count;
    if (from->run_count > 0)
        memcpy(s->runs + s->run_count, from->runs, from->run_count * sizeof *s->runs);
    s->run_count += from->run_count;
    from->run_count = 0;
    if (from->file_count > 0)
        memcpy(s->files + s->file_count, from->files, from->file_count * sizeof *s->files);
    s->file_count += from->file_count;
    from->file_count = 0;
    s->spec.budget_bytes += from->spec.budget_bytes;
    return FL_OK;
}

enum fl_status fl_store_replace(struct fl_store *s, uint32_t table, struct fl_store *from)
{
    for (uint32_t i = 0; i < s->set_count; i++)
        if (table_of_set(s, i, table) != NULL)
            fl_table_clear(table_of_set(s, i, table));
    for (uint32_t i = 0; i < s->run_count; i++)
        s->runs[i].sections[table] = (struct fl_section){0};
    from->spec.budget_bytes = 0; /* it was the same memory */
    return fl_store_absorb(s, from);
}

enum fl_status fl_store_write(struct fl_store *s, uint32_t table, struct fl_block_writer *out, uint64_t *count,
                              enum fl_status (*place)(void *context, const struct fl_place *place), void *context)
{
    struct fl_rows rows = {0};
    struct fl_row_writer writer;
    fl_row_writer_init(&writer);
    *count = 0;
    enum fl_status status = open_rows(s, table, true, s->run_count, &rows);
    if (status == FL_OK)
        status = write_rows(&rows, &writer, out, count, place, context);
    fl_store_note_trouble(s, &rows, status);
    fl_rows_close(&rows);
    fl_row_writer_dispose(&writer);
    return status;
}

enum fl_status fl_store_add_file(struct fl_store *s, int fd, const struct fl_section *const *sections, const char *name,
                                 const struct fl_renumbering *sources)
{
    struct run run = {.fd = fd, .name = name, .sources = sources};
    run.sections = fl_alloc_zero((size_t)s->table_count + 1, sizeof *run.sections);
    if (run.sections == NULL)
        return FL_E_NOMEM;
    for (uint32_t t = 0; t < s->table_count; t++)
        if (sections[t] != NULL)
            run.sections[t] = *sections[t];
    return keep_run(s, FL_OK, &run);
}

/* ---- walking ---- */

static enum fl_status count_rows(struct fl_rows *rows, void *context)
{
    uint64_t limit = *(const uint64_t *)context, count = 0;
    struct fl_row row;
    enum fl_status status = FL_OK;
    while (status == FL_OK && (status = fl_rows_next(rows, &row)) == FL_OK)
        if (++count > limit)
            status = FL_E_LIMIT;
    return status == FL_END ? FL_OK : status;
}

/* More groups than are allowed? Sources that share keys are merged to know. */
static enum fl_status check_limit(struct fl_store *s, uint32_t table)
{
    uint64_t limit = s->tables[table]->spec.max_groups, most = 0;
    for (uint32_t i = 0; i < s->set_count; i++)
        most += table_of_set(s, i, table) != NULL ? fl_table_groups(table_of_set(s, i, table)) : 0;
    for (uint32_t i = 0; i < s->run_count; i++)
        most += s->runs[i].sections[table].rows;
    return most <= limit ? FL_OK : walk_rows(s, table, count_rows, &limit);
}

static enum fl_status fold_rows(struct fl_rows *rows, void *context)
{
    return fl_fold_rows(rows, context);
}

enum fl_status fl_store_walk(struct fl_store *s, uint32_t table, const struct fl_walk *walk)
{
    enum fl_status status = check_limit(s, table);
    return status == FL_OK ? walk_rows(s, table, fold_rows, (void *)walk) : status;
}
