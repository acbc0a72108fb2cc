/* session.h: what the verbs of the command line do, without the command line. Where engine and Lua meet. */
#ifndef FL_SESSION_SESSION_H
#define FL_SESSION_SESSION_H

#include <stdio.h>

#include "core/engine/judge.h"
#include "core/session/rule_roots.h"

#define FL_OUTPUTS_MAX   16
#define FL_EXIT_INTERNAL 4 /* a bug of ours, or out of memory */

struct fl_output_choice {
    const char *name; /* plugin */
    const char *path; /* NULL = stdout */
};

struct fl_session_options {
    const char *policy;    /* NULL = the bundled baseline */
    const char *rules;     /* --rules or NULL */
    const char *format;    /* --format or NULL */
    uint32_t threads;      /* 0 = the CPUs of the process */
    uint64_t memory_bytes; /* 0 = fl_session_memory() */
    const char *partial;   /* audit, merge: the file that a part is written to in place of a report, or NULL */
    int fail_on;           /* enum fl_severity or -1 */
    bool allow_empty;
    int64_t as_of_ms;   /* INT64_MIN = newest event */
    size_t chunk_bytes; /* 0 = default */
    uint64_t schedule_seed;
    bool profile; /* audit: what each rule cost, on stderr */
    bool profile_json;
    const char *profile_path; /* NULL: stderr */
    bool strict;              /* check: the linter too */
    const char *rule;         /* id of a rule to load though the policy may not use it, or NULL */
    uint64_t record;          /* explain: number of a record, or 0 */
    const char *finding;      /* explain: id of a finding, or NULL */
    const char *pattern;      /* test: -k, or NULL */
    bool coverage, update;
    char *const *inputs;
    uint32_t input_count;
    struct fl_output_choice outputs[FL_OUTPUTS_MAX];
    uint32_t output_count;
};

/* A policy with its rules, compiled. */
struct fl_session {
    struct fl_arena arena;
    struct fl_policy policy;
    struct fl_rule_roots roots;
    struct fl_lua_rules *lua;
    struct fl_plan plan;
    struct fl_waiver_bind *waivers;
    uint32_t waiver_count;
    bool planned;
};

/* Loads policy and rules. Every error found is in errors; not FL_OK then. */
enum fl_status fl_session_open(struct fl_session *session, const struct fl_session_options *options,
                               struct fl_error_list *errors);
void fl_session_close(struct fl_session *session);

/* flowlaw audit. Returns the exit status 0..4. */
int fl_session_audit(const struct fl_session_options *options);
/* partial.c: flowlaw merge; the inputs are files of audit --partial. Returns the exit status. */
int fl_session_merge(const struct fl_session_options *options);
/* Writes the part to options->partial. Returns the exit status. */
int fl_session_save_part(struct fl_session *session, const struct fl_session_options *options,
                         struct fl_source_list *sources, struct fl_part *part);
/* Judges a part and delivers the report. Returns the exit status. */
int fl_session_judge(struct fl_session *session, const struct fl_session_options *options,
                     const struct fl_source_list *sources, struct fl_part *part);
/* flowlaw check: what loads, and with inputs which rules lack fields. Returns the exit status. */
int fl_session_check(const struct fl_session_options *options);
/* flowlaw explain: what a rule asks, why a record or a finding counted; the first input is the rule or the finding.
 * Returns the exit status. */
int fl_session_explain(const struct fl_session_options *options);

/* flowlaw test: runs the tests that stand in rule files; the inputs are rule files and folders of them. Returns the
 * exit status. */
int fl_session_test(const struct fl_session_options *options);

/* flowlaw init, flowlaw new-rule: write files that work as they are. rules: the folder, or NULL. Return the exit
 * status. */
int fl_session_init(const char *folder);
int fl_session_new_rule(const char *id, const char *rules);

/* memory.c: what --memory is when it is not said: half of what the machine, or the control group, has; 4 GiB at most.
 */
uint64_t fl_session_memory(void);
/* The part of it that groups may take: the rest is for what every run holds. */
uint64_t fl_session_group_memory(const struct fl_session_options *options, uint32_t threads);

/* deliver.c: can every output be written where it was told to? Says which one cannot. */
bool fl_session_can_deliver(const struct fl_session_options *options);
/* Writes a report to every output chosen; false when one could not be delivered. */
bool fl_session_deliver(const struct fl_session_options *options, const struct fl_report *report);
/* Writes a file beside its target and renames it; its mode stays. false, and an error in the log. */
bool fl_session_write_file(const char *path, struct fl_str text);
/* profile.c: what each rule cost, worst first, where the options say; false when it could not be written. */
bool fl_session_profile(const struct fl_session_options *options, const struct fl_plan *plan,
                        const struct fl_part *part);
/* summary.c: what was read, what was found, what could not be seen; on stderr. */
void fl_session_summary(const struct fl_report *report);
/* Prints all errors and what they come to ("nothing was audited"); returns exit status 2, or 4 when memory ran out, as
 * the errors may then be mere consequences. */
int fl_session_refuse(const struct fl_error_list *errors, const char *consequence);

#endif
