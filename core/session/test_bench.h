/* test_bench.h: the files of `flowlaw test` among themselves: a test block -> records -> findings -> verdict.
 *
 * Inside core/session only. One thread. Everything about a rule file lives in its bench; a verdict's text is its own.
 */
#ifndef FL_SESSION_TEST_BENCH_H
#define FL_SESSION_TEST_BENCH_H

#include "core/base/limits.h"
#include "core/lua/test_file.h"
#include "core/session/session.h"

/* What is said about one test while it is made ready: all that is wrong with it. */
struct fl_test_errors {
    const char *file; /* as shown */
    uint32_t line;    /* of what is being read */
    struct fl_error_list list;
};
void fl_test_fail(struct fl_test_errors *errors, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Says that a table has no such key, and which was meant. `known` ends with NULL; false when the key is not in it. */
bool fl_test_knows(struct fl_test_errors *errors, const char *what, const char *key, const char *const known[]);

/* ---- test_flows.c: flows{ ... } -> lines of a log ---- */

/* Adds one object for each kind of log that the blocks ask for, and the files that they name. `root`: the folder that
 * files must not leave; `folder`: where their paths start. */
enum fl_status fl_test_sources(const struct fl_datum *flows, const struct fl_policy *policy, const char *folder,
                               const char *root, struct fl_source_list *out, struct fl_test_errors *errors);

/* test_ends.c: "10.0.0.1..10.0.0.9:443" and lists of such -> ends, in the order in which they are walked. */
struct fl_test_end {
    struct fl_addr addr;
    int32_t port; /* -1: none given */
};
struct fl_test_ends {
    struct fl_test_end *items;
    uint32_t count, capacity;
};
/* false and an error. what: "from" or "to". */
bool fl_test_ends_read(const struct fl_datum *datum, const char *what, struct fl_test_ends *out,
                       struct fl_test_errors *errors);

/* ---- test_policy.c: a test's params and policy -> the text of a policy that uses the rule ---- */
void fl_test_policy_text(const struct fl_datum *body, const char *rule_id, struct fl_buf *out,
                         struct fl_test_errors *errors);

/* ---- test_expect.c ---- */

/* Compares what a test expects with the findings; writes what differs, one line each, and returns whether all is as
 * expected. Mistakes in the expectation itself go to errors. */
bool fl_test_compare(const struct fl_datum *expect, const struct fl_finding *const *findings, uint32_t count,
                     struct fl_buf *diff, struct fl_test_errors *errors);

/* As a rule author would write it. */
void fl_test_add_value(struct fl_buf *out, const struct fl_value *value);
/* Is it what was expected, as `expect` writes it? */
bool fl_test_equals(const struct fl_datum *d, const struct fl_value *value);

/* ---- test_near.c: the group that came nearest to a finding ---- */

struct fl_test_near {
    const struct fl_plan *plan;
    const struct fl_plan_rule *rule; /* NULL: none of the plan */
    const struct fl_datum *expect;   /* or NULL */
    struct fl_arena *arena;
    const struct fl_judge_watch *next; /* who watches too, or NULL */
    struct fl_judge_watch judge;
    struct fl_value *slots; /* of the group; NULL: there was none */
    enum fl_fate fate;
    uint32_t score;
};
/* Watches the groups of a rule that do not fire, and keeps the one that has most of the keys that are expected, or else
 * most records. What it keeps lives in the arena. */
void fl_test_near_open(struct fl_test_near *near, const struct fl_plan *plan, const char *rule,
                       const struct fl_datum *expect, const struct fl_judge_watch *next, struct fl_arena *arena);
/* Writes which group it is, its values and why it is no finding. */
void fl_test_near_show(const struct fl_test_near *near, struct fl_buf *out);

/* ---- test_files.c ---- */

struct fl_test_file {
    const struct fl_rule_roots *roots;
    struct fl_rule_found found;
};
struct fl_test_files {
    struct fl_arena arena;
    struct fl_rule_roots **roots; /* one for each PATH */
    uint32_t roots_count, roots_capacity;
    struct fl_policy policy; /* of -p */
    struct fl_test_file *items;
    uint32_t count, capacity;
};
enum fl_status fl_test_files_open(struct fl_test_files *files, const struct fl_session_options *options,
                                  struct fl_error_list *errors);
void fl_test_files_close(struct fl_test_files *files);

/* ---- test_run.c: one rule file ---- */

/* What is compiled for one set of parameters and one policy. */
struct fl_test_plan {
    char *text; /* of the policy */
    struct fl_arena arena;
    struct fl_policy policy;
    struct fl_plan plan;
    bool planned, usable;
    struct fl_waiver_bind *waivers;
    uint32_t waiver_count;
    struct fl_error_list errors;
    const char *told_by; /* the first test that told them */
};

struct fl_test_vm {
    const struct fl_rule_ops *real;
    void *vm; /* opened once, as loading is most of the work */
};

/* A comparison of `where` or `having`, and what it was in some test. */
struct fl_test_term {
    const char *part; /* "where", "having" */
    const char *text; /* as it is written */
    bool negated;     /* written as `not in` and the like: asked the other way round */
    bool seen[2];     /* false, true; as it is written */
};

struct fl_bench {
    struct fl_arena arena;
    const struct fl_rule_roots *roots;
    struct fl_rule_found found;
    const char *shown; /* its file as messages name it */
    struct fl_lua_rules *lua;
    struct fl_rule_decl *decl;
    struct fl_rule_tests tests;
    struct fl_test_plan **plans;
    uint32_t plan_count, plan_capacity;
    struct fl_rule_ops ops; /* those of the rules, with one VM kept open */
    struct fl_test_vm vm;
    bool covers, updates;       /* gather terms; write findings for --update */
    struct fl_test_term *terms; /* those of `where` first */
    uint32_t where_terms, term_count;
    bool broken;               /* the rule does not load in some test */
    struct fl_buf load_errors; /* lines, escaped */
};

/* Loads the file and its tests. Errors go to the list. */
enum fl_status fl_bench_open(struct fl_bench *bench, const struct fl_rule_roots *roots,
                             const struct fl_rule_found *found, struct fl_error_list *errors);
/* Compiles the rule as it stands, so that what is wrong with one that has no test is told too. policy: whose networks
 * and services it may name; NULL: none. Errors go to the list. */
enum fl_status fl_bench_compile(struct fl_bench *bench, const struct fl_policy *policy, struct fl_error_list *errors);
void fl_bench_close(struct fl_bench *bench);

struct fl_test_verdict {
    const struct fl_bench *bench;
    const struct fl_rule_test *test;
    bool passed;
    struct fl_buf text;  /* why not: lines, escaped */
    struct fl_buf found; /* with `updates`, where that can be written: the findings as an `expect` table */
};
/* FL_E_NOMEM, or an error that no test is to blame for; else FL_OK with the verdict, whose buffers the caller disposes.
 */
enum fl_status fl_bench_run(struct fl_bench *bench, const struct fl_rule_test *test, struct fl_test_verdict *out,
                            struct fl_error *err);

/* ---- test_coverage.c ---- */

/* Somebody who asks the terms while a test runs. */
struct fl_test_watch {
    struct fl_bench *bench;
    const struct fl_plan *plan;
    const struct fl_plan_rule *rule;
    struct fl_row_watch row;
    struct fl_judge_watch judge;
};
enum fl_status fl_test_watch_open(struct fl_test_watch *w, struct fl_bench *bench, const struct fl_plan *plan);
void fl_test_coverage(const struct fl_bench *benches, uint32_t count, struct fl_buf *out);

/* test_junit.c */
void fl_test_junit(const struct fl_bench *benches, uint32_t bench_count, const struct fl_test_verdict *verdicts,
                   uint32_t count, struct fl_buf *out);

/* test_found.c: findings as an `expect` table. expect: the one there was, or NULL. */
void fl_test_write_found(const struct fl_datum *expect, const struct fl_finding *const *findings, uint32_t count,
                         struct fl_buf *out);
/* test_update.c: puts them into the rule files. Returns how many tests were changed; says which could not be. */
uint32_t fl_test_update(struct fl_bench *benches, uint32_t bench_count, const struct fl_test_verdict *verdicts,
                        uint32_t count);

#endif
