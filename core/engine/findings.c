/* findings.c: hits -> findings: waivers, one finding per identity, ids, evidence. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/engine/verdicts.h"
#include "core/rule/compile.h"

#define ID_FORMAT "flowlaw.finding/1"

struct waiver_eval {
    const struct fl_judging *j;
    const struct fl_hit *hit;
};

static void get_slot(void *context, const struct fl_node *node, struct fl_value *out)
{
    const struct waiver_eval *w = context;
    *out = node->kind == FL_N_SLOT ? w->hit->slots[node->slot] : FL_VALUE_NULL;
}

static bool in_network(void *context, uint32_t network, struct fl_addr addr)
{
    const struct waiver_eval *w = context;
    return fl_program_in_network(w->j->plan->program, network, addr);
}

static bool waiver_matches(const struct fl_judging *j, const struct fl_waiver_bind *bind, const struct fl_hit *hit)
{
    if (bind->rule != hit->rule)
        return false;
    if (bind->where == NULL)
        return true;
    struct waiver_eval w = {j, hit};
    struct fl_eval eval = {&w, get_slot, in_network};
    struct fl_value result = fl_expr_eval(bind->where, &eval);
    return result.type == FL_T_BOOL && result.i != 0;
}

static enum fl_severity waiver_severity(enum fl_waiver_effect effect)
{
    switch (effect) {
    case FL_WAIVE_INFO:
        return FL_SEV_INFO;
    case FL_WAIVE_LOW:
        return FL_SEV_LOW;
    case FL_WAIVE_MEDIUM:
        return FL_SEV_MEDIUM;
    case FL_WAIVE_HIDE:
        break;
    }
    return FL_SEV_NONE;
}

/* The first waiver, in the order of the policy, that excuses the hit. */
static void apply_waivers(struct fl_judging *j, struct fl_hit *hit)
{
    for (uint32_t i = 0; i < j->options->waiver_count; i++) {
        const struct fl_waiver_bind *bind = &j->options->waivers[i];
        const struct fl_waiver *waiver = &j->plan->policy->waivers[bind->waiver];
        if (!waiver_matches(j, bind, hit))
            continue;
        if (hit->counters.last_ms != INT64_MIN && hit->counters.last_ms >= waiver->expires_ms) {
            j->waiver_expired[bind->waiver]++;
            continue;
        }
        j->waiver_hits[bind->waiver]++;
        hit->waiver = (int)bind->waiver;
        return;
    }
}

static int compare_identity(const struct fl_plan *plan, const struct fl_hit *a, const struct fl_hit *b)
{
    for (uint32_t i = 0; i < plan->rules[a->rule].identity_count; i++) {
        struct fl_value x = fl_hit_identity(plan, a, i), y = fl_hit_identity(plan, b, i);
        int c = fl_value_compare(&x, &y);
        if (c != 0)
            return c;
    }
    return 0;
}

static int compare_hits(const void *left, const void *right, void *context)
{
    const struct fl_plan *plan = context;
    const struct fl_hit *a = left, *b = right;
    if (a->rule != b->rule) {
        int c = strcmp(plan->rules[a->rule].decl->id, plan->rules[b->rule].decl->id);
        return c != 0 ? c : (a->rule < b->rule ? -1 : 1);
    }
    const struct fl_plan_rule *rule = &plan->rules[a->rule];
    int c = compare_identity(plan, a, b);
    for (uint32_t k = 0; k < rule->key_count && c == 0; k++)
        c = fl_value_compare(&a->slots[k], &b->slots[k]);
    if (c != 0)
        return c;
    return a->window_start_ms < b->window_start_ms ? -1 : a->window_start_ms > b->window_start_ms;
}

/* Is a worse than b? Severity, then the measure first named in having, then flows, then least key and window,
 * which is the order that hits are sorted in. */
static bool worse(const struct fl_plan_rule *rule, const struct fl_hit *a, enum fl_severity a_severity,
                  const struct fl_hit *b, enum fl_severity b_severity)
{
    if (a_severity != b_severity)
        return a_severity > b_severity;
    if (rule->having_slot != UINT32_MAX) {
        const struct fl_value left = fl_value_member(&a->slots[rule->having_slot], rule->having_member);
        const struct fl_value right = fl_value_member(&b->slots[rule->having_slot], rule->having_member);
        const struct fl_value *x = &left, *y = &right;
        if (x->type != FL_T_NULL && y->type != FL_T_NULL) {
            int c = fl_value_compare(x, y);
            if (c != 0)
                return rule->having_least_is_worst ? c < 0 : c > 0;
        }
    }
    return a->counters.flows > b->counters.flows;
}

static enum fl_severity severity_of(const struct fl_judging *j, const struct fl_hit *hit)
{
    if (hit->waiver < 0)
        return hit->severity;
    enum fl_severity lowered = waiver_severity(j->plan->policy->waivers[hit->waiver].effect);
    return lowered == FL_SEV_NONE || lowered > hit->severity ? hit->severity : lowered;
}

static const char *waiver_label(const struct fl_judging *j, int waiver)
{
    if (waiver < 0)
        return NULL;
    const struct fl_waiver *w = &j->plan->policy->waivers[waiver];
    return w->ticket != NULL ? fl_arena_printf(j->arena, "%s (%s)", w->reason, w->ticket) : w->reason;
}

static void merge_counters(struct fl_counters *into, const struct fl_counters *from)
{
    into->flows += from->flows;
    into->packets += from->packets;
    into->bytes += from->bytes;
    if (from->first_ms < into->first_ms)
        into->first_ms = from->first_ms;
    if (from->last_ms > into->last_ms)
        into->last_ms = from->last_ms;
}

static bool same_place(struct fl_place a, struct fl_place b)
{
    return a.where == b.where;
}

/* Keeps the least `limit` different places of both lists in `into` (room for limit). */
static void merge_places(struct fl_place *into, uint32_t *count, const struct fl_place *from, uint32_t from_count,
                         uint32_t limit)
{
    for (uint32_t i = 0; i < from_count; i++) {
        uint32_t at = 0;
        while (at < *count && fl_place_before(into[at], from[i]))
            at++;
        if (at == limit || (at < *count && same_place(into[at], from[i])))
            continue;
        if (*count < limit)
            (*count)++;
        memmove(into + at + 1, into + at, (*count - at - 1) * sizeof *into);
        into[at] = from[i];
    }
}

static bool same_group(const struct fl_plan_rule *rule, const struct fl_hit *a, const struct fl_hit *b)
{
    for (uint32_t k = 0; k < rule->key_count; k++)
        if (fl_value_compare(&a->slots[k], &b->slots[k]) != 0)
            return false;
    return true;
}

/* Overlapping windows of one group are one occurrence: the worst of them, spanning all. hits[0..count) are of one
 * identity; returns how many are left. */
static uint32_t fold_overlaps(const struct fl_judging *j, struct fl_hit *hits, uint32_t count)
{
    const struct fl_plan_rule *rule = &j->plan->rules[hits[0].rule];
    uint32_t kept = 0;
    for (uint32_t i = 1; i < count; i++) {
        struct fl_hit *last = &hits[kept], *next = &hits[i];
        bool overlap = last->window_end_ms != INT64_MIN && next->window_start_ms < last->window_end_ms &&
                       last->waiver == next->waiver && same_group(rule, last, next);
        if (!overlap) {
            hits[++kept] = *next;
            continue;
        }
        int64_t start = last->window_start_ms, end = next->window_end_ms;
        struct fl_place *evidence = last->evidence;
        uint32_t evidence_count = last->evidence_count;
        struct fl_counters both = last->counters;
        merge_counters(&both, &next->counters);
        if (worse(rule, next, severity_of(j, next), last, severity_of(j, last)))
            *last = *next;
        last->window_start_ms = start;
        last->window_end_ms = end;
        last->counters.first_ms = both.first_ms;
        last->counters.last_ms = both.last_ms;
        last->evidence = evidence; /* the earliest window holds the least records */
        last->evidence_count = evidence_count;
    }
    return kept + 1;
}

static struct fl_pairs measures_of(struct fl_judging *j, const struct fl_hit *hit)
{
    const struct fl_plan_rule *rule = &j->plan->rules[hit->rule];
    if (rule->role == FL_ROLE_EXPECT) /* what did not take place has no measures */
        return (struct fl_pairs){NULL, 0};
    const char *names[FL_MEASURES_PER_RULE_MAX];
    uint32_t count = rule->measure_count + rule->value_count;
    for (uint32_t m = 0; m < count; m++)
        names[m] = fl_plan_rule_measured(rule, m);
    return fl_judge_pairs(j, names, hit->slots + rule->key_count + FL_COUNTER_COUNT, count, true);
}

static struct fl_pairs identity_of(struct fl_judging *j, const struct fl_hit *hit)
{
    const struct fl_plan_rule *rule = &j->plan->rules[hit->rule];
    const char *names[64];
    struct fl_value values[64];
    uint32_t n = 0;
    for (uint32_t i = 0; i < rule->identity_count && n < 64; i++) {
        struct fl_value value = fl_hit_identity(j->plan, hit, i);
        bool left_out = value.type == FL_T_NULL && hit->slots[rule->identity[i]].type != FL_T_NULL;
        names[n] = rule->key_names[rule->identity[i]];
        values[n] = value;
        n += !left_out;
    }
    return fl_judge_pairs(j, names, values, n, true);
}

static void make_id(const struct fl_judging *j, const struct fl_hit *hit, char out[33])
{
    const char *id = j->plan->rules[hit->rule].decl->id;
    const char *policy = j->plan->policy->name;
    uint8_t digest[32];
    struct fl_sha256 *sha = fl_sha256_new();
    if (sha == NULL) {
        out[0] = '\0';
        return;
    }
    fl_sha256_add(sha, ID_FORMAT, sizeof ID_FORMAT);
    fl_sha256_add(sha, policy, strlen(policy) + 1);
    fl_sha256_add(sha, id, strlen(id) + 1);
    fl_sha256_add(sha, hit->identity, hit->identity_len);
    fl_sha256_finish(sha, digest);
    for (unsigned i = 0; i < 16; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static struct fl_occurrence occurrence_of(struct fl_judging *j, const struct fl_hit *hit)
{
    const struct fl_plan_rule *rule = &j->plan->rules[hit->rule];
    uint32_t keys = rule->role == FL_ROLE_EXPECT ? rule->identity_count : rule->key_count;
    return (struct fl_occurrence){.group = fl_judge_pairs(j, rule->key_names, hit->slots, keys, true),
                                  .window_start_ms = hit->window_start_ms,
                                  .window_end_ms = hit->window_end_ms,
                                  .flows = hit->counters.flows,
                                  .measures = measures_of(j, hit),
                                  .severity = severity_of(j, hit),
                                  .waived_by = waiver_label(j, hit->waiver)};
}

/* Whether `name` stands in an expression as a word of its own. */
static bool names(const char *text, const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$";
    size_t len = strlen(name);
    for (const char *at = text; (at = strstr(at, name)) != NULL; at++)
        if ((at == text || strchr(letters, at[-1]) == NULL) && (at[len] == '\0' || strchr(letters, at[len]) == NULL))
            return true;
    return false;
}

/* Adds "name = value" if `having` names it: the first behind " (", the others behind ", ". */
static void add_measured(struct fl_buf *out, const char *having, const char *name, const struct fl_value *value,
                         const char **separator)
{
    if (!names(having, name))
        return;
    fl_buf_add_format(out, "%s%s = ", *separator, name);
    fl_value_text(out, value);
    *separator = ", ";
}

/* `having` with the measured values, for a person: "run >= 8: run = 20". */
static const char *threshold_text(struct fl_judging *j, const struct fl_hit *hit)
{
    const struct fl_plan_rule *rule = &j->plan->rules[hit->rule];
    if (rule->having_text == NULL)
        return NULL;
    struct fl_buf out;
    fl_buf_init(&out);
    fl_buf_add_text(&out, rule->having_text);
    const char *separator = " (";
    for (uint32_t m = 0; m < rule->measure_count + rule->value_count; m++) {
        const struct fl_value *value = &hit->slots[rule->key_count + FL_COUNTER_COUNT + m];
        if (value->type != FL_T_LIST)
            add_measured(&out, rule->having_text, fl_plan_rule_measured(rule, m), value, &separator);
    }
    for (uint32_t c = 0; c < FL_COUNTER_COUNT; c++)
        if (c != FL_C_FIRST_SEEN && c != FL_C_LAST_SEEN)
            add_measured(&out, rule->having_text, fl_counter_name(c), &hit->slots[rule->key_count + c], &separator);
    if (separator[0] == ',')
        fl_buf_add_char(&out, ')');
    const char *text = out.failed ? NULL : fl_arena_strndup(j->arena, out.data, out.len);
    fl_buf_dispose(&out);
    return text;
}

static const char *message_text(struct fl_judging *j, const struct fl_hit *hit)
{
    if (hit->message != NULL)
        return hit->message;
    struct fl_buf out;
    fl_buf_init(&out);
    fl_template_print(&j->plan->rules[hit->rule].message, hit->slots, &out);
    const char *text = out.failed ? NULL : fl_arena_strndup(j->arena, out.len > 0 ? out.data : "", out.len);
    fl_buf_dispose(&out);
    return text;
}

static struct fl_pairs params_of(struct fl_judging *j, const struct fl_plan_rule *rule)
{
    struct fl_pair *pairs = fl_arena_alloc(j->arena, (rule->param_count + 1) * sizeof *pairs);
    if (pairs == NULL)
        return (struct fl_pairs){NULL, 0};
    for (uint32_t i = 0; i < rule->param_count; i++) {
        const struct fl_param_decl *p = rule->params[i].decl;
        pairs[i].name = p->name;
        pairs[i].value = (struct fl_value){.type = FL_T_STR, .str = fl_str_of(rule->params[i].text)};
    }
    return (struct fl_pairs){pairs, rule->param_count};
}

static int64_t known_or_none(int64_t ms)
{
    return ms == INT64_MAX ? INT64_MIN : ms;
}

/* Sorted worst first, the order of the hits deciding ties. */
static void rank_hits(const struct fl_judging *j, struct fl_hit *hits, uint32_t count, uint32_t *order)
{
    const struct fl_plan_rule *rule = &j->plan->rules[hits[0].rule];
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = kept;
        while (at > 0 && worse(rule, &hits[i], severity_of(j, &hits[i]), &hits[order[at - 1]],
                               severity_of(j, &hits[order[at - 1]])))
            at--;
        if (at >= FL_OCCURRENCES_SHOWN)
            continue;
        if (kept < FL_OCCURRENCES_SHOWN)
            kept++;
        memmove(order + at + 1, order + at, (kept - at - 1) * sizeof *order);
        order[at] = i;
    }
}

/* How far a waiver excuses a hit: not at all, by a lower severity, or hidden. */
enum excuse { EXCUSE_NONE, EXCUSE_LOWERED, EXCUSE_HIDDEN };

static enum excuse excuse_of(const struct fl_judging *j, const struct fl_hit *hit)
{
    if (hit->waiver < 0)
        return EXCUSE_NONE;
    return j->plan->policy->waivers[hit->waiver].effect == FL_WAIVE_HIDE ? EXCUSE_HIDDEN : EXCUSE_LOWERED;
}

/* Keeps the least excused hits only: those nobody excuses, else the lowered ones, else all. Returns how many. */
static uint32_t take_out_excused(const struct fl_judging *j, struct fl_hit *hits, uint32_t count, enum excuse *least)
{
    *least = EXCUSE_HIDDEN;
    for (uint32_t i = 0; i < count; i++)
        if (excuse_of(j, &hits[i]) < *least)
            *least = excuse_of(j, &hits[i]);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++)
        if (excuse_of(j, &hits[i]) == *least)
            hits[kept++] = hits[i];
    return kept;
}

/* Hits of one identity, the excused ones taken out first if others are left. */
static enum fl_status make_finding(struct fl_judging *j, struct fl_hit *hits, uint32_t count, struct fl_finding *f,
                                   struct fl_place *places, uint32_t *place_count)
{
    const struct fl_plan_rule *rule = &j->plan->rules[hits[0].rule];
    const struct fl_rule_decl *decl = rule->decl;
    enum excuse least;
    memset(f, 0, sizeof *f);
    count = fold_overlaps(j, hits, count);
    count = take_out_excused(j, hits, count, &least);
    uint32_t order[FL_OCCURRENCES_SHOWN + 1] = {0};
    rank_hits(j, hits, count, order);
    const struct fl_hit *worst = &hits[order[0]];
    make_id(j, worst, f->id);
    f->rule = decl->id;
    f->title = worst->title != NULL ? worst->title : decl->title;
    f->severity = severity_of(j, worst);
    f->message = message_text(j, worst);
    f->controls = decl->controls;
    f->attack = decl->attack;
    f->remediation = decl->remediation;
    f->params = params_of(j, rule);
    f->group = identity_of(j, worst);
    f->measures = measures_of(j, worst);
    f->extra = worst->extra;
    f->threshold = threshold_text(j, worst);
    f->declared_file = decl->file;
    f->declared_line = decl->line;
    f->coverage = fl_judge_concerned(j, hits, count);
    if (least != EXCUSE_NONE) {
        f->waived = waiver_label(j, worst->waiver);
        f->waived_severity = waiver_severity(j->plan->policy->waivers[worst->waiver].effect);
    }
    struct fl_counters sum = {.first_ms = INT64_MAX, .last_ms = INT64_MIN};
    *place_count = 0;
    f->occurrence_first_ms = INT64_MAX;
    f->occurrence_last_ms = INT64_MIN;
    for (uint32_t i = 0; i < count; i++) {
        merge_counters(&sum, &hits[i].counters);
        merge_places(places, place_count, hits[i].evidence, hits[i].evidence_count, j->plan->policy->evidence);
    }
    f->occurrence_count = count;
    f->occurrence_first_ms = f->first_seen_ms = known_or_none(sum.first_ms);
    f->occurrence_last_ms = f->last_seen_ms = sum.last_ms;
    f->flows = sum.flows;
    f->packets = sum.packets;
    f->bytes = sum.bytes;
    f->worst_count = count < FL_OCCURRENCES_SHOWN ? count : FL_OCCURRENCES_SHOWN;
    struct fl_occurrence *shown = fl_arena_alloc(j->arena, f->worst_count * sizeof *shown);
    if (shown == NULL || f->message == NULL)
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < f->worst_count; i++)
        shown[i] = occurrence_of(j, &hits[order[i]]);
    f->worst = shown;
    return FL_OK;
}

/* ---- evidence ---- */

struct wanted_line {
    struct fl_place place;
    struct fl_evidence *into;
};

struct taking {
    struct fl_judging *j;
    struct wanted_line *wanted;
    struct fl_evidence *current;
    struct fl_pair fields[FL_COLUMNS_MAX];
    uint32_t field_count;
    uint64_t missing;
};

static int compare_wanted(const void *left, const void *right)
{
    const struct wanted_line *a = left, *b = right;
    return a->place.where < b->place.where ? -1 : a->place.where > b->place.where;
}

static void take_field(void *context, const char *name, size_t name_len, const char *value, size_t value_len)
{
    struct taking *t = context;
    if (t->field_count == FL_COLUMNS_MAX)
        return;
    const char *n = fl_arena_strndup(t->j->arena, name, name_len);
    const char *v = fl_arena_strndup(t->j->arena, value, value_len);
    if (n == NULL || v == NULL)
        return;
    struct fl_value text = {.type = FL_T_STR, .str = {v, value_len}};
    if (value_len == 1 && value[0] == '-')
        text = FL_VALUE_NULL;
    t->fields[t->field_count++] = (struct fl_pair){n, text};
}

static enum fl_status take_line(void *context, const struct fl_evidence_line *line)
{
    struct taking *t = context;
    struct fl_evidence *e = t->wanted[line->index].into;
    if (line->record == 0) {
        t->missing++;
        e->raw = FL_STR("");
        return FL_OK;
    }
    e->record = line->record;
    e->raw.ptr = fl_arena_strndup(t->j->arena, line->raw.ptr, line->raw.len);
    e->raw.len = line->raw.len;
    t->field_count = 0;
    fl_evidence_fields(line->token, line->raw, take_field, t);
    struct fl_pair *fields = fl_arena_alloc(t->j->arena, (t->field_count + 1) * sizeof *fields);
    if (e->raw.ptr == NULL || fields == NULL)
        return FL_E_NOMEM;
    memcpy(fields, t->fields, t->field_count * sizeof *fields);
    e->fields = fields;
    e->field_count = t->field_count;
    return FL_OK;
}

struct wanted_list {
    struct wanted_line *items;
    uint32_t count, capacity;
};

static enum fl_status want(struct fl_judging *j, struct wanted_list *list, const struct fl_place *places,
                           uint32_t count, const struct fl_evidence **out, uint32_t *out_count)
{
    struct fl_evidence *evidence = fl_arena_alloc(j->arena, (count + 1) * sizeof *evidence);
    if (evidence == NULL || !fl_grow((void **)&list->items, &list->capacity, list->count + count, sizeof *list->items))
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        evidence[i].source = j->sources->items[fl_place_source(places[i])].name;
        evidence[i].offset = fl_place_offset(places[i]);
        list->items[list->count++] = (struct wanted_line){places[i], &evidence[i]};
    }
    *out = evidence;
    *out_count = count;
    return FL_OK;
}

static enum fl_status read_evidence(struct fl_judging *j, struct wanted_list *list)
{
    if (list->count == 0)
        return FL_OK;
    qsort(list->items, list->count, sizeof *list->items, compare_wanted);
    struct fl_place *places = fl_alloc((size_t)list->count * sizeof *places);
    struct taking *t = fl_alloc_zero(1, sizeof *t);
    enum fl_status status = places == NULL || t == NULL ? FL_E_NOMEM : FL_OK;
    if (status == FL_OK) {
        for (uint32_t i = 0; i < list->count; i++)
            places[i] = list->items[i].place;
        t->j = j;
        t->wanted = list->items;
        uint64_t begin = fl_phase_now();
        status = fl_evidence_read(j->sources, j->part, places, list->count, j->options->told_format, take_line, t);
        j->part->phases.evidence_ns += fl_phase_now() - begin;
        if (status == FL_OK && t->missing > 0)
            status = fl_judge_blind(j, FL_BLIND_OTHER, true, t->missing, "evidence",
                                    "records could not be read again: their objects changed "
                                    "while the audit ran");
    }
    fl_free(places);
    fl_free(t);
    return status;
}

static enum fl_status undecided_evidence(struct fl_judging *j, struct wanted_list *list, struct fl_intent_tally *tally,
                                         struct fl_undecided *out)
{
    for (uint32_t u = 0; u < tally->undecided_kept; u++) {
        const struct fl_hit *hit = &tally->undecided[u];
        const struct fl_plan_rule *rule = &j->plan->rules[hit->rule];
        out[u].group = fl_judge_pairs(j, rule->key_names, hit->slots, rule->key_count, true);
        out[u].flows = hit->counters.flows;
        enum fl_status status =
            want(j, list, hit->evidence, hit->evidence_count, &out[u].evidence, &out[u].evidence_count);
        if (status != FL_OK)
            return status;
    }
    return FL_OK;
}

static void count_intent(struct fl_judging *j, const struct fl_plan_rule *rule, const struct fl_finding *f)
{
    if (rule->decl->intent == NULL)
        return;
    struct fl_intent_tally *tally = &j->intents[rule->decl->intent - j->plan->policy->intents];
    tally->breaches++;
    tally->breaches_waived += f->waived != NULL;
    if (f->waived == NULL && (!tally->any_breach || f->severity > tally->worst)) {
        tally->worst = f->severity;
        tally->any_breach = true;
    }
}

/* Tells each hit, in order, to somebody who watches. */
static enum fl_status tell_hits(const struct fl_judging *j)
{
    const struct fl_judge_watch *watch = j->options->watch;
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; watch != NULL && i < j->hit_count && status == FL_OK; i++) {
        const struct fl_hit *hit = &j->hits[i];
        char id[33];
        make_id(j, hit, id);
        struct fl_judged_hit told = {
            id, hit->rule, hit->slots, hit->window_start_ms, hit->window_end_ms, severity_of(j, hit), hit->waiver};
        status = watch->hit(watch->context, &told);
    }
    return status;
}

enum fl_status fl_judge_findings(struct fl_judging *j)
{
    for (uint32_t i = 0; i < j->hit_count; i++)
        apply_waivers(j, &j->hits[i]);
    if (j->hit_count > 0)
        qsort_r(j->hits, j->hit_count, sizeof *j->hits, compare_hits, (void *)j->plan);
    enum fl_status told = tell_hits(j);
    if (told != FL_OK)
        return told;
    struct fl_finding *findings = fl_arena_alloc(j->arena, (size_t)(j->hit_count + 1) * sizeof *findings);
    struct fl_place *places = fl_alloc((size_t)(j->plan->policy->evidence + 1) * sizeof *places);
    struct wanted_list list = {0};
    enum fl_status status = findings == NULL || places == NULL ? FL_E_NOMEM : FL_OK;
    for (uint32_t from = 0; from < j->hit_count && status == FL_OK;) {
        const struct fl_plan_rule *rule = &j->plan->rules[j->hits[from].rule];
        uint32_t to = from + 1;
        while (to < j->hit_count && j->hits[to].rule == j->hits[from].rule &&
               compare_identity(j->plan, &j->hits[from], &j->hits[to]) == 0)
            to++;
        struct fl_finding *f = &findings[j->report->finding_count];
        uint32_t place_count;
        status = make_finding(j, &j->hits[from], to - from, f, places, &place_count);
        if (status == FL_OK)
            status = want(j, &list, places, place_count, &f->evidence, &f->evidence_count);
        j->report->finding_count++;
        j->rules[j->hits[from].rule].findings++;
        count_intent(j, rule, f);
        from = to;
    }
    j->report->findings = findings;
    struct fl_intent_result *intents = (struct fl_intent_result *)j->report->intents;
    for (uint32_t i = 0; i < j->report->intent_count && status == FL_OK; i++) {
        struct fl_undecided *u = fl_arena_alloc(j->arena, (FL_OCCURRENCES_SHOWN + 1) * sizeof *u);
        status = u == NULL ? FL_E_NOMEM : undecided_evidence(j, &list, &j->intents[i], u);
        intents[i].undecided = u;
        intents[i].undecided_shown = j->intents[i].undecided_kept;
    }
    if (status == FL_OK)
        status = read_evidence(j, &list);
    fl_free(places);
    fl_free(list.items);
    return status;
}
