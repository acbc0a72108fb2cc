/* explain_group.c: a group with its values, and what became of it. */
#include <string.h>

#include "core/rule/compile.h"
#include "core/session/explain.h"

static void add_time(struct fl_explaining *e, int64_t ms)
{
    char text[FL_WHEN_TEXT_BYTES];
    fl_when_format(ms, text);
    fl_buf_add_text(&e->out, text);
}

const char *fl_explain_fate_text(enum fl_fate fate)
{
    switch (fate) {
    case FL_FATE_HIT:
        return "it fires";
    case FL_FATE_HAVING:
        return "no finding: `having` is not true";
    case FL_FATE_NO_OUTCOME:
        return "not judged: no record of it tells an action";
    case FL_FATE_BLOCKED:
        return "no finding: it was blocked";
    case FL_FATE_SIGNAL:
        return "a signal: it makes no finding, other rules read it";
    case FL_FATE_CODE:
        return "no finding: the code of the rule did not fire";
    case FL_FATE_PERMITTED:
        return "no finding: the intent allows it";
    case FL_FATE_UNDECIDED:
        break;
    }
    return "no finding: it is not known which end opened it";
}

void fl_explain_window(struct fl_explaining *e, int64_t start_ms, int64_t end_ms)
{
    add_time(e, start_ms);
    fl_buf_add_text(&e->out, " .. ");
    add_time(e, end_ms);
}

const char *fl_explain_fate_name(enum fl_fate fate)
{
    static const char *const names[] = {
        [FL_FATE_HIT] = "fires",           [FL_FATE_HAVING] = "having",      [FL_FATE_NO_OUTCOME] = "no outcome",
        [FL_FATE_BLOCKED] = "blocked",     [FL_FATE_SIGNAL] = "signal",      [FL_FATE_CODE] = "code",
        [FL_FATE_PERMITTED] = "permitted", [FL_FATE_UNDECIDED] = "undecided"};
    return names[fate];
}

uint32_t fl_explain_counters(const struct fl_plan_rule *rule)
{
    return rule->asks_coverage ? FL_COUNTER_COUNT : (uint32_t)FL_C_LOGGED;
}

static void add_slots(struct fl_explaining *e, const struct fl_plan_rule *rule, const struct fl_value *slots,
                      uint32_t from, uint32_t count)
{
    for (uint32_t i = from; i < from + count; i++) {
        fl_buf_add_text(&e->out, i > from ? ", " : "");
        fl_explain_add(e, fl_explain_slot_name(rule, i, false));
        fl_buf_add_char(&e->out, '=');
        fl_explain_value(e, &slots[i]);
    }
    fl_buf_add_char(&e->out, '\n');
}

void fl_explain_measures(struct fl_explaining *e, const struct fl_kept_group *kept)
{
    const struct fl_plan_rule *rule = &e->session->plan.rules[kept->rule];
    add_slots(e, rule, kept->group.slots, rule->key_count + FL_COUNTER_COUNT, rule->measure_count + rule->value_count);
}

enum fl_status fl_explain_keep(struct fl_explaining *e, struct fl_kept_groups *list, uint32_t rule,
                               const struct fl_judged_group *group)
{
    const struct fl_plan_rule *r = &e->session->plan.rules[rule];
    uint32_t count = fl_plan_rule_slots(r);
    struct fl_value *slots = fl_arena_alloc(&e->session->arena, count * sizeof *slots);
    if (slots == NULL || !fl_grow((void **)&list->items, &list->capacity, list->count + 1, sizeof *list->items))
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        slots[i] = group->slots[i];
        if (!fl_value_copy(&e->session->arena, &slots[i]))
            return FL_E_NOMEM;
    }
    struct fl_kept_group *kept = &list->items[list->count++];
    *kept = (struct fl_kept_group){.rule = rule, .group = *group, .waiver = -1};
    kept->group.slots = slots;
    return FL_OK;
}

void fl_explain_keep_hit(struct fl_kept_group *kept, const struct fl_judged_hit *hit)
{
    memcpy(kept->id, hit->id, sizeof kept->id);
    kept->severity = hit->severity;
    kept->waiver = hit->waiver;
    kept->occurrence = hit->occurrence;
}

void fl_explain_fold_hit(struct fl_kept_groups *list, const struct fl_judged_hit *hit)
{
    for (uint32_t i = list->count; i-- > 0;) {
        struct fl_kept_group *kept = &list->items[i];
        if (kept->id[0] == '\0')
            continue;
        if (strcmp(kept->id, hit->id) != 0 || kept->occurrence.number != hit->occurrence.number)
            return; /* the hits of an occurrence come one after the other */
        bool is_worst = kept->occurrence.is_worst && !hit->occurrence.is_worst;
        kept->occurrence = hit->occurrence;
        kept->occurrence.is_worst = is_worst;
    }
}

static void add_waiver(struct fl_explaining *e, const struct fl_waiver *waiver)
{
    fl_buf_add_text(&e->out, ", excused by the waiver at ");
    fl_explain_add(e, e->session->policy.file);
    fl_buf_add_format(&e->out, ":%u: ", waiver->line);
    fl_explain_add(e, waiver->reason);
}

/* INT64_MIN: unknown, which no waiver expires before. */
static int64_t last_seen(const struct fl_kept_group *kept, const struct fl_plan_rule *rule)
{
    const struct fl_value *last = &kept->group.slots[rule->key_count + FL_C_LAST_SEEN];
    if (rule->role == FL_ROLE_EXPECT) /* a period in which nothing came */
        return kept->group.window_end_ms - 1;
    return last->type == FL_T_NULL ? INT64_MIN : (int64_t)last->i;
}

void fl_explain_visit_waivers(struct fl_explaining *e, const struct fl_kept_group *kept,
                              void (*visit)(void *context, const struct fl_waiver *waiver, enum fl_waiver_answer answer,
                                            const struct fl_node *where, const struct fl_explain_values *values),
                              void *context)
{
    const struct fl_session *session = e->session;
    const struct fl_plan_rule *rule = &session->plan.rules[kept->rule];
    struct fl_explain_values values = {.plan = &session->plan, .rule = rule, .slots = kept->group.slots};
    enum fl_waiver_answer answer = FL_WAIVER_OTHER;
    int64_t last_ms = last_seen(kept, rule);
    for (uint32_t i = 0; i < session->waiver_count && answer != FL_WAIVER_EXCUSES; i++) {
        const struct fl_waiver_bind *bind = &session->waivers[i];
        if (bind->rule != kept->rule)
            continue;
        const struct fl_waiver *w = &session->policy.waivers[bind->waiver];
        answer = bind->where != NULL && fl_explain_truth(bind->where, &values) != 1 ? FL_WAIVER_OTHER
                 : last_ms >= w->expires_ms                                         ? FL_WAIVER_EXPIRED
                                                                                    : FL_WAIVER_EXCUSES;
        visit(context, w, answer, bind->where, &values);
    }
}

/* With the values that decided. */
static void add_waiver_asked(void *context, const struct fl_waiver *waiver, enum fl_waiver_answer answer,
                             const struct fl_node *where, const struct fl_explain_values *values)
{
    static const char *const answers[] = {[FL_WAIVER_OTHER] = "does not match",
                                          [FL_WAIVER_EXPIRED] = "matches, but had expired when the group was last seen",
                                          [FL_WAIVER_EXCUSES] = "matches"};
    struct fl_explaining *e = context;
    fl_explain_label(e, "waiver");
    fl_explain_add(e, e->session->policy.file);
    fl_buf_add_format(&e->out, ":%u %s\n", waiver->line, answers[answer]);
    if (where != NULL)
        fl_explain_tree(e, where, values, 4);
}

static void add_judgement(struct fl_explaining *e, const struct fl_kept_group *kept)
{
    fl_explain_label(e, "judgement");
    fl_buf_add_text(&e->out, fl_explain_fate_text(kept->group.fate));
    if (kept->id[0] != '\0')
        fl_buf_add_format(&e->out, ": %s, finding %s", fl_severity_name(kept->severity), kept->id);
    if (kept->waiver >= 0)
        add_waiver(e, &e->session->policy.waivers[kept->waiver]);
    fl_buf_add_char(&e->out, '\n');
    if (kept->id[0] != '\0')
        fl_explain_visit_waivers(e, kept, add_waiver_asked, e);
}

void fl_explain_group(struct fl_explaining *e, const struct fl_kept_group *kept)
{
    const struct fl_judged_group *group = &kept->group;
    const struct fl_plan_rule *rule = &e->session->plan.rules[kept->rule];
    uint32_t keys = rule->role == FL_ROLE_EXPECT ? rule->identity_count : rule->key_count;
    fl_explain_label(e, "group");
    if (keys == 0)
        fl_buf_add_text(&e->out, "the whole audit\n");
    else
        add_slots(e, rule, group->slots, 0, keys);
    if (group->window_start_ms != INT64_MIN) {
        fl_explain_label(e, "window");
        fl_explain_window(e, group->window_start_ms, group->window_end_ms);
        fl_buf_add_char(&e->out, '\n');
    }
    if (rule->role == FL_ROLE_EXPECT) {
        add_judgement(e, kept);
        return;
    }
    fl_explain_label(e, "counters");
    add_slots(e, rule, group->slots, rule->key_count, fl_explain_counters(rule));
    if (rule->measure_count + rule->value_count > 0) {
        fl_explain_label(e, "measures");
        fl_explain_measures(e, kept);
    }
    if (rule->having != NULL) {
        struct fl_explain_values values = {.plan = &e->session->plan, .rule = rule, .slots = group->slots};
        fl_buf_add_text(&e->out, "  having\n");
        fl_explain_tree(e, rule->having, &values, 4);
    }
    add_judgement(e, kept);
}
