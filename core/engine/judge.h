/* judge.h: part -> report: having, code of rules, severity, waivers, endings of intents.
 *
 * Everything in the report lives in its arena, but the findings: they refer to plan, part and sources, and end with
 * fl_report_close(). One thread.
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

/* What became of a group. */
enum fl_fate {
    FL_FATE_HIT,        /* an occurrence of a finding */
    FL_FATE_HAVING,     /* its `having` is not true */
    FL_FATE_NO_OUTCOME, /* no record of it tells an action */
    FL_FATE_BLOCKED,    /* outcome() is blocked */
    FL_FATE_SIGNAL,     /* the rule only feeds others */
    FL_FATE_CODE,       /* on_group did not fire, or failed */
    FL_FATE_PERMITTED,  /* the intent allows it */
    FL_FATE_UNDECIDED,  /* counted among an intent's undecided conversations */
};

/* A group as somebody who watches the judgement sees it. Views: valid during the call. */
struct fl_judged_group {
    enum fl_fate fate;
    const struct fl_value *slots; /* keys, counters, measures */
    int64_t window_start_ms, window_end_ms;
};

/* The occurrence of its finding that a hit is folded into, as far as it is known: overlapping windows of one group
 * are one occurrence. Its last hit tells the whole of it. */
struct fl_judged_occurrence {
    uint64_t number;  /* no other occurrence has it */
    uint32_t windows; /* that were folded */
    int64_t window_start_ms, window_end_ms;
    bool is_worst; /* this hit is the worst so far: its values are those of the occurrence */
};

/* A group that fired, after waivers. */
struct fl_judged_hit {
    const char *id; /* of its finding */
    uint32_t rule;
    const struct fl_value *slots;
    int64_t window_start_ms, window_end_ms;
    enum fl_severity severity;
    int waiver; /* index into the policy's, or -1 */
    struct fl_judged_occurrence occurrence;
};

/* Somebody who watches the judgement. Each group is told before the hits. */
struct fl_judge_watch {
    void *context;
    enum fl_status (*group)(void *context, uint32_t rule, const struct fl_judged_group *group);
    enum fl_status (*hit)(void *context, const struct fl_judged_hit *hit);
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
    const struct fl_judge_watch *watch; /* or NULL */
    bool profile;
};

/* Compiles every waiver for every rule that it matches. A waiver that matches no rule, or whose condition fits none
 * of the rules that it matches, is an error. */
enum fl_status fl_waivers_bind(struct fl_plan *plan, struct fl_waiver_bind **out, uint32_t *count,
                               struct fl_error_list *errors);

enum fl_status fl_judge(const struct fl_plan *plan, struct fl_part *part, const struct fl_source_list *sources,
                        const struct fl_judge_options *options, struct fl_arena *arena, struct fl_report *report,
                        struct fl_error *err);

#endif
