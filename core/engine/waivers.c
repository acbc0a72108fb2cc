/* waivers.c: which occurrences a waiver excuses, and how far. */
#include <stdio.h>

#include "core/engine/verdicts.h"
#include "core/rule/compile.h"

/* ---- at load ---- */

static enum fl_status bind_one(struct fl_plan *plan, uint32_t waiver, uint32_t rule, struct fl_waiver_bind *out,
                               struct fl_error *err)
{
    const struct fl_waiver *w = &plan->policy->waivers[waiver];
    out->waiver = waiver;
    out->rule = rule;
    out->where = NULL;
    if (w->where.text == NULL)
        return FL_OK;
    struct fl_rule_names names = {plan->policy, &plan->rules[rule]};
    struct fl_expr_env env;
    fl_rule_having_env(&names, &env);
    return fl_expr_parse(fl_str_of(w->where.text), &env, &plan->arena, &out->where, err);
}

static bool matches(const struct fl_waiver *waiver, const struct fl_plan_rule *rule)
{
    if (rule->role == FL_ROLE_UNDECIDED || rule->role == FL_ROLE_PERMITTED)
        return false;
    return fl_glob_match(fl_str_of(waiver->rule), fl_str_of(rule->decl->id));
}

enum fl_status fl_waivers_bind(struct fl_plan *plan, struct fl_waiver_bind **out, uint32_t *count,
                               struct fl_error_list *errors)
{
    const struct fl_policy *policy = plan->policy;
    uint32_t errors_before = errors->count;
    size_t most = (size_t)policy->waiver_count * plan->rule_count + 1;
    *count = 0;
    *out = fl_arena_alloc(&plan->arena, most * sizeof **out);
    if (*out == NULL)
        return FL_E_NOMEM;
    for (uint32_t w = 0; w < policy->waiver_count; w++) {
        const struct fl_waiver *waiver = &policy->waivers[w];
        uint32_t matched = 0, bound = 0;
        struct fl_error err;
        for (uint32_t r = 0; r < plan->rule_count; r++) {
            if (!matches(waiver, &plan->rules[r]))
                continue;
            matched++;
            if (bind_one(plan, w, r, &(*out)[*count], &err) == FL_OK) {
                (*count)++;
                bound++;
            }
        }
        if (matched == 0) {
            struct fl_str_guess guess = {NULL, 99};
            for (uint32_t r = 0; r < plan->rule_count; r++)
                if (plan->rules[r].role <= FL_ROLE_EXPECT)
                    fl_str_guess_try(&guess, fl_str_of(waiver->rule), plan->rules[r].decl->id);
            fl_fail(&err, FL_E_NAME, "the waiver's rule \"%s\" matches no intent or rule of this policy%s%s%s",
                    waiver->rule, guess.best != NULL ? "; did you mean \"" : "", guess.best != NULL ? guess.best : "",
                    guess.best != NULL ? "\"?" : "");
            fl_error_at(&err, policy->file, waiver->line, 0);
            fl_error_list_add(errors, &err);
        } else if (bound == 0) {
            struct fl_error told = err;
            snprintf(told.text, sizeof told.text, "the waiver's where does not fit %.100s: %.600s", waiver->rule,
                     err.text);
            fl_policy_fail_expr(policy, &waiver->where, &told, errors);
        }
    }
    return errors->count > errors_before ? FL_E_VALUE : FL_OK;
}

/* ---- in the judgement ---- */

struct waiver_eval {
    const struct fl_judging *j;
    const struct fl_hit *hit;
};

static void get_slot(void *context, const struct fl_node *node, struct fl_value *out)
{
    const struct waiver_eval *w = context;
    *out = node->kind == FL_N_SLOT ? w->hit->slots[node->slot] : FL_VALUE_NULL;
}

static bool in_network(void *context, uint32_t network, struct fl_addr addr)
{
    const struct waiver_eval *w = context;
    return fl_program_in_network(w->j->plan->program, network, addr);
}

static bool waiver_matches(const struct fl_judging *j, const struct fl_waiver_bind *bind, const struct fl_hit *hit)
{
    if (bind->rule != hit->rule)
        return false;
    if (bind->where == NULL)
        return true;
    struct waiver_eval w = {j, hit};
    struct fl_eval eval = {&w, get_slot, in_network};
    struct fl_value result = fl_expr_eval(bind->where, &eval);
    return result.type == FL_T_BOOL && result.i != 0;
}

/* The first waiver, in the order of the policy, that excuses the hit. */
void fl_judge_waive(struct fl_judging *j, struct fl_hit *hit)
{
    for (uint32_t i = 0; i < j->options->waiver_count; i++) {
        const struct fl_waiver_bind *bind = &j->options->waivers[i];
        const struct fl_waiver *waiver = &j->plan->policy->waivers[bind->waiver];
        bool expired = hit->counters.last_ms != INT64_MIN && hit->counters.last_ms >= waiver->expires_ms;
        if (expired || !waiver_matches(j, bind, hit))
            continue;
        j->excused[i]++;
        hit->waiver = (int)bind->waiver;
        return;
    }
}

void fl_judge_unwaive(struct fl_judging *j, uint32_t rule)
{
    for (uint32_t i = 0; i < j->options->waiver_count; i++)
        if (j->options->waivers[i].rule == rule)
            j->excused[i] = 0;
}

uint64_t fl_judge_waived(const struct fl_judging *j, uint32_t waiver)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < j->options->waiver_count; i++)
        if (j->options->waivers[i].waiver == waiver)
            sum += j->excused[i];
    return sum;
}

enum fl_severity fl_waiver_severity(enum fl_waiver_effect effect)
{
    switch (effect) {
    case FL_WAIVE_INFO:
        return FL_SEV_INFO;
    case FL_WAIVE_LOW:
        return FL_SEV_LOW;
    case FL_WAIVE_MEDIUM:
        return FL_SEV_MEDIUM;
    case FL_WAIVE_HIDE:
        break;
    }
    return FL_SEV_NONE;
}

enum fl_severity fl_hit_severity(const struct fl_judging *j, const struct fl_hit *hit)
{
    if (hit->waiver < 0)
        return hit->severity;
    enum fl_severity lowered = fl_waiver_severity(j->plan->policy->waivers[hit->waiver].effect);
    return lowered == FL_SEV_NONE || lowered > hit->severity ? hit->severity : lowered;
}
