/* fail_alloc.c: makes one allocation of flowlaw and its plugins fail; linked by `make torture` only.
 *
 * The linker's --wrap leads every call of our own objects here (shared libraries keep theirs; Lua allocates through us).
 * FL_FAIL_ALLOC=n fails the n-th call of the process, FL_COUNT_ALLOC=file writes the number of calls at exit.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
int __real_posix_memalign(void **block, size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
int __wrap_posix_memalign(void **block, size_t alignment, size_t size);

static atomic_long calls;
static long target;

static void write_count(void)
{
    FILE *file = fopen(getenv("FL_COUNT_ALLOC"), "w");
    if (file == NULL)
        abort();
    fprintf(file, "%ld\n", atomic_load(&calls));
    fclose(file);
}

__attribute__((constructor)) static void read_target(void)
{
    const char *text = getenv("FL_FAIL_ALLOC");
    target = text == NULL ? 0 : atol(text);
    if (getenv("FL_COUNT_ALLOC") != NULL)
        atexit(write_count);
}

static bool must_fail(void)
{
    return atomic_fetch_add(&calls, 1) + 1 == target;
}

void *__wrap_malloc(size_t size)
{
    return must_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return must_fail() ? NULL : __real_realloc(block, size);
}

int __wrap_posix_memalign(void **block, size_t alignment, size_t size)
{
    return must_fail() ? ENOMEM : __real_posix_memalign(block, alignment, size);
}
