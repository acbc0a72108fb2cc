/* explain.c: `flowlaw explain`: which rule or finding is meant. */
#include "core/session/explain.h"

#include <stdio.h>
#include <string.h>

#include "core/base/escape.h"
#include "core/base/log.h"

#define ID_DIGITS_MIN 8 /* of a finding's id that are enough to name it */

void fl_explain_add_str(struct fl_explaining *e, struct fl_str text)
{
    if (e->json)
        fl_buf_add(&e->out, text.ptr, text.len);
    else
        fl_escape_terminal(&e->out, text);
}

void fl_explain_add(struct fl_explaining *e, const char *text)
{
    fl_explain_add_str(e, fl_str_of(text));
}

void fl_explain_value(struct fl_explaining *e, const struct fl_value *value)
{
    struct fl_buf text;
    fl_buf_init(&text);
    fl_value_text(&text, value);
    e->out.failed |= text.failed;
    if (!text.failed && text.len > 0)
        fl_explain_add_str(e, (struct fl_str){text.data, text.len});
    if (value->may_count_twice)
        fl_buf_add_text(&e->out, " (may count twice)");
    fl_buf_dispose(&text);
}

void fl_explain_label(struct fl_explaining *e, const char *label)
{
    fl_buf_add_format(&e->out, "  %-11s ", label);
}

bool fl_explain_concerns(const struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    const char *id = rule->decl->intent != NULL ? rule->decl->intent->id : rule->decl->id;
    return strcmp(id, e->name) == 0;
}

static bool is_rule(const struct fl_explaining *e)
{
    for (uint32_t r = 0; r < e->session->plan.rule_count; r++)
        if (fl_explain_concerns(e, &e->session->plan.rules[r]))
            return true;
    return false;
}

/* Looks like the id of a finding, or the beginning of one. */
static bool is_id(const char *name)
{
    size_t len = strlen(name);
    return len >= ID_DIGITS_MIN && len <= 32 && strspn(name, "0123456789abcdef") == len;
}

static int unknown_rule(const struct fl_explaining *e)
{
    const struct fl_session *session = e->session;
    struct fl_str_guess guess = {NULL, 99};
    for (uint32_t r = 0; r < session->plan.rule_count; r++)
        if (session->plan.rules[r].role <= FL_ROLE_EXPECT)
            fl_str_guess_try(&guess, fl_str_of(e->name), session->plan.rules[r].decl->id);
    for (uint32_t i = 0; i < session->roots.count; i++)
        fl_str_guess_try(&guess, fl_str_of(e->name), session->roots.items[i].id);
    if (guess.best != NULL)
        fl_log_error("there is no rule or intent %s; did you mean %s?", e->name, guess.best);
    else
        fl_log_error("there is no rule or intent %s; flowlaw list rules names them. The id of a finding has %d to 32 "
                     "digits 0-9a-f",
                     e->name, ID_DIGITS_MIN);
    return 2;
}

static int explain(struct fl_explaining *e)
{
    const struct fl_session_options *options = e->options;
    bool rule = options->finding == NULL && is_rule(e);
    if (options->finding != NULL && !is_id(options->finding)) {
        fl_log_error("flowlaw explain: --finding takes the id of a finding (%d to 32 digits 0-9a-f), not %s",
                     ID_DIGITS_MIN, options->finding);
        return 2;
    }
    if (!rule && (options->finding != NULL || is_id(e->name))) {
        if (e->input_count > 0)
            return fl_explain_finding(e, e->name);
        fl_log_error("flowlaw explain: name the INPUT that the finding is in");
        return 2;
    }
    if (!rule)
        return unknown_rule(e);
    if (options->record != 0 && e->input_count > 0)
        return fl_explain_record(e);
    if (options->record != 0 || e->input_count > 0) {
        fl_log_error("flowlaw explain: a record of a rule is named by --record N FILE");
        return 2;
    }
    if (e->json)
        fl_explain_put_plan(e);
    else
        fl_explain_plan(e);
    return 0;
}

int fl_session_explain(const struct fl_session_options *options)
{
    struct fl_session session;
    struct fl_session_options asked = *options;
    struct fl_error_list errors = {0};
    struct fl_explaining e = {.options = &asked, .session = &session, .inputs = options->inputs};
    int exit_status;
    e.input_count = options->input_count;
    e.name = options->finding;
    if (e.name == NULL) {
        e.name = options->inputs[0];
        e.inputs++;
        e.input_count--;
    }
    asked.rule = options->finding == NULL ? e.name : NULL;
    /* A finding comes from an audit, which knows the rules of its policy only. */
    bool finding = asked.rule == NULL || (is_id(e.name) && options->record == 0 && e.input_count > 0);
    if (options->policy == NULL && options->rules == NULL && !finding)
        asked.rules = fl_own_rules();
    e.json = strcmp(options->outputs[0].name, "json") == 0;
    fl_buf_init(&e.out);
    fl_buf_init(&e.doc);
    fl_json_init(&e.w, &e.doc);
    if (fl_session_open(&session, &asked, &errors) != FL_OK)
        exit_status = fl_session_refuse(&errors, "nothing was explained");
    else
        exit_status = explain(&e);
    const struct fl_buf *printed = e.json ? &e.doc : &e.out;
    if (e.out.failed || e.doc.failed) {
        fl_log_error("out of memory");
        exit_status = FL_EXIT_INTERNAL;
    } else if (printed->len > 0) {
        fwrite(printed->data, 1, printed->len, stdout);
    }
    fl_buf_dispose(&e.out);
    fl_buf_dispose(&e.doc);
    fl_error_list_dispose(&errors);
    fl_session_close(&session);
    return exit_status;
}
