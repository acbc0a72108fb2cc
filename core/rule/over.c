/* over.c: rules over members, so that absence can be judged. */
#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/rule/compiling.h"

static void refuse(struct fl_compiling *c, enum fl_status code, const char *text)
{
    struct fl_error err;
    fl_fail(&err, code, "%s", text);
    fl_compiling_fail(c, &err, "over", NULL, c->decl->over);
}

/* Addresses that the prefix holds; more than FL_OVER_MEMBERS_MAX count as that and one more. */
static uint64_t size_of(struct fl_prefix prefix)
{
    unsigned bits = 128 - prefix.len;
    return bits > 16 ? FL_OVER_MEMBERS_MAX + 1 : UINT64_C(1) << bits;
}

static uint64_t members_of(const struct fl_policy *policy, const struct fl_node *set)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < set->item_count; i++) {
        const struct fl_set_item *item = &set->items[i];
        if (item->kind == FL_ITEM_PREFIX)
            sum += size_of(item->prefix);
        for (uint32_t p = 0; item->kind == FL_ITEM_NETWORK && p < policy->networks[item->network].prefix_count; p++)
            sum += size_of(policy->networks[item->network].prefixes[p]);
    }
    return sum;
}

static void compile_network(struct fl_compiling *c)
{
    struct fl_plan_rule *rule = c->rule;
    const struct fl_policy *policy = c->plan->policy;
    struct fl_expr_env env;
    struct fl_error err;
    fl_rule_where_env(&c->names, &env);
    if (fl_expr_parse_param(fl_str_of(c->decl->over), FL_P_NETWORK, &env, &c->plan->arena, &rule->over_set, &err) !=
        FL_OK) {
        if (err.code == FL_E_NAME && strchr(err.text, '?') == NULL) /* there is no near name */
            snprintf(err.text, sizeof err.text,
                     "nothing is called \"%.200s\"; over names inventory.interfaces, inventory.addresses or a network",
                     c->decl->over);
        fl_compiling_fail(c, &err, "over", NULL, c->decl->over);
        return;
    }
    /* The inventory tells which of its addresses there are; without one, all of them. */
    if (policy->inventory == NULL && members_of(policy, rule->over_set) > FL_OVER_MEMBERS_MAX) {
        fl_fail(&err, FL_E_LIMIT,
                "the network has more than %u addresses; an inventory would tell which of them are hosts",
                FL_OVER_MEMBERS_MAX);
        fl_compiling_fail(c, &err, "over", NULL, c->decl->over);
    }
}

void fl_compiling_over(struct fl_compiling *c)
{
    struct fl_plan_rule *rule = c->rule;
    const char *over = c->decl->over;
    if (over == NULL)
        return;
    rule->over = strcmp(over, "inventory.interfaces") == 0  ? FL_OVER_INTERFACES
                 : strcmp(over, "inventory.addresses") == 0 ? FL_OVER_ADDRESSES
                                                            : FL_OVER_NETWORK;
    bool interfaces = rule->over == FL_OVER_INTERFACES;
    if (rule->key_count != 1 || (interfaces ? rule->keys[0] != FL_F_INTERFACE_ID : rule->key_types[0] != FL_T_ADDR))
        refuse(c, FL_E_TYPE,
               interfaces ? "a rule over interfaces has one key: group_by = { \"interface_id\" }"
                          : "a rule over addresses has one key, which is an address");
    else if (rule->window_ms != 0 || rule->pane_ms != 0 || c->decl->session != NULL)
        refuse(c, FL_E_VALUE, "absence is judged over the whole input: a rule with `over` has no window");
    else if (rule->over == FL_OVER_NETWORK)
        compile_network(c);
    else if (c->plan->policy->inventory == NULL)
        rule->void_reason = "no inventory: its members come from the policy's inventory: [hosts.csv]";
}

static bool is_coverage(const struct fl_plan_rule *rule, uint32_t slot)
{
    return slot >= rule->key_count + FL_C_LOGGED && slot < rule->key_count + FL_COUNTER_COUNT;
}

static bool names_coverage(const struct fl_plan_rule *rule, const struct fl_node *node)
{
    if (node == NULL)
        return false;
    return (node->kind == FL_N_SLOT && is_coverage(rule, node->slot)) || names_coverage(rule, node->left) ||
           names_coverage(rule, node->right);
}

bool fl_compiling_asks_coverage(const struct fl_plan_rule *rule)
{
    bool asks = rule->over != FL_OVER_NONE || names_coverage(rule, rule->having);
    for (uint32_t v = 0; v < rule->value_count; v++)
        asks |= names_coverage(rule, rule->values[v].node);
    for (uint32_t p = 0; p < rule->message.count; p++)
        asks |= rule->message.parts[p].slot != UINT32_MAX && is_coverage(rule, rule->message.parts[p].slot);
    return asks;
}
