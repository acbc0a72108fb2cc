/* memory.h: the allocation functions that everything in core uses.
 *
 * They behave like malloc, calloc, realloc and free, but multiply with an overflow check, and a block of no bytes is
 * a block, so that NULL always means out of memory. `make torture` lets each of them fail in turn.
 */
#ifndef FL_BASE_MEMORY_H
#define FL_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *fl_alloc(size_t size_bytes);
void *fl_alloc_zero(size_t count, size_t size_bytes);
void *fl_alloc_aligned(size_t alignment, size_t size_bytes); /* contents undefined; fl_free() */
void *fl_realloc(void *block, size_t count, size_t size_bytes);
void fl_free(void *block);
char *fl_strdup(const char *text);

/* Whether any of these calls has failed in this process. Out of memory is passed up as a status; this is the net below:
 * a run in which some caller made do without its block must not look like a sound one. */
bool fl_memory_ran_out(void);

/* Bytes of the blocks that this thread has got, less those that it has freed: what it does between two calls holds the
 * difference. Negative where a thread frees what others made. */
int64_t fl_memory_held_by_thread(void);

/* Doubles *capacity (at least `need`) of an array of item_bytes each. false when memory is out. */
bool fl_grow(void **items, uint32_t *capacity, uint32_t need, size_t item_bytes);

#endif
