#include "core/engine/intern.h"

#include "core/base/memory.h"

bool fl_intern_init(struct fl_intern *table, struct fl_map *strings)
{
    table->strings = strings;
    table->slots = fl_alloc_zero(FL_INTERN_SLOTS, sizeof *table->slots);
    return table->slots != NULL;
}

void fl_intern_dispose(struct fl_intern *table)
{
    fl_free(table->slots);
    table->slots = NULL;
}

static uint64_t load8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* All bytes of the text in three words, which overlap. */
static void words_of(struct fl_str text, uint64_t words[3])
{
    words[0] = load8(text.ptr);
    words[1] = words[2] = 0;
    if (text.len < 8) {
        words[0] &= (UINT64_C(1) << (8 * text.len)) - 1;
        return;
    }
    words[1] = load8(text.ptr + text.len - 8);
    if (text.len > 16)
        words[2] = load8(text.ptr + 8);
}

static bool holds(const struct fl_intern_slot *slot, const uint64_t words[3], size_t len)
{
    return slot->len == len && slot->words[0] == words[0] && slot->words[1] == words[1] && slot->words[2] == words[2];
}

void fl_intern_prepare(const struct fl_intern *table, struct fl_str text, struct fl_intern_key *key)
{
    words_of(text, key->words);
    uint64_t mixed = key->words[0] ^ key->words[1] * 3 ^ key->words[2] * 5;
    key->slot = (uint32_t)(mixed * UINT64_C(0x9e3779b97f4a7c15) >> 50) & ~1u;
    __builtin_prefetch(&table->slots[key->slot]);
}

uint32_t fl_intern_find(struct fl_intern *table, struct fl_str text, const struct fl_intern_key *key)
{
    if (text.len == 0 || text.len > FL_INTERN_BYTES_MAX)
        return fl_map_intern(table->strings, text);
    struct fl_intern_slot *pair = &table->slots[key->slot];
    if (holds(&pair[0], key->words, text.len))
        return pair[0].id;
    if (holds(&pair[1], key->words, text.len))
        return pair[1].id;
    uint32_t id = fl_map_intern(table->strings, text);
    if (id != FL_MAP_NONE) {
        pair[1] = pair[0];
        pair[0] = (struct fl_intern_slot){{key->words[0], key->words[1], key->words[2]}, (uint32_t)text.len, id};
    }
    return id;
}
