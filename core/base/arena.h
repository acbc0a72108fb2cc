/* arena.h: memory that is freed all at once.
 *
 * An arena owns every block that it hands out until fl_arena_dispose(). Blocks are 16-byte aligned.
 * Not thread safe: one arena has one user at a time.
 */
#ifndef FL_BASE_ARENA_H
#define FL_BASE_ARENA_H

#include <stddef.h>

struct fl_arena_block;

struct fl_arena {
    struct fl_arena_block *blocks;
    char *next, *clean, *end; /* next..clean is zero, behind it memory that was never touched */
    size_t held_bytes;        /* all blocks together */
};

void fl_arena_init(struct fl_arena *arena);
void fl_arena_dispose(struct fl_arena *arena);

/* NULL when memory is out. Contents are zero. */
void *fl_arena_alloc(struct fl_arena *arena, size_t size_bytes);

/* A NUL-terminated copy of text[0..len). NULL when memory is out. */
char *fl_arena_strndup(struct fl_arena *arena, const char *text, size_t len);
char *fl_arena_strdup(struct fl_arena *arena, const char *text);
char *fl_arena_printf(struct fl_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
