#include "core/engine/scan.h"

#include <string.h>

#include "core/base/memory.h"

static enum fl_status reserve_bitmaps(struct fl_worker *worker)
{
    uint32_t words = fl_batch_words(&worker->batch);
    if (words <= worker->bitmap_words)
        return FL_OK;
    uint32_t rounded = (words + 63) & ~63u;
    uint64_t *bitmaps = fl_realloc(worker->bitmaps, (size_t)rounded * worker->bitmap_count, sizeof *bitmaps);
    if (bitmaps == NULL)
        return FL_E_NOMEM;
    worker->bitmaps = bitmaps;
    worker->bitmap_words = rounded;
    return FL_OK;
}

enum fl_status fl_scan_need(struct fl_worker *worker, const struct fl_field_set *fields, const uint64_t *rows)
{
    enum fl_status status = FL_OK;
    for (uint32_t w = 0; w < FL_FIELD_WORDS && status == FL_OK; w++)
        for (uint64_t bits = fields->bits[w] & worker->batch.lazy.bits[w]; bits != 0 && status == FL_OK;
             bits &= bits - 1)
            status = fl_batch_need(&worker->batch, w * 64 + (uint32_t)__builtin_ctzll(bits), rows);
    return status;
}

enum fl_status fl_scan_note_own(struct fl_worker *worker, const uint64_t *rows)
{
    enum fl_status status = FL_OK;
    for (size_t i = 0; i < FL_OWN_FIELDS && status == FL_OK; i++)
        status = fl_batch_need(&worker->batch, fl_own_fields[i], rows);
    return status == FL_OK ? fl_coverage_note_own(&worker->part.coverage, &worker->batch, rows) : status;
}

static enum fl_status run_rules(struct fl_worker *worker, uint64_t *with_data, uint64_t *every_line)
{
    const struct fl_plan *plan = worker->plan;
    struct fl_batch *batch = &worker->batch;
    enum fl_status status = fl_program_begin(worker->program, batch);
    if (status != FL_OK)
        return status;
    if (plan->scope_root != UINT32_MAX) {
        uint64_t before = fl_scan_count(every_line, fl_batch_words(batch));
        uint64_t *in_scope = fl_scan_bitmap(worker, 1);
        status = fl_program_eval(worker->program, plan->scope_root, every_line, in_scope);
        if (status != FL_OK)
            return status;
        worker->part.out_of_scope += before - fl_scan_count(in_scope, fl_batch_words(batch));
        for (uint32_t w = 0; w < fl_batch_words(batch); w++) {
            with_data[w] &= in_scope[w];
            every_line[w] &= in_scope[w];
        }
    }
    for (uint32_t i = 0; i < plan->table_count && status == FL_OK; i++)
        if (plan->rules[plan->tables[i].rules[0]].from == NULL)
            status = fl_scan_table(worker, i, with_data, every_line);
    return status;
}

/* The interval is told, never learned; a log that is coarser than that shows here. */
static void count_long_rows(const struct fl_worker *worker, struct fl_object_stats *stats)
{
    const struct fl_batch *batch = &worker->batch;
    const struct fl_column *start = &batch->columns[FL_F_START_TIME], *end = &batch->columns[FL_F_END_TIME];
    int64_t aggregation_ms = worker->plan->policy->aggregation_ms;
    if (!start->present || !end->present)
        return;
    if (!start->any_null && !end->any_null) { /* mostly there is nothing to count: one pass without branches tells */
        uint32_t over = 0;
        for (uint32_t r = 0; r < batch->rows; r++)
            over |= end->i64[r] - start->i64[r] > aggregation_ms;
        if (over == 0)
            return;
    }
    for (uint32_t r = 0; r < batch->rows; r++) {
        if (fl_column_null(start, r) || fl_column_null(end, r) || end->i64[r] - start->i64[r] <= aggregation_ms)
            continue;
        stats->long_records++;
        if (end->i64[r] - start->i64[r] > stats->longest_ms)
            stats->longest_ms = end->i64[r] - start->i64[r];
    }
}

static bool has_no_data(const struct fl_batch *batch, uint32_t r)
{
    return batch->any_no_data && (batch->no_data[r >> 6] >> (r & 63) & 1);
}

/* The least and the most of the times that are known; without any, INT64_MAX and INT64_MIN. */
static void span_of(const struct fl_column *times, uint32_t rows, int64_t *least, int64_t *most)
{
    int64_t low = INT64_MAX, high = INT64_MIN;
    if (!times->any_null) { /* mostly all are known: one pass without branches tells */
        for (uint32_t r = 0; r < rows; r++) {
            low = times->i64[r] < low ? times->i64[r] : low;
            high = times->i64[r] > high ? times->i64[r] : high;
        }
    }
    if (times->any_null || !fl_when_known(low) || !fl_when_known(high)) {
        low = INT64_MAX, high = INT64_MIN;
        for (uint32_t r = 0; r < rows; r++) {
            if (fl_column_null(times, r) || !fl_when_known(times->i64[r]))
                continue;
            low = times->i64[r] < low ? times->i64[r] : low;
            high = times->i64[r] > high ? times->i64[r] : high;
        }
    }
    *least = low;
    *most = high;
}

static void count_times(const struct fl_batch *batch, struct fl_object_stats *stats)
{
    const struct fl_column *start = &batch->columns[FL_F_START_TIME], *end = &batch->columns[FL_F_END_TIME];
    int64_t least, most;
    if (start->present) {
        span_of(start, batch->rows, &least, &most);
        stats->first_ms = least < stats->first_ms ? least : stats->first_ms;
        stats->last_ms = most > stats->last_ms ? most : stats->last_ms;
    }
    if (end->present) {
        span_of(end, batch->rows, &least, &most);
        stats->last_ms = most > stats->last_ms ? most : stats->last_ms;
    }
}

static void count_rows(struct fl_worker *worker, struct fl_object_stats *stats)
{
    const struct fl_batch *batch = &worker->batch;
    stats->records += batch->rows;
    atomic_fetch_add_explicit(&worker->totals->records, batch->rows, memory_order_relaxed);
    const struct fl_column *status = &batch->columns[FL_F_LOG_STATUS];
    if (status->present) {
        uint32_t no_data = 0, skip_data = 0;
        for (uint32_t r = 0; r < batch->rows; r++) {
            no_data += status->u8[r] == FL_STATUS_NODATA;
            skip_data += status->u8[r] == FL_STATUS_SKIPDATA;
        }
        stats->no_data += no_data;
        stats->skip_data += skip_data;
    }
    count_times(batch, stats);
    const struct fl_column *orientation = &batch->columns[FL_F_ORIENTATION];
    if (orientation->present) {
        uint32_t guess = 0, none = 0;
        for (uint32_t r = 0; r < batch->rows; r++) {
            guess += orientation->u8[r] == FL_ORIENT_GUESS;
            none += orientation->u8[r] == FL_ORIENT_NONE && !has_no_data(batch, r);
        }
        worker->part.undecided_guess += guess;
        worker->part.undecided_none += none;
    }
}

/* The beginning of an object, from which vantage is learned, also tells own addresses that no rule selects. */
static enum fl_status note_first_rows(struct fl_worker *worker)
{
    if (!worker->plan->learns_own || worker->batch.base_offset >= FL_LEARN_BYTES)
        return FL_OK;
    uint64_t *rows = fl_scan_bitmap(worker, 1);
    fl_learned_rows(&worker->batch, rows);
    return fl_scan_note_own(worker, rows);
}

/* Shows the record that somebody looks at, if it is in this batch. */
static enum fl_status show_row(struct fl_worker *worker)
{
    const struct fl_row_watch *watch = worker->options->watch;
    struct fl_batch *batch = &worker->batch;
    if (watch == NULL || (!watch->every && (batch->source != watch->source || watch->offset < batch->base_offset)))
        return FL_OK;
    uint64_t *rows = fl_scan_bitmap(worker, 1);
    memset(rows, 0, fl_batch_words(batch) * sizeof *rows);
    for (uint32_t r = 0; r < batch->rows; r++)
        if (watch->every || batch->base_offset + batch->row_start[r] == watch->offset)
            rows[r >> 6] |= UINT64_C(1) << (r & 63);
    enum fl_status status = fl_scan_need(worker, &worker->plan->wanted, rows);
    for (uint32_t r = 0; r < batch->rows && status == FL_OK; r++)
        if (rows[r >> 6] >> (r & 63) & 1)
            status = watch->take(watch->context, batch, r);
    return status;
}

enum fl_status fl_scan_batch(struct fl_worker *worker)
{
    struct fl_batch *batch = &worker->batch;
    if (batch->rows == 0)
        return FL_OK;
    enum fl_status status = reserve_bitmaps(worker);
    if (status == FL_OK)
        status = fl_derive_run(&worker->plan->derive, &worker->learned, batch);
    if (status != FL_OK)
        return status;
    count_rows(worker, worker->host.stats);
    if (worker->options->collect != NULL)
        return fl_collector_add(&worker->collector, batch);
    count_long_rows(worker, worker->host.stats);
    status = fl_coverage_add(&worker->part.coverage, batch, worker->plan->needs_interfaces);
    if (status == FL_OK)
        status = show_row(worker);
    if (status == FL_OK)
        status = note_first_rows(worker);
    if (status != FL_OK || worker->plan->rule_count == 0)
        return status;
    /* every_line stays valid over all rules: it lies behind the filters' bitmaps. */
    uint64_t *with_data = fl_scan_bitmap(worker, 0);
    uint64_t *every_line = fl_scan_bitmap(worker, worker->bitmap_count - 1);
    fl_batch_all_rows(batch, every_line);
    if (worker->options->drop != NULL)
        worker->part.duplicates += fl_dedupe_drop(worker->options->drop, batch, every_line);
    for (uint32_t w = 0; w < fl_batch_words(batch); w++)
        with_data[w] = every_line[w] & (batch->any_no_data ? ~batch->no_data[w] : ~UINT64_C(0));
    return run_rules(worker, with_data, every_line);
}
