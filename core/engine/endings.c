/* endings.c: how each intent ended: broken, held, held with gaps, not seen, not evaluated. */
#include <string.h>

#include "core/engine/verdicts.h"

bool fl_node_has_addr(const struct fl_plan *plan, const struct fl_node *set, struct fl_addr addr)
{
    for (uint32_t i = 0; set != NULL && i < set->item_count; i++) {
        const struct fl_set_item *item = &set->items[i];
        if (item->kind == FL_ITEM_NETWORK && fl_program_in_network(plan->program, item->network, addr))
            return true;
        if (item->kind == FL_ITEM_PREFIX && fl_prefix_contains(item->prefix, addr))
            return true;
    }
    return false;
}

/* Does some prefix of the end begin inside `ours`? */
static bool is_ours(const struct fl_plan *plan, const struct fl_node *set)
{
    const struct fl_policy *policy = plan->policy;
    for (uint32_t i = 0; set != NULL && i < set->item_count; i++) {
        const struct fl_set_item *item = &set->items[i];
        if (item->kind == FL_ITEM_PREFIX && fl_program_in_network(plan->program, FL_NET_OURS, item->prefix.addr))
            return true;
        if (item->kind != FL_ITEM_NETWORK)
            continue;
        const struct fl_network *network = &policy->networks[item->network];
        for (uint32_t p = 0; p < network->prefix_count; p++)
            if (fl_program_in_network(plan->program, FL_NET_OURS, network->prefixes[p].addr) &&
                item->network != FL_NET_INTERNET)
                return true;
    }
    return false;
}

const struct fl_node *fl_judge_end(struct fl_judging *j, const struct fl_text_at *end)
{
    if (end->text == NULL)
        return NULL;
    struct fl_expr_env env = {0};
    fl_policy_expr_env(j->plan->policy, &env);
    const struct fl_node *node = NULL;
    struct fl_error err;
    if (fl_expr_parse_param(fl_str_of(end->text), FL_P_NETWORK, &env, j->arena, &node, &err) != FL_OK)
        return NULL;
    return node;
}

static bool has_address_in(const struct fl_plan *plan, const struct fl_interface *item, const struct fl_node *set)
{
    for (uint32_t a = 0; a < item->address_count; a++)
        if (fl_node_has_addr(plan, set, item->addresses[a]))
            return true;
    return false;
}

static bool has_address_of_ours(const struct fl_plan *plan, const struct fl_interface *item)
{
    for (uint32_t a = 0; a < item->address_count; a++)
        if (fl_program_in_network(plan->program, FL_NET_OURS, item->addresses[a]))
            return true;
    return false;
}

/* Adds the interfaces of the end; or_ours: and every one of ours. */
static void add_concerned(const struct fl_judging *j, const struct fl_node *end, bool or_ours,
                          struct fl_intent_interfaces *out)
{
    const struct fl_coverage_map *map = &j->part->coverage;
    for (uint32_t i = 0; i < map->interfaces.count && i < map->item_capacity; i++) {
        if (!has_address_in(j->plan, &map->items[i], end) && !(or_ours && has_address_of_ours(j->plan, &map->items[i])))
            continue;
        out->interfaces[out->count++] = i;
        out->logged += map->items[i].records > 0;
    }
}

static bool is_logged(const struct fl_coverage_map *map, struct fl_str interface)
{
    uint32_t id = fl_map_find(&map->interfaces, interface);
    return id != FL_MAP_NONE && id < map->item_capacity && map->items[id].records > 0;
}

/* Interfaces that the inventory has in the end, but the log has not. */
static void add_silent(const struct fl_judging *j, const struct fl_node *end, struct fl_intent_interfaces *out)
{
    const struct fl_inventory *inventory = j->plan->policy->inventory;
    uint32_t last = FL_MAP_NONE;
    for (uint32_t i = 0; inventory != NULL && i < inventory->interface_entries; i++) {
        const struct fl_host_entry *entry = &inventory->entries[inventory->by_interface[i]];
        uint32_t text = entry->texts[FL_HOST_INTERFACE];
        if (text == last || !entry->has_addr || !fl_node_has_addr(j->plan, end, entry->addr) ||
            is_logged(&j->part->coverage, inventory->texts.keys[text]))
            continue;
        last = text;
        if (out->silent++ == 0)
            out->first_silent = inventory->texts.keys[text].ptr;
    }
}

enum fl_status fl_judge_intent_interfaces(struct fl_judging *j, const struct fl_intent *intent,
                                          struct fl_intent_interfaces *out)
{
    const struct fl_node *to = fl_judge_end(j, &intent->to), *from = fl_judge_end(j, &intent->from);
    bool by_server = intent->kind == FL_INTENT_ONLY || intent->kind == FL_INTENT_ONLY_FROM;
    const struct fl_node *end = by_server ? to : from;
    memset(out, 0, sizeof *out);
    out->interfaces = fl_arena_alloc(j->arena, (j->part->coverage.interfaces.count + 1) * sizeof *out->interfaces);
    if (out->interfaces == NULL || end == NULL)
        return FL_E_NOMEM;
    bool foreign = !is_ours(j->plan, end);
    if (foreign && intent->kind == FL_INTENT_DENY)
        end = to;
    add_concerned(j, end, foreign && by_server, out);
    if (intent->kind != FL_INTENT_EXPECT) /* its periods tell what was not logged */
        add_silent(j, end, out);
    /* Who comes from outside is seen at the other end; hosts there cannot be known. */
    if (out->count == 0 && foreign && intent->kind == FL_INTENT_EXPECT && !intent->expect_each_host)
        add_concerned(j, to, false, out);
    return FL_OK;
}

static const struct fl_plan_rule *rule_of(const struct fl_judging *j, const struct fl_intent *intent,
                                          enum fl_rule_role role, uint32_t *index)
{
    for (uint32_t i = 0; i < j->plan->rule_count; i++) {
        if (j->plan->rules[i].decl->intent == intent && j->plan->rules[i].role == role) {
            *index = i;
            return &j->plan->rules[i];
        }
    }
    return NULL;
}

static void count_objects(const struct fl_judging *j, const struct fl_plan_rule *rule, uint64_t *read,
                          uint64_t *lacking, const char **lacks)
{
    *read = *lacking = 0;
    *lacks = NULL;
    for (uint32_t o = 0; o < j->part->object_count; o++) {
        const struct fl_object_stats *stats = &j->part->objects[o];
        if (!stats->has_layout || stats->records == 0)
            continue;
        (*read)++;
        if (fl_plan_rule_possible(j->plan, rule, &stats->columns))
            continue;
        (*lacking)++;
        if (*lacks == NULL)
            *lacks = fl_plan_rule_lacks(j->plan, rule, &stats->columns);
    }
}

const char *fl_judge_no_action(struct fl_judging *j, const char *lead)
{
    uint64_t read = 0, lacking = 0;
    const char *first = NULL;
    for (uint32_t o = 0; o < j->part->object_count; o++) {
        const struct fl_object_stats *stats = &j->part->objects[o];
        if (!stats->has_layout || stats->records == 0)
            continue;
        read++;
        if (fl_field_set_has(&stats->columns, FL_F_ACTION))
            continue;
        if (lacking++ == 0)
            first = j->sources->items[o].name;
    }
    return lacking == 0 ? lead
                        : fl_arena_printf(j->arena, "%s; %llu of %llu object%s lack%s it, first %s", lead,
                                          (unsigned long long)lacking, (unsigned long long)read, read == 1 ? "" : "s",
                                          lacking == 1 ? "s" : "", first);
}

/* text, and which interfaces may make it untrue, as their own addresses are not known. */
static const char *as_far_as_known(struct fl_judging *j, const char *text)
{
    const struct fl_coverage_map *map = &j->part->coverage;
    uint64_t unknown = 0;
    struct fl_str first = {0};
    for (uint32_t i = 0; i < map->interfaces.count && i < map->item_capacity; i++) {
        if (map->items[i].records == 0 || map->items[i].address_count > 0)
            continue;
        if (unknown++ == 0 || fl_str_compare(map->interfaces.keys[i], first) < 0)
            first = map->interfaces.keys[i];
    }
    if (unknown == 0)
        return text;
    return unknown == 1 ? fl_arena_printf(j->arena,
                                          "%s, as far as is known: the own address of %.*s could not be learned; an "
                                          "inventory tells it",
                                          text, (int)first.len, first.ptr)
                        : fl_arena_printf(j->arena,
                                          "%s, as far as is known: the own addresses of %llu interfaces could not be "
                                          "learned, first %.*s; an inventory tells them",
                                          text, (unsigned long long)unknown, (int)first.len, first.ptr);
}

static bool any_damage(const struct fl_judging *j)
{
    for (uint32_t o = 0; o < j->part->object_count; o++)
        if (j->part->objects[o].read.damage != FL_DAMAGE_NONE)
            return true;
    return false;
}

/* Malformed values of fields by which the intent tells conversations apart: theirs are not known. NULL when none. */
static const char *bad_value_text(struct fl_judging *j, const struct fl_plan_rule *rule)
{
    struct fl_field_set needed = {{0}};
    fl_expr_fields(rule->where, &needed);
    for (uint32_t k = 0; k < rule->key_count; k++)
        fl_field_set_add(&needed, rule->keys[k]);
    fl_derive_needs(&needed);
    for (uint32_t f = 0; f < FL_DERIVED_FIRST; f++) {
        uint64_t bad = 0;
        for (uint32_t o = 0; o < j->part->object_count && fl_field_set_has(&needed, f); o++)
            bad += j->part->objects[o].bad_values[f];
        if (bad > 0)
            return fl_arena_printf(
                j->arena, "%llu value%s of %s %s malformed, and whose conversations these are is not known",
                (unsigned long long)bad, bad == 1 ? "" : "s", fl_fields[f].name, bad == 1 ? "is" : "are");
    }
    return NULL;
}

static const char *silent_text(struct fl_judging *j, const struct fl_intent_interfaces *concerned)
{
    if (concerned->silent == 1)
        return fl_arena_printf(j->arena, "interface %s of the inventory wrote no record", concerned->first_silent);
    return fl_arena_printf(j->arena, "%u interfaces of the inventory wrote no record, such as %s", concerned->silent,
                           concerned->first_silent);
}

static const char *gap_text(struct fl_judging *j, const struct fl_plan_rule *rule, const struct fl_coverage *coverage,
                            uint64_t lacking, const char *lacks, const struct fl_intent_interfaces *concerned,
                            bool other_side, uint64_t undecided, uint64_t no_action)
{
    if (lacking > 0)
        return fl_arena_printf(j->arena,
                               lacking == 1 ? "%llu object lacks the field %s" : "%llu objects lack the field %s",
                               (unsigned long long)lacking, lacks != NULL ? lacks : "needed");
    if (coverage->lost_minutes > 0)
        return fl_arena_printf(j->arena, "SKIPDATA touched %llu of %llu interface-minutes",
                               (unsigned long long)coverage->lost_minutes, (unsigned long long)coverage->minutes);
    if (coverage->damaged)
        return "an object of the input is damaged";
    if (other_side)
        return as_far_as_known(j, "seen from the other side only: no interface of this network is in the input");
    if (concerned->silent > 0)
        return silent_text(j, concerned);
    if (undecided > 0)
        return "for some conversations it is not known who opened them";
    if (no_action > 0)
        return fl_judge_no_action(j, "some conversations have no record with an action");
    return bad_value_text(j, rule);
}

/* An expectation without breach. gaps: what else may hide something, or NULL. */
static void end_expectation(struct fl_judging *j, const struct fl_intent *intent, const struct fl_intent_tally *tally,
                            const struct fl_intent_interfaces *concerned, const char *gaps,
                            struct fl_intent_result *out)
{
    const struct fl_expect_tally *t = &tally->expect;
    bool bounded = intent->starts_ms != INT64_MIN || intent->expires_ms != INT64_MAX;
    char every[FL_WHEN_TEXT_BYTES];
    fl_duration_format(intent->expect_every_ms, every);
    out->reason = gaps;
    if (concerned->logged == 0) {
        out->ending = FL_END_NOT_SEEN;
        out->reason = as_far_as_known(j, "no interface of this network wrote a record");
        return;
    }
    uint64_t whole = t->judged + t->no_log + t->lacking + t->undecided;
    if (t->no_log > 0)
        out->reason =
            fl_arena_printf(j->arena, "no log in %llu of %llu whole period%s of %s", (unsigned long long)t->no_log,
                            (unsigned long long)whole, whole == 1 ? "" : "s", every);
    else if (t->undecided > 0)
        out->reason =
            fl_arena_printf(j->arena, "in %llu period%s of %s only conversations that may be the expected ones",
                            (unsigned long long)t->undecided, t->undecided == 1 ? "" : "s", every);
    else if (t->hosts_left_out)
        out->reason = "an interface has too many addresses for each to be judged";
    else if (t->judged == 0 && t->lacking == 0)
        out->reason =
            fl_arena_printf(j->arena,
                            "no whole period of %s lies inside the input's span%s: add the files before and after, "
                            "as a record has to start before the period and one to end after it",
                            every, bounded ? ", `starts` and `expires`" : "");
    out->ending = t->judged == 0 ? FL_END_NOT_EVALUATED : out->reason != NULL ? FL_END_HELD_WITH_GAPS : FL_END_HELD;
}

/* Why the intent is in force at no time of the log; NULL when it is, or there is no record. */
static const char *not_in_force(struct fl_judging *j, const struct fl_intent *intent)
{
    char when[FL_WHEN_TEXT_BYTES], from[FL_WHEN_TEXT_BYTES], to[FL_WHEN_TEXT_BYTES];
    bool early = j->newest_ms < intent->starts_ms, late = j->oldest_ms >= intent->expires_ms;
    if (j->newest_ms == INT64_MIN || (!early && !late))
        return NULL;
    fl_when_format(early ? intent->starts_ms : intent->expires_ms, when);
    fl_when_format(j->oldest_ms, from);
    fl_when_format(j->newest_ms, to);
    return fl_arena_printf(j->arena, "not in force: it %s %s, and the log goes from %s to %s",
                           early ? "starts" : "ended", when, from, to);
}

static enum fl_status end_intent(struct fl_judging *j, uint32_t index, struct fl_intent_result *out)
{
    const struct fl_intent *intent = &j->plan->policy->intents[index];
    const struct fl_intent_tally *tally = &j->intents[index];
    uint32_t rule_index = 0;
    const struct fl_plan_rule *rule =
        rule_of(j, intent, intent->kind == FL_INTENT_EXPECT ? FL_ROLE_EXPECT : FL_ROLE_BREACH, &rule_index);
    struct fl_intent_interfaces concerned;
    if (rule == NULL || fl_judge_intent_interfaces(j, intent, &concerned) != FL_OK)
        return FL_E_NOMEM;
    const char *reason = not_in_force(j, intent);
    if (reason != NULL) {
        out->ending = FL_END_NOT_SEEN;
        out->not_in_force = true;
        out->reason = reason;
        return FL_OK;
    }
    if (fl_judge_all_out_of_scope(j)) {
        out->ending = FL_END_NOT_SEEN;
        out->reason = "every record is out of the policy's scope";
        return FL_OK;
    }
    uint64_t read, lacking;
    const char *lacks;
    count_objects(j, rule, &read, &lacking, &lacks);
    struct fl_coverage coverage = fl_judge_coverage(j, concerned.interfaces, concerned.count);
    coverage.damaged = any_damage(j);
    bool talked = tally->permitted_conversations + tally->blocked + tally->undecided_count > 0;
    bool only_without_action = tally->without_action > 0 && !talked && tally->breaches == 0;
    if (j->rules[rule_index].void_reason != NULL) {
        out->ending = FL_END_NOT_EVALUATED;
        out->reason = j->rules[rule_index].void_reason;
    } else if (read > 0 && lacking == read) {
        out->ending = FL_END_NOT_EVALUATED;
        out->reason = fl_arena_printf(j->arena, "the input lacks the field %s", lacks != NULL ? lacks : "needed");
    } else if (tally->breaches > 0) {
        out->ending = FL_END_BROKEN;
        out->waived = tally->breaches_waived == tally->breaches;
        if (tally->any_breach)
            out->severity = tally->worst;
    } else if (intent->kind == FL_INTENT_EXPECT) {
        const char *gaps = gap_text(j, rule, &coverage, lacking, lacks, &concerned, false, 0, tally->without_action);
        end_expectation(j, intent, tally, &concerned, gaps, out);
    } else if (only_without_action) {
        out->ending = FL_END_NOT_EVALUATED;
        out->reason = fl_judge_no_action(j, "no record of its conversations has an action");
    } else if (concerned.logged == 0 && !talked) {
        out->ending = FL_END_NOT_SEEN;
        out->reason = as_far_as_known(j, "no interface of this network wrote a record");
    } else {
        bool other_side = concerned.logged == 0;
        out->reason = gap_text(j, rule, &coverage, lacking, lacks, &concerned, other_side, tally->undecided_count,
                               tally->without_action);
        out->ending = out->reason != NULL ? FL_END_HELD_WITH_GAPS : FL_END_HELD;
    }
    return FL_OK;
}

enum fl_status fl_judge_intents(struct fl_judging *j)
{
    struct fl_intent_result *results = (struct fl_intent_result *)j->report->intents;
    for (uint32_t i = 0; i < j->report->intent_count; i++) {
        const struct fl_intent *intent = &j->plan->policy->intents[i];
        const struct fl_intent_tally *tally = &j->intents[i];
        struct fl_intent_result *r = &results[i];
        r->id = intent->id;
        r->title = intent->title != NULL ? intent->title : intent->id;
        r->severity = intent->severity;
        r->optional = intent->optional;
        r->controls = intent->controls;
        r->permitted_flows = tally->permitted_flows;
        r->permitted_conversations = tally->permitted_conversations;
        r->blocked_attempts = tally->blocked;
        r->breaches = tally->breaches;
        r->undecided_count = tally->undecided_count;
        r->declared_file = j->plan->policy->file;
        r->declared_line = intent->line;
        enum fl_status status = end_intent(j, i, r);
        if (status != FL_OK)
            return status;
    }
    return FL_OK;
}
