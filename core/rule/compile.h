/* compile.h: one declaration -> one rule of a plan. */
#ifndef FL_RULE_COMPILE_H
#define FL_RULE_COMPILE_H

#include "core/rule/plan.h"

/* The declarations among which those are that a rule reads, at plan->rules[base + index]. */
struct fl_rule_peers {
    const struct fl_rule_decl *const *decls;
    uint32_t count, base;
};
/* Errors go to the list with the rule's file and line; not FL_OK if there was one. */
enum fl_status fl_rule_compile(struct fl_plan *plan, const struct fl_rule_decl *decl, const struct fl_rule_peers *peers,
                               struct fl_plan_rule *rule, struct fl_error_list *errors);

/* Parses a text with {names}. Unknown names are errors. */
enum fl_status fl_template_compile(const char *text, const struct fl_plan_rule *rule, struct fl_arena *arena,
                                   struct fl_template *out, struct fl_error *err);

/* A parameter by its name without $; NULL. */
const struct fl_plan_param *fl_plan_rule_param(const struct fl_plan_rule *rule, struct fl_str name);
/* Is it a measure with that member? Then *number (from 1) and *type are the member's. */
bool fl_plan_rule_member(const struct fl_plan_rule *rule, uint32_t slot, struct fl_str member, uint32_t *number,
                         enum fl_type *type);
/* The slot of a key, counter or measure by name; UINT32_MAX. */
uint32_t fl_plan_rule_slot(const struct fl_plan_rule *rule, struct fl_str name, enum fl_type *type);
const char *fl_counter_name(enum fl_counter counter);

/* What names mean in `having`: slots and parameters. The context is a struct fl_rule_names. */
struct fl_rule_names {
    const struct fl_policy *policy;
    const struct fl_plan_rule *rule;
};
void fl_rule_where_env(struct fl_rule_names *names, struct fl_expr_env *env);
void fl_rule_having_env(struct fl_rule_names *names, struct fl_expr_env *env);

#endif
