/* least.c: how many records a group needs before its `having` can be true. What has fewer needs no closer look. */
#include "core/rule/plan.h"

static uint64_t least_for(const struct fl_plan_rule *rule, const struct fl_node *node);

/* For the slot to be at least `value`. */
static uint64_t least_for_slot(const struct fl_plan_rule *rule, const struct fl_node *node, uint64_t value)
{
    uint32_t first = rule->key_count + FL_COUNTER_COUNT;
    if (node->slot == rule->key_count + FL_C_FLOWS)
        return value;
    if (node->slot < first)
        return 0;
    uint32_t m = node->slot - first;
    if (m < rule->measure_count)
        return fl_measure_least_records(&rule->measures[m], node->member, value);
    const struct fl_node *computed = rule->values[m - rule->measure_count].node;
    return computed->kind == FL_N_SLOT ? least_for_slot(rule, computed, value) : 0;
}

static uint64_t least_for_comparison(const struct fl_plan_rule *rule, const struct fl_node *node)
{
    const struct fl_node *slot = node->left, *number = node->right;
    enum fl_op op = node->op;
    if (slot->kind == FL_N_LITERAL) {
        slot = node->right;
        number = node->left;
        op = op == FL_OP_LE ? FL_OP_GE : op == FL_OP_LT ? FL_OP_GT : op == FL_OP_EQ ? op : FL_OP_NE;
    }
    if (slot->kind != FL_N_SLOT || number->kind != FL_N_LITERAL || number->literal.type != FL_T_INT ||
        number->literal.i < 0)
        return 0;
    uint64_t value = (uint64_t)number->literal.i;
    if (op == FL_OP_GE || op == FL_OP_EQ)
        return least_for_slot(rule, slot, value);
    return op == FL_OP_GT ? least_for_slot(rule, slot, value + 1) : 0;
}

static uint64_t least_for(const struct fl_plan_rule *rule, const struct fl_node *node)
{
    if (node->kind == FL_N_COMPARE)
        return least_for_comparison(rule, node);
    if (node->kind != FL_N_AND && node->kind != FL_N_OR)
        return 0;
    uint64_t left = least_for(rule, node->left), right = least_for(rule, node->right);
    bool left_is_more = left > right;
    return left_is_more == (node->kind == FL_N_AND) ? left : right;
}

uint64_t fl_plan_rule_least_records(const struct fl_plan_rule *rule)
{
    bool of_records = rule->from == NULL && rule->over == FL_OVER_NONE;
    return of_records && rule->having != NULL ? least_for(rule, rule->having) : 0;
}
