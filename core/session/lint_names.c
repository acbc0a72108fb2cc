/* lint_names.c: FL018, networks and services that nothing names. */
#include <string.h>

#include "core/session/lint.h"

static bool in_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* Does the text hold the name as a word? */
static bool names(const char *text, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = text; at != NULL && (at = strstr(at, name)) != NULL; at++)
        if ((at == text || !in_name(at[-1])) && !in_name(at[len]))
            return true;
    return false;
}

static bool intent_names(const struct fl_intent *intent, const char *name)
{
    bool found = names(intent->from.text, name) || names(intent->to.text, name) || names(intent->service.text, name) ||
                 names(intent->when.text, name);
    for (uint32_t i = 0; i < intent->only_count && !found; i++)
        found = names(intent->only[i].network, name) || names(intent->only[i].service, name);
    return found;
}

static bool measure_names(const struct fl_measure_decl *m, const char *name)
{
    bool found = names(m->filter, name) || names(m->filter2, name);
    for (uint32_t s = 0; s < m->step_count && !found; s++)
        found = names(m->steps[s].filter, name);
    return found;
}

static bool rule_names(const struct fl_rule_decl *decl, const char *name)
{
    bool found = names(decl->where, name) || names(decl->having, name) || names(decl->over, name);
    for (uint32_t i = 0; i < decl->param_count && !found; i++)
        found = names(decl->params[i].text, name);
    for (uint32_t i = 0; i < decl->measure_count && !found; i++)
        found = measure_names(&decl->measures[i], name);
    for (uint32_t i = 0; i < decl->value_count && !found; i++)
        found = names(decl->values[i].text, name);
    return found;
}

/* What a use sets counts too: its rule may be switched off for now. */
static bool is_named(const struct fl_session *s, const char *name)
{
    const struct fl_policy *p = &s->policy;
    bool found = names(p->scope.text, name);
    for (uint32_t i = 0; i < p->waiver_count && !found; i++)
        found = names(p->waivers[i].where.text, name);
    for (uint32_t i = 0; i < p->intent_count && !found; i++)
        found = intent_names(&p->intents[i], name);
    for (uint32_t i = 0; i < p->use_count && !found; i++)
        for (uint32_t k = 0; k < p->uses[i].param_count && !found; k++)
            found = names(p->uses[i].params[k].text, name);
    for (uint32_t r = 0; r < s->plan.rule_count && !found; r++)
        found = s->plan.rules[r].decl->intent == NULL && rule_names(s->plan.rules[r].decl, name);
    return found;
}

void fl_lint_names(struct fl_linting *l)
{
    const struct fl_policy *policy = &l->session->policy;
    for (uint32_t i = FL_NET_BUILTIN_COUNT; i < policy->network_count; i++) {
        const struct fl_network *n = &policy->networks[i];
        if (!n->builtin && !n->in_another && !is_named(l->session, n->name))
            fl_lint_policy(l, FL_LINT_UNUSED, n->name, n->line, n->column,
                           "name it where its addresses are meant; or let it be: `explain` names its addresses by it",
                           "no intent, rule, waiver or other network names network %s", n->name);
    }
    for (uint32_t i = 0; i < policy->service_count; i++) {
        const struct fl_service_def *s = &policy->services[i];
        /* A small one tells which ports serve, whoever names it. */
        if (s->port_count > FL_LISTED_SERVICE_PORTS_MAX && !is_named(l->session, s->name))
            fl_lint_policy(l, FL_LINT_UNUSED, s->name, s->line, s->column, "take it out, or name it where it is meant",
                           "no intent, rule or waiver names service %s", s->name);
    }
}
