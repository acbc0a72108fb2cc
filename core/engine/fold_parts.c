/* fold_parts.c: what a finding keeps of its occurrences: counts, the least places and the worst hits; the others are
 * added up and forgotten, so that a finding of fifty million occurrences takes no more room than one of ten.
 */
#include <string.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/engine/folds.h"
#include "core/engine/packed.h"

enum fl_excuse fl_excuse_of(const struct fl_judging *j, const struct fl_hit *hit)
{
    if (hit->waiver < 0)
        return FL_EXCUSE_NONE;
    return j->plan->policy->waivers[hit->waiver].effect == FL_WAIVE_HIDE ? FL_EXCUSE_HIDDEN : FL_EXCUSE_LOWERED;
}

void fl_counters_merge(struct fl_counters *into, const struct fl_counters *from)
{
    into->flows += from->flows;
    into->packets += from->packets;
    into->bytes += from->bytes;
    if (from->first_ms < into->first_ms)
        into->first_ms = from->first_ms;
    if (from->last_ms > into->last_ms)
        into->last_ms = from->last_ms;
}

static struct fl_fold_part *new_part(struct fl_fold *fold, enum fl_excuse excuse)
{
    struct fl_fold_part *part = fl_alloc_zero(1, sizeof *part);
    if (part != NULL)
        part->sum = (struct fl_counters){.first_ms = INT64_MAX, .last_ms = INT64_MIN};
    fold->excused[excuse] = part;
    return part;
}

void fl_fold_dispose(struct fl_fold *fold)
{
    for (uint32_t x = 0; x < FL_EXCUSES; x++) {
        struct fl_fold_part *part = fold->excused[x];
        for (uint32_t i = 0; part != NULL && i < part->worst_count; i++)
            fl_free(part->worst[i]);
        if (part != NULL) {
            fl_free(part->worst);
            fl_free(part->places);
            fl_free(part->concerned.ids);
        }
        fl_free(part);
    }
    *fold = (struct fl_fold){0};
}

/* ---- adding ---- */

static enum fl_status add_places(const struct fl_judging *j, struct fl_fold_part *part, const struct fl_place *places,
                                 uint32_t count)
{
    uint32_t limit = j->plan->policy->evidence, kept = part->place_count;
    uint32_t room = kept + count < limit ? kept + count : limit;
    if (room > kept) {
        struct fl_place *grown = fl_realloc(part->places, room, sizeof *grown);
        if (grown == NULL)
            return FL_E_NOMEM;
        part->places = grown;
    }
    for (uint32_t i = 0; i < count; i++)
        fl_places_add(part->places, &kept, limit, &places[i]);
    part->place_count = (uint8_t)kept;
    return FL_OK;
}

static struct fl_packed_hit *keep_bytes(const void *bytes, size_t len)
{
    struct fl_packed_hit *hit = len > UINT32_MAX ? NULL : fl_alloc(sizeof *hit + len);
    if (hit == NULL)
        return NULL;
    hit->len = (uint32_t)len;
    memcpy(hit->bytes, bytes, len);
    return hit;
}

static struct fl_rank rank_of(const struct fl_packed_hit *hit)
{
    struct fl_taking in = {hit->bytes, hit->len, false};
    return fl_rank_take(&in);
}

/* Where a hit of this rank belongs among the worst, behind those that are as bad; FL_OCCURRENCES_SHOWN: nowhere. */
static uint32_t find_place(const struct fl_judging *j, uint32_t rule, const struct fl_fold_part *part,
                           const struct fl_rank *rank)
{
    uint32_t at = part->worst_count;
    for (; at > 0; at--) {
        struct fl_rank before = rank_of(part->worst[at - 1]);
        if (!fl_rank_worse(&j->plan->rules[rule], rank, &before))
            break;
    }
    return at;
}

static bool make_room(struct fl_fold_part *part)
{
    uint32_t room = part->worst_count == 0 ? 1 : part->worst_count * 2u;
    if (part->worst_count < part->worst_capacity || part->worst_count == FL_OCCURRENCES_SHOWN)
        return true;
    room = room < FL_OCCURRENCES_SHOWN ? room : FL_OCCURRENCES_SHOWN;
    struct fl_packed_hit **grown = fl_realloc(part->worst, room, sizeof(struct fl_packed_hit *));
    if (grown == NULL)
        return false;
    part->worst = grown;
    part->worst_capacity = (uint8_t)room;
    return true;
}

static enum fl_status insert(struct fl_fold_part *part, uint32_t at, const void *bytes, size_t len)
{
    struct fl_packed_hit *kept = make_room(part) ? keep_bytes(bytes, len) : NULL;
    if (kept == NULL)
        return FL_E_NOMEM;
    if (part->worst_count == FL_OCCURRENCES_SHOWN)
        fl_free(part->worst[--part->worst_count]);
    memmove(part->worst + at + 1, part->worst + at, (part->worst_count - at) * sizeof *part->worst);
    part->worst[at] = kept;
    part->worst_count++;
    return FL_OK;
}

enum fl_status fl_fold_add(struct fl_judging *j, struct fl_fold *fold, const struct fl_hit *hit, struct fl_buf *scratch)
{
    enum fl_excuse excuse = fl_excuse_of(j, hit);
    struct fl_fold_part *part = fold->excused[excuse];
    if (part == NULL && (part = new_part(fold, excuse)) == NULL)
        return FL_E_NOMEM;
    part->count++;
    fl_counters_merge(&part->sum, &hit->counters);
    enum fl_status status = add_places(j, part, hit->evidence, hit->evidence_count);
    if (status == FL_OK)
        status = fl_judge_note_concerned(j, hit, &part->concerned);
    if (status != FL_OK)
        return status;
    struct fl_rank rank = fl_rank_of(j, hit);
    uint32_t at = find_place(j, hit->rule, part, &rank);
    if (at == FL_OCCURRENCES_SHOWN)
        return FL_OK;
    fl_buf_clear(scratch);
    fl_hit_pack(j, hit, scratch);
    return scratch->failed ? FL_E_NOMEM : insert(part, at, scratch->data, scratch->len);
}

static enum fl_status merge_part(const struct fl_judging *j, uint32_t rule, struct fl_fold_part *into,
                                 const struct fl_fold_part *later)
{
    into->count += later->count;
    fl_counters_merge(&into->sum, &later->sum);
    enum fl_status status = add_places(j, into, later->places, later->place_count);
    if (status == FL_OK)
        status = fl_concern_merge(&into->concerned, &later->concerned);
    for (uint32_t i = 0; i < later->worst_count && status == FL_OK; i++) {
        struct fl_rank rank = rank_of(later->worst[i]);
        uint32_t at = find_place(j, rule, into, &rank);
        if (at == FL_OCCURRENCES_SHOWN)
            break;
        status = insert(into, at, later->worst[i]->bytes, later->worst[i]->len);
    }
    return status;
}

enum fl_status fl_fold_merge(const struct fl_judging *j, uint32_t rule, struct fl_fold *fold,
                             const struct fl_fold *later)
{
    enum fl_status status = FL_OK;
    for (enum fl_excuse x = 0; x < FL_EXCUSES && status == FL_OK; x++) {
        if (later->excused[x] == NULL)
            continue;
        if (fold->excused[x] == NULL && new_part(fold, x) == NULL)
            return FL_E_NOMEM;
        status = merge_part(j, rule, fold->excused[x], later->excused[x]);
    }
    return status;
}

/* ---- as bytes ---- */

static void pack_part(const struct fl_fold_part *part, struct fl_buf *out)
{
    fl_varint_add(out, part->count);
    fl_varint_add(out, part->sum.flows);
    fl_wide_pack(out, part->sum.packets);
    fl_wide_pack(out, part->sum.bytes);
    fl_varint_add_signed(out, part->sum.first_ms);
    fl_varint_add_signed(out, part->sum.last_ms);
    fl_varint_add(out, part->place_count);
    for (uint32_t i = 0; i < part->place_count; i++) {
        const struct fl_place *p = &part->places[i];
        fl_varint_add_signed(out, p->start_ms);
        fl_varint_add_signed(out, (int64_t)((uint64_t)p->end_ms - (uint64_t)p->start_ms));
        fl_varint_add(out, p->where);
    }
    fl_varint_add(out, (uint64_t)part->concerned.count << 1 | part->concerned.named);
    for (uint32_t i = 0; i < part->concerned.count; i++)
        fl_varint_add(out, part->concerned.ids[i] - (i > 0 ? part->concerned.ids[i - 1] : 0));
    fl_varint_add(out, part->worst_count);
    for (uint32_t i = 0; i < part->worst_count; i++) {
        fl_varint_add(out, part->worst[i]->len);
        fl_buf_add(out, part->worst[i]->bytes, part->worst[i]->len);
    }
}

void fl_fold_pack(const struct fl_fold *fold, struct fl_buf *out)
{
    for (uint32_t x = 0; x < FL_EXCUSES; x++) {
        fl_buf_add_char(out, fold->excused[x] != NULL);
        if (fold->excused[x] != NULL)
            pack_part(fold->excused[x], out);
    }
}

static enum fl_status take_places(struct fl_taking *in, struct fl_fold_part *part)
{
    uint64_t count = fl_take(in);
    if (in->bad || count > FL_EVIDENCE_MAX)
        return FL_E_DATA;
    part->places = fl_alloc((size_t)count * sizeof *part->places);
    if (part->places == NULL)
        return FL_E_NOMEM;
    part->place_count = (uint8_t)count;
    for (uint64_t i = 0; i < count; i++) {
        int64_t start = fl_take_signed(in), length = fl_take_signed(in);
        part->places[i] = (struct fl_place){start, (int64_t)((uint64_t)start + (uint64_t)length), fl_take(in)};
    }
    return FL_OK;
}

static enum fl_status take_concern(struct fl_taking *in, struct fl_concern *out)
{
    uint64_t head = fl_take(in), id = 0;
    if (in->bad || head >> 1 > in->left)
        return FL_E_DATA;
    out->named = head & 1;
    out->count = out->capacity = (uint32_t)(head >> 1);
    out->ids = fl_alloc(out->count * sizeof *out->ids);
    if (out->ids == NULL)
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < out->count; i++)
        out->ids[i] = (uint32_t)(id += fl_take(in));
    return FL_OK;
}

static enum fl_status take_worst(struct fl_taking *in, struct fl_fold_part *part)
{
    uint64_t count = fl_take(in);
    if (in->bad || count < 1 || count > FL_OCCURRENCES_SHOWN)
        return FL_E_DATA;
    part->worst = fl_alloc((size_t)count * sizeof *part->worst);
    if (part->worst == NULL)
        return FL_E_NOMEM;
    part->worst_capacity = (uint8_t)count;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t len = fl_take(in);
        const uint8_t *bytes = fl_take_bytes(in, len);
        if (bytes == NULL)
            return FL_E_DATA;
        part->worst[i] = keep_bytes(bytes, (size_t)len);
        if (part->worst[i] == NULL)
            return FL_E_NOMEM;
        part->worst_count++;
    }
    return FL_OK;
}

static enum fl_status take_part(struct fl_taking *in, struct fl_fold_part *part)
{
    part->count = fl_take(in);
    part->sum.flows = fl_take(in);
    part->sum.packets = fl_wide_take(in);
    part->sum.bytes = fl_wide_take(in);
    part->sum.first_ms = fl_take_signed(in);
    part->sum.last_ms = fl_take_signed(in);
    enum fl_status status = take_places(in, part);
    if (status == FL_OK)
        status = take_concern(in, &part->concerned);
    return status == FL_OK ? take_worst(in, part) : status;
}

enum fl_status fl_fold_unpack(struct fl_str bytes, struct fl_fold *out)
{
    struct fl_taking in = {(const uint8_t *)bytes.ptr, bytes.len, false};
    enum fl_status status = FL_OK;
    *out = (struct fl_fold){0};
    for (enum fl_excuse x = 0; x < FL_EXCUSES && status == FL_OK; x++) {
        const uint8_t *is_there = fl_take_bytes(&in, 1);
        if (is_there == NULL)
            return FL_E_DATA;
        if (*is_there)
            status = new_part(out, x) == NULL ? FL_E_NOMEM : take_part(&in, out->excused[x]);
    }
    return status == FL_OK && (in.bad || in.left > 0) ? FL_E_DATA : status;
}
