#include "core/measure/slot_set.h"

#include <string.h>

#include "core/base/memory.h"

static enum fl_status add_piece(struct fl_slot_set *set, struct fl_slot_piece piece)
{
    uint32_t low = 0, high = set->count;
    if (high > 0 && set->pieces[high - 1].number < piece.number)
        low = high; /* mostly in the order of time */
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (set->pieces[middle].number < piece.number)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < set->count && set->pieces[low].number == piece.number) {
        set->pieces[low].bits |= piece.bits;
        return FL_OK;
    }
    if (!fl_grow((void **)&set->pieces, &set->capacity, set->count + 1, sizeof *set->pieces))
        return FL_E_NOMEM;
    memmove(set->pieces + low + 1, set->pieces + low, (set->count - low) * sizeof *set->pieces);
    set->pieces[low] = piece;
    set->count++;
    return FL_OK;
}

enum fl_status fl_slot_set_add(struct fl_slot_set *set, int64_t slot)
{
    int64_t number = slot / 64 - (slot % 64 < 0);
    return add_piece(set, (struct fl_slot_piece){number, UINT64_C(1) << (slot - number * 64)});
}

enum fl_status fl_slot_set_merge(struct fl_slot_set *set, const struct fl_slot_set *from)
{
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < from->count && status == FL_OK; i++)
        status = add_piece(set, from->pieces[i]);
    return status;
}

uint64_t fl_slot_set_count(const struct fl_slot_set *set)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < set->count; i++)
        count += (unsigned)__builtin_popcountll(set->pieces[i].bits);
    return count;
}

void fl_slot_set_each(const struct fl_slot_set *set, void (*visit)(void *context, int64_t slot), void *context)
{
    for (uint32_t i = 0; i < set->count; i++)
        for (uint64_t bits = set->pieces[i].bits; bits != 0; bits &= bits - 1)
            visit(context, set->pieces[i].number * 64 + __builtin_ctzll(bits));
}

void fl_slot_set_save(const struct fl_slot_set *set, struct fl_buf *out)
{
    fl_buf_add(out, &set->count, sizeof set->count);
    fl_buf_add(out, set->pieces, set->count * sizeof *set->pieces);
}

enum fl_status fl_slot_set_load(struct fl_slot_set *set, const uint8_t *bytes, size_t len, size_t *used)
{
    uint32_t count;
    struct fl_slot_piece piece;
    if (len < sizeof count)
        return FL_E_DATA;
    memcpy(&count, bytes, sizeof count);
    if ((len - sizeof count) / sizeof piece < count)
        return FL_E_DATA;
    bytes += sizeof count;
    for (uint32_t i = 0; i < count; i++) {
        memcpy(&piece, bytes + i * sizeof piece, sizeof piece);
        bool far = piece.number > INT64_MAX / 128 || piece.number < INT64_MIN / 128;
        if (far || piece.bits == 0 || (i > 0 && piece.number <= set->pieces[i - 1].number))
            return FL_E_DATA;
        enum fl_status status = add_piece(set, piece);
        if (status != FL_OK)
            return status;
    }
    *used = sizeof count + count * sizeof piece;
    return FL_OK;
}

void fl_slot_set_dispose(struct fl_slot_set *set)
{
    fl_free(set->pieces);
    *set = (struct fl_slot_set){0};
}
