/* guess.c: which layout is a text without a header in? And: is it ours at all? */
#include <string.h>

#include "plugins/decoders/aws_vpc/aws_vpc.h"

#define SAMPLE_LINES  64
#define SAMPLE_FIELDS 64 /* more than any known layout has */

static bool is_word(const char *text, size_t len, const char *word)
{
    size_t i = 0;

    for (; i < len && word[i]; i++)
        if ((text[i] | 32) != (word[i] | 32))
            return false;
    return i == len && !word[i];
}

static bool is_number(const char *text, size_t len)
{
    uint64_t v;

    return fl_vpc_number(text, len, &v);
}

/* Shaped like an address, which is enough to tell orders apart. */
static bool is_addr(const char *text, size_t len)
{
    bool mark = false;

    for (size_t i = 0; i < len; i++) {
        char c = text[i], low = (char)(c | 32);

        mark |= c == '.' || c == ':';
        if (c != '.' && c != ':' && !(c >= '0' && c <= '9') && !(low >= 'a' && low <= 'f'))
            return false;
    }
    return mark;
}

static bool is_status(const char *text, size_t len)
{
    return is_word(text, len, "OK") || is_word(text, len, "NODATA") || is_word(text, len, "SKIPDATA");
}

static bool is_action(const char *text, size_t len)
{
    return is_word(text, len, "ACCEPT") || is_word(text, len, "REJECT");
}

static bool fits_check(enum fl_vpc_check check, const char *text, size_t len)
{
    bool none = len == 1 && *text == '-';

    switch (check) {
    case FL_VPC_NUMBER:
        return none || is_number(text, len);
    case FL_VPC_TIME:
        return none || (len >= 8 && is_number(text, len));
    case FL_VPC_ADDR:
        return none || is_addr(text, len);
    case FL_VPC_ACTION:
        return none || is_action(text, len);
    case FL_VPC_STATUS:
        return is_status(text, len);
    case FL_VPC_ANY:
        break;
    }
    return true;
}

/* Log-status must be right and most of the other values; returns how many are, 0: does not fit. */
static uint32_t fits(const struct fl_vpc_order *order, const char *line, const struct fl_vpc_span *spans,
                     uint32_t count)
{
    uint32_t good = 0, checked = 0;

    if (count != order->count)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        enum fl_vpc_check check = fl_vpc_names[order->names[i]].check;
        bool ok = fits_check(check, line + spans[i].start, spans[i].len);

        if (check == FL_VPC_STATUS && !ok)
            return 0;
        checked += check != FL_VPC_ANY;
        good += check != FL_VPC_ANY && ok;
    }
    return good * 2 > checked ? good : 0;
}

struct fl_vpc_guess fl_vpc_guess(const char *text, size_t len, bool (*known)(const void *, const char *, size_t),
                                 const void *context)
{
    struct fl_vpc_guess guess = {NULL, false, 0, 0};
    struct fl_vpc_span spans[SAMPLE_FIELDS];
    uint32_t score[32] = {0}, best = 0;
    size_t next;

    for (size_t at = 0; at < len && guess.lines < SAMPLE_LINES && !guess.header; at += next) {
        const char *line = text + at;
        size_t n = fl_vpc_line(line, len - at, &next);
        uint32_t count = fl_vpc_split(line, n, spans, SAMPLE_FIELDS);

        if (!count || line[spans[0].start] == '#')
            continue;
        if (fl_vpc_is_header(line, n, known, context)) {
            guess.header = true;
            break;
        }
        if (!guess.lines++)
            guess.fields = count;
        for (uint32_t i = 0; i < fl_vpc_order_count && i < 32; i++)
            score[i] += fits(&fl_vpc_orders[i], line, spans, count);
    }
    for (uint32_t i = 0; i < fl_vpc_order_count && i < 32; i++) {
        if (score[i] > best) {
            best = score[i];
            guess.order = &fl_vpc_orders[i];
        }
    }
    return guess;
}

static bool catalogue_knows(const void *context, const char *name, size_t len)
{
    (void)context;
    return fl_vpc_name_known(name, len);
}

/* Text whose first line cannot be one of ours: binary, JSON, or a table with commas. */
static bool is_foreign(const char *text, size_t len)
{
    size_t i = 0, next, line;

    while (i < len && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n'))
        i++;
    if (i == len || text[i] == '{' || text[i] == '[' || text[i] == '<')
        return true;
    line = fl_vpc_line(text + i, len - i, &next);
    for (size_t k = i; k < i + line; k++)
        if ((unsigned char)text[k] < ' ' && text[k] != '\t')
            return true;
    return !memchr(text + i, ' ', line) && !memchr(text + i, '\t', line) && memchr(text + i, ',', line);
}

/* Fields with a verdict or a status and an address: a flow log, whatever its columns. */
static bool looks_like_record(const char *line, size_t len)
{
    struct fl_vpc_span spans[SAMPLE_FIELDS];
    uint32_t n = fl_vpc_split(line, len, spans, SAMPLE_FIELDS);
    bool word = false, addr = false;

    for (uint32_t i = 0; i < n && i < SAMPLE_FIELDS; i++) {
        const char *text = line + spans[i].start;

        word |= is_status(text, spans[i].len) || is_action(text, spans[i].len);
        addr |= is_addr(text, spans[i].len);
    }
    return word && addr;
}

static bool has_record(const char *text, size_t len)
{
    size_t next;

    for (size_t at = 0, lines = 0; at < len && lines < SAMPLE_LINES; at += next, lines++) {
        size_t n = fl_vpc_line(text + at, len - at, &next);

        if (looks_like_record(text + at, n))
            return true;
    }
    return false;
}

int fl_vpc_probe(const char *text, size_t len, const char *told_format)
{
    size_t whole = len;
    struct fl_vpc_guess guess;

    if (is_foreign(text, len))
        return 0;
    /* The last line may be cut. */
    while (whole && text[whole - 1] != '\n')
        whole--;
    guess = fl_vpc_guess(text, whole ? whole : len, catalogue_knows, NULL);
    if (guess.header && !guess.lines)
        return 97;
    if (guess.order)
        return 80;
    if (guess.header)
        return 70;
    if (told_format)
        return 60;
    /* begin() refuses it, but its error says more than the host can. */
    return has_record(text, whole ? whole : len) ? 20 : 0;
}
