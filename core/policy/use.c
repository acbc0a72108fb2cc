/* use.c: which rules a policy uses, and its waivers. */
#include "core/policy/load.h"

static void load_params(struct fl_policy_loader *l, struct fl_rule_use *use, const struct fl_yaml_node *node)
{
    const struct fl_yaml_node *params = fl_load_of_kind(l, node, "params", FL_YAML_MAP, "a map");
    if (params == NULL)
        return;
    struct fl_policy_param *items = fl_load_alloc(l, params->count, sizeof *items);
    for (uint32_t i = 0; items != NULL && i < params->count; i++) {
        char *name = fl_load_copy(l, params->keys[i]->text);
        struct fl_text_at value = name == NULL ? (struct fl_text_at){NULL, 0, 0} : fl_load_operand(l, params, name);
        if (value.text != NULL)
            items[use->param_count++] = (struct fl_policy_param){name, value.text, value.line, value.column};
    }
    use->params = items;
}

static void load_use(struct fl_policy_loader *l, const struct fl_yaml_node *node)
{
    struct fl_rule_use *use = &l->policy->uses[l->policy->use_count];
    if (!fl_load_keys(l, node, "an entry of rules", FL_MAP_USE))
        return;
    *use = (struct fl_rule_use){.pattern = fl_load_text(l, node, "use"),
                                .as = fl_load_text(l, node, "as"),
                                .severity = fl_load_severity(l, node, "severity", -1),
                                .enabled = fl_load_flag(l, node, "enabled", true),
                                .line = node->line,
                                .column = node->column};
    load_params(l, use, node);
    if (use->pattern == NULL)
        fl_load_fail(l, node, "an entry of rules needs use");
    else
        l->policy->use_count++;
}

void fl_load_uses(struct fl_policy_loader *l, const struct fl_yaml_node *root)
{
    const struct fl_yaml_node *list = fl_load_of_kind(l, root, "rules", FL_YAML_LIST, "a list");
    if (list == NULL)
        return;
    l->policy->uses = fl_load_alloc(l, list->count, sizeof *l->policy->uses);
    for (uint32_t i = 0; l->policy->uses != NULL && i < list->count; i++)
        load_use(l, list->items[i]);
}

static enum fl_waiver_effect load_effect(struct fl_policy_loader *l, const struct fl_yaml_node *node)
{
    static const char *const names[] = {"hide", "info", "low", "medium"};
    const struct fl_yaml_node *effect = fl_yaml_get(node, "effect");
    if (effect == NULL)
        return FL_WAIVE_HIDE;
    for (unsigned i = 0; i < 4; i++)
        if (effect->kind == FL_YAML_SCALAR && fl_str_is(effect->text, names[i]))
            return (enum fl_waiver_effect)i;
    fl_load_fail(l, effect, "effect must be hide, info, low or medium");
    return FL_WAIVE_HIDE;
}

static void load_waiver(struct fl_policy_loader *l, const struct fl_yaml_node *node)
{
    struct fl_waiver *w = &l->policy->waivers[l->policy->waiver_count];
    if (!fl_load_keys(l, node, "a waiver", FL_MAP_WAIVER))
        return;
    *w = (struct fl_waiver){.rule = fl_load_text(l, node, "rule"),
                            .where = fl_load_text_at(l, node, "where"),
                            .owner = fl_load_text(l, node, "owner"),
                            .reason = fl_load_text(l, node, "reason"),
                            .ticket = fl_load_text(l, node, "ticket"),
                            .expires = fl_load_text(l, node, "expires"),
                            .expires_ms = fl_load_date(l, node, "expires", true, INT64_MAX),
                            .effect = load_effect(l, node),
                            .line = node->line};
    if (w->rule == NULL || w->reason == NULL)
        fl_load_fail(l, node, "a waiver needs rule and reason");
    else
        l->policy->waiver_count++;
}

void fl_load_waivers(struct fl_policy_loader *l, const struct fl_yaml_node *root)
{
    const struct fl_yaml_node *list = fl_load_of_kind(l, root, "waivers", FL_YAML_LIST, "a list");
    if (list == NULL)
        return;
    l->policy->waivers = fl_load_alloc(l, list->count, sizeof *l->policy->waivers);
    for (uint32_t i = 0; l->policy->waivers != NULL && i < list->count; i++)
        load_waiver(l, list->items[i]);
}
