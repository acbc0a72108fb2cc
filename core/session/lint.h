/* lint.h: what `flowlaw check --strict` finds wrong with rules and policies that load. Inside core/session.
 *
 * Codes are stable and documented in docs/checks.md.
 */
#ifndef FL_SESSION_LINT_H
#define FL_SESSION_LINT_H

#include "core/expr/domain.h"
#include "core/rule/locate.h"
#include "core/session/session.h"

/* Of the records, that a list may keep before its memory is worth a word. */
#define FL_LIST_SHARE_PERCENT 5u

#define FL_LINT_OWN_TEXT                                                                                               \
    "network %s is private, and `own` names no private address: none is in `ours`, and what speaks of `ours` passes "  \
    "over them"
#define FL_LINT_OWN_TODO "add to `own` the private ranges that are yours, as 10.0.0.0/8"
#define FL_LINT_UNNAMED_TEXT                                                                                           \
    "private addresses of recording interfaces are not in `ours`, and what speaks of `ours` passes over them; first "  \
    "%s of %.*s; `ours` is what %s"

enum fl_lint_code {
    FL_LINT_NEVER = 1, /* FL001 */
    FL_LINT_ALWAYS,
    FL_LINT_PARAM,
    FL_LINT_NO_TEST,
    FL_LINT_UNBOUNDED,
    FL_LINT_LIST,
    FL_LINT_CODE,
    FL_LINT_LACKING,
    FL_LINT_IDENTITY,
    FL_LINT_EXCLUDE,
    FL_LINT_OVERLAP,
    FL_LINT_WINDOW,
    FL_LINT_VOID,
    FL_LINT_NOTHING,
    FL_LINT_OWN,
    FL_LINT_AGAIN,
    FL_LINT_TEST_NAME,
    FL_LINT_UNUSED,
    FL_LINT_FOREVER,
    FL_LINT_HALF,
    FL_LINT_END
};

struct fl_lint {
    enum fl_lint_code code;
    const char *rule; /* rule, intent or network concerned */
    const char *todo; /* what to do about it */
    struct fl_error at;
};

struct fl_linting {
    struct fl_session *session;
    struct fl_domains *domains;
    struct fl_lint *items;
    uint32_t count, capacity;
    bool nomem;
};

/* Adds a warning of a rule, at a place in the text that is the value of spot->key; column counts in that text. */
void fl_lint_rule(struct fl_linting *l, enum fl_lint_code code, const struct fl_rule_decl *decl,
                  const struct fl_rule_spot *spot, uint32_t column, const char *todo, const char *format, ...)
    __attribute__((format(printf, 7, 8)));
/* Adds one at a byte of the rule's file. */
void fl_lint_file(struct fl_linting *l, enum fl_lint_code code, const struct fl_rule_decl *decl, size_t at,
                  const char *todo, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* Adds one of the policy. */
void fl_lint_policy(struct fl_linting *l, enum fl_lint_code code, const char *name, uint32_t line, uint32_t column,
                    const char *todo, const char *format, ...) __attribute__((format(printf, 7, 8)));

/* All checks; those of the logs at hand when sources is not NULL: part is what they came to, with the counts of rules
 * where the plan has lists. The items come in the order of their places. */
enum fl_status fl_lint_run(struct fl_linting *l, const struct fl_source_list *sources, const struct fl_part *part,
                           struct fl_error *err);
void fl_lint_dispose(struct fl_linting *l);

/* lint_policy.c: policies that judge nothing, whose `own` lacks the private space, that use a rule twice, or that waive
 * all that a rule finds for ever. */
void fl_lint_policy_itself(struct fl_linting *l);
/* The first private network of a policy whose `ours` holds no private address; NULL. */
const struct fl_network *fl_lint_private_network(const struct fl_policy *policy);

/* lint_names.c: networks and services that nothing names. */
void fl_lint_names(struct fl_linting *l);

/* lint_conditions.c: parts of conditions that are never or always true; intents that exclude each other. Builds the
 * domains. */
void fl_lint_conditions(struct fl_linting *l);
/* lint_intents.c: reads the ends of intents into the domains, then compares them. */
struct fl_lint_laws *fl_lint_laws_read(struct fl_linting *l);
const struct fl_node *fl_lint_when(const struct fl_lint_laws *laws, uint32_t intent); /* NULL without one */
void fl_lint_laws_compare(struct fl_linting *l, const struct fl_lint_laws *laws);
void fl_lint_networks(struct fl_linting *l);
/* lint_rules.c */
void fl_lint_rules(struct fl_linting *l);
/* lint_code.c: code that a condition could replace. */
void fl_lint_code(struct fl_linting *l, const struct fl_rule_decl *decl);
uint32_t fl_lint_tests(struct fl_str file); /* test blocks */
void fl_lint_test_names(struct fl_linting *l, const struct fl_rule_decl *decl);
/* The least private address of a recording interface that is not in `ours`. */
struct fl_lint_unnamed {
    char addr[FL_ADDR_TEXT_BYTES];
    struct fl_str interface;
};
/* lint_input.c: what needs the logs at hand. false: there is no such address. */
bool fl_lint_unnamed(const struct fl_plan *plan, const struct fl_part *part, struct fl_lint_unnamed *out);
void fl_lint_input(struct fl_linting *l, const struct fl_source_list *sources, const struct fl_part *part);

#endif
