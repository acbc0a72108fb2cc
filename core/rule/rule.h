/* rule.h: a rule as it is declared, whoever wrote it: a Lua file or the core (intents). Text, not yet compiled.
 *
 * Everything lives in the arena that the loader was given.
 */
#ifndef FL_RULE_RULE_H
#define FL_RULE_RULE_H

#include "core/expr/expr.h"
#include "core/record/report.h"

struct fl_param_decl {
    const char *name;
    enum fl_param_type type;
    const char *text;         /* value as an operand of the expression language */
    const char *default_text; /* the value that the rule file gives */
    const char *what;         /* documentation or NULL */
    const char *file;         /* where the value in force was written */
    uint32_t line, column;
    bool from_policy; /* set in YAML: a name nobody defines is then a load error */
};

struct fl_step_decl {
    const char *filter;
    int64_t times;           /* 0: as the parameter says */
    const char *times_param; /* "$param", or NULL */
};

struct fl_measure_decl {
    const char *name;             /* "ports" */
    const char *kind;             /* "distinct" */
    const char *field, *by;       /* or NULL */
    const char *filter, *filter2; /* or NULL */
    const char *q, *slot;         /* or NULL */
    int64_t k;                    /* 0 = default */
    bool spread;                  /* sum */
    struct fl_step_decl *steps;   /* sequence */
    uint32_t step_count;
    const char *within; /* duration or "$param"; or NULL */
};

/* A value computed from what was measured. */
struct fl_value_decl {
    const char *name, *text; /* "cost", "bytes / 1G * $price" */
};

/* A module that a rule's file requires. */
struct fl_rule_module {
    struct fl_str text;
    const struct fl_rule_module *next;
};

struct fl_rule_decl {
    const char *id, *title;
    const char *file;                     /* for messages */
    bool bundled;                         /* it comes with the program */
    uint32_t line;                        /* of the rule{} call */
    struct fl_str file_text;              /* the whole Lua file; empty when the core wrote the rule */
    const struct fl_rule_module *modules; /* the last one first */
    enum fl_severity severity;
    struct fl_texts controls, attack;
    const char *remediation, *description; /* or NULL */
    struct fl_param_decl *params;
    uint32_t param_count;
    struct fl_texts from; /* ids of the rules whose groups it reads; none: it reads records */
    const char *over;     /* whose members have a group even without a record: see docs; or NULL */
    bool signal;          /* its groups are no findings: only rules that read them speak */
    /* For each of `from` that is nowhere to be found, a name that is near, or NULL. NULL: not looked for. */
    const char **from_guesses;
    const char *where; /* or NULL: every record */
    struct fl_texts group_by;
    const char *window, *every, *session; /* durations or "$param"; or NULL */
    struct fl_measure_decl *measures;
    uint32_t measure_count;
    struct fl_value_decl *values;
    uint32_t value_count;
    const char *having; /* or NULL */
    struct fl_texts identity;
    const char *finding;    /* message template or NULL */
    struct fl_texts fields; /* what Lua code reads */
    bool has_on_flow, has_on_group;
    const char *base_id;            /* id of the file when this is an `as:` instance, else == id */
    uint32_t source;                /* index of the loaded file in the VM (fl_rule_ops), or UINT32_MAX */
    const struct fl_intent *intent; /* the policy's intent when the core wrote this rule, else NULL */
};

#endif
