/* test_near.c: of the groups that did not fire, the one that a test most likely meant. */
#include <string.h>

#include "core/base/escape.h"
#include "core/session/explain.h"
#include "core/session/test_bench.h"

#define HAVING_SHOWN 200

static uint32_t keys_met(const struct fl_plan_rule *rule, const struct fl_datum *entry, const struct fl_value *slots)
{
    const struct fl_datum *group = fl_datum_get(entry, "group");
    uint32_t met = 0;
    for (uint32_t i = 0; group != NULL && i < group->member_count; i++)
        for (uint32_t k = 0; k < rule->key_count; k++)
            met += strcmp(group->names[i], rule->key_names[k]) == 0 && fl_test_equals(group->members[i], &slots[k]);
    return met;
}

/* Keys of the expected finding that it is most like. */
static uint32_t score_of(const struct fl_test_near *near, const struct fl_value *slots)
{
    uint32_t best = 0;
    for (uint32_t i = 0; near->expect != NULL && i < near->expect->item_count; i++) {
        uint32_t met = keys_met(near->rule, near->expect->items[i], slots);
        best = met > best ? met : best;
    }
    return best;
}

static enum fl_status keep(struct fl_test_near *near, const struct fl_judged_group *group, uint32_t score)
{
    uint32_t count = fl_plan_rule_slots(near->rule);
    struct fl_value *slots = fl_arena_alloc(near->arena, count * sizeof *slots);
    if (slots == NULL)
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        slots[i] = group->slots[i];
        if (!fl_value_copy(near->arena, &slots[i]))
            return FL_E_NOMEM;
    }
    near->slots = slots;
    near->fate = group->fate;
    near->score = score;
    return FL_OK;
}

static enum fl_status take_group(void *context, uint32_t rule, const struct fl_judged_group *group)
{
    struct fl_test_near *near = context;
    enum fl_status status = near->next != NULL ? near->next->group(near->next->context, rule, group) : FL_OK;
    if (status != FL_OK || &near->plan->rules[rule] != near->rule || group->fate == FL_FATE_HIT)
        return status;
    uint32_t score = score_of(near, group->slots), flows = near->rule->key_count + FL_C_FLOWS;
    if (near->slots != NULL &&
        (score < near->score || (score == near->score && group->slots[flows].i <= near->slots[flows].i)))
        return FL_OK;
    return keep(near, group, score);
}

static enum fl_status take_hit(void *context, const struct fl_judged_hit *hit)
{
    struct fl_test_near *near = context;
    return near->next != NULL ? near->next->hit(near->next->context, hit) : FL_OK;
}

void fl_test_near_open(struct fl_test_near *near, const struct fl_plan *plan, const char *rule,
                       const struct fl_datum *expect, const struct fl_judge_watch *next, struct fl_arena *arena)
{
    *near = (struct fl_test_near){.plan = plan, .expect = expect, .arena = arena, .next = next};
    near->judge = (struct fl_judge_watch){near, take_group, take_hit};
    for (uint32_t i = 0; i < plan->rule_count; i++)
        if (strcmp(plan->rules[i].decl->id, rule) == 0)
            near->rule = &plan->rules[i];
}

static void add_slots(const struct fl_test_near *near, struct fl_buf *out, uint32_t from, uint32_t count)
{
    for (uint32_t i = from; i < from + count; i++) {
        fl_buf_add_text(out, i > from ? ", " : "");
        fl_escape_terminal(out, fl_str_of(fl_explain_slot_name(near->rule, i, false)));
        fl_buf_add_text(out, " = ");
        fl_test_add_value(out, &near->slots[i]);
    }
}

void fl_test_near_show(const struct fl_test_near *near, struct fl_buf *out)
{
    const struct fl_plan_rule *rule = near->rule;
    if (rule == NULL)
        return;
    if (near->slots == NULL) {
        fl_buf_add_text(out, "  there is no group: nothing satisfies `where`\n");
        return;
    }
    fl_buf_add_text(out, "  the nearest group is { ");
    add_slots(near, out, 0, rule->key_count);
    fl_buf_add_text(out, " } with ");
    add_slots(near, out, rule->key_count, FL_C_FIRST_SEEN);
    uint32_t measured = rule->measure_count + rule->value_count;
    fl_buf_add_text(out, measured > 0 ? ", " : "");
    add_slots(near, out, rule->key_count + FL_COUNTER_COUNT, measured);
    fl_buf_add_text(out, "\n    ");
    fl_buf_add_text(out, fl_explain_fate_text(near->fate));
    if (near->fate == FL_FATE_HAVING && rule->having_text != NULL) {
        struct fl_str having = fl_str_of(rule->having_text);
        having.len = having.len < HAVING_SHOWN ? having.len : HAVING_SHOWN;
        fl_buf_add_text(out, ": ");
        fl_escape_terminal(out, having);
    }
    fl_buf_add_char(out, '\n');
}
