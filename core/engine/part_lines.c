/* part_lines.c: raw lines that files of a part carry, looked up by their places. */
#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/engine/engine.h"

#define LINES_AT_ONCE 500000u /* that are looked for in one pass over the files */

struct finding_lines {
    struct fl_wanted *wanted; /* in order of `where` */
    uint32_t count, capacity;
    bool *found;
    struct fl_block_reader in;
    struct fl_buf raw, texts; /* of the line at hand */
    size_t *ends;             /* of each text */
    struct fl_str *fields;
    uint32_t field_capacity, end_capacity;
    enum fl_status (*take)(void *context, const struct fl_evidence_line *line);
    void *context;
    bool refused; /* by take() */
};

/* The first that is wanted at `where`; count when there is none. */
static uint32_t find(const struct finding_lines *l, uint64_t where)
{
    uint32_t low = 0, high = l->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (l->wanted[middle].where < where)
            low = middle + 1;
        else
            high = middle;
    }
    return low < l->count && l->wanted[low].where == where ? low : l->count;
}

static enum fl_status take_texts(struct finding_lines *l, uint64_t count)
{
    if (count > FL_COLUMNS_MAX * 16u ||
        !fl_grow((void **)&l->fields, &l->field_capacity, (uint32_t)count * 2 + 1, sizeof *l->fields) ||
        !fl_grow((void **)&l->ends, &l->end_capacity, (uint32_t)count * 2 + 1, sizeof *l->ends))
        return count > FL_COLUMNS_MAX * 16u ? FL_E_DATA : FL_E_NOMEM;
    fl_buf_clear(&l->texts);
    for (uint64_t i = 0; i < 2 * count; i++) {
        struct fl_str text;
        enum fl_status status = fl_block_take_bytes(&l->in, &text);
        if (status != FL_OK)
            return status;
        fl_buf_add(&l->texts, text.ptr, text.len);
        l->ends[i] = l->texts.len;
    }
    if (l->texts.failed)
        return FL_E_NOMEM;
    for (uint64_t i = 0; i < 2 * count; i++) {
        size_t from = i == 0 ? 0 : l->ends[i - 1];
        l->fields[i] = (struct fl_str){l->texts.data + from, l->ends[i] - from};
    }
    return FL_OK;
}

static enum fl_status take_line(struct finding_lines *l, const struct fl_part_file *file)
{
    uint64_t where, record = 0, count = 0;
    struct fl_str raw = FL_STR("");
    enum fl_status status = fl_block_take_number(&l->in, &where);
    if (status == FL_OK)
        status = fl_block_take_number(&l->in, &record);
    if (status == FL_OK)
        status = fl_block_take_bytes(&l->in, &raw);
    if (status != FL_OK)
        return status;
    fl_buf_clear(&l->raw);
    fl_buf_add(&l->raw, raw.ptr, raw.len);
    status = fl_block_take_number(&l->in, &count);
    if (status == FL_OK)
        status = take_texts(l, count);
    if (status != FL_OK || l->raw.failed || !fl_place_renumber(&file->sources, &where) || record == 0)
        return status != FL_OK ? status : l->raw.failed ? FL_E_NOMEM : FL_E_DATA;
    struct fl_evidence_line line = {
        .record = record, .raw = {l->raw.data, l->raw.len}, .fields = l->fields, .field_count = (uint32_t)count};
    for (uint32_t i = find(l, where); i < l->count && l->wanted[i].where == where && status == FL_OK; i++) {
        line.tag = l->wanted[i].tag;
        l->found[i] = true;
        status = l->take(l->context, &line);
        l->refused = status != FL_OK;
    }
    return status;
}

static enum fl_status search_file(struct finding_lines *l, struct fl_part_file *file, struct fl_packer *packer)
{
    const struct fl_section *where = fl_container_find(&file->container, FL_SECTION_LINES, 0);
    if (where == NULL) {
        snprintf(file->trouble, sizeof file->trouble, "%.400s: it has no lines", file->path);
        return FL_E_DATA;
    }
    fl_block_reader_open(&l->in, file->container.fd, where->from, where->end, packer);
    enum fl_status status = FL_OK;
    for (uint64_t i = 0; i < where->rows && status == FL_OK; i++)
        status = take_line(l, file);
    if (l->in.error != 0 || (status == FL_E_DATA && !l->refused))
        snprintf(file->trouble, sizeof file->trouble, "%.400s: %s", file->path,
                 l->in.error != 0 ? strerror(l->in.error) : "its lines are damaged");
    fl_block_reader_close(&l->in);
    return status;
}

/* The next ones that are wanted. */
static enum fl_status fill(struct finding_lines *l, const struct fl_wanted_feed *feed)
{
    enum fl_status status = FL_OK;
    l->count = 0;
    while (l->count < LINES_AT_ONCE) {
        if (!fl_grow((void **)&l->wanted, &l->capacity, l->count + 1, sizeof *l->wanted))
            return FL_E_NOMEM;
        status = feed->next(feed->context, &l->wanted[l->count]);
        if (status != FL_OK)
            break;
        l->count++;
    }
    return status == FL_END ? FL_OK : status;
}

static enum fl_status search(struct finding_lines *l, const struct fl_part *part, struct fl_packer *packer)
{
    enum fl_status status = FL_OK;
    l->found = fl_alloc_zero((size_t)l->count + 1, sizeof *l->found);
    if (l->found == NULL)
        return FL_E_NOMEM;
    for (uint32_t f = 0; f < part->file_count && status == FL_OK; f++)
        status = search_file(l, &part->files[f], packer);
    for (uint32_t i = 0; i < l->count && status == FL_OK; i++) {
        struct fl_evidence_line missing = {.tag = l->wanted[i].tag};
        if (!l->found[i])
            status = l->take(l->context, &missing);
    }
    fl_free(l->found);
    return status;
}

enum fl_status fl_part_lines(const struct fl_part *part, const struct fl_wanted_feed *feed,
                             enum fl_status (*take)(void *context, const struct fl_evidence_line *line), void *context)
{
    struct finding_lines l = {.take = take, .context = context};
    struct fl_packer *packer = fl_packer_new();
    fl_buf_init(&l.raw);
    fl_buf_init(&l.texts);
    enum fl_status status = packer == NULL ? FL_E_NOMEM : fill(&l, feed);
    while (l.count > 0 && status == FL_OK) {
        status = search(&l, part, packer);
        if (status == FL_OK)
            status = fill(&l, feed);
    }
    fl_buf_dispose(&l.raw);
    fl_buf_dispose(&l.texts);
    fl_free(l.fields);
    fl_free(l.ends);
    fl_free(l.wanted);
    fl_packer_free(packer);
    return status;
}
