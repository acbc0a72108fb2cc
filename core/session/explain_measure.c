/* explain_measure.c: a measure as a rule declares it, with what its parameters stand for. */
#include "core/session/explain.h"

static void add_steps(struct fl_explaining *e, const struct fl_plan_rule *rule, const struct fl_sequence *sequence)
{
    for (uint32_t s = 0; s < sequence->step_count; s++) {
        fl_buf_add_text(&e->out, s > 0 ? ", then " : "");
        fl_explain_condition(e, rule, sequence->steps[s].filter);
        if (sequence->steps[s].times > 1)
            fl_buf_add_format(&e->out, " %u times", sequence->steps[s].times);
    }
    if (sequence->within_ms > 0) {
        char within[FL_WHEN_TEXT_BYTES];
        fl_duration_format(sequence->within_ms, within);
        fl_buf_add_format(&e->out, ", within %s", within);
    }
}

/* What a measure takes besides fields and filters. */
static void add_options(struct fl_explaining *e, const struct fl_measure *measure, const struct fl_measure_decl *decl,
                        const char *separator)
{
    struct fl_buf *out = &e->out;
    if (measure->kind == FL_M_QUANTILE) {
        struct fl_value q = {.type = FL_T_RATIO, .ratio = measure->q};
        fl_buf_add_text(out, separator);
        fl_explain_value(e, &q);
    }
    if (measure->kind == FL_M_INTERVALS || (measure->kind == FL_M_HOURS && decl->slot != NULL)) {
        char slot[FL_WHEN_TEXT_BYTES];
        fl_duration_format(measure->slot_ms, slot);
        fl_buf_add_format(out, "%sslots of %s", separator, slot);
    }
    if (decl->k > 0)
        fl_buf_add_format(out, "%s%s%lld", separator, measure->kind == FL_M_DISTINCT ? "exact to " : "",
                          (long long)decl->k);
    if (decl->by != NULL) {
        fl_buf_add_text(out, ", by ");
        fl_explain_add(e, decl->by);
    }
    if (decl->spread)
        fl_buf_add_format(out, "%sspread", separator);
}

static void add_arguments(struct fl_explaining *e, const struct fl_plan_rule *rule, uint32_t m)
{
    const struct fl_measure_decl *decl = &rule->decl->measures[m];
    const struct fl_node *filters[] = {rule->measures[m].filter, rule->measures[m].filter2};
    const char *separator = "";
    if (rule->measures[m].sequence != NULL)
        add_steps(e, rule, rule->measures[m].sequence);
    if (decl->field != NULL) {
        fl_explain_add(e, decl->field);
        separator = ", ";
    }
    for (unsigned i = 0; i < 2; i++) {
        if (filters[i] == NULL)
            continue;
        fl_buf_add_text(&e->out, separator);
        fl_explain_condition(e, rule, filters[i]);
        separator = ", ";
    }
    add_options(e, &rule->measures[m], decl, separator);
}

void fl_explain_measure(struct fl_explaining *e, const struct fl_plan_rule *rule, uint32_t m)
{
    fl_buf_add_format(&e->out, "%s(", fl_measures[rule->measures[m].kind].name);
    add_arguments(e, rule, m);
    fl_buf_add_char(&e->out, ')');
}
