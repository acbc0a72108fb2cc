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
    bool wrong_params; /* values stand in for some: nothing can be said of windows */
};

/* compile.c: reports an error of the rule, which stands where `text` is the value of key (and name in the table behind
 * it). */
void fl_compiling_fail(struct fl_compiling *c, struct fl_error *err, const char *key, const char *name,
                       const char *text);

/* params.c: before all that may name a parameter. */
void fl_compiling_params(struct fl_compiling *c);
/* A duration, or the "$param" that says it; 0 when text is NULL. false: the error is reported. */
bool fl_compiling_duration(struct fl_compiling *c, const char *text, const char *key, int64_t *out);
/* The text as it reads with the values of its parameters in place; NULL when memory is out. */
const char *fl_compiling_with_params(struct fl_compiling *c, const char *text);

/* keys.c: after what the rule reads is known. */
void fl_compiling_keys(struct fl_compiling *c);
/* A field of records, or a column of the groups that are read, by name; reports when there is none. */
bool fl_compiling_field(struct fl_compiling *c, const char *name, const char *key, const char *measure, uint32_t *out);

/* windows.c */
void fl_compiling_windows(struct fl_compiling *c);

/* measures.c: behind keys and windows. */
void fl_compiling_measures(struct fl_compiling *c);
/* A condition of a measure; *root is UINT32_MAX when text is NULL. */
const struct fl_node *fl_compiling_filter(struct fl_compiling *c, const char *text, const char *measure,
                                          uint32_t *root);

/* having.c: behind measures and values. */
void fl_compiling_having(struct fl_compiling *c);

/* list.c */
bool fl_compiling_begin_steps(struct fl_compiling *c);
void fl_compiling_sequence(struct fl_compiling *c, const struct fl_measure_decl *decl, struct fl_measure *m);
/* After measures and fields. */
void fl_compiling_rows(struct fl_compiling *c);

/* value.c: the amount of a price that is given by its name; *text is how it is shown. false: a number stands there. */
bool fl_compiling_price(struct fl_compiling *c, const struct fl_param_decl *p, const struct fl_node **node,
                        const char **text);
/* value.c: is it the name of no key, counter or measure yet? If not, that is reported. */
bool fl_compiling_name_is_free(struct fl_compiling *c, const char *key, const char *name, const char *text);
/* value.c: the values computed from measures; before `having`, which may name them. */
void fl_compiling_values(struct fl_compiling *c);

/* over.c: whose members the rule judges even without a record. Behind keys and windows. */
void fl_compiling_over(struct fl_compiling *c);
/* over.c: does something of the rule name the counters of coverage? */
bool fl_compiling_asks_coverage(const struct fl_plan_rule *rule);
/* relations.c: for each declaration the rules that it reads, and the order that puts them before it: order[0..count)
 * are indices of declarations. What is unknown, goes in circles or is too deep is an error, and not in the order. */
enum fl_status fl_relations_order(struct fl_plan *plan, const struct fl_rule_decl *const *decls, uint32_t count,
                                  struct fl_error_list *errors, uint32_t *order, uint32_t *order_count);
/* relations.c: what the rule reads, as names and types; the sources are compiled. */
void fl_compiling_from(struct fl_compiling *c, const struct fl_rule_peers *peers);
/* relations.c: a column by name; reports when there is none. */
bool fl_compiling_column(struct fl_compiling *c, const char *name, const char *key, const char *measure, uint32_t *out);
/* relations.c: tells every rule who reads it. */
enum fl_status fl_relations_link(struct fl_plan *plan);

#endif
