#include "core/engine/dedupe.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/temp.h"
#include "core/record/place.h"

#define SEED              UINT64_C(0x6f6e6c79206f6e65)
#define MERGE_RECORDS     2048u /* of a run that are read at a time, at most */
#define MERGE_LEAST       64u
#define RUN_RECORDS_LEAST 4096u

void fl_dedupe_init(struct fl_dedupe *d, uint64_t memory_bytes, uint32_t workers)
{
    uint64_t most = FL_DEDUPE_RUN_BYTES / sizeof(struct fl_seen),
             share = memory_bytes / 2 / workers / sizeof(struct fl_seen);
    if (memory_bytes == 0 || share > most)
        share = most;
    *d = (struct fl_dedupe){.fd = -1,
                            .memory_bytes = memory_bytes,
                            .run_records = share < RUN_RECORDS_LEAST ? RUN_RECORDS_LEAST : (uint32_t)share};
    pthread_mutex_init(&d->lock, NULL);
}

void fl_dedupe_dispose(struct fl_dedupe *d)
{
    for (uint32_t i = 0; i < d->run_count; i++)
        fl_free(d->runs[i].items);
    if (d->fd >= 0)
        close(d->fd);
    fl_free(d->runs);
    fl_free(d->places);
    pthread_mutex_destroy(&d->lock);
}

/* ---- the first pass ---- */

void fl_collector_init(struct fl_collector *c, struct fl_dedupe *dedupe)
{
    *c = (struct fl_collector){.dedupe = dedupe};
    fl_buf_init(&c->row);
}

void fl_collector_dispose(struct fl_collector *c)
{
    fl_free(c->items);
    fl_free(c->texts);
    fl_buf_dispose(&c->row);
}

static int compare_seen(const void *left, const void *right)
{
    const struct fl_seen *a = left, *b = right;
    if (a->hash[0] != b->hash[0])
        return a->hash[0] < b->hash[0] ? -1 : 1;
    if (a->hash[1] != b->hash[1])
        return a->hash[1] < b->hash[1] ? -1 : 1;
    return a->where < b->where ? -1 : a->where > b->where;
}

static bool write_all(int fd, const void *bytes, size_t len, uint64_t offset)
{
    const char *p = bytes;
    while (len > 0) {
        ssize_t n = pwrite(fd, p, len, (off_t)offset);
        if (n <= 0)
            return false;
        p += n;
        offset += (uint64_t)n;
        len -= (size_t)n;
    }
    return true;
}

static enum fl_status add_run(struct fl_dedupe *d, struct fl_seen *items, uint64_t count, bool in_memory)
{
    if (!fl_grow((void **)&d->runs, &d->run_capacity, d->run_count + 1, sizeof *d->runs))
        return FL_E_NOMEM;
    struct fl_seen_run run = {.items = in_memory ? items : NULL, .count = count};
    if (!in_memory) {
        if (d->fd < 0)
            d->fd = fl_temp_open();
        run.offset = d->file_bytes;
        if (d->fd < 0 || !write_all(d->fd, items, count * sizeof *items, run.offset))
            return FL_E_IO;
        d->file_bytes += count * sizeof *items;
    }
    d->runs[d->run_count++] = run;
    return FL_OK;
}

static enum fl_status give(struct fl_collector *c, bool in_memory)
{
    qsort(c->items, c->count, sizeof *c->items, compare_seen);
    pthread_mutex_lock(&c->dedupe->lock);
    enum fl_status status = add_run(c->dedupe, c->items, c->count, in_memory);
    pthread_mutex_unlock(&c->dedupe->lock);
    if (status == FL_OK && in_memory) {
        c->items = NULL;
        c->capacity = 0;
    }
    c->count = 0;
    return status;
}

enum fl_status fl_collector_finish(struct fl_collector *c)
{
    return c->count > 0 ? give(c, true) : FL_OK;
}

/* Ids of texts are a worker's own: a text counts by its hash. */
static bool hash_texts(struct fl_collector *c, const struct fl_map *strings)
{
    if (strings->count > c->text_capacity &&
        !fl_grow((void **)&c->texts, &c->text_capacity, strings->count, sizeof *c->texts))
        return false;
    for (; c->text_count < strings->count; c->text_count++) {
        struct fl_str text = strings->keys[c->text_count];
        fl_hash128(text.ptr, text.len, SEED, c->texts[c->text_count]);
    }
    return true;
}

static void add_cell(struct fl_collector *c, const struct fl_column *column, uint32_t field, uint32_t row)
{
    fl_buf_add_char(&c->row, (char)field);
    switch (fl_fields[field].storage) {
    case FL_S_U8:
        fl_buf_add(&c->row, &column->u8[row], sizeof column->u8[row]);
        return;
    case FL_S_U16:
        fl_buf_add(&c->row, &column->u16[row], sizeof column->u16[row]);
        return;
    case FL_S_I64:
        fl_buf_add(&c->row, &column->i64[row], sizeof column->i64[row]);
        return;
    case FL_S_ADDR:
        fl_buf_add(&c->row, &column->addr[row], sizeof column->addr[row]);
        return;
    case FL_S_U32:
        fl_buf_add(&c->row, c->texts[column->u32[row]], sizeof c->texts[0]);
    }
}

/* For one more, and never for more than a run. */
static bool make_room(struct fl_collector *c)
{
    uint32_t most = c->dedupe->run_records, room = c->capacity == 0 ? 1024 : c->capacity * 2;
    if (c->count < c->capacity)
        return true;
    room = room < most ? room : most;
    struct fl_seen *grown = fl_realloc(c->items, room, sizeof *grown);
    if (grown == NULL)
        return false;
    c->items = grown;
    c->capacity = room;
    return true;
}

enum fl_status fl_collector_add(struct fl_collector *c, const struct fl_batch *batch)
{
    uint32_t fields[FL_DERIVED_FIRST], count = 0;
    for (uint32_t f = 0; f < FL_DERIVED_FIRST; f++)
        if (batch->columns[f].present)
            fields[count++] = f;
    if (!hash_texts(c, &batch->strings))
        return FL_E_NOMEM;
    for (uint32_t r = 0; r < batch->rows; r++) {
        if (!make_room(c))
            return FL_E_NOMEM;
        fl_buf_clear(&c->row);
        for (uint32_t i = 0; i < count; i++)
            if (!fl_column_null(&batch->columns[fields[i]], r))
                add_cell(c, &batch->columns[fields[i]], fields[i], r);
        if (c->row.failed)
            return FL_E_NOMEM;
        struct fl_seen *seen = &c->items[c->count++];
        fl_hash128(c->row.data != NULL ? c->row.data : "", c->row.len, SEED, seen->hash);
        seen->where = fl_place_where(batch->source, batch->base_offset + batch->row_start[r]);
        enum fl_status status = c->count == c->dedupe->run_records ? give(c, false) : FL_OK;
        if (status != FL_OK)
            return status;
    }
    return FL_OK;
}

/* ---- between the passes ---- */

/* A run as it is merged. */
struct stream {
    struct fl_seen *items, *own; /* at hand; own: of what is read */
    uint64_t at, count;
    uint64_t offset, left; /* behind them in the file */
};

/* So that all runs together take half of the memory. */
static uint64_t merge_records(const struct fl_dedupe *d)
{
    uint64_t share = d->memory_bytes / 2 / d->run_count / sizeof(struct fl_seen);
    if (d->memory_bytes == 0 || share > MERGE_RECORDS)
        return MERGE_RECORDS;
    return share < MERGE_LEAST ? MERGE_LEAST : share;
}

static enum fl_status refill(const struct fl_dedupe *d, struct stream *s)
{
    if (s->at < s->count || s->left == 0)
        return FL_OK;
    uint64_t at_once = merge_records(d);
    if (s->own == NULL && (s->own = fl_alloc(at_once * sizeof *s->own)) == NULL)
        return FL_E_NOMEM;
    uint64_t count = s->left < at_once ? s->left : at_once;
    size_t bytes = count * sizeof *s->own;
    for (size_t done = 0; done < bytes;) {
        ssize_t n = pread(d->fd, (char *)s->own + done, bytes - done, (off_t)(s->offset + done));
        if (n <= 0)
            return FL_E_IO;
        done += (size_t)n;
    }
    s->items = s->own;
    s->at = 0;
    s->count = count;
    s->offset += bytes;
    s->left -= count;
    return FL_OK;
}

static bool before(const struct stream *a, const struct stream *b)
{
    return compare_seen(&a->items[a->at], &b->items[b->at]) < 0;
}

static void sink(struct stream *heap, uint32_t count, uint32_t at)
{
    struct stream moving = heap[at];
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        child += child + 1 < count && before(&heap[child + 1], &heap[child]);
        if (!before(&heap[child], &moving))
            break;
        heap[at] = heap[child];
    }
    heap[at] = moving;
}

static bool drop_place(struct fl_dedupe *d, uint64_t where)
{
    if (d->count == d->capacity) {
        uint64_t capacity = d->capacity == 0 ? 1024 : d->capacity * 2;
        uint64_t *grown = fl_realloc(d->places, capacity, sizeof *grown);
        if (grown == NULL)
            return false;
        d->places = grown;
        d->capacity = capacity;
    }
    d->places[d->count++] = where;
    return true;
}

/* All streams as one, in order: what equals its forerunner is dropped. The first of equal ones has the least place. */
static enum fl_status merge(struct fl_dedupe *d, struct stream *heap, uint32_t count)
{
    struct fl_seen last = {{0, 0}, 0};
    bool any = false;
    enum fl_status status = FL_OK;
    for (uint32_t i = count / 2; i-- > 0;)
        sink(heap, count, i);
    while (count > 0 && status == FL_OK) {
        struct fl_seen seen = heap[0].items[heap[0].at++];
        if (any && seen.hash[0] == last.hash[0] && seen.hash[1] == last.hash[1] && !drop_place(d, seen.where))
            return FL_E_NOMEM;
        last = seen;
        any = true;
        status = refill(d, &heap[0]);
        if (status == FL_OK && heap[0].at == heap[0].count) {
            struct stream ended = heap[0];
            heap[0] = heap[--count];
            heap[count] = ended;
        }
        if (status == FL_OK && count > 1)
            sink(heap, count, 0);
    }
    return status;
}

static int compare_places(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

enum fl_status fl_dedupe_settle(struct fl_dedupe *d)
{
    struct stream *streams = fl_alloc_zero((size_t)d->run_count + 1, sizeof *streams);
    enum fl_status status = streams == NULL ? FL_E_NOMEM : FL_OK;
    for (uint32_t i = 0; i < d->run_count && status == FL_OK; i++) {
        const struct fl_seen_run *run = &d->runs[i];
        if (run->items != NULL)
            streams[i] = (struct stream){.items = run->items, .count = run->count};
        else
            streams[i] = (struct stream){.offset = run->offset, .left = run->count};
        status = refill(d, &streams[i]);
    }
    if (status == FL_OK)
        status = merge(d, streams, d->run_count);
    for (uint32_t i = 0; streams != NULL && i < d->run_count; i++)
        fl_free(streams[i].own);
    fl_free(streams);
    for (uint32_t i = 0; i < d->run_count; i++)
        fl_free(d->runs[i].items);
    d->run_count = 0;
    if (d->fd >= 0)
        close(d->fd);
    d->fd = -1;
    if (status == FL_OK && d->count > 1)
        qsort(d->places, d->count, sizeof *d->places, compare_places);
    return status;
}

/* ---- the second pass ---- */

uint64_t fl_dedupe_left_bytes(const struct fl_dedupe *d)
{
    uint64_t taken = d->capacity * sizeof *d->places, least = d->memory_bytes / 4;
    return taken < d->memory_bytes - least ? d->memory_bytes - taken : least;
}

static uint64_t first_at(const struct fl_dedupe *d, uint64_t where)
{
    uint64_t low = 0, high = d->count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (d->places[middle] < where)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint64_t fl_dedupe_drop(const struct fl_dedupe *d, const struct fl_batch *batch, uint64_t *rows)
{
    uint64_t at = first_at(d, fl_place_where(batch->source, batch->base_offset)), dropped = 0;
    for (uint32_t r = 0; r < batch->rows && at < d->count; r++) {
        uint64_t where = fl_place_where(batch->source, batch->base_offset + batch->row_start[r]);
        while (at < d->count && d->places[at] < where)
            at++;
        if (at == d->count || d->places[at] != where)
            continue;
        rows[r >> 6] &= ~(UINT64_C(1) << (r & 63));
        dropped++;
        at++;
    }
    return dropped;
}
