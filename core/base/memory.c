#include "core/base/memory.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_bool ran_out;
static _Thread_local int64_t held_bytes;

bool fl_memory_ran_out(void)
{
    return atomic_load(&ran_out);
}

int64_t fl_memory_held_by_thread(void)
{
    return held_bytes;
}

static void *noted(void *block)
{
    if (block == NULL)
        atomic_store(&ran_out, true);
    else
        held_bytes += (int64_t)malloc_usable_size(block);
    return block;
}

/* No object is larger than PTRDIFF_MAX; checkers of memory complain about a call that asks for more. */
static bool too_large(size_t size_bytes)
{
    return size_bytes > PTRDIFF_MAX;
}

void *fl_alloc(size_t size_bytes)
{
    if (too_large(size_bytes))
        return noted(NULL);
    return noted(malloc(size_bytes > 0 ? size_bytes : 1));
}

void *fl_alloc_zero(size_t count, size_t size_bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, size_bytes, &total) || too_large(total))
        return noted(NULL);
    return noted(calloc(count > 0 ? count : 1, size_bytes > 0 ? size_bytes : 1));
}

void *fl_alloc_aligned(size_t alignment, size_t size_bytes)
{
    void *block = NULL;
    bool fits = alignment % sizeof(void *) == 0 && (alignment & (alignment - 1)) == 0;
    if (!fits || too_large(size_bytes) ||
        posix_memalign(&block, alignment, size_bytes > 0 ? size_bytes : alignment) != 0)
        block = NULL;
    return noted(block);
}

void *fl_realloc(void *block, size_t count, size_t size_bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, size_bytes, &total) || too_large(total))
        return noted(NULL);
    int64_t before = block == NULL ? 0 : (int64_t)malloc_usable_size(block);
    void *moved = noted(realloc(block, total > 0 ? total : 1));
    held_bytes -= moved == NULL ? 0 : before;
    return moved;
}

void fl_free(void *block)
{
    if (block != NULL)
        held_bytes -= (int64_t)malloc_usable_size(block);
    free(block);
}

char *fl_strdup(const char *text)
{
    size_t len = strlen(text) + 1;
    char *copy = fl_alloc(len);
    if (copy != NULL)
        memcpy(copy, text, len);
    return copy;
}

bool fl_grow(void **items, uint32_t *capacity, uint32_t need, size_t item_bytes)
{
    if (need <= *capacity)
        return true;
    uint32_t next = *capacity < 8 ? 8 : *capacity;
    while (next < need)
        next = next > UINT32_MAX / 2 ? need : next * 2;
    void *grown = fl_realloc(*items, next, item_bytes);
    if (grown == NULL)
        return false;
    *items = grown;
    *capacity = next;
    return true;
}
