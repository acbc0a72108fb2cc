/* over.c: empty groups for the members of a rule, and what was logged of whom a group is about. */
#include "core/engine/verdicts.h"

struct seeding {
    struct fl_judging *j;
    const struct fl_plan_rule *rule;
    struct fl_rule_part *part;
    struct fl_store *store;
};

static enum fl_status seed(struct seeding *s, const struct fl_value *key)
{
    struct fl_table_row row = {.keys = key,
                               .place = {.start_ms = INT64_MAX, .end_ms = INT64_MAX},
                               .counters = {.first_ms = INT64_MAX, .last_ms = INT64_MIN}};
    enum fl_status status = fl_store_add_row(s->store, s->rule->table, &row, &s->part->bad_times);
    s->part->over_limit |= fl_table_over_limit(fl_store_table(s->store, s->rule->table));
    return status;
}

static enum fl_status seed_addr(struct seeding *s, struct fl_addr addr)
{
    struct fl_value key = {.type = FL_T_ADDR, .addr = addr};
    return seed(s, &key);
}

static enum fl_status seed_interfaces(struct seeding *s, const struct fl_inventory *inv)
{
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < inv->interface_entries && status == FL_OK; i++) {
        struct fl_str name = inv->texts.keys[inv->entries[inv->by_interface[i]].texts[FL_HOST_INTERFACE]];
        struct fl_value key = {.type = FL_T_STR, .str = name};
        status = seed(s, &key);
    }
    return status;
}

static enum fl_status seed_hosts(struct seeding *s, const struct fl_inventory *inv)
{
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < inv->count && inv->entries[i].has_addr && status == FL_OK; i++)
        if (s->rule->over != FL_OVER_NETWORK || fl_node_has_addr(s->j->plan, s->rule->over_set, inv->entries[i].addr))
            status = seed_addr(s, inv->entries[i].addr);
    return status;
}

/* Every address of the prefix that is in the set; at most FL_OVER_MEMBERS_MAX. */
static enum fl_status seed_prefix(struct seeding *s, struct fl_prefix prefix)
{
    struct fl_addr last = fl_prefix_last(prefix);
    enum fl_status status = FL_OK;
    for (struct fl_addr a = prefix.addr; status == FL_OK; a.lo++) {
        if (fl_node_has_addr(s->j->plan, s->rule->over_set, a))
            status = seed_addr(s, a);
        if (fl_addr_equal(a, last))
            break;
    }
    return status;
}

static enum fl_status seed_network(struct seeding *s)
{
    const struct fl_node *set = s->rule->over_set;
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < set->item_count && status == FL_OK; i++) {
        if (set->items[i].kind == FL_ITEM_PREFIX)
            status = seed_prefix(s, set->items[i].prefix);
        if (set->items[i].kind != FL_ITEM_NETWORK)
            continue;
        const struct fl_network *n = &s->j->plan->policy->networks[set->items[i].network];
        for (uint32_t p = 0; p < n->prefix_count && status == FL_OK; p++)
            status = seed_prefix(s, n->prefixes[p]);
    }
    return status;
}

enum fl_status fl_judge_seed(struct fl_judging *j, uint32_t index)
{
    const struct fl_plan_rule *rule = &j->plan->rules[index];
    const struct fl_inventory *inv = j->plan->policy->inventory;
    struct seeding s = {j, rule, &j->part->rules[index], j->stores[rule->depth - 1]};
    if (rule->over == FL_OVER_INTERFACES)
        return seed_interfaces(&s, inv);
    return inv != NULL ? seed_hosts(&s, inv) : seed_network(&s);
}

const char *fl_judge_unprovable(struct fl_judging *j, const struct fl_plan_rule *rule)
{
    uint64_t read = 0, lacking = 0;
    for (uint32_t o = 0; rule->over != FL_OVER_NONE && o < j->part->object_count; o++) {
        const struct fl_object_stats *stats = &j->part->objects[o];
        if (!stats->has_layout || stats->records == 0)
            continue;
        read++;
        lacking += !fl_plan_rule_possible(j->plan, rule, &stats->columns);
    }
    if (lacking == 0 || lacking == read) /* where all lack it, the rule says so itself */
        return NULL;
    return fl_arena_printf(j->arena,
                           "%llu of %llu objects cannot show what it looks for, so nothing is known to be absent",
                           (unsigned long long)lacking, (unsigned long long)read);
}
