/* explain_terms.c: what of a rule is evaluated and read. */
#include "core/session/explain.h"

static void take_leaf(void *context, const struct fl_program_leaf *leaf)
{
    struct fl_explain_terms *t = context;
    for (uint32_t i = 0; i < t->count; i++)
        if (t->items[i].number == leaf->number)
            return;
    if (!fl_grow((void **)&t->items, &t->capacity, t->count + 1, sizeof *t->items)) {
        t->failed = true;
        return;
    }
    t->items[t->count++] = *leaf;
}

/* Visits the leaves of the rule's condition and filters. */
static void visit_leaves(const struct fl_plan *plan, const struct fl_plan_rule *rule,
                         void (*visit)(void *context, const struct fl_program_leaf *leaf), void *context)
{
    fl_program_visit(plan->program, rule->root, visit, context);
    for (uint32_t f = 0; f < 2 * rule->measure_count; f++)
        if (rule->filters[f] != UINT32_MAX)
            fl_program_visit(plan->program, rule->filters[f], visit, context);
    for (uint32_t f = 0; f < rule->step_count; f++)
        fl_program_visit(plan->program, rule->steps[f], visit, context);
}

struct fl_explain_terms fl_explain_terms(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    struct fl_explain_terms terms = {0};
    visit_leaves(&e->session->plan, rule, take_leaf, &terms);
    e->out.failed |= terms.failed;
    return terms;
}

void fl_explain_term(struct fl_explaining *e, const struct fl_plan_rule *rule, const struct fl_program_leaf *leaf)
{
    struct fl_node negation = {.kind = FL_N_NOT, .type = FL_T_BOOL, .left = leaf->node};
    fl_explain_condition(e, rule, leaf->negated ? &negation : leaf->node);
}

struct seeking {
    uint32_t number;
    bool found;
};

static void seek_leaf(void *context, const struct fl_program_leaf *leaf)
{
    struct seeking *s = context;
    s->found |= leaf->number == s->number;
}

bool fl_explain_shares(const struct fl_explaining *e, uint32_t index, uint32_t number)
{
    const struct fl_plan *plan = &e->session->plan;
    const struct fl_plan_rule *rule = &plan->rules[index];
    struct seeking s = {.number = number};
    if (rule->void_reason != NULL || rule->from != NULL || fl_explain_concerns(e, rule) || rule->role > FL_ROLE_EXPECT)
        return false;
    visit_leaves(plan, rule, seek_leaf, &s);
    return s.found;
}

struct fl_field_set fl_explain_fields(const struct fl_plan_rule *rule)
{
    struct fl_field_set fields = rule->reads;
    fl_plan_rule_conditions(rule, &fields);
    fl_field_set_add_all(&fields, &rule->lua_fields);
    fl_derive_needs(&fields);
    return fields;
}
