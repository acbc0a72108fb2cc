#include "core/engine/worker.h"

#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/temp.h"

#define SCRATCH_BYTES_MAX (256u * 1024u)

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

static enum fl_status need_fields(struct fl_worker *worker, const struct fl_field_set *fields, const uint64_t *rows)
{
    enum fl_status status = FL_OK;
    for (uint32_t w = 0; w < FL_FIELD_WORDS && status == FL_OK; w++)
        for (uint64_t bits = fields->bits[w] & worker->batch.lazy.bits[w]; bits != 0 && status == FL_OK;
             bits &= bits - 1)
            status = fl_batch_need(&worker->batch, w * 64 + (uint32_t)__builtin_ctzll(bits), rows);
    return status;
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

static uint64_t *bitmap(struct fl_worker *worker, uint32_t index)
{
    return worker->bitmaps + (size_t)index * worker->bitmap_words;
}

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

static uint64_t count_bits(const uint64_t *bits, uint32_t words)
{
    uint64_t sum = 0;
    for (uint32_t w = 0; w < words; w++)
        sum += (uint64_t)__builtin_popcountll(bits[w]);
    return sum;
}

static void note_failure(struct fl_worker *worker, struct fl_rule_part *part, uint32_t row, const struct fl_error *err)
{
    struct fl_place place = fl_batch_place(&worker->batch, row);
    if (part->lua_failures++ > 0 && !fl_place_before(place, part->lua_error_place))
        return;
    part->lua_error_place = place;
    snprintf(part->lua_error, sizeof part->lua_error, "%.300s", err->text);
}

/* Clears the rows from `from` on that do not stand before the first failure. */
static void leave_behind(const struct fl_worker *worker, const struct fl_rule_part *part, uint64_t *selection,
                         uint32_t from)
{
    for (uint32_t r = from; r < worker->batch.rows; r++)
        if (!fl_place_before(fl_batch_place(&worker->batch, r), part->lua_error_place))
            selection[r >> 6] &= ~(UINT64_C(1) << (r & 63));
}

static void take_note(void *context, uint32_t row, const struct fl_verdict *verdict)
{
    struct fl_worker *worker = context;
    size_t begun = worker->note_bytes.len;
    fl_verdict_encode(verdict, &worker->note_bytes);
    if (!fl_grow((void **)&worker->notes, &worker->note_capacity, worker->note_count + 1, sizeof *worker->notes))
        worker->note_bytes.failed = true;
    else
        worker->notes[worker->note_count++] =
            (struct fl_row_note){.row = row, .len = (uint32_t)(worker->note_bytes.len - begun)};
}

/* Rows were asked in order, and so lie their bytes. */
static void show_notes(struct fl_worker *worker)
{
    const char *bytes = worker->note_bytes.data;
    for (uint32_t i = 0; i < worker->note_count; i++) {
        worker->notes[i].bytes = bytes;
        bytes += worker->notes[i].len;
    }
    worker->batch.notes = worker->notes;
    worker->batch.note_count = worker->note_count;
}

/* Clears the rows that the rule's on_flow does not accept. Above the limit of failures the rule is void: only records
 * that stand before the first failure are still asked, so that this one is the same whoever met the limit. */
static enum fl_status ask_on_flow(struct fl_worker *worker, const struct fl_plan_rule *rule, struct fl_rule_part *part,
                                  uint64_t *selection)
{
    const struct fl_batch *batch = &worker->batch;
    worker->note_count = worker->batch.note_count = 0;
    fl_buf_clear(&worker->note_bytes);
    for (uint32_t from = 0; from < batch->rows; from++) {
        struct fl_error err;
        if (part->lua_failures > FL_LUA_FAILURES_MAX)
            leave_behind(worker, part, selection, from);
        enum fl_status status =
            worker->options->ops->on_flows(worker->vm, rule->decl->source, rule->decl, batch, selection, &from,
                                           &worker->scratch, take_note, worker, &err);
        if (worker->scratch.held_bytes > SCRATCH_BYTES_MAX) {
            fl_arena_dispose(&worker->scratch);
            fl_arena_init(&worker->scratch);
        }
        if (worker->note_bytes.failed)
            return FL_E_NOMEM;
        if (status == FL_OK)
            break;
        if (status == FL_E_NOMEM)
            return status;
        if (status == FL_E_VOID) {
            part->stateful = true;
            memset(selection, 0, fl_batch_words(batch) * sizeof *selection);
            return FL_OK;
        }
        note_failure(worker, part, from, &err);
        selection[from >> 6] &= ~(UINT64_C(1) << (from & 63));
    }
    show_notes(worker);
    return FL_OK;
}

static enum fl_status run_filters(struct fl_worker *worker, const struct fl_plan_table *table,
                                  const uint64_t *selection)
{
    for (uint32_t f = 0; f < table->filter_count; f++) {
        worker->filters[f] = NULL;
        if (table->filters[f] == UINT32_MAX)
            continue;
        uint64_t *out = bitmap(worker, 2 + f);
        enum fl_status status = fl_program_eval(worker->program, table->filters[f], selection, out);
        if (status != FL_OK)
            return status;
        worker->filters[f] = out;
    }
    return FL_OK;
}

/* Which interface an address is of, as far as these rows tell. */
static enum fl_status note_own(struct fl_worker *worker, const uint64_t *rows)
{
    enum fl_status status = FL_OK;
    for (size_t i = 0; i < FL_OWN_FIELDS && status == FL_OK; i++)
        status = fl_batch_need(&worker->batch, fl_own_fields[i], rows);
    return status == FL_OK ? fl_coverage_note_own(&worker->part.coverage, &worker->batch, rows) : status;
}

/* Beside what the beginning of every object tells; without flow_direction the other records add nothing to that. */
static bool tells_own(const struct fl_worker *worker, const struct fl_plan_table *table)
{
    return table->has_addr_key && !worker->plan->needs_interfaces && worker->batch.columns[FL_F_FLOW_DIRECTION].present;
}

/* What a table asks of the batch is asked even when its rules are void for this worker, so that what is counted on the
 * way (malformed values, own addresses) does not depend on which worker met a limit. */
static enum fl_status ask_batch(struct fl_worker *worker, const struct fl_plan_table *table, const uint64_t *selection)
{
    enum fl_status status = need_fields(worker, &table->reads, selection);
    if (status == FL_OK)
        status = run_filters(worker, table, selection);
    if (status == FL_OK && tells_own(worker, table))
        status = note_own(worker, selection);
    return status;
}

static bool is_time(int64_t ms)
{
    return ms >= FL_WHEN_MIN_MS && ms < FL_WHEN_MAX_MS;
}

/* Records that reach into too many panes for being spread. */
static uint64_t count_unspread(const struct fl_worker *worker, const struct fl_plan_rule *rule,
                               const uint64_t *selection)
{
    const struct fl_batch *batch = &worker->batch;
    uint64_t sum = 0;
    for (uint32_t r = 0; r < batch->rows; r++) {
        struct fl_place place = fl_batch_place(batch, r);
        if ((selection[r >> 6] >> (r & 63) & 1) && is_time(place.start_ms) && is_time(place.end_ms))
            sum += (place.end_ms - 1) / rule->pane_ms - place.start_ms / rule->pane_ms >= FL_SPREAD_PANES_MAX;
    }
    return sum;
}

/* Records that meet a step of some sequence: those that a list keeps. */
static uint64_t count_steps(const struct fl_worker *worker, const struct fl_plan_table *table)
{
    uint64_t sum = 0;
    for (uint32_t w = 0; w < fl_batch_words(&worker->batch); w++) {
        uint64_t met = 0;
        for (uint32_t f = 2 * table->measure_count; f < table->filter_count; f++)
            met |= worker->filters[f] != NULL ? worker->filters[f][w] : 0;
        sum += (uint64_t)__builtin_popcountll(met);
    }
    return sum;
}

static enum fl_status run_table(struct fl_worker *worker, uint32_t index, const uint64_t *with_data,
                                const uint64_t *every_line)
{
    const struct fl_plan_table *table = &worker->plan->tables[index];
    const struct fl_plan_rule *rule = &worker->plan->rules[table->rules[0]];
    struct fl_rule_part *part = &worker->part.rules[table->rules[0]];
    const struct fl_batch *batch = &worker->batch;
    bool profile = worker->options->profile;
    uint64_t *selection = bitmap(worker, 1);
    enum fl_status status =
        fl_program_eval(worker->program, table->root, table->reads_status ? every_line : with_data, selection);
    if (status != FL_OK || count_bits(selection, fl_batch_words(batch)) == 0)
        return status;
    if (worker->options->counts_only) {
        for (uint32_t i = 0; i < table->rule_count; i++)
            worker->part.rules[table->rules[i]].selected += count_bits(selection, fl_batch_words(batch));
        return FL_OK;
    }
    status = ask_batch(worker, table, selection);
    if (status != FL_OK || part->over_limit || part->over_list || part->stateful)
        return status;
    if (rule->decl->has_on_flow && !rule->has_rows) {
        uint64_t begin = profile ? fl_cost_now() : 0;
        part->cost.calls += profile ? count_bits(selection, fl_batch_words(batch)) : 0;
        status = ask_on_flow(worker, rule, part, selection);
        part->cost.code_ns += profile ? fl_cost_now() - begin : 0;
    }
    uint64_t selected = count_bits(selection, fl_batch_words(batch)), bad_times = 0;
    uint64_t unspread = rule->spreads ? count_unspread(worker, rule, selection) : 0;
    if (rule->is_list) {
        part->listed += rule->has_rows ? selected : count_steps(worker, table);
        part->over_list = part->listed > worker->plan->policy->max_list_records;
    }
    struct fl_store *store = worker->part.store;
    if (status == FL_OK)
        status = fl_store_add(store, index, batch, selection, worker->filters, &bad_times);
    for (uint32_t i = 0; i < table->rule_count; i++) {
        struct fl_rule_part *each = &worker->part.rules[table->rules[i]];
        each->selected += selected;
        each->bad_times += bad_times;
        each->unspread += worker->plan->rules[table->rules[i]].spreads ? unspread : 0;
        each->over_limit |= fl_table_over_limit(fl_store_table(store, index));
    }
    return status;
}

static enum fl_status time_table(struct fl_worker *worker, uint32_t index, const uint64_t *with_data,
                                 const uint64_t *every_line)
{
    const struct fl_plan_table *table = &worker->plan->tables[index];
    uint64_t tested = count_bits(table->reads_status ? every_line : with_data, fl_batch_words(&worker->batch));
    uint64_t begin = fl_cost_now();
    enum fl_status status = run_table(worker, index, with_data, every_line);
    worker->part.rules[table->rules[0]].cost.scan_ns += fl_cost_now() - begin;
    for (uint32_t i = 0; i < table->rule_count; i++)
        worker->part.rules[table->rules[i]].cost.tested += tested;
    return status;
}

static enum fl_status run_rules(struct fl_worker *worker, uint64_t *with_data, uint64_t *every_line)
{
    const struct fl_plan *plan = worker->plan;
    struct fl_batch *batch = &worker->batch;
    enum fl_status status = fl_program_begin(worker->program, batch);
    if (status != FL_OK)
        return status;
    if (plan->scope_root != UINT32_MAX) {
        uint64_t before = count_bits(every_line, fl_batch_words(batch));
        uint64_t *in_scope = bitmap(worker, 1);
        status = fl_program_eval(worker->program, plan->scope_root, every_line, in_scope);
        if (status != FL_OK)
            return status;
        worker->part.out_of_scope += before - count_bits(in_scope, fl_batch_words(batch));
        for (uint32_t w = 0; w < fl_batch_words(batch); w++) {
            with_data[w] &= in_scope[w];
            every_line[w] &= in_scope[w];
        }
    }
    for (uint32_t i = 0; i < plan->table_count && status == FL_OK; i++)
        status = plan->rules[plan->tables[i].rules[0]].from != NULL ? FL_OK
                 : worker->options->profile                         ? time_table(worker, i, with_data, every_line)
                                                                    : run_table(worker, i, with_data, every_line);
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

static void count_rows(struct fl_worker *worker, struct fl_object_stats *stats)
{
    const struct fl_batch *batch = &worker->batch;
    stats->records += batch->rows;
    atomic_fetch_add_explicit(&worker->totals->records, batch->rows, memory_order_relaxed);
    const struct fl_column *status = &batch->columns[FL_F_LOG_STATUS];
    if (status->present) {
        for (uint32_t r = 0; r < batch->rows; r++) {
            stats->no_data += status->u8[r] == FL_STATUS_NODATA;
            stats->skip_data += status->u8[r] == FL_STATUS_SKIPDATA;
        }
    }
    const struct fl_column *start = &batch->columns[FL_F_START_TIME];
    for (uint32_t r = 0; start->present && r < batch->rows; r++) {
        if (fl_column_null(start, r) || !is_time(start->i64[r]))
            continue;
        stats->first_ms = start->i64[r] < stats->first_ms ? start->i64[r] : stats->first_ms;
        stats->last_ms = start->i64[r] > stats->last_ms ? start->i64[r] : stats->last_ms;
    }
    const struct fl_column *end = &batch->columns[FL_F_END_TIME];
    for (uint32_t r = 0; end->present && r < batch->rows; r++)
        if (!fl_column_null(end, r) && is_time(end->i64[r]) && end->i64[r] > stats->last_ms)
            stats->last_ms = end->i64[r];
    const struct fl_column *orientation = &batch->columns[FL_F_ORIENTATION];
    for (uint32_t r = 0; orientation->present && r < batch->rows; r++) {
        worker->part.undecided_guess += orientation->u8[r] == FL_ORIENT_GUESS;
        worker->part.undecided_none += orientation->u8[r] == FL_ORIENT_NONE && !has_no_data(batch, r);
    }
}

/* The beginning of an object, from which vantage is learned, also tells own addresses that no rule selects. */
static enum fl_status note_first_rows(struct fl_worker *worker)
{
    if (!worker->plan->learns_own || worker->batch.base_offset >= FL_LEARN_BYTES)
        return FL_OK;
    uint64_t *rows = bitmap(worker, 1);
    fl_learned_rows(&worker->batch, rows);
    return note_own(worker, rows);
}

/* Shows the record that somebody looks at, if it is in this batch. */
static enum fl_status show_row(struct fl_worker *worker)
{
    const struct fl_row_watch *watch = worker->options->watch;
    struct fl_batch *batch = &worker->batch;
    if (watch == NULL || (!watch->every && (batch->source != watch->source || watch->offset < batch->base_offset)))
        return FL_OK;
    uint64_t *rows = bitmap(worker, 1);
    memset(rows, 0, fl_batch_words(batch) * sizeof *rows);
    for (uint32_t r = 0; r < batch->rows; r++)
        if (watch->every || batch->base_offset + batch->row_start[r] == watch->offset)
            rows[r >> 6] |= UINT64_C(1) << (r & 63);
    enum fl_status status = need_fields(worker, &worker->plan->wanted, rows);
    for (uint32_t r = 0; r < batch->rows && status == FL_OK; r++)
        if (rows[r >> 6] >> (r & 63) & 1)
            status = watch->take(watch->context, batch, r);
    return status;
}

static enum fl_status run_batch(struct fl_worker *worker)
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
    if (status != FL_OK || worker->plan->rule_count == 0)
        return status;
    status = note_first_rows(worker);
    if (status != FL_OK)
        return status;
    /* every_line stays valid over all rules: it lies behind the filters' bitmaps. */
    uint64_t *with_data = bitmap(worker, 0);
    uint64_t *every_line = bitmap(worker, worker->bitmap_count - 1);
    fl_batch_all_rows(batch, every_line);
    if (worker->options->drop != NULL)
        worker->part.duplicates += fl_dedupe_drop(worker->options->drop, batch, every_line);
    for (uint32_t w = 0; w < fl_batch_words(batch); w++)
        with_data[w] = every_line[w] & (batch->any_no_data ? ~batch->no_data[w] : ~UINT64_C(0));
    return run_rules(worker, with_data, every_line);
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
            status = run_batch(worker);
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
