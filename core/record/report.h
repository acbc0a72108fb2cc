/* report.h: the results of one run, as every output reads them.
 *
 * Owned by the session that made it, in one arena, but the findings: fl_report_close(). Outputs only read. Lists are
 * sorted as they are shown in JSON: findings by (rule, identity), intents and rules in policy order.
 */
#ifndef FL_RECORD_REPORT_H
#define FL_RECORD_REPORT_H

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/record/value.h"

#define FL_RESULTS_SCHEMA "flowlaw.results/1"

enum fl_severity { FL_SEV_INFO, FL_SEV_LOW, FL_SEV_MEDIUM, FL_SEV_HIGH, FL_SEV_CRITICAL, FL_SEV_NONE };
const char *fl_severity_name(enum fl_severity severity); /* "info".."critical", "none" */
int fl_severity_find(struct fl_str text);                /* -1 */

struct fl_pair {
    const char *name;
    struct fl_value value;
};
struct fl_pairs {
    const struct fl_pair *items;
    uint32_t count;
};
struct fl_texts {
    const char **items;
    uint32_t count;
};

struct fl_evidence {
    const char *source;
    uint64_t record; /* line of the decompressed object, from 1; 0 = could not be read again */
    uint64_t offset;
    struct fl_str raw;
    const struct fl_pair *fields; /* STR values, by column name */
    uint32_t field_count;
};

struct fl_occurrence {
    struct fl_pairs group;                  /* every group key */
    int64_t window_start_ms, window_end_ms; /* both INT64_MIN without windows */
    uint64_t flows;
    struct fl_pairs measures;
    enum fl_severity severity;
    const char *waived_by; /* waiver label or NULL */
};

struct fl_coverage {
    uint64_t minutes, lost_minutes; /* interface-minutes seen, and touched by SKIPDATA */
    bool damaged;                   /* some object of the run was damaged */
    bool sampled;
};

struct fl_finding {
    char id[33]; /* hex */
    const char *rule, *title;
    enum fl_severity severity;
    const char *message;
    struct fl_texts controls, attack;
    const char *remediation; /* or NULL */
    struct fl_pairs params;
    struct fl_pairs group;    /* identity */
    struct fl_pairs measures; /* of the worst occurrence */
    struct fl_pairs extra;    /* added by Lua */
    uint64_t occurrence_count;
    int64_t occurrence_first_ms, occurrence_last_ms;
    const struct fl_occurrence *worst;
    uint32_t worst_count;
    int64_t first_seen_ms, last_seen_ms; /* INT64_MIN when unknown */
    uint64_t flows;
    __int128 packets, bytes;
    const struct fl_evidence *evidence;
    uint32_t evidence_count;
    const char *threshold;            /* or NULL */
    const char *waived;               /* label of the waiver, or NULL */
    enum fl_severity waived_severity; /* FL_SEV_NONE: hidden; else what the waiver lowered it to */
    const char *declared_file;        /* as given or relative to the rule root */
    uint32_t declared_line;
    struct fl_coverage coverage;
};

enum fl_ending { FL_END_BROKEN, FL_END_HELD, FL_END_HELD_WITH_GAPS, FL_END_NOT_SEEN, FL_END_NOT_EVALUATED };
const char *fl_ending_name(enum fl_ending ending); /* "broken", "held", "held with gaps", ... */

struct fl_undecided {
    struct fl_pairs group;
    uint64_t flows;
    const struct fl_evidence *evidence;
    uint32_t evidence_count;
};

struct fl_intent_result {
    const char *id, *title;
    enum fl_severity severity;
    enum fl_ending ending;
    bool waived; /* broken, and every breach is waived */
    bool optional;
    bool not_in_force;  /* not seen, as its dates leave out the whole log */
    const char *reason; /* why not evaluated, not seen, or with gaps; or NULL */
    uint64_t permitted_flows, permitted_conversations;
    uint64_t blocked_attempts; /* groups that were blocked */
    uint64_t breaches;         /* findings */
    uint64_t undecided_count;
    const struct fl_undecided *undecided; /* the ten with most flows */
    uint32_t undecided_shown;
    struct fl_texts controls;
    const char *declared_file;
    uint32_t declared_line;
};

struct fl_rule_result {
    const char *id, *title;
    enum fl_severity severity;
    bool evaluated;
    bool signal;                       /* makes no findings: others read its groups */
    const char *reason;                /* why not, or about which part; NULL */
    uint64_t objects, objects_lacking; /* objects read; those whose fields cannot satisfy the rule */
    uint64_t records_selected, groups, findings;
    const char *declared_file;
    uint32_t declared_line;
};

struct fl_waiver_result {
    const char *rule, *where, *owner, *reason, *ticket, *expires; /* each may be NULL but rule */
    const char *state;                                            /* "used", "unused", "expired", "soon" */
    uint64_t occurrences;
    const char *declared_file;
    uint32_t declared_line;
};

enum fl_blind_kind {
    FL_BLIND_DAMAGED,
    FL_BLIND_UNREADABLE,
    FL_BLIND_UNRECOGNISED,
    FL_BLIND_NO_MATCH,
    FL_BLIND_NO_RECORDS,
    FL_BLIND_BAD_LINES,
    FL_BLIND_BAD_VALUES,
    FL_BLIND_SKIPDATA,
    FL_BLIND_SILENT,
    FL_BLIND_RULE,
    FL_BLIND_UNDECIDED,
    FL_BLIND_UNKNOWN_COLUMN,
    FL_BLIND_SKIPPED,
    FL_BLIND_BAD_TIME,
    FL_BLIND_DUPLICATES,
    FL_BLIND_OTHER,
};
const char *fl_blind_name(enum fl_blind_kind kind);

struct fl_blind_spot {
    enum fl_blind_kind kind;
    const char *what; /* source, rule, field or interface */
    const char *text; /* one sentence: what happened and what to do */
    uint64_t count;
    bool incomplete; /* counts for exit status 3 */
};

struct fl_run_input {
    const char *name;
    const char *format; /* "aws_vpc: header" */
    uint64_t bytes, records;
};

struct fl_run {
    const char *policy; /* name */
    const char *policy_file;
    const struct fl_run_input *inputs; /* name order */
    uint32_t input_count;
    uint64_t records, bytes, bad_lines, no_data, skip_data;
    int64_t first_ms, last_ms; /* INT64_MIN without records */
    bool deduped;              /* the input was read twice, and */
    uint64_t duplicates;       /* so many records were left out */
    struct fl_coverage coverage;
    enum fl_severity fail_on;
    bool empty_allowed; /* not one record, which was said to be fine: then no intent can be seen either */
    bool complete;
    int exit_status;
};

/* Findings are made when they are looked at, one after the other: there may be more than memory holds. */
struct fl_findings;
struct fl_finding_visit {
    /* Only those that are waived, or not, and have this severity; NULL = all. */
    const struct fl_finding_class {
        bool waived;
        enum fl_severity severity;
    } * only;
    struct fl_arena *arena; /* what the findings are made in; NULL: they are gone after each call */
    enum fl_status (*take)(void *context, const struct fl_finding *finding); /* FL_END ends the visit */
    void *context;
};
struct fl_finding_source {
    enum fl_status (*visit)(const struct fl_findings *findings, const struct fl_finding_visit *visit);
    void (*close)(struct fl_findings *findings);
    const char *(*trouble)(const struct fl_findings *findings); /* why a visit failed, or NULL */
};

struct fl_report {
    struct fl_run run;
    const struct fl_intent_result *intents;
    uint32_t intent_count;
    const struct fl_rule_result *rules;
    uint32_t rule_count;
    struct fl_findings *findings; /* NULL without any */
    const struct fl_finding_source *finding_source;
    uint64_t finding_count;
    uint64_t finding_counts[2][FL_SEV_NONE]; /* by waived and severity */
    uint64_t hidden_counts[FL_SEV_NONE];     /* those that a waiver hides, which are among the waived */
    const struct fl_waiver_result *waivers;
    uint32_t waiver_count;
    const struct fl_blind_spot *blind_spots;
    uint32_t blind_spot_count;
};

/* Findings of a severity that no waiver hides. */
static inline uint64_t fl_report_shown(const struct fl_report *report, enum fl_severity severity)
{
    return report->finding_counts[0][severity] + report->finding_counts[1][severity] - report->hidden_counts[severity];
}
/* Visits the findings in their order. Not FL_OK: what a call said, but FL_END; or they could not be read back. */
enum fl_status fl_report_findings(const struct fl_report *report, const struct fl_finding_visit *visit);
/* Why they could not be read back, or NULL. */
const char *fl_report_trouble(const struct fl_report *report);
/* The findings cannot be visited any more; the rest stays, in its arena. */
void fl_report_close(struct fl_report *report);

/* Is the audit incomplete because of this intent: not seen or not evaluated, at or above fail_on? Not when nobody
 * expects to see it: it is optional or not in force, or there is no record and that is fine. */
bool fl_intent_leaves_gap(const struct fl_run *run, const struct fl_intent_result *intent);

#endif
