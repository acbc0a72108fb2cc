/* tables.c: rules with equal where, group_by and panes gather in one table, with the measures of all of them. */
#include <string.h>

#include "core/rule/plan.h"

static bool same_vpc_ends(const struct fl_plan_rule *a, const struct fl_plan_rule *b)
{
    return a->vpc_key == b->vpc_key && a->vpc_end_count == b->vpc_end_count &&
           memcmp(a->vpc_ends, b->vpc_ends, a->vpc_end_count * sizeof a->vpc_ends[0]) == 0;
}

static bool share(const struct fl_plan *plan, uint32_t a_index, const struct fl_plan_rule *b)
{
    const struct fl_plan_rule *a = &plan->rules[a_index];
    if (a->over != FL_OVER_NONE || b->over != FL_OVER_NONE) /* members of one are no groups of another */
        return false;
    if (a->decl->has_on_flow || b->decl->has_on_flow || a->from != NULL || b->from != NULL || a->is_list || b->is_list)
        return false;
    return a->root == b->root && a->reads_status == b->reads_status && a->pane_ms == b->pane_ms &&
           a->session == b->session && a->spreads == b->spreads && same_vpc_ends(a, b) &&
           a->key_count == b->key_count && memcmp(a->keys, b->keys, a->key_count * sizeof *a->keys) == 0;
}

static struct fl_plan_table *table_for(struct fl_plan *plan, const struct fl_plan_rule *rule)
{
    for (uint32_t t = 0; t < plan->table_count; t++)
        if (share(plan, plan->tables[t].rules[0], rule))
            return &plan->tables[t];
    struct fl_plan_table *table = &plan->tables[plan->table_count];
    table->root = rule->root;
    table->reads_status = rule->reads_status;
    table->rules = fl_arena_alloc(&plan->arena, plan->rule_count * sizeof *table->rules);
    if (table->rules == NULL)
        return NULL;
    plan->table_count++;
    return table;
}

static void add_measure(struct fl_plan_table *table, const struct fl_plan_rule *rule, uint32_t m)
{
    const struct fl_measure *wanted = &rule->measures[m];
    const uint32_t *filters = &rule->filters[2 * m];
    /* Filters over groups are in no program, so that equal ones are not known. */
    uint32_t at = rule->from != NULL ? table->measure_count : 0;
    while (at < table->measure_count &&
           (!fl_measure_same(&table->measures[at], wanted) || table->filters[2 * at] != filters[0] ||
            table->filters[2 * at + 1] != filters[1]))
        at++;
    rule->table_measures[m] = at;
    if (at < table->measure_count)
        return;
    struct fl_measure *added = &table->measures[table->measure_count++];
    *added = *wanted;
    memcpy(&table->filters[2 * at], filters, 2 * sizeof *filters);
    if (wanted->sequence == NULL)
        return;
    added->first_step = table->filter_count;
    memcpy(&table->filters[added->first_step], &rule->steps[wanted->first_step],
           wanted->sequence->step_count * sizeof *filters);
    table->filter_count += wanted->sequence->step_count;
}

static uint32_t measures_of(const struct fl_plan *plan, const struct fl_plan_table *table, uint32_t *steps)
{
    uint32_t sum = 0;
    *steps = 0;
    for (uint32_t i = 0; i < table->rule_count; i++) {
        sum += fl_plan_rule_states(&plan->rules[table->rules[i]]);
        *steps += plan->rules[table->rules[i]].step_count;
    }
    return sum;
}

static enum fl_status fill_table(struct fl_plan *plan, uint32_t index)
{
    struct fl_plan_table *table = &plan->tables[index];
    uint32_t steps, most = measures_of(plan, table, &steps);
    table->measures = fl_arena_alloc(&plan->arena, (most + 1) * sizeof *table->measures);
    table->filters = fl_arena_alloc(&plan->arena, ((size_t)2 * most + steps + 1) * sizeof *table->filters);
    if (table->measures == NULL || table->filters == NULL)
        return FL_E_NOMEM;
    for (uint32_t f = 0; f < 2 * most; f++)
        table->filters[f] = UINT32_MAX;
    table->filter_count = 2 * most;
    for (uint32_t i = 0; i < table->rule_count; i++) {
        struct fl_plan_rule *rule = &plan->rules[table->rules[i]];
        rule->table = index;
        rule->table_measures =
            fl_arena_alloc(&plan->arena, (fl_plan_rule_states(rule) + 1) * sizeof *rule->table_measures);
        if (rule->table_measures == NULL)
            return FL_E_NOMEM;
        for (uint32_t m = 0; m < fl_plan_rule_states(rule); m++)
            add_measure(table, rule, m);
        fl_field_set_add_all(&table->reads, &rule->reads);
        fl_field_set_add_all(&table->reads, &rule->lua_fields);
        table->has_addr_key |= rule->has_addr_key;
    }
    const struct fl_plan_rule *first = &plan->rules[table->rules[0]];
    plan->table_specs[index] = (struct fl_table_spec){.keys = first->keys,
                                                      .key_count = first->key_count,
                                                      .key_types = first->key_types,
                                                      .pane_ms = first->pane_ms,
                                                      .session = first->session,
                                                      .measures = table->measures,
                                                      .measure_count = table->measure_count,
                                                      .evidence = plan->policy->evidence,
                                                      .max_groups = plan->policy->max_groups};
    return FL_OK;
}

enum fl_status fl_plan_make_tables(struct fl_plan *plan)
{
    plan->tables = fl_arena_alloc(&plan->arena, (plan->rule_count + 1) * sizeof *plan->tables);
    plan->table_specs = fl_arena_alloc(&plan->arena, (plan->rule_count + 1) * sizeof *plan->table_specs);
    if (plan->tables == NULL || plan->table_specs == NULL)
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        struct fl_plan_rule *rule = &plan->rules[i];
        rule->table = UINT32_MAX;
        if (rule->void_reason != NULL)
            continue;
        struct fl_plan_table *table = table_for(plan, rule);
        if (table == NULL)
            return FL_E_NOMEM;
        table->rules[table->rule_count++] = i;
    }
    enum fl_status status = FL_OK;
    for (uint32_t t = 0; t < plan->table_count && status == FL_OK; t++)
        status = fill_table(plan, t);
    return status;
}
