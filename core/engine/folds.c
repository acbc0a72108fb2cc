/* folds.c: hits of equal identity become one finding as they come: counts and the worst occurrences are kept, the
 * others are added up and forgotten, so that a finding of fifty million occurrences takes no more room than one of ten.
 */
#include "core/engine/folds.h"

#include <string.h>

#include "core/base/limits.h"
#include "core/base/memory.h"

#define GARBAGE_BYTES_MIN (1u << 20)

static enum fl_excuse excuse_of(const struct fl_judging *j, const struct fl_hit *hit)
{
    if (hit->waiver < 0)
        return FL_EXCUSE_NONE;
    return j->plan->policy->waivers[hit->waiver].effect == FL_WAIVE_HIDE ? FL_EXCUSE_HIDDEN : FL_EXCUSE_LOWERED;
}

/* What was displaced lies in the arena until it is more than what is in use; then the hits in use move. */
static enum fl_status collect(struct fl_folds *folds)
{
    if (folds->arena.held_bytes < folds->settled_bytes * 2 + GARBAGE_BYTES_MIN)
        return FL_OK;
    struct fl_arena fresh;
    fl_arena_init(&fresh);
    bool ok = true;
    for (uint32_t f = 0; f < folds->identities.count && ok; f++) {
        struct fl_fold *fold = &folds->items[f];
        if (fold->has_last)
            ok = fl_hit_copy(&fresh, &fold->last, folds->slot_count, &fold->last);
        for (uint32_t x = 0; x < FL_EXCUSES && ok; x++)
            for (uint32_t i = 0; i < fold->excused[x].worst_count && ok; i++)
                ok = fl_hit_copy(&fresh, &fold->excused[x].worst[i], folds->slot_count, &fold->excused[x].worst[i]);
    }
    if (!ok) {
        fl_arena_dispose(&fresh);
        return FL_E_NOMEM;
    }
    fl_arena_dispose(&folds->arena);
    folds->arena = fresh;
    folds->settled_bytes = fresh.held_bytes;
    return FL_OK;
}

/* ---- order ---- */

/* Is a worse than b? Severity, then the measure first named in having, then flows, then least key and window, which is
 * the order that hits come in. */
static bool worse(const struct fl_judging *j, const struct fl_hit *a, const struct fl_hit *b)
{
    const struct fl_plan_rule *rule = &j->plan->rules[a->rule];
    enum fl_severity a_severity = fl_hit_severity(j, a), b_severity = fl_hit_severity(j, b);
    if (a_severity != b_severity)
        return a_severity > b_severity;
    if (rule->having_slot != UINT32_MAX) {
        const struct fl_value x = fl_value_member(&a->slots[rule->having_slot], rule->having_member);
        const struct fl_value y = fl_value_member(&b->slots[rule->having_slot], rule->having_member);
        if (x.type != FL_T_NULL && y.type != FL_T_NULL) {
            int c = fl_value_compare(&x, &y);
            if (c != 0)
                return rule->having_least_is_worst ? c < 0 : c > 0;
        }
    }
    return a->counters.flows > b->counters.flows;
}

static bool same_group(const struct fl_plan_rule *rule, const struct fl_hit *a, const struct fl_hit *b)
{
    for (uint32_t k = 0; k < rule->key_count; k++)
        if (fl_value_compare(&a->slots[k], &b->slots[k]) != 0)
            return false;
    return true;
}

/* ---- adding ---- */

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

/* Puts the hit among the worst, the order in which hits come deciding ties. */
static enum fl_status rank(struct fl_judging *j, struct fl_folds *folds, struct fl_fold_part *part,
                           const struct fl_hit *hit)
{
    uint32_t at = part->worst_count;
    while (at > 0 && worse(j, hit, &part->worst[at - 1]))
        at--;
    if (at >= FL_OCCURRENCES_SHOWN)
        return FL_OK;
    if (part->worst_count < FL_OCCURRENCES_SHOWN) {
        if (!fl_grow((void **)&part->worst, &part->worst_capacity, part->worst_count + 1, sizeof *part->worst))
            return FL_E_NOMEM;
        part->worst_count++;
    }
    struct fl_hit kept;
    if (!fl_hit_copy(&folds->arena, hit, folds->slot_count, &kept)) {
        part->worst_count = at;
        return FL_E_NOMEM;
    }
    memmove(part->worst + at + 1, part->worst + at, (part->worst_count - at - 1) * sizeof *part->worst);
    part->worst[at] = kept;
    return FL_OK;
}

/* The hit is an occurrence of its own: nothing overlaps with it any more. */
static enum fl_status settle(struct fl_judging *j, struct fl_folds *folds, struct fl_fold *fold,
                             const struct fl_hit *hit)
{
    struct fl_fold_part *part = &fold->excused[excuse_of(j, hit)];
    uint32_t limit = j->plan->policy->evidence;
    if (part->count == 0) {
        part->sum = (struct fl_counters){.first_ms = INT64_MAX, .last_ms = INT64_MIN};
        part->places = fl_arena_alloc(&folds->places, ((size_t)limit + 1) * sizeof *part->places);
        if (part->places == NULL)
            return FL_E_NOMEM;
    }
    part->count++;
    merge_counters(&part->sum, &hit->counters);
    for (uint32_t i = 0; i < hit->evidence_count; i++)
        fl_places_add(part->places, &part->place_count, limit, &hit->evidence[i]);
    enum fl_status status = fl_judge_note_concerned(j, hit, &part->concerned);
    return status == FL_OK ? rank(j, folds, part, hit) : status;
}

/* Overlapping windows of one group are one occurrence: the worst of them, spanning all. */
static enum fl_status fold_overlap(struct fl_judging *j, struct fl_folds *folds, struct fl_fold *fold,
                                   const struct fl_hit *next)
{
    struct fl_hit *last = &fold->last, both = *last;
    fold->newest_is_worst = worse(j, next, last);
    fold->windows++;
    if (fold->newest_is_worst && !fl_hit_copy(&folds->arena, next, folds->slot_count, &both))
        return FL_E_NOMEM;
    struct fl_counters counters = last->counters;
    merge_counters(&counters, &next->counters);
    both.window_start_ms = last->window_start_ms;
    both.window_end_ms = next->window_end_ms;
    both.counters.first_ms = counters.first_ms;
    both.counters.last_ms = counters.last_ms;
    both.evidence = last->evidence; /* the earliest window holds the least records */
    both.evidence_count = last->evidence_count;
    *last = both;
    return FL_OK;
}

static void begin_occurrence(struct fl_fold *fold)
{
    fold->occurrences++;
    fold->windows = 1;
    fold->newest_is_worst = true;
}

static enum fl_status add_window(struct fl_judging *j, struct fl_folds *folds, struct fl_fold *fold,
                                 const struct fl_hit *hit)
{
    struct fl_hit *last = &fold->last;
    if (fold->has_last && hit->window_start_ms < last->window_end_ms && hit->waiver == last->waiver &&
        same_group(&j->plan->rules[hit->rule], last, hit))
        return fold_overlap(j, folds, fold, hit);
    begin_occurrence(fold);
    enum fl_status status = fold->has_last ? settle(j, folds, fold, last) : FL_OK;
    fold->has_last = status == FL_OK && fl_hit_copy(&folds->arena, hit, folds->slot_count, last);
    return status != FL_OK || fold->has_last ? status : FL_E_NOMEM;
}

static bool encode_identity(const struct fl_judging *j, const struct fl_hit *hit, struct fl_buf *out)
{
    fl_buf_clear(out);
    for (uint32_t i = 0; i < j->plan->rules[hit->rule].identity_count; i++) {
        struct fl_value value = fl_hit_identity(j->plan, hit, i);
        fl_value_encode(out, &value);
    }
    return !out->failed;
}

enum fl_status fl_folds_add(struct fl_judging *j, struct fl_folds *folds, struct fl_hit *hit)
{
    if (!encode_identity(j, hit, &folds->key))
        return FL_E_NOMEM;
    struct fl_str key = {folds->key.len > 0 ? folds->key.data : "", folds->key.len};
    uint32_t index = fl_map_intern(&folds->identities, key);
    if (index == FL_MAP_NONE ||
        !fl_grow((void **)&folds->items, &folds->capacity, folds->identities.count, sizeof *folds->items))
        return FL_E_NOMEM;
    struct fl_fold *fold = &folds->items[index];
    if (index == folds->count) {
        memset(fold, 0, sizeof *fold);
        folds->count++;
    }
    hit->identity = folds->identities.keys[index].ptr;
    hit->identity_len = (uint32_t)key.len;
    enum fl_status status;
    if (hit->window_end_ms != INT64_MIN) {
        status = add_window(j, folds, fold, hit);
    } else {
        begin_occurrence(fold);
        status = settle(j, folds, fold, hit);
    }
    return status == FL_OK ? collect(folds) : status;
}

struct fl_judged_occurrence fl_folds_newest(const struct fl_folds *folds, const struct fl_hit *hit)
{
    struct fl_str key = {hit->identity, hit->identity_len};
    const struct fl_fold *fold = &folds->items[fl_map_find(&folds->identities, key)];
    const struct fl_hit *whole = fold->has_last ? &fold->last : hit;
    return (struct fl_judged_occurrence){fold->occurrences, fold->windows, whole->window_start_ms, whole->window_end_ms,
                                         fold->newest_is_worst};
}

enum fl_status fl_folds_close(struct fl_judging *j, struct fl_folds *folds)
{
    enum fl_status status = FL_OK;
    for (uint32_t f = 0; f < folds->count && status == FL_OK; f++) {
        struct fl_fold *fold = &folds->items[f];
        if (fold->has_last)
            status = settle(j, folds, fold, &fold->last);
        fold->has_last = false;
    }
    return status;
}

void fl_folds_init(struct fl_folds *folds, uint32_t slot_count)
{
    memset(folds, 0, sizeof *folds);
    folds->slot_count = slot_count;
    fl_map_init(&folds->identities);
    fl_arena_init(&folds->arena);
    fl_arena_init(&folds->places);
    fl_buf_init(&folds->key);
}

void fl_folds_dispose(struct fl_folds *folds)
{
    for (uint32_t f = 0; f < folds->count; f++)
        for (uint32_t x = 0; x < FL_EXCUSES; x++) {
            fl_free(folds->items[f].excused[x].worst);
            fl_free(folds->items[f].excused[x].concerned.ids);
        }
    fl_free(folds->items);
    fl_map_dispose(&folds->identities);
    fl_arena_dispose(&folds->arena);
    fl_arena_dispose(&folds->places);
    fl_buf_dispose(&folds->key);
    fl_folds_init(folds, folds->slot_count);
}
