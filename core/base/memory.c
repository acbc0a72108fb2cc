#include "core/base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_bool ran_out;

bool fl_memory_ran_out(void)
{
    return atomic_load(&ran_out);
}

static void *noted(void *block)
{
    if (block == NULL)
        atomic_store(&ran_out, true);
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
    return noted(realloc(block, total > 0 ? total : 1));
}

void fl_free(void *block)
{
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
