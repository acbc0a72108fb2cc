/* explain_json_plan.c: a rule as it was compiled, as JSON. */
#include "core/session/explain_json.h"

static void put_params(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    fl_json_key(&e->w, "params");
    fl_json_array(&e->w);
    for (uint32_t i = 0; i < rule->param_count; i++) {
        const struct fl_param_decl *p = rule->params[i].decl;
        fl_json_object(&e->w);
        fl_json_put_text(&e->w, "name", p->name);
        fl_json_put_text(&e->w, "type", fl_param_type_name(p->type));
        fl_json_put_text(&e->w, "value", p->text);
        fl_json_put_text(&e->w, "stands_for", rule->params[i].text);
        fl_json_put_text(&e->w, "default", p->default_text);
        fl_json_put_text(&e->w, "what", p->what);
        if (p->from_policy)
            fl_explain_put_place(e, "set_at", p->file, p->line);
        else
            fl_explain_put_null(e, "set_at");
        fl_json_end(&e->w);
    }
    fl_json_end(&e->w);
}

static void put_terms(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    const struct fl_plan *plan = &e->session->plan;
    struct fl_explain_terms terms = fl_explain_terms(e, rule);
    fl_json_key(&e->w, "terms");
    fl_json_array(&e->w);
    for (uint32_t i = 0; i < terms.count; i++) {
        fl_json_object(&e->w);
        fl_explain_term(e, rule, &terms.items[i]);
        fl_explain_put_out(e, "test");
        fl_json_put_bool(&e->w, "whole_column", terms.items[i].whole_column);
        fl_json_key(&e->w, "shared_with");
        fl_json_array(&e->w);
        for (uint32_t r = 0; r < plan->rule_count; r++)
            if (fl_explain_shares(e, r, terms.items[i].number))
                fl_json_text(&e->w, plan->rules[r].decl->id);
        fl_json_end(&e->w);
        fl_json_end(&e->w);
    }
    fl_json_end(&e->w);
    fl_free(terms.items);
}

static void put_fields(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    struct fl_field_set fields = fl_explain_fields(rule);
    fl_json_key(&e->w, "fields");
    fl_json_array(&e->w);
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++) {
        if (!fl_field_set_has(&fields, f))
            continue;
        fl_json_object(&e->w);
        fl_json_put_text(&e->w, "name", fl_fields[f].name);
        fl_json_put_bool(&e->w, "derived", f >= FL_DERIVED_FIRST);
        fl_json_put_bool(&e->w, "lazy", fl_field_set_has(&e->session->plan.lazy, f));
        fl_json_end(&e->w);
    }
    fl_json_end(&e->w);
}

static void put_keys(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    fl_json_key(&e->w, "group_by");
    fl_json_array(&e->w);
    for (uint32_t k = 0; k < rule->key_count; k++) {
        fl_json_object(&e->w);
        fl_json_put_text(&e->w, "name", rule->key_names[k]);
        fl_json_put_text(&e->w, "type", fl_type_name(rule->key_types[k]));
        fl_json_end(&e->w);
    }
    fl_json_end(&e->w);
    fl_json_key(&e->w, "identity");
    fl_json_array(&e->w);
    for (uint32_t i = 0; i < rule->identity_count; i++)
        fl_json_text(&e->w, rule->key_names[rule->identity[i]]);
    fl_json_end(&e->w);
}

static void put_windows(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    bool windows = rule->window_ms != 0 && !rule->session && rule->role != FL_ROLE_EXPECT;
    fl_json_key(&e->w, "window");
    if (windows) {
        fl_json_object(&e->w);
        fl_json_put_u64(&e->w, "length_ms", (uint64_t)rule->window_ms);
        fl_json_put_u64(&e->w, "every_ms", (uint64_t)rule->every_ms);
        fl_json_put_u64(&e->w, "pane_ms", (uint64_t)rule->pane_ms);
        fl_json_end(&e->w);
    } else {
        fl_json_null(&e->w);
    }
    if (rule->session)
        fl_json_put_u64(&e->w, "session_ms", (uint64_t)rule->window_ms);
    else
        fl_explain_put_null(e, "session_ms");
}

static void put_measures(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    fl_json_key(&e->w, "measures");
    fl_json_array(&e->w);
    for (uint32_t m = 0; m < rule->measure_count; m++) {
        const struct fl_measure *measure = &rule->measures[m];
        fl_json_object(&e->w);
        fl_json_put_text(&e->w, "name", measure->name);
        fl_explain_measure(e, rule, m);
        fl_explain_put_out(e, "measure");
        fl_json_put_text(&e->w, "type", fl_type_name(measure->type));
        fl_json_put_bool(&e->w, "spread", measure->spread);
        fl_json_put_u64(&e->w, "state_bytes", measure->state_bytes);
        fl_json_key(&e->w, "members");
        fl_json_array(&e->w);
        for (uint32_t i = 0; i < fl_measure_member_count(measure->kind); i++)
            fl_json_text(&e->w, fl_measure_member_names(measure->kind)[i]);
        fl_json_end(&e->w);
        fl_json_end(&e->w);
    }
    fl_json_end(&e->w);
    fl_json_key(&e->w, "values");
    fl_json_array(&e->w);
    for (uint32_t i = 0; i < rule->value_count; i++) {
        fl_json_object(&e->w);
        fl_json_put_text(&e->w, "name", rule->values[i].name);
        fl_explain_having(e, rule, rule->values[i].node);
        fl_explain_put_out(e, "value");
        fl_json_put_text(&e->w, "type", fl_type_name(rule->values[i].node->type));
        fl_json_end(&e->w);
    }
    fl_json_end(&e->w);
}

static void put_expectation(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    const struct fl_intent *intent = rule->decl->intent;
    fl_json_key(&e->w, "expect");
    if (rule->role != FL_ROLE_EXPECT) {
        fl_json_null(&e->w);
        return;
    }
    fl_json_object(&e->w);
    fl_json_put_u64(&e->w, "every_ms", (uint64_t)intent->expect_every_ms);
    fl_json_put_u64(&e->w, "min", (uint64_t)intent->expect_min);
    fl_json_put_text(&e->w, "each", intent->expect_each_host ? "host" : "any");
    fl_json_put_text(&e->w, "timezone", e->session->policy.zone_name);
    fl_json_end(&e->w);
}

static void put_code(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    const struct fl_rule_decl *decl = rule->decl;
    fl_json_key(&e->w, "code");
    fl_json_object(&e->w);
    fl_json_put_text(&e->w, "on_flow", !decl->has_on_flow ? NULL : rule->has_rows ? "groups" : "records");
    fl_json_put_bool(&e->w, "on_group", decl->has_on_group);
    fl_explain_put_texts(e, "fields", &decl->fields);
    fl_json_end(&e->w);
}

static void put_where(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    if (rule->void_reason != NULL || rule->where == NULL) {
        fl_json_put_text(&e->w, "where", rule->decl->where);
    } else {
        fl_explain_condition(e, rule, rule->where);
        fl_explain_put_out(e, "where");
    }
    fl_json_put_bool(&e->w, "sees_lines_without_data", rule->reads_status);
}

static void put_part(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    fl_json_object(&e->w);
    fl_explain_put_role(e, rule);
    fl_explain_put_texts(e, "from", &rule->decl->from);
    fl_json_put_text(&e->w, "over", rule->decl->over);
    put_where(e, rule);
    if (rule->void_reason == NULL && rule->role <= FL_ROLE_EXPECT) {
        if (rule->from == NULL) {
            put_terms(e, rule);
            put_fields(e, rule);
        }
        put_keys(e, rule);
        put_windows(e, rule);
        put_measures(e, rule);
        put_expectation(e, rule);
        if (rule->having == NULL) {
            fl_explain_put_null(e, "having");
        } else {
            fl_explain_having(e, rule, rule->having);
            fl_explain_put_out(e, "having");
        }
        fl_json_put_bool(&e->w, "lowered_by_outcome", rule->outcome_measure >= 0 && rule->role < FL_ROLE_EXPECT);
        fl_json_put_bool(&e->w, "signal", rule->decl->signal);
        put_code(e, rule);
    }
    fl_json_end(&e->w);
}

static void put_waivers(struct fl_explaining *e)
{
    const struct fl_session *session = e->session;
    fl_json_key(&e->w, "waivers");
    fl_json_array(&e->w);
    for (uint32_t i = 0; i < session->waiver_count; i++) {
        const struct fl_waiver *w = &session->policy.waivers[session->waivers[i].waiver];
        if (!fl_explain_concerns(e, &session->plan.rules[session->waivers[i].rule]))
            continue;
        fl_json_object(&e->w);
        fl_explain_put_place(e, "declared_at", session->policy.file, w->line);
        fl_json_put_text(&e->w, "where", w->where.text);
        fl_json_put_text(&e->w, "reason", w->reason);
        fl_json_put_text(&e->w, "expires", w->expires);
        fl_json_end(&e->w);
    }
    fl_json_end(&e->w);
}

static void put_declaration(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    const struct fl_rule_decl *decl = rule->decl;
    fl_json_put_text(&e->w, "title", decl->title);
    fl_json_put_text(&e->w, "severity", fl_severity_name(decl->severity));
    fl_explain_put_place(e, "declared_at", decl->file, decl->line);
    fl_json_put_bool(&e->w, "intent", decl->intent != NULL);
    fl_json_put_text(&e->w, "description", decl->description);
    fl_json_put_text(&e->w, "remediation", decl->remediation);
    fl_explain_put_texts(e, "controls", &decl->controls);
    fl_explain_put_texts(e, "attack", &decl->attack);
    fl_json_put_text(&e->w, "not_evaluated", rule->void_reason);
    if (e->session->plan.scope == NULL) {
        fl_explain_put_null(e, "scope");
    } else {
        fl_explain_condition(e, rule, e->session->plan.scope);
        fl_explain_put_out(e, "scope");
    }
    fl_json_put_bool(&e->w, "dedupe", e->session->policy.dedupe);
    put_params(e, rule);
}

void fl_explain_put_plan(struct fl_explaining *e)
{
    const struct fl_plan *plan = &e->session->plan;
    bool headed = false;
    fl_explain_put_head(e, "explain_rule", e->name);
    for (uint32_t r = 0; r < plan->rule_count; r++) {
        const struct fl_plan_rule *rule = &plan->rules[r];
        if (!fl_explain_concerns(e, rule))
            continue;
        if (!headed) {
            put_declaration(e, rule);
            fl_json_key(&e->w, "parts");
            fl_json_array(&e->w);
        }
        headed = true;
        put_part(e, rule);
    }
    fl_json_end(&e->w);
    put_waivers(e);
    fl_json_end(&e->w);
    fl_buf_add_char(&e->doc, '\n');
}
