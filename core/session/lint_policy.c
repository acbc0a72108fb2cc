/* lint_policy.c: FL014, a policy that judges nothing, and FL015, an `own` without the private space in use. */
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
}
