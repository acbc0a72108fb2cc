#include "core/measure/slot_set.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

#define WAITING_MIN 64u

static int compare_pieces(const void *left, const void *right)
{
    const struct fl_slot_piece *a = left, *b = right;
    return a->number < b->number ? -1 : a->number > b->number;
}

static void settle(struct fl_slot_set *set)
{
    if (set->sorted == set->count)
        return;
    qsort(set->pieces, set->count, sizeof *set->pieces, compare_pieces);
    uint32_t kept = 0;
    for (uint32_t i = 1; i < set->count; i++) {
        if (set->pieces[i].number == set->pieces[kept].number)
            set->pieces[kept].bits |= set->pieces[i].bits;
        else
            set->pieces[++kept] = set->pieces[i];
    }
    set->count = set->sorted = kept + 1;
}

/* For readers: what the set holds stays the same. */
static void settled(const struct fl_slot_set *set)
{
    settle((struct fl_slot_set *)set);
}

/* The sorted piece of this number, or NULL. */
static struct fl_slot_piece *find(const struct fl_slot_set *set, int64_t number)
{
    uint32_t low = 0, high = set->sorted;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (set->pieces[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < set->sorted && set->pieces[low].number == number ? &set->pieces[low] : NULL;
}

static enum fl_status add_piece(struct fl_slot_set *set, struct fl_slot_piece piece)
{
    bool rises = set->sorted == 0 || set->pieces[set->sorted - 1].number < piece.number;
    struct fl_slot_piece *there = rises ? NULL : find(set, piece.number);
    if (there != NULL) {
        there->bits |= piece.bits;
        return FL_OK;
    }
    if (set->count - set->sorted > WAITING_MIN + set->sorted / 4)
        settle(set);
    if (!fl_grow((void **)&set->pieces, &set->capacity, set->count + 1, sizeof *set->pieces))
        return FL_E_NOMEM;
    set->pieces[set->count++] = piece;
    if (set->sorted + 1 == set->count && (set->sorted == 0 || set->pieces[set->sorted - 1].number < piece.number))
        set->sorted++;
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
    settled(set);
    for (uint32_t i = 0; i < set->count; i++)
        count += (unsigned)__builtin_popcountll(set->pieces[i].bits);
    return count;
}

void fl_slot_set_each(const struct fl_slot_set *set, void (*visit)(void *context, int64_t slot), void *context)
{
    settled(set);
    for (uint32_t i = 0; i < set->count; i++)
        for (uint64_t bits = set->pieces[i].bits; bits != 0; bits &= bits - 1)
            visit(context, set->pieces[i].number * 64 + __builtin_ctzll(bits));
}

void fl_slot_set_save(const struct fl_slot_set *set, struct fl_buf *out)
{
    settled(set);
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
