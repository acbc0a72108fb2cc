#include "core/rule/plan.h"

#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/rule/compile.h"

const char *fl_plan_network_name(void *policy, uint32_t network)
{
    return ((const struct fl_policy *)policy)->networks[network].name;
}

static enum fl_status parse_scope(struct fl_plan *plan, struct fl_error_list *errors)
{
    plan->scope_root = UINT32_MAX;
    const struct fl_text_at *scope = &plan->policy->scope;
    if (scope->text == NULL)
        return FL_OK;
    struct fl_expr_env env = {.fields = true};
    fl_policy_expr_env(plan->policy, &env);
    struct fl_error err;
    enum fl_status status =
        fl_expr_parse(fl_str_of(scope->text), &env, &plan->arena, &plan->scope, &err);
    if (status != FL_OK) {
        fl_error_at(&err, plan->policy->file, scope->line, scope->column);
        fl_error_list_add(errors, &err);
        return status;
    }
    return fl_program_add(plan->program, plan->scope, &plan->scope_root, &err);
}

/* What every batch needs, whatever the rules ask. */
static void add_core_fields(struct fl_plan *plan)
{
    static const uint32_t always[] = {FL_F_INTERFACE_ID, FL_F_LOG_STATUS, FL_F_START_TIME,
                                      FL_F_END_TIME};
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        fl_field_set_add(&plan->wanted, always[i]);
    if (plan->rule_count > 0) {
        fl_field_set_add(&plan->wanted, FL_F_PACKETS);
        fl_field_set_add(&plan->wanted, FL_F_BYTES);
    }
    if (plan->needs_interfaces)
        fl_field_set_add(&plan->wanted, FL_F_VANTAGE);
}

static void collect_fields(struct fl_plan *plan)
{
    fl_program_fields(plan->program, &plan->wanted);
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        const struct fl_plan_rule *rule = &plan->rules[i];
        for (uint32_t k = 0; k < rule->key_count; k++)
            fl_field_set_add(&plan->wanted, rule->keys[k]);
        for (uint32_t m = 0; m < rule->measure_count; m++)
            fl_measure_fields(&rule->measures[m], &plan->wanted);
        for (uint32_t w = 0; w < FL_FIELD_WORDS; w++)
            plan->wanted.bits[w] |= rule->lua_fields.bits[w];
    }
    add_core_fields(plan);
    fl_derive_needs(&plan->wanted);
}

static enum fl_status build_rules(struct fl_plan *plan, const struct fl_rule_decl *const *decls,
                                  uint32_t count, struct fl_error_list *errors)
{
    uint32_t capacity = count + 3 * plan->policy->intent_count;
    plan->rules = fl_arena_alloc(&plan->arena, (size_t)(capacity + 1) * sizeof *plan->rules);
    if (plan->rules == NULL)
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < plan->policy->intent_count; i++) {
        const struct fl_rule_decl *written[3];
        uint32_t n = fl_intent_rules(plan->policy, &plan->policy->intents[i], &plan->arena, written);
        if (n == 0)
            return FL_E_NOMEM;
        for (uint32_t k = 0; k < n; k++)
            if (fl_rule_compile(plan, written[k], &plan->rules[plan->rule_count], errors) == FL_OK)
                plan->rule_count++;
    }
    for (uint32_t i = 0; i < count; i++)
        if (fl_rule_compile(plan, decls[i], &plan->rules[plan->rule_count], errors) == FL_OK)
            plan->rule_count++;
    return FL_OK;
}

enum fl_status fl_plan_build(struct fl_plan *plan, const struct fl_policy *policy,
                             const struct fl_rule_decl *const *decls, uint32_t count,
                             struct fl_error_list *errors)
{
    memset(plan, 0, sizeof *plan);
    fl_arena_init(&plan->arena);
    plan->policy = policy;
    plan->needs_interfaces = policy->intent_count > 0;
    plan->program = fl_program_new();
    if (plan->program == NULL)
        return FL_E_NOMEM;
    uint32_t errors_before = errors->count;
    enum fl_status status = parse_scope(plan, errors);
    if (status == FL_E_NOMEM)
        return status;
    status = build_rules(plan, decls, count, errors);
    if (status != FL_OK)
        return status;
    if (errors->count > errors_before)
        return FL_E_VALUE;
    struct fl_network_source networks = fl_policy_network_source(policy);
    struct fl_error err;
    status = fl_program_seal(plan->program, &networks, &err);
    if (status != FL_OK) {
        fl_error_list_add(errors, &err);
        return status;
    }
    collect_fields(plan);
    fl_derive_init(&plan->derive, &plan->wanted, policy);
    return FL_OK;
}

void fl_plan_dispose(struct fl_plan *plan)
{
    if (plan->program != NULL)
        fl_program_free(plan->program);
    fl_arena_dispose(&plan->arena);
    memset(plan, 0, sizeof *plan);
}

static bool keys_possible(const struct fl_plan_rule *rule, const struct fl_field_set *present)
{
    for (uint32_t k = 0; k < rule->key_count; k++)
        if (!fl_field_set_has(present, rule->keys[k]))
            return false;
    return true;
}

bool fl_plan_rule_possible(const struct fl_plan_rule *rule, const struct fl_field_set *columns)
{
    struct fl_field_set present = *columns;
    fl_derive_present(&present);
    if (!keys_possible(rule, &present))
        return false;
    if (rule->outcome_measure >= 0 && !fl_field_set_has(&present, FL_F_ACTION))
        return false;
    return rule->where == NULL || fl_expr_can_be_true(rule->where, &present);
}

const char *fl_plan_rule_lacks(const struct fl_plan_rule *rule, const struct fl_field_set *columns)
{
    if (fl_plan_rule_possible(rule, columns))
        return NULL;
    struct fl_field_set needed = {{0}};
    for (uint32_t k = 0; k < rule->key_count; k++)
        fl_field_set_add(&needed, rule->keys[k]);
    if (rule->where != NULL)
        fl_expr_fields(rule->where, &needed);
    if (rule->outcome_measure >= 0)
        fl_field_set_add(&needed, FL_F_ACTION);
    fl_derive_needs(&needed);
    struct fl_field_set present = *columns;
    fl_derive_present(&present);
    /* The decoded column to blame is one whose presence would make the rule possible. */
    for (uint32_t f = 0; f < FL_DERIVED_FIRST; f++) {
        if (!fl_field_set_has(&needed, f) || fl_field_set_has(&present, f))
            continue;
        struct fl_field_set with = *columns;
        fl_field_set_add(&with, f);
        if (fl_plan_rule_possible(rule, &with))
            return fl_fields[f].name;
    }
    for (uint32_t f = 0; f < FL_DERIVED_FIRST; f++)
        if (fl_field_set_has(&needed, f) && !fl_field_set_has(&present, f))
            return fl_fields[f].name;
    return NULL;
}

void fl_template_print(const struct fl_template *t, const struct fl_value *slots, struct fl_buf *out)
{
    for (uint32_t i = 0; i < t->count; i++) {
        if (t->parts[i].slot == UINT32_MAX)
            fl_buf_add_text(out, t->parts[i].text);
        else
            fl_value_text(out, &slots[t->parts[i].slot]);
    }
}
