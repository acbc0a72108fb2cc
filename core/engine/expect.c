/* expect.c: expectations: did the conversations take place, period by period?
 *
 * Nothing here depends on the order of interfaces or groups: hosts are sorted, minutes and counts add up.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/engine/expect.h"

#define PERIODS_LISTED_MAX 400
#define HOURS_SHARE        8u /* of what the groups leave of their budget, that hours may take */
#define SCRATCH_BYTES_MAX  (256u * 1024u)

/* ---- who is waited for ---- */

static int compare_hosts(const void *left, const void *right)
{
    const struct fl_addr *a = left, *b = right;
    return fl_addr_compare(*a, *b);
}

uint32_t fl_expect_host(const struct fl_expecting *e, struct fl_addr addr)
{
    if (!e->intent->expect_each_host)
        return 0;
    const struct fl_addr *found =
        e->host_count == 0 ? NULL : bsearch(&addr, e->hosts, e->host_count, sizeof addr, compare_hosts);
    return found == NULL ? UINT32_MAX : (uint32_t)(found - e->hosts);
}

static bool add_host(struct fl_expecting *e, struct fl_addr addr)
{
    if (!fl_grow((void **)&e->hosts, &e->host_capacity, e->host_count + 1, sizeof *e->hosts))
        return false;
    e->hosts[e->host_count++] = addr;
    return true;
}

/* Where the inventory tells who there is, it is asked alone. */
static bool add_known_hosts(struct fl_expecting *e)
{
    const struct fl_inventory *inv = e->j->plan->policy->inventory;
    for (uint32_t i = 0; inv != NULL && i < inv->count && inv->entries[i].has_addr; i++)
        if (fl_node_has_addr(e->j->plan, e->from, inv->entries[i].addr) && !add_host(e, inv->entries[i].addr))
            return false;
    return true;
}

static enum fl_status find_hosts(struct fl_expecting *e)
{
    const struct fl_coverage_map *map = &e->j->part->coverage;
    if (!e->intent->expect_each_host)
        return add_host(e, (struct fl_addr){0}) ? FL_OK : FL_E_NOMEM;
    if (!add_known_hosts(e))
        return FL_E_NOMEM;
    bool learned = e->host_count == 0;
    for (uint32_t i = 0; learned && i < e->concerned.count; i++) {
        const struct fl_interface *item = &map->items[e->concerned.interfaces[i]];
        e->tally->expect.hosts_left_out |= item->address_count >= FL_ADDRESSES_PER_INTERFACE_MAX;
        for (uint32_t a = 0; a < item->address_count; a++)
            if (fl_node_has_addr(e->j->plan, e->from, item->addresses[a]) && !add_host(e, item->addresses[a]))
                return FL_E_NOMEM;
    }
    if (e->host_count == 0)
        return FL_OK;
    qsort(e->hosts, e->host_count, sizeof *e->hosts, compare_hosts);
    uint32_t kept = 1;
    for (uint32_t i = 1; i < e->host_count; i++)
        if (!fl_addr_equal(e->hosts[i], e->hosts[kept - 1]))
            e->hosts[kept++] = e->hosts[i];
    e->host_count = kept;
    return FL_OK;
}

/* ---- what was logged ---- */

static enum fl_status add_hour(struct fl_expecting *e, uint32_t host, const struct fl_coverage_hour *h)
{
    uint64_t minutes = (UINT64_C(1) << 60) - 1;
    struct fl_expect_hour own = {h->seen & ~h->lost & minutes, h->lost & minutes};
    struct fl_sorted item = {FL_STR(""), (uint64_t)host << 32 | h->hour, {(const char *)&own, sizeof own}};
    return fl_sorter_add(e->hours, &item);
}

static enum fl_status add_hour_of_interface(struct fl_expecting *e, const struct fl_coverage_hour *h)
{
    if (!e->intent->expect_each_host)
        return add_hour(e, 0, h);
    const struct fl_interface *item = &e->j->part->coverage.items[h->interface];
    enum fl_status status = FL_OK;
    for (uint32_t a = 0; a < item->address_count && status == FL_OK; a++) {
        uint32_t host = fl_expect_host(e, item->addresses[a]);
        if (host != UINT32_MAX)
            status = add_hour(e, host, h);
    }
    return status;
}

struct gathering {
    struct fl_expecting *e;
    bool *concerned; /* by interface */
};

static enum fl_status gather_hour(void *context, const struct fl_coverage_hour *h)
{
    const struct gathering *g = context;
    return g->concerned[h->interface] ? add_hour_of_interface(g->e, h) : FL_OK;
}

static enum fl_status gather_hours(struct fl_expecting *e)
{
    const struct fl_coverage_map *map = &e->j->part->coverage;
    struct gathering g = {.e = e, .concerned = fl_alloc_zero((size_t)map->interfaces.count + 1, sizeof *g.concerned)};
    if (g.concerned == NULL)
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < e->concerned.count; i++)
        g.concerned[e->concerned.interfaces[i]] = true;
    enum fl_status status = fl_sorter_new(fl_store_left_bytes(e->j->part->store) / HOURS_SHARE, 0, &e->hours);
    if (status == FL_OK)
        status = fl_coverage_hours(map, gather_hour, &g);
    fl_free(g.concerned);
    return status == FL_OK ? fl_sorter_settle(e->hours) : status;
}

static void add_minutes(struct fl_expecting *e, uint32_t hour, const struct fl_expect_hour *h)
{
    for (uint32_t quarter = 0; quarter < 4; quarter++) {
        uint64_t bits = UINT64_C(0x7fff) << (15 * quarter);
        uint32_t p = fl_periods_find(&e->periods, hour * FL_MS_PER_HOUR + quarter * FL_QUARTER_MS);
        if (p == UINT32_MAX)
            continue;
        e->now[p].clean_minutes += __builtin_popcountll(h->clean & bits);
        e->now[p].clean_quarters += (h->clean & bits) != 0;
        e->now[p].lost_minutes += __builtin_popcountll(h->lost & ~h->clean & bits);
    }
}

/* What was logged, host after host. */
struct hours_walk {
    struct fl_sorter_walk *walk;
    struct fl_sorted next;
    bool any;
};

static enum fl_status next_hour(struct hours_walk *w)
{
    enum fl_status status = fl_sorter_next(w->walk, &w->next);
    w->any = status == FL_OK;
    if (w->any && w->next.bytes.len != sizeof(struct fl_expect_hour))
        return FL_E_DATA;
    return status == FL_END ? FL_OK : status;
}

/* A minute that one interface logged whole is logged. */
static enum fl_status add_hours_of(struct fl_expecting *e, struct hours_walk *w, uint32_t host)
{
    enum fl_status status = FL_OK;
    while (status == FL_OK && w->any && w->next.number >> 32 == host) {
        uint64_t number = w->next.number;
        struct fl_expect_hour all = {0};
        while (status == FL_OK && w->any && w->next.number == number) {
            struct fl_expect_hour own;
            memcpy(&own, w->next.bytes.ptr, sizeof own);
            all.clean |= own.clean;
            all.lost |= own.lost;
            status = next_hour(w);
        }
        add_minutes(e, (uint32_t)number, &all);
    }
    return status;
}

/* ---- the judgement ---- */

enum period_state {
    PERIOD_PARTIAL,
    PERIOD_OUTSIDE_LAW,
    PERIOD_NO_LOG,
    PERIOD_LACKING,
    PERIOD_UNDECIDED,
    PERIOD_MET,
    PERIOD_MISSED,
    PERIOD_STATES
};

static enum period_state state_of(const struct fl_expecting *e, uint32_t p)
{
    const struct fl_expect_period *t = &e->now[p];
    int64_t start = e->periods.starts[p], end = e->periods.starts[p + 1];
    uint64_t min = (uint64_t)e->intent->expect_min;
    if (start < e->intent->starts_ms || end > e->intent->expires_ms)
        return PERIOD_OUTSIDE_LAW;
    if (start <= e->first_ms || end >= e->last_ms)
        return PERIOD_PARTIAL;
    if (t->clean_quarters < (end - start) / FL_QUARTER_MS || t->lost_minutes > 0)
        return PERIOD_NO_LOG;
    if (t->certain >= min)
        return PERIOD_MET;
    if (e->lacking[p])
        return PERIOD_LACKING;
    return t->certain + t->possible >= min ? PERIOD_UNDECIDED : PERIOD_MISSED;
}

static const char *share(int64_t part, int64_t whole, char out[FL_INT128_TEXT_BYTES + 8])
{
    fl_ratio_format((struct fl_ratio){(__int128)part * 100, whole}, out);
    return out;
}

static struct fl_value describe_period(struct fl_expecting *e, uint32_t p)
{
    static const char *const states[PERIOD_STATES] = {[PERIOD_PARTIAL] = "not evaluated: not whole",
                                                      [PERIOD_OUTSIDE_LAW] =
                                                          "not evaluated: outside starts and expires",
                                                      [PERIOD_NO_LOG] = "not evaluated: no log",
                                                      [PERIOD_LACKING] = "not evaluated: an object lacks a field",
                                                      [PERIOD_UNDECIDED] = "not evaluated: undecided conversations",
                                                      [PERIOD_MET] = "met",
                                                      [PERIOD_MISSED] = "missed"};
    int64_t start = e->periods.starts[p], end = e->periods.starts[p + 1];
    int64_t minutes = (end - start) / FL_MS_PER_MINUTE;
    char from[FL_WHEN_TEXT_BYTES], to[FL_WHEN_TEXT_BYTES];
    char logged[FL_INT128_TEXT_BYTES + 8], lost[FL_INT128_TEXT_BYTES + 8];
    fl_when_format(start, from);
    fl_when_format(end, to);
    const struct fl_expect_period *t = &e->now[p];
    const char *text = fl_arena_printf(e->j->arena, "%s..%s: %llu, %s (logged %s%%, SKIPDATA %s%%)", from, to,
                                       (unsigned long long)t->certain, states[state_of(e, p)],
                                       share(t->clean_minutes, minutes, logged), share(t->lost_minutes, minutes, lost));
    return text == NULL ? FL_VALUE_NULL : (struct fl_value){.type = FL_T_STR, .str = fl_str_of(text)};
}

struct sums {
    uint64_t judged, missed, no_log, lacking, undecided;
    uint32_t first_missed;
};

static struct sums sum_up(const struct fl_expecting *e)
{
    struct sums s = {.first_missed = UINT32_MAX};
    for (uint32_t p = 0; p < e->periods.count; p++) {
        enum period_state state = state_of(e, p);
        s.judged += state >= PERIOD_MET;
        s.missed += state == PERIOD_MISSED;
        s.no_log += state == PERIOD_NO_LOG;
        s.lacking += state == PERIOD_LACKING;
        s.undecided += state == PERIOD_UNDECIDED;
        if (state == PERIOD_MISSED && s.first_missed == UINT32_MAX)
            s.first_missed = p;
    }
    return s;
}

/* All periods; where they are very many, the missed ones alone, and at most so many. */
static struct fl_value list_periods(struct fl_expecting *e)
{
    bool all = e->periods.count <= PERIODS_LISTED_MAX;
    uint32_t most = all ? e->periods.count : PERIODS_LISTED_MAX, n = 0;
    struct fl_value *items = fl_arena_alloc(e->j->arena, ((size_t)most + 1) * sizeof *items);
    if (items == NULL)
        return FL_VALUE_NULL;
    for (uint32_t p = 0; p < e->periods.count && n < most; p++)
        if (all || state_of(e, p) == PERIOD_MISSED)
            items[n++] = describe_period(e, p);
    struct fl_value list = {.type = FL_T_LIST};
    list.list.items = items;
    list.list.count = n;
    list.list.more = !all;
    list.list.names = NULL;
    return list;
}

static struct fl_pairs extra_of(struct fl_expecting *e, const struct sums *s)
{
    static const char *const names[] = {"periods", "periods_judged", "periods_missed", "periods_not_evaluated"};
    struct fl_value values[] = {list_periods(e), fl_value_int(FL_T_INT, s->judged), fl_value_int(FL_T_INT, s->missed),
                                fl_value_int(FL_T_INT, e->periods.count - s->judged)};
    return fl_judge_pairs(e->j, names, values, 4, false);
}

static const char *message_of(struct fl_expecting *e, uint32_t host, const struct sums *s)
{
    const struct fl_intent *intent = e->intent;
    char every[FL_WHEN_TEXT_BYTES], first[FL_WHEN_TEXT_BYTES];
    fl_duration_format(intent->expect_every_ms, every);
    fl_when_format(e->periods.starts[s->first_missed], first);
    struct fl_buf out;
    fl_buf_init(&out);
    if (intent->expect_each_host) {
        struct fl_value addr = {.type = FL_T_ADDR, .addr = e->hosts[host]};
        fl_value_text(&out, &addr);
    } else {
        fl_buf_add_text(&out, intent->from.text);
    }
    fl_buf_add_format(&out,
                      " to %s%s%s: expected at least %lld every %s, too few in %llu of %llu judged period%s, "
                      "first in that of %s",
                      intent->to.text, intent->service.text != NULL ? " on " : "",
                      intent->service.text != NULL ? intent->service.text : "", (long long)intent->expect_min, every,
                      (unsigned long long)s->missed, (unsigned long long)s->judged, s->judged == 1 ? "" : "s", first);
    const char *text = out.failed ? NULL : fl_arena_strndup(e->j->arena, out.data, out.len);
    fl_buf_dispose(&out);
    return text;
}

/* What is told of a host, in e->j->arena. */
static enum fl_status make_hit(struct fl_expecting *e, uint32_t host, const struct sums *s, struct fl_hit *hit)
{
    uint32_t slots = fl_plan_rule_slots(&e->j->plan->rules[e->rule]);
    *hit = (struct fl_hit){.rule = e->rule,
                           .slots = fl_arena_alloc(e->j->arena, slots * sizeof *hit->slots),
                           .severity = e->intent->severity,
                           .message = message_of(e, host, s),
                           .extra = extra_of(e, s),
                           .waiver = -1};
    if (hit->slots == NULL || hit->message == NULL || hit->extra.items == NULL)
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < slots; i++)
        hit->slots[i] = FL_VALUE_NULL;
    if (e->intent->expect_each_host)
        hit->slots[0] = (struct fl_value){.type = FL_T_ADDR, .addr = e->hosts[host]};
    return FL_OK;
}

/* One occurrence for each missed period, so that a waiver excuses those before its end. Findings copy what they keep.
 */
static enum fl_status report_host(struct fl_expecting *e, uint32_t host, const struct sums *s)
{
    struct fl_hit hit;
    struct fl_arena *whole = e->j->arena;
    e->j->arena = &e->j->scratch;
    enum fl_status status = make_hit(e, host, s, &hit);
    e->j->arena = whole;
    for (uint32_t p = s->first_missed; p < e->periods.count && status == FL_OK; p++) {
        if (state_of(e, p) != PERIOD_MISSED)
            continue;
        hit.window_start_ms = hit.counters.first_ms = e->periods.starts[p];
        hit.window_end_ms = e->periods.starts[p + 1];
        hit.counters.last_ms = hit.window_end_ms - 1;
        status = fl_judge_keep_hit(e->j, &hit);
        if (status == FL_OK)
            status = fl_judge_tell_hit(e->j, &hit);
    }
    if (e->j->scratch.held_bytes > SCRATCH_BYTES_MAX) {
        fl_arena_dispose(&e->j->scratch);
        fl_arena_init(&e->j->scratch);
    }
    return status;
}

static enum fl_status judge_hosts(struct fl_expecting *e, struct hours_walk *hours)
{
    struct fl_expect_tally *tally = &e->tally->expect;
    const struct fl_expect_seen *seen = e->seen, *seen_end = e->seen + e->seen_count;
    enum fl_status status = next_hour(hours);
    for (uint32_t host = 0; host < e->host_count && status == FL_OK; host++) {
        memset(e->now, 0, e->periods.count * sizeof *e->now);
        status = add_hours_of(e, hours, host);
        for (; seen < seen_end && seen->host == host; seen++) {
            e->now[seen->period].certain += seen->certain;
            e->now[seen->period].possible += seen->possible;
        }
        struct sums s = sum_up(e);
        tally->judged += s.judged;
        tally->no_log += s.no_log;
        tally->lacking += s.lacking;
        tally->undecided += s.undecided;
        if (s.missed > 0 && status == FL_OK)
            status = report_host(e, host, &s);
    }
    return status;
}

static enum fl_status walk_hosts(struct fl_expecting *e)
{
    struct hours_walk hours = {0};
    enum fl_status status = fl_sorter_walk(e->hours, &hours.walk);
    if (status == FL_OK)
        status = judge_hosts(e, &hours);
    fl_sorter_walk_end(hours.walk);
    return status;
}

static void find_span(struct fl_expecting *e)
{
    e->first_ms = FL_WHEN_MAX_MS;
    e->last_ms = FL_WHEN_MIN_MS;
    for (uint32_t o = 0; o < e->j->part->object_count; o++) {
        const struct fl_object_stats *s = &e->j->part->objects[o];
        if (s->records == 0)
            continue;
        e->first_ms = s->first_ms < e->first_ms ? s->first_ms : e->first_ms;
        e->last_ms = s->last_ms > e->last_ms ? s->last_ms : e->last_ms;
    }
    if (e->first_ms < FL_WHEN_MIN_MS)
        e->first_ms = FL_WHEN_MIN_MS;
    if (e->last_ms >= FL_WHEN_MAX_MS)
        e->last_ms = FL_WHEN_MAX_MS - 1;
}

/* Absence is not shown by an object that cannot show presence. */
static void mark_lacking(struct fl_expecting *e)
{
    const struct fl_plan_rule *rule = &e->j->plan->rules[e->rule];
    for (uint32_t o = 0; o < e->j->part->object_count; o++) {
        const struct fl_object_stats *s = &e->j->part->objects[o];
        if (!s->has_layout || s->records == 0 || fl_plan_rule_possible(e->j->plan, rule, &s->columns))
            continue;
        for (uint32_t p = 0; p < e->periods.count; p++)
            e->lacking[p] |= e->periods.starts[p] <= s->last_ms && e->periods.starts[p + 1] > s->first_ms;
    }
}

static enum fl_status judge_intent(struct fl_expecting *e)
{
    find_span(e);
    if (e->last_ms < e->first_ms)
        return FL_OK;
    enum fl_status status =
        fl_periods_init(&e->periods, e->j->plan->policy->zone, e->intent->expect_every_ms, e->first_ms, e->last_ms);
    if (status == FL_OK)
        status = fl_judge_intent_interfaces(e->j, e->intent, &e->concerned);
    if (status != FL_OK)
        return status;
    if (e->periods.count > FL_PERIODS_MAX) {
        e->j->rules[e->rule].void_reason =
            fl_arena_printf(e->j->arena, "the input spans %u periods, more than %u: is the time of some record wrong?",
                            e->periods.count, FL_PERIODS_MAX);
        return e->j->rules[e->rule].void_reason == NULL ? FL_E_NOMEM : FL_OK;
    }
    e->from = fl_judge_end(e->j, &e->intent->from);
    e->now = fl_alloc_zero((size_t)e->periods.count + 1, sizeof *e->now);
    e->lacking = fl_alloc_zero((size_t)e->periods.count + 1, sizeof *e->lacking);
    if (e->now == NULL || e->lacking == NULL)
        return FL_E_NOMEM;
    mark_lacking(e);
    status = find_hosts(e);
    if (status == FL_OK)
        status = gather_hours(e);
    if (status == FL_OK)
        status = fl_expect_gather(e);
    return status == FL_OK && e->j->rules[e->rule].void_reason == NULL ? walk_hosts(e) : status;
}

enum fl_status fl_judge_expectations(struct fl_judging *j)
{
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < j->plan->rule_count && status == FL_OK; i++) {
        if (j->plan->rules[i].role != FL_ROLE_EXPECT)
            continue;
        const struct fl_intent *intent = j->plan->rules[i].decl->intent;
        struct fl_expecting e = {.j = j,
                                 .intent = intent,
                                 .tally = &j->intents[intent - j->plan->policy->intents],
                                 .rule = i,
                                 .undecided_rule = i + 1}; /* the plan writes them one after the other */
        bool is_void = j->rules[i].void_reason != NULL || j->rules[i + 1].void_reason != NULL;
        if (j->rules[i].void_reason == NULL)
            j->rules[i].void_reason = j->rules[i + 1].void_reason;
        if (!is_void)
            status = judge_intent(&e);
        fl_periods_dispose(&e.periods);
        fl_free(e.now);
        fl_free(e.lacking);
        fl_free(e.hosts);
        fl_free(e.seen);
        const char *trouble = e.hours != NULL && status != FL_OK ? fl_sorter_trouble(e.hours) : NULL;
        if (trouble != NULL)
            j->trouble = fl_arena_strdup(j->arena, trouble);
        fl_sorter_free(e.hours);
    }
    return status;
}
