/* judge.h: part -> report: having, code of rules, severity, waivers, endings of intents.
 *
 * Everything in the report lives in its arena. One thread.
 */
#ifndef FL_ENGINE_JUDGE_H
#define FL_ENGINE_JUDGE_H

#include "core/engine/engine.h"
#include "core/record/report.h"

/* A waiver's condition compiled for one rule. */
struct fl_waiver_bind {
    uint32_t waiver, rule;       /* indices into policy and plan */
    const struct fl_node *where; /* NULL = every occurrence */
};

struct fl_judge_options {
    const struct fl_rule_ops *ops; /* or NULL */
    void *vm;
    const struct fl_waiver_bind *waivers;
    uint32_t waiver_count;
    int64_t as_of_ms; /* INT64_MIN: the newest event */
    int fail_on;      /* enum fl_severity, or -1: the policy's */
    bool allow_empty;
    const char *told_format;
};

/* Compiles every waiver for every rule that it matches. A waiver that matches no rule, or whose condition fits none
 * of the rules that it matches, is an error. */
enum fl_status fl_waivers_bind(struct fl_plan *plan, struct fl_waiver_bind **out, uint32_t *count,
                               struct fl_error_list *errors);

enum fl_status fl_judge(const struct fl_plan *plan, struct fl_part *part, const struct fl_source_list *sources,
                        const struct fl_judge_options *options, struct fl_arena *arena, struct fl_report *report,
                        struct fl_error *err);

#endif
