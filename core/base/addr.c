#include "core/base/addr.h"

#include <stdio.h>

static bool parse_v4(struct fl_str text, uint32_t *out)
{
    uint32_t value = 0;
    size_t i = 0;
    for (unsigned part = 0; part < 4; part++) {
        unsigned octet = 0;
        size_t start = i;
        while (i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9' && i - start < 4)
            octet = octet * 10 + (unsigned)(text.ptr[i++] - '0');
        size_t digits = i - start;
        if (digits == 0 || digits > 3 || octet > 255 || (digits > 1 && text.ptr[start] == '0'))
            return false;
        value = value << 8 | octet;
        if (part < 3 && (i >= text.len || text.ptr[i++] != '.'))
            return false;
    }
    *out = value;
    return i == text.len;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct v6_groups {
    uint16_t group[8];
    unsigned count;
    int gap; /* index of "::", -1 = none */
};

/* One group of hex digits, or the dotted tail. Returns the bytes used, 0 if malformed. */
static size_t take_group(struct fl_str rest, struct v6_groups *g)
{
    unsigned value = 0;
    size_t n = 0;
    while (n < rest.len && hex_digit(rest.ptr[n]) >= 0 && n < 5)
        value = value << 4 | (unsigned)hex_digit(rest.ptr[n++]);
    if (n < rest.len && rest.ptr[n] == '.') {
        uint32_t v4;
        if (g->count > 6 || !parse_v4(rest, &v4))
            return 0;
        g->group[g->count++] = (uint16_t)(v4 >> 16);
        g->group[g->count++] = (uint16_t)v4;
        return rest.len;
    }
    if (n == 0 || n > 4 || g->count >= 8)
        return 0;
    g->group[g->count++] = (uint16_t)value;
    return n;
}

static bool parse_v6(struct fl_str text, struct fl_addr *out)
{
    struct v6_groups g = {.gap = -1};
    size_t i = 0;
    if (text.len >= 2 && text.ptr[0] == ':' && text.ptr[1] == ':') {
        g.gap = 0;
        i = 2;
    }
    while (i < text.len) {
        size_t used = take_group((struct fl_str){text.ptr + i, text.len - i}, &g);
        if (used == 0)
            return false;
        i += used;
        if (i == text.len)
            break;
        if (text.ptr[i++] != ':' || i == text.len)
            return false;
        if (text.ptr[i] == ':') {
            if (g.gap >= 0)
                return false;
            g.gap = (int)g.count;
            i++;
        }
    }
    if (g.gap < 0 ? g.count != 8 : g.count > 7)
        return false;
    uint16_t full[8] = {0};
    unsigned head = g.gap < 0 ? 8 : (unsigned)g.gap;
    for (unsigned k = 0; k < head; k++)
        full[k] = g.group[k];
    for (unsigned k = head; k < g.count; k++)
        full[8 - g.count + k] = g.group[k];
    *out = (struct fl_addr){(uint64_t)full[0] << 48 | (uint64_t)full[1] << 32 | (uint64_t)full[2] << 16 | full[3],
                            (uint64_t)full[4] << 48 | (uint64_t)full[5] << 32 | (uint64_t)full[6] << 16 | full[7]};
    return true;
}

bool fl_addr_parse(struct fl_str text, struct fl_addr *out)
{
    uint32_t v4;
    if (text.len < 2 || text.len > 45)
        return false;
    if (parse_v4(text, &v4)) {
        *out = fl_addr_v4(v4);
        return true;
    }
    return parse_v6(text, out);
}

static struct fl_addr mask_of(unsigned len)
{
    uint64_t hi = len == 0 ? 0 : len >= 64 ? UINT64_MAX : UINT64_MAX << (64 - len);
    uint64_t lo = len <= 64 ? 0 : UINT64_MAX << (128 - len);
    return (struct fl_addr){hi, lo};
}

bool fl_prefix_parse(struct fl_str text, struct fl_prefix *out, bool *host_bits_set)
{
    size_t slash = 0;
    while (slash < text.len && text.ptr[slash] != '/')
        slash++;
    struct fl_addr addr;
    if (!fl_addr_parse((struct fl_str){text.ptr, slash}, &addr))
        return false;
    bool v4 = memchr(text.ptr, ':', slash) == NULL;
    unsigned len = v4 ? 32 : 128;
    if (slash < text.len) {
        size_t digits = text.len - slash - 1;
        if (digits == 0 || digits > 3 || (digits > 1 && text.ptr[slash + 1] == '0'))
            return false;
        len = 0;
        for (size_t i = slash + 1; i < text.len; i++) {
            if (text.ptr[i] < '0' || text.ptr[i] > '9')
                return false;
            len = len * 10 + (unsigned)(text.ptr[i] - '0');
        }
        if (len > (v4 ? 32u : 128u))
            return false;
    }
    out->len = (uint8_t)(v4 ? len + 96 : len);
    struct fl_addr mask = mask_of(out->len);
    out->addr = (struct fl_addr){addr.hi & mask.hi, addr.lo & mask.lo};
    if (host_bits_set != NULL)
        *host_bits_set = !fl_addr_equal(out->addr, addr);
    return true;
}

/* The longest run of at least two zero groups, the first of equals (RFC 5952). */
static void find_gap(const unsigned group[8], unsigned *start, unsigned *len)
{
    *start = *len = 0;
    for (unsigned i = 0; i < 8;) {
        unsigned n = 0;
        while (i + n < 8 && group[i + n] == 0)
            n++;
        if (n >= 2 && n > *len) {
            *start = i;
            *len = n;
        }
        i += n > 0 ? n : 1;
    }
}

/* Below 1,000, NUL terminated; returns the digits. */
static unsigned put_small(char *out, unsigned value)
{
    unsigned n = 0;
    if (value >= 100)
        out[n++] = (char)('0' + value / 100);
    if (value >= 10)
        out[n++] = (char)('0' + value / 10 % 10);
    out[n++] = (char)('0' + value % 10);
    out[n] = '\0';
    return n;
}

unsigned fl_addr_format(struct fl_addr a, char out[FL_ADDR_TEXT_BYTES])
{
    if (fl_addr_is_v4(a)) {
        unsigned end = 0;
        for (unsigned part = 0; part < 4; part++) {
            if (part > 0)
                out[end++] = '.';
            end += put_small(out + end, (unsigned)(a.lo >> (24 - 8 * part)) & 255);
        }
        return end;
    }
    unsigned group[8], gap, gap_len, n = 0;
    for (unsigned i = 0; i < 8; i++)
        group[i] = (unsigned)((i < 4 ? a.hi : a.lo) >> (48 - 16 * (i & 3)) & 0xffff);
    find_gap(group, &gap, &gap_len);
    for (unsigned i = 0; i < 8; i++) {
        if (gap_len > 0 && i == gap) {
            n += (unsigned)snprintf(out + n, FL_ADDR_TEXT_BYTES - n, "::");
            i += gap_len - 1;
            continue;
        }
        bool colon = n > 0 && out[n - 1] != ':';
        n += (unsigned)snprintf(out + n, FL_ADDR_TEXT_BYTES - n, "%s%x", colon ? ":" : "", group[i]);
    }
    return n;
}

unsigned fl_prefix_format(struct fl_prefix p, char out[FL_PREFIX_TEXT_BYTES])
{
    unsigned n = fl_addr_format(p.addr, out);
    bool v4 = fl_addr_is_v4(p.addr) && p.len >= 96;
    out[n++] = '/';
    return n + put_small(out + n, v4 ? p.len - 96u : p.len);
}

bool fl_prefix_contains(struct fl_prefix p, struct fl_addr a)
{
    struct fl_addr mask = mask_of(p.len);
    if (p.len < 96 && fl_addr_is_v4(a))
        return false;
    return (((a.hi ^ p.addr.hi) & mask.hi) | ((a.lo ^ p.addr.lo) & mask.lo)) == 0;
}

bool fl_prefix_spans_v4(struct fl_prefix p)
{
    struct fl_addr mask = mask_of(p.len), first = fl_addr_v4(0);
    return p.len < 96 && (first.hi & mask.hi) == p.addr.hi && (first.lo & mask.lo) == p.addr.lo;
}

struct fl_addr fl_prefix_last(struct fl_prefix p)
{
    struct fl_addr mask = mask_of(p.len);
    return (struct fl_addr){p.addr.hi | ~mask.hi, p.addr.lo | ~mask.lo};
}
