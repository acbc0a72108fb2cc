/* groups.c: every group of every rule against its `having` and its code. */
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/engine/folds.h"
#include "core/rule/compile.h"
#include "core/rule/locate.h"

#define SCRATCH_BYTES_MAX (256u * 1024u)

struct visiting {
    struct fl_judging *j;
    uint32_t index;
    const struct fl_plan_rule *rule;
    struct fl_value *slots; /* views, of the group at hand */
    uint32_t slot_count;
    bool null_slot;         /* one that was asked for is null */
    uint64_t by_arithmetic; /* values that are null though what they are made of is not */
};

static void get_slot(void *context, const struct fl_node *node, struct fl_value *out)
{
    struct visiting *v = context;
    *out = node->kind == FL_N_SLOT && node->slot < v->slot_count ? v->slots[node->slot] : FL_VALUE_NULL;
    if (out->type != FL_T_NULL)
        return;
    uint32_t first = v->rule->key_count + FL_COUNTER_COUNT + v->rule->measure_count;
    v->null_slot |= node->slot < first || (v->by_arithmetic >> (node->slot - first) & 1) == 0;
}

static bool in_network(void *context, uint32_t network, struct fl_addr addr)
{
    const struct visiting *v = context;
    return fl_program_in_network(v->j->plan->program, network, addr);
}

static void fill_slots(struct visiting *v, const struct fl_group_view *view)
{
    uint32_t keys = v->rule->key_count;
    for (uint32_t k = 0; k < keys; k++)
        v->slots[k] = view->keys[k];
    struct fl_value *c = v->slots + keys;
    c[FL_C_FLOWS] = fl_value_int(FL_T_INT, view->counters.flows);
    c[FL_C_PACKETS] = fl_value_int(FL_T_INT, view->counters.packets);
    c[FL_C_BYTES] = fl_value_int(FL_T_INT, view->counters.bytes);
    c[FL_C_FIRST_SEEN] = fl_value_time(view->counters.first_ms);
    c[FL_C_LAST_SEEN] = fl_value_time(view->counters.last_ms);
    c[FL_C_OBSERVED] = fl_judge_observed(v->j);
    c[FL_C_LOGGED] = c[FL_C_SKIPPED] = c[FL_C_VPC_LOGGED] = FL_VALUE_NULL;
    if (v->rule->asks_coverage)
        fl_judge_coverage_counters(v->j, v->rule, v->slots, c);
    for (uint32_t m = 0; m < v->rule->measure_count; m++)
        c[FL_COUNTER_COUNT + m] = view->measures[m];
    struct fl_eval eval = {v, get_slot, in_network};
    v->by_arithmetic = 0;
    for (uint32_t i = 0; i < v->rule->value_count; i++) {
        struct fl_value *value = &c[FL_COUNTER_COUNT + v->rule->measure_count + i];
        v->null_slot = false;
        *value = fl_expr_eval(v->rule->values[i].node, &eval);
        v->by_arithmetic |= (uint64_t)(value->type == FL_T_NULL && !v->null_slot) << i;
    }
}

static bool satisfies(struct visiting *v, const struct fl_node *having)
{
    if (having == NULL)
        return true;
    struct fl_eval eval = {v, get_slot, in_network};
    v->null_slot = false;
    struct fl_value result = fl_expr_eval(having, &eval);
    v->j->null_arithmetic += result.type == FL_T_NULL && !v->null_slot;
    return result.type == FL_T_BOOL && result.i != 0;
}

/* Views of the group. */
static struct fl_hit hit_of(const struct visiting *v, const struct fl_group_view *view)
{
    return (struct fl_hit){.rule = v->index,
                           .slots = v->slots,
                           .window_start_ms = view->window_start_ms,
                           .window_end_ms = view->window_end_ms,
                           .counters = view->counters,
                           .evidence = (struct fl_place *)view->evidence,
                           .evidence_count = view->evidence_count,
                           .severity = v->rule->decl->severity,
                           .waiver = -1};
}

struct fl_value fl_hit_identity(const struct fl_plan *plan, const struct fl_hit *hit, uint32_t i)
{
    const struct fl_plan_rule *rule = &plan->rules[hit->rule];
    struct fl_value value = hit->slots[rule->identity[i]];
    bool host_waited_for = rule->role == FL_ROLE_EXPECT;
    if (rule->decl->intent != NULL && !host_waited_for && value.type == FL_T_ADDR &&
        fl_program_in_network(plan->program, FL_NET_INTERNET, value.addr))
        return FL_VALUE_NULL;
    return value;
}

/* What a call of the rule's code came to. A failed one loses its group and is counted; above the limit of failures the
 * rule is void, and no more is asked. */
static enum fl_status take_answer(struct visiting *v, enum fl_status status, const struct fl_error *err, bool *fires)
{
    if (status == FL_OK || status == FL_E_NOMEM)
        return status;
    struct fl_rule_tally *tally = &v->j->rules[v->index];
    v->j->part->rules[v->index].stateful |= status == FL_E_VOID;
    if (tally->failures++ == 0)
        snprintf(tally->lua_error, sizeof tally->lua_error, "%.300s", err->text);
    *fires = false;
    return FL_OK;
}

static enum fl_status ask_on_group(struct visiting *v, const struct fl_group_view *view, struct fl_verdict *verdict,
                                   bool *fires)
{
    const struct fl_judge_options *options = v->j->options;
    const struct fl_rule_decl *decl = v->rule->decl;
    const char *measures[FL_COUNTER_COUNT - FL_C_OBSERVED + FL_MEASURES_PER_RULE_MAX];
    uint32_t count = 0, measured = v->rule->measure_count + v->rule->value_count;
    for (enum fl_counter c = FL_C_OBSERVED; c < FL_COUNTER_COUNT; c++)
        measures[count++] = c == FL_C_OBSERVED || v->rule->asks_coverage ? fl_counter_name(c) : ""; /* not counted */
    for (uint32_t m = 0; m < measured; m++)
        measures[count++] = fl_plan_rule_measured(v->rule, m);
    struct fl_group_names names = {v->rule->key_names, v->rule->key_count, measures, count};
    struct fl_group_view shown = *view;
    shown.measures = v->slots + v->rule->key_count + FL_C_OBSERVED; /* and the counters behind it */
    struct fl_error err;
    struct fl_verdict last = {.severity = -1};
    enum fl_status status =
        options->ops->on_group(options->vm, decl->source, decl, &names, &shown, &v->j->scratch, &last, &err);
    *fires = last.hit;
    if (status == FL_OK)
        status = fl_verdict_override(&v->j->scratch, verdict, &last);
    return take_answer(v, status, &err, fires);
}

/* Asks the rule's code: on_flow over the records of the group, then, if one of them was a hit, on_group. */
static enum fl_status ask_code(struct visiting *v, const struct fl_group_view *view, struct fl_verdict *verdict,
                               bool *fires)
{
    enum fl_status status = FL_OK;
    *fires = true;
    if (v->j->options->ops == NULL)
        return FL_OK;
    if (v->j->rules[v->index].failures > FL_LUA_FAILURES_MAX || v->j->part->rules[v->index].stateful) {
        *fires = false;
        return FL_OK;
    }
    if (v->rule->has_verdict)
        status = fl_verdict_decode(fl_measure_noted(view->states[v->rule->measure_count]), &v->j->scratch, verdict);
    if (v->rule->has_rows) {
        struct fl_error err;
        status = fl_judge_ask_rows(v->j, v->rule, view, verdict, &err);
        *fires = verdict->hit;
        status = take_answer(v, status, &err, fires);
    }
    if (status == FL_OK && *fires && v->rule->decl->has_on_group)
        status = ask_on_group(v, view, verdict, fires);
    return status;
}

static enum fl_severity one_step_lower(enum fl_severity severity)
{
    return severity > FL_SEV_INFO && severity < FL_SEV_NONE ? severity - 1 : severity;
}

struct fl_hit *fl_undecided_place(struct fl_intent_tally *tally, uint64_t flows)
{
    struct fl_hit *kept = tally->undecided;
    uint32_t at = tally->undecided_kept;
    tally->undecided_count++;
    while (at > 0 && kept[at - 1].counters.flows < flows)
        at--;
    if (at >= FL_OCCURRENCES_SHOWN)
        return NULL;
    if (tally->undecided_kept < FL_OCCURRENCES_SHOWN)
        tally->undecided_kept++;
    memmove(kept + at + 1, kept + at, (tally->undecided_kept - at - 1) * sizeof *kept);
    return &kept[at];
}

static enum fl_status keep_undecided(struct visiting *v, const struct fl_group_view *view)
{
    struct fl_intent_tally *tally = &v->j->intents[v->rule->decl->intent - v->j->plan->policy->intents];
    struct fl_hit *place = fl_undecided_place(tally, view->counters.flows);
    struct fl_hit hit = hit_of(v, view);
    return place == NULL || fl_hit_copy(v->j->arena, &hit, v->slot_count, place) ? FL_OK : FL_E_NOMEM;
}

bool fl_names_internet(const struct fl_node *set)
{
    for (uint32_t i = 0; set != NULL && i < set->item_count; i++)
        if (set->items[i].kind == FL_ITEM_NETWORK && set->items[i].network == FL_NET_INTERNET)
            return true;
    return false;
}

/* Is the address in what the set names besides `internet`? */
static bool in_others(const struct fl_plan *plan, const struct fl_node *set, struct fl_addr addr)
{
    for (uint32_t i = 0; i < set->item_count; i++) {
        struct fl_node one = {.kind = FL_N_SET, .items = &set->items[i], .item_count = 1};
        if ((one.items->kind != FL_ITEM_NETWORK || one.items->network != FL_NET_INTERNET) &&
            fl_node_has_addr(plan, &one, addr))
            return true;
    }
    return false;
}

/* Could the conversation, opened by `client`, break the intent by another network of `to` than `internet`? */
static bool breaks_elsewhere(const struct visiting *v, const struct fl_intent_tally *tally,
                             const struct fl_value *client, const struct fl_value *server)
{
    const struct fl_plan *plan = v->j->plan;
    if (client->type != FL_T_ADDR || server->type != FL_T_ADDR || !in_others(plan, tally->to, server->addr))
        return false;
    return v->rule->decl->intent->kind != FL_INTENT_DENY || fl_node_has_addr(plan, tally->from, client->addr);
}

/* A conversation over a gateway endpoint is not traffic to `internet`: only another network of `to` can be broken by
 * it. Where it is not known who opened it, either end may be the server. */
static bool spared_by_endpoint(const struct visiting *v, const struct fl_intent_tally *tally,
                               const struct fl_group_view *view)
{
    const struct fl_value *endpoint = &view->measures[1];
    const struct fl_value *client = &view->keys[0], *server = &view->keys[1];
    if (endpoint->type != FL_T_BOOL || endpoint->i == 0 || !fl_names_internet(tally->to))
        return false;
    bool either = v->rule->role == FL_ROLE_UNDECIDED || v->rule->decl->intent->strict;
    return !breaks_elsewhere(v, tally, client, server) && !(either && breaks_elsewhere(v, tally, server, client));
}

/* Intents: the counts beside the breaches. true when the group goes on as a breach. */
static bool tally_intent(struct visiting *v, const struct fl_group_view *view, const struct fl_value *outcome)
{
    const struct fl_intent *intent = v->rule->decl->intent;
    struct fl_intent_tally *tally = &v->j->intents[intent - v->j->plan->policy->intents];
    if (outcome->type == FL_T_NULL) {
        tally->without_action++;
        return false;
    }
    bool blocked = outcome->i == FL_OUTCOME_BLOCKED;
    bool permitted = v->rule->role == FL_ROLE_PERMITTED || spared_by_endpoint(v, tally, view);
    if (blocked)
        tally->blocked += v->rule->role == FL_ROLE_BREACH;
    else if (permitted) {
        tally->permitted_conversations++;
        tally->permitted_flows += view->counters.flows;
    }
    return !blocked && !permitted;
}

/* Where the group goes; a hit is kept. */
static enum fl_status judge_group(struct visiting *v, const struct fl_group_view *view, enum fl_fate *fate,
                                  struct fl_hit *hit)
{
    const struct fl_plan_rule *rule = v->rule;
    const struct fl_value *outcome = rule->outcome_measure >= 0 ? &view->measures[rule->outcome_measure] : NULL;
    bool no_outcome = outcome != NULL && outcome->type == FL_T_NULL;
    bool blocked = outcome != NULL && !no_outcome && outcome->i == FL_OUTCOME_BLOCKED;
    *fate = no_outcome ? FL_FATE_NO_OUTCOME : FL_FATE_BLOCKED;
    if (rule->role != FL_ROLE_RULE) {
        if (!tally_intent(v, view, outcome)) {
            *fate = no_outcome || blocked ? *fate : FL_FATE_PERMITTED;
            return FL_OK;
        }
        if (rule->role == FL_ROLE_UNDECIDED) {
            *fate = FL_FATE_UNDECIDED;
            return keep_undecided(v, view);
        }
    }
    bool satisfied = satisfies(v, rule->having);
    if (satisfied && rule->reader_count > 0) {
        enum fl_status fed = fl_judge_feed(v->j, v->index, v->slots, view);
        if (fed != FL_OK)
            return fed;
    }
    if (no_outcome) {
        v->j->rules[v->index].without_action++;
        return FL_OK;
    }
    if (!satisfied || blocked || rule->decl->signal) {
        *fate = !satisfied ? FL_FATE_HAVING : blocked ? FL_FATE_BLOCKED : FL_FATE_SIGNAL;
        return FL_OK;
    }
    struct fl_verdict verdict = {.severity = -1};
    bool fires;
    struct fl_cost *cost = v->j->options->profile ? &v->j->part->rules[v->index].cost : NULL;
    bool has_code = rule->decl->has_on_group || rule->has_rows;
    uint64_t begin = cost != NULL && has_code ? fl_cost_now() : 0;
    enum fl_status status = ask_code(v, view, &verdict, &fires);
    if (cost != NULL && has_code) {
        cost->calls += rule->has_rows ? view->counters.flows : 1;
        cost->code_ns += fl_cost_now() - begin;
    }
    *fate = FL_FATE_CODE;
    if (status != FL_OK || !fires)
        return status;
    *fate = FL_FATE_HIT;
    *hit = hit_of(v, view);
    if (verdict.severity >= 0)
        hit->severity = (enum fl_severity)verdict.severity;
    else if (outcome != NULL && outcome->i == FL_OUTCOME_ALLOWED)
        hit->severity = one_step_lower(hit->severity);
    hit->title = verdict.title;
    hit->message = verdict.message;
    hit->extra = verdict.extra;
    return fl_judge_keep_hit(v->j, hit);
}

static enum fl_status visit_group(void *context, const struct fl_group_view *view)
{
    struct visiting *v = context;
    const struct fl_judge_watch *watch = v->j->options->watch;
    enum fl_fate fate;
    struct fl_hit hit;
    v->j->rules[v->index].groups++;
    fill_slots(v, view);
    enum fl_status status = judge_group(v, view, &fate, &hit);
    if (status == FL_OK && watch != NULL) {
        struct fl_judged_group group = {fate, v->slots, view->window_start_ms, view->window_end_ms};
        status = watch->group(watch->context, v->index, &group);
        if (status == FL_OK && fate == FL_FATE_HIT)
            status = fl_judge_tell_hit(v->j, &hit);
    }
    if (v->j->scratch.held_bytes > SCRATCH_BYTES_MAX) {
        fl_arena_dispose(&v->j->scratch);
        fl_arena_init(&v->j->scratch);
    }
    return status;
}

/* Which function it was is not known: all that the rule has are named, mostly one. */
static const char *stateful_reason(const struct fl_judging *j, const struct fl_rule_decl *decl)
{
    static const char *const keys[] = {"on_flow", "on_group"};
    const bool has[] = {decl->has_on_flow, decl->has_on_group};
    struct fl_buf text;
    fl_buf_init(&text);
    for (unsigned i = 0; i < 2; i++) {
        struct fl_error err = {0};
        if (!has[i])
            continue;
        fl_rule_locate(decl->file_text, decl->line, &(struct fl_rule_spot){.key = keys[i]}, &err);
        fl_buf_add_format(&text, "%s%s (%s:%u)",
                          text.len > 0 ? " or " : "its code changed a variable outside it: ", keys[i], decl->file,
                          err.line);
    }
    fl_buf_add_text(&text, decl->has_on_flow && decl->group_by.count > 0
                               ? "; what a group remembers is kept in its table: on_flow = function(flow, state)"
                               : "; state lives in measures");
    const char *reason = text.failed ? NULL : fl_arena_strndup(j->arena, text.data, text.len);
    fl_buf_dispose(&text);
    return reason;
}

static const char *why_void(struct fl_judging *j, uint32_t index)
{
    const struct fl_plan_rule *rule = &j->plan->rules[index];
    const struct fl_rule_part *part = &j->part->rules[index];
    const struct fl_rule_tally *tally = &j->rules[index];
    if (rule->void_reason != NULL)
        return rule->void_reason;
    const char *missing = fl_judge_source_void(j, rule);
    if (missing == NULL)
        missing = fl_judge_unprovable(j, rule);
    if (missing != NULL)
        return missing;
    if (part->over_limit)
        return fl_arena_printf(j->arena, "more than %llu groups (max_groups)",
                               (unsigned long long)j->plan->policy->max_groups);
    if (part->over_list || (rule->is_list && part->listed > j->plan->policy->max_list_records))
        return fl_arena_printf(j->arena,
                               "its list would keep more than %llu records (max_list_records): narrow `where`",
                               (unsigned long long)j->plan->policy->max_list_records);
    if (part->stateful)
        return stateful_reason(j, rule->decl);
    uint64_t failures = part->lua_failures + tally->failures;
    const char *first = part->lua_failures > 0 ? part->lua_error : tally->lua_error;
    if (failures > FL_LUA_FAILURES_MAX)
        return fl_arena_printf(j->arena, "its code failed more than %u times; first: %s", FL_LUA_FAILURES_MAX, first);
    return NULL;
}

enum fl_status fl_judge_walk(struct fl_judging *j, uint32_t index, int64_t window_ms, int64_t every_ms,
                             uint64_t least_flows,
                             enum fl_status (*visit)(void *context, const struct fl_group_view *view), void *context)
{
    const struct fl_plan_rule *rule = &j->plan->rules[index];
    struct fl_walk walk = {.window_ms = window_ms,
                           .every_ms = every_ms,
                           .measures = rule->table_measures,
                           .measure_count = fl_plan_rule_states(rule),
                           .least_flows = least_flows,
                           .passed_over = &j->rules[index].groups,
                           .visit = visit,
                           .context = context};
    struct fl_store *store = j->stores[rule->depth - 1];
    enum fl_status status = fl_store_settle(store);
    if (status == FL_OK)
        status = fl_store_walk(store, rule->table, &walk);
    if (status != FL_E_LIMIT)
        return status;
    j->part->rules[index].over_limit = true;
    j->rules[index].void_reason = why_void(j, index);
    return FL_OK;
}

/* Groups with fewer records need no look: their `having` cannot be true, and nothing else is told of them. */
static uint64_t least_flows(const struct fl_judging *j, const struct fl_plan_rule *rule)
{
    bool all_are_told = j->options->watch != NULL || rule->role != FL_ROLE_RULE || rule->outcome_measure >= 0;
    return all_are_told ? 0 : fl_plan_rule_least_records(rule);
}

static enum fl_status judge_rule(struct fl_judging *j, uint32_t index)
{
    struct visiting v = {.j = j, .index = index, .rule = &j->plan->rules[index]};
    v.slot_count = fl_plan_rule_slots(v.rule);
    v.slots = fl_alloc_zero(v.slot_count, sizeof *v.slots);
    if (v.slots == NULL)
        return FL_E_NOMEM;
    enum fl_status status = FL_OK;
    j->rules[index].void_reason = why_void(j, index);
    bool by_periods = v.rule->decl->intent != NULL && v.rule->decl->intent->kind == FL_INTENT_EXPECT;
    if (j->rules[index].void_reason == NULL && v.rule->over != FL_OVER_NONE)
        status = fl_judge_seed(j, index);
    if (status == FL_OK && j->rules[index].void_reason == NULL && !by_periods)
        status = fl_judge_walk(j, index, v.rule->window_ms, v.rule->every_ms, least_flows(j, v.rule), visit_group, &v);
    j->rules[index].void_reason = why_void(j, index);
    if (j->rules[index].void_reason != NULL) {
        fl_folds_forget(j->folds);
        fl_judge_unwaive(j, index);
    } else if (status == FL_OK) {
        status = fl_folds_finish(j, j->folds);
    }
    fl_free(v.slots);
    return status;
}

static enum fl_status time_rule(struct fl_judging *j, uint32_t index)
{
    uint64_t begin = j->options->profile ? fl_cost_now() : 0;
    enum fl_status status = judge_rule(j, index);
    if (j->options->profile)
        j->part->rules[index].cost.judge_ns = fl_cost_now() - begin;
    j->part->rules[index].cost.groups = j->rules[index].groups;
    return status;
}

enum fl_status fl_judge_groups(struct fl_judging *j)
{
    for (uint32_t i = 0; i < j->plan->policy->intent_count; i++) {
        j->intents[i].undecided =
            fl_arena_alloc(j->arena, (FL_OCCURRENCES_SHOWN + 1) * sizeof *j->intents[i].undecided);
        const struct fl_intent *intent = &j->plan->policy->intents[i];
        j->intents[i].from = fl_judge_end(j, &intent->from);
        j->intents[i].to = fl_judge_end(j, &intent->to);
        if (j->intents[i].undecided == NULL || (intent->to.text != NULL && j->intents[i].to == NULL) ||
            (intent->from.text != NULL && j->intents[i].from == NULL))
            return FL_E_NOMEM;
    }
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < j->plan->rule_count && status == FL_OK; i++)
        status = time_rule(j, j->plan->order[i]);
    return status;
}
