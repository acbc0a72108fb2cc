#include "core/expr/expr.h"

/* One element of the pattern at *i against c; *i moves behind it. */
static bool element(struct fl_str p, size_t *i, char c)
{
    char e = p.ptr[(*i)++];
    if (e == '?')
        return true;
    if (e == '\\' && *i < p.len)
        return p.ptr[(*i)++] == c;
    if (e != '[')
        return e == c;
    bool negated = *i < p.len && p.ptr[*i] == '!';
    size_t k = *i + negated, first = k;
    bool hit = false;
    for (; k < p.len && (p.ptr[k] != ']' || k == first); k++) {
        char low = p.ptr[k];
        if (k + 2 < p.len && p.ptr[k + 1] == '-' && p.ptr[k + 2] != ']') {
            hit |= c >= low && c <= p.ptr[k + 2];
            k += 2;
        } else {
            hit |= c == low;
        }
    }
    if (k >= p.len)
        return c == '['; /* no closing bracket: the character itself */
    *i = k + 1;
    return hit != negated;
}

bool fl_glob_match(struct fl_str pattern, struct fl_str text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, star_text = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = ++p;
            star_text = t;
            continue;
        }
        if (p < pattern.len) {
            size_t next = p;
            if (element(pattern, &next, text.ptr[t])) {
                p = next;
                t++;
                continue;
            }
        }
        if (star == SIZE_MAX)
            return false;
        /* The last star takes one more character; earlier stars need no second look. */
        p = star;
        t = ++star_text;
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}
