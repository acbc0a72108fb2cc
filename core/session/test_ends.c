/* test_ends.c: how tests write addresses and ports. */
#include <string.h>

#include "core/base/memory.h"
#include "core/session/test_bench.h"

#define PORT_RANGES_MAX 64u

struct port_range {
    uint32_t low, high, step;
};

struct reading {
    struct fl_str text;
    size_t at;
    const char *what;
    struct fl_test_errors *errors;
    struct fl_addr first;
    uint64_t address_count, address_step;
    struct port_range ports[PORT_RANGES_MAX];
    uint32_t port_count;
};

static bool starts(const struct reading *r, const char *with)
{
    size_t len = strlen(with);
    return r->text.len - r->at >= len && memcmp(r->text.ptr + r->at, with, len) == 0;
}

static bool take(struct reading *r, const char *text)
{
    if (!starts(r, text))
        return false;
    r->at += strlen(text);
    return true;
}

static bool bad(const struct reading *r, const char *why)
{
    fl_test_fail(r->errors,
                 "%s = \"%.*s\": %s; write \"10.0.0.1:443\", \"10.0.0.1..10.0.0.9\", \"10.0.0.0/28:1..100\", "
                 "\"[2001:db8::1]:53\" or a list of such",
                 r->what, (int)r->text.len, r->text.ptr, why);
    return false;
}

static bool take_number(struct reading *r, uint64_t most, uint64_t *out)
{
    uint64_t value = 0;
    size_t start = r->at;
    while (r->at < r->text.len && r->text.ptr[r->at] >= '0' && r->text.ptr[r->at] <= '9' && value <= most)
        value = value * 10 + (uint64_t)(r->text.ptr[r->at++] - '0');
    *out = value;
    return r->at > start && value <= most;
}

/* An address as far as it goes; IPv6 in brackets where a port follows. */
static bool take_addr(struct reading *r, struct fl_addr *out)
{
    size_t start = r->at, end;
    if (take(r, "[")) {
        const char *close = memchr(r->text.ptr + r->at, ']', r->text.len - r->at);
        if (close == NULL)
            return false;
        end = (size_t)(close - r->text.ptr);
        struct fl_str inner = {r->text.ptr + r->at, end - r->at};
        r->at = end + 1;
        return fl_addr_parse(inner, out);
    }
    end = start;
    while (end < r->text.len && strchr("0123456789abcdefABCDEF:.", r->text.ptr[end]) != NULL &&
           !(r->text.ptr[end] == '.' && end + 1 < r->text.len && r->text.ptr[end + 1] == '.'))
        end++;
    r->at = end;
    if (fl_addr_parse((struct fl_str){r->text.ptr + start, end - start}, out))
        return true;
    const char *colon = memchr(r->text.ptr + start, ':', end - start);
    if (colon == NULL)
        return false;
    r->at = (size_t)(colon - r->text.ptr);
    return fl_addr_parse((struct fl_str){r->text.ptr + start, r->at - start}, out);
}

static bool take_step(struct reading *r, uint64_t *step)
{
    *step = 1;
    return !take(r, " by ") || (take_number(r, UINT32_MAX, step) && *step > 0);
}

static bool take_addresses(struct reading *r)
{
    struct fl_addr last;
    uint64_t length;
    if (!take_addr(r, &r->first))
        return bad(r, "this is no address");
    last = r->first;
    if (take(r, "..")) {
        if (!take_addr(r, &last) || fl_addr_compare(last, r->first) < 0 || last.hi != r->first.hi)
            return bad(r, "a range goes from a lower address to a higher one");
    } else if (take(r, "/")) {
        bool v4 = fl_addr_is_v4(r->first);
        if (!take_number(r, v4 ? 32 : 128, &length) || (!v4 && length < 64))
            return bad(r, "this is no prefix length");
        struct fl_prefix prefix = {r->first, (uint8_t)(v4 ? length + 96 : length)};
        last = fl_prefix_last(prefix);
        uint64_t host = prefix.len == 64 ? UINT64_MAX : (UINT64_C(1) << (128 - prefix.len)) - 1;
        r->first.lo &= ~host;
    }
    if (!take_step(r, &r->address_step))
        return bad(r, "a step is written \" by 2\"");
    uint64_t steps = (last.lo - r->first.lo) / r->address_step;
    r->address_count = steps < FL_TEST_RECORDS_MAX ? steps + 1 : FL_TEST_RECORDS_MAX + 1;
    return true;
}

static bool take_ports(struct reading *r)
{
    r->port_count = 0;
    if (!take(r, ":"))
        return true;
    do {
        struct port_range *p = &r->ports[r->port_count];
        uint64_t low, high, step;
        if (r->port_count == PORT_RANGES_MAX || !take_number(r, 65535, &low))
            return bad(r, "ports are numbers up to 65535");
        high = low;
        if (take(r, "..") && (!take_number(r, 65535, &high) || high < low))
            return bad(r, "a range goes from a lower port to a higher one");
        if (!take_step(r, &step))
            return bad(r, "a step is written \" by 2\"");
        *p = (struct port_range){(uint32_t)low, (uint32_t)high, (uint32_t)step};
        r->port_count++;
    } while (take(r, ","));
    return true;
}

static bool add_end(struct reading *r, struct fl_test_ends *out, struct fl_addr addr, int32_t port)
{
    if (out->count >= FL_TEST_RECORDS_MAX)
        return bad(r, "that makes more than 1000000 ends");
    if (!fl_grow((void **)&out->items, &out->capacity, out->count + 1, sizeof *out->items))
        return bad(r, "out of memory");
    out->items[out->count++] = (struct fl_test_end){addr, port};
    return true;
}

static bool add_ends(struct reading *r, struct fl_test_ends *out)
{
    struct fl_addr addr = r->first;
    for (uint64_t a = 0; a < r->address_count; a++, addr.lo += r->address_step) {
        if (r->port_count == 0 && !add_end(r, out, addr, -1))
            return false;
        for (uint32_t p = 0; p < r->port_count; p++)
            for (uint32_t port = r->ports[p].low; port <= r->ports[p].high; port += r->ports[p].step)
                if (!add_end(r, out, addr, (int32_t)port))
                    return false;
    }
    return true;
}

bool fl_test_ends_read(const struct fl_datum *datum, const char *what, struct fl_test_ends *out,
                       struct fl_test_errors *errors)
{
    if (datum->kind == FL_DATUM_TABLE && datum->item_count > 0) {
        for (uint32_t i = 0; i < datum->item_count; i++)
            if (!fl_test_ends_read(datum->items[i], what, out, errors))
                return false;
        return true;
    }
    struct reading r = {.text = datum->text, .what = what, .errors = errors};
    if (datum->kind != FL_DATUM_TEXT) {
        fl_test_fail(errors, "%s must be an address with or without port, or a list of such", what);
        return false;
    }
    if (!take_addresses(&r) || !take_ports(&r))
        return false;
    if (r.at < r.text.len)
        return bad(&r, "what stands behind it is not understood");
    return add_ends(&r, out);
}
