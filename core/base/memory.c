#include "core/base/memory.h"

#include <stdlib.h>
#include <string.h>

#ifdef FL_TORTURE
#include <stdatomic.h>

/* The n-th allocation of the process fails; 0 = none. */
static bool must_fail(void)
{
    static atomic_long calls;
    static atomic_long target = -1;
    long t = atomic_load(&target);
    if (t < 0) {
        const char *text = getenv("FL_FAIL_ALLOC");
        t = text == NULL ? 0 : atol(text);
        atomic_store(&target, t);
    }
    return t > 0 && atomic_fetch_add(&calls, 1) + 1 == t;
}
#else
static bool must_fail(void)
{
    return false;
}
#endif

void *fl_alloc(size_t size_bytes)
{
    return must_fail() ? NULL : malloc(size_bytes > 0 ? size_bytes : 1);
}

void *fl_alloc_zero(size_t count, size_t size_bytes)
{
    if (must_fail())
        return NULL;
    return calloc(count > 0 ? count : 1, size_bytes > 0 ? size_bytes : 1);
}

void *fl_alloc_aligned(size_t alignment, size_t size_bytes)
{
    void *block = NULL;
    if (must_fail() || posix_memalign(&block, alignment, size_bytes > 0 ? size_bytes : alignment) != 0)
        return NULL;
    return block;
}

void *fl_realloc(void *block, size_t count, size_t size_bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, size_bytes, &total) || must_fail())
        return NULL;
    return realloc(block, total > 0 ? total : 1);
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
