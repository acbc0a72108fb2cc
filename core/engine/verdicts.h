/* verdicts.h: what passes between the steps of the judgement. Inside core/engine only. */
#ifndef FL_ENGINE_VERDICTS_H
#define FL_ENGINE_VERDICTS_H

#include "core/base/limits.h"
#include "core/engine/judge.h"

/* One group (in one window) that satisfied its rule. */
struct fl_hit {
    uint32_t rule;
    struct fl_value *slots; /* keys, counters, measures */
    int64_t window_start_ms, window_end_ms;
    struct fl_counters counters;
    struct fl_place *evidence;
    uint32_t evidence_count;
    enum fl_severity severity;
    const char *title, *message; /* NULL: the rule's own */
    struct fl_pairs extra;
    int waiver; /* index into the policy's, or -1 */
};

/* The i-th identity value of a hit; null where an intent's end is on the internet: the asset is what has to be
 * fixed, whoever came. */
struct fl_value fl_hit_identity(const struct fl_plan *plan, const struct fl_hit *hit, uint32_t i);

/* What an expectation was judged by: periods, each counted once for each host where hosts are waited for. */
struct fl_expect_tally {
    uint64_t judged, no_log, lacking, undecided;
    bool hosts_left_out; /* an interface may have more addresses than were kept */
};

/* What the groups of an intent's three rules add up to. */
struct fl_intent_tally {
    const struct fl_node *from, *to; /* the intent's ends, or NULL */
    uint64_t permitted_flows, permitted_conversations, blocked, without_action, breaches, breaches_waived;
    struct fl_hit *undecided; /* kept ones, most flows first */
    uint32_t undecided_kept;
    uint64_t undecided_count;
    enum fl_severity worst;
    bool any_breach;
    struct fl_expect_tally expect;
};

struct fl_rule_tally {
    uint64_t groups, without_action, failures, findings;
    const char *void_reason; /* all findings are withdrawn */
    char lua_error[320];
};

struct fl_concerned;
struct fl_silence;
struct fl_folds;

/* Interfaces, by ids of the coverage map. */
struct fl_concern {
    uint32_t *ids; /* ascending */
    uint32_t count, capacity;
    bool named; /* by a key of the rule */
};

struct fl_judging {
    const struct fl_plan *plan;
    struct fl_part *part;
    const struct fl_source_list *sources;
    const struct fl_judge_options *options;
    struct fl_arena *arena;
    struct fl_arena scratch; /* of the group at hand */
    struct fl_report *report;
    struct fl_folds *folds;
    uint32_t *ranks;                            /* by rule of the plan: its place in the report */
    struct fl_store *stores[FL_RULE_DEPTH_MAX]; /* by depth of the rules - 1; the first is the part's */
    struct fl_rule_tally *rules;                /* by rule of the plan */
    struct fl_intent_tally *intents;            /* by intent of the policy */
    uint64_t *excused;                          /* occurrences, by binding of a waiver to a rule */
    uint64_t null_arithmetic; /* groups whose `having` is unknown by a division by zero or an overflow */
    int64_t as_of_ms;
    int64_t oldest_ms, newest_ms; /* span of the input; newest_ms is INT64_MIN without records */
    struct fl_silence *silence;   /* NULL: of no use for this span */
    struct fl_concerned *concerned;
    const char *trouble; /* with a file of an expectation, or NULL */
    struct fl_blind_spot *blind;
    uint32_t blind_count, blind_capacity;
};

/* The span of the input's records; null without any. */
struct fl_value fl_judge_observed(const struct fl_judging *j);
/* groups.c: visits every group of every rule. */
enum fl_status fl_judge_groups(struct fl_judging *j);
/* findings.c: gives the hit its waiver and identity, and adds it to its finding. Its views need to live during the call
 * only. */
enum fl_status fl_judge_keep_hit(struct fl_judging *j, struct fl_hit *hit);
/* findings.c: tells a kept hit to somebody who watches. */
enum fl_status fl_judge_tell_hit(const struct fl_judging *j, const struct fl_hit *hit);
/* waivers.c: finds the waiver that excuses the hit, and counts it; forgets what it counted for a rule that turned out
 * to be void. How many occurrences a waiver of the policy excused. */
void fl_judge_waive(struct fl_judging *j, struct fl_hit *hit);
void fl_judge_unwaive(struct fl_judging *j, uint32_t rule);
uint64_t fl_judge_waived(const struct fl_judging *j, uint32_t waiver);
enum fl_severity fl_waiver_severity(enum fl_waiver_effect effect);                      /* FL_SEV_NONE: it hides */
enum fl_severity fl_hit_severity(const struct fl_judging *j, const struct fl_hit *hit); /* as a waiver lowers it */
/* Counts an undecided conversation, and makes room for it among the kept ones: FL_OCCURRENCES_SHOWN with most flows,
 * equal ones in the order they come. NULL when it is not kept; the caller fills in the rest. */
struct fl_hit *fl_undecided_place(struct fl_intent_tally *tally, uint64_t flows);
/* Visits the groups of a rule that is not void, with its own measures; those of fewer records than least_flows are only
 * counted. A rule that turns out to have too many is void then, which is no failure. */
enum fl_status fl_judge_walk(struct fl_judging *j, uint32_t index, int64_t window_ms, int64_t every_ms,
                             uint64_t least_flows,
                             enum fl_status (*visit)(void *context, const struct fl_group_view *view), void *context);
/* copies.c: deep copies; false when memory is out. */
bool fl_verdict_copy(struct fl_arena *arena, const struct fl_verdict *verdict, struct fl_verdict *out);
bool fl_hit_copy(struct fl_arena *arena, const struct fl_hit *hit, uint32_t slot_count, struct fl_hit *out);
/* rows.c: calls on_flow for every record of the group in record order. *worst: what the calls said, that of the worst
 * severity, then of the least record. Not FL_OK: a call failed, err says why. */
enum fl_status fl_judge_ask_rows(struct fl_judging *j, const struct fl_plan_rule *rule,
                                 const struct fl_group_view *view, struct fl_verdict *worst, struct fl_error *err);
/* A later verdict has the last word; what it leaves open stays. */
enum fl_status fl_verdict_override(struct fl_arena *arena, struct fl_verdict *into, const struct fl_verdict *by);
bool fl_names_internet(const struct fl_node *set);
/* over.c: an empty group for each member of the rule. */
enum fl_status fl_judge_seed(struct fl_judging *j, uint32_t index);
/* over.c: why absence cannot be judged; NULL. */
const char *fl_judge_unprovable(struct fl_judging *j, const struct fl_plan_rule *rule);
/* concerned.c: fills in the counters of coverage: what was logged of the interfaces that the keys are about (of all
 * where they name none), what of it SKIPDATA touched, and what was logged of all interfaces of their VPC. */
void fl_judge_coverage_counters(struct fl_judging *j, const struct fl_plan_rule *rule, const struct fl_value *keys,
                                struct fl_value *counters);
/* relations.c: the group becomes a row of every rule that reads its rule. */
enum fl_status fl_judge_feed(struct fl_judging *j, uint32_t rule, const struct fl_value *slots,
                             const struct fl_group_view *view);
enum fl_status fl_judge_open_stores(struct fl_judging *j);
void fl_judge_close_stores(struct fl_judging *j);
/* relations.c: why a rule has nothing to read; NULL. */
const char *fl_judge_source_void(const struct fl_judging *j, const struct fl_plan_rule *rule);
/* expect.c: counts the conversations that are waited for, period by period; after fl_judge_groups(). */
enum fl_status fl_judge_expectations(struct fl_judging *j);
/* finding_list.c: makes the report ready for findings; after fl_judge_concerned_open(). */
enum fl_status fl_judge_open_findings(struct fl_judging *j);
/* finding_list.c: counts the findings of all rules, and makes the report able to visit them, with their evidence. */
enum fl_status fl_judge_findings(struct fl_judging *j);
/* endings.c: how each intent ended. */
enum fl_status fl_judge_intents(struct fl_judging *j);
/* The interfaces (ids of the coverage map) whose logs an intent is judged by. */
struct fl_intent_interfaces {
    uint32_t *interfaces;
    uint32_t count, logged;   /* logged: wrote OK or NODATA records */
    uint32_t silent;          /* in the inventory, and wrote none */
    const char *first_silent; /* its name; NULL without one */
};
/* lead, and how many objects lack the field action, if any. In the arena; NULL when memory is out. */
const char *fl_judge_no_action(struct fl_judging *j, const char *lead);
enum fl_status fl_judge_intent_interfaces(struct fl_judging *j, const struct fl_intent *intent,
                                          struct fl_intent_interfaces *out);
/* An end of an intent as a set of networks; NULL when it has none. */
const struct fl_node *fl_judge_end(struct fl_judging *j, const struct fl_text_at *end);
/* blind.c: rules, waivers, blind spots, the run. */
/* Is there some record, and every one of them out of the policy's scope? */
bool fl_judge_all_out_of_scope(const struct fl_judging *j);
enum fl_status fl_judge_run(struct fl_judging *j);
enum fl_status fl_judge_blind(struct fl_judging *j, enum fl_blind_kind kind, bool incomplete, uint64_t count,
                              const char *what, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* concerned.c: the share of these interfaces that was lost; of the whole run when interfaces is NULL. */
struct fl_coverage fl_judge_coverage(const struct fl_judging *j, const uint32_t *interfaces, uint32_t count);
/* concerned.c: which interfaces hits of one rule are about: those named by a key, else those with an address that is a
 * key. The share that was lost of them; of the whole run where none is known. */
enum fl_status fl_judge_concerned_open(struct fl_judging *j);
/* silence.c: opened before fl_judge_concerned_open(), which adds all hours; fl_judge_silence() tells. */
enum fl_status fl_judge_silence_open(struct fl_judging *j);
void fl_judge_silence_add(struct fl_judging *j, const struct fl_coverage_hour *hour);
enum fl_status fl_judge_silence(struct fl_judging *j);
enum fl_status fl_judge_note_concerned(const struct fl_judging *j, const struct fl_hit *hit,
                                       struct fl_concern *concern);
struct fl_coverage fl_judge_concerned(const struct fl_judging *j, const struct fl_concern *concern);
enum fl_status fl_concern_merge(struct fl_concern *into, const struct fl_concern *from);
/* The one VPC in which the address is a recording host. false: none is known, or several, or `seen` is one of them. */
bool fl_judge_other_vpc(const struct fl_judging *j, struct fl_addr addr, struct fl_str seen, struct fl_str *out);
/* vpc_ends.c: groups that are split by VPC become those of the VPC of the server (else the client), whichever side
 * wrote the records. Before the groups are visited. */
enum fl_status fl_judge_settle_vpcs(struct fl_judging *j);
/* hosts.c: the inventory's addresses and VPCs of the interfaces that were seen. */
enum fl_status fl_judge_add_inventory(struct fl_judging *j);
/* Blind spots: own addresses that the policy counts as internet, and such that several VPCs use. */
enum fl_status fl_judge_own(struct fl_judging *j);
struct fl_pairs fl_judge_pairs(struct fl_judging *j, const char *const *names, const struct fl_value *values,
                               uint32_t count, bool sorted);
bool fl_node_has_addr(const struct fl_plan *plan, const struct fl_node *set, struct fl_addr addr);

#endif
