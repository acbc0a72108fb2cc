/* check.h: what the files of `flowlaw check` share. Inside core/session; docs/checks.md has what is written. */
#ifndef FL_SESSION_CHECK_H
#define FL_SESSION_CHECK_H

#include "core/session/layouts.h"
#include "core/session/lint.h"

/* INPUT, read for its layouts and for how much lists would keep. */
struct fl_checked_input {
    struct fl_source_list sources;
    struct fl_part part;
    struct fl_layout *layouts; /* in the session's arena */
    uint32_t layout_count;
};

const char *fl_check_level(enum fl_lint_code code);
/* Fields that a rule reads of records; none when it reads groups. */
struct fl_field_set fl_check_reads(const struct fl_plan_rule *rule);
/* Objects in which the rule can be judged; *read: of how many. */
uint32_t fl_check_judged(const struct fl_plan *plan, const struct fl_plan_rule *rule,
                         const struct fl_checked_input *input, uint32_t *read);

/* check_json.c: one object a line. input may be NULL. */
void fl_check_put_policy(const struct fl_session *session);
void fl_check_put_input(const struct fl_checked_input *input);
void fl_check_put_rules(const struct fl_session *session, const struct fl_checked_input *input);
void fl_check_put_lint(const struct fl_lint *item);

#endif
