/* expect_seen.c: the conversations that an expectation waits for, out of the groups of its rules.
 *
 * A conversation is (client, server, service); its outcome is that of all its records in the period, and it counts
 * once in it.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/engine/expect.h"

#define SEEN_MERGED 4096u /* rows; above that many, and twice as many as before, they are merged */

/* One conversation in one period, its quarters merged. */
struct conversation {
    struct fl_expecting *e;
    const struct fl_plan_rule *rule;
    struct fl_arena scratch;
    bool known, open; /* has keys; has records of the period */
    uint32_t period;
    struct fl_value keys[3];
    uint64_t states[2]; /* of outcome and via_endpoint */
    uint64_t flows;
    bool undecided;     /* in some period */
    uint64_t all_flows; /* of every period */
    struct fl_place *places;
    uint32_t place_count;
};

static int compare_seen(const void *left, const void *right)
{
    const struct fl_expect_seen *a = left, *b = right;
    if (a->host != b->host)
        return a->host < b->host ? -1 : 1;
    return a->period < b->period ? -1 : a->period > b->period;
}

/* One row for each host and period. */
static void merge_seen(struct fl_expecting *e)
{
    uint32_t last = 0;
    if (e->seen_count == 0)
        return;
    qsort(e->seen, e->seen_count, sizeof *e->seen, compare_seen);
    for (uint32_t i = 1; i < e->seen_count; i++) {
        if (compare_seen(&e->seen[last], &e->seen[i]) != 0) {
            e->seen[++last] = e->seen[i];
            continue;
        }
        e->seen[last].certain += e->seen[i].certain;
        e->seen[last].possible += e->seen[i].possible;
    }
    e->seen_count = e->seen_merged = last + 1;
}

static bool add_seen(struct fl_expecting *e, struct fl_addr client, uint32_t period, bool certain)
{
    uint32_t host = fl_expect_host(e, client);
    if (host == UINT32_MAX)
        return true;
    if (e->seen_count >= SEEN_MERGED && e->seen_count / 2 >= e->seen_merged)
        merge_seen(e);
    if (!fl_grow((void **)&e->seen, &e->seen_capacity, e->seen_count + 1, sizeof *e->seen))
        return false;
    e->seen[e->seen_count++] = (struct fl_expect_seen){host, period, certain, !certain};
    return true;
}

/* An undecided conversation is possible for either end that is waited for. */
static bool add_possible(struct conversation *c)
{
    const struct fl_value *client = &c->keys[0], *server = &c->keys[1];
    if (client->type == FL_T_ADDR && !add_seen(c->e, client->addr, c->period, false))
        return false;
    return !c->e->intent->expect_each_host || server->type != FL_T_ADDR ||
           add_seen(c->e, server->addr, c->period, false);
}

static enum fl_status close_conversation(struct conversation *c)
{
    if (!c->open)
        return FL_OK;
    c->open = false;
    struct fl_value outcome, endpoint;
    struct fl_intent_tally *tally = c->e->tally;
    enum fl_status status = fl_measure_value(&c->rule->measures[0], &c->states[0], &c->scratch, &outcome);
    if (status == FL_OK)
        status = fl_measure_value(&c->rule->measures[1], &c->states[1], &c->scratch, &endpoint);
    if (status != FL_OK)
        return status;
    if (endpoint.type == FL_T_BOOL && endpoint.i != 0 && fl_names_internet(tally->to))
        return FL_OK;
    bool undecided = c->rule->role == FL_ROLE_UNDECIDED;
    if (outcome.type == FL_T_NULL) {
        tally->without_action++;
        return add_possible(c) ? FL_OK : FL_E_NOMEM;
    }
    if (outcome.i == FL_OUTCOME_BLOCKED) {
        tally->blocked += !undecided;
        return FL_OK;
    }
    if (undecided) {
        c->undecided = true;
        return add_possible(c) ? FL_OK : FL_E_NOMEM;
    }
    tally->permitted_conversations++;
    tally->permitted_flows += c->flows;
    return c->keys[0].type != FL_T_ADDR || add_seen(c->e, c->keys[0].addr, c->period, true) ? FL_OK : FL_E_NOMEM;
}

static enum fl_status keep_undecided(struct conversation *c)
{
    struct fl_arena *arena = c->e->j->arena;
    struct fl_hit *place = fl_undecided_place(c->e->tally, c->all_flows);
    if (place == NULL)
        return FL_OK;
    struct fl_hit hit = {.rule = c->e->undecided_rule, .counters.flows = c->all_flows, .waiver = -1};
    hit.slots = fl_arena_alloc(arena, sizeof c->keys);
    hit.evidence = fl_arena_alloc(arena, (c->place_count + 1) * sizeof *hit.evidence);
    if (hit.slots == NULL || hit.evidence == NULL)
        return FL_E_NOMEM;
    memcpy(hit.slots, c->keys, sizeof c->keys);
    memcpy(hit.evidence, c->places, c->place_count * sizeof *hit.evidence);
    hit.evidence_count = c->place_count;
    *place = hit;
    return FL_OK;
}

static enum fl_status close_keys(struct conversation *c)
{
    enum fl_status status = close_conversation(c);
    if (status == FL_OK && c->undecided)
        status = keep_undecided(c);
    c->undecided = false;
    c->all_flows = c->place_count = 0;
    return status;
}

/* Quarters come in the order of time, so the least places are the first ones. */
static void add_evidence(struct conversation *c, const struct fl_group_view *view)
{
    for (uint32_t i = 0; i < view->evidence_count && c->place_count < c->e->j->plan->policy->evidence; i++)
        c->places[c->place_count++] = view->evidence[i];
}

static bool same_keys(const struct conversation *c, const struct fl_group_view *view)
{
    for (uint32_t k = 0; k < 3; k++)
        if (fl_value_compare(&c->keys[k], &view->keys[k]) != 0)
            return false;
    return true;
}

static enum fl_status visit_quarter(void *context, const struct fl_group_view *view)
{
    struct conversation *c = context;
    uint32_t period = fl_periods_find(&c->e->periods, view->window_start_ms);
    if (period == UINT32_MAX)
        return FL_OK;
    bool same = c->known && same_keys(c, view);
    if (!same || c->period != period) {
        enum fl_status status = same ? close_conversation(c) : close_keys(c);
        if (status != FL_OK)
            return status;
        c->open = c->known = true;
        c->period = period;
        memcpy(c->keys, view->keys, sizeof c->keys); /* addresses and a service: nothing that lives elsewhere */
        memset(c->states, 0, sizeof c->states);
        c->flows = 0;
    }
    c->flows += view->counters.flows;
    c->all_flows += view->counters.flows;
    add_evidence(c, view);
    enum fl_status status = fl_measure_merge(&c->rule->measures[0], &c->states[0], view->states[0]);
    return status == FL_OK ? fl_measure_merge(&c->rule->measures[1], &c->states[1], view->states[1]) : status;
}

static enum fl_status gather_seen(struct fl_expecting *e, uint32_t rule)
{
    struct conversation c = {.e = e, .rule = &e->j->plan->rules[rule]};
    c.places = fl_alloc(((size_t)e->j->plan->policy->evidence + 1) * sizeof *c.places);
    if (c.places == NULL)
        return FL_E_NOMEM;
    fl_arena_init(&c.scratch);
    enum fl_status status = fl_judge_walk(e->j, rule, FL_QUARTER_MS, FL_QUARTER_MS, 0, visit_quarter, &c);
    if (status == FL_OK)
        status = close_keys(&c);
    fl_free(c.places);
    fl_arena_dispose(&c.scratch);
    return status;
}

enum fl_status fl_expect_gather(struct fl_expecting *e)
{
    struct fl_rule_tally *tallies = e->j->rules;
    enum fl_status status = gather_seen(e, e->rule);
    if (status == FL_OK)
        status = gather_seen(e, e->undecided_rule);
    merge_seen(e);
    if (tallies[e->rule].void_reason == NULL)
        tallies[e->rule].void_reason = tallies[e->undecided_rule].void_reason;
    return status;
}
