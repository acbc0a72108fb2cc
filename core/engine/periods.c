/* periods.c: expectations: did enough conversations happen in every period that the log covers?
 *
 * Periods are whole days, parts of a day or numbers of days in the policy's time zone (weeks begin on Monday). Judged
 * are those that lie within the input's span and the intent's validity, and are covered: in each hour of the period the
 * interfaces concerned wrote some line, and SKIPDATA touched no minute. Where enough was seen, gaps do not matter.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/engine/verdicts.h"

#define IN_USE (UINT64_C(1) << 63)

struct period {
    int64_t start_ms, end_ms;
};

/* One of those from whom conversations are expected; `any` stands for all of them together. */
struct expected_host {
    struct fl_addr addr;
    bool any;
    uint64_t *counts;      /* by period: conversations that were let in */
    uint64_t *seen, *lost; /* by hour of the span: minutes */
};

struct expecting {
    struct fl_judging *j;
    uint32_t rule_index;
    const struct fl_plan_rule *rule;
    const struct fl_intent *intent;
    struct fl_intent_tally *tally;
    const struct fl_node *from;
    struct fl_intent_interfaces concerned;
    struct period *periods;
    uint32_t period_count, period_capacity;
    int64_t first_hour;
    uint32_t hour_count;
    struct expected_host *hosts; /* ascending */
    uint32_t host_count, host_capacity;
    /* The conversation at hand, within one period. */
    struct fl_value keys[3];
    uint32_t period;       /* UINT32_MAX: none */
    uint64_t flows;
    void *outcome;         /* state */
};

/* ---- periods ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* The instant at which local clocks show this time; within a gap, one beside it. */
static int64_t instant_of(const struct fl_zone *zone, int64_t local_ms)
{
    int64_t guess = local_ms - fl_zone_offset_ms(zone, local_ms);
    return local_ms - fl_zone_offset_ms(zone, guess);
}

/* The start of period n, counted from 1970 in local reckoning. */
static int64_t period_start(const struct expecting *e, int64_t n)
{
    const struct fl_zone *zone = e->j->plan->policy->zone;
    int64_t every = e->intent->expect_every_ms;
    if (every < FL_MS_PER_DAY)
        return instant_of(zone, n * every);
    int64_t days = every / FL_MS_PER_DAY, monday = days % 7 == 0 ? -3 : 0; /* 1969-12-29 was a Monday */
    return fl_zone_day_start(zone, n * days + monday);
}

static int64_t period_of(const struct expecting *e, int64_t ms)
{
    int64_t every = e->intent->expect_every_ms, days = every / FL_MS_PER_DAY;
    int64_t local = ms + fl_zone_offset_ms(e->j->plan->policy->zone, ms);
    if (every < FL_MS_PER_DAY)
        return floor_div(local, every);
    return floor_div(floor_div(local, FL_MS_PER_DAY) + (days % 7 == 0 ? 3 : 0), days);
}

static void span_of(const struct fl_part *part, int64_t *first, int64_t *last)
{
    *first = INT64_MAX;
    *last = INT64_MIN;
    for (uint32_t o = 0; o < part->object_count; o++) {
        const struct fl_object_stats *s = &part->objects[o];
        if (s->records == 0 || s->first_ms == INT64_MAX)
            continue;
        *first = s->first_ms < *first ? s->first_ms : *first;
        *last = s->last_ms > *last ? s->last_ms : *last;
    }
}

/* Whole periods inside the span, whole minutes counting as logged. */
static bool make_periods(struct expecting *e)
{
    int64_t first, last;
    span_of(e->j->part, &first, &last);
    if (first > last || first < FL_WHEN_MIN_MS || last >= FL_WHEN_MAX_MS)
        return true;
    first = first / FL_MS_PER_MINUTE * FL_MS_PER_MINUTE;
    last = (last / FL_MS_PER_MINUTE + 1) * FL_MS_PER_MINUTE;
    for (int64_t n = period_of(e, first);; n++) {
        struct period p = {period_start(e, n), period_start(e, n + 1)};
        if (p.end_ms > last)
            break;
        if (p.start_ms < first || p.start_ms < e->intent->starts_ms || p.end_ms > e->intent->expires_ms ||
            p.end_ms <= p.start_ms)
            continue;
        if (!fl_grow((void **)&e->periods, &e->period_capacity, e->period_count + 1, sizeof *e->periods))
            return false;
        e->periods[e->period_count++] = p;
    }
    if (e->period_count == 0)
        return true;
    e->first_hour = e->periods[0].start_ms / FL_MS_PER_HOUR;
    e->hour_count = (uint32_t)(e->periods[e->period_count - 1].end_ms / FL_MS_PER_HOUR - e->first_hour) + 1;
    return true;
}

/* The period that holds the instant, or UINT32_MAX. */
static uint32_t find_period(const struct expecting *e, int64_t ms)
{
    uint32_t low = 0, high = e->period_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (e->periods[middle].end_ms <= ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low < e->period_count && e->periods[low].start_ms <= ms ? low : UINT32_MAX;
}

/* ---- hosts and what was logged of them ---- */

static struct expected_host *find_host(struct expecting *e, struct fl_addr addr)
{
    uint32_t low = 0, high = e->host_count;
    if (high == 1 && e->hosts[0].any)
        return &e->hosts[0];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int c = fl_addr_compare(e->hosts[middle].addr, addr);
        if (c == 0)
            return &e->hosts[middle];
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static bool add_host(struct expecting *e, struct fl_addr addr, bool any)
{
    if (find_host(e, addr) != NULL)
        return true;
    if (!fl_grow((void **)&e->hosts, &e->host_capacity, e->host_count + 1, sizeof *e->hosts))
        return false;
    uint32_t at = e->host_count++;
    while (at > 0 && fl_addr_compare(addr, e->hosts[at - 1].addr) < 0) {
        e->hosts[at] = e->hosts[at - 1];
        at--;
    }
    e->hosts[at] = (struct expected_host){.addr = addr,
                                          .any = any,
                                          .counts = fl_alloc_zero((size_t)e->period_count + 1, sizeof(uint64_t)),
                                          .seen = fl_alloc_zero((size_t)e->hour_count + 1, sizeof(uint64_t)),
                                          .lost = fl_alloc_zero((size_t)e->hour_count + 1, sizeof(uint64_t))};
    return e->hosts[at].counts != NULL && e->hosts[at].seen != NULL && e->hosts[at].lost != NULL;
}

static bool make_hosts(struct expecting *e)
{
    const struct fl_coverage_map *map = &e->j->part->coverage;
    if (!e->intent->expect_each_host)
        return add_host(e, (struct fl_addr){0, 0}, true);
    for (uint32_t i = 0; i < e->concerned.count; i++) {
        const struct fl_interface *item = &map->items[e->concerned.interfaces[i]];
        for (uint32_t a = 0; a < item->address_count; a++)
            if (fl_node_has_addr(e->j->plan, e->from, item->addresses[a]) && !add_host(e, item->addresses[a], false))
                return false;
    }
    return true;
}

static void note_hour(struct expecting *e, const struct fl_coverage_hour *h)
{
    const struct fl_interface *item = &e->j->part->coverage.items[h->interface];
    int64_t hour = (int64_t)h->hour - e->first_hour;
    if (hour < 0 || hour >= e->hour_count)
        return;
    for (uint32_t a = 0; a < (e->intent->expect_each_host ? item->address_count : 1); a++) {
        struct fl_addr addr = item->address_count > 0 ? item->addresses[a] : (struct fl_addr){0, 0};
        struct expected_host *host = find_host(e, addr);
        if (host == NULL)
            continue;
        host->seen[hour] |= h->seen & ~IN_USE;
        host->lost[hour] |= h->lost;
    }
}

static bool take_coverage(struct expecting *e)
{
    const struct fl_coverage_map *map = &e->j->part->coverage;
    bool *concerned = fl_alloc_zero((size_t)map->interfaces.count + 1, sizeof *concerned);
    if (concerned == NULL)
        return false;
    for (uint32_t i = 0; i < e->concerned.count; i++)
        concerned[e->concerned.interfaces[i]] = true;
    for (uint32_t i = 0; i <= map->mask; i++)
        if ((map->slots[i].seen & IN_USE) && concerned[map->slots[i].interface])
            note_hour(e, &map->slots[i]);
    fl_free(concerned);
    return true;
}

/* ---- conversations ---- */

/* Which end of the conversation is the one in `from`? */
static struct fl_addr from_end(const struct expecting *e)
{
    bool is_client = e->keys[0].type == FL_T_ADDR && fl_node_has_addr(e->j->plan, e->from, e->keys[0].addr);
    const struct fl_value *end = &e->keys[is_client ? 0 : 1];
    return end->type == FL_T_ADDR ? end->addr : (struct fl_addr){0, 0};
}

static enum fl_status end_conversation(struct expecting *e)
{
    struct fl_value outcome;
    const struct fl_measure *measure = &e->rule->measures[e->rule->outcome_measure];
    if (e->period == UINT32_MAX)
        return FL_OK;
    enum fl_status status = fl_measure_value(measure, e->outcome, e->j->arena, &outcome);
    fl_measure_dispose(measure, e->outcome);
    memset(e->outcome, 0, measure->state_bytes);
    if (status != FL_OK)
        return status;
    struct expected_host *host = find_host(e, from_end(e));
    if (outcome.type == FL_T_NULL) {
        e->tally->without_action++;
    } else if (outcome.i == FL_OUTCOME_BLOCKED) {
        e->tally->blocked++;
    } else {
        e->tally->permitted_conversations++;
        e->tally->permitted_flows += e->flows;
        if (host != NULL)
            host->counts[e->period]++;
    }
    e->period = UINT32_MAX;
    return FL_OK;
}

static bool same_conversation(const struct expecting *e, const struct fl_value *keys)
{
    for (uint32_t k = 0; k < 3; k++)
        if (fl_value_compare(&e->keys[k], &keys[k]) != 0)
            return false;
    return true;
}

static enum fl_status visit_pane(void *context, const struct fl_group_view *view)
{
    struct expecting *e = context;
    uint32_t period = find_period(e, view->window_start_ms);
    enum fl_status status = FL_OK;
    e->j->rules[e->rule_index].groups++;
    if (period != e->period || !same_conversation(e, view->keys)) {
        status = end_conversation(e);
        memcpy(e->keys, view->keys, sizeof e->keys);
        e->period = period;
        e->flows = 0;
    }
    if (status != FL_OK || period == UINT32_MAX)
        return status;
    e->flows += view->counters.flows;
    uint32_t m = (uint32_t)e->rule->outcome_measure;
    return fl_measure_merge(&e->rule->measures[m], e->outcome, view->states[m]);
}

/* ---- judgement ---- */

struct period_coverage {
    uint32_t minutes, logged;
    bool is_covered;
};

static struct period_coverage coverage_of(const struct expecting *e, const struct expected_host *host,
                                          const struct period *p)
{
    struct period_coverage c = {0, 0, true};
    for (int64_t ms = p->start_ms; ms < p->end_ms;) {
        int64_t hour = ms / FL_MS_PER_HOUR, end = (hour + 1) * FL_MS_PER_HOUR;
        end = end < p->end_ms ? end : p->end_ms;
        uint32_t from = (uint32_t)(ms % FL_MS_PER_HOUR / FL_MS_PER_MINUTE);
        uint32_t count = (uint32_t)((end - ms) / FL_MS_PER_MINUTE);
        uint64_t mask = ((UINT64_C(1) << count) - 1) << from;
        uint64_t seen = host->seen[hour - e->first_hour] & mask, lost = host->lost[hour - e->first_hour] & mask;
        c.minutes += count;
        c.logged += (uint32_t)__builtin_popcountll(seen & ~lost);
        c.is_covered &= seen != 0 && lost == 0;
        ms = end;
    }
    return c;
}

struct shown_periods {
    struct fl_value *items;
    uint32_t count;
    uint64_t judged, missed, uncovered;
    int64_t first_ms, last_ms; /* of those missed */
};

static bool show_period(struct expecting *e, struct shown_periods *s, const struct period *p, uint64_t count,
                        const struct period_coverage *c, const char *verdict)
{
    char start[FL_WHEN_TEXT_BYTES], end[FL_WHEN_TEXT_BYTES];
    if (s->count == FL_PERIODS_SHOWN)
        return true;
    fl_when_format(p->start_ms, start);
    fl_when_format(p->end_ms, end);
    const char *text = fl_arena_printf(e->j->arena, "%s..%s: %llu of %llu, %u of %u minutes logged: %s", start, end,
                                       (unsigned long long)count, (unsigned long long)e->intent->expect_min,
                                       c->logged, c->minutes, verdict);
    if (text == NULL)
        return false;
    s->items[s->count++] = (struct fl_value){.type = FL_T_STR, .str = fl_str_of(text)};
    return true;
}

static bool judge_periods(struct expecting *e, const struct expected_host *host, struct shown_periods *s)
{
    bool ok = true;
    *s = (struct shown_periods){.first_ms = INT64_MAX, .last_ms = INT64_MIN};
    s->items = fl_arena_alloc(e->j->arena, (FL_PERIODS_SHOWN + 1) * sizeof *s->items);
    if (s->items == NULL)
        return false;
    for (uint32_t i = 0; i < e->period_count && ok; i++) {
        const struct period *p = &e->periods[i];
        struct period_coverage c = coverage_of(e, host, p);
        bool enough = host->counts[i] >= (uint64_t)e->intent->expect_min;
        bool missed = !enough && c.is_covered;
        s->judged += enough || c.is_covered;
        s->missed += missed;
        s->uncovered += !enough && !c.is_covered;
        if (missed) {
            s->first_ms = p->start_ms < s->first_ms ? p->start_ms : s->first_ms;
            s->last_ms = p->end_ms > s->last_ms ? p->end_ms : s->last_ms;
        }
        ok = show_period(e, s, p, host->counts[i], &c,
                         enough ? "enough" : missed ? "missed" : "not evaluated, no log");
    }
    return ok;
}

static struct fl_pairs extra_of(struct expecting *e, const struct shown_periods *s)
{
    static const char *const names[] = {"judged", "missed", "not_evaluated", "periods"};
    struct fl_value values[] = {fl_value_int(FL_T_INT, (__int128)s->judged), fl_value_int(FL_T_INT, (__int128)s->missed),
                                fl_value_int(FL_T_INT, (__int128)s->uncovered),
                                {.type = FL_T_LIST,
                                 .list = {s->items, s->count, s->count < e->period_count, false}}};
    return fl_judge_pairs(e->j, names, values, 4, false);
}

static const char *message_of(struct expecting *e, const struct expected_host *host, const struct shown_periods *s)
{
    char every[FL_WHEN_TEXT_BYTES], addr[FL_ADDR_TEXT_BYTES], first[FL_WHEN_TEXT_BYTES];
    const struct fl_intent *intent = e->intent;
    bool has_service = intent->service.text != NULL;
    fl_duration_format(intent->expect_every_ms, every);
    fl_addr_format(host->addr, addr);
    fl_when_format(s->first_ms, first);
    return fl_arena_printf(e->j->arena,
                           "%s reached %s%s%s too seldom in %llu of %llu periods of %s (at least %llu expected in each); "
                           "the first one begins at %s",
                           host->any ? intent->from.text : addr, intent->to.text, has_service ? " on " : "",
                           has_service ? intent->service.text : "", (unsigned long long)s->missed,
                           (unsigned long long)s->judged, every, (unsigned long long)intent->expect_min, first);
}

static enum fl_status keep_breach(struct expecting *e, const struct expected_host *host, const struct shown_periods *s)
{
    struct fl_judging *j = e->j;
    uint32_t slots = e->rule->key_count + FL_COUNTER_COUNT + e->rule->measure_count;
    struct fl_hit hit = {.rule = e->rule_index,
                         .window_start_ms = INT64_MIN,
                         .window_end_ms = INT64_MIN,
                         .severity = e->rule->decl->severity,
                         .waiver = -1,
                         .slots = fl_arena_alloc(j->arena, slots * sizeof *hit.slots),
                         .message = message_of(e, host, s),
                         .extra = extra_of(e, s)};
    if (hit.slots == NULL || hit.message == NULL || hit.extra.items == NULL)
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < slots; i++)
        hit.slots[i] = FL_VALUE_NULL;
    if (!host->any)
        hit.slots[0] = (struct fl_value){.type = FL_T_ADDR, .addr = host->addr};
    hit.counters.first_ms = s->first_ms;
    hit.counters.last_ms = s->last_ms;
    return fl_judge_keep_hit(j, &hit);
}

static enum fl_status judge_hosts(struct expecting *e)
{
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < e->host_count && status == FL_OK; i++) {
        struct shown_periods shown;
        if (!judge_periods(e, &e->hosts[i], &shown))
            return FL_E_NOMEM;
        e->tally->periods_judged += shown.judged;
        e->tally->periods_uncovered += shown.uncovered;
        if (shown.missed > 0)
            status = keep_breach(e, &e->hosts[i], &shown);
    }
    return status;
}

static enum fl_status measure_and_judge(struct expecting *e)
{
    if (!make_periods(e) || !make_hosts(e) || !take_coverage(e))
        return FL_E_NOMEM;
    e->outcome = fl_alloc_zero(1, e->rule->measures[e->rule->outcome_measure].state_bytes);
    if (e->outcome == NULL)
        return FL_E_NOMEM;
    enum fl_status status = fl_table_visit(e->j->part->rules[e->rule_index].table, e->rule->window_ms,
                                           e->rule->every_ms, visit_pane, e);
    if (status == FL_OK)
        status = end_conversation(e);
    return status == FL_OK ? judge_hosts(e) : status;
}

enum fl_status fl_judge_expectation(struct fl_judging *j, uint32_t rule)
{
    const struct fl_intent *intent = j->plan->rules[rule].decl->intent;
    struct expecting e = {.j = j,
                          .rule_index = rule,
                          .rule = &j->plan->rules[rule],
                          .intent = intent,
                          .tally = &j->intents[intent - j->plan->policy->intents],
                          .from = fl_judge_end(j, &intent->from),
                          .period = UINT32_MAX};
    enum fl_status status = fl_judge_intent_interfaces(j, intent, &e.concerned);
    if (status == FL_OK)
        status = measure_and_judge(&e);
    for (uint32_t i = 0; i < e.host_count; i++) {
        fl_free(e.hosts[i].counts);
        fl_free(e.hosts[i].seen);
        fl_free(e.hosts[i].lost);
    }
    fl_free(e.hosts);
    fl_free(e.periods);
    fl_free(e.outcome);
    return status;
}
