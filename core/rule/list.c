/* list.c: measures that keep rows of records: the steps of sequence{}, and the rows that on_flow with group_by is
 * called with. */
#include "core/base/limits.h"
#include "core/rule/compiling.h"

static void fail(struct fl_compiling *c, const char *measure, const char *text, enum fl_status code, const char *what)
{
    struct fl_error err;
    fl_fail(&err, code, "%s", what);
    fl_compiling_fail(c, &err, "measure", measure, text);
}

/* How often a step is met: a number, or that of a parameter. */
static uint32_t times_of(struct fl_compiling *c, const char *measure, const struct fl_step_decl *step)
{
    if (step->times_param == NULL)
        return (uint32_t)step->times;
    const struct fl_plan_param *p = fl_plan_rule_param(c->rule, fl_str_of(step->times_param + 1));
    if (p == NULL) {
        fail(c, measure, step->times_param, FL_E_NAME, "there is no parameter of this name");
        return 0;
    }
    if (p->decl->type == FL_P_NUMBER && p->node != NULL && p->node->kind == FL_N_LITERAL &&
        p->node->literal.type == FL_T_INT && p->node->literal.i >= 1 && p->node->literal.i <= FL_SEQUENCE_TIMES_MAX)
        return (uint32_t)p->node->literal.i;
    fail(c, measure, step->times_param, FL_E_TYPE, "times must be a whole number of 1..1000");
    return 0;
}

void fl_compiling_sequence(struct fl_compiling *c, const struct fl_measure_decl *decl, struct fl_measure *m)
{
    struct fl_plan_rule *rule = c->rule;
    struct fl_sequence *q = fl_arena_alloc(&c->plan->arena, sizeof *q);
    struct fl_sequence_step *steps = fl_arena_alloc(&c->plan->arena, (decl->step_count + 1) * sizeof *steps);
    if (q == NULL || steps == NULL) {
        c->failed = true;
        return;
    }
    uint64_t units = 0;
    q->steps = steps;
    q->step_count = decl->step_count;
    m->first_step = rule->step_count;
    for (uint32_t s = 0; s < decl->step_count; s++) {
        steps[s].filter = fl_compiling_filter(c, decl->steps[s].filter, decl->name, &rule->steps[rule->step_count++]);
        steps[s].times = times_of(c, decl->name, &decl->steps[s]);
        units += steps[s].times;
    }
    if (units > FL_SEQUENCE_TIMES_MAX)
        fail(c, decl->name, NULL, FL_E_LIMIT, "the times of all steps add up to more than 1,000");
    if (fl_compiling_duration(c, decl->within, "measure", &q->within_ms))
        m->sequence = q;
}

/* Room for the roots of all steps. */
bool fl_compiling_begin_steps(struct fl_compiling *c)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < c->decl->measure_count; i++)
        count += c->decl->measures[i].step_count;
    c->rule->steps = fl_arena_alloc(&c->plan->arena, (count + 1) * sizeof *c->rule->steps);
    c->failed |= c->rule->steps == NULL;
    return c->rule->steps != NULL;
}

void fl_compiling_rows(struct fl_compiling *c)
{
    struct fl_plan_rule *rule = c->rule;
    for (uint32_t i = 0; i < rule->measure_count; i++)
        rule->is_list |= fl_measure_is_list(&rule->measures[i]);
    if (!c->decl->has_on_flow)
        return;
    rule->filters[2 * rule->measure_count] = rule->filters[2 * rule->measure_count + 1] = UINT32_MAX;
    if (c->decl->group_by.count == 0) {
        struct fl_measure *verdict = &rule->measures[rule->measure_count];
        *verdict = (struct fl_measure){.kind = FL_M_VERDICT,
                                       .name = "on_flow",
                                       .field = FL_FIELD_NONE,
                                       .by = FL_FIELD_NONE,
                                       .k = (uint32_t)c->decl->severity + 1};
        rule->has_verdict = fl_measure_prepare(verdict, NULL) == FL_OK;
        return;
    }
    uint32_t *fields = fl_arena_alloc(&c->plan->arena, (c->decl->fields.count + 1) * sizeof *fields);
    struct fl_measure *m = &rule->measures[rule->measure_count];
    if (fields == NULL) {
        c->failed = true;
        return;
    }
    *m = (struct fl_measure){.kind = FL_M_ROWS,
                             .name = "on_flow",
                             .field = FL_FIELD_NONE,
                             .by = FL_FIELD_NONE,
                             .row_fields = fields,
                             .row_field_count = c->decl->fields.count};
    for (uint32_t i = 0; i < c->decl->fields.count; i++)
        fields[i] = rule->from != NULL ? fl_from_column(rule->from, fl_str_of(c->decl->fields.items[i]))
                                       : fl_field_find(fl_str_of(c->decl->fields.items[i]));
    rule->has_rows = rule->is_list = fl_measure_prepare(m, NULL) == FL_OK;
}
