#include "core/base/map.h"

#include "core/base/hash.h"
#include "core/base/memory.h"

#define SEED UINT64_C(0x6d61705f666c6f77)

/* A slot holds the upper half of the hash and id + 1; 0 = free. */
static uint64_t slot_value(uint64_t hash, uint32_t id)
{
    return (hash & UINT64_C(0xffffffff00000000)) | (id + 1);
}

void fl_map_init(struct fl_map *map)
{
    *map = (struct fl_map){0};
    fl_arena_init(&map->arena);
}

void fl_map_dispose(struct fl_map *map)
{
    fl_arena_dispose(&map->arena);
    fl_free(map->keys);
    fl_free(map->slots);
    *map = (struct fl_map){0};
}

static uint32_t find(const struct fl_map *map, struct fl_str key, uint64_t hash)
{
    if (map->slots == NULL)
        return FL_MAP_NONE;
    for (uint32_t i = (uint32_t)hash & map->slot_mask;; i = (i + 1) & map->slot_mask) {
        uint64_t slot = map->slots[i];
        if (slot == 0)
            return FL_MAP_NONE;
        uint32_t id = (uint32_t)slot - 1;
        if ((slot ^ hash) >> 32 == 0 && fl_str_equal(map->keys[id], key))
            return id;
    }
}

uint32_t fl_map_find(const struct fl_map *map, struct fl_str key)
{
    return find(map, key, fl_hash64(key.ptr, key.len, SEED));
}

static void insert(struct fl_map *map, uint64_t hash, uint32_t id)
{
    uint32_t i = (uint32_t)hash & map->slot_mask;
    while (map->slots[i] != 0)
        i = (i + 1) & map->slot_mask;
    map->slots[i] = slot_value(hash, id);
}

static bool make_room(struct fl_map *map)
{
    if (map->slots != NULL && (map->count + 1) * 10ull <= (map->slot_mask + 1ull) * 7)
        return true;
    uint32_t slots = map->slots == NULL ? 64 : (map->slot_mask + 1) * 2;
    uint64_t *fresh = slots == 0 ? NULL : fl_alloc_zero(slots, sizeof *fresh);
    if (fresh == NULL)
        return false;
    fl_free(map->slots);
    map->slots = fresh;
    map->slot_mask = slots - 1;
    for (uint32_t id = 0; id < map->count; id++)
        insert(map, fl_hash64(map->keys[id].ptr, map->keys[id].len, SEED), id);
    return true;
}

uint32_t fl_map_intern(struct fl_map *map, struct fl_str key)
{
    uint64_t hash = fl_hash64(key.ptr, key.len, SEED);
    uint32_t id = find(map, key, hash);
    if (id != FL_MAP_NONE)
        return id;
    char *copy = fl_arena_strndup(&map->arena, key.ptr, key.len);
    if (copy == NULL || map->count == FL_MAP_NONE - 1 || !make_room(map) ||
        !fl_grow((void **)&map->keys, &map->capacity, map->count + 1, sizeof *map->keys))
        return FL_MAP_NONE;
    id = map->count++;
    map->keys[id] = (struct fl_str){copy, key.len};
    insert(map, hash, id);
    return id;
}
