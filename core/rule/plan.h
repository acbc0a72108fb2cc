/* plan.h: rules x policy -> what is measured, compiled and shared by all workers.
 *
 * The plan owns its program, nodes and tables of names; it keeps pointers to the policy and the declarations,
 * which must outlive it. After fl_plan_build() it is read-only.
 */
#ifndef FL_RULE_PLAN_H
#define FL_RULE_PLAN_H

#include "core/derive/derive.h"
#include "core/expr/program.h"
#include "core/group/store.h"
#include "core/policy/policy.h"
#include "core/rule/rule.h"

/* Counters come after the keys, measures after the counters, in the slots of `having` and texts. */
enum fl_counter {
    FL_C_FLOWS,
    FL_C_PACKETS,
    FL_C_BYTES,
    FL_C_FIRST_SEEN,
    FL_C_LAST_SEEN,
    FL_C_OBSERVED,
    FL_C_LOGGED,
    FL_C_SKIPPED,
    FL_C_VPC_LOGGED,
    FL_COUNTER_COUNT
};

/* A text with {names}: literal pieces and slots in turn. */
struct fl_template_part {
    const char *text; /* literal, or the value of {$param} */
    uint32_t slot;    /* UINT32_MAX for literals */
    uint32_t member;  /* of the slot, or 0 */
};
struct fl_template {
    struct fl_template_part *parts;
    uint32_t count;
    bool by_core; /* "{flows} records" reads "1 record" for one; texts of rules print as they are written */
};

/* What a rule is for; intents are written as up to three rules by the core. Up to FL_ROLE_EXPECT a rule stands for
 * what the policy names; the others count beside an intent. */
enum fl_rule_role { FL_ROLE_RULE, FL_ROLE_BREACH, FL_ROLE_EXPECT, FL_ROLE_UNDECIDED, FL_ROLE_PERMITTED };

/* Whose members have a group though no record speaks of them. */
enum fl_over { FL_OVER_NONE, FL_OVER_INTERFACES, FL_OVER_ADDRESSES, FL_OVER_NETWORK };

struct fl_plan_param {
    const struct fl_param_decl *decl;
    const struct fl_node *node;
    const char *text; /* as it is shown */
};

/* A value computed from keys, counters and measures; its slot stands behind the measures'. */
struct fl_plan_value {
    const char *name;
    const struct fl_node *node;
};

/* What a row has that is a group of another rule: keys, counters, measures, values, and the names that the core adds.
 */
enum fl_from_kind {
    FL_FROM_SLOT,
    FL_FROM_START_TIME, /* of the window, else first_seen */
    FL_FROM_WINDOW_START,
    FL_FROM_WINDOW_END,
    FL_FROM_HOUR, /* of start_time, in the policy's time zone */
    FL_FROM_WEEKDAY,
    FL_FROM_RULE, /* id of the rule */
};
struct fl_from_column {
    const char *name;
    enum fl_type type;
    enum fl_from_kind kind;
    uint32_t field;            /* of the record where it is a key made of one; FL_FIELD_NONE */
    uint32_t *slots, *members; /* FL_FROM_SLOT: by source; fl_value_member() of the slot */
};
struct fl_from {
    uint32_t *sources, source_count; /* rules of the plan */
    struct fl_from_column *columns;
    uint32_t column_count;
};
/* Who reads the groups of a rule, as the how-manieth of its sources. */
struct fl_reader {
    uint32_t rule, source;
};

struct fl_plan_rule {
    const struct fl_rule_decl *decl;
    enum fl_rule_role role;
    const struct fl_from *from; /* NULL: it reads records */
    uint32_t depth;             /* 1, or 1 more than the deepest rule that it reads */
    struct fl_reader *readers;
    uint32_t reader_count;
    uint32_t root;               /* condition in the program; rules that read groups are not in it */
    const struct fl_node *where; /* NULL = every record; slots in it are columns of `from` */
    bool reads_status;           /* sees NODATA and SKIPDATA lines too */
    uint32_t *keys, key_count;   /* fields; FL_FIELD_NONE for a column of `from` that is none */
    enum fl_type *key_types;
    uint32_t *key_columns; /* with `from` */
    const char **key_names;
    uint32_t *identity, identity_count; /* indices into keys */
    struct fl_measure *measures;
    uint32_t measure_count;
    uint32_t *filters; /* 2 per measure: roots in the program, or UINT32_MAX */
    uint32_t *steps;   /* roots of the steps of its sequences, from each one's first_step on */
    uint32_t step_count;
    bool has_rows;    /* measures[measure_count] are the rows for on_flow, which no name reaches */
    bool has_verdict; /* it is what a pure on_flow said */
    bool is_list;     /* keeps rows of records */
    bool spreads;     /* some sum is apportioned to panes */
    enum fl_over over;
    const struct fl_node *over_set; /* FL_OVER_NETWORK: its addresses */
    bool asks_coverage;             /* some text or condition names logged, skipped or vpc_logged */
    struct fl_plan_value *values;
    uint32_t value_count;
    int64_t window_ms, every_ms, pane_ms;
    bool session; /* windows are bursts, and all three are the gap between them */
    const struct fl_node *having;
    const char *having_text; /* with the values of parameters; flags by name */
    uint32_t having_slot;    /* measure first named in having; UINT32_MAX */
    uint32_t having_member;
    bool having_least_is_worst;
    int outcome_measure; /* index of a measured outcome(), or -1 */
    struct fl_template message;
    struct fl_plan_param *params;
    uint32_t param_count;
    const char *currency;    /* what {$currency} prints */
    const char *void_reason; /* not evaluated whatever the input: a default network nobody defined */
    struct fl_field_set lua_fields;
    struct fl_field_set reads; /* fields of keys, measures and counters */
    bool has_addr_key;
    uint32_t vpc_key;     /* index of own_vpc_id where groups are split by it; UINT32_MAX */
    uint32_t vpc_ends[2]; /* indices of the keys whose host's VPC it is, the first one known */
    uint32_t vpc_end_count;
    uint32_t table;           /* of the plan; UINT32_MAX when the rule is void */
    uint32_t *table_measures; /* by measure of the rule: the one of its table */
};

/* What rules that select, group and cut time alike gather together. */
struct fl_plan_table {
    uint32_t root;
    bool reads_status;
    uint32_t *rules, rule_count; /* of the plan; one alone where its code chooses records */
    struct fl_measure *measures; /* of all of them, equal ones once */
    uint32_t measure_count;
    uint32_t *filters; /* 2 per measure, then those of steps: roots in the program, or UINT32_MAX */
    uint32_t filter_count;
    struct fl_field_set reads; /* and what code reads */
    bool has_addr_key;
};

/* Slots of a group: keys, counters, measures, values. */
static inline uint32_t fl_plan_rule_slots(const struct fl_plan_rule *rule)
{
    return rule->key_count + FL_COUNTER_COUNT + rule->measure_count + rule->value_count;
}
/* Its measures and the one that no name reaches. */
static inline uint32_t fl_plan_rule_states(const struct fl_plan_rule *rule)
{
    return rule->measure_count + (rule->has_rows || rule->has_verdict);
}
/* Name of the i-th of its measures and values. */
static inline const char *fl_plan_rule_measured(const struct fl_plan_rule *rule, uint32_t i)
{
    return i < rule->measure_count ? rule->measures[i].name : rule->values[i - rule->measure_count].name;
}

struct fl_plan {
    struct fl_arena arena;
    const struct fl_policy *policy;
    struct fl_program *program;
    struct fl_plan_rule *rules;
    uint32_t rule_count;
    struct fl_plan_table *tables;
    struct fl_table_spec *table_specs; /* by table */
    uint32_t table_count;
    uint32_t *order;     /* every rule once, behind those that it reads */
    uint32_t scope_root; /* UINT32_MAX without a scope */
    const struct fl_node *scope;
    struct fl_field_set wanted; /* columns and derived fields that a batch must have */
    struct fl_field_set lazy;   /* of those, the ones that are filled for selected rows only */
    struct fl_derive derive;
    bool needs_interfaces; /* intents: which interface is in which network */
    bool learns_own;       /* some rule groups by addresses: whose they are tells what a finding may lack */
    const char *text;      /* what is measured; equal ones can be put together */
    size_t text_len;
    uint8_t digest[32]; /* of the text */
};

/* Compiles; every error goes to errors. */
enum fl_status fl_plan_build(struct fl_plan *plan, const struct fl_policy *policy,
                             const struct fl_rule_decl *const *decls, uint32_t count, struct fl_error_list *errors);
/* Has batches hold these fields too. Before the plan is run. */
void fl_plan_want(struct fl_plan *plan, const struct fl_field_set *fields);
void fl_plan_dispose(struct fl_plan *plan);

/* digest.c: fills in text and digest. Whatever decides which records are measured, and how, must show there. */
enum fl_status fl_plan_describe(struct fl_plan *plan);
/* tables.c: which rules share a table. After the fields that rules read are collected. */
enum fl_status fl_plan_make_tables(struct fl_plan *plan);

/* Fields that the rule's conditions on records read, those of its measures included, added to *fields. */
void fl_plan_rule_conditions(const struct fl_plan_rule *rule, struct fl_field_set *fields);
/* Can the rule select a record of an object with these decoded columns? */
bool fl_plan_rule_possible(const struct fl_plan *plan, const struct fl_plan_rule *rule,
                           const struct fl_field_set *columns);
/* least.c: how many records a group needs before `having` can be true; 0: not known. */
uint64_t fl_plan_rule_least_records(const struct fl_plan_rule *rule);
/* Names the first decoded column whose absence makes it impossible, for the reader; or NULL. */
const char *fl_plan_rule_lacks(const struct fl_plan *plan, const struct fl_plan_rule *rule,
                               const struct fl_field_set *columns);

/* Writes an intent as rules (breach, undecided, permitted; or expected, undecided) into out[0..3); returns how many. */
uint32_t fl_intent_rules(const struct fl_policy *policy, const struct fl_intent *intent, struct fl_arena *arena,
                         const struct fl_rule_decl *out[3]);
enum fl_rule_role fl_rule_role_of(const struct fl_rule_decl *decl);

/* The column of that name; UINT32_MAX. */
uint32_t fl_from_column(const struct fl_from *from, struct fl_str name);

/* Fills in a template; values by slot. */
void fl_template_print(const struct fl_template *t, const struct fl_value *slots, struct fl_buf *out);

#endif
