/* possible.c: can a rule select anything in an object with these columns? If not, it is not evaluated there. */
#include "core/rule/plan.h"

struct lacking {
    const struct fl_plan *plan;
    const struct fl_plan_rule *rule;
    const struct fl_policy *policy;
    const struct fl_field_set *present;
};

static bool can_be_true(struct lacking *l, const struct fl_node *node);

static bool has(const struct lacking *l, uint32_t field)
{
    return field == FL_FIELD_NONE || fl_field_set_has(l->present, field);
}

static bool measure_lacks(struct lacking *l, const struct fl_measure *m)
{
    for (uint32_t s = 0; m->sequence != NULL && s < m->sequence->step_count; s++)
        if (!can_be_true(l, m->sequence->steps[s].filter))
            return true;
    return !has(l, m->field) || !has(l, m->by) || !can_be_true(l, m->filter) || !can_be_true(l, m->filter2);
}

static bool slot_lacks(void *context, uint32_t slot)
{
    struct lacking *l = context;
    const struct fl_plan_rule *rule = l->rule;
    static const uint32_t counters[FL_COUNTER_COUNT] = {
        [FL_C_FLOWS] = FL_FIELD_NONE,        [FL_C_PACKETS] = FL_F_PACKETS,      [FL_C_BYTES] = FL_F_BYTES,
        [FL_C_FIRST_SEEN] = FL_F_START_TIME, [FL_C_LAST_SEEN] = FL_F_START_TIME, [FL_C_OBSERVED] = FL_FIELD_NONE,
        [FL_C_LOGGED] = FL_FIELD_NONE,       [FL_C_SKIPPED] = FL_FIELD_NONE,     [FL_C_VPC_LOGGED] = FL_FIELD_NONE};
    if (slot < rule->key_count)
        return !has(l, rule->keys[slot]);
    slot -= rule->key_count;
    if (slot < FL_COUNTER_COUNT)
        return !has(l, counters[slot]);
    slot -= FL_COUNTER_COUNT;
    if (slot < rule->measure_count)
        return measure_lacks(l, &rule->measures[slot]);
    struct fl_absence absence = {l->present, l, slot_lacks, NULL};
    return fl_expr_is_null(rule->values[slot - rule->measure_count].node, &absence);
}

/* A network of one VPC or account needs the column that tells which. */
static bool network_lacks(void *context, uint32_t network)
{
    const struct lacking *l = context;
    const struct fl_network *n = &l->policy->networks[network];
    return (n->vpc != NULL && !has(l, FL_F_VPC_ID)) || (n->account != NULL && !has(l, FL_F_ACCOUNT_ID)) ||
           ((n->vpc != NULL || n->account != NULL) && !has(l, FL_F_VANTAGE));
}

static bool can_be_true(struct lacking *l, const struct fl_node *node)
{
    struct fl_absence absence = {l->present, l, slot_lacks, network_lacks};
    return node == NULL || fl_expr_can_be_true(node, &absence);
}

static bool possible(struct lacking *l)
{
    const struct fl_plan_rule *rule = l->rule;
    if (rule->from != NULL) { /* groups of any of its sources will do */
        for (uint32_t i = 0; i < rule->from->source_count; i++) {
            struct lacking source = {l->plan, &l->plan->rules[rule->from->sources[i]], l->policy, l->present};
            if (possible(&source))
                return true;
        }
        return false;
    }
    for (uint32_t k = 0; k < rule->key_count; k++) /* the VPC splits groups where it is known */
        if (!(l->policy->split_by_vpc && rule->keys[k] == FL_F_OWN_VPC_ID) && !has(l, rule->keys[k]))
            return false;
    if (rule->outcome_measure >= 0 && !has(l, FL_F_ACTION))
        return false;
    if (rule->window_ms > 0 && !has(l, FL_F_START_TIME))
        return false;
    return can_be_true(l, rule->where) && can_be_true(l, rule->having);
}

/* Without an inventory nothing that would come from it is known. */
static void drop_inventory(const struct fl_plan *plan, struct fl_field_set *present)
{
    for (uint32_t f = FL_F_SRC_NAME; f < FL_FIELD_COUNT && plan->policy->inventory == NULL; f++)
        present->bits[f >> 6] &= ~(UINT64_C(1) << (f & 63));
}

bool fl_plan_rule_possible(const struct fl_plan *plan, const struct fl_plan_rule *rule,
                           const struct fl_field_set *columns)
{
    struct fl_field_set present = *columns;
    fl_derive_present(&present);
    drop_inventory(plan, &present);
    struct lacking l = {plan, rule, plan->policy, &present};
    return possible(&l);
}

const char *fl_plan_rule_lacks(const struct fl_plan *plan, const struct fl_plan_rule *rule,
                               const struct fl_field_set *columns)
{
    if (fl_plan_rule_possible(plan, rule, columns))
        return NULL;
    if (rule->from != NULL)
        return fl_plan_rule_lacks(plan, &plan->rules[rule->from->sources[0]], columns);
    struct fl_field_set needed = rule->reads, present = *columns;
    fl_expr_fields(rule->where, &needed);
    struct fl_field_set read = needed;
    fl_derive_needs(&read);
    static const uint32_t more[] = {FL_F_ACTION, FL_F_START_TIME, FL_F_VPC_ID, FL_F_ACCOUNT_ID};
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        fl_field_set_add(&needed, more[i]);
    fl_derive_needs(&needed);
    fl_derive_present(&present);
    /* The decoded column to blame is one whose presence would make the rule possible. */
    for (uint32_t f = 0; f < FL_DERIVED_FIRST; f++) {
        if (!fl_field_set_has(&needed, f) || fl_field_set_has(&present, f))
            continue;
        struct fl_field_set with = *columns;
        fl_field_set_add(&with, f);
        if (fl_plan_rule_possible(plan, rule, &with))
            return fl_fields[f].name;
    }
    /* No single one would: the first that the rule itself reads. */
    for (uint32_t f = 0; f < FL_DERIVED_FIRST; f++)
        if (fl_field_set_has(&read, f) && !fl_field_set_has(&present, f))
            return fl_fields[f].name;
    return NULL;
}
