#include "core/engine/worker.h"

#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/temp.h"
#include "core/engine/scan.h"

static uint32_t most_filters(const struct fl_plan *plan)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < plan->table_count; i++)
        if (plan->tables[i].filter_count > most)
            most = plan->tables[i].filter_count;
    return most;
}

/* Of its hours, once in memory and once for what is written. */
static uint64_t coverage_memory(const struct fl_worker *worker)
{
    return worker->options->memory_bytes / worker->share / FL_COVERAGE_SHARE;
}

static enum fl_status make_store(struct fl_worker *worker)
{
    const struct fl_plan *plan = worker->plan;
    struct fl_part *part = &worker->part;
    part->rules = fl_alloc_zero((size_t)plan->rule_count + 1, sizeof *part->rules);
    worker->filters = fl_alloc_zero((size_t)most_filters(plan) + 1, sizeof *worker->filters);
    if (part->rules == NULL || worker->filters == NULL)
        return FL_E_NOMEM;
    part->rule_count = plan->rule_count;
    uint64_t share = worker->options->memory_bytes / worker->share;
    struct fl_store_spec spec = {.tables = plan->table_specs,
                                 .table_count = plan->table_count,
                                 .budget_bytes = share - share / FL_COVERAGE_SHARE * 2};
    return fl_store_new(&spec, &part->store);
}

/* Brings values of rows that somebody asked for: derived ones are computed, the others decoded. */
static enum fl_status fill_lazy(void *context, struct fl_batch *batch, uint32_t field, const uint64_t *rows)
{
    struct fl_worker *worker = context;
    if (field >= FL_DERIVED_FIRST)
        return fl_derive_fill(&worker->plan->derive, &worker->learned, batch, field, rows);
    return fl_host_fill(&worker->host, field, rows);
}

enum fl_status fl_worker_init(struct fl_worker *worker, const struct fl_plan *plan,
                              const struct fl_source_list *sources, const struct fl_engine_options *options,
                              uint32_t workers, struct fl_part *shared, struct fl_error *err)
{
    memset(worker, 0, sizeof *worker);
    worker->share = workers;
    worker->plan = plan;
    worker->sources = sources;
    worker->options = options;
    worker->shared = shared;
    fl_arena_init(&worker->scratch);
    fl_learned_init(&worker->learned);
    fl_join_init(&worker->join, plan->policy->inventory);
    worker->learned.join = &worker->join;
    fl_collector_init(&worker->collector, options->collect);
    fl_map_init(&worker->part.unknown_columns);
    enum fl_status status = fl_coverage_init(&worker->part.coverage, coverage_memory(worker));
    if (status == FL_OK)
        status = fl_batch_init(&worker->batch, &plan->wanted);
    if (status == FL_OK)
        status = fl_batch_make_lazy(&worker->batch, &plan->lazy, fill_lazy, worker);
    if (status == FL_OK)
        status = fl_host_init(&worker->host, &worker->batch, &plan->wanted, options->told_format,
                              &worker->part.unknown_columns);
    if (status == FL_OK)
        status = make_store(worker);
    if (status == FL_OK) {
        worker->bitmap_count = 3 + most_filters(plan);
        worker->reader = fl_reader_new(options->chunk_bytes);
        worker->program = fl_program_state_new(plan->program);
        if (worker->reader == NULL || worker->program == NULL)
            status = FL_E_NOMEM;
    }
    if (status == FL_E_NOMEM)
        fl_fail(err, status, "out of memory while starting a worker");
    if (status == FL_OK && options->ops != NULL)
        status = options->ops->open_vm(options->ops->context, &worker->vm, err);
    return status;
}

static void dispose_rules(struct fl_part *part)
{
    if (part->store != NULL)
        fl_store_free(part->store);
    fl_free(part->rules);
    part->store = NULL;
    part->rules = NULL;
    part->rule_count = 0;
}

void fl_worker_dispose(struct fl_worker *worker)
{
    if (worker->vm != NULL)
        worker->options->ops->close_vm(worker->vm);
    if (worker->program != NULL)
        fl_program_state_free(worker->program);
    if (worker->reader != NULL)
        fl_reader_free(worker->reader);
    fl_host_dispose(&worker->host);
    fl_batch_dispose(&worker->batch);
    fl_learned_dispose(&worker->learned);
    fl_join_dispose(&worker->join);
    fl_collector_dispose(&worker->collector);
    fl_arena_dispose(&worker->scratch);
    fl_free(worker->bitmaps);
    fl_free(worker->notes);
    fl_buf_dispose(&worker->note_bytes);
    fl_free(worker->filters);
    fl_free(worker->copy);
    dispose_rules(&worker->part);
    fl_coverage_dispose(&worker->part.coverage);
    fl_map_dispose(&worker->part.unknown_columns);
    memset(worker, 0, sizeof *worker);
}

static enum fl_status decode(struct fl_worker *worker, const struct fl_chunk *chunk, size_t at, size_t *consumed)
{
    worker->batch.base_offset = chunk->offset + at;
    return fl_host_decode(&worker->host, (struct fl_str){chunk->text + at, chunk->len - at}, consumed);
}

static void tell_progress(const struct fl_worker *worker)
{
    if (worker->tells_progress && worker->options->progress != NULL)
        worker->options->progress(worker->options->progress_context,
                                  atomic_load_explicit(&worker->totals->object_bytes, memory_order_relaxed),
                                  atomic_load_explicit(&worker->totals->records, memory_order_relaxed));
}

enum fl_status fl_worker_chunk(struct fl_worker *worker, const struct fl_chunk *chunk)
{
    enum fl_status status = FL_OK;
    for (size_t at = 0, consumed; at < chunk->len && status == FL_OK; at += consumed) {
        status = decode(worker, chunk, at, &consumed);
        if (status == FL_OK)
            status = fl_scan_batch(worker);
        if (status != FL_OK)
            break;
    }
    tell_progress(worker);
    return status;
}

/* Learns own addresses from the beginning of the object, before the first record is judged. */
static enum fl_status learn(struct fl_worker *worker, const struct fl_chunk *chunk)
{
    struct fl_object_stats *stats = worker->host.stats;
    enum fl_status status = FL_OK;
    fl_learned_clear(&worker->learned);
    if (!fl_field_set_has(&worker->plan->derive.wanted, FL_F_VANTAGE))
        return FL_OK;
    worker->host.stats = NULL;
    for (size_t at = 0, consumed; at < chunk->len && at < FL_LEARN_BYTES && status == FL_OK; at += consumed) {
        status = decode(worker, chunk, at, &consumed);
        if (status == FL_OK)
            status = fl_learned_add(&worker->learned, &worker->batch);
        if (status != FL_OK)
            break;
    }
    return status == FL_OK ? fl_host_begin(&worker->host, stats, (struct fl_str){chunk->text, chunk->len}) : status;
}

enum fl_status fl_worker_fail(const struct fl_worker *worker, enum fl_status status, struct fl_error *err)
{
    if (status == FL_E_IO && worker->options->collect != NULL)
        return fl_fail(err, status, "dedupe cannot write to a temporary file in %s", fl_temp_folder());
    return fl_fail(err, status, "%s", fl_part_error(&worker->part, status));
}

enum fl_status fl_worker_open(struct fl_worker *worker, uint32_t source, bool *more, struct fl_error *err)
{
    struct fl_object_stats *stats = &worker->shared->objects[source];
    struct fl_error open_error;
    fl_object_stats_clear(stats);
    *more = false;
    enum fl_status status = fl_reader_open(worker->reader, &worker->sources->items[source], &open_error);
    if (status == FL_E_NOMEM)
        return fl_worker_fail(worker, status, err);
    if (status != FL_OK) {
        snprintf(stats->trouble, sizeof stats->trouble, "%.300s", open_error.text);
        return FL_OK;
    }
    stats->opened = true;
    worker->noted_bytes = 0;
    worker->batch.source = source;
    struct fl_chunk chunk;
    status = fl_reader_next(worker->reader, &chunk);
    if (status == FL_OK)
        status = fl_host_begin(&worker->host, stats, (struct fl_str){chunk.text, chunk.len});
    if (status == FL_OK) {
        status = learn(worker, &chunk);
        if (status == FL_OK)
            status = fl_worker_chunk(worker, &chunk);
        *more = status == FL_OK;
    }
    fl_worker_note_bytes(worker);
    /* FL_E_DATA: no decoder takes it, which the object's statistics say. */
    return status == FL_OK || status == FL_END || status == FL_E_DATA ? FL_OK : fl_worker_fail(worker, status, err);
}

enum fl_status fl_worker_next(struct fl_worker *worker, bool *more, struct fl_error *err)
{
    struct fl_chunk chunk;
    enum fl_status status = fl_reader_next(worker->reader, &chunk);
    *more = status == FL_OK;
    if (status == FL_OK)
        status = fl_worker_chunk(worker, &chunk);
    fl_worker_note_bytes(worker);
    return status == FL_OK || status == FL_END ? FL_OK : fl_worker_fail(worker, status, err);
}

void fl_worker_close(struct fl_worker *worker, uint32_t source)
{
    struct fl_object_stats *stats = &worker->shared->objects[source];
    if (stats->opened)
        stats->read = *fl_reader_stats(worker->reader);
}

void fl_worker_note_bytes(struct fl_worker *worker)
{
    uint64_t bytes = fl_reader_stats(worker->reader)->object_bytes;
    atomic_fetch_add_explicit(&worker->totals->object_bytes, bytes - worker->noted_bytes, memory_order_relaxed);
    worker->noted_bytes = bytes;
}
