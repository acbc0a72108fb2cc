/* lint_input.c: FL006 and FL008, rules against the logs at hand; FL015, addresses in them that `ours` lacks. */
#include <stdio.h>

#include "core/session/layouts.h"
#include "core/session/lint.h"

static void check_list(struct fl_linting *l, const struct fl_plan_rule *rule, uint64_t selected, uint64_t records)
{
    const struct fl_rule_spot spot = {rule->decl->where != NULL ? "where" : "title", NULL, NULL};
    if (records == 0 || selected * 100 <= records * FL_LIST_SHARE_PERCENT)
        return;
    fl_lint_rule(l, FL_LINT_LIST, rule->decl, &spot, 0, "let `where` keep only the records that the list is about",
                 "it keeps a row for %llu of %llu records (more than %u %%)", (unsigned long long)selected,
                 (unsigned long long)records, FL_LIST_SHARE_PERCENT);
}

static void check_fields(struct fl_linting *l, const struct fl_plan_rule *rule, const struct fl_layout *layout,
                         const char *first)
{
    const struct fl_rule_spot spot = {"title", NULL, NULL};
    struct fl_field_set lacking = fl_layout_lacks(&l->session->plan, rule, &layout->columns);
    struct fl_buf names;
    fl_buf_init(&names);
    for (uint32_t f = 0; f < FL_DERIVED_FIRST; f++)
        if (fl_field_set_has(&lacking, f))
            fl_buf_add_format(&names, "%s%s", names.len > 0 ? ", " : "", fl_fields[f].name);
    l->nomem |= names.failed;
    const char *todo = "log these fields too, or do not use the rule for such logs";
    const char *text = names.failed || names.len == 0 ? "something that no field would bring" : names.data;
    const char *id = rule->decl->intent != NULL ? rule->decl->intent->id : rule->decl->id;
    char more[48] = " lacks";
    if (layout->count > 1)
        snprintf(more, sizeof more, " and %u more object%s lack", layout->count - 1, layout->count == 2 ? "" : "s");
    if (rule->decl->intent != NULL)
        fl_lint_policy(l, FL_LINT_LACKING, id, rule->decl->line, 0, todo, "intent %s: %s%s %s", id, first, more, text);
    else
        fl_lint_rule(l, FL_LINT_LACKING, rule->decl, &spot, 0, todo, "%s%s %s", first, more, text);
    fl_buf_dispose(&names);
}

bool fl_lint_unnamed(const struct fl_plan *plan, const struct fl_part *part, struct fl_lint_unnamed *out)
{
    const struct fl_coverage_map *map = &part->coverage;
    struct fl_addr least = {0};
    bool any = false;
    for (uint32_t i = 0; i < map->interfaces.count && i < map->item_capacity; i++)
        for (uint32_t a = 0; a < map->items[i].address_count; a++) {
            struct fl_addr addr = map->items[i].addresses[a];
            int c = any ? fl_addr_compare(addr, least) : -1;
            if (c > 0 || (c == 0 && fl_str_compare(map->interfaces.keys[i], out->interface) >= 0) ||
                !fl_program_in_network(plan->program, FL_NET_PRIVATE, addr) ||
                fl_program_in_network(plan->program, FL_NET_OURS, addr))
                continue;
            any = true;
            least = addr;
            out->interface = map->interfaces.keys[i];
        }
    if (any)
        fl_addr_format(least, out->addr);
    return any;
}

static void check_own(struct fl_linting *l, const struct fl_part *part)
{
    struct fl_lint_unnamed unnamed;
    const struct fl_policy *policy = &l->session->policy;
    if (fl_lint_unnamed(&l->session->plan, part, &unnamed))
        fl_lint_policy(l, FL_LINT_OWN, policy->name, 0, 0, FL_LINT_OWN_TODO, FL_LINT_UNNAMED_TEXT, unnamed.addr,
                       (int)unnamed.interface.len, unnamed.interface.ptr, fl_policy_ours_text(policy));
}

void fl_lint_input(struct fl_linting *l, const struct fl_source_list *sources, const struct fl_part *part)
{
    const struct fl_plan *plan = &l->session->plan;
    uint64_t records = 0;
    uint32_t count = 0;
    struct fl_layout *layouts = fl_layouts_list(&l->session->arena, part, &count);
    l->nomem |= layouts == NULL;
    for (uint32_t o = 0; o < part->object_count; o++)
        records += part->objects[o].records;
    check_own(l, part);
    for (uint32_t r = 0; r < plan->rule_count && layouts != NULL; r++) {
        const struct fl_plan_rule *rule = &plan->rules[r];
        if (rule->void_reason != NULL || rule->role > FL_ROLE_EXPECT)
            continue;
        if (rule->is_list)
            check_list(l, rule, part->rules[r].selected, records);
        for (uint32_t i = 0; i < count; i++)
            if (!fl_plan_rule_possible(plan, rule, &layouts[i].columns))
                check_fields(l, rule, &layouts[i], sources->items[layouts[i].first].name);
    }
}
