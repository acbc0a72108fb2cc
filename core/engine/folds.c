/* folds.c: hits of equal identity become one fold as they come; windows that overlap become one occurrence. */
#include "core/engine/folds.h"

#include <string.h>

#include "core/base/memory.h"
#include "core/engine/packed.h"
#include "core/group/key.h"

#define GARBAGE_BYTES_MIN (256u * 1024u) /* of hits that were the newest once, before it is dropped */
#define RANK_BYTES        4u

enum fl_status fl_folds_open(struct fl_folds *folds, uint64_t budget_bytes, uint64_t hash_seed)
{
    *folds = (struct fl_folds){.rule = UINT32_MAX, .most_bytes = budget_bytes, .garbage_bytes = GARBAGE_BYTES_MIN};
    fl_map_init(&folds->identities);
    fl_buf_init(&folds->key);
    fl_buf_init(&folds->bytes);
    fl_arena_init(&folds->last_arena);
    return fl_sorter_new(budget_bytes, hash_seed, &folds->sorter);
}

void fl_folds_forget(struct fl_folds *folds)
{
    for (uint32_t f = 0; f < folds->count; f++)
        fl_fold_dispose(&folds->items[f]);
    fl_free(folds->items);
    folds->items = NULL;
    folds->count = folds->capacity = 0;
    fl_map_dispose(&folds->identities);
    fl_map_init(&folds->identities);
    folds->has_last = false;
    folds->held_bytes = 0;
}

void fl_folds_close(struct fl_folds *folds)
{
    fl_folds_forget(folds);
    fl_map_dispose(&folds->identities);
    fl_buf_dispose(&folds->key);
    fl_buf_dispose(&folds->bytes);
    fl_arena_dispose(&folds->last_arena);
    fl_sorter_free(folds->sorter);
    folds->sorter = NULL;
}

/* ---- to the sorter ---- */

static void put_rank(struct fl_buf *out, uint32_t rank)
{
    uint8_t bytes[RANK_BYTES] = {(uint8_t)(rank >> 24), (uint8_t)(rank >> 16), (uint8_t)(rank >> 8), (uint8_t)rank};
    fl_buf_add(out, bytes, sizeof bytes);
}

/* All folds, each freed when it is written: memory is that of the folds or that of the sorter. */
static enum fl_status write_folds(struct fl_judging *j, struct fl_folds *folds)
{
    enum fl_status status = FL_OK;
    for (uint32_t f = 0; f < folds->count && status == FL_OK; f++) {
        struct fl_str identity = folds->identities.keys[f];
        if (fl_fold_is_empty(&folds->items[f]))
            continue;
        fl_buf_clear(&folds->key);
        put_rank(&folds->key, j->ranks[folds->rule]);
        fl_buf_add(&folds->key, identity.ptr, identity.len);
        fl_buf_clear(&folds->bytes);
        fl_fold_pack(&folds->items[f], &folds->bytes);
        if (folds->key.failed || folds->bytes.failed)
            return FL_E_NOMEM;
        fl_fold_dispose(&folds->items[f]);
        struct fl_sorted item = {
            {folds->key.data, folds->key.len}, folds->pieces, {folds->bytes.data, folds->bytes.len}};
        status = fl_sorter_add(folds->sorter, &item);
    }
    bool has_last = folds->has_last; /* it is in no fold yet */
    fl_folds_forget(folds);
    folds->has_last = has_last;
    folds->pieces++;
    return status;
}

/* ---- adding ---- */

static bool find_fold(const struct fl_judging *j, struct fl_folds *folds, const struct fl_hit *hit, uint32_t *index)
{
    fl_buf_clear(&folds->key);
    for (uint32_t i = 0; i < j->plan->rules[hit->rule].identity_count; i++) {
        struct fl_value value = fl_hit_identity(j->plan, hit, i);
        fl_key_add(&folds->key, &value);
    }
    struct fl_str key = {folds->key.len > 0 ? folds->key.data : "", folds->key.len};
    *index = folds->key.failed ? FL_MAP_NONE : fl_map_intern(&folds->identities, key);
    if (*index == FL_MAP_NONE || !fl_grow((void **)&folds->items, &folds->capacity, *index + 1, sizeof *folds->items))
        return false;
    if (*index == folds->count)
        folds->items[folds->count++] = (struct fl_fold){0};
    return true;
}

/* Nothing overlaps any more with the newest hit. */
static enum fl_status settle_last(struct fl_judging *j, struct fl_folds *folds)
{
    uint32_t index;
    if (!folds->has_last)
        return FL_OK;
    folds->has_last = false;
    if (!find_fold(j, folds, &folds->last, &index))
        return FL_E_NOMEM;
    return fl_fold_add(j, &folds->items[index], &folds->last, &folds->bytes);
}

static bool keep_last(const struct fl_judging *j, struct fl_folds *folds, const struct fl_hit *hit, struct fl_hit *out)
{
    return fl_hit_copy(&folds->last_arena, hit, fl_plan_rule_slots(&j->plan->rules[hit->rule]), out);
}

/* Leaves behind what earlier newest hits of the occurrence left in the arena. */
static enum fl_status drop_garbage(const struct fl_judging *j, struct fl_folds *folds)
{
    struct fl_arena fresh, *arena = &folds->last_arena;
    struct fl_hit kept;
    if (arena->held_bytes <= folds->garbage_bytes)
        return FL_OK;
    fl_arena_init(&fresh);
    if (!fl_hit_copy(&fresh, &folds->last, fl_plan_rule_slots(&j->plan->rules[folds->last.rule]), &kept)) {
        fl_arena_dispose(&fresh);
        return FL_E_NOMEM;
    }
    fl_arena_dispose(arena);
    *arena = fresh;
    folds->last = kept;
    folds->garbage_bytes = 4 * fresh.held_bytes > GARBAGE_BYTES_MIN ? 4 * fresh.held_bytes : GARBAGE_BYTES_MIN;
    return FL_OK;
}

/* Overlapping windows of one group are one occurrence: the worst of them, spanning all. */
static enum fl_status fold_overlap(struct fl_judging *j, struct fl_folds *folds, const struct fl_hit *next)
{
    struct fl_hit *last = &folds->last, both = *last;
    struct fl_rank a = fl_rank_of(j, next), b = fl_rank_of(j, last);
    folds->newest_is_worst = fl_rank_worse(&j->plan->rules[next->rule], &a, &b);
    folds->windows++;
    if (folds->newest_is_worst && !keep_last(j, folds, next, &both))
        return FL_E_NOMEM;
    struct fl_counters counters = last->counters;
    fl_counters_merge(&counters, &next->counters);
    both.window_start_ms = last->window_start_ms;
    both.window_end_ms = next->window_end_ms;
    both.counters.first_ms = counters.first_ms;
    both.counters.last_ms = counters.last_ms;
    both.evidence = last->evidence; /* the earliest window holds the least records */
    both.evidence_count = last->evidence_count;
    *last = both;
    return drop_garbage(j, folds);
}

static bool same_group(const struct fl_plan_rule *rule, const struct fl_hit *a, const struct fl_hit *b)
{
    for (uint32_t k = 0; k < rule->key_count; k++)
        if (fl_value_compare(&a->slots[k], &b->slots[k]) != 0)
            return false;
    return true;
}

static enum fl_status begin_occurrence(struct fl_judging *j, struct fl_folds *folds, const struct fl_hit *hit)
{
    uint32_t index;
    if (!find_fold(j, folds, hit, &index))
        return FL_E_NOMEM;
    folds->newest_is_worst = true;
    folds->windows = 1;
    folds->begun++;
    if (hit->window_end_ms == INT64_MIN)
        return fl_fold_add(j, &folds->items[index], hit, &folds->bytes);
    if (folds->last_arena.held_bytes > GARBAGE_BYTES_MIN) {
        fl_arena_dispose(&folds->last_arena);
        fl_arena_init(&folds->last_arena);
        folds->garbage_bytes = GARBAGE_BYTES_MIN;
    }
    folds->has_last = keep_last(j, folds, hit, &folds->last);
    return folds->has_last ? FL_OK : FL_E_NOMEM;
}

static enum fl_status add_hit(struct fl_judging *j, struct fl_folds *folds, const struct fl_hit *hit)
{
    const struct fl_hit *last = &folds->last;
    if (folds->has_last && hit->window_start_ms < last->window_end_ms && hit->waiver == last->waiver &&
        same_group(&j->plan->rules[hit->rule], last, hit))
        return fold_overlap(j, folds, hit);
    enum fl_status status = settle_last(j, folds);
    return status == FL_OK ? begin_occurrence(j, folds, hit) : status;
}

enum fl_status fl_folds_add(struct fl_judging *j, struct fl_folds *folds, const struct fl_hit *hit)
{
    enum fl_status status = hit->rule != folds->rule ? fl_folds_finish(j, folds) : FL_OK;
    int64_t before = fl_memory_held_by_thread();
    folds->rule = hit->rule;
    if (status == FL_OK)
        status = add_hit(j, folds, hit);
    folds->held_bytes += fl_memory_held_by_thread() - before;
    bool is_full = folds->most_bytes != 0 && folds->held_bytes > (int64_t)folds->most_bytes;
    return status == FL_OK && is_full ? write_folds(j, folds) : status;
}

struct fl_judged_occurrence fl_folds_newest(const struct fl_folds *folds, const struct fl_hit *hit)
{
    const struct fl_hit *whole = folds->has_last ? &folds->last : hit;
    return (struct fl_judged_occurrence){folds->begun, folds->windows, whole->window_start_ms, whole->window_end_ms,
                                         folds->newest_is_worst};
}

enum fl_status fl_folds_finish(struct fl_judging *j, struct fl_folds *folds)
{
    enum fl_status status = settle_last(j, folds);
    return status == FL_OK ? write_folds(j, folds) : status;
}
