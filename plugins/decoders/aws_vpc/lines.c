/* lines.c: lines and the fields in them, the plain way. */
#include <string.h>

#include "plugins/decoders/aws_vpc/aws_vpc.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

size_t fl_vpc_line(const char *text, size_t len, size_t *next)
{
    const char *newline = memchr(text, '\n', len);
    size_t end = newline ? (size_t)(newline - text) : len;

    *next = newline ? end + 1 : len;
    return end && text[end - 1] == '\r' ? end - 1 : end;
}

size_t fl_vpc_mark(const char *line, size_t len)
{
    return len >= 3 && !memcmp(line, "\xEF\xBB\xBF", 3) ? 3 : 0;
}

/* The next field at or behind *at; false when there is none. */
static bool next_field(const char *line, size_t len, size_t *at, struct fl_vpc_span *out)
{
    size_t i = *at;

    while (i < len && is_blank(line[i]))
        i++;
    out->start = (uint32_t)i;
    while (i < len && !is_blank(line[i]))
        i++;
    out->len = (uint32_t)(i - out->start);
    *at = i;
    return out->len > 0;
}

uint32_t fl_vpc_split(const char *line, size_t len, struct fl_vpc_span *spans, uint32_t max)
{
    struct fl_vpc_span span;
    uint32_t n = 0;
    size_t at = 0;

    for (; next_field(line, len, &at, &span); n++)
        if (n < max)
            spans[n] = span;
    return n;
}

bool fl_vpc_is_name(const char *text, size_t len)
{
    if (!len || len > FL_VPC_NAME_MAX || !is_letter(text[0]))
        return false;
    for (size_t i = 1; i < len; i++) {
        char c = text[i];

        if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '-' && c != '_')
            return false;
    }
    return true;
}

bool fl_vpc_is_header(const char *line, size_t len, bool (*known)(const void *, const char *, size_t),
                      const void *context)
{
    struct fl_vpc_span span;
    size_t mark = fl_vpc_mark(line, len), at = mark;
    uint32_t found = 0;

    while (next_field(line, len, &at, &span))
        if (!fl_vpc_is_name(line + span.start, span.len))
            return false;
    at = mark;
    while (found < 2 && next_field(line, len, &at, &span))
        found += known(context, line + span.start, span.len);
    return found == 2;
}
