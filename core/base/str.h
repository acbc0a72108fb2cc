/* str.h: a view of text that somebody else owns; not NUL terminated. */
#ifndef FL_BASE_STR_H
#define FL_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct fl_str {
    const char *ptr;
    size_t len;
};

#define FL_STR(literal) ((struct fl_str){(literal), sizeof(literal) - 1})

static inline struct fl_str fl_str_of(const char *text)
{
    return (struct fl_str){text, strlen(text)};
}

static inline bool fl_str_equal(struct fl_str a, struct fl_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool fl_str_is(struct fl_str a, const char *text)
{
    /* Most texts differ in the first byte: their lengths need not be counted. */
    return a.len == 0 ? text[0] == '\0' : a.ptr[0] == text[0] && fl_str_equal(a, fl_str_of(text));
}

/* Bytewise order; a prefix stands before the longer text. */
int fl_str_compare(struct fl_str a, struct fl_str b);

/* The candidate that `text` most likely meant (Damerau-Levenshtein distance of at most 2 and at most
 * half its length), or NULL. The caller walks its candidates with best.distance starting at 99. */
struct fl_str_guess {
    const char *best;
    unsigned distance;
};
void fl_str_guess_try(struct fl_str_guess *guess, struct fl_str text, const char *candidate);

#endif
