/* relations.c: groups that satisfied their rule become rows of the rules that read it. */
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/engine/verdicts.h"

struct row {
    const struct fl_judging *j;
    const struct fl_value *values; /* by column */
};

static void get_column(void *context, const struct fl_node *node, struct fl_value *out)
{
    const struct row *row = context;
    *out = node->kind == FL_N_SLOT ? row->values[node->slot] : FL_VALUE_NULL;
}

static bool in_network(void *context, uint32_t network, struct fl_addr addr)
{
    const struct row *row = context;
    return fl_program_in_network(row->j->plan->program, network, addr);
}

static bool holds(const struct row *row, const struct fl_node *condition)
{
    if (condition == NULL)
        return true;
    struct fl_eval eval = {(void *)row, get_column, in_network};
    struct fl_value result = fl_expr_eval(condition, &eval);
    return result.type == FL_T_BOOL && result.i != 0;
}

static int64_t start_of(const struct fl_group_view *view)
{
    return view->window_start_ms != INT64_MIN ? view->window_start_ms : view->counters.first_ms;
}

static struct fl_value clock_value(const struct fl_judging *j, enum fl_from_kind kind, int64_t start_ms)
{
    if (!fl_when_known(start_ms))
        return FL_VALUE_NULL;
    const struct fl_zone *zone = j->plan->policy->zone;
    return fl_value_int(FL_T_U8, kind == FL_FROM_HOUR ? fl_zone_hour(zone, start_ms) : fl_zone_weekday(zone, start_ms));
}

static struct fl_value column_value(const struct fl_judging *j, const struct fl_from_column *column, uint32_t source,
                                    const struct fl_plan_rule *rule, const struct fl_value *slots,
                                    const struct fl_group_view *view)
{
    switch (column->kind) {
    case FL_FROM_SLOT:
        return fl_value_member(&slots[column->slots[source]], column->members[source]);
    case FL_FROM_START_TIME:
        return fl_value_time(start_of(view));
    case FL_FROM_WINDOW_START:
        return fl_value_time(view->window_start_ms);
    case FL_FROM_WINDOW_END:
        return fl_value_time(view->window_end_ms);
    case FL_FROM_HOUR:
    case FL_FROM_WEEKDAY:
        return clock_value(j, column->kind, start_of(view));
    case FL_FROM_RULE:
        return (struct fl_value){.type = FL_T_STR, .str = fl_str_of(rule->decl->id)};
    }
    return FL_VALUE_NULL;
}

/* Rows have the order of their start, their end and the least record behind them. */
static struct fl_place place_of(const struct fl_group_view *view)
{
    int64_t end = view->window_end_ms != INT64_MIN ? view->window_end_ms : view->counters.last_ms;
    return (struct fl_place){.start_ms = start_of(view),
                             .end_ms = end == INT64_MIN ? INT64_MAX : end,
                             .where = view->evidence_count > 0 ? view->evidence[0].where : 0};
}

static uint32_t steps_of(const struct row *row, const struct fl_sequence *sequence)
{
    uint32_t steps = 0;
    for (uint32_t s = 0; sequence != NULL && s < sequence->step_count; s++)
        steps |= (uint32_t)holds(row, sequence->steps[s].filter) << s;
    return steps;
}

static enum fl_status add_row(struct fl_judging *j, uint32_t index, const struct row *row,
                              const struct fl_group_view *view)
{
    const struct fl_plan_rule *rule = &j->plan->rules[index];
    struct fl_rule_part *part = &j->part->rules[index];
    bool passes[2 * (FL_MEASURES_PER_RULE_MAX + 1)], listed = rule->has_rows;
    uint32_t steps[FL_MEASURES_PER_RULE_MAX + 1] = {0};
    passes[2 * rule->measure_count] = passes[2 * rule->measure_count + 1] = true;
    for (uint32_t m = 0; m < rule->measure_count; m++) {
        passes[2 * m] = holds(row, rule->measures[m].filter);
        passes[2 * m + 1] = holds(row, rule->measures[m].filter2);
        steps[m] = steps_of(row, rule->measures[m].sequence);
        listed |= steps[m] != 0;
    }
    struct fl_value *keys = fl_alloc_zero((size_t)rule->key_count + 1, sizeof *keys);
    if (keys == NULL)
        return FL_E_NOMEM;
    for (uint32_t k = 0; k < rule->key_count; k++)
        keys[k] = row->values[rule->key_columns[k]];
    struct fl_table_row added = {.keys = keys,
                                 .place = place_of(view),
                                 .counters = view->counters,
                                 .evidence = view->evidence,
                                 .evidence_count = view->evidence_count,
                                 .slots = row->values,
                                 .passes = passes,
                                 .steps = steps};
    struct fl_store *store = j->stores[rule->depth - 1];
    enum fl_status status = fl_store_add_row(store, rule->table, &added, &part->bad_times);
    fl_free(keys);
    part->selected++;
    part->listed += listed;
    part->over_limit |= fl_table_over_limit(fl_store_table(store, rule->table));
    part->over_list |= part->listed > j->plan->policy->max_list_records;
    return status;
}

static enum fl_status feed(struct fl_judging *j, uint32_t source_rule, const struct fl_reader *reader,
                           const struct fl_value *slots, const struct fl_group_view *view)
{
    const struct fl_plan_rule *rule = &j->plan->rules[reader->rule];
    const struct fl_from *from = rule->from;
    struct fl_value *values = fl_alloc_zero((size_t)from->column_count + 1, sizeof *values);
    if (values == NULL)
        return FL_E_NOMEM;
    for (uint32_t c = 0; c < from->column_count; c++)
        values[c] = column_value(j, &from->columns[c], reader->source, &j->plan->rules[source_rule], slots, view);
    struct row row = {j, values};
    enum fl_status status = holds(&row, rule->where) ? add_row(j, reader->rule, &row, view) : FL_OK;
    fl_free(values);
    return status;
}

/* A store is walked over or grows: rules of one depth never feed each other. */
enum fl_status fl_judge_open_stores(struct fl_judging *j)
{
    enum fl_status status = FL_OK;
    j->stores[0] = j->part->store;
    for (uint32_t i = 0; i < j->plan->rule_count && status == FL_OK; i++) {
        struct fl_store **store = &j->stores[j->plan->rules[i].depth - 1];
        if (*store == NULL)
            status = fl_store_new_like(j->part->store, store);
    }
    return status;
}

void fl_judge_close_stores(struct fl_judging *j)
{
    for (uint32_t d = 1; d < FL_RULE_DEPTH_MAX; d++)
        if (j->stores[d] != NULL)
            fl_store_free(j->stores[d]);
}

enum fl_status fl_judge_feed(struct fl_judging *j, uint32_t rule, const struct fl_value *slots,
                             const struct fl_group_view *view)
{
    const struct fl_plan_rule *source = &j->plan->rules[rule];
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < source->reader_count && status == FL_OK; i++) {
        const struct fl_reader *reader = &source->readers[i];
        if (j->plan->rules[reader->rule].void_reason == NULL && !j->part->rules[reader->rule].over_limit &&
            !j->part->rules[reader->rule].over_list)
            status = feed(j, rule, reader, slots, view);
    }
    return status;
}

const char *fl_judge_source_void(const struct fl_judging *j, const struct fl_plan_rule *rule)
{
    for (uint32_t i = 0; rule->from != NULL && i < rule->from->source_count; i++) {
        uint32_t source = rule->from->sources[i];
        if (j->rules[source].void_reason != NULL)
            return fl_arena_printf(j->arena, "it reads %s, which is not evaluated: %s", j->plan->rules[source].decl->id,
                                   j->rules[source].void_reason);
    }
    return NULL;
}
