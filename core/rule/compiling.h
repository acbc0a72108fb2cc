/* compiling.h: one declaration while it becomes a rule of a plan, shared by the files that do so. Inside core/rule. */
#ifndef FL_RULE_COMPILING_H
#define FL_RULE_COMPILING_H

#include "core/rule/compile.h"

struct fl_compiling {
    struct fl_plan *plan;
    const struct fl_rule_decl *decl;
    struct fl_plan_rule *rule;
    struct fl_error_list *errors;
    struct fl_rule_names names;
    bool failed;
};

/* Reports an error of the rule, which stands where `text` is the value of key (and name in the table behind it). */
void fl_compiling_fail(struct fl_compiling *c, struct fl_error *err, const char *key, const char *name,
                       const char *text);
/* The error belongs where the value in force was written. */
void fl_compiling_place_param(const struct fl_compiling *c, const struct fl_param_decl *p, struct fl_error *err);

/* value.c: the amount of a price that is given by its name; *text is how it is shown. false: a number stands there. */
bool fl_compiling_price(struct fl_compiling *c, const struct fl_param_decl *p, const struct fl_node **node,
                        const char **text);
/* value.c: the values computed from measures; before `having`, which may name them. */
void fl_compiling_values(struct fl_compiling *c);

#endif
