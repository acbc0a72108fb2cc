#include "core/base/str.h"

#define GUESS_BYTES_MAX 48u
#define DISTANCE_MAX    2u

int fl_str_compare(struct fl_str a, struct fl_str b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int c = shared == 0 ? 0 : memcmp(a.ptr, b.ptr, shared);
    if (c != 0)
        return c;
    return a.len < b.len ? -1 : a.len > b.len;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: insert, delete, replace, swap of neighbours cost 1 each. */
static unsigned distance(struct fl_str a, struct fl_str b)
{
    unsigned rows[3][GUESS_BYTES_MAX + 1];
    for (size_t j = 0; j <= b.len; j++)
        rows[1][j] = (unsigned)j;
    for (size_t i = 1; i <= a.len; i++) {
        unsigned *before = rows[(i + 2) % 3], *last = rows[i % 3], *now = rows[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b.len; j++) {
            unsigned cost = a.ptr[i - 1] != b.ptr[j - 1];
            now[j] = least(least(now[j - 1], last[j]) + 1, last[j - 1] + cost);
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return rows[(a.len + 1) % 3][b.len];
}

/* Of two as near, letters swapped or mistyped are likelier than one left out; then the order of bytes decides, whatever
 * the order of the candidates. */
static bool is_likelier(size_t len, const char *candidate, const char *best)
{
    bool same_length = strlen(candidate) == len, best_same_length = strlen(best) == len;
    return same_length != best_same_length ? same_length : strcmp(candidate, best) < 0;
}

void fl_str_guess_try(struct fl_str_guess *guess, struct fl_str text, const char *candidate)
{
    struct fl_str other = fl_str_of(candidate);
    if (text.len == 0 || other.len == 0 || text.len > GUESS_BYTES_MAX || other.len > GUESS_BYTES_MAX)
        return;
    size_t apart = text.len < other.len ? other.len - text.len : text.len - other.len;
    if (apart > DISTANCE_MAX) /* each byte too many costs 1 */
        return;
    unsigned d = distance(text, other);
    if (d > DISTANCE_MAX || 2 * d >= text.len + 1)
        return;
    if (d < guess->distance || (d == guess->distance && is_likelier(text.len, candidate, guess->best))) {
        guess->best = candidate;
        guess->distance = d;
    }
}
