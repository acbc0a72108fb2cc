#include "core/base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"

#define BLOCK_BYTES 8192u
#define ALIGNMENT   16u

struct fl_arena_block {
    struct fl_arena_block *next;
    size_t size_bytes;
};

void fl_arena_init(struct fl_arena *arena)
{
    *arena = (struct fl_arena){0};
}

void fl_arena_dispose(struct fl_arena *arena)
{
    struct fl_arena_block *block = arena->blocks;
    while (block != NULL) {
        struct fl_arena_block *next = block->next;
        fl_free(block);
        block = next;
    }
    *arena = (struct fl_arena){0};
}

static bool add_block(struct fl_arena *arena, size_t need)
{
    /* Blocks grow with the arena, so that their number stays small. */
    size_t size = arena->held_bytes / 4 > BLOCK_BYTES ? arena->held_bytes / 4 : BLOCK_BYTES;
    if (size > 1024 * 1024)
        size = 1024 * 1024;
    if (need > SIZE_MAX - ALIGNMENT * 2)
        return false;
    if (size < need + ALIGNMENT)
        size = need + ALIGNMENT;
    struct fl_arena_block *block = fl_alloc_zero(1, size + ALIGNMENT);
    if (block == NULL)
        return false;
    block->next = arena->blocks;
    block->size_bytes = size + ALIGNMENT;
    arena->blocks = block;
    arena->held_bytes += block->size_bytes;
    arena->next = (char *)block + ALIGNMENT;
    arena->end = (char *)block + block->size_bytes;
    return true;
}

void *fl_arena_alloc(struct fl_arena *arena, size_t size_bytes)
{
    if (size_bytes > SIZE_MAX - ALIGNMENT)
        return NULL;
    size_t rounded = (size_bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (rounded == 0)
        rounded = ALIGNMENT;
    if ((arena->next == NULL || (size_t)(arena->end - arena->next) < rounded) && !add_block(arena, rounded))
        return NULL;
    void *result = arena->next;
    arena->next += rounded;
    return result;
}

char *fl_arena_strndup(struct fl_arena *arena, const char *text, size_t len)
{
    char *copy = len == SIZE_MAX ? NULL : fl_arena_alloc(arena, len + 1);
    if (copy != NULL && len > 0)
        memcpy(copy, text, len);
    return copy;
}

char *fl_arena_strdup(struct fl_arena *arena, const char *text)
{
    return fl_arena_strndup(arena, text, strlen(text));
}

char *fl_arena_printf(struct fl_arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    char *tried = arena->next;
    int len = vsnprintf(tried, tried == NULL ? 0 : (size_t)(arena->end - tried), format, args);
    va_end(args);
    char *text = len < 0 ? NULL : fl_arena_alloc(arena, (size_t)len + 1);
    if (text != NULL && text != tried)
        vsnprintf(text, (size_t)len + 1, format, again);
    else if (text == NULL && tried != NULL)
        memset(tried, 0, (size_t)(arena->end - tried));
    va_end(again);
    return text;
}
