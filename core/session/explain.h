/* explain.h: what the files of `flowlaw explain` share. Inside core/session.
 *
 * Text gathers in one buffer and is printed at the end. What others wrote (names, texts of rules, lines of logs) goes
 * through fl_explain_add(), which escapes it.
 */
#ifndef FL_SESSION_EXPLAIN_H
#define FL_SESSION_EXPLAIN_H

#include "core/base/memory.h"
#include "core/session/session.h"

struct fl_explaining {
    const struct fl_session_options *options;
    struct fl_session *session;
    struct fl_buf out;
    bool json;         /* `doc` is printed, and `out` is scratch (explain_json.h) */
    struct fl_buf doc; /* of w */
    struct fl_json w;
    char *const *inputs; /* behind the name of the rule or finding */
    uint32_t input_count;
    const char *name; /* of the rule or finding */
};

void fl_explain_add(struct fl_explaining *e, const char *text);
void fl_explain_add_str(struct fl_explaining *e, struct fl_str text);
void fl_explain_value(struct fl_explaining *e, const struct fl_value *value);
/* Starts a line of `label` and its text. */
void fl_explain_label(struct fl_explaining *e, const char *label);

/* Is it a rule that this explanation is about? An intent is written as several rules. */
bool fl_explain_concerns(const struct fl_explaining *e, const struct fl_plan_rule *rule);

/* explain_plan.c, explain_json_plan.c: what the rule asks. */
void fl_explain_plan(struct fl_explaining *e);
void fl_explain_put_plan(struct fl_explaining *e);

/* explain_terms.c: the tests that the rule's condition and filters are made of, each once; the caller frees items. */
struct fl_explain_terms {
    struct fl_program_leaf *items;
    uint32_t count, capacity;
    bool failed;
};
struct fl_explain_terms fl_explain_terms(struct fl_explaining *e, const struct fl_plan_rule *rule);
void fl_explain_term(struct fl_explaining *e, const struct fl_plan_rule *rule, const struct fl_program_leaf *leaf);
/* Is the term with that number evaluated for this other rule of the plan too? */
bool fl_explain_shares(const struct fl_explaining *e, uint32_t rule, uint32_t number);
/* Everything that is read for the rule. */
struct fl_field_set fl_explain_fields(const struct fl_plan_rule *rule);

/* explain_measure.c: the m-th measure of the rule, as "distinct(server_port)". */
void fl_explain_measure(struct fl_explaining *e, const struct fl_plan_rule *rule, uint32_t m);

/* explain_tree.c: a condition with the values that made each part of it true, false or unknown. */
struct fl_explain_values {
    const struct fl_plan *plan;
    const struct fl_plan_rule *rule;
    const struct fl_value *fields; /* by field; NULL: slots are given */
    const struct fl_value *slots;
    bool rows;  /* the condition is `where` of a rule that reads groups: slots are columns of its rows */
    bool brief; /* of a junction, only what made it true, false or unknown */
};
/* The tree, each line behind `indent` blanks. */
void fl_explain_tree(struct fl_explaining *e, const struct fl_node *node, const struct fl_explain_values *values,
                     unsigned indent);
bool fl_explain_is_junction(const struct fl_node *node); /* `and`, `or` */
/* Visits the parts of a junction that are worth showing; returns how many are not. */
uint32_t fl_explain_children(const struct fl_node *node, const struct fl_explain_values *values,
                             void (*visit)(void *context, const struct fl_node *child,
                                           const struct fl_explain_values *values),
                             void *context);
/* What is no junction, as text; and each name in it with its value, once. */
void fl_explain_leaf(struct fl_explaining *e, const struct fl_node *node, const struct fl_explain_values *values);
void fl_explain_visit_values(const struct fl_node *node, const struct fl_explain_values *values,
                             void (*visit)(void *context, const char *name, const struct fl_value *value),
                             void *context);
/* A condition over records, or rows, as text; fl_explain_having: one over groups. */
void fl_explain_condition(struct fl_explaining *e, const struct fl_plan_rule *rule, const struct fl_node *node);
void fl_explain_having(struct fl_explaining *e, const struct fl_plan_rule *rule, const struct fl_node *node);
const char *fl_explain_slot_name(const struct fl_plan_rule *rule, uint32_t slot, bool rows);
/* 1 true, 0 false, -1 unknown. */
int fl_explain_truth(const struct fl_node *node, const struct fl_explain_values *values);

/* explain_group.c: groups that were kept while somebody watched. */
struct fl_kept_group {
    uint32_t rule;
    struct fl_judged_group group;
    char id[33]; /* of the finding that it is an occurrence of; empty: of none */
    enum fl_severity severity;
    int waiver;
    struct fl_judged_occurrence occurrence; /* of a hit: the whole of it */
};
struct fl_kept_groups {
    struct fl_kept_group *items;
    uint32_t count, capacity;
};
enum fl_status fl_explain_keep(struct fl_explaining *e, struct fl_kept_groups *list, uint32_t rule,
                               const struct fl_judged_group *group);
/* Those kept that are folded into one occurrence with the hit learn what it adds to it; before it is kept itself. */
void fl_explain_fold_hit(struct fl_kept_groups *list, const struct fl_judged_hit *hit);
/* The group became this hit. */
void fl_explain_keep_hit(struct fl_kept_group *kept, const struct fl_judged_hit *hit);
/* Prints one: its values, and what became of it. */
void fl_explain_group(struct fl_explaining *e, const struct fl_kept_group *kept);
void fl_explain_window(struct fl_explaining *e, int64_t start_ms, int64_t end_ms);
const char *fl_explain_fate_name(enum fl_fate fate);
const char *fl_explain_fate_text(enum fl_fate fate); /* what became of a group, and why */
/* How many counters of the group say something. */
uint32_t fl_explain_counters(const struct fl_plan_rule *rule);
/* Visits the waivers that were asked about the hit, up to the one that excuses it. where: NULL, every occurrence. */
enum fl_waiver_answer { FL_WAIVER_OTHER, FL_WAIVER_EXPIRED, FL_WAIVER_EXCUSES };
void fl_explain_visit_waivers(struct fl_explaining *e, const struct fl_kept_group *kept,
                              void (*visit)(void *context, const struct fl_waiver *waiver, enum fl_waiver_answer answer,
                                            const struct fl_node *where, const struct fl_explain_values *values),
                              void *context);
/* "name=value" of every measure and value, and the end of the line. */
void fl_explain_measures(struct fl_explaining *e, const struct fl_kept_group *kept);

/* explain_record.c, explain_record_show.c: a record and what became of it. */
struct fl_explain_record {
    struct fl_explaining *e;
    struct fl_str line; /* as it stands in the log */
    const char *source;
    struct fl_value values[FL_FIELD_COUNT];
    bool seen;    /* it is a record of the log */
    bool no_data; /* a NODATA or SKIPDATA line */
    const struct fl_rule_ops *ops;
    void *vm;
    bool *selected;    /* by rule of the plan */
    const char **code; /* by rule: what on_flow said, or NULL */
    struct fl_kept_groups groups;
};
/* Does the rule see such a line? */
bool fl_explain_sees(const struct fl_explain_record *r, const struct fl_plan_rule *rule);
void fl_explain_add_record(struct fl_explaining *e, const struct fl_explain_record *r);
void fl_explain_put_record(struct fl_explaining *e, const struct fl_explain_record *r);

/* explain_record.c, explain_finding.c: exit status. */
int fl_explain_record(struct fl_explaining *e);
int fl_explain_finding(struct fl_explaining *e, const char *id);

/* explain_run.c: an audit of the inputs with somebody watching. */
struct fl_explain_watch {
    const struct fl_row_watch *row;     /* or NULL */
    const struct fl_judge_watch *judge; /* or NULL */
};
enum fl_status fl_explain_run(struct fl_explaining *e, const struct fl_source_list *sources,
                              const struct fl_explain_watch *watch, struct fl_part *part, struct fl_report *report,
                              struct fl_error *err);

#endif
