/* explain_plan.c: a rule as it was compiled. */
#include <string.h>

#include "core/rule/compile.h"
#include "core/session/explain.h"

static void add_texts(struct fl_explaining *e, const char *label, const struct fl_texts *texts)
{
    if (texts->count == 0)
        return;
    fl_explain_label(e, label);
    for (uint32_t i = 0; i < texts->count; i++) {
        fl_buf_add_text(&e->out, i > 0 ? ", " : "");
        fl_explain_add(e, texts->items[i]);
    }
    fl_buf_add_char(&e->out, '\n');
}

static void add_text(struct fl_explaining *e, const char *label, const char *text)
{
    if (text == NULL)
        return;
    fl_explain_label(e, label);
    fl_explain_add(e, text);
    fl_buf_add_char(&e->out, '\n');
}

static void add_param(struct fl_explaining *e, const struct fl_plan_param *param)
{
    const struct fl_param_decl *p = param->decl;
    fl_buf_add_text(&e->out, "    ");
    fl_explain_add(e, p->name);
    fl_buf_add_text(&e->out, " = ");
    fl_explain_add(e, p->text);
    if (strcmp(p->text, param->text) != 0) { /* a price by its name */
        fl_buf_add_text(&e->out, " = ");
        fl_explain_add(e, param->text);
    }
    fl_buf_add_format(&e->out, "   (%s, ", fl_param_type_name(p->type));
    if (p->from_policy) {
        fl_buf_add_text(&e->out, "set at ");
        fl_explain_add(e, p->file);
        fl_buf_add_format(&e->out, ":%u:%u; default ", p->line, p->column);
        fl_explain_add(e, p->default_text);
    } else {
        fl_buf_add_text(&e->out, "the rule's default");
    }
    fl_buf_add_char(&e->out, ')');
    if (p->what != NULL) {
        fl_buf_add_text(&e->out, "  ");
        fl_explain_add(e, p->what);
    }
    fl_buf_add_char(&e->out, '\n');
}

/* Whom else the term is evaluated for, which costs nothing more. */
static void add_sharers(struct fl_explaining *e, uint32_t number)
{
    const struct fl_plan *plan = &e->session->plan;
    uint32_t others = 0;
    for (uint32_t r = 0; r < plan->rule_count; r++) {
        if (!fl_explain_shares(e, r, number))
            continue;
        if (others < 3) {
            fl_buf_add_text(&e->out, others == 0 ? "   shared with " : ", ");
            fl_explain_add(e, plan->rules[r].decl->id);
        }
        others++;
    }
    if (others > 3)
        fl_buf_add_format(&e->out, " and %u more", others - 3);
}

static void add_terms(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    struct fl_explain_terms terms = fl_explain_terms(e, rule);
    if (terms.count > 0)
        fl_buf_add_text(&e->out, "  terms\n");
    for (uint32_t i = 0; i < terms.count; i++) {
        fl_buf_add_text(&e->out, "    ");
        fl_explain_term(e, rule, &terms.items[i]);
        fl_buf_add_text(&e->out, terms.items[i].whole_column ? "   [whole column]" : "   [records still in play]");
        add_sharers(e, terms.items[i].number);
        fl_buf_add_char(&e->out, '\n');
    }
    fl_free(terms.items);
}

static void add_columns(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    static const char *const labels[] = {"columns", "  lazy", "derived", "  lazy"};
    struct fl_field_set fields = fl_explain_fields(rule);
    for (unsigned kind = 0; kind < 4; kind++) {
        bool any = false;
        for (uint32_t f = 0; f < FL_FIELD_COUNT; f++) {
            if (!fl_field_set_has(&fields, f) || (f >= FL_DERIVED_FIRST) != (kind >= 2) ||
                fl_field_set_has(&e->session->plan.lazy, f) != (kind % 2 == 1))
                continue;
            if (!any)
                fl_explain_label(e, labels[kind]);
            fl_buf_add_format(&e->out, "%s%s", any ? " " : "", fl_fields[f].name);
            any = true;
        }
        if (any)
            fl_buf_add_char(&e->out, '\n');
    }
}

/* ---- groups ---- */

static void add_keys(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    fl_explain_label(e, "group_by");
    for (uint32_t k = 0; k < rule->key_count; k++)
        fl_buf_add_format(&e->out, "%s%s (%s)", k > 0 ? ", " : "", rule->key_names[k],
                          fl_type_name(rule->key_types[k]));
    fl_buf_add_text(&e->out, rule->key_count == 0 ? "nothing: the whole audit is one group\n" : "\n");
    if (rule->identity_count == 0)
        return;
    fl_explain_label(e, "identity");
    for (uint32_t i = 0; i < rule->identity_count; i++)
        fl_buf_add_format(&e->out, "%s%s", i > 0 ? ", " : "", rule->key_names[rule->identity[i]]);
    fl_buf_add_char(&e->out, '\n');
}

/* What an intent waits for, and the periods that it is counted in. */
static void add_expectation(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    const struct fl_intent *intent = rule->decl->intent;
    const struct fl_policy *policy = &e->session->policy;
    bool days = intent->expect_every_ms >= FL_MS_PER_DAY, many = intent->expect_every_ms > FL_MS_PER_DAY;
    char every[FL_WHEN_TEXT_BYTES];
    fl_duration_format(intent->expect_every_ms, every);
    fl_explain_label(e, "expect");
    fl_buf_add_format(&e->out, "in each period at least %lld, let in or answered, %s ", (long long)intent->expect_min,
                      intent->expect_each_host ? "from each host of" : "from anybody in");
    fl_explain_add(e, intent->from.text);
    fl_buf_add_char(&e->out, '\n');
    fl_explain_label(e, "periods");
    fl_buf_add_format(&e->out, "%s, from %s in ", every,
                      many   ? "midnight, so that weeks begin on Mondays,"
                      : days ? "midnight"
                             : "multiples of it on the clock");
    fl_explain_add(e, policy->zone_name);
    fl_buf_add_text(&e->out, "; those that lie whole inside the input are judged\n");
}

static void add_windows(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    if (rule->window_ms == 0 || rule->role == FL_ROLE_EXPECT)
        return;
    char window[FL_WHEN_TEXT_BYTES], every[FL_WHEN_TEXT_BYTES], pane[FL_WHEN_TEXT_BYTES];
    fl_duration_format(rule->window_ms, window);
    fl_duration_format(rule->every_ms, every);
    fl_duration_format(rule->pane_ms, pane);
    fl_explain_label(e, rule->session ? "session" : "window");
    if (rule->session)
        fl_buf_add_format(&e->out, "a burst of records without a gap of %s\n", window);
    else if (rule->every_ms == rule->window_ms)
        fl_buf_add_format(&e->out, "%s, one after the other\n", window);
    else
        fl_buf_add_format(&e->out, "%s, one every %s; panes of %s, %lld in a window\n", window, every, pane,
                          (long long)(rule->window_ms / rule->pane_ms));
}

static void add_type(struct fl_explaining *e, const struct fl_measure *measure)
{
    uint32_t members = fl_measure_member_count(measure->kind);
    fl_buf_add_text(&e->out, members > 0 ? "members" : fl_type_name(measure->type));
    for (uint32_t i = 0; i < members; i++)
        fl_buf_add_format(&e->out, " %s", fl_measure_member_names(measure->kind)[i]);
}

static void add_measures(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    uint32_t bytes = 0;
    if (rule->measure_count > 0)
        fl_buf_add_text(&e->out, "  measures\n");
    for (uint32_t m = 0; m < rule->measure_count; m++) {
        const struct fl_measure *measure = &rule->measures[m];
        bytes += measure->state_bytes;
        fl_buf_add_format(&e->out, "    %s = ", measure->name);
        fl_explain_measure(e, rule, m);
        fl_buf_add_text(&e->out, "   (");
        add_type(e, measure);
        fl_buf_add_format(&e->out, "; %u bytes of state)", measure->state_bytes);
        fl_buf_add_text(&e->out, measure->spread ? "   each window gets its share by time\n" : "\n");
    }
    fl_explain_label(e, "state");
    fl_buf_add_format(&e->out, "%u bytes of measures a group%s, beside key, counters and %u places of evidence\n",
                      bytes, rule->window_ms > 0 ? " and pane" : "", e->session->policy.evidence);
}

static void add_values(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    if (rule->value_count > 0)
        fl_buf_add_text(&e->out, "  values\n");
    for (uint32_t i = 0; i < rule->value_count; i++) {
        fl_buf_add_format(&e->out, "    %s = ", rule->values[i].name);
        fl_explain_having(e, rule, rule->values[i].node);
        fl_buf_add_char(&e->out, '\n');
    }
    if (rule->decl->signal) {
        fl_explain_label(e, "signal");
        fl_buf_add_text(&e->out, "its groups make no findings: other rules read them\n");
    }
}

static void add_code(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    const struct fl_rule_decl *decl = rule->decl;
    if (!decl->has_on_flow && !decl->has_on_group)
        return;
    fl_explain_label(e, "Lua");
    if (rule->has_rows)
        fl_buf_add_text(&e->out, "on_flow with a state, over the records of each group that satisfied `having`");
    else if (decl->has_on_flow)
        fl_buf_add_text(&e->out, "on_flow, for each record that `where` lets through");
    if (decl->has_on_group)
        fl_buf_add_format(&e->out, "%son_group, for each group that satisfied `having`", decl->has_on_flow ? "; " : "");
    fl_buf_add_char(&e->out, '\n');
    add_texts(e, "  fields", &decl->fields);
}

static const char *part_of(const struct fl_plan_rule *rule)
{
    switch (rule->role) {
    case FL_ROLE_BREACH:
        return "conversations that break the intent";
    case FL_ROLE_EXPECT:
        return "conversations that the intent waits for";
    case FL_ROLE_UNDECIDED:
        return "conversations that would do so only one way round";
    case FL_ROLE_PERMITTED:
        return "conversations that the intent allows";
    case FL_ROLE_RULE:
        break;
    }
    return NULL;
}

static void add_head(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    const struct fl_rule_decl *decl = rule->decl;
    fl_explain_add(e, e->name);
    fl_buf_add_text(&e->out, ": ");
    fl_explain_add(e, decl->title);
    fl_buf_add_char(&e->out, '\n');
    fl_explain_label(e, "severity");
    fl_buf_add_format(&e->out, "%s\n", fl_severity_name(decl->severity));
    fl_explain_label(e, "declared");
    fl_explain_add(e, decl->file);
    fl_buf_add_format(&e->out, ":%u%s\n", decl->line, decl->intent != NULL ? " (an intent)" : "");
    add_text(e, "about", decl->description);
    add_text(e, "to do", decl->remediation);
    add_texts(e, "controls", &decl->controls);
    add_texts(e, "attack", &decl->attack);
    if (rule->void_reason != NULL) {
        fl_explain_label(e, "void");
        fl_buf_add_text(&e->out, "not evaluated: ");
        fl_explain_add(e, rule->void_reason);
        fl_buf_add_char(&e->out, '\n');
    }
    if (e->session->plan.scope != NULL) {
        fl_explain_label(e, "scope");
        fl_explain_condition(e, rule, e->session->plan.scope);
        fl_buf_add_text(&e->out, "   (of the policy: no rule sees other records)\n");
    }
    if (e->session->policy.dedupe) {
        fl_explain_label(e, "dedupe");
        fl_buf_add_text(&e->out, "of records that are equal in every field one counts (as the policy says)\n");
    }
    if (rule->param_count > 0)
        fl_buf_add_text(&e->out, "  params\n");
    for (uint32_t i = 0; i < rule->param_count; i++)
        add_param(e, &rule->params[i]);
}

static void add_rule(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    const char *part = part_of(rule);
    if (part != NULL)
        fl_buf_add_format(&e->out, "\n %s\n", part);
    add_texts(e, "from", &rule->decl->from);
    add_text(e, "over", rule->decl->over);
    fl_explain_label(e, "where");
    if (rule->void_reason != NULL && rule->decl->where != NULL) /* what it lacks has folded it to nothing */
        fl_explain_add(e, rule->decl->where);
    else if (rule->where != NULL)
        fl_explain_condition(e, rule, rule->where);
    else
        fl_buf_add_text(&e->out, rule->from != NULL ? "every group" : "every record");
    fl_buf_add_text(&e->out, rule->reads_status ? "   (sees NODATA and SKIPDATA lines too)\n" : "\n");
    if (rule->void_reason != NULL)
        return;
    if (rule->role > FL_ROLE_EXPECT) /* what stands beside an intent measures the same */
        return;
    if (rule->from == NULL) {
        add_terms(e, rule);
        add_columns(e, rule);
    }
    add_keys(e, rule);
    add_windows(e, rule);
    add_measures(e, rule);
    if (rule->having != NULL) {
        fl_explain_label(e, "having");
        fl_explain_having(e, rule, rule->having);
        fl_buf_add_char(&e->out, '\n');
    }
    if (rule->role == FL_ROLE_EXPECT)
        add_expectation(e, rule);
    if (rule->outcome_measure >= 0 && rule->role < FL_ROLE_EXPECT) {
        fl_explain_label(e, "outcome");
        fl_buf_add_text(&e->out, "blocked: no finding; allowed: one severity lower; answered: as declared\n");
    }
    add_values(e, rule);
    add_code(e, rule);
}

static void add_waivers(struct fl_explaining *e)
{
    const struct fl_session *session = e->session;
    for (uint32_t i = 0; i < session->waiver_count; i++) {
        const struct fl_waiver_bind *bind = &session->waivers[i];
        const struct fl_waiver *w = &session->policy.waivers[bind->waiver];
        if (!fl_explain_concerns(e, &session->plan.rules[bind->rule]))
            continue;
        fl_explain_label(e, "waiver");
        fl_explain_add(e, session->policy.file);
        fl_buf_add_format(&e->out, ":%u, where ", w->line);
        fl_explain_add(e, w->where.text != NULL ? w->where.text : "true");
        fl_buf_add_text(&e->out, ": ");
        fl_explain_add(e, w->reason);
        if (w->expires != NULL) {
            fl_buf_add_text(&e->out, ", until ");
            fl_explain_add(e, w->expires);
        }
        fl_buf_add_char(&e->out, '\n');
    }
}

void fl_explain_plan(struct fl_explaining *e)
{
    const struct fl_plan *plan = &e->session->plan;
    bool headed = false;
    for (uint32_t r = 0; r < plan->rule_count; r++) {
        if (!fl_explain_concerns(e, &plan->rules[r]))
            continue;
        if (!headed)
            add_head(e, &plan->rules[r]);
        headed = true;
        add_rule(e, &plan->rules[r]);
    }
    add_waivers(e);
}
