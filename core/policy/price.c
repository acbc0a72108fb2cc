/* price.c: what a unit of something costs, as the policy tells: exact decimals in one currency. */
#include "core/policy/load.h"

const struct fl_price *fl_policy_price(const struct fl_policy *policy, struct fl_str name, const char **guess)
{
    struct fl_str_guess best = {NULL, 99};
    for (uint32_t i = 0; i < policy->price_count; i++) {
        if (fl_str_is(name, policy->prices[i].name))
            return &policy->prices[i];
        fl_str_guess_try(&best, name, policy->prices[i].name);
    }
    *guess = best.best;
    return NULL;
}

/* Names stand in rules as text, but read best as one word. */
static bool is_price_name(struct fl_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return name.len > 0;
}

static void load_price(struct fl_policy_loader *l, const struct fl_yaml_node *key, const struct fl_yaml_node *node)
{
    struct fl_price *price = &l->policy->prices[l->policy->price_count];
    if (!is_price_name(key->text)) {
        fl_load_fail(l, key, "the name of a price has letters, digits and _");
        return;
    }
    if (node->kind != FL_YAML_SCALAR || !fl_ratio_parse(node->text, &price->amount) || price->amount.num < 0) {
        fl_load_fail(l, node, "a price is an exact decimal such as 0.045");
        return;
    }
    price->name = fl_load_copy(l, key->text);
    price->text = fl_load_copy(l, node->text);
    l->policy->price_count++;
}

void fl_load_prices(struct fl_policy_loader *l, const struct fl_yaml_node *root)
{
    const struct fl_yaml_node *prices =
        fl_load_of_kind(l, root, "prices", FL_YAML_MAP, "a map: { currency: USD, nat_gb: 0.045 }");
    if (prices == NULL)
        return;
    l->policy->prices = fl_load_alloc(l, prices->count, sizeof *l->policy->prices);
    l->policy->currency = fl_load_text(l, prices, "currency");
    if (l->policy->currency == NULL)
        fl_load_fail(l, prices, "prices need a currency: { currency: USD, nat_gb: 0.045 }");
    for (uint32_t i = 0; l->policy->prices != NULL && i < prices->count; i++)
        if (!fl_str_is(prices->keys[i]->text, "currency"))
            load_price(l, prices->keys[i], prices->items[i]);
}
