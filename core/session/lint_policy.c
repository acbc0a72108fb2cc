/* lint_policy.c: FL014, a policy that judges nothing; FL015, an `own` without the private space in use; FL016, a rule
 * that it uses twice; FL019, a waiver of everything without an end. */
#include <string.h>

#include "core/session/lint.h"

static bool overlap(struct fl_prefix a, struct fl_prefix b)
{
    return fl_prefix_contains(a, b.addr) || fl_prefix_contains(b, a.addr);
}

/* The first prefix of the network that is private, or NULL. */
static const struct fl_prefix *private_prefix(const struct fl_policy *policy, const struct fl_network *network)
{
    const struct fl_network *space = &policy->networks[FL_NET_PRIVATE];
    for (uint32_t i = 0; i < network->prefix_count; i++)
        for (uint32_t p = 0; p < space->prefix_count; p++)
            if (overlap(network->prefixes[i], space->prefixes[p]))
                return &network->prefixes[i];
    return NULL;
}

const struct fl_network *fl_lint_private_network(const struct fl_policy *policy)
{
    if (private_prefix(policy, &policy->networks[FL_NET_OURS]) != NULL)
        return NULL;
    for (uint32_t i = FL_NET_BUILTIN_COUNT; i < policy->network_count; i++)
        if (private_prefix(policy, &policy->networks[i]) != NULL)
            return &policy->networks[i];
    return NULL;
}

static bool finds_anything(const struct fl_plan *plan)
{
    for (uint32_t r = 0; r < plan->rule_count; r++)
        if (plan->rules[r].role == FL_ROLE_RULE && !plan->rules[r].decl->signal)
            return true;
    return plan->policy->intent_count > 0;
}

static bool same_params(const struct fl_rule_decl *a, const struct fl_rule_decl *b)
{
    for (uint32_t i = 0; i < a->param_count; i++)
        if (strcmp(a->params[i].text, b->params[i].text) != 0)
            return false;
    return true;
}

static const struct fl_rule_use *find_as(const struct fl_policy *policy, const char *id)
{
    for (uint32_t u = 0; u < policy->use_count; u++)
        if (policy->uses[u].as != NULL && strcmp(policy->uses[u].as, id) == 0)
            return &policy->uses[u];
    return NULL;
}

/* Instances of one file, which have the same parameters in the same order. One of them at least was named by `as`. */
static void check_again(struct fl_linting *l, const struct fl_rule_decl *first, const struct fl_rule_decl *again)
{
    if (strcmp(first->base_id, again->base_id) != 0 || strcmp(first->file, again->file) != 0 ||
        !same_params(first, again))
        return;
    const struct fl_rule_use *use = find_as(&l->session->policy, again->id);
    if (use == NULL) {
        use = find_as(&l->session->policy, first->id);
        const struct fl_rule_decl *named = first;
        first = again;
        again = named;
    }
    if (use != NULL)
        fl_lint_policy(l, FL_LINT_AGAIN, again->id, use->line, use->column,
                       "take one of them out, or set what it shall do otherwise in `params`",
                       "rule %s is rule %s once more, with the same parameters: whatever it finds is told twice",
                       again->id, first->id);
}

static void check_uses(struct fl_linting *l)
{
    const struct fl_plan *plan = &l->session->plan;
    for (uint32_t b = 0; b < plan->rule_count; b++)
        for (uint32_t a = 0; a < b; a++)
            if (plan->rules[a].role == FL_ROLE_RULE && plan->rules[b].role == FL_ROLE_RULE)
                check_again(l, plan->rules[a].decl, plan->rules[b].decl);
}

/* Nobody is reminded of such a waiver, and nothing that comes later is told. */
static void check_waivers(struct fl_linting *l)
{
    const struct fl_policy *policy = &l->session->policy;
    for (uint32_t i = 0; i < policy->waiver_count; i++) {
        const struct fl_waiver *w = &policy->waivers[i];
        if (w->where.text == NULL && w->expires_ms == INT64_MAX)
            fl_lint_policy(l, FL_LINT_FOREVER, w->rule, w->line, 0,
                           "say in `where` which occurrences are meant, or in `expires` when it ends",
                           "the waiver of %s has neither `where` nor `expires`: it excuses all that is found, for ever",
                           w->rule);
    }
}

void fl_lint_policy_itself(struct fl_linting *l)
{
    const struct fl_policy *policy = &l->session->policy;
    const struct fl_network *network = fl_lint_private_network(policy);
    if (!finds_anything(&l->session->plan))
        fl_lint_policy(l, FL_LINT_NOTHING, policy->name, 0, 0, "name rules (flowlaw list rules), or write intents",
                       "the policy has neither intents nor rules that make findings: nothing is judged");
    if (network != NULL)
        fl_lint_policy(l, FL_LINT_OWN, network->name, network->line, network->column, FL_LINT_OWN_TODO,
                       FL_LINT_OWN_TEXT, network->name);
    check_uses(l);
    check_waivers(l);
}
