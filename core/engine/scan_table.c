#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/engine/scan.h"

#define SCRATCH_BYTES_MAX (256u * 1024u)

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
        uint64_t *out = fl_scan_bitmap(worker, 2 + f);
        enum fl_status status = fl_program_eval(worker->program, table->filters[f], selection, out);
        if (status != FL_OK)
            return status;
        worker->filters[f] = out;
    }
    return FL_OK;
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
    enum fl_status status = fl_scan_need(worker, &table->reads, selection);
    if (status == FL_OK)
        status = run_filters(worker, table, selection);
    if (status == FL_OK && tells_own(worker, table))
        status = fl_scan_note_own(worker, selection);
    return status;
}

/* Records that reach into too many panes for being spread. */
static uint64_t count_unspread(const struct fl_worker *worker, const struct fl_plan_rule *rule,
                               const uint64_t *selection)
{
    const struct fl_batch *batch = &worker->batch;
    uint64_t sum = 0;
    for (uint32_t r = 0; r < batch->rows; r++) {
        struct fl_place place = fl_batch_place(batch, r);
        if ((selection[r >> 6] >> (r & 63) & 1) && fl_when_known(place.start_ms) && fl_when_known(place.end_ms))
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
    uint64_t *selection = fl_scan_bitmap(worker, 1);
    enum fl_status status =
        fl_program_eval(worker->program, table->root, table->reads_status ? every_line : with_data, selection);
    if (status != FL_OK || fl_scan_count(selection, fl_batch_words(batch)) == 0)
        return status;
    if (worker->options->counts_only) {
        for (uint32_t i = 0; i < table->rule_count; i++)
            worker->part.rules[table->rules[i]].selected += fl_scan_count(selection, fl_batch_words(batch));
        return FL_OK;
    }
    status = ask_batch(worker, table, selection);
    if (status != FL_OK || part->over_limit || part->over_list || part->stateful)
        return status;
    if (rule->decl->has_on_flow && !rule->has_rows) {
        uint64_t begin = profile ? fl_cost_now() : 0;
        part->cost.calls += profile ? fl_scan_count(selection, fl_batch_words(batch)) : 0;
        status = ask_on_flow(worker, rule, part, selection);
        part->cost.code_ns += profile ? fl_cost_now() - begin : 0;
    }
    uint64_t selected = fl_scan_count(selection, fl_batch_words(batch)), bad_times = 0;
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
    uint64_t tested = fl_scan_count(table->reads_status ? every_line : with_data, fl_batch_words(&worker->batch));
    uint64_t begin = fl_cost_now();
    enum fl_status status = run_table(worker, index, with_data, every_line);
    worker->part.rules[table->rules[0]].cost.scan_ns += fl_cost_now() - begin;
    for (uint32_t i = 0; i < table->rule_count; i++)
        worker->part.rules[table->rules[i]].cost.tested += tested;
    return status;
}

enum fl_status fl_scan_table(struct fl_worker *worker, uint32_t index, const uint64_t *with_data,
                             const uint64_t *every_line)
{
    return worker->options->profile ? time_table(worker, index, with_data, every_line)
                                    : run_table(worker, index, with_data, every_line);
}
