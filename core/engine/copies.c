/* copies.c: what is kept beyond the group that it was read from. */
#include <string.h>

#include "core/engine/verdicts.h"

static bool copy_text(struct fl_arena *arena, const char *text, const char **out)
{
    *out = text == NULL ? NULL : fl_arena_strdup(arena, text);
    return text == NULL || *out != NULL;
}

static bool copy_pairs(struct fl_arena *arena, const struct fl_pairs *pairs, struct fl_pairs *out)
{
    struct fl_pair *items = fl_arena_alloc(arena, ((size_t)pairs->count + 1) * sizeof *items);
    bool ok = items != NULL;
    for (uint32_t i = 0; i < pairs->count && ok; i++) {
        items[i] = pairs->items[i];
        ok = copy_text(arena, pairs->items[i].name, &items[i].name) && fl_value_copy(arena, &items[i].value);
    }
    *out = (struct fl_pairs){items, pairs->count};
    return ok;
}

bool fl_verdict_copy(struct fl_arena *arena, const struct fl_verdict *verdict, struct fl_verdict *out)
{
    *out = *verdict;
    return copy_text(arena, verdict->title, &out->title) && copy_text(arena, verdict->message, &out->message) &&
           copy_pairs(arena, &verdict->extra, &out->extra);
}

bool fl_hit_copy(struct fl_arena *arena, const struct fl_hit *hit, uint32_t slot_count, struct fl_hit *out)
{
    struct fl_hit copy = *hit;
    copy.slots = fl_arena_alloc(arena, slot_count * sizeof *copy.slots);
    copy.evidence = fl_arena_alloc(arena, ((size_t)hit->evidence_count + 1) * sizeof *copy.evidence);
    if (copy.slots == NULL || copy.evidence == NULL)
        return false;
    memcpy(copy.slots, hit->slots, slot_count * sizeof *copy.slots);
    for (uint32_t i = 0; i < slot_count; i++)
        if (!fl_value_copy(arena, &copy.slots[i]))
            return false;
    if (hit->evidence_count > 0)
        memcpy(copy.evidence, hit->evidence, hit->evidence_count * sizeof *copy.evidence);
    if (!copy_text(arena, hit->title, &copy.title) || !copy_text(arena, hit->message, &copy.message) ||
        !copy_pairs(arena, &hit->extra, &copy.extra))
        return false;
    *out = copy;
    return true;
}
