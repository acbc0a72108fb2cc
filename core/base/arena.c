#include "core/base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"

#define BLOCK_BYTES 8192u
#define ALIGNMENT   16u
#define CLEAN_BYTES 1024u         /* zeroed at a time */
#define LARGE_BYTES (128u * 1024) /* the system gives blocks of this size zeroed, page by page as they are used */

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
    bool large = size >= LARGE_BYTES;
    struct fl_arena_block *block = large ? fl_alloc_zero(1, size + ALIGNMENT) : fl_alloc(size + ALIGNMENT);
    if (block == NULL)
        return false;
    block->next = arena->blocks;
    block->size_bytes = size + ALIGNMENT;
    arena->blocks = block;
    arena->held_bytes += block->size_bytes;
    arena->next = (char *)block + ALIGNMENT;
    arena->end = (char *)block + block->size_bytes;
    arena->clean = large ? arena->end : arena->next;
    return true;
}

/* Zeroes what follows, for `need` bytes at least. */
static void clean(struct fl_arena *arena, size_t need)
{
    size_t rest = (size_t)(arena->end - arena->clean), more = need - (size_t)(arena->clean - arena->next);
    if (more < CLEAN_BYTES)
        more = rest < CLEAN_BYTES ? rest : CLEAN_BYTES;
    memset(arena->clean, 0, more);
    arena->clean += more;
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
    if ((size_t)(arena->clean - arena->next) < rounded)
        clean(arena, rounded);
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
    size_t room = tried == NULL ? 0 : (size_t)(arena->clean - tried);
    int len = vsnprintf(tried, room, format, args);
    va_end(args);
    char *text = len < 0 ? NULL : fl_arena_alloc(arena, (size_t)len + 1);
    if (text != NULL && (text != tried || (size_t)len >= room))
        vsnprintf(text, (size_t)len + 1, format, again);
    else if (text == NULL && room > 0)
        memset(tried, 0, room);
    va_end(again);
    return text;
}
